//! How long `heliograph-verify` takes for logs of 100,000 entries. Run by hand:
//! `cargo test --release -p heliograph-transparency --test verify_speed -- --ignored --nocapture`
//!
//! The logs are kept in `target/tmp`, and made again only if they are not there.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "this file is a test, its helpers too")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use heliograph_transparency::entry::{Day, KeeperDay, Outcome, VaultRoot};
use heliograph_transparency::folder::FolderLog;
use heliograph_transparency::sample::add_cases;
use heliograph_transparency::testing::{Scene, TestCase, log_key, seed};
use heliograph_transparency::tree::Hash;

const ORIGIN: &str = "demo.example/log";
const START: Day = Day(20_780);

const DAYS: u32 = 300;

/// All requests are still under gag: with 2.35 entries for each and four for each day these make
/// 100,000 entries, and no other log of that length costs the verifier more.
#[test]
#[ignore = "only prints how long it takes, for minutes"]
fn a_log_of_a_hundred_thousand_entries_under_gag_is_verified() {
    measure("log-under-gag", |scene| {
        let Scene {
            ledger,
            entries,
            today,
            ..
        } = scene;
        add_cases(ledger, entries, *today, 141, &seed("cases")).unwrap();
    });
}

/// All requests are opened, closed, revealed and told of on their day: five entries each.
#[test]
#[ignore = "only prints how long it takes, for minutes"]
fn a_log_of_a_hundred_thousand_entries_that_are_revealed_is_verified() {
    measure("log-revealed", |scene| {
        for _ in 0..66 {
            scene.push_whole_case(TestCase::ordinary(scene.today), Outcome::Delivered);
        }
    });
}

fn measure(name: &str, add_day: fn(&mut Scene)) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !path.exists() {
        make(&path, add_day);
    }
    for _ in 0..3 {
        let (begun, cpu_before) = (Instant::now(), children_cpu_s());
        let mut verify = Command::new(env!("CARGO_BIN_EXE_heliograph-verify"));
        let verify = verify.arg(format!("--at={}", START.plus(DAYS)));
        let output = verify.arg(&path).output().unwrap();
        let (took, cpu_s) = (begun.elapsed(), children_cpu_s() - cpu_before);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{told}");
        println!("{name}: {took:.2?}, {cpu_s:.2} s of CPU");
    }
}

fn make(path: &Path, add_day: fn(&mut Scene)) {
    let mut scene = Scene::new(ORIGIN, START);
    for day in 0..DAYS {
        scene.today = START.plus(day);
        let today = scene.today;
        scene.push_day_key(today);
        if day >= 90 {
            scene.push_erase(START.plus(day - 90));
        }
        scene.push(VaultRoot {
            root: Hash(seed("vault")),
            records: 1_000,
            phones: 500,
            accounts: 600,
        });
        scene.push(KeeperDay {
            day: today,
            sign_in: 100,
            contacts: 1_000,
            desk: 10,
        });
        add_day(&mut scene);
    }
    println!(
        "{} entries of {DAYS} days, {} requests",
        scene.entries.len(),
        scene.ledger.cases().all().len()
    );
    let mut log = FolderLog::create(path, log_key(ORIGIN)).unwrap();
    log.append(&scene.entries).unwrap();
}

/// Processor time of the processes that have ended, in seconds.
fn children_cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = |at| fields.split(' ').nth(at)?.parse::<f64>().ok();
    // User and system time, in hundredths of a second on Linux.
    (ticks(13).unwrap_or_default() + ticks(14).unwrap_or_default()) / 100.0
}
