//! From a text as it was sent to words that can be compared.
//!
//! Two views are kept: `raw` is what a reader sees, without characters that nobody sees; `normal` is
//! the same with letters of one form, case and script. What hides a word from a filter is gone from
//! `normal`; that somebody hid it can still be told from the two together.

use crate::confusables::{
    as_cyrillic, as_latin, as_leet, is_double_in_cyrillic, is_double_in_latin, unboxed,
};
use crate::links::Link;
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};

/// How many visible characters of a text are looked at: the length of the longest message.
pub const MAX_CHARS: usize = 4096;

/// How many characters are read to find them, so that invisible ones cannot be added without end.
const MAX_READ: usize = 16 * MAX_CHARS;

/// A word is cut here: no language needs longer ones, and a text without spaces becomes many.
const MAX_WORD: usize = 32;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Letters.
    Word,
    /// Digits; the normal view keeps their number, not their value.
    Number,
    /// An address on the web.
    Link,
    /// `@name`, or an address for mail.
    Handle,
    /// A single picture character.
    Emoji,
    /// Punctuation, currency and other signs.
    Sign,
}

/// One word, number, link, handle, emoji or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its normal form.
    pub normal: String,
    /// Its raw form, where that differs.
    pub raw: Option<String>,
}

/// Both views of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views {
    /// What a reader sees.
    pub raw: String,
    /// What is compared, in the order of the text.
    pub tokens: Vec<Token>,
    /// Where a link stands among the tokens, and what it is.
    pub links: Vec<Link>,
    /// How many invisible characters were removed.
    pub invisible: usize,
    /// How many words had letters of two scripts.
    pub mixed_words: usize,
    /// How many words were put together from single letters.
    pub joined_words: usize,
}

impl Views {
    /// Reads a text. Takes time proportional to its length, up to [`MAX_CHARS`] visible characters.
    pub fn of(text: &str) -> Self {
        let mut views = Views::default();
        views.raw.reserve(text.len().min(4 * MAX_CHARS));
        let mut visible = 0;
        for c in text.chars().take(MAX_READ) {
            if !matches!(c, ' '..='~') && is_invisible(c) {
                views.invisible += 1;
                continue;
            }
            if visible == MAX_CHARS {
                break;
            }
            visible += 1;
            views.raw.push(c);
        }
        let raw = std::mem::take(&mut views.raw);
        let mut reader = Reader::new(&raw);
        for chunk in raw.split(char::is_whitespace).filter(|it| !it.is_empty()) {
            reader.chunk(chunk);
        }
        views.tokens = join_single_letters(reader.tokens, &mut views.joined_words);
        views.links = reader.links;
        views.mixed_words = reader.mixed_words;
        views.raw = raw;
        views
    }

    /// The normal view as one text.
    pub fn normal(&self) -> String {
        let words: Vec<_> = self.tokens.iter().map(|it| it.normal.as_str()).collect();
        words.join(" ")
    }

    /// The words alone, in their normal form.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.tokens.iter().filter(|it| it.kind == Kind::Word);
        words.map(|it| it.normal.as_str())
    }
}

/// A character without a shape of its own: joiners, marks of direction, variation selectors, tags,
/// controls. White space is visible.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that change how a letter is pronounced and that people leave out when they are in a hurry.
/// Vowel signs of Indian scripts are letters in all but name and stay.
fn is_diacritic(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Letters without their marks, except where the mark makes another letter that nobody leaves out.
fn without_diacritics(decomposed: impl Iterator<Item = char>) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for c in decomposed {
        let short_i = c == '\u{306}' && matches!(letters.last(), Some('и' | 'И'));
        let yi = c == '\u{308}' && matches!(letters.last(), Some('і' | 'І'));
        // A mark may follow its letter once, which ends every hostile row of them.
        if !is_diacritic(c) || short_i || yi {
            letters.push(c);
        }
    }
    letters
}

/// Letters with three and more of a kind in a row written as two; about `count` of them.
fn without_shouting(letters: impl Iterator<Item = char>, count: usize) -> String {
    let (mut previous, mut repeated) = (None, 0);
    let kept = letters.filter(|c| {
        repeated = if previous == Some(*c) {
            repeated + 1
        } else {
            0
        };
        previous = Some(*c);
        repeated < 2
    });
    written(kept, count)
}

/// About `count` letters as a text, without growing it one by one.
fn written(letters: impl Iterator<Item = char>, count: usize) -> String {
    let mut text = String::with_capacity(2 * count);
    letters.for_each(|c| text.push(c));
    text
}

