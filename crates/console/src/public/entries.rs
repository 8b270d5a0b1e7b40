//! The entries in plain words, one page after the other, and each with its proof.

use super::overview::entry_path;
use super::{demo, words};
use crate::Shared;
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::page::{Page, number};
use crate::record::Snapshot;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::entry::Entry;
use heliograph_transparency::note::Note;
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tile::{FULL_WIDTH, TileReader, TileSource};
use heliograph_transparency::tree::{TreeHead, leaf_hash};
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

/// Entries on one page.
const PAGE: u64 = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    from: Option<u64>,
}

/// The tree that the newest checkpoint names, and the checkpoint. Entries are read under it, so
/// that a page never shows what is not signed.
fn signed_tree(log: &Snapshot) -> Result<(Note, TreeHead), Refusal> {
    let note = Note::parse(&log.checkpoint).map_err(|error| Refusal::internal(&error))?;
    let checkpoint: Checkpoint = note
        .text()
        .parse()
        .map_err(|error| Refusal::internal(&error))?;
    let head = checkpoint.head();
    Ok((note, head))
}

fn reader(
    shared: &Shared,
    head: TreeHead,
) -> Result<TileReader<'_, dyn TileSource + Send + Sync + 'static>, Refusal> {
    TileReader::open(shared.record.files(), head).map_err(|error| Refusal::internal(&error))
}

/// `/transparency/entries?from=`: fifty entries, the newest where nothing is asked for.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Page, Refusal> {
    let log = shared.record.snapshot();
    let (_, head) = signed_tree(&log)?;
    let newest_page = head.size.saturating_sub(1) / PAGE * PAGE;
    let from = asked.from.unwrap_or(newest_page);
    if from > head.size {
        return Err(Refusal::NotFound);
    }
    let entries = blocking(&shared, move |shared| {
        let mut entries = Vec::new();
        for read in reader(shared, head)?.entries(from).take(PAGE as usize) {
            entries.push(read.map_err(|error| Refusal::internal(&error))?);
        }
        Ok(entries)
    })
    .await?;
    let body = html! {
        (demo(&log))
        h1 { "The log, in plain words" }
        p .lead {
            (number(head.size)) " entries. Each can be opened for its exact text and its proof. "
            "What an order says stays hidden while it is under a gag; at the end of the gag it is shown."
        }
        ol start=(from) {
            @for (index, bytes) in &entries {
                li value=(index) {
                    @match Entry::parse(bytes) {
                        Ok(entry) => {
                            a href=(entry_path(*index)) { (entry.date) } " " (words::of(&entry))
                        }
                        Err(_) => {
                            a href=(entry_path(*index)) { "entry " (index) }
                            " cannot be read: the log is wrong here."
                        }
                    }
                }
            }
        }
        nav aria-label="Pages of the log" {
            @if from > 0 {
                a rel="prev" href={ "/transparency/entries?from=" (from.saturating_sub(PAGE)) } {
                    "Earlier entries"
                }
                " "
            }
            @if from + PAGE < head.size {
                a rel="next" href={ "/transparency/entries?from=" (from + PAGE) } { "Later entries" }
            }
        }
    };
    Ok(Page::new("The log", body))
}

/// Reads one entry under the signed tree.
fn read_one(shared: &Shared, head: TreeHead, index: u64) -> Result<Vec<u8>, Refusal> {
    if index >= head.size {
        return Err(Refusal::NotFound);
    }
    let width = u64::from(FULL_WIDTH);
    let bundle = reader(shared, head)?
        .bundle(index / width)
        .map_err(|error| Refusal::internal(&error))?;
    let entry = bundle.into_iter().nth((index % width) as usize);
    entry.ok_or(Refusal::NotFound)
}

/// `/transparency/entry/N`.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(index): Path<u64>,
) -> Result<Page, Refusal> {
    let log = shared.record.snapshot();
    let (_, head) = signed_tree(&log)?;
    let bytes = blocking(&shared, move |shared| read_one(shared, head, index)).await?;
    let entry = Entry::parse(&bytes);
    let body = html! {
        (demo(&log))
        h1 { "Entry " (index) }
        @if let Ok(entry) = &entry {
            p .lead { (entry.date) ": " (words::of(entry)) }
        } @else {
            p .alarm { "This entry cannot be read: the log is wrong here." }
        }
        dl {
            dt { "Leaf hash" } dd { code { (leaf_hash(&bytes)) } }
            dt { "Proof" }
            dd { a href={ (entry_path(index)) "/proof" } download { "entry-" (index) ".tlog-proof" } }
        }
        h2 { "Its exact text" }
        pre tabindex="0" aria-label="The entry's text" { code { (String::from_utf8_lossy(&bytes)) } }
        nav aria-label="Neighbours" {
            @if index > 0 { a rel="prev" href=(entry_path(index - 1)) { "Entry " (index - 1) } " " }
            @if index + 1 < head.size {
                a rel="next" href=(entry_path(index + 1)) { "Entry " (index + 1) }
            }
        }
        p { a href="/transparency/check" { "How to check it" } }
    };
    Ok(Page::new("An entry", body))
}

/// `/transparency/entry/N/proof`: the proof file, made for the newest checkpoint.
pub(super) async fn proof(
    State(shared): State<Arc<Shared>>,
    Path(index): Path<u64>,
) -> Result<Response, Refusal> {
    let log = shared.record.snapshot();
    let (note, head) = signed_tree(&log)?;
    let text = blocking(&shared, move |shared| {
        let entry = read_one(shared, head, index)?;
        let mut reader = reader(shared, head)?;
        let proof = TlogProof::make(&mut reader, &entry, index, note)
            .map_err(|error| Refusal::internal(&error))?;
        Ok(proof.to_string())
    })
    .await?;
    let name = format!("attachment; filename=\"entry-{index}.tlog-proof\"");
    let kind = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((kind, text).into_response())
}
