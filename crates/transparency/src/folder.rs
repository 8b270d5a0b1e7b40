//! A log as a folder of static files: the same that are served to everyone.
//!
//! ```text
//! checkpoint                 the newest signed checkpoint with its cosignatures
//! tile/…                     tiles and bundles of entries, as tlog-tiles names them
//! policy                     what the log says about its own key and witnesses
//! lock                       held by the one process that writes; not served
//! ```
//!
//! [`FolderSource`] reads such a folder, [`FolderLog`] writes one. There is no database under the
//! log: whatever was not named by a checkpoint does not exist yet, so that a crash at any moment
//! leaves a log that opens and goes on.

mod disk;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::append::{SignError, Writer, sign_checkpoint};
use crate::checkpoint::Checkpoint;
use crate::note::{MAX_NOTE_BYTES, Note, NoteError, SignerKey};
use crate::policy::MAX_POLICY_BYTES;
use crate::tile::{EntryTooLong, MAX_FILE_BYTES, ReadError, SourceError, Tile, TileSource};
use crate::tree::TreeHead;
use disk::{Disk, RealDisk};

/// The path of the newest checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// The path of what the log says about its own key and witnesses, as a tlog-policy.
pub const POLICY: &str = "policy";

/// Whether a path below the log's address is one that everyone may read. The folder holds nothing
/// secret, but only its files are named like this: no path leads out of it.
pub fn is_public(path: &str) -> bool {
    path == CHECKPOINT || path == POLICY || path.parse::<Tile>().is_ok()
}

/// Reads a log from a folder.
#[derive(Clone, Debug)]
pub struct FolderSource(PathBuf);

impl FolderSource {
    /// The log in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }
}

impl TileSource for FolderSource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if !is_public(path) {
            return Ok(None);
        }
        let limit = match path {
            CHECKPOINT => MAX_NOTE_BYTES,
            POLICY => MAX_POLICY_BYTES,
            _ => MAX_FILE_BYTES,
        };
        Ok(disk::read(&self.0.join(path), limit)?)
    }
}

