//! The custodian: the gate that adds the second half of every key, and answers only for what stands
//! in the public log. `serve` starts one on this machine; others run elsewhere.

use crate::process::{Lives, parent_gone};
use crate::secrets::DataFolder;
use crate::system::keep_memory_private;
use heliograph_offline::custodian::{Custodian, CustodianError};
use heliograph_offline::http::{Listener, serve};
use heliograph_offline::identity::Card;
use heliograph_offline::log_source::log_source;
use heliograph_offline::system::{Entropy, system_clock};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::sleep;

/// How often a custodian looks for what it must destroy.
const TEND: Duration = Duration::from_secs(3_600);

/// Why a custodian does not run.
#[derive(Debug, Error)]
pub enum CustodianProcessError {
    /// Its folder or the log.
    #[error(transparent)]
    Custodian(#[from] CustodianError),
    /// A file that it needs.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address to listen on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let it run.
    #[error("memory cannot be kept private: {0}")]
    System(io::Error),
}

/// The name of the custodian that runs beside its server.
const LOCAL: &str = "local";

/// Makes a custodian in `folder` that trusts the log with this policy, and returns its card.
pub fn init(folder: &Path, name: &str, policy: &Path) -> Result<Card, CustodianProcessError> {
    let text = fs::read(policy).map_err(|source| CustodianProcessError::File {
        path: policy.to_owned(),
        source,
    })?;
    let entropy = Entropy::system();
    Ok(Custodian::init(folder, name, &text, false, &entropy)?)
}

/// Runs the custodian of a folder until it is told to stop, or its parent is gone.
///
/// `listen` is `unix:PATH` or `ADDR:PORT`, `log` a folder or web address.
pub async fn run(
    folder: &Path,
    listen: &str,
    log: &str,
    lives: Lives,
) -> Result<(), CustodianProcessError> {
    keep_memory_private().map_err(CustodianProcessError::System)?;
    let custodian = Custodian::open(folder, log_source(log), system_clock(), Entropy::system())?;
    let custodian = Arc::new(custodian);
    let listener = Listener::bind(listen).await;
    let listener = listener.map_err(|source| CustodianProcessError::Listen {
        address: listen.to_owned(),
        source,
    })?;
    let (service, max_bytes) = custodian.clone().into_service();
    let tended = tend(custodian);
    let served = serve(listener, max_bytes, service);
    let gone = async {
        match lives {
            Lives::Alone => std::future::pending().await,
            Lives::WithParent => parent_gone().await,
        }
    };
    tokio::select! {
        () = served => {}
        () = tended => {}
        () = gone => {}
    }
    Ok(())
}

/// Runs the local custodian of a data folder, making it at its first start.
pub async fn run_local(
    data: &DataFolder,
    socket: &Path,
    lives: Lives,
) -> Result<(), CustodianProcessError> {
    let folder = data.custodian();
    match init(&folder, LOCAL, &data.log().join("policy")) {
        Ok(_) | Err(CustodianProcessError::Custodian(CustodianError::Exists)) => {}
        Err(error) => return Err(error),
    }
    let listen = format!("unix:{}", socket.display());
    run(&folder, &listen, &data.log().to_string_lossy(), lives).await
}

async fn tend(custodian: Arc<Custodian>) {
    loop {
        let custodian = custodian.clone();
        let tended = tokio::task::spawn_blocking(move || custodian.tend()).await;
        match tended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "custodian_not_tended"),
            Err(error) => tracing::error!(%error, "custodian_not_tended"),
        }
        sleep(TEND).await;
    }
}
