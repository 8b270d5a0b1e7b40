//! Which contributions count.

use super::*;
use crate::keys::{GateMode, SealingKeys};
use crate::keyset::Ceremony;
use crate::scene::{self, CASE, DAY, Scene};
use hex_literal::hex;

const INDEX: usize = 2;
const GENERATION: usize = 4;
const POINT: usize = 41;
const PROOF: usize = 73;

fn error(scene: &Scene, partial: &Partial, record: &VerifiedRecord) -> Option<PartialError> {
    partial.verify(record, &scene.keys, &CASE).err()
}

/// An officer's contribution after a change of its bytes.
fn altered(change: impl FnOnce(&mut [u8])) -> Result<Option<PartialError>, ParseError> {
    let scene = Scene::phone();
    let record = scene.record(1);
    let mut bytes = scene.officer(3, &record).to_bytes();
    change(&mut *bytes);
    Partial::parse(&*bytes).map(|partial| error(&scene, &partial, &record))
}

#[test]
fn every_holder_contributes() {
    for scene in [Scene::phone(), Scene::ip()] {
        let record = scene.record(1);
        for index in 1..=5 {
            assert_eq!(error(&scene, &scene.officer(index, &record), &record), None);
        }
        for index in 1..=3 {
            assert_eq!(
                error(&scene, &scene.custodian(index, &record), &record),
                None
            );
        }
    }
}

#[test]
fn contribution_is_read_back() {
    let scene = Scene::ip();
    let record = scene.record(1);
    for partial in [scene.officer(5, &record), scene.custodian(2, &record)] {
        let read = Partial::parse(&*partial.to_bytes()).expect("its own encoding");
        assert_eq!(read.to_bytes(), partial.to_bytes());
        assert_eq!(
            (read.role(), read.index()),
            (partial.role(), partial.index())
        );
        assert_eq!(error(&scene, &read, &record), None);
    }
}

