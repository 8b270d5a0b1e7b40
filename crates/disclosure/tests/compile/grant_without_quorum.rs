//! A grant cannot be written down; it can only be gathered from checked approvals.

use heliograph_disclosure::Grant;
use heliograph_disclosure::grant::Subject;

fn grant(subject: Subject) -> Grant {
    Grant {
        subject,
        approvals: Vec::new(),
    }
}

fn main() {}
