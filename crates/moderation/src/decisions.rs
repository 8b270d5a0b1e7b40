//! Decisions: made by people or, for 72 hours, by a machine; carried out once the log holds them.
//!
//! A decision waits until its entry is in the public log. Only then [`crate::enact::Enact`] puts
//! its measure where search and clients see it. What the log refuses is never carried out.

use crate::cases::{self, Case, CaseError, Ended, Origin, Proposal};
use crate::subject::{Known, Subject, known};
use crate::terms;
pub use crate::verdict::{MalformedVerdict, Verdict};
use crate::{search_terms, second_look};
use heliograph_domain::measures;
use heliograph_model::{Measures, Owner, Territory, UnixMs, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
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

/// What came of a moderator's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is decided, and will be carried out when the log holds it.
    Decided(u64),
    /// It waits for a second moderator.
    Proposed,
    /// A second look came to the same: the first decision stands, and nothing new is entered.
    Agreed,
}

/// Decides a case. Something grave, or about a large or verified channel, is a proposal first; a
/// second moderator who decides the same makes it a decision.
#[derive(Clone, Debug)]
pub struct Decide {
    /// The moderator's number.
    pub moderator: u16,
    /// The case.
    pub case: u64,
    /// What is to be done.
    pub verdict: Verdict,
    /// 32 random bytes that hide the subject in the log.
    pub salt: [u8; 32],
}

impl Command for Decide {
    type Output = Outcome;
    type Error = DecideError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(mut self, tx: &mut Tx<'_>) -> Result<Outcome, DecideError> {
        let now = tx.now();
        self.verdict.check(now)?;
        let case = cases::find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(DecideError::Unknown)?;
        if !case.is_open_to(self.moderator, now) {
            return Err(DecideError::NotYours);
        }
        let found = known(tx.rows(), &case.subject).await?;
        self.check_rails(&case, found.as_ref())?;
        if let Some(first) = second_look::first(tx.rows(), &case).await?
            && first.verdict.act == self.verdict.act
        {
            second_look::agree(tx, case, &first)?;
            return Ok(Outcome::Agreed);
        }
        let settles = self.settled_by(tx, &case, now).await?;
        if let Some(number) = settles
            && let Some(earlier) = by_number(tx.rows(), number).await?
        {
            // The log compares commitments: what is about the same has the same.
            self.salt = earlier.salt;
        }

        let agreed = case.proposal.take().filter(|proposal| {
            proposal.by != self.moderator && proposal.verdict.act == self.verdict.act
        });
        let mut by = vec![self.moderator];
        match agreed {
            Some(proposal) => by.push(proposal.by),
            None if needs_two(&self.verdict, found.as_ref())
                || self.needs_two_for_any(tx, &case).await? =>
            {
                case.proposal = Some(Proposal {
                    by: self.moderator,
                    verdict: self.verdict,
                });
                case.taken = None;
                cases::put(tx, &mut case)?;
                return Ok(Outcome::Proposed);
            }
            None => {}
        }
        by.sort_unstable();
        for subject in case.alike.clone() {
            self.decide_alike(tx, &case, subject, &by).await?;
        }
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: Some(case.number),
            subject: case.subject.clone(),
            verdict: self.verdict,
            settles,
            origin: case.origin,
            received: case.received,
            found_by_machine: case.origin == Origin::Machine,
            by,
            at: now,
            owner: found.as_ref().and_then(|found| found.owner),
            country: found.as_ref().and_then(|found| found.country.clone()),
            kind: kind_of(&case.subject, found.as_ref()),
            terms: terms::current().version,
            salt: self.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        case.taken = None;
        case.ended = Some(Ended {
            at: now,
            decided: decided.id,
        });
        cases::put(tx, &mut case)?;
        Ok(Outcome::Decided(decided.id))
    }
}

