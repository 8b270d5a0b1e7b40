//! The desk as its officers work at it.

use crate::counter::{Package, Sender};
use heliograph_desk_store::{CaseId, IntakeId, StaffId};
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::case::State;
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::order::OrderForm;
use heliograph_disclosure::recognition::Rung;
use heliograph_disclosure::registry::{AuthorityDetails, Standing};
use heliograph_disclosure::validity::{Decision, Facts, Finding, Question};
use heliograph_transparency::entry::{Body, Change, Day, Entry, Outcome, Priority, Signed};
use std::error::Error;

/// Who does something: by the id that audit records name, and the name that colleagues see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id.
    pub id: StaffId,
    /// The name.
    pub name: String,
}

/// Something of a case that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The kind of timer, a word of the desk's (`answer`, `correction`, `gag-review`, …).
    pub kind: String,
    /// When, in Unix seconds.
    pub due_s: u64,
    /// When it was done.
    pub done_s: Option<u64>,
}

/// A case in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Its id.
    pub id: CaseId,
    /// Where it stands.
    pub state: State,
    /// How soon it must be answered.
    pub priority: Priority,
    /// When it arrived, in Unix seconds.
    pub received_s: u64,
    /// The authority's name.
    pub authority: String,
    /// The authority's file reference.
    pub file_reference: String,
    /// What is due next.
    pub next: Option<Due>,
}

/// Something in quarantine.
#[derive(Clone, PartialEq, Eq)]
pub struct QuarantineLine {
    /// Its id.
    pub id: IntakeId,
    /// When it came, in Unix seconds.
    pub received_s: u64,
    /// From whom, in their own words.
    pub sender: Sender,
    /// Names in the registry that the sender's could be mistaken for.
    pub look_alikes: Vec<String>,
}

/// Everything on the desk.
#[derive(Clone, Default)]
pub struct Desk {
    /// Cases that are not finished, and those that ended lately.
    pub cases: Vec<CaseLine>,
    /// What unknown senders handed in.
    pub quarantine: Vec<QuarantineLine>,
}

/// What is known of a document without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// The sender's name for it.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// Something in quarantine, opened.
pub struct Quarantined {
    /// What the list shows.
    pub line: QuarantineLine,
    /// What is asked.
    pub form: OrderForm,
    /// The documents.
    pub documents: Vec<DocumentLine>,
}

/// Where the approvals of a case stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// The officers who approve, by the names in the log.
    pub approve: Vec<String>,
    /// Those who refuse, with the word of their reason.
    pub refuse: Vec<(String, String)>,
    /// How many must approve.
    pub need: u8,
}

/// What an opening would disclose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Whether the number is among the records.
    pub phone: bool,
    /// How many records of addresses there are.
    pub addresses: usize,
}

/// A notice to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeLine {
    /// When it is to be carried, in Unix seconds.
    pub due_s: u64,
    /// When it was.
    pub carried_s: Option<u64>,
}

/// A case, opened.
pub struct CaseView {
    /// Its id.
    pub id: CaseId,
    /// Where it stands.
    pub state: State,
    /// When it arrived, in Unix seconds.
    pub received_s: u64,
    /// How the sender was recognised.
    pub rung: Option<Rung>,
    /// Who asks, as registered.
    pub authority: AuthorityDetails,
    /// The authority's number in the registry.
    pub authority_id: u64,
    /// What is asked.
    pub form: OrderForm,
    /// Why it is beyond the desk, where it is.
    pub beyond: Option<Outcome>,
    /// The documents.
    pub documents: Vec<DocumentLine>,
    /// What the machine knows.
    pub facts: Facts,
    /// The answers so far.
    pub findings: Vec<Finding>,
    /// What they come to.
    pub decision: Decision,
    /// What was gathered for officers to approve.
    pub prepared: Option<Prepared>,
    /// Who has approved.
    pub approvals: Option<Approvals>,
    /// How it ended, or will as soon as that is logged.
    pub outcome: Option<Outcome>,
    /// The package.
    pub package: Option<Package>,
    /// Its timers.
    pub timers: Vec<Due>,
    /// Notices to the person.
    pub notices: Vec<NoticeLine>,
    /// Its entries in the log: kind and index.
    pub entries: Vec<(String, u64)>,
}

