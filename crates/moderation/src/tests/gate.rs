//! What a machine does by itself: once for each text, for 72 hours, and never against a person's word.

use super::*;
use crate::gate::KeepBack;

impl Town {
    /// A machine has found something in a text of the channel's.
    async fn found(&self, text: &str) -> Option<u64> {
        let keep_back = KeepBack {
            subject: self.subject(),
            text: seed(text),
            act: Act::Hold,
            reason: reason("spam"),
            facts: "It looks like spam.".into(),
            weight: 97,
            salt: seed("salt"),
        };
        self.store.write(keep_back).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_machine_finds_is_held_in_the_log_and_in_the_queue() {
    let mut town = Town::new().await;
    town.found("buy").await.expect("it is new");
    assert_eq!(town.reach().await, None, "not before the log has it");
    town.log_what_waits().await;
    assert_eq!(town.reach().await, Some(Reach::Held));
    let logged = town.log.ledger.moderation().decision(1).unwrap();
    assert!(logged.by.is_empty());
    assert!(logged.decision.until.is_some());
    let case = town.take(1).await.expect("a person is to look");
    assert_eq!(case.origin, Origin::Machine);
    assert_eq!(case.reason, "spam");
}

#[tokio::test]
async fn a_decision_that_waits_for_the_log_is_named_again_after_a_crash() {
    let mut town = Town::new().await;
    let first = town.found("buy").await;
    assert_eq!(town.found("buy").await, first);
    town.log_what_waits().await;
    assert_eq!(town.found("buy").await, None);
}

#[tokio::test]
async fn after_72_hours_without_a_person_it_is_found_again_and_stays_so() {
    let mut town = Town::new().await;
    town.found("buy").await;
    town.log_what_waits().await;
    town.pass_s(decisions::MACHINE_S + 1);
    assert_eq!(town.reach().await, None);
    assert_eq!(
        town.found("buy").await,
        None,
        "the same text is not held twice"
    );
    assert!(town.found("buy more").await.is_some(), "another one is");
}

#[tokio::test]
async fn what_a_person_has_cleared_is_not_held_again_for_the_same_text() {
    let mut town = Town::new().await;
    town.found("buy").await;
    town.log_what_waits().await;
    let case = town.take(1).await.expect("a person is to look").number;
    town.decide(1, case, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, None);
    assert_eq!(town.found("buy").await, None);
}

#[tokio::test]
async fn what_is_hidden_already_is_not_hidden_twice() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.found("buy").await, None);
    assert_eq!(town.take(1).await, None, "and there is no case about it");
}

#[tokio::test]
async fn a_finding_joins_the_case_that_people_have_opened() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.found("buy").await.expect("it is not hidden yet");
    town.log_what_waits().await;
    assert_eq!(town.reach().await, Some(Reach::Held));
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    assert!(matches!(town.reach().await, Some(Reach::Delisted(_))));
    assert_eq!(town.take(1).await, None);
}

#[tokio::test]
async fn no_machine_decides_about_staff() {
    let town = Town::new().await;
    let mark = MarkStaff {
        user: town.owner,
        staff: true,
    };
    assert!(town.store.write(mark).await.unwrap());
    assert_eq!(town.found("buy").await, None);
    assert_eq!(town.take(1).await, None);
}
