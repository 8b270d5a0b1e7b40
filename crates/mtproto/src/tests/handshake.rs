//! Whole key exchanges, and everything that can go wrong in one.

use zeroize::Zeroizing;

use super::{NOW, server_key};
use crate::{
    client::{
        Agreed, Finished, Inner, Options, RsaPadding, ServerPublicKey, Start, encrypt, factor,
    },
    dh::{DhPair, PRIME},
    fuzzing::Seeded,
    handshake::{Candidate, Handshakes, NewKey, Outcome, Step, TempKey},
    msg_id::UnixMillis,
    pq::PqPool,
    wire::{
        CLIENT_DH_INNER_DATA, DH_GEN_FAIL, DH_GEN_RETRY, Object, REQ_DH_PARAMS,
        SET_CLIENT_DH_PARAMS, constructor,
    },
};

/// A server, with what a caller would do around it.
struct Server {
    handshakes: Handshakes,
    entropy: Seeded,
    now: UnixMillis,
}

enum Said {
    Reply(Vec<u8>),
    Agreed(Box<Candidate>),
    Fail,
}

impl Server {
    fn new(seed: u64) -> Self {
        let mut entropy = Seeded::new(seed);
        Self {
            handshakes: Handshakes::new(PqPool::make(3, &mut entropy), server_key().fingerprint()),
            entropy,
            now: NOW,
        }
    }

    fn say(&mut self, message: &[u8]) -> Said {
        match self
            .handshakes
            .receive(message, self.now, &mut self.entropy)
        {
            Step::Reply(reply) => Said::Reply(reply),
            Step::Fail => Said::Fail,
            Step::Compute(job) => {
                let output = job.run(server_key(), || DhPair::make(&mut self.entropy));
                match self
                    .handshakes
                    .complete(output, self.now, &mut self.entropy)
                {
                    Outcome::Reply(reply) => Said::Reply(reply),
                    Outcome::Agreed(candidate) => Said::Agreed(candidate),
                    Outcome::Fail => Said::Fail,
                }
            }
        }
    }

    fn reply_to(&mut self, message: &[u8]) -> Vec<u8> {
        match self.say(message) {
            Said::Reply(reply) => reply,
            Said::Agreed(_) | Said::Fail => panic!("expected a reply"),
        }
    }

    /// The message must fail, and leave nothing behind.
    #[track_caller]
    fn fails(&mut self, message: &[u8]) {
        assert!(matches!(self.say(message), Said::Fail));
        assert_eq!(self.handshakes.pending(), 0);
    }
}

fn public_key() -> ServerPublicKey {
    ServerPublicKey::of(server_key())
}

/// Goes through an exchange up to the point where both sides have computed the key.
fn agree(server: &mut Server, options: Options) -> (Box<Candidate>, Agreed, Vec<u8>) {
    let mut entropy = Seeded::new(77);
    let start = Start::new(options, &mut entropy);
    let res_pq = server.reply_to(&start.request());
    let (request, chosen) = start.choose(&res_pq, &public_key(), &mut entropy).unwrap();
    let params = server.reply_to(&request);
    let (request, agreed) = chosen.agree(&params, &mut entropy).unwrap();
    match server.say(&request) {
        Said::Agreed(candidate) => (candidate, agreed, request),
        Said::Reply(_) | Said::Fail => panic!("expected a key"),
    }
}

fn make_key(options: Options) -> (NewKey, Finished) {
    let (candidate, agreed, _) = agree(&mut Server::new(1), options);
    let (reply, key) = candidate.accept();
    (key, agreed.finish(&reply).unwrap())
}

#[test]
fn every_kind_of_client_gets_a_key() {
    for multi in [false, true] {
        for padding in [RsaPadding::RsaPad, RsaPadding::Sha1] {
            for dc in [None, Some(4)] {
                for expires_in_s in [None, Some(86_400)] {
                    let (new, finished) = make_key(Options {
                        multi,
                        padding,
                        dc,
                        expires_in_s,
                    });
                    assert_eq!(new.key.bytes(), finished.key.bytes());
                    assert_eq!(new.key.id(), finished.key.id());
                    assert_eq!(new.first_salt, finished.salt);
                    assert_eq!(new.dc, dc);
                    assert_eq!(new.expires_in_s, expires_in_s);
                }
            }
        }
    }
}

