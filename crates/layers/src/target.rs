//! The schema that bytes are rewritten into: one collected layer, or the pruned canonical one.

use crate::catalogue::Catalogue;
use crate::rules;
use crate::wire::{FALSE, put_string, put_u32, put_vector};
use heliograph_tl_schema::{Definition, Field, Kind, Schema, Ty};
use std::collections::HashMap;

/// How deep defaults may nest; the schemas need three.
const MAX_DEFAULT_DEPTH: u8 = 8;

/// The definitions of one schema by name and by type.
pub struct Target<'a> {
    by_name: HashMap<(Kind, &'a str), &'a Definition>,
    by_type: HashMap<&'a str, Vec<&'a Definition>>,
    is_served: bool,
}

impl<'a> Target<'a> {
    /// The schema of a collected layer.
    pub fn of_layer(catalogue: &'a Catalogue, layer: u16) -> Self {
        let entries = catalogue
            .entries()
            .iter()
            .filter(|entry| entry.is_in(layer));
        Target::new(entries.map(|entry| &entry.definition), false)
    }

    /// What the server itself can read.
    pub fn of_served(schema: &'a Schema) -> Self {
        Target::new(schema.definitions().iter(), true)
    }

    fn new(definitions: impl Iterator<Item = &'a Definition>, is_served: bool) -> Self {
        let mut target = Target {
            by_name: HashMap::new(),
            by_type: HashMap::new(),
            is_served,
        };
        for definition in definitions {
            target
                .by_name
                .insert((definition.kind, &definition.name), definition);
            if let (Kind::Constructor, Ty::Boxed(ty)) = (definition.kind, &definition.result) {
                target.by_type.entry(ty).or_default().push(definition);
            }
        }
        target
    }

    /// Whether this is what the server reads, rather than what a client is told.
    pub fn is_served(&self) -> bool {
        self.is_served
    }

    /// The definition of this kind and name.
    pub fn find(&self, kind: Kind, name: &str) -> Option<&'a Definition> {
        self.by_name.get(&(kind, name)).copied()
    }

    /// The ids of all constructors.
    pub fn constructor_ids(&self) -> HashMap<String, u32> {
        let constructors = self
            .by_name
            .iter()
            .filter(|((kind, _), _)| *kind == Kind::Constructor);
        constructors
            .map(|((_, name), definition)| ((*name).to_owned(), definition.id))
            .collect()
    }

    /// What is written for a required `field` of `to` that the source says nothing about: the rule's
    /// value, else zero, empty, false, or the constructor of its type that means "nothing".
    pub fn default_value(&self, to: &Definition, field: &Field) -> Option<Box<[u8]>> {
        let mut out = Vec::new();
        match rules::default_value(&to.name, &field.name) {
            Some(rules::Value::Int(number)) => put_u32(&mut out, number as u32),
            Some(rules::Value::Constructor(name)) => {
                let constructor = self.find(Kind::Constructor, name)?;
                self.put_empty(constructor, 0, &mut out)?;
            }
            None => self.put_default(&field.ty, 0, &mut out)?,
        }
        Some(out.into_boxed_slice())
    }

    fn put_default(&self, ty: &Ty, depth: u8, out: &mut Vec<u8>) -> Option<()> {
        match ty {
            Ty::Int | Ty::Flags => put_u32(out, 0),
            Ty::Long | Ty::Double => out.extend([0; 8]),
            Ty::Int128 => out.extend([0; 16]),
            Ty::Int256 => out.extend([0; 32]),
            Ty::String | Ty::Bytes => put_string(out, b""),
            Ty::Bool => put_u32(out, FALSE),
            Ty::Vector(_) => put_vector(out, 0),
            Ty::True => {}
            Ty::Nested => return None,
            Ty::Boxed(name) => {
                let constructors = self.by_type.get(name.as_str())?;
                let says_nothing = |one: &&&Definition| {
                    one.name.ends_with("Empty")
                        || one.name.ends_with("None")
                        || constructors.len() == 1
                };
                self.put_empty(constructors.iter().find(says_nothing)?, depth, out)?;
            }
        }
        Some(())
    }

    /// Writes `constructor` with no optional field, and defaults for the others.
    fn put_empty(&self, constructor: &Definition, depth: u8, out: &mut Vec<u8>) -> Option<()> {
        if depth >= MAX_DEFAULT_DEPTH {
            return None;
        }
        put_u32(out, constructor.id);
        for field in constructor
            .fields
            .iter()
            .filter(|field| field.flag.is_none())
        {
            self.put_default(&field.ty, depth + 1, out)?;
        }
        Some(())
    }
}
