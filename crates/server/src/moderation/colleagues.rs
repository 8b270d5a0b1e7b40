//! Which accounts are staff's own: moderators decide nothing about them.

use super::{Moderation, ModerationError};
use heliograph_domain::accounts::{self, MarkStaff};
use heliograph_model::{Peer, UserId, Username};
use heliograph_transparency::entry::Errand;
use thiserror::Error;

/// Why an account was not marked, in words for the operator.
#[derive(Debug, Error)]
pub enum MarkError {
    /// Nobody is named so.
    #[error("name an account as @name or by its id; nobody is named so")]
    Nobody,
    /// The log or the store.
    #[error(transparent)]
    Failed(#[from] ModerationError),
}

impl Moderation {
    /// Marks an account as one of staff's own, or takes the mark back. The log counts it first; it
    /// names nobody.
    pub async fn mark_staff(&self, named: &str, staff: bool) -> Result<(), MarkError> {
        let (user, before) = self.account(named).await?;
        if before == staff {
            return Ok(());
        }
        let what = if staff {
            Errand::Staff
        } else {
            Errand::NoStaff
        };
        self.count(what).await?;
        let marked = self.store.write(MarkStaff { user, staff }).await;
        marked.map_err(ModerationError::from)?;
        Ok(())
    }

    /// The account with this username or id, and whether it is marked.
    async fn account(&self, named: &str) -> Result<(UserId, bool), MarkError> {
        let view = self.store.view().await;
        let mut view = view.map_err(ModerationError::from)?;
        let user = if let Ok(id) = named.trim().parse() {
            Some(UserId(id))
        } else {
            let name = Username::parse(named.trim()).map_err(|_| MarkError::Nobody)?;
            let holder = accounts::find_username(&mut *view, &name).await;
            let holder = holder.map_err(ModerationError::from)?;
            holder.and_then(Peer::user)
        };
        let user = user.ok_or(MarkError::Nobody)?;
        let found = accounts::find(&mut *view, user).await;
        let account = found.map_err(ModerationError::from)?;
        let account = account.filter(|account| !account.person.deleted);
        let account = account.ok_or(MarkError::Nobody)?;
        Ok((user, account.staff))
    }
}
