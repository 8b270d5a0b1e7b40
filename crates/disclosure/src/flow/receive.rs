//! Arrival: a case and a signed receipt for an authority that showed to be one of the registry,
//! quarantine for everyone else.

use super::sender::Sender;
use super::{FlowError, Office};
use crate::case::{Filed, State, note, timer};
use crate::documents::{DocumentError, Documents, Upload};
use crate::order::{Asked, FormError, OrderForm, log_fields, wrong};
use crate::package::hex;
use crate::registry::{self, AuthorityDetails};
use crate::secrets::{CaseKeys, desk_texts, draw, nonce};
use crate::timers;
use heliograph_desk_store::{
    Act, CaseId, IntakeId, IntakeState, NewCase, Place, Sealed, StaffId, Token,
};
use heliograph_transparency::entry::{Minute, Priority};
use heliograph_transparency::note::Note;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What the sender takes home.
pub struct Receipt {
    /// Opens the receipt page: 40 hexadecimal digits. It is shown once and kept nowhere.
    pub secret: Zeroizing<String>,
    /// A signed note: what was received when, and what the log will commit to. With it an
    /// authority can show that a request was never entered.
    pub note: String,
}

/// What became of something that was handed in.
pub enum Received {
    /// It is a case.
    Case(CaseId, Receipt),
    /// Its sender is not registered, so someone has to look at it first.
    Quarantined(IntakeId),
}

/// Why something was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The form is filled in wrongly.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The documents are not acceptable.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Something failed here.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

impl Office {
    /// Takes an order in. `follows` is the index of the request that it continues.
    pub fn receive(
        &self,
        sender: &Sender,
        form: &OrderForm,
        uploads: &[Upload],
        follows: Option<u64>,
        now_s: u64,
    ) -> Result<Received, ReceiveError> {
        let asked = Asked::parse(form, now_s)?;
        let documents = Documents::check(uploads)?;
        self.check_open()?;
        if follows.is_some_and(|entry| entry >= self.with_log(|log| log.ledger().size())) {
            return Err(wrong("follows", "is no entry of the log").into());
        }
        let Some(recognised) = self.recognised(sender, uploads, now_s)? else {
            let id = self.quarantine(sender, form, documents, uploads, follows, now_s)?;
            return Ok(Received::Quarantined(id));
        };
        let filed = Filed {
            form: form.clone(),
            documents,
            received_s: now_s,
            authority: recognised.authority,
            authority_version: recognised.version,
            channel: recognised.rung.word().to_owned(),
            follows,
            added: Vec::new(),
        };
        let details = &recognised.details;
        let (case, receipt) = self.file(None, &filed, &asked, details, uploads, None)?;
        Ok(Received::Case(case, receipt))
    }

    /// Nothing is taken in before there is a policy, by which it is answered, and officers, who
    /// could.
    fn check_open(&self) -> Result<(), FlowError> {
        self.with_log(|log| {
            let ledger = log.ledger();
            ledger
                .registry()
                .policy()
                .ok_or(FlowError::NotSetUp("policy"))?;
            ledger.officers().ok_or(FlowError::NotSetUp("officers"))?;
            Ok(())
        })
    }

    /// The version of an authority that may send orders now, and its row.
    pub(super) fn in_force(
        &self,
        id: u64,
        now_s: u64,
    ) -> Result<Option<(u32, AuthorityDetails)>, FlowError> {
        let texts = desk_texts(&*self.secrets)?;
        self.desk.view(|view| {
            let version = view.authority_in_force(id, now_s)?;
            if registry::Standing::of(version.as_ref(), now_s) != registry::Standing::InForce {
                return Ok(None);
            }
            let Some(version) = version else {
                return Ok(None);
            };
            let place = Place::Authority(id, version.version);
            let details: Option<AuthorityDetails> = crate::case::read(view, &place, &texts)?;
            Ok(details.map(|details| (version.version, details)))
        })
    }

    /// Stores a case with its documents, and decides on what it came from in the same commit.
    pub(super) fn file(
        &self,
        staff: Option<StaffId>,
        filed: &Filed,
        asked: &Asked,
        details: &AuthorityDetails,
        uploads: &[Upload],
        intake: Option<IntakeId>,
    ) -> Result<(CaseId, Receipt), FlowError> {
        let now_s = filed.received_s;
        let id = CaseId(draw(&*self.entropy));
        let keys = CaseKeys::of(&*self.secrets, id)?;
        let texts = keys.texts();
        let fields = log_fields(asked, details, &filed.documents, now_s)?;
        let secret = Zeroizing::new(hex(&draw::<20>(&*self.entropy)));
        let receipt = Receipt {
            note: self.receipt_note(now_s, &fields.root(&keys.log()).to_string())?,
            secret,
        };
        let priority = asked.head().priority;
        let answer_due_s = self.answer_due_s(now_s, priority)?;
        let order = self.sealed(&texts, Place::Order(id), filed);
        let place = Place::Note(id, note::RECEIPT.to_owned());
        let note = self.sealed(&texts, place, &receipt.note);
        let act = Act {
            staff,
            name: Token::parse("receive")?,
            case: Some(id),
        };
        self.desk.act(&act, now_s, |step| {
            step.create_case(&NewCase {
                id,
                state: State::Received.token(),
                priority: Token::parse(priority.word())?,
                receipt_hash: receipt_hash(&receipt.secret),
                received_s: now_s,
            })?;
            step.put_sealed(&order)?;
            step.put_sealed(&note)?;
            if let Some(intake) = intake {
                step.decide_intake(intake, IntakeState::Accepted)?;
            }
            for (position, upload) in uploads.iter().enumerate() {
                let place = Place::Document(id, position as u16);
                step.put_sealed(&Sealed::seal(
                    &texts,
                    nonce(&*self.entropy),
                    place,
                    &upload.bytes,
                ))?;
            }
            let entry_due_s = timers::entry_due_s(now_s, priority);
            step.set_timer(id, &timer::token(timer::ENTRY), entry_due_s)?;
            step.set_timer(id, &timer::token(timer::ANSWER), answer_due_s)
        })?;
        Ok((id, receipt))
    }

    fn answer_due_s(&self, received_s: u64, priority: Priority) -> Result<u64, FlowError> {
        self.with_log(|log| {
            let policy = log.ledger().registry().policy();
            let policy = policy.ok_or(FlowError::NotSetUp("policy"))?;
            Ok(timers::answer_due_s(received_s, priority, &policy.policy))
        })
    }

    fn receipt_note(&self, now_s: u64, root: &str) -> Result<String, FlowError> {
        let origin = &self.origin;
        let received = Minute::of_unix(now_s);
        let text = format!("heliograph-receipt/1\n{origin}\nreceived {received}\nfields {root}\n");
        Ok(Note::signed(text, &self.signer)?.to_string())
    }
}

/// What the database keeps of a receipt's secret.
pub(super) fn receipt_hash(secret: &str) -> [u8; 32] {
    Sha256::new_with_prefix(b"hg/receipt/v1")
        .chain_update(secret)
        .finalize()
        .into()
}
