//! Public peers and posts as tests want them.

use heliograph_model::{
    About, Body, Channel, ChannelId, FirstName, LastName, Message, MessageId, Peer, Person,
    PersonKind, PublicPeer, PublicPost, Title, UnixMs, UserId, Username,
};

/// A channel with a username.
pub fn channel(number: i64, name: &str, title: &str, members: u32) -> Channel {
    Channel {
        username: Some(Username::parse(name).unwrap_or_else(|_| panic!("{name} is no username"))),
        members,
        ..Channel::new(
            ChannelId(1_000_000_000 + number),
            Title::parse(title).expect("a title"),
            true,
            UserId(1),
            UnixMs(0),
        )
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
