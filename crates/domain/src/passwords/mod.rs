//! Cloud passwords (<https://core.telegram.org/api/srp>): what an account asks for beside a code.
//!
//! Kept are two salts, and under a key outside the database the verifier and the hint. A copied
//! database neither signs anybody in nor lets anybody guess.
//!
//! ```text
//! sign-in ──▶ SignIn: no proof ──▶ Arrivals ──┐
//! getPassword ──▶ Passwords::challenge        │ the same key, within minutes
//! checkPassword ──▶ Passwords::check ──▶ Proof ──▶ SignIn
//! ```
//! A [`Proof`] can be had from [`Passwords::check`] alone, and the commands that need one compare it
//! with the password as it stands in their own transaction. So no way past the password can be opened
//! by forgetting to ask for it in a handler.
//!
//! Challenges, counted guesses and half-done sign-ins are in memory only: after a restart a client
//! begins again with a code.

mod arrivals;
mod challenges;
mod change;
mod guesses;
mod reset;

pub use arrivals::{Arrival, Arrivals, TellArrival};
pub(crate) use change::known;
pub use change::{NewPassword, NoteKnown, RemovePassword, SetPassword};
pub use reset::{AskDeletion, AskReset, Asked, DeclineReset, WAIT_S};

pub use heliograph_srp::Verifier;

use challenges::Challenges;
use guesses::Guesses;
use heliograph_model::{AuthKeyId, ELEMENT_BYTES, UnixMs, UserId};
use heliograph_srp::{Challenge, Refusal, SECRET_BYTES, Salts};
use heliograph_store::{Rows, StoreError, Table, row};
use heliograph_vault::seal::{NONCE_BYTES, OpenError, Opened, SealKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;
use zeroize::Zeroizing;

/// An account's password as it is stored. No `Debug`.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Password {
    /// The verifier's 256 bytes and the hint after them, sealed.
    #[n(0)]
    sealed: ByteVec,
    /// The salt of the slow hash: the server's part, and the client's after it.
    #[n(1)]
    pub salt1: ByteVec,
    /// The other salt, the server's.
    #[n(2)]
    pub salt2: ByteVec,
    /// Random; another one for every password that is set, so that no proof outlives its password.
    #[cbor(n(3), with = "minicbor::bytes")]
    stamp: [u8; 16],
    /// From when on a device may remove the password without knowing it, in Unix seconds.
    #[n(4)]
    pub reset: Option<i32>,
    /// From when on the account may be deleted without the password, in Unix seconds.
    #[n(5)]
    pub deletion: Option<i32>,
    /// Until when neither may be asked for, because it was declined, in Unix seconds.
    #[n(6)]
    pub declined: Option<i32>,
}

row!(Password, Table::Password, key: ());

/// The password of an account that has one.
pub async fn find(rows: &mut dyn Rows, user: UserId) -> Result<Option<Password>, StoreError> {
    rows.find(user.into(), &()).await
}

/// Why a password was not taken, set or removed.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// The account has none.
    #[error("the account has no password")]
    Missing,
    /// The account has one, and it was not given.
    #[error("the account has a password")]
    Needed,
    /// There is no such challenge for this key, or it was answered, or its time is over.
    #[error("no such challenge")]
    UnknownChallenge,
    /// The password was changed or removed in the meantime.
    #[error("the password has changed")]
    Changed,
    /// The answer's public value is none of an honest client.
    #[error("not a public value")]
    PublicValue,
    /// Not the password.
    #[error("not the password")]
    Wrong,
    /// Too many guesses, or too much at a time; seconds to wait.
    #[error("too many guesses, wait {0} s")]
    Flood(u32),
    /// What was asked for was declined lately; from when on it may be asked for again, in Unix
    /// seconds.
    #[error("declined until {0}")]
    Declined(i32),
    /// Nothing was asked for that could be declined.
    #[error("nothing to decline")]
    NothingAsked,
    /// It does not open under the installation's sealing key.
    #[error("a password does not open: {0}")]
    Sealed(#[from] OpenError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// That somebody has just shown to know an account's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    user: UserId,
    stamp: [u8; 16],
}

/// What becomes of a command that needs the password of `user`, which is `password` now.
fn compare(
    user: UserId,
    password: Option<&Password>,
    proof: Option<&Proof>,
) -> Result<(), PasswordError> {
    match (password, proof) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(PasswordError::Needed),
        (Some(password), Some(proof)) if proof.user == user && proof.stamp == password.stamp => {
            Ok(())
        }
        (_, Some(_)) => Err(PasswordError::Changed),
    }
}

/// Whether a command may go on for `user`, who has no password or has just proven to know it.
pub(crate) async fn is_known(
    rows: &mut dyn Rows,
    user: UserId,
    proof: Option<&Proof>,
) -> Result<bool, StoreError> {
    let password = find(rows, user).await?;
    Ok(compare(user, password.as_ref(), proof).is_ok())
}

