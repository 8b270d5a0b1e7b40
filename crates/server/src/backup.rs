//! Copies of a data folder: made while the server runs, and brought back into an empty folder.
//!
//! A database is copied as it stands at one moment. Files never change under their names, so they are
//! copied once before the databases, for those that are erased meanwhile, and once after, for those
//! that came. The index is not copied; it is made anew from the database. Keys are copied only
//! when that is asked for: whoever has them and the rest is the server.

use crate::secrets::DataFolder;
use heliograph_desk_store::{DeskError, DeskStore};
use heliograph_store::StoreError;
use heliograph_store_sqlite::SqliteStore;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Stands in a copy that is whole.
const WHOLE: &str = "whole";
/// Files that are parts of uploads that are not done; their senders send them again.
const PARTS: &str = "parts";
/// Nobody but the owner: it holds what people wrote.
const PRIVATE: u32 = 0o700;

/// Why no copy was made or brought back.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is something already.
    #[error("{0} is not empty; name a new folder")]
    NotEmpty(PathBuf),
    /// There is no server's data.
    #[error("{0} holds no server's data")]
    NoData(PathBuf),
    /// The copy was broken off.
    #[error("{0} is no whole copy: making it was broken off, or it is something else")]
    NotWhole(PathBuf),
    /// A file could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server's database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk's database.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// What a copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many files, databases included.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether the keys are among them.
    pub keys: bool,
}

impl Copied {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Copies a data folder, of a server that runs or not, into a new folder.
pub fn backup(data: &DataFolder, to: &Path, keys: bool) -> Result<Copied, BackupError> {
    if !data.database().is_file() {
        return Err(BackupError::NoData(data.path().to_owned()));
    }
    make_empty(to)?;
    let copy = DataFolder::new(to);
    let mut copied = Copied {
        keys,
        ..Copied::default()
    };
    copy_folder(&data.media(), &copy.media(), &mut copied)?;
    SqliteStore::copy(&data.database(), &copy.database())?;
    copied.add(settle(&copy.database())?);
    if data.desk_database().is_file() {
        DeskStore::copy(&data.desk_database(), &copy.desk_database())?;
        copied.add(settle(&copy.desk_database())?);
    }
    copy_folder(&data.media(), &copy.media(), &mut copied)?;
    // The log may be ahead of the desk's database, as after a kill; never behind it.
    for folder in [data.log(), data.models(), data.hashes()] {
        copy_named(&folder, to, &mut copied)?;
    }
    for file in data.small_files() {
        copy_named(&file, to, &mut copied)?;
    }
    if keys {
        copy_named(&data.keys(), to, &mut copied)?;
    }
    let whole = to.join(WHOLE);
    File::create(&whole)
        .and_then(|file| file.sync_all())
        .map_err(at(&whole))?;
    Ok(copied)
}

/// Brings a copy back into a data folder that is empty or not there.
pub fn restore(from: &Path, data: &DataFolder) -> Result<Copied, BackupError> {
    if !from.join(WHOLE).is_file() {
        return Err(BackupError::NotWhole(from.to_owned()));
    }
    make_empty(data.path())?;
    let mut copied = Copied {
        keys: DataFolder::new(from).keys().is_dir(),
        ..Copied::default()
    };
    for entry in entries(from)? {
        if entry.file_name().is_some_and(|name| name != WHOLE) {
            copy_named(&entry, data.path(), &mut copied)?;
        }
    }
    Ok(copied)
}

fn make_empty(folder: &Path) -> Result<(), BackupError> {
    if folder.exists() && !entries(folder)?.is_empty() {
        return Err(BackupError::NotEmpty(folder.to_owned()));
    }
    make(folder)
}

fn make(folder: &Path) -> Result<(), BackupError> {
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(PRIVATE).create(folder);
    made.map_err(at(folder))
}

/// Copies a file or folder, where it is there, under its own name into `to`.
fn copy_named(from: &Path, to: &Path, copied: &mut Copied) -> Result<(), BackupError> {
    let Some(name) = from.file_name() else {
        return Ok(());
    };
    let to = to.join(name);
    if from.is_dir() {
        copy_folder(from, &to, copied)
    } else if from.is_file() {
        copy_file(from, &to, copied)
    } else {
        Ok(())
    }
}

/// Copies what is in a folder and not in the other yet.
fn copy_folder(from: &Path, to: &Path, copied: &mut Copied) -> Result<(), BackupError> {
    if !from.is_dir() {
        return Ok(());
    }
    make(to)?;
    for entry in entries(from)? {
        if entry.file_name().is_some_and(|name| name != PARTS) {
            copy_named(&entry, to, copied)?;
        }
    }
    File::open(to)
        .and_then(|folder| folder.sync_all())
        .map_err(at(to))
}

fn copy_file(from: &Path, to: &Path, copied: &mut Copied) -> Result<(), BackupError> {
    if to.exists() {
        return Ok(());
    }
    let bytes = match fs::copy(from, to) {
        Ok(bytes) => bytes,
        // It was erased meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(from)(error)),
    };
    settle(to)?;
    copied.add(bytes);
    Ok(())
}

/// Closes a file to others and waits until it is on the disk; answers with its size.
fn settle(file: &Path) -> Result<u64, BackupError> {
    let settled = || -> io::Result<u64> {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
        let opened = File::open(file)?;
        opened.sync_all()?;
        Ok(opened.metadata()?.len())
    };
    settled().map_err(at(file))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let listed = fs::read_dir(folder).map_err(at(folder))?;
    let paths = listed.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<Result<_, _>>().map_err(at(folder))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemClock;
    use heliograph_store_sqlite::SqliteOptions;
    use std::sync::Arc;

    /// Opens a database, which makes it where there is none, and closes it.
    fn open(database: &Path) {
        let options = SqliteOptions::default();
        let store = SqliteStore::open(database, options, Arc::new(SystemClock), Arc::new(()));
        drop(store.expect("a database"));
    }

    fn data_folder(path: &Path) -> DataFolder {
        let data = DataFolder::new(path);
        fs::create_dir_all(path).expect("made");
        open(&data.database());
        for (name, text) in [
            ("media/files/ab", "a picture"),
            ("media/parts/1/2", "half of one"),
            ("log/checkpoint", "a log"),
            ("keys/seal.key", "a key"),
            ("run/control", "of this run"),
        ] {
            let file = path.join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, text).expect("written");
        }
        data
    }

