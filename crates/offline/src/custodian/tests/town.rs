//! A desk with its log and witness, two of three officers, a custodian, and two people.

use crate::custodian::Custodian;
use crate::folder::Folder;
use crate::folder::faults::Faults;
use crate::log_source::{LogSource, log_source};
use crate::practice::{Case, Desk, ORIGIN, Order, Person, Staff, germany, local_custodian};
use crate::system::{Clock, Entropy};
use heliograph_transparency::entry::{Day, Kinds};
use heliograph_transparency::files::{Ask, LogUpdate, Reply, Response};
use heliograph_transparency::tile::SourceError;
use heliograph_vault::record::SealedRecord;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// 2026-11-21, ten in the morning.
pub(super) const NOW_S: u64 = 20_778 * 86_400 + 36_000;

pub(super) struct Town {
    pub(super) folder: TempDir,
    /// The desk's and the witness's clock, and the custodian's and the officers'.
    pub(super) desk_time: Arc<AtomicU64>,
    pub(super) own_time: Arc<AtomicU64>,
    pub(super) desk: Desk,
    pub(super) staff: Staff,
    pub(super) custodian: Option<Arc<Custodian>>,
    /// The log that the custodian is shown.
    pub(super) shown: Arc<Mutex<PathBuf>>,
    pub(super) person: Person,
    pub(super) records: Vec<SealedRecord>,
    pub(super) other: Person,
    pub(super) others: Vec<SealedRecord>,
}

/// A log folder that can be exchanged for another.
struct Shown(Arc<Mutex<PathBuf>>);

impl LogSource for Shown {
    fn update(&self, from: u64) -> Result<LogUpdate, SourceError> {
        let path = self.0.lock().unwrap().clone();
        log_source(&path.to_string_lossy()).update(from)
    }
}

fn clock(time: &Arc<AtomicU64>) -> Clock {
    let time = Arc::clone(time);
    Arc::new(move || time.load(SeqCst))
}

impl Town {
    /// A town whose custodian has keys for phones and today, and where both people have a number
    /// and an address of today in the vault.
    pub(super) fn new() -> Self {
        let mut town = Self::without_keys();
        let today = town.today();
        for epoch in [None, Some(today.0)] {
            let entry = town.custodian().offer(epoch, today).unwrap();
            town.desk.append(&entry).unwrap();
        }
        let desk = &mut town.desk;
        town.records = desk
            .seal(&town.person, "4915112345678", "198.51.100.7", today)
            .unwrap();
        town.others = desk
            .seal(&town.other, "4915187654321", "198.51.100.8", today)
            .unwrap();
        desk.publish_vault_root().unwrap();
        town
    }

    /// A town whose custodian is on the roster and has made no key.
    pub(super) fn without_keys() -> Self {
        let mut town = Self::without_custodian();
        let custodian = local_custodian(&mut town.desk, town.folder.path()).unwrap();
        drop(custodian);
        town.found(3, 2);
        town.reopen(Faults::none());
        town
    }

    /// A town with a desk and nobody else.
    pub(super) fn without_custodian() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (desk_time, own_time) = (Arc::new(NOW_S.into()), Arc::new(NOW_S.into()));
        let entropy = Entropy::system();
        let mut desk =
            Desk::new(folder.path(), ORIGIN, clock(&desk_time), entropy.clone()).unwrap();
        desk.publish_policy().unwrap();
        Self {
            shown: Arc::new(Mutex::new(desk.log_path())),
            person: Person::new(7, &entropy),
            other: Person::new(8, &entropy),
            records: Vec::new(),
            others: Vec::new(),
            staff: Staff::new(folder.path(), 0, &desk).unwrap(),
            custodian: None,
            folder,
            desk_time,
            own_time,
            desk,
        }
    }

    /// Officers make their key, any `threshold` of them decide, and they open a country.
    pub(super) fn found(&mut self, officers: u8, threshold: u8) {
        for number in 1..=officers {
            self.staff
                .hire(self.folder.path(), number, &self.desk)
                .unwrap();
        }
        let plan = self.staff.plan(&self.desk, threshold).unwrap();
        self.staff.hold(&mut self.desk, &plan).unwrap();
        let country = self.staff.act(&self.desk, germany(), threshold);
        let country = country.unwrap();
        self.desk.append(&country).unwrap();
    }

    /// Opens the custodian's folder anew, as after a restart; `faults` says when it will die.
    pub(super) fn reopen(&mut self, faults: Arc<Faults>) {
        self.custodian = None;
        let folder = Folder::open(&self.folder.path().join("custodian")).unwrap();
        let source = Box::new(Shown(Arc::clone(&self.shown)));
        let folder = folder.with_faults(faults);
        let custodian =
            Custodian::on(folder, source, clock(&self.own_time), Entropy::system()).unwrap();
        self.custodian = Some(Arc::new(custodian));
    }

    pub(super) fn custodian(&self) -> &Arc<Custodian> {
        self.custodian.as_ref().unwrap()
    }

    pub(super) fn today(&self) -> Day {
        self.desk.today()
    }

    /// Moves all clocks.
    pub(super) fn pass(&self, seconds: u64) {
        self.desk_time.fetch_add(seconds, SeqCst);
        self.own_time.fetch_add(seconds, SeqCst);
    }

    /// A request for everything of the person, and the approvals of the first two officers.
    pub(super) fn approved(&mut self) -> (Case, Vec<Response>) {
        let records = self.records.clone();
        self.approved_for(Kinds::Both, &records)
    }

    pub(super) fn approved_for(
        &mut self,
        kinds: Kinds,
        records: &[SealedRecord],
    ) -> (Case, Vec<Response>) {
        let order = Order::practice(kinds, self.today());
        let case = self.desk.enter_request(&order).unwrap();
        let responses = self.responses(&case, records);
        (case, responses)
    }

    pub(super) fn responses(&self, case: &Case, records: &[SealedRecord]) -> Vec<Response> {
        let bundle = self.desk.bundle(case, &self.person, records).unwrap();
        let officers = self.staff.officers.iter().take(2);
        officers
            .map(|officer| {
                let review = officer.review(&bundle).unwrap();
                officer.approve(&review, &self.staff.lock).unwrap()
            })
            .collect()
    }

    /// A case that was opened in the log; returns the opening's index.
    pub(super) fn opened(&mut self) -> (Case, Vec<Response>, u64) {
        let (case, responses) = self.approved();
        let open = self
            .desk
            .enter_open(&case, &self.records, &responses)
            .unwrap();
        (case, responses, open)
    }

    pub(super) fn ask(&self, records: &[SealedRecord], responses: &[Response], open: u64) -> Ask {
        self.desk.ask(records, responses, open)
    }
}

/// The sentence with which a custodian refuses.
#[track_caller]
pub(super) fn refusal(reply: Reply) -> String {
    match reply {
        Reply::Refusal(refusal) => refusal.reason,
        Reply::Answer(_) => panic!("it answered"),
    }
}

#[track_caller]
pub(super) fn answer(reply: Reply) -> heliograph_transparency::files::Answer {
    match reply {
        Reply::Answer(answer) => answer,
        Reply::Refusal(refusal) => panic!("{}", refusal.reason),
    }
}