#[test]
fn a_temporary_key_lives_for_a_day_at_most() {
    let (new, _) = make_key(Options {
        expires_in_s: Some(i32::MAX),
        ..Options::default()
    });
    assert_eq!(new.expires_in_s, Some(86_400));
}

#[test]
fn the_client_of_another_project_encrypts_what_we_open() {
    let mut exchange = SecondStep::new();
    let (n, e) = server_key().public_parts();
    let decimal = |bytes: &[u8]| {
        let number = openssl::bn::BigNum::from_slice(bytes).unwrap();
        number.to_dec_str().unwrap().to_string()
    };
    let key = grammers_crypto::rsa::Key::new(&decimal(&n), &decimal(&e)).unwrap();
    let data = exchange.inner.encode();
    let encrypted = grammers_crypto::rsa::encrypt_hashed(&data, &key, &[0x42; 224]);
    let request = exchange.request(&encrypted);
    assert!(matches!(exchange.server.say(&request), Said::Reply(_)));
}

#[test]
fn a_message_works_once() {
    let mut server = Server::new(2);
    let mut entropy = Seeded::new(3);
    let start = Start::new(Options::default(), &mut entropy);
    let res_pq = server.reply_to(&start.request());
    let (second, chosen) = start.choose(&res_pq, &public_key(), &mut entropy).unwrap();
    let params = server.reply_to(&second);
    let (third, _) = chosen.agree(&params, &mut entropy).unwrap();
    assert!(matches!(server.say(&third), Said::Agreed(_)));
    server.fails(&third);
    server.fails(&second);
}

#[test]
fn an_exchange_must_be_done_within_a_minute() {
    let mut server = Server::new(4);
    let mut entropy = Seeded::new(5);
    let start = Start::new(Options::default(), &mut entropy);
    let res_pq = server.reply_to(&start.request());
    let (second, _) = start.choose(&res_pq, &public_key(), &mut entropy).unwrap();
    server.now = server.now.plus_seconds(60);
    server.fails(&second);
}

#[test]
fn no_key_exchange_message_is_read_beyond_its_end() {
    let mut server = Server::new(6);
    let mut entropy = Seeded::new(7);
    let start = Start::new(Options::default(), &mut entropy);
    let res_pq = server.reply_to(&start.request());
    let (second, _) = start.choose(&res_pq, &public_key(), &mut entropy).unwrap();
    for len in 0..20 {
        assert!(matches!(server.say(&start_request()[..len]), Said::Fail));
    }
    // The last words are the ciphertext: cut short, they fail before any arithmetic.
    server.fails(&second[..second.len() - 4]);
}

fn start_request() -> Vec<u8> {
    Start::new(Options::default(), &mut Seeded::new(8)).request()
}

/// An exchange whose next message is `req_DH_params`, with all parts at hand.
struct SecondStep {
    server: Server,
    inner: Inner,
    p: [u8; 4],
    q: [u8; 4],
    fingerprint: i64,
    nonces: [u8; 32],
    entropy: Seeded,
}

impl SecondStep {
    fn new() -> Self {
        let mut server = Server::new(9);
        let mut entropy = Seeded::new(10);
        let options = Options {
            expires_in_s: Some(3600),
            ..Options::default()
        };
        let res_pq = server.reply_to(&Start::new(options, &mut entropy).request());
        let nonces: [u8; 32] = res_pq[4..36].try_into().unwrap();
        let pq: [u8; 8] = res_pq[37..45].try_into().unwrap();
        let (p, q) = factor(u64::from_be_bytes(pq)).unwrap();
        let inner = Inner {
            options,
            pq,
            p,
            q,
            nonce: nonces[..16].try_into().unwrap(),
            server_nonce: nonces[16..].try_into().unwrap(),
            new_nonce: [6; 32],
        };
        Self {
            server,
            inner,
            p: p.to_be_bytes(),
            q: q.to_be_bytes(),
            fingerprint: server_key().fingerprint(),
            nonces,
            entropy,
        }
    }

    fn request(&self, encrypted: &[u8]) -> Vec<u8> {
        Object::new(REQ_DH_PARAMS)
            .raw(&self.nonces)
            .bytes(&self.p)
            .bytes(&self.q)
            .long(self.fingerprint)
            .bytes(encrypted)
            .finish()
    }

