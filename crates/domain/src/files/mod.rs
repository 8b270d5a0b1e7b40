//! Pictures and files: on their way up, stored, shown, and gone.
//!
//! A file is stored once, whole, under an id of its own; its bytes lie in [`Blobs`], never in the
//! database. What accounts upload is not joined by content: a file that somebody else has uploaded
//! before would tell so by how fast it is taken, and one person's deletion would wait for
//! another's. Who shows a file keeps it ([`heliograph_store::uses`]); one that nothing shows goes
//! after a day.

mod blobs;
mod faces;
mod file;
mod sweep;
mod uploads;

#[cfg(any(test, feature = "memory"))]
pub use blobs::MemoryBlobs;
pub use blobs::{BlobError, BlobInfo, Blobs, Keep, Stretch};
pub(crate) use faces::drop_all as drop_faces;
pub use faces::{DropFaces, FACES_MAX, FaceError, SetFace};
pub use file::{File, SaveFile, Thumb, find};
pub use sweep::{SweepError, sweep};
pub(crate) use sweep::{forget_file, note_gone};
pub use uploads::{FILE_MAX, Held, PART_MAX, PARTS_MAX, Part, UploadError, Uploads, Whole};

use heliograph_model::FileId;
use heliograph_pictures::PictureError;
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many pictures are worked on at once: each takes a core and up to 200 MB while it does.
const PICTURES_MAX: usize = 2;

/// Everything that handles bytes of files.
pub struct Files {
    /// Where they lie.
    blobs: Arc<dyn Blobs>,
    /// Files on their way up.
    pub uploads: Uploads,
    pictures: Semaphore,
}

impl Files {
    /// Takes up what an earlier run of the server left.
    pub async fn open(blobs: Arc<dyn Blobs>) -> Result<Self, BlobError> {
        Ok(Files {
            uploads: Uploads::open(blobs.clone()).await?,
            blobs,
            pictures: Semaphore::new(PICTURES_MAX),
        })
    }

    /// Stores the bytes of a file, or of a small picture of it, for good.
    pub async fn store(
        &self,
        file: FileId,
        thumb: Option<u8>,
        bytes: Vec<u8>,
    ) -> Result<(), BlobError> {
        let name = file::name(file, thumb);
        self.blobs.put(name, bytes, Keep::Durable).await
    }

    /// A stretch of the bytes of a file, or of a small picture of it; empty behind its end, `None`
    /// where they are not there.
    pub async fn read(
        &self,
        file: FileId,
        thumb: Option<u8>,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, BlobError> {
        self.blobs.get(file::name(file, thumb), Some(range)).await
    }

    /// Works on a picture, away from the threads that answer calls and a few at a time. Hands the
    /// bytes back.
    pub async fn picture<T: Send + 'static>(
        &self,
        bytes: Vec<u8>,
        work: fn(&[u8]) -> Result<T, PictureError>,
    ) -> Result<(T, Vec<u8>), PictureError> {
        let place = self.pictures.acquire().await;
        let _place = place.expect("the semaphore is never closed");
        let worked = tokio::task::spawn_blocking(move || work(&bytes).map(|made| (made, bytes)));
        // A decoder that panics has met a picture that it cannot read.
        worked.await.unwrap_or(Err(PictureError::Unreadable))
    }
}
