use super::*;
use crate::channels::testing::Kind;
use crate::error::RpcError;
use crate::messages::testing::{messages, random_id, sent_id, two, updates};
use crate::testing::{Person, World};
use heliograph_tl::enums::{
    self, InputDocument, InputFile, InputFileLocation, InputPeer, InputPhoto, Message,
    MessagesFilter, Update,
};
use heliograph_tl::types;

/// A picture of this size as PNG.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let colour = |x: u32, y: u32| image::Rgb([x as u8, y as u8, 9]);
    let picture = image::RgbImage::from_fn(width, height, colour);
    picture
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("it is written");
    bytes.into_inner()
}

/// Sends a file up; answers with how the next call names it.
pub(crate) async fn upload(world: &World, by: &Person, bytes: &[u8], name: &str) -> InputFile {
    let file_id = random_id();
    let mut parts = 0;
    for bytes in bytes.chunks(64 * 1024) {
        let part = f::upload::SaveFilePart {
            file_id,
            file_part: parts,
            bytes: bytes.to_vec(),
        };
        assert!(world.call(by, part).await.expect("it is taken"));
        parts += 1;
    }
    types::InputFile {
        id: file_id,
        parts,
        name: name.into(),
        md5_checksum: String::new(),
    }
    .into()
}

fn photo_of(file: InputFile) -> InputMedia {
    types::InputMediaUploadedPhoto {
        file,
        ..Default::default()
    }
    .into()
}

fn file_of(file: InputFile) -> InputMedia {
    types::InputMediaUploadedDocument {
        file,
        mime_type: "application/pdf".into(),
        ..Default::default()
    }
    .into()
}

fn send(peer: InputPeer, media: InputMedia, caption: &str) -> f::messages::SendMedia {
    f::messages::SendMedia {
        peer,
        media,
        message: caption.into(),
        random_id: random_id(),
        ..Default::default()
    }
}

/// The message in an answer, or the only one of a page.
fn message(answer: Updates) -> types::Message {
    let shown = updates(answer)
        .updates
        .into_iter()
        .find_map(|update| match update {
            Update::NewMessage(new) => Some(new.message),
            Update::NewChannelMessage(new) => Some(new.message),
            Update::EditMessage(edited) => Some(edited.message),
            _ => None,
        });
    match shown {
        Some(Message::Message(message)) => message,
        other => panic!("{other:?}"),
    }
}

async fn newest(world: &World, by: &Person, peer: InputPeer) -> types::Message {
    let call = f::messages::GetHistory {
        peer,
        limit: 1,
        ..Default::default()
    };
    let page = world.call(by, call).await.expect("a page");
    let messages = match page {
        enums::messages::Messages::ChannelMessages(page) => page.messages,
        other => messages(other),
    };
    match messages.into_iter().next() {
        Some(Message::Message(message)) => message,
        other => panic!("{other:?}"),
    }
}

