//! Moderation as its pages work with it.

use super::Refusals;
use super::case_sheet::{EARLIER, face, opinion, sheet};
use super::exposure::Exposure;
use super::{Moderation, ModerationError, Screen};
use crate::gateway::SystemEntropy;
use heliograph_api::Entropy as _;
use heliograph_console::Moderating;
use heliograph_console::casework::Person;
use heliograph_console::moderating::{
    Alike, CaseSheet, HotlineReport, ModeratingError, Notice, NoticeState, Queue, QueueLine,
    UndoAll,
};
use heliograph_model::{Territory, UnixMs};
use heliograph_moderation::appeals::{self, Appeal};
use heliograph_moderation::cases::{
    self, CaseError, LeaveCase, NoteHotline, OpenCase, OpenSealed, Origin, TakeCase, TakeEvidence,
};
use heliograph_moderation::decisions::{
    self, Decide, DecideError, Decided, Hide, Outcome, Undo, Verdict,
};
use heliograph_moderation::enact::TellOwner;
use heliograph_moderation::notices::{self, FileNotice};
use heliograph_moderation::precedents;
use heliograph_moderation::reasons::{self, Reason, Urgency};
use heliograph_moderation::refusals::{
    Finding, REFUSED_DAYS, RefuseError, SettleRefusal, can_be_refused,
};
use heliograph_moderation::search_terms;
use heliograph_moderation::statement;
use heliograph_moderation::subject::Subject;
use heliograph_store::StoreError;
use heliograph_transparency::entry::{Act, Errand};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::runtime::Handle;

/// How many cases the queue's page shows.
const QUEUE: usize = 50;
/// How many waiting cases are counted.
const COUNTED: usize = 1_000;

/// Moderation of a running server, for threads that may block.
pub struct ModerationPages {
    moderation: Arc<Moderation>,
    screen: Arc<Screen>,
    refusals: Arc<Refusals>,
    runtime: Handle,
    exposure: Exposure,
}

impl ModerationPages {
    /// Pages over this moderation, which show what `screen` thinks, and mark what is refused. Must be
    /// called within a runtime.
    pub fn new(moderation: Arc<Moderation>, screen: Arc<Screen>, refusals: Arc<Refusals>) -> Self {
        let runtime = Handle::current();
        ModerationPages {
            moderation,
            screen,
            refusals,
            runtime,
            exposure: Exposure::default(),
        }
    }

    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, ModeratingError>>,
    ) -> Result<T, ModeratingError> {
        self.runtime.block_on(work)
    }

    async fn number(&self, who: &Person) -> Result<u16, ModeratingError> {
        self.moderation.enlist(who.id).await.map_err(failed)
    }

    fn now(&self) -> UnixMs {
        let now_s = self.moderation.desk.now_s();
        UnixMs(i64::try_from(now_s).unwrap_or(i64::MAX / 1000) * 1000)
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    bytes
}

fn failed(error: ModerationError) -> ModeratingError {
    ModeratingError::Failed(Box::new(error))
}

fn store_failed(error: StoreError) -> ModeratingError {
    ModeratingError::Failed(Box::new(error))
}

fn case_refused(error: CaseError) -> ModeratingError {
    match error {
        CaseError::Unknown => ModeratingError::Missing,
        CaseError::Store(error) => store_failed(error),
        CaseError::NotYours => ModeratingError::Refused(error.to_string()),
    }
}

fn refused(error: DecideError) -> ModeratingError {
    match error {
        DecideError::Unknown => ModeratingError::Missing,
        DecideError::Store(error) => store_failed(error),
        other => ModeratingError::Refused(other.to_string()),
    }
}

pub(super) fn seconds(at: UnixMs) -> u64 {
    u64::try_from(at.0 / 1000).unwrap_or(0)
}

impl Moderating for ModerationPages {
    fn queue(&self, who: &Person, children: bool) -> Result<Queue, ModeratingError> {
        self.wait(async {
            let me = self.number(who).await?;
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let waiting = cases::queue(&mut *view, COUNTED)
                .await
                .map_err(store_failed)?;
            let count = waiting.len();
            let mut lines = Vec::new();
            for case in waiting.into_iter().take(QUEUE) {
                let face = face(&mut *view, &case.subject, 0)
                    .await
                    .map_err(store_failed)?;
                let suitable = children || !case.reason().is_about_children();
                lines.push(QueueLine {
                    open_to_me: suitable && case.is_open_to(me, self.now()),
                    title: face.title,
                    case,
                });
            }
            Ok(Queue {
                waiting: count,
                lines,
                grave_today: self.exposure.of(me, self.now()),
            })
        })
    }