    fn encrypt(&mut self, padding: RsaPadding, data: &[u8]) -> [u8; 256] {
        encrypt(data, padding, &public_key(), &mut self.entropy)
    }
}

const PADDINGS: [RsaPadding; 2] = [RsaPadding::RsaPad, RsaPadding::Sha1];

#[test]
fn an_unchanged_second_step_works() {
    for padding in PADDINGS {
        let mut step = SecondStep::new();
        let encrypted = step.encrypt(padding, &step.inner.encode());
        let request = step.request(&encrypted);
        assert!(matches!(step.server.say(&request), Said::Reply(_)));
    }
}

#[test]
fn wrong_inner_data_all_fail_alike() {
    let changes: [fn(&mut Inner); 7] = [
        |inner| inner.pq[7] ^= 1,
        |inner| inner.p ^= 1,
        |inner| inner.q ^= 1,
        |inner| inner.nonce[0] ^= 1,
        |inner| inner.server_nonce[15] ^= 1,
        |inner| inner.options.expires_in_s = Some(0),
        |inner| inner.options.expires_in_s = Some(-1),
    ];
    for padding in PADDINGS {
        for change in changes {
            let mut step = SecondStep::new();
            change(&mut step.inner);
            let encrypted = step.encrypt(padding, &step.inner.encode());
            let request = step.request(&encrypted);
            step.server.fails(&request);
        }
        let mut step = SecondStep::new();
        let mut unknown = step.inner.encode();
        unknown[0] ^= 1;
        let encrypted = step.encrypt(padding, &unknown);
        let request = step.request(&encrypted);
        step.server.fails(&request);
    }
}

#[test]
fn wrong_ciphertexts_all_fail_alike() {
    let modulus: [u8; 256] = server_key().public_parts().0.try_into().unwrap();
    let mut step = SecondStep::new();
    let mut damaged = step.encrypt(RsaPadding::RsaPad, &step.inner.encode());
    damaged[255] ^= 1;
    for encrypted in [damaged, modulus, [0xff; 256], [0; 256]] {
        let mut step = SecondStep::new();
        let request = step.request(&encrypted);
        step.server.fails(&request);
    }
    for length in [257, 300] {
        let mut step = SecondStep::new();
        let request = step.request(&vec![1; length]);
        step.server.fails(&request);
    }
}

#[test]
fn the_old_padding_needs_its_hash_over_the_whole_data() {
    // Data that are one word longer than any known form: the hash is right, and covers too much.
    let mut step = SecondStep::new();
    let mut longer = step.inner.encode();
    longer.extend([0; 4]);
    let encrypted = step.encrypt(RsaPadding::Sha1, &longer);
    let request = step.request(&encrypted);
    step.server.fails(&request);
}

#[test]
fn a_wrong_puzzle_nonce_or_fingerprint_fails_before_any_arithmetic() {
    let changes: [fn(&mut SecondStep); 3] = [
        |step| step.p[3] ^= 2,
        |step| step.q[3] ^= 2,
        |step| step.fingerprint ^= 1,
    ];
    for change in changes {
        let mut step = SecondStep::new();
        let encrypted = step.encrypt(RsaPadding::RsaPad, &step.inner.encode());
        change(&mut step);
        let request = step.request(&encrypted);
        let next = step
            .server
            .handshakes
            .receive(&request, NOW, &mut step.entropy);
        assert!(matches!(next, Step::Fail));
        assert_eq!(step.server.handshakes.pending(), 0);
    }
    let mut step = SecondStep::new();
    step.nonces[0] ^= 1;
    let request = step.request(&[1; 256]);
    assert!(matches!(step.server.say(&request), Said::Fail));
}

/// An exchange whose next message is `set_client_DH_params`.
fn third_step() -> (SecondStep, TempKey) {
    let mut step = SecondStep::new();
    let encrypted = step.encrypt(RsaPadding::RsaPad, &step.inner.encode());
    let request = step.request(&encrypted);
    assert!(matches!(step.server.say(&request), Said::Reply(_)));
    let new_nonce = Zeroizing::new(step.inner.new_nonce);
    let temp_key = TempKey::derive(&new_nonce, &step.inner.server_nonce);
    (step, temp_key)
}

