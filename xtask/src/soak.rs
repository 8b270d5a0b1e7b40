//! `cargo xtask soak`: the tests that find more the longer they run.
//!
//! Each part runs with one seed after another until the time is up. Every run adds a line to
//! `tests/soak.jsonl`, which is kept with the code; what passed at the same commit is not run
//! again, so that a soak can be broken off and taken up.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{cargo, output, program, root, succeed, watch};
use crate::{packages, test};

/// A long test.
struct Part {
    name: &'static str,
    /// Runs it; the answer is what it measured, for the line of results.
    run: fn(seed: u64) -> Result<Value, String>,
}

const PARTS: [Part; 8] = [
    Part {
        name: "kills",
        run: kills,
    },
    Part {
        name: "fuzz",
        run: fuzz,
    },
    Part {
        name: "timing",
        run: timing,
    },
    Part {
        name: "layers",
        run: layers,
    },
    Part {
        name: "rows",
        run: rows,
    },
    Part {
        name: "search",
        run: search,
    },
    Part {
        name: "clients",
        run: clients,
    },
    Part {
        name: "apps",
        run: apps,
    },
];

/// How often the server is killed with one seed; about two minutes.
const KILLS: u32 = 200;

/// How often the whole corpus is changed with one seed; about two minutes.
const FUZZ_ROUNDS: u32 = 300;

/// How many messages the store holds before the measured ones, and how many are measured.
const ROWS: [&str; 2] = ["1000000", "200000"];

/// How many public names, and how many posts, are searched: those of a large installation.
const SEARCHED: [&str; 2] = ["1000000", "10000000"];

/// How long a soak takes unless it is told.
const MINUTES: u64 = 60;

const RESULTS: &str = "tests/soak.jsonl";

/// What the command line asks for.
struct Options {
    minutes: u64,
    seed: u64,
    parts: Vec<&'static Part>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Options {
            minutes: MINUTES,
            seed: 1,
            parts: Vec::new(),
        };
        for pair in arguments.chunks(2) {
            let [flag, value] = pair else {
                return Err(usage());
            };
            match (flag.as_str(), value.parse()) {
                ("--minutes", Ok(minutes)) => options.minutes = minutes,
                ("--seed", Ok(seed)) => options.seed = seed,
                ("--part", Err(_)) => {
                    let part = PARTS.iter().find(|part| part.name == value);
                    options.parts.push(part.ok_or_else(usage)?);
                }
                _ => return Err(usage()),
            }
        }
        if options.parts.is_empty() {
            options.parts = PARTS.iter().collect();
        }
        Ok(options)
    }
}

fn usage() -> String {
    let names = PARTS.map(|part| part.name).join(", ");
    format!("usage: cargo xtask soak [--minutes N] [--seed S] [--part NAME]...\nparts: {names}")
}

/// Runs parts with seeds from `--seed` on for `--minutes`; a part that has begun is finished.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    packages::for_tests()?;
    let path = root().join(RESULTS);
    let commit = commit()?;
    let passed = read(&path, &commit)?;
    let end = Instant::now() + Duration::from_secs(options.minutes * 60);
    let mut failures = Vec::new();
    for seed in options.seed.. {
        for part in &options.parts {
            if Instant::now() >= end {
                println!("\nresults are in {RESULTS}");
                return if failures.is_empty() {
                    Ok(())
                } else {
                    Err(failures.join("\n"))
                };
            }
            if passed.contains(&(part.name.to_owned(), seed)) {
                continue;
            }
            let left_s = end.saturating_duration_since(Instant::now()).as_secs();
            println!(
                "\n== {} with seed {seed}, {} min left",
                part.name,
                left_s / 60
            );
            let start = Instant::now();
            let outcome = (part.run)(seed);
            let line = json!({
                "commit": commit,
                "part": part.name,
                "seed": seed,
                "seconds": start.elapsed().as_secs(),
                "passed": outcome.is_ok(),
                "figures": outcome.as_ref().ok(),
            });
            append(&path, &line).map_err(|error| format!("{}: {error}", path.display()))?;
            if let Err(message) = outcome {
                println!("{message}");
                failures.push(format!("{} failed with seed {seed}", part.name));
            }
        }
    }
    Ok(())
}

/// The commit that is tested. With changes on top it ends in `+` and stands for nothing that could
/// be taken up again.
fn commit() -> Result<String, String> {
    let hash = output(program("git").args(["rev-parse", "--short", "HEAD"]))?;
    let others = format!(":!{RESULTS}");
    let changes = output(program("git").args(["status", "--porcelain", "--", ".", &others]))?;
    let sign = if changes.is_empty() { "" } else { "+" };
    Ok(format!("{}{sign}", hash.trim_end()))
}

/// The parts and seeds that have passed at a commit.
fn read(path: &Path, commit: &str) -> Result<BTreeSet<(String, u64)>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    Ok(passed_in(&text, commit))
}

/// The same from the text; a line cut short by the end of a soak counts as nothing.
fn passed_in(text: &str, commit: &str) -> BTreeSet<(String, u64)> {
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["passed"] == true)
        .filter(|line| line["commit"] == commit && !commit.ends_with('+'))
        .filter_map(|line| Some((line["part"].as_str()?.to_owned(), line["seed"].as_u64()?)))
        .collect()
}

fn append(path: &PathBuf, line: &Value) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

/// kill -9, hundreds of times.
fn kills(seed: u64) -> Result<Value, String> {
    let mut command = cargo([
        "test",
        "--package",
        "heliograph-server",
        "--test",
        "adversity",
    ]);
    command.env("HELIOGRAPH_KILLS", KILLS.to_string());
    seeded(command.args(["--", "kill::", "--nocapture"]), seed)?;
    Ok(json!({ "kills": KILLS }))
}

