//! Signing in with a code.

use super::{arrival, authorization, sign_in};
use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::help::terms::offered;
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::accounts::{self, SignUp};
use heliograph_domain::codes::{CODE_DIGITS, CodeHash, Waiting};
use heliograph_domain::passwords::Arrival;
use heliograph_domain::{authorizations, countries, services};
use heliograph_keeper::{Purpose, phone_tag};
use heliograph_model::{E164, FirstName, LastName, UserId};
use heliograph_moderation::acceptance::Accept;
use heliograph_moderation::publication::{self, Published};
use heliograph_tl::enums::{self, auth::SentCodeType};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::Anyone, Rate::SignIn, send_code)
        .method(Access::Anyone, Rate::SignIn, resend_code)
        .method(Access::Anyone, Rate::SignIn, cancel_code)
        .method(Access::Anyone, Rate::SignIn, sign_in_with_code)
        .method(Access::Anyone, Rate::SignIn, sign_up)
        .method(Access::Anyone, Rate::SignIn, import_bot_authorization);
}

/// After how many seconds a client offers to send the code another way.
const NEXT_WAY_AFTER_S: i32 = 60;

/// `auth.sendCode`: makes a code for a number and brings it to the account's other devices, or to
/// the number itself where there are none. Any `api_id` is welcome.
///
/// Fails with `PHONE_NUMBER_INVALID`, with `PHONE_NUMBER_APP_SIGNUP_FORBIDDEN` or
/// `PHONE_NUMBER_BANNED` for a number that has no account and may not make one, and with
/// `SEND_CODE_UNAVAILABLE` when the code could not be delivered.
async fn send_code(cx: Ctx, req: f::auth::SendCode) -> Result<enums::auth::SentCode> {
    let phone = E164::parse(&req.phone_number)?;
    let key = cx.caller().key;
    let fill = |out: &mut [u8]| cx.entropy.fill(out);
    let tag = phone_tag(
        &*cx.keeper,
        Purpose::SignIn,
        key.0 as u64,
        phone.digits(),
        fill,
    )
    .await?;

    let mut view = cx.store.view().await?;
    let account = accounts::find_phone(&mut *view, tag).await?;
    let reachable = if let Some(user) = account {
        let devices = authorizations::list(&mut *view, user).await?;
        devices.iter().any(|(device, _)| *device != key)
    } else {
        let now_s = cx.now().seconds();
        accounts::may_sign_up(&mut *view, cx.policy.registration, tag, now_s).await?;
        false
    };
    drop(view);

    let (hash, waiting) = cx.codes.request(phone, tag, cx.random(), cx.now())?;
    match account.filter(|_| reachable) {
        Some(user) => bring_to_devices(&cx, user, hash, waiting).await,
        None => send_out(&cx, hash, &waiting).await,
    }
}

/// `auth.resendCode`: sends the same code to the number itself, wherever it went before.
///
/// Fails as [`send_code`] does, with `PHONE_CODE_HASH_EMPTY`, and with `PHONE_CODE_EXPIRED` when
/// nothing waits for a code.
async fn resend_code(cx: Ctx, req: f::auth::ResendCode) -> Result<enums::auth::SentCode> {
    let phone = E164::parse(&req.phone_number)?;
    let hash = code_hash(req.phone_code_hash)?;
    let waiting = cx.codes.resend(&hash, &phone, cx.now())?;
    send_out(&cx, hash, &waiting).await
}

/// `auth.cancelCode`: forgets a code that was asked for.
///
/// Fails with `PHONE_NUMBER_INVALID`, `PHONE_CODE_HASH_EMPTY` or `PHONE_CODE_EXPIRED`.
async fn cancel_code(cx: Ctx, req: f::auth::CancelCode) -> Result<bool> {
    let phone = E164::parse(&req.phone_number)?;
    let hash = code_hash(req.phone_code_hash)?;
    cx.codes.cancel(&hash, &phone, cx.now())?;
    Ok(true)
}

/// `auth.signIn`: takes the code. A number without an account is asked to sign up, and shown the
/// terms; the code need not be given again then.
///
/// Fails with `PHONE_NUMBER_INVALID`, `PHONE_CODE_HASH_EMPTY`, `PHONE_CODE_EMPTY`,
/// `PHONE_CODE_INVALID` or `PHONE_CODE_EXPIRED`; with `SESSION_PASSWORD_NEEDED` where the code was
/// right and the account has a password.
async fn sign_in_with_code(cx: Ctx, req: f::auth::SignIn) -> Result<enums::auth::Authorization> {
    let phone = E164::parse(&req.phone_number)?;
    let hash = code_hash(req.phone_code_hash)?;
    let code = req.phone_code.filter(|code| !code.trim().is_empty());
    let code = code.ok_or(text::PHONE_CODE_EMPTY)?;
    let waiting = cx.codes.check(&hash, &phone, &code, cx.now())?;

    let mut view = cx.store.view().await?;
    let account = accounts::find_phone(&mut *view, waiting.tag).await?;
    drop(view);
    let Some(user) = account else {
        let terms_of_service = Some(terms_in_force(&cx).await?);
        return Ok(types::auth::AuthorizationSignUpRequired { terms_of_service }.into());
    };
    let arrival = Arrival {
        phone: Some(waiting.phone),
        ..arrival(&cx, user)
    };
    let step = sign_in(&cx, cx.caller().key, arrival).await?;
    cx.codes.end(&hash);
    let account = step.complete()?;
    cx.codes.proven(&phone, &account).await;
    authorization(&cx, &account, Some(&phone)).await
}

