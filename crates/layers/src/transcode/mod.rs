//! Carries out the plans: one pass over the bytes, copying what is the same in long runs.

mod source;
mod walk;

pub use source::Source;

use crate::LayerError;
use crate::catalogue::{Catalogue, Entry, MAX_WORDS, TypeId, Wire};
use crate::plan::{How, Plan, Plans, Rewrite, Step, Take};
use crate::wire::{Cursor, FALSE, TRUE, put_u32};
use heliograph_tl_schema::{Flag, Ty};

/// Limits of one call.
#[derive(Clone, Copy)]
pub struct Limits {
    /// How many values may lie inside each other.
    pub depth: u8,
    /// How many bytes may be written.
    pub out_bytes: usize,
}

/// One call of the transcoder.
pub struct Run<'a> {
    pub catalogue: &'a Catalogue,
    pub plans: &'a Plans,
    pub input: Cursor<'a>,
    pub out: &'a mut Vec<u8>,
    /// Where the bytes begin that were read, are the same in the target and are not written yet.
    pending: usize,
    depth: u8,
    max_depth: u8,
    out_end: usize,
}

/// A state to return to when a value turns out to be inexpressible.
struct Mark {
    at: usize,
    written: usize,
    depth: u8,
}

impl<'a> Run<'a> {
    pub fn new(
        catalogue: &'a Catalogue,
        plans: &'a Plans,
        input: &'a [u8],
        out: &'a mut Vec<u8>,
        limits: Limits,
    ) -> Self {
        let out_end = out.len().saturating_add(limits.out_bytes);
        let input = Cursor::new(input, 0);
        Run {
            catalogue,
            plans,
            input,
            out,
            pending: 0,
            depth: 0,
            max_depth: limits.depth,
            out_end,
        }
    }

    /// Rewrites the definition that stands next, whatever its type, to the end of the input.
    pub fn whole(&mut self) -> Result<(), LayerError> {
        self.definition(None, None)?;
        self.finish()
    }

    /// Rewrites one value of this form, to the end of the input.
    pub fn whole_value(&mut self, wire: Wire) -> Result<(), LayerError> {
        self.value(wire, How::Transcode(None))?;
        self.finish()
    }

