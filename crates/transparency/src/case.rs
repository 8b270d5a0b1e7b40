//! What a case commits to: the twelve fields of a request, the records, the documents.
//!
//! Every field is committed to by a leaf of its own, so that each can be shown or stay hidden.
//! All secrets of a case come from one key of 32 random bytes, which lives with the keeper.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::entry::{Class, Day, Kinds, Minute, Shown, words};
use crate::regions::Country;
use crate::tree::{Hash, leaf_hash, root_of};

/// Longest value of a field, in bytes: eight values must fit into a `reveal` entry.
pub const MAX_FIELD_BYTES: usize = 256;

words! {
    /// The fields of a request, in their order.
    pub enum Field {
        /// When it was received: a UTC minute.
        Received = "received",
        /// The authority's country.
        Country = "country",
        /// What kind of authority it is.
        Class = "class",
        /// Which authority.
        Authority = "authority",
        /// The legal basis.
        Basis = "basis",
        /// The offence, by its id on the published list.
        Offence = "offence",
        /// Root over the documents, in hexadecimal.
        Order = "order",
        /// What is asked for.
        Kinds = "kinds",
        /// About whom.
        Subject = "subject",
        /// From when until when.
        Window = "window",
        /// Whether the person may be told.
        Gag = "gag",
        /// The clause of the terms that was violated.
        Clause = "clause",
    }
}

impl Field {
    /// Whether a `reveal` shows it. Those that could point at a person never are.
    pub const fn is_revealed(self) -> bool {
        !matches!(
            self,
            Self::Authority | Self::Order | Self::Subject | Self::Window
        )
    }
}

/// Whether, and until when, the person may not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gag {
    /// The person is told at once.
    None,
    /// Not before this day.
    Until(Day),
    /// No end is known; it is reviewed every 90 days.
    Indefinite,
}

impl Gag {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "indefinite" => Some(Self::Indefinite),
            _ => text.parse().ok().map(Self::Until),
        }
    }
}

/// A field does not hold what it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field `{0}` does not hold a value of its kind")]
pub struct MalformedField(pub Field);

/// What a reveal shows of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// When it was received.
    pub received: Minute,
    /// The authority's country.
    pub country: Country,
    /// What kind of authority it is.
    pub class: Class,
    /// The legal basis.
    pub basis: String,
    /// The offence.
    pub offence: String,
    /// What was asked for.
    pub kinds: Kinds,
    /// Whether the person could be told.
    pub gag: Gag,
    /// The clause of the terms.
    pub clause: String,
}

impl Revealed {
    /// Reads the fields that a reveal shows, through a function that gives their values.
    pub fn read<'a>(value: impl Fn(Field) -> &'a str) -> Result<Self, MalformedField> {
        let wrong = |field| move || MalformedField(field);
        Ok(Self {
            received: value(Field::Received)
                .parse()
                .map_err(|_| MalformedField(Field::Received))?,
            country: value(Field::Country)
                .parse()
                .map_err(|_| MalformedField(Field::Country))?,
            class: Class::from_word(value(Field::Class)).ok_or_else(wrong(Field::Class))?,
            basis: value(Field::Basis).into(),
            offence: value(Field::Offence).into(),
            kinds: Kinds::from_word(value(Field::Kinds)).ok_or_else(wrong(Field::Kinds))?,
            gag: Gag::parse(value(Field::Gag)).ok_or_else(wrong(Field::Gag))?,
            clause: value(Field::Clause).into(),
        })
    }
}

/// The fields of a request with all their values. What it holds is not for logs: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Fields([String; Field::ALL.len()]);

impl Fields {
    /// The fields with these values, in the order of [`Field::ALL`]. Fails when one is empty,
    /// longer than [`MAX_FIELD_BYTES`], holds control characters or is not of its kind.
    pub fn new(values: [String; Field::ALL.len()]) -> Result<Self, MalformedField> {
        for (field, value) in Field::ALL.iter().zip(&values) {
            if !is_value(value) {
                return Err(MalformedField(*field));
            }
        }
        let fields = Self(values);
        fields.revealed()?;
        Ok(fields)
    }

    /// The value of a field.
    pub fn value(&self, field: Field) -> &str {
        &self.0[field as usize]
    }

    /// The fields that a reveal will show.
    ///
    /// Fails only while [`Fields::new`] checks the values.
    pub fn revealed(&self) -> Result<Revealed, MalformedField> {
        Revealed::read(|field| self.value(field))
    }

    /// The root that the `request` entry carries.
    pub fn root(&self, key: &CaseKey) -> Hash {
        let leaves = Field::ALL.iter();
        let leaves: Vec<_> = leaves
            .map(|field| leaf(*field, &key.salt(*field), self.value(*field)))
            .collect();
        root_of(&leaves)
    }

