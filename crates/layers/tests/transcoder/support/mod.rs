//! What the tests of this crate share.

pub mod sample;
pub mod text;

use heliograph_layers::{CANONICAL, LayerError, Layers};
use heliograph_tl_schema::{History, Schema};
use std::sync::OnceLock;

/// The history that the crate has built in, parsed once.
pub fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(|| {
        History::parse(include_str!("../../../../../schema/history.tl"))
            .expect("the history parses")
    })
}

/// The schema of one layer.
pub fn schema(layer: u16) -> Schema {
    history().at(layer)
}

/// What the server reads.
pub fn served() -> Schema {
    Schema::parse(heliograph_tl::SCHEMA).expect("the pruned schema parses")
}

/// Writes a canonical value, moves it down and shows what a client of `layer` reads.
pub fn down(layer: u16, canonical: &str) -> Result<String, LayerError> {
    let bytes = text::write(&schema(CANONICAL), canonical);
    let mut out = Vec::new();
    Layers::shared().down(layer, &bytes, &mut out)?;
    Ok(text::show(&schema(layer), &out).expect("the layer's schema reads it"))
}

/// Writes the request of a client of `layer`, raises it and shows what the server reads.
pub fn up(layer: u16, request: &str) -> Result<String, LayerError> {
    let bytes = text::write(&schema(layer), request);
    let mut out = Vec::new();
    Layers::shared().up(&bytes, &mut out)?;
    Ok(text::show(&served(), &out).expect("the pruned schema reads it"))
}

/// Checks what a client of each of `layers` reads of a canonical value.
#[track_caller]
pub fn check_down(layers: &[u16], canonical: &str, expected: &str) {
    for &layer in layers {
        assert_eq!(
            down(layer, canonical).as_deref(),
            Ok(expected),
            "layer {layer}"
        );
    }
}

/// Checks what the server reads of a request of each of `layers`.
#[track_caller]
pub fn check_up(layers: &[u16], request: &str, expected: &str) {
    for &layer in layers {
        assert_eq!(up(layer, request).as_deref(), Ok(expected), "layer {layer}");
    }
}
