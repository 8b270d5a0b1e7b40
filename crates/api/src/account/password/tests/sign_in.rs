//! Signing in to an account that has a password.

use super::*;
use heliograph_domain::accounts::Account;
use heliograph_domain::sealing::Seals;
use heliograph_domain::{authorizations, keys};
use heliograph_model::E164;
use heliograph_store::BoxFuture;
use std::sync::{Arc, Mutex};

/// Who is signed in with the device's key, as the store has it.
async fn signed_in_as(world: &World, device: &Person) -> Option<i64> {
    let mut view = world.services.store.view().await.expect("the store works");
    let key = keys::info(&mut *view, device.cx.caller().key).await;
    key.expect("the store works")?.user.map(|user| user.0)
}

async fn devices(world: &World, person: &Person) -> usize {
    let mut view = world.services.store.view().await.expect("the store works");
    let devices = authorizations::list(&mut *view, person.id).await;
    devices.expect("the store works").len()
}

#[tokio::test]
async fn a_code_alone_signs_nobody_in() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    assert_eq!(signed_in_as(&world, &device).await, None);
    assert_eq!(devices(&world, &ada).await, 1);
    assert!(last_told(&world).starts_with("Unfinished login"));
    let posed = asked(&world, &device).await.expect("answered");
    assert_eq!(posed.hint.as_deref(), Some("what she wrote about"));

    let wrong = check(&world, &device, "Difference Engine").await;
    assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));
    assert_eq!(signed_in_as(&world, &device).await, None);

    let user = check(&world, &device, SECRET).await.expect("signed in");
    assert_eq!(user.id, ada.id.0);
    assert_eq!(user.phone.as_deref(), Some(NUMBER), "who typed it sees it");
    assert_eq!(signed_in_as(&world, &device).await, Some(ada.id.0));
    assert_eq!(devices(&world, &ada).await, 2);
    assert!(last_told(&world).starts_with("New login"));
    let last = world.seen.signals.lock().expect("no panic").pop();
    let key = device.cx.caller().key;
    assert!(matches!(last, Some(Signal::SignedIn { key: told, .. }) if told == key));
}

#[tokio::test]
async fn a_device_that_stopped_at_the_password_may_call_what_a_stranger_may() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    let refused: crate::error::RpcError = text::AUTH_KEY_UNREGISTERED.into();
    let chats = world
        .call(&device, f::messages::GetDialogs::default())
        .await;
    assert_eq!(chats.map(|_| ()), Err(refused.clone()));
    let state = world.call(&device, f::updates::GetState {}).await;
    assert_eq!(state.map(|_| ()), Err(refused.clone()));
    let list = world.call(&device, f::account::GetAuthorizations {}).await;
    assert_eq!(list.map(|_| ()), Err(refused.clone()));
    let settings = check_settings(&world, &device, SECRET).await;
    assert_eq!(settings, Err(refused.clone()));
    let reset = world.call(&device, f::account::ResetPassword {}).await;
    assert_eq!(reset, Err(refused.clone()));
    let decline = world
        .call(&device, f::account::DeclinePasswordReset {})
        .await;
    assert_eq!(decline, Err(refused.clone()));
    let posed = asked(&world, &device).await.expect("answered");
    let settings = wanted(&posed, "mine now", "");
    let changed = update(&world, &device, answer(&posed, SECRET), settings).await;
    assert_eq!(changed, Err(refused.clone()));
    let export = f::auth::ExportAuthorization { dc_id: 4 };
    let exported = world.call(&device, export).await;
    assert_eq!(exported, Err(refused.clone()));
    assert_eq!(devices(&world, &ada).await, 1);

    // A stranger is told nothing at all.
    let stranger = world.stranger().await;
    assert_eq!(asked(&world, &stranger).await, Err(refused.clone()));
    let none = InputCheckPasswordSRP::InputCheckPasswordEmpty;
    let call = f::auth::CheckPassword { password: none };
    let passed = world.call(&stranger, call).await;
    assert_eq!(passed, Err(refused));
}

