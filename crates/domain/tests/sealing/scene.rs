//! A main store, a desk's database, a keeper with a folder, a log, keys with all of their shares,
//! and clocks that are turned by hand.

use heliograph_desk_store::{DeskStore, Kinds, StoredRecord};
use heliograph_domain::accounts::{self, Account, Proof, Registration, SignUp};
use heliograph_domain::sealing::{KeysInForce, Sealer, SealerParts, Seals};
use heliograph_keeper::{
    Entropy, Keeper, Limits, LocalKeeper, LogProof, Order, PhoneTag, Secrets, SecretsClient,
    SecretsError,
};
use heliograph_model::{AuthKeyId, E164, FirstName, LastName, UnixMs, UserId};
use heliograph_store::{Clock, Store, memory};
use heliograph_transparency::case::records_root;
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::entry::{Day, Entry, Open};
use heliograph_transparency::note::{Note, SignerKey};
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tree::{Hash, Leaves, TreeHead, leaf_hash, root_of};
use heliograph_vault::dealer::deal_for_tests;
use heliograph_vault::keys::{GateMode, OpeningKeys, SealingKeys};
use heliograph_vault::keyset::{Ceremony, CheckedKeySet, Role};
use heliograph_vault::label::Kind;
use heliograph_vault::open::{Opened, Opening};
use heliograph_vault::oprf::OprfKey;
use heliograph_vault::partial::{CaseContext, custodian_partial, officer_partial};
use heliograph_vault::record::{SealedRecord, VerifiedRecord};
use heliograph_vault::share::SecretShare;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tempfile::TempDir;

/// The first day, in days since 1970.
pub const DAY: u32 = 20_000;

const ORIGIN: &str = "log.example/heliograph";

pub struct HandClock(AtomicI64);

impl HandClock {
    fn at_noon(day: u32) -> Arc<Self> {
        let noon_s = i64::from(day) * 86_400 + 43_200;
        Arc::new(HandClock(AtomicI64::new(noon_s * 1000)))
    }

    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    pub fn pass_days(&self, days: i64) {
        self.pass(days * 86_400);
    }

    pub fn now_s(&self) -> u64 {
        self.0.load(Ordering::Relaxed) as u64 / 1000
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::Relaxed))
    }
}

