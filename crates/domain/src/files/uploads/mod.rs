//! Files on their way up (<https://core.telegram.org/api/files#uploading-files>).
//!
//! A client cuts a file into parts of one size and sends them in any order, then names the file in
//! another call, which puts it together. Parts are bytes in the folder `parts` and nothing else: what
//! is here is read from there when the server starts. Every part has a sum, so that one which a power
//! cut tore counts as missing, and the client sends it again.

mod body;
mod list;

use super::blobs::{BlobError, BlobInfo, Blobs};
use super::file;
use body::{Body, Came, FOLDER, Name, size_apart};
use heliograph_model::{FileId, UnixMs, UserId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// The largest part, in bytes. The size of a part divides it.
pub const PART_MAX: usize = 512 * 1024;
/// The size of every part but the last is a multiple of this.
pub const PART_STEP: usize = 1024;
/// How many parts a file may have, as the public service has it.
pub const PARTS_MAX: u32 = 4000;
/// The largest file, in bytes.
pub const FILE_MAX: u64 = 50 << 20;
/// How long a part waits for its file to be named, in seconds.
pub const PART_KEPT_S: i64 = 86_400;

/// How much one account may have waiting, in bytes: some files that are sent at once. Beyond it the
/// account's own oldest upload makes room.
const PER_ACCOUNT_MAX: u64 = 4 * FILE_MAX;
/// How many uploads one account may have waiting.
const UPLOADS_MAX: usize = 64;
/// How much may wait in all, in bytes.
const IN_ALL_MAX: u64 = 8 << 30;
/// How long a client is asked to wait when that much is waiting, in seconds.
const FULL_WAIT_S: u32 = 60;
/// How many files are held in memory at once, to be looked into.
const HELD_MAX: usize = 2;

/// Why a part or file was not taken.
#[derive(Debug, Error)]
pub enum UploadError {
    /// A part without bytes.
    #[error("the part is empty")]
    Empty,
    /// A part's number below 0, or too large.
    #[error("no such part")]
    Number,
    /// Too many parts, or none, or more bytes than a file may have.
    #[error("not a number of parts")]
    Count,
    /// A part's size that is no size of parts.
    #[error("not a size of parts")]
    Size,
    /// Parts of one file with different sizes.
    #[error("the parts have different sizes")]
    SizeChanged,
    /// A part of more than [`PART_MAX`] bytes.
    #[error("the part is too large")]
    TooBig,
    /// This part has not come, or is lost.
    #[error("a part is missing")]
    Missing(u32),
    /// Too much is on its way up already; how long to wait, in seconds.
    #[error("too much is on its way up")]
    Full(u32),
    /// The bytes could not be written or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// The number of a file on its way up: its account's, and the one that the client chose.
type Number = (UserId, i64);

/// All of them, and how many bytes they have together.
#[derive(Default)]
struct Waiting {
    uploads: BTreeMap<Number, Upload>,
    bytes: u64,
}

impl Waiting {
    fn remove(&mut self, number: Number) -> Option<Upload> {
        let upload = self.uploads.remove(&number)?;
        self.bytes -= upload.bytes;
        Some(upload)
    }
}

#[derive(Clone)]
struct Upload {
    began: UnixMs,
    /// The size of each part that has come, or is being written.
    parts: BTreeMap<u32, u32>,
    bytes: u64,
    body: Arc<tokio::sync::Mutex<Body>>,
}

impl Upload {
    fn new(body: Body) -> Self {
        Upload {
            began: body.began(),
            parts: BTreeMap::new(),
            bytes: 0,
            body: Arc::new(tokio::sync::Mutex::new(body)),
        }
    }

    /// Counts a part; one that was counted before is replaced.
    fn count(&mut self, part: u32, size: u32) {
        let before = self.parts.insert(part, size).unwrap_or(0);
        self.bytes = self.bytes + u64::from(size) - u64::from(before);
    }

    async fn erase(&self) -> Result<(), BlobError> {
        self.body.lock().await.erase().await
    }
}

/// A part as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The number that the client gave the file.
    pub file: i64,
    /// Which part, from 0.
    pub number: i32,
    /// How many there are, where the client says so (`upload.saveBigFilePart`); -1 where it does not
    /// know yet.
    pub total: Option<i32>,
}

/// A file of which everything is there. Nothing changes it until it is dropped.
pub struct Whole<'a> {
    /// How many bytes it has.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    uploads: &'a Uploads,
    body: OwnedMutexGuard<Body>,
}

