//! Files that nothing shows any more.
//!
//! The row goes with a job, in the database; what is left to erase outside of it is noted there and
//! done by [`sweep`], which the server runs from time to time. Ending between the two loses nothing.

use super::file::{File, name};
use super::{BlobError, Files};
use heliograph_model::{FileId, Owner, UnixMs};
use heliograph_store::{Command, KeyRange, Locks, Order, Store, StoreError, Table, Tx, row, uses};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A file that is gone but for its bytes. The installation's own rows of the table are these.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Gone {
    /// The letters of its pictures.
    #[cbor(n(0), with = "minicbor::bytes")]
    thumbs: Vec<u8>,
}

row!(Gone, Table::File, key: FileId);

/// Does a job of the kind [`uses::FORGET_FILE`].
pub(crate) async fn forget_file(tx: &mut Tx<'_>, payload: &[u8]) -> Result<(), StoreError> {
    let Ok(id) = payload.try_into().map(i64::from_be_bytes) else {
        return Ok(());
    };
    let id = FileId(id);
    let Some(file) = tx.find::<File>(id.into(), &()).await? else {
        return Ok(());
    };
    if uses::is_shown(tx, id).await? {
        return Ok(());
    }
    tx.delete::<File>(id.into(), &())?;
    let thumbs = file.thumbs.iter().map(|thumb| thumb.letter).collect();
    tx.put(Owner::INSTALLATION, &id, &Gone { thumbs })
}

/// Notes a file whose bytes are to be erased, and of which there is nothing else.
pub(crate) fn note_gone(tx: &mut Tx<'_>, id: FileId) -> Result<(), StoreError> {
    let thumbs = Vec::new();
    tx.put(Owner::INSTALLATION, &id, &Gone { thumbs })
}

/// Why sweeping stopped; the next one goes on.
#[derive(Debug, Error)]
pub enum SweepError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// How many files are taken up at a time.
const BATCH: usize = 100;

/// Erases the bytes of files that are gone, and parts that nobody has come back for; answers with
/// how many files and uploads that were.
pub async fn sweep(store: &Store, files: &Files, now: UnixMs) -> Result<usize, SweepError> {
    let mut erased = files.uploads.sweep(now).await?;
    loop {
        let gone = {
            let mut view = store.view().await?;
            let all = KeyRange::all();
            view.list::<Gone>(Owner::INSTALLATION, all, Order::Ascending, BATCH)
                .await?
        };
        if gone.is_empty() {
            return Ok(erased);
        }
        for (id, row) in gone {
            for letter in row.thumbs {
                files.blobs.delete(name(id, Some(letter))).await?;
            }
            files.blobs.delete(name(id, None)).await?;
            store.write(NoteErased { id }).await?;
            erased += 1;
        }
    }
}

/// Notes that nothing is left of a file.
struct NoteErased {
    id: FileId,
}

impl Command for NoteErased {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "note_file_erased";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.delete::<Gone>(Owner::INSTALLATION, &self.id)
    }
}
