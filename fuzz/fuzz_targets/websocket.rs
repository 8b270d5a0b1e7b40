//! The frames of a WebSocket.
#![no_main]

use heliograph_testkit::fuzzing::target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target("websocket").expect("it is in the list")(data));
