//! What the desk does by itself: every minute, and when something has happened.

use super::{Desk, DeskFailure};
use heliograph_disclosure::custodians::CustodianId;
use heliograph_disclosure::flow::{Alarm, FlowError};
use heliograph_domain::sealing::KeysInForce;
use heliograph_domain::services::BringNotice;
use heliograph_offline::custodian::client::CustodianClient;
use heliograph_offline::custodian::{NewKey, days_without_key, make_keys};
use heliograph_offline::system::Entropy;
use heliograph_transparency::entry::{Day, Entry, Erase, KeeperDay, Mode, Signed};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::custody::Custody;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::keys::{GateMode, SealingKeys};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How often the clockwork looks when nothing wakes it.
const EVERY: Duration = Duration::from_secs(60);

impl Desk {
    /// Does what is due, until dropped.
    pub async fn run(self: Arc<Self>) {
        loop {
            self.round().await;
            // Woken or not, it looks again.
            let _ = timeout(EVERY, self.wake.notified()).await;
        }
    }

    /// Does everything that is due now. What fails is logged and tried again at the next look; it
    /// holds up nothing else.
    pub async fn round(self: &Arc<Self>) {
        let coverage = self.sealer.coverage().await;
        let accounts = match coverage {
            Ok(coverage) => Some(coverage.accounts),
            Err(error) => {
                tracing::error!(%error, "coverage_not_counted");
                None
            }
        };
        self.blocking(move |desk| {
            told("keys_not_made", desk.have_keys_made());
            desk.follow_the_log();
            if let Some(accounts) = accounts {
                told("vault_not_logged", desk.log_the_vault(accounts));
            }
            let now_s = desk.now_s();
            told("intake_not_logged", desk.office.log_intake(now_s));
            told("desk_not_looked_after", desk.look_after_cases(now_s));
            told("quarter_not_reported", desk.office.log_reports(now_s));
        })
        .await;
        told("keeper_not_logged", self.log_the_keeper().await);
        told("day_not_erased", self.erase().await);
        told("notice_not_carried", self.carry_notices().await);
    }

    /// Custodians' keys for phones and for the next days; none before the officers have theirs.
    fn have_keys_made(&self) -> Result<(), DeskFailure> {
        loop {
            let ledger = self.ledger();
            let today = Day::of_unix(self.now_s());
            if ledger.officers().is_none() {
                return Ok(());
            }
            let key = if needs_phone_key(ledger.custody()) {
                NewKey::Phone
            } else if let Some(day) = days_without_key(&ledger, today).first() {
                NewKey::Day(*day)
            } else {
                return Ok(());
            };
            // The roster may be newer than the last look.
            self.custodians.follow(ledger.custody());
            let clients = self.custodians.clients();
            let clients: Vec<&dyn CustodianClient> =
                clients.iter().map(|client| &**client).collect();
            let policy = Sha256::digest(&self.policy_text).into();
            let entropy = Entropy::system();
            let entry = make_keys(&clients, &ledger, policy, key, today, &entropy)?;
            let entry = Entry::parse(&entry)?;
            self.office.complete_entry(None, &entry, self.now_s())?;
        }
    }

    /// Tells the sealer and the roster what the log says now.
    pub(super) fn follow_the_log(&self) {
        let ledger = self.ledger();
        self.custodians.follow(ledger.custody());
        self.sealer.set_keys(keys_in_force(&ledger));
    }

    /// One root over all sealed records for each day on which there are new ones, and another when a
    /// case needs it.
    fn log_the_vault(&self, accounts: u64) -> Result<(), FlowError> {
        let ledger = self.ledger();
        let today = Day::of_unix(self.now_s());
        let newest = ledger.registry().vault_roots().last();
        if ledger.officers().is_some() && newest.is_none_or(|(mark, _)| mark.date < today) {
            self.office.log_vault(accounts, self.now_s())?;
        }
        Ok(())
    }

    /// How often the keeper applied its key, for each day that is over and not in the log. A day
    /// without any has no entry.
    async fn log_the_keeper(self: &Arc<Self>) -> Result<(), DeskFailure> {
        let counted = self.keeper.evaluations().await?.into_iter();
        let days = counted.map(|own| KeeperDay {
            day: Day(own.day),
            sign_in: own.sign_in.into(),
            contacts: own.contacts.into(),
            desk: own.desk.into(),
        });
        let days: Vec<KeeperDay> = days.collect();
        self.blocking(move |desk| desk.office.log_keeper_days(&days, desk.now_s()))
            .await?;
        Ok(())
    }

