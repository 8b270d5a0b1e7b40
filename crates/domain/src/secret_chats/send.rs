//! Sending into a secret chat.

use super::queue::{Head, Queued};
use super::{SecretChat, SecretChatError, Side, State, load, queue};
use crate::contacts;
use heliograph_model::{AuthKeyId, OpaqueBlob, Owner, SecretChatId, SecretFile, SecretNews};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// How many of a side's newest `random_id`s are remembered at least; twice as many at most. They are
/// numbers without a time, and go with the chat.
const REMEMBERED: u16 = 500;

/// Which half of the memory of a side's `random_id`s is being filled. When one is full, the other is
/// emptied and filled next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Window {
    #[n(0)]
    half: u8,
    #[n(1)]
    filled: u16,
}

/// What a `random_id` became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct SentRow {
    /// Its number in the receiving device's queue.
    #[n(0)]
    qts: u32,
    /// The file that went with it.
    #[n(1)]
    file: Option<SecretFile>,
}

// By side and half, and the `random_id`.
row!(SentRow, Table::SecretSent, key: (u8, i64));

/// Sends bytes to the other device. A repetition with the same `random_id` sends nothing while the
/// message waits to be confirmed. After that it is sent: the other client has lost it and has asked for
/// it again, which the server cannot see; a client that has it knows it by its number inside.
#[derive(Clone)]
pub struct SendSecret {
    /// Into which chat.
    pub id: SecretChatId,
    /// From which device.
    pub from: AuthKeyId,
    /// To which, as the sender has found it: the lock on its queue.
    pub to: AuthKeyId,
    /// The sender's own number for the message.
    pub random_id: i64,
    /// The message.
    pub blob: OpaqueBlob,
    /// Whether it is one of those that clients send by themselves.
    pub service: bool,
    /// The encrypted file that goes with it.
    pub file: Option<SecretFile>,
}

/// What sending led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentSecret {
    /// When, in Unix seconds.
    pub date: i32,
    /// The file that went with it.
    pub file: Option<SecretFile>,
}

impl Command for SendSecret {
    type Output = SentSecret;
    type Error = SecretChatError;
    const NAME: &'static str = "send_secret";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.id), self.to.into()])
    }

    /// Reads five rows: the chat, the `random_id` in both halves, a block, and the head of the queue.
    async fn apply(self, tx: &mut Tx<'_>) -> Result<SentSecret, SecretChatError> {
        let id = self.id;
        let mut chat = load(tx, id, self.from).await?;
        let side = chat.side_of(self.from).ok_or(SecretChatError::Unknown)?;
        let Some((to_user, to)) = chat.other_end(self.from) else {
            return Err(SecretChatError::Unknown);
        };
        if to != self.to {
            return Err(SecretChatError::Unknown);
        }
        if let Some(before) = sent_as(tx, id, side, self.random_id).await?
            && let Some(waiting) = tx.find::<Queued>(to.into(), &before.qts).await?
        {
            let (date, file) = (waiting.date, before.file);
            return Ok(SentSecret { date, file });
        }
        if contacts::is_blocked(tx, to_user, chat.user_of(side)).await? {
            return Err(SecretChatError::Blocked);
        }
        let mut head: Head = tx.find_or_default(to.into(), &()).await?;
        let date = tx.now().seconds();
        let queued = Queued {
            chat: id,
            random_id: self.random_id,
            date,
            blob: self.blob,
            service: self.service,
            file: self.file,
        };
        let qts = queue::push(tx, to, &mut head, &queued).await?;
        let row = SentRow {
            qts,
            file: self.file,
        };
        remember(tx, id, &mut chat, side, self.random_id, &row).await?;
        if side == Side::Admin
            && let State::Open { g_b, .. } = &mut chat.state
        {
            *g_b = None;
        }
        tx.put(id.into(), &(), &chat)?;
        tx.note_secret(to_user, SecretNews::Message(to, qts));
        let file = self.file;
        Ok(SentSecret { date, file })
    }
}

/// What a device has sent before under this `random_id`. `now_s` counts Unix seconds.
pub async fn sent_before(
    rows: &mut dyn Rows,
    id: SecretChatId,
    device: AuthKeyId,
    random_id: i64,
    now_s: i32,
) -> Result<Option<SentSecret>, SecretChatError> {
    let chat = load(rows, id, device).await?;
    let side = chat.side_of(device).ok_or(SecretChatError::Unknown)?;
    let to = chat.key_of(side.other()).ok_or(SecretChatError::Unknown)?;
    match sent_as(rows, id, side, random_id).await? {
        Some(before) => Ok(Some(told_again(rows, to, before, now_s).await?)),
        None => Ok(None),
    }
}

/// The answer to a repetition. Once the message is confirmed nothing tells any more when it was sent, so
/// the answer carries the time of the repetition.
async fn told_again(
    rows: &mut dyn Rows,
    to: AuthKeyId,
    before: SentRow,
    now_s: i32,
) -> Result<SentSecret, StoreError> {
    let waiting: Option<Queued> = rows.find(to.into(), &before.qts).await?;
    let date = waiting.map_or(now_s, |queued| queued.date);
    let file = before.file;
    Ok(SentSecret { date, file })
}

/// The part of the memory that is a half of a side's.
fn part(side: Side, half: u8) -> u8 {
    2 * (side as u8) + half
}

async fn sent_as(
    rows: &mut dyn Rows,
    id: SecretChatId,
    side: Side,
    random_id: i64,
) -> Result<Option<SentRow>, StoreError> {
    let mut newest: Option<SentRow> = None;
    for half in 0..2 {
        let key = (part(side, half), random_id);
        let sent: Option<SentRow> = rows.find(id.into(), &key).await?;
        // One that was sent again stands in both.
        if sent.is_some_and(|sent| newest.is_none_or(|newest| newest.qts < sent.qts)) {
            newest = sent;
        }
    }
    Ok(newest)
}

async fn remember(
    tx: &mut Tx<'_>,
    id: SecretChatId,
    chat: &mut SecretChat,
    side: Side,
    random_id: i64,
    row: &SentRow,
) -> Result<(), StoreError> {
    let owner = Owner::from(id);
    let window = &mut chat.seen[side as usize];
    if window.filled == REMEMBERED {
        *window = Window {
            half: 1 - window.half.min(1),
            filled: 0,
        };
        let range = KeyRange::within(&part(side, window.half));
        let old: Vec<((u8, i64), SentRow)> = tx
            .rows()
            .list(owner, range, Order::Ascending, usize::MAX)
            .await?;
        for (key, _) in old {
            tx.delete::<SentRow>(owner, &key)?;
        }
    }
    window.filled += 1;
    tx.put(owner, &(part(side, window.half), random_id), row)
}
