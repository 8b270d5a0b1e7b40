//! What an authority adds to a defective order.

use super::receive::receipt_hash;
use super::{FlowError, Office, act};
use crate::case::{CaseFile, Filed, State, note, timer};
use crate::documents::{DocumentError, Upload};
use crate::secrets::nonce;
use crate::validity::Question;
use heliograph_desk_store::{Place, Sealed};

/// Why nothing was added.
#[derive(Debug, thiserror::Error)]
pub enum CorrectError {
    /// Nothing was asked for, or its time is over.
    #[error("nothing is missing now")]
    NothingMissing,
    /// The documents are not acceptable.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Something failed here.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl Office {
    /// Adds documents to a case whose authority was asked for them; `None` when no receipt has this
    /// secret. The case goes back to its officers: what they found about the form of the order is
    /// asked again.
    ///
    /// The log has committed to the documents that came first, so these are kept beside them. All
    /// of it is one commit.
    pub fn correct(
        &self,
        secret: &str,
        uploads: &[Upload],
        now_s: u64,
    ) -> Result<Option<()>, CorrectError> {
        let hash = receipt_hash(secret);
        let found = self.desk.view(|view| view.case_by_receipt(&hash));
        let Some(row) = found.map_err(FlowError::from)? else {
            return Ok(None);
        };
        let file = self.load(row.id)?;
        let open = self.desk.view(|view| open_until(view, &file));
        if open?.is_none_or(|(_, due_s)| due_s <= now_s) {
            return Err(CorrectError::NothingMissing);
        }
        let position = file.documents.list().len() + file.added().len();
        let added = file.documents.add(file.added(), uploads)?;
        let filed = Filed {
            added,
            ..file.filed.clone()
        };
        self.add(&file, &filed, position, uploads, now_s)?;
        Ok(Some(()))
    }

    fn add(
        &self,
        file: &CaseFile,
        filed: &Filed,
        position: usize,
        uploads: &[Upload],
        now_s: u64,
    ) -> Result<(), FlowError> {
        let (case, texts) = (file.id, file.keys.texts());
        let order = self.sealed(&texts, Place::Order(case), filed);
        let form = Place::Finding(case, Question::Form.word().to_owned());
        self.desk.act(&act(None, "correct", case), now_s, |step| {
            step.put_sealed(&order)?;
            for (number, upload) in (position..).zip(uploads) {
                let place = Place::Document(case, number as u16);
                let nonce = nonce(&*self.entropy);
                step.put_sealed(&Sealed::seal(&texts, nonce, place, &upload.bytes))?;
            }
            step.erase_sealed(&file.note(note::CORRECTION))?;
            step.erase_sealed(&form)?;
            step.finish_timer(case, &timer::token(timer::CORRECTION), now_s)?;
            step.advance(case, file.version(), &State::InReview.token(), now_s)?;
            Ok(())
        })
    }
}

/// What the authority of a case is asked to add, and by when in Unix seconds.
pub(super) fn open_until(
    view: &heliograph_desk_store::View<'_>,
    file: &CaseFile,
) -> Result<Option<(String, u64)>, FlowError> {
    if file.state != State::InReview {
        return Ok(None);
    }
    let what: Option<String> =
        crate::case::read(view, &file.note(note::CORRECTION), &file.keys.texts())?;
    let timers = view.timers_of(file.id)?;
    let mut running = timers
        .iter()
        .filter(|timer| timer.kind.as_str() == timer::CORRECTION && timer.done_s.is_none());
    Ok(what.zip(running.next().map(|timer| timer.due_s)))
}