fn is_one_letter(row: &[char]) -> bool {
    row.iter().all(|c| *c == row[0])
}

/// A character that is drawn as a picture.
pub(crate) fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2460}'..='\u{24ff}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

/// Whether a character belongs to a word.
fn is_word(c: char) -> bool {
    // Nearly all characters are told apart without the tables.
    if c.is_ascii() || is_cyrillic_letter(c) {
        return c.is_ascii_alphanumeric() || !c.is_ascii();
    }
    c.is_alphanumeric() && !is_emoji(c) || is_diacritic(c) || is_vowel_sign(c)
}

/// Signs of Indian and South-East Asian scripts that stand for vowels or join consonants.
fn is_vowel_sign(c: char) -> bool {
    matches!(c as u32, 0x900..=0xdff | 0xe31..=0xe4e | 0xeb1..=0xece | 0x102b..=0x103e)
        && !c.is_ascii()
}

/// The script of a letter. Nearly all letters are found without the table.
pub(crate) fn script_of(c: char) -> Script {
    match c {
        'a'..='z' | 'A'..='Z' => Script::Latin,
        '\0'..='\u{7f}' => Script::Common,
        'Ѐ'..='ҁ' => Script::Cyrillic,
        _ => c.script(),
    }
}

/// Russian letters but `ё`.
fn is_cyrillic_letter(c: char) -> bool {
    matches!(c, 'А'..='я')
}

/// A letter that no form of Unicode changes, in a text where no mark follows it.
fn is_simple(c: char) -> bool {
    c.is_ascii() || is_cyrillic_letter(c)
}

/// A character that NFKC leaves as it is, in a text of such characters only.
fn is_composed(c: char) -> bool {
    is_simple(c)
        || matches!(c,
            'Ѐ'..='џ' | 'À'..='ÿ' | '«' | '»' | '–' | '—' | '‘' | '’' | '“' | '”' | '„' | '•'
            | '€' | '₽' | '\u{1f300}'..='\u{1faff}')
}

/// Its lower case, where that is one character of the two alphabets that most texts are in.
fn simple_lower(c: char) -> Option<char> {
    match c {
        'a'..='z' | 'а'..='я' => Some(c),
        'A'..='Z' | 'А'..='Я' => char::from_u32(u32::from(c) + 32),
        _ => None,
    }
}

struct Reader {
    /// The characters of the piece that is being read.
    chars: Vec<char>,
    /// Whether more letters of the text are Cyrillic than Latin, not counting those that look the
    /// same in both.
    cyrillic: bool,
    tokens: Vec<Token>,
    links: Vec<Link>,
    mixed_words: usize,
}

impl Reader {
    fn new(text: &str) -> Self {
        let (mut latin, mut cyrillic) = (0, 0);
        for c in text.chars() {
            match script_of(c) {
                Script::Latin if !is_double_in_cyrillic(c) && !is_small_capital(c) => latin += 1,
                Script::Cyrillic if !is_double_in_latin(c) => cyrillic += 1,
                _ => {}
            }
        }
        Reader {
            chars: Vec::new(),
            cyrillic: cyrillic > latin,
            tokens: Vec::new(),
            links: Vec::new(),
            mixed_words: 0,
        }
    }

    /// Reads what stands between two spaces.
    fn chunk(&mut self, raw: &str) {
        let mut composed = String::new();
        let chunk = if raw.chars().all(is_composed) {
            raw
        } else {
            // One character can become eighteen; the bound keeps a text of those from growing.
            let unboxed = raw.chars().map(|c| unboxed(c).unwrap_or(c));
            composed.extend(unboxed.nfkc().take(MAX_CHARS));
            // Some characters only become invisible ones here.
            composed.retain(|c| !is_invisible(c));
            &composed
        };
        let is_edge = |c: char| !is_word(c) && !matches!(c, '@' | '#' | '+' | '$');
        let start = chunk.find(|c| !is_edge(c)).unwrap_or(0);
        let end = chunk.trim_end_matches(|c| is_edge(c) && c != '/').len();
        if start < end {
            let core = &chunk[start..end];
            if let Some(link) = Link::parse(core) {
                self.run_of_signs(chunk[..start].chars());
                self.push(Kind::Link, link.words(), None);
                self.links.push(link);
                self.run_of_signs(chunk[end..].chars());
                return;
            }
            if is_handle(core) {
                self.run_of_signs(chunk[..start].chars());
                self.push(Kind::Handle, "@".into(), None);
                self.run_of_signs(chunk[end..].chars());
                return;
            }
        }
        let mut chars = std::mem::take(&mut self.chars);
        chars.clear();
        chars.extend(chunk.chars());
        let mut at = 0;
        while at < chars.len() {
            let end = end_of_run(&chars, at);
            let run = &chars[at..end];
            if is_word(run[0]) {
                self.word_run(run);
            } else {
                self.run_of_signs(run.iter().copied());
            }
            at = end;
        }
        self.chars = chars;
    }

