//! Erasing posts that were removed, once nobody can contest it any more.
//!
//! Until then a removed post is only hidden, so that an appeal can bring it back.

use crate::appeals::{self, OPEN_DAYS};
use crate::decisions::{self, Decided};
use crate::subject::Subject;
use heliograph_domain::channels;
use heliograph_model::{Owner, UnixMs};
use heliograph_store::{Command, Locks, Rows, StoreError, Tx};
use heliograph_transparency::entry::Act;

/// How many removed posts are looked at in a round, and how many of them are erased. Most that stand
/// in the way of later ones are those of which the owner was not told yet.
const LOOK: usize = 10_000;
/// See [`LOOK`].
const BATCH: usize = 100;

/// Removed posts that nobody can contest any more, the oldest first.
pub async fn due(rows: &mut dyn Rows, now: UnixMs) -> Result<Vec<Decided>, StoreError> {
    let mut due = Vec::new();
    for decided in decisions::removed(rows, LOOK).await? {
        if due.len() == BATCH {
            break;
        }
        if !can_be_contested(rows, &decided, now).await? {
            due.push(decided);
        }
    }
    Ok(due)
}

/// Whether an appeal is open, or could still come.
async fn can_be_contested(
    rows: &mut dyn Rows,
    decided: &Decided,
    now: UnixMs,
) -> Result<bool, StoreError> {
    if decided.settled.is_some() {
        return Ok(false);
    }
    let Some(number) = decided.number() else {
        return Ok(true);
    };
    let appeal = appeals::against(rows, number).await?;
    let waits = appeal.is_some_and(|appeal| !appeal.ended);
    // Somebody who was not told yet could still be.
    let told = decided.told_at();
    let over = told.is_some_and(|told| told.plus_seconds(OPEN_DAYS * 86_400) < now);
    Ok(waits || !over)
}

/// Whether it is of the kind that is erased in the end.
pub(crate) fn is_erased_later(decided: &Decided) -> bool {
    decided.verdict.act == Act::Remove && matches!(decided.subject, Subject::Post(..))
}

/// Erases a post that was removed, or notes that there is nothing to erase. Safe to run twice.
#[derive(Clone, Debug)]
pub struct Erase {
    /// The decision, as [`due`] gave it.
    pub decided: Decided,
}

impl Command for Erase {
    /// Whether something was erased: not where the decision was undone, or the post is gone.
    type Output = bool;
    type Error = StoreError;
    const NAME: &'static str = "erase_removed";

    fn locks(&self) -> Locks {
        match self.decided.subject {
            Subject::Post(channel, _) => Locks::of([Owner::from(channel)]),
            _ => Locks::none(),
        }
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let found = decisions::find(tx.rows(), self.decided.id).await?;
        let now = tx.now();
        let Some(decided) = found else {
            return Ok(false);
        };
        if can_be_contested(tx.rows(), &decided, now).await? {
            return Ok(false);
        }
        decisions::forget_removed(tx, decided.id)?;
        let Subject::Post(channel, post) = decided.subject else {
            return Ok(false);
        };
        if decided.settled.is_some() {
            return Ok(false);
        }
        channels::erase_post(tx, channel, post).await
    }
}
