//! What must hold before any test runs.

use serde_json::Value;

use crate::process::{answers, cargo, output, program, succeed};
use crate::stages::Counts;
use crate::{graph, papers};

const DRIVER: &str = "tests/clients/grammers/Cargo.toml";

/// Format, lints, documentation, crate graph, papers, lock files, licences.
///
/// The quick ones come first; the first that fails ends the stage.
pub fn run() -> Result<Counts, String> {
    println!("format");
    succeed(&mut cargo(["fmt", "--all", "--check"]))?;
    succeed(&mut cargo(["fmt", "--check", "--manifest-path", DRIVER]))?;

    println!("crate graph, DEPS.md, lock files");
    let metadata = output(&mut cargo(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let packages = graph::packages(&metadata);
    let mut complaints = graph::complaints(&packages);
    complaints.extend(papers::dependencies(&packages)?);
    complaints.extend(papers::lock_files()?);
    if !complaints.is_empty() {
        return Err(complaints.join("\n"));
    }

    println!("lints");
    succeed(&mut cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;

    println!("documentation");
    let mut docs = cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
    succeed(docs.env("RUSTDOCFLAGS", "--deny warnings"))?;

    if answers("cargo", &["deny", "--version"]) {
        println!("licences, bans, sources");
        succeed(program("cargo").args(["deny", "check", "licenses", "bans", "sources"]))?;
    } else {
        println!("licences, bans, sources: not checked, cargo-deny is not installed");
    }
    Ok(Counts::default())
}
