//! `docs/data-inventory.md` against what is really stored.

use heliograph_desk_store::DeskStore;
use heliograph_keeper::{Keeper, Limits, Secrets};
use heliograph_store::Table;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// The fields that a section of the page names: what stands in backticks in the first cells.
fn declared(section: &str) -> BTreeSet<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data-inventory.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let from = page.find(section).expect("the section is there");
    let rest = &page[from + section.len()..];
    let section = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let mut fields = BTreeSet::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 6, "each cell of this row is filled: {row}");
        assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{row}");
        let quoted = cells[0].split('`').skip(1).step_by(2);
        for field in quoted {
            assert!(fields.insert(field.to_owned()), "{field} stands twice");
        }
    }
    fields
}

#[test]
fn every_table_of_the_main_store_is_declared() {
    let declared = declared("## Main store");
    let tables_declared: BTreeSet<&str> = declared
        .iter()
        .map(|field| field.split('.').next().unwrap_or(field))
        .collect();
    let tables: BTreeSet<&str> = Table::ALL.into_iter().map(Table::name).collect();
    assert_eq!(tables_declared, tables);
}

#[test]
fn every_column_of_the_desks_database_is_declared() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    drop(DeskStore::open(&path).expect("it opens"));
    let database = rusqlite::Connection::open(&path).expect("it opens");
    let mut statement = database
        .prepare(
            "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        .expect("valid");
    let columns = statement.query_map([], |row| row.get(0)).expect("it runs");
    let columns: BTreeSet<String> = columns.map(|column| column.expect("a name")).collect();
    assert_eq!(declared("## The desk's database"), columns);
}

#[test]
fn every_file_of_the_keeper_is_declared() {
    let folder = tempfile::tempdir().expect("a folder");
    let keeper = folder.path().join("keeper");
    drop(Keeper::open(&keeper, Limits::default(), &[5; 32]).expect("it opens"));
    let fill = Arc::new(|out: &mut [u8]| out.fill(5));
    let secrets = Secrets::open(&keeper.join("secrets"), fill).expect("it opens");
    secrets.pin_log("quorum none\n").expect("a policy");
    let mut files = BTreeSet::new();
    list(&keeper, "", &mut files);
    assert_eq!(declared("## The keeper"), files);
}

fn list(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("it is there") {
        let entry = entry.expect("readable");
        let name = format!("{prefix}{}", entry.file_name().display());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name);
        }
    }
}
