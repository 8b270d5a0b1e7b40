//! Forgetting cases a year after they ended, with who reported them, and who sent notices from the
//! web. What was decided stays: it answers for itself without them.

use crate::cases::{self, Case};
use crate::{notices, reports};
use heliograph_model::{Owner, UnixMs};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Tx};

/// How long a case is kept after its end, in days.
pub const KEPT_DAYS: i64 = 365;

/// How many of the oldest cases are looked at in a round. Those that stay open for a year are few.
const LOOK: usize = 1_000;

/// How many reports or notices one command forgets.
const BATCH: usize = 500;

/// Cases that ended so long ago that they are forgotten, the oldest first.
pub async fn due(rows: &mut dyn Rows, now: UnixMs) -> Result<Vec<u64>, StoreError> {
    let oldest = rows
        .list::<Case>(Owner::INSTALLATION, KeyRange::all(), Order::Ascending, LOOK)
        .await?;
    let due = oldest.into_iter().filter(|(_, case)| is_due(case, now));
    Ok(due.map(|(number, _)| number).collect())
}

fn is_due(case: &Case, now: UnixMs) -> bool {
    case.ended
        .is_some_and(|ended| ended.at.plus_seconds(KEPT_DAYS * 86_400) < now)
}

/// Forgets a case that is due, or a part of it. Safe to run twice.
#[derive(Clone, Copy, Debug)]
pub struct Forget {
    /// Which.
    pub case: u64,
}

impl Command for Forget {
    /// Whether something of it is left, to be forgotten by the same command.
    type Output = bool;
    type Error = StoreError;
    const NAME: &'static str = "forget_case";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let now = tx.now();
        let case = cases::find(tx.rows(), self.case).await?;
        if !case.is_some_and(|case| is_due(&case, now)) {
            return Ok(false);
        }
        let forgotten = reports::forget(tx, self.case, BATCH).await?
            + notices::forget(tx, self.case, BATCH).await?;
        if forgotten > 0 {
            return Ok(true);
        }
        cases::forget(tx, self.case)?;
        Ok(false)
    }
}
