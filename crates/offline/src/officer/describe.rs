//! Entries in plain words, for the person who is about to sign one.

use heliograph_transparency::entry::{Body, Change, Door, Mode};
use heliograph_transparency::ledger::Ledger;

/// What an act does, in a few sentences.
pub(super) fn describe(body: &Body, ledger: &Ledger) -> String {
    match body {
        Body::Policy(policy) => {
            let before = ledger.registry().policy().map(|logged| &logged.policy);
            let mut text = format!(
                "From now on the desk follows policy {}: address records are kept {} days, an \
                 opening names at most {} records, a request is answered within {} days and an \
                 emergency within {} hours, and an emergency needs its judicial order within {} \
                 days.\nOffences: {}.",
                policy.version,
                policy.retention_days,
                policy.cap,
                policy.deadline_days,
                policy.emergency_hours,
                policy.order_after_days,
                policy.offences.join(", "),
            );
            if let Some(before) = before {
                let changes = [
                    (
                        "days of an address record",
                        before.retention_days,
                        policy.retention_days,
                    ),
                    ("records of an opening", before.cap, policy.cap),
                ];
                for (what, was, is) in changes {
                    if is > was {
                        let warning = format!("more {what} than before: {is} instead of {was}.");
                        text = format!("{text}\nATTENTION: {warning}");
                    }
                }
            }
            text
        }
        Body::Custodians(roster) => {
            let place = match roster.mode {
                Mode::Local => "on the operator's own machine",
                Mode::Remote => "outside the operator's control",
            };
            let names: Vec<&str> = roster
                .custodians
                .iter()
                .map(|custodian| custodian.name.as_str())
                .collect();
            format!(
                "From now on {} of {} custodians {place} must agree to every opening: {}.",
                roster.threshold,
                names.len(),
                names.join(", "),
            )
        }
        Body::Keys(keys) => {
            let names: Vec<&str> = keys
                .holders
                .iter()
                .map(|holder| holder.name.as_str())
                .collect();
            let what = if keys.generation == 0 {
                "A new key of the officers replaces the old one"
            } else {
                "The officers' key gets new shares"
            };
            format!(
                "{what}: any {} of {} hold it: {}.",
                keys.threshold,
                names.len(),
                names.join(", ")
            )
        }
        Body::Country(decision) => match decision.state {
            Door::Open => format!(
                "Requests from authorities of {} are served from now on. Reason: {}",
                decision.code, decision.reason
            ),
            Door::Closed => format!(
                "Requests from authorities of {} are no longer served. Reason: {}",
                decision.code, decision.reason
            ),
        },
        Body::Authority(authority) => {
            let verb = match authority.action {
                Change::Add => "is entered in",
                Change::Change => "is changed in",
                Change::Remove => "is removed from",
            };
            format!(
                "Authority {} {verb} the registry, effective {}.",
                authority.id, authority.effective
            )
        }
        Body::Switch(switch) => format!(
            "The setting `{}` becomes `{}`. Reason: {}",
            switch.name, switch.value, switch.reason
        ),
        Body::Confirm(confirm) => format!(
            "The judicial order for the emergency request at entry {} has come.",
            confirm.request
        ),
        Body::Preserve(preserve) => format!(
            "{} records of the request at entry {} outlive their term until {}, also if the \
             account is deleted. They are not opened by this.",
            preserve.n, preserve.request, preserve.until
        ),
        Body::Extend(extend) => {
            let what = if ledger.preservations().at(extend.of).is_some() {
                "The preservation"
            } else {
                "The gag of the request"
            };
            format!(
                "{what} at entry {} goes on until {}.",
                extend.of, extend.until
            )
        }
        Body::Notice(notice) => {
            let until = notice.until.map_or("-".into(), |day| day.to_string());
            format!(
                "The person of the request at entry {} is told by {until}, not at once.",
                notice.request
            )
        }
        body => format!("An entry of the kind `{}`.", body.kind()),
    }
}
