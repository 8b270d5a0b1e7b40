//! After the end: the package is fetched, the person is told, the case is revealed.

use super::receive::receipt_hash;
use super::{FlowError, Office, act};
use crate::case::{CaseFile, LoadError, State, note, timer};
use crate::entries::{self, InLog};
use crate::notice::{self, Letter, Notice};
use crate::order::Asked;
use crate::person::Subject;
use crate::secrets::{desk_texts, draw};
use crate::timers;
use heliograph_desk_store::{Act, CaseId, NoticeId, Place, StaffId, Step, Token, UserId, View};
use heliograph_transparency::case::Gag;
use heliograph_transparency::entry::{DAY_S, Day, Outcome};
use heliograph_transparency::ledger::cases::Case;

/// A notice to be carried to a person.
pub struct DueNotice {
    /// Names it in [`Office::notice_carried`].
    pub id: NoticeId,
    /// The account.
    pub user: UserId,
    /// What to write, the code that opens the commitment below it.
    pub text: String,
}

impl Office {
    /// Hands a package out to whoever shows the receipt's secret: once, and in time.
    pub fn fetch(
        &self,
        secret: &str,
        number: u32,
        now_s: u64,
    ) -> Result<Option<Vec<u8>>, FlowError> {
        let row = self
            .desk
            .view(|view| view.case_by_receipt(&receipt_hash(secret)))?;
        let Some(row) = row else {
            return Ok(None);
        };
        // The log comes first: a package is out only after everyone can see that it is.
        let state = State::from_word(row.state.as_str()).ok_or(LoadError::Corrupt("state"))?;
        if state < State::Ended {
            return Ok(None);
        }
        let package = self
            .desk
            .act(&act(None, "fetch-package", row.id), now_s, |step| {
                step.take_package(row.id, number, now_s)
            })?;
        if package.is_some() {
            self.desk.forget_erased()?;
        }
        Ok(package)
    }

    /// Puts the notice of a delivered case into the outbox, in the transaction of a step, if it is
    /// known when the person may be told.
    pub(super) fn queue_notice(
        &self,
        step: &Step<'_>,
        file: &CaseFile,
        outcome: Outcome,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        let entered = entered_day(file);
        let gag = file.asked.head().gag;
        let (Outcome::Delivered, Some(due_s)) = (outcome, notice::due_s(gag, entered, now_s))
        else {
            return Ok(());
        };
        self.put_notice(step, file, request, due_s, now_s)
    }

    fn put_notice(
        &self,
        step: &Step<'_>,
        file: &CaseFile,
        request: u64,
        due_s: u64,
        now_s: u64,
    ) -> Result<(), FlowError> {
        if !step.notices_of(file.id)?.is_empty() {
            return Ok(());
        }
        let (Asked::Order(order), Some(Subject::One { user, .. })) =
            (&file.asked, file.subject(step)?)
        else {
            return Err(LoadError::Corrupt("person").into());
        };

        let text = Notice {
            authority: &file.authority.name,
            country: &file.authority.country,
            file_reference: &order.head.file_reference,
            received: Day::of_unix(file.received_s()),
            disclosed: Day::of_unix(now_s),
            kinds: order.kinds,
            window: &order.window.field(),
            origin: &self.origin,
            request,
            contest: &self.contest,
        }
        .text();
        let letter = Letter {
            user,
            text,
            salt: file.keys.notice_salt(),
        };
        let id = NoticeId(draw(&*self.entropy));
        let body = self.sealed(&desk_texts(&*self.secrets)?, Place::Notice(id), &letter);
        step.queue_notice(id, file.id, due_s, &body)?;
        Ok(())
    }

