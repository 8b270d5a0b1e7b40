use super::{MemoryLog, ORIGIN, entry, flips, log_key, witness_key};
use crate::append::sign_checkpoint;
use crate::note::Note;
use crate::policy::{Freshness, Policy, PolicyError, Standing};
use crate::proof::{MAX_EXTRA_BYTES, MakeError, TlogProof, VerifyError};
use crate::tile::TileReader;
use crate::tree::ProofError;

const NOW_S: u64 = 1_800_000_000;
const DAY: Freshness = Freshness::within(86_400);

fn witnessed_note(log: &MemoryLog) -> Note {
    let head = log.writer.head();
    let mut note = sign_checkpoint(&log.files, 0, head, ORIGIN, &log_key()).unwrap();
    let line = witness_key(1).cosign(note.text(), NOW_S).unwrap();
    note.add(line).unwrap();
    note
}

fn prove(log: &MemoryLog, index: u64) -> TlogProof {
    let mut reader = TileReader::open(&log.files, log.writer.head()).unwrap();
    TlogProof::make(&mut reader, &entry(index), index, witnessed_note(log)).unwrap()
}

fn policy() -> Policy {
    let text = format!(
        "log {}\nwitness w {}\nquorum w\n",
        log_key().verifier(),
        witness_key(1).verifier()
    );
    Policy::parse(text.as_bytes()).unwrap()
}

#[test]
fn proofs_of_all_sizes_survive_the_file_and_verify() {
    for size in [1, 2, 3, 255, 256, 257, 700] {
        let log = MemoryLog::of(size);
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = prove(&log, index);
            let read: TlogProof = proof.to_string().parse().unwrap();
            assert_eq!(read, proof);
            let evaluation = read.verify(&entry(index), &policy(), DAY, NOW_S).unwrap();
            assert_eq!(evaluation.standing, Standing::Witnessed);
            assert_eq!(evaluation.checkpoint.head(), log.writer.head());
        }
    }
}

#[test]
fn a_proof_is_of_one_entry_at_one_place_under_one_policy() {
    let log = MemoryLog::of(700);
    let proof = prove(&log, 300);
    assert_eq!(
        proof.verify(&entry(301), &policy(), DAY, NOW_S),
        Err(VerifyError::Inclusion(ProofError::Mismatch))
    );
    let moved = proof.to_string().replace("index 300\n", "index 301\n");
    let moved: TlogProof = moved.parse().unwrap();
    assert!(moved.verify(&entry(300), &policy(), DAY, NOW_S).is_err());
    assert!(matches!(
        proof.verify(&entry(300), &policy(), DAY, NOW_S + 86_401),
        Err(VerifyError::Policy(PolicyError::Quorum { .. }))
    ));
    let stranger = Policy::parse(b"quorum none\n").unwrap();
    assert_eq!(
        proof.verify(&entry(300), &stranger, DAY, NOW_S),
        Err(VerifyError::Policy(PolicyError::UnknownLog))
    );
}

#[test]
fn a_proof_of_what_the_log_does_not_hold_is_not_made() {
    let log = MemoryLog::of(10);
    let mut reader = TileReader::open(&log.files, log.writer.head()).unwrap();
    let mut make = |entry: &[u8], index| {
        TlogProof::make(&mut reader, entry, index, witnessed_note(&log)).unwrap_err()
    };
    assert!(matches!(
        make(&entry(4), 5),
        MakeError::Inclusion(ProofError::Mismatch)
    ));
    assert!(matches!(
        make(&entry(10), 10),
        MakeError::Inclusion(ProofError::OutOfRange)
    ));
    let note = Note::signed("no checkpoint\n".into(), &log_key()).unwrap();
    let made = TlogProof::make(&mut reader, &entry(1), 1, note);
    assert!(matches!(made, Err(MakeError::Malformed(_))));
}

#[test]
fn every_flipped_bit_of_the_file_is_noticed() {
    let log = MemoryLog::of(5);
    let proof = prove(&log, 3).to_string();
    let policy = policy();
    for flipped in flips(proof.as_bytes()) {
        let Ok(text) = String::from_utf8(flipped) else {
            continue;
        };
        let verified = text
            .parse::<TlogProof>()
            .is_ok_and(|proof| proof.verify(&entry(3), &policy, DAY, NOW_S).is_ok());
        assert!(!verified, "{text}");
    }
}

#[test]
fn extra_data_is_carried_and_bounded() {
    let log = MemoryLog::of(5);
    let proof = prove(&log, 3).with_extra(b"hello".to_vec()).unwrap();
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra aGVsbG8=\nindex 3\n"));
    let read: TlogProof = text.parse().unwrap();
    assert_eq!(read.extra(), Some(&b"hello"[..]));
    assert!(read.verify(&entry(3), &policy(), DAY, NOW_S).is_ok());
    let empty = prove(&log, 3).with_extra(Vec::new()).unwrap();
    assert_eq!(empty.to_string().parse(), Ok(empty));
    let long = vec![0; MAX_EXTRA_BYTES + 1];
    assert!(prove(&log, 3).with_extra(long).is_err());
}

#[test]
fn text_that_is_no_proof_is_refused() {
    let log = MemoryLog::of(5);
    let proof = prove(&log, 3).to_string();
    for (part, by) in [
        ("@v1", "@v2"),
        ("index 3", "index 03"),
        ("index 3", "index -3"),
        ("index 3\n", ""),
        ("index 3\n", "index 3\nindex 3\n"),
        ("index 3\n", "extra AA==\nextra AA==\nindex 3\n"),
        ("index 3\n", "extra AA\nindex 3\n"),
        ("index 3\n", "extra\nindex 3\n"),
        ("index 3\n", "index 3\nextra AA==\n"),
        ("index 3\n", "index 3\nAAAA\n"),
        ("\n\n", "\n"),
        ("c2sp", "\nc2sp"),
    ] {
        let wrong = proof.replacen(part, by, 1);
        assert_ne!(wrong, proof);
        assert!(wrong.parse::<TlogProof>().is_err(), "{wrong}");
    }
}
