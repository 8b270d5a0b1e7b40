//! The quarantine: someone looks at what unknown senders handed in, and calls back.

use super::receive::{Quarantined, Receipt};
use super::{FlowError, Office};
use crate::case::{Filed, LoadError};
use crate::documents::{Documents, Upload};
use crate::order::{Asked, OrderForm};
use crate::secrets::desk_texts;
use heliograph_desk_store::{Act, CaseId, IntakeId, IntakeState, Place, StaffId, Token};

/// What waits in quarantine.
pub struct Waiting {
    /// What was filled in.
    pub form: OrderForm,
    /// How the sender was recognised, if at all.
    pub channel: String,
    /// The documents.
    pub documents: Vec<Upload>,
}

impl Office {
    /// Shows what waits, which is put on record.
    pub fn waiting(&self, staff: StaffId, id: IntakeId, now_s: u64) -> Result<Waiting, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        self.desk
            .act(&intake_act(staff, "view-intake"), now_s, |step| {
                let kept: Option<Quarantined> =
                    crate::case::read(step, &Place::Intake(id), &texts)?;
                Ok(kept.ok_or(LoadError::Corrupt("intake"))?.opened())
            })
    }

    /// Makes a case of what waits, for the registered authority that was called back. Its clock
    /// starts now.
    pub fn accept_intake(
        &self,
        staff: StaffId,
        id: IntakeId,
        authority: u64,
        now_s: u64,
    ) -> Result<(CaseId, Receipt), FlowError> {
        let waiting = self.waiting(staff, id, now_s)?;
        let asked = Asked::parse(&waiting.form, now_s).map_err(LoadError::Form)?;
        let documents = Documents::check(&waiting.documents);
        let documents = documents.map_err(|_| LoadError::Corrupt("documents"))?;
        let in_force = self.in_force(authority, now_s)?;
        let (version, details) = in_force.ok_or(FlowError::NotSetUp("such authority"))?;
        let filed = Filed {
            form: waiting.form,
            documents,
            received_s: now_s,
            authority,
            authority_version: version,
            channel: "call-back".to_owned(),
            follows: None,
        };
        self.file(
            Some(staff),
            &filed,
            &asked,
            &details,
            &waiting.documents,
            Some(id),
        )
    }

    /// Puts aside what waits: nobody answered for it.
    pub fn drop_intake(&self, staff: StaffId, id: IntakeId, now_s: u64) -> Result<(), FlowError> {
        self.desk
            .act(&intake_act(staff, "drop-intake"), now_s, |step| {
                Ok(step.decide_intake(id, IntakeState::Dropped)?)
            })
    }
}

fn intake_act(staff: StaffId, name: &str) -> Act {
    Act {
        staff: Some(staff),
        name: Token::parse(name).expect("acts are plain words"),
        case: None,
    }
}
