//! The operator's way to a running server: a socket in the data folder that only its owner can open,
//! one JSON line for a command and one for its answer.

use crate::moderation::{LearnedLine, ModelLine};
use crate::search::State;
use crate::search::explain::{Explained, Question};
use serde::{Deserialize, Serialize};
use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// What an operator can ask a running server for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Lets a number make an account.
    Invite {
        /// The number, as people write it. It is used once and not kept.
        number: String,
        /// For how many days.
        days: u32,
    },
    /// How many accounts there are.
    CountAccounts {},
    /// Enters an entry in the public log that comes with its signatures. Answers with its index.
    EnterInLog {
        /// Its text.
        entry: String,
    },
    /// Invites someone to the desk. Answers with the one-time link.
    InviteStaff {
        /// The name that colleagues see.
        name: String,
        /// Words of roles.
        roles: Vec<String>,
    },
    /// Everyone at the desk.
    ListStaff {},
    /// Ends someone's access to the desk.
    DismissStaff {
        /// The name.
        name: String,
    },
    /// Marks an account as one of staff's own, or takes the mark back.
    MarkStaff {
        /// Its username or id.
        account: String,
        /// Whether it is.
        staff: bool,
    },
    /// Says something to everybody. Answers with the index of its entry in the log.
    Announce {
        /// What.
        text: String,
    },
    /// Statements of reasons for the European database, by the log's numbers, a hundred at most.
    Statements {
        /// From this number on.
        from: u64,
        /// From this day on, counted from 1970-01-01.
        since: u32,
    },
    /// The cases of the desk.
    ListCases {},
    /// Why a search finds what it finds.
    ExplainSearch(Question),
    /// Makes the public index anew.
    Reindex {},
    /// Where the public index stands.
    IndexState {},
    /// Makes a bot. Answers with its token.
    CreateBot {
        /// Its name.
        name: String,
        /// Its username.
        username: String,
        /// The username of whoever will run it.
        owner: String,
    },
    /// Gives a bot another token. Answers with it.
    RenewBotToken {
        /// The bot's username.
        username: String,
    },
    /// The bots that somebody runs.
    ListBots {
        /// The username of whoever runs them.
        owner: String,
    },
    /// The versions of the classifier.
    ListModels {},
    /// Makes a new version of the classifier that has learned from decisions.
    LearnModel {},
    /// Has a version of the classifier judge beside the one at work.
    ShadowModel {
        /// Which.
        version: u32,
    },
    /// Has a version of the classifier judge.
    UseModel {
        /// Which.
        version: u32,
    },
    /// Goes back to the version of the classifier that was at work before.
    RollBackModel {},
    /// Reads the lists of pictures that are not to be published anew. Answers with how many hashes
    /// there are.
    LoadHashes {},
    /// Switches uploads off for some, or on again.
    SwitchUploads {
        /// For whom: a word of [`Uploaders`](heliograph_domain::switches::Uploaders).
        of: String,
        /// Until when, in Unix seconds; without it they are switched on.
        until: Option<u64>,
        /// Why, as people read it.
        reason: String,
    },
}

/// Someone at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffLine {
    /// The name that colleagues see.
    pub name: String,
    /// Words of roles.
    pub roles: Vec<String>,
    /// `invited`, `active` or `dismissed`.
    pub state: String,
}

/// A bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotLine {
    /// The id of its account.
    pub id: i64,
    /// Its username; empty where it has none any more.
    pub username: String,
    /// Whether it is told of updates at an address; else it asks for them.
    pub webhook: bool,
}

/// A case, without anything that its order says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    /// Its random id.
    pub case: String,
    /// Where it stands: a word of [`State`](heliograph_disclosure::case::State).
    pub state: String,
    /// `normal` or `emergency`.
    pub priority: String,
    /// When it arrived, a UTC minute.
    pub received: String,
    /// What is due next.
    pub next: Option<Next>,
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// What: a word of [`timer`](heliograph_disclosure::case::timer).
    pub kind: String,
    /// When, a UTC minute.
    pub due: String,
}

/// What the server says to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// This many.
    Count(u64),
    /// A link that is shown once.
    Link(String),
    /// A bot's token, which is shown once.
    Token(String),
    /// The bots that somebody runs.
    Bots(Vec<BotLine>),
    /// Everyone at the desk.
    Staff(Vec<StaffLine>),
    /// The cases of the desk.
    Cases(Vec<CaseLine>),
    /// Why a search finds what it finds.
    Explained(Explained),
    /// Where the public index stands.
    Index(State),
    /// The versions of the classifier.
    Models(Vec<ModelLine>),
    /// What came of learning.
    Learned(LearnedLine),
    /// Statements of reasons.
    Statements {
        /// The records, oldest first.
        records: Vec<serde_json::Value>,
        /// The number from which the next ones begin; `None` where these were the last.
        next: Option<u64>,
    },
    /// It was not done; the reason, for the operator.
    Refused(String),
}

