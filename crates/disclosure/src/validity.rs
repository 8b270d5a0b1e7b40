//! The tests of validity: questions in words, each answered by a named officer.
//!
//! What a machine can know it answers itself: whether the authority is registered and in force,
//! whether its country is served, whether the offence is on the published list. The rest are the
//! questions of the portal. Every answer must be yes; the first no, in the order below, is the
//! reason that the authority is given.

use crate::order::Asked;
use crate::registry::Standing;
use heliograph_transparency::entry::{Outcome, Priority};
use serde::{Deserialize, Serialize};

/// A question about an order. Yes speaks for executing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// Whether the sender is who the registry says, and competent.
    Authority,
    /// Whether the order is complete and of one piece.
    Form,
    /// Whether it names a suspect.
    Suspect,
    /// Whether the act is the offence it names.
    Offence,
    /// Whether it is an offence where the operator sits, too.
    DualCriminality,
    /// Whether the clause of the terms was violated.
    Clause,
    /// Whether it is necessary and proportionate.
    Necessity,
    /// Whether it is free of political expression, journalism and immunities.
    Expression,
    /// Whether no other law forbids the answer.
    Conflict,
    /// In an emergency, whether the threat to life or limb is named and imminent.
    Threat,
    /// In an emergency, whether the authority was called back at the registry's number.
    CallBack,
}

impl Question {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 11] = [
        Self::Authority,
        Self::Form,
        Self::Suspect,
        Self::Offence,
        Self::DualCriminality,
        Self::Clause,
        Self::Necessity,
        Self::Expression,
        Self::Conflict,
        Self::Threat,
        Self::CallBack,
    ];

    /// Its word, in files and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Form => "form",
            Self::Suspect => "suspect",
            Self::Offence => "offence",
            Self::DualCriminality => "dual-criminality",
            Self::Clause => "clause",
            Self::Necessity => "necessity",
            Self::Expression => "expression",
            Self::Conflict => "conflict",
            Self::Threat => "threat",
            Self::CallBack => "call-back",
        }
    }

    /// The question with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|question| question.word() == word)
    }

    /// As the portal and the desk show it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Authority => {
                "Is the sender the registered authority, and competent to issue this order?"
            }
            Self::Form => "Is the order complete, signed, and free of contradictions?",
            Self::Suspect => {
                "Does the order confirm that the account's holder is a suspect of the offence?"
            }
            Self::Offence => "Is the act described an offence of the published list?",
            Self::DualCriminality => "Is it also an offence where the operator sits?",
            Self::Clause => "Does the act violate the clause of the terms that the order names?",
            Self::Necessity => {
                "Is the disclosure necessary, and in proportion to the offence, in kind and in time?"
            }
            Self::Expression => {
                "Is the order about something other than political expression, journalism, or a \
                 person with immunity?"
            }
            Self::Conflict => "Is there no other law that forbids the disclosure?",
            Self::Threat => {
                "Does the order name an imminent threat to the life or limb of a person?"
            }
            Self::CallBack => {
                "Was the order confirmed by calling the number in the registry, not one of the order?"
            }
        }
    }

    /// The reason that is given when the answer is no.
    pub fn refusal(self) -> Outcome {
        match self {
            Self::Authority | Self::CallBack => Outcome::NotCompetentAuthority,
            Self::Form | Self::Threat => Outcome::Incomplete,
            Self::Suspect => Outcome::InsufficientInfo,
            Self::Offence | Self::DualCriminality => Outcome::OffenceNotCovered,
            Self::Clause => Outcome::ServiceNotCovered,
            Self::Necessity => Outcome::ManifestError,
            Self::Expression => Outcome::ImmunityOrExpression,
            Self::Conflict => Outcome::ConflictOfLaw,
        }
    }

    /// Whether it is asked of an order of this priority.
    pub fn applies(self, priority: Priority) -> bool {
        match self {
            Self::Threat | Self::CallBack => priority == Priority::Emergency,
            _ => true,
        }
    }
}

/// An officer's answer to a question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The question's word.
    pub question: String,
    /// Yes.
    pub yes: bool,
    /// The reasoning.
    pub note: String,
    /// Who answered, by the name that colleagues see.
    pub by: String,
    /// When, in Unix seconds.
    pub at_s: u64,
}

/// What the machine knows of a case.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether the authority may send orders.
    pub standing: Standing,
    /// Whether its country is served, by a logged decision.
    pub country_open: bool,
    /// Whether the offence is on the list of the policy in force.
    pub offence_listed: bool,
}

/// What the answers come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// These questions are still open.
    Unanswered(Vec<Question>),
    /// Everything speaks for it: officers may be asked to approve.
    Admissible,
    /// Refused, for this reason.
    Refuse(Outcome),
    /// Beyond the desk: counsel answers it, and this is the reason in the log.
    OutOfDesk(Outcome),
}

