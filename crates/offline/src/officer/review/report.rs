//! The page that an officer reads before deciding.

use crate::log_copy::LogCopy;
use heliograph_transparency::case::{Field, Fields};
use heliograph_transparency::entry::{Day, Priority};
use heliograph_transparency::files::{Bundle, BundleDocument, FindingAnswer};
use heliograph_transparency::ledger::cases::Case;
use heliograph_transparency::policy::Standing;
use heliograph_vault::keys::{GateMode, OpeningKeys};
use heliograph_vault::label::Kind;
use heliograph_vault::record::VerifiedRecord;
use std::fmt::Write as _;

pub(super) fn page(
    bundle: &Bundle,
    fields: &Fields,
    copy: &LogCopy,
    case: &Case,
    whose: Option<i64>,
    records: &[(VerifiedRecord, OpeningKeys)],
    warnings: &[String],
) -> String {
    let mut page = String::new();
    let mut line = |line: String| writeln!(page, "{line}").expect("a string grows");
    line(format!("TRUST LEVEL  {}", trust_level(copy)));
    line(format!(
        "Log          {}, {} entries",
        copy.origin(),
        copy.head().size
    ));
    let priority = match case.priority {
        Priority::Normal => "",
        Priority::Emergency => "  EMERGENCY",
    };
    line(format!(
        "Request      {} (entry {}){priority}",
        case.number, case.mark.index
    ));
    line(String::new());
    line("THE ORDER, as the log commits to it".into());
    for field in Field::ALL {
        line(format!("  {:<10} {}", field.word(), fields.value(*field)));
    }
    line(String::new());
    let document = |document: &BundleDocument| {
        let (name, size) = (printable(&document.name), document.bytes.0.len());
        format!("  {name} ({size} bytes)")
    };
    line("ITS DOCUMENTS; read them yourself".into());
    bundle.documents.iter().map(document).for_each(&mut line);
    if !bundle.added.is_empty() {
        line(
            "ADDED LATER, when the authority was asked to; the log does not commit to these".into(),
        );
        bundle.added.iter().map(document).for_each(&mut line);
    }
    line(String::new());
    line("WHAT THE DESK FOUND".into());
    for finding in &bundle.findings {
        let answer = match finding.answer {
            FindingAnswer::Yes => "yes",
            FindingAnswer::No => "NO ",
        };
        let (question, note) = (printable(&finding.question), printable(&finding.note));
        line(format!(
            "  {answer}  {question}: {note} ({})",
            printable(&finding.by)
        ));
    }
    line(String::new());
    line("WHAT WOULD BE DISCLOSED".into());
    match (whose, records.is_empty()) {
        (Some(account), false) => line(format!("  of account {account}")),
        _ => line("  nothing: no records are held".into()),
    }
    for (record, _) in records {
        let label = record.label();
        let custodians = match label.gate_mode {
            GateMode::Local => "custodian on the operator's machine",
            GateMode::Remote => "custodians elsewhere",
        };
        match label.kind {
            Kind::Phone => line(format!("  the phone number ({custodians})")),
            Kind::Ip => {
                line(format!(
                    "  an IP address with ports and times, {} ({custodians})",
                    Day(label.epoch)
                ));
            }
        }
    }
    line(format!(
        "  sealed to {}",
        printable(&bundle.delivery.recipient)
    ));
    line(format!("  fingerprint {}", bundle.delivery.fingerprint));
    line(String::new());
    line(format!(
        "CHECKED  the log continues what this tool knew{}; the \
         order, its documents and every record are the ones the log commits to; the records \
         belong to one person and lie within the order's scope.",
        witnessed(copy)
    ));
    line(
        "NOT CHECKED  whether the order is genuine and lawful, and whether the account is the \
         person it means: that is yours to judge."
            .into(),
    );
    for warning in warnings {
        line(format!("\n!! {}", printable(warning)));
    }
    page
}

/// What the check of the witnesses came to.
fn witnessed(copy: &LogCopy) -> &'static str {
    match copy.standing() {
        Standing::Unwitnessed => ", though no witness has seen it",
        Standing::Witnessed => ", and was witnessed within a day",
    }
}

/// How far others vouch for this log and its keys.
fn trust_level(copy: &LogCopy) -> &'static str {
    match (copy.standing(), copy.ledger().custody().is_remote()) {
        (Standing::Unwitnessed, _) => {
            "self-attested: nobody else vouches for this log (UNWITNESSED)"
        }
        (Standing::Witnessed, false) => {
            "witnessed: others vouch for the log, the custodian is the operator's own"
        }
        (Standing::Witnessed, true) => {
            "witnessed+custodied: others vouch for the log and hold the custodians' key"
        }
    }
}

/// Text from a bundle without anything that could repaint the officer's screen.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
