//! What moderation does: who moderates, what they decide, appeals, switches, models and terms.
//!
//! Nobody is named. A subject is a commitment that its owner can open, a moderator a number with a
//! key.

use super::categories::{Act, Category, Decider, Duty, Errand, ModelState, Source, SubjectKind};
use super::date::{Day, Hour};
use super::lines::{Lines, Malformed, Value, Writer};
use crate::regions::Country;
use crate::tree::Hash;

/// `moderator`: somebody begins or ends to moderate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moderator {
    /// The number by which they sign, never given again.
    pub number: u16,
    /// Their Ed25519 public key.
    pub key: [u8; 32],
    /// Whether they moderate from now on.
    pub duty: Duty,
}

impl Moderator {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            number: lines.take("number")?.number(1..=u16::MAX)?,
            key: lines.take("key")?.bytes()?,
            duty: lines.take("duty")?.word(Duty::from_word)?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("number", self.number);
        out.bytes("key", &self.key);
        out.line("duty", self.duty);
    }
}

/// Where a measure holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    World,
    /// For people of these countries; at least one, ascending.
    Countries(Vec<Country>),
}

impl Scope {
    fn read(line: Value<'_>) -> Result<Self, Malformed> {
        if line.as_str() == "world" {
            return Ok(Self::World);
        }
        let mut countries: Vec<Country> = Vec::new();
        for code in line.as_str().split(',') {
            let country = line.part(code).parsed()?;
            if countries.last().is_some_and(|last| *last >= country) {
                return Err(line.fault("countries are not in ascending order"));
            }
            countries.push(country);
        }
        Ok(Self::Countries(countries))
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::World => f.write_str("world"),
            Self::Countries(countries) => {
                let codes: Vec<&str> = countries.iter().map(Country::code).collect();
                f.write_str(&codes.join(","))
            }
        }
    }
}

/// `decision`: what was decided about a public peer, a post, an account or a search term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Consecutive from 1.
    pub number: u64,
    /// Commitment to the subject: the owner is given what opens it.
    pub subject: Hash,
    /// What kind of thing it is.
    pub of_kind: SubjectKind,
    /// What is done.
    pub act: Act,
    /// Where.
    pub scope: Scope,
    /// When it ends by itself.
    pub until: Option<Hour>,
    /// The number of the decision that this one settles: undoes, upholds or replaces.
    pub settles: Option<u64>,
    /// The clause of the terms.
    pub clause: String,
    /// The version of the terms.
    pub terms: u64,
    /// What it is about, in the words of the public database of statements of reasons.
    pub category: Category,
    /// How it came to be looked at.
    pub source: Source,
    /// When that was: the first report, the scan, the order, the appeal.
    pub received: Hour,
    /// Where the owner is from; `None` where that is not known.
    pub country: Option<Country>,
    /// Whether a machine found it.
    pub found_by: Decider,
    /// Whether a machine decided it.
    pub decided_by: Decider,
    /// The number of the authority whose order it carries out.
    pub authority: Option<u64>,
    /// SHA-256 of the statement of reasons, which the owner has.
    pub statement: Hash,
}

impl Decision {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            number: lines.take("number")?.number(1..=u64::MAX)?,
            subject: lines.take("subject")?.hash()?,
            of_kind: lines.take("of")?.word(SubjectKind::from_word)?,
            act: lines.take("act")?.word(Act::from_word)?,
            scope: Scope::read(lines.take("scope")?)?,
            until: optional(lines.take("until")?)?,
            settles: lines.take("settles")?.optional_count()?,
            clause: lines.take("clause")?.name()?,
            terms: lines.take("terms")?.number(1..=u64::MAX)?,
            category: lines.take("category")?.word(Category::from_word)?,
            source: lines.take("source")?.word(Source::from_word)?,
            received: lines.take("received")?.parsed()?,
            country: optional(lines.take("country")?)?,
            found_by: lines.take("found-by")?.word(Decider::from_word)?,
            decided_by: lines.take("decided-by")?.word(Decider::from_word)?,
            authority: lines.take("authority")?.optional_count()?,
            statement: lines.take("statement")?.hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("number", self.number);
        out.line("subject", self.subject);
        out.line("of", self.of_kind);
        out.line("act", self.act);
        out.line("scope", &self.scope);
        out.optional("until", self.until);
        out.optional("settles", self.settles);
        out.line("clause", &self.clause);
        out.line("terms", self.terms);
        out.line("category", self.category);
        out.line("source", self.source);
        out.line("received", self.received);
        out.optional("country", self.country);
        out.line("found-by", self.found_by);
        out.line("decided-by", self.decided_by);
        out.optional("authority", self.authority);
        out.line("statement", self.statement);
    }
}

