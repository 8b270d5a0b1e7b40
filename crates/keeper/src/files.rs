//! The keeper's folder: who may read it, that one process uses it, and that files change whole.

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why the keeper's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another keeper uses this folder.
    #[error("{path}: another keeper uses this folder", path = .0.display())]
    InUse(PathBuf),
    /// Others than the owner may read or enter it.
    #[error(
        "{path}: has mode {mode:o}; a secret must be closed to group and others \
         (chmod go-rwx)",
        path = .path.display()
    )]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Written by a newer version of this program.
    #[error(
        "{path}: has format version {found}, this program knows version {known}; \
         use the newer program",
        path = .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u8,
        /// The newest version this program knows.
        known: u8,
    },
    /// The contents are not what this file should hold.
    #[error("{path}: is damaged or another kind of file", path = .0.display())]
    Damaged(PathBuf),
    /// Evaluations have been recorded, so there was a key. A new one would make every stored tag
    /// unfindable.
    #[error(
        "{path}: is missing, but this keeper has been in use; restore the key from a backup \
         of the keys folder",
        path = .0.display()
    )]
    KeyLost(PathBuf),
    /// A new key was needed, and the entropy given for it was not random.
    #[error("the entropy given for a new key is not random")]
    Entropy,
}

impl OpenError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// The keeper's folder, held for this process alone until dropped.
pub(crate) struct Folder {
    path: PathBuf,
    handle: File,
}

impl Folder {
    /// Makes the folder (mode 0700) if it is missing, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(OpenError::io(path))?;
        refuse_exposed(path)?;
        let handle = File::open(path).map_err(OpenError::io(path))?;
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(OpenError::InUse(path.to_owned())),
            Err(errno) => return Err(OpenError::io(path)(errno.into())),
        }
        Ok(Self {
            path: path.to_owned(),
            handle,
        })
    }

    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file that only its owner may read; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, OpenError> {
        let path = self.path_of(name);
        match fs::read(&path) {
            Ok(bytes) => {
                refuse_exposed(&path)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OpenError::io(&path)(error)),
        }
    }

    /// Opens a file that only its owner may read, to be changed where it stands.
    pub(crate) fn open_for_update(&self, name: &str) -> Result<File, OpenError> {
        let path = self.path_of(name);
        refuse_exposed(&path)?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(OpenError::io(&path))
    }

    /// Replaces a file (mode 0600) so that after a crash either the old or the new contents are
    /// there whole. Returns the file, open for appending.
    pub(crate) fn replace(&self, name: &str, contents: &[u8]) -> io::Result<File> {
        let path = self.path_of(name);
        let draft = self.path_of(&format!("{name}.new"));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        self.handle.sync_all()?;
        Ok(file)
    }
}

fn refuse_exposed(path: &Path) -> Result<(), OpenError> {
    let mode = fs::metadata(path)
        .map_err(OpenError::io(path))?
        .permissions()
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        return Err(OpenError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Checks a file's first bytes, `magic` and a format version, and returns what follows.
pub(crate) fn body<'a>(
    bytes: &'a [u8],
    magic: &[u8],
    known: u8,
    path: &Path,
) -> Result<&'a [u8], OpenError> {
    let damaged = || OpenError::Damaged(path.to_owned());
    let (&found, body) = bytes
        .strip_prefix(magic)
        .and_then(<[u8]>::split_first)
        .ok_or_else(damaged)?;
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    if found == known {
        Ok(body)
    } else {
        Err(damaged())
    }
}
