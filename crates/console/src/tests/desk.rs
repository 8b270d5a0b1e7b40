//! An invented desk: it keeps what it was asked, and answers what a test wants it to.

use super::{NOW_S, sound};
use crate::casework::{
    Approvals, AuthorityLine, CaseAct, CaseLine, CaseView, Casework, CaseworkError, Desk,
    DocumentLine, Draft, Due, NoticeLine, Person, Prepared, QuarantineLine, Quarantined,
    RegistryDraft, RosterDraft, WaitingDecision, WantedRoster,
};
use crate::counter::{
    Counter, CounterError, HandedIn, Missing, Package, Sender, Stage, Standing, Taken,
};
use heliograph_desk_store::{CaseId, IntakeId};
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::case::State;
use heliograph_disclosure::documents::{Documents, Upload};
use heliograph_disclosure::order::OrderForm;
use heliograph_disclosure::recognition::Rung;
use heliograph_disclosure::registry::{AuthorityDetails, Standing as AuthorityStanding};
use heliograph_disclosure::validity::{Decision, Facts, Finding};
use heliograph_transparency::entry::{
    Change, CountryDecision, Day, Door, Entry, Outcome, Priority, Signed,
};
use std::sync::Mutex;

/// The secret of the one request that there is.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// The one case.
pub(crate) const CASE: CaseId = CaseId([0xca; 16]);

/// The one thing in quarantine.
pub(crate) const INTAKE: IntakeId = IntakeId([0x1a; 16]);

#[derive(Default)]
pub(crate) struct FakeCounter {
    pub taken: Mutex<Vec<HandedIn>>,
    pub corrections: Mutex<Vec<Upload>>,
    pub package: Mutex<Option<Vec<u8>>>,
    /// What the request lacks.
    pub missing: Mutex<Option<String>>,
    pub outcome: Mutex<Option<Outcome>>,
    pub closed: Mutex<bool>,
}

impl Counter for FakeCounter {
    fn hand_in(&self, request: HandedIn, _: u64) -> Result<Taken, CounterError> {
        if *self.closed.lock().unwrap() {
            return Err(CounterError::NotOpen);
        }
        let known = request.sender.authority == Some(3);
        self.taken.lock().unwrap().push(request);
        Ok(if known {
            Taken::Case {
                secret: SECRET.into(),
            }
        } else {
            Taken::Quarantined {
                reference: INTAKE.to_string(),
            }
        })
    }

    fn standing(&self, secret: &str, _: u64) -> Result<Option<Standing>, CounterError> {
        let missing = self.missing.lock().unwrap().clone();
        let outcome = *self.outcome.lock().unwrap();
        let package = self.package.lock().unwrap();
        Ok((secret == SECRET).then(|| Standing {
            stage: Stage::Examined,
            priority: Priority::Normal,
            received_s: NOW_S,
            rung: Some(Rung::AccessKey),
            answer_due_s: NOW_S + 10 * 86_400,
            request: Some(6),
            missing: missing.map(|what| Missing {
                what,
                due_s: NOW_S + 5 * 86_400,
            }),
            outcome,
            statement: None,
            package: package.as_ref().map(|bytes| Package {
                sha256: [9; 32],
                size_bytes: bytes.len() as u64,
                expires_s: NOW_S + 30 * 86_400,
                taken_s: None,
            }),
            receipt: "heliograph-receipt/1\n".into(),
        }))
    }

    fn correct(
        &self,
        secret: &str,
        documents: Vec<Upload>,
        _: u64,
    ) -> Result<Option<()>, CounterError> {
        if secret != SECRET {
            return Ok(None);
        }
        Documents::check(&documents)?;
        if self.missing.lock().unwrap().take().is_none() {
            return Err(CounterError::NothingMissing);
        }
        self.corrections.lock().unwrap().extend(documents);
        Ok(Some(()))
    }

    fn take_package(&self, secret: &str, _: u64) -> Result<Option<Vec<u8>>, CounterError> {
        if secret != SECRET {
            return Ok(None);
        }
        Ok(self.package.lock().unwrap().take())
    }
}

