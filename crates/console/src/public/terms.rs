//! `/terms`: the rules that decisions cite, each with an address of its own, and their versions.

use super::{demo, entry_path};
use crate::Shared;
use crate::answer::Refusal;
use crate::page::Page;
use crate::portal::hex;
use crate::record::Snapshot;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use heliograph_moderation::terms::{self, Terms};
use heliograph_transparency::entry::Day;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /terms`: the version in force; where none is yet, the first.
pub(super) async fn current(State(shared): State<Arc<Shared>>) -> Page {
    let log = shared.record.snapshot();
    let today = Day::of_unix(shared.clock.now_s());
    page(&log, in_force(&log, today).unwrap_or(terms::first()), today)
}

/// `GET /terms/1`: a version, also one that is announced. `/terms/1.md` is its text as the log's
/// hash is made of it.
pub(super) async fn version(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let (version, raw) = match name.strip_suffix(".md") {
        Some(version) => (version, true),
        None => (name.as_str(), false),
    };
    let version = version.parse().map_err(|_| Refusal::NotFound)?;
    let terms = terms::version(version).ok_or(Refusal::NotFound)?;
    if raw {
        let kind = [(CONTENT_TYPE, "text/markdown; charset=utf-8")];
        return Ok((kind, terms.text).into_response());
    }
    let log = shared.record.snapshot();
    let today = Day::of_unix(shared.clock.now_s());
    Ok(page(&log, terms, today).into_response())
}

/// The newest version that holds today by the log.
fn in_force(log: &Snapshot, today: Day) -> Option<&'static Terms> {
    terms::version(log.ledger.moderation().terms_on(today))
}

fn page(log: &Snapshot, terms: &Terms, today: Day) -> Page {
    let body = html! {
        (demo(log))
        (text(terms.text))
        (versions(log, terms, today))
    };
    Page::new("Terms", body)
}

/// The Markdown of the terms: headings and paragraphs, nothing else. A heading of a rule begins
/// with the name by which decisions cite it, and can be linked to by it.
fn text(markdown: &str) -> Markup {
    html! {
        @for block in markdown.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
            (block_of(block))
        }
    }
}

fn block_of(block: &str) -> Markup {
    let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
    if let Some(title) = first.strip_prefix("# ") {
        return html! { h1 { (title) } @if !rest.is_empty() { p { (rest) } } };
    }
    let Some(heading) = first.strip_prefix("## ") else {
        return html! { p { (block) } };
    };
    let (id, title) = heading.split_once(' ').unwrap_or((heading, heading));
    html! {
        section .clause id=(id) {
            h2 { a .clause-name href={ "#" (id) } { (id) } " " (title) }
            @if !rest.is_empty() { p { (rest) } }
        }
    }
}

/// Every version, with what the log holds of it.
fn versions(log: &Snapshot, shown: &Terms, today: Day) -> Markup {
    let in_force = in_force(log, today).map(|terms| terms.version);
    let logged = log.ledger.moderation().terms();
    html! {
        section aria-labelledby="versions" {
            h2 #versions { "Versions" }
            p {
                "This is version " (shown.version) ". A later one is published, and its hash entered in the public "
                "log, two weeks before it holds."
            }
            dl {
                @for terms in terms::all() {
                    @let entry = logged.iter().find(|(_, entry)| entry.version == terms.version);
                    dt { a href={ "/terms/" (terms.version) } { "Version " (terms.version) } }
                    dd {
                        @match entry {
                            None => "not in the log yet: nothing is decided under it",
                            Some((mark, entry)) => {
                                @if Some(terms.version) == in_force { strong { "in force" } " since " (entry.effective) }
                                @else if entry.effective > today { strong { "announced" } ", holds from " (entry.effective) }
                                @else { "from " (entry.effective) }
                                ", " a href=(entry_path(mark.index)) { "entry " (mark.index) }
                                @if entry.bundle != terms.hash() {
                                    " " strong .wrong { "The log commits to another text than this one." }
                                }
                            }
                        }
                        br;
                        "SHA-256 of "
                        a href={ "/terms/" (terms.version) ".md" } { "its text" }
                        " " code { (hex(&terms.hash().0)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{House, NOW_S, scene};
    use heliograph_transparency::entry;
    use heliograph_transparency::tree::Hash;

    fn logged(bundle: Hash, effective: Day) -> entry::Terms {
        entry::Terms {
            version: 1,
            bundle,
            effective,
        }
    }

    #[tokio::test]
    async fn every_clause_has_an_address_and_the_log_vouches_for_the_text() {
        let mut scene = scene();
        let today = Day::of_unix(NOW_S);
        let index = scene.push(logged(terms::first().hash(), today));
        let house = House::over(&scene);
        let page = house.page("/terms", "").await;
        for clause in terms::first().clauses() {
            assert!(
                page.contains(&format!("id=\"{}\"", clause.id)),
                "{}",
                clause.id
            );
        }
        for text in [
            "in force",
            &format!("href=\"/transparency/entry/{index}\""),
            &hex(&terms::first().hash().0),
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!page.contains("another text") && !page.contains("## "));
        assert_eq!(page, house.page("/terms/1", "").await);
        let raw = house.get("/terms/1.md").await;
        assert_eq!(raw.bytes, terms::first().text.as_bytes());
        for missing in ["/terms/99", "/terms/x", "/terms/99.md"] {
            assert_eq!(house.get(missing).await.status, 404, "{missing}");
        }
    }

    #[tokio::test]
    async fn a_text_that_the_log_does_not_know_says_so() {
        let page = House::new().page("/terms", "").await;
        assert!(page.contains("not in the log yet"), "{page}");
        let mut scene = scene();
        scene.push(logged(Hash([9; 32]), Day::of_unix(NOW_S)));
        let page = House::over(&scene).page("/terms", "").await;
        assert!(page.contains("The log commits to another text"), "{page}");
    }

    #[tokio::test]
    async fn what_is_announced_tells_from_when_it_holds() {
        let mut scene = scene();
        let later = Day::of_unix(NOW_S).plus(20);
        scene.push(logged(terms::first().hash(), later));
        let page = House::over(&scene).page("/terms", "").await;
        let announced = format!("<strong>announced</strong>, holds from {later}");
        assert!(page.contains(&announced), "{page}");
    }

    #[test]
    fn markdown_becomes_headings_and_paragraphs_and_stays_text() {
        let made = text("# T & C\n\nOne <b>.\n\n## spam.1 Spam\nNone.").into_string();
        assert_eq!(
            made,
            "<h1>T &amp; C</h1><p>One &lt;b&gt;.</p><section class=\"clause\" id=\"spam.1\"><h2>\
             <a class=\"clause-name\" href=\"#spam.1\">spam.1</a> Spam</h2><p>None.</p></section>"
        );
    }
}
