//! What a report, a case or a decision is about.

use heliograph_domain::{accounts, channels};
use heliograph_model::{ChannelId, MessageId, Owner, Peer, PersonKind, UserId};
use heliograph_store::{Rows, StoreError, mailbox};
use heliograph_transparency::entry::SubjectKind;
use heliograph_transparency::tree::Hash;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A public peer, a post, an account or a search term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Subject {
    /// A person or a bot.
    #[n(0)]
    User(#[n(0)] UserId),
    /// A channel or group.
    #[n(1)]
    Channel(#[n(0)] ChannelId),
    /// A message in a channel or group.
    #[n(2)]
    Post(#[n(0)] ChannelId, #[n(1)] MessageId),
    /// A search term, folded.
    #[n(3)]
    Term(#[n(0)] String),
}

impl Subject {
    /// The subject of a peer; a basic group has none, it is nobody's but its members'.
    pub fn of_peer(peer: Peer) -> Option<Self> {
        match peer {
            Peer::User(user) => Some(Subject::User(user)),
            Peer::Channel(channel) => Some(Subject::Channel(channel)),
            Peer::Chat(_) => None,
        }
    }

    /// Under whom what holds for it is stored, and under which post; a term has no such row.
    pub fn place(&self) -> Option<(Owner, Option<MessageId>)> {
        match self {
            Subject::User(user) => Some(((*user).into(), None)),
            Subject::Channel(channel) => Some(((*channel).into(), None)),
            Subject::Post(channel, post) => Some(((*channel).into(), Some(*post))),
            Subject::Term(_) => None,
        }
    }

    /// The commitment that the public log holds: SHA-256 over the salt and the subject's text.
    pub fn commitment(&self, salt: &[u8; 32]) -> Hash {
        let mut digest = Sha256::new();
        digest.update(b"hg/subject/v1\n");
        digest.update(salt);
        digest.update(self.to_string().as_bytes());
        Hash(digest.finalize().into())
    }
}

/// `user/5`, `channel/7`, `post/7/12`, `term/…`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::User(user) => write!(f, "user/{}", user.0),
            Subject::Channel(channel) => write!(f, "channel/{}", channel.0),
            Subject::Post(channel, post) => write!(f, "post/{}/{}", channel.0, post.0),
            Subject::Term(term) => write!(f, "term/{term}"),
        }
    }
}

/// The text is none of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a subject: user/5, channel/7, post/7/12 or term/word is expected")]
pub struct MalformedSubject;

impl FromStr for Subject {
    type Err = MalformedSubject;

    fn from_str(text: &str) -> Result<Self, MalformedSubject> {
        let (kind, rest) = text.split_once('/').ok_or(MalformedSubject)?;
        let number = |text: &str| text.parse().map_err(|_| MalformedSubject);
        match kind {
            "user" => Ok(Subject::User(UserId(number(rest)?))),
            "channel" => Ok(Subject::Channel(ChannelId(number(rest)?))),
            "post" => {
                let (channel, post) = rest.split_once('/').ok_or(MalformedSubject)?;
                let post = post.parse().map_err(|_| MalformedSubject)?;
                Ok(Subject::Post(ChannelId(number(channel)?), MessageId(post)))
            }
            "term" if !rest.is_empty() => Ok(Subject::Term(rest.to_owned())),
            _ => Err(MalformedSubject),
        }
    }
}

/// What is known of a subject when it is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What kind of thing it is.
    pub kind: SubjectKind,
    /// Whose it is: who is told, and who may contest.
    pub owner: Option<UserId>,
    /// Where the owner is from.
    pub country: Option<String>,
    /// Whether everybody can see it: a name of its own, or a post where there is one.
    pub public: bool,
    /// Marked as genuine by the operator.
    pub verified: bool,
    /// It is the operator's or one of the staff's.
    pub staff: bool,
    /// How many people are in it.
    pub members: u32,
}

