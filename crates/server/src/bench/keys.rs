//! Keys on throw-away identities, made as officers and custodians make them.

use super::Failure;
use heliograph_offline::ceremony::{Holder, Packet, Plan, Round1, Round2, Round3, draft, finish};
use heliograph_offline::identity::Identity;
use heliograph_offline::system::Entropy;
use heliograph_transparency::entry::{Custodian, Day, Mode, Policy, Roster};
use heliograph_transparency::tree::Hash;
use heliograph_vault::share::SecretShare;

/// People of whom some must act together.
pub(super) struct Group {
    identities: Vec<Identity>,
    threshold: u8,
}

/// A key that a group has made.
pub(super) struct Made {
    /// The text of its entry in the log.
    pub entry: Vec<u8>,
    holders: Vec<Round3>,
}

impl Made {
    /// The shares of its first holders.
    pub fn shares(&self, count: usize) -> impl Iterator<Item = &SecretShare> {
        self.holders.iter().take(count).map(Round3::share)
    }
}

impl Group {
    pub fn new(name: &str, threshold: u8, count: u16) -> Result<Self, Failure> {
        let identity = |number| Identity::new(&format!("{name}-{number}"), &Entropy::system());
        let identities = (1..=count).map(identity).collect::<Result<_, _>>()?;
        Ok(Group {
            identities,
            threshold,
        })
    }

    fn holders(&self) -> Vec<Holder> {
        let cards = self
            .identities
            .iter()
            .map(|identity| identity.card().clone());
        (1..)
            .zip(cards)
            .map(|(index, card)| Holder { index, card })
            .collect()
    }

    /// As custodians elsewhere, for the log.
    pub fn roster(&self) -> Roster {
        let custodians = self.holders().into_iter().map(|holder| Custodian {
            index: holder.index,
            name: holder.card.name,
            key: holder.card.key,
            address: "-".into(),
        });
        Roster {
            set: 1,
            mode: Mode::Remote,
            threshold: self.threshold,
            custodians: custodians.collect(),
        }
    }

    /// Makes the key of officers.
    pub fn make_officers_key(&self, origin: &str, date: Day) -> Result<Made, Failure> {
        let cards = self.holders().into_iter().map(|holder| holder.card);
        let entropy = Entropy::system();
        let plan = Plan::for_officers(origin, [0; 32], self.threshold, cards.collect(), &entropy)?;
        self.make(&plan, date)
    }

    /// Makes the custodians' key for numbers.
    pub fn make_phone_key(&self, origin: &str, date: Day) -> Result<Made, Failure> {
        let plan = Plan::for_custodians(
            origin,
            [0; 32],
            Mode::Remote,
            None,
            self.threshold,
            self.holders(),
            &Entropy::system(),
        )?;
        self.make(&plan, date)
    }

    /// The whole ceremony but for the files.
    fn make(&self, plan: &Plan, date: Day) -> Result<Made, Failure> {
        let entropy = Entropy::system();
        let begin = |me: &Identity| Round1::begin(plan, me, None, &entropy);
        let (first, packets): (Vec<Round1>, Vec<Packet>) = self.each(begin)?;

        let mut states = first.into_iter();
        let advance = |me: &Identity| next(&mut states).advance(plan, me, &packets);
        let (second, packets): (Vec<Round2>, Vec<Packet>) = self.each(advance)?;

        let mut states = second.into_iter();
        let advance = |me: &Identity| next(&mut states).advance(plan, me, None, &packets, &entropy);
        let (holders, packets): (Vec<Round3>, Vec<Packet>) = self.each(advance)?;

        let entry = draft(plan, &packets, date)?;
        let text = entry.to_bytes()?;
        let signed = holders.iter().zip(&self.identities);
        let signed = signed.map(|(state, me)| state.sign(plan, me, &text));
        let signed = signed.collect::<Result<Vec<_>, _>>()?;
        Ok(Made {
            entry: finish(plan, entry, &signed, &[])?.to_bytes()?,
            holders,
        })
    }

    fn each<S, E: Into<Failure>>(
        &self,
        act: impl FnMut(&Identity) -> Result<(S, Packet), E>,
    ) -> Result<(Vec<S>, Vec<Packet>), Failure> {
        let done: Result<Vec<(S, Packet)>, E> = self.identities.iter().map(act).collect();
        Ok(done.map_err(Into::into)?.into_iter().unzip())
    }
}

fn next<S>(states: &mut impl Iterator<Item = S>) -> S {
    states
        .next()
        .expect("everyone has been through the round before")
}

/// A policy like that of a new installation.
pub(super) fn policy() -> Policy {
    Policy {
        version: 1,
        terms: Hash([0; 32]),
        offences: vec!["fraud".into()],
        retention_days: 90,
        cap: 100,
        deadline_days: 10,
        emergency_hours: 8,
        order_after_days: 14,
        demo: true,
    }
}
