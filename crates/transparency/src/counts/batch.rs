//! Checking many vectors at once.
//!
//! Each proof and each opening says that some sums of points are zero. A random combination of
//! such sums is zero as well, and hardly ever (with probability 2^-128) if one of them is not; to
//! compute it takes a small part of the time that each by itself would. The random factors come
//! from a hash over everything in the batch, so that nobody could prepare for them.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use super::{
    Commitments, Context, ELEMENT_BYTES, H, VectorError, challenge, decode_point, decode_scalar,
    powers,
};

/// The values of one claim: an announcement and two scalars.
const CLAIM_VALUES: usize = 3;

/// Vectors and openings that are yet to be checked together.
#[derive(Clone)]
pub struct Batch {
    /// Over everything that was added.
    transcript: Sha512,
    items: Vec<Item>,
    /// Those of all items, in their order: of a proof the commitments, then the announcements; of an
    /// opening the commitments. They lie in one list because copying them takes its time.
    points: Vec<RistrettoPoint>,
}

#[derive(Clone)]
enum Item {
    Proof {
        powers: Vec<Scalar>,
        claims: Vec<Claim>,
    },
    Opening {
        category: usize,
        blindings: Vec<Scalar>,
    },
}

/// That the vector commits to one certain category; all but one are simulated.
#[derive(Clone)]
struct Claim {
    e: Scalar,
    z: Scalar,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            transcript: Sha512::new_with_prefix(b"hg/counts/v1/batch"),
            items: Vec::new(),
            points: Vec::new(),
        }
    }
}

impl Batch {
    /// Adds a vector, whose proof is checked by [`Batch::verify`]. One that fails here is not added.
    ///
    /// # Panics
    /// When the context's number of categories is out of range.
    pub fn add(&mut self, context: &Context, bytes: &[u8]) -> Result<(), VectorError> {
        context.check_categories();
        let (commitments, claims) = split(bytes, context.categories)?;
        let statement = context.statement(commitments);
        let (claims, _) = claims.as_chunks::<CLAIM_VALUES>();
        let announcements: Vec<[u8; 32]> = claims.iter().map(|[a, _, _]| *a).collect();
        let challenge = challenge(&statement, &announcements);

        let read = |[_, e, z]: &[[u8; 32]; CLAIM_VALUES]| {
            Ok(Claim {
                e: decode_scalar(e)?,
                z: decode_scalar(z)?,
            })
        };
        let claims = claims.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let before = self.points.len();
        self.add_points(commitments.iter().chain(&announcements))?;
        if claims.iter().map(|claim| claim.e).sum::<Scalar>() != challenge {
            self.points.truncate(before);
            return Err(VectorError::Proof);
        }
        self.transcript.update(statement);
        self.transcript.update(bytes);
        self.items.push(Item::Proof {
            powers: powers(&statement, context.categories),
            claims,
        });
        Ok(())
    }

