//! `heliograph admin search-explain` and `heliograph admin reindex`.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command};
use crate::search::explain::Question;
use crate::secrets::DataFolder;
use clap::Args;
use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::thread::sleep;
use std::time::Duration;

pub const EXPLAIN_EXAMPLES: &str = "\
Examples:
  heliograph admin search-explain weather
  heliograph admin search-explain '#rain' --country DE --json";

/// The flags of `search-explain`.
#[derive(Args)]
pub struct Explain {
    /// What people type.
    query: String,
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// As somebody from this country (two letters).
    #[arg(long, value_name = "CC", conflicts_with = "viewer")]
    country: Option<String>,
    /// As this person sees it: a username.
    #[arg(long = "as", value_name = "USER")]
    viewer: Option<String>,
    #[command(flatten)]
    server: RunningServer,
}

/// The flags of `reindex`.
#[derive(Args)]
pub struct Reindex {
    #[command(flatten)]
    server: RunningServer,
}

/// How often the bar is drawn.
const LOOK_EVERY: Duration = Duration::from_millis(250);

fn ask(data: &DataFolder, command: &Command) -> Result<Answer, Box<dyn Error>> {
    match control::ask(&data.control_socket(), command)? {
        Answer::Refused(reason) => Err(reason.into()),
        answer => Ok(answer),
    }
}

/// Prints why each result stands where it stands.
pub fn explain(asked: Explain) -> Outcome {
    let data = DataFolder::new(asked.server.data);
    let question = Question {
        query: asked.query,
        country: asked.country,
        viewer: asked.viewer,
    };
    let Answer::Explained(explained) = ask(&data, &Command::ExplainSearch(question))? else {
        return Err(control::ControlError::Garbled.into());
    };
    let mut out = std::io::stdout().lock();
    if asked.json {
        writeln!(out, "{}", serde_json::to_string(&explained)?)?;
    } else {
        write!(out, "{}", explained.text())?;
    }
    Ok(())
}

/// Has the index made anew, and waits until it is.
pub fn reindex(asked: Reindex) -> Outcome {
    let data = DataFolder::new(asked.server.data);
    ask(&data, &Command::Reindex {})?;
    let mut out = std::io::stderr();
    loop {
        let Answer::Index(state) = ask(&data, &Command::IndexState {})? else {
            return Err(control::ControlError::Garbled.into());
        };
        if out.is_terminal() {
            write!(out, "\r{}", state.bar())?;
        }
        if state.complete {
            writeln!(out)?;
            writeln!(std::io::stdout(), "{} peers and posts", state.documents)?;
            return Ok(());
        }
        sleep(LOOK_EVERY);
    }
}
