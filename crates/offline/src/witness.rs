//! A witness: cosigns checkpoints of logs that only ever grow
//! ([c2sp.org/tlog-witness](https://c2sp.org/tlog-witness)).
//!
//! It remembers one tree head for each log it watches. A head is on its disk before the
//! cosignature leaves, so that no crash makes it vouch for two histories.

pub mod client;
#[cfg(test)]
mod tests;

use crate::encoding::hex;
use crate::folder::{Folder, FolderError};
use crate::http::{Asked, Service, Told};
use crate::system::{Clock, Entropy};
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::cosignature::CosignerKey;
use heliograph_transparency::note::{Algorithm, KeyName, MalformedKey, VerifierKey};
use heliograph_transparency::tree::TreeHead;
use heliograph_transparency::witness::{AddCheckpoint, Answer, MAX_REQUEST_BYTES, check};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const KEY: &str = "witness-key";
const LOGS: &str = "logs";

/// Why a witness does not start or does not cosign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The folder holds no key yet, and no name was given to make one.
    #[error("a new witness needs a name: --name example.org/witness")]
    NoName,
    /// The folder's key is for another name.
    #[error("this witness is {0}; a name is given once")]
    OtherName(String),
    /// A name or key that is none.
    #[error(transparent)]
    Key(#[from] MalformedKey),
    /// A log's key must be one that signs checkpoints.
    #[error("{0} is not the key of a log")]
    NotALog(String),
    /// The disk.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// A witness on its own folder.
pub struct Witness {
    folder: Folder,
    key: CosignerKey,
    clock: Clock,
    /// The keys of the logs it watches. Held while one request is decided and its head stored:
    /// two requests must not both build on the same head.
    logs: Mutex<Vec<VerifierKey>>,
}

impl Witness {
    /// Opens a witness's folder, or makes it: then `name` becomes the key's name.
    pub fn open(
        path: &Path,
        name: Option<&str>,
        clock: Clock,
        entropy: &Entropy,
    ) -> Result<Self, WitnessError> {
        Self::on(Folder::open(path)?, name, clock, entropy)
    }

    fn on(
        folder: Folder,
        name: Option<&str>,
        clock: Clock,
        entropy: &Entropy,
    ) -> Result<Self, WitnessError> {
        let key = if let Some(text) = folder.read(KEY)? {
            let text = String::from_utf8(text).map_err(|_| folder.damaged(KEY))?;
            let key = CosignerKey::parse(text.trim_end())?;
            let own = key.verifier().name().as_str();
            if name.is_some_and(|name| name != own) {
                return Err(WitnessError::OtherName(own.to_owned()));
            }
            key
        } else {
            let name: KeyName = name.ok_or(WitnessError::NoName)?.parse()?;
            let key = CosignerKey::new(name, &entropy.draw());
            folder.write(KEY, key.to_text().as_bytes())?;
            key
        };
        let logs = folder.read(LOGS)?.unwrap_or_default();
        let logs = String::from_utf8(logs).map_err(|_| folder.damaged(LOGS))?;
        let logs = logs.lines().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self {
            folder,
            key,
            clock,
            logs: Mutex::new(logs),
        })
    }

    /// Watches a log from now on; nothing changes when it does already.
    pub fn watch(&self, log: VerifierKey) -> Result<(), WitnessError> {
        if log.algorithm() != Algorithm::Ed25519 {
            return Err(WitnessError::NotALog(log.to_string()));
        }
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        if logs.contains(&log) {
            return Ok(());
        }
        let mut all = logs.clone();
        all.push(log);
        let mut lines: Vec<String> = all.iter().map(VerifierKey::to_string).collect();
        lines.push(String::new());
        self.folder.write(LOGS, lines.join("\n").as_bytes())?;
        *logs = all;
        Ok(())
    }

    /// The key that others verify its cosignatures with.
    pub fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// Answers the body of `POST /add-checkpoint`. Fails when the disk does; then nothing may
    /// be answered but that.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<Answer, WitnessError> {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(refusal) => return Ok(refusal.into()),
        };
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |key: &&VerifierKey| key.name().as_str() == request.origin();
        let keys: Vec<VerifierKey> = logs.iter().filter(named).cloned().collect();
        let name = head_name(request.origin());
        let latest = self.head(&name)?;
        let accepted = match check(&request, &keys, latest) {
            Ok(accepted) => accepted,
            Err(refusal) => return Ok(refusal.into()),
        };
        if accepted.head() != latest {
            let head = Checkpoint::new(accepted.origin(), accepted.head());
            let head = head.expect("the origin of a checkpoint that was read");
            self.folder.write(&name, head.to_string().as_bytes())?;
        }
        Ok(accepted.cosign(&self.key, (self.clock)()))
    }

    /// The newest head of a log that it has cosigned, by the log's origin.
    pub fn remembered(&self, origin: &str) -> Result<TreeHead, WitnessError> {
        self.head(&head_name(origin))
    }

    fn head(&self, name: &str) -> Result<TreeHead, WitnessError> {
        let Some(bytes) = self.folder.read(name)? else {
            return Ok(TreeHead::EMPTY);
        };
        let text = std::str::from_utf8(&bytes).ok();
        let head = text.and_then(|text| text.parse::<Checkpoint>().ok());
        Ok(head.ok_or_else(|| self.folder.damaged(name))?.head())
    }

    /// The witness as a web service: `POST /add-checkpoint`.
    pub fn into_service(self: Arc<Self>) -> (Service, usize) {
        let service = move |asked: Asked| match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/add-checkpoint") => match self.add_checkpoint(&asked.body) {
                Ok(answer) => Told {
                    status: answer.status,
                    content_type: answer.content_type,
                    body: answer.body.into_bytes(),
                },
                Err(error) => {
                    tracing::error!(%error, "checkpoint_not_cosigned");
                    Told::text(500, "failed")
                }
            },
            (_, "/add-checkpoint") => Told::text(405, "POST a checkpoint"),
            _ => Told::text(404, "nothing is here but /add-checkpoint"),
        };
        (Arc::new(service), MAX_REQUEST_BYTES)
    }
}

/// The file of a log's head. Origins are any text, so the name is a hash.
fn head_name(origin: &str) -> String {
    format!("head-{}", hex(&Sha256::digest(origin)))
}
