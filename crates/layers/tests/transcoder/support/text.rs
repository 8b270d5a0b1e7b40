//! TL values as text, so that tests can be read: `peerUser{user_id=7}`,
//! `message{out, id=1, message="hi", entities=[]}`.
//!
//! Reading bytes is strict: every id and every flag bit must be of the schema, and nothing may remain.

use super::sample::put_string;
use heliograph_tl_schema::{Definition, Field, Kind, Schema, Ty};

const VECTOR: u32 = 0x1cb5c415;
const TRUE: u32 = 0x997275b5;
const FALSE: u32 = 0xbc799737;

/// Shows a constructor or function with everything inside.
pub fn show(schema: &Schema, bytes: &[u8]) -> Result<String, String> {
    let mut reader = Reader { schema, bytes };
    let text = reader.definition(None)?;
    reader.finish(text)
}

/// Shows a value of a given type.
pub fn show_value(schema: &Schema, ty: &Ty, bytes: &[u8]) -> Result<String, String> {
    let mut reader = Reader { schema, bytes };
    let text = reader.value(ty)?;
    reader.finish(text)
}

struct Reader<'a> {
    schema: &'a Schema,
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn finish(self, text: String) -> Result<String, String> {
        if self.bytes.is_empty() {
            Ok(text)
        } else {
            Err(format!("{} bytes after {text}", self.bytes.len()))
        }
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        if count > self.bytes.len() {
            return Err("cut off".into());
        }
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        let word = self.take(4)?;
        Ok(u32::from_le_bytes(
            word.try_into().expect("four bytes were taken"),
        ))
    }

    fn definition(&mut self, expected: Option<&str>) -> Result<String, String> {
        let id = self.u32()?;
        let schema = self.schema;
        let definition = schema
            .find_id(id)
            .ok_or_else(|| format!("{id:08x} is not in the schema"))?;
        if let Some(ty) = expected
            && definition.result != Ty::Boxed(ty.into())
        {
            return Err(format!("{} stands where a {ty} belongs", definition.name));
        }
        let mut words: Vec<u32> = Vec::new();
        let mut parts = Vec::new();
        for field in &definition.fields {
            if field.ty == Ty::Flags {
                let word = self.u32()?;
                let known = known_bits(definition, words.len() as u8);
                if word & !known != 0 {
                    return Err(format!(
                        "{}: bits {:x} have no meaning",
                        definition.name,
                        word & !known
                    ));
                }
                words.push(word);
            } else if field
                .flag
                .is_none_or(|flag| words[usize::from(flag.word)] >> flag.bit & 1 == 1)
            {
                match field.ty {
                    Ty::True => parts.push(field.name.clone()),
                    _ => parts.push(format!("{}={}", field.name, self.value(&field.ty)?)),
                }
            }
        }
        let name = &definition.name;
        Ok(if parts.is_empty() {
            name.clone()
        } else {
            format!("{name}{{{}}}", parts.join(", "))
        })
    }

    fn value(&mut self, ty: &Ty) -> Result<String, String> {
        Ok(match ty {
            Ty::Int => (self.u32()? as i32).to_string(),
            Ty::Long => self.long()?.to_string(),
            Ty::Double => format!("{:?}", f64::from_bits(self.long()? as u64)),
            Ty::Int128 => format!("{:?}", self.take(16)?),
            Ty::Int256 => format!("{:?}", self.take(32)?),
            Ty::String | Ty::Bytes => format!("\"{}\"", self.string()?),
            Ty::Bool => match self.u32()? {
                TRUE => "true".into(),
                FALSE => "false".into(),
                other => return Err(format!("{other:08x} is no Bool")),
            },
            Ty::Vector(element) => {
                if self.u32()? != VECTOR {
                    return Err("no vector".into());
                }
                let count = self.u32()?;
                let elements: Result<Vec<_>, _> = (0..count).map(|_| self.value(element)).collect();
                format!("[{}]", elements?.join(", "))
            }
            Ty::Boxed(name) => self.definition(Some(name))?,
            Ty::True | Ty::Flags | Ty::Nested => return Err(format!("{ty} is no value")),
        })
    }

    fn long(&mut self) -> Result<i64, String> {
        let (low, high) = (self.u32()?, self.u32()?);
        Ok((u64::from(low) | u64::from(high) << 32) as i64)
    }

    fn string(&mut self) -> Result<String, String> {
        let first = self.take(1)?[0];
        let (header, length) = if first < 254 {
            (1, usize::from(first))
        } else {
            let size = self.take(3)?;
            (
                4,
                usize::from(size[0]) | usize::from(size[1]) << 8 | usize::from(size[2]) << 16,
            )
        };
        let content = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take((header + length).next_multiple_of(4) - header - length)?;
        Ok(content)
    }
}

