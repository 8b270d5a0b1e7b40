//! Random entries, and random changes of good ones.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::entry::fuzzing::{fuzz_entry, fuzz_files, fuzz_ledger};
use crate::fuzzing::Seeded;

fn day() -> impl Strategy<Value = Day> {
    (0..=Day::LAST.0).prop_map(Day)
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn name() -> impl Strategy<Value = String> + Clone {
    "[!-~]{1,100}"
}

fn text() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,198}[!-~])?"
}

fn country() -> impl Strategy<Value = Country> {
    prop::sample::select(Country::all().collect::<Vec<_>>())
}

/// Indices in ascending order.
fn indices(max: usize) -> impl Strategy<Value = Vec<u16>> {
    prop::collection::btree_set(1..=u16::MAX, 1..=max).prop_map(|set| set.into_iter().collect())
}

fn decisions() -> impl Strategy<Value = Body> {
    let offences = prop::collection::btree_set("[a-z0-9-]{1,12}", 1..6);
    let policy = (
        1..=u64::MAX,
        hash(),
        offences,
        1..=366_u32,
        1..=1_000_u32,
        any::<bool>(),
    );
    let policy = policy.prop_map(|(version, terms, offences, days, cap, demo)| Policy {
        version,
        terms,
        offences: offences.into_iter().collect(),
        retention_days: days,
        cap,
        deadline_days: days,
        emergency_hours: days.min(168),
        order_after_days: days,
        demo,
    });
    let custodian = (name(), any::<[u8; 32]>(), name());
    let roster = indices(9).prop_flat_map(move |indices| {
        let count = indices.len();
        let custodians = vec(custodian.clone(), count);
        (1..=u64::MAX, 1..=count as u8, custodians, Just(indices))
    });
    let roster = roster.prop_map(|(set, threshold, custodians, indices)| Roster {
        set,
        mode: if indices.len() == 1 {
            Mode::Local
        } else {
            Mode::Remote
        },
        threshold,
        custodians: indices
            .into_iter()
            .zip(custodians)
            .map(|(index, (name, key, address))| Custodian {
                index,
                name,
                key,
                address,
            })
            .collect(),
    });
    let decision = (country(), word(Door::ALL), text());
    let decision = decision.prop_map(|(code, state, reason)| CountryDecision {
        code,
        state,
        reason,
    });
    let authority = (1..=u64::MAX, word(Change::ALL), hash(), day(), 0..24_u64);
    let authority = authority.prop_map(|(id, action, commitment, day, hour)| Authority {
        id,
        action,
        commitment,
        effective: Hour(Hour::first_of(day).0 + hour),
    });
    let switch = (name(), text(), text());
    let switch = switch.prop_map(|(name, value, reason)| Switch {
        name,
        value,
        reason,
    });
    prop_oneof![
        policy.prop_map(Body::from),
        roster.prop_map(Body::from),
        decision.prop_map(Body::from),
        authority.prop_map(Body::from),
        switch.prop_map(Body::from),
    ]
}

fn moderation() -> impl Strategy<Value = Body> {
    let countries = prop::collection::btree_set(country(), 1..5);
    let scope = prop_oneof![
        Just(Scope::World),
        countries.prop_map(|set| Scope::Countries(set.into_iter().collect())),
    ];
    let hour = || (day(), 0..24_u64).prop_map(|(day, hour)| Hour(Hour::first_of(day).0 + hour));
    let words = (
        word(SubjectKind::ALL),
        word(Act::ALL),
        word(Category::ALL),
        word(Source::ALL),
        [word(Decider::ALL), word(Decider::ALL)],
    );
    let rest = (
        (1..=u64::MAX, 1..=u64::MAX, name()),
        [hash(), hash()],
        scope,
        (prop::option::of(hour()), hour()),
        any::<[Option<u64>; 2]>(),
        prop::option::of(country()),
    );
    let decision = (words, rest).prop_map(|(words, rest)| {
        let (of_kind, act, category, source, [found_by, decided_by]) = words;
        let ((number, terms, clause), [subject, statement], scope, times, links, country) = rest;
        Decision {
            number,
            subject,
            of_kind,
            act,
            scope,
            until: times.0,
            settles: links[0],
            clause,
            terms,
            category,
            source,
            received: times.1,
            country,
            found_by,
            decided_by,
            authority: links[1],
            statement,
        }
    });
    let control = (name(), name(), prop::option::of(hour()), text());
    let control = control.prop_map(|(name, class, until, reason)| Control {
        name,
        class,
        until,
        reason,
    });
    let errand = prop::sample::select(Errand::ALL);
    let deed = (errand, 1..=u64::MAX, prop::option::of(hash()));
    let deed = deed.prop_map(|(what, count, text)| Deed { what, count, text });
    prop_oneof![
        decision.prop_map(Body::from),
        control.prop_map(Body::from),
        deed.prop_map(Body::from),
    ]
}

