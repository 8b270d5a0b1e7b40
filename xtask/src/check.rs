//! What must hold before any test runs.

use serde_json::Value;

use crate::process::{cargo, output, root, succeed};
use crate::stages::Counts;
use crate::{attacks, graph, nevers, papers, tools, train};

const DRIVER: &str = "tests/clients/grammers/Cargo.toml";

/// What a check answers, and what it is called.
type Check = (&'static str, fn() -> Result<(), String>);

const CHECKS: [Check; 6] = [
    (
        "crate graph, DEPS.md, lock files, attacks",
        papers_and_graph,
    ),
    ("format", format),
    ("lints", lints),
    ("documentation", documentation),
    ("weights of the classifier", train::check),
    ("licences, bans, sources", licences),
];

/// Runs every check, the quick ones first; a failure names all that failed.
pub fn run() -> Result<Counts, String> {
    let mut failures = Vec::new();
    for (name, check) in CHECKS {
        println!("-- {name}");
        if let Err(message) = check() {
            failures.push(format!("{name}: {message}"));
        }
    }
    if failures.is_empty() {
        Ok(Counts::default())
    } else {
        Err(failures.join("\n"))
    }
}

fn papers_and_graph() -> Result<(), String> {
    let metadata = output(&mut cargo(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = graph::packages(&metadata);
    let mut complaints = graph::complaints(&packages);
    complaints.extend(papers::dependencies(&packages)?);
    complaints.extend(papers::lock_files()?);
    complaints.extend(nevers::complaints()?);
    complaints.extend(attacks::complaints()?);
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(complaints.join("\n"))
    }
}

fn format() -> Result<(), String> {
    succeed(&mut cargo(["fmt", "--all", "--check"]))?;
    succeed(&mut cargo(["fmt", "--check", "--manifest-path", DRIVER]))
}

fn lints() -> Result<(), String> {
    let denied = ["--", "--deny", "warnings"];
    succeed(cargo(["clippy", "--workspace", "--all-targets"]).args(denied))
}

fn documentation() -> Result<(), String> {
    let mut docs = cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
    succeed(docs.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn licences() -> Result<(), String> {
    let mut deny = tools::cargo_deny()?;
    // What is only a warning (several versions of one crate) would bury everything else.
    deny.args([
        "--log-level",
        "error",
        "check",
        "licenses",
        "bans",
        "sources",
    ]);
    succeed(deny.current_dir(root()))
}
