//! Whether the time of a failed key exchange tells why it failed.
//!
//! A statistical test in the manner of dudect (Reparaz, Balasch and Verbauwhede, "Dude, is my code
//! constant time?", 2017): exchanges that fail for different reasons come in random order, each is
//! timed, and Welch's t-test asks of each two reasons whether their times have the same mean. The
//! slowest measurements, those that were interrupted, are cut off at several bounds.
//!
//! It takes minutes and a release build, so `cargo xtask soak` runs it and the ordinary tests do
//! not. `HELIOGRAPH_TIMING_SAMPLES` and `HELIOGRAPH_SEED` make it longer and different.
//!
//! What anyone can see to be wrong fails before any arithmetic and is not compared here. A data
//! centre that we do not know is no failure: it is echoed.
#![expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds and counts of minutes are far below 2^52"
)]

use std::collections::HashMap;
use std::time::Instant;

use zeroize::Zeroizing;

use super::{NOW, server_key};
use crate::{
    client::{
        Inner, Options, RsaPadding, ServerPublicKey, Start, encrypt, factor, rsa_pad, sha1_padding,
    },
    dh::{DhPair, PRIME},
    entropy::draw,
    fuzzing::Seeded,
    handshake::{Handshakes, Outcome, Step, TempKey},
    pq::PqPool,
    server_key::encrypt_raw,
    wire::{CLIENT_DH_INNER_DATA, Object, REQ_DH_PARAMS, SET_CLIENT_DH_PARAMS},
};

/// How many exchanges fail for each reason unless told. What difference would show with so many
/// depends on how quiet the machine is; it is printed as `seen_ns`.
const SAMPLES: usize = 20_000;

/// Beyond this the means differ; by chance alone one pair in 150,000 gets there.
const T_MAX: f64 = 4.5;

/// Which part of all measurements is kept, the quickest first.
const KEPT: [f64; 4] = [1.0, 0.99, 0.9, 0.5];

