//! The command line.

mod announce;
mod backup;
mod bot;
mod hashes;
mod model;
mod moderation;
mod search;
mod staff;
mod switch;

use crate::bench;
use crate::client_config::{self, Client, PublicKey, Target, tdesktop};
use crate::control::{self, Answer};
use crate::custodian_process;
use crate::demo;
use crate::desk;
use crate::gateway::SystemEntropy;
use crate::keeper_process;
use crate::process::Lives;
use crate::secrets::DataFolder;
use crate::settings::{Flags, Settings};
use crate::start;
use crate::system;
use clap::{Args, Parser, Subcommand};
use std::error::Error;
use std::io::{IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::runtime;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A messaging server that speaks Telegram's protocol and that its public can check.
#[derive(Parser)]
#[command(name = "heliograph", version, after_help = FIRST_STEPS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  heliograph serve                                  start on ./data, for this machine
  heliograph client-config --for telethon > me.py   then: python3 me.py
  The code to sign in with appears where the server runs.";

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    ///
    /// Everything is made on the first start; nothing has to be set. When the server is ready it
    /// prints one JSON line on the standard output; codes and log lines go to the standard error
    /// output. It stops in order on Ctrl-C or SIGTERM, and loses nothing if it is killed.
    #[command(after_long_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Print what points a client here, ready to paste.
    #[command(name = "client-config", after_help = CLIENT_EXAMPLES)]
    ClientConfig(ClientConfig),
    /// Tell a running server what to do.
    #[command(subcommand, after_help = ADMIN_EXAMPLES)]
    Admin(Admin),
    /// Measure this program under load, on throw-away data on this machine.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(bench::Options),
    /// Hold the key of phone tags, for a server; `serve` starts one itself.
    Keeper(Keeper),
    /// Hold the second half of sealed records' keys; `serve` starts one itself.
    #[command(after_help = CUSTODIAN_EXAMPLES)]
    Custodian(Custodian),
    /// The legal desk of a running server.
    #[command(subcommand)]
    Desk(DeskCommand),
    /// Judge public texts, teach the classifier, and measure it: JSON lines in, JSON lines out.
    #[command(subcommand, after_help = moderation::EXAMPLES)]
    Moderation(moderation::Moderation),
    /// Look at the public log in a data folder.
    #[command(subcommand)]
    Log(LogCommand),
    /// Print the transparency report of a quarter, computed from the public log alone.
    Report(Report),
    /// See what this is for: the whole story of an order, on throw-away data, in a minute.
    ///
    /// People sign up, officers hold a ceremony, orders come in and one is served; a report is
    /// made, and everything is checked. Ends with 0 when every step held. Nothing leaves this
    /// machine.
    Demo(demo::Options),
}

const CUSTODIAN_EXAMPLES: &str = "\
A custodian elsewhere, in the hands of others than the operator:
  heliograph custodian --folder ./custodian --init town-hall --policy trusted-log.policy
      makes its identity and prints the card that the desk's officers enter in the roster,
      and eight words to read aloud to them
  heliograph custodian --folder ./custodian --listen 0.0.0.0:8600 --log-at https://chat.example/log
      runs it; it follows the log and answers only for what stands there";

/// The flags of `custodian`.
#[derive(Args)]
struct Custodian {
    /// The data folder of the server that this custodian runs beside.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "./data",
        conflicts_with = "folder"
    )]
    data: PathBuf,
    /// Where to listen for that server.
    #[arg(long, value_name = "PATH", conflicts_with = "folder")]
    socket: Option<PathBuf>,
    /// The folder of a custodian that runs by itself.
    #[arg(long, value_name = "DIR", requires = "task")]
    folder: Option<PathBuf>,
    /// Make a custodian of this name in the folder, print its card, and end.
    #[arg(long, value_name = "NAME", group = "task", requires_all = ["folder", "policy"])]
    init: Option<String>,
    /// The trust policy to pin: the log's key and its witnesses.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8600")]
    listen: String,
    /// The log to follow: its web address or folder.
    #[arg(
        long = "log-at",
        value_name = "LOG",
        group = "task",
        requires = "folder"
    )]
    log_at: Option<String>,
    /// End when the standard input ends, as it does when the parent process dies.
    #[arg(long)]
    with_parent: bool,
    /// How much is logged.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

