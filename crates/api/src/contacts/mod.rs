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

/// Stands in for the holder of a number that nobody has. No account has this id.
const NOBODY: UserId = UserId(0);

/// The holder of a number, where they let `viewer` find them by it.
///
/// Those who do not must look exactly like those who are not there, and take as long: so each rule
/// is looked up in every case, of [`NOBODY`] where there is nobody. Whoever may see a number knows
/// whose it is, so leave to see it is leave to find by it.
async fn findable_by_number(
    rows: &mut dyn Rows,
    holder: Option<UserId>,
    viewer: UserId,
) -> Result<Option<UserId>> {
    let person = holder.unwrap_or(NOBODY);
    let blocked = contacts::is_blocked(rows, person, viewer).await?;
    let contact = contacts::find(rows, person, viewer).await?.is_some();
    let (finds, sees) = (PrivacyKey::AddedByPhone, PrivacyKey::PhoneNumber);
    let finds = settings::allows_knowing(rows, person, &finds, viewer, contact).await?;
    let sees = settings::allows_knowing(rows, person, &sees, viewer, contact).await?;
    Ok(holder.filter(|person| *person == viewer || !blocked && (finds || sees)))
}
