//! Bundle, response, ask and answer: the files of one case.

use serde::{Deserialize, Serialize};

use super::base64::{Base64, Fixed};
use super::{FileError, LogUpdate, MAX_DOCUMENTS_BYTES, MAX_RECORDS, read, write};
use crate::approval::{SignedApproval, hex};
use crate::case::{Field, Fields};

/// Declares the type of a `format` member, which has one value.
macro_rules! format_name {
    ($name:ident, $text:literal) => {
        #[doc = concat!("The format `", $text, "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            /// Version 1.
            #[serde(rename = $text)]
            V1,
        }
    };
}

format_name!(BundleFormat, "heliograph-bundle/1");
format_name!(ResponseFormat, "heliograph-response/1");
format_name!(AskFormat, "heliograph-ask/1");
format_name!(AnswerFormat, "heliograph-answer/1");
format_name!(RefusalFormat, "heliograph-refusal/1");

// Members that may be null have `deserialize_with`: without it they could be absent as well, and
// one file would have two texts.

/// From the desk to an officer, for one case.
///
/// Before it is believed: [`Bundle::log`] advances the officer's own replica; the request is one
/// of that ledger and not closed; [`Bundle::fields`] hash to its root; the documents hash to the
/// field `order`; every record's proof holds, its label names the same person, and it stands under
/// a root of the vault that was logged before; the fingerprint is the one of the delivery key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Says what the file is.
    pub format: BundleFormat,
    /// The log's name.
    pub origin: String,
    /// What brings the officer's replica forward.
    pub log: LogUpdate,
    /// Index of the request.
    pub request: u64,
    /// All twelve fields, in their order.
    pub fields: Vec<BundleField>,
    /// The order's documents.
    pub documents: Vec<BundleDocument>,
    /// Documents that the authority added when it was asked to. The log does not commit to them;
    /// the member is left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<BundleDocument>,
    /// About whom, where somebody was found.
    #[serde(deserialize_with = "Option::deserialize")]
    pub person: Option<BundlePerson>,
    /// Sealed records.
    pub records: Vec<Base64>,
    /// Where the records stand in the vault.
    pub vault: BundleVault,
    /// Index of the `preserve` entry that kept the records.
    #[serde(deserialize_with = "Option::deserialize")]
    pub preserved: Option<u64>,
    /// How the package will reach the authority.
    pub delivery: BundleDelivery,
    /// What the desk has found, question by question.
    pub findings: Vec<BundleFinding>,
}

/// One field of a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleField {
    /// Its name.
    pub name: String,
    /// The salt of its commitment.
    pub salt: Fixed<32>,
    /// What the order says.
    pub value: String,
}

/// One document of an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleDocument {
    /// Its file name, for people; it is never used as a path.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Fixed<32>,
    /// Its bytes.
    pub bytes: Base64,
}

/// The person whose records these are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundlePerson {
    /// The account.
    pub user_id: i64,
    /// The person's secret, to which every record's label is bound.
    pub us: Fixed<32>,
}

/// Where records stand in the vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleVault {
    /// Index of the `vault` entry.
    pub entry: u64,
    /// How many records its root is over.
    pub size: u64,
    /// One for each record.
    pub places: Vec<Place>,
}

/// The place of a record under the root of the vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its position, counted from zero.
    pub position: u64,
    /// RFC 6962 inclusion proof.
    pub proof: Vec<Fixed<32>>,
}

/// How a package reaches the authority.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleDelivery {
    /// An age recipient, or `passphrase`.
    pub recipient: String,
    /// See [`crate::approval::recipient_fingerprint`] and
    /// [`crate::approval::passphrase_fingerprint`]; 64 small hexadecimal digits.
    pub fingerprint: String,
}

/// The answer to a question of validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingAnswer {
    /// It is so.
    Yes,
    /// It is not.
    No,
}

/// What the desk has found about one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleFinding {
    /// Which question.
    pub question: String,
    /// The answer.
    pub answer: FindingAnswer,
    /// Why.
    pub note: String,
    /// Who answered it.
    pub by: String,
}

