//! A stored file.

use heliograph_model::{Content, FileId, MediaKind, UserId};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, row, uses};
use minicbor::{Decode, Encode};

/// What is known of a stored file. Its bytes lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct File {
    /// Who uploaded it.
    #[n(0)]
    pub uploader: UserId,
    /// When, in Unix seconds.
    #[n(1)]
    pub created: i32,
    /// How many bytes were uploaded.
    #[n(2)]
    pub size_bytes: u64,
    /// The SHA-256 of what was uploaded, before a photo was written anew: lists of known files name
    /// them by it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub sha256: [u8; 32],
    /// What it is.
    #[n(4)]
    pub kind: MediaKind,
    /// One boxed `Photo` or `Document`, without anything that depends on who sees it.
    #[n(5)]
    pub object: Content,
    /// The pictures that are stored of it: a photo's sizes, which are all there is of it, or a
    /// file's thumbnail.
    #[n(6)]
    pub thumbs: Vec<Thumb>,
}

row!(File, Table::File, key: ());

/// A stored picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Thumb {
    /// The letter of its size.
    #[n(0)]
    pub letter: u8,
    /// How many bytes it has.
    #[n(1)]
    pub size_bytes: u32,
}

impl File {
    /// Whether it is a photo, of which only sizes are stored.
    pub fn is_photo(&self) -> bool {
        self.kind == MediaKind::Photo
    }
}

/// The file with this id.
pub async fn find(rows: &mut dyn Rows, id: FileId) -> Result<Option<File>, StoreError> {
    rows.find(id.into(), &()).await
}

/// Notes a file whose bytes are stored. Nothing shows it yet: it goes after a day unless something
/// does by then.
#[derive(Clone, Debug)]
pub struct SaveFile {
    /// Its id: random, positive.
    pub id: FileId,
    /// What is known of it.
    pub file: File,
}

impl Command for SaveFile {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "save_file";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put(self.id.into(), &(), &self.file)?;
        uses::forget_later(tx, self.id).await
    }
}

/// The name under which the bytes lie; the first two digits spread them over 256 folders.
pub(super) fn name(id: FileId, thumb: Option<u8>) -> String {
    let id = format!("{:016x}", id.0 as u64);
    match thumb.filter(u8::is_ascii_lowercase) {
        Some(letter) => format!("files/{}/{id}.{}", &id[..2], char::from(letter)),
        None => format!("files/{}/{id}", &id[..2]),
    }
}
