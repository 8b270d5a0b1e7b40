//! `contacts.*`: address books, blocking, and finding people.

mod block;
mod book;
mod numbers;
mod search;

use crate::error::Result;
use crate::router::Router;
use crate::settings;
use heliograph_domain::contacts;
use heliograph_model::UserId;
use heliograph_store::Rows;
use heliograph_tl::enums::PrivacyKey;

pub(crate) fn register(router: &mut Router) {
    block::register(router);
    book::register(router);
    numbers::register(router);
    search::register(router);
}

/// Whether `person` lets `viewer` find them by number. Those who do not look exactly like those who
/// are not there.
///
/// Whoever may see a number knows whose it is, so leave to see it is leave to find by it.
async fn may_find_by_number(rows: &mut dyn Rows, person: UserId, viewer: UserId) -> Result<bool> {
    Ok(!contacts::is_blocked(rows, person, viewer).await?
        && (settings::allows(rows, person, &PrivacyKey::AddedByPhone, viewer).await?
            || settings::allows(rows, person, &PrivacyKey::PhoneNumber, viewer).await?))
}
