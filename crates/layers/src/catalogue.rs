//! All definitions of all layers, indexed, and compiled into the form in which bytes are walked.
//!
//! An id means the same in every layer (a test proves it), so bytes can be read without knowing the
//! layer they were written in; only `true` flags come and go under one id, and the widest variant
//! knows them all.

use heliograph_tl_schema::{Definition, Field, Flag, History, Kind, LayerRange, ParseError, Ty};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The most flags words that a definition has.
pub const MAX_WORDS: usize = 4;
/// More fields than any definition has; the fixed size of a rule's view of them.
pub const MAX_FIELDS: usize = 96;

/// Ids are CRC32 values, thus spread well already: one multiplication fills the high bits.
#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

type IdMap = HashMap<u32, u32, BuildHasherDefault<IdHasher>>;

/// A boxed type, numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeId(pub u16);

/// How a value lies in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A fixed number of bytes.
    Fixed(u8),
    /// One of two ids.
    Bool,
    /// Length, content, padding.
    String,
    /// No bytes: a `true` flag.
    Nothing,
    /// A flags word.
    Word,
    /// A boxed vector; the number stands for the form of its elements.
    Vector(u16),
    /// A constructor id and its fields.
    Boxed(TypeId),
    /// All bytes that remain: a nested call.
    Rest,
}

/// A field as it lies in the bytes.
#[derive(Clone, Copy, Debug)]
pub struct WireField {
    /// Its form.
    pub wire: Wire,
    /// The bit that says whether it is present.
    pub flag: Option<Flag>,
}

/// A definition with the layers in which it is valid.
pub struct Entry {
    /// The line of the schema.
    pub definition: Definition,
    /// The layers.
    pub layers: Vec<LayerRange>,
    /// The fields as they lie in the bytes, in the order of the definition.
    pub fields: Box<[WireField]>,
    /// The same for passing over them: without `true` flags, fixed neighbours joined.
    pub walk: Box<[WireField]>,
    /// For each flags word, the bits that have a meaning.
    pub known_bits: [u32; MAX_WORDS],
    /// The type it belongs to; `None` when the result is a vector or a bare value.
    pub result: Option<TypeId>,
}

impl Entry {
    /// Whether it is valid in the collected layer `layer`.
    pub fn is_in(&self, layer: u16) -> bool {
        self.layers.iter().any(|range| range.contains(layer))
    }
}

/// The index over all entries.
pub struct Catalogue {
    entries: Vec<Entry>,
    by_id: IdMap,
    by_name: HashMap<Kind, HashMap<String, Vec<u32>>>,
    by_type: HashMap<String, Vec<u32>>,
    types: Types,
    collected: Vec<u16>,
}

impl Catalogue {
    /// Reads `history.tl`.
    ///
    /// Fails on a line that is no definition, or on a definition beyond [`MAX_WORDS`] or
    /// [`MAX_FIELDS`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let history = History::parse(text)?;
        let collected = history.layers().to_vec();
        let mut catalogue = Catalogue {
            entries: Vec::new(),
            by_id: IdMap::default(),
            by_name: HashMap::new(),
            by_type: HashMap::new(),
            types: Types::default(),
            collected,
        };
        for (layers, definition) in history.into_entries() {
            let entry = compile(layers, definition, &mut catalogue.types)?;
            catalogue.index(entry);
        }
        Ok(catalogue)
    }

    fn index(&mut self, entry: Entry) {
        let index = self.entries.len() as u32;
        let definition = &entry.definition;
        // The variant with the most fields knows every flag that the others have; among equals the
        // later one, for a flag was moved once.
        let widest = self.by_id.entry(definition.id).or_insert(index);
        if *widest != index
            && definition.fields.len() >= self.entries[*widest as usize].definition.fields.len()
        {
            *widest = index;
        }
        let names = self.by_name.entry(definition.kind).or_default();
        names
            .entry(definition.name.clone())
            .or_default()
            .push(index);
        if let (Kind::Constructor, Ty::Boxed(ty)) = (definition.kind, &definition.result) {
            self.by_type.entry(ty.clone()).or_default().push(index);
        }
        self.entries.push(entry);
    }

    /// Every entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of the entry with this id, whatever its layer.
    #[inline]
    pub fn index_of(&self, id: u32) -> Option<usize> {
        self.by_id.get(&id).map(|&index| index as usize)
    }

    /// Whether the entry at `index` is the one that reads its id.
    pub fn is_widest(&self, index: usize) -> bool {
        self.index_of(self.entries[index].definition.id) == Some(index)
    }

    /// The entry with this id, whatever its layer.
    pub fn find_id(&self, id: u32) -> Option<&Entry> {
        self.index_of(id).map(|index| &self.entries[index])
    }

    /// Whether the collected layer has a definition with this id.
    pub fn has(&self, layer: u16, id: u32) -> bool {
        self.find_id(id).is_some_and(|entry| {
            let definition = &entry.definition;
            self.find(layer, definition.kind, &definition.name)
                .is_some_and(|one| one.definition.id == id)
        })
    }

    /// The definition of this kind and name in a collected layer.
    pub fn find(&self, layer: u16, kind: Kind, name: &str) -> Option<&Entry> {
        let variants = self.by_name.get(&kind)?.get(name)?;
        let mut entries = variants.iter().map(|&index| &self.entries[index as usize]);
        entries.find(|entry| entry.is_in(layer))
    }

    /// The newest definition of this kind and name that any layer has.
    pub fn find_newest(&self, kind: Kind, name: &str) -> Option<&Entry> {
        let variants = self.by_name.get(&kind)?.get(name)?;
        let entries = variants.iter().map(|&index| &self.entries[index as usize]);
        entries.max_by_key(|entry| entry.layers.last().map(|range| range.last))
    }

    /// The constructors of a type in a collected layer.
    pub fn constructors(&self, layer: u16, ty: &str) -> impl Iterator<Item = &Entry> {
        let all = self.by_type.get(ty).into_iter().flatten();
        all.map(|&index| &self.entries[index as usize])
            .filter(move |entry| entry.is_in(layer))
    }

    /// The form of the elements of a vector.
    pub fn element(&self, vector: u16) -> Wire {
        self.types.elements[vector as usize]
    }

    /// The number of boxed types.
    pub fn type_count(&self) -> usize {
        self.types.names.len()
    }

    /// The name of a boxed type.
    pub fn type_name(&self, id: TypeId) -> &str {
        &self.types.names[usize::from(id.0)]
    }

    /// The boxed type with this name.
    pub fn type_id(&self, name: &str) -> Option<TypeId> {
        self.types.ids.get(name).copied()
    }

    /// The form of a value of type `ty`; `None` when the schema names no such type.
    pub fn wire(&self, ty: &Ty) -> Option<Wire> {
        Some(match ty {
            Ty::Boxed(name) => Wire::Boxed(self.type_id(name)?),
            Ty::Vector(element) => {
                let element = self.wire(element)?;
                let number = self
                    .types
                    .elements
                    .iter()
                    .position(|&known| known == element)?;
                Wire::Vector(number as u16)
            }
            _ => plain(ty),
        })
    }

    /// The collected layers, ascending.
    pub fn collected(&self) -> &[u16] {
        &self.collected
    }

    /// The collected layer that serves a client of `layer`: the newest not above it, else the oldest.
    pub fn nearest(&self, layer: u16) -> u16 {
        let below = self.collected.iter().rev().find(|&&known| known <= layer);
        below.or(self.collected.first()).copied().unwrap_or(layer)
    }
}

