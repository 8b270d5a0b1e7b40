//! What people have decided about public texts, kept so that nobody has to decide it twice.
//!
//! Of a text only its hash and its fingerprint are kept, and neither tells what it said. By the
//! fingerprint, texts that are nearly the same are treated alike: that is how a campaign is decided
//! once. By the hash, the classifier learns from a text as long as it still stands there.

use crate::decisions::{Decided, PRECEDENT};
use crate::gate::{self, ActedOn, Sign};
use crate::opinion::{face_hash, text_hash};
use crate::subject::Subject;
use heliograph_classifier::labels::{Example, Label};
use heliograph_classifier::simhash::Fingerprint;
use heliograph_domain::stale;
use heliograph_model::{Owner, Peer, PublicKind, Territory, UnixMs};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Table, Tx, row};
use heliograph_transparency::entry::Act;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// What people decided about one public text.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Precedent {
    /// What it was about.
    #[n(0)]
    pub subject: Subject,
    /// SHA-256 of its text.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub text: [u8; 32],
    /// What texts that are nearly the same share with it; none for a short text.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub fingerprint: Option<Vec<u8>>,
    /// The clause that it broke; `None` where all was well.
    #[n(3)]
    pub broke: Option<String>,
    /// The moderators who decided.
    #[n(4)]
    pub by: Vec<u16>,
    /// Whether nobody's search shows it any more: then what is nearly the same is held as well.
    #[n(5)]
    pub hidden: bool,
    /// Until when what is nearly the same is not even let in; see [`crate::refusals`].
    #[n(6)]
    #[cbor(default)]
    pub refused_until: Option<UnixMs>,
}

impl Precedent {
    /// Whether texts that are nearly the same follow it: they are held like it, or let through. What
    /// was merely marked, or hidden in some countries, holds nothing back elsewhere.
    pub fn is_followed(&self) -> bool {
        self.hidden || self.broke.is_none()
    }
}

row!(Precedent, Table::Decision, key: (u8, u64));

/// A public text as it stands, with its hash.
struct Read {
    text: String,
    hash: [u8; 32],
}

/// What is public of a subject and can be judged; `None` for everything else.
async fn read(rows: &mut dyn Rows, subject: &Subject) -> Result<Option<Read>, StoreError> {
    let peer = match subject {
        Subject::Post(channel, id) => {
            let post = stale::public_post(rows, *channel, *id).await?;
            let post = post.filter(|post| !post.text().is_empty());
            return Ok(post.map(|post| Read {
                text: post.text().to_owned(),
                hash: text_hash(&[post.text()]),
            }));
        }
        Subject::Channel(channel) => Peer::Channel(*channel),
        Subject::User(user) => Peer::User(*user),
        Subject::Term(_) => return Ok(None),
    };
    let face = stale::public_peer(rows, peer).await?;
    let face = face.filter(|face| face.kind() != PublicKind::Person);
    Ok(face.map(|face| Read {
        text: face.said(),
        hash: face_hash(&face),
    }))
}

/// The labels that a clause stands for among those that have learned; `None` for another clause.
fn labels(clause: &str) -> Option<Vec<Label>> {
    match clause.split_once('.')?.0 {
        "spam" => Some(vec![Label::Spam]),
        "fraud" => Some(vec![Label::Spam, Label::Fraud]),
        _ => None,
    }
}

/// Notes what people have decided, once it is carried out; what it takes the place of counts no more.
pub(crate) async fn note(
    tx: &mut Tx<'_>,
    decided: &Decided,
    earlier: Option<&Decided>,
) -> Result<(), StoreError> {
    let act = decided.verdict.act;
    if decided.is_by_machine() || act == Act::Uphold {
        return Ok(());
    }
    if let Some(earlier) = earlier {
        tx.delete::<Precedent>(Owner::INSTALLATION, &(PRECEDENT, earlier.id))?;
    }
    let Some(found) = read(tx.rows(), &decided.subject).await? else {
        return Ok(());
    };
    let by_picture = gate::acted_on(tx.rows(), &decided.subject, Sign::Picture).await?;
    if by_picture.is_some() {
        // It was about the picture; of the text nobody has said anything.
        return Ok(());
    }
    let acted_on = gate::acted_on(tx.rows(), &decided.subject, Sign::Text).await?;
    if acted_on.is_some_and(|acted_on| acted_on.text != found.hash) {
        // It says something else than when the case began: nobody decided about that.
        return Ok(());
    }
    // A person's word goes before the machine's, whatever it was.
    let seen = ActedOn {
        text: found.hash,
        decided: decided.id,
    };
    seen.note(tx, &decided.subject)?;
    let clause = &decided.verdict.clause;
    if labels(clause).is_none() {
        return Ok(());
    }
    let fingerprint = Fingerprint::of(&found.text);
    let precedent = Precedent {
        subject: decided.subject.clone(),
        text: found.hash,
        fingerprint: fingerprint.map(|print| print.to_bytes().to_vec()),
        broke: act.is_measure().then(|| clause.clone()),
        by: decided.by.clone(),
        hidden: decided.verdict.territory == Territory::World
            && matches!(
                act,
                Act::Hold | Act::Delist | Act::Block | Act::Restrict | Act::Remove
            ),
        refused_until: None,
    };
    tx.put(Owner::INSTALLATION, &(PRECEDENT, decided.id), &precedent)
}

