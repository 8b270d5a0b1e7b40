//! Enums for boxed types: one variant per constructor, told apart by id.

use super::structs::{has_fields, read_word};
use crate::model::Model;
use crate::names;
use heliograph_tl_schema::{Definition, Ty};
use std::collections::HashSet;

/// The enum of the boxed type `ty`, with its codec.
pub fn boxed(model: &Model, ty: &str) -> Result<String, String> {
    let (_, name) = names::split_type(ty);
    let mut variants = Vec::new();
    let mut taken = HashSet::new();
    for constructor in model.schema.constructors_of(ty) {
        let variant = Variant::new(constructor, ty);
        if !taken.insert(variant.name.clone()) {
            return Err(format!(
                "two constructors of `{ty}` would be called `{}`",
                variant.name
            ));
        }
        variants.push(variant);
    }

    let default = model.default_constructor(ty);
    let default = variants
        .iter()
        .position(|one| Some(one.tl_name()) == default);
    let derived = default.filter(|index| !variants[*index].has_fields);
    let derives = if derived.is_some() {
        "Clone, Default, PartialEq"
    } else {
        "Clone, PartialEq"
    };
    if let Some(index) = derived {
        variants[index].mark = "    #[default]\n";
    }

    let mut text = format!(
        "/// `{ty}`\n#[derive({derives})]\npub enum {name} {{\n{declared}}}\n\n\
         impl {name} {{\n    \
         /// The name of the constructor in the schema.\n    \
         pub fn constructor_name(&self) -> &'static str {{\n        \
         match self {{\n{named}        }}\n    }}\n}}\n\n\
         impl fmt::Debug for {name} {{\n    \
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
         match self {{\n{shown}        }}\n    }}\n}}\n\n\
         impl Encode for {name} {{\n    \
         fn encode(&self, out: &mut Vec<u8>) {{\n        \
         match self {{\n{encoded}        }}\n    }}\n}}\n\n\
         impl Decode for {name} {{\n    \
         fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{\n        \
         reader.enter()?;\n        \
         let value = match reader.u32()? {{\n{decoded}            \
         _ => return Err(DecodeError::UnknownConstructor),\n        }};\n        \
         reader.leave();\n        \
         Ok(value)\n    }}\n}}\n\n",
        declared = lines(&variants, Variant::declared),
        named = lines(&variants, Variant::named),
        shown = lines(&variants, Variant::shown),
        encoded = lines(&variants, Variant::encoded),
        decoded = lines(&variants, Variant::decoded),
    );
    if let Some(Variant {
        name: variant,
        path,
        has_fields: true,
        ..
    }) = default.map(|index| &variants[index])
    {
        text += &format!(
            "impl Default for {name} {{\n    \
             fn default() -> Self {{ Self::{variant}({path}::default()) }}\n}}\n\n"
        );
    }
    Ok(text)
}

fn lines<'a>(variants: &[Variant<'a>], line: fn(&Variant<'a>) -> String) -> String {
    variants.iter().map(line).collect()
}

/// One constructor as a variant; one without fields has no struct.
struct Variant<'a> {
    definition: &'a Definition,
    name: String,
    path: String,
    has_fields: bool,
    /// An attribute line for its declaration.
    mark: &'static str,
}

impl<'a> Variant<'a> {
    fn new(definition: &'a Definition, ty: &str) -> Self {
        Variant {
            definition,
            name: names::variant_name(definition, ty),
            path: names::path("types", &definition.name),
            has_fields: has_fields(definition),
            mark: "",
        }
    }

    fn tl_name(&self) -> &str {
        &self.definition.name
    }

    /// How many flags words a constructor without fields has, each of them zero.
    fn words(&self) -> u8 {
        self.definition
            .fields
            .iter()
            .filter(|field| field.ty == Ty::Flags)
            .count() as u8
    }

    fn declared(&self) -> String {
        let Variant {
            name,
            path,
            definition,
            mark,
            ..
        } = self;
        if self.has_fields {
            format!("    /// `{}`\n{mark}    {name}({path}),\n", definition.name)
        } else {
            format!("    /// `{definition}`\n{mark}    {name},\n")
        }
    }

    fn named(&self) -> String {
        let Variant { name, .. } = self;
        let any = if self.has_fields { "(_)" } else { "" };
        format!("            Self::{name}{any} => {:?},\n", self.tl_name())
    }

    fn shown(&self) -> String {
        let Variant { name, .. } = self;
        if self.has_fields {
            format!("            Self::{name}(value) => value.fmt(f),\n")
        } else {
            format!(
                "            Self::{name} => f.write_str({:?}),\n",
                self.tl_name()
            )
        }
    }

    fn encoded(&self) -> String {
        let Variant {
            name, definition, ..
        } = self;
        if self.has_fields {
            return format!("            Self::{name}(value) => value.encode(out),\n");
        }
        let words: String = (0..self.words()).map(|_| " 0_u32.encode(out);").collect();
        format!(
            "            Self::{name} => {{ {:#010x}_u32.encode(out);{words} }}\n",
            definition.id
        )
    }

    fn decoded(&self) -> String {
        let Variant {
            name,
            path,
            definition,
            ..
        } = self;
        if self.has_fields {
            return format!(
                "            {path}::ID => Self::{name}({path}::decode_fields(reader)?),\n"
            );
        }
        let words: String = (0..self.words())
            .map(|word| read_word(definition, word))
            .collect();
        format!(
            "            {:#010x} => {{ {words} Self::{name} }}\n",
            definition.id
        )
    }
}
