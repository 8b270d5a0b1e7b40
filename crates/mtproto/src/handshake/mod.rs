//! Making an authorization key (<https://core.telegram.org/mtproto/auth_key>), server side.
//!
//! ```text
//! client                          server
//! req_pq(_multi)              →
//!                             ←   resPQ                  a puzzle, and our RSA fingerprint
//! req_DH_params               →                          Job: one RSA operation
//!                             ←   server_DH_params_ok    g^a, under a key from both nonces
//! set_client_DH_params        →                          Job: g^b to the power of a
//!                             ←   dh_gen_ok
//! ```
//!
//! An exchange lives for 60 seconds under its two nonces, so its messages may come over different
//! connections (HTTP does that). Each step takes it out of the table, so a message works once and
//! any failure ends the exchange. All failures are `Fail`, to be answered with one and the same
//! transport error -404.
//!
//! What anyone can see to be wrong (an unknown exchange, a wrong factor, a wrong length) fails
//! before any arithmetic: that is what the puzzle is for. Whatever depends on our private key or
//! on a shared secret fails after the same work that a success costs.

mod agree;
mod table;
mod unseal;

use zeroize::Zeroizing;

use crate::{
    auth_key::AuthKey,
    dh::{DhPair, GENERATOR, PRIME},
    entropy::{Entropy, draw},
    msg_id::UnixMillis,
    pq::PqPool,
    server_key::ServerKey,
    wire::{
        DH_GEN_FAIL, DH_GEN_OK, DH_GEN_RETRY, Object, REQ_DH_PARAMS, REQ_PQ, REQ_PQ_MULTI, RES_PQ,
        Reader, SERVER_DH_INNER_DATA, SERVER_DH_PARAMS_OK, SET_CLIENT_DH_PARAMS, Truncated,
    },
};

#[cfg(any(test, feature = "client"))]
pub(crate) use agree::TempKey;
pub(crate) use agree::new_nonce_hash;
use agree::{Agree, MAX_CLIENT_DATA};
use table::{Exchange, Nonces, Stage, Table};
use unseal::{Inner, Unseal};

/// How long an exchange may take. The most patient client gives up after about as long.
const LIFETIME_S: i64 = 60;

/// A temporary key lives for at most a day: the clients that use them ask for 86,400 seconds.
const MAX_EXPIRES_IN_S: i32 = 86_400;

/// How often a client may be asked to choose another `b` because of a taken key id. Two honest
/// keys never share an id, so one would do.
const MAX_RETRIES: u8 = 3;

/// All key exchanges under way. One for the whole server.
pub struct Handshakes {
    table: Table,
    puzzles: PqPool,
    fingerprint: i64,
}

/// What to do after a message of the exchange.
pub enum Step {
    /// Send this as an unencrypted message.
    Reply(Vec<u8>),
    /// Run this where it disturbs nobody, then call [`Handshakes::complete`].
    Compute(Job),
    /// Send the transport error -404.
    Fail,
}

/// What to do after a [`Job`].
pub enum Outcome {
    /// Send this as an unencrypted message.
    Reply(Vec<u8>),
    /// Both sides have a key. Store it, then accept it.
    Agreed(Box<Candidate>),
    /// Send the transport error -404.
    Fail,
}

/// The heavy part of a step: about half a millisecond of pure arithmetic.
pub struct Job(Work);

enum Work {
    Unseal(Nonces, UnixMillis, Box<Unseal>),
    Agree(Nonces, UnixMillis, Box<Agree>),
}

/// What a [`Job`] found.
pub struct JobOutput(Found);

enum Found {
    Opened(Nonces, UnixMillis, Inner, DhPair),
    Agreed(Nonces, UnixMillis, Box<Agree>, AuthKey),
    Nothing,
}

impl Handshakes {
    /// `puzzles` are handed out to clients; `fingerprint` is that of the key which will run the
    /// jobs.
    pub fn new(puzzles: PqPool, fingerprint: i64) -> Self {
        Self {
            table: Table::default(),
            puzzles,
            fingerprint,
        }
    }

    /// Takes the body of an unencrypted message.
    pub fn receive(&mut self, body: &[u8], now: UnixMillis, entropy: &mut dyn Entropy) -> Step {
        self.table.forget_expired(now);
        self.read(body, now, entropy).unwrap_or(Step::Fail)
    }

