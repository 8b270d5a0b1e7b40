//! Keyboards, which 229 rebuilt: fifteen constructors of a button became one button with a type, and
//! buttons below a message became a type of their own.

use super::ConstructorRule;
use crate::LayerError;
use crate::target::Target;
use crate::transcode::{Run, Source};
use crate::wire::{put_u32, put_vector};
use heliograph_tl_schema::{Definition, Kind, Ty};

/// (button up to 227, the type of a button from 229 on).
const TYPES: &[(&str, &str)] = &[
    // Keyboards that stand in place of the letters.
    ("keyboardButton", "buttonTypeDefault"),
    ("keyboardButtonRequestPhone", "buttonTypeRequestPhone"),
    (
        "keyboardButtonRequestGeoLocation",
        "buttonTypeRequestGeoLocation",
    ),
    ("keyboardButtonRequestPoll", "buttonTypeRequestPoll"),
    ("keyboardButtonRequestPeer", "buttonTypeRequestPeer"),
    (
        "inputKeyboardButtonRequestPeer",
        "inputButtonTypeRequestPeer",
    ),
    ("keyboardButtonSimpleWebView", "buttonTypeSimpleWebView"),
    // Buttons below a message.
    ("keyboardButtonUrl", "inlineButtonTypeUrl"),
    ("keyboardButtonCallback", "inlineButtonTypeCallback"),
    ("keyboardButtonSwitchInline", "inlineButtonTypeSwitchInline"),
    ("keyboardButtonGame", "inlineButtonTypeGame"),
    ("keyboardButtonBuy", "inlineButtonTypeBuy"),
    ("keyboardButtonUrlAuth", "inlineButtonTypeUrlAuth"),
    ("inputKeyboardButtonUrlAuth", "inputInlineButtonTypeUrlAuth"),
    ("keyboardButtonUserProfile", "inlineButtonTypeUserProfile"),
    (
        "inputKeyboardButtonUserProfile",
        "inputInlineButtonTypeUserProfile",
    ),
    ("keyboardButtonWebView", "inlineButtonTypeWebView"),
    ("keyboardButtonCopy", "inlineButtonTypeCopy"),
];

/// The rule for a keyboard or a button when source and target lie on different sides of 229.
pub fn constructor_rule(from: &Definition, target: &Target<'_>) -> Option<ConstructorRule> {
    let target_has_types = target
        .find(Kind::Constructor, "buttonTypeDefault")
        .is_some();
    let rows = "Vector<KeyboardInlineButtonRow>";
    let source_has_types = from
        .fields
        .iter()
        .any(|field| field.name == "type" || field.ty.to_string() == rows);
    let is_button = from.result == Ty::Boxed("KeyboardButton".into());
    match (from.name.as_str(), source_has_types, target_has_types) {
        ("replyInlineMarkup", false, true) => Some(inline_markup_with_types),
        ("replyInlineMarkup", true, false) => Some(inline_markup_without_types),
        ("keyboardButton", true, false) => Some(button_without_type),
        (_, false, true) if is_button => Some(button_with_type),
        _ => None,
    }
}

fn button_with_type(run: &mut Run<'_>, button: &Source<'_>) -> Result<(), LayerError> {
    put_typed(run, button, "keyboardButton", "ButtonType")
}

fn inline_button_with_type(run: &mut Run<'_>, button: &Source<'_>) -> Result<(), LayerError> {
    put_typed(run, button, "keyboardInlineButton", "InlineButtonType")
}

/// Writes style and text as `outer`, and everything else as the type of the button.
fn put_typed(
    run: &mut Run<'_>,
    button: &Source<'_>,
    outer: &str,
    ty: &str,
) -> Result<(), LayerError> {
    let row = TYPES
        .iter()
        .find(|row| row.0 == button.name())
        .ok_or(LayerError::Inexpressible)?;
    let inner = run.target(row.1)?;
    if inner.result != Ty::Boxed(ty.into()) {
        return Err(LayerError::Inexpressible);
    }
    compose(run, run.target(outer)?, &[button])?;
    // `type` is the last field of the outer constructor.
    compose(run, inner, &[button])
}

fn button_without_type(run: &mut Run<'_>, button: &Source<'_>) -> Result<(), LayerError> {
    put_untyped(run, button, "ButtonType")
}

fn inline_button_without_type(run: &mut Run<'_>, button: &Source<'_>) -> Result<(), LayerError> {
    put_untyped(run, button, "InlineButtonType")
}

fn put_untyped(run: &mut Run<'_>, button: &Source<'_>, ty: &str) -> Result<(), LayerError> {
    run.go_to(button, "type");
    let kind = run.read(ty)?;
    let row = TYPES
        .iter()
        .find(|row| row.1 == kind.name())
        .ok_or(LayerError::Inexpressible)?;
    compose(run, run.target(row.0)?, &[button, &kind])
}

fn inline_markup_with_types(run: &mut Run<'_>, markup: &Source<'_>) -> Result<(), LayerError> {
    run.put_id("replyInlineMarkup")?;
    put_u32(run.out, 0); // flags
    run.go_to(markup, "rows");
    for_each(run, "KeyboardButtonRow", |run, row| {
        run.put_id("keyboardInlineButtonRow")?;
        run.go_to(row, "buttons");
        for_each(run, "KeyboardButton", inline_button_with_type)
    })
}

fn inline_markup_without_types(run: &mut Run<'_>, markup: &Source<'_>) -> Result<(), LayerError> {
    run.put_id("replyInlineMarkup")?;
    run.go_to(markup, "rows");
    for_each(run, "KeyboardInlineButtonRow", |run, row| {
        run.put_id("keyboardButtonRow")?;
        run.go_to(row, "buttons");
        for_each(run, "KeyboardInlineButton", inline_button_without_type)
    })
}

/// Reads a vector of `ty` and writes what `element` makes of each; inexpressible ones are left out.
fn for_each(run: &mut Run<'_>, ty: &str, element: ConstructorRule) -> Result<(), LayerError> {
    let count = run.input.vector()?;
    let header = run.out.len();
    put_vector(run.out, 0);
    let mut kept = 0u32;
    for _ in 0..count {
        let source = run.read(ty)?;
        let next = run.input.at;
        let written = run.out.len();
        match element(run, &source) {
            Ok(()) => kept += 1,
            Err(LayerError::Inexpressible) => run.out.truncate(written),
            Err(error) => return Err(error),
        }
        run.input.at = next;
    }
    run.out[header + 4..header + 8].copy_from_slice(&kept.to_le_bytes());
    Ok(())
}

/// Writes `to` with the fields of the same names that `sources` have. A field that none has is left
/// out, also where it would be required: the caller writes it.
fn compose(run: &mut Run<'_>, to: &Definition, sources: &[&Source<'_>]) -> Result<(), LayerError> {
    put_u32(run.out, to.id);
    let back = run.input.at;
    for field in &to.fields {
        if field.ty == Ty::Flags {
            let is_set = |name: &str| sources.iter().any(|source| source.has(name));
            let optional = to
                .fields
                .iter()
                .filter_map(|field| Some((field.flag?, field.name.as_str())));
            let word = optional
                .filter(|(_, name)| is_set(name))
                .fold(0, |word, (flag, _)| word | 1 << flag.bit);
            put_u32(run.out, word);
        } else if field.ty != Ty::True {
            for source in sources {
                if source.write(run, &field.name)? {
                    break;
                }
            }
        }
    }
    run.input.at = back;
    run.discard();
    Ok(())
}
