//! People who sign up.

use super::Failure;
use super::target::{Target, now};
use crate::client::Client;
use heliograph_tl::{enums, functions, types};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Somebody with a connection.
pub(super) struct Person {
    pub client: Client<TcpStream>,
}

/// A connection with a key, and nobody signed in.
pub(super) async fn connect(target: &Target) -> Result<Client<TcpStream>, Failure> {
    let socket = TcpStream::connect(target.address).await?;
    socket.set_nodelay(true)?;
    Ok(Client::connect(socket, &target.key, std::sync::Arc::new(now)).await?)
}

/// Signs up the person with this number.
pub(super) async fn sign_up(target: &Target, number: usize) -> Result<Person, Failure> {
    let client = connect(target).await?;
    Ok(sign_up_over(client, target, number).await?.0)
}

/// As [`sign_up`], over a connection with a key. Also tells how long it took from the code to being
/// signed in.
pub(super) async fn sign_up_over(
    mut client: Client<TcpStream>,
    target: &Target,
    number: usize,
) -> Result<(Person, Duration), Failure> {
    let phone = format!("99966{number:07}");
    let settings = types::CodeSettings::default().into();
    let send = functions::auth::SendCode {
        phone_number: phone.clone(),
        api_id: 1,
        api_hash: "0".repeat(32),
        settings,
    };
    let enums::auth::SentCode::SentCode(sent) = client.call(&send).await? else {
        return Err("the server wants no code".into());
    };
    let code = code_for(&target.codes, &phone).await?;
    let began = Instant::now();
    let sign_in = functions::auth::SignIn {
        phone_number: phone.clone(),
        phone_code_hash: sent.phone_code_hash.clone(),
        phone_code: Some(code),
        email_verification: None,
    };
    let mut authorization = client.call(&sign_in).await?;
    if matches!(authorization, enums::auth::Authorization::SignUpRequired(_)) {
        let sign_up = functions::auth::SignUp {
            no_joined_notifications: true,
            phone_number: phone,
            phone_code_hash: sent.phone_code_hash,
            first_name: format!("Person {number}"),
            last_name: String::new(),
        };
        authorization = client.call(&sign_up).await?;
    }
    match authorization {
        enums::auth::Authorization::Authorization(_) => Ok((Person { client }, began.elapsed())),
        enums::auth::Authorization::SignUpRequired(_) => Err("the sign-up was not accepted".into()),
    }
}

/// The last code that was written for a number.
async fn code_for(file: &Path, phone: &str) -> Result<String, Failure> {
    for _ in 0..100 {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().rev().find(|line| line.contains(phone));
        let code = line.and_then(|line| line.split_once("\"code\":\"")?.1.split_once('"'));
        if let Some((code, _)) = code {
            return Ok(code.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("no code arrived".into())
}

/// How `me` names the person with this username.
pub(super) async fn resolve(me: &mut Person, username: &str) -> Result<enums::InputPeer, Failure> {
    let call = functions::contacts::ResolveUsername {
        username: username.into(),
        referer: None,
    };
    let enums::contacts::ResolvedPeer::ResolvedPeer(found) = me.client.call(&call).await?;
    for user in found.users {
        if let enums::User::User(user) = user {
            let access_hash = user.access_hash.unwrap_or(0);
            return Ok(types::InputPeerUser {
                user_id: user.id,
                access_hash,
            }
            .into());
        }
    }
    Err("the username leads nowhere".into())
}

/// Takes a username.
pub(super) async fn take_username(me: &mut Person, username: &str) -> Result<(), Failure> {
    me.client
        .call(&functions::account::UpdateUsername {
            username: username.into(),
        })
        .await?;
    Ok(())
}

/// A text to somebody.
pub(super) fn text_to(
    peer: enums::InputPeer,
    message: String,
    random_id: i64,
) -> functions::messages::SendMessage {
    functions::messages::SendMessage {
        peer,
        message,
        random_id,
        ..Default::default()
    }
}

/// Tells on standard error how far a long step is, so that nobody wonders.
pub(super) fn progress(what: &str, done: usize, of: usize) {
    let step = (of / 50).max(1);
    if done.is_multiple_of(step) || done == of {
        eprint!("\r{what}: {done} of {of}");
        if done == of {
            eprintln!();
        }
    }
}