fn known_bits(definition: &Definition, word: u8) -> u32 {
    let flags = definition.fields.iter().filter_map(|field| field.flag);
    flags
        .filter(|flag| flag.word == word)
        .fold(0, |bits, flag| bits | 1 << flag.bit)
}

/// Writes a text as bytes. Fields that are not named are left out when they are optional, and zero or
/// empty when not; a required boxed field must be named. Panics on a text that is not of the schema.
pub fn write(schema: &Schema, text: &str) -> Vec<u8> {
    let mut parser = Parser {
        schema,
        rest: text.trim(),
    };
    let mut out = Vec::new();
    parser.definition(&mut out);
    assert!(parser.rest.is_empty(), "left over: {}", parser.rest);
    out
}

struct Parser<'a> {
    schema: &'a Schema,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn accept(&mut self, mark: char) -> bool {
        self.skip_space();
        let found = self.rest.strip_prefix(mark);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.skip_space();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn definition(&mut self, out: &mut Vec<u8>) {
        let name = self.word();
        let found = self
            .schema
            .find(Kind::Constructor, name)
            .or_else(|| self.schema.find_function(name));
        let definition = found.unwrap_or_else(|| panic!("`{name}` is not in the schema"));
        let mut values: Vec<(&Field, Vec<u8>)> = Vec::new();
        if self.accept('{') {
            while !self.accept('}') {
                let name = self.word();
                let field = definition.fields.iter().find(|field| field.name == name);
                let field =
                    field.unwrap_or_else(|| panic!("{} has no field `{name}`", definition.name));
                let mut bytes = Vec::new();
                if self.accept('=') {
                    self.value(&field.ty, &mut bytes);
                }
                values.push((field, bytes));
                self.accept(',');
            }
        }
        let find = |wanted: &Field| values.iter().find(|(field, _)| field.name == wanted.name);
        out.extend(definition.id.to_le_bytes());
        let mut word = 0;
        for field in &definition.fields {
            if field.ty == Ty::Flags {
                let set = values
                    .iter()
                    .filter_map(|(field, _)| field.flag)
                    .filter(|flag| flag.word == word);
                let bits: u32 = set.fold(0, |bits, flag| bits | 1 << flag.bit);
                out.extend(bits.to_le_bytes());
                word += 1;
            } else if let Some((_, bytes)) = find(field) {
                out.extend(bytes);
            } else if field.flag.is_none() {
                put_zero(definition, field, out);
            }
        }
    }

    fn value(&mut self, ty: &Ty, out: &mut Vec<u8>) {
        self.skip_space();
        match ty {
            Ty::Int => out.extend(self.word().parse::<i32>().expect("an int").to_le_bytes()),
            Ty::Long => out.extend(self.word().parse::<i64>().expect("a long").to_le_bytes()),
            Ty::Double => out.extend(self.word().parse::<f64>().expect("a double").to_le_bytes()),
            Ty::String | Ty::Bytes => {
                assert!(self.accept('"'), "a string begins at: {}", self.rest);
                let (content, rest) = self.rest.split_once('"').expect("a string ends");
                self.rest = rest;
                put_string(content.as_bytes(), out);
            }
            Ty::Bool => {
                let word = if self.word() == "true" { TRUE } else { FALSE };
                out.extend(word.to_le_bytes());
            }
            Ty::Vector(element) => {
                assert!(self.accept('['), "a vector begins at: {}", self.rest);
                let mut elements = Vec::new();
                let mut count = 0u32;
                while !self.accept(']') {
                    self.value(element, &mut elements);
                    count += 1;
                    self.accept(',');
                }
                out.extend(VECTOR.to_le_bytes());
                out.extend(count.to_le_bytes());
                out.extend(elements);
            }
            Ty::Boxed(_) => self.definition(out),
            Ty::Int128 | Ty::Int256 | Ty::True | Ty::Flags | Ty::Nested => {
                panic!("{ty} has no text")
            }
        }
    }
}

fn put_zero(definition: &Definition, field: &Field, out: &mut Vec<u8>) {
    match field.ty {
        Ty::Int | Ty::String | Ty::Bytes => out.extend([0; 4]),
        Ty::Long | Ty::Double => out.extend([0; 8]),
        Ty::Bool => out.extend(FALSE.to_le_bytes()),
        Ty::Vector(_) => out.extend([VECTOR.to_le_bytes(), [0; 4]].concat()),
        _ => panic!("{} needs its `{}`", definition.name, field.name),
    }
}
