//! A share for a newcomer, made by K of the holders without any of them learning it.
//!
//! Each helper's share counts for the newcomer's with Lagrange's factor. It splits that product
//! into one part for each helper; every helper adds up the parts it gets and passes the sum to
//! the newcomer, who adds up the sums (Stinson and Wei, "Combinatorial repairability for
//! threshold schemes"; `repairable` in the crate `frost-ristretto255`). So that a helper who
//! lies is named, the public points of all parts are published: they must add up to what
//! follows from the helper's logged point.

use super::CeremonyError;
use super::dealing::identifier;
use super::group::{factor, interpolate, point, scalar};
use super::plan::{Plan, Previous};
use crate::encoding::base64_bytes;
use crate::system::{Draws, Entropy};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use frost_ristretto255::keys::repairable::repair_share_part1;
use frost_ristretto255::keys::{KeyPackage, SigningShare, VerifyingShare};
use frost_ristretto255::{Ristretto255Sha512, VerifyingKey};
use heliograph_vault::share::SecretShare;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A part of a helper's contribution to a newcomer's share; secret.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) newcomer: u16,
    /// The helper who is to add it up.
    pub(super) helper: u16,
    #[serde(with = "base64_bytes")]
    pub(super) scalar: [u8; 32],
}

/// The public point of a part.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartPoint {
    newcomer: u16,
    helper: u16,
    #[serde(with = "base64_bytes")]
    point: [u8; 32],
}

/// The public points of all helpers' parts, checked: by newcomer, maker and helper.
pub(super) struct Parts(BTreeMap<(u16, u16, u16), RistrettoPoint>);

/// Splits this helper's contributions; none when it is no helper.
pub(super) fn split(
    plan: &Plan,
    previous: &Previous,
    share: &SecretShare,
    entropy: &Entropy,
) -> Result<Vec<Part>, CeremonyError> {
    let me = share.index();
    if !previous.helpers.contains(&me) {
        return Ok(Vec::new());
    }
    let mut helpers = Vec::new();
    for helper in &previous.helpers {
        helpers.push(identifier(*helper)?);
    }
    let key = KeyPackage::new(
        identifier(me)?,
        SigningShare::deserialize(&*share.to_bytes())?,
        VerifyingShare::deserialize(&share.point().to_bytes())?,
        VerifyingKey::deserialize(&previous.keys.public_key.to_bytes())?,
        u16::from(plan.threshold),
    );
    let mut parts = Vec::new();
    for newcomer in &previous.newcomers {
        let target = identifier(*newcomer)?;
        let deltas = repair_share_part1::<Ristretto255Sha512, _>(
            &helpers,
            &key,
            &mut Draws(entropy),
            target,
        )?;
        for helper in &previous.helpers {
            let delta = deltas
                .get(&identifier(*helper)?)
                .ok_or(CeremonyError::State)?;
            parts.push(Part {
                newcomer: *newcomer,
                helper: *helper,
                scalar: delta
                    .serialize()
                    .try_into()
                    .map_err(|_| CeremonyError::State)?,
            });
        }
    }
    Ok(parts)
}

/// The points to publish.
pub(super) fn points_of(parts: &[Part]) -> Result<Vec<PartPoint>, CeremonyError> {
    let publish = |part: &Part| {
        let scalar = scalar(&part.scalar).ok_or(CeremonyError::State)?;
        Ok(PartPoint {
            newcomer: part.newcomer,
            helper: part.helper,
            point: RistrettoPoint::mul_base(&scalar).compress().to_bytes(),
        })
    };
    parts.iter().map(publish).collect()
}

