//! What of the installation is public.
//!
//! The public index, previews and the classifier take nothing but these types, and there is no
//! way to make one of what is private: a peer without a username, a message of a private chat or of
//! a group. That is how DESIGN's eighth promise is kept.

use crate::{
    Body, Channel, ChannelId, FileId, FirstName, MediaKind, Message, MessageId, Peer, Person,
    PersonKind,
};
use std::fmt;

/// What kind of public peer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicKind {
    /// A channel in which only admins post.
    Broadcast,
    /// A supergroup.
    Group,
    /// A bot, service accounts among them.
    Bot,
    /// A person.
    Person,
}

/// A channel, group, bot or person with a username.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPeer {
    peer: Peer,
    kind: PublicKind,
    username: String,
    title: String,
    about: String,
    size: SizeClass,
    verified: bool,
    photo: Option<FileId>,
}

impl PublicPeer {
    /// The public face of a channel or group; `None` where it has no username or is gone.
    pub fn of_channel(channel: &Channel) -> Option<Self> {
        let username = channel.username.as_ref().filter(|_| !channel.deleted)?;
        Some(PublicPeer {
            peer: channel.id.into(),
            kind: if channel.broadcast {
                PublicKind::Broadcast
            } else {
                PublicKind::Group
            },
            username: username.as_str().to_owned(),
            title: channel.title.as_str().to_owned(),
            about: channel.about.as_str().to_owned(),
            size: SizeClass::of(channel.members),
            verified: channel.verified,
            photo: channel.photo.as_ref().map(|face| face.file),
        })
    }

    /// The public face of a bot or person; `None` where it has no username or is gone.
    ///
    /// A person who takes a username makes that name public, and nothing else: title and
    /// description are left empty. What somebody is called stays with those who know them.
    pub fn of_person(person: &Person) -> Option<Self> {
        let username = person.username.as_ref().filter(|_| !person.deleted)?;
        let human = person.kind == PersonKind::Human;
        let (title, about) = if human {
            (String::new(), String::new())
        } else {
            let first = person.first_name.as_ref().map_or("", FirstName::as_str);
            let title = format!("{first} {}", person.last_name.as_str());
            (title.trim().to_owned(), person.about.as_str().to_owned())
        };
        Some(PublicPeer {
            peer: person.id.into(),
            kind: if human {
                PublicKind::Person
            } else {
                PublicKind::Bot
            },
            username: username.as_str().to_owned(),
            title,
            about,
            size: SizeClass::default(),
            verified: person.verified,
            photo: person.photo.as_ref().map(|face| face.file),
        })
    }

    /// Who it is.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// What kind of peer.
    pub fn kind(&self) -> PublicKind {
        self.kind
    }

    /// Its username, as typed.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// A channel's title or a bot's name; empty for a person.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it says about itself; empty for a person.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Title and description together, as they are compared with those of others.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.title, self.about)
    }

    /// How many follow it, roughly.
    pub fn size(&self) -> SizeClass {
        self.size
    }

    /// The photo by which it is shown. A person's is for everybody only where their privacy settings
    /// say so; whoever looks at it asks for that first.
    pub fn photo(&self) -> Option<FileId> {
        self.photo
    }

    /// Marked as genuine by the operator.
    pub fn verified(&self) -> bool {
        self.verified
    }
}

/// How many members a channel has, in steps of a fifth: four times the binary logarithm, rounded
/// down. Ranking needs no more, and the index need not hear of every member who comes or goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeClass(pub u8);

impl SizeClass {
    /// The class of so many members.
    pub fn of(members: u32) -> Self {
        // 4 log2(x) = log2(x^4), and a 31-bit number to the fourth fits 128 bits.
        let members = u128::from(members.min(i32::MAX as u32 - 1)) + 1;
        SizeClass(members.pow(4).ilog2() as u8)
    }
}

/// A post of a public channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPost {
    channel: ChannelId,
    id: MessageId,
    date: i32,
    text: String,
    photos: Vec<FileId>,
}

impl PublicPost {
    /// The post, where it is one that anybody may read and that says or shows something: it stands in
    /// a broadcast with a username.
    ///
    /// What members of a public group say to each other can be read there by whoever opens it, but
    /// no search gathers it up.
    pub fn of(channel: &Channel, message: &Message) -> Option<Self> {
        let public = Self::are_in(channel) && message.peer == Peer::Channel(channel.id);
        let photos = photos(&message.body);
        let shows_something = !message.body.text.is_empty() || !photos.is_empty();
        let is_post = public && message.body.action.is_none() && shows_something;
        is_post.then(|| PublicPost {
            channel: channel.id,
            id: message.id,
            date: message.date,
            text: message.body.text.clone(),
            photos,
        })
    }

