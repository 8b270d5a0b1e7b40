//! The weights of a model, found by their place.
//!
//! One place in ten has a weight. A bit for each place and the weights in a row take half a megabyte,
//! which stays in the cache beside a core; a table of all places takes four.

use super::PerLabel;
use crate::features::PLACES;

/// The weights of every place; those that are not stored are zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    blocks: Vec<Block>,
    /// In the order of their places.
    stored: Vec<PerLabel<i16>>,
}

/// Sixty-four places.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Block {
    /// Which of them have weights that are stored.
    has: u64,
    /// How many are stored of the blocks before.
    before: u32,
}

impl Weights {
    /// Those of `places`, which rise.
    pub fn of(places: impl Iterator<Item = (usize, PerLabel<i16>)>) -> Self {
        let mut blocks = vec![Block::default(); PLACES / 64];
        let mut stored = Vec::new();
        let some = |weights: &PerLabel<i16>| weights.iter().any(|weight| *weight != 0);
        for (place, weights) in places.filter(|(_, weights)| some(weights)) {
            blocks[place / 64].has |= 1 << (place % 64);
            stored.push(weights);
        }
        let mut before = 0;
        for block in &mut blocks {
            block.before = before;
            before += block.has.count_ones();
        }
        Weights { blocks, stored }
    }

    /// The weights of a place; `None` where all are zero.
    pub fn find(&self, place: usize) -> Option<PerLabel<i16>> {
        let block = self.blocks[place / 64];
        let bit = 1 << (place % 64);
        if block.has & bit == 0 {
            return None;
        }
        let at = block.before + (block.has & (bit - 1)).count_ones();
        Some(self.stored[at as usize])
    }

    /// Every place that has weights, in rising order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, PerLabel<i16>)> {
        let places =
            (0..PLACES).filter(|place| self.blocks[place / 64].has >> (place % 64) & 1 == 1);
        places.zip(self.stored.iter().copied())
    }

    /// How many places have weights.
    pub fn len(&self) -> usize {
        self.stored.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_found_at_its_place_and_nothing_elsewhere() {
        let given = [
            (0, [1, 2]),
            (5, [0, 0]),
            (63, [0, -3]),
            (64, [4, 0]),
            (PLACES - 1, [5, 5]),
        ];
        let weights = Weights::of(given.into_iter());
        let kept: Vec<_> = given.into_iter().filter(|(place, _)| *place != 5).collect();
        assert_eq!(weights.iter().collect::<Vec<_>>(), kept);
        assert_eq!(weights.len(), 4);
        for (place, expected) in kept {
            assert_eq!(weights.find(place), Some(expected));
        }
        for place in [1, 5, 62, 65, PLACES - 2] {
            assert_eq!(weights.find(place), None, "{place}");
        }
    }
}
