//! Reading a log's files and checking each against the tree before its content is used.

use crate::tile::{
    Content, Edge, FULL_WIDTH, HEIGHT, SourceError, Tile, TileSource, parse_entries, parse_hashes,
};
use crate::tree::{Hash, HashReader, Leaves, Node, TreeHead, leaf_hash, root_of};

/// Why the files of a log could not be read or do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The source could not be asked.
    #[error("{path} could not be read: {error}")]
    Source {
        /// The file.
        path: String,
        /// What the source said.
        error: SourceError,
    },
    /// A file that the tree must have is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// A file has the wrong length or structure.
    #[error("{0} is not a tile of the expected width")]
    Malformed(String),
    /// The last tiles do not lead to the root.
    #[error("the last tiles of the log of {0} entries do not lead to its root")]
    WrongRoot(u64),
    /// A tile is not the one that the tile above it stands for.
    #[error("{0} differs from the tree")]
    WrongTile(String),
    /// An entry is not the one whose hash is in the tree.
    #[error("entry {0} differs from the tree")]
    WrongEntry(u64),
    /// The tree has no such node or entry.
    #[error("the log has only {0} entries")]
    OutOfTree(u64),
}

/// Reads tiles and bundles of one tree.
///
/// Nothing is handed out unchecked: the last tiles of all levels must lead to the root, each full
/// tile must hash to what the tile above says, and each entry to what its tile says. So the
/// answers are as good as the root with which the reader was opened.
///
/// It holds the tile it read last of each level, which is what a scan and a single proof need.
pub struct TileReader<'a, S: ?Sized> {
    source: &'a S,
    edge: Edge,
    head: TreeHead,
    recent: Vec<Option<(u64, Vec<Hash>)>>,
}

impl<'a, S: TileSource + ?Sized> TileReader<'a, S> {
    /// Opens the tree that `head` names; fails with [`ReadError::WrongRoot`] if the source holds
    /// another.
    pub fn open(source: &'a S, head: TreeHead) -> Result<Self, ReadError> {
        let reader = Self::open_stored(source, head.size)?;
        if reader.head == head {
            Ok(reader)
        } else {
            Err(ReadError::WrongRoot(head.size))
        }
    }

    /// Opens whatever tree of `size` entries the source holds. Its root is computed from the
    /// stored tiles; compare [`Self::head`] with one that is trusted.
    pub fn open_stored(source: &'a S, size: u64) -> Result<Self, ReadError> {
        let edge = read_edge(source, size)?;
        Ok(Self {
            source,
            head: edge.head(),
            recent: vec![None; edge.levels.len()],
            edge,
        })
    }

    /// The tree that is read.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// The entries of bundle `index`: those from `index * 256` on, at most 256.
    pub fn bundle(&mut self, index: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        let tile = Tile::in_tree(Content::Entries, index, self.head.size)
            .ok_or(ReadError::OutOfTree(self.head.size))?;
        let leaves = self.tile(0, index)?.to_vec();
        let first = index * u64::from(FULL_WIDTH);
        let entries = read_bundle(self.source, tile)?;
        for (number, (entry, leaf)) in (first..).zip(entries.iter().zip(&leaves)) {
            if leaf_hash(entry) != *leaf {
                return Err(ReadError::WrongEntry(number));
            }
        }
        Ok(entries)
    }

    /// All entries from number `start` on, with their numbers.
    pub fn entries(
        &mut self,
        start: u64,
    ) -> impl Iterator<Item = Result<(u64, Vec<u8>), ReadError>> + use<'_, 'a, S> {
        let size = self.head.size;
        let width = u64::from(FULL_WIDTH);
        let mut failed = false;
        (start / width..size.div_ceil(width))
            .map_while(move |index| {
                if failed {
                    return None;
                }
                let bundle = self.bundle(index);
                failed = bundle.is_err();
                Some(match bundle {
                    Ok(entries) => (index * width..)
                        .zip(entries)
                        .filter(|(number, _)| *number >= start)
                        .map(Ok)
                        .collect(),
                    Err(error) => vec![Err(error)],
                })
            })
            .flatten()
    }

