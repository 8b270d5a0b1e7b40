//! `reveal`: a request's gag is over, and what may be known of it is shown.

use super::categories::Dimension;
use super::lines::{Lines, Malformed, Writer};
use crate::case::{Field, is_value};
use crate::encoding::to_base64;
use crate::tree::Hash;

/// A field as a reveal shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// With its value and the salt of its commitment.
    Opened {
        /// Makes the commitment unguessable until now.
        salt: [u8; 32],
        /// What the order says.
        value: String,
    },
    /// Its leaf only; it stays hidden.
    Hidden(Hash),
}

/// Which category a vector commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedVector {
    /// The category, by position in its dimension.
    pub category: usize,
    /// The blinding of every commitment, one after the other.
    pub blindings: Vec<u8>,
}

/// The fields of a request that may be known, and what its vectors commit to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Index of the request.
    pub request: u64,
    /// Whole hours from receipt to its end.
    pub hours: u32,
    /// All fields, in the order of [`Field::ALL`].
    pub fields: [Shown; Field::ALL.len()],
    /// The region.
    pub region: OpenedVector,
    /// What was asked for.
    pub kind: OpenedVector,
    /// How it ended.
    pub outcome: OpenedVector,
}

impl Reveal {
    /// The opened vector of a dimension.
    pub fn vector(&self, dimension: Dimension) -> &OpenedVector {
        match dimension {
            Dimension::Region => &self.region,
            Dimension::Kind => &self.kind,
            Dimension::Outcome => &self.outcome,
        }
    }

    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let request = lines.take("request")?.count()?;
        let hours = lines.take("hours")?.number(0..=u32::MAX)?;
        let mut fields = Vec::new();
        for field in Field::ALL {
            fields.push(read_field(lines, *field)?);
        }
        Ok(Self {
            request,
            hours,
            fields: fields.try_into().expect("one for each field"),
            region: read_opened(lines, Dimension::Region)?,
            kind: read_opened(lines, Dimension::Kind)?,
            outcome: read_opened(lines, Dimension::Outcome)?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("request", self.request);
        out.line("hours", self.hours);
        for (field, shown) in Field::ALL.iter().zip(&self.fields) {
            match shown {
                Shown::Opened { salt, value } => {
                    let (salt, value) = (to_base64(salt), to_base64(value.as_bytes()));
                    out.line("field", format_args!("{field} {salt} {value}"));
                }
                Shown::Hidden(leaf) => out.line("hidden", format_args!("{field} {leaf}")),
            }
        }
        for dimension in Dimension::ALL {
            let OpenedVector {
                category,
                blindings,
            } = self.vector(*dimension);
            let name = dimension.categories().get(*category).copied();
            // A category that does not exist is written as none, which no parser accepts.
            let name = name.unwrap_or("-");
            let blindings = to_base64(blindings);
            out.line("opened", format_args!("{dimension} {name} {blindings}"));
        }
    }
}

fn read_field(lines: &mut Lines<'_>, field: Field) -> Result<Shown, Malformed> {
    if field.is_revealed() {
        let line = lines.take("field")?;
        let [name, salt, value] = line.words()?;
        if name.as_str() != field.word() {
            return Err(line.fault("not the field that belongs here"));
        }
        let value = String::from_utf8(value.base64()?)
            .ok()
            .filter(|text| is_value(text));
        let value = value.ok_or_else(|| line.fault("not 1 to 256 bytes of text"))?;
        return Ok(Shown::Opened {
            salt: salt.bytes()?,
            value,
        });
    }
    let line = lines.take("hidden")?;
    let [name, leaf] = line.words()?;
    if name.as_str() != field.word() {
        return Err(line.fault("not the field that belongs here"));
    }
    Ok(Shown::Hidden(leaf.hash()?))
}

fn read_opened(lines: &mut Lines<'_>, dimension: Dimension) -> Result<OpenedVector, Malformed> {
    let line = lines.take("opened")?;
    let [name, category, blindings] = line.words()?;
    if name.as_str() != dimension.word() {
        return Err(line.fault("not the dimension that belongs here"));
    }
    let category = category.word(|word| dimension.position(word))?;
    let blindings = blindings.base64()?;
    if blindings.len() != 32 * dimension.category_count() {
        return Err(line.fault("base64 of another length"));
    }
    Ok(OpenedVector {
        category,
        blindings,
    })
}