fn keys() -> impl Strategy<Value = Body> {
    let holder = (
        any::<[u8; 32]>(),
        any::<[[u8; 32]; 2]>(),
        name(),
        any::<[u8; 32]>(),
    );
    let holders = indices(9).prop_flat_map(move |indices| {
        let holders = vec(
            (holder.clone(), prop::option::of("age1[a-z0-9]{58}")),
            indices.len(),
        );
        (Just(indices), holders)
    });
    let key = (
        any::<[[u8; 32]; 3]>(),
        0..=Day::LAST.0,
        any::<u32>(),
        1..=u8::MAX,
    );
    (word(KeyRole::ALL), key, holders).prop_map(|(role, key, (indices, holders))| {
        let ([session, public_key, transcript], epoch, generation, threshold) = key;
        let holders = indices.into_iter().zip(holders);
        let holders = holders.map(
            |(index, ((share_point, proof, name, key), age_recipient))| HolderLine {
                index,
                share_point,
                possession: proof.concat().try_into().unwrap(),
                name,
                key,
                age_recipient,
            },
        );
        Keys {
            role,
            mode: (role != KeyRole::Officers).then_some(Mode::Remote),
            epoch: if role == KeyRole::IpCustodians {
                epoch
            } else {
                0
            },
            generation,
            session,
            threshold,
            public_key,
            transcript,
            holders: holders.collect(),
        }
        .into()
    })
}

fn case_entries() -> impl Strategy<Value = Body> {
    let vector = |dimension: Dimension| {
        let len = encoded_len(dimension.category_count());
        vec(any::<u8>(), len)
    };
    let request = (
        (
            1..=u64::MAX,
            word(Priority::ALL),
            prop::option::of(any::<u64>()),
            hash(),
            day(),
        ),
        vector(Dimension::Region),
        vector(Dimension::Kind),
    );
    let request =
        request.prop_map(
            |((number, priority, follows, fields, due), region, kind)| Request {
                number,
                priority,
                follows,
                fields,
                region,
                kind,
                due: due.monday_on_or_after(),
            },
        );
    let open = (
        any::<[u64; 2]>(),
        hash(),
        1..=1_000_u32,
        hash(),
        any::<Option<u64>>(),
    );
    let open = open.prop_map(
        |([request, officers], records, n, approvals, preserved)| Open {
            request,
            officers,
            records,
            n,
            approvals,
            preserved,
        },
    );
    let closed = (
        any::<(u64, Option<u64>)>(),
        word(Ending::ALL),
        vector(Dimension::Outcome),
    );
    let closed = closed.prop_map(|((request, open), result, outcome)| Closed {
        request,
        open,
        result,
        outcome,
    });
    let notice = (any::<u64>(), hash(), prop::option::of(day()));
    let notice = notice.prop_map(|(request, commitment, until)| Notice {
        request,
        commitment,
        state: until.map_or(NoticeState::Told, |_| NoticeState::Delayed),
        until,
    });
    let shown = (any::<[u8; 32]>(), "[^\\p{C}]{1,60}").prop_map(|(salt, value)| (salt, value));
    let opened = move |dimension: Dimension| {
        let count = dimension.category_count();
        (0..count, vec(any::<u8>(), 32 * count)).prop_map(|(category, blindings)| OpenedVector {
            category,
            blindings,
        })
    };
    let reveal = (
        any::<(u64, u32)>(),
        vec(shown, Field::ALL.len()),
        opened(Dimension::Region),
        opened(Dimension::Kind),
        opened(Dimension::Outcome),
    );
    let reveal = reveal.prop_map(|((request, hours), shown, region, kind, outcome)| Reveal {
        request,
        hours,
        fields: std::array::from_fn(|position| {
            let (salt, value) = shown[position].clone();
            if Field::ALL[position].is_revealed() {
                Shown::Opened { salt, value }
            } else {
                Shown::Hidden(Hash(salt))
            }
        }),
        region,
        kind,
        outcome,
    });
    prop_oneof![
        request.prop_map(Body::from),
        open.prop_map(Body::from),
        closed.prop_map(Body::from),
        notice.prop_map(Body::from),
        reveal.prop_map(Body::from),
    ]
}

