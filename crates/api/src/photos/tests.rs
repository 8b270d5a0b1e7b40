use super::*;
use crate::channels::testing::Kind;
use crate::error::RpcError;
use crate::messages::send_media_tests::{png, upload};
use crate::messages::testing::two;
use crate::testing::{Person, World};
use heliograph_tl::enums::{
    Chat, ChatPhoto, InputChatPhoto, InputFileLocation, InputPeer, InputPrivacyKey,
    InputPrivacyRule, MessageAction, Update, UserProfilePhoto,
};

async fn wear(world: &World, by: &Person) -> types::Photo {
    let file = upload(world, by, &png(300, 200), "me.png").await;
    let call = f::photos::UploadProfilePhoto {
        file: Some(file),
        ..Default::default()
    };
    photo(world.call(by, call).await.expect("it is worn"))
}

fn photo(answer: enums::photos::Photo) -> types::Photo {
    let enums::photos::Photo::Photo(answer) = answer;
    match answer.photo {
        enums::Photo::Photo(photo) => photo,
        enums::Photo::Empty(_) => panic!("there is none"),
    }
}

fn named(photo: &types::Photo) -> InputPhoto {
    types::InputPhoto {
        id: photo.id,
        access_hash: photo.access_hash,
        file_reference: photo.file_reference.clone(),
    }
    .into()
}

/// The id of the picture that `viewer` sees on `other`.
async fn seen(world: &World, viewer: &Person, other: &Person) -> Option<i64> {
    let id = vec![world.input_user(viewer, other)];
    let users = world.call(viewer, f::users::GetUsers { id }).await;
    match users.expect("answered").first() {
        Some(enums::User::User(user)) => match &user.photo {
            Some(UserProfilePhoto::UserProfilePhoto(photo)) => Some(photo.photo_id),
            _ => None,
        },
        _ => panic!("nobody"),
    }
}

async fn fetch(
    world: &World,
    by: &Person,
    peer: InputPeer,
    photo_id: i64,
) -> Result<usize, RpcError> {
    let location = types::InputPeerPhotoFileLocation {
        big: true,
        peer,
        photo_id,
    };
    let call = f::upload::GetFile {
        location: InputFileLocation::InputPeerPhotoFileLocation(location),
        limit: 1 << 20,
        ..Default::default()
    };
    match world.call(by, call).await? {
        enums::upload::File::File(file) => Ok(file.bytes.len()),
        enums::upload::File::CdnRedirect(_) => panic!("there is no other network"),
    }
}

#[tokio::test]
async fn a_picture_is_seen_by_others_until_it_goes() {
    let (world, ada, ben) = two().await;
    let first = wear(&world, &ada).await;
    let second = wear(&world, &ada).await;
    assert_eq!(seen(&world, &ben, &ada).await, Some(second.id));
    let peer = world.input_peer(&ben, &ada);
    assert!(
        fetch(&world, &ben, peer.clone(), second.id)
            .await
            .is_ok_and(|length| length > 500)
    );
    assert!(
        fetch(&world, &ben, peer.clone(), first.id).await.is_ok(),
        "older ones too"
    );
    let made_up = fetch(&world, &ben, peer.clone(), 7).await;
    assert_eq!(made_up, Err(text::LOCATION_INVALID.into()));

    let call = f::photos::GetUserPhotos {
        user_id: world.input_user(&ben, &ada),
        limit: 10,
        ..Default::default()
    };
    let enums::photos::Photos::Photos(all) = world.call(&ben, call).await.expect("shown") else {
        panic!("there are no more");
    };
    let ids: Vec<i64> = all
        .photos
        .iter()
        .map(|photo| match photo {
            enums::Photo::Photo(photo) => photo.id,
            enums::Photo::Empty(_) => 0,
        })
        .collect();
    assert_eq!(ids, [second.id, first.id]);

    let gone = f::photos::DeletePhotos {
        id: vec![named(&second)],
    };
    assert_eq!(world.call(&ada, gone).await, Ok(vec![second.id]));
    assert_eq!(
        seen(&world, &ben, &ada).await,
        Some(first.id),
        "the one before is back"
    );
    // Another's picture does not go, and is not put on.
    let others = f::photos::DeletePhotos {
        id: vec![named(&first)],
    };
    assert_eq!(world.call(&ben, others).await, Ok(vec![]));
    let stolen = f::photos::UpdateProfilePhoto {
        id: named(&first),
        ..Default::default()
    };
    assert_eq!(
        world.call(&ben, stolen.clone()).await,
        Err(text::PHOTO_ID_INVALID.into())
    );
    let none = f::photos::UpdateProfilePhoto::default();
    world.call(&ada, none).await.expect("taken off");
    assert_eq!(seen(&world, &ben, &ada).await, None);
    world.call(&ada, stolen).await.expect("put on again");
    assert_eq!(seen(&world, &ben, &ada).await, Some(first.id));
}

