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

/// A view that is held keeps the log from being restarted: it grows, writes go on, and the view
/// stays as it was.
#[test]
fn a_view_is_held_while_the_log_outgrows_its_limit() {
    use heliograph_model::{Owner, UnixMs};
    use heliograph_store::{Command, Locks, Tx, enqueue};

    struct Fill;
    impl Command for Fill {
        type Output = ();
        type Error = StoreError;
        const NAME: &'static str = "fill";
        fn locks(&self) -> Locks {
            Locks::none()
        }
        async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            enqueue(tx, UnixMs(0), "fill", vec![0; 3000]).await
        }
    }
    struct Still;
    impl Clock for Still {
        fn now(&self) -> UnixMs {
            UnixMs(0)
        }
    }

    let place = Folder::with(SqliteOptions {
        durability: Durability::Process,
        segment_bytes: 100_000,
        wal_limit_bytes: 200_000,
        ..SqliteOptions::default()
    });
    let store = place.open(Arc::new(Still), Arc::new(())).expect("a store");
    heliograph_store::conformance::run(async {
        let mut held = store.view().await.expect("a view");
        let log = place.folder.path().join("heliograph.db-wal");
        let size = || std::fs::metadata(&log).expect("the log").len();
        while size() < 20 * place.options.wal_limit_bytes {
            store.write(Fill).await.expect("a write");
        }
        let key = b"job".as_slice();
        let nothing = held
            .get(heliograph_store::Table::Counter, Owner::INSTALLATION, key)
            .await;
        assert_eq!(nothing.expect("a read"), None, "the view is as it was");
        drop(held);
        store.close().await;
    });
}
