//! Keyboards on both sides of layer 229.

use crate::support::{check_down, check_up};
use heliograph_layers::CANONICAL;

fn message(markup: &str) -> String {
    format!(
        r#"messages.sendMessage{{peer=inputPeerSelf, message="m", random_id=1, reply_markup={markup}}}"#
    )
}

const INLINE_227: &str = r#"replyInlineMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonUrl{text="a", url="u"}, keyboardButtonCallback{requires_password, style=keyboardButtonStyle{bg_danger}, text="b", data="d"}]}]}"#;
const INLINE_229: &str = r#"replyInlineMarkup{rows=[keyboardInlineButtonRow{buttons=[keyboardInlineButton{text="a", type=inlineButtonTypeUrl{url="u"}}, keyboardInlineButton{style=keyboardButtonStyle{bg_danger}, text="b", type=inlineButtonTypeCallback{requires_password, data="d"}}]}]}"#;
const REPLY_227: &str = r#"replyKeyboardMarkup{resize, rows=[keyboardButtonRow{buttons=[keyboardButton{text="a"}, keyboardButtonRequestPhone{text="b"}, keyboardButtonRequestPoll{quiz=true, text="c"}]}]}"#;
const REPLY_229: &str = r#"replyKeyboardMarkup{resize, rows=[keyboardButtonRow{buttons=[keyboardButton{text="a", type=buttonTypeDefault}, keyboardButton{text="b", type=buttonTypeRequestPhone}, keyboardButton{text="c", type=buttonTypeRequestPoll{quiz=true}}]}]}"#;

#[test]
fn inline_buttons_get_types_for_229() {
    check_down(&[229, 230], INLINE_227, INLINE_229);
}

#[test]
fn inline_buttons_lose_their_types_on_the_way_up() {
    check_up(&[229, 230], &message(INLINE_229), &message(INLINE_227));
}

#[test]
fn reply_buttons_get_types_for_229() {
    check_down(&[229, 230], REPLY_227, REPLY_229);
}

#[test]
fn reply_buttons_lose_their_types_on_the_way_up() {
    check_up(&[229, 230], &message(REPLY_229), &message(REPLY_227));
    check_up(&[CANONICAL], &message(REPLY_227), &message(REPLY_227));
}

#[test]
fn buttons_that_do_not_belong_where_they_stand_are_left_out_for_229() {
    check_down(
        &[229],
        r#"replyInlineMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonRequestPhone{text="a"}, keyboardButtonGame{text="b"}]}]}"#,
        r#"replyInlineMarkup{rows=[keyboardInlineButtonRow{buttons=[keyboardInlineButton{text="b", type=inlineButtonTypeGame}]}]}"#,
    );
    check_down(
        &[229],
        r#"replyKeyboardMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonUrl{text="a", url="u"}, keyboardButton{text="b"}]}]}"#,
        r#"replyKeyboardMarkup{rows=[keyboardButtonRow{buttons=[keyboardButton{text="b", type=buttonTypeDefault}]}]}"#,
    );
}

#[test]
fn buttons_that_the_server_does_not_serve_are_left_out_of_requests() {
    check_up(
        &[229],
        &message(
            r#"replyInlineMarkup{rows=[keyboardInlineButtonRow{buttons=[keyboardInlineButton{text="a", type=inlineButtonTypeWebView{url="u"}}, keyboardInlineButton{text="b", type=inlineButtonTypeCopy{copy_text="c"}}]}]}"#,
        ),
        &message(
            r#"replyInlineMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonCopy{text="b", copy_text="c"}]}]}"#,
        ),
    );
}

#[test]
fn a_button_that_an_old_layer_lacks_keeps_its_text() {
    check_down(
        &[143, 186],
        r#"replyInlineMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonCopy{text="a", copy_text="c"}]}]}"#,
        r#"replyInlineMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonCallback{text="a", data=""}]}]}"#,
    );
    check_down(
        &[143, 150],
        r#"replyKeyboardMarkup{rows=[keyboardButtonRow{buttons=[keyboardButtonRequestPeer{text="a", button_id=1, peer_type=requestPeerTypeUser, max_quantity=1}]}]}"#,
        r#"replyKeyboardMarkup{rows=[keyboardButtonRow{buttons=[keyboardButton{text="a"}]}]}"#,
    );
}
