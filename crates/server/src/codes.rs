//! The ways by which a sign-in code leaves the house.
//!
//! The whole number goes only where it is needed to deliver the code: never to the console, never
//! into a log line, an error included.

use crate::settings::{CodesBy, Secret};
use heliograph_api::CodeSender;
use heliograph_domain::accounts::Proof;
use heliograph_model::E164;
use heliograph_store::BoxFuture;
use serde::Serialize;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Stderr, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use ureq::Agent;
use zeroize::Zeroizing;

/// Makes the sender that the settings ask for; fails where a file cannot be opened.
pub fn sender(by: &CodesBy) -> io::Result<Arc<dyn CodeSender>> {
    Ok(match by {
        CodesBy::Console => Arc::new(Console::new(io::stderr())),
        CodesBy::File(path) => {
            tracing::warn!(
                "codes_go_to_a_file: whoever reads it can sign in as anybody; for tests only"
            );
            Arc::new(CodeFile::open(path)?)
        }
        CodesBy::Webhook { url, secret } => {
            if url.starts_with("http://") {
                tracing::warn!("codes_go_over_plain_http: use https unless it stays on this host");
            }
            Arc::new(Webhook::new(url.clone(), secret.clone()))
        }
    })
}

/// One code as it is written for machines.
#[derive(Serialize)]
struct Line<'a> {
    phone: String,
    code: &'a str,
}

fn json(phone: &E164, code: &str) -> Zeroizing<String> {
    let line = Line {
        phone: format!("+{}", phone.digits()),
        code,
    };
    Zeroizing::new(serde_json::to_string(&line).expect("two texts are always JSON"))
}

/// Prints codes for the operator, who hands them on.
pub struct Console<W = Stderr>(Mutex<W>);

impl<W: Write> Console<W> {
    /// Prints to `to`.
    pub fn new(to: W) -> Self {
        Console(Mutex::new(to))
    }
}

impl<W: Write + Send + 'static> CodeSender for Console<W> {
    fn send<'a>(&'a self, phone: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ending = phone.last_two();
        let written = writeln!(to, "sign-in code {code} for the number ending in {ending}");
        let done = written.and_then(|()| to.flush()).is_ok();
        Box::pin(std::future::ready(done))
    }
}

/// Appends codes to a file.
pub struct CodeFile(Mutex<File>);

impl CodeFile {
    /// Opens or makes the file, and closes it to everybody but its owner.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(CodeFile(Mutex::new(file)))
    }
}

impl CodeSender for CodeFile {
    fn send<'a>(&'a self, phone: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        let mut line = json(phone, code);
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // In one write, so that a reader never sees half a line.
        let done = file.write_all(line.as_bytes()).is_ok();
        Box::pin(std::future::ready(done))
    }
}

/// How long one request may take in all.
const REQUEST: Duration = Duration::from_secs(5);
/// Pauses before the second and the third attempt. With them a person waits 16 s at worst.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// Requests under way at once; each holds a thread.
const AT_ONCE: usize = 8;
/// Requests under way or waiting; beyond it a code is not delivered rather than memory filled.
const WAITING: usize = 256;

/// Posts codes to a web address.
pub struct Webhook {
    agent: Agent,
    url: String,
    secret: Option<Secret>,
    at_once: Semaphore,
    waiting: Semaphore,
}

/// How one request ended.
enum Posted {
    Delivered,
    /// Another attempt may help.
    NotNow(&'static str),
    /// It would be refused again.
    Refused(u16),
}

impl Webhook {
    /// Posts to `url`; `secret` is sent as a bearer token.
    pub fn new(url: String, secret: Option<Secret>) -> Self {
        let agent = Agent::config_builder()
            .timeout_global(Some(REQUEST))
            // Codes go where the operator said, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("heliograph")
            .build()
            .into();
        Webhook {
            agent,
            url,
            secret,
            at_once: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(WAITING),
        }
    }

    async fn post(&self, body: Zeroizing<String>) -> Posted {
        let mut request = self.agent.post(&self.url).content_type("application/json");
        if let Some(secret) = &self.secret {
            request = request.header("Authorization", format!("Bearer {}", secret.expose()));
        }
        let posting = spawn_blocking(move || match request.send(body.as_bytes()) {
            Ok(answer) => match answer.status().as_u16() {
                200..=299 => Posted::Delivered,
                429 | 500..=599 => Posted::NotNow("busy"),
                status => Posted::Refused(status),
            },
            // The error itself may repeat the address, which may hold a secret.
            Err(ureq::Error::Timeout(_)) => Posted::NotNow("timeout"),
            Err(_) => Posted::NotNow("unreachable"),
        });
        posting.await.unwrap_or(Posted::NotNow("shutting down"))
    }

