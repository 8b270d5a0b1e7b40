//! The folder `media`, in which the bytes of pictures and files lie.

use heliograph_domain::files::{BlobError, BlobInfo, Blobs, Keep};
use heliograph_model::UnixMs;
use heliograph_store::BoxFuture;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use std::ops::Range;
use std::path::Path;

/// A folder, by way of `object_store`: the same calls reach a bucket.
///
/// What is to last is written with `fsync` of the file and of the folder around it before the call
/// returns; what need not (the parts of uploads) is left to the system, which is several times
/// faster. A file appears under its name in one step, whole.
pub struct FolderBlobs {
    lasting: LocalFileSystem,
    passing: LocalFileSystem,
}

impl FolderBlobs {
    /// Opens the folder, which is there.
    pub fn open(folder: &Path) -> Result<Self, BlobError> {
        let passing = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
        Ok(FolderBlobs {
            lasting: passing.clone().with_fsync(true),
            // Folders of uploads go with their last part.
            passing: passing.with_automatic_cleanup(true),
        })
    }
}

/// A failure, without the path that it happened at: names hold account numbers.
#[expect(
    clippy::needless_pass_by_value,
    reason = "so that it can be named in map_err"
)]
fn failed(error: object_store::Error) -> BlobError {
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    BlobError(match cause.downcast_ref::<std::io::Error>() {
        Some(io) => io.kind().to_string(),
        None => "an unexpected failure".into(),
    })
}

impl Blobs for FolderBlobs {
    fn put(
        &self,
        name: String,
        bytes: Vec<u8>,
        keep: Keep,
    ) -> BoxFuture<'_, Result<(), BlobError>> {
        let folder = match keep {
            Keep::Durable => &self.lasting,
            Keep::Passing => &self.passing,
        };
        Box::pin(async move {
            let put = folder.put(&Name::from(name), bytes.into()).await;
            put.map(|_| ()).map_err(failed)
        })
    }

    fn get(
        &self,
        name: String,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>> {
        Box::pin(async move {
            let name = Name::from(name);
            let mut options = GetOptions::default();
            if let Some(range) = range {
                // A stretch behind the end is an error there and nothing here.
                let size = match self.passing.head(&name).await {
                    Ok(found) => found.size,
                    Err(object_store::Error::NotFound { .. }) => return Ok(None),
                    Err(error) => return Err(failed(error)),
                };
                let range = range.start..range.end.min(size);
                if range.is_empty() {
                    return Ok(Some(Vec::new()));
                }
                options.range = Some(GetRange::Bounded(range));
            }
            let found = match self.passing.get_opts(&name, options).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
            };
            let bytes = found.bytes().await.map_err(failed)?;
            Ok(Some(bytes.into()))
        })
    }

    fn delete(&self, name: String) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            match self.passing.delete(&Name::from(name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(failed(error)),
            }
        })
    }

    fn list(&self, folder: &'static str) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>> {
        Box::pin(async move {
            use futures_util::TryStreamExt;
            let folder = Name::from(folder);
            let found = self.passing.list(Some(&folder)).map_ok(|found| BlobInfo {
                name: found.location.to_string(),
                size_bytes: found.size,
                written: UnixMs(found.last_modified.timestamp_millis()),
            });
            found.try_collect().await.map_err(failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_read_back_in_stretches_until_it_is_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = FolderBlobs::open(folder.path()).expect("it opens");
        for (name, keep) in [
            ("files/00/0000000000000001.m", Keep::Durable),
            ("parts/1000001/00000000000000ff/0", Keep::Passing),
        ] {
            let name = name.to_owned();
            let read = async |range| blobs.get(name.clone(), range).await.expect("it works");
            assert_eq!(read(None).await, None);
            assert_eq!(read(Some(0..5)).await, None);
            blobs
                .put(name.clone(), b"first".to_vec(), keep)
                .await
                .expect("it works");
            blobs
                .put(name.clone(), b"heliograph".to_vec(), keep)
                .await
                .expect("it works");
            assert_eq!(read(None).await.as_deref(), Some(&b"heliograph"[..]));
            assert_eq!(read(Some(0..4)).await.as_deref(), Some(&b"heli"[..]));
            assert_eq!(read(Some(8..99)).await.as_deref(), Some(&b"ph"[..]));
            assert_eq!(read(Some(10..99)).await.as_deref(), Some(&b""[..]));
            assert_eq!(
                read(Some(1 << 40..1 << 41)).await.as_deref(),
                Some(&b""[..])
            );
        }
        let listed = blobs.list("parts").await.expect("it works");
        let names: Vec<_> = listed
            .iter()
            .map(|found| (found.name.as_str(), found.size_bytes))
            .collect();
        assert_eq!(names, [("parts/1000001/00000000000000ff/0", 10)]);
        for _ in 0..2 {
            let name = "parts/1000001/00000000000000ff/0".to_owned();
            blobs.delete(name).await.expect("it works");
        }
        assert!(blobs.list("parts").await.expect("it works").is_empty());
        assert!(
            !folder.path().join("parts/1000001").exists(),
            "no empty folders stay"
        );
    }
}
