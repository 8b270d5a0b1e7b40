//! Rule 0: form, dates and signatures; rule 13: demonstrations.

use super::{START, refuse, refused, refused_entry, scene};
use crate::entry::{
    Authority, Change, CountryDecision, Day, Door, Entry, Hour, KeeperDay, Mode, Switch,
};
use crate::testing::{Scene, policy, seed};
use crate::tree::Hash;

fn decision() -> CountryDecision {
    CountryDecision {
        code: "AT".parse().unwrap(),
        state: Door::Open,
        reason: "its courts are bound by law".into(),
    }
}

#[test]
fn an_entry_out_of_turn_is_refused() {
    let mut scene = scene();
    let size = scene.ledger.size();
    let entry = scene.signed(decision()).to_bytes().unwrap();
    let violation = scene.ledger.apply(size + 1, &entry).unwrap_err();
    assert_eq!(
        violation.to_string(),
        format!("entry {} breaks rule 0: the next entry is {size}", size + 1)
    );
}

#[test]
fn the_first_entry_is_a_policy() {
    let scene = Scene::empty("demo.example/log", START);
    refused(
        &scene,
        scene.roster(1, Mode::Remote),
        0,
        "the first entry is not a policy",
    );
}

#[test]
fn dates_never_go_back() {
    let mut scene = scene();
    scene.today = Day(START.0 - 1);
    refused(
        &scene,
        decision(),
        0,
        "it is dated 2026-11-22, after an entry of 2026-11-23",
    );
}

#[test]
fn text_that_is_no_entry_is_refused_with_its_line() {
    let mut scene = scene();
    let violation = scene.try_push_bytes(b"heliograph/dd@v1\nkind gossip\n".to_vec());
    assert_eq!(
        violation.unwrap_err().why,
        "line 2 (kind): not one of its words"
    );
}

#[test]
fn too_few_officers_decide_nothing() {
    let scene = scene();
    let mut entry = scene.signed(decision());
    entry.by.pop();
    refused_entry(&scene, &entry, 0, "signed by 1 where 2 are needed");
}

#[test]
fn a_signature_of_another_entry_log_or_person_does_not_count() {
    let scene = scene();
    let mut copied = scene.signed(decision());
    copied.date = START.plus(1);
    refused_entry(&scene, &copied, 0, "the signature of holder 1 is wrong");

    let elsewhere = Scene::new("demo.example/other", START);
    let foreign = elsewhere.signed(decision());
    refused_entry(&scene, &foreign, 0, "the signature of holder 1 is wrong");

    let mut swapped = scene.signed(decision());
    swapped.by[1].index = 3;
    refused_entry(&scene, &swapped, 0, "the signature of holder 3 is wrong");

    let mut stranger = scene.signed(decision());
    stranger.by[1].index = 4;
    refused_entry(&scene, &stranger, 0, "there is no holder 4 to sign it");
}

#[test]
fn one_wrong_signature_spoils_enough_right_ones() {
    let scene = scene();
    let mut entry = scene.signed(decision());
    let mut third = entry.by[0];
    third.index = 3;
    entry.by.push(third);
    refused_entry(&scene, &entry, 0, "the signature of holder 3 is wrong");
}

#[test]
fn before_the_first_officers_only_the_ground_is_laid() {
    let mut scene = Scene::empty("demo.example/log", START);
    scene.push(policy(1, true));
    scene.push(Switch {
        name: "echo".into(),
        value: "off".into(),
        reason: "strict by default".into(),
    });
    refused(
        &scene,
        decision(),
        0,
        "there are no officers yet to decide it",
    );
    let mut signed = scene.signed(scene.roster(1, Mode::Remote));
    signed.by = crate::testing::signatures(&scene.officers, b"anything", 1);
    refused_entry(
        &scene,
        &signed,
        0,
        "signed by officers that do not exist yet",
    );
}

#[test]
fn policies_are_numbered() {
    refused(&scene(), policy(3, true), 0, "the next policy is 2");
}

#[test]
fn a_demonstration_stays_one_and_nothing_else_becomes_one() {
    let why = "only the log of a demonstration has an origin that begins with `demo.`";
    refused(&scene(), policy(2, false), 13, why);
    let real = Scene::empty("example/log", START);
    refused(&real, policy(1, true), 13, why);
    assert!(scene().ledger.is_demo());
    assert!(!Scene::new("example/log", START).ledger.is_demo());
}

fn authority(action: Change, days: u32) -> Authority {
    Authority {
        id: 1,
        action,
        commitment: Hash(seed("authority")),
        effective: Hour::first_of(START.plus(days)),
    }
}

#[test]
fn an_authority_counts_72_hours_after_the_end_of_its_day() {
    let mut scene = scene();
    refused(
        &scene,
        authority(Change::Add, 3),
        0,
        "it would count before 2026-11-27T00Z",
    );
    scene.push(authority(Change::Add, 4));
    let counts = |scene: &Scene, days| {
        let now_s = START.plus(days).start_unix();
        scene.ledger.registry().authority(1, now_s).is_some()
    };
    assert!(!counts(&scene, 3));
    assert!(counts(&scene, 4));
    let why = "authority 1 cannot be entered twice, nor changed or removed before it is entered";
    refused(&scene, authority(Change::Add, 4), 0, why);
    // A removal protects, and counts at once.
    scene.push(authority(Change::Remove, 0));
    assert!(!counts(&scene, 4));
    refused(&scene, authority(Change::Change, 9), 0, why);
}

#[test]
fn two_officers_are_enough_for_an_authority() {
    let scene = scene();
    let mut entry = scene.signed(authority(Change::Add, 4));
    entry.by.truncate(1);
    refused_entry(&scene, &entry, 0, "signed by 1 where 2 are needed");
}

#[test]
fn the_keeper_counts_each_day_once_and_none_ahead() {
    let mut scene = scene();
    let keeper = |day| KeeperDay {
        day,
        sign_in: 5,
        contacts: 2,
        desk: 0,
    };
    scene.push(keeper(START));
    refused(
        &scene,
        keeper(START),
        0,
        "the count of 2026-11-23 or a later day stands already",
    );
    refused(
        &scene,
        keeper(START.plus(1)),
        0,
        "2026-11-24 has not come yet",
    );
}

#[test]
fn the_officer_who_signs_must_be_one_of_the_set_in_force() {
    let scene = scene();
    let custodians = crate::testing::signatures(
        &scene.custodians,
        &Entry::new(START, decision()).message(scene.ledger.origin()),
        2,
    );
    let mut entry = scene.signed(decision());
    entry.by = custodians;
    assert_eq!(
        refuse(&scene, &entry).why,
        "the signature of holder 1 is wrong"
    );
}
