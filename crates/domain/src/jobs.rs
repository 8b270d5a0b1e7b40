//! Follow-up work.

use crate::services::announcements;
use crate::{channels, deletion, files, history, keys, secret_chats};
use heliograph_model::{Notice, Owner, UnixMs, UserId};
use heliograph_store::{
    Command, Job, JobKey, KeyRange, Locks, Order, Store, StoreError, Tx, enqueue, mailbox, uses,
};
use minicbor::{Decode, Encode};

/// A new name that more people must learn.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct TellName {
    #[n(0)]
    user: UserId,
    #[n(1)]
    to: Vec<UserId>,
}

const TELL_NAME: &str = "tell_name";

/// Adds a job that notes a new name in further mailboxes.
pub(crate) async fn tell_name(
    tx: &mut Tx<'_>,
    user: UserId,
    to: &[UserId],
) -> Result<(), StoreError> {
    let payload = minicbor::to_vec(TellName {
        user,
        to: to.to_vec(),
    })
    .expect("encoding to memory does not fail");
    let now = tx.now();
    enqueue(tx, now, TELL_NAME, payload).await
}

/// How many jobs are taken up at a time.
const BATCH: usize = 32;

/// Runs the jobs that are due, in order; answers with how many ran.
///
/// Each job's work and the removal of its row are one command, so a job is done once even if the
/// process ends in between.
pub async fn run_due(store: &Store, now: UnixMs) -> Result<usize, StoreError> {
    let end: JobKey = (now.0.max(0) as u64 + 1, 0);
    let range = KeyRange::all().before(&end);
    let due = {
        let mut view = store.view().await?;
        view.list::<Job>(Owner::INSTALLATION, range, Order::Ascending, BATCH)
            .await?
    };
    let count = due.len();
    for (key, job) in due {
        store.write(RunJob { key, job }).await?;
    }
    Ok(count)
}

struct RunJob {
    key: JobKey,
    job: Job,
}

impl Command for RunJob {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "run_job";

    fn locks(&self) -> Locks {
        match self.job.kind.as_str() {
            deletion::ERASE => deletion::locks(&self.job),
            channels::DISCUSS => channels::discuss_locks(&self.job),
            channels::ERASE_CHANNEL => channels::erase_locks(&self.job),
            announcements::TELL_ALL => announcements::locks(&self.job),
            _ => Locks::none(),
        }
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if tx
            .find::<Job>(Owner::INSTALLATION, &self.key)
            .await?
            .is_none()
        {
            return Ok(());
        }
        tx.delete::<Job>(Owner::INSTALLATION, &self.key)?;
        let payload = &self.job.payload;
        match self.job.kind.as_str() {
            TELL_NAME => {
                let work: TellName = self::payload(payload)?;
                for person in work.to {
                    mailbox::note(tx, person.into(), Notice::Name(work.user)).await?;
                }
                Ok(())
            }
            announcements::TELL_ALL => announcements::tell_all(tx, payload).await,
            history::FORGET => history::forget(tx, payload).await,
            deletion::ERASE => deletion::erase(tx, payload).await,
            channels::DISCUSS => channels::discuss(tx, payload).await,
            channels::ERASE_CHANNEL => channels::erase(tx, payload).await,
            uses::FORGET_FILE => files::forget_file(tx, payload).await,
            keys::FORGET_UNUSED => keys::forget_unused(tx, payload).await,
            secret_chats::END_REQUEST => secret_chats::end_request(tx, payload).await,
            secret_chats::END_CHAT => secret_chats::end_chat(tx, payload).await,
            secret_chats::END_KEY => secret_chats::end_key(tx, payload).await,
            secret_chats::FORGET_PLACE => secret_chats::forget_place(tx, payload).await,
            secret_chats::FORGET_WAITING => secret_chats::forget_waiting(tx, payload).await,
            secret_chats::FORGET_FILE => secret_chats::forget_file(tx, payload).await,
            // A kind that this version does not know was left by a newer one; it goes.
            _ => Ok(()),
        }
    }
}

/// Reads what a job is to work with.
pub(crate) fn payload<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|error| StoreError::Corrupt {
        table: "job",
        reason: error.to_string(),
    })
}
