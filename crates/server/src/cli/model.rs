//! `heliograph admin model`: versions of the classifier.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, Command};
use crate::moderation::ModelLine;
use crate::secrets::DataFolder;
use clap::Subcommand;
use std::io::Write as _;

pub const EXAMPLES: &str = "\
A new version, step by step:
  heliograph admin model learn        makes version 2 of what moderators have decided
  heliograph admin model shadow 2     it judges beside the one at work; nothing follows
  heliograph admin model list         how often the two differ
  heliograph admin model use 2        from now on it judges
  heliograph admin model rollback     back to the one before, in one step";

/// What to do with versions of the classifier. Each change is an entry of the public log.
#[derive(Subcommand)]
pub enum Model {
    /// List the versions.
    List {
        #[command(flatten)]
        server: RunningServer,
    },
    /// Make a new version that has learned from the moderators' decisions.
    ///
    /// It does nothing until it is used. It is not made, and the figures are printed, if it does
    /// markedly worse than before on texts whose labels are certain.
    Learn {
        #[command(flatten)]
        server: RunningServer,
    },
    /// Have a version judge beside the one at work. Nothing follows from what it finds.
    Shadow {
        /// Which.
        version: u32,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Have a version judge from now on.
    Use {
        /// Which.
        version: u32,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Go back to the version that was at work before.
    Rollback {
        #[command(flatten)]
        server: RunningServer,
    },
}

/// Does what was asked.
pub fn model(asked: Model) -> Outcome {
    let (server, command) = match asked {
        Model::List { server } => (server, Command::ListModels {}),
        Model::Learn { server } => (server, Command::LearnModel {}),
        Model::Shadow { version, server } => (server, Command::ShadowModel { version }),
        Model::Use { version, server } => (server, Command::UseModel { version }),
        Model::Rollback { server } => (server, Command::RollBackModel {}),
    };
    let socket = DataFolder::new(server.data).control_socket();
    let mut out = std::io::stdout().lock();
    match control::ask(&socket, &command)? {
        Answer::Refused(reason) => return Err(reason.into()),
        Answer::Models(versions) => {
            for version in versions {
                writeln!(out, "{}", line(&version))?;
            }
        }
        Answer::Learned(learned) => writeln!(
            out,
            "version {} has learned from {} texts ({} repeated others, {} were disputed)",
            learned.version, learned.used, learned.repeated, learned.disputed
        )?,
        Answer::Count(version) => writeln!(out, "version {version} is at work again")?,
        _ => writeln!(out, "done")?,
    }
    Ok(())
}

fn line(version: &ModelLine) -> String {
    let ModelLine {
        version,
        state,
        learned,
        agreed,
        differed,
    } = version;
    let mut line = format!("version {version:<4} {state:<7} {learned} decisions learned");
    if *agreed + *differed > 0 {
        let told = format!("; of {} verdicts {differed} differ", agreed + differed);
        line.push_str(&told);
    }
    line
}
