//! The promises of every engine, kept by this one.

use heliograph_store::conformance::Place;
use heliograph_store::{Clock, Listener, Store, StoreError};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use std::sync::Arc;
use tempfile::TempDir;

struct Folder {
    folder: TempDir,
    options: SqliteOptions,
}

impl Folder {
    fn with(options: SqliteOptions) -> Self {
        Folder {
            folder: TempDir::new().expect("a temporary folder"),
            options,
        }
    }
}

impl Place for Folder {
    fn open(
        &self,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
    ) -> Result<Store, StoreError> {
        let path = self.folder.path().join("heliograph.db");
        SqliteStore::open(&path, self.options, clock, listener)
    }
}

mod on_a_thread {
    use super::*;

    fn place() -> Folder {
        Folder::with(SqliteOptions::default())
    }
    heliograph_store::conformance_tests!(place);
}

mod inline {
    use super::*;

    fn place() -> Folder {
        Folder::with(SqliteOptions {
            writer: Writer::Inline,
            durability: Durability::Process,
            ..SqliteOptions::default()
        })
    }
    heliograph_store::conformance_tests!(place);
}

/// Rows move from memory to their tables with nearly every commit.
mod settling_all_the_time {
    use super::*;

    fn place() -> Folder {
        Folder::with(SqliteOptions {
            durability: Durability::Process,
            commands_per_commit: 5,
            segment_bytes: 3000,
            row_cache_bytes: 2000,
            wal_limit_bytes: 100_000,
            readers_kept: 1,
            ..SqliteOptions::default()
        })
    }
    heliograph_store::conformance_tests!(place);
}
