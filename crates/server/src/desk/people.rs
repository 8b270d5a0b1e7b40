//! The people of the installation, as the desk asks about them: one account for one case.

use heliograph_api::Entropy;
use heliograph_desk_store::CaseId;
use heliograph_disclosure::Targets;
use heliograph_disclosure::order::{Target, Window};
use heliograph_disclosure::person::{Proven, Resolved, TargetsError};
use heliograph_domain::accounts::Proof;
use heliograph_domain::targets::{self, Resolved as Found};
use heliograph_keeper::{KeeperClient, Purpose, phone_tag};
use heliograph_model::{UserId, Username};
use heliograph_store::{Clock, Store};
use std::fmt::Display;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Finds accounts in the store.
pub struct StoredPeople {
    /// Where calls are waited for.
    pub runtime: Handle,
    /// The store.
    pub store: Store,
    /// Turns a number into its tag, once for a case.
    pub keeper: Arc<dyn KeeperClient>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

fn failed(error: impl Display) -> TargetsError {
    TargetsError(error.to_string())
}

impl Targets for StoredPeople {
    fn resolve(
        &self,
        case: CaseId,
        target: &Target,
        window: Window,
    ) -> Result<Resolved, TargetsError> {
        self.runtime.block_on(self.find(case, target, window))
    }
}

impl StoredPeople {
    async fn find(
        &self,
        case: CaseId,
        target: &Target,
        window: Window,
    ) -> Result<Resolved, TargetsError> {
        let target = match target {
            Target::Account(id) => targets::Target::Account(UserId(*id)),
            Target::Username(name) => match Username::parse(name) {
                Ok(name) => targets::Target::Username(name),
                // No account can ever have had a name of this form.
                Err(_) => return Ok(Resolved::Nobody),
            },
            Target::Number(digits) => {
                let fill = |out: &mut [u8]| self.entropy.fill(out);
                // The keeper tells cases apart by a number; their ids are random.
                let (head, _) = case.0.split_first_chunk().expect("an id has 16 bytes");
                let caller = u64::from_be_bytes(*head);
                let tag = phone_tag(&*self.keeper, Purpose::Desk, caller, digits, fill).await;
                targets::Target::Phone(tag.map_err(failed)?)
            }
        };
        // Both ends count, the last with its whole minute.
        let (from, to) = (window.from.start_unix(), window.to.start_unix() + 59);
        let window = targets::Window::new(from as i64, to as i64)
            .ok_or_else(|| failed("the window ends before it begins"))?;
        let mut view = self.store.view().await.map_err(failed)?;
        let found = targets::resolve(&mut *view, &target, window, self.clock.now()).await;
        Ok(match found.map_err(failed)? {
            Found::One { user_id, proven } => Resolved::One {
                user: user_id,
                proven: match proven {
                    Proof::Sms => Proven::Sms,
                    Proof::Operator => Proven::Operator,
                    Proof::None => Proven::None,
                },
            },
            Found::Nobody => Resolved::Nobody,
            Found::Ambiguous => Resolved::Ambiguous,
        })
    }
}
