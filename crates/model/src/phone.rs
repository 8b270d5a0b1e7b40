//! Phone numbers: in memory only, and never shown.

use thiserror::Error;

/// A phone number in international form, digits only, without the plus.
///
/// It has no `Debug` and no `Display`, so that it cannot slip into a log line or an error. The
/// number is never stored: only an OPRF tag of it is (DESIGN part 7).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct E164(String);

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a phone number in international form")]
pub struct PhoneError;

/// The shortest number accepted, country code included.
const DIGITS_MIN: usize = 7;
/// The longest number that ITU-T E.164 allows.
const DIGITS_MAX: usize = 15;

impl E164 {
    /// Reads a number as people write it: a plus, spaces, hyphens, dots and brackets are passed over.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        // Ample for any way of writing 15 digits; longer input is not worth scanning.
        if text.len() > 64 {
            return Err(PhoneError);
        }
        let mut digits = String::with_capacity(DIGITS_MAX);
        for character in text.chars() {
            match character {
                '0'..='9' => digits.push(character),
                '+' | ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
                _ => return Err(PhoneError),
            }
        }
        let valid = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && !digits.starts_with('0');
        if valid {
            Ok(E164(digits))
        } else {
            Err(PhoneError)
        }
    }

    /// The digits, country code first, without a plus.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last two digits, the only part that a console line may show.
    pub fn last_two(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
}

impl Drop for E164 {
    fn drop(&mut self) {
        // Best effort: the text does not linger in freed memory. `String` gives no safe way to
        // overwrite in place other than through its bytes.
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_a_number_agree() {
        let written = ["+49 (30) 1234-567", "49301234567", "49.30.1234567"];
        for text in written {
            assert_eq!(
                E164::parse(text).map(|n| n.digits().to_owned()),
                Ok("49301234567".into())
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "12",
            "+1234567890123456",
            "0301234567",
            "letters",
            "12 34x567",
        ] {
            assert!(E164::parse(text).is_err(), "{text}");
        }
    }
}
