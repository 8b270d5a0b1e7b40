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

use super::{Commitments, Context, ELEMENT_BYTES, H, VectorError, decode_point, decode_scalar};

/// The values of one category's proof: two announcements and three scalars.
const PROOF_VALUES: usize = 5;

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
        challenge: Scalar,
        total: Scalar,
        categories: Vec<Category>,
    },
    Opening {
        category: usize,
        commitments: Vec<RistrettoPoint>,
        blindings: Vec<Scalar>,
    },
}

/// A commitment and its proof.
#[derive(Clone)]
struct Category {
    commitment: RistrettoPoint,
    announcements: [RistrettoPoint; 2],
    e0: Scalar,
    z0: Scalar,
    z1: Scalar,
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
        let (total, commitments, proofs) = split(bytes, context.categories)?;
        let proofs = proofs.as_chunks::<PROOF_VALUES>().0;
        let points = commitments.iter().map(decode_point);
        let points = points.collect::<Result<Vec<_>, _>>()?;
        let announcements: Vec<[u8; 32]> = proofs
            .iter()
            .flat_map(|proof| [proof[0], proof[1]])
            .collect();
        let challenge = context.challenge(commitments, total, &announcements);
        let mut categories = Vec::with_capacity(points.len());
        assert_eq!(points.len(), proofs.len(), "the length was checked");
        for (commitment, [a0, a1, e0, z0, z1]) in points.iter().zip(proofs) {
            categories.push(Category {
                commitment: *commitment,
                announcements: [decode_point(a0)?, decode_point(a1)?],
                e0: decode_scalar(e0)?,
                z0: decode_scalar(z0)?,
                z1: decode_scalar(z1)?,
            });
        }
        let total = decode_scalar(total)?;
        self.transcript.update(challenge.as_bytes());
        self.transcript.update(bytes);
        self.items.push(Item::Proof {
            challenge,
            total,
            categories,
        });
        Ok(Commitments(points))
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
                    challenge,
                    total,
                    categories,
                } => sum.add_proof(&mut factors, challenge, total, categories),
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

    /// Three equations, each with a factor of its own:
    ///
    /// ```text
    /// z0·H - e0·C - A0 = 0        z1·H - e1·(C - G) - A1 = 0        ΣC - G - R·H = 0
    /// ```
    fn add_proof(
        &mut self,
        factors: &mut Factors,
        challenge: &Scalar,
        total: &Scalar,
        categories: &[Category],
    ) {
        let one_hot = factors.next();
        self.of_g -= one_hot;
        self.of_h -= one_hot * total;
        for category in categories {
            let [zero, one] = [factors.next(), factors.next()];
            let e1 = challenge - category.e0;
            self.of_h += zero * category.z0 + one * category.z1;
            self.of_g += one * e1;
            self.add(
                one_hot - zero * category.e0 - one * e1,
                &category.commitment,
            );
            self.add(-zero, &category.announcements[0]);
            self.add(-one, &category.announcements[1]);
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
    count: u64,
}

impl Factors {
    fn new(transcript: &Sha512) -> Self {
        Self {
            seed: transcript.clone().finalize().into(),
            count: 0,
        }
    }

    fn next(&mut self) -> Scalar {
        let hash = Sha512::new()
            .chain_update(self.seed)
            .chain_update(self.count.to_be_bytes())
            .finalize();
        self.count += 1;
        let half = hash.first_chunk().expect("the hash has 64 bytes");
        Scalar::from(u128::from_le_bytes(*half))
    }
}

type Values<'a> = &'a [[u8; ELEMENT_BYTES]];

/// The parts of a vector: the sum of the blindings, the commitments, and their proofs.
pub(super) fn split(
    bytes: &[u8],
    categories: usize,
) -> Result<(&[u8; ELEMENT_BYTES], Values<'_>, Values<'_>), VectorError> {
    let (values, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
    let (total, values) = values.split_first().ok_or(VectorError::Length)?;
    if !rest.is_empty() || values.len() != categories * (1 + PROOF_VALUES) {
        return Err(VectorError::Length);
    }
    let (commitments, proofs) = values.split_at(categories);
    Ok((total, commitments, proofs))
}

/// The length of a vector of so many categories, in bytes.
pub const fn encoded_len(categories: usize) -> usize {
    ELEMENT_BYTES * (1 + categories * (1 + PROOF_VALUES))
}
