//! After the order: time passes, and everything can be checked by anyone.

use super::told::progress;
use super::{DAY_S, Failure, Story, must};
use crate::desk::log::{ReportFormat, report_of};
use crate::system::SystemClock;
use age::secrecy::ExposeSecret as _;
use heliograph_transparency::entry::Entry;
use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::policy::{Freshness, Policy};
use heliograph_transparency::tile::TileReader;
use heliograph_transparency::verify::{PolicyFrom, Verification, Verifier};
use std::fs;
use std::path::{Path, PathBuf};

const HOUR_S: u64 = 3_600;

/// What is beside the server's folder, for those who go on.
const ABOUT: &str = "\
server/    the data folder of the installation; its log is server/log
officers/  a folder for each officer, as heliograph-officer keeps it; their passphrase is
           `demonstration`
court/     what the court holds: access-key.txt, by which the portal knows it; key.txt, which
           opens packages (age --decrypt --identity key.txt); receipt.txt, the page of the order
           that is waiting

Everything here is made up, and its keys are of use nowhere else.
";

impl Story<'_> {
    /// Leaves an order at the desk, and what the court holds beside it.
    pub(super) async fn order_for_those_who_look(&mut self, folder: &Path) -> Result<(), Failure> {
        let mut form = self.form();
        form.file_reference = "12 Gs 401/26".into();
        form.data = vec!["phone".into()];
        self.case_of(form).await?;
        self.stage.clock.catch_up();
        self.stage.look_after().await;
        let court = folder.join("court");
        fs::create_dir_all(&court)?;
        let key = self.court.to_string();
        fs::write(court.join("key.txt"), key.expose_secret())?;
        fs::write(court.join("access-key.txt"), &self.access_key)?;
        let page = format!("/requests/r/{}\n", self.receipt);
        fs::write(court.join("receipt.txt"), page)?;
        Ok(fs::write(folder.join("README.txt"), ABOUT)?)
    }

    pub(super) async fn time_passes(&mut self) -> Result<(), Failure> {
        self.told.chapter("Time passes")?;
        // The last order comes an hour ago, so that it is in the log by now.
        let until_s = SystemClock::now_s() - 2 * HOUR_S;
        let days = until_s.saturating_sub(self.now_s()) as i64 / DAY_S;
        for day in 1..=days {
            self.stage.clock.move_on(DAY_S);
            self.stage.look_after().await;
            progress("days", day as u32, days as u32);
        }
        let rest_s = until_s.saturating_sub(self.now_s());
        self.stage.clock.move_on(rest_s as i64);
        self.stage.look_after().await;
        let coverage = self.stage.desk().sealer.coverage().await?;
        must(
            coverage.addresses == 0,
            "addresses are gone after ninety days",
        )?;
        self.say(&format!(
            "{days} days later the keys and records of those days are destroyed, and the log\n\
             says of which day, how many, and signed by whom. Records of addresses left: {}.\n\
             Numbers stay as long as their accounts: {} of {}.",
            coverage.addresses, coverage.numbers, coverage.accounts
        ))
    }

    pub(super) fn report(&mut self) -> Result<(), Failure> {
        self.told
            .chapter("The report, computed from the log alone")?;
        let ledger = self
            .stage
            .desk()
            .office
            .with_log(|log| log.ledger().clone());
        let asked = ledger.cases().all().next();
        let quarter = asked.ok_or("no case is in the log")?.mark.date.quarter();
        let csv = report_of(&ledger, quarter, ReportFormat::Csv);
        self.say(&format!("{quarter}, as a table:"))?;
        let mut lines = csv.lines();
        let head = lines.next().unwrap_or_default().to_owned();
        // What was claimed under a gag is in the log, too; all of it is revealed by now.
        let left_out = [",region,", ",claimed,"];
        let lines = lines.filter(|line| {
            !line.ends_with(",0") && !left_out.iter().any(|kind| line.contains(kind))
        });
        let shown: Vec<String> = std::iter::once(head)
            .chain(lines.map(str::to_owned))
            .collect();
        self.told.show(&shown.join("\n"))?;
        self.say(
            "(Rows of regions, of what was claimed before it was revealed, and of 0 are left out.)",
        )?;
        must(csv.contains("DE"), "the report has a row for the country")
    }

    pub(super) fn anyone_checks(&mut self) -> Result<(), Failure> {
        self.told.chapter("Anyone checks it: heliograph-verify")?;
        let verification = self.verify(&self.stage.data.log())?;
        self.told.show(&verification.to_text())?;
        must(verification.failure().is_none(), "the log is right")
    }

    pub(super) fn operator_cheats(&mut self, folder: &Path) -> Result<(), Failure> {
        self.told.chapter("The operator rewrites an entry")?;
        let copy = folder.join("rewritten-log");
        copy_folder(&self.stage.data.log(), &copy)?;
        let tile = first_bundle(&copy, self.log_size());
        let mut bytes = fs::read(&tile)?;
        let at = find(&bytes, b"kind request").ok_or("no request to rewrite")?;
        bytes[at + 5] = b'R';
        fs::write(&tile, bytes)?;
        let verification = self.verify(&copy)?;
        let failure = verification.failure().ok_or("a rewritten log passed")?;
        self.say(
            "In a copy of the log one letter of one entry is changed. The same program says:",
        )?;
        self.told.show(failure)?;
        self.say(
            "\nWhat one machine cannot show: that it shows everyone the same log, and that its\n\
             custodian asks before it answers. That takes witnesses and custodians elsewhere;\n\
             docs/trust.md says what is proved, by whom, and what is not solved.",
        )
    }

    fn verify(&self, log: &Path) -> Result<Verification, Failure> {
        let policy = Policy::parse(self.stage.policy.as_bytes())?;
        let freshness = Freshness::within(DAY_S as u64);
        let mut verifier = Verifier::new(policy, PolicyFrom::Log, freshness, None);
        Ok(verifier.run(&FolderSource::new(log), self.now_s())?)
    }

    /// Shows the entries since the log had this size.
    pub(super) fn show_entries(&mut self, from: u64) -> Result<(), Failure> {
        let source = FolderSource::new(self.stage.data.log());
        let checkpoint = fs::read(self.stage.data.log().join("checkpoint"))?;
        let note = heliograph_transparency::note::Note::parse(&checkpoint)?;
        let checkpoint: heliograph_transparency::checkpoint::Checkpoint = note.text().parse()?;
        let mut reader = TileReader::open(&source, checkpoint.head())?;
        let mut shown = Vec::new();
        for stored in reader.entries(from) {
            let (index, bytes) = stored?;
            let kind = Entry::parse(&bytes)?.body.kind();
            shown.push(format!("entry {index}: {kind}"));
        }
        self.told.show(&shown.join("\n"))?;
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The file that holds the log's first entries. A bundle of fewer than 256 is named after its size.
fn first_bundle(log: &Path, size: u64) -> PathBuf {
    let entries = log.join("tile/entries");
    match size {
        ..256 => entries.join("000.p").join(size.to_string()),
        _ => entries.join("000"),
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
