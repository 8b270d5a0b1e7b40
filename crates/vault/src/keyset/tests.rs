//! Sound and unsound keys.

use super::*;
use crate::dealer::deal_for_tests;
use crate::group::GroupError;
use crate::scene;
use hex_literal::hex;
use std::collections::BTreeSet;

fn dealt() -> KeySet {
    scene::officers().0.deref().clone()
}

/// Verifies a key set after one change.
fn error(change: impl FnOnce(&mut KeySet)) -> Option<KeySetError> {
    let mut keys = dealt();
    change(&mut keys);
    keys.verify().err()
}

#[test]
fn honest_key_is_sound_and_read_back() {
    for keys in [
        scene::officers().0,
        scene::custodians(Role::IpCustodians).0,
        scene::custodians(Role::PhoneCustodians).0,
        scene::deal(scene::ceremony(Role::Officers), 1, &[9], 0).0,
        scene::deal(
            scene::ceremony(Role::Officers),
            5,
            &[2, 3, 50, 700, u16::MAX],
            0,
        )
        .0,
    ] {
        let read = KeySet::parse(&keys.to_bytes()).expect("its own encoding");
        assert_eq!(read.verify().as_ref(), Ok(&keys));
        let read = KeySet::from_base64(&keys.to_base64()).expect("its own text");
        assert_eq!(read.verify().as_ref(), Ok(&keys));
    }
}

#[test]
fn largest_key_is_sound_and_one_holder_more_is_refused() {
    let indices: Vec<u16> = (1..=256).collect();
    let deal = |indices| {
        deal_for_tests(
            scene::ceremony(Role::Officers),
            3,
            indices,
            &[1; 32],
            &[2; 32],
        )
        .0
    };
    let keys = deal(&indices[..255]).verify().expect("255 holders");
    assert_eq!(KeySet::parse(&keys.to_bytes()).as_ref(), Ok(&*keys));
    assert_eq!(
        deal(&indices).verify(),
        Err(KeySetError::Threshold {
            threshold: 3,
            holders: 256
        })
    );
}

#[test]
fn key_of_a_single_custodian_is_sound() {
    let share = SecretShare::single(&[1; 64]).expect("not zero");
    let keys = KeySet::single(scene::ceremony(Role::PhoneCustodians), &share, &[2; 32]);
    assert!(keys.verify().is_ok());
}

#[test]
fn custodian_key_that_cancels_the_officers_is_refused() {
    // The rogue knows q with PK_gate = q·G - PK_off, but no logarithm of PK_gate.
    let officers = scene::officers().0;
    let q = SecretShare::single(&[7; 64]).expect("not zero");
    let rogue = Point::new(q.point().as_point() - officers.public_key.as_point());
    let rogue = rogue.expect("not the identity");
    let ceremony = scene::ceremony(Role::PhoneCustodians);
    let rogue_key = |possession| KeySet {
        ceremony,
        threshold: 1,
        holders: vec![Holder {
            index: 1,
            share_point: rogue,
            possession,
        }],
        public_key: rogue,
    };

    // A proof for the q it knows, one replayed from an officer, and one that a forger might try.
    let own = q.prove_possession(&ceremony, &[1; 32]);
    let replayed = officers.holders[0].possession;
    let zero = PossessionProof::parse(&[0; 64]).expect("canonical");
    for possession in [own, replayed, zero] {
        let error = rogue_key(possession).verify();
        assert_eq!(error, Err(KeySetError::Possession(1)));
    }

    // An honest share beside the rogue public key.
    let mut keys = KeySet::single(ceremony, &q, &[1; 32]);
    keys.public_key = rogue;
    assert_eq!(keys.verify(), Err(KeySetError::PublicKey));
}

#[test]
fn proof_of_another_ceremony_is_refused() {
    let changes: [fn(&mut Ceremony); 5] = [
        |ceremony| ceremony.role = Role::PhoneCustodians,
        |ceremony| ceremony.session[31] ^= 1,
        |ceremony| ceremony.generation += 1,
        |ceremony| ceremony.transcript[0] ^= 1,
        |ceremony| {
            ceremony.role = Role::IpCustodians;
            ceremony.epoch = 1;
        },
    ];
    for change in changes {
        let error = error(|keys| change(&mut keys.ceremony));
        assert_eq!(error, Some(KeySetError::Possession(1)));
    }
    let day = scene::custodians(Role::IpCustodians).0;
    let mut next_day = day.deref().clone();
    next_day.ceremony.epoch += 1;
    assert_eq!(next_day.verify(), Err(KeySetError::Possession(1)));
}

