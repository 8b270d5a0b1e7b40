//! Bytes in text: Base64 in JSON, hexadecimal and spoken words for people.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use std::fmt::Write as _;

/// Base64 with padding, in its one spelling.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Reads what [`to_base64`] writes.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// For `#[serde(with = "base64_bytes")]` on bytes of any or of a fixed length.
pub(crate) mod base64_bytes {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        bytes: impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64(bytes.as_ref()))
    }

    pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<Vec<u8>>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(deserializer)?;
        let bytes = from_base64(&text).ok_or_else(|| D::Error::custom("not base64"))?;
        T::try_from(bytes).map_err(|_| D::Error::custom("base64 of another length"))
    }
}

/// Bytes in small hexadecimal letters.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

/// Bytes as words that can be read out: each pair becomes five letters, consonants and vowels in
/// turn ([proquints](https://arxiv.org/html/0901.4016)).
pub(crate) fn spoken(bytes: &[u8]) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aiou";
    let word = |pair: &[u8]| -> String {
        let bits = u16::from_be_bytes([pair[0], pair[1]]);
        let letter = |at: u32, letters: &[u8]| {
            letters[usize::from(bits >> at) & (letters.len() - 1)] as char
        };
        [
            letter(12, CONSONANTS),
            letter(10, VOWELS),
            letter(6, CONSONANTS),
            letter(4, VOWELS),
            letter(0, CONSONANTS),
        ]
        .iter()
        .collect()
    };
    let words: Vec<String> = bytes.chunks_exact(2).map(word).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the proposal.
    #[test]
    fn addresses_are_spoken_as_the_proposal_says() {
        assert_eq!(spoken(&[127, 0, 0, 1]), "lusab-babad");
        assert_eq!(spoken(&[63, 84, 220, 193]), "gutih-tugad");
        assert_eq!(spoken(&[140, 98, 193, 141]), "mudof-sakat");
    }
}