    fn take(
        &self,
        who: &Person,
        case: Option<u64>,
        children: bool,
    ) -> Result<Option<u64>, ModeratingError> {
        self.wait(async {
            let take = TakeCase {
                moderator: self.number(who).await?,
                case,
                children,
            };
            let taken = self.moderation.store.write(take).await;
            Ok(taken.map_err(case_refused)?.map(|case| case.number))
        })
    }

    fn leave(&self, who: &Person, case: u64) -> Result<(), ModeratingError> {
        self.wait(async {
            let moderator = self.number(who).await?;
            let leave = LeaveCase { moderator, case };
            let left = self.moderation.store.write(leave).await;
            left.map_err(case_refused)
        })
    }

    fn case(&self, who: &Person, case: u64) -> Result<CaseSheet, ModeratingError> {
        self.wait(async {
            let me = self.number(who).await?;
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let case = cases::find(&mut *view, case).await.map_err(store_failed)?;
            let case = case.ok_or(ModeratingError::Missing)?;
            let grave = case.reason().urgency == Urgency::Now && !case.is_sealed();
            if grave {
                self.exposure.note(me, case.number, self.now());
            }
            let opinion = opinion(&mut *view, &self.screen, &case).await;
            let opinion = opinion.map_err(store_failed)?;
            let sheet = sheet(&mut *view, case, me, self.now()).await;
            let mut sheet = sheet.map_err(store_failed)?;
            sheet.classifier = opinion.map(|opinion| opinion.words());
            Ok(sheet)
        })
    }

    fn decide(
        &self,
        who: &Person,
        case: u64,
        verdict: Verdict,
    ) -> Result<Outcome, ModeratingError> {
        self.wait(async {
            let decide = Decide {
                moderator: self.number(who).await?,
                case,
                verdict,
                salt: random(),
            };
            let outcome = self.moderation.store.write(decide).await;
            self.moderation.wake();
            let outcome = outcome.map_err(refused)?;
            if outcome == Outcome::Agreed {
                let counted = self.moderation.count(Errand::Reviewed).await;
                counted.map_err(failed)?;
            }
            Ok(outcome)
        })
    }

    fn open_sealed(&self, who: &Person, case: u64) -> Result<(), ModeratingError> {
        self.wait(async {
            let moderator = self.number(who).await?;
            let open = OpenSealed { moderator, case };
            let opened = self.moderation.store.write(open).await;
            opened.map_err(case_refused)
        })
    }

    fn hotline(&self, _: &Person, case: u64, report: HotlineReport) -> Result<(), ModeratingError> {
        self.wait(async {
            self.count_hotline(case).await?;
            let note = NoteHotline {
                case,
                to: report.to,
                reference: report.reference,
            };
            let noted = self.moderation.store.write(note).await;
            noted.map_err(case_refused)
        })
    }

    fn undo(&self, who: &Person, number: u64, facts: &str) -> Result<(), ModeratingError> {
        self.wait(async {
            let undo = Undo {
                moderator: self.number(who).await?,
                number,
                facts: facts.to_owned(),
            };
            self.moderation.store.write(undo).await.map_err(refused)?;
            self.moderation.wake();
            Ok(())
        })
    }

    fn refuse_alike(&self, _: &Person, number: u64, refuse: Alike) -> Result<(), ModeratingError> {
        self.wait(async {
            let found = {
                let mut view = self.moderation.store.view().await.map_err(store_failed)?;
                let decided = decisions::by_number(&mut *view, number).await;
                let decided = decided.map_err(store_failed)?;
                let decided = decided.ok_or(ModeratingError::Missing)?;
                let precedent = precedents::find(&mut *view, decided.id).await;
                precedent
                    .map_err(store_failed)?
                    .map(|one| (decided.id, one))
            };
            let found = found.filter(|(_, precedent)| can_be_refused(precedent));
            let no_text = || ModeratingError::Refused(RefuseError::NoText.to_string());
            let (decided, precedent) = found.ok_or_else(no_text)?;
            let until = match refuse {
                Alike::Refused => Some(self.now().plus_seconds(REFUSED_DAYS * 86_400)),
                Alike::Held => None,
            };
            if until.is_none() && precedent.refused_until.is_none() {
                return Ok(());
            }
            let logged = self.moderation.log_refusal(number, until, &precedent).await;
            logged.map_err(failed)?;
            match self.refusals.refuse_alike(decided, until).await {
                Ok(()) => Ok(()),
                Err(RefuseError::NoText) => Err(no_text()),
                Err(RefuseError::Store(error)) => Err(store_failed(error)),
            }
        })
    }

