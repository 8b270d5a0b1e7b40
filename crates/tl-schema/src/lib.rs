//! Reads TL schema text, and `history.tl`: one text that holds every known layer.
//!
//! A *definition* is one line of a schema: a constructor or a function, its 32-bit id, its fields
//! and its result type. `history.tl` puts a list of layers before each definition
//! (`133-230 peerUser#59511722 user_id:long = Peer;`), so that [`History::at`] can give the schema
//! of any one layer. The grammar is Telegram's TL language
//! (<https://core.telegram.org/mtproto/TL>), reduced to what its API schemas use.

mod history;
mod parse;

pub use history::{History, LayerRange};
pub use parse::{ParseError, parse_definition};

use std::collections::HashMap;
use std::fmt;

/// Whether a definition is an object or a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A constructor of a type (`---types---`).
    Constructor,
    /// A method (`---functions---`).
    Function,
}

/// The type of a field, of a vector's elements, or of a function's result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// `int`: 32 bits, signed.
    Int,
    /// `long`: 64 bits, signed.
    Long,
    /// `double`: 64 bits.
    Double,
    /// `int128`: 16 bytes.
    Int128,
    /// `int256`: 32 bytes.
    Int256,
    /// `string`: length-prefixed text.
    String,
    /// `bytes`: length-prefixed bytes; the same form on the wire as [`Ty::String`].
    Bytes,
    /// `Bool`: one of two constructor ids.
    Bool,
    /// `true`: no bytes at all; only its flag bit.
    True,
    /// `#`: 32 flag bits.
    Flags,
    /// `Vector<T>`: boxed vector.
    Vector(Box<Ty>),
    /// `!X` and `X`: the rest of the message, a nested call or its result.
    Nested,
    /// Any other type, by name (`InputPeer`, `messages.Dialogs`): constructor id, then its fields.
    Boxed(String),
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Ty::Int => "int",
            Ty::Long => "long",
            Ty::Double => "double",
            Ty::Int128 => "int128",
            Ty::Int256 => "int256",
            Ty::String => "string",
            Ty::Bytes => "bytes",
            Ty::Bool => "Bool",
            Ty::True => "true",
            Ty::Flags => "#",
            Ty::Nested => "!X",
            Ty::Vector(element) => return write!(f, "Vector<{element}>"),
            Ty::Boxed(name) => name,
        };
        f.write_str(word)
    }
}

/// The condition of an optional field: `flags2.7?…` is word 1, bit 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flag {
    /// Which `#` field of the definition, counted from 0.
    pub word: u8,
    /// Which bit of it, 0 to 31.
    pub bit: u8,
}

/// One argument of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as the schema spells it.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// The flag bit that says whether it is present; `None` when it always is.
    pub flag: Option<Flag>,
}

/// One line of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The full name with its namespace (`messages.getHistory`).
    pub name: String,
    /// The 32-bit id that stands first on the wire.
    pub id: u32,
    /// Constructor or function.
    pub kind: Kind,
    /// The arguments in wire order.
    pub fields: Vec<Field>,
    /// The type it belongs to, or the type of its answer.
    pub result: Ty,
}

impl Definition {
    /// The namespace and the bare name: `("messages", "getHistory")`, `("", "message")`.
    pub fn split_name(&self) -> (&str, &str) {
        self.name.rsplit_once('.').unwrap_or(("", &self.name))
    }
}

impl fmt::Display for Definition {
    /// Writes the schema line, so that parsing it again gives the same definition.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{:x}", self.name, self.id)?;
        let words: Vec<&str> = self
            .fields
            .iter()
            .filter(|field| field.ty == Ty::Flags)
            .map(|field| field.name.as_str())
            .collect();
        if self.fields.iter().any(|field| field.ty == Ty::Nested) {
            f.write_str(" {X:Type}")?;
        }
        for field in &self.fields {
            match field.flag {
                Some(Flag { word, bit }) => {
                    write!(
                        f,
                        " {}:{}.{bit}?{}",
                        field.name, words[word as usize], field.ty
                    )?;
                }
                None => write!(f, " {}:{}", field.name, field.ty)?,
            }
        }
        match &self.result {
            Ty::Nested => f.write_str(" = X;"),
            result => write!(f, " = {result};"),
        }
    }
}

