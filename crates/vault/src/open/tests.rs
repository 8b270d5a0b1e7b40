//! Who can open a record, and who cannot.

use super::*;
use crate::keys::{GateMode, SealingKeys};
use crate::keyset::{Ceremony, KeySet};
use crate::record::{seal, seal_phone};
use crate::scene::{self, CASE, Scene, USER_ID, ceremony, is_sealed_plaintext, subsets};
use crate::secrets::{RecordSecret, UserCommitment, UserSecret, derive, phone_secret};
use crate::share::SecretShare;

const OFFICERS: [u16; 5] = [1, 2, 3, 4, 5];
const CUSTODIANS: [u16; 3] = [1, 2, 3];

/// Opens without counting, as someone would who has changed this program.
fn open_with_any_number(
    scene: &Scene,
    record: &VerifiedRecord,
    officers: &[u16],
    custodians: &[u16],
) -> Result<Opened, OpenError> {
    let officers: Vec<_> = officers.iter().map(|i| scene.officer(*i, record)).collect();
    let custodians: Vec<_> = custodians
        .iter()
        .map(|i| scene.custodian(*i, record))
        .collect();
    Opening {
        record,
        keys: &scene.keys,
        case: &CASE,
        user: scene.person(),
        secret: &scene.secret(record),
    }
    .decrypt(&combined(&officers), &combined(&custodians))
}

#[test]
fn every_quorum_opens_the_record() {
    for scene in [Scene::phone(), Scene::ip()] {
        let record = scene.record(1);
        for officers in subsets(&OFFICERS, 3) {
            for custodians in subsets(&CUSTODIANS, 2) {
                let opened = scene.open(&record, &officers, &custodians);
                assert!(
                    opened.is_ok_and(|opened| is_sealed_plaintext(&opened)),
                    "{officers:?} {custodians:?}"
                );
            }
        }
    }
}

#[test]
fn order_of_contributions_does_not_matter() {
    let scene = Scene::ip();
    let opened = scene.open(&scene.record(1), &[5, 1, 3], &[3, 2]);
    assert!(opened.is_ok_and(|opened| is_sealed_plaintext(&opened)));
}

#[test]
fn no_number_of_others_makes_up_for_a_missing_officer_or_custodian() {
    let scene = Scene::ip();
    let record = scene.record(1);
    let too_few = |officers: usize, custodians: usize| {
        subsets(&OFFICERS, officers)
            .into_iter()
            .flat_map(move |officers| {
                subsets(&CUSTODIANS, custodians)
                    .into_iter()
                    .map(move |c| (officers.clone(), c))
            })
    };
    let short_of_officers = (0..=2).flat_map(|k| too_few(k, 3).chain(too_few(k, 2)));
    let short_of_custodians = (0..=1).flat_map(|w| too_few(5, w).chain(too_few(3, w)));
    for (officers, custodians) in short_of_officers.chain(short_of_custodians) {
        // Refused by the count, and without the count by the cipher.
        let counted = scene.open(&record, &officers, &custodians).err();
        assert!(
            matches!(counted, Some(OpenError::Count { .. })),
            "{officers:?} {custodians:?}"
        );
        let uncounted = open_with_any_number(&scene, &record, &officers, &custodians).err();
        assert_eq!(
            uncounted,
            Some(OpenError::Cipher),
            "{officers:?} {custodians:?}"
        );
    }
}

#[test]
fn more_contributions_than_needed_are_refused() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let error = scene.open(&record, &[1, 2, 3, 4], &[1, 2]).err();
    let expected = OpenError::Count {
        role: Role::Officers,
        needed: 3,
        found: 4,
    };
    assert_eq!(error, Some(expected));
    let error = scene.open(&record, &[1, 2, 3], &[1, 2, 3]).err();
    let expected = OpenError::Count {
        role: Role::PhoneCustodians,
        needed: 2,
        found: 3,
    };
    assert_eq!(error, Some(expected));
}

#[test]
fn holder_who_contributes_twice_counts_for_nobody_else() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let error = scene.open(&record, &[1, 2, 1], &[1, 2]).err();
    assert_eq!(
        error,
        Some(OpenError::Repeated {
            role: Role::Officers,
            index: 1
        })
    );
    let error = scene.open(&record, &[1, 2, 3], &[2, 2]).err();
    let repeated = OpenError::Repeated {
        role: Role::PhoneCustodians,
        index: 2,
    };
    assert_eq!(error, Some(repeated));
}

