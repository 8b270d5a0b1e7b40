//! The program as its operator meets it: started, asked, stopped and killed as a process.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_heliograph");

/// How long anything may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with the settings of nobody's environment.
fn heliograph(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HELIOGRAPH_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Waits until `found` finds something.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(10));
    }
}

struct Server {
    process: Child,
    ready: serde_json::Value,
    line: String,
}

impl Server {
    /// Starts a server on a port of its own and waits for its ready line.
    fn start(data: &Path, flags: &[&str]) -> Self {
        let data = data.to_str().expect("a path of ours");
        let mut process = heliograph(&["serve", "--data", data, "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is built");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a pipe");
        if line.is_empty() {
            let mut words = String::new();
            let mut stderr = process.stderr.take().expect("it is piped");
            let _ = stderr.read_to_string(&mut words);
            panic!("no ready line; {words}");
        }
        let ready = serde_json::from_str(&line).expect("the ready line is JSON");
        Server {
            process,
            ready,
            line,
        }
    }

    fn get(&self, path: &str) -> String {
        let address = self.ready["listen"].as_str().expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, signal).expect("it runs");
    }

    /// Stops it in order; its exit code.
    fn stop(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        until("the end of the server", || {
            self.process.try_wait().expect("it is a child")
        })
        .code()
    }

