//! Appending to a log, and reading back what was written before it is signed.
//!
//! The steps, in the one order that survives a crash at any of them:
//! 1. [`Writer::append`] says which files a batch of entries writes. Nothing has happened yet.
//! 2. The caller writes the files, in order, and makes them durable. Full files that a checkpoint
//!    covers are never written again. After a crash the files of a batch that was not signed are
//!    simply overwritten by those of the next.
//! 3. [`sign_checkpoint`] reads them back from the source and signs only if they are what was
//!    meant: one flipped bit under a signed root would end the log.
//! 4. The caller makes the checkpoint durable before anybody sees it, witnesses included: a log
//!    that forgot what it signed could sign another history.

use crate::checkpoint::{Checkpoint, MalformedCheckpoint};
use crate::note::{Note, SignerKey};
use crate::tile::{
    Content, Edge, EntryTooLong, FULL_WIDTH, ReadError, Tile, TileReader, TileSource, read_bundle,
    read_edge, write_entry, write_hashes,
};
use crate::tree::{Hash, TreeHead, leaf_hash, root_of};

/// A file to write, at the path that is the tile's text form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, and whether it is full.
    pub tile: Tile,
    /// Its whole content.
    pub bytes: Vec<u8>,
}

/// The right edge of a tree: what is needed to append to it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Writer {
    edge: Edge,
    /// The bytes of the partial bundle.
    bundle: Vec<u8>,
}

/// What appending a batch of entries writes, and the writer for the next batch.
#[derive(Clone, Debug)]
pub struct Appended {
    /// In the order in which they are to be written: entries before the hashes over them.
    pub files: Vec<File>,
    /// To be used once the files are durable.
    pub writer: Writer,
}

impl Writer {
    /// Reads the edge of the tree that the newest checkpoint names.
    ///
    /// Fails if the stored files do not lead to that root: then the log was damaged, and must not
    /// be continued.
    pub fn open<S: TileSource + ?Sized>(source: &S, head: TreeHead) -> Result<Self, ReadError> {
        let edge = read_edge(source, head.size)?;
        if edge.head() != head {
            return Err(ReadError::WrongRoot(head.size));
        }
        let mut bundle = Vec::new();
        let full_bundles = head.size / u64::from(FULL_WIDTH);
        if let Some(tile) = Tile::in_tree(Content::Entries, full_bundles, head.size) {
            let first = full_bundles * u64::from(FULL_WIDTH);
            let entries = read_bundle(source, tile)?;
            for (number, (entry, leaf)) in (first..).zip(entries.iter().zip(&edge.levels[0])) {
                if leaf_hash(entry) != *leaf {
                    return Err(ReadError::WrongEntry(number));
                }
                write_entry(&mut bundle, entry).expect("the bundle was parsed");
            }
        }
        Ok(Self { edge, bundle })
    }

    /// The tree so far.
    pub fn head(&self) -> TreeHead {
        self.edge.head()
    }

    /// Computes the files that `entries` add. The first of them gets the number `head().size`.
    pub fn append<E: AsRef<[u8]>>(&self, entries: &[E]) -> Result<Appended, EntryTooLong> {
        let mut writer = self.clone();
        let mut files = Vec::new();
        for entry in entries {
            write_entry(&mut writer.bundle, entry.as_ref())?;
            writer.edge.size += 1;
            if writer.edge.size.is_multiple_of(u64::from(FULL_WIDTH)) {
                let bytes = std::mem::take(&mut writer.bundle);
                files.push(writer.last_file(Content::Entries, bytes));
            }
            writer.push_hash(leaf_hash(entry.as_ref()), &mut files);
        }
        if !writer.bundle.is_empty() && !entries.is_empty() {
            files.push(writer.last_file(Content::Entries, writer.bundle.clone()));
        }
        for (level, hashes) in (0..).zip(&writer.edge.levels) {
            let content = Content::Hashes { level };
            let grew = content.count(writer.edge.size) > content.count(self.edge.size);
            if grew && !hashes.is_empty() {
                files.push(writer.last_file(content, write_hashes(hashes)));
            }
        }
        files.sort_by_key(|file| file.tile);
        Ok(Appended { files, writer })
    }

    /// Adds a leaf hash, and above each tile that becomes full the hash that stands for it.
    fn push_hash(&mut self, leaf: Hash, files: &mut Vec<File>) {
        let mut hash = leaf;
        for level in 0.. {
            let slot = usize::from(level);
            if slot == self.edge.levels.len() {
                self.edge.levels.push(Vec::new());
            }
            self.edge.levels[slot].push(hash);
            if self.edge.levels[slot].len() < usize::from(FULL_WIDTH) {
                return;
            }
            let full = std::mem::take(&mut self.edge.levels[slot]);
            files.push(self.last_file(Content::Hashes { level }, write_hashes(&full)));
            hash = root_of(&full);
        }
    }

    /// The file with the newest `content` of the tree as it is now.
    fn last_file(&self, content: Content, bytes: Vec<u8>) -> File {
        let last = (content.count(self.edge.size) - 1) / u64::from(FULL_WIDTH);
        let tile = Tile::in_tree(content, last, self.edge.size).expect("the tree has this content");
        File { tile, bytes }
    }
}

/// Reads back the tree of `size` entries and computes its head from what is stored.
///
/// Every entry from number `from` on is hashed anew, every tile over them too; older full tiles
/// are not looked at (the root still depends on their hashes). `from = 0` recomputes the whole log.
pub fn reread<S: TileSource + ?Sized>(
    source: &S,
    from: u64,
    size: u64,
) -> Result<TreeHead, ReadError> {
    let mut reader = TileReader::open_stored(source, size)?;
    let width = u64::from(FULL_WIDTH);
    for index in from / width..size.div_ceil(width) {
        reader.bundle(index)?;
    }
    Ok(reader.head())
}

/// Why a checkpoint was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// What was written cannot be read back, or does not fit together.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The stored tree is not the one that was meant.
    #[error("the stored log is not the one that was to be signed")]
    Differs,
    /// The origin cannot stand in a checkpoint.
    #[error(transparent)]
    Origin(#[from] MalformedCheckpoint),
}

/// Reads back all entries from number `from` on (those that no checkpoint covers yet) and signs
/// the checkpoint of `head`, if it is what the source holds.
pub fn sign_checkpoint<S: TileSource + ?Sized>(
    source: &S,
    from: u64,
    head: TreeHead,
    origin: &str,
    key: &SignerKey,
) -> Result<Note, SignError> {
    if reread(source, from, head.size)? != head {
        return Err(SignError::Differs);
    }
    let text = Checkpoint::new(origin, head)?.to_string();
    Ok(Note::signed(text, key).expect("a checkpoint can be signed"))
}
