//! The registry of authorities: a change is written down, signed by two officers, logged, and
//! counts after its wait.

use super::{FlowError, Office};
use crate::registry::{self, AuthorityDetails, DetailsError, MAX_VALIDITY_S, look_alikes};
use crate::secrets::{desk_texts, draw};
use heliograph_desk_store::{Act, AuthorityState, AuthorityVersion, Place, StaffId, Token};
use heliograph_transparency::entry::{Change, Day};

/// A change of the registry that waits for its signatures.
pub struct RegistryChange {
    /// The authority's number.
    pub id: u64,
    /// The text of the entry to be signed by two officers.
    pub entry: Vec<u8>,
    /// Names in the registry that the new one could be mistaken for. Someone must have looked.
    pub look_alikes: Vec<String>,
}

impl Office {
    /// Writes down a change of the registry. `id` is `None` for a new authority. The details of a
    /// removal are those of the last version.
    pub fn change_registry(
        &self,
        staff: StaffId,
        id: Option<u64>,
        action: Change,
        mut details: AuthorityDetails,
        now_s: u64,
    ) -> Result<RegistryChange, FlowError> {
        details
            .check()
            .map_err(|DetailsError(field)| FlowError::Delivery(field))?;
        details.salt = draw(&*self.entropy);
        let texts = desk_texts(&*self.secrets)?;
        let today = self.today(now_s);
        let act = Act {
            staff: Some(staff),
            name: Token::parse("change-registry")?,
            case: None,
        };
        self.desk.act(&act, now_s, |step| {
            let all = step.authorities()?;
            let id = id.unwrap_or_else(|| all.iter().map(|known| known.id).max().unwrap_or(0) + 1);
            let versions = all.iter().filter(|known| known.id == id);
            let version = versions.map(|known| known.version).max().unwrap_or(0) + 1;
            let mut names = Vec::new();
            for known in all.iter().filter(|known| known.id != id) {
                let place = Place::Authority(known.id, known.version);
                let other: Option<AuthorityDetails> = crate::case::read(step, &place, &texts)?;
                names.extend(other.map(|other| other.name));
            }
            names.sort();
            names.dedup();
            let alike = look_alikes(&details.name, names.iter().map(String::as_str));
            let look_alikes = alike.into_iter().map(str::to_owned).collect();
            let effective_s = registry::effective(action, today).start_unix();
            let row = AuthorityVersion {
                id,
                version,
                state: match action {
                    Change::Add | Change::Change => AuthorityState::Active,
                    Change::Remove => AuthorityState::Removed,
                },
                commitment: details.commitment().0,
                effective_s,
                expires_s: effective_s + MAX_VALIDITY_S,
                entry: None,
            };
            let sealed = self.sealed(&texts, Place::Authority(id, version), &details);
            step.put_authority(&row, &sealed)?;
            let entry = registry::entry(id, action, &details, today).to_bytes();
            let refused = |error: &dyn std::fmt::Display| {
                FlowError::Log(crate::log::LogError::Refused(error.to_string()))
            };
            Ok(RegistryChange {
                id,
                entry: entry.map_err(|error| refused(&error))?,
                look_alikes,
            })
        })
    }

    /// The day of an entry that is made now.
    pub(super) fn today(&self, now_s: u64) -> Day {
        let newest = self.with_log(|log| log.ledger().date());
        Day::of_unix(now_s).max(newest.unwrap_or(Day(0)))
    }
}
