//! kill -9 in the middle of everything: what was acknowledged exists, once, on both sides.
//!
//! `HELIOGRAPH_KILLS` and `HELIOGRAPH_SEED` make it longer and different; `cargo xtask soak` does.

use crate::person::{Line, call, resolve, sign_up, socket_from, text};
use crate::program::{Home, PATIENCE, Server, clock};
use crate::replica::{Mailbox, Replica, fetch};
use heliograph_mtproto::AuthKey;
use heliograph_mtproto::fuzzing::Seeded;
use heliograph_server::client::{Client, ClientError, Credentials};
use heliograph_tl::{Function, enums, functions as f};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

/// How many people write to each other; everybody writes to two others.
const PEOPLE: usize = 4;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_and_exists_once_on_both_sides() {
    let kills = from_environment("HELIOGRAPH_KILLS").unwrap_or(3);
    let seed = from_environment("HELIOGRAPH_SEED").unwrap_or(1);
    let mut random = Seeded::new(seed);
    let home = Home::new();
    // People in a hurry; the limits have tests of their own.
    let start = || block_in_place(|| home.start(&["--flood-limits", "off"]));
    let mut server = start();

    let (address, at) = watch::channel(server.address);
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for writer in introduce(&home, &server, &at, &mut random).await {
        let stop = stop.clone();
        writers.push(tokio::spawn(writer.write_until(stop)));
    }
    for kill in 1..=kills {
        sleep(Duration::from_millis(100 + random.below(600) as u64)).await;
        server.kill();
        server = start();
        address.send_replace(server.address);
        if kill % 20 == 0 {
            println!("{kill} of {kills} kills");
        }
    }
    // The last server gets its share of work too.
    sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut people = Vec::new();
    for writer in writers {
        people.push(writer.await.expect("a writer ends in order"));
    }

    let live: Vec<Vec<Sent>> = people.iter().map(Writer::live).collect();
    assert!(live.iter().flatten().count() > 10, "little was sent");
    for (me, person) in people.iter_mut().enumerate() {
        person.check(me, &live).await;
    }
    people[1].numbers_follow_each_other().await;
    server.stop();
    home.nothing_panicked();
}

#[test]
fn a_server_that_was_killed_can_be_started_again_at_once() {
    let home = Home::new();
    for _ in 0..8 {
        home.start(&[]).kill();
    }
    home.start(&[]).stop();
}

/// Makes the accounts and tells everybody their neighbours on either side.
async fn introduce(
    home: &Home,
    server: &Server,
    at: &watch::Receiver<SocketAddr>,
    random: &mut Seeded,
) -> Vec<Writer> {
    let mut clients = Vec::new();
    for number in 0..PEOPLE {
        let (phone, name) = (format!("9996600{number:04}"), format!("writer{number}"));
        clients.push(sign_up(home, server, &phone, &name).await);
    }
    let ids: Vec<i64> = clients.iter().map(|(_, id)| *id).collect();
    let mut writers = Vec::new();
    for (number, (mut client, _)) in clients.into_iter().enumerate() {
        let mut friends = Vec::new();
        for other in [(number + 1) % PEOPLE, (number + PEOPLE - 1) % PEOPLE] {
            let peer = resolve(&mut client, &format!("writer{other}")).await;
            let (peer, id) = (peer.expect("they have the name"), ids[other]);
            friends.push(Friend {
                number: other,
                id,
                peer,
            });
        }
        let replica = Replica::begin(&mut client)
            .await
            .expect("nobody is killed yet");
        writers.push(Writer {
            number,
            key: *client.key().bytes(),
            client: Some(client),
            at: at.clone(),
            random: Seeded::new(random.next_u64()),
            friends,
            sent: Vec::new(),
            first: replica.clone(),
            replica,
            log: BTreeMap::new(),
        });
    }
    writers
}

struct Friend {
    number: usize,
    id: i64,
    peer: enums::InputPeer,
}

/// A message that the server has acknowledged.
#[derive(Clone, Debug)]
struct Sent {
    to: usize,
    id: i32,
    text: String,
    deleted: bool,
}

/// Somebody who writes, and repeats what was not acknowledged.
struct Writer {
    number: usize,
    key: [u8; 256],
    client: Option<Line>,
    at: watch::Receiver<SocketAddr>,
    random: Seeded,
    friends: Vec<Friend>,
    sent: Vec<Sent>,
    /// The mailbox as it was before anything was written; asked once more at the end.
    first: Replica,
    replica: Replica,
    /// What each `pts` was said to be, with how many numbers it took.
    log: BTreeMap<i32, (i32, String)>,
}

impl Writer {
    async fn write_until(mut self, stop: Arc<AtomicBool>) -> Self {
        while !stop.load(Ordering::Relaxed) {
            match self.random.below(10) {
                0..5 => self.send().await,
                5 | 6 => self.edit().await,
                7 => self.delete().await,
                8 => self.read().await,
                _ => self.catch_up().await,
            }
            self.hear().await;
        }
        self
    }

