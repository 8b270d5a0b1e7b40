//! What `@announcements` says to everybody: once kept, and copied to each account by jobs.

use super::{ANNOUNCEMENTS, write_from};
use crate::accounts::{self, FIRST_USER_ID};
use crate::{contacts, jobs};
use heliograph_model::{Owner, PersonKind, UnixMs, UserId};
use heliograph_store::{
    Command, Job, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, enqueue, row,
};
use minicbor::{Decode, Encode};

/// Something that was said to everybody.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Announcement {
    /// What people read.
    #[n(0)]
    pub text: String,
    /// When.
    #[n(1)]
    pub at: UnixMs,
}

// By the index of its entry in the public log.
row!(Announcement, Table::Terms, key: u64);

/// The newest announcements with the index of each one's entry in the log, at most `limit`.
pub async fn newest(
    rows: &mut dyn Rows,
    limit: usize,
) -> Result<Vec<(u64, Announcement)>, StoreError> {
    let all = KeyRange::all();
    rows.list(Owner::INSTALLATION, all, Order::Descending, limit)
        .await
}

/// Says something to everybody who has an account now. Saying it twice is saying it once.
#[derive(Clone)]
pub struct Announce {
    /// The index of its entry in the public log.
    pub entry: u64,
    /// What people read.
    pub text: String,
}

impl Command for Announce {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "announce";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let before: Option<Announcement> = tx.find(Owner::INSTALLATION, &self.entry).await?;
        if before.is_some() {
            return Ok(());
        }
        let at = tx.now();
        let said = Announcement {
            text: self.text,
            at,
        };
        tx.put(Owner::INSTALLATION, &self.entry, &said)?;
        let tell = TellAll {
            entry: self.entry,
            from: FIRST_USER_ID,
        };
        tell.enqueue(tx).await
    }
}

/// The kind of job that copies an announcement to some accounts.
pub(crate) const TELL_ALL: &str = "tell_all";

/// To how many accounts one job copies: as many mailboxes as a command may lock.
const BATCH: i64 = 200;

/// The payload of a job of the kind [`TELL_ALL`].
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct TellAll {
    #[n(0)]
    entry: u64,
    /// The first of the accounts that this job tells.
    #[n(1)]
    from: i64,
}

impl TellAll {
    fn people(self) -> impl Iterator<Item = UserId> {
        (self.from..self.from.saturating_add(BATCH)).map(UserId)
    }

    async fn enqueue(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = tx.now();
        let payload = minicbor::to_vec(self).expect("encoding to memory does not fail");
        enqueue(tx, now, TELL_ALL, payload).await
    }
}

/// The mailboxes that a job of the kind [`TELL_ALL`] writes to.
pub(crate) fn locks(job: &Job) -> Locks {
    match jobs::payload::<TellAll>(&job.payload) {
        Ok(tell) => Locks::of(tell.people()),
        // Running it tells what is wrong.
        Err(_) => Locks::none(),
    }
}

/// Does a job of the kind [`TELL_ALL`]: one batch, and the next job.
pub(crate) async fn tell_all(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let tell: TellAll = jobs::payload(payload)?;
    let said: Option<Announcement> = tx.find(Owner::INSTALLATION, &tell.entry).await?;
    let Some(said) = said else { return Ok(()) };
    for person in tell.people() {
        let Some(account) = accounts::find(tx.rows(), person).await? else {
            continue;
        };
        let listens = account.person.kind == PersonKind::Human && !account.person.deleted;
        // Who came later was shown the terms of that day at sign-up.
        let was_there = account.person.created <= said.at;
        if listens && was_there && !contacts::is_blocked(tx, person, ANNOUNCEMENTS).await? {
            write_from(tx, ANNOUNCEMENTS, person, said.text.clone()).await?;
        }
    }
    let count = i64::try_from(accounts::count(tx.rows()).await?).unwrap_or(i64::MAX);
    let next = tell.from.saturating_add(BATCH);
    if next > FIRST_USER_ID.saturating_add(count) {
        return Ok(());
    }
    TellAll { from: next, ..tell }.enqueue(tx).await
}
