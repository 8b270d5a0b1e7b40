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

/// A number for a token, equal for tokens with equal features.
pub(crate) fn identity(token: &Token) -> u64 {
    let mut hash = start(Space::Word) ^ token.kind as u64;
    for byte in token.normal.bytes().chain([0]) {
        hash = add(hash, u64::from(byte));
    }
    for byte in token.raw.iter().flat_map(|raw| raw.bytes()) {
        hash = add(hash, u64::from(byte));
    }
    hash
}

/// Gives every feature of one token, as its place and how much it counts.
pub(crate) fn of_token(token: &Token, give: &mut impl FnMut(u32, u16)) {
    match token.kind {
        Kind::Word | Kind::Link => {
            grams(&token.normal, Space::Normal, give);
            give(place(whole(&token.normal, Space::Word)), WORD);
            if let Some(raw) = &token.raw {
                grams(raw, Space::Raw, give);
                give(place(whole(raw, Space::RawWord)), WORD);
            }
        }
        Kind::Number | Kind::Emoji | Kind::Sign | Kind::Handle => {
            give(place(whole(&token.normal, Space::Other)), WORD);
        }
    }
}

/// Gives the feature of two neighbours.
pub(crate) fn of_pair(first: &Token, second: &Token, give: &mut impl FnMut(u32, u16)) {
    let hash = add(whole(&first.normal, Space::Pair), 0x20);
    let hash = second
        .normal
        .bytes()
        .fold(hash, |hash, byte| add(hash, u64::from(byte)));
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
    let mut chars = Vec::with_capacity(48);
    chars.push(EDGE);
    chars.extend(word.chars().map(|c| c as u64));
    chars.push(EDGE);
    for from in 0..chars.len() {
        let mut hash = start(space);
        for (length, c) in chars[from..].iter().take(LONGEST).enumerate() {
            hash = add(hash, *c);
            // The edge alone is in every word.
            if length > 0 || *c != EDGE {
                give(place(hash), 1);
            }
        }
    }
}
