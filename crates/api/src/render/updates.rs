//! What sessions are told: changes of their mailbox, and news that is never stored.

use super::channel_updates::{channel_change, channel_of, counted};
use super::marks;
use super::people::status_of;
use super::{Everyone, Shown, Viewer, contact_settings, draft, entities, message, peer};
use crate::error::Result;
use crate::settings;
use heliograph_domain::bots::BotUpdate;
use heliograph_domain::bus::Signal;
use heliograph_domain::{accounts, channels, contacts, dialogs};
use heliograph_model::{Change, Logged, Message, Notice, Owner, Peer, UnixMs, UserId};
use heliograph_store::{Rows, StoreError, Wake, mailbox};
use heliograph_tl::enums::{self, DialogPeer, Update, Updates};
use heliograph_tl::{Decode, Encode, types};

/// One change of a mailbox as an update, with its place in the log.
pub(crate) async fn change(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    owner: Owner,
    logged: &Logged,
) -> Result<Update, StoreError> {
    match channel_of(owner) {
        Some(channel) => {
            let counted = counted(rows, logged).await?;
            let shown = match &counted.change {
                Change::NewMessage(message) | Change::Edited(message) => Some(&**message),
                _ => None,
            };
            let country = marks::country_for(viewer, rows, shown).await?;
            Ok(channel_change(
                viewer,
                channel,
                &counted,
                country.as_deref(),
            ))
        }
        None => Ok(own_change(viewer, logged)),
    }
}

/// One change of one's own mailbox as an update, with its place in the log.
fn own_change(viewer: Viewer<'_>, logged: &Logged) -> Update {
    let (pts, pts_count) = (logged.pts as i32, logged.pts_count as i32);
    let numbers = |ids: &[heliograph_model::MessageId]| ids.iter().map(|id| id.0 as i32).collect();
    match &logged.change {
        Change::NewMessage(new) => types::UpdateNewMessage {
            message: message(viewer, new),
            pts,
            pts_count,
        }
        .into(),
        Change::Edited(edited) => types::UpdateEditMessage {
            message: message(viewer, edited),
            pts,
            pts_count,
        }
        .into(),
        Change::Deleted(ids) => types::UpdateDeleteMessages {
            messages: numbers(ids),
            pts,
            pts_count,
        }
        .into(),
        Change::ReadInbox {
            peer: chat,
            max_id,
            still_unread,
        } => types::UpdateReadHistoryInbox {
            peer: peer(*chat),
            max_id: max_id.0 as i32,
            still_unread_count: *still_unread as i32,
            pts,
            pts_count,
            ..Default::default()
        }
        .into(),
        Change::ReadOutbox { peer: chat, max_id } => types::UpdateReadHistoryOutbox {
            peer: peer(*chat),
            max_id: max_id.0 as i32,
            pts,
            pts_count,
        }
        .into(),
        Change::Pinned {
            peer: chat,
            ids,
            pinned,
        } => types::UpdatePinnedMessages {
            pinned: *pinned,
            peer: peer(*chat),
            messages: numbers(ids),
            pts,
            pts_count,
        }
        .into(),
        Change::ContentsRead(ids) => types::UpdateReadMessagesContents {
            messages: numbers(ids),
            pts,
            pts_count,
            date: None,
        }
        .into(),
    }
}

/// The date that a container of these changes carries, in Unix seconds.
pub(crate) fn date_of(viewer: Viewer<'_>) -> i32 {
    viewer.services.clock.now().seconds()
}

/// Notes everyone whom a change shows.
pub(crate) fn shown_by_change(change: &Change, shown: &mut Shown) {
    match change {
        Change::NewMessage(message) | Change::Edited(message) => shown.message(message),
        Change::ReadInbox { peer, .. }
        | Change::ReadOutbox { peer, .. }
        | Change::Pinned { peer, .. } => shown.add(*peer),
        Change::Deleted(_) | Change::ContentsRead(_) => {}
    }
}

/// Changes of one mailbox as one container, with everyone whom they show. `first` holds updates that
/// go before.
pub(crate) async fn of_changes(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    owner: Owner,
    first: Vec<Update>,
    changes: impl IntoIterator<Item = &Logged>,
) -> Result<Updates, StoreError> {
    let mut shown = Shown::default();
    if let Some(channel) = channel_of(owner) {
        shown.add(channel.into());
    }
    let mut updates = first;
    for logged in changes {
        shown_by_change(&logged.change, &mut shown);
        updates.push(change(viewer, rows, owner, logged).await?);
    }
    let everyone = shown.load(viewer, rows).await?;
    Ok(container(viewer, updates, everyone))
}

