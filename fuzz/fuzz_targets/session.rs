//! A session: containers, service messages, repeats and answers in any order.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("session").expect("it is in the list")(data));
