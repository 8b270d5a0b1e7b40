//! The two encodings that all the text formats share. Both are read in their one canonical form
//! only: two spellings of one value would be two different signed texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Standard Base 64 with padding (RFC 4648, section 4).
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard Base 64; the padding must be there and unused bits must be zero.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads an ASCII decimal: no sign, no leading zero unless it is `0` itself.
pub(crate) fn from_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if digits && canonical {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling() {
        assert_eq!(from_decimal("0"), Some(0));
        assert_eq!(from_decimal("18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "",
            "00",
            "01",
            "+1",
            "-0",
            " 1",
            "1 ",
            "1_0",
            "18446744073709551616",
        ] {
            assert_eq!(from_decimal(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(from_base64("AA=="), Some(vec![0]));
        for wrong in ["AA", "AA=", "AB==", "A A=", "AA==\n", "_-8="] {
            assert_eq!(from_base64(wrong), None, "{wrong:?}");
        }
    }
}
