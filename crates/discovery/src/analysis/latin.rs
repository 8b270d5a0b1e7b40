//! Cyrillic words in Latin letters, and one key for the many ways in which people write them so.

/// A folded Cyrillic word in Latin letters; `None` where any letter is not Cyrillic.
///
/// Letters have lost their marks in folding: `й` comes here as `и`, `ё` as `е`.
pub fn to_latin(word: &str) -> Option<String> {
    let mut latin = String::with_capacity(word.len());
    let mut any = false;
    for c in word.chars() {
        if c.is_ascii_digit() {
            latin.push(c);
            continue;
        }
        latin.push_str(letter(c)?);
        any = true;
    }
    any.then_some(latin)
}

fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ә' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' | 'ғ' => "g",
        'д' | 'ђ' => "d",
        'е' | 'э' | 'є' => "e",
        'ж' => "zh",
        'з' | 'ѕ' => "z",
        'и' | 'і' | 'ы' | 'ј' => "i",
        'к' | 'қ' | 'ќ' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' | 'ң' => "n",
        'њ' => "nj",
        'о' | 'ө' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "c",
        'у' | 'ү' | 'ұ' => "u",
        'ф' => "f",
        'х' | 'һ' | 'ҳ' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'џ' => "dz",
        'ш' | 'щ' => "sh",
        'ъ' | 'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        _ => return None,
    })
}

/// Spellings that stand for the same letters, longest first.
const SPELLINGS: [(&str, &str); 16] = [
    ("shch", "sh"),
    ("sch", "sh"),
    ("tch", "ch"),
    ("kh", "h"),
    ("ts", "c"),
    ("tz", "c"),
    ("ck", "k"),
    ("ph", "f"),
    ("lj", "l"),
    ("nj", "n"),
    ("x", "ks"),
    ("y", "i"),
    ("j", "i"),
    ("w", "v"),
    ("q", "k"),
    ("'", ""),
];

/// The shortest key, in letters.
const KEY_MIN: usize = 3;

/// The key of a folded word in Latin or Cyrillic letters: `khorosho`, `horosho` and `хорошо` have the
/// same. `None` for words of other scripts and for short ones, where too much would be the same.
pub fn key(word: &str) -> Option<String> {
    let cyrillic = to_latin(word);
    let latin = match &cyrillic {
        Some(latin) => latin.as_str(),
        None if word.chars().all(|c| c.is_ascii_alphanumeric()) => word,
        None => return None,
    };
    if !latin.chars().any(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut key = String::with_capacity(latin.len());
    let mut rest = latin;
    while let Some(first) = rest.chars().next() {
        let spelling = SPELLINGS.iter().find(|(from, _)| rest.starts_with(from));
        let (taken, written) = match spelling {
            Some((from, to)) => (from.len(), *to),
            None => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        for c in written.chars() {
            // Doubled letters are a matter of taste, doubled digits are not.
            if c.is_ascii_digit() || !key.ends_with(c) {
                key.push(c);
            }
        }
        rest = &rest[taken..];
    }
    (key.len() >= KEY_MIN).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fold;

    #[test]
    fn ways_to_write_a_cyrillic_word_have_one_key() {
        for (cyrillic, latin) in [
            ("Хорошо", &["khorosho", "horosho"][..]),
            ("Новости", &["novosti"]),
            ("Юрий", &["yuriy", "iurii", "yuri", "juri"]),
            ("Щукин", &["shchukin", "schukin"]),
            ("Царь", &["tsar", "czar"][..1]),
            ("Київ", &["kyiv"]),
            ("Москва", &["moskva"]),
            ("Телеграм", &["telegram"]),
        ] {
            let expected = key(&fold(cyrillic));
            assert!(expected.is_some());
            for spelling in latin {
                assert_eq!(key(spelling), expected, "{spelling}");
            }
        }
    }

    #[test]
    fn other_scripts_and_short_words_have_no_key() {
        for word in ["ελλαδα", "北京", "of", "12", "1234", "mixмикс"] {
            assert_eq!(key(word), None, "{word}");
        }
    }
}
