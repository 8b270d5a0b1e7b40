//! Tiles, checkpoints, proofs, policies and vectors of the public log.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("log").expect("it is in the list")(data));
