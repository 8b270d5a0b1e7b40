//! Measurements, run by hand:
//! `cargo test --release -p heliograph-transparency -- --ignored --nocapture --test-threads 1`

use std::time::Instant;

use super::{MemoryLog, ORIGIN, entry, log_key};
use crate::append::{Writer, reread, sign_checkpoint};
use crate::counts::{self, Batch, Context};
use crate::proof::TlogProof;
use crate::tile::TileReader;

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

#[test]
#[ignore = "a measurement"]
fn appending_one_entry_to_a_million_with_its_proof() {
    let mut log = MemoryLog::of(1_000_000);
    let (mut append, mut sign, mut prove, mut check) = (0.0, 0.0, 0.0, 0.0);
    for _ in 0..200 {
        let size = log.writer.head().size;
        let start = Instant::now();
        log.writer = Writer::open(&log.files, log.writer.head()).unwrap();
        log.grow_to(size + 1);
        append += millis(start);

        let start = Instant::now();
        let head = log.writer.head();
        let note = sign_checkpoint(&log.files, size, head, ORIGIN, &log_key()).unwrap();
        sign += millis(start);

        let start = Instant::now();
        let mut reader = TileReader::open(&log.files, head).unwrap();
        let proof = TlogProof::make(&mut reader, &entry(size), size, note).unwrap();
        prove += millis(start);

        let start = Instant::now();
        let read: TlogProof = proof.to_string().parse().unwrap();
        assert_eq!(read, proof);
        check += millis(start);
    }
    let per = |total: f64| total / 200.0;
    println!(
        "at 10^6 entries, ms each: open and append {:.3}, read back and sign {:.3}, prove {:.3}, \
         parse the proof {:.3}; together {:.3}",
        per(append),
        per(sign),
        per(prove),
        per(check),
        per(append + sign + prove + check),
    );
}

#[test]
#[ignore = "a measurement"]
fn verifying_a_hundred_thousand_entries() {
    let log = MemoryLog::of(100_000);
    let head = log.writer.head();
    let start = Instant::now();
    let mut reader = TileReader::open(&log.files, head).unwrap();
    assert_eq!(reader.entries(0).map(Result::unwrap).count(), 100_000);
    println!("read and checked 10^5 entries in {:.1} ms", millis(start));
    let start = Instant::now();
    assert_eq!(reread(&log.files, 0, head.size).unwrap(), head);
    println!("recomputed the whole log in {:.1} ms", millis(start));
}

#[test]
#[ignore = "a measurement"]
fn proving_and_verifying_vectors() {
    for categories in [3, 8, 14] {
        let context = Context {
            origin: ORIGIN,
            sequence: 1,
            entry: b"entry",
            dimension: "kind",
            categories,
        };
        let start = Instant::now();
        let proved: Vec<_> = (0..100u8)
            .map(|n| counts::prove(&context, usize::from(n) % categories, &[n; 32]))
            .collect();
        let prove = millis(start) / 100.0;
        let start = Instant::now();
        for (bytes, _) in &proved {
            counts::verify(&context, bytes).unwrap();
        }
        let verify = millis(start) / 100.0;
        println!(
            "D = {categories}: {} bytes, prove {prove:.2} ms, verify {verify:.2} ms",
            proved[0].0.len()
        );
    }
}

#[test]
#[ignore = "a measurement"]
fn checking_vectors_in_batches() {
    for size in [64, 128, 256, 512, 1024] {
        let contexts = (0..size).map(|n| Context {
            origin: ORIGIN,
            sequence: n,
            entry: b"entry",
            dimension: "kind",
            categories: [8, 3, 14][n as usize % 3],
        });
        let proved: Vec<_> = contexts
            .map(|context| (context, counts::prove(&context, 1, &[1; 32]).0))
            .collect();
        let categories = proved.iter().map(|(context, _)| context.categories as u32);
        let categories: u32 = categories.sum();
        let per_category = |start| millis(start) * 1e3 / f64::from(categories);
        let start = Instant::now();
        let mut batch = Batch::default();
        for (context, bytes) in &proved {
            batch.add(context, bytes).unwrap();
        }
        let read = per_category(start);
        let start = Instant::now();
        batch.verify().unwrap();
        let check = per_category(start);
        println!("{size} vectors together, us for each category: read {read:.1}, check {check:.1}");
    }
}
