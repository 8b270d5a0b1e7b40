//! The desk's clockwork: what is due by itself, and what people must be told about.

use super::{FlowError, Office, Progress};
use crate::case::{CaseFile, State, timer};
use crate::entries;
use heliograph_desk_store::{CaseId, DeskError};
use heliograph_transparency::entry::{Body, Day, Entry, KeeperDay, Outcome, ReleaseReason};
use heliograph_transparency::ledger::Ledger;
use std::sync::PoisonError;

/// Something that a person should see to.
#[derive(Debug)]
pub enum Alarm {
    /// Something of a case is due, or will be within a day.
    Due {
        /// The case.
        case: CaseId,
        /// The kind of its timer.
        kind: String,
        /// When it is due.
        due_s: u64,
    },
    /// A case does not go on.
    Stuck {
        /// The case.
        case: CaseId,
        /// Why.
        error: FlowError,
    },
    /// A decision of officers is in the log and does not take effect.
    Decision {
        /// The index of its entry; none when the log could not be searched for it.
        entry: Option<u64>,
        /// The case that it concerns, if it concerns one.
        case: Option<CaseId>,
        /// Why.
        error: FlowError,
    },
    /// The log shows something overdue, red or untrue.
    Log(String),
    /// A notice waits for a day without being carried.
    NoticeLate(CaseId),
}

/// Timers are alarms so long before they are due, in seconds.
const AHEAD_S: u64 = 86_400;

impl Office {
    /// Does everything that is due by itself, and tells what people should see to. To be called
    /// at the start and every few minutes; two at once do no harm.
    pub fn tick(&self, now_s: u64) -> Result<Vec<Alarm>, FlowError> {
        let unfinished = self.recover_acts(|_| true, now_s)?.into_iter();
        let mut alarms: Vec<Alarm> = unfinished
            .map(|act| Alarm::Decision {
                entry: act.entry,
                case: act.case,
                error: act.error,
            })
            .collect();
        // An approved case waits for an officer, who is shown once more what will be disclosed.
        self.ask_again_in_time(now_s)?;
        let moving = [State::Received, State::Opened, State::Ending, State::Ended];
        for state in moving {
            for row in self.desk.view(|view| view.cases_in(&state.token()))? {
                match self.advance(row.id, now_s) {
                    // Somebody else takes the step at this moment.
                    Ok(_) | Err(FlowError::Store(DeskError::Stale)) => {}
                    Err(error) => {
                        self.give_up_in_time(row.id, now_s)?;
                        alarms.push(Alarm::Stuck {
                            case: row.id,
                            error,
                        });
                    }
                }
            }
        }
        for row in self
            .desk
            .view(|view| view.cases_in(&State::Preserved.token()))?
        {
            self.release_in_time(row.id, now_s)?;
        }
        self.desk.act(&Self::clockwork("tidy"), now_s, |step| {
            step.erase_expired_packages(now_s)?;
            step.erase_expired_sessions(now_s)
        })?;
        for timer in self
            .desk
            .view(|view| view.timers_due(now_s + AHEAD_S, 1_000))?
        {
            alarms.push(Alarm::Due {
                case: timer.case,
                kind: timer.kind.to_string(),
                due_s: timer.due_s,
            });
        }
        let today = Day::of_unix(now_s);
        let findings = self.with_log(|log| log.ledger().findings(today));
        alarms.extend(
            findings
                .iter()
                .map(|finding| Alarm::Log(finding.to_string())),
        );
        alarms.extend(self.notices_late(now_s)?.into_iter().map(Alarm::NoticeLate));
        Ok(alarms)
    }

    /// Approvals that nobody has acted on run out: officers are asked again.
    fn ask_again_in_time(&self, now_s: u64) -> Result<(), FlowError> {
        for row in self
            .desk
            .view(|view| view.cases_in(&State::Approved.token()))?
        {
            let tally = self.approvals(row.id, now_s)?;
            if tally.approve.len() < usize::from(tally.need) {
                self.advance(row.id, now_s)?;
            }
        }
        Ok(())
    }

    /// An opening that has not come to an end in three days is entered as failed.
    fn give_up_in_time(&self, case: CaseId, now_s: u64) -> Result<(), FlowError> {
        let (file, timers) = self.desk.view(|view| {
            let file = CaseFile::load(view, &*self.secrets, case)?;
            Ok::<_, FlowError>((file, view.timers_of(case)?))
        })?;
        let late = timers.iter().any(|timer| {
            timer.kind.as_str() == timer::OPENING && timer.done_s.is_none() && timer.due_s <= now_s
        });
        if file.state == State::Opened && late {
            self.give_up(None, case, "custodians did not answer in time", now_s)?;
            self.advance(case, now_s)?;
        }
        Ok(())
    }

