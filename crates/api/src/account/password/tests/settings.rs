//! Setting, changing and removing.

use super::*;
use heliograph_domain::passwords;

const NONE: InputCheckPasswordSRP = InputCheckPasswordSRP::InputCheckPasswordEmpty;

#[tokio::test]
async fn an_account_without_a_password_is_offered_salts_for_one() {
    let world = World::new().await;
    let ada = world.person("Ada", NUMBER).await;
    let posed = asked(&world, &ada).await.expect("answered");
    assert!(posed.current_algo.is_none() && posed.srp_id.is_none());
    assert!(!posed.has_recovery);
    let offered = mod_pow(&posed.new_algo);
    assert_eq!((offered.salt1.len(), offered.salt2.len()), (8, 16));
    assert_eq!((offered.g, offered.p.as_slice()), (3, &PRIME[..]));
    let again = asked(&world, &ada).await.expect("answered");
    assert_ne!(mod_pow(&again.new_algo).salt1, offered.salt1);
}

#[tokio::test]
async fn a_password_is_set_checked_changed_and_removed() {
    let (world, ada) = guarded().await;
    assert!(last_told(&world).starts_with("A password was set"));
    let posed = asked(&world, &ada).await.expect("answered");
    assert_eq!(posed.hint.as_deref(), Some("what she wrote about"));
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
    let wrong = check_settings(&world, &ada, "Difference Engine").await;
    assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));

    let posed = asked(&world, &ada).await.expect("answered");
    let settings = wanted(&posed, "Bernoulli", "");
    let changed = update(&world, &ada, answer(&posed, SECRET), settings).await;
    assert_eq!(changed, Ok(true));
    assert!(last_told(&world).starts_with("The password of your account was changed"));
    assert_eq!(check_settings(&world, &ada, "Bernoulli").await, Ok(()));
    let old = check_settings(&world, &ada, SECRET).await;
    assert_eq!(old, Err(text::PASSWORD_HASH_INVALID.into()));
    assert_eq!(asked(&world, &ada).await.expect("answered").hint, None);

    let posed = asked(&world, &ada).await.expect("answered");
    let removed = update(&world, &ada, answer(&posed, "Bernoulli"), removal()).await;
    assert_eq!(removed, Ok(true));
    assert!(last_told(&world).starts_with("The password of your account was removed"));
    let posed = asked(&world, &ada).await.expect("answered");
    assert!(posed.current_algo.is_none());
}

/// As clients write it: an empty hash, with one algorithm or the other.
fn removal() -> types::account::PasswordInputSettings {
    types::account::PasswordInputSettings {
        new_algo: Some(PasswordKdfAlgo::Unknown),
        new_password_hash: Some(Vec::new()),
        hint: Some(String::new()),
        email: Some(String::new()),
        ..Default::default()
    }
}

#[tokio::test]
async fn without_the_password_nothing_changes() {
    let (world, ada) = guarded().await;
    let posed = asked(&world, &ada).await.expect("answered");
    for settings in [wanted(&posed, "mine now", ""), removal()] {
        let without = update(&world, &ada, NONE, settings.clone()).await;
        assert_eq!(without, Err(text::PASSWORD_HASH_INVALID.into()));
        let posed = asked(&world, &ada).await.expect("answered");
        let wrong = update(&world, &ada, answer(&posed, "guess"), settings).await;
        assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));
    }
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
}

#[tokio::test]
async fn salts_that_were_not_offered_are_refused() {
    let world = World::new().await;
    let ada = world.person("Ada", NUMBER).await;
    let ben = world.person("Ben", "4930123457").await;
    let posed = asked(&world, &ada).await.expect("answered");
    let bens = asked(&world, &ben).await.expect("answered");
    let good = wanted(&posed, SECRET, "");
    let with = |change: fn(&mut ModPow)| {
        let mut algo = mod_pow(&posed.new_algo);
        algo.salt1.extend([0x55; 32]);
        change(&mut algo);
        types::account::PasswordInputSettings {
            new_algo: Some(algo.into()),
            ..good.clone()
        }
    };
    for settings in [
        with(|algo| algo.salt1.truncate(8)),
        with(|algo| algo.salt1.truncate(15)),
        with(|algo| algo.salt1.truncate(3)),
        with(|algo| algo.salt1.extend([1; 64])),
        with(|algo| algo.salt1[0] ^= 1),
        with(|algo| algo.salt2[0] ^= 1),
        with(|algo| algo.salt2.clear()),
        wanted(&bens, SECRET, ""),
    ] {
        let refused = update(&world, &ada, NONE, settings).await;
        assert_eq!(refused, Err(text::NEW_SALT_INVALID.into()));
    }
    for settings in [with(|algo| algo.g = 2), with(|algo| algo.p[255] ^= 2)] {
        let refused = update(&world, &ada, NONE, settings).await;
        assert_eq!(refused, Err(text::NEW_SETTINGS_INVALID.into()));
    }
    assert_eq!(update(&world, &ada, NONE, good).await, Ok(true));
}

