//! A small world: three officers, three custodians, two people, and a fuse.

use super::stand_ins::{
    Fuse, TestCustodians, TestEntropy, TestKeeper, TestLog, TestTargets, day_secret, lock,
    user_secret,
};
use crate::access_key::{AccessKey, KeyChange};
use crate::documents::Upload;
use crate::flow::{Claims, Office, Parts, Receipt, Received, Sender};
use crate::keys;
use crate::order::OrderForm;
use crate::order::tests::form;
use crate::registry::tests::details;
use crate::validity::Question;
use ed25519_dalek::Signer;
use heliograph_desk_store::{Act, CaseId, DeskStore, Durability, NewStaff, StaffId, Token, UserId};
use heliograph_transparency::approval::{Approval, Verdict};
use heliograph_transparency::entry::{Change, Day, Entry, KeyRole, Mode, Signed};
use heliograph_transparency::files::{
    Base64, Bundle, Fixed, Response, ResponseCheckpoint, ResponseFormat,
};
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::testing::{Scene, seed};
use heliograph_vault::keys::{GateMode, SealingKeys};
use heliograph_vault::keyset::Role;
use heliograph_vault::partial::officer_partial;
use heliograph_vault::plaintext::{IpInterval, Phone, Sighting};
use heliograph_vault::record::{SealedRecord, VerifiedRecord, seal_ip, seal_phone};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};
use tempfile::TempDir;

pub const ORIGIN: &str = "demo.example/log";
pub const STAFF: StaffId = StaffId([9; 16]);
pub const ANNA: UserId = UserId(1001);
pub const BERT: UserId = UserId(1002);
pub const ANNAS_NUMBER: &str = "4915100001";

/// The day on which orders arrive: 2026-11-21, a Saturday.
pub const TODAY: Day = Day(20_778);
/// 10:05 on that day.
pub const NOON_S: u64 = crate::order::tests::RECEIVED_S;

/// What outlives a kill, apart from the desk's database.
pub struct Outside {
    pub scene: Scene,
    /// Points that custodians have answered, by the index of the opening.
    pub answered: BTreeMap<u64, BTreeSet<[u8; 32]>>,
    /// Custodians who do not answer.
    pub absent: BTreeSet<u16>,
    /// A custodian whose answers are wrong, and how.
    pub lying: Option<(u16, Lie)>,
    /// Accounts that are gone.
    pub deleted: BTreeSet<UserId>,
    /// Records whose secrets the keeper keeps, by `preserve` entry.
    pub kept: BTreeMap<u64, BTreeSet<[u8; 32]>>,
    /// The `extend` entries that the keeper was told of.
    pub extended: BTreeSet<u64>,
    /// Day secrets that are erased.
    pub erased_days: BTreeSet<u32>,
    pub witnessed: bool,
    /// How often people were looked up.
    pub look_ups: u32,
}

/// How an answer of a custodian is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It is for another opening.
    OtherOpening,
    /// The last record is missing.
    Short,
    /// There is one part more than records.
    Long,
    /// Two parts stand in each other's place.
    Swapped,
    /// It repeats what another custodian said.
    Copied,
    /// It says that it is for other records.
    OtherRecords,
}

impl Lie {
    pub const ALL: [Self; 6] = [
        Self::OtherOpening,
        Self::Short,
        Self::Long,
        Self::Swapped,
        Self::Copied,
        Self::OtherRecords,
    ];
}

pub struct World {
    pub folder: TempDir,
    pub outside: Arc<Mutex<Outside>>,
    pub fuse: Fuse,
    entropy: Arc<AtomicU64>,
    pub identity: age::x25519::Identity,
    /// The access key of the one authority, as it was shown when the row was drafted.
    pub key: String,
}

impl World {
    /// A world on the day before orders arrive: keys are made, records sealed, their root logged,
    /// one authority registered.
    pub fn new() -> Self {
        let mut scene = Scene::new(ORIGIN, Day(TODAY.0 - 30));
        for day in (TODAY.0 - 30..TODAY.0).filter(|day| day % 5 == 0) {
            scene.push_day_key(Day(day));
        }
        let outside = Outside {
            scene,
            answered: BTreeMap::new(),
            absent: BTreeSet::new(),
            lying: None,
            deleted: BTreeSet::new(),
            kept: BTreeMap::new(),
            extended: BTreeSet::new(),
            erased_days: BTreeSet::new(),
            witnessed: true,
            look_ups: 0,
        };
        let mut world = Self {
            folder: tempfile::tempdir().expect("a folder"),
            outside: Arc::new(Mutex::new(outside)),
            fuse: Fuse::default(),
            entropy: Arc::default(),
            identity: age::x25519::Identity::generate(),
            key: String::new(),
        };
        world.seal_records();
        let office = world.office();
        let yesterday_s = Day(TODAY.0 - 10).start_unix();
        office
            .log_vault(2, yesterday_s)
            .expect("logged")
            .expect("records");
        world.key = world.register(&office, yesterday_s);
        world
    }

