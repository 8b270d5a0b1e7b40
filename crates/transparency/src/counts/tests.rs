use super::*;
use crate::fuzzing::Seeded;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;

const CONTEXT: Context = Context {
    origin: "log.example/heliograph",
    sequence: 7,
    entry: b"heliograph/dd@v1\nkind request\nnumber 7\nvector region \n",
    dimension: "region",
    categories: 8,
};

/// The order of the group, little-endian: adding it to a scalar gives another spelling of it.
const ORDER: [u8; 32] =
    hex_literal::hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

fn blindings(n: usize) -> Vec<Scalar> {
    (0..n).map(|j| *derive(b"test", j, 0)).collect()
}

fn vectors(categories: &[usize]) -> (Vec<Commitments>, Vec<Opening>) {
    let mut commitments = Vec::new();
    let mut openings = Vec::new();
    for (sequence, category) in (0..).zip(categories) {
        let context = Context {
            sequence,
            ..CONTEXT
        };
        let (bytes, opening) = prove(&context, *category, &[sequence as u8; 32]);
        commitments.push(verify(&context, &bytes).unwrap());
        openings.push(opening);
    }
    (commitments, openings)
}

#[test]
fn a_vector_of_each_category_verifies_and_opens_to_it_only() {
    for category in 0..8 {
        let (bytes, opening) = prove(&CONTEXT, category, &[1; 32]);
        assert_eq!(bytes.len(), encoded_len(8));
        let commitments = verify(&CONTEXT, &bytes).unwrap();
        let again = Opening::derive(&CONTEXT, category, &[1; 32]).to_bytes();
        assert_eq!(opening.to_bytes(), again);
        for claimed in 0..8 {
            let opened = commitments.verify_opening(claimed, &again).is_ok();
            assert_eq!(opened, claimed == category);
        }
        assert_eq!(
            commitments.verify_opening(category, &again[32..]),
            Err(VectorError::Length)
        );
    }
}

#[test]
fn one_category_and_the_most_categories_verify() {
    for categories in [1, MAX_CATEGORIES] {
        let context = Context {
            categories,
            ..CONTEXT
        };
        let (bytes, _) = prove(&context, categories - 1, &[1; 32]);
        verify(&context, &bytes).unwrap();
    }
}

/// Vectors whose makers have not kept the rules, all lengths and encodings right.
fn forgeries(context: &Context) -> Vec<(&'static str, Vec<u8>)> {
    let one = Scalar::ONE;
    let values = |set: &[(usize, Scalar)]| {
        let mut values = vec![Scalar::ZERO; context.categories];
        for (j, value) in set {
            values[*j] = *value;
        }
        prove_values(
            context,
            &values,
            0,
            &blindings(context.categories),
            &[1; 32],
        )
    };
    let honest = prove(context, 0, &[1; 32]).0;
    let altered = |alter: &dyn Fn(&mut [[u8; 32]])| {
        let mut bytes = honest.clone();
        alter(bytes.as_chunks_mut().0);
        bytes
    };
    let first_claim = context.categories;
    let add = |value: &mut [u8; 32], by: Scalar| {
        *value = (decode_scalar(value).unwrap() + by).to_bytes();
    };
    let shift = |value: &mut [u8; 32], by: RistrettoPoint| {
        *value = encode(&(decode_point(value).unwrap() + by));
    };
    let elsewhere = Context {
        sequence: context.sequence + 1,
        ..*context
    };
    vec![
        ("zero-hot", values(&[])),
        ("two-hot", values(&[(0, one), (2, one)])),
        ("another category than claimed", values(&[(1, one)])),
        ("two", values(&[(0, one + one)])),
        ("sum of one", values(&[(0, one + one), (1, -one)])),
        (
            "all-hot",
            values(
                &(0..context.categories)
                    .map(|j| (j, one))
                    .collect::<Vec<_>>(),
            ),
        ),
        ("copied", prove(&elsewhere, 0, &[1; 32]).0),
        ("shifted commitment", altered(&|v| shift(&mut v[0], G))),
        (
            "commitments that add up to the same",
            altered(&|v| {
                shift(&mut v[0], *H);
                shift(&mut v[1], -*H);
            }),
        ),
        ("commitments exchanged", altered(&|v| v.swap(0, 1))),
        (
            "claims exchanged",
            altered(&|v| (0..3).for_each(|at| v.swap(first_claim + at, first_claim + 3 + at))),
        ),
        (
            "shifted announcement",
            altered(&|v| shift(&mut v[first_claim], *H)),
        ),
        (
            "challenges that add up to the same",
            altered(&|v| {
                add(&mut v[first_claim + 1], one);
                add(&mut v[first_claim + 4], -one);
            }),
        ),
        (
            "answers that add up to the same",
            altered(&|v| {
                add(&mut v[first_claim + 2], one);
                add(&mut v[first_claim + 5], -one);
            }),
        ),
    ]
}

