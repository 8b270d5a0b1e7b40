//! Staff: people, their passkeys, invitations and browser sessions.

use super::{Step, View};
use crate::{DeskError, StaffId, Token};
use rusqlite::{Params, Row, params};
use std::collections::BTreeSet;

/// Someone to be invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStaff {
    /// A random id.
    pub id: StaffId,
    /// The name colleagues see.
    pub name: String,
    /// What this person may do: words of the console's.
    pub roles: BTreeSet<Token>,
    /// The hash of the secret in the one-time link.
    pub invitation_hash: [u8; 32],
    /// From then on the link is of no use.
    pub invitation_expires_s: u64,
}

/// Someone who works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRow {
    /// A random id.
    pub id: StaffId,
    /// The name colleagues see.
    pub name: String,
    /// What this person may do.
    pub roles: BTreeSet<Token>,
    /// The public keys of this person's passkeys, JSON as the console writes it; `None` until the
    /// invitation is used.
    pub passkeys: Option<String>,
    /// Whether this person may not enter any more.
    pub disabled: bool,
}

const COLUMNS: &str = "s.id, s.name, s.roles, s.passkeys, s.disabled_s IS NOT NULL";

fn staff(row: &Row<'_>) -> Result<StaffRow, DeskError> {
    let roles: String = row.get(2)?;
    Ok(StaffRow {
        id: row.get(0)?,
        name: row.get(1)?,
        roles: roles
            .split_whitespace()
            .map(Token::parse)
            .collect::<Result<_, _>>()?,
        passkeys: row.get(3)?,
        disabled: row.get(4)?,
    })
}

fn words(roles: &BTreeSet<Token>) -> String {
    let words: Vec<&str> = roles.iter().map(Token::as_str).collect();
    words.join(" ")
}

impl View<'_> {
    /// Someone by id.
    pub fn staff(&self, id: StaffId) -> Result<Option<StaffRow>, DeskError> {
        let found = self.staff_where("staff s WHERE s.id = ?1", params![id])?;
        Ok(found.into_iter().next())
    }

    /// Everyone, by name.
    pub fn all_staff(&self) -> Result<Vec<StaffRow>, DeskError> {
        self.staff_where("staff s ORDER BY s.name, s.id", [])
    }

    /// Whose invitation a secret's hash belongs to, if it may still be used.
    pub fn staff_by_invitation(
        &self,
        invitation_hash: &[u8; 32],
        now_s: u64,
    ) -> Result<Option<StaffRow>, DeskError> {
        let found = self.staff_where(
            "staff s WHERE s.invitation_hash = ?1 AND s.invitation_expires_s > ?2
             AND s.disabled_s IS NULL",
            params![invitation_hash, now_s as i64],
        )?;
        Ok(found.into_iter().next())
    }

    /// Whose browser session a token's hash belongs to.
    pub fn staff_by_session(
        &self,
        token_hash: &[u8; 32],
        now_s: u64,
    ) -> Result<Option<StaffRow>, DeskError> {
        let found = self.staff_where(
            "session b JOIN staff s ON s.id = b.staff_id
             WHERE b.token_hash = ?1 AND b.expires_s > ?2 AND s.disabled_s IS NULL",
            params![token_hash, now_s as i64],
        )?;
        Ok(found.into_iter().next())
    }

    fn staff_where(&self, from: &str, params: impl Params) -> Result<Vec<StaffRow>, DeskError> {
        let mut list = self
            .tx
            .prepare_cached(&format!("SELECT {COLUMNS} FROM {from}"))?;
        let mut rows = list.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(staff(row)?);
        }
        Ok(found)
    }
}

