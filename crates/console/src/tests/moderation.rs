//! Invented moderation: it keeps what it was asked, and answers what a test wants it to.

use super::NOW_S;
use crate::casework::Person;
use crate::moderating::{
    Alike, CaseSheet, Evidence, Face, HotlineReport, Moderating, ModeratingError, Notice,
    NoticeState, Opening, Queue, QueueLine, ReportLine, UndoAll,
};
use heliograph_model::{ChannelId, MessageId, Territory, UnixMs, UserId};
use heliograph_moderation::appeals::Appeal;
use heliograph_moderation::cases::{Case, Excerpt, Origin, Proposal};
use heliograph_moderation::decisions::{Decided, Outcome, Progress, Verdict};
use heliograph_moderation::reasons::{self, Reason};
use heliograph_moderation::refusals::Finding;
use heliograph_moderation::subject::{Known, Subject};
use heliograph_transparency::entry::{Act, Category, SubjectKind};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The secret of the one notice.
pub(crate) const NOTICE: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// An ordinary case, one about a child, an appeal, an order, and one with a proposal.
pub(crate) const ORDINARY: u64 = 12;
pub(crate) const CHILD: u64 = 13;
pub(crate) const APPEAL: u64 = 14;
pub(crate) const ORDER: u64 = 15;
pub(crate) const PROPOSED: u64 = 16;

const NOW: UnixMs = UnixMs(NOW_S as i64 * 1_000);

pub(crate) fn verdict(act: Act) -> Verdict {
    Verdict {
        act,
        territory: Territory::World,
        until: None,
        clause: "fraud.3".into(),
        category: Category::Fraud,
        facts: "It sells <pills> that do not exist.".into(),
    }
}

pub(crate) fn decided(number: u64) -> Decided {
    Decided {
        id: number,
        case: Some(1),
        subject: Subject::Channel(ChannelId(7)),
        verdict: verdict(Act::Delist),
        settles: None,
        origin: Origin::Report,
        received: NOW,
        found_by_machine: false,
        by: vec![1],
        at: NOW,
        owner: Some(UserId(5)),
        country: Some("DE".into()),
        kind: "channel".into(),
        terms: 1,
        salt: [7; 32],
        state: Progress::Done { number, index: 3 },
        settled: None,
        appeals: 1,
        told: None,
    }
}

/// A case as its moderator sees it.
pub(crate) fn sheet(number: u64) -> CaseSheet {
    let (origin, word) = match number {
        CHILD => (Origin::Report, "child-sexual"),
        APPEAL => (Origin::Appeal, "fraud"),
        ORDER => (Origin::Order(3), "drugs"),
        _ => (Origin::Report, "fraud"),
    };
    let reason = reasons::find(word).expect("a reason");
    let subject = Subject::Channel(ChannelId(7));
    let received = UnixMs(NOW.0 - 7_200_000);
    let mut case = Case::new(number, subject, received, origin, reason);
    case.reports = 3;
    case.weight = 250;
    case.excerpts = vec![Excerpt {
        from: UserId(5),
        date: 1_795_250_000,
        text: "Send <money> first".into(),
    }];
    if number == APPEAL {
        case.contests = Some(4);
        case.statement = "They <do> exist.".into();
    }
    if number == ORDER {
        case.not_wider = Some(Territory::Countries(vec!["DE".into()]));
    }
    if number == PROPOSED {
        case.proposal = Some(Proposal {
            by: 2,
            verdict: verdict(Act::Block),
        });
    }
    let sealed = number == CHILD;
    CaseSheet {
        terms: heliograph_moderation::terms::first(),
        case,
        known: Some(Known {
            kind: SubjectKind::Channel,
            owner: Some(UserId(5)),
            country: Some("DE".into()),
            public: true,
            verified: false,
            staff: false,
            members: 1_234,
        }),
        face: if sealed {
            Face::default()
        } else {
            Face {
                title: "Cheap <pills>".into(),
                username: Some("cheap_pills".into()),
                about: "All of them".into(),
                posts: vec![(9, "Order now".into())],
            }
        },
        sealed,
        opening: Opening::NotAsked,
        hotline: Vec::new(),
        reports: vec![ReportLine {
            reason,
            comment: "They cheat <us>".into(),
            weight: 100,
            at_s: NOW_S - 7_200,
        }],
        earlier: vec![decided(4)],
        contested: (number == APPEAL).then(|| decided(4)),
        evidence: if number == CHILD {
            Evidence::Open
        } else {
            Evidence::Closed
        },
        classifier: Some("fraud 0.93: “money first”".into()),
        mine: true,
        proposed_by_me: false,
    }
}

