//! Texts as bots style them: HTML, MarkdownV2, old Markdown, or entities beside a plain text
//! (<https://core.telegram.org/bots/api#formatting-options>).

mod html;
mod markdown;

use crate::ApiError;
use crate::args::Args;
use crate::call::Bot;
use heliograph_model::UserId;
use heliograph_tl::enums::MessageEntity;
use heliograph_tl::types;
use serde_json::Value;

/// How a stretch of text looks, or what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    Bold,
    Italic,
    Underline,
    Strike,
    Spoiler,
    Code,
    /// With its language, often empty.
    Pre(String),
    /// Whether it starts folded.
    Blockquote(bool),
    /// To this address.
    Link(String),
    CustomEmoji(i64),
}

/// A styled stretch; offsets and lengths count UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styled {
    pub offset: usize,
    pub length: usize,
    pub style: Style,
}

/// A text being put together from a marked-up one.
#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    units: usize,
    styled: Vec<Styled>,
}

impl Builder {
    pub fn push(&mut self, c: char) {
        self.text.push(c);
        self.units += c.len_utf16();
    }

    /// Where the next character will stand.
    pub fn here(&self) -> usize {
        self.units
    }

    /// Styles what was pushed since `offset`; nothing is no stretch.
    pub fn style(&mut self, offset: usize, style: Style) {
        let length = self.units - offset;
        if length > 0 {
            self.styled.push(Styled {
                offset,
                length,
                style,
            });
        }
    }

    pub fn finish(mut self) -> (String, Vec<Styled>) {
        self.styled
            .sort_by_key(|styled| (styled.offset, std::cmp::Reverse(styled.length)));
        (self.text, self.styled)
    }
}

/// A text with its entities, as a request gives them under `name`, `parse_mode` and `entities`.
pub fn parse(bot: &Bot, args: &Args, name: &str) -> Result<(String, Vec<MessageEntity>), ApiError> {
    parse_as(bot, args, name, "entities")
}

/// The same with the entities under another name, as captions have it.
pub fn parse_as(
    bot: &Bot,
    args: &Args,
    name: &str,
    entities: &str,
) -> Result<(String, Vec<MessageEntity>), ApiError> {
    let text = args.text(name);
    let mode = args.text("parse_mode").to_lowercase();
    let unreadable =
        |words: String| ApiError::bad_request(&format!("can't parse entities: {words}"));
    let (text, styled) = match mode.as_str() {
        "html" => html::parse(&text).map_err(unreadable)?,
        "markdownv2" => markdown::parse_v2(&text).map_err(unreadable)?,
        "markdown" => markdown::parse_old(&text).map_err(unreadable)?,
        "" => {
            let given: Option<Vec<Value>> = args.structure(entities)?;
            let given = given.unwrap_or_default();
            return Ok((
                text,
                given
                    .iter()
                    .filter_map(|one| given_entity(bot, one))
                    .collect(),
            ));
        }
        _ => return Err(ApiError::bad_request("unsupported parse_mode")),
    };
    let entities = styled
        .into_iter()
        .map(|styled| entity(bot, styled))
        .collect();
    Ok((text, entities))
}

fn entity(bot: &Bot, styled: Styled) -> MessageEntity {
    let (offset, length) = (styled.offset as i32, styled.length as i32);
    match styled.style {
        Style::Bold => types::MessageEntityBold { offset, length }.into(),
        Style::Italic => types::MessageEntityItalic { offset, length }.into(),
        Style::Underline => types::MessageEntityUnderline { offset, length }.into(),
        Style::Strike => types::MessageEntityStrike { offset, length }.into(),
        Style::Spoiler => types::MessageEntitySpoiler { offset, length }.into(),
        Style::Code => types::MessageEntityCode { offset, length }.into(),
        Style::Pre(language) => types::MessageEntityPre {
            offset,
            length,
            language,
        }
        .into(),
        Style::Blockquote(collapsed) => types::MessageEntityBlockquote {
            collapsed,
            offset,
            length,
        }
        .into(),
        Style::CustomEmoji(document_id) => types::MessageEntityCustomEmoji {
            offset,
            length,
            document_id,
        }
        .into(),
        Style::Link(url) => match url.strip_prefix("tg://user?id=").map(str::parse) {
            Some(Ok(id)) => types::InputMessageEntityMentionName {
                offset,
                length,
                user_id: bot.input_user(UserId(id)),
            }
            .into(),
            _ => types::MessageEntityTextUrl {
                offset,
                length,
                url,
            }
            .into(),
        },
    }
}

/// A `MessageEntity` object as a bot gives it; kinds that are found in the text anyway are left out.
fn given_entity(bot: &Bot, given: &Value) -> Option<MessageEntity> {
    let number = |name: &str| given.get(name)?.as_u64().map(|number| number as usize);
    let word = |name: &str| {
        given
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let style = match given.get("type")?.as_str()? {
        "bold" => Style::Bold,
        "italic" => Style::Italic,
        "underline" => Style::Underline,
        "strikethrough" => Style::Strike,
        "spoiler" => Style::Spoiler,
        "code" => Style::Code,
        "pre" => Style::Pre(word("language")),
        "blockquote" => Style::Blockquote(false),
        "expandable_blockquote" => Style::Blockquote(true),
        "text_link" => Style::Link(word("url")),
        "text_mention" => {
            let id = given.get("user")?.get("id")?.as_i64()?;
            Style::Link(format!("tg://user?id={id}"))
        }
        "custom_emoji" => Style::CustomEmoji(word("custom_emoji_id").parse().ok()?),
        _ => return None,
    };
    let styled = Styled {
        offset: number("offset")?,
        length: number("length")?,
        style,
    };
    Some(entity(bot, styled))
}
