//! The entries of the log: what each may hold, in the one form in which it may be written.
//!
//! The page `docs/formats/log-entries.md` describes them. [`Entry::parse`] and
//! [`Entry::to_bytes`] are inverse: there is one text for each entry and one entry for each text,
//! so that a hash over the text is a hash over what it says. Rules that concern several entries
//! are in [`crate::ledger`].

pub mod act;
mod categories;
mod date;
pub mod fuzzing;
mod governance;
mod keys;
mod lines;
mod moderation;
mod report;
mod request;
mod retention;
mod reveal;
#[cfg(test)]
mod tests;
mod words;

pub use act::Signed;
pub use categories::{
    Act, Category, Change, Class, Decider, Dimension, Door, Duty, Ending, Errand, KeyRole, Kinds,
    Mode, ModelState, NoticeState, Outcome, Priority, Region, ReleaseReason, Source, SubjectKind,
};
pub use date::{DAY_S, Day, Hour, MalformedDate, Minute, Quarter};
pub use governance::{Authority, CountryDecision, Custodian, Policy, Roster, Switch};
pub use keys::{HolderLine, Keys};
pub use lines::Malformed;
pub use moderation::{
    Appeal, Control, Decision, Deed, Model, Moderator, REFUSALS, Scope, Terms, annex_of,
};
pub use report::{Claim, Column, Place, Report, Sum};
pub use request::{Closed, Confirm, Extend, Intake, Notice, Open, Request};
pub use retention::{Erase, KeeperDay, Preserve, Release, VaultRoot};
pub use reveal::{OpenedVector, Reveal, Shown};
pub(crate) use words::words;

use lines::{Lines, Writer};

const FIRST_LINE: &str = "heliograph/dd@v1";

words! {
    /// What an entry is about.
    pub enum Kind {
        /// See [`Policy`].
        Policy = "policy",
        /// See [`Roster`].
        Custodians = "custodians",
        /// See [`Keys`].
        Keys = "keys",
        /// See [`CountryDecision`].
        Country = "country",
        /// See [`Authority`].
        Authority = "authority",
        /// See [`Switch`].
        Switch = "switch",
        /// See [`VaultRoot`].
        Vault = "vault",
        /// See [`KeeperDay`].
        Keeper = "keeper",
        /// See [`Erase`].
        Erase = "erase",
        /// See [`Intake`].
        Intake = "intake",
        /// See [`Request`].
        Request = "request",
        /// See [`Confirm`].
        Confirm = "confirm",
        /// See [`Preserve`].
        Preserve = "preserve",
        /// See [`Release`].
        Release = "release",
        /// See [`Open`].
        Open = "open",
        /// See [`Closed`].
        Closed = "closed",
        /// See [`Extend`].
        Extend = "extend",
        /// See [`Reveal`].
        Reveal = "reveal",
        /// See [`Notice`].
        Notice = "notice",
        /// See [`Report`].
        Report = "report",
        /// See [`Terms`].
        Terms = "terms",
        /// See [`Moderator`].
        Moderator = "moderator",
        /// See [`Decision`].
        Decision = "decision",
        /// See [`Appeal`].
        Appeal = "appeal",
        /// See [`Control`].
        Control = "control",
        /// See [`Model`].
        Model = "model",
        /// See [`Deed`].
        Deed = "deed",
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The UTC day on which it was made.
    pub date: Day,
    /// What it says.
    pub body: Body,
    /// Who signed it; empty for the kinds that nobody signs.
    pub by: Vec<Signed>,
    /// Officers of the set before, under a new set of officers; empty otherwise.
    pub prior: Vec<Signed>,
}

macro_rules! bodies {
    ($($kind:ident($body:ty),)+) => {
        /// What an entry says.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(clippy::large_enum_variant, reason = "entries are handled one at a time")]
        pub enum Body { $(
            #[doc = concat!("A `", stringify!($kind), "` entry.")]
            $kind($body),
        )+ }

        impl Body {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ }
            }

            fn read(kind: Kind, lines: &mut Lines<'_>) -> Result<Self, Malformed> {
                Ok(match kind { $(Kind::$kind => Self::$kind(<$body>::read(lines)?),)+ })
            }

            fn write(&self, out: &mut Writer) {
                match self { $(Self::$kind(body) => body.write(out),)+ }
            }
        }

        $(impl From<$body> for Body {
            fn from(body: $body) -> Self {
                Self::$kind(body)
            }
        })+
    };
}

