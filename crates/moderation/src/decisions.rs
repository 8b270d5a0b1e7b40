//! Decisions: made by people or, for 72 hours, by a machine; carried out once the log holds them.
//!
//! A decision waits until its entry is in the public log. Only then [`crate::enact::Enact`] puts
//! its measure where search and clients see it. What the log refuses is never carried out.

mod decide;
mod hide;
mod undo;

pub use decide::{Decide, Outcome};
pub use hide::Hide;
pub use undo::Undo;

use crate::cases::{CaseError, Origin};
use crate::search_terms;
use crate::subject::{Known, Subject};
pub use crate::verdict::{MalformedVerdict, Verdict};
use heliograph_domain::measures;
use heliograph_model::{Measures, Owner, UnixMs, UserId};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Table, Tx, row};
use heliograph_transparency::entry::Act;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// How long what a machine hid stays hidden unless a person confirms it, in seconds.
pub const MACHINE_S: i64 = 72 * 3_600;

/// From so many members on, two people decide about a channel.
pub const LARGE_MEMBERS: u32 = 10_000;

/// A decision, from the moment somebody made it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Decided {
    /// Its number in this installation's own count.
    #[n(0)]
    pub id: u64,
    /// The case that it ends; none where it was made without one.
    #[n(1)]
    pub case: Option<u64>,
    /// What it is about.
    #[n(2)]
    pub subject: Subject,
    /// What is done, and why.
    #[n(3)]
    pub verdict: Verdict,
    /// The log's number of the decision that it settles.
    #[n(4)]
    pub settles: Option<u64>,
    /// How it came to be looked at.
    #[n(5)]
    pub origin: Origin,
    /// When.
    #[n(6)]
    pub received: UnixMs,
    /// Whether a machine found it.
    #[n(7)]
    pub found_by_machine: bool,
    /// The moderators who decided it; none for a machine.
    #[n(8)]
    pub by: Vec<u16>,
    /// When it was decided.
    #[n(9)]
    pub at: UnixMs,
    /// Whose the subject is.
    #[n(10)]
    pub owner: Option<UserId>,
    /// Where the owner is from.
    #[n(11)]
    pub country: Option<String>,
    /// What kind of thing the subject is, by the log's word.
    #[n(12)]
    pub kind: String,
    /// The version of the terms.
    #[n(13)]
    pub terms: u64,
    /// What hides the subject in the log; the owner is given it.
    #[cbor(n(14), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// How far it is.
    #[n(15)]
    pub state: Progress,
    /// The log's number of the decision that undid or replaced it.
    #[n(16)]
    pub settled: Option<u64>,
    /// How often it was contested.
    #[n(17)]
    pub appeals: u8,
    /// When the owner was told, where that was not at once.
    #[n(18)]
    #[cbor(default)]
    pub told: Option<UnixMs>,
}

row!(Decided, Table::Decision, key: DecisionKey);

/// How far a decision is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Progress {
    /// It waits for its entry in the log.
    #[n(0)]
    Waiting,
    /// It is in the log, and carried out.
    #[n(1)]
    Done {
        /// Its number there.
        #[n(0)]
        number: u64,
        /// The index of its entry.
        #[n(1)]
        index: u64,
    },
    /// The log refused it, for this reason; nothing came of it.
    #[n(2)]
    Refused(#[n(0)] String),
}

impl Decided {
    /// The log's number, once it has one.
    pub fn number(&self) -> Option<u64> {
        match self.state {
            Progress::Done { number, .. } => Some(number),
            Progress::Waiting | Progress::Refused(_) => None,
        }
    }

    /// Whether a machine decided it.
    pub fn is_by_machine(&self) -> bool {
        self.by.is_empty()
    }

    /// Whether what it did holds at `now`.
    pub fn is_in_force(&self, now: UnixMs) -> bool {
        let ended = self.verdict.until.is_some_and(|until| until <= now);
        self.number().is_some() && self.verdict.act.is_measure() && self.settled.is_none() && !ended
    }
}

impl Decided {
    /// Whether it is about a child or a life: then the owner is not told at once, so that nobody is
    /// warned before those who can help.
    pub fn is_delicate(&self) -> bool {
        let clause = &self.verdict.clause;
        clause.starts_with("children.") || clause.starts_with("life.")
    }

