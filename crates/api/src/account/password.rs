//! The cloud password: asking for it, setting and removing it, and doing without it
//! (<https://core.telegram.org/api/srp>).
//!
//! Commands here are not run in the name of the session: the service chat tells of each, and no answer
//! brings what it says, so the session that asked is pushed it like every other one.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::passwords::{
    self, Answer, AskReset, Asked, Asker, DeclineReset, NewPassword, NoteKnown, PasswordError,
    Proof, Random, RemovePassword, SetPassword, Verifier,
};
use heliograph_model::{GENERATOR, PRIME, UserId};
use heliograph_tl::enums::{self, InputCheckPasswordSRP, PasswordKdfAlgo};
use heliograph_tl::types::{
    PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow as ModPow,
    SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000 as SecureAlgo,
};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::Anyone, Rate::SignIn, get_password)
        .method(Access::User, Rate::SignIn, get_password_settings)
        .method(Access::User, Rate::SignIn, update_password_settings)
        .method(Access::User, Rate::Write, reset_password)
        .method(Access::User, Rate::Write, decline_password_reset);
}

/// The server's part of `salt1`, in bytes.
const SALT_HEAD_BYTES: usize = 8;
/// The client's part of `salt1`, in bytes; clients add 32.
const SALT_TAIL_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
/// How long a hint may be, in characters: it is shown on the screen that asks for the password.
const HINT_CHARS: usize = 255;

/// `account.getPassword`: whether the account has a password, and a challenge for who wants to show
/// that they know it; salts for a new one. Answers devices that are signed in, and those that have
/// given a code and must still give the password.
///
/// Fails with `AUTH_KEY_UNREGISTERED` for anybody else.
async fn get_password(cx: Ctx, _: f::account::GetPassword) -> Result<enums::account::Password> {
    let asker = asker(&cx)?;
    let mut view = cx.store.view().await?;
    let password = passwords::find(&mut *view, asker.user).await?;
    drop(view);
    let mut answer = types::account::Password {
        new_algo: offer(&cx, asker.user, cx.random()).into(),
        new_secure_algo: SecureAlgo {
            salt: cx.random::<8>().to_vec(),
        }
        .into(),
        secure_random: cx.random::<256>().to_vec(),
        ..Default::default()
    };
    if let Some(password) = password {
        let srp_id = i64::from_le_bytes(cx.random());
        let secret = cx.random().into();
        let posed = cx
            .passwords
            .challenge(asker, &password, srp_id, secret, cx.now())?;
        let algo = ModPow {
            salt1: password.salt1.to_vec(),
            salt2: password.salt2.to_vec(),
            g: GENERATOR,
            p: PRIME.to_vec(),
        };
        answer.current_algo = Some(algo.into());
        answer.srp_b = Some(posed.public.to_vec());
        answer.srp_id = Some(posed.srp_id);
        answer.hint = Some(posed.hint).filter(|hint| !hint.is_empty());
        answer.pending_reset_date = password.reset.filter(|_| asker.signed_in);
    }
    Ok(answer.into())
}

/// `account.getPasswordSettings`: there are none beside the password itself. Clients ask to learn
/// whether a password is right.
///
/// Fails with `PASSWORD_HASH_INVALID`, `SRP_ID_INVALID`, `SRP_A_INVALID` or `SRP_PASSWORD_CHANGED`.
async fn get_password_settings(
    cx: Ctx,
    req: f::account::GetPasswordSettings,
) -> Result<enums::account::PasswordSettings> {
    let proof = prove(&cx, signed_in(&cx)?, req.password).await?;
    if let Some(proof) = proof {
        cx.store.write(NoteKnown { proof }).await?;
    }
    Ok(types::account::PasswordSettings::default().into())
}

/// `account.updatePasswordSettings`: sets, changes or removes the password.
///
/// Fails as [`get_password_settings`] does, with `NEW_SALT_INVALID`, `NEW_SETTINGS_INVALID`,
/// `NEW_SETTINGS_EMPTY` (also when there is nothing to remove), and with `EMAIL_INVALID`: nothing
/// here sends mail.
async fn update_password_settings(
    cx: Ctx,
    req: f::account::UpdatePasswordSettings,
) -> Result<bool> {
    let asker = signed_in(&cx)?;
    let user = asker.user;
    let enums::account::PasswordInputSettings::PasswordInputSettings(settings) = req.new_settings;
    let new = parse(&cx, user, settings)?;
    let proof = prove(&cx, asker, req.password).await?;
    match new {
        Some(new) => {
            let random = Random {
                nonce: cx.random(),
                stamp: cx.random(),
            };
            let password = cx.passwords.seal(user, &new, random);
            cx.store
                .write(SetPassword {
                    user,
                    proof,
                    password,
                })
                .await?;
        }
        None if proof.is_none() => return Err(text::NEW_SETTINGS_EMPTY.into()),
        None => cx.store.write(RemovePassword { user, proof }).await?,
    }
    Ok(true)
}

