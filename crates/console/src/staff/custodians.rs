//! The page on which officers write down who the custodians are from now on.

use super::roles::Right;
use super::session::{Visit, enter};
use super::{csrf, page as desk_page};
use crate::answer::Refusal;
use crate::casework::{RosterDraft, WantedRoster};
use crate::page::Page;
use crate::portal::read_of_staff;
use crate::{Shared, texts};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heliograph_transparency::entry::{Mode, Roster};
use maud::{Markup, html};
use std::fmt::Write;
use std::sync::Arc;

/// `GET /console/decisions/custodians`. It shows nothing but what the public log says.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Page, Refusal> {
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let log = shared.record.snapshot();
    let roster = log.ledger.custody().roster().map(|logged| &logged.roster);
    let body = html! {
        h1 { "Custodians" }
        @if let Some(roster) = roster { (in_force(roster)) }
        h2 { "Write the next ones down" }
        (form(&visit, roster))
    };
    Ok(desk_page(&visit, "Custodians", body))
}

fn in_force(roster: &Roster) -> Markup {
    html! {
        p #in-force {
            "Set " (roster.set) ": "
            @match roster.mode {
                Mode::Local => "one, on the operator’s own machine.",
                Mode::Remote => {
                    (roster.threshold) " of " (roster.custodians.len()) " must act together."
                }
            }
        }
        div .wide tabindex="0" role="region" aria-label="Custodians" { table #roster {
            thead { tr { th { "Number" } th { "Name" } th { "Address" } th { "Key" } } }
            tbody {
                @for custodian in &roster.custodians {
                    tr {
                        td { (custodian.index) }
                        td { bdi { (custodian.name) } }
                        td { (custodian.address) }
                        td { code { (STANDARD.encode(custodian.key)) } }
                    }
                }
            }
        } }
    }
}

fn form(visit: &Visit, roster: Option<&Roster>) -> Markup {
    let mut lines = String::new();
    for custodian in roster.iter().flat_map(|roster| &roster.custodians) {
        writeln!(lines, "{} {}", custodian.name, custodian.address)
            .expect("a string takes any text");
    }
    let threshold = roster.map(|roster| roster.threshold.to_string());
    html! {
        p {
            "They make the next keys, a new one for phone numbers at once; a day that has its key already keeps it. "
            "Whoever leaves keeps running until the last address of their time has expired and everyone has signed in "
            "again, else those records stay shut."
        }
        form .boxed method="post" action="/console/decisions/custodians" enctype="multipart/form-data" {
            (csrf(visit))
            div .field {
                label for="custodians" { "From now on: name and address, one custodian a line" }
                span .hint #custodians-hint {
                    "Who is not named leaves. An address is https://HOST, http://HOST:PORT or unix:PATH; a hyphen stands "
                    "for the custodian that runs on this machine, who stands alone."
                }
                textarea #custodians name="custodians" aria-describedby="custodians-hint" spellcheck="false" { (lines) }
            }
            div .field {
                label for="cards" { "Cards of those who were on no roster before" }
                span .hint #cards-hint {
                    "What " code { "heliograph custodian --init" } " printed for them, with the name that the line has."
                }
                input #cards type="file" name="cards" multiple aria-describedby="cards-hint";
            }
            div .field {
                label for="threshold" { "How many of them must act together" }
                input #threshold type="text" inputmode="numeric" name="threshold" value=[threshold];
            }
            button type="submit" #draft-custodians { "Write it down" }
        }
    }
}

/// `POST /console/decisions/custodians`: the roster is written down and waits for officers.
pub(super) async fn draft(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Page, Refusal> {
    let headers = request.headers().clone();
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let sent = read_of_staff(request).await?;
    visit.check_form(&headers, &sent.typed)?;
    let threshold = sent.typed.one("threshold").parse();
    let wanted = WantedRoster {
        threshold: threshold.map_err(|_| Refusal::Malformed(texts::NOT_A_NUMBER))?,
        custodians: lines(sent.typed.one("custodians"))
            .ok_or(Refusal::Malformed(texts::NO_ROSTER))?,
        cards: sent.documents,
    };
    let written = visit.recorded("do-draft", None, move |shared, who, now_s| {
        let draft = shared.casework.draft_roster(who, wanted, now_s)?;
        let RosterDraft { entry, newcomers } = draft;
        let name = shared.drafts.add(entry, who, now_s, &*shared.entropy);
        Ok((name, newcomers))
    });
    let (name, newcomers) = written.await?;
    let body = html! {
        h1 { "Custodians" }
        p .good #written {
            "The roster is written down. "
            a href={ "/console/decisions#d-" (name) } { "Officers must sign it today." }
        }
        @if !newcomers.is_empty() {
            p {
                "Before anyone signs: have each newcomer read these eight words aloud from their own machine, on a call "
                "that you have made. Other words mean another card."
            }
            dl #newcomers {
                @for (name, words) in &newcomers {
                    dt { bdi { (name) } }
                    dd { code { (words) } }
                }
            }
        }
    };
    Ok(desk_page(&visit, "Custodians", body))
}

/// Name and address of each line that is not empty; `None` when one has anything else.
fn lines(text: &str) -> Option<Vec<(String, String)>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let pairs = lines.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [name, address] => Some((name.to_owned(), address.to_owned())),
            _ => None,
        }
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_line_is_a_name_and_an_address() {
        let read = lines("\r\ntown-hall  https://town.example \r\n\n one -").expect("lines");
        let read: Vec<_> = read.iter().map(|(a, b)| (&**a, &**b)).collect();
        assert_eq!(read, [("town-hall", "https://town.example"), ("one", "-")]);
        assert!(lines("town-hall").is_none());
        assert!(lines("town-hall https://town.example AAAA").is_none());
    }
}