impl Parts {
    /// Checks that the points of every helper add up to its contribution to each newcomer's
    /// share, and that nobody else published any.
    pub(super) fn check(
        plan: &Plan,
        previous: Option<&Previous>,
        published: &BTreeMap<u16, Vec<PartPoint>>,
    ) -> Result<Self, CeremonyError> {
        let mut all = BTreeMap::new();
        for (maker, points) in published {
            let who = || plan.who(*maker);
            let expected = previous.filter(|previous| previous.helpers.contains(maker));
            let count = expected.map_or(0, |all| all.newcomers.len() * all.helpers.len());
            if points.len() != count {
                return Err(CeremonyError::Contents(who()));
            }
            for part in points {
                let point = point(&part.point).ok_or_else(|| CeremonyError::Contents(who()))?;
                all.insert((part.newcomer, *maker, part.helper), point);
            }
            let Some(previous) = expected else { continue };
            let own = previous.keys.holder(*maker).ok_or(CeremonyError::State)?;
            let own = point(&own.share_point.to_bytes()).ok_or(CeremonyError::State)?;
            for newcomer in &previous.newcomers {
                let mut sum = RistrettoPoint::default();
                for helper in &previous.helpers {
                    let part = all.get(&(*newcomer, *maker, *helper));
                    sum += part.ok_or_else(|| CeremonyError::Contents(who()))?;
                }
                if sum != own * factor(*newcomer, &previous.helpers, *maker) {
                    return Err(CeremonyError::Dealt(who()));
                }
            }
        }
        Ok(Self(all))
    }

    /// Adds up what all helpers gave this helper for a newcomer. `received` is by maker.
    pub(super) fn add_up(
        &self,
        plan: &Plan,
        previous: &Previous,
        newcomer: u16,
        me: u16,
        received: &BTreeMap<u16, Vec<Part>>,
    ) -> Result<Part, CeremonyError> {
        let mut sum = Scalar::ZERO;
        for maker in &previous.helpers {
            let who = || plan.who(*maker);
            let parts = received.get(maker).map_or(&[][..], Vec::as_slice);
            let part = parts
                .iter()
                .find(|part| part.newcomer == newcomer && part.helper == me);
            let part = part.and_then(|part| scalar(&part.scalar));
            let part = part.ok_or_else(|| CeremonyError::Contents(who()))?;
            if self.0.get(&(newcomer, *maker, me)) != Some(&RistrettoPoint::mul_base(&part)) {
                return Err(CeremonyError::Dealt(who()));
            }
            sum += part;
        }
        Ok(Part {
            newcomer,
            helper: me,
            scalar: sum.to_bytes(),
        })
    }

    /// The newcomer's share of the old generation, from the sums of all helpers.
    pub(super) fn share(
        &self,
        plan: &Plan,
        previous: &Previous,
        me: u16,
        sums: &BTreeMap<u16, Part>,
    ) -> Result<SecretShare, CeremonyError> {
        let mut share = Scalar::ZERO;
        for helper in &previous.helpers {
            let who = || plan.who(*helper);
            let sum = sums.get(helper).and_then(|sum| scalar(&sum.scalar));
            let sum = sum.ok_or_else(|| CeremonyError::Contents(who()))?;
            let makers = previous.helpers.iter();
            let expected: RistrettoPoint = makers
                .filter_map(|maker| self.0.get(&(me, *maker, *helper)))
                .sum();
            if RistrettoPoint::mul_base(&sum) != expected {
                return Err(CeremonyError::Dealt(who()));
            }
            share += sum;
        }
        SecretShare::from_bytes(me, &share.to_bytes()).map_err(|_| CeremonyError::State)
    }
}

/// The public points that all holders of the plan had or would have had before the refresh.
pub(super) fn earlier_points(
    plan: &Plan,
    previous: &Previous,
) -> Result<BTreeMap<u16, RistrettoPoint>, CeremonyError> {
    let old = |index: u16| {
        let holder = previous.keys.holder(index)?;
        point(&holder.share_point.to_bytes())
    };
    let mut known = Vec::new();
    for helper in &previous.helpers {
        known.push((*helper, old(*helper).ok_or(CeremonyError::State)?));
    }
    let indices = plan.indices().into_iter();
    let points = indices.map(|index| {
        (
            index,
            old(index).unwrap_or_else(|| interpolate(index, &known)),
        )
    });
    Ok(points.collect())
}
