//! A desk that tells different people different histories of one log.

use super::town::{Town, answer, refusal};
use crate::practice::Order;
use heliograph_transparency::entry::{Kinds, Outcome};
use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::policy::{Freshness, Policy};
use heliograph_transparency::verify::{PolicyFrom, Verifier};
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

/// Someone with `heliograph-verify` and the trust policy, who remembers what they saw.
struct Reader {
    verifier: Verifier,
    now_s: u64,
}

impl Reader {
    fn new(town: &Town) -> Self {
        let policy = Policy::parse(&town.desk.policy).unwrap();
        let freshness = Freshness::within(86_400);
        Self {
            verifier: Verifier::new(policy, PolicyFrom::Reader, freshness, None),
            now_s: town.desk_time.load(SeqCst),
        }
    }

    /// What is wrong with the log in a folder.
    fn failure(&mut self, log: &Path) -> Option<String> {
        let found = self.verifier.run(&FolderSource::new(log), self.now_s);
        found.unwrap().failure().map(str::to_owned)
    }
}

/// Shows everybody who saw the log with the opening another history of it, without.
fn shown_to_everyone(entries_more: u32, to_copies: &str, to_readers: &str, status: u16) {
    let mut town = Town::new();
    let (case, responses) = town.approved();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut fork = town.desk.fork(elsewhere.path());
    let opened = town.desk.enter_open(&case, &town.records, &responses);
    let ask = town.ask(&town.records, &responses, opened.unwrap());
    answer(town.custodian().answer(&ask));
    let officer = &town.staff.officers[0];
    officer.follow(&town.desk.update(0).unwrap()).unwrap();
    let mut reader = Reader::new(&town);
    assert_eq!(reader.failure(&town.desk.log_path()), None);

    // Instead of the opening: something else, or nothing. A witness that helps has cosigned it.
    for _ in 0..entries_more {
        fork.publish_vault_root().unwrap();
    }
    *town.shown.lock().unwrap() = fork.log_path();
    let to_custodian = refusal(town.custodian().answer(&ask));
    assert!(to_custodian.contains(to_copies), "{to_custodian}");
    let bundle = fork.bundle(&case, &town.person, &town.records).unwrap();
    let to_officer = officer.review(&bundle).map(|_| ()).unwrap_err().to_string();
    assert!(to_officer.contains(to_copies), "{to_officer}");
    let to_reader = reader.failure(&fork.log_path()).unwrap();
    assert!(to_reader.contains(to_readers), "{to_reader}");
    let of_witness = town.desk.show_to_witness(&fork).unwrap();
    assert_eq!(of_witness.status, status, "{}", of_witness.body);

    // And what they saw first, they still believe.
    *town.shown.lock().unwrap() = town.desk.log_path();
    answer(town.custodian().answer(&ask));
    let bundle = town.desk.bundle(&case, &town.person, &town.records);
    officer.review(&bundle.unwrap()).unwrap();
    assert_eq!(reader.failure(&town.desk.log_path()), None);
}

#[test]
fn an_opening_that_is_taken_out_of_the_log_is_missed_by_everyone() {
    shown_to_everyone(0, "the log went back", "The log went back", 409);
}

#[test]
fn a_log_of_the_same_length_without_the_opening_is_believed_by_nobody() {
    shown_to_everyone(
        1,
        "the log has two histories",
        "The log has two histories",
        409,
    );
}

#[test]
fn a_longer_log_without_the_opening_is_believed_by_nobody() {
    let other_root = "the entries do not lead to the root of the checkpoint";
    shown_to_everyone(2, other_root, "The log has two histories", 422);
}

#[test]
fn a_desk_that_drops_the_end_of_a_case_is_seen_to_have_disclosed() {
    let mut town = Town::new();
    let (case, responses, open) = town.opened();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut fork = town.desk.fork(elsewhere.path());
    let ask = town.ask(&town.records, &responses, open);
    answer(town.custodian().answer(&ask));
    town.desk.close(&case, Outcome::Delivered).unwrap();
    // To the public the desk shows a log that goes on without the end.
    fork.enter_request(&Order::practice(Kinds::Ip, town.today()))
        .unwrap();
    let mut reader = Reader::new(&town);
    let verification = reader
        .verifier
        .run(&FolderSource::new(fork.log_path()), reader.now_s)
        .unwrap();
    assert_eq!(verification.failure(), None);
    assert_eq!(verification.figures.disclosures, 1);
    // Whoever compares it with what the custodian was shown, notices.
    assert!(reader.failure(&town.desk.log_path()).is_some());
}
