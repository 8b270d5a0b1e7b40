//! `cargo xtask soak`: the tests that find more the longer they run.
//!
//! Each part runs with one seed after another until the time is up. What passed is noted in
//! `target/soak.jsonl` and not run again, so that a soak can be broken off and taken up.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{cargo, succeed};
use crate::{packages, run, test};

struct Part {
    name: &'static str,
    run: fn(seed: u64) -> Result<(), String>,
}

const PARTS: [Part; 4] = [
    Part {
        name: "kills",
        run: kills,
    },
    Part {
        name: "fuzz",
        run: fuzz,
    },
    Part {
        name: "layers",
        run: layers,
    },
    Part {
        name: "clients",
        run: clients,
    },
];

/// How often the server is killed with one seed; about two minutes.
const KILLS: u32 = 200;

/// How often the whole corpus is changed with one seed; about two minutes.
const FUZZ_ROUNDS: u32 = 300;

/// How long a soak takes unless it is told.
const MINUTES: u64 = 60;

/// Runs parts with seeds from `--seed` on for `--minutes`; a part that has begun is finished.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (mut minutes, mut seed) = (MINUTES, 1);
    for pair in arguments.chunks(2) {
        let value = pair.get(1).and_then(|value| value.parse().ok());
        match (pair[0].as_str(), value) {
            ("--minutes", Some(value)) => minutes = value,
            ("--seed", Some(value)) => seed = value,
            _ => return Err("usage: cargo xtask soak [--minutes N] [--seed S]".into()),
        }
    }
    packages::for_tests()?;
    let path = run::target_folder()?.join("soak.jsonl");
    let passed = read(&path)?;
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let mut failures = Vec::new();
    for seed in seed.. {
        for part in &PARTS {
            if Instant::now() >= end {
                println!("\nresults are in {}", path.display());
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
                "part": part.name,
                "seed": seed,
                "seconds": start.elapsed().as_secs(),
                "passed": outcome.is_ok(),
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

/// The parts and seeds that have passed.
fn read(path: &PathBuf) -> Result<BTreeSet<(String, u64)>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    Ok(passed_in(&text))
}

/// The same from the text; a line cut short by the end of a soak counts as nothing.
fn passed_in(text: &str) -> BTreeSet<(String, u64)> {
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["passed"] == true)
        .filter_map(|line| Some((line["part"].as_str()?.to_owned(), line["seed"].as_u64()?)))
        .collect()
}

fn append(path: &PathBuf, line: &Value) -> std::io::Result<()> {
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

/// kill -9, hundreds of times.
fn kills(seed: u64) -> Result<(), String> {
    let mut command = cargo([
        "test",
        "--package",
        "heliograph-server",
        "--test",
        "adversity",
    ]);
    command.env("HELIOGRAPH_KILLS", KILLS.to_string());
    seeded(command.args(["--", "kill::", "--nocapture"]), seed)
}

/// The corpus of every parser, changed over and over.
fn fuzz(seed: u64) -> Result<(), String> {
    let mut command = cargo([
        "test",
        "--package",
        "heliograph-testkit",
        "--test",
        "corpus",
    ]);
    command.env("HELIOGRAPH_FUZZ_ROUNDS", FUZZ_ROUNDS.to_string());
    seeded(command.args(["--", "--nocapture"]), seed)
}

/// Every released Telethon as a judge of the transcoder.
fn layers(seed: u64) -> Result<(), String> {
    let mut command = test::python("tests/oracles/layers/run.py");
    succeed(command.args(["--all", "--seed", &seed.to_string()]))
}

/// The stories of unmodified clients once more; what differs is how their steps meet in time.
fn clients(_seed: u64) -> Result<(), String> {
    test::real_clients().map(drop)
}

fn seeded(command: &mut Command, seed: u64) -> Result<(), String> {
    succeed(command.env("HELIOGRAPH_SEED", seed.to_string()))
}

#[cfg(test)]
mod tests {
    use super::passed_in;

    #[test]
    fn only_what_passed_is_not_run_again() {
        let text = "{\"part\":\"kills\",\"seed\":1,\"seconds\":9,\"passed\":true}\n\
                    {\"part\":\"fuzz\",\"seed\":1,\"seconds\":9,\"passed\":false}\n\
                    {\"part\":\"fuzz\",\"se";
        let passed: Vec<_> = passed_in(text).into_iter().collect();
        assert_eq!(passed, [("kills".to_owned(), 1)]);
    }
}
