//! What makes a record genuine.

use super::*;
use crate::keys::{GateMode, KeysError, OpeningKeys, PkId, SealingKeys};
use crate::keyset::{Ceremony, Role};
use crate::scene::{self, DAY, Scene, USER_ID};
use crate::secrets::{
    DaySecret, RecordSecretError, UserCommitment, UserSecret, ip_secret, phone_secret,
};
use hex_literal::hex;
use proptest::prelude::*;

const POINT: usize = Label::BYTES;
const SECOND_POINT: usize = POINT + 32;
const PROOF: usize = SECOND_POINT + 32;

#[test]
fn sizes_are_those_of_the_format() {
    assert_eq!(Scene::phone().record(1).to_bytes().len(), 231);
    assert_eq!(Scene::ip().record(1).to_bytes().len(), 263);
}

#[test]
fn every_altered_byte_is_noticed() {
    for scene in [Scene::phone(), Scene::ip()] {
        let bytes = scene.record(1).to_bytes();
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut altered = bytes.clone();
                altered[at] ^= bit;
                let verified = SealedRecord::parse(&altered).map(|record| record.verify());
                assert!(!matches!(verified, Ok(Ok(_))), "byte {at}");
            }
        }
        for len in 0..bytes.len() {
            assert_eq!(SealedRecord::parse(&bytes[..len]), Err(ParseError::Length));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(SealedRecord::parse(&longer), Err(ParseError::Length));
    }
}

#[test]
fn relabelled_record_is_refused() {
    let record = Scene::ip().record(1);
    let changes: [fn(&mut Label); 4] = [
        |label| label.user = UserCommitment([1; 32]),
        |label| label.epoch += 1,
        |label| label.pkid = PkId([1; 32]),
        |label| label.gate_mode = GateMode::Local,
    ];
    for change in changes {
        let mut relabelled = SealedRecord::clone(&record);
        change(&mut relabelled.label);
        assert_eq!(relabelled.verify(), Err(RecordForged));
    }
}

#[test]
fn point_of_one_record_does_not_serve_in_another() {
    // Someone who may write to the database wants A's number opened under an order for B.
    let scene = Scene::phone();
    let (a, b) = (scene.record(1), scene.record(2));
    let spliced = SealedRecord {
        label: b.label,
        ..SealedRecord::clone(&a)
    };
    assert_eq!(
        spliced.label, a.label,
        "one person: the splice is the record itself"
    );

    let other = UserSecret::new([9; 32]);
    let b = seal_phone(&scene.sealing, &other, 1, &scene::phone(), &[1; 32]).expect("phone keys");
    for take in 1_u8..16 {
        let mut spliced = b.clone();
        if take & 1 != 0 {
            spliced.point = a.point;
        }
        if take & 2 != 0 {
            spliced.second_point = a.second_point;
        }
        if take & 4 != 0 {
            spliced.proof = a.proof;
        }
        if take & 8 != 0 {
            spliced.ciphertext.clone_from(&a.ciphertext);
        }
        assert_eq!(spliced.verify(), Err(RecordForged), "parts {take:04b}");
    }
}

#[test]
fn raw_point_cannot_be_dressed_as_a_record() {
    // Points with known relations to each other, but nobody knows r for both generators.
    let mut forged = SealedRecord::clone(&Scene::phone().record(1));
    forged.second_point = forged.point;
    assert_eq!(forged.verify(), Err(RecordForged));
    forged.proof = Proof::parse(&[0; 64]).expect("canonical");
    assert_eq!(forged.verify(), Err(RecordForged));
}

