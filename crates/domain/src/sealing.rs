//! Sealing phone numbers and addresses, so that only officers and custodians together can open
//! them, and erasing what must go.
//!
//! ```text
//! sign-in ──▶ Codes::proven ──▶ Sealer::number ──▶ queue ─┐
//! connection ──▶ Sealer::connected ──▶ intervals ─────────┴─▶ Sealer::run ──▶ RecordSink
//!                                the person's and the day's secret ──▶│
//!                                       from the keeper               │
//! ```
//! - Nothing is kept, not even in the queue, while there is no logged key for it.
//! - What cannot be sealed now is not kept in the clear for later: a number is sealed at the next
//!   sign-in, an address while its connection is open.
//! - Sealing runs in a task of its own; a sign-in only hands over the number.
//!
//! Which address is believed is the server's business: one that a proxy hides never comes here.

mod erasure;
mod intervals;
mod records;

pub use erasure::ErasedDay;
pub use records::RecordSink;

use crate::accounts::{self, Account};
use crate::number::NoteSealed;
use heliograph_desk_store::DeskError;
use heliograph_keeper::{BoxFuture, Entropy, PhoneTag, SecretsClient, SecretsError};
use heliograph_model::{AuthKeyId, E164, UserId};
use heliograph_store::{Clock, Store, StoreError};
use heliograph_vault::keys::SealingKeys;
use heliograph_vault::label::Kind;
use heliograph_vault::plaintext::Phone;
use heliograph_vault::record::{SealError, seal_ip, seal_phone};
use heliograph_vault::secrets::DaySecret;
use heliograph_vault::wire::ParseError;
use intervals::{Intervals, Place};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// How much may wait to be sealed: half a second of work. A number in it takes about 100 bytes.
const QUEUE: usize = 1024;

/// How long a sign-in waits for a place in the queue. Beyond it the number is sealed at the next
/// sign-in.
const PATIENCE: Duration = Duration::from_millis(20);

/// How often the open connections are looked through.
const TICK: Duration = Duration::from_secs(60);

/// Takes numbers that have just been proven.
pub trait Seals: Send + Sync + 'static {
    /// This number was proven to be the account's. It is sealed soon, unless it is already, or
    /// nothing is kept.
    fn number<'a>(&'a self, account: &'a Account, phone: &'a E164) -> BoxFuture<'a, ()>;
}

/// The keys of the log that records are sealed to. There are none before the ceremony.
#[derive(Clone, Debug, Default)]
pub struct KeysInForce {
    phone: Option<SealingKeys>,
    ip: BTreeMap<u32, SealingKeys>,
}

impl KeysInForce {
    /// Adds a pair of keys: the one of phone numbers, or the one of a day.
    pub fn insert(&mut self, keys: SealingKeys) {
        match keys.kind() {
            Kind::Phone => self.phone = Some(keys),
            Kind::Ip => {
                self.ip.insert(keys.gate().ceremony.epoch, keys);
            }
        }
    }
}

/// How much of what could be sealed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Accounts whose number lies sealed.
    pub numbers: u64,
    /// Accounts.
    pub accounts: u64,
    /// Address records.
    pub addresses: u64,
}

