//! A log in memory: the files that everyone could read, signed and cosigned.

use std::collections::BTreeMap;

use super::seed;
use crate::append::{Writer, sign_checkpoint};
use crate::cosignature::CosignerKey;
use crate::files::{Base64, LogUpdate};
use crate::note::{Note, SignerKey};
use crate::policy::Policy;

/// The witnesses that there are.
pub const WITNESSES: usize = 3;

/// A published log.
#[derive(Clone)]
pub struct Published {
    /// Its files, by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Its entries.
    pub entries: Vec<Vec<u8>>,
    origin: String,
    writer: Writer,
}

impl Published {
    /// A log without entries, not yet published.
    pub fn new(origin: &str) -> Self {
        Self {
            files: BTreeMap::new(),
            entries: Vec::new(),
            origin: origin.into(),
            writer: Writer::default(),
        }
    }

    /// The log of these entries, cosigned by all witnesses at `now_s`.
    pub fn of(origin: &str, entries: &[Vec<u8>], now_s: u64) -> Self {
        let mut log = Self::new(origin);
        log.publish(entries, now_s, WITNESSES);
        log
    }

    /// The log's key.
    pub fn key(&self) -> SignerKey {
        log_key(&self.origin)
    }

    /// Adds entries, and publishes a checkpoint cosigned by the first `witnesses` at `now_s`.
    pub fn publish(&mut self, entries: &[Vec<u8>], now_s: u64, witnesses: usize) -> Note {
        let from = self.writer.head().size;
        let appended = self
            .writer
            .append(entries)
            .expect("entries are short enough");
        for file in appended.files {
            self.files.insert(file.tile.to_string(), file.bytes);
        }
        self.writer = appended.writer;
        self.entries.extend_from_slice(entries);
        let head = self.writer.head();
        let note = sign_checkpoint(&self.files, from, head, &self.origin, &self.key());
        self.cosign(note.expect("the files were just written"), now_s, witnesses)
    }

    /// Publishes a checkpoint again, cosigned by the first `witnesses` at `now_s`.
    pub fn cosign(&mut self, mut note: Note, now_s: u64, witnesses: usize) -> Note {
        for witness in 0..witnesses {
            let line = witness_key(witness).cosign(note.text(), now_s);
            let line = line.expect("the note is a checkpoint");
            note.replace(line).expect("there is room for it");
        }
        let bytes = note.to_string().into_bytes();
        self.files.insert("checkpoint".into(), bytes);
        note
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> Note {
        Note::parse(&self.files["checkpoint"]).expect("it was published")
    }

    /// What brings a replica of `from` entries forward to the newest checkpoint.
    pub fn update(&self, from: usize) -> LogUpdate {
        LogUpdate {
            from: from as u64,
            entries: self.entries[from..].iter().cloned().map(Base64).collect(),
            checkpoint: self.checkpoint().to_string(),
        }
    }
}

/// The key of the log with this origin.
pub fn log_key(origin: &str) -> SignerKey {
    let name = origin.parse().expect("an origin is a key name");
    SignerKey::new(name, &seed(&format!("log {origin}")))
}

/// The key of a witness, counted from zero.
pub fn witness_key(witness: usize) -> CosignerKey {
    let name = format!("witness-{witness}.example");
    CosignerKey::new(name.parse().expect("a key name"), &seed(&name))
}

/// A policy that trusts the log of this origin and asks for `quorum` witnesses; `None` for none.
pub fn log_policy(origin: &str, quorum: Option<usize>) -> Policy {
    let log = log_key(origin);
    let Some(quorum) = quorum else {
        let text = format!("log {}\nquorum none\n", log.verifier());
        return Policy::parse(text.as_bytes()).expect("a policy");
    };
    let [w0, w1, w2] = [0, 1, 2].map(witness_key);
    let text = format!(
        "log {}\nwitness w0 {}\nwitness w1 {}\nwitness w2 {}\n\
         group all {quorum} w0 w1 w2\nquorum all\n",
        log.verifier(),
        w0.verifier(),
        w1.verifier(),
        w2.verifier()
    );
    Policy::parse(text.as_bytes()).expect("a policy")
}
