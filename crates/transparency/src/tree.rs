//! The Merkle tree of [RFC 6962](https://www.rfc-editor.org/rfc/rfc6962), section 2.1: hashes,
//! roots, and proofs that an entry is in a tree or that one tree continues another.
//!
//! A tree of any size is made of complete subtrees ([`Node`]), whose hashes never change once
//! they exist. Whoever can look those up ([`HashReader`]) can make every root and every proof.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::encoding::{from_base64, to_base64};

/// Size of a hash, in bytes.
pub const HASH_BYTES: usize = 32;

/// The root of the tree without entries: SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 hash in the tree. Its text form is Base 64.
///
/// It is a type of its own so that a hash cannot be given where the bytes of an entry belong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; HASH_BYTES]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not the Base 64 of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the Base 64 of a 32-byte hash")]
pub struct MalformedHash;

impl FromStr for Hash {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        let bytes = from_base64(text).ok_or(MalformedHash)?;
        bytes.try_into().map(Self).map_err(|_| MalformedHash)
    }
}

/// The size of a tree and its root: all that a checkpoint says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of entries.
    pub size: u64,
    /// Hash over all of them.
    pub root: Hash,
}

impl TreeHead {
    /// The head of the tree without entries.
    pub const EMPTY: Self = Self {
        size: 0,
        root: EMPTY_ROOT,
    };
}

/// The hash of an entry. The prefix keeps entries and nodes apart (RFC 6962, section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let hash = Sha256::new().chain_update([0]).chain_update(entry);
    Hash(hash.finalize().into())
}

/// The hash of a node over its two children.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let hash = Sha256::new()
        .chain_update([1])
        .chain_update(left.0)
        .chain_update(right.0);
    Hash(hash.finalize().into())
}

/// A complete subtree: the `index`-th of those that span `2^level` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Height above the leaves, at most 63.
    pub level: u8,
    /// Position among the nodes of that height.
    pub index: u64,
}

/// Looks up the hashes of complete subtrees.
pub trait HashReader {
    /// Why a hash could not be had.
    type Error;

    /// The hash of `node`, all of whose entries are in the tree. The answer need not be trusted:
    /// whoever makes a proof from it checks the proof against a known root.
    fn hash(&mut self, node: Node) -> Result<Hash, Self::Error>;
}

/// A run of entries, from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u64,
    end: u64,
}

impl Span {
    fn len(self) -> u64 {
        self.end - self.start
    }

    /// The entry at which RFC 6962 divides a tree of more than one entry: the left part is the
    /// largest power of two below the length.
    fn middle(self) -> u64 {
        let left = 1 << (self.len() - 1).ilog2();
        self.start + left
    }

    /// The complete subtrees it is made of, largest first.
    ///
    /// The span must start where a subtree of at least its own length may start. All spans that
    /// come from dividing a tree do.
    fn nodes(self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut start = self.start;
        while start < self.end {
            let level = (self.end - start).ilog2();
            nodes.push(Node {
                level: level as u8,
                index: start >> level,
            });
            start += 1 << level;
        }
        nodes
    }

    fn hash<R: HashReader>(self, reader: &mut R) -> Result<Hash, R::Error> {
        let mut hashes = Vec::new();
        for node in self.nodes() {
            hashes.push(reader.hash(node)?);
        }
        Ok(fold(&hashes))
    }
}

/// The nodes whose hashes make up the root of a tree of `size` entries, largest first.
pub fn peaks(size: u64) -> Vec<Node> {
    Span {
        start: 0,
        end: size,
    }
    .nodes()
}

/// Joins the hashes of [`peaks`] to a root. Of none it makes [`EMPTY_ROOT`].
pub fn fold(peaks: &[Hash]) -> Hash {
    let mut smallest_first = peaks.iter().rev().copied();
    let Some(last) = smallest_first.next() else {
        return EMPTY_ROOT;
    };
    smallest_first.fold(last, |right, left| node_hash(left, right))
}

/// The root of the first `size` entries.
pub fn root<R: HashReader>(reader: &mut R, size: u64) -> Result<Hash, R::Error> {
    Span {
        start: 0,
        end: size,
    }
    .hash(reader)
}

/// A small tree held in memory, by its leaf hashes.
pub struct Leaves<'a>(pub &'a [Hash]);

impl HashReader for Leaves<'_> {
    type Error = std::convert::Infallible;

    fn hash(&mut self, node: Node) -> Result<Hash, Self::Error> {
        let start = (node.index << node.level) as usize;
        Ok(complete_root(&self.0[start..start + (1 << node.level)]))
    }
}

/// The root over `leaves`.
pub fn root_of(leaves: &[Hash]) -> Hash {
    let Ok(root) = root(&mut Leaves(leaves), leaves.len() as u64);
    root
}

