//! Erasing what was removed and nobody can contest any more, which the public log counts, and
//! forgetting cases a year after their end.

use super::{Moderation, ModerationError};
use heliograph_domain::bus::Signal;
use heliograph_model::UnixMs;
use heliograph_moderation::erasure::{self, Erase};
use heliograph_moderation::forgetting::{self, Forget};
use heliograph_moderation::refusals::TakeCount;
use heliograph_transparency::entry::Errand;

/// How often it looks, in seconds. What is erased has waited for half a year.
const EVERY_S: i64 = 3_600;

impl Moderation {
    /// Erases what is due, an hour after the last time at the soonest.
    pub(super) async fn erase_what_is_due(&self, last: &mut UnixMs) -> Result<(), ModerationError> {
        let now_s = i64::try_from(self.desk.now_s()).unwrap_or(i64::MAX / 1000);
        let now = UnixMs(now_s * 1000);
        if now < last.plus_seconds(EVERY_S) {
            return Ok(());
        }
        *last = now;
        self.forget_cases(now).await?;
        self.count_refusals().await?;
        loop {
            let mut view = self.store.view().await?;
            let due = erasure::due(&mut *view, now).await?;
            drop(view);
            if due.is_empty() {
                return Ok(());
            }
            let mut erased = 0;
            for decided in due {
                let Some(gone) = self.store.write(Erase { decided }).await? else {
                    continue;
                };
                erased += 1;
                for key in gone.signed_out {
                    let destroyed = false;
                    self.bus.publish(Signal::SignedOut { key, destroyed });
                }
            }
            // After the act, unlike everything else: a count that a crash loses tells too little, and
            // one that is entered first could tell of what is still there.
            if erased > 0 {
                self.count_many(Errand::Erased, erased).await?;
            }
        }
    }

    /// Has the log count what was refused since the last time. As with what is erased, a crash makes
    /// the count too low and never too high.
    async fn count_refusals(&self) -> Result<(), ModerationError> {
        match self.store.write(TakeCount).await? {
            0 => Ok(()),
            count => self.count_many(Errand::Refused, count).await,
        }
    }

    async fn forget_cases(&self, now: UnixMs) -> Result<(), ModerationError> {
        loop {
            let mut view = self.store.view().await?;
            let due = forgetting::due(&mut *view, now).await?;
            drop(view);
            if due.is_empty() {
                return Ok(());
            }
            for case in due {
                while self.store.write(Forget { case }).await? {}
            }
        }
    }
}
