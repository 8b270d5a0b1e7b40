//! `/name` and `/name/123`: public channels and their posts, for whoever has no account.
//!
//! What is private, missing, blocked or delisted for everybody looks like any other address at which
//! there is nothing.

use super::headers;
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use heliograph_api::Services;
use heliograph_console::preview;
use heliograph_domain::{accounts, channels, measures};
use heliograph_model::{
    Channel, Measures, Message, MessageId, Peer, PublicPost, Reach, Territory, UnixMs, Username,
};
use heliograph_store::{Order, Rows, StoreError, mailbox};
use std::sync::Arc;

/// How many posts one page shows.
const POSTS: usize = 20;
/// How many messages are read for them: among them are some that tell of a new title and the like.
const READ_MAX: usize = 100;

/// First words of our own paths that could be usernames: nobody's page stands there.
pub(super) const OWN: &[&str] = &[
    "apiw1",
    "apiws",
    "apiws1",
    "connect",
    "console",
    "healthz",
    "metrics",
    "privacy",
    "readyz",
    "report",
    "requests",
    "terms",
    "transparency",
];

/// Answers for public names, and leaves everything else to the routes.
pub(super) async fn answer(
    State(services): State<Arc<Services>>,
    request: Request,
    next: Next,
) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(wanted) = Wanted::read(request.uri()).filter(|_| looks) {
        match wanted.page(&services).await {
            Ok(Some(page)) => return headers::secure(page).await,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "preview_not_made"),
        }
    }
    next.run(request).await
}

/// What an address asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    name: Username,
    post: Option<MessageId>,
    before: Option<MessageId>,
}

impl Wanted {
    fn read(uri: &Uri) -> Option<Self> {
        let mut parts = uri.path().strip_prefix('/')?.split('/');
        let name = Username::parse(parts.next()?).ok()?;
        if OWN.contains(&name.folded().as_str()) {
            return None;
        }
        let number = |text: &str| text.parse().ok().filter(|id| *id > 0).map(MessageId);
        let post = match parts.next() {
            Some(text) => Some(number(text)?),
            None => None,
        };
        if parts.next().is_some() {
            return None;
        }
        let mut query = uri.query().unwrap_or_default().split('&');
        let before = query.find_map(|pair| pair.strip_prefix("before="));
        Some(Wanted {
            name,
            post,
            before: before.and_then(number),
        })
    }

    /// The page; `None` where there is nothing to see.
    async fn page(&self, services: &Services) -> Result<Option<Response>, StoreError> {
        let now = services.clock.now();
        let mut view = services.store.view().await?;
        let holder = accounts::find_username(&mut *view, &self.name).await?;
        let Some(Peer::Channel(id)) = holder else {
            return Ok(None);
        };
        let Some(channel) = channels::find(&mut *view, id).await? else {
            return Ok(None);
        };
        let measures = measures::of_peer(&mut *view, id.into()).await?;
        if channel.deleted || channel.username.is_none() || is_hidden(&measures, now) {
            return Ok(None);
        }
        let mut face = face(services, &channel, &measures, now);
        let Some(post) = self.post else {
            let (posts, older) = posts(&mut *view, &channel, self.before, now).await?;
            return Ok(Some(preview::channel(&face, &posts, older)));
        };
        let message = mailbox::load(&mut *view, id.into(), post).await?;
        let message = message.filter(|message| is_shown(&channel, message));
        let measures = measures::of_post(&mut *view, id, post).await?;
        let Some(message) = message.filter(|_| !is_hidden(&measures, now)) else {
            return Ok(None);
        };
        face.unlisted |= measures.reach(None, now).is_some();
        Ok(Some(preview::post(&face, &post_of(message))))
    }
}

/// Whether nobody is shown it here. What is held is still found by who knows where it is.
fn is_hidden(measures: &Measures, now: UnixMs) -> bool {
    matches!(
        measures.reach(None, now),
        Some(Reach::Blocked | Reach::Delisted(Territory::World))
    )
}

fn is_shown(channel: &Channel, message: &Message) -> bool {
    PublicPost::are_in(channel) && message.body.action.is_none()
}

fn face(
    services: &Services,
    channel: &Channel,
    measures: &Measures,
    now: UnixMs,
) -> preview::Channel {
    let name = channel.username.as_ref().map(Username::as_str);
    let restriction = measures
        .restrictions(None, now)
        .find(|restriction| restriction.platform == "all");
    preview::Channel {
        name: name.unwrap_or_default().to_owned(),
        title: channel.title.as_str().to_owned(),
        about: channel.about.as_str().to_owned(),
        members: channel.members,
        verified: channel.verified,
        broadcast: channel.broadcast,
        // Delisted in a country too: nobody's country is known here.
        unlisted: !measures.reach.is_empty() || restriction.is_some(),
        restriction: restriction.map(|restriction| restriction.text.clone()),
        origin: services.policy.origin.clone(),
    }
}

/// The newest posts before a number, and where the next page begins.
async fn posts(
    rows: &mut dyn Rows,
    channel: &Channel,
    before: Option<MessageId>,
    now: UnixMs,
) -> Result<(Vec<preview::Post>, Option<u32>), StoreError> {
    if !PublicPost::are_in(channel) {
        return Ok((Vec::new(), None));
    }
    let peer = Peer::Channel(channel.id);
    let ids = 1..before.map_or(u32::MAX, |before| before.0);
    let read = mailbox::history(rows, peer.into(), peer, ids, Order::Descending, READ_MAX).await?;
    let (mut posts, mut last) = (Vec::new(), None);
    let all_read = read.len() < READ_MAX;
    for message in read {
        if posts.len() == POSTS {
            return Ok((posts, last));
        }
        last = Some(message.id.0);
        let measures = measures::of_post(rows, channel.id, message.id).await?;
        let held = measures.reach(None, now) >= Some(&Reach::Held);
        if is_shown(channel, &message) && !held {
            posts.push(post_of(message));
        }
    }
    Ok((posts, last.filter(|_| !all_read)))
}

fn post_of(message: Message) -> preview::Post {
    preview::Post {
        id: message.id.0,
        date_s: u64::try_from(message.date).unwrap_or(0),
        signature: message.body.channel.and_then(|part| part.signature),
        media: message.body.content.is_some(),
        text: message.body.text,
        entities: message.body.entities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Option<(String, Option<u32>, Option<u32>)> {
        let uri = path.parse().expect("a path");
        let wanted = Wanted::read(&uri)?;
        let number = |id: Option<MessageId>| id.map(|id| id.0);
        let name = wanted.name.as_str().to_owned();
        Some((name, number(wanted.post), number(wanted.before)))
    }

    #[test]
    fn names_and_numbers_are_read_and_nothing_else() {
        let name = |post, before| Some(("The_News".to_owned(), post, before));
        assert_eq!(read("/The_News"), name(None, None));
        assert_eq!(read("/The_News/12"), name(Some(12), None));
        assert_eq!(read("/The_News?x=1&before=40"), name(None, Some(40)));
        assert_eq!(read("/The_News?before=x"), name(None, None));
        for nothing in [
            "/",
            "/abc",
            "/The_News/",
            "/The_News/0",
            "/The_News/x",
            "/The_News/1/2",
            "/a%20bcd",
            "/bot1:abc/getMe",
            "/style.css",
            "/Console",
            "/transparency/12",
            "/TERMS",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
