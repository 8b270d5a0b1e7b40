//! TL names as Rust names.

use heliograph_tl_schema::Definition;

/// Words that Rust keeps for itself and the schema uses.
const KEYWORDS: [&str; 12] = [
    "as", "enum", "final", "in", "loop", "move", "ref", "self", "Self", "static", "type", "where",
];

/// `inputPeerUser` and `JSONValue` as the name of a type: `InputPeerUser`, `JSONValue`.
pub fn type_name(name: &str) -> String {
    let mut result = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        result.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        result.push_str(letters.as_str());
    }
    result
}

/// A field name in snake case: `srp_B` becomes `srp_b`, `type` becomes `type_`.
pub fn field_name(name: &str) -> String {
    let mut result = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !result.is_empty() && !result.ends_with('_') {
            result.push('_');
        }
        result.push(letter.to_ascii_lowercase());
    }
    escape(result)
}

/// The variant of `constructor` in the enum of its type: what its name adds to that of the type
/// (`peerUser` of `Peer` is `User`), or the whole name where it adds nothing (`user` of `User`).
pub fn variant_name(constructor: &Definition, ty: &str) -> String {
    let full = type_name(constructor.split_name().1);
    let bare_type = ty.rsplit('.').next().unwrap_or(ty);
    match full.strip_prefix(bare_type) {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_uppercase()) => {
            escape(rest.to_owned())
        }
        _ => escape(full),
    }
}

/// The namespace and the Rust name of a boxed type: `messages.Dialogs` is `("messages", "Dialogs")`.
pub fn split_type(ty: &str) -> (&str, String) {
    let (namespace, bare) = ty.rsplit_once('.').unwrap_or(("", ty));
    (namespace, type_name(bare))
}

/// `crate::enums::messages::Dialogs` for (`enums`, `messages.Dialogs`).
pub fn path(module: &str, name: &str) -> String {
    match split_type(name) {
        ("", bare) => format!("crate::{module}::{bare}"),
        (namespace, bare) => format!("crate::{module}::{namespace}::{bare}"),
    }
}

fn escape(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}