    fn live(&self) -> Vec<Sent> {
        let live = self.sent.iter().filter(|sent| !sent.deleted);
        live.cloned().collect()
    }

    async fn send(&mut self) {
        let friend = self.random.below(self.friends.len());
        let random_id = self.random.next_u64() as i64;
        let words = format!("{} writes {random_id:x}", self.number);
        let to = self.friends[friend].number;
        let message = text(&self.friends[friend].peer, &words, random_id);
        let answer = self.until_answered(&message).await;
        let answer = answer.expect("a text to a friend is never refused");
        let id = self
            .note_updates(&answer)
            .expect("the answer names the message");
        self.sent.push(Sent {
            to,
            id,
            text: words,
            deleted: false,
        });
    }

    /// One of the own messages that are there.
    fn pick(&mut self) -> Option<usize> {
        let index = self.random.below(self.sent.len());
        (!self.sent.get(index)?.deleted).then_some(index)
    }

    async fn edit(&mut self) {
        let Some(index) = self.pick() else { return };
        let words = format!("{} corrects {:x}", self.number, self.random.next_u64());
        let to = self.sent[index].to;
        let friend = self.friends.iter().find(|friend| friend.number == to);
        let edit = f::messages::EditMessage {
            peer: friend.expect("it was sent to one").peer.clone(),
            id: self.sent[index].id,
            message: Some(words.clone()),
            ..Default::default()
        };
        match self.until_answered(&edit).await {
            Ok(answer) => drop(self.note_updates(&answer)),
            // The first attempt was durable, and its answer was lost.
            Err(message) => assert_eq!(message, "MESSAGE_NOT_MODIFIED"),
        }
        self.sent[index].text = words;
    }

    async fn delete(&mut self) {
        let Some(index) = self.pick() else { return };
        let id = self.sent[index].id;
        let delete = f::messages::DeleteMessages {
            revoke: true,
            id: vec![id],
        };
        let answer = self.until_answered(&delete).await;
        let enums::messages::AffectedMessages::AffectedMessages(affected) =
            answer.expect("one's own message can be deleted");
        self.note(affected.pts, affected.pts_count, format!("delete {id}"));
        self.sent[index].deleted = true;
    }

    async fn read(&mut self) {
        let friend = self.random.below(self.friends.len());
        let read = f::messages::ReadHistory {
            peer: self.friends[friend].peer.clone(),
            max_id: i32::MAX,
        };
        let answer = self.until_answered(&read).await;
        let enums::messages::AffectedMessages::AffectedMessages(affected) =
            answer.expect("one's own chat can be read");
        let id = self.friends[friend].id;
        self.note(affected.pts, affected.pts_count, format!("read {id}"));
    }

    async fn catch_up(&mut self) {
        let slice = 1 + self.random.below(30) as i32;
        let mut replica = self.replica.clone();
        loop {
            let client = self.client().await;
            // Where it broke off, the slices before count.
            if replica.catch_up(client, slice).await.is_ok() {
                self.replica = replica;
                return;
            }
            self.client = None;
        }
    }

    /// Takes what was pushed.
    async fn hear(&mut self) {
        while let Some(client) = &mut self.client {
            match timeout(Duration::ZERO, client.next_updates()).await {
                Ok(Ok(updates)) => drop(self.note_updates(&updates)),
                Ok(Err(_)) => self.client = None,
                Err(_) => return,
            }
        }
    }

    /// Makes a call as often as it takes; only a refusal in words is an end besides an answer.
    async fn until_answered<F: Function>(&mut self, it: &F) -> Result<F::Return, String> {
        loop {
            let client = self.client().await;
            match call(client, it).await {
                Ok(answer) => return Ok(answer),
                Err(ClientError::Rpc { message, .. }) => return Err(message),
                Err(ClientError::Transport(code)) => panic!("transport error {code}"),
                Err(ClientError::BadServer) => panic!("the server's bytes make no sense"),
                Err(ClientError::Io(_)) => self.reconnect().await,
            }
        }
    }

    /// Half of the time the session goes on, as after a break of the line; else it is a new one, as
    /// after a restart of the client.
    async fn reconnect(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        if self.random.below(2) == 0 {
            let line = self.line().await;
            self.client = client.reconnect(line).await.ok();
        }
    }

    async fn client(&mut self) -> &mut Line {
        while self.client.is_none() {
            let line = self.line().await;
            let key = AuthKey::from_bytes(self.key);
            let resumed = Client::resume(line, Credentials { key, salt: 0 }, clock()).await;
            self.client = resumed.ok();
        }
        self.client.as_mut().expect("it was just made")
    }

