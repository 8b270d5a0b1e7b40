//! Search terms that find nothing, from a report to the way back.

use super::*;
use crate::search_terms::{barred, parse};

async fn is_barred(town: &Town, query: &str, country: &str) -> bool {
    let mut view = town.store.view().await.unwrap();
    let now = town.time.now();
    let found = barred(&mut *view, query, Some(country), now).await.unwrap();
    found.is_some()
}

async fn bar(town: &mut Town, term: &str, territory: Territory) {
    let open = OpenCase {
        subject: parse(term).unwrap(),
        origin: Origin::Own,
        reason: reason("drugs"),
        statement: String::new(),
        not_wider: None,
    };
    let case = town.store.write(open).await.unwrap();
    let decide = Decide {
        moderator: 1,
        case,
        verdict: Verdict {
            territory,
            ..verdict(Act::Delist)
        },
        salt: seed(term),
    };
    town.store.write(decide).await.unwrap();
    town.log_what_waits().await;
}

#[tokio::test]
async fn a_term_finds_nothing_where_it_was_decided_until_that_is_undone() {
    let mut town = Town::new().await;
    bar(&mut town, "Cheap Pills", Territory::World).await;
    // Another term with the same words in alphabetical order, in one country.
    let germany = Territory::Countries(vec!["DE".into()]);
    bar(&mut town, "pills cheap", germany).await;
    assert!(is_barred(&town, "#CheapPills", "FR").await);
    assert!(!is_barred(&town, "cheap pills help", "DE").await);

    let undo = Undo {
        moderator: 2,
        number: 1,
        facts: "It is the name of a film.".into(),
    };
    town.store.write(undo).await.unwrap();
    town.log_what_waits().await;
    assert!(!is_barred(&town, "cheap pills", "FR").await);
    assert!(
        is_barred(&town, "pills cheap", "DE").await,
        "the other one stands"
    );
}

#[tokio::test]
async fn a_term_can_be_delisted_and_nothing_else() {
    let town = Town::new().await;
    let open = OpenCase {
        subject: parse("pills").unwrap(),
        origin: Origin::Search,
        reason: reason("drugs"),
        statement: String::new(),
        not_wider: None,
    };
    let case = town.store.write(open).await.unwrap();
    for act in [Act::Restrict, Act::WarnScam, Act::Demote, Act::Freeze] {
        let refused = town.decide(1, case, act).await;
        assert!(matches!(refused, Err(DecideError::WrongKind)), "{act:?}");
    }
    town.decide(1, case, Act::Nothing).await.unwrap();
}
