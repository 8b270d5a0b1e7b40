//! Keeping the index equal to the store.

use crate::again::Position;
use crate::gate::{Candidate, Gate};
use crate::index::{Discovery, IndexError};
use heliograph_domain::measures;
use heliograph_domain::stale::{self, EveryPeer, Stale, TakenIn};
use heliograph_model::{ChannelId, MessageId, Owner, Peer, PublicPeer, PublicPost};
use heliograph_store::Store;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// How many rows are taken in with one commit of the index; where so many were, more may wait.
pub const BATCH: usize = 1_000;
/// How many messages are read at a time.
const POSTS_AT_ONCE: usize = 500;
/// How many peers are read at a time.
const PEERS_AT_ONCE: usize = 500;
/// How many measures are read at a time.
const MEASURES_AT_ONCE: usize = 1_000;

/// Fills the measures from the store: once, at start.
pub async fn load_measures(store: &Store, index: &Discovery) -> Result<(), IndexError> {
    let mut after = None;
    loop {
        let mut view = store.view().await?;
        let listed = measures::list(&mut *view, after, MEASURES_AT_ONCE).await?;
        drop(view);
        for (peer, post) in &listed {
            take_in_measures(store, index, *peer, *post).await?;
        }
        match listed.last() {
            Some(last) if listed.len() == MEASURES_AT_ONCE => after = Some(*last),
            _ => return Ok(()),
        }
    }
}

async fn take_in_measures(
    store: &Store,
    index: &Discovery,
    peer: Peer,
    post: Option<MessageId>,
) -> Result<(), IndexError> {
    let mut view = store.view().await?;
    let measures = match (peer, post) {
        (Peer::Channel(channel), Some(id)) => measures::of_post(&mut *view, channel, id).await?,
        (peer, _) => measures::of_peer(&mut *view, Owner::from(peer)).await?,
    };
    index.measured().set(peer, post, measures);
    Ok(())
}

/// What is to be done to the index.
enum Step {
    Peer(Peer, Option<PublicPeer>),
    Post(ChannelId, MessageId, Option<PublicPost>),
    Forget(ChannelId),
    NewPosts(Vec<PublicPost>),
}

impl Step {
    /// What will be found that may not have been found before.
    fn candidates(&self) -> Vec<Candidate> {
        match self {
            Step::Peer(_, face) => face.iter().cloned().map(Candidate::Peer).collect(),
            Step::Post(_, _, post) => post.iter().cloned().map(Candidate::Post).collect(),
            Step::Forget(_) => Vec::new(),
            Step::NewPosts(posts) => posts.iter().cloned().map(Candidate::Post).collect(),
        }
    }

    fn take(self, index: &Discovery) -> Result<(), IndexError> {
        match self {
            Step::Peer(peer, face) => index.put_peer(peer, face.as_ref()),
            Step::Post(channel, id, post) => index.put_post(channel, id, post.as_ref()),
            Step::Forget(channel) => index.forget_posts(channel),
            Step::NewPosts(posts) => posts.iter().try_for_each(|post| index.add_post(post)),
        }
    }
}

/// Takes in the oldest changes, durably, once `gate` has looked at them; answers with how many rows
/// there were. Whatever ends it in between, the rows are still there and the next call does it again.
pub async fn take_in(
    store: &Store,
    index: &Arc<Discovery>,
    gate: &dyn Gate,
) -> Result<usize, IndexError> {
    let rows = {
        let mut view = store.view().await?;
        stale::list(&mut *view, BATCH).await?
    };
    if rows.is_empty() {
        return Ok(0);
    }
    let numbers: Vec<u64> = rows.iter().map(|(number, _)| *number).collect();
    let changes = rows.into_iter().map(|(_, stale)| stale);
    write(store, index, gate, changes).await?;
    blocking(index, Discovery::commit).await?;
    let count = numbers.len();
    store.write(TakenIn { numbers }).await?;
    Ok(count)
}

