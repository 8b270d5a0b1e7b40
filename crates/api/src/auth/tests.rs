//! Signing in and out as clients do it, call by call.

use crate::error::{Result, RpcError, text};
use crate::testing::{Person, World};
use heliograph_domain::accounts::{Account, Invite, Registration};
use heliograph_domain::authorizations;
use heliograph_domain::bus::Signal;
use heliograph_domain::keys::{self, DestroyKey};
use heliograph_domain::sealing::Seals;
use heliograph_keeper::{Purpose, phone_tag};
use heliograph_model::E164;
use heliograph_store::BoxFuture;
use heliograph_tl::enums::auth::{Authorization, LoginToken, SentCode, SentCodeType};
use heliograph_tl::{enums, functions as f, types};

const PHONE: &str = "+49 30 1234-56";

async fn send_code(world: &World, person: &Person) -> Result<types::auth::SentCode> {
    let call = f::auth::SendCode {
        phone_number: PHONE.into(),
        api_id: 50322,
        ..Default::default()
    };
    match world.call(person, call).await? {
        SentCode::SentCode(sent) => Ok(sent),
        SentCode::Success(_) => panic!("signed in without a code"),
    }
}

fn last_code(world: &World) -> String {
    let code = world.seen.code.lock().expect("no panic").take();
    code.expect("a code went out")
}

async fn sign_in(world: &World, person: &Person, hash: &str, code: &str) -> Result<Authorization> {
    let call = f::auth::SignIn {
        phone_number: PHONE.into(),
        phone_code_hash: hash.into(),
        phone_code: Some(code.into()),
        email_verification: None,
    };
    world.call(person, call).await
}

async fn sign_up(world: &World, person: &Person, hash: &str, name: &str) -> Result<Authorization> {
    let call = f::auth::SignUp {
        phone_number: PHONE.into(),
        phone_code_hash: hash.into(),
        first_name: name.into(),
        ..Default::default()
    };
    world.call(person, call).await
}

fn user_of(answer: Result<Authorization>) -> types::User {
    let Ok(Authorization::Authorization(authorization)) = answer else {
        panic!("not signed in");
    };
    let enums::User::User(user) = authorization.user else {
        panic!("nobody");
    };
    user
}

/// Who is signed in with the person's key, as the store has it.
async fn signed_in_as(world: &World, person: &Person) -> Option<i64> {
    let mut view = world.services.store.view().await.expect("the store works");
    let key = keys::info(&mut *view, person.cx.caller().key).await;
    key.expect("the store works")?.user.map(|user| user.0)
}

#[tokio::test]
async fn a_new_number_signs_up_and_signs_in_again_with_a_code_from_its_other_device() {
    let world = World::new().await;
    let phone = world.stranger().await;
    let sent = send_code(&world, &phone).await.expect("sent");
    assert!(matches!(sent.type_, SentCodeType::Sms(_)));
    let hash = sent.phone_code_hash;
    let code = last_code(&world);
    let asked = sign_in(&world, &phone, &hash, &code).await;
    let Ok(Authorization::SignUpRequired(asked)) = asked else {
        panic!("the number has no account yet");
    };
    let Some(enums::help::TermsOfService::TermsOfService(terms)) = asked.terms_of_service else {
        panic!("the terms are shown before the account is made");
    };
    assert_eq!(terms.min_age_confirm, Some(16));
    let user = user_of(sign_up(&world, &phone, &hash, "Ada").await);
    let mut view = world.services.store.view().await.expect("the store works");
    let due =
        heliograph_moderation::acceptance::due(&mut *view, heliograph_model::UserId(user.id)).await;
    assert!(matches!(due, Ok(None)), "signing up accepts them");
    drop(view);
    assert_eq!(user.phone.as_deref(), Some("4930123456"));
    assert!(user.self_);
    assert_eq!(signed_in_as(&world, &phone).await, Some(user.id));
    let last = world.seen.signals.lock().expect("no panic").pop();
    assert!(matches!(last, Some(Signal::SignedIn { user: told, .. }) if told.0 == user.id));

    let laptop = world.stranger().await;
    let sent = send_code(&world, &laptop).await.expect("sent");
    let SentCodeType::App(app) = sent.type_ else {
        panic!("went elsewhere");
    };
    assert_eq!((app.length, sent.timeout), (5, Some(60)));
    assert!(world.seen.code.lock().expect("no panic").is_none());

    // The other device finds the code in the service chat.
    let told = world.seen.signals.lock().expect("no panic").pop();
    let Some(Signal::Wake(wake)) = told else {
        panic!("nothing came");
    };
    let heliograph_model::Change::NewMessage(message) = &wake.logged[0].change else {
        panic!("no message");
    };
    assert_eq!(message.from.0, 777_000);
    let digits: String = message
        .body
        .text
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let again = user_of(sign_in(&world, &laptop, &sent.phone_code_hash, &digits).await);
    assert_eq!(again.id, user.id);

    // Once used, a code is gone.
    let late = sign_in(&world, &laptop, &sent.phone_code_hash, &digits).await;
    assert_eq!(late, Err(text::PHONE_CODE_EXPIRED.into()));
}