/// Numbers given to types while the schema is read.
#[derive(Default)]
struct Types {
    names: Vec<String>,
    ids: HashMap<String, TypeId>,
    elements: Vec<Wire>,
}

impl Types {
    fn wire(&mut self, ty: &Ty) -> Wire {
        match ty {
            Ty::Boxed(name) => Wire::Boxed(self.number(name)),
            Ty::Vector(element) => {
                let element = self.wire(element);
                let known = self.elements.iter().position(|&known| known == element);
                let number = known.unwrap_or_else(|| {
                    self.elements.push(element);
                    self.elements.len() - 1
                });
                Wire::Vector(number as u16)
            }
            _ => plain(ty),
        }
    }

    fn number(&mut self, name: &str) -> TypeId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = TypeId(self.names.len() as u16);
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }
}

/// The form of a type that is neither boxed nor a vector.
fn plain(ty: &Ty) -> Wire {
    match ty {
        Ty::Int => Wire::Fixed(4),
        Ty::Bool => Wire::Bool,
        Ty::Long | Ty::Double => Wire::Fixed(8),
        Ty::Int128 => Wire::Fixed(16),
        Ty::Int256 => Wire::Fixed(32),
        Ty::String | Ty::Bytes => Wire::String,
        Ty::True => Wire::Nothing,
        Ty::Flags => Wire::Word,
        Ty::Nested | Ty::Vector(_) | Ty::Boxed(_) => Wire::Rest,
    }
}

fn compile(
    layers: Vec<LayerRange>,
    definition: Definition,
    types: &mut Types,
) -> Result<Entry, ParseError> {
    let words = definition
        .fields
        .iter()
        .filter(|field| field.ty == Ty::Flags)
        .count();
    if words > MAX_WORDS || definition.fields.len() > MAX_FIELDS {
        let reason = "more flags words or fields than the transcoder has room for".to_owned();
        return Err(ParseError {
            line: definition.to_string(),
            reason,
        });
    }
    let wire_field = |field: &Field| WireField {
        wire: types.wire(&field.ty),
        flag: field.flag,
    };
    let fields: Box<[WireField]> = definition.fields.iter().map(wire_field).collect();
    let mut known_bits = [0; MAX_WORDS];
    for Flag { word, bit } in definition.fields.iter().filter_map(|field| field.flag) {
        known_bits[usize::from(word)] |= 1 << bit;
    }
    let result = match &definition.result {
        Ty::Boxed(name) => Some(types.number(name)),
        result => {
            types.wire(result);
            None
        }
    };
    Ok(Entry {
        definition,
        layers,
        walk: join_fixed(&fields),
        fields,
        known_bits,
        result,
    })
}

fn join_fixed(fields: &[WireField]) -> Box<[WireField]> {
    let mut walk: Vec<WireField> = Vec::new();
    for &field in fields.iter().filter(|field| field.wire != Wire::Nothing) {
        if let (Wire::Fixed(more), None) = (field.wire, field.flag)
            && let Some(WireField {
                wire: Wire::Fixed(size),
                flag: None,
            }) = walk.last_mut()
            && let Some(sum) = size.checked_add(more)
        {
            *size = sum;
        } else {
            walk.push(field);
        }
    }
    walk.into_boxed_slice()
}
