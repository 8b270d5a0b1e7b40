//! Where sealed records go.

use heliograph_desk_store::{Coverage, DeskError, SealedRecords};
use heliograph_keeper::BoxFuture;
use heliograph_model::UserId;
use heliograph_vault::record::SealedRecord;
use tokio::task::spawn_blocking;

/// Keeps sealed records. What was answered is durable.
pub trait RecordSink: Send + Sync + 'static {
    /// Keeps the record of an account's number, in place of the one before.
    fn put_phone(
        &self,
        user: UserId,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<(), DeskError>>;

    /// Keeps a record of an address; answers with the row by which it is replaced.
    fn insert_ip(
        &self,
        user: UserId,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<i64, DeskError>>;

    /// Replaces a record of an address; false when it was erased in the meantime.
    fn replace_ip(
        &self,
        row: i64,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<bool, DeskError>>;

    /// Erases all records of an account.
    fn erase_user(&self, user: UserId) -> BoxFuture<'static, Result<(), DeskError>>;

    /// Erases the address records of a day; answers with how many there were.
    fn erase_day(&self, day: u32) -> BoxFuture<'static, Result<u64, DeskError>>;

    /// The days that have address records, ascending.
    fn days(&self) -> BoxFuture<'static, Result<Vec<u32>, DeskError>>;

    /// How many records there are.
    fn coverage(&self) -> BoxFuture<'static, Result<Coverage, DeskError>>;
}

/// The desk's database, on threads that may wait for the disk.
impl RecordSink for SealedRecords {
    fn put_phone(
        &self,
        user: UserId,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<(), DeskError>> {
        self.on_a_thread(move |records| {
            records.put_phone(user, &record.to_bytes(), record.hash().0)
        })
    }

    fn insert_ip(
        &self,
        user: UserId,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<i64, DeskError>> {
        self.on_a_thread(move |records| {
            let day = record.label().epoch;
            records.insert_ip(user, day, &record.to_bytes(), record.hash().0)
        })
    }

    fn replace_ip(
        &self,
        row: i64,
        record: SealedRecord,
    ) -> BoxFuture<'static, Result<bool, DeskError>> {
        self.on_a_thread(move |records| {
            records.replace_ip(row, &record.to_bytes(), record.hash().0)
        })
    }

    fn erase_user(&self, user: UserId) -> BoxFuture<'static, Result<(), DeskError>> {
        self.on_a_thread(move |records| records.erase_user(user).map(|_| ()))
    }

    fn erase_day(&self, day: u32) -> BoxFuture<'static, Result<u64, DeskError>> {
        self.on_a_thread(move |records| records.erase_day(day))
    }

    fn days(&self) -> BoxFuture<'static, Result<Vec<u32>, DeskError>> {
        self.on_a_thread(SealedRecords::days)
    }

    fn coverage(&self) -> BoxFuture<'static, Result<Coverage, DeskError>> {
        self.on_a_thread(SealedRecords::coverage)
    }
}

/// Runs a call of a [`SealedRecords`] where it may block.
trait OnAThread: Clone + Send + 'static {
    fn on_a_thread<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> BoxFuture<'static, T> {
        let this = self.clone();
        Box::pin(async move {
            match spawn_blocking(move || call(&this)).await {
                Ok(answer) => answer,
                Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
            }
        })
    }
}

impl OnAThread for SealedRecords {}