    fn push(&mut self, kind: Kind, normal: String, raw: Option<String>) {
        self.tokens.push(Token { kind, normal, raw });
    }

    fn run_of_signs(&mut self, signs: impl Iterator<Item = char>) {
        let mut chars = signs.peekable();
        while let Some(c) = chars.next() {
            if is_emoji(c) {
                self.push(Kind::Emoji, c.into(), None);
                continue;
            }
            // A row of one sign counts up to three; longer rows say nothing more.
            let mut normal = String::from(c);
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
                if count <= 3 {
                    normal.push(c);
                }
            }
            self.push(Kind::Sign, normal, None);
        }
    }

    /// Reads letters and digits: digits in front are a number of their own (`20k`), others are taken
    /// for letters (`fr33`).
    fn word_run(&mut self, run: &[char]) {
        let digits = run.iter().take_while(|c| c.is_numeric()).count();
        let (number, word) = run.split_at(digits);
        for piece in number.chunks(MAX_WORD) {
            self.push(Kind::Number, "0".repeat(piece.len().min(12)), None);
        }
        for piece in word.chunks(MAX_WORD) {
            let raw = written(piece.iter().copied(), piece.len());
            let is_plain = self.is_plain(piece);
            let is_lower = |c: &char| simple_lower(*c) == Some(*c);
            if is_plain && piece.iter().all(is_lower) && !piece.windows(3).any(is_one_letter) {
                // Its own normal form, as most words are.
                self.push(Kind::Word, raw, None);
                continue;
            }
            let normal = if is_plain {
                let lower = piece.iter().filter_map(|c| simple_lower(*c));
                without_shouting(lower, piece.len())
            } else {
                self.fold(piece)
            };
            if !normal.is_empty() {
                let differs = raw != normal;
                self.push(Kind::Word, normal, differs.then_some(raw));
            }
        }
    }

    /// Whether a word is of one script's plain letters, as nearly all are, and not of those alone by
    /// which one might have written it in the other, which the rest of the text is in.
    fn is_plain(&self, word: &[char]) -> bool {
        let all = |is: fn(char) -> bool| word.iter().all(|c| is(*c));
        all(|c| c.is_ascii_alphabetic()) && !(self.cyrillic && all(is_double_in_cyrillic))
            || all(is_cyrillic_letter) && (self.cyrillic || !all(is_double_in_latin))
    }

    /// One form, case and script.
    fn fold(&mut self, word: &[char]) -> String {
        let base = if word.iter().copied().all(is_simple) {
            word.to_vec()
        } else {
            without_diacritics(word.iter().copied().nfkd())
        };
        let lower = self.unify(&base).into_iter().flat_map(char::to_lowercase);
        // In lower case a letter may have a mark that it did not have before.
        without_shouting(without_diacritics(lower).into_iter().nfc(), word.len())
    }

    /// Writes a word of two scripts in one.
    fn unify(&mut self, word: &[char]) -> Vec<char> {
        let (mut latin, mut cyrillic, mut other, mut digits) = (0, 0, 0, 0);
        for c in word {
            match script_of(*c) {
                Script::Latin => latin += 1,
                Script::Cyrillic => cyrillic += 1,
                _ if c.is_numeric() || !c.is_alphabetic() => digits += 1,
                _ => other += 1,
            }
        }
        let letters = latin + cyrillic + other;
        // A small capital is Latin by name and never part of a Latin word.
        let odd = word.iter().any(|c| is_small_capital(*c));
        let scripts = usize::from(latin > 0) + usize::from(cyrillic > 0) + usize::from(other > 0);
        if scripts > 1 && latin + cyrillic > 0 && other <= latin + cyrillic && is_disguise(word) {
            self.mixed_words += 1;
            let to_cyrillic = cyrillic > 0 && self.prefers_cyrillic(word, cyrillic > latin);
            return word.iter().map(|c| replaced(*c, to_cyrillic)).collect();
        }
        if odd && scripts == 1 {
            self.mixed_words += 1;
            return word.iter().map(|c| replaced(*c, self.cyrillic)).collect();
        }
        if digits > 0 && letters >= digits && other == 0 {
            let leet = |c: &char| {
                let letter = if cyrillic > 0 {
                    as_cyrillic(*c)
                } else {
                    as_leet(*c)
                };
                letter.filter(|_| !c.is_alphabetic()).unwrap_or(*c)
            };
            return word.iter().map(leet).collect();
        }
        if self.cyrillic && latin == word.len() && word.iter().all(|c| is_double_in_cyrillic(*c)) {
            return word.iter().map(|c| replaced(*c, true)).collect();
        }
        if !self.cyrillic && cyrillic == word.len() && word.iter().all(|c| is_double_in_latin(*c)) {
            return word.iter().map(|c| replaced(*c, false)).collect();
        }
        word.to_vec()
    }

    /// Which script a word of both was written in before somebody disguised it: the one that has
    /// letters without a double in the other. If both have or none has, the rest of the text or
    /// the majority decides.
    fn prefers_cyrillic(&self, word: &[char], majority: bool) -> bool {
        let is = |c: char, script| script_of(c) == script;
        let latin =
            |c: &char| is(*c, Script::Latin) && !is_double_in_cyrillic(*c) && !is_small_capital(*c);
        let cyrillic = |c: &char| is(*c, Script::Cyrillic) && !is_double_in_latin(*c);
        match (word.iter().any(latin), word.iter().any(cyrillic)) {
            (true, false) => false,
            (false, true) => true,
            (true, true) => self.cyrillic || majority,
            (false, false) => self.cyrillic,
        }
    }
}

