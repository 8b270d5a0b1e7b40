//! The public log when it is long: adding an entry, and checking all of it.

use super::keys::{Group, policy};
use super::target::now;
use super::{Failure, Options, Report};
use crate::desk::InstallationLog;
use crate::secrets::DataFolder;
use crate::system::SystemClock;
use heliograph_disclosure::PublicLog as _;
use heliograph_offline::system::Entropy;
use heliograph_transparency::counts::encoded_len;
use heliograph_transparency::entry::{
    Closed, Day, Dimension, Ending, Entry, Intake, Priority, Request,
};
use heliograph_transparency::folder::{FolderLog, FolderSource};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::policy::{Freshness, Policy};
use heliograph_transparency::sample::add_cases;
use heliograph_transparency::tree::Hash;
use heliograph_transparency::verify::{PolicyFrom, Verifier};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

const ORIGIN: &str = "demo.bench/log";

/// How many entries the log has to which one more is added.
const LONG: u64 = 1_000_000;

/// How many of these are written at once.
const AT_ONCE: usize = 50_000;

/// How many are added one by one.
const APPENDS: u32 = 200;

/// A folder that goes when it is no longer needed.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Failure> {
        let name = format!("heliograph-bench-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // What an earlier run with the same number may have left.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Appends to a long log, then checks one of `--entries`.
pub(super) fn run(options: &Options) -> Result<Report, Failure> {
    let mut report = Report::new("log");
    append(&mut report)?;
    check(&mut report, options.entries)?;
    Ok(report)
}

fn today() -> Day {
    Day::of_unix((now().0 / 1000) as u64)
}

/// The entries of a log of requests and their ends. What stands where the vectors belong is
/// nothing: a server that opens its own log has checked them before, and does not again.
fn unproved(number: u64) -> Result<[Vec<u8>; 2], Failure> {
    let mut fields = [0; 32];
    fields[..8].copy_from_slice(&number.to_be_bytes());
    let vector = |dimension: Dimension| vec![0; encoded_len(dimension.category_count())];
    let request = Request {
        number,
        priority: Priority::Normal,
        follows: None,
        fields: Hash(fields),
        region: vector(Dimension::Region),
        kind: vector(Dimension::Kind),
        due: today().plus(90).monday_on_or_after(),
    };
    let closed = Closed {
        // After the policy each request is followed by its end.
        request: 2 * number - 1,
        open: None,
        result: Ending::Ended,
        outcome: vector(Dimension::Outcome),
    };
    Ok([
        Entry::new(today(), request).to_bytes()?,
        Entry::new(today(), closed).to_bytes()?,
    ])
}

/// An entry without a proof of its own.
fn intake(number: u32) -> Result<Vec<u8>, Failure> {
    let body = Intake {
        count: u64::from(number) + 1,
        root: Hash([0; 32]),
    };
    Ok(Entry::new(today(), body).to_bytes()?)
}

/// Adds entries as the server does: every rule, the tiles on the disk, read back before signing;
/// then the proof that a receipt or a package carries.
fn append(report: &mut Report) -> Result<(), Failure> {
    let scratch = Scratch::new("append")?;
    let data = DataFolder::new(&scratch.0);
    std::fs::create_dir_all(data.keys())?;
    let open = || InstallationLog::open(&data, ORIGIN, None, Arc::new(SystemClock));
    drop(open()?);
    let key = std::fs::read_to_string(data.log_key())?;
    let mut folder = FolderLog::open(data.log(), SignerKey::parse(key.trim_end())?)?;
    let began = Instant::now();
    let mut entries = vec![Entry::new(today(), policy()).to_bytes()?];
    for number in 1..=LONG / 2 {
        entries.extend(unproved(number)?);
        if entries.len() > AT_ONCE || number == LONG / 2 {
            folder.append(&std::mem::take(&mut entries))?;
        }
    }
    report.add("write_long_s", began.elapsed().as_secs_f64(), "s");
    drop(folder);

    let began = Instant::now();
    let mut log = open()?;
    report.add("open_long_s", began.elapsed().as_secs_f64(), "s");
    let (mut append_ms, mut prove_ms) = (Vec::new(), Vec::new());
    for number in 0..APPENDS {
        let entry = intake(number)?;
        let began = Instant::now();
        let index = log.append(&entry)?;
        append_ms.push(began.elapsed().as_secs_f64() * 1e3);
        let began = Instant::now();
        log.proof(index)?;
        prove_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    report.add("long_entries", LONG as f64, "");
    report.add("append_p50_ms", quantile(&mut append_ms, 0.5), "ms");
    report.add("append_p99_ms", quantile(&mut append_ms, 0.99), "ms");
    report.add("prove_p50_ms", quantile(&mut prove_ms, 0.5), "ms");
    report.add("prove_p99_ms", quantile(&mut prove_ms, 0.99), "ms");
    Ok(())
}

fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    values[((last as f64) * part).round() as usize]
}

/// Checks a log of requests under gag, openings and ends, as `heliograph-verify` does.
fn check(report: &mut Report, entries: u64) -> Result<(), Failure> {
    let scratch = Scratch::new("verify")?;
    let began = Instant::now();
    let (requests, policy) = write_log(&scratch.0.join("log"), entries)?;
    report.add("make_log_s", began.elapsed().as_secs_f64(), "s");
    let source = FolderSource::new(scratch.0.join("log"));
    let policy = Policy::parse(policy.as_bytes())?;
    let freshness = Freshness::within(86_400);
    let mut verifier = Verifier::new(policy, PolicyFrom::Reader, freshness, None);
    let began = Instant::now();
    let verification = verifier.run(&source, (now().0 / 1000) as u64)?;
    let took = began.elapsed().as_secs_f64();
    if let Some(failure) = verification.failure() {
        return Err(failure.into());
    }
    report.add("entries", verification.entries as f64, "");
    report.add("requests", requests as f64, "");
    report.add("vectors", verification.figures.vectors as f64, "");
    report.add("verify_s", took, "s");
    Ok(())
}

/// Writes a log; answers with the number of its requests and the policy that trusts its key.
fn write_log(folder: &Path, entries: u64) -> Result<(u64, String), Failure> {
    let today = today();
    let mut ledger = Ledger::new(ORIGIN);
    let officers = Group::new("officer", 3, 5)?;
    let mut all = vec![
        Entry::new(today, policy()).to_bytes()?,
        officers.make_officers_key(ORIGIN, today)?.entry,
    ];
    ledger.apply_all(all.iter().map(Vec::as_slice))?;
    let seed = Entropy::system().draw();
    let requests = entries * 20 / 47;
    let mut left = requests;
    while left > 0 {
        let some = left.min(1_000);
        add_cases(&mut ledger, &mut all, today, some, &seed)?;
        left -= some;
    }
    let key = SignerKey::new(ORIGIN.parse()?, &Entropy::system().draw());
    let policy = format!("log {}\nquorum none\n", key.verifier());
    FolderLog::create(folder, key)?.append(&all)?;
    Ok((requests, policy))
}
