//! Documents that come with an order: what is accepted, and what stands for them.

use heliograph_transparency::case::documents_root;
use heliograph_transparency::tree::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most documents of one order.
pub const MAX_DOCUMENTS: usize = 10;

/// Most bytes of all documents of one order together. An upload is cut off beyond it, before it
/// has been held in memory whole.
pub const MAX_DOCUMENTS_BYTES: usize = 20 * 1024 * 1024;

/// A file as it was uploaded.
pub struct Upload {
    /// The sender's name for it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why uploads were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// An order consists of at least one document.
    #[error("there is no document")]
    None,
    /// More than [`MAX_DOCUMENTS`].
    #[error("there are more than 10 documents")]
    TooMany,
    /// More than [`MAX_DOCUMENTS_BYTES`].
    #[error("the documents are larger than 20 MiB together")]
    TooLarge,
    /// A document that is not PDF, counted from 1.
    #[error("document {0} is not a PDF file")]
    NotPdf(usize),
    /// A name that is empty, too long, or holds control characters or slashes.
    #[error("document {0} has an unusable name")]
    Name(usize),
    /// The same file twice.
    #[error("document {0} is there twice")]
    Twice(usize),
}

/// What is known of a document without its content.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The sender's name for it.
    pub name: String,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Its size, in bytes.
    pub size: u64,
}

/// The documents of one order, in their order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents(Vec<Document>);

impl Documents {
    /// Checks uploads. What a PDF file shows is for people to read; it is never rendered here.
    pub fn check(uploads: &[Upload]) -> Result<Self, DocumentError> {
        if uploads.is_empty() {
            return Err(DocumentError::None);
        }
        if uploads.len() > MAX_DOCUMENTS {
            return Err(DocumentError::TooMany);
        }
        let size: usize = uploads.iter().map(|upload| upload.bytes.len()).sum();
        if size > MAX_DOCUMENTS_BYTES {
            return Err(DocumentError::TooLarge);
        }
        let mut documents: Vec<Document> = Vec::new();
        for (position, Upload { name, bytes }) in uploads.iter().enumerate() {
            let number = position + 1;
            if !is_name(name) {
                return Err(DocumentError::Name(number));
            }
            if !is_pdf(bytes) {
                return Err(DocumentError::NotPdf(number));
            }
            let sha256: [u8; 32] = Sha256::digest(bytes).into();
            if documents.iter().any(|other| other.sha256 == sha256) {
                return Err(DocumentError::Twice(number));
            }
            documents.push(Document {
                name: name.clone(),
                sha256,
                size: bytes.len() as u64,
            });
        }
        Ok(Self(documents))
    }

    /// What `uploads` come to when they are added to these documents and to `earlier` ones that
    /// were added before: the bounds are those of the whole order.
    pub fn add(
        &self,
        earlier: &[Document],
        uploads: &[Upload],
    ) -> Result<Vec<Document>, DocumentError> {
        let added = Self::check(uploads)?.0;
        let known: Vec<&Document> = self.0.iter().chain(earlier).collect();
        if known.len() + added.len() > MAX_DOCUMENTS {
            return Err(DocumentError::TooMany);
        }
        let all = known.iter().copied().chain(&added);
        let size_bytes: u64 = all.map(|document| document.size).sum();
        if size_bytes > MAX_DOCUMENTS_BYTES as u64 {
            return Err(DocumentError::TooLarge);
        }
        for (position, document) in added.iter().enumerate() {
            if known.iter().any(|other| other.sha256 == document.sha256) {
                return Err(DocumentError::Twice(position + 1));
            }
        }
        Ok(earlier.iter().cloned().chain(added).collect())
    }

    /// The documents.
    pub fn list(&self) -> &[Document] {
        &self.0
    }

    /// The root that the request commits to.
    pub fn root(&self) -> Hash {
        let hashes: Vec<[u8; 32]> = self.0.iter().map(|document| document.sha256).collect();
        documents_root(&hashes)
    }
}

