//! A house whose desk is open: officers hold their key, Germany is served, courts can be registered,
//! and everybody comes over HTTP.

use crate::{HandClock, House, Officers};
use heliograph_console::Casework as _;
use heliograph_console::casework::{CaseAct, CaseworkError, Draft, Person as Staff, RegistryDraft};
use heliograph_desk_store::CaseId;
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_disclosure::registry::AuthorityDetails;
use heliograph_disclosure::validity::Question;
use heliograph_server::desk::{Desk, DeskCasework};
use heliograph_transparency::entry::{Body, Change, CountryDecision, DAY_S, Door, Minute};
use std::future::Future;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What separates the parts of an upload.
const BOUNDARY: &str = "----------------------------house";

/// A document: its name and its content.
pub type Document = (&'static str, Vec<u8>);

/// A PDF file that says this.
pub fn pdf(text: &str) -> Document {
    let bytes = format!("%PDF-1.7\n{text}\n%%EOF\n").into_bytes();
    ("order.pdf", bytes)
}

/// A court, as it comes to the portal.
#[derive(Clone)]
pub struct Court {
    /// Its number in the registry.
    pub number: u64,
    /// Its access key.
    pub key: String,
    /// What it gives as signatures under its documents.
    pub signatures: String,
    /// Its row.
    pub details: AuthorityDetails,
}

impl Court {
    /// The same under another name.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let mut other = self.clone();
        name.clone_into(&mut other.details.name);
        other
    }
}

/// An answer over HTTP.
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub text: String,
    /// The body.
    pub bytes: Vec<u8>,
    head: String,
}

impl Page {
    fn read(answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, bytes) = answer.split_at(end.expect("a head has an end") + 4);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Page {
            status: status.expect("a status"),
            text: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.to_vec(),
            head,
        }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_default()
    }
}

/// A house whose desk is open.
pub struct DeskHouse {
    house: House,
    /// Those who hold the key.
    pub officers: Officers,
    folder: tempfile::TempDir,
}

impl Deref for DeskHouse {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl DeskHouse {
    /// A house in November 2023, with a desk that serves Germany.
    pub async fn new() -> Self {
        Self::at(HandClock::default()).await
    }

    /// The same under this clock.
    pub async fn at(clock: HandClock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let house = House::with_desk(folder.path(), clock).await;
        let officers = Officers::enrol(&house, folder.path()).await;
        let house = DeskHouse {
            house,
            officers,
            folder,
        };
        let germany = CountryDecision {
            code: "DE".parse().expect("a country"),
            state: Door::Open,
            reason: "its courts are bound by law".into(),
        };
        house.decide(germany).await;
        house
    }

    /// The desk itself.
    pub fn desk(&self) -> Arc<Desk> {
        self.house.desk.clone().expect("it has one")
    }

    /// The officer who is signed in at the desk.
    pub fn staff(&self) -> Staff {
        self.officers.staff.clone()
    }

    /// The time in Unix seconds.
    pub fn now_s(&self) -> u64 {
        self.desk().now_s()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the data folder.
    pub fn file(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(path)).expect("it is there")
    }

    /// Calls the desk where it may block. The call begins at once, not when it is awaited.
    pub fn blocking<T, C>(&self, call: C) -> impl Future<Output = T> + use<T, C>
    where
        T: Send + 'static,
        C: FnOnce(&Desk) -> T + Send + 'static,
    {
        let desk = self.desk();
        let task = spawn_blocking(move || call(&desk));
        async move { task.await.expect("the call does not panic") }
    }

    /// Calls the casework of the desk, likewise.
    pub fn work<T, C>(&self, call: C) -> impl Future<Output = T> + use<T, C>
    where
        T: Send + 'static,
        C: FnOnce(&DeskCasework) -> T + Send + 'static,
    {
        let casework = DeskCasework::new(self.desk());
        let task = spawn_blocking(move || call(&casework));
        async move { task.await.expect("the call does not panic") }
    }

    /// Does something with a case, as an officer.
    pub fn act(
        &self,
        id: CaseId,
        act: CaseAct,
    ) -> impl Future<Output = Result<(), CaseworkError>> + use<> {
        let (staff, now_s) = (self.staff(), self.now_s());
        self.work(move |work| work.act(&staff, id, act, now_s))
    }

