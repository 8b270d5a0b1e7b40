//! Rows: found, listed, overlaid, kept.

use super::{Opened, Place, open, owner, write};
use crate::{Entry, Key, KeyRange, Order, Row, Scan, Store, StoreError, Table, Tx};
use heliograph_model::Owner;
use std::future::Future;

/// A row of bytes, in a table that needs no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
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

async fn put(store: &Store, owner: Owner, rows: Vec<(u32, Vec<u8>)>) {
    let put = write(store, &[], move |tx| {
        Box::pin(async move {
            for (key, value) in rows {
                tx.put(owner, &key, &Raw(value))?;
            }
            Ok(())
        })
    });
    put.await.expect("rows are written");
}

async fn find(store: &Store, owner: Owner, key: u32) -> Option<Vec<u8>> {
    let mut view = store.view().await.expect("a view");
    view.find::<Raw>(owner, &key)
        .await
        .expect("a readable row")
        .map(|raw| raw.0)
}

fn scan_of(owner: Owner, from: u32, to: Option<u32>, order: Order, limit: usize) -> Scan {
    let mut range = KeyRange::all().from(&from);
    if let Some(to) = to {
        range = range.before(&to);
    }
    Scan {
        table: Table::Setting,
        owner,
        range,
        order,
        limit,
    }
}

fn keys(entries: &[Entry]) -> Vec<u32> {
    entries
        .iter()
        .filter_map(|(key, _)| u32::read(&mut key.as_slice()))
        .collect()
}

/// Rows differ by table, owner and key; they are replaced and removed.
pub async fn a_row_is_found_by_its_table_owner_and_key(place: &impl Place) {
    let Opened { store, .. } = open(place);
    put(
        &store,
        owner(1),
        vec![(1, b"one".to_vec()), (2, Vec::new())],
    )
    .await;
    put(&store, owner(2), vec![(1, b"other".to_vec())]).await;
    assert_eq!(find(&store, owner(1), 1).await, Some(b"one".to_vec()));
    assert_eq!(
        find(&store, owner(1), 2).await,
        Some(Vec::new()),
        "an empty value is a value"
    );
    assert_eq!(find(&store, owner(2), 1).await, Some(b"other".to_vec()));
    assert_eq!(find(&store, owner(2), 2).await, None);
    assert_eq!(find(&store, owner(-1), 1).await, None);
    let mut view = store.view().await.expect("a view");
    let elsewhere = view
        .get(Table::Queue, owner(1), &1_u32.bytes())
        .await
        .expect("a read");
    assert_eq!(elsewhere, None, "another table is another row");
    drop(view);

    let large = vec![7; 300_000];
    put(&store, owner(1), vec![(1, large.clone())]).await;
    assert_eq!(find(&store, owner(1), 1).await, Some(large));
    let removal = write(&store, &[], |tx| {
        Box::pin(async move {
            tx.delete::<Raw>(owner(1), &1)?;
            tx.delete::<Raw>(owner(1), &99)
        })
    });
    removal.await.expect("removing, also what is not there");
    assert_eq!(find(&store, owner(1), 1).await, None);
    store.close().await;
}

