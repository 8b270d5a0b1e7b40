//! A channel's picture.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::messages::photo_media;
use crate::photos::face;
use crate::router::{Access, Router};
use heliograph_domain::channels::EditPhoto;
use heliograph_model::{AdminRights, BannedRights, Face};
use heliograph_pictures as pictures;
use heliograph_tl::enums::{InputChatPhoto, Updates};
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, edit_photo);
}

/// `channels.editPhoto`: gives a channel another picture, or none, and tells its members by a
/// message. Moving pictures are `NOT_SUPPORTED`.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `CHAT_NOT_MODIFIED`, `CHANNEL_INVALID`, `CHANNEL_PRIVATE`,
/// `PHOTO_INVALID`, `PHOTO_ID_INVALID`, and the errors of uploads, photos and file references.
async fn edit_photo(cx: Ctx, req: f::channels::EditPhoto) -> Result<Updates> {
    let by = cx.user()?;
    let channel = cx.channel(&req.channel).await?;
    // Nobody's picture is worked on who may not put it up.
    let standing = cx.standing(channel).await?;
    standing.may(BannedRights::CHANGE_INFO, AdminRights::CHANGE_INFO)?;
    let photo = match &req.photo {
        InputChatPhoto::Empty => None,
        InputChatPhoto::InputChatUploadedPhoto(given) => {
            if given.video.is_some() || given.video_emoji_markup.is_some() {
                return Err(text::NOT_SUPPORTED.into());
            }
            let named = given.file.as_ref().ok_or(text::PHOTO_INVALID)?;
            let (id, file, stripped) = cx.upload_photo(named, pictures::face).await?;
            let (content, _) = photo_media(&file, false)?;
            Some((Face { file: id, stripped }, content))
        }
        InputChatPhoto::InputChatPhoto(given) => {
            let (id, file) = cx.known_photo(&given.id).await?;
            let face = face(id, &file).ok_or(text::PHOTO_ID_INVALID)?;
            let (content, _) = photo_media(&file, false)?;
            Some((face, content))
        }
    };
    let edit = EditPhoto { channel, by, photo };
    let logged = cx.write(edit).await?;
    cx.channel_changed(channel, [logged]).await
}
