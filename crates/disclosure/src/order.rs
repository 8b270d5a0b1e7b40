//! An order, parsed once at the edge. What does not fit into it cannot be executed.
//!
//! The portal and the JSON interface both hand over an [`OrderForm`]. It becomes an [`Order`] only
//! if it asks for the phone number or addresses of exactly one account in a time that is past;
//! anything beyond that becomes an [`OutOfDesk`], for which no other part of this crate has a use.
//!
//! None of these types can be printed: an order names people.

mod fields;
mod target;

pub use fields::log_fields;
pub use target::{Target, TargetForm, Window};

use heliograph_transparency::case::Gag;
use heliograph_transparency::entry::{DAY_S, Kinds, Minute, Outcome, Priority};
use serde::{Deserialize, Serialize};

/// Longest stretch of time that one order may ask about, in days. Nothing older is ever held.
pub const MAX_WINDOW_DAYS: u64 = 366;

/// Longest short text (a name, a reference), in bytes.
pub const MAX_LINE_BYTES: usize = 200;

/// Longest reasoning, in bytes.
pub const MAX_TEXT_BYTES: usize = 8_000;

/// What an authority fills in. Its words are not checked yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderForm {
    /// Who signed the order.
    pub official: String,
    /// In which office.
    pub role: String,
    /// The authority's file reference.
    pub file_reference: String,
    /// The legal basis.
    pub legal_basis: String,
    /// The offence, by its id on the published list.
    pub offence: String,
    /// Who is suspected of it.
    pub suspect: String,
    /// The clause of the terms that was violated.
    pub clause: String,
    /// Why it is necessary and proportionate.
    pub necessity: String,
    /// Whom it is about: exactly one for an order.
    pub targets: Vec<TargetForm>,
    /// The first minute that it asks about, `2026-10-01T00:00Z`.
    pub from: String,
    /// The last minute.
    pub to: String,
    /// What it asks for: `phone`, `ip`.
    pub data: Vec<String>,
    /// `disclose` or `preserve`.
    pub purpose: String,
    /// `normal` or `emergency`.
    pub priority: String,
    /// In an emergency, the threat to life or limb; else empty.
    pub threat: String,
    /// `none`, a date, or `indefinite`.
    pub gag: String,
    /// `registered-key` or `passphrase`.
    pub delivery: String,
}

/// An order that the desk can execute if it is valid.
pub struct Order {
    /// Who sent it and why.
    pub head: Head,
    /// The one account.
    pub target: Target,
    /// The time it asks about.
    pub window: Window,
    /// Which of the two kinds of data.
    pub kinds: Kinds,
    /// Disclosure, or keeping for now.
    pub purpose: Purpose,
    /// How the package is sealed.
    pub delivery: Delivery,
}

/// A request that asks for something the desk has no means to give.
pub struct OutOfDesk {
    /// Who sent it and why.
    pub head: Head,
    /// What lies beyond the desk.
    pub beyond: Beyond,
}

/// What came of a form.
pub enum Asked {
    /// Something that the desk can do.
    Order(Order),
    /// Something that it cannot.
    OutOfDesk(OutOfDesk),
}

/// The part that every request has.
pub struct Head {
    /// Who signed the order.
    pub official: String,
    /// In which office.
    pub role: String,
    /// The authority's file reference.
    pub file_reference: String,
    /// The legal basis.
    pub legal_basis: String,
    /// The offence, by its id.
    pub offence: String,
    /// Who is suspected of it.
    pub suspect: String,
    /// The clause of the terms.
    pub clause: String,
    /// Why it is necessary and proportionate.
    pub necessity: String,
    /// How soon it must be answered.
    pub priority: Priority,
    /// The threat, in an emergency.
    pub threat: Option<String>,
    /// Whether the person may be told.
    pub gag: Gag,
}

/// What an order wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Open and deliver.
    Disclose,
    /// Keep beyond its term; an order to disclose may follow.
    Preserve,
}

/// How a package reaches the authority. A key comes from the registry, never from an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Sealed to the key in the registry.
    RegisteredKey,
    /// Sealed to a passphrase that is read out in a call-back.
    Passphrase,
}

/// Why a request is beyond the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// It asks about more than one account.
    SeveralAccounts,
    /// It asks for something other than a phone number and addresses.
    OtherData,
    /// It asks for secret chats, of which the server has no key.
    SecretChats,
    /// It asks who used an address.
    ByAddress,
    /// It asks about a time that is still to come.
    Future,
}

impl Beyond {
    /// How such a request ends, unless counsel finds otherwise.
    pub fn outcome(self) -> Outcome {
        match self {
            // Records are sealed: nobody can search them for an address.
            // And secret chats open with keys that only two devices have.
            Beyond::ByAddress | Beyond::SecretChats => Outcome::Impossible,
            Beyond::SeveralAccounts | Beyond::OtherData | Beyond::Future => Outcome::OutOfDesk,
        }
    }
}

/// A form was filled in wrongly. Says where and why, never what was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {why}")]
pub struct FormError {
    /// The field of the form.
    pub field: &'static str,
    /// What is wrong with it, following its name.
    pub why: &'static str,
}

pub(crate) fn wrong(field: &'static str, why: &'static str) -> FormError {
    FormError { field, why }
}

