//! Cases: what was reported about one subject, and the queue in which people look at them.

use crate::reasons::{self, Reason};
use crate::subject::Subject;
use heliograph_model::{Owner, Territory, UnixMs, UserId};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, last_number, row,
};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// How long a case stays with the moderator who took it, in seconds.
pub const TAKEN_S: i64 = 15 * 60;

/// How many excerpts of reported messages a case keeps.
const EXCERPTS_MAX: usize = 20;

/// What was reported about one subject, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Case {
    /// Its number.
    #[n(0)]
    pub number: u64,
    /// What it is about.
    #[n(1)]
    pub subject: Subject,
    /// When the first report came.
    #[n(2)]
    pub received: UnixMs,
    /// How it began.
    #[n(3)]
    pub origin: Origin,
    /// The most urgent reason that was given, by its word.
    #[n(4)]
    pub reason: String,
    /// How many reports there are, one for each reporter.
    #[n(5)]
    pub reports: u32,
    /// What they weigh together, in hundredths.
    #[n(6)]
    pub weight: u32,
    /// Who has it, and until when.
    #[n(7)]
    pub taken: Option<Taken>,
    /// What one moderator wants and a second one must agree to.
    #[n(8)]
    pub proposal: Option<Proposal>,
    /// How it ended.
    #[n(9)]
    pub ended: Option<Ended>,
    /// Messages that reporters handed over; nothing else of a private chat is ever shown.
    #[n(10)]
    pub excerpts: Vec<Excerpt>,
    /// The moderators who may not decide: those whose decision is contested.
    #[n(11)]
    pub not_by: Vec<u16>,
    /// The log's number of the decision that is contested.
    #[n(12)]
    pub contests: Option<u64>,
    /// What the owner says in an appeal, or a notice its sender.
    #[n(13)]
    pub statement: String,
    /// Where it stands in the queue while it is open.
    #[n(14)]
    place: String,
    /// How far a decision may reach: no further than the order that it carries out.
    #[n(15)]
    pub not_wider: Option<Territory>,
    /// The moderators who want to see what is sealed: two open it.
    #[n(16)]
    #[cbor(default)]
    pub opened_by: Vec<u16>,
    /// To which hotline or authority it was reported, and their reference for it.
    #[n(17)]
    #[cbor(default)]
    pub hotline: Vec<(String, String)>,
    /// What is nearly the same as the subject, and is decided with it.
    #[n(18)]
    #[cbor(default)]
    pub alike: Vec<Subject>,
    /// When its evidence was handed out as a file, for a hotline or an authority.
    #[n(19)]
    #[cbor(default)]
    pub exported: Option<UnixMs>,
    /// What was refused and is contested: its author, and its number.
    #[n(20)]
    #[cbor(default)]
    pub refusal: Option<(UserId, u64)>,
}

row!(Case, Table::Case, key: u64);

/// How a case began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Origin {
    /// A report in a client.
    #[n(0)]
    Report,
    /// A notice at `/report`.
    #[n(1)]
    Notice,
    /// `@SearchReport`.
    #[n(2)]
    Search,
    /// A machine.
    #[n(3)]
    Machine,
    /// A moderator.
    #[n(4)]
    Own,
    /// The order of an authority, by its number in the registry.
    #[n(5)]
    Order(#[n(0)] u64),
    /// An appeal.
    #[n(6)]
    Appeal,
    /// A sampled decision is looked at a second time.
    #[n(7)]
    SecondLook,
    /// An author contests that something was refused.
    #[n(8)]
    Refused,
    /// A post on which the classifier abstains was drawn at random.
    #[n(9)]
    Sampled,
}

impl Origin {
    /// Under which word the open cases about a subject are found: each word has one at a time.
    fn queue_word(self) -> &'static str {
        match self {
            Origin::Appeal => "appeal",
            Origin::SecondLook => "second",
            Origin::Refused => "refused",
            _ => "open",
        }
    }
}

/// Who has a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Taken {
    /// The moderator's number.
    #[n(0)]
    pub by: u16,
    /// Until when nobody else gets it.
    #[n(1)]
    pub until: UnixMs,
}

/// Something grave that waits for a second moderator.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    /// Who wants it.
    #[n(0)]
    pub by: u16,
    /// What, as [`crate::decisions::Verdict`] is stored.
    #[n(1)]
    pub verdict: crate::decisions::Verdict,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ended {
    /// When.
    #[n(0)]
    pub at: UnixMs,
    /// The number of what was decided, in this installation's own count.
    #[n(1)]
    pub decided: u64,
}

/// A message that a reporter handed over.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Excerpt {
    /// Who wrote it.
    #[n(0)]
    pub from: UserId,
    /// When, in Unix seconds.
    #[n(1)]
    pub date: i32,
    /// What it says, 1,000 characters at most.
    #[n(2)]
    pub text: String,
}

