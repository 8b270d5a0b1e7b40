//! Values for fields that a layer requires and the source says nothing about, where zero would be wrong.

/// A value that a row gives.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// An `int`.
    Int(i32),
    /// A constructor without fields of its own.
    Constructor(&'static str),
}

/// (constructor, field, value).
pub const DEFAULTS: &[(&str, &str, Value)] = &[
    // Clients of layers up to 152 read these limits from `config`; later ones have them in the app
    // config or built in. The numbers are those of an account without a subscription.
    ("config", "saved_gifs_limit", Value::Int(200)),
    ("config", "stickers_faved_limit", Value::Int(5)),
    ("config", "pinned_dialogs_count_max", Value::Int(5)),
    ("config", "pinned_infolder_count_max", Value::Int(100)),
    // Before 173 a button asked for one peer.
    ("keyboardButtonRequestPeer", "max_quantity", Value::Int(1)),
    // From 229 on a plain button has a type that says so.
    (
        "keyboardButton",
        "type",
        Value::Constructor("buttonTypeDefault"),
    ),
];

/// The value of a row.
pub fn default_value(constructor: &str, field: &str) -> Option<Value> {
    let row = DEFAULTS
        .iter()
        .find(|row| (row.0, row.1) == (constructor, field));
    row.map(|row| row.2)
}