pub(crate) struct FakeModeration {
    /// What was done, by the name of who did it.
    pub done: Mutex<Vec<(String, String)>>,
    pub sheets: Mutex<BTreeMap<u64, CaseSheet>>,
    pub notices: Mutex<Vec<Notice>>,
    /// What became of the notice.
    pub statement: Mutex<Option<String>>,
}

impl Default for FakeModeration {
    fn default() -> Self {
        let sheets = [ORDINARY, CHILD, APPEAL, ORDER, PROPOSED].map(|n| (n, sheet(n)));
        Self {
            done: Mutex::default(),
            sheets: Mutex::new(sheets.into()),
            notices: Mutex::default(),
            statement: Mutex::default(),
        }
    }
}

impl FakeModeration {
    fn did(&self, who: &Person, what: impl Into<String>) {
        let done = (who.name.clone(), what.into());
        self.done.lock().unwrap().push(done);
    }

    /// Changes a case.
    pub fn change(&self, number: u64, change: impl FnOnce(&mut CaseSheet)) {
        change(self.sheets.lock().unwrap().get_mut(&number).unwrap());
    }
}

impl Moderating for FakeModeration {
    fn queue(&self, who: &Person, children: bool) -> Result<Queue, ModeratingError> {
        self.did(who, format!("queue {children}"));
        let sheets = self.sheets.lock().unwrap();
        let seen = sheets
            .values()
            .filter(|sheet| children || !sheet.case.reason().is_about_children());
        let lines: Vec<QueueLine> = seen
            .map(|sheet| QueueLine {
                case: sheet.case.clone(),
                title: sheet.face.title.clone(),
                open_to_me: sheet.case.proposal.is_none(),
            })
            .collect();
        let waiting = lines.len();
        Ok(Queue {
            waiting,
            lines,
            grave_today: 12,
        })
    }

    fn take(
        &self,
        who: &Person,
        case: Option<u64>,
        children: bool,
    ) -> Result<Option<u64>, ModeratingError> {
        self.did(who, format!("take {case:?} {children}"));
        if case == Some(99) {
            return Err(ModeratingError::Refused("somebody else has it".into()));
        }
        Ok(Some(case.unwrap_or(ORDINARY)))
    }

    fn leave(&self, who: &Person, case: u64) -> Result<(), ModeratingError> {
        self.did(who, format!("leave {case}"));
        Ok(())
    }

    fn case(&self, _: &Person, case: u64) -> Result<CaseSheet, ModeratingError> {
        let sheets = self.sheets.lock().unwrap();
        sheets.get(&case).cloned().ok_or(ModeratingError::Missing)
    }

    fn open_sealed(&self, who: &Person, case: u64) -> Result<(), ModeratingError> {
        self.did(who, format!("open {case}"));
        Ok(())
    }

    fn hotline(
        &self,
        who: &Person,
        case: u64,
        report: HotlineReport,
    ) -> Result<(), ModeratingError> {
        self.did(who, format!("hotline {case} {}", report.to));
        self.change(case, |sheet| sheet.hotline.push(report));
        Ok(())
    }