/// Whether a word of two scripts was made to look like a word of one. An abbreviation with an ending
/// of another script (`PR'ы`) was not: it changes script once, at letters that look like no others.
fn is_disguise(word: &[char]) -> bool {
    // `u` is no double of `и`, but is used as one more often than any other letter.
    let is_double = |c: &char| is_double_in_cyrillic(*c) || is_double_in_latin(*c) || *c == 'u';
    let scripts: Vec<Script> = word
        .iter()
        .filter(|c| c.is_alphabetic())
        .map(|c| script_of(*c))
        .collect();
    let changes = scripts.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let all = |script| {
        let mut letters = word.iter().filter(|c| script_of(**c) == script).peekable();
        letters.peek().is_some() && letters.all(is_double)
    };
    changes > 1 || all(Script::Latin) || all(Script::Cyrillic) || scripts.contains(&Script::Greek)
}

/// Small capitals and letters of the phonetic alphabet.
fn is_small_capital(c: char) -> bool {
    matches!(c, 'ɐ'..='ʯ' | 'ᴀ'..='ᵿ')
}

fn replaced(c: char, to_cyrillic: bool) -> char {
    let other = if to_cyrillic {
        (script_of(c) != Script::Cyrillic).then(|| as_cyrillic(c))
    } else {
        Some(as_leet(c).or_else(|| as_latin(c)))
    };
    other.flatten().unwrap_or(c)
}

/// Where the run that begins at `at` ends: word characters, or anything else. `@` and `$` between
/// two letters belong to the word, because they stand for letters there.
fn end_of_run(chars: &[char], at: usize) -> usize {
    let word = is_word(chars[at]);
    let mut end = at + 1;
    while end < chars.len() {
        let c = chars[end];
        let hidden = word
            && matches!(c, '@' | '$')
            && chars[end - 1].is_alphabetic()
            && chars.get(end + 1).is_some_and(|next| next.is_alphabetic());
        let apostrophe = word
            && matches!(c, '\'' | '’')
            && chars.get(end + 1).is_some_and(|next| next.is_alphabetic());
        if is_word(c) != word && !hidden && !apostrophe {
            break;
        }
        end += 1;
    }
    end
}

fn is_handle(chunk: &str) -> bool {
    let is_name =
        |name: &str| name.len() >= 3 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match chunk.split_once('@') {
        Some(("", name)) => is_name(name),
        // An address for mail.
        Some((user, host)) => !user.is_empty() && host.contains('.') && !host.contains('@'),
        None => false,
    }
}

