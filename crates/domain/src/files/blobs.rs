//! Where bytes lie: a folder, later a bucket.

use heliograph_model::UnixMs;
use heliograph_store::BoxFuture;
use std::ops::Range;
use thiserror::Error;

/// Why bytes could not be written or read: a fault of the installation, never of a caller.
#[derive(Debug, Error)]
#[error("media storage: {0}")]
pub struct BlobError(pub String);

/// What a write promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It survives the end of the process, not the loss of power. Parts of uploads are written so:
    /// their client still has the file and sends a part again that is missed, and a part that was
    /// torn tells so itself.
    Passing,
    /// It survives the loss of power when the call returns. Whole files are written so, before the
    /// message that shows them is stored.
    Durable,
}

/// Something that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its name.
    pub name: String,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// When it was written.
    pub written: UnixMs,
}

/// A stretch of bytes on its way to where it belongs.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The name of what it is a part of.
    pub name: String,
    /// Where in that it begins, in bytes.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Bytes by name. Names are made of ids, never of what a person wrote: lower-case letters, digits,
/// dots and slashes.
pub trait Blobs: Send + Sync + 'static {
    /// Writes, or replaces, as one step: nobody reads half of it.
    fn put(&self, name: String, bytes: Vec<u8>, keep: Keep)
    -> BoxFuture<'_, Result<(), BlobError>>;

    /// Writes stretches, one after another, into what is not whole yet; it need not be there, and
    /// what is between stretches reads as zeros. Survives the end of the process ([`Keep::Passing`]),
    /// except that the last ones may be missing or half there.
    fn write(&self, stretches: Vec<Stretch>) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Gives what was written in stretches a lasting name beside its own, and cuts it to
    /// `size_bytes`. Nothing may be written to it any more. One step: nobody finds half of it under
    /// the new name. Survives the loss of power when the call returns ([`Keep::Durable`]).
    fn link(
        &self,
        from: String,
        to: String,
        size_bytes: u64,
    ) -> BoxFuture<'_, Result<(), BlobError>>;

    /// The bytes of a stretch, or all; `None` where there is nothing of this name. A stretch that
    /// ends behind the end is cut there.
    fn get(
        &self,
        name: String,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>>;

    /// Removes; nothing happens where there is none.
    fn delete(&self, name: String) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Everything whose name begins with `folder` and a slash.
    fn list(&self, folder: &'static str) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>>;
}

/// Bytes in memory, for tests and for a server that lives in one thread.
#[cfg(any(test, feature = "memory"))]
#[derive(Debug, Default)]
pub struct MemoryBlobs(std::sync::Mutex<std::collections::BTreeMap<String, Vec<u8>>>);

#[cfg(any(test, feature = "memory"))]
impl MemoryBlobs {
    fn all(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, Vec<u8>>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(any(test, feature = "memory"))]
impl Blobs for MemoryBlobs {
    fn put(&self, name: String, bytes: Vec<u8>, _: Keep) -> BoxFuture<'_, Result<(), BlobError>> {
        self.all().insert(name, bytes);
        Box::pin(std::future::ready(Ok(())))
    }

    fn write(&self, stretches: Vec<Stretch>) -> BoxFuture<'_, Result<(), BlobError>> {
        let mut all = self.all();
        for Stretch {
            name,
            offset,
            bytes,
        } in stretches
        {
            let there = all.entry(name).or_default();
            let end = offset as usize + bytes.len();
            if there.len() < end {
                there.resize(end, 0);
            }
            there[offset as usize..end].copy_from_slice(&bytes);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn link(
        &self,
        from: String,
        to: String,
        size_bytes: u64,
    ) -> BoxFuture<'_, Result<(), BlobError>> {
        let mut all = self.all();
        let linked = match all.get_mut(&from) {
            Some(bytes) => {
                bytes.resize(size_bytes as usize, 0);
                let bytes = bytes.clone();
                all.insert(to, bytes);
                Ok(())
            }
            None => Err(BlobError("nothing of this name".into())),
        };
        Box::pin(std::future::ready(linked))
    }

    fn get(
        &self,
        name: String,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>> {
        let found = self.all().get(&name).map(|bytes| {
            let end = bytes.len();
            let range = range.map_or(0..end, |range| {
                (range.start as usize).min(end)..(range.end as usize).min(end)
            });
            bytes[range].to_vec()
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn delete(&self, name: String) -> BoxFuture<'_, Result<(), BlobError>> {
        self.all().remove(&name);
        Box::pin(std::future::ready(Ok(())))
    }

    fn list(&self, folder: &'static str) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>> {
        let inside = format!("{folder}/");
        let found = self.all();
        let found = found.iter().filter(|(name, _)| name.starts_with(&inside));
        let listed = found.map(|(name, bytes)| BlobInfo {
            name: name.clone(),
            size_bytes: bytes.len() as u64,
            written: UnixMs(0),
        });
        let listed = listed.collect();
        Box::pin(std::future::ready(Ok(listed)))
    }
}