#[tokio::test]
async fn no_password_is_no_answer_where_there_is_one() {
    let (world, _) = guarded().await;
    let device = arriving(&world).await;
    let none = InputCheckPasswordSRP::InputCheckPasswordEmpty;
    let call = f::auth::CheckPassword { password: none };
    let refused = world.call(&device, call).await;
    assert_eq!(refused, Err(text::PASSWORD_HASH_INVALID.into()));
    assert_eq!(signed_in_as(&world, &device).await, None);
}

#[tokio::test]
async fn a_password_that_was_removed_meanwhile_is_not_asked_for() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    let posed = asked(&world, &device).await.expect("answered");
    let late = answer(&posed, SECRET);
    let on_ada = asked(&world, &ada).await.expect("answered");
    let removal = types::account::PasswordInputSettings {
        new_algo: Some(on_ada.new_algo.clone()),
        new_password_hash: Some(Vec::new()),
        hint: Some(String::new()),
        ..Default::default()
    };
    let removed = update(&world, &ada, answer(&on_ada, SECRET), removal).await;
    assert_eq!(removed, Ok(true));
    let call = f::auth::CheckPassword { password: late };
    let changed = world.call(&device, call).await;
    assert_eq!(changed, Err(text::SRP_PASSWORD_CHANGED.into()));
    // The client asks again, and is told that there is none.
    let user = check(&world, &device, "").await.expect("signed in");
    assert_eq!(user.id, ada.id.0);
}

#[tokio::test]
async fn an_answer_to_the_password_before_is_refused() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    let posed = asked(&world, &device).await.expect("answered");
    let on_ada = asked(&world, &ada).await.expect("answered");
    let settings = wanted(&on_ada, "Bernoulli", "");
    let changed = update(&world, &ada, answer(&on_ada, SECRET), settings).await;
    assert_eq!(changed, Ok(true));
    let password = answer(&posed, SECRET);
    let call = f::auth::CheckPassword { password };
    let refused = world.call(&device, call).await;
    assert_eq!(refused, Err(text::SRP_PASSWORD_CHANGED.into()));
    assert!(check(&world, &device, "Bernoulli").await.is_ok());
}

#[tokio::test]
async fn a_device_waits_for_the_password_a_quarter_of_an_hour() {
    let (world, _) = guarded().await;
    let device = arriving(&world).await;
    world.pass(900);
    let late = check(&world, &device, SECRET).await;
    assert_eq!(late, Err(text::AUTH_KEY_UNREGISTERED.into()));
}

/// What is under way is in memory only, so a restart is a world with the same store and nothing else.
#[tokio::test]
async fn after_a_restart_a_device_begins_again_with_a_code() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    let posed = asked(&world, &device).await.expect("answered");
    let (world, device) = world.restarted(&device).await;
    let password = answer(&posed, SECRET);
    let call = f::auth::CheckPassword { password };
    let refused = world.call(&device, call).await;
    assert_eq!(refused, Err(text::AUTH_KEY_UNREGISTERED.into()));
    let code = give_code(&world, &device).await;
    assert_eq!(code, Err(text::SESSION_PASSWORD_NEEDED.into()));
    let user = check(&world, &device, SECRET).await.expect("signed in");
    assert_eq!(user.id, ada.id.0);
}

#[tokio::test]
async fn a_second_key_of_a_device_that_is_signed_in_needs_no_password() {
    let (world, ada) = guarded().await;
    let export = f::auth::ExportAuthorization { dc_id: 4 };
    let exported = world.call(&ada, export).await.expect("exported");
    let enums::auth::ExportedAuthorization::ExportedAuthorization(exported) = exported;
    let second = world.stranger().await;
    let import = f::auth::ImportAuthorization {
        id: exported.id,
        bytes: exported.bytes,
    };
    assert!(world.call(&second, import).await.is_ok());
    assert_eq!(signed_in_as(&world, &second).await, Some(ada.id.0));
}

async fn show_token(world: &World, device: &Person) -> Result<enums::auth::LoginToken> {
    world
        .call(device, f::auth::ExportLoginToken::default())
        .await
}

