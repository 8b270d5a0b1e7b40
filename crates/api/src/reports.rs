//! Reports from clients' own menus: the questions that lead to a reason, and where they go.
//!
//! <https://core.telegram.org/api/report>

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::channels;
use heliograph_model::{ChannelId, Message, MessageId, Peer, Territory, UserId};
use heliograph_moderation::Subject;
use heliograph_moderation::cases::{Excerpt, Origin};
use heliograph_moderation::decisions::{DecideError, Hide, Verdict};
use heliograph_moderation::reasons::{self, Answer, Question, Reason, Step};
use heliograph_moderation::reports::{COMMENT_CHARS_MAX, FileReport};
use heliograph_store::mailbox;
use heliograph_tl::enums::{InputPeer, ReportReason, ReportResult};
use heliograph_tl::{functions as f, types};
use heliograph_transparency::entry::Act;

/// How many messages one report hands over.
const MESSAGES_MAX: usize = 20;

/// The longest excerpt, in characters.
const EXCERPT_CHARS_MAX: usize = 1_000;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, report)
        .method(Access::User, Rate::Write, report_spam)
        .method(Access::User, Rate::Write, report_spam_in_channel)
        .method(Access::User, Rate::Write, report_peer)
        .method(Access::User, Rate::Write, report_profile_photo);
}

/// `messages.report`: asks for the reason step by step, and reports messages, or a chat where none
/// is named.
///
/// Fails with `OPTION_INVALID`, `MSG_ID_INVALID`, `PEER_ID_INVALID`, `CHANNEL_INVALID` or
/// `CHANNEL_PRIVATE`.
async fn report(cx: Ctx, req: f::messages::Report) -> Result<ReportResult> {
    let peer = cx.chat(&req.peer).await?;
    let reason = match step(&req.option)? {
        Step::Ask(question) => return Ok(ask(question)),
        Step::Given(reason) => reason,
    };
    if reason.needs_comment && req.message.trim().is_empty() && !is_older(&req.option) {
        return Ok(types::ReportResultAddComment {
            optional: false,
            option: req.option,
        }
        .into());
    }
    let ids: Vec<MessageId> = req.id.iter().map(|id| MessageId(*id as u32)).collect();
    file(&cx, peer, &ids, reason, &req.message).await?;
    Ok(ReportResult::Reported)
}

/// `messages.reportSpam`: reports a chat as spam.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn report_spam(cx: Ctx, req: f::messages::ReportSpam) -> Result<bool> {
    let peer = cx.chat(&req.peer).await?;
    file(&cx, peer, &[], spam(), "").await?;
    Ok(true)
}

/// `channels.reportSpam`: reports messages that somebody wrote in a group.
///
/// Fails with `CHANNEL_INVALID`, `CHANNEL_PRIVATE` or `MSG_ID_INVALID`.
async fn report_spam_in_channel(cx: Ctx, req: f::channels::ReportSpam) -> Result<bool> {
    let channel = cx.channel(&req.channel).await?;
    cx.standing(channel).await?.may_read()?;
    let ids: Vec<MessageId> = req.id.iter().map(|id| MessageId(*id as u32)).collect();
    file(&cx, channel.into(), &ids, spam(), "").await?;
    Ok(true)
}

/// `account.reportPeer`: reports a person, a bot, a channel or a group.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn report_peer(cx: Ctx, req: f::account::ReportPeer) -> Result<bool> {
    report_whole(&cx, &req.peer, &req.reason, &req.message).await
}

/// `account.reportProfilePhoto`: reports the picture of a peer; people look at the peer as a whole.
///
/// Fails as [`report_peer`] does.
async fn report_profile_photo(cx: Ctx, req: f::account::ReportProfilePhoto) -> Result<bool> {
    report_whole(&cx, &req.peer, &req.reason, &req.message).await
}

/// Reports a person from a secret chat as spam, without anything that was said there.
pub(crate) async fn spam_from(cx: &Ctx, person: UserId) -> Result<()> {
    file(cx, Peer::User(person), &[], spam(), "").await
}

async fn report_whole(
    cx: &Ctx,
    peer: &InputPeer,
    reason: &ReportReason,
    comment: &str,
) -> Result<bool> {
    let peer = cx.chat(peer).await?;
    file(cx, peer, &[], of_older(reason), comment).await?;
    Ok(true)
}

fn spam() -> &'static Reason {
    reasons::find("spam").expect("it is in the table")
}

/// What the reasons of `account.reportPeer`, and of older `messages.report`, mean here.
fn of_older(reason: &ReportReason) -> &'static Reason {
    let word = match reason {
        ReportReason::InputReportReasonSpam => "spam",
        ReportReason::InputReportReasonViolence => "violence",
        ReportReason::InputReportReasonPornography => "adult",
        ReportReason::InputReportReasonChildAbuse => "child-sexual",
        ReportReason::InputReportReasonCopyright => "copyright",
        ReportReason::InputReportReasonFake => "impersonation",
        ReportReason::InputReportReasonIllegalDrugs => "drugs",
        ReportReason::InputReportReasonPersonalDetails => "personal-data",
        ReportReason::InputReportReasonOther | ReportReason::InputReportReasonGeoIrrelevant => {
            "other"
        }
    };
    reasons::find(word).expect("it is in the table")
}

