//! The secrets that sealed records depend on, and when they go.
//!
//! | file | a secret for each | goes |
//! | --- | --- | --- |
//! | `people` | person whose number or address was sealed | with the account |
//! | `days` | day on which an address was sealed | after the retention, at most 366 days |
//! | `cases` | case of the legal desk | never by itself |
//! | `preserved` | record kept for an order on its way; its person's name in records | at its date, at most 60 + 30 days |
//! | `openings` | opened case: not a secret, but what was answered | never |
//! | `log.policy` | not a secret: which log counts | when the operator removes it |

mod opening;

use crate::files::{Folder, OpenError};
use crate::secrets_client::{LogProof, Order, Refusal, SecretsError};
use crate::slots::{Found, SlotFile};
use heliograph_transparency::entry::Body;
use heliograph_transparency::policy::Policy;
use heliograph_vault::label::Kind;
use heliograph_vault::record::VerifiedRecord;
use heliograph_vault::secrets::{
    DaySecret, RecordSecret, UserCommitment, UserSecret, ip_secret, phone_secret,
};
use opening::Logged;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// Fills a buffer with secret random bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// No day's secret is kept longer, whatever a policy says.
pub const MAX_RETENTION_DAYS: u32 = 366;

/// The longest term of a preservation, in days, and by how much it may be extended once.
const MAX_TERM_DAYS: u32 = 60;
const MAX_EXTENSION_DAYS: u32 = 30;

const DAY_S: u64 = 86_400;

const POLICY_FILE: &str = "log.policy";

type PreservedKey = [u8; 8 + 32];
type PreservedValue = [u8; 4 + 8 + 32];

/// Stand in for a record's hash in the key of what else is kept under a `preserve` entry.
const THE_PERSON: [u8; 32] = [0; 32];
const THE_EXTENSION: [u8; 32] = [0xff; 32];

/// The keeper's secrets. It reads no clock: calls that depend on the time say what time it is.
pub struct Secrets {
    state: Mutex<State>,
    entropy: Entropy,
}

struct State {
    /// `None` for tests, where everything is in memory.
    folder: Option<Folder>,
    people: SlotFile<8, 32>,
    days: SlotFile<4, 32>,
    cases: SlotFile<16, 32>,
    preserved: SlotFile<{ 8 + 32 }, { 4 + 8 + 32 }>,
    openings: SlotFile<8, 32>,
    policy: Option<(Vec<u8>, Policy)>,
}

impl Secrets {
    /// Opens the folder of the secrets (`keys/keeper/secrets/` in the data folder), which no other
    /// process may use at the same time; makes it (mode 0700) if it is missing.
    ///
    /// Fails when a file in it is damaged, newer than this program, in use, or open to others than
    /// its owner.
    pub fn open(folder: &Path, entropy: Entropy) -> Result<Self, OpenError> {
        let folder = Folder::open(folder)?;
        let policy = match folder.read(POLICY_FILE)? {
            Some(bytes) => {
                let damaged = |_| OpenError::Damaged(folder.path_of(POLICY_FILE));
                let policy = Policy::parse(&bytes).map_err(damaged)?;
                Some((bytes, policy))
            }
            None => None,
        };
        let state = State {
            people: SlotFile::open(&folder, "people", b'p')?,
            days: SlotFile::open(&folder, "days", b'd')?,
            cases: SlotFile::open(&folder, "cases", b'c')?,
            preserved: SlotFile::open(&folder, "preserved", b'k')?,
            openings: SlotFile::open(&folder, "openings", b'o')?,
            folder: Some(folder),
            policy,
        };
        Ok(Self::with(state, entropy))
    }

    /// Makes secrets that last as long as the process: for tests.
    pub fn in_memory(entropy: Entropy) -> Self {
        let state = State {
            folder: None,
            people: SlotFile::in_memory(b'p'),
            days: SlotFile::in_memory(b'd'),
            cases: SlotFile::in_memory(b'c'),
            preserved: SlotFile::in_memory(b'k'),
            openings: SlotFile::in_memory(b'o'),
            policy: None,
        };
        Self::with(state, entropy)
    }

    fn with(state: State, entropy: Entropy) -> Self {
        Self {
            state: Mutex::new(state),
            entropy,
        }
    }