/// The precedent that a decision set, by the decision's own number; none where another decision has
/// taken its place.
pub async fn find(rows: &mut dyn Rows, decided: u64) -> Result<Option<Precedent>, StoreError> {
    rows.find(Owner::INSTALLATION, &(PRECEDENT, decided)).await
}

/// The precedents of decisions with own numbers from `from` upwards, oldest first, at most `limit`.
pub async fn list(
    rows: &mut dyn Rows,
    from: u64,
    limit: usize,
) -> Result<Vec<(u64, Precedent)>, StoreError> {
    let range = KeyRange::within(&PRECEDENT).from(&(PRECEDENT, from));
    let found = rows
        .list::<Precedent>(Owner::INSTALLATION, range, Order::Ascending, limit)
        .await?;
    Ok(found.into_iter().map(|((_, id), one)| (id, one)).collect())
}

/// How many precedents of one moderator a version of the model learns from at least.
const FROM_ONE_AT_LEAST: usize = 50;

/// The newest precedents as examples to learn from, at most `limit` of them: those whose text still
/// stands as it was decided about. Of one moderator's, a third of all at most (or 50): whoever labels
/// wrongly, by mistake or on purpose, does not teach alone.
pub async fn examples(rows: &mut dyn Rows, limit: usize) -> Result<Vec<Example>, StoreError> {
    let range = KeyRange::within(&PRECEDENT);
    let newest = rows
        .list::<Precedent>(Owner::INSTALLATION, range, Order::Descending, limit)
        .await?;
    let mut read_ones = Vec::new();
    for (_, precedent) in newest {
        let found = read(rows, &precedent.subject).await?;
        let Some(found) = found.filter(|found| found.hash == precedent.text) else {
            continue;
        };
        let labels = precedent.broke.as_deref().map_or(Some(Vec::new()), labels);
        let Some(labels) = labels else { continue };
        let first = precedent.by.first().copied().unwrap_or_default();
        let example = Example {
            text: found.text,
            labels,
            unknown: Vec::new(),
            language: None,
            group: None,
        };
        read_ones.push((first, example));
    }
    Ok(bounded(read_ones))
}

/// Leaves out what is beyond one moderator's share.
fn bounded(all: Vec<(u16, Example)>) -> Vec<Example> {
    let share = (all.len() / 3).max(FROM_ONE_AT_LEAST);
    let mut of_each: BTreeMap<u16, usize> = BTreeMap::new();
    let within = all.into_iter().filter(|(by, _)| {
        let so_far = of_each.entry(*by).or_default();
        *so_far += 1;
        *so_far <= share
    });
    within.map(|(_, example)| example).collect()
}

/// What texts that are nearly the same share with a precedent; none for a short text.
pub fn fingerprint(precedent: &Precedent) -> Option<Fingerprint> {
    Fingerprint::from_bytes(precedent.fingerprint.as_deref()?)
}

/// Whether one can be a precedent for the other: posts follow posts, and faces of peers follow faces.
pub fn is_alike(one: &Subject, other: &Subject) -> bool {
    let is_post = |subject: &Subject| matches!(subject, Subject::Post(..));
    is_post(one) == is_post(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(number: usize) -> Example {
        Example {
            text: format!("text {number}"),
            labels: Vec::new(),
            unknown: Vec::new(),
            language: None,
            group: None,
        }
    }

    #[test]
    fn one_moderator_teaches_a_third_at_most() {
        let flood = (0..900).map(|number| (1, example(number)));
        let others = (900..1_000).map(|number| (2, example(number)));
        let kept = bounded(flood.chain(others).collect());
        assert_eq!(kept.len(), 333 + 100);
        let few: Vec<_> = (0..60).map(|number| (1, example(number))).collect();
        assert_eq!(bounded(few).len(), FROM_ONE_AT_LEAST);
    }

    #[test]
    fn only_what_has_learned_is_taught() {
        assert_eq!(labels("spam.1"), Some(vec![Label::Spam]));
        assert_eq!(labels("fraud.3"), Some(vec![Label::Spam, Label::Fraud]));
        assert_eq!(labels("hate.1"), None);
        assert_eq!(labels("life.1"), None);
    }
}