/// Why a command did not reach a server.
#[derive(Debug, Error)]
pub enum ControlError {
    /// No server answers.
    #[error(
        "no server answers on {0}: start it, or name its data folder with --data (the command must \
         be run by the same user)"
    )]
    NoServer(String),
    /// It broke off or said what makes no sense: another version, perhaps.
    #[error("the server did not answer as expected; is it of the same version?")]
    Garbled,
}

/// The longest line. A command holds an entry of the log at most, of 8 KiB before it is JSON.
const LINE_MAX: u64 = 32 * 1024;
/// How long a command may take to arrive, and its answer to be taken.
const LINE_WAIT: Duration = Duration::from_secs(5);
/// How long the operator waits for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Commands under way at once.
const AT_ONCE: usize = 4;
/// The pause after a failed `accept`, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds the socket with mode 0600, in the place of one that a dead server left.
///
/// The caller holds the data folder, so no living server can listen there.
pub fn bind(socket: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Until the mode is set, the folder around it (0700) keeps others out.
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers commands until dropped.
pub async fn serve<F, A>(listener: UnixListener, execute: F)
where
    F: Fn(Command) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let execute = Arc::new(execute);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let execute = execute.clone();
                crate::spawn("control", async move {
                    // An operator who goes away has nothing to be told.
                    let _ = converse(stream, &*execute).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "control_accept_failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn converse<F, A>(stream: UnixStream, execute: &F) -> io::Result<()>
where
    F: Fn(Command) -> A,
    A: Future<Output = Answer>,
{
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(reader.take(LINE_MAX));
    timeout(LINE_WAIT, reader.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(command) => execute(command).await,
        // The parser's own words would repeat what was sent.
        Err(_) => Answer::Refused("the server does not know this command".into()),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(LINE_WAIT, writer.write_all(&line)).await?
}

/// Sends a command to the server that listens on `socket`, and waits for its answer.
pub fn ask(socket: &Path, command: &Command) -> Result<Answer, ControlError> {
    let stream = BlockingStream::connect(socket)
        .map_err(|_| ControlError::NoServer(socket.display().to_string()))?;
    exchange(stream, command).map_err(|_| ControlError::Garbled)
}

fn exchange(mut stream: BlockingStream, command: &Command) -> io::Result<Answer> {
    stream.set_read_timeout(Some(ANSWER_WAIT))?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use tokio::task::spawn_blocking;

    async fn execute(command: Command) -> Answer {
        match command {
            Command::Invite { number, days } if number == "+49301234567" && days == 7 => {
                Answer::Done
            }
            Command::Invite { .. } => Answer::Refused("no".into()),
            Command::CountAccounts {} => Answer::Count(3),
            Command::EnterInLog { entry } => Answer::Count(entry.len() as u64),
            _ => Answer::Done,
        }
    }

    #[tokio::test]
    async fn a_command_is_answered_over_a_socket_of_the_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("control.sock");
        // What a dead server left is in nobody's way.
        drop(bind(&socket).expect("a socket"));
        let listener = bind(&socket).expect("a socket");
        let mode = fs::metadata(&socket).expect("it is there").mode();
        assert_eq!(mode & 0o777, 0o600);
        tokio::spawn(serve(listener, execute));

        let invite = |days| Command::Invite {
            number: "+49301234567".into(),
            days,
        };
        for (command, expected) in [
            (invite(7), Answer::Done),
            (invite(8), Answer::Refused("no".into())),
            (Command::CountAccounts {}, Answer::Count(3)),
        ] {
            let socket = socket.clone();
            let answer = spawn_blocking(move || ask(&socket, &command)).await;
            assert_eq!(answer.expect("it ends").expect("an answer"), expected);
        }
    }

    #[tokio::test]
    async fn what_is_no_command_is_refused_without_being_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("control.sock");
        tokio::spawn(serve(bind(&socket).expect("a socket"), execute));
        for line in [
            "{\"erase\":\"everything\"}\n".to_owned(),
            "x".repeat(10_000),
        ] {
            let mut stream = UnixStream::connect(&socket).await.expect("a server");
            // A line that is too long is cut off while it is being sent.
            let _ = stream.write_all(line.as_bytes()).await;
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer).await;
            assert!(
                !answer.contains("erase") && !answer.contains("Done"),
                "{answer}"
            );
        }
    }

    #[test]
    fn without_a_server_the_operator_is_told_so() {
        let nowhere = Path::new("/nowhere/control.sock");
        let asked = ask(nowhere, &Command::CountAccounts {});
        assert!(asked.is_err_and(|error| error.to_string().contains("start it")));
    }
}
