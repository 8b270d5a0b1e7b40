//! Which approvals count, and which do not.

use super::world::{NOON_S, STAFF, World, answer_all, order, receive};
use crate::case::State;
use crate::flow::{FlowError, Office, Progress};
use crate::response::ResponseError;
use ed25519_dalek::Signer;
use heliograph_desk_store::{CaseId, DeskError};
use heliograph_transparency::entry::KeyRole;
use heliograph_transparency::files::{Base64, Response};

const NOW_S: u64 = NOON_S + 3_600;

fn prepared(world: &World) -> (Office, CaseId) {
    let office = world.office();
    let (case, _) = receive(world, &office, &order(), NOON_S);
    office.advance(case, NOW_S).expect("entered");
    answer_all(&office, case, NOW_S);
    office.prepare(STAFF, case, NOW_S).expect("prepared");
    (office, case)
}

fn response(world: &World, office: &Office, case: CaseId, officer: u16) -> Response {
    let bundle = office.bundle(STAFF, case, 0, NOW_S).expect("a bundle");
    world.respond(&bundle, officer, NOW_S)
}

fn opened(world: &World) -> bool {
    !world.outside().answered.is_empty()
}

#[test]
fn one_officer_alone_opens_nothing_however_often() {
    let world = World::new();
    let (office, case) = prepared(&world);
    for _ in 0..3 {
        let own = response(&world, &office, case, 1);
        let tally = office.respond(STAFF, case, &own, NOW_S).expect("kept");
        assert_eq!((tally.approve.len(), tally.need), (1, 2));
    }
    let waiting = Progress::AwaitingPeople(State::AwaitingApprovals);
    assert_eq!(office.advance(case, NOW_S).expect("waits"), waiting);
    assert!(!opened(&world));
}

#[test]
fn a_response_about_anything_else_is_refused() {
    let world = World::new();
    let (office, case) = prepared(&world);
    let good = response(&world, &office, case, 1);
    let other = |change: fn(&mut Response)| {
        let mut changed = good.clone();
        change(&mut changed);
        match office.respond(STAFF, case, &changed, NOW_S) {
            Err(FlowError::Response(error)) => error,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("accepted"),
        }
    };
    let about = |what| ResponseError::Other(what);
    assert_eq!(other(|r| r.origin = "demo.other/log".into()), about("log"));
    assert_eq!(other(|r| r.request += 1), about("case"));
    assert_eq!(other(|r| r.records_root.0[0] ^= 1), about("set of records"));
    assert_eq!(other(|r| r.n += 1), about("number of records"));
    assert_eq!(
        other(|r| r.fingerprint = "00".repeat(32)),
        about("key to deliver to")
    );
    assert_eq!(
        other(|r| r.officers += 1),
        ResponseError::NotInForce(good.officers + 1)
    );
    assert_eq!(other(|r| r.officer = 9), ResponseError::Unknown(9));
    // Another officer's name, another term, another verdict: the signature is over something else.
    assert_eq!(other(|r| r.officer = 2), ResponseError::Signature(2));
    assert_eq!(other(|r| r.not_after += 1), ResponseError::Signature(1));
    assert_eq!(
        other(|r| r.signature.0[0] ^= 1),
        ResponseError::Signature(1)
    );
    assert_eq!(
        other(|r| r.verdict = "refuse impossible".into()),
        ResponseError::Signature(1)
    );
    assert_eq!(other(|r| r.not_after = NOW_S - 1), ResponseError::Term);
    assert_eq!(
        other(|r| r.not_after = NOW_S + 72 * 3_600 + 1),
        ResponseError::Term
    );
    let few = ResponseError::Count {
        expected: 3,
        found: 2,
    };
    assert_eq!(other(|r| drop(r.partials.pop())), few);
    assert!(matches!(
        other(|r| r.partials.swap(0, 1)),
        ResponseError::Partial { record: 0, .. }
    ));
    office
        .respond(STAFF, case, &good, NOW_S)
        .expect("the response itself is good");
}

