//! A console over an invented log, an invented desk and a real database of staff, for tests.

mod desk;
pub(crate) mod moderation;
mod pages;
mod public;

pub(crate) use desk::{CASE, FakeCasework, FakeCounter, INTAKE, SECRET};

use crate::counter::Sender;
use crate::record::{PublicRecord, Snapshot};
use crate::staff::{Role, Roles, session_for_tests};
use crate::{Clock, Installation, Operator, Parts, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use heliograph_desk_store::{Act, Desk, DeskError, DeskStore, NewStaff, StaffId, Token};
use heliograph_disclosure::Entropy;
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_transparency::append::{Writer, sign_checkpoint};
use heliograph_transparency::entry::VaultRoot;
use heliograph_transparency::note::SignerKey;
use heliograph_transparency::testing::Scene;
use heliograph_transparency::tile::TileSource;
use heliograph_transparency::tree::Hash;
use heliograph_transparency::verify::Level;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt as _;

/// 2026-11-21T10:05Z, a Saturday.
pub(crate) const NOW_S: u64 = 1_795_255_500;

/// The log's name.
pub(crate) const ORIGIN: &str = "log.example/heliograph";

pub(crate) struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now_s(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl TestClock {
    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// Counts, so that nothing repeats and everything is the same in every run.
#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let n = self
                .0
                .fetch_add(1, Ordering::SeqCst)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = (n >> 56) as u8;
        }
    }
}

pub(crate) struct Record {
    snapshot: Arc<Snapshot>,
    files: BTreeMap<String, Vec<u8>>,
}

impl PublicRecord for Record {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }

    fn files(&self) -> &(dyn TileSource + Send + Sync + 'static) {
        &self.files
    }
}

/// An invented log with one whole case and a vault root.
pub(crate) fn scene() -> Scene {
    use heliograph_transparency::entry::{Day, Outcome};
    use heliograph_transparency::testing::TestCase;
    let today = Day::of_unix(NOW_S);
    let mut scene = Scene::new(ORIGIN, today);
    scene.push(VaultRoot {
        root: Hash([7; 32]),
        records: 4_021,
        phones: 812,
        accounts: 1_040,
    });
    scene.push_whole_case(TestCase::ordinary(today), Outcome::Delivered);
    scene.push_whole_case(
        TestCase {
            country: "FR",
            ..TestCase::ordinary(today)
        },
        Outcome::OffenceNotCovered,
    );
    scene
}

pub(crate) fn record(scene: &Scene) -> Record {
    let mut files = BTreeMap::new();
    let appended = Writer::default()
        .append(&scene.entries)
        .expect("short entries");
    for file in appended.files {
        files.insert(file.tile.to_string(), file.bytes);
    }
    let head = appended.writer.head();
    let origin = scene.ledger.origin();
    let key = SignerKey::new(origin.parse().expect("a name"), &[5; 32]);
    let note = sign_checkpoint(&files, 0, head, origin, &key).expect("what was written");
    files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    let policy = format!("log {}\nquorum none\n", key.verifier());
    let snapshot = Snapshot {
        ledger: scene.ledger.clone(),
        checkpoint: note.to_string().into_bytes(),
        signed_s: NOW_S - 120,
        log_key: key.verifier().clone(),
        policy,
        trust: Level::SelfAttested,
    };
    Record {
        snapshot: Arc::new(snapshot),
        files,
    }
}

/// A console and what it stands on.
pub(crate) struct House {
    pub app: Router,
    pub desk: Desk,
    pub clock: Arc<TestClock>,
    pub counter: Arc<FakeCounter>,
    pub casework: Arc<FakeCasework>,
    pub moderation: Arc<moderation::FakeModeration>,
    pub installation: Installation,
    pub entropy: Arc<Counting>,
    pub folder: tempfile::TempDir,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("text")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a plain header"))
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }
}

impl House {
    pub fn new() -> Self {
        Self::over(&scene())
    }

