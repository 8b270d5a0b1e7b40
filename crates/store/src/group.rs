//! Group commit: many commands, one durable commit, each with its own savepoint.

use crate::engine::BoxFuture;
use crate::{Command, Entry, Locks, Order, RowName, Rows, Scan, StoreError, Tx, Wake};
use heliograph_model::UnixMs;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::oneshot;

/// One row to be written or removed by a commit.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which row.
    pub name: RowName,
    /// Its new value; `None` when it is removed.
    pub value: Option<Arc<[u8]>>,
}

/// A changed row's value; `None` when it is removed.
type NewValue = Option<Arc<[u8]>>;

/// The rows changed so far by the commands of a group, with a way back.
#[derive(Default)]
pub(crate) struct Overlay {
    rows: BTreeMap<RowName, NewValue>,
    /// What stood in `rows` before each write since the last savepoint.
    undo: Vec<(RowName, Option<NewValue>)>,
}

impl Overlay {
    pub fn get(&self, name: &RowName) -> Option<&NewValue> {
        self.rows.get(name)
    }

    pub fn set(&mut self, name: RowName, value: NewValue) {
        let before = self.rows.insert(name.clone(), value);
        self.undo.push((name, before));
    }

    fn savepoint(&mut self) {
        self.undo.clear();
    }

    fn rollback(&mut self) {
        while let Some((name, before)) = self.undo.pop() {
            match before {
                Some(value) => self.rows.insert(name, value),
                None => self.rows.remove(&name),
            };
        }
    }

    /// The changed rows of a stretch, in ascending key order.
    pub fn changed_in(&self, scan: &Scan) -> Vec<(Vec<u8>, NewValue)> {
        let from = RowName::of(scan.table, scan.owner, &scan.range.from);
        let within = |name: &RowName| {
            let key = name.key();
            (name.table(), name.owner()) == (scan.table, scan.owner)
                && scan.range.to.as_deref().is_none_or(|to| key < to)
        };
        self.rows
            .range(from..)
            .take_while(|(name, _)| within(name))
            .map(|(name, value)| (name.key().to_vec(), value.clone()))
            .collect()
    }
}

/// Lays changed rows over rows from the base, in the order asked for.
pub(crate) fn merge(
    base: Vec<Entry>,
    changed: Vec<(Vec<u8>, NewValue)>,
    order: Order,
    limit: usize,
) -> Vec<Entry> {
    let mut rows: BTreeMap<Vec<u8>, Option<Vec<u8>>> = base
        .into_iter()
        .map(|(key, value)| (key, Some(value)))
        .collect();
    let changed = changed.into_iter();
    rows.extend(changed.map(|(key, value)| (key, value.map(|value| value.to_vec()))));
    let present = rows
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)));
    match order {
        Order::Ascending => present.take(limit).collect(),
        Order::Descending => present.rev().take(limit).collect(),
    }
}

/// A queued command whose type is forgotten.
pub trait Pending: Send {
    /// The mailboxes it locks.
    fn locks(&self) -> &Locks;
    /// The command's name.
    fn name(&self) -> &'static str;
    /// The session that asked.
    fn origin(&self) -> Option<u64>;
    /// Applies it and keeps the outcome; whether it succeeded.
    fn apply<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, bool>;
    /// Answers the caller with the outcome, or with `failure` where the commit failed.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

type Outcome<C> = Result<<C as Command>::Output, <C as Command>::Error>;

struct Queued<C: Command> {
    command: Option<C>,
    locks: Locks,
    origin: Option<u64>,
    outcome: Option<Outcome<C>>,
    caller: oneshot::Sender<Outcome<C>>,
}

/// Prepares a command for the queue, and the place where its answer arrives.
pub(crate) fn queue<C: Command>(
    origin: Option<u64>,
    command: C,
) -> (Box<dyn Pending>, oneshot::Receiver<Outcome<C>>) {
    let (caller, answer) = oneshot::channel();
    let locks = command.locks();
    let queued = Queued {
        command: Some(command),
        locks,
        origin,
        outcome: None,
        caller,
    };
    (Box::new(queued), answer)
}

impl<C: Command> Pending for Queued<C> {
    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn name(&self) -> &'static str {
        C::NAME
    }

