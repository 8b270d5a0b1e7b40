//! Structs for constructors and functions: the fields, and how they are written and read.

use super::rust_type;
use crate::model::{Model, Role, roles};
use crate::names;
use heliograph_tl_schema::{Definition, Field, Flag, Ty};

/// Whether the struct of `definition` would have any field.
pub fn has_fields(definition: &Definition) -> bool {
    roles(definition).into_iter().any(is_field)
}

/// The struct of a constructor, its codec, and its way into the enum of its type.
pub fn constructor(model: &Model, definition: &Definition) -> String {
    let shape = Shape::new(model, definition);
    let Shape { name, .. } = &shape;
    let Ty::Boxed(ty) = &definition.result else {
        unreachable!("the schema gives constructors a boxed type");
    };
    let mut text = shape.declaration(model.is_default(definition));
    text += &format!(
        "impl {name} {{\n    \
         /// The id that stands first on the wire.\n    \
         pub const ID: u32 = {id:#010x};\n    \
         /// The name in the schema.\n    \
         pub const NAME: &'static str = {tl_name:?};\n\n    \
         /// Reads what follows the id.\n    \
         pub(crate) fn decode_fields(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{\n\
         {fields}    }}\n}}\n\n{codec}",
        id = definition.id,
        tl_name = definition.name,
        fields = shape.decode_statements(),
        codec = shape.codec("        Self::decode_fields(reader)\n"),
    );
    text += &format!(
        "impl fmt::Debug for {name} {{\n    \
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
         f.debug_struct(Self::NAME){fields}.finish()\n    }}\n}}\n\n",
        fields = shape.debug_fields(),
    );
    text += &format!(
        "impl From<{name}> for {path} {{\n    \
         fn from(value: {name}) -> Self {{ Self::{variant}(value) }}\n}}\n\n",
        path = names::path("enums", ty),
        variant = names::variant_name(definition, ty),
    );
    text
}

/// The struct of a function, its codec, and its result type.
pub fn function(model: &Model, definition: &Definition) -> String {
    let shape = Shape::new(model, definition);
    let Shape { name, .. } = &shape;
    let mut text = shape.declaration(model.is_default(definition));
    text += &format!(
        "impl Function for {name} {{\n    \
         const ID: u32 = {id:#010x};\n    \
         const NAME: &'static str = {tl_name:?};\n    \
         type Return = {result};\n}}\n\n{codec}",
        id = definition.id,
        tl_name = definition.name,
        result = rust_type(&definition.result),
        codec = shape.codec(&shape.decode_statements()),
    );
    text += &format!(
        "/// Prints the name alone: what a request carries is nobody's business.\n\
         impl fmt::Debug for {name} {{\n    \
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
         f.write_str(Self::NAME)\n    }}\n}}\n\n",
    );
    text
}

/// A definition on its way to become a struct.
struct Shape<'a> {
    definition: &'a Definition,
    name: String,
    members: Vec<Member<'a>>,
}

struct Member<'a> {
    field: &'a Field,
    role: Role,
    name: String,
    ty: String,
}

fn is_field(role: Role) -> bool {
    !matches!(role, Role::Word | Role::Implied)
}

impl<'a> Shape<'a> {
    fn new(model: &Model, definition: &'a Definition) -> Self {
        let member = |(field, role): (&'a Field, Role)| {
            let mut ty = rust_type(&field.ty);
            if model.is_behind_box(definition, field) {
                ty = format!("Box<{ty}>");
            }
            if matches!(role, Role::Optional | Role::Companion) {
                ty = format!("Option<{ty}>");
            }
            Member {
                field,
                role,
                name: names::field_name(&field.name),
                ty,
            }
        };
        Shape {
            definition,
            name: names::split_type(&definition.name).1,
            members: definition
                .fields
                .iter()
                .zip(roles(definition))
                .map(member)
                .collect(),
        }
    }

