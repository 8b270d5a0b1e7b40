//! Letters that look like letters of another script.
//!
//! A word of two scripts is written in the one that most of its letters belong to, by the table of
//! Unicode's technical standard 39 and, for Cyrillic, by the smaller one below: that standard knows
//! no way back from Latin to Cyrillic.

use unicode_security::confusable_detection::skeleton;

/// Latin letters and digits, as printed, with the Cyrillic letter they stand in for. Small capitals
/// and letters of the phonetic alphabet are here because they are what people hide words with.
const CYRILLIC: [(char, char); 73] = [
    ('a', 'а'),
    ('b', 'ь'),
    ('c', 'с'),
    ('d', 'д'),
    ('e', 'е'),
    ('g', 'д'),
    ('h', 'н'),
    ('i', 'і'),
    ('j', 'ј'),
    ('k', 'к'),
    ('m', 'м'),
    ('n', 'п'),
    ('o', 'о'),
    ('p', 'р'),
    ('r', 'г'),
    ('s', 'ѕ'),
    ('t', 'т'),
    ('u', 'и'),
    ('v', 'в'),
    ('x', 'х'),
    ('y', 'у'),
    ('A', 'а'),
    ('B', 'в'),
    ('C', 'с'),
    ('E', 'е'),
    ('H', 'н'),
    ('I', 'і'),
    ('J', 'ј'),
    ('K', 'к'),
    ('M', 'м'),
    ('N', 'п'),
    ('O', 'о'),
    ('P', 'р'),
    ('R', 'я'),
    ('S', 'ѕ'),
    ('T', 'т'),
    ('U', 'и'),
    ('X', 'х'),
    ('Y', 'у'),
    ('0', 'о'),
    ('3', 'з'),
    ('4', 'ч'),
    ('6', 'б'),
    ('ᴀ', 'а'),
    ('ʙ', 'в'),
    ('ᴄ', 'с'),
    ('ᴇ', 'е'),
    ('ʜ', 'н'),
    ('ᴋ', 'к'),
    ('ᴍ', 'м'),
    ('ʍ', 'м'),
    ('ᴏ', 'о'),
    ('ᴘ', 'р'),
    ('ᴛ', 'т'),
    ('ᴜ', 'и'),
    ('ɜ', 'з'),
    ('ᴣ', 'з'),
    ('ᴦ', 'г'),
    ('ᴧ', 'л'),
    ('ᴨ', 'п'),
    ('ᴩ', 'р'),
    ('ᴫ', 'л'),
    ('ɪ', 'і'),
    ('ε', 'е'),
    ('α', 'а'),
    ('ο', 'о'),
    ('ρ', 'р'),
    ('ν', 'в'),
    ('τ', 'т'),
    ('κ', 'к'),
    ('χ', 'х'),
    ('υ', 'и'),
    ('π', 'п'),
];

/// Digits and signs inside a Latin word, with the letter they stand in for.
const LEET: [(char, char); 11] = [
    ('0', 'o'),
    ('1', 'i'),
    ('3', 'e'),
    ('4', 'a'),
    ('5', 's'),
    ('6', 'b'),
    ('7', 't'),
    ('8', 'b'),
    ('@', 'a'),
    ('$', 's'),
    ('!', 'i'),
];

/// The Cyrillic letter that `c` looks like.
pub(crate) fn as_cyrillic(c: char) -> Option<char> {
    if let Some((_, cyrillic)) = CYRILLIC.iter().find(|(other, _)| *other == c) {
        return Some(*cyrillic);
    }
    // Anything rarer goes by way of the Latin letter it looks like.
    let latin = as_latin(c)?;
    let row = CYRILLIC.iter().find(|(other, _)| *other == latin);
    row.map(|(_, cyrillic)| *cyrillic)
}

/// The ASCII letter that `c` looks like.
pub(crate) fn as_latin(c: char) -> Option<char> {
    if c.is_ascii_alphabetic() {
        return Some(c);
    }
    let mut buffer = [0; 4];
    let mut skeleton = skeleton(c.encode_utf8(&mut buffer));
    let (first, second) = (skeleton.next()?, skeleton.next());
    if second.is_some() || !first.is_ascii_alphabetic() {
        // The standard takes в for a small capital B, which is no ASCII letter.
        let row = CYRILLIC.iter().find(|(_, cyrillic)| *cyrillic == c)?;
        return row.0.is_ascii_alphabetic().then_some(row.0);
    }
    Some(first)
}

/// The letter that a digit or sign inside a Latin word stands for.
pub(crate) fn as_leet(c: char) -> Option<char> {
    let row = LEET.iter().find(|(sign, _)| *sign == c);
    row.map(|(_, letter)| *letter)
}

/// A Latin letter with an exact double in Cyrillic, so that a word of nothing else can be either.
pub(crate) fn is_double_in_cyrillic(c: char) -> bool {
    matches!(
        c,
        'a' | 'c'
            | 'e'
            | 'o'
            | 'p'
            | 'x'
            | 'y'
            | 'A'
            | 'B'
            | 'C'
            | 'E'
            | 'H'
            | 'K'
            | 'M'
            | 'O'
            | 'P'
            | 'T'
            | 'X'
            | 'k'
            | 'm'
    )
}

/// A Cyrillic letter with an exact double in Latin.
pub(crate) fn is_double_in_latin(c: char) -> bool {
    "асеорхуіјѕАВСЕНКМОРТХІЈЅ".contains(c)
}

/// The ASCII letter inside a circle, square or parenthesis, which NFKC leaves alone.
pub(crate) fn unboxed(c: char) -> Option<char> {
    let offset = match c as u32 {
        at @ 0x1F130..=0x1F149 => at - 0x1F130,
        at @ 0x1F150..=0x1F169 => at - 0x1F150,
        at @ 0x1F170..=0x1F189 => at - 0x1F170,
        _ => return None,
    };
    char::from_u32('a' as u32 + offset)
}

#[cfg(test)]
mod tests {
    use super::{as_cyrillic, as_latin};

    #[test]
    fn letters_go_to_the_script_that_is_asked_for() {
        assert_eq!(as_latin('а'), Some('a'));
        assert_eq!(as_latin('ο'), Some('o'));
        assert_eq!(as_cyrillic('o'), Some('о'));
        assert_eq!(as_cyrillic('ᴨ'), Some('п'));
        assert_eq!(as_latin('中'), None);
    }
}