fn third_message(step: &SecondStep, sealed: &[u8]) -> Vec<u8> {
    Object::new(SET_CLIENT_DH_PARAMS)
        .raw(&step.nonces)
        .bytes(sealed)
        .finish()
}

fn client_power(nonces: &[u8; 32], retry_id: i64, power: &[u8]) -> Vec<u8> {
    Object::new(CLIENT_DH_INNER_DATA)
        .raw(nonces)
        .long(retry_id)
        .bytes(power)
        .finish()
}

#[test]
fn wrong_powers_all_fail_alike() {
    let good = *DhPair::make(&mut Seeded::new(11)).public();
    let mut near_prime = PRIME;
    near_prime[255] -= 1;
    let mut one = [0; 256];
    one[255] = 1;
    let cases: [(i64, &[u8]); 8] = [
        (0, &one),
        (0, &[]),
        (0, &[0; 256]),
        (0, &near_prime),
        (0, &PRIME),
        (0, &[0xff; 256]),
        (0, &[1; 260]),
        (1, &good),
    ];
    for (retry_id, power) in cases {
        let (mut step, temp_key) = third_step();
        let inner = client_power(&step.nonces, retry_id, power);
        let sealed = temp_key.seal(&inner, &mut step.entropy);
        let message = third_message(&step, &sealed);
        step.server.fails(&message);
    }
    let (mut step, temp_key) = third_step();
    let mut other = step.nonces;
    other[31] ^= 1;
    let sealed = temp_key.seal(&client_power(&other, 0, &good), &mut step.entropy);
    let message = third_message(&step, &sealed);
    step.server.fails(&message);

    let (mut step, temp_key) = third_step();
    let mut sealed = temp_key.seal(&client_power(&step.nonces, 0, &good), &mut step.entropy);
    sealed[40] ^= 1;
    let message = third_message(&step, &sealed);
    step.server.fails(&message);

    for damaged in [&[][..], &[0; 16], &[0; 17], &[0; 352]] {
        let (mut step, _) = third_step();
        let message = third_message(&step, damaged);
        step.server.fails(&message);
    }
}

#[test]
fn a_power_without_its_leading_zeros_is_taken() {
    // 252 bytes are still above the bound of 2^1984.
    let (mut step, temp_key) = third_step();
    let inner = client_power(&step.nonces, 0, &[9; 252]);
    let sealed = temp_key.seal(&inner, &mut step.entropy);
    let message = third_message(&step, &sealed);
    assert!(matches!(step.server.say(&message), Said::Agreed(_)));
}

#[test]
fn a_taken_key_id_leads_to_another_try() {
    let good = *DhPair::make(&mut Seeded::new(12)).public();
    let (mut step, temp_key) = third_step();
    let mut retry_id = 0;
    for attempt in 0..=4 {
        let inner = client_power(&step.nonces, retry_id, &good);
        let sealed = temp_key.seal(&inner, &mut step.entropy);
        let message = third_message(&step, &sealed);
        let Said::Agreed(candidate) = step.server.say(&message) else {
            assert_eq!(attempt, 4, "the exchange ends after three more tries");
            return;
        };
        retry_id =
            i64::from_le_bytes(crate::AuthKey::from_bytes(*candidate.key_bytes()).aux_hash());
        let reply = candidate.retry(&mut step.server.handshakes);
        let expected = if attempt < 3 {
            DH_GEN_RETRY
        } else {
            DH_GEN_FAIL
        };
        assert_eq!(constructor(&reply), Some(expected));
    }
}

#[test]
fn a_client_does_not_take_another_verdict_for_ok() {
    let (candidate, agreed, _) = agree(&mut Server::new(13), Options::default());
    assert!(agreed.finish(&candidate.refuse()).is_err());
}

#[test]
fn the_hash_of_the_verdict_is_that_of_another_project() {
    let bytes: [u8; 256] = std::array::from_fn(|i| i as u8);
    let (ours, theirs) = (
        crate::AuthKey::from_bytes(bytes),
        grammers_crypto::AuthKey::from_bytes(bytes),
    );
    let nonce = Zeroizing::new([8; 32]);
    for number in 1..=3 {
        assert_eq!(
            crate::handshake::new_nonce_hash(&nonce, number, &ours),
            theirs.calc_new_nonce_hash(&nonce, number)
        );
    }
}
