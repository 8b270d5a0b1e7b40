//! `auth.*`: signing in and out.

mod code;
mod devices;
mod password;
mod qr;
#[cfg(test)]
mod tests;

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::render;
use crate::router::Router;
use heliograph_domain::accounts::Account;
use heliograph_domain::authorizations::{AuthorizationError, SignIn};
use heliograph_domain::bus::Signal;
use heliograph_domain::passwords::{Arrival, TellArrival};
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

/// Where a sign-in has come to.
enum Step {
    /// The key is signed in.
    Complete(Box<Account>),
    /// The account has a password, which is asked for now.
    PasswordNeeded,
}

impl Step {
    /// The account; `SESSION_PASSWORD_NEEDED` before its password is given.
    fn complete(self) -> Result<Account> {
        match self {
            Step::Complete(account) => Ok(*account),
            Step::PasswordNeeded => Err(text::SESSION_PASSWORD_NEEDED.into()),
        }
    }
}

/// Signs a key in. Where the account has a password, the key is remembered until it gives that, and
/// the account's devices are told.
async fn sign_in(cx: &Ctx, key: AuthKeyId, arrival: Arrival) -> Result<Step> {
    let (user, country) = (arrival.user, arrival.country.clone());
    let sign_in = SignIn {
        key,
        user,
        country: country.clone(),
        part_of: None,
        password: None,
    };
    match enter(cx, sign_in).await {
        Ok(account) => Ok(Step::Complete(Box::new(account))),
        Err(AuthorizationError::PasswordNeeded) => {
            cx.passwords.arrivals.put(key, arrival)?;
            cx.write(TellArrival { user, key, country }).await?;
            Ok(Step::PasswordNeeded)
        }
        Err(error) => Err(error.into()),
    }
}

/// The one end of every sign-in: signs a key in and tells the sessions of the key.
async fn enter(cx: &Ctx, sign_in: SignIn) -> Result<Account, AuthorizationError> {
    let (key, user) = (sign_in.key, sign_in.user);
    let account = cx.write(sign_in).await?;
    cx.passwords.arrivals.end(key);
    cx.publish(Signal::SignedIn { key, user });
    Ok(account)
}

/// The caller as a device on its way to an account.
fn arrival(cx: &Ctx, user: UserId) -> Arrival {
    Arrival {
        user,
        country: country(cx),
        phone: None,
        by_qr: false,
        since: cx.now(),
    }
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
