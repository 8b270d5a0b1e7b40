//! The description of the JSON interface.

use crate::headers;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The OpenAPI text. A test compares it with the routes and with what the handlers read and write.
pub(super) const TEXT: &str = include_str!("openapi.json");

/// `GET /requests/openapi.json`.
pub(super) async fn text() -> Response {
    let kind = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    let mut response = (kind, TEXT).into_response();
    headers::for_everyone(response.headers_mut());
    response
}
