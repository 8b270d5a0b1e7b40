//! Making channels, and what they are.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::references::ShownIn;
use crate::render::{self, Everyone, Shown, Viewer};
use crate::router::{Access, Router};
use crate::settings;
use heliograph_domain::channels::{
    self, CreateChannel, NewChannel, Standing, Which, importers, invites_of,
};
use heliograph_domain::messages;
use heliograph_domain::{dialogs, files};
use heliograph_model::{AdminRights, Description, Peer, Title};
use heliograph_store::mailbox;
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::{ChatFull, Chats};
use heliograph_tl::enums::{self, InputChannel, Photo, Updates};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, create_channel)
        .method(Access::User, Rate::Read, get_channels)
        .method(Access::User, Rate::Read, get_full_channel)
        .method(Access::User, Rate::Read, get_send_as)
        .method(Access::User, Rate::Read, migrate_chat);
}

/// A title and a description as a client sends them.
pub(super) fn parse(title: &str, about: &str) -> Result<(Title, Description)> {
    let title = Title::parse(title).map_err(|_| text::CHAT_TITLE_EMPTY)?;
    let about = Description::parse(about).map_err(|_| text::CHAT_ABOUT_TOO_LONG)?;
    Ok((title, about))
}

/// `channels.createChannel`: makes a channel (`broadcast`) or supergroup. Forums, groups of a place
/// and messages that end by themselves are `NOT_SUPPORTED`.
///
/// Fails with `CHAT_TITLE_EMPTY`, `CHAT_ABOUT_TOO_LONG` or `CHANNELS_TOO_MUCH`.
async fn create_channel(cx: Ctx, req: f::channels::CreateChannel) -> Result<Updates> {
    let creator = cx.user()?;
    if req.forum || req.geo_point.is_some() {
        return Err(text::NOT_SUPPORTED.into());
    }
    let (title, about) = parse(&req.title, &req.about)?;
    let id = cx.write(NewChannel).await?;
    let made = cx.write(CreateChannel {
        id,
        creator,
        title,
        about,
        broadcast: req.broadcast && !req.megagroup,
    });
    let logged = made.await?;
    cx.channel_updates(id, [logged]).await
}

/// How many channels one call may ask for.
const CHANNELS_MAX: usize = 200;

/// `channels.getChannels`: channels by id. Those that are not the caller's to see are
/// `channelForbidden`; where none is named rightly, `CHANNEL_INVALID`.
async fn get_channels(cx: Ctx, req: f::channels::GetChannels) -> Result<Chats> {
    if req.id.len() > CHANNELS_MAX {
        return Err(text::LIMIT_INVALID.into());
    }
    let viewer = cx.viewer()?;
    let mut chats = Vec::with_capacity(req.id.len());
    for named in &req.id {
        let Ok(id) = cx.channel(named).await else {
            continue;
        };
        let mut view = cx.store.view().await?;
        chats.extend(render::chat(viewer, &mut *view, id).await?);
    }
    if chats.is_empty() && !req.id.is_empty() {
        return Err(text::CHANNEL_INVALID.into());
    }
    Ok(types::messages::Chats { chats }.into())
}

/// `channels.getFullChannel`: a channel with everything the caller may know of it.
///
/// Fails with `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_full_channel(cx: Ctx, req: f::channels::GetFullChannel) -> Result<ChatFull> {
    let viewer = cx.viewer()?;
    let id = cx.channel(&req.channel).await?;
    let standing = cx.standing(id).await?;
    standing.may_read()?;
    let mut view = cx.store.view().await?;
    let full_chat = full(viewer, &mut *view, &standing).await?;
    let mut shown = Shown::chat(id.into());
    shown.channels.extend(standing.channel.linked);
    shown.people.insert(viewer.me);
    if let Some(recent) = &full_chat.recent_requesters {
        shown
            .people
            .extend(recent.iter().copied().map(heliograph_model::UserId));
    }
    let Everyone { users, chats } = shown.load(viewer, &mut *view).await?;
    Ok(types::messages::ChatFull {
        full_chat: full_chat.into(),
        chats,
        users,
    }
    .into())
}

/// How many of those who wait are named.
const REQUESTERS_NAMED: usize = 3;

