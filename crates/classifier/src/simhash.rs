//! Finds texts that are the same campaign with a few words changed.
//!
//! A fingerprint has two parts: a SimHash of 64 bits (Charikar, 2002), by which an index finds
//! candidates, and a MinHash sketch, which tells candidates that share most words from texts that
//! merely have similar ones. Neither alone reaches both bars: 95 % of pairs with one word in ten
//! changed, and one benign text in a thousand.

use crate::hamming::{self, Hash, Index};
use crate::maths::{Sequence, hash};
use crate::normalise::{Kind, Token, Views};
use std::collections::BTreeMap;

/// How many bits of 64 two texts of one campaign may differ in.
pub const RADIUS: u32 = 15;

/// Which share of the sketch two texts of one campaign must have in common.
const SHARED: f64 = 0.5;

/// Parts of a sketch: a share of one half is then off by 0.06 at most in two of three cases.
const PARTS: usize = 64;

/// Texts of fewer different words have too many harmless doubles ("thanks a lot").
const WORDS: usize = 6;

/// What two texts of one campaign have nearly in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its SimHash.
    pub bits: u64,
    sketch: [u8; PARTS],
}

impl Fingerprint {
    /// The fingerprint of a text; `None` for one that is too short to have any.
    pub fn of(text: &str) -> Option<Self> {
        let views = Views::of(text);
        let mut shingles: BTreeMap<u64, i32> = BTreeMap::new();
        for token in &views.tokens {
            each_shingle(token, &mut |shingle, weight| {
                shingles.insert(hash(shingle.as_bytes()), weight);
            });
        }
        if shingles.len() < WORDS {
            return None;
        }
        let mut balance = [0; 64];
        let mut sketch = [u64::MAX; PARTS];
        for (shingle, weight) in shingles {
            for (bit, balance) in balance.iter_mut().enumerate() {
                *balance += if shingle >> bit & 1 == 1 {
                    weight
                } else {
                    -weight
                };
            }
            let mut sequence = Sequence(shingle);
            for least in &mut sketch {
                *least = (*least).min(sequence.next());
            }
        }
        let bits = balance
            .iter()
            .enumerate()
            .map(|(bit, sum)| u64::from(*sum > 0) << bit);
        Some(Fingerprint {
            bits: bits.sum(),
            sketch: sketch.map(|least| least as u8),
        })
    }

    /// The fingerprint as it is stored.
    pub fn to_bytes(&self) -> [u8; 8 + PARTS] {
        let mut bytes = [0; 8 + PARTS];
        bytes[..8].copy_from_slice(&self.bits.to_be_bytes());
        bytes[8..].copy_from_slice(&self.sketch);
        bytes
    }

    /// A fingerprint as it was stored; `None` where the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bits, sketch) = bytes.split_first_chunk()?;
        Some(Fingerprint {
            bits: u64::from_be_bytes(*bits),
            sketch: sketch.try_into().ok()?,
        })
    }

    /// Whether two texts are one campaign.
    pub fn is_near(&self, other: &Self) -> bool {
        (self.bits ^ other.bits).count_ones() <= RADIUS && self.shares_words(other)
    }

    fn shares_words(&self, other: &Self) -> bool {
        let pairs = self.sketch.iter().zip(&other.sketch);
        let shared = pairs.filter(|(a, b)| a == b).count();
        shared as f64 >= SHARED * PARTS as f64
    }

    fn words(&self) -> Hash<4> {
        [0, 16, 32, 48].map(|shift| (self.bits >> shift) as u16)
    }
}

/// Gives the shingles of a token with their weights. Numbers and emoji are what changes from one
/// message of a campaign to the next.
fn each_shingle(token: &Token, give: &mut impl FnMut(&str, i32)) {
    let word = &token.normal;
    match token.kind {
        Kind::Link => give(word, 3),
        Kind::Word if crate::normalise::is_unspaced(word) => {
            let chars: Vec<(usize, char)> = word.char_indices().collect();
            for pair in chars.windows(2) {
                let end = pair[1].0 + pair[1].1.len_utf8();
                give(&word[pair[0].0..end], 3);
            }
        }
        // Long words say more than short ones, which every text of a language shares.
        Kind::Word => give(word, word.chars().count().min(8) as i32),
        Kind::Number | Kind::Handle | Kind::Emoji | Kind::Sign => {}
    }
}