#[derive(Subcommand)]
enum DeskCommand {
    /// Enter what officers have signed in the public log: a key after a ceremony, a decision.
    ///
    /// The text carries its own signatures; the log takes it only if they and all rules hold.
    Enter {
        /// The file, as `heliograph-officer` wrote it.
        entry: PathBuf,
        #[command(flatten)]
        server: RunningServer,
    },
    /// List the cases: where each stands and what is due next. Nothing that an order says is shown.
    Cases {
        /// One JSON object for each line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: RunningServer,
    },
}

#[derive(Subcommand)]
enum LogCommand {
    /// Print the newest signed checkpoint.
    Checkpoint {
        #[command(flatten)]
        data: Folder,
    },
    /// Print the proof that an entry is in the log, as a .tlog-proof file.
    Prove {
        /// The number of the entry, from 0.
        index: u64,
        #[command(flatten)]
        data: Folder,
    },
    /// Print all entries.
    Export {
        #[command(flatten)]
        data: Folder,
    },
}

#[derive(Args)]
struct Folder {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
}

/// The flags of `report`.
#[derive(Args)]
struct Report {
    /// The quarter, as 2026Q4.
    #[arg(long)]
    quarter: heliograph_transparency::entry::Quarter,
    /// In which form.
    #[arg(long, value_name = "FORM", default_value = "csv")]
    format: desk::log::ReportFormat,
    /// What moderation did in its months, in place of what authorities asked for.
    #[arg(long)]
    moderation: bool,
    #[command(flatten)]
    data: Folder,
}

const BENCH_EXAMPLES: &str = "\
Examples:
  heliograph bench sends --pairs 100 --seconds 10
  heliograph bench sends --rate 1500 --json
  heliograph bench sends --secret
  heliograph bench idle --connections 10000";

const SERVE_EXAMPLES: &str = "\
Examples:
  heliograph serve
      for this machine only, on ./data, codes on the console
  heliograph serve --data /srv/heliograph --listen 0.0.0.0:443 --codes webhook:https://sms.example.org/send
      for everyone who can reach this machine; numbers are invited with `heliograph admin`
  HELIOGRAPH_LISTEN=[::]:443 heliograph serve
      every flag is also an environment variable, and a key of heliograph.toml";

const CLIENT_EXAMPLES: &str = "\
Examples:
  heliograph client-config --for telethon > me.py && python3 me.py
  heliograph client-config --for gramjs --address 192.0.2.7:443";

const ADMIN_EXAMPLES: &str = "\
An operator's first week:
  heliograph admin account invite +493012345678              somebody may make an account
  heliograph admin staff invite \"A. Name\" --role moderator   prints a link, for a passkey
  heliograph admin search-explain weather                    why a search finds what it finds
  heliograph admin backup --to /backup/2026-11-22            copy everything but the keys
  heliograph admin restore --help                            bring it back, once, to be sure
They reach the running server through a socket in its data folder, as the user who runs it; where
that folder is not ./data, add --data DIR. `heliograph admin COMMAND --help` has examples.
Decisions and disclosures are not made here, but at /console.";

const ACCOUNT_EXAMPLES: &str = "\
Examples:
  heliograph admin account invite +493012345678 --days 14
  heliograph admin account list --data /srv/heliograph";

const INVITE_EXAMPLES: &str = "\
Examples:
  heliograph admin account invite +493012345678
  heliograph admin account invite +493012345678 --days 14 --data /srv/heliograph
The number signs in as any other then; while `registration` is `open`, no invitation is needed.";

const REINDEX_EXAMPLES: &str = "\
Example:
  heliograph admin reindex --data /srv/heliograph
Until it is complete, a search may find less than there is.";

/// The flags of `serve`.
#[derive(Args)]
struct Serve {
    #[command(flatten)]
    flags: Flags,
}

