//! What clients send as media, and how it is stored.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::references::ShownIn;
use crate::upload::may_upload;
use heliograph_domain::files::{self, File, SaveFile, Thumb};
use heliograph_model::{Content, FileId, Media, MediaKind};
use heliograph_pictures as pictures;
use heliograph_tl::enums::{
    self, DocumentAttribute, InputDocument, InputFile, InputMedia, InputPhoto, InputStickerSet,
    MessageMedia, PhotoSize,
};
use heliograph_tl::{Decode, Encode, LAYER, types};

/// The largest photo, in bytes; a larger picture goes as a file.
const PHOTO_MAX: u64 = 10 << 20;
/// The longest name of a file, title of a piece of music and the like, in characters.
const WORDS_MAX: usize = 255;
/// The longest media type, in characters.
const MIME_MAX: usize = 64;
/// The most attributes that a file has; there are not that many kinds.
const ATTRIBUTES_MAX: usize = 16;
/// The longest picture of a voice message's loudness, in bytes: 100 values of five bits, and room.
const WAVEFORM_MAX: usize = 100;

/// Media as they are stored with a message.
pub(crate) type Prepared = (Content, Media);

impl Ctx {
    /// Media to be sent: uploads are put together and stored, files that are there already are
    /// looked up. `None` for a link's preview, of which this server makes none.
    ///
    /// Fails with `MEDIA_EMPTY`, `MEDIA_INVALID`, `TTL_MEDIA_INVALID`, `EXTERNAL_URL_INVALID`, and
    /// the errors of uploads, photos and file references.
    pub(crate) async fn media(&self, given: &InputMedia) -> Result<Option<Prepared>> {
        match given {
            InputMedia::Empty => Err(text::MEDIA_EMPTY.into()),
            InputMedia::WebPage(_) => Ok(None),
            InputMedia::UploadedPhoto(given) => {
                no_timer(given.ttl_seconds)?;
                let (_, file, _) = self.upload_photo(&given.file, pictures::photo).await?;
                photo_media(&file, given.spoiler).map(Some)
            }
            InputMedia::UploadedDocument(given) => {
                no_timer(given.ttl_seconds)?;
                let file = self.upload_document(given).await?;
                document_media(&file, given.spoiler).map(Some)
            }
            InputMedia::Photo(given) => {
                no_timer(given.ttl_seconds)?;
                let (_, file) = self.known_photo(&given.id).await?;
                photo_media(&file, given.spoiler).map(Some)
            }
            InputMedia::Document(given) => {
                no_timer(given.ttl_seconds)?;
                let InputDocument::InputDocument(named) = &given.id else {
                    return Err(text::MEDIA_EMPTY.into());
                };
                let (id, hash) = (FileId(named.id), named.access_hash);
                let file = self.known_file(id, hash, &named.file_reference).await?;
                document_media(&file, given.spoiler).map(Some)
            }
            InputMedia::PhotoExternal(_) | InputMedia::DocumentExternal(_) => {
                Err(text::EXTERNAL_URL_INVALID.into())
            }
            _ => Err(text::MEDIA_INVALID.into()),
        }
    }

    /// A photo that is stored already, and that the caller may show.
    ///
    /// Fails with `PHOTO_INVALID`, `PHOTO_ID_INVALID` or one of the errors of file references.
    pub(crate) async fn known_photo(&self, named: &InputPhoto) -> Result<(FileId, File)> {
        let InputPhoto::InputPhoto(named) = named else {
            return Err(text::PHOTO_INVALID.into());
        };
        let (id, hash) = (FileId(named.id), named.access_hash);
        let file = self.known_file(id, hash, &named.file_reference).await?;
        if !file.is_photo() {
            return Err(text::PHOTO_ID_INVALID.into());
        }
        Ok((id, file))
    }

    /// A file that was shown to the caller, where they may still see it.
    ///
    /// Fails with `LOCATION_INVALID` or one of the errors of file references.
    pub(crate) async fn known_file(&self, id: FileId, hash: i64, reference: &[u8]) -> Result<File> {
        if self.access.file_hash(id) != hash {
            return Err(text::LOCATION_INVALID.into());
        }
        let me = self.user()?;
        let now_s = self.now().seconds();
        let shown = self.access.open_reference(id, me, reference, now_s)?;
        if let ShownIn::Channel(channel) = shown
            && self.standing(channel).await?.may_read().is_err()
        {
            return Err(text::FILE_REFERENCE_INVALID.into());
        }
        let mut view = self.store.view().await?;
        let file = files::find(&mut *view, id).await?;
        Ok(file.ok_or(text::LOCATION_INVALID)?)
    }