fn container(viewer: Viewer<'_>, updates: Vec<Update>, everyone: Everyone) -> Updates {
    types::Updates {
        updates,
        users: everyone.users,
        chats: everyone.chats,
        date: date_of(viewer),
        seq: 0,
    }
    .into()
}

/// Changes without pts, as they stand now, and everyone whom they show.
pub(crate) async fn notices(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    notices: &[Notice],
) -> Result<(Vec<Update>, Shown), StoreError> {
    let mut shown = Shown::default();
    let mut updates = Vec::new();
    for notice in notices {
        let update = self::notice(viewer, rows, notice).await?;
        updates.extend(update);
        match notice {
            Notice::Name(user) | Notice::Blocked(user) | Notice::Contact(user) => {
                shown.add((*user).into());
            }
            Notice::Draft(peer)
            | Notice::DialogPinned(peer)
            | Notice::UnreadMark(peer)
            | Notice::NotifySettings(peer) => shown.add(*peer),
            Notice::Channel(channel, _)
            | Notice::ChannelRead(channel)
            | Notice::ChannelReadByOthers(channel)
            | Notice::MentionsRead(channel, _) => shown.add((*channel).into()),
            Notice::PinnedOrder | Notice::Privacy(_) | Notice::NotifyKind(_) => {}
        }
    }
    Ok((updates, shown))
}

/// Changes without pts as one container, with everyone whom they show.
pub(crate) async fn of_notices(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    notices: &[Notice],
) -> Result<Updates, StoreError> {
    let (updates, shown) = self::notices(viewer, rows, notices).await?;
    let everyone = shown.load(viewer, rows).await?;
    Ok(container(viewer, updates, everyone))
}

async fn notice(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    notice: &Notice,
) -> Result<Option<Update>, StoreError> {
    let me = viewer.me;
    Ok(Some(match notice {
        Notice::Name(user) => {
            let Some(account) = accounts::find(rows, *user).await? else {
                return Ok(None);
            };
            let person = account.person;
            let name = person.first_name.map(|name| name.as_str().to_owned());
            let usernames = person.username.map(|name| {
                let username = name.as_str().to_owned();
                types::Username {
                    editable: true,
                    active: true,
                    username,
                }
                .into()
            });
            types::UpdateUserName {
                user_id: user.0,
                first_name: name.unwrap_or_default(),
                last_name: person.last_name.as_str().to_owned(),
                usernames: usernames.into_iter().collect(),
            }
            .into()
        }
        Notice::Draft(chat) => {
            let dialog = mailbox::dialog(rows, me.into(), *chat).await?;
            let saved = dialog.and_then(|dialog| dialog.draft);
            let draft = draft(saved.as_ref());
            types::UpdateDraftMessage {
                peer: peer(*chat),
                draft,
                ..Default::default()
            }
            .into()
        }
        Notice::DialogPinned(chat) => {
            let dialog = mailbox::dialog(rows, me.into(), *chat).await?;
            let pinned = dialog.is_some_and(|dialog| dialog.pinned.is_some());
            types::UpdateDialogPinned {
                pinned,
                folder_id: None,
                peer: dialog_peer(*chat),
            }
            .into()
        }
        Notice::PinnedOrder => {
            let pinned = dialogs::pinned(rows, me).await?.into_iter();
            let order = pinned.map(|(peer, _)| dialog_peer(peer)).collect();
            types::UpdatePinnedDialogs {
                folder_id: None,
                order: Some(order),
            }
            .into()
        }
        Notice::UnreadMark(chat) => {
            let dialog = mailbox::dialog(rows, me.into(), *chat).await?;
            let unread = dialog.is_some_and(|dialog| dialog.unread_mark);
            let peer = dialog_peer(*chat);
            types::UpdateDialogUnreadMark {
                unread,
                peer,
                saved_peer_id: None,
            }
            .into()
        }
        Notice::NotifySettings(chat) => types::UpdateNotifySettings {
            peer: types::NotifyPeer { peer: peer(*chat) }.into(),
            notify_settings: settings::notify_of(rows, me, *chat).await?,
        }
        .into(),
        Notice::NotifyKind(kind) => {
            let Some(kind) = settings::NotifyKind::from_number(*kind) else {
                return Ok(None);
            };
            types::UpdateNotifySettings {
                peer: kind.peer(),
                notify_settings: settings::notify_named(rows, me, kind.name()).await?,
            }
            .into()
        }
        Notice::Blocked(user) => types::UpdatePeerBlocked {
            blocked: contacts::is_blocked(rows, me, *user).await?,
            blocked_my_stories_from: false,
            peer_id: peer(*user),
        }
        .into(),
        Notice::Contact(user) => {
            let Some(account) = accounts::find(rows, *user).await? else {
                return Ok(None);
            };
            let settings = contact_settings(viewer, rows, &account.person).await?;
            types::UpdatePeerSettings {
                peer: peer(*user),
                settings,
            }
            .into()
        }
        Notice::Channel(channel, _) => types::UpdateChannel {
            channel_id: channel.0,
        }
        .into(),
        Notice::ChannelRead(channel) => {
            let Some(listed) = dialogs::one(rows, me, (*channel).into()).await? else {
                return Ok(None);
            };
            types::UpdateReadChannelInbox {
                folder_id: None,
                channel_id: channel.0,
                max_id: listed.dialog.read_in.0 as i32,
                still_unread_count: listed.unread as i32,
                pts: mailbox::state(rows, (*channel).into()).await?.pts as i32,
            }
            .into()
        }
        Notice::ChannelReadByOthers(channel) => types::UpdateReadChannelOutbox {
            channel_id: channel.0,
            max_id: channels::read_by_others(rows, *channel, me).await?.0 as i32,
        }
        .into(),
        Notice::MentionsRead(channel, ids) => types::UpdateChannelReadMessagesContents {
            channel_id: channel.0,
            messages: ids.iter().map(|id| id.0 as i32).collect(),
            ..Default::default()
        }
        .into(),
        Notice::Privacy(key) => match settings::privacy_update(rows, me, *key).await? {
            Some(update) => update,
            None => return Ok(None),
        },
    }))
}

