//! `heliograph admin search-explain`: why each result stands where it stands, and what is left out by
//! which decision.

use heliograph_api::Services;
use heliograph_discovery::IndexError;
use heliograph_discovery::measured::{Because, Viewer};
use heliograph_discovery::peers::PeerQuery;
use heliograph_discovery::posts::{PostQuery, Wanted};
use heliograph_domain::{accounts, channels};
use heliograph_model::{Peer, Reach, Territory, Username};
use heliograph_moderation::search_terms;
use heliograph_store::StoreError;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::sync::Arc;
use thiserror::Error;

/// How many peers and posts are told of.
const TOLD_MAX: usize = 20;

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// The query, as people type it.
    pub query: String,
    /// As somebody from this country (ISO 3166).
    pub country: Option<String>,
    /// As this person: a username.
    pub viewer: Option<String>,
}

/// What a search finds, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// The country that was searched from.
    pub country: Option<String>,
    /// The decision by which this query finds nothing; what it would find is told all the same.
    pub barred: Option<DecisionLine>,
    /// By name: what is shown in its order, then what is not.
    pub peers: Vec<PeerLine>,
    /// By word: what is shown in its order, then what is not.
    pub posts: Vec<PostLine>,
}

/// A peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLine {
    /// Its place from 1; none for one that is not shown.
    pub place: Option<usize>,
    /// The id.
    pub id: i64,
    /// Username and title.
    pub names: Vec<String>,
    /// All points together.
    pub total: u32,
    /// For the match.
    pub matching: u32,
    /// For its members.
    pub size: u32,
    /// For the operator's mark.
    pub verified: u32,
    /// For the viewer's country.
    pub country: u32,
    /// What moderation has put on it.
    pub decisions: Vec<DecisionLine>,
}

/// A post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostLine {
    /// Its place from 1; none for one that is not shown.
    pub place: Option<usize>,
    /// Its channel's username.
    pub channel: String,
    /// Its number there.
    pub id: u32,
    /// When it was written, in Unix seconds: posts stand by this.
    pub date: i32,
    /// What moderation has put on it or on its channel.
    pub decisions: Vec<DecisionLine>,
}

/// A decision that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLine {
    /// Its number in the log.
    pub decision: u64,
    /// What it decided.
    pub reach: String,
}

/// Why nothing is explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// Nobody has the username.
    #[error("nobody has this username")]
    Nobody,
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Searches as somebody would, and tells why they find what they find.
pub async fn explain(
    services: &Arc<Services>,
    question: Question,
) -> Result<Explained, ExplainError> {
    let mut view = services.store.view().await?;
    let mut country = question.country.map(|country| country.to_uppercase());
    if let Some(viewer) = &question.viewer {
        let name = Username::parse(viewer).map_err(|_| ExplainError::Nobody)?;
        let holder = accounts::find_username(&mut *view, &name).await?;
        let user = holder.and_then(Peer::user).ok_or(ExplainError::Nobody)?;
        let account = accounts::find(&mut *view, user).await?;
        country = account.and_then(|account| account.person.country);
    }
    let now = services.clock.now();
    let query = &question.query;
    let barred = search_terms::barred(&mut *view, query, country.as_deref(), now).await?;
    drop(view);

    let index = &services.discovery;
    let viewer = Viewer {
        country: country.as_deref(),
        now,
    };
    let peers = index.peers().explain(PeerQuery {
        text: &question.query,
        kinds: &[],
        viewer,
        limit: TOLD_MAX,
    })?;
    let wanted = if question.query.starts_with('#') {
        Wanted::Hashtag(&question.query)
    } else {
        Wanted::Words(&question.query)
    };
    let query = PostQuery {
        wanted,
        channel: None,
        min_date: 0,
        max_date: 0,
        after: None,
        viewer,
        limit: TOLD_MAX,
    };
    let shown = index.posts().search(query)?;
    let kept_back = index.posts().kept_back(query)?;

    let mut posts = Vec::new();
    let shown = (1..).zip(&shown.posts).map(|(place, post)| {
        let of_post = kept_back.iter().find(|(kept, _)| kept == post);
        let because = of_post.map(|(_, because)| because.clone());
        (Some(place), *post, because.unwrap_or_default())
    });
    let hidden = kept_back.iter().filter(|(post, _)| !post.demoted);
    let hidden = hidden.map(|(post, because)| (None, *post, because.clone()));
    let mut view = services.store.view().await?;
    for (place, post, because) in shown.chain(hidden) {
        let channel = channels::find(&mut *view, post.channel).await?;
        let name = channel.and_then(|channel| channel.username);
        posts.push(PostLine {
            place,
            channel: name.map_or_else(String::new, |name| name.as_str().to_owned()),
            id: post.id.0,
            date: post.date,
            decisions: because.iter().map(decision).collect(),
        });
    }
    let peers = peers.into_iter().map(|peer| PeerLine {
        place: peer.place.map(|place| place + 1),
        id: id_of(peer.found.peer),
        names: peer.names,
        total: peer.found.points.total(),
        matching: peer.found.points.matching,
        size: peer.found.points.size,
        verified: peer.found.points.verified,
        country: peer.found.points.country,
        decisions: peer.because.iter().map(decision).collect(),
    });
    Ok(Explained {
        peers: peers.collect(),
        barred: barred.map(|measure| line(measure.decision, &measure.what)),
        country,
        posts,
    })
}

fn id_of(peer: Peer) -> i64 {
    match peer {
        Peer::User(user) => user.0,
        Peer::Chat(chat) => chat.0,
        Peer::Channel(channel) => channel.0,
    }
}

fn decision(because: &Because) -> DecisionLine {
    line(because.decision, &because.reach)
}

fn line(decision: u64, reach: &Reach) -> DecisionLine {
    let reach = match reach {
        Reach::Demoted => "demoted".to_owned(),
        Reach::Held => "held".to_owned(),
        Reach::Delisted(Territory::World) => "delisted".to_owned(),
        Reach::Delisted(Territory::Countries(countries)) => {
            format!("delisted in {}", countries.join(", "))
        }
        Reach::Blocked => "blocked".to_owned(),
    };
    DecisionLine { decision, reach }
}

impl Explained {
    /// The same for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let from = self.country.as_deref().unwrap_or("no known country");
        let _ = writeln!(text, "searched from {from}");
        if let Some(barred) = &self.barred {
            let decisions = decisions(std::slice::from_ref(barred));
            let _ = writeln!(text, "this query finds nothing{decisions}; without it:");
        }
        let _ = writeln!(text, "by name: match + members + verified + country");
        for peer in &self.peers {
            let place = place(peer.place);
            let names = peer.names.join("  ");
            let sum = format!(
                "{} = {} + {} + {} + {}",
                peer.total, peer.matching, peer.size, peer.verified, peer.country
            );
            let decisions = decisions(&peer.decisions);
            let _ = writeln!(text, "{place} {sum:<28} {names}{decisions}");
        }
        let _ = writeln!(text, "by word: the newest first");
        for post in &self.posts {
            let place = place(post.place);
            let decisions = decisions(&post.decisions);
            let PostLine {
                channel, id, date, ..
            } = post;
            let _ = writeln!(text, "{place} {date}  {channel}/{id}{decisions}");
        }
        text
    }
}

fn place(place: Option<usize>) -> String {
    place.map_or_else(|| "  -.".to_owned(), |place| format!("{place:3}."))
}

fn decisions(lines: &[DecisionLine]) -> String {
    let told = lines.iter().map(|line| {
        let DecisionLine { decision, reach } = line;
        format!("  [decision {decision}: {reach}]")
    });
    told.collect()
}
