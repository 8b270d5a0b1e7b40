//! The registry of authorities: a change is written down, signed by two officers, logged, and
//! counts after its wait.

use super::{FlowError, Office};
use crate::access_key::{AccessKey, KeyChange};
use crate::case::LoadError;
use crate::registry::{self, AuthorityDetails, DetailsError, MAX_VALIDITY_S, look_alikes};
use crate::secrets::{desk_texts, draw};
use heliograph_desk_store::{Act, AuthorityState, AuthorityVersion, Place, StaffId, Token, View};
use heliograph_transparency::entry::{Change, DAY_S, Day};
use heliograph_vault::seal::SealKey;
use std::collections::BTreeSet;

/// A change of the registry that waits for its signatures.
pub struct RegistryChange {
    /// The authority's number.
    pub id: u64,
    /// The text of the entry to be signed by two officers.
    pub entry: Vec<u8>,
    /// Names in the registry that the new one could be mistaken for. Someone must have looked.
    pub look_alikes: Vec<String>,
    /// The new access key, for the one who drafts the row. It is kept nowhere.
    pub access_key: Option<AccessKey>,
}

/// How long after its day a change that nobody signed is still shown, in seconds: its text cannot
/// be entered any more.
const UNSIGNED_S: u64 = 2 * DAY_S;

/// A row of the registry, as staff see it.
pub struct RegistryRow {
    /// Which version it is, and since when it counts.
    pub version: AuthorityVersion,
    /// Whether it may send orders.
    pub standing: registry::Standing,
    /// What is known of the authority.
    pub details: AuthorityDetails,
}

impl Office {
    /// Writes down a change of the registry. `id` is `None` for a new authority. The details of a
    /// removal are those of the last version. What `details` says of an access key is replaced by
    /// what `key` asks for.
    pub fn change_registry(
        &self,
        staff: StaffId,
        id: Option<u64>,
        action: Change,
        mut details: AuthorityDetails,
        key: KeyChange,
        now_s: u64,
    ) -> Result<RegistryChange, FlowError> {
        details
            .check()
            .map_err(|DetailsError(field)| FlowError::Delivery(field))?;
        details.salt = draw(&*self.entropy);
        let access_key = (key == KeyChange::New).then(|| AccessKey::draw(&*self.entropy));
        details.access_key = access_key.as_ref().map(AccessKey::hash);
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
            // A draft that was never signed has a key that nobody was given.
            let mut logged = all
                .iter()
                .filter(|known| known.id == id && known.entry.is_some());
            if let (KeyChange::Keep, Some(last)) = (key, logged.next_back()) {
                let place = Place::Authority(id, last.version);
                let last: Option<AuthorityDetails> = crate::case::read(step, &place, &texts)?;
                details.access_key = last.and_then(|last| last.access_key);
            }
            let names = names(step, &texts, Some(id))?;
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
                access_key,
            })
        })
    }

    /// The registry, for someone: of each authority the version that counts, and those that wait
    /// for their signatures or their day. The looking is put on record.
    pub fn authorities(&self, staff: StaffId, now_s: u64) -> Result<Vec<RegistryRow>, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        let act = Act {
            staff: Some(staff),
            name: Token::parse("view-registry")?,
            case: None,
        };
        self.desk.act(&act, now_s, |step| {
            let all = step.authorities()?;
            let mut rows = Vec::new();
            for version in all {
                let counts = step.authority_in_force(version.id, now_s)?;
                let counts = counts.map_or(0, |counts| counts.version);
                let waits = version.entry.is_none();
                let too_late = waits && version.effective_s + UNSIGNED_S <= now_s;
                if version.version < counts || too_late {
                    continue;
                }
                let place = Place::Authority(version.id, version.version);
                let details = crate::case::read(step, &place, &texts)?;
                rows.push(RegistryRow {
                    standing: registry::Standing::of(Some(&version).filter(|_| !waits), now_s),
                    details: details.ok_or(LoadError::Corrupt("authority"))?,
                    version,
                });
            }
            Ok(rows)
        })
    }

    /// The day of an entry that is made now.
    pub(super) fn today(&self, now_s: u64) -> Day {
        let newest = self.with_log(|log| log.ledger().date());
        Day::of_unix(now_s).max(newest.unwrap_or(Day(0)))
    }
}

/// The names that stand in the registry or ever stood there, without those of one authority.
pub(super) fn names(
    view: &View<'_>,
    texts: &SealKey,
    without: Option<u64>,
) -> Result<BTreeSet<String>, FlowError> {
    let mut names = BTreeSet::new();
    for known in view.authorities()? {
        if Some(known.id) != without {
            let place = Place::Authority(known.id, known.version);
            let details: Option<AuthorityDetails> = crate::case::read(view, &place, texts)?;
            names.extend(details.map(|details| details.name));
        }
    }
    Ok(names)
}
