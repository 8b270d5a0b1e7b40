//! How the rest of the server sees the keeper's secrets.

use crate::client::BoxFuture;
use heliograph_vault::secrets::{DaySecret, RecordSecret, UserCommitment, UserSecret};
use std::io;
use zeroize::Zeroizing;

/// The most records that one order may concern, as in the log's rules.
pub const MAX_RECORDS: usize = 1000;

/// An entry of the public log, and the proof that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// The entry's bytes.
    pub entry: Vec<u8>,
    /// The proof as a text ([c2sp.org/tlog-proof](https://c2sp.org/tlog-proof)).
    pub proof: String,
}

/// An `open` or `preserve` entry with the records it names, all of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// The entry.
    pub logged: LogProof,
    /// The person.
    pub user_id: i64,
    /// The sealed records, in the order of the entry's records root.
    pub records: Vec<Vec<u8>>,
}

/// Why an order gets no secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Refusal {
    /// The proof does not hold, or its checkpoint is not signed, witnessed and fresh as the pinned
    /// policy asks.
    #[error("the entry is not proved to be in the log")]
    Proof = 1,
    /// The entry is not one of the kind that is needed.
    #[error("the entry is of another kind")]
    Kind = 2,
    /// Other records than the entry names, or another number of them.
    #[error("these are not the records that the entry names")]
    Records = 3,
    /// A record whose own proof does not hold.
    #[error("a record is forged")]
    Forged = 4,
    /// A record of another person.
    #[error("a record belongs to another person")]
    Person = 5,
    /// A record whose day's secret is gone, or that was not preserved under the entry's `preserve`.
    #[error("there is no secret for a record any more")]
    Gone = 6,
    /// Another entry was answered under the same number: there are two logs.
    #[error("the log shows another entry under this number than it did before")]
    Fork = 7,
    /// The last day is too far ahead, or the term was extended before.
    #[error("the term is too long")]
    Term = 8,
}

impl Refusal {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        let all = [
            Self::Proof,
            Self::Kind,
            Self::Records,
            Self::Forged,
            Self::Person,
            Self::Gone,
            Self::Fork,
            Self::Term,
        ];
        all.into_iter().find(|refusal| *refusal as u8 == number)
    }
}

/// Why the keeper gave no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// The secret was erased: the account was deleted, or the day has expired.
    #[error("the secret was erased")]
    Erased,
    /// The day asked for is not today by the keeper's clock.
    #[error("it is day {today} by the keeper's clock")]
    NotToday {
        /// Days since 1970 (UTC).
        today: u32,
    },
    /// No log was pinned yet.
    #[error("the keeper has not been told of a log")]
    NotPinned,
    /// Another log was pinned before. Where the change is meant, the operator removes the file
    /// `log.policy` from the keeper's folder.
    #[error("the keeper trusts another log than this one")]
    OtherLog,
    /// Not the text of a policy.
    #[error("the text is not a log policy")]
    BadPolicy,
    /// The order gets no secrets.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The keeper does not answer, or could not write. Trying again later may help.
    #[error("the keeper is not available")]
    Unavailable,
    /// The request or the answer was not understood.
    #[error("malformed keeper request or answer")]
    Malformed,
}

/// A file of secrets could not be read or written.
impl From<io::Error> for SecretsError {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "keeper_secrets_failed");
        SecretsError::Unavailable
    }
}

/// Keeps the secrets that records are sealed with, and destroys them when their time has come.
///
/// Every call may be repeated: it answers the same again. What a call changed is durable before it
/// answers.
pub trait SecretsClient: Send + Sync {
    /// A person's secret, made at the first ask. Fails with [`SecretsError::Erased`] for a person
    /// who was forgotten.
    fn person(&self, user_id: i64) -> BoxFuture<'_, Result<UserSecret, SecretsError>>;

    /// Erases a person's secret, or sees to it that there will never be one.
    fn forget_person(&self, user_id: i64) -> BoxFuture<'_, Result<(), SecretsError>>;

    /// The secret of `day`, made at the first ask. It is given on that day only, by the keeper's
    /// own clock.
    fn today(&self, day: u32) -> BoxFuture<'_, Result<DaySecret, SecretsError>>;

    /// The key of a case of the legal desk, made at the first ask.
    fn case_key(&self, case: [u8; 16]) -> BoxFuture<'_, Result<Zeroizing<[u8; 32]>, SecretsError>>;

    /// Tells which log counts ([c2sp.org/tlog-policy](https://c2sp.org/tlog-policy)). The first one
    /// stays.
    fn pin_log<'a>(&'a self, policy: &'a str) -> BoxFuture<'a, Result<(), SecretsError>>;

    /// The secrets of the records that an `open` entry names, in order.
    ///
    /// Where the entry names a `preserve` entry, they are those that [`Self::preserve_secrets`] kept.
    fn secrets_for_open<'a>(
        &'a self,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Vec<RecordSecret>, SecretsError>>;

    /// Keeps the secrets of the records that a `preserve` entry names until the entry's last day:
    /// they outlive the day's secret and the person's, and open nothing else.
    fn preserve_secrets<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<(), SecretsError>>;

    /// Keeps what was preserved for longer, as an `extend` entry says: once, by at most 30 days.
    fn extend<'a>(&'a self, logged: &'a LogProof) -> BoxFuture<'a, Result<(), SecretsError>>;

    /// Destroys what was kept under the `preserve` entry with this index.
    fn release(&self, preserve: u64) -> BoxFuture<'_, Result<(), SecretsError>>;

    /// Whose records are kept under the `preserve` entry with this index, and what stands for the
    /// person in them.
    fn preserved_person(
        &self,
        preserve: u64,
    ) -> BoxFuture<'_, Result<(i64, UserCommitment), SecretsError>>;

    /// Destroys the secrets of all days more than `retention_days` ago, 366 at most, and what was
    /// preserved for a time that has passed. Answers with every day whose secret was ever
    /// destroyed, ascending.
    fn erase_due(&self, retention_days: u32) -> BoxFuture<'_, Result<Vec<u32>, SecretsError>>;
}
