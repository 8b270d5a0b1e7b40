//! `heliograph admin switch`: what the operator switches off for a while.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command};
use crate::secrets::DataFolder;
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use heliograph_domain::switches::Uploaders;
use heliograph_transparency::entry::Minute;
use std::io::Write as _;

/// How the commands are used.
pub const EXAMPLES: &str = "\
Examples:
  heliograph admin switch uploads --for new --until 2026-12-01T12:00Z --reason \"A flood of spam\"
  heliograph admin switch uploads --for new --on";

/// What can be switched off.
#[derive(Subcommand)]
pub enum Switch {
    /// Stop pictures and files from being sent, for a while.
    ///
    /// It takes effect at once and ends by itself. People are told the reason and until when; the
    /// same stands in the public log.
    #[command(after_help = EXAMPLES)]
    Uploads {
        /// For whom: accounts in their first week, bots, or everyone.
        #[arg(long = "for", value_name = "WHOM", value_parser = whom())]
        of: String,
        /// Until when, as a UTC minute: 2026-12-01T12:00Z.
        #[arg(long, value_name = "TIME", required_unless_present = "on")]
        until: Option<Minute>,
        /// Why, in a sentence that people will read.
        #[arg(long, value_name = "WORDS", required_unless_present = "on")]
        reason: Option<String>,
        /// Switch them on again.
        #[arg(long, conflicts_with_all = ["until", "reason"])]
        on: bool,
        #[command(flatten)]
        server: RunningServer,
    },
}

fn whom() -> PossibleValuesParser {
    Uploaders::ALL.map(Uploaders::word).into()
}

/// Does what was asked.
pub fn switch(asked: Switch) -> Outcome {
    let Switch::Uploads {
        of,
        until,
        reason,
        on: _,
        server,
    } = asked;
    let command = Command::SwitchUploads {
        of,
        until: until.map(Minute::start_unix),
        reason: reason.unwrap_or_default(),
    };
    let socket = DataFolder::new(server.data).control_socket();
    match control::ask(&socket, &command)? {
        Answer::Refused(reason) => return Err(reason.into()),
        _ => writeln!(std::io::stdout(), "done")?,
    }
    Ok(())
}
