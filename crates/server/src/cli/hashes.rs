//! `heliograph admin hashes`: lists of pictures that are not to be published.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command, ControlError};
use crate::moderation::banks::{self, BankLine, Then};
use crate::secrets::DataFolder;
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use heliograph_moderation::reasons;
use std::io::Write as _;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Example:
  heliograph admin hashes add list.csv --name hotline-2026 --reason child-sexual";

/// What to do with lists.
#[derive(Subcommand)]
pub enum Hashes {
    /// Add a list, or put it in the place of one of the same name.
    ///
    /// The file has one PDQ hash of 64 hexadecimal digits in each line; what follows a comma is passed
    /// over. A public post with a picture of the list is held until a moderator has looked at it.
    Add {
        /// The file.
        file: PathBuf,
        /// A name for it: small letters, digits, hyphens.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Why such a picture is held: a reason for reports.
        #[arg(long, value_name = "WORD", value_parser = words())]
        reason: String,
        /// Refuse such posts instead of holding them. Not where a child or a life is in danger, for a
        /// refusal warns.
        #[arg(long)]
        refuse: bool,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Name the lists. Hashes are not shown.
    List {
        #[command(flatten)]
        server: RunningServer,
    },
    /// Take a list away.
    Remove {
        /// Its name.
        name: String,
        #[command(flatten)]
        server: RunningServer,
    },
}

fn words() -> PossibleValuesParser {
    let words = reasons::REASONS.iter().map(|reason| reason.word);
    PossibleValuesParser::new(words)
}

/// Does what was asked, and has a running server read the lists anew.
pub fn hashes(asked: Hashes) -> Outcome {
    let mut out = std::io::stdout().lock();
    let data = match asked {
        Hashes::Add {
            file,
            name,
            reason,
            refuse,
            server,
        } => {
            let data = DataFolder::new(server.data);
            let reason = reasons::find(&reason).ok_or("no such reason")?;
            let then = if refuse { Then::Refuse } else { Then::Hold };
            let added = banks::add(&data.hashes(), &name, reason, then, &file)?;
            writeln!(out, "{}", line(&added))?;
            data
        }
        Hashes::List { server } => {
            for list in banks::list(&DataFolder::new(server.data).hashes())? {
                writeln!(out, "{}", line(&list))?;
            }
            return Ok(());
        }
        Hashes::Remove { name, server } => {
            let data = DataFolder::new(server.data);
            banks::remove(&data.hashes(), &name)?;
            data
        }
    };
    match control::ask(&data.control_socket(), &Command::LoadHashes {}) {
        Ok(Answer::Refused(reason)) => Err(reason.into()),
        // It reads them when it starts.
        Ok(_) | Err(ControlError::NoServer(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn line(list: &BankLine) -> String {
    let then = match list.then {
        Then::Hold => "held",
        Then::Refuse => "refused",
    };
    format!(
        "{}  {} hashes, {then} as {}",
        list.name, list.hashes, list.reason
    )
}
