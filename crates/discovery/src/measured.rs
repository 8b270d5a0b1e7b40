//! What moderation has put on peers and posts, in memory: most have nothing on them, so the few that
//! have are looked up for each match.

use heliograph_model::{ChannelId, Measures, MessageId, Peer, Reach, UnixMs};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

/// Who searches, and when: what decides which measures hold.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The country of their number (ISO 3166).
    pub country: Option<&'a str>,
    /// The time.
    pub now: UnixMs,
}

/// Whether and where something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Where its rank puts it.
    Shown,
    /// Behind everything else.
    Demoted,
    /// Not at all.
    Hidden,
}

/// Why something is not shown where its rank would put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The number of the decision.
    pub decision: u64,
    /// What it decided.
    pub reach: Reach,
}

/// Numbers of peers are spread well enough by one multiplication.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_i64(&mut self, number: i64) {
        self.write_u64(number as u64);
    }
    fn write_u64(&mut self, number: u64) {
        // The golden ratio in 64 bits; the turn brings the well-mixed high bits to where tables look.
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed.rotate_left(32);
    }
}

/// What is put on one peer and its posts.
#[derive(Clone, Debug, Default)]
struct OnPeer {
    whole: Measures,
    posts: HashMap<u32, Measures>,
}

/// Everything that is put on anything, as of one moment. Searches keep the one they began with.
#[derive(Clone, Default)]
pub struct Measured {
    peers: HashMap<i64, Arc<OnPeer>, BuildHasherDefault<Spread>>,
}

impl Measured {
    /// Whether nothing is put on anything.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Whether anything is put on a channel or on any post of it.
    pub(crate) fn touches(&self, channel: ChannelId) -> bool {
        !self.peers.is_empty() && self.peers.contains_key(&Peer::Channel(channel).number())
    }

    fn set(&mut self, peer: Peer, post: Option<MessageId>, measures: Measures) {
        let on_peer = self.peers.entry(peer.number()).or_default();
        let on_peer = Arc::make_mut(on_peer);
        match post {
            None => on_peer.whole = measures,
            Some(id) if measures.is_empty() => drop(on_peer.posts.remove(&id.0)),
            Some(id) => drop(on_peer.posts.insert(id.0, measures)),
        }
        if on_peer.whole.is_empty() && on_peer.posts.is_empty() {
            self.peers.remove(&peer.number());
        }
    }

    /// What is put on a peer as a whole; `None` for most.
    pub fn on_peer(&self, peer: Peer) -> Option<&Measures> {
        let on_peer = self.peers.get(&peer.number())?;
        Some(&on_peer.whole)
    }

    /// What is put on a post by itself; `None` for most.
    pub fn on_post(&self, channel: ChannelId, id: MessageId) -> Option<&Measures> {
        let on_peer = self.peers.get(&Peer::Channel(channel).number())?;
        on_peer.posts.get(&id.0)
    }

    /// Whether a peer is shown.
    pub fn peer(&self, peer: Peer, viewer: Viewer<'_>) -> Verdict {
        match self.peers.get(&peer.number()) {
            None => Verdict::Shown,
            Some(on_peer) => verdict(on_peer.whole.reach(viewer.country, viewer.now)),
        }
    }

    /// Whether a post is shown: what is put on its channel holds for it too.
    pub fn post(&self, channel: ChannelId, id: MessageId, viewer: Viewer<'_>) -> Verdict {
        let Some(on_peer) = self.peers.get(&Peer::Channel(channel).number()) else {
            return Verdict::Shown;
        };
        let whole = on_peer.whole.reach(viewer.country, viewer.now);
        let own = on_peer.posts.get(&id.0);
        let own = own.and_then(|own| own.reach(viewer.country, viewer.now));
        verdict(whole.max(own))
    }

