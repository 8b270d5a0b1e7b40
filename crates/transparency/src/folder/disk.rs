//! What a log does to a disk, so that a test can make each step fail.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// The steps of writing. Each is durable, or the next would not be allowed to follow it.
pub(super) trait Disk: Send {
    /// Makes a folder and those above it.
    fn create_dirs(&mut self, path: &Path) -> io::Result<()>;

    /// Writes a file whole; its bytes are on the disk when this returns.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Puts a file in the place of another.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_dir(&mut self, path: &Path) -> io::Result<()>;
}

/// The file system.
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create_dirs(&mut self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// Reads a file of at most `limit` bytes; nothing if there is none.
pub(super) fn read(path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "longer than it may be",
        ));
    }
    Ok(Some(bytes))
}
