//! Stories (<https://core.telegram.org/api/stories>), of which there are none.

use crate::context::Ctx;
use crate::error::Result;
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown};
use crate::router::{Access, Router};
use heliograph_tl::enums::stories::PeerStories;
use heliograph_tl::{functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, get_peer_stories);
}

/// `stories.getPeerStories`: none. TDLib wants to be told whose they would be.
///
/// Fails with `PEER_ID_INVALID`, `CHANNEL_INVALID` or `CHANNEL_PRIVATE`.
async fn get_peer_stories(cx: Ctx, req: f::stories::GetPeerStories) -> Result<PeerStories> {
    let viewer = cx.viewer()?;
    let peer = cx.chat(&req.peer).await?;
    let mut view = cx.store.view().await?;
    let Everyone { users, chats } = Shown::chat(peer).load(viewer, &mut *view).await?;
    Ok(types::stories::PeerStories {
        stories: types::PeerStories {
            peer: render::peer(peer),
            max_read_id: None,
            stories: Vec::new(),
        }
        .into(),
        chats,
        users,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{two, user_ids};
    use heliograph_tl::enums;

    #[tokio::test]
    async fn nobody_has_stories_and_the_answer_says_who_was_asked_for() {
        let (world, ada, ben) = two().await;
        let peer = world.input_peer(&ada, &ben);
        let call = f::stories::GetPeerStories { peer };
        let PeerStories::PeerStories(answer) = world.call(&ada, call).await.expect("an answer");
        let enums::PeerStories::PeerStories(found) = answer.stories;
        assert_eq!(found.peer, render::peer(ben.id));
        assert!(found.stories.is_empty());
        assert_eq!(user_ids(&answer.users), [ben.id]);
    }
}