/// Something that an officer does with a case.
pub enum CaseAct {
    /// Answers a question.
    Answer {
        /// Which.
        question: Question,
        /// Yes.
        yes: bool,
        /// The reasoning.
        note: String,
    },
    /// Asks the authority to add what is missing, within five days.
    AskCorrection {
        /// What.
        what: String,
    },
    /// Looks the person up and gathers the records, or finds that there is nothing to gather.
    Prepare,
    /// Takes an officer's response in: the file that `heliograph-officer review` wrote.
    Respond {
        /// The file.
        response: Vec<u8>,
    },
    /// Opens an approved case.
    Open,
    /// Ends a case for a reason; also what counsel found of one that is out of desk.
    Refuse {
        /// The reason.
        outcome: Outcome,
        /// The reasoning, for the file.
        note: String,
    },
    /// Gives up an opening that does not come to an end.
    GiveUp {
        /// Why.
        note: String,
    },
    /// Ends a gag that a court has lifted.
    LiftGag {
        /// On what ground.
        note: String,
    },
}

impl CaseAct {
    /// Its word in audit records.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "do-answer",
            Self::AskCorrection { .. } => "do-ask-correction",
            Self::Prepare => "do-prepare",
            Self::Respond { .. } => "do-respond",
            Self::Open => "do-open",
            Self::Refuse { .. } => "do-refuse",
            Self::GiveUp { .. } => "do-give-up",
            Self::LiftGag { .. } => "do-lift-gag",
        }
    }
}

/// A decision that officers sign at their own machines, to be written down.
pub enum Draft {
    /// One that concerns no case: a country, a policy, a switch.
    Body(Box<Body>),
    /// Preserves the records of a case until a day.
    Preserve(CaseId, Day),
    /// Prolongs the gag of a case until a Monday, on the strength of these documents.
    ExtendGag(CaseId, Day, Vec<Upload>),
    /// Prolongs a preservation, once.
    ExtendPreservation(CaseId, Day, Vec<Upload>),
    /// Confirms that the judicial order of an emergency has come.
    Confirm(CaseId, Vec<Upload>),
    /// Puts off a notice that would endanger a person.
    DelayNotice(CaseId, Day, Vec<Upload>),
}

/// A decision that is in the log and has not taken effect; that is tried again by itself.
#[derive(Clone, Debug)]
pub struct WaitingDecision {
    /// The index of its entry.
    pub entry: u64,
    /// The case that it concerns, if it concerns one.
    pub case: Option<CaseId>,
    /// What was decided.
    pub decision: Entry,
}

/// The custodians that officers want from now on.
pub struct WantedRoster {
    /// How many must act together.
    pub threshold: u8,
    /// Name and address of each, as typed.
    pub custodians: Vec<(String, String)>,
    /// The cards of those who were on no roster before, as `heliograph custodian --init` printed
    /// them.
    pub cards: Vec<Upload>,
}

/// A roster of custodians that waits for its signatures.
pub struct RosterDraft {
    /// The text of the entry that officers sign.
    pub entry: Vec<u8>,
    /// Whose cards are new: name, and the eight words to compare with what they read aloud.
    pub newcomers: Vec<(String, String)>,
}

/// A row of the registry.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityLine {
    /// Its number.
    pub id: u64,
    /// What is known of it.
    pub details: AuthorityDetails,
    /// Whether it may send orders.
    pub standing: Standing,
    /// From when on this row counts, in Unix seconds.
    pub effective_s: u64,
    /// By when it must be verified anew, in Unix seconds.
    pub expires_s: u64,
    /// The index of its entry; none while it waits for signatures.
    pub entry: Option<u64>,
}