    /// Puts an uploaded photo together, makes its sizes and stores them.
    ///
    /// Fails with `PHOTO_INVALID_DIMENSIONS`, `IMAGE_PROCESS_FAILED` and the errors of uploads.
    pub(crate) async fn upload_photo(
        &self,
        named: &InputFile,
        make: fn(&[u8]) -> Result<pictures::Photo, pictures::PictureError>,
    ) -> Result<(FileId, File, Vec<u8>)> {
        let uploader = self.user()?;
        may_upload(self).await?;
        let (number, parts, _) = parts_of(named);
        let whole = self.files.uploads.whole(uploader, number, parts).await?;
        let (size_bytes, sha256) = (whole.size_bytes, whole.sha256);
        if size_bytes > PHOTO_MAX {
            return Err(text::IMAGE_PROCESS_FAILED.into());
        }
        let held = whole.hold().await?;
        let (made, _) = self.files.picture(held.bytes, make).await?;

        let id = self.new_file_id();
        let created = self.now().seconds();
        let mut sizes: Vec<PhotoSize> = Vec::with_capacity(made.sizes.len() + 1);
        sizes.push(stripped(&made.stripped));
        sizes.extend(made.sizes.iter().map(photo_size));
        let photo = types::Photo {
            id: id.0,
            date: created,
            sizes,
            ..Default::default()
        };
        let thumbs = made.sizes.iter().map(thumb).collect();
        for size in made.sizes {
            self.files.store(id, Some(size.letter), size.jpeg).await?;
        }
        let file = File {
            uploader,
            created,
            size_bytes,
            sha256,
            kind: MediaKind::Photo,
            object: stored(&enums::Photo::Photo(photo)),
            thumbs,
        };
        self.keep_upload(id, &file, number).await?;
        Ok((id, file, made.stripped))
    }

    /// Puts an uploaded file together and stores it.
    async fn upload_document(&self, given: &types::InputMediaUploadedDocument) -> Result<File> {
        let uploader = self.user()?;
        may_upload(self).await?;
        let (number, parts, name) = parts_of(&given.file);
        let thumb_of = match &given.thumb {
            Some(named) => self.uploaded_thumbnail(named).await,
            None => None,
        };
        let whole = self.files.uploads.whole(uploader, number, parts).await?;
        let (size_bytes, sha256) = (whole.size_bytes, whole.sha256);
        let id = self.new_file_id();
        whole.keep(id).await?;

        let created = self.now().seconds();
        let attributes = attributes(&given.attributes, name);
        let kind = kind_of(&attributes);
        let thumbs: Vec<Thumb> = thumb_of.iter().map(thumb).collect();
        let shown = thumb_of.as_ref().map(|size| vec![photo_size(size)]);
        if let Some(size) = thumb_of {
            self.files.store(id, Some(size.letter), size.jpeg).await?;
        }
        let document = types::Document {
            id: id.0,
            date: created,
            mime_type: mime_type(&given.mime_type),
            size: size_bytes as i64,
            thumbs: shown,
            attributes,
            ..Default::default()
        };
        let file = File {
            uploader,
            created,
            size_bytes,
            sha256,
            kind,
            object: stored(&enums::Document::Document(document)),
            thumbs,
        };
        self.keep_upload(id, &file, number).await?;
        Ok(file)
    }

    /// The thumbnail that a client sends with a file; one that cannot be read is left out.
    async fn uploaded_thumbnail(&self, named: &InputFile) -> Option<pictures::Size> {
        let user = self.user().ok()?;
        let (number, parts, _) = parts_of(named);
        let whole = self.files.uploads.whole(user, number, parts).await.ok()?;
        let held = whole.hold().await.ok()?;
        let made = self.files.picture(held.bytes, pictures::thumbnail).await;
        self.files.uploads.forget(user, number).await.ok()?;
        made.ok().map(|(size, _)| size)
    }

    /// Notes a file whose bytes are stored, and lets its parts go.
    async fn keep_upload(&self, id: FileId, file: &File, number: i64) -> Result<()> {
        let file = file.clone();
        let uploader = file.uploader;
        self.write(SaveFile { id, file }).await?;
        Ok(self.files.uploads.forget(uploader, number).await?)
    }

