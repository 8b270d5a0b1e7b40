//! What moderation has put on public peers, posts and accounts, as it stands.
//!
//! The row of a peer lies under the peer with message id 0, that of a post under its channel with
//! the post's id. Decisions write these rows, rendering and search read them.

use crate::stale::{self, Stale};
use heliograph_model::{ChannelId, Measures, MessageId, Owner, Peer};
use heliograph_store::{KeyRange, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// Measures as they are stored.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct MeasuresRow(#[n(0)] Measures);

row!(MeasuresRow, Table::Measure, key: MessageId);

/// That something is put on a peer or a post: the installation's list of them, from which the
/// index is filled at start.
#[derive(Clone, Copy, Debug, Encode, Decode)]
struct MeasuredRow;

row!(MeasuredRow, Table::Measure, key: (Peer, MessageId));

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

/// Writes what holds for a peer, or for one post of it; where nothing does, the row goes. Search
/// follows within moments.
pub async fn put(
    tx: &mut Tx<'_>,
    peer: Owner,
    post: Option<MessageId>,
    measures: Measures,
) -> Result<(), StoreError> {
    let key = post.unwrap_or(WHOLE_PEER);
    let measured = Peer::from_number(peer.0).map(|peer| (peer, key));
    if measures.is_empty() {
        tx.delete::<MeasuresRow>(peer, &key)?;
    } else {
        tx.put(peer, &key, &MeasuresRow(measures.clone()))?;
    }
    let Some((peer, id)) = measured else {
        return Ok(());
    };
    if measures.is_empty() {
        tx.delete::<MeasuredRow>(Owner::INSTALLATION, &(peer, id))?;
    } else {
        tx.put(Owner::INSTALLATION, &(peer, id), &MeasuredRow)?;
    }
    stale::note(tx, Stale::Measures { peer, post }).await
}

/// Every peer and post on which something is put, [`None`] standing for a peer as a whole: at most
/// `limit` of those behind `after`.
pub async fn list(
    rows: &mut dyn Rows,
    after: Option<(Peer, Option<MessageId>)>,
    limit: usize,
) -> Result<Vec<(Peer, Option<MessageId>)>, StoreError> {
    let range = match after {
        None => KeyRange::all(),
        Some((peer, post)) => {
            let id = post.unwrap_or(WHOLE_PEER);
            KeyRange::all().from(&(peer, MessageId(id.0.saturating_add(1))))
        }
    };
    let found: Vec<((Peer, MessageId), MeasuredRow)> = rows
        .list(Owner::INSTALLATION, range, Order::Ascending, limit)
        .await?;
    let post = |id: MessageId| (id != WHOLE_PEER).then_some(id);
    Ok(found
        .into_iter()
        .map(|((peer, id), _)| (peer, post(id)))
        .collect())
}
