//! An officer's approval of an opening: what is signed, and the root over the signatures.

use std::fmt::Write;

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::entry::Outcome;
use crate::tree::{Hash, leaf_hash, root_of};

/// The longest time for which an approval may be given, in seconds: 72 hours.
pub const MAX_APPROVAL_S: u64 = 72 * 3_600;

/// What an officer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Open the records.
    Approve,
    /// Do not, for this reason.
    Refuse(Outcome),
}

impl Verdict {
    /// Reads `approve` or `refuse <code>`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "approve" {
            return Some(Self::Approve);
        }
        let outcome = Outcome::from_word(text.strip_prefix("refuse ")?)?;
        outcome.is_refusal().then_some(Self::Refuse(outcome))
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Approve => f.write_str("approve"),
            Self::Refuse(outcome) => write!(f, "refuse {outcome}"),
        }
    }
}

/// Everything that an approval is tied to. One for other records, another delivery key, another
/// set of officers or another log is another approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval<'a> {
    /// The log's origin.
    pub origin: &'a str,
    /// Index of the request.
    pub request: u64,
    /// RFC 6962 leaf hash of the request entry.
    pub entry_hash: Hash,
    /// The root of the request's fields.
    pub case_hash: Hash,
    /// The root over the records' hashes.
    pub records_root: Hash,
    /// How many records.
    pub n: u32,
    /// Fingerprint of the key that the package is sealed to.
    pub fingerprint: [u8; 32],
    /// Index of the `keys` entry of the officers.
    pub officers: u64,
    /// What the officer answers.
    pub verdict: Verdict,
    /// The last second in which it counts, in Unix time.
    pub not_after_s: u64,
}

impl Approval<'_> {
    /// The bytes to sign.
    pub fn message(&self) -> Vec<u8> {
        let lines = [
            "hg/approval/v1".into(),
            self.origin.into(),
            self.request.to_string(),
            hex(&self.entry_hash.0),
            hex(&self.case_hash.0),
            hex(&self.records_root.0),
            self.n.to_string(),
            hex(&self.fingerprint),
            self.officers.to_string(),
            self.verdict.to_string(),
            self.not_after_s.to_string(),
        ];
        let mut message = lines.join("\n");
        message.push('\n');
        message.into_bytes()
    }

    /// Whether `signature` is that of `key` (an Ed25519 public key) over exactly this.
    pub fn holds(&self, key: &[u8; 32], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(key).is_ok_and(|key| {
            let signature = Signature::from_bytes(signature);
            key.verify_strict(&self.message(), &signature).is_ok()
        })
    }
}

/// An approval as it is passed on: the rest of what was signed is known to whoever checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedApproval {
    /// The officer's index.
    pub officer: u16,
    /// The Ed25519 signature.
    pub signature: [u8; 64],
    /// The last second in which it counts, in Unix time.
    pub not_after_s: u64,
}

/// The root that an `open` entry carries, over approvals by ascending officer.
pub fn approvals_root(approvals: &[SignedApproval]) -> Hash {
    let leaves: Vec<_> = approvals
        .iter()
        .map(|approval| {
            let parts = [
                &approval.officer.to_be_bytes()[..],
                &approval.signature,
                &approval.not_after_s.to_be_bytes(),
            ];
            leaf_hash(&parts.concat())
        })
        .collect();
    root_of(&leaves)
}

/// The fingerprint of an age recipient that a package is sealed to.
pub fn recipient_fingerprint(recipient: &str) -> [u8; 32] {
    Sha256::digest(recipient).into()
}

/// The fingerprint of delivery by a passphrase that was read out in a call-back to the authority.
pub fn passphrase_fingerprint(authority: u64) -> [u8; 32] {
    Sha256::digest(format!("passphrase:{authority}")).into()
}

/// Small hexadecimal letters.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    fn approval() -> Approval<'static> {
        Approval {
            origin: "demo.example/log",
            request: 131,
            entry_hash: Hash([1; 32]),
            case_hash: Hash([2; 32]),
            records_root: Hash([3; 32]),
            n: 3,
            fingerprint: [4; 32],
            officers: 2,
            verdict: Verdict::Approve,
            not_after_s: 1_795_300_000,
        }
    }

    #[test]
    fn a_verdict_reads_back_and_only_reasons_refuse() {
        let refusal = Verdict::Refuse(Outcome::ConflictOfLaw);
        for verdict in [Verdict::Approve, refusal] {
            assert_eq!(Verdict::parse(&verdict.to_string()), Some(verdict));
        }
        for wrong in [
            "Approve",
            "refuse",
            "refuse delivered",
            "refuse  impossible",
            "",
        ] {
            assert_eq!(Verdict::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_approval_of_anything_else_does_not_hold() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let signature = key.sign(&approval().message()).to_bytes();
        let public = key.verifying_key().to_bytes();
        assert!(approval().holds(&public, &signature));
        let changes: [fn(&mut Approval<'static>); 10] = [
            |approval| approval.origin = "example/log",
            |approval| approval.request += 1,
            |approval| approval.entry_hash.0[0] ^= 1,
            |approval| approval.case_hash.0[0] ^= 1,
            |approval| approval.records_root.0[0] ^= 1,
            |approval| approval.n += 1,
            |approval| approval.fingerprint[0] ^= 1,
            |approval| approval.officers += 1,
            |approval| approval.verdict = Verdict::Refuse(Outcome::Impossible),
            |approval| approval.not_after_s += 1,
        ];
        for change in changes {
            let mut changed = approval();
            change(&mut changed);
            assert!(!changed.holds(&public, &signature), "{changed:?}");
        }
    }

    #[test]
    fn the_root_depends_on_every_approval_and_their_order() {
        let signed = |officer| SignedApproval {
            officer,
            signature: [officer as u8; 64],
            not_after_s: 7,
        };
        let root = approvals_root(&[signed(1), signed(2)]);
        assert_ne!(root, approvals_root(&[signed(2), signed(1)]));
        assert_ne!(root, approvals_root(&[signed(1)]));
        let late = SignedApproval {
            not_after_s: 8,
            ..signed(2)
        };
        assert_ne!(root, approvals_root(&[signed(1), late]));
    }
}
