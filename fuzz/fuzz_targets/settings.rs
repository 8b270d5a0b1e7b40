//! Settings from the environment.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("settings").expect("it is in the list")(data));
