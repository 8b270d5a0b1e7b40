//! New keys of custodians: a lone one makes its key by itself, several hold a ceremony that the
//! desk relays. The desk can stop it, but neither learn a share nor choose the key.

use super::client::{CallError, CustodianClient};
use super::{Custodian, CustodianError, DAYS_AHEAD, Inner, refuse, shares};
use crate::ceremony::{
    CeremonyError, Holder, Packet, Plan, PlanError, Round1, Round2, Round3, alone, draft, finish,
};
use crate::identity::IdentityError;
use crate::system::Entropy;
use heliograph_transparency::entry::{Body, Day, Entry, KeyRole, Mode, Signed};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::custody::LoggedRoster;

/// The most ceremonies under way at a time: a week of days, and the phone key.
const MAX_SESSIONS: usize = 16;

/// Ceremonies under way. They live in memory only: what a holder knows between rounds must not
/// reach a disk, and a ceremony that a restart interrupts is begun again.
#[derive(Default)]
pub(super) struct Sessions(Vec<(Plan, Stage)>);

enum Stage {
    Committed(Box<Round1>),
    Dealt(Box<Round2>),
    Confirmed(Box<Round3>),
}

impl Sessions {
    fn put(&mut self, plan: Plan, stage: Stage) {
        if self.0.len() == MAX_SESSIONS {
            self.0.remove(0);
        }
        self.0.push((plan, stage));
    }

    fn take(&mut self, plan: &[u8; 32]) -> Result<(Plan, Stage), CustodianError> {
        let Some(at) = self.0.iter().position(|(own, _)| own.hash() == *plan) else {
            refuse!("no such ceremony is under way here");
        };
        Ok(self.0.remove(at))
    }
}

