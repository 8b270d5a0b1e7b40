//! What waits for a device: one queue for each, with its own counter (`qts`).

use super::{KEPT_S, SecretChatError};
use crate::jobs;
use heliograph_model::{AuthKeyId, OpaqueBlob, Owner, SecretChatId, SecretFile, UnixMs};
use heliograph_store::{
    Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, enqueue, row,
};
use minicbor::{Decode, Encode};

/// How many messages may wait for a device.
pub const QUEUE_MAX: u32 = 10_000;

/// How many bytes may wait for a device.
pub const QUEUE_BYTES_MAX: u64 = 64 << 20;

/// A message that waits. It names its chat and nobody.
#[derive(Clone, Encode, Decode)]
pub struct Queued {
    /// In which chat.
    #[n(0)]
    pub chat: SecretChatId,
    /// The sender's own number for it.
    #[n(1)]
    pub random_id: i64,
    /// When it was sent, in Unix seconds.
    #[n(2)]
    pub date: i32,
    /// What only the two devices can read.
    #[n(3)]
    pub blob: OpaqueBlob,
    /// Whether it is one of those that clients send by themselves.
    #[n(4)]
    pub service: bool,
    /// The encrypted file that goes with it.
    #[n(5)]
    pub file: Option<SecretFile>,
}

// By `qts`.
row!(Queued, Table::SecretQueue, key: u32);

/// Where a queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Head {
    /// The number of its last message.
    #[n(0)]
    pub qts: u32,
    /// How many wait.
    #[n(1)]
    waiting: u32,
    /// How many bytes wait.
    #[n(2)]
    waiting_bytes: u64,
    /// A job will look whether something has waited too long.
    #[n(3)]
    watched: bool,
}

row!(Head, Table::SecretHead, key: ());

/// Clients take a `qts` of 0 for none at all, and one of 1 for a mistake: the first message has 2.
impl Default for Head {
    fn default() -> Self {
        Head {
            qts: 1,
            waiting: 0,
            waiting_bytes: 0,
            watched: false,
        }
    }
}

impl Head {
    /// Takes a message off what is counted.
    fn take_off(&mut self, queued: &Queued) {
        self.waiting = self.waiting.saturating_sub(1);
        let size = queued.blob.size_bytes() as u64;
        self.waiting_bytes = self.waiting_bytes.saturating_sub(size);
    }
}

/// Puts a message at the end of a queue; answers with its number.
pub(super) async fn push(
    tx: &mut Tx<'_>,
    device: AuthKeyId,
    head: &mut Head,
    queued: &Queued,
) -> Result<u32, SecretChatError> {
    let owner = Owner::from(device);
    let bytes = head.waiting_bytes + queued.blob.size_bytes() as u64;
    if head.waiting >= QUEUE_MAX || bytes > QUEUE_BYTES_MAX {
        return Err(SecretChatError::Full);
    }
    head.qts += 1;
    head.waiting += 1;
    head.waiting_bytes = bytes;
    tx.put(owner, &head.qts, queued)?;
    if !head.watched {
        head.watched = true;
        look_later(tx, device, ends(queued)).await?;
    }
    tx.put(owner, &(), head)?;
    Ok(head.qts)
}

/// The number of the last message of a device's queue; 1 before the first.
pub async fn qts(rows: &mut dyn Rows, device: AuthKeyId) -> Result<u32, StoreError> {
    let head: Head = rows.find_or_default(device.into(), &()).await?;
    Ok(head.qts)
}

/// A message that waits under this number, unless it has been confirmed.
pub async fn waiting(
    rows: &mut dyn Rows,
    device: AuthKeyId,
    qts: u32,
) -> Result<Option<Queued>, StoreError> {
    rows.find(device.into(), &qts).await
}

/// A stretch of a queue.
pub struct Waiting {
    /// The messages, by number.
    pub messages: Vec<(u32, Queued)>,
    /// Up to which number this goes.
    pub qts: u32,
    /// Whether there are more.
    pub more: bool,
}

/// How many rows are read at once: with the largest messages some two megabytes.
const CHUNK: usize = 8;

/// The messages after a number, at most `limit`, and no more once they have `bytes_max` together: what
/// is in memory at a time does not grow with what waits.
///
/// A number that the queue has not given out comes from a time that a restored backup has undone; the
/// answer begins at the queue's end.
pub async fn after(
    rows: &mut dyn Rows,
    device: AuthKeyId,
    qts: u32,
    limit: usize,
    bytes_max: usize,
) -> Result<Waiting, StoreError> {
    let end = self::qts(rows, device).await?;
    let mut found = Waiting {
        messages: Vec::new(),
        qts: end,
        more: false,
    };
    let (mut at, mut bytes) = (qts, 0);
    while at < end {
        if found.messages.len() >= limit || bytes >= bytes_max {
            found.more = true;
            found.qts = at;
            break;
        }
        let range = KeyRange::all().from(&(at + 1));
        let room = (limit - found.messages.len()).min(CHUNK);
        let chunk: Vec<(u32, Queued)> = rows
            .list(device.into(), range, Order::Ascending, room)
            .await?;
        let Some((last, _)) = chunk.last() else {
            break;
        };
        at = *last;
        bytes += chunk
            .iter()
            .map(|(_, queued)| queued.blob.size_bytes())
            .sum::<usize>();
        found.messages.extend(chunk);
    }
    Ok(found)
}

