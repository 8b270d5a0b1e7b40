//! The public log, as the desk uses it.

use heliograph_transparency::files::LogUpdate;
use heliograph_transparency::ledger::Ledger;

/// The log refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The entry would break a rule of the log.
    #[error("the log does not take the entry: {0}")]
    Refused(String),
    /// The log could not be read or written.
    #[error("the log failed: {0}")]
    Failed(String),
}

/// How far others vouch for an installation, as everything that leaves it says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// `self-attested`, `witnessed` or `witnessed+custodied`.
    pub level: String,
    /// What that means, in a sentence.
    pub meaning: String,
}

/// The log of this installation. One process writes it; whoever has `&mut` is the only one to
/// append at that time.
pub trait PublicLog: Send {
    /// What the entries so far come to.
    fn ledger(&self) -> &Ledger;

    /// Appends an entry and publishes a signed checkpoint over it; answers with its index.
    ///
    /// When it returns, the entry is on the disk and cannot be taken back. When the process dies
    /// in between, the entry is there or it is not; [`Self::find`] tells.
    fn append(&mut self, entry: &[u8]) -> Result<u64, LogError>;

    /// The index of an entry with exactly these bytes, at `from` or later.
    fn find(&self, entry: &[u8], from: u64) -> Result<Option<u64>, LogError>;

    /// Whether the witnesses that the policy asks for have cosigned a checkpoint over an entry. A
    /// log without witnesses counts as soon as it is signed, and says so as its trust level.
    fn is_witnessed(&self, index: u64, now_s: u64) -> Result<bool, LogError>;

    /// The entries from `from` on, with the newest checkpoint and its cosignatures.
    fn update(&self, from: u64) -> Result<LogUpdate, LogError>;

    /// The proof that an entry is in the log: the text of a `.tlog-proof` file.
    fn proof(&self, index: u64) -> Result<String, LogError>;

    /// How far others vouch for this installation.
    fn trust(&self, now_s: u64) -> Trust;

    /// Has witnesses cosign the newest checkpoint again, when their cosignatures grow old.
    fn refresh(&mut self, now_s: u64) {
        let _ = now_s;
    }
}
