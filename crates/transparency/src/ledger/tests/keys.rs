//! Rules 1, 2 and 10: officers, custodians and the keys they hold.

use ed25519_dalek::SigningKey;

use super::{START, refuse, refused, refused_entry, scene};
use crate::entry::{Day, Erase, KeyRole, Keys, Mode};
use crate::testing::{Scene, seed};

fn officers(scene: &Scene) -> Keys {
    scene.keys(KeyRole::Officers, 0, 1)
}

#[test]
fn a_key_is_refused_with_the_holder_at_fault() {
    let scene = scene();
    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.holders[1].possession = keys.holders[0].possession;
    let why = "holder 2 does not prove possession of the share";
    refused(&scene, keys, 1, why);

    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.public_key = keys.holders[0].share_point;
    let why = "the public key is not the one whose shares are held";
    refused(&scene, keys, 1, why);
}

#[test]
fn a_proof_of_another_ceremony_does_not_serve_again() {
    let scene = scene();
    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.session = seed("another session");
    refused(
        &scene,
        keys,
        1,
        "holder 1 does not prove possession of the share",
    );
}

#[test]
fn points_and_scalars_have_one_encoding() {
    let scene = scene();
    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.holders[0].share_point = [0; 32];
    assert_eq!(refuse(&scene, &scene.signed(keys)).rule, 1);
    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.holders[0].possession = [0xff; 64];
    assert_eq!(refuse(&scene, &scene.signed(keys)).rule, 1);
}

#[test]
fn every_holder_signs_a_key() {
    let scene = scene();
    let mut entry = scene.signed(scene.keys(KeyRole::IpCustodians, START.0, 0));
    entry.by.pop();
    refused_entry(&scene, &entry, 1, "signed by 2 where 3 are needed");
}

#[test]
fn a_refresh_of_the_officers_is_signed_by_the_set_before() {
    let mut scene = scene();
    let mut entry = scene.signed(officers(&scene));
    entry.prior.pop();
    refused_entry(&scene, &entry, 1, "signed by 1 where 2 are needed");
    scene.push(officers(&scene));
    assert_eq!(scene.ledger.officer_sets().len(), 2);
    assert_eq!(scene.ledger.officers().unwrap().keys.ceremony.generation, 1);
}

#[test]
fn the_first_officers_have_nobody_before_them() {
    let mut scene = Scene::empty("demo.example/log", START);
    scene.push(crate::testing::policy(1, true));
    let mut entry = scene.signed(scene.keys(KeyRole::Officers, 0, 0));
    entry.prior = entry.by.clone();
    refused_entry(&scene, &entry, 1, "there is no earlier set to sign it");
}

#[test]
fn an_old_set_of_officers_does_not_come_back() {
    let mut scene = scene();
    refused(
        &scene,
        scene.keys(KeyRole::Officers, 0, 0),
        1,
        "the public key was used before",
    );
    scene.push(officers(&scene));
    let why = "the refresh has generation 1, not 2";
    refused(&scene, officers(&scene), 1, why);
}

#[test]
fn an_officer_who_left_does_not_come_back_under_the_same_number() {
    let mut scene = scene();
    let everyone = scene.officers.clone();
    scene.officers.remove(&3);
    let smaller = scene.keys(KeyRole::Officers, 0, 1);
    scene.push(smaller);
    scene.officers = everyone;
    let why = "holder 3 is new but has the number of a former holder";
    refused(&scene, scene.keys(KeyRole::Officers, 0, 2), 1, why);
}

#[test]
fn an_officer_stays_the_same_person_in_a_refresh() {
    let scene = scene();
    let mut stranger = scene.clone();
    stranger
        .officers
        .insert(3, SigningKey::from_bytes(&seed("stranger")));
    let entry = stranger.signed(stranger.keys(KeyRole::Officers, 0, 1));
    refused_entry(&scene, &entry, 1, "holder 3 is not the same person");
}

