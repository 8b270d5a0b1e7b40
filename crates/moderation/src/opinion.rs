//! What the classifier thinks of something public, in the words of decisions.
//!
//! It is asked about [`PublicPeer`] and [`PublicPost`] only, which cannot be made of anything
//! private: that is why private text never reaches it.

use crate::reasons::{self, Reason};
use crate::subject::Subject;
use heliograph_classifier::labels::Label;
use heliograph_classifier::model::Model;
use heliograph_classifier::verdict::{Channel, Judged, Verdict};
use heliograph_domain::services;
use heliograph_model::{Peer, PublicKind, PublicPeer, PublicPost};
use heliograph_transparency::entry::Act;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What the classifier thinks of one subject, and of which text.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// What it is about.
    pub subject: Subject,
    /// SHA-256 of what was read, so that the same text is not acted on twice.
    pub text: [u8; 32],
    /// The version of the model.
    pub model: u32,
    /// What it found.
    pub judged: Judged,
    /// What a machine does about it; `None` for nothing.
    pub act: Option<Act>,
    /// The word of the reason for it.
    reason: &'static str,
}

impl Opinion {
    /// What `model` thinks of a post.
    pub fn of_post(model: &Model, post: &PublicPost) -> Self {
        let subject = Subject::Post(post.channel(), post.id());
        Self::new(
            model,
            subject,
            text_hash(&[post.text()]),
            model.judge_text(post.text()),
        )
    }

    /// What `model` thinks of how a channel, group or bot presents itself, and of these posts of it;
    /// `None` for a person, of whom nothing is public but a username, and for the installation's own
    /// service accounts.
    pub fn of_peer(model: &Model, face: &PublicPeer, posts: &[PublicPost]) -> Option<Self> {
        let subject = Subject::of_peer(face.peer())?;
        let own = matches!(face.peer(), Peer::User(user) if services::is_service(user));
        if own || face.kind() == PublicKind::Person {
            return None;
        }
        let read = Channel {
            title: face.title().to_owned(),
            about: face.about().to_owned(),
            posts: posts
                .iter()
                .map(|post| post.text().to_owned())
                .filter(|text| !text.is_empty())
                .collect(),
        };
        let hash = face_hash(face);
        Some(Self::new(model, subject, hash, model.judge_channel(&read)))
    }

    fn new(model: &Model, subject: Subject, text: [u8; 32], judged: Judged) -> Self {
        Self {
            subject,
            text,
            model: model.header.version,
            act: act(judged.verdict),
            reason: reason(model, &judged),
            judged,
        }
    }

    /// Why a person should look.
    pub fn reason(&self) -> &'static Reason {
        reasons::find(self.reason).expect("both words are in the table")
    }

    /// The facts, as the owner reads them. Which words gave it away is not told: whoever writes such
    /// texts would leave out just these.
    pub fn facts(&self) -> String {
        let like = match self.reason {
            "fraud" => "fraudulent offers",
            _ => "unsolicited advertising",
        };
        format!(
            "A program that compares public texts with texts that people have judged (version {} of \
             its model) found this one close to {like}.",
            self.model
        )
    }

    /// What a moderator reads: an opinion with its version, and what it rests on.
    pub fn words(&self) -> String {
        let judged = &self.judged;
        let mut words = format!("Version {}, language {}", self.model, judged.language);
        for (label, probability) in Label::TRAINED.iter().zip(judged.probabilities) {
            let _ = write!(words, ", {} {probability:.2}", label.word());
        }
        if judged.abstains {
            words.push_str("; it abstains, because it does not know enough of such texts");
        } else {
            let does = self.act.map_or("nothing", Act::word);
            let _ = write!(words, "; it would do: {does}");
        }
        if !judged.because.is_empty() {
            let _ = write!(words, ". Because of: {}", judged.because.join(", "));
        }
        words
    }
}

