//! Sending pictures and files, alone and in albums.

use super::send::{Outgoing, answer, deliver};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::references::ShownIn;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::messages::Sent;
use heliograph_model::{BannedRights, Body, Peer};
use heliograph_store::mailbox;
use heliograph_tl::enums::{InputMedia, InputSingleMedia, MessageMedia, Updates};
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Send, send_media)
        .method(Access::User, Rate::Send, send_multi_media)
        .method(Access::User, Rate::Write, upload_media);
}

/// How many messages an album has at most, as clients know.
const ALBUM_MAX: usize = 10;

/// `messages.sendMedia`: sends a photo or file with a caption. A repetition with the same
/// `random_id` sends nothing and answers with what the first one became.
///
/// Fails as `messages.sendMessage` does, and with `MEDIA_EMPTY`, `MEDIA_INVALID`,
/// `MEDIA_CAPTION_TOO_LONG`, `TTL_MEDIA_INVALID`, `UPLOADS_SWITCHED_OFF`, and the errors of uploads,
/// photos and file references.
async fn send_media(cx: Ctx, req: f::messages::SendMedia) -> Result<Updates> {
    if req.schedule_date.is_some() {
        return Err(text::SCHEDULE_DATE_INVALID.into());
    }
    if req.random_id == 0 {
        return Err(text::RANDOM_ID_EMPTY.into());
    }
    let chat = cx.chat(&req.peer).await?;
    may_write(&cx, chat).await?;
    if let Some(before) = sent_before(&cx, req.random_id).await? {
        return answer(&cx, chat, &[(req.random_id, before)]).await;
    }
    let reply_to = cx.reply_to(chat, req.reply_to.as_ref()).await?;
    let (text, entities) = match req.media {
        // A text whose link has no preview here.
        InputMedia::WebPage(_) => cx.text(&req.message, req.entities)?,
        _ => cx.caption(&req.message, req.entities)?,
    };
    let (content, media) = cx.media(&req.media).await?.unzip();
    let body = Body {
        text,
        entities,
        content,
        media,
        invert_media: req.invert_media,
        no_forwards: req.noforwards,
        markup: cx.markup(req.reply_markup.as_ref())?,
        ..Body::default()
    };
    let outgoing = Outgoing {
        chat,
        random_id: req.random_id,
        body,
        reply_to,
        silent: req.silent,
        clear_draft: req.clear_draft,
    };
    let sent = deliver(&cx, req.send_as.as_ref(), outgoing).await?.await?;
    answer(&cx, chat, &[(req.random_id, sent)]).await
}

/// Refuses who may write nothing in a channel, before their upload is worked on. Whether they may send
/// just this is seen when it is sent.
async fn may_write(cx: &Ctx, chat: Peer) -> Result<()> {
    if let Peer::Channel(channel) = chat {
        cx.standing(channel).await?.may_write(BannedRights::SEND)?;
    }
    Ok(())
}

/// What this `random_id` became, where it was used before: its upload is gone, and need not come
/// again.
async fn sent_before(cx: &Ctx, random_id: i64) -> Result<Option<Sent>> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let before = mailbox::sent_as(&mut *view, me.into(), random_id).await?;
    Ok(before.map(Sent::Before))
}

/// `messages.sendMultiMedia`: sends up to ten photos or files as one album.
///
/// Fails as `messages.sendMedia` does, and with `MULTI_MEDIA_TOO_LONG` or `RANDOM_ID_INVALID`.
async fn send_multi_media(cx: Ctx, req: f::messages::SendMultiMedia) -> Result<Updates> {
    if req.schedule_date.is_some() {
        return Err(text::SCHEDULE_DATE_INVALID.into());
    }
    let first = req.multi_media.first().ok_or(text::MEDIA_EMPTY)?;
    if req.multi_media.len() > ALBUM_MAX {
        return Err(text::MULTI_MEDIA_TOO_LONG.into());
    }
    let InputSingleMedia::InputSingleMedia(first) = first;
    let chat = cx.chat(&req.peer).await?;
    may_write(&cx, chat).await?;
    let album = Some(album(&cx, first.random_id)?).filter(|_| req.multi_media.len() > 1);
    let reply_to = cx.reply_to(chat, req.reply_to.as_ref()).await?;

    // All is made ready before anything is sent, so that an album comes whole or not at all.
    let mut ready = Vec::with_capacity(req.multi_media.len());
    for InputSingleMedia::InputSingleMedia(one) in req.multi_media {
        if one.random_id == 0 {
            return Err(text::RANDOM_ID_EMPTY.into());
        }
        if ready.iter().any(|(other, _)| *other == one.random_id) {
            return Err(text::RANDOM_ID_INVALID.into());
        }
        if let Some(before) = sent_before(&cx, one.random_id).await? {
            ready.push((one.random_id, Err(before)));
            continue;
        }
        let (text, entities) = cx.caption(&one.message, one.entities)?;
        let (content, media) = cx.media(&one.media).await?.ok_or(text::MEDIA_INVALID)?;
        let body = Body {
            text,
            entities,
            content: Some(content),
            media: Some(media),
            album,
            invert_media: req.invert_media,
            no_forwards: req.noforwards,
            ..Body::default()
        };
        ready.push((one.random_id, Ok(body)));
    }
    let mut outcome = Vec::with_capacity(ready.len());
    let mut clear_draft = req.clear_draft;
    for (random_id, body) in ready {
        let body = match body {
            Ok(body) => body,
            Err(before) => {
                outcome.push((random_id, before));
                continue;
            }
        };
        let outgoing = Outgoing {
            chat,
            random_id,
            body,
            reply_to,
            silent: req.silent,
            clear_draft: std::mem::take(&mut clear_draft),
        };
        let sent = deliver(&cx, req.send_as.as_ref(), outgoing).await?.await?;
        outcome.push((random_id, sent));
    }
    answer(&cx, chat, &outcome).await
}

/// The number of an album: made of its first message's own, so that a repetition after a crash goes
/// on with the same one.
fn album(cx: &Ctx, first: i64) -> Result<i64> {
    let me = cx.user()?.0.to_le_bytes();
    let digest = cx.access.mac(&[b"hg/album/v1", &me, &first.to_le_bytes()]);
    let (head, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
    Ok(i64::from_le_bytes(*head) & i64::MAX)
}

/// `messages.uploadMedia`: stores a photo or file without sending it; it goes after a day unless it
/// is sent by then.
///
/// Fails as `messages.sendMedia` does.
async fn upload_media(cx: Ctx, req: f::messages::UploadMedia) -> Result<MessageMedia> {
    cx.chat(&req.peer).await?;
    let Some((content, _)) = cx.media(&req.media).await? else {
        return Err(text::MEDIA_INVALID.into());
    };
    let shown = render::media(cx.viewer()?, ShownIn::Mailbox, &content);
    Ok(shown.ok_or(text::MEDIA_INVALID)?)
}

#[cfg(test)]
pub(crate) mod tests;
