//! The verbs about pictures and files.

use grammers_client::Client;
use grammers_client::message::InputMessage;
use grammers_client::tl::functions;
use grammers_session::types::PeerRef;
use serde_json::{Value, json};

use crate::Outcome;

fn text<'a>(request: &'a Value, name: &str) -> &'a str {
    request[name].as_str().unwrap_or_default()
}

pub async fn send(client: &Client, peer: PeerRef, request: &Value) -> Outcome<Value> {
    let file = client.upload_file(text(request, "path")).await?;
    let message = InputMessage::new().text(text(request, "caption"));
    let message = if request["photo"] == json!(true) {
        message.photo(file)
    } else {
        message.file(file)
    };
    let sent = client.send_message(peer, message).await?;
    Ok(json!({ "id": sent.id() }))
}

pub async fn fetch(client: &Client, peer: PeerRef, id: i32, request: &Value) -> Outcome<()> {
    let found = client.get_messages_by_id(peer, &[id]).await?;
    let message = found.into_iter().flatten().next();
    let message = message.ok_or("no such message")?;
    let media = message.media().ok_or("it shows nothing")?;
    client.download_media(&media, text(request, "path")).await?;
    Ok(())
}

pub async fn wear(client: &Client, request: &Value) -> Outcome<()> {
    let file = client.upload_file(text(request, "path")).await?;
    let call = functions::photos::UploadProfilePhoto {
        fallback: false,
        bot: None,
        file: Some(file.raw),
        video: None,
        video_start_ts: None,
        video_emoji_markup: None,
    };
    client.invoke(&call).await?;
    Ok(())
}

pub async fn face(client: &Client, peer: PeerRef, request: &Value) -> Outcome<()> {
    let photo = client.iter_profile_photos(peer).next().await?;
    let photo = photo.ok_or("there is no picture")?;
    client.download_media(&photo, text(request, "path")).await?;
    Ok(())
}