#[test]
fn every_altered_byte_is_noticed() {
    for at in 0..Partial::BYTES {
        for bit in [1, 0x80] {
            let result = altered(|bytes| bytes[at] ^= bit);
            assert_ne!(result, Ok(None), "byte {at}");
        }
    }
    let scene = Scene::phone();
    let bytes = scene.officer(1, &scene.record(1)).to_bytes();
    for len in 0..bytes.len() {
        assert!(Partial::parse(&bytes[..len]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Partial::parse(&longer).err(), Some(ParseError::Length));
}

#[test]
fn indices_of_nobody_are_refused() {
    let with_index =
        |index: u16| altered(|bytes| bytes[INDEX..INDEX + 2].copy_from_slice(&index.to_be_bytes()));
    assert_eq!(with_index(0), Err(ParseError::Value("index")));
    assert_eq!(with_index(6), Ok(Some(PartialError::Holder(6))));
    assert_eq!(
        with_index(u16::MAX),
        Ok(Some(PartialError::Holder(u16::MAX)))
    );
    // Somebody else's.
    assert_eq!(with_index(4), Ok(Some(PartialError::Proof(4))));
}

#[test]
fn points_and_scalars_that_are_not_canonical_are_refused() {
    const ORDER: [u8; 32] =
        hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let with =
        |at: usize, value: [u8; 32]| altered(|bytes| bytes[at..at + 32].copy_from_slice(&value));
    assert_eq!(with(POINT, [0; 32]), Err(ParseError::Value("point")));
    assert_eq!(with(POINT, [0xff; 32]), Err(ParseError::Value("point")));
    assert_eq!(with(PROOF, ORDER), Err(ParseError::Value("proof")));
    assert_eq!(with(PROOF + 32, ORDER), Err(ParseError::Value("proof")));
    let generator = hex!("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
    assert_eq!(with(POINT, generator), Ok(Some(PartialError::Proof(3))));
}

#[test]
fn contribution_to_one_case_is_none_to_another() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let (officer, custodian) = (scene.officer(1, &record), scene.custodian(2, &record));
    let check =
        |partial: &Partial, case: CaseContext| partial.verify(&record, &scene.keys, &case).err();
    let other_request = CaseContext {
        request: [0; 32],
        ..CASE
    };
    assert_eq!(
        check(&officer, other_request),
        Some(PartialError::Context(1))
    );
    assert_eq!(check(&custodian, other_request), None);
    let other_opening = CaseContext {
        open: [0; 32],
        ..CASE
    };
    assert_eq!(check(&officer, other_opening), None);
    assert_eq!(
        check(&custodian, other_opening),
        Some(PartialError::Context(2))
    );
}

#[test]
fn name_of_the_case_cannot_be_exchanged() {
    let rename = |kind: u8, hash: [u8; 32]| {
        altered(|bytes| {
            bytes[8] = kind;
            bytes[9..41].copy_from_slice(&hash);
        })
    };
    assert_eq!(rename(1, CASE.request), Ok(None));
    assert_eq!(rename(1, [0; 32]), Ok(Some(PartialError::Context(3))));
    // An officer answers to requests only, whatever the hash.
    assert_eq!(rename(2, CASE.open), Ok(Some(PartialError::Context(3))));
    assert_eq!(rename(3, CASE.open), Ok(Some(PartialError::Context(3))));
    assert_eq!(rename(0, CASE.request), Err(ParseError::Value("context")));

    // Made for another case and renamed: the proof tells.
    let scene = Scene::phone();
    let record = scene.record(1);
    let share = scene::share(&scene.officers, 1);
    let other =
        officer_partial(share, &record, &scene.keys, [0; 32], &[1; 32]).expect("an officer");
    let mut bytes = other.to_bytes();
    bytes[9..41].copy_from_slice(&CASE.request);
    let renamed = Partial::parse(&*bytes).expect("well-formed");
    assert_eq!(
        error(&scene, &renamed, &record),
        Some(PartialError::Proof(1))
    );
}

#[test]
fn contribution_to_one_record_is_none_to_another() {
    let scene = Scene::ip();
    let (a, b) = (scene.record(1), scene.record(2));
    assert_eq!(
        error(&scene, &scene.officer(1, &a), &b),
        Some(PartialError::Proof(1))
    );
    assert_eq!(
        error(&scene, &scene.custodian(1, &a), &b),
        Some(PartialError::Proof(1))
    );
}

#[test]
fn contribution_to_a_record_of_other_keys_is_refused() {
    let (ip, phone) = (Scene::ip(), Scene::phone());
    let record = phone.record(1);
    let error = error(&ip, &phone.officer(1, &record), &record);
    assert_eq!(error, Some(PartialError::Label(LabelMismatch::PkId)));
}

#[test]
fn officer_cannot_answer_as_a_custodian() {
    let as_role = |role: Role| altered(|bytes| bytes[1] = role as u8);
    assert_eq!(
        as_role(Role::PhoneCustodians),
        Ok(Some(PartialError::Context(3)))
    );
    assert_eq!(
        as_role(Role::IpCustodians),
        Ok(Some(PartialError::Role(Role::IpCustodians)))
    );
    let scene = Scene::phone();
    let share = scene::share(&scene.officers, 1);
    let made = custodian_partial(share, &scene.record(1), &scene.keys, CASE.open, &[1; 32]);
    assert_eq!(made.err(), Some(PartialError::Share(1)));
}

#[test]
fn custodian_refuses_records_of_another_kind_or_day() {
    let (ip, phone) = (Scene::ip(), Scene::phone());
    let ask = |scene: &Scene, record: &VerifiedRecord| {
        let share = scene::share(&scene.custodians, 1);
        custodian_partial(share, record, &scene.keys, CASE.open, &[1; 32]).err()
    };
    let other_keys = Some(PartialError::Label(LabelMismatch::PkId));
    assert_eq!(ask(&ip, &phone.record(1)), other_keys);
    assert_eq!(ask(&phone, &ip.record(1)), other_keys);

    let ceremony = Ceremony {
        epoch: DAY + 1,
        ..scene::ceremony(Role::IpCustodians)
    };
    let (tomorrow, _) = scene::deal(ceremony, 2, &[1, 2, 3], 1);
    let sealing = SealingKeys::new(scene::officers().0, tomorrow, GateMode::Remote);
    let keys = OpeningKeys::unrefreshed(sealing.expect("a pair of keys"));
    let share = scene::share(&ip.custodians, 1);
    let made = custodian_partial(share, &ip.record(1), &keys, CASE.open, &[1; 32]);
    // Dealt for the same key: even so the day is told apart by the keys' name.
    assert_eq!(
        made.err(),
        Some(PartialError::Label(LabelMismatch::Epoch {
            record: DAY,
            key: DAY + 1
        }))
    );
}

#[test]
fn label_that_contradicts_the_keys_it_names_is_refused() {
    let scene = Scene::ip();
    let label = *scene.record(1).label();
    assert_eq!(scene.keys.fit(&label), Ok(()));
    let check = |change: fn(&mut crate::label::Label), expected| {
        let mut label = label;
        change(&mut label);
        assert_eq!(scene.keys.fit(&label), Err(expected));
    };
    check(|label| label.pkid.0[0] ^= 1, LabelMismatch::PkId);
    check(
        |label| label.kind = crate::label::Kind::Phone,
        LabelMismatch::Kind,
    );
    check(
        |label| label.gate_mode = GateMode::Local,
        LabelMismatch::Mode,
    );
    check(
        |label| label.epoch += 1,
        LabelMismatch::Epoch {
            record: DAY + 1,
            key: DAY,
        },
    );
}

#[test]
fn replaced_shares_do_not_count() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let ceremony = Ceremony {
        generation: 1,
        ..scene::ceremony(Role::Officers)
    };
    // Officer 5 has left, officer 6 has come.
    let (officers, new_shares) = scene::deal(ceremony, 3, &[1, 2, 3, 4, 6], 1);
    let gate = scene.sealing.gate().clone();
    let keys = OpeningKeys::refreshed(scene.sealing.clone(), officers, gate).expect("same key");

    let error = |index| {
        scene
            .officer(index, &record)
            .verify(&record, &keys, &CASE)
            .err()
    };
    assert_eq!(
        error(1),
        Some(PartialError::Generation {
            index: 1,
            found: 0,
            current: 1
        })
    );
    assert_eq!(error(5), Some(PartialError::Holder(5)));

    // An old contribution that claims the new generation.
    let mut bytes = scene.officer(1, &record).to_bytes();
    bytes[GENERATION + 3] = 1;
    let renamed = Partial::parse(&*bytes).expect("well-formed");
    assert_eq!(
        renamed.verify(&record, &keys, &CASE),
        Err(PartialError::Proof(1))
    );

    // An old share makes none at all; a new one does, and it does not count before the refresh.
    let make = |share: &SecretShare| officer_partial(share, &record, &keys, CASE.request, &[1; 32]);
    let old = make(scene::share(&scene.officers, 1));
    assert_eq!(old.err(), Some(PartialError::Share(1)));
    let left = make(scene::share(&scene.officers, 5));
    assert_eq!(left.err(), Some(PartialError::Holder(5)));
    let new = make(scene::share(&new_shares, 1)).expect("a current share");
    assert_eq!(new.verify(&record, &keys, &CASE), Ok(()));
    assert_eq!(
        new.verify(&record, &scene.keys, &CASE),
        Err(PartialError::Generation {
            index: 1,
            found: 1,
            current: 0
        })
    );
}
