//! The registry of authorities, by version: a change waits for its day while the version before
//! it stays in force. Contact, call-back number and keys are a sealed text.

use super::{Step, View};
use crate::{DeskError, Place, Sealed};
use rusqlite::{OptionalExtension, Row, params};

/// Whether an authority may send orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityState {
    /// It may.
    Active,
    /// It was removed.
    Removed,
}

impl AuthorityState {
    fn word(self) -> &'static str {
        match self {
            AuthorityState::Active => "active",
            AuthorityState::Removed => "removed",
        }
    }
}

/// One version of an entry in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityVersion {
    /// The authority's number in the registry.
    pub id: u64,
    /// Counts its versions from 1; details lie at [`Place::Authority`].
    pub version: u32,
    /// Whether it may send orders.
    pub state: AuthorityState,
    /// The commitment in the log's entry.
    pub commitment: [u8; 32],
    /// In force from then on.
    pub effective_s: u64,
    /// To be verified anew by then; in force no longer.
    pub expires_s: u64,
    /// The index of its log entry, once it is there.
    pub entry: Option<u64>,
}

const COLUMNS: &str = "id, version, state, commitment, effective_s, expires_s, entry";

fn authority(row: &Row<'_>) -> rusqlite::Result<(AuthorityVersion, String)> {
    let state: String = row.get(2)?;
    let version = AuthorityVersion {
        id: row.get::<_, i64>(0)? as u64,
        version: row.get(1)?,
        state: AuthorityState::Removed,
        commitment: row.get(3)?,
        effective_s: row.get::<_, i64>(4)? as u64,
        expires_s: row.get::<_, i64>(5)? as u64,
        entry: row.get::<_, Option<i64>>(6)?.map(|entry| entry as u64),
    };
    Ok((version, state))
}

fn with_state((version, state): (AuthorityVersion, String)) -> Result<AuthorityVersion, DeskError> {
    let state = match state.as_str() {
        "active" => AuthorityState::Active,
        "removed" => AuthorityState::Removed,
        _ => return Err(DeskError::Corrupt("state of an authority")),
    };
    Ok(AuthorityVersion { state, ..version })
}

impl View<'_> {
    /// The version of an authority that is in force: logged, effective, the newest of these.
    /// Whether it has expired or was removed is for the caller to see.
    pub fn authority_in_force(
        &self,
        id: u64,
        now_s: u64,
    ) -> Result<Option<AuthorityVersion>, DeskError> {
        self.tx
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM authority
                 WHERE id = ?1 AND entry IS NOT NULL AND effective_s <= ?2
                 ORDER BY version DESC LIMIT 1"
            ))?
            .query_row(params![id as i64, now_s as i64], authority)
            .optional()?
            .map(with_state)
            .transpose()
    }

    /// All versions of all authorities, by number and version.
    pub fn authorities(&self) -> Result<Vec<AuthorityVersion>, DeskError> {
        let mut list = self.tx.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM authority ORDER BY id, version"
        ))?;
        let rows = list.query_map([], authority)?;
        rows.map(|row| with_state(row?)).collect()
    }

    /// When a delivery key of an authority was last used; `None`: never before.
    pub fn delivery_key_seen(
        &self,
        authority_id: u64,
        fingerprint: &[u8; 32],
    ) -> Result<Option<u64>, DeskError> {
        let last: Option<i64> = self
            .tx
            .prepare_cached(
                "SELECT last_s FROM delivery_key WHERE authority_id = ?1 AND fingerprint = ?2",
            )?
            .query_row(params![authority_id as i64, fingerprint], |row| row.get(0))
            .optional()?;
        Ok(last.map(|s| s as u64))
    }
}

impl Step<'_> {
    /// Adds a version of an authority; `details` must be sealed for its place.
    pub fn put_authority(
        &self,
        version: &AuthorityVersion,
        details: &Sealed,
    ) -> Result<(), DeskError> {
        if *details.place() != Place::Authority(version.id, version.version) {
            return Err(DeskError::Missing("details of the authority"));
        }
        self.tx.execute(
            "INSERT INTO authority (id, version, state, commitment, effective_s, expires_s, entry)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                version.id as i64,
                version.version,
                version.state.word(),
                version.commitment,
                version.effective_s as i64,
                version.expires_s as i64,
                version.entry.map(|entry| entry as i64)
            ],
        )?;
        self.put_sealed(details)
    }

    /// Notes the log entry of a version, which it needs to come into force.
    pub fn authority_logged(&self, id: u64, version: u32, entry: u64) -> Result<(), DeskError> {
        let changed = self.tx.execute(
            "UPDATE authority SET entry = ?3 WHERE id = ?1 AND version = ?2",
            params![id as i64, version, entry as i64],
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(DeskError::Missing("authority"))
        }
    }

    /// Notes that a package was sealed to a key.
    pub fn delivery_key_used(
        &self,
        authority_id: u64,
        fingerprint: &[u8; 32],
        now_s: u64,
    ) -> Result<(), DeskError> {
        self.tx.execute(
            "INSERT INTO delivery_key (authority_id, fingerprint, first_s, last_s)
             VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (authority_id, fingerprint) DO UPDATE SET last_s = ?3",
            params![authority_id as i64, fingerprint, now_s as i64],
        )?;
        Ok(())
    }
}