/// The terms that whoever signs up now accepts.
async fn terms_in_force(cx: &Ctx) -> Result<enums::help::TermsOfService> {
    let mut view = cx.store.view().await?;
    let terms = publication::in_force(&mut *view, cx.now()).await?;
    let effective = None;
    Ok(offered(Published { terms, effective }, cx.now()))
}

/// `auth.signUp`: makes an account for a number whose code was given, and signs in. Who signs up
/// accepts the terms that were shown.
///
/// Fails as [`sign_in_with_code`] does, with `FIRSTNAME_INVALID` or `LASTNAME_INVALID`, with
/// `PHONE_NUMBER_OCCUPIED`, and with the refusals of [`send_code`].
async fn sign_up(cx: Ctx, req: f::auth::SignUp) -> Result<enums::auth::Authorization> {
    let phone = E164::parse(&req.phone_number)?;
    let hash = code_hash(req.phone_code_hash)?;
    let waiting = cx.codes.passed(&hash, &phone, cx.now())?;
    let first_name = FirstName::parse(&req.first_name).map_err(|_| text::FIRSTNAME_INVALID)?;
    let last_name = LastName::parse(&req.last_name).map_err(|_| text::LASTNAME_INVALID)?;

    let sign_up = SignUp {
        phone: waiting.tag,
        proven: cx.code_sender.proof(),
        first_name,
        last_name,
        country: countries::of_number(phone.digits()).map(|country| country.iso2.to_owned()),
        registration: cx.policy.registration,
    };
    let account = cx.write(sign_up).await?;
    cx.codes.end(&hash);
    cx.codes.proven(&phone, &account).await;
    let user = account.person.id;
    // A crash before this line has the terms offered once more.
    let mut view = cx.store.view().await?;
    let version = publication::in_force(&mut *view, cx.now()).await?.version;
    drop(view);
    cx.write(Accept { user, version }).await?;
    let step = sign_in(&cx, cx.caller().key, arrival(&cx, user)).await?;
    let account = step.complete()?;
    authorization(&cx, &account, Some(&phone)).await
}

/// `auth.importBotAuthorization`: signs the caller's key in as the bot that a token opens.
///
/// Fails with `ACCESS_TOKEN_INVALID`.
async fn import_bot_authorization(
    cx: Ctx,
    req: f::auth::ImportBotAuthorization,
) -> Result<enums::auth::Authorization> {
    let mut view = cx.store.view().await?;
    let bot = crate::bots::bot_of(&mut *view, &req.bot_auth_token).await?;
    drop(view);
    let bot = bot.ok_or(text::ACCESS_TOKEN_INVALID)?;
    let step = sign_in(&cx, cx.caller().key, arrival(&cx, bot)).await?;
    let account = step.complete()?;
    authorization(&cx, &account, None).await
}

/// The name of a request for a code; `PHONE_CODE_HASH_EMPTY` when there is none.
pub(crate) fn code_hash(hash: String) -> Result<CodeHash> {
    if hash.is_empty() {
        return Err(text::PHONE_CODE_HASH_EMPTY.into());
    }
    Ok(hash)
}

async fn bring_to_devices(
    cx: &Ctx,
    to: UserId,
    hash: CodeHash,
    waiting: Waiting,
) -> Result<enums::auth::SentCode> {
    let code = waiting.code.clone();
    cx.write(services::BringCode { to, code }).await?;
    let app = types::auth::SentCodeTypeApp {
        length: CODE_DIGITS as i32,
    };
    Ok(sent(app.into(), hash))
}

/// Sends a code out of the house. A request whose first code cannot be delivered stays, so that
/// another way may still be found; it expires by itself.
pub(crate) async fn send_out(
    cx: &Ctx,
    hash: CodeHash,
    waiting: &Waiting,
) -> Result<enums::auth::SentCode> {
    if !cx.code_sender.send(&waiting.phone, &waiting.code).await {
        return Err(RpcError::from(text::SEND_CODE_UNAVAILABLE));
    }
    let sms = types::auth::SentCodeTypeSms {
        length: CODE_DIGITS as i32,
    };
    Ok(sent(sms.into(), hash))
}

fn sent(way: SentCodeType, phone_code_hash: CodeHash) -> enums::auth::SentCode {
    types::auth::SentCode {
        type_: way,
        phone_code_hash,
        next_type: Some(enums::auth::CodeType::Sms),
        timeout: Some(NEXT_WAY_AFTER_S),
    }
    .into()
}
