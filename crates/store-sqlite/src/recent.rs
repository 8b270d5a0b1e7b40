//! Rows that are committed in the journal and not yet settled in their tables.
//!
//! They lie in at most two segments: the active one takes the changes of each commit; when it is
//! full it is sealed, and its rows are settled in key order, a stretch with each commit, while the
//! next one fills. A sealed segment stays in memory until all of it is settled, so whether a row of
//! it has reached its table already makes no difference to anyone.

use heliograph_store::{Change, Order, RowName, Scan};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Numbers commits, ascending.
pub(crate) type Commit = u64;

/// A row's value; `None` when the row is gone.
pub(crate) type Value = Option<Arc<[u8]>>;

/// The values of one row in a segment, by commit.
#[derive(Debug)]
struct Versions {
    newest: (Commit, Value),
    /// Earlier ones, oldest first, for views that were opened before the newest.
    older: Vec<(Commit, Value)>,
}

impl Versions {
    /// The value as of a commit; `None` when this segment has none so old.
    fn at(&self, commit: Commit) -> Option<&Value> {
        if self.newest.0 <= commit {
            return Some(&self.newest.1);
        }
        self.older
            .iter()
            .rev()
            .find(|(at, _)| *at <= commit)
            .map(|(_, value)| value)
    }
}

/// A row as a scan finds it.
type FoundRow = heliograph_store::Entry;

type Rows = BTreeMap<RowName, Versions>;

/// Rows changed by a run of commits, by name.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    rows: RwLock<Rows>,
}

impl Segment {
    fn rows(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A segment of rows as they stood at `commit`, for what a journal held.
    pub fn at(commit: Commit, values: impl IntoIterator<Item = (RowName, Value)>) -> Self {
        let versions = |value| Versions {
            newest: (commit, value),
            older: Vec::new(),
        };
        let values = values.into_iter();
        let rows = values
            .map(|(name, value)| (name, versions(value)))
            .collect();
        Segment {
            rows: RwLock::new(rows),
        }
    }

    /// Adds a commit's rows; answers with the bytes they take.
    fn add(&self, commit: Commit, changes: &[Change]) -> usize {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        for Change { name, value } in changes {
            bytes += name.bytes().len() + value.as_ref().map_or(0, |value| value.len());
            let newest = (commit, value.clone());
            match rows.entry(name.clone()) {
                Entry::Occupied(versions) => {
                    let versions = versions.into_mut();
                    let before = std::mem::replace(&mut versions.newest, newest);
                    versions.older.push(before);
                }
                Entry::Vacant(place) => {
                    place.insert(Versions {
                        newest,
                        older: Vec::new(),
                    });
                }
            }
        }
        bytes + changes.len() * ROW_OVERHEAD_BYTES
    }

    /// Calls `settle` with up to `limit` rows after the one named `after`, in order, as they stand.
    /// Answers with the name of the last, `None` when there were no more.
    pub fn settle<E>(
        &self,
        after: Option<&RowName>,
        limit: usize,
        mut settle: impl FnMut(&RowName, Option<&[u8]>) -> Result<(), E>,
    ) -> Result<Option<RowName>, E> {
        let rows = self.rows();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut last = None;
        for (name, versions) in rows
            .range::<RowName, _>((from, Bound::Unbounded))
            .take(limit)
        {
            settle(name, versions.newest.1.as_deref())?;
            last = Some(name);
        }
        Ok(last.cloned())
    }
}

/// What a row in memory costs beside its bytes: nodes, lengths, allocation.
const ROW_OVERHEAD_BYTES: usize = 96;

/// The segments at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Changes whenever a segment is sealed or dropped.
    generation: u64,
    /// The last commit that is visible.
    commit: Commit,
    active: Arc<Segment>,
    sealed: Option<Arc<Segment>>,
}

impl Snapshot {
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The segments in the order in which they have to be settled.
    pub fn oldest_first(&self) -> impl Iterator<Item = &Segment> {
        self.sealed.iter().chain([&self.active]).map(Arc::as_ref)
    }

    /// A row's value where a segment has it.
    pub fn get(&self, name: &RowName) -> Option<Value> {
        [Some(&self.active), self.sealed.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|segment| {
                segment
                    .rows()
                    .get(name)
                    .and_then(|versions| versions.at(self.commit))
                    .cloned()
            })
    }

    /// Reads a stretch of rows: those of the segments laid over those of the tables, which `base`
    /// reads.
    pub fn scan<E>(
        &self,
        scan: &Scan,
        base: impl FnOnce(&Scan) -> Result<Vec<FoundRow>, E>,
    ) -> Result<Vec<FoundRow>, E> {
        let recent = self.changed_in(scan);
        let Some((last, _)) = recent.last() else {
            return base(scan);
        };
        let mut beneath = scan.clone();
        if recent.iter().filter(|(_, value)| value.is_some()).count() == scan.limit {
            // There are enough: rows of the table behind the last of them are not needed.
            match scan.order {
                Order::Ascending => beneath.range.to = Some([last, [0].as_slice()].concat()),
                Order::Descending => beneath.range.from.clone_from(last),
            }
        }
        // Each recent row may hide one of the table's.
        beneath.limit = beneath.limit.saturating_add(recent.len());
        Ok(lay_over(recent, base(&beneath)?, scan.order, scan.limit))
    }

