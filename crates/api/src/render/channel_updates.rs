//! What members of a channel are told of it.
//!
//! A push is encoded once for nearly all of them (`docs/decisions/0004-channels.md`).

use super::marks::{self, Marks};
use super::updates::shown_by_change;
use super::{Everyone, Shown, Viewer, message_in, min_chat, min_user, peer};
use crate::context::Services;
use heliograph_domain::{accounts, channels};
use heliograph_model::{Change, ChannelId, Logged, Owner, Peer, UserId};
use heliograph_store::{Rows, StoreError, Wake};
use heliograph_tl::enums::{self, Update, Updates};
use heliograph_tl::{Decode, Encode, types};
use std::collections::{BTreeMap, BTreeSet};

/// The channel whose mailbox this is; `None` for a person's.
pub(super) fn channel_of(owner: Owner) -> Option<ChannelId> {
    match Peer::from_number(owner.0) {
        Some(Peer::Channel(channel)) => Some(channel),
        _ => None,
    }
}

/// The same change with what is counted of its message.
pub(super) async fn counted(rows: &mut dyn Rows, logged: &Logged) -> Result<Logged, StoreError> {
    let mut logged = logged.clone();
    if let Change::NewMessage(message) | Change::Edited(message) = &mut logged.change {
        channels::count(rows, std::slice::from_mut(message)).await?;
    }
    Ok(logged)
}

/// One change of a channel as an update, for a viewer from a country.
pub(super) fn channel_change(
    viewer: Viewer<'_>,
    channel: ChannelId,
    logged: &Logged,
    country: Option<&str>,
) -> Update {
    let (pts, pts_count) = (logged.pts as i32, logged.pts_count as i32);
    let channel_id = channel.0;
    let numbers = |ids: &[heliograph_model::MessageId]| ids.iter().map(|id| id.0 as i32).collect();
    match &logged.change {
        Change::NewMessage(new) => types::UpdateNewChannelMessage {
            message: message_in(viewer, new, country),
            pts,
            pts_count,
        }
        .into(),
        Change::Edited(edited) => types::UpdateEditChannelMessage {
            message: message_in(viewer, edited, country),
            pts,
            pts_count,
        }
        .into(),
        Change::Pinned { ids, pinned, .. } => types::UpdatePinnedChannelMessages {
            pinned: *pinned,
            channel_id,
            messages: numbers(ids),
            pts,
            pts_count,
        }
        .into(),
        Change::Deleted(ids) => types::UpdateDeleteChannelMessages {
            channel_id,
            messages: numbers(ids),
            pts,
            pts_count,
        }
        .into(),
        // Read marks are a member's own and never in a channel's log; should one be, it counts and
        // says nothing.
        Change::ReadInbox { .. } | Change::ReadOutbox { .. } | Change::ContentsRead(_) => {
            types::UpdateDeleteChannelMessages {
                channel_id,
                messages: Vec::new(),
                pts,
                pts_count,
            }
            .into()
        }
    }
}

/// A channel's wake-up as containers in the canonical layer: one for nearly all, and others for those
/// few who see it differently.
#[derive(Debug, Default)]
pub struct ChannelWake {
    /// For everyone who is not named below.
    pub for_all: Vec<u8>,
    /// For authors (`out`), for those whom a message mentions, and for those in whose country something
    /// else is shown in its place.
    pub for_some: BTreeMap<UserId, Vec<u8>>,
}

/// A channel's wake-up, encoded once for all `members` who are here but a few. People and the channel
/// itself go as `min` constructors: nothing in them depends on the viewer.
pub async fn channel_wake(
    services: &Services,
    rows: &mut dyn Rows,
    channel: ChannelId,
    wake: &Wake,
    members: &[UserId],
) -> Result<ChannelWake, StoreError> {
    let mut logged = Vec::with_capacity(wake.logged.len());
    let mut shown = Shown::default();
    shown.add(channel.into());
    let mut special = BTreeSet::new();
    let mut by_country = false;
    for entry in &wake.logged {
        let entry = counted(rows, entry).await?;
        shown_by_change(&entry.change, &mut shown);
        if let Change::NewMessage(message) | Change::Edited(message) = &entry.change {
            special.insert(message.from);
            let me = NOBODY;
            by_country |= marks::differs_by_country(Viewer { services, me }, message);
            let part = message.body.channel.as_ref();
            special.extend(part.into_iter().flat_map(|part| &part.mentioned));
        }
        logged.push(entry);
    }
    let mut everyone = Everyone::default();
    for person in &shown.people {
        if let Some(account) = accounts::find(rows, *person).await? {
            everyone.users.push(min_user(rows, &account.person).await?);
        }
    }
    for id in &shown.channels {
        let channel = channels::find(rows, *id).await?;
        everyone
            .chats
            .extend(channel.map(|channel| min_chat(&channel, &marks_of(services, channel.id))));
    }
    let mut countries = BTreeMap::new();
    if by_country {
        // Rare: a post that is restricted somewhere was edited. Then each member counts.
        for member in members {
            let country = marks::country_of(rows, *member).await?;
            countries.extend(country.map(|country| (*member, country)));
        }
        special.extend(countries.keys());
    }
    let date = services.clock.now().seconds();
    let encoded = |me: UserId| -> Vec<u8> {
        let country = countries.get(&me).map(String::as_str);
        let viewer = Viewer { services, me };
        let updates: Updates = types::Updates {
            updates: logged
                .iter()
                .map(|entry| channel_change(viewer, channel, entry, country))
                .collect(),
            users: everyone.users.clone(),
            chats: everyone.chats.clone(),
            date,
            seq: 0,
        }
        .into();
        updates.to_bytes()
    };
    Ok(ChannelWake {
        for_all: encoded(NOBODY),
        for_some: special
            .into_iter()
            .map(|person| (person, encoded(person)))
            .collect(),
    })
}

/// An id that is nobody's: who sees a channel as most do.
const NOBODY: UserId = UserId(0);

/// What moderation has put on a channel for everybody.
fn marks_of(services: &Services, channel: ChannelId) -> Marks {
    let me = NOBODY;
    marks::for_all(Viewer { services, me }, channel.into())
}

/// A change of what a channel is, for everyone who is in it: `updateChannel`.
pub async fn channel_changed(
    services: &Services,
    rows: &mut dyn Rows,
    channel: ChannelId,
) -> Result<Vec<u8>, StoreError> {
    let found = channels::find(rows, channel).await?;
    let updates: Updates = types::Updates {
        updates: vec![
            types::UpdateChannel {
                channel_id: channel.0,
            }
            .into(),
        ],
        users: Vec::new(),
        chats: found
            .iter()
            .map(|channel| min_chat(channel, &marks_of(services, channel.id)))
            .collect(),
        date: services.clock.now().seconds(),
        seq: 0,
    }
    .into();
    Ok(updates.to_bytes())
}

/// Somebody typing in a channel, for everyone else who is in it; `None` where the action does not
/// read.
pub fn channel_typing(
    services: &Services,
    channel: ChannelId,
    from: UserId,
    action: &[u8],
) -> Option<Vec<u8>> {
    let action = enums::SendMessageAction::from_bytes(action).ok()?;
    let short: Updates = types::UpdateShort {
        update: types::UpdateChannelUserTyping {
            channel_id: channel.0,
            top_msg_id: None,
            from_id: peer(from),
            action,
        }
        .into(),
        date: services.clock.now().seconds(),
    }
    .into();
    Some(short.to_bytes())
}
