//! The folder `media`, in which the bytes of pictures and files lie.

use heliograph_domain::files::{BlobError, BlobInfo, Blobs, Keep, Stretch};
use heliograph_model::UnixMs;
use heliograph_store::BoxFuture;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A folder, by way of `object_store`: the same calls reach a bucket.
///
/// What is to last is written with `fsync` of the file and of the folder around it before the call
/// returns; what need not (the parts of uploads) is left to the system, which is several times
/// faster. A file appears under its name in one step, whole.
///
/// Files on their way up grow in place, which `object_store` has no word for: where a bucket holds
/// what is whole, they stay in a folder.
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

impl FolderBlobs {
    /// Where a name lies.
    fn path(&self, name: &str) -> Result<PathBuf, BlobError> {
        let path = self.passing.path_to_filesystem(&Name::from(name));
        path.map_err(failed)
    }
}

/// Does what may wait for the disk away from the threads that answer calls.
async fn on_disk(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), BlobError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()));
    done.map_err(|error| BlobError(error.kind().to_string()))
}

/// How often a folder is made that somebody takes away again, because it is empty.
const FOLDER_TRIES: u32 = 8;

/// Does something to a path, and again after `make` has made its folder where that is missing.
fn in_folder<T>(
    path: &Path,
    work: impl Fn() -> io::Result<T>,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<T> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    for _ in 0..FOLDER_TRIES {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(folder)?,
            done => return done,
        }
    }
    work()
}

/// Writes a stretch of a file, which is made where there is none.
fn write_stretch(path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    let file = in_folder(
        path,
        || options.open(path),
        |folder| fs::create_dir_all(folder),
    )?;
    file.write_all_at(bytes, offset)
}

/// Brings a file to the disk, and then gives it another name.
fn link_file(from: &Path, to: &Path, size_bytes: u64) -> io::Result<()> {
    let file = File::options().write(true).open(from)?;
    if file.metadata()?.len() != size_bytes {
        file.set_len(size_bytes)?;
    }
    file.sync_all()?;
    let make = |folder: &Path| {
        fs::create_dir_all(folder)?;
        // The two folders of `files/5a` may both be new; so is what names them, then.
        let mut around = folder.ancestors().skip(1).take(2);
        around.try_for_each(|folder| File::open(folder)?.sync_all())
    };
    in_folder(to, || fs::hard_link(from, to), make)?;
    to.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

impl Blobs for FolderBlobs {
    fn write(&self, stretches: Vec<Stretch>) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            let mut placed = Vec::with_capacity(stretches.len());
            for stretch in stretches {
                placed.push((self.path(&stretch.name)?, stretch));
            }
            let write = move || {
                let mut all = placed.iter();
                all.try_for_each(|(path, stretch)| {
                    write_stretch(path, stretch.offset, &stretch.bytes)
                })
            };
            on_disk(write).await
        })
    }

    fn link(
        &self,
        from: String,
        to: String,
        size_bytes: u64,
    ) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            let (from, to) = (self.path(&from)?, self.path(&to)?);
            on_disk(move || link_file(&from, &to, size_bytes)).await
        })
    }

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
    async fn what_grows_in_stretches_is_kept_whole_under_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = FolderBlobs::open(folder.path()).expect("it opens");
        let stretch = |offset, bytes: &[u8]| Stretch {
            name: "parts/7/00000000000000ff/1.file".into(),
            offset,
            bytes: bytes.to_vec(),
        };
        let name = || stretch(0, b"").name;
        let write = async |stretches| blobs.write(stretches).await.expect("it works");
        write(vec![stretch(5, b"graph and more")]).await;
        let read = async |name| blobs.get(name, None).await.expect("it works");
        let grown = read(name()).await;
        assert_eq!(grown.as_deref(), Some(&b"\0\0\0\0\0graph and more"[..]));
        write(vec![stretch(0, b"solid"), stretch(0, b"helio")]).await;
        // The second time its folder is there.
        for id in ["files/5a/5a00000000000001", "files/5a/5a00000000000002"] {
            blobs.link(name(), id.into(), 10).await.expect("it works");
            assert_eq!(read(id.into()).await.as_deref(), Some(&b"heliograph"[..]));
        }
        // Once the old name is gone, what is written under it is another file.
        blobs.delete(name()).await.expect("it works");
        write(vec![stretch(0, b"dark")]).await;
        let first = read("files/5a/5a00000000000001".into()).await;
        assert_eq!(first.as_deref(), Some(&b"heliograph"[..]));
        blobs.delete(name()).await.expect("it works");
        let nothing = blobs.link(name(), "files/00/0".into(), 10).await;
        assert!(nothing.is_err());
        assert!(!folder.path().join("parts/7").exists());
    }

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
