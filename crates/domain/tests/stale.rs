//! Which commands tell the public index of what, and that nothing private is told.

use heliograph_domain::accounts::{Proof, Registration, SignUp};
use heliograph_domain::bots::CreateBot;
use heliograph_domain::channels::{
    CreateChannel, DeleteChannel, DeletePosts, EditAbout, EditPost, EditTitle, Join, NewChannel,
    Post, SetPublicName,
};
use heliograph_domain::deletion::DeleteAccount;
use heliograph_domain::measures;
use heliograph_domain::messages::Edit;
use heliograph_domain::messages::{SendMessage, Sent};
use heliograph_domain::profile::{SetUsername, UpdateProfile};
use heliograph_domain::stale::{self, EveryPeer, Stale, TakenIn};
use heliograph_keeper::PhoneTag;
use heliograph_model::{
    Body, Change, ChannelId, Description, FirstName, LastName, Measure, Measures, MessageId, Owner,
    Peer, Reach, Title, UnixMs, UserId, Username,
};
use heliograph_store::{Clock, Command, Locks, Store, StoreError, Tx, memory};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

struct Standing;

impl Clock for Standing {
    fn now(&self) -> UnixMs {
        UnixMs(1_700_000_000_000)
    }
}

struct Scene {
    store: Store,
    random_ids: AtomicI64,
}

impl Scene {
    fn new() -> Self {
        Scene {
            store: memory::open(Arc::new(Standing), Arc::new(())),
            random_ids: AtomicI64::new(1),
        }
    }

    async fn do_it<C: Command>(&self, command: C) -> C::Output
    where
        C::Error: std::fmt::Debug,
    {
        self.store.write(command).await.expect("it is allowed")
    }

    /// Whom and what the index has been told of since it was last asked.
    async fn told(&self) -> Vec<Stale> {
        let mut view = self.store.view().await.expect("the store works");
        let rows = stale::list(&mut *view, 1000).await.expect("the rows read");
        drop(view);
        let (numbers, told) = rows.into_iter().unzip();
        self.do_it(TakenIn { numbers }).await;
        told
    }

    async fn person(&self, number: u8) -> UserId {
        let sign_up = SignUp {
            phone: PhoneTag::from_bytes([number; 16]),
            proven: Proof::Operator,
            first_name: FirstName::parse("Ada").expect("a name"),
            last_name: LastName::default(),
            country: None,
            registration: Registration::Open,
        };
        self.do_it(sign_up).await.person.id
    }

    async fn channel(&self, creator: UserId, broadcast: bool) -> ChannelId {
        let id = self.do_it(NewChannel).await;
        let create = CreateChannel {
            id,
            creator,
            title: Title::parse("News").expect("a title"),
            about: Description::default(),
            broadcast,
        };
        self.do_it(create).await;
        id
    }

    async fn publish(&self, channel: ChannelId, by: UserId, name: Option<&str>) {
        let username = name.map(|name| Username::parse(name).expect("a username"));
        let set = SetPublicName {
            channel,
            by,
            username,
        };
        self.do_it(set).await;
    }

    async fn post(&self, channel: ChannelId, from: UserId, text: &str) -> MessageId {
        let post = Post {
            from,
            channel,
            random_id: self.random_ids.fetch_add(1, Ordering::Relaxed),
            body: Body {
                text: text.into(),
                ..Body::default()
            },
            reply_to: None,
            silent: false,
            clear_draft: false,
            mentions: Vec::new(),
        };
        let Sent::New { logged, .. } = self.do_it(post).await else {
            panic!("sent before");
        };
        match &logged.change {
            Change::NewMessage(message) => message.id,
            other => panic!("{other:?}"),
        }
    }

    /// Everything that is done to a channel, in order, and what the index hears of each.
    async fn life_of(&self, channel: ChannelId, by: UserId) {
        let id = self.post(channel, by, "hello").await;
        let edit = EditPost {
            by,
            channel,
            id,
            edit: Edit {
                text: Some(("good bye".into(), Vec::new())),
                ..Edit::default()
            },
        };
        self.do_it(edit).await;
        let ids = vec![id];
        self.do_it(DeletePosts { by, channel, ids }).await;
        let title = Title::parse("Old news").expect("a title");
        self.do_it(EditTitle { channel, by, title }).await;
        let about = Description::parse("What was.").expect("a text");
        self.do_it(EditAbout { channel, by, about }).await;
    }
}

#[tokio::test]
async fn a_public_channel_and_its_posts_are_told_at_every_change() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    let channel = scene.channel(ada, true).await;
    assert_eq!(scene.told().await, []);

    scene.publish(channel, ada, Some("the_news")).await;
    let face = Stale::Peer(channel.into());
    assert_eq!(scene.told().await, [face, Stale::Posts(channel)]);
    scene.life_of(channel, ada).await;
    let post = Stale::Post(channel, MessageId(2));
    assert_eq!(scene.told().await, [post, post, post, face, face]);

    scene.publish(channel, ada, None).await;
    assert_eq!(scene.told().await, [face, Stale::Posts(channel)]);
    scene.publish(channel, ada, Some("the_news")).await;
    scene.told().await;
    scene.do_it(DeleteChannel { channel, by: ada }).await;
    assert_eq!(scene.told().await, [face, Stale::Posts(channel)]);
}

