//! Who may do what.

use heliograph_desk_store::{DeskError, Token};
use std::collections::BTreeSet;

/// What someone is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Works on cases.
    Officer,
    /// Keeps the registry of authorities.
    Registrar,
    /// Sees everything and changes nothing.
    Auditor,
    /// Moderates what is public; sees nothing of the desk, and nobody is both.
    Moderator,
    /// Moderates, and has agreed to see cases about children.
    ChildSafety,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Officer,
        Self::Registrar,
        Self::Auditor,
        Self::Moderator,
        Self::ChildSafety,
    ];

    /// Its word, on the command line and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::Moderator => "moderator",
            Self::ChildSafety => "child-safety",
        }
    }

    /// Whether it belongs to moderation, not to the desk.
    fn moderates(self) -> bool {
        matches!(self, Self::Moderator | Self::ChildSafety)
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// What a page or form needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// To be signed in.
    Enter,
    /// To be signed in at the desk: its decisions can be read.
    EnterDesk,
    /// To look at cases and at what is in quarantine.
    SeeCases,
    /// To work on them; also to take a bundle or a passphrase out.
    WorkOnCases,
    /// To look at the registry.
    SeeRegistry,
    /// To change it.
    KeepRegistry,
    /// To bring signatures of officers under a decision.
    Complete,
    /// To read the audit records.
    SeeAudit,
    /// To moderate.
    Moderate,
    /// To see cases about children.
    SeeChildren,
}

impl Right {
    /// Whether a role has it.
    fn of(self, role: Role) -> bool {
        use Role::{Auditor, ChildSafety, Officer, Registrar};
        match self {
            Self::Enter => true,
            Self::EnterDesk | Self::SeeRegistry => !role.moderates(),
            Self::SeeCases | Self::SeeAudit => matches!(role, Officer | Auditor),
            Self::WorkOnCases => role == Officer,
            Self::KeepRegistry => role == Registrar,
            Self::Complete => matches!(role, Officer | Registrar),
            Self::Moderate => role.moderates(),
            Self::SeeChildren => role == ChildSafety,
        }
    }
}

/// Roles that one person may have together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

/// Why roles are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RolesError {
    /// Somebody without a role has no business here.
    #[error("at least one role is needed: officer, registrar, auditor, moderator or child-safety")]
    None,
    /// Who moderates must not see whom authorities ask about, and the other way round.
    #[error("nobody can be a moderator and have a role at the desk")]
    Moderator,
    /// Who does something must not be the one who looks at how it was done.
    #[error("an auditor has no other role")]
    Auditor,
}

impl Roles {
    /// Accepts a set of roles.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Result<Self, RolesError> {
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        let shared = roles.len() > 1;
        let moderate = roles.iter().filter(|role| role.moderates()).count();
        let mixed = moderate > 0 && moderate < roles.len();
        if roles.is_empty() {
            Err(RolesError::None)
        } else if shared && mixed {
            Err(RolesError::Moderator)
        } else if shared && roles.contains(&Role::Auditor) {
            Err(RolesError::Auditor)
        } else {
            Ok(Self(roles))
        }
    }

    /// Reads roles as the database has them. Words of later versions, and sets that are not
    /// allowed, give no right.
    pub(crate) fn of_tokens(tokens: &BTreeSet<Token>) -> Self {
        let roles = tokens
            .iter()
            .filter_map(|token| Role::from_word(token.as_str()));
        Self::new(roles).unwrap_or_default()
    }

    pub(crate) fn tokens(&self) -> Result<BTreeSet<Token>, DeskError> {
        self.0
            .iter()
            .map(|role| Token::parse(role.word()))
            .collect()
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        self.0.iter().any(|role| right.of(*role))
    }

    /// The words, for a page.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|role| role.word()).collect();
        words.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_officer_and_moderator_or_looks_at_their_own_work() {
        use Role::{Auditor, ChildSafety, Moderator, Officer, Registrar};
        assert_eq!(Roles::new([Officer, Moderator]), Err(RolesError::Moderator));
        assert_eq!(Roles::new([Auditor, Officer]), Err(RolesError::Auditor));
        assert_eq!(Roles::new([]), Err(RolesError::None));
        assert_eq!(
            Roles::new([Officer, ChildSafety]),
            Err(RolesError::Moderator)
        );
        assert!(Roles::new([Officer, Registrar]).is_ok());
        assert!(Roles::new([Moderator, ChildSafety]).is_ok());
    }

    #[test]
    fn a_set_that_is_not_allowed_gives_no_right_even_if_it_is_stored() {
        let both: BTreeSet<Token> = ["officer", "moderator"]
            .map(|word| Token::parse(word).unwrap())
            .into();
        assert!(!Roles::of_tokens(&both).may(Right::Enter));
    }

    #[test]
    fn who_moderates_sees_nothing_of_the_desk_and_children_only_by_consent() {
        use Role::{ChildSafety, Moderator};
        let both = Roles::new([Moderator, ChildSafety]).unwrap();
        let desk = [
            Right::EnterDesk,
            Right::SeeCases,
            Right::WorkOnCases,
            Right::SeeRegistry,
            Right::KeepRegistry,
            Right::Complete,
            Right::SeeAudit,
        ];
        for right in desk {
            assert!(!both.may(right), "{right:?}");
        }
        assert!(both.may(Right::Moderate) && both.may(Right::SeeChildren));
        assert!(!Roles::new([Moderator]).unwrap().may(Right::SeeChildren));
        for role in [Role::Officer, Role::Registrar, Role::Auditor] {
            let roles = Roles::new([role]).unwrap();
            assert!(!roles.may(Right::Moderate) && !roles.may(Right::SeeChildren));
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let auditor = Roles::new([Role::Auditor]).unwrap();
        for right in [Right::WorkOnCases, Right::KeepRegistry, Right::Complete] {
            assert!(!auditor.may(right), "{right:?}");
        }
        for right in [
            Right::Enter,
            Right::SeeCases,
            Right::SeeRegistry,
            Right::SeeAudit,
        ] {
            assert!(auditor.may(right), "{right:?}");
        }
    }
}
