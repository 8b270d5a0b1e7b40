//! Arrival: a case and a signed receipt for a registered authority, quarantine for everyone else.

use super::intake::Waiting;
use super::{FlowError, Office};
use crate::case::{CaseFile, Filed, State, note, timer};
use crate::documents::{DocumentError, Documents, Upload};
use crate::letters;
use crate::order::{Asked, FormError, OrderForm, log_fields};
use crate::package::hex;
use crate::registry::{self, AuthorityDetails};
use crate::secrets::{CaseKeys, desk_texts, draw, nonce};
use crate::timers;
use heliograph_desk_store::{
    Act, CaseId, IntakeId, IntakeState, NewCase, Place, Sealed, StaffId, Token,
};
use heliograph_transparency::entry::{Minute, Priority};
use heliograph_transparency::files::Base64;
use heliograph_transparency::note::Note;
use heliograph_transparency::tree::leaf_hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Who hands something in, as the portal has recognised them.
pub struct Sender {
    /// The authority's number, for a sender who showed to be one of the registry.
    pub authority: Option<u64>,
    /// How: `client-certificate`, `signature`, `login`, `call-back`, `none`.
    pub channel: Token,
}

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

/// Most of what waits in quarantine at one time: beyond it, senders who are not registered are
/// told to come back later.
pub const MAX_QUARANTINED: usize = 200;

/// What the receipt page shows.
pub struct Standing {
    /// Where the case stands.
    pub state: State,
    /// By when it is to be answered.
    pub answer_due_s: u64,
    /// The reason, when it was refused.
    pub refusal: Option<&'static str>,
    /// What the authority is asked to correct, and by when.
    pub correction: Option<(String, u64)>,
    /// The number of a package that can be fetched.
    pub package: Option<u32>,
}

/// What unknown senders handed in, as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quarantined {
    form: OrderForm,
    channel: String,
    documents: Vec<(String, Base64)>,
}

impl Quarantined {
    pub fn opened(self) -> Waiting {
        let documents = self.documents.into_iter();
        Waiting {
            form: self.form,
            channel: self.channel,
            documents: documents
                .map(|(name, Base64(bytes))| Upload { name, bytes })
                .collect(),
        }
    }
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
        let in_force = match sender.authority {
            Some(id) => self.in_force(id, now_s)?.map(|found| (id, found)),
            None => None,
        };
        let Some((authority, (authority_version, details))) = in_force else {
            let id = self.quarantine(sender, form, uploads, now_s)?;
            return Ok(Received::Quarantined(id));
        };
        let filed = Filed {
            form: form.clone(),
            documents,
            received_s: now_s,
            authority,
            authority_version,
            channel: sender.channel.to_string(),
            follows,
        };
        let (case, receipt) = self.file(None, &filed, &asked, &details, uploads, None)?;
        Ok(Received::Case(case, receipt))
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

    fn quarantine(
        &self,
        sender: &Sender,
        form: &OrderForm,
        uploads: &[Upload],
        now_s: u64,
    ) -> Result<IntakeId, FlowError> {
        let id = IntakeId(draw(&*self.entropy));
        let documents = uploads.iter();
        let body = Quarantined {
            form: form.clone(),
            channel: sender.channel.to_string(),
            documents: documents
                .map(|upload| (upload.name.clone(), Base64(upload.bytes.clone())))
                .collect(),
        };
        let body = self.sealed(&desk_texts(&*self.secrets)?, Place::Intake(id), &body);
        // A leaf that nobody can guess: the id is random.
        let hash = leaf_hash(&[b"hg/intake/v1".as_slice(), &id.0].concat()).0;
        let act = Act {
            staff: None,
            name: Token::parse("quarantine")?,
            case: None,
        };
        self.desk.act(&act, now_s, |step| {
            if step.intake_waiting()?.len() >= MAX_QUARANTINED {
                return Err(FlowError::NotSetUp("room in quarantine"));
            }
            step.put_intake(id, hash, now_s, &body)?;
            Ok(id)
        })
    }

    /// What the holder of a receipt's secret sees.
    pub fn standing(&self, secret: &str, now_s: u64) -> Result<Option<Standing>, FlowError> {
        self.desk.view(|view| {
            let Some(row) = view.case_by_receipt(&receipt_hash(secret))? else {
                return Ok(None);
            };
            let file = CaseFile::load(view, &*self.secrets, row.id)?;
            let timers = view.timers_of(row.id)?;
            let answer = timers
                .iter()
                .find(|timer| timer.kind.as_str() == timer::ANSWER);
            // Not before it is in the log.
            let public = file.state >= State::Ended;
            let end = file.end(view)?.filter(|_| public);
            let outcome = end.map(|end| end.outcome()).transpose()?;
            let mut packages = view.packages_of(row.id)?.into_iter();
            let package = packages
                .find(|package| public && package.taken_s.is_none() && now_s < package.expires_s);
            let asked: Option<String> =
                crate::case::read(view, &file.note(note::CORRECTION), &file.keys.texts())?;
            let mut corrections = timers
                .iter()
                .filter(|timer| timer.kind.as_str() == timer::CORRECTION && timer.done_s.is_none());
            let due_s = corrections.next().map(|timer| timer.due_s);
            Ok(Some(Standing {
                state: file.state,
                correction: asked.zip(due_s),
                answer_due_s: answer.map_or(row.received_s, |timer| timer.due_s),
                refusal: outcome.and_then(letters::refusal),
                package: package.map(|package| package.number),
            }))
        })
    }
}

/// What the database keeps of a receipt's secret.
pub(super) fn receipt_hash(secret: &str) -> [u8; 32] {
    Sha256::new_with_prefix(b"hg/receipt/v1")
        .chain_update(secret)
        .finalize()
        .into()
}