    /// Answers every question with yes.
    pub async fn answer_all(&self, id: CaseId) {
        for question in Question::ALL {
            let answer = CaseAct::Answer {
                question,
                yes: true,
                note: "as the order says".to_owned(),
            };
            self.act(id, answer).await.expect("answered");
        }
    }

    /// The one case of the desk.
    pub async fn only_case(&self) -> CaseId {
        let (staff, now_s) = (self.staff(), self.now_s());
        let listed = self.work(move |work| work.desk(&staff, now_s)).await;
        let listed = listed.expect("listed").cases;
        assert_eq!(listed.len(), 1);
        listed[0].id
    }

    /// The desk writes a decision down, officers sign it, and it is entered in the log.
    pub async fn decide(&self, body: impl Into<Body>) {
        let (staff, now_s) = (self.staff(), self.now_s());
        let draft = Draft::Body(Box::new(body.into()));
        let entry = self.work(move |work| work.draft(&staff, draft, now_s));
        self.complete(entry.await.expect("written")).await;
    }

    /// Officers sign a decision, and it is entered in the log.
    async fn complete(&self, entry: Vec<u8>) {
        let by = self.officers.sign(&self.desk(), &entry);
        let (staff, now_s) = (self.staff(), self.now_s());
        let done = self.work(move |work| work.complete(&staff, &entry, by, now_s));
        done.await.expect("signed by both");
    }

    /// Changes the registry, signatures and all.
    pub async fn change(
        &self,
        id: Option<u64>,
        action: Change,
        details: AuthorityDetails,
        key: KeyChange,
    ) -> RegistryDraft {
        let (staff, now_s) = (self.staff(), self.now_s());
        let draft =
            self.work(move |work| work.change_registry(&staff, id, action, details, key, now_s));
        let draft = draft.await.expect("written");
        self.complete(draft.entry.clone()).await;
        draft
    }

    /// Enters a court in the registry, and waits until it counts.
    pub async fn register(&self, name: &str) -> Court {
        let court = self.enter_court(name).await;
        self.pass_days(5).await;
        court
    }

    /// Enters a court in the registry. It counts 72 hours after the end of this day.
    pub async fn enter_court(&self, name: &str) -> Court {
        let details = AuthorityDetails {
            name: name.into(),
            country: "DE".into(),
            class: "court".into(),
            contact: "registry".into(),
            call_back: "+49 30 0000000".into(),
            recipient: None,
            verified: "by two officers".into(),
            access_key: None,
            signing_key: None,
            salt: [0; 32],
        };
        let draft = self
            .change(None, Change::Add, details.clone(), KeyChange::New)
            .await;
        let (staff, now_s) = (self.staff(), self.now_s());
        let rows = self.work(move |work| work.authorities(&staff, now_s)).await;
        let rows = rows.expect("listed");
        let own = rows.iter().find(|row| row.details.name == name);
        Court {
            number: own.expect("entered").id,
            key: draft.access_key.expect("a new one"),
            signatures: String::new(),
            details,
        }
    }

    /// Lets days pass, with everything that the desk does on each morning.
    pub async fn pass_days(&self, days: u32) {
        self.clock.turn(i64::from(days) * DAY_S as i64);
        self.desk().round().await;
    }

    /// Lets an hour pass, after which what has arrived stands in the log.
    pub async fn next_hour(&self) {
        self.clock.turn(3_600);
        self.desk().round().await;
    }

