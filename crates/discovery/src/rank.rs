//! What counts for how much, in points.
//!
//! A name's place in an answer is the sum of four numbers, each of which anybody can work out from
//! what is public: how well it matches, how many follow it, whether the operator has marked it as
//! genuine, and whether its title is written in a script of the viewer's country. Ties go to the
//! older peer. Posts have no points: the newest stands first. What moderation has demoted stands
//! behind everything else.

use crate::analysis::fold;
use heliograph_model::PublicPeer;
use unicode_script::{Script, UnicodeScript as _};

/// A word of the query is a word of the title or username.
pub const WORD: u32 = 100;
/// A word of the title or username begins with it.
pub const BEGINNING: u32 = 70;
/// A word sounds the same: Cyrillic in Latin letters, or the other way round.
pub const SOUND: u32 = 60;
/// A word begins with the same sounds.
pub const SOUND_BEGINNING: u32 = 45;
/// A word is a typo away; looked for only where little else is found.
pub const TYPO: u32 = 40;
/// It is a word of the description.
pub const DESCRIPTION: u32 = 20;
/// The whole query is the whole title or username; once, on top.
pub const WHOLE: u32 = 100;
/// Marked as genuine.
pub const VERIFIED: u32 = 30;
/// The title is in a script of the viewer's country.
pub const COUNTRY: u32 = 10;

/// Why something stands where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// For the match: the mean over the query's words, and [`WHOLE`].
    pub matching: u32,
    /// For its members: the [size class](heliograph_model::SizeClass).
    pub size: u32,
    /// [`VERIFIED`] or nothing.
    pub verified: u32,
    /// [`COUNTRY`] or nothing.
    pub country: u32,
}

impl Points {
    /// All together.
    pub fn total(self) -> u32 {
        self.matching + self.size + self.verified + self.country
    }
}

/// A script as ranking tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Writing {
    /// Latin letters, and everything that is not told apart.
    Latin = 0,
    /// Cyrillic letters.
    Cyrillic,
    /// Arabic letters.
    Arabic,
    /// Chinese characters and kana.
    Han,
    /// Korean letters.
    Hangul,
    /// Letters of India and its neighbours.
    Indic,
    /// Thai, Lao, Khmer, Burmese letters.
    Thai,
    /// Hebrew letters.
    Hebrew,
    /// Greek letters.
    Greek,
    /// Georgian and Armenian letters.
    Caucasian,
    /// Ethiopian letters.
    Ethiopic,
}

