//! Public peers and posts as tests want them.

use heliograph_model::{
    About, BannedRights, Body, Channel, ChannelId, Description, FirstName, LastName, Message,
    MessageId, Peer, Person, PersonKind, PublicPeer, PublicPost, Title, UnixMs, UserId, Username,
};

/// A channel with a username.
pub fn channel(number: i64, name: &str, title: &str, members: u32) -> Channel {
    Channel {
        id: ChannelId(1_000_000_000 + number),
        title: Title::parse(title).expect("a title"),
        about: Description::default(),
        username: Some(Username::parse(name).unwrap_or_else(|_| panic!("{name} is no username"))),
        broadcast: true,
        creator: UserId(1),
        created: UnixMs(0),
        signatures: false,
        slow_mode_s: 0,
        default_banned: BannedRights::default(),
        linked: None,
        join_request: false,
        join_to_send: false,
        no_forwards: false,
        members_hidden: false,
        members,
        deleted: false,
        photo: None,
        verified: false,
    }
}

/// A person or bot with a username.
pub fn person(number: i64, name: &str, first_name: &str, kind: PersonKind) -> PublicPeer {
    let person = Person {
        id: UserId(5_000_000_000 + number),
        first_name: FirstName::parse(first_name).ok(),
        last_name: LastName::default(),
        username: Username::parse(name).ok(),
        about: About::default(),
        kind,
        verified: false,
        deleted: false,
        photo: None,
        created: UnixMs(0),
        country: None,
    };
    PublicPeer::of_person(&person).expect("it is public")
}

/// A post of a channel.
pub fn post(channel: &Channel, id: u32, date: i32, text: &str) -> PublicPost {
    let message = Message {
        id: MessageId(id),
        peer: Peer::Channel(channel.id),
        from: UserId(1),
        out: false,
        date,
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
    PublicPost::of(channel, &message).expect("it is public")
}