fn dialog_peer(chat: Peer) -> DialogPeer {
    types::DialogPeer { peer: peer(chat) }.into()
}

/// A wake-up as the containers that the mailbox's sessions are pushed, in the canonical layer.
///
/// A single plain text goes in its short form, [`short_wake`]; everything else in one container.
pub async fn wake(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    wake: &Wake,
) -> Result<Vec<Vec<u8>>, StoreError> {
    if let Some(short) = short_wake(viewer.me, wake) {
        return Ok(vec![short]);
    }
    let (others, mut shown) = notices(viewer, rows, &wake.notices).await?;
    let mut updates = Vec::with_capacity(wake.logged.len() + others.len());
    for logged in &wake.logged {
        shown_by_change(&logged.change, &mut shown);
        updates.push(own_change(viewer, logged));
    }
    updates.extend(others);
    if updates.is_empty() {
        return Ok(Vec::new());
    }
    let everyone = shown.load(viewer, rows).await?;
    Ok(vec![container(viewer, updates, everyone).to_bytes()])
}

/// A wake-up as `updateShortMessage`, for which nothing need be read: a plain text in a chat whose
/// other side the clients have met. The wake-up of a chat that begins carries a notice besides.
pub fn short_wake(me: UserId, wake: &Wake) -> Option<Vec<u8>> {
    let ([logged], []) = (wake.logged.as_slice(), wake.notices.as_slice()) else {
        return None;
    };
    let Change::NewMessage(message) = &logged.change else {
        return None;
    };
    let user = message.peer.user().filter(|user| *user != me)?;
    if !is_plain(message) {
        return None;
    }
    let short: Updates = types::UpdateShortMessage {
        out: message.out,
        silent: message.silent,
        id: message.id.0 as i32,
        user_id: user.0,
        message: message.body.text.clone(),
        pts: logged.pts as i32,
        pts_count: logged.pts_count as i32,
        date: message.date,
        reply_to: message.reply_to.map(super::messages::reply),
        entities: entities(&message.body.entities),
        ..Default::default()
    }
    .into();
    Some(short.to_bytes())
}

