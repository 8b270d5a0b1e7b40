//! Where a case stands, and everything that is stored of it.

use crate::documents::{Document, Documents};
use crate::order::{Asked, FormError, OrderForm, log_fields};
use crate::person::{Proven, Subject};
use crate::recognition::Rung;
use crate::registry::AuthorityDetails;
use crate::secrets::{CaseKeys, CaseSecrets, SecretsError, desk_texts};
use heliograph_desk_store::{
    CaseId, CaseRow, DeskError, LogEntry, Place, Sealed, Token, UserId, View,
};
use heliograph_transparency::case::{Fields, MalformedField};
use heliograph_transparency::entry::Outcome;
use heliograph_vault::record::{SealedRecord, VerifiedRecord};
use heliograph_vault::seal::SealKey;
use heliograph_vault::secrets::UserCommitment;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// The states of a case. They only ever move down this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum State { $($(#[$doc])* $name,)+ }

        impl State {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its word in the database.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

states! {
    /// It is stored, its receipt was given, and it waits for its slot in the log.
    Received = "received",
    /// Its request is in the log; officers answer the questions.
    InReview = "in-review",
    /// It is admissible, its records are gathered, and officers are asked to approve.
    AwaitingApprovals = "awaiting-approvals",
    /// Officers have preserved its records; an order to disclose may follow.
    Preserved = "preserved",
    /// Enough officers approve: the opening is to be logged.
    Approved = "approved",
    /// The opening is in the log: custodians are to be asked.
    Opened = "opened",
    /// How it ended is decided, its package (if there is one) is made; the end is to be logged.
    Ending = "ending",
    /// Its end is in the log. Reveal and notice may be outstanding.
    Ended = "ended",
    /// It is revealed, and the person was told if there was something to tell.
    Finished = "finished",
}

impl State {
    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.word() == word)
    }

    pub(crate) fn token(self) -> Token {
        Token::parse(self.word()).expect("states are plain words")
    }
}

/// The kinds of timers that a case has.
pub mod timer {
    use heliograph_desk_store::Token;

    /// The request is to be entered in the log.
    pub const ENTRY: &str = "entry";
    /// The request is to be answered.
    pub const ANSWER: &str = "answer";
    /// A defective order is to be corrected.
    pub const CORRECTION: &str = "correction";
    /// An emergency needs its judicial order.
    pub const JUDICIAL_ORDER: &str = "judicial-order";
    /// Officers are to look at a gag: extend it or let it end.
    pub const GAG_REVIEW: &str = "gag-review";
    /// A preservation ends.
    pub const PRESERVATION: &str = "preservation";
    /// An opening that custodians do not answer is given up.
    pub const OPENING: &str = "opening";

    pub(crate) fn token(kind: &str) -> Token {
        Token::parse(kind).expect("timers are plain words")
    }
}

/// What arrived, as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filed {
    pub form: OrderForm,
    pub documents: Documents,
    pub received_s: u64,
    pub authority: u64,
    pub authority_version: u32,
    /// How the sender was recognised: the word of a [`Rung`].
    pub channel: String,
    /// The request that this one continues, by the index of its entry.
    pub follows: Option<u64>,
    /// Documents that the authority added when it was asked to. What the log commits to came
    /// before them.
    #[serde(default)]
    pub added: Vec<Document>,
}

/// What officers are asked about, as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prepared {
    pub user: i64,
    /// The person as records name people.
    pub commitment: [u8; 32],
    pub proven: Proven,
    /// The sealed records, in the order of the bundle.
    pub records: Vec<Vec<u8>>,
    /// Index of the `vault` entry, and how many leaves its tree has.
    pub vault: (u64, u64),
    /// Of each record, its position under the vault root and the path.
    pub places: Vec<(u64, Vec<[u8; 32]>)>,
    /// Index of the `preserve` entry that kept the records.
    pub preserved: Option<u64>,
    /// An age recipient, or `passphrase`.
    pub recipient: String,
    pub fingerprint: [u8; 32],
}

impl Prepared {
    pub fn user(&self) -> UserId {
        UserId(self.user)
    }

    pub fn commitment(&self) -> UserCommitment {
        UserCommitment(self.commitment)
    }

    /// The records, with their proofs checked again.
    pub fn verified(&self) -> Result<Vec<VerifiedRecord>, LoadError> {
        let verify = |bytes: &Vec<u8>| {
            let record = SealedRecord::parse(bytes).map_err(|_| LoadError::Record)?;
            record.verify().map_err(|_| LoadError::Record)
        };
        self.records.iter().map(verify).collect()
    }
}

/// How a case ends, as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    /// The word of an [`Outcome`].
    pub outcome: String,
    /// The reasoning, for the file.
    pub note: String,
    /// When it was decided: the end of the hours that a reveal tells.
    pub at_s: u64,
    /// The size of the package, if there is one: what is left of it once it was fetched.
    #[serde(default)]
    pub package_bytes: u64,
}

impl End {
    pub fn outcome(&self) -> Result<Outcome, LoadError> {
        Outcome::from_word(&self.outcome).ok_or(LoadError::Corrupt("end"))
    }
}

