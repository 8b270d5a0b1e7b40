//! How long the proofs of counts take, run by hand (adding and checking whole logs: `heliograph bench log`):
//! `cargo test --release -p heliograph-transparency -- --ignored --nocapture --test-threads 1`

use std::time::Instant;

use super::ORIGIN;
use crate::counts::{self, Batch, Context};

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

#[test]
#[ignore = "only prints how long it takes"]
fn proving_and_verifying_vectors() {
    for categories in [3, 8, 16] {
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
#[ignore = "only prints how long it takes"]
fn checking_vectors_in_batches() {
    for size in [64, 128, 256, 512, 1024] {
        let contexts = (0..size).map(|n| Context {
            origin: ORIGIN,
            sequence: n,
            entry: b"entry",
            dimension: "kind",
            categories: [8, 3, 16][n as usize % 3],
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
