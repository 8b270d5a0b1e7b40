//! From a text to the terms under which it is found.
//!
//! Texts and queries go the same way, so a match is a match of equal terms. Every step is bounded by
//! the length of its input, and no input makes it fail.

mod fold;
mod latin;

pub use fold::fold;
pub use latin::{key, to_latin};

use unicode_script::{Script, UnicodeScript as _};

/// The longest term, in characters; what is longer is cut. No word that people type is.
const TERM_CHARS_MAX: usize = 40;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// A word between spaces, folded.
    Whole(String),
    /// Two neighbouring characters (or a lone one) of a script that puts no spaces between words.
    Piece(String),
}

impl Word {
    /// The term.
    pub fn as_str(&self) -> &str {
        match self {
            Word::Whole(term) | Word::Piece(term) => term,
        }
    }
}

/// The words of a text in order, folded. Scripts without spaces between words (Chinese, Japanese,
/// Korean with its endings, Thai and its neighbours) are cut into overlapping pairs.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for run in fold(text).split(|c: char| !is_part_of_word(c)) {
        cut(run, &mut words);
    }
    words
}

/// The tags of a text, folded, each with its `#` in front.
pub fn hashtags(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut tags = Vec::new();
    let mut rest = folded.as_str();
    while let Some(start) = rest.find('#') {
        rest = &rest[start + 1..];
        let end = rest.find(|c: char| !(is_part_of_word(c) || c == '_'));
        let tag = &rest[..end.unwrap_or(rest.len())];
        if !tag.is_empty() {
            tags.push(hashtag_term(tag));
        }
    }
    tags
}

/// The term of a tag, given with or without its `#`.
pub fn hashtag(tag: &str) -> Option<String> {
    let folded = fold(tag.trim().trim_start_matches('#'));
    let whole = !folded.is_empty() && folded.chars().all(|c| is_part_of_word(c) || c == '_');
    whole.then(|| hashtag_term(&folded))
}

fn hashtag_term(tag: &str) -> String {
    let cut: String = tag.chars().take(TERM_CHARS_MAX).collect();
    format!("#{cut}")
}

/// A name without its spaces and marks, folded: two names are the same when these are.
pub fn joined(name: &str) -> String {
    let kept = |c: &char| is_part_of_word(*c);
    fold(name)
        .chars()
        .filter(kept)
        .take(2 * TERM_CHARS_MAX)
        .collect()
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Cuts a run of letters and digits where its script writes without spaces.
fn cut(run: &str, words: &mut Vec<Word>) {
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let unspaced = is_unspaced(first);
        let end = rest
            .find(|c: char| is_unspaced(c) != unspaced && !is_mark(c))
            .unwrap_or(rest.len());
        let (part, next) = rest.split_at(end);
        if unspaced {
            pairs(part, words);
        } else {
            words.push(Word::Whole(part.chars().take(TERM_CHARS_MAX).collect()));
        }
        rest = next;
    }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Overlapping pairs of letters, each letter with the marks that belong to it.
fn pairs(part: &str, words: &mut Vec<Word>) {
    let mut letters: Vec<usize> = part
        .char_indices()
        .filter(|(at, c)| *at == 0 || !is_mark(*c))
        .map(|(at, _)| at)
        .collect();
    letters.push(part.len());
    match letters.as_slice() {
        [] | [_] => {}
        [from, to] => words.push(Word::Piece(bounded(&part[*from..*to]))),
        several => {
            for window in several.windows(3) {
                words.push(Word::Piece(bounded(&part[window[0]..window[2]])));
            }
        }
    }
}

fn bounded(term: &str) -> String {
    term.chars().take(TERM_CHARS_MAX).collect()
}

fn is_unspaced(c: char) -> bool {
    // The long-vowel mark of kana belongs to no one script.
    c == 'ー'
        || matches!(
            c.script(),
            Script::Han
                | Script::Hiragana
                | Script::Katakana
                | Script::Hangul
                | Script::Bopomofo
                | Script::Thai
                | Script::Lao
                | Script::Khmer
                | Script::Myanmar
                | Script::Tibetan
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: &Expect) {
        let words: Vec<String> = words(text)
            .iter()
            .map(|word| match word {
                Word::Whole(term) => term.clone(),
                Word::Piece(term) => format!("[{term}]"),
            })
            .collect();
        expected.assert_eq(&words.join(" "));
    }

    #[test]
    fn words_are_folded_and_cut() {
        check("The-Café, 2nd ed.", &expect!["the cafe 2nd ed"]);
        check("ИЖЕВСК: новости", &expect!["ижевск новости"]);
        check("the_news", &expect!["the news"]);
        check("¿¡...!?", &expect![""]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_pairs() {
        check("北京新闻", &expect!["[北京] [京新] [新闻]"]);
        check("水", &expect!["[水]"]);
        check("東京news日本", &expect!["[東京] news [日本]"]);
        check("ニュース", &expect!["[ニュ] [ュー] [ース]"]);
    }

    #[test]
    fn vowel_signs_of_indian_scripts_stay_with_their_letters() {
        check("हिन्दी समाचार", &expect!["हिन्दी समाचार"]);
    }

    #[test]
    fn tags_keep_their_sign() {
        assert_eq!(
            hashtags("Hello #World and #ÉTÉ_2024, #"),
            ["#world", "#ete_2024"]
        );
        assert_eq!(hashtag("#World"), Some("#world".into()));
        assert_eq!(hashtag("two words"), None);
        assert_eq!(hashtag("#"), None);
    }

    #[test]
    fn names_are_compared_without_spaces_and_marks() {
        assert_eq!(joined("The_News"), joined("the news"));
    }
}
