//! An officer's tool: offline, one file in, one file out.
//!
//! It holds the officer's identity and share, sealed, and a copy of the log that only goes
//! forward. It believes nothing in a bundle that it has not checked against that copy, and shows
//! what it found before the officer decides.
//!
//! - [`ceremony`](self::rounds): taking part in a key ceremony.
//! - [`review`]: everything that is checked before an officer may approve.
//! - [`respond`]: the signed approval with partial decryptions, or the refusal.
//! - [`acts`]: signing entries of the log (a policy, a country, a preservation).

pub mod acts;
mod describe;
pub mod respond;
pub mod review;
pub mod rounds;
#[cfg(test)]
mod tests;

use crate::ceremony::{CeremonyError, PlanError};
use crate::encoding::hex;
use crate::folder::{Folder, FolderError};
use crate::identity::{Card, Identity, IdentityError};
use crate::lock::{Lock, LockError};
use crate::log_copy::{CopyError, LogCopy};
use crate::system::{Clock, Entropy};
use heliograph_transparency::entry::Day;
use heliograph_transparency::files::{FileError, LogUpdate};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::share::SecretShare;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use zeroize::Zeroizing;

const IDENTITY: &str = "identity.age";
const CARD: &str = "card.json";
const SETTINGS: &str = "settings.json";
const SHARE: &str = "share-";

/// How old the cosignatures of the log may be when an officer decides, in seconds.
pub const MAX_AGE_S: u64 = 86_400;

/// Why the tool stops.
#[derive(Debug, thiserror::Error)]
pub enum OfficerError {
    /// The folder holds no officer's identity.
    #[error("this folder holds no officer; make one with init")]
    NoIdentity,
    /// The folder already holds an officer.
    #[error("this folder holds an officer already")]
    Exists,
    /// The identity cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A secret was not sealed or opened.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The copy of the log.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A file in a form of the page.
    #[error(transparent)]
    File(#[from] FileError),
    /// The disk.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The ceremony.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The plan of a ceremony.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A demonstration's log with an officer who is none, or the reverse.
    #[error("keys of a demonstration serve in a demonstration only, and no others serve there")]
    Demo,
    /// The officer is not one of the set in force.
    #[error("this officer is not one of the set in force")]
    NotInForce,
    /// The share that is needed is not kept here.
    #[error("the share of the key in force is not in this folder")]
    NoShare,
    /// A check failed: what it was, in a sentence.
    #[error("{0}")]
    Check(String),
}

/// Makes a failed check of a sentence.
macro_rules! fail {
    ($($why:tt)+) => {
        return Err($crate::officer::OfficerError::Check(format!($($why)+)))
    };
}
use fail;

/// What was chosen when the identity was made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    demo: bool,
    /// The age recipient of the second factor.
    second_factor: Option<String>,
}

/// An officer's folder.
pub struct Officer {
    folder: Folder,
    settings: Settings,
    card: Card,
    clock: Clock,
    entropy: Entropy,
}

impl Officer {
    /// Makes an officer in an empty folder. `lock` is what every secret will lie under;
    /// `second_factor` the recipient in it, to be remembered. Keys of a demonstration (`demo`)
    /// serve in a demonstration only.
    pub fn init(
        path: &Path,
        name: &str,
        lock: &Lock,
        second_factor: Option<String>,
        demo: bool,
        entropy: &Entropy,
    ) -> Result<Card, OfficerError> {
        let folder = Folder::open(path)?;
        if folder.read(IDENTITY)?.is_some() {
            return Err(OfficerError::Exists);
        }
        let identity = Identity::new(name, entropy)?;
        let settings = Settings {
            demo,
            second_factor,
        };
        let settings = serde_json::to_vec(&settings).expect("a flag and a text");
        folder.write(SETTINGS, &settings)?;
        folder.write(CARD, identity.card().to_json().as_bytes())?;
        folder.write(IDENTITY, &lock.seal(identity.to_secret_text().as_bytes())?)?;
        Ok(identity.card().clone())
    }

    /// Opens an officer's folder. Secrets stay sealed until a [`Lock`] is given.
    pub fn open(path: &Path, clock: Clock, entropy: Entropy) -> Result<Self, OfficerError> {
        let folder = Folder::open(path)?;
        if folder.read(IDENTITY)?.is_none() {
            return Err(OfficerError::NoIdentity);
        }
        let settings = folder.read(SETTINGS)?.unwrap_or_default();
        let settings = serde_json::from_slice(&settings).map_err(|_| folder.damaged(SETTINGS))?;
        let card = Card::parse(&folder.read(CARD)?.unwrap_or_default())?;
        Ok(Self {
            folder,
            settings,
            card,
            clock,
            entropy,
        })
    }