    /// A connection to whichever server lives.
    async fn line(&mut self) -> tokio::net::TcpStream {
        let connecting = async {
            loop {
                let address = *self.at.borrow_and_update();
                match socket_from(Ipv4Addr::LOCALHOST, address).await {
                    Ok(line) => return line,
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        };
        timeout(PATIENCE, connecting)
            .await
            .expect("a server comes back")
    }

    /// Notes the numbers in updates; the id of a message that was sent.
    fn note_updates(&mut self, updates: &enums::Updates) -> Option<i32> {
        match updates {
            enums::Updates::UpdateShortSentMessage(sent) => {
                self.note(sent.pts, sent.pts_count, format!("new {}", sent.id));
                Some(sent.id)
            }
            enums::Updates::UpdateShortMessage(new) => {
                self.note(new.pts, new.pts_count, format!("new {}", new.id));
                None
            }
            enums::Updates::UpdateShort(short) => self.note_update(&short.update),
            enums::Updates::Updates(all) => {
                let ids = all.updates.iter().map(|update| self.note_update(update));
                ids.fold(None, Option::or)
            }
            _ => None,
        }
    }

    fn note_update(&mut self, update: &enums::Update) -> Option<i32> {
        let id = |message: &enums::Message| match message {
            enums::Message::Message(message) => message.id,
            enums::Message::Service(message) => message.id,
            enums::Message::Empty(message) => message.id,
        };
        match update {
            enums::Update::NewMessage(new) => {
                let id = id(&new.message);
                self.note(new.pts, new.pts_count, format!("new {id}"));
                return Some(id);
            }
            enums::Update::EditMessage(edit) => {
                let what = format!("edit {}", id(&edit.message));
                self.note(edit.pts, edit.pts_count, what);
            }
            enums::Update::DeleteMessages(delete) => {
                let what = format!("delete {}", delete.messages[0]);
                self.note(delete.pts, delete.pts_count, what);
            }
            enums::Update::ReadHistoryOutbox(read) => {
                let what = format!("they read {}", read.max_id);
                self.note(read.pts, read.pts_count, what);
            }
            _ => {}
        }
        None
    }

    /// A number means one thing, whoever says it, before a crash or after it.
    fn note(&mut self, pts: i32, pts_count: i32, what: String) {
        if pts_count == 0 {
            return;
        }
        let said = self.log.entry(pts).or_insert((pts_count, what.clone()));
        assert_eq!(*said, (pts_count, what), "pts {pts} has two meanings");
    }

    /// At the end: what I see is what was acknowledged, by whichever way I look.
    async fn check(&mut self, me: usize, live: &[Vec<Sent>]) {
        let mut first = std::mem::take(&mut self.first);
        self.catch_up().await;
        let peers: Vec<_> = self
            .friends
            .iter()
            .map(|friend| friend.peer.clone())
            .collect();
        let client = self.client().await;
        let fresh = fetch(client, &peers)
            .await
            .expect("nobody is killed any more");
        first
            .catch_up(client, 7)
            .await
            .expect("nobody is killed any more");

        let incoming = live.iter().flatten().filter(|sent| sent.to == me);
        let mut expected: Vec<&str> = incoming.map(|sent| sent.text.as_str()).collect();
        for sent in &live[me] {
            assert_eq!(fresh.texts.get(&sent.id), Some(&sent.text), "{sent:?}");
            expected.push(&sent.text);
        }
        expected.sort_unstable();
        let mut seen: Vec<&str> = fresh.texts.values().map(String::as_str).collect();
        seen.sort_unstable();
        assert_eq!(seen, expected, "writer {me} sees something else");

        same(
            &self.replica.mailbox,
            &fresh,
            "what was told as it happened",
        );
        same(
            &first.mailbox,
            &fresh,
            "what was told of everything at once",
        );

        let mut last = 0;
        for (pts, (count, what)) in &self.log {
            assert!(pts - count >= last, "{what} at {pts} overlaps with {last}");
            last = *pts;
        }
        assert!(last <= self.replica.pts, "an acknowledged number is gone");
    }

    /// In quiet times each push has the number after the one before.
    async fn numbers_follow_each_other(&mut self) {
        self.hear().await;
        let mut pts = self.replica.pts;
        self.log.clear();
        for _ in 0..3 {
            self.send().await;
            self.edit().await;
            self.read().await;
        }
        self.hear().await;
        for (at, (count, what)) in &self.log {
            assert_eq!(*at, pts + count, "{what}");
            pts = *at;
        }
        assert!(pts >= self.replica.pts + 3);
    }
}

fn same(told: &Mailbox, fresh: &Mailbox, how: &str) {
    assert_eq!(told.texts, fresh.texts, "{how}");
    // A chat that nobody has read yet has marks at zero, which no difference tells.
    for (peer, marks) in &fresh.read {
        assert_eq!(
            told.read.get(peer).copied().unwrap_or_default(),
            *marks,
            "{how}"
        );
    }
}