    fn settle_refusal(
        &self,
        who: &Person,
        case: u64,
        finding: Finding,
    ) -> Result<(), ModeratingError> {
        self.wait(async {
            let moderator = self.number(who).await?;
            let found = {
                let mut view = self.moderation.store.view().await.map_err(store_failed)?;
                let found = cases::find(&mut *view, case).await;
                found.map_err(store_failed)?
            };
            let found = found.ok_or(ModeratingError::Missing)?;
            let (author, _) = found.refusal.ok_or(ModeratingError::Missing)?;
            let settle = SettleRefusal {
                moderator,
                case,
                author,
                finding,
            };
            let settled = self.moderation.store.write(settle).await;
            settled.map_err(case_refused)?;
            if finding == Finding::LetThrough {
                self.refusals.load_admitted().await.map_err(store_failed)?;
                let counted = self.moderation.count(Errand::LetThrough).await;
                counted.map_err(failed)?;
            }
            Ok(())
        })
    }

    fn count_undone(&self, _: &Person, asked: &UndoAll) -> Result<usize, ModeratingError> {
        Ok(self.undone_by(asked).len())
    }

    fn undo_all(&self, who: &Person, asked: &UndoAll) -> Result<usize, ModeratingError> {
        self.wait(async {
            let moderator = self.number(who).await?;
            let mut count = 0;
            for number in self.undone_by(asked) {
                let undo = Undo {
                    moderator,
                    number,
                    facts: asked.facts.clone(),
                };
                match self.moderation.store.write(undo).await {
                    Ok(_) => count += 1,
                    // Somebody else was faster.
                    Err(DecideError::NotInForce) => {}
                    Err(error) => return Err(refused(error)),
                }
            }
            self.moderation.wake();
            Ok(count)
        })
    }

    fn evidence(&self, who: &Person, case: u64) -> Result<CaseSheet, ModeratingError> {
        self.wait(async {
            let me = self.number(who).await?;
            let open = {
                let mut view = self.moderation.store.view().await.map_err(store_failed)?;
                let found = cases::find(&mut *view, case).await.map_err(store_failed)?;
                let found = found.ok_or(ModeratingError::Missing)?;
                found.evidence_is_open_to(me, self.now())
            };
            if !open {
                return Err(case_refused(CaseError::NotYours));
            }
            self.count_hotline(case).await?;
            let take = TakeEvidence {
                moderator: me,
                case,
            };
            let taken = self.moderation.store.write(take).await;
            taken.map_err(case_refused)?;
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let found = cases::find(&mut *view, case).await.map_err(store_failed)?;
            let found = found.ok_or(ModeratingError::Missing)?;
            sheet(&mut *view, found, me, self.now())
                .await
                .map_err(store_failed)
        })
    }

    fn tell_owner(&self, _: &Person, number: u64) -> Result<(), ModeratingError> {
        self.wait(async {
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let decided = decisions::by_number(&mut *view, number).await;
            drop(view);
            let decided = decided.map_err(store_failed)?;
            let decided = decided.ok_or(ModeratingError::Missing)?;
            let told = self.moderation.store.write(TellOwner { decided }).await;
            if told.map_err(store_failed)? {
                return Ok(());
            }
            let why = "the owner knows it already, or there is none";
            Err(ModeratingError::Refused(why.into()))
        })
    }

    fn decisions(&self, _: &Person) -> Result<Vec<Decided>, ModeratingError> {
        self.wait(async {
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let newest = decisions::newest(&mut *view, EARLIER).await;
            newest.map_err(store_failed)
        })
    }

    fn decision(
        &self,
        _: &Person,
        number: u64,
    ) -> Result<(Decided, Option<Appeal>), ModeratingError> {
        self.wait(async {
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let decided = decisions::by_number(&mut *view, number).await;
            let decided = decided.map_err(store_failed)?;
            let decided = decided.ok_or(ModeratingError::Missing)?;
            let appeal = appeals::against(&mut *view, number).await;
            Ok((decided, appeal.map_err(store_failed)?))
        })
    }

