//! Random ids, and the short words that may stand in clear text.

use crate::DeskError;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use std::fmt;

macro_rules! random_id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// Sixteen random bytes: the id itself tells nothing and cannot be guessed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
            pub fn parse(text: &str) -> Option<Self> {
                from_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; 16]>::column_result(value).map(Self)
            }
        }
    )*};
}

random_id! {
    /// A case: one order about one account.
    CaseId
    /// A person who works at the desk.
    StaffId
    /// What an unknown sender handed in.
    IntakeId
    /// A notice to the person concerned.
    NoticeId
}

fn from_hex(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    let plain = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 32 || !digits.iter().all(plain) {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

/// A short fixed word in clear text: a state, a kind of act, an outcome.
///
/// Small letters, digits and hyphens, at most 48, beginning with a letter: whatever an order says
/// does not pass through here by accident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(String);

impl Token {
    /// Accepts a token.
    ///
    /// Fails with [`DeskError::NotAToken`].
    pub fn parse(text: &str) -> Result<Self, DeskError> {
        let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let first = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase());
        // A longer run of digits might be a number of someone.
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if first && text.len() <= 48 && digits <= 4 && text.bytes().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(DeskError::NotAToken("the word"))
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToSql for Token {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Token {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Token::parse(value.as_str()?).map_err(|_| FromSqlError::InvalidType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let id = CaseId([0xa7; 16]);
        assert_eq!(CaseId::parse(&id.to_string()), Some(id));
        for wrong in [
            "",
            "a7",
            &"A7".repeat(16),
            &"a7".repeat(17),
            &"+7".repeat(16),
        ] {
            assert_eq!(CaseId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_has_no_room_for_names_and_numbers() {
        for word in ["approved", "in-review", "day-30"] {
            assert!(Token::parse(word).is_ok(), "{word}");
        }
        for text in [
            "",
            "Anna",
            "a b",
            "+4915112345678",
            "n4915112345678",
            "203.0.113.7",
            "é",
        ] {
            assert!(Token::parse(text).is_err(), "{text}");
        }
    }
}