pub(crate) struct FakeCasework {
    /// What was done, by the name of who did it.
    pub done: Mutex<Vec<(String, &'static str)>>,
    pub state: Mutex<State>,
    pub form: Mutex<OrderForm>,
    pub signed: Mutex<Vec<Signed>>,
    /// Whether a decision is in the log without effect.
    pub stuck: Mutex<bool>,
    /// The roster that was written down.
    pub roster: Mutex<Option<WantedRoster>>,
}

impl Default for FakeCasework {
    fn default() -> Self {
        Self {
            done: Mutex::default(),
            state: Mutex::new(State::InReview),
            form: Mutex::new(sound().1),
            signed: Mutex::default(),
            stuck: Mutex::default(),
            roster: Mutex::default(),
        }
    }
}

pub(crate) fn details() -> AuthorityDetails {
    AuthorityDetails {
        name: "Amtsgericht Musterstadt".into(),
        country: "DE".into(),
        class: "court".into(),
        contact: "registry".into(),
        call_back: "+49 30 0000000".into(),
        recipient: None,
        verified: "by two officers".into(),
        access_key: None,
        signing_key: None,
        salt: [0; 32],
    }
}

fn documents() -> Vec<DocumentLine> {
    vec![DocumentLine {
        name: "order.pdf".into(),
        size_bytes: 22,
        sha256: [1; 32],
    }]
}

fn line() -> QuarantineLine {
    QuarantineLine {
        id: INTAKE,
        received_s: NOW_S,
        sender: Sender {
            authority: None,
            ..sound().0
        },
        look_alikes: vec!["Amtsgericht Musterstadt".into()],
    }
}

/// The text of a decision.
pub(crate) fn decision() -> Vec<u8> {
    let body = CountryDecision {
        code: "FR".parse().expect("a country"),
        state: Door::Open,
        reason: "its courts are bound by law".into(),
    };
    Entry::new(Day::of_unix(NOW_S), body)
        .to_bytes()
        .expect("a sound entry")
}

fn pdf(position: usize) -> Result<Upload, CaseworkError> {
    match position {
        0 => Ok(Upload {
            name: "order.pdf".into(),
            bytes: super::PDF.to_vec(),
        }),
        _ => Err(CaseworkError::Missing),
    }
}

impl FakeCasework {
    pub fn change_form(&self, change: impl FnOnce(&mut OrderForm)) {
        change(&mut self.form.lock().unwrap());
    }

    fn did(&self, who: &Person, what: &'static str) {
        self.done.lock().unwrap().push((who.name.clone(), what));
    }
}

impl Casework for FakeCasework {
    fn desk(&self, who: &Person, _: u64) -> Result<Desk, CaseworkError> {
        self.did(who, "desk");
        Ok(Desk {
            cases: vec![CaseLine {
                id: CASE,
                state: *self.state.lock().unwrap(),
                priority: Priority::Normal,
                received_s: NOW_S,
                authority: "Amtsgericht Musterstadt".into(),
                file_reference: self.form.lock().unwrap().file_reference.clone(),
                next: Some(Due {
                    kind: "answer".into(),
                    due_s: NOW_S - 60,
                    done_s: None,
                }),
            }],
            quarantine: vec![line()],
        })
    }

    fn quarantined(
        &self,
        who: &Person,
        id: IntakeId,
        _: u64,
    ) -> Result<Quarantined, CaseworkError> {
        self.did(who, "quarantined");
        if id != INTAKE {
            return Err(CaseworkError::Missing);
        }
        Ok(Quarantined {
            line: line(),
            form: self.form.lock().unwrap().clone(),
            documents: documents(),
        })
    }

    fn quarantined_document(
        &self,
        who: &Person,
        _: IntakeId,
        position: usize,
        _: u64,
    ) -> Result<Upload, CaseworkError> {
        self.did(who, "quarantined-document");
        pdf(position)
    }

    fn decide_quarantined(
        &self,
        who: &Person,
        _: IntakeId,
        authority: Option<u64>,
        _: u64,
    ) -> Result<Option<String>, CaseworkError> {
        self.did(
            who,
            if authority.is_some() {
                "accept"
            } else {
                "drop"
            },
        );
        Ok(authority.map(|_| SECRET.to_owned()))
    }