/// The flags of `client-config`.
#[derive(Args)]
struct ClientConfig {
    /// The client.
    #[arg(long = "for", value_name = "CLIENT")]
    client: Client,
    /// The server's data folder. [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The address that the client is to dial.
    ///
    /// Without it: what the setting `advertise` says, else where the server listens.
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// Where the profile for Telegram Desktop goes.
    #[arg(long, value_name = "DIR", default_value = tdesktop::FOLDER)]
    folder: PathBuf,
}

#[derive(Subcommand)]
enum Admin {
    /// Accounts: invite a number, count them.
    #[command(subcommand, after_help = ACCOUNT_EXAMPLES)]
    Account(Account),
    /// Bots, without `@BotFather`.
    #[command(subcommand, after_help = bot::EXAMPLES)]
    Bot(bot::Bot),
    /// People who work here: officers of the legal desk, and moderators.
    #[command(subcommand, after_help = staff::EXAMPLES)]
    Staff(staff::Staff),
    /// Say why a search finds what it finds, in which order, and what it leaves out by which decision.
    ///
    /// Ranking uses what everybody can see; the points of each result are printed with their sum.
    #[command(name = "search-explain", after_help = search::EXPLAIN_EXAMPLES)]
    SearchExplain(search::Explain),
    /// Make the public index anew from the store, and wait until it is complete.
    #[command(after_help = REINDEX_EXAMPLES)]
    Reindex(search::Reindex),
    /// Versions of the classifier: learn, try, use, go back.
    #[command(subcommand, after_help = model::EXAMPLES)]
    Model(model::Model),
    /// Say something to everybody through @announcements, with an entry in the public log.
    #[command(after_help = announce::ANNOUNCE_EXAMPLES)]
    Announce(announce::Announce),
    /// Write the statements of reasons as the European database takes them, one JSON object a line.
    #[command(after_help = announce::STATEMENTS_EXAMPLES)]
    Statements(announce::Statements),
    /// Copy the data folder while the server goes on.
    #[command(after_help = backup::BACKUP_EXAMPLES)]
    Backup(backup::Backup),
    /// Bring a copy back into an empty data folder.
    #[command(after_help = backup::RESTORE_EXAMPLES)]
    Restore(backup::Restore),
    /// Lists of pictures that are not to be published.
    #[command(subcommand, after_help = hashes::EXAMPLES)]
    Hashes(hashes::Hashes),
    /// Switch something off for a while, or on again.
    #[command(subcommand, after_help = switch::EXAMPLES)]
    Switch(switch::Switch),
}

#[derive(Subcommand)]
enum Account {
    /// Let a number make an account while registration is by invitation.
    ///
    /// Only a tag of the number is kept, which cannot be turned back into it.
    #[command(after_help = INVITE_EXAMPLES)]
    Invite {
        /// The number, with country code.
        #[arg(allow_hyphen_values = true)]
        number: String,
        /// For how many days it may be used.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
        days: u32,
        #[command(flatten)]
        server: RunningServer,
    },
    /// Say how many accounts there are.
    List {
        #[command(flatten)]
        server: RunningServer,
    },
}

#[derive(Args)]
struct RunningServer {
    /// The data folder of the running server.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
}