    /// Whether what is written in a channel are public posts.
    pub fn are_in(channel: &Channel) -> bool {
        channel.broadcast && channel.username.is_some() && !channel.deleted
    }

    /// Where it stands.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Its number there.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// When it was written, in Unix seconds.
    pub fn date(&self) -> i32 {
        self.date
    }

    /// What it says; empty for a picture without words, which no search finds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The photos that stand over the text, or without one.
    pub fn photos(&self) -> &[FileId] {
        &self.photos
    }
}

/// What somebody is about to publish in a public channel, before it is a post.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicDraft {
    channel: ChannelId,
    text: String,
    photos: Vec<FileId>,
}

// It is not published yet: its text belongs in no log.
impl fmt::Debug for PublicDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicDraft").finish_non_exhaustive()
    }
}

impl PublicDraft {
    /// The draft, where it would be a post that anybody may read.
    pub fn of(channel: &Channel, body: &Body) -> Option<Self> {
        PublicPost::are_in(channel).then(|| PublicDraft {
            channel: channel.id,
            text: body.text.clone(),
            photos: photos(body),
        })
    }

    /// Where it would stand.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// What it would say; empty for a picture without words.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The photos in it.
    pub fn photos(&self) -> &[FileId] {
        &self.photos
    }
}

fn photos(body: &Body) -> Vec<FileId> {
    let media = body.media.as_ref();
    let photo = media.filter(|media| media.kind == MediaKind::Photo);
    photo.map_or_else(Vec::new, |photo| photo.files.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, ServiceAction, Title, UnixMs, UserId, Username};

    fn channel() -> Channel {
        Channel {
            username: Username::parse("the_news").ok(),
            ..Channel::new(
                ChannelId(1_000_000_001),
                Title::parse("News").expect("a title"),
                true,
                UserId(1),
                UnixMs(0),
            )
        }
    }

    fn message(peer: Peer, text: &str) -> Message {
        Message {
            id: MessageId(1),
            peer,
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
        }
    }

    #[test]
    fn only_a_text_of_a_broadcast_with_a_username_is_a_public_post() {
        let public = channel();
        let here = Peer::Channel(public.id);
        assert!(PublicPost::of(&public, &message(here, "hello")).is_some());

        let elsewhere = Peer::User(UserId(1));
        assert_eq!(PublicPost::of(&public, &message(elsewhere, "hello")), None);
        assert_eq!(PublicPost::of(&public, &message(here, "")), None);
        let mut service = message(here, "x");
        service.body.action = Some(ServiceAction::PinMessage);
        assert_eq!(PublicPost::of(&public, &service), None);

        let private: [fn(&mut Channel); 3] = [
            |channel| channel.username = None,
            |channel| channel.deleted = true,
            |channel| channel.broadcast = false,
        ];
        for change in private {
            let mut channel = channel();
            change(&mut channel);
            assert_eq!(PublicPost::of(&channel, &message(here, "hello")), None);
        }
    }

    #[test]
    fn only_what_a_public_broadcast_would_show_is_a_draft() {
        let body = Body {
            text: "hello".into(),
            ..Body::default()
        };
        let draft = PublicDraft::of(&channel(), &body).expect("it would be public");
        assert_eq!(draft.text(), "hello");
        assert!(!format!("{draft:?}").contains("hello"));
        let private: [fn(&mut Channel); 3] = [
            |channel| channel.username = None,
            |channel| channel.deleted = true,
            |channel| channel.broadcast = false,
        ];
        for change in private {
            let mut channel = channel();
            change(&mut channel);
            assert_eq!(PublicDraft::of(&channel, &body), None);
        }
    }

    #[test]
    fn a_channel_without_a_username_is_no_public_peer() {
        let mut channel = channel();
        assert!(PublicPeer::of_channel(&channel).is_some());
        channel.username = None;
        assert_eq!(PublicPeer::of_channel(&channel), None);
    }

    #[test]
    fn the_size_class_grows_by_four_with_each_doubling() {
        let classes = [0, 1, 3, 7, 1023, u32::MAX].map(|members| SizeClass::of(members).0);
        assert_eq!(classes, [0, 4, 8, 12, 40, 123]);
    }
}