/// The script in which most letters of a peer's title (or username) are.
pub fn writing_of(peer: &PublicPeer) -> Writing {
    let name = if peer.title().is_empty() {
        peer.username()
    } else {
        peer.title()
    };
    let mut counts = [0_u32; 11];
    for c in fold(name).chars().filter(|c| c.is_alphabetic()) {
        counts[script(c) as usize] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let found = ALL.iter().find(|one| counts[**one as usize] == most);
    found.copied().unwrap_or(Writing::Latin)
}

const ALL: [Writing; 11] = [
    Writing::Latin,
    Writing::Cyrillic,
    Writing::Arabic,
    Writing::Han,
    Writing::Hangul,
    Writing::Indic,
    Writing::Thai,
    Writing::Hebrew,
    Writing::Greek,
    Writing::Caucasian,
    Writing::Ethiopic,
];

fn script(c: char) -> Writing {
    match c.script() {
        Script::Cyrillic => Writing::Cyrillic,
        Script::Arabic => Writing::Arabic,
        Script::Han | Script::Hiragana | Script::Katakana | Script::Bopomofo => Writing::Han,
        Script::Hangul => Writing::Hangul,
        Script::Devanagari
        | Script::Bengali
        | Script::Gurmukhi
        | Script::Gujarati
        | Script::Oriya
        | Script::Tamil
        | Script::Telugu
        | Script::Kannada
        | Script::Malayalam
        | Script::Sinhala => Writing::Indic,
        Script::Thai | Script::Lao | Script::Khmer | Script::Myanmar => Writing::Thai,
        Script::Hebrew => Writing::Hebrew,
        Script::Greek => Writing::Greek,
        Script::Georgian | Script::Armenian => Writing::Caucasian,
        Script::Ethiopic => Writing::Ethiopic,
        _ => Writing::Latin,
    }
}

/// Whether people of a country (ISO 3166, two letters) write so. Countries that are not named write
/// in Latin letters, and some that are do too.
pub fn is_written_in(country: &str, writing: Writing) -> bool {
    let (own, latin_too): (&[Writing], bool) = match country {
        "RU" | "BY" | "UA" | "BG" | "MK" | "KG" | "TJ" | "MN" => (&[Writing::Cyrillic], false),
        "KZ" | "UZ" | "RS" | "BA" | "ME" | "MD" => (&[Writing::Cyrillic], true),
        "SA" | "AE" | "EG" | "IQ" | "IR" | "JO" | "KW" | "LB" | "LY" | "OM" | "PS" | "QA"
        | "SD" | "SY" | "YE" | "BH" | "AF" | "PK" => (&[Writing::Arabic], false),
        "DZ" | "MA" | "TN" | "MR" => (&[Writing::Arabic], true),
        "CN" | "TW" | "HK" | "MO" | "JP" => (&[Writing::Han], false),
        "KR" | "KP" => (&[Writing::Hangul], false),
        "SG" | "MY" => (&[Writing::Han], true),
        "IN" | "LK" => (&[Writing::Indic], true),
        "BD" | "NP" => (&[Writing::Indic], false),
        "TH" | "LA" | "KH" | "MM" => (&[Writing::Thai], false),
        "IL" => (&[Writing::Hebrew, Writing::Arabic], false),
        "GR" | "CY" => (&[Writing::Greek], false),
        "GE" | "AM" => (&[Writing::Caucasian], false),
        "ET" | "ER" => (&[Writing::Ethiopic], false),
        _ => (&[], true),
    };
    own.contains(&writing) || (latin_too && writing == Writing::Latin)
}

/// What ranking knows of a peer, as one number in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub size: u8,
    pub verified: bool,
    pub writing: u8,
}

impl Facts {
    pub fn of(peer: &PublicPeer) -> Self {
        Facts {
            size: peer.size().0,
            verified: peer.verified(),
            writing: writing_of(peer) as u8,
        }
    }

    pub fn pack(self) -> u64 {
        u64::from(self.size) | u64::from(self.verified) << 8 | u64::from(self.writing) << 16
    }

    pub fn unpack(bits: u64) -> Self {
        Facts {
            size: bits as u8,
            verified: bits >> 8 & 1 == 1,
            writing: (bits >> 16) as u8,
        }
    }

    /// The points for all but the match.
    pub fn points(self, country: Option<&str>) -> Points {
        let writing = ALL.iter().find(|one| **one as u8 == self.writing);
        let familiar = country
            .zip(writing)
            .is_some_and(|(country, writing)| is_written_in(country, *writing));
        Points {
            matching: 0,
            size: u32::from(self.size),
            verified: if self.verified { VERIFIED } else { 0 },
            country: if familiar { COUNTRY } else { 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_from_their_number() {
        for size in [0, 1, 200] {
            for verified in [false, true] {
                for writing in 0..11 {
                    let facts = Facts {
                        size,
                        verified,
                        writing,
                    };
                    assert_eq!(Facts::unpack(facts.pack()), facts);
                }
            }
        }
    }

    #[test]
    fn the_list_of_scripts_is_in_the_order_of_their_numbers() {
        for (index, writing) in ALL.into_iter().enumerate() {
            assert_eq!(writing as usize, index);
        }
    }

    #[test]
    fn a_country_writes_in_its_scripts() {
        assert!(is_written_in("RU", Writing::Cyrillic));
        assert!(!is_written_in("RU", Writing::Latin));
        assert!(is_written_in("RS", Writing::Latin));
        assert!(is_written_in("DE", Writing::Latin));
        assert!(!is_written_in("DE", Writing::Cyrillic));
    }
}