impl std::fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Excerpt").finish_non_exhaustive()
    }
}

impl Case {
    /// A case as it begins.
    pub fn new(
        number: u64,
        subject: Subject,
        received: UnixMs,
        origin: Origin,
        reason: &Reason,
    ) -> Self {
        Self {
            number,
            subject,
            received,
            origin,
            reason: reason.word.to_owned(),
            reports: 0,
            weight: 0,
            taken: None,
            proposal: None,
            ended: None,
            excerpts: Vec::new(),
            not_by: Vec::new(),
            contests: None,
            statement: String::new(),
            place: String::new(),
            not_wider: None,
            opened_by: Vec::new(),
            hotline: Vec::new(),
            alike: Vec::new(),
            exported: None,
            refusal: None,
        }
    }

    /// The reason.
    pub fn reason(&self) -> &'static Reason {
        reasons::find(&self.reason).unwrap_or_else(|| {
            // A reason that a later version knew.
            reasons::find("other").expect("it is in the table")
        })
    }

    /// Who has it at `now`.
    pub fn taken_by(&self, now: UnixMs) -> Option<u16> {
        let taken = self.taken.filter(|taken| taken.until > now);
        taken.map(|taken| taken.by)
    }

    /// Whether a moderator may decide it at `now`: nobody else has it, and it is no appeal against
    /// their own decision.
    pub fn is_open_to(&self, moderator: u16, now: UnixMs) -> bool {
        let taken_by_another = self.taken_by(now).is_some_and(|by| by != moderator);
        self.ended.is_none() && !taken_by_another && !self.not_by.contains(&moderator)
    }

    /// Whether what was reported is sealed: it is about a child, and not two people have opened it.
    pub fn is_sealed(&self) -> bool {
        self.reason().is_about_children() && self.opened_by.len() < 2
    }

    /// Whether a moderator may take its evidence away as a file: it was not taken yet, and they have
    /// opened what is sealed, or have the case where nothing is.
    pub fn evidence_is_open_to(&self, moderator: u16, now: UnixMs) -> bool {
        let theirs = if self.reason().is_about_children() {
            !self.is_sealed() && self.opened_by.contains(&moderator)
        } else {
            self.taken_by(now) == Some(moderator)
        };
        theirs && self.exported.is_none()
    }

    /// Adds messages that a reporter handed over.
    pub(crate) fn add_excerpts(&mut self, excerpts: Vec<Excerpt>) {
        for excerpt in excerpts {
            if self.excerpts.len() < EXCERPTS_MAX && !self.excerpts.contains(&excerpt) {
                self.excerpts.push(excerpt);
            }
        }
    }

    /// Its place in the queue: children and life first, then appeals before reports of the same
    /// urgency, then by weight, then by age.
    fn place_now(&self) -> String {
        let urgency = self.reason().urgency as u8;
        let appeal = u8::from(self.origin != Origin::Appeal);
        let light = u32::MAX - self.weight;
        let received = self.received.0.max(0);
        format!(
            "queue/{urgency}/{appeal}/{light:010}/{received:015}/{:012}",
            self.number
        )
    }
}