    /// The card to hand to others.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Whether the officer is one of a demonstration.
    pub fn is_demo(&self) -> bool {
        self.settings.demo
    }

    /// The recipient of the second factor, if secrets lie under one.
    pub fn second_factor(&self) -> Option<&str> {
        self.settings.second_factor.as_deref()
    }

    /// Pins the trust policy for good: the log to follow and its witnesses.
    pub fn pin(&self, policy: &[u8]) -> Result<(), OfficerError> {
        match LogCopy::open(&self.folder) {
            Ok(copy) if copy.policy_hash() == <[u8; 32]>::from(Sha256::digest(policy)) => Ok(()),
            Ok(copy) => fail!(
                "another policy is pinned here, for the log {}",
                copy.origin()
            ),
            // A copy that cannot be read has a policy, too: whoever can spoil a file must not get
            // another one pinned by it.
            Err(CopyError::NoPolicy) => {
                let copy = LogCopy::pin(&self.folder, policy)?;
                self.check_demo(copy.ledger())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The copy of the log.
    pub fn log(&self) -> Result<LogCopy, OfficerError> {
        let copy = LogCopy::open(&self.folder)?;
        self.check_demo(copy.ledger())?;
        Ok(copy)
    }

    /// Takes the log forward to a witnessed checkpoint of the last day, and settles what follows
    /// from it: a share counts when its key is logged, and then its predecessor is destroyed.
    pub fn follow(&self, update: &LogUpdate) -> Result<LogCopy, OfficerError> {
        let mut copy = self.log()?;
        copy.advance(&self.folder, update, MAX_AGE_S, self.now_s())?;
        self.settle(copy.ledger())?;
        Ok(copy)
    }

    /// The secret half of the identity.
    pub fn identity(&self, lock: &Lock) -> Result<Identity, OfficerError> {
        let sealed = self
            .folder
            .read(IDENTITY)?
            .ok_or(OfficerError::NoIdentity)?;
        let identity = Identity::from_secret_text(&lock.open(&sealed)?)?;
        if identity.card() != &self.card {
            return Err(IdentityError::Damaged.into());
        }
        Ok(identity)
    }

    /// This officer's number in a set of officers.
    fn index_in(&self, officers: &LoggedKey) -> Result<u16, OfficerError> {
        let mut holders = officers.holders.iter();
        let own = holders.find(|holder| holder.key == self.card.key);
        own.map(|holder| holder.index)
            .ok_or(OfficerError::NotInForce)
    }

    /// The share that a ceremony gave this officer.
    fn share(&self, lock: &Lock, session: &[u8; 32]) -> Result<Option<SecretShare>, OfficerError> {
        let name = share_name(session);
        let Some(sealed) = self.folder.read(&name)? else {
            return Ok(None);
        };
        let bytes = lock.open(&sealed)?;
        let parse = || {
            let (index, scalar) = bytes.split_first_chunk::<2>()?;
            let scalar = Zeroizing::new(<[u8; 32]>::try_from(scalar).ok()?);
            SecretShare::from_bytes(u16::from_be_bytes(*index), &scalar).ok()
        };
        parse()
            .map(Some)
            .ok_or_else(|| self.folder.damaged(&name).into())
    }

    fn keep_share(
        &self,
        lock: &Lock,
        session: &[u8; 32],
        share: &SecretShare,
    ) -> Result<(), OfficerError> {
        let mut bytes = Zeroizing::new(share.index().to_be_bytes().to_vec());
        bytes.extend_from_slice(&*share.to_bytes());
        self.folder
            .write(&share_name(session), &lock.seal(&bytes)?)?;
        Ok(())
    }

    /// Destroys shares that a logged refresh has replaced, and the states of ceremonies that are
    /// logged. What is not logged yet may still be needed.
    fn settle(&self, ledger: &Ledger) -> Result<(), OfficerError> {
        let sets = ledger.officer_sets();
        for (at, set) in sets.iter().enumerate() {
            let public_key = set.keys.public_key;
            if sets[at + 1..]
                .iter()
                .any(|later| later.keys.public_key == public_key)
            {
                self.folder
                    .destroy(&share_name(&set.keys.ceremony.session))?;
            }
            rounds::forget(&self.folder, &set.keys.ceremony.session)?;
        }
        Ok(())
    }

    fn check_demo(&self, ledger: &Ledger) -> Result<(), OfficerError> {
        if ledger.is_demo() == self.settings.demo {
            Ok(())
        } else {
            Err(OfficerError::Demo)
        }
    }

    fn now_s(&self) -> u64 {
        (self.clock)()
    }

    fn today(&self) -> Day {
        Day::of_unix(self.now_s())
    }
}

fn share_name(session: &[u8; 32]) -> String {
    format!("{SHARE}{}.age", hex(session))
}