impl Decide {
    /// What nobody may do, whoever they are.
    fn check_rails(&self, case: &Case, found: Option<&Known>) -> Result<(), DecideError> {
        let act = self.verdict.act;
        let Some(found) = found else {
            let harmless = matches!(act, Act::Nothing | Act::Undo | Act::Uphold);
            return if harmless {
                Ok(())
            } else {
                Err(DecideError::Gone)
            };
        };
        if found.staff && act.is_measure() {
            return Err(DecideError::Staff);
        }
        if let Some(limit) = &case.not_wider
            && act.is_measure()
            && !self.verdict.is_within(limit)
        {
            return Err(DecideError::WiderThanTheOrder);
        }
        let account = matches!(case.subject, Subject::User(_));
        if matches!(act, Act::Limit | Act::Freeze) && !account {
            return Err(DecideError::WrongKind);
        }
        let term = matches!(case.subject, Subject::Term(_));
        if term && act.is_measure() && act != Act::Delist {
            return Err(DecideError::WrongKind);
        }
        let appeal = case.origin == Origin::Appeal;
        match act {
            Act::Uphold if !appeal => Err(DecideError::NoAppeal),
            // All is well with what is contested: then the decision is taken back.
            Act::Nothing if appeal => Err(DecideError::NotInForce),
            _ => Ok(()),
        }
    }

