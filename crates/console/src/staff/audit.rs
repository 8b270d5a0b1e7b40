//! `/console/audit`: who looked at what, and who did what.

use super::page as desk_page;
use super::roles::Right;
use super::session::{enter, moderation_case};
use crate::Shared;
use crate::answer::Refusal;
use crate::casework::CaseworkError;
use crate::page::{Page, moment};
use axum::extract::State;
use axum::http::HeaderMap;
use heliograph_desk_store::{AuditRecord, DeskError, StaffId};
use maud::html;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records on the page.
const NEWEST: u32 = 500;

/// `GET /console/audit`. Reading the records is itself on record.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::SeeAudit).await?;
    let read = visit.recorded("see-audit", None, |shared, _, _| {
        let read = shared.desk.view(|view| {
            let records = view.audit_before(None, NEWEST)?;
            let open = view.audit_open()?;
            let names = view.all_staff()?.into_iter().map(|row| (row.id, row.name));
            Ok((records, open, names.collect::<BTreeMap<_, _>>()))
        });
        read.map_err(|error: DeskError| CaseworkError::Failed(error.into()))
    });
    let (records, open, names) = read.await?;
    // The one of this very look is always open.
    let open: Vec<&AuditRecord> = open
        .iter()
        .filter(|record| record.act.name.as_str() != "see-audit")
        .collect();
    let body = html! {
        h1 { "Audit" }
        @if open.is_empty() { p .good { "Every act that was begun was brought to an end." } }
        @else {
            p .alarm {
                (open.len()) " acts were begun and not ended: they are under way, or the process died in between."
            }
        }
        div .wide tabindex="0" role="region" aria-label="Audit records" { table #audit {
            caption { "The newest " (records.len()) " records, newest first" }
            tr {
                th scope="col" { "when" } th scope="col" { "who" } th scope="col" { "what" }
                th scope="col" { "case" } th scope="col" { "outcome" }
            }
            @for record in &records {
                tr {
                    td { (moment(record.opened_s)) }
                    td { bdi { (who(record.act.staff, &names)) } }
                    td { (record.act.name) }
                    td {
                        @if let Some(case) = record.act.case {
                            @match moderation_case(case) {
                                Some(number) => { "moderation " (number) }
                                None => a href={ "/console/case/" (case) } { (case.to_string()[..8]) },
                            }
                        }
                    }
                    td { @match &record.closed { Some((_, outcome)) => (outcome), None => strong { "open" } } }
                }
            }
        } }
    };
    Ok(desk_page(&visit, "Audit", body))
}

pub(super) fn who(staff: Option<StaffId>, names: &BTreeMap<StaffId, String>) -> &str {
    match staff {
        None => "the desk itself",
        Some(id) => names.get(&id).map_or("someone unknown", String::as_str),
    }
}
