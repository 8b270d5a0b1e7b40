//! The header of the PROXY protocol.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("proxy-protocol").expect("it is in the list")(data));
