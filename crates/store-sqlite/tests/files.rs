//! The files: who may open them, what happens when the disk is full, what a restart costs.

use heliograph_model::{Owner, UnixMs};
use heliograph_store::{
    Clock, Command, Key, KeyRange, Locks, Order, Row, Scan, Store, StoreError, Table, Tx,
};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use std::path::Path;
use std::sync::Arc;

struct Still;

impl Clock for Still {
    fn now(&self) -> UnixMs {
        UnixMs(1_700_000_000_000)
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

fn open_with(path: &Path, options: SqliteOptions) -> Result<Store, StoreError> {
    SqliteStore::open(path, options, Arc::new(Still), Arc::new(()))
}

fn open(path: &Path) -> Result<Store, StoreError> {
    open_with(path, SqliteOptions::default())
}

/// A row of bytes, in a table that needs no lock.
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

struct Put(u32, Vec<u8>);

impl Command for Put {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "put";

    fn locks(&self) -> Locks {
        Locks::none()
    }
    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put(Owner(1), &self.0, &Raw(self.1))
    }
}

async fn keys(store: &Store) -> Vec<u32> {
    let scan = Scan {
        table: Table::Setting,
        owner: Owner(1),
        range: KeyRange::all(),
        order: Order::Ascending,
        limit: usize::MAX,
    };
    let rows = store
        .view()
        .await
        .expect("a view")
        .scan(scan)
        .await
        .expect("a scan");
    rows.iter()
        .filter_map(|(key, _)| u32::read(&mut key.as_slice()))
        .collect()
}

#[test]
fn a_second_opening_is_refused_until_the_first_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heliograph.db");
    let first = open(&path).expect("the first");
    let refused = open(&path).err().expect("the second is refused");
    assert!(matches!(refused, StoreError::InUse(_)));
    assert!(refused.to_string().contains("in use by another process"));
    block_on(first.close());
    let second = open(&path).expect("after closing");
    assert!(matches!(block_on(first.view()), Err(StoreError::Closed)));
    block_on(second.close());
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heliograph.db");
    block_on(open(&path).expect("a new store").close());
    let set = |format: u32| {
        let database = rusqlite::Connection::open(&path).expect("the file");
        database
            .pragma_update(None, "user_version", format)
            .expect("a pragma");
    };
    set(99);
    let refused = open(&path).err().expect("refused");
    assert!(matches!(
        refused,
        StoreError::NewerFormat {
            found: 99,
            known: 6
        }
    ));
    set(6);
    block_on(open(&path).expect("its own format").close());
}

/// How many tables each format had, from format 1.
const TABLES: [usize; 6] = [20, 23, 36, 50, 56, 57];

#[test]
fn a_file_of_an_earlier_format_gets_the_tables_that_it_lacks() {
    for (format, had) in (1..).zip(&TABLES[..TABLES.len() - 1]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heliograph.db");
        block_on(open(&path).expect("a new store").close());
        let database = rusqlite::Connection::open(&path).expect("the file");
        for table in &Table::ALL[*had..] {
            let drop = format!("DROP TABLE \"{}\"", table.name());
            database.execute_batch(&drop).expect("it was there");
        }
        database
            .pragma_update(None, "user_version", format)
            .expect("a pragma");
        drop(database);
        block_on(open(&path).expect("it is brought forward").close());
        let database = rusqlite::Connection::open(&path).expect("the file");
        for table in Table::ALL {
            let count = format!("SELECT count(*) FROM \"{}\"", table.name());
            let rows: u32 = database
                .query_row(&count, [], |row| row.get(0))
                .expect("the table is there");
            assert_eq!(rows, 0);
        }
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heliograph.db");
    std::fs::write(&path, [b'x'; 10_000]).expect("a file");
    assert!(matches!(open(&path), Err(StoreError::Engine(_))));
    assert!(matches!(
        open(&folder.path().join("none/heliograph.db")),
        Err(StoreError::Engine(_))
    ));
}

/// What a group of commands meets on a full disk: it is refused as a whole, later ones succeed when
/// there is room again, and nothing is half written. The limit on the size of the file stands for
/// the disk.
#[test]
fn a_full_disk_refuses_writes_and_the_writer_goes_on() {
    for writer in [Writer::Thread, Writer::Inline] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heliograph.db");
        let options = |file_limit_pages| SqliteOptions {
            writer,
            durability: Durability::Process,
            segment_bytes: 30_000,
            file_limit_pages,
            ..SqliteOptions::default()
        };
        let store = open_with(&path, options(Some(120))).expect("a store");
        let written = block_on(async {
            let mut written = Vec::new();
            let mut refused = 0;
            for key in 0..200 {
                match store.write(Put(key, vec![1; 5000])).await {
                    Ok(()) => written.push(key),
                    Err(StoreError::Engine(_)) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            assert!(
                refused > 10 && written.len() > 10,
                "{} written",
                written.len()
            );
            assert_eq!(keys(&store).await, written);
            store.close().await;
            written
        });
        drop(store);

        let store = open_with(&path, options(None)).expect("the same with more room");
        block_on(async {
            assert_eq!(keys(&store).await, written);
            let put = store.write(Put(1000, vec![1]));
            put.await.expect("there is room again");
            assert_eq!(keys(&store).await, [written, vec![1000]].concat());
            store.close().await;
        });
    }
}

/// After closing, the tables hold everything: whoever opens the file with SQLite sees all of it.
#[test]
fn a_closed_database_is_whole_without_its_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heliograph.db");
    let store = open(&path).expect("a store");
    block_on(async {
        for key in 0..100 {
            store.write(Put(key, vec![1; 100])).await.expect("a row");
        }
        store.close().await;
    });
    let database = rusqlite::Connection::open(&path).expect("the file");
    let count = |table: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM {table}");
        database
            .query_row(&sql, [], |row| row.get(0))
            .expect("a count")
    };
    assert_eq!((count("setting"), count("journal")), (100, 0));
}