#[test]
fn holder_with_anothers_proof_is_named() {
    for at in 0..5 {
        let error = error(|keys| {
            keys.holders[at].possession = keys.holders[(at + 1) % 5].possession;
        });
        assert_eq!(error, Some(KeySetError::Possession(at as u16 + 1)));
    }
}

#[test]
fn thresholds_out_of_range_are_refused() {
    for threshold in [0, 6, 255] {
        assert_eq!(
            error(|keys| keys.threshold = threshold),
            Some(KeySetError::Threshold {
                threshold,
                holders: 5
            })
        );
    }
    assert_eq!(
        error(|keys| keys.holders.clear()),
        Some(KeySetError::Threshold {
            threshold: 3,
            holders: 0
        })
    );
}

#[test]
fn indices_are_distinct_ascending_and_not_zero() {
    assert_eq!(
        error(|keys| keys.holders[0].index = 0),
        Some(KeySetError::Index(0))
    );
    assert_eq!(
        error(|keys| keys.holders[3].index = 3),
        Some(KeySetError::Index(3))
    );
    assert_eq!(
        error(|keys| keys.holders.swap(1, 2)),
        Some(KeySetError::Index(2))
    );
    assert_eq!(
        error(|keys| keys.holders[1] = keys.holders[0]),
        Some(KeySetError::Index(1))
    );
}

#[test]
fn share_of_another_polynomial_is_named() {
    // Holders 4 and 5 beyond the first three, each with a share that it does possess.
    let ceremony = scene::ceremony(Role::Officers);
    for at in [3, 4] {
        let other = SecretShare::from_bytes(at as u16 + 1, &[1; 32]).expect("canonical");
        let error = error(|keys| {
            keys.holders[at].share_point = *other.point();
            keys.holders[at].possession = other.prove_possession(&ceremony, &[1; 32]);
        });
        assert_eq!(error, Some(KeySetError::OffPolynomial(at as u16 + 1)));
    }
}

#[test]
fn only_address_keys_belong_to_a_day() {
    for role in [Role::Officers, Role::PhoneCustodians] {
        let ceremony = Ceremony {
            epoch: 1,
            ..scene::ceremony(role)
        };
        let (keys, _) = deal_for_tests(ceremony, 2, &[1, 2, 3], &[1; 32], &[2; 32]);
        assert_eq!(keys.verify(), Err(KeySetError::Epoch(role)));
    }
}

#[test]
fn key_that_fewer_holders_could_use_is_refused() {
    // Dealt for two, published as if three were needed.
    let ceremony = scene::ceremony(Role::Officers);
    let (mut keys, _) = deal_for_tests(ceremony, 2, &[1, 2, 3, 4, 5], &[1; 32], &[2; 32]);
    keys.threshold = 3;
    assert_eq!(keys.verify(), Err(KeySetError::Degree(3)));
}

#[test]
fn key_published_for_fewer_than_it_was_dealt_for_is_refused() {
    assert_eq!(
        error(|keys| keys.threshold = 2),
        Some(KeySetError::OffPolynomial(3))
    );
}

