//! The terms: one text for the whole world, in versions, whose clauses every decision cites.

use heliograph_transparency::entry::annex_of;
use heliograph_transparency::regions::Country;
use heliograph_transparency::tree::Hash;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// A version of the terms.
#[derive(Debug)]
pub struct Terms {
    /// Its version, from 1.
    pub version: u64,
    /// Its text, in Markdown.
    pub text: &'static str,
    /// How old who uses the service must be, in years; the text says the same.
    pub min_age: u8,
    clauses: Vec<Clause>,
}

/// A rule of the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The name by which decisions cite it.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// For everybody.
    World,
    /// A limit that a country's law asks for: it holds for people there and nowhere else.
    Country(Country),
    /// A right that a law gives: nothing can be decided under it.
    Right,
}

impl Clause {
    /// For whom it is: the rules of an annex begin with what they are, and cite their law.
    pub fn reach(&self) -> Reach {
        match annex_of(self.id) {
            None => Reach::World,
            Some(place) => match place.parse() {
                Ok(country) if self.text.starts_with("Limit") => Reach::Country(country),
                _ => Reach::Right,
            },
        }
    }
}

impl Terms {
    fn read(version: u64, min_age: u8, text: &'static str) -> Self {
        let sections = text.split("\n## ").skip(1);
        let clauses = sections.filter_map(|section| {
            let (heading, text) = section.split_once('\n')?;
            let (id, title) = heading.split_once(' ')?;
            let text = text.trim();
            Some(Clause { id, title, text })
        });
        Self {
            version,
            text,
            min_age,
            clauses: clauses.collect(),
        }
    }

    /// The rules, in order.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The rule with this name.
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    /// SHA-256 of the text, as the public log holds it.
    pub fn hash(&self) -> Hash {
        Hash(Sha256::digest(self.text).into())
    }
}

/// Every version that this program knows, oldest first, with its minimum age. A later one is added,
/// none is changed.
#[cfg(not(test))]
const VERSIONS: [(u8, &str); 1] = [(16, include_str!("../terms/1.md"))];

/// Tests have a second version: the first one with one more rule.
#[cfg(test)]
const VERSIONS: [(u8, &str); 2] = [
    (16, include_str!("../terms/1.md")),
    (
        16,
        concat!(
            include_str!("../terms/1.md"),
            "\n## test.1 A later rule\nNothing that was allowed before.\n"
        ),
    ),
];

/// A version that the process of a test knows beside those of the program.
static LATER: OnceLock<&str> = OnceLock::new();

/// Gives the process of a test one more version, as a later program would bring it.
///
/// # Panics
/// When it has one already, or the versions were asked for before.
#[cfg(feature = "testing")]
pub fn bring_later_version(text: &'static str) {
    LATER.set(text).expect("a test brings one later version");
    assert_eq!(newest().text, text, "brought before anybody asks");
}

/// All versions, oldest first.
pub fn all() -> &'static [Terms] {
    static ALL: OnceLock<Vec<Terms>> = OnceLock::new();
    ALL.get_or_init(|| {
        let later = LATER.get().map(|text| (16, *text));
        let numbered = (1..).zip(VERSIONS.into_iter().chain(later));
        let read = numbered.map(|(version, (min_age, text))| Terms::read(version, min_age, text));
        read.collect()
    })
}

/// The version with this number.
pub fn version(version: u64) -> Option<&'static Terms> {
    all().iter().find(|terms| terms.version == version)
}

/// The first version.
pub fn first() -> &'static Terms {
    all().first().expect("there is at least one version")
}

/// The newest version that this program knows. It may not be in force, nor published: ask
/// [`crate::publication`].
pub fn newest() -> &'static Terms {
    all().last().expect("there is at least one version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_of_an_annex_is_a_right_or_a_limit_and_cites_its_law() {
        for terms in all() {
            for clause in terms.clauses() {
                let annex = annex_of(clause.id).is_some();
                let kind = ["Right, for people in ", "Limit, for people in "];
                let kind = kind.iter().any(|kind| clause.text.starts_with(kind));
                assert_eq!(kind, annex, "{}", clause.id);
                assert_eq!(clause.text.contains(" Law: "), annex, "{}", clause.id);
            }
        }
        let reach = |id| first().clause(id).map(Clause::reach);
        let germany = "DE".parse().expect("a country");
        assert_eq!(reach("annex.DE.1"), Some(Reach::Country(germany)));
        assert_eq!(reach("annex.EU.1"), Some(Reach::Right));
        assert_eq!(reach("spam.1"), Some(Reach::World));
    }

    #[test]
    fn every_clause_has_a_name_a_title_and_a_text() {
        for terms in all() {
            let ids: BTreeSet<_> = terms.clauses().iter().map(|clause| clause.id).collect();
            assert_eq!(ids.len(), terms.clauses().len());
            assert_eq!(ids.len(), terms.text.matches("\n## ").count());
            let age = format!("at least {} years", terms.min_age);
            assert!(terms.text.contains(&age), "the text says how old");
            for clause in terms.clauses() {
                assert!(
                    !clause.title.is_empty() && !clause.text.is_empty(),
                    "{clause:?}"
                );
            }
        }
        assert_eq!(
            first().clause("spam.1").map(|clause| clause.title),
            Some("Spam")
        );
    }
}