fn document(message: &types::Message) -> types::Document {
    match &message.media {
        Some(MessageMedia::Document(shows)) => match &shows.document {
            Some(enums::Document::Document(document)) => document.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn photo(message: &types::Message) -> types::Photo {
    match &message.media {
        Some(MessageMedia::Photo(shows)) => match &shows.photo {
            Some(enums::Photo::Photo(photo)) => photo.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn location(document: &types::Document) -> InputFileLocation {
    types::InputDocumentFileLocation {
        id: document.id,
        access_hash: document.access_hash,
        file_reference: document.file_reference.clone(),
        thumb_size: String::new(),
    }
    .into()
}

async fn fetch(
    world: &World,
    by: &Person,
    location: InputFileLocation,
) -> Result<Vec<u8>, RpcError> {
    const STEP: usize = 64 * 1024;
    let mut all = Vec::new();
    loop {
        let call = f::upload::GetFile {
            location: location.clone(),
            offset: all.len() as i64,
            limit: STEP as i32,
            ..Default::default()
        };
        let enums::upload::File::File(file) = world.call(by, call).await? else {
            panic!("there is no other network");
        };
        all.extend(&file.bytes);
        if file.bytes.len() < STEP {
            return Ok(all);
        }
    }
}

/// Bytes that are no picture and do not repeat soon.
fn noise(length: usize) -> Vec<u8> {
    let mix = |index: usize| (index.wrapping_mul(2_654_435_761) >> 13) as u8;
    (0..length).map(mix).collect()
}

/// Lets the time pass, and the work that falls due in it be done.
async fn pass(world: &World, seconds: i64) {
    world.pass(seconds);
    let services = &world.services;
    let now = services.clock.now();
    while heliograph_domain::jobs::run_due(&services.store, now)
        .await
        .expect("it works")
        > 0
    {}
    let swept = heliograph_domain::files::sweep(&services.store, &services.files, now).await;
    swept.expect("it works");
}

#[tokio::test]
async fn a_file_comes_out_as_it_went_in_and_only_for_those_who_were_shown_it() {
    let (world, ada, ben) = two().await;
    let eve = world.person("Eve", "4915112345603").await;
    let bytes = noise(200_000);
    let file = upload(&world, &ada, &bytes, "../../notes.pdf").await;
    let peer = world.input_peer(&ada, &ben);
    let sent = world
        .call(&ada, send(peer, file_of(file), " see this "))
        .await;
    let mine = message(sent.expect("it is sent"));
    assert_eq!(mine.message, "see this");
    let theirs = newest(&world, &ben, world.input_peer(&ben, &ada)).await;
    let (at_ada, at_ben) = (document(&mine), document(&theirs));
    assert_eq!(
        (at_ben.size, at_ben.mime_type.as_str()),
        (200_000, "application/pdf")
    );
    let name = types::DocumentAttributeFilename {
        file_name: "notes.pdf".into(),
    };
    assert_eq!(at_ben.attributes, [name.into()]);
    assert_eq!(
        fetch(&world, &ada, location(&at_ada)).await.as_ref(),
        Ok(&bytes)
    );
    assert_eq!(
        fetch(&world, &ben, location(&at_ben)).await.as_ref(),
        Ok(&bytes)
    );

    // Eve has seen Ben's screen: his reference is his alone.
    let stolen = fetch(&world, &eve, location(&at_ben)).await;
    assert_eq!(stolen, Err(text::FILE_REFERENCE_INVALID.into()));
    let guessed = types::Document {
        access_hash: 1,
        ..at_ben.clone()
    };
    let guessed = fetch(&world, &ben, location(&guessed)).await;
    assert_eq!(guessed, Err(text::LOCATION_INVALID.into()));
    let bare = types::Document {
        file_reference: Vec::new(),
        ..at_ben.clone()
    };
    let bare = fetch(&world, &ben, location(&bare)).await;
    assert_eq!(bare, Err(text::FILE_REFERENCE_EMPTY.into()));

    // Two days later the reference has ended; the message, fetched anew, has another.
    world.pass(2 * 86_400);
    let late = fetch(&world, &ben, location(&at_ben)).await;
    assert_eq!(late, Err(text::FILE_REFERENCE_EXPIRED.into()));
    let again = newest(&world, &ben, world.input_peer(&ben, &ada)).await;
    assert_eq!(
        fetch(&world, &ben, location(&document(&again))).await,
        Ok(bytes)
    );
}

#[tokio::test]
async fn a_photo_is_made_anew_in_its_sizes() {
    let (world, ada, ben) = two().await;
    let file = upload(&world, &ada, &png(900, 600), "x.png").await;
    let peer = world.input_peer(&ada, &ben);
    let sent = world.call(&ada, send(peer, photo_of(file), "")).await;
    let shown = photo(&message(sent.expect("it is sent")));
    let sizes: Vec<String> = shown
        .sizes
        .iter()
        .map(|size| match size {
            enums::PhotoSize::PhotoSize(size) => format!("{} {}x{}", size.type_, size.w, size.h),
            enums::PhotoSize::PhotoStrippedSize(size) => size.type_.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        sizes,
        ["i", "s 100x67", "m 320x213", "x 800x533", "y 900x600"]
    );
    for (size, expected) in [
        ("y", true),
        ("s", true),
        ("w", false),
        ("", false),
        ("../y", false),
    ] {
        let location = types::InputPhotoFileLocation {
            id: shown.id,
            access_hash: shown.access_hash,
            file_reference: shown.file_reference.clone(),
            thumb_size: size.into(),
        };
        match fetch(&world, &ada, location.into()).await {
            Ok(bytes) => {
                assert!(expected, "{size}");
                assert!(bytes.starts_with(&[0xff, 0xd8]), "a JPEG");
            }
            Err(error) => {
                assert!(!expected, "{size}");
                assert_eq!(error, text::LOCATION_INVALID.into());
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_photo_is_refused_and_its_parts_stay_for_another_try() {
    let (world, ada, ben) = two().await;
    let peer = world.input_peer(&ada, &ben);
    for (bytes, expected) in [
        (noise(5000), text::IMAGE_PROCESS_FAILED),
        (png(2, 100), text::PHOTO_INVALID_DIMENSIONS),
    ] {
        let file = upload(&world, &ada, &bytes, "x.png").await;
        let photo = world
            .call(&ada, send(peer.clone(), photo_of(file.clone()), ""))
            .await;
        assert_eq!(photo, Err(expected.into()));
        let sent = world
            .call(&ada, send(peer.clone(), file_of(file), ""))
            .await;
        assert!(sent.is_ok(), "as a file it goes");
    }
}

#[tokio::test]
async fn media_that_cannot_be_sent_are_refused_by_their_own_names() {
    let (world, ada, ben) = two().await;
    let peer = world.input_peer(&ada, &ben);
    let nowhere = |parts| -> InputFile {
        types::InputFile {
            id: 4,
            parts,
            ..Default::default()
        }
        .into()
    };
    let timed = types::InputMediaUploadedPhoto {
        file: nowhere(1),
        ttl_seconds: Some(5),
        ..Default::default()
    };
    let contact = types::InputMediaContact::default();
    let outside = types::InputMediaPhotoExternal {
        url: "http://127.0.0.1/x.png".into(),
        ..Default::default()
    };
    let made_up = types::InputDocument {
        id: 5,
        access_hash: 6,
        file_reference: vec![1; 30],
    };
    let made_up = types::InputMediaDocument {
        id: InputDocument::InputDocument(made_up),
        ..Default::default()
    };
    for (media, expected) in [
        (InputMedia::Empty, text::MEDIA_EMPTY.into()),
        (contact.into(), text::MEDIA_INVALID.into()),
        (timed.into(), text::TTL_MEDIA_INVALID.into()),
        (outside.into(), text::EXTERNAL_URL_INVALID.into()),
        (made_up.into(), text::LOCATION_INVALID.into()),
        (photo_of(nowhere(0)), text::FILE_PARTS_INVALID.into()),
        (photo_of(nowhere(10_000)), text::FILE_PARTS_INVALID.into()),
        (file_of(nowhere(3)), RpcError::part_missing(0)),
    ] {
        let sent = world.call(&ada, send(peer.clone(), media, "")).await;
        assert_eq!(sent, Err(expected));
    }
    assert_eq!(RpcError::part_missing(7).message, "FILE_PART_7_MISSING");
    let file = upload(&world, &ada, b"x", "x").await;
    let long = world
        .call(&ada, send(peer, file_of(file), &"x".repeat(1025)))
        .await;
    assert_eq!(long, Err(text::MEDIA_CAPTION_TOO_LONG.into()));
}

#[tokio::test]
async fn a_repetition_needs_no_second_upload() {
    let (world, ada, ben) = two().await;
    let file = upload(&world, &ada, b"once", "x").await;
    let call = send(world.input_peer(&ada, &ben), file_of(file), "");
    let first = world.call(&ada, call.clone()).await.expect("it is sent");
    let again = world.call(&ada, call).await.expect("it is known");
    assert_eq!(sent_id(&first), sent_id(&again));
}

#[tokio::test]
async fn an_album_stands_together_and_goes_on_as_one() {
    let (world, ada, ben) = two().await;
    let peer = world.input_peer(&ada, &ben);
    let mut multi_media = Vec::new();
    for index in 0..3_u32 {
        let file = upload(&world, &ada, &png(50 + index, 50), "x.png").await;
        let stored = f::messages::UploadMedia {
            peer: peer.clone(),
            media: photo_of(file),
            ..Default::default()
        };
        let MessageMedia::Photo(shows) = world.call(&ada, stored).await.expect("stored") else {
            panic!("no photo");
        };
        let Some(enums::Photo::Photo(photo)) = shows.photo else {
            panic!("no photo");
        };
        let id = types::InputPhoto {
            id: photo.id,
            access_hash: photo.access_hash,
            file_reference: photo.file_reference,
        };
        let media = types::InputMediaPhoto {
            id: InputPhoto::InputPhoto(id),
            ..Default::default()
        };
        let one = types::InputSingleMedia {
            media: media.into(),
            random_id: random_id(),
            message: if index == 0 {
                "three".into()
            } else {
                String::new()
            },
            entities: None,
        };
        multi_media.push(InputSingleMedia::InputSingleMedia(one));
    }
    let call = f::messages::SendMultiMedia {
        peer: peer.clone(),
        multi_media,
        ..Default::default()
    };
    let sent = updates(world.call(&ada, call.clone()).await.expect("it is sent"));
    let shown: Vec<types::Message> = sent
        .updates
        .iter()
        .filter_map(|update| match update {
            Update::NewMessage(new) => match &new.message {
                Message::Message(message) => Some(message.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(shown.len(), 3);
    let album = shown[0].grouped_id.expect("it is an album");
    assert!(shown.iter().all(|one| one.grouped_id == Some(album)));
    // Repeated, nothing is sent again.
    let again = updates(world.call(&ada, call).await.expect("it is known"));
    assert_eq!(again.updates.len(), sent.updates.len());

    let forward = f::messages::ForwardMessages {
        from_peer: peer,
        id: shown.iter().map(|one| one.id).collect(),
        random_id: shown.iter().map(|_| random_id()).collect(),
        to_peer: InputPeer::Self_,
        ..Default::default()
    };
    world.call(&ada, forward).await.expect("they are sent on");
    let copy = newest(&world, &ada, InputPeer::Self_).await;
    assert!(copy.grouped_id.is_some_and(|copied| copied != album));
    assert_eq!(photo(&copy).id, photo(&shown[2]).id);
}

#[tokio::test]
async fn a_file_stays_as_long_as_something_shows_it_and_goes_a_day_later() {
    let (world, ada, ben) = two().await;
    let file = upload(&world, &ada, b"kept", "x").await;
    let sent = world
        .call(&ada, send(world.input_peer(&ada, &ben), file_of(file), ""))
        .await;
    let sent = sent.expect("it is sent");
    let id = sent_id(&sent);
    // Sent on to Saved Messages, it is shown twice.
    let forward = f::messages::ForwardMessages {
        from_peer: world.input_peer(&ada, &ben),
        id: vec![id],
        random_id: vec![random_id()],
        to_peer: InputPeer::Self_,
        ..Default::default()
    };
    let copy = sent_id(&world.call(&ada, forward).await.expect("sent on"));
    let delete = |id: i32, revoke: bool| f::messages::DeleteMessages {
        id: vec![id],
        revoke,
    };

    // Ada's copy goes, its text moves to Ben's; the file is still shown there.
    world.call(&ada, delete(id, false)).await.expect("it goes");
    world
        .call(&ada, delete(copy, false))
        .await
        .expect("it goes");
    pass(&world, 2 * 86_400).await;
    let theirs = newest(&world, &ben, world.input_peer(&ben, &ada)).await;
    let place = location(&document(&theirs));
    assert_eq!(
        fetch(&world, &ben, place.clone()).await,
        Ok(b"kept".to_vec())
    );

    world
        .call(&ben, delete(theirs.id, true))
        .await
        .expect("it goes");
    pass(&world, 3600).await;
    assert_eq!(
        fetch(&world, &ben, place.clone()).await,
        Ok(b"kept".to_vec())
    );
    pass(&world, 86_000).await;
    let gone = fetch(&world, &ben, place).await;
    assert_eq!(gone, Err(text::LOCATION_INVALID.into()));
}

#[tokio::test]
async fn an_upload_that_is_never_sent_goes() {
    let (world, ada, ben) = two().await;
    let file = upload(&world, &ada, b"unsent", "x").await;
    let store = f::messages::UploadMedia {
        peer: world.input_peer(&ada, &ben),
        media: file_of(file),
        ..Default::default()
    };
    let MessageMedia::Document(shows) = world.call(&ada, store).await.expect("stored") else {
        panic!("no file");
    };
    let Some(enums::Document::Document(document)) = shows.document else {
        panic!("no file");
    };
    let place = location(&document);
    assert_eq!(
        fetch(&world, &ada, place.clone()).await,
        Ok(b"unsent".to_vec())
    );
    pass(&world, 86_400).await;
    let gone = fetch(&world, &ada, place).await;
    assert_eq!(gone, Err(text::LOCATION_INVALID.into()));
}

#[tokio::test]
async fn an_edit_changes_caption_and_media() {
    let (world, ada, ben) = two().await;
    let peer = world.input_peer(&ada, &ben);
    let file = upload(&world, &ada, b"first", "a").await;
    let sent = world
        .call(&ada, send(peer.clone(), file_of(file), "one"))
        .await;
    let first = message(sent.expect("it is sent"));
    let edit = |media: Option<InputMedia>, caption: Option<&str>| f::messages::EditMessage {
        peer: peer.clone(),
        id: first.id,
        message: caption.map(str::to_owned),
        media,
        ..Default::default()
    };
    let captioned = world.call(&ada, edit(None, Some("two"))).await;
    let captioned = message(captioned.expect("it is edited"));
    assert_eq!(captioned.message, "two");
    assert_eq!(document(&captioned).id, document(&first).id);

    let file = upload(&world, &ada, b"second", "b").await;
    let other = world.call(&ada, edit(Some(file_of(file)), None)).await;
    let other = message(other.expect("it is edited"));
    assert_eq!(other.message, "two", "the caption stays");
    assert_ne!(document(&other).id, document(&first).id);
    let bare = message(
        world
            .call(&ada, edit(None, Some(" ")))
            .await
            .expect("it is edited"),
    );
    assert_eq!(bare.message, "");
    pass(&world, 86_400).await;
    let shown = newest(&world, &ben, world.input_peer(&ben, &ada)).await;
    let place = location(&document(&shown));
    assert_eq!(fetch(&world, &ben, place).await, Ok(b"second".to_vec()));
    let refreshed = location(&document(&first));
    let gone = fetch(&world, &ada, refreshed).await;
    assert_eq!(gone, Err(text::LOCATION_INVALID.into()));
}

#[tokio::test]
async fn a_private_channels_files_are_for_its_members_alone() {
    let (world, ada, ben) = two().await;
    let eve = world.person("Eve", "4915112345603").await;
    let group = world.channel(&ada, "Inside", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let at = |person: &Person| world.channel_peer(person, group);
    let file = upload(&world, &ada, b"inside", "x").await;
    let sent = world.call(&ada, send(at(&ada), file_of(file), "")).await;
    sent.expect("it is sent");
    let shown = newest(&world, &ben, at(&ben)).await;
    let place = location(&document(&shown));
    assert_eq!(
        fetch(&world, &ben, place.clone()).await,
        Ok(b"inside".to_vec())
    );
    let outside = fetch(&world, &eve, place.clone()).await;
    assert_eq!(outside, Err(text::FILE_REFERENCE_INVALID.into()));
    let channel = world.input_channel(&ben, group);
    let leave = f::channels::LeaveChannel { channel };
    world.call(&ben, leave).await.expect("Ben leaves");
    let left = fetch(&world, &ben, place).await;
    assert_eq!(left, Err(text::FILE_REFERENCE_INVALID.into()));
}

#[tokio::test]
async fn filters_find_media_by_kind() {
    let (world, ada, ben) = two().await;
    let peer = world.input_peer(&ada, &ben);
    let file = upload(&world, &ada, &png(9, 9), "x.png").await;
    world
        .call(&ada, send(peer.clone(), photo_of(file), "a photo"))
        .await
        .expect("sent");
    let file = upload(&world, &ada, b"x", "x").await;
    world
        .call(&ada, send(peer.clone(), file_of(file), "a file"))
        .await
        .expect("sent");
    crate::messages::testing::say(&world, &ada, &ben, "a text").await;
    for (filter, expected) in [
        (MessagesFilter::InputMessagesFilterPhotos, vec!["a photo"]),
        (
            MessagesFilter::InputMessagesFilterPhotoVideo,
            vec!["a photo"],
        ),
        (MessagesFilter::InputMessagesFilterDocument, vec!["a file"]),
        (MessagesFilter::InputMessagesFilterMusic, vec![]),
        (MessagesFilter::InputMessagesFilterGeo, vec![]),
    ] {
        let call = f::messages::Search {
            peer: peer.clone(),
            filter: filter.clone(),
            limit: 10,
            ..Default::default()
        };
        let found = messages(world.call(&ada, call).await.expect("found"));
        let texts: Vec<_> = found
            .iter()
            .map(crate::messages::testing::text_of)
            .collect();
        assert_eq!(texts, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn uploads_that_are_switched_off_are_refused_with_a_notice() {
    use heliograph_domain::bus::Signal;
    use heliograph_domain::switches::{SwitchUploads, Uploaders};
    let (world, ada, ben) = two().await;
    let file = upload(&world, &ada, b"x", "x").await;
    let switch = async |of, until_s: i64| {
        let off =
            (until_s > 0).then(|| ((world.now_s() + until_s) as i32, "a flood of spam".into()));
        let switch = SwitchUploads { of, off };
        world
            .services
            .store
            .write(switch)
            .await
            .expect("it is switched")
    };
    let part = || f::upload::SaveFilePart {
        file_id: 1,
        file_part: 0,
        bytes: vec![1],
    };
    let off = Err(text::UPLOADS_SWITCHED_OFF.into());
    switch(Uploaders::Bots, 3600).await;
    assert_eq!(world.call(&ada, part()).await, Ok(true), "Ada is no bot");
    switch(Uploaders::New, 3600).await;
    assert_eq!(world.call(&ada, part()).await, off, "her account is new");
    let noticed = world.seen.signals.lock().expect("no test panics").iter().any(|signal| {
        matches!(signal, Signal::Notice { to, text } if *to == ada.id && text.contains("a flood of spam"))
    });
    assert!(noticed, "stock clients show the notice");
    let peer = world.input_peer(&ada, &ben);
    let sent = world.call(&ada, send(peer, file_of(file), "")).await;
    assert_eq!(sent, Err(text::UPLOADS_SWITCHED_OFF.into()));
    world.pass(3600);
    assert_eq!(
        world.call(&ada, part()).await,
        Ok(true),
        "it ends by itself"
    );
    switch(Uploaders::Everyone, 3600).await;
    assert_eq!(world.call(&ada, part()).await, off);
    let switched = switch(Uploaders::Everyone, 0).await;
    assert!(switched.before.is_some() && switched.now.is_none());
    assert_eq!(world.call(&ada, part()).await, Ok(true), "it is on again");
}

#[tokio::test]
async fn a_group_may_forbid_photos_and_allow_files() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "No photos", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let banned_rights = types::ChatBannedRights {
        send_photos: true,
        ..Default::default()
    };
    let rights = f::messages::EditChatDefaultBannedRights {
        peer: world.channel_peer(&ada, group),
        banned_rights: enums::ChatBannedRights::ChatBannedRights(banned_rights),
    };
    world.call(&ada, rights).await.expect("set");
    let peer = world.channel_peer(&ben, group);
    let file = upload(&world, &ben, &png(9, 9), "x.png").await;
    let photo = world
        .call(&ben, send(peer.clone(), photo_of(file.clone()), ""))
        .await;
    assert_eq!(photo, Err(text::CHAT_SEND_PHOTOS_FORBIDDEN.into()));
    let file = upload(&world, &ben, b"x", "x").await;
    let sent = world
        .call(&ben, send(peer.clone(), file_of(file), ""))
        .await;
    let sent = message(sent.expect("it is sent"));
    // What was sent as a file does not become a photo by an edit.
    let file = upload(&world, &ben, &png(9, 9), "x.png").await;
    let edit = f::messages::EditMessage {
        peer,
        id: sent.id,
        media: Some(photo_of(file)),
        ..Default::default()
    };
    let edited = world.call(&ben, edit).await;
    assert_eq!(edited, Err(text::CHAT_SEND_PHOTOS_FORBIDDEN.into()));
}