/// `numbers sealed: 812 of 1,040 accounts`.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numbers, accounts) = (grouped(self.numbers), grouped(self.accounts));
        write!(f, "numbers sealed: {numbers} of {accounts} accounts")
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Why something was not sealed or erased.
#[derive(Debug, Error)]
pub enum SealingError {
    /// The keeper gave no secret.
    #[error("the keeper: {0}")]
    Secrets(#[from] SecretsError),
    /// The desk's database failed.
    #[error("the desk's database: {0}")]
    Desk(#[from] DeskError),
    /// The keys are not for this.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Not of the form that records hold.
    #[error(transparent)]
    Form(#[from] ParseError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

enum Work {
    Number {
        user: UserId,
        tag: PhoneTag,
        phone: Phone,
    },
    Interval(Place),
}

/// What the sealer stands on.
pub struct SealerParts {
    /// The main store.
    pub store: Store,
    /// Where records go.
    pub sink: Arc<dyn RecordSink>,
    /// The keeper.
    pub secrets: Arc<dyn SecretsClient>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Secret random bytes.
    pub entropy: Entropy,
}

/// Seals numbers and addresses; see the module.
pub struct Sealer {
    parts: SealerParts,
    keys: RwLock<KeysInForce>,
    intervals: Mutex<Intervals>,
    queue: Sender<Work>,
    /// Taken by [`Sealer::run`]; the day's secret lies with whoever seals.
    desk: tokio::sync::Mutex<Desk>,
    put_off: AtomicU64,
    failed: AtomicU64,
}

/// What became of an interval that was to be sealed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sealing {
    /// It is sealed, or there is nothing to seal any more.
    Done,
    /// The keeper or the desk's database does not answer.
    CannotNow,
    /// Its person or its day is gone.
    Never,
}

/// What the sealing task alone holds.
struct Desk {
    waiting: Receiver<Work>,
    /// The secret of one day: of today, or of yesterday until its intervals are closed.
    day: Option<DaySecret>,
}

impl Sealer {
    /// Makes a sealer that knows no keys yet. Somebody must [`run`](Self::run) it.
    pub fn new(parts: SealerParts) -> Arc<Self> {
        let (queue, waiting) = channel(QUEUE);
        Arc::new(Self {
            parts,
            keys: RwLock::default(),
            intervals: Mutex::default(),
            queue,
            desk: tokio::sync::Mutex::new(Desk { waiting, day: None }),
            put_off: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }

    /// Takes up the keys that the log holds now.
    pub fn set_keys(&self, keys: KeysInForce) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// A connection of a signed-in key has opened, from an address that is believed. It counts as
    /// open until the answer is dropped.
    ///
    /// Addresses of this machine itself name nobody, and are not kept.
    pub fn connected(
        self: &Arc<Self>,
        user: UserId,
        key: AuthKeyId,
        from: SocketAddr,
    ) -> Connected {
        let now_s = self.now_s();
        let public = !from.ip().to_canonical().is_loopback();
        let number = public.then(|| self.intervals().connect(user, key, from, now_s));
        if let Some(number) = number {
            self.see(number, now_s);
        }
        Connected {
            sealer: self.clone(),
            number,
        }
    }

    /// How many numbers had to wait for another sign-in because too much was waiting.
    pub fn put_off(&self) -> u64 {
        self.put_off.load(Ordering::Relaxed)
    }

    /// How often something could not be sealed.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// How much lies sealed.
    pub async fn coverage(&self) -> Result<Coverage, SealingError> {
        let kept = self.parts.sink.coverage().await?;
        let mut view = self.parts.store.view().await?;
        Ok(Coverage {
            numbers: kept.phones,
            accounts: accounts::count_living(&mut *view).await?,
            addresses: kept.ip_records,
        })
    }

    /// Seals what is handed over, until dropped. One at a time runs; a second call waits.
    pub async fn run(&self) {
        let mut desk = self.desk.lock().await;
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                Some(work) = desk.waiting.recv() => self.work_off(&mut desk, work).await,
                _ = ticks.tick() => self.tick(&mut desk).await,
            }
        }
    }

    /// Does what is waiting and takes one look around, as [`run`](Self::run) does, which must not be
    /// running.
    pub async fn catch_up(&self) {
        let mut desk = self.desk.lock().await;
        while let Ok(work) = desk.waiting.try_recv() {
            self.work_off(&mut desk, work).await;
        }
        self.tick(&mut desk).await;
    }

    /// Catches up, and seals how far each open interval has come: before the process ends, when
    /// [`run`](Self::run) was dropped.
    pub async fn finish(&self) {
        self.catch_up().await;
        let mut desk = self.desk.lock().await;
        let unsealed = self.intervals().unsealed();
        for place in unsealed {
            self.seal_interval(&mut desk, place).await;
        }
    }

    /// Looks through the open connections, and erases what is sealed of accounts that were deleted
    /// since the last look.
    async fn tick(&self, desk: &mut Desk) {
        let now_s = self.now_s();
        let places = {
            let keys = self.keys();
            self.intervals()
                .look(now_s, |day| keys.ip.contains_key(&day))
        };
        let mut places = places.into_iter();
        for place in places.by_ref() {
            if self.seal_interval(desk, place).await == Sealing::CannotNow {
                break;
            }
        }
        // Without the keeper each one would wait for it in vain; the next look tries again.
        for place in places {
            self.intervals().sealing_failed(place, false);
        }
        self.erase_deleted().await;
    }

    async fn work_off(&self, desk: &mut Desk, work: Work) {
        match work {
            Work::Number { user, tag, phone } => {
                if let Err(error) = self.seal_number(user, tag, &phone).await {
                    self.note_failure("number", &error);
                }
            }
            Work::Interval(place) => {
                self.seal_interval(desk, place).await;
            }
        }
    }

    async fn seal_number(
        &self,
        user: UserId,
        tag: PhoneTag,
        phone: &Phone,
    ) -> Result<(), SealingError> {
        let Some(keys) = self.keys().phone.clone() else {
            return Ok(());
        };
        let secret = self.parts.secrets.person(user.0).await?;
        let record = seal_phone(&keys, &secret, user.0, phone, &self.random())?;
        self.parts.sink.put_phone(user, record).await?;
        let pkid = keys.pkid().0;
        let phone = tag;
        let noted = NoteSealed { user, phone, pkid };
        Ok(self.parts.store.write(noted).await?)
    }

    /// Seals an interval as far as it has come. One that cannot be sealed now is looked at again
    /// while its connection is open.
    async fn seal_interval(&self, desk: &mut Desk, place: Place) -> Sealing {
        let Err(error) = self.try_seal_interval(desk, place).await else {
            return Sealing::Done;
        };
        self.note_failure("interval", &error);
        let outcome = match error {
            SealingError::Secrets(SecretsError::Erased | SecretsError::NotToday { .. }) => {
                Sealing::Never
            }
            _ => Sealing::CannotNow,
        };
        self.intervals()
            .sealing_failed(place, outcome == Sealing::Never);
        outcome
    }

    async fn try_seal_interval(&self, desk: &mut Desk, place: Place) -> Result<(), SealingError> {
        self.enter_day(desk, place.day).await?;
        let Some(seen) = self.intervals().begin_sealing(place) else {
            return Ok(());
        };
        let keys = self.keys().ip.get(&place.day).cloned();
        let (Some(keys), Some(day)) = (keys, &desk.day) else {
            self.intervals().forget(place);
            return Ok(());
        };
        let user = place.user;
        let secret = self.parts.secrets.person(user.0).await?;
        let interval = seen.interval()?;
        let record = seal_ip(&keys, day, &secret, user.0, &interval, &self.random())?;
        let row = match seen.row {
            None => Some(self.parts.sink.insert_ip(user, record).await?),
            Some(row) => {
                let replaced = self.parts.sink.replace_ip(row, record).await?;
                replaced.then_some(row)
            }
        };
        self.intervals().sealed(place, row, &seen);
        Ok(())
    }

    /// Sees to it that the secret of a day is at hand. When a day has ended its intervals are
    /// closed first, under its own secret, which is then forgotten.
    async fn enter_day(&self, desk: &mut Desk, day: u32) -> Result<(), SealingError> {
        if desk.day.as_ref().is_some_and(|secret| secret.day() == day) {
            return Ok(());
        }
        if let Some(before) = desk.day.as_ref().map(DaySecret::day) {
            let places = self.intervals().end_day(before);
            for place in places {
                Box::pin(self.seal_interval(desk, place)).await;
            }
            self.intervals().forget_day(before);
            desk.day = None;
        }
        // Without a logged key there is no record, so there need be no secret.
        if self.keys().ip.contains_key(&day) {
            desk.day = Some(self.parts.secrets.today(day).await?);
        }
        Ok(())
    }

    /// A connection is still there, or is just closing.
    fn see(&self, connection: u64, now_s: u64) {
        let keyed = |day| self.keys().ip.contains_key(&day);
        let place = self.intervals().see(connection, now_s, keyed);
        if let Some(place) = place {
            self.hand_over_interval(place);
        }
    }

    fn hand_over_interval(&self, place: Place) {
        // With a full queue the interval stays where it is, and is looked at again.
        if self.queue.try_send(Work::Interval(place)).is_err() {
            self.intervals().sealing_failed(place, false);
        }
    }

    fn note_failure(&self, what: &'static str, error: &SealingError) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(%error, what, "not_sealed");
    }

    fn random(&self) -> [u8; 32] {
        let mut random = [0; 32];
        (self.parts.entropy)(&mut random);
        random
    }

    fn now_s(&self) -> u64 {
        self.parts.clock.now().0.max(0) as u64 / 1000
    }

    fn keys(&self) -> std::sync::RwLockReadGuard<'_, KeysInForce> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn intervals(&self) -> MutexGuard<'_, Intervals> {
        self.intervals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seals for Sealer {
    fn number<'a>(&'a self, account: &'a Account, phone: &'a E164) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let pkid = self.keys().phone.as_ref().map(SealingKeys::pkid);
            let (Some(pkid), Some(tag)) = (pkid, account.phone) else {
                return;
            };
            if account.sealed == Some(pkid.0) {
                return;
            }
            let Ok(phone) = Phone::from_digits(phone.digits()) else {
                return;
            };
            let work = Work::Number {
                user: account.person.id,
                tag: PhoneTag::from_bytes(tag),
                phone,
            };
            match timeout(PATIENCE, self.queue.reserve()).await {
                Ok(Ok(place)) => place.send(work),
                _ => {
                    self.put_off.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    }
}

/// An open connection; dropping it closes its interval.
pub struct Connected {
    sealer: Arc<Sealer>,
    number: Option<u64>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let now_s = self.sealer.now_s();
        let keyed = |day| self.sealer.keys().ip.contains_key(&day);
        let place = self.sealer.intervals().close(number, now_s, keyed);
        if let Some(place) = place {
            self.sealer.hand_over_interval(place);
        }
    }
}
