//! Channels and supergroups: what they are, who is in them, and what those may do.
//!
//! A channel is a mailbox with members. Whether only its admins write (a *broadcast*) or everybody
//! (a *supergroup*) is a matter of rights; everything else is the same
//! (<https://core.telegram.org/api/channel>).

use crate::{
    ChannelId, Face, NameError, UnixMs, UserId, Username, names::one_line, names::turns_text_round,
};
use minicbor::{Decode, Encode};

/// The longest title, in characters; clients enforce the same.
const TITLE_CHARS_MAX: usize = 128;
/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 255;

/// The title of a channel or group: 1 to 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Title(#[n(0)] String);

impl Title {
    /// Trims and folds white space; control characters go.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let title = one_line(text, TITLE_CHARS_MAX)?;
        if title.is_empty() {
            Err(NameError::Empty)
        } else {
            Ok(Title(title))
        }
    }

    /// The title.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a channel says about itself: up to 255 characters in several lines, often empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Description(#[n(0)] String);

impl Description {
    /// Trims both ends; control characters other than line ends go, and those that turn text round.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > DESCRIPTION_CHARS_MAX * 4 + 64 {
            return Err(NameError::TooLong);
        }
        let kept: String = text
            .trim()
            .chars()
            .filter(|c| *c == '\n' || !(c.is_control() || turns_text_round(*c)))
            .collect();
        if kept.chars().count() > DESCRIPTION_CHARS_MAX {
            return Err(NameError::TooLong);
        }
        Ok(Description(kept))
    }

    /// The text, often empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A channel or supergroup.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as clients show them"
)]
pub struct Channel {
    /// The id.
    #[n(0)]
    pub id: ChannelId,
    /// Its title.
    #[n(1)]
    pub title: Title,
    /// What it says about itself.
    #[n(2)]
    pub about: Description,
    /// Its public name; a private channel has none.
    #[n(3)]
    pub username: Option<Username>,
    /// Only admins post, and posts bear the channel's name.
    #[n(4)]
    pub broadcast: bool,
    /// Whose it is.
    #[n(5)]
    pub creator: UserId,
    /// When it was made.
    #[n(6)]
    pub created: UnixMs,
    /// Posts are signed with their author's name.
    #[n(7)]
    pub signatures: bool,
    /// The pause between two messages of the same member, in seconds; 0 for none.
    #[n(8)]
    pub slow_mode_s: u32,
    /// What members without a ban of their own may not do.
    #[n(9)]
    pub default_banned: BannedRights,
    /// A broadcast's discussion group, or the broadcast that a group discusses.
    #[n(10)]
    pub linked: Option<ChannelId>,
    /// Who joins a public group waits for an admin.
    #[n(11)]
    pub join_request: bool,
    /// A linked group in which only members comment.
    #[n(12)]
    pub join_to_send: bool,
    /// Forwarding and saving are not allowed.
    #[n(13)]
    pub no_forwards: bool,
    /// Only admins see who is in it.
    #[n(14)]
    pub members_hidden: bool,
    /// How many are in it.
    #[n(15)]
    pub members: u32,
    /// It is gone; only its id and title are left.
    #[n(16)]
    pub deleted: bool,
    /// Marked as genuine by the operator.
    #[n(17)]
    pub verified: bool,
    /// Its picture.
    #[n(18)]
    #[cbor(default)]
    pub photo: Option<Face>,
}

impl Channel {
    /// A channel or group as it is when it has just been made: private, with its creator in it.
    pub fn new(
        id: ChannelId,
        title: Title,
        broadcast: bool,
        creator: UserId,
        created: UnixMs,
    ) -> Self {
        Self {
            id,
            title,
            about: Description::default(),
            username: None,
            broadcast,
            creator,
            created,
            signatures: false,
            slow_mode_s: 0,
            default_banned: BannedRights::default(),
            linked: None,
            join_request: false,
            join_to_send: false,
            no_forwards: false,
            members_hidden: false,
            members: 1,
            deleted: false,
            verified: false,
            photo: None,
        }
    }
}

/// What an admin may do: the bits of `chatAdminRights`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct AdminRights(#[n(0)] pub u32);

impl AdminRights {
    /// Change title, description, photo and settings.
    pub const CHANGE_INFO: Self = AdminRights(1);
    /// Post in a broadcast.
    pub const POST: Self = AdminRights(1 << 1);
    /// Edit others' posts in a broadcast.
    pub const EDIT: Self = AdminRights(1 << 2);
    /// Delete others' messages.
    pub const DELETE: Self = AdminRights(1 << 3);
    /// Remove and restrict members.
    pub const BAN: Self = AdminRights(1 << 4);
    /// Add members and make invite links.
    pub const INVITE: Self = AdminRights(1 << 5);
    /// Pin messages.
    pub const PIN: Self = AdminRights(1 << 7);
    /// Make other admins, with at most the own rights.
    pub const ADD_ADMINS: Self = AdminRights(1 << 9);
    /// Write in the name of the group.
    pub const ANONYMOUS: Self = AdminRights(1 << 10);
    /// Every bit that this server knows; clients may set more, which are not kept.
    pub const ALL: Self = AdminRights(0x7_ffff & !(1 << 6 | 1 << 8));

    /// Whether all of `rights` are among these.
    pub fn has(self, rights: AdminRights) -> bool {
        self.0 & rights.0 == rights.0
    }
}

