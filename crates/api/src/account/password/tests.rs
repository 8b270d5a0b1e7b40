//! Passwords as clients use them, call by call. The client's arithmetic is `heliograph_srp::client`,
//! which a test there compares with another project's.

mod bounds;
mod reset;
mod settings;
mod sign_in;

use super::*;
use crate::testing::{Person, World};
use heliograph_domain::bus::Signal;
use heliograph_model::Change;
use heliograph_srp::{Salts, client};

const NUMBER: &str = "4930123456";
const SECRET: &str = "Analytical Engine";

/// A world in which Ada has a password.
async fn guarded() -> (World, Person) {
    let world = World::new().await;
    let ada = world.person("Ada", NUMBER).await;
    set(&world, &ada, SECRET, "what she wrote about").await;
    (world, ada)
}

/// The same with a second device of hers, which was there before.
async fn guarded_on_two() -> (World, Person, Person) {
    let world = World::new().await;
    let ada = world.person("Ada", NUMBER).await;
    let laptop = world.another_device(ada.id).await;
    set(&world, &ada, SECRET, "").await;
    (world, ada, laptop)
}

async fn asked(world: &World, person: &Person) -> Result<types::account::Password> {
    let answer = world.call(person, f::account::GetPassword {}).await?;
    let enums::account::Password::Password(password) = answer;
    Ok(password)
}

fn mod_pow(algo: &PasswordKdfAlgo) -> ModPow {
    match algo {
        PasswordKdfAlgo::SHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(algo) => algo.clone(),
        PasswordKdfAlgo::Unknown => panic!("an algorithm that no client knows"),
    }
}

fn salts(algo: &ModPow) -> Salts<'_> {
    Salts {
        first: &algo.salt1,
        second: &algo.salt2,
    }
}

/// What a client sends that believes the password to be `typed`.
fn answer(posed: &types::account::Password, typed: &str) -> InputCheckPasswordSRP {
    let Some(algo) = &posed.current_algo else {
        return InputCheckPasswordSRP::InputCheckPasswordEmpty;
    };
    let algo = mod_pow(algo);
    let b = posed.srp_b.as_deref().expect("a challenge has it");
    let (a, m1) = client::answer(typed, salts(&algo), b, &[0x77; 256]);
    types::InputCheckPasswordSRP {
        srp_id: posed.srp_id.expect("a challenge has it"),
        a: a.to_vec(),
        m1: m1.to_vec(),
    }
    .into()
}

/// The settings by which a client sets a password.
fn wanted(
    posed: &types::account::Password,
    password: &str,
    hint: &str,
) -> types::account::PasswordInputSettings {
    let mut algo = mod_pow(&posed.new_algo);
    algo.salt1.extend([0x55; 32]);
    types::account::PasswordInputSettings {
        new_password_hash: Some(client::verifier(password, salts(&algo)).to_vec()),
        new_algo: Some(algo.into()),
        hint: Some(hint.into()),
        ..Default::default()
    }
}

async fn update(
    world: &World,
    person: &Person,
    password: InputCheckPasswordSRP,
    settings: types::account::PasswordInputSettings,
) -> Result<bool> {
    let call = f::account::UpdatePasswordSettings {
        password,
        new_settings: settings.into(),
    };
    world.call(person, call).await
}

/// Sets a first password.
async fn set(world: &World, person: &Person, password: &str, hint: &str) {
    let posed = asked(world, person).await.expect("answered");
    let settings = wanted(&posed, password, hint);
    let none = InputCheckPasswordSRP::InputCheckPasswordEmpty;
    assert_eq!(update(world, person, none, settings).await, Ok(true));
}

async fn check_settings(world: &World, person: &Person, typed: &str) -> Result<()> {
    let posed = asked(world, person).await?;
    let password = answer(&posed, typed);
    let call = f::account::GetPasswordSettings { password };
    world.call(person, call).await.map(|_| ())
}

/// A new device that has given the code of Ada's number.
async fn arriving(world: &World) -> Person {
    let device = world.stranger().await;
    let refused = give_code(world, &device).await;
    assert_eq!(refused, Err(text::SESSION_PASSWORD_NEEDED.into()));
    device
}

async fn give_code(world: &World, device: &Person) -> Result<enums::auth::Authorization> {
    let send = f::auth::SendCode {
        phone_number: NUMBER.into(),
        ..Default::default()
    };
    let enums::auth::SentCode::SentCode(sent) = world.call(device, send).await? else {
        panic!("not sent");
    };
    let hash = sent.phone_code_hash;
    let resend = f::auth::ResendCode {
        phone_number: NUMBER.into(),
        phone_code_hash: hash.clone(),
        reason: None,
    };
    world.call(device, resend).await?;
    let code = world.seen.code.lock().expect("no panic").take();
    let sign_in = f::auth::SignIn {
        phone_number: NUMBER.into(),
        phone_code_hash: hash,
        phone_code: Some(code.expect("a code went out")),
        email_verification: None,
    };
    world.call(device, sign_in).await
}

async fn check(world: &World, device: &Person, typed: &str) -> Result<types::User> {
    let posed = asked(world, device).await?;
    let password = answer(&posed, typed);
    let answer = world
        .call(device, f::auth::CheckPassword { password })
        .await?;
    let enums::auth::Authorization::Authorization(authorization) = answer else {
        panic!("asked to sign up");
    };
    match authorization.user {
        enums::User::User(user) => Ok(user),
        enums::User::Empty(_) => panic!("nobody"),
    }
}

/// What the service chat has said to Ada, in order.
fn told(world: &World) -> Vec<String> {
    let signals = world.seen.signals.lock().expect("no panic");
    let wakes = signals.iter().filter_map(|signal| match signal {
        Signal::Wake(wake) => Some(wake),
        _ => None,
    });
    let changes = wakes.flat_map(|wake| &wake.logged);
    let messages = changes.filter_map(|logged| match &logged.change {
        Change::NewMessage(message) => Some(message.body.text.clone()),
        _ => None,
    });
    messages.collect()
}

fn last_told(world: &World) -> String {
    told(world).pop().expect("something was said")
}