    #[test]
    fn a_copy_holds_what_an_installation_needs_and_keys_only_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = data_folder(&folder.path().join("data"));
        for keys in [false, true] {
            let to = folder.path().join(format!("copy-{keys}"));
            let copied = backup(&data, &to, keys).expect("copied");
            assert_eq!(copied.keys, keys);
            let back = DataFolder::new(folder.path().join(format!("back-{keys}")));
            restore(&to, &back).expect("brought back");
            let has = |name: &str| back.path().join(name).exists();
            assert!(has("heliograph.db") && has("media/files/ab") && has("log/checkpoint"));
            assert!(!has("media/parts") && !has("run") && !has(WHOLE));
            assert_eq!(has("keys/seal.key"), keys);
            open(&back.database());
        }
    }

    #[test]
    fn nothing_is_overwritten_and_half_a_copy_is_not_brought_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = data_folder(&folder.path().join("data"));
        let to = folder.path().join("copy");
        backup(&data, &to, false).expect("copied");
        let again = backup(&data, &to, false);
        assert!(matches!(again, Err(BackupError::NotEmpty(_))), "{again:?}");
        let over = restore(&to, &data);
        assert!(matches!(over, Err(BackupError::NotEmpty(_))), "{over:?}");
        fs::remove_file(to.join(WHOLE)).expect("removed");
        let half = restore(&to, &DataFolder::new(folder.path().join("new")));
        assert!(matches!(half, Err(BackupError::NotWhole(_))), "{half:?}");
        let nothing = DataFolder::new(folder.path().join("nothing"));
        let none = backup(&nothing, &folder.path().join("of-nothing"), false);
        assert!(matches!(none, Err(BackupError::NoData(_))), "{none:?}");
    }
}
