//! The key by which an authority of the registry is recognised at the portal.
//!
//! Naming a number of the registry proves nothing: numbers stand in the public log. A row may
//! carry the SHA-256 of an access key. The key itself is shown once, to the officer who drafts the
//! row, and is handed to the authority in the call-back; it is kept nowhere.

use crate::secrets::{Entropy, draw};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// An access key: 32 random bytes. It cannot be printed by accident.
pub struct AccessKey(Zeroizing<[u8; 32]>);

impl AccessKey {
    /// Draws a new key.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(draw(entropy)))
    }

    /// Reads a key as people type it: 64 hexadecimal digits, in groups or not.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        let mut count = 0;
        for character in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let digit = u8::try_from(character.to_digit(16)?).ok()?;
            let byte = key.get_mut(count / 2)?;
            *byte = *byte << 4 | digit;
            count += 1;
        }
        (count == 64).then_some(Self(key))
    }

    /// As it is shown and read out: sixteen groups of four digits.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(79));
        for (position, pair) in self.0.chunks(2).enumerate() {
            let hyphen = if position == 0 { "" } else { "-" };
            write!(text, "{hyphen}{:02x}{:02x}", pair[0], pair[1])
                .expect("a string takes any text");
        }
        text
    }

    /// What the registry keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(*self.0).into()
    }

    /// Whether it is the key of this hash. Takes the same time whatever differs.
    pub fn opens(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

/// What a change of the registry does about the access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The row keeps what the version before it has; a new row has none.
    Keep,
    /// A new key is drawn; the old one counts until the change does.
    New,
    /// The row has none: whoever writes in its name waits for the call-back.
    None,
}

impl KeyChange {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Keep, Self::New, Self::None];

    /// Its word in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::New => "new",
            Self::None => "none",
        }
    }

    /// The change with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ascending;

    impl Entropy for Ascending {
        fn fill(&self, out: &mut [u8]) {
            for (byte, value) in out.iter_mut().zip(0..) {
                *byte = value;
            }
        }
    }

    #[test]
    fn a_key_is_read_back_however_it_is_grouped() {
        let key = AccessKey::draw(&Ascending);
        assert!(key.text().starts_with("0001-0203-"));
        assert_eq!(key.text().len(), 79);
        for text in [
            key.text().to_string(),
            key.text().replace('-', " ").to_uppercase(),
            key.text().replace('-', ""),
        ] {
            let read = AccessKey::parse(&text).expect("the same digits");
            assert!(read.opens(&key.hash()), "{text}");
        }
    }

    #[test]
    fn another_key_and_half_a_key_open_nothing() {
        let key = AccessKey::draw(&Ascending);
        let mut other = key.text().to_string();
        other.replace_range(78.., "0");
        let other = AccessKey::parse(&other).expect("a key");
        assert!(!other.opens(&key.hash()));
        let text = key.text();
        for wrong in [
            "",
            "00",
            &text[..78],
            &format!("{}0", *text),
            &text.replace('0', "g"),
        ] {
            assert!(AccessKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
