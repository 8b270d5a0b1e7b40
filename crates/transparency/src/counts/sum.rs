//! Opening sums of vectors, and the rules under which a sum may be opened at all.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;

use super::{Commitments, Opening, commit, decode_scalar};

/// The fewest cases a group may have: a smaller number could point at one of them.
pub const MIN_CASES: u64 = 5;

/// The fewest groups the categories may be divided into: all cases in one group would be opened.
pub const MIN_GROUPS: usize = 2;

/// Categories that are counted together, how many cases fall into them, and the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The categories, ascending.
    pub categories: Vec<usize>,
    /// How many cases fall into one of them.
    pub count: u64,
    /// The sum of the blindings of all the commitments that are added up.
    pub blinding: [u8; 32],
}

/// Why sums were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SumError {
    /// The vectors do not all have the expected number of categories.
    #[error("the vectors have different numbers of categories")]
    Categories,
    /// A category is in no group or in two, or the order is wrong.
    #[error("the groups do not divide the categories")]
    Partition,
    /// Fewer than [`MIN_GROUPS`] groups.
    #[error("too few groups")]
    TooFewGroups,
    /// A group counts fewer than [`MIN_CASES`] cases.
    #[error("a group of {0} cases is too small to be opened")]
    TooFewCases(u64),
    /// The commitments do not add up to the count.
    #[error("the count of group {0} is wrong")]
    WrongCount(usize),
}

/// Opens the sum over `categories` of the vectors that `openings` belong to.
///
/// # Panics
/// When a vector has no such category.
pub fn open_sum(openings: &[&Opening], categories: &[usize]) -> Group {
    let mut count = 0;
    let mut blinding = Scalar::ZERO;
    for opening in openings {
        count += u64::from(categories.contains(&opening.category));
        for category in categories {
            blinding += opening.blindings[*category];
        }
    }
    Group {
        categories: categories.to_vec(),
        count,
        blinding: blinding.to_bytes(),
    }
}

/// Checks all sums that are opened of `vectors`, the vectors of one dimension and period.
///
/// The groups must divide the D categories: a category left out would be opened as well, since
/// all counts together make the number of vectors. Each vector may be in one period only, which
/// the caller sees to: the difference of two overlapping sums is a smaller one.
pub fn verify_groups(
    vectors: &[&Commitments],
    categories: usize,
    groups: &[Group],
) -> Result<(), SumError> {
    if vectors.iter().any(|vector| vector.0.len() != categories) {
        return Err(SumError::Categories);
    }
    let mut grouped = vec![false; categories];
    for group in groups {
        let ascending = group.categories.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || group.categories.is_empty() {
            return Err(SumError::Partition);
        }
        for category in &group.categories {
            let grouped = grouped.get_mut(*category).ok_or(SumError::Partition)?;
            if std::mem::replace(grouped, true) {
                return Err(SumError::Partition);
            }
        }
    }
    if grouped.contains(&false) {
        return Err(SumError::Partition);
    }
    if groups.len() < MIN_GROUPS {
        return Err(SumError::TooFewGroups);
    }
    for (position, group) in groups.iter().enumerate() {
        if group.count < MIN_CASES {
            return Err(SumError::TooFewCases(group.count));
        }
        let wrong = SumError::WrongCount(position);
        let blinding = decode_scalar(&group.blinding).map_err(|_| wrong)?;
        let sum: RistrettoPoint = vectors
            .iter()
            .flat_map(|vector| group.categories.iter().map(|category| vector.0[*category]))
            .sum();
        if sum != commit(&Scalar::from(group.count), &blinding) {
            return Err(wrong);
        }
    }
    Ok(())
}
