//! `auth.*`: signing in and out.

mod code;
mod devices;
mod password;
mod qr;
#[cfg(test)]
mod tests;

use crate::context::Ctx;
use crate::error::Result;
use crate::render;
use crate::router::Router;
use heliograph_domain::accounts::Account;
use heliograph_domain::authorizations;
use heliograph_domain::bus::Signal;
use heliograph_model::{AuthKeyId, E164, UserId};
use heliograph_tl::enums;
use heliograph_tl::types;

pub(crate) fn register(router: &mut Router) {
    code::register(router);
    devices::register(router);
    password::register(router);
    qr::register(router);
}

pub(crate) use code::{code_hash, send_out};
pub(crate) use devices::{DATA_CENTRES, sign_out};

/// Signs a key in and tells the sessions of the key.
async fn sign_in(
    cx: &Ctx,
    key: AuthKeyId,
    user: UserId,
    country: Option<String>,
    part_of: Option<AuthKeyId>,
) -> Result<Account> {
    let sign_in = authorizations::SignIn {
        key,
        user,
        country,
        part_of,
    };
    let account = cx.write(sign_in).await?;
    cx.publish(Signal::SignedIn { key, user });
    Ok(account)
}

/// The country that the caller's address lies in.
fn country(cx: &Ctx) -> Option<String> {
    cx.caller().country.as_deref().map(str::to_owned)
}

/// `auth.authorization`. The number is shown only where the caller has just given it.
async fn authorization(
    cx: &Ctx,
    account: &Account,
    phone: Option<&E164>,
) -> Result<enums::auth::Authorization> {
    let mut view = cx.store.view().await?;
    let viewer = cx.viewer_of(account.person.id);
    let mut user = render::user(viewer, &mut *view, &account.person).await?;
    if let enums::User::User(user) = &mut user {
        user.phone = phone.map(|phone| phone.digits().to_owned());
    }
    Ok(types::auth::Authorization {
        user,
        ..Default::default()
    }
    .into())
}
