//! A complete little log of invented officers, custodians and cases, for tests.
//!
//! [`Scene::new`] holds the ceremony; further entries are added with their signatures and proofs
//! made as the real programs make them. Everything follows from fixed seeds, so that the same
//! calls make the same bytes.

mod cases;
mod published;

pub use cases::TestCase;
pub use published::{Published, WITNESSES, log_key, log_policy, witness_key};

use std::collections::BTreeMap;

use ed25519_dalek::{Signer, SigningKey};
use heliograph_vault::dealer::deal_for_tests;
use heliograph_vault::keyset::Ceremony;
use heliograph_vault::share::SecretShare;
use sha2::{Digest, Sha256};

use crate::entry::CountryDecision;
use crate::entry::{
    Body, Custodian, Day, Door, Entry, Erase, HolderLine, KeyRole, Keys, Mode, NoticeState, Policy,
    Roster, Signed,
};
use crate::ledger::{Ledger, Violation};
use crate::tree::Hash;

/// Officers who must act together, and how many there are.
pub const OFFICERS: (u8, u16) = (2, 3);

/// Custodians who must act together, and how many there are.
pub const CUSTODIANS: (u8, u16) = (2, 3);

/// A log in the making, and all its secrets.
#[derive(Clone)]
pub struct Scene {
    /// What the entries so far say.
    pub ledger: Ledger,
    /// The entries.
    pub entries: Vec<Vec<u8>>,
    /// The date of the next entry.
    pub today: Day,
    /// Who signs as an officer, by index.
    pub officers: BTreeMap<u16, SigningKey>,
    /// Who signs as a custodian, by index.
    pub custodians: BTreeMap<u16, SigningKey>,
    cases: BTreeMap<u64, TestCase>,
}

/// 32 bytes that depend on nothing but a name.
pub fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

fn signing_keys(kind: &str, count: u16) -> BTreeMap<u16, SigningKey> {
    let key = |index| SigningKey::from_bytes(&seed(&format!("{kind} {index}")));
    (1..=count).map(|index| (index, key(index))).collect()
}

impl Scene {
    /// A log of this origin whose officers and remote custodians have made their keys, on
    /// `today`. Germany and France are served.
    pub fn new(origin: &str, today: Day) -> Self {
        let mut scene = Self::empty(origin, today);
        scene.push(policy(1, origin.starts_with("demo.")));
        scene.push(scene.roster(1, Mode::Remote));
        scene.push(scene.keys(KeyRole::Officers, 0, 0));
        scene.push(scene.keys(KeyRole::PhoneCustodians, 0, 0));
        for code in ["DE", "FR"] {
            scene.push(CountryDecision {
                code: code.parse().expect("a country"),
                state: Door::Open,
                reason: "its courts are bound by law".into(),
            });
        }
        scene
    }

    /// A log without any entry.
    pub fn empty(origin: &str, today: Day) -> Self {
        Self {
            ledger: Ledger::new(origin),
            entries: Vec::new(),
            today,
            officers: signing_keys("officer", OFFICERS.1),
            custodians: signing_keys("custodian", CUSTODIANS.1),
            cases: BTreeMap::new(),
        }
    }

    /// Adds an entry of today with the signatures it needs, and returns its index.
    ///
    /// # Panics
    /// When the ledger refuses it.
    pub fn push(&mut self, body: impl Into<Body>) -> u64 {
        let entry = self.signed(body);
        self.try_push(&entry)
            .unwrap_or_else(|violation| panic!("{violation}"))
    }

    /// Adds an entry as it is. Fails, and changes nothing, when the ledger refuses it.
    pub fn try_push(&mut self, entry: &Entry) -> Result<u64, Violation> {
        let bytes = entry.to_bytes().unwrap_or_else(|error| panic!("{error}"));
        self.try_push_bytes(bytes)
    }

    /// As [`Scene::try_push`], with any bytes.
    pub fn try_push_bytes(&mut self, bytes: Vec<u8>) -> Result<u64, Violation> {
        let index = self.ledger.size();
        self.ledger.apply(index, &bytes)?;
        self.entries.push(bytes);
        Ok(index)
    }

    /// An entry of today with the signatures it needs.
    pub fn signed(&self, body: impl Into<Body>) -> Entry {
        let mut entry = Entry::new(self.today, body);
        self.sign(&mut entry);
        entry
    }

    /// Replaces the signatures of an entry by those it needs now.
    pub fn sign(&self, entry: &mut Entry) {
        let message = entry.message(self.ledger.origin());
        let all = |keys: &BTreeMap<u16, SigningKey>| signatures(keys, &message, usize::MAX);
        let quorum = usize::from(OFFICERS.0);
        let (by, prior) = match &entry.body {
            Body::Keys(keys) if keys.role == KeyRole::Officers => {
                let later = self.ledger.officers().is_some();
                let needed = if later { quorum } else { 0 };
                (
                    all(&self.officers),
                    signatures(&self.officers, &message, needed),
                )
            }
            Body::Keys(keys) => {
                let mut holders = self.custodians.clone();
                holders.retain(|index, _| keys.holders.iter().any(|own| own.index == *index));
                (all(&holders), Vec::new())
            }
            Body::Erase(_) => (all(&self.custodians), Vec::new()),
            Body::Notice(notice) if notice.state == NoticeState::Told => Default::default(),
            body if body.is_signed() && self.ledger.officers().is_some() => {
                (signatures(&self.officers, &message, quorum), Vec::new())
            }
            _ => Default::default(),
        };
        (entry.by, entry.prior) = (by, prior);
    }

