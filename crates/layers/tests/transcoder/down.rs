//! What older and newer clients are told: each rule, by what such a client reads.

use crate::support::{check_down, down, schema, text};
use heliograph_layers::{CANONICAL, LayerError, Layers};
use heliograph_tl_schema::Kind;

#[test]
fn the_canonical_layer_gets_the_bytes_as_they_are() {
    let layers = Layers::shared();
    let page = heliograph_layers::bench_data::history_page();
    let mut out = vec![7];
    layers
        .down(CANONICAL, &page, &mut out)
        .expect("nothing is done");
    assert_eq!(out[1..], page);
}

#[test]
fn a_message_is_written_in_the_form_of_the_layer() {
    let message = r#"message{out, id=5, from_id=peerUser{user_id=7}, peer_id=peerUser{user_id=8}, date=9, message="hi"}"#;
    check_down(&[143, 158, 177, 198, 216, 224, 229, 230], message, message);
}

#[test]
fn flags_and_fields_that_a_layer_lacks_are_left_out() {
    check_down(
        &[144],
        r#"message{offline, from_scheduled, id=5, peer_id=peerUser{user_id=8}, date=9, message="hi", effect=3}"#,
        r#"message{from_scheduled, id=5, peer_id=peerUser{user_id=8}, date=9, message="hi"}"#,
    );
}

#[test]
fn values_on_one_flag_bit_appear_together() {
    check_down(
        &[143, 216, 230],
        r#"message{id=5, peer_id=peerUser{user_id=8}, date=9, message="hi", views=4, forwards=2}"#,
        r#"message{id=5, peer_id=peerUser{user_id=8}, date=9, message="hi", views=4, forwards=2}"#,
    );
}

#[test]
fn a_true_flag_on_the_bit_of_a_value_does_not_set_it() {
    // In layers up to 199 `unclaimed` shares its bit with `currency`; set alone, it must not announce
    // a currency that is not there.
    let gift = r#"messageActionGiftCode{unclaimed, days=30, slug="s"}"#;
    check_down(
        &[173, 199],
        gift,
        r#"messageActionGiftCode{months=0, slug="s"}"#,
    );
    check_down(
        &[201],
        gift,
        r#"messageActionGiftCode{unclaimed, months=0, slug="s"}"#,
    );
}

#[test]
fn bits_that_a_layer_does_not_know_are_cleared() {
    check_down(
        &[144],
        "chatAdminRights{change_info, manage_topics, post_stories}",
        "chatAdminRights{change_info}",
    );
}

#[test]
fn bits_without_any_meaning_are_cleared() {
    let mut user = text::write(
        &schema(CANONICAL),
        r#"updates{updates=[], users=[user{id=7, first_name="A"}]}"#,
    );
    let flags_at = 4 + 8 + 8 + 4;
    user[flags_at] |= 0x80; // bit 7 of `user.flags` is not assigned
    let mut out = Vec::new();
    Layers::shared()
        .down(181, &user, &mut out)
        .expect("181 has users");
    let shown = text::show(&schema(181), &out).expect("no bit is left that 181 does not know");
    assert_eq!(
        shown,
        r#"updates{updates=[], users=[user{id=7, first_name="A"}], chats=[], date=0, seq=0}"#
    );
}

#[test]
fn unknown_media_are_called_unsupported() {
    check_down(
        &[143, 158],
        r#"message{id=5, peer_id=peerUser{user_id=8}, message="", media=messageMediaStory{peer=peerUser{user_id=8}, id=1}}"#,
        r#"message{id=5, peer_id=peerUser{user_id=8}, date=0, message="", media=messageMediaUnsupported}"#,
    );
}

#[test]
fn an_unknown_service_action_is_empty() {
    check_down(
        &[143, 146],
        r#"messageService{id=5, peer_id=peerUser{user_id=8}, action=messageActionTopicCreate{title="t"}}"#,
        "messageService{id=5, peer_id=peerUser{user_id=8}, date=0, action=messageActionEmpty}",
    );
}

#[test]
fn unknown_entities_are_left_out() {
    check_down(
        &[143],
        r#"message{id=5, peer_id=peerUser{user_id=8}, message="hi", entities=[messageEntityBold{length=1}, messageEntityCustomEmoji{length=2}]}"#,
        r#"message{id=5, peer_id=peerUser{user_id=8}, date=0, message="hi", entities=[messageEntityBold{offset=0, length=1}]}"#,
    );
}