#[test]
fn every_altered_byte_of_a_partial_decryption_is_noticed() {
    let world = World::new();
    let (office, case) = prepared(&world);
    let good = response(&world, &office, case, 1);
    for at in 0..good.partials[2].0.len() {
        let mut changed = good.clone();
        changed.partials[2].0[at] ^= 1;
        let refused = office.respond(STAFF, case, &changed, NOW_S);
        assert!(matches!(refused, Err(FlowError::Response(_))), "byte {at}");
    }
}

#[test]
fn an_approval_of_one_case_is_none_of_another() {
    let world = World::new();
    let (office, first) = prepared(&world);
    let own = response(&world, &office, first, 1);
    // The same order again is another case: other entry, other salts.
    let (second, _) = receive(&world, &office, &order(), NOW_S);
    office.advance(second, NOW_S + 3_600).expect("entered");
    answer_all(&office, second, NOW_S + 3_600);
    office
        .prepare(STAFF, second, NOW_S + 3_600)
        .expect("prepared");
    let refused = office.respond(STAFF, second, &own, NOW_S);
    assert!(matches!(
        refused,
        Err(FlowError::Response(ResponseError::Other("case")))
    ));
    // Nor with the index rewritten: signature and proofs name the entry.
    let mut moved = own.clone();
    moved.request = office
        .load(second)
        .expect("loads")
        .logged("request")
        .expect("logged");
    let refused = office.respond(STAFF, second, &moved, NOW_S);
    assert!(matches!(
        refused,
        Err(FlowError::Response(ResponseError::Signature(1)))
    ));
    // Signed anew by the officer's own key, the partial decryptions still name the first case.
    let bundle = office.bundle(STAFF, second, 0, NOW_S).expect("a bundle");
    let mut spliced = world.respond(&bundle, 1, NOW_S);
    spliced.partials = own
        .partials
        .iter()
        .map(|bytes| Base64(bytes.0.clone()))
        .collect();
    let refused = office.respond(STAFF, second, &spliced, NOW_S);
    assert!(matches!(
        refused,
        Err(FlowError::Response(ResponseError::Partial {
            record: 0,
            ..
        }))
    ));
}

#[test]
fn approvals_that_have_run_out_are_asked_for_again() {
    let world = World::new();
    let (office, case) = prepared(&world);
    world.approve(&office, case, &[1, 2], NOW_S);
    // Nobody came to log the opening in time.
    office.tick(NOW_S).expect("ticks");
    assert_eq!(office.load(case).expect("loads").state, State::Approved);
    let late_s = NOW_S + 3_601;
    office.tick(late_s).expect("asks again");
    let waiting = Progress::AwaitingPeople(State::AwaitingApprovals);
    assert_eq!(office.progress(case).expect("read"), waiting);
    assert_eq!(
        office.approvals(case, late_s).expect("read").approve,
        [0; 0]
    );
    // One of them, and a third: the approval that ran out is not counted.
    world.approve(&office, case, &[3], late_s);
    assert_eq!(office.advance(case, late_s).expect("waits"), waiting);
    world.approve(&office, case, &[2], late_s);
    assert_eq!(
        office.advance(case, late_s).expect("opened"),
        Progress::Ended
    );
}

#[test]
fn shares_that_were_refreshed_do_not_count() {
    let world = World::new();
    let (office, case) = prepared(&world);
    world.approve(&office, case, &[1], NOW_S);
    let stale = response(&world, &office, case, 2);
    drop(office);
    {
        // The shares are refreshed: another entry, other points.
        let mut outside = world.outside();
        outside.scene.today = heliograph_transparency::entry::Day::of_unix(NOW_S);
        let refreshed = outside.scene.keys(KeyRole::Officers, 0, 1);
        outside.scene.push(refreshed);
    }
    let office = world.office();
    let refused = office.respond(STAFF, case, &stale, NOW_S);
    assert!(matches!(
        refused,
        Err(FlowError::Response(ResponseError::NotInForce(_)))
    ));
    assert!(!opened(&world));
}

