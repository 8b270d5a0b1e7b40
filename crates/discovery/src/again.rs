//! Having the gate look again at everything that is public.
//!
//! What changes is looked at before it can be found. What does not change was looked at by the model
//! and the lists of its day, or never, where it was public before there was a gate. So whenever the
//! index is made anew, the gate looks at all of it once more, a little at a time and behind what is
//! new. How far it is lies in the index's folder, so that it goes on after a restart.

use crate::follow::{broadcast, look};
use crate::gate::{Candidate, Gate};
use crate::index::{Discovery, IndexError};
use heliograph_domain::stale::{self, EveryPeer};
use heliograph_model::MessageId;
use heliograph_store::Store;
use std::fs;
use std::io;
use std::path::Path;

/// The file with how far it is.
const FILE: &str = "again";

/// How many peers are passed by in one step at most, private ones among them.
const PEERS: usize = 500;
/// How many posts and faces the gate looks at in one step, about.
const CANDIDATES: usize = 500;

/// Where it goes on: with this peer and, of a channel, with this post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// [`Peer::number`](heliograph_model::Peer::number) of the peer; 0, which is nobody's, for the
    /// first one.
    pub peer: i64,
    /// The post; 0 for the peer's face and everything behind it.
    pub post: u32,
}

/// How far a folder's index is; `None` where everything was looked at. A file that does not read is
/// one that says nothing: then it begins anew.
pub(crate) fn read(folder: &Path) -> Option<Position> {
    let text = fs::read_to_string(folder.join(FILE)).ok()?;
    let numbers = text.trim().split_once(' ');
    let numbers = numbers.and_then(|(peer, post)| Some((peer.parse().ok()?, post.parse().ok()?)));
    let (peer, post) = numbers.unwrap_or_default();
    Some(Position { peer, post })
}

/// Notes how far it is. What a crash forgets is looked at twice.
pub(crate) fn write(folder: &Path, next: Option<Position>) -> Result<(), io::Error> {
    let file = folder.join(FILE);
    match next {
        Some(Position { peer, post }) => fs::write(file, format!("{peer} {post}\n")),
        None => match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

/// Has `gate` look at the next few peers and posts; answers with whether there are more.
pub async fn look_again(
    store: &Store,
    index: &Discovery,
    gate: &dyn Gate,
) -> Result<bool, IndexError> {
    let Some(mut at) = index.again() else {
        return Ok(false);
    };
    let mut view = store.view().await?;
    let every = EveryPeer::now(&mut *view).await?;
    let mut candidates = Vec::new();
    let mut next = None;
    for (passed, peer) in every.starting_at(at.peer).enumerate() {
        if peer.number() != at.peer {
            at = Position {
                peer: peer.number(),
                post: 0,
            };
        }
        if passed == PEERS || candidates.len() >= CANDIDATES {
            next = Some(at);
            break;
        }
        let Some(face) = stale::public_peer(&mut *view, peer).await? else {
            continue;
        };
        let channel = broadcast(&face);
        if at.post == 0 {
            candidates.push(Candidate::Peer(face));
        }
        let Some(channel) = channel else { continue };
        let from = MessageId(at.post);
        let (posts, more) = stale::public_posts(&mut *view, channel, from, CANDIDATES).await?;
        candidates.extend(posts.into_iter().map(Candidate::Post));
        if let Some(more) = more {
            let post = more.0;
            next = Some(Position { post, ..at });
            break;
        }
    }
    drop(view);
    look(store, index, gate, candidates).await?;
    index.set_again(next)?;
    Ok(next.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_survives_and_damage_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read(folder.path()), None);
        let at = Position { peer: -7, post: 12 };
        write(folder.path(), Some(at)).expect("written");
        assert_eq!(read(folder.path()), Some(at));
        fs::write(folder.path().join(FILE), "x").expect("written");
        assert_eq!(read(folder.path()), Some(Position::default()));
        write(folder.path(), None).expect("written");
        assert_eq!(read(folder.path()), None);
        write(folder.path(), None).expect("nothing to remove");
    }
}
