//! Counts that can be proved while the cases behind them stay hidden.
//!
//! A case falls into one of D categories. Its log entry carries a vector of Pedersen commitments
//! `C_j = b_j·G + r_j·H` with `b_j` = 1 for its category and 0 elsewhere, and a proof that they are
//! so. The commitments of many cases can be added up by anyone; whoever knows the blindings opens
//! such a sum, and nothing else becomes known: the commitments hide perfectly.
//!
//! The group is ristretto255, `G` its generator, `H` a point whose logarithm nobody knows.
//! A vector is `C_1 … C_D | (A_1 | e_1 | z_1) … (A_D | e_D | z_D)`, 32 bytes each. With
//!
//! ```text
//! s = SHA-512("hg/counts/v1/weight" | origin | sequence number | entry | dimension |
//!             D | C_1 … C_D)                                       y = s mod ℓ
//! e = SHA-512("hg/counts/v1/challenge" | s | A_1 … A_D) mod ℓ      P = Σ y^j·C_j
//! ```
//!
//! the proof holds if `e = Σ e_k` and for each category `A_k = z_k·H - e_k·(P - y^k·G)`.
//!
//! **Why that suffices.** It is the usual proof that one of D logarithms is known (Cramer, Damgård
//! and Schoenmakers, 1994): one of the points `P - y^k·G` is a multiple of `H`, so that
//! `Σ y^j·b_j = y^k`. Since `y` follows from the commitments, and two different polynomials of
//! degree D agree in at most D points, the `b_j` are 1 at k and 0 elsewhere, but for a chance of
//! D²/ℓ. Nor could the `b_j` be undetermined: answers to D different `y` with one k, which are
//! among those to any D², give each `r_j`, for their powers are a Vandermonde matrix. Which k it
//! is stays hidden, since the other claims are simulated.
//!
//! The announcements `A` stand in the vector, though they follow from the rest, because then the
//! equations of many vectors can be checked at once ([`Batch`]).
//!
//! In the hash, texts and the entry stand behind their length (8 bytes, big-endian), the sequence number
//! and D are 8 bytes, big-endian. A vector copied to another entry, log or dimension fails.

mod batch;
mod sum;

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::{Digest, Sha512};
use std::sync::LazyLock;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use batch::{Batch, encoded_len};
pub use sum::{Group, MIN_CASES, MIN_GROUPS, SumError, open_sum, verify_groups};

/// The most categories of a dimension.
pub const MAX_CATEGORIES: usize = 64;

const ELEMENT_BYTES: usize = 32;

/// `H`: hashed to the group, so that its logarithm to the base `G` is not known to anyone.
static H: LazyLock<RistrettoPoint> = LazyLock::new(|| {
    let hash = Sha512::digest(b"hg/counts/v1/H");
    RistrettoPoint::from_uniform_bytes(&hash.into())
});

/// Multiples of `H`, which make every commitment faster.
static H_TABLE: LazyLock<RistrettoBasepointTable> =
    LazyLock::new(|| RistrettoBasepointTable::create(&H));

/// Why a vector was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// Not the length that its number of categories asks for.
    #[error("the vector has the wrong length")]
    Length,
    /// Not the canonical encoding of a scalar or of a point other than the identity.
    #[error("the vector holds a value in a wrong encoding")]
    Encoding,
    /// The proof does not hold: not one category, or not made for this entry.
    #[error("the proof of the vector does not hold")]
    Proof,
}

/// What a vector belongs to. The proof is bound to all of it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// The case's number.
    pub sequence: u64,
    /// The whole entry that carries the vector, with the values of its vectors left empty.
    pub entry: &'a [u8],
    /// What is counted, such as `region`.
    pub dimension: &'a str,
    /// D, the number of categories, from 1 to [`MAX_CATEGORIES`].
    pub categories: usize,
}

/// What opens a vector, kept by whoever made it. Erased when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Opening {
    category: usize,
    blindings: Vec<Scalar>,
}

/// The commitments of a vector whose proof holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitments(Vec<RistrettoPoint>);

