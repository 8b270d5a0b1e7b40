//! The grammar of one schema line.

use crate::{Definition, Field, Flag, Kind, Ty};
use std::fmt;

/// A schema line that could not be read: which line, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line as it stands in the text.
    pub line: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schema line `{}`: {}", self.line, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// Reads one definition, such as `peerUser#59511722 user_id:long = Peer;`.
pub fn parse_definition(line: &str, kind: Kind) -> Result<Definition, ParseError> {
    let fail = |reason: String| ParseError {
        line: line.to_owned(),
        reason,
    };
    let text = line.trim().trim_end_matches(';').trim_end();
    let (left, result) = text
        .rsplit_once(" = ")
        .ok_or_else(|| fail("no ` = ` before a result type".into()))?;
    let mut tokens = left.split_whitespace();
    let (name, id) = tokens
        .next()
        .and_then(|head| head.split_once('#'))
        .ok_or_else(|| fail("no `name#id` at the start".into()))?;
    let id = u32::from_str_radix(id, 16).map_err(|_| fail(format!("`{id}` is no 32-bit id")))?;

    let mut fields = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for token in tokens {
        if token.starts_with('{') {
            continue;
        }
        let (field, ty) = token
            .split_once(':')
            .ok_or_else(|| fail(format!("`{token}` has no type")))?;
        let (flag, ty) = match ty.split_once('?') {
            None => (None, ty),
            Some((condition, ty)) => {
                let (word, bit) = condition
                    .split_once('.')
                    .ok_or_else(|| fail(format!("`{condition}` is no flag bit")))?;
                let word = words
                    .iter()
                    .position(|known| *known == word)
                    .ok_or_else(|| {
                        fail(format!("`{word}` is not a flags field before `{field}`"))
                    })?;
                let bit = bit
                    .parse()
                    .ok()
                    .filter(|bit| *bit < 32)
                    .ok_or_else(|| fail(format!("`{bit}` is no bit of a flags field")))?;
                (
                    Some(Flag {
                        word: word as u8,
                        bit,
                    }),
                    ty,
                )
            }
        };
        let ty = parse_type(ty);
        if ty == Ty::Flags {
            words.push(field);
        }
        fields.push(Field {
            name: field.to_owned(),
            ty,
            flag,
        });
    }
    Ok(Definition {
        name: name.to_owned(),
        id,
        kind,
        fields,
        result: parse_type(result),
    })
}

/// Reads every definition of a plain schema text.
pub(crate) fn parse_plain(text: &str) -> Result<Vec<Definition>, ParseError> {
    let mut kind = Kind::Constructor;
    let mut definitions = Vec::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        match line {
            "" => {}
            "---types---" => kind = Kind::Constructor,
            "---functions---" => kind = Kind::Function,
            _ if is_built_in(line) => {}
            _ => definitions.push(parse_definition(line, kind)?),
        }
    }
    Ok(definitions)
}

/// Lines that describe the encoding itself and define nothing of their own.
pub(crate) fn is_built_in(line: &str) -> bool {
    let head = line.split_whitespace().next().unwrap_or_default();
    let name = head.split('#').next().unwrap_or_default();
    !head.contains('#') || matches!(name, "vector" | "boolTrue" | "boolFalse" | "true")
}

fn parse_type(word: &str) -> Ty {
    match word {
        "int" => Ty::Int,
        "long" => Ty::Long,
        "double" => Ty::Double,
        "int128" => Ty::Int128,
        "int256" => Ty::Int256,
        "string" => Ty::String,
        "bytes" => Ty::Bytes,
        "Bool" => Ty::Bool,
        "true" => Ty::True,
        "#" => Ty::Flags,
        "!X" | "X" => Ty::Nested,
        _ => {
            let element = word
                .strip_prefix("Vector<")
                .or_else(|| word.strip_prefix("vector<"))
                .and_then(|rest| rest.strip_suffix('>'));
            match element {
                Some(element) => Ty::Vector(Box::new(parse_type(element))),
                None => Ty::Boxed(word.to_owned()),
            }
        }
    }
}