/// `updateShortSentMessage`: the answer to sending a plain text to somebody else, which leaves out
/// what the sender knows.
pub(crate) fn short_sent(me: UserId, message: &Message, logged: &Logged) -> Option<Updates> {
    if message.peer == Peer::User(me) || !is_plain(message) {
        return None;
    }
    Some(
        types::UpdateShortSentMessage {
            out: true,
            id: message.id.0 as i32,
            pts: logged.pts as i32,
            pts_count: logged.pts_count as i32,
            date: message.date,
            entities: entities(&message.body.entities),
            ..Default::default()
        }
        .into(),
    )
}

fn is_plain(message: &Message) -> bool {
    let body = &message.body;
    let mentions = body
        .entities
        .iter()
        .any(|entity| matches!(entity.kind, heliograph_model::EntityKind::MentionName(_)));
    body.action.is_none()
        && body.forward.is_none()
        && body.content.is_none()
        && body.markup.is_none()
        && body.edit_date.is_none()
        && !body.invert_media
        && !body.no_forwards
        && !message.pinned
        && !mentions
}

/// News that is never stored, as the container that `to`'s sessions are pushed; `None` for signals
/// that are not for clients, and for news of people whom the clients have not met.
pub async fn signal(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    signal: &Signal,
) -> Result<Option<Vec<u8>>, StoreError> {
    let update: Update = match signal {
        Signal::Typing { from, action, .. } => {
            if !has_met(viewer, rows, *from).await? {
                return Ok(None);
            }
            let Ok(action) = enums::SendMessageAction::from_bytes(action) else {
                return Ok(None);
            };
            types::UpdateUserTyping {
                user_id: from.0,
                top_msg_id: None,
                action,
            }
            .into()
        }
        Signal::Status { user, status, .. } => {
            if !has_met(viewer, rows, *user).await? {
                return Ok(None);
            }
            types::UpdateUserStatus {
                user_id: user.0,
                status: status_of(*status),
            }
            .into()
        }
        Signal::BotCallback { bot, update } => {
            let Some(update) = callback(*bot, update) else {
                return Ok(None);
            };
            update
        }
        Signal::Notice { text, .. } => types::UpdateServiceNotification {
            popup: true,
            type_: "NOTICE".into(),
            message: text.clone(),
            media: enums::MessageMedia::Empty,
            ..Default::default()
        }
        .into(),
        Signal::Wake(_)
        | Signal::SecretTyping { .. }
        | Signal::ChannelTyping { .. }
        | Signal::ChannelChanged { .. }
        | Signal::SignedIn { .. }
        | Signal::SignedOut { .. }
        | Signal::LoginToken { .. } => return Ok(None),
    };
    let short: Updates = types::UpdateShort {
        update,
        date: date_of(viewer),
    }
    .into();
    Ok(Some(short.to_bytes()))
}

/// A pressed button, as the bot's own sessions are told.
fn callback(bot: UserId, update: &BotUpdate) -> Option<Update> {
    let BotUpdate::Callback {
        query_id,
        from,
        peer: chat,
        id,
        data,
    } = update
    else {
        return None;
    };
    Some(
        types::UpdateBotCallbackQuery {
            query_id: *query_id,
            user_id: from.0,
            peer: peer(*chat),
            msg_id: id.0 as i32,
            chat_instance: chat_instance(bot, *chat),
            data: Some(data.to_vec()),
            game_short_name: None,
        }
        .into(),
    )
}

/// Names the chat of a pressed button to its bot: the same for every button there.
pub fn chat_instance(bot: UserId, chat: Peer) -> i64 {
    Owner::of_name(&[bot.0.to_be_bytes(), chat.number().to_be_bytes()].concat()).0
}

/// Whether the viewer's clients know a person: by a chat or as a contact.
async fn has_met(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    person: UserId,
) -> Result<bool, StoreError> {
    let me = viewer.me;
    Ok(mailbox::dialog(rows, me.into(), person.into())
        .await?
        .is_some()
        || contacts::find(rows, me, person).await?.is_some())
}

