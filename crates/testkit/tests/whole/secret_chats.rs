//! Two people in a secret chat, with a real exchange of keys, through a server that carries bytes.

use bytes::BytesMut;
use heliograph_mtproto::dh::{DH_BYTES, DhPair, PRIME, is_in_bounds};
use heliograph_mtproto::envelope::{self, Header, Sender};
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_mtproto::{AuthKey, MsgId};
use heliograph_server::metrics::Classified;
use heliograph_testkit::{House, Person};
use heliograph_tl::{enums, functions, types};

const CHAT: i32 = 0x5eed_0001;

/// One side's end of a chat.
struct End {
    key: AuthKey,
    peer: enums::InputEncryptedChat,
    sender: Sender,
    sent: i64,
    random: Seeded,
}

fn public(bytes: &[u8]) -> [u8; DH_BYTES] {
    let value: [u8; DH_BYTES] = bytes.try_into().expect("all of its bytes");
    assert!(is_in_bounds(&value), "clients check the same");
    value
}

fn named(chat_id: i32, access_hash: i64) -> enums::InputEncryptedChat {
    types::InputEncryptedChat {
        chat_id,
        access_hash,
    }
    .into()
}

impl End {
    /// Encrypts a text as the protocol's second version does, in which cloud and secret chats are
    /// alike but for the key.
    fn seal(&mut self, text: &str) -> Vec<u8> {
        self.sent += 1;
        let header = Header {
            salt: self.random.next_u64() as i64,
            session_id: 7,
            msg_id: MsgId(self.sent),
            seqno: self.sent as i32,
        };
        // Bodies have a length that four divides.
        let text = format!("{text:<width$}", width = text.len().next_multiple_of(4));
        let (mut out, text) = (BytesMut::new(), text.as_bytes());
        let write = |out: &mut BytesMut| out.extend_from_slice(text);
        let (key, sender, random) = (&self.key, self.sender, &mut self.random);
        envelope::seal(key, sender, header, text.len(), &mut out, random, write);
        out.to_vec()
    }

    fn open(&self, bytes: &[u8]) -> String {
        let other = match self.sender {
            Sender::Client => Sender::Server,
            Sender::Server => Sender::Client,
        };
        let opened = envelope::open(&self.key, other, BytesMut::from(bytes));
        let opened = opened.unwrap_or_else(|_| panic!("the other end sealed it"));
        let text = std::str::from_utf8(&opened.body).expect("a text");
        text.trim_end().to_owned()
    }

    fn say(&mut self, text: &str) -> functions::messages::SendEncrypted {
        let data = self.seal(text);
        functions::messages::SendEncrypted {
            silent: false,
            peer: self.peer.clone(),
            random_id: self.random.next_u64() as i64,
            data,
        }
    }
}

/// The next update of secret chats that a device is pushed.
async fn next(person: &mut Person) -> enums::Update {
    loop {
        let updates = match person.next_updates().await {
            enums::Updates::UpdateShort(short) => vec![short.update],
            enums::Updates::Updates(all) => all.updates,
            _ => continue,
        };
        for update in updates {
            match update {
                enums::Update::Encryption(_)
                | enums::Update::NewEncryptedMessage(_)
                | enums::Update::EncryptedMessagesRead(_)
                | enums::Update::EncryptedChatTyping(_) => return update,
                _ => {}
            }
        }
    }
}

async fn next_chat(person: &mut Person) -> enums::EncryptedChat {
    match next(person).await {
        enums::Update::Encryption(update) => update.chat,
        other => panic!("{}", other.constructor_name()),
    }
}

fn fingerprint(key: &AuthKey) -> i64 {
    // Both name 64 bits of the key's SHA-1.
    key.id()
}

