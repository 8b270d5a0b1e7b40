//! The index equals the store, whatever happens and whenever the process ends.

use heliograph_discovery::gate::Open;
use heliograph_discovery::measured::{Verdict, Viewer};
use heliograph_discovery::posts::{PostQuery, Wanted};
use heliograph_discovery::{Discovery, follow};
use heliograph_domain::accounts::{Proof, Registration, SignUp};
use heliograph_domain::channels::{
    CreateChannel, DeleteChannel, DeletePosts, EditPost, EditTitle, NewChannel, Post, SetPublicName,
};
use heliograph_domain::jobs;
use heliograph_domain::measures;
use heliograph_domain::messages::Edit;
use heliograph_domain::stale::{self, EveryPeer};
use heliograph_keeper::PhoneTag;
use heliograph_model::{
    Body, ChannelId, Description, FirstName, LastName, Measure, Measures, MessageId, Owner, Peer,
    PublicPeer, PublicPost, Reach, Title, UnixMs, UserId, Username,
};
use heliograph_store::{Clock, Command, Locks, Store, StoreError, Tx, memory};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Goes on by a second at every look.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

const ANYBODY: Viewer<'static> = Viewer {
    country: None,
    now: UnixMs(0),
};

struct Scene {
    store: Store,
    clock: Arc<Ticking>,
    ada: UserId,
    channels: Vec<ChannelId>,
    random_ids: i64,
}

impl Scene {
    async fn new(channels: usize) -> Self {
        let clock = Arc::new(Ticking(AtomicI64::new(1_700_000_000_000)));
        let store = memory::open(clock.clone(), Arc::new(()));
        let sign_up = SignUp {
            phone: PhoneTag::from_bytes([1; 16]),
            proven: Proof::Operator,
            first_name: FirstName::parse("Ada").expect("a name"),
            last_name: LastName::default(),
            country: None,
            registration: Registration::Open,
        };
        let account = store.write(sign_up).await.expect("a free number");
        let mut scene = Scene {
            store,
            clock,
            ada: account.person.id,
            channels: Vec::new(),
            random_ids: 0,
        };
        for number in 0..channels {
            let id = scene.store.write(NewChannel).await.expect("it works");
            let create = CreateChannel {
                id,
                creator: scene.ada,
                title: Title::parse(&format!("Channel {number}")).expect("a title"),
                about: Description::default(),
                broadcast: number % 3 != 2,
            };
            scene.store.write(create).await.expect("it is allowed");
            scene.channels.push(id);
        }
        scene
    }

    /// Does something; what is refused (a channel that is gone) is no matter.
    async fn act(&mut self, act: &Act) {
        self.random_ids += 1;
        let by = self.ada;
        let channel = |number: &usize| self.channels[number % self.channels.len()];
        let store = &self.store;
        match act {
            Act::Publish(number) => {
                let channel = channel(number);
                let username = Username::parse(&format!("channel_{number}")).ok();
                let set = SetPublicName {
                    channel,
                    by,
                    username,
                };
                let _ = store.write(set).await;
            }
            Act::Hide(number) => {
                let hide = SetPublicName {
                    channel: channel(number),
                    by,
                    username: None,
                };
                let _ = store.write(hide).await;
            }
            Act::Write(number, text) => {
                let post = Post {
                    from: by,
                    channel: channel(number),
                    random_id: self.random_ids,
                    body: Body {
                        text: text.clone(),
                        ..Body::default()
                    },
                    reply_to: None,
                    silent: false,
                    clear_draft: false,
                    mentions: Vec::new(),
                };
                let _ = store.write(post).await;
            }
            Act::Edit(number, id, text) => {
                let edit = EditPost {
                    by,
                    channel: channel(number),
                    id: MessageId(*id),
                    edit: Edit {
                        text: Some((text.clone(), Vec::new())),
                        ..Edit::default()
                    },
                };
                let _ = store.write(edit).await;
            }
            Act::Erase(number, ids) => {
                let ids = ids.iter().map(|id| MessageId(*id)).collect();
                let delete = DeletePosts {
                    by,
                    channel: channel(number),
                    ids,
                };
                let _ = store.write(delete).await;
            }
            Act::Rename(number, title) => {
                let edit = EditTitle {
                    channel: channel(number),
                    by,
                    title: Title::parse(title).expect("a title"),
                };
                let _ = store.write(edit).await;
            }
            Act::Delete(number) => {
                let delete = DeleteChannel {
                    channel: channel(number),
                    by,
                };
                let _ = store.write(delete).await;
                jobs::run_due(store, self.clock.now())
                    .await
                    .expect("jobs run");
            }
            Act::Hold(number, id) => {
                let decide = Decide(channel(number).into(), Some(MessageId(*id)), true);
                store.write(decide).await.expect("it works");
            }
            Act::Release(number, id) => {
                let decide = Decide(channel(number).into(), Some(MessageId(*id)), false);
                store.write(decide).await.expect("it works");
            }
        }
    }

