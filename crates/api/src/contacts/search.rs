//! Finding people, channels and bots by name and username.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::router::{Access, Router};
use heliograph_discovery::measured;
use heliograph_discovery::peers::PeerQuery;
use heliograph_domain::contacts::{self, Contact};
use heliograph_domain::{accounts, channels, measures};
use heliograph_model::{
    Channel, FirstName, Measures, Owner, Peer, Person, PersonKind, PublicKind, Reach, UnixMs,
    UserId, Username,
};
use heliograph_moderation::search_terms;
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};
use std::collections::BTreeMap;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Lookup, search).method(
        Access::User,
        Rate::Lookup,
        resolve_username,
    );
}

/// How many of one's own, and how many others, an answer names at most.
const RESULTS_MAX: usize = 50;
/// The longest query, in bytes: longer than any name.
const QUERY_BYTES_MAX: usize = 512;

/// What is looked for.
struct Asked {
    /// In small letters, without a leading `@`.
    query: String,
    /// Whether it had one: then a username is meant.
    username: bool,
    broadcasts: bool,
    bots: bool,
}

impl Asked {
    /// Whether anything but broadcasts or bots alone is asked for.
    fn everything(&self) -> bool {
        !self.broadcasts && !self.bots
    }

    /// The kinds that the public index is asked for; none for all.
    fn kinds(&self) -> &'static [PublicKind] {
        match (self.broadcasts, self.bots) {
            (false, false) => &[],
            (true, false) => &[PublicKind::Broadcast, PublicKind::Group],
            (false, true) => &[PublicKind::Bot],
            (true, true) => &[PublicKind::Broadcast, PublicKind::Group, PublicKind::Bot],
        }
    }
}

/// `contacts.search`: first people among the caller's contacts and chats, and channels they are in,
/// whose names begin with the words of the query; then public channels, groups and bots by name, and
/// people by username, as the public index ranks them.
///
/// What moderation has hidden from everybody, or in the caller's country, is not among those; it
/// still is among one's own, and found by its `@username`, unless it is blocked. The same holds for
/// search terms that find nothing.
///
/// Fails with `SEARCH_QUERY_EMPTY`.
async fn search(cx: Ctx, req: f::contacts::Search) -> Result<enums::contacts::Found> {
    let viewer = cx.viewer()?;
    let typed = req.q.trim();
    let asked = Asked {
        query: typed.trim_start_matches('@').to_lowercase(),
        username: typed.starts_with('@'),
        broadcasts: req.broadcasts,
        bots: req.bots,
    };
    if asked.query.is_empty() {
        return Err(text::SEARCH_QUERY_EMPTY.into());
    }
    let limit = usize::try_from(req.limit).map_or(0, |limit| limit.min(RESULTS_MAX));
    let mut mine = Vec::new();
    let mut found = Vec::new();
    if asked.query.len() <= QUERY_BYTES_MAX && limit > 0 {
        let mut view = cx.store.view().await?;
        mine = own(&cx, &mut *view, viewer.me, &asked, limit).await?;
        if asked.username {
            found.extend(holder(&cx, &mut *view, &asked).await?);
        }
        let country = cx.country(&mut *view).await?;
        let query = &asked.query;
        let barred = search_terms::barred(&mut *view, query, country.as_deref(), cx.now()).await?;
        drop(view);
        if barred.is_none() {
            found.extend(public(&cx, &asked, country, limit).await?);
        }
    }
    let mut shown = Shown::default();
    let mut known = mine.clone();
    let mut results = Vec::new();
    for peer in found {
        if !known.contains(&peer) && results.len() < limit {
            known.push(peer);
            results.push(peer);
        }
    }
    for peer in known {
        shown.add(peer);
    }
    let mut view = cx.store.view().await?;
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    let wire = |peers: Vec<Peer>| peers.into_iter().map(render::peer).collect();
    Ok(types::contacts::Found {
        my_results: wire(mine),
        results: wire(results),
        chats,
        users,
    }
    .into())
}

/// The caller's contacts, chats and channels whose names match.
async fn own(
    cx: &Ctx,
    rows: &mut dyn Rows,
    me: UserId,
    asked: &Asked,
    limit: usize,
) -> Result<Vec<Peer>> {
    let now_s = cx.now().seconds();
    let mut mine = Vec::new();
    let mut people: BTreeMap<UserId, Option<Contact>> = BTreeMap::new();
    for (peer, dialog) in mailbox::dialogs(rows, me.into()).await? {
        match peer {
            Peer::User(user) => drop(people.insert(user, None)),
            Peer::Channel(channel) if dialog.begun && !asked.bots => {
                let standing = channels::standing(rows, channel, me, now_s).await?;
                let wanted = asked.everything() || standing.channel.broadcast;
                if wanted && standing.inside() && channel_matches(&standing.channel, &asked.query) {
                    mine.push(peer);
                }
            }
            Peer::Channel(_) | Peer::Chat(_) => {}
        }
    }
    for (person, contact) in contacts::list(rows, me).await? {
        people.insert(person, Some(contact));
    }
    for (person, contact) in people {
        if mine.len() >= limit || (asked.broadcasts && !asked.bots) {
            break;
        }
        let Some(account) = accounts::find(rows, person).await? else {
            continue;
        };
        let wanted = asked.everything() || account.person.kind == PersonKind::Bot;
        if wanted && matches(&account.person, contact.as_ref(), &asked.query) {
            mine.push(person.into());
        }
    }
    let mut shown = Vec::new();
    for peer in mine {
        if !is_blocked(rows, peer, cx.now()).await? {
            shown.push(peer);
        }
    }
    shown.truncate(limit);
    Ok(shown)
}