/// Why a log cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system refused.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process writes this log.
    #[error("another process writes this log")]
    Locked,
    /// There is a log in the folder already.
    #[error("there is a log in this folder already")]
    Exists,
    /// There is no log in the folder.
    #[error("there is no log in this folder")]
    Absent,
    /// The stored checkpoint is no checkpoint of this key.
    #[error("the stored checkpoint is not one of this log and key: {0}")]
    Checkpoint(NoteError),
    /// The stored files are not those that the stored checkpoint names. The log was damaged or
    /// tampered with, and must not be continued.
    #[error("the stored log does not match its checkpoint, and is not continued: {0}")]
    Damaged(ReadError),
    /// What was written cannot be read back as it was meant; nothing was signed.
    #[error("nothing was signed: {0}")]
    Sign(#[from] SignError),
    /// The checkpoint on the disk is not the one that this process wrote last.
    #[error("somebody else has replaced the checkpoint")]
    Replaced,
    /// An entry is too long.
    #[error(transparent)]
    EntryTooLong(#[from] EntryTooLong),
    /// An earlier failure has left this process unsure of what is stored: open the log again.
    #[error("an earlier write failed; the log must be opened again")]
    Failed,
    /// The cosigned checkpoint is not the one that is published.
    #[error("the cosignatures are for another checkpoint")]
    OtherCheckpoint,
}

/// The one writer of a log in a folder.
pub struct FolderLog {
    folder: PathBuf,
    source: FolderSource,
    disk: Box<dyn Disk>,
    key: SignerKey,
    writer: Writer,
    checkpoint: Note,
    failed: bool,
    /// Folders whose names this process has made durable: that need not be done again.
    durable: BTreeSet<PathBuf>,
    /// Held until this is dropped.
    _lock: File,
}

impl FolderLog {
    /// Begins a log without entries. Its origin is the name of the key.
    pub fn create(folder: impl Into<PathBuf>, key: SignerKey) -> Result<Self, FolderError> {
        Self::create_on(Box::new(RealDisk), folder.into(), key)
    }

    /// Opens a log to go on with it.
    ///
    /// Fails with [`FolderError::Damaged`] if the files at its edge do not lead to the root that
    /// the checkpoint names.
    pub fn open(folder: impl Into<PathBuf>, key: SignerKey) -> Result<Self, FolderError> {
        Self::open_on(Box::new(RealDisk), folder.into(), key)
    }

    fn create_on(
        mut disk: Box<dyn Disk>,
        folder: PathBuf,
        key: SignerKey,
    ) -> Result<Self, FolderError> {
        disk.create_dirs(&folder).map_err(at(&folder))?;
        let lock = lock(&folder)?;
        let source = FolderSource::new(&folder);
        if read_checkpoint(&source)?.is_some() {
            return Err(FolderError::Exists);
        }
        let origin = key.verifier().name().to_string();
        let checkpoint = sign_checkpoint(&source, 0, TreeHead::EMPTY, &origin, &key)?;
        let policy = format!("log {}\nquorum none\n", key.verifier());
        let mut log = Self {
            folder,
            source,
            disk,
            key,
            writer: Writer::default(),
            checkpoint: checkpoint.clone(),
            failed: false,
            durable: BTreeSet::new(),
            _lock: lock,
        };
        log.replace(POLICY, policy.as_bytes())?;
        log.replace(CHECKPOINT, checkpoint.to_string().as_bytes())?;
        Ok(log)
    }

    fn open_on(disk: Box<dyn Disk>, folder: PathBuf, key: SignerKey) -> Result<Self, FolderError> {
        if !folder.join(CHECKPOINT).exists() {
            return Err(FolderError::Absent);
        }
        let lock = lock(&folder)?;
        let source = FolderSource::new(&folder);
        let bytes = read_checkpoint(&source)?.ok_or(FolderError::Absent)?;
        let (checkpoint, head) = own_checkpoint(&bytes, &key).map_err(FolderError::Checkpoint)?;
        let writer = Writer::open(&source, head).map_err(FolderError::Damaged)?;
        Ok(Self {
            folder,
            source,
            disk,
            key,
            writer,
            checkpoint,
            failed: false,
            durable: BTreeSet::new(),
            _lock: lock,
        })
    }

    /// The newest checkpoint, with the cosignatures that were added.
    pub fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Size and root of the published tree.
    pub fn head(&self) -> TreeHead {
        self.writer.head()
    }

    /// The files, for reading.
    pub fn source(&self) -> &FolderSource {
        &self.source
    }

    /// Adds entries and publishes a checkpoint over them, which it returns. The first entry gets
    /// the number that was the size before. Cosignatures are still to be added.
    ///
    /// The tiles are written and made durable, read back and recomputed, and only then is the
    /// checkpoint signed and published. After an error that is not [`FolderError::EntryTooLong`]
    /// the log must be opened again: it then has either all of the entries or none.
    pub fn append<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<&Note, FolderError> {
        if self.failed {
            return Err(FolderError::Failed);
        }
        let appended = self.writer.append(entries)?;
        self.failed = true;
        let before = self.head();
        let mut folders = BTreeSet::new();
        for file in &appended.files {
            let path = self.folder.join(file.tile.to_string());
            let folder = path.parent().unwrap_or(&self.folder).to_owned();
            self.disk.create_dirs(&folder).map_err(at(&folder))?;
            self.disk.write(&path, &file.bytes).map_err(at(&path))?;
            folders.insert(folder);
        }
        self.sync_folders(&folders)?;
        let head = appended.writer.head();
        let origin = self.key.verifier().name().as_str();
        let note = sign_checkpoint(&self.source, before.size, head, origin, &self.key)?;
        self.check_unchanged()?;
        self.replace(CHECKPOINT, note.to_string().as_bytes())?;
        self.writer = appended.writer;
        self.checkpoint = note;
        self.failed = false;
        Ok(&self.checkpoint)
    }

    /// Publishes the newest checkpoint with further cosignatures. They are not checked here;
    /// whoever reads them does that.
    ///
    /// Fails with [`FolderError::OtherCheckpoint`] if `note` is not about that checkpoint.
    pub fn add_cosignatures(&mut self, note: &Note) -> Result<(), FolderError> {
        if self.failed {
            return Err(FolderError::Failed);
        }
        if note.text() != self.checkpoint.text() {
            return Err(FolderError::OtherCheckpoint);
        }
        let mut merged = self.checkpoint.clone();
        for signature in note.signatures() {
            // A witness's newer cosignature takes the place of its older one.
            merged
                .replace(signature.clone())
                .map_err(FolderError::Checkpoint)?;
        }
        self.check_unchanged()?;
        self.replace(CHECKPOINT, merged.to_string().as_bytes())?;
        self.checkpoint = merged;
        Ok(())
    }

    /// Publishes what the log says about its own key and witnesses.
    pub fn publish_policy(&mut self, policy: &str) -> Result<(), FolderError> {
        self.replace(POLICY, policy.as_bytes())
    }

    /// Compare and swap: the checkpoint that is about to be replaced must be the one that this
    /// process knows, whatever became of the lock.
    fn check_unchanged(&self) -> Result<(), FolderError> {
        let stored = read_checkpoint(&self.source)?;
        if stored.as_deref() == Some(self.checkpoint.to_string().as_bytes()) {
            Ok(())
        } else {
            Err(FolderError::Replaced)
        }
    }

    /// Replaces a file so that a reader, or a crash, finds either the old or the new one whole.
    fn replace(&mut self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let target = self.folder.join(path);
        let new = self.folder.join(format!("{path}.new"));
        self.disk.write(&new, bytes).map_err(at(&new))?;
        self.disk.rename(&new, &target).map_err(at(&target))?;
        self.disk.sync_dir(&self.folder).map_err(at(&self.folder))
    }

    /// Makes the names of new files durable, and those of their folders up to the log's own, as far
    /// as this process has not done so before.
    fn sync_folders(&mut self, folders: &BTreeSet<PathBuf>) -> Result<(), FolderError> {
        let mut unsynced = folders.clone();
        let mut named = BTreeSet::new();
        for folder in folders {
            for own in folder.ancestors() {
                if own == self.folder || self.durable.contains(own) {
                    break;
                }
                unsynced.extend(own.parent().map(Path::to_owned));
                named.insert(own.to_owned());
            }
        }
        for folder in unsynced.iter().rev() {
            self.disk.sync_dir(folder).map_err(at(folder))?;
        }
        self.durable.append(&mut named);
        Ok(())
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    |error| FolderError::Io { path, error }
}

fn lock(folder: &Path) -> Result<File, FolderError> {
    let path = folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

fn read_checkpoint(source: &FolderSource) -> Result<Option<Vec<u8>>, FolderError> {
    let path = source.0.join(CHECKPOINT);
    disk::read(&path, MAX_NOTE_BYTES).map_err(at(&path))
}

/// Reads a checkpoint that must be signed by this key.
fn own_checkpoint(bytes: &[u8], key: &SignerKey) -> Result<(Note, TreeHead), NoteError> {
    let note = Note::parse(bytes)?;
    note.verify(std::slice::from_ref(key.verifier()))?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| NoteError::Malformed)?;
    if checkpoint.origin() != key.verifier().name().as_str() {
        return Err(NoteError::Unsigned);
    }
    Ok((note, checkpoint.head()))
}
