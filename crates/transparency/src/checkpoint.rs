//! Checkpoints: the text in which a log signs its size and root
//! ([c2sp.org/tlog-checkpoint](https://c2sp.org/tlog-checkpoint)).

use std::fmt;
use std::str::FromStr;

use crate::encoding::from_decimal;
use crate::note::has_control_characters;
use crate::tree::TreeHead;

/// The text is not that of a checkpoint, or the origin cannot stand in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint")]
pub struct MalformedCheckpoint;

/// What a log says about its tree. The text form is the text of the note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint of the log named `origin`, which must not be empty or hold control characters.
    pub fn new(origin: &str, head: TreeHead) -> Result<Self, MalformedCheckpoint> {
        if origin.is_empty() || origin.contains('\n') || has_control_characters(origin) {
            return Err(MalformedCheckpoint);
        }
        Ok(Self {
            origin: origin.to_owned(),
            head,
            extensions: Vec::new(),
        })
    }

    /// The log's unique name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Further lines, which other logs may write. They mean nothing here: no monitor can check
    /// them.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

impl FromStr for Checkpoint {
    type Err = MalformedCheckpoint;

    fn from_str(text: &str) -> Result<Self, MalformedCheckpoint> {
        let body = text.strip_suffix('\n').ok_or(MalformedCheckpoint)?;
        let mut lines = body.split('\n');
        let mut line = || lines.next().ok_or(MalformedCheckpoint);
        let (origin, size, root) = (line()?, line()?, line()?);
        let head = TreeHead {
            size: from_decimal(size).ok_or(MalformedCheckpoint)?,
            root: root.parse().map_err(|_| MalformedCheckpoint)?,
        };
        let mut checkpoint = Self::new(origin, head)?;
        for extension in lines {
            if extension.is_empty() || has_control_characters(extension) {
                return Err(MalformedCheckpoint);
            }
            checkpoint.extensions.push(extension.to_owned());
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TreeHead { size, root } = self.head;
        writeln!(f, "{}\n{size}\n{root}", self.origin)?;
        for extension in &self.extensions {
            writeln!(f, "{extension}")?;
        }
        Ok(())
    }
}