#[test]
fn custodians_make_keys_only_as_the_roster_says() {
    let mut empty = Scene::empty("demo.example/log", START);
    empty.push(crate::testing::policy(1, true));
    let keys = empty.keys(KeyRole::IpCustodians, START.0, 0);
    refused(&empty, keys, 2, "there is no roster of custodians");

    let scene = scene();
    let mut keys = scene.keys(KeyRole::IpCustodians, START.0, 0);
    keys.mode = Some(Mode::Local);
    refused(
        &scene,
        keys,
        2,
        "mode or threshold is not that of the roster",
    );

    let mut fewer = scene.clone();
    fewer.custodians.remove(&3);
    let entry = fewer.signed(fewer.keys(KeyRole::IpCustodians, START.0, 0));
    refused_entry(
        &scene,
        &entry,
        2,
        "the holders are not the custodians of the roster",
    );

    let mut others = scene.clone();
    others
        .custodians
        .insert(3, SigningKey::from_bytes(&seed("stranger")));
    let entry = others.signed(others.keys(KeyRole::IpCustodians, START.0, 0));
    refused_entry(
        &scene,
        &entry,
        2,
        "the holders are not the custodians of the roster",
    );
}

#[test]
fn rosters_are_numbered() {
    let scene = scene();
    let roster = scene.roster(3, Mode::Remote);
    refused(&scene, roster, 2, "the next set of custodians is 2");
}

#[test]
fn a_day_has_one_key_made_before_it_ends() {
    let mut scene = scene();
    let yesterday = scene.keys(KeyRole::IpCustodians, START.0 - 1, 0);
    refused(
        &scene,
        yesterday,
        2,
        "the key of 2026-11-22 comes after that day",
    );
    scene.push_day_key(START.plus(1));
    let again = scene.keys(KeyRole::IpCustodians, START.0 + 1, 0);
    refused(&scene, again, 1, "the public key was used before");
    // The same custodians with a key of its own do not get a second one either.
    let mut second = scene.keys(KeyRole::IpCustodians, START.0 + 1, 1);
    second.generation = 1;
    refused(&scene, second, 2, "the key of a day is not refreshed");
}

#[test]
fn a_key_that_was_erased_cannot_serve_another_day() {
    // One local custodian whose scalar for two days is the same: erasing one would erase nothing.
    let scene = scene();
    let first = scene.keys(KeyRole::IpCustodians, START.0, 0);
    let mut again = scene.clone();
    again.push(first.clone());
    let mut other_day = again.keys(KeyRole::IpCustodians, START.0 + 1, 0);
    other_day.public_key = first.public_key;
    assert_eq!(refuse(&again, &again.signed(other_day)).rule, 1);
}

#[test]
fn every_custodian_of_the_day_signs_its_erasure() {
    let mut scene = scene();
    scene.push_day_key(START);
    let erase = Erase {
        day: START,
        records: 4,
    };
    refused(&scene, erase.clone(), 10, "2026-11-23 is not over");
    scene.today = START.plus(1);
    let mut entry = scene.signed(erase.clone());
    entry.by.pop();
    refused_entry(&scene, &entry, 10, "signed by 2 where 3 are needed");
    scene.push_erase(START);
    assert!(scene.ledger.custody().erased(START).is_some());
    refused(&scene, erase, 10, "the key of 2026-11-23 is erased already");
    let never = Erase {
        day: Day(3),
        records: 0,
    };
    refused(&scene, never, 10, "1970-01-04 has no key");
}

#[test]
fn phone_keys_are_refreshed_in_order() {
    let mut scene = scene();
    let why = "the refresh has generation 2, not 1";
    refused(&scene, scene.keys(KeyRole::PhoneCustodians, 0, 2), 1, why);
    scene.push(scene.keys(KeyRole::PhoneCustodians, 0, 1));
    let custody = scene.ledger.custody();
    assert_eq!(custody.phone_keys().len(), 2);
    let public_key = custody.phone_keys()[0].keys.public_key.to_bytes();
    assert_eq!(custody.phone_key_of(&public_key), custody.phone_key());
    assert!(scene.ledger.custody().is_remote());
}
