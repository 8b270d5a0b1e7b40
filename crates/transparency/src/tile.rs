//! The files of a log, as [c2sp.org/tlog-tiles](https://c2sp.org/tlog-tiles) lays them out.
//!
//! The tree is cut into tiles of height 8. A tile of level 0 holds up to 256 leaf hashes; each
//! hash of a tile above it stands for one *full* tile below. Beside each tile of level 0 lies a
//! bundle with the entries themselves. Full files never change; the last file of a level may be
//! partial, and then carries its width in its name.

mod reader;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

pub use reader::{ReadError, TileReader};
pub(crate) use reader::{read_bundle, read_edge};

use crate::encoding::from_decimal;
use crate::tree::HashReader as _;
use crate::tree::{HASH_BYTES, Hash, Leaves, TreeHead, fold, peaks};

/// Levels of the tree that one tile spans.
pub const HEIGHT: u8 = 8;

/// Hashes in a full tile, and entries in a full bundle.
pub const FULL_WIDTH: u16 = 1 << HEIGHT;

/// The longest entry, in bytes. The format would allow 65,535; ours are lines of text and a
/// reader may rely on a bundle being at most 2 MiB.
pub const MAX_ENTRY_BYTES: usize = 8192;

/// The longest file of a log but for the checkpoint, in bytes: a full bundle of longest entries.
pub const MAX_FILE_BYTES: usize = FULL_WIDTH as usize * (2 + MAX_ENTRY_BYTES);

/// What a file of the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Content {
    /// Entries, each behind its length.
    Entries,
    /// Hashes of the tree; the level counts tiles, not nodes.
    Hashes {
        /// At most 63; below 8 in any tree that can exist.
        level: u8,
    },
}

impl Content {
    /// How many hashes (or entries) of this kind a tree of `size` has.
    pub fn count(self, size: u64) -> u64 {
        let level = match self {
            Self::Entries => 0,
            Self::Hashes { level } => level,
        };
        size.checked_shr(u32::from(level) * u32::from(HEIGHT))
            .unwrap_or(0)
    }
}

/// Names a file of the log. Its text form is the path below the log's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    content: Content,
    index: u64,
    width: u16,
}

impl Tile {
    /// The `index`-th file with `content` in a tree of `size`, if the tree has one.
    pub fn in_tree(content: Content, index: u64, size: u64) -> Option<Self> {
        let start = index.checked_mul(u64::from(FULL_WIDTH))?;
        let available = content.count(size).checked_sub(start)?;
        let width = available.min(u64::from(FULL_WIDTH)) as u16;
        (width > 0).then_some(Self {
            content,
            index,
            width,
        })
    }

    /// What the file holds.
    pub fn content(self) -> Content {
        self.content
    }

    /// Its position among the files with the same content.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds, from 1 to 256.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether the file never changes again.
    pub fn is_full(self) -> bool {
        self.width == FULL_WIDTH
    }

    /// The file that this one becomes when it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self {
            width: FULL_WIDTH,
            ..self
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Entries => f.write_str("tile/entries/")?,
            Content::Hashes { level } => write!(f, "tile/{level}/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if !self.is_full() {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// The text is not the path of a tile or bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct MalformedPath;

impl FromStr for Tile {
    type Err = MalformedPath;

    fn from_str(path: &str) -> Result<Self, MalformedPath> {
        Self::parse(path)
            // One file has one name: no spare zeros, no `x000/`, no `.p/256`.
            .filter(|tile| tile.to_string() == path)
            .ok_or(MalformedPath)
    }
}

impl Tile {
    fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (content, rest) = rest.split_once('/')?;
        let content = if content == "entries" {
            Content::Entries
        } else {
            let level = from_decimal(content).filter(|level| *level <= 63)?;
            Content::Hashes { level: level as u8 }
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, from_decimal(width)?),
            None => (rest, u64::from(FULL_WIDTH)),
        };
        let mut index: u64 = 0;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let group: u64 = digits.parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        let width = u16::try_from(width).ok()?;
        (1..=FULL_WIDTH).contains(&width).then_some(Self {
            content,
            index,
            width,
        })
    }
}

/// Why a source could not be asked; a file that is not there is no error.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Where the files of a log can be read: a folder, a web server, memory.
pub trait TileSource {
    /// The bytes of the file at `path` below the log's address, or nothing if there is no such
    /// file. A source that others control stops reading after [`MAX_FILE_BYTES`].
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError>;
}

impl TileSource for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.get(path).cloned())
    }
}

/// The bytes are not those of a tile or bundle of the expected width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file does not hold the expected number of hashes or entries")]
pub struct MalformedTile;

/// Reads a file of `width` hashes.
pub fn parse_hashes(bytes: &[u8], width: u16) -> Result<Vec<Hash>, MalformedTile> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if !rest.is_empty() || hashes.len() != usize::from(width) {
        return Err(MalformedTile);
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// Writes a file of hashes.
pub fn write_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads a file of `width` entries, none longer than [`MAX_ENTRY_BYTES`].
pub fn parse_entries(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, MalformedTile> {
    let mut entries = Vec::with_capacity(usize::from(width));
    for _ in 0..width {
        let (len, rest) = bytes.split_first_chunk().ok_or(MalformedTile)?;
        let len = usize::from(u16::from_be_bytes(*len));
        if len > MAX_ENTRY_BYTES {
            return Err(MalformedTile);
        }
        let (entry, rest) = rest.split_at_checked(len).ok_or(MalformedTile)?;
        entries.push(entry);
        bytes = rest;
    }
    if bytes.is_empty() {
        Ok(entries)
    } else {
        Err(MalformedTile)
    }
}

/// An entry is longer than [`MAX_ENTRY_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} bytes is longer than {MAX_ENTRY_BYTES}")]
pub struct EntryTooLong(pub usize);

/// Appends an entry to the bytes of a bundle.
pub fn write_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    if entry.len() > MAX_ENTRY_BYTES {
        return Err(EntryTooLong(entry.len()));
    }
    bundle.extend_from_slice(&(entry.len() as u16).to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// The hashes in the partial tile of every level, lowest level first: all that is needed to
/// compute the root and to go on appending.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Edge {
    pub(crate) size: u64,
    /// Fewer than 256 hashes each. Empty where the last tile of the level is full.
    pub(crate) levels: Vec<Vec<Hash>>,
}

impl Edge {
    pub(crate) fn head(&self) -> TreeHead {
        let mut hashes = Vec::new();
        for level in self.levels.iter().rev() {
            for node in peaks(level.len() as u64) {
                let Ok(hash) = Leaves(level).hash(node);
                hashes.push(hash);
            }
        }
        TreeHead {
            size: self.size,
            root: fold(&hashes),
        }
    }
}
