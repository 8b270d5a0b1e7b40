//! Photos and files.

use super::send::{chat, markup, random_id, reply_to};
use super::shown::message_of;
use crate::ApiError;
use crate::args::{Args, Attached};
use crate::call::Bot;
use crate::{files, text};
use heliograph_domain::files::PART_MAX;
use heliograph_tl::enums::{DocumentAttribute, InputFile, InputMedia};
use heliograph_tl::{functions as f, types};
use serde_json::Value;

/// What a parameter names: bytes that came along, or a file that is stored.
enum Given<'a> {
    Bytes(&'a Attached),
    Stored(String),
}

/// The file that a parameter names. Addresses are refused: this server fetches nothing from other
/// places.
fn given<'a>(args: &'a Args, name: &str) -> Result<Option<Given<'a>>, ApiError> {
    if let Some(attached) = args.attached(name) {
        return Ok(Some(Given::Bytes(attached)));
    }
    let Some(text) = args.find_text(name) else {
        return Ok(None);
    };
    if let Some(other) = text.strip_prefix("attach://") {
        let attached = args.attached(other);
        let attached = attached.ok_or_else(|| ApiError::bad_request("file must be non-empty"))?;
        return Ok(Some(Given::Bytes(attached)));
    }
    if text.contains("://") {
        let words = "this server fetches no files from other addresses: send the file itself";
        return Err(ApiError::bad_request(words));
    }
    Ok(Some(Given::Stored(text)))
}

/// Sends bytes up through the table of methods, as any client does.
async fn upload(bot: &Bot, attached: &Attached) -> Result<InputFile, ApiError> {
    if attached.bytes.is_empty() {
        return Err(ApiError::bad_request("file must be non-empty"));
    }
    let file_id = random_id(bot);
    let chunks = attached.bytes.chunks(PART_MAX);
    let parts = chunks.len() as i32;
    for (file_part, bytes) in (0..).zip(chunks) {
        let part = f::upload::SaveBigFilePart {
            file_id,
            file_part,
            file_total_parts: parts,
            bytes: bytes.to_vec(),
        };
        bot.invoke(part).await?;
    }
    Ok(types::InputFileBig {
        id: file_id,
        parts,
        name: attached.name.clone(),
    }
    .into())
}

/// Sends media with what `sendPhoto` and `sendDocument` share.
async fn send(bot: &Bot, args: &Args, media: InputMedia) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let (message, entities) = text::parse_as(bot, args, "caption", "caption_entities")?;
    let send = f::messages::SendMedia {
        silent: args.switch("disable_notification"),
        noforwards: args.switch("protect_content"),
        invert_media: args.switch("show_caption_above_media"),
        peer: bot.input_peer(chat),
        reply_to: reply_to(bot, chat, args).await?,
        media,
        message,
        random_id: random_id(bot),
        reply_markup: markup(args)?,
        entities: Some(entities),
        ..Default::default()
    };
    let sent = bot.invoke(send).await?;
    message_of(bot, chat, &sent).await
}

/// `sendPhoto`.
pub async fn send_photo(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let spoiler = args.switch("has_spoiler");
    // Whoever is named is known before anything is taken in.
    chat(bot, args).await?;
    let media = match given(args, "photo")? {
        None => return Err(ApiError::bad_request("there is no photo in the request")),
        Some(Given::Bytes(attached)) => types::InputMediaUploadedPhoto {
            spoiler,
            file: upload(bot, attached).await?,
            ..Default::default()
        }
        .into(),
        Some(Given::Stored(id)) => {
            let (named, file) = files::find(bot, &id).await?;
            if !file.is_photo() {
                return Err(ApiError::bad_request(
                    "can't use file of another type as Photo",
                ));
            }
            let (access_hash, file_reference) = bot.reference(named.file);
            let id = types::InputPhoto {
                id: named.file.0,
                access_hash,
                file_reference,
            };
            types::InputMediaPhoto {
                spoiler,
                id: id.into(),
                ..Default::default()
            }
            .into()
        }
    };
    send(bot, args, media).await
}

/// `sendDocument`.
pub async fn send_document(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    chat(bot, args).await?;
    let media = match given(args, "document")? {
        None => return Err(ApiError::bad_request("there is no document in the request")),
        Some(Given::Bytes(attached)) => {
            let thumb = match given(args, "thumbnail")? {
                Some(Given::Bytes(thumb)) => Some(upload(bot, thumb).await?),
                Some(Given::Stored(_)) | None => None,
            };
            let name = types::DocumentAttributeFilename {
                file_name: attached.name.clone(),
            };
            types::InputMediaUploadedDocument {
                file: upload(bot, attached).await?,
                thumb,
                mime_type: attached.mime_type.clone(),
                attributes: vec![DocumentAttribute::Filename(name)],
                ..Default::default()
            }
            .into()
        }
        Some(Given::Stored(id)) => {
            let (named, file) = files::find(bot, &id).await?;
            if file.is_photo() {
                return Err(ApiError::bad_request(
                    "can't use file of another type as Document",
                ));
            }
            let (access_hash, file_reference) = bot.reference(named.file);
            let id = types::InputDocument {
                id: named.file.0,
                access_hash,
                file_reference,
            };
            types::InputMediaDocument {
                id: id.into(),
                ..Default::default()
            }
            .into()
        }
    };
    send(bot, args, media).await
}

/// `getFile`.
pub async fn get_file(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let id = args.find_text("file_id");
    let id = id.ok_or_else(|| ApiError::bad_request("file_id is not specified"))?;
    files::get_file(bot, &id).await
}

/// `editMessageCaption`.
pub async fn edit_message_caption(bot: &Bot, args: &Args) -> Result<Value, ApiError> {
    let chat = chat(bot, args).await?;
    let (message, entities) = text::parse_as(bot, args, "caption", "caption_entities")?;
    let edit = f::messages::EditMessage {
        peer: bot.input_peer(chat),
        id: super::send::message_id(args, "message_id")?,
        message: Some(message),
        reply_markup: markup(args)?,
        entities: Some(entities),
        invert_media: args.switch("show_caption_above_media"),
        ..Default::default()
    };
    let edited = bot.invoke(edit).await?;
    message_of(bot, chat, &edited).await
}
