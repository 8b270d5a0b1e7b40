//! What the server reads of requests of other layers.

use crate::support::{check_up, schema, text, up};
use heliograph_layers::{CANONICAL, LayerError, Layers};
use heliograph_tl_schema::Kind;

#[test]
fn a_text_arrives_from_every_layer() {
    let layers = Layers::shared().collected();
    check_up(
        layers,
        r#"messages.sendMessage{silent, peer=inputPeerUser{user_id=7, access_hash=8}, message="hi", random_id=9}"#,
        r#"messages.sendMessage{silent, peer=inputPeerUser{user_id=7, access_hash=8}, message="hi", random_id=9}"#,
    );
}

#[test]
fn a_reply_was_a_number_once() {
    check_up(
        &[143, 158],
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to_msg_id=4, message="hi", random_id=9}"#,
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="hi", random_id=9}"#,
    );
    check_up(
        &[148, 158],
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to_msg_id=4, top_msg_id=2, message="hi", random_id=9}"#,
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToMessage{reply_to_msg_id=4, top_msg_id=2}, message="hi", random_id=9}"#,
    );
    check_up(
        &[160, 198, 230],
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="hi", random_id=9}"#,
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="hi", random_id=9}"#,
    );
}

#[test]
fn a_text_into_a_topic_answers_its_first_message() {
    check_up(
        &[148],
        r#"messages.sendMessage{peer=inputPeerSelf, top_msg_id=2, message="hi", random_id=9}"#,
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToMessage{reply_to_msg_id=2, top_msg_id=2}, message="hi", random_id=9}"#,
    );
}

#[test]
fn a_report_gave_its_reason_at_once() {
    check_up(
        &[143, 181],
        r#"messages.report{peer=inputPeerSelf, id=[4], reason=inputReportReasonFake, message="m"}"#,
        r#"messages.report{peer=inputPeerSelf, id=[4], option="inputReportReasonFake", message="m"}"#,
    );
    check_up(
        &[189, 230],
        r#"messages.report{peer=inputPeerSelf, id=[4], option="scam", message=""}"#,
        r#"messages.report{peer=inputPeerSelf, id=[4], option="scam", message=""}"#,
    );
}

#[test]
fn posts_were_searched_by_tag_alone_once() {
    let tag = r#"channels.searchPosts{hashtag="rain", offset_rate=5, offset_peer=inputPeerEmpty, offset_id=6, limit=7}"#;
    check_up(&[185, 204, 214, 230], tag, tag);
    let query = r#"channels.searchPosts{query="rain", offset_rate=5, offset_peer=inputPeerEmpty, offset_id=6, limit=7}"#;
    check_up(&[214, 230], query, query);
}

#[test]
fn a_draft_replied_to_a_number_once() {
    check_up(
        &[143, 165],
        r#"messages.saveDraft{reply_to_msg_id=4, peer=inputPeerSelf, message="m"}"#,
        r#"messages.saveDraft{reply_to=inputReplyToMessage{reply_to_msg_id=4}, peer=inputPeerSelf, message="m"}"#,
    );
    check_up(
        &[143],
        r#"messages.saveDraft{peer=inputPeerSelf, message="m"}"#,
        r#"messages.saveDraft{peer=inputPeerSelf, message="m"}"#,
    );
}

#[test]
fn what_the_server_does_not_know_is_left_out() {
    check_up(
        &[CANONICAL],
        r#"messages.sendMessage{peer=inputPeerSelf, reply_to=inputReplyToStory{peer=inputPeerSelf, story_id=1}, message="hi", random_id=9, quick_reply_shortcut=inputQuickReplyShortcutId{shortcut_id=1}}"#,
        r#"messages.sendMessage{peer=inputPeerSelf, message="hi", random_id=9}"#,
    );
}

#[test]
fn bits_that_no_layer_knows_are_cleared() {
    let request = r#"messages.sendMessage{peer=inputPeerSelf, message="hi", random_id=9}"#;
    let mut bytes = text::write(&schema(CANONICAL), request);
    bytes[4..8].copy_from_slice(&0x8000_0000u32.to_le_bytes());
    let mut out = Vec::new();
    Layers::shared()
        .up(&bytes, &mut out)
        .expect("the bit is ignored");
    assert_eq!(
        text::show(&crate::support::served(), &out).as_deref(),
        Ok(request)
    );
}

#[test]
fn one_peer_was_asked_for_at_a_time_once() {
    let markup = |button: &str| {
        format!(
            r#"messages.sendMessage{{peer=inputPeerSelf, message="m", random_id=1, reply_markup=replyKeyboardMarkup{{rows=[keyboardButtonRow{{buttons=[{button}]}}]}}}}"#
        )
    };
    check_up(
        &[152, 167],
        &markup(
            r#"keyboardButtonRequestPeer{text="t", button_id=1, peer_type=requestPeerTypeUser}"#,
        ),
        &markup(
            r#"keyboardButtonRequestPeer{text="t", button_id=1, peer_type=requestPeerTypeUser, max_quantity=1}"#,
        ),
    );
}

