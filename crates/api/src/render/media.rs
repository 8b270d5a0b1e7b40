//! Pictures and files as a viewer sees them.
//!
//! What is stored names a file by its id alone; access hash, reference and data centre are filled in
//! here.

use super::Viewer;
use crate::references::ShownIn;
use crate::settings;
use heliograph_domain::files::File;
use heliograph_model::{Content, Face, FileId, Message, Peer, Person};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{self, ChatPhoto, MessageMedia, PrivacyKey, UserProfilePhoto};
use heliograph_tl::{Decode, types};

/// The data centre that all files are said to lie in: the one in which stock clients begin. A client
/// in another takes its sign-in there first (`auth.exportAuthorization`), and finds this server.
pub(crate) const MEDIA_DC: i32 = 2;

/// The media of a message; `None` for a message without any, or whose media do not read any more.
pub(crate) fn message_media(viewer: Viewer<'_>, message: &Message) -> Option<MessageMedia> {
    let shown = match message.peer {
        Peer::Channel(channel) => ShownIn::Channel(channel),
        Peer::User(_) | Peer::Chat(_) => ShownIn::Mailbox,
    };
    media(viewer, shown, message.body.content.as_ref()?)
}

/// Stored media as the viewer sees them there.
pub(crate) fn media(viewer: Viewer<'_>, shown: ShownIn, content: &Content) -> Option<MessageMedia> {
    let mut media = MessageMedia::from_bytes(&content.bytes).ok()?;
    match &mut media {
        MessageMedia::Photo(shows) => {
            if let Some(enums::Photo::Photo(photo)) = &mut shows.photo {
                fill_photo(viewer, shown, photo);
            }
        }
        MessageMedia::Document(shows) => {
            if let Some(enums::Document::Document(document)) = &mut shows.document {
                fill_document(viewer, shown, document);
            }
        }
        _ => {}
    }
    Some(media)
}

/// The photo of a stored message that tells of a chat's new picture.
pub(crate) fn message_photo(viewer: Viewer<'_>, message: &Message) -> Option<enums::Photo> {
    match message_media(viewer, message)? {
        MessageMedia::Photo(shows) => shows.photo,
        _ => None,
    }
}

/// A stored photo; `None` where the file is none.
pub(crate) fn photo(viewer: Viewer<'_>, shown: ShownIn, file: &File) -> Option<enums::Photo> {
    let mut photo = enums::Photo::from_bytes(&file.object.bytes).ok()?;
    if let enums::Photo::Photo(photo) = &mut photo {
        fill_photo(viewer, shown, photo);
    }
    Some(photo)
}

fn fill_photo(viewer: Viewer<'_>, shown: ShownIn, photo: &mut types::Photo) {
    let file = FileId(photo.id);
    photo.access_hash = viewer.services.access.file_hash(file);
    photo.file_reference = reference(viewer, shown, file);
    photo.dc_id = MEDIA_DC;
}

fn fill_document(viewer: Viewer<'_>, shown: ShownIn, document: &mut types::Document) {
    let file = FileId(document.id);
    document.access_hash = viewer.services.access.file_hash(file);
    document.file_reference = reference(viewer, shown, file);
    document.dc_id = MEDIA_DC;
}

fn reference(viewer: Viewer<'_>, shown: ShownIn, file: FileId) -> Vec<u8> {
    let now_s = viewer.services.clock.now().seconds();
    let access = &viewer.services.access;
    access.reference(file, viewer.me, shown, now_s)
}

/// A person's picture, as far as they let the viewer see it.
pub(crate) async fn face_of(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<Option<UserProfilePhoto>, StoreError> {
    let Some(face) = &person.photo else {
        return Ok(None);
    };
    let may_see = may_see_face(rows, person, viewer).await?;
    Ok(may_see.then(|| user_photo(face)))
}

/// Whether the viewer may see a person's pictures.
pub(crate) async fn may_see_face(
    rows: &mut dyn Rows,
    person: &Person,
    viewer: Viewer<'_>,
) -> Result<bool, StoreError> {
    if person.id == viewer.me {
        return Ok(true);
    }
    settings::allows(rows, person.id, &PrivacyKey::ProfilePhoto, viewer.me).await
}

/// A person's picture where it is for everyone; `None` where it depends on who looks.
pub(crate) async fn public_face(
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<Option<UserProfilePhoto>, StoreError> {
    let Some(face) = &person.photo else {
        return Ok(None);
    };
    let open = settings::open_to_all(rows, person.id, &PrivacyKey::ProfilePhoto).await?;
    Ok(open.then(|| user_photo(face)))
}

fn user_photo(face: &Face) -> UserProfilePhoto {
    types::UserProfilePhoto {
        has_video: false,
        personal: false,
        photo_id: face.file.0,
        stripped_thumb: stripped(face),
        dc_id: MEDIA_DC,
    }
    .into()
}

/// A channel's picture.
pub(crate) fn chat_photo(face: Option<&Face>) -> ChatPhoto {
    face.map_or(ChatPhoto::Empty, |face| {
        types::ChatPhoto {
            has_video: false,
            photo_id: face.file.0,
            stripped_thumb: stripped(face),
            dc_id: MEDIA_DC,
        }
        .into()
    })
}

fn stripped(face: &Face) -> Option<Vec<u8>> {
    Some(face.stripped.clone()).filter(|bytes| !bytes.is_empty())
}