#[test]
fn points_and_scalars_that_are_not_canonical_are_refused() {
    const ORDER: [u8; 32] =
        hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let bytes = Scene::ip().record(1).to_bytes();
    let check = |at: usize, value: [u8; 32], field| {
        let mut bytes = bytes.clone();
        bytes[at..at + 32].copy_from_slice(&value);
        assert_eq!(SealedRecord::parse(&bytes), Err(ParseError::Value(field)));
    };
    for at in [POINT, SECOND_POINT] {
        check(at, [0; 32], "point");
        check(at, [0xff; 32], "point");
    }
    check(PROOF, ORDER, "proof");
    check(PROOF + 32, ORDER, "proof");

    // The same scalar in its other encoding, s + l, which fits into 32 bytes where s is small.
    let mut small = [0; 32];
    small[0] = 1;
    let mut raised = ORDER;
    raised[0] += 1;
    let mut with_small = bytes.clone();
    with_small[PROOF..PROOF + 32].copy_from_slice(&small);
    assert!(SealedRecord::parse(&with_small).is_ok());
    check(PROOF, raised, "proof");
}

#[test]
fn entropy_used_twice_does_not_repeat_the_key() {
    let scene = Scene::phone();
    let seal = |digits| {
        let phone = Phone::from_digits(digits).expect("a number");
        seal_phone(&scene.sealing, &scene.user, USER_ID, &phone, &[0; 32]).expect("phone keys")
    };
    assert_eq!(seal("4915100000"), seal("4915100000"));
    assert_ne!(seal("4915100000").point, seal("4915100001").point);
}

#[test]
fn record_does_not_contain_what_it_seals() {
    let bytes = Scene::phone().record(1).to_bytes();
    assert!(
        !bytes
            .windows(4)
            .any(|window| window == &scene::DIGITS.as_bytes()[..4])
    );
    let bytes = Scene::ip().record(1).to_bytes();
    assert!(!bytes.windows(4).any(|window| window == [192, 0, 2, 44]));
}

#[test]
fn records_are_named_by_everything_in_them() {
    let scene = Scene::phone();
    assert_eq!(scene.record(1).hash(), scene.record(1).hash());
    assert_ne!(scene.record(1).hash(), scene.record(2).hash());
}

#[test]
fn keys_seal_one_kind_and_one_day_only() {
    let (ip, phone) = (Scene::ip(), Scene::phone());
    let number = scene::phone();
    let interval = scene::interval();
    assert_eq!(
        seal_phone(&ip.sealing, &ip.user, USER_ID, &number, &[1; 32]),
        Err(SealError::Kind)
    );
    assert_eq!(
        seal_ip(
            &phone.sealing,
            &ip.day,
            &ip.user,
            USER_ID,
            &interval,
            &[1; 32]
        ),
        Err(SealError::Kind)
    );
    for day in [DAY - 1, DAY + 1] {
        let secret = DaySecret::new(day, [1; 32]);
        assert_eq!(
            seal_ip(&ip.sealing, &secret, &ip.user, USER_ID, &interval, &[1; 32]),
            Err(SealError::Day {
                key: DAY,
                secret: day
            })
        );
        assert_eq!(
            ip_secret(&ip.user, &secret, &ip.record(1)).err(),
            Some(RecordSecretError::Day {
                record: DAY,
                secret: day
            })
        );
    }
    assert_eq!(
        ip_secret(&ip.user, &ip.day, &phone.record(1)).err(),
        Some(RecordSecretError::Kind)
    );
    assert_eq!(
        phone_secret(&ip.user, &ip.record(1)).err(),
        Some(RecordSecretError::Kind)
    );
}

#[test]
fn secret_of_one_record_is_not_that_of_its_neighbour() {
    for scene in [Scene::phone(), Scene::ip()] {
        let (a, b) = (scene.record(1), scene.record(2));
        assert_ne!(scene.secret(&a).as_bytes(), scene.secret(&b).as_bytes());
    }
}

#[test]
fn keys_are_paired_by_role() {
    let officers = scene::officers().0;
    let ip = scene::custodians(Role::IpCustodians).0;
    let pair = |a: &crate::keyset::CheckedKeySet, b: &crate::keyset::CheckedKeySet| {
        SealingKeys::new(a.clone(), b.clone(), GateMode::Remote).err()
    };
    assert_eq!(pair(&officers, &ip), None);
    assert_eq!(
        pair(&ip, &ip),
        Some(KeysError::NotOfficers(Role::IpCustodians))
    );
    assert_eq!(
        pair(&officers, &officers),
        Some(KeysError::NotCustodians(Role::Officers))
    );
}

