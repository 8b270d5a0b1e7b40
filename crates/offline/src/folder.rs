//! A folder that one process keeps its state in: closed to others, and durable.
//!
//! Whatever a method has written when it returns is still there after a power failure, whole.
//! A crash inside a method leaves the old contents or the new ones.

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The end of the name of a file that is being written.
const DRAFT: &str = ".new";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process uses the folder.
    #[error("{path}: another process uses this folder", path = .0.display())]
    InUse(PathBuf),
    /// Others than the owner may read it.
    #[error("{path}: others may read it; close it to them (chmod go-rwx)", path = .0.display())]
    Exposed(PathBuf),
    /// The contents are not what this file should hold.
    #[error("{path}: is damaged or another kind of file", path = .0.display())]
    Damaged(PathBuf),
}

/// The folder, held by this process alone until dropped.
pub struct Folder {
    path: PathBuf,
    handle: File,
    #[cfg(test)]
    faults: std::sync::Arc<faults::Faults>,
}

impl Folder {
    /// Makes the folder (mode 0700) if it is missing, and locks it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let wrong = |source| FolderError::Io {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(wrong)?;
        refuse_exposed(path)?;
        let handle = File::open(path).map_err(wrong)?;
        match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                handle,
                #[cfg(test)]
                faults: faults::Faults::none(),
            }),
            Err(Errno::WOULDBLOCK) => Err(FolderError::InUse(path.to_owned())),
            Err(errno) => Err(wrong(errno.into())),
        }
    }

    /// Where a file of this name is.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The contents of a file; `None` when there is none. Fails when others may read it.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.path_of(name);
        match fs::read(&path) {
            Ok(bytes) => {
                refuse_exposed(&path)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FolderError::Io { path, source }),
        }
    }

    /// Replaces a file (mode 0600).
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), FolderError> {
        self.at(name, |path| {
            let draft = draft_of(path);
            remove_if_there(&draft)?;
            self.step()?;
            let mut file = private().create_new(true).open(&draft)?;
            let (front, back) = contents.split_at(contents.len() / 2);
            file.write_all(front)?;
            self.step()?;
            file.write_all(back)?;
            file.sync_all()?;
            self.step()?;
            fs::rename(&draft, path)?;
            self.step()?;
            self.handle.sync_all()
        })
    }

    /// Writes `contents` into a file from byte `at` on, and ends it there. What stands before is
    /// untouched, also by a crash.
    pub fn write_tail(&self, name: &str, at: u64, contents: &[u8]) -> Result<(), FolderError> {
        self.at(name, |path| {
            self.step()?;
            let mut file = private().create(true).truncate(false).open(path)?;
            file.set_len(at)?;
            file.seek(SeekFrom::Start(at))?;
            let (front, back) = contents.split_at(contents.len() / 2);
            file.write_all(front)?;
            self.step()?;
            file.write_all(back)?;
            file.sync_all()?;
            self.step()?;
            self.handle.sync_all()
        })
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        self.at(name, |path| {
            self.step()?;
            remove_if_there(path)?;
            self.handle.sync_all()
        })
    }

    /// Overwrites a file with a secret in it and removes it, if it is there.
    ///
    /// Whether the medium keeps the overwritten blocks is not in our hands (flash memory and
    /// copying file systems do for a while): `docs/ceremony.md` says so.
    pub fn destroy(&self, name: &str) -> Result<(), FolderError> {
        self.at(name, |path| {
            self.step()?;
            if let Some(mut file) = existing(path)? {
                let size = file.metadata()?.len();
                io::copy(&mut io::repeat(0).take(size), &mut file)?;
                file.sync_all()?;
            }
            self.step()?;
            remove_if_there(path)?;
            self.handle.sync_all()
        })
    }

    /// The names of all files that begin with `prefix`, in order.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, FolderError> {
        let wrong = |source| FolderError::Io {
            path: self.path.clone(),
            source,
        };
        let mut names = Vec::new();
        for item in fs::read_dir(&self.path).map_err(wrong)? {
            let name = item.map_err(wrong)?.file_name();
            names.extend(
                name.to_str()
                    .filter(|name| {
                        // A draft is what a crash left of a file that was never there.
                        name.starts_with(prefix) && !name.ends_with(DRAFT)
                    })
                    .map(String::from),
            );
        }
        names.sort();
        Ok(names)
    }

    /// The error for contents that cannot be what was written.
    pub fn damaged(&self, name: &str) -> FolderError {
        FolderError::Damaged(self.path_of(name))
    }

    fn at(&self, name: &str, act: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), FolderError> {
        let path = self.path_of(name);
        act(&path).map_err(|source| FolderError::Io { path, source })
    }

    /// Marks a point at which a crash leaves something behind; tests stop here.
    #[cfg_attr(
        not(test),
        expect(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "the fault injection of tests"
        )
    )]
    fn step(&self) -> io::Result<()> {
        #[cfg(test)]
        self.faults.step()?;
        Ok(())
    }

    /// Fails every step of this folder as `faults` says.
    #[cfg(test)]
    pub(crate) fn with_faults(mut self, faults: std::sync::Arc<faults::Faults>) -> Self {
        self.faults = faults;
        self
    }
}

fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DRAFT);
    name.into()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn existing(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn refuse_exposed(path: &Path) -> Result<(), FolderError> {
    let metadata = fs::metadata(path).map_err(|source| FolderError::Io {
        path: path.to_owned(),
        source,
    })?;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        Ok(())
    } else {
        Err(FolderError::Exposed(path.to_owned()))
    }
}

/// Copies a folder with its modes, for tests. No `cp`: a child process would for a moment hold the
/// locks of all folders that are open at that time.
#[cfg(test)]
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)
        .unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_folder(&item.path(), &target);
        } else {
            fs::copy(item.path(), &target).unwrap();
        }
    }
}

/// A process that dies at a chosen step, for tests.
#[cfg(test)]
pub(crate) mod faults {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    /// Counts steps, and fails one and all after it: a process that was killed does nothing more.
    pub(crate) struct Faults {
        taken: AtomicU64,
        last: AtomicU64,
    }

    impl Faults {
        /// Counts only.
        pub(crate) fn none() -> Arc<Self> {
            Self::after(u64::MAX)
        }

        /// Lets `steps` steps succeed.
        pub(crate) fn after(steps: u64) -> Arc<Self> {
            Arc::new(Self {
                taken: AtomicU64::new(0),
                last: AtomicU64::new(steps),
            })
        }

        /// How many steps were tried.
        pub(crate) fn taken(&self) -> u64 {
            self.taken.load(SeqCst)
        }

        pub(super) fn step(&self) -> io::Result<()> {
            if self.taken.fetch_add(1, SeqCst) < self.last.load(SeqCst) {
                Ok(())
            } else {
                Err(io::Error::other("killed by the test"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::faults::Faults;
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("state");
        (temporary, path)
    }

    #[test]
    fn two_processes_do_not_share_a_folder() {
        let (_temporary, path) = folder();
        let first = Folder::open(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::InUse(_))));
        drop(first);
        Folder::open(&path).unwrap();
    }

    #[test]
    fn files_are_closed_to_others() {
        let (_temporary, path) = folder();
        let folder = Folder::open(&path).unwrap();
        folder.write("a", b"secret").unwrap();
        folder.write_tail("b", 0, b"secret").unwrap();
        for name in ["a", "b"] {
            let mode = fs::metadata(folder.path_of(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::set_permissions(folder.path_of("a"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(folder.read("a"), Err(FolderError::Exposed(_))));
    }

    #[test]
    fn a_crash_leaves_the_old_contents_or_the_new() {
        let old = b"old contents";
        let new = b"the new contents, which are longer";
        let steps = {
            let (_temporary, path) = folder();
            let faults = Faults::none();
            let folder = Folder::open(&path).unwrap().with_faults(faults.clone());
            folder.write("file", new).unwrap();
            faults.taken()
        };
        for killed_at in 0..=steps {
            let (_temporary, path) = folder();
            Folder::open(&path).unwrap().write("file", old).unwrap();
            let folder = Folder::open(&path)
                .unwrap()
                .with_faults(Faults::after(killed_at));
            let outcome = folder.write("file", new);
            drop(folder);
            let left = Folder::open(&path).unwrap().read("file").unwrap().unwrap();
            assert!(left == old || left == new);
            if outcome.is_ok() {
                assert_eq!(left, new);
            }
        }
    }

    #[test]
    fn what_stands_before_a_tail_survives_any_crash() {
        for killed_at in 0..4 {
            let (_temporary, path) = folder();
            Folder::open(&path)
                .unwrap()
                .write_tail("file", 0, b"front|torn")
                .unwrap();
            let folder = Folder::open(&path)
                .unwrap()
                .with_faults(Faults::after(killed_at));
            let _ = folder.write_tail("file", 6, b"back");
            drop(folder);
            let left = Folder::open(&path).unwrap().read("file").unwrap().unwrap();
            assert!(left.starts_with(b"front|"));
        }
    }
}
