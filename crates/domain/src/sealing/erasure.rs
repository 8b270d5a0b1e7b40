//! Erasing what is sealed: with its account, and after its time.

use super::{Sealer, SealingError};
use crate::deletion::{self, NoteErased};
use heliograph_model::UserId;
use std::collections::BTreeSet;

/// A day whose address records are gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedDay {
    /// Days since 1970 (UTC).
    pub day: u32,
    /// How many records this call erased.
    pub records: u64,
}

impl Sealer {
    /// Erases the address records of all days more than `retention_days` ago, with their days'
    /// secrets; to be called every day. A day that was erased before may be named again, with 0
    /// records: the public log knows which ones it still lacks.
    ///
    /// The secrets go first: cut short, it leaves rows that nobody can open.
    pub async fn erase_expired(&self, retention_days: u32) -> Result<Vec<ErasedDay>, SealingError> {
        let today = (self.now_s() / 86_400) as u32;
        let mut days: BTreeSet<u32> = self
            .parts
            .secrets
            .erase_due(retention_days)
            .await?
            .into_iter()
            .collect();
        let with_records = self.parts.sink.days().await?;
        let expired = |day: &u32| day.saturating_add(retention_days) < today;
        days.extend(with_records.into_iter().filter(expired));
        let mut erased = Vec::with_capacity(days.len());
        for day in days {
            let records = self.parts.sink.erase_day(day).await?;
            erased.push(ErasedDay { day, records });
        }
        Ok(erased)
    }

    /// Erases the secrets and records of deleted accounts. One that fails is tried again at the next
    /// look.
    pub(super) async fn erase_deleted(&self) {
        if let Err(error) = self.try_erase_deleted().await {
            self.note_failure("deletion", &error);
        }
    }

    async fn try_erase_deleted(&self) -> Result<(), SealingError> {
        loop {
            let users = {
                let mut view = self.parts.store.view().await?;
                deletion::pending(&mut *view).await?
            };
            if users.is_empty() {
                return Ok(());
            }
            for user in users {
                self.erase(user).await?;
            }
        }
    }

    async fn erase(&self, user: UserId) -> Result<(), SealingError> {
        self.intervals().forget_user(user);
        // From here on nothing of this person can be opened, nor sealed again.
        self.parts.secrets.forget_person(user.0).await?;
        self.parts.sink.erase_user(user).await?;
        Ok(self.parts.store.write(NoteErased { user }).await?)
    }
}
