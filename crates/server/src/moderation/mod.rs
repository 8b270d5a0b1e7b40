//! Moderation in a running server: what waits for the public log is brought there, and carried out
//! once it is in it.

mod announce;
pub mod banks;
mod campaigns;
mod case_sheet;
mod colleagues;
mod erasing;
mod exposure;
mod gate;
mod keys;
mod models;
mod pages;
mod refusals;
mod screen;
mod statements;

pub use announce::AnnounceError;
pub use gate::Gate;
pub use keys::ModeratorKeys;
pub use models::{LearnedLine, ModelLine, Models, ModelsError};
pub use pages::ModerationPages;
pub use refusals::Refusals;
pub use screen::Screen;

use crate::desk::Desk;
use crate::secrets::{DataFolder, SecretsError};
use ed25519_dalek::SigningKey;
use heliograph_desk_store::{DeskError, StaffId};
use heliograph_disclosure::log::LogError;
use heliograph_domain::bus::Bus;
use heliograph_domain::switches::Switched;
use heliograph_model::UnixMs;
use heliograph_moderation::appeals::{self, Appeal, NoteLogged};
use heliograph_moderation::decisions::{self, Decided};
use heliograph_moderation::enact::{Enact, Refuse};
use heliograph_moderation::precedents::Precedent;
use heliograph_moderation::publication::NotePublished;
use heliograph_moderation::{entries, statement, terms};
use heliograph_store::{Store, StoreError};
use heliograph_transparency::entry::{
    Control, Day, Deed, Duty, Entry, Errand, Hour, Model, Moderator, REFUSALS, Terms,
};
use heliograph_transparency::ledger::Ledger;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

/// How often it looks for what waits when nobody has rung.
const EVERY: Duration = Duration::from_secs(1);

/// How much is brought to the log at a time.
const BATCH: usize = 100;

/// How long a version of the terms is published before it holds, in days; the log asks for it.
const TERMS_NOTICE_DAYS: u32 = 14;

/// Something about moderation does not work.
#[derive(Debug, Error)]
pub enum ModerationError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The desk's database.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Brings decisions to the log, and carries them out.
pub struct Moderation {
    store: Store,
    desk: Arc<Desk>,
    keys: ModeratorKeys,
    /// Tells the sessions of accounts that are erased.
    bus: Arc<dyn Bus>,
    wake: Notify,
    /// How many versions of the terms the store knows to be in the log, since the start.
    noted_terms: AtomicUsize,
    /// Held for a round: what is newest in the log is then what this round has entered.
    rounds: Mutex<()>,
}

impl Moderation {
    /// Works on this store, with the desk that writes the log. Opens the moderators' keys of the data
    /// folder, or makes them.
    pub fn open(
        data: &DataFolder,
        store: Store,
        desk: Arc<Desk>,
        bus: Arc<dyn Bus>,
    ) -> Result<Arc<Self>, SecretsError> {
        let known = desk.office.with_log(|log| {
            let mut moderators = log.ledger().moderation().moderators();
            moderators.next().is_some()
        });
        let keys = ModeratorKeys::open(data, known, desk.store.clone())?;
        Ok(Self::new(store, desk, keys, bus))
    }

    /// Works on this store, with moderators' keys that are there already.
    pub fn new(store: Store, desk: Arc<Desk>, keys: ModeratorKeys, bus: Arc<dyn Bus>) -> Arc<Self> {
        Arc::new(Moderation {
            store,
            desk,
            keys,
            bus,
            wake: Notify::new(),
            noted_terms: AtomicUsize::new(0),
            rounds: Mutex::new(()),
        })
    }

    /// The desk that writes the log.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Has it look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Brings what waits to the log, until dropped.
    pub async fn run(&self) {
        if let Err(error) = self.follow_terms().await {
            tracing::error!(%error, "terms_not_published");
        }
        let mut erased = UnixMs(0);
        loop {
            if let Err(error) = self.round().await {
                tracing::error!(%error, "decisions_not_carried_out");
            }
            if let Err(error) = self.erase_what_is_due(&mut erased).await {
                tracing::error!(%error, "removed_posts_not_erased");
            }
            let _ = timeout(EVERY, self.wake.notified()).await;
        }
    }

    /// Brings everything that waits now. Each step is safe to run twice: a decision that is in the
    /// log and not carried out yet is recognised by its statement.
    pub async fn round(&self) -> Result<(), ModerationError> {
        let _alone = self.rounds.lock().await;
        let (contested, decided) = {
            let mut view = self.store.view().await?;
            let contested = appeals::waiting(&mut *view, BATCH).await?;
            (contested, decisions::waiting(&mut *view, BATCH).await?)
        };
        if contested.is_empty() && decided.is_empty() {
            return Ok(());
        }
        self.publish_terms().await?;
        for appeal in contested {
            self.log_appeal(appeal).await?;
        }
        for decision in decided {
            self.carry_out(decision).await?;
        }
        Ok(())
    }