    fn case(&self, who: &Person, id: CaseId, _: u64) -> Result<CaseView, CaseworkError> {
        self.did(who, "case");
        if id != CASE {
            return Err(CaseworkError::Missing);
        }
        Ok(CaseView {
            id,
            state: *self.state.lock().unwrap(),
            received_s: NOW_S,
            rung: Some(Rung::Signed),
            authority: details(),
            authority_id: 3,
            form: self.form.lock().unwrap().clone(),
            beyond: None,
            documents: documents(),
            facts: Facts {
                standing: AuthorityStanding::InForce,
                country_open: true,
                offence_listed: true,
            },
            findings: vec![Finding {
                question: "authority".into(),
                yes: true,
                note: "<b>called back</b>".into(),
                by: "Ines".into(),
                at_s: NOW_S,
            }],
            decision: Decision::Admissible,
            prepared: Some(Prepared {
                phone: true,
                addresses: 3,
            }),
            approvals: Some(Approvals {
                approve: vec!["officers-1".into()],
                refuse: vec![("officers-2".into(), "incomplete".into())],
                need: 2,
            }),
            outcome: None,
            package: None,
            timers: Vec::new(),
            notices: vec![NoticeLine {
                due_s: NOW_S,
                carried_s: None,
            }],
            entries: vec![("request".into(), 6)],
        })
    }

    fn document(
        &self,
        who: &Person,
        _: CaseId,
        position: usize,
        _: u64,
    ) -> Result<Upload, CaseworkError> {
        self.did(who, "document");
        pdf(position)
    }

    fn bundle(&self, who: &Person, _: CaseId, _: u64, _: u64) -> Result<Vec<u8>, CaseworkError> {
        self.did(who, "bundle");
        Ok(b"{}".to_vec())
    }

    fn passphrase(&self, who: &Person, _: CaseId, _: u64) -> Result<String, CaseworkError> {
        self.did(who, "passphrase");
        Ok("abcde-fghjk".into())
    }

    fn act(&self, who: &Person, _: CaseId, act: CaseAct, _: u64) -> Result<(), CaseworkError> {
        self.did(who, act.word());
        if matches!(act, CaseAct::GiveUp { .. }) {
            return Err(CaseworkError::NotNow("the case is not open".into()));
        }
        Ok(())
    }

    fn draft(&self, who: &Person, _: Draft, _: u64) -> Result<Vec<u8>, CaseworkError> {
        self.did(who, "draft");
        Ok(decision())
    }

    fn draft_roster(
        &self,
        who: &Person,
        wanted: WantedRoster,
        _: u64,
    ) -> Result<RosterDraft, CaseworkError> {
        self.did(who, "draft-roster");
        if wanted.custodians.is_empty() {
            return Err(CaseworkError::NotNow("nobody is left".into()));
        }
        *self.roster.lock().unwrap() = Some(wanted);
        Ok(RosterDraft {
            entry: decision(),
            newcomers: vec![("town-hall".into(), "lusab-babad gutih-tugad".into())],
        })
    }

    fn waiting(&self, who: &Person, _: u64) -> Result<Vec<WaitingDecision>, CaseworkError> {
        self.did(who, "waiting");
        let stuck = *self.stuck.lock().unwrap();
        let decision = Entry::parse(&decision()).expect("a sound entry");
        let line = WaitingDecision {
            entry: 6,
            case: Some(CASE),
            decision,
        };
        Ok(stuck.then_some(line).into_iter().collect())
    }

    fn complete(
        &self,
        who: &Person,
        _: &[u8],
        by: Vec<Signed>,
        _: u64,
    ) -> Result<u64, CaseworkError> {
        self.did(who, "complete");
        self.signed.lock().unwrap().extend(by);
        Ok(7)
    }

    fn authorities(&self, who: &Person, _: u64) -> Result<Vec<AuthorityLine>, CaseworkError> {
        self.did(who, "authorities");
        Ok(vec![AuthorityLine {
            id: 3,
            details: details(),
            standing: AuthorityStanding::InForce,
            effective_s: NOW_S,
            expires_s: NOW_S + 365 * 86_400,
            entry: None,
        }])
    }

    fn change_registry(
        &self,
        who: &Person,
        _: Option<u64>,
        _: Change,
        _: AuthorityDetails,
        key: KeyChange,
        _: u64,
    ) -> Result<RegistryDraft, CaseworkError> {
        self.did(who, "change-registry");
        Ok(RegistryDraft {
            entry: decision(),
            look_alikes: vec!["Amtsgericht Musterstatt".into()],
            access_key: (key == KeyChange::New).then(|| "0001-0203".to_owned()),
        })
    }
}
