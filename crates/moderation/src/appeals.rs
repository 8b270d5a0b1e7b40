//! Appeals: an owner contests a decision, free of charge, and somebody else decides.

use crate::cases::{self, Origin};
use crate::decisions;
use crate::reasons;
use heliograph_model::{Owner, UnixMs, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use heliograph_transparency::tree::Hash;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// How long a decision can be contested, in days: six months, as the Digital Services Act asks.
pub const OPEN_DAYS: i64 = 183;

/// How often a decision can be contested; the log allows no more.
const APPEALS_MAX: u8 = 2;

/// The longest appeal, in characters.
pub const TEXT_CHARS_MAX: usize = 4_000;

/// An appeal.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Appeal {
    /// The log's number of the decision.
    #[n(0)]
    pub decision: u64,
    /// Who contests it.
    #[n(1)]
    pub by: UserId,
    /// What they say.
    #[n(2)]
    pub text: String,
    /// When.
    #[n(3)]
    pub at: UnixMs,
    /// Whether its entry is in the log.
    #[n(4)]
    pub logged: bool,
    /// Its case.
    #[n(5)]
    pub case: u64,
    /// What hides the text in the log.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// Whether it was decided.
    #[n(7)]
    pub ended: bool,
}

/// Which rows of the table, and which of them.
type AppealKey = (u8, u64);

/// The newest appeal against a decision.
const BY_DECISION: u8 = 0;
/// Appeals that wait for the log.
const WAITING: u8 = 1;

row!(Appeal, Table::Appeal, key: AppealKey);

/// The number of a decision.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(transparent)]
struct Contested(#[n(0)] u64);

row!(Contested, Table::Appeal, key: AppealKey);

const ALL: Owner = Owner::INSTALLATION;

impl Appeal {
    /// The commitment to its text.
    pub fn commitment(&self) -> Hash {
        let mut digest = Sha256::new();
        digest.update(b"hg/appeal/v1\n");
        digest.update(self.salt);
        digest.update(self.text.as_bytes());
        Hash(digest.finalize().into())
    }
}

/// The newest appeal against the decision with this number in the log.
pub async fn against(rows: &mut dyn Rows, number: u64) -> Result<Option<Appeal>, StoreError> {
    rows.find(ALL, &(BY_DECISION, number)).await
}

/// The appeals that wait for the log, at most `limit`.
pub async fn waiting(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Appeal>, StoreError> {
    let range = KeyRange::within(&WAITING);
    let numbers = rows
        .list::<Contested>(ALL, range, Order::Ascending, limit)
        .await?;
    let mut waiting = Vec::with_capacity(numbers.len());
    for (_, Contested(number)) in numbers {
        waiting.extend(against(rows, number).await?);
    }
    Ok(waiting)
}

/// Why an appeal was not taken, in words for whoever contests.
#[derive(Debug, Error)]
pub enum AppealError {
    /// No decision of that number is about anything of theirs: no such thing and not theirs look
    /// alike.
    #[error("there is no decision of that number about anything of yours")]
    Unknown,
    /// It was undone or has ended.
    #[error("this decision is no longer in force")]
    NotInForce,
    /// It is contested.
    #[error("you have contested this decision already; somebody will decide")]
    Waiting,
    /// Often enough.
    #[error(
        "this decision was contested twice; a court or an out-of-court body can still hear you"
    )]
    TooOften,
    /// Too late.
    #[error("a decision can be contested for six months")]
    TooLate,
    /// Nothing said, or too much.
    #[error("say why the decision is wrong, in at most 4,000 characters")]
    Text,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Contests a decision.
#[derive(Clone)]
pub struct Contest {
    /// Who.
    pub by: UserId,
    /// The decision's number in the log.
    pub number: u64,
    /// Why.
    pub text: String,
    /// 32 random bytes that hide the text in the log.
    pub salt: [u8; 32],
}

impl Command for Contest {
    type Output = ();
    type Error = AppealError;
    const NAME: &'static str = "contest";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), AppealError> {
        let now = tx.now();
        let text = self.text.trim();
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            return Err(AppealError::Text);
        }
        let decided = decisions::by_number(tx.rows(), self.number).await?;
        let own = decided.filter(|decided| decided.owner == Some(self.by));
        // Who was not told of it knows of no such decision.
        let own = own.filter(|decided| decided.told_at().is_some());
        let mut decided = own.ok_or(AppealError::Unknown)?;
        if !decided.is_in_force(now) {
            return Err(AppealError::NotInForce);
        }
        let earlier = against(tx.rows(), self.number).await?;
        if earlier.is_some_and(|earlier| !earlier.ended) {
            return Err(AppealError::Waiting);
        }
        if decided.appeals >= APPEALS_MAX {
            return Err(AppealError::TooOften);
        }
        let told = decided.told_at().unwrap_or(decided.at);
        if told.plus_seconds(OPEN_DAYS * 86_400) < now {
            return Err(AppealError::TooLate);
        }
        decided.appeals += 1;
        decisions::put(tx, &decided)?;

        let reason = reasons::of_clause(&decided.verdict.clause);
        let subject = decided.subject.clone();
        let mut case = cases::begin(tx, subject, Origin::Appeal, reason).await?;
        case.not_by.clone_from(&decided.by);
        case.contests = Some(self.number);
        text.clone_into(&mut case.statement);
        cases::put(tx, &mut case)?;

        let appeal = Appeal {
            decision: self.number,
            by: self.by,
            text: text.to_owned(),
            at: now,
            logged: false,
            case: case.number,
            salt: self.salt,
            ended: false,
        };
        tx.put(ALL, &(BY_DECISION, self.number), &appeal)?;
        tx.put(ALL, &(WAITING, self.number), &Contested(self.number))?;
        Ok(())
    }
}

/// Notes that an appeal is in the log.
#[derive(Clone, Copy, Debug)]
pub struct NoteLogged {
    /// The decision's number in the log.
    pub number: u64,
    /// False where the log would not have it, because the decision is no longer in force.
    pub logged: bool,
}

impl Command for NoteLogged {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_appeal_logged";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.delete::<Contested>(ALL, &(WAITING, self.number))?;
        let Some(mut appeal) = against(tx.rows(), self.number).await? else {
            return Ok(());
        };
        appeal.logged = self.logged;
        appeal.ended |= !self.logged;
        tx.put(ALL, &(BY_DECISION, self.number), &appeal)
    }
}

/// Notes that the appeal against a decision is decided.
pub(crate) async fn end(tx: &mut Tx<'_>, number: u64) -> Result<(), StoreError> {
    let Some(mut appeal) = against(tx.rows(), number).await? else {
        return Ok(());
    };
    appeal.ended = true;
    tx.put(ALL, &(BY_DECISION, number), &appeal)
}
