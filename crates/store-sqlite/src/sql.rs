//! The statements, the same for every table.

use heliograph_store::{Entry, Order, RowName, Scan, Table};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::LazyLock;

/// The statements of one table.
struct Texts {
    get: String,
    put: String,
    delete: String,
    /// By order (ascending, descending), without and with an end.
    scans: [[String; 2]; 2],
}

static TEXTS: LazyLock<Vec<Texts>> = LazyLock::new(|| Table::ALL.map(Texts::of).into());

impl Texts {
    fn of(table: Table) -> Self {
        let name = table.name();
        let scan = |end: &str, order: &str| {
            format!(
                "SELECT key, value FROM \"{name}\" WHERE owner = ?1 AND key >= ?2 {end} \
                 ORDER BY key {order} LIMIT ?3"
            )
        };
        let both = |order: &str| [scan("", order), scan("AND key < ?4", order)];
        Texts {
            get: format!("SELECT value FROM \"{name}\" WHERE owner = ?1 AND key = ?2"),
            // With no index beside the primary key this overwrites without looking first.
            put: format!("REPLACE INTO \"{name}\" (owner, key, value) VALUES (?1, ?2, ?3)"),
            delete: format!("DELETE FROM \"{name}\" WHERE owner = ?1 AND key = ?2"),
            scans: [both("ASC"), both("DESC")],
        }
    }

    fn for_table(table: Table) -> &'static Texts {
        &TEXTS[table as usize - 1]
    }
}

/// Reads one row.
pub(crate) fn get(
    connection: &Connection,
    table: Table,
    owner: i64,
    key: &[u8],
) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached(&Texts::for_table(table).get)?;
    statement
        .query_row(params![owner, key], |row| row.get(0))
        .optional()
}

/// Reads a stretch of rows.
pub(crate) fn scan(connection: &Connection, scan: &Scan) -> rusqlite::Result<Vec<Entry>> {
    let texts = &Texts::for_table(scan.table).scans[usize::from(scan.order == Order::Descending)];
    let limit = i64::try_from(scan.limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(&texts[usize::from(scan.range.to.is_some())])?;
    let mut rows = match &scan.range.to {
        Some(to) => statement.query(params![scan.owner.0, scan.range.from, limit, to])?,
        None => statement.query(params![scan.owner.0, scan.range.from, limit])?,
    };
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push((row.get(0)?, row.get(1)?));
    }
    Ok(entries)
}

/// Writes or removes one row.
pub(crate) fn apply(
    connection: &Connection,
    name: &RowName,
    value: Option<&[u8]>,
) -> rusqlite::Result<()> {
    let texts = Texts::for_table(name.table());
    let (owner, key) = (name.owner().0, name.key());
    match value {
        Some(value) => connection
            .prepare_cached(&texts.put)?
            .execute(params![owner, key, value])?,
        None => connection
            .prepare_cached(&texts.delete)?
            .execute(params![owner, key])?,
    };
    Ok(())
}
