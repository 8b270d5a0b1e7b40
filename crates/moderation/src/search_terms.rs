//! Search terms that find nothing, everywhere or for people of some countries.
//!
//! A query is a term when both are written with the same words, as the public index folds them: in
//! any order, with or without spaces and marks, in Cyrillic or Latin letters. A query with further
//! words is another one: harm reduction can be found where a trade cannot.
//!
//! A term holds for searches over what is public. What somebody finds among their own chats is
//! nobody's business.

use crate::Subject;
use heliograph_discovery::analysis::{Word, to_latin, words};
use heliograph_model::{Measure, Measures, Owner, Reach, UnixMs};
use heliograph_store::{Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// The longest term, in characters.
pub const TERM_CHARS_MAX: usize = 64;

/// What was decided of the queries with one key.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct TermRow(#[n(0)] Measures);

row!(TermRow, Table::Term, key: String);

const ALL: Owner = Owner::INSTALLATION;

/// A search term as people send it in; `None` where nothing of it could be searched for, or where it
/// is too long.
pub fn parse(text: &str) -> Option<Subject> {
    let lower: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let term = lower.join(" ");
    let fits = term.chars().count() <= TERM_CHARS_MAX && !keys(&term)[0].is_empty();
    fits.then_some(Subject::Term(term))
}

/// The keys of a query: its words as they stand, and in alphabetical order.
fn keys(query: &str) -> [String; 2] {
    let mut found: Vec<String> = words(query)
        .into_iter()
        .map(|word| match word {
            Word::Whole(word) => to_latin(&word).unwrap_or(word),
            Word::Piece(pair) => pair,
        })
        .collect();
    let as_written = found.concat();
    found.sort_unstable();
    [as_written, found.concat()]
}

/// What was decided of a query, by all decisions that concern it.
pub async fn measures_of(rows: &mut dyn Rows, query: &str) -> Result<Measures, StoreError> {
    let mut all = Measures::default();
    for key in keys(query) {
        let row: TermRow = rows.find_or_default(ALL, &key).await?;
        for measure in row.0.reach {
            if !all.reach.contains(&measure) {
                all.reach.push(measure);
            }
        }
    }
    Ok(all)
}

/// The decision by which a query finds nothing for a viewer from `country`; `None` for nearly all.
pub async fn barred(
    rows: &mut dyn Rows,
    query: &str,
    country: Option<&str>,
    now: UnixMs,
) -> Result<Option<Measure<Reach>>, StoreError> {
    let decided = measures_of(rows, query).await?;
    let holds = |measure: &Measure<Reach>| {
        let alone = Measures {
            reach: vec![measure.clone()],
            ..Measures::default()
        };
        alone.reach(country, now).is_some()
    };
    Ok(decided.reach.into_iter().find(holds))
}

/// Changes what is decided of a term. Two terms may share a key, so each row is changed by itself.
pub(crate) async fn change(
    tx: &mut Tx<'_>,
    term: &str,
    change: impl Fn(&mut Measures),
) -> Result<(), StoreError> {
    let [as_written, sorted] = keys(term);
    let mut both = vec![as_written, sorted];
    both.dedup();
    for key in both {
        let mut row: TermRow = tx.rows().find_or_default(ALL, &key).await?;
        change(&mut row.0);
        if row.0.is_empty() {
            tx.delete::<TermRow>(ALL, &key)?;
        } else {
            tx.put(ALL, &key, &row)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_known_in_every_spelling_that_the_index_knows() {
        let same = |one: &str, other: &str| {
            let other = keys(other);
            keys(one).iter().any(|key| other.contains(key))
        };
        for spelling in [
            "Cheap Pills",
            "pills cheap",
            "#CheapPills",
            "cheap_pills",
            "chéap  pills!",
            "CHEAP-PILLS",
        ] {
            assert!(same("cheap pills", spelling), "{spelling}");
        }
        assert!(same("наркотики", "narkotiki") && same("北京", "#北京"));
        for other in ["cheap", "pills", "cheap pills help", "cheapest pills"] {
            assert!(!same("cheap pills", other), "{other}");
        }
    }

    #[test]
    fn what_cannot_be_searched_for_is_no_term() {
        assert_eq!(
            parse("  Cheap  PILLS "),
            Some(Subject::Term("cheap pills".into()))
        );
        for none in ["", " ", "#", "!?", &"x".repeat(65)] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
