//! `heliograph-verify`: checks a public log, in a folder or at an address, and says in plain words
//! what is proved and what is not.
//!
//! It needs nothing from the operator but the log's files, and links no part of the server.

mod source;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use heliograph_transparency::entry::{DAY_S, Day};
use heliograph_transparency::folder::POLICY;
use heliograph_transparency::policy::{Freshness, Policy};
use heliograph_transparency::tile::TileSource;
use heliograph_transparency::verify::{PolicyFrom, Verification, Verifier};

use crate::source::open_source;
use crate::state::State;

/// Checks a Heliograph log: that every entry is in the signed tree and keeps the rules, that
/// nothing is overdue, that sums add up, and how far others vouch for it.
///
/// The rules are those of docs/formats/log-entries.md. The first line says the trust level:
/// `self-attested` (the operator alone), `witnessed` (a quorum of witnesses of YOUR policy has
/// cosigned), `witnessed+custodied` (besides, custodians outside the operator's control).
///
/// Exit status: 0 if everything is right, 1 if something is not (it is named last), 2 if the log
/// could not be read or the command was wrong.
#[derive(Parser)]
#[command(name = "heliograph-verify", version)]
struct Arguments {
    /// The log: a folder, or an address that begins with http:// or https://.
    #[arg(value_name = "PATH_OR_URL")]
    log: String,

    /// Which log and witness keys to trust, as a C2SP tlog-policy. Without it the log's own is
    /// used, which proves nothing about witnesses.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Remembers the newest checkpoint in this folder, so that a history that was rewritten or
    /// shown to you alone is noticed the next time.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// Goes on checking, every so many seconds, until something is wrong.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "300")]
    watch: Option<u64>,

    /// Prints one JSON object a run instead of text.
    #[arg(long)]
    json: bool,

    /// Judges as of the end of this UTC day (2026-11-21), for a log that is no longer kept up.
    #[arg(long, value_name = "DATE", conflicts_with = "watch")]
    at: Option<Day>,

    /// How old a cosignature may be to count, in hours.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    max_age: u64,
}

/// What ends the program other than a finished run.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("heliograph-verify: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether everything is right.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let source = open_source(&arguments.log)?;
    let (policy, policy_from) = read_policy(arguments, source.as_ref())?;
    let state = match &arguments.state {
        Some(folder) => Some(State::open(folder, &policy)?),
        None => None,
    };
    let remembered = match &state {
        Some(state) => state.remembered()?,
        None => None,
    };
    let freshness = Freshness::within(arguments.max_age.saturating_mul(3_600));
    let mut verifier = Verifier::new(policy, policy_from, freshness, remembered);
    let mut first = true;
    loop {
        let run = verifier.run(source.as_ref(), now_s(arguments));
        match (run, arguments.watch) {
            (Ok(verification), watch) => {
                let right = verification.failure().is_none();
                if first || !right || arguments.json {
                    print(arguments, &verification);
                }
                if let (true, Some(state)) = (right, &state) {
                    state.remember(&verification.checkpoint)?;
                }
                if !right || watch.is_none() {
                    return Ok(right);
                }
            }
            // Somebody who watches is not sent home by one lost connection.
            (Err(error), Some(_)) if !first => eprintln!("heliograph-verify: {error}"),
            (Err(error), _) => return Err(error.into()),
        }
        first = false;
        std::thread::sleep(Duration::from_secs(
            arguments.watch.unwrap_or_default().max(1),
        ));
    }
}

fn print(arguments: &Arguments, verification: &Verification) {
    if arguments.json {
        println!("{}", verification.to_json());
    } else {
        print!("{}", verification.to_text());
    }
}

fn read_policy(
    arguments: &Arguments,
    source: &dyn TileSource,
) -> Result<(Policy, PolicyFrom), Failure> {
    let (bytes, from) = if let Some(path) = &arguments.policy {
        let bytes = std::fs::read(path);
        let bytes = bytes.map_err(|error| format!("{}: {error}", path.display()))?;
        (bytes, PolicyFrom::Reader)
    } else {
        let bytes = source.read(POLICY)?;
        let bytes = bytes.ok_or("the log names no key of its own; pass --policy FILE")?;
        (bytes, PolicyFrom::Log)
    };
    let policy = Policy::parse(&bytes).map_err(|error| format!("the policy: {error}"))?;
    Ok((policy, from))
}

fn now_s(arguments: &Arguments) -> u64 {
    match arguments.at {
        Some(day) => day.start_unix() + DAY_S - 1,
        None => system_time_s(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program's one look at the clock"
)]
fn system_time_s() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |since| since.as_secs())
}
