//! SRP-6a as Telegram speaks it (<https://core.telegram.org/api/srp>): checking a password that the
//! server never sees.
//!
//! The server keeps a verifier `v = g^x`, where the client makes `x` of the password and two salts.
//! A client that shows that it knows `x` gives nothing away that would help to guess it, and a copied
//! verifier signs nobody in: it must be guessed first, at 100,000 rounds of PBKDF2 a guess.
//!
//! All arithmetic is modulo the prime of [`heliograph_model::PRIME`], in time that depends on no
//! secret. Numbers are hashed big-endian in 256 bytes.

#[cfg(any(test, feature = "client"))]
pub mod client;

use heliograph_model::{ELEMENT_BYTES, GENERATOR, GroupElement, PRIME};
use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// The size of the server's secret exponent. 512 bits are far stronger than the group itself.
pub const SECRET_BYTES: usize = 64;

/// An element of the group, big-endian.
type Element = [u8; ELEMENT_BYTES];

/// Why an answer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// `A` is not what an honest client sends: 0, a multiple of the prime, or too near its ends. Such
    /// a value would give a key that needs no password.
    #[error("not a public value")]
    PublicValue,
    /// It was made with another password.
    #[error("not the password")]
    Password,
}

/// What the server keeps of a password: `g^x mod p`. No `Debug`.
pub struct Verifier(Zeroizing<Element>);

impl Verifier {
    /// Reads a verifier; leading zeros may be missing. `None` for what no password gives.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        element(bytes).map(|value| Verifier(Zeroizing::new(value)))
    }

    /// All 256 bytes.
    pub fn as_bytes(&self) -> &[u8; ELEMENT_BYTES] {
        &self.0
    }
}

/// The two salts of a password.
#[derive(Clone, Copy)]
pub struct Salts<'a> {
    /// `salt1`: the server's part, and the client's after it.
    pub first: &'a [u8],
    /// `salt2`.
    pub second: &'a [u8],
}

/// The server's side of one check: `b`, and `B = k*v + g^b`. It takes one answer.
pub struct Challenge {
    secret: Zeroizing<[u8; SECRET_BYTES]>,
    public: Element,
}

impl Challenge {
    /// Makes a challenge for a password of 64 random bytes (about 1 ms).
    pub fn make(verifier: &Verifier, mut secret: Zeroizing<[u8; SECRET_BYTES]>) -> Self {
        // A fixed length, so that the time to raise to it is fixed too.
        secret[0] |= 0x80;
        let public = public_value(verifier, &secret).expect(NO_MEMORY);
        Challenge { secret, public }
    }

    /// `B`, which the client is sent.
    pub fn public(&self) -> &[u8; ELEMENT_BYTES] {
        &self.public
    }

    /// Checks a client's answer (about 1 ms).
    pub fn check(
        self,
        verifier: &Verifier,
        salts: Salts<'_>,
        a: &[u8],
        m1: &[u8],
    ) -> Result<(), Refusal> {
        let a = element(a).ok_or(Refusal::PublicValue)?;
        let u = digest(&[&a, &self.public]);
        if u == [0; 32] {
            return Err(Refusal::PublicValue);
        }
        let shared = shared_value(verifier, &self.secret, &a, &u).expect(NO_MEMORY);
        let key = Zeroizing::new(digest(&[&*shared]));
        let expected = proof(salts, &a, &self.public, &key);
        if expected.ct_eq(m1).into() {
            Ok(())
        } else {
            Err(Refusal::Password)
        }
    }
}

const NO_MEMORY: &str = "OpenSSL fails only when out of memory";

/// `M1 = H(H(p) xor H(g) | H(salt1) | H(salt2) | A | B | K)`.
fn proof(salts: Salts<'_>, a: &Element, b: &Element, key: &[u8; 32]) -> [u8; 32] {
    let mut group = digest(&[&PRIME]);
    for (byte, other) in group.iter_mut().zip(digest(&[&generator()])) {
        *byte ^= other;
    }
    let (first, second) = (digest(&[salts.first]), digest(&[salts.second]));
    digest(&[&group, &first, &second, a, b, key])
}

/// `k*v + g^b mod p`, with `k = H(p | g)`.
fn public_value(verifier: &Verifier, secret: &[u8; SECRET_BYTES]) -> Result<Element, ErrorStack> {
    let mut context = BigNumContext::new_secure()?;
    let prime = BigNum::from_slice(&PRIME)?;
    let k = BigNum::from_slice(&digest(&[&PRIME, &generator()]))?;
    let v = hidden(&verifier.0[..])?;
    let mut masked = BigNum::new_secure()?;
    masked.mod_mul(&k, &v, &prime, &mut context)?;
    let base = BigNum::from_slice(&generator())?;
    let power = power(&base, secret, &prime, &mut context)?;
    let mut public = BigNum::new_secure()?;
    public.mod_add(&masked, &power, &prime, &mut context)?;
    Ok(*bytes_of(&public)?)
}

/// `(A * v^u)^b mod p`.
fn shared_value(
    verifier: &Verifier,
    secret: &[u8; SECRET_BYTES],
    a: &Element,
    u: &[u8; 32],
) -> Result<Zeroizing<Element>, ErrorStack> {
    let mut context = BigNumContext::new_secure()?;
    let prime = BigNum::from_slice(&PRIME)?;
    let v = hidden(&verifier.0[..])?;
    let blinded = power(&v, u, &prime, &mut context)?;
    let mut base = BigNum::new_secure()?;
    let a = BigNum::from_slice(a)?;
    base.mod_mul(&a, &blinded, &prime, &mut context)?;
    let shared = power(&base, secret, &prime, &mut context)?;
    bytes_of(&shared)
}

/// `base^exponent mod p` in time that depends only on the exponent's length.
fn power(
    base: &BigNumRef,
    exponent: &[u8],
    prime: &BigNumRef,
    context: &mut BigNumContext,
) -> Result<BigNum, ErrorStack> {
    let mut exponent = hidden(exponent)?;
    exponent.set_const_time();
    let mut result = BigNum::new_secure()?;
    result.mod_exp(base, &exponent, prime, context)?;
    exponent.clear();
    Ok(result)
}

/// A number in memory that OpenSSL erases.
fn hidden(bytes: &[u8]) -> Result<BigNum, ErrorStack> {
    let mut number = BigNum::new_secure()?;
    number.copy_from_slice(bytes)?;
    Ok(number)
}

fn bytes_of(number: &BigNumRef) -> Result<Zeroizing<Element>, ErrorStack> {
    let bytes = Zeroizing::new(number.to_vec_padded(ELEMENT_BYTES as i32)?);
    let bytes: &Element = bytes.first_chunk().expect("padded to this length");
    Ok(Zeroizing::new(*bytes))
}

/// An element that is neither 0 nor near the ends of the group, where exponents can be guessed.
fn element(bytes: &[u8]) -> Option<Element> {
    let element = GroupElement::parse(bytes).ok()?;
    element.to_vec().try_into().ok()
}

fn generator() -> Element {
    let mut padded = [0; ELEMENT_BYTES];
    padded[ELEMENT_BYTES - 1] = GENERATOR as u8;
    padded
}

fn digest(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