async fn full(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    standing: &Standing,
) -> Result<types::ChannelFull> {
    let channel = &standing.channel;
    let peer = standing.peer();
    let admin = standing.admin();
    let listed = dialogs::one_or_empty(rows, viewer.me, peer).await?;
    let marks = listed.channel;
    let pinned = messages::pinned(rows, channel.id.into(), peer).await?;
    let (mut admins, mut kicked, mut banned) = (None, None, None);
    if admin.is_some() {
        let count = async |rows: &mut dyn Rows, which: Which| -> Result<i32> {
            let page = channels::participants(rows, standing, &which, 0, 0).await?;
            Ok(page.total as i32)
        };
        admins = Some(count(rows, Which::Admins).await?);
        kicked = Some(count(rows, Which::Kicked(String::new())).await?);
        banned = Some(count(rows, Which::Restricted(String::new())).await?);
    }
    let (mut exported_invite, mut pending, mut recent) = (None, None, None);
    if standing.has(AdminRights::INVITE) {
        let own = invites_of(rows, channel.id, viewer.me).await?;
        let permanent = own.iter().find(|invite| invite.permanent);
        exported_invite = permanent.map(render::exported_invite);
        let waiting = importers(rows, standing, true, None).await?;
        if !waiting.is_empty() {
            let named = waiting.iter().take(REQUESTERS_NAMED);
            pending = Some(waiting.len() as i32);
            recent = Some(named.map(|(user, _)| user.0).collect());
        }
    }
    let slow = (channel.slow_mode_s > 0).then_some(channel.slow_mode_s as i32);
    let next_send = standing
        .slow_mode_wait_s()
        .map(|wait_s| standing.now_s + wait_s as i32);
    let mut chat_photo = Photo::Empty(types::PhotoEmpty { id: 0 });
    if let Some(face) = &channel.photo
        && let Some(file) = files::find(rows, face.file).await?
    {
        let shown = ShownIn::Channel(channel.id);
        chat_photo = render::photo(viewer, shown, &file).unwrap_or(chat_photo);
    }
    Ok(types::ChannelFull {
        can_view_participants: standing.may_see_members(),
        can_set_username: standing.is_creator(),
        can_delete_channel: standing.is_creator(),
        participants_hidden: channel.members_hidden,
        id: channel.id.0,
        about: channel.about.as_str().to_owned(),
        participants_count: Some(channel.members as i32),
        admins_count: admins,
        kicked_count: kicked,
        banned_count: banned,
        read_inbox_max_id: listed.dialog.read_in.0 as i32,
        read_outbox_max_id: marks.map_or(0, |marks| marks.read_by_others.0 as i32),
        unread_count: listed.unread as i32,
        chat_photo,
        notify_settings: settings::notify_of(rows, viewer.me, peer).await?,
        exported_invite,
        pinned_msg_id: pinned.first().map(|id| id.0 as i32),
        linked_chat_id: channel.linked.map(|linked| linked.0),
        slowmode_seconds: slow,
        slowmode_next_send_date: slow.and(next_send),
        pts: mailbox::state(rows, channel.id.into()).await?.pts as i32,
        requests_pending: pending,
        recent_requesters: recent,
        ..Default::default()
    })
}

/// `channels.getSendAs`: under which names the caller may write: their own, or the group's where
/// they are an anonymous admin.
///
/// Fails with `CHANNEL_INVALID`, `CHANNEL_PRIVATE` or `PEER_ID_INVALID`.
async fn get_send_as(cx: Ctx, req: f::channels::GetSendAs) -> Result<enums::channels::SendAsPeers> {
    let viewer = cx.viewer()?;
    let channel = cx.channel_peer(&req.peer).await?;
    let anonymous = cx.standing(channel).await?.has(AdminRights::ANONYMOUS);
    let name: Peer = if anonymous {
        channel.into()
    } else {
        viewer.me.into()
    };
    let mut view = cx.store.view().await?;
    let Everyone { users, chats } = Shown::chat(name).load(viewer, &mut *view).await?;
    Ok(types::channels::SendAsPeers {
        peers: vec![
            types::SendAsPeer {
                premium_required: false,
                peer: render::peer(name),
            }
            .into(),
        ],
        chats,
        users,
    }
    .into())
}

/// `messages.migrateChat`: there are no basic groups yet that could become supergroups.
///
/// Fails with `CHAT_ID_INVALID`.
async fn migrate_chat(_: Ctx, _: f::messages::MigrateChat) -> Result<Updates> {
    Err(text::CHAT_ID_INVALID.into())
}

/// Used by other files of this folder: a channel and how the caller stands there, readable or not.
pub(super) async fn named(cx: &Ctx, channel: &InputChannel) -> Result<Standing> {
    let id = cx.channel(channel).await?;
    cx.standing(id).await
}

/// The people of a list, as users.
pub(super) async fn everyone(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    people: impl IntoIterator<Item = heliograph_model::UserId>,
) -> Result<Everyone, StoreError> {
    Shown::people(people).load(viewer, rows).await
}
