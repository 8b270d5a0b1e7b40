//! `channels.*`: channels and supergroups (<https://core.telegram.org/api/channel>).

mod admins;
mod comments;
mod edit;
mod full;
#[cfg(test)]
mod hostile;
mod invites;
mod members;
mod photo;
mod posts;
#[cfg(test)]
mod replica;
#[cfg(test)]
mod rights;
mod search_posts;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod views;

pub(crate) use members::{invite_to_channel, onlines};

use crate::context::Ctx;
use crate::error::Result;
use crate::render;
use crate::router::Router;
use heliograph_domain::bus::Signal;
use heliograph_model::{ChannelId, Logged};
use heliograph_tl::enums::{Update, Updates};
use heliograph_tl::types;
use std::sync::Arc;

pub(crate) fn register(router: &mut Router) {
    full::register(router);
    edit::register(router);
    photo::register(router);
    members::register(router);
    admins::register(router);
    posts::register(router);
    invites::register(router);
    comments::register(router);
    views::register(router);
    search_posts::register(router);
}

impl Ctx {
    /// The answer to a change of a channel: what it recorded in the channel's log, and
    /// `updateChannel`, which lets the client take the channel as the answer brings it.
    async fn channel_updates(
        &self,
        channel: ChannelId,
        logged: impl IntoIterator<Item = Arc<Logged>>,
    ) -> Result<Updates> {
        let viewer = self.viewer()?;
        let logged: Vec<Arc<Logged>> = logged.into_iter().collect();
        let changed = Update::from(types::UpdateChannel {
            channel_id: channel.0,
        });
        let mut view = self.store.view().await?;
        let entries = logged.iter().map(AsRef::as_ref);
        let owner = channel.into();
        Ok(render::of_changes(viewer, &mut *view, owner, vec![changed], entries).await?)
    }

    /// The same, where what the channel is has changed for all who are in it.
    async fn channel_changed(
        &self,
        channel: ChannelId,
        logged: impl IntoIterator<Item = Arc<Logged>>,
    ) -> Result<Updates> {
        self.publish(Signal::ChannelChanged { channel });
        self.channel_updates(channel, logged).await
    }
}