impl From<CeremonyError> for CustodianError {
    fn from(error: CeremonyError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<PlanError> for CustodianError {
    fn from(error: PlanError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl Custodian {
    /// A lone custodian's key for a day (`epoch`) or for phone numbers: the `keys` entry for the
    /// log, dated `date`. Asked again before it is logged, it gives the same key.
    pub fn offer(&self, epoch: Option<u32>, date: Day) -> Result<Vec<u8>, CustodianError> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        self.follow(inner)?;
        self.check_date(date)?;
        let index = self.index(inner)?;
        let (mode, threshold) = roster_of(inner).map(|LoggedRoster { roster, .. }| {
            (roster.mode, (roster.custodians.len(), roster.threshold))
        })?;
        if threshold != (1, 1) {
            refuse!("the roster has several custodians: they make keys together");
        }
        self.check_wanted(inner, epoch)?;
        let name = format!(
            "offer-{}",
            epoch.map_or("phone".into(), |day| day.to_string())
        );
        if let Some(entry) = self.folder.read(&name)?
            && let Some(again) = self.dated(&inner.copy, &entry, index, date)?
        {
            return Ok(again);
        }
        let holder = Holder {
            index,
            card: self.card().clone(),
        };
        let origin = inner.copy.origin();
        let policy = inner.copy.policy_hash();
        let plan =
            Plan::for_custodians(origin, policy, mode, epoch, 1, vec![holder], &self.entropy)?;
        let (share, entry) = alone(&plan, &self.identity, date, &self.entropy)?;
        let text = entry
            .to_bytes()
            .map_err(|error| CustodianError::Refused(error.to_string()))?;
        shares::keep(&self.folder, &plan.session, plan.role(), plan.epoch, &share)?;
        self.folder.write(&name, &text)?;
        Ok(text)
    }

    /// An offer of earlier with today's date, if its share is still kept and not yet logged.
    fn dated(
        &self,
        copy: &crate::log_copy::LogCopy,
        text: &[u8],
        index: u16,
        date: Day,
    ) -> Result<Option<Vec<u8>>, CustodianError> {
        let Ok(mut entry) = Entry::parse(text) else {
            return Ok(None);
        };
        let Body::Keys(keys) = &entry.body else {
            return Ok(None);
        };
        let same = keys.holders.iter().map(|holder| holder.index).eq([index]);
        let logged = copy.ledger().custody().phone_keys().iter();
        let logged = logged
            .clone()
            .any(|key| key.keys.ceremony.session == keys.session);
        if !same || logged || shares::find(&self.folder, &keys.session)?.is_none() {
            return Ok(None);
        }
        entry.date = date;
        let signature = self.identity.sign(&entry.message(copy.origin()));
        entry.by = vec![Signed { index, signature }];
        let text = entry.to_bytes();
        Ok(Some(text.map_err(|error| {
            CustodianError::Refused(error.to_string())
        })?))
    }

    /// Round 1 of a ceremony of several.
    pub(super) fn begin(&self, plan: Plan) -> Result<Packet, CustodianError> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        self.follow(inner)?;
        self.check_plan(inner, &plan)?;
        let share = match plan.refreshed_session() {
            Some(session) => shares::find(&self.folder, &session)?.map(|kept| kept.share),
            None => None,
        };
        let (state, packet) = Round1::begin(&plan, &self.identity, share.as_ref(), &self.entropy)?;
        inner.sessions.put(plan, Stage::Committed(Box::new(state)));
        Ok(packet)
    }

    /// Round 2: deals, after everyone's packets of round 1.
    pub(super) fn deal(
        &self,
        plan: &[u8; 32],
        packets: &[Packet],
    ) -> Result<Packet, CustodianError> {
        let mut inner = self.lock();
        let (plan, stage) = inner.sessions.take(plan)?;
        let Stage::Committed(state) = stage else {
            refuse!("the ceremony is in another round");
        };
        let (state, packet) = state.advance(&plan, &self.identity, packets)?;
        inner.sessions.put(plan, Stage::Dealt(Box::new(state)));
        Ok(packet)
    }

    /// Round 3: adds up what was dealt, keeps the share, and confirms it.
    pub(super) fn confirm(
        &self,
        plan: &[u8; 32],
        packets: &[Packet],
    ) -> Result<Packet, CustodianError> {
        let mut inner = self.lock();
        let (plan, stage) = inner.sessions.take(plan)?;
        let Stage::Dealt(state) = stage else {
            refuse!("the ceremony is in another round");
        };
        let earlier = match plan.refreshed_session() {
            Some(session) => shares::find(&self.folder, &session)?.map(|kept| kept.share),
            None => None,
        };
        let (state, packet) = state.advance(
            &plan,
            &self.identity,
            earlier.as_ref(),
            packets,
            &self.entropy,
        )?;
        // Durable before anyone can rely on it.
        shares::keep(
            &self.folder,
            &plan.session,
            plan.role(),
            plan.epoch,
            state.share(),
        )?;
        inner.sessions.put(plan, Stage::Confirmed(Box::new(state)));
        Ok(packet)
    }

    /// Signs the entry that came out.
    pub(super) fn sign(&self, plan: &[u8; 32], text: &[u8]) -> Result<Signed, CustodianError> {
        let mut inner = self.lock();
        let (plan, stage) = inner.sessions.take(plan)?;
        let Stage::Confirmed(state) = stage else {
            refuse!("the ceremony is in another round");
        };
        let Ok(entry) = Entry::parse(text) else {
            refuse!("not an entry of the log");
        };
        self.check_date(entry.date)?;
        let signed = state.sign(&plan, &self.identity, text)?;
        // It may be asked again: the desk can lose an answer.
        inner.sessions.put(plan, Stage::Confirmed(state));
        Ok(signed)
    }

    /// Checks that a key for this day, or for phones, is missing and not too far ahead.
    fn check_wanted(&self, inner: &Inner, epoch: Option<u32>) -> Result<(), CustodianError> {
        let (custody, today) = (inner.copy.ledger().custody(), self.today());
        match epoch {
            // A day's grace on both sides, for two clocks.
            Some(day) if day + 1 < today.0 || day > today.0 + DAYS_AHEAD + 1 => {
                refuse!("{} is not one of the next {DAYS_AHEAD} days", Day(day));
            }
            Some(day) if custody.day_key(Day(day)).is_some() => {
                refuse!("{} has a key already", Day(day));
            }
            _ => Ok(()),
        }
    }

    fn check_plan(&self, inner: &Inner, plan: &Plan) -> Result<(), CustodianError> {
        let ledger = inner.copy.ledger();
        let LoggedRoster { roster, .. } = roster_of(inner)?;
        if plan.origin != ledger.origin() || plan.policy != inner.copy.policy_hash() {
            refuse!("the plan names another log or trust policy than is pinned here");
        }
        if plan.mode() != Some(roster.mode) || plan.threshold != roster.threshold {
            refuse!("mode or quorum is not that of the roster");
        }
        let planned = plan
            .holders
            .iter()
            .map(|holder| (holder.index, holder.card.key));
        let listed = roster
            .custodians
            .iter()
            .map(|custodian| (custodian.index, custodian.key));
        if !planned.eq(listed) {
            refuse!("the holders are not the custodians of the roster");
        }
        let epoch = (plan.role() == KeyRole::IpCustodians).then_some(plan.epoch);
        match plan.refreshed_session() {
            None => self.check_wanted(inner, epoch),
            Some(session) => {
                let newest = ledger.custody().phone_key();
                if newest.is_some_and(|key| key.keys.ceremony.session == session) {
                    Ok(())
                } else {
                    refuse!("only the newest phone key is refreshed");
                }
            }
        }
    }
}

fn roster_of(inner: &Inner) -> Result<&LoggedRoster, CustodianError> {
    match inner.copy.ledger().custody().roster() {
        Some(roster) => Ok(roster),
        None => refuse!("the log has no roster of custodians"),
    }
}

/// The days from `today` on that have no key yet and should: a desk has them made at least daily.
pub fn days_without_key(ledger: &Ledger, today: Day) -> Vec<Day> {
    let days = (0..=DAYS_AHEAD).map(|ahead| today.plus(ahead));
    days.filter(|day| ledger.custody().day_key(*day).is_none())
        .collect()
}

/// Why custodians made no key.
#[derive(Debug, thiserror::Error)]
pub enum MakeKeysError {
    /// There are not as many to ask as the roster has.
    #[error("the roster of the log has {roster} custodians, and {found} can be asked")]
    Roster {
        /// Custodians of the roster.
        roster: usize,
        /// Custodians to ask.
        found: usize,
    },
    /// A custodian refused or did not answer.
    #[error("custodian {custodian}: {error}")]
    Call {
        /// Its index.
        custodian: u16,
        /// What it said.
        error: CallError,
    },
    /// A card is not sound.
    #[error("custodian {custodian}: {error}")]
    Card {
        /// Its index.
        custodian: u16,
        /// What is wrong with it.
        error: IdentityError,
    },
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The ceremony failed; the error names who is at fault.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// What a custodian sent is not an entry.
    #[error("custodian {0} answers with something that is no entry")]
    Entry(u16),
}

/// Which key custodians are to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKey<'a> {
    /// The key of a day's addresses.
    Day(Day),
    /// A key for phone numbers.
    Phone,
    /// New shares of the phone key, whose newest `keys` entry this is.
    RefreshedPhone(&'a [u8]),
}

/// Has the custodians of the roster make a key, and returns the `keys` entry to append to the log
/// on `date`. `custodians` stand in the order of the roster; `policy` is the SHA-256 of the trust
/// policy that they pinned.
pub fn make_keys(
    custodians: &[&dyn CustodianClient],
    ledger: &Ledger,
    policy: [u8; 32],
    key: NewKey<'_>,
    date: Day,
    entropy: &Entropy,
) -> Result<Vec<u8>, MakeKeysError> {
    let roster = ledger.custody().roster();
    let listed = roster.map_or(&[][..], |logged| &logged.roster.custodians);
    if listed.len() != custodians.len() || listed.is_empty() {
        return Err(MakeKeysError::Roster {
            roster: listed.len(),
            found: custodians.len(),
        });
    }
    let indices: Vec<u16> = listed.iter().map(|custodian| custodian.index).collect();
    let mode = roster.map_or(Mode::Remote, |logged| logged.roster.mode);
    let threshold = roster.map_or(1, |logged| logged.roster.threshold);
    let failed = |custodian| move |error| MakeKeysError::Call { custodian, error };
    let epoch = match key {
        NewKey::Day(day) => Some(day.0),
        NewKey::Phone | NewKey::RefreshedPhone(_) => None,
    };
    if let [only] = custodians {
        return only.offer(epoch, date).map_err(failed(indices[0]));
    }
    let mut holders = Vec::new();
    for (index, custodian) in indices.iter().zip(custodians) {
        let card = custodian.card().map_err(failed(*index))?;
        holders.push(Holder {
            index: *index,
            card,
        });
    }
    let origin = ledger.origin();
    let plan = match key {
        NewKey::RefreshedPhone(previous) => {
            Plan::refresh(origin, policy, previous, holders, entropy)
        }
        _ => Plan::for_custodians(origin, policy, mode, epoch, threshold, holders, entropy),
    }?;
    let all = || indices.iter().zip(custodians);
    let each = |call: &dyn Fn(&dyn CustodianClient) -> Result<Packet, CallError>| {
        let packets = all().map(|(index, custodian)| call(*custodian).map_err(failed(*index)));
        packets.collect::<Result<Vec<_>, _>>()
    };
    let first = each(&|custodian| custodian.begin(&plan))?;
    let second = each(&|custodian| custodian.deal(&plan, &first))?;
    let third = each(&|custodian| custodian.confirm(&plan, &second))?;
    let entry = draft(&plan, &third, date)?;
    let text = entry
        .to_bytes()
        .map_err(|_| MakeKeysError::Entry(indices[0]))?;
    let mut signed = Vec::new();
    for (index, custodian) in all() {
        signed.push(custodian.sign(&plan, &text).map_err(failed(*index))?);
    }
    let entry = finish(&plan, entry, &signed, &[])?;
    entry
        .to_bytes()
        .map_err(|_| MakeKeysError::Entry(indices[0]))
}
