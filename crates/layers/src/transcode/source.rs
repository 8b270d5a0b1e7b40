//! What rules see: the fields of a value by name, and ways to read and write beside the plans.

use super::{How, Run, bit};
use crate::LayerError;
use crate::catalogue::{Entry, MAX_FIELDS, MAX_WORDS, Wire};
use crate::wire::{Cursor, put_u32};
use heliograph_tl_schema::Definition;

/// What a rule sees of the value it rewrites.
pub struct Source<'a> {
    entry: &'a Entry,
    input: Cursor<'a>,
    /// Where each field lies in the input; for an absent one, where it would.
    pub(super) offsets: [u32; MAX_FIELDS],
    /// The flags words.
    pub(super) words: [u32; MAX_WORDS],
    /// Where the value ends.
    pub(super) end: usize,
}

impl<'a> Source<'a> {
    /// The name of the definition.
    pub fn name(&self) -> &'a str {
        &self.entry.definition.name
    }

    /// Whether the field exists in this definition and is present.
    pub fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// An `int` field; 0 when it is not there.
    pub fn int(&self, field: &str) -> Result<u32, LayerError> {
        self.cursor(field).map_or(Ok(0), |mut cursor| cursor.u32())
    }

    /// A `long` field; 0 when it is not there.
    pub fn long(&self, field: &str) -> Result<u64, LayerError> {
        self.cursor(field).map_or(Ok(0), |mut cursor| cursor.u64())
    }

    /// A `string` or `bytes` field; empty when it is not there.
    pub fn string(&self, field: &str) -> Result<&'a [u8], LayerError> {
        self.cursor(field)
            .map_or(Ok(b""), |mut cursor| cursor.string())
    }

    /// A cursor at the field; `None` when it is not there.
    pub fn cursor(&self, field: &str) -> Option<Cursor<'a>> {
        let index = self.find(field)?;
        let mut cursor = self.input;
        cursor.at = self.offsets[index] as usize;
        Some(cursor)
    }

    /// Writes the field in its own type, as the target has it; gives whether it was there.
    pub fn write(&self, run: &mut Run<'_>, field: &str) -> Result<bool, LayerError> {
        let Some(index) = self.find(field) else {
            return Ok(false);
        };
        let back = run.input.at;
        run.input.at = self.offsets[index] as usize;
        run.discard();
        run.value(self.entry.fields[index].wire, How::Transcode(None))?;
        run.flush();
        run.input.at = back;
        run.discard();
        Ok(true)
    }

    fn find(&self, name: &str) -> Option<usize> {
        let index = self
            .entry
            .definition
            .fields
            .iter()
            .position(|field| field.name == name)?;
        let present = self.entry.fields[index]
            .flag
            .is_none_or(|flag| bit(&self.words, flag));
        present.then_some(index)
    }
}

impl<'a> Run<'a> {
    /// Finds where each field lies; the cursor stands behind the id.
    pub(super) fn locate(&mut self, entry: &'a Entry) -> Result<Source<'a>, LayerError> {
        let mut source = Source {
            entry,
            input: self.input,
            offsets: [0; MAX_FIELDS],
            words: [0; MAX_WORDS],
            end: 0,
        };
        let mut count = 0;
        for (field, offset) in entry.fields.iter().zip(&mut source.offsets) {
            *offset = self.input.at as u32;
            if field.wire == Wire::Word {
                source.words[count] = self.input.u32()?;
                count += 1;
            } else if field.flag.is_none_or(|flag| bit(&source.words, flag)) {
                self.skip(field.wire)?;
            }
        }
        source.end = self.input.at;
        self.discard();
        Ok(source)
    }

    /// Reads the boxed value of type `ty` that stands next, for a rule to look into.
    pub fn read(&mut self, ty: &str) -> Result<Source<'a>, LayerError> {
        let id = self.input.u32()?;
        let entry = self.catalogue.find_id(id).ok_or(LayerError::Malformed)?;
        if entry
            .result
            .is_none_or(|result| self.catalogue.type_name(result) != ty)
        {
            return Err(LayerError::Malformed);
        }
        self.locate(entry)
    }

    /// Rewrites the boxed value of type `ty` that stands next.
    pub fn boxed(&mut self, ty: &str) -> Result<(), LayerError> {
        self.discard();
        let ty = self.catalogue.type_id(ty);
        self.definition(ty, ty)?;
        self.flush();
        Ok(())
    }

    /// Moves to a field of `source`; gives whether it is there.
    pub fn go_to(&mut self, source: &Source<'_>, field: &str) -> bool {
        let Some(cursor) = source.cursor(field) else {
            return false;
        };
        self.input.at = cursor.at;
        self.discard();
        true
    }

    /// Writes the id of a constructor of the target; [`LayerError::Inexpressible`] when it has none.
    pub fn put_id(&mut self, name: &str) -> Result<(), LayerError> {
        let id = self.plans.id(name).ok_or(LayerError::Inexpressible)?;
        put_u32(self.out, id);
        Ok(())
    }

    /// A constructor of the target; [`LayerError::Inexpressible`] when it does not have it.
    pub fn target(&self, name: &str) -> Result<&'a Definition, LayerError> {
        let entry = self
            .plans
            .id(name)
            .and_then(|id| self.catalogue.find_id(id));
        entry
            .map(|entry| &entry.definition)
            .ok_or(LayerError::Inexpressible)
    }
}
