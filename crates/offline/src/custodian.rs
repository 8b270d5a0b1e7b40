//! A custodian: the gate between the officers' approval and an opened record.
//!
//! It keeps its share of the keys that every record also needs, and answers only for openings
//! that stand in the public log. It believes nobody about that: it follows the whole log itself
//! ([`LogCopy`]), checks the officers' approvals itself, and takes whole records, whose proofs
//! show whose they are. What it answers is on its disk before it leaves.
//!
//! - `answer`: openings.
//! - `preserve`: records that outlive their day's key for a while.
//! - `shares`: keeping and erasing shares; [`make_keys`]: making new ones.
//! - `routes`: the requests it serves; [`client`]: asking it, here or elsewhere.

mod answer;
pub mod client;
mod make_keys;
mod preserve;
mod routes;
mod shares;
#[cfg(test)]
mod tests;

pub use make_keys::{MakeKeysError, NewKey, days_without_key, make_keys};
pub use preserve::PreserveAsk;
pub use routes::State;

use crate::folder::{Folder, FolderError};
use crate::http::{Listener, serve};
use crate::identity::{Card, Identity, IdentityError};
use crate::log_copy::{CopyError, LogCopy};
use crate::log_source::LogSource;
use crate::system::{Clock, Entropy};
use heliograph_transparency::entry::Day;
use make_keys::Sessions;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

const IDENTITY: &str = "identity";

/// How old the cosignatures of the newest checkpoint may be when a custodian answers, in seconds.
/// A custodian that is shown an old log cannot see what was decided since.
pub const MAX_AGE_S: u64 = 3_600;

/// How many days ahead keys of days are made: a desk that is away for a week loses no day.
pub const DAYS_AHEAD: u32 = 7;

/// Why a custodian does not do what it is asked. It names no person.
#[derive(Debug, thiserror::Error)]
pub enum CustodianError {
    /// The folder holds no custodian's identity.
    #[error("this folder holds no custodian; make one with init")]
    NoIdentity,
    /// The folder already holds a custodian.
    #[error("this folder holds a custodian already")]
    Exists,
    /// The identity cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The copy of the log.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The log cannot be read at its source.
    #[error("the log cannot be read: {0}")]
    Source(String),
    /// The disk.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Refused, and why.
    #[error("{0}")]
    Refused(String),
}

/// Makes a refusal of a sentence.
macro_rules! refuse {
    ($($why:tt)+) => {
        return Err($crate::custodian::CustodianError::Refused(format!($($why)+)))
    };
}
use refuse;

/// A custodian on its own folder.
pub struct Custodian {
    folder: Folder,
    identity: Identity,
    source: Box<dyn LogSource>,
    clock: Clock,
    entropy: Entropy,
    inner: Mutex<Inner>,
}

/// How often a running custodian tends to what is due, in seconds.
const TEND_S: u64 = 900;

/// Serves a custodian until dropped, and has it do what is due every quarter of an hour: this is
/// all that `heliograph custodian`, or a server with a local one, runs.
pub async fn run(custodian: Arc<Custodian>, listener: Listener) {
    let (service, limit) = Arc::clone(&custodian).into_service();
    let tending = async {
        loop {
            let custodian = Arc::clone(&custodian);
            let tended = spawn_blocking(move || custodian.tend()).await;
            if let Ok(Err(error)) = tended {
                tracing::warn!(%error, "custodian_not_tended");
            }
            sleep(Duration::from_secs(TEND_S)).await;
        }
    };
    tokio::select! {
        () = serve(listener, limit, service) => {}
        () = tending => {}
    }
}

/// What changes; one request at a time.
struct Inner {
    copy: LogCopy,
    sessions: Sessions,
}

