//! The legal desk in the running server: everything it is connected to, and its clockwork.
//!
//! `disclosure` decides and never sees the messaging side; this module brings the two together. It
//! hands the desk the log, the keeper, the custodians and the people, carries notices from its
//! outbox to the service chat, has keys made and tells the sealer about them, and erases what has
//! had its time.

mod casework;
pub mod chat;
mod clockwork;
mod counter;
mod custodians;
pub mod log;
mod operator;
mod pages;
mod people;
mod roster;
mod secrets;

pub use casework::DeskCasework;
pub use counter::DeskCounter;
pub use custodians::KnownCustodians;
pub use log::{InstallationLog, OpenLogError, Record};

use crate::gateway::SystemEntropy;
use heliograph_api::Entropy;
use heliograph_desk_store::{DeskError, DeskStore};
use heliograph_disclosure::PublicLog as _;
use heliograph_disclosure::custodians::CustodianError;
use heliograph_disclosure::flow::{FlowError, Office};
use heliograph_disclosure::log::LogError;
use heliograph_domain::sealing::{Sealer, SealerParts, SealingError};
use heliograph_keeper::{KeeperClient, KeeperError, SecretsClient, SecretsError};
use heliograph_moderation::terms;
use heliograph_offline::custodian::MakeKeysError;
use heliograph_offline::custodian::client::{CallError, CustodianClient};
use heliograph_store::{Clock, Store, StoreError};
use heliograph_transparency::entry::{Body, Custodian, Entry, Malformed, Mode, Policy, Roster};
use people::StoredPeople;
use secrets::KeptSecrets;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// The offences for which orders are served when nothing else was decided, ascending.
pub const OFFENCES: [&str; 10] = [
    "cybercrime",
    "drug-trafficking",
    "extortion",
    "forged-documents",
    "fraud",
    "human-trafficking",
    "sexual-abuse-of-children",
    "terrorism",
    "violence-against-persons",
    "weapons-trafficking",
];

