//! Whom an order is about, and which time.

use super::{FormError, MAX_WINDOW_DAYS, wrong};
use heliograph_transparency::entry::{DAY_S, Minute};
use serde::{Deserialize, Serialize};

/// One line of a form that names an account; or an address, which names nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetForm {
    /// The account's id, in decimal.
    Account(String),
    /// A public username, with or without `@`.
    Username(String),
    /// A phone number in the form +4915100000.
    Number(String),
    /// An IP address: understood so that it can be answered, never searched for.
    Address(String),
}

/// The one account an order is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// By its id.
    Account(i64),
    /// By a public username, without `@`.
    Username(String),
    /// By a phone number: its digits, without `+`.
    Number(String),
}

/// Ids fit 40 bits, as Telegram's do.
const MAX_ACCOUNT: i64 = 1 << 40;

impl Target {
    /// Reads a line of a form; `None` for one that names no account.
    pub(super) fn parse(form: &TargetForm) -> Result<Option<Self>, FormError> {
        let target = match form {
            TargetForm::Account(id) => account(id).map(Target::Account),
            TargetForm::Username(name) => username(name).map(Target::Username),
            TargetForm::Number(number) => digits(number).map(Target::Number),
            TargetForm::Address(_) => return Ok(None),
        };
        target
            .map(Some)
            .ok_or(wrong("targets", "names no account in a known form"))
    }

    /// As it stands in the request's field `subject`, which is committed to and never shown.
    pub fn subject(&self) -> String {
        match self {
            Target::Account(id) => format!("account {id}"),
            Target::Username(name) => format!("username {name}"),
            Target::Number(digits) => format!("number +{digits}"),
        }
    }
}

fn account(text: &str) -> Option<i64> {
    let id: i64 = text.parse().ok()?;
    (1..MAX_ACCOUNT).contains(&id).then_some(id)
}

fn username(text: &str) -> Option<String> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    ((4..=32).contains(&name.len()) && name.bytes().all(inner)).then(|| name.to_owned())
}

fn digits(text: &str) -> Option<String> {
    let spaced = text.strip_prefix('+')?;
    let digits: String = spaced.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let sound = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    sound.then_some(digits)
}

/// A time that an order asks about, whole minutes in UTC, both ends included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first minute.
    pub from: Minute,
    /// The last minute.
    pub to: Minute,
}

impl Window {
    pub(super) fn parse(from: &str, to: &str) -> Result<Self, FormError> {
        let read = |field, text: &str| {
            text.parse::<Minute>()
                .map_err(|_| wrong(field, "is not a UTC minute in the form 2026-11-21T10:05Z"))
        };
        let window = Self {
            from: read("from", from)?,
            to: read("to", to)?,
        };
        if window.from > window.to {
            return Err(wrong("to", "is before `from`"));
        }
        let length_s = window.to.start_unix() - window.from.start_unix();
        if length_s > MAX_WINDOW_DAYS * DAY_S {
            return Err(wrong("to", "is more than 366 days after `from`"));
        }
        Ok(window)
    }

    /// As it stands in the request's field `window`.
    pub fn field(&self) -> String {
        format!("{} {}", self.from, self.to)
    }

    /// Whether an interval of seconds touches it.
    pub fn touches(&self, first_s: u64, last_s: u64) -> bool {
        first_s < self.to.start_unix() + 60 && last_s >= self.from.start_unix()
    }
}
