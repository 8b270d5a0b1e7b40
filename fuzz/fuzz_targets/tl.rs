//! Values of the canonical layer.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("tl").expect("it is in the list")(data));
