//! The package: what an authority gets.
//!
//! A tar archive sealed with age, of four files: `package.json` by
//! `docs/formats/package.schema.json`, `page.html` with the same for reading, `open.tlog-proof`
//! with the proof that the opening is in the public log, and `signature.txt`, a signed note over
//! the hashes of the other three.

mod archive;
mod json;
mod page;
mod seal;

pub use seal::{Passphrase, Recipient, SealError};

use crate::opening::Disclosed;
use crate::person::Proven;
use archive::Archive;
use heliograph_transparency::entry::Minute;
use heliograph_transparency::note::{Note, NoteError, SignerKey};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use zeroize::Zeroizing;

/// Everything in a package besides the data.
pub struct Cover<'a> {
    /// How far others vouch for this installation, in one word.
    pub trust_level: &'a str,
    /// What that means, in a sentence.
    pub trust_meaning: &'a str,
    /// The log's origin.
    pub origin: &'a str,
    /// The index of the request.
    pub request: u64,
    /// The index of the opening.
    pub open: u64,
    /// The authority's name.
    pub authority: &'a str,
    /// Its file reference.
    pub file_reference: &'a str,
    /// Whom the order is about, in its own words.
    pub subject: &'a str,
    /// The first minute that it asks about.
    pub from: Minute,
    /// The last minute.
    pub to: Minute,
    /// When the order arrived.
    pub received: Minute,
    /// When the package was made.
    pub made: Minute,
    /// How the number was proven to belong to the account; it stands beside the number.
    pub proven: Proven,
    /// The text of the proof that the opening is in the log.
    pub proof: &'a str,
}

/// A package that is not sealed yet. Erased when dropped.
pub struct Package(Zeroizing<Vec<u8>>);

impl Package {
    /// Makes a package and signs it with the desk's key.
    ///
    /// Fails when the key's name cannot stand in a note.
    pub fn new(
        cover: &Cover<'_>,
        disclosed: &Disclosed,
        signer: &SignerKey,
    ) -> Result<Self, NoteError> {
        let json = json::render(cover, disclosed);
        let page = page::render(cover, disclosed);
        let files: [(&str, &[u8]); 3] = [
            ("package.json", &json),
            ("page.html", page.as_bytes()),
            ("open.tlog-proof", cover.proof.as_bytes()),
        ];
        let mut statement = format!("heliograph-package/1\n{}\n", cover.origin);
        for (name, bytes) in &files {
            writeln!(statement, "{name} {}", hex(&Sha256::digest(bytes)))
                .expect("a string takes any text");
        }
        let signature = Note::signed(statement, signer)?.to_string();
        let mut archive = Archive::new(cover.made.start_unix());
        for (name, bytes) in files {
            archive.add(name, bytes);
        }
        archive.add("signature.txt", signature.as_bytes());
        Ok(Self(archive.finish()))
    }

    /// The archive's bytes, to be sealed and nothing else.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Seals the package to an authority.
    pub fn seal(&self, recipient: &Recipient) -> Result<Vec<u8>, SealError> {
        recipient.seal(self.bytes())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

/// A second in UTC, as `2026-11-21T10:05:07Z`.
fn second(at_s: u64) -> String {
    let minute = Minute::of_unix(at_s).to_string();
    let minute = minute.trim_end_matches('Z');
    format!("{minute}:{:02}Z", at_s % 60)
}

/// What must be said about the data, where it must be.
fn warnings(disclosed: &Disclosed, proven: Proven) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    let mut seen = disclosed.addresses.iter();
    if seen.any(|seen| seen.first().port == 0 || seen.last().port == 0) {
        warnings.push(
            "For at least one address the source port is not known. Behind carrier-grade NAT an \
             address without its port and exact time is shared by many people and identifies none \
             of them.",
        );
    }
    if disclosed.phone.is_some() && proven == Proven::None {
        warnings.push(
            "The phone number was entered by the account's user and never proven to be theirs.",
        );
    }
    warnings
}

#[cfg(test)]
mod tests;