/// The flags of `keeper`.
#[derive(Args)]
struct Keeper {
    /// The data folder; the key lies in keys/keeper/ in it.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Where to listen for the server.
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// End when the standard input ends, as it does when the parent process dies.
    #[arg(long)]
    with_parent: bool,
    /// How much is logged.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

type Outcome = Result<(), Box<dyn Error>>;

impl Cli {
    /// Does what was asked; a failure is told in words on the standard error output.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(asked) => serve(asked),
            Command::ClientConfig(asked) => client_config(&asked),
            Command::Admin(Admin::Account(asked)) => account(asked),
            Command::Admin(Admin::Bot(asked)) => bot::bot(asked),
            Command::Admin(Admin::Staff(asked)) => staff::staff(asked),
            Command::Admin(Admin::SearchExplain(asked)) => search::explain(asked),
            Command::Admin(Admin::Reindex(asked)) => search::reindex(asked),
            Command::Admin(Admin::Backup(asked)) => backup::backup(&asked),
            Command::Admin(Admin::Restore(asked)) => backup::restore(&asked),
            Command::Admin(Admin::Hashes(asked)) => hashes::hashes(asked),
            Command::Admin(Admin::Model(asked)) => model::model(asked),
            Command::Admin(Admin::Announce(asked)) => announce::announce(asked),
            Command::Admin(Admin::Statements(asked)) => announce::statements(asked),
            Command::Admin(Admin::Switch(asked)) => switch::switch(asked),
            Command::Bench(asked) => bench(asked),
            Command::Keeper(asked) => keeper(&asked),
            Command::Custodian(asked) => custodian(&asked),
            Command::Desk(asked) => desk(asked),
            Command::Moderation(asked) => moderation::run(&asked),
            Command::Log(asked) => log(&asked),
            Command::Report(asked) => report(&asked),
            Command::Demo(asked) => demonstrate(asked),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "heliograph: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn serve(asked: Serve) -> Outcome {
    let settings = Settings::read(asked.flags, std::env::vars_os())?;
    log_to_stderr(settings.log);
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(start::serve(settings));
    // Connections that are open end here.
    runtime.shutdown_background();
    Ok(outcome?)
}

fn demonstrate(asked: demo::Options) -> Result<(), Box<dyn Error>> {
    // The narration speaks for itself; what goes wrong in it is told there.
    log_to_stderr(LevelFilter::ERROR);
    let runtime = runtime::Runtime::new()?;
    let outcome = runtime.block_on(demo::run(asked));
    runtime.shutdown_background();
    outcome.map_err(|error| -> Box<dyn Error> { error })
}

fn bench(asked: bench::Options) -> Outcome {
    system::allow_many_connections()?;
    // One thread, as the generators have that other servers are measured with.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(bench::run(asked))
        .map_err(|failure| failure.to_string().into())
}

fn keeper(asked: &Keeper) -> Outcome {
    log_to_stderr(asked.log);
    let lives = if asked.with_parent {
        Lives::WithParent
    } else {
        Lives::Alone
    };
    let data = DataFolder::new(&asked.data);
    // Two at a time: one to wait, one to work beside it.
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(keeper_process::run(&data, &asked.socket, lives));
    runtime.shutdown_background();
    Ok(outcome?)
}

fn custodian(asked: &Custodian) -> Outcome {
    if let (Some(folder), Some(name), Some(policy)) = (&asked.folder, &asked.init, &asked.policy) {
        let card = custodian_process::init(folder, name, policy)?;
        writeln!(std::io::stdout(), "{}", card.to_json())?;
        let words = card.fingerprint();
        // The card goes into a file; these are read aloud to the officers.
        writeln!(std::io::stderr(), "the eight words of this card: {words}")?;
        return Ok(());
    }
    log_to_stderr(asked.log);
    let lives = if asked.with_parent {
        Lives::WithParent
    } else {
        Lives::Alone
    };
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        if let (Some(folder), Some(log)) = (&asked.folder, &asked.log_at) {
            custodian_process::run(folder, &asked.listen, log, lives).await
        } else {
            let data = DataFolder::new(&asked.data);
            let usual = data.run().join("custodian.sock");
            let socket = asked.socket.as_ref().unwrap_or(&usual);
            custodian_process::run_local(&data, socket, lives).await
        }
    });
    runtime.shutdown_background();
    Ok(outcome?)
}

fn desk(asked: DeskCommand) -> Outcome {
    let (entry, server) = match asked {
        DeskCommand::Enter { entry, server } => (entry, server),
        DeskCommand::Cases { json, server } => return staff::cases(server, json),
    };
    let entry =
        std::fs::read_to_string(&entry).map_err(|error| format!("{}: {error}", entry.display()))?;
    let socket = DataFolder::new(server.data).control_socket();
    match control::ask(&socket, &control::Command::EnterInLog { entry })? {
        Answer::Count(index) => writeln!(std::io::stdout(), "entry {index} of the log")?,
        Answer::Refused(reason) => return Err(reason.into()),
        _ => {}
    }
    Ok(())
}

