//! Erasing posts, channels and accounts that were removed, once nobody can contest it any more.
//!
//! Until then what was removed is only hidden, so that an appeal can bring it back.

use crate::appeals::{self, OPEN_DAYS};
use crate::decisions::{self, Decided};
use crate::subject::Subject;
use heliograph_domain::channels::{self, ChannelError, DeleteChannel};
use heliograph_domain::deletion::{DeletionError, EraseAccount};
use heliograph_model::{AuthKeyId, ChannelId, Owner, UnixMs, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Tx};
use heliograph_transparency::entry::Act;

/// How many removals are looked at in a round, and how many of them are erased. Most that stand
/// in the way of later ones are those of which the owner was not told yet.
const LOOK: usize = 10_000;
/// See [`LOOK`].
const BATCH: usize = 100;

/// Removals that nobody can contest any more, the oldest first.
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
    let erasable = !matches!(decided.subject, Subject::Term(_));
    erasable && decided.verdict.act == Act::Remove
}

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The keys that were signed in to an account that went: their sessions are to be told.
    pub signed_out: Vec<AuthKeyId>,
}

/// Erases what was removed, or notes that there is nothing to erase. Safe to run twice.
#[derive(Clone, Debug)]
pub struct Erase {
    /// The decision, as [`due`] gave it.
    pub decided: Decided,
}

impl Command for Erase {
    /// What was erased; `None` where the decision was undone, or it is gone.
    type Output = Option<Erased>;
    type Error = StoreError;
    const NAME: &'static str = "erase_removed";

    fn locks(&self) -> Locks {
        match self.decided.subject {
            Subject::Post(channel, _) => Locks::of([Owner::from(channel)]),
            Subject::Channel(channel) => {
                self.delete(channel).map_or(Locks::none(), |it| it.locks())
            }
            _ => Locks::none(),
        }
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<Erased>, StoreError> {
        let found = decisions::find(tx.rows(), self.decided.id).await?;
        let now = tx.now();
        let Some(decided) = found else {
            return Ok(None);
        };
        if can_be_contested(tx.rows(), &decided, now).await? {
            return Ok(None);
        }
        decisions::forget_removed(tx, decided.id)?;
        if decided.settled.is_some() {
            return Ok(None);
        }
        match decided.subject {
            Subject::Post(channel, post) => {
                let was_there = channels::erase_post(tx, channel, post).await?;
                Ok(was_there.then(Erased::default))
            }
            Subject::Channel(channel) => self.erase_channel(tx, channel).await,
            Subject::User(user) => erase_account(tx, user).await,
            Subject::Term(_) => Ok(None),
        }
    }
}

/// Erases an account: its name, photos and number at once, what it has written in public by jobs.
async fn erase_account(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Erased>, StoreError> {
    match (EraseAccount { user }).apply(tx).await {
        Ok(signed_out) => Ok(Some(Erased { signed_out })),
        Err(DeletionError::Store(error)) => Err(error),
        // Whoever it was has deleted it themselves.
        // Nobody's password stands before a removal; the error belongs to people's own deletions.
        Err(DeletionError::Unknown | DeletionError::PasswordNeeded) => Ok(None),
    }
}

impl Erase {
    /// What its owner would do to delete a channel.
    fn delete(&self, channel: ChannelId) -> Option<DeleteChannel> {
        let by = self.decided.owner?;
        Some(DeleteChannel { channel, by })
    }

    async fn erase_channel(
        &self,
        tx: &mut Tx<'_>,
        channel: ChannelId,
    ) -> Result<Option<Erased>, StoreError> {
        let Some(delete) = self.delete(channel) else {
            return Ok(None);
        };
        match delete.apply(tx).await {
            Ok(_) => Ok(Some(Erased::default())),
            Err(ChannelError::Store(error)) => Err(error),
            // It is gone, or somebody else's by now: then it was decided about another owner.
            Err(_) => Ok(None),
        }
    }
}