bodies! {
    Policy(Policy),
    Custodians(Roster),
    Keys(Keys),
    Country(CountryDecision),
    Authority(Authority),
    Switch(Switch),
    Vault(VaultRoot),
    Keeper(KeeperDay),
    Erase(Erase),
    Intake(Intake),
    Request(Request),
    Confirm(Confirm),
    Preserve(Preserve),
    Release(Release),
    Open(Open),
    Closed(Closed),
    Extend(Extend),
    Reveal(Reveal),
    Notice(Notice),
    Report(Report),
    Terms(Terms),
    Moderator(Moderator),
    Decision(Decision),
    Appeal(Appeal),
    Control(Control),
    Model(Model),
    Deed(Deed),
}

impl Body {
    /// Whether somebody signs such an entry.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::Policy(_)
            | Self::Custodians(_)
            | Self::Keys(_)
            | Self::Country(_)
            | Self::Authority(_)
            | Self::Switch(_)
            | Self::Erase(_)
            | Self::Confirm(_)
            | Self::Preserve(_)
            | Self::Extend(_) => true,
            // A machine's decision is signed by nobody.
            Self::Decision(decision) => decision.decided_by == Decider::Person,
            Self::Notice(notice) => notice.state == NoticeState::Delayed,
            Self::Vault(_)
            | Self::Keeper(_)
            | Self::Intake(_)
            | Self::Request(_)
            | Self::Release(_)
            | Self::Open(_)
            | Self::Closed(_)
            | Self::Reveal(_)
            | Self::Report(_)
            | Self::Terms(_)
            | Self::Moderator(_)
            | Self::Appeal(_)
            | Self::Control(_)
            | Self::Model(_)
            | Self::Deed(_) => false,
        }
    }

    /// The vectors of commitments that such an entry carries.
    pub fn vectors(&self) -> Vec<(Dimension, &[u8])> {
        match self {
            Self::Request(request) => vec![
                (Dimension::Region, &request.region),
                (Dimension::Kind, &request.kind),
            ],
            Self::Closed(closed) => vec![(Dimension::Outcome, &closed.outcome)],
            _ => Vec::new(),
        }
    }
}

impl Entry {
    /// An entry that nobody has signed yet.
    pub fn new(date: Day, body: impl Into<Body>) -> Self {
        Self {
            date,
            body: body.into(),
            by: Vec::new(),
            prior: Vec::new(),
        }
    }

    /// Reads an entry. Any text but the one that [`Entry::to_bytes`] writes is refused, with the
    /// line at fault.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::of(bytes)?;
        lines.exactly(FIRST_LINE)?;
        let kind = lines.take("kind")?.word(Kind::from_word)?;
        let date = lines.take("date")?.parsed()?;
        let body = Body::read(kind, &mut lines)?;
        let (mut by, mut prior) = (Vec::new(), Vec::new());
        if body.is_signed() {
            by = act::read(&mut lines, "by")?;
        }
        if matches!(&body, Body::Keys(keys) if keys.role == KeyRole::Officers) && !by.is_empty() {
            prior = act::read(&mut lines, "prior")?;
        }
        lines.end()?;
        Ok(Self {
            date,
            body,
            by,
            prior,
        })
    }

    /// The text of the entry.
    ///
    /// Fails when the entry holds something that no text may say: then nothing may be logged.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let bytes = self.render();
        let read_back = Self::parse(&bytes)?;
        if read_back == *self {
            return Ok(bytes);
        }
        Err(Malformed {
            line: 1,
            key: self.body.kind().word().into(),
            why: "reads back as another entry",
        })
    }

    fn render(&self) -> Vec<u8> {
        let mut out = Writer(format!("{FIRST_LINE}\n"));
        out.line("kind", self.body.kind());
        out.line("date", self.date);
        self.body.write(&mut out);
        act::write(&self.by, "by", &mut out);
        act::write(&self.prior, "prior", &mut out);
        out.0.into_bytes()
    }

    /// The bytes that are signed for it in the log with this origin.
    pub fn message(&self, origin: &str) -> Vec<u8> {
        act::message(origin, &self.render())
    }

    /// The text with the value of every vector left empty: what the proof of each is bound to.
    pub fn without_vectors(&self) -> Vec<u8> {
        let mut blank = self.clone();
        match &mut blank.body {
            Body::Request(request) => {
                request.region.clear();
                request.kind.clear();
            }
            Body::Closed(closed) => closed.outcome.clear(),
            _ => {}
        }
        blank.render()
    }
}
