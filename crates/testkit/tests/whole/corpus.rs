//! The kept corpus of every fuzz target, as it is and with seeded changes.
//!
//! `HELIOGRAPH_FUZZ_ROUNDS` and `HELIOGRAPH_SEED` make it longer and different; `cargo xtask soak`
//! does. A finding is added to the corpus under a name that begins with `found-`.

use heliograph_mtproto::Entropy as _;
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_testkit::fuzzing::{TARGETS, Target};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// No input grows beyond this, in bytes.
const LONGEST: usize = 4096;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn folder(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    root.join(target)
}

/// The seeds of a target, in the order of their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).expect("every target has a corpus");
    let mut seeds: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let bytes = fs::read(&path).expect("a file of the repository");
            (path.display().to_string(), bytes)
        })
        .collect();
    seeds.sort();
    seeds
}

/// Runs a target; where it panics, the input is printed so that it can be kept.
fn run(name: &str, target: Target, data: &[u8]) {
    if catch_unwind(|| target(data)).is_err() {
        let hex = data
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        panic!("{name} does not survive {hex}");
    }
}

#[test]
fn every_seed_is_survived() {
    for (name, target, _) in TARGETS {
        let seeds = corpus(name);
        assert!(seeds.len() >= 15, "{name} has {} seeds", seeds.len());
        for (path, bytes) in seeds {
            run(&path, target, &bytes);
        }
    }
}

#[test]
fn changed_seeds_are_survived() {
    let rounds = from_environment("HELIOGRAPH_FUZZ_ROUNDS").unwrap_or(5);
    let mut random = Seeded::new(from_environment("HELIOGRAPH_SEED").unwrap_or(1));
    for round in 1..=rounds {
        for (name, target, times) in TARGETS {
            let seeds = corpus(name);
            for _ in 0..times {
                let data = changed(&seeds, &mut random);
                run(name, target, &data);
            }
        }
        if round % 50 == 0 {
            println!("{round} of {rounds} rounds");
        }
    }
}

/// Words that mean something somewhere: lengths at their limits, ids, signs of transports.
const WORDS: [[u8; 4]; 12] = [
    [0; 4],
    [0xff; 4],
    [0xff, 0xff, 0xff, 0x7f],
    [0, 0, 0, 0x80],
    [1, 0, 0, 0],
    [0xee; 4],
    [0xef, 1, 0, 0],
    0x1cb5_c415_u32.to_le_bytes(),
    0x73f1_f8dc_u32.to_le_bytes(),
    0x3072_cfa1_u32.to_le_bytes(),
    0x7da0_7ec9_u32.to_le_bytes(),
    *b"\r\n\r\n",
];

/// A seed with a few changes.
fn changed(seeds: &[(String, Vec<u8>)], random: &mut Seeded) -> Vec<u8> {
    let any = |random: &mut Seeded| &seeds[random.below(seeds.len())].1;
    let mut data = any(random).clone();
    for _ in 0..=random.below(5) {
        let at = random.below(data.len() + 1);
        match random.below(7) {
            0 if at < data.len() => data[at] ^= 1 << random.below(8),
            1 if at < data.len() => data[at] = random.next_u64() as u8,
            2 if at + 4 <= data.len() => {
                data[at..at + 4].copy_from_slice(&WORDS[random.below(WORDS.len())]);
            }
            3 => data.truncate(at),
            4 => {
                // The rest of another seed, from anywhere in it.
                let other = any(random);
                let from = random.below(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            5 => {
                // A part once more.
                let end = at + random.below(data.len() - at + 1);
                let part = data[at..end].to_vec();
                data.splice(at..at, part);
            }
            _ => {
                let mut noise = vec![0; random.below(9)];
                random.fill(&mut noise);
                data.splice(at..at, noise);
            }
        }
        data.truncate(LONGEST);
    }
    data
}