#[tokio::test]
async fn what_is_no_password_is_refused() {
    let world = World::new().await;
    let ada = world.person("Ada", NUMBER).await;
    let posed = asked(&world, &ada).await.expect("answered");
    let good = wanted(&posed, SECRET, "");
    let mut one = vec![0; 256];
    one[255] = 1;
    for hash in [vec![0; 256], one, PRIME.to_vec(), vec![9; 257], vec![7]] {
        let settings = types::account::PasswordInputSettings {
            new_password_hash: Some(hash),
            ..good.clone()
        };
        let refused = update(&world, &ada, NONE, settings).await;
        assert_eq!(refused, Err(text::NEW_SETTINGS_INVALID.into()));
    }
    let long = wanted(&posed, SECRET, &"ü".repeat(256));
    let refused = update(&world, &ada, NONE, long).await;
    assert_eq!(refused, Err(text::NEW_SETTINGS_INVALID.into()));
    let unknown = types::account::PasswordInputSettings {
        new_algo: Some(PasswordKdfAlgo::Unknown),
        ..good.clone()
    };
    let refused = update(&world, &ada, NONE, unknown).await;
    assert_eq!(refused, Err(text::NEW_SETTINGS_INVALID.into()));
    let empty = types::account::PasswordInputSettings::default();
    for nothing in [empty, removal()] {
        let refused = update(&world, &ada, NONE, nothing).await;
        assert_eq!(refused, Err(text::NEW_SETTINGS_EMPTY.into()));
    }
    let mail = types::account::PasswordInputSettings {
        email: Some("ada@example.org".into()),
        ..good
    };
    let refused = update(&world, &ada, NONE, mail).await;
    assert_eq!(refused, Err(text::EMAIL_INVALID.into()));
    let posed = asked(&world, &ada).await.expect("answered");
    assert!(posed.current_algo.is_none(), "none was set");
}

#[tokio::test]
async fn a_bot_has_no_password() {
    let world = World::new().await;
    let bot = world.device(Some(UserId::FIRST_BOT)).await;
    let refused: crate::error::RpcError = text::BOT_METHOD_INVALID.into();
    assert_eq!(asked(&world, &bot).await, Err(refused.clone()));
    let delete = world.call(&bot, f::account::DeleteAccount::default());
    assert_eq!(delete.await, Err(refused));
}

#[tokio::test]
async fn a_copied_row_tells_neither_the_verifier_nor_the_hint() {
    let (world, ada) = guarded().await;
    let mut view = world.services.store.view().await.expect("the store works");
    let table = heliograph_store::Table::Password;
    let row = view.get(table, ada.id.into(), &[]).await;
    let row = row.expect("the store works").expect("there is one");
    let password = passwords::find(&mut *view, ada.id).await;
    let password = password.expect("the store works").expect("there is one");
    let salts = Salts {
        first: &password.salt1,
        second: &password.salt2,
    };
    let verifier = client::verifier(SECRET, salts);
    for secret in [&verifier[..], b"what she wrote", SECRET.as_bytes()] {
        let found = row.windows(secret.len()).any(|bytes| bytes == secret);
        assert!(!found);
    }
}

#[tokio::test]
async fn a_row_in_another_accounts_place_does_not_open() {
    let (world, ada) = guarded().await;
    let ben = world.person("Ben", "4930123457").await;
    let mut view = world.services.store.view().await.expect("the store works");
    let password = passwords::find(&mut *view, ada.id).await;
    let password = password.expect("the store works").expect("there is one");
    drop(view);
    let user = ben.id;
    let copied = SetPassword {
        user,
        proof: None,
        password,
    };
    world.services.store.write(copied).await.expect("written");
    let refused = asked(&world, &ben).await.map(|_| ());
    assert_eq!(refused, Err(text::INTERNAL.into()));
}
