//! Finding links, mentions and the like in a text, as Telegram's server does for every message.
//!
//! Clients send what their user has styled; what can be seen from the text alone is marked here
//! (<https://core.telegram.org/api/entities>), so that it looks the same in every client. The rules
//! are careful: what is not clearly a link stays plain text.

use heliograph_model::{Entity, EntityKind};

/// How many stretches are marked in one text; the rest stays plain.
const FOUND_MAX: usize = 100;

/// Adds to the entities that a client `sent` with a text those that are found in it.
///
/// Found stretches may lie inside bold ones and the like, but not touch code, links with a text of
/// their own, or anything that the client has marked to the same end.
pub fn with_found(text: &str, mut sent: Vec<Entity>) -> Vec<Entity> {
    let taken: Vec<(u32, u32)> = sent
        .iter()
        .filter(|entity| !is_style(&entity.kind))
        .map(|entity| (entity.offset, entity.offset + entity.length))
        .collect();
    let styled = sent.len();
    sent.extend(found_in(text).into_iter().filter(|found| {
        let end = found.offset + found.length;
        taken
            .iter()
            .all(|(from, to)| end <= *from || *to <= found.offset)
    }));
    if sent.len() > styled {
        sent.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
    }
    sent
}

/// Whether the kind only changes how a stretch looks.
fn is_style(kind: &EntityKind) -> bool {
    matches!(
        kind,
        EntityKind::Bold
            | EntityKind::Italic
            | EntityKind::Underline
            | EntityKind::Strike
            | EntityKind::Spoiler
            | EntityKind::Blockquote(_)
    )
}