    /// When the owner was told; `None` for who was not told yet.
    pub fn told_at(&self) -> Option<UnixMs> {
        let at_once = !self.is_delicate() || self.verdict.act == Act::Undo;
        self.told.or_else(|| at_once.then_some(self.at))
    }
}

/// Which rows of the table, and which of them.
type DecisionKey = (u8, u64);

/// Decisions by their own number.
const BY_ID: u8 = 0;
/// From the log's number to it.
const BY_NUMBER: u8 = 1;
/// Decisions that wait for the log.
const WAITING: u8 = 2;
/// Removals of what is still there, hidden.
const REMOVED: u8 = 3;
/// What decisions say about texts like the one they are about: see [`crate::precedents`].
pub(crate) const PRECEDENT: u8 = 4;
/// Versions of the terms that the log has: see [`crate::publication`].
pub(crate) const PUBLISHED: u8 = 5;
/// Pictures that somebody has let through: see [`crate::refusals`].
pub(crate) const ADMITTED: u8 = 6;
/// How many refusals the log has not counted yet.
pub(crate) const REFUSED: u8 = 7;
/// How many posts were drawn on a day: see [`crate::sampling`].
pub(crate) const SAMPLED: u8 = 8;

/// A decision's own number.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct DecisionId(#[n(0)] u64);

row!(DecisionId, Table::Decision, key: DecisionKey);

const ALL: Owner = Owner::INSTALLATION;

/// A decision about a subject, by the subject and its own number.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct AboutSubject(#[n(0)] u64);

row!(AboutSubject, Table::CaseOrder, key: String);

fn about(subject: &Subject) -> String {
    format!("decided/{subject}/")
}

/// The newest decisions about a subject, at most `limit`.
pub async fn of_subject(
    rows: &mut dyn Rows,
    subject: &Subject,
    limit: usize,
) -> Result<Vec<Decided>, StoreError> {
    let range = KeyRange::within(&about(subject));
    let found = rows
        .list::<AboutSubject>(ALL, range, Order::Descending, limit)
        .await?;
    let mut decisions = Vec::with_capacity(found.len());
    for (_, AboutSubject(id)) in found {
        let decided = find(rows, id).await?;
        // A search term may begin as another one does, up to a slash.
        decisions.extend(decided.filter(|decided| decided.subject == *subject));
    }
    Ok(decisions)
}

