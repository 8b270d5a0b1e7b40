//! Lists of pictures that are not to be published, as hashes: the operator's, none comes with the
//! program.
//!
//! Each list is a text file of the data folder: a line `reason WORD` or `reason WORD refuse`, then one PDQ hash of 64
//! hexadecimal digits in each line. A hash tells nobody what the picture shows.

use heliograph_classifier::pdq::{Bank, Hashed, Pdq, brightness};
use heliograph_moderation::reasons::{self, Reason};
use heliograph_moderation::refusals::may_refuse;
use heliograph_pictures::{PictureError, pixels};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use thiserror::Error;

/// The ending of a list's file.
const ENDING: &str = "pdq";

/// How long the name of a list may be.
const NAME_MAX: usize = 40;

/// What is wrong with a list, in words for the operator.
#[derive(Debug, Error)]
pub enum BankError {
    /// Not a name.
    #[error("name a list by small letters, digits and hyphens, 40 at most")]
    Name,
    /// No such list.
    #[error("there is no list of this name")]
    Unknown,
    /// No such reason.
    #[error("{0}: its first line must be `reason` and a reason for reports, as `child-sexual`")]
    Reason(String),
    /// A refusal would warn.
    #[error(
        "where a child or a life is in danger, pictures are held and not refused: a refusal warns"
    )]
    Warns,
    /// Not a hash.
    #[error("{0}, line {1}: this is no hash of 64 hexadecimal digits")]
    Hash(String, usize),
    /// A file.
    #[error("a list cannot be read or written: {0}")]
    File(#[from] io::Error),
}

/// A list, for the operator: its hashes are not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankLine {
    /// Its name.
    pub name: String,
    /// The word of the reason for which a match is held.
    pub reason: String,
    /// How many hashes it has.
    pub hashes: usize,
    /// What becomes of a match.
    pub then: Then,
}

/// What becomes of a post with a picture of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// It is held until a person has looked.
    Hold,
    /// It is not let in.
    Refuse,
}

struct Loaded {
    line: BankLine,
    reason: &'static Reason,
    bank: Bank,
}

/// The lists at work.
pub struct Banks {
    folder: PathBuf,
    loaded: RwLock<Arc<Vec<Loaded>>>,
}

impl Banks {
    /// The lists of a folder, which need not be there. None is loaded yet.
    pub fn new(folder: PathBuf) -> Arc<Self> {
        Arc::new(Banks {
            folder,
            loaded: RwLock::default(),
        })
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn loaded(&self) -> Arc<Vec<Loaded>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.clone()
    }

    /// Reads every list anew; one that does not read leaves all as they were. Takes a second or so for
    /// a million hashes.
    pub fn load(&self) -> Result<Vec<BankLine>, BankError> {
        let mut loaded = Vec::new();
        for path in files(&self.folder)? {
            loaded.push(read(&path)?);
        }
        let lines = loaded.iter().map(|one| one.line.clone()).collect();
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(lines)
    }

    /// Whether a list refuses.
    pub fn refuse(&self) -> bool {
        let loaded = self.loaded();
        loaded.iter().any(|one| one.line.then == Then::Refuse)
    }

    /// The list that refuses a picture, and why.
    pub fn refused(&self, picture: &Hashed) -> Option<(String, &'static Reason)> {
        let loaded = self.loaded();
        let mut refusing = loaded.iter().filter(|one| one.line.then == Then::Refuse);
        let found = refusing.find(|one| !one.bank.matches_turned(picture).is_empty());
        found.map(|one| (one.line.name.clone(), one.reason))
    }

    /// Whether there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.loaded().is_empty()
    }

    /// Why a picture is not to be published; `None` for one that is in no list. Where it is in
    /// several, the most urgent reason.
    pub fn reason(&self, picture: &Hashed) -> Option<&'static Reason> {
        let loaded = self.loaded();
        let matching = loaded
            .iter()
            .filter(|one| !one.bank.matches_turned(picture).is_empty());
        matching
            .map(|one| one.reason)
            .min_by_key(|reason| reason.urgency)
    }
}

/// Puts a list in a folder, under this name: what `from` holds, if all of it reads. One of the same
/// name is replaced.
pub fn add(
    folder: &Path,
    name: &str,
    reason: &Reason,
    then: Then,
    from: &Path,
) -> Result<BankLine, BankError> {
    if then == Then::Refuse && !may_refuse(reason) {
        return Err(BankError::Warns);
    }
    let path = path_of(folder, name)?;
    let hashes = hashes(&from.display().to_string(), &fs::read_to_string(from)?, 1)?;
    let mut text = format!("reason {}{}\n", reason.word, word(then));
    for hash in &hashes {
        for word in hash.0.iter().rev() {
            let _ = write!(text, "{word:04x}");
        }
        text.push('\n');
    }
    fs::create_dir_all(folder)?;
    // Whole or not at all: another name until every byte is there.
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, &path)?;
    Ok(BankLine {
        name: name.to_owned(),
        reason: reason.word.to_owned(),
        hashes: hashes.len(),
        then,
    })
}