/// Whether moderation has blocked a peer for everybody and by every name.
async fn is_blocked(rows: &mut dyn Rows, peer: Peer, now: UnixMs) -> Result<bool, StoreError> {
    let measures: Measures = measures::of_peer(rows, Owner::from(peer)).await?;
    Ok(measures.reach(None, now) == Some(&Reach::Blocked))
}

/// Whoever has the query as a username.
async fn holder(cx: &Ctx, rows: &mut dyn Rows, asked: &Asked) -> Result<Option<Peer>> {
    let Ok(name) = Username::parse(&asked.query) else {
        return Ok(None);
    };
    let Some(peer) = accounts::find_username(rows, &name).await? else {
        return Ok(None);
    };
    if !asked.everything() || is_blocked(rows, peer, cx.now()).await? {
        return Ok(None);
    }
    Ok(Some(peer))
}

/// What the public index finds, as far as it is still there.
async fn public(
    cx: &Ctx,
    asked: &Asked,
    country: Option<String>,
    limit: usize,
) -> Result<Vec<Peer>> {
    let (text, kinds, now) = (asked.query.clone(), asked.kinds(), cx.now());
    let found = cx
        .discover(move |index| {
            index.peers().search(PeerQuery {
                text: &text,
                kinds,
                viewer: measured::Viewer {
                    country: country.as_deref(),
                    now,
                },
                limit,
            })
        })
        .await?;
    let mut view = cx.store.view().await?;
    let mut public = Vec::new();
    for found in found {
        // The index may be a moment behind.
        let face = heliograph_domain::stale::public_peer(&mut *view, found.peer).await?;
        public.extend(face.map(|face| face.peer()));
    }
    Ok(public)
}

/// `contacts.resolveUsername`: who has this username. A blocked peer is found by no name.
///
/// Fails with `USERNAME_INVALID` or `USERNAME_NOT_OCCUPIED`.
async fn resolve_username(
    cx: Ctx,
    req: f::contacts::ResolveUsername,
) -> Result<enums::contacts::ResolvedPeer> {
    let viewer = cx.viewer()?;
    let name = Username::parse(&req.username)?;
    let mut view = cx.store.view().await?;
    let holder = accounts::find_username(&mut *view, &name).await?;
    let holder = holder.ok_or(text::USERNAME_NOT_OCCUPIED)?;
    if is_blocked(&mut *view, holder, cx.now()).await? {
        return Err(text::USERNAME_NOT_OCCUPIED.into());
    }
    let Everyone { users, chats } = Shown::chat(holder).load(viewer, &mut *view).await?;
    Ok(types::contacts::ResolvedPeer {
        peer: render::peer(holder),
        chats,
        users,
    }
    .into())
}

/// Whether every word of `query` begins a word of the channel's title, or the whole its username.
fn channel_matches(channel: &Channel, query: &str) -> bool {
    let title = channel.title.as_str().to_lowercase();
    let begins_a_word = |word: &str| title.split_whitespace().any(|part| part.starts_with(word));
    let username = channel.username.as_ref().map(Username::folded);
    !channel.deleted
        && (query.split_whitespace().all(begins_a_word)
            || username.is_some_and(|username| username.starts_with(query)))
}

/// Whether every word of `query`, in small letters, begins a word of the person's names: their own
/// or the saved ones. One word may also begin their username.
fn matches(person: &Person, contact: Option<&Contact>, query: &str) -> bool {
    if person.deleted {
        return false;
    }
    let own = person.first_name.as_ref().map_or("", FirstName::as_str);
    let mut names = format!("{own} {}", person.last_name.as_str());
    if let Some(contact) = contact {
        names.push(' ');
        names.push_str(contact.first_name.as_str());
        names.push(' ');
        names.push_str(contact.last_name.as_str());
    }
    let names = names.to_lowercase();
    let begins_a_name = |word: &str| names.split_whitespace().any(|name| name.starts_with(word));
    let username = person.username.as_ref().map(Username::folded);
    query.split_whitespace().all(begins_a_name)
        || username.is_some_and(|username| username.starts_with(query))
}

#[cfg(test)]
mod tests;
