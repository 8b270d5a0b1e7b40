//! Other people's implementations read what we write, and we read what they write: `ct-merkle`
//! (the tree), `tlog_tiles` (tiles and checkpoints) and `signed_note` (notes and keys).

use std::collections::BTreeMap;

use ct_merkle::digest::Output;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use proptest::prelude::*;
use sha2::Sha256;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{HashReader as _, TileHashReader};

use super::{MemoryLog, ORIGIN, entry, log_key};
use crate::append::sign_checkpoint;
use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::tile::TileReader;
use crate::tree::{
    Hash, TreeHead, leaf_hash, prove_consistency, prove_inclusion, verify_consistency,
    verify_inclusion,
};

fn to_digest(hash: &Hash) -> Output<Sha256> {
    hash.0.into()
}

fn from_bytes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.iter().copied().map(Hash).collect()
}

/// The tree of `ct-merkle` with the first `size` test entries.
fn ct_tree(size: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    for number in 0..size {
        tree.push(entry(number));
    }
    tree
}

fn ct_root(head: TreeHead) -> RootHash<Sha256> {
    RootHash::new(to_digest(&head.root), head.size)
}

/// Gives our files to `tlog_tiles`. Its paths name the height and the data tiles of Go's checksum
/// database; everything else about them is as in the specification.
struct TheirReader<'a>(&'a BTreeMap<String, Vec<u8>>);

impl tlog_tiles::TileReader for TheirReader<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let path = tile.path().replace("tile/8/", "tile/");
            self.0.get(&path).cloned()
        };
        let read: Option<Vec<_>> = tiles.iter().map(read).collect();
        read.ok_or(tlog_tiles::Error::InconsistentTile)
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn theirs(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(hash.0)).collect()
}

fn check_with_ct_merkle(old: u64, new: u64, index: u64) {
    let (log, old_head) = (MemoryLog::of(new), MemoryLog::of(old).writer.head());
    let (tree, head) = (ct_tree(new), log.writer.head());
    assert_eq!(*tree.root().as_bytes(), to_digest(&head.root));
    let mut reader = TileReader::open(&log.files, head).unwrap();

    let their_proof = tree.prove_inclusion(index as usize);
    let our_proof = prove_inclusion(&mut reader, index, new).unwrap();
    assert_eq!(from_bytes(their_proof.as_bytes()), our_proof);
    let digests: Vec<_> = our_proof.iter().map(to_digest).collect();
    ct_root(head)
        .verify_inclusion(
            &entry(index),
            index,
            &InclusionProof::from_digests(&digests),
        )
        .unwrap();
    let theirs_read = from_bytes(their_proof.as_bytes());
    verify_inclusion(leaf_hash(&entry(index)), index, head, &theirs_read).unwrap();

    let their_proof = tree.prove_consistency((new - old) as usize);
    let our_proof = prove_consistency(&mut reader, old, new).unwrap();
    assert_eq!(from_bytes(their_proof.as_bytes()), our_proof);
    let digests: Vec<_> = our_proof.iter().map(to_digest).collect();
    ct_root(head)
        .verify_consistency(
            &ct_root(old_head),
            &ConsistencyProof::from_digests(&digests),
        )
        .unwrap();
    let theirs_read = from_bytes(their_proof.as_bytes());
    verify_consistency(old_head, head, &theirs_read).unwrap();
}

