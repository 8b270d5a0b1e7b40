//! Signs that do not depend on the language of a text, each with a name a person can read.

use crate::links::LinkClass;
use crate::normalise::{Kind, Token, Views};

/// What an indicator is called when it is shown.
pub const NAMES: [&str; COUNT] = [
    "a link",
    "several links",
    "an invitation link",
    "a link to a name on Telegram",
    "a shortened link",
    "a host that imitates another",
    "a host without a name",
    "a host with a throw-away ending",
    "an @name",
    "several @names",
    "a phone number",
    "a wallet address",
    "an amount of money",
    "a large amount of money",
    "a percentage",
    "words of mixed scripts",
    "words written letter by letter",
    "share of capitals",
    "share of emoji",
    "share of signs",
    "share of digits",
    "shouting punctuation",
    "hashtags",
    "a repeated line",
    "only a few words",
    "invisible characters",
];

/// How many there are.
pub const COUNT: usize = 26;

/// The index of the one indicator without a weight: invisible characters are ordinary in Persian, in
/// Indian scripts and in emoji, and whoever adds some must not change a score by it.
pub const INVISIBLE: usize = COUNT - 1;

/// How strongly each indicator is there, from 0 to 1, in the order of [`NAMES`].
pub type Indicators = [f32; COUNT];

/// Measures every indicator.
pub fn measure(views: &Views) -> Indicators {
    let mut found = [0.0; COUNT];
    let has = |class| views.links.iter().any(|link| link.class == class);
    let handles = views
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Handle)
        .count();
    let on = |yes: bool| if yes { 1.0 } else { 0.0 };
    let up_to = |count: usize, full: usize| count.min(full) as f32 / full as f32;

    found[0] = on(!views.links.is_empty());
    found[1] = up_to(views.links.len().saturating_sub(1), 3);
    found[2] = on(has(LinkClass::Invite));
    found[3] = on(has(LinkClass::Telegram));
    found[4] = on(has(LinkClass::Shortener));
    found[5] = on(has(LinkClass::LookAlike));
    found[6] = on(has(LinkClass::IpAddress));
    found[7] = on(has(LinkClass::CheapEnding));
    found[8] = on(handles > 0);
    found[9] = up_to(handles.saturating_sub(1), 2);
    found[10] = on(has_phone(&views.raw));
    let (mut wallet, mut hashtags) = (false, 0);
    for word in views.raw.split_whitespace() {
        wallet |= is_wallet(word);
        hashtags += usize::from(is_hashtag(word));
    }
    found[11] = on(wallet);
    let (money, large) = money(&views.tokens);
    found[12] = on(money);
    found[13] = on(large);
    found[14] = on(has_percentage(&views.tokens));
    found[15] = up_to(views.mixed_words, 3);
    found[16] = up_to(views.joined_words, 2);
    let shares = Shares::of(&views.tokens);
    found[17] = shares.capitals;
    found[18] = shares.emoji;
    found[19] = shares.signs;
    found[20] = shares.digits;
    let shouts = |token: &&Token| {
        token.kind == Kind::Sign && token.normal.len() > 1 && token.normal.contains(['!', '?', '$'])
    };
    found[21] = up_to(views.tokens.iter().filter(shouts).count(), 2);
    found[22] = up_to(hashtags, 3);
    found[23] = on(repeats_itself(&views.raw));
    found[24] = on(views.words().count() < 5);
    found[INVISIBLE] = up_to(views.invisible, 4);
    found
}

fn is_hashtag(word: &str) -> bool {
    word.strip_prefix('#')
        .is_some_and(|tag| tag.starts_with(char::is_alphabetic))
}

/// Nine to fifteen digits with the usual signs between, beginning with `+`, `00`, `0` or `8`.
fn has_phone(text: &str) -> bool {
    let mut digits = 0;
    let mut starts_right = false;
    let mut previous = b' ';
    // All that counts is ASCII, and no byte of another character is.
    for c in text.bytes().chain([b'\n']) {
        if c.is_ascii_digit() {
            if digits == 0 {
                starts_right = previous == b'+' || matches!(c, b'0' | b'8');
            }
            digits += 1;
        } else if digits > 0 && !matches!(c, b' ' | b'-' | b'(' | b')' | b'.') {
            if starts_right && (9..=15).contains(&digits) {
                return true;
            }
            digits = 0;
        }
        previous = c;
    }
    false
}

/// An address of a well-known cryptocurrency, by its alphabet and length.
fn is_wallet(word: &str) -> bool {
    /// The shortest address.
    const SHORTEST: usize = 26;
    if word.len() < SHORTEST {
        return false;
    }
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let base58 = |c: char| c.is_ascii_alphanumeric() && !matches!(c, '0' | 'O' | 'I' | 'l');
    let mixed = word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_uppercase())
        && word.contains(|c: char| c.is_ascii_lowercase());
    let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    match word.len() {
        42 if word.starts_with("0x") => hex(&word[2..]),
        39..=62 if word.starts_with("bc1") => word.chars().all(|c| c.is_ascii_alphanumeric()),
        34 if word.starts_with('T') => mixed && word.chars().all(base58),
        SHORTEST..=35 if word.starts_with(['1', '3']) => mixed && word.chars().all(base58),
        48 if word.starts_with("EQ") || word.starts_with("UQ") => mixed,
        _ => false,
    }
}

