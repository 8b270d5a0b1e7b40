//! What the Rust types need to know beyond the schema: which fields are fields at all, which hold
//! their value behind a `Box`, and which types have a default.

use crate::prune::boxed_name;
use heliograph_tl_schema::{Definition, Field, Kind, Schema, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// How a field of the schema appears in a struct and on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A `#` word: no field; computed from the others.
    Word,
    /// A `true` flag of its own: a `bool`.
    Mark,
    /// A `true` flag on the bit of a value: no field, for the value already says it.
    Implied,
    /// A value that is always there.
    Required,
    /// A value that is there when its bit is set, and decides that bit.
    Optional,
    /// A further value on the bit of an [`Role::Optional`] one. All values of a bit appear together,
    /// so it is written as a default when the first is there and it is not.
    Companion,
}

/// The role of each field of `definition`.
pub fn roles(definition: &Definition) -> Vec<Role> {
    let is_value = |field: &Field| !matches!(field.ty, Ty::True | Ty::Flags);
    let role = |(index, field): (usize, &Field)| {
        let fields = &definition.fields;
        let shares = |other: &Field| other.flag == field.flag && is_value(other);
        match (&field.ty, field.flag) {
            (Ty::Flags, _) => Role::Word,
            (Ty::True, _) if fields.iter().any(shares) => Role::Implied,
            (Ty::True, _) => Role::Mark,
            (_, None) => Role::Required,
            _ if fields[..index].iter().any(shares) => Role::Companion,
            _ => Role::Optional,
        }
    };
    definition.fields.iter().enumerate().map(role).collect()
}

/// A pruned schema that can be written as Rust types.
pub struct Model {
    /// The schema itself.
    pub schema: Schema,
    /// For each type, the types whose values lie within its own memory.
    inside: BTreeMap<String, BTreeSet<String>>,
    /// For each type that has a default, the name of the constructor it is made of.
    defaults: BTreeMap<String, String>,
}

impl Model {
    /// Fails on what the generator cannot express.
    pub fn new(schema: Schema) -> Result<Self, String> {
        let inside = find_inside(&schema);
        let defaults = find_defaults(&schema);
        let model = Model {
            schema,
            inside,
            defaults,
        };
        for definition in model.schema.definitions() {
            for (field, role) in definition.fields.iter().zip(roles(definition)) {
                let fail = |what: &str| format!("{}.{}: {what}", definition.name, field.name);
                if field.ty == Ty::Nested {
                    return Err(fail("calls within calls belong to the session"));
                }
                if role == Role::Mark && field.flag.is_none() {
                    return Err(fail("`true` without a flag"));
                }
                if role == Role::Companion && !model.has_default(&field.ty) {
                    return Err(fail("shares its bit, and its type has no default"));
                }
            }
        }
        Ok(model)
    }

    /// Whether `field` of a constructor needs a `Box`, because its type can contain that of `owner`.
    pub fn is_behind_box(&self, owner: &Definition, field: &Field) -> bool {
        match (&owner.result, &field.ty) {
            (Ty::Boxed(owner), Ty::Boxed(ty)) => {
                owner == ty
                    || self
                        .inside
                        .get(ty)
                        .is_some_and(|inside| inside.contains(owner))
            }
            _ => false,
        }
    }

    /// Whether the struct of `definition` has a default.
    pub fn is_default(&self, definition: &Definition) -> bool {
        requires_only(definition, |ty| self.has_default(ty))
    }

    /// The constructor of which the default of `ty` is made.
    pub fn default_constructor(&self, ty: &str) -> Option<&str> {
        self.defaults.get(ty).map(String::as_str)
    }

    fn has_default(&self, ty: &Ty) -> bool {
        !matches!(ty, Ty::Boxed(name) if !self.defaults.contains_key(name))
    }
}

/// Follows the fields that are no vectors, from each type to every type in its memory.
fn find_inside(schema: &Schema) -> BTreeMap<String, BTreeSet<String>> {
    let mut inside: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ty in schema.types() {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut waiting = vec![ty];
        while let Some(next) = waiting.pop() {
            for field in schema.constructors_of(next).flat_map(|one| &one.fields) {
                if let Ty::Boxed(name) = &field.ty
                    && found.insert(name.clone())
                {
                    waiting.push(name);
                }
            }
        }
        inside.insert(ty.to_owned(), found);
    }
    inside
}

/// Chooses a default for every type that can have one, the simplest first: each round uses only the
/// types of earlier rounds, so no default contains itself. An `…Empty` constructor goes before others.
fn find_defaults(schema: &Schema) -> BTreeMap<String, String> {
    let mut defaults: BTreeMap<String, String> = BTreeMap::new();
    loop {
        let known = |ty: &Ty| boxed_name(ty).is_none_or(|name| defaults.contains_key(name));
        let is_ready = |ty: &Ty| matches!(ty, Ty::Vector(_)) || known(ty);
        let mut round = Vec::new();
        for ty in schema
            .types()
            .into_iter()
            .filter(|ty| !defaults.contains_key(*ty))
        {
            let ready = || {
                schema
                    .constructors_of(ty)
                    .filter(|one| requires_only(one, is_ready))
            };
            let chosen = ready()
                .find(|one| one.name.ends_with("Empty"))
                .or_else(|| ready().next());
            round.extend(chosen.map(|one| (ty.to_owned(), one.name.clone())));
        }
        if round.is_empty() {
            return defaults;
        }
        defaults.extend(round);
    }
}

fn requires_only(definition: &Definition, is_fine: impl Fn(&Ty) -> bool) -> bool {
    definition
        .fields
        .iter()
        .all(|field| field.flag.is_some() || is_fine(&field.ty))
}

/// The constructors of a schema.
pub fn constructors(schema: &Schema) -> impl Iterator<Item = &Definition> {
    of_kind(schema, Kind::Constructor)
}

/// The functions of a schema.
pub fn functions(schema: &Schema) -> impl Iterator<Item = &Definition> {
    of_kind(schema, Kind::Function)
}

fn of_kind(schema: &Schema, kind: Kind) -> impl Iterator<Item = &Definition> {
    let definitions = schema.definitions().iter();
    definitions.filter(move |definition| definition.kind == kind)
}
