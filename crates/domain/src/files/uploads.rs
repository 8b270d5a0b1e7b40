//! Files on their way up (<https://core.telegram.org/api/files#uploading-files>).
//!
//! A client cuts a file into parts of one size and sends them in any order, then names the file in
//! another call, which puts it together. Parts are bytes in the folder `parts` and nothing else: what
//! is here is read from their names when the server starts. A part carries the beginning of its own
//! SHA-256, so that one which a power cut tore counts as missing, and the client sends it again.

use super::blobs::{BlobError, Blobs, Keep};
use heliograph_model::{UnixMs, UserId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
/// How many files are held in memory at once while they are put together and stored.
const WHOLE_MAX: usize = 2;
/// How many bytes of its SHA-256 stand behind a part.
const SUM: usize = 8;
/// The folder of parts.
const FOLDER: &str = "parts";

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

#[derive(Clone, Debug)]
struct Upload {
    began: UnixMs,
    /// The size of each part that has come.
    parts: BTreeMap<u32, u32>,
    bytes: u64,
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

/// A file put together. It is one of few in memory: drop it when it is stored.
#[derive(Debug)]
pub struct Whole {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    _place: OwnedSemaphorePermit,
}

/// The files on their way up.
pub struct Uploads {
    blobs: Arc<dyn Blobs>,
    waiting: Mutex<Waiting>,
    whole: Arc<Semaphore>,
}

impl Uploads {
    /// Takes up what an earlier run of the server left.
    pub async fn open(blobs: Arc<dyn Blobs>) -> Result<Self, BlobError> {
        let mut waiting = Waiting::default();
        for found in blobs.list(FOLDER).await? {
            let Some((number, part)) = parse(&found.name) else {
                continue;
            };
            let size = found.size_bytes.saturating_sub(SUM as u64);
            waiting.bytes += size;
            let upload = waiting.uploads.entry(number).or_insert(Upload {
                began: found.written,
                parts: BTreeMap::new(),
                bytes: 0,
            });
            upload.began = upload.began.min(found.written);
            upload.bytes += size;
            upload.parts.insert(part, size as u32);
        }
        Ok(Uploads {
            blobs,
            waiting: Mutex::new(waiting),
            whole: Arc::new(Semaphore::new(WHOLE_MAX)),
        })
    }

    /// Takes a part. Sent again, it replaces what came before.
    pub async fn save(
        &self,
        user: UserId,
        part: Part,
        bytes: Vec<u8>,
        now: UnixMs,
    ) -> Result<(), UploadError> {
        let number = check(part, bytes.len())?;
        let dropped = self.make_room((user, part.file), number, bytes.len() as u32, now)?;
        for (number, upload) in dropped {
            self.erase(number, &upload).await?;
        }
        let name = name((user, part.file), number);
        let written = self
            .blobs
            .put(name.clone(), sealed(bytes), Keep::Passing)
            .await;
        if written.is_err() {
            self.lose((user, part.file), number);
        } else if !self.waiting().uploads.contains_key(&(user, part.file)) {
            // The file was put together, or made room, while this part was being written.
            self.blobs.delete(name).await?;
        }
        Ok(written?)
    }

    /// Counts a part; answers with the account's older uploads that make room for it.
    fn make_room(
        &self,
        number: Number,
        part: u32,
        size: u32,
        now: UnixMs,
    ) -> Result<Vec<(Number, Upload)>, UploadError> {
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
            dropped.extend(waiting.remove(oldest).map(|upload| (oldest, upload)));
        }
        let upload = waiting.uploads.entry(number).or_insert(Upload {
            began: now,
            parts: BTreeMap::new(),
            bytes: 0,
        });
        let before = upload.parts.insert(part, size).unwrap_or(0);
        upload.bytes = upload.bytes + u64::from(size) - u64::from(before);
        waiting.bytes = waiting.bytes + u64::from(size) - u64::from(before);
        Ok(dropped)
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
    pub async fn whole(&self, user: UserId, file: i64, parts: i32) -> Result<Whole, UploadError> {
        let count = u32::try_from(parts).ok();
        let count = count.filter(|count| (1..=PARTS_MAX).contains(count));
        let count = count.ok_or(UploadError::Count)?;
        let number = (user, file);
        let size = self.complete(number, count)?;
        let place = self.whole.clone().acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let mut bytes = Vec::with_capacity(size as usize);
        for part in 0..count {
            let stored = self.blobs.get(name(number, part), None).await?;
            let Some(stored) = stored.as_deref().and_then(opened) else {
                self.lose(number, part);
                return Err(UploadError::Missing(part));
            };
            if bytes.len() + stored.len() > size as usize {
                return Err(UploadError::SizeChanged);
            }
            bytes.extend_from_slice(stored);
        }
        let sha256 = Sha256::digest(&bytes).into();
        Ok(Whole {
            bytes,
            sha256,
            _place: place,
        })
    }

    /// Whether all parts of a file are there and fit together; answers with its size.
    fn complete(&self, number: Number, count: u32) -> Result<u64, UploadError> {
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
        Ok(upload
            .parts
            .range(..count)
            .map(|(_, size)| u64::from(*size))
            .sum())
    }

    /// Lets a file's parts go.
    pub async fn forget(&self, user: UserId, file: i64) -> Result<(), BlobError> {
        let gone = self.waiting().remove((user, file));
        match gone {
            Some(upload) => self.erase((user, file), &upload).await,
            None => Ok(()),
        }
    }

    /// Lets go what has waited for too long; answers with how many files that were.
    pub async fn sweep(&self, now: UnixMs) -> Result<usize, BlobError> {
        let old = |upload: &Upload| upload.began.plus_seconds(PART_KEPT_S) <= now;
        let gone: Vec<(Number, Upload)> = {
            let mut waiting = self.waiting();
            let old = waiting.uploads.iter().filter(|(_, upload)| old(upload));
            let old: Vec<Number> = old.map(|(number, _)| *number).collect();
            let take = |number| waiting.remove(number).map(|upload| (number, upload));
            old.into_iter().filter_map(take).collect()
        };
        for (number, upload) in &gone {
            self.erase(*number, upload).await?;
        }
        Ok(gone.len())
    }

    async fn erase(&self, number: Number, upload: &Upload) -> Result<(), BlobError> {
        for part in upload.parts.keys() {
            self.blobs.delete(name(number, *part)).await?;
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a part can be one; answers with its number.
fn check(part: Part, size: usize) -> Result<u32, UploadError> {
    let number = u32::try_from(part.number).map_err(|_| UploadError::Number)?;
    let total = match part.total {
        None | Some(-1) => PARTS_MAX,
        Some(total) => u32::try_from(total).map_err(|_| UploadError::Count)?,
    };
    if !(1..=PARTS_MAX).contains(&total) {
        return Err(UploadError::Count);
    }
    if number >= total {
        return Err(UploadError::Number);
    }
    if size == 0 {
        return Err(UploadError::Empty);
    }
    if size > PART_MAX {
        return Err(UploadError::TooBig);
    }
    let last = part.total.is_none_or(|total| total == -1) || number + 1 == total;
    if !last && !is_part_size(size) {
        return Err(UploadError::Size);
    }
    Ok(number)
}

/// Whether parts may have this size.
fn is_part_size(size: usize) -> bool {
    size > 0 && size.is_multiple_of(PART_STEP) && PART_MAX.is_multiple_of(size)
}

/// The name under which a part lies.
fn name((user, file): Number, part: u32) -> String {
    format!("{FOLDER}/{}/{:016x}/{part}", user.0, file as u64)
}

fn parse(name: &str) -> Option<(Number, u32)> {
    let mut words = name.split('/').skip(1);
    let user = words.next()?.parse().ok()?;
    let file = u64::from_str_radix(words.next()?, 16).ok()?;
    let part = words.next()?.parse().ok()?;
    Some(((UserId(user), file as i64), part))
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    let digest = Sha256::digest(bytes);
    *digest.first_chunk().expect("SHA-256 has 32 bytes")
}

/// A part with the beginning of its sum behind it.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = sum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// A part without its sum; `None` where the two do not fit.
fn opened(stored: &[u8]) -> Option<&[u8]> {
    let (bytes, told) = stored.split_last_chunk()?;
    (sum(bytes) == *told).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::blobs::MemoryBlobs;
    use super::*;

    const ADA: UserId = UserId(1_000_001);
    const BEN: UserId = UserId(1_000_002);
    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    async fn uploads() -> (Arc<MemoryBlobs>, Uploads) {
        let blobs = Arc::new(MemoryBlobs::default());
        let uploads = Uploads::open(blobs.clone())
            .await
            .expect("nothing is there");
        (blobs, uploads)
    }

    fn part(file: i64, number: i32, total: Option<i32>) -> Part {
        Part {
            file,
            number,
            total,
        }
    }

    async fn send(uploads: &Uploads, user: UserId, file: i64, sizes: &[usize]) {
        for (number, size) in sizes.iter().enumerate() {
            let bytes = vec![number as u8; *size];
            let part = part(file, number as i32, None);
            uploads
                .save(user, part, bytes, NOW)
                .await
                .expect("it is taken");
        }
    }

    fn word(outcome: Result<impl std::fmt::Debug, UploadError>) -> String {
        match outcome {
            Ok(_) => "taken".into(),
            Err(UploadError::Missing(part)) => format!("part {part} is missing"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn parts_make_a_whole_in_whatever_order_they_come() {
        let (_, uploads) = uploads().await;
        for number in [2, 0, 1] {
            let size = if number == 2 { 5 } else { 1024 };
            let bytes = vec![number as u8; size];
            uploads
                .save(ADA, part(7, number, Some(3)), bytes, NOW)
                .await
                .expect("taken");
        }
        let whole = uploads.whole(ADA, 7, 3).await.expect("it is whole");
        assert_eq!(whole.bytes.len(), 2053);
        assert_eq!(
            (whole.bytes[0], whole.bytes[1024], whole.bytes[2048]),
            (0, 1, 2)
        );
        let expected: [u8; 32] = Sha256::digest(&whole.bytes).into();
        assert_eq!(whole.sha256, expected);
        // Nobody else has it, and nobody else's number is it.
        assert_eq!(word(uploads.whole(BEN, 7, 3).await), "part 0 is missing");
        assert_eq!(word(uploads.whole(ADA, 8, 3).await), "part 0 is missing");
        drop(whole);
        uploads.forget(ADA, 7).await.expect("it goes");
        assert_eq!(word(uploads.whole(ADA, 7, 3).await), "part 0 is missing");
    }

    #[tokio::test]
    async fn what_cannot_be_a_part_is_refused_by_its_own_name() {
        let (blobs, uploads) = uploads().await;
        for (number, total, size, expected) in [
            (-1, None, 1024, "no such part"),
            (4000, None, 1024, "no such part"),
            (10_000, None, 1024, "no such part"),
            (3, Some(3), 1024, "no such part"),
            (0, Some(0), 1024, "not a number of parts"),
            (0, Some(-2), 1024, "not a number of parts"),
            (0, Some(4001), 1024, "not a number of parts"),
            (0, Some(i32::MAX), 1024, "not a number of parts"),
            (0, None, 0, "the part is empty"),
            (0, None, PART_MAX + 1, "the part is too large"),
            (0, Some(2), 1000, "not a size of parts"),
            (0, Some(2), 3 * 1024, "not a size of parts"),
            (1, Some(2), 1000, "taken"),
            (0, Some(2), PART_MAX, "taken"),
            (0, Some(-1), 1024, "taken"),
        ] {
            let sent = uploads
                .save(ADA, part(1, number, total), vec![1; size], NOW)
                .await;
            assert_eq!(word(sent), expected, "{number} of {total:?}, {size} bytes");
        }
        assert_eq!(blobs.list("parts").await.expect("a list").len(), 2);
    }

    #[tokio::test]
    async fn parts_that_do_not_fit_together_make_no_file() {
        let (_, uploads) = uploads().await;
        for (sizes, parts, expected) in [
            (&[1024, 1024, 9][..], 3, "taken"),
            (&[9][..], 1, "taken"),
            (&[1024, 2048, 9][..], 3, "the parts have different sizes"),
            (&[1024, 2048][..], 2, "the parts have different sizes"),
            (&[1024, 9, 9][..], 3, "the parts have different sizes"),
            (&[1000, 1000][..], 2, "not a size of parts"),
            (&[3072, 3072][..], 2, "not a size of parts"),
            (&[1024, 9][..], 3, "part 2 is missing"),
            (&[1024][..], 0, "not a number of parts"),
            (&[1024][..], -1, "not a number of parts"),
            (&[1024][..], 4001, "not a number of parts"),
        ] {
            uploads.forget(ADA, 1).await.expect("it goes");
            send(&uploads, ADA, 1, sizes).await;
            let whole = uploads.whole(ADA, 1, parts).await;
            assert_eq!(word(whole), expected, "{sizes:?} as {parts}");
        }
    }

    #[tokio::test]
    async fn a_file_has_fifty_megabytes_and_an_account_a_few_of_them() {
        let (blobs, uploads) = uploads().await;
        let full = vec![PART_MAX; 100];
        send(&uploads, ADA, 1, &full).await;
        let more = uploads.save(ADA, part(1, 100, None), vec![1], NOW).await;
        assert_eq!(word(more), "not a number of parts");
        for file in 2..=4 {
            send(&uploads, ADA, file, &full).await;
        }
        send(&uploads, BEN, 1, &[1]).await;
        assert_eq!(blobs.list("parts").await.expect("a list").len(), 401);
        // The fifth makes the first go, and no one else's.
        send(&uploads, ADA, 5, &[1]).await;
        assert_eq!(word(uploads.whole(ADA, 1, 100).await), "part 0 is missing");
        assert_eq!(word(uploads.whole(ADA, 5, 1).await), "taken");
        assert_eq!(word(uploads.whole(BEN, 1, 1).await), "taken");
        for file in 10..200 {
            send(&uploads, ADA, file, &[1]).await;
        }
        assert!(blobs.list("parts").await.expect("a list").len() < 420);
    }

    #[tokio::test]
    async fn parts_survive_a_restart_and_are_forgotten_after_a_day() {
        let (blobs, before) = uploads().await;
        send(&before, ADA, -5, &[1024, 3]).await;
        let after = Uploads::open(blobs.clone()).await.expect("they are read");
        assert_eq!(word(after.whole(ADA, -5, 2).await), "taken");
        assert_eq!(before.sweep(NOW).await.expect("it works"), 0);
        let later = NOW.plus_seconds(PART_KEPT_S);
        assert_eq!(before.sweep(later).await.expect("it works"), 1);
        assert!(blobs.list("parts").await.expect("a list").is_empty());
        assert_eq!(word(before.whole(ADA, -5, 2).await), "part 0 is missing");
    }

    #[tokio::test]
    async fn a_torn_part_is_missing() {
        let (blobs, uploads) = uploads().await;
        send(&uploads, ADA, 1, &[1024, 1024]).await;
        let torn = blobs
            .get(name((ADA, 1), 1), None)
            .await
            .expect("read")
            .expect("there");
        let torn = torn.into_iter().map(|byte| byte & 0xf0).collect();
        blobs
            .put(name((ADA, 1), 1), torn, Keep::Passing)
            .await
            .expect("written");
        assert_eq!(word(uploads.whole(ADA, 1, 2).await), "part 1 is missing");
        // Sent again, the file is whole.
        uploads
            .save(ADA, part(1, 1, None), vec![1; 1024], NOW)
            .await
            .expect("taken");
        assert_eq!(word(uploads.whole(ADA, 1, 2).await), "taken");
    }
}