/// What stands behind the reason in the first line of a list.
fn word(then: Then) -> &'static str {
    match then {
        Then::Hold => "",
        Then::Refuse => " refuse",
    }
}

/// Takes a list away.
pub fn remove(folder: &Path, name: &str) -> Result<(), BankError> {
    match fs::remove_file(path_of(folder, name)?) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BankError::Unknown),
        done => Ok(done?),
    }
}

/// Every list of a folder.
pub fn list(folder: &Path) -> Result<Vec<BankLine>, BankError> {
    files(folder)?
        .iter()
        .map(|path| Ok(read(path)?.line))
        .collect()
}

/// Hashes a picture; `None` for a tiny one. It may come from anybody.
pub fn hashed(bytes: &[u8]) -> Result<Option<Hashed>, PictureError> {
    let picture = pixels(bytes)?;
    let (width, height) = (picture.width as usize, picture.height as usize);
    Ok(Hashed::of(&brightness(&picture.rgb), width, height))
}

fn path_of(folder: &Path, name: &str) -> Result<PathBuf, BankError> {
    let plain = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(plain) {
        return Err(BankError::Name);
    }
    Ok(folder.join(format!("{name}.{ENDING}")))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, BankError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Loaded, BankError> {
    let name = path.file_stem().and_then(|name| name.to_str());
    let name = name.unwrap_or_default().to_owned();
    let text = fs::read_to_string(path)?;
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let first = first.strip_prefix("reason ").unwrap_or_default();
    let (first, then) = match first.strip_suffix(word(Then::Refuse)) {
        Some(reason) => (reason, Then::Refuse),
        None => (first, Then::Hold),
    };
    let reason = reasons::find(first).filter(|reason| then == Then::Hold || may_refuse(reason));
    let reason = reason.ok_or_else(|| BankError::Reason(name.clone()))?;
    let hashes = hashes(&name, rest, 2)?;
    let line = BankLine {
        name,
        reason: reason.word.to_owned(),
        hashes: hashes.len(),
        then,
    };
    Ok(Loaded {
        line,
        reason,
        bank: Bank::of(hashes),
    })
}

/// The hashes of a text whose first line has this number: the first field of each line, as exchanges
/// of such lists write them; blank lines and those that begin with `#` are passed over.
fn hashes(name: &str, text: &str, first: usize) -> Result<Vec<Pdq>, BankError> {
    let mut hashes = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let hash = line
            .split(',')
            .next()
            .and_then(|field| Pdq::parse(field.trim()));
        hashes.push(hash.ok_or_else(|| BankError::Hash(name.to_owned(), first + at))?);
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A published vector: what the reference implementation makes of `aaa-orig.jpg`.
    const BRIDGE: &str = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";

    fn reason() -> &'static Reason {
        reasons::find("copyright").expect("it is in the table")
    }

    #[test]
    fn a_list_is_added_read_and_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let (lists, from) = (folder.path().join("hashes"), folder.path().join("list.csv"));
        fs::write(&from, format!("# of a test\n\n{BRIDGE},100\n")).expect("written");
        let line = add(&lists, "bridges", reason(), Then::Hold, &from).expect("it reads");
        assert_eq!((line.hashes, line.reason.as_str()), (1, "copyright"));
        let banks = Banks::new(lists.clone());
        assert!(banks.is_empty());
        assert_eq!(banks.load().expect("it reads"), std::slice::from_ref(&line));
        assert_eq!(list(&lists).expect("it reads"), [line]);
        let picture = Path::new(env!("CARGO_MANIFEST_DIR"));
        let picture = picture.join("../classifier/tests/data/pdq/aaa-orig.jpg");
        let picture = hashed(&fs::read(picture).expect("a file")).expect("a picture");
        let found = banks.reason(&picture.expect("large enough"));
        assert_eq!(found.map(|reason| reason.word), Some("copyright"));
        remove(&lists, "bridges").expect("it is there");
        assert!(matches!(remove(&lists, "bridges"), Err(BankError::Unknown)));
        assert_eq!(banks.load().expect("it reads"), []);
    }

    #[test]
    fn a_list_with_a_line_that_is_no_hash_is_refused_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (lists, from) = (folder.path().join("hashes"), folder.path().join("list.csv"));
        fs::write(&from, format!("{BRIDGE}\nnonsense\n")).expect("written");
        let refused = add(&lists, "bridges", reason(), Then::Hold, &from);
        assert!(matches!(refused, Err(BankError::Hash(_, 2))));
        assert_eq!(list(&lists).expect("it reads"), []);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["", "../keys", "a/b", "A", "a.b", &"a".repeat(41)] {
            assert!(
                matches!(remove(folder.path(), name), Err(BankError::Name)),
                "{name}"
            );
        }
    }
}
