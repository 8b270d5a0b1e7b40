//! Why people report something: the tree that clients walk through, and what each end of it means.

use heliograph_transparency::entry::Category;

/// How soon a reason is looked at; the lower, the sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A child, or somebody's life: first in every queue, and hidden at once.
    Now,
    /// Harm to people.
    Soon,
    /// Everything else.
    Normal,
}

/// A reason for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its word, as it is stored and as clients send it back.
    pub word: &'static str,
    /// What clients show.
    pub title: &'static str,
    /// The clause of the terms that it falls under.
    pub clause: &'static str,
    /// What it counts as.
    pub category: Category,
    /// How soon it is looked at.
    pub urgency: Urgency,
    /// Whether it is of no use without a comment.
    pub needs_comment: bool,
}

impl Reason {
    /// Whether it concerns a child: evidence is sealed, and the subject is not told first.
    pub fn is_about_children(&self) -> bool {
        self.clause.starts_with("children.")
    }
}

/// A question of the tree: its answers are reasons or further questions.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What it is called where it is an answer itself.
    pub title: &'static str,
    /// The answers.
    pub answers: &'static [Answer],
}

/// An answer to a question.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// The end: this reason.
    Reason(&'static str),
    /// A further question, with the word that leads to it.
    Question(&'static str, &'static Question),
}

const fn reason(
    word: &'static str,
    title: &'static str,
    clause: &'static str,
    category: Category,
    urgency: Urgency,
) -> Reason {
    Reason {
        word,
        title,
        clause,
        category,
        urgency,
        needs_comment: false,
    }
}

use Category as C;
use Urgency::{Normal, Now, Soon};

/// Every reason.
pub const REASONS: &[Reason] = &[
    reason(
        "life",
        "Somebody's life is in danger",
        "life.1",
        C::PublicSecurity,
        Now,
    ),
    reason(
        "child-sexual",
        "Child sexual abuse",
        "children.1",
        C::Minors,
        Now,
    ),
    reason(
        "child-harm",
        "Harm to a child",
        "children.2",
        C::Minors,
        Now,
    ),
    reason(
        "violence",
        "Violence or a call for it",
        "violence.1",
        C::Violence,
        Soon,
    ),
    reason(
        "terrorism",
        "Terrorism",
        "violence.2",
        C::PublicSecurity,
        Soon,
    ),
    reason(
        "hate",
        "Hatred against people",
        "hate.1",
        C::HarmfulSpeech,
        Soon,
    ),
    reason(
        "self-harm",
        "Suicide or self-harm",
        "self-harm.1",
        C::SelfHarm,
        Soon,
    ),
    reason("drugs", "Drugs", "goods.1", C::Products, Normal),
    reason("weapons", "Weapons", "goods.2", C::Products, Soon),
    reason(
        "forged-documents",
        "Forged documents or money",
        "goods.3",
        C::Products,
        Normal,
    ),
    reason(
        "stolen-data",
        "Stolen data, cards or accounts",
        "goods.4",
        C::DataProtection,
        Normal,
    ),
    reason(
        "counterfeit",
        "Counterfeit goods",
        "goods.5",
        C::IntellectualProperty,
        Normal,
    ),
    reason(
        "sexual-services",
        "Sexual services or images without consent",
        "sexual.1",
        C::CyberViolence,
        Soon,
    ),
    reason(
        "adult",
        "Adult content shown to everyone",
        "sexual.2",
        C::OtherTerms,
        Normal,
    ),
    reason(
        "personal-data",
        "Somebody's personal data",
        "privacy.1",
        C::DataProtection,
        Soon,
    ),
    reason("phishing", "Phishing", "fraud.1", C::Fraud, Normal),
    reason(
        "impersonation",
        "Somebody else's name",
        "fraud.2",
        C::Fraud,
        Normal,
    ),
    reason("fraud", "A fraudulent offer", "fraud.3", C::Fraud, Normal),
    reason("spam", "Spam", "spam.1", C::Fraud, Normal),
    reason(
        "copyright",
        "My copyright",
        "copyright.1",
        C::IntellectualProperty,
        Normal,
    ),
    Reason {
        needs_comment: true,
        ..reason("other", "Something else", "other.1", C::OtherTerms, Normal)
    },
];

/// The reason with this word.
pub fn find(word: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.word == word)
}