/// How many messages one commit removes.
const BATCH: usize = 64;

/// Confirms that a device has the messages up to a number, and erases some of them: repeat until
/// [`Confirmed::done`].
#[derive(Clone, Copy, Debug)]
pub struct Confirm {
    /// Which device.
    pub key: AuthKeyId,
    /// The last one that it has.
    pub up_to: u32,
}

/// What a confirmation has erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The senders' own numbers for the messages.
    pub random_ids: Vec<i64>,
    /// Whether none is left.
    pub done: bool,
}

impl Command for Confirm {
    type Output = Confirmed;
    type Error = SecretChatError;
    const NAME: &'static str = "confirm_secret";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.key)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Confirmed, SecretChatError> {
        let owner = Owner::from(self.key);
        let mut head: Head = tx.find_or_default(owner, &()).await?;
        if self.up_to > head.qts {
            return Err(SecretChatError::UnknownPlace);
        }
        let range = KeyRange::all().before(&(self.up_to + 1));
        let random_ids = remove(tx, owner, &mut head, range, |_| true).await?;
        let done = random_ids.len() < BATCH;
        Ok(Confirmed { random_ids, done })
    }
}

/// Removes the first messages of a stretch while they are to go, at most [`BATCH`].
async fn remove(
    tx: &mut Tx<'_>,
    owner: Owner,
    head: &mut Head,
    range: KeyRange,
    goes: impl Fn(&Queued) -> bool,
) -> Result<Vec<i64>, StoreError> {
    let found: Vec<(u32, Queued)> = tx
        .rows()
        .list(owner, range, Order::Ascending, BATCH)
        .await?;
    let mut random_ids = Vec::new();
    for (qts, queued) in found.iter().take_while(|(_, queued)| goes(queued)) {
        tx.delete::<Queued>(owner, qts)?;
        head.take_off(queued);
        random_ids.push(queued.random_id);
    }
    if !random_ids.is_empty() {
        tx.put(owner, &(), head)?;
    }
    Ok(random_ids)
}

/// Removes the queue of a device that is gone up to a number, some at a time; whether that was all.
pub(super) async fn erase(
    tx: &mut Tx<'_>,
    device: AuthKeyId,
    up_to: u32,
) -> Result<bool, StoreError> {
    let owner = Owner::from(device);
    let Some(mut head) = tx.find::<Head>(owner, &()).await? else {
        return Ok(true);
    };
    let range = KeyRange::all().before(&(up_to + 1));
    let removed = remove(tx, owner, &mut head, range, |_| true).await?;
    if removed.len() == BATCH {
        return Ok(false);
    }
    if head.qts == up_to {
        tx.delete::<Head>(owner, &())?;
    }
    Ok(true)
}

/// The kind of job that looks whether something has waited for a device for too long.
pub(crate) const FORGET_WAITING: &str = "forget_secret_messages";

/// When a message has waited long enough.
fn ends(queued: &Queued) -> UnixMs {
    UnixMs(i64::from(queued.date) * 1000).plus_seconds(KEPT_S)
}

async fn look_later(tx: &mut Tx<'_>, device: AuthKeyId, due: UnixMs) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(device).expect("encoding to memory does not fail");
    enqueue(tx, due, FORGET_WAITING, payload).await
}

/// Does a job of the kind [`FORGET_WAITING`]: erases what has waited for [`KEPT_S`], and looks again
/// when the next message will have.
pub(crate) async fn forget_waiting(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let device: AuthKeyId = jobs::payload(payload)?;
    let owner = Owner::from(device);
    let Some(mut head) = tx.find::<Head>(owner, &()).await? else {
        return Ok(());
    };
    let now = tx.now();
    remove(tx, owner, &mut head, KeyRange::all(), |queued| {
        ends(queued) <= now
    })
    .await?;
    let next: Vec<(u32, Queued)> = tx
        .rows()
        .list(owner, KeyRange::all(), Order::Ascending, 1)
        .await?;
    if let Some((_, queued)) = next.first() {
        return look_later(tx, device, ends(queued).max(now)).await;
    }
    head.watched = false;
    tx.put(owner, &(), &head)
}
