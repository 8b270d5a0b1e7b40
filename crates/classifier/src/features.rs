//! What the model reads: n-grams of characters and words, each hashed to a place among the weights.
//!
//! A word gives its n-grams of one to five characters and itself; with the word before it, a pair.
//! Where the raw form differs from the normal one it gives the same from the raw form, in places of
//! its own: that somebody writes in capitals or hides a letter can count for itself.

use crate::normalise::{Kind, Token};

/// The number of places, a power of two.
pub const PLACES: usize = 1 << 20;

/// The longest n-gram of characters.
const LONGEST: usize = 5;

/// How much a whole word or a pair counts against an n-gram of characters, of which a word has many.
const WORD: u16 = 3;

/// Starting points of the hash, so that equal texts of different kinds have different places.
#[derive(Clone, Copy)]
enum Space {
    Normal = 0x51,
    Raw = 0x52,
    Word = 0x53,
    RawWord = 0x54,
    Pair = 0x55,
    Other = 0x56,
}

fn start(space: Space) -> u64 {
    (space as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn add(hash: u64, value: u64) -> u64 {
    let mixed = (hash ^ value).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 32)
}

fn place(hash: u64) -> u32 {
    (hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 44) as u32
}

/// The hashes of a token from which its features follow, made in one pass over its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashes {
    /// Equal for tokens with equal features.
    pub identity: u64,
    /// Of its normal form.
    whole: u64,
    /// Of its normal form as the first of two.
    first: u64,
}

impl Hashes {
    /// Hashes a token.
    pub fn of(token: &Token) -> Self {
        let space = if is_text(token.kind) {
            Space::Word
        } else {
            Space::Other
        };
        let mut identity = start(Space::Word) ^ token.kind as u64;
        let (mut whole, mut first) = (start(space), start(Space::Pair));
        // Three in one loop: each step waits for the one before it, but not for the other two.
        for byte in token.normal.bytes() {
            let byte = u64::from(byte);
            identity = add(identity, byte);
            whole = add(whole, byte);
            first = add(first, byte);
        }
        identity = add(identity, 0);
        for byte in token.raw.iter().flat_map(|raw| raw.bytes()) {
            identity = add(identity, u64::from(byte));
        }
        Hashes {
            identity,
            whole,
            first: add(first, 0x20),
        }
    }
}

/// Whether the characters of a token count.
fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Link)
}

/// Gives every feature of one token, as its place and how much it counts.
pub(crate) fn of_token(token: &Token, hashes: Hashes, give: &mut impl FnMut(u32, u16)) {
    if is_text(token.kind) {
        grams(&token.normal, Space::Normal, give);
    }
    give(place(hashes.whole), WORD);
    if let Some(raw) = token.raw.as_ref().filter(|_| is_text(token.kind)) {
        grams(raw, Space::Raw, give);
        give(place(whole(raw, Space::RawWord)), WORD);
    }
}

/// Gives the feature of two neighbours.
pub(crate) fn of_pair(first: Hashes, second: &Token, give: &mut impl FnMut(u32, u16)) {
    let bytes = second.normal.bytes();
    let hash = bytes.fold(first.first, |hash, byte| add(hash, u64::from(byte)));
    give(place(hash), WORD);
}

/// Where a word stands in the list of words that were seen in training.
pub(crate) fn word_bit(word: &str) -> usize {
    let bits = super::model::SEEN_BITS as u64;
    (whole(word, Space::Word) >> 11) as usize % bits as usize
}

fn whole(text: &str, space: Space) -> u64 {
    text.bytes()
        .fold(start(space), |hash, byte| add(hash, u64::from(byte)))
}

fn grams(word: &str, space: Space, give: &mut impl FnMut(u32, u16)) {
    const EDGE: u64 = '_' as u64;
    // Of the last characters, none to four: each becomes one longer with the next.
    let mut tails = [start(space); LONGEST];
    let letters = word.chars().map(u64::from);
    let chars = [EDGE].into_iter().chain(letters).chain([EDGE]);
    for (at, c) in chars.enumerate() {
        for length in (1..=LONGEST.min(at + 1)).rev() {
            let hash = add(tails[length - 1], c);
            if length < LONGEST {
                tails[length] = hash;
            }
            // The edge alone is in every word.
            if length > 1 || c != EDGE {
                give(place(hash), 1);
            }
        }
    }
}
