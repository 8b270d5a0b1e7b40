use super::{MemoryLog, ORIGIN, log_key, witness_key};
use crate::append::sign_checkpoint;
use crate::counts::{self, Context};
use crate::fuzzing::{
    Seeded, fuzz_counts, fuzz_key, fuzz_note, fuzz_policy, fuzz_proof, fuzz_stored_log, fuzz_tile,
    fuzz_tile_path, fuzz_tree_proof, fuzz_witness,
};
use crate::proof::TlogProof;
use crate::tile::TileReader;
use crate::witness::AddCheckpoint;

/// Gives `target` random bytes, and `good` input with a few changes.
fn run(seed: u64, rounds: usize, good: &[&[u8]], target: fn(&[u8])) {
    let mut seeded = Seeded::new(seed);
    for input in good {
        target(input);
    }
    for round in 0..rounds {
        let mut input = if good.is_empty() || round % 4 == 0 {
            let len = seeded.below(300);
            (0..len).map(|_| seeded.next_u64() as u8).collect()
        } else {
            good[seeded.below(good.len())].to_vec()
        };
        for _ in 0..seeded.below(4) {
            let at = seeded.below(input.len() + 1);
            let byte = b"\n +/0A\xff"[seeded.below(7)];
            match seeded.below(4) {
                0 => input.insert(at, byte),
                1 => input.truncate(at),
                2 if at < input.len() => input[at] = byte,
                _ => {
                    let tail = input[at..].to_vec();
                    input.extend(tail);
                }
            }
        }
        target(&input);
    }
}

#[test]
fn parsers_survive_anything_and_write_back_what_they_accept() {
    let log = MemoryLog::of(300);
    let head = log.writer.head();
    let mut note = sign_checkpoint(&log.files, 0, head, ORIGIN, &log_key()).unwrap();
    note.add(witness_key(1).cosign(note.text(), 5).unwrap())
        .unwrap();
    let mut reader = TileReader::open(&log.files, head).unwrap();
    let proof = TlogProof::make(&mut reader, &super::entry(7), 7, note.clone()).unwrap();
    let proof = proof.with_extra(vec![1, 2, 3]).unwrap().to_string();
    let request = AddCheckpoint::new(3, vec![head.root; 3], note.clone()).unwrap();
    let request = request.to_body();
    let (log_key, witness) = (log_key(), witness_key(1));
    let policy = format!(
        "log {} https://x\nwitness a {}\ngroup g any a\nquorum g\n",
        log_key.verifier(),
        witness.verifier()
    );

    run(
        1,
        20_000,
        &[b"tile/0/x001/x234/067.p/3", b"tile/entries/000"],
        fuzz_tile_path,
    );
    let bundle = [&[1, 0, 3][..], b"abc", &[0, 0]].concat();
    run(2, 20_000, &[&bundle, &[0; 33]], fuzz_tile);
    run(3, 20_000, &[&[0; 80]], fuzz_tree_proof);
    run(
        4,
        5_000,
        &[note.to_string().as_bytes(), note.text().as_bytes()],
        fuzz_note,
    );
    let keys = [
        log_key.verifier().to_string(),
        log_key.to_text().to_string(),
        witness.verifier().to_string(),
    ];
    let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
    run(5, 5_000, &keys, fuzz_key);
    run(6, 5_000, &[request.as_bytes()], fuzz_witness);
    run(7, 5_000, &[proof.as_bytes()], fuzz_proof);
    run(8, 5_000, &[policy.as_bytes()], fuzz_policy);
}

#[test]
fn no_altered_vector_proves_anything() {
    let context = Context {
        origin: "other.example",
        sequence: 1,
        entry: b"",
        dimension: "kind",
        categories: 2,
    };
    let (vector, _) = counts::prove(&context, 1, &[9; 32]);
    run(9, 300, &[&vector], fuzz_counts);
}

#[test]
fn no_alteration_of_a_stored_log_goes_unnoticed() {
    run(10, 150, &[&[0, 1, 1], &[5, 200, 128]], fuzz_stored_log);
}
