//! Key sets, sealed records and partial decryptions.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("vault").expect("it is in the list")(data));