fn report() -> impl Strategy<Value = Body> {
    let place = prop_oneof![
        country().prop_map(Place::Country),
        word(Region::ALL).prop_map(Place::Region),
        Just(Place::World),
    ];
    let counts = prop::collection::btree_map(word(Column::ALL), any::<u64>(), 1..9);
    let claims = prop::collection::btree_map(place, counts, 0..9);
    let group =
        |dimension: Dimension| prop::collection::btree_set(0..dimension.category_count(), 1..4);
    let sum = word(Dimension::ALL).prop_flat_map(move |dimension| {
        let figures = (any::<[u64; 3]>(), any::<[u8; 32]>());
        (Just(dimension), group(dimension), figures)
    });
    let sum = sum.prop_map(
        |(dimension, categories, ([from, to, count], blinding))| Sum {
            dimension,
            from: from.min(to),
            to: from.max(to),
            categories: categories.into_iter().collect(),
            count,
            blinding,
        },
    );
    let parts = (1..=1_000_u32, 1..=1_000_u32);
    (day(), any::<[u64; 2]>(), parts, claims, vec(sum, 0..5)).prop_map(
        |(day, [from, to], (part, parts), claims, mut sums)| {
            let order = |sum: &Sum| (sum.dimension, sum.categories[0]);
            sums.sort_by_key(order);
            sums.dedup_by_key(|sum| order(sum));
            let claims = claims.into_iter().map(|(place, counts)| Claim {
                place,
                counts: counts.into_iter().collect(),
            });
            Report {
                quarter: day.quarter(),
                part: part.min(parts),
                parts: part.max(parts),
                from: from.min(to),
                to: from.max(to),
                claims: claims.collect(),
                sums,
            }
            .into()
        },
    )
}

fn signed() -> impl Strategy<Value = Vec<Signed>> {
    let signature = any::<[[u8; 32]; 2]>();
    let signature = signature.prop_map(|halves| halves.concat().try_into().unwrap());
    indices(5).prop_flat_map(move |indices| {
        let signatures = vec(signature.clone(), indices.len());
        signatures.prop_map(move |signatures: Vec<[u8; 64]>| {
            let pairs = indices.iter().zip(signatures);
            pairs
                .map(|(index, signature)| Signed {
                    index: *index,
                    signature,
                })
                .collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_entry_reads_back_as_it_was_written(
        date in day(),
        body in prop_oneof![decisions(), moderation(), keys(), case_entries(), report()],
        by in signed(),
        prior in signed(),
    ) {
        let mut entry = Entry::new(date, body);
        if entry.body.is_signed() {
            entry.by = by;
        }
        if matches!(&entry.body, Body::Keys(keys) if keys.role == KeyRole::Officers) {
            entry.prior = prior;
        }
        // The random keys of two holders are never the same.
        let bytes = entry.to_bytes().unwrap();
        prop_assert_eq!(Entry::parse(&bytes).unwrap(), entry);
    }
}

/// Gives `target` the good inputs with a few changes.
fn run(seed: u64, rounds: usize, good: &[Vec<u8>], target: fn(&[u8])) {
    let mut seeded = Seeded::new(seed);
    for _ in 0..rounds {
        let mut input = good[seeded.below(good.len())].clone();
        for _ in 0..=seeded.below(3) {
            let at = seeded.below(input.len() + 1);
            let byte = b"\n \x00-0A,\"}=\xff"[seeded.below(11)];
            match seeded.below(5) {
                0 => input.insert(at, byte),
                1 => input.truncate(at),
                2 if at < input.len() => input[at] = byte,
                3 if at < input.len() => input[at] ^= 1 << seeded.below(8),
                _ => {
                    let other = &good[seeded.below(good.len())];
                    let from = seeded.below(other.len());
                    input.truncate(at);
                    input.extend_from_slice(&other[from..]);
                }
            }
        }
        target(&input);
    }
}

#[test]
fn parsers_survive_anything_and_write_back_what_they_accept() {
    let entries: Vec<Vec<u8>> = one_of_each()
        .iter()
        .map(|entry| entry.to_bytes().unwrap())
        .collect();
    for entry in &entries {
        fuzz_entry(entry);
    }
    run(1, 20_000, &entries, fuzz_entry);
    run(2, 5_000, &crate::files::tests::good_files(), fuzz_files);
}

#[test]
fn a_ledger_survives_any_entries() {
    let scene = Scene::new("demo.example/log", START);
    let log = scene.entries.join(&0);
    fuzz_ledger(&log);
    run(3, 60, &[log], fuzz_ledger);
}