    async fn deliver(&self, body: Zeroizing<String>) -> bool {
        let Ok(_waiting) = self.waiting.try_acquire() else {
            tracing::error!(reason = "too many at once", "code_not_delivered");
            return false;
        };
        let _place = self.at_once.acquire().await;
        let mut pauses = PAUSES.iter();
        loop {
            match self.post(body.clone()).await {
                Posted::Delivered => return true,
                Posted::Refused(status) => {
                    tracing::error!(status, "code_not_delivered");
                    return false;
                }
                Posted::NotNow(reason) => {
                    let Some(pause) = pauses.next() else {
                        tracing::error!(reason, "code_not_delivered");
                        return false;
                    };
                    sleep(*pause).await;
                }
            }
        }
    }
}

impl CodeSender for Webhook {
    fn send<'a>(&'a self, phone: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(self.deliver(json(phone, code)))
    }

    /// Whoever answers the webhook sends the code to the number itself.
    fn proof(&self) -> Proof {
        Proof::Sms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Flags, Settings};
    use std::io::{BufRead, BufReader, Read};
    use std::net::TcpListener;
    use std::os::unix::fs::MetadataExt;
    use std::thread::{self, JoinHandle};

    fn number() -> E164 {
        E164::parse("+49 30 1234567").expect("a number")
    }

    #[tokio::test]
    async fn the_console_shows_two_digits_of_the_number() {
        let console = Console::new(Vec::new());
        assert!(console.send(&number(), "12345").await);
        let shown = console.0.into_inner().expect("nobody panicked");
        let shown = String::from_utf8(shown).expect("text");
        assert_eq!(shown, "sign-in code 12345 for the number ending in 67\n");
    }

    #[tokio::test]
    async fn the_file_gets_a_line_for_each_code_and_is_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("codes.jsonl");
        std::fs::write(&path, "").expect("a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("it is ours");
        for code in ["12345", "54321"] {
            let file = CodeFile::open(&path).expect("a file");
            assert!(file.send(&number(), code).await);
        }
        let lines = std::fs::read_to_string(&path).expect("a file");
        let expected = "{\"phone\":\"+49301234567\",\"code\":\"12345\"}\n\
                        {\"phone\":\"+49301234567\",\"code\":\"54321\"}\n";
        assert_eq!(lines, expected);
        assert_eq!(
            std::fs::metadata(&path).expect("a file").mode() & 0o777,
            0o600
        );
    }

    /// A web server that gives these answers, one connection each, and returns what it was sent.
    fn answering(statuses: &'static [u16]) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/codes", listener.local_addr().expect("bound"));
        let server = thread::spawn(move || {
            let answers = statuses.iter().map(|status| {
                let (stream, _) = listener.accept().expect("a connection");
                let mut reader = BufReader::new(&stream);
                let (mut request, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).expect("a line");
                    if line == "\r\n" {
                        break;
                    }
                    let folded = line.to_ascii_lowercase();
                    if let Some(value) = folded.strip_prefix("content-length:") {
                        length = value.trim().parse().expect("a number");
                    }
                    request.push_str(&folded);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("the body");
                request.push_str(std::str::from_utf8(&body).expect("text"));
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                (&stream).write_all(answer.as_bytes()).expect("written");
                request
            });
            answers.collect()
        });
        (url, server)
    }

    fn secret() -> Option<Secret> {
        let flags = Flags::parse(&["--metrics-token", "a-secret-of-a-webhook"]);
        let settings = Settings::read(flags.expect("a flag"), []);
        settings.ok().and_then(|settings| settings.metrics_token)
    }

    #[tokio::test]
    async fn a_webhook_is_posted_the_code_and_the_secret() {
        let (url, server) = answering(&[204]);
        assert!(Webhook::new(url, secret()).send(&number(), "12345").await);
        let requests = server.join().expect("it answered");
        assert!(requests[0].starts_with("post /codes http/1.1\r\n"));
        assert!(requests[0].contains("authorization: bearer a-secret-of-a-webhook\r\n"));
        assert!(requests[0].contains("content-type: application/json\r\n"));
        assert!(requests[0].ends_with("{\"phone\":\"+49301234567\",\"code\":\"12345\"}"));
    }

    #[tokio::test]
    async fn a_busy_webhook_is_tried_three_times() {
        let (url, server) = answering(&[503, 429, 200]);
        assert!(Webhook::new(url, None).send(&number(), "12345").await);
        assert_eq!(server.join().expect("it answered").len(), 3);
        let (url, server) = answering(&[503, 500, 502]);
        assert!(!Webhook::new(url, None).send(&number(), "12345").await);
        server.join().expect("it answered");
    }

    #[tokio::test]
    async fn a_webhook_that_refuses_or_redirects_is_not_tried_again() {
        for status in [&[400][..], &[302]] {
            let (url, server) = answering(status);
            assert!(!Webhook::new(url, None).send(&number(), "12345").await);
            assert_eq!(server.join().expect("it answered").len(), 1);
        }
    }
}