    /// Everything public that the store has.
    async fn public(&self) -> (Vec<PublicPeer>, Vec<PublicPost>) {
        let mut view = self.store.view().await.expect("it reads");
        let every = EveryPeer::now(&mut *view).await.expect("it reads");
        let (mut peers, mut posts) = (Vec::new(), Vec::new());
        for peer in every {
            let face = stale::public_peer(&mut *view, peer).await.expect("reads");
            let Some(face) = face else { continue };
            if let Peer::Channel(channel) = peer {
                let from = MessageId(0);
                let read = stale::public_posts(&mut *view, channel, from, 10_000).await;
                posts.extend(read.expect("it reads").0);
            }
            peers.push(face);
        }
        (peers, posts)
    }

    /// Compares the index with one that is made of the store's state by itself.
    async fn check(&self, index: &Discovery) {
        let (peers, posts) = self.public().await;
        assert_eq!(index.peers().count(), peers.len() as u64);
        assert_eq!(index.posts().count(), posts.len() as u64);
        let found_by = |word: &str| {
            let found = index.posts().search(PostQuery {
                wanted: Wanted::Words(word),
                channel: None,
                min_date: 0,
                max_date: 0,
                after: None,
                viewer: ANYBODY,
                limit: 100,
            });
            let found = found.expect("it searches").posts;
            found
                .iter()
                .map(|place| (place.channel, place.id))
                .collect::<BTreeSet<_>>()
        };
        let mut view = self.store.view().await.expect("it reads");
        for word in WORDS {
            let mut expected = BTreeSet::new();
            for post in posts.iter().filter(|post| post.text().contains(word)) {
                let held = measures::of_post(&mut *view, post.channel(), post.id()).await;
                if held.expect("it reads").is_empty() {
                    expected.insert((post.channel(), post.id()));
                }
            }
            assert_eq!(found_by(word), expected, "{word}");
        }
    }
}

/// Holds a post, or lets it go.
struct Decide(Peer, Option<MessageId>, bool);

impl Command for Decide {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let mut measures = Measures::default();
        if self.2 {
            measures.reach.push(Measure {
                decision: 1,
                until: None,
                what: Reach::Held,
            });
        }
        measures::put(tx, Owner::from(self.0), self.1, measures).await
    }
}

#[derive(Clone, Debug)]
enum Act {
    Publish(usize),
    Hide(usize),
    Write(usize, String),
    Edit(usize, u32, String),
    Erase(usize, Vec<u32>),
    Rename(usize, String),
    Delete(usize),
    Hold(usize, u32),
    Release(usize, u32),
}

const WORDS: [&str; 4] = ["rain", "snow", "wind", "sun"];

/// What happens next: something to the store, or the index takes in what has changed, and the
/// process may end on the way.
#[derive(Clone, Debug)]
enum Next {
    Act(Act),
    TakeIn,
    /// The process ends before the index commits, or between that and the removal of the rows.
    Crash {
        committed: bool,
    },
    Rebuild,
}