/// What a member may not do: the bits of `chatBannedRights`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct BannedRights(#[n(0)] pub u32);

impl BannedRights {
    /// See anything: who has this is out of the chat and cannot come back.
    pub const VIEW: Self = BannedRights(1);
    /// Write anything.
    pub const SEND: Self = BannedRights(1 << 1);
    /// Send media of any kind.
    pub const SEND_MEDIA: Self = BannedRights(1 << 2);
    /// Previews of links.
    pub const EMBED_LINKS: Self = BannedRights(1 << 7);
    /// Change title, description and photo.
    pub const CHANGE_INFO: Self = BannedRights(1 << 10);
    /// Add others.
    pub const INVITE: Self = BannedRights(1 << 15);
    /// Pin messages.
    pub const PIN: Self = BannedRights(1 << 17);
    /// Send photos.
    pub const SEND_PHOTOS: Self = BannedRights(1 << 19);
    /// Send stickers.
    pub const SEND_STICKERS: Self = BannedRights(1 << 3);
    /// Send animations.
    pub const SEND_GIFS: Self = BannedRights(1 << 4);
    /// Send videos.
    pub const SEND_VIDEOS: Self = BannedRights(1 << 20);
    /// Send round video messages.
    pub const SEND_ROUND_VIDEOS: Self = BannedRights(1 << 21);
    /// Send music.
    pub const SEND_AUDIOS: Self = BannedRights(1 << 22);
    /// Send voice messages.
    pub const SEND_VOICES: Self = BannedRights(1 << 23);
    /// Send documents.
    pub const SEND_DOCS: Self = BannedRights(1 << 24);
    /// Send plain texts.
    pub const SEND_PLAIN: Self = BannedRights(1 << 25);
    /// Every bit that the schema has.
    pub const ALL: Self = BannedRights(0x0ffe_85ff);

    /// Whether any of `rights` are among these.
    pub fn any(self, rights: BannedRights) -> bool {
        self.0 & rights.0 != 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: BannedRights) -> Self {
        BannedRights(self.0 | other.0)
    }
}

/// An admin's post.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Admin {
    /// What they may do.
    #[n(0)]
    pub rights: AdminRights,
    /// Who made them one.
    #[n(1)]
    pub by: UserId,
    /// What the group calls them instead of "admin"; often empty.
    #[n(2)]
    pub rank: String,
    /// Since when, in Unix seconds.
    #[n(3)]
    pub since: i32,
}

/// What somebody may not do, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ban {
    /// What they may not do.
    #[n(0)]
    pub rights: BannedRights,
    /// Until when, in Unix seconds; [`Ban::FOREVER`] for ever.
    #[n(1)]
    pub until: i32,
    /// Who said so.
    #[n(2)]
    pub by: UserId,
    /// When, in Unix seconds.
    #[n(3)]
    pub since: i32,
}

impl Ban {
    /// The date that stands for "for ever" on the wire.
    pub const FOREVER: i32 = i32::MAX;

    /// Whether it holds at this moment.
    pub fn holds(&self, now_s: i32) -> bool {
        self.until == Self::FOREVER || self.until > now_s
    }
}

/// Somebody's place in a channel. Who has left keeps one only for the sake of a ban or
/// of slow mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// Whether they are in it.
    #[n(0)]
    pub inside: bool,
    /// Since when, in Unix seconds.
    #[n(1)]
    pub joined: i32,
    /// Who added them, where they did not come by themselves.
    #[n(2)]
    pub invited_by: Option<UserId>,
    /// Their post.
    #[n(3)]
    pub admin: Option<Admin>,
    /// What they may not do.
    #[n(4)]
    pub ban: Option<Ban>,
    /// Before when they may not write again, in Unix seconds: slow mode.
    #[n(5)]
    pub next_send: i32,
    /// A bot.
    #[n(6)]
    pub bot: bool,
    /// An admin let them in after they had asked.
    #[n(7)]
    pub by_request: bool,
}

impl Member {
    /// What they may not do at this moment by a ban of their own.
    pub fn banned(&self, now_s: i32) -> BannedRights {
        match &self.ban {
            Some(ban) if ban.holds(now_s) => ban.rights,
            _ => BannedRights::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_and_a_description_several() {
        assert_eq!(Title::parse(" \n "), Err(NameError::Empty));
        assert_eq!(Title::parse(&"x".repeat(129)), Err(NameError::TooLong));
        let title = Title::parse(" Heliograph\n News ").expect("a title");
        assert_eq!(title.as_str(), "Heliograph News");
        let about = Description::parse(" one\u{7}\ntwo ").expect("a description");
        assert_eq!(about.as_str(), "one\ntwo");
        assert_eq!(
            Description::parse(&"é".repeat(256)),
            Err(NameError::TooLong)
        );
    }

    #[test]
    fn a_ban_ends_by_itself() {
        let ban = |until| Ban {
            rights: BannedRights::SEND,
            until,
            by: UserId(1),
            since: 0,
        };
        assert!(ban(11).holds(10) && !ban(10).holds(10));
        assert!(ban(Ban::FOREVER).holds(i32::MAX));
        let member = Member {
            ban: Some(ban(10)),
            ..Member::default()
        };
        assert!(member.banned(9).any(BannedRights::SEND));
        assert!(!member.banned(10).any(BannedRights::SEND));
    }
}
