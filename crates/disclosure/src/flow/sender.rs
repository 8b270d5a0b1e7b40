//! Who hands something in: what they say of themselves, and what of it is proven.

use super::{FlowError, Office};
use crate::access_key::AccessKey;
use crate::registry::AuthorityDetails;
use serde::{Deserialize, Serialize};

/// How the sender of a case was recognised: a key handed over in a call-back.
pub(super) const LOGIN: &str = "login";

/// How the sender of a case was recognised: by calling back.
pub(super) const CALL_BACK: &str = "call-back";

/// What a sender says of itself. Nothing of it is proven: officers compare it with the registry.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The number in the registry that it gives.
    pub authority: Option<u64>,
    /// Name of the authority.
    pub name: String,
    /// Its country, ISO 3166-1 alpha-2 or `XI`.
    pub country: String,
    /// `court`, `prosecutor`, `police` or `other`.
    pub class: String,
    /// How it can be reached.
    pub contact: String,
}

/// Who hands something in.
#[derive(Default)]
pub struct Sender {
    /// By its own words.
    pub claims: Claims,
    /// The access key that it gives, if it has the form of one.
    pub key: Option<AccessKey>,
}

/// A sender that showed to be an authority in force.
pub(super) struct Recognised {
    pub authority: u64,
    pub version: u32,
    pub details: AuthorityDetails,
}

impl Office {
    /// The authority that the sender is, if its key says so. A number without an authority in
    /// force, a row without a key, a wrong key and none at all are the same.
    pub(super) fn recognised(
        &self,
        sender: &Sender,
        now_s: u64,
    ) -> Result<Option<Recognised>, FlowError> {
        let (Some(authority), Some(key)) = (sender.claims.authority, &sender.key) else {
            return Ok(None);
        };
        let Some((version, details)) = self.in_force(authority, now_s)? else {
            return Ok(None);
        };
        let known = details.access_key.is_some_and(|hash| key.opens(&hash));
        Ok(known.then_some(Recognised {
            authority,
            version,
            details,
        }))
    }
}
