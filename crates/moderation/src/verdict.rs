//! What a moderator, or a machine for a while, wants to be done.

use crate::terms::{Clause, Reach, Terms};
use heliograph_model::{Territory, UnixMs};
use heliograph_transparency::entry::{Act, Category};
use minicbor::{Decode, Decoder, Encode, Encoder};

/// The longest account of the facts, in characters, as the European database takes them.
pub const FACTS_CHARS_MAX: usize = 5_000;

/// How long a frozen account has until it is deleted, in seconds, if nobody contests it.
pub const FROZEN_S: i64 = 180 * 86_400;

/// What is to be done, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Verdict {
    /// What.
    #[n(0)]
    #[cbor(encode_with = "write_act", decode_with = "read_act")]
    pub act: Act,
    /// Where.
    #[n(1)]
    pub territory: Territory,
    /// Until when; `None` until it is undone.
    #[n(2)]
    pub until: Option<UnixMs>,
    /// The clause of the terms.
    #[n(3)]
    pub clause: String,
    /// What it is about.
    #[n(4)]
    #[cbor(encode_with = "write_category", decode_with = "read_category")]
    pub category: Category,
    /// The facts, as the owner reads them.
    #[n(5)]
    pub facts: String,
}

/// What is wrong with a verdict, in words for whoever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedVerdict {
    /// No such clause.
    #[error("this is no clause of the terms")]
    Clause,
    /// A rule of a country's annex, for people elsewhere.
    #[error("this rule is a country's law: decide for people there, and nobody else")]
    Annex,
    /// No facts.
    #[error("say what the facts are: the owner reads it, and may contest it")]
    NoFacts,
    /// Too many words.
    #[error("the facts are longer than 5,000 characters")]
    LongFacts,
    /// No country.
    #[error("name at least one country, by two capital letters each, or the whole world")]
    Countries,
    /// Only what is shown can differ by country.
    #[error("this holds everywhere; only search and what clients show can differ by country")]
    Territory,
    /// It ends before it begins.
    #[error("it would end before it begins")]
    Past,
}

impl Verdict {
    /// Checks a verdict at `now` by these terms.
    pub fn check(&self, terms: &Terms, now: UnixMs) -> Result<(), MalformedVerdict> {
        let clause = terms.clause(&self.clause);
        match clause.map(Clause::reach) {
            None | Some(Reach::Right) => return Err(MalformedVerdict::Clause),
            Some(Reach::Country(country)) if self.act.is_measure() => {
                let there = Territory::Countries(vec![country.to_string()]);
                if self.territory != there {
                    return Err(MalformedVerdict::Annex);
                }
            }
            Some(Reach::World | Reach::Country(_)) => {}
        }
        if self.facts.trim().is_empty() {
            return Err(MalformedVerdict::NoFacts);
        }
        if self.facts.chars().count() > FACTS_CHARS_MAX {
            return Err(MalformedVerdict::LongFacts);
        }
        if let Territory::Countries(countries) = &self.territory {
            let known = |code: &String| {
                let country = code.parse::<heliograph_transparency::regions::Country>();
                country.is_ok()
            };
            let ordered = countries.is_sorted_by(|one, next| one < next);
            if countries.is_empty() || !ordered || !countries.iter().all(known) {
                return Err(MalformedVerdict::Countries);
            }
            if !matches!(self.act, Act::Delist | Act::Restrict) {
                return Err(MalformedVerdict::Territory);
            }
        }
        if self.until.is_some_and(|until| until <= now) {
            return Err(MalformedVerdict::Past);
        }
        Ok(())
    }

    /// Whether it reaches no further than `limit`.
    pub fn is_within(&self, limit: &Territory) -> bool {
        match (&self.territory, limit) {
            (_, Territory::World) => true,
            (Territory::World, Territory::Countries(_)) => false,
            (Territory::Countries(own), Territory::Countries(allowed)) => {
                own.iter().all(|country| allowed.contains(country))
            }
        }
    }
}