#[tokio::test]
async fn a_code_can_be_sent_another_way() {
    let world = World::new().await;
    world.person("Ada", "4930123456").await;
    let laptop = world.stranger().await;
    let sent = send_code(&world, &laptop).await.expect("sent");
    assert!(matches!(sent.type_, SentCodeType::App(_)));
    let resend = f::auth::ResendCode {
        phone_number: PHONE.into(),
        phone_code_hash: sent.phone_code_hash.clone(),
        reason: None,
    };
    let Ok(SentCode::SentCode(resent)) = world.call(&laptop, resend).await else {
        panic!("refused");
    };
    assert!(matches!(resent.type_, SentCodeType::Sms(_)));
    assert_eq!(resent.phone_code_hash, sent.phone_code_hash);
    let code = last_code(&world);
    assert!(
        sign_in(&world, &laptop, &resent.phone_code_hash, &code)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_code_is_not_sent_without_end() {
    let world = World::new().await;
    let stranger = world.stranger().await;
    let sent = send_code(&world, &stranger).await.expect("sent");
    let mut answers = Vec::new();
    for _ in 0..5 {
        let resend = f::auth::ResendCode {
            phone_number: PHONE.into(),
            phone_code_hash: sent.phone_code_hash.clone(),
            reason: None,
        };
        answers.push(world.call(&stranger, resend).await.map(|_| ()));
    }
    assert_eq!(answers[..4], [Ok(()), Ok(()), Ok(()), Ok(())]);
    assert_eq!(answers[4], Err(RpcError::flood_wait(3600)));
}

#[tokio::test]
async fn wrong_answers_have_telegrams_names() {
    let world = World::new().await;
    let stranger = world.stranger().await;
    let no_number = f::auth::SendCode {
        phone_number: "letters".into(),
        ..Default::default()
    };
    let refused = world.call(&stranger, no_number).await;
    assert_eq!(refused, Err(text::PHONE_NUMBER_INVALID.into()));

    let hash = send_code(&world, &stranger)
        .await
        .expect("sent")
        .phone_code_hash;
    let code = last_code(&world);
    let try_in = async |hash: &str, code: &str| sign_in(&world, &stranger, hash, code).await;
    assert_eq!(
        try_in("", "12345").await,
        Err(text::PHONE_CODE_HASH_EMPTY.into())
    );
    assert_eq!(try_in(&hash, " ").await, Err(text::PHONE_CODE_EMPTY.into()));
    assert_eq!(
        try_in(&hash, "x").await,
        Err(text::PHONE_CODE_INVALID.into())
    );
    assert_eq!(
        try_in("ff", &code).await,
        Err(text::PHONE_CODE_EXPIRED.into())
    );
    let early = sign_up(&world, &stranger, &hash, "Ada").await;
    assert_eq!(
        early,
        Err(text::PHONE_CODE_INVALID.into()),
        "the code comes first"
    );
    assert!(try_in(&hash, &code).await.is_ok());
    let nameless = sign_up(&world, &stranger, &hash, " \n").await;
    assert_eq!(nameless, Err(text::FIRSTNAME_INVALID.into()));

    let cancel = f::auth::CancelCode {
        phone_number: PHONE.into(),
        phone_code_hash: hash.clone(),
    };
    assert_eq!(world.call(&stranger, cancel).await, Ok(true));
    assert_eq!(
        try_in(&hash, &code).await,
        Err(text::PHONE_CODE_EXPIRED.into())
    );
}

#[tokio::test]
async fn who_was_not_invited_gets_no_code() {
    let world = World::with(Registration::Invite).await;
    world.person("The operator", "4930000000").await;
    let stranger = world.stranger().await;
    let refused = send_code(&world, &stranger).await;
    assert_eq!(refused, Err(text::PHONE_NUMBER_BANNED.into()));

    let fill = |out: &mut [u8]| out.fill(5);
    let keeper = &*world.services.keeper;
    let phone = phone_tag(keeper, Purpose::SignIn, 0, "4930123456", fill)
        .await
        .expect("a number");
    let (by, days) = (None, 7);
    let invite = Invite { phone, by, days };
    world.services.store.write(invite).await.expect("invited");
    let hash = send_code(&world, &stranger)
        .await
        .expect("sent")
        .phone_code_hash;
    let code = last_code(&world);
    assert!(sign_in(&world, &stranger, &hash, &code).await.is_ok());
    let user = user_of(sign_up(&world, &stranger, &hash, "Ada").await);
    assert!(user.id > 0);
}

#[tokio::test]
async fn closed_means_closed() {
    let world = World::with(Registration::Closed).await;
    world.person("The operator", "4930000000").await;
    let refused = send_code(&world, &world.stranger().await).await;
    assert_eq!(refused, Err(text::PHONE_NUMBER_APP_SIGNUP_FORBIDDEN.into()));
}

#[tokio::test]
async fn logging_out_ends_the_sign_in_and_keeps_the_key() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let other = world.another_device(ada.id).await;
    assert!(world.call(&ada, f::auth::LogOut {}).await.is_ok());
    let last = world.seen.signals.lock().expect("no panic").pop();
    assert!(matches!(
        last,
        Some(Signal::SignedOut {
            destroyed: false,
            ..
        })
    ));
    assert_eq!(signed_in_as(&world, &ada).await, None);
    assert_eq!(signed_in_as(&world, &other).await, Some(ada.id.0));
}

#[tokio::test]
async fn all_other_devices_can_be_ended_at_once() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let others = [
        world.another_device(ada.id).await,
        world.another_device(ada.id).await,
    ];
    let ben = world.person("Ben", "4930123457").await;
    assert_eq!(
        world.call(&ada, f::auth::ResetAuthorizations {}).await,
        Ok(true)
    );
    assert_eq!(signed_in_as(&world, &ada).await, Some(ada.id.0));
    assert_eq!(signed_in_as(&world, &ben).await, Some(ben.id.0));
    for other in others {
        assert_eq!(signed_in_as(&world, &other).await, None);
    }
}

