//! Signing entries of the log: what officers decide for everyone to see.

use super::describe::describe;
use super::{Officer, OfficerError, fail};
use crate::encoding::{base64_bytes, hex};
use crate::lock::Lock;
use heliograph_transparency::entry::{Body, Entry, KeyRole, Signed};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const FORMAT: &str = "heliograph-signature/1";

/// A signature under an entry, as it goes back to the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureFile {
    format: String,
    /// The log's name.
    pub origin: String,
    /// SHA-256 of the entry's signed part, in hexadecimal: which entry it belongs to.
    pub entry: String,
    /// The officer's index.
    pub index: u16,
    #[serde(with = "base64_bytes")]
    signature: [u8; 64],
}

impl SignatureFile {
    pub(super) fn new(origin: &str, entry: &[u8], signed: Signed) -> Self {
        Self {
            format: FORMAT.into(),
            origin: origin.into(),
            entry: name_of(entry),
            index: signed.index,
            signature: signed.signature,
        }
    }

    /// Reads a signature. Whether it holds shows only under its entry.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let file: Self = serde_json::from_slice(json).ok()?;
        (file.format == FORMAT).then_some(file)
    }

    /// The file to hand back.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    /// The signature for the entry's `by` line.
    pub fn signed(&self) -> Signed {
        Signed {
            index: self.index,
            signature: self.signature,
        }
    }

    /// Whether it was made under this entry.
    pub fn belongs_to(&self, entry: &[u8]) -> bool {
        self.entry == name_of(entry)
    }
}

fn name_of(entry: &[u8]) -> String {
    hex(&Sha256::digest(
        heliograph_transparency::entry::act::signed_part(entry),
    ))
}

/// An entry that an officer may sign, with what it means.
pub struct Act {
    text: Vec<u8>,
    entry: Entry,
    index: u16,
    origin: String,
    /// What the entry does, in plain words.
    pub meaning: String,
}

impl Act {
    /// The entry as it will stand in the log.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl Officer {
    /// Reads an entry that is to be signed as an act, and says what it does.
    pub fn read_act(&self, text: &[u8]) -> Result<Act, OfficerError> {
        let entry = match Entry::parse(text) {
            Ok(entry) => entry,
            Err(error) => fail!("not an entry of the log: {error}"),
        };
        let copy = self.log()?;
        let ledger = copy.ledger();
        let Some(officers) = ledger.officers() else {
            return Err(OfficerError::NotInForce);
        };
        let index = self.index_in(officers)?;
        let is_act = match &entry.body {
            // A new set of officers is also signed by the set before it.
            Body::Keys(keys) => keys.role == KeyRole::Officers,
            Body::Erase(_) => false,
            body => body.is_signed(),
        };
        if !is_act {
            fail!("officers do not sign a `{}` entry", entry.body.kind());
        }
        let today = self.today();
        if entry.date.since(today) > 3 || today.since(entry.date) > 1 {
            fail!("the entry is dated {}, and today is {today}", entry.date);
        }
        let mut meaning = describe(&entry.body, ledger);
        if let Body::Preserve(preserve) = &entry.body {
            meaning += " ";
            meaning += &self.told_whose(preserve)?;
        }
        Ok(Act {
            text: text.to_vec(),
            origin: copy.origin().to_owned(),
            entry,
            index,
            meaning,
        })
    }

    /// Signs an act.
    pub fn sign_act(&self, act: &Act, lock: &Lock) -> Result<SignatureFile, OfficerError> {
        let identity = self.identity(lock)?;
        let signed = Signed {
            index: act.index,
            signature: identity.sign(&act.entry.message(&act.origin)),
        };
        Ok(SignatureFile::new(&act.origin, &act.text, signed))
    }
}