/// The definitions of one layer, with ways to find them.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    definitions: Vec<Definition>,
    by_id: HashMap<u32, usize>,
    by_name: HashMap<(Kind, String), usize>,
    by_type: HashMap<String, Vec<usize>>,
}

impl Schema {
    /// Builds the look-up tables over `definitions`, which keep their order.
    pub fn new(definitions: Vec<Definition>) -> Self {
        let mut schema = Schema::default();
        for definition in definitions {
            schema.push(definition);
        }
        schema
    }

    /// Parses a plain schema text, with `---types---` and `---functions---` between its parts.
    ///
    /// Built-in lines (`vector`, `int ? = Int`, `boolTrue`, `true`) are passed over: they are part of
    /// the encoding itself.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Schema::new(parse::parse_plain(text)?))
    }

    fn push(&mut self, definition: Definition) {
        let index = self.definitions.len();
        self.by_id.insert(definition.id, index);
        self.by_name
            .insert((definition.kind, definition.name.clone()), index);
        if let (Kind::Constructor, Ty::Boxed(ty)) = (definition.kind, &definition.result) {
            self.by_type.entry(ty.clone()).or_default().push(index);
        }
        self.definitions.push(definition);
    }

    /// Every definition, in the order of the text.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The definition with this id.
    pub fn find_id(&self, id: u32) -> Option<&Definition> {
        self.by_id.get(&id).map(|&index| &self.definitions[index])
    }

    /// The position of the definition with this id in [`Schema::definitions`].
    pub fn index_of_id(&self, id: u32) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The constructor with this name.
    pub fn find_constructor(&self, name: &str) -> Option<&Definition> {
        self.find(Kind::Constructor, name)
    }

    /// The function with this name.
    pub fn find_function(&self, name: &str) -> Option<&Definition> {
        self.find(Kind::Function, name)
    }

    /// The definition of this kind and name.
    pub fn find(&self, kind: Kind, name: &str) -> Option<&Definition> {
        self.index_of(kind, name)
            .map(|index| &self.definitions[index])
    }

    /// The position of the definition of this kind and name in [`Schema::definitions`].
    pub fn index_of(&self, kind: Kind, name: &str) -> Option<usize> {
        self.by_name.get(&(kind, name.to_owned())).copied()
    }

    /// The constructors of a boxed type, in the order of the text; empty when the type is unknown.
    pub fn constructors_of(&self, ty: &str) -> impl Iterator<Item = &Definition> {
        self.by_type
            .get(ty)
            .into_iter()
            .flatten()
            .map(|&index| &self.definitions[index])
    }

    /// The names of all boxed types, sorted.
    pub fn types(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_type.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
// a comment
boolTrue#997275b5 = Bool;
vector#1cb5c415 {t:Type} # [ t ] = Vector t;
peerUser#59511722 user_id:long = Peer;
thing#00000001 flags:# a:flags.0?true flags2:# b:flags2.31?Vector<Peer> = ns.Thing;
---functions---
invokeWithLayer#da9b0d0d {X:Type} layer:int query:!X = X;
users.get#2 id:Vector<long> = Vector<ns.Thing>;
";

    #[test]
    fn a_printed_definition_parses_to_itself() {
        let schema = Schema::parse(TEXT).expect("the text above is a schema");
        assert_eq!(schema.definitions().len(), 4);
        for definition in schema.definitions() {
            let line = definition.to_string();
            assert_eq!(
                &parse_definition(&line, definition.kind).expect(&line),
                definition
            );
        }
    }

    #[test]
    fn flags_name_their_word_and_bit() {
        let schema = Schema::parse(TEXT).expect("the text above is a schema");
        let thing = schema.find_constructor("thing").expect("defined above");
        assert_eq!(thing.fields[1].flag, Some(Flag { word: 0, bit: 0 }));
        assert_eq!(thing.fields[3].flag, Some(Flag { word: 1, bit: 31 }));
        assert_eq!(schema.constructors_of("ns.Thing").count(), 1);
        assert_eq!(
            schema.find_id(0xda9b0d0d).expect("defined above").result,
            Ty::Nested
        );
    }

    #[test]
    fn an_unknown_flag_word_is_refused() {
        let error = Schema::parse("a#1 x:flags.0?int = A;").expect_err("no flags field");
        assert!(error.to_string().contains("flags"), "{error}");
    }
}
