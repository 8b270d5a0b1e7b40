//! Whom an order is about, as of the time it names.

use crate::order::{Target, Window};
use heliograph_desk_store::{CaseId, UserId};
use heliograph_transparency::entry::Outcome;
use serde::{Deserialize, Serialize};

/// How it was made sure that a number belongs to the account that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proven {
    /// By a code sent to it.
    Sms,
    /// By the operator, who knows the person.
    Operator,
    /// It was not.
    None,
}

impl Proven {
    /// Its word in a package.
    pub fn word(self) -> &'static str {
        match self {
            Proven::Sms => "sms",
            Proven::Operator => "operator",
            Proven::None => "none",
        }
    }
}

/// What became of looking a target up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// One account, the same during the whole window.
    One {
        /// Which.
        user: UserId,
        /// How its number was proven.
        proven: Proven,
    },
    /// None that existed in the window.
    Nobody,
    /// The name or number changed hands in the window, or it cannot be told who had it.
    Ambiguous,
}

/// The people were not to be asked.
#[derive(Debug, thiserror::Error)]
#[error("the account could not be looked up: {0}")]
pub struct TargetsError(pub String);

/// Looks people up. The server implements it; there is no call for more than one account.
pub trait Targets: Send + Sync {
    /// Finds the account that `target` meant in `window`. The keeper counts look-ups by case and
    /// allows one for each; the answer is kept with the case.
    fn resolve(
        &self,
        case: CaseId,
        target: &Target,
        window: Window,
    ) -> Result<Resolved, TargetsError>;
}

/// The account of a case, as it is kept with it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase", deny_unknown_fields)]
pub enum Subject {
    /// It is this one.
    One {
        /// The account.
        user: i64,
        /// How its number was proven.
        proven: Proven,
    },
    /// There is none.
    Nobody,
    /// It cannot be told.
    Ambiguous,
}

impl From<Resolved> for Subject {
    fn from(resolved: Resolved) -> Self {
        match resolved {
            Resolved::One { user, proven } => Subject::One {
                user: user.0,
                proven,
            },
            Resolved::Nobody => Subject::Nobody,
            Resolved::Ambiguous => Subject::Ambiguous,
        }
    }
}

impl Subject {
    /// The reason given when it is not one account, or nothing is held of it. An account that
    /// never was, one that is gone, and one of which nothing is kept from that time are answered
    /// alike.
    pub fn refusal(self) -> Outcome {
        match self {
            Subject::Ambiguous => Outcome::InsufficientInfo,
            Subject::Nobody | Subject::One { .. } => Outcome::DataNotHeld,
        }
    }
}