/// Two people agree on a key.
async fn agree(house: &House, ada: &mut Person, ben: &mut Person) -> (End, End) {
    let mut random = Seeded::new(11);
    let config = functions::messages::GetDhConfig {
        version: 0,
        random_length: 256,
    };
    let enums::messages::DhConfig::DhConfig(group) = ada.call(config).await else {
        panic!("the group");
    };
    assert_eq!((group.g, group.p.as_slice()), (3, &PRIME[..]));

    let a = DhPair::make(&mut random);
    let enums::InputPeer::User(peer) = ada.peer(house, ben) else {
        panic!("a person");
    };
    let user = types::InputUser {
        user_id: peer.user_id,
        access_hash: peer.access_hash,
    };
    let request = functions::messages::RequestEncryption {
        user_id: user.into(),
        random_id: CHAT,
        g_a: a.public().to_vec(),
    };
    let enums::EncryptedChat::Waiting(waiting) = ada.call(request).await else {
        panic!("it waits");
    };
    assert_eq!(waiting.id, CHAT);

    let enums::EncryptedChat::Requested(asked) = next_chat(ben).await else {
        panic!("a request");
    };
    let b = DhPair::make(&mut random);
    let of_ben = AuthKey::from_bytes(*b.agree(&public(&asked.g_a)));
    let bens = named(CHAT, asked.access_hash);
    let accept = functions::messages::AcceptEncryption {
        peer: bens.clone(),
        g_b: b.public().to_vec(),
        key_fingerprint: fingerprint(&of_ben),
    };
    let enums::EncryptedChat::EncryptedChat(accepted) = ben.call(accept).await else {
        panic!("it is open");
    };
    assert_eq!(accepted.g_a_or_b, a.public());

    let enums::EncryptedChat::EncryptedChat(open) = next_chat(ada).await else {
        panic!("it is open");
    };
    let of_ada = AuthKey::from_bytes(*a.agree(&public(&open.g_a_or_b)));
    assert_eq!(open.key_fingerprint, fingerprint(&of_ada));
    // What the two compare as pictures is made of these bytes.
    assert_eq!(of_ada.bytes(), of_ben.bytes());
    let ada = End {
        key: of_ada,
        peer: named(CHAT, open.access_hash),
        sender: Sender::Client,
        sent: 0,
        random: Seeded::new(12),
    };
    let ben = End {
        key: of_ben,
        peer: bens,
        sender: Sender::Server,
        sent: 0,
        random: Seeded::new(13),
    };
    (ada, ben)
}

fn received(update: enums::Update) -> (i32, Vec<u8>) {
    match update {
        enums::Update::NewEncryptedMessage(new) => match new.message {
            enums::EncryptedMessage::EncryptedMessage(message) => (new.qts, message.bytes),
            enums::EncryptedMessage::Service(message) => (new.qts, message.bytes),
        },
        other => panic!("{}", other.constructor_name()),
    }
}