    /// See [`crate::SecretsClient::person`].
    pub fn person(&self, user_id: i64) -> Result<UserSecret, SecretsError> {
        let mut state = self.lock();
        let secret = self.find_or_make(&mut state.people, user_id.to_be_bytes())?;
        Ok(UserSecret::new(*secret))
    }

    /// See [`crate::SecretsClient::forget_person`].
    pub fn forget_person(&self, user_id: i64) -> Result<(), SecretsError> {
        let barred = self.lock().people.bar(user_id.to_be_bytes());
        barred.map_err(SecretsError::from)
    }

    /// See [`crate::SecretsClient::today`]; `now_s` is the time in Unix seconds.
    pub fn today(&self, day: u32, now_s: u64) -> Result<DaySecret, SecretsError> {
        let today = day_of(now_s);
        if day != today {
            return Err(SecretsError::NotToday { today });
        }
        let mut state = self.lock();
        let secret = self.find_or_make(&mut state.days, day.to_be_bytes())?;
        Ok(DaySecret::new(day, *secret))
    }

    /// See [`crate::SecretsClient::case_key`].
    pub fn case_key(&self, case: [u8; 16]) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        let mut state = self.lock();
        self.find_or_make(&mut state.cases, case)
    }

    /// See [`crate::SecretsClient::pin_log`].
    pub fn pin_log(&self, policy: &str) -> Result<(), SecretsError> {
        let mut state = self.lock();
        if let Some((pinned, _)) = &state.policy {
            let same = pinned == policy.as_bytes();
            return if same {
                Ok(())
            } else {
                Err(SecretsError::OtherLog)
            };
        }
        let bytes = policy.as_bytes().to_vec();
        let policy = Policy::parse(&bytes).map_err(|_| SecretsError::BadPolicy)?;
        if let Some(folder) = &state.folder {
            folder.replace(POLICY_FILE, &bytes)?;
        }
        state.policy = Some((bytes, policy));
        Ok(())
    }

    /// See [`crate::SecretsClient::secrets_for_open`].
    pub fn secrets_for_open(
        &self,
        order: &Order,
        now_s: u64,
    ) -> Result<Vec<RecordSecret>, SecretsError> {
        let mut state = self.lock();
        let logged = state.logged(&order.logged, now_s)?;
        let Body::Open(open) = logged.body else {
            return Err(Refusal::Kind.into());
        };
        let records = opening::records(&order.records, open.n, open.records)?;
        let released = if let Some(preserve) = open.preserved {
            state.preserved_secrets(preserve, order.user_id, &records)?
        } else {
            let user = state.person(order.user_id)?;
            state.record_secrets(order.user_id, &user, &records)?
        };
        state.note_opening(logged.index, &logged.hash)?;
        Ok(released)
    }

    /// See [`crate::SecretsClient::preserve_secrets`].
    pub fn preserve_secrets(&self, order: &Order, now_s: u64) -> Result<(), SecretsError> {
        let mut state = self.lock();
        let logged = state.logged(&order.logged, now_s)?;
        let Body::Preserve(preserve) = logged.body else {
            return Err(Refusal::Kind.into());
        };
        let until = preserve.until.0;
        if until > day_of(now_s) + MAX_TERM_DAYS {
            return Err(Refusal::Term.into());
        }
        let records = opening::records(&order.records, preserve.n, preserve.records)?;
        let user = state.person(order.user_id)?;
        let secrets = state.record_secrets(order.user_id, &user, &records)?;
        // The same entry under the same number, or this is another log.
        state.note_opening(logged.index, &logged.hash)?;

        // The person goes in last: what a crash cut short is not there yet, and is done again.
        for (record, secret) in records.iter().zip(&secrets) {
            let key = preserved_key(logged.index, &record.hash().0);
            state.preserve(key, until, order.user_id, secret.as_bytes())?;
        }
        // Only by name: the secret itself would open other records, from a backup.
        let name = user.commitment(order.user_id);
        let key = preserved_key(logged.index, &THE_PERSON);
        state.preserve(key, until, order.user_id, &name.0)
    }

    /// See [`crate::SecretsClient::extend`].
    pub fn extend(&self, proof: &LogProof, now_s: u64) -> Result<(), SecretsError> {
        let mut state = self.lock();
        let logged = state.logged(proof, now_s)?;
        let Body::Extend(extend) = logged.body else {
            return Err(Refusal::Kind.into());
        };
        let kept = state.kept_person(extend.of)?;
        let until = extend.until.0;
        let key = preserved_key(extend.of, &THE_EXTENSION);
        match state.preserved.find(&key)? {
            Found::Nothing if until <= kept.until + MAX_EXTENSION_DAYS => {
                state.preserve(key, until, kept.user_id, &[0; 32])
            }
            Found::Live(value) if Kept::read(&value).until == until => Ok(()),
            _ => Err(Refusal::Term.into()),
        }
    }

    /// See [`crate::SecretsClient::release`].
    pub fn release(&self, preserve: u64) -> Result<(), SecretsError> {
        self.lock().release(preserve)
    }

    /// See [`crate::SecretsClient::preserved_person`].
    pub fn preserved_person(&self, preserve: u64) -> Result<(i64, UserCommitment), SecretsError> {
        let kept = self.lock().kept_person(preserve)?;
        Ok((kept.user_id, UserCommitment(*kept.secret)))
    }

    /// See [`crate::SecretsClient::erase_due`].
    pub fn erase_due(&self, retention_days: u32, now_s: u64) -> Result<Vec<u32>, SecretsError> {
        let today = day_of(now_s);
        let retention_days = retention_days.min(MAX_RETENTION_DAYS);
        let mut state = self.lock();
        let expired = state.days.live().copied();
        let expired: Vec<[u8; 4]> = expired
            .filter(|day| u32::from_be_bytes(*day).saturating_add(retention_days) < today)
            .collect();
        for day in expired {
            state.days.erase(&day)?;
        }
        for preserve in state.preserves_over(today)? {
            state.release(preserve)?;
        }
        let mut erased: Vec<u32> = state
            .days
            .erased()
            .map(|day| u32::from_be_bytes(*day))
            .collect();
        erased.sort_unstable();
        Ok(erased)
    }

    fn find_or_make<const K: usize>(
        &self,
        file: &mut SlotFile<K, 32>,
        key: [u8; K],
    ) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        match file.find(&key)? {
            Found::Live(secret) => Ok(secret),
            Found::Erased => Err(SecretsError::Erased),
            Found::Nothing => {
                let mut secret = Zeroizing::new([0; 32]);
                (self.entropy)(secret.as_mut_slice());
                file.add(key, &secret)?;
                Ok(secret)
            }
        }
    }

    /// A panic while the state was locked left the files as a crash would, which they stand.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept under a `preserve` entry, in one slot.