async fn export(world: &World, person: &Person, dc_id: i32) -> Result<(i64, Vec<u8>)> {
    let answer = world
        .call(person, f::auth::ExportAuthorization { dc_id })
        .await?;
    let enums::auth::ExportedAuthorization::ExportedAuthorization(exported) = answer;
    Ok((exported.id, exported.bytes))
}

async fn devices(world: &World, person: &Person) -> usize {
    let mut view = world.services.store.view().await.expect("the store works");
    let devices = authorizations::list(&mut *view, person.id).await;
    devices.expect("the store works").len()
}

#[tokio::test]
async fn a_second_key_of_a_client_is_the_same_device_and_ends_with_it() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let second = world.stranger().await;
    let (id, bytes) = export(&world, &ada, 4).await.expect("exported");
    let import = f::auth::ImportAuthorization { id, bytes };
    let messages_before = world.seen.signals.lock().expect("no panic").len();
    let user = user_of(world.call(&second, import.clone()).await);
    assert_eq!((user.id, user.phone), (ada.id.0, None));
    let signals = world.seen.signals.lock().expect("no panic").len();
    assert_eq!(signals, messages_before + 1, "no news of a new device");
    assert_eq!(devices(&world, &ada).await, 1);

    let twice = world.call(&world.stranger().await, import).await;
    assert_eq!(twice, Err(text::AUTH_BYTES_INVALID.into()));
    let nowhere = export(&world, &ada, 6).await;
    assert_eq!(nowhere, Err(text::DC_ID_INVALID.into()));

    assert!(world.call(&ada, f::auth::LogOut {}).await.is_ok());
    assert_eq!(signed_in_as(&world, &second).await, None);
}

#[tokio::test]
async fn a_second_key_whose_first_is_destroyed_becomes_a_device_that_can_be_seen() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let (id, bytes) = export(&world, &ada, 4).await.expect("exported");
    let second = world.stranger().await;
    let import = f::auth::ImportAuthorization { id, bytes };
    assert!(world.call(&second, import).await.is_ok());
    let destroy = DestroyKey(ada.cx.caller().key);
    assert!(
        world
            .services
            .store
            .write(destroy)
            .await
            .expect("destroyed")
    );
    assert_eq!(devices(&world, &ada).await, 1);
}

#[tokio::test]
async fn a_secret_of_a_sign_in_that_has_ended_is_worth_nothing() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let (id, bytes) = export(&world, &ada, 4).await.expect("exported");
    assert!(world.call(&ada, f::auth::LogOut {}).await.is_ok());
    let second = world.stranger().await;
    let import = f::auth::ImportAuthorization { id, bytes };
    let refused = world.call(&second, import).await;
    assert_eq!(refused, Err(text::AUTH_KEY_UNREGISTERED.into()));
    assert_eq!(signed_in_as(&world, &second).await, None);
}

async fn show_token(world: &World, person: &Person, except: Vec<i64>) -> LoginToken {
    let call = f::auth::ExportLoginToken {
        except_ids: except,
        ..Default::default()
    };
    world.call(person, call).await.expect("answered")
}