    /// The roster of all custodians.
    pub fn roster(&self, set: u64, mode: Mode) -> Roster {
        let (threshold, count) = match mode {
            Mode::Local => (1, 1),
            Mode::Remote => CUSTODIANS,
        };
        let custodians = self.custodians.iter().take(usize::from(count));
        Roster {
            set,
            mode,
            threshold,
            custodians: custodians
                .map(|(index, key)| Custodian {
                    index: *index,
                    name: format!("custodian-{index}"),
                    key: key.verifying_key().to_bytes(),
                    address: format!("https://custodian-{index}.example"),
                })
                .collect(),
        }
    }

    /// A key of a role, day (for address records, else 0) and generation.
    pub fn keys(&self, role: KeyRole, epoch: u32, generation: u32) -> Keys {
        self.deal(role, epoch, generation).0
    }

    /// The shares of the key that [`Scene::keys`] makes.
    pub fn shares(&self, role: KeyRole, epoch: u32, generation: u32) -> Vec<SecretShare> {
        self.deal(role, epoch, generation).1
    }

    /// The same for a key of custodians that was made under a roster of this mode.
    pub fn shares_of(&self, mode: Mode, role: KeyRole, epoch: u32) -> Vec<SecretShare> {
        self.deal_in(mode, role, epoch, 0).1
    }

    /// Deals a key to the officers, or to the custodians of the roster in force.
    fn deal(&self, role: KeyRole, epoch: u32, generation: u32) -> (Keys, Vec<SecretShare>) {
        if role == KeyRole::Officers {
            return deal(role, epoch, generation, None, OFFICERS.0, &self.officers);
        }
        let roster = self.ledger.custody().roster();
        let mode = roster.map_or(Mode::Remote, |logged| logged.roster.mode);
        self.deal_in(mode, role, epoch, generation)
    }

    fn deal_in(
        &self,
        mode: Mode,
        role: KeyRole,
        epoch: u32,
        generation: u32,
    ) -> (Keys, Vec<SecretShare>) {
        let mut custodians = self.custodians.clone();
        let threshold = match mode {
            Mode::Remote => CUSTODIANS.0,
            Mode::Local => {
                custodians.retain(|index, _| *index == 1);
                1
            }
        };
        deal(role, epoch, generation, Some(mode), threshold, &custodians)
    }

    /// Publishes the key of a day and returns the index of its entry.
    pub fn push_day_key(&mut self, day: Day) -> u64 {
        self.push(self.keys(KeyRole::IpCustodians, day.0, 0))
    }

    /// Erases the key of a day.
    pub fn push_erase(&mut self, day: Day) -> u64 {
        self.push(Erase { day, records: 3 })
    }
}

/// Deals a key to those who sign, and describes it.
fn deal(
    role: KeyRole,
    epoch: u32,
    generation: u32,
    mode: Option<Mode>,
    threshold: u8,
    signers: &BTreeMap<u16, SigningKey>,
) -> (Keys, Vec<SecretShare>) {
    let ceremony = Ceremony {
        role: role.in_vault(),
        session: seed(&format!("session {role} {epoch} {generation}")),
        epoch,
        generation,
        transcript: seed(&format!("transcript {role} {epoch} {generation}")),
    };
    let indices: Vec<u16> = signers.keys().copied().collect();
    let secret = seed(&format!("key {role} {epoch}"));
    let entropy = seed(&format!("shares {role} {epoch} {generation}"));
    let (key_set, shares) = deal_for_tests(ceremony, threshold, &indices, &secret, &entropy);
    let holders = key_set.holders.iter().zip(signers);
    let holders = holders.map(|(holder, (index, key))| HolderLine {
        index: *index,
        share_point: holder.share_point.to_bytes(),
        possession: holder.possession.to_bytes(),
        name: format!("{role}-{index}"),
        key: key.verifying_key().to_bytes(),
        age_recipient: None,
    });
    let keys = Keys {
        role,
        mode,
        epoch,
        generation,
        session: ceremony.session,
        threshold,
        public_key: key_set.public_key.to_bytes(),
        transcript: ceremony.transcript,
        holders: holders.collect(),
    };
    (keys, shares)
}

/// Signatures of the first `count` of some signers.
pub fn signatures(
    signers: &BTreeMap<u16, SigningKey>,
    message: &[u8],
    count: usize,
) -> Vec<Signed> {
    let signers = signers.iter().take(count);
    signers
        .map(|(index, key)| Signed {
            index: *index,
            signature: key.sign(message).to_bytes(),
        })
        .collect()
}

/// A policy of this version.
pub fn policy(version: u64, demo: bool) -> Policy {
    Policy {
        version,
        terms: Hash(seed("terms")),
        offences: vec!["fraud".into(), "murder".into()],
        retention_days: 90,
        cap: 100,
        deadline_days: 10,
        emergency_hours: 8,
        order_after_days: 5,
        demo,
    }
}
