//! Requests raised to the canonical layer, answers lowered to older ones.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("layers").expect("it is in the list")(data));