fn next() -> impl Strategy<Value = Next> {
    let text = prop::sample::subsequence(WORDS.to_vec(), 1..=3).prop_map(|words| words.join(" "));
    let channel = 0..6_usize;
    let id = 1..12_u32;
    prop_oneof![
        4 => channel.clone().prop_map(|c| Next::Act(Act::Publish(c))),
        1 => channel.clone().prop_map(|c| Next::Act(Act::Hide(c))),
        12 => (channel.clone(), text.clone()).prop_map(|(c, t)| Next::Act(Act::Write(c, t))),
        4 => (channel.clone(), id.clone(), text).prop_map(|(c, i, t)| Next::Act(Act::Edit(c, i, t))),
        2 => (channel.clone(), prop::collection::vec(id.clone(), 1..4))
            .prop_map(|(c, ids)| Next::Act(Act::Erase(c, ids))),
        1 => (channel.clone(), "[a-z]{1,8}").prop_map(|(c, t)| Next::Act(Act::Rename(c, t))),
        1 => channel.clone().prop_map(|c| Next::Act(Act::Delete(c))),
        2 => (channel.clone(), id.clone()).prop_map(|(c, i)| Next::Act(Act::Hold(c, i))),
        1 => (channel, id).prop_map(|(c, i)| Next::Act(Act::Release(c, i))),
        4 => Just(Next::TakeIn),
        3 => any::<bool>().prop_map(|committed| Next::Crash { committed }),
        1 => Just(Next::Rebuild),
    ]
}

/// Opens the index as a process does that starts.
async fn start(folder: &Path, store: &Store) -> Arc<Discovery> {
    let index = Arc::new(Discovery::open(folder).expect("it opens"));
    follow::load_measures(store, &index)
        .await
        .expect("it reads");
    if !index.is_complete() {
        follow::rebuild(store, &index, &Open, |_| {})
            .await
            .expect("it works");
    }
    index
}

async fn take_in_all(store: &Store, index: &Arc<Discovery>) {
    while follow::take_in(store, index, &Open)
        .await
        .expect("it works")
        > 0
    {}
}

async fn live(steps: Vec<Next>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut scene = Scene::new(6).await;
    let mut index = start(folder.path(), &scene.store).await;
    for step in steps {
        match step {
            Next::Act(act) => scene.act(&act).await,
            Next::TakeIn => {
                take_in_all(&scene.store, &index).await;
                scene.check(&index).await;
            }
            Next::Crash { committed } => {
                follow::take_in_and_crash(&scene.store, &index, &Open, committed).await;
                drop(index);
                index = start(folder.path(), &scene.store).await;
            }
            Next::Rebuild => {
                follow::rebuild(&scene.store, &index, &Open, |_| {})
                    .await
                    .expect("it works");
            }
        }
    }
    take_in_all(&scene.store, &index).await;
    scene.check(&index).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_index_equals_the_store_through_everything(steps in prop::collection::vec(next(), 10..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(live(steps));
    }
}

#[tokio::test]
async fn an_index_that_is_missing_or_damaged_or_older_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut scene = Scene::new(2).await;
    scene.act(&Act::Publish(0)).await;
    for _ in 0..3 {
        scene.act(&Act::Write(0, "rain".into())).await;
    }
    let index = start(folder.path(), &scene.store).await;
    take_in_all(&scene.store, &index).await;
    drop(index);

    let damages: [fn(&Path); 4] = [
        |folder| std::fs::write(folder.join("format"), "0\n").expect("written"),
        |folder| std::fs::remove_file(folder.join("format")).expect("removed"),
        |folder| std::fs::write(folder.join("posts/meta.json"), "{").expect("written"),
        |folder| std::fs::remove_dir_all(folder).expect("removed"),
    ];
    for damage in damages {
        damage(folder.path());
        let index = Discovery::open(folder.path()).expect("it opens");
        assert!(!index.is_complete());
        drop(index);
        let index = start(folder.path(), &scene.store).await;
        scene.check(&index).await;
    }
}

#[tokio::test]
async fn measures_are_known_again_after_a_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut scene = Scene::new(1).await;
    scene.act(&Act::Publish(0)).await;
    scene.act(&Act::Hold(0, 7)).await;
    let index = start(folder.path(), &scene.store).await;
    let held = index.measured().get();
    let verdict = held.post(scene.channels[0], MessageId(7), ANYBODY);
    assert_eq!(verdict, Verdict::Hidden);
}