/// A change of the registry that waits for its signatures.
pub struct RegistryDraft {
    /// The text of the entry that two officers sign.
    pub entry: Vec<u8>,
    /// Names in the registry that the new one could be mistaken for.
    pub look_alikes: Vec<String>,
    /// The new access key, which is shown this once and kept nowhere.
    pub access_key: Option<String>,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum CaseworkError {
    /// There is no such case, document or row.
    #[error("there is nothing of that name")]
    Missing,
    /// The desk does not do this now: in words for the officer, naming nobody.
    #[error("{0}")]
    NotNow(String),
    /// Something failed inside.
    #[error("the desk failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// The desk. Calls block. The pages open an audit record before every call and close it after;
/// what a call does inside may leave further records.
pub trait Casework: Send + Sync + 'static {
    /// Everything on the desk.
    fn desk(&self, who: &Person, now_s: u64) -> Result<Desk, CaseworkError>;

    /// Something in quarantine.
    fn quarantined(
        &self,
        who: &Person,
        id: IntakeId,
        now_s: u64,
    ) -> Result<Quarantined, CaseworkError>;

    /// A document of something in quarantine, counted from 0.
    fn quarantined_document(
        &self,
        who: &Person,
        id: IntakeId,
        position: usize,
        now_s: u64,
    ) -> Result<Upload, CaseworkError>;

    /// Makes a case of something in quarantine, for an authority of the registry, or drops it. A
    /// new case has a receipt: the answer is its secret, which is handed to the authority and kept
    /// nowhere.
    fn decide_quarantined(
        &self,
        who: &Person,
        id: IntakeId,
        authority: Option<u64>,
        now_s: u64,
    ) -> Result<Option<String>, CaseworkError>;

    /// A case.
    fn case(&self, who: &Person, id: CaseId, now_s: u64) -> Result<CaseView, CaseworkError>;

    /// A document of a case, counted from 0.
    fn document(
        &self,
        who: &Person,
        id: CaseId,
        position: usize,
        now_s: u64,
    ) -> Result<Upload, CaseworkError>;

    /// The bundle of a case, for an officer who holds the log's first `from` entries.
    fn bundle(
        &self,
        who: &Person,
        id: CaseId,
        from: u64,
        now_s: u64,
    ) -> Result<Vec<u8>, CaseworkError>;

    /// The passphrase that is read out in the call-back.
    fn passphrase(&self, who: &Person, id: CaseId, now_s: u64) -> Result<String, CaseworkError>;

    /// Does something with a case.
    fn act(&self, who: &Person, id: CaseId, act: CaseAct, now_s: u64) -> Result<(), CaseworkError>;

    /// Writes down a decision, for officers to sign.
    fn draft(&self, who: &Person, draft: Draft, now_s: u64) -> Result<Vec<u8>, CaseworkError>;

    /// Writes down the next roster of custodians, for officers to sign.
    fn draft_roster(
        &self,
        who: &Person,
        wanted: WantedRoster,
        now_s: u64,
    ) -> Result<RosterDraft, CaseworkError>;

    /// The decisions that are in the log and have not taken effect.
    fn waiting(&self, who: &Person, now_s: u64) -> Result<Vec<WaitingDecision>, CaseworkError>;

    /// Enters a decision in the log, with its signatures; answers with the entry's index.
    fn complete(
        &self,
        who: &Person,
        entry: &[u8],
        by: Vec<Signed>,
        now_s: u64,
    ) -> Result<u64, CaseworkError>;

    /// The registry: of each authority the row that counts, and those that wait.
    fn authorities(&self, who: &Person, now_s: u64) -> Result<Vec<AuthorityLine>, CaseworkError>;

    /// Writes down a change of the registry; `id` is `None` for a new authority. What `details` say
    /// of an access key is replaced by what `key` asks for.
    fn change_registry(
        &self,
        who: &Person,
        id: Option<u64>,
        action: Change,
        details: AuthorityDetails,
        key: KeyChange,
        now_s: u64,
    ) -> Result<RegistryDraft, CaseworkError>;
}