#[test]
fn an_unknown_code_is_typed_in_like_one_from_a_text_message() {
    check_down(
        &[143, 148],
        r#"auth.sentCode{type=auth.sentCodeTypeFragmentSms{url="u", length=5}, phone_code_hash="h", next_type=auth.codeTypeFragmentSms}"#,
        r#"auth.sentCode{type=auth.sentCodeTypeSms{length=5}, phone_code_hash="h", next_type=auth.codeTypeSms}"#,
    );
    check_down(
        &[143, 177],
        r#"auth.sentCode{type=auth.sentCodeTypeSmsWord, phone_code_hash="h"}"#,
        r#"auth.sentCode{type=auth.sentCodeTypeSms{length=0}, phone_code_hash="h"}"#,
    );
}

#[test]
fn an_unknown_action_is_shown_as_typing() {
    check_down(
        &[143, 214],
        r#"updateUserTyping{user_id=7, action=sendMessageTextDraftAction{random_id=1, text=textWithEntities{text="t"}}}"#,
        "updateUserTyping{user_id=7, action=sendMessageTypingAction}",
    );
}

#[test]
fn an_unknown_update_is_left_out() {
    check_down(
        &[143, 150],
        "updates{updates=[updateUser{user_id=7}, updatePtsChanged], date=3, seq=4}",
        "updates{updates=[updatePtsChanged], users=[], chats=[], date=3, seq=4}",
    );
}

#[test]
fn a_single_unknown_update_becomes_no_update() {
    check_down(
        &[143, 150],
        "updateShort{update=updateUser{user_id=7}, date=3}",
        "updates{updates=[], users=[], chats=[], date=3, seq=0}",
    );
    check_down(
        &[152],
        "updateShort{update=updateUser{user_id=7}, date=3}",
        "updateShort{update=updateUser{user_id=7}, date=3}",
    );
}

