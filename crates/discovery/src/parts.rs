//! What searches read of each part of the index of posts. Opening a column costs more than most
//! searches do, so they are opened once for each part and not once for each search.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::columnar::Column;
use tantivy::index::SegmentId;
use tantivy::{Searcher, SegmentReader, TantivyError};

/// The columns of one part of the index.
pub(crate) struct Part {
    id: SegmentId,
    /// Where the searcher has it.
    pub ordinal: u32,
    /// When its newest post was written, in Unix seconds.
    pub until: i64,
    pub columns: Columns,
}

/// Of each post where and when it was written.
#[derive(Clone)]
pub(crate) struct Columns {
    pub channels: Column<i64>,
    pub ids: Column<u64>,
    pub dates: Column<i64>,
}

impl Columns {
    fn open(reader: &SegmentReader) -> Result<Self, TantivyError> {
        let fast = reader.fast_fields();
        Ok(Columns {
            channels: fast.i64("channel")?,
            ids: fast.u64("id")?,
            dates: fast.i64("date")?,
        })
    }
}

/// The parts as of the last search, the one with the newest posts first.
#[derive(Default)]
pub(crate) struct Parts {
    last: Mutex<Option<(u64, Arc<[Part]>)>>,
}

impl Parts {
    /// The parts that `searcher` sees.
    pub fn of(&self, searcher: &Searcher) -> Result<Arc<[Part]>, TantivyError> {
        let generation = searcher.generation().generation_id();
        let known = {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            last.clone()
        };
        if let Some((last, parts)) = &known
            && *last == generation
        {
            return Ok(parts.clone());
        }
        let known = known.map(|(_, parts)| parts);
        let mut parts = Vec::new();
        for (ordinal, reader) in (0..).zip(searcher.segment_readers()) {
            let id = reader.segment_id();
            let same = known.iter().flat_map(|parts| parts.iter());
            let columns = match same.into_iter().find(|part| part.id == id) {
                Some(part) => part.columns.clone(),
                None => Columns::open(reader)?,
            };
            parts.push(Part {
                id,
                ordinal,
                until: columns.dates.max_value(),
                columns,
            });
        }
        parts.sort_by_key(|part| Reverse(part.until));
        let parts: Arc<[Part]> = parts.into();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((generation, parts.clone()));
        Ok(parts)
    }
}
