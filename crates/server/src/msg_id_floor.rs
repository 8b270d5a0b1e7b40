//! The message id below which the server gives out none, across restarts.
//!
//! Clients drop messages whose id does not rise. Ids follow the clock, and a clock can be set back
//! while the server is down; so a bound is kept in the data folder.

use crate::secrets::{SecretsError, replace};
use heliograph_mtproto::MsgId;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How often the bound is moved while ids are given out.
pub const EVERY: Duration = Duration::from_secs(5);

/// How far ahead of the last id the bound is written, so that it also holds for ids given out
/// between the last writing and a crash. A restart begins at most this much in the future, well
/// inside the 30 seconds that clients allow; the seconds of an id are its upper half.
const AHEAD: i64 = (2 * EVERY.as_secs() as i64) << 32;

/// The bound on disk.
pub struct MsgIdFloor {
    path: PathBuf,
    written: Option<MsgId>,
}

impl MsgIdFloor {
    /// Reads the bound; none of the ids to come may lie at or below the one returned.
    pub fn open(path: PathBuf) -> Result<(Self, MsgId), SecretsError> {
        let bound = match fs::read_to_string(&path) {
            // What cannot be read is no bound: the clock is right far more often than wrong.
            Ok(text) => text.trim().parse().map_or(MsgId(0), MsgId),
            Err(error) if error.kind() == io::ErrorKind::NotFound => MsgId(0),
            Err(source) => return Err(SecretsError::Io { path, source }),
        };
        let floor = MsgIdFloor {
            path,
            written: None,
        };
        Ok((floor, bound))
    }

    /// Moves the bound ahead of the last id given out, if there was one since.
    pub fn advance(&mut self, last: MsgId) -> Result<(), SecretsError> {
        if self.written == Some(last) {
            return Ok(());
        }
        self.write(last.0.saturating_add(AHEAD))?;
        self.written = Some(last);
        Ok(())
    }

    /// Sets the bound to the very last id: there will be no more.
    pub fn finish(self, last: MsgId) -> Result<(), SecretsError> {
        self.write(last.0)
    }

    fn write(&self, bound: i64) -> Result<(), SecretsError> {
        replace(&self.path, 0o600, format!("{bound}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_mtproto::UnixMillis;

    #[test]
    fn ids_stay_above_those_of_the_run_before_whatever_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("msg-id");
        let (mut floor, bound) = MsgIdFloor::open(path.clone()).expect("a folder of ours");
        assert_eq!(bound, MsgId(0));
        let last = MsgId::at(UnixMillis(1_800_000_000_000));
        floor.advance(last).expect("a folder of ours");
        drop(floor);

        // After a crash: above all ids until the next writing, and not far in the future.
        let (floor, bound) = MsgIdFloor::open(path.clone()).expect("a folder of ours");
        assert!(bound >= MsgId::at(UnixMillis(1_800_000_005_000)));
        assert!(bound <= MsgId::at(UnixMillis(1_800_000_015_000)));

        // After an end in order: above the last one, and no further.
        floor.finish(last).expect("a folder of ours");
        let (_, bound) = MsgIdFloor::open(path).expect("a folder of ours");
        assert_eq!(bound, last);
    }
}