#[tokio::test]
async fn a_picture_is_for_those_who_may_see_it() {
    let (world, ada, ben) = two().await;
    let worn = wear(&world, &ada).await;
    let hide = f::account::SetPrivacy {
        key: InputPrivacyKey::ProfilePhoto,
        rules: vec![InputPrivacyRule::InputPrivacyValueDisallowAll],
    };
    world.call(&ada, hide).await.expect("set");
    assert_eq!(seen(&world, &ben, &ada).await, None);
    assert_eq!(seen(&world, &ada, &ada).await, Some(worn.id));
    let peer = world.input_peer(&ben, &ada);
    let hidden = fetch(&world, &ben, peer, worn.id).await;
    assert_eq!(hidden, Err(text::LOCATION_INVALID.into()));
    let call = f::photos::GetUserPhotos {
        user_id: world.input_user(&ben, &ada),
        limit: 10,
        ..Default::default()
    };
    let enums::photos::Photos::Photos(all) = world.call(&ben, call).await.expect("shown") else {
        panic!("there are no more");
    };
    assert!(all.photos.is_empty());
}

#[tokio::test]
async fn a_channels_picture_is_told_by_a_message() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    world.publish(&ada, news, "some_news").await;
    let file = upload(&world, &ada, &png(64, 64), "x.png").await;
    let edit = |file| f::channels::EditPhoto {
        channel: world.input_channel(&ada, news),
        photo: types::InputChatUploadedPhoto {
            file: Some(file),
            ..Default::default()
        }
        .into(),
    };
    let told = world.call(&ada, edit(file)).await.expect("it is changed");
    let enums::Updates::Updates(told) = told else {
        panic!("no updates");
    };
    let action = told.updates.iter().find_map(|update| match update {
        Update::NewChannelMessage(new) => match &new.message {
            enums::Message::Service(message) => Some(message.action.clone()),
            _ => None,
        },
        _ => None,
    });
    let Some(MessageAction::ChatEditPhoto(action)) = action else {
        panic!("{action:?}");
    };
    let enums::Photo::Photo(shown) = action.photo else {
        panic!("no photo");
    };
    let channel = world.input_channel(&ben, news);
    let chats = world
        .call(&ben, f::channels::GetChannels { id: vec![channel] })
        .await;
    let enums::messages::Chats::Chats(chats) = chats.expect("shown") else {
        panic!("no chats");
    };
    let Some(Chat::Channel(seen)) = chats.chats.first() else {
        panic!("no channel");
    };
    let ChatPhoto::ChatPhoto(photo) = &seen.photo else {
        panic!("no picture");
    };
    assert_eq!(photo.photo_id, shown.id);
    assert!(photo.stripped_thumb.is_some());
    let peer = world.channel_peer(&ben, news);
    assert!(fetch(&world, &ben, peer.clone(), shown.id).await.is_ok());

    let bare = f::channels::EditPhoto {
        channel: world.input_channel(&ada, news),
        photo: InputChatPhoto::Empty,
    };
    world.call(&ada, bare.clone()).await.expect("it goes");
    assert_eq!(
        world.call(&ada, bare).await,
        Err(text::CHAT_NOT_MODIFIED.into())
    );
    let gone = fetch(&world, &ben, peer, shown.id).await;
    assert_eq!(gone, Err(text::LOCATION_INVALID.into()));
}
