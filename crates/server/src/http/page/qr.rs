//! An address as a QR code, drawn as SVG inside the page.

use super::escape;
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};
use std::fmt::Write as _;

/// Empty modules around the code, which scanners need (ISO/IEC 18004).
const QUIET: usize = 4;

/// The picture for `text`; nothing where it is too long for a code.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = width + 2 * QUIET;
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         aria-label=\"QR code: {label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>\n",
        label = escape(text),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_border_and_names_what_it_leads_to() {
        // Version 2 has 25 modules: 33 with the border.
        let svg = svg("https://chat.example/?a&b").expect("it is short");
        assert!(svg.contains("viewBox=\"0 0 33 33\""), "{svg}");
        assert!(svg.contains("QR code: https://chat.example/?a&amp;b"));
        // The first finder pattern begins inside the border.
        assert!(svg.contains("<path d=\"M4 4h1v1h-1z"), "{svg}");
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(svg(&"x".repeat(5_000)), None);
    }
}
