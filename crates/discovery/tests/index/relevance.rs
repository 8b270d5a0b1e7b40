//! `relevance.toml`: what is looked for, and in which order it should be found.

use crate::faces;
use heliograph_discovery::Discovery;
use heliograph_discovery::measured::Viewer;
use heliograph_discovery::peers::PeerQuery;
use heliograph_model::{Description, Peer, PersonKind, PublicPeer, UnixMs};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relevance {
    peer: Vec<PeerLine>,
    query: Vec<QueryLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeerLine {
    name: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    members: u32,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryLine {
    text: String,
    country: Option<String>,
    /// All that is found, in this order.
    finds: Vec<String>,
}

fn face(number: i64, line: &PeerLine) -> PublicPeer {
    match line.kind.as_deref() {
        Some("bot") => faces::person(number, &line.name, &line.title, PersonKind::Bot),
        Some("person") => faces::person(number, &line.name, "Jane Doe", PersonKind::Human),
        kind => {
            let mut channel = faces::channel(number, &line.name, &line.title, line.members);
            channel.about = Description::parse(&line.about).expect("a text");
            channel.verified = line.verified;
            channel.broadcast = kind.is_none();
            PublicPeer::of_channel(&channel).expect("it is public")
        }
    }
}

#[test]
fn the_relevance_set_is_found_in_order() {
    let set: Relevance = toml::from_str(include_str!("../relevance.toml")).expect("it reads");
    let index = Discovery::in_memory().expect("it opens");
    let mut names: HashMap<Peer, String> = HashMap::new();
    for (number, line) in (1..).zip(&set.peer) {
        let face = face(number, line);
        index
            .put_peer(face.peer(), Some(&face))
            .expect("it is taken");
        names.insert(face.peer(), line.name.clone());
    }
    index.commit().expect("it commits");

    let mut wrong = Vec::new();
    for query in &set.query {
        let found = index.peers().search(PeerQuery {
            text: &query.text,
            kinds: &[],
            viewer: Viewer {
                country: query.country.as_deref(),
                now: UnixMs(0),
            },
            limit: 50,
        });
        let found: Vec<&str> = found
            .expect("it searches")
            .iter()
            .map(|found| names[&found.peer].as_str())
            .collect();
        if found != query.finds {
            wrong.push(format!(
                "{:?} finds {found:?}, not {:?}",
                query.text, query.finds
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
