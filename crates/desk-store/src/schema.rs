//! The tables, by format. Each step brings a file from its index to the next format; a step is
//! never changed once released, only added.

/// The format that this version writes: the number of steps.
pub(crate) const FORMAT: u32 = STEPS.len() as u32;

pub(crate) const STEPS: [&str; 1] = [FORMAT_1];

/// Columns hold random ids, states, dates, counts and hashes in clear; `sealed.bytes` and the
/// records are ciphertext. An id whose row was erased is never given out again (`AUTOINCREMENT`):
/// whoever still holds it must not hit another row. Times (`…_s`) are seconds since 1970, days since 1970 end in `_day`.
const FORMAT_1: &str = "
-- What sign-in seals away. `hash` is the record's leaf under the daily vault root.
CREATE TABLE phone (
    user_id INTEGER PRIMARY KEY,
    record BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE
);
CREATE TABLE ip (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    at_day INTEGER NOT NULL,
    record BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE
);
CREATE INDEX ip_of_user ON ip (user_id, at_day);
CREATE INDEX ip_of_day ON ip (at_day);
-- The leaves of a vault root, ascending, 32 bytes each.
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_s INTEGER NOT NULL,
    phones INTEGER NOT NULL,
    leaves BLOB NOT NULL,
    entry INTEGER
);

-- Everything an order says, and everything that tells whom it concerns.
CREATE TABLE sealed (
    kind TEXT NOT NULL,
    owner BLOB NOT NULL,
    item BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (kind, owner, item)
);
CREATE INDEX sealed_of_owner ON sealed (owner);

CREATE TABLE cases (
    id BLOB PRIMARY KEY,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    priority TEXT NOT NULL,
    receipt_hash BLOB NOT NULL UNIQUE,
    received_s INTEGER NOT NULL,
    changed_s INTEGER NOT NULL
);
CREATE INDEX cases_of_state ON cases (state, received_s);
-- Entries of the public log: planned in one commit with the step they belong to, then logged.
CREATE TABLE log_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BLOB,
    kind TEXT NOT NULL,
    bytes BLOB NOT NULL,
    from_size INTEGER NOT NULL,
    entry INTEGER UNIQUE
);
CREATE INDEX log_entry_of_case ON log_entry (case_id);
CREATE TABLE response (
    case_id BLOB NOT NULL REFERENCES cases (id),
    officer INTEGER NOT NULL,
    records_root BLOB NOT NULL,
    verdict TEXT NOT NULL,
    not_after_s INTEGER NOT NULL,
    stored_s INTEGER NOT NULL,
    PRIMARY KEY (case_id, records_root, officer)
);
-- A package is itself sealed to the authority. Its bytes go with the one download.
CREATE TABLE package (
    case_id BLOB NOT NULL REFERENCES cases (id),
    number INTEGER NOT NULL,
    bytes BLOB,
    hash BLOB NOT NULL,
    expires_s INTEGER NOT NULL,
    taken_s INTEGER,
    PRIMARY KEY (case_id, number)
);
CREATE TABLE timer (
    case_id BLOB NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    due_s INTEGER NOT NULL,
    done_s INTEGER,
    PRIMARY KEY (case_id, kind)
);
CREATE INDEX timer_due ON timer (due_s) WHERE done_s IS NULL;
CREATE TABLE notice (
    id BLOB PRIMARY KEY,
    case_id BLOB NOT NULL REFERENCES cases (id),
    due_s INTEGER NOT NULL,
    carried_s INTEGER
);
CREATE INDEX notice_due ON notice (due_s) WHERE carried_s IS NULL;

CREATE TABLE authority (
    id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    commitment BLOB NOT NULL,
    effective_s INTEGER NOT NULL,
    expires_s INTEGER NOT NULL,
    entry INTEGER,
    PRIMARY KEY (id, version)
);
-- The keys that packages were sealed to, so that a new one is noticed.
CREATE TABLE delivery_key (
    authority_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    first_s INTEGER NOT NULL,
    last_s INTEGER NOT NULL,
    PRIMARY KEY (authority_id, fingerprint)
);
CREATE TABLE intake (
    id BLOB PRIMARY KEY,
    received_s INTEGER NOT NULL,
    hash BLOB NOT NULL,
    state TEXT NOT NULL,
    entry INTEGER
);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    staff_id BLOB,
    act TEXT NOT NULL,
    case_id BLOB,
    opened_s INTEGER NOT NULL,
    closed_s INTEGER,
    outcome TEXT
);
CREATE INDEX audit_of_case ON audit (case_id);
CREATE TABLE staff (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    passkeys TEXT,
    invitation_hash BLOB UNIQUE,
    invitation_expires_s INTEGER,
    created_s INTEGER NOT NULL,
    disabled_s INTEGER
);
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    staff_id BLOB NOT NULL REFERENCES staff (id),
    expires_s INTEGER NOT NULL
);
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeskStore;
    use expect_test::expect;
    use std::fmt::Write;

    /// Whoever adds a column decides here whether it may stand in clear.
    #[test]
    fn every_column_is_declared() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.db");
        drop(DeskStore::open(&path).expect("opens"));
        let connection = rusqlite::Connection::open(&path).expect("opens");
        let mut statement = connection
            .prepare(
                "SELECT t.name, group_concat(c.name, ' ') FROM sqlite_schema t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name ORDER BY t.name",
            )
            .expect("valid");
        let mut listing = String::new();
        let mut rows = statement.query([]).expect("runs");
        while let Some(row) = rows.next().expect("a row") {
            let (table, columns): (String, String) =
                (row.get(0).expect("text"), row.get(1).expect("text"));
            writeln!(listing, "{table}: {columns}").expect("memory");
        }
        expect![[r"
            audit: id staff_id act case_id opened_s closed_s outcome
            authority: id version state commitment effective_s expires_s entry
            cases: id state version priority receipt_hash received_s changed_s
            delivery_key: authority_id fingerprint first_s last_s
            intake: id received_s hash state entry
            ip: id user_id at_day record hash
            log_entry: id case_id kind bytes from_size entry
            notice: id case_id due_s carried_s
            package: case_id number bytes hash expires_s taken_s
            phone: user_id record hash
            response: case_id officer records_root verdict not_after_s stored_s
            sealed: kind owner item bytes
            session: token_hash staff_id expires_s
            snapshot: id taken_s phones leaves entry
            staff: id name roles passkeys invitation_hash invitation_expires_s created_s disabled_s
            timer: case_id kind due_s done_s
        "]]
        .assert_eq(&listing);
        assert_eq!(FORMAT, 1);
    }
}