/// A reason that falls under a clause of the terms.
pub fn of_clause(clause: &str) -> &'static Reason {
    let found = REASONS.iter().find(|reason| reason.clause == clause);
    found
        .or_else(|| find("other"))
        .expect("`other` is in the table")
}

/// The first question.
pub const ROOT: Question = Question {
    title: "What is wrong?",
    answers: &[
        Answer::Question("children", &CHILDREN),
        Answer::Reason("life"),
        Answer::Question("violent", &VIOLENT),
        Answer::Question("goods", &GOODS),
        Answer::Question("sexual", &SEXUAL),
        Answer::Reason("personal-data"),
        Answer::Question("scam", &SCAM),
        Answer::Reason("copyright"),
        Answer::Reason("other"),
    ],
};

const CHILDREN: Question = Question {
    title: "Child abuse",
    answers: &[Answer::Reason("child-sexual"), Answer::Reason("child-harm")],
};

const VIOLENT: Question = Question {
    title: "Violence, terror, hatred or self-harm",
    answers: &[
        Answer::Reason("violence"),
        Answer::Reason("terrorism"),
        Answer::Reason("hate"),
        Answer::Reason("self-harm"),
    ],
};

const GOODS: Question = Question {
    title: "Illegal goods or services",
    answers: &[
        Answer::Reason("drugs"),
        Answer::Reason("weapons"),
        Answer::Reason("forged-documents"),
        Answer::Reason("stolen-data"),
        Answer::Reason("counterfeit"),
    ],
};

const SEXUAL: Question = Question {
    title: "Sexual content",
    answers: &[
        Answer::Reason("sexual-services"),
        Answer::Reason("adult"),
        Answer::Question("children", &CHILDREN),
    ],
};

const SCAM: Question = Question {
    title: "Scam or spam",
    answers: &[
        Answer::Reason("spam"),
        Answer::Reason("phishing"),
        Answer::Reason("impersonation"),
        Answer::Reason("fraud"),
    ],
};

/// Where somebody stands in the tree after choosing an option.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// They are asked further.
    Ask(&'static Question),
    /// They have given this reason.
    Given(&'static Reason),
}

/// Where an option leads; nothing chosen yet leads to the first question. `None` for an option that
/// is none.
pub fn step(option: &str) -> Option<Step> {
    if option.is_empty() {
        return Some(Step::Ask(&ROOT));
    }
    if let Some(reason) = find(option) {
        return Some(Step::Given(reason));
    }
    question(&ROOT, option).map(Step::Ask)
}

fn question(within: &'static Question, word: &str) -> Option<&'static Question> {
    within.answers.iter().find_map(|answer| match answer {
        Answer::Reason(_) => None,
        Answer::Question(own, next) if *own == word => Some(*next),
        Answer::Question(_, next) => question(next, word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every reason that can be reached, and how deep the tree is.
    fn walk(question: &Question, found: &mut BTreeSet<&'static str>) -> usize {
        let depth = question.answers.iter().map(|answer| match answer {
            Answer::Reason(word) => {
                assert!(find(word).is_some(), "{word} is no reason");
                found.insert(word);
                1
            }
            Answer::Question(_, next) => 1 + walk(next, found),
        });
        depth.max().unwrap_or(0)
    }

    #[test]
    fn every_reason_is_reached_in_three_steps() {
        let mut found = BTreeSet::new();
        assert!(walk(&ROOT, &mut found) <= 3);
        assert_eq!(found.len(), REASONS.len());
    }

    #[test]
    fn a_word_means_one_thing() {
        let words: BTreeSet<_> = REASONS.iter().map(|reason| reason.word).collect();
        assert_eq!(words.len(), REASONS.len());
        for word in ["children", "goods", "scam", "violent", "sexual"] {
            assert!(matches!(step(word), Some(Step::Ask(_))) && find(word).is_none());
        }
        assert!(step("nonsense").is_none());
    }

    #[test]
    fn every_reason_cites_a_clause_of_the_terms() {
        // Of every version: reports and machines cite them under whichever is in force.
        for terms in crate::terms::all() {
            for reason in REASONS {
                let clause = terms.clause(reason.clause);
                assert!(clause.is_some(), "{} has no clause", reason.word);
            }
        }
    }
}