#[tokio::test]
async fn of_what_is_private_the_index_hears_nothing() {
    let scene = Scene::new();
    let (ada, ben) = (scene.person(1).await, scene.person(2).await);
    let mut private = vec![scene.channel(ada, true).await];
    private.push(scene.channel(ada, false).await);
    for channel in private {
        scene.life_of(channel, ada).await;
    }
    let message = SendMessage {
        from: ada,
        to: ben,
        random_id: 99,
        body: Body {
            text: "for you alone".into(),
            ..Body::default()
        },
        reply_to: None,
        silent: false,
        clear_draft: false,
    };
    scene.do_it(message).await;
    let rename = UpdateProfile {
        user: ada,
        first_name: FirstName::parse("Ada L.").ok(),
        last_name: None,
        about: None,
    };
    scene.do_it(rename).await;
    assert_eq!(scene.told().await, []);
}

#[tokio::test]
async fn of_a_public_group_the_face_is_told_and_no_message() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    let group = scene.channel(ada, false).await;
    scene.publish(group, ada, Some("the_club")).await;
    scene.post(group, ada, "hello everybody").await;
    let face = Stale::Peer(group.into());
    assert_eq!(scene.told().await, [face]);
    let mut view = scene.store.view().await.expect("the store works");
    let posts = stale::public_posts(&mut *view, group, MessageId(0), 100).await;
    assert_eq!(posts.expect("it reads"), (vec![], None));
}

#[tokio::test]
async fn members_are_told_when_the_size_class_changes() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    let channel = scene.channel(ada, true).await;
    scene.publish(channel, ada, Some("the_news")).await;
    scene.told().await;
    let mut heard = 0;
    for number in 2..66 {
        let user = scene.person(number).await;
        scene.do_it(Join { channel, user }).await;
        heard += scene.told().await.len();
    }
    // 64 more members are five doublings, of four classes each.
    assert!((18..=22).contains(&heard), "{heard}");
}

#[tokio::test]
async fn people_are_told_by_their_username_and_bots_by_all_they_say() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    let username = Username::parse("ada_l").ok();
    scene
        .do_it(SetUsername {
            user: ada,
            username,
        })
        .await;
    assert_eq!(scene.told().await, [Stale::Peer(ada.into())]);
    let rename = UpdateProfile {
        user: ada,
        first_name: FirstName::parse("Countess").ok(),
        last_name: None,
        about: None,
    };
    scene.do_it(rename).await;
    assert_eq!(
        scene.told().await,
        [],
        "a person's name is nobody's business"
    );

    let create = CreateBot {
        owner: ada,
        name: FirstName::parse("Weather").expect("a name"),
        username: Username::parse("weather_bot").expect("a username"),
        secret: "s".into(),
        hash: |_| [0; 32],
    };
    let (bot, _) = scene.do_it(create).await;
    let bot = Peer::User(bot.person.id);
    assert_eq!(scene.told().await, [Stale::Peer(bot)]);
    let mut view = scene.store.view().await.expect("the store works");
    let face = stale::public_peer(&mut *view, bot).await;
    let face = face.expect("it reads").expect("it is public");
    assert_eq!((face.title(), face.username()), ("Weather", "weather_bot"));
    let person = stale::public_peer(&mut *view, ada.into()).await;
    let person = person.expect("it reads").expect("it is public");
    assert_eq!((person.title(), person.username()), ("", "ada_l"));
    drop(view);

    scene
        .do_it(DeleteAccount {
            user: ada,
            password: None,
        })
        .await;
    assert_eq!(scene.told().await, [Stale::Peer(ada.into())]);
}

/// Puts something on a peer, as a decision does.
struct Decide(Peer, Option<MessageId>, Measures);

impl Command for Decide {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        measures::put(tx, Owner::from(self.0), self.1, self.2).await
    }
}

#[tokio::test]
async fn measures_are_told_and_listed_until_they_are_lifted() {
    let scene = Scene::new();
    let peer = Peer::Channel(ChannelId(1_000_000_001));
    let held = Measures {
        reach: vec![Measure {
            decision: 7,
            until: None,
            what: Reach::Held,
        }],
        ..Measures::default()
    };
    let subjects = [(peer, None), (peer, Some(MessageId(3)))];
    for (peer, post) in subjects {
        scene.do_it(Decide(peer, post, held.clone())).await;
        assert_eq!(scene.told().await, [Stale::Measures { peer, post }]);
    }
    let listed = async |after| {
        let mut view = scene.store.view().await.expect("the store works");
        measures::list(&mut *view, after, 10).await.expect("reads")
    };
    assert_eq!(listed(None).await, subjects);
    assert_eq!(listed(Some((peer, None))).await, subjects[1..]);

    scene.do_it(Decide(peer, None, Measures::default())).await;
    assert_eq!(listed(None).await, subjects[1..]);
}

#[tokio::test]
async fn every_peer_is_found_again_by_its_number() {
    let scene = Scene::new();
    let (ada, ben) = (scene.person(1).await, scene.person(2).await);
    let channel = scene.channel(ada, true).await;
    let mut view = scene.store.view().await.expect("the store works");
    let every = EveryPeer::now(&mut *view).await.expect("it reads");
    let left = every.left();
    let every: Vec<Peer> = every.collect();
    assert_eq!(every.len() as u64, left);
    for peer in [ada.into(), ben.into(), channel.into()] {
        assert_eq!(every.iter().filter(|one| **one == peer).count(), 1);
    }
}