    /// Waits until the numbers of all who signed in are sealed, and does what is due.
    pub async fn settle(&self) {
        let sealed = async {
            loop {
                let coverage = self.desk().sealer.coverage().await.expect("counted");
                if coverage.numbers == coverage.accounts {
                    return;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, sealed).await.expect("the sealer works");
        self.desk().round().await;
    }

    /// An order about this account and the last ten days.
    pub fn order(&self, account: &str) -> OrderForm {
        let minute = |at_s: u64| Minute::of_unix(at_s).to_string();
        OrderForm {
            official: "R. Richter".into(),
            role: "judge".into(),
            file_reference: "12 Gs 345/23".into(),
            legal_basis: "section 100k".into(),
            offence: "fraud".into(),
            suspect: "the holder of the account".into(),
            clause: "4.2".into(),
            necessity: "There is no other way.".into(),
            targets: vec![TargetForm::Account(account.into())],
            from: minute(self.now_s() - 10 * DAY_S),
            to: minute(self.now_s()),
            data: vec!["phone".into(), "ip".into()],
            purpose: "disclose".into(),
            priority: "normal".into(),
            threat: String::new(),
            gag: "none".into(),
            delivery: "passphrase".into(),
        }
    }

    /// Hands an order in on the page.
    pub async fn hand_in(&self, court: &Court, form: &OrderForm, documents: &[Document]) -> Page {
        let number = court.number.to_string();
        let TargetForm::Account(account) = &form.targets[0] else {
            panic!("orders of these tests name an account")
        };
        let mut fields: Vec<(&str, &str)> = vec![
            ("authority", &number),
            ("access_key", &court.key),
            ("signatures", &court.signatures),
            ("name", &court.details.name),
            ("country", &court.details.country),
            ("class", &court.details.class),
            ("contact", "registry@court.example"),
            ("official", &form.official),
            ("role", &form.role),
            ("file_reference", &form.file_reference),
            ("legal_basis", &form.legal_basis),
            ("offence", &form.offence),
            ("suspect", &form.suspect),
            ("clause", &form.clause),
            ("necessity", &form.necessity),
            ("target_kind", "account"),
            ("targets", account),
            ("from", &form.from),
            ("to", &form.to),
            ("purpose", &form.purpose),
            ("priority", &form.priority),
            ("gag", &form.gag),
            ("delivery", &form.delivery),
        ];
        fields.extend(form.data.iter().map(|word| ("data", word.as_str())));
        self.upload("/requests", &fields, documents).await
    }

    /// Hands an order in through the JSON interface.
    pub async fn hand_in_by_machine(
        &self,
        court: &Court,
        form: &OrderForm,
        documents: &[Document],
    ) -> Page {
        let request = serde_json::json!({
            "sender": {
                "authority": court.number,
                "access_key": court.key,
                "signatures": court.signatures,
                "name": court.details.name,
                "country": court.details.country,
                "class": court.details.class,
                "contact": "registry@court.example",
            },
            "follows": null,
            "order": form,
        });
        let fields = [("request", &*request.to_string())];
        self.upload("/requests/api/v1/orders", &fields, documents)
            .await
    }

    /// Hands an order in; the address of its receipt.
    pub async fn receipt(&self, court: &Court, form: &OrderForm) -> String {
        let created = self
            .hand_in_by_machine(court, form, &[pdf("an order")])
            .await;
        assert_eq!(created.status, 201, "{}", created.text);
        let created: serde_json::Value = serde_json::from_str(&created.text).expect("JSON");
        let secret = created["secret"].as_str().expect("told once");
        format!("/requests/r/{secret}")
    }

    /// Reads a page.
    pub async fn get(&self, path: &str) -> Page {
        self.ask(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
            .await
    }

    /// Presses a button that sends nothing.
    pub async fn post(&self, path: &str) -> Page {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        self.ask(head.as_bytes()).await
    }

    /// Hands in documents.
    pub async fn post_documents(&self, path: &str, documents: &[Document]) -> Page {
        self.upload(path, &[], documents).await
    }

    async fn upload(&self, path: &str, fields: &[(&str, &str)], documents: &[Document]) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for (name, bytes) in documents {
            body.extend_from_slice(file_head(name).as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let length = format!("content-length: {}", body.len());
        let head = upload_head(path, &length);
        self.ask(&[head.as_bytes(), &body].concat()).await
    }

    async fn ask(&self, request: &[u8]) -> Page {
        let mut line = self.line();
        line.write_all(request).await.expect("it reads");
        let mut answer = Vec::new();
        let read = timeout(PATIENCE, line.read_to_end(&mut answer)).await;
        read.expect("an answer comes").expect("a pipe");
        Page::read(&answer)
    }
}

fn upload_head(path: &str, length: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{length}\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    )
}

fn file_head(name: &str) -> String {
    format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"documents\"; \
         filename=\"{name}\"\r\ncontent-type: application/pdf\r\n\r\n"
    )
}
