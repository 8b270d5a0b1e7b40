//! The Bot API over HTTP (<https://core.telegram.org/bots/api>): `/bot<token>/<method>`.
//!
//! A method is a call of the bot's own through the same table of methods as everyone's: what a bot
//! may do is decided there, and here are only JSON and the words of the public Bot API. A bot's
//! updates come from its queue ([`heliograph_domain::bots`]).

mod args;
mod call;
mod error;
mod files;
mod hooks;
mod json;
mod methods;
mod text;

pub use error::ApiError;
pub use hooks::{Caller, Delivery};

use args::{Args, Room};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use call::Bot;
use heliograph_api::{Services, bots::bot_of};
use heliograph_domain::files as files_domain;
use heliograph_model::UserId;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::timeout;

/// The Bot API of an installation.
pub struct BotApi {
    services: Arc<Services>,
    methods: Arc<heliograph_api::Router>,
    /// Tells which bot has an update waiting.
    rings: broadcast::Sender<UserId>,
    /// Which request for updates of a bot is the newest: it ends the one before it.
    polls: Mutex<HashMap<UserId, u64>>,
    /// For the bodies of all requests.
    room: Room,
    /// Calls bots at their addresses.
    caller: Box<dyn Caller>,
}

impl BotApi {
    /// Serves the bots of an installation. `rings` is told of each bot that has an update waiting.
    ///
    /// `caller` calls those that have a webhook, as long as [`BotApi::call_hooks`] runs.
    pub fn new(
        services: Arc<Services>,
        rings: broadcast::Sender<UserId>,
        caller: impl Caller,
    ) -> Arc<Self> {
        Arc::new(BotApi {
            services,
            methods: Arc::new(heliograph_api::router()),
            rings,
            polls: Mutex::default(),
            room: Room::new(ROOM_BYTES),
            caller: Box::new(caller),
        })
    }

    /// The routes.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            // The token and the method are one segment and the next; a token holds a colon.
            .route("/{bot}/{method}", any(answer))
            .route("/file/{bot}/{*path}", get(file))
            // Bodies are bounded where they are read, files more widely than texts.
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    /// The bot that a token opens.
    async fn bot(self: &Arc<Self>, token: &str) -> Result<Bot, ApiError> {
        let mut view = self
            .services
            .store
            .view()
            .await
            .map_err(ApiError::internal)?;
        let id = bot_of(&mut *view, token)
            .await
            .map_err(ApiError::internal)?;
        let id = id.ok_or_else(ApiError::unauthorized)?;
        Ok(Bot::new(self.clone(), id))
    }
}

/// The largest body of a request without its files, in bytes: texts and keyboards.
const BODY_MAX: usize = 1 << 20;

/// The largest body with files, in bytes: the largest file, and a thumbnail.
const FILES_MAX: usize = files_domain::FILE_MAX as usize + BODY_MAX;

/// How much the bodies of all requests may hold together, in bytes.
const ROOM_BYTES: usize = 256 << 20;

/// How long the body of a request may take: the largest file over a slow line.
const BODY_WAIT: Duration = Duration::from_secs(300);

async fn answer(
    State(api): State<Arc<BotApi>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    let Some(token) = bot.strip_prefix("bot") else {
        return (StatusCode::NOT_FOUND, "there is no such page").into_response();
    };
    let answered = async {
        let bot = api.bot(token).await?;
        let args = timeout(
            BODY_WAIT,
            Args::read(request, BODY_MAX, FILES_MAX, &api.room),
        )
        .await;
        let args = args.map_err(|_| ApiError::bad_request("the request took too long"))??;
        methods::call(&bot, &method, args).await
    };
    match answered.await {
        Ok(result) => reply(StatusCode::OK, &json!({ "ok": true, "result": result })),
        Err(error) => reply(error.status(), &error.to_json()),
    }
}

/// The bytes of a file, under a path that `getFile` gave to the same bot.
async fn file(
    State(api): State<Arc<BotApi>>,
    Path((bot, path)): Path<(String, String)>,
) -> Response {
    let fetched = async {
        let token = bot.strip_prefix("bot").ok_or_else(ApiError::no_method)?;
        let bot = api.bot(token).await?;
        files::fetch(&bot, &path).await
    };
    match fetched.await {
        Ok(bytes) => {
            let mut response = bytes.into_response();
            let headers = response.headers_mut();
            // A browser that comes here by chance shows nothing that somebody sent.
            let kind = HeaderValue::from_static("application/octet-stream");
            headers.insert(CONTENT_TYPE, kind);
            let saved = HeaderValue::from_static("attachment");
            headers.insert(CONTENT_DISPOSITION, saved);
            let plain = HeaderValue::from_static("nosniff");
            headers.insert(X_CONTENT_TYPE_OPTIONS, plain);
            response
        }
        Err(error) => reply(error.status(), &error.to_json()),
    }
}

fn reply(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
