//! The log's files, byte for byte, as tlog-tiles clients ask for them.

use crate::Shared;
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::headers;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_transparency::tile::Tile;
use std::sync::Arc;

/// What moves on: the signed checkpoint with every entry, and the log's own policy.
const CHANGING: [&str; 2] = ["checkpoint", "policy"];

/// What a name stands for: type and caching. `None` is a name that no log has.
fn kind(path: &str) -> Option<(&'static str, &'static str)> {
    if CHANGING.contains(&path) {
        return Some(("text/plain; charset=utf-8", "no-cache"));
    }
    let tile: Tile = path.parse().ok()?;
    let caching = if tile.is_full() {
        "public, max-age=31536000, immutable"
    } else {
        // It does not change, but it is of use only until it is full.
        "public, max-age=3600"
    };
    Some(("application/octet-stream", caching))
}

/// `/log/checkpoint`, `/log/tile/…`.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
) -> Result<Response, Refusal> {
    // Only names of the format reach the disk, so none can leave the folder.
    let (content_type, caching) = kind(&path).ok_or(Refusal::NotFound)?;
    let bytes = blocking(&shared, move |shared| {
        let read = shared.record.files().read(&path);
        read.map_err(|error| Refusal::internal(&*error))?
            .ok_or(Refusal::NotFound)
    })
    .await?;
    let kind = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, caching)];
    let mut response = (kind, bytes).into_response();
    headers::for_everyone(response.headers_mut());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_format_are_read() {
        for name in [
            "checkpoint",
            "policy",
            "tile/0/000",
            "tile/entries/x001/234",
            "tile/1/000.p/7",
        ] {
            assert!(kind(name).is_some(), "{name}");
        }
        for name in [
            "",
            "key",
            "../keys/log.key",
            "tile/0/../../keys",
            "tile/0/000.p/256",
            "tile/0/0",
            "checkpoint/",
        ] {
            assert!(kind(name).is_none(), "{name}");
        }
    }
}
