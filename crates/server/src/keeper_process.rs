//! The keeper: running it, and noticing another key.
//!
//! The server process never holds the key of phone tags; see [`crate::process`].

use crate::gateway::SystemEntropy;
use crate::process::{Lives, START_PAUSE, STOP, parent_gone};
use crate::secrets::{DataFolder, SecretsError, replace};
use crate::system::{SystemClock, keep_memory_private, key_from_system};
use heliograph_api::Entropy as _;
use heliograph_keeper::{
    Keeper, KeeperClient, KeeperError, Limits, OpenError, Purpose, Secrets, TagError, phone_tag,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// Why the keeper does not run.
#[derive(Debug, Error)]
pub enum KeeperProcessError {
    /// The system does not let it run.
    #[error("the keeper cannot run here: {0}")]
    System(io::Error),
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

/// Runs the keeper in this process: `heliograph keeper`.
///
/// With [`Lives::Alone`] it runs until it is dropped.
pub async fn run(data: &DataFolder, socket: &Path, lives: Lives) -> Result<(), KeeperProcessError> {
    keep_memory_private().map_err(KeeperProcessError::System)?;
    let entropy = key_from_system().map_err(KeeperProcessError::System)?;
    let keeper = open(data, &entropy).await?;
    let draw = Arc::new(|out: &mut [u8]| SystemEntropy.fill(out));
    let secrets = Secrets::open(&data.keeper().join("secrets"), draw)?;
    let keeper = Arc::new(keeper.with_secrets(secrets));
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
    use crate::process::START;
    use heliograph_keeper::LocalKeeper;
    use heliograph_vault::oprf::OprfKey;
    use std::os::unix::fs::DirBuilderExt as _;
    use std::time::Duration;
    use tokio::net::UnixStream;
    use tokio::time::timeout;

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
}
