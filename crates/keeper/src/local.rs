//! The keeper in the same process.

use crate::budget::Evaluations;
use crate::client::{BoxFuture, Clock, KeeperClient, KeeperError, Purpose};
use crate::keeper::Keeper;
use crate::secrets_client::{LogProof, Order, SecretsClient, SecretsError};
use heliograph_vault::secrets::{DaySecret, RecordSecret, UserCommitment, UserSecret};
use std::future::ready;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Calls a [`Keeper`] in this process, on the caller's thread.
///
/// It is for tests, where the whole server runs in one thread under a simulated clock: a process
/// that holds both the key and the database gives up what the keeper is for.
pub struct LocalKeeper {
    keeper: Arc<Keeper>,
    clock: Clock,
}

impl LocalKeeper {
    /// Wraps a keeper; `clock` tells the time of each request.
    pub fn new(keeper: Arc<Keeper>, clock: Clock) -> Self {
        Self { keeper, clock }
    }
}

impl KeeperClient for LocalKeeper {
    fn evaluate_batch<'a>(
        &'a self,
        purpose: Purpose,
        caller: u64,
        blinded: &'a [[u8; 32]],
    ) -> BoxFuture<'a, Result<Vec<[u8; 32]>, KeeperError>> {
        Box::pin(async move {
            self.keeper
                .evaluate_batch(purpose, caller, blinded, (self.clock)())
        })
    }

    fn evaluations(&self) -> BoxFuture<'_, Result<Vec<Evaluations>, KeeperError>> {
        let told = self.keeper.evaluations_before((self.clock)());
        Box::pin(ready(Ok(told)))
    }
}

impl SecretsClient for LocalKeeper {
    fn person(&self, user_id: i64) -> BoxFuture<'_, Result<UserSecret, SecretsError>> {
        let secrets = self.keeper.secrets();
        Box::pin(ready(secrets.and_then(|secrets| secrets.person(user_id))))
    }

    fn forget_person(&self, user_id: i64) -> BoxFuture<'_, Result<(), SecretsError>> {
        let secrets = self.keeper.secrets();
        let forgotten = secrets.and_then(|secrets| secrets.forget_person(user_id));
        Box::pin(ready(forgotten))
    }

    fn today(&self, day: u32) -> BoxFuture<'_, Result<DaySecret, SecretsError>> {
        let now_s = (self.clock)();
        let secrets = self.keeper.secrets();
        Box::pin(ready(secrets.and_then(|secrets| secrets.today(day, now_s))))
    }

    fn case_key(&self, case: [u8; 16]) -> BoxFuture<'_, Result<Zeroizing<[u8; 32]>, SecretsError>> {
        let secrets = self.keeper.secrets();
        Box::pin(ready(secrets.and_then(|secrets| secrets.case_key(case))))
    }

    fn pin_log<'a>(&'a self, policy: &'a str) -> BoxFuture<'a, Result<(), SecretsError>> {
        let secrets = self.keeper.secrets();
        Box::pin(ready(secrets.and_then(|secrets| secrets.pin_log(policy))))
    }

    fn secrets_for_open<'a>(
        &'a self,
        order: &'a Order,
    ) -> BoxFuture<'a, Result<Vec<RecordSecret>, SecretsError>> {
        let now_s = (self.clock)();
        let secrets = self.keeper.secrets();
        let released = secrets.and_then(|secrets| secrets.secrets_for_open(order, now_s));
        Box::pin(ready(released))
    }

    fn preserve_secrets<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<(), SecretsError>> {
        let now_s = (self.clock)();
        let secrets = self.keeper.secrets();
        let kept = secrets.and_then(|secrets| secrets.preserve_secrets(order, now_s));
        Box::pin(ready(kept))
    }

    fn extend<'a>(&'a self, logged: &'a LogProof) -> BoxFuture<'a, Result<(), SecretsError>> {
        let now_s = (self.clock)();
        let secrets = self.keeper.secrets();
        let extended = secrets.and_then(|secrets| secrets.extend(logged, now_s));
        Box::pin(ready(extended))
    }

    fn release(&self, preserve: u64) -> BoxFuture<'_, Result<(), SecretsError>> {
        let secrets = self.keeper.secrets();
        Box::pin(ready(secrets.and_then(|secrets| secrets.release(preserve))))
    }

    fn preserved_person(
        &self,
        preserve: u64,
    ) -> BoxFuture<'_, Result<(i64, UserCommitment), SecretsError>> {
        let secrets = self.keeper.secrets();
        let person = secrets.and_then(|secrets| secrets.preserved_person(preserve));
        Box::pin(ready(person))
    }

    fn erase_due(&self, retention_days: u32) -> BoxFuture<'_, Result<Vec<u32>, SecretsError>> {
        let now_s = (self.clock)();
        let secrets = self.keeper.secrets();
        let erased = secrets.and_then(|secrets| secrets.erase_due(retention_days, now_s));
        Box::pin(ready(erased))
    }
}