/// SHA-256 of a public text, kept where the text itself is not.
pub fn text_hash(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"hg/text/v1\n");
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

/// SHA-256 of how a peer presents itself.
pub fn face_hash(face: &PublicPeer) -> [u8; 32] {
    text_hash(&[face.title(), face.about()])
}

/// What a machine does by itself: never more than to hide.
fn act(verdict: Verdict) -> Option<Act> {
    match verdict {
        Verdict::Allow => None,
        Verdict::Demote => Some(Act::Demote),
        Verdict::Hold => Some(Act::Hold),
        Verdict::Delist => Some(Act::Delist),
    }
}

/// Fraud where the model would hold it for that alone, else spam: fraud counts as spam as well, and
/// is the graver word.
fn reason(model: &Model, judged: &Judged) -> &'static str {
    let at = Label::TRAINED
        .iter()
        .position(|label| *label == Label::Fraud)
        .expect("it has learned");
    let hold = f64::from(model.header.thresholds[at].hold);
    if judged.probabilities[at] >= hold {
        "fraud"
    } else {
        "spam"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::{
        Body, Channel as Kept, ChannelId, Message, MessageId, Peer, Title, UnixMs, UserId, Username,
    };

    const SPAM: &str = "Заработок от 500$ в день! Пиши в личку @easy_money, места ограничены";

    fn channel(title: &str) -> Kept {
        Kept {
            username: Username::parse("the_news").ok(),
            ..Kept::new(
                ChannelId(1_000_000_001),
                Title::parse(title).expect("a title"),
                true,
                UserId(1),
                UnixMs(0),
            )
        }
    }

    fn post(text: &str) -> PublicPost {
        let channel = channel("News");
        let message = Message {
            id: MessageId(1),
            peer: Peer::Channel(channel.id),
            from: UserId(1),
            out: false,
            date: 1,
            reply_to: None,
            silent: false,
            pinned: false,
            pts: 1,
            body: Body {
                text: text.into(),
                ..Body::default()
            },
            counters: None,
        };
        PublicPost::of(&channel, &message).expect("a public post")
    }

    #[test]
    fn an_offer_of_quick_money_is_hidden_and_the_weather_is_not() {
        let model = Model::shipped();
        let spam = Opinion::of_post(&model, &post(SPAM));
        assert!(
            matches!(spam.act, Some(Act::Hold | Act::Delist)),
            "{}",
            spam.words()
        );
        let weather =
            Opinion::of_post(&model, &post("Завтра в городе дождь, к вечеру прояснится."));
        assert_eq!(weather.act, None, "{}", weather.words());
    }

    #[test]
    fn nothing_is_done_where_the_model_abstains() {
        let model = Model::shipped();
        let opinion = Opinion::of_post(&model, &post("今天开始每天赚五百美元，联系我"));
        assert!(opinion.judged.abstains);
        assert_eq!(opinion.act, None);
        assert!(opinion.words().contains("it abstains"));
    }

    #[test]
    fn the_owner_is_not_told_which_words_gave_it_away() {
        let opinion = Opinion::of_post(&Model::shipped(), &post(SPAM));
        assert!(!opinion.judged.because.is_empty());
        for because in &opinion.judged.because {
            assert!(!opinion.facts().contains(because), "{because}");
        }
        assert!(opinion.words().contains(&opinion.judged.because[0]));
    }

    #[test]
    fn a_peer_is_judged_by_its_posts_too() {
        let model = Model::shipped();
        let face = PublicPeer::of_channel(&channel("Новости города")).expect("public");
        let alone = Opinion::of_peer(&model, &face, &[]).expect("a channel");
        assert_eq!(alone.act, None, "{}", alone.words());
        let posts = vec![post(SPAM); 5];
        let with_posts = Opinion::of_peer(&model, &face, &posts).expect("a channel");
        assert!(with_posts.act.is_some(), "{}", with_posts.words());
    }
}
