//! Random TL bytes, made from the schema alone: the generated code is not asked how it would write.

use heliograph_tl::{Decode, DecodeError, Encode, put_bytes, put_vector_header};
use heliograph_tl_schema::{Definition, Field, Flag, Kind, Schema, Ty};
use std::collections::HashMap;

/// Decodes a value and writes it again.
pub type Codec = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

include!(concat!(env!("OUT_DIR"), "/codecs.rs"));

fn reencode<T: Decode + Encode>(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    T::from_bytes(bytes).map(|value| value.to_bytes())
}

/// The codec of a boxed type or function.
pub fn codec(name: &str) -> Codec {
    let found = CODECS.iter().find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| panic!("nothing was generated for {name}"))
        .1
}

/// The codec that reads `definition`: its own when it is a function, that of its type otherwise.
pub fn codec_of(definition: &Definition) -> Codec {
    match definition.kind {
        Kind::Function => codec(&definition.name),
        Kind::Constructor => codec(&definition.result.to_string()),
    }
}

/// How many flag bits are set.
#[derive(Clone, Copy, Debug)]
pub enum Density {
    Empty,
    Mixed,
    Full,
}

/// A seeded source of canonical bytes.
pub struct Random<'a> {
    schema: &'a Schema,
    state: u64,
    simplest: HashMap<&'a str, &'a Definition>,
}

impl<'a> Random<'a> {
    pub fn new(schema: &'a Schema, seed: u64) -> Self {
        Random {
            schema,
            state: seed,
            simplest: simplest_constructors(schema),
        }
    }

    /// The next number below `bound` (SplitMix64).
    pub fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e3779b97f4a7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// The bytes of one value of `definition`.
    pub fn definition(&mut self, definition: &Definition, density: Density) -> Vec<u8> {
        let mut out = Vec::new();
        self.put_definition(definition, density, 3, &mut out);
        out
    }

    fn put_definition(&mut self, one: &Definition, density: Density, depth: u8, out: &mut Vec<u8>) {
        one.id.encode(out);
        let mut words: Vec<u32> = Vec::new();
        for field in &one.fields {
            match (&field.ty, field.flag) {
                (Ty::Flags, _) => {
                    let word = self.flags(&one.fields, words.len() as u8, density);
                    word.encode(out);
                    words.push(word);
                }
                (_, Some(flag)) if words[flag.word as usize] & (1 << flag.bit) == 0 => {}
                (ty, _) => self.put(ty, depth, out),
            }
        }
    }

    fn flags(&mut self, fields: &[Field], word: u8, density: Density) -> u32 {
        let flags = fields.iter().filter_map(|field| field.flag);
        let known = flags
            .filter(|flag| flag.word == word)
            .fold(0, |all, Flag { bit, .. }| all | 1 << bit);
        match density {
            Density::Empty => 0,
            Density::Mixed => known & self.below(1 << 32) as u32,
            Density::Full => known,
        }
    }

    fn put(&mut self, ty: &Ty, depth: u8, out: &mut Vec<u8>) {
        match ty {
            Ty::True => {}
            Ty::Int => (self.below(1 << 32) as u32).encode(out),
            Ty::Long => (self.below(usize::MAX) as i64).encode(out),
            Ty::Double => f64::from(self.below(1 << 32) as u32).encode(out),
            Ty::Int128 => [self.below(256) as u8; 16].encode(out),
            Ty::Int256 => [self.below(256) as u8; 32].encode(out),
            Ty::Bool => (self.below(2) == 1).encode(out),
            Ty::String => self.text().encode(out),
            Ty::Bytes => {
                let (length, byte) = (self.length(), self.below(256) as u8);
                put_bytes(out, &vec![byte; length]);
            }
            Ty::Vector(element) => {
                let count = if depth == 0 { 0 } else { self.below(4) };
                put_vector_header(out, count);
                (0..count).for_each(|_| self.put(element, depth - 1, out));
            }
            Ty::Boxed(name) if depth == 0 => {
                self.put_definition(self.simplest[name.as_str()], Density::Empty, 0, out);
            }
            Ty::Boxed(name) => {
                let constructors: Vec<_> = self.schema.constructors_of(name).collect();
                let chosen = constructors[self.below(constructors.len())];
                self.put_definition(chosen, Density::Mixed, depth - 1, out);
            }
            Ty::Flags | Ty::Nested => unreachable!("not the type of a value"),
        }
    }

    fn text(&mut self) -> String {
        let letters = ['a', 'ß', '語', '🛰'];
        (0..self.length())
            .map(|_| letters[self.below(letters.len())])
            .collect()
    }

    /// Mostly short, sometimes around the length where its prefix changes.
    fn length(&mut self) -> usize {
        if self.below(40) == 0 {
            250 + self.below(8)
        } else {
            self.below(9)
        }
    }
}

/// For each type the constructor that nests least, so that random values end.
fn simplest_constructors(schema: &Schema) -> HashMap<&str, &Definition> {
    let mut simplest: HashMap<&str, &Definition> = HashMap::new();
    loop {
        let is_known = |field: &Field| match &field.ty {
            Ty::Boxed(name) => field.flag.is_some() || simplest.contains_key(name.as_str()),
            _ => true,
        };
        let unknown = schema
            .types()
            .into_iter()
            .filter(|ty| !simplest.contains_key(ty));
        let round: Vec<_> = unknown
            .filter_map(|ty| {
                let mut constructors = schema.constructors_of(ty);
                Some((
                    ty,
                    constructors.find(|one| one.fields.iter().all(is_known))?,
                ))
            })
            .collect();
        if round.is_empty() {
            return simplest;
        }
        simplest.extend(round);
    }
}
