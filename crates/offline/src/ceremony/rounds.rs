//! The three rounds of a holder.

use super::CeremonyError;
use super::dealing::{self, Dealings, Earlier};
use super::newcomer::{self, Part, PartPoint, Parts};
use super::outcome;
use super::packet::{ALL, Packet, Said, collect};
use super::plan::Plan;
use crate::encoding::base64_bytes;
use crate::identity::Identity;
use crate::lock::seal_to;
use crate::system::Entropy;
use frost_ristretto255::keys::dkg::{round1, round2};
use heliograph_transparency::entry::{Body, Entry, Keys, Signed};
use heliograph_vault::keyset::Ceremony;
use heliograph_vault::share::SecretShare;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What a holder says to all in the first round.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Committed {
    #[serde(with = "base64_bytes")]
    pub(super) dealing: Vec<u8>,
    /// Points of the parts for newcomers; of helpers only.
    pub(super) parts: Vec<PartPoint>,
}

/// What a holder says to all in the second round.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Echoed {
    /// Hash over what it was shown in the first.
    #[serde(with = "base64_bytes")]
    echo: [u8; 32],
}

/// What a holder says to one other in the second round.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForOne {
    #[serde(with = "base64_bytes")]
    pub(super) share: Zeroizing<Vec<u8>>,
    /// From a helper to a newcomer.
    pub(super) sum: Option<Part>,
}

/// What a holder says to all in the third round.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmed {
    #[serde(with = "base64_bytes")]
    pub(super) point: [u8; 32],
    #[serde(with = "base64_bytes")]
    pub(super) possession: [u8; 64],
    #[serde(with = "base64_bytes")]
    pub(super) public_key: [u8; 32],
    #[serde(with = "base64_bytes")]
    pub(super) transcript: [u8; 32],
}

/// A holder who has committed.
#[derive(Serialize, Deserialize)]
pub struct Round1 {
    plan: [u8; 32],
    me: u16,
    pub(super) secret: round1::SecretPackage,
    /// What it said to all.
    pub(super) said: Vec<u8>,
    /// The parts for newcomers that it keeps, to add up itself.
    kept: Vec<Part>,
}

/// A holder who has dealt.
#[derive(Serialize, Deserialize)]
pub struct Round2 {
    plan: [u8; 32],
    me: u16,
    secret: round2::SecretPackage,
    /// What everyone said in the first round.
    first: BTreeMap<u16, Vec<u8>>,
}

/// A holder who has a share and has confirmed it. The share counts once the key is logged.
pub struct Round3 {
    plan: [u8; 32],
    share: SecretShare,
    /// The key's entry but for the others' proofs.
    expected: Keys,
}

