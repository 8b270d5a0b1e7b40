//! The polynomials that holders deal: FROST's key generation and refresh, with every failure
//! traced to the holder at fault.

use super::CeremonyError;
use super::group::{evaluate, point, scalar};
use super::plan::{Plan, Previous};
use crate::system::{Draws, Entropy};
use curve25519_dalek::ristretto::RistrettoPoint;
use frost_ristretto255::keys::dkg::{self, round1, round2};
use frost_ristretto255::keys::{
    KeyPackage, PublicKeyPackage, SigningShare, VerifyingShare, refresh,
};
use frost_ristretto255::{Error, Identifier, VerifyingKey};
use heliograph_vault::share::SecretShare;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What holders committed to in the first round, by index.
pub(super) type Dealings = BTreeMap<u16, round1::Package>;

/// Encoded shares that one holder deals, by recipient, or is dealt, by dealer.
pub(super) type Shares = BTreeMap<u16, Zeroizing<Vec<u8>>>;

/// The outcome for one holder.
pub(super) struct Dealt {
    pub(super) share: SecretShare,
    pub(super) public_key: [u8; 32],
    /// The public points of all shares, by index.
    pub(super) points: BTreeMap<u16, [u8; 32]>,
}

/// Draws a polynomial; returns it and the commitment to it.
pub(super) fn begin(
    plan: &Plan,
    me: u16,
    entropy: &Entropy,
) -> Result<(round1::SecretPackage, Vec<u8>), CeremonyError> {
    let (count, threshold) = (plan.holders.len() as u16, u16::from(plan.threshold));
    let draws = Draws(entropy);
    let (secret, package) = if plan.is_refresh() {
        refresh::refresh_dkg_part1(identifier(me)?, count, threshold, draws)?
    } else {
        dkg::part1(identifier(me)?, count, threshold, draws)?
    };
    Ok((secret, package.serialize()?))
}

/// Reads a commitment and checks its length.
pub(super) fn parse(
    plan: &Plan,
    from: u16,
    bytes: &[u8],
) -> Result<round1::Package, CeremonyError> {
    let package = round1::Package::deserialize(bytes)
        .ok()
        .filter(|package| package.serialize().is_ok_and(|again| again == bytes))
        .filter(|package| {
            // In a refresh the constant term is zero, and nothing is said about it.
            let expected = usize::from(plan.threshold) - usize::from(plan.is_refresh());
            package
                .commitment()
                .serialize()
                .is_ok_and(|terms| terms.len() == expected)
        });
    package.ok_or_else(|| CeremonyError::Contents(plan.who(from)))
}

/// Checks what all committed to and returns the share that each of the others is dealt.
pub(super) fn distribute(
    plan: &Plan,
    secret: round1::SecretPackage,
    dealings: &Dealings,
) -> Result<(round2::SecretPackage, Shares), CeremonyError> {
    let packages = by_identifier(dealings)?;
    let dealt = if plan.is_refresh() {
        refresh::refresh_dkg_part2(secret, &packages)
    } else {
        dkg::part2(secret, &packages)
    };
    let (secret, shares) = dealt.map_err(|error| match error {
        Error::InvalidProofOfKnowledge { culprit } => match index_of(plan, culprit) {
            Some(index) => CeremonyError::Knowledge(plan.who(index)),
            None => CeremonyError::Generation(error),
        },
        error => CeremonyError::Generation(error),
    })?;
    let mut by_index = BTreeMap::new();
    for index in dealings.keys() {
        let share = shares
            .get(&identifier(*index)?)
            .ok_or(CeremonyError::State)?;
        by_index.insert(*index, Zeroizing::new(share.signing_share().serialize()));
    }
    Ok((secret, by_index))
}

