//! Which version of the terms decisions cite.

use super::*;
use crate::acceptance::{self, Accept};
use crate::publication::{self, NotePublished};
use crate::terms;

/// The version that the newest decision cites, once the log has it.
async fn cited(town: &mut Town) -> u64 {
    town.log_what_waits().await;
    let mut view = town.store.view().await.unwrap();
    let newest = decisions::newest(&mut *view, 1).await.unwrap().remove(0);
    assert!(newest.number().is_some(), "the log takes it: {newest:?}");
    newest.terms
}

async fn delist(town: &mut Town, reporter: UserId) -> u64 {
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    cited(town).await
}

#[tokio::test]
async fn decisions_cite_the_version_in_force_while_a_later_one_is_offered() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let version = 1;
    let accept = Accept {
        user: reporter,
        version,
    };
    town.store.write(accept).await.unwrap();
    let effective = START.plus(14);
    town.log.push(Terms {
        version: 2,
        bundle: terms::newest().hash(),
        effective,
    });
    for (version, day) in [(1, START), (2, effective)] {
        let effective = UnixMs(i64::try_from(day.start_unix()).unwrap() * 1000);
        let note = NotePublished { version, effective };
        town.store.write(note).await.unwrap();
    }
    let mut view = town.store.view().await.unwrap();
    let due = acceptance::due(&mut *view, reporter).await.unwrap();
    assert_eq!(due.map(|due| due.terms.version), Some(2));
    drop(view);
    assert_eq!(delist(&mut town, reporter).await, 1);

    town.pass_s(14 * 86_400 - 1);
    assert_eq!(delist(&mut town, reporter).await, 1);
    town.pass_s(1);
    assert_eq!(delist(&mut town, reporter).await, 2);
    let mut view = town.store.view().await.unwrap();
    let now = town.time.now();
    let in_force = publication::in_force(&mut *view, now).await.unwrap();
    assert_eq!(in_force.version, 2);
    drop(view);

    town.pass_s(3 * 86_400);
    let undo = Undo {
        moderator: 1,
        number: 1,
        facts: "The pills exist.".into(),
    };
    town.store.write(undo).await.unwrap();
    let by = cited(&mut town).await;
    assert_eq!(by, 1, "taken back by the rule that it was decided by");
}

#[tokio::test]
async fn a_rule_can_be_cited_from_the_day_on_which_it_holds() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    let effective = town.time.now().plus_seconds(60);
    let version = 2;
    let note = NotePublished { version, effective };
    town.store.write(note).await.unwrap();
    let decide = Decide {
        moderator: 1,
        case,
        verdict: Verdict {
            clause: "test.1".into(),
            ..verdict(Act::Delist)
        },
        salt: seed("salt"),
    };
    let early = town.store.write(decide.clone()).await;
    assert!(matches!(early, Err(DecideError::Malformed(_))), "{early:?}");
    town.pass_s(60);
    assert!(town.store.write(decide).await.is_ok());
}