    fn origin(&self) -> Option<u64> {
        self.origin
    }

    fn apply<'a>(&'a mut self, tx: &'a mut Tx<'_>) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(command) = self.command.take() else {
                return false;
            };
            let outcome = command.apply(tx).await;
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let outcome = match (failure, self.outcome) {
            (Some(failure), Some(Ok(_)) | None) => Err(failure.into()),
            (_, Some(outcome)) => outcome,
            (None, None) => Err(StoreError::Panicked { command: C::NAME }.into()),
        };
        // The caller may have stopped waiting; the write stands all the same.
        let _ = self.caller.send(outcome);
    }
}

/// Commands that will share one commit.
pub struct Group {
    commands: Vec<Box<dyn Pending>>,
    overlay: Overlay,
    wakes: Vec<Wake>,
    jobs_due: bool,
}

/// A group whose commands have all been applied: what to commit, and what to say afterwards.
pub struct Sealed {
    commands: Vec<Box<dyn Pending>>,
    changes: Vec<Change>,
    wakes: Vec<Wake>,
    jobs_due: bool,
}

impl Group {
    /// How many commands an engine should put into one commit at most: beyond this the saving per
    /// command is small and the first one waits noticeably (`docs/decisions/0001-rows.md`).
    pub const COMMANDS_MAX: usize = 256;

    /// Applies `commands` one after another over `base`, which no one else may change meanwhile.
    pub async fn apply(
        commands: Vec<Box<dyn Pending>>,
        base: &mut dyn Rows,
        now: UnixMs,
    ) -> Sealed {
        let mut group = Group {
            commands,
            overlay: Overlay::default(),
            wakes: Vec::new(),
            jobs_due: false,
        };
        for command in &mut group.commands {
            group.overlay.savepoint();
            let locks = command.locks().clone();
            let mut tx = Tx {
                base,
                overlay: &mut group.overlay,
                locks: &locks,
                command: command.name(),
                origin: command.origin(),
                now,
                wakes: Vec::new(),
                jobs_due: false,
            };
            if applied(command.apply(&mut tx)).await {
                let Tx {
                    wakes, jobs_due, ..
                } = tx;
                group.wakes.extend(wakes);
                group.jobs_due |= jobs_due;
            } else {
                group.overlay.rollback();
            }
        }
        let rows = group.overlay.rows.into_iter();
        let changes = rows.map(|(name, value)| Change { name, value }).collect();
        Sealed {
            commands: group.commands,
            changes,
            wakes: group.wakes,
            jobs_due: group.jobs_due,
        }
    }
}

/// Drives a command and treats its panic as a refusal, so that it takes nobody else down.
///
/// What the command wrote is rolled back, and it is never polled again: no half-changed state of
/// its own is seen.
async fn applied(mut command: BoxFuture<'_, bool>) -> bool {
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| command.as_mut().poll(cx)));
        polled.unwrap_or(Poll::Ready(false))
    })
    .await
}

impl Sealed {
    /// The rows to write, ordered by table, owner and key.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Tells listener and callers that the commit is durable.
    pub fn committed(self, listener: &dyn crate::Listener) {
        if !self.wakes.is_empty() {
            listener.committed(self.wakes);
        }
        if self.jobs_due {
            listener.jobs_due();
        }
        for command in self.commands {
            command.answer(None);
        }
    }

    /// Tells the callers that nothing was written.
    pub fn failed(self, reason: &str) {
        for command in self.commands {
            command.answer(Some(StoreError::Engine(reason.to_owned())));
        }
    }
}
