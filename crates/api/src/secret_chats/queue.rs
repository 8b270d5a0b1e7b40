//! What a device confirms.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::secret_chats::Confirm;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Write, received_queue);
}

/// `messages.receivedQueue`: the device has all messages up to this number; they are erased. Answers
/// with the senders' numbers for them.
///
/// Fails with `MAX_QTS_INVALID`.
async fn received_queue(cx: Ctx, req: f::messages::ReceivedQueue) -> Result<Vec<i64>> {
    let up_to = u32::try_from(req.max_qts).map_err(|_| text::MAX_QTS_INVALID)?;
    cx.confirm(up_to).await
}

impl Ctx {
    /// Erases what the caller's device has received, a bounded commit at a time.
    pub(crate) async fn confirm(&self, up_to: u32) -> Result<Vec<i64>> {
        let key = self.caller().key;
        let mut random_ids = Vec::new();
        loop {
            let confirmed = self.write(Confirm { key, up_to }).await?;
            random_ids.extend(confirmed.random_ids);
            if confirmed.done {
                return Ok(random_ids);
            }
        }
    }
}