#[test]
fn officers_do_not_count_as_custodians() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, &record)).collect();
    let custodians = [scene.custodian(1, &record), scene.officer(2, &record)];
    let error = scene
        .open_with(&record, &CASE, &officers, &custodians)
        .err();
    let expected = OpenError::Role {
        expected: Role::PhoneCustodians,
        found: Role::Officers,
    };
    assert_eq!(error, Some(expected));
}

#[test]
fn contributions_to_different_records_do_not_mix() {
    let scene = Scene::ip();
    let (a, b) = (scene.record(1), scene.record(2));
    let officers = [
        scene.officer(1, &a),
        scene.officer(2, &a),
        scene.officer(3, &b),
    ];
    let custodians = [scene.custodian(1, &a), scene.custodian(2, &a)];
    let error = scene.open_with(&a, &CASE, &officers, &custodians).err();
    let expected = OpenError::Partial {
        role: Role::Officers,
        error: PartialError::Proof(3),
    };
    assert_eq!(error, Some(expected));
}

#[test]
fn contribution_under_another_case_is_named() {
    let scene = Scene::ip();
    let record = scene.record(1);
    let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, &record)).collect();
    let custodians: Vec<_> = (1..=2)
        .map(|index| scene.custodian(index, &record))
        .collect();
    let case = CaseContext {
        open: [0; 32],
        ..CASE
    };
    let error = scene
        .open_with(&record, &case, &officers, &custodians)
        .err();
    let expected = OpenError::Partial {
        role: Role::IpCustodians,
        error: PartialError::Context(1),
    };
    assert_eq!(error, Some(expected));
}

/// Opens with a quorum, but with other secrets of the keeper.
fn open_with_secrets(
    scene: &Scene,
    user: UserCommitment,
    secret: &RecordSecret,
) -> Option<OpenError> {
    let record = &scene.record(1);
    let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, record)).collect();
    let custodians: Vec<_> = (1..=2)
        .map(|index| scene.custodian(index, record))
        .collect();
    let opening = Opening {
        record,
        keys: &scene.keys,
        case: &CASE,
        user,
        secret,
    };
    opening.open(&officers, &custodians).err()
}

#[test]
fn record_of_another_person_is_refused() {
    let scene = Scene::ip();
    let secret = scene.secret(&scene.record(1));
    let open_as = |person| open_with_secrets(&scene, person, &secret);
    assert_eq!(open_as(scene.person()), None);
    let other_id = scene.user.commitment(USER_ID + 1);
    assert_eq!(open_as(other_id), Some(OpenError::User));
    let other_secret = UserSecret::new([1; 32]).commitment(USER_ID);
    assert_eq!(open_as(other_secret), Some(OpenError::User));
}

#[test]
fn erased_day_is_lost_to_all_shares_together() {
    // Whoever lacks the day's secret has, at best, what was handed out for a neighbour, or the
    // secret of a person's records that have no day.
    let scene = Scene::ip();
    let record = scene.record(1);
    let label = record.label().to_bytes();
    for secret in [
        scene.secret(&scene.record(2)),
        derive(&scene.user, None, &label, record.point()),
        RecordSecret::new([0; 32]),
    ] {
        let error = open_with_secrets(&scene, scene.person(), &secret);
        assert_eq!(error, Some(OpenError::Cipher));
    }
}

#[test]
fn erased_person_is_lost_to_all_shares_together() {
    // The account is deleted, an old backup restored: shares and case file, but no secret.
    let scene = Scene::phone();
    let record = &scene.record(1);
    let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, record)).collect();
    let custodians: Vec<_> = (1..=2)
        .map(|index| scene.custodian(index, record))
        .collect();
    let secret = phone_secret(&UserSecret::new([0; 32]), record).expect("a phone record");
    let opening = Opening {
        record,
        keys: &scene.keys,
        case: &CASE,
        user: scene.person(),
        secret: &secret,
    };
    let opened = opening.decrypt(&combined(&officers), &combined(&custodians));
    assert_eq!(opened.err(), Some(OpenError::Cipher));
}

#[test]
fn live_accounts_phone_opens_whatever_the_day() {
    let mut scene = Scene::phone();
    let record = scene.record(1);
    scene.day = crate::secrets::DaySecret::new(scene::DAY + 91, [0; 32]);
    let opened = scene.open(&record, &[1, 2, 3], &[1, 2]);
    assert!(opened.is_ok_and(|opened| is_sealed_plaintext(&opened)));
}