/// Looks a subject up; `None` where there is nothing of the kind any more.
pub async fn known(rows: &mut dyn Rows, subject: &Subject) -> Result<Option<Known>, StoreError> {
    match subject {
        Subject::User(user) => of_user(rows, *user).await,
        Subject::Channel(channel) => of_channel(rows, *channel).await,
        Subject::Post(channel, post) => of_post(rows, *channel, *post).await,
        Subject::Term(_) => Ok(Some(Known {
            kind: SubjectKind::Term,
            owner: None,
            country: None,
            public: true,
            verified: false,
            staff: false,
            members: 0,
        })),
    }
}

async fn of_user(rows: &mut dyn Rows, user: UserId) -> Result<Option<Known>, StoreError> {
    let Some(account) = accounts::find(rows, user).await? else {
        return Ok(None);
    };
    if account.person.deleted {
        return Ok(None);
    }
    let bot = heliograph_domain::bots::find(rows, user).await?;
    let owner = bot.as_ref().map_or(user, |bot| bot.owner);
    let holder = accounts::find(rows, owner).await?;
    let staff = account.staff || holder.as_ref().is_some_and(|holder| holder.staff);
    Ok(Some(Known {
        kind: if bot.is_some() {
            SubjectKind::Bot
        } else {
            SubjectKind::Person
        },
        owner: Some(owner),
        country: holder.and_then(|holder| holder.person.country),
        public: account.person.username.is_some(),
        verified: account.person.verified,
        staff: staff || account.person.kind != PersonKind::Human && bot.is_none(),
        members: 0,
    }))
}

async fn of_channel(rows: &mut dyn Rows, id: ChannelId) -> Result<Option<Known>, StoreError> {
    let Some(channel) = channels::find(rows, id).await? else {
        return Ok(None);
    };
    if channel.deleted {
        return Ok(None);
    }
    let holder = accounts::find(rows, channel.creator).await?;
    Ok(Some(Known {
        kind: if channel.broadcast {
            SubjectKind::Channel
        } else {
            SubjectKind::Group
        },
        owner: Some(channel.creator),
        staff: holder.as_ref().is_some_and(|holder| holder.staff),
        country: holder.and_then(|holder| holder.person.country),
        public: channel.username.is_some(),
        verified: channel.verified,
        members: channel.members,
    }))
}

/// A post is its channel's, a message in a group its author's.
async fn of_post(
    rows: &mut dyn Rows,
    channel: ChannelId,
    post: MessageId,
) -> Result<Option<Known>, StoreError> {
    let Some(known) = of_channel(rows, channel).await? else {
        return Ok(None);
    };
    let Some(message) = mailbox::load(rows, channel.into(), post).await? else {
        return Ok(None);
    };
    let kind = SubjectKind::Post;
    if known.kind == SubjectKind::Channel {
        return Ok(Some(Known { kind, ..known }));
    }
    let author = of_user(rows, message.from).await?;
    Ok(author.map(|author| Known {
        kind,
        public: known.public,
        members: 0,
        ..author
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_reads_back_from_its_text() {
        let subjects = [
            Subject::User(UserId(5)),
            Subject::Channel(ChannelId(7)),
            Subject::Post(ChannelId(7), MessageId(12)),
            Subject::Term("cheap / pills".into()),
        ];
        for subject in subjects {
            assert_eq!(subject.to_string().parse(), Ok(subject));
        }
        for wrong in ["", "user", "user/", "post/7", "post/7/x", "term/", "chat/5"] {
            assert_eq!(wrong.parse::<Subject>(), Err(MalformedSubject), "{wrong}");
        }
    }

    #[test]
    fn a_commitment_hides_the_subject_behind_its_salt() {
        let subject = Subject::User(UserId(5));
        assert_eq!(subject.commitment(&[1; 32]), subject.commitment(&[1; 32]));
        assert_ne!(subject.commitment(&[1; 32]), subject.commitment(&[2; 32]));
    }
}