/// Why something about a case was refused.
#[derive(Debug, Error)]
pub enum CaseError {
    /// There is no such case.
    #[error("there is no such case")]
    Unknown,
    /// Another moderator has it, it has ended, or it is an appeal against the caller.
    #[error("the case is not open to this moderator")]
    NotYours,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// From a place in the queue, or a subject, to its open case.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct CaseNumber(#[n(0)] u64);

row!(CaseNumber, Table::CaseOrder, key: String);

const COUNTER: &str = "case";

const ALL: Owner = Owner::INSTALLATION;

fn subject_key(subject: &Subject, origin: Origin) -> String {
    format!("{}/{subject}", origin.queue_word())
}

fn campaign_key(precedent: u64) -> String {
    format!("campaign/{precedent}")
}

/// How much is decided with one case.
const ALIKE_MAX: usize = 200;

/// The open case about texts that are nearly the same as the one of a precedent, if it takes more.
pub(crate) async fn open_like(
    rows: &mut dyn Rows,
    precedent: u64,
) -> Result<Option<Case>, StoreError> {
    let number: Option<CaseNumber> = rows.find(ALL, &campaign_key(precedent)).await?;
    let Some(CaseNumber(number)) = number else {
        return Ok(None);
    };
    let found = find(rows, number).await?;
    Ok(found.filter(|case| case.ended.is_none() && case.alike.len() < ALIKE_MAX))
}

/// From now on what is nearly the same as the text of a precedent joins this case.
pub(crate) fn gather(tx: &mut Tx<'_>, precedent: u64, case: u64) -> Result<(), StoreError> {
    tx.put(ALL, &campaign_key(precedent), &CaseNumber(case))
}

/// The case with this number.
pub async fn find(rows: &mut dyn Rows, number: u64) -> Result<Option<Case>, StoreError> {
    rows.find(ALL, &number).await
}

/// The open case about a subject; appeals and second looks are cases of their own.
pub async fn open_about(
    rows: &mut dyn Rows,
    subject: &Subject,
) -> Result<Option<Case>, StoreError> {
    open(rows, subject, Origin::Report).await
}

/// The second look at a subject that is under way.
pub(crate) async fn open_second_look(
    rows: &mut dyn Rows,
    subject: &Subject,
) -> Result<Option<Case>, StoreError> {
    open(rows, subject, Origin::SecondLook).await
}

/// The open case about something that was refused there.
pub(crate) async fn open_refusal(
    rows: &mut dyn Rows,
    subject: &Subject,
) -> Result<Option<Case>, StoreError> {
    open(rows, subject, Origin::Refused).await
}

async fn open(
    rows: &mut dyn Rows,
    subject: &Subject,
    origin: Origin,
) -> Result<Option<Case>, StoreError> {
    let key = subject_key(subject, origin);
    let number: Option<CaseNumber> = rows.find(ALL, &key).await?;
    match number {
        Some(CaseNumber(number)) => find(rows, number).await,
        None => Ok(None),
    }
}

/// The open cases in the order in which they are looked at, at most `limit`.
pub async fn queue(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Case>, StoreError> {
    let range = KeyRange::within(&"queue/".to_owned());
    let places = rows
        .list::<CaseNumber>(ALL, range, Order::Ascending, limit)
        .await?;
    let mut cases = Vec::with_capacity(places.len());
    for (_, CaseNumber(number)) in places {
        cases.extend(find(rows, number).await?);
    }
    Ok(cases)
}

/// The newest cases, ended or not, at most `limit`.
pub async fn newest(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Case>, StoreError> {
    let cases = rows
        .list::<Case>(ALL, KeyRange::all(), Order::Descending, limit)
        .await?;
    Ok(cases.into_iter().map(|(_, case)| case).collect())
}

/// How many cases there were.
pub async fn count(rows: &mut dyn Rows) -> Result<u64, StoreError> {
    last_number(rows, COUNTER).await
}

/// Begins a case.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    subject: Subject,
    origin: Origin,
    reason: &Reason,
) -> Result<Case, StoreError> {
    let number = tx.next_number(COUNTER).await?;
    let case = Case::new(number, subject, tx.now(), origin, reason);
    let key = subject_key(&case.subject, origin);
    tx.put(ALL, &key, &CaseNumber(number))?;
    Ok(case)
}

/// Writes a case, and moves it to where it belongs in the queue.
pub(crate) fn put(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), StoreError> {
    if !case.place.is_empty() {
        tx.delete::<CaseNumber>(ALL, &case.place)?;
    }
    if case.ended.is_none() {
        case.place = case.place_now();
        tx.put(ALL, &case.place, &CaseNumber(case.number))?;
    } else {
        case.place.clear();
        let key = subject_key(&case.subject, case.origin);
        tx.delete::<CaseNumber>(ALL, &key)?;
    }
    tx.put(ALL, &case.number, case)
}

/// Removes an ended case.
pub(crate) fn forget(tx: &mut Tx<'_>, number: u64) -> Result<(), StoreError> {
    tx.delete::<Case>(ALL, &number)
}

/// Opens a case again whose decision could not be carried out, unless there is a newer one.
pub(crate) async fn reopen(tx: &mut Tx<'_>, number: u64) -> Result<(), StoreError> {
    let Some(mut case) = find(tx.rows(), number).await? else {
        return Ok(());
    };
    case.ended = None;
    case.taken = None;
    let key = subject_key(&case.subject, case.origin);
    tx.put(ALL, &key, &CaseNumber(number))?;
    put(tx, &mut case)
}

/// Gives a moderator the next case that is open to them, or the one they name. Who has one already
/// keeps it; two moderators never get the same.
#[derive(Clone, Copy, Debug)]
pub struct TakeCase {
    /// The moderator's number.
    pub moderator: u16,
    /// Which one; `None` for the next in the queue.
    pub case: Option<u64>,
    /// Cases about children are for those who have agreed to see them.
    pub children: bool,
}

/// How far down the queue a free case is looked for.
const LOOK: usize = 200;

impl Command for TakeCase {
    /// The case; `None` when there is none to take.
    type Output = Option<Case>;
    type Error = CaseError;
    const NAME: &'static str = "take_case";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Case>, CaseError> {
        let now = tx.now();
        let may = |case: &Case| {
            let suitable = self.children || !case.reason().is_about_children();
            suitable && case.is_open_to(self.moderator, now)
        };
        let mut case = if let Some(number) = self.case {
            let case = find(tx.rows(), number).await?.ok_or(CaseError::Unknown)?;
            if !may(&case) {
                return Err(CaseError::NotYours);
            }
            case
        } else {
            let queue = queue(tx.rows(), LOOK).await?;
            // What somebody proposed waits for another.
            let next = queue.into_iter().find(|case| {
                let own = case.proposal.as_ref();
                may(case) && own.is_none_or(|proposal| proposal.by != self.moderator)
            });
            let Some(case) = next else { return Ok(None) };
            case
        };
        case.taken = Some(Taken {
            by: self.moderator,
            until: now.plus_seconds(TAKEN_S),
        });
        put(tx, &mut case)?;
        Ok(Some(case))
    }
}

/// Gives a case back without a decision.
#[derive(Clone, Copy, Debug)]
pub struct LeaveCase {
    /// The moderator's number.
    pub moderator: u16,
    /// Which.
    pub case: u64,
}

impl Command for LeaveCase {
    type Output = ();
    type Error = CaseError;
    const NAME: &'static str = "leave_case";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), CaseError> {
        let case = find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(CaseError::Unknown)?;
        if case.taken_by(tx.now()) == Some(self.moderator) {
            case.taken = None;
            put(tx, &mut case)?;
        }
        Ok(())
    }
}