impl Round1 {
    /// Begins: draws a polynomial and commits to it.
    ///
    /// In a refresh `share` is the holder's current share; a newcomer has none.
    pub fn begin(
        plan: &Plan,
        identity: &Identity,
        share: Option<&SecretShare>,
        entropy: &Entropy,
    ) -> Result<(Self, Packet), CeremonyError> {
        let me = invited(plan, identity)?;
        let previous = plan.previous();
        let parts = match (&previous, share) {
            (Some(previous), Some(share)) => {
                let logged = previous.keys.holder(me);
                if logged.is_none_or(|logged| logged.share_point != *share.point()) {
                    return Err(CeremonyError::Share);
                }
                newcomer::split(plan, previous, share, entropy)?
            }
            (Some(previous), None) if !previous.newcomers.contains(&me) => {
                return Err(CeremonyError::Share);
            }
            _ => Vec::new(),
        };
        let (secret, dealing) = dealing::begin(plan, me, entropy)?;
        let said = json(&Committed {
            dealing,
            parts: newcomer::points_of(&parts)?,
        });
        let mut messages = vec![(ALL, said.clone())];
        let (kept, given): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|part| part.helper == me);
        for helper in previous.iter().flat_map(|previous| &previous.helpers) {
            let parts: Vec<&Part> = given.iter().filter(|part| part.helper == *helper).collect();
            if !parts.is_empty() {
                messages.push((*helper, sealed(plan, *helper, &parts)?));
            }
        }
        let packet = Packet::new(plan, 1, me, identity, messages);
        let state = Self {
            plan: plan.hash(),
            me,
            secret,
            said,
            kept,
        };
        Ok((state, packet))
    }

    /// Goes on with everyone's packets of round 1: checks them, and deals.
    pub fn advance(
        self,
        plan: &Plan,
        identity: &Identity,
        packets: &[Packet],
    ) -> Result<(Round2, Packet), CeremonyError> {
        same_plan(self.plan, plan)?;
        let me = self.me;
        let mut said = collect(plan, 1, Some(me), packets)?;
        let own = said.remove(&me);
        if own.is_some_and(|own| own.to_all != self.said) {
            let who = plan.who(me);
            return Err(CeremonyError::Twice { round: 1, who });
        }
        let mut first: BTreeMap<u16, Vec<u8>> = said
            .iter()
            .map(|(from, said)| (*from, said.to_all.clone()))
            .collect();
        first.insert(me, self.said.clone());
        let (dealings, parts) = committed(plan, me, &first)?;
        let sums = self.add_up(plan, identity, &said, &parts)?;

        let (secret, shares) = dealing::distribute(plan, self.secret, &dealings)?;
        let mut messages = vec![(ALL, json(&Echoed { echo: echo(&first) }))];
        let mut unsent: BTreeMap<u16, Part> =
            sums.into_iter().map(|sum| (sum.newcomer, sum)).collect();
        for (to, share) in shares {
            let sum = unsent.remove(&to);
            messages.push((to, sealed(plan, to, &ForOne { share, sum })?));
        }
        let packet = Packet::new(plan, 2, me, identity, messages);
        let state = Round2 {
            plan: self.plan,
            me,
            secret,
            first,
        };
        Ok((state, packet))
    }

    /// A helper's sums for the newcomers.
    fn add_up(
        &self,
        plan: &Plan,
        identity: &Identity,
        said: &BTreeMap<u16, Said>,
        parts: &Parts,
    ) -> Result<Vec<Part>, CeremonyError> {
        let Some(previous) = plan.previous().filter(|all| all.helpers.contains(&self.me)) else {
            return Ok(Vec::new());
        };
        let mut received: BTreeMap<u16, Vec<Part>> = BTreeMap::new();
        for (from, said) in said {
            if let Some(body) = &said.to_me {
                received.insert(*from, opened(plan, *from, identity, body)?);
            }
        }
        let kept = self.kept.iter().map(|part| Part {
            newcomer: part.newcomer,
            helper: part.helper,
            scalar: part.scalar,
        });
        received.insert(self.me, kept.collect());
        let newcomers = previous.newcomers.iter();
        let add_up = |newcomer: &u16| parts.add_up(plan, &previous, *newcomer, self.me, &received);
        newcomers.map(add_up).collect()
    }

    /// The state, for a sealed file.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(json(self))
    }

    /// Reads the state.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, CeremonyError> {
        serde_json::from_slice(bytes).map_err(|_| CeremonyError::State)
    }
}