/// Who answers a challenge, and over which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Whose password.
    pub user: UserId,
    /// The key that asked, which alone may answer.
    pub key: AuthKeyId,
    /// Whether the key is signed in already. Guesses of those who are not are counted apart: who has
    /// taken a number over must not lock the owner's devices out of the settings.
    pub signed_in: bool,
}

/// A client's answer to a challenge.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Which challenge.
    pub srp_id: i64,
    /// `A`.
    pub public: &'a [u8],
    /// `M1`.
    pub proof: &'a [u8],
}

/// A challenge as a client is sent it.
pub struct Posed {
    /// Names it.
    pub srp_id: i64,
    /// `B`.
    pub public: [u8; ELEMENT_BYTES],
    /// What the owner wrote to remember the password by; may be empty.
    pub hint: String,
}

/// The passwords of this process: the key they are sealed under, and what is under way.
pub struct Passwords {
    seal: SealKey,
    challenges: Challenges,
    guesses: Guesses,
    /// Devices that have given a code and have still to give the password.
    pub arrivals: Arrivals,
}

impl Passwords {
    /// Passwords that are sealed under this key.
    pub fn new(seal: SealKey) -> Self {
        Passwords {
            seal,
            challenges: Challenges::default(),
            guesses: Guesses::default(),
            arrivals: Arrivals::default(),
        }
    }

    /// Poses a challenge (about 1 ms). `srp_id` and `secret` are random.
    pub fn challenge(
        &self,
        asker: Asker,
        password: &Password,
        srp_id: i64,
        secret: Zeroizing<[u8; SECRET_BYTES]>,
        now: UnixMs,
    ) -> Result<Posed, PasswordError> {
        let (verifier, hint) = self.open(asker.user, password)?;
        let challenge = Challenge::make(&verifier, secret);
        let public = *challenge.public();
        self.challenges
            .put(srp_id, asker, password.stamp, challenge, now)?;
        Ok(Posed {
            srp_id,
            public,
            hint,
        })
    }

    /// Checks an answer against `password`, which the account has now (about 1 ms). A challenge is
    /// gone after its first answer, right or wrong.
    pub fn check(
        &self,
        asker: Asker,
        password: Option<&Password>,
        answer: Answer<'_>,
        now: UnixMs,
    ) -> Result<Proof, PasswordError> {
        let (stamp, challenge) = self.challenges.take(answer.srp_id, asker, now)?;
        let password = password.filter(|password| password.stamp == stamp);
        let password = password.ok_or(PasswordError::Changed)?;
        let (verifier, _) = self.open(asker.user, password)?;
        // Counted before it is looked at, so that guesses made at one time count one by one.
        self.guesses.count(asker, now)?;
        let salts = Salts {
            first: &password.salt1,
            second: &password.salt2,
        };
        match challenge.check(&verifier, salts, answer.public, answer.proof) {
            Ok(()) => {
                self.guesses.take_back(asker);
                let user = asker.user;
                Ok(Proof { user, stamp })
            }
            Err(Refusal::PublicValue) => Err(PasswordError::PublicValue),
            Err(Refusal::Password) => Err(PasswordError::Wrong),
        }
    }

    /// Seals a password that is to be set. `nonce` and `stamp` must be random.
    pub fn seal(&self, user: UserId, new: &NewPassword, random: Random) -> Password {
        let plain = [new.verifier.as_bytes().as_slice(), new.hint.as_bytes()].concat();
        let plain = Zeroizing::new(plain);
        let sealed = self
            .seal
            .seal(random.nonce, &associated_data(user, &random.stamp), &plain);
        Password {
            sealed: sealed.into(),
            salt1: new.salt1.clone().into(),
            salt2: new.salt2.clone().into(),
            stamp: random.stamp,
            reset: None,
            deletion: None,
            declined: None,
        }
    }

    fn open(&self, user: UserId, password: &Password) -> Result<(Verifier, String), PasswordError> {
        let plain: Opened = self
            .seal
            .open(&associated_data(user, &password.stamp), &password.sealed)?;
        let (verifier, hint) = plain
            .split_at_checked(ELEMENT_BYTES)
            .ok_or(OpenError::Truncated)?;
        let verifier = Verifier::parse(verifier).ok_or(OpenError::Forged)?;
        Ok((verifier, String::from_utf8_lossy(hint).into_owned()))
    }
}

/// What sealing a password draws.
#[derive(Clone, Copy)]
pub struct Random {
    /// The nonce.
    pub nonce: [u8; NONCE_BYTES],
    /// Tells this password from every other one.
    pub stamp: [u8; 16],
}

/// Binds a sealed password to its account and its row.
fn associated_data(user: UserId, stamp: &[u8; 16]) -> Vec<u8> {
    [b"hg/password/v1:".as_slice(), &user.0.to_le_bytes(), stamp].concat()
}
