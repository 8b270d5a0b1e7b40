//! Programs that the checks need and that no Debian package brings, built by cargo and kept in the
//! cache folder.

use std::path::Path;
use std::process::Command;

use crate::process::{cache_folder, cargo, succeed};

/// The version of cargo-deny that reads `deny.toml`. Another version may know other settings and
/// other licences, so it is never just the newest.
const CARGO_DENY: &str = "0.20.2";

/// The version of cargo-deb that makes the Debian package.
const CARGO_DEB: &str = "3.8.0";

/// cargo-deb; it is installed at the first time, which takes some minutes.
pub fn cargo_deb() -> Result<Command, String> {
    let folder = cache_folder()?.join(format!("tools/cargo-deb-{CARGO_DEB}"));
    let program = folder.join("bin/cargo-deb");
    if !program.exists() {
        install("cargo-deb", CARGO_DEB, &folder)?;
    }
    Ok(Command::new(program))
}

/// cargo-deny; it is installed at the first time, which takes some minutes.
pub fn cargo_deny() -> Result<Command, String> {
    let folder = cache_folder()?.join(format!("tools/cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.exists() {
        install("cargo-deny", CARGO_DENY, &folder)?;
    }
    Ok(Command::new(program))
}

fn install(package: &str, version: &str, folder: &Path) -> Result<(), String> {
    println!(
        "installing {package} {version} with cargo into {} (some minutes, once)",
        folder.display()
    );
    let mut command = cargo(["install", package, "--locked", "--quiet", "--version"]);
    command.arg(version).arg("--root").arg(folder);
    // It is built beside nothing of ours, and what the build leaves is removed.
    command.env_remove("CARGO_TARGET_DIR");
    succeed(&mut command)
}