    fn fields(&self) -> impl Iterator<Item = &Member<'a>> {
        self.members.iter().filter(|member| is_field(member.role))
    }

    fn declaration(&self, has_default: bool) -> String {
        let default = if has_default { ", Default" } else { "" };
        let mut text = format!(
            "/// `{}`\n#[derive(Clone, PartialEq{default})]\npub struct {}",
            self.definition, self.name
        );
        if self.fields().next().is_none() {
            return text + ";\n\n";
        }
        text += " {\n";
        for member in self.fields() {
            text += &self.implied_by(member);
            text += &format!("    pub {}: {},\n", member.name, member.ty);
        }
        text + "}\n\n"
    }

    /// Names the `true` flags that a value stands for.
    fn implied_by(&self, member: &Member<'_>) -> String {
        if member.role != Role::Optional {
            return String::new();
        }
        self.members
            .iter()
            .filter(|other| other.role == Role::Implied && other.field.flag == member.field.flag)
            .map(|other| format!("    /// Its presence also says `{}`.\n", other.field.name))
            .collect()
    }

    /// `Encode` and `Decode`, which reads with `decode` what follows the id.
    fn codec(&self, decode: &str) -> String {
        format!(
            "impl Encode for {name} {{\n    \
             fn encode(&self, out: &mut Vec<u8>) {{\n        \
             Self::ID.encode(out);\n{statements}    }}\n}}\n\n\
             impl Decode for {name} {{\n    \
             fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {{\n        \
             reader.expect_id(Self::ID)?;\n{decode}    }}\n}}\n\n",
            name = self.name,
            statements = self.encode_statements(),
        )
    }

    fn encode_statements(&self) -> String {
        let mut text = String::new();
        let mut word = 0;
        for Member {
            field, role, name, ..
        } in &self.members
        {
            text += &match role {
                Role::Word => {
                    word += 1;
                    let (name, bits) = (word_name(word - 1), self.bits(word - 1));
                    format!("        let {name}: u32 = {bits};\n        {name}.encode(out);\n")
                }
                Role::Mark | Role::Implied => String::new(),
                Role::Required => format!("        self.{name}.encode(out);\n"),
                Role::Optional => {
                    format!("        if let Some(value) = &self.{name} {{ value.encode(out); }}\n")
                }
                Role::Companion => format!(
                    "        if {} {{ crate::encode::encode_or_default(self.{name}.as_ref(), out); }}\n",
                    is_set(field.flag)
                ),
            };
        }
        text
    }

    /// The expression that computes a flags word.
    fn bits(&self, word: u8) -> String {
        let mut terms = Vec::new();
        for Member {
            field, role, name, ..
        } in &self.members
        {
            match (role, field.flag) {
                (Role::Mark, Some(flag)) if flag.word == word => {
                    terms.push(shifted(&format!("self.{name}"), flag));
                }
                (Role::Optional, Some(flag)) if flag.word == word => {
                    terms.push(shifted(&format!("self.{name}.is_some()"), flag));
                }
                _ => {}
            }
        }
        if terms.is_empty() {
            "0".into()
        } else {
            terms.join("\n            | ")
        }
    }

    fn decode_statements(&self) -> String {
        let last_word = self
            .members
            .iter()
            .rposition(|member| member.role == Role::Word);
        let (mut before, mut fields, mut word) = (String::new(), String::new(), 0);
        for (
            index,
            Member {
                field, role, name, ..
            },
        ) in self.members.iter().enumerate()
        {
            let value = match role {
                Role::Word => {
                    before += &read_word(self.definition, word);
                    word += 1;
                    continue;
                }
                Role::Implied => continue,
                Role::Mark => is_set(field.flag),
                Role::Required => "Decode::decode(reader)?".into(),
                Role::Optional | Role::Companion => format!(
                    "if {} {{ Some(Decode::decode(reader)?) }} else {{ None }}",
                    is_set(field.flag)
                ),
            };
            // A value before the last flags word has to be read before it; all others go straight
            // into the struct.
            if *role == Role::Required && last_word.is_some_and(|last| index < last) {
                before += &format!("        let {name} = {value};\n");
                fields += &format!("            {name},\n");
            } else {
                fields += &format!("            {name}: {value},\n");
            }
        }
        if fields.is_empty() {
            return before + "        Ok(Self)\n";
        }
        format!("{before}        Ok(Self {{\n{fields}        }})\n")
    }

    /// Texts and bytes stay out of `Debug`.
    fn debug_fields(&self) -> String {
        self.fields()
            .map(|Member { field, name, .. }| {
                let shown = if is_private(&field.ty) {
                    "crate::Hidden".into()
                } else {
                    format!("self.{name}")
                };
                format!(".field({name:?}, &{shown})")
            })
            .collect()
    }
}

/// The statement that reads the flags word number `word` of `definition`.
///
/// A value on a bit that the schema does not know would be taken for the next field, so unknown bits
/// are refused. In a struct without fields the word is always zero.
pub fn read_word(definition: &Definition, word: u8) -> String {
    let flags = definition.fields.iter().filter_map(|field| field.flag);
    let known = flags
        .filter(|flag| flag.word == word)
        .fold(0, |bits, flag| bits | 1u32 << flag.bit);
    match known {
        0 => "        reader.flags(0)?;\n".into(),
        _ => format!(
            "        let {} = reader.flags({known:#010x})?;\n",
            word_name(word)
        ),
    }
}

/// The name of the flags word itself is free to be a field's, so words are numbered.
fn word_name(word: u8) -> String {
    format!("word_{word}")
}

/// `condition` at its place in the flags word.
fn shifted(condition: &str, flag: Flag) -> String {
    match flag.bit {
        0 => format!("u32::from({condition})"),
        bit => format!("u32::from({condition}) << {bit}"),
    }
}

fn is_set(flag: Option<Flag>) -> String {
    let Flag { word, bit } = flag.expect("only fields with a flag ask for it");
    format!("{} & {:#x} != 0", word_name(word), 1u32 << bit)
}

/// Whether values of this type may be someone's words, number, address or place.
fn is_private(ty: &Ty) -> bool {
    match ty {
        Ty::Vector(element) => is_private(element),
        Ty::String | Ty::Bytes | Ty::Double => true,
        _ => false,
    }
}