impl Bundle {
    /// Reads a bundle, within the limits of the page.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        let bundle: Self = read(bytes)?;
        if bundle.records.len() > MAX_RECORDS {
            return Err(FileError::TooManyRecords);
        }
        let documents = bundle.documents.iter().chain(&bundle.added);
        let documents_bytes: usize = documents.map(|document| document.bytes.0.len()).sum();
        if documents_bytes > MAX_DOCUMENTS_BYTES {
            return Err(FileError::DocumentsTooLong);
        }
        if bundle.vault.places.len() != bundle.records.len() {
            return Err(FileError::Inconsistent(
                "there is not one place in the vault for each record",
            ));
        }
        fingerprint(&bundle.delivery.fingerprint)?;
        bundle.opened_fields()?;
        Ok(bundle)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    /// The values of the twelve fields, and the salts of their commitments.
    pub fn opened_fields(&self) -> Result<(Fields, [[u8; 32]; Field::ALL.len()]), FileError> {
        let wrong = FileError::Inconsistent("the fields are not the twelve of the page");
        let in_order = self.fields.iter().zip(Field::ALL);
        let named = in_order
            .clone()
            .all(|(own, field)| own.name == field.word());
        if self.fields.len() != Field::ALL.len() || !named {
            return Err(wrong);
        }
        let values = std::array::from_fn(|position| self.fields[position].value.clone());
        let salts = std::array::from_fn(|position| self.fields[position].salt.0);
        let fields = Fields::new(values).map_err(|_| wrong)?;
        Ok((fields, salts))
    }
}

/// Reads the hexadecimal form of a fingerprint.
pub(super) fn fingerprint(text: &str) -> Result<[u8; 32], FileError> {
    let wrong = || FileError::Inconsistent("a fingerprint is 64 small hexadecimal digits");
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
    }
    if hex(&bytes) == text {
        Ok(bytes)
    } else {
        Err(wrong())
    }
}

/// Checks that these name at least one of `records` records, and none twice.
fn positions(positions: &[u32], records: usize) -> Result<(), FileError> {
    let last = positions.last().map(|last| *last as usize);
    let ascending = positions.is_sorted_by(|a, b| a < b);
    if ascending && last.is_some_and(|last| last < records) {
        Ok(())
    } else {
        Err(FileError::Inconsistent(
            "positions are not ascending, or not those of records",
        ))
    }
}

/// From an officer to the desk.
///
/// Before it is believed: the signature holds over the approval that these members and the
/// request's own hashes make ([`crate::approval::Approval`]), by the Ed25519 key of that officer
/// in the `keys` entry named here, which is the newest; every partial's proof holds against that
/// officer's share point.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Says what the file is.
    pub format: ResponseFormat,
    /// The log's name.
    pub origin: String,
    /// Index of the request.
    pub request: u64,
    /// The officer's index.
    pub officer: u16,
    /// See [`crate::approval::Verdict::parse`].
    pub verdict: String,
    /// The last second in which it counts, in Unix time.
    pub not_after: u64,
    /// Root over the records' hashes.
    pub records_root: Fixed<32>,
    /// How many records.
    pub n: u32,
    /// Fingerprint of the delivery key.
    pub fingerprint: String,
    /// Index of the `keys` entry of the officers.
    pub officers: u64,
    /// The Ed25519 signature.
    pub signature: Fixed<64>,
    /// One partial decryption for each record; none in a refusal.
    pub partials: Vec<Base64>,
    /// How far the officer had read the log.
    pub checkpoint: ResponseCheckpoint,
}

/// Size and root of an officer's replica.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseCheckpoint {
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Fixed<32>,
}

impl Response {
    /// Reads a response.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        let response: Self = read(bytes)?;
        fingerprint(&response.fingerprint)?;
        let approves = match crate::approval::Verdict::parse(&response.verdict) {
            Some(crate::approval::Verdict::Approve) => true,
            Some(crate::approval::Verdict::Refuse(_)) => false,
            None => return Err(FileError::Inconsistent("the verdict is none of the page")),
        };
        let partials = if approves { response.n as usize } else { 0 };
        if response.partials.len() != partials {
            return Err(FileError::Inconsistent(
                "an approval has one partial for each record, a refusal none",
            ));
        }
        Ok(response)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }
}

