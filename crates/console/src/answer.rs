//! What handlers answer with when they cannot answer with a page.

use crate::page::Page;
use crate::texts;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

/// Why there is no page. What failed inside is for the log, never for the page.
pub(crate) enum Refusal {
    /// There is nothing here, or nothing that the asker may know of.
    NotFound,
    /// Nobody is signed in.
    SignIn,
    /// Whoever is signed in may not do this.
    Forbidden,
    /// The form does not come from one of our pages, or the session it was made for has ended.
    ForeignForm,
    /// What was sent cannot be read.
    Malformed(&'static str),
    /// Someone was faster, or the case is not where this step begins: in words.
    Conflict(String),
    /// An upload is too large.
    TooLarge,
    /// Too much is under way; to be tried again.
    Busy,
    /// The desk is not open yet.
    NotOpen,
    /// Something failed here.
    Internal,
}

impl Refusal {
    /// Notes an unforeseen failure where the operator looks, and says nothing of it outside.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            words = format!("{words}: {inner}");
            cause = inner.source();
        }
        tracing::error!(error = words, "a page could not be made");
        Self::Internal
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, title, words) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Not found",
                texts::NOT_FOUND.to_owned(),
            ),
            Self::SignIn => {
                return axum::response::Redirect::to("/console/sign-in").into_response();
            }
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "Not allowed",
                texts::FORBIDDEN.to_owned(),
            ),
            Self::ForeignForm => (
                StatusCode::FORBIDDEN,
                "Not done",
                texts::FOREIGN_FORM.to_owned(),
            ),
            Self::Malformed(what) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "Not understood",
                what.to_owned(),
            ),
            Self::Conflict(why) => (StatusCode::CONFLICT, "Not done", why),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Too large",
                texts::TOO_LARGE.to_owned(),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Busy",
                texts::BUSY.to_owned(),
            ),
            Self::NotOpen => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not open yet",
                texts::NOT_OPEN.to_owned(),
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed",
                texts::INTERNAL.to_owned(),
            ),
        };
        let body = html! {
            h1 { (title) }
            p { bdi { (words) } }
        };
        Page::new(title, body).status(status).into_response()
    }
}
