//! Fields that must be worked out of other fields.

use super::FieldRule;
use crate::LayerError;
use crate::transcode::{Run, Source};
use crate::wire::{put_string, put_u32};
use heliograph_tl_schema::{Definition, Field};

/// (definition, field of the target, a field that the source must have, how).
pub const FIELDS: &[(&str, &str, &str, FieldRule)] = &[
    // Up to 158 (drafts: 165) a reply was a number, and later also a topic.
    (
        "messages.sendMessage",
        "reply_to",
        "reply_to_msg_id",
        reply_to,
    ),
    (
        "messages.saveDraft",
        "reply_to",
        "reply_to_msg_id",
        reply_to,
    ),
    (
        "draftMessage",
        "reply_to_msg_id",
        "reply_to",
        reply_to_msg_id,
    ),
    // Up to 186 a report gave its reason at once.
    ("messages.report", "option", "reason", report_reason),
    // Up to 146 a person had one username.
    ("updateUserName", "username", "usernames", first_username),
    // Up to 158 only persons voted.
    ("updateMessagePollVote", "user_id", "peer", voter),
    // Up to 204 a theme was an emoji.
    (
        "messageActionSetChatTheme",
        "emoticon",
        "theme",
        theme_emoticon,
    ),
    ("userFull", "theme_emoticon", "theme", theme_emoticon),
    // Up to 167 one peer was shared at a time.
    ("messageActionRequestedPeer", "peer", "peers", first_peer),
];

/// The rule that fills `field` of `to`.
pub fn field_rule(from: &Definition, to: &Definition, field: &Field) -> Option<FieldRule> {
    let has = |name: &str| from.fields.iter().any(|field| field.name == name);
    let row = FIELDS
        .iter()
        .find(|row| (row.0, row.1) == (&to.name, &field.name) && has(row.2));
    row.map(|row| row.3)
}

fn reply_to(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    let (message, topic) = (source.int("reply_to_msg_id")?, source.int("top_msg_id")?);
    if message == 0 && topic == 0 {
        return Ok(false);
    }
    // A text sent into a topic without a reply answers the message that opened the topic.
    let message = if message == 0 { topic } else { message };
    run.put_id("inputReplyToMessage")?;
    let has_topic = topic != 0;
    put_u32(run.out, u32::from(has_topic)); // flags.0: top_msg_id
    put_u32(run.out, message);
    if has_topic {
        put_u32(run.out, topic);
    }
    Ok(true)
}

fn reply_to_msg_id(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    if !run.go_to(source, "reply_to") {
        return Ok(false);
    }
    let reply = run.read("InputReplyTo")?;
    if !reply.has("reply_to_msg_id") {
        return Ok(false);
    }
    put_u32(run.out, reply.int("reply_to_msg_id")?);
    Ok(true)
}

/// The option is the name of the older reason: what it means is for whoever takes reports.
fn report_reason(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    if !run.go_to(source, "reason") {
        return Ok(false);
    }
    let reason = run.read("ReportReason")?;
    put_string(run.out, reason.name().as_bytes());
    Ok(true)
}

fn first_username(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    let mut first: &[u8] = b"";
    if run.go_to(source, "usernames") && run.input.vector()? > 0 {
        first = run.read("Username")?.string("username")?;
    }
    put_string(run.out, first);
    Ok(true)
}

fn voter(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    if !run.go_to(source, "peer") {
        return Ok(false);
    }
    let peer = run.read("Peer")?;
    if !peer.has("user_id") {
        return Ok(false);
    }
    run.out.extend(peer.long("user_id")?.to_le_bytes());
    Ok(true)
}

fn theme_emoticon(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    if !run.go_to(source, "theme") {
        return Ok(false);
    }
    let theme = run.read("ChatTheme")?;
    if !theme.has("emoticon") {
        return Ok(false);
    }
    put_string(run.out, theme.string("emoticon")?);
    Ok(true)
}

fn first_peer(run: &mut Run<'_>, source: &Source<'_>) -> Result<bool, LayerError> {
    if !run.go_to(source, "peers") || run.input.vector()? == 0 {
        return Ok(false);
    }
    run.boxed("Peer")?;
    Ok(true)
}