    fn look_after_cases(&self, now_s: u64) -> Result<(), FlowError> {
        self.office.refresh_log(now_s);
        let alarms = self.office.tick(now_s)?;
        // Each is told once, and again when it had gone away in between.
        let mut told = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *told);
        for alarm in alarms {
            let alarm_text = format!("{alarm:?}");
            let known = before.contains(&alarm_text);
            told.insert(alarm_text);
            if known {
                continue;
            }
            match alarm {
                Alarm::Due { case, kind, due_s } => {
                    tracing::warn!(%case, kind, due_s, "case_due");
                }
                Alarm::Stuck { case, error } => tracing::error!(%case, %error, "case_stuck"),
                Alarm::Decision { entry, case, error } => {
                    let case = case.map(tracing::field::display);
                    tracing::error!(entry, case, %error, "decision_not_in_effect");
                }
                Alarm::Log(finding) => tracing::error!(finding, "log_finding"),
                Alarm::NoticeLate(case) => tracing::error!(%case, "notice_late"),
            }
        }
        Ok(())
    }

    /// Erases the records of days that have had their time: the keeper's secret and the rows first,
    /// then the custodians sign that their shares are gone, and the log says so.
    async fn erase(self: &Arc<Self>) -> Result<(), DeskFailure> {
        let ledger = self.ledger();
        let Some(logged) = ledger.registry().policy() else {
            return Ok(());
        };
        let erased = self
            .sealer
            .erase_expired(logged.policy.retention_days)
            .await?;
        let counted: BTreeMap<u32, u64> = erased
            .into_iter()
            .map(|erased| (erased.day, erased.records))
            .collect();
        // The custodians' key of a day on which nobody was seen has its time, too.
        let today = Day::of_unix(self.now_s());
        let custody = ledger.custody();
        let expired = |day: &Day| day.plus(logged.policy.retention_days) < today;
        let missing: Vec<Day> = custody
            .days()
            .map(|(day, _)| day)
            .filter(|day| expired(day) && custody.erased(*day).is_none())
            .collect();
        self.blocking(move |desk| {
            for day in missing {
                let records = counted.get(&day.0).copied().unwrap_or(0);
                // A custodian who is away holds up its own days only.
                told("day_not_erased", desk.log_erasure(day, records));
            }
        })
        .await;
        Ok(())
    }

    fn log_erasure(&self, day: Day, records: u64) -> Result<(), DeskFailure> {
        let date = Day::of_unix(self.now_s());
        let mut signed: Vec<Signed> = Vec::new();
        let ledger = self.ledger();
        let key = ledger.custody().day_key(day);
        // Those who made it, whoever is on the roster now.
        for holder in key.map_or(&[][..], |key| &key.holders) {
            let client = self.custodians.client(CustodianId(holder.key))?;
            signed.push(client.sign_erasure(day, records, date)?);
        }
        signed.sort_by_key(|signed| signed.index);
        let mut entry = Entry::new(date, Erase { day, records });
        entry.by = signed;
        self.office.complete_entry(None, &entry, self.now_s())?;
        Ok(())
    }

    /// Carries notices to the people they are for, through the service chat.
    async fn carry_notices(self: &Arc<Self>) -> Result<(), DeskFailure> {
        let now_s = self.now_s();
        let due = self
            .blocking(move |desk| desk.office.notices_due(now_s))
            .await?;
        for notice in due {
            let carried = BringNotice {
                to: notice.user,
                text: notice.text,
            };
            self.main.write(carried).await?;
            let id = notice.id;
            self.blocking(move |desk| desk.office.notice_carried(id, now_s))
                .await?;
        }
        Ok(())
    }

    fn ledger(&self) -> Ledger {
        self.office.with_log(|log| log.ledger().clone())
    }
}

/// Whether numbers have no key yet, or one of custodians who were on the roster before.
fn needs_phone_key(custody: &Custody) -> bool {
    let (Some(key), Some(logged)) = (custody.phone_key(), custody.roster()) else {
        return true;
    };
    let holders = key.holders.iter().map(|holder| (holder.index, holder.key));
    let listed = logged.roster.custodians.iter();
    let listed = listed.map(|custodian| (custodian.index, custodian.key));
    let roster = (Some(logged.roster.mode), logged.roster.threshold);
    (key.mode, key.keys.threshold) != roster || !holders.eq(listed)
}

/// The keys that numbers and addresses are sealed to now.
fn keys_in_force(ledger: &Ledger) -> KeysInForce {
    let mut keys = KeysInForce::default();
    let Some(officers) = ledger.officers() else {
        return keys;
    };
    let custody = ledger.custody();
    let gates = custody
        .days()
        .map(|(_, key)| key)
        .chain(custody.phone_key());
    for gate in gates {
        match pair(officers, gate) {
            Ok(pair) => keys.insert(pair),
            // The ledger has checked both; a pair that does not fit seals nothing.
            Err(error) => tracing::error!(%error, "keys_do_not_fit"),
        }
    }
    keys
}

fn pair(
    officers: &LoggedKey,
    gate: &LoggedKey,
) -> Result<SealingKeys, heliograph_vault::keys::KeysError> {
    let mode = match gate.mode {
        Some(Mode::Remote) => GateMode::Remote,
        Some(Mode::Local) | None => GateMode::Local,
    };
    SealingKeys::new(officers.keys.clone(), gate.keys.clone(), mode)
}

/// Logs a failure; what failed is due again at the next look.
fn told<T, E: std::fmt::Display>(event: &'static str, outcome: Result<T, E>) {
    if let Err(error) = outcome {
        tracing::error!(event, %error, "desk_clockwork");
    }
}
