//! The inside of a command.

use crate::engine::BoxFuture;
use crate::group::Overlay;
use crate::{Entry, Key, Locks, Row, RowName, Rows, Scan, StoreError, Table, Wake};
use heliograph_model::{Logged, Notice, Owner, SecretNews, UnixMs, UserId};
use std::sync::Arc;

/// A command's view of the store, and its changes so far.
///
/// It sees its own writes and those of the commands before it in the same group.
pub struct Tx<'a> {
    pub(crate) base: &'a mut dyn Rows,
    pub(crate) overlay: &'a mut Overlay,
    pub(crate) locks: &'a Locks,
    pub(crate) command: &'static str,
    pub(crate) origin: Option<u64>,
    pub(crate) now: UnixMs,
    pub(crate) wakes: Vec<Wake>,
    pub(crate) jobs_due: bool,
}

impl Tx<'_> {
    /// The time of the commit group; it never goes back.
    pub fn now(&self) -> UnixMs {
        self.now
    }

    /// Writes a row, new or changed.
    pub fn put<T: Row>(&mut self, owner: Owner, key: &T::Key, row: &T) -> Result<(), StoreError> {
        self.write(T::TABLE, owner, &key.bytes(), Some(row.to_bytes()))
    }

    /// Removes a row; nothing happens when there is none.
    pub fn delete<T: Row>(&mut self, owner: Owner, key: &T::Key) -> Result<(), StoreError> {
        self.write(T::TABLE, owner, &key.bytes(), None)
    }

    pub(crate) fn write(
        &mut self,
        table: Table,
        owner: Owner,
        key: &[u8],
        value: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        if table.needs_lock() && !self.locks.contains(owner) {
            return Err(StoreError::Undeclared {
                command: self.command,
            });
        }
        self.overlay
            .set(RowName::of(table, owner, key), value.map(Arc::from));
        Ok(())
    }

    /// Notes an entry of a mailbox's log for the wake-up after the commit.
    pub(crate) fn note_logged(&mut self, owner: Owner, logged: Arc<Logged>) {
        self.wake(owner).logged.push(logged);
    }

    /// Notes a change without pts for the wake-up after the commit.
    pub(crate) fn note_notice(&mut self, owner: Owner, notice: Notice) {
        self.wake(owner).notices.push(notice);
    }

    /// Notes that a mailbox's readers are to be woken.
    pub(crate) fn note_ring(&mut self, owner: Owner) {
        self.wake(owner);
    }

    /// Notes, for the wake-up after the commit, what a person's devices have to be told of their secret
    /// chats. It is kept nowhere but in the rows that it names.
    pub fn note_secret(&mut self, user: UserId, news: SecretNews) {
        self.wake(user.into()).secret.push(news);
    }

    pub(crate) fn note_job(&mut self) {
        self.jobs_due = true;
    }

    fn wake(&mut self, owner: Owner) -> &mut Wake {
        let known = self.wakes.iter().position(|wake| wake.owner == owner);
        let index = known.unwrap_or_else(|| {
            let origin = self.origin;
            self.wakes.push(Wake {
                owner,
                logged: Vec::new(),
                notices: Vec::new(),
                secret: Vec::new(),
                origin,
            });
            self.wakes.len() - 1
        });
        &mut self.wakes[index]
    }

    /// The same as a reader, for code that serves commands and views alike.
    pub fn rows(&mut self) -> &mut (dyn Rows + '_) {
        self
    }

    /// See the method of the same name on `dyn Rows`.
    pub async fn find<T: Row>(
        &mut self,
        owner: Owner,
        key: &T::Key,
    ) -> Result<Option<T>, StoreError> {
        self.rows().find(owner, key).await
    }

    /// See the method of the same name on `dyn Rows`.
    pub async fn find_or_default<T: Row + Default>(
        &mut self,
        owner: Owner,
        key: &T::Key,
    ) -> Result<T, StoreError> {
        self.rows().find_or_default(owner, key).await
    }
}

impl Rows for Tx<'_> {
    fn get<'a>(
        &'a mut self,
        table: Table,
        owner: Owner,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        match self.overlay.get(&RowName::of(table, owner, key)) {
            Some(value) => {
                let value = value.as_deref().map(<[u8]>::to_vec);
                Box::pin(std::future::ready(Ok(value)))
            }
            None => self.base.get(table, owner, key),
        }
    }

    fn scan(&mut self, scan: Scan) -> BoxFuture<'_, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move {
            let changed = self.overlay.changed_in(&scan);
            if changed.is_empty() {
                return self.base.scan(scan).await;
            }
            // Removed rows may hide as many of the base's; ask for that many more.
            let wider = Scan {
                limit: scan.limit.saturating_add(changed.len()),
                ..scan.clone()
            };
            let base = self.base.scan(wider).await?;
            Ok(crate::group::merge(base, changed, scan.order, scan.limit))
        })
    }
}
