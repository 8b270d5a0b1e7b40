//! What is remembered from one run to the next: the newest checkpoint that was right.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::folder::CHECKPOINT;
use heliograph_transparency::note::{Note, VerifierKey};
use heliograph_transparency::policy::Policy;
use heliograph_transparency::tree::TreeHead;

use crate::Failure;

/// A folder with one file, `checkpoint`.
pub struct State {
    file: PathBuf,
    keys: Vec<VerifierKey>,
}

impl State {
    /// The state in a folder, which is made if it is not there.
    pub fn open(folder: &Path, policy: &Policy) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self {
            file: folder.join(CHECKPOINT),
            keys: policy.logs().iter().map(|log| log.key.clone()).collect(),
        })
    }

    /// What was seen last. Fails if it is not a checkpoint that a trusted log has signed: then the
    /// state is that of another log, or was changed.
    pub fn remembered(&self) -> Result<Option<TreeHead>, Failure> {
        if !self.file.exists() {
            return Ok(None);
        }
        let bytes = fs::read(&self.file)?;
        let head = self.head(&bytes);
        head.map(Some).map_err(|error| {
            let file = self.file.display();
            format!("{file} is not a checkpoint of this log: {error}").into()
        })
    }

    /// Remembers the checkpoint that was just found right.
    pub fn remember(&self, checkpoint: &[u8]) -> Result<(), Failure> {
        let new = self.file.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(checkpoint)?;
        file.sync_all()?;
        fs::rename(&new, &self.file)?;
        Ok(())
    }

    fn head(&self, bytes: &[u8]) -> Result<TreeHead, Failure> {
        let note = Note::parse(bytes)?;
        note.verify(&self.keys)?;
        let checkpoint: Checkpoint = note.text().parse()?;
        Ok(checkpoint.head())
    }
}