/// Puts words together that were written letter by letter, with spaces or signs between.
fn join_single_letters(tokens: Vec<Token>, joined: &mut usize) -> Vec<Token> {
    /// Shorter rows are initials and lists.
    const AT_LEAST: usize = 4;
    let is_single = |token: &Token| {
        token.kind == Kind::Word && token.normal.len() <= 4 && token.normal.chars().nth(1).is_none()
    };
    if tokens.iter().filter(|token| is_single(token)).count() < AT_LEAST {
        return tokens;
    }
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut row: Vec<Token> = Vec::new();
    let mut letters = 0;
    let mut flush = |row: &mut Vec<Token>, letters: &mut usize, out: &mut Vec<Token>| {
        if *letters >= AT_LEAST {
            let singles = row.iter().filter(|token| is_single(token));
            let word: String = singles.map(|token| token.normal.as_str()).collect();
            for piece in word.chars().collect::<Vec<_>>().chunks(MAX_WORD) {
                *joined += 1;
                let normal = piece.iter().collect();
                let kind = Kind::Word;
                out.push(Token {
                    kind,
                    normal,
                    raw: None,
                });
            }
            row.clear();
        } else {
            out.append(row);
        }
        *letters = 0;
    };
    for token in tokens {
        let between = matches!(token.kind, Kind::Sign | Kind::Emoji);
        let previous_is_letter = row.last().is_some_and(is_single);
        if is_single(&token) && !is_unspaced(&token.normal) {
            letters += 1;
            row.push(token);
        } else if between && previous_is_letter {
            row.push(token);
        } else {
            flush(&mut row, &mut letters, &mut out);
            out.push(token);
        }
    }
    flush(&mut row, &mut letters, &mut out);
    out
}

/// A script whose words are single characters anyway.
pub(crate) fn is_unspaced(word: &str) -> bool {
    let scripts = [
        Script::Han,
        Script::Hiragana,
        Script::Katakana,
        Script::Hangul,
    ];
    word.chars().any(|c| scripts.contains(&script_of(c)))
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, Views, is_composed, is_invisible};
    use crate::confusables::unboxed;
    use unicode_normalization::UnicodeNormalization as _;

    fn check(text: &str, normal: &str) {
        assert_eq!(Views::of(text).normal(), normal, "{text:?}");
    }

    #[test]
    fn one_word_in_many_disguises_is_one_word() {
        for disguise in [
            "FREE",
            "fr\u{200b}ee",
            "ｆｒｅｅ",
            "𝐟𝐫𝐞𝐞",
            "frее",
            "fr33",
            "f r e e",
            "f.r.e.e",
            "frèé",
            "🅵🆁🅴🅴",
            "f🔥r🔥e🔥e",
            "freee",
        ] {
            check(disguise, "free");
        }
    }

    #[test]
    fn cyrillic_words_with_latin_letters_are_cyrillic() {
        check("зaрaбoтoк", "заработок");
        check("ЗAPAБOTOK", "заработок");
        check("ʙᴀᴧюᴛᴀ", "валюта");
        check("pa6ота в лc", "работа в лс");
        check("ЁЖИК їжачок й", "ежик їжачок й");
    }

    #[test]
    fn what_is_taken_as_composed_is() {
        for c in ('\0'..=char::MAX).filter(|c| is_composed(*c)) {
            assert!(unboxed(c).is_none(), "{c:?}");
            assert!(std::iter::once(c).nfkc().eq([c]), "{c:?}");
            // What is invisible and no ASCII has no place here: it would not be taken out.
            assert!(c.is_ascii() || !is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn numbers_keep_their_length_only() {
        check("20k or 1500$", "00 k or 0000 $");
    }

    #[test]
    fn vowel_signs_of_hindi_stay() {
        check("हिन्दी में", "हिन्दी में");
    }

    #[test]
    fn ordinary_signs_stay_themselves() {
        check("Well... yes!!!!! It's @ 5", "well ... yes !!! it's @ 0");
        check("a, b and c", "a , b and c");
    }

    #[test]
    fn a_text_is_bounded() {
        let long = "\u{fdfa} ".repeat(100_000);
        assert_eq!(Views::of(&long).raw.chars().count(), MAX_CHARS);
        let marks = format!("a{}", "\u{301}".repeat(100_000));
        assert!(Views::of(&marks).tokens.len() < MAX_CHARS);
        let nothing = "\u{200b}".repeat(1_000_000);
        assert_eq!(Views::of(&nothing).tokens.len(), 0);
    }
}
