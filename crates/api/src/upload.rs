//! `upload.*`: bytes of files, up and down (<https://core.telegram.org/api/files>).

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use crate::secret_chats;
use heliograph_domain::bus::Signal;
use heliograph_domain::files::{File, Part};
use heliograph_domain::secret_chats::NoteFetched;
use heliograph_domain::switches::Switch;
use heliograph_domain::{accounts, channels, files, switches};
use heliograph_model::{FileId, Peer};
use heliograph_tl::enums::{self, InputFileLocation, InputPeer, storage::FileType};
use heliograph_tl::{Decode, functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Part, save_file_part)
        .method(Access::User, Rate::Part, save_big_file_part)
        .method(Access::User, Rate::Part, get_file);
}

/// `upload.saveFilePart`: takes a part of a file whose number of parts is told when it is sent.
///
/// Fails with `FILE_PART_EMPTY`, `FILE_PART_INVALID`, `FILE_PART_TOO_BIG`, `FILE_PARTS_INVALID` (the
/// file has grown beyond 50 MB) or `UPLOADS_SWITCHED_OFF`.
async fn save_file_part(cx: Ctx, req: f::upload::SaveFilePart) -> Result<bool> {
    let part = Part {
        file: req.file_id,
        number: req.file_part,
        total: None,
    };
    save(&cx, part, req.bytes).await
}

/// `upload.saveBigFilePart`: takes a part of a file of known length.
///
/// Fails as `upload.saveFilePart` does, and with `FILE_PART_SIZE_INVALID`.
async fn save_big_file_part(cx: Ctx, req: f::upload::SaveBigFilePart) -> Result<bool> {
    let part = Part {
        file: req.file_id,
        number: req.file_part,
        total: Some(req.file_total_parts),
    };
    save(&cx, part, req.bytes).await
}

async fn save(cx: &Ctx, part: Part, bytes: Vec<u8>) -> Result<bool> {
    let me = cx.user()?;
    // Of all parts the first one is told why, so that the notice is shown once.
    if part.number == 0 {
        may_upload(cx).await?;
    } else if stopped(cx).await?.is_some() {
        return Err(text::UPLOADS_SWITCHED_OFF.into());
    }
    cx.files.uploads.save(me, part, bytes, cx.now()).await?;
    Ok(true)
}

/// Refuses whose uploads the operator has switched off.
///
/// The answer is a 406, which tells stock clients to show nothing of their own: what they show is the
/// notice that is pushed beside it (<https://core.telegram.org/api/errors#406-not-acceptable>), with
/// the operator's reason in it. Libraries without a screen have the error's words.
pub(crate) async fn may_upload(cx: &Ctx) -> Result<()> {
    let me = cx.user()?;
    let Some(switch) = stopped(cx).await? else {
        return Ok(());
    };
    let until = heliograph_domain::services::utc_of(switch.until);
    let reason = switch.reason.trim_end_matches('.');
    cx.publish(Signal::Notice {
        to: me,
        text: format!("Pictures and files cannot be sent until {until}: {reason}."),
    });
    Err(text::UPLOADS_SWITCHED_OFF.into())
}

/// The switch that stops the caller's uploads.
async fn stopped(cx: &Ctx) -> Result<Option<Switch>> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    Ok(switches::stops_uploads(&mut *view, me, cx.now().seconds()).await?)
}

/// The largest stretch that one call fetches, in bytes; no stretch crosses a multiple of it.
const STRETCH_MAX: i64 = 1 << 20;

/// `upload.getFile`: a stretch of a file's bytes; empty behind its end.
///
/// Fails with `LOCATION_INVALID`, `OFFSET_INVALID`, `LIMIT_INVALID`, `FILE_REFERENCE_EMPTY`,
/// `FILE_REFERENCE_EXPIRED` or `FILE_REFERENCE_INVALID`. There are no other networks to which a
/// client would be sent (`cdn_supported`).
async fn get_file(cx: Ctx, req: f::upload::GetFile) -> Result<enums::upload::File> {
    let (offset, limit) = stretch(req.offset, req.limit, req.precise)?;
    if let InputFileLocation::InputEncryptedFileLocation(named) = &req.location {
        return get_encrypted(&cx, named, offset, limit).await;
    }
    let (id, file, thumb) = locate(&cx, &req.location).await?;
    let found = cx.files.read(id, thumb, offset..offset + limit).await?;
    let bytes = found.ok_or(text::LOCATION_INVALID)?;
    let type_ = if thumb.is_some() {
        FileType::FileJpeg
    } else {
        file_type(&file)
    };
    let mtime = file.created;
    Ok(types::upload::File {
        type_,
        mtime,
        bytes,
    }
    .into())
}

/// A stretch of an encrypted file. Once the other side has its end, the file goes a day later.
async fn get_encrypted(
    cx: &Ctx,
    named: &types::InputEncryptedFileLocation,
    offset: u64,
    limit: u64,
) -> Result<enums::upload::File> {
    let me = cx.user()?;
    let stored = secret_chats::locate(cx, named).await?;
    let id = stored.file.id;
    let found = cx.files.read(id, None, offset..offset + limit).await?;
    let bytes = found.ok_or(text::LOCATION_INVALID)?;
    if stored.is_news(me, offset, bytes.len()) {
        cx.write(NoteFetched { id, by: me }).await?;
    }
    let mtime = stored.created;
    Ok(types::upload::File {
        type_: FileType::FileUnknown,
        mtime,
        bytes,
    }
    .into())
}

