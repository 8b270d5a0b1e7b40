//! The desk at work: each step of a case, so that it can be taken up again after a kill at any
//! moment.
//!
//! Nothing is remembered between calls but what the database and the log hold. A step that writes
//! an entry of the log plans it in one commit, appends it, and notes it in the commit that moves
//! the case on; after a kill in between, the log is searched for the planned bytes, so that no
//! entry is lost or written twice. Opening asks custodians, who give the same answer again.
//!
//! Every step opens an audit record before it runs, naming who takes it.

mod acts;
mod after;
mod approve;
mod correct;
mod daily;
mod end;
mod examine;
mod intake;
mod look;
mod open;
mod prepare;
mod receive;
mod registry;
mod report;
mod sender;
mod standing;
#[cfg(test)]
mod tests;

pub use acts::{ActError, SignedAct, WaitingAct};
pub use after::DueNotice;
pub use approve::Tally;
pub use correct::CorrectError;
pub use daily::Alarm;
pub use examine::Questions;
pub use intake::{Waiting, WaitingLine};
pub use look::{CaseSummary, Records, WholeCase, next_due};
pub use open::Progress;
pub use prepare::Preparation;
pub use receive::{Receipt, ReceiveError, Received};
pub use registry::{RegistryChange, RegistryRow};
pub use sender::{Claims, Sender};
pub use standing::{PackageFacts, Standing};

use crate::case::{CaseFile, LoadError, State};
use crate::custodians::Custodians;
use crate::grant::GrantError;
use crate::keys::KeysOfRecordError;
use crate::log::{LogError, PublicLog};
use crate::opening::OpeningError;
use crate::package::SealError;
use crate::person::{Targets, TargetsError};
use crate::response::ResponseError;
use crate::secrets::{CaseSecrets, Entropy, SecretsError, nonce};
use heliograph_desk_store::{
    Act, CaseId, Desk, DeskError, DeskStore, LogEntry, LogEntryId, Place, Sealed, SealedRecords,
    StaffId, Step, Token,
};
use heliograph_transparency::case::MalformedField;
use heliograph_transparency::entry::{Day, Entry, Kind, Outcome};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::{NoteError, SignerKey};
use heliograph_vault::seal::SealKey;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an office is made of.
pub struct Parts {
    /// The desk's database.
    pub store: DeskStore,
    /// The public log; this process is the only one that writes it.
    pub log: Box<dyn PublicLog>,
    /// The keeper.
    pub secrets: Arc<dyn CaseSecrets>,
    /// The people.
    pub targets: Arc<dyn Targets>,
    /// The custodians.
    pub custodians: Arc<dyn Custodians>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Signs receipts and packages.
    pub signer: SignerKey,
    /// Where a person can turn who contests a disclosure: a sentence of the operator's.
    pub contest: String,
}

