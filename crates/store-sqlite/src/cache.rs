//! The writer's memory of clean rows.

use heliograph_store::{Change, RowName};
use std::collections::HashMap;
use std::sync::Arc;

/// A row as last committed; `None` when there is none.
type Known = Option<Arc<[u8]>>;

/// A row that the cache knows: its value, or that there is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hit(pub Option<Vec<u8>>);

/// Rows as they stand in the database. Only the writer changes the database, so what it remembers
/// stays true; that a row is missing is remembered too.
///
/// Two generations keep it bounded: when the young one is full it becomes the old one, and what is
/// used again before the next turn moves up.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    young: HashMap<RowName, Known>,
    old: HashMap<RowName, Known>,
    /// Bytes of keys and values in `young`.
    young_bytes: usize,
    limit_bytes: usize,
}

/// What an entry costs beside its bytes.
const ENTRY_OVERHEAD_BYTES: usize = 64;

impl Cache {
    pub fn new(limit_bytes: usize) -> Self {
        Cache {
            limit_bytes,
            ..Cache::default()
        }
    }

    /// The row of this name, where it is known.
    pub fn get(&mut self, name: &RowName) -> Option<Hit> {
        if let Some(known) = self.young.get(name) {
            return Some(Hit(known.as_deref().map(<[u8]>::to_vec)));
        }
        let (name, known) = self.old.remove_entry(name)?;
        let hit = Hit(known.as_deref().map(<[u8]>::to_vec));
        self.keep(name, known);
        Some(hit)
    }

    /// Remembers a row as read.
    pub fn put(&mut self, name: RowName, value: Option<&[u8]>) {
        self.keep(name, value.map(Arc::from));
    }

    /// Takes note of a committed change where the row is known. One that was never read will hardly
    /// be: most rows of a message are written once.
    pub fn refresh(&mut self, change: &Change) {
        let place = match self.young.get_mut(&change.name) {
            Some(place) => place,
            None => match self.old.get_mut(&change.name) {
                Some(place) => place,
                None => return,
            },
        };
        place.clone_from(&change.value);
    }

    fn keep(&mut self, name: RowName, known: Known) {
        self.young_bytes += name.bytes().len()
            + known.as_ref().map_or(0, |value| value.len())
            + ENTRY_OVERHEAD_BYTES;
        self.young.insert(name, known);
        if self.young_bytes > self.limit_bytes / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::Owner;
    use heliograph_store::Table;

    fn name(key: &[u8]) -> RowName {
        RowName::of(Table::Account, Owner(1), key)
    }

    fn hit(value: &[u8]) -> Hit {
        Hit(Some(value.to_vec()))
    }

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let mut cache = Cache::new(20_000);
        cache.put(name(b"used"), Some(b"value"));
        cache.put(name(b"missing"), None);
        assert_eq!(cache.get(&name(b"missing")), Some(Hit(None)));
        for number in 0..1000_u32 {
            cache.put(name(&number.to_be_bytes()), Some(&[0; 20]));
            assert_eq!(cache.get(&name(b"used")), Some(hit(b"value")));
        }
        assert_eq!(cache.get(&name(b"missing")), None, "forgotten");
        assert!(cache.young.len() + cache.old.len() < 250);
    }

    #[test]
    fn a_change_reaches_what_is_known_in_either_generation_and_nothing_else() {
        let change = |value: Option<&[u8]>| Change {
            name: name(b"key"),
            value: value.map(Arc::from),
        };
        let mut cache = Cache::new(1_000);
        cache.refresh(&change(Some(b"unread")));
        assert_eq!(cache.get(&name(b"key")), None);
        cache.put(name(b"key"), Some(b"read"));
        cache.refresh(&change(Some(b"young")));
        cache.put(name(b"large"), Some(&[0; 600]));
        cache.refresh(&change(Some(b"old")));
        assert_eq!(cache.get(&name(b"key")), Some(hit(b"old")));
        cache.refresh(&change(None));
        assert_eq!(cache.get(&name(b"key")), Some(Hit(None)));
    }
}