/// Names of currencies, in the normal view.
const CURRENCIES: [&str; 53] = [
    "usd",
    "usdt",
    "eur",
    "rub",
    "btc",
    "eth",
    "bnb",
    "ton",
    "trx",
    "uah",
    "inr",
    "idr",
    "brl",
    "try",
    "gbp",
    "dollar",
    "dollars",
    "euro",
    "euros",
    "bucks",
    "рублеи",
    "рубля",
    "рубли",
    "руб",
    "р",
    "долларов",
    "доллара",
    "баксов",
    "евро",
    "грн",
    "гривень",
    "тенге",
    "dolar",
    "lira",
    "tl",
    "reais",
    "real",
    "dolares",
    "dollari",
    "rupiah",
    "rp",
    "rb",
    "juta",
    "jt",
    "rs",
    "rupees",
    "लाख",
    "रुपये",
    "डॉलर",
    "دولار",
    "ريال",
    "تومان",
    "دلار",
];

/// Whether the text names an amount of money, and whether it is one of four digits or more.
fn money(tokens: &[Token]) -> (bool, bool) {
    let is_currency = |token: &Token| match token.kind {
        Kind::Sign | Kind::Emoji => token
            .normal
            .contains(['$', '€', '£', '₽', '₴', '₹', '₺', '₸', '💵', '💲', '¥', '₿']),
        Kind::Word => CURRENCIES.contains(&token.normal.as_str()),
        _ => false,
    };
    let mut found = (false, false);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Number {
            continue;
        }
        // `5 000 $`, `$ 5,000`, `5k usd`: within two tokens on either side.
        let near = &tokens[at.saturating_sub(2)..tokens.len().min(at + 4)];
        if near.iter().any(is_currency) {
            found.0 = true;
            let digits = near.iter().filter(|token| token.kind == Kind::Number);
            let digits: usize = digits.map(|token| token.normal.len()).sum();
            found.1 |= digits >= 4 || near.iter().any(|token| token.normal == "k");
        }
    }
    found
}

fn has_percentage(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        let is_percent = |token: &Token| token.kind == Kind::Sign && token.normal.starts_with('%');
        pair[0].kind == Kind::Number && is_percent(&pair[1])
            || is_percent(&pair[0]) && pair[1].kind == Kind::Number
    })
}

/// Shares of the visible characters, scaled so that what is rare in ordinary text reaches 1.
struct Shares {
    capitals: f32,
    emoji: f32,
    signs: f32,
    digits: f32,
}

impl Shares {
    /// Over everything but links, handles and spaces: their letters are nobody's style.
    fn of(tokens: &[Token]) -> Self {
        let (mut all, mut letters, mut capitals, mut emoji, mut signs, mut digits) =
            (0, 0, 0, 0, 0, 0);
        for token in tokens {
            let length = token.normal.chars().count() as i32;
            match token.kind {
                Kind::Link | Kind::Handle => continue,
                Kind::Word => {
                    letters += length;
                    let raw = token.raw.iter().flat_map(|raw| raw.chars());
                    capitals += raw.filter(|c| c.is_uppercase()).count() as i32;
                }
                Kind::Number => digits += length,
                Kind::Emoji => emoji += length,
                Kind::Sign => signs += length,
            }
            all += length;
        }
        let share = |part: i32, of: i32, full: f32| {
            // Below ten characters a share says nothing.
            if of < 10 {
                return 0.0;
            }
            (part as f32 / of as f32 / full).min(1.0)
        };
        Shares {
            capitals: share(capitals, letters, 0.6),
            emoji: share(emoji, all, 0.1),
            signs: share(signs, all, 0.2),
            digits: share(digits, all, 0.2),
        }
    }
}

/// Whether a line of some length stands there twice.
fn repeats_itself(text: &str) -> bool {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| line.len() >= 20 && line.chars().nth(19).is_some());
    let mut seen = std::collections::BTreeSet::new();
    lines.into_iter().any(|line| !seen.insert(line))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, measure};
    use crate::normalise::Views;

    fn check(text: &str, expected: &[&str]) {
        let found = measure(&Views::of(text));
        let found: Vec<_> = NAMES
            .iter()
            .zip(found)
            .filter(|(_, value)| *value > 0.0)
            .collect();
        let found: Vec<_> = found.into_iter().map(|(name, _)| *name).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn each_sign_is_found_by_its_name() {
        check("see you at the usual place tomorrow", &[]);
        check(
            "join https://t.me/+abcd",
            &["a link", "an invitation link", "only a few words"],
        );
        check("why not ask @somebody about it then", &["an @name"]);
        check(
            "you can always call me at +44 20 7946 0000",
            &["a phone number", "share of signs", "share of digits"],
        );
        check(
            "send it to my wallet 0x52908400098527886E0F7030069857D2E4169EE7",
            &["a wallet address", "share of capitals", "share of digits"],
        );
        check(
            "tickets are to be had from 3 $ up",
            &["an amount of money", "share of signs", "share of digits"],
        );
        check("pa\u{200b}y me back next week", &["invisible characters"]);
        check("cрочно нужны люди для работы", &["words of mixed scripts"]);
        check(
            "BUY THIS NOW OR NEVER!!!",
            &[
                "share of capitals",
                "share of signs",
                "shouting punctuation",
            ],
        );
        check(
            "f r e e for all of you today",
            &["words written letter by letter"],
        );
    }
}
