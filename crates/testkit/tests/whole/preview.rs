//! `/name` and `/name/123`, as somebody without an account sees them.

use heliograph_domain::measures;
use heliograph_model::{Measure, Measures, MessageId, Peer, Reach, Territory};
use heliograph_store::{Command, Locks, StoreError, Tx};
use heliograph_testkit::{House, Person};
use heliograph_tl::{enums, functions, types};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn get(house: &House, path: &str) -> String {
    let mut line = house.line();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    line.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.expect("a pipe");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A channel with this name and as many posts.
async fn channel(ada: &mut Person, name: &str, posts: usize) -> Peer {
    let made = functions::channels::CreateChannel {
        broadcast: true,
        title: format!("<b>{name}</b>"),
        about: "What happens here.".into(),
        ..Default::default()
    };
    let enums::Updates::Updates(made) = ada.call(made).await else {
        panic!("no updates");
    };
    let [enums::Chat::Channel(channel)] = made.chats.as_slice() else {
        panic!("{:?}", made.chats);
    };
    let input = types::InputChannel {
        channel_id: channel.id,
        access_hash: channel.access_hash.expect("its owner is given one"),
    };
    let publish = functions::channels::UpdateUsername {
        channel: input.clone().into(),
        username: name.into(),
    };
    ada.call(publish).await;
    for number in 0..posts {
        let say = functions::messages::SendMessage {
            peer: types::InputPeerChannel {
                channel_id: input.channel_id,
                access_hash: input.access_hash,
            }
            .into(),
            message: format!("post {number:03} <script>"),
            random_id: channel.id + number as i64,
            ..Default::default()
        };
        ada.call(say).await;
    }
    Peer::Channel(heliograph_model::ChannelId(channel.id))
}

/// What a decision puts on a peer or post; nothing to undo it.
struct Decide(Peer, Option<MessageId>, Option<Reach>);

impl Command for Decide {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let reach = self.2.into_iter().map(|what| Measure {
            decision: 1,
            until: None,
            what,
        });
        let measures = Measures {
            reach: reach.collect(),
            ..Measures::default()
        };
        measures::put(tx, self.0.into(), self.1, measures).await
    }
}

async fn decide(house: &House, peer: Peer, post: Option<u32>, reach: Option<Reach>) {
    let decide = Decide(peer, post.map(MessageId), reach);
    let decided = house.services.store.write(decide).await;
    decided.expect("the store works");
}

fn is_nothing(page: &str, nothing: &str) -> bool {
    let body = |page: &str| page.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    page.starts_with("HTTP/1.1 404 ") && body(page) == body(nothing)
}

#[tokio::test(start_paused = true)]
async fn a_public_channel_is_read_page_by_page_and_post_by_post() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "4930123456").await;
    channel(&mut ada, "the_news", 45).await;

    let first = get(&house, "/The_News").await;
    assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
    assert!(first.contains("default-src 'none'"), "{first}");
    assert!(!first.contains("<b>the_news") && !first.contains("<script"));
    assert!(!first.contains("noindex"));
    let mut path = "/the_news".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = get(&house, &path).await;
        let posts = page
            .match_indices("post 0")
            .map(|(at, _)| page[at + 5..at + 8].to_owned());
        let before = seen.len();
        seen.extend(posts.filter(|number| number.parse::<u32>().is_ok()));
        assert!(seen.len() - before <= 20);
        let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else {
            break;
        };
        next.split('"')
            .next()
            .expect("a link")
            .clone_into(&mut path);
    }
    let all: Vec<String> = (0..45).rev().map(|number| format!("{number:03}")).collect();
    assert_eq!(seen, all);

    // The first message tells of the channel's making.
    let one = get(&house, "/the_news/2").await;
    assert!(one.contains("post 000 &lt;script&gt;"), "{one}");
    assert!(one.contains("og:description"), "{one}");
}

#[tokio::test(start_paused = true)]
async fn what_is_hidden_looks_like_what_was_never_there() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "4930123456").await;
    let peer = channel(&mut ada, "the_news", 2).await;
    let nobody = get(&house, "/nobody_here").await;
    // Addresses of two parts are the Bot API's as well, which says so in words of its own.
    let nothing_there = get(&house, "/nobody_here/1").await;
    let nothing = |path: &str| match path.matches('/').count() {
        2 => nothing_there.clone(),
        _ => nobody.clone(),
    };
    for path in [
        "/the_news/1",
        "/the_news/99",
        "/the_news/2/3",
        "/the_news/x",
    ] {
        let page = get(&house, path).await;
        assert!(is_nothing(&page, &nothing(path)), "{path}: {page}");
    }

    for reach in [Reach::Blocked, Reach::Delisted(Territory::World)] {
        decide(&house, peer, None, Some(reach.clone())).await;
        for path in ["/the_news", "/the_news/2"] {
            assert!(
                is_nothing(&get(&house, path).await, &nothing(path)),
                "{path}"
            );
        }
        decide(&house, peer, None, None).await;
        decide(&house, peer, Some(2), Some(reach)).await;
        let page = get(&house, "/the_news/2").await;
        assert!(is_nothing(&page, &nothing("/the_news/2")));
        let page = get(&house, "/the_news").await;
        assert!(page.contains("post 001") && !page.contains("post 000"));
        decide(&house, peer, Some(2), None).await;
    }
    for reach in [Reach::Demoted, Reach::Held] {
        decide(&house, peer, None, Some(reach)).await;
        for path in ["/the_news", "/the_news/2"] {
            let page = get(&house, path).await;
            assert!(
                page.contains("name=\"robots\" content=\"noindex\""),
                "{page}"
            );
        }
    }
}