/// Checks a stretch: its ends are multiples of 4 kB, with `precise` of 1 kB, and without it its length
/// divides a megabyte.
fn stretch(offset: i64, limit: i32, precise: bool) -> Result<(u64, u64)> {
    let step = if precise { 1024 } else { 4096 };
    let limit = i64::from(limit);
    if offset < 0 || offset % step != 0 {
        return Err(text::OFFSET_INVALID.into());
    }
    let fits = (1..=STRETCH_MAX).contains(&limit)
        && limit % step == 0
        && (precise || STRETCH_MAX % limit == 0);
    let last = offset.checked_add(limit - 1);
    let crosses = last.is_none_or(|last| offset / STRETCH_MAX != last / STRETCH_MAX);
    if !fits || crosses {
        return Err(text::LIMIT_INVALID.into());
    }
    Ok((offset as u64, limit as u64))
}

/// The file that a location names, and the letter of the picture of it.
async fn locate(cx: &Ctx, location: &InputFileLocation) -> Result<(FileId, File, Option<u8>)> {
    let (id, file, size) = match location {
        InputFileLocation::InputPhotoFileLocation(named) => {
            let (id, hash) = (FileId(named.id), named.access_hash);
            let file = cx.known_file(id, hash, &named.file_reference).await?;
            (id, file, named.thumb_size.as_str())
        }
        InputFileLocation::InputDocumentFileLocation(named) => {
            let (id, hash) = (FileId(named.id), named.access_hash);
            let file = cx.known_file(id, hash, &named.file_reference).await?;
            (id, file, named.thumb_size.as_str())
        }
        InputFileLocation::InputPeerPhotoFileLocation(named) => {
            let id = FileId(named.photo_id);
            let file = face_of(cx, &named.peer, id).await?;
            (id, file, if named.big { "c" } else { "a" })
        }
        _ => return Err(text::LOCATION_INVALID.into()),
    };
    let thumb = match size.as_bytes() {
        // A photo has no bytes but those of its sizes.
        [] if !file.is_photo() => None,
        [letter] if file.thumbs.iter().any(|thumb| thumb.letter == *letter) => Some(*letter),
        _ => return Err(text::LOCATION_INVALID.into()),
    };
    Ok((id, file, thumb))
}

/// The picture of a person or channel whom the caller was shown.
async fn face_of(cx: &Ctx, peer: &InputPeer, id: FileId) -> Result<File> {
    let peer = cx.chat(peer).await.map_err(|_| text::LOCATION_INVALID)?;
    let mut view = cx.store.view().await?;
    let worn = match peer {
        Peer::User(user) => match accounts::find(&mut *view, user).await? {
            Some(account) => {
                let viewer = cx.viewer()?;
                let may_see = render::may_see_face(&mut *view, &account.person, viewer).await?;
                may_see && account.faces.iter().any(|face| face.file == id)
            }
            None => false,
        },
        Peer::Channel(channel) => {
            let found = channels::find(&mut *view, channel).await?;
            let photo = found.and_then(|channel| channel.photo);
            photo.is_some_and(|photo| photo.file == id)
        }
        Peer::Chat(_) => false,
    };
    if !worn {
        return Err(text::LOCATION_INVALID.into());
    }
    let file = files::find(&mut *view, id).await?;
    Ok(file.ok_or(text::LOCATION_INVALID)?)
}

/// What a file says it is, as far as the protocol has a word for it.
fn file_type(file: &File) -> FileType {
    let Ok(enums::Document::Document(document)) = enums::Document::from_bytes(&file.object.bytes)
    else {
        return FileType::FileUnknown;
    };
    match document.mime_type.as_str() {
        "image/jpeg" => FileType::FileJpeg,
        "image/png" => FileType::FilePng,
        "image/gif" => FileType::FileGif,
        "image/webp" => FileType::FileWebp,
        "application/pdf" => FileType::FilePdf,
        "audio/mpeg" => FileType::FileMp3,
        "video/quicktime" => FileType::FileMov,
        "video/mp4" => FileType::FileMp4,
        _ => FileType::FileUnknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_stays_within_a_megabyte() {
        let ok = |offset, limit, precise| stretch(offset, limit, precise).is_ok();
        assert!(ok(0, 4096, false) && ok(4096, 4096, false) && ok(0, 1 << 20, false));
        assert!(ok((1 << 20) - 65536, 65536, false) && ok(5 << 40, 4096, false));
        assert!(ok(1024, 1024, true) && ok(1024, (1 << 20) - 1024, true));
        for (offset, limit, precise) in [
            (1, 4096, false),
            (1024, 1024, false),
            (0, 3 * 4096, false),
            (0, 0, false),
            (0, -4096, false),
            (0, 2 << 20, false),
            (-4096, 4096, false),
            (4096, 1 << 20, false),
            (1 << 19, 1 << 20, true),
            (0, 1000, true),
            (512, 1024, true),
            (i64::MAX - 1023, 4096, true),
            (i64::MIN, i32::MIN, false),
        ] {
            assert!(!ok(offset, limit, precise), "{offset} {limit} {precise}");
        }
    }
}
