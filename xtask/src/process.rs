//! Starting other programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;

/// The root of the repository.
pub fn root() -> &'static Path {
    // Where Cargo runs it. What was compiled in may be another clone that shares the target folder.
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = std::env::var_os("CARGO_MANIFEST_DIR");
        let xtask = here.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        xtask
            .parent()
            .expect("xtask lies in the workspace")
            .to_owned()
    });
    &ROOT
}

/// `cargo`, in the root of the repository, as the one that started this program.
pub fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(arguments);
    // What cargo tells this program about its own package would make build scripts that look at it
    // (ring's does) build again whenever cargo is called by hand in between.
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// A program, in the root of the repository.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// The folder that keeps what outlives a clone: `$XDG_CACHE_HOME/heliograph`.
pub fn cache_folder() -> Result<PathBuf, String> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(base.join("heliograph"))
}

/// The program and its arguments as one would type them.
pub fn typed(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a program to its end; an end other than success is an error that names it.
pub fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|error| format!("{} could not be started: {error}", typed(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{}` ended with {status}", typed(command)))
    }
}

/// What a program prints, when it succeeds.
pub fn output(command: &mut Command) -> Result<String, String> {
    let done = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} could not be started: {error}", typed(command)))?;
    if !done.status.success() {
        return Err(format!("`{}` ended with {}", typed(command), done.status));
    }
    String::from_utf8(done.stdout).map_err(|_| format!("`{}` printed no text", typed(command)))
}

/// Whether a program exists and succeeds, silently.
pub fn answers(name: &str, arguments: &[&str]) -> bool {
    Command::new(name)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a program, shows what it prints as it comes, and hands each line to `see` as well.
///
/// The answer is whether it succeeded.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} could not be started: {error}", typed(command)))?;
    let (lines, received) = std::sync::mpsc::channel();
    let stdout = child.stdout.take().map(|out| forward(out, lines.clone()));
    let stderr = child.stderr.take().map(|err| forward(err, lines));
    for line in received {
        println!("{line}");
        // A pipe that is closed while printing must not stop the tests.
        let _ = std::io::stdout().flush();
        see(&line);
    }
    for reader in [stdout, stderr].into_iter().flatten() {
        reader
            .join()
            .map_err(|_| "a reader of output ended early")?;
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(status.success())
}

fn forward(
    from: impl Read + Send + 'static,
    to: std::sync::mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            if to.send(text.trim_end_matches('\n').into()).is_err() {
                return;
            }
            line.clear();
        }
    })
}