/// From the desk to a custodian, which follows the log by itself.
///
/// Before it is answered: the `open` entry is in the custodian's own replica under a fresh,
/// witnessed checkpoint; the records hash to its root and are as many as it says; the approvals
/// hash to its root, each holds, is by a different officer of the set it names and is not too old;
/// every record's proof holds, and all labels name one person; the custodian has a share of the key
/// that each record at [`Ask::positions`] is sealed to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Says what the file is.
    pub format: AskFormat,
    /// The log's name.
    pub origin: String,
    /// Index of the `open` entry.
    pub open: u64,
    /// All sealed records of the opening.
    pub records: Vec<Base64>,
    /// Which of them this custodian is asked for, counted from zero, ascending. The others are
    /// sealed to keys of other custodians.
    pub positions: Vec<u32>,
    /// Fingerprint of the delivery key.
    pub fingerprint: String,
    /// By ascending officer.
    pub approvals: Vec<AskApproval>,
}

/// One officer's approval.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskApproval {
    /// The officer's index.
    pub officer: u16,
    /// The Ed25519 signature.
    pub signature: Fixed<64>,
    /// The last second in which it counts, in Unix time.
    pub not_after: u64,
}

impl From<AskApproval> for SignedApproval {
    fn from(approval: AskApproval) -> Self {
        Self {
            officer: approval.officer,
            signature: approval.signature.0,
            not_after_s: approval.not_after,
        }
    }
}

impl From<SignedApproval> for AskApproval {
    fn from(approval: SignedApproval) -> Self {
        Self {
            officer: approval.officer,
            signature: Fixed(approval.signature),
            not_after: approval.not_after_s,
        }
    }
}

impl Ask {
    /// Reads an ask.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        let ask: Self = read(bytes)?;
        if ask.records.len() > MAX_RECORDS {
            return Err(FileError::TooManyRecords);
        }
        fingerprint(&ask.fingerprint)?;
        positions(&ask.positions, ask.records.len())?;
        if !ask.approvals.is_sorted_by(|a, b| a.officer < b.officer) {
            return Err(FileError::Inconsistent(
                "approvals are not by ascending officer",
            ));
        }
        Ok(ask)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }
}

/// From a custodian to the desk. Before it is used, it must be for the positions that were asked
/// for, and every partial's proof is checked against the custodian's share point in the key that
/// the record was sealed to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Says what the file is.
    pub format: AnswerFormat,
    /// Which records of the ask it is for.
    pub positions: Vec<u32>,
    /// One partial decryption for each of them.
    pub partials: Vec<Base64>,
}

/// From a custodian to the desk: no answer, and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalToAsk {
    /// Says what the file is.
    pub format: RefusalFormat,
    /// Why.
    pub reason: String,
}

/// What comes back from a custodian.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// Partial decryptions.
    Answer(Answer),
    /// None.
    Refusal(RefusalToAsk),
}

impl Reply {
    /// An answer for the records at these positions.
    pub fn answer(positions: Vec<u32>, partials: Vec<Base64>) -> Self {
        Self::Answer(Answer {
            format: AnswerFormat::V1,
            positions,
            partials,
        })
    }

    /// A refusal.
    pub fn refusal(reason: String) -> Self {
        Self::Refusal(RefusalToAsk {
            format: RefusalFormat::V1,
            reason,
        })
    }

    /// Reads a reply of either kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        let answer: Answer = match read(bytes) {
            Ok(answer) => answer,
            Err(error) => return read(bytes).map(Self::Refusal).map_err(|_| error),
        };
        positions(&answer.positions, MAX_RECORDS)?;
        if answer.partials.len() != answer.positions.len() {
            return Err(FileError::Inconsistent(
                "there is not one partial for each position",
            ));
        }
        Ok(Self::Answer(answer))
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Answer(answer) => write(answer),
            Self::Refusal(refusal) => write(refusal),
        }
    }
}
