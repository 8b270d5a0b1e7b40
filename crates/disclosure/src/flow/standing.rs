//! Where a case stands, for whoever holds its receipt.

use super::correct::open_until;
use super::receive::receipt_hash;
use super::{FlowError, Office};
use crate::case::{CaseFile, State, note, timer};
use crate::letters;
use crate::order::{Asked, Beyond};
use crate::recognition::Rung;
use heliograph_desk_store::View;
use heliograph_transparency::entry::{Outcome, Priority};

/// What is known of a sealed package. It is told once the end of the case is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageFacts {
    /// Names it in [`Office::fetch`].
    pub number: u32,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size.
    pub size_bytes: u64,
    /// From then on it cannot be fetched, in Unix seconds.
    pub expires_s: u64,
    /// When it was fetched, in Unix seconds.
    pub taken_s: Option<u64>,
}

/// What the receipt page shows.
pub struct Standing {
    /// Where the case stands.
    pub state: State,
    /// How its sender was recognised.
    pub rung: Option<Rung>,
    /// How soon it is to be answered.
    pub priority: Priority,
    /// When it arrived, in Unix seconds.
    pub received_s: u64,
    /// By when it is to be answered, in Unix seconds.
    pub answer_due_s: u64,
    /// The index of its `request` entry.
    pub request: Option<u64>,
    /// Whether its opening is in the log.
    pub opened: bool,
    /// What the authority is asked to add, and by when in Unix seconds.
    pub missing: Option<(String, u64)>,
    /// How it ended, once that is in the log.
    pub outcome: Option<Outcome>,
    /// What else is said of how it ended.
    pub statement: Option<String>,
    /// The package, once the end is in the log.
    pub package: Option<PackageFacts>,
    /// The signed receipt.
    pub receipt: String,
}

impl Office {
    /// What the holder of a receipt's secret sees.
    pub fn standing(&self, secret: &str, now_s: u64) -> Result<Option<Standing>, FlowError> {
        self.desk.view(|view| {
            let Some(row) = view.case_by_receipt(&receipt_hash(secret))? else {
                return Ok(None);
            };
            let file = CaseFile::load(view, &*self.secrets, row.id)?;
            let timers = view.timers_of(row.id)?;
            let mut answers = timers
                .iter()
                .filter(|timer| timer.kind.as_str() == timer::ANSWER);
            let public = file.state >= State::Ended;
            let end = file.end(view)?.filter(|_| public);
            let receipt: Option<String> =
                crate::case::read(view, &file.note(note::RECEIPT), &file.keys.texts())?;
            let outcome = end.map(|end| end.outcome()).transpose()?;
            Ok(Some(Standing {
                state: file.state,
                rung: file.rung(),
                priority: file.asked.head().priority,
                received_s: file.received_s(),
                answer_due_s: answers.next().map_or(row.received_s, |timer| timer.due_s),
                request: file.logged("request"),
                opened: file.logged("open").is_some(),
                missing: open_until(view, &file)?.filter(|(_, due_s)| now_s < *due_s),
                outcome,
                statement: outcome.and_then(|outcome| statement(&file, outcome)),
                package: package(view, &file)?.filter(|_| public),
                receipt: receipt.unwrap_or_default(),
            }))
        })
    }
}

/// What an authority is told besides that asked for secret chats, where that is why nothing was given.
fn statement(file: &CaseFile, outcome: Outcome) -> Option<String> {
    match &file.asked {
        Asked::OutOfDesk(asked) if asked.beyond == Beyond::SecretChats => {
            (outcome == Outcome::Impossible).then(letters::secret_chats_statement)
        }
        Asked::OutOfDesk(_) | Asked::Order(_) => None,
    }
}

/// The package of a case, if one was made.
pub(super) fn package(view: &View<'_>, file: &CaseFile) -> Result<Option<PackageFacts>, FlowError> {
    let size_bytes = file.end(view)?.map_or(0, |end| end.package_bytes);
    let newest = view.packages_of(file.id)?.into_iter().next_back();
    Ok(newest.map(|row| PackageFacts {
        number: row.number,
        sha256: row.hash,
        size_bytes,
        expires_s: row.expires_s,
        taken_s: row.taken_s,
    }))
}