/// Declares how a word of the log's vocabulary is stored: as the word.
macro_rules! stored_word {
    ($write:ident, $read:ident, $type:ty) => {
        fn $write<C, W: minicbor::encode::Write>(
            value: &$type,
            out: &mut Encoder<W>,
            _: &mut C,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            out.str(value.word())?;
            Ok(())
        }

        fn $read<C>(from: &mut Decoder<'_>, _: &mut C) -> Result<$type, minicbor::decode::Error> {
            let word = from.str()?;
            let unknown = || minicbor::decode::Error::message("a word of a later version");
            <$type>::from_word(word).ok_or_else(unknown)
        }
    };
}

stored_word!(write_act, read_act, Act);
stored_word!(write_category, read_category, Category);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);

    fn verdict(act: Act) -> Verdict {
        Verdict {
            act,
            territory: Territory::World,
            until: None,
            clause: "fraud.1".into(),
            category: Category::Fraud,
            facts: "The link leads to a copy of a bank's page.".into(),
        }
    }

    fn countries(codes: &[&str]) -> Territory {
        Territory::Countries(codes.iter().map(|code| (*code).to_owned()).collect())
    }

    #[test]
    fn a_countrys_law_reaches_that_country_alone_and_a_right_takes_nothing() {
        let under = |clause: &str, act, territory| {
            let verdict = Verdict {
                clause: clause.into(),
                territory,
                ..verdict(act)
            };
            verdict.check(terms::first(), NOW)
        };
        assert_eq!(
            under("annex.DE.1", Act::Restrict, countries(&["DE"])),
            Ok(())
        );
        for wider in [
            Territory::World,
            countries(&["DE", "FR"]),
            countries(&["FR"]),
        ] {
            let found = under("annex.DE.1", Act::Restrict, wider);
            assert_eq!(found, Err(MalformedVerdict::Annex));
        }
        assert_eq!(under("annex.DE.1", Act::Nothing, Territory::World), Ok(()));
        let right = under("annex.EU.1", Act::Delist, Territory::World);
        assert_eq!(right, Err(MalformedVerdict::Clause));
    }

    #[test]
    fn a_verdict_is_stored_by_its_words() {
        let stored = minicbor::to_vec(verdict(Act::WarnScam)).unwrap();
        assert!(stored.windows(9).any(|bytes| bytes == b"warn-scam"));
        let read: Verdict = minicbor::decode(&stored).unwrap();
        assert_eq!(read, verdict(Act::WarnScam));
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |change: fn(&mut Verdict)| {
            let mut verdict = verdict(Act::Delist);
            change(&mut verdict);
            verdict.check(terms::first(), NOW)
        };
        assert_eq!(check(|_| ()), Ok(()));
        let clause = |verdict: &mut Verdict| verdict.clause = "fraud.9".into();
        assert_eq!(check(clause), Err(MalformedVerdict::Clause));
        let facts = |verdict: &mut Verdict| verdict.facts = " \n".into();
        assert_eq!(check(facts), Err(MalformedVerdict::NoFacts));
        let past = |verdict: &mut Verdict| verdict.until = Some(NOW);
        assert_eq!(check(past), Err(MalformedVerdict::Past));
        for codes in [&[][..], &["de"], &["FR", "DE"], &["DE", "DE"], &["ZZ"]] {
            let territory = countries(codes);
            let verdict = Verdict {
                territory,
                ..verdict(Act::Delist)
            };
            assert_eq!(
                verdict.check(terms::first(), NOW),
                Err(MalformedVerdict::Countries),
                "{codes:?}"
            );
        }
        let frozen = Verdict {
            territory: countries(&["DE"]),
            ..verdict(Act::Freeze)
        };
        assert_eq!(
            frozen.check(terms::first(), NOW),
            Err(MalformedVerdict::Territory)
        );
    }

    #[test]
    fn an_order_of_one_country_reaches_no_other() {
        let in_germany = Verdict {
            territory: countries(&["DE"]),
            ..verdict(Act::Delist)
        };
        assert!(in_germany.is_within(&countries(&["DE", "FR"])));
        assert!(!in_germany.is_within(&countries(&["FR"])));
        assert!(!verdict(Act::Delist).is_within(&countries(&["DE"])));
        assert!(in_germany.is_within(&Territory::World));
    }
}