/// Texts that were seen, by campaign.
#[derive(Clone, Debug, Default)]
pub struct Campaigns {
    index: Index<4>,
    seen: Vec<Fingerprint>,
}

impl Campaigns {
    /// Adds a text and gives its id; they count up from zero.
    pub fn add(&mut self, fingerprint: Fingerprint) -> u32 {
        let id = self.index.add(fingerprint.words());
        self.seen.push(fingerprint);
        id
    }

    /// The ids of texts of the same campaign, the nearest first.
    pub fn near(&self, fingerprint: &Fingerprint) -> Vec<u32> {
        let candidates = self.index.within(&fingerprint.words(), RADIUS);
        let ids = candidates.into_iter().map(|(id, _)| id);
        ids.filter(|id| self.seen[*id as usize].shares_words(fingerprint))
            .collect()
    }
}

/// In how many bits two SimHashes differ.
pub fn distance(a: &Fingerprint, b: &Fingerprint) -> u32 {
    hamming::distance(&a.words(), &b.words())
}

#[cfg(test)]
mod tests {
    use super::{Campaigns, Fingerprint};
    use crate::labels::Example;
    use crate::maths::Sequence;

    fn texts(file: &str) -> Vec<String> {
        let lines = file.lines();
        let example = |line| serde_json::from_str::<Example>(line).expect("a line").text;
        lines.map(example).collect()
    }

    fn benign() -> Vec<String> {
        let news = include_str!("../../../data/training/tgcontest.jsonl");
        let tweets = include_str!("../../../data/training/germeval.jsonl");
        [texts(news), texts(tweets)].concat()
    }

    /// The text with one word in ten left out, doubled or replaced.
    fn edited(text: &str, dice: &mut Sequence) -> String {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        for _ in 0..words.len() / 10 {
            let at = (dice.next() % words.len() as u64) as usize;
            match dice.next() % 3 {
                0 => words[at] = format!("other{}", dice.next() % 1000),
                1 => words.insert(at, format!("new{}", dice.next() % 1000)),
                _ => drop(words.remove(at)),
            }
        }
        words.join(" ")
    }

    #[test]
    fn campaigns_with_one_word_in_ten_changed_are_found() {
        let mut dice = Sequence(1);
        let mut campaigns = Campaigns::default();
        let spam = texts(include_str!("../../../data/training/tg-spam.jsonl"));
        let originals: Vec<String> = spam.into_iter().chain(benign()).collect();
        let (mut pairs, mut found) = (0, 0);
        for text in &originals {
            let Some(print) = Fingerprint::of(text).filter(|_| text.split(' ').count() >= 10)
            else {
                continue;
            };
            let id = campaigns.add(print);
            let changed = Fingerprint::of(&edited(text, &mut dice));
            pairs += 1;
            let near = changed.is_some_and(|changed| campaigns.near(&changed).contains(&id));
            found += usize::from(near);
        }
        assert!(pairs > 1000);
        assert!(found * 100 >= pairs * 95, "{found} of {pairs} pairs");
    }

    #[test]
    fn benign_texts_are_not_merged() {
        let mut campaigns = Campaigns::default();
        let (mut all, mut merged) = (0, 0);
        for text in benign() {
            if let Some(print) = Fingerprint::of(&text) {
                all += 1;
                merged += usize::from(!campaigns.near(&print).is_empty());
                campaigns.add(print);
            }
        }
        assert!(all > 1000);
        assert!(merged * 1000 <= all, "{merged} of {all} texts");
    }

    #[test]
    fn disguise_does_not_change_a_fingerprint() {
        let print = |text| Fingerprint::of(text).expect("long enough");
        let plain = "нужны люди для удаленной работы хороший доход пишите сегодня";
        let hidden = "Нyжны людu для yдaлeнной рaбoты, хороший дoxод!!! 🔥 Пишитe сегодня";
        assert_eq!(print(plain), print(hidden));
        assert_eq!(Fingerprint::of("thanks a lot"), None);
        let stored = print(plain).to_bytes();
        assert_eq!(Fingerprint::from_bytes(&stored), Some(print(plain)));
        assert_eq!(Fingerprint::from_bytes(&stored[1..]), None);
    }
}