impl Asked {
    /// Reads a form that arrived at `received_s`.
    pub fn parse(form: &OrderForm, received_s: u64) -> Result<Self, FormError> {
        let head = Head::parse(form)?;
        let window = Window::parse(&form.from, &form.to)?;
        let purpose = match form.purpose.as_str() {
            "disclose" => Purpose::Disclose,
            "preserve" => Purpose::Preserve,
            _ => return Err(wrong("purpose", "is neither `disclose` nor `preserve`")),
        };
        let delivery = match form.delivery.as_str() {
            "registered-key" => Delivery::RegisteredKey,
            "passphrase" => Delivery::Passphrase,
            _ => {
                return Err(wrong(
                    "delivery",
                    "is neither `registered-key` nor `passphrase`",
                ));
            }
        };
        if form.targets.is_empty() {
            return Err(wrong("targets", "names no account"));
        }
        if form.data.is_empty() {
            return Err(wrong("data", "names nothing"));
        }
        let targets = form.targets.iter().map(Target::parse);
        let targets: Vec<Option<Target>> = targets.collect::<Result<_, _>>()?;
        let beyond = |beyond| OutOfDesk {
            beyond,
            head: Head::parse(form).expect("parsed above"),
        };
        // In this order, the gravest first, so that one form always ends in the same way.
        let Some(kinds) = kinds(&form.data) else {
            return Ok(Asked::OutOfDesk(beyond(beyond_kinds(&form.data))));
        };
        let mut targets = targets.into_iter();
        let target = match (targets.next(), targets.next()) {
            (Some(Some(target)), None) => target,
            (Some(None), None) => return Ok(Asked::OutOfDesk(beyond(Beyond::ByAddress))),
            _ => return Ok(Asked::OutOfDesk(beyond(Beyond::SeveralAccounts))),
        };
        // The minute of receipt has begun, so an order up to "now" is about the past.
        if window.to > Minute::of_unix(received_s) {
            return Ok(Asked::OutOfDesk(beyond(Beyond::Future)));
        }
        Ok(Asked::Order(Order {
            head,
            target,
            window,
            kinds,
            purpose,
            delivery,
        }))
    }

    /// The part that every request has.
    pub fn head(&self) -> &Head {
        match self {
            Asked::Order(order) => &order.head,
            Asked::OutOfDesk(request) => &request.head,
        }
    }
}

impl Head {
    fn parse(form: &OrderForm) -> Result<Self, FormError> {
        let priority = Priority::from_word(&form.priority)
            .ok_or(wrong("priority", "is neither `normal` nor `emergency`"))?;
        let threat = match priority {
            Priority::Emergency => Some(text("threat", &form.threat)?),
            Priority::Normal if form.threat.is_empty() => None,
            Priority::Normal => return Err(wrong("threat", "belongs to an emergency")),
        };
        Ok(Self {
            official: line("official", &form.official)?,
            role: line("role", &form.role)?,
            file_reference: line("file_reference", &form.file_reference)?,
            legal_basis: line("legal_basis", &form.legal_basis)?,
            offence: line("offence", &form.offence)?,
            suspect: line("suspect", &form.suspect)?,
            clause: line("clause", &form.clause)?,
            necessity: text("necessity", &form.necessity)?,
            priority,
            threat,
            gag: gag(&form.gag)?,
        })
    }
}

/// The kinds that the words name; `None` when one of them is beyond the desk.
fn kinds(words: &[String]) -> Option<Kinds> {
    let (mut phone, mut ip) = (false, false);
    for word in words {
        match word.as_str() {
            "phone" => phone = true,
            "ip" => ip = true,
            _ => return None,
        }
    }
    Some(match (phone, ip) {
        (true, true) => Kinds::Both,
        (true, false) => Kinds::Phone,
        _ => Kinds::Ip,
    })
}

/// The word with which a form asks for secret chats.
pub const SECRET_CHATS: &str = "secret-chats";

/// What a form asks for whose kinds are beyond the desk: secret chats are answered with a statement,
/// unless something else is asked for as well that counsel must answer.
fn beyond_kinds(words: &[String]) -> Beyond {
    let known = ["phone", "ip", SECRET_CHATS];
    if words.iter().all(|word| known.contains(&word.as_str())) {
        Beyond::SecretChats
    } else {
        Beyond::OtherData
    }
}

fn gag(text: &str) -> Result<Gag, FormError> {
    match text {
        "none" => Ok(Gag::None),
        "indefinite" => Ok(Gag::Indefinite),
        date => date
            .parse()
            .map(Gag::Until)
            .map_err(|_| wrong("gag", "is neither `none`, a date, nor `indefinite`")),
    }
}

/// A text in one line.
fn line(field: &'static str, value: &str) -> Result<String, FormError> {
    let value = value.trim();
    if value.is_empty() {
        Err(wrong(field, "is empty"))
    } else if value.len() > MAX_LINE_BYTES {
        Err(wrong(field, "is longer than 200 bytes"))
    } else if value.chars().any(char::is_control) {
        Err(wrong(field, "holds control characters"))
    } else {
        Ok(value.to_owned())
    }
}

/// A text in several lines.
fn text(field: &'static str, value: &str) -> Result<String, FormError> {
    let value = value.trim();
    let unprintable = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if value.is_empty() {
        Err(wrong(field, "is empty"))
    } else if value.len() > MAX_TEXT_BYTES {
        Err(wrong(field, "is longer than 8,000 bytes"))
    } else if value.chars().any(unprintable) {
        Err(wrong(field, "holds control characters"))
    } else {
        Ok(value.to_owned())
    }
}

impl Order {
    /// The days whose address records it asks for.
    pub fn days(&self) -> std::ops::RangeInclusive<u32> {
        let day = |minute: Minute| (minute.start_unix() / DAY_S) as u32;
        day(self.window.from)..=day(self.window.to)
    }
}

#[cfg(test)]
pub(crate) mod tests;
