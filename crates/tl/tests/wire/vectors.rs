//! Bytes written by hand, and the rules about flags.

use heliograph_tl::functions::auth::ResetAuthorizations;
use heliograph_tl::functions::contacts::GetContactIDs;
use heliograph_tl::functions::{self, name_of};
use heliograph_tl::{Decode, DecodeError, Encode, Function, enums, types};

/// Little-endian words after one another.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn a_peer_is_its_id_and_64_bits() {
    let peer = enums::Peer::User(types::PeerUser {
        user_id: 0x1122334455667788,
    });
    let bytes = words(&[0x59511722, 0x55667788, 0x11223344]);
    assert_eq!(peer.to_bytes(), bytes);
    assert_eq!(enums::Peer::from_bytes(&bytes), Ok(peer));
}

#[test]
fn a_struct_is_written_like_the_enum_around_it() {
    let peer = types::PeerUser { user_id: 7 };
    assert_eq!(peer.to_bytes(), enums::Peer::from(peer.clone()).to_bytes());
    assert_eq!(types::PeerUser::from_bytes(&peer.to_bytes()), Ok(peer));
}

#[test]
fn a_message_has_its_two_flags_words_first() {
    let message = types::Message {
        out: true,
        id: 5,
        from_id: Some(types::PeerUser { user_id: 1 }.into()),
        peer_id: types::PeerUser { user_id: 2 }.into(),
        date: 1_700_000_000,
        message: "hello".into(),
        entities: Some(vec![
            types::MessageEntityBold {
                offset: 0,
                length: 5,
            }
            .into(),
        ]),
        ..Default::default()
    };
    let mut bytes = words(&[
        0x7600b9d3,
        1 << 1 | 1 << 7 | 1 << 8, // out, entities, from_id
        0,
        5,
        0x59511722,
        1,
        0,
        0x59511722,
        2,
        0,
        1_700_000_000,
    ]);
    bytes.extend(b"\x05hello\0\0");
    bytes.extend(words(&[0x1cb5c415, 1, 0xbd610bc9, 0, 5]));
    assert_eq!(message.to_bytes(), bytes);
    assert_eq!(enums::Message::from_bytes(&bytes), Ok(message.into()));
}

#[test]
fn lengths_take_one_byte_below_254_and_four_from_there() {
    let bytes = |length: usize| vec![b'x'; length].to_bytes();
    assert_eq!(bytes(0), [0; 4]);
    assert_eq!(bytes(3), *b"\x03xxx");
    assert_eq!(bytes(4), *b"\x04xxxx\0\0\0");
    assert_eq!(bytes(253)[..2], [253, b'x']);
    assert_eq!(bytes(253).len(), 256);
    assert_eq!(bytes(254)[..5], [254, 254, 0, 0, b'x']);
    assert_eq!(bytes(254).len(), 260);
}

#[test]
fn values_on_one_bit_appear_together() {
    // views and forwards are both flags.10: a post with views alone still needs the word `forwards`.
    let views_alone = types::Message {
        views: Some(9),
        ..Default::default()
    };
    let read = types::Message::from_bytes(&views_alone.to_bytes()).expect("just written");
    assert_eq!((read.views, read.forwards), (Some(9), Some(0)));

    // The first decides: without it the other has no bit to stand on.
    let forwards_alone = types::Message {
        forwards: Some(9),
        ..Default::default()
    };
    assert_eq!(
        forwards_alone.to_bytes(),
        types::Message::default().to_bytes()
    );
}

#[test]
fn three_values_on_one_bit_appear_together() {
    let config = types::Config {
        suggested_lang_code: Some("en".into()),
        ..Default::default()
    };
    let read = types::Config::from_bytes(&config.to_bytes()).expect("just written");
    assert_eq!(
        (read.lang_pack_version, read.base_lang_pack_version),
        (Some(0), Some(0))
    );
}

#[test]
fn a_mark_on_the_bit_of_a_value_is_said_by_the_value() {
    // user.bot is flags.14, the bit of bot_info_version.
    let bot = types::User {
        bot_info_version: Some(1),
        ..Default::default()
    };
    assert_eq!(bot.to_bytes()[4..8], words(&[1 << 14]));
    assert_eq!(types::User::default().to_bytes()[4..8], words(&[0]));
}

#[test]
fn a_value_before_the_flags_word_is_read_first() {
    let poll = types::Poll {
        id: 3,
        quiz: true,
        close_period: Some(60),
        ..Default::default()
    };
    assert_eq!(poll.to_bytes()[4..12], words(&[3, 0]));
    assert_eq!(types::Poll::from_bytes(&poll.to_bytes()), Ok(poll));
}

#[test]
fn requests_know_their_id_name_and_answer() {
    fn answer<F: Function>(answer: &F::Return) -> Vec<u8> {
        answer.to_bytes()
    }
    assert_eq!(name_of(GetContactIDs::ID), Some("contacts.getContactIDs"));
    assert_eq!(name_of(0xffffffff), None);
    assert_eq!(
        answer::<GetContactIDs>(&vec![1, 2]),
        words(&[0x1cb5c415, 2, 1, 2])
    );
    assert_eq!(answer::<ResetAuthorizations>(&true), words(&[0x997275b5]));
}

#[test]
fn what_handlers_build_has_defaults() {
    types::User::default();
    types::UserFull::default();
    types::Config::default();
    types::Channel::default();
    types::Updates::default();
    assert_eq!(types::Dialog::default().peer.constructor_name(), "peerUser");
    assert_eq!(enums::Message::default().constructor_name(), "messageEmpty");
    assert_eq!(enums::InputPeer::default(), enums::InputPeer::Empty);
}

#[test]
fn debug_output_holds_no_text() {
    let message = types::Message {
        id: 5,
        message: "secret".into(),
        ..Default::default()
    };
    let shown = format!("{:?}", enums::Message::from(message));
    assert!(
        shown.starts_with("message { ") && shown.contains("id: 5"),
        "{shown}"
    );
    assert!(!shown.contains("secret"), "{shown}");

    let request = functions::auth::SignIn {
        phone_number: "+0".into(),
        ..Default::default()
    };
    assert_eq!(format!("{request:?}"), "auth.signIn");
}

#[test]
fn another_constructor_of_the_type_is_not_the_struct() {
    let chat = types::PeerChat { chat_id: 1 }.to_bytes();
    assert_eq!(
        types::PeerUser::from_bytes(&chat),
        Err(DecodeError::UnknownConstructor)
    );
}
