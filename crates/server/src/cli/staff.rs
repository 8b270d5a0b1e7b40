//! `heliograph admin staff` and `heliograph desk cases`: the desk, as its operator sees it.

use super::{Outcome, RunningServer};
use crate::control::{self, Answer, CaseLine, Command};
use crate::secrets::DataFolder;
use clap::Subcommand;
use heliograph_console::staff::Role;
use std::error::Error;
use std::io::Write as _;

/// How the commands are used.
pub const EXAMPLES: &str = "\
Examples:
  heliograph admin staff invite \"A. Name\" --role moderator
  heliograph admin staff list
  heliograph admin staff account @a_name            nobody decides about their colleague's account
  heliograph admin staff dismiss \"A. Name\"";

const INVITE_EXAMPLES: &str = "\
Examples:
  heliograph admin staff invite \"A. Name\" --role moderator
      decides reports and appeals; two are needed for grave decisions
  heliograph admin staff invite \"B. Name\" --role moderator --role child-safety
      sees the sealed cases as well
  heliograph admin staff invite \"C. Name\" --role officer --role registrar
      works on orders, and enters the authorities who may send some
Give the link to this person alone. It leads to /console, where the work waits.";

/// People who work at the desk.
#[derive(Subcommand)]
pub enum Staff {
    /// Print a link with which someone registers a passkey: once, within three days.
    ///
    /// Whoever lost every passkey is invited anew under the same name; the old ones end at once.
    /// Nobody can have a role at the desk and be a moderator, and an auditor has no other role.
    #[command(after_help = INVITE_EXAMPLES)]
    Invite {
        /// The name that colleagues see.
        name: String,
        /// What this person does; may be given several times.
        #[arg(long = "role", value_name = "ROLE", default_value = "officer", value_parser = roles())]
        roles: Vec<String>,
        #[command(flatten)]
        server: RunningServer,
    },
    /// List everyone, with roles.
    List {
        #[command(flatten)]
        server: RunningServer,
    },
    /// Mark an account as the own one of somebody who works here.
    ///
    /// Moderators decide nothing about such accounts and their channels. The public log counts them and
    /// names nobody.
    Account {
        /// The account: @name, or its id.
        account: String,
        /// It is an account like any other again.
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        server: RunningServer,
    },
    /// End someone's access: passkeys, sessions and invitations.
    Dismiss {
        /// The name.
        name: String,
        #[command(flatten)]
        server: RunningServer,
    },
}

fn roles() -> clap::builder::PossibleValuesParser {
    Role::ALL.map(Role::word).into()
}

fn ask(server: RunningServer, command: &Command) -> Result<Answer, Box<dyn Error>> {
    let socket = DataFolder::new(server.data).control_socket();
    match control::ask(&socket, command)? {
        Answer::Refused(reason) => Err(reason.into()),
        answer => Ok(answer),
    }
}

/// Does what was asked about staff.
pub fn staff(asked: Staff) -> Outcome {
    let (server, command) = match asked {
        Staff::Invite {
            name,
            roles,
            server,
        } => (server, Command::InviteStaff { name, roles }),
        Staff::List { server } => (server, Command::ListStaff {}),
        Staff::Account {
            account,
            end,
            server,
        } => {
            let staff = !end;
            (server, Command::MarkStaff { account, staff })
        }
        Staff::Dismiss { name, server } => (server, Command::DismissStaff { name }),
    };
    let mut out = std::io::stdout().lock();
    match ask(server, &command)? {
        Answer::Link(link) => writeln!(out, "{link}")?,
        Answer::Staff(list) if list.is_empty() => writeln!(out, "nobody yet")?,
        Answer::Staff(list) => {
            for person in list {
                let roles = person.roles.join(", ");
                writeln!(out, "{}  ({roles}; {})", person.name, person.state)?;
            }
        }
        _ => writeln!(out, "done")?,
    }
    Ok(())
}

/// Lists the cases of the desk: a line of text for each, or a line of JSON.
pub fn cases(server: RunningServer, json: bool) -> Outcome {
    let Answer::Cases(cases) = ask(server, &Command::ListCases {})? else {
        return Err("the server did not answer as expected; is it of the same version?".into());
    };
    let mut out = std::io::stdout().lock();
    if cases.is_empty() && !json {
        writeln!(out, "no cases")?;
    }
    for case in cases {
        if json {
            writeln!(out, "{}", serde_json::to_string(&case)?)?;
        } else {
            writeln!(out, "{}", line(&case))?;
        }
    }
    Ok(())
}

fn line(case: &CaseLine) -> String {
    let next = case.next.as_ref().map_or_else(
        || "nothing is due".to_owned(),
        |next| format!("{} by {}", next.kind, next.due),
    );
    format!(
        "{}  {:<18}  {:<9}  received {}  {next}",
        case.case, case.state, case.priority, case.received
    )
}
