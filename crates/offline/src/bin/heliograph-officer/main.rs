//! `heliograph-officer`: an officer's offline tool.
//!
//! One file in, one file out. It opens no socket.

mod ask;
mod ceremony;
mod decide;

use clap::{Args, Parser, Subcommand};
use heliograph_offline::hex;
use heliograph_offline::lock::Lock;
use heliograph_offline::officer::Officer;
use heliograph_offline::practice::practice;
use heliograph_offline::system::{Entropy, keep_memory_private, system_clock};
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zeroize::Zeroizing;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// An officer's offline tool: key ceremonies, reviews, approvals, signatures.
///
/// Everything secret lies sealed in the officer's folder. A command reads files, shows what they
/// mean, asks, and writes one file to hand back.
#[derive(Parser)]
#[command(name = "heliograph-officer", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Place {
    /// The officer's folder
    #[arg(long, global = true, default_value = "officer")]
    dir: PathBuf,
    /// Read the passphrase from the first line of a file instead of asking for it
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The age identity file of the second factor; for a token the stub that its plugin wrote
    #[arg(long, global = true, value_name = "FILE")]
    second_factor_identity: Option<PathBuf>,
    /// Do not ask; only in a demonstration
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Make an identity, and print the card to hand to others
    Init {
        /// What people call you: letters, digits, dots, hyphens, underscores
        #[arg(long)]
        name: String,
        /// Seal every secret under this age recipient as well (of a hardware token's plugin, say)
        #[arg(long, value_name = "RECIPIENT")]
        second_factor: Option<String>,
        /// Keys of a demonstration: they serve in one only, and under a quick passphrase
        #[arg(long)]
        demo: bool,
    },
    /// Print the card and its eight words
    Card,
    /// Pin the trust policy: the log to follow and its witnesses. For good
    Pin {
        /// The policy (c2sp.org/tlog-policy)
        policy: PathBuf,
    },
    #[command(flatten)]
    Ceremony(ceremony::Command),
    /// Bring the copy of the log forward, and take a new share into use
    Follow {
        /// A log update from the desk
        update: PathBuf,
    },
    /// Check a case and decide on it
    Review(decide::Review),
    /// Show an entry of the log and sign it
    Sign(decide::Sign),
    /// A whole ceremony and an opening on throw-away keys, told step by step
    Practice {
        /// How many officers
        #[arg(long, default_value_t = 3)]
        officers: u8,
        /// How many of them decide
        #[arg(long, default_value_t = 2)]
        threshold: u8,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heliograph-officer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { place, command }: Cli) -> Result<()> {
    keep_memory_private()?;
    match command {
        Command::Init {
            name,
            second_factor,
            demo,
        } => init(&place, &name, second_factor, demo),
        Command::Card => {
            let officer = place.officer()?;
            print!("{}", officer.card().to_json());
            eprintln!("{}", officer.card().fingerprint());
            Ok(())
        }
        Command::Pin { policy } => {
            let officer = place.officer()?;
            officer.pin(&fs::read(&policy)?)?;
            println!("pinned; SHA-256 {}", hex(&officer.log()?.policy_hash()));
            Ok(())
        }
        Command::Ceremony(command) => ceremony::run(&place, command),
        Command::Follow { update } => decide::follow(&place, &update),
        Command::Review(review) => decide::review(&place, &review),
        Command::Sign(sign) => decide::sign(&place, &sign),
        Command::Practice {
            officers,
            threshold,
        } => {
            let folder = TemporaryFolder::new()?;
            let (clock, entropy) = (system_clock(), Entropy::system());
            let told = &mut io::stdout().lock();
            practice(&folder.0, officers, threshold, &clock, &entropy, told)
                .map_err(|error| -> Box<dyn Error> { error })
        }
    }
}

fn init(place: &Place, name: &str, second_factor: Option<String>, demo: bool) -> Result<()> {
    let passphrase = match &place.passphrase_file {
        Some(file) => ask::passphrase_of(file)?,
        None => ask::new_passphrase()?,
    };
    if !demo {
        ask::refuse_short(&passphrase)?;
    }
    let lock = place.lock_of(&passphrase, second_factor.as_deref(), demo)?;
    let entropy = Entropy::system();
    let card = Officer::init(&place.dir, name, &lock, second_factor, demo, &entropy)?;
    print!("{}", card.to_json());
    eprintln!(
        "read these words to the others, face to face: {}",
        card.fingerprint()
    );
    Ok(())
}

impl Place {
    fn officer(&self) -> Result<Officer> {
        let officer = Officer::open(&self.dir, system_clock(), Entropy::system())?;
        if self.yes && !officer.is_demo() {
            return Err("--yes is for demonstrations: a person decides".into());
        }
        Ok(officer)
    }

    /// Asks for what the officer's secrets lie under.
    fn lock(&self, officer: &Officer) -> Result<Lock> {
        let passphrase = match &self.passphrase_file {
            Some(file) => ask::passphrase_of(file)?,
            None => ask::passphrase()?,
        };
        self.lock_of(&passphrase, officer.second_factor(), officer.is_demo())
    }

    fn lock_of(
        &self,
        passphrase: &Zeroizing<String>,
        second_factor: Option<&str>,
        demo: bool,
    ) -> Result<Lock> {
        let lock = Lock::passphrase(passphrase.to_string());
        let lock = if demo { lock.weakly() } else { lock };
        let Some(recipient) = second_factor else {
            return Ok(lock);
        };
        let identity = match &self.second_factor_identity {
            Some(file) => Some(Zeroizing::new(fs::read_to_string(file)?)),
            None => None,
        };
        Ok(lock.with_second_factor(recipient, identity)?)
    }

    /// Asks a question that only `yes` answers; in a demonstration it may be answered by `--yes`.
    fn confirm(&self, question: &str) -> Result<()> {
        if self.yes || ask::line(&format!("{question} Type yes: "))? == "yes" {
            Ok(())
        } else {
            Err("not confirmed".into())
        }
    }
}

/// Writes a file to hand back; one that is there is not overwritten.
fn hand_back(path: &Path, contents: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    file.write_all(contents)?;
    file.sync_all()?;
    println!("written: {}", path.display());
    Ok(())
}

/// A folder under the system's temporary one that goes away with this.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> Result<Self> {
        let name = hex(&Entropy::system().draw()[..8]);
        let path = std::env::temp_dir().join(format!("heliograph-practice-{name}"));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What is left are keys that protect nothing.
        let _ = fs::remove_dir_all(&self.0);
    }
}
