//! Cuts a schema down to what a list of functions needs.

use crate::keep::Keep;
use crate::model;
use heliograph_tl_schema::{Definition, Field, Schema, Ty};
use std::collections::{BTreeSet, HashSet};

/// The part of `schema` that `keep` asks for.
///
/// A constructor that requires a dropped type is dropped, and a type that loses its last constructor
/// is dropped in turn. An optional field of a dropped type goes with everything else on its flag bit:
/// values that share a bit are all present or all absent, so none of them can stay alone.
pub fn prune(schema: &Schema, keep: &Keep) -> Result<Schema, String> {
    let dropped = Dropped::find(schema, keep)?;
    let mut pruned: Vec<Definition> = Vec::new();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&str> = Vec::new();

    for name in &keep.functions {
        let function = schema
            .find_function(name)
            .ok_or_else(|| format!("keep.txt: there is no function `{name}`"))?;
        if dropped.requires(function) || dropped.mentions(&function.result) {
            return Err(format!("keep.txt: `{name}` needs a dropped type"));
        }
        let kept = dropped.strip(function);
        for ty in kept
            .fields
            .iter()
            .map(|field| &field.ty)
            .chain([&kept.result])
        {
            waiting.extend(boxed_name(ty).and_then(|name| known_name(schema, name)));
        }
        pruned.push(kept);
    }
    for name in &keep.types {
        let known = known_name(schema, name).filter(|name| !dropped.types.contains(name));
        waiting.push(known.ok_or_else(|| format!("keep.txt: there is no type `{name}` to keep"))?);
    }

    while let Some(ty) = waiting.pop() {
        if !reached.insert(ty) {
            continue;
        }
        let constructors = schema.constructors_of(ty);
        for constructor in constructors.filter(|one| !dropped.constructors.contains(&one.id)) {
            let kept = dropped.strip(constructor);
            for field in &kept.fields {
                waiting.extend(boxed_name(&field.ty).and_then(|name| known_name(schema, name)));
            }
            pruned.push(kept);
        }
    }

    pruned.sort_by_key(|definition| schema.index_of(definition.kind, &definition.name));
    Ok(Schema::new(pruned))
}

/// What is left out everywhere.
struct Dropped<'a> {
    types: HashSet<&'a str>,
    constructors: HashSet<u32>,
}

impl<'a> Dropped<'a> {
    fn find(schema: &'a Schema, keep: &Keep) -> Result<Self, String> {
        let mut dropped = Dropped {
            types: HashSet::new(),
            constructors: HashSet::new(),
        };
        let constructors = || model::constructors(schema);

        for pattern in &keep.dropped_types {
            let before = dropped.types.len();
            dropped
                .types
                .extend(schema.types().into_iter().filter(|ty| pattern.matches(ty)));
            if dropped.types.len() == before {
                return Err(format!(
                    "keep.txt: `drop {}` drops no further type",
                    pattern.text()
                ));
            }
        }
        for pattern in &keep.dropped_constructors {
            let before = dropped.constructors.len();
            let named = constructors().filter(|one| pattern.matches(&one.name));
            dropped.constructors.extend(named.map(|one| one.id));
            if dropped.constructors.len() == before {
                return Err(format!(
                    "keep.txt: `drop {}` drops no further constructor",
                    pattern.text()
                ));
            }
        }

        // Each round may empty a type, and with it further constructors.
        loop {
            let before = (dropped.types.len(), dropped.constructors.len());
            for constructor in constructors() {
                if dropped.requires(constructor) || dropped.mentions(&constructor.result) {
                    dropped.constructors.insert(constructor.id);
                }
            }
            for ty in schema.types() {
                if schema
                    .constructors_of(ty)
                    .all(|one| dropped.constructors.contains(&one.id))
                {
                    dropped.types.insert(ty);
                }
            }
            if before == (dropped.types.len(), dropped.constructors.len()) {
                return Ok(dropped);
            }
        }
    }

    /// Whether a value of this type would hold a dropped one.
    fn mentions(&self, ty: &Ty) -> bool {
        boxed_name(ty).is_some_and(|name| self.types.contains(name))
    }

    /// Whether `definition` cannot be written without a dropped type.
    fn requires(&self, definition: &Definition) -> bool {
        let mut fields = definition.fields.iter();
        fields.any(|field| field.flag.is_none() && self.mentions(&field.ty))
    }

    /// `definition` without the flag bits that carry a dropped type.
    fn strip(&self, definition: &Definition) -> Definition {
        let is_lost = |field: &Field| field.flag.is_some() && self.mentions(&field.ty);
        let lost: HashSet<_> = definition
            .fields
            .iter()
            .filter(|field| is_lost(field))
            .map(|field| field.flag)
            .collect();
        let mut kept = definition.clone();
        kept.fields.retain(|field| !lost.contains(&field.flag));
        kept
    }
}

/// The name of the boxed type in `ty`, also as the element of a vector.
pub fn boxed_name(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Boxed(name) => Some(name),
        Ty::Vector(element) => boxed_name(element),
        _ => None,
    }
}

/// `name` as the schema itself spells it, so that it lives as long as the schema does.
fn known_name<'a>(schema: &'a Schema, name: &str) -> Option<&'a str> {
    schema
        .constructors_of(name)
        .next()
        .and_then(|constructor| boxed_name(&constructor.result))
}
