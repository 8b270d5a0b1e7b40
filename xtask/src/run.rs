//! `cargo xtask run`: from a fresh machine to a running server.

use std::path::PathBuf;
use std::process::Command;

use crate::process::{cargo, output, root, succeed};
use crate::{packages, web};

/// Sets up what is missing, builds the server with optimisation and runs it on `./data`.
///
/// What follows `--` goes to `heliograph serve`; a `--data` there replaces the folder.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let flags = match arguments {
        [] => &[],
        [first, rest @ ..] if first == "--" => rest,
        _ => return Err("usage: cargo xtask run [-- FLAGS OF heliograph serve]".into()),
    };
    packages::for_build()?;
    web::build()?;
    succeed(&mut cargo([
        "build",
        "--release",
        "--package",
        "heliograph-server",
    ]))?;

    let mut server = Command::new(target_folder()?.join("release/heliograph"));
    server.arg("serve");
    let names_data = |flag: &String| flag == "--data" || flag.starts_with("--data=");
    if !flags.iter().any(names_data) {
        let data = root().join("data");
        std::fs::create_dir_all(&data)
            .map_err(|error| format!("{} could not be made: {error}", data.display()))?;
        server.arg("--data").arg(data);
    }
    succeed(server.args(flags))
}

/// Builds every program, with the web page in the server.
pub fn build_programs(flags: &[&str]) -> Result<(), String> {
    web::build()?;
    let mut build = cargo([
        "build",
        "--bins",
        "--features",
        "heliograph-transparency/cli",
    ]);
    for name in ["server", "offline", "transparency"] {
        build.args(["--package", &format!("heliograph-{name}")]);
    }
    succeed(build.args(flags))
}

/// Where cargo puts what it builds.
pub fn target_folder() -> Result<PathBuf, String> {
    let metadata = output(&mut cargo(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let folder = metadata["target_directory"]
        .as_str()
        .ok_or("cargo metadata names no target folder")?;
    Ok(folder.into())
}