    /// The decisions by which a peer is demoted or hidden for a viewer, or a post of it.
    pub fn because(&self, peer: Peer, post: Option<MessageId>, viewer: Viewer<'_>) -> Vec<Because> {
        let Some(on_peer) = self.peers.get(&peer.number()) else {
            return Vec::new();
        };
        let own = post.and_then(|id| on_peer.posts.get(&id.0));
        let all = [Some(&on_peer.whole), own].into_iter().flatten();
        let mut because = Vec::new();
        for measure in all.flat_map(|measures| &measures.reach) {
            // Alone, each measure says whether it holds by itself.
            let alone = Measures {
                reach: vec![measure.clone()],
                ..Measures::default()
            };
            if alone.reach(viewer.country, viewer.now).is_some() {
                because.push(Because {
                    decision: measure.decision,
                    reach: measure.what.clone(),
                });
            }
        }
        because
    }
}

fn verdict(reach: Option<&Reach>) -> Verdict {
    match reach {
        None => Verdict::Shown,
        Some(Reach::Demoted) => Verdict::Demoted,
        Some(Reach::Held | Reach::Delisted(_) | Reach::Blocked) => Verdict::Hidden,
    }
}

/// The measures that searches go by from now on.
#[derive(Default)]
pub struct Current(RwLock<Arc<Measured>>);

impl Current {
    /// As they are now.
    pub fn get(&self) -> Arc<Measured> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// Puts something on a peer, or on one post of it, or takes everything off it.
    ///
    /// The index follows the store by itself within a fraction of a second; whoever decides and
    /// wants it to hold at once on this node says it here as well.
    pub fn set(&self, peer: Peer, post: Option<MessageId>, measures: Measures) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut current).set(peer, post, measures);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::{Measure, Territory};

    const CHANNEL: ChannelId = ChannelId(1_000_000_001);
    const NOW: UnixMs = UnixMs(1_000);

    fn by(decision: u64, what: Reach) -> Measures {
        Measures {
            reach: vec![Measure {
                decision,
                until: Some(UnixMs(2_000)),
                what,
            }],
            ..Measures::default()
        }
    }

    fn from(country: &str) -> Viewer<'_> {
        Viewer {
            country: Some(country),
            now: NOW,
        }
    }

    #[test]
    fn what_is_put_on_a_channel_holds_for_its_posts() {
        let current = Current::default();
        let in_germany = Reach::Delisted(Territory::Countries(vec!["DE".into()]));
        current.set(CHANNEL.into(), None, by(1, in_germany.clone()));
        current.set(CHANNEL.into(), Some(MessageId(5)), by(2, Reach::Demoted));
        let measured = current.get();
        let post = |id, country| measured.post(CHANNEL, MessageId(id), from(country));
        assert_eq!(post(5, "DE"), Verdict::Hidden);
        assert_eq!(post(5, "FR"), Verdict::Demoted);
        assert_eq!(post(6, "DE"), Verdict::Hidden);
        assert_eq!(post(6, "FR"), Verdict::Shown);
        assert_eq!(measured.peer(CHANNEL.into(), from("FR")), Verdict::Shown);
        let because = measured.because(CHANNEL.into(), Some(MessageId(5)), from("DE"));
        let decisions: Vec<u64> = because.iter().map(|one| one.decision).collect();
        assert_eq!(decisions, [1, 2]);
        let later = Viewer {
            country: Some("DE"),
            now: UnixMs(2_000),
        };
        assert_eq!(measured.peer(CHANNEL.into(), later), Verdict::Shown);
    }

    #[test]
    fn what_is_lifted_leaves_nothing_behind() {
        let current = Current::default();
        let subjects = [None, Some(MessageId(5))];
        for post in subjects {
            current.set(CHANNEL.into(), post, by(1, Reach::Blocked));
        }
        assert!(!current.get().is_empty());
        for post in subjects {
            current.set(CHANNEL.into(), post, Measures::default());
        }
        assert!(current.get().is_empty());
    }
}
