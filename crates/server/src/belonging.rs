//! Whether a database belongs to the keys beside it.
//!
//! A mark in the database is sealed under the installation's sealing key. A database that was
//! copied next to other keys is noticed at the start, instead of meeting every client with "no such
//! key" and taking each number for a new one.

use crate::gateway::SystemEntropy;
use crate::secrets::DataFolder;
use heliograph_domain::keys::{self, KeyError, SaveKey};
use heliograph_model::AuthKeyId;
use heliograph_mtproto::Entropy as _;
use heliograph_store::{Store, StoreError};
use heliograph_vault::seal::{NONCE_BYTES, SealKey};
use std::fs;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a database cannot be used with these keys.
#[derive(Debug, Error)]
pub enum BelongingError {
    /// The mark does not open.
    #[error(
        "{key}: is not the key that this database belongs to; restore it from a backup of the keys \
         folder. If it is lost for good, make an empty file {forget}: the server will start, and \
         everyone must sign in again",
        key = .key.display(), forget = .forget.display()
    )]
    OtherKeys {
        /// The sealing key.
        key: PathBuf,
        /// The file by which the operator gives the old keys up.
        forget: PathBuf,
    },
    /// The word of the operator could not be taken back.
    #[error("{path}: {source}", path = .path.display())]
    Forget {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the mark lies: no authorization key has the id 0, which names unencrypted messages.
const MARK: AuthKeyId = AuthKeyId(0);

/// Checks the mark; makes it where there is none yet, and where the operator gave the old keys up.
pub async fn check(store: &Store, seal: &SealKey, data: &DataFolder) -> Result<(), BelongingError> {
    let mut view = store.view().await?;
    let found = keys::find(&mut *view, seal, MARK).await;
    drop(view);
    match found {
        Ok(Some(_)) => Ok(()),
        Ok(None) => mark(store, seal).await,
        Err(KeyError::Store(error)) => Err(error.into()),
        Err(KeyError::Sealed(_)) => {
            let forget = data.forget_sign_ins();
            if !forget.exists() {
                let key = data.seal_key();
                return Err(BelongingError::OtherKeys { key, forget });
            }
            tracing::warn!("sign_ins_forgotten: the keys of before were given up");
            mark(store, seal).await?;
            // It counts once: the next time the keys should fit again.
            fs::remove_file(&forget).map_err(|source| BelongingError::Forget {
                path: forget,
                source,
            })
        }
    }
}

async fn mark(store: &Store, seal: &SealKey) -> Result<(), BelongingError> {
    let mut nonce = [0; NONCE_BYTES];
    SystemEntropy.fill(&mut nonce);
    // What is sealed tells nothing; that it opens is all.
    let mark = SaveKey::new(MARK, &[0; 256], None, seal, nonce);
    Ok(store.write(mark).await?)
}