    /// Ends a preservation whose term is over, or whose records were opened.
    fn release_in_time(&self, case: CaseId, now_s: u64) -> Result<(), FlowError> {
        let file = self.load_in(case, State::Preserved)?;
        let preserve = file
            .logged("act-preserve")
            .ok_or(FlowError::NotSetUp("preservation"))?;
        let ledger = self.with_log(|log| log.ledger().clone());
        let Some(why) = release_reason(&ledger, preserve, Day::of_unix(now_s)) else {
            return Ok(());
        };
        self.secrets.release(preserve)?;
        let gone = ledger
            .preservations()
            .at(preserve)
            .is_some_and(|kept| kept.released.is_some());
        if gone {
            // Logged before a kill; the case was not moved on.
            self.desk
                .act(&super::act(None, "release", case), now_s, |step| {
                    self.decide_end(step, &file, Outcome::Withdrawn, "", now_s)
                })?;
        } else {
            self.log_entry(
                Some(&file),
                "release",
                now_s,
                |_, day| Ok(entries::release(preserve, why, day)),
                |step, _| self.decide_end(step, &file, Outcome::Withdrawn, "", now_s),
            )?;
        }
        self.advance(case, now_s)?;
        Ok(())
    }

    /// Enters the root over all sealed records in the log, once a day, or when records are newer
    /// than the last one and a case needs them. `None` when there are no records.
    pub fn log_vault(&self, accounts: u64, now_s: u64) -> Result<Option<u64>, FlowError> {
        let _daily = self.daily.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was taken when the process ended may be in the log already: its root is not
        // that of the records of today.
        let left = self.records.unlogged_snapshot()?;
        let taken = match left {
            Some(left) => Some(left),
            None => self.records.take_snapshot(now_s)?,
        };
        let Some(snapshot) = taken else {
            return Ok(None);
        };
        let index = self.log_entry(
            None,
            "vault",
            now_s,
            |_, day| {
                let entry = entries::vault(&snapshot, accounts, day);
                entry.ok_or(FlowError::NotSetUp("records"))
            },
            |_, _| Ok(()),
        )?;
        self.records.snapshot_logged(snapshot.id, index)?;
        Ok(Some(index))
    }

    /// Enters the number of what came from unknown senders before today in the log. `None` when
    /// there was nothing.
    pub fn log_intake(&self, now_s: u64) -> Result<Option<u64>, FlowError> {
        let _daily = self.daily.lock().unwrap_or_else(PoisonError::into_inner);
        let before_s = Day::of_unix(now_s).start_unix();
        let rows = self.desk.view(|view| view.intake_uncounted(before_s))?;
        if rows.is_empty() {
            return Ok(None);
        }
        let leaves: Vec<[u8; 32]> = rows.iter().map(|row| row.hash).collect();
        let index = self.log_entry(
            None,
            "intake",
            now_s,
            |_, day| entries::intake(&leaves, day).ok_or(FlowError::NotSetUp("intake")),
            |step, logged| {
                // One from before a kill counts the oldest ones only.
                let counted = match Entry::parse(&logged.bytes).map(|entry| entry.body) {
                    Ok(Body::Intake(intake)) => intake.count as usize,
                    _ => 0,
                };
                for row in rows.iter().take(counted) {
                    step.intake_counted(row.id, logged.index)?;
                }
                Ok(())
            },
        )?;
        Ok(Some(index))
    }

    /// Enters the keeper's counts of days that are over and not in the log yet.
    pub fn log_keeper_days(&self, counted: &[KeeperDay], now_s: u64) -> Result<(), FlowError> {
        let _daily = self.daily.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was planned when the process ended comes first, so it is looked again each time.
        while let Some(next) = self.with_log(|log| next_keeper_day(log.ledger(), counted, now_s)) {
            self.log_entry(
                None,
                "keeper",
                now_s,
                |_, day| Ok(Entry::new(day, next)),
                |_, _| Ok(()),
            )?;
        }
        Ok(())
    }

    /// How far a case is, without moving it.
    pub fn progress(&self, case: CaseId) -> Result<Progress, FlowError> {
        let file = self.load(case)?;
        Ok(match file.state {
            State::Received => Progress::AwaitingSlot,
            State::Opened => Progress::AwaitingWitness,
            State::Ending | State::Ended => Progress::Ended,
            State::Finished => Progress::Finished,
            state => Progress::AwaitingPeople(state),
        })
    }
}

/// The earliest day that is over and comes after all that the log has counts of.
fn next_keeper_day(ledger: &Ledger, counted: &[KeeperDay], now_s: u64) -> Option<KeeperDay> {
    let newest = ledger.registry().keeper_days().last();
    let newest = newest.map(|(_, logged)| logged.day);
    let today = Day::of_unix(now_s);
    // The keeper has a clock of its own.
    let missing = counted
        .iter()
        .filter(|own| own.day < today && newest.is_none_or(|newest| newest < own.day));
    missing.min_by_key(|own| own.day).cloned()
}

/// Why a preservation ends now, if it does.
fn release_reason(ledger: &Ledger, preserve: u64, today: Day) -> Option<ReleaseReason> {
    let kept = ledger.preservations().at(preserve)?;
    let mut openings = ledger.cases().openings();
    let opened = openings
        .any(|(case, opening)| opening.preserved == Some(preserve) && case.closed.is_some());
    if opened {
        Some(ReleaseReason::Opened)
    } else if today > kept.until {
        Some(ReleaseReason::Due)
    } else {
        None
    }
}