    /// Rewrites one field of the value of type `ty` that the input is, and nothing else.
    ///
    /// [`LayerError::Inexpressible`] when the value does not have the field.
    pub fn whole_field(&mut self, ty: &Ty, field: &str) -> Result<(), LayerError> {
        let source = self.read(&ty.to_string())?;
        if !source.write(self, field)? {
            return Err(LayerError::Inexpressible);
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<(), LayerError> {
        self.flush();
        if self.input.remaining() == 0 {
            Ok(())
        } else {
            Err(LayerError::Malformed)
        }
    }

    /// Writes the bytes that were only read so far.
    #[inline]
    pub fn flush(&mut self) {
        self.flush_to(self.input.at);
    }

    #[inline]
    fn flush_to(&mut self, end: usize) {
        if self.pending < end {
            self.out
                .extend_from_slice(self.input.slice(self.pending, end));
        }
        self.pending = end;
    }

    /// Forgets the bytes that were read since the last flush.
    #[inline]
    pub fn discard(&mut self) {
        self.pending = self.input.at;
    }

    fn mark(&mut self) -> Mark {
        self.flush();
        Mark {
            at: self.input.at,
            written: self.out.len(),
            depth: self.depth,
        }
    }

    fn return_to(&mut self, mark: &Mark) {
        self.out.truncate(mark.written);
        self.input.at = mark.at;
        self.pending = mark.at;
        self.depth = mark.depth;
    }

    fn enter(&mut self) -> Result<(), LayerError> {
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(LayerError::TooDeep);
        }
        if self.out.len() > self.out_end {
            return Err(LayerError::TooLarge);
        }
        Ok(())
    }

    /// Rewrites a constructor or call. `expected` is its type in the source, `wanted` in the target.
    fn definition(
        &mut self,
        expected: Option<TypeId>,
        wanted: Option<TypeId>,
    ) -> Result<(), LayerError> {
        self.enter()?;
        let start = self.input.at;
        let id = self.input.u32()?;
        if matches!(id, TRUE | FALSE) && expected.is_none() {
            self.depth -= 1;
            return Ok(());
        }
        let index = self.catalogue.index_of(id).ok_or(LayerError::Malformed)?;
        let entry = &self.catalogue.entries()[index];
        if expected.is_some() && entry.result != expected {
            return Err(LayerError::Malformed);
        }
        match self.plans.plan(index) {
            Plan::Unchanged => self.pass_fields(entry)?,
            Plan::Rewrite(rewrite) => match &rewrite.otherwise {
                None => self.rewrite(entry, rewrite, start, wanted)?,
                Some(otherwise) => {
                    self.flush_to(start);
                    let mark = Mark {
                        at: start,
                        written: self.out.len(),
                        depth: self.depth,
                    };
                    match self.rewrite(entry, rewrite, start, wanted) {
                        Err(LayerError::Inexpressible) => {
                            self.return_to(&mark);
                            self.input.at = start + 4;
                            self.rewrite(entry, otherwise, start, wanted)?;
                        }
                        result => result?,
                    }
                }
            },
            Plan::Rule(rule) => {
                self.flush_to(start);
                let source = self.locate(entry)?;
                rule(self, &source)?;
                self.input.at = source.end;
                self.discard();
            }
            Plan::Inexpressible => return Err(LayerError::Inexpressible),
        }
        self.depth -= 1;
        Ok(())
    }

    fn rewrite(
        &mut self,
        entry: &'a Entry,
        rewrite: &Rewrite,
        start: usize,
        wanted: Option<TypeId>,
    ) -> Result<(), LayerError> {
        if wanted.is_some() && rewrite.to_type != wanted {
            return Err(LayerError::Inexpressible);
        }
        self.flush_to(start);
        put_u32(self.out, rewrite.to_id);
        self.discard();
        let mut words = Words::default();
        if rewrite.in_order {
            for step in &rewrite.steps {
                self.step(entry, step, &mut words, None)?;
            }
        } else {
            let source = self.locate(entry)?;
            words.from = source.words;
            for step in &rewrite.steps {
                self.step(entry, step, &mut words, Some(&source))?;
                self.flush();
            }
            self.input.at = source.end;
            self.discard();
        }
        if words.count > 0 {
            self.flush();
            words.write(rewrite, self.out);
        }
        Ok(())
    }

    /// Carries out one step. With `source` the fields are taken from where they lie, else the next
    /// one is taken.
    fn step(
        &mut self,
        entry: &Entry,
        step: &Step,
        words: &mut Words,
        source: Option<&Source<'a>>,
    ) -> Result<(), LayerError> {
        match step {
            Step::ReadWord(word) => {
                self.flush();
                words.from[usize::from(*word)] = self.input.u32()?;
                self.discard();
            }
            Step::WriteWord => {
                self.flush();
                words.reserve(self.out);
            }
            Step::Drop { field } => {
                let field = &entry.fields[usize::from(*field)];
                if words.has(field.flag) {
                    self.flush();
                    self.skip(field.wire)?;
                    self.discard();
                }
            }
            Step::Take(take) => {
                let present = words.has(take.from);
                if let (Some(source), true) = (source, present) {
                    self.input.at = source.offsets[usize::from(take.field)] as usize;
                    self.discard();
                }
                self.take(take, present, words)?;
            }
            Step::Insert { to, value } => {
                if to.is_none_or(|to| words.is_set(to)) {
                    self.put(value);
                }
            }
            Step::BoolFromBit { from } => {
                let word = if words.has(Some(*from)) { TRUE } else { FALSE };
                self.put(&word.to_le_bytes());
            }
            Step::BitFromBool { field, from, to } => {
                if words.has(*from) {
                    if let Some(source) = source {
                        self.input.at = source.offsets[usize::from(*field)] as usize;
                        self.discard();
                    }
                    self.flush();
                    words.set(*to, self.input.bool()?);
                    self.discard();
                }
            }
            Step::Compute { rule, to } => {
                let source = source.ok_or(LayerError::Malformed)?;
                self.flush();
                let written = rule(self, source)?;
                self.discard();
                match to {
                    Some(to) => words.set(*to, written),
                    None if written => {}
                    None => return Err(LayerError::Inexpressible),
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, take: &Take, present: bool, words: &mut Words) -> Result<(), LayerError> {
        let wanted = take.to.is_none_or(|to| take.leads || words.is_set(to));
        if present && !wanted {
            self.flush();
            self.skip(take.wire)?;
            self.discard();
            return Ok(());
        }
        let mut written = false;
        if present {
            if let How::Copy = take.how {
                self.pass(take.wire)?;
                written = true;
            } else if take.to.is_none() {
                // Nothing can stand for a required value that was there: the error goes up.
                self.value(take.wire, take.how)?;
                written = true;
            } else {
                written = self.try_value(take.wire, take.how)?;
            }
        }
        match take.to {
            Some(to) if take.leads => words.set(to, written),
            _ if written || !wanted => {}
            _ => {
                let default = take.default.as_ref().ok_or(LayerError::Inexpressible)?;
                self.put(default);
            }
        }
        Ok(())
    }

    /// Rewrites a value, or passes over it and gives false when the target cannot express it.
    fn try_value(&mut self, wire: Wire, how: How) -> Result<bool, LayerError> {
        let mark = self.mark();
        match self.value(wire, how) {
            Ok(()) => Ok(true),
            Err(LayerError::Inexpressible) => {
                self.return_to(&mark);
                self.skip(wire)?;
                self.discard();
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn value(&mut self, wire: Wire, how: How) -> Result<(), LayerError> {
        match how {
            How::Copy => self.pass(wire),
            How::Coerce(coercion) => {
                self.flush();
                coercion(self)?;
                self.discard();
                Ok(())
            }
            How::Transcode(wanted) => match wire {
                _ if self.plans.is_unchanged(self.catalogue, wire) => self.pass(wire),
                Wire::Boxed(ty) => self.definition(Some(ty), wanted),
                Wire::Vector(element) => self.vector(self.catalogue.element(element)),
                _ => self.pass(wire),
            },
        }
    }

    /// Rewrites the elements of a vector; those that cannot be expressed are left out.
    fn vector(&mut self, element: Wire) -> Result<(), LayerError> {
        self.enter()?;
        let count = self.input.vector()?;
        self.flush();
        let count_at = self.out.len() - 4;
        let mut kept = 0u32;
        for _ in 0..count {
            let how = match element {
                Wire::Boxed(ty) => How::Transcode(Some(ty)),
                _ => How::Transcode(None),
            };
            kept += u32::from(self.try_value(element, how)?);
        }
        if kept as usize != count {
            self.flush();
            self.out[count_at..count_at + 4].copy_from_slice(&kept.to_le_bytes());
        }
        self.depth -= 1;
        Ok(())
    }

    /// Writes bytes that are not in the input.
    pub fn put(&mut self, bytes: &[u8]) {
        self.flush();
        self.out.extend_from_slice(bytes);
    }
}

fn bit(words: &[u32; MAX_WORDS], flag: Flag) -> bool {
    words[usize::from(flag.word)] >> flag.bit & 1 == 1
}

/// The flags words of a definition that is being rewritten.
#[derive(Default)]
struct Words {
    from: [u32; MAX_WORDS],
    to: [u32; MAX_WORDS],
    /// Where the target's words stand in the output.
    at: [usize; MAX_WORDS],
    count: usize,
}

impl Words {
    /// Whether a source field with this condition is present.
    #[inline]
    fn has(&self, flag: Option<Flag>) -> bool {
        flag.is_none_or(|flag| bit(&self.from, flag))
    }

    fn is_set(&self, flag: Flag) -> bool {
        bit(&self.to, flag)
    }

    #[inline]
    fn set(&mut self, flag: Flag, value: bool) {
        self.to[usize::from(flag.word)] |= u32::from(value) << flag.bit;
    }

    fn reserve(&mut self, out: &mut Vec<u8>) {
        self.at[self.count] = out.len();
        self.count += 1;
        put_u32(out, 0);
    }

    fn write(&mut self, rewrite: &Rewrite, out: &mut [u8]) {
        for &(from, to, mask) in &rewrite.kept_bits {
            self.to[usize::from(to)] |= self.from[usize::from(from)] & mask;
        }
        for &(from, to) in &rewrite.moved_bits {
            self.set(to, bit(&self.from, from));
        }
        for (word, &at) in self.to.iter().zip(&self.at).take(self.count) {
            out[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
    }
}