/// Ranges include their start and not their end, in either order, up to a limit.
pub async fn ranges_are_read_from_both_ends_with_limits(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let many = (0..50_u32)
        .map(|key| (key * 10, key.to_be_bytes().to_vec()))
        .collect();
    put(&store, owner(5), many).await;
    put(&store, owner(4), vec![(5, vec![])]).await;
    put(&store, owner(6), vec![(5, vec![])]).await;

    let mut view = store.view().await.expect("a view");
    let mut check = async |from, to, order, limit, expected: &[u32]| {
        let found = view
            .scan(scan_of(owner(5), from, to, order, limit))
            .await
            .expect("a scan");
        assert_eq!(
            keys(&found),
            expected,
            "{from}..{to:?} {order:?} limit {limit}"
        );
        assert!(found.iter().all(|(key, value)| {
            u32::read(&mut key.as_slice()) == u32::read(&mut value.as_slice()).map(|n| n * 10)
        }));
    };
    check(100, Some(130), Order::Ascending, 10, &[100, 110, 120]).await;
    check(101, Some(131), Order::Ascending, 10, &[110, 120, 130]).await;
    check(100, Some(130), Order::Descending, 10, &[120, 110, 100]).await;
    check(0, None, Order::Ascending, 2, &[0, 10]).await;
    check(0, None, Order::Descending, 2, &[490, 480]).await;
    check(480, None, Order::Descending, usize::MAX, &[490, 480]).await;
    check(130, Some(130), Order::Ascending, 5, &[]).await;
    check(200, Some(100), Order::Descending, 5, &[]).await;
    check(0, None, Order::Ascending, 0, &[]).await;
    drop(view);
    store.close().await;
}

/// A command sees what it and the commands before it did, committed or not, in single rows and in
/// ranges, with the rows below shadowed.
pub async fn a_command_reads_its_own_and_earlier_writes_in_ranges(place: &impl Place) {
    let Opened { store, .. } = open(place);
    put(
        &store,
        owner(1),
        (0..10).map(|key| (key, b"old".to_vec())).collect(),
    )
    .await;

    let earlier = write(&store, &[], |tx| {
        Box::pin(async move {
            for key in 0..8 {
                tx.delete::<Raw>(owner(1), &key)?;
            }
            tx.put(owner(1), &20, &Raw(b"new".to_vec()))
        })
    });
    let later = write(&store, &[], |tx| {
        Box::pin(async move {
            tx.put(owner(1), &9, &Raw(b"mine".to_vec()))?;
            tx.put(owner(1), &15, &Raw(b"mine".to_vec()))?;
            tx.delete::<Raw>(owner(1), &20)?;
            tx.put(owner(1), &21, &Raw(b"mine".to_vec()))?;
            let up = listed(tx, Order::Ascending, 3).await?;
            let down = listed(tx, Order::Descending, 2).await?;
            Ok((
                up,
                down,
                tx.find::<Raw>(owner(1), &3).await?,
                tx.find::<Raw>(owner(1), &8).await?,
            ))
        })
    });
    earlier.await.expect("the first command");
    let (up, down, gone, kept) = later.await.expect("the second command");
    assert_eq!(
        up,
        [(8, "old".into()), (9, "mine".into()), (15, "mine".into())]
    );
    assert_eq!(down, [(21, "mine".into()), (15, "mine".into())]);
    assert_eq!(gone, None);
    assert_eq!(kept, Some(Raw(b"old".to_vec())));

    let mut view = store.view().await.expect("a view");
    let all = view
        .scan(scan_of(owner(1), 0, None, Order::Ascending, 100))
        .await
        .expect("a scan");
    assert_eq!(keys(&all), [8, 9, 15, 21]);
    drop(view);
    store.close().await;
}

async fn listed(
    tx: &mut Tx<'_>,
    order: Order,
    limit: usize,
) -> Result<Vec<(u32, String)>, StoreError> {
    let rows = tx
        .rows()
        .list::<Raw>(owner(1), KeyRange::all(), order, limit)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(key, raw)| (key, String::from_utf8_lossy(&raw.0).into()))
        .collect())
}

/// What was written is there when the store is opened again, in every table.
pub async fn rows_of_every_table_survive_reopening(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let tables = write(&store, &[owner(1)], |tx| {
        Box::pin(async move {
            for table in Table::ALL {
                tx.write(table, owner(1), &[table as u8], Some(vec![table as u8; 3]))?;
            }
            Ok(())
        })
    });
    tables.await.expect("a row in every table");
    put(
        &store,
        owner(2),
        (0..500).map(|key| (key, vec![1; 100])).collect(),
    )
    .await;
    put(
        &store,
        owner(2),
        (0..500).map(|key| (key, vec![2; 100])).collect(),
    )
    .await;
    store.close().await;
    drop(store);

    let Opened { store, .. } = open(place);
    let mut view = store.view().await.expect("a view");
    for table in Table::ALL {
        let found = view
            .get(table, owner(1), &[table as u8])
            .await
            .expect("a read");
        assert_eq!(found, Some(vec![table as u8; 3]), "{}", table.name());
    }
    let rows = view
        .list::<Raw>(owner(2), KeyRange::all(), Order::Ascending, usize::MAX)
        .await
        .expect("a list");
    assert_eq!(rows.len(), 500);
    assert!(rows.iter().all(|(_, raw)| raw.0 == [2; 100]));
    drop(view);
    store.close().await;
}

