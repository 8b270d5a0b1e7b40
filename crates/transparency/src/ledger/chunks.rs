//! A list whose copies share all that they have in common.

use std::sync::Arc;

/// How many items lie together. Copying a list copies one pointer for each so many items, and
/// changing one copies so many items: at a million, some microseconds either way.
const CHUNK: usize = 512;

/// A list that grows at its end. All chunks but the last are full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunks<T>(Vec<Arc<Vec<T>>>);

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Chunks<T> {
    pub(super) fn len(&self) -> usize {
        let Some((last, full)) = self.0.split_last() else {
            return 0;
        };
        full.len() * CHUNK + last.len()
    }

    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.0.get(position / CHUNK)?.get(position % CHUNK)
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.0.last()?.last()
    }

    /// The items from one position up to another.
    pub(super) fn range(&self, from: usize, to: usize) -> impl ExactSizeIterator<Item = &T> {
        let to = to.min(self.len());
        (from.min(to)..to).map(|position| &self.0[position / CHUNK][position % CHUNK])
    }

    /// How many items at the beginning satisfy something that none satisfies after one that does
    /// not.
    pub(super) fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let full = self
            .0
            .partition_point(|chunk| chunk.last().is_some_and(&holds));
        match self.0.get(full) {
            Some(chunk) => full * CHUNK + chunk.partition_point(holds),
            // The last chunk, which need not be full, is among those.
            None => self.len(),
        }
    }
}

impl<T: Clone> Chunks<T> {
    pub(super) fn push(&mut self, item: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(item),
            _ => self.0.push(Arc::new(vec![item])),
        }
    }

    /// Replaces an item.
    ///
    /// # Panics
    /// When there is none at this position.
    pub(super) fn replace(&mut self, position: usize, item: T) {
        Arc::make_mut(&mut self.0[position / CHUNK])[position % CHUNK] = item;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_chunks_is_like_one_in_a_piece() {
        let mut chunks = Chunks::default();
        let mut plain = Vec::new();
        assert_eq!((chunks.len(), chunks.last()), (0, None));
        for number in 0..3 * CHUNK + 5 {
            chunks.push(number * 2);
            plain.push(number * 2);
            assert_eq!((chunks.len(), chunks.last()), (plain.len(), plain.last()));
        }
        chunks.replace(CHUNK, 2 * CHUNK + 1);
        plain[CHUNK] = 2 * CHUNK + 1;
        for position in [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK, 3 * CHUNK + 4, 9 * CHUNK] {
            assert_eq!(chunks.get(position), plain.get(position));
            let below = |item: &usize| *item < position;
            assert_eq!(chunks.partition_point(below), plain.partition_point(below));
        }
        let some = chunks.range(CHUNK - 1, 2 * CHUNK + 1).copied();
        assert_eq!(some.collect::<Vec<_>>(), plain[CHUNK - 1..=2 * CHUNK]);
        assert_eq!(
            chunks.range(7, 3).len() + chunks.range(9 * CHUNK, 10 * CHUNK).len(),
            0
        );
    }

    #[test]
    fn a_copy_goes_its_own_way() {
        let mut chunks = Chunks::default();
        for number in 0..=CHUNK {
            chunks.push(number);
        }
        let copy = chunks.clone();
        chunks.replace(0, 7);
        chunks.push(9);
        assert_eq!((copy.get(0), copy.len()), (Some(&0), CHUNK + 1));
        assert_eq!((chunks.get(0), chunks.last()), (Some(&7), Some(&9)));
        assert!(Arc::ptr_eq(&copy.0[1], &copy.clone().0[1]));
    }
}