    fn open_case(
        &self,
        _: &Person,
        location: &str,
        reason: &'static Reason,
        origin: Origin,
        not_wider: Option<Territory>,
        statement: &str,
    ) -> Result<u64, ModeratingError> {
        let subject = match location.trim().strip_prefix("/term ") {
            Some(term) => search_terms::parse(term),
            None => self.find(location)?,
        };
        let subject = subject.ok_or_else(|| {
            ModeratingError::Refused("nothing public of this installation is there".into())
        })?;
        self.wait(async {
            let open = OpenCase {
                subject,
                origin,
                reason,
                statement: statement.to_owned(),
                not_wider,
            };
            self.moderation
                .store
                .write(open)
                .await
                .map_err(store_failed)
        })
    }

    fn notice(&self, notice: Notice) -> Result<String, ModeratingError> {
        let subject = self.find(&notice.location)?.ok_or_else(|| {
            let why =
                "nothing public of this installation is there; name it as @name or by its link";
            ModeratingError::Refused(why.into())
        })?;
        let secret = statement::hex(&random());
        self.wait(async {
            let reason = notice.reason;
            let file = FileNotice {
                subject: subject.clone(),
                reason,
                explanation: notice.explanation,
                name: notice.name,
                email: notice.email,
                receipt: receipt(&secret),
            };
            let filed = self.moderation.store.write(file).await;
            let filed = filed.map_err(store_failed)?;
            if filed.hide_at_once {
                let hide = Hide {
                    subject,
                    verdict: Verdict {
                        act: Act::Hold,
                        territory: Territory::World,
                        until: None,
                        clause: reason.clause.to_owned(),
                        category: reason.category,
                        facts: format!("A notice said: {}.", reason.title),
                    },
                    found_by_machine: false,
                    case: Some(filed.case),
                    salt: random(),
                };
                self.moderation.store.write(hide).await.map_err(refused)?;
                self.moderation.wake();
            }
            Ok(())
        })?;
        Ok(secret)
    }

    fn notice_state(&self, secret: &str) -> Result<NoticeState, ModeratingError> {
        self.wait(async {
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let found = notices::find(&mut *view, &receipt(secret)).await;
            let notice = found.map_err(store_failed)?;
            let notice = notice.ok_or(ModeratingError::Missing)?;
            let case = cases::find(&mut *view, notice.case).await;
            let ended = case.map_err(store_failed)?.and_then(|case| case.ended);
            let decided = match ended {
                Some(ended) => decisions::find(&mut *view, ended.decided).await,
                None => Ok(None),
            };
            let decided = decided.map_err(store_failed)?;
            let statement = decided.and_then(|decided| {
                let number = decided.number()?;
                Some(statement::answer(&decided, number))
            });
            Ok(NoticeState {
                received_s: seconds(notice.received),
                statement,
            })
        })
    }

    fn find(&self, location: &str) -> Result<Option<Subject>, ModeratingError> {
        self.wait(async {
            let mut view = self.moderation.store.view().await.map_err(store_failed)?;
            let found = notices::locate(&mut *view, location).await;
            found.map_err(store_failed)
        })
    }
}

impl ModerationPages {
    /// The numbers of the decisions that would be taken back together.
    fn undone_by(&self, asked: &UndoAll) -> Vec<u64> {
        let now_s = self.moderation.desk.now_s();
        self.moderation.desk.office.with_log(|log| {
            let decisions = log.ledger().moderation().decisions();
            let asked_for = decisions.filter(|logged| {
                let by = match asked.by {
                    Some(number) => logged.by.contains(&number),
                    None => logged.by.is_empty(),
                };
                let days = asked.from..=asked.to;
                by && days.contains(&logged.mark.date) && logged.is_in_force(now_s)
            });
            asked_for
                .filter(|logged| {
                    let reason = reasons::of_clause(&logged.decision.clause);
                    asked.children || !reason.is_about_children()
                })
                .map(|logged| logged.decision.number)
                .collect()
        })
    }

    /// Has the log count that a case goes to a hotline or an authority: once for each case.
    async fn count_hotline(&self, case: u64) -> Result<(), ModeratingError> {
        let mut view = self.moderation.store.view().await.map_err(store_failed)?;
        let found = cases::find(&mut *view, case).await.map_err(store_failed)?;
        drop(view);
        let case = found.ok_or(ModeratingError::Missing)?;
        if case.exported.is_some() || !case.hotline.is_empty() {
            return Ok(());
        }
        let counted = self.moderation.count(Errand::Hotline).await;
        counted.map_err(failed)
    }
}

fn receipt(secret: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"hg/notice/v1\n");
    digest.update(secret.as_bytes());
    digest.finalize().into()
}