#[test]
fn an_order_edited_after_it_was_signed_has_another_bundle() {
    // What officers sign hangs on the root in the log: the fields of the bundle must hash to it.
    let world = World::new();
    let (office, case) = prepared(&world);
    let bundle = office.bundle(STAFF, case, 0, NOW_S).expect("a bundle");
    let (fields, salts) = bundle.opened_fields().expect("twelve fields");
    let root = office.load(case).expect("loads").fields().expect("fields");
    let key = office.load(case).expect("loads").keys.log();
    let logged = world
        .outside()
        .scene
        .ledger
        .cases()
        .at(bundle.request)
        .expect("logged")
        .fields;
    assert_eq!(root.root(&key), logged);
    assert_eq!(fields.root(&key), logged);
    assert_eq!(
        salts[0],
        key.salt(heliograph_transparency::case::Field::Received)
    );
}

#[test]
fn of_two_officers_who_answer_at_once_both_count() {
    for _ in 0..3 {
        let world = World::new();
        let (office, case) = prepared(&world);
        let responses = [1, 2, 3].map(|officer| response(&world, &office, case, officer));
        let counted: usize = std::thread::scope(|scope| {
            let office = &office;
            let threads: Vec<_> = responses
                .iter()
                .map(|own| scope.spawn(move || office.respond(STAFF, case, own, NOW_S)))
                .collect();
            let done = threads
                .into_iter()
                .map(|thread| thread.join().expect("ends"));
            done.filter(|done| match done {
                Ok(_) => true,
                // The third comes when two were enough.
                Err(FlowError::Store(DeskError::Stale) | FlowError::State(..)) => false,
                Err(other) => panic!("{other}"),
            })
            .count()
        });
        assert_eq!(counted, 2);
        // Two advance it at once: one opening, one package.
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| match office.advance(case, NOW_S) {
                    Ok(_) | Err(FlowError::Store(DeskError::Stale | DeskError::Done(_))) => {}
                    Err(other) => panic!("{other}"),
                });
            }
        });
        office.advance(case, NOW_S).expect("at its end");
        let outside = world.outside();
        assert_eq!(outside.scene.ledger.cases().openings().count(), 1);
        drop(outside);
        let packages = office
            .desk()
            .view(|view| view.packages_of(case))
            .expect("read");
        assert_eq!(packages.len(), 1);
    }
}

#[test]
fn a_refusal_is_kept_with_its_reason() {
    let world = World::new();
    let (office, case) = prepared(&world);
    let mut refusal = response(&world, &office, case, 1);
    refusal.verdict = "refuse immunity-or-expression".into();
    refusal.partials.clear();
    let approval = {
        let outside = world.outside();
        let logged = outside
            .scene
            .ledger
            .cases()
            .at(refusal.request)
            .expect("logged");
        let mut fingerprint = [0; 32];
        for (byte, at) in fingerprint.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&refusal.fingerprint[at..at + 2], 16).expect("digits");
        }
        let approval = heliograph_transparency::approval::Approval {
            origin: &refusal.origin,
            request: refusal.request,
            entry_hash: logged.hash,
            case_hash: logged.fields,
            records_root: heliograph_transparency::tree::Hash(refusal.records_root.0),
            n: refusal.n,
            fingerprint,
            officers: refusal.officers,
            verdict: heliograph_transparency::approval::Verdict::parse(&refusal.verdict)
                .expect("a verdict"),
            not_after_s: refusal.not_after,
        };
        outside.scene.officers[&1]
            .sign(&approval.message())
            .to_bytes()
    };
    refusal.signature.0 = approval;
    let tally = office.respond(STAFF, case, &refusal, NOW_S).expect("kept");
    assert!(tally.approve.is_empty());
    assert_eq!(tally.refuse, [(1, "immunity-or-expression".to_owned())]);
}
