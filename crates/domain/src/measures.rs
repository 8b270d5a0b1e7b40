//! What moderation has put on public peers, posts and accounts, as it stands.
//!
//! The row of a peer lies under the peer with message id 0, that of a post under its channel with
//! the post's id. Decisions write these rows, rendering and search read them.

use heliograph_model::{ChannelId, Measures, MessageId, Owner};
use heliograph_store::{Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// Measures as they are stored.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct MeasuresRow(#[n(0)] Measures);

row!(MeasuresRow, Table::Measure, key: MessageId);

/// The key of what holds for a peer as a whole.
const WHOLE_PEER: MessageId = MessageId(0);

/// What was put on a channel, group, person or bot; nothing for most of them.
pub async fn of_peer(rows: &mut dyn Rows, peer: Owner) -> Result<Measures, StoreError> {
    let row: MeasuresRow = rows.find_or_default(peer, &WHOLE_PEER).await?;
    Ok(row.0)
}

/// What was put on one post of a channel; nothing for most of them.
pub async fn of_post(
    rows: &mut dyn Rows,
    channel: ChannelId,
    post: MessageId,
) -> Result<Measures, StoreError> {
    let row: MeasuresRow = rows.find_or_default(channel.into(), &post).await?;
    Ok(row.0)
}

/// Writes what holds for a peer, or for one post of it; where nothing does, the row goes.
pub fn put(
    tx: &mut Tx<'_>,
    peer: Owner,
    post: Option<MessageId>,
    measures: Measures,
) -> Result<(), StoreError> {
    let key = post.unwrap_or(WHOLE_PEER);
    if measures.is_empty() {
        tx.delete::<MeasuresRow>(peer, &key)
    } else {
        tx.put(peer, &key, &MeasuresRow(measures))
    }
}