/// Every update with `pts` must arrive with its counts in every layer, whatever becomes of the rest;
/// and none that stands for another may delete what that other named.
#[test]
fn no_layer_loses_count() {
    let full = schema(CANONICAL);
    let counted = full.constructors_of("Update").filter(|one| {
        let has = |name: &str| {
            one.fields
                .iter()
                .any(|field| field.name == name && field.flag.is_none())
        };
        has("pts") && has("pts_count")
    });
    let mut checked = 0;
    for definition in counted {
        let mut random = crate::support::sample::Random(11);
        for _ in 0..20 {
            let Some(update) = crate::support::sample::bytes_of(&full, definition, &mut random)
            else {
                continue;
            };
            let mut pushed = text::write(&full, "updates{updates=[], date=1, seq=2}");
            pushed[8..12].copy_from_slice(&1u32.to_le_bytes());
            pushed.splice(12..12, update);
            let shown = text::show(&full, &pushed).expect("one update");
            let counts = |shown: &str| {
                let at = shown.rfind("pts=").expect("pts is shown");
                shown[at..]
                    .split([',', '}'])
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(",")
            };
            for &layer in Layers::shared().collected() {
                let mut out = Vec::new();
                Layers::shared()
                    .down(layer, &pushed, &mut out)
                    .expect("updates are never without a form");
                let rewritten = text::show(schema_of(layer), &out).expect("the layer reads it");
                assert_eq!(
                    counts(&rewritten),
                    counts(&shown),
                    "{layer}: {shown} became {rewritten}"
                );
                let deletes = rewritten.contains("updateDelete") && !shown.contains("updateDelete");
                assert!(
                    !deletes || rewritten.contains("messages=[],"),
                    "{layer}: {shown} became {rewritten}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 5000, "only {checked} updates were checked");
}

/// The schemas of all layers, parsed once.
fn schema_of(layer: u16) -> &'static heliograph_tl_schema::Schema {
    use std::collections::BTreeMap;
    use std::sync::OnceLock;
    static SCHEMAS: OnceLock<BTreeMap<u16, heliograph_tl_schema::Schema>> = OnceLock::new();
    let all = SCHEMAS.get_or_init(|| {
        let layers = Layers::shared().collected();
        layers.iter().map(|&layer| (layer, schema(layer))).collect()
    });
    &all[&layer]
}

#[test]
fn a_text_with_entities_becomes_its_text() {
    check_down(
        &[143, 193],
        r#"dialogFilter{id=2, title=textWithEntities{text="Work"}, pinned_peers=[], include_peers=[], exclude_peers=[]}"#,
        r#"dialogFilter{id=2, title="Work", pinned_peers=[], include_peers=[], exclude_peers=[]}"#,
    );
}

#[test]
fn a_started_second_of_a_video_counts() {
    check_down(
        &[143, 158],
        "documentAttributeVideo{duration=2.25, w=4, h=3}",
        "documentAttributeVideo{duration=3, w=4, h=3}",
    );
}

#[test]
fn voters_that_are_no_persons_are_left_out() {
    check_down(
        &[143, 158],
        "pollResults{total_voters=2, recent_voters=[peerUser{user_id=7}, peerChannel{channel_id=8}]}",
        "pollResults{total_voters=2, recent_voters=[7]}",
    );
    check_down(
        &[143, 158],
        r#"updateMessagePollVote{poll_id=1, peer=peerUser{user_id=7}, options=["a"], qts=3}"#,
        r#"updateMessagePollVote{poll_id=1, user_id=7, options=["a"], qts=3}"#,
    );
}

#[test]
fn reactions_were_emoji_once() {
    check_down(
        &[143, 144],
        r#"messageReactions{results=[reactionCount{reaction=reactionEmoji{emoticon="x"}, count=2}, reactionCount{reaction=reactionCustomEmoji{document_id=1}, count=3}]}"#,
        r#"messageReactions{results=[reactionCount{reaction="x", count=2}]}"#,
    );
}

#[test]
fn a_color_was_a_number_once() {
    check_down(
        &[166],
        "user{id=7, color=peerColor{color=3}}",
        "user{id=7, color=3}",
    );
}

#[test]
fn a_draft_replied_to_a_number_once() {
    check_down(
        &[143, 165],
        r#"draftMessage{reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="m", date=1}"#,
        r#"draftMessage{reply_to_msg_id=4, message="m", date=1}"#,
    );
    check_down(
        &[143],
        r#"draftMessage{message="m", date=1}"#,
        r#"draftMessage{message="m", date=1}"#,
    );
    check_down(
        &[166, 181],
        r#"draftMessage{reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="m", date=1}"#,
        r#"draftMessage{reply_to=inputReplyToMessage{reply_to_msg_id=4}, message="m", date=1}"#,
    );
}

#[test]
fn a_person_had_one_username_once() {
    check_down(
        &[143, 146],
        r#"updateUserName{user_id=7, first_name="A", last_name="B", usernames=[username{username="ab"}, username{username="cd"}]}"#,
        r#"updateUserName{user_id=7, first_name="A", last_name="B", username="ab"}"#,
    );
    check_down(
        &[143],
        r#"updateUserName{user_id=7, first_name="A", last_name="B", usernames=[]}"#,
        r#"updateUserName{user_id=7, first_name="A", last_name="B", username=""}"#,
    );
}

#[test]
fn a_theme_was_an_emoji_once() {
    check_down(
        &[143, 204],
        r#"messageActionSetChatTheme{theme=chatTheme{emoticon="x"}}"#,
        r#"messageActionSetChatTheme{emoticon="x"}"#,
    );
    let full = "userFull{id=7, settings=peerSettings, notify_settings=peerNotifySettings, \
                theme=chatTheme{emoticon=\"x\"}}";
    let shown = down(204, full).expect("204 has userFull");
    assert!(shown.contains(r#"theme_emoticon="x""#), "{shown}");
}

#[test]
fn one_peer_was_shared_at_a_time_once() {
    check_down(
        &[152, 167],
        "messageActionRequestedPeer{button_id=1, peers=[peerUser{user_id=7}, peerUser{user_id=8}]}",
        "messageActionRequestedPeer{button_id=1, peer=peerUser{user_id=7}}",
    );
    check_down(
        &[152],
        "messageActionRequestedPeer{button_id=1, peers=[]}",
        "messageActionEmpty",
    );
}

#[test]
fn limits_that_moved_out_of_the_config_keep_their_usual_values() {
    let config = "config{date=1, expires=2, this_dc=2, dc_options=[], me_url_prefix=\"u\"}";
    let shown = down(152, config).expect("152 has config");
    for part in [
        "saved_gifs_limit=200",
        "stickers_faved_limit=5",
        "pinned_dialogs_count_max=5",
        "pinned_infolder_count_max=100",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(
        !down(155, config)
            .expect("155 has config")
            .contains("saved_gifs_limit")
    );
}

#[test]
fn a_promotion_without_a_peer_is_none() {
    check_down(
        &[143, 201],
        r#"help.promoData{expires=3, psa_type="p"}"#,
        "help.promoDataEmpty{expires=3}",
    );
}

#[test]
fn an_answer_that_was_a_part_of_todays_answer_is_that_part() {
    let answer = |layer: u16, function: &str, canonical: &str| {
        let full = schema(CANONICAL);
        let id = full
            .find_function(function)
            .expect("a canonical function")
            .id;
        let mut out = Vec::new();
        let bytes = text::write(&full, canonical);
        Layers::shared().down_result(layer, id, &bytes, &mut out)?;
        let result = &schema(layer)
            .find_function(function)
            .expect("the layer has it")
            .result
            .clone();
        Ok(text::show_value(&schema(layer), result, &out).expect("the layer reads it"))
    };
    let config = r#"help.appConfig{hash=4, config=jsonObject{value=[jsonObjectValue{key="k", value=jsonNull}]}}"#;
    let inside = r#"jsonObject{value=[jsonObjectValue{key="k", value=jsonNull}]}"#;
    assert_eq!(
        answer(143, "help.getAppConfig", config).as_deref(),
        Ok(inside)
    );
    assert_eq!(
        answer(155, "help.getAppConfig", config).as_deref(),
        Ok(config)
    );

    let filters = "messages.dialogFilters{filters=[dialogFilterDefault]}";
    assert_eq!(
        answer(174, "messages.getDialogFilters", filters).as_deref(),
        Ok("[dialogFilterDefault]")
    );
    assert_eq!(
        answer(177, "messages.getDialogFilters", filters).as_deref(),
        Ok(filters)
    );

    let preview = "messages.webPagePreview{media=messageMediaEmpty}";
    assert_eq!(
        answer(193, "messages.getWebPagePreview", preview).as_deref(),
        Ok("messageMediaEmpty")
    );

    let done = "reportResultReported";
    assert_eq!(answer(181, "messages.report", done).as_deref(), Ok("true"));
    assert_eq!(answer(189, "messages.report", done).as_deref(), Ok(done));
    let unchanged = answer(143, "help.getAppConfig", "help.appConfigNotModified");
    assert_eq!(unchanged, Err(LayerError::Inexpressible));
}

#[test]
fn a_bare_vector_is_rewritten_by_its_function() {
    let full = schema(CANONICAL);
    let id = full
        .find_function("users.getUsers")
        .expect("a canonical function")
        .id;
    let user = text::write(&full, r#"user{id=7, first_name="A"}"#);
    let mut answer = [0x1cb5c415u32.to_le_bytes(), 1u32.to_le_bytes()].concat();
    answer.extend(user);
    let mut out = Vec::new();
    Layers::shared()
        .down_result(158, id, &answer, &mut out)
        .expect("158 has users");
    let result = schema(158)
        .find_function("users.getUsers")
        .expect("158 has it")
        .result
        .clone();
    let shown = text::show_value(&schema(158), &result, &out);
    assert_eq!(shown.as_deref(), Ok(r#"[user{id=7, first_name="A"}]"#));

    let numbers = [0x1cb5c415u32, 2, 5, 6].map(u32::to_le_bytes).concat();
    let id = full
        .find_function("contacts.getContactIDs")
        .expect("a canonical function")
        .id;
    out.clear();
    Layers::shared()
        .down_result(143, id, &numbers, &mut out)
        .expect("numbers are numbers");
    assert_eq!(out, numbers);
}

#[test]
fn a_bool_is_the_same_everywhere() {
    let layers = Layers::shared();
    let id = schema(CANONICAL)
        .find_function("account.updateStatus")
        .expect("a canonical function")
        .id;
    let answer = 0x997275b5u32.to_le_bytes();
    for &layer in layers.collected() {
        let mut out = Vec::new();
        layers
            .down_result(layer, id, &answer, &mut out)
            .expect("a Bool");
        assert_eq!(out, answer);
    }
}

/// What the server may answer must have a form in every layer whose clients can ask for it.
#[test]
fn every_answer_has_a_form_in_every_layer() {
    // Answers that the server gives only to what older clients never send.
    let never_given = [
        "auth.sentCodeSuccess",      // to future_auth_tokens, which 151 brought
        "help.appConfigNotModified", // to a hash, which 153 brought
    ];
    let full = schema(CANONICAL);
    let served = crate::support::served();
    let layers = Layers::shared();
    let mut missing = std::collections::BTreeSet::new();
    let mut checked = 0;
    for function in served
        .definitions()
        .iter()
        .filter(|one| one.kind == Kind::Function)
    {
        let heliograph_tl_schema::Ty::Boxed(ty) = &function.result else {
            continue;
        };
        for definition in served.constructors_of(ty) {
            let definition = full
                .find_id(definition.id)
                .expect("served is a part of the full schema");
            let mut random = crate::support::sample::Random(u64::from(definition.id));
            for _ in 0..6 {
                let Some(answer) = crate::support::sample::bytes_of(&full, definition, &mut random)
                else {
                    continue;
                };
                for &layer in layers.collected() {
                    if schema_of(layer).find_function(&function.name).is_none() {
                        continue;
                    }
                    let mut out = Vec::new();
                    let result = layers.down_result(layer, function.id, &answer, &mut out);
                    checked += 1;
                    if result.is_err() && !never_given.contains(&definition.name.as_str()) {
                        missing.insert(format!("{} to {layer}: {result:?}", definition.name));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(checked > 10_000, "only {checked} answers were checked");
}