/// The desk with everything it is connected to.
pub struct Office {
    /// The log's name, which never changes.
    origin: String,
    desk: Desk,
    records: SealedRecords,
    log: Mutex<Box<dyn PublicLog>>,
    /// Held while a daily entry is made, which belongs to no case. Taken before `log`.
    daily: Mutex<()>,
    secrets: Arc<dyn CaseSecrets>,
    targets: Arc<dyn Targets>,
    custodians: Arc<dyn Custodians>,
    entropy: Arc<dyn Entropy>,
    signer: SignerKey,
    contest: String,
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The case is not where this step begins.
    #[error("the case is {}, this step is for cases that are {}", .0.word(), .1.word())]
    State(State, State),
    /// The database failed, or someone else was faster.
    #[error(transparent)]
    Store(#[from] DeskError),
    /// The case cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The keeper does not help.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The log does not take an entry.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The person cannot be looked up.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// A field of the request does not fit the log.
    #[error(transparent)]
    Field(#[from] MalformedField),
    /// The log has no officers, or no policy, yet.
    #[error("the log has no {0} yet")]
    NotSetUp(&'static str),
    /// Too much waits in quarantine.
    #[error("the quarantine is full")]
    QuarantineFull,
    /// Questions are open, or were answered no.
    #[error("the order is not admissible")]
    NotAdmissible,
    /// Not a reason that an officer may give.
    #[error("{0} is not a reason to refuse with")]
    NotARefusal(Outcome),
    /// The authority has no key, or was not called back.
    #[error("there is nothing to seal a package to: {0}")]
    Delivery(&'static str),
    /// Records are newer than the last vault root.
    #[error("{0} records are newer than the last vault root: log a new one first")]
    NotCovered(usize),
    /// More records than the policy allows for one opening.
    #[error("{found} records are more than the {cap} of one opening")]
    TooMany {
        /// How many there are.
        found: usize,
        /// The policy's cap.
        cap: u32,
    },
    /// A record has no keys any more.
    #[error(transparent)]
    Keys(#[from] KeysOfRecordError),
    /// An officer's response does not count.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// Too few officers approve.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The records did not open.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The package could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The package or receipt could not be signed.
    #[error("the desk's key cannot sign: {0}")]
    Sign(#[from] NoteError),
    /// A decision of officers does not count.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl Office {
    /// Puts an office together.
    pub fn new(parts: Parts) -> Self {
        Self {
            origin: parts.log.ledger().origin().to_owned(),
            desk: parts.store.desk(),
            records: parts.store.sealed_records(),
            log: Mutex::new(parts.log),
            daily: Mutex::default(),
            secrets: parts.secrets,
            targets: parts.targets,
            custodians: parts.custodians,
            entropy: parts.entropy,
            signer: parts.signer,
            contest: parts.contest,
        }
    }

    /// The desk's database.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Reads a case for someone, which is put on record.
    pub fn case(&self, staff: StaffId, case: CaseId, now_s: u64) -> Result<CaseFile, FlowError> {
        self.desk
            .act(&act(Some(staff), "view-case", case), now_s, |step| {
                Ok(CaseFile::load(step, &*self.secrets, case)?)
            })
    }

    /// Reads a document of a case for someone, which is put on record.
    pub fn document(
        &self,
        staff: StaffId,
        case: CaseId,
        position: u16,
        now_s: u64,
    ) -> Result<heliograph_vault::seal::Opened, FlowError> {
        self.desk
            .act(&act(Some(staff), "view-document", case), now_s, |step| {
                let file = CaseFile::load(step, &*self.secrets, case)?;
                let sealed = step.sealed(&Place::Document(case, position))?;
                let sealed = sealed.ok_or(DeskError::Missing("document"))?;
                let opened = sealed.open(&file.keys.texts());
                Ok(opened.map_err(|_| LoadError::Corrupt("document"))?)
            })
    }

    /// Looks at the log.
    pub fn with_log<T>(&self, look: impl FnOnce(&dyn PublicLog) -> T) -> T {
        look(&**self.log())
    }

    /// Enters in the log what `make` makes of it as it stands: something that moderation has done.
    /// `None` where there is nothing to enter. No other kind of entry takes this way.
    pub fn enter_for_moderation(
        &self,
        now_s: u64,
        make: impl FnOnce(&Ledger, Day) -> Option<Entry>,
    ) -> Result<Option<u64>, LogError> {
        let mut log = self.log();
        let newest = log.ledger().date();
        let today = Day::of_unix(now_s);
        // The log is dated in order, also where a clock was set back.
        let today = newest.map_or(today, |newest| newest.max(today));
        let Some(entry) = make(log.ledger(), today) else {
            return Ok(None);
        };
        let of_moderation = matches!(
            entry.body.kind(),
            Kind::Terms
                | Kind::Moderator
                | Kind::Decision
                | Kind::Appeal
                | Kind::Control
                | Kind::Model
                | Kind::Deed
        );
        if !of_moderation {
            return Err(LogError::Refused("not an entry of moderation".into()));
        }
        let bytes = entry.to_bytes();
        let bytes = bytes.map_err(|error| LogError::Refused(error.to_string()))?;
        log.append(&bytes).map(Some)
    }

    /// Has the log's cosignatures renewed where they grow old. To be called every few minutes.
    pub fn refresh_log(&self, now_s: u64) {
        self.log().refresh(now_s);
    }

    /// The one turn to write the log.
    ///
    /// A panic while somebody had it leaves the log as it is on the disk, which every step looks
    /// at anew.
    fn log(&self) -> MutexGuard<'_, Box<dyn PublicLog>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, case: CaseId) -> Result<CaseFile, FlowError> {
        Ok(self
            .desk
            .view(|view| CaseFile::load(view, &*self.secrets, case))?)
    }

    fn load_in(&self, case: CaseId, state: State) -> Result<CaseFile, FlowError> {
        let file = self.load(case)?;
        if file.state == state {
            Ok(file)
        } else {
            Err(FlowError::State(file.state, state))
        }
    }

    /// Seals a value for its place.
    fn sealed(&self, key: &SealKey, place: Place, value: &impl Serialize) -> Sealed {
        let text = serde_json::to_vec(value).expect("strings and numbers always become JSON");
        Sealed::seal(
            key,
            nonce(&*self.entropy),
            place,
            &zeroize::Zeroizing::new(text),
        )
    }

    /// Writes one entry about a case, and moves the case on in the commit that notes its index.
    ///
    /// `build` makes the entry for the ledger and day it is appended in. `then` must move the case
    /// on from the version in `file`: that is how a logged entry is not written again, neither
    /// after a kill nor by somebody who waited for the log meanwhile.
    fn log_entry(
        &self,
        file: Option<&CaseFile>,
        kind: &str,
        now_s: u64,
        build: impl FnOnce(&Ledger, Day) -> Result<Entry, FlowError>,
        then: impl FnOnce(&Step<'_>, &Logged) -> Result<(), FlowError>,
    ) -> Result<u64, FlowError> {
        let mut log = self.log();
        let case = file.map(|file| file.id);
        if let Some(file) = file
            && self.desk.view(|view| view.case(file.id))?.version != file.version()
        {
            return Err(DeskError::Stale.into());
        }
        let kind = Token::parse(kind)?;
        let act = Act {
            staff: None,
            name: Token::parse(&format!("log-{kind}"))?,
            case,
        };
        let found = self.find_planned(&**log, case, &kind, now_s)?;
        let (id, logged) = if let Some(found) = found {
            found
        } else {
            // The log's clock must not go back when this machine's does.
            let today = Day::of_unix(now_s).max(log.ledger().date().unwrap_or(Day(0)));
            let entry = build(log.ledger(), today)?;
            let bytes = entry
                .to_bytes()
                .map_err(|error| LogError::Refused(error.to_string()))?;
            let size = log.ledger().size();
            let id = self.desk.act(&act, now_s, |step| {
                step.plan_entry(case, &kind, &bytes, size)
            })?;
            let index = log.append(&bytes)?;
            (id, Logged { index, bytes })
        };
        self.desk.act(&act, now_s, |step| {
            step.entry_logged(id, logged.index)?;
            then(step, &logged)
        })?;
        Ok(logged.index)
    }

    /// Entries that were planned and are not known to be in the log.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "a method of a type with a lifetime is no function for all lifetimes"
    )]
    fn planned(&self) -> Result<Vec<LogEntry>, DeskError> {
        self.desk.view(|view| view.planned_entries())
    }

    /// The entry of this kind that was planned when the process ended, if the log has it; one that
    /// it does not have is given up.
    fn find_planned(
        &self,
        log: &dyn PublicLog,
        case: Option<CaseId>,
        kind: &Token,
        now_s: u64,
    ) -> Result<Option<(LogEntryId, Logged)>, FlowError> {
        let own = self
            .planned()?
            .into_iter()
            .filter(|entry| entry.case == case && entry.kind == *kind);
        for entry in own {
            if let Some(index) = log.find(&entry.bytes, entry.from_size)? {
                let bytes = entry.bytes;
                return Ok(Some((entry.id, Logged { index, bytes })));
            }
            let name = Token::parse("drop-planned-entry")?;
            let act = Act {
                staff: None,
                name,
                case,
            };
            self.desk
                .act(&act, now_s, |step| step.drop_planned_entry(entry.id))?;
        }
        Ok(None)
    }
}

/// An entry that is in the log.
struct Logged {
    index: u64,
    bytes: Vec<u8>,
}

/// An act on a case.
fn act(staff: Option<StaffId>, name: &str, case: CaseId) -> Act {
    Act {
        staff,
        name: Token::parse(name).expect("acts are plain words"),
        case: Some(case),
    }
}