/// Decides a case by what is known and answered.
///
/// A refusal by the facts needs no answer; one by an officer's no does not wait for the rest.
pub fn decide(asked: &Asked, facts: Facts, findings: &[Finding]) -> Decision {
    let order = match asked {
        Asked::Order(order) => order,
        Asked::OutOfDesk(request) => return Decision::OutOfDesk(request.beyond.outcome()),
    };
    if facts.standing != Standing::InForce || !facts.country_open {
        return Decision::Refuse(Outcome::NotCompetentAuthority);
    }
    if !facts.offence_listed {
        return Decision::Refuse(Outcome::OffenceNotCovered);
    }
    let mut open = Vec::new();
    for question in Question::ALL {
        if !question.applies(order.head.priority) {
            continue;
        }
        let answer = findings
            .iter()
            .find(|finding| finding.question == question.word());
        match answer {
            Some(finding) if finding.yes => {}
            Some(_) => return Decision::Refuse(question.refusal()),
            None => open.push(question),
        }
    }
    if open.is_empty() {
        Decision::Admissible
    } else {
        Decision::Unanswered(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::tests::{RECEIVED_S, form};
    use crate::order::{OrderForm, TargetForm};

    const GOOD: Facts = Facts {
        standing: Standing::InForce,
        country_open: true,
        offence_listed: true,
    };

    fn asked(change: impl FnOnce(&mut OrderForm)) -> Asked {
        let mut form = form();
        change(&mut form);
        Asked::parse(&form, RECEIVED_S).expect("a sound form")
    }

    fn emergency() -> Asked {
        asked(|form| {
            form.priority = "emergency".into();
            form.threat = "a threat".into();
        })
    }

    fn finding(question: Question, yes: bool) -> Finding {
        Finding {
            question: question.word().into(),
            yes,
            note: "because".into(),
            by: "A. Name".into(),
            at_s: RECEIVED_S,
        }
    }

    fn all_yes() -> Vec<Finding> {
        Question::ALL.map(|question| finding(question, true)).into()
    }

    #[test]
    fn every_question_must_be_answered_yes() {
        assert_eq!(
            decide(&asked(|_| ()), GOOD, &all_yes()),
            Decision::Admissible
        );
        assert_eq!(decide(&emergency(), GOOD, &all_yes()), Decision::Admissible);
        for (position, question) in Question::ALL.into_iter().enumerate() {
            let mut findings = all_yes();
            findings[position].yes = false;
            let refused = Decision::Refuse(question.refusal());
            assert_eq!(
                decide(&emergency(), GOOD, &findings),
                refused,
                "{question:?}"
            );
            findings.remove(position);
            let open = Decision::Unanswered(vec![question]);
            assert_eq!(decide(&emergency(), GOOD, &findings), open, "{question:?}");
        }
    }

    #[test]
    fn threat_and_call_back_are_asked_in_an_emergency_only() {
        let usual: Vec<_> = all_yes().into_iter().take(9).collect();
        assert_eq!(decide(&asked(|_| ()), GOOD, &usual), Decision::Admissible);
        let open = Decision::Unanswered(vec![Question::Threat, Question::CallBack]);
        assert_eq!(decide(&emergency(), GOOD, &usual), open);
    }

    #[test]
    fn no_answer_of_an_officer_overrules_the_facts() {
        for standing in [Standing::Unknown, Standing::Expired, Standing::Removed] {
            let facts = Facts { standing, ..GOOD };
            let refused = Decision::Refuse(Outcome::NotCompetentAuthority);
            assert_eq!(decide(&asked(|_| ()), facts, &all_yes()), refused);
        }
        let closed = Facts {
            country_open: false,
            ..GOOD
        };
        let refused = Decision::Refuse(Outcome::NotCompetentAuthority);
        assert_eq!(decide(&asked(|_| ()), closed, &all_yes()), refused);
        let unlisted = Facts {
            offence_listed: false,
            ..GOOD
        };
        let refused = Decision::Refuse(Outcome::OffenceNotCovered);
        assert_eq!(decide(&asked(|_| ()), unlisted, &all_yes()), refused);
    }

    #[test]
    fn what_is_beyond_the_desk_cannot_become_admissible() {
        let messages = asked(|form| form.data.push("messages".into()));
        assert_eq!(
            decide(&messages, GOOD, &all_yes()),
            Decision::OutOfDesk(Outcome::OutOfDesk)
        );
        let address = asked(|form| form.targets = vec![TargetForm::Address("::1".into())]);
        assert_eq!(
            decide(&address, GOOD, &all_yes()),
            Decision::OutOfDesk(Outcome::Impossible)
        );
    }

    #[test]
    fn every_refusal_is_a_reason_that_officers_may_give() {
        for question in Question::ALL {
            assert!(question.refusal().is_refusal(), "{question:?}");
            assert_eq!(Question::from_word(question.word()), Some(question));
        }
    }
}
