//! Fields that kept their name and changed their type.

use super::Coercion;
use crate::LayerError;
use crate::transcode::Run;
use crate::wire::{put_string, put_u32, put_vector};
use heliograph_tl_schema::Ty;

/// (type in the source, type in the target, how).
pub const COERCIONS: &[(&str, &str, Coercion)] = &[
    ("double", "int", double_to_int),
    ("int", "double", int_to_double),
    ("TextWithEntities", "string", text_to_string),
    ("string", "TextWithEntities", string_to_text),
    ("Vector<Peer>", "Vector<long>", peers_to_user_ids),
    ("Reaction", "string", reaction_to_string),
    ("PeerColor", "int", color_to_int),
];

/// The way from one type to the other.
pub fn coercion(from: &Ty, to: &Ty) -> Option<Coercion> {
    let (from, to) = (from.to_string(), to.to_string());
    let row = COERCIONS.iter().find(|row| row.0 == from && row.1 == to);
    row.map(|row| row.2)
}

/// Seconds of a video; a started second counts.
fn double_to_int(run: &mut Run<'_>) -> Result<(), LayerError> {
    let value = f64::from_bits(run.input.u64()?).ceil();
    put_u32(run.out, value as i32 as u32);
    Ok(())
}

fn int_to_double(run: &mut Run<'_>) -> Result<(), LayerError> {
    let value = f64::from(run.input.u32()? as i32);
    run.out.extend(value.to_le_bytes());
    Ok(())
}

fn text_to_string(run: &mut Run<'_>) -> Result<(), LayerError> {
    let text = run.read("TextWithEntities")?;
    put_string(run.out, text.string("text")?);
    Ok(())
}

fn string_to_text(run: &mut Run<'_>) -> Result<(), LayerError> {
    let text = run.input.string()?;
    run.put_id("textWithEntities")?;
    put_string(run.out, text);
    put_vector(run.out, 0);
    Ok(())
}

/// Chats and channels are left out: there was no way to name them.
fn peers_to_user_ids(run: &mut Run<'_>) -> Result<(), LayerError> {
    let count = run.input.vector()?;
    let start = run.out.len();
    put_vector(run.out, 0);
    let mut users = 0u32;
    for _ in 0..count {
        let peer = run.read("Peer")?;
        if peer.has("user_id") {
            run.out.extend(peer.long("user_id")?.to_le_bytes());
            users += 1;
        }
    }
    run.out[start + 4..start + 8].copy_from_slice(&users.to_le_bytes());
    Ok(())
}

/// Up to 144 a reaction was an emoji.
fn reaction_to_string(run: &mut Run<'_>) -> Result<(), LayerError> {
    let reaction = run.read("Reaction")?;
    if !reaction.has("emoticon") {
        return Err(LayerError::Inexpressible);
    }
    put_string(run.out, reaction.string("emoticon")?);
    Ok(())
}

fn color_to_int(run: &mut Run<'_>) -> Result<(), LayerError> {
    let color = run.read("PeerColor")?;
    if !color.has("color") {
        return Err(LayerError::Inexpressible);
    }
    put_u32(run.out, color.int("color")?);
    Ok(())
}
