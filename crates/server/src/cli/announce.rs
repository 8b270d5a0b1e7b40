//! `heliograph admin announce` and `heliograph admin statements`.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command};
use crate::secrets::DataFolder;
use clap::Args;
use heliograph_transparency::entry::Day;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

pub const ANNOUNCE_EXAMPLES: &str = "\
Examples:
  heliograph admin announce \"The server is down on Sunday from 02:00 to 03:00 UTC.\"
  heliograph admin announce --file words.txt

Whoever has the words checks them: the entry holds the base64 of this,
  printf '%s' \"$words\" | openssl dgst -sha256 -binary | base64
and `heliograph log prove N` prints the proof that the entry is in the log.";

pub const STATEMENTS_EXAMPLES: &str = "\
Example:
  heliograph admin statements --since 2026-10-01 --out statements.jsonl";

/// The flags of `announce`.
#[derive(Args)]
pub struct Announce {
    /// What everybody is told.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    text: Option<String>,
    /// The same from a file, as UTF-8.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    server: RunningServer,
}

/// The flags of `statements`.
#[derive(Args)]
pub struct Statements {
    /// Decided on this UTC day or later.
    #[arg(long, value_name = "DATE")]
    since: Day,
    /// Where to; one JSON object on each line. A file that is there already is not touched.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    server: RunningServer,
}

/// Has `@announcements` say something to everybody.
pub fn announce(asked: Announce) -> Outcome {
    let text = match (asked.text, asked.file) {
        (Some(text), _) => text,
        (None, Some(file)) => {
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?
        }
        (None, None) => return Err("give the words, or a file with them".into()),
    };
    let socket = DataFolder::new(asked.server.data).control_socket();
    match control::ask(&socket, &Command::Announce { text })? {
        Answer::Count(entry) => writeln!(std::io::stdout(), "entry {entry} of the public log")?,
        Answer::Refused(reason) => return Err(reason.into()),
        _ => return Err(control::ControlError::Garbled.into()),
    }
    Ok(())
}

/// Writes the statements of reasons as the European database takes them.
pub fn statements(asked: Statements) -> Outcome {
    let socket = DataFolder::new(asked.server.data).control_socket();
    let named = |error| format!("{}: {error}", asked.out.display());
    let mut out = fs::File::create_new(&asked.out).map_err(named)?;
    let (mut from, mut count) = (Some(1), 0);
    while let Some(number) = from {
        let command = Command::Statements {
            from: number,
            since: asked.since.0,
        };
        let (records, next) = match control::ask(&socket, &command)? {
            Answer::Statements { records, next } => (records, next),
            Answer::Refused(reason) => return Err(reason.into()),
            _ => return Err(control::ControlError::Garbled.into()),
        };
        for record in &records {
            writeln!(out, "{record}")?;
        }
        count += records.len();
        from = next;
    }
    out.sync_all()?;
    writeln!(std::io::stdout(), "{count} statements")?;
    Ok(())
}