struct Kept {
    until: u32,
    user_id: i64,
    secret: Zeroizing<[u8; 32]>,
}

impl Kept {
    fn read(value: &PreservedValue) -> Self {
        let [a, b, c, d, rest @ ..] = value;
        let (user_id, secret) = rest.split_at(8);
        Self {
            until: u32::from_be_bytes([*a, *b, *c, *d]),
            user_id: i64::from_be_bytes(user_id.try_into().expect("8 bytes")),
            secret: Zeroizing::new(secret.try_into().expect("32 bytes are left")),
        }
    }
}

impl State {
    fn logged(&self, proof: &LogProof, now_s: u64) -> Result<Logged, SecretsError> {
        let (_, policy) = self.policy.as_ref().ok_or(SecretsError::NotPinned)?;
        Ok(opening::logged(proof, policy, now_s)?)
    }

    /// The secret of a person who has one: an order makes none.
    fn person(&self, user_id: i64) -> Result<UserSecret, SecretsError> {
        match self.people.find(&user_id.to_be_bytes())? {
            Found::Live(secret) => Ok(UserSecret::new(*secret)),
            Found::Erased => Err(SecretsError::Erased),
            Found::Nothing => Err(Refusal::Person.into()),
        }
    }

    /// The secrets of records that must all be the person's.
    fn record_secrets(
        &self,
        user_id: i64,
        user: &UserSecret,
        records: &[VerifiedRecord],
    ) -> Result<Vec<RecordSecret>, SecretsError> {
        let commitment = user.commitment(user_id);
        let mut secrets = Vec::with_capacity(records.len());
        for record in records {
            let label = record.label();
            if label.user != commitment {
                return Err(Refusal::Person.into());
            }
            secrets.push(match label.kind {
                Kind::Phone => phone_secret(user, record).map_err(|_| Refusal::Gone)?,
                Kind::Ip => {
                    let day = self.days.find(&label.epoch.to_be_bytes());
                    let Found::Live(day) = day? else {
                        return Err(Refusal::Gone.into());
                    };
                    let day = DaySecret::new(label.epoch, *day);
                    ip_secret(user, &day, record).map_err(|_| Refusal::Gone)?
                }
            });
        }
        Ok(secrets)
    }