/// A view that is kept sees nothing of later commits, in rows read before or not.
pub async fn a_view_shows_one_moment(place: &impl Place) {
    let Opened { store, .. } = open(place);
    put(
        &store,
        owner(1),
        vec![(1, b"before".to_vec()), (2, b"before".to_vec())],
    )
    .await;
    let mut kept = store.view().await.expect("a view");
    let first = kept.find::<Raw>(owner(1), &1).await.expect("a read");
    for round in 0..20_u32 {
        put(
            &store,
            owner(1),
            vec![(1, b"after".to_vec()), (2, b"after".to_vec())],
        )
        .await;
        put(&store, owner(1), vec![(3 + round, b"after".to_vec())]).await;
    }
    assert_eq!(first, Some(Raw(b"before".to_vec())));
    assert_eq!(kept.find::<Raw>(owner(1), &2).await.expect("a read"), first);
    let all = kept
        .scan(scan_of(owner(1), 0, None, Order::Ascending, 100))
        .await
        .expect("a scan");
    assert_eq!(keys(&all), [1, 2]);
    drop(kept);
    assert_eq!(find(&store, owner(1), 2).await, Some(b"after".to_vec()));
    store.close().await;
}

/// Views taken on other threads while commits run never show a part of one, nor go back.
pub async fn views_are_whole_while_commits_run(place: &impl Place) {
    const ROUNDS: u32 = 1500;
    let Opened { store, .. } = open(place);
    put_round(&store, 0).await;
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            std::thread::spawn(move || super::run(watch_rounds(store, ROUNDS)))
        })
        .collect();
    let mut under_way = std::collections::VecDeque::new();
    for round in 1..=ROUNDS {
        under_way.push_back(put_round(&store, round));
        if under_way.len() == 20 {
            under_way.pop_front().expect("not empty").await;
        }
    }
    for put in under_way {
        put.await;
    }
    for reader in readers {
        reader.join().expect("no reader saw a broken view");
    }
    store.close().await;
}

/// Sets a row of three owners to the round, and moves a fourth along.
fn put_round(store: &Store, round: u32) -> impl Future<Output = ()> + use<> {
    let put = write(store, &[], move |tx| {
        Box::pin(async move {
            let value = Raw(round.to_be_bytes().to_vec());
            for user in 1..=3 {
                tx.put(owner(user), &0, &value)?;
            }
            tx.delete::<Raw>(owner(4), &round.saturating_sub(1))?;
            tx.put(owner(4), &round, &value)
        })
    });
    async { put.await.expect("a round") }
}

async fn watch_rounds(store: Store, last: u32) {
    let mut before = 0;
    while before < last {
        let mut view = store.view().await.expect("a view");
        let mut rounds = Vec::new();
        for user in [3, 1, 2] {
            let found = view.find::<Raw>(owner(user), &0).await.expect("a read");
            rounds.push(found.and_then(|raw| u32::read(&mut raw.0.as_slice())));
        }
        let moving = view
            .scan(scan_of(owner(4), 0, None, Order::Ascending, 5))
            .await;
        let moving = keys(&moving.expect("a scan"));
        let [now] = moving[..] else {
            panic!("not one row but {moving:?}")
        };
        assert_eq!(rounds, [Some(now); 3]);
        assert!(now >= before, "{now} after {before}");
        before = now;
    }
}
