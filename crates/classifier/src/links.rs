//! Addresses on the web, by what kind of place they lead to.

use unicode_script::{Script, UnicodeScript as _};

/// What kind of place a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkClass {
    /// A private invitation to a chat (`t.me/+…`, `t.me/joinchat/…`).
    Invite,
    /// A public name on Telegram or on a server like this one.
    Telegram,
    /// A service that hides where a link leads.
    Shortener,
    /// A host of mixed scripts, or in punycode that decodes to one: made to look like another.
    LookAlike,
    /// A bare address instead of a name.
    IpAddress,
    /// An ending that costs next to nothing and is mostly used once.
    CheapEnding,
    /// Anything else.
    Other,
}

/// Services that shorten links.
const SHORTENERS: [&str; 24] = [
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "t.co",
    "is.gd",
    "cutt.ly",
    "clck.ru",
    "vk.cc",
    "urlz.fr",
    "rb.gy",
    "ow.ly",
    "shorturl.at",
    "t.ly",
    "s.id",
    "rebrand.ly",
    "bl.ink",
    "soo.gd",
    "v.gd",
    "adf.ly",
    "shorte.st",
    "tiny.cc",
    "page.link",
    "lnkd.in",
    "kutt.it",
];

/// Endings that registrars give away.
const CHEAP_ENDINGS: [&str; 22] = [
    "xyz", "top", "ltd", "click", "icu", "vip", "win", "loan", "bid", "club", "site", "online",
    "fun", "buzz", "cfd", "sbs", "rest", "quest", "tk", "ml", "gq", "cf",
];

/// Endings that make `name.ending` without a scheme a link. Two-letter countries are listed where
/// confusion with ordinary words (`it`, `is`, `in`, `so`) is unlikely.
const ENDINGS: [&str; 62] = [
    "com", "org", "net", "info", "biz", "io", "co", "me", "app", "dev", "shop", "store", "pro",
    "xyz", "top", "ltd", "click", "icu", "vip", "win", "loan", "bid", "club", "site", "online",
    "fun", "buzz", "cfd", "sbs", "rest", "quest", "tk", "ml", "gq", "cf", "ru", "su", "рф", "ua",
    "by", "kz", "uz", "de", "fr", "es", "br", "pt", "tr", "id", "ir", "pl", "uk", "eu", "us", "cc",
    "gg", "ly", "gl", "fm", "tv", "ai", "bet",
];

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The host, in lower case.
    pub host: String,
    /// What kind of place it is.
    pub class: LinkClass,
    /// The first part of the path, for places where it names who is behind it.
    name: String,
}

impl Link {
    /// Reads a link, with or without a scheme; `None` for what is no link.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.contains(['.', ':']) {
            return None;
        }
        let (rest, schemed) = after_scheme(text);
        let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = host.trim_matches('.').to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        let ending = host.rsplit('.').next().unwrap_or_default();
        let known = host.contains('.') && ENDINGS.contains(&ending);
        let plain = host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        let too_long = host.len() > 253 || host.split('.').any(str::is_empty);
        if too_long || !plain || !(known || schemed) || authority.contains('@') && !schemed {
            return None;
        }
        let name = path.trim_start_matches('/').split(['/', '?', '#']).next();
        let name = name.unwrap_or_default().to_lowercase();
        let class = class(&host, ending, &name);
        let name = match class {
            LinkClass::Telegram => name.chars().take(32).collect(),
            _ => String::new(),
        };
        Some(Link { host, class, name })
    }

    /// What the model reads of it: the host, and the name on Telegram.
    pub(crate) fn words(&self) -> String {
        let mut words = self.host.chars().take(40).collect::<String>();
        if !self.name.is_empty() {
            words.push('/');
            words.push_str(&self.name);
        }
        words
    }
}

fn after_scheme(text: &str) -> (&str, bool) {
    for scheme in ["https://", "http://", "tg://"] {
        if let Some(start) = text.get(..scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            return (&text[scheme.len()..], true);
        }
    }
    (text, false)
}

fn class(host: &str, ending: &str, name: &str) -> LinkClass {
    if matches!(
        host,
        "t.me" | "telegram.me" | "telegram.dog" | "joinchat" | "join"
    ) {
        let invite = name.starts_with('+') || name == "joinchat" || host.starts_with("join");
        return if invite {
            LinkClass::Invite
        } else {
            LinkClass::Telegram
        };
    }
    let on = |list: &[&str]| {
        let below = |name: &&str| host == *name || host.ends_with(&format!(".{name}"));
        list.iter().any(below)
    };
    if on(&SHORTENERS) {
        LinkClass::Shortener
    } else if looks_alike(host) {
        LinkClass::LookAlike
    } else if host.parse::<std::net::IpAddr>().is_ok() {
        LinkClass::IpAddress
    } else if CHEAP_ENDINGS.contains(&ending) {
        LinkClass::CheapEnding
    } else {
        LinkClass::Other
    }
}

/// Whether a name of the host mixes scripts. Punycode among ASCII names is taken for the same: who
/// has nothing to hide shows the name in its letters.
fn looks_alike(host: &str) -> bool {
    host.split('.').any(|label| {
        let has = |script| label.chars().any(|c| c.script() == script);
        let latin = has(Script::Latin);
        let other = has(Script::Cyrillic) || has(Script::Greek) || has(Script::Armenian);
        label.starts_with("xn--") || latin && other
    })
}

#[cfg(test)]
mod tests {
    use super::{Link, LinkClass};

    fn check(text: &str, expected: Option<(&str, LinkClass)>) {
        let link = Link::parse(text);
        let found = link.as_ref().map(|link| (link.host.as_str(), link.class));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn links_are_sorted_by_where_they_lead() {
        check("https://t.me/+AbC", Some(("t.me", LinkClass::Invite)));
        check("t.me/joinchat/x", Some(("t.me", LinkClass::Invite)));
        check("T.me/News", Some(("t.me", LinkClass::Telegram)));
        check("http://bit.ly/1", Some(("bit.ly", LinkClass::Shortener)));
        check("pаypal.com", Some(("pаypal.com", LinkClass::LookAlike)));
        check(
            "http://192.0.2.7/a",
            Some(("192.0.2.7", LinkClass::IpAddress)),
        );
        check(
            "earn-now.xyz",
            Some(("earn-now.xyz", LinkClass::CheapEnding)),
        );
        check(
            "https://www.example.org/a?b",
            Some(("example.org", LinkClass::Other)),
        );
    }

    #[test]
    fn what_only_has_a_dot_is_no_link() {
        for text in [
            "e.g",
            "3.14",
            "and.so",
            "...",
            "a@example.org",
            "https://",
            "x..com",
        ] {
            check(text, None);
        }
    }
}