    /// Whether two people must decide it because of something that is decided with it.
    async fn needs_two_for_any(&self, tx: &mut Tx<'_>, case: &Case) -> Result<bool, DecideError> {
        for subject in &case.alike {
            let found = known(tx.rows(), subject).await?;
            if needs_two(&self.verdict, found.as_ref()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Decides the same about something that is nearly the same and that a machine still hides. What
    /// was decided otherwise since, or came back after its 72 hours, is passed over: the gate acts on
    /// a text once, and people see it by itself if somebody reports it.
    async fn decide_alike(
        &self,
        tx: &mut Tx<'_>,
        case: &Case,
        subject: Subject,
        by: &[u16],
    ) -> Result<(), DecideError> {
        let now = tx.now();
        let found = known(tx.rows(), &subject).await?;
        let settles = machines_measure(tx.rows(), &subject, now).await?;
        let mut about = case.clone();
        about.subject = subject;
        if found.is_none()
            || self.check_rails(&about, found.as_ref()).is_err()
            || waiting_on(tx.rows(), &about.subject).await?
        {
            return Ok(());
        }
        let Some(number) = settles else {
            return Ok(());
        };
        let Some(earlier) = by_number(tx.rows(), number).await? else {
            return Ok(());
        };
        let mut verdict = self.verdict.clone();
        if verdict.act == Act::Nothing {
            verdict.act = Act::Undo;
        }
        let decided = Decided {
            id: tx.next_number("decision").await?,
            // The case is ended by the decision about its own subject.
            case: None,
            kind: kind_of(&about.subject, found.as_ref()),
            subject: about.subject,
            verdict,
            settles,
            origin: case.origin,
            received: case.received,
            found_by_machine: true,
            by: by.to_vec(),
            at: now,
            owner: found.as_ref().and_then(|found| found.owner),
            country: found.and_then(|found| found.country),
            terms: terms::current().version,
            // The log compares commitments: what is about the same has the same.
            salt: earlier.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        Ok(())
    }

    /// Which decision this one settles: the contested one, or what a machine did. Where all is well
    /// with something that a machine hid, that is taken back.
    async fn settled_by(
        &mut self,
        tx: &mut Tx<'_>,
        case: &Case,
        now: UnixMs,
    ) -> Result<Option<u64>, DecideError> {
        if let Some(first) = second_look::first(tx.rows(), case).await? {
            return Ok(self.settle_first(&first, now));
        }
        if let Some(number) = case.contests {
            return Ok(Some(number));
        }
        let of_machine = machines_measure(tx.rows(), &case.subject, now).await?;
        match (self.verdict.act, of_machine) {
            (Act::Nothing, Some(number)) => {
                self.verdict.act = Act::Undo;
                Ok(Some(number))
            }
            (Act::Undo, None) => Err(DecideError::NotInForce),
            (_, number) => Ok(number),
        }
    }
}

impl Decide {
    /// What a second look that comes to something else does to the first decision: it takes its
    /// place, or takes it back where nothing should have been done.
    fn settle_first(&mut self, first: &Decided, now: UnixMs) -> Option<u64> {
        if !first.is_in_force(now) {
            return None;
        }
        if self.verdict.act == Act::Nothing {
            self.verdict.act = Act::Undo;
        }
        first.number()
    }
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

/// Whether two people must decide it.
fn needs_two(verdict: &Verdict, found: Option<&Known>) -> bool {
    let eminent = found.is_some_and(|found| found.verified || found.members >= LARGE_MEMBERS);
    verdict.act.is_grave() || (eminent && verdict.act.is_measure())
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

/// Takes back what an earlier decision did, without a case.
#[derive(Clone, Debug)]
pub struct Undo {
    /// The moderator's number.
    pub moderator: u16,
    /// The log's number of the decision.
    pub number: u64,
    /// Why, as the owner reads it.
    pub facts: String,
}

impl Command for Undo {
    /// The number of the new decision in this installation's own count.
    type Output = u64;
    type Error = DecideError;
    const NAME: &'static str = "undo_decision";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64, DecideError> {
        let now = tx.now();
        let earlier = by_number(tx.rows(), self.number).await?;
        let earlier = earlier.ok_or(DecideError::Unknown)?;
        if !earlier.verdict.act.is_measure() || earlier.settled.is_some() {
            return Err(DecideError::NotInForce);
        }
        if waiting_about(tx.rows(), self.number).await? {
            return Err(DecideError::NotInForce);
        }
        let verdict = Verdict {
            act: Act::Undo,
            territory: Territory::World,
            until: None,
            clause: earlier.verdict.clause.clone(),
            category: earlier.verdict.category,
            facts: self.facts,
        };
        verdict.check(now)?;
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: None,
            verdict,
            settles: Some(self.number),
            origin: Origin::Own,
            received: now,
            found_by_machine: false,
            by: vec![self.moderator],
            at: now,
            terms: terms::current().version,
            // The commitment is that of the earlier decision: it is about the same subject.
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
            ..earlier
        };
        put(tx, &decided)?;
        Ok(decided.id)
    }
}

/// Whether a decision about this one waits for the log already.
async fn waiting_about(rows: &mut dyn Rows, number: u64) -> Result<bool, StoreError> {
    let waiting = waiting(rows, usize::MAX).await?;
    Ok(waiting
        .iter()
        .any(|decided| decided.settles == Some(number)))
}

/// Whether a decision about this subject waits for the log already.
async fn waiting_on(rows: &mut dyn Rows, subject: &Subject) -> Result<bool, StoreError> {
    let waiting = waiting(rows, usize::MAX).await?;
    Ok(waiting.iter().any(|decided| decided.subject == *subject))
}

/// Hides something for 72 hours: what a machine may do, and what a report about a child or a life
/// does at once.
#[derive(Clone, Debug)]
pub struct Hide {
    /// What.
    pub subject: Subject,
    /// How: the log allows a machine to demote, hold or delist.
    pub verdict: Verdict,
    /// Whether a machine found it.
    pub found_by_machine: bool,
    /// The case in which a person will look at it.
    pub case: Option<u64>,
    /// 32 random bytes that hide the subject in the log.
    pub salt: [u8; 32],
}

impl Command for Hide {
    /// Its number in this installation's own count; `None` where it is hidden already, gone, not
    /// public, or the staff's.
    type Output = Option<u64>;
    type Error = DecideError;
    const NAME: &'static str = "hide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<u64>, DecideError> {
        let now = tx.now();
        let found = known(tx.rows(), &self.subject).await?;
        let Some(found) = found.filter(|found| found.public && !found.staff) else {
            return Ok(None);
        };
        if machines_measure(tx.rows(), &self.subject, now)
            .await?
            .is_some()
        {
            return Ok(None);
        }
        if waiting_on(tx.rows(), &self.subject).await? {
            return Ok(None);
        }
        let verdict = Verdict {
            until: Some(now.plus_seconds(MACHINE_S)),
            ..self.verdict
        };
        verdict.check(now)?;
        let decided = Decided {
            id: tx.next_number("decision").await?,
            case: self.case,
            kind: kind_of(&self.subject, Some(&found)),
            subject: self.subject,
            verdict,
            settles: None,
            origin: Origin::Machine,
            received: now,
            found_by_machine: self.found_by_machine,
            by: Vec::new(),
            at: now,
            owner: found.owner,
            country: found.country,
            terms: terms::current().version,
            salt: self.salt,
            state: Progress::Waiting,
            settled: None,
            appeals: 0,
            told: None,
        };
        put(tx, &decided)?;
        Ok(Some(decided.id))
    }
}