    /// The secrets that were kept of records of a person.
    fn preserved_secrets(
        &self,
        preserve: u64,
        user_id: i64,
        records: &[VerifiedRecord],
    ) -> Result<Vec<RecordSecret>, SecretsError> {
        let person = self.kept_person(preserve)?;
        if person.user_id != user_id {
            return Err(Refusal::Person.into());
        }
        let mut secrets = Vec::with_capacity(records.len());
        for record in records {
            if record.label().user.0 != *person.secret {
                return Err(Refusal::Person.into());
            }
            let key = preserved_key(preserve, &record.hash().0);
            let Found::Live(value) = self.preserved.find(&key)? else {
                return Err(Refusal::Gone.into());
            };
            secrets.push(RecordSecret::new(*Kept::read(&value).secret));
        }
        Ok(secrets)
    }

    fn kept_person(&self, preserve: u64) -> Result<Kept, SecretsError> {
        let key = preserved_key(preserve, &THE_PERSON);
        match self.preserved.find(&key)? {
            Found::Live(value) => Ok(Kept::read(&value)),
            Found::Erased => Err(SecretsError::Erased),
            Found::Nothing => Err(Refusal::Gone.into()),
        }
    }

    fn preserve(
        &mut self,
        key: PreservedKey,
        until: u32,
        user_id: i64,
        secret: &[u8; 32],
    ) -> Result<(), SecretsError> {
        match self.preserved.find(&key)? {
            Found::Live(_) => return Ok(()),
            Found::Erased => return Err(SecretsError::Erased),
            Found::Nothing => {}
        }
        let mut value = Zeroizing::new([0; 4 + 8 + 32]);
        value[..4].copy_from_slice(&until.to_be_bytes());
        value[4..12].copy_from_slice(&user_id.to_be_bytes());
        value[12..].copy_from_slice(secret);
        self.preserved.add(key, &value).map_err(SecretsError::from)
    }

    fn release(&mut self, preserve: u64) -> Result<(), SecretsError> {
        let of_it = |key: &&PreservedKey| key[..8] == preserve.to_be_bytes();
        let keys: Vec<PreservedKey> = self.preserved.live().filter(of_it).copied().collect();
        for key in keys {
            self.preserved.erase(&key)?;
        }
        // Also where nothing was kept yet: what was released is not preserved afterwards.
        let person = preserved_key(preserve, &THE_PERSON);
        self.preserved.bar(person).map_err(SecretsError::from)
    }

    /// The `preserve` entries whose last day has passed.
    fn preserves_over(&self, today: u32) -> Result<Vec<u64>, SecretsError> {
        let mut last_days = std::collections::BTreeMap::<u64, u32>::new();
        for key in self.preserved.live() {
            let Found::Live(value) = self.preserved.find(key)? else {
                continue;
            };
            let preserve = u64::from_be_bytes(*key.first_chunk().expect("a key begins with it"));
            let last = last_days.entry(preserve).or_default();
            *last = Kept::read(&value).until.max(*last);
        }
        let over = last_days.into_iter().filter(|(_, last)| *last < today);
        Ok(over.map(|(preserve, _)| preserve).collect())
    }

    /// Remembers which entry was answered under a number of the log, so that a second log with
    /// another entry there is noticed, and a repetition counts once.
    fn note_opening(&mut self, index: u64, hash: &[u8; 32]) -> Result<(), SecretsError> {
        let key = index.to_be_bytes();
        match self.openings.find(&key)? {
            Found::Live(before) if *before == *hash => Ok(()),
            Found::Live(_) | Found::Erased => Err(Refusal::Fork.into()),
            Found::Nothing => self.openings.add(key, hash).map_err(SecretsError::from),
        }
    }
}

fn preserved_key(preserve: u64, record: &[u8; 32]) -> PreservedKey {
    let mut key = [0; 8 + 32];
    key[..8].copy_from_slice(&preserve.to_be_bytes());
    key[8..].copy_from_slice(record);
    key
}

fn day_of(now_s: u64) -> u32 {
    u32::try_from(now_s / DAY_S).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
