//! An approval that nobody checked cannot be counted.

use heliograph_disclosure::grant::{CheckedApproval, Subject};
use heliograph_transparency::approval::SignedApproval;

fn count(subject: Subject, approval: SignedApproval) -> CheckedApproval {
    CheckedApproval::new(subject, approval, Vec::new())
}

fn main() {}
