//! `heliograph moderation`: the classifier on JSON lines.

use super::Outcome;
use clap::{Args, Subcommand};
use heliograph_classifier::evaluate::evaluate;
use heliograph_classifier::labels::Example;
use heliograph_classifier::learn::learn;
use heliograph_classifier::lines;
use heliograph_classifier::model::Model;
use serde_json::json;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

pub const EXAMPLES: &str = "\
Examples:
  echo '{\"id\":1,\"text\":\"hello\"}' | heliograph moderation score
  heliograph moderation score < channels.jsonl       lines {\"id\",\"title\",\"about\",\"posts\":[…]}
  heliograph moderation learn < decisions.jsonl      lines {\"text\",\"labels\":[\"spam\"]}
  heliograph moderation evaluate < labelled.jsonl    the same lines; `[]` for a benign text";

/// What to do with the lines of the standard input.
#[derive(Subcommand)]
pub enum Moderation {
    /// Judge texts and channels.
    Score(Which),
    /// Make a new version of the model that has learned from labelled texts.
    ///
    /// The new version becomes a file beside the older ones, and `score` and `evaluate` use the newest;
    /// to go back, remove it. A running server takes it with `heliograph admin model use`. It is refused, and nothing is written, if it does markedly worse than before on
    /// texts whose labels are certain.
    Learn(Which),
    /// Measure the model on labelled texts, by language.
    Evaluate(Which),
}

/// Which model.
#[derive(Args)]
pub struct Which {
    /// The data folder; its newest model is used, or the one that ships with this program.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// A certain model.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

/// The ending of a model's file.
const ENDING: &str = "hcm";

/// Does what was asked. Lines that cannot be read are named on the standard error output and passed
/// over; then the outcome is a failure, after all others were answered.
pub fn run(asked: &Moderation) -> Outcome {
    match asked {
        Moderation::Score(which) => {
            let model = which.open()?;
            let mut out = std::io::stdout().lock();
            let unread = each_line(|line| {
                let answer = lines::score(&model, line)?;
                Ok(writeln!(out, "{answer}")?)
            })?;
            all_read(unread)
        }
        Moderation::Learn(which) => {
            let (batch, unread) = examples()?;
            // Half a batch may be a wrong one.
            all_read(unread)?;
            teach(which, &batch)
        }
        Moderation::Evaluate(which) => {
            let model = which.open()?;
            let (examples, unread) = examples()?;
            let mut reports = evaluate(&model, &examples);
            let all = reports.remove("");
            let report = json!({
                "model": model.header.version,
                "all": all,
                "languages": reports,
            });
            writeln!(std::io::stdout(), "{report}")?;
            all_read(unread)
        }
    }
}

fn teach(which: &Which, batch: &[Example]) -> Outcome {
    let learned = learn(&which.open()?, batch, &lines::gold())?;
    let version = learned.model.header.version;
    let folder = which.models();
    let path = folder.join(format!("{version:06}.{ENDING}"));
    std::fs::create_dir_all(&folder)?;
    // Whole or not at all: another name until every byte is there.
    let unfinished = path.with_extension("new");
    std::fs::write(&unfinished, learned.model.encode())?;
    std::fs::rename(&unfinished, &path)?;
    let told = json!({
        "model": version,
        "file": path,
        "learned": learned.used,
        "repeated": learned.repeated,
        "disputed": learned.disputed,
        "new_languages": learned.new_languages,
    });
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

impl Which {
    fn models(&self) -> PathBuf {
        self.data.join("models")
    }

    fn open(&self) -> Result<Model, Box<dyn Error>> {
        let newest = newest(&self.models());
        let Some(path) = self.model.as_ref().or(newest.as_ref()) else {
            return Ok(Model::shipped());
        };
        let failed = |error: &dyn Error| format!("{}: {error}", path.display());
        let file = std::fs::read(path).map_err(|error| failed(&error))?;
        Ok(Model::decode(&file).map_err(|error| failed(&error))?)
    }
}

/// The model of the highest version in a folder; names are numbers of one length.
fn newest(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
        .max()
}

fn examples() -> Result<(Vec<Example>, usize), Box<dyn Error>> {
    let mut examples = Vec::new();
    let unread = each_line(|line| {
        examples.push(lines::example(line)?);
        Ok(())
    })?;
    Ok((examples, unread))
}

/// Does something with each line that is not blank; the answer is how many could not be used.
fn each_line(mut use_line: impl FnMut(&str) -> Outcome) -> Result<usize, Box<dyn Error>> {
    let mut unread = 0;
    for (at, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        let used = match std::str::from_utf8(&line) {
            Ok(line) if line.trim().is_empty() => continue,
            Ok(line) => use_line(line),
            Err(_) => Err("this is no UTF-8".into()),
        };
        if let Err(error) = used {
            // Whoever reads the answers has gone away.
            if error.is::<std::io::Error>() {
                return Err(error);
            }
            unread += 1;
            writeln!(std::io::stderr(), "line {}: {error}", at + 1)?;
        }
    }
    Ok(unread)
}

fn all_read(unread: usize) -> Outcome {
    match unread {
        0 => Ok(()),
        1 => Err("one line could not be used".into()),
        count => Err(format!("{count} lines could not be used").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_model_is_the_one_of_the_highest_version() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(newest(folder.path()), None);
        for name in ["000002.hcm", "000010.hcm", "000011.new"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        assert_eq!(
            newest(folder.path()),
            Some(folder.path().join("000010.hcm"))
        );
    }
}
