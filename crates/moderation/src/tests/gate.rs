//! What a machine does by itself: once for each text, for 72 hours, and never against a person's word.

use super::*;
use crate::gate::{KeepBack, Sign};
use crate::opinion::face_hash;
use crate::precedents;
use heliograph_classifier::labels::Label;
use heliograph_domain::channels::EditTitle;
use heliograph_domain::stale;

impl Town {
    /// A machine has found something in a text of the channel's.
    async fn found(&self, text: &str) -> Option<u64> {
        self.found_in(self.subject(), text, None).await
    }

    /// A machine has found something in a text of this subject, which may be like one that people
    /// have decided about.
    async fn found_in(&self, subject: Subject, text: &str, like: Option<u64>) -> Option<u64> {
        let keep_back = KeepBack {
            subject,
            sign: Sign::Text,
            text: seed(text),
            act: Act::Hold,
            reason: reason("spam"),
            facts: "It looks like spam.".into(),
            weight: 97,
            like,
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

#[tokio::test]
async fn a_campaign_is_one_case_and_decided_once() {
    let mut town = Town::new().await;
    let mut channels = Vec::new();
    for name in ["first_pills", "second_pills", "third_pills"] {
        let channel = town.channel_of(town.owner, name).await;
        let subject = Subject::Channel(channel);
        town.found_in(subject.clone(), name, Some(7)).await.unwrap();
        channels.push(subject);
    }
    town.log_what_waits().await;
    assert_eq!(town.log.ledger.moderation().decided(), 3);
    let case = town.take(1).await.expect("a person is to look");
    assert_eq!(case.subject, channels[0]);
    assert_eq!(case.alike, channels[1..]);
    assert_eq!(town.take(2).await, None, "there is one case");
    town.decide(1, case.number, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.log.ledger.moderation().decided(), 6);
    for channel in &channels {
        let mut view = town.store.view().await.unwrap();
        let measures = decisions::measures_of(&mut *view, channel).await.unwrap();
        let reach = measures.reach(None, UnixMs(i64::MAX));
        assert_eq!(reach, Some(&Reach::Delisted(Territory::World)), "it lasts");
    }
    // Each can be taken back alone.
    let undo = Undo {
        moderator: 2,
        number: 5,
        facts: "This one is a pharmacy.".into(),
    };
    town.store.write(undo).await.unwrap();
    town.log_what_waits().await;
    let mut hidden = 0;
    for channel in &channels {
        let mut view = town.store.view().await.unwrap();
        let measures = decisions::measures_of(&mut *view, channel).await.unwrap();
        hidden += usize::from(!measures.reach.is_empty());
    }
    assert_eq!(hidden, 2);
}

#[tokio::test]
async fn a_campaign_that_is_cleared_is_cleared_as_a_whole() {
    let mut town = Town::new().await;
    for name in ["first_pills", "second_pills"] {
        let channel = town.channel_of(town.owner, name).await;
        let subject = Subject::Channel(channel);
        town.found_in(subject, name, Some(7)).await.unwrap();
    }
    town.log_what_waits().await;
    let case = town.take(1).await.expect("a person is to look");
    town.decide(1, case.number, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    for subject in [&case.subject, &case.alike[0]] {
        let mut view = town.store.view().await.unwrap();
        let measures = decisions::measures_of(&mut *view, subject).await.unwrap();
        assert!(measures.is_empty());
    }
}

#[tokio::test]
async fn a_decision_of_people_about_spam_is_a_precedent_until_it_is_taken_back() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    let precedents = async |town: &Town| {
        let mut view = town.store.view().await.unwrap();
        precedents::list(&mut *view, 0, 10).await.unwrap()
    };
    let [(_, set)] = &precedents(&town).await[..] else {
        panic!("one decision, one precedent");
    };
    assert_eq!(set.broke.as_deref(), Some("fraud.3"));
    let undo = Undo {
        moderator: 2,
        number: 1,
        facts: "The pills do exist.".into(),
    };
    town.store.write(undo).await.unwrap();
    town.log_what_waits().await;
    let [(_, set)] = &precedents(&town).await[..] else {
        panic!("the newer one has taken its place");
    };
    assert_eq!(set.broke, None);
    assert_eq!(set.by, [2]);
}

#[tokio::test]
async fn a_text_that_was_changed_since_teaches_nothing() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    let taught = async |town: &Town| {
        let mut view = town.store.view().await.unwrap();
        precedents::examples(&mut *view, 10).await.unwrap()
    };
    let [example] = &taught(&town).await[..] else {
        panic!("one decision, one example");
    };
    assert_eq!(example.labels, [Label::Spam, Label::Fraud]);
    let rename = EditTitle {
        channel: town.channel,
        by: town.owner,
        title: Title::parse("Weather of the week").unwrap(),
    };
    town.store.write(rename).await.unwrap();
    assert!(taught(&town).await.is_empty());
}

#[tokio::test]
async fn only_what_is_hidden_from_everybody_has_others_held() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let germany = Territory::Countries(vec!["DE".into()]);
    for (act, territory, hidden) in [
        (Act::WarnScam, Territory::World, false),
        (Act::Delist, germany, false),
        (Act::Delist, Territory::World, true),
    ] {
        let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
        let decide = Decide {
            moderator: 1,
            case,
            verdict: Verdict {
                territory,
                ..verdict(act)
            },
            salt: seed("salt"),
        };
        town.store.write(decide).await.unwrap();
        town.log_what_waits().await;
        let mut view = town.store.view().await.unwrap();
        let set = precedents::list(&mut *view, 0, 10).await.unwrap();
        let (_, newest) = set.last().expect("it was set");
        assert_eq!(newest.is_followed(), hidden, "{act:?}");
    }
}

#[tokio::test]
async fn a_machine_is_not_stricter_than_a_person_about_the_same_text() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("hate")).await;
    town.decide(1, case, Act::Demote).await.unwrap();
    town.log_what_waits().await;
    let face = {
        let mut view = town.store.view().await.unwrap();
        let face = stale::public_peer(&mut *view, town.channel.into()).await;
        face.unwrap().expect("it is public")
    };
    let keep_back = KeepBack {
        subject: town.subject(),
        sign: Sign::Text,
        text: face_hash(&face),
        act: Act::Hold,
        reason: reason("spam"),
        facts: "It looks like spam.".into(),
        weight: 97,
        like: None,
        salt: seed("salt"),
    };
    assert_eq!(town.store.write(keep_back).await.unwrap(), None);
}

#[tokio::test]
async fn a_machines_decision_is_no_precedent_and_teaches_nothing() {
    let mut town = Town::new().await;
    town.found("buy").await;
    town.log_what_waits().await;
    let mut view = town.store.view().await.unwrap();
    let none = precedents::list(&mut *view, 0, 10).await.unwrap();
    assert!(none.is_empty());
    let examples = precedents::examples(&mut *view, 10).await.unwrap();
    assert!(examples.is_empty());
}
