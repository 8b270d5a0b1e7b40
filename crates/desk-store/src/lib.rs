//! The desk's own database, `desk.db`.
//!
//! Two handles on one file:
//! - [`SealedRecords`]: what sign-in seals away, a phone record and address records per account, as
//!   bytes it cannot read. The only part the messaging side ever sees.
//! - [`Desk`]: cases and their steps, approvals, packages, the registry of authorities, staff,
//!   timers, the outbox of notices, and an audit record around every act.
//!
//! Whoever copies the file learns random ids, states, dates, hashes and the names of the staff.
//! Whatever an order says, and whatever would tell whom it concerns, lies in one table of
//! [`Sealed`] texts under keys that are never here. The addresses and numbers of people are sealed
//! again, by the vault, before they arrive.
//!
//! Calls are synchronous and short (a commit waits for the disk); an async caller runs them on a
//! thread that may block. Times are seconds since 1970 (UTC) and arguments; so are random ids.

mod database;
mod desk;
mod error;
mod ids;
mod records;
mod schema;
mod sealed;
mod snapshot;

pub use database::Durability;
pub use desk::audit::{Act, AuditId, AuditRecord};
pub use desk::authorities::{AuthorityState, AuthorityVersion};
pub use desk::cases::{CaseRow, NewCase};
pub use desk::intake::{IntakeRow, IntakeState};
pub use desk::log_entries::{LogEntry, LogEntryId};
pub use desk::notices::NoticeRow;
pub use desk::packages::PackageRow;
pub use desk::responses::ResponseRow;
pub use desk::staff::{NewStaff, StaffRow};
pub use desk::timers::TimerRow;
pub use desk::{Desk, Step, View};
pub use error::DeskError;
pub use heliograph_model::UserId;
pub use ids::{CaseId, IntakeId, NoticeId, StaffId, Token};
pub use records::{Coverage, Erased, Kinds, RecordKind, SealedRecords, StoredRecord};
pub use sealed::{Place, Sealed};
pub use snapshot::Snapshot;

use database::Database;
use std::path::Path;
use std::sync::Arc;

/// An open desk database, from which the two handles are taken.
#[derive(Clone)]
pub struct DeskStore(Arc<Database>);

impl DeskStore {
    /// Copies the database at `from`, as it stands at this moment, into a new file, whether a server
    /// uses it or not. What was deleted is not in the copy.
    pub fn copy(from: &Path, to: &Path) -> Result<(), DeskError> {
        database::copy(from, to)
    }

    /// Opens the database at `path`, creating it when there is none; its folder must exist.
    ///
    /// Fails with [`DeskError::NewerFormat`] when a newer version wrote it, and with
    /// [`DeskError::OtherFile`] when the file is a database of something else.
    pub fn open(path: &Path) -> Result<Self, DeskError> {
        Self::open_with(path, Durability::Power)
    }

    /// As [`Self::open`], with a choice of what a commit withstands.
    pub fn open_with(path: &Path, durability: Durability) -> Result<Self, DeskError> {
        Ok(Self(Arc::new(Database::open(path, durability)?)))
    }

    /// The handle for sealing at sign-in.
    pub fn sealed_records(&self) -> SealedRecords {
        SealedRecords::new(self.0.clone())
    }

    /// The handle for the desk.
    pub fn desk(&self) -> Desk {
        Desk::new(self.0.clone())
    }
}