impl Step<'_> {
    /// Invites someone.
    pub fn invite_staff(&self, new: &NewStaff, now_s: u64) -> Result<(), DeskError> {
        self.tx.execute(
            "INSERT INTO staff (id, name, roles, invitation_hash, invitation_expires_s, created_s)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                new.id,
                new.name,
                words(&new.roles),
                new.invitation_hash,
                new.invitation_expires_s as i64,
                now_s as i64
            ],
        )?;
        Ok(())
    }

    /// Invites someone anew, whose passkeys are lost: the old ones and all sessions end.
    pub fn reinvite_staff(
        &self,
        id: StaffId,
        invitation_hash: [u8; 32],
        invitation_expires_s: u64,
    ) -> Result<(), DeskError> {
        let changed = self.tx.execute(
            "UPDATE staff SET invitation_hash = ?2, invitation_expires_s = ?3, passkeys = NULL
             WHERE id = ?1 AND disabled_s IS NULL",
            params![id, invitation_hash, invitation_expires_s as i64],
        )?;
        self.close_sessions(id)?;
        found(changed)
    }

    /// Takes up an invitation with a first passkey; the link is used up.
    ///
    /// Fails with [`DeskError::Done`] when it was used before or has expired.
    pub fn enrol_staff(
        &self,
        invitation_hash: &[u8; 32],
        passkeys: &str,
        now_s: u64,
    ) -> Result<(), DeskError> {
        let changed = self.tx.execute(
            "UPDATE staff SET passkeys = ?2, invitation_hash = NULL, invitation_expires_s = NULL
             WHERE invitation_hash = ?1 AND invitation_expires_s > ?3 AND disabled_s IS NULL",
            params![invitation_hash, passkeys, now_s as i64],
        )?;
        if changed == 1 {
            Ok(())
        } else {
            Err(DeskError::Done("the enrolment"))
        }
    }

    /// Keeps someone's passkeys (another one, or a counter moved on).
    pub fn put_passkeys(&self, id: StaffId, passkeys: &str) -> Result<(), DeskError> {
        found(self.tx.execute(
            "UPDATE staff SET passkeys = ?2 WHERE id = ?1 AND passkeys IS NOT NULL",
            params![id, passkeys],
        )?)
    }

    /// Changes what someone may do.
    pub fn put_roles(&self, id: StaffId, roles: &BTreeSet<Token>) -> Result<(), DeskError> {
        found(self.tx.execute(
            "UPDATE staff SET roles = ?2 WHERE id = ?1",
            params![id, words(roles)],
        )?)
    }

    /// Lets someone enter no more; sessions end at once. The name stays for the audit records.
    pub fn disable_staff(&self, id: StaffId, now_s: u64) -> Result<(), DeskError> {
        self.close_sessions(id)?;
        found(self.tx.execute(
            "UPDATE staff SET disabled_s = ?2, passkeys = NULL, invitation_hash = NULL WHERE id = ?1",
            params![id, now_s as i64],
        )?)
    }

    /// Opens a browser session.
    pub fn open_session(
        &self,
        token_hash: [u8; 32],
        id: StaffId,
        expires_s: u64,
    ) -> Result<(), DeskError> {
        self.tx.execute(
            "INSERT INTO session (token_hash, staff_id, expires_s) VALUES (?1, ?2, ?3)",
            params![token_hash, id, expires_s as i64],
        )?;
        Ok(())
    }

    /// Ends a browser session.
    pub fn close_session(&self, token_hash: &[u8; 32]) -> Result<(), DeskError> {
        self.tx.execute(
            "DELETE FROM session WHERE token_hash = ?1",
            params![token_hash],
        )?;
        Ok(())
    }

    /// Ends all sessions of someone.
    pub fn close_sessions(&self, id: StaffId) -> Result<(), DeskError> {
        self.tx
            .execute("DELETE FROM session WHERE staff_id = ?1", params![id])?;
        Ok(())
    }

    /// Forgets sessions that have expired.
    pub fn erase_expired_sessions(&self, now_s: u64) -> Result<(), DeskError> {
        self.tx
            .execute("DELETE FROM session WHERE expires_s <= ?1", [now_s as i64])?;
        Ok(())
    }
}

fn found(changed: usize) -> Result<(), DeskError> {
    match changed {
        0 => Err(DeskError::Missing("person")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Act, Desk, DeskStore};

    const ID: StaffId = StaffId([5; 16]);

    fn invited(folder: &tempfile::TempDir) -> Desk {
        let store = DeskStore::open(&folder.path().join("desk.db")).expect("opens");
        let desk = store.desk();
        let new = NewStaff {
            id: ID,
            name: "Ines".to_owned(),
            roles: BTreeSet::from([Token::parse("officer").expect("a token")]),
            invitation_hash: [1; 32],
            invitation_expires_s: 1_000,
        };
        desk.act(&act(), 10, |step| step.invite_staff(&new, 10))
            .expect("invited");
        desk
    }

    fn act() -> Act {
        Act {
            staff: None,
            name: Token::parse("staff").expect("a token"),
            case: None,
        }
    }

    #[test]
    fn an_invitation_works_once_and_not_after_its_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = invited(&folder);
        let enrol = |now| desk.act(&act(), now, |step| step.enrol_staff(&[1; 32], "[]", now));
        assert!(matches!(enrol(1_000), Err(DeskError::Done(_))));
        enrol(999).expect("in time");
        assert!(matches!(enrol(999), Err(DeskError::Done(_))));
        let row = desk
            .view(|view| view.staff(ID))
            .expect("read")
            .expect("there");
        assert_eq!(row.passkeys.as_deref(), Some("[]"));
    }

    #[test]
    fn a_session_ends_with_its_time_and_with_the_person() {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = invited(&folder);
        let by_session = |now| {
            desk.view(|view| view.staff_by_session(&[2; 32], now))
                .expect("read")
                .map(|row| row.id)
        };
        desk.act(&act(), 10, |step| step.open_session([2; 32], ID, 500))
            .expect("opened");
        assert_eq!(by_session(499), Some(ID));
        assert_eq!(by_session(500), None);
        desk.act(&act(), 20, |step| step.disable_staff(ID, 20))
            .expect("disabled");
        assert_eq!(by_session(30), None);
    }
}
