//! The keeper as a process of its own: starting it, keeping it up, noticing another key.
//!
//! The server process never holds the key of phone tags; it talks to the keeper over a socket that
//! only its own user can open.

use crate::gateway::SystemEntropy;
use crate::secrets::{DataFolder, SecretsError, replace};
use crate::system::{SystemClock, keep_memory_private, key_from_system};
use heliograph_api::Entropy as _;
use heliograph_keeper::{
    Keeper, KeeperClient, KeeperError, Limits, OpenError, Purpose, RemoteKeeper, TagError,
    phone_tag,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tracing::level_filters::LevelFilter;

/// How long a keeper may take to answer after it was started: it reads two files.
const START: Duration = Duration::from_secs(5);
/// Pause between attempts to reach a keeper that is starting.
const START_PAUSE: Duration = Duration::from_millis(5);
/// How long a keeper may take to end after its standard input did.
const STOP: Duration = Duration::from_secs(2);
/// The first pause before a dead keeper is started again; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
/// The longest pause before a dead keeper is started again.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A keeper that lived this long was well; the next one is started without delay.
const LIVED_WELL: Duration = Duration::from_secs(60);
/// The longest path of a Unix socket on every system we run on, less one for the zero at its end.
const SOCKET_PATH_MAX: usize = 103;

/// Why the keeper does not run.
#[derive(Debug, Error)]
pub enum KeeperProcessError {
    /// The process could not be started.
    #[error("the keeper could not be started: {0}")]
    Spawn(io::Error),
    /// It ended at once, having said why.
    #[error("the keeper ended while starting ({0}); its own message stands above")]
    Ended(std::process::ExitStatus),
    /// It runs and does not answer.
    #[error("the keeper does not answer on its socket after {} s", START.as_secs())]
    Silent,
    /// Its folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its socket cannot be made.
    #[error("the keeper's socket {path}: {source}", path = .path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tags it makes are not those in the database.
    #[error(
        "the keeper's key (in {keys}) is not the one with which this database was filled: nobody \
         could be found by number. Restore the key from a backup of the keys folder",
        keys = .0.display()
    )]
    OtherKey(PathBuf),
    /// The check of its key failed.
    #[error("the keeper's key could not be checked: {0}")]
    Check(TagError),
    /// The result of the check cannot be kept.
    #[error(transparent)]
    Keep(#[from] SecretsError),
}

/// How to start a keeper.
#[derive(Clone, Debug)]
pub struct Launch {
    /// This program.
    pub program: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// How much it logs.
    pub log: LevelFilter,
}

/// A keeper that runs, and is started again when it dies.
pub struct KeeperProcess {
    socket: Socket,
    stop: oneshot::Sender<()>,
    /// Answers when the supervisor is gone.
    ended: oneshot::Receiver<()>,
}

impl KeeperProcess {
    /// Starts a keeper and waits until it answers.
    pub async fn start(launch: Launch) -> Result<Self, KeeperProcessError> {
        let socket = Socket::choose(&DataFolder::new(&launch.data))?;
        let mut running = Running::spawn(&launch, &socket.path)?;
        running.answers(&socket.path).await?;
        let (stop, stopped) = oneshot::channel();
        let path = socket.path.clone();
        let (end, ended) = oneshot::channel::<()>();
        crate::spawn("keeper", async move {
            supervise(launch, path, running, stopped).await;
            drop(end);
        });
        Ok(KeeperProcess {
            socket,
            stop,
            ended,
        })
    }

