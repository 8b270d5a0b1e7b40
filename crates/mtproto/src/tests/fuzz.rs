use crate::Entropy;
use crate::fuzzing::{
    Seeded, fuzz_envelope, fuzz_handshake, fuzz_session, fuzz_transport, fuzz_websocket,
};

/// Runs a target on random bytes of random length, sprinkled with words that mean something.
fn run(seed: u64, iterations: usize, longest: usize, target: fn(&[u8])) {
    let mut random = Seeded::new(seed);
    for _ in 0..iterations {
        let mut data = vec![0; random.below(longest)];
        random.fill(&mut data);
        for _ in 0..random.below(4) {
            let word = WORDS[random.below(WORDS.len())];
            let at = random.below(data.len().max(4));
            if let Some(place) = data.get_mut(at..at + 4) {
                place.copy_from_slice(&word);
            }
        }
        target(&data);
    }
}

const WORDS: [[u8; 4]; 10] = [
    [0xef, 1, 0, 0],
    [0xee; 4],
    [0xdd; 4],
    [0; 4],
    [0xff; 4],
    [0x10, 0, 0, 0],
    *b"GET ",
    [0x15, 0xc4, 0xb5, 0x1c],
    [0xdc, 0xf8, 0xf1, 0x73],
    [0xa1, 0xcf, 0x72, 0x30],
];

#[test]
fn transports_survive_anything() {
    run(1, 5000, 300, fuzz_transport);
    for first in [
        &[40, 0xef][..],
        &[3, 0xee, 0xee, 0xee, 0xee],
        &[9, 0xdd, 0xdd, 0xdd, 0xdd],
    ] {
        let mut random = Seeded::new(2);
        for _ in 0..1000 {
            let mut data = vec![0; random.below(200)];
            random.fill(&mut data);
            data.splice(..0, first.iter().copied());
            fuzz_transport(&data);
        }
    }
}

#[test]
fn websockets_survive_anything() {
    run(6, 5000, 300, fuzz_websocket);
}

#[test]
fn envelopes_survive_anything() {
    run(3, 3000, 300, fuzz_envelope);
}

#[test]
fn key_exchanges_survive_anything() {
    run(4, 60, 300, fuzz_handshake);
}

#[test]
fn sessions_survive_anything_and_run_nothing_twice() {
    run(5, 5000, 600, fuzz_session);
}
