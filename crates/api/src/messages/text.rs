//! What clients send with a text: entities, and the message it answers.

use crate::context::Ctx;
use crate::error::{Result, message_text, text};
use crate::render::parse_entities;
use crate::resolve::message_id;
use heliograph_domain::accounts;
use heliograph_domain::messages::with_found;
use heliograph_model::{
    Content, Entity, EntityKind, MessageId, MessageText, NameError, Peer, UserId, Username,
    utf16_len,
};
use heliograph_tl::enums::{InputReplyTo, InputUser, MessageEntity, ReplyMarkup};
use heliograph_tl::{Encode, LAYER};

/// The longest keyboard, in bytes: a hundred buttons with 64 bytes of data each fit.
const MARKUP_BYTES_MAX: usize = 16 * 1024;

/// The longest caption, in UTF-16 units; `config.caption_length_max` tells clients the same.
const CAPTION_UTF16_MAX: usize = 1024;

impl Ctx {
    /// A text to be sent, trimmed, and its entities: the client's and those that are found in it.
    ///
    /// Fails with `MESSAGE_EMPTY` or `MESSAGE_TOO_LONG`.
    pub(super) fn text(
        &self,
        sent: &str,
        entities: Option<Vec<MessageEntity>>,
    ) -> Result<(String, Vec<Entity>)> {
        let (text, entities) = self.styled(sent, entities).map_err(message_text)?;
        let entities = with_found(&text, entities);
        Ok((text, entities))
    }

    /// A caption to be sent, which may be empty.
    ///
    /// Fails with `MEDIA_CAPTION_TOO_LONG`.
    pub(super) fn caption(
        &self,
        sent: &str,
        entities: Option<Vec<MessageEntity>>,
    ) -> Result<(String, Vec<Entity>)> {
        if sent.trim().is_empty() {
            return Ok((String::new(), Vec::new()));
        }
        if utf16_len(sent.trim()) > CAPTION_UTF16_MAX {
            return Err(text::MEDIA_CAPTION_TOO_LONG.into());
        }
        self.text(sent, entities)
    }

    /// A text, trimmed, with the client's own entities.
    pub(super) fn styled(
        &self,
        sent: &str,
        entities: Option<Vec<MessageEntity>>,
    ) -> Result<(String, Vec<Entity>), NameError> {
        let (text, cut) = MessageText::parse(sent)?;
        let text = text.into_string();
        let named = |user: &InputUser| self.named_user(user);
        let entities = parse_entities(entities, utf16_len(&text), cut, named);
        Ok((text, entities))
    }

    /// A keyboard as it is stored. Only bots send keyboards; from people they are left out, as
    /// Telegram does.
    ///
    /// Fails with `REPLY_MARKUP_TOO_LONG`.
    pub(super) fn markup(&self, markup: Option<&ReplyMarkup>) -> Result<Option<Content>> {
        let bot = self.user()?.is_bot();
        let Some(markup) = markup.filter(|_| bot) else {
            return Ok(None);
        };
        let bytes = markup.to_bytes();
        if bytes.len() > MARKUP_BYTES_MAX {
            return Err(text::REPLY_MARKUP_TOO_LONG.into());
        }
        Ok(Some(Content {
            canonical_layer: LAYER,
            bytes: bytes.into(),
        }))
    }

    /// The people whom a text mentions, by username or by id.
    pub(super) async fn mentioned(&self, text: &str, entities: &[Entity]) -> Result<Vec<UserId>> {
        let mut people = Vec::new();
        let named =
            |kind: &EntityKind| matches!(kind, EntityKind::Mention | EntityKind::MentionName(_));
        if !entities.iter().any(|entity| named(&entity.kind)) {
            return Ok(people);
        }
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut view = self.store.view().await?;
        for entity in entities.iter().filter(|entity| named(&entity.kind)) {
            if let EntityKind::MentionName(user) = entity.kind {
                people.push(user);
                continue;
            }
            let (from, length) = (entity.offset as usize, entity.length as usize);
            let name = units.get(from..from + length).map(String::from_utf16_lossy);
            let Some(Ok(name)) = name.map(|name| Username::parse(&name)) else {
                continue;
            };
            let holder = accounts::find_username(&mut *view, &name).await?;
            people.extend(holder.and_then(Peer::user));
        }
        Ok(people)
    }

    /// The message of `chat` that a new one answers.
    ///
    /// Answers to messages of other chats, stories and the like are `NOT_SUPPORTED`. A quotation is
    /// left out: the whole message is answered.
    pub(super) async fn reply_to(
        &self,
        chat: Peer,
        reply_to: Option<&InputReplyTo>,
    ) -> Result<Option<MessageId>> {
        let reply = match reply_to {
            None => return Ok(None),
            Some(InputReplyTo::Message(reply)) => reply,
            Some(InputReplyTo::MonoForum(_)) => return Err(text::NOT_SUPPORTED.into()),
        };
        if let Some(peer) = &reply.reply_to_peer_id
            && self.chat(peer).await? != chat
        {
            return Err(text::NOT_SUPPORTED.into());
        }
        let id = message_id(reply.reply_to_msg_id);
        Ok((id.0 > 0).then_some(id))
    }
}
