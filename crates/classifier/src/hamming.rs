//! Finds hashes that differ in few bits, without looking at all of them.
//!
//! A hash is cut into words of sixteen bits. Two hashes that differ in at most `r` bits differ in at
//! most `r / WORDS` bits of some word (multi-index hashing, Norouzi et al., 2012), so it is enough to
//! look up each word, and its neighbours, in a table of its own.

/// A hash of `WORDS` words.
pub type Hash<const WORDS: usize> = [u16; WORDS];

/// In how many bits two hashes differ.
pub fn distance<const WORDS: usize>(a: &Hash<WORDS>, b: &Hash<WORDS>) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// Hashes that can be looked up by distance. Their ids count up from zero.
#[derive(Clone, Debug)]
pub struct Index<const WORDS: usize> {
    hashes: Vec<Hash<WORDS>>,
    /// One for each word; they know the hashes before `sorted`, the others are looked at one by one.
    tables: Vec<Table>,
    sorted: usize,
}

/// The ids of hashes by one of their words.
#[derive(Clone, Debug, Default)]
struct Table {
    /// Where the ids of a word begin; those of the next word begin where they end.
    starts: Vec<u32>,
    ids: Vec<u32>,
}

/// How many hashes may wait to be sorted in, beside a share of all of them.
const WAITING: usize = 2048;

impl<const WORDS: usize> Default for Index<WORDS> {
    fn default() -> Self {
        Index {
            hashes: Vec::new(),
            tables: vec![Table::default(); WORDS],
            sorted: 0,
        }
    }
}

impl<const WORDS: usize> Index<WORDS> {
    /// An index of many hashes at once.
    pub fn of(hashes: Vec<Hash<WORDS>>) -> Self {
        let mut index = Index {
            hashes,
            ..Self::default()
        };
        index.sort();
        index
    }

    /// Adds a hash and gives its id. Takes constant time on average.
    pub fn add(&mut self, hash: Hash<WORDS>) -> u32 {
        self.hashes.push(hash);
        if self.hashes.len() - self.sorted > WAITING + self.sorted / 16 {
            self.sort();
        }
        (self.hashes.len() - 1) as u32
    }

    /// How many hashes there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Every id within `radius` bits with its distance, the nearest first.
    pub fn within(&self, hash: &Hash<WORDS>, radius: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        let mut look = |id: u32| {
            let distance = distance(&self.hashes[id as usize], hash);
            if distance <= radius {
                found.push((id, distance));
            }
        };
        for (table, word) in self.tables.iter().zip(hash) {
            neighbours(*word, 0, radius / WORDS as u32, &mut |word| {
                table.ids(word).iter().for_each(|id| look(*id));
            });
        }
        (self.sorted..self.hashes.len()).for_each(|id| look(id as u32));
        // A hash that is near in several words was found several times.
        found.sort_by_key(|(id, distance)| (*distance, *id));
        found.dedup();
        found
    }

    fn sort(&mut self) {
        for (at, table) in self.tables.iter_mut().enumerate() {
            let mut ends = vec![0_u32; (1 << 16) + 1];
            for hash in &self.hashes {
                ends[hash[at] as usize + 1] += 1;
            }
            for word in 1..ends.len() {
                ends[word] += ends[word - 1];
            }
            table.starts.clone_from(&ends);
            table.ids = vec![0; self.hashes.len()];
            for (id, hash) in self.hashes.iter().enumerate() {
                let place = &mut ends[hash[at] as usize];
                table.ids[*place as usize] = id as u32;
                *place += 1;
            }
        }
        self.sorted = self.hashes.len();
    }
}

impl Table {
    fn ids(&self, word: u16) -> &[u32] {
        let word = word as usize;
        let bounds = self.starts.get(word).zip(self.starts.get(word + 1));
        bounds.map_or(&[], |(start, end)| {
            &self.ids[*start as usize..*end as usize]
        })
    }
}

/// Gives `word` and every word that differs from it in at most `bits` bits from bit `from` on.
fn neighbours(word: u16, from: u32, bits: u32, give: &mut impl FnMut(u16)) {
    give(word);
    if bits > 0 {
        for bit in from..16 {
            neighbours(word ^ (1 << bit), bit + 1, bits - 1, give);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, Index, distance};
    use crate::maths::Sequence;

    fn random(sequence: &mut Sequence) -> Hash<4> {
        let bits = sequence.next();
        [0, 16, 32, 48].map(|shift| (bits >> shift) as u16)
    }

    #[test]
    fn the_index_finds_what_a_scan_finds() {
        let mut sequence = Sequence(1);
        let mut index = Index::<4>::default();
        let mut all = Vec::new();
        for _ in 0..6000 {
            let hash = random(&mut sequence);
            all.push(hash);
            index.add(hash);
        }
        for at in 0..200 {
            // A hash of the index with some bits turned over.
            let mut asked = all[at * 7];
            for _ in 0..at % 14 {
                let bit = sequence.next() % 64;
                asked[(bit / 16) as usize] ^= 1 << (bit % 16);
            }
            for radius in [0, 3, 7, 15] {
                let found = index.within(&asked, radius);
                let scan = (0..)
                    .zip(&all)
                    .map(|(id, hash)| (id, distance(hash, &asked)));
                let mut scan: Vec<(u32, u32)> = scan.filter(|(_, far)| *far <= radius).collect();
                scan.sort_by_key(|(id, far)| (*far, *id));
                assert_eq!(found, scan, "radius {radius}");
            }
        }
    }
}