/// The corpus of every parser, changed over and over.
fn fuzz(seed: u64) -> Result<Value, String> {
    let mut command = cargo(["test", "--package", "heliograph-testkit", "--test", "whole"]);
    command.env("HELIOGRAPH_FUZZ_ROUNDS", FUZZ_ROUNDS.to_string());
    seeded(command.args(["--", "corpus::", "--nocapture"]), seed)?;
    Ok(json!({ "rounds": FUZZ_ROUNDS }))
}

/// Whether the time of a failed key exchange tells why it failed: minutes of measuring, so the
/// optimised code is tested, as it runs.
fn timing(seed: u64) -> Result<Value, String> {
    let mut command = cargo([
        "test",
        "--release",
        "--package",
        "heliograph-mtproto",
        "--lib",
    ]);
    command.env("HELIOGRAPH_SEED", seed.to_string());
    // One test at a time: they would disturb each other.
    command.args(["--", "tests::timing", "--include-ignored", "--nocapture"]);
    let mut pairs = 0;
    let (mut worst_t, mut seen_ns) = (0.0_f64, 0.0_f64);
    let passed = watch(command.arg("--test-threads=1"), |line| {
        let Ok(pair) = serde_json::from_str::<Value>(line) else {
            return;
        };
        pairs += 1;
        worst_t = worst_t.max(pair["t"].as_f64().map_or(0.0, f64::abs));
        seen_ns = seen_ns.max(pair["seen_ns"].as_f64().unwrap_or(0.0));
    })?;
    if !passed || pairs == 0 {
        return Err(format!("reasons to fail can be told apart: t = {worst_t}"));
    }
    Ok(json!({ "pairs": pairs, "worst_t": worst_t, "seen_ns": seen_ns }))
}

/// Every released Telethon as a judge of the transcoder.
fn layers(seed: u64) -> Result<Value, String> {
    let mut command = test::python("tests/oracles/layers/run.py");
    succeed(command.args(["--all", "--seed", &seed.to_string()]))?;
    Ok(Value::Null)
}

/// The store with a million messages in it.
fn rows(_seed: u64) -> Result<Value, String> {
    let folder = std::env::temp_dir().join(format!("heliograph-rows-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = cargo([
        "run",
        "--release",
        "--package",
        "heliograph-store-sqlite",
        "--example",
        "writer",
        "--",
    ]);
    let [before, measured] = ROWS;
    command.arg(&folder).arg(measured);
    command.arg(format!("prefill={before}")).arg("groups=64");
    let mut last = String::new();
    let ran = watch(&mut command, |line| line.clone_into(&mut last));
    // What a run that failed leaves is of no use.
    let _ = fs::remove_dir_all(&folder);
    if ran? {
        Ok(json!({ "before": before, "writer": last }))
    } else {
        Err("the writer failed".into())
    }
}

/// Search over [`SEARCHED`]; what it costs is for people to judge.
fn search(_seed: u64) -> Result<Value, String> {
    let [peers, posts] = SEARCHED;
    let mut command = cargo(["run", "--release", "--package", "heliograph-server", "--"]);
    command.args([
        "bench", "search", "--json", "--peers", peers, "--posts", posts,
    ]);
    let mut last = String::new();
    if !watch(&mut command, |line| line.clone_into(&mut last))? {
        return Err("the benchmark failed".into());
    }
    serde_json::from_str(&last).map_err(|error| format!("no figures: {error}"))
}

/// The stories of TDLib and Telegram Desktop once more.
fn apps(_seed: u64) -> Result<Value, String> {
    let counts = test::real_apps()?;
    Ok(json!({ "passed": counts.passed }))
}

/// The stories of unmodified clients once more; what differs is how their steps meet in time.
fn clients(_seed: u64) -> Result<Value, String> {
    let counts = test::real_clients()?;
    Ok(json!({ "passed": counts.passed }))
}

fn seeded(command: &mut Command, seed: u64) -> Result<(), String> {
    succeed(command.env("HELIOGRAPH_SEED", seed.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Options, passed_in};

    #[test]
    fn only_what_passed_at_this_commit_is_not_run_again() {
        let text = "{\"commit\":\"a\",\"part\":\"kills\",\"seed\":1,\"passed\":true}\n\
                    {\"commit\":\"b\",\"part\":\"kills\",\"seed\":2,\"passed\":true}\n\
                    {\"commit\":\"a+\",\"part\":\"kills\",\"seed\":3,\"passed\":true}\n\
                    {\"commit\":\"a\",\"part\":\"fuzz\",\"seed\":1,\"passed\":false}\n\
                    {\"commit\":\"a\",\"part\":\"fuzz\",\"se";
        let passed: Vec<_> = passed_in(text, "a").into_iter().collect();
        assert_eq!(passed, [("kills".to_owned(), 1)]);
        assert!(
            passed_in(text, "a+").is_empty(),
            "nobody knows what was changed"
        );
    }

    #[test]
    fn parts_and_bounds_come_from_the_command_line() {
        let parse =
            |words: &str| Options::parse(&words.split(' ').map(Into::into).collect::<Vec<_>>());
        let options = parse("--part fuzz --minutes 5 --part rows --seed 9");
        let options = options.unwrap_or_else(|usage| panic!("{usage}"));
        let names: Vec<_> = options.parts.iter().map(|part| part.name).collect();
        assert_eq!((options.minutes, options.seed), (5, 9));
        assert_eq!(names, ["fuzz", "rows"]);
        for wrong in ["--part nothing", "--minutes soon", "--seed", "--part 5"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
