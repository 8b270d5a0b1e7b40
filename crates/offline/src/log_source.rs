//! Where a custodian reads the log: from the folder or web address where everyone does.

use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::files::{Base64, LogUpdate};
use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::note::Note;
use heliograph_transparency::tile::{
    Content, FULL_WIDTH, SourceError, Tile, TileSource, parse_entries,
};
use std::io;
use std::time::Duration;
use ureq::Agent;

/// The largest file of a log: 256 entries of 64 KiB.
const MAX_FILE_BYTES: u64 = 256 * 65_537;

/// How long one file may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Brings what is new in a log.
pub trait LogSource: Send + Sync {
    /// The entries from `from` (or somewhat before) to the newest checkpoint, with that.
    /// Nothing of it is checked here.
    fn update(&self, from: u64) -> Result<LogUpdate, SourceError>;
}

impl<S: TileSource + Send + Sync> LogSource for S {
    fn update(&self, from: u64) -> Result<LogUpdate, SourceError> {
        let missing = |path: &str| io::Error::new(io::ErrorKind::NotFound, path.to_owned());
        let checkpoint = self
            .read("checkpoint")?
            .ok_or_else(|| missing("checkpoint"))?;
        let note = Note::parse(&checkpoint)?;
        let size = note.text().parse::<Checkpoint>()?.head().size;
        let width = u64::from(FULL_WIDTH);
        let first = from.min(size) / width;
        let mut entries = Vec::new();
        for index in first..size.div_ceil(width) {
            let tile =
                Tile::in_tree(Content::Entries, index, size).ok_or_else(|| missing("tile"))?;
            // A partial bundle may be gone once the full one is there.
            let (bytes, taken) = if let Some(bytes) = self.read(&tile.to_string())? {
                (bytes, tile.width())
            } else {
                let full = tile.full().to_string();
                (self.read(&full)?.ok_or_else(|| missing(&full))?, FULL_WIDTH)
            };
            let bundle = parse_entries(&bytes, taken)?;
            let wanted = bundle.into_iter().take(usize::from(tile.width()));
            entries.extend(wanted.map(|entry| Base64(entry.to_vec())));
        }
        Ok(LogUpdate {
            from: first * width,
            entries,
            checkpoint: note.to_string(),
        })
    }
}

/// A log on the web.
pub struct LogAddress {
    agent: Agent,
    address: String,
}

impl LogAddress {
    /// `address` is what the paths of the files are appended to, `https://host/log` for instance.
    pub fn new(address: &str) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .user_agent("heliograph")
            .build()
            .into();
        Self {
            agent,
            address: address.trim_end_matches('/').to_owned(),
        }
    }
}

impl TileSource for LogAddress {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let mut answer = self.agent.get(format!("{}/{path}", self.address)).call()?;
        match answer.status().as_u16() {
            200 => {
                let body = answer.body_mut().with_config().limit(MAX_FILE_BYTES);
                Ok(Some(body.read_to_vec()?))
            }
            404 => Ok(None),
            status => Err(io::Error::other(format!("{path}: HTTP status {status}")).into()),
        }
    }
}

/// The source that a text names: an `http://` or `https://` address, else a folder.
pub fn log_source(text: &str) -> Box<dyn LogSource> {
    if text.starts_with("http://") || text.starts_with("https://") {
        Box::new(LogAddress::new(text))
    } else {
        Box::new(FolderSource::new(text))
    }
}
