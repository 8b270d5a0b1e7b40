//! The keeper's secrets, as the desk asks for them.

use crate::gateway::SystemEntropy;
use heliograph_desk_store::{CaseId, UserId};
use heliograph_disclosure::secrets::SecretsError;
use heliograph_disclosure::{CaseSecrets, Entropy};
use heliograph_keeper::SecretsError as KeeperError;
use heliograph_keeper::{BoxFuture, LogProof, Order, SecretsClient};
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::note::Note;
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tile::{TileReader, TileSource as _};
use heliograph_vault::record::VerifiedRecord;
use heliograph_vault::secrets::{RecordSecret, UserSecret};
use std::fmt::Display;
use std::sync::Arc;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// The case whose key is that of what belongs to no case: the registry, the quarantine.
const NO_CASE: [u8; 16] = [0; 16];

/// Asks the keeper, from threads that may block.
pub struct KeptSecrets {
    runtime: Handle,
    keeper: Arc<dyn SecretsClient>,
    log: FolderSource,
}

impl KeptSecrets {
    /// The secrets of this keeper; `log` is where the proofs for it are made from.
    pub fn new(keeper: Arc<dyn SecretsClient>, log: FolderSource) -> Self {
        KeptSecrets {
            runtime: Handle::current(),
            keeper,
            log,
        }
    }

    fn ask<'a, T>(
        &'a self,
        what: &'static str,
        ask: impl FnOnce(&'a dyn SecretsClient) -> BoxFuture<'a, Result<T, KeeperError>>,
    ) -> Result<T, SecretsError> {
        self.runtime
            .block_on(ask(&*self.keeper))
            .map_err(refused(what))
    }

    /// Proves an entry to the keeper, by the newest checkpoint and its cosignatures.
    fn logged(&self, index: u64) -> Result<LogProof, Box<dyn std::error::Error + Send + Sync>> {
        let checkpoint = self
            .log
            .read("checkpoint")?
            .ok_or("there is no checkpoint")?;
        let note = Note::parse(&checkpoint)?;
        let head = note.text().parse::<Checkpoint>()?.head();
        let mut reader = TileReader::open(&self.log, head)?;
        let stored = reader.entries(index).next();
        let (_, entry) = stored.ok_or("there is no such entry")??;
        let proof = TlogProof::make(&mut reader, &entry, index, note)?.to_string();
        Ok(LogProof { entry, proof })
    }

    fn order(
        &self,
        what: &'static str,
        user: UserId,
        index: u64,
        records: &[VerifiedRecord],
    ) -> Result<Order, SecretsError> {
        Ok(Order {
            logged: self.logged(index).map_err(refused(what))?,
            user_id: user.0,
            records: records.iter().map(|record| record.to_bytes()).collect(),
        })
    }
}

fn refused<E: Display>(what: &'static str) -> impl Fn(E) -> SecretsError {
    move |error| SecretsError {
        what,
        why: error.to_string(),
    }
}

impl CaseSecrets for KeptSecrets {
    fn case_key(&self, case: CaseId) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        self.ask("key of the case", |keeper| keeper.case_key(case.0))
    }

    fn desk_key(&self) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        self.ask("key of the desk", |keeper| keeper.case_key(NO_CASE))
    }

    fn person(&self, _case: CaseId, user: UserId) -> Result<Option<UserSecret>, SecretsError> {
        match self.runtime.block_on(self.keeper.person(user.0)) {
            Ok(secret) => Ok(Some(secret)),
            Err(KeeperError::Erased) => Ok(None),
            Err(error) => Err(refused("secret of the person")(error)),
        }
    }

    fn record_secrets(
        &self,
        _case: CaseId,
        user: UserId,
        open: u64,
        records: &[VerifiedRecord],
    ) -> Result<Vec<RecordSecret>, SecretsError> {
        let what = "secrets of the records";
        let order = self.order(what, user, open, records)?;
        self.ask(what, |keeper| keeper.secrets_for_open(&order))
    }

    fn preserve(
        &self,
        _case: CaseId,
        user: UserId,
        preserve: u64,
        records: &[VerifiedRecord],
    ) -> Result<(), SecretsError> {
        let what = "promise to keep the records";
        let order = self.order(what, user, preserve, records)?;
        self.ask(what, |keeper| keeper.preserve_secrets(&order))
    }

    fn extend(&self, extend: u64) -> Result<(), SecretsError> {
        let what = "promise to keep the records for longer";
        let logged = self.logged(extend).map_err(refused(what))?;
        self.ask(what, |keeper| keeper.extend(&logged))
    }

    fn release(&self, preserve: u64) -> Result<(), SecretsError> {
        self.ask("word that it erased what it kept", |keeper| {
            keeper.release(preserve)
        })
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) {
        heliograph_api::Entropy::fill(self, out);
    }
}