    fn read(
        &mut self,
        body: &[u8],
        now: UnixMillis,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Truncated> {
        let mut reader = Reader::new(body);
        let step = match reader.u32()? {
            REQ_PQ | REQ_PQ_MULTI => self.begin(reader.array()?, now, entropy),
            REQ_DH_PARAMS => self.client_chose(&mut reader)?,
            SET_CLIENT_DH_PARAMS => self.client_sent_power(&mut reader)?,
            _ => Step::Fail,
        };
        Ok(step)
    }

    fn begin(&mut self, nonce: [u8; 16], now: UnixMillis, entropy: &mut dyn Entropy) -> Step {
        let nonces = Nonces {
            nonce,
            server_nonce: draw(entropy),
        };
        let puzzle = self.puzzles.pick(entropy);
        self.table.insert(
            nonces,
            Exchange {
                begun: now,
                stage: Stage::PuzzleSent(puzzle),
            },
        );
        let reply = Object::new(RES_PQ)
            .raw(&nonce)
            .raw(&nonces.server_nonce)
            .bytes(&puzzle.product().to_be_bytes())
            .longs([self.fingerprint].into_iter());
        Step::Reply(reply.finish())
    }

    fn client_chose(&mut self, reader: &mut Reader) -> Result<Step, Truncated> {
        let nonces = Nonces::read(reader)?;
        let Some(Exchange {
            begun,
            stage: Stage::PuzzleSent(puzzle),
        }) = self.table.take(&nonces)
        else {
            return Ok(Step::Fail);
        };
        let solved =
            reader.bytes()? == puzzle.p.to_be_bytes() && reader.bytes()? == puzzle.q.to_be_bytes();
        let for_our_key = reader.i64()? == self.fingerprint;
        let Some(encrypted) = left_pad(reader.bytes()?) else {
            return Ok(Step::Fail);
        };
        if !solved || !for_our_key {
            return Ok(Step::Fail);
        }
        let unseal = Box::new(Unseal::new(encrypted, puzzle, &nonces));
        Ok(Step::Compute(Job(Work::Unseal(nonces, begun, unseal))))
    }

    fn client_sent_power(&mut self, reader: &mut Reader) -> Result<Step, Truncated> {
        let nonces = Nonces::read(reader)?;
        let Some(Exchange {
            begun,
            stage: Stage::PowerSent(mut agree),
        }) = self.table.take(&nonces)
        else {
            return Ok(Step::Fail);
        };
        let encrypted = reader.bytes()?;
        if encrypted.len() > MAX_CLIENT_DATA || !encrypted.len().is_multiple_of(16) {
            return Ok(Step::Fail);
        }
        agree.encrypted = encrypted.to_vec();
        Ok(Step::Compute(Job(Work::Agree(nonces, begun, agree))))
    }

    /// Goes on with what a job found. `now` is the time told to the client.
    pub fn complete(
        &mut self,
        output: JobOutput,
        now: UnixMillis,
        entropy: &mut dyn Entropy,
    ) -> Outcome {
        match output.0 {
            Found::Opened(nonces, begun, inner, pair) => {
                let agree = Box::new(Agree::new(&nonces, inner, pair));
                let reply = server_dh_params_ok(&nonces, &agree, now, entropy);
                self.table.insert(
                    nonces,
                    Exchange {
                        begun,
                        stage: Stage::PowerSent(agree),
                    },
                );
                Outcome::Reply(reply)
            }
            Found::Agreed(nonces, begun, agree, key) => {
                let candidate = Candidate {
                    nonces,
                    begun,
                    agree,
                    key,
                };
                // Zero in the place of a key id marks unencrypted messages.
                if candidate.key.id() == 0 {
                    Outcome::Reply(candidate.retry(self))
                } else {
                    Outcome::Agreed(Box::new(candidate))
                }
            }
            Found::Nothing => Outcome::Fail,
        }
    }

    /// How many exchanges are waiting for a client.
    pub fn pending(&self) -> usize {
        self.table.len()
    }
}

impl Job {
    /// Does the arithmetic. `pair` is called for a fresh pair when one is needed, so that it can
    /// come from a pool.
    pub fn run(self, key: &ServerKey, pair: impl FnOnce() -> DhPair) -> JobOutput {
        let found = match self.0 {
            Work::Unseal(nonces, begun, unseal) => unseal
                .run(key)
                .map(|inner| Found::Opened(nonces, begun, inner, pair())),
            Work::Agree(nonces, begun, agree) => agree
                .run(&nonces)
                .map(|key| Found::Agreed(nonces, begun, agree, key)),
        };
        JobOutput(found.unwrap_or(Found::Nothing))
    }
}

/// A big-endian number in 2048 bits. Some clients leave leading zeros out.
fn left_pad(number: &[u8]) -> Option<[u8; 256]> {
    let mut padded = [0; 256];
    let zeros = padded.len().checked_sub(number.len())?;
    padded[zeros..].copy_from_slice(number);
    Some(padded)
}

fn server_dh_params_ok(
    nonces: &Nonces,
    agree: &Agree,
    now: UnixMillis,
    entropy: &mut dyn Entropy,
) -> Vec<u8> {
    let answer = Object::new(SERVER_DH_INNER_DATA)
        .raw(&nonces.nonce)
        .raw(&nonces.server_nonce)
        .int(GENERATOR)
        .bytes(&PRIME)
        .bytes(agree.pair.public())
        .int(now.seconds() as i32)
        .finish();
    Object::new(SERVER_DH_PARAMS_OK)
        .raw(&nonces.nonce)
        .raw(&nonces.server_nonce)
        .bytes(&agree.temp_key.seal(&answer, entropy))
        .finish()
}

/// A key that both sides have computed, and that the client does not trust yet.
pub struct Candidate {
    nonces: Nonces,
    begun: UnixMillis,
    agree: Box<Agree>,
    key: AuthKey,
}

/// A new authorization key.
pub struct NewKey {
    /// The key.
    pub key: AuthKey,
    /// The salt that the client will begin with.
    pub first_salt: i64,
    /// The data centre that the client believes to talk to, if it said so.
    pub dc: Option<i32>,
    /// For a temporary key: for how many seconds it lives, at most a day.
    pub expires_in_s: Option<i32>,
}

impl Candidate {
    /// The id that the key would have. If another key has it already, call [`Candidate::retry`].
    pub fn key_id(&self) -> i64 {
        self.key.id()
    }

