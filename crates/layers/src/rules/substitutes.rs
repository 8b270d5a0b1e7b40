//! What a layer is told when it has no word for a constructor.

use heliograph_tl_schema::{Definition, Field, Ty};

/// (constructor, what stands for it).
pub const BY_CONSTRUCTOR: &[(&str, &str)] = &[
    // A single update that cannot be expressed becomes none at all.
    ("updateShort", "updates"),
    // Up to 201 a promotion names a peer.
    ("help.promoData", "help.promoDataEmpty"),
    // A button that copied a text still shows where it was.
    ("keyboardButtonCopy", "keyboardButtonCallback"),
];

/// (type, the constructor that stands for any unknown one).
pub const BY_TYPE: &[(&str, &str)] = &[
    ("MessageMedia", "messageMediaUnsupported"),
    ("MessageAction", "messageActionEmpty"),
    ("KeyboardButton", "keyboardButton"),
    ("SendMessageAction", "sendMessageTypingAction"),
    ("InputStickerSet", "inputStickerSetEmpty"),
    // The person has to type what arrived, whichever way it came.
    ("auth.SentCodeType", "auth.sentCodeTypeSms"),
    ("auth.CodeType", "auth.codeTypeSms"),
];

/// An update that carries `pts` must not be lost, or the client sees a gap and asks again for ever:
/// deleting no messages has the same effect on its counters and no other.
const NO_EFFECT: &[(&str, &str)] = &[
    ("channel_id", "updateDeleteChannelMessages"),
    ("pts", "updateDeleteMessages"),
];

/// The constructors that may stand for `from`, best first.
pub fn substitutes(from: &Definition) -> impl Iterator<Item = &'static str> {
    let has = |name: &str| {
        from.fields
            .iter()
            .any(|field| field.name == name && field.flag.is_none())
    };
    let is_update = from.result == Ty::Boxed("Update".into()) && has("pts") && has("pts_count");
    let no_effect = NO_EFFECT.iter().find(|(field, _)| is_update && has(field));
    let by_constructor = BY_CONSTRUCTOR.iter().find(|(name, _)| *name == from.name);
    let by_type = BY_TYPE
        .iter()
        .find(|(ty, _)| from.result == Ty::Boxed((*ty).into()));
    let rows = [by_constructor, no_effect, by_type].into_iter().flatten();
    rows.map(|(_, substitute)| *substitute)
}

/// Which field of `from` fills `field` of `to`: the one with its name.
pub fn source_field(from: &Definition, to: &Definition, field: &Field) -> Option<usize> {
    let stands_for_another = from.name != to.name;
    // Messages that were pinned or read must not be deleted by the update that stands for that.
    if stands_for_another
        && field.name == "messages"
        && NO_EFFECT.iter().any(|row| row.1 == to.name)
    {
        return None;
    }
    from.fields
        .iter()
        .position(|source| source.name == field.name)
}
