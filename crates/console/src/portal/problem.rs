//! Errors of the JSON interface, in the form of RFC 9457.

use super::check::Wrong;
use super::upload::Unread;
use crate::answer::Refusal;
use crate::counter::CounterError;
use crate::texts;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A field of a request that is missing or wrong.
#[derive(Serialize)]
struct FieldError {
    field: String,
    detail: String,
}

/// An error, as it is answered.
#[derive(Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            // No page describes them any further; RFC 9457, 4.2.1.
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", texts::NOT_FOUND)
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Not understood", detail)
    }

    pub fn wrong(wrong: Wrong) -> Self {
        let errors = wrong.into_iter().map(|(field, detail)| FieldError {
            field: field.to_owned(),
            detail,
        });
        let detail = "Fields of the request are missing or wrong.";
        Self {
            errors: errors.collect(),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Not acceptable", detail)
        }
    }
}

impl From<CounterError> for Problem {
    fn from(error: CounterError) -> Self {
        let refused = |field: &str, detail: String| {
            let own = Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Not acceptable",
                detail.clone(),
            );
            let errors = vec![FieldError {
                field: field.to_owned(),
                detail,
            }];
            Self { errors, ..own }
        };
        match error {
            CounterError::Form(error) => refused(error.field, error.to_string()),
            CounterError::Documents(error) => refused("documents", error.to_string()),
            CounterError::NothingMissing => Self::new(
                StatusCode::CONFLICT,
                "Nothing missing",
                texts::NOTHING_MISSING,
            ),
            CounterError::NotOpen => Refusal::NotOpen.into(),
            CounterError::Full => Refusal::Busy.into(),
            CounterError::Failed(error) => Refusal::internal(&*error).into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotOpen => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Not open yet",
                texts::NOT_OPEN,
            ),
            Refusal::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "Busy", texts::BUSY),
            Refusal::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", texts::TOO_LARGE)
            }
            Refusal::Malformed(detail) => Self::malformed(detail),
            Refusal::NotFound => Self::not_found(),
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed",
                texts::INTERNAL,
            ),
        }
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        Refusal::from(unread).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made from a status");
        let body = serde_json::to_string(&self).expect("texts always become JSON");
        (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