/// The first part of [`take_in`], for tests of a process that ends in the middle of it: before the
/// index commits, or before the rows go.
///
/// # Panics
/// When the store or the index fails.
#[doc(hidden)]
pub async fn take_in_and_crash(
    store: &Store,
    index: &Arc<Discovery>,
    gate: &dyn Gate,
    committed: bool,
) {
    let rows = {
        let mut view = store.view().await.expect("the store works");
        let listed = stale::list(&mut *view, BATCH).await;
        listed.expect("the store works")
    };
    let changes = rows.into_iter().map(|(_, stale)| stale);
    let written = write(store, index, gate, changes).await;
    written.expect("the index works");
    if committed {
        index.commit().expect("the index works");
    }
}

/// What [`take_in`] does before the index commits.
async fn write(
    store: &Store,
    index: &Arc<Discovery>,
    gate: &dyn Gate,
    changes: impl Iterator<Item = Stale>,
) -> Result<(), IndexError> {
    let mut steps = Vec::new();
    let mut seen: HashSet<Stale> = HashSet::new();
    let mut whole: BTreeSet<ChannelId> = BTreeSet::new();
    for change in changes {
        // What is read is how things stand now, so reading a second time tells nothing new.
        if !seen.insert(change) {
            continue;
        }
        match change {
            Stale::Peer(peer) => {
                let mut view = store.view().await?;
                let face = stale::public_peer(&mut *view, peer).await?;
                steps.push(Step::Peer(peer, face));
            }
            Stale::Post(channel, _) if whole.contains(&channel) => {}
            Stale::Post(channel, id) => {
                let mut view = store.view().await?;
                let post = stale::public_post(&mut *view, channel, id).await?;
                steps.push(Step::Post(channel, id, post));
            }
            Stale::Posts(channel) => {
                whole.insert(channel);
                steps.push(Step::Forget(channel));
                let_in(store, index, gate, std::mem::take(&mut steps)).await?;
                add_posts(store, index, Some(gate), channel).await?;
            }
            Stale::Measures { peer, post } => take_in_measures(store, index, peer, post).await?,
        }
    }
    let_in(store, index, gate, steps).await
}

/// Takes the steps once `gate` has looked at what they make findable.
async fn let_in(
    store: &Store,
    index: &Arc<Discovery>,
    gate: &dyn Gate,
    steps: Vec<Step>,
) -> Result<(), IndexError> {
    let candidates = steps.iter().flat_map(Step::candidates).collect();
    look(store, index, gate, candidates).await?;
    apply(index, steps).await
}

/// Has `gate` look, and hides what it keeps back before anything of it can be found.
pub(crate) async fn look(
    store: &Store,
    index: &Discovery,
    gate: &dyn Gate,
    candidates: Vec<Candidate>,
) -> Result<(), IndexError> {
    if candidates.is_empty() {
        return Ok(());
    }
    let kept_back = gate.look(candidates).await.map_err(IndexError::Gate)?;
    for (peer, post) in kept_back {
        take_in_measures(store, index, peer, post).await?;
    }
    Ok(())
}

/// Has `gate` look at everything that has changed and was not taken in yet.
async fn look_at_changes(
    store: &Store,
    index: &Discovery,
    gate: &dyn Gate,
) -> Result<(), IndexError> {
    let mut from = 0;
    loop {
        let rows = {
            let mut view = store.view().await?;
            stale::list_from(&mut *view, from, BATCH).await?
        };
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        from = last + 1;
        let mut candidates = Vec::new();
        for (_, change) in rows {
            match change {
                Stale::Peer(peer) => {
                    let mut view = store.view().await?;
                    let face = stale::public_peer(&mut *view, peer).await?;
                    candidates.extend(face.map(Candidate::Peer));
                }
                Stale::Post(channel, id) => {
                    let mut view = store.view().await?;
                    let post = stale::public_post(&mut *view, channel, id).await?;
                    candidates.extend(post.map(Candidate::Post));
                }
                Stale::Posts(channel) => look_at_posts(store, index, gate, channel).await?,
                Stale::Measures { .. } => {}
            }
        }
        look(store, index, gate, candidates).await?;
    }
}

async fn look_at_posts(
    store: &Store,
    index: &Discovery,
    gate: &dyn Gate,
    channel: ChannelId,
) -> Result<(), IndexError> {
    let mut from = Some(MessageId(0));
    while let Some(start) = from {
        let mut view = store.view().await?;
        let read = stale::public_posts(&mut *view, channel, start, POSTS_AT_ONCE).await?;
        drop(view);
        let (posts, next) = read;
        from = next;
        let candidates = posts.into_iter().map(Candidate::Post).collect();
        look(store, index, gate, candidates).await?;
    }
    Ok(())
}