#[test]
fn vectors_that_are_not_one_hot_or_were_altered_are_refused() {
    let kinds = forgeries(&CONTEXT);
    for (kind, bytes) in &kinds {
        assert_eq!(verify(&CONTEXT, bytes), Err(VectorError::Proof), "{kind}");
    }
}

#[test]
fn each_kind_of_forgery_spoils_the_batch_it_hides_in() {
    let context = |sequence| Context {
        sequence,
        ..CONTEXT
    };
    let honest: Vec<_> = (0..30)
        .map(|n| prove(&context(n), n as usize % 8, &[n as u8; 32]).0)
        .collect();
    let batch_of = |place: u64, forged: &[u8]| {
        let mut batch = Batch::default();
        for (n, bytes) in (0..).zip(&honest) {
            let bytes = if n == place { forged } else { bytes };
            batch.add(&context(n), bytes)?;
        }
        batch.verify()
    };
    assert_eq!(batch_of(30, &[]), Ok(()));
    for (n, place) in [0, 13, 29].into_iter().enumerate() {
        for (kind, forged) in forgeries(&context(place)) {
            let result = batch_of(place, &forged);
            assert_eq!(result, Err(VectorError::Proof), "{kind}, place {n}");
        }
    }
}

#[test]
fn two_errors_that_would_add_up_to_nothing_are_noticed() {
    // The same error with either sign, in two vectors: a batch without factors would accept.
    let second = Context {
        sequence: 8,
        ..CONTEXT
    };
    let mut vectors = [&CONTEXT, &second].map(|context| prove(context, 3, &[1; 32]).0);
    for (bytes, by) in vectors.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        let (values, _) = bytes.as_chunks_mut::<32>();
        values[10] = (decode_scalar(&values[10]).unwrap() + by).to_bytes();
    }
    let mut batch = Batch::default();
    batch.add(&CONTEXT, &vectors[0]).unwrap();
    batch.add(&second, &vectors[1]).unwrap();
    assert_eq!(batch.verify(), Err(VectorError::Proof));
}

#[test]
fn a_vector_does_not_verify_anywhere_else() {
    let (bytes, _) = prove(&CONTEXT, 3, &[1; 32]);
    for elsewhere in [
        Context {
            origin: "log.example/other",
            ..CONTEXT
        },
        Context {
            sequence: 8,
            ..CONTEXT
        },
        Context {
            entry: b"heliograph/dd@v1\nkind request\nnumber 7\nvector region",
            ..CONTEXT
        },
        Context {
            dimension: "kind",
            ..CONTEXT
        },
    ] {
        assert_eq!(verify(&elsewhere, &bytes), Err(VectorError::Proof));
    }
    // Bytes that move from one field of the context to the next make another hash.
    let moved = Context {
        origin: "log.example/heliograp",
        ..CONTEXT
    };
    assert_eq!(verify(&moved, &bytes), Err(VectorError::Proof));
}

