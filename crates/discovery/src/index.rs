//! The index as files.

use crate::again::{self, Position};
use crate::measured::Current;
use crate::parts::Parts;
use crate::peers::{Peers, PeersSchema};
use crate::posts::{Posts, PostsSchema};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tantivy::indexer::LogMergePolicy;
use tantivy::schema::{Field, Schema, TantivyDocument};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};
use thiserror::Error;

/// The version of what is in the index: fields, and how terms are made. It is raised with any change
/// of either; an index of another version is made anew.
const FORMAT: &str = "1\n";

/// The file that says so. It is written when an index is complete, and only then.
const FORMAT_FILE: &str = "format";

/// How much of what is new is held in memory before it goes to a file, in bytes.
const BUDGET_BYTES: usize = 48 << 20;

/// From this size on a part of the index is not joined with others. Posts stay in parts, so that a
/// query of common words is done with the newest of them; peers are better in few.
const POSTS_PART: usize = 100_000;
/// See [`POSTS_PART`].
const PEERS_PART: usize = 10_000_000;

/// Why the index does not work. It holds nothing that the store does not, so it can always be made
/// anew.
#[derive(Debug, Error)]
pub enum IndexError {
    /// A file.
    #[error("the search index cannot be used: {0}")]
    File(#[from] io::Error),
    /// The index itself.
    #[error("the search index does not work: {0}")]
    Index(#[from] TantivyError),
    /// The store, which it follows.
    #[error(transparent)]
    Store(#[from] heliograph_store::StoreError),
    /// Whoever looks at what is new.
    #[error("what is new could not be looked at: {0}")]
    Gate(#[source] crate::gate::GateError),
}

/// The index of public peers and posts. It is shared: searches need no lock, and there is one
/// writer.
pub struct Discovery {
    /// The folder; `None` for an index in memory.
    folder: Option<PathBuf>,
    peers: Side<PeersSchema>,
    posts: Side<PostsSchema>,
    parts: Parts,
    measured: Current,
    complete: AtomicBool,
    /// Where the gate goes on to look again at everything; see [`crate::again`].
    again: Mutex<Option<Position>>,
}

impl Discovery {
    /// Opens the index in a folder. One that is missing, damaged or of another version begins empty
    /// and is not [complete](Self::is_complete).
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let current = fs::read_to_string(folder.join(FORMAT_FILE)).is_ok_and(|v| v == FORMAT);
        if current {
            match Self::open_as_it_is(folder) {
                Ok(index) => return Ok(index),
                Err(error) => tracing::warn!(%error, "search_index_damaged"),
            }
        }
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let begin = |name| {
            let folder = folder.join(name);
            fs::create_dir_all(&folder)?;
            Ok::<_, IndexError>(folder)
        };
        let peers = PeersSchema::new();
        let posts = PostsSchema::new();
        let peers_index = Index::create_in_dir(begin("peers")?, peers.schema.clone())?;
        let posts_index = Index::create_in_dir(begin("posts")?, posts.schema.clone())?;
        Ok(Discovery {
            folder: Some(folder.to_owned()),
            peers: Side::new(peers_index, peers, PEERS_PART)?,
            posts: Side::new(posts_index, posts, POSTS_PART)?,
            parts: Parts::default(),
            measured: Current::default(),
            complete: AtomicBool::new(false),
            again: Mutex::new(None),
        })
    }

    fn open_as_it_is(folder: &Path) -> Result<Self, IndexError> {
        let open = |name, schema: &Schema| {
            let index = Index::open_in_dir(folder.join(name))?;
            if index.schema() != *schema {
                return Err(TantivyError::SchemaError("of another version".into()));
            }
            Ok(index)
        };
        let peers = PeersSchema::new();
        let posts = PostsSchema::new();
        Ok(Discovery {
            folder: Some(folder.to_owned()),
            peers: Side::new(open("peers", &peers.schema)?, peers, PEERS_PART)?,
            posts: Side::new(open("posts", &posts.schema)?, posts, POSTS_PART)?,
            parts: Parts::default(),
            measured: Current::default(),
            complete: AtomicBool::new(true),
            again: Mutex::new(again::read(folder)),
        })
    }

    /// An empty index in memory, for tests and measurements.
    pub fn in_memory() -> Result<Self, IndexError> {
        let peers = PeersSchema::new();
        let posts = PostsSchema::new();
        Ok(Discovery {
            folder: None,
            peers: Side::new(
                Index::create_in_ram(peers.schema.clone()),
                peers,
                PEERS_PART,
            )?,
            posts: Side::new(
                Index::create_in_ram(posts.schema.clone()),
                posts,
                POSTS_PART,
            )?,
            parts: Parts::default(),
            measured: Current::default(),
            complete: AtomicBool::new(true),
            again: Mutex::new(None),
        })
    }

    /// Whether everything that was public when it was made is in it; what came later is named by
    /// [`heliograph_domain::stale`].
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The measures that searches go by.
    pub fn measured(&self) -> &Current {
        &self.measured
    }

    /// Finds peers by name.
    pub fn peers(&self) -> Peers<'_> {
        Peers::new(
            &self.peers.schema,
            self.peers.reader.searcher(),
            &self.measured,
        )
    }

    /// Finds posts by their words.
    pub fn posts(&self) -> Posts<'_> {
        Posts::new(
            &self.posts.schema,
            &self.parts,
            self.posts.reader.searcher(),
            &self.measured,
        )
    }

    pub(crate) fn peers_side(&self) -> &Side<PeersSchema> {
        &self.peers
    }

    pub(crate) fn posts_side(&self) -> &Side<PostsSchema> {
        &self.posts
    }

    /// Makes what was written durable, and shows it to searches.
    pub fn commit(&self) -> Result<(), IndexError> {
        self.peers.commit()?;
        self.posts.commit()
    }

    /// Lets go of the memory that writing takes, until something is written again. May wait for work
    /// of the index in the background; must not run on a thread that answers calls.
    pub fn rest(&self) -> Result<(), IndexError> {
        self.peers.close_writer()?;
        self.posts.close_writer()
    }

    /// Empties the index, to make it anew.
    pub(crate) fn clear(&self) -> Result<(), IndexError> {
        self.complete.store(false, Ordering::Release);
        if let Some(folder) = &self.folder {
            match fs::remove_file(folder.join(FORMAT_FILE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        self.peers.clear()?;
        self.posts.clear()
    }

    /// Where the gate goes on to look again; `None` where it has looked at everything.
    pub(crate) fn again(&self) -> Option<Position> {
        *self.again.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far the gate has looked again.
    pub(crate) fn set_again(&self, next: Option<Position>) -> Result<(), IndexError> {
        if let Some(folder) = &self.folder {
            again::write(folder, next)?;
        }
        *self.again.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Notes that everything is in it.
    pub(crate) fn completed(&self) -> Result<(), IndexError> {
        if let Some(folder) = &self.folder {
            let file = folder.join(FORMAT_FILE);
            fs::write(&file, FORMAT)?;
            fs::File::open(&file)?.sync_all()?;
            fs::File::open(folder)?.sync_all()?;
        }
        self.complete.store(true, Ordering::Release);
        Ok(())
    }
}

/// One of the two indexes, with its writer and its readers.
pub(crate) struct Side<S> {
    pub schema: S,
    index: Index,
    /// From how many documents on a part is not joined with others.
    part_docs: usize,
    /// There while there is something to write: it takes some 12 MB, and most of the time a small
    /// server has nothing.
    writer: Mutex<Option<Writer>>,
    reader: IndexReader,
}

struct Writer {
    writer: IndexWriter,
    /// Whether anything was written since the last commit.
    changed: bool,
}

impl<S> Side<S> {
    fn new(index: Index, schema: S, part_docs: usize) -> Result<Self, TantivyError> {
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Side {
            schema,
            index,
            part_docs,
            writer: Mutex::new(None),
            reader,
        })
    }

    /// Writes with the writer, which is opened where there is none.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut IndexWriter) -> Result<T, TantivyError>,
    ) -> Result<T, IndexError> {
        let mut side = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let side = match &mut *side {
            Some(open) => open,
            none => none.insert(Writer {
                writer: self.open_writer()?,
                changed: false,
            }),
        };
        side.changed = true;
        Ok(work(&mut side.writer)?)
    }

    fn open_writer(&self) -> Result<IndexWriter, TantivyError> {
        // One thread is enough for more than a server's posts, and keeps them in order.
        let writer = self.index.writer_with_num_threads(1, BUDGET_BYTES)?;
        let mut merging = LogMergePolicy::default();
        merging.set_max_docs_before_merge(self.part_docs);
        writer.set_merge_policy(Box::new(merging));
        Ok(writer)
    }

    /// Puts `document` in the place of whatever has `key`; takes that away where there is none.
    pub fn replace(
        &self,
        field: Field,
        key: &str,
        document: Option<TantivyDocument>,
    ) -> Result<(), IndexError> {
        self.write(|writer| {
            writer.delete_term(Term::from_field_text(field, key));
            if let Some(document) = document {
                writer.add_document(document)?;
            }
            Ok(())
        })
    }

    /// Adds a document of which it is known that nothing has its key.
    pub fn add(&self, document: TantivyDocument) -> Result<(), IndexError> {
        self.write(|writer| writer.add_document(document).map(drop))
    }

    /// Takes away everything with this term.
    pub fn remove(&self, term: Term) -> Result<(), IndexError> {
        self.write(|writer| {
            writer.delete_term(term);
            Ok(())
        })
    }

    fn clear(&self) -> Result<(), IndexError> {
        self.write(|writer| writer.delete_all_documents().map(drop))
    }

    fn commit(&self) -> Result<(), IndexError> {
        let mut side = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(side) = side.as_mut().filter(|side| side.changed) else {
            return Ok(());
        };
        side.changed = false;
        if let Err(error) = side.writer.commit() {
            // A writer that has failed does nothing any more; this makes a new one of it. What it
            // held is still named in the store.
            side.writer.rollback()?;
            return Err(error.into());
        }
        Ok(self.reader.reload()?)
    }

    /// Closes the writer, where everything is committed, once it has joined the parts it is joining.
    fn close_writer(&self) -> Result<(), IndexError> {
        let mut side = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match side.take_if(|side| !side.changed) {
            Some(idle) => Ok(idle.writer.wait_merging_threads()?),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::ChannelId;

    #[test]
    fn a_writer_is_open_only_while_there_is_something_to_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let index = Discovery::open(folder.path()).expect("it opens");
        let is_open = || index.posts.writer.lock().expect("no panic").is_some();
        assert!(!is_open());
        for _ in 0..2 {
            index.forget_posts(ChannelId(7)).expect("it works");
            assert!(is_open());
            index.rest().expect("it works");
            assert!(is_open(), "something is not committed");
            index.commit().expect("it works");
            index.rest().expect("it works");
            assert!(!is_open());
        }
    }
}
