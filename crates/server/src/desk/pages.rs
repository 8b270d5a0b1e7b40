//! The pages of the desk and of the log, over everything that the desk is connected to.

use super::{Desk, DeskCasework, DeskCounter, log};
use crate::gateway::SystemEntropy;
use axum::Router;
use heliograph_console::{Installation, InstallationError, Moderating, Parts};
use heliograph_store::Clock;
use std::sync::Arc;

/// The server's clock, as pages read it.
struct PagesClock(Arc<dyn Clock>);

impl heliograph_console::Clock for PagesClock {
    fn now_s(&self) -> u64 {
        log::now_s(&*self.0)
    }
}

impl Desk {
    /// All pages of this desk: for the public, for authorities, for staff.
    ///
    /// Fails when passkeys cannot be bound to the installation's origin.
    pub fn pages(
        self: &Arc<Self>,
        installation: Installation,
        moderating: Arc<dyn Moderating>,
    ) -> Result<Router, InstallationError> {
        heliograph_console::router(Parts {
            installation,
            record: self.record.clone(),
            counter: Arc::new(DeskCounter::new(self.clone())),
            casework: Arc::new(DeskCasework::new(self.clone())),
            moderating,
            desk: self.store.desk(),
            clock: Arc::new(PagesClock(self.clock.clone())),
            entropy: Arc::new(SystemEntropy),
        })
    }
}