impl Custodian {
    /// Makes a custodian in an empty folder: its identity, and the trust policy it will hold the
    /// log to for good. Returns the card to enter in the roster. A custodian of a demonstration
    /// (`demo`) serves a demonstration's log only, and no other serves one.
    pub fn init(
        path: &Path,
        name: &str,
        policy: &[u8],
        demo: bool,
        entropy: &Entropy,
    ) -> Result<Card, CustodianError> {
        let folder = Folder::open(path)?;
        if folder.read(IDENTITY)?.is_some() {
            return Err(CustodianError::Exists);
        }
        let identity = Identity::new(name, entropy)?;
        let copy = LogCopy::pin(&folder, policy)?;
        if copy.ledger().is_demo() != demo {
            refuse!("keys of a demonstration serve in a demonstration only");
        }
        folder.write(IDENTITY, identity.to_secret_text().as_bytes())?;
        Ok(identity.card().clone())
    }

    /// Opens a custodian's folder. The log is read from `source`, and nothing there is believed.
    pub fn open(
        path: &Path,
        source: Box<dyn LogSource>,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, CustodianError> {
        Self::on(Folder::open(path)?, source, clock, entropy)
    }

    fn on(
        folder: Folder,
        source: Box<dyn LogSource>,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, CustodianError> {
        let text = folder.read(IDENTITY)?.ok_or(CustodianError::NoIdentity)?;
        let copy = LogCopy::open(&folder)?;
        Ok(Self {
            identity: Identity::from_secret_text(&text)?,
            folder,
            source,
            clock,
            entropy,
            inner: Mutex::new(Inner {
                copy,
                sessions: Sessions::default(),
            }),
        })
    }

    /// The public half of its identity.
    pub fn card(&self) -> &Card {
        self.identity.card()
    }

    /// The log it follows.
    pub fn origin(&self) -> String {
        self.lock().copy.origin().to_owned()
    }

    /// Follows the log and does what is due: takes new shares into use, and destroys what must
    /// not be there any longer. To be called at least daily; every request does it as well.
    pub fn tend(&self) -> Result<(), CustodianError> {
        let mut inner = self.lock();
        // What is due by the clock is destroyed even when the log is out of reach.
        let followed = self.follow(&mut inner);
        self.destroy_what_is_due(&inner)?;
        followed
    }

    /// Goes forward with the log, however old its cosignatures are: a custodian that was asleep
    /// must learn what happened. Whether the log is fresh enough to answer is asked separately.
    fn follow(&self, inner: &mut Inner) -> Result<(), CustodianError> {
        let size = inner.copy.head().size;
        let update = self.source.update(size);
        let update = update.map_err(|error| CustodianError::Source(error.to_string()))?;
        inner
            .copy
            .advance(&self.folder, &update, u64::MAX, self.now_s())?;
        Ok(())
    }

    /// Follows the log to a witnessed checkpoint of the last hour, or fails.
    fn follow_fresh(&self, inner: &mut Inner) -> Result<(), CustodianError> {
        self.follow(inner)?;
        inner.copy.check_fresh(MAX_AGE_S, self.now_s())?;
        self.destroy_what_is_due(inner)
    }

    fn destroy_what_is_due(&self, inner: &Inner) -> Result<(), CustodianError> {
        let (ledger, today) = (inner.copy.ledger(), self.today());
        shares::destroy_due(&self.folder, ledger, today)?;
        preserve::destroy_due(&self.folder, ledger, today)?;
        answer::destroy_due(&self.folder, ledger)?;
        Ok(())
    }

    /// This custodian's number on the roster in force.
    fn index(&self, inner: &Inner) -> Result<u16, CustodianError> {
        let roster = inner.copy.ledger().custody().roster();
        let own = roster.and_then(|logged| {
            let all = logged.roster.custodians.iter();
            all.clone()
                .find(|custodian| custodian.key == self.card().key)
        });
        match own {
            Some(custodian) => Ok(custodian.index),
            None => refuse!("this custodian is not on the roster"),
        }
    }

    fn now_s(&self) -> u64 {
        (self.clock)()
    }

    fn today(&self) -> Day {
        Day::of_unix(self.now_s())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A request that panicked has changed nothing: the copy is replaced in one assignment.
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
