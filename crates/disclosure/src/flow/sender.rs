//! Who hands something in: what they say of themselves, and what of it is proven.

use super::{FlowError, Office};
use crate::access_key::AccessKey;
use crate::documents::Upload;
use crate::order_key::OrderKey;
use crate::recognition::Rung;
use crate::registry::AuthorityDetails;
use serde::{Deserialize, Serialize};

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
    /// What it gives as signatures under its documents
    /// ([`OrderKey::signed`]); empty where there are none.
    pub signatures: String,
}

/// A sender that showed to be an authority in force.
pub(super) struct Recognised {
    pub authority: u64,
    pub version: u32,
    pub details: AuthorityDetails,
    pub rung: Rung,
}

impl Office {
    /// The authority that the sender is, if its signatures or its key say so. A number without an
    /// authority in force, a row without a key, a wrong key or signature and none at all are the
    /// same.
    pub(super) fn recognised(
        &self,
        sender: &Sender,
        uploads: &[Upload],
        now_s: u64,
    ) -> Result<Option<Recognised>, FlowError> {
        let Some(authority) = sender.claims.authority else {
            return Ok(None);
        };
        let Some((version, details)) = self.in_force(authority, now_s)? else {
            return Ok(None);
        };
        Ok(shown(sender, &details, uploads).map(|rung| Recognised {
            authority,
            version,
            details,
            rung,
        }))
    }
}

/// What the sender shows of being this authority. Whoever brings signatures is judged by them: an
/// access key beside ones that do not hold would not make the documents theirs.
fn shown(sender: &Sender, details: &AuthorityDetails, uploads: &[Upload]) -> Option<Rung> {
    if sender.signatures.is_empty() {
        let (key, hash) = (sender.key.as_ref()?, details.access_key?);
        key.opens(&hash).then_some(Rung::AccessKey)
    } else {
        let key = OrderKey::from_bytes(&details.signing_key?)?;
        let documents = uploads.iter().map(|upload| &*upload.bytes);
        key.signed(&sender.signatures, documents)
            .then_some(Rung::Signed)
    }
}