#[test]
fn a_question_was_a_string_once() {
    let media = |question: &str, hash: &str| {
        format!(
            "messages.editMessage{{peer=inputPeerSelf, id=1, media=inputMediaPoll{{poll=poll{{id=1, question={question}, answers=[]{hash}}}}}}}"
        )
    };
    check_up(
        &[143, 177],
        &media("\"q\"", ""),
        &media("textWithEntities{text=\"q\", entities=[]}", ", hash=0"),
    );
}

#[test]
fn the_length_of_a_video_was_a_number_of_seconds_once() {
    let media = |duration: &str| {
        format!(
            "messages.editMessage{{peer=inputPeerSelf, id=1, media=inputMediaUploadedDocument{{file=inputFile{{id=1, parts=1, name=\"n\", md5_checksum=\"m\"}}, mime_type=\"t\", attributes=[documentAttributeVideo{{duration={duration}, w=4, h=3}}]}}}}"
        )
    };
    check_up(&[143, 158], &media("2"), &media("2.0"));
}

#[test]
fn a_request_that_loses_its_meaning_is_refused() {
    let action = "messages.setTyping{peer=inputPeerSelf, action=speakingInGroupCallAction}";
    assert_eq!(up(CANONICAL, action), Err(LayerError::Inexpressible));
}

#[test]
fn a_method_is_known_in_any_layer_unserved_or_unknown() {
    let layers = Layers::shared();
    let mut out = Vec::new();
    let unserved = text::write(&schema(CANONICAL), "payments.getStarsTopupOptions");
    assert_eq!(layers.up(&unserved, &mut out), Err(LayerError::Unserved));
    assert_eq!(
        layers.up(&[1, 2, 3, 4], &mut out),
        Err(LayerError::UnknownMethod)
    );
    // A constructor is no method.
    let object = text::write(&schema(CANONICAL), "inputPeerSelf");
    assert_eq!(layers.up(&object, &mut out), Err(LayerError::UnknownMethod));
    assert_eq!(layers.up(&[], &mut out), Err(LayerError::Malformed));
    assert!(out.is_empty());

    let id = |layer: u16, name: &str| schema(layer).find_function(name).expect(name).id;
    assert_eq!(
        layers.function_name(id(143, "messages.sendMessage")),
        Some("messages.sendMessage")
    );
    assert_eq!(
        layers.function_name(id(229, "messages.sendMessage")),
        Some("messages.sendMessage")
    );
    assert_eq!(layers.function_name(0x7da07ec9), None);
    assert_eq!(layers.function_name(1), None);
}

/// Every request of every layer that the server serves is read, or refused for what it asks.
#[test]
fn every_served_request_is_raised_from_every_layer() {
    let served = crate::support::served();
    let layers = Layers::shared();
    let (mut raised, mut refused) = (0u32, 0u32);
    for &layer in layers.collected() {
        let schema = schema(layer);
        let mut random = crate::support::sample::Random(u64::from(layer));
        for function in schema
            .definitions()
            .iter()
            .filter(|one| one.kind == Kind::Function)
        {
            if served.find_function(&function.name).is_none() {
                continue;
            }
            for _ in 0..3 {
                let Some(request) =
                    crate::support::sample::bytes_of(&schema, function, &mut random)
                else {
                    continue;
                };
                let mut out = Vec::new();
                match layers.up(&request, &mut out) {
                    Ok(()) => {
                        let shown = text::show(&served, &out);
                        assert!(
                            shown.is_ok_and(|text| text.starts_with(&function.name)),
                            "{layer} {}",
                            function.name
                        );
                        raised += 1;
                    }
                    Err(LayerError::Inexpressible) => refused += 1,
                    Err(error) => panic!("{} of {layer}: {error}", function.name),
                }
            }
        }
    }
    assert!(
        raised > 5000 && refused * 50 < raised,
        "{raised} raised, {refused} refused"
    );
}

#[test]
fn a_peer_is_taken_where_a_channel_or_user_is_due() {
    let layers = Layers::shared().collected();
    check_up(
        layers,
        r#"channels.updateUsername{channel=inputPeerChannel{channel_id=7, access_hash=8}, username="news"}"#,
        r#"channels.updateUsername{channel=inputChannel{channel_id=7, access_hash=8}, username="news"}"#,
    );
    check_up(
        layers,
        r"users.getUsers{id=[inputPeerSelf, inputPeerUser{user_id=7, access_hash=8}, inputPeerEmpty]}",
        r"users.getUsers{id=[inputUserSelf, inputUser{user_id=7, access_hash=8}, inputUserEmpty]}",
    );
    let somebody = r#"channels.updateUsername{channel=inputPeerUser{user_id=7, access_hash=8}, username="news"}"#;
    assert_eq!(up(CANONICAL, somebody), Err(LayerError::Malformed));
}