    /// A random id: 63 bits, so that two never meet.
    pub(crate) fn new_file_id(&self) -> FileId {
        let id = i64::from_le_bytes(self.random()) & i64::MAX;
        FileId(id.max(1))
    }
}

/// Media that destroy themselves would have to be taken out of every copy in time; a client that
/// asks for that must not believe that it happens.
fn no_timer(ttl_seconds: Option<i32>) -> Result<()> {
    match ttl_seconds {
        None | Some(0) => Ok(()),
        Some(_) => Err(text::TTL_MEDIA_INVALID.into()),
    }
}

/// The number, the count of parts and the name of an upload.
fn parts_of(named: &InputFile) -> (i64, i32, &str) {
    match named {
        // The check sum of the smaller kind is not looked at: each part came under one of MTProto's.
        InputFile::InputFile(file) => (file.id, file.parts, &file.name),
        InputFile::Big(file) => (file.id, file.parts, &file.name),
    }
}

/// A TL object as it is stored.
pub(crate) fn stored(object: &impl Encode) -> Content {
    Content {
        canonical_layer: LAYER,
        bytes: object.to_bytes().into(),
    }
}

/// A stored photo as the media of a message.
pub(crate) fn photo_media(file: &File, spoiler: bool) -> Result<Prepared> {
    let photo = enums::Photo::from_bytes(&file.object.bytes).map_err(|_| text::PHOTO_INVALID)?;
    let enums::Photo::Photo(shown) = &photo else {
        return Err(text::PHOTO_INVALID.into());
    };
    let media = Media {
        kind: MediaKind::Photo,
        files: vec![FileId(shown.id)],
    };
    let shows = types::MessageMediaPhoto {
        spoiler,
        photo: Some(photo),
        ..Default::default()
    };
    Ok((stored(&MessageMedia::Photo(shows)), media))
}

/// A stored file as the media of a message.
fn document_media(file: &File, spoiler: bool) -> Result<Prepared> {
    let document = enums::Document::from_bytes(&file.object.bytes);
    let document = document.map_err(|_| text::MEDIA_INVALID)?;
    let enums::Document::Document(shown) = &document else {
        return Err(text::MEDIA_INVALID.into());
    };
    let media = Media {
        kind: file.kind,
        files: vec![FileId(shown.id)],
    };
    let shows = types::MessageMediaDocument {
        spoiler,
        video: matches!(file.kind, MediaKind::Video | MediaKind::RoundVideo),
        round: file.kind == MediaKind::RoundVideo,
        voice: file.kind == MediaKind::Voice,
        document: Some(document),
        ..Default::default()
    };
    Ok((stored(&MessageMedia::Document(shows)), media))
}

fn letter(letter: u8) -> String {
    char::from(letter).to_string()
}

fn photo_size(size: &pictures::Size) -> PhotoSize {
    types::PhotoSize {
        type_: letter(size.letter),
        w: size.width as i32,
        h: size.height as i32,
        size: size.jpeg.len() as i32,
    }
    .into()
}

fn stripped(bytes: &[u8]) -> PhotoSize {
    types::PhotoStrippedSize {
        type_: "i".into(),
        bytes: bytes.to_vec(),
    }
    .into()
}

fn thumb(size: &pictures::Size) -> Thumb {
    Thumb {
        letter: size.letter,
        size_bytes: size.jpeg.len() as u32,
    }
}

/// The attributes that are kept of those a client sends, with a name in any case.
fn attributes(given: &[DocumentAttribute], name: &str) -> Vec<DocumentAttribute> {
    let mut kept: Vec<DocumentAttribute> = Vec::new();
    let mut file_name = name;
    for attribute in given.iter().take(ATTRIBUTES_MAX) {
        let cleaned = match attribute {
            DocumentAttribute::ImageSize(size) => size.clone().into(),
            DocumentAttribute::Animated => DocumentAttribute::Animated,
            DocumentAttribute::Sticker(sticker) => types::DocumentAttributeSticker {
                alt: words(&sticker.alt),
                // There are no sets here.
                stickerset: InputStickerSet::Empty,
                ..Default::default()
            }
            .into(),
            DocumentAttribute::Video(video) => types::DocumentAttributeVideo {
                video_codec: video.video_codec.as_deref().map(words),
                duration: if video.duration.is_finite() {
                    video.duration.max(0.0)
                } else {
                    0.0
                },
                ..video.clone()
            }
            .into(),
            DocumentAttribute::Audio(audio) => types::DocumentAttributeAudio {
                title: audio.title.as_deref().map(words),
                performer: audio.performer.as_deref().map(words),
                waveform: audio
                    .waveform
                    .clone()
                    .filter(|waveform| waveform.len() <= WAVEFORM_MAX),
                ..audio.clone()
            }
            .into(),
            DocumentAttribute::Filename(named) => {
                file_name = &named.file_name;
                continue;
            }
            DocumentAttribute::HasStickers | DocumentAttribute::CustomEmoji(_) => continue,
        };
        let kind = std::mem::discriminant(&cleaned);
        if !kept
            .iter()
            .any(|other| std::mem::discriminant(other) == kind)
        {
            kept.push(cleaned);
        }
    }
    let file_name = self::file_name(file_name);
    if !file_name.is_empty() {
        kept.push(types::DocumentAttributeFilename { file_name }.into());
    }
    kept
}

