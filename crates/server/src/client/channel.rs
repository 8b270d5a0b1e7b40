//! Public channels, as the demonstration and the load generator make and find them.

use super::{Client, ClientError};
use heliograph_tl::{enums, functions, types};
use tokio::io::{AsyncRead, AsyncWrite};

/// A channel, as its maker or whoever resolved its username may name it.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    id: i64,
    access_hash: i64,
}

impl Channel {
    /// Makes a public channel.
    pub async fn make<S: AsyncRead + AsyncWrite + Unpin>(
        client: &mut Client<S>,
        title: &str,
        username: &str,
    ) -> Result<Self, ClientError> {
        let make = functions::channels::CreateChannel {
            broadcast: true,
            title: title.into(),
            ..Default::default()
        };
        let enums::Updates::Updates(made) = client.call(&make).await? else {
            return Err(ClientError::BadServer);
        };
        let channel = Self::first(made.chats)?;
        let publish = functions::channels::UpdateUsername {
            channel: channel.input(),
            username: username.into(),
        };
        client.call(&publish).await?;
        Ok(channel)
    }

    /// Finds a channel by its username.
    pub async fn find<S: AsyncRead + AsyncWrite + Unpin>(
        client: &mut Client<S>,
        username: &str,
    ) -> Result<Self, ClientError> {
        let resolve = functions::contacts::ResolveUsername {
            username: username.into(),
            referer: None,
        };
        let enums::contacts::ResolvedPeer::ResolvedPeer(found) = client.call(&resolve).await?;
        Self::first(found.chats)
    }

    fn first(chats: Vec<enums::Chat>) -> Result<Self, ClientError> {
        match chats.into_iter().next() {
            Some(enums::Chat::Channel(channel)) => Ok(Self {
                id: channel.id,
                access_hash: channel.access_hash.unwrap_or(0),
            }),
            _ => Err(ClientError::BadServer),
        }
    }

    /// How calls about channels name it.
    pub fn input(self) -> enums::InputChannel {
        let (channel_id, access_hash) = (self.id, self.access_hash);
        types::InputChannel {
            channel_id,
            access_hash,
        }
        .into()
    }

    /// How calls about chats name it.
    pub fn peer(self) -> enums::InputPeer {
        let (channel_id, access_hash) = (self.id, self.access_hash);
        types::InputPeerChannel {
            channel_id,
            access_hash,
        }
        .into()
    }
}
