//! Where the bytes of one file on its way up lie.
//!
//! Parts go straight to where they belong in the file, so that nothing is copied when it is whole; a
//! list beside it says which are there. Where that is cannot be known for the last part, which is
//! shorter, when it comes first: it waits under a name of its own, as every part did in earlier
//! versions of this program.

use super::list::{self, List, Placed};
use super::{Number, Sizes, UploadError};
use crate::files::blobs::{BlobError, Blobs, Keep, Stretch};
use heliograph_model::{UnixMs, UserId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The folder of what is on its way up.
pub(super) const FOLDER: &str = "parts";
/// How many bytes of its SHA-256 stand behind a part that lies apart.
const SUM: usize = 8;

/// The bytes of one file on its way up. One task at a time works on them.
pub(super) struct Body {
    blobs: Arc<dyn Blobs>,
    number: Number,
    /// In the names of its file and list: two bodies never share them, even where one is being erased
    /// while the next one of the same number begins.
    serial: u64,
    began: UnixMs,
    /// The size of a part; known once one came that is not the last, or is the first.
    step: Option<u32>,
    placed: BTreeMap<u32, Placed>,
    /// Parts under names of their own.
    apart: BTreeSet<u32>,
    /// Where the next entry of the list goes.
    list_len: u64,
    hashed: Hashed,
    /// How many of its bytes are stored for good. They are the very ones here, so nothing is written
    /// to them any more: whoever sends a part begins anew.
    kept: Option<u64>,
    /// Whether it was erased: what comes too late is dropped.
    over: bool,
}

/// The sum of the file so far. Parts that come in their order are hashed as they come.
#[derive(Clone, Default)]
struct Hashed {
    parts: u32,
    sum: Sha256,
}

impl Hashed {
    fn add(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.parts += 1;
    }
}

/// A part that has come.
pub(super) struct Came {
    /// Which one it is.
    pub part: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether its size is the size of every part but the last.
    pub tells_step: bool,
}

impl Body {
    /// One of which nothing has come.
    pub fn new(blobs: Arc<dyn Blobs>, number: Number, serial: u64, began: UnixMs) -> Self {
        Body {
            blobs,
            number,
            serial,
            began,
            step: None,
            placed: BTreeMap::new(),
            apart: BTreeSet::new(),
            list_len: 0,
            hashed: Hashed::default(),
            kept: None,
            over: false,
        }
    }

    /// Takes up what an earlier run left in its file, as the list tells.
    pub fn take_up(&mut self, list: List) {
        self.began = list.began;
        self.step = Some(list.step);
        self.placed = list.placed;
        self.list_len = list.len;
    }

    /// Takes up a part that an earlier run left under a name of its own. One that is in its place as
    /// well came later there; the other had no time to go.
    /// Answers whether it counts.
    pub fn take_up_apart(&mut self, part: u32) -> bool {
        !self.placed.contains_key(&part) && self.apart.insert(part)
    }

    /// The parts in their place, with their sizes.
    pub fn placed(&self) -> impl Iterator<Item = (u32, u32)> {
        self.placed
            .iter()
            .map(|(part, placed)| (*part, placed.size))
    }

    /// When the upload began.
    pub fn began(&self) -> UnixMs {
        self.began
    }

    /// Whether nothing is taken any more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Stores a part; one that came before is replaced. Answers with the other parts that are lost by
    /// it: those in their place, where it turns out that parts have another size, or that this is
    /// another file.
    pub async fn put(&mut self, came: Came) -> Result<Vec<u32>, BlobError> {
        let size = came.bytes.len() as u32;
        let resized = came.tells_step && self.step.is_some_and(|step| step != size);
        let mut lost = Vec::new();
        if resized || self.kept.is_some() {
            self.placed.remove(&came.part);
            lost.extend(std::mem::take(&mut self.placed).into_keys());
            (self.step, self.kept, self.list_len) = (None, None, 0);
            self.hashed = Hashed::default();
            self.erase_file().await?;
        }
        if came.tells_step {
            self.step = Some(size);
        }
        match self.step {
            Some(step) if size <= step => self.place(step, came.part, came.bytes).await?,
            _ => self.put_apart(came.part, came.bytes).await?,
        }
        Ok(lost)
    }

    async fn place(&mut self, step: u32, part: u32, bytes: Vec<u8>) -> Result<(), BlobError> {
        let placed = Placed {
            size: bytes.len() as u32,
            sum: crc32fast::hash(&bytes),
        };
        if part < self.hashed.parts {
            self.hashed = Hashed::default();
        }
        let mut hashed = self.hashed.clone();
        if part == hashed.parts {
            hashed.add(&bytes);
        }
        // Gone until it is written: a failure may leave half of it.
        self.placed.remove(&part);
        let stretch = Stretch {
            name: self.file(),
            offset: u64::from(part) * u64::from(step),
            bytes,
        };
        let mut told = match self.list_len {
            0 => list::head(step, self.began),
            _ => Vec::new(),
        };
        told.extend(list::entry(part, placed));
        // The list comes last: what it names is there.
        self.write(Some(stretch), told).await?;
        self.placed.insert(part, placed);
        self.hashed = hashed;
        if self.apart.remove(&part) {
            self.blobs.delete(self.name_apart(part)).await?;
        }
        Ok(())
    }

    async fn put_apart(&mut self, part: u32, bytes: Vec<u8>) -> Result<(), BlobError> {
        let (name, bytes) = (self.name_apart(part), sealed(bytes));
        self.blobs.put(name, bytes, Keep::Passing).await?;
        self.apart.insert(part);
        if self.placed.remove(&part).is_some() {
            let gone = Placed { size: 0, sum: 0 };
            self.write(None, list::entry(part, gone)).await?;
        }
        if part < self.hashed.parts {
            self.hashed = Hashed::default();
        }
        Ok(())
    }

    /// Writes a part, and then what the list says more.
    async fn write(&mut self, part: Option<Stretch>, told: Vec<u8>) -> Result<(), BlobError> {
        let told_len = told.len() as u64;
        let told = Stretch {
            name: self.list(),
            offset: self.list_len,
            bytes: told,
        };
        let stretches = part.into_iter().chain([told]).collect();
        self.blobs.write(stretches).await?;
        self.list_len += told_len;
        Ok(())
    }

    /// Brings parts `0..count` to their places, each of `step` bytes but the last; answers with their
    /// SHA-256.
    pub async fn complete(&mut self, count: u32, sizes: Sizes) -> Result<[u8; 32], UploadError> {
        let Sizes { step, size_bytes } = sizes;
        if self.kept.is_some_and(|kept| kept != size_bytes) {
            return Err(UploadError::Missing(0));
        }
        let apart: Vec<u32> = self.apart.range(..count).copied().collect();
        for part in apart {
            let stored = self.blobs.get(self.name_apart(part), None).await?;
            let Some(bytes) = stored.and_then(opened) else {
                self.apart.remove(&part);
                return Err(UploadError::Missing(part));
            };
            if *self.step.get_or_insert(step) != step {
                return Err(UploadError::SizeChanged);
            }
            self.place(step, part, bytes).await?;
        }
        if let Some(part) = (0..count).find(|part| !self.placed.contains_key(part)) {
            return Err(UploadError::Missing(part));
        }
        if self.hashed.parts > count {
            self.hashed = Hashed::default();
        }
        // What did not come in its order is read again, and so is what came to an earlier run, of
        // which a power cut may have torn something.
        for part in self.hashed.parts..count {
            let bytes = self.read(part).await?;
            let Some(bytes) = bytes else {
                self.placed.remove(&part);
                return Err(UploadError::Missing(part));
            };
            self.hashed.add(&bytes);
        }
        Ok(self.hashed.sum.clone().finalize().into())
    }

    /// A part in its place; `None` where it is torn.
    async fn read(&self, part: u32) -> Result<Option<Vec<u8>>, BlobError> {
        let (Some(step), Some(placed)) = (self.step, self.placed.get(&part)) else {
            return Ok(None);
        };
        let from = u64::from(part) * u64::from(step);
        let range = from..from + u64::from(placed.size);
        let bytes = self.blobs.get(self.file(), Some(range)).await?;
        Ok(bytes.filter(|bytes| {
            bytes.len() == placed.size as usize && crc32fast::hash(bytes) == placed.sum
        }))
    }

    /// The first `size_bytes` of the file.
    pub async fn bytes(&self, size_bytes: u64) -> Result<Vec<u8>, BlobError> {
        let bytes = self.blobs.get(self.file(), Some(0..size_bytes)).await?;
        let whole = bytes.filter(|bytes| bytes.len() as u64 == size_bytes);
        whole.ok_or_else(|| BlobError("a file on its way up is shorter than it was".into()))
    }

    /// Stores the first `size_bytes` of the file for good.
    pub async fn keep(&mut self, to: String, size_bytes: u64) -> Result<(), BlobError> {
        // Without its list the file is nobody's when the server starts again, and nobody writes to it.
        self.blobs.delete(self.list()).await?;
        self.kept = Some(size_bytes);
        self.blobs.link(self.file(), to, size_bytes).await
    }

    /// Erases all of it. Nothing is taken from now on.
    pub async fn erase(&mut self) -> Result<(), BlobError> {
        self.over = true;
        for part in std::mem::take(&mut self.apart) {
            self.blobs.delete(self.name_apart(part)).await?;
        }
        self.erase_file().await
    }

    async fn erase_file(&self) -> Result<(), BlobError> {
        // First the list: a file without one is known to be nobody's.
        self.blobs.delete(self.list()).await?;
        self.blobs.delete(self.file()).await
    }

    fn file(&self) -> String {
        Name::File(self.serial).of(self.number)
    }

    fn list(&self) -> String {
        Name::List(self.serial).of(self.number)
    }

    fn name_apart(&self, part: u32) -> String {
        Name::Apart(part).of(self.number)
    }
}

/// What a name in the folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The file, as far as it has come.
    File(u64),
    /// The list beside it.
    List(u64),
    /// A part that lies apart.
    Apart(u32),
}