/// A name that leads nowhere: what stands behind the last slash of either kind, without control
/// characters and those that turn text round (`gpj.exe` must not look like `exe.jpg`).
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = words(last);
    let only_dots = name.chars().all(|c| c == '.');
    if only_dots { String::new() } else { name }
}

/// One line of words, no longer than it may be.
fn words(given: &str) -> String {
    let turns_round = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = given
        .chars()
        .filter(|c| !c.is_control() && !turns_round(*c));
    let kept: String = kept.take(WORDS_MAX).collect();
    kept.trim().to_owned()
}

/// A media type, or that of unknown bytes where it is none.
fn mime_type(given: &str) -> String {
    let part = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
        !text.is_empty() && text.chars().all(fits)
    };
    let valid = given.len() <= MIME_MAX
        && given
            .split_once('/')
            .is_some_and(|(kind, sub)| part(kind) && part(sub));
    if valid {
        given.to_ascii_lowercase()
    } else {
        "application/octet-stream".into()
    }
}

/// What a file is, by its attributes.
fn kind_of(attributes: &[DocumentAttribute]) -> MediaKind {
    let (mut kind, mut animated) = (MediaKind::Document, false);
    for attribute in attributes {
        match attribute {
            DocumentAttribute::Audio(audio) if audio.voice => kind = MediaKind::Voice,
            DocumentAttribute::Audio(_) => kind = MediaKind::Audio,
            DocumentAttribute::Video(video) if video.round_message => kind = MediaKind::RoundVideo,
            DocumentAttribute::Video(_) => kind = MediaKind::Video,
            DocumentAttribute::Sticker(_) => return MediaKind::Sticker,
            DocumentAttribute::Animated => animated = true,
            _ => {}
        }
    }
    if animated { MediaKind::Animation } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        for (given, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
            ("/", ""),
            ("..", ""),
            ("a/..", ""),
            ("one\ntwo\0.txt", "onetwo.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("  x  ", "x"),
            ("résumé 履歴.doc", "résumé 履歴.doc"),
        ] {
            assert_eq!(file_name(given), expected, "{given:?}");
        }
        assert_eq!(file_name(&"é".repeat(1000)).chars().count(), WORDS_MAX);
    }

    #[test]
    fn a_media_type_is_two_words_or_unknown() {
        assert_eq!(mime_type("Image/PNG"), "image/png");
        for junk in [
            "",
            "image",
            "a/b/c",
            "text/html; x=\r\ny",
            "/",
            &"a/".repeat(99),
        ] {
            assert_eq!(mime_type(junk), "application/octet-stream", "{junk:?}");
        }
    }

    #[test]
    fn attributes_tell_what_a_file_is() {
        let voice = types::DocumentAttributeAudio {
            voice: true,
            waveform: Some(vec![0; 5000]),
            ..Default::default()
        };
        let kept = attributes(&[voice.clone().into(), voice.into()], "../v.ogg");
        assert_eq!(kind_of(&kept), MediaKind::Voice);
        let [
            DocumentAttribute::Audio(audio),
            DocumentAttribute::Filename(name),
        ] = &kept[..]
        else {
            panic!("{kept:?}");
        };
        assert_eq!(
            (audio.waveform.clone(), name.file_name.as_str()),
            (None, "v.ogg")
        );
        let video = types::DocumentAttributeVideo::default();
        let moving = [DocumentAttribute::Animated, video.into()];
        assert_eq!(kind_of(&moving), MediaKind::Animation);
        assert_eq!(kind_of(&attributes(&[], "")), MediaKind::Document);
    }
}