    /// Calls it.
    pub fn client(&self) -> RemoteKeeper {
        RemoteKeeper::new(&self.socket.path)
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
    fn choose(data: &DataFolder) -> Result<Self, KeeperProcessError> {
        let path = data.run().join("keeper.sock");
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
        made.map_err(|source| KeeperProcessError::Socket {
            path: folder.clone(),
            source,
        })?;
        Ok(Socket {
            path: folder.join("keeper.sock"),
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

/// A keeper, and the pipe whose end ends it.
struct Running {
    child: Child,
    lifeline: Option<ChildStdin>,
    since: Instant,
}

impl Running {
    fn spawn(launch: &Launch, socket: &Path) -> Result<Self, KeeperProcessError> {
        // What a keeper of before left, or one that is about to end: nobody must take it for ours.
        let _ = fs::remove_file(socket);
        let mut command = Command::new(&launch.program);
        command
            .args(["keeper", "--with-parent", "--data"])
            .arg(&launch.data)
            .arg("--socket")
            .arg(socket)
            .args(["--log", &launch.log.to_string().to_lowercase()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            // Ctrl-C on the terminal is for the server, which ends the keeper after its last use.
            .process_group(0);
        // The server's settings, secrets among them, are none of its business.
        for (name, _) in std::env::vars_os() {
            if name.as_bytes().starts_with(b"HELIOGRAPH_") {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().map_err(KeeperProcessError::Spawn)?;
        let lifeline = child.stdin.take();
        Ok(Running {
            child,
            lifeline,
            since: Instant::now(),
        })
    }

    /// Waits until the keeper can be reached.
    async fn answers(&mut self, socket: &Path) -> Result<(), KeeperProcessError> {
        let reached = async {
            while UnixStream::connect(socket).await.is_err() {
                sleep(START_PAUSE).await;
            }
        };
        tokio::select! {
            () = reached => Ok(()),
            ended = self.child.wait() => {
                Err(ended.map_or_else(KeeperProcessError::Spawn, KeeperProcessError::Ended))
            }
            () = sleep(START) => Err(KeeperProcessError::Silent),
        }
    }

    async fn end(mut self) {
        drop(self.lifeline.take());
        if timeout(STOP, self.child.wait()).await.is_err() {
            tracing::warn!("keeper_killed");
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
                tracing::error!(%status, pause_ms = pause.as_millis(), "keeper_died");
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
                Err(error) => tracing::error!(%error, "keeper_not_started"),
            }
        };
    }
}

/// When a keeper process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lives {
    /// When it is told to.
    Alone,
    /// When its standard input ends: its parent holds the other side, and the system closes it
    /// however the parent dies.
    WithParent,
}

/// Runs the keeper in this process: `heliograph keeper`.
///
/// With [`Lives::Alone`] it runs until it is dropped.
pub async fn run(data: &DataFolder, socket: &Path, lives: Lives) -> Result<(), KeeperProcessError> {
    keep_memory_private().map_err(KeeperProcessError::Spawn)?;
    let entropy = key_from_system().map_err(KeeperProcessError::Spawn)?;
    let keeper = Arc::new(open(data, &entropy).await?);
    let in_socket = |source| KeeperProcessError::Socket {
        path: socket.to_owned(),
        source,
    };
    let listener = heliograph_keeper::bind(socket).map_err(in_socket)?;
    let serve = heliograph_keeper::serve(listener, keeper.clone(), Arc::new(SystemClock::now_s));
    match lives {
        Lives::Alone => serve.await,
        Lives::WithParent => tokio::select! {
            () = serve => {}
            () = parent_gone() => {}
        },
    }
    let _ = fs::remove_file(socket);
    // Only now may the next keeper have the folder: its socket has the same name.
    drop(keeper);
    Ok(())
}

/// Opens the keeper's folder. Where a server was killed and started again at once, its keeper is
/// still about to notice; so a folder in use is waited for as long as a keeper may take to end.
async fn open(data: &DataFolder, entropy: &[u8; 32]) -> Result<Keeper, OpenError> {
    let deadline = Instant::now() + STOP;
    loop {
        match Keeper::open(&data.keeper(), Limits::default(), entropy) {
            Err(OpenError::InUse(_)) if Instant::now() < deadline => sleep(START_PAUSE).await,
            outcome => return outcome,
        }
    }
}

async fn parent_gone() {
    let mut stdin = tokio::io::stdin();
    let mut nothing = [0; 64];
    while stdin.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
}

/// What is tagged to see whether the key is still the same. No phone number has one digit.
const PROBE: &str = "1";

/// Compares the keeper's key with the one that filled the database; the first time it only takes
/// note of it.
///
/// The note lies beside the database, not among the keys, so that it goes where the database goes.
/// Costs one evaluation of the keeper's budget; where that is spent, the check is left out.
pub async fn check_key(
    data: &DataFolder,
    keeper: &dyn KeeperClient,
) -> Result<(), KeeperProcessError> {
    let fill = |out: &mut [u8]| SystemEntropy.fill(out);
    let tag = match phone_tag(keeper, Purpose::SignIn, 0, PROBE, fill).await {
        Ok(tag) => tag,
        Err(TagError::Keeper(KeeperError::Budget { .. })) => {
            tracing::warn!("keeper_key_not_checked: its budget of today is spent");
            return Ok(());
        }
        Err(error) => return Err(KeeperProcessError::Check(error)),
    };
    // Hashed once more: what lies here is then of no use as a tag.
    let digest = Sha256::new()
        .chain_update(b"hg/keeper-check/v1")
        .chain_update(tag.to_bytes())
        .finalize();
    let path = data.keeper_check();
    match fs::read(&path) {
        Ok(noted) if noted == digest[..] => Ok(()),
        Ok(_) => Err(KeeperProcessError::OtherKey(data.keeper())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(replace(&path, 0o600, &digest)?)
        }
        Err(source) => Err(SecretsError::Io { path, source }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_keeper::LocalKeeper;
    use heliograph_vault::oprf::OprfKey;

    fn keeper(seed: u8) -> LocalKeeper {
        let key = OprfKey::derive(&[seed; 32], b"test").expect("any seed gives a key");
        let keeper = Keeper::in_memory(key, Limits::default());
        LocalKeeper::new(Arc::new(keeper), Arc::new(|| 1_800_000_000))
    }

    #[tokio::test]
    async fn another_key_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path());
        for _ in 0..2 {
            check_key(&data, &keeper(1)).await.expect("the same key");
        }
        let checked = check_key(&data, &keeper(2)).await;
        assert!(matches!(checked, Err(KeeperProcessError::OtherKey(_))));
    }

    #[tokio::test]
    async fn a_keeper_waits_for_one_that_is_about_to_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path());
        let locked = data.lock().expect("it is free");
        fs::DirBuilder::new()
            .mode(0o700)
            .create(data.keys())
            .expect("a folder of ours");
        let before = open(&data, &[1; 32]).await.expect("the first one");
        let socket = data.run().join("keeper.sock");
        let next = tokio::spawn({
            let (data, socket) = (data.clone(), socket.clone());
            async move { run(&data, &socket, Lives::Alone).await }
        });
        sleep(Duration::from_millis(50)).await;
        assert!(!next.is_finished() && !socket.exists());
        drop(before);
        let reached = async {
            while UnixStream::connect(&socket).await.is_err() {
                sleep(START_PAUSE).await;
            }
        };
        timeout(START, reached).await.expect("it takes over");
        next.abort();
        drop(locked);
    }

    #[test]
    fn a_data_folder_with_a_long_path_has_its_socket_elsewhere() {
        let long = DataFolder::new(format!("/{}", "x".repeat(120)));
        let socket = Socket::choose(&long).expect("a temporary folder");
        let folder = socket.path.parent().expect("it lies in one").to_owned();
        assert!(socket.path.as_os_str().len() <= SOCKET_PATH_MAX);
        assert!(folder.is_dir());
        drop(socket);
        assert!(!folder.exists());

        let short = Socket::choose(&DataFolder::new("/data")).expect("nothing to make");
        assert_eq!(short.path, Path::new("/data/run/keeper.sock"));
    }
}