/// A reason to fail: what it is called, and a message that fails for it.
type Reason = (&'static str, fn(&mut Bench) -> Vec<u8>);

/// Failures in `req_DH_params`, which hang on our RSA key, in either padding.
const SECOND_STEP: [Reason; 12] = [
    ("rsa_pad: hash", |bench| {
        bench.rsa_block(|bench, data| {
            let mut block = rsa_pad(data, &mut bench.entropy);
            block[255] ^= 1;
            block
        })
    }),
    ("rsa_pad: pq", |bench| {
        bench.inner(RsaPadding::RsaPad, |inner| inner.pq[7] ^= 1)
    }),
    ("rsa_pad: nonce", |bench| {
        bench.inner(RsaPadding::RsaPad, |inner| inner.nonce[0] ^= 1)
    }),
    ("rsa_pad: server_nonce", |bench| {
        bench.inner(RsaPadding::RsaPad, |inner| inner.server_nonce[15] ^= 1)
    }),
    ("rsa_pad: expires_in", |bench| {
        bench.inner(RsaPadding::RsaPad, |inner| {
            inner.options.expires_in_s = Some(0);
        })
    }),
    ("sha1: hash", |bench| {
        bench.rsa_block(|bench, data| {
            let mut block = sha1_padding(data, &mut bench.entropy);
            block[20] ^= 1;
            block
        })
    }),
    // What would be learnt here (Manger, 2001) opens any ciphertext in time.
    ("sha1: first byte", |bench| {
        bench.rsa_block(|bench, data| {
            let mut block = sha1_padding(data, &mut bench.entropy);
            block[0] = 1;
            block
        })
    }),
    ("sha1: pq", |bench| {
        bench.inner(RsaPadding::Sha1, |inner| inner.pq[7] ^= 1)
    }),
    ("sha1: nonce", |bench| {
        bench.inner(RsaPadding::Sha1, |inner| inner.nonce[0] ^= 1)
    }),
    ("sha1: expires_in", |bench| {
        bench.inner(RsaPadding::Sha1, |inner| {
            inner.options.expires_in_s = Some(0);
        })
    }),
    ("no padding at all", |bench| {
        bench.rsa_block(|bench, _| {
            let mut block: [u8; 256] = draw(&mut bench.entropy);
            block[0] &= 0x7f;
            block
        })
    }),
    ("not below the modulus", |bench| {
        let exchange = bench.begin();
        let (modulus, _) = server_key().public_parts();
        loop {
            let number: [u8; 256] = draw(&mut bench.entropy);
            if number[..] >= modulus[..] {
                return exchange.second(&number);
            }
        }
    }),
];

/// Failures in `set_client_DH_params`, which hang on the secret that both sides know by then.
const THIRD_STEP: [Reason; 6] = [
    ("hash", |bench| {
        bench.power(|nonces| power(nonces, 0, &[9; 256]), 40)
    }),
    ("nonce", |bench| {
        let other = |nonces: &[u8; 32]| nonces.map(|byte| byte ^ 1);
        bench.power(|nonces| power(&other(nonces), 0, &[9; 256]), usize::MAX)
    }),
    ("retry_id", |bench| {
        bench.power(|nonces| power(nonces, 1, &[9; 256]), usize::MAX)
    }),
    ("power of one", |bench| {
        let mut one = [0; 256];
        one[255] = 1;
        bench.power(|nonces| power(nonces, 0, &one), usize::MAX)
    }),
    ("power above the prime", |bench| {
        bench.power(|nonces| power(nonces, 0, &[0xff; 256]), usize::MAX)
    }),
    ("power next to the prime", |bench| {
        let mut below = PRIME;
        below[255] -= 1;
        bench.power(|nonces| power(nonces, 0, &below), usize::MAX)
    }),
];

fn power(nonces: &[u8; 32], retry_id: i64, power: &[u8]) -> Vec<u8> {
    Object::new(CLIENT_DH_INNER_DATA)
        .raw(nonces)
        .long(retry_id)
        .bytes(power)
        .finish()
}

#[test]
#[ignore = "measures time, for minutes: `cargo xtask soak` runs it"]
fn failed_second_steps_cost_alike() {
    compare("req_DH_params", &SECOND_STEP);
}

#[test]
#[ignore = "measures time, for minutes: `cargo xtask soak` runs it"]
fn failed_third_steps_cost_alike() {
    compare("set_client_DH_params", &THIRD_STEP);
}

/// The test must be able to fail: what costs a hundredth more is found.
#[test]
fn a_difference_of_one_percent_is_seen() {
    let mut random = Seeded::new(1);
    let mut noise = |around: f64| around + random.below(1000) as f64 / 10.0;
    let one = (0..SAMPLES).map(|_| noise(1000.0)).collect::<Vec<_>>();
    let same = (0..SAMPLES).map(|_| noise(1000.0)).collect::<Vec<_>>();
    let other = (0..SAMPLES).map(|_| noise(1010.0)).collect::<Vec<_>>();
    assert!(welch(&one, &same).0.abs() < T_MAX);
    assert!(welch(&one, &other).0.abs() > T_MAX);
}

/// Times every reason and prints a line of JSON for each two; fails if any two differ.
fn compare(step: &str, reasons: &[Reason]) {
    let times_ns = measure(reasons);
    let mut leaks = Vec::new();
    // The test harness has begun a line.
    println!();
    for (i, one) in times_ns.iter().enumerate() {
        for (j, other) in times_ns.iter().enumerate().skip(i + 1) {
            let (t, seen_ns) = welch(one, other);
            let (a, b) = (reasons[i].0, reasons[j].0);
            println!(
                "{{\"step\":\"{step}\",\"a\":\"{a}\",\"b\":\"{b}\",\"samples\":{},\"a_ns\":{:.0},\
                 \"b_ns\":{:.0},\"t\":{t:.2},\"seen_ns\":{seen_ns:.0}}}",
                one.len(),
                median(one),
                median(other)
            );
            if t.abs() > T_MAX {
                leaks.push(format!("{a} and {b} differ: t = {t:.2}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// How long exchanges took to fail for each reason, in nanoseconds.
fn measure(reasons: &[Reason]) -> Vec<Vec<f64>> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let samples = number("HELIOGRAPH_TIMING_SAMPLES").map_or(SAMPLES, |samples| samples as usize);
    let mut bench = Bench::new(number("HELIOGRAPH_SEED").unwrap_or(1));
    let mut times_ns = vec![Vec::with_capacity(samples); reasons.len()];
    for _ in 0..samples {
        let mut round: Vec<(usize, Vec<u8>)> = reasons
            .iter()
            .map(|(_, message)| message(&mut bench))
            .enumerate()
            .collect();
        // In another order each time, so that no reason always follows the same other one.
        while !round.is_empty() {
            let (reason, message) = round.swap_remove(bench.entropy.below(round.len()));
            times_ns[reason].push(bench.time(&message));
        }
    }
    times_ns
}

/// A server that is measured.
struct Bench {
    handshakes: Handshakes,
    entropy: Seeded,
    key: ServerPublicKey,
    /// Puzzles repeat, and solving one takes longer than what is measured.
    solved: HashMap<[u8; 8], (u32, u32)>,
}

/// An exchange whose next message is `req_DH_params`.
struct Begun {
    inner: Inner,
    nonces: [u8; 32],
}

impl Begun {
    fn second(&self, encrypted: &[u8]) -> Vec<u8> {
        Object::new(REQ_DH_PARAMS)
            .raw(&self.nonces)
            .bytes(&self.inner.p.to_be_bytes())
            .bytes(&self.inner.q.to_be_bytes())
            .long(server_key().fingerprint())
            .bytes(encrypted)
            .finish()
    }
}

impl Bench {
    fn new(seed: u64) -> Self {
        let mut entropy = Seeded::new(seed);
        let puzzles = PqPool::make(16, &mut entropy);
        Self {
            handshakes: Handshakes::new(puzzles, server_key().fingerprint()),
            key: ServerPublicKey::of(server_key()),
            entropy,
            solved: HashMap::new(),
        }
    }

    /// How long the message takes to fail, in nanoseconds.
    fn time(&mut self, message: &[u8]) -> f64 {
        let begun = Instant::now();
        let step = self.handshakes.receive(message, NOW, &mut self.entropy);
        let Step::Compute(job) = step else {
            panic!("every reason shows only in the arithmetic");
        };
        let output = job.run(server_key(), || DhPair::make(&mut Seeded::new(7)));
        let outcome = self.handshakes.complete(output, NOW, &mut self.entropy);
        let took = begun.elapsed();
        assert!(matches!(outcome, Outcome::Fail));
        took.as_nanos() as f64
    }

    fn begin(&mut self) -> Begun {
        let options = Options {
            expires_in_s: Some(3600),
            ..Options::default()
        };
        let request = Start::new(options, &mut self.entropy).request();
        let Step::Reply(res_pq) = self.handshakes.receive(&request, NOW, &mut self.entropy) else {
            panic!("anyone may begin");
        };
        let nonces: [u8; 32] = res_pq[4..36].try_into().unwrap();
        let pq: [u8; 8] = res_pq[37..45].try_into().unwrap();
        let solve = || factor(u64::from_be_bytes(pq)).unwrap();
        let (p, q) = *self.solved.entry(pq).or_insert_with(solve);
        let inner = Inner {
            options,
            pq,
            p,
            q,
            nonce: nonces[..16].try_into().unwrap(),
            server_nonce: nonces[16..].try_into().unwrap(),
            new_nonce: draw(&mut self.entropy),
        };
        Begun { inner, nonces }
    }

    /// A second message with something wrong in its inner data.
    fn inner(&mut self, padding: RsaPadding, spoil: fn(&mut Inner)) -> Vec<u8> {
        let mut exchange = self.begin();
        spoil(&mut exchange.inner);
        let data = exchange.inner.encode();
        let encrypted = encrypt(&data, padding, &self.key, &mut self.entropy);
        exchange.second(&encrypted)
    }

    /// A second message whose ciphertext decrypts to this block.
    fn rsa_block(&mut self, block: fn(&mut Self, &[u8]) -> [u8; 256]) -> Vec<u8> {
        let exchange = self.begin();
        let data = exchange.inner.encode();
        let (modulus, exponent) = server_key().public_parts();
        loop {
            let block = block(self, &data);
            // A block that happens to be above the modulus is drawn again.
            if let Some(encrypted) = encrypt_raw(&modulus, &exponent, &block) {
                return exchange.second(&encrypted);
            }
        }
    }

    /// A third message with this inner data, whose byte at `damaged` is changed after sealing.
    fn power(&mut self, data: impl FnOnce(&[u8; 32]) -> Vec<u8>, damaged: usize) -> Vec<u8> {
        let exchange = self.begin();
        let inner = exchange.inner.encode();
        let encrypted = encrypt(&inner, RsaPadding::RsaPad, &self.key, &mut self.entropy);
        let second = exchange.second(&encrypted);
        let Step::Compute(job) = self.handshakes.receive(&second, NOW, &mut self.entropy) else {
            panic!("the puzzle is solved");
        };
        let output = job.run(server_key(), || DhPair::make(&mut Seeded::new(7)));
        let outcome = self.handshakes.complete(output, NOW, &mut self.entropy);
        assert!(matches!(outcome, Outcome::Reply(_)));
        let new_nonce = Zeroizing::new(exchange.inner.new_nonce);
        let temp_key = TempKey::derive(&new_nonce, &exchange.inner.server_nonce);
        let mut sealed = temp_key.seal(&data(&exchange.nonces), &mut self.entropy);
        if let Some(byte) = sealed.get_mut(damaged) {
            *byte ^= 1;
        }
        Object::new(SET_CLIENT_DH_PARAMS)
            .raw(&exchange.nonces)
            .bytes(&sealed)
            .finish()
    }
}

/// The largest t over all bounds beyond which measurements are cut off, and the smallest difference
/// of means, in nanoseconds, that would have reached [`T_MAX`] at some bound.
fn welch(one: &[f64], other: &[f64]) -> (f64, f64) {
    let mut all = [one, other].concat();
    all.sort_unstable_by(f64::total_cmp);
    let (mut worst, mut seen) = (0.0_f64, f64::INFINITY);
    for part in KEPT {
        let bound = all[((all.len() as f64 * part) as usize).clamp(1, all.len()) - 1];
        let kept = |times: &[f64]| Sample::of(times.iter().copied().filter(|time| *time <= bound));
        let (one, other) = (kept(one), kept(other));
        let error = one.standard_error(&other);
        let t = (one.mean - other.mean) / error;
        if t.abs() > worst.abs() {
            worst = t;
        }
        seen = seen.min(error * T_MAX);
    }
    (worst, seen)
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Count, mean and variance.
struct Sample {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Sample {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        Self {
            count,
            mean,
            variance: squares / (count - 1.0),
        }
    }

    /// The standard error of the difference between two means: what Welch's t is counted in.
    fn standard_error(&self, other: &Self) -> f64 {
        (self.variance / self.count + other.variance / other.count).sqrt()
    }
}
