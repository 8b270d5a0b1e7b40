//! Entries of the public log, and the files around them.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("entries").expect("it is in the list")(data));