/// The bytes of a file. It is one of few in memory: drop it when it was looked into.
#[derive(Debug)]
pub struct Held {
    /// The bytes.
    pub bytes: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl Whole<'_> {
    /// Reads it into memory, once there is room. Its parts stay until [`Uploads::forget`].
    pub async fn hold(self) -> Result<Held, BlobError> {
        let place = self.uploads.held.clone().acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        Ok(Held {
            bytes: self.body.bytes(self.size_bytes).await?,
            _place: place,
        })
    }

    /// Stores it for good under an id. Its parts stay until [`Uploads::forget`].
    pub async fn keep(mut self, id: FileId) -> Result<(), BlobError> {
        self.body.keep(file::name(id, None), self.size_bytes).await
    }
}

/// The files on their way up.
pub struct Uploads {
    blobs: Arc<dyn Blobs>,
    waiting: Mutex<Waiting>,
    held: Arc<Semaphore>,
    /// The serial number of the next one.
    next: AtomicU64,
}

impl Uploads {
    /// Takes up what an earlier run of the server left.
    pub async fn open(blobs: Arc<dyn Blobs>) -> Result<Self, BlobError> {
        let uploads = Uploads {
            blobs,
            waiting: Mutex::new(Waiting::default()),
            held: Arc::new(Semaphore::new(HELD_MAX)),
            next: AtomicU64::new(0),
        };
        let mut found: BTreeMap<Number, Vec<(Name, BlobInfo)>> = BTreeMap::new();
        for info in uploads.blobs.list(FOLDER).await? {
            if let Some((number, name)) = Name::parse(&info.name) {
                found.entry(number).or_default().push((name, info));
            }
        }
        for (number, found) in found {
            let upload = uploads.take_up(number, found).await?;
            if upload.parts.is_empty() {
                continue;
            }
            let mut waiting = uploads.waiting();
            waiting.bytes += upload.bytes;
            waiting.uploads.insert(number, upload);
        }
        Ok(uploads)
    }

    /// Makes sense of what lies in the folder of one upload. What is no one's goes.
    async fn take_up(
        &self,
        number: Number,
        found: Vec<(Name, BlobInfo)>,
    ) -> Result<Upload, BlobError> {
        let written = found.iter().map(|(_, info)| info.written).min();
        let serial = |name: &Name| match name {
            Name::File(serial) | Name::List(serial) => Some(*serial),
            Name::Apart(_) => None,
        };
        let newest = found.iter().filter_map(|(name, _)| serial(name)).max();
        let newest = newest.unwrap_or(0);
        self.next.fetch_max(newest + 1, Ordering::Relaxed);
        let mut body = Body::new(
            self.blobs.clone(),
            number,
            newest,
            written.unwrap_or(UnixMs(0)),
        );
        let list = match self.blobs.get(Name::List(newest).of(number), None).await? {
            Some(bytes) => list::read(&bytes),
            None => None,
        };
        let known = list.is_some();
        if let Some(list) = list {
            body.take_up(list);
        }
        let mut parts: Vec<(u32, u32)> = body.placed().collect();
        for (name, info) in found {
            match name {
                Name::Apart(part) => {
                    if body.take_up_apart(part) {
                        parts.push((part, size_apart(info.size_bytes)));
                    }
                }
                Name::File(serial) | Name::List(serial) if known && serial == newest => {}
                Name::File(_) | Name::List(_) => self.blobs.delete(info.name).await?,
            }
        }
        let mut upload = Upload::new(body);
        for (part, size) in parts {
            upload.count(part, size);
        }
        Ok(upload)
    }

