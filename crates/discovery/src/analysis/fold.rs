//! Folding: one spelling for what people take for the same letters.

use unicode_normalization::UnicodeNormalization as _;

/// A text in its folded form: compatibility characters made plain (NFKC), small letters, Latin,
/// Greek, Cyrillic, Arabic and Hebrew letters without their marks, Arabic letters in one form,
/// digits of any script as `0` to `9`, nothing invisible.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let small = text.nfkc().flat_map(char::to_lowercase);
    for c in small.nfd() {
        if is_dropped(c) {
            continue;
        }
        match plain(c) {
            Plain::Same => folded.push(digit(c)),
            Plain::Letters(letters) => folded.push_str(letters),
        }
    }
    folded.nfc().collect()
}

/// Marks over letters that search does not tell apart, and what nobody sees.
fn is_dropped(c: char) -> bool {
    matches!(c,
        // Accents of Latin, Greek and Cyrillic. Those of Indian scripts make other syllables and stay.
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}'
        // Hebrew points; Arabic vowel signs and the stretching bar.
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        // Joiners, marks of direction, fillers, variation selectors, tags.
        | '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

enum Plain {
    Same,
    Letters(&'static str),
}

/// Letters that are written in several ways, and no decomposition says so.
fn plain(c: char) -> Plain {
    Plain::Letters(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        'ς' => "σ",
        // Arabic letters of Persian, Urdu and Pashto keyboards, and endings written either way.
        'ة' | 'ۀ' | 'ە' => "ه",
        'ى' | 'ی' | 'ې' => "ي",
        'ک' | 'ڪ' => "ك",
        'ٱ' => "ا",
        _ => return Plain::Same,
    })
}

/// A digit of any script as the common one.
fn digit(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        '\u{9e6}'..='\u{9ef}' => 0x9e6,
        _ => return c,
    };
    char::from_digit(c as u32 - zero, 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_the_same_word_fold_to_one() {
        let same = [
            ("Élève", "eleve"),
            ("ＦＵＬＬ", "full"),
            ("STRASSE", "straße"),
            ("Łódź", "lodz"),
            ("İstanbul", "istanbul"),
            ("ёж", "еж"),
            ("Ελλάς", "ελλασ"),
            ("أخبار", "اخبار"),
            ("مدرسة", "مدرسه"),
            ("كِتَاب", "كتاب"),
            ("کتاب", "كتاب"),
            ("١٢٣", "123"),
            ("שָׁלוֹם", "שלום"),
            ("he\u{200b}llo\u{202e}", "hello"),
            ("ﬁne", "fine"),
        ];
        for (one, other) in same {
            assert_eq!(fold(one), fold(other), "{one}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Élève", "ЙОД", "हिन्दी", "가나다", "ǅ", "ᾠδή", "Ŀ"]
        {
            let once = fold(text);
            assert_eq!(fold(&once), once, "{text}");
        }
    }
}
