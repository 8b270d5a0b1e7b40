//! The server under load: another process, on throw-away data.

use super::Failure;
use heliograph_mtproto::UnixMillis;
use heliograph_mtproto::client::ServerPublicKey;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A running server.
pub(super) struct Target {
    child: Child,
    folder: PathBuf,
    pub address: SocketAddr,
    pub key: ServerPublicKey,
    pub codes: PathBuf,
}

impl Target {
    /// Starts a server on an empty folder.
    pub fn start() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("heliograph-bench-{}", std::process::id()));
        // What an earlier run with the same number may have left.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        Self::start_on(folder)
    }

    /// Starts a server on a folder.
    pub fn start_on(folder: PathBuf) -> Result<Self, Failure> {
        let codes = folder.join("codes.jsonl");
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg("--data")
            .arg(folder.join("data"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--registration",
                "open",
                "--flood-limits",
                "off",
            ])
            .arg("--codes")
            .arg(format!("file:{}", codes.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .ok_or("the server has no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let field = |name: &str| -> Option<&str> {
            let rest = line.split_once(&format!("\"{name}\":\""))?.1;
            rest.split_once('"').map(|(value, _)| value)
        };
        let missing = || format!("the server did not become ready: {line:?}");
        let address = field("listen").ok_or_else(missing)?.parse()?;
        let fingerprint = field("fingerprint").ok_or_else(missing)?.parse()?;
        let pem = std::fs::read(field("public_key").ok_or_else(missing)?)?;
        let key = ServerPublicKey::from_pem(&pem, fingerprint)?;
        Ok(Target {
            child,
            folder,
            address,
            key,
            codes,
        })
    }

    /// The folder, kept when the server is stopped with [`Target::stop`].
    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Ends the server and keeps its folder.
    pub fn stop(mut self) {
        self.end();
        self.folder = PathBuf::new();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The processor time that the server and its own children have used so far.
    pub fn cpu(&self) -> Duration {
        let own = self.child.id();
        let mut ticks = ticks_of(own);
        for child in children_of(own) {
            ticks += ticks_of(child);
        }
        // Linux counts in hundredths of a second for every program.
        Duration::from_millis(ticks * 10)
    }

    /// The server's resident memory, in bytes; without its children.
    pub fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.end();
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// User and system time of a process, in ticks.
fn ticks_of(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program stands in brackets and may hold anything.
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|f| f.parse::<u64>().ok())
            .unwrap_or(0)
    };
    ticks(11) + ticks(12)
}

fn children_of(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// The time now.
#[expect(
    clippy::disallowed_methods,
    reason = "the generator measures real time"
)]
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(since.as_millis() as i64)
}