/// A device whose QR code Ada's device accepted.
async fn read_by(world: &World, ada: &Person) -> (Person, types::Authorization) {
    let device = world.stranger().await;
    let Ok(enums::auth::LoginToken::LoginToken(shown)) = show_token(world, &device).await else {
        panic!("no token");
    };
    let accept = f::auth::AcceptLoginToken { token: shown.token };
    let accepted = world.call(ada, accept).await.expect("accepted");
    let enums::Authorization::Authorization(listed) = accepted;
    (device, listed)
}

#[tokio::test]
async fn a_qr_code_that_is_accepted_leads_to_the_password() {
    let (world, ada) = guarded().await;
    let (desktop, listed) = read_by(&world, &ada).await;
    assert!(listed.password_pending);
    assert_eq!(listed.hash, desktop.cx.caller().key.0);
    let last = world.seen.signals.lock().expect("no panic").pop();
    assert!(matches!(last, Some(Signal::LoginToken { key }) if key.0 == listed.hash));
    assert_eq!(signed_in_as(&world, &desktop).await, None);
    let again = show_token(&world, &desktop).await;
    assert_eq!(again, Err(text::SESSION_PASSWORD_NEEDED.into()));
    let import = f::auth::ImportLoginToken { token: vec![1; 32] };
    let imported = world.call(&desktop, import).await;
    assert_eq!(imported, Err(text::SESSION_PASSWORD_NEEDED.into()));

    let user = check(&world, &desktop, SECRET).await.expect("signed in");
    assert_eq!((user.id, user.phone), (ada.id.0, None));
    let success = show_token(&world, &desktop).await;
    assert!(matches!(success, Ok(enums::auth::LoginToken::Success(_))));
}

#[tokio::test]
async fn a_device_that_went_back_may_show_another_qr_code_a_minute_later() {
    let (world, ada) = guarded().await;
    let (desktop, _) = read_by(&world, &ada).await;
    world.pass(60);
    let again = show_token(&world, &desktop).await;
    assert!(matches!(again, Ok(enums::auth::LoginToken::LoginToken(_))));
}

#[tokio::test]
async fn the_owner_sees_a_device_that_waits_and_can_turn_it_away() {
    let (world, ada) = guarded().await;
    let ben = world.person("Ben", "4930123457").await;
    for all_at_once in [false, true] {
        let device = arriving(&world).await;
        let hash = device.cx.caller().key.0;
        let waiting = world.listed(&ada).await.pop().expect("two");
        assert_eq!((waiting.hash, waiting.password_pending), (hash, true));
        let reset = f::account::ResetAuthorization { hash };
        let by_another = world.call(&ben, reset.clone()).await;
        assert_eq!(by_another, Err(text::HASH_INVALID.into()));
        let ended = if all_at_once {
            world.call(&ada, f::auth::ResetAuthorizations {}).await
        } else {
            world.call(&ada, reset).await
        };
        assert_eq!(ended, Ok(true));
        let late = check(&world, &device, SECRET).await;
        assert_eq!(late, Err(text::AUTH_KEY_UNREGISTERED.into()));
        assert_eq!(world.listed(&ada).await.len(), 1);
    }
}

/// Notes which numbers it is given, and for whom.
#[derive(Default)]
struct Sealed(Mutex<Vec<(UserId, String)>>);

impl Sealed {
    fn take(&self) -> Vec<(UserId, String)> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

impl Seals for Sealed {
    fn number<'a>(&'a self, account: &'a Account, phone: &'a E164) -> BoxFuture<'a, ()> {
        let number = (account.person.id, phone.digits().to_owned());
        self.0.lock().expect("no panic").push(number);
        Box::pin(std::future::ready(()))
    }
}

/// Nothing is sealed of a number before the sign-in is complete, and the number is sealed then.
#[tokio::test]
async fn a_number_is_sealed_when_the_password_was_given_and_not_before() {
    let (world, ada) = guarded().await;
    let sealed = Arc::new(Sealed::default());
    world.services.codes.hand_over_to(sealed.clone());
    let device = arriving(&world).await;
    let wrong = check(&world, &device, "wrong").await;
    assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));
    assert_eq!(sealed.take(), []);
    check(&world, &device, SECRET).await.expect("signed in");
    assert_eq!(sealed.take(), [(ada.id, NUMBER.to_owned())]);
}