/// Commits to `category` (counted from zero) and proves that it is exactly one.
///
/// `seed` is 32 secret bytes from which the blindings are derived: with the same seed, origin,
/// sequence number and dimension [`Opening::derive`] makes them again. One seed must never serve
/// two vectors with these three equal but different categories; their difference would show both.
///
/// # Panics
/// When the number of categories or the category is out of range.
pub fn prove(context: &Context, category: usize, seed: &[u8; 32]) -> (Vec<u8>, Opening) {
    let opening = Opening::derive(context, category, seed);
    let values: Vec<Scalar> = (0..context.categories)
        .map(|j| bit(j == category))
        .collect();
    let bytes = prove_values(context, &values, category, &opening.blindings, seed);
    (bytes, opening)
}

/// Commits to each of `values` and proves that they are one at `category` and zero elsewhere. The
/// proof does not hold unless they are.
fn prove_values(
    context: &Context,
    values: &[Scalar],
    category: usize,
    blindings: &[Scalar],
    seed: &[u8; 32],
) -> Vec<u8> {
    let commitments: Vec<[u8; 32]> = std::iter::zip(values, blindings)
        .map(|(value, blinding)| encode(&commit(value, blinding)))
        .collect();
    let statement = context.statement(&commitments);
    let powers = powers(&statement, values.len());
    // P = sum·G + secret·H.
    let weigh = |scalars: &[Scalar]| -> Scalar {
        let weighed = powers.iter().zip(scalars).map(|(power, own)| power * own);
        weighed.sum()
    };
    let (sum, secret) = (weigh(values), Zeroizing::new(weigh(blindings)));

    // The nonces depend on the whole statement, so that two proofs never share them.
    let nonces = Sha512::new_with_prefix(b"hg/counts/v1/nonce")
        .chain_update(statement)
        .chain_update(seed)
        .finalize();
    let nonces = Zeroizing::new(<[u8; 64]>::from(nonces));
    let draw = |what| -> Vec<Scalar> {
        let scalars = (0..values.len()).map(|k| *derive(&nonces[..], k, what));
        scalars.collect()
    };
    let (mut challenges, mut answers) = (Zeroizing::new(draw(1)), Zeroizing::new(draw(2)));

    // All claims are simulated: chosen challenges and answers give the announcements. Of the one
    // that is true the challenge is then replaced, which whoever knows the secret can answer.
    let mut announcements = Vec::with_capacity(values.len());
    for (power, (e, z)) in powers.iter().zip(challenges.iter().zip(answers.iter())) {
        let announcement = commit(&(e * (power - sum)), &(z - e * *secret));
        announcements.push(encode(&announcement));
    }
    let challenge = challenge(&statement, &announcements);
    let replaced = challenge - challenges.iter().sum::<Scalar>();
    challenges[category] += replaced;
    answers[category] += replaced * *secret;

    let mut bytes = Vec::with_capacity(encoded_len(values.len()));
    bytes.extend(commitments.iter().flatten());
    for (announcement, (e, z)) in announcements.iter().zip(challenges.iter().zip(&*answers)) {
        for value in [announcement, e.as_bytes(), z.as_bytes()] {
            bytes.extend_from_slice(value);
        }
    }
    bytes
}

/// Checks a vector and returns its commitments.
///
/// # Panics
/// When the context's number of categories is out of range.
pub fn verify(context: &Context, bytes: &[u8]) -> Result<Commitments, VectorError> {
    let mut batch = Batch::default();
    batch.add(context, bytes)?;
    batch.verify()?;
    Ok(batch.into_first(context.categories))
}

impl Context<'_> {
    fn check_categories(&self) {
        let range = 1..=MAX_CATEGORIES;
        assert!(range.contains(&self.categories), "from 1 to 64 categories");
    }

    /// The hash of everything that the vector belongs to, and of its commitments.
    fn statement(&self, commitments: &[[u8; 32]]) -> [u8; 64] {
        let mut hash = Sha512::new_with_prefix(b"hg/counts/v1/weight");
        put(&mut hash, self.origin.as_bytes());
        hash.update(self.sequence.to_be_bytes());
        put(&mut hash, self.entry);
        put(&mut hash, self.dimension.as_bytes());
        hash.update((self.categories as u64).to_be_bytes());
        for commitment in commitments {
            hash.update(commitment);
        }
        hash.finalize().into()
    }
}