/// Checks the shares that were dealt to this holder and adds them up.
///
/// `earlier` is this holder's share of the key that is refreshed, with what is known of all.
pub(super) fn gather(
    plan: &Plan,
    me: u16,
    secret: &round2::SecretPackage,
    dealings: &Dealings,
    shares: &Shares,
    earlier: Option<Earlier<'_>>,
) -> Result<Dealt, CeremonyError> {
    for (from, package) in dealings {
        let who = || plan.who(*from);
        let share = shares
            .get(from)
            .ok_or_else(|| CeremonyError::Contents(who()))?;
        let share = scalar(share).ok_or_else(|| CeremonyError::Contents(who()))?;
        if RistrettoPoint::mul_base(&share) != evaluate(&commitments(plan, package)?, me) {
            return Err(CeremonyError::Dealt(who()));
        }
    }
    let packages = by_identifier(dealings)?;
    let mut dealt = BTreeMap::new();
    for (from, share) in shares {
        let share = SigningShare::deserialize(share)?;
        dealt.insert(identifier(*from)?, round2::Package::new(share));
    }
    let (key, public) = match earlier {
        Some(earlier) => {
            let (old_public, old_key) = earlier.packages(me, plan.threshold)?;
            refresh::refresh_dkg_shares(secret, &packages, &dealt, old_public, old_key)?
        }
        None => dkg::part3(secret, &packages, &dealt)?,
    };
    let share = Zeroizing::new(key.signing_share().serialize());
    let share = array(&share).ok_or(CeremonyError::State)?;
    let mut points = BTreeMap::new();
    for index in plan.indices() {
        let point = public
            .verifying_shares()
            .get(&identifier(index)?)
            .ok_or(CeremonyError::State)?;
        points.insert(
            index,
            array(&point.serialize()?).ok_or(CeremonyError::State)?,
        );
    }
    Ok(Dealt {
        share: SecretShare::from_bytes(me, &share).map_err(|_| CeremonyError::State)?,
        public_key: array(&public.verifying_key().serialize()?).ok_or(CeremonyError::State)?,
        points,
    })
}

/// A holder's share before a refresh, and the public points of all who take part.
pub(super) struct Earlier<'a> {
    pub(super) share: &'a SecretShare,
    pub(super) points: BTreeMap<u16, RistrettoPoint>,
    pub(super) previous: &'a Previous,
}

impl Earlier<'_> {
    fn packages(
        &self,
        me: u16,
        threshold: u8,
    ) -> Result<(PublicKeyPackage, KeyPackage), CeremonyError> {
        let threshold = u16::from(threshold);
        let mut shares = BTreeMap::new();
        for (index, point) in &self.points {
            let share = VerifyingShare::deserialize(point.compress().as_bytes())?;
            shares.insert(identifier(*index)?, share);
        }
        let own = *shares.get(&identifier(me)?).ok_or(CeremonyError::Share)?;
        let key = VerifyingKey::deserialize(&self.previous.keys.public_key.to_bytes())?;
        let share = SigningShare::deserialize(&*self.share.to_bytes())?;
        Ok((
            PublicKeyPackage::new(shares, key, Some(threshold)),
            KeyPackage::new(identifier(me)?, share, own, key, threshold),
        ))
    }
}

pub(super) fn identifier(index: u16) -> Result<Identifier, CeremonyError> {
    Ok(Identifier::try_from(index)?)
}

fn index_of(plan: &Plan, identifier: Identifier) -> Option<u16> {
    let mut indices = plan.indices().into_iter();
    indices.find(|index| Identifier::try_from(*index) == Ok(identifier))
}

fn by_identifier(
    dealings: &Dealings,
) -> Result<BTreeMap<Identifier, round1::Package>, CeremonyError> {
    let pairs = dealings.iter();
    pairs
        .map(|(index, package)| Ok((identifier(*index)?, package.clone())))
        .collect()
}

/// The committed coefficients, lowest first.
fn commitments(
    plan: &Plan,
    package: &round1::Package,
) -> Result<Vec<RistrettoPoint>, CeremonyError> {
    let zero = plan.is_refresh().then(RistrettoPoint::default);
    let terms = package.commitment().serialize()?;
    let terms = terms.iter().map(|term| point(term));
    let all: Option<Vec<_>> = zero.map(Some).into_iter().chain(terms).collect();
    all.ok_or(CeremonyError::State)
}

fn array(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.try_into().ok()
}