fn counting() -> Entropy {
    let calls = AtomicU64::new(1);
    Arc::new(move |out: &mut [u8]| {
        for chunk in out.chunks_mut(8) {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            let mixed = call.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    })
}

pub struct Scene {
    pub folder: TempDir,
    pub clock: Arc<HandClock>,
    /// The keeper's own clock.
    pub keeper_clock: Arc<HandClock>,
    pub store: Store,
    pub desk: DeskStore,
    pub keeper: Arc<LocalKeeper>,
    pub sealer: Arc<Sealer>,
}

impl Scene {
    /// With keys for numbers and for the addresses of three days.
    pub fn new() -> Self {
        let scene = Self::before_the_ceremony();
        scene.set_keys(true, &[DAY, DAY + 1, DAY + 2]);
        scene
    }

    pub fn before_the_ceremony() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = HandClock::at_noon(DAY);
        let keeper_clock = HandClock::at_noon(DAY);
        let store = memory::open(clock.clone(), Arc::new(()));
        let desk = DeskStore::open(&folder.path().join("desk.db")).expect("it opens");
        let secrets = Secrets::open(&folder.path().join("secrets"), counting()).expect("it opens");
        let key = OprfKey::derive(&[7; 32], b"test").expect("usable");
        let keeper = Keeper::in_memory(key, Limits::default()).with_secrets(secrets);
        let its_clock = keeper_clock.clone();
        let its_clock = Arc::new(move || its_clock.now_s());
        let keeper = Arc::new(LocalKeeper::new(Arc::new(keeper), its_clock));
        let sealer = Sealer::new(SealerParts {
            store: store.clone(),
            sink: Arc::new(desk.sealed_records()),
            secrets: keeper.clone(),
            clock: clock.clone(),
            entropy: counting(),
        });
        Scene {
            folder,
            clock,
            keeper_clock,
            store,
            desk,
            keeper,
            sealer,
        }
    }

    pub fn set_keys(&self, phone: bool, days: &[u32]) {
        let mut keys = KeysInForce::default();
        if phone {
            keys.insert(sealing_keys(Role::PhoneCustodians, 0).0);
        }
        for day in days {
            keys.insert(sealing_keys(Role::IpCustodians, *day).0);
        }
        self.sealer.set_keys(keys);
    }

    pub fn pass_days(&self, days: i64) {
        self.clock.pass_days(days);
        self.keeper_clock.pass_days(days);
    }

    /// Makes an account and proves its number, as signing up does.
    pub async fn sign_up(&self, digits: &str) -> Account {
        let sign_up = SignUp {
            phone: tag(digits),
            proven: Proof::Sms,
            first_name: FirstName::parse("Ada").expect("a name"),
            last_name: LastName::default(),
            country: None,
            registration: Registration::Open,
        };
        let account = self.store.write(sign_up).await.expect("a free number");
        self.sealer.number(&account, &phone(digits)).await;
        account
    }

    /// The account as it stands now.
    pub async fn account(&self, user: UserId) -> Account {
        let mut view = self.store.view().await.expect("the store works");
        let account = accounts::find(&mut *view, user).await;
        account.expect("the store works").expect("it is there")
    }

    /// A connection from an address, for a while.
    pub async fn visit(&self, user: UserId, key: i64, from: &str, seconds: i64) {
        let from = from.parse().expect("an address");
        let connected = self.sealer.connected(user, AuthKeyId(key), from);
        self.sealer.catch_up().await;
        self.clock.pass(seconds);
        self.keeper_clock.pass(seconds);
        drop(connected);
        self.sealer.catch_up().await;
    }

    pub fn records(&self, user: UserId, kinds: Kinds) -> Vec<StoredRecord> {
        let records = self.desk.sealed_records();
        let found = records.records_of(user, kinds, 0..=u32::MAX);
        found.expect("the desk's database works")
    }

    /// Opens a record by everything there is: an `open` entry in the log, the keeper's secret, and
    /// all shares. Answers with the number, or the address and the first and last second.
    pub async fn open(&self, user: UserId, record: &StoredRecord) -> Result<String, SecretsError> {
        let sealed = SealedRecord::parse(&record.bytes).expect("a record");
        assert_eq!(sealed.hash().0, record.hash);
        let record = sealed.verify().expect("it is genuine");
        let order = self.order(user, &record).await;
        let mut secrets = self.keeper.secrets_for_open(&order).await?;
        let secret = secrets.pop().expect("one for each record");

        let label = record.label();
        let role = match label.kind {
            Kind::Phone => Role::PhoneCustodians,
            Kind::Ip => Role::IpCustodians,
        };
        let (keys, officer, custodian) = sealing_keys(role, label.epoch);
        let keys = OpeningKeys::unrefreshed(keys);
        let case = CaseContext {
            request: [1; 32],
            open: [2; 32],
            preserved: None,
        };
        let officer = officer_partial(&officer, &record, &keys, case.request, &[3; 32]);
        let custodian = custodian_partial(&custodian, &record, &keys, case.open, &[3; 32]);
        let opening = Opening {
            record: &record,
            keys: &keys,
            case: &case,
            user: label.user,
            secret: &secret,
        };
        let opened = opening.open(
            &[officer.expect("an officer")],
            &[custodian.expect("a custodian")],
        );
        Ok(match opened.expect("it opens") {
            Opened::Phone(phone) => phone.digits().to_owned(),
            Opened::Ip(interval) => {
                let (first, last) = (interval.first(), interval.last());
                let noon_s = u64::from(DAY) * 86_400 + 43_200;
                format!(
                    "{} from {}:{} to {}:{}",
                    interval.ip(),
                    first.at_s as i64 - noon_s as i64,
                    first.port,
                    last.at_s as i64 - noon_s as i64,
                    last.port
                )
            }
        })
    }

    async fn order(&self, user: UserId, record: &VerifiedRecord) -> Order {
        let key = SignerKey::new(ORIGIN.parse().expect("a name"), &[1; 32]);
        let policy = format!("log {}\nquorum none\n", key.verifier());
        self.keeper.pin_log(&policy).await.expect("always this one");
        let open = Open {
            request: 1,
            officers: 0,
            records: records_root(&[record.hash().0]),
            n: 1,
            approvals: Hash([7; 32]),
            preserved: None,
        };
        let entry = Entry::new(Day(DAY), open)
            .to_bytes()
            .expect("a valid entry");
        // Each record has a place of its own in the log.
        let index = u16::from_be_bytes([record.hash().0[0], record.hash().0[1]]) % 512;
        let mut hashes = vec![Hash([0; 32]); usize::from(index)];
        hashes.push(leaf_hash(&entry));
        let head = TreeHead {
            size: hashes.len() as u64,
            root: root_of(&hashes),
        };
        let checkpoint = Checkpoint::new(ORIGIN, head).expect("an origin");
        let note = Note::signed(checkpoint.to_string(), &key).expect("a checkpoint");
        let proof = TlogProof::make(&mut Leaves(&hashes), &entry, u64::from(index), note);
        Order {
            logged: LogProof {
                entry,
                proof: proof.expect("it is there").to_string(),
            },
            user_id: user.0,
            records: vec![record.to_bytes()],
        }
    }

    /// The bytes of every file in the scene's folder.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("it is there") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), std::fs::read(path).expect("readable")));
                }
            }
        }
        files
    }
}

pub fn phone(digits: &str) -> E164 {
    E164::parse(digits).expect("a number")
}

/// Stands in for the keeper's tag of a number.
pub fn tag(digits: &str) -> PhoneTag {
    let hash = leaf_hash(digits.as_bytes()).0;
    PhoneTag::from_bytes(*hash.first_chunk().expect("32 bytes hold 16"))
}

/// One officer and one custodian, with their shares.
fn sealing_keys(role: Role, epoch: u32) -> (SealingKeys, SecretShare, SecretShare) {
    let (officers, officer) = deal(Role::Officers, 0);
    let (custodians, custodian) = deal(role, epoch);
    let keys = SealingKeys::new(officers, custodians, GateMode::Local).expect("a pair");
    (keys, officer, custodian)
}

fn deal(role: Role, epoch: u32) -> (CheckedKeySet, SecretShare) {
    let mut seed = [role as u8; 32];
    seed[..4].copy_from_slice(&epoch.to_be_bytes());
    let ceremony = Ceremony {
        role,
        session: seed,
        epoch,
        generation: 0,
        transcript: [3; 32],
    };
    let (keys, mut shares) = deal_for_tests(ceremony, 1, &[1], &seed, &[5; 32]);
    let share = shares.pop().expect("one holder");
    (keys.verify().expect("an honest dealer"), share)
}