/// The root over a power of two of hashes of equal height.
fn complete_root(hashes: &[Hash]) -> Hash {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .chunks_exact(2)
            .map(|pair| node_hash(pair[0], pair[1]))
            .collect();
    }
    level[0]
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry or the older tree is not within the tree.
    #[error("the proof is about something outside the tree")]
    OutOfRange,
    /// The proof has too many or too few hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Mismatch,
}

/// What one hash of a proof covers, and on which side of the path it lies.
enum Sibling {
    Left(Span),
    Right(Span),
}

impl Sibling {
    fn span(&self) -> Span {
        match self {
            Self::Left(span) | Self::Right(span) => *span,
        }
    }
}

/// The siblings on the way from entry `index` to the root of `size` entries, lowest first.
fn inclusion_siblings(index: u64, size: u64) -> Vec<Sibling> {
    let mut siblings = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = Span { start, end }.middle();
        if index < middle {
            siblings.push(Sibling::Right(Span { start: middle, end }));
            end = middle;
        } else {
            siblings.push(Sibling::Left(Span { start, end: middle }));
            start = middle;
        }
    }
    siblings.reverse();
    siblings
}

/// Proves that entry `index` is in the tree of `size` entries (RFC 6962, section 2.1.1).
///
/// # Panics
/// When `index` is not below `size`: the caller asks about its own tree.
pub fn prove_inclusion<R: HashReader>(
    reader: &mut R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, R::Error> {
    assert!(index < size, "entry {index} is not in a tree of {size}");
    inclusion_siblings(index, size)
        .iter()
        .map(|sibling| sibling.span().hash(reader))
        .collect()
}

/// Checks that `leaf` is entry `index` of the tree.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    head: TreeHead,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= head.size {
        return Err(ProofError::OutOfRange);
    }
    let siblings = inclusion_siblings(index, head.size);
    if siblings.len() != proof.len() {
        return Err(ProofError::Length);
    }
    let mut hash = leaf;
    for (sibling, proof_hash) in siblings.iter().zip(proof) {
        hash = match sibling {
            Sibling::Left(_) => node_hash(*proof_hash, hash),
            Sibling::Right(_) => node_hash(hash, *proof_hash),
        };
    }
    if hash == head.root {
        Ok(())
    } else {
        Err(ProofError::Mismatch)
    }
}

/// How a tree of `old` entries (not zero) sits within one of `new` (not fewer): the last part
/// that lies wholly in the older tree and is complete in the newer one, and the siblings on the
/// way from there to the root, lowest first. Those to the left are in both trees, those to the
/// right only in the newer one.
fn consistency_siblings(old: u64, new: u64) -> (Span, Vec<Sibling>) {
    let mut siblings = Vec::new();
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = Span { start, end }.middle();
        if old <= middle {
            siblings.push(Sibling::Right(Span { start: middle, end }));
            end = middle;
        } else {
            siblings.push(Sibling::Left(Span { start, end: middle }));
            start = middle;
        }
    }
    siblings.reverse();
    (Span { start, end }, siblings)
}

/// Proves that the first `old` of `new` entries were not changed (RFC 6962, section 2.1.2).
/// Empty when `old` is zero or equals `new`.
///
/// # Panics
/// When `old` is above `new`: the caller asks about its own tree.
pub fn prove_consistency<R: HashReader>(
    reader: &mut R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, R::Error> {
    assert!(old <= new, "a tree of {old} is not older than one of {new}");
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (common, siblings) = consistency_siblings(old, new);
    // When the older tree is itself a complete subtree, its root is known to the verifier.
    let common = (common.start != 0).then_some(common);
    common
        .into_iter()
        .chain(siblings.iter().map(Sibling::span))
        .map(|span| span.hash(reader))
        .collect()
}

/// Checks that the tree of `new` continues the tree of `old`. Every tree continues the empty one.
pub fn verify_consistency(old: TreeHead, new: TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::OutOfRange);
    }
    if old.size == 0 || old.size == new.size {
        let same = if old.size == new.size {
            old.root == new.root
        } else {
            old.root == EMPTY_ROOT
        };
        return match (proof.is_empty(), same) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::Mismatch),
            (true, true) => Ok(()),
        };
    }
    let (common, siblings) = consistency_siblings(old.size, new.size);
    let (common_hash, proof) = if common.start == 0 {
        (old.root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (*first, rest)
    };
    if siblings.len() != proof.len() {
        return Err(ProofError::Length);
    }
    let (mut old_root, mut new_root) = (common_hash, common_hash);
    for (sibling, proof_hash) in siblings.iter().zip(proof) {
        match sibling {
            Sibling::Left(_) => {
                old_root = node_hash(*proof_hash, old_root);
                new_root = node_hash(*proof_hash, new_root);
            }
            Sibling::Right(_) => new_root = node_hash(new_root, *proof_hash),
        }
    }
    if (old_root, new_root) == (old.root, new.root) {
        Ok(())
    } else {
        Err(ProofError::Mismatch)
    }
}