    /// The recent rows of a stretch in its order, removed ones included, up to as many present ones
    /// as the scan asks for.
    fn changed_in(&self, scan: &Scan) -> Vec<(Vec<u8>, Value)> {
        let from = RowName::of(scan.table, scan.owner, &scan.range.from);
        let to = match &scan.range.to {
            Some(to) => RowName::of(scan.table, scan.owner, to).bytes().to_vec(),
            None => RowName::end_of(scan.table, scan.owner),
        };
        if from.bytes() >= to.as_slice() || scan.limit == 0 {
            return Vec::new();
        }
        let range = (
            Bound::Included(from.bytes()),
            Bound::Excluded(to.as_slice()),
        );
        let (active, sealed) = (self.active.rows(), self.sealed.as_ref().map(|s| s.rows()));
        let mut upper = in_order(&active, range, scan.order, self.commit).peekable();
        let mut lower = sealed
            .iter()
            .flat_map(|rows| in_order(rows, range, scan.order, self.commit))
            .peekable();
        let mut changed = Vec::new();
        let mut present = 0;
        while present < scan.limit {
            let order = match (upper.peek(), lower.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((a, _)), Some((b, _))) if scan.order == Order::Ascending => a.cmp(b),
                (Some((a, _)), Some((b, _))) => b.cmp(a),
            };
            if order.is_eq() {
                lower.next();
            }
            let next = if order.is_le() {
                upper.next()
            } else {
                lower.next()
            };
            let (name, value) = next.expect("peeked");
            present += usize::from(value.is_some());
            changed.push((name.key().to_vec(), value.clone()));
        }
        changed
    }
}

/// The rows of a segment in a range, as of a commit.
fn in_order<'a>(
    rows: &'a Rows,
    range: (Bound<&'a [u8]>, Bound<&'a [u8]>),
    order: Order,
    commit: Commit,
) -> Box<dyn Iterator<Item = (&'a RowName, &'a Value)> + 'a> {
    let rows = rows.range::<[u8], _>(range);
    let rows = rows.filter_map(move |(name, versions)| Some((name, versions.at(commit)?)));
    match order {
        Order::Ascending => Box::new(rows),
        Order::Descending => Box::new(rows.rev()),
    }
}

/// Merges two lists of the same order; a recent row hides the table's of the same key.
fn lay_over(
    recent: Vec<(Vec<u8>, Value)>,
    base: Vec<FoundRow>,
    order: Order,
    limit: usize,
) -> Vec<FoundRow> {
    let mut merged = Vec::with_capacity(limit.min(recent.len() + base.len()));
    let mut base = base.into_iter().peekable();
    let before = |a: &[u8], b: &[u8]| match order {
        Order::Ascending => a < b,
        Order::Descending => a > b,
    };
    for (key, value) in recent {
        merged.extend(std::iter::from_fn(|| {
            base.next_if(|(below, _)| before(below, &key))
        }));
        base.next_if(|(below, _)| *below == key);
        merged.extend(value.map(|value| (key, value.to_vec())));
    }
    merged.extend(base);
    merged.truncate(limit);
    merged
}

/// The segments, as the writer changes them and readers take snapshots of them.
#[derive(Debug)]
pub(crate) struct Recent {
    now: RwLock<Snapshot>,
}

impl Recent {
    /// Starts after `commit`, with what was found in the journal as a sealed segment.
    pub fn new(commit: Commit, sealed: Option<Segment>) -> Self {
        let now = Snapshot {
            generation: 0,
            commit,
            active: Arc::default(),
            sealed: sealed.map(Arc::new),
        };
        Recent {
            now: RwLock::new(now),
        }
    }

    /// The segments now.
    pub fn snapshot(&self) -> Snapshot {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The present generation.
    pub fn generation(&self) -> u64 {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .generation
    }

    /// The segment that is being settled.
    pub fn sealed(&self) -> Option<Arc<Segment>> {
        self.now
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .sealed
            .clone()
    }

    /// Makes a commit visible; answers with the bytes it added to the active segment.
    pub fn publish(&self, commit: Commit, changes: &[Change]) -> usize {
        let bytes = self.snapshot().active.add(commit, changes);
        self.now
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .commit = commit;
        bytes
    }

    /// Seals the active segment. The one sealed before must be settled and dropped.
    pub fn seal(&self) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.generation += 1;
        now.sealed = Some(std::mem::take(&mut now.active));
    }

    /// Takes the sealed segment out; all of it is settled.
    pub fn take_sealed(&self) -> Option<Arc<Segment>> {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.generation += 1;
        now.sealed.take()
    }
}