#[test]
fn one_key_in_both_roles_is_refused() {
    let key = |role| {
        let ceremony = scene::ceremony(role);
        let (keys, _) = crate::dealer::deal_for_tests(ceremony, 2, &[1, 2], &[1; 32], &[1; 32]);
        keys.verify().expect("an honest dealer")
    };
    let pair = SealingKeys::new(
        key(Role::Officers),
        key(Role::PhoneCustodians),
        GateMode::Remote,
    );
    assert_eq!(pair.err(), Some(KeysError::SameKey));
}

#[test]
fn name_of_the_keys_covers_both_and_the_gate_mode() {
    let (officers, ip) = (scene::officers().0, scene::custodians(Role::IpCustodians).0);
    let phone = scene::custodians(Role::PhoneCustodians).0;
    let fewer = scene::deal(scene::ceremony(Role::Officers), 3, &[1, 2, 3, 4], 0).0;
    let lower = scene::deal(scene::ceremony(Role::Officers), 2, &[1, 2, 3, 4, 5], 0).0;
    let mut other_run = scene::ceremony(Role::Officers);
    other_run.transcript = [0; 32];
    let other_run = scene::deal(other_run, 3, &[1, 2, 3, 4, 5], 0).0;
    let names = [
        crate::keys::pkid(&officers, &ip, GateMode::Remote),
        crate::keys::pkid(&officers, &ip, GateMode::Local),
        crate::keys::pkid(&officers, &phone, GateMode::Remote),
        crate::keys::pkid(&fewer, &ip, GateMode::Remote),
        crate::keys::pkid(&lower, &ip, GateMode::Remote),
        crate::keys::pkid(&other_run, &ip, GateMode::Remote),
    ];
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "name {at}");
    }
}

#[test]
fn keys_of_another_ceremony_are_no_refresh() {
    let sealed_to = Scene::ip().sealing;
    let deal = |ceremony, threshold, key: u8| {
        let indices = &[1, 2, 3, 4];
        let (keys, _) =
            crate::dealer::deal_for_tests(ceremony, threshold, indices, &[key; 32], &[7; 32]);
        keys.verify().expect("an honest dealer")
    };
    let check = |gate, expected| {
        let officers = scene::officers().0;
        let error = OpeningKeys::refreshed(sealed_to.clone(), officers, gate).err();
        assert_eq!(error, expected);
    };
    let replaced = Some(KeysError::Replaced(Role::IpCustodians));
    // What `scene` deals the custodians' key from.
    let key = 0x20 | Role::IpCustodians as u8;
    let ceremony = Ceremony {
        generation: 3,
        ..scene::ceremony(Role::IpCustodians)
    };
    check(deal(ceremony, 2, key), None);
    check(deal(ceremony, 2, key + 1), replaced);
    check(deal(ceremony, 3, key), replaced);
    let epoch = DAY + 1;
    check(deal(Ceremony { epoch, ..ceremony }, 2, key), replaced);
    let (role, epoch) = (Role::PhoneCustodians, 0);
    let phone = Ceremony {
        role,
        epoch,
        ..ceremony
    };
    check(deal(phone, 2, key), replaced);

    // An earlier generation than the one that was sealed to.
    let officers = scene::officers().0;
    let later = SealingKeys::new(officers.clone(), deal(ceremony, 2, key), GateMode::Remote);
    let earlier = scene::custodians(Role::IpCustodians).0;
    let error = OpeningKeys::refreshed(later.expect("a pair"), officers, earlier).err();
    assert_eq!(error, replaced);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sealed_record_is_read_back_and_genuine(seed: [u8; 32], secret: [u8; 32], user_id: i64) {
        let scene = Scene::phone();
        let user = UserSecret::new(secret);
        let sealed = seal_phone(&scene.sealing, &user, user_id, &scene::phone(), &seed);
        let sealed = sealed.expect("phone keys");
        let read = SealedRecord::parse(&sealed.to_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&sealed));
        prop_assert!(sealed.verify().is_ok());
        prop_assert_eq!(sealed.label().user, user.commitment(user_id));
    }
}
