//! Constructors of one type that are understood where another is asked for.
//!
//! Telegram's servers take an `InputPeer` wherever an `InputUser` or `InputChannel` is due, and
//! libraries rely on it: Pyrogram and Kurigram hand over an `inputPeerChannel` in every call about a
//! channel. What follows the id is the same in both.

/// (type asked for, constructor found, constructor meant).
pub const SYNONYMS: &[(&str, &str, &str)] = &[
    ("InputChannel", "inputPeerChannel", "inputChannel"),
    (
        "InputChannel",
        "inputPeerChannelFromMessage",
        "inputChannelFromMessage",
    ),
    ("InputChannel", "inputPeerEmpty", "inputChannelEmpty"),
    ("InputUser", "inputPeerUser", "inputUser"),
    (
        "InputUser",
        "inputPeerUserFromMessage",
        "inputUserFromMessage",
    ),
    ("InputUser", "inputPeerSelf", "inputUserSelf"),
    ("InputUser", "inputPeerEmpty", "inputUserEmpty"),
];

/// The constructor of type `asked` that `found` stands for.
pub fn meant(asked: &str, found: &str) -> Option<&'static str> {
    let row = SYNONYMS
        .iter()
        .find(|row| (row.0, row.1) == (asked, found))?;
    Some(row.2)
}
