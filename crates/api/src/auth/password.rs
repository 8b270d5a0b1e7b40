//! The cloud password, which nobody can set yet.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_tl::enums::{self, PasswordKdfAlgo, SecurePasswordKdfAlgo};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::SignIn, check_password)
        .method(Access::User, Rate::Read, get_password);
}

/// `auth.checkPassword`: no account has a password, so none is right.
///
/// Fails with `PASSWORD_HASH_INVALID`.
async fn check_password(_: Ctx, _: f::auth::CheckPassword) -> Result<enums::auth::Authorization> {
    Err(text::PASSWORD_HASH_INVALID.into())
}

/// `account.getPassword`: there is none. The unknown algorithms tell clients not to offer one.
async fn get_password(cx: Ctx, _: f::account::GetPassword) -> Result<enums::account::Password> {
    Ok(types::account::Password {
        new_algo: PasswordKdfAlgo::Unknown,
        new_secure_algo: SecurePasswordKdfAlgo::Unknown,
        secure_random: cx.random::<256>().to_vec(),
        ..Default::default()
    }
    .into())
}