/// Whether an option is the name of an older reason, as clients up to layer 186 give it.
fn is_older(option: &[u8]) -> bool {
    option.starts_with(b"inputReportReason")
}

/// Where an option leads.
fn step(option: &[u8]) -> Result<Step> {
    let invalid = || RpcError::from(text::OPTION_INVALID);
    let option = std::str::from_utf8(option).map_err(|_| invalid())?;
    let older = match option {
        "inputReportReasonSpam" => Some(ReportReason::InputReportReasonSpam),
        "inputReportReasonViolence" => Some(ReportReason::InputReportReasonViolence),
        "inputReportReasonPornography" => Some(ReportReason::InputReportReasonPornography),
        "inputReportReasonChildAbuse" => Some(ReportReason::InputReportReasonChildAbuse),
        "inputReportReasonCopyright" => Some(ReportReason::InputReportReasonCopyright),
        "inputReportReasonFake" => Some(ReportReason::InputReportReasonFake),
        "inputReportReasonIllegalDrugs" => Some(ReportReason::InputReportReasonIllegalDrugs),
        "inputReportReasonPersonalDetails" => Some(ReportReason::InputReportReasonPersonalDetails),
        "inputReportReasonGeoIrrelevant" | "inputReportReasonOther" => {
            Some(ReportReason::InputReportReasonOther)
        }
        _ => None,
    };
    match older {
        Some(reason) => Ok(Step::Given(of_older(&reason))),
        None => reasons::step(option).ok_or_else(invalid),
    }
}

/// The question as clients show it.
fn ask(question: &Question) -> ReportResult {
    let option = |answer: &Answer| {
        let (word, title) = match answer {
            Answer::Reason(word) => (word, reasons::find(word).map_or(*word, |one| one.title)),
            Answer::Question(word, next) => (word, next.title),
        };
        types::MessageReportOption {
            text: title.to_owned(),
            option: word.as_bytes().to_vec(),
        }
        .into()
    };
    types::ReportResultChooseOption {
        title: question.title.to_owned(),
        options: question.answers.iter().map(option).collect(),
    }
    .into()
}

/// Files a report. Posts of a public channel are subjects of their own; of every other chat the
/// person or chat is, and the messages named are handed over.
async fn file(
    cx: &Ctx,
    peer: Peer,
    ids: &[MessageId],
    reason: &'static Reason,
    comment: &str,
) -> Result<()> {
    if ids.len() > MESSAGES_MAX {
        return Err(text::MSG_ID_INVALID.into());
    }
    let messages = load(cx, peer, ids).await?;
    let public = match peer {
        Peer::Channel(channel) => is_public(cx, channel).await?.then_some(channel),
        Peer::User(_) | Peer::Chat(_) => None,
    };
    if let Some(channel) = public
        && !messages.is_empty()
    {
        for message in &messages {
            let subject = Subject::Post(channel, message.id);
            file_one(cx, subject, Vec::new(), reason, comment).await?;
        }
        return Ok(());
    }
    let subject = Subject::of_peer(peer).ok_or(text::PEER_ID_INVALID)?;
    let excerpts = messages.iter().map(excerpt).collect();
    file_one(cx, subject, excerpts, reason, comment).await
}

/// The messages named, which must be there and in this chat.
async fn load(cx: &Ctx, peer: Peer, ids: &[MessageId]) -> Result<Vec<Message>> {
    let mut view = cx.store.view().await?;
    let mut messages = Vec::with_capacity(ids.len());
    for id in ids {
        let found = mailbox::load(&mut *view, peer.mailbox(cx.user()?), *id).await?;
        let own = found.filter(|message| message.peer == peer);
        messages.push(own.ok_or(text::MSG_ID_INVALID)?);
    }
    Ok(messages)
}

async fn is_public(cx: &Ctx, channel: ChannelId) -> Result<bool> {
    let mut view = cx.store.view().await?;
    let found = channels::find(&mut *view, channel).await?;
    Ok(found.is_some_and(|channel| channel.username.is_some()))
}

fn excerpt(message: &Message) -> Excerpt {
    let text = message.body.text.chars().take(EXCERPT_CHARS_MAX).collect();
    Excerpt {
        from: message.from,
        date: message.date,
        text,
    }
}

async fn file_one(
    cx: &Ctx,
    subject: Subject,
    excerpts: Vec<Excerpt>,
    reason: &'static Reason,
    comment: &str,
) -> Result<()> {
    let report = FileReport {
        by: Some(cx.user()?),
        subject: subject.clone(),
        reason,
        comment: comment.chars().take(COMMENT_CHARS_MAX).collect(),
        excerpts,
        origin: Origin::Report,
    };
    let filed = cx.write(report).await?;
    if !filed.hide_at_once {
        return Ok(());
    }
    let hide = Hide {
        subject,
        verdict: Verdict {
            act: Act::Hold,
            territory: Territory::World,
            until: None,
            clause: reason.clause.to_owned(),
            category: reason.category,
            facts: format!("It was reported: {}.", reason.title),
        },
        found_by_machine: false,
        case: Some(filed.case),
        salt: cx.random(),
    };
    match cx.write(hide).await {
        Ok(_) => Ok(()),
        Err(DecideError::Store(error)) => Err(error.into()),
        Err(error) => Err(RpcError::internal(&error)),
    }
}

#[cfg(test)]
mod tests;
