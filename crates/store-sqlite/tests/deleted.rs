//! Nothing that was deleted stays in the files.

use heliograph_model::{Owner, UnixMs};
use heliograph_store::{Clock, Command, Locks, Row, Store, StoreError, Table, Tx};
use heliograph_store_sqlite::{Deleted, SqliteOptions, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Still;

impl Clock for Still {
    fn now(&self) -> UnixMs {
        UnixMs(1_700_000_000_000)
    }
}

struct Raw(Vec<u8>);

impl Row for Raw {
    const TABLE: Table = Table::Setting;
    type Key = u32;

    fn to_bytes(&self) -> Vec<u8> {
        self.0.clone()
    }
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        Ok(Raw(bytes.to_vec()))
    }
}

/// Writes a row, or deletes it.
struct Set(u32, Option<Vec<u8>>);

impl Command for Set {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "set";

    fn locks(&self) -> Locks {
        Locks::none()
    }
    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match self.1 {
            Some(value) => tx.put(Owner(1), &self.0, &Raw(value)),
            None => tx.delete::<Raw>(Owner(1), &self.0),
        }
    }
}

const SECRET: &[u8] = b"meet me behind the observatory";

fn open(folder: &Path, options: SqliteOptions) -> Store {
    let path = folder.join("heliograph.db");
    SqliteStore::open(&path, options, Arc::new(Still), Arc::new(())).expect("a store")
}

/// Which files of the folder hold the secret.
fn files_with_it(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let entry = entry.expect("a file");
        // A file may go away while it is looked at; then it holds nothing.
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        if bytes.windows(SECRET.len()).any(|window| window == SECRET) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

/// Waits until no file holds the secret.
async fn is_gone_from(folder: &Path) {
    let begun = Instant::now();
    while !files_with_it(folder).is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?}",
            files_with_it(folder)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The secret among many rows, a large one and small ones, so that it has had every kind of page.
async fn write_and_delete(store: &Store) {
    for number in 0..400 {
        let size = if number % 50 == 0 { 40_000 } else { 100 };
        let value = SECRET.iter().copied().cycle().take(size).collect();
        store
            .write(Set(number, Some(value)))
            .await
            .expect("written");
    }
    for number in 0..400 {
        store.write(Set(number, None)).await.expect("deleted");
    }
}

#[tokio::test]
async fn what_was_deleted_is_gone_soon_although_nothing_more_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions {
        settled_within: Duration::from_millis(50),
        log_emptied_every: Duration::from_millis(50),
        ..SqliteOptions::default()
    };
    let store = open(folder.path(), options);
    write_and_delete(&store).await;
    is_gone_from(folder.path()).await;
    store
        .write(Set(7, Some(b"and on it goes".to_vec())))
        .await
        .expect("written");
    store.close().await;
}

#[tokio::test]
async fn what_a_killed_process_left_of_it_is_gone_soon_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path(), SqliteOptions::default());
    write_and_delete(&store).await;
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["heliograph.db", "heliograph.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).expect("a copy");
    }
    store.close().await;
    assert!(
        !files_with_it(copy.path()).is_empty(),
        "it was not settled yet"
    );
    let options = SqliteOptions {
        settled_within: Duration::from_millis(50),
        log_emptied_every: Duration::from_millis(50),
        ..SqliteOptions::default()
    };
    let store = open(copy.path(), options);
    is_gone_from(copy.path()).await;
    store.close().await;
}

#[tokio::test]
async fn an_end_in_order_leaves_nothing_of_it() {
    for (deleted, gone) in [(Deleted::Overwritten, true), (Deleted::Left, false)] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteOptions {
            deleted,
            ..SqliteOptions::default()
        };
        let store = open(folder.path(), options);
        write_and_delete(&store).await;
        store.close().await;
        drop(store);
        assert_eq!(files_with_it(folder.path()).is_empty(), gone, "{deleted:?}");
    }
}