impl Round2 {
    /// Goes on with everyone's packets of round 2: checks what was dealt, adds it up to a share,
    /// and confirms it.
    ///
    /// In a refresh `share` is the holder's current share; a newcomer has none.
    pub fn advance(
        self,
        plan: &Plan,
        identity: &Identity,
        share: Option<&SecretShare>,
        packets: &[Packet],
        entropy: &Entropy,
    ) -> Result<(Round3, Packet), CeremonyError> {
        same_plan(self.plan, plan)?;
        let me = self.me;
        let mut said = collect(plan, 2, Some(me), packets)?;
        said.remove(&me);
        let (mut shares, mut sums) = (BTreeMap::new(), BTreeMap::new());
        for (from, said) in &said {
            let who = || plan.who(*from);
            let Echoed { echo: shown } =
                read(&said.to_all).ok_or_else(|| CeremonyError::Contents(who()))?;
            if shown != echo(&self.first) {
                return Err(CeremonyError::Echo(who()));
            }
            let body = said
                .to_me
                .as_ref()
                .ok_or_else(|| CeremonyError::Contents(who()))?;
            let ForOne { share, sum } = opened(plan, *from, identity, body)?;
            shares.insert(*from, share);
            sums.extend(sum.map(|sum| (*from, sum)));
        }
        let (dealings, parts) = committed(plan, me, &self.first)?;
        let previous = plan.previous();
        let made = match &previous {
            Some(previous) if previous.newcomers.contains(&me) => {
                Some(parts.share(plan, previous, me, &sums)?)
            }
            _ => None,
        };
        let earlier = match &previous {
            Some(previous) => Some(Earlier {
                share: made.as_ref().or(share).ok_or(CeremonyError::Share)?,
                points: newcomer::earlier_points(plan, previous)?,
                previous,
            }),
            None => None,
        };
        let dealt = dealing::gather(plan, me, &self.secret, &dealings, &shares, earlier)?;
        let points: Vec<(u16, [u8; 32])> = dealt.points.into_iter().collect();
        let transcript = outcome::transcript(plan, &self.first, &dealt.public_key, &points);
        let ceremony = ceremony_of(plan, transcript);
        let possession = dealt.share.prove_possession(&ceremony, &entropy.draw());
        let said = json(&Confirmed {
            point: dealt.share.point().to_bytes(),
            possession: possession.to_bytes(),
            public_key: dealt.public_key,
            transcript,
        });
        let expected = outcome::keys(plan, transcript, dealt.public_key, &points);
        let state = Round3 {
            plan: self.plan,
            share: dealt.share,
            expected,
        };
        let packet = Packet::new(plan, 3, me, identity, vec![(ALL, said)]);
        Ok((state, packet))
    }

    /// The state, for a sealed file.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(json(self))
    }

    /// Reads the state.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, CeremonyError> {
        serde_json::from_slice(bytes).map_err(|_| CeremonyError::State)
    }
}

impl Round3 {
    /// The share. It replaces an older one when the key's entry is logged, not before.
    pub fn share(&self) -> &SecretShare {
        &self.share
    }

    /// Signs the entry, if it is the one that this holder's own computation gives.
    pub fn sign(
        &self,
        plan: &Plan,
        identity: &Identity,
        entry: &[u8],
    ) -> Result<Signed, CeremonyError> {
        same_plan(self.plan, plan)?;
        let entry = Entry::parse(entry).map_err(|_| CeremonyError::Entry)?;
        let Body::Keys(keys) = &entry.body else {
            return Err(CeremonyError::Entry);
        };
        outcome::check(plan, keys)?;
        let mut without_proofs = keys.clone();
        for holder in &mut without_proofs.holders {
            holder.possession = [0; 64];
        }
        if without_proofs != self.expected {
            return Err(CeremonyError::Entry);
        }
        Ok(Signed {
            index: self.share.index(),
            signature: identity.sign(&entry.message(&plan.origin)),
        })
    }

