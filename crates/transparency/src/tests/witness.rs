use std::fmt::Write as _;

use super::{MemoryLog, ORIGIN, log_key, witness_key};
use crate::append::sign_checkpoint;
use crate::checkpoint::Checkpoint;
use crate::note::{Note, SignerKey, VerifierKey};
use crate::tile::TileReader;
use crate::tree::{Hash, TreeHead, prove_consistency};
use crate::witness::{
    AddCheckpoint, Answer, MAX_PROOF_LINES, Refusal, SIZE_CONTENT_TYPE, check, parse_cosignatures,
    parse_size,
};

const NOW_S: u64 = 1_800_000_000;

/// A log that grows, as its own requests to a witness.
struct Fixture {
    log: MemoryLog,
    keys: Vec<VerifierKey>,
}

impl Fixture {
    fn new(size: u64) -> Self {
        Self {
            log: MemoryLog::of(size),
            keys: vec![log_key().verifier().clone()],
        }
    }

    fn head(&self) -> TreeHead {
        self.log.writer.head()
    }

    fn note(&self) -> Note {
        sign_checkpoint(&self.log.files, 0, self.head(), ORIGIN, &log_key()).unwrap()
    }

    fn request(&self, old_size: u64) -> AddCheckpoint {
        let mut reader = TileReader::open(&self.log.files, self.head()).unwrap();
        let proof = prove_consistency(&mut reader, old_size, self.head().size).unwrap();
        let request = AddCheckpoint::new(old_size, proof, self.note()).unwrap();
        // As it arrives.
        AddCheckpoint::parse(request.to_body().as_bytes()).unwrap()
    }

    fn check(&self, request: &AddCheckpoint, latest: TreeHead) -> Result<TreeHead, Refusal> {
        check(request, &self.keys, latest).map(|accepted| accepted.head())
    }
}

#[test]
fn a_witness_follows_a_growing_log() {
    let mut fixture = Fixture::new(0);
    let mut latest = TreeHead::EMPTY;
    for size in [0, 1, 1, 5, 256, 300, 1000] {
        fixture.log.grow_to(size);
        let request = fixture.request(latest.size);
        let accepted = check(&request, &fixture.keys, latest).unwrap();
        assert_eq!(accepted.origin(), ORIGIN);
        latest = accepted.head();
        assert_eq!(latest, fixture.head());
        let answer = accepted.cosign(&witness_key(1), NOW_S);
        assert_eq!(answer.status, 200);
        let mut note = fixture.note();
        for line in parse_cosignatures(answer.body.as_bytes()).unwrap() {
            note.add(line).unwrap();
        }
        let keys = [witness_key(1).verifier().clone()];
        assert_eq!(note.verify(&keys).unwrap()[0].time_s, Some(NOW_S));
    }
}

#[test]
fn an_unknown_log_is_answered_404() {
    let fixture = Fixture::new(3);
    let request = fixture.request(0);
    let refusal = check(&request, &[], TreeHead::EMPTY).unwrap_err();
    assert_eq!(refusal, Refusal::UnknownLog);
    assert_eq!(Answer::from(refusal).status, 404);
}

#[test]
fn a_checkpoint_without_a_valid_signature_of_the_log_is_answered_403() {
    let fixture = Fixture::new(3);
    let text = fixture.note().text().to_owned();
    let impostor = SignerKey::new(ORIGIN.parse().unwrap(), &[2; 32]);
    let unknown = Note::signed(text, &impostor).unwrap();
    let mut forged = fixture.note();
    let mut line = forged.signatures()[0].clone();
    line.signature[5] ^= 1;
    forged.add(line).unwrap();
    for note in [unknown, forged] {
        let request = AddCheckpoint::new(0, Vec::new(), note).unwrap();
        let refusal = fixture.check(&request, TreeHead::EMPTY).unwrap_err();
        assert_eq!(refusal, Refusal::Unsigned);
        assert_eq!(Answer::from(refusal).status, 403);
    }
}

#[test]
fn an_old_size_above_the_new_one_is_answered_400() {
    let fixture = Fixture::new(3);
    let request = AddCheckpoint::new(4, Vec::new(), fixture.note()).unwrap();
    let refusal = fixture.check(&request, fixture.head()).unwrap_err();
    assert_eq!(refusal, Refusal::Malformed);
    assert_eq!(Answer::from(refusal).status, 400);
}

