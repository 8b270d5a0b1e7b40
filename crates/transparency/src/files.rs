//! The files that pass between desk, officers and custodians: `docs/formats/desk-files.md`.
//!
//! Each is JSON with exactly the members of the page, none doubled, none unknown. Reading one
//! makes it well formed, not true: what must be checked before it is believed stands beside each
//! type. None has `Debug`, for they hold what an order says.

mod base64;
mod cases;

pub use base64::{Base64, Fixed};
pub use cases::{
    Answer, AnswerFormat, Ask, AskApproval, AskFormat, Bundle, BundleDelivery, BundleDocument,
    BundleField, BundleFinding, BundleFormat, BundlePerson, BundleVault, FindingAnswer, Place,
    RefusalFormat, RefusalToAsk, Reply, Response, ResponseCheckpoint, ResponseFormat,
};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// The most bytes of all documents of an order together.
pub const MAX_DOCUMENTS_BYTES: usize = 20 * 1024 * 1024;

/// The most records of one case.
pub const MAX_RECORDS: usize = 1_000;

/// A file is not in the form of the page.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("the file is longer than 64 MiB")]
    TooLong,
    /// More than [`MAX_RECORDS`] records.
    #[error("the file has more than 1,000 records")]
    TooManyRecords,
    /// More than [`MAX_DOCUMENTS_BYTES`] of documents.
    #[error("the documents are longer than 20 MiB together")]
    DocumentsTooLong,
    /// Something else than the members of the page.
    #[error("not in the form of docs/formats/desk-files.md: {0}")]
    Json(String),
    /// Members that do not fit together.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// Reads the JSON of a file. The error says where, but repeats nothing of its content.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FileError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLong);
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // What serde says of a wrong value may repeat it.
        let what = match error.classify() {
            serde_json::error::Category::Data => "wrong, missing, doubled or unknown member",
            _ => "not JSON",
        };
        let (line, column) = (error.line(), error.column());
        FileError::Json(format!("{what} before line {line}, column {column}"))
    })
}

fn write<T: Serialize>(file: &T) -> Vec<u8> {
    serde_json::to_vec(file).expect("plain structs of texts and numbers have a JSON form")
}

/// What brings a replica of the log forward. [`crate::replica::Replica::advance`] checks all of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogUpdate {
    /// Index of the first entry.
    pub from: u64,
    /// The entries from there to the end of the checkpoint.
    pub entries: Vec<Base64>,
    /// The signed note with its cosignatures.
    pub checkpoint: String,
}

impl LogUpdate {
    /// Reads an update that is a file of its own.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        read(bytes)
    }

    /// Writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }
}

#[cfg(test)]
pub(crate) mod tests;