/// Something about the desk does not work.
#[derive(Debug, Error)]
pub enum DeskFailure {
    /// The log.
    #[error(transparent)]
    Log(#[from] OpenLogError),
    /// The desk's database.
    #[error("the desk's database: {0}")]
    Store(#[from] DeskError),
    /// The main database.
    #[error(transparent)]
    Main(#[from] StoreError),
    /// A step of the desk.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The keeper.
    #[error("the keeper: {0}")]
    Secrets(#[from] SecretsError),
    /// The keeper's counts.
    #[error("the keeper: {0}")]
    Keeper(#[from] KeeperError),
    /// A custodian.
    #[error("the custodian: {0}")]
    Custodian(#[from] CallError),
    /// A custodian of some roster.
    #[error(transparent)]
    Known(#[from] CustodianError),
    /// The custodians made no key.
    #[error(transparent)]
    Keys(#[from] MakeKeysError),
    /// Sealing or erasing.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// An entry that is none.
    #[error("not an entry of the log: {0}")]
    Entry(#[from] Malformed),
}

/// What the desk is connected to.
pub struct Parts {
    /// The log; opened before, because the custodian reads it.
    pub log: InstallationLog,
    /// The desk's database.
    pub database: PathBuf,
    /// The main store.
    pub store: Store,
    /// The keeper of phone tags.
    pub keeper: Arc<dyn KeeperClient>,
    /// The same, for its secrets.
    pub secrets: Arc<dyn SecretsClient>,
    /// The custodian on this machine.
    pub custodian: Arc<dyn CustodianClient>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where a person can turn who contests a disclosure: a sentence.
    pub contest: String,
    /// Whether everything is a demonstration.
    pub demo: bool,
}

/// The desk of a running server.
pub struct Desk {
    /// What officers and the portal work with.
    pub office: Office,
    /// The log, for pages.
    pub record: Arc<Record>,
    /// Seals numbers and addresses.
    pub sealer: Arc<Sealer>,
    /// The desk's database: staff, sessions, audit records.
    pub store: DeskStore,
    custodians: Arc<KnownCustodians>,
    keeper: Arc<dyn KeeperClient>,
    main: Store,
    clock: Arc<dyn Clock>,
    /// Where calls of the messaging side are waited for, on threads that may block.
    runtime: Handle,
    policy_text: String,
    /// Rings when something was done that the clockwork should take up at once.
    wake: Notify,
    demo: bool,
    /// What was alarming at the last look.
    alarms: Mutex<BTreeSet<String>>,
}

impl Desk {
    /// Puts the desk together, tells the keeper and the log what they must know at the very first
    /// start, and takes up the keys that the log holds. Must be called within a runtime.
    pub async fn open(parts: Parts) -> Result<Arc<Self>, DeskFailure> {
        let store = DeskStore::open(&parts.database)?;
        let record = parts.log.record();
        let files = parts.log.files();
        let policy_text = parts.log.policy_text().to_owned();
        let signer = parts.log.signer();
        let origin = parts.log.ledger().origin().to_owned();
        parts.secrets.pin_log(&policy_text).await?;

        let custodians = Arc::new(KnownCustodians::new(&origin, parts.custodian));
        let office = Office::new(heliograph_disclosure::flow::Parts {
            store: store.clone(),
            log: Box::new(parts.log),
            secrets: Arc::new(KeptSecrets::new(parts.secrets.clone(), files)),
            targets: Arc::new(StoredPeople {
                runtime: Handle::current(),
                store: parts.store.clone(),
                keeper: parts.keeper.clone(),
                clock: parts.clock.clone(),
                entropy: Arc::new(SystemEntropy),
            }),
            custodians: custodians.clone(),
            entropy: Arc::new(SystemEntropy),
            signer,
            contest: parts.contest,
        });
        let sealer = Sealer::new(SealerParts {
            store: parts.store.clone(),
            sink: Arc::new(store.sealed_records()),
            secrets: parts.secrets.clone(),
            clock: parts.clock.clone(),
            entropy: Arc::new(|out: &mut [u8]| Entropy::fill(&SystemEntropy, out)),
        });
        let desk = Arc::new(Desk {
            office,
            record: Arc::new(record),
            sealer,
            store,
            custodians,
            keeper: parts.keeper,
            main: parts.store,
            clock: parts.clock,
            runtime: Handle::current(),
            policy_text,
            wake: Notify::new(),
            demo: parts.demo,
            alarms: Mutex::default(),
        });
        desk.blocking(Desk::set_up).await?;
        Ok(desk)
    }

    /// The text of the policy by which others judge the log; officers and custodians pin it.
    pub fn policy_text(&self) -> &str {
        &self.policy_text
    }

    /// The time in Unix seconds.
    pub fn now_s(&self) -> u64 {
        log::now_s(&*self.clock)
    }

    /// Enters an entry that comes with its signatures: a key after a ceremony, a decision of
    /// officers. Answers with its index.
    pub fn enter(&self, entry: &[u8]) -> Result<u64, DeskFailure> {
        let entry = Entry::parse(entry)?;
        let index = self.office.complete_entry(None, &entry, self.now_s())?;
        self.wake.notify_one();
        Ok(index)
    }

    /// Has the clockwork look at once, because something has changed.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Runs a call that may block where it holds up nobody.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        call: impl FnOnce(&Desk) -> T + Send + 'static,
    ) -> T {
        let desk = self.clone();
        match tokio::task::spawn_blocking(move || call(&desk)).await {
            Ok(answer) => answer,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        }
    }

    /// Enters a root over all sealed records in the log, because a case has newer ones than the
    /// last root covers. To be called on a thread that may block.
    fn log_vault_now(&self) -> Result<(), FlowError> {
        let coverage = self.runtime.block_on(self.sealer.coverage());
        let coverage = coverage.map_err(|error| LogError::Failed(error.to_string()))?;
        self.office.log_vault(coverage.accounts, self.now_s())?;
        Ok(())
    }

    /// Enters what a log begins with: the policy, and the roster of custodians.
    fn set_up(&self) -> Result<(), DeskFailure> {
        let ledger = self.office.with_log(|log| log.ledger().clone());
        if ledger.registry().policy().is_none() {
            self.enter_body(Policy {
                version: 1,
                terms: terms::first().hash(),
                offences: OFFENCES.map(str::to_owned).to_vec(),
                retention_days: 90,
                cap: 100,
                deadline_days: 10,
                emergency_hours: 8,
                order_after_days: 14,
                demo: self.demo,
            })?;
        }
        if ledger.custody().roster().is_none() {
            let card = self.custodians.local().card()?;
            self.enter_body(Roster {
                set: 1,
                mode: Mode::Local,
                threshold: 1,
                custodians: vec![Custodian {
                    index: 1,
                    name: card.name.clone(),
                    key: card.key,
                    address: "-".to_owned(),
                }],
            })?;
        }
        self.follow_the_log();
        Ok(())
    }

    fn enter_body(&self, body: impl Into<Body>) -> Result<u64, DeskFailure> {
        let now_s = self.now_s();
        let entry = Entry::parse(&self.office.write_decision(body.into(), now_s)?)?;
        Ok(self.office.complete_entry(None, &entry, now_s)?)
    }
}