#[test]
fn another_old_size_is_answered_409_with_the_remembered_one() {
    let mut fixture = Fixture::new(3);
    let latest = fixture.head();
    fixture.log.grow_to(9);
    for old_size in [0, 2, 4, 9] {
        let request = fixture.request(old_size);
        let refusal = fixture.check(&request, latest).unwrap_err();
        assert_eq!(refusal, Refusal::OtherSize(3));
        let answer = Answer::from(refusal);
        assert_eq!(
            (answer.status, answer.content_type),
            (409, SIZE_CONTENT_TYPE)
        );
        assert_eq!(parse_size(answer.body.as_bytes()), Some(3));
    }
    assert!(fixture.check(&fixture.request(3), latest).is_ok());
}

#[test]
fn an_older_checkpoint_never_replaces_a_newer_one() {
    let mut fixture = Fixture::new(3);
    let old = fixture.request(0);
    fixture.log.grow_to(9);
    let refusal = fixture.check(&old, fixture.head()).unwrap_err();
    assert_eq!(refusal, Refusal::OtherSize(9));
}

#[test]
fn another_tree_of_the_same_size_is_answered_409() {
    let fixture = Fixture::new(3);
    let latest = TreeHead {
        root: Hash([8; 32]),
        ..fixture.head()
    };
    let request = AddCheckpoint::new(3, Vec::new(), fixture.note()).unwrap();
    let refusal = fixture.check(&request, latest).unwrap_err();
    assert_eq!(refusal, Refusal::OtherRoot(3));
    assert_eq!(Answer::from(refusal).status, 409);
}

#[test]
fn a_proof_that_does_not_hold_is_answered_422() {
    let mut fixture = Fixture::new(3);
    let latest = fixture.head();
    fixture.log.grow_to(9);
    let mut reader = TileReader::open(&fixture.log.files, fixture.head()).unwrap();
    let proof = prove_consistency(&mut reader, 3, 9).unwrap();
    let mut altered = proof.clone();
    altered[1].0[7] ^= 1;
    let longer = [&proof[..], &proof[..1]].concat();
    for wrong in [Vec::new(), altered, longer, proof[1..].to_vec()] {
        let request = AddCheckpoint::new(3, wrong, fixture.note()).unwrap();
        let refusal = fixture.check(&request, latest).unwrap_err();
        assert_eq!(refusal, Refusal::Inconsistent);
        assert_eq!(Answer::from(refusal).status, 422);
    }
    // A proof from nothing, or from a tree to itself, must be empty.
    for (old_size, latest) in [(0, TreeHead::EMPTY), (9, fixture.head())] {
        let request = AddCheckpoint::new(old_size, proof.clone(), fixture.note()).unwrap();
        assert_eq!(fixture.check(&request, latest), Err(Refusal::Inconsistent));
    }
    // The empty tree has one root.
    let empty = TreeHead {
        root: Hash([8; 32]),
        ..TreeHead::EMPTY
    };
    let text = Checkpoint::new(ORIGIN, empty).unwrap().to_string();
    let note = Note::signed(text, &log_key()).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), note).unwrap();
    assert_eq!(
        fixture.check(&request, TreeHead::EMPTY),
        Err(Refusal::Inconsistent)
    );
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    let fixture = Fixture::new(3);
    let note = fixture.note();
    let hash = Hash([1; 32]);
    for wrong in [
        String::new(),
        format!("old 0\n{note}"),
        format!("old 00\n\n{note}"),
        format!("old\n\n{note}"),
        format!("new 0\n\n{note}"),
        format!("old 0\nAAAA\n\n{note}"),
        format!("old 0\n{hash} \n\n{note}"),
        "old 0\n\nno note\n".into(),
        format!("old 0\n\n{}", note.text()),
        format!("\nold 0\n\n{note}"),
    ] {
        assert_eq!(
            AddCheckpoint::parse(wrong.as_bytes()),
            Err(Refusal::Malformed),
            "{wrong:?}"
        );
    }
    let mut long = String::from("old 0\n");
    for _ in 0..MAX_PROOF_LINES {
        writeln!(long, "{hash}").unwrap();
    }
    assert!(AddCheckpoint::parse(format!("{long}\n{note}").as_bytes()).is_ok());
    assert!(AddCheckpoint::parse(format!("{long}{hash}\n\n{note}").as_bytes()).is_err());
    for wrong in ["3", "03\n", "3\n\n", "-3\n"] {
        assert_eq!(parse_size(wrong.as_bytes()), None);
    }
}