    /// Reads points to the end of the list; none when one of them is none.
    fn add_points<'a>(
        &mut self,
        encoded: impl Iterator<Item = &'a [u8; ELEMENT_BYTES]>,
    ) -> Result<(), VectorError> {
        let before = self.points.len();
        for point in encoded {
            match decode_point(point) {
                Ok(point) => self.points.push(point),
                Err(error) => {
                    self.points.truncate(before);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The commitments of the vector that was added first.
    pub(super) fn into_first(mut self, categories: usize) -> Commitments {
        self.points.truncate(categories);
        Commitments(self.points)
    }

    /// Adds a public opening of a vector: the category, and what [`super::Opening::to_bytes`]
    /// gave. The proof of the vector is not looked at.
    pub fn add_opening(
        &mut self,
        vector: &[u8],
        categories: usize,
        category: usize,
        blindings: &[u8],
    ) -> Result<(), VectorError> {
        let (commitments, _) = split(vector, categories)?;
        let (values, rest) = blindings.as_chunks::<ELEMENT_BYTES>();
        if !rest.is_empty() || values.len() != categories || category >= categories {
            return Err(VectorError::Length);
        }
        let scalars = values.iter().map(decode_scalar);
        let scalars = scalars.collect::<Result<Vec<_>, _>>()?;
        self.add_points(commitments.iter())?;
        self.transcript.update((category as u64).to_be_bytes());
        self.transcript.update(vector);
        self.transcript.update(blindings);
        self.items.push(Item::Opening {
            category,
            blindings: scalars,
        });
        Ok(())
    }

    /// Checks everything that was added. Of a batch that fails, nothing is known but that one of
    /// its parts does not hold.
    pub fn verify(&self) -> Result<(), VectorError> {
        let mut factors = Factors::new(&self.transcript);
        let mut weights = Weights::default();
        for item in &self.items {
            match item {
                Item::Proof { powers, claims } => weights.add_proof(&mut factors, powers, claims),
                Item::Opening {
                    category,
                    blindings,
                } => weights.add_opening(&mut factors, *category, blindings),
            }
        }
        if weights.cancel(&self.points) {
            Ok(())
        } else {
            Err(VectorError::Proof)
        }
    }
}

/// The factors of a linear combination of points.
#[derive(Default)]
struct Weights {
    g: Scalar,
    h: Scalar,
    /// Of the batch's points, in their order.
    points: Vec<Scalar>,
}

impl Weights {
    /// An equation for each category, with a factor of its own:
    /// `A_k + e_k·(Σ y^j·C_j - y^k·G) - z_k·H = 0`.
    fn add_proof(&mut self, factors: &mut Factors, powers: &[Scalar], claims: &[Claim]) {
        let mut of_p = Scalar::ZERO;
        let commitments = self.points.len();
        // The commitments come first; their weight is known when all claims are added.
        self.points.resize(commitments + powers.len(), Scalar::ZERO);
        for (power, claim) in powers.iter().zip(claims) {
            let factor = factors.next();
            let weighed = factor * claim.e;
            of_p += weighed;
            self.g -= weighed * power;
            self.h -= factor * claim.z;
            // The factor as it is, not its negative: half the digits are zero, which saves time.
            self.points.push(factor);
        }
        for (weight, power) in self.points[commitments..].iter_mut().zip(powers) {
            *weight = of_p * power;
        }
    }

    /// `C_j - b_j·G - r_j·H = 0` for each category.
    fn add_opening(&mut self, factors: &mut Factors, category: usize, blindings: &[Scalar]) {
        for (j, blinding) in blindings.iter().enumerate() {
            let factor = factors.next();
            if j == category {
                self.g -= factor;
            }
            self.h -= factor * blinding;
            self.points.push(factor);
        }
    }

    /// Whether the combination of these points, G and H is zero.
    fn cancel(&self, points: &[RistrettoPoint]) -> bool {
        let weights = self.points.iter().chain([&self.g, &self.h]);
        let points = points.iter().chain([&G, &*H]);
        RistrettoPoint::vartime_multiscalar_mul(weights, points).is_identity()
    }
}

/// Random numbers of 128 bits that follow from a transcript.
struct Factors {
    seed: [u8; 64],
    blocks: u64,
    /// Four at a time; the rest of the newest block.
    drawn: Vec<u128>,
}

impl Factors {
    fn new(transcript: &Sha512) -> Self {
        Self {
            seed: transcript.clone().finalize().into(),
            blocks: 0,
            drawn: Vec::with_capacity(4),
        }
    }

    fn next(&mut self) -> Scalar {
        if let Some(factor) = self.drawn.pop() {
            return Scalar::from(factor);
        }
        let block = Sha512::new()
            .chain_update(self.seed)
            .chain_update(self.blocks.to_be_bytes())
            .finalize();
        self.blocks += 1;
        let (numbers, _) = block.as_chunks::<16>();
        self.drawn
            .extend(numbers.iter().map(|number| u128::from_le_bytes(*number)));
        self.next()
    }
}

type Values<'a> = &'a [[u8; ELEMENT_BYTES]];

/// The parts of a vector: the commitments, and the values of the claims.
pub(super) fn split(
    bytes: &[u8],
    categories: usize,
) -> Result<(Values<'_>, Values<'_>), VectorError> {
    let (values, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
    if !rest.is_empty() || values.len() != categories * (1 + CLAIM_VALUES) {
        return Err(VectorError::Length);
    }
    Ok(values.split_at(categories))
}

/// The length of a vector of so many categories, in bytes.
pub const fn encoded_len(categories: usize) -> usize {
    ELEMENT_BYTES * categories * (1 + CLAIM_VALUES)
}