    pub fn over(scene: &Scene) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = DeskStore::open(&folder.path().join("desk.db")).expect("opens");
        let operator = Operator {
            name: "Example e.V.".into(),
            seat: "DE".into(),
            contact: "desk@example.org".into(),
            contest: "write to desk@example.org".into(),
            terms: "https://localhost/terms".into(),
        };
        let installation = Installation::new(None, operator).expect("localhost");
        let clock = Arc::new(TestClock(NOW_S.into()));
        let (counter, casework) = (
            Arc::new(FakeCounter::default()),
            Arc::new(FakeCasework::default()),
        );
        let moderation = Arc::new(moderation::FakeModeration::default());
        let entropy = Arc::new(Counting::default());
        let app = router(Parts {
            installation: installation.clone(),
            record: Arc::new(record(scene)),
            counter: counter.clone(),
            casework: casework.clone(),
            moderating: moderation.clone(),
            desk: store.desk(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        });
        Self {
            app: app.expect("a sound origin"),
            desk: store.desk(),
            clock,
            counter,
            casework,
            moderation,
            installation,
            entropy,
            folder,
        }
    }

    pub fn now_s(&self) -> u64 {
        self.clock.now_s()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: to_bytes(body, usize::MAX).await.expect("a body").to_vec(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// A page that must be there, checked for what every page must be.
    pub async fn page(&self, path: &str, cookie: &str) -> String {
        let request = Request::get(path)
            .header(COOKIE, cookie)
            .body(Body::empty());
        let answer = self.send(request.expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let text = answer.text();
        pages::check(path, &text);
        text
    }

    /// Someone of these roles, signed in: the cookie and the token for forms.
    pub fn sign_in(&self, name: &str, roles: &[Role]) -> (String, String) {
        let id = StaffId([name.as_bytes()[0]; 16]);
        let roles = Roles::new(roles.iter().copied()).expect("roles that go together");
        let act = Act {
            staff: None,
            name: Token::parse("test").expect("a word"),
            case: None,
        };
        let (secret, hash, csrf) = session_for_tests(name);
        let new = NewStaff {
            id,
            name: name.to_owned(),
            roles: roles.tokens().expect("words"),
            invitation_hash: hash,
            invitation_expires_s: NOW_S,
        };
        let done = self.desk.act(&act, NOW_S, |step| {
            step.invite_staff(&new, NOW_S)?;
            step.open_session(hash, id, NOW_S + 12 * 3_600)
        });
        done.map_err(|error: DeskError| error).expect("kept");
        (format!("__Host-desk={secret}"), csrf)
    }
}

/// A request that a browser without scripts sends for a form.
pub(crate) fn urlencoded(path: &str, cookie: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            write!(encoded, "%{byte:02X}").expect("memory");
            encoded
        })
    };
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(COOKIE, cookie)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.join("&")))
        .expect("a request")
}

/// The same for a form with files.
pub(crate) fn multipart(
    path: &str,
    cookie: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(COOKIE, cookie)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=XbX")
        .body(Body::from(parts(fields, files, true)))
        .expect("a request")
}

/// The body of a form with files.
pub(crate) fn parts(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])], end: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--XbX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for (name, file, bytes) in files {
        let head = format!(
            "--XbX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        if end {
            body.extend_from_slice(b"\r\n");
        }
    }
    if end {
        body.extend_from_slice(b"--XbX--\r\n");
    }
    body
}

pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n%%EOF\n";

/// A request with nothing wrong.
pub(crate) fn sound() -> (Sender, OrderForm, Vec<Upload>) {
    let sender = Sender {
        authority: Some(3),
        name: "Amtsgericht Musterstadt".into(),
        country: "DE".into(),
        class: "court".into(),
        contact: "geschaeftsstelle@gericht.example".into(),
        access_key: String::new(),
        signatures: String::new(),
    };
    let form = OrderForm {
        official: "R. Richter".into(),
        role: "judge".into(),
        file_reference: "12 Gs 345/26".into(),
        legal_basis: "section 100k".into(),
        offence: "fraud".into(),
        suspect: "the holder of the account".into(),
        clause: "4.2".into(),
        necessity: "There is no other way.".into(),
        targets: vec![TargetForm::Username("seller_77".into())],
        from: "2026-11-01T00:00Z".into(),
        to: "2026-11-10T23:59Z".into(),
        data: vec!["phone".into(), "ip".into()],
        purpose: "disclose".into(),
        priority: "normal".into(),
        threat: String::new(),
        gag: "none".into(),
        delivery: "passphrase".into(),
    };
    let document = Upload {
        name: "order.pdf".into(),
        bytes: PDF.to_vec(),
    };
    (sender, form, vec![document])
}