#[test]
fn another_number_of_categories_or_commitments_is_refused() {
    let (bytes, _) = prove(&CONTEXT, 3, &[1; 32]);
    for categories in [1, 7, 9, 64] {
        let context = Context {
            categories,
            ..CONTEXT
        };
        assert_eq!(verify(&context, &bytes), Err(VectorError::Length));
    }
    // A commitment more or less, with and without its claim.
    let missing = &bytes[32..];
    let extra = [&bytes[..32], &bytes].concat();
    let without_claim = &bytes[..bytes.len() - 96];
    for wrong in [
        missing,
        &extra,
        without_claim,
        &bytes[..bytes.len() - 1],
        &[],
    ] {
        assert_eq!(verify(&CONTEXT, wrong), Err(VectorError::Length));
    }
    // Nine commitments where eight were proved, all lengths right.
    let nine = Context {
        categories: 9,
        ..CONTEXT
    };
    let (first, last) = (&bytes[..32], &bytes[bytes.len() - 96..]);
    let padded = [&bytes[..256], first, &bytes[256..], last].concat();
    assert_eq!(padded.len(), encoded_len(9));
    assert!(verify(&nine, &padded).is_err());
}

#[test]
fn every_flipped_bit_is_noticed() {
    let context = Context {
        categories: 2,
        ..CONTEXT
    };
    let (bytes, _) = prove(&context, 1, &[1; 32]);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&context, &flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn other_spellings_of_scalars_and_the_identity_are_refused() {
    let (bytes, _) = prove(&CONTEXT, 3, &[1; 32]);
    // Of each claim what follows its announcement.
    for position in (8..encoded_len(8) / 32).filter(|position| (position - 8) % 3 >= 1) {
        let mut respelt = bytes.clone();
        let mut carry = 0;
        for (byte, add) in respelt[position * 32..][..32].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        assert_eq!(verify(&CONTEXT, &respelt), Err(VectorError::Encoding));
    }
    for position in [0, 7, 8, 11] {
        let mut identity = bytes.clone();
        identity[32 * position..][..32].fill(0);
        assert_eq!(verify(&CONTEXT, &identity), Err(VectorError::Encoding));
    }
}

#[test]
fn what_could_not_be_added_to_a_batch_leaves_no_trace_in_it() {
    let (bytes, opening) = prove(&CONTEXT, 3, &[1; 32]);
    let last = bytes.len() - 32;
    let mut batch = Batch::default();
    for (at, error) in [
        // The last announcement is no point; the last answers are others.
        (last - 64, VectorError::Encoding),
        (last - 32, VectorError::Proof),
    ] {
        let mut wrong = bytes.clone();
        wrong[at..][..32].fill(if error == VectorError::Proof { 1 } else { 0xff });
        assert_eq!(batch.add(&CONTEXT, &wrong), Err(error));
        let added = batch.add_opening(&wrong[1..], 8, 3, &opening.to_bytes());
        assert_eq!(added, Err(VectorError::Length));
        batch.add(&CONTEXT, &bytes).unwrap();
        assert_eq!(batch.verify(), Ok(()));
    }
}

#[test]
fn one_wrong_opening_spoils_a_batch() {
    let context = |sequence| Context {
        sequence,
        ..CONTEXT
    };
    let proved: Vec<_> = (0..30)
        .map(|n| prove(&context(n), n as usize % 8, &[n as u8; 32]))
        .collect();
    let batch_of = |wrong: Option<u64>| {
        let mut batch = Batch::default();
        for (n, (bytes, opening)) in (0..).zip(&proved) {
            batch.add(&context(n), bytes).unwrap();
            let other = usize::from(wrong == Some(n));
            let category = (opening.category() + other) % 8;
            let blindings = opening.to_bytes();
            batch.add_opening(bytes, 8, category, &blindings).unwrap();
        }
        batch.verify()
    };
    assert_eq!(batch_of(None), Ok(()));
    assert_eq!(Batch::default().verify(), Ok(()));
    for n in [0, 7, 29] {
        assert_eq!(batch_of(Some(n)), Err(VectorError::Proof));
    }
    // The blindings in another order.
    let mut batch = Batch::default();
    let (bytes, opening) = &proved[0];
    let mut swapped = opening.to_bytes().to_vec();
    swapped.rotate_left(32);
    assert_eq!(batch.add_opening(bytes, 8, 7, &swapped), Ok(()));
    assert_eq!(batch.verify(), Err(VectorError::Proof));
    assert_eq!(
        batch.add_opening(bytes, 8, 8, &swapped),
        Err(VectorError::Length)
    );
    assert_eq!(
        batch.add_opening(bytes, 8, 0, &swapped[1..]),
        Err(VectorError::Length)
    );
}

#[test]
fn the_second_generator_is_the_hash_of_its_name() {
    assert_ne!(*H, G);
    assert!(!H.is_identity());
}

#[test]
fn sums_over_a_partition_verify_and_wrong_counts_do_not() {
    let mut seeded = Seeded::new(1);
    let categories: Vec<usize> = (0..60).map(|_| seeded.below(8)).collect();
    let (commitments, openings) = vectors(&categories);
    let (commitments, openings): (Vec<_>, Vec<_>) =
        (commitments.iter().collect(), openings.iter().collect());
    let groups = [&[0, 1, 2][..], &[3, 5], &[4, 6, 7]].map(|group| open_sum(&openings, group));
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 60);
    verify_groups(&commitments, 8, &groups).unwrap();

    let mut more = groups.clone();
    more[0].count += 1;
    more[1].count -= 1;
    assert_eq!(
        verify_groups(&commitments, 8, &more),
        Err(SumError::WrongCount(0))
    );
    assert_eq!(
        verify_groups(&commitments[1..], 8, &groups),
        Err(SumError::WrongCount(0))
    );
    assert_eq!(
        verify_groups(&commitments, 9, &groups),
        Err(SumError::Categories)
    );
}

