//! Where the log is: a folder, or an address.

use std::path::Path;
use std::time::Duration;

use heliograph_transparency::folder::FolderSource;
use heliograph_transparency::note::MAX_NOTE_BYTES;
use heliograph_transparency::tile::{MAX_FILE_BYTES, SourceError, Tile, TileSource};

/// Opens what the command line names.
pub fn open_source(log: &str) -> Result<Box<dyn TileSource>, String> {
    if log.starts_with("https://") || log.starts_with("http://") {
        return Ok(Box::new(UrlSource::new(log)));
    }
    if Path::new(log).is_dir() {
        return Ok(Box::new(FolderSource::new(log)));
    }
    Err(format!(
        "{log} is neither a folder nor an http:// or https:// address"
    ))
}

/// Reads a log over HTTP.
struct UrlSource {
    base: String,
    agent: ureq::Agent,
}

impl UrlSource {
    fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .user_agent(concat!("heliograph-verify/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            base: address.trim_end_matches('/').into(),
            agent: config.into(),
        }
    }
}

impl TileSource for UrlSource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let limit = if path.parse::<Tile>().is_ok() {
            MAX_FILE_BYTES
        } else {
            MAX_NOTE_BYTES
        };
        let address = format!("{}/{path}", self.base);
        let mut response = self.agent.get(&address).call()?;
        match response.status().as_u16() {
            200 => {
                let body = response.body_mut().with_config().limit(limit as u64);
                Ok(Some(body.read_to_vec()?))
            }
            404 | 410 => Ok(None),
            status => Err(format!("the server answered {status}").into()),
        }
    }
}
