//! The attack that broke the first design: a custodian whose key cancels the officers' key.

use super::*;
use crate::entry::{KeyRole, Keys};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use heliograph_vault::keyset::Ceremony;
use heliograph_vault::share::SecretShare;

fn point(bytes: [u8; 32]) -> RistrettoPoint {
    CompressedRistretto(bytes).decompress().unwrap()
}

/// Officers with a key, one custodian, and the key that this custodian should make.
fn scene() -> (Scene, Keys, Keys) {
    let mut scene = Scene::empty(ORIGIN, START);
    scene.push(crate::testing::policy(1, true));
    let officers = scene.keys(KeyRole::Officers, 0, 0);
    scene.push(officers.clone());
    scene.push(scene.roster(1, Mode::Local));
    let honest = scene.keys(KeyRole::PhoneCustodians, 0, 0);
    (scene, officers, honest)
}

#[test]
fn a_key_that_cancels_the_officers_is_named_and_nothing_is_sealed_to_it() {
    let (mut scene, officers, honest) = scene();
    // It knows q with PK_gate = q·G - PK_officers, and not the logarithm of PK_gate.
    let q = SecretShare::single(&[7; 64]).unwrap();
    let rogue = point(q.point().to_bytes()) - point(officers.public_key);
    let ceremony = Ceremony {
        role: KeyRole::PhoneCustodians.in_vault(),
        session: honest.session,
        epoch: honest.epoch,
        generation: honest.generation,
        transcript: honest.transcript,
    };
    let of_q = q.prove_possession(&ceremony, &[1; 32]).to_bytes();
    // What an officer sent in the first round of another ceremony.
    let replayed = officers.holders[0].possession;
    for possession in [of_q, replayed, honest.holders[0].possession, [0; 64]] {
        let mut keys = honest.clone();
        keys.public_key = rogue.compress().0;
        keys.holders[0].share_point = keys.public_key;
        keys.holders[0].possession = possession;
        let entry = scene.signed(keys);
        // The server follows its own log by the same rules, so that it has no key to seal to.
        let violation = scene.try_push(&entry).unwrap_err();
        assert_eq!(violation.rule, 1);
        assert!(scene.ledger.custody().phone_key().is_none());

        let mut entries = scene.entries.clone();
        entries.push(entry.to_bytes().unwrap());
        let log = Published::of(ORIGIN, &entries, NOW_S);
        let why = "Entry 3 breaks rule 1: holder 1 does not prove possession of the share.";
        assert_eq!(verify(&log.files).failure(), Some(why));
    }
    scene.push(honest);
    assert!(scene.ledger.custody().phone_key().is_some());
}