    pub fn store(&self) -> DeskStore {
        let path = self.folder.path().join("desk.db");
        DeskStore::open_with(&path, Durability::Process).expect("opens")
    }

    /// The office, as after a start of the process.
    pub fn office(&self) -> Office {
        let (outside, fuse) = (self.outside.clone(), self.fuse.clone());
        let ledger = lock(&outside).scene.ledger.clone();
        Office::new(Parts {
            store: self.store(),
            log: Box::new(TestLog {
                outside: outside.clone(),
                ledger,
                fuse: fuse.clone(),
            }),
            secrets: Arc::new(TestKeeper {
                outside: outside.clone(),
                fuse: fuse.clone(),
            }),
            targets: Arc::new(TestTargets {
                outside: outside.clone(),
                fuse: fuse.clone(),
            }),
            custodians: Arc::new(TestCustodians {
                outside: outside.clone(),
                fuse: fuse.clone(),
            }),
            entropy: Arc::new(TestEntropy {
                counter: self.entropy.clone(),
                fuse: fuse.clone(),
            }),
            signer: SignerKey::new("demo.example/desk".parse().expect("a name"), &[7; 32]),
            contest: "write to desk@example.org".into(),
        })
    }

    pub fn outside(&self) -> MutexGuard<'_, Outside> {
        lock(&self.outside)
    }

    /// The keys of today's records, of a day or of phone numbers.
    fn sealing_keys(&self, epoch: u32) -> SealingKeys {
        let ledger = self.outside().scene.ledger.clone();
        let gate = match epoch {
            0 => ledger.custody().phone_key().expect("a key"),
            day => ledger.custody().day_key(Day(day)).expect("a key"),
        };
        let officers = ledger.officers().expect("officers");
        let mode = match gate.mode {
            Some(Mode::Local) => GateMode::Local,
            _ => GateMode::Remote,
        };
        SealingKeys::new(officers.keys.clone(), gate.keys.clone(), mode).expect("a pair")
    }

    /// Seals a number for both, and for Anna an address on every fifth day.
    fn seal_records(&self) {
        self.seal_number(ANNA, ANNAS_NUMBER);
        self.seal_number(BERT, "4915100002");
        let days: Vec<u32> = {
            let outside = self.outside();
            outside
                .scene
                .ledger
                .custody()
                .days()
                .map(|(day, _)| day.0)
                .collect()
        };
        for day in days {
            self.seal_address(day);
        }
    }

    /// Seals an address of Anna's of a day that has a key.
    pub fn seal_address(&self, day: u32) {
        let keys = self.sealing_keys(day);
        let sighting = |second: u64, port| Sighting {
            at_s: Day(day).start_unix() + second,
            port,
        };
        let ip = [198, 51, 100, (day % 100) as u8].into();
        let seen = IpInterval::new(ip, sighting(3_600, 40_000), sighting(7_200, 40_001));
        let seen = seen.expect("in order");
        let (secret, own) = (day_secret(day), user_secret(ANNA));
        let entropy = seed(&format!("ip {day}"));
        let sealed = seal_ip(&keys, &secret, &own, ANNA.0, &seen, &entropy).expect("sealed");
        let records = self.store().sealed_records();
        records
            .insert_ip(ANNA, day, &sealed.to_bytes(), sealed.hash().0)
            .expect("kept");
    }

    /// Seals the number of somebody who signs in.
    pub fn seal_number(&self, user: UserId, digits: &str) {
        let phone = Phone::from_digits(digits).expect("a number");
        let entropy = seed(&format!("phone {}", user.0));
        let (keys, secret) = (self.sealing_keys(0), user_secret(user));
        let sealed = seal_phone(&keys, &secret, user.0, &phone, &entropy).expect("sealed");
        let records = self.store().sealed_records();
        records
            .put_phone(user, &sealed.to_bytes(), sealed.hash().0)
            .expect("kept");
    }

    fn register(&self, office: &Office, now_s: u64) -> String {
        let act = Act {
            staff: None,
            name: Token::parse("invite").expect("a word"),
            case: None,
        };
        let staff = NewStaff {
            id: STAFF,
            name: "Ines".into(),
            roles: BTreeSet::new(),
            invitation_hash: [1; 32],
            invitation_expires_s: now_s,
        };
        office
            .desk()
            .act(&act, now_s, |step| step.invite_staff(&staff, now_s))
            .expect("invited");
        let mut row = details();
        row.recipient = Some(self.identity.to_public().to_string());
        let change = office.change_registry(STAFF, None, Change::Add, row, KeyChange::New, now_s);
        let change = change.expect("written");
        let signed = self.sign(&change.entry, &[1, 2]);
        office.complete(STAFF, &signed, now_s).expect("logged");
        change.access_key.expect("a new one").text().to_string()
    }

    /// The one authority, as it shows itself at the portal.
    pub fn sender(&self) -> Sender {
        sender(Some(1), &self.key)
    }

    /// Officers sign the text of a decision.
    pub fn sign(&self, entry: &[u8], officers: &[u16]) -> crate::flow::SignedAct {
        let outside = self.outside();
        let message = Entry::parse(entry).expect("an entry").message(ORIGIN);
        let by = officers.iter().map(|index| Signed {
            index: *index,
            signature: outside.scene.officers[index].sign(&message).to_bytes(),
        });
        crate::flow::SignedAct {
            entry: entry.to_vec(),
            by: by.collect(),
        }
    }

    /// What an officer answers to a bundle.
    pub fn respond(&self, bundle: &Bundle, officer: u16, now_s: u64) -> Response {
        let bundle = Bundle::parse(&bundle.to_bytes()).expect("a well formed bundle");
        let outside = self.outside();
        let ledger = &outside.scene.ledger;
        let case = ledger.cases().at(bundle.request).expect("logged");
        let records: Vec<VerifiedRecord> = bundle
            .records
            .iter()
            .map(|bytes| {
                SealedRecord::parse(&bytes.0)
                    .expect("a record")
                    .verify()
                    .expect("holds")
            })
            .collect();
        let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
        let mut fingerprint = [0; 32];
        for (byte, at) in fingerprint.iter_mut().zip((0..64).step_by(2)) {
            let pair = &bundle.delivery.fingerprint[at..at + 2];
            *byte = u8::from_str_radix(pair, 16).expect("digits");
        }
        let officers = ledger.officers().expect("officers").mark.index;
        let approval = Approval {
            origin: ORIGIN,
            request: bundle.request,
            entry_hash: case.hash,
            case_hash: case.fields,
            records_root: heliograph_transparency::case::records_root(&hashes),
            n: records.len() as u32,
            fingerprint,
            officers,
            verdict: Verdict::Approve,
            not_after_s: now_s + 3_600,
        };
        let shares = outside.scene.shares(KeyRole::Officers, 0, 0);
        let share = shares
            .iter()
            .find(|share| share.index() == officer)
            .expect("a share");
        let partials = records.iter().map(|record| {
            let keys = keys::of_record(ledger, record.label()).expect("logged keys");
            assert_eq!(keys.officers().ceremony.role, Role::Officers);
            let partial = officer_partial(share, record, &keys, case.hash.0, &[1; 32]);
            Base64(partial.expect("a holder").to_bytes().to_vec())
        });
        Response {
            format: ResponseFormat::V1,
            origin: ORIGIN.into(),
            request: bundle.request,
            officer,
            verdict: "approve".into(),
            not_after: approval.not_after_s,
            records_root: Fixed(approval.records_root.0),
            n: approval.n,
            fingerprint: bundle.delivery.fingerprint.clone(),
            officers,
            signature: Fixed(
                outside.scene.officers[&officer]
                    .sign(&approval.message())
                    .to_bytes(),
            ),
            partials: partials.collect(),
            checkpoint: ResponseCheckpoint {
                size: ledger.size(),
                root: Fixed([0; 32]),
            },
        }
    }

    /// Officers look at a case's bundle and approve.
    pub fn approve(&self, office: &Office, case: CaseId, officers: &[u16], now_s: u64) {
        for officer in officers {
            let bundle = office.bundle(STAFF, case, 0, now_s);
            let bundle = bundle.unwrap_or_else(|error| panic!("{error}"));
            let response = self.respond(&bundle, *officer, now_s);
            office
                .respond(STAFF, case, &response, now_s)
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

/// A document of an order.
pub fn upload() -> Upload {
    Upload {
        name: "order.pdf".into(),
        bytes: b"%PDF-1.7\nAn order.\n%%EOF\n".to_vec(),
    }
}

/// The usual order, about a time in which there are records.
pub fn order() -> OrderForm {
    form()
}

/// Somebody who gives this number and this key.
pub fn sender(authority: Option<u64>, key: &str) -> Sender {
    Sender {
        claims: Claims {
            authority,
            name: "Amtsgerlcht Musterstadt".into(),
            country: "DE".into(),
            class: "court".into(),
            contact: "order@court.example".into(),
        },
        key: AccessKey::parse(key),
        signatures: String::new(),
    }
}

/// Hands in an order.
pub fn receive(world: &World, office: &Office, form: &OrderForm, now_s: u64) -> (CaseId, Receipt) {
    match hand_in(world, office, form, None, now_s) {
        Received::Case(case, receipt) => (case, receipt),
        Received::Quarantined(_) => panic!("the authority is registered"),
    }
}

/// Hands in an order that continues another.
pub fn hand_in(
    world: &World,
    office: &Office,
    form: &OrderForm,
    follows: Option<u64>,
    now_s: u64,
) -> Received {
    office
        .receive(&world.sender(), form, &[upload()], follows, now_s)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Answers all questions with yes.
pub fn answer_all(office: &Office, case: CaseId, now_s: u64) {
    for question in Question::ALL {
        office
            .answer(STAFF, case, question, true, "as the order says", now_s)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}