    /// The process of its keeper.
    fn keeper(&self) -> Option<Pid> {
        let own = self.process.id();
        let children = fs::read_dir("/proc")
            .expect("this is Linux")
            .filter_map(|entry| {
                let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
                let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
                let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
                let living = !status.contains("\nState:\tZ");
                (living && parent.trim() == own.to_string()).then_some(pid)
            });
        children.into_iter().find_map(Pid::from_raw)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn data() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    (folder, data)
}

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Output {
    heliograph(arguments)
        .output()
        .expect("the program is built")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_server_starts_on_an_empty_folder_and_says_so_in_one_line() {
    let (_folder, data) = data();
    let server = Server::start(&data, &[]);
    assert!(
        server
            .line
            .starts_with("{\"event\":\"ready\",\"listen\":\"127.0.0.1:")
    );
    let key = server.ready["public_key"].as_str().expect("a path");
    assert!(Path::new(key).is_absolute());
    let pem = fs::read_to_string(key).expect("a file");
    assert!(server.get("/server.pub.pem").ends_with(&pem));
    let fingerprint = server.ready["fingerprint"].as_str().expect("a text");
    assert!(fingerprint.parse::<i64>().is_ok());
    assert!(server.get("/").contains(fingerprint));
    assert!(server.get("/readyz").contains("\"ready\":true"));
    assert!(
        server
            .get("/metrics")
            .contains("heliograph_connections_total")
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_server_that_comes_back_is_the_same_one() {
    let (_folder, data) = data();
    let first = Server::start(&data, &[]);
    let fingerprint = first.ready["fingerprint"].clone();
    assert_eq!(first.stop(), Some(0));
    assert!(!data.join("run/ready.json").exists());
    let second = Server::start(&data, &[]);
    assert_eq!(second.ready["fingerprint"], fingerprint);
}

#[test]
fn a_second_server_on_the_same_folder_refuses() {
    let (_folder, data) = data();
    let _server = Server::start(&data, &[]);
    let data = data.to_str().expect("a path of ours");
    let second = run(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert!(!second.status.success() && second.stdout.is_empty());
    assert!(words(&second).contains("another heliograph uses this data folder"));
}

#[test]
fn a_bad_setting_keeps_the_server_from_starting() {
    let (_folder, data) = data();
    let folder = data.to_str().expect("a path of ours");
    let refused = run(&[
        "serve",
        "--data",
        folder,
        "--store",
        "postgres://u:secret@h/db",
    ]);
    assert!(!refused.status.success());
    assert!(words(&refused).contains("PostgreSQL comes in a later one"));
    assert!(!words(&refused).contains("secret"));
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn a_data_folder_of_a_newer_format_is_refused_in_words() {
    let (_folder, data) = data();
    assert_eq!(Server::start(&data, &[]).stop(), Some(0));
    let mut database = fs::read(data.join("heliograph.db")).expect("a database");
    // The file header's `user_version` (sqlite.org/fileformat.html, section 1.3).
    database[60..64].copy_from_slice(&1000u32.to_be_bytes());
    fs::write(data.join("heliograph.db"), database).expect("a folder of ours");
    let folder = data.to_str().expect("a path of ours");
    let refused = run(&["serve", "--data", folder, "--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success());
    assert!(
        words(&refused).contains("format 1000"),
        "{}",
        words(&refused)
    );
}

#[test]
fn another_keeper_key_is_noticed_at_the_start() {
    let (_folder, data) = data();
    assert_eq!(Server::start(&data, &[]).stop(), Some(0));
    fs::remove_dir_all(data.join("keys/keeper")).expect("a folder of ours");
    let folder = data.to_str().expect("a path of ours");
    let refused = run(&["serve", "--data", folder, "--listen", "127.0.0.1:0"]);
    assert!(!refused.status.success());
    assert!(words(&refused).contains("is not the one with which this database was filled"));
}

#[test]
fn a_keeper_that_dies_is_started_again() {
    let (_folder, data) = data();
    let server = Server::start(&data, &[]);
    let first = server.keeper().expect("it has a keeper");
    kill_process(first, Signal::KILL).expect("it runs");
    let second = until("another keeper", || {
        server.keeper().filter(|pid| *pid != first)
    });
    assert_ne!(first, second);
    until("readiness", || {
        server
            .get("/readyz")
            .contains("\"ready\":true")
            .then_some(())
    });
}

#[test]
fn a_keeper_does_not_outlive_its_server() {
    let (_folder, data) = data();
    let mut server = Server::start(&data, &[]);
    let keeper = server.keeper().expect("it has a keeper");
    server.process.kill().expect("it runs");
    server.process.wait().expect("it ends");
    until("the end of the keeper", || {
        let status = fs::read_to_string(format!("/proc/{}/status", keeper.as_raw_nonzero()));
        let gone = status.map_or(true, |status| status.contains("\nState:\tZ"));
        gone.then_some(())
    });
    // And a killed server leaves nothing in the way of the next one.
    let again = Server::start(&data, &[]);
    assert!(again.get("/readyz").contains("\"ready\":true"));
}

#[test]
fn the_operator_invites_a_number_and_counts_accounts() {
    let (_folder, data) = data();
    let folder = data.to_str().expect("a path of ours");
    let absent = run(&["admin", "account", "list", "--data", folder]);
    assert!(!absent.status.success() && words(&absent).contains("no server answers"));

    let _server = Server::start(&data, &["--registration", "invite"]);
    let invite = |number| run(&["admin", "account", "invite", number, "--data", folder]);
    let done = invite("+49 30 1234567");
    assert!(done.status.success(), "{}", words(&done));
    let refused = invite("+49 30 nonsense");
    assert!(!refused.status.success());
    assert!(words(&refused).contains("not a phone number"));
    assert!(!words(&refused).contains("49"), "a number is not repeated");
    let listed = run(&["admin", "account", "list", "--data", folder]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "0 accounts\n");
}

#[test]
fn a_client_is_told_the_address_of_the_running_server() {
    let (_folder, data) = data();
    let folder = data.to_str().expect("a path of ours");
    let early = run(&["client-config", "--for", "telethon", "--data", folder]);
    assert!(!early.status.success() && words(&early).contains("start the server once"));

    let server = Server::start(&data, &[]);
    let told = run(&["client-config", "--for", "telethon", "--data", folder]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let port = server.ready["listen"]
        .as_str()
        .and_then(|at| at.rsplit(':').next());
    let port = port.expect("an address has a port");
    assert!(
        text.contains(&format!("set_dc(2, \"127.0.0.1\", {port})")),
        "{text}"
    );
    let proxy = run(&["client-config", "--for", "mtproxy", "--data", folder]);
    assert!(words(&proxy).contains("mtproxy-secret"));
    let profile = data.join("profile");
    let profile = profile.to_str().expect("a path in UTF-8");
    let desktop = [
        "client-config",
        "--for",
        "tdesktop",
        "--data",
        folder,
        "--folder",
        profile,
    ];
    let written = String::from_utf8_lossy(&run(&desktop).stdout).into_owned();
    assert!(written.contains("telegram-desktop -workdir"), "{written}");
    assert!(
        words(&run(&desktop)).contains("name another folder"),
        "it would overwrite one"
    );
}

/// What `Server::get` answers, without its head.
fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[test]
fn the_pages_of_the_desk_and_the_log_are_on_the_one_port() {
    let (_folder, data) = data();
    let server = Server::start(&data, &["--contact", "desk@example.org"]);
    let landing = server.get("/");
    let place = |text: &str| {
        landing
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {landing}"))
    };
    assert!(place("Trust level: self-attested") < place("TelegramClient"));
    assert!(landing.contains("form-action 'none'"), "its own headers");
    for path in ["/transparency", "/requests", "/law-enforcement", "/privacy"] {
        assert!(landing.contains(&format!("href=\"{path}\"")), "{path}");
        let page = server.get(path);
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        // The desk's policy, once, and not the one of the landing page.
        let head = page.split("\r\n\r\n").next().expect("a head");
        let policies: Vec<&str> = head
            .lines()
            .filter(|line| line.starts_with("content-security-policy:"))
            .collect();
        let expected = "content-security-policy: default-src 'none'; style-src 'self'; \
                        form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        assert_eq!(policies, [expected], "{path}");
        assert!(head.contains("cross-origin-opener-policy: same-origin"));
    }
    assert!(server.get("/privacy").contains("desk@example.org"));
    assert!(
        server
            .get("/requests")
            .contains("The desk of this installation is not open")
    );
    assert!(server.get("/console").starts_with("HTTP/1.1 303 "));
    assert!(server.get("/.well-known/heliograph").contains("\"log\""));
    assert!(server.get("/healthz").ends_with("\r\n\r\nok\n"));

    let checkpoint = server.get("/log/checkpoint");
    let on_disk = fs::read_to_string(data.join("log/checkpoint")).expect("it is there");
    assert_eq!(body(&checkpoint), on_disk);
    for outside in [
        "/log/../keys/log.key",
        "/log/%2e%2e/desk.db",
        "/log//etc/passwd",
        "/log/",
        "/nowhere",
    ] {
        let answer = server.get(outside);
        assert!(answer.starts_with("HTTP/1.1 404 "), "{outside}: {answer}");
    }
}

#[test]
fn the_operator_lets_staff_in_and_out_and_sees_how_many_cases_wait() {
    let (_folder, data) = data();
    let folder = data.to_str().expect("a path of ours");
    let server = Server::start(&data, &[]);
    let staff =
        |arguments: &[&str]| run(&[&["admin", "staff"], arguments, &["--data", folder]].concat());
    let said = |output: &Output| {
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    };

    let invited = staff(&["invite", "Ines", "--role", "officer", "--role", "registrar"]);
    let link = said(&invited);
    let port = server.ready["listen"].as_str().expect("an address");
    let port = port.rsplit(':').next().expect("it has a port");
    let origin = format!("http://localhost:{port}");
    let path = link
        .strip_prefix(&origin)
        .unwrap_or_else(|| panic!("{link}"));
    assert!(server.get(path).contains("Welcome to the desk"));
    assert_eq!(
        said(&staff(&["list"])),
        "Ines  (officer, registrar; invited)"
    );

    // Who decides about disclosure does not decide about posts.
    let both = staff(&["invite", "Mo", "--role", "officer", "--role", "moderator"]);
    assert!(!both.status.success());
    assert!(words(&both).contains("nobody can be a moderator and have a role at the desk"));
    assert!(!staff(&["invite", "Mo", "--role", "king"]).status.success());

    assert!(staff(&["dismiss", "Ines"]).status.success());
    assert!(server.get(path).starts_with("HTTP/1.1 404 "));
    assert!(said(&staff(&["list"])).ends_with("dismissed)"));
    assert!(!staff(&["dismiss", "Ines"]).status.success());

    let cases = run(&["desk", "cases", "--data", folder]);
    assert_eq!(said(&cases), "no cases");
    let cases = run(&["desk", "cases", "--json", "--data", folder]);
    assert_eq!(said(&cases), "");
}

/// The most memory that a process has held, in KiB.
fn peak_kib(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()));
    let status = status.expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let digits = line.expect("it is told").trim().trim_end_matches(" kB");
    digits.parse().expect("a number")
}

/// Pours a gigabyte into an upload until the server has had enough: how many bytes it took.
fn pour(server: &Server, path: &str, length: &str) -> u64 {
    let address = server.ready["listen"].as_str().expect("an address");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let wait = Some(PATIENCE);
    stream.set_write_timeout(wait).expect("a socket");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{length}\r\n\
         content-type: multipart/form-data; boundary=edge\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    let file = "--edge\r\ncontent-disposition: form-data; name=\"documents\"; \
                filename=\"order.pdf\"\r\n\r\n%PDF-1.7\n";
    let mut piece = file.as_bytes().to_vec();
    let chunked = length.starts_with("transfer-encoding");
    let mut taken = 0;
    while taken < 1 << 30 {
        let size = format!("{:x}\r\n", piece.len());
        let sent = if chunked {
            stream.write_all(&[size.as_bytes(), &piece, b"\r\n"].concat())
        } else {
            stream.write_all(&piece)
        };
        if sent.is_err() {
            break;
        }
        taken += piece.len() as u64;
        piece.resize(1 << 16, b'x');
    }
    taken
}

#[test]
fn an_upload_of_a_gigabyte_is_cut_off_early_and_takes_no_memory() {
    let (_folder, data) = data();
    let server = Server::start(&data, &[]);
    let before = peak_kib(&server.process);
    // Announced on the first line, it is not read but for what the socket holds.
    let announced = format!("content-length: {}", 1_u64 << 30);
    let taken = pour(&server, "/requests", &announced);
    assert!(taken < 16 << 20, "{taken} bytes were taken");
    // Not announced, it is read no further than a browser needs to see the answer.
    for path in ["/requests", "/requests/api/v1/orders"] {
        let taken = pour(&server, path, "transfer-encoding: chunked");
        assert!(taken < 128 << 20, "{path}: {taken} bytes were taken");
    }
    let grown = peak_kib(&server.process) - before;
    assert!(grown < 96 << 10, "{grown} KiB");
    assert!(server.get("/healthz").ends_with("ok\n"));
}