/// The place whose annex a clause of the terms belongs to, as `DE` of `annex.DE.1`.
pub fn annex_of(clause: &str) -> Option<&str> {
    let (place, _) = clause.strip_prefix("annex.")?.split_once('.')?;
    Some(place)
}

fn optional<T: std::str::FromStr>(line: Value<'_>) -> Result<Option<T>, Malformed> {
    match line.as_str() {
        "-" => Ok(None),
        _ => line.parsed().map(Some),
    }
}

/// `appeal`: an owner contests a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    /// The number of the decision.
    pub decision: u64,
    /// Commitment to what the owner says.
    pub text: Hash,
}

impl Appeal {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            decision: lines.take("decision")?.number(1..=u64::MAX)?,
            text: lines.take("text")?.hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("decision", self.decision);
        out.line("text", self.text);
    }
}

/// The name of the control by which what is nearly the same as the text of a decision is refused; its
/// class is `decision-N`.
pub const REFUSALS: &str = "refusals";

/// `control`: the operator switches something off for some, or on again; moderators have the like of a
/// text refused, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// What: `uploads`, or [`REFUSALS`].
    pub name: String,
    /// For whom: `new`, `bots`, `everyone`; or which decision.
    pub class: String,
    /// Off until then; `None` switches it on again.
    pub until: Option<Hour>,
    /// Why.
    pub reason: String,
}

impl Control {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            name: lines.take("name")?.name()?,
            class: lines.take("class")?.name()?,
            until: optional(lines.take("until")?)?,
            reason: lines.take("reason")?.text()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("name", &self.name);
        out.line("class", &self.class);
        out.optional("until", self.until);
        out.line("reason", &self.reason);
    }
}

/// `model`: a version of the classifier begins to work, or another one again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its version, from 1.
    pub version: u64,
    /// SHA-256 of its file.
    pub file: Hash,
    /// What it does from now on.
    pub state: ModelState,
    /// How many decisions it has learned from, beside what it shipped with.
    pub learned: u64,
}

impl Model {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            version: lines.take("version")?.number(1..=u64::MAX)?,
            file: lines.take("file")?.hash()?,
            state: lines.take("state")?.word(ModelState::from_word)?,
            learned: lines.take("learned")?.count()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("version", self.version);
        out.line("file", self.file);
        out.line("state", self.state);
        out.line("learned", self.learned);
    }
}

/// `deed`: something that is no decision was done around moderation, so many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub what: Errand,
    /// How often, or to how many.
    pub count: u64,
    /// SHA-256 of an announcement's text; `None` for everything else.
    pub text: Option<Hash>,
}

impl Deed {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            what: lines.take("what")?.word(Errand::from_word)?,
            count: lines.take("count")?.number(1..=u64::MAX)?,
            text: lines.take("text")?.optional_hash()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("what", self.what);
        out.line("count", self.count);
        out.optional("text", self.text);
    }
}

/// `terms`: a version of the terms is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its version, consecutive from 1.
    pub version: u64,
    /// SHA-256 of the bundle.
    pub bundle: Hash,
    /// The day from which it holds.
    pub effective: Day,
}

impl Terms {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            version: lines.take("version")?.number(1..=u64::MAX)?,
            bundle: lines.take("bundle")?.hash()?,
            effective: lines.take("effective")?.parsed()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("version", self.version);
        out.line("bundle", self.bundle);
        out.line("effective", self.effective);
    }
}
