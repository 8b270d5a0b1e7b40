//! Admins, restrictions and bans.

use super::full::named;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{parse_admin_rights, parse_banned_rights};
use crate::router::{Access, Router};
use heliograph_domain::channels::{EditAdmin, EditBanned};
use heliograph_tl::enums::{InputPeer, Updates};
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, edit_admin).method(
        Access::User,
        Rate::Write,
        edit_banned,
    );
}

/// The longest rank, in characters; clients enforce the same.
const RANK_CHARS_MAX: usize = 16;

/// `channels.editAdmin`: makes somebody an admin, changes what they may do, or takes it from them
/// (no rights). Who is not in it yet is added.
///
/// Fails with `ADMIN_RANK_INVALID`, `CHAT_ADMIN_REQUIRED`, `RIGHT_FORBIDDEN`, `USER_CREATOR`,
/// `USER_ADMIN_INVALID`, `ADMINS_TOO_MUCH`, `USER_ID_INVALID`, `CHANNEL_INVALID` or
/// `CHANNEL_PRIVATE`.
async fn edit_admin(cx: Ctx, req: f::channels::EditAdmin) -> Result<Updates> {
    let by = cx.user()?;
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let rank = req.rank.unwrap_or_default().trim().to_owned();
    if rank.chars().count() > RANK_CHARS_MAX || rank.chars().any(char::is_control) {
        return Err(text::ADMIN_RANK_INVALID.into());
    }
    let mut view = cx.store.view().await?;
    let user = cx.resolve_user(&mut *view, &req.user_id).await?.person.id;
    drop(view);
    let edit = EditAdmin {
        channel: standing.channel.id,
        by,
        user,
        rights: parse_admin_rights(&req.admin_rights),
        rank,
    };
    let logged = cx.write(edit).await?;
    cx.channel_updates(standing.channel.id, logged).await
}

/// `channels.editBanned`: restricts or removes somebody, for a time or for ever, or takes that back.
///
/// Fails with `CHAT_ADMIN_REQUIRED`, `USER_CREATOR`, `USER_ADMIN_INVALID`,
/// `PARTICIPANT_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn edit_banned(cx: Ctx, req: f::channels::EditBanned) -> Result<Updates> {
    let by = cx.user()?;
    let standing = named(&cx, &req.channel).await?;
    standing.may_read()?;
    let user = match &req.participant {
        InputPeer::Channel(_) | InputPeer::Chat(_) | InputPeer::Empty => {
            return Err(text::PARTICIPANT_ID_INVALID.into());
        }
        peer => cx
            .peer(peer)
            .await
            .map_err(|_| text::PARTICIPANT_ID_INVALID)?,
    };
    let (rights, until) = parse_banned_rights(&req.banned_rights);
    let edit = EditBanned {
        channel: standing.channel.id,
        by,
        user,
        rights,
        until,
    };
    let logged = cx.write(edit).await?;
    cx.channel_updates(standing.channel.id, logged).await
}
