//! The storage engine for one machine: SQLite, one writer, group commit.
//!
//! One thread owns the connection that writes. It takes what is queued, applies it as one group
//! over a cache of clean rows, appends the changes to a journal table, commits once and answers
//! everybody. The changed rows stay in memory, over the tables, until they are settled there in key
//! order, a stretch with each commit (`recent`, `journal`, `writer`). Views lay a snapshot of them
//! over a read transaction of their own, on the caller's thread (`reader`). A third thread moves
//! pages from the write-ahead log into the database. `docs/decisions/0001-rows.md` has the figures behind the settings.

mod cache;
mod checkpoint;
mod files;
mod journal;
mod reader;
mod recent;
mod sql;
mod writer;

use checkpoint::Checkpoints;
use files::{Files, Lock};
use heliograph_store::{
    BoxFuture, Clock, Engine, Group, Listener, Pending, Rows, Store, StoreError,
};
use reader::Readers;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// Where commands are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writer {
    /// On a thread of the engine's, many per commit.
    #[default]
    Thread,
    /// On the caller's thread, each at once and in its own commit: nothing depends on how threads
    /// are scheduled. For simulations.
    Inline,
}

/// What a commit withstands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The loss of power: every commit is flushed to the disk.
    #[default]
    Power,
    /// The death of the process only. For tests on throw-away data.
    Process,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Durability::Power => "FULL",
            Durability::Process => "OFF",
        }
    }
}

/// What becomes of the bytes of a row that is deleted or replaced, in the database file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deleted {
    /// They stay until their place is used again.
    Left,
    /// They are overwritten in pages that hold other rows as well; pages that fall empty keep theirs.
    OverwrittenInPages,
    /// They are overwritten wherever they stood.
    #[default]
    Overwritten,
}

impl Deleted {
    fn pragma(self) -> &'static str {
        match self {
            Deleted::Left => "OFF",
            Deleted::OverwrittenInPages => "FAST",
            Deleted::Overwritten => "ON",
        }
    }
}

/// How the engine uses the machine. The defaults suit a server of any size.
#[derive(Clone, Copy, Debug)]
pub struct SqliteOptions {
    /// Where commands are applied; default [`Writer::Thread`].
    pub writer: Writer,
    /// What a commit withstands; default [`Durability::Power`].
    pub durability: Durability,
    /// What becomes of deleted rows; default [`Deleted::Overwritten`].
    pub deleted: Deleted,
    /// How many commands share a commit at most; default [`Group::COMMANDS_MAX`].
    pub commands_per_commit: usize,
    /// Size of a database page in bytes, for a new database; default 8192.
    pub page_bytes: u32,
    /// Memory for pages, per connection, in KiB; default 2 MiB.
    pub page_cache_kib: i64,
    /// Memory for the writer's clean rows, in bytes; default 16 MiB.
    pub row_cache_bytes: usize,
    /// How much is gathered in memory, and in the journal, before it is settled in the tables, in
    /// bytes; default 4 MiB. Up to twice as much is in memory at once.
    pub segment_bytes: usize,
    /// A change is settled in its tables after this long at the latest, however little is written;
    /// default ten minutes.
    pub settled_within: Duration,
    /// The write-ahead log is emptied this often, so that it keeps nothing that is no longer in the
    /// database; default one minute. Where so much is written that the log is never all moved, it is
    /// overwritten from its beginning instead.
    pub log_emptied_every: Duration,
    /// The write-ahead log is restarted when it is longer than this, in bytes; default 64 MiB.
    pub wal_limit_bytes: u64,
    /// The database may not grow beyond so many pages; default `None`, no limit but the disk's.
    pub file_limit_pages: Option<u32>,
    /// How many read connections stay open when no view uses them; default 4.
    pub readers_kept: usize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions {
            writer: Writer::default(),
            durability: Durability::default(),
            deleted: Deleted::default(),
            commands_per_commit: Group::COMMANDS_MAX,
            page_bytes: 8192,
            page_cache_kib: 2 * 1024,
            row_cache_bytes: 16 << 20,
            segment_bytes: 4 << 20,
            settled_within: Duration::from_secs(600),
            log_emptied_every: Duration::from_secs(60),
            wal_limit_bytes: 64 << 20,
            file_limit_pages: None,
            readers_kept: 4,
        }
    }
}

impl SqliteOptions {
    /// After how many pages in the log a commit checkpoints by itself; 0 where a thread does it: inside
    /// a commit it would hold up a whole group.
    fn autocheckpoint_pages(&self) -> u32 {
        match self.writer {
            Writer::Thread => 0,
            Writer::Inline => 1000,
        }
    }
}

/// The SQLite engine.
pub struct SqliteStore {
    commands: Commands,
    readers: Arc<Readers>,
    checkpoints: Arc<Checkpoints>,
    files: Mutex<Open>,
}

