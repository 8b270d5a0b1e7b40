//! A history page as servers send it all day, for measurements.

use heliograph_tl::{Encode, enums, types};

/// A slice of 100 messages and 50 users in canonical bytes (about 60 kB): texts of 20 to 400 bytes
/// with entities, every third a reply, every fifth a photo, some edited or with view counters.
pub fn history_page() -> Vec<u8> {
    let messages = (0..100).map(message).collect();
    let users = (0..50).map(user).collect();
    let page = types::messages::MessagesSlice {
        count: 12_345,
        offset_id_offset: Some(100),
        messages,
        users,
        ..Default::default()
    };
    enums::messages::Messages::from(page).to_bytes()
}

fn peer(number: i32) -> enums::Peer {
    types::PeerUser {
        user_id: 1_000_000 + i64::from(number % 50),
    }
    .into()
}

fn message(number: i32) -> enums::Message {
    let text = "One line of a conversation about nothing in particular. ";
    let length = 20 + (number as usize * 37) % 380;
    let entities = vec![
        types::MessageEntityBold {
            offset: 0,
            length: 3,
        }
        .into(),
        types::MessageEntityItalic {
            offset: 4,
            length: 4,
        }
        .into(),
    ];
    let reply = types::MessageReplyHeader {
        reply_to_msg_id: Some(number),
        ..Default::default()
    };
    types::Message {
        out: number % 2 == 0,
        id: 10_000 - number,
        from_id: Some(peer(number)),
        peer_id: peer(7),
        date: 1_700_000_000 + number,
        message: text.chars().cycle().take(length).collect(),
        entities: (number % 2 == 1).then_some(entities),
        reply_to: (number % 3 == 0).then(|| reply.into()),
        media: (number % 5 == 0).then(|| photo(number)),
        edit_date: (number % 10 == 0).then_some(1_700_000_100),
        views: (number % 4 == 0).then_some(17),
        forwards: (number % 4 == 0).then_some(3),
        ..Default::default()
    }
    .into()
}

fn photo(number: i32) -> enums::MessageMedia {
    let size = |name: &str, side: i32| {
        let size = types::PhotoSize {
            type_: name.into(),
            w: side,
            h: side,
            size: side * 30,
        };
        enums::PhotoSize::from(size)
    };
    let preview = types::PhotoStrippedSize {
        type_: "i".into(),
        bytes: vec![0x5a; 700],
    };
    let photo = types::Photo {
        id: i64::from(number) << 32,
        access_hash: 0x1122_3344_5566_7788,
        file_reference: vec![1; 24],
        date: 1_700_000_000,
        sizes: vec![
            preview.into(),
            size("m", 320),
            size("x", 800),
            size("y", 1280),
        ],
        dc_id: 2,
        ..Default::default()
    };
    types::MessageMediaPhoto {
        photo: Some(photo.into()),
        ..Default::default()
    }
    .into()
}

fn user(number: i32) -> enums::User {
    let photo = types::UserProfilePhoto {
        photo_id: i64::from(number) << 40,
        stripped_thumb: Some(vec![0x33; 60]),
        dc_id: 2,
        ..Default::default()
    };
    types::User {
        contact: number % 2 == 0,
        id: 1_000_000 + i64::from(number),
        access_hash: Some(0x0102_0304_0506_0708),
        first_name: Some("Margarete".into()),
        last_name: Some("Steffin".into()),
        username: Some(format!("person_{number}")),
        photo: Some(photo.into()),
        status: Some(
            types::UserStatusOffline {
                was_online: 1_700_000_000,
            }
            .into(),
        ),
        ..Default::default()
    }
    .into()
}