    /// Enters the versions of the terms that the log does not have yet, and notes from when each
    /// holds, where decisions look it up.
    pub async fn publish_terms(&self) -> Result<(), ModerationError> {
        while self.enter(next_terms).await?.is_some() {}
        let noted = self.noted_terms.load(Ordering::Relaxed);
        let published: Vec<Terms> = self.desk.office.with_log(|log| {
            let terms = log.ledger().moderation().terms().iter().skip(noted);
            terms.map(|(_, terms)| terms.clone()).collect()
        });
        for terms in published {
            let effective_s =
                i64::try_from(terms.effective.start_unix()).unwrap_or(i64::MAX / 1000);
            let note = NotePublished {
                version: terms.version,
                effective: UnixMs(effective_s * 1000),
            };
            self.store.write(note).await?;
            self.noted_terms.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Publishes and announces versions of the terms that came with a new version of this program. An
    /// installation that has decided nothing yet publishes its first with its first decision.
    pub async fn follow_terms(&self) -> Result<(), AnnounceError> {
        let has_terms = self.desk.office.with_log(|log| {
            let terms = log.ledger().moderation().terms();
            !terms.is_empty()
        });
        if has_terms {
            self.publish_terms().await?;
            self.announce_terms().await?;
        }
        Ok(())
    }

    async fn log_appeal(&self, appeal: Appeal) -> Result<(), ModerationError> {
        let number = appeal.decision;
        let entered = self
            .enter(move |ledger, today| {
                let contested = ledger.moderation().decision(number);
                let there = contested.is_some_and(|contested| contested.appealed.is_some());
                (!there).then(|| entries::of_appeal(&appeal, today))
            })
            .await;
        let logged = match entered {
            Ok(_) => true,
            Err(LogError::Refused(_)) => false,
            Err(error) => return Err(error.into()),
        };
        self.store.write(NoteLogged { number, logged }).await?;
        Ok(())
    }

    async fn carry_out(&self, decided: Decided) -> Result<(), ModerationError> {
        let signers = self.signers(&decided).await?;
        let waiting = decided.clone();
        let entered = self
            .enter(move |ledger, today| {
                let newest = ledger.moderation().decided();
                if is_logged(ledger, newest, &waiting) {
                    return None;
                }
                let mut entry = entries::of_decision(&waiting, newest + 1, today);
                entries::sign(&mut entry, ledger.origin(), &signers);
                Some(entry)
            })
            .await;
        match entered {
            Ok(_) => {}
            Err(LogError::Refused(why)) => {
                tracing::error!(decision = decided.id, %why, "decision_refused_by_the_log");
                self.store
                    .write(Refuse {
                        id: decided.id,
                        why,
                    })
                    .await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        let (number, index) = self.newest();
        let enact = Enact {
            decided,
            number,
            index,
        };
        self.store.write(enact).await?;
        Ok(())
    }

    /// The keys of those who decided; none for a machine.
    async fn signers(&self, decided: &Decided) -> Result<Vec<(u16, SigningKey)>, ModerationError> {
        let (keys, numbers) = (self.keys.clone(), decided.by.clone());
        let found = self.desk.blocking(move |desk| {
            let ledger = desk.office.with_log(|log| log.ledger().clone());
            keys.of(&ledger, &numbers)
        });
        Ok(found.await?)
    }

    /// Number and index of the newest decision in the log: the one that was just entered, because
    /// nobody else enters any.
    fn newest(&self) -> (u64, u64) {
        self.desk.office.with_log(|log| {
            let moderation = log.ledger().moderation();
            let number = moderation.decided();
            let logged = moderation.decision(number);
            (number, logged.map_or(0, |logged| logged.mark.index))
        })
    }

    /// The number under which a member of staff moderates; the log learns of those who begin.
    pub async fn enlist(&self, staff: StaffId) -> Result<u16, ModerationError> {
        let keys = self.keys.clone();
        let key = keys.public(staff);
        self.enter(move |ledger, today| {
            let known = ledger.moderation().moderators().map(|(_, known)| known);
            let mut highest = 0;
            for known in known {
                highest = highest.max(known.number);
                if known.key == key {
                    let back = Moderator {
                        duty: Duty::On,
                        ..known.clone()
                    };
                    return (known.duty == Duty::Off).then(|| Entry::new(today, back));
                }
            }
            let number = highest + 1;
            let duty = Duty::On;
            Some(Entry::new(today, Moderator { number, key, duty }))
        })
        .await?;
        Ok(self.number_of(staff).expect("entered above"))
    }

    /// The number under which a member of staff moderates or has moderated.
    pub fn number_of(&self, staff: StaffId) -> Option<u16> {
        let key = self.keys.public(staff);
        self.desk.office.with_log(|log| {
            let mut moderators = log.ledger().moderation().moderators();
            let found = moderators.find(|(_, moderator)| moderator.key == key);
            found.map(|(_, moderator)| moderator.number)
        })
    }

    /// Somebody moderates no longer.
    async fn discharge(&self, staff: StaffId) -> Result<(), ModerationError> {
        let key = self.keys.public(staff);
        self.enter(move |ledger, today| {
            let mut moderators = ledger.moderation().moderators();
            let (_, known) = moderators.find(|(_, known)| known.key == key)?;
            let gone = Moderator {
                duty: Duty::Off,
                ..known.clone()
            };
            (known.duty == Duty::On).then(|| Entry::new(today, gone))
        })
        .await?;
        Ok(())
    }

    /// Has the log tell that somebody who was dismissed moderates no longer, where they did.
    pub async fn discharge_named(&self, name: &str) -> Result<(), ModerationError> {
        let name = name.to_owned();
        let found = self.desk.blocking(move |desk| {
            let staff = desk.store.desk();
            staff.view(|view| -> Result<Vec<StaffId>, DeskError> {
                let rows = view.all_staff()?.into_iter();
                let named = rows.filter(|row| row.name == name);
                Ok(named.map(|row| row.id).collect())
            })
        });
        for staff in found.await? {
            self.discharge(staff).await?;
        }
        Ok(())
    }

    /// Tells the log what the operator switches, before it is switched.
    pub async fn log_switch(&self, switched: &Switched) -> Result<(), String> {
        let until = switched.now.as_ref().map(|switch| {
            let until_s = u64::try_from(switch.until).unwrap_or(0);
            // The hour after which it certainly is on again.
            Hour(until_s.div_ceil(HOUR_S))
        });
        let reason = switched.now.as_ref().map_or("", |switch| &switch.reason);
        let control = Control {
            name: "uploads".into(),
            class: switched.of.word().into(),
            until,
            reason: printable(reason),
        };
        let entered = self.enter(move |_, today| Some(Entry::new(today, control)));
        entered.await.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Tells the log that what is nearly the same as the text of a decision is refused from now on, or
    /// no longer, before it is.
    pub(super) async fn log_refusal(
        &self,
        number: u64,
        until: Option<UnixMs>,
        precedent: &Precedent,
    ) -> Result<(), ModerationError> {
        let until = until.map(|until| {
            let until_s = u64::try_from(until.0 / 1000).unwrap_or(0);
            Hour(until_s.div_ceil(HOUR_S))
        });
        let clause = precedent.broke.as_deref().unwrap_or_default();
        let control = Control {
            name: REFUSALS.into(),
            class: format!("decision-{number}"),
            until,
            reason: format!("clause {clause}"),
        };
        self.enter(move |_, today| Some(Entry::new(today, control)))
            .await?;
        Ok(())
    }

    /// Tells the log what a version of the classifier does from now on, before it does.
    pub async fn log_model(&self, model: Model) -> Result<(), ModerationError> {
        self.enter(move |_, today| Some(Entry::new(today, model)))
            .await?;
        Ok(())
    }

    /// Has the log count something that was done once.
    pub(super) async fn count(&self, what: Errand) -> Result<(), ModerationError> {
        self.count_many(what, 1).await
    }

    async fn count_many(&self, what: Errand, count: u64) -> Result<(), ModerationError> {
        let entered = self.enter(move |_, today| {
            let text = None;
            Some(Entry::new(today, Deed { what, count, text }))
        });
        entered.await?;
        Ok(())
    }

    async fn enter(
        &self,
        make: impl FnOnce(&Ledger, Day) -> Option<Entry> + Send + 'static,
    ) -> Result<Option<u64>, LogError> {
        let entered = self.desk.blocking(move |desk| {
            let now_s = desk.now_s();
            desk.office.enter_for_moderation(now_s, make)
        });
        entered.await
    }
}

/// Whether the newest decision of the log is this one, which was not carried out yet.
fn is_logged(ledger: &Ledger, newest: u64, waiting: &Decided) -> bool {
    let logged = ledger.moderation().decision(newest);
    logged.is_some_and(|logged| logged.decision.statement == statement::hash(waiting, newest))
}

/// Seconds in an hour.
const HOUR_S: u64 = 3_600;

/// How long a reason in the log may be.
const REASON_MAX: usize = 200;

/// A reason as the log takes it: printable ASCII, cut where it is too long. People read it whole.
fn printable(reason: &str) -> String {
    let plain = |letter: char| {
        if matches!(letter, ' '..='~') {
            letter
        } else {
            '?'
        }
    };
    let text: String = reason.chars().map(plain).take(REASON_MAX).collect();
    match text.trim() {
        "" => "-".into(),
        text => text.to_owned(),
    }
}

fn next_terms(ledger: &Ledger, today: Day) -> Option<Entry> {
    let known = ledger.moderation().terms().len() as u64;
    let next = terms::version(known + 1)?;
    let wait = if known == 0 { 0 } else { TERMS_NOTICE_DAYS };
    let body = Terms {
        version: next.version,
        bundle: next.hash(),
        effective: today.plus(wait),
    };
    Some(Entry::new(today, body))
}