    /// Takes a part. Sent again, it replaces what came before.
    pub async fn save(
        &self,
        user: UserId,
        part: Part,
        bytes: Vec<u8>,
        now: UnixMs,
    ) -> Result<(), UploadError> {
        let came = check(part, bytes)?;
        let number = (user, part.file);
        let (part, size) = (came.part, came.bytes.len() as u32);
        let (upload, dropped) = self.make_room(number, part, size, now)?;
        for dropped in dropped {
            dropped.erase().await?;
        }
        let mut body = upload.lock_owned().await;
        if body.is_over() {
            // The file was stored, or made room, before this part's turn came.
            return Ok(());
        }
        let written = body.put(came).await;
        if written.is_err() {
            self.lose(number, part);
        }
        for lost in written? {
            self.lose(number, lost);
        }
        Ok(())
    }

    /// Counts a part; answers with where it goes, and with the account's older uploads that make room
    /// for it.
    fn make_room(
        &self,
        number: Number,
        part: u32,
        size: u32,
        now: UnixMs,
    ) -> Result<(Arc<tokio::sync::Mutex<Body>>, Vec<Upload>), UploadError> {
        let mut waiting = self.waiting();
        let known = waiting.uploads.get(&number);
        let replaced = known.and_then(|upload| upload.parts.get(&part)).copied();
        let added = u64::from(size).saturating_sub(u64::from(replaced.unwrap_or(0)));
        if known.map_or(0, |upload| upload.bytes) + added > FILE_MAX {
            return Err(UploadError::Count);
        }
        if waiting.bytes + added > IN_ALL_MAX {
            return Err(UploadError::Full(FULL_WAIT_S));
        }
        let user = number.0;
        let of_account = (user, i64::MIN)..=(user, i64::MAX);
        let mut others: Vec<(UnixMs, Number, u64)> = waiting
            .uploads
            .range(of_account)
            .filter(|(other, _)| **other != number)
            .map(|(other, upload)| (upload.began, *other, upload.bytes))
            .collect();
        others.sort_unstable_by_key(|(began, number, _)| std::cmp::Reverse((*began, *number)));
        let mut bytes: u64 = others.iter().map(|(.., bytes)| bytes).sum();
        bytes += known.map_or(0, |upload| upload.bytes) + added;
        let mut dropped = Vec::new();
        while (bytes > PER_ACCOUNT_MAX || others.len() >= UPLOADS_MAX)
            && let Some((_, oldest, size)) = others.pop()
        {
            bytes -= size;
            dropped.extend(waiting.remove(oldest));
        }
        let upload = waiting.uploads.entry(number).or_insert_with(|| {
            let serial = self.next.fetch_add(1, Ordering::Relaxed);
            Upload::new(Body::new(self.blobs.clone(), number, serial, now))
        });
        let before = upload.bytes;
        upload.count(part, size);
        let (after, body) = (upload.bytes, upload.body.clone());
        waiting.bytes = waiting.bytes + after - before;
        Ok((body, dropped))
    }

    /// Forgets a part that is not there.
    fn lose(&self, number: Number, part: u32) {
        let mut waiting = self.waiting();
        let upload = waiting.uploads.get_mut(&number);
        let lost = upload.and_then(|upload| {
            let size = upload.parts.remove(&part)?;
            upload.bytes -= u64::from(size);
            Some(u64::from(size))
        });
        waiting.bytes -= lost.unwrap_or(0);
    }