/// `account.resetPassword`: removes a forgotten password, a week after a device first asked for it
/// and when no device declined.
///
/// Fails with `PASSWORD_EMPTY`.
async fn reset_password(
    cx: Ctx,
    _: f::account::ResetPassword,
) -> Result<enums::account::ResetPasswordResult> {
    let user = cx.user()?;
    match cx.store.write(AskReset { user }).await {
        Ok(Asked { due }) if due <= cx.now().seconds() => {
            let proof = None;
            cx.store.write(RemovePassword { user, proof }).await?;
            Ok(enums::account::ResetPasswordResult::ResetPasswordOk)
        }
        Ok(Asked { due: until_date }) => {
            Ok(types::account::ResetPasswordRequestedWait { until_date }.into())
        }
        Err(PasswordError::Declined(retry_date)) => {
            Ok(types::account::ResetPasswordFailedWait { retry_date }.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// `account.declinePasswordReset`: says no to a reset that a device asked for, and to a deletion that
/// somebody asked for without the password.
///
/// Fails with `RESET_REQUEST_MISSING`.
async fn decline_password_reset(cx: Ctx, _: f::account::DeclinePasswordReset) -> Result<bool> {
    let user = cx.user()?;
    cx.store.write(DeclineReset { user }).await?;
    Ok(true)
}

/// The caller as somebody who is signed in.
fn signed_in(cx: &Ctx) -> Result<Asker> {
    Ok(Asker {
        user: cx.user()?,
        key: cx.caller().key,
        signed_in: true,
    })
}

/// Whose password the caller may be asked for: of the account that it has given a code for, or is
/// signed in to.
pub(crate) fn asker(cx: &Ctx) -> Result<Asker> {
    let key = cx.caller().key;
    match cx.passwords.arrivals.find(key, cx.now()) {
        Some(arrival) => Ok(Asker {
            user: arrival.user,
            key,
            signed_in: false,
        }),
        None => signed_in(cx),
    }
}

/// Checks what a client sent to show that it knows the password; `None` where the account has none.
///
/// Fails with `PASSWORD_HASH_INVALID`, `SRP_ID_INVALID`, `SRP_A_INVALID` or `SRP_PASSWORD_CHANGED`.
pub(crate) async fn prove(
    cx: &Ctx,
    asker: Asker,
    check: InputCheckPasswordSRP,
) -> Result<Option<Proof>> {
    let mut view = cx.store.view().await?;
    let password = passwords::find(&mut *view, asker.user).await?;
    drop(view);
    let check = match check {
        InputCheckPasswordSRP::InputCheckPasswordSRP(check) => check,
        InputCheckPasswordSRP::InputCheckPasswordEmpty if password.is_none() => return Ok(None),
        InputCheckPasswordSRP::InputCheckPasswordEmpty => {
            return Err(PasswordError::Needed.into());
        }
    };
    let answer = Answer {
        srp_id: check.srp_id,
        public: &check.a,
        proof: &check.m1,
    };
    let proof = cx
        .passwords
        .check(asker, password.as_ref(), answer, cx.now())?;
    Ok(Some(proof))
}

/// The salts that a client is offered for a new password. The second is made of the first, so that
/// nothing needs to be remembered to know later that both came from here.
fn offer(cx: &Ctx, user: UserId, head: [u8; SALT_HEAD_BYTES]) -> ModPow {
    let mac = cx
        .access
        .mac(&[b"hg/password-salt/v1", &user.0.to_le_bytes(), &head]);
    ModPow {
        salt1: head.to_vec(),
        salt2: mac[..16].to_vec(),
        g: GENERATOR,
        p: PRIME.to_vec(),
    }
}

/// Reads new settings; `None` removes the password, which clients ask for with an empty hash.
fn parse(
    cx: &Ctx,
    user: UserId,
    settings: types::account::PasswordInputSettings,
) -> Result<Option<NewPassword>> {
    if settings.email.is_some_and(|email| !email.is_empty()) {
        return Err(text::EMAIL_INVALID.into());
    }
    if settings.new_secure_settings.is_some() {
        return Err(text::NEW_SETTINGS_INVALID.into());
    }
    let (Some(algo), Some(hash)) = (settings.new_algo, settings.new_password_hash) else {
        return Err(text::NEW_SETTINGS_EMPTY.into());
    };
    if hash.is_empty() {
        return Ok(None);
    }
    let PasswordKdfAlgo::SHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(algo) = algo else {
        return Err(text::NEW_SETTINGS_INVALID.into());
    };
    let (head, tail) = algo
        .salt1
        .split_first_chunk()
        .ok_or(text::NEW_SALT_INVALID)?;
    let offered = offer(cx, user, *head);
    if algo.salt2 != offered.salt2 || !SALT_TAIL_BYTES.contains(&tail.len()) {
        return Err(text::NEW_SALT_INVALID.into());
    }
    if algo.g != offered.g || algo.p != offered.p {
        return Err(text::NEW_SETTINGS_INVALID.into());
    }
    let hint = settings.hint.unwrap_or_default().trim().to_owned();
    if hint.chars().count() > HINT_CHARS {
        return Err(text::NEW_SETTINGS_INVALID.into());
    }
    Ok(Some(NewPassword {
        verifier: Verifier::parse(&hash).ok_or(text::NEW_SETTINGS_INVALID)?,
        salt1: algo.salt1,
        salt2: algo.salt2,
        hint,
    }))
}

#[cfg(test)]
mod tests;