    /// The fields as a `reveal` entry carries them.
    pub fn shown(&self, key: &CaseKey) -> [Shown; Field::ALL.len()] {
        std::array::from_fn(|position| {
            let field = Field::ALL[position];
            let salt = key.salt(field);
            let value = self.value(field);
            if field.is_revealed() {
                let value = value.into();
                Shown::Opened { salt, value }
            } else {
                Shown::Hidden(leaf(field, &salt, value))
            }
        })
    }
}

/// Whether a text may be the value of a field.
pub(crate) fn is_value(text: &str) -> bool {
    (1..=MAX_FIELD_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The commitment to one field.
pub fn leaf(field: Field, salt: &[u8; 32], value: &str) -> Hash {
    let parts = [
        b"hg/field/v1",
        field.word().as_bytes(),
        &[0],
        salt,
        value.as_bytes(),
    ];
    leaf_hash(&parts.concat())
}

/// The root over the fields as a reveal shows them.
pub fn root_of_shown(fields: &[Shown; Field::ALL.len()]) -> Hash {
    let leaves = Field::ALL.iter().zip(fields);
    let leaves: Vec<_> = leaves
        .map(|(field, shown)| match shown {
            Shown::Opened { salt, value } => leaf(*field, salt, value),
            Shown::Hidden(leaf) => *leaf,
        })
        .collect();
    root_of(&leaves)
}

/// The 32 random bytes from which all salts and blindings of a case come. Erased when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct CaseKey([u8; 32]);

impl CaseKey {
    /// Wraps 32 bytes that were drawn at random for this case alone.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The salt of a field: HKDF-SHA256 of the key with the field's name as info.
    pub fn salt(&self, field: Field) -> [u8; 32] {
        self.expand(&["hg/field/v1", field.word()])
    }

    /// The seed from which [`crate::counts::prove`] derives the blindings of the case's vectors.
    pub fn vector_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.expand(&["hg/vector/v1"]))
    }

    fn expand(&self, info: &[&str]) -> [u8; 32] {
        let info: Vec<_> = info.iter().map(|part| part.as_bytes()).collect();
        let mut out = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand_multi_info(&info, &mut out)
            .expect("32 bytes are within what HKDF can give");
        out
    }
}

/// The root over the hashes of an opening's records, in the order of the bundle.
pub fn records_root(hashes: &[[u8; 32]]) -> Hash {
    root_over(hashes)
}

/// The root over the SHA-256 of an order's documents, in their order. The field `order` holds it
/// in hexadecimal.
pub fn documents_root(hashes: &[[u8; 32]]) -> Hash {
    root_over(hashes)
}

fn root_over(hashes: &[[u8; 32]]) -> Hash {
    let leaves: Vec<_> = hashes.iter().map(|hash| leaf_hash(hash)).collect();
    root_of(&leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> [String; 12] {
        [
            "2026-11-20T09:30Z",
            "DE",
            "court",
            "A court",
            "a law",
            "fraud",
            "00",
            "both",
            "account 7",
            "2026-10-01 2026-10-31",
            "indefinite",
            "4.2",
        ]
        .map(String::from)
    }

    #[test]
    fn shown_fields_hash_to_the_root_of_all() {
        let fields = Fields::new(values()).unwrap();
        let key = CaseKey::new([1; 32]);
        assert_eq!(root_of_shown(&fields.shown(&key)), fields.root(&key));
        assert_ne!(fields.root(&key), fields.root(&CaseKey::new([2; 32])));
    }

    #[test]
    fn every_field_counts_for_the_root() {
        let key = CaseKey::new([1; 32]);
        let root = Fields::new(values()).unwrap().root(&key);
        let others = [
            "2026-11-20T09:31Z",
            "FR",
            "police",
            "B",
            "b",
            "b",
            "01",
            "ip",
            "b",
            "b",
            "none",
            "b",
        ];
        for (position, other) in others.iter().enumerate() {
            let mut changed = values();
            changed[position] = (*other).into();
            assert_ne!(Fields::new(changed).unwrap().root(&key), root, "{other}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_refused_by_name() {
        for (field, wrong) in [
            (Field::Received, "2026-11-20"),
            (Field::Country, "Germany"),
            (Field::Class, "judge"),
            (Field::Kinds, "messages"),
            (Field::Gag, "forever"),
            (Field::Subject, ""),
            (Field::Clause, "a\nb"),
        ] {
            let mut changed = values();
            changed[field as usize] = wrong.into();
            assert_eq!(Fields::new(changed).err(), Some(MalformedField(field)));
        }
        let mut long = values();
        long[3] = "x".repeat(MAX_FIELD_BYTES + 1);
        assert_eq!(
            Fields::new(long).err(),
            Some(MalformedField(Field::Authority))
        );
    }
}
