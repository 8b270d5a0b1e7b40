//! The web page: built from `web/` into `target/web`, where the server's build script looks for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::process::{program, root, succeed};

/// What the page is built from, in `web/`.
const SOURCES: [&str; 6] = [
    "build",
    "index.html",
    "package-lock.json",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];

/// Builds the page, if something in it has changed since the last time.
///
/// A page that is only as old as its sources is left alone: cargo would build the server anew.
pub fn build() -> Result<(), String> {
    let built = modified(&root().join("target/web/index.html"));
    let changed = SOURCES
        .iter()
        .filter_map(|name| newest(&folder().join(name)))
        .max();
    if built.is_some() && built >= changed {
        return Ok(());
    }
    install()?;
    succeed(&mut npm(&["run", "build"]))
}

/// Installs the packages of the lock file, if they are not there yet.
pub fn install() -> Result<(), String> {
    let lock = folder().join("package-lock.json");
    let installed = folder().join("node_modules/.installed");
    let wanted = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    if fs::read(&installed).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    succeed(&mut npm(&["ci"]))?;
    fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))
}

/// npm, in the folder of the page.
pub fn npm(words: &[&str]) -> Command {
    let mut command = program("npm");
    command.args(words).current_dir(folder());
    command
}

fn folder() -> PathBuf {
    root().join("web")
}

/// When a file, or the newest file in a folder, was written.
fn newest(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = fs::read_dir(path) else {
        return modified(path);
    };
    // The folder's own time tells of files that are gone.
    let files = entries.flatten().filter_map(|entry| newest(&entry.path()));
    files.chain(modified(path)).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
