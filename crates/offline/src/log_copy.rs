//! The copy of the log that an officer or a custodian keeps on its own disk.
//!
//! It goes forward only: what was believed once is part of every later state, also after a crash.

use crate::folder::{Folder, FolderError};
use heliograph_transparency::files::LogUpdate;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::Note;
use heliograph_transparency::policy::{Freshness, MalformedPolicy, Policy, PolicyError, Standing};
use heliograph_transparency::replica::{AdvanceError, Replica, RestoreError, stored};
use heliograph_transparency::tile::EntryTooLong;
use heliograph_transparency::tree::TreeHead;
use sha2::{Digest as _, Sha256};

const ENTRIES: &str = "log-entries";
const CHECKPOINT: &str = "log-checkpoint";
const POLICY: &str = "log-policy";

/// Why the copy cannot be opened or does not go forward.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// No trust policy was pinned yet.
    #[error("no trust policy is pinned here")]
    NoPolicy,
    /// The pinned policy is not one.
    #[error(transparent)]
    Policy(#[from] MalformedPolicy),
    /// The policy does not accept exactly one log.
    #[error("the trust policy must name exactly one log")]
    Logs,
    /// A file of the folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The stored copy does not fit together.
    #[error("the stored copy of the log: {0}")]
    Restore(#[from] RestoreError),
    /// The update was refused.
    #[error("the log: {0}")]
    Advance(#[from] AdvanceError),
    /// An entry that no log can hold.
    #[error(transparent)]
    Entry(#[from] EntryTooLong),
    /// The newest checkpoint is not cosigned, or was too long ago.
    #[error("the newest checkpoint here: {0}")]
    Stale(PolicyError),
    /// Nothing of the log is known yet.
    #[error("nothing of the log is known here yet")]
    Empty,
}

/// The copy, and the trust policy that was pinned for it.
pub struct LogCopy {
    policy: Policy,
    policy_hash: [u8; 32],
    replica: Replica,
    /// Bytes of the entries' file that belong to the copy.
    stored_bytes: u64,
}

impl LogCopy {
    /// Pins a trust policy (c2sp.org/tlog-policy) for this folder and begins an empty copy of the
    /// one log it names.
    pub fn pin(folder: &Folder, policy: &[u8]) -> Result<Self, CopyError> {
        let parsed = parse(policy)?;
        folder.write(POLICY, policy)?;
        Self::read(folder, parsed, policy)
    }

    /// Opens the copy that the folder holds. Fails with [`CopyError::NoPolicy`] before
    /// [`LogCopy::pin`].
    pub fn open(folder: &Folder) -> Result<Self, CopyError> {
        let policy = folder.read(POLICY)?.ok_or(CopyError::NoPolicy)?;
        Self::read(folder, parse(&policy)?, &policy)
    }

    fn read(folder: &Folder, policy: Policy, text: &[u8]) -> Result<Self, CopyError> {
        let origin = policy.logs()[0].key.name().as_str().to_owned();
        let (replica, stored_bytes) = match folder.read(CHECKPOINT)? {
            Some(checkpoint) => {
                let entries = folder.read(ENTRIES)?.unwrap_or_default();
                Replica::restore(&origin, &entries, &checkpoint, &policy)?
            }
            None => (Replica::new(&origin), 0),
        };
        Ok(Self {
            policy,
            policy_hash: Sha256::digest(text).into(),
            replica,
            stored_bytes: stored_bytes as u64,
        })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.replica.ledger().origin()
    }

    /// SHA-256 of the pinned policy's text.
    pub fn policy_hash(&self) -> [u8; 32] {
        self.policy_hash
    }

    /// What satisfying the pinned policy is worth.
    pub fn standing(&self) -> Standing {
        self.policy.standing()
    }

    /// What the log says.
    pub fn ledger(&self) -> &Ledger {
        self.replica.ledger()
    }

    /// Size and root of the copy.
    pub fn head(&self) -> TreeHead {
        self.replica.head()
    }

    /// The newest checkpoint that was believed.
    pub fn checkpoint(&self) -> Option<&Note> {
        self.replica.checkpoint()
    }

    /// Goes forward, durably. Nothing has changed when it fails.
    ///
    /// Cosignatures may be `max_age_s` old at `now_s`.
    pub fn advance(
        &mut self,
        folder: &Folder,
        update: &LogUpdate,
        max_age_s: u64,
        now_s: u64,
    ) -> Result<(), CopyError> {
        let mut next = self.replica.clone();
        next.advance(update, &self.policy, Freshness::within(max_age_s), now_s)?;
        let news = stored(self.replica.unknown(update))?;
        if !news.is_empty() {
            // Past the part that belongs to the copy a crash may have left a torn entry.
            folder.write_tail(ENTRIES, self.stored_bytes, &news)?;
        }
        folder.write(CHECKPOINT, update.checkpoint.as_bytes())?;
        self.stored_bytes += news.len() as u64;
        self.replica = next;
        Ok(())
    }

    /// Whether the newest checkpoint still satisfies the policy at `now_s`, with cosignatures no
    /// older than `max_age_s`.
    pub fn check_fresh(&self, max_age_s: u64, now_s: u64) -> Result<(), CopyError> {
        let note = self.replica.checkpoint().ok_or(CopyError::Empty)?;
        self.policy
            .evaluate(note, Freshness::within(max_age_s), now_s)
            .map(|_| ())
            .map_err(CopyError::Stale)
    }
}

fn parse(policy: &[u8]) -> Result<Policy, CopyError> {
    let policy = Policy::parse(policy)?;
    if policy.logs().len() == 1 {
        Ok(policy)
    } else {
        Err(CopyError::Logs)
    }
}
