//! An engine that keeps its rows in memory: for tests of the crates above.
//!
//! Commands are applied at once, on the caller's thread, each as a group of its own.

use crate::engine::BoxFuture;
use crate::{
    Clock, Engine, Entry, Group, KeyRange, Listener, Order, Pending, Rows, Scan, Store, StoreError,
    Table,
};
use heliograph_model::Owner;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

type Map = BTreeMap<(Table, Owner, Vec<u8>), Vec<u8>>;

/// The engine.
struct Memory {
    rows: Arc<Mutex<Map>>,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
}

/// An empty store in memory.
pub fn open(clock: Arc<dyn Clock>, listener: Arc<dyn Listener>) -> Store {
    Store::new(Arc::new(Memory {
        rows: Arc::default(),
        clock,
        listener,
    }))
}

/// Reads the shared map; every answer is ready at once.
struct Reader(Arc<Mutex<Map>>);

impl Rows for Reader {
    fn get<'a>(
        &'a mut self,
        table: Table,
        owner: Owner,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = rows.get(&(table, owner, key.to_vec())).cloned();
        Box::pin(std::future::ready(Ok(value)))
    }

    fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        let Scan {
            table,
            owner,
            range,
            order,
            limit,
        } = scan;
        let KeyRange { from, to } = range;
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = rows
            .range((table, owner, from)..)
            .take_while(|((t, o, key), _)| {
                (*t, *o) == (table, owner) && to.as_ref().is_none_or(|to| key < to)
            })
            .map(|((_, _, key), value)| (key.clone(), value.clone()));
        let mut entries: Vec<Entry> = found.collect();
        if order == Order::Descending {
            entries.reverse();
        }
        entries.truncate(limit);
        Box::pin(std::future::ready(Ok(entries)))
    }
}

impl Engine for Memory {
    fn submit(&self, command: Box<dyn Pending>) {
        let mut reader = Reader(self.rows.clone());
        let group = pin!(Group::apply(vec![command], &mut reader, self.clock.now()));
        let Poll::Ready(sealed) = group.poll(&mut Context::from_waker(Waker::noop())) else {
            unreachable!("the reader above is always ready");
        };
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for change in sealed.changes() {
            let name = &change.name;
            let id = (name.table(), name.owner(), name.key().to_vec());
            match &change.value {
                Some(value) => rows.insert(id, value.to_vec()),
                None => rows.remove(&id),
            };
        }
        drop(rows);
        sealed.committed(&*self.listener);
    }

    fn view(&self) -> BoxFuture<'_, Result<Box<dyn Rows + '_>, StoreError>> {
        let reader: Box<dyn Rows> = Box::new(Reader(self.rows.clone()));
        Box::pin(std::future::ready(Ok(reader)))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
