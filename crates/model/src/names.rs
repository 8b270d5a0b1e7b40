//! Names and texts as people type them, checked once at the edge.

use minicbor::{Decode, Encode};
use thiserror::Error;

/// Why a name, an about text or a message text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing is left after trimming.
    #[error("empty")]
    Empty,
    /// Longer than its limit.
    #[error("too long")]
    TooLong,
}

/// Why a username is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UsernameError {
    /// Not 5 to 32 of `a-z 0-9 _`, or it starts with a digit, or an underscore stands first, last or
    /// doubled.
    #[error("not a valid username")]
    Invalid,
}

/// The longest first and last name, in characters; clients enforce the same.
const NAME_CHARS_MAX: usize = 64;
/// The longest about text, in characters.
const ABOUT_CHARS_MAX: usize = 70;
/// The longest message, in UTF-16 units, as `config.message_length_max` tells clients.
const MESSAGE_UTF16_MAX: usize = 4096;

/// A first name: 1 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct FirstName(#[n(0)] String);

/// A last name: up to 64 characters, often empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct LastName(#[n(0)] String);

/// The line under a name: up to 70 characters, often empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct About(#[n(0)] String);

impl FirstName {
    /// Trims and folds white space; control characters go.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = one_line(text, NAME_CHARS_MAX)?;
        if name.is_empty() {
            Err(NameError::Empty)
        } else {
            Ok(FirstName(name))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LastName {
    /// Trims and folds white space; control characters go.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        one_line(text, NAME_CHARS_MAX).map(LastName)
    }

    /// The name, often empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl About {
    /// Trims and folds white space; control characters go.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        one_line(text, ABOUT_CHARS_MAX).map(About)
    }

    /// The text, often empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that turn round the direction of what stands behind them, and with it the rest of the
/// line in which a client shows a name (embeddings, overrides, isolates). Marks of direction within a
/// text (U+200E, U+200F) are not among them.
pub(crate) fn turns_text_round(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that leave nothing to see where they stand alone: joiners, marks, fillers, selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line without control characters, outer or doubled white space; empty where there is nothing
/// to see.
pub(crate) fn one_line(text: &str, chars_max: usize) -> Result<String, NameError> {
    // Four bytes a character at most; what is longer cannot fit and is not scanned.
    if text.len() > chars_max * 4 + 64 {
        return Err(NameError::TooLong);
    }
    let mut line = String::with_capacity(text.len());
    let text: String = text.chars().filter(|c| !turns_text_round(*c)).collect();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > chars_max {
        return Err(NameError::TooLong);
    }
    if line.chars().all(|c| is_invisible(c) || c == ' ') {
        line.clear();
    }
    Ok(line)
}

/// A public name (`@name`), kept as typed and found without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Username(#[n(0)] String);

impl Username {
    /// Reads a username, with or without a leading `@`.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let name = text.strip_prefix('@').unwrap_or(text);
        let valid = (5..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !name.ends_with('_')
            && !name.contains("__");
        if valid {
            Ok(Username(name.to_owned()))
        } else {
            Err(UsernameError::Invalid)
        }
    }

    /// As its owner typed it, without `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which it is looked up: two names that differ in case only are one.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// The text of a message: 1 to 4096 UTF-16 units, outer white space trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// Checks the length and trims both ends, and says how many UTF-16 units went at the start, by
    /// which entity offsets must move.
    pub fn parse(text: &str) -> Result<(Self, usize), NameError> {
        let from = text.len() - text.trim_start().len();
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(NameError::Empty);
        }
        if utf16_len(trimmed) > MESSAGE_UTF16_MAX {
            return Err(NameError::TooLong);
        }
        Ok((MessageText(trimmed.to_owned()), utf16_len(&text[..from])))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The length in UTF-16 units, in which Telegram counts offsets.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_name_is_refused() {
        assert_eq!(FirstName::parse(" \u{a0}\n\t"), Err(NameError::Empty));
        assert_eq!(
            LastName::parse("  ").map(|n| n.as_str().to_owned()),
            Ok(String::new())
        );
    }

    #[test]
    fn control_characters_and_doubled_spaces_fold() {
        let name = FirstName::parse("  Ada\u{0}\n  Lovelace ").expect("a name is left");
        assert_eq!(name.as_str(), "Ada Lovelace");
    }

    #[test]
    fn a_name_that_shows_nothing_is_blank() {
        for nothing in [
            "\u{200b}",
            "\u{2800}\u{3164}",
            "\u{200d} \u{feff}",
            "\u{202e}",
        ] {
            assert_eq!(
                FirstName::parse(nothing),
                Err(NameError::Empty),
                "{nothing:?}"
            );
        }
        let family = "👨\u{200d}👩\u{200d}👧";
        let kept = FirstName::parse(family).expect("joined signs are seen");
        assert_eq!(kept.as_str(), family);
    }

    #[test]
    fn a_name_cannot_turn_round_what_stands_behind_it() {
        let name = FirstName::parse("Ada \u{202e}gnp.exe\u{202c}").expect("a name is left");
        assert_eq!(name.as_str(), "Ada gnp.exe");
    }

    #[test]
    fn usernames_follow_the_public_rules() {
        for good in ["@Heliograph", "abcde", "a_b_c_1"] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "abcd",
            "1abcd",
            "_abcd",
            "abcd_",
            "ab__cd",
            "abc de",
            "äbcde",
            &"a".repeat(33),
        ] {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Username::parse("HelloYou").map(|n| n.folded()),
            Ok("helloyou".into())
        );
    }

    #[test]
    fn a_message_is_measured_in_utf16_units() {
        assert!(MessageText::parse(&"😀".repeat(2048)).is_ok());
        assert_eq!(
            MessageText::parse(&"😀".repeat(2049)),
            Err(NameError::TooLong)
        );
        let (text, cut) = MessageText::parse("  😀 hi\n").expect("not empty");
        assert_eq!((text.as_str(), cut), ("😀 hi", 2));
    }
}
