//! `cargo xtask test`: every check and test, from a fresh machine.

use std::path::PathBuf;
use std::process::Command;

use crate::process::{self, answers, cargo, program, root, watch};
use crate::stages::{self, Counts, Stage};
use crate::{check, packages, run, web};

const STAGES: &[Stage] = &[
    Stage {
        name: "check",
        budget_s: 420,
        run: check::run,
    },
    Stage {
        name: "unit",
        budget_s: 300,
        run: unit_tests,
    },
    Stage {
        name: "doc",
        budget_s: 120,
        run: doc_tests,
    },
    Stage {
        name: "web",
        budget_s: 60,
        run: web_tests,
    },
    Stage {
        name: "layers",
        budget_s: 180,
        run: layers_oracle,
    },
    Stage {
        name: "clients",
        budget_s: 240,
        run: real_clients,
    },
    Stage {
        name: "apps",
        budget_s: 90,
        run: real_apps,
    },
    Stage {
        name: "bots",
        budget_s: 60,
        run: real_bots,
    },
    Stage {
        name: "browser",
        budget_s: 180,
        run: browser,
    },
    Stage {
        name: "circle",
        budget_s: 60,
        run: circle,
    },
];

/// Runs all stages, or those named by `--stage NAME`.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut chosen = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let ("--stage", Some(name)) = (word.as_str(), words.next()) else {
            return Err(usage());
        };
        let stage = STAGES.iter().find(|stage| stage.name == name);
        chosen.push(stage.ok_or_else(usage)?);
    }
    if chosen.is_empty() {
        chosen = STAGES.iter().collect();
    }
    packages::for_tests()?;
    stages::run(&chosen)
}

fn usage() -> String {
    let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
    format!(
        "usage: cargo xtask test [--stage NAME]...\nstages: {}",
        names.join(", ")
    )
}

fn unit_tests() -> Result<Counts, String> {
    if answers("cargo", &["nextest", "--version"]) {
        counted(
            &mut cargo([
                "nextest",
                "run",
                "--workspace",
                "--no-tests=pass",
                "--no-fail-fast",
            ]),
            |line| line.trim_start().starts_with("Summary"),
        )
    } else {
        counted(
            &mut cargo([
                "test",
                "--workspace",
                "--lib",
                "--bins",
                "--tests",
                "--no-fail-fast",
            ]),
            |line| line.starts_with("test result:"),
        )
    }
}

fn doc_tests() -> Result<Counts, String> {
    counted(&mut cargo(["test", "--workspace", "--doc"]), |line| {
        line.starts_with("test result:")
    })
}

/// Types and parts of the web page.
fn web_tests() -> Result<Counts, String> {
    web::install()?;
    process::succeed(&mut web::npm(&["run", "check"]))?;
    counted(&mut web::npm(&["run", "test"]), |line| {
        line.trim_start().starts_with("Tests ")
    })
}

/// Compares the transcoder with the serializers of released libraries.
fn layers_oracle() -> Result<Counts, String> {
    counted(&mut python("tests/oracles/layers/run.py"), is_plain_summary)
}

/// Lets unmodified client libraries talk to each other through the server.
pub fn real_clients() -> Result<Counts, String> {
    against_the_server("tests/clients/run.py")
}

/// Lets Telegram Desktop, and the library below Telegram's other apps, live through their stories.
pub fn real_apps() -> Result<Counts, String> {
    against_the_server("tests/clients/apps.py")
}

/// Runs bots of unmodified libraries against the server's Bot API.
fn real_bots() -> Result<Counts, String> {
    against_the_server("tests/bots/run.py")
}

/// Installs what a runner of other people's code needs, and runs it against the server.
fn against_the_server(script: &str) -> Result<Counts, String> {
    let server = programs()?.join("heliograph");
    let cache = process::cache_folder()?;
    process::succeed(python(script).args(["setup", "--cache"]).arg(&cache))?;
    counted(
        python(script)
            .arg("--server")
            .arg(server)
            .arg("--cache")
            .arg(&cache),
        is_plain_summary,
    )
}

/// Builds every program, once for all stages that start them, and tells where they lie.
fn programs() -> Result<PathBuf, String> {
    run::build_programs(&[])?;
    Ok(run::target_folder()?.join("debug"))
}

/// Drives the pages of the desk and the web page in Chromium, with the real programs behind them.
fn browser() -> Result<Counts, String> {
    let mut counts = in_a_browser("tests/browser/run.py")?;
    counts.add(in_a_browser("tests/browser/web.py")?);
    Ok(counts)
}

/// Keeps search clean once around, with real clients and Chromium.
fn circle() -> Result<Counts, String> {
    in_a_browser("tests/clients/circle.py")
}

/// Installs what a story in the browser needs, and runs it with every program.
fn in_a_browser(script: &str) -> Result<Counts, String> {
    let programs = programs()?;
    let cache = process::cache_folder()?;
    process::succeed(python(script).args(["setup", "--cache"]).arg(&cache))?;
    counted(
        python(script)
            .arg("--programs")
            .arg(programs)
            .arg("--cache")
            .arg(&cache),
        is_plain_summary,
    )
}

/// Runs a test runner and adds up its summary lines.
fn counted(command: &mut Command, is_summary: fn(&str) -> bool) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let succeeded = watch(command, |line| {
        if is_summary(line) {
            counts.add(Counts::from_summary(line));
        }
    })?;
    if succeeded {
        Ok(counts)
    } else {
        Err(format!(
            "`{}`: {} passed, {} failed",
            process::typed(command),
            counts.passed,
            counts.failed
        ))
    }
}

/// `N passed, N failed`, alone on its line.
fn is_plain_summary(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    matches!(words[..], [passed, "passed,", failed, "failed"]
        if passed.parse::<u64>().is_ok() && failed.parse::<u64>().is_ok())
}

/// A Python script of the repository; it leaves no bytecode there.
pub fn python(script: &str) -> Command {
    let mut command = program("python3");
    command.arg("-B").arg("-u").arg(root().join(script));
    command
}

#[cfg(test)]
mod tests {
    use super::is_plain_summary;

    #[test]
    fn only_a_line_of_its_own_counts_as_a_summary() {
        assert!(is_plain_summary("176 passed, 3 failed"));
        assert!(!is_plain_summary("gramjs: 3 failed"));
        assert!(!is_plain_summary("test result: ok. 5 passed; 0 failed"));
    }
}
