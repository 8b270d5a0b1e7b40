//! `PhotoSize`, `Document` and their kin.

use super::put;
use crate::files::{FileNames, Named};
use heliograph_model::FileId;
use heliograph_tl::enums::{self, Document, DocumentAttribute, MessageMedia, Photo, PhotoSize};
use heliograph_tl::types;
use serde_json::{Map, Value};

/// Puts what a message shows into its object.
pub fn put_media(names: &FileNames, object: &mut Map<String, Value>, media: &MessageMedia) {
    match media {
        MessageMedia::Photo(shows) => {
            if let Some(photo) = &shows.photo {
                object.insert("photo".into(), photo_sizes(names, photo).into());
            }
            put(object, "has_media_spoiler", shows.spoiler.then_some(true));
        }
        MessageMedia::Document(shows) => {
            if let Some(Document::Document(document)) = &shows.document {
                put_document(names, object, document);
            }
            put(object, "has_media_spoiler", shows.spoiler.then_some(true));
        }
        _ => {}
    }
}

/// The sizes of a photo, the smallest first.
pub fn photo_sizes(names: &FileNames, photo: &Photo) -> Vec<Value> {
    let Photo::Photo(photo) = photo else {
        return Vec::new();
    };
    let sizes = photo.sizes.iter().filter_map(|size| match size {
        PhotoSize::PhotoSize(size) => photo_size(names, FileId(photo.id), size),
        _ => None,
    });
    sizes.collect()
}

fn photo_size(names: &FileNames, file: FileId, size: &types::PhotoSize) -> Option<Value> {
    let letter = Some(*size.type_.as_bytes().first()?);
    let mut object = head(names, Named { file, letter }, i64::from(size.size));
    object.insert("width".into(), size.w.into());
    object.insert("height".into(), size.h.into());
    Some(Value::Object(object))
}

/// What every file has.
fn head(names: &FileNames, named: Named, size: i64) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("file_id".into(), names.id(named).into());
    object.insert("file_unique_id".into(), names.unique(named).into());
    object.insert("file_size".into(), size.into());
    object
}

fn put_document(names: &FileNames, message: &mut Map<String, Value>, document: &types::Document) {
    let file = FileId(document.id);
    let mut object = head(names, Named { file, letter: None }, document.size);
    let mime_type = Some(document.mime_type.clone());
    put(
        &mut object,
        "mime_type",
        mime_type.filter(|kind| !kind.is_empty()),
    );
    let thumb = document
        .thumbs
        .iter()
        .flatten()
        .find_map(|size| match size {
            PhotoSize::PhotoSize(size) => photo_size(names, file, size),
            _ => None,
        });
    put(&mut object, "thumbnail", thumb);
    let (mut kind, mut animated) = ("document", false);
    for attribute in &document.attributes {
        match attribute {
            DocumentAttribute::Filename(named) => {
                object.insert("file_name".into(), named.file_name.clone().into());
            }
            DocumentAttribute::Animated => animated = true,
            DocumentAttribute::Video(video) => {
                kind = if video.round_message {
                    "video_note"
                } else {
                    "video"
                };
                object.insert("duration".into(), (video.duration as i64).into());
                if video.round_message {
                    object.insert("length".into(), video.w.into());
                } else {
                    object.insert("width".into(), video.w.into());
                    object.insert("height".into(), video.h.into());
                }
            }
            DocumentAttribute::Audio(audio) => {
                kind = if audio.voice { "voice" } else { "audio" };
                object.insert("duration".into(), audio.duration.into());
                put(&mut object, "title", audio.title.clone());
                put(&mut object, "performer", audio.performer.clone());
            }
            DocumentAttribute::Sticker(sticker) => {
                kind = "sticker";
                object.insert("type".into(), "regular".into());
                object.insert("emoji".into(), sticker.alt.clone().into());
                object.insert("is_animated".into(), false.into());
                object.insert("is_video".into(), false.into());
            }
            DocumentAttribute::ImageSize(size) => {
                object.insert("width".into(), size.w.into());
                object.insert("height".into(), size.h.into());
            }
            enums::DocumentAttribute::HasStickers | DocumentAttribute::CustomEmoji(_) => {}
        }
    }
    if animated && kind == "video" {
        // Clients that know no animations find a file.
        message.insert("animation".into(), Value::Object(object.clone()));
        kind = "document";
    }
    if kind == "document" {
        for name in ["width", "height", "duration"] {
            object.remove(name);
        }
    }
    message.insert(kind.into(), Value::Object(object));
}
