//! What the vault costs. Prints, and asserts nothing:
//! `cargo test --release -p heliograph-vault timing -- --ignored --nocapture`

use crate::partial::{custodian_partial, officer_partial};
use crate::record::{SealedRecord, seal_phone};
use crate::scene::{self, CASE, Scene, USER_ID};
use std::hint::black_box;
use std::time::Instant;

#[test]
#[ignore = "a measurement, meaningful in a release build on a quiet machine"]
fn timing_of_sealing_and_opening() {
    let scene = Scene::phone();
    let record = scene.record(1);
    let bytes = record.to_bytes();
    let officer = scene::share(&scene.officers, 1);
    let custodian = scene::share(&scene.custodians, 1);
    let partial = scene.officer(1, &record);

    measure("verify a key set of 5", || {
        black_box(
            crate::keyset::KeySet::clone(scene.sealing.officers())
                .verify()
                .is_ok(),
        )
    });
    measure("seal a record", || {
        let phone = scene::phone();
        black_box(seal_phone(&scene.sealing, &scene.user, USER_ID, &phone, &[2; 32]).is_ok())
    });
    measure("read and verify a record", || {
        let read = SealedRecord::parse(&bytes).expect("well-formed");
        black_box(read.verify().is_ok())
    });
    measure("officer's partial decryption", || {
        let made = officer_partial(officer, &record, &scene.keys, CASE.request, &[2; 32]);
        black_box(made.is_ok())
    });
    measure("custodian's partial decryption", || {
        let made = custodian_partial(custodian, &record, &scene.keys, CASE.open, &[2; 32]);
        black_box(made.is_ok())
    });
    measure("verify a partial decryption", || {
        black_box(partial.verify(&record, &scene.keys, &CASE).is_ok())
    });
    measure("open with 3 of 5 and 2 of 3, holders included", || {
        let read = SealedRecord::parse(&bytes).expect("well-formed");
        let record = read.verify().expect("genuine");
        black_box(scene.open(&record, &[1, 3, 5], &[1, 2]).is_ok())
    });
}

/// Prints the best and the median of many runs, in microseconds.
fn measure(what: &str, mut run: impl FnMut() -> bool) {
    let mut times_us: Vec<f64> = (0..500)
        .map(|_| {
            let start = Instant::now();
            assert!(run());
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times_us.sort_by(f64::total_cmp);
    let (best, median) = (times_us[0], times_us[times_us.len() / 2]);
    println!("{what:<50} best {best:8.1} us, median {median:8.1} us");
}
