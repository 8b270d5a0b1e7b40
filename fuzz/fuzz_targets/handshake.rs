//! The messages of a key exchange.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("handshake").expect("it is in the list")(data));
