//! The wrappers around a call.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("wrappers").expect("it is in the list")(data));
