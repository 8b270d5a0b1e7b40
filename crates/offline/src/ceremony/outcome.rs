//! What comes out: the transcript that all sign, and the `keys` entry for the log.

use super::CeremonyError;
use super::packet::{Packet, collect};
use super::plan::Plan;
use super::rounds::{Confirmed, ceremony_of, echo, invited, read};
use crate::identity::Identity;
use crate::system::Entropy;
use heliograph_transparency::entry::{Body, Day, Entry, HolderLine, Keys, Signed};
use heliograph_vault::keyset::check_refresh;
use heliograph_vault::share::SecretShare;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The hash of everything the holders saw: the plan (session, indices, quorum, identities,
/// policy), what all said in round 1, the key, and the public points of all shares.
pub(super) fn transcript(
    plan: &Plan,
    first: &BTreeMap<u16, Vec<u8>>,
    public_key: &[u8; 32],
    points: &[(u16, [u8; 32])],
) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"hg/transcript/v1\n");
    hash.update(plan.hash());
    hash.update(echo(first));
    hash.update(public_key);
    for (index, point) in points {
        hash.update(index.to_be_bytes());
        hash.update(point);
    }
    hash.finalize().into()
}

/// The body of the entry with all proofs still empty.
pub(super) fn keys(
    plan: &Plan,
    transcript: [u8; 32],
    public_key: [u8; 32],
    points: &[(u16, [u8; 32])],
) -> Keys {
    let points: BTreeMap<u16, [u8; 32]> = points.iter().copied().collect();
    let holders = plan.holders.iter().map(|holder| HolderLine {
        index: holder.index,
        share_point: points.get(&holder.index).copied().unwrap_or_default(),
        possession: [0; 64],
        name: holder.card.name.clone(),
        key: holder.card.key,
        age_recipient: Some(holder.card.recipient.clone()),
    });
    Keys {
        role: plan.role(),
        mode: plan.mode(),
        epoch: plan.epoch,
        generation: plan.generation(),
        session: plan.session,
        threshold: plan.threshold,
        public_key,
        transcript,
        holders: holders.collect(),
    }
}

/// Checks every proof of the key, and that it refreshes what the plan says.
pub(super) fn check(plan: &Plan, keys: &Keys) -> Result<(), CeremonyError> {
    let unsound = |error: String| CeremonyError::KeySet(error);
    let key_set = keys.key_set().map_err(|error| unsound(error.to_string()))?;
    let checked = key_set
        .verify()
        .map_err(|error| unsound(error.to_string()))?;
    if let Some(previous) = plan.previous() {
        let left: BTreeSet<u16> = previous
            .keys
            .holders
            .iter()
            .map(|holder| holder.index)
            .collect();
        check_refresh(&previous.keys, &checked, &left)
            .map_err(|error| unsound(error.to_string()))?;
    }
    Ok(())
}

/// The entry to sign, from everyone's packets of round 3; `date` is the day on which it will be
/// logged.
pub fn draft(plan: &Plan, packets: &[Packet], date: Day) -> Result<Entry, CeremonyError> {
    let said = collect(plan, 3, None, packets)?;
    let mut agreed: Option<([u8; 32], [u8; 32])> = None;
    let (mut points, mut proofs) = (Vec::new(), BTreeMap::new());
    for (from, said) in &said {
        let who = || plan.who(*from);
        let confirmed: Confirmed =
            read(&said.to_all).ok_or_else(|| CeremonyError::Contents(who()))?;
        let result = (confirmed.transcript, confirmed.public_key);
        if *agreed.get_or_insert(result) != result {
            return Err(CeremonyError::Result(who()));
        }
        points.push((*from, confirmed.point));
        proofs.insert(*from, confirmed.possession);
    }
    let (transcript, public_key) = agreed.ok_or(CeremonyError::State)?;
    let mut keys = keys(plan, transcript, public_key, &points);
    for holder in &mut keys.holders {
        holder.possession = proofs.get(&holder.index).copied().unwrap_or([0; 64]);
    }
    check(plan, &keys)?;
    Ok(Entry::new(date, keys))
}

/// The entry with everyone's signatures, ready for the log. A set of officers that follows
/// another also needs `prior`: signatures of K officers of the set before over the same text.
pub fn finish(
    plan: &Plan,
    mut entry: Entry,
    by: &[Signed],
    prior: &[Signed],
) -> Result<Entry, CeremonyError> {
    let message = entry.message(&plan.origin);
    for holder in &plan.holders {
        let signed = by.iter().find(|signed| signed.index == holder.index);
        let signed = signed.filter(|signed| signed.holds(&holder.card.key, &message));
        let who = || plan.who(holder.index);
        entry
            .by
            .push(*signed.ok_or_else(|| CeremonyError::Unsigned(who()))?);
    }
    entry.prior = prior.to_vec();
    entry.prior.sort_by_key(|signed| signed.index);
    Ok(entry)
}

/// A ceremony of one: the whole key of a single custodian, with the proofs of any other.
pub fn alone(
    plan: &Plan,
    identity: &Identity,
    date: Day,
    entropy: &Entropy,
) -> Result<(SecretShare, Entry), CeremonyError> {
    let me = invited(plan, identity)?;
    if plan.holders.len() != 1 {
        return Err(CeremonyError::NotInvited);
    }
    let share = SecretShare::single(&entropy.draw_wide()).map_err(|_| CeremonyError::State)?;
    // The number of a lone custodian is that of the roster, where it may be another than 1.
    let share = SecretShare::from_bytes(me, &share.to_bytes()).map_err(|_| CeremonyError::State)?;
    let point = share.point().to_bytes();
    let points = [(me, point)];
    let transcript = transcript(plan, &BTreeMap::new(), &point, &points);
    let mut keys = keys(plan, transcript, point, &points);
    let possession = share.prove_possession(&ceremony_of(plan, transcript), &entropy.draw());
    keys.holders[0].possession = possession.to_bytes();
    check(plan, &keys)?;
    let mut entry = Entry::new(date, Body::Keys(keys));
    let signature = identity.sign(&entry.message(&plan.origin));
    entry.by.push(Signed {
        index: me,
        signature,
    });
    Ok((share, entry))
}