    fn decide(
        &self,
        who: &Person,
        case: u64,
        verdict: Verdict,
    ) -> Result<Outcome, ModeratingError> {
        self.did(who, format!("decide {case} {}", verdict.act));
        Ok(if verdict.act.is_grave() && case != PROPOSED {
            Outcome::Proposed
        } else {
            Outcome::Decided(5)
        })
    }

    fn undo(&self, who: &Person, number: u64, facts: &str) -> Result<(), ModeratingError> {
        self.did(who, format!("undo {number}: {facts}"));
        Ok(())
    }

    fn refuse_alike(&self, who: &Person, number: u64, alike: Alike) -> Result<(), ModeratingError> {
        self.did(who, format!("refuse {number} {alike:?}"));
        Ok(())
    }

    fn settle_refusal(
        &self,
        who: &Person,
        case: u64,
        finding: Finding,
    ) -> Result<(), ModeratingError> {
        self.did(who, format!("settle {case} {finding:?}"));
        Ok(())
    }

    fn count_undone(&self, _: &Person, asked: &UndoAll) -> Result<usize, ModeratingError> {
        Ok(usize::from(asked.by.unwrap_or(40)))
    }

    fn undo_all(&self, who: &Person, asked: &UndoAll) -> Result<usize, ModeratingError> {
        let UndoAll { by, from, to, .. } = asked;
        self.did(who, format!("undo all {by:?} {from} {to}"));
        Ok(2)
    }

    fn evidence(&self, who: &Person, case: u64) -> Result<CaseSheet, ModeratingError> {
        self.did(who, format!("evidence {case}"));
        self.change(case, |sheet| sheet.evidence = Evidence::Taken);
        self.case(who, case)
    }

    fn tell_owner(&self, who: &Person, number: u64) -> Result<(), ModeratingError> {
        self.did(who, format!("tell {number}"));
        Ok(())
    }

    fn decisions(&self, _: &Person) -> Result<Vec<Decided>, ModeratingError> {
        let mut of_child = decided(5);
        of_child.verdict.clause = "children.1".into();
        Ok(vec![of_child, decided(4)])
    }

    fn decision(
        &self,
        _: &Person,
        number: u64,
    ) -> Result<(Decided, Option<Appeal>), ModeratingError> {
        let appeal = Appeal {
            decision: number,
            by: UserId(5),
            text: "They <do> exist.".into(),
            at: NOW,
            logged: true,
            case: APPEAL,
            salt: [1; 32],
            ended: false,
        };
        match number {
            4 => Ok((decided(4), Some(appeal))),
            5 => {
                let decisions = self.decisions(&Person {
                    id: heliograph_desk_store::StaffId([0; 16]),
                    name: String::new(),
                })?;
                Ok((decisions[0].clone(), None))
            }
            _ => Err(ModeratingError::Missing),
        }
    }

    fn open_case(
        &self,
        who: &Person,
        location: &str,
        reason: &'static Reason,
        origin: Origin,
        not_wider: Option<Territory>,
        _: &str,
    ) -> Result<u64, ModeratingError> {
        let word = reason.word;
        self.did(
            who,
            format!("open-case {location} {word} {origin:?} {not_wider:?}"),
        );
        Ok(ORDINARY)
    }

    fn notice(&self, notice: Notice) -> Result<String, ModeratingError> {
        if !notice.location.contains("cheap_pills") {
            let words = "there is nothing public of this name here";
            return Err(ModeratingError::Refused(words.into()));
        }
        self.notices.lock().unwrap().push(notice);
        Ok(NOTICE.into())
    }

    fn notice_state(&self, secret: &str) -> Result<NoticeState, ModeratingError> {
        if secret != NOTICE {
            return Err(ModeratingError::Missing);
        }
        Ok(NoticeState {
            received_s: NOW_S,
            statement: self.statement.lock().unwrap().clone(),
        })
    }

    fn find(&self, location: &str) -> Result<Option<Subject>, ModeratingError> {
        let post = Subject::Post(ChannelId(7), MessageId(9));
        Ok(location.contains("cheap_pills").then_some(post))
    }
}