    /// The hashes of a tile, checked.
    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], ReadError> {
        let slot = usize::from(level);
        let tile = Tile::in_tree(Content::Hashes { level }, index, self.head.size)
            .ok_or(ReadError::OutOfTree(self.head.size))?;
        if !tile.is_full() {
            return Ok(&self.edge.levels[slot]);
        }
        let known = matches!(&self.recent[slot], Some((known, _)) if *known == index);
        if !known {
            let hashes = read_hashes(self.source, tile)?;
            let width = u64::from(FULL_WIDTH);
            let above = self.tile(level + 1, index / width)?[(index % width) as usize];
            if root_of(&hashes) != above {
                return Err(ReadError::WrongTile(tile.to_string()));
            }
            self.recent[slot] = Some((index, hashes));
        }
        let (_, hashes) = self.recent[slot].as_ref().expect("just read");
        Ok(hashes)
    }
}

impl<S: TileSource + ?Sized> HashReader for TileReader<'_, S> {
    type Error = ReadError;

    fn hash(&mut self, node: Node) -> Result<Hash, ReadError> {
        let outside = ReadError::OutOfTree(self.head.size);
        if node.level > 63 || self.head.size >> node.level <= node.index {
            return Err(outside);
        }
        // The hashes of the node's tile that lie below the node.
        let height = node.level % HEIGHT;
        let first = node.index << height;
        let width = u64::from(FULL_WIDTH);
        let hashes = self.tile(node.level / HEIGHT, first / width)?;
        let within = Node {
            level: height,
            index: (first % width) >> height,
        };
        let Ok(hash) = Leaves(hashes).hash(within);
        Ok(hash)
    }
}

/// The partial tiles of a tree of `size`, unchecked.
pub(crate) fn read_edge<S: TileSource + ?Sized>(source: &S, size: u64) -> Result<Edge, ReadError> {
    let mut levels = Vec::new();
    for level in 0.. {
        let content = Content::Hashes { level };
        let count = content.count(size);
        if count == 0 {
            break;
        }
        let last = Tile::in_tree(content, count / u64::from(FULL_WIDTH), size);
        levels.push(match last {
            Some(tile) => read_hashes(source, tile)?,
            None => Vec::new(),
        });
    }
    Ok(Edge { size, levels })
}

fn read_hashes<S: TileSource + ?Sized>(source: &S, tile: Tile) -> Result<Vec<Hash>, ReadError> {
    let (bytes, stored) = read_file(source, tile)?;
    let mut hashes = parse_hashes(&bytes, stored.width())
        .map_err(|_| ReadError::Malformed(stored.to_string()))?;
    hashes.truncate(usize::from(tile.width()));
    Ok(hashes)
}

/// The entries of a bundle, unchecked.
pub(crate) fn read_bundle<S: TileSource + ?Sized>(
    source: &S,
    tile: Tile,
) -> Result<Vec<Vec<u8>>, ReadError> {
    let (bytes, stored) = read_file(source, tile)?;
    let entries = parse_entries(&bytes, stored.width())
        .map_err(|_| ReadError::Malformed(stored.to_string()))?;
    let wanted = &entries[..usize::from(tile.width())];
    Ok(wanted.iter().map(|entry| entry.to_vec()).collect())
}

/// Reads a file, or the full one that has replaced it: a log may delete a partial tile as soon as
/// the full one exists.
fn read_file<S: TileSource + ?Sized>(source: &S, tile: Tile) -> Result<(Vec<u8>, Tile), ReadError> {
    for stored in [tile, tile.full()] {
        let path = stored.to_string();
        match source.read(&path) {
            Ok(Some(bytes)) => return Ok((bytes, stored)),
            Ok(None) => {}
            Err(error) => return Err(ReadError::Source { path, error }),
        }
    }
    Err(ReadError::Missing(tile.to_string()))
}
