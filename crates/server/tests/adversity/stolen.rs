//! A copied database, and no keys: it impersonates nobody.

use crate::person::{call, connect, send_code, sign_up, socket_from, text};
use crate::program::{Home, clock};
use heliograph_mtproto::AuthKey;
use heliograph_server::client::{Client, ClientError, Credentials};
use heliograph_tl::{enums, functions as f};
use std::fs;
use std::net::Ipv4Addr;

const PHONE: &str = "99966001001";

/// Copies the database, and nothing else.
fn copy_database(from: &Home, to: &Home) {
    fs::create_dir_all(to.data()).expect("a folder of ours");
    for entry in fs::read_dir(from.data()).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("heliograph.db") {
            fs::copy(entry.path(), to.data().join(name)).expect("a folder of ours");
        }
    }
}

/// A server with one account; the account's authorization key.
async fn victim() -> (Home, [u8; 256]) {
    let home = Home::new();
    let server = home.start(&[]);
    let (mut ada, _) = sign_up(&home, &server, PHONE, "ada_victim").await;
    call(&mut ada, &text(&enums::InputPeer::Self_, "a note", 1))
        .await
        .expect("a note");
    let key = *ada.key().bytes();
    server.stop();
    (home, key)
}

#[tokio::test]
async fn a_copied_database_without_keys_does_not_start() {
    let (victim, _) = victim().await;
    let thief = Home::new();
    copy_database(&victim, &thief);
    assert!(thief.start_with(&[]).is_none());
    let words = thief.words();
    assert!(
        words.contains("server.pem: is missing, but there is a database"),
        "{words}"
    );
}

#[tokio::test]
async fn a_copied_database_beside_other_keys_is_refused_in_words() {
    let (victim, _) = victim().await;
    let thief = Home::new();
    thief.start(&[]).stop();
    copy_database(&victim, &thief);
    assert!(thief.start_with(&[]).is_none());
    let words = thief.words();
    assert!(
        words.contains("is not the key that this database belongs to"),
        "{words}"
    );
}

#[tokio::test]
async fn a_copied_database_that_is_made_to_start_knows_no_key_and_no_number() {
    let (victim, stolen_key) = victim().await;
    let thief = Home::new();
    thief.start(&[]).stop();
    copy_database(&victim, &thief);
    fs::write(thief.data().join("forget-sign-ins"), b"").expect("a folder of ours");
    let server = thief.start(&[]);
    assert!(
        !thief.data().join("forget-sign-ins").exists(),
        "it counts once"
    );

    let line = socket_from(Ipv4Addr::LOCALHOST, server.address)
        .await
        .expect("it listens");
    let credentials = Credentials {
        key: AuthKey::from_bytes(stolen_key),
        salt: 0,
    };
    let mut old = Client::resume(line, credentials, clock())
        .await
        .expect("a connection");
    let answer = call(&mut old, &f::updates::GetState {}).await;
    assert!(
        matches!(answer, Err(ClientError::Transport(-404))),
        "{answer:?}"
    );

    // The number leads to nobody: its tag was made under another key.
    let mut client = connect(&server).await;
    let sent = call(&mut client, &send_code(PHONE))
        .await
        .expect("a code is sent");
    let enums::auth::SentCode::SentCode(sent) = sent else {
        panic!("a code")
    };
    let sign_in = f::auth::SignIn {
        phone_number: PHONE.into(),
        phone_code_hash: sent.phone_code_hash,
        phone_code: crate::person::code_in_file(&thief, PHONE),
        email_verification: None,
    };
    let answer = call(&mut client, &sign_in)
        .await
        .expect("the code is right");
    assert!(matches!(
        answer,
        enums::auth::Authorization::SignUpRequired(_)
    ));

    // And from now on the database belongs to these keys.
    server.stop();
    thief.start(&[]).stop();
    thief.nothing_panicked();
}
