//! Errors in the words of the public Bot API.

use axum::http::StatusCode;
use heliograph_api::RpcError;
use serde_json::{Value, json};

/// Why a method failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    code: u16,
    description: String,
    retry_after_s: Option<u32>,
}

/// What a client library looks for, by the protocol's own words. Everything else is told in those,
/// as the public Bot API does.
const WORDS: &[(&str, u16, &str)] = &[
    ("MESSAGE_EMPTY", 400, "message text is empty"),
    ("MESSAGE_TOO_LONG", 400, "message is too long"),
    (
        "MESSAGE_NOT_MODIFIED",
        400,
        "message is not modified: specified new message content and reply markup are exactly the \
         same as a current content and reply markup of the message",
    ),
    ("MESSAGE_ID_INVALID", 400, "message to edit not found"),
    ("MESSAGE_AUTHOR_REQUIRED", 400, "message can't be edited"),
    ("MESSAGE_EDIT_TIME_EXPIRED", 400, "message can't be edited"),
    ("PEER_ID_INVALID", 400, "chat not found"),
    ("CHANNEL_INVALID", 400, "chat not found"),
    ("USERNAME_NOT_OCCUPIED", 400, "chat not found"),
    ("USERNAME_INVALID", 400, "chat not found"),
    ("USER_ID_INVALID", 400, "invalid user_id specified"),
    ("PARTICIPANT_ID_INVALID", 400, "invalid user_id specified"),
    ("USER_NOT_PARTICIPANT", 400, "user not found"),
    ("CHAT_ADMIN_REQUIRED", 400, "not enough rights"),
    ("USER_CREATOR", 400, "can't remove chat owner"),
    (
        "USER_ADMIN_INVALID",
        400,
        "user is an administrator of the chat",
    ),
    (
        "QUERY_ID_INVALID",
        400,
        "query is too old and response timeout expired or query ID is invalid",
    ),
    (
        "CHANNEL_PRIVATE",
        403,
        "bot is not a member of the channel chat",
    ),
    (
        "CHAT_WRITE_FORBIDDEN",
        400,
        "not enough rights to send text messages to the chat",
    ),
    (
        "USER_BANNED_IN_CHANNEL",
        400,
        "not enough rights to send text messages to the chat",
    ),
    (
        "PUBLICATION_REFUSED",
        400,
        "the post is refused: it is nearly the same as one that moderators let nobody publish again",
    ),
    ("IMAGE_PROCESS_FAILED", 400, "IMAGE_PROCESS_FAILED"),
    ("MEDIA_CAPTION_TOO_LONG", 400, "message caption is too long"),
    ("FILE_PARTS_INVALID", 400, "file is too big"),
    ("USER_IS_BLOCKED", 403, "bot was blocked by the user"),
];

impl ApiError {
    /// 400 with these words.
    pub fn bad_request(words: &str) -> Self {
        Self::new(400, &format!("Bad Request: {words}"))
    }

    /// 403 with these words.
    pub fn forbidden(words: &str) -> Self {
        Self::new(403, &format!("Forbidden: {words}"))
    }

    /// 409 with these words: two take the updates of one bot.
    pub fn conflict(words: &str) -> Self {
        Self::new(409, &format!("Conflict: {words}"))
    }

    /// 401: no bot has this token.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// 404: there is no such method.
    pub fn no_method() -> Self {
        Self::new(404, "Not Found")
    }

    /// 500: what happened stands in the log.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that it can be named in map_err"
    )]
    pub fn internal(error: heliograph_store::StoreError) -> Self {
        tracing::error!(%error, "a bot's request failed");
        Self::new(500, "Internal Server Error")
    }

    /// 500: the bytes could not be written or read; what happened stands in the log.
    pub fn fault(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a bot's request failed");
        Self::new(500, "Internal Server Error")
    }

    /// 413: more than a request may hold.
    pub fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    /// 429: wait so many seconds.
    pub fn too_many(wait_s: u32) -> Self {
        ApiError {
            retry_after_s: Some(wait_s),
            ..Self::new(429, &format!("Too Many Requests: retry after {wait_s}"))
        }
    }

    fn new(code: u16, description: &str) -> Self {
        ApiError {
            code,
            description: description.to_owned(),
            retry_after_s: None,
        }
    }

    /// The HTTP status, which is the error's code.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer's body.
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "ok": false,
            "error_code": self.code,
            "description": self.description,
        });
        if let Some(wait_s) = self.retry_after_s {
            body["parameters"] = json!({ "retry_after": wait_s });
        }
        body
    }
}

impl From<RpcError> for ApiError {
    fn from(error: RpcError) -> Self {
        let message = error.message.as_ref();
        let waits = ["FLOOD_WAIT_", "SLOWMODE_WAIT_"];
        let wait_s = waits
            .iter()
            .find_map(|prefix| message.strip_prefix(prefix)?.parse::<u32>().ok());
        if let Some(wait_s) = wait_s {
            let words = format!("Too Many Requests: retry after {wait_s}");
            return ApiError {
                retry_after_s: Some(wait_s),
                ..Self::new(429, &words)
            };
        }
        if let Some((_, code, words)) = WORDS.iter().find(|(text, _, _)| *text == message) {
            return match code {
                403 => Self::forbidden(words),
                _ => Self::bad_request(words),
            };
        }
        match error.code {
            401 => Self::unauthorized(),
            403 => Self::forbidden(message),
            500.. => Self::new(500, "Internal Server Error"),
            _ => Self::bad_request(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_api::text;

    #[test]
    fn waits_are_told_as_the_public_bot_api_tells_them() {
        let error = ApiError::from(RpcError::with_number(text::SLOWMODE_WAIT_X, 12));
        assert_eq!(
            error.to_json(),
            json!({
                "ok": false,
                "error_code": 429,
                "description": "Too Many Requests: retry after 12",
                "parameters": { "retry_after": 12 },
            })
        );
    }

    #[test]
    fn known_errors_have_the_words_that_libraries_look_for() {
        let error = ApiError::from(RpcError::from(text::PEER_ID_INVALID));
        assert_eq!(
            error.to_json()["description"],
            "Bad Request: chat not found"
        );
        let error = ApiError::from(RpcError::from(text::PUBLICATION_REFUSED));
        let words = error.to_json()["description"].to_string();
        assert!(
            words.contains("Bad Request: the post is refused"),
            "{words}"
        );
        let error = ApiError::from(RpcError::from(text::USER_IS_BLOCKED));
        assert_eq!(error.status(), StatusCode::FORBIDDEN);
    }
}
