//! The tree over all sealed records, whose root the daily `vault` entry carries.

use heliograph_desk_store::Snapshot;
use heliograph_transparency::tree::{
    Hash, HashReader, Node, leaf_hash, node_hash, prove_inclusion, root,
};
use std::convert::Infallible;

/// All hashes of the tree, level by level: proofs for many records cost one pass over the leaves.
pub(crate) struct VaultTree {
    levels: Vec<Vec<Hash>>,
}

/// A record's position in the tree, and the path from there to the root.
pub(crate) type PlaceUnderRoot = (u64, Vec<[u8; 32]>);

impl VaultTree {
    pub fn of(leaves: &[[u8; 32]]) -> Self {
        let mut level: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let mut levels = Vec::new();
        while !level.is_empty() {
            let pairs = level.chunks_exact(2);
            let above = pairs.map(|pair| node_hash(pair[0], pair[1])).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        Self { levels }
    }

    pub fn root(&mut self) -> Hash {
        let size = self.size();
        let Ok(root) = root(self, size);
        root
    }

    /// Where the records with these hashes stand; fails with the number of those that do not.
    pub fn places(snapshot: &Snapshot, hashes: &[[u8; 32]]) -> Result<Vec<PlaceUnderRoot>, usize> {
        let positions = hashes.iter().map(|hash| snapshot.position(hash));
        let positions: Vec<u64> = positions.flatten().collect();
        if positions.len() < hashes.len() {
            return Err(hashes.len() - positions.len());
        }
        let mut tree = Self::of(&snapshot.leaves);
        let size = tree.size();
        let place = |position| {
            let Ok(path) = prove_inclusion(&mut tree, position, size);
            (position, path.into_iter().map(|hash| hash.0).collect())
        };
        Ok(positions.into_iter().map(place).collect())
    }

    fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }
}

impl HashReader for VaultTree {
    type Error = Infallible;

    fn hash(&mut self, node: Node) -> Result<Hash, Infallible> {
        Ok(self.levels[usize::from(node.level)][node.index as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_transparency::tree::{TreeHead, root_of, verify_inclusion};

    #[test]
    fn every_record_stands_under_the_root_and_no_other_does() {
        for size in 0..20_u8 {
            let leaves: Vec<[u8; 32]> = (0..size).map(|n| [n; 32]).collect();
            let hashed: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let root = VaultTree::of(&leaves).root();
            assert_eq!(root, root_of(&hashed));
            let head = TreeHead {
                size: u64::from(size),
                root,
            };
            let snapshot = Snapshot {
                id: 1,
                taken_s: 0,
                phones: 0,
                leaves: leaves.clone(),
                entry: None,
            };
            let places = VaultTree::places(&snapshot, &leaves).expect("all are there");
            for ((position, path), leaf) in places.iter().zip(&leaves) {
                let path: Vec<Hash> = path.iter().copied().map(Hash).collect();
                assert_eq!(
                    verify_inclusion(leaf_hash(leaf), *position, head, &path),
                    Ok(())
                );
            }
            assert_eq!(VaultTree::places(&snapshot, &[[99; 32]]), Err(1));
        }
    }
}