    /// The state, for a sealed file: the share, and the entry that it belongs to.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        // An entry is written only with all its parts, so it is rebuilt from these.
        let mut bytes = Zeroizing::new(self.plan.to_vec());
        bytes.extend_from_slice(&self.share.index().to_be_bytes());
        bytes.extend_from_slice(&*self.share.to_bytes());
        bytes.extend_from_slice(&self.expected.transcript);
        bytes.extend_from_slice(&self.expected.public_key);
        for holder in &self.expected.holders {
            bytes.extend_from_slice(&holder.share_point);
        }
        bytes
    }

    /// Reads the state of this plan.
    pub fn from_secret_bytes(plan: &Plan, bytes: &[u8]) -> Result<Self, CeremonyError> {
        let count = plan.holders.len();
        if bytes.len() != 130 + 32 * count {
            return Err(CeremonyError::State);
        }
        let array = |at: usize| <[u8; 32]>::try_from(&bytes[at..at + 32]).expect("32 bytes");
        let index = u16::from_be_bytes([bytes[32], bytes[33]]);
        let share = Zeroizing::new(array(34));
        let indices = plan.indices().into_iter().enumerate();
        let points: Vec<_> = indices
            .map(|(at, index)| (index, array(130 + 32 * at)))
            .collect();
        let state = Self {
            plan: array(0),
            share: SecretShare::from_bytes(index, &share).map_err(|_| CeremonyError::State)?,
            expected: outcome::keys(plan, array(66), array(98), &points),
        };
        same_plan(state.plan, plan)?;
        Ok(state)
    }
}

/// Reads what all committed to in the first round; of `me` only the parts.
fn committed(
    plan: &Plan,
    me: u16,
    first: &BTreeMap<u16, Vec<u8>>,
) -> Result<(Dealings, Parts), CeremonyError> {
    let (mut dealings, mut published) = (Dealings::new(), BTreeMap::new());
    for (from, body) in first {
        let committed: Committed =
            read(body).ok_or_else(|| CeremonyError::Contents(plan.who(*from)))?;
        let dealing = dealing::parse(plan, *from, &committed.dealing)?;
        if *from != me {
            dealings.insert(*from, dealing);
        }
        published.insert(*from, committed.parts);
    }
    let parts = Parts::check(plan, plan.previous().as_ref(), &published)?;
    Ok((dealings, parts))
}

/// A hash over what everyone said in the first round.
pub(super) fn echo(first: &BTreeMap<u16, Vec<u8>>) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"hg/echo/v1\n");
    for (from, said) in first {
        hash.update(from.to_be_bytes());
        hash.update((said.len() as u64).to_be_bytes());
        hash.update(said);
    }
    hash.finalize().into()
}

/// What the proofs of a plan's holders are tied to.
pub(super) fn ceremony_of(plan: &Plan, transcript: [u8; 32]) -> Ceremony {
    Ceremony {
        role: plan.role().in_vault(),
        session: plan.session,
        epoch: plan.epoch,
        generation: plan.generation(),
        transcript,
    }
}

pub(super) fn invited(plan: &Plan, identity: &Identity) -> Result<u16, CeremonyError> {
    let me = plan
        .index_of(&identity.card().key)
        .ok_or(CeremonyError::NotInvited)?;
    let card = plan.holder(me).map(|holder| &holder.card);
    if card == Some(identity.card()) {
        Ok(me)
    } else {
        Err(CeremonyError::NotInvited)
    }
}

fn same_plan(state: [u8; 32], plan: &Plan) -> Result<(), CeremonyError> {
    if state == plan.hash() {
        Ok(())
    } else {
        Err(CeremonyError::State)
    }
}

pub(super) fn sealed(
    plan: &Plan,
    to: u16,
    message: &impl Serialize,
) -> Result<Vec<u8>, CeremonyError> {
    let holder = plan.holder(to).ok_or(CeremonyError::State)?;
    Ok(seal_to(
        &holder.card.recipient,
        &Zeroizing::new(json(message)),
    )?)
}

fn opened<T: DeserializeOwned>(
    plan: &Plan,
    from: u16,
    identity: &Identity,
    body: &[u8],
) -> Result<T, CeremonyError> {
    let message = identity
        .receive(body)
        .map_err(|_| CeremonyError::Contents(plan.who(from)))?;
    read(&message).ok_or_else(|| CeremonyError::Contents(plan.who(from)))
}

pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and lists")
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}
