//! Processes of ours that run beside the server: starting them, keeping them up, ending them.
//!
//! The keeper and the local custodian hold secrets that the server must not have in its memory, so
//! each is a process of its own; the server talks to them over sockets that only its own user can
//! open.

use crate::gateway::SystemEntropy;
use crate::secrets::DataFolder;
use heliograph_api::Entropy as _;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tracing::level_filters::LevelFilter;

/// How long a process may take to answer after it was started: it reads a few files.
pub const START: Duration = Duration::from_secs(5);
/// Pause between attempts to reach a process that is starting.
pub const START_PAUSE: Duration = Duration::from_millis(5);
/// How long a process may take to end after its standard input did.
pub const STOP: Duration = Duration::from_secs(2);
/// The first pause before a dead process is started again; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause before a dead process is started again.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A process that lived this long was well; the next one is started without delay.
const LIVED_WELL: Duration = Duration::from_secs(60);
/// The longest path of a Unix socket on every system we run on, less one for the zero at its end.
const SOCKET_PATH_MAX: usize = 103;

/// Why a process does not run.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("the {0} could not be started: {1}")]
    Spawn(&'static str, io::Error),
    /// It ended at once, having said why.
    #[error("the {0} ended while starting ({1}); its own message stands above")]
    Ended(&'static str, std::process::ExitStatus),
    /// It runs and does not answer.
    #[error("the {0} does not answer on its socket after {s} s", s = START.as_secs())]
    Silent(&'static str),
    /// Its socket cannot be made.
    #[error("the socket {path}: {source}", path = .path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How to start a process of ours beside the server.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Its command: `keeper` or `custodian`. Names its socket as well.
    pub command: &'static str,
    /// This program.
    pub program: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// How much it logs.
    pub log: LevelFilter,
}

/// A process that runs, and is started again when it dies.
pub struct Beside {
    socket: Socket,
    stop: oneshot::Sender<()>,
    /// Answers when the supervisor is gone.
    ended: oneshot::Receiver<()>,
}

impl Beside {
    /// Starts it and waits until it answers.
    pub async fn start(launch: Launch) -> Result<Self, ProcessError> {
        let socket = Socket::choose(&DataFolder::new(&launch.data), launch.command)?;
        let mut running = Running::spawn(&launch, &socket.path)?;
        running.answers(launch.command, &socket.path).await?;
        let (stop, stopped) = oneshot::channel();
        let path = socket.path.clone();
        let (end, ended) = oneshot::channel::<()>();
        crate::spawn(launch.command, async move {
            supervise(launch, path, running, stopped).await;
            drop(end);
        });
        Ok(Beside {
            socket,
            stop,
            ended,
        })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket.path
    }

    /// Ends it, and waits until it has.
    pub async fn stop(self) {
        // A supervisor that is gone has nothing left to end.
        let _ = self.stop.send(());
        let _ = self.ended.await;
    }
}

/// The socket's place; a private folder in the temporary one is removed with it.
struct Socket {
    path: PathBuf,
    own_folder: Option<PathBuf>,
}

impl Socket {
    fn choose(data: &DataFolder, command: &str) -> Result<Self, ProcessError> {
        let path = data.run().join(format!("{command}.sock"));
        if path.as_os_str().as_bytes().len() <= SOCKET_PATH_MAX {
            return Ok(Socket {
                path,
                own_folder: None,
            });
        }
        let mut name = [0; 8];
        SystemEntropy.fill(&mut name);
        let name = format!("heliograph-{:016x}", u64::from_le_bytes(name));
        let folder = std::env::temp_dir().join(name);
        // Not recursive: a folder that somebody else has put there is an error.
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|source| ProcessError::Socket {
            path: folder.clone(),
            source,
        })?;
        Ok(Socket {
            path: folder.join(format!("{command}.sock")),
            own_folder: Some(folder),
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.own_folder {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A process, and the pipe whose end ends it.
struct Running {
    child: Child,
    lifeline: Option<ChildStdin>,
    since: Instant,
}

impl Running {
    fn spawn(launch: &Launch, socket: &Path) -> Result<Self, ProcessError> {
        // What a process of before left, or one that is about to end: nobody must take it for ours.
        let _ = fs::remove_file(socket);
        let mut command = Command::new(&launch.program);
        command
            .args([launch.command, "--with-parent", "--data"])
            .arg(&launch.data)
            .arg("--socket")
            .arg(socket)
            .args(["--log", &launch.log.to_string().to_lowercase()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            // Ctrl-C on the terminal is for the server, which ends this after its last use.
            .process_group(0);
        // The server's settings, secrets among them, are none of its business.
        for (name, _) in std::env::vars_os() {
            if name.as_bytes().starts_with(b"HELIOGRAPH_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .spawn()
            .map_err(|error| ProcessError::Spawn(launch.command, error))?;
        let lifeline = child.stdin.take();
        Ok(Running {
            child,
            lifeline,
            since: Instant::now(),
        })
    }

    /// Waits until it can be reached.
    async fn answers(&mut self, command: &'static str, socket: &Path) -> Result<(), ProcessError> {
        let reached = async {
            while UnixStream::connect(socket).await.is_err() {
                sleep(START_PAUSE).await;
            }
        };
        tokio::select! {
            () = reached => Ok(()),
            ended = self.child.wait() => {
                Err(match ended {
                    Ok(status) => ProcessError::Ended(command, status),
                    Err(error) => ProcessError::Spawn(command, error),
                })
            }
            () = sleep(START) => Err(ProcessError::Silent(command)),
        }
    }

    async fn end(mut self) {
        drop(self.lifeline.take());
        if timeout(STOP, self.child.wait()).await.is_err() {
            tracing::warn!("killed");
            let _ = self.child.kill().await;
        }
    }
}

async fn supervise(
    launch: Launch,
    socket: PathBuf,
    mut running: Running,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut pause = PAUSE_MIN;
    loop {
        tokio::select! {
            _ = &mut stopped => return running.end().await,
            ended = running.child.wait() => {
                let status = ended.map_or_else(|error| error.to_string(), |s| s.to_string());
                tracing::error!(process = launch.command, %status, pause_ms = pause.as_millis(), "died");
            }
        }
        if running.since.elapsed() >= LIVED_WELL {
            pause = PAUSE_MIN;
        }
        running = loop {
            tokio::select! {
                _ = &mut stopped => return,
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
            match Running::spawn(&launch, &socket) {
                Ok(running) => break running,
                Err(error) => tracing::error!(process = launch.command, %error, "not_started"),
            }
        };
    }
}

/// When a process of ours ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lives {
    /// When it is told to.
    Alone,
    /// When its standard input ends: its parent holds the other side, and the system closes it
    /// however the parent dies.
    WithParent,
}

/// Returns when the standard input ends: the parent is gone.
pub async fn parent_gone() {
    let mut stdin = tokio::io::stdin();
    let mut nothing = [0; 64];
    while stdin.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_with_a_long_path_has_its_socket_elsewhere() {
        let long = DataFolder::new(format!("/{}", "x".repeat(120)));
        let socket = Socket::choose(&long, "keeper").expect("a temporary folder");
        let folder = socket.path.parent().expect("it lies in one").to_owned();
        assert!(socket.path.as_os_str().len() <= SOCKET_PATH_MAX);
        assert!(folder.is_dir());
        drop(socket);
        assert!(!folder.exists());

        let short = Socket::choose(&DataFolder::new("/data"), "keeper").expect("nothing to make");
        assert_eq!(short.path, Path::new("/data/run/keeper.sock"));
    }
}