/// The stretches found in a text, in order; offsets and lengths count UTF-16 units.
fn found_in(text: &str) -> Vec<Entity> {
    // Most messages have none of these, and nothing can be found without one.
    if !text.bytes().any(|byte| b"@#$/.".contains(&byte)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut before = None;
    let (mut rest, mut units) = (text, 0);
    while let Some(first) = rest.chars().next() {
        let hit = starting(rest, before).filter(|_| found.len() < FOUND_MAX);
        let (bytes, kind) = match hit {
            Some((bytes, kind)) => (bytes, Some(kind)),
            None => (first.len_utf8(), None),
        };
        let (passed, next) = rest.split_at(bytes);
        let length = heliograph_model::utf16_len(passed) as u32;
        if let Some(kind) = kind {
            found.push(Entity {
                offset: units,
                length,
                kind,
            });
        }
        before = passed.chars().next_back();
        rest = next;
        units += length;
    }
    found
}

/// What begins where `rest` begins, and how many bytes it has; `before` is the character in front.
fn starting(rest: &str, before: Option<char>) -> Option<(usize, EntityKind)> {
    let first = rest.chars().next()?;
    let in_a_word = before.is_some_and(is_word);
    match first {
        _ if in_a_word => None,
        '@' => mention(&rest[1..]).map(|bytes| (1 + bytes, EntityKind::Mention)),
        '#' => hashtag(&rest[1..]).map(|bytes| (1 + bytes, EntityKind::Hashtag)),
        '$' => cashtag(&rest[1..]).map(|bytes| (1 + bytes, EntityKind::Cashtag)),
        '/' if !matches!(before, Some('/' | '<' | '>')) => {
            command(&rest[1..]).map(|bytes| (1 + bytes, EntityKind::BotCommand))
        }
        _ if !is_word(first) || matches!(before, Some('@' | '.' | '/' | '-' | ':' | '#' | '$')) => {
            None
        }
        _ => link(rest)
            .map(|bytes| (bytes, EntityKind::Url))
            .or_else(|| email(rest).map(|bytes| (bytes, EntityKind::Email))),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the longest start of `text` whose characters all pass, in bytes.
fn run(text: &str, pass: impl Fn(char) -> bool) -> usize {
    text.find(|c| !pass(c)).unwrap_or(text.len())
}

fn next_is_word(text: &str) -> bool {
    text.chars().next().is_some_and(is_word)
}

/// A name of 4 to 32 Latin letters, digits and underscores that begins with a letter.
fn mention(text: &str) -> Option<usize> {
    let bytes = run(text, |c| c.is_ascii_alphanumeric() || c == '_');
    let named = (4..=32).contains(&bytes) && text.starts_with(|c: char| c.is_ascii_alphabetic());
    (named && !next_is_word(&text[bytes..])).then_some(bytes)
}

/// Up to 256 letters, digits and underscores, not digits alone.
fn hashtag(text: &str) -> Option<usize> {
    let bytes = run(text, |c| is_word(c) || c == '\u{200c}');
    let tag = &text[..bytes];
    let fits = (1..=256).contains(&tag.chars().count());
    let says_something = tag.chars().any(|c| is_word(c) && !c.is_numeric());
    (fits && says_something && !text[bytes..].starts_with('#')).then_some(bytes)
}

/// One to eight Latin capitals.
fn cashtag(text: &str) -> Option<usize> {
    let bytes = run(text, |c| c.is_ascii_uppercase());
    ((1..=8).contains(&bytes) && !next_is_word(&text[bytes..])).then_some(bytes)
}

/// Up to 64 Latin letters, digits and underscores, and perhaps the bot that is meant.
fn command(text: &str) -> Option<usize> {
    let bytes = run(text, |c| c.is_ascii_alphanumeric() || c == '_');
    if !(1..=64).contains(&bytes) {
        return None;
    }
    let after = &text[bytes..];
    if let Some(bot) = after.strip_prefix('@').and_then(mention) {
        return Some(bytes + 1 + bot);
    }
    let ends = !next_is_word(after) && !after.starts_with(['/', '<', '>', '@']);
    ends.then_some(bytes)
}

fn email(text: &str) -> Option<usize> {
    let local = run(text, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%')
    });
    if !(1..=64).contains(&local) || text[..local].ends_with('.') {
        return None;
    }
    let domain = domain(text[local..].strip_prefix('@')?)?;
    (domain.kind == DomainKind::Known).then_some(local + 1 + domain.bytes)
}

/// The schemes that make a link of any address.
const SCHEMES: &[&str] = &["https://", "http://", "ftp://", "tg://", "ton://"];

fn link(text: &str) -> Option<usize> {
    let scheme = SCHEMES.iter().copied().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let from = scheme.map_or(0, str::len);
    let host = &text[from..];
    // Links into an app name a page instead of a host.
    if matches!(scheme, Some("tg://" | "ton://")) {
        let name = run(host, |c| c.is_ascii_alphanumeric() || c == '_');
        return (name > 0).then(|| from + name + path(&host[name..]));
    }
    let domain = domain(host)?;
    let mut end = domain.bytes;
    if scheme.is_none() && (domain.kind != DomainKind::Known || host[end..].starts_with('@')) {
        return None;
    }
    if let Some(port) = host[end..].strip_prefix(':') {
        let digits = run(port, |c| c.is_ascii_digit());
        if (1..=5).contains(&digits) {
            end += 1 + digits;
        }
    }
    end += path(&host[end..]);
    Some(from + end)
}

/// The length of a path, query or fragment, in bytes. What closes a sentence or a bracket opened
/// before the link is no part of it.
fn path(text: &str) -> usize {
    if !text.starts_with(['/', '?', '#']) {
        return 0;
    }
    let whole = &text[..run(text, |c| {
        !c.is_whitespace() && !c.is_control() && !"<>\"«»“”‘’`|\\^".contains(c)
    })];
    let mut path = whole;
    while let Some(last) = path.chars().next_back() {
        let opens = match last {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => None,
        };
        let surplus =
            opens.is_some_and(|open| path.matches(last).count() > path.matches(open).count());
        if !surplus && !".,:;!?'…".contains(last) {
            break;
        }
        path = &path[..path.len() - last.len_utf8()];
    }
    path.len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DomainKind {
    /// It ends in a top-level domain that exists.
    Known,
    /// An address of numbers, the machine itself, or a name with an end of its own.
    Other,
}

struct Domain {
    bytes: usize,
    kind: DomainKind,
}

/// The host name or address at the start of `text`.
fn domain(text: &str) -> Option<Domain> {
    let mut bytes = run(text, |c| is_word(c) || c == '-' || c == '.');
    // The full stop of a sentence, or dots that trail off.
    while text[..bytes].ends_with(['.', '-']) {
        bytes -= 1;
    }
    let name = &text[..bytes];
    if name.len() > 253 {
        return None;
    }
    let labels: Vec<&str> = name.split('.').collect();
    let well_formed = labels.iter().all(|label| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    });
    let (&top, rest) = labels.split_last()?;
    if !well_formed || top.contains('_') {
        return None;
    }
    let is_ip = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    if is_ip || name == "localhost" {
        let kind = DomainKind::Other;
        return Some(Domain { bytes, kind });
    }
    if rest.is_empty() || top.starts_with(|c: char| c.is_numeric()) {
        return None;
    }
    let kind = if is_top_level(top) {
        DomainKind::Known
    } else {
        DomainKind::Other
    };
    Some(Domain { bytes, kind })
}

/// Whether a name ends in a top-level domain that is in common use: those of countries and the
/// larger general ones. A longer list would turn file names and typing errors into links.
fn is_top_level(label: &str) -> bool {
    let label = label.to_lowercase();
    let listed = |list: &str| list.split_ascii_whitespace().any(|known| known == label);
    label.starts_with("xn--") || listed(GENERAL) || listed(COUNTRIES) || listed(INTERNATIONAL)
}

/// Source: the IANA root zone, as of 2026.
const GENERAL: &str = "aero agency app arpa art asia bank biz blog cafe cat center chat church city \
    click cloud club codes com community company coop design dev digital edu education email \
    events foundation fun global gov group health help host info ink int jobs land legal life link \
    live lol love marketing media mil mobi museum name net network news ngo one online ong onion \
    org page photo plus post press pro pub radio review run school services shop site social \
    software solutions space store studio systems team tech tel today tools top travel university \
    video website wiki work works world xxx xyz zone ton";

/// The two-letter domains of countries and territories, and of the European Union.
const COUNTRIES: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi \
    bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk \
    dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu \
    gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky \
    kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx \
    my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro \
    rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl \
    tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// Country domains in other scripts that people write as they are.
const INTERNATIONAL: &str = "рф рус укр бел мкд срб бг ею қаз москва дети сайт онлайн орг ком 中国 \
    中國 台湾 台灣 香港 公司 网络 한국 ไทย ભારત भारत ایران مصر السعودية الاردن المغرب امارات";

#[cfg(test)]
mod tests {
    use super::*;

    /// Every stretch found, as its kind's first letter and its text.
    fn check(text: &str, expected: &[(&str, &str)]) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let found: Vec<(String, String)> = found_in(text)
            .into_iter()
            .map(|entity| {
                let (from, length) = (entity.offset as usize, entity.length as usize);
                let stretch = String::from_utf16(&units[from..from + length]);
                (
                    format!("{:?}", entity.kind),
                    stretch.expect("no half characters"),
                )
            })
            .collect();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(kind, text)| (kind.as_str(), text.as_str()))
            .collect();
        assert_eq!(found, expected, "in {text:?}");
    }

    #[test]
    fn mentions_need_a_name_and_a_free_place() {
        check("hi @alice!", &[("Mention", "@alice")]);
        check("(@Bob_1)", &[("Mention", "@Bob_1")]);
        check("@bob @1234 a@bobby @abc", &[]);
        check(&format!("@{}", "a".repeat(33)), &[]);
        check("@aliceö", &[]);
    }

    #[test]
    fn tags_are_words_in_any_script() {
        check(
            "#one #два,#três_4 #5 a#six",
            &[
                ("Hashtag", "#one"),
                ("Hashtag", "#два"),
                ("Hashtag", "#três_4"),
            ],
        );
        check("$USD and $TOOLONGXX, $eur", &[("Cashtag", "$USD")]);
    }

    #[test]
    fn commands_stand_at_the_start_of_a_word() {
        check(
            "/start now /help@some_bot.",
            &[("BotCommand", "/start"), ("BotCommand", "/help@some_bot")],
        );
        check("and/or 1/2 //no /no/path </b>", &[]);
    }

    #[test]
    fn links_are_found_with_and_without_a_scheme() {
        check(
            "see example.com, https://a.b.example/x?y=1#z.",
            &[
                ("Url", "example.com"),
                ("Url", "https://a.b.example/x?y=1#z"),
            ],
        );
        check(
            "(https://en.wikipedia.org/wiki/A_(b))",
            &[("Url", "https://en.wikipedia.org/wiki/A_(b)")],
        );
        check(
            "http://localhost:8443/healthz",
            &[("Url", "http://localhost:8443/healthz")],
        );
        check("HTTP://127.0.0.1", &[("Url", "HTTP://127.0.0.1")]);
        check(
            "tg://resolve?domain=alice!",
            &[("Url", "tg://resolve?domain=alice")],
        );
        check("президент.рф", &[("Url", "президент.рф")]);
    }

    #[test]
    fn what_only_looks_like_a_link_stays_text() {
        check("1.2.3 end.of.sentence Dr.Who a..b .com http:// 3.14", &[]);
        check("http://nodots -a.com- foo_.x", &[]);
        check("1.2.3.4", &[]);
    }

    #[test]
    fn mail_addresses_are_no_links() {
        check(
            "ada.l+x@mail.example.org or <b@c.de>",
            &[("Email", "ada.l+x@mail.example.org"), ("Email", "b@c.de")],
        );
        check("a@b a@b.unknowntop @", &[]);
    }

    #[test]
    fn offsets_count_utf16_units() {
        let found = found_in("😀😀 @alice");
        assert_eq!((found[0].offset, found[0].length), (5, 6));
    }

    #[test]
    fn code_and_named_links_are_left_alone() {
        let entity = |offset, length, kind| Entity {
            offset,
            length,
            kind,
        };
        let text = "a.com b.com c.com";
        let sent = vec![
            entity(0, 5, EntityKind::Code),
            entity(0, 17, EntityKind::Bold),
            entity(7, 3, EntityKind::TextUrl("https://other.example".into())),
        ];
        let all = with_found(text, sent);
        let urls: Vec<u32> = all
            .iter()
            .filter(|entity| entity.kind == EntityKind::Url)
            .map(|entity| entity.offset)
            .collect();
        assert_eq!(urls, [12]);
        assert!(all.is_sorted_by_key(|entity| entity.offset));
    }

    #[test]
    fn a_text_of_nothing_but_links_is_marked_up_to_a_bound() {
        assert_eq!(found_in(&"@alice ".repeat(600)).len(), FOUND_MAX);
    }

    #[test]
    fn long_texts_without_ends_take_no_long_time() {
        // Each of these would be quadratic if every start were tried to the end of the text.
        for unit in ["a.", "a-", "@", "#a", "http://", "(", "a@"] {
            found_in(&unit.repeat(4096 / unit.len()));
        }
    }
}
