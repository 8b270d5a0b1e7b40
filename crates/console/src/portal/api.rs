//! The JSON interface under `/requests/api/v1`; `openapi.json` beside this file describes it, and a
//! test holds the two together.

use super::check;
use super::problem::Problem;
use super::receipt::{hex, sealed};
use super::upload;
use crate::Shared;
use crate::blocking::blocking;
use crate::counter::{Channel, HandedIn, Sender, Standing, Taken};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use heliograph_disclosure::letters;
use heliograph_disclosure::order::OrderForm;
use heliograph_disclosure::recognition::Rung;
use heliograph_transparency::entry::Minute;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Method and path of everything here, as `openapi.json` must list it.
pub(super) const ROUTES: [(&str, &str); 5] = [
    ("post", "/requests/api/v1/orders"),
    ("get", "/requests/api/v1/orders/{secret}"),
    ("get", "/requests/api/v1/orders/{secret}/receipt"),
    ("post", "/requests/api/v1/orders/{secret}/documents"),
    ("post", "/requests/api/v1/orders/{secret}/package"),
];

fn handler(index: usize) -> MethodRouter<Arc<Shared>> {
    match index {
        0 => post(create),
        1 => get(status),
        2 => get(receipt),
        3 => post(documents),
        _ => post(package),
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    let mut router = Router::new();
    for (index, (_, path)) in ROUTES.iter().enumerate() {
        router = router.route(path, handler(index));
    }
    router
}

/// Who asks, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiSender {
    authority: Option<u64>,
    name: String,
    country: String,
    class: String,
    contact: String,
    access_key: Option<String>,
    signatures: Option<String>,
}

/// A request, as JSON: the part `request` of the upload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiRequest {
    sender: ApiSender,
    follows: Option<u64>,
    order: OrderForm,
}

/// What a new request is answered with.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Created {
    /// It is a case; the secret is never told again.
    Received { secret: String, page: String },
    /// Someone has to look at its sender first.
    Quarantined {
        reference: String,
        meaning: &'static str,
    },
}

/// Where a request stands.
#[derive(Serialize)]
pub(super) struct Status {
    state: &'static str,
    priority: &'static str,
    received: String,
    recognised_by: Option<&'static str>,
    answer_due: String,
    log_entry: Option<u64>,
    missing: Option<ApiMissing>,
    outcome: Option<ApiOutcome>,
    statement: Option<String>,
    package: Option<ApiPackage>,
}

#[derive(Serialize)]
struct ApiMissing {
    what: String,
    due: String,
}

#[derive(Serialize)]
struct ApiOutcome {
    code: &'static str,
    meaning: Option<&'static str>,
}

#[derive(Serialize)]
struct ApiPackage {
    sha256: String,
    size_bytes: u64,
    expires: String,
    fetched: Option<String>,
}

fn minute(at_s: u64) -> String {
    Minute::of_unix(at_s).to_string()
}

impl From<Standing> for Status {
    fn from(standing: Standing) -> Self {
        Self {
            state: standing.stage.word(),
            priority: standing.priority.word(),
            received: minute(standing.received_s),
            recognised_by: standing.rung.map(Rung::word),
            answer_due: minute(standing.answer_due_s),
            log_entry: standing.request,
            missing: standing.missing.map(|missing| ApiMissing {
                what: missing.what,
                due: minute(missing.due_s),
            }),
            outcome: standing.outcome.map(|outcome| ApiOutcome {
                code: outcome.word(),
                meaning: letters::refusal(outcome),
            }),
            statement: standing.statement,
            package: standing.package.map(|package| ApiPackage {
                sha256: hex(&package.sha256),
                size_bytes: package.size_bytes,
                expires: minute(package.expires_s),
                fetched: package.taken_s.map(minute),
            }),
        }
    }
}

/// Hands in a request: `multipart/form-data` with a part `request` (JSON) and the documents.
async fn create(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let sent = upload::read(request).await?;
    let read: Result<ApiRequest, _> = serde_json::from_str(sent.typed.one("request"));
    let asked = read.map_err(|error| Problem::malformed(format!("part `request`: {error}")))?;
    let sender = Sender {
        authority: asked.sender.authority,
        name: asked.sender.name,
        country: asked.sender.country,
        class: asked.sender.class,
        contact: asked.sender.contact,
        access_key: asked.sender.access_key.unwrap_or_default(),
        signatures: asked
            .sender
            .signatures
            .map_or_else(String::new, |text| text.trim().to_owned()),
    };
    let now_s = shared.clock.now_s();
    let wrong = check::check(&sender, &asked.order, &sent.documents, now_s);
    if !wrong.is_empty() {
        return Err(Problem::wrong(wrong));
    }
    let handed_in = HandedIn {
        sender,
        channel: Channel::Api,
        follows: asked.follows,
        form: asked.order,
        documents: sent.documents,
    };
    let call = move |shared: &Shared| Ok(shared.counter.hand_in(handed_in, now_s));
    let (status, created) = match blocking(&shared, call).await?? {
        Taken::Case { secret } => {
            let page = format!("{}/requests/r/{secret}", shared.installation.address());
            (StatusCode::CREATED, Created::Received { secret, page })
        }
        Taken::Quarantined { reference } => {
            let meaning = crate::texts::QUARANTINED;
            (
                StatusCode::ACCEPTED,
                Created::Quarantined { reference, meaning },
            )
        }
    };
    let mut response = (status, Json(&created)).into_response();
    if let Created::Received { secret, .. } = &created {
        let location = format!("/requests/api/v1/orders/{secret}");
        let location = location.parse().map_err(|_| Problem::malformed("secret"))?;
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

async fn find(shared: &Arc<Shared>, secret: String) -> Result<Standing, Problem> {
    let now_s = shared.clock.now_s();
    let found = blocking(shared, move |shared| {
        Ok(shared.counter.standing(&secret, now_s))
    });
    found.await??.ok_or_else(Problem::not_found)
}

/// Tells where a request stands.
async fn status(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Json<Status>, Problem> {
    Ok(Json(find(&shared, secret).await?.into()))
}

/// The signed receipt.
async fn receipt(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<String, Problem> {
    Ok(find(&shared, secret).await?.receipt)
}

/// Adds documents to a defective order.
async fn documents(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
    request: Request<Body>,
) -> Result<Json<Status>, Problem> {
    find(&shared, secret.clone()).await?;
    let sent = upload::read(request).await?;
    let now_s = shared.clock.now_s();
    let own = secret.clone();
    let call = move |shared: &Shared| Ok(shared.counter.correct(&own, sent.documents, now_s));
    blocking(&shared, call)
        .await??
        .ok_or_else(Problem::not_found)?;
    Ok(Json(find(&shared, secret).await?.into()))
}

/// Hands out the package, once.
async fn package(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let now_s = shared.clock.now_s();
    let call = move |shared: &Shared| Ok(shared.counter.take_package(&secret, now_s));
    let bytes = blocking(&shared, call)
        .await??
        .ok_or_else(Problem::not_found)?;
    Ok(sealed(bytes))
}