#[test]
fn every_altered_byte_is_noticed() {
    let bytes = scene::custodians(Role::IpCustodians).0.to_bytes();
    for at in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut altered = bytes.clone();
            altered[at] ^= bit;
            let verified = KeySet::parse(&altered).map(KeySet::verify);
            assert!(!matches!(verified, Ok(Ok(_))), "byte {at}");
        }
    }
    for len in 0..bytes.len() {
        assert!(KeySet::parse(&bytes[..len]).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(KeySet::parse(&longer), Err(ParseError::Length));
}

#[test]
fn points_and_scalars_that_are_not_canonical_are_refused() {
    const PUBLIC_KEY: usize = 75;
    const FIRST_POINT: usize = PUBLIC_KEY + 32 + 1 + 2;
    const FIRST_PROOF: usize = FIRST_POINT + 32;
    // The order of the group: zero with the order added.
    const ORDER: [u8; 32] =
        hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let check = |at: usize, value: [u8; 32], field| {
        let mut bytes = scene::officers().0.to_bytes();
        bytes[at..at + 32].copy_from_slice(&value);
        assert_eq!(KeySet::parse(&bytes), Err(ParseError::Value(field)));
    };
    check(PUBLIC_KEY, [0; 32], "public key");
    check(PUBLIC_KEY, [0xff; 32], "public key");
    check(FIRST_POINT, [0; 32], "share point");
    check(FIRST_POINT, [0xff; 32], "share point");
    check(FIRST_PROOF, ORDER, "proof of possession");
    check(FIRST_PROOF + 32, ORDER, "proof of possession");
    assert_eq!(PossessionProof::parse(&[0xff; 64]), Err(GroupError::Scalar));
}

#[test]
fn only_canonical_base64_is_read() {
    let text = scene::officers().0.to_base64();
    for bad in [
        format!("{text}="),
        format!(" {text}"),
        text.replace('=', ""),
        "%".into(),
    ] {
        if bad != text {
            assert_eq!(KeySet::from_base64(&bad), Err(ParseError::Base64), "{bad}");
        }
    }
    assert_eq!(KeySet::from_base64(""), Err(ParseError::Length));
}

/// The officers' key with other shares, for the holders `indices`.
fn refreshed(indices: &[u16], generation: u32, seed: u8) -> CheckedKeySet {
    let ceremony = Ceremony {
        session: [seed; 32],
        generation,
        ..scene::ceremony(Role::Officers)
    };
    scene::deal(ceremony, 3, indices, seed).0
}

fn refresh_error(new: &CheckedKeySet) -> Option<RefreshError> {
    // Holder 6 left in an earlier generation.
    let ever_used = BTreeSet::from([1, 2, 3, 4, 5, 6]);
    check_refresh(&scene::officers().0, new, &ever_used).err()
}

#[test]
fn refresh_may_change_shares_and_holders_only() {
    assert_eq!(refresh_error(&refreshed(&[1, 2, 3, 4, 5], 1, 1)), None);
    assert_eq!(refresh_error(&refreshed(&[2, 3, 4], 1, 1)), None);
    assert_eq!(
        refresh_error(&refreshed(&[1, 2, 3, 4, 5, 7, 8], 1, 1)),
        None
    );
}

#[test]
fn index_of_a_former_holder_is_not_given_again() {
    let error = refresh_error(&refreshed(&[1, 2, 3, 6], 1, 1));
    assert_eq!(error, Some(RefreshError::IndexReused(6)));
}

#[test]
fn refresh_that_skips_or_repeats_a_generation_is_refused() {
    for generation in [0, 2, u32::MAX] {
        assert_eq!(
            refresh_error(&refreshed(&[1, 2, 3], generation, 1)),
            Some(RefreshError::Generation {
                expected: 1,
                found: generation
            })
        );
    }
}

#[test]
fn refresh_that_keeps_a_share_is_refused() {
    let error = refresh_error(&refreshed(&[1, 2, 3], 1, 0));
    assert_eq!(error, Some(RefreshError::ShareKept(1)));
}

#[test]
fn refresh_to_another_key_threshold_or_role_is_refused() {
    let ceremony = Ceremony {
        generation: 1,
        ..scene::ceremony(Role::Officers)
    };
    let deal = |ceremony, threshold, key: u8| {
        let (keys, _) = deal_for_tests(ceremony, threshold, &[1, 2, 3, 4], &[key; 32], &[1; 32]);
        keys.verify().expect("an honest dealer")
    };
    assert_eq!(
        refresh_error(&deal(ceremony, 3, 9)),
        Some(RefreshError::PublicKey)
    );
    assert_eq!(
        refresh_error(&deal(ceremony, 2, 9)),
        Some(RefreshError::Threshold)
    );
    let other = Ceremony {
        role: Role::PhoneCustodians,
        ..ceremony
    };
    assert_eq!(refresh_error(&deal(other, 3, 9)), Some(RefreshError::Role));
}