/// Asks to see what is sealed; the second who asks opens it for both.
#[derive(Clone, Copy, Debug)]
pub struct OpenSealed {
    /// The moderator's number.
    pub moderator: u16,
    /// Which case.
    pub case: u64,
}

impl Command for OpenSealed {
    type Output = ();
    type Error = CaseError;
    const NAME: &'static str = "open_sealed";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), CaseError> {
        let case = find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(CaseError::Unknown)?;
        if !case.opened_by.contains(&self.moderator) {
            case.opened_by.push(self.moderator);
            put(tx, &mut case)?;
        }
        Ok(())
    }
}

/// Hands out the evidence of a case, once: to those who have opened what is sealed, or, where nothing
/// is sealed, to whoever has the case.
#[derive(Clone, Copy, Debug)]
pub struct TakeEvidence {
    /// The moderator's number.
    pub moderator: u16,
    /// Which case.
    pub case: u64,
}

impl Command for TakeEvidence {
    type Output = ();
    type Error = CaseError;
    const NAME: &'static str = "take_evidence";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), CaseError> {
        let now = tx.now();
        let case = find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(CaseError::Unknown)?;
        if !case.evidence_is_open_to(self.moderator, now) {
            return Err(CaseError::NotYours);
        }
        case.exported = Some(now);
        Ok(put(tx, &mut case)?)
    }
}

/// Notes that a case was reported to a hotline or an authority.
#[derive(Clone, Debug)]
pub struct NoteHotline {
    /// Which case.
    pub case: u64,
    /// To whom.
    pub to: String,
    /// Their reference.
    pub reference: String,
}

impl Command for NoteHotline {
    type Output = ();
    type Error = CaseError;
    const NAME: &'static str = "note_hotline";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), CaseError> {
        let case = find(tx.rows(), self.case).await?;
        let mut case = case.ok_or(CaseError::Unknown)?;
        case.hotline.push((self.to, self.reference));
        put(tx, &mut case)?;
        Ok(())
    }
}

/// Begins a case of a moderator's own, or joins the open one.
#[derive(Clone, Debug)]
pub struct OpenCase {
    /// What about.
    pub subject: Subject,
    /// How it began.
    pub origin: Origin,
    /// Why.
    pub reason: &'static Reason,
    /// What somebody says about it.
    pub statement: String,
    /// How far the order reaches that it carries out.
    pub not_wider: Option<Territory>,
}

impl Command for OpenCase {
    /// Its number.
    type Output = u64;
    type Error = StoreError;
    const NAME: &'static str = "open_case";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let found = open_about(tx.rows(), &self.subject).await?;
        let mut case = match found {
            Some(case) => case,
            None => begin(tx, self.subject, self.origin, self.reason).await?,
        };
        if let Origin::Order(_) = self.origin {
            case.origin = self.origin;
            case.not_wider = self.not_wider;
        }
        if self.reason.urgency < case.reason().urgency {
            self.reason.word.clone_into(&mut case.reason);
        }
        if !self.statement.is_empty() {
            case.statement = self.statement;
        }
        put(tx, &mut case)?;
        Ok(case.number)
    }
}
