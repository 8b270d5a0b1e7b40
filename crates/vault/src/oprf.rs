//! OPRF(ristretto255, SHA-512) in the base mode of [RFC 9497](https://www.rfc-editor.org/rfc/rfc9497).
//!
//! The client holds an input, the other side a key. After one exchange the client knows
//! `F(key, input)` and neither has learnt what the other held:
//!
//! ```text
//! client                                      key holder
//! Blinded::new(input, entropy)
//!     ── Blinded::element ─────────────────▶  evaluate(key, element)
//!     ◀───────────────────────── evaluated ──
//! Blinded::finalize(evaluated) → 64 bytes
//! ```
//!
//! Elements and scalars that come from outside are accepted in their canonical encoding only, and
//! the identity element is refused (RFC 9497, section 2.1): a scalar reduced silently, or an
//! element of order one, would let a peer choose what the other side computes.

mod hash_to_group;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use hash_to_group::{derive_scalar, hash_to_group};
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Size of an encoded group element, in bytes.
pub const ELEMENT_BYTES: usize = 32;

/// Size of an encoded scalar (a key), in bytes.
pub const SCALAR_BYTES: usize = 32;

/// Size of the function's output, in bytes.
pub const OUTPUT_BYTES: usize = 64;

/// Why an input or an encoding was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OprfError {
    /// Not the canonical encoding of a group element, or the identity.
    #[error("not the canonical encoding of a usable group element")]
    Element,
    /// Not the canonical encoding of a scalar, or zero.
    #[error("not the canonical encoding of a usable scalar")]
    Scalar,
    /// Longer than 65,535 bytes, or (with probability about 2^-252) hashed to the identity.
    #[error("the input cannot be used")]
    Input,
    /// Entropy that yields a zero scalar. True random bytes do so with probability about 2^-252.
    #[error("the entropy is not random")]
    Entropy,
}

/// The secret key of the function.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct OprfKey(Scalar);

impl OprfKey {
    /// Derives a key from 32 secret random bytes (`DeriveKeyPair`, RFC 9497, section 3.2.1).
    ///
    /// `info` names the key's use, so that one seed gives unrelated keys for different uses.
    /// Fails with [`OprfError::Input`] when `info` is longer than 65,535 bytes.
    pub fn derive(seed: &[u8; 32], info: &[u8]) -> Result<Self, OprfError> {
        let info_len = u16::try_from(info.len()).map_err(|_| OprfError::Input)?;
        let mut input = Zeroizing::new(Vec::with_capacity(seed.len() + 2 + info.len() + 1));
        input.extend_from_slice(seed);
        input.extend_from_slice(&info_len.to_be_bytes());
        input.extend_from_slice(info);
        for counter in 0..=u8::MAX {
            input.push(counter);
            let scalar = derive_scalar(&input);
            input.pop();
            if scalar != Scalar::ZERO {
                return Ok(Self(scalar));
            }
        }
        Err(OprfError::Entropy)
    }

    /// Reads a key from its canonical encoding; zero is refused.
    pub fn from_bytes(bytes: &[u8; SCALAR_BYTES]) -> Result<Self, OprfError> {
        let scalar: Option<Scalar> = Scalar::from_canonical_bytes(*bytes).into();
        scalar
            .filter(|scalar| *scalar != Scalar::ZERO)
            .map(Self)
            .ok_or(OprfError::Scalar)
    }

    /// The canonical encoding of the key, for the file it is kept in.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_BYTES]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

/// An element of the group, as the two sides send it to each other. Never the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(RistrettoPoint);

impl Element {
    /// Reads an element from outside; fails with [`OprfError::Element`].
    pub fn from_bytes(bytes: &[u8; ELEMENT_BYTES]) -> Result<Self, OprfError> {
        CompressedRistretto(*bytes)
            .decompress()
            .filter(|point| !point.is_identity())
            .map(Self)
            .ok_or(OprfError::Element)
    }

    /// The canonical encoding.
    pub fn to_bytes(&self) -> [u8; ELEMENT_BYTES] {
        self.0.compress().to_bytes()
    }
}

/// Applies the key to a blinded element (`BlindEvaluate`, RFC 9497, section 3.3.1).
pub fn evaluate(key: &OprfKey, blinded: &Element) -> Element {
    // The group's order is prime, the key is not zero, the element not the identity: nor is this.
    Element(blinded.0 * key.0)
}

/// The client's half of one evaluation: an input and the scalar that hides it.
///
/// It is used once: [`Blinded::finalize`] consumes it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Blinded {
    input: Vec<u8>,
    blind: Scalar,
    #[zeroize(skip)]
    element: Element,
}

impl Blinded {
    /// Hides `input` behind a scalar made from 64 fresh random bytes (`Blind`, section 3.3.1).
    ///
    /// The same entropy must never be used twice: two elements under one blind can be linked.
    /// Fails with [`OprfError::Input`] for an input longer than 65,535 bytes.
    pub fn new(input: &[u8], entropy: &[u8; 64]) -> Result<Self, OprfError> {
        // Reducing 512 bits modulo the 252-bit order leaves a bias of about 2^-260.
        Self::with_blind(input, Scalar::from_bytes_mod_order_wide(entropy))
    }

    fn with_blind(input: &[u8], blind: Scalar) -> Result<Self, OprfError> {
        if u16::try_from(input.len()).is_err() {
            return Err(OprfError::Input);
        }
        if blind == Scalar::ZERO {
            return Err(OprfError::Entropy);
        }
        let point = hash_to_group(input);
        if point.is_identity() {
            return Err(OprfError::Input);
        }
        Ok(Self {
            input: input.to_vec(),
            blind,
            element: Element(point * blind),
        })
    }

    /// The element to send to the key holder; it says nothing about the input.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Removes the blind from the key holder's answer and hashes it into the output
    /// (`Finalize`, section 3.3.1).
    ///
    /// The base mode carries no proof: a key holder who used another key is not noticed here.
    pub fn finalize(self, evaluated: &Element) -> OprfOutput {
        let unblinded = Element(evaluated.0 * self.blind.invert());
        hash_output(&self.input, &unblinded)
    }
}

/// The value of the function for one key and input.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct OprfOutput([u8; OUTPUT_BYTES]);

impl OprfOutput {
    /// The output; indistinguishable from random to whoever lacks the key.
    pub fn as_bytes(&self) -> &[u8; OUTPUT_BYTES] {
        &self.0
    }
}

fn hash_output(input: &[u8], unblinded: &Element) -> OprfOutput {
    let input_len = u16::try_from(input.len()).expect("checked when the input was blinded");
    let hash = Sha512::new()
        .chain_update(input_len.to_be_bytes())
        .chain_update(input)
        .chain_update((ELEMENT_BYTES as u16).to_be_bytes())
        .chain_update(unblinded.to_bytes())
        .chain_update(b"Finalize")
        .finalize();
    OprfOutput(hash.into())
}

#[cfg(test)]
mod tests;