impl Name {
    /// The name, for the upload of this number.
    pub fn of(self, (user, file): Number) -> String {
        let folder = format!("{FOLDER}/{}/{:016x}", user.0, file as u64);
        match self {
            Name::File(serial) => format!("{folder}/{serial}.file"),
            Name::List(serial) => format!("{folder}/{serial}.list"),
            Name::Apart(part) => format!("{folder}/{part}"),
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<(Number, Name)> {
        let mut words = name.split('/').skip(1);
        let user = words.next()?.parse().ok()?;
        let file = u64::from_str_radix(words.next()?, 16).ok()?;
        let last = words.next()?;
        let name = match last.split_once('.') {
            None => Name::Apart(last.parse().ok()?),
            Some((serial, "file")) => Name::File(serial.parse().ok()?),
            Some((serial, "list")) => Name::List(serial.parse().ok()?),
            Some(_) => return None,
        };
        Some(((UserId(user), file as i64), name))
    }
}

/// How many bytes a part has that takes up so many under its own name.
pub(super) fn size_apart(stored: u64) -> u32 {
    stored.saturating_sub(SUM as u64) as u32
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    let digest = Sha256::digest(bytes);
    *digest.first_chunk().expect("SHA-256 has 32 bytes")
}

/// A part with the beginning of its SHA-256 behind it.
pub(super) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = sum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// A part without its sum; `None` where the two do not fit.
fn opened(mut stored: Vec<u8>) -> Option<Vec<u8>> {
    let (bytes, told) = stored.split_last_chunk()?;
    if sum(bytes) != *told {
        return None;
    }
    stored.truncate(stored.len() - SUM);
    Some(stored)
}
