//! What a request asks for: parameters from the address, a form, JSON or several parts, all of which
//! the public Bot API takes.

use crate::ApiError;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The parameters of a method, by name.
#[derive(Clone, Debug, Default)]
pub struct Args(Map<String, Value>);

impl Args {
    /// Reads them; those of the body win over those of the address.
    pub async fn read(request: Request<Body>, bytes_max: usize) -> Result<Self, ApiError> {
        let mut args = Args::default();
        args.add_pairs(request.uri().query().unwrap_or("").as_bytes());
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("")
            .to_owned();
        if kind.starts_with("multipart/form-data") {
            args.add_parts(request, bytes_max).await?;
            return Ok(args);
        }
        let body = to_bytes(request.into_body(), bytes_max).await;
        let body: Bytes = body.map_err(|_| ApiError::bad_request("the request is too large"))?;
        if kind.starts_with("application/json") && !body.is_empty() {
            let object: Value = serde_json::from_slice(&body)
                .map_err(|_| ApiError::bad_request("can't parse JSON object"))?;
            let Value::Object(object) = object else {
                return Err(ApiError::bad_request("object expected as method arguments"));
            };
            args.0.extend(object);
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
            self.0.insert(name, Value::String(value));
        }
    }

    async fn add_parts(
        &mut self,
        request: Request<Body>,
        bytes_max: usize,
    ) -> Result<(), ApiError> {
        let unreadable = || ApiError::bad_request("can't read the parts of the request");
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|_| unreadable())?;
        let mut read = 0;
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
            let name = part.name().unwrap_or("").to_owned();
            let value = part.text().await.map_err(|_| unreadable())?;
            read += value.len();
            if read > bytes_max {
                return Err(ApiError::bad_request("the request is too large"));
            }
            self.0.insert(name, Value::String(value));
        }
        Ok(())
    }

    /// A text; empty where it is missing.
    pub fn text(&self, name: &str) -> String {
        match self.0.get(name) {
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
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A switch; off where it is missing.
    pub fn switch(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => matches!(text.as_str(), "true" | "True" | "1"),
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// A structure, which comes as itself or as JSON in a text.
    pub fn structure<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ApiError> {
        let unreadable = || ApiError::bad_request(&format!("can't parse {name} JSON object"));
        match self.0.get(name) {
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
            Value::Object(object) => Args(object),
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
