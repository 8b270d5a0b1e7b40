//! What the operator of the machine may do about the desk: let people in and out, and see how many
//! cases wait. The operator sees of a case what stands in clear in the database, and no more.

use super::{Desk, DeskFailure};
use crate::control::{CaseLine, Next, StaffLine};
use crate::gateway::SystemEntropy;
use heliograph_console::Installation;
use heliograph_console::staff::{self, InviteError, Role, Roles};
use heliograph_desk_store::{Act, DeskError, StaffRow, Token};
use heliograph_disclosure::flow::next_due;
use heliograph_transparency::entry::Minute;

/// Most cases in one list.
const LISTED: u32 = 1_000;

impl Desk {
    /// Invites someone; answers with the one-time link.
    ///
    /// Fails when there is no such role, or when the roles do not go together.
    pub fn invite(
        &self,
        installation: &Installation,
        name: &str,
        roles: &[String],
    ) -> Result<String, InviteError> {
        let roles: Option<Vec<Role>> = roles.iter().map(|word| Role::from_word(word)).collect();
        let roles = Roles::new(roles.unwrap_or_default())?;
        let (desk, now_s) = (self.store.desk(), self.now_s());
        staff::invite(&desk, installation, &SystemEntropy, name, &roles, now_s)
    }

    /// Ends someone's access; false when there is nobody of this name.
    pub fn dismiss(&self, name: &str) -> Result<bool, DeskFailure> {
        Ok(staff::dismiss(&self.store.desk(), name, self.now_s())?)
    }

    /// Everyone who was ever invited, by name.
    pub fn staff(&self) -> Result<Vec<StaffLine>, DeskFailure> {
        self.looked("list-staff", |step| {
            Ok(step.all_staff()?.into_iter().map(staff_line).collect())
        })
    }

    /// The cases, the newest first, without anything that an order says.
    pub fn cases(&self) -> Result<Vec<CaseLine>, DeskFailure> {
        self.looked("list-cases", |step| {
            let mut lines = Vec::new();
            for row in step.cases(0, LISTED)? {
                let next = next_due(step.timers_of(row.id)?);
                lines.push(CaseLine {
                    case: row.id.to_string(),
                    state: row.state.to_string(),
                    priority: row.priority.to_string(),
                    received: Minute::of_unix(row.received_s).to_string(),
                    next: next.map(|timer| Next {
                        kind: timer.kind.to_string(),
                        due: Minute::of_unix(timer.due_s).to_string(),
                    }),
                });
            }
            Ok(lines)
        })
    }

    fn looked<T>(
        &self,
        name: &str,
        look: impl FnOnce(&heliograph_desk_store::Step<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskFailure> {
        let act = Act {
            staff: None,
            name: Token::parse(name)?,
            case: None,
        };
        Ok(self.store.desk().act(&act, self.now_s(), look)?)
    }
}

fn staff_line(row: StaffRow) -> StaffLine {
    let state = match (row.disabled, row.passkeys) {
        (true, _) => "dismissed",
        (false, Some(_)) => "active",
        (false, None) => "invited",
    };
    StaffLine {
        name: row.name,
        roles: row.roles.iter().map(ToString::to_string).collect(),
        state: state.to_owned(),
    }
}
