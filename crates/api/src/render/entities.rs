//! Styled stretches of a text.

use heliograph_model::{Entity, EntityKind, UserId};
use heliograph_tl::enums::{InputUser, MessageEntity};
use heliograph_tl::types;

/// How many styled stretches a message keeps; clients send no more, and the rest is dropped.
const ENTITIES_MAX: usize = 100;

/// The entities as clients read them; `None` when there are none.
pub(crate) fn entities(entities: &[Entity]) -> Option<Vec<MessageEntity>> {
    if entities.is_empty() {
        None
    } else {
        Some(entities.iter().map(one).collect())
    }
}

fn one(entity: &Entity) -> MessageEntity {
    let (offset, length) = (entity.offset as i32, entity.length as i32);
    match &entity.kind {
        EntityKind::Mention => types::MessageEntityMention { offset, length }.into(),
        EntityKind::Hashtag => types::MessageEntityHashtag { offset, length }.into(),
        EntityKind::BotCommand => types::MessageEntityBotCommand { offset, length }.into(),
        EntityKind::Url => types::MessageEntityUrl { offset, length }.into(),
        EntityKind::Email => types::MessageEntityEmail { offset, length }.into(),
        EntityKind::Bold => types::MessageEntityBold { offset, length }.into(),
        EntityKind::Italic => types::MessageEntityItalic { offset, length }.into(),
        EntityKind::Code => types::MessageEntityCode { offset, length }.into(),
        EntityKind::Pre(language) => types::MessageEntityPre {
            offset,
            length,
            language: language.clone(),
        }
        .into(),
        EntityKind::TextUrl(url) => types::MessageEntityTextUrl {
            offset,
            length,
            url: url.clone(),
        }
        .into(),
        EntityKind::MentionName(UserId(user_id)) => types::MessageEntityMentionName {
            offset,
            length,
            user_id: *user_id,
        }
        .into(),
        EntityKind::Phone => types::MessageEntityPhone { offset, length }.into(),
        EntityKind::Cashtag => types::MessageEntityCashtag { offset, length }.into(),
        EntityKind::Underline => types::MessageEntityUnderline { offset, length }.into(),
        EntityKind::Strike => types::MessageEntityStrike { offset, length }.into(),
        EntityKind::BankCard => types::MessageEntityBankCard { offset, length }.into(),
        EntityKind::Spoiler => types::MessageEntitySpoiler { offset, length }.into(),
        EntityKind::CustomEmoji(document_id) => types::MessageEntityCustomEmoji {
            offset,
            length,
            document_id: *document_id,
        }
        .into(),
        EntityKind::Blockquote(collapsed) => types::MessageEntityBlockquote {
            collapsed: *collapsed,
            offset,
            length,
        }
        .into(),
    }
}

/// Reads the entities that a client sent with a text of `text_units` UTF-16 units, from whose start
/// `cut_units` blank ones were trimmed.
///
/// What lies outside the text is cut or dropped; kinds that say nothing are dropped. `named` tells
/// whom a mention means; somebody whom the sender could not name otherwise is `None` and is dropped,
/// for everyone who is mentioned is shown to both sides.
pub(crate) fn parse_entities(
    sent: Option<Vec<MessageEntity>>,
    text_units: usize,
    cut_units: usize,
    named: impl Fn(&InputUser) -> Option<UserId>,
) -> Vec<Entity> {
    let mut kept = Vec::new();
    for entity in sent.into_iter().flatten().take(ENTITIES_MAX) {
        let Some((offset, length, kind)) = parts(entity, &named) else {
            continue;
        };
        let end = i64::from(offset) + i64::from(length) - cut_units as i64;
        let start = (i64::from(offset) - cut_units as i64).max(0);
        let end = end.min(text_units as i64);
        if start < end {
            kept.push(Entity {
                offset: start as u32,
                length: (end - start) as u32,
                kind,
            });
        }
    }
    kept.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
    kept
}

fn parts(
    entity: MessageEntity,
    named: impl Fn(&InputUser) -> Option<UserId>,
) -> Option<(i32, i32, EntityKind)> {
    use MessageEntity as E;
    Some(match entity {
        E::Mention(e) => (e.offset, e.length, EntityKind::Mention),
        E::Hashtag(e) => (e.offset, e.length, EntityKind::Hashtag),
        E::BotCommand(e) => (e.offset, e.length, EntityKind::BotCommand),
        E::Url(e) => (e.offset, e.length, EntityKind::Url),
        E::Email(e) => (e.offset, e.length, EntityKind::Email),
        E::Bold(e) => (e.offset, e.length, EntityKind::Bold),
        E::Italic(e) => (e.offset, e.length, EntityKind::Italic),
        E::Code(e) => (e.offset, e.length, EntityKind::Code),
        E::Pre(e) => (e.offset, e.length, EntityKind::Pre(e.language)),
        E::TextUrl(e) => (e.offset, e.length, EntityKind::TextUrl(e.url)),
        E::InputMessageEntityMentionName(e) => {
            let person = named(&e.user_id)?;
            (e.offset, e.length, EntityKind::MentionName(person))
        }
        E::Phone(e) => (e.offset, e.length, EntityKind::Phone),
        E::Cashtag(e) => (e.offset, e.length, EntityKind::Cashtag),
        E::Underline(e) => (e.offset, e.length, EntityKind::Underline),
        E::Strike(e) => (e.offset, e.length, EntityKind::Strike),
        E::BankCard(e) => (e.offset, e.length, EntityKind::BankCard),
        E::Spoiler(e) => (e.offset, e.length, EntityKind::Spoiler),
        E::CustomEmoji(e) => (e.offset, e.length, EntityKind::CustomEmoji(e.document_id)),
        E::Blockquote(e) => (e.offset, e.length, EntityKind::Blockquote(e.collapsed)),
        // The form for readers: it has no access hash.
        E::MentionName(_)
        | E::Unknown(_)
        | E::FormattedDate(_)
        | E::DiffInsert(_)
        | E::DiffReplace(_)
        | E::DiffDelete(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_move_with_the_trimmed_text_and_stay_inside_it() {
        let bold =
            |offset, length| MessageEntity::Bold(types::MessageEntityBold { offset, length });
        let sent = vec![
            bold(0, 4),
            bold(2, 100),
            bold(50, 5),
            bold(-3, 2),
            bold(3, 0),
        ];
        let kept = parse_entities(Some(sent), 5, 2, |_| None);
        let spans: Vec<_> = kept.iter().map(|e| (e.offset, e.length)).collect();
        assert_eq!(spans, [(0, 5), (0, 2)]);
    }

    #[test]
    fn lengths_that_overflow_are_harmless() {
        let sent = vec![MessageEntity::Bold(types::MessageEntityBold {
            offset: i32::MAX,
            length: i32::MAX,
        })];
        assert!(parse_entities(Some(sent), 5, 0, |_| None).is_empty());
    }
}
