//! Moving over values that are the same in the target, or that it does not get.

use super::{Run, bit};
use crate::LayerError;
use crate::catalogue::{Entry, MAX_WORDS, TypeId, Wire};
use crate::rules;
use crate::wire::put_u32;

impl<'a> Run<'a> {
    /// What a constructor of another type stands for where a value of type `ty` is due.
    #[cold]
    fn synonym(&self, found: &Entry, ty: TypeId) -> Option<&'a Entry> {
        let asked = self.catalogue.type_name(ty);
        let meant = rules::meant(asked, &found.definition.name)?;
        self.catalogue.find_id(self.plans.id(meant)?)
    }

    /// Moves over a value without writing it.
    pub fn skip(&mut self, wire: Wire) -> Result<(), LayerError> {
        self.walk::<false>(wire)
    }

    /// Moves over a value that is the same in the target; it is written with the next flush.
    pub fn pass(&mut self, wire: Wire) -> Result<(), LayerError> {
        self.walk::<true>(wire)
    }

    #[inline]
    fn walk<const WRITE: bool>(&mut self, wire: Wire) -> Result<(), LayerError> {
        match wire {
            Wire::Fixed(size) => self.input.take(usize::from(size)).map(drop),
            Wire::String => self.input.string().map(drop),
            Wire::Bool => self.input.bool().map(drop),
            Wire::Nothing => Ok(()),
            Wire::Boxed(ty) => self.walk_boxed::<WRITE>(ty),
            Wire::Vector(element) => self.walk_vector::<WRITE>(self.catalogue.element(element)),
            // Words are read where their fields are, and calls within calls are peeled by the session.
            Wire::Word | Wire::Rest => Err(LayerError::Malformed),
        }
    }

    fn walk_boxed<const WRITE: bool>(&mut self, ty: TypeId) -> Result<(), LayerError> {
        let start = self.input.at;
        let id = self.input.u32()?;
        let mut entry = self.catalogue.find_id(id).ok_or(LayerError::Malformed)?;
        if entry.result != Some(ty) {
            let meant = self.synonym(entry, ty).ok_or(LayerError::Malformed)?;
            if WRITE {
                self.flush_to(start);
                put_u32(self.out, meant.definition.id);
                self.discard();
            }
            entry = meant;
        }
        self.enter()?;
        self.walk_fields::<WRITE>(entry)?;
        self.depth -= 1;
        Ok(())
    }

    fn walk_vector<const WRITE: bool>(&mut self, element: Wire) -> Result<(), LayerError> {
        let count = self.input.vector()?;
        if let Wire::Fixed(size) = element {
            return self.input.take(count * usize::from(size)).map(drop);
        }
        self.enter()?;
        for _ in 0..count {
            self.walk::<WRITE>(element)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Moves over what follows the id; it is written with the next flush.
    pub(super) fn pass_fields(&mut self, entry: &Entry) -> Result<(), LayerError> {
        self.walk_fields::<true>(entry)
    }

    fn walk_fields<const WRITE: bool>(&mut self, entry: &Entry) -> Result<(), LayerError> {
        let mut words = [0u32; MAX_WORDS];
        let mut count = 0;
        for field in &entry.walk {
            if field.wire == Wire::Word {
                let start = self.input.at;
                let word = self.input.u32()?;
                let known = entry.known_bits[count];
                // A bit without a meaning could mean something in the target: it is cleared.
                if WRITE && word & !known != 0 {
                    self.flush_to(start);
                    put_u32(self.out, word & known);
                    self.discard();
                }
                words[count] = word;
                count += 1;
            } else if field.flag.is_none_or(|flag| bit(&words, flag)) {
                self.walk::<WRITE>(field.wire)?;
            }
        }
        Ok(())
    }
}
