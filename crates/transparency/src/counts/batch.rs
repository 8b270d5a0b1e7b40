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
}

#[derive(Clone)]
enum Item {
    Proof {
        powers: Vec<Scalar>,
        commitments: Vec<RistrettoPoint>,
        claims: Vec<Claim>,
    },
    Opening {
        category: usize,
        commitments: Vec<RistrettoPoint>,
        blindings: Vec<Scalar>,
    },
}

/// That the vector commits to one certain category; all but one are simulated.
#[derive(Clone)]
struct Claim {
    announcement: RistrettoPoint,
    e: Scalar,
    z: Scalar,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            transcript: Sha512::new_with_prefix(b"hg/counts/v1/batch"),
            items: Vec::new(),
        }
    }
}

impl Batch {
    /// Adds a vector, whose proof is checked by [`Batch::verify`]. Its commitments are not to be
    /// believed before.
    ///
    /// # Panics
    /// When the context's number of categories is out of range.
    pub fn add(&mut self, context: &Context, bytes: &[u8]) -> Result<Commitments, VectorError> {
        context.check_categories();
        let (commitments, claims) = split(bytes, context.categories)?;
        let statement = context.statement(commitments);
        let (claims, _) = claims.as_chunks::<CLAIM_VALUES>();
        let announcements: Vec<[u8; 32]> = claims.iter().map(|[a, _, _]| *a).collect();
        let challenge = challenge(&statement, &announcements);

        let points = commitments.iter().map(decode_point);
        let commitments = points.collect::<Result<Vec<_>, _>>()?;
        let read = |[announcement, e, z]: &[[u8; 32]; CLAIM_VALUES]| {
            Ok(Claim {
                announcement: decode_point(announcement)?,
                e: decode_scalar(e)?,
                z: decode_scalar(z)?,
            })
        };
        let claims = claims.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if claims.iter().map(|claim| claim.e).sum::<Scalar>() != challenge {
            return Err(VectorError::Proof);
        }
        self.transcript.update(statement);
        self.transcript.update(bytes);
        self.items.push(Item::Proof {
            powers: powers(&statement, context.categories),
            commitments: commitments.clone(),
            claims,
        });
        Ok(Commitments(commitments))
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
        let Commitments(commitments) = Commitments::read(vector, categories)?;
        let (values, rest) = blindings.as_chunks::<ELEMENT_BYTES>();
        if !rest.is_empty() || values.len() != categories || category >= categories {
            return Err(VectorError::Length);
        }
        let scalars = values.iter().map(decode_scalar);
        let scalars = scalars.collect::<Result<Vec<_>, _>>()?;
        self.transcript.update((category as u64).to_be_bytes());
        self.transcript.update(vector);
        self.transcript.update(blindings);
        self.items.push(Item::Opening {
            category,
            commitments,
            blindings: scalars,
        });
        Ok(())
    }

    /// Checks everything that was added. Of a batch that fails, nothing is known but that one of
    /// its parts does not hold.
    pub fn verify(&self) -> Result<(), VectorError> {
        let mut factors = Factors::new(&self.transcript);
        let mut sum = Sum::default();
        for item in &self.items {
            match item {
                Item::Proof {
                    powers,
                    commitments,
                    claims,
                } => sum.add_proof(&mut factors, powers, commitments, claims),
                Item::Opening {
                    category,
                    commitments,
                    blindings,
                } => sum.add_opening(&mut factors, *category, commitments, blindings),
            }
        }
        if sum.vanishes() {
            Ok(())
        } else {
            Err(VectorError::Proof)
        }
    }
}

/// A linear combination of points.
#[derive(Default)]
struct Sum {
    of_g: Scalar,
    of_h: Scalar,
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl Sum {
    fn add(&mut self, scalar: Scalar, point: &RistrettoPoint) {
        self.scalars.push(scalar);
        self.points.push(*point);
    }

    /// An equation for each category, with a factor of its own:
    /// `A_k + e_k·(Σ y^j·C_j - y^k·G) - z_k·H = 0`.
    fn add_proof(
        &mut self,
        factors: &mut Factors,
        powers: &[Scalar],
        commitments: &[RistrettoPoint],
        claims: &[Claim],
    ) {
        let mut of_p = Scalar::ZERO;
        for (power, claim) in powers.iter().zip(claims) {
            let factor = factors.next();
            let weighed = factor * claim.e;
            of_p += weighed;
            self.of_g -= weighed * power;
            self.of_h -= factor * claim.z;
            // The factor as it is, not its negative: half the digits are zero, which saves time.
            self.add(factor, &claim.announcement);
        }
        for (power, commitment) in powers.iter().zip(commitments) {
            self.add(of_p * power, commitment);
        }
    }

    /// `C_j - b_j·G - r_j·H = 0` for each category.
    fn add_opening(
        &mut self,
        factors: &mut Factors,
        category: usize,
        commitments: &[RistrettoPoint],
        blindings: &[Scalar],
    ) {
        for (j, (commitment, blinding)) in commitments.iter().zip(blindings).enumerate() {
            let factor = factors.next();
            if j == category {
                self.of_g -= factor;
            }
            self.of_h -= factor * blinding;
            self.add(factor, commitment);
        }
    }

    fn vanishes(mut self) -> bool {
        let (of_g, of_h) = (self.of_g, self.of_h);
        self.add(of_g, &G);
        self.add(of_h, &H);
        RistrettoPoint::vartime_multiscalar_mul(&self.scalars, &self.points).is_identity()
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