/// What a device has missed.
async fn missed(person: &mut Person, qts: i32) -> (Vec<Vec<u8>>, i32) {
    let call = functions::updates::GetDifference {
        pts: 1,
        date: 1,
        qts,
        ..Default::default()
    };
    match person.call(call).await {
        enums::updates::Difference::Difference(all) => {
            let enums::updates::State::State(state) = all.state;
            let messages = all.new_encrypted_messages.into_iter();
            let bytes = messages.map(|message| match message {
                enums::EncryptedMessage::EncryptedMessage(message) => message.bytes,
                enums::EncryptedMessage::Service(message) => message.bytes,
            });
            (bytes.collect(), state.qts)
        }
        other => panic!("{}", other.constructor_name()),
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_agree_on_a_key_and_talk_across_a_restart_of_the_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::on_disk(folder.path()).await;
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "99966000002").await;
    let mut elsewhere = ben.another_device(&house).await;
    // From here on the device is told what happens.
    elsewhere.call(functions::updates::GetState {}).await;
    ben.call(functions::updates::GetState {}).await;
    let (mut of_ada, mut of_ben) = agree(&house, &mut ada, &mut ben).await;

    // His other device saw the request, and sees that it is over.
    assert!(matches!(
        next_chat(&mut elsewhere).await,
        enums::EncryptedChat::Requested(_)
    ));
    assert!(matches!(
        next_chat(&mut elsewhere).await,
        enums::EncryptedChat::Discarded(_)
    ));

    for number in 2..=60 {
        let text = format!("Ada says {number}");
        ada.call(of_ada.say(&text)).await;
        let (qts, bytes) = received(next(&mut ben).await);
        assert_eq!((qts, of_ben.open(&bytes)), (number, text));
    }
    let read = functions::messages::ReadEncryptedHistory {
        peer: of_ben.peer.clone(),
        max_date: (house.client_clock()().0 / 1000) as i32,
    };
    assert!(ben.call(read).await);
    assert!(matches!(
        next(&mut ada).await,
        enums::Update::EncryptedMessagesRead(_)
    ));
    let typing = functions::messages::SetEncryptedTyping {
        peer: of_ada.peer.clone(),
        typing: true,
    };
    assert!(ada.call(typing).await);
    assert!(matches!(
        next(&mut ben).await,
        enums::Update::EncryptedChatTyping(_)
    ));
    ben.call(functions::messages::ReceivedQueue { max_qts: 60 })
        .await;

    // The server dies while Ben is away; what was sent to him meanwhile is there, once and in order.
    let last = of_ada.say("Ada says 61");
    ada.call(last.clone()).await;
    let house = house.restart(folder.path()).await;
    let mut ada = ada.come_back(&house).await;
    let mut ben = ben.come_back(&house).await;
    let mut elsewhere = elsewhere.come_back(&house).await;
    ada.call(last).await;
    for number in 62..=120 {
        ada.call(of_ada.say(&format!("Ada says {number}"))).await;
    }
    let (bytes, qts) = missed(&mut ben, 60).await;
    let texts: Vec<String> = bytes.iter().map(|bytes| of_ben.open(bytes)).collect();
    let expected: Vec<String> = (61..=120)
        .map(|number| format!("Ada says {number}"))
        .collect();
    assert_eq!((texts, qts), (expected, 120));
    assert!(missed(&mut elsewhere, 1).await.0.is_empty());

    ben.call(of_ben.say("and Ben answers")).await;
    let (bytes, _) = missed(&mut ada, 1).await;
    assert_eq!(of_ada.open(&bytes[0]), "and Ben answers");
    let end = functions::messages::DiscardEncryption {
        delete_history: false,
        chat_id: CHAT,
    };
    assert!(ada.call(end).await);
    assert!(matches!(
        next_chat(&mut ben).await,
        enums::EncryptedChat::Discarded(_)
    ));
    let late = ben.try_call(of_ben.say("too late")).await;
    assert!(late.is_err_and(|error| error.to_string().contains("ENCRYPTION_DECLINED")));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_secret_chat_reaches_the_classifier_or_search() {
    let house = House::new().await;
    house.follow();
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "99966000002").await;
    ben.call(functions::updates::GetState {}).await;
    let (mut of_ada, of_ben) = agree(&house, &mut ada, &mut ben).await;
    let count = |kind| house.metrics.classified_count(kind);
    let before = (count(Classified::Post), count(Classified::Peer));
    // In the clear by a foolish client: the server does not look, so it makes no difference.
    let spam = "EARN MONEY FAST https://win.example.com ".repeat(10);
    let naked = functions::messages::SendEncrypted {
        data: spam.clone().into_bytes(),
        ..of_ada.say("")
    };
    ada.call(naked).await;
    ada.call(of_ada.say(&spam)).await;
    let report = functions::messages::ReportEncryptedSpam {
        peer: of_ben.peer.clone(),
    };
    assert!(ben.call(report).await);
    house.take_in().await;
    assert_eq!((count(Classified::Post), count(Classified::Peer)), before);
    let search = functions::messages::SearchGlobal {
        q: "money".into(),
        filter: enums::MessagesFilter::InputMessagesFilterEmpty,
        limit: 10,
        ..Default::default()
    };
    let found = match ben.call(search).await {
        enums::messages::Messages::Messages(found) => found.messages.len(),
        enums::messages::Messages::Slice(found) => found.messages.len(),
        other => panic!("{}", other.constructor_name()),
    };
    assert_eq!(found, 0);
}
