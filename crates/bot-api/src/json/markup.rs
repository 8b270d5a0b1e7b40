//! Keyboards, both ways.

use crate::ApiError;
use heliograph_tl::enums::{KeyboardButton, KeyboardButtonRow, ReplyMarkup};
use heliograph_tl::types;
use serde_json::{Map, Value, json};

/// An `InlineKeyboardMarkup` object; other keyboards are not shown in messages.
pub fn rendered(markup: &ReplyMarkup) -> Option<Value> {
    let ReplyMarkup::ReplyInlineMarkup(markup) = markup else {
        return None;
    };
    let rows: Vec<Vec<Value>> = markup
        .rows
        .iter()
        .map(|KeyboardButtonRow::KeyboardButtonRow(row)| {
            row.buttons.iter().filter_map(button).collect()
        })
        .collect();
    Some(json!({ "inline_keyboard": rows }))
}

fn button(button: &KeyboardButton) -> Option<Value> {
    match button {
        KeyboardButton::Callback(button) => {
            let data = String::from_utf8_lossy(&button.data);
            Some(json!({ "text": button.text, "callback_data": data }))
        }
        KeyboardButton::Url(button) => Some(json!({ "text": button.text, "url": button.url })),
        _ => None,
    }
}

/// How long the data of a button may be, in bytes.
const DATA_BYTES_MAX: usize = 64;

/// A keyboard as a bot sends it: an inline one, a reply keyboard, or that one is to go.
pub fn parse(markup: &Value) -> Result<ReplyMarkup, ApiError> {
    let object = markup.as_object();
    let object = object.ok_or_else(|| ApiError::bad_request("object expected as reply markup"))?;
    if let Some(rows) = object.get("inline_keyboard") {
        let rows = rows_of(rows, inline_button)?;
        return Ok(types::ReplyInlineMarkup { rows }.into());
    }
    let on = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(false);
    if let Some(rows) = object.get("keyboard") {
        let placeholder = object
            .get("input_field_placeholder")
            .and_then(Value::as_str);
        return Ok(types::ReplyKeyboardMarkup {
            resize: on("resize_keyboard"),
            single_use: on("one_time_keyboard"),
            selective: on("selective"),
            persistent: on("is_persistent"),
            rows: rows_of(rows, plain_button)?,
            placeholder: placeholder.map(str::to_owned),
        }
        .into());
    }
    if on("remove_keyboard") {
        let selective = on("selective");
        return Ok(types::ReplyKeyboardHide { selective }.into());
    }
    if on("force_reply") {
        return Ok(types::ReplyKeyboardForceReply {
            selective: on("selective"),
            ..Default::default()
        }
        .into());
    }
    Err(ApiError::bad_request("can't parse reply markup"))
}

fn rows_of(
    rows: &Value,
    button: impl Fn(&Map<String, Value>, &str) -> Result<KeyboardButton, ApiError>,
) -> Result<Vec<KeyboardButtonRow>, ApiError> {
    let rows = rows.as_array();
    let rows = rows.ok_or_else(|| ApiError::bad_request("array expected as keyboard"))?;
    let mut parsed = Vec::with_capacity(rows.len());
    for row in rows {
        let row = row.as_array();
        let row = row.ok_or_else(|| ApiError::bad_request("array expected as keyboard row"))?;
        let mut buttons = Vec::with_capacity(row.len());
        for one in row {
            // A button may be its text alone.
            let alone = one
                .as_str()
                .map(|text| Map::from_iter([("text".into(), text.into())]));
            let object = one.as_object().cloned().or(alone).unwrap_or_default();
            let text = object.get("text").and_then(Value::as_str).unwrap_or("");
            if text.is_empty() {
                return Err(ApiError::bad_request(
                    "text buttons are unallowed in the inline keyboard",
                ));
            }
            buttons.push(button(&object, text)?);
        }
        if !buttons.is_empty() {
            parsed.push(types::KeyboardButtonRow { buttons }.into());
        }
    }
    Ok(parsed)
}

fn inline_button(object: &Map<String, Value>, text: &str) -> Result<KeyboardButton, ApiError> {
    if let Some(data) = object.get("callback_data").and_then(Value::as_str) {
        if data.len() > DATA_BYTES_MAX || data.is_empty() {
            return Err(ApiError::bad_request("BUTTON_DATA_INVALID"));
        }
        return Ok(types::KeyboardButtonCallback {
            text: text.to_owned(),
            data: data.as_bytes().to_vec(),
            ..Default::default()
        }
        .into());
    }
    if let Some(url) = object.get("url").and_then(Value::as_str) {
        return Ok(types::KeyboardButtonUrl {
            text: text.to_owned(),
            url: url.to_owned(),
            ..Default::default()
        }
        .into());
    }
    Err(ApiError::bad_request(
        "text buttons are unallowed in the inline keyboard",
    ))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside inline_button")]
fn plain_button(_: &Map<String, Value>, text: &str) -> Result<KeyboardButton, ApiError> {
    Ok(types::KeyboardButton {
        text: text.to_owned(),
        ..Default::default()
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_keyboard_comes_back_as_it_was_sent() {
        let keyboard = json!({ "inline_keyboard": [
            [{ "text": "Yes", "callback_data": "y" }, { "text": "More", "url": "https://example.org/" }],
            [{ "text": "No", "callback_data": "n" }],
        ] });
        let parsed = parse(&keyboard).expect("it is one");
        assert_eq!(rendered(&parsed), Some(keyboard));
    }

    #[test]
    fn what_is_no_keyboard_is_refused() {
        for odd in [
            json!("keyboard"),
            json!({}),
            json!({ "inline_keyboard": 5 }),
            json!({ "inline_keyboard": [[{ "text": "nothing behind it" }]] }),
            json!({ "inline_keyboard": [[{ "text": "x", "callback_data": "y".repeat(65) }]] }),
        ] {
            assert!(parse(&odd).is_err(), "{odd}");
        }
    }
}
