//! People with accounts on a server that is a process.

use crate::program::{Home, PATIENCE, Server, clock};
use heliograph_server::client::{Client, ClientError};
use heliograph_tl::{Function, enums, functions as f, types};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// A connection to a server.
pub type Line = Client<TcpStream>;

/// A socket that comes from `from`; every address of 127.0.0.0/8 is this machine.
pub async fn socket_from(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A client with a key, and nobody signed in.
pub async fn connect_from(from: Ipv4Addr, server: &Server) -> Line {
    let socket = socket_from(from, server.address).await.expect("it listens");
    connect_over(socket, server).await
}

/// The same over a socket that is there.
pub async fn connect_over(socket: TcpStream, server: &Server) -> Line {
    timeout(PATIENCE, Client::connect(socket, &server.key, clock()))
        .await
        .expect("a key is made in time")
        .expect("the server and the client agree")
}

/// A client with a key, and nobody signed in.
pub async fn connect(server: &Server) -> Line {
    connect_from(Ipv4Addr::LOCALHOST, server).await
}

/// Makes a call that is answered in time.
pub async fn call<F: Function>(client: &mut Line, call: &F) -> Result<F::Return, ClientError> {
    timeout(PATIENCE, client.call(call))
        .await
        .expect("an answer comes")
}

/// The code and the text of the error that a call must end with.
pub async fn refusal<F: Function>(client: &mut Line, it: &F) -> (i32, String) {
    match call(client, it).await {
        Err(ClientError::Rpc { code, message }) => (code, message),
        Err(other) => panic!("{} ended with {other}", F::NAME),
        Ok(_) => panic!("{} was answered", F::NAME),
    }
}

pub fn send_code(phone: &str) -> f::auth::SendCode {
    f::auth::SendCode {
        phone_number: phone.into(),
        api_id: 1,
        api_hash: "0".repeat(32),
        settings: types::CodeSettings::default().into(),
    }
}

/// Asks for a code, and enters the one that `code` finds. The account is made where there is none.
pub async fn sign_in(client: &mut Line, phone: &str, code: impl Fn() -> Option<String>) -> i64 {
    let sent = call(client, &send_code(phone))
        .await
        .expect("a code is sent");
    let enums::auth::SentCode::SentCode(sent) = sent else {
        panic!("no code was sent but {}", sent.constructor_name());
    };
    let code = loop {
        match code() {
            Some(code) => break code,
            None => sleep(Duration::from_millis(5)).await,
        }
    };
    let sign_in = f::auth::SignIn {
        phone_number: phone.into(),
        phone_code_hash: sent.phone_code_hash.clone(),
        phone_code: Some(code),
        email_verification: None,
    };
    match call(client, &sign_in).await.expect("the code is right") {
        enums::auth::Authorization::Authorization(found) => id_of(found.user),
        enums::auth::Authorization::SignUpRequired(_) => {
            let sign_up = f::auth::SignUp {
                no_joined_notifications: true,
                phone_number: phone.into(),
                phone_code_hash: sent.phone_code_hash,
                first_name: "Somebody".into(),
                last_name: String::new(),
            };
            match call(client, &sign_up).await.expect("the number is new") {
                enums::auth::Authorization::Authorization(found) => id_of(found.user),
                enums::auth::Authorization::SignUpRequired(_) => panic!("a sign-up was made"),
            }
        }
    }
}

fn id_of(user: enums::User) -> i64 {
    match user {
        enums::User::User(user) => user.id,
        enums::User::Empty(user) => user.id,
    }
}

/// The last code in the home's file that was written for this number.
pub fn code_in_file(home: &Home, phone: &str) -> Option<String> {
    let text = std::fs::read_to_string(home.codes()).ok()?;
    let line = text.lines().rev().find(|line| line.contains(phone))?;
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    line["code"].as_str().map(str::to_owned)
}

/// Somebody new, with a username.
pub async fn sign_up(home: &Home, server: &Server, phone: &str, username: &str) -> (Line, i64) {
    let mut client = connect(server).await;
    let id = sign_in(&mut client, phone, || code_in_file(home, phone)).await;
    let username = f::account::UpdateUsername {
        username: username.into(),
    };
    call(&mut client, &username)
        .await
        .expect("the name is free");
    (client, id)
}

/// How this client names the person with this username.
pub async fn resolve(client: &mut Line, username: &str) -> Result<enums::InputPeer, ClientError> {
    let find = f::contacts::ResolveUsername {
        username: username.into(),
        referer: None,
    };
    let enums::contacts::ResolvedPeer::ResolvedPeer(found) = call(client, &find).await?;
    match found.users.into_iter().next() {
        Some(enums::User::User(user)) => Ok(types::InputPeerUser {
            user_id: user.id,
            access_hash: user.access_hash.unwrap_or(0),
        }
        .into()),
        _ => panic!("{username} is nobody"),
    }
}

/// A text to somebody.
pub fn text(peer: &enums::InputPeer, message: &str, random_id: i64) -> f::messages::SendMessage {
    f::messages::SendMessage {
        peer: peer.clone(),
        message: message.into(),
        random_id,
        ..Default::default()
    }
}