/// Adds every public post of a channel of which the index has none, once `gate` has looked at them;
/// answers with how many there were.
async fn add_posts(
    store: &Store,
    index: &Arc<Discovery>,
    gate: Option<&dyn Gate>,
    channel: ChannelId,
) -> Result<u64, IndexError> {
    let mut added = 0;
    let mut from = Some(MessageId(0));
    while let Some(start) = from {
        let mut view = store.view().await?;
        let read = stale::public_posts(&mut *view, channel, start, POSTS_AT_ONCE).await?;
        drop(view);
        let (posts, next) = read;
        from = next;
        if posts.is_empty() {
            continue;
        }
        added += posts.len() as u64;
        let step = vec![Step::NewPosts(posts)];
        match gate {
            Some(gate) => let_in(store, index, gate, step).await?,
            None => apply(index, step).await?,
        }
    }
    Ok(added)
}

async fn apply(index: &Arc<Discovery>, steps: Vec<Step>) -> Result<(), IndexError> {
    blocking(index, move |index| {
        steps.into_iter().try_for_each(|step| step.take(index))
    })
    .await
}

/// How far a rebuild has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Peers looked at, private ones included.
    pub peers: u64,
    /// Peers there are.
    pub of_peers: u64,
    /// Peers and posts in the index so far.
    pub documents: u64,
}

/// Makes the index anew from the store. What changes meanwhile is taken in afterwards; an index that
/// was not finished is begun again at the next start.
///
/// What the index had was looked at when it came in, and what was kept back has its measure. So
/// `gate` looks at the rest only, before any of it can be found; and once the index is there, again at
/// everything, by the model and the lists of today ([`crate::again`]).
pub async fn rebuild(
    store: &Store,
    index: &Arc<Discovery>,
    gate: &dyn Gate,
    mut progress: impl FnMut(Progress),
) -> Result<(), IndexError> {
    blocking(index, |index| {
        index.clear()?;
        index.commit()
    })
    .await?;
    let mut every = {
        let mut view = store.view().await?;
        EveryPeer::now(&mut *view).await?
    };
    let mut so_far = Progress {
        of_peers: every.left(),
        ..Progress::default()
    };
    progress(so_far);
    loop {
        let some: Vec<Peer> = every.by_ref().take(PEERS_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        so_far.peers += some.len() as u64;
        let mut faces = Vec::new();
        let mut view = store.view().await?;
        for peer in some {
            faces.extend(stale::public_peer(&mut *view, peer).await?);
        }
        drop(view);
        let channels: Vec<ChannelId> = faces.iter().filter_map(broadcast).collect();
        so_far.documents += faces.len() as u64;
        blocking(index, move |index| {
            faces.iter().try_for_each(|face| index.add_peer(face))
        })
        .await?;
        for channel in channels {
            so_far.documents += add_posts(store, index, None, channel).await?;
            progress(so_far);
        }
        progress(so_far);
    }
    look_at_changes(store, index, gate).await?;
    blocking(index, |index| {
        index.commit()?;
        index.set_again(Some(Position::default()))?;
        index.completed()
    })
    .await
}

pub(crate) fn broadcast(face: &PublicPeer) -> Option<ChannelId> {
    match (face.kind(), face.peer()) {
        (heliograph_model::PublicKind::Broadcast, Peer::Channel(channel)) => Some(channel),
        _ => None,
    }
}

/// Runs what waits for files on a thread that may.
/// Lets go of the memory that writing takes, until something is written again.
pub async fn rest(index: &Arc<Discovery>) -> Result<(), IndexError> {
    blocking(index, Discovery::rest).await
}

async fn blocking<T: Send + 'static>(
    index: &Arc<Discovery>,
    work: impl FnOnce(&Discovery) -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    let index = index.clone();
    let done = tokio::task::spawn_blocking(move || work(&index)).await;
    done.unwrap_or_else(|failed| Err(std::io::Error::other(failed).into()))
}