/// The weights of the commitments: `y` and its powers.
fn powers(statement: &[u8; 64], categories: usize) -> Vec<Scalar> {
    let y = Scalar::from_bytes_mod_order_wide(statement);
    let powers = std::iter::successors(Some(y), |power| Some(power * y));
    powers.take(categories).collect()
}

fn challenge(statement: &[u8; 64], announcements: &[[u8; 32]]) -> Scalar {
    let mut hash = Sha512::new_with_prefix(b"hg/counts/v1/challenge");
    hash.update(statement);
    for announcement in announcements {
        hash.update(announcement);
    }
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

impl Opening {
    /// Derives the blindings that [`prove`] uses with the same arguments. The entry is not one of
    /// them: an opening can be made again from the seed alone.
    ///
    /// # Panics
    /// As [`prove`].
    pub fn derive(context: &Context, category: usize, seed: &[u8; 32]) -> Self {
        context.check_categories();
        assert!(category < context.categories, "no such category");
        let mut hash = Sha512::new_with_prefix(b"hg/counts/v1/blindings");
        put(&mut hash, context.origin.as_bytes());
        hash.update(context.sequence.to_be_bytes());
        put(&mut hash, context.dimension.as_bytes());
        hash.update(seed);
        let secret = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
        let blindings = (0..context.categories)
            .map(|j| *derive(&secret[..], j, 0))
            .collect();
        Self {
            category,
            blindings,
        }
    }

    /// The committed category.
    pub fn category(&self) -> usize {
        self.category
    }

    /// The blindings, 32 bytes each, for a public opening of this one vector.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.blindings.iter().flat_map(Scalar::to_bytes).collect())
    }
}

impl Commitments {
    /// Reads the commitments of a vector but not its proof: for vectors whose proof is checked
    /// elsewhere. `categories` is their number.
    pub fn read(bytes: &[u8], categories: usize) -> Result<Self, VectorError> {
        let (commitments, _) = batch::split(bytes, categories)?;
        let points = commitments.iter().map(decode_point);
        points.collect::<Result<_, _>>().map(Self)
    }

    /// The number of categories.
    pub fn categories(&self) -> usize {
        self.0.len()
    }

    /// Checks a public opening: the category and what [`Opening::to_bytes`] gave.
    pub fn verify_opening(&self, category: usize, blindings: &[u8]) -> Result<(), VectorError> {
        let (blindings, rest) = blindings.as_chunks::<ELEMENT_BYTES>();
        if !rest.is_empty() || blindings.len() != self.0.len() || category >= self.0.len() {
            return Err(VectorError::Length);
        }
        for (j, (point, blinding)) in self.0.iter().zip(blindings).enumerate() {
            if *point != commit(&bit(j == category), &decode_scalar(blinding)?) {
                return Err(VectorError::Proof);
            }
        }
        Ok(())
    }
}

fn bit(set: bool) -> Scalar {
    Scalar::from(u64::from(set))
}

/// `value·G + blinding·H`, in constant time.
fn commit(value: &Scalar, blinding: &Scalar) -> RistrettoPoint {
    RISTRETTO_BASEPOINT_TABLE * value + blinding * &*H_TABLE
}

fn encode(point: &RistrettoPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

fn decode_point(bytes: &[u8; 32]) -> Result<RistrettoPoint, VectorError> {
    CompressedRistretto(*bytes)
        .decompress()
        .filter(|point| !point.is_identity())
        .ok_or(VectorError::Encoding)
}

fn decode_scalar(bytes: &[u8; 32]) -> Result<Scalar, VectorError> {
    Option::from(Scalar::from_canonical_bytes(*bytes)).ok_or(VectorError::Encoding)
}

fn put(hash: &mut Sha512, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// The `what`-th secret scalar of category `j`.
fn derive(secret: &[u8], j: usize, what: u8) -> Zeroizing<Scalar> {
    let hash = Sha512::new()
        .chain_update(secret)
        .chain_update((j as u64).to_be_bytes())
        .chain_update([what])
        .finalize();
    let wide = Zeroizing::new(<[u8; 64]>::from(hash));
    Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide))
}

#[cfg(test)]
mod tests;