fn log(asked: &LogCommand) -> Outcome {
    let text = match asked {
        LogCommand::Checkpoint { data } => desk::log::checkpoint(&data.data)?,
        LogCommand::Prove { index, data } => desk::log::prove(&data.data, *index)?,
        LogCommand::Export { data } => desk::log::export(&data.data)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn report(asked: &Report) -> Outcome {
    let ledger = desk::log::read(&DataFolder::new(&asked.data.data).log())?;
    let text = if asked.moderation {
        desk::log::moderation_of(&ledger, asked.quarter, asked.format)
    } else {
        desk::log::report_of(&ledger, asked.quarter, asked.format)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Logs what this program says, and nothing that its libraries say: only ours is known to hold no
/// address and no number.
fn log_to_stderr(level: LevelFilter) {
    let lines = tracing_subscriber::fmt::layer()
        .compact()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let ours = Targets::new().with_target("heliograph", level);
    tracing_subscriber::registry().with(lines).with(ours).init();
}

fn client_config(asked: &ClientConfig) -> Outcome {
    let flags = match &asked.data {
        Some(data) => Flags::parse(&["--data", data])?,
        None => Flags::default(),
    };
    let settings = Settings::read(flags, std::env::vars_os())?;
    let data = DataFolder::new(&settings.data);
    let target = Target {
        address: asked.address.unwrap_or_else(|| dialled(&settings, &data)),
        key: PublicKey::open(&data.public_key())?,
        proxy_secrets: settings.mtproxy_secrets,
    };
    let text = match asked.client {
        Client::Tdesktop => tdesktop::write(&asked.folder, &target, &mut SystemEntropy)?,
        client => client_config::text_for(client, &target)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The address that clients dial, as far as this machine knows it.
fn dialled(settings: &Settings, data: &DataFolder) -> SocketAddr {
    let mut address = settings
        .advertise
        .or_else(|| listening(&data.ready()))
        .unwrap_or(settings.listen);
    // A server that listens on every address is also reached on this one.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Where the running server listens, by the ready line that it left.
fn listening(ready: &Path) -> Option<SocketAddr> {
    let line = std::fs::read_to_string(ready).ok()?;
    let line: serde_json::Value = serde_json::from_str(&line).ok()?;
    line["listen"].as_str()?.parse().ok()
}

fn account(asked: Account) -> Outcome {
    let (server, command) = match asked {
        Account::Invite {
            number,
            days,
            server,
        } => (server, control::Command::Invite { number, days }),
        Account::List { server } => (server, control::Command::CountAccounts {}),
    };
    let socket = DataFolder::new(server.data).control_socket();
    let told = match control::ask(&socket, &command)? {
        Answer::Count(1) => "1 account".to_owned(),
        Answer::Count(count) => format!("{count} accounts"),
        Answer::Refused(reason) => return Err(reason.into()),
        _ => "done".to_owned(),
    };
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_is_a_flag_of_serve() {
        let mut cli = Cli::command();
        let serve = cli.find_subcommand_mut("serve").expect("it is a command");
        let help = serve.render_long_help().to_string();
        for setting in crate::settings::table::SETTINGS {
            assert!(
                help.contains(&format!("--{} ", setting.key)),
                "{}",
                setting.key
            );
            assert!(help.contains(&setting.variable()), "{}", setting.key);
        }
    }

    #[test]
    fn a_client_on_this_machine_dials_the_port_that_the_server_picked() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path());
        let settings = |flags: &[&str]| {
            let flags = Flags::parse(flags).expect("flags that exist");
            Settings::read(flags, []).unwrap_or_else(|error| panic!("{error}"))
        };
        let dialled_with = |flags| dialled(&settings(flags), &data).to_string();
        assert_eq!(dialled_with(&[]), "127.0.0.1:8443");
        assert_eq!(dialled_with(&["--listen", "[::]:443"]), "[::1]:443");

        std::fs::create_dir(data.run()).expect("a folder of ours");
        let line = "{\"event\":\"ready\",\"listen\":\"0.0.0.0:50123\"}\n";
        std::fs::write(data.ready(), line).expect("a folder of ours");
        assert_eq!(dialled_with(&[]), "127.0.0.1:50123");
        assert_eq!(
            dialled_with(&["--advertise", "192.0.2.7:443"]),
            "192.0.2.7:443"
        );
    }
}