/// What is let go of at the end of closing.
struct Open {
    checkpoint_thread: Option<JoinHandle<()>>,
    /// The writer has a share, too: a store that is dropped without being closed may still be busy
    /// with its last commit.
    lock: Option<Arc<Lock>>,
}

enum Commands {
    Queued(Sender<Message>),
    /// `None` once closed.
    Inline(Mutex<Option<Box<writer::Writer>>>),
}

/// What the writer's thread is told.
enum Message {
    Write(Box<dyn Pending>),
    /// Everything before this is to be finished.
    Close(oneshot::Sender<()>),
}

impl SqliteStore {
    /// Copies the database at `from`, as it stands at this moment, into a new file, whether a server
    /// uses it or not. What was deleted is not in the copy.
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        files::copy(from, to).map_err(files::engine_error)
    }

    /// Opens the database at `path`, creating it when there is none; its folder must exist.
    ///
    /// Fails with [`StoreError::InUse`] when another process has it open, and with
    /// [`StoreError::NewerFormat`] when a newer version wrote it.
    pub fn open(
        path: &Path,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
        listener: Arc<dyn Listener>,
    ) -> Result<Store, StoreError> {
        let lock = Arc::new(Lock::take(path)?);
        let files = Files::new(path, options);
        let checkpoints = Arc::new(Checkpoints::default());
        let connection = files.writer()?;
        let readers = |recent| Readers::new(files.clone(), recent, options.readers_kept);
        let writer = writer::Writer::new(
            lock.clone(),
            connection,
            &options,
            clock,
            listener,
            checkpoints.clone(),
            readers,
        )?;
        let readers = writer.readers();
        let mut open = Open {
            checkpoint_thread: None,
            lock: Some(lock),
        };
        let commands = match options.writer {
            Writer::Inline => Commands::Inline(Mutex::new(Some(Box::new(writer)))),
            Writer::Thread => {
                let (sender, queue) = mpsc::channel();
                spawn("store-writer", move || {
                    run(writer, &queue, &options);
                })?;
                let connection = files.reader()?;
                let (checkpoints, readers) = (checkpoints.clone(), readers.clone());
                let limit_pages = (options.wal_limit_bytes / u64::from(options.page_bytes)) as i64;
                let thread = spawn("store-checkpoint", move || {
                    let every = options.log_emptied_every;
                    checkpoints.run(&connection, &readers, limit_pages, every);
                });
                open.checkpoint_thread = Some(thread?);
                Commands::Queued(sender)
            }
        };
        let files = Mutex::new(open);
        Ok(Store::new(Arc::new(SqliteStore {
            commands,
            readers,
            checkpoints,
            files,
        })))
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned.map_err(|error| StoreError::Engine(format!("no thread: {error}")))
}

/// The writer's thread: takes what has gathered and commits it, until it is closed.
fn run(mut writer: writer::Writer, queue: &Receiver<Message>, options: &SqliteOptions) {
    let mut closing = None;
    while closing.is_none() {
        writer.settle_old();
        let mut next = match queue.recv_timeout(options.settled_within) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut commands = Vec::new();
        loop {
            match next {
                Message::Write(command) => commands.push(command),
                Message::Close(closed) => closing = Some(closed),
            }
            if closing.is_some() || commands.len() >= options.commands_per_commit {
                break;
            }
            match queue.try_recv() {
                Ok(message) => next = message,
                Err(_) => break,
            }
        }
        if !commands.is_empty() {
            writer.write(commands);
        }
    }
    writer.close();
    if let Some(closed) = closing {
        let _ = closed.send(());
    }
}

impl Engine for SqliteStore {
    fn submit(&self, command: Box<dyn Pending>) {
        match &self.commands {
            // A closed queue drops the command, which tells its caller so.
            Commands::Queued(queue) => drop(queue.send(Message::Write(command))),
            Commands::Inline(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(writer) = &mut *writer {
                    writer.write(vec![command]);
                }
            }
        }
    }

    fn view(&self) -> BoxFuture<'_, Result<Box<dyn Rows + '_>, StoreError>> {
        let view = self
            .readers
            .view()
            .map(|reader| Box::new(reader) as Box<dyn Rows + '_>);
        Box::pin(std::future::ready(view))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            match &self.commands {
                Commands::Queued(queue) => {
                    let (sender, closed) = oneshot::channel();
                    if queue.send(Message::Close(sender)).is_ok() {
                        let _ = closed.await;
                    }
                }
                Commands::Inline(writer) => {
                    let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some(writer) = writer {
                        writer.close();
                    }
                }
            }
            self.readers.close();
            self.checkpoints.stop();
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(thread) = files.checkpoint_thread.take() {
                // At most one checkpoint is under way. A panic there has harmed nothing here.
                let _ = thread.join();
            }
            files.lock = None;
        })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.checkpoints.stop();
    }
}