#[test]
fn refreshed_shares_open_old_records_and_do_not_mix_with_old_ones() {
    let mut scene = Scene::phone();
    let record = scene.record(1);
    let old: Vec<_> = (1..=3).map(|index| scene.officer(index, &record)).collect();
    let refresh = Ceremony {
        generation: 1,
        ..ceremony(Role::Officers)
    };
    let (officers, shares) = scene::deal(refresh, 3, &[1, 2, 3, 6], 1);
    let gate = scene.sealing.gate().clone();
    scene.officers = shares;
    scene.keys =
        OpeningKeys::refreshed(scene.sealing.clone(), officers, gate).expect("the same key");

    let opened = scene.open(&record, &[1, 3, 6], &[1, 2]);
    assert!(opened.is_ok_and(|opened| is_sealed_plaintext(&opened)));

    let mut mixed: Vec<_> = (1..=2).map(|index| scene.officer(index, &record)).collect();
    mixed.extend(old.into_iter().skip(2));
    let custodians: Vec<_> = (1..=2)
        .map(|index| scene.custodian(index, &record))
        .collect();
    let error = scene.open_with(&record, &CASE, &mixed, &custodians).err();
    let stale = PartialError::Generation {
        index: 3,
        found: 0,
        current: 1,
    };
    assert_eq!(
        error,
        Some(OpenError::Partial {
            role: Role::Officers,
            error: stale
        })
    );
    // And without the check of the generation: shares of different polynomials.
    let opened = Opening {
        record: &record,
        keys: &scene.keys,
        case: &CASE,
        user: scene.person(),
        secret: &scene.secret(&record),
    }
    .decrypt(&combined(&mixed), &combined(&custodians));
    assert_eq!(opened.err(), Some(OpenError::Cipher));
}

#[test]
fn one_local_custodian_works_like_many_remote_ones() {
    let mut scene = Scene::phone();
    let share = SecretShare::single(&[1; 64]).expect("not zero");
    let gate = KeySet::single(ceremony(Role::PhoneCustodians), &share, &[2; 32]);
    let gate = gate.verify().expect("an honest custodian");
    scene.sealing = SealingKeys::new(scene::officers().0, gate, GateMode::Local).expect("a pair");
    scene.keys = OpeningKeys::unrefreshed(scene.sealing.clone());
    scene.custodians = vec![share];
    let record = scene.record(1);
    assert_eq!(record.label().gate_mode, GateMode::Local);
    let opened = scene.open(&record, &[1, 2, 3], &[1]);
    assert!(opened.is_ok_and(|opened| is_sealed_plaintext(&opened)));
}

#[test]
fn key_that_cancels_the_officers_opens_nothing() {
    // Were the two secrets added up, one who knows q with PK_gate = q·G - PK_off would have
    // q·U as their sum. Here that point is of no use in any place.
    let scene = Scene::phone();
    let record = scene.record(1);
    let q = SecretShare::single(&[7; 64]).expect("not zero");
    let sum = record.point().times(q.scalar());
    let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, &record)).collect();
    let secret = scene.secret(&record);
    let opening = Opening {
        record: &record,
        keys: &scene.keys,
        case: &CASE,
        user: scene.person(),
        secret: &secret,
    };
    let of_officers = combined(&officers);
    let rogue = *sum.as_point() - *of_officers;
    for (a, b) in [
        (*of_officers, rogue),
        (rogue, *of_officers),
        (*sum.as_point(), rogue),
    ] {
        assert_eq!(opening.decrypt(&a, &b).err(), Some(OpenError::Cipher));
    }
}

#[test]
fn foreign_plaintext_is_an_error() {
    // Whoever has the public keys can seal anything.
    let scene = Scene::phone();
    for plaintext in [&b""[..], b"0", b"not a number at!", &[0; 16], &[0; 48]] {
        let record = seal(
            &scene.sealing,
            &scene.user,
            None,
            USER_ID,
            plaintext,
            &[1; 32],
        );
        let record = record.verify().expect("sealed well");
        let error = scene.open(&record, &[1, 2, 3], &[1, 2]).err();
        assert_eq!(error, Some(OpenError::Plaintext));
    }
}

#[test]
fn record_sealed_to_other_keys_is_refused() {
    let (scene, mut other) = (Scene::phone(), Scene::phone());
    let transcript = [0; 32];
    let run = Ceremony {
        transcript,
        ..ceremony(Role::Officers)
    };
    let (officers, _) = scene::deal(run, 3, &OFFICERS, 1);
    let gate = scene.sealing.gate().clone();
    other.sealing = SealingKeys::new(officers, gate, GateMode::Remote).expect("a pair");
    let phone = scene::phone();
    let record = seal_phone(&other.sealing, &scene.user, USER_ID, &phone, &[1; 32]);
    let record = record.expect("phone keys").verify().expect("sealed well");
    let error = scene.open_with(&record, &CASE, &[], &[]).err();
    assert_eq!(error, Some(OpenError::Label(LabelMismatch::PkId)));
}
