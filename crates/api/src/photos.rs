//! `photos.*`: the pictures of people and bots.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::references::ShownIn;
use crate::render;
use crate::resolve::page_limit;
use crate::router::{Access, Router};
use heliograph_domain::bots;
use heliograph_domain::files::{self, DropFaces, File, SetFace};
use heliograph_model::{Face, FileId, UserId};
use heliograph_pictures as pictures;
use heliograph_tl::enums::{self, InputPhoto, InputUser, PhotoSize};
use heliograph_tl::{Decode, functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, upload_profile_photo)
        .method(Access::User, Rate::Write, update_profile_photo)
        .method(Access::User, Rate::Write, delete_photos)
        .method(Access::User, Rate::Read, get_user_photos);
}

/// `photos.uploadProfilePhoto`: gives the caller, or a bot of theirs, an uploaded picture. Moving
/// pictures and a second picture for strangers (`fallback`) are `NOT_SUPPORTED`.
///
/// Fails with `BOT_INVALID`, `PHOTO_INVALID_DIMENSIONS`, `IMAGE_PROCESS_FAILED` and the errors of
/// uploads. Tells everyone who knows them.
async fn upload_profile_photo(
    cx: Ctx,
    req: f::photos::UploadProfilePhoto,
) -> Result<enums::photos::Photo> {
    let user = wearer(&cx, req.bot.as_ref()).await?;
    if req.fallback || req.video.is_some() || req.video_emoji_markup.is_some() {
        return Err(text::NOT_SUPPORTED.into());
    }
    let named = req.file.ok_or(text::PHOTO_INVALID)?;
    let (id, file, stripped) = cx.upload_photo(&named, pictures::face).await?;
    let face = Some(Face { file: id, stripped });
    cx.write(SetFace { user, face }).await?;
    shown(&cx, user, Some(&file)).await
}

/// `photos.updateProfilePhoto`: puts an older picture up again, or none.
///
/// Fails with `PHOTO_ID_INVALID`, `BOT_INVALID` and the errors of file references.
async fn update_profile_photo(
    cx: Ctx,
    req: f::photos::UpdateProfilePhoto,
) -> Result<enums::photos::Photo> {
    let user = wearer(&cx, req.bot.as_ref()).await?;
    if req.fallback {
        return Err(text::NOT_SUPPORTED.into());
    }
    if req.id == InputPhoto::Empty {
        cx.write(SetFace { user, face: None }).await?;
        return shown(&cx, user, None).await;
    }
    let (id, file) = cx.known_photo(&req.id).await?;
    // Another's face is not put on by its number.
    if file.uploader != cx.user()? {
        return Err(text::PHOTO_ID_INVALID.into());
    }
    let face = Some(face(id, &file).ok_or(text::PHOTO_ID_INVALID)?);
    cx.write(SetFace { user, face }).await?;
    shown(&cx, user, Some(&file)).await
}

/// A stored photo as a face; `None` where it was not made to be one.
pub(crate) fn face(id: FileId, file: &File) -> Option<Face> {
    let sizes = file.thumbs.iter().map(|thumb| thumb.letter);
    if !sizes.eq(*b"abc") {
        return None;
    }
    let Ok(enums::Photo::Photo(photo)) = enums::Photo::from_bytes(&file.object.bytes) else {
        return None;
    };
    let stripped = photo.sizes.into_iter().find_map(|size| match size {
        PhotoSize::PhotoStrippedSize(size) => Some(size.bytes),
        _ => None,
    });
    Some(Face {
        file: id,
        stripped: stripped.unwrap_or_default(),
    })
}

/// Whose picture is meant: the caller's, or that of a bot which is theirs.
async fn wearer(cx: &Ctx, bot: Option<&InputUser>) -> Result<UserId> {
    let me = cx.user()?;
    let Some(bot) = bot else { return Ok(me) };
    let mut view = cx.store.view().await?;
    let bot = cx.resolve_user(&mut *view, bot).await?.person.id;
    let found = bots::find(&mut *view, bot).await?;
    match found {
        Some(found) if found.owner == me => Ok(bot),
        _ => Err(text::BOT_INVALID.into()),
    }
}

/// A picture and whose it is.
async fn shown(cx: &Ctx, user: UserId, file: Option<&File>) -> Result<enums::photos::Photo> {
    let viewer = cx.viewer()?;
    let photo = file.and_then(|file| render::photo(viewer, ShownIn::Face, file));
    let photo = photo.unwrap_or_else(|| types::PhotoEmpty::default().into());
    let mut view = cx.store.view().await?;
    let users = render::users(viewer, &mut *view, [user]).await?;
    Ok(types::photos::Photo { photo, users }.into())
}

/// How many pictures one call may remove.
const DELETE_MAX: usize = 100;

/// `photos.deletePhotos`: removes pictures of the caller's own; answers with those that went.
///
/// Fails with `LIMIT_INVALID` for more than 100.
async fn delete_photos(cx: Ctx, req: f::photos::DeletePhotos) -> Result<Vec<i64>> {
    let user = cx.user()?;
    if req.id.len() > DELETE_MAX {
        return Err(text::LIMIT_INVALID.into());
    }
    let named = req.id.iter().filter_map(|photo| match photo {
        InputPhoto::InputPhoto(photo) => Some(FileId(photo.id)),
        InputPhoto::Empty => None,
    });
    let files = named.collect();
    let gone = cx.write(DropFaces { user, files }).await?;
    Ok(gone.into_iter().map(|file| file.0).collect())
}

/// `photos.getUserPhotos`: a person's pictures, the newest first, as far as they let the caller see
/// them.
///
/// Fails with `USER_ID_INVALID`.
async fn get_user_photos(cx: Ctx, req: f::photos::GetUserPhotos) -> Result<enums::photos::Photos> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let account = cx.resolve_user(&mut *view, &req.user_id).await?;
    let person = &account.person;
    let mut faces = Vec::new();
    if render::may_see_face(&mut *view, person, viewer).await? {
        faces = account.faces;
    }
    let count = faces.len();
    // `max_id` names the picture to go on behind.
    let after = faces.iter().position(|face| face.file.0 == req.max_id);
    let skipped = after.map_or(0, |index| index + 1) + req.offset.max(0) as usize;
    let mut photos = Vec::new();
    for face in faces.iter().skip(skipped).take(page_limit(req.limit)) {
        if let Some(file) = files::find(&mut *view, face.file).await? {
            photos.extend(render::photo(viewer, ShownIn::Face, &file));
        }
    }
    let users = render::users(viewer, &mut *view, [person.id]).await?;
    if photos.len() == count {
        return Ok(types::photos::Photos { photos, users }.into());
    }
    let count = count as i32;
    Ok(types::photos::PhotosSlice {
        count,
        photos,
        users,
    }
    .into())
}

#[cfg(test)]
mod tests;