/// What the sessions of a key are pushed after [`Signal::LoginToken`]: `updateLoginToken`.
pub fn login_token(now: UnixMs) -> Vec<u8> {
    let short: Updates = types::UpdateShort {
        update: Update::LoginToken,
        date: now.seconds(),
    }
    .into();
    short.to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{say, text, two, updates, user_ids};
    use crate::testing::{Person, World};
    use heliograph_tl::functions as f;

    /// What the sessions of `person` are pushed of the last thing that happened.
    async fn pushed(world: &World, person: &Person) -> Vec<Updates> {
        let last = {
            let signals = world.seen.signals.lock().expect("nobody panicked");
            signals.iter().rev().find_map(|signal| match signal {
                Signal::Wake(wake) if wake.owner == person.id.into() => Some(wake.clone()),
                _ => None,
            })
        };
        let viewer = person.cx.viewer().expect("signed in");
        let mut view = world.services.store.view().await.expect("a view");
        let wake = wake(viewer, &mut *view, &last.expect("a wake-up")).await;
        wake.expect("the store works")
            .iter()
            .map(|bytes| Updates::from_bytes(bytes).expect("a container reads"))
            .collect()
    }

    async fn pushed_one(world: &World, person: &Person) -> Updates {
        let mut all = pushed(world, person).await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[tokio::test]
    async fn the_first_text_of_a_chat_comes_with_its_author_and_an_offer() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let told = updates(pushed_one(&world, &ben).await);
        assert!(matches!(
            told.updates.as_slice(),
            [Update::NewMessage(_), Update::PeerSettings(_)]
        ));
        assert_eq!(user_ids(&told.users), [ada.id]);
        assert_eq!((told.date, told.seq), (world.clock_s(), 0));
    }

    #[tokio::test]
    async fn later_texts_are_pushed_in_short_to_both_sides() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let call = f::messages::SendMessage {
            silent: true,
            ..text(&world, &ada, &ben, "again")
        };
        world.call(&ada, call).await.expect("it is sent");
        for (person, other, out) in [(&ada, &ben, true), (&ben, &ada, false)] {
            let Updates::UpdateShortMessage(short) = pushed_one(&world, person).await else {
                panic!("not short");
            };
            assert_eq!(
                (short.user_id, short.out, short.silent),
                (other.id.0, out, true)
            );
            assert_eq!((short.id, short.pts, short.pts_count), (2, 3, 1));
            assert_eq!(short.message, "again");
        }
    }

    #[tokio::test]
    async fn a_chat_that_was_removed_begins_anew() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let deletion = f::messages::DeleteHistory {
            peer: world.input_peer(&ben, &ada),
            ..Default::default()
        };
        world.call(&ben, deletion).await.expect("it is deleted");
        say(&world, &ada, &ben, "still there?").await;
        assert_eq!(
            user_ids(&updates(pushed_one(&world, &ben).await).users),
            [ada.id]
        );
    }

    #[tokio::test]
    async fn what_is_more_than_a_plain_text_comes_in_full() {
        let (world, ada, ben) = two().await;
        let id = say(&world, &ada, &ben, "hello").await;
        let forward = f::messages::ForwardMessages {
            from_peer: world.input_peer(&ada, &ben),
            id: vec![id],
            random_id: vec![crate::messages::testing::random_id()],
            to_peer: world.input_peer(&ada, &ben),
            ..Default::default()
        };
        world.call(&ada, forward).await.expect("it is forwarded");
        assert!(matches!(
            pushed_one(&world, &ben).await,
            Updates::Updates(_)
        ));
        say(&world, &ada, &ada, "note").await;
        assert!(matches!(
            pushed_one(&world, &ada).await,
            Updates::Updates(_)
        ));
    }

    #[tokio::test]
    async fn a_text_that_takes_its_draft_along_tells_of_both_at_once() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let draft = f::messages::SaveDraft {
            peer: world.input_peer(&ada, &ben),
            message: "begun".into(),
            ..Default::default()
        };
        world.call(&ada, draft).await.expect("it is saved");
        let call = f::messages::SendMessage {
            clear_draft: true,
            ..text(&world, &ada, &ben, "begun and done")
        };
        world.call(&ada, call).await.expect("it is sent");
        let told = updates(pushed_one(&world, &ada).await);
        assert!(matches!(
            told.updates.as_slice(),
            [Update::NewMessage(_), Update::DraftMessage(_)]
        ));
        let short = pushed_one(&world, &ben).await;
        assert!(matches!(short, Updates::UpdateShortMessage(_)));
    }
}
