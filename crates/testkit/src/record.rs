//! The public log of a house, as its pages and its service account see it.

use heliograph_console::PublicRecord;
use heliograph_console::record::Snapshot;
use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::tile::TileSource;
use heliograph_transparency::verify::Level;
use std::sync::{Arc, PoisonError, RwLock};

const ORIGIN: &str = "demo.testkit/log";

/// A log of which only what its entries say is shown.
pub struct Record {
    shown: RwLock<Arc<Snapshot>>,
    files: FolderSource,
}

impl Default for Record {
    fn default() -> Self {
        let shown = RwLock::new(Arc::new(snapshot(Ledger::new(ORIGIN))));
        // Nobody reads its files.
        let files = FolderSource::new("/nonexistent");
        Record { shown, files }
    }
}

impl Record {
    /// From now on the log says this.
    pub fn show(&self, ledger: Ledger) {
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        *shown = Arc::new(snapshot(ledger));
    }
}

fn snapshot(ledger: Ledger) -> Snapshot {
    let name = ORIGIN.parse().expect("an origin is a name");
    Snapshot {
        ledger,
        checkpoint: Vec::new(),
        signed_s: 0,
        log_key: SignerKey::new(name, &[1; 32]).verifier().clone(),
        policy: String::new(),
        trust: Level::SelfAttested,
    }
}

impl PublicRecord for Record {
    fn snapshot(&self) -> Arc<Snapshot> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    fn files(&self) -> &(dyn TileSource + Send + Sync + 'static) {
        &self.files
    }
}