fn check_with_tlog_tiles(old: u64, new: u64, index: u64) {
    let (log, old_head) = (MemoryLog::of(new), MemoryLog::of(old).writer.head());
    let head = log.writer.head();
    let mut reader = TileReader::open(&log.files, head).unwrap();
    let source = TheirReader(&log.files);
    let their_reader = TileHashReader::new(new, theirs(&head.root), &source);
    let leaf = leaf_hash(&entry(index));
    assert_eq!(theirs(&leaf), tlog_tiles::record_hash(&entry(index)));
    let stored = tlog_tiles::stored_hash_index(0, index);
    assert_eq!(
        ours(&their_reader.read_hashes(&[stored]).unwrap()),
        [leaf],
        "their reader authenticates our tiles"
    );
    assert_eq!(
        tlog_tiles::tree_hash(new, &their_reader).unwrap(),
        theirs(&head.root)
    );

    let their_proof = tlog_tiles::prove_record(new, index, &their_reader).unwrap();
    assert_eq!(
        ours(&their_proof),
        prove_inclusion(&mut reader, index, new).unwrap()
    );
    tlog_tiles::check_record(&their_proof, new, theirs(&head.root), index, theirs(&leaf)).unwrap();
    verify_inclusion(leaf, index, head, &ours(&their_proof)).unwrap();

    let their_proof = tlog_tiles::prove_tree(new, old, &their_reader).unwrap();
    assert_eq!(
        ours(&their_proof),
        prove_consistency(&mut reader, old, new).unwrap()
    );
    tlog_tiles::check_tree(
        &their_proof,
        new,
        theirs(&head.root),
        old,
        theirs(&old_head.root),
    )
    .unwrap();
    verify_consistency(old_head, head, &ours(&their_proof)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ct_merkle_and_tlog_tiles_make_and_accept_the_same_proofs(
        new in 1u64..1500,
        old in any::<prop::sample::Index>(),
        index in any::<prop::sample::Index>(),
    ) {
        let old = 1 + old.index(new as usize) as u64;
        let index = index.index(new as usize) as u64;
        if old < new {
            check_with_ct_merkle(old, new, index);
        }
        check_with_tlog_tiles(old, new, index);
    }
}

#[test]
fn the_widths_of_tiles_are_no_exception() {
    for (old, new) in [(1, 2), (255, 256), (256, 257), (256, 512), (257, 513)] {
        for index in [0, old - 1, old, new - 1] {
            check_with_ct_merkle(old, new, index);
            check_with_tlog_tiles(old, new, index);
        }
    }
}

#[test]
fn tlog_tiles_reads_a_log_with_three_levels_of_tiles() {
    for (old, new, index) in [(65_536, 66_000, 65_535), (300, 65_537, 65_536)] {
        check_with_tlog_tiles(old, new, index);
    }
}

#[test]
fn an_altered_tile_is_refused_by_tlog_tiles_too() {
    // 257 entries, because tlog_tiles 0.2.0 checks full tiles against their parents only when no
    // two peaks of the tree lie in one tile (its loop starts at the number of peaks).
    let mut log = MemoryLog::of(257);
    log.files.get_mut("tile/0/000").unwrap()[40] ^= 1;
    let source = TheirReader(&log.files);
    let reader = TileHashReader::new(257, theirs(&log.writer.head().root), &source);
    let stored = tlog_tiles::stored_hash_index(0, 5);
    assert!(matches!(
        reader.read_hashes(&[stored]),
        Err(tlog_tiles::Error::InconsistentTile)
    ));
}

#[test]
fn checkpoints_are_read_on_both_sides() {
    let log = MemoryLog::of(300);
    let head = log.writer.head();
    let note = sign_checkpoint(&log.files, 0, head, ORIGIN, &log_key()).unwrap();
    let their = tlog_tiles::Checkpoint::from_bytes(note.text().as_bytes()).unwrap();
    assert_eq!(
        (their.origin(), their.size(), their.hash()),
        (ORIGIN, 300, &theirs(&head.root))
    );
    let their = tlog_tiles::Checkpoint::new("x.example", 7, theirs(&head.root), "ext\n").unwrap();
    let text = String::from_utf8(their.to_bytes()).unwrap();
    let read: Checkpoint = text.parse().unwrap();
    assert_eq!((read.origin(), read.head().size), ("x.example", 7));
    assert_eq!(read.extensions(), ["ext"]);
}

#[test]
fn notes_and_keys_are_read_on_both_sides() {
    let key = log_key();
    let verifier = StandardVerifier::new(&key.verifier().to_string()).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let note = Note::signed("a text\n\nwith a blank line\n".into(), &key).unwrap();
    let their = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(their.text(), note.text().as_bytes());
    let (verified, unverified) = their.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));

    // Their signer, from our text form of the key, for our verifier.
    let signer = StandardSigner::new(&key.to_text()).unwrap();
    assert_eq!(signer.name(), ORIGIN);
    let mut their = signed_note::Note::new(b"their text\n", &[]).unwrap();
    their.add_sigs(&[&signer]).unwrap();
    let read = Note::parse(&their.to_bytes()).unwrap();
    assert_eq!(
        read.verify(std::slice::from_ref(key.verifier()))
            .unwrap()
            .len(),
        1
    );
    assert_eq!(read.to_string().into_bytes(), their.to_bytes());
}
