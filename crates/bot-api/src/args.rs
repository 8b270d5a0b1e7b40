//! What a request asks for: parameters from the address, a form, JSON or several parts, all of which
//! the public Bot API takes.

use crate::ApiError;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A file that came with a request.
pub struct Attached {
    /// Its name, as the bot gives it.
    pub name: String,
    /// Its media type, as the bot gives it; often empty.
    pub mime_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The parameters of a method, by name.
#[derive(Default)]
pub struct Args {
    values: Map<String, Value>,
    files: HashMap<String, Attached>,
    /// What the request holds of the room for all; given back when it ends.
    room: Vec<OwnedSemaphorePermit>,
}

/// Room for the bodies of all requests together, so that many large ones at once do not take the
/// machine's memory.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

/// The room that one permit stands for, in bytes.
const PERMIT: usize = 64 * 1024;

impl Room {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Room(Arc::new(Semaphore::new(bytes / PERMIT)))
    }

    /// Takes room for `bytes`; refuses at once where there is none, so that two half-read requests
    /// never wait for each other.
    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let permits = bytes.div_ceil(PERMIT) as u32;
        let taken = self.0.clone().try_acquire_many_owned(permits);
        taken.map_err(|_| ApiError::too_many(ROOM_WAIT_S))
    }
}

/// How long a bot is asked to wait where there is no room, in seconds.
const ROOM_WAIT_S: u32 = 3;
/// The most parameters in several parts.
const PARTS_MAX: usize = 64;

impl Args {
    /// Reads them; those of the body win over those of the address.
    ///
    /// `texts_max` bounds everything but files, `files_max` those, in bytes.
    pub async fn read(
        request: Request<Body>,
        texts_max: usize,
        files_max: usize,
        room: &Room,
    ) -> Result<Self, ApiError> {
        let mut args = Args::default();
        args.add_pairs(request.uri().query().unwrap_or("").as_bytes());
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("")
            .to_owned();
        if kind.starts_with("multipart/form-data") {
            args.add_parts(request, texts_max, files_max, room).await?;
            return Ok(args);
        }
        let told = request.body().size_hint().upper();
        let expected = told.map_or(texts_max, |told| (told as usize).min(texts_max));
        if expected > 0 {
            args.room.push(room.take(expected)?);
        }
        let body = to_bytes(request.into_body(), texts_max).await;
        let body: Bytes = body.map_err(|_| ApiError::bad_request("the request is too large"))?;
        if kind.starts_with("application/json") && !body.is_empty() {
            let object: Value = serde_json::from_slice(&body)
                .map_err(|_| ApiError::bad_request("can't parse JSON object"))?;
            let Value::Object(object) = object else {
                return Err(ApiError::bad_request("object expected as method arguments"));
            };
            args.values.extend(object);
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            args.add_pairs(&body);
        }
        Ok(args)
    }

    fn add_pairs(&mut self, pairs: &[u8]) {
        let query = String::from_utf8_lossy(pairs);
        let uri = format!("/?{query}").parse();
        let read = uri.ok().and_then(|uri: axum::http::Uri| {
            let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
            read.ok()
        });
        for (name, value) in read.map(|read| read.0).unwrap_or_default() {
            self.values.insert(name, Value::String(value));
        }
    }

    async fn add_parts(
        &mut self,
        request: Request<Body>,
        texts_max: usize,
        files_max: usize,
        room: &Room,
    ) -> Result<(), ApiError> {
        let unreadable = || ApiError::bad_request("can't read the parts of the request");
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|_| unreadable())?;
        let (mut texts_left, mut files_left) = (texts_max, files_max);
        let mut count = 0;
        while let Some(mut part) = parts.next_field().await.map_err(|_| unreadable())? {
            count += 1;
            if count > PARTS_MAX {
                return Err(unreadable());
            }
            let name = part.name().unwrap_or("").to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let mime_type = part.content_type().unwrap_or("").to_owned();
            let left = match file_name {
                Some(_) => &mut files_left,
                None => &mut texts_left,
            };
            let (mut bytes, mut taken) = (Vec::new(), 0);
            while let Some(chunk) = part.chunk().await.map_err(|_| unreadable())? {
                *left = left
                    .checked_sub(chunk.len())
                    .ok_or_else(ApiError::too_large)?;
                while taken < bytes.len() + chunk.len() {
                    self.room.push(room.take(PERMIT)?);
                    taken += PERMIT;
                }
                bytes.extend_from_slice(&chunk);
            }
            let Some(file_name) = file_name else {
                let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
                self.values.insert(name, Value::String(text));
                continue;
            };
            let attached = Attached {
                name: file_name,
                mime_type,
                bytes,
            };
            self.files.insert(name, attached);
        }
        Ok(())
    }

    /// The file that came under this name.
    pub fn attached(&self, name: &str) -> Option<&Attached> {
        self.files.get(name)
    }

    /// A text; empty where it is missing.
    pub fn text(&self, name: &str) -> String {
        match self.values.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// A text, where there is one.
    pub fn find_text(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A number, where there is one.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.values.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A switch; off where it is missing.
    pub fn switch(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "True" | "1"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A structure, which comes as itself or as JSON in a text.
    pub fn structure<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let unreadable = || ApiError::bad_request(&format!("can't parse {name} JSON object"));
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| unreadable()),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|_| unreadable()),
        }
    }

    /// The fields of an object.
    pub fn of(value: Value) -> Self {
        match value {
            Value::Object(values) => Args {
                values,
                ..Args::default()
            },
            _ => Args::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_come_as_texts_or_as_themselves() {
        for args in [
            json!({ "n": 5, "on": true, "list": [1, 2] }),
            json!({ "n": "5", "on": "true", "list": "[1,2]" }),
        ] {
            let args = Args::of(args);
            assert_eq!(args.number("n"), Some(5));
            assert!(args.switch("on") && !args.switch("off"));
            assert_eq!(args.structure::<Vec<i32>>("list"), Ok(Some(vec![1, 2])));
            assert!(args.structure::<Vec<String>>("n").is_err());
        }
    }
}
