//! `heliograph admin backup` and `heliograph admin restore`.

use super::{Outcome, RunningServer};
use crate::backup::{self, Copied};
use crate::secrets::DataFolder;
use clap::Args;
use std::io::Write as _;
use std::path::PathBuf;

pub const BACKUP_EXAMPLES: &str = "\
Examples:
  heliograph admin backup --to /backup/2026-11-22 --data /srv/heliograph
  heliograph admin backup --to /safe/with-keys --with-keys --data /srv/heliograph

A copy holds what people wrote: keep it where only you can read it, and erase it after 30 days, so
that what people delete is gone by then. The keys belong in another place than the copies.";

pub const RESTORE_EXAMPLES: &str = "\
Example:
  heliograph admin restore --from /backup/2026-11-22 --data /srv/heliograph-new

Where the public log has grown since the copy was made, bring the newer log into DIR/log before you
start the server: anyone who follows it has it. A log that goes back is found by its witnesses.";

/// The flags of `backup`.
#[derive(Args)]
pub struct Backup {
    /// The new folder that the copy goes into.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The keys as well; without them the copy alone is of no use to anybody, you included.
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    server: RunningServer,
}

/// The flags of `restore`.
#[derive(Args)]
pub struct Restore {
    /// A copy that `backup` made.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    server: RunningServer,
}

/// Copies the data folder while its server goes on.
pub fn backup(asked: &Backup) -> Outcome {
    let data = DataFolder::new(&asked.server.data);
    let copied = backup::backup(&data, &asked.to, asked.with_keys)?;
    let keys = if copied.keys {
        "The keys are in it: whoever has this copy is the server."
    } else {
        "The keys are not in it; a copy can be used only together with them."
    };
    say(&format!("Copied {}. {keys}", counted(copied)))
}

/// Brings a copy back into an empty folder.
pub fn restore(asked: &Restore) -> Outcome {
    let data = DataFolder::new(&asked.server.data);
    let copied = backup::restore(&asked.from, &data)?;
    let keys = if copied.keys {
        String::new()
    } else {
        let keys = data.keys();
        format!(
            " The copy holds no keys: put the keys folder of that installation at {}.",
            keys.display()
        )
    };
    say(&format!(
        "Brought back {}.{keys} Search is made anew from it when the server starts.",
        counted(copied)
    ))
}

fn counted(copied: Copied) -> String {
    format!(
        "{} files, {} MB",
        copied.files,
        copied.bytes.div_ceil(1_000_000)
    )
}

fn say(words: &str) -> Outcome {
    writeln!(std::io::stdout(), "{words}")?;
    Ok(())
}
