//! The public face of an account.

use crate::{About, Face, FirstName, LastName, UnixMs, UserId, Username};
use minicbor::{Decode, Encode};

/// An account as others may see it: a person, a bot or a service account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Person {
    /// The id.
    #[n(0)]
    pub id: UserId,
    /// The first name; a deleted account has none.
    #[n(1)]
    pub first_name: Option<FirstName>,
    /// The last name, often empty.
    #[n(2)]
    pub last_name: LastName,
    /// The public name.
    #[n(3)]
    pub username: Option<Username>,
    /// The line under the name.
    #[n(4)]
    pub about: About,
    /// Who answers.
    #[n(5)]
    pub kind: PersonKind,
    /// Marked as genuine by the operator.
    #[n(6)]
    pub verified: bool,
    /// The account is gone; only its id is left.
    #[n(7)]
    pub deleted: bool,
    /// When it was made.
    #[n(8)]
    pub created: UnixMs,
    /// ISO 3166 code of the number's country, as `account.getAuthorizations` and ranking use it; the
    /// number itself is not kept.
    #[n(9)]
    pub country: Option<String>,
    /// The picture.
    #[n(10)]
    #[cbor(default)]
    pub photo: Option<Face>,
}

impl Person {
    /// First and last name; empty for a deleted account.
    pub fn full_name(&self) -> String {
        let first = self.first_name.as_ref().map_or("", FirstName::as_str);
        let full = format!("{first} {}", self.last_name.as_str());
        full.trim().to_owned()
    }
}

/// Who answers for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PersonKind {
    /// A person.
    #[n(0)]
    Human,
    /// A program that somebody runs.
    #[n(1)]
    Bot,
    /// The installation itself (777000 and the like).
    #[n(2)]
    Service,
}
