//! Entry points for fuzzers, also run with seeded input by the tests: each takes any bytes and
//! panics only if a promise is broken. Most promises are of one kind: what is accepted is written
//! again byte for byte, so that no signed text has two readings.

use std::collections::BTreeMap;

use crate::append::{Writer, reread};
use crate::checkpoint::Checkpoint;
use crate::counts::{self, Context};
use crate::note::{Note, SignerKey, VerifierKey};
use crate::policy::{Freshness, Policy};
use crate::proof::TlogProof;
use crate::tile::{FULL_WIDTH, Tile, parse_entries, parse_hashes, write_entry, write_hashes};
use crate::tree::{Hash, TreeHead, verify_consistency, verify_inclusion};
use crate::witness::{self, AddCheckpoint};

/// A reproducible source of numbers (SplitMix64). Not for anything that must be secret.
pub struct Seeded(u64);

impl Seeded {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound.max(1) as u64) as usize
    }
}

/// The path of a tile.
pub fn fuzz_tile_path(data: &[u8]) {
    let Ok(path) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(tile) = path.parse::<Tile>() {
        assert_eq!(tile.to_string(), path);
        assert!((1..=FULL_WIDTH).contains(&tile.width()));
    }
}

/// A width and the bytes of a tile or bundle.
pub fn fuzz_tile(data: &[u8]) {
    let Some((width, bytes)) = data.split_first() else {
        return;
    };
    let width = u16::from(*width) + 1;
    if let Ok(hashes) = parse_hashes(bytes, width) {
        assert_eq!(write_hashes(&hashes), bytes);
    }
    if let Ok(entries) = parse_entries(bytes, width) {
        assert_eq!(entries.len(), usize::from(width));
        let mut again = Vec::new();
        for entry in entries {
            write_entry(&mut again, entry).expect("a bundle holds no longer entries");
        }
        assert_eq!(again, bytes);
    }
}

/// A proof of 32-byte hashes about numbers that are the first bytes.
pub fn fuzz_tree_proof(data: &[u8]) {
    let (words, hashes) = data.as_chunks::<32>();
    let proof: Vec<Hash> = words.iter().copied().map(Hash).collect();
    let number = |at: usize| {
        let bytes = hashes.get(at * 8..at * 8 + 8);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(at as u64, u64::from_le_bytes)
    };
    let head = |size| TreeHead {
        size,
        root: Hash([0; 32]),
    };
    let (small, large) = (number(0), number(1));
    // Nobody knows a preimage of the zero hash.
    assert!(verify_inclusion(Hash([1; 32]), small, head(large), &proof).is_err());
    let consistent = verify_consistency(head(small), head(large), &proof).is_ok();
    assert!(!consistent || small == large);
}

/// A signed note, a signature line, a checkpoint.
pub fn fuzz_note(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.to_string().as_bytes(), data);
        let _ = note.verify(&[]);
        if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string(), note.text());
        }
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
}

/// The text of a public or secret key.
pub fn fuzz_key(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = SignerKey::parse(text) {
        assert_eq!(*key.to_text(), text);
    }
}

/// A request to a witness that knows no log, and the answers of one.
pub fn fuzz_witness(data: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.to_body().as_bytes(), data);
        assert!(witness::check(&request, &[], TreeHead::EMPTY).is_err());
    }
    let _ = witness::parse_cosignatures(data);
    let _ = witness::parse_size(data);
}

/// A proof.
pub fn fuzz_proof(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(proof) = text.parse::<TlogProof>() {
        assert_eq!(proof.to_string(), text);
        let policy = Policy::parse(b"quorum none\n").expect("a policy");
        let fresh = Freshness::within(u64::MAX);
        assert!(proof.verify(b"", &policy, fresh, 0).is_err());
    }
}

/// A policy.
pub fn fuzz_policy(data: &[u8]) {
    if let Ok(policy) = Policy::parse(data) {
        let _ = policy.standing();
    }
}

/// A vector of counts, which is never one that proves anything.
pub fn fuzz_counts(data: &[u8]) {
    for categories in [1, 2, 8] {
        let context = Context {
            origin: "log.example",
            sequence: 1,
            entry: b"",
            dimension: "kind",
            categories,
        };
        assert!(counts::verify(&context, data).is_err());
    }
}

/// A stored log in which the data alters one file, read by the signer and by a reader: nothing
/// but the log itself may come out.
pub fn fuzz_stored_log(data: &[u8]) {
    let [pick, place @ .., change] = data else {
        return;
    };
    let entries: Vec<Vec<u8>> = (0..300u32).map(|n| n.to_be_bytes().to_vec()).collect();
    let appended = Writer::default().append(&entries).expect("short entries");
    let mut files: BTreeMap<String, Vec<u8>> = appended
        .files
        .into_iter()
        .map(|file| (file.tile.to_string(), file.bytes))
        .collect();
    let pick = usize::from(*pick) % files.len();
    let file = files.values_mut().nth(pick).expect("below the length");
    let place = place
        .iter()
        .fold(0usize, |at, byte| at.wrapping_mul(256) + usize::from(*byte))
        % file.len();
    let before = file[place];
    file[place] ^= change;
    let read = reread(&files, 0, 300);
    if *change == 0 {
        assert_eq!(read.expect("unchanged"), appended.writer.head());
    } else {
        let unnoticed = read.is_ok_and(|head| head == appended.writer.head());
        assert!(!unnoticed, "{before} became {} unnoticed", before ^ change);
    }
}