    /// Puts a file together of `parts` parts. They stay until [`Uploads::forget`].
    pub async fn whole(
        &self,
        user: UserId,
        file: i64,
        parts: i32,
    ) -> Result<Whole<'_>, UploadError> {
        let count = u32::try_from(parts).ok();
        let count = count.filter(|count| (1..=PARTS_MAX).contains(count));
        let count = count.ok_or(UploadError::Count)?;
        let number = (user, file);
        let sizes = self.complete(number, count)?;
        let body = self
            .waiting()
            .uploads
            .get(&number)
            .map(|it| it.body.clone());
        let mut body = body.ok_or(UploadError::Missing(0))?.lock_owned().await;
        if body.is_over() {
            return Err(UploadError::Missing(0));
        }
        let sha256 = body.complete(count, sizes).await;
        if let Err(UploadError::Missing(part)) = sha256 {
            self.lose(number, part);
        }
        Ok(Whole {
            size_bytes: sizes.size_bytes,
            sha256: sha256?,
            uploads: self,
            body,
        })
    }

    /// Whether all parts of a file are there and fit together; answers with their sizes.
    fn complete(&self, number: Number, count: u32) -> Result<Sizes, UploadError> {
        let waiting = self.waiting();
        let upload = waiting.uploads.get(&number);
        let upload = upload.ok_or(UploadError::Missing(0))?;
        let missing = (0..count).find(|part| !upload.parts.contains_key(part));
        if let Some(part) = missing {
            return Err(UploadError::Missing(part));
        }
        let mut sizes = upload.parts.range(..count).map(|(_, size)| *size);
        let first = sizes.next().unwrap_or(0);
        let last = sizes.next_back().unwrap_or(first);
        if count > 1 && !is_part_size(first as usize) {
            return Err(UploadError::Size);
        }
        if last > first || sizes.any(|size| size != first) {
            return Err(UploadError::SizeChanged);
        }
        Ok(Sizes {
            step: first,
            size_bytes: u64::from(first) * u64::from(count - 1) + u64::from(last),
        })
    }

    /// Lets a file's parts go.
    pub async fn forget(&self, user: UserId, file: i64) -> Result<(), BlobError> {
        let gone = self.waiting().remove((user, file));
        match gone {
            Some(upload) => upload.erase().await,
            None => Ok(()),
        }
    }

    /// Lets go what has waited for too long; answers with how many files that were.
    pub async fn sweep(&self, now: UnixMs) -> Result<usize, BlobError> {
        let old = |upload: &Upload| upload.began.plus_seconds(PART_KEPT_S) <= now;
        let gone: Vec<Upload> = {
            let mut waiting = self.waiting();
            let old = waiting.uploads.iter().filter(|(_, upload)| old(upload));
            let old: Vec<Number> = old.map(|(number, _)| *number).collect();
            let take = |number| waiting.remove(number);
            old.into_iter().filter_map(take).collect()
        };
        for upload in &gone {
            upload.erase().await?;
        }
        Ok(gone.len())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sizes of a file whose parts fit together.
#[derive(Clone, Copy)]
struct Sizes {
    /// Of every part but the last.
    step: u32,
    /// Of the whole.
    size_bytes: u64,
}

/// Whether a part can be one.
fn check(part: Part, bytes: Vec<u8>) -> Result<Came, UploadError> {
    let number = u32::try_from(part.number).map_err(|_| UploadError::Number)?;
    let known = part.total.filter(|total| *total != -1);
    let total = match known {
        None => PARTS_MAX,
        Some(total) => u32::try_from(total).map_err(|_| UploadError::Count)?,
    };
    if !(1..=PARTS_MAX).contains(&total) {
        return Err(UploadError::Count);
    }
    if number >= total {
        return Err(UploadError::Number);
    }
    if bytes.is_empty() {
        return Err(UploadError::Empty);
    }
    if bytes.len() > PART_MAX {
        return Err(UploadError::TooBig);
    }
    let is_not_last = known.is_some() && number + 1 < total;
    if is_not_last && !is_part_size(bytes.len()) {
        return Err(UploadError::Size);
    }
    Ok(Came {
        part: number,
        bytes,
        // The first begins where it begins, whatever its size.
        tells_step: is_not_last || number == 0,
    })
}

/// Whether parts may have this size.
fn is_part_size(size: usize) -> bool {
    size > 0 && size.is_multiple_of(PART_STEP) && PART_MAX.is_multiple_of(size)
}

#[cfg(test)]
mod tests;