    /// Notices to be carried now. The server carries each, then calls
    /// [`Self::notice_carried`]; a notice that was carried when the process died is carried again.
    pub fn notices_due(&self, now_s: u64) -> Result<Vec<DueNotice>, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        self.desk.view(|view| {
            let mut due = Vec::new();
            for row in view.notices_due(now_s, 100)? {
                let letter = letter(view, row.id, &texts)?;
                due.push(DueNotice {
                    id: row.id,
                    user: UserId(letter.user),
                    text: format!("{}\n\n{}", letter.text, letter.code()),
                });
            }
            Ok(due)
        })
    }

    /// Notes that a person was told, and enters it in the log.
    pub fn notice_carried(&self, id: NoticeId, now_s: u64) -> Result<(), FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        let (case, letter) = self.desk.view(|view| {
            let due = view.notices_due(u64::MAX >> 1, u32::MAX)?;
            let row = due.into_iter().find(|row| row.id == id);
            let Some(row) = row else {
                return Err(FlowError::NotSetUp("notice"));
            };
            Ok((row.case, letter(view, id, &texts)?))
        })?;
        let file = self.load(case)?;
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        self.log_entry(
            Some(&file),
            "notice",
            now_s,
            |_, day| Ok(entries::told(request, letter.commitment(), day)),
            |step, _| {
                step.advance(case, file.version(), &file.state.token(), now_s)?;
                Ok(step.notice_carried(id, now_s)?)
            },
        )?;
        self.desk.forget_erased()?;
        Ok(())
    }

    /// Ends an indefinite gag, or one that a court has lifted: the case is revealed and the person
    /// is told.
    pub fn lift_gag(
        &self,
        staff: StaffId,
        case: CaseId,
        reasoning: &str,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let file = self.load_in(case, State::Ended)?;
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        let lifted = self.sealed(&file.keys.texts(), file.note(note::LIFTED), &reasoning);
        self.desk
            .act(&act(Some(staff), "lift-gag", case), now_s, |step| {
                step.put_sealed(&lifted)?;
                let end = file.end(step)?.ok_or(LoadError::Corrupt("end"))?;
                if end.outcome()? == Outcome::Delivered {
                    self.put_notice(step, &file, request, now_s, now_s)?;
                    for row in step.notices_of(case)? {
                        if row.carried_s.is_none() && row.due_s > now_s {
                            step.delay_notice(row.id, now_s)?;
                        }
                    }
                }
                step.finish_timer(case, &timer::token(timer::GAG_REVIEW), now_s)?;
                step.advance(case, file.version(), &State::Ended.token(), now_s)?;
                Ok(())
            })
    }

    /// Does what is left of a case that has ended; false while something is outstanding.
    pub(super) fn conclude(&self, file: &CaseFile, now_s: u64) -> Result<bool, FlowError> {
        let request = file
            .logged("request")
            .ok_or(FlowError::NotSetUp("request"))?;
        let logged = self.with_log(|log| log.ledger().cases().at(request).cloned());
        let logged = logged.ok_or(FlowError::NotSetUp("request"))?;
        let (end, lifted) = self.desk.view(|view| {
            let end = file.end(view)?.ok_or(LoadError::Corrupt("end"))?;
            Ok::<_, FlowError>((end, view.sealed(&file.note(note::LIFTED))?.is_some()))
        })?;
        let outcome = end.outcome()?;
        if logged.revealed.is_none() {
            if !lifted && now_s < reveal_from_s(file.asked.head().gag, &logged) {
                return Ok(false);
            }
            self.reveal(file, &logged, outcome, end.at_s, now_s)?;
            // The case was moved on: look again.
            return Ok(true);
        }
        if outcome == Outcome::Delivered && logged.told.is_none() {
            return Ok(false);
        }
        self.desk.act(&act(None, "finish", file.id), now_s, |step| {
            step.advance(file.id, file.version(), &State::Finished.token(), now_s)?;
            step.finish_timer(file.id, &timer::token(timer::GAG_REVIEW), now_s)?;
            Ok::<_, FlowError>(true)
        })
    }

    fn reveal(
        &self,
        file: &CaseFile,
        logged: &Case,
        outcome: Outcome,
        ended_s: u64,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let fields = file.fields()?;
        let closed = logged.closed.ok_or(FlowError::NotSetUp("end"))?.mark.date;
        // The end was decided just before it was logged; across midnight, or a kill, the day in
        // the log is what counts.
        let first_s = closed.start_unix();
        let ended_s = ended_s.clamp(first_s, first_s + DAY_S - 1);
        let received_s = file.received_s() / 60 * 60;
        let hours = (ended_s.saturating_sub(received_s) / 3_600) as u32;
        self.log_entry(
            Some(file),
            "reveal",
            now_s,
            |ledger, day| {
                let place = InLog {
                    origin: ledger.origin(),
                    number: logged.number,
                    request: logged.mark.index,
                };
                Ok(entries::reveal(
                    place, &file.keys, &fields, outcome, hours, day,
                )?)
            },
            |step, _| {
                step.advance(file.id, file.version(), &State::Ended.token(), now_s)?;
                Ok(())
            },
        )?;
        Ok(())
    }

    /// Notices that have been due for long without being carried.
    pub(super) fn notices_late(&self, now_s: u64) -> Result<Vec<CaseId>, FlowError> {
        let rows = self
            .desk
            .view(|view| view.notices_due(now_s.saturating_sub(DAY_S), 100))?;
        Ok(rows.into_iter().map(|row| row.case).collect())
    }

    /// An act of the desk's own clockwork that concerns no case.
    pub(super) fn clockwork(name: &str) -> Act {
        Act {
            staff: None,
            name: Token::parse(name).expect("acts are plain words"),
            case: None,
        }
    }
}

/// From when on a case may be revealed by the machine: at the end of its gag, or of the last
/// extension; never while no end is known.
fn reveal_from_s(gag: Gag, logged: &Case) -> u64 {
    match timers::gag_end(gag, logged.mark.date) {
        None => u64::MAX,
        Some(end) if logged.extensions == 0 => end.start_unix(),
        // The court has prolonged it until the day that the log names.
        Some(end) => end.start_unix().max(logged.due.start_unix()),
    }
}

fn letter(
    view: &View<'_>,
    id: NoticeId,
    texts: &heliograph_vault::seal::SealKey,
) -> Result<Letter, FlowError> {
    let letter: Option<Letter> = crate::case::read(view, &Place::Notice(id), texts)?;
    Ok(letter.ok_or(LoadError::Corrupt("notice"))?)
}

/// The day on which a case was entered in the log.
fn entered_day(file: &CaseFile) -> Day {
    let entry = file
        .entries
        .iter()
        .find(|entry| entry.kind.as_str() == "request");
    let parsed =
        entry.and_then(|entry| heliograph_transparency::entry::Entry::parse(&entry.bytes).ok());
    parsed.map_or(Day::of_unix(file.received_s()), |entry| entry.date)
}
