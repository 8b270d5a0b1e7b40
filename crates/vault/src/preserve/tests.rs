//! What survives the erasure of a day's keys, and what does not.

use super::*;
use crate::open::OpenError;
use crate::scene::{self, CASE, Scene, is_sealed_plaintext};

const ORDER: [u8; 32] = [0xb1; 32];
const NAMING_THE_ORDER: CaseContext = CaseContext {
    preserved: Some(ORDER),
    ..CASE
};

fn kept(scene: &Scene, record: &VerifiedRecord) -> Vec<Preserved> {
    let keep = |share| preserve(share, record, &scene.keys, ORDER, &[1; 32]);
    scene
        .custodians
        .iter()
        .map(|share| keep(share).expect("a custodian"))
        .collect()
}

fn released(kept: &Preserved, scene: &Scene, record: &VerifiedRecord) -> Partial {
    let released = kept
        .release(record, &scene.keys, &NAMING_THE_ORDER)
        .expect("named");
    Partial::parse(&*released.to_bytes()).expect("its own encoding")
}

#[test]
fn preserved_record_opens_after_its_keys_are_erased_and_its_neighbour_does_not() {
    let mut scene = Scene::ip();
    let (record, neighbour) = (scene.record(1), scene.record(2));
    let (kept, secret) = (kept(&scene, &record), scene.secret(&record));
    let person = scene.person();

    // Day 91: custodians erase their shares, the keeper the day's secret. And the account is
    // deleted, its secret with it.
    scene.custodians.clear();
    scene.user = crate::secrets::UserSecret::new([0; 32]);
    scene.day = crate::secrets::DaySecret::new(scene::DAY, [0; 32]);

    let open = |record: &VerifiedRecord| {
        let officers: Vec<_> = (1..=3).map(|index| scene.officer(index, record)).collect();
        let custodians: Vec<_> = kept[1..].iter().map(released_any).collect();
        crate::open::Opening {
            record,
            keys: &scene.keys,
            case: &NAMING_THE_ORDER,
            user: person,
            secret: &secret,
        }
        .open(&officers, &custodians)
    };
    assert!(open(&record).is_ok_and(|opened| is_sealed_plaintext(&opened)));
    let error = open(&neighbour).err();
    assert!(matches!(
        error,
        Some(OpenError::Partial {
            error: PartialError::Proof(2),
            ..
        })
    ));
}

/// What a custodian who does not check would hand out.
fn released_any(kept: &Preserved) -> Partial {
    Partial::parse(&*kept.partial.to_bytes()).expect("its own encoding")
}

#[test]
fn kept_answers_and_fresh_ones_open_together() {
    // One custodian has lost its share of a key that the other still has.
    let scene = Scene::phone();
    let record = scene.record(1);
    let officers: Vec<_> = (2..=4).map(|index| scene.officer(index, &record)).collect();
    let custodians = [
        released(&kept(&scene, &record)[0], &scene, &record),
        scene.custodian(3, &record),
    ];
    let opened = scene.open_with(&record, &NAMING_THE_ORDER, &officers, &custodians);
    assert!(opened.is_ok_and(|opened| is_sealed_plaintext(&opened)));
}

#[test]
fn case_that_does_not_name_the_order_gets_nothing() {
    let scene = Scene::ip();
    let (record, other) = (scene.record(1), scene.record(2));
    let kept = kept(&scene, &record);
    let ask = |record, preserved| {
        let case = CaseContext { preserved, ..CASE };
        kept[0].release(record, &scene.keys, &case).err()
    };
    assert_eq!(ask(&record, None), Some(ReleaseError::Order));
    assert_eq!(ask(&record, Some([0; 32])), Some(ReleaseError::Order));
    assert_eq!(ask(&record, Some(CASE.open)), Some(ReleaseError::Order));
    assert_eq!(ask(&other, Some(ORDER)), Some(ReleaseError::Record));
    assert_eq!(ask(&record, Some(ORDER)), None);

    // Nor does it count if a custodian hands it out all the same.
    let leaked = released_any(&kept[0]);
    let verified = leaked.verify(&record, &scene.keys, &CASE);
    assert_eq!(verified, Err(PartialError::Context(1)));
}

#[test]
fn kept_answer_of_replaced_shares_is_not_handed_out() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let kept = kept(&scene, &record);
    let mut ceremony = scene.sealing.gate().ceremony;
    ceremony.generation = 1;
    let (gate, _) = scene::deal(ceremony, 2, &[1, 2, 3], 1);
    let officers = scene.sealing.officers().clone();
    let keys = OpeningKeys::refreshed(scene.sealing.clone(), officers, gate).expect("same key");
    let error = kept[0].release(&record, &keys, &NAMING_THE_ORDER).err();
    let expected = PartialError::Generation {
        index: 1,
        found: 0,
        current: 1,
    };
    assert_eq!(error, Some(ReleaseError::Partial(expected)));
}

#[test]
fn what_is_kept_is_read_back() {
    let scene = Scene::ip();
    let record = scene.record(1);
    let kept = &kept(&scene, &record)[0];
    let bytes = kept.to_bytes();
    let read = Preserved::parse(&*bytes).expect("its own encoding");
    assert_eq!(
        (read.record(), read.to_bytes()),
        (record.hash(), kept.to_bytes())
    );
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        if let Ok(read) = Preserved::parse(&*altered) {
            let released = read.release(&record, &scene.keys, &NAMING_THE_ORDER);
            assert!(released.is_err(), "byte {at}");
        }
    }
}

#[test]
fn answer_in_a_case_is_not_taken_for_a_kept_one() {
    let scene = Scene::ip();
    let record = scene.record(1);
    let mut bytes = [1; Preserved::BYTES];
    bytes[1..33].copy_from_slice(&record.hash().0);
    bytes[33..].copy_from_slice(&*scene.custodian(1, &record).to_bytes());
    assert_eq!(
        Preserved::parse(&bytes).err(),
        Some(ParseError::Value("context"))
    );
}

#[test]
fn officers_preserve_nothing() {
    let scene = Scene::ip();
    let share = scene::share(&scene.officers, 1);
    let made = preserve(share, &scene.record(1), &scene.keys, ORDER, &[1; 32]);
    assert_eq!(made.err(), Some(PartialError::Share(1)));
}