fn is_name(name: &str) -> bool {
    let unusable = |c: char| c.is_control() || matches!(c, '/' | '\\');
    (1..=100).contains(&name.len()) && !name.chars().any(unusable) && !name.starts_with('.')
}

/// Begins and ends as a PDF file does: the marker of the end may be followed by up to 1,024 bytes,
/// as readers allow (ISO 32000-1, annex H, implementation notes 13 and 18).
fn is_pdf(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(1_024)..];
    bytes.starts_with(b"%PDF-") && tail.windows(5).any(|window| window == b"%%EOF")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdf(content: &str) -> Upload {
        Upload {
            name: "order.pdf".into(),
            bytes: format!("%PDF-1.7\n{content}\n%%EOF\n").into_bytes(),
        }
    }

    fn error(uploads: &[Upload]) -> Option<DocumentError> {
        Documents::check(uploads).err()
    }

    fn accepted(uploads: &[Upload]) -> Documents {
        match Documents::check(uploads) {
            Ok(documents) => documents,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn documents_are_known_by_their_hashes_in_order() {
        let (a, b) = (pdf("a"), pdf("b"));
        let both = accepted(&[a, b]);
        let swapped = accepted(&[pdf("b"), pdf("a")]);
        assert_eq!(both.list().len(), 2);
        assert_ne!(both.root(), swapped.root());
    }

    #[test]
    fn what_only_calls_itself_pdf_is_refused() {
        for bytes in [
            &b""[..],
            b"%PDF-",
            b"MZ%PDF-1.7 %%EOF",
            b"<html>%%EOF",
            b"%PDF-1.7 cut off",
        ] {
            let upload = Upload {
                name: "order.pdf".into(),
                bytes: bytes.to_vec(),
            };
            assert_eq!(error(&[pdf("a"), upload]), Some(DocumentError::NotPdf(2)));
        }
    }

    #[test]
    fn too_many_too_large_and_doubled_documents_are_refused() {
        assert_eq!(error(&[]), Some(DocumentError::None));
        let many: Vec<Upload> = (0..11).map(|n| pdf(&n.to_string())).collect();
        assert_eq!(error(&many), Some(DocumentError::TooMany));
        let half = || pdf(&"x".repeat(MAX_DOCUMENTS_BYTES / 2));
        assert_eq!(error(&[half(), half()]), Some(DocumentError::TooLarge));
        assert_eq!(error(&[pdf("a"), pdf("a")]), Some(DocumentError::Twice(2)));
    }

    #[test]
    fn what_is_added_counts_with_what_is_there() {
        let five = |from: u8| -> Vec<Upload> {
            let numbers = from..from + 5;
            numbers.map(|number| pdf(&number.to_string())).collect()
        };
        let first = accepted(&five(0));
        let added = |earlier: &[Document], uploads: &[Upload]| first.add(earlier, uploads);
        let Ok(second) = added(&[], &five(5)) else {
            panic!("ten are allowed")
        };
        assert_eq!(second.len(), 5);
        assert_eq!(
            added(&second, &[pdf("x")]).err(),
            Some(DocumentError::TooMany)
        );
        assert_eq!(added(&[], &[pdf("0")]).err(), Some(DocumentError::Twice(1)));
        assert_eq!(added(&[], &[]).err(), Some(DocumentError::None));
        let half = || pdf(&"x".repeat(MAX_DOCUMENTS_BYTES / 2));
        let large = accepted(&[half()]);
        let other = pdf(&"y".repeat(MAX_DOCUMENTS_BYTES / 2));
        assert_eq!(
            large.add(&[], &[other]).err(),
            Some(DocumentError::TooLarge)
        );
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for name in [
            "",
            "..",
            ".pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "a\nb.pdf",
            &"x".repeat(101),
        ] {
            let upload = Upload {
                name: name.into(),
                ..pdf("a")
            };
            assert_eq!(error(&[upload]), Some(DocumentError::Name(1)), "{name:?}");
        }
    }
}