/// Names of the sealed notes of a case.
pub(crate) mod note {
    pub const PREPARED: &str = "prepared";
    pub const END: &str = "end";
    pub const PASSPHRASE: &str = "passphrase";
    pub const LIFTED: &str = "lifted";
    pub const CORRECTION: &str = "correction";
    pub const RECEIPT: &str = "receipt";
}

/// Why a case could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] DeskError),
    /// The keeper does not give the case's key.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A text does not open, or does not hold what it must.
    #[error("the {0} of the case cannot be read")]
    Corrupt(&'static str),
    /// A record of the case is not what it was.
    #[error("a record of the case is not what it was")]
    Record,
    /// What was accepted once is refused now.
    #[error("the order of the case cannot be read: {0}")]
    Form(#[from] FormError),
    /// A field of the request does not fit.
    #[error(transparent)]
    Field(#[from] MalformedField),
}

/// A case with everything that it consists of.
pub struct CaseFile {
    /// Its id.
    pub id: CaseId,
    /// Where it stands.
    pub state: State,
    /// What was asked.
    pub asked: Asked,
    /// Who asked.
    pub authority: AuthorityDetails,
    /// The documents of the order.
    pub documents: Documents,
    pub(crate) row: CaseRow,
    pub(crate) keys: CaseKeys,
    pub(crate) filed: Filed,
    pub(crate) entries: Vec<LogEntry>,
}

impl CaseFile {
    /// Reads a case.
    pub(crate) fn load(
        view: &View<'_>,
        secrets: &dyn CaseSecrets,
        id: CaseId,
    ) -> Result<Self, LoadError> {
        let row = view.case(id)?;
        let state = State::from_word(row.state.as_str()).ok_or(LoadError::Corrupt("state"))?;
        let keys = CaseKeys::of(secrets, id)?;
        let filed: Filed =
            read(view, &Place::Order(id), &keys.texts())?.ok_or(LoadError::Corrupt("order"))?;
        let place = Place::Authority(filed.authority, filed.authority_version);
        let authority: AuthorityDetails =
            read(view, &place, &desk_texts(secrets)?)?.ok_or(LoadError::Corrupt("authority"))?;
        Ok(Self {
            id,
            state,
            asked: Asked::parse(&filed.form, filed.received_s)?,
            authority,
            documents: filed.documents.clone(),
            row,
            keys,
            filed,
            entries: view.log_entries_of(id)?,
        })
    }

    /// The version that the next step is decided on.
    pub fn version(&self) -> u64 {
        self.row.version
    }

    /// When the order arrived.
    pub fn received_s(&self) -> u64 {
        self.filed.received_s
    }

    /// Documents that the authority added when it was asked to. They follow
    /// [`documents`](Self::documents) in the numbers of documents.
    pub fn added(&self) -> &[Document] {
        &self.filed.added
    }

    /// How the sender was recognised; none when the word is one of a later version.
    pub fn rung(&self) -> Option<Rung> {
        Rung::from_word(&self.filed.channel)
    }

    /// What was filled in.
    pub fn form(&self) -> &OrderForm {
        &self.filed.form
    }

    /// The authority's number in the registry.
    pub fn authority_id(&self) -> u64 {
        self.filed.authority
    }

    /// What the request commits to.
    pub fn fields(&self) -> Result<Fields, LoadError> {
        let fields = log_fields(
            &self.asked,
            &self.authority,
            &self.documents,
            self.filed.received_s,
        );
        Ok(fields?)
    }

    /// The index of the newest entry of a kind that the log has of this case.
    pub fn logged(&self, kind: &str) -> Option<u64> {
        let logged = self
            .entries
            .iter()
            .filter(|entry| entry.kind.as_str() == kind);
        logged.filter_map(|entry| entry.entry).next_back()
    }

    /// Who the case is about, once looked up.
    pub(crate) fn subject(&self, view: &View<'_>) -> Result<Option<Subject>, LoadError> {
        read(view, &Place::Target(self.id), &self.keys.texts())
    }

    pub(crate) fn prepared(&self, view: &View<'_>) -> Result<Option<Prepared>, LoadError> {
        read(view, &self.note(note::PREPARED), &self.keys.texts())
    }

    pub(crate) fn end(&self, view: &View<'_>) -> Result<Option<End>, LoadError> {
        read(view, &self.note(note::END), &self.keys.texts())
    }

    pub(crate) fn note(&self, name: &str) -> Place {
        Place::Note(self.id, name.to_owned())
    }
}

/// Reads the text at a place.
pub(crate) fn read<T: DeserializeOwned>(
    view: &View<'_>,
    place: &Place,
    key: &SealKey,
) -> Result<Option<T>, LoadError> {
    let Some(sealed) = view.sealed(place)? else {
        return Ok(None);
    };
    open(&sealed, key).map(Some)
}

/// Opens a sealed text.
pub(crate) fn open<T: DeserializeOwned>(sealed: &Sealed, key: &SealKey) -> Result<T, LoadError> {
    let text = sealed.open(key).map_err(|_| LoadError::Corrupt("text"))?;
    serde_json::from_slice(&text).map_err(|_| LoadError::Corrupt("text"))
}