fn token_of(answer: LoginToken) -> Vec<u8> {
    match answer {
        LoginToken::LoginToken(shown) => shown.token,
        _ => panic!("no token"),
    }
}

#[tokio::test]
async fn a_device_that_shows_a_code_is_signed_in_by_one_that_reads_it() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let desktop = world.stranger().await;
    let token = token_of(show_token(&world, &desktop, vec![]).await);
    let accept = f::auth::AcceptLoginToken { token };
    let Ok(enums::Authorization::Authorization(device)) = world.call(&ada, accept.clone()).await
    else {
        panic!("not accepted");
    };
    let key = desktop.cx.caller().key;
    assert_eq!(device.hash, key.0);
    {
        let signals = world.seen.signals.lock().expect("no panic");
        let [
            ..,
            Signal::SignedIn { .. },
            Signal::LoginToken { key: told },
        ] = signals.as_slice()
        else {
            panic!("not told");
        };
        assert_eq!(*told, key);
    }
    assert!(matches!(
        show_token(&world, &desktop, vec![]).await,
        LoginToken::Success(_)
    ));
    let twice = world.call(&ada, accept).await;
    assert_eq!(twice, Err(text::AUTH_TOKEN_ALREADY_ACCEPTED.into()));
}

#[tokio::test]
async fn a_token_is_good_for_a_minute_and_follows_its_client_to_another_key() {
    let world = World::new().await;
    let ada = world.person("Ada", "4930123456").await;
    let (desktop, elsewhere) = (world.stranger().await, world.stranger().await);
    let token = token_of(show_token(&world, &desktop, vec![]).await);
    let import = f::auth::ImportLoginToken {
        token: token.clone(),
    };
    let carried = world.call(&elsewhere, import).await.expect("carried over");
    assert_eq!(token_of(carried), token);

    world.pass(60);
    let late = world.call(&ada, f::auth::AcceptLoginToken { token }).await;
    assert_eq!(late, Err(text::AUTH_TOKEN_EXPIRED.into()));
    let token = vec![7; 32];
    let unknown = world.call(&ada, f::auth::AcceptLoginToken { token }).await;
    assert_eq!(unknown, Err(text::AUTH_TOKEN_INVALIDX.into()));

    let token = token_of(show_token(&world, &desktop, vec![ada.id.0]).await);
    let double = world.call(&ada, f::auth::AcceptLoginToken { token }).await;
    assert_eq!(double, Err(text::AUTH_TOKEN_EXCEPTION.into()));
}

#[tokio::test]
async fn a_token_of_no_bot_signs_nobody_in() {
    let world = World::new().await;
    let bot = f::auth::ImportBotAuthorization {
        bot_auth_token: "1:a".into(),
        ..Default::default()
    };
    let refused = world.call(&world.stranger().await, bot).await;
    assert_eq!(refused, Err(text::ACCESS_TOKEN_INVALID.into()));
}

/// Notes which numbers it is given, and for whom.
#[derive(Default)]
struct Noted(std::sync::Mutex<Vec<(i64, String)>>);

impl Seals for Noted {
    fn number<'a>(&'a self, account: &'a Account, phone: &'a E164) -> BoxFuture<'a, ()> {
        let number = (account.person.id.0, phone.digits().to_owned());
        self.0.lock().expect("no panic").push(number);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_number_is_handed_over_to_be_sealed_once_its_code_was_right() {
    let world = World::new().await;
    let noted = std::sync::Arc::new(Noted::default());
    world.services.codes.hand_over_to(noted.clone());
    let numbers = || std::mem::take(&mut *noted.0.lock().expect("no panic"));
    let phone = world.stranger().await;
    let hash = send_code(&world, &phone)
        .await
        .expect("sent")
        .phone_code_hash;
    let code = last_code(&world);
    assert!(sign_in(&world, &phone, &hash, "x").await.is_err());
    assert!(sign_in(&world, &phone, &hash, &code).await.is_ok());
    assert_eq!(numbers(), [], "there is no account yet");
    let user = user_of(sign_up(&world, &phone, &hash, "Ada").await);
    assert_eq!(numbers(), [(user.id, "4930123456".to_owned())]);

    let laptop = world.stranger().await;
    let sent = send_code(&world, &laptop).await.expect("sent");
    let resend = f::auth::ResendCode {
        phone_number: PHONE.into(),
        phone_code_hash: sent.phone_code_hash.clone(),
        reason: None,
    };
    world.call(&laptop, resend).await.expect("sent out");
    let code = last_code(&world);
    user_of(sign_in(&world, &laptop, &sent.phone_code_hash, &code).await);
    assert_eq!(numbers(), [(user.id, "4930123456".to_owned())]);
}
