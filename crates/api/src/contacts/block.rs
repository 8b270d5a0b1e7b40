//! Blocking.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::contacts::{self, SetBlocked};
use heliograph_model::UserId;
use heliograph_tl::enums::{self, InputPeer};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, block)
        .method(Access::User, Rate::Write, unblock)
        .method(Access::User, Rate::Read, get_blocked);
}

/// How many blocked people one answer holds.
const PAGE_MAX: usize = 100;

/// `contacts.block`: from now on the person cannot write to the caller, nor see when they are
/// online. Blocking stories alone changes nothing, for there are none.
///
/// Fails with `PEER_ID_INVALID`, or `CONTACT_ID_INVALID` for oneself.
async fn block(cx: Ctx, req: f::contacts::Block) -> Result<bool> {
    set(cx, &req.id, true, req.my_stories_from).await
}

/// `contacts.unblock`: takes a block back.
///
/// Fails as [`block`] does.
async fn unblock(cx: Ctx, req: f::contacts::Unblock) -> Result<bool> {
    set(cx, &req.id, false, req.my_stories_from).await
}

async fn set(cx: Ctx, peer: &InputPeer, blocked: bool, stories_only: bool) -> Result<bool> {
    let owner = cx.user()?;
    let person = cx.peer(peer).await?;
    if !stories_only {
        cx.write(SetBlocked {
            owner,
            person,
            blocked,
        })
        .await?;
    }
    Ok(true)
}

/// `contacts.getBlocked`: a page of the people whom the caller has blocked, latest first.
async fn get_blocked(cx: Ctx, req: f::contacts::GetBlocked) -> Result<enums::contacts::Blocked> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut all = if req.my_stories_from {
        Vec::new()
    } else {
        contacts::blocked(&mut *view, viewer.me).await?
    };
    all.sort_by_key(|(person, date)| std::cmp::Reverse((*date, *person)));
    let skipped = req.offset.max(0) as usize;
    let limit = (req.limit.max(0) as usize).min(PAGE_MAX);
    let page: Vec<_> = all.iter().skip(skipped).take(limit).collect();

    let people: Vec<UserId> = page.iter().map(|(person, _)| *person).collect();
    let users = render::users(viewer, &mut *view, people).await?;
    let blocked: Vec<enums::PeerBlocked> = page
        .iter()
        .map(|(person, date)| {
            types::PeerBlocked {
                peer_id: render::peer(*person),
                date: *date,
            }
            .into()
        })
        .collect();
    let chats = Vec::new();
    if blocked.len() == all.len() {
        return Ok(types::contacts::Blocked {
            blocked,
            chats,
            users,
        }
        .into());
    }
    Ok(types::contacts::BlockedSlice {
        count: all.len() as i32,
        blocked,
        chats,
        users,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::text;
    use crate::testing::{Person, World};

    async fn blocked(world: &World, person: &Person, offset: i32, limit: i32) -> (i32, Vec<i64>) {
        let call = f::contacts::GetBlocked {
            my_stories_from: false,
            offset,
            limit,
        };
        let (count, blocked) = match world.call(person, call).await.expect("listed") {
            enums::contacts::Blocked::Blocked(all) => (all.blocked.len() as i32, all.blocked),
            enums::contacts::Blocked::Slice(slice) => (slice.count, slice.blocked),
        };
        let ids = blocked
            .iter()
            .map(|enums::PeerBlocked::PeerBlocked(row)| match &row.peer_id {
                enums::Peer::User(user) => user.user_id,
                _ => panic!("not a person"),
            });
        (count, ids.collect())
    }

    #[tokio::test]
    async fn the_list_is_paged_latest_first() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let mut others = Vec::new();
        for number in 0..3 {
            let other = world.person("Other", &format!("493012346{number}0")).await;
            let call = f::contacts::Block {
                my_stories_from: false,
                id: world.input_peer(&ada, &other),
            };
            assert_eq!(world.call(&ada, call).await, Ok(true));
            others.push(other);
            world.pass(10);
        }
        let ids = |range: &[usize]| range.iter().map(|i| others[*i].id.0).collect::<Vec<_>>();
        assert_eq!(blocked(&world, &ada, 0, 100).await, (3, ids(&[2, 1, 0])));
        assert_eq!(blocked(&world, &ada, 1, 1).await, (3, ids(&[1])));
        assert_eq!(blocked(&world, &ada, 0, -1).await, (3, vec![]));
        assert_eq!(blocked(&world, &ada, i32::MIN, 1).await, (3, ids(&[2])));

        let call = f::contacts::Unblock {
            my_stories_from: false,
            id: world.input_peer(&ada, &others[1]),
        };
        assert_eq!(world.call(&ada, call).await, Ok(true));
        assert_eq!(blocked(&world, &ada, 0, 100).await, (2, ids(&[2, 0])));
    }

    #[tokio::test]
    async fn nobody_blocks_themselves() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let call = f::contacts::Block {
            my_stories_from: false,
            id: InputPeer::Self_,
        };
        assert_eq!(
            world.call(&ada, call).await,
            Err(text::CONTACT_ID_INVALID.into())
        );
    }
}
