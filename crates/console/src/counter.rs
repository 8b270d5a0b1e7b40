//! The desk as authorities meet it.

use heliograph_disclosure::documents::{DocumentError, Upload};
use heliograph_disclosure::order::{FormError, OrderForm};
use heliograph_disclosure::recognition::Rung;
use heliograph_transparency::entry::{Outcome, Priority};
use std::error::Error;

/// Who hands something in, by their own words. Nothing here is proven but by the access key or
/// the signatures:
/// officers compare it with the registry, and call back.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The number in the registry that they give.
    pub authority: Option<u64>,
    /// Name of the authority.
    pub name: String,
    /// Its country, ISO 3166-1 alpha-2 or `XI`.
    pub country: String,
    /// `court`, `prosecutor`, `police` or `other`.
    pub class: String,
    /// How officers reach a sender who is not in the registry, to enter it there.
    pub contact: String,
    /// The access key as it was typed, by which an authority of the registry is recognised.
    pub access_key: String,
    /// Signatures under the documents as they were pasted, by which it is recognised as well.
    pub signatures: String,
}

/// By which way something came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The page.
    Page,
    /// The JSON interface.
    Api,
}

/// A request with everything that came with it.
pub struct HandedIn {
    /// From whom.
    pub sender: Sender,
    /// By which way.
    pub channel: Channel,
    /// The index of the request that it continues: an order after a preservation.
    pub follows: Option<u64>,
    /// What is asked.
    pub form: OrderForm,
    /// The documents of the order.
    pub documents: Vec<Upload>,
}

/// What became of it.
pub enum Taken {
    /// It is a case. The secret opens its receipt page, is shown to the sender and kept nowhere.
    Case {
        /// Letters, digits, `-` and `_` only.
        secret: String,
    },
    /// Its sender is not in the registry: someone has to look at it first.
    Quarantined {
        /// What to name on the telephone.
        reference: String,
    },
}

/// Where a case stands for its authority. The states only ever move down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It waits to be entered in the log.
    Received,
    /// Officers examine it.
    Examined,
    /// It is admissible, officers are asked to approve.
    Approving,
    /// Its records are preserved; an order to disclose may follow.
    Preserved,
    /// Its package is being made.
    Opening,
    /// It has ended.
    Ended,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::Examined,
        Self::Approving,
        Self::Preserved,
        Self::Opening,
        Self::Ended,
    ];

    /// Its word in the JSON interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Examined => "examined",
            Self::Approving => "approving",
            Self::Preserved => "preserved",
            Self::Opening => "opening",
            Self::Ended => "ended",
        }
    }
}

/// Something that the authority must add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What, in an officer's words.
    pub what: String,
    /// By when, in Unix seconds.
    pub due_s: u64,
}

/// A sealed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size.
    pub size_bytes: u64,
    /// From then on it cannot be fetched, in Unix seconds.
    pub expires_s: u64,
    /// When it was fetched.
    pub taken_s: Option<u64>,
}

/// Everything that the receipt page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where the case stands.
    pub stage: Stage,
    /// How soon it is answered.
    pub priority: Priority,
    /// When it arrived, in Unix seconds.
    pub received_s: u64,
    /// How its sender was recognised.
    pub rung: Option<Rung>,
    /// By when it is answered, in Unix seconds.
    pub answer_due_s: u64,
    /// The index of its `request` entry.
    pub request: Option<u64>,
    /// What must be added.
    pub missing: Option<Missing>,
    /// How it ended, once that is in the log.
    pub outcome: Option<Outcome>,
    /// What else is said of how it ended.
    pub statement: Option<String>,
    /// The package, if there is one.
    pub package: Option<Package>,
    /// The signed receipt: a note over what was received when, and what the log will commit to.
    pub receipt: String,
}

/// Why the desk does not take something.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// The form is filled in wrongly.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The documents are not acceptable.
    #[error(transparent)]
    Documents(#[from] DocumentError),
    /// The desk has no policy or no officers yet.
    #[error("the desk is not open yet")]
    NotOpen,
    /// The quarantine is full.
    #[error("too much is waiting to be looked at")]
    Full,
    /// Nothing is missing, or not any more.
    #[error("nothing can be added to the request now")]
    NothingMissing,
    /// Something failed inside.
    #[error("the desk failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// The counter of the desk. Calls block.
///
/// A secret that was never given out, one of a case that is forgotten, and one that is malformed
/// are all answered with `None`, after the same work.
pub trait Counter: Send + Sync + 'static {
    /// Takes something in. The signed receipt exists when this returns.
    fn hand_in(&self, request: HandedIn, now_s: u64) -> Result<Taken, CounterError>;

    /// Where the case stands whose receipt has this secret.
    fn standing(&self, secret: &str, now_s: u64) -> Result<Option<Standing>, CounterError>;

    /// Adds documents to a defective order.
    fn correct(
        &self,
        secret: &str,
        documents: Vec<Upload>,
        now_s: u64,
    ) -> Result<Option<()>, CounterError>;

    /// Hands out the sealed package, once. `None` also when there is none, when it was fetched
    /// before, and when it has expired.
    fn take_package(&self, secret: &str, now_s: u64) -> Result<Option<Vec<u8>>, CounterError>;
}
