//! What officers have decided for everyone to see, and the daily figures (rule 13 and the form of
//! these entries).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{At, Broken, FORM, Mark, ensure};
use crate::entry::{
    Authority, Body, Change as Action, Day, Door, Hour, Intake, KeeperDay, Policy, Switch,
    VaultRoot,
};
use crate::regions::Country;

/// How long after its day an authority's entry or change begins to count, in days: 72 hours after
/// the end of that day.
const AUTHORITY_WAIT_DAYS: u32 = 4;

/// A policy, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedPolicy {
    /// Its entry.
    pub mark: Mark,
    /// What it says.
    pub policy: Policy,
}

/// Policy, countries, authorities, switches, vault roots, keeper counts and intakes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    policies: Vec<Arc<LoggedPolicy>>,
    countries: BTreeMap<Country, Vec<(u64, Door)>>,
    authorities: BTreeMap<u64, Vec<(Mark, Authority)>>,
    switches: BTreeMap<String, (Mark, Switch)>,
    vault_roots: Vec<(Mark, VaultRoot)>,
    keeper_days: Vec<(Mark, KeeperDay)>,
    intakes: Vec<(Mark, Intake)>,
}

pub(super) struct Change {
    mark: Mark,
    body: Body,
}

impl Registry {
    /// The policy in force.
    pub fn policy(&self) -> Option<&LoggedPolicy> {
        self.policies.last().map(Arc::as_ref)
    }

    /// The policy that was in force when entry `index` was made.
    pub fn policy_at(&self, index: u64) -> Option<&LoggedPolicy> {
        let before = self
            .policies
            .partition_point(|policy| policy.mark.index < index);
        self.policies[..before].last().map(Arc::as_ref)
    }

    /// The policy that was in force at the end of a day, or the first one.
    pub fn policy_on(&self, day: Day) -> Option<&LoggedPolicy> {
        let until = self
            .policies
            .partition_point(|policy| policy.mark.date <= day);
        self.policies[..until.max(1).min(self.policies.len())]
            .last()
            .map(Arc::as_ref)
    }

    /// Whether requests from a country were served when entry `index` was made. None is, until
    /// officers have decided it.
    pub fn is_served(&self, country: Country, index: u64) -> bool {
        let decisions = self.countries.get(&country).map_or(&[][..], Vec::as_slice);
        let before = decisions.partition_point(|(at, _)| *at < index);
        decisions[..before]
            .last()
            .is_some_and(|(_, door)| *door == Door::Open)
    }

    /// The countries that are served now.
    pub fn served(&self) -> impl Iterator<Item = Country> {
        let decided = self.countries.iter();
        decided.filter_map(|(country, decisions)| {
            let open = decisions
                .last()
                .is_some_and(|(_, door)| *door == Door::Open);
            open.then_some(*country)
        })
    }

    /// What counts of an authority's place in the registry at a moment: its newest effective
    /// entry, unless that removes it.
    pub fn authority(&self, id: u64, now_s: u64) -> Option<&(Mark, Authority)> {
        let history = self.authorities.get(&id)?;
        let effective = |(_, entry): &&(Mark, Authority)| entry.effective.start_unix() <= now_s;
        let newest = history.iter().rev().find(effective)?;
        (newest.1.action != Action::Remove).then_some(newest)
    }

    /// Every entry about an authority, oldest first, effective or not.
    pub fn authority_history(&self, id: u64) -> &[(Mark, Authority)] {
        self.authorities.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Where a switch stands.
    pub fn switch(&self, name: &str) -> Option<&(Mark, Switch)> {
        self.switches.get(name)
    }

    /// All switches by name.
    pub fn switches(&self) -> impl Iterator<Item = &(Mark, Switch)> {
        self.switches.values()
    }

    /// The roots over all sealed records, oldest first.
    pub fn vault_roots(&self) -> &[(Mark, VaultRoot)] {
        &self.vault_roots
    }

    /// How many numbers were looked up on each day, oldest first.
    pub fn keeper_days(&self) -> &[(Mark, KeeperDay)] {
        &self.keeper_days
    }

    /// What came from unknown senders, oldest first.
    pub fn intakes(&self) -> &[(Mark, Intake)] {
        &self.intakes
    }

    pub(super) fn judge(&self, origin: &str, body: &Body, at: &At<'_>) -> Result<Change, Broken> {
        match body {
            Body::Policy(policy) => {
                let expected = self.policies.len() as u64 + 1;
                ensure!(
                    policy.version == expected,
                    FORM,
                    "the next policy is {expected}"
                );
                ensure!(
                    policy.demo == origin.starts_with("demo."),
                    13,
                    "only the log of a demonstration has an origin that begins with `demo.`"
                );
            }
            Body::Authority(authority) => self.check_authority(authority, at)?,
            Body::Keeper(keeper) => {
                let day = keeper.day;
                let newest = self.keeper_days.last();
                let later = newest.is_none_or(|(_, newest)| newest.day < day);
                ensure!(
                    later,
                    FORM,
                    "the count of {day} or a later day stands already"
                );
                ensure!(day <= at.mark.date, FORM, "{day} has not come yet");
            }
            _ => {}
        }
        Ok(Change {
            mark: at.mark,
            body: body.clone(),
        })
    }

    fn check_authority(&self, authority: &Authority, at: &At<'_>) -> Result<(), Broken> {
        let Authority { id, action, .. } = *authority;
        let newest = self.authority_history(id).last();
        let listed = newest.is_some_and(|(_, newest)| newest.action != Action::Remove);
        ensure!(
            listed != (action == Action::Add),
            FORM,
            "authority {id} cannot be entered twice, nor changed or removed before it is entered"
        );
        // A removal protects; it need not wait.
        let wait = match action {
            Action::Add | Action::Change => AUTHORITY_WAIT_DAYS,
            Action::Remove => 0,
        };
        let earliest = Hour::first_of(at.mark.date.plus(wait));
        ensure!(
            authority.effective >= earliest,
            FORM,
            "it would count before {earliest}"
        );
        let ordered = newest.is_none_or(|(_, newest)| newest.effective <= authority.effective);
        ensure!(
            ordered || action == Action::Remove,
            FORM,
            "it would count before an earlier change does"
        );
        Ok(())
    }

    pub(super) fn commit(&mut self, Change { mark, body }: Change) {
        match body {
            Body::Policy(policy) => self.policies.push(Arc::new(LoggedPolicy { mark, policy })),
            Body::Country(decision) => {
                let decisions = self.countries.entry(decision.code).or_default();
                decisions.push((mark.index, decision.state));
            }
            Body::Authority(authority) => {
                let history = self.authorities.entry(authority.id).or_default();
                history.push((mark, authority));
            }
            Body::Switch(switch) => {
                self.switches.insert(switch.name.clone(), (mark, switch));
            }
            Body::Vault(root) => self.vault_roots.push((mark, root)),
            Body::Keeper(keeper) => self.keeper_days.push((mark, keeper)),
            Body::Intake(intake) => self.intakes.push((mark, intake)),
            _ => unreachable!("judged by this registry"),
        }
    }
}
