//! Follow-up work, committed together with its cause.

use crate::{Rows, StoreError, Table, Tx, row};
use heliograph_model::{Owner, UnixMs};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Work to be done after the commit, at least once: a runner may crash between doing it and
/// removing the row, so every kind of job must be safe to run twice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Job {
    /// What to do; the runner knows the kinds.
    #[n(0)]
    pub kind: String,
    /// With what, in the kind's own form.
    #[n(1)]
    pub payload: ByteVec,
    /// How often it failed.
    #[n(2)]
    pub attempts: u32,
}

/// When it is due (Unix milliseconds), and a number that tells apart jobs due together.
pub type JobKey = (u64, u64);

row!(Job, Table::Job, key: JobKey);

/// A named counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Counter(#[n(0)] u64);

row!(Counter, Table::Counter, key: String);

impl Tx<'_> {
    /// The next number of a named counter of the installation, from 1 upwards.
    pub async fn next_number(&mut self, name: &str) -> Result<u64, StoreError> {
        let key = name.to_owned();
        let mut counter: Counter = self.find_or_default(Owner::INSTALLATION, &key).await?;
        counter.0 += 1;
        self.put(Owner::INSTALLATION, &key, &counter)?;
        Ok(counter.0)
    }
}

/// The next number of a named counter of one owner, from 1 upwards.
pub async fn next_number_of(tx: &mut Tx<'_>, owner: Owner, name: &str) -> Result<u64, StoreError> {
    let key = name.to_owned();
    let mut counter: Counter = tx.find_or_default(owner, &key).await?;
    counter.0 += 1;
    tx.put(owner, &key, &counter)?;
    Ok(counter.0)
}

/// The last number that a named counter of the installation gave out; 0 before the first.
pub async fn last_number(rows: &mut dyn Rows, name: &str) -> Result<u64, StoreError> {
    let key = name.to_owned();
    let counter: Counter = rows.find_or_default(Owner::INSTALLATION, &key).await?;
    Ok(counter.0)
}

/// Adds a job, due at `due`.
pub async fn enqueue(
    tx: &mut Tx<'_>,
    due: UnixMs,
    kind: &str,
    payload: Vec<u8>,
) -> Result<(), StoreError> {
    let number = tx.next_number("job").await?;
    let job = Job {
        kind: kind.to_owned(),
        payload: payload.into(),
        attempts: 0,
    };
    tx.put(Owner::INSTALLATION, &(due.0.max(0) as u64, number), &job)?;
    tx.note_job();
    Ok(())
}
