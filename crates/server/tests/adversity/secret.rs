//! Secret chats when the server is killed between storing a message and pushing it, and what is left of
//! them in its files.

use crate::person::{Line, call, resolve, sign_up, socket_from};
use crate::program::{Home, PATIENCE, Server, clock, files, until};
use heliograph_mtproto::AuthKey;
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_server::client::{Client, ClientError, Credentials};
use heliograph_tl::{Function, enums, functions as f, types};
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

const CHAT: i32 = 0x5ec_4e7;

/// A public value: the server checks where it lies, and cannot check what it is.
fn element(byte: u8) -> Vec<u8> {
    vec![byte; 256]
}

/// A device that comes back after each kill.
struct Device {
    key: [u8; 256],
    line: Option<Line>,
}

impl Device {
    fn new(line: Line) -> Self {
        Device {
            key: *line.key().bytes(),
            line: Some(line),
        }
    }

    async fn come_back(&mut self, server: &Server) -> Result<(), ClientError> {
        let socket = socket_from(Ipv4Addr::LOCALHOST, server.address).await?;
        let credentials = Credentials {
            key: AuthKey::from_bytes(self.key),
            salt: 0,
        };
        self.line = Some(Client::resume(socket, credentials, clock()).await?);
        Ok(())
    }

    /// Calls until there is an answer, over as many connections as it takes.
    async fn insist<F: Function>(&mut self, server: &Server, it: &F) -> F::Return {
        loop {
            if let Some(line) = &mut self.line {
                match timeout(PATIENCE, line.call(it)).await {
                    Ok(Ok(answer)) => return answer,
                    Ok(Err(ClientError::Rpc { code, message })) => panic!("{code} {message}"),
                    Ok(Err(_)) | Err(_) => self.line = None,
                }
            }
            if self.come_back(server).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Two people with an open secret chat; how each names it.
async fn chat(home: &Home, server: &Server) -> [(Device, enums::InputEncryptedChat); 2] {
    let (mut ada, _) = sign_up(home, server, "99966000001", "secret_ada").await;
    let (mut ben, _) = sign_up(home, server, "99966000002", "secret_ben").await;
    let enums::InputPeer::User(peer) = resolve(&mut ada, "secret_ben").await.expect("he is there")
    else {
        panic!("a person");
    };
    let request = f::messages::RequestEncryption {
        user_id: types::InputUser {
            user_id: peer.user_id,
            access_hash: peer.access_hash,
        }
        .into(),
        random_id: CHAT,
        g_a: element(7),
    };
    let waiting = call(&mut ada, &request).await.expect("it is asked for");
    let enums::EncryptedChat::Waiting(waiting) = waiting else {
        panic!("it waits");
    };
    let named = |access_hash| -> enums::InputEncryptedChat {
        types::InputEncryptedChat {
            chat_id: CHAT,
            access_hash,
        }
        .into()
    };
    let updates = missed(&mut ben, 1).await.2;
    let asked = updates.into_iter().find_map(|update| match update {
        enums::Update::Encryption(update) => match update.chat {
            enums::EncryptedChat::Requested(chat) => Some(chat),
            _ => None,
        },
        _ => None,
    });
    let bens = named(asked.expect("he is asked").access_hash);
    let accept = f::messages::AcceptEncryption {
        peer: bens.clone(),
        g_b: element(9),
        key_fingerprint: 4711,
    };
    call(&mut ben, &accept).await.expect("it is accepted");
    [
        (Device::new(ada), named(waiting.access_hash)),
        (Device::new(ben), bens),
    ]
}

/// What a device has missed: messages, the `qts` after them, other updates.
async fn missed(line: &mut Line, qts: i32) -> (Vec<Vec<u8>>, i32, Vec<enums::Update>) {
    let answer = call(line, &since(qts)).await.expect("a difference");
    read(answer, qts)
}

fn since(qts: i32) -> f::updates::GetDifference {
    f::updates::GetDifference {
        pts: 1,
        date: 1,
        qts,
        ..Default::default()
    }
}

fn read(answer: enums::updates::Difference, qts: i32) -> (Vec<Vec<u8>>, i32, Vec<enums::Update>) {
    let (messages, state, updates) = match answer {
        enums::updates::Difference::Difference(all) => {
            (all.new_encrypted_messages, all.state, all.other_updates)
        }
        enums::updates::Difference::Empty(_) => return (Vec::new(), qts, Vec::new()),
        other => panic!("{}", other.constructor_name()),
    };
    let enums::updates::State::State(state) = state;
    let bytes = messages.into_iter().map(|message| match message {
        enums::EncryptedMessage::EncryptedMessage(message) => message.bytes,
        enums::EncryptedMessage::Service(message) => message.bytes,
    });
    (bytes.collect(), state.qts, updates)
}

/// Bytes that stand nowhere else.
fn noise(random: &mut Seeded) -> Vec<u8> {
    let words = std::iter::repeat_with(|| random.next_u64().to_le_bytes());
    words.take(24).flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_were_stored_and_not_pushed_when_the_server_was_killed_arrive_once() {
    let home = Home::new();
    let start = || block_in_place(|| home.start(&["--flood-limits", "off"]));
    let mut server = start();
    let [(mut ada, peer), (mut ben, _)] = chat(&home, &server).await;
    // Ben's device is away: nothing is pushed to it.
    ben.line = None;
    let mut random = Seeded::new(5);
    let mut sent = Vec::new();
    for round in 0..4 {
        for _ in 0..10 {
            let data = noise(&mut random);
            let message = f::messages::SendEncrypted {
                silent: false,
                peer: peer.clone(),
                random_id: random.next_u64() as i64,
                data: data.clone(),
            };
            ada.insist(&server, &message).await;
            sent.push((message, data));
        }
        // Killed as soon as the last one was acknowledged; its client, unsure, sends it again.
        server.kill();
        server = start();
        let (last, _) = sent.last().expect("ten were sent");
        ada.insist(&server, last).await;
        if round == 2 {
            // In between he has some of them, and confirms those.
            let (messages, qts, _) = read(ben.insist(&server, &since(1)).await, 1);
            assert_eq!((messages.len(), qts), (30, 31));
            let confirmed = f::messages::ReceivedQueue { max_qts: 15 };
            assert_eq!(ben.insist(&server, &confirmed).await.len(), 14);
        }
    }
    let (messages, qts, _) = read(ben.insist(&server, &since(15)).await, 15);
    let expected: Vec<Vec<u8>> = sent.iter().skip(14).map(|(_, data)| data.clone()).collect();
    assert_eq!(messages, expected);
    assert_eq!(qts, 41);
    server.stop();
    home.nothing_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_it_is_confirmed_no_file_holds_the_ciphertext() {
    let home = Home::new();
    let flags = ["--flood-limits", "off", "--log", "trace"];
    let server = block_in_place(|| home.start(&flags));
    let [(mut ada, peer), (mut ben, _)] = chat(&home, &server).await;
    let mut random = Seeded::new(6);
    let texts: Vec<Vec<u8>> = (0..40).map(|_| noise(&mut random)).collect();
    for data in &texts {
        let message = f::messages::SendEncrypted {
            silent: false,
            peer: peer.clone(),
            random_id: random.next_u64() as i64,
            data: data.clone(),
        };
        ada.insist(&server, &message).await;
    }
    // An encrypted file, in parts, named by a message.
    let part = f::upload::SaveFilePart {
        file_id: 77,
        file_part: 0,
        bytes: noise(&mut random),
    };
    assert!(ada.insist(&server, &part).await);
    let file = types::InputEncryptedFileUploaded {
        id: 77,
        parts: 1,
        md5_checksum: String::new(),
        key_fingerprint: 5,
    };
    let with_file = f::messages::SendEncryptedFile {
        peer: peer.clone(),
        random_id: 78,
        data: noise(&mut random),
        file: file.into(),
        ..Default::default()
    };
    ada.insist(&server, &with_file).await;

    let server = {
        server.stop();
        // While they wait they are there: the search finds what is.
        let before = found(&home, &texts);
        assert_eq!(before, texts.len());
        assert_eq!(found(&home, std::slice::from_ref(&part.bytes)), 1);
        block_in_place(|| home.start(&flags))
    };
    let (messages, qts, _) = read(ben.insist(&server, &since(1)).await, 1);
    assert_eq!(messages.len(), 41);
    let confirmed = f::messages::ReceivedQueue { max_qts: qts };
    ben.insist(&server, &confirmed).await;
    // The file goes with the chat.
    let end = f::messages::DiscardEncryption {
        delete_history: false,
        chat_id: CHAT,
    };
    assert!(ada.insist(&server, &end).await);
    block_in_place(|| until("the file to go", || (!has_files(&home)).then_some(())));
    // What was deleted is overwritten when the server ends in order, and after a crash by the next.
    server.stop();
    assert_eq!(found(&home, &texts), 0);
    assert_eq!(found(&home, &[with_file.data, part.bytes]), 0);
    home.nothing_panicked();
}

/// Whether any file lies among those that were sent. They may go while this looks.
fn has_files(home: &Home) -> bool {
    let folders = fs::read_dir(home.data().join("media/files"));
    let mut inside = folders.into_iter().flatten().flatten();
    inside.any(|folder| fs::read_dir(folder.path()).is_ok_and(|mut files| files.next().is_some()))
}

/// How many of these byte strings stand in a file of the data folder, or in what the server said.
fn found(home: &Home, wanted: &[Vec<u8>]) -> usize {
    let mut stored = files(&home.data());
    stored.push(("its own words".into(), home.words().into_bytes()));
    let stands = |bytes: &&Vec<u8>| {
        let middle = &bytes[64..96];
        stored
            .iter()
            .any(|(_, file)| file.windows(middle.len()).any(|window| window == middle))
    };
    wanted.iter().filter(stands).count()
}
