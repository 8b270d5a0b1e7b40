//! Asking the person at the keyboard.

use super::Result;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// The shortest passphrase, in characters: six words of a list of thousands.
const SHORTEST: usize = 20;

/// A passphrase that exists.
pub fn passphrase() -> Result<Zeroizing<String>> {
    Ok(Zeroizing::new(rpassword::prompt_password("Passphrase: ")?))
}

/// A passphrase that is being chosen, typed twice.
pub fn new_passphrase() -> Result<Zeroizing<String>> {
    eprintln!("Choose six or more words at random, and write them nowhere near this folder.");
    let first = passphrase()?;
    let again = Zeroizing::new(rpassword::prompt_password("The same again: ")?);
    if first != again {
        return Err("the two were not the same".into());
    }
    Ok(first)
}

/// The first line of a file.
pub fn passphrase_of(file: &Path) -> Result<Zeroizing<String>> {
    let text = Zeroizing::new(fs::read_to_string(file)?);
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(format!("{}: holds no passphrase", file.display()).into());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

pub fn refuse_short(passphrase: &str) -> Result<()> {
    if passphrase.chars().count() < SHORTEST {
        return Err(format!("a passphrase has at least {SHORTEST} characters").into());
    }
    Ok(())
}

/// A line that is typed openly.
pub fn line(prompt: &str) -> Result<String> {
    eprint!("{prompt}");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