#[test]
fn small_overlapping_or_incomplete_groups_are_not_opened() {
    // One case in category 7, seven in each of 0 and 1.
    let mut categories = vec![7];
    categories.extend([0, 1].repeat(7));
    let (commitments, openings) = vectors(&categories);
    let (commitments, openings): (Vec<_>, Vec<_>) =
        (commitments.iter().collect(), openings.iter().collect());
    let check = |groups: &[&[usize]]| {
        let groups: Vec<Group> = groups
            .iter()
            .map(|group| open_sum(&openings, group))
            .collect();
        verify_groups(&commitments, 8, &groups)
    };
    assert_eq!(check(&[&[0, 2, 3], &[1, 4, 5, 6, 7]]), Ok(()));
    assert_eq!(
        check(&[&[0, 1, 2, 3, 4, 5, 6], &[7]]),
        Err(SumError::TooFewCases(1))
    );
    assert_eq!(
        check(&[&[0], &[1, 7], &[2, 3, 4, 5, 6]]),
        Err(SumError::TooFewCases(0))
    );
    // The categories that are left out would follow from the others.
    assert_eq!(
        check(&[&[0, 2, 3], &[1, 4, 5, 6]]),
        Err(SumError::Partition)
    );
    assert_eq!(
        check(&[&[0, 2, 3, 7], &[1, 4, 5, 6, 7]]),
        Err(SumError::Partition)
    );
    assert_eq!(check(&[&[0, 0], &[1]]), Err(SumError::Partition));
    assert_eq!(
        check(&[&[0, 1, 2, 3, 4, 5, 6, 7]]),
        Err(SumError::TooFewGroups)
    );
    assert_eq!(check(&[]), Err(SumError::Partition));
}

#[test]
fn a_category_out_of_range_is_refused_in_a_group() {
    let (commitments, openings) = vectors(&[0; 10]);
    let openings: Vec<&Opening> = openings.iter().collect();
    let mut group = open_sum(&openings, &[0]);
    group.categories = vec![8];
    let commitments: Vec<&Commitments> = commitments.iter().collect();
    assert_eq!(
        verify_groups(&commitments, 8, &[group]),
        Err(SumError::Partition)
    );
}

static_assertions::assert_not_impl_any!(Opening: std::fmt::Debug, Clone);