/// Removals of what is still there, hidden: the oldest, at most `limit`.
pub(crate) async fn removed(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Decided>, StoreError> {
    of_kind(rows, REMOVED, limit).await
}

/// Notes that something removed is still there.
pub(crate) fn note_removed(tx: &mut Tx<'_>, id: u64) -> Result<(), StoreError> {
    tx.put(ALL, &(REMOVED, id), &DecisionId(id))
}

/// Notes that nothing is left of what was removed, or that it is not removed any more.
pub(crate) fn forget_removed(tx: &mut Tx<'_>, id: u64) -> Result<(), StoreError> {
    tx.delete::<DecisionId>(ALL, &(REMOVED, id))
}

/// The decision with this number of our own.
pub async fn find(rows: &mut dyn Rows, id: u64) -> Result<Option<Decided>, StoreError> {
    rows.find(ALL, &(BY_ID, id)).await
}

/// The decision with this number in the log.
pub async fn by_number(rows: &mut dyn Rows, number: u64) -> Result<Option<Decided>, StoreError> {
    let id: Option<DecisionId> = rows.find(ALL, &(BY_NUMBER, number)).await?;
    match id {
        Some(DecisionId(id)) => find(rows, id).await,
        None => Ok(None),
    }
}

/// The decisions that wait for the log, oldest first, at most `limit`.
pub async fn waiting(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Decided>, StoreError> {
    of_kind(rows, WAITING, limit).await
}

/// The decisions to which rows of this kind lead, oldest first.
async fn of_kind(rows: &mut dyn Rows, kind: u8, limit: usize) -> Result<Vec<Decided>, StoreError> {
    let range = KeyRange::within(&kind);
    let ids = rows
        .list::<DecisionId>(ALL, range, Order::Ascending, limit)
        .await?;
    let mut found = Vec::with_capacity(ids.len());
    for (_, DecisionId(id)) in ids {
        found.extend(find(rows, id).await?);
    }
    Ok(found)
}

/// The newest decisions, at most `limit`.
pub async fn newest(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Decided>, StoreError> {
    let range = KeyRange::within(&BY_ID);
    let found = rows
        .list::<Decided>(ALL, range, Order::Descending, limit)
        .await?;
    Ok(found.into_iter().map(|(_, decided)| decided).collect())
}

/// What was put on a subject.
pub async fn measures_of(rows: &mut dyn Rows, subject: &Subject) -> Result<Measures, StoreError> {
    match subject {
        Subject::Post(channel, post) => measures::of_post(rows, *channel, *post).await,
        Subject::User(user) => measures::of_peer(rows, (*user).into()).await,
        Subject::Channel(channel) => measures::of_peer(rows, (*channel).into()).await,
        Subject::Term(term) => search_terms::measures_of(rows, term).await,
    }
}

/// Writes a decision; one that waits is found by whoever writes the log.
pub(crate) fn put(tx: &mut Tx<'_>, decided: &Decided) -> Result<(), StoreError> {
    let id = decided.id;
    match decided.state {
        Progress::Waiting => {
            tx.put(ALL, &(WAITING, id), &DecisionId(id))?;
            let key = format!("{}{id:012}", about(&decided.subject));
            tx.put(ALL, &key, &AboutSubject(id))?;
        }
        Progress::Done { number, .. } => {
            tx.put(ALL, &(BY_NUMBER, number), &DecisionId(id))?;
            tx.delete::<DecisionId>(ALL, &(WAITING, id))?;
        }
        Progress::Refused(_) => tx.delete::<DecisionId>(ALL, &(WAITING, id))?,
    }
    tx.put(ALL, &(BY_ID, id), decided)
}

/// Why a decision was not made: in words for the moderator.
#[derive(Debug, Error)]
pub enum DecideError {
    /// The verdict is not complete.
    #[error(transparent)]
    Malformed(#[from] MalformedVerdict),
    /// No such case.
    #[error("there is no such case")]
    Unknown,
    /// Somebody else has it, it has ended, or it is an appeal against the caller's own decision.
    #[error("the case has ended, somebody else has it, or it contests a decision of yours")]
    NotYours,
    /// The subject is the caller's own, or another member of staff's.
    #[error("nobody decides about their own account or channel, nor about a colleague's")]
    Staff,
    /// The order does not reach so far.
    #[error("the order does not reach so far: decide for its countries only")]
    WiderThanTheOrder,
    /// The subject is gone.
    #[error("it is not there any more; end the case with `nothing`")]
    Gone,
    /// Only an appeal is upheld.
    #[error("only a contested decision can be left as it is")]
    NoAppeal,
    /// Nothing to undo.
    #[error("this decision is not in force")]
    NotInForce,
    /// It cannot be done to this kind of thing.
    #[error("this cannot be done to it: accounts are limited and frozen, search terms delisted")]
    WrongKind,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CaseError> for DecideError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Unknown => Self::Unknown,
            CaseError::NotYours => Self::NotYours,
            CaseError::Store(error) => Self::Store(error),
        }
    }
}

fn kind_of(subject: &Subject, found: Option<&Known>) -> String {
    use heliograph_transparency::entry::SubjectKind;
    let gone = match subject {
        Subject::User(user) if user.is_bot() => SubjectKind::Bot,
        Subject::User(_) => SubjectKind::Person,
        Subject::Channel(_) => SubjectKind::Channel,
        Subject::Post(..) => SubjectKind::Post,
        Subject::Term(_) => SubjectKind::Term,
    };
    found.map_or(gone, |found| found.kind).word().to_owned()
}

/// The log's number of what a machine did to a subject, where it is in force.
async fn machines_measure(
    rows: &mut dyn Rows,
    subject: &Subject,
    now: UnixMs,
) -> Result<Option<u64>, StoreError> {
    for measure in measures_of(rows, subject).await?.reach {
        let decided = by_number(rows, measure.decision).await?;
        let of_machine = decided.filter(Decided::is_by_machine);
        if of_machine.is_some_and(|decided| decided.is_in_force(now)) {
            return Ok(Some(measure.decision));
        }
    }
    Ok(None)
}

/// Whether a decision about this subject waits for the log already.
async fn waiting_on(rows: &mut dyn Rows, subject: &Subject) -> Result<bool, StoreError> {
    let waiting = waiting(rows, usize::MAX).await?;
    Ok(waiting.iter().any(|decided| decided.subject == *subject))
}
