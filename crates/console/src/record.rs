//! The public log, as the pages see it.

use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::VerifierKey;
use heliograph_transparency::tile::TileSource;
use heliograph_transparency::verify::Level;
use std::sync::Arc;

/// What a trust level means, for people.
pub fn meaning(level: Level) -> &'static str {
    match level {
        Level::SelfAttested => {
            "Nobody outside vouches for this installation. The log can be checked for \
             contradictions, but its operator could show different people different logs, and could \
             open sealed records without an entry if enough officers helped."
        }
        Level::Witnessed => {
            "Witnesses outside the operator's control have signed that they saw this log and no \
             other: the operator cannot show different people different logs. The custodian is \
             still the operator's own. If enough officers helped, records could be opened without \
             an entry."
        }
        Level::WitnessedCustodied => {
            "Witnesses outside the operator's control have signed that they saw this log and no \
             other, and custodians outside it hold the second half of every key: no stored record \
             opens without an entry that the witnesses have seen."
        }
    }
}

/// The log at one moment.
pub struct Snapshot {
    /// What its entries come to.
    pub ledger: Ledger,
    /// The signed checkpoint over them, with its cosignatures.
    pub checkpoint: Vec<u8>,
    /// When the checkpoint was signed, in Unix seconds.
    pub signed_s: u64,
    /// The log's key.
    pub log_key: VerifierKey,
    /// Who is asked to witness it: the text of a tlog-policy.
    pub policy: String,
    /// How far others vouch for it now.
    pub trust: Level,
}

/// The public log of this installation.
pub trait PublicRecord: Send + Sync + 'static {
    /// The log as it is now. Called for every page: it should cost next to nothing.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// The log's files, as `/log/` serves them. Reading blocks.
    fn files(&self) -> &(dyn TileSource + Send + Sync + 'static);
}
