//! `cargo xtask schema`: rebuilds `schema/history.tl` and `schema/SOURCES.md`.

use std::path::PathBuf;
use std::process::Command;

/// Runs `xtask/schema/rebuild.py`, which fetches the released packages with cargo, npm and pip, checks
/// every id against its CRC32 and writes both files.
///
/// The packages are kept below the user's cache folder, or in the folder named by the only argument.
/// Fails with a sentence when Python is missing or the script ends with an error.
pub fn run(args: &[String]) -> Result<(), String> {
    let root = crate::process::root();
    let cache = match args {
        [] => cache_folder()?,
        [folder] => PathBuf::from(folder),
        _ => return Err("usage: cargo xtask schema [CACHE_FOLDER]".into()),
    };
    let status = Command::new("python3")
        .arg(root.join("xtask/schema/rebuild.py"))
        .arg("--cache")
        .arg(cache)
        .arg("--out")
        .arg(root.join("schema"))
        .status()
        .map_err(|error| format!("python3 could not be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("rebuild.py ended with {status}"))
    }
}

/// `$XDG_CACHE_HOME/heliograph/schema`, by default below `~/.cache`.
fn cache_folder() -> Result<PathBuf, String> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set; name a cache folder")?;
    Ok(base.join("heliograph/schema"))
}
