//! Forms with documents, read as they arrive and cut off as soon as they are too large.

use crate::answer::Refusal;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_LENGTH;
use heliograph_disclosure::documents::{MAX_DOCUMENTS, MAX_DOCUMENTS_BYTES, Upload};
use hyper::body::Frame;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// Most bytes of everything but the documents: the longest texts of an order several times over.
const MAX_TEXT_BYTES: usize = 128 * 1024;
/// Most fields.
const MAX_FIELDS: usize = 64;
/// How long an upload may take. On a slow line 20 MiB take some minutes.
const MAX_TIME: Duration = Duration::from_secs(600);
/// Uploads in memory at one time, so that they hold 160 MiB at most.
const AT_ONCE: usize = 8;
/// What is still read, and forgotten, of an upload that is too large: a browser that is cut off
/// while it sends shows its own error, not our page.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);

static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(AT_ONCE));

/// What was typed, by field; a field can be there several times.
#[derive(Clone, Default)]
pub(crate) struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    /// The first value of a field, without spaces around it; empty when there is none.
    pub fn one(&self, field: &str) -> &str {
        self.all(field).first().map_or("", |text| text.trim())
    }

    /// All values of a field.
    pub fn all(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// Adds a value.
    pub fn add(&mut self, field: &str, value: String) {
        self.0.entry(field.to_owned()).or_default().push(value);
    }
}

/// A form as it was sent.
pub(crate) struct Sent {
    pub typed: Typed,
    pub documents: Vec<Upload>,
}

/// Why a form was not read to its end.
pub(crate) enum Unread {
    /// Too large, or too much of it. What came before is there.
    TooLarge(Typed),
    /// Too many uploads are under way.
    Busy,
    /// It is no such form.
    Malformed,
}

impl From<MultipartError> for Unread {
    fn from(_: MultipartError) -> Self {
        Self::Malformed
    }
}

impl From<Vec<(String, String)>> for Typed {
    fn from(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (field, value) in fields {
            typed.add(&field, value);
        }
        typed
    }
}

/// Reads a `multipart/form-data` body. Parts with a file name are documents.
pub(crate) async fn read(request: Request<Body>) -> Result<Sent, Unread> {
    let _room = ROOM.try_acquire().map_err(|_| Unread::Busy)?;
    read_parts(request).await
}

/// As [`read`], for people who are signed in: strangers' uploads do not keep them from working.
pub(crate) async fn read_of_staff(request: Request<Body>) -> Result<Sent, Unread> {
    read_parts(request).await
}

async fn read_parts(request: Request<Body>) -> Result<Sent, Unread> {
    let most = (MAX_DOCUMENTS_BYTES + MAX_TEXT_BYTES) * 2;
    let announced = request.headers().get(CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let hopeless = announced.is_some_and(|length| length > most + DRAIN_BYTES);
    let form = Multipart::from_request(request.map(Paced::body), &());
    let mut form = form.await.map_err(|_| Unread::Malformed)?;
    let until = Instant::now() + MAX_TIME;
    let mut sent = Sent {
        typed: Typed::default(),
        documents: Vec::new(),
    };
    let (mut texts, mut files, mut fields) = (0, 0, 0);
    loop {
        let next = timeout_at(until, form.next_field()).await;
        let Some(mut field) = next.map_err(|_| Unread::TooLarge(sent.typed.clone()))?? else {
            return Ok(sent);
        };
        fields += 1;
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let (used, limit) = match file_name {
            Some(_) => (&mut files, MAX_DOCUMENTS_BYTES),
            None => (&mut texts, MAX_TEXT_BYTES),
        };
        // A number on the first line of the request is no reason to read a gigabyte.
        let whole = if hopeless && file_name.is_some() {
            None
        } else {
            content(&mut field, used, limit, until).await?
        };
        let too_many = fields > MAX_FIELDS || sent.documents.len() > MAX_DOCUMENTS;
        let Some(bytes) = whole.filter(|_| !too_many) else {
            if !hopeless {
                drain(field).await;
            }
            return Err(Unread::TooLarge(sent.typed));
        };
        match file_name {
            // A file field in which nothing was chosen.
            Some(name) if name.is_empty() && bytes.is_empty() => {}
            Some(name) => sent.documents.push(Upload { name, bytes }),
            None => {
                let text = String::from_utf8(bytes).map_err(|_| Unread::Malformed)?;
                sent.typed.add(&name, text);
            }
        }
    }
}

/// A body that rests after every frame. The multipart reader takes whatever is ready before it
/// hands out anything, so a fast sender could fill its memory.
struct Paced {
    body: Body,
    rest: bool,
}

impl Paced {
    fn body(body: Body) -> Body {
        Body::new(Self { body, rest: false })
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.rest = !self.rest;
        if self.rest {
            return Pin::new(&mut self.body).poll_frame(cx);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The content of one part; `None` when it goes beyond the limit.
async fn content(
    field: &mut Field<'_>,
    used: &mut usize,
    limit: usize,
    until: Instant,
) -> Result<Option<Vec<u8>>, Unread> {
    let mut bytes = Vec::new();
    loop {
        let Ok(chunk) = timeout_at(until, field.chunk()).await else {
            return Ok(None);
        };
        let Some(chunk) = chunk? else {
            return Ok(Some(bytes));
        };
        *used += chunk.len();
        if *used > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
}

async fn drain(mut field: Field<'_>) {
    let until = Instant::now() + DRAIN_TIME;
    let mut left = DRAIN_BYTES;
    while let Ok(Ok(Some(chunk))) = timeout_at(until, field.chunk()).await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// What is answered to a form that has no page of its own to answer with.
impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge(_) => Self::TooLarge,
            Unread::Busy => Self::Busy,
            Unread::Malformed => Self::Malformed(crate::texts::NO_FORM),
        }
    }
}
