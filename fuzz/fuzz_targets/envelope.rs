//! Encrypted and unencrypted packets, compressed messages, the proof that binds a temporary key.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("envelope").expect("it is in the list")(data));
