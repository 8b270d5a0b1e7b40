//! The verbs for channels and groups.

use grammers_client::Client;
use grammers_client::message::InputMessage;
use grammers_client::tl::{enums, functions};
use grammers_session::types::{PeerKind, PeerRef};
use serde_json::{Value, json};

use crate::{Outcome, plain};

/// Makes a channel (`broadcast`) or a group.
pub async fn make(client: &Client, title: String, broadcast: bool) -> Outcome<Value> {
    let request = functions::channels::CreateChannel {
        broadcast,
        megagroup: !broadcast,
        for_import: false,
        forum: false,
        title,
        about: String::new(),
        geo_point: None,
        address: None,
        ttl_period: None,
    };
    let made = client.invoke(&request).await?;
    Ok(json!({ "channel": channel_in(&made)? }))
}

/// Finds channels by name.
pub async fn search(client: &Client, text: String) -> Outcome<Value> {
    let request = functions::contacts::Search {
        broadcasts: false,
        bots: false,
        q: text,
        limit: 50,
    };
    let enums::contacts::Found::Found(found) = client.invoke(&request).await?;
    let id = |chat: &enums::Chat| match chat {
        enums::Chat::Channel(channel) => Some(channel.id),
        _ => None,
    };
    let channels: Vec<i64> = found.chats.iter().filter_map(id).collect();
    Ok(json!({ "channels": channels }))
}

/// Comes in by an invite link, or by a public name.
pub async fn join(client: &Client, to: &str) -> Outcome<Value> {
    let joined = if let Some((_, hash)) = to.split_once('+') {
        let hash = hash.to_owned();
        client
            .invoke(&functions::messages::ImportChatInvite { hash })
            .await?
    } else {
        let name = to.trim_start_matches('@');
        let found = client.resolve_username(name).await?;
        let found = found.ok_or("no such username")?.to_ref().await?;
        let channel = found.ok_or("no access hash")?.into();
        client
            .invoke(&functions::channels::JoinChannel { channel })
            .await?
    };
    match joined {
        enums::messages::ChatInviteJoinResult::Ok(joined) => {
            Ok(json!({ "channel": channel_in(&joined.updates)? }))
        }
        other => Err(format!("not let in: {other:?}").into()),
    }
}

fn channel_in(updates: &enums::Updates) -> Outcome<i64> {
    let enums::Updates::Updates(updates) = updates else {
        return Err("the answer names no channel".into());
    };
    match updates.chats.first() {
        Some(enums::Chat::Channel(channel)) => Ok(channel.id),
        _ => Err("the answer names no channel".into()),
    }
}

/// The caller's invite link.
pub async fn invite_link(client: &Client, peer: PeerRef) -> Outcome<Value> {
    let request = functions::messages::ExportChatInvite {
        legacy_revoke_permanent: false,
        request_needed: false,
        peer: peer.into(),
        expire_date: None,
        usage_limit: None,
        title: None,
        subscription_pricing: None,
    };
    match client.invoke(&request).await? {
        enums::ExportedChatInvite::ChatInviteExported(invite) => Ok(json!({ "link": invite.link })),
        enums::ExportedChatInvite::ChatInvitePublicJoinRequests => Err("not a link".into()),
    }
}

/// Writes under a post, in the group where it is discussed.
pub async fn comment(client: &Client, peer: PeerRef, msg_id: i32, text: String) -> Outcome<()> {
    let request = functions::messages::GetDiscussionMessage {
        peer: peer.into(),
        msg_id,
    };
    let enums::messages::DiscussionMessage::Message(found) = client.invoke(&request).await?;
    let Some(enums::Message::Message(first)) = found.messages.first() else {
        return Err("the post is not discussed".into());
    };
    let enums::Peer::Channel(group) = &first.peer_id else {
        return Err("the discussion is not in a group".into());
    };
    let group = of_dialogs(client, group.channel_id).await?;
    let message = InputMessage::new().text(text).reply_to(Some(first.id));
    client.send_message(group, message).await?;
    Ok(())
}

/// A channel of the caller's, found in the list of chats.
pub async fn of_dialogs(client: &Client, channel: i64) -> Outcome<PeerRef> {
    let mut dialogs = client.iter_dialogs();
    while let Some(dialog) = dialogs.next().await? {
        let peer = dialog.peer_ref();
        if peer.id.kind() == PeerKind::Channel && peer.id.bare_id() == Some(channel) {
            return Ok(peer);
        }
    }
    Err("the channel is not among the dialogs".into())
}

/// Where a channel's log stands.
pub async fn state(client: &Client, peer: PeerRef) -> Outcome<Value> {
    let channel = peer.into();
    let enums::messages::ChatFull::Full(full) = client
        .invoke(&functions::channels::GetFullChannel { channel })
        .await?;
    match full.full_chat {
        enums::ChatFull::ChannelFull(full) => Ok(json!({ "pts": full.pts })),
        _ => Err("not a channel".into()),
    }
}

/// Everything in a channel since `pts`, slice by slice, asked past the library's own bookkeeping.
pub async fn difference(client: &Client, peer: PeerRef, mut pts: i32) -> Outcome<Value> {
    use enums::updates::ChannelDifference;
    let (mut events, mut slices) = (Vec::new(), 0);
    loop {
        let request = functions::updates::GetChannelDifference {
            force: false,
            channel: peer.into(),
            filter: enums::ChannelMessagesFilter::Empty,
            pts,
            limit: 20,
        };
        let part = match client.invoke(&request).await? {
            ChannelDifference::Empty(_) => break,
            ChannelDifference::Difference(part) => part,
            ChannelDifference::TooLong(_) => {
                return Err("the server calls the difference too long".into());
            }
        };
        slices += 1;
        events.extend(part.new_messages.iter().filter_map(plain::new_message));
        events.extend(part.other_updates.iter().filter_map(plain::event));
        pts = part.pts;
        if part.r#final {
            break;
        }
    }
    Ok(json!({ "events": events, "slices": slices }))
}

/// Lets nobody but admins hear somebody, or takes that back.
pub async fn mute(client: &Client, peer: PeerRef, user: PeerRef, muted: bool) -> Outcome<()> {
    client
        .set_banned_rights(peer, user)
        .send_messages(!muted)
        .await?;
    Ok(())
}

/// Joins a broadcast with the group in which it is discussed.
pub async fn discuss(client: &Client, broadcast: PeerRef, group: PeerRef) -> Outcome<()> {
    let request = functions::channels::SetDiscussionGroup {
        broadcast: broadcast.into(),
        group: group.into(),
    };
    client.invoke(&request).await?;
    Ok(())
}

/// Gives a channel a public name.
pub async fn publish(client: &Client, peer: PeerRef, username: String) -> Outcome<()> {
    let channel = peer.into();
    client
        .invoke(&functions::channels::UpdateUsername { channel, username })
        .await?;
    Ok(())
}

/// Leaves a channel or group.
pub async fn leave(client: &Client, peer: PeerRef) -> Outcome<()> {
    let channel = peer.into();
    client
        .invoke(&functions::channels::LeaveChannel { channel })
        .await?;
    Ok(())
}

/// Marks a channel or group as read up to a message.
pub async fn read(client: &Client, peer: PeerRef, max_id: i32) -> Outcome<()> {
    let channel = peer.into();
    client
        .invoke(&functions::channels::ReadHistory { channel, max_id })
        .await?;
    Ok(())
}
