//! Recognising a transport and cutting packets out of it.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("transport").expect("it is in the list")(data));
