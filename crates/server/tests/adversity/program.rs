//! The server as a process, and what it says.

use heliograph_mtproto::UnixMillis;
use heliograph_mtproto::client::ServerPublicKey;
use heliograph_server::client::Clock;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The program with the settings of nobody's environment.
pub fn heliograph(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heliograph"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HELIOGRAPH_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    heliograph(arguments)
        .output()
        .expect("the program is built")
}

/// A place for servers to live in, one after another.
pub struct Home {
    folder: TempDir,
    /// Where its servers listen. An address of its own: whoever comes to a port that a killed server
    /// has left must find nobody there, neither another test's server nor, since ports are drawn
    /// from the same range, himself.
    address: Ipv4Addr,
}

/// How many homes this process has had.
static HOMES: AtomicU8 = AtomicU8::new(0);

impl Home {
    pub fn new() -> Self {
        let number = HOMES.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = std::process::id().to_be_bytes();
        Home {
            folder: tempfile::tempdir().expect("a folder"),
            address: Ipv4Addr::new(127, 128 | number, high, low.clamp(1, 254)),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where codes go; beside the data folder, since they name their number.
    pub fn codes(&self) -> PathBuf {
        self.folder.path().join("codes.jsonl")
    }

    /// Everything that servers here said on both outputs.
    pub fn words(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        read("stdout") + &read("stderr")
    }

    fn output(&self, name: &str) -> File {
        let path = self.folder.path().join(name);
        File::options()
            .create(true)
            .append(true)
            .open(path)
            .expect("the folder is ours")
    }

    /// Starts a server that writes codes to [`Home::codes`], and waits until it is ready.
    pub fn start(&self, flags: &[&str]) -> Server {
        let codes = format!("file:{}", self.codes().display());
        self.start_with(&[&["--codes", &codes], flags].concat())
            .unwrap_or_else(|| panic!("no ready line; {}", self.words()))
    }

    /// Starts a server with these flags alone; `None` when it ended instead of being ready.
    pub fn start_with(&self, flags: &[&str]) -> Option<Server> {
        let data = self.data();
        let said = self.words().lines().filter(|line| is_ready(line)).count();
        let mut process = heliograph(&["serve", "--listen", &format!("{}:0", self.address)])
            .arg("--data")
            .arg(&data)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(self.output("stdout"))
            .stderr(self.output("stderr"))
            .spawn()
            .expect("the program is built");
        let line = until("the ready line", || {
            if process.try_wait().expect("it is a child").is_some() {
                return Some(None);
            }
            let words = self.words();
            let line = words.lines().filter(|line| is_ready(line)).nth(said);
            line.map(|line| Some(line.to_owned()))
        })?;
        let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let text = |name: &str| ready[name].as_str().expect("a text").to_owned();
        let pem = fs::read(text("public_key")).expect("a file");
        let fingerprint = text("fingerprint").parse().expect("a number");
        Some(Server {
            process,
            address: text("listen").parse().expect("an address"),
            key: ServerPublicKey::from_pem(&pem, fingerprint).expect("a public key"),
        })
    }

    /// Nothing that a server here said tells of a panic.
    pub fn nothing_panicked(&self) {
        let words = self.words();
        assert!(!words.contains("panicked"), "{words}");
    }
}

fn is_ready(line: &str) -> bool {
    line.starts_with("{\"event\":\"ready\"") && line.ends_with('}')
}

/// A running server; it is killed when this is dropped.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
    pub key: ServerPublicKey,
}

impl Server {
    /// The body and head of a page.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Ends it in order.
    pub fn stop(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).expect("it runs");
        let status = until("the end of the server", || {
            self.process.try_wait().expect("it is a child")
        });
        assert!(status.success(), "{status}");
    }

    /// Ends it without a word.
    pub fn kill(self) {
        drop(self);
    }

    /// Its resident memory, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.expect("Linux tells") * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until `found` finds something.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(5));
    }
}

/// The time of this machine, which the server shares.
pub fn clock() -> Clock {
    Arc::new(now)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server under test runs by the machine's clock"
)]
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixMillis(since.expect("it is later than 1970").as_millis() as i64)
}

/// Every file below a folder, with its contents.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            let contents = fs::read(entry.path()).expect("a file of ours");
            found.push((entry.path(), contents));
        }
    }
    found
}