    /// The key's bytes, for storing it before it is accepted.
    pub fn key_bytes(&self) -> &[u8; 256] {
        self.key.bytes()
    }

    /// See [`NewKey::dc`].
    pub fn dc(&self) -> Option<i32> {
        self.agree.inner.dc
    }

    /// See [`NewKey::expires_in_s`].
    pub fn expires_in_s(&self) -> Option<i32> {
        self.agree.inner.expires_in_s
    }

    /// Accepts the key: the message that tells the client so, and the key. A permanent key must be
    /// stored before the message is sent.
    pub fn accept(self) -> (Vec<u8>, NewKey) {
        let reply = self.verdict(DH_GEN_OK, 1);
        let inner = &self.agree.inner;
        let mut salt = [0; 8];
        for (i, byte) in salt.iter_mut().enumerate() {
            *byte = inner.new_nonce[i] ^ self.nonces.server_nonce[i];
        }
        let key = NewKey {
            first_salt: i64::from_le_bytes(salt),
            dc: inner.dc,
            expires_in_s: inner.expires_in_s,
            key: self.key,
        };
        (reply, key)
    }

    /// Asks the client to choose another secret, because the key's id is taken.
    pub fn retry(mut self, handshakes: &mut Handshakes) -> Vec<u8> {
        if self.agree.retries == MAX_RETRIES {
            return self.refuse();
        }
        let reply = self.verdict(DH_GEN_RETRY, 2);
        self.agree.retries += 1;
        self.agree.retry_id = i64::from_le_bytes(self.key.aux_hash());
        handshakes.table.insert(
            self.nonces,
            Exchange {
                begun: self.begun,
                stage: Stage::PowerSent(self.agree),
            },
        );
        reply
    }

    /// Ends the exchange, for instance because the key could not be stored.
    pub fn refuse(self) -> Vec<u8> {
        self.verdict(DH_GEN_FAIL, 3)
    }

    fn verdict(&self, constructor: u32, number: u8) -> Vec<u8> {
        let hash = new_nonce_hash(&self.agree.inner.new_nonce, number, &self.key);
        Object::new(constructor)
            .raw(&self.nonces.nonce)
            .raw(&self.nonces.server_nonce)
            .raw(&hash)
            .finish()
    }
}

/// The 32 secret bytes that the client contributes first.
pub(crate) type NewNonce = Zeroizing<[u8; 32]>;
