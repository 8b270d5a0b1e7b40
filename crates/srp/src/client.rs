//! The client's half, for tests: what a stock client computes of a password.

use crate::{Element, Salts, digest, element, generator, power, proof};
use heliograph_model::{ELEMENT_BYTES, PRIME};
use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;

/// The verifier of a password: what a client sends when it sets one.
pub fn verifier(password: &str, salts: Salts<'_>) -> [u8; ELEMENT_BYTES] {
    let x = hash_password(password, salts);
    raise(&generator(), &x).expect("there is memory")
}

/// A client's answer to the challenge `b`: `A` and `M1`.
pub fn answer(
    password: &str,
    salts: Salts<'_>,
    b: &[u8],
    secret: &[u8],
) -> ([u8; ELEMENT_BYTES], [u8; 32]) {
    let b = element(b).expect("an honest server sends an element");
    let a = raise(&generator(), secret).expect("there is memory");
    let x = hash_password(password, salts);
    let shared = shared_value(&x, &a, &b, secret).expect("there is memory");
    (a, proof(salts, &a, &b, &digest(&[&shared])))
}

/// `(B - k*g^x)^(a + u*x) mod p`.
#[expect(
    clippy::many_single_char_names,
    reason = "the names that the page of the protocol uses"
)]
fn shared_value(
    x: &[u8; 32],
    a: &Element,
    b: &Element,
    secret: &[u8],
) -> Result<Element, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let prime = BigNum::from_slice(&PRIME)?;
    let k = BigNum::from_slice(&digest(&[&PRIME, &generator()]))?;
    let v = BigNum::from_slice(&raise(&generator(), x)?)?;
    let mut masked = BigNum::new()?;
    masked.mod_mul(&k, &v, &prime, &mut context)?;
    let (public, mut base) = (BigNum::from_slice(b)?, BigNum::new()?);
    base.mod_sub(&public, &masked, &prime, &mut context)?;
    let u = BigNum::from_slice(&digest(&[a, b]))?;
    let (x, secret) = (BigNum::from_slice(x)?, BigNum::from_slice(secret)?);
    let exponent = &(&u * &x) + &secret;
    let shared = power(&base, &exponent.to_vec(), &prime, &mut context)?;
    Ok(*crate::bytes_of(&shared)?)
}

fn raise(base: &Element, exponent: &[u8]) -> Result<Element, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let prime = BigNum::from_slice(&PRIME)?;
    let base = BigNum::from_slice(base)?;
    Ok(*crate::bytes_of(&*power(
        &base,
        exponent,
        &prime,
        &mut context,
    )?)?)
}

/// `PH2`: two salted hashes, 100,000 rounds of PBKDF2 with SHA-512, and one more.
fn hash_password(password: &str, salts: Salts<'_>) -> [u8; 32] {
    let salted = |data: &[u8], salt: &[u8]| digest(&[salt, data, salt]);
    let first = salted(password.as_bytes(), salts.first);
    let second = salted(&first, salts.second);
    let mut slow = [0; 64];
    pbkdf2_hmac(
        &second,
        salts.first,
        100_000,
        MessageDigest::sha512(),
        &mut slow,
    )
    .expect("there is memory");
    salted(&slow, salts.second)
}
