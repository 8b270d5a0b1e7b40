//! Bar charts as drawings in the page. Each has its numbers in its text alternative, and stands
//! beside the table it is drawn from.

use crate::page::number;
use maud::{Markup, html};
use std::fmt::Write;

/// Width of the drawing, in its own units: about that of a telephone, so that the letters can be
/// read there. A browser scales it.
const WIDTH: u64 = 420;
/// Where bars begin: labels stand left of it.
const LEFT: u64 = 165;
/// Room for the number right of the longest bar.
const RIGHT: u64 = 55;
/// Height of a row.
const ROW: u64 = 26;
/// Most letters of a label that fit left of the bars; a longer one is whole in the text and table.
const MAX_LABEL: usize = 19;
/// Most rows; a longer list is cut, and says so.
const MAX_ROWS: usize = 25;

/// Bars for `rows`, the largest first. `id` must be unique in the page.
pub(super) fn bars(id: &str, title: &str, rows: &[(String, u64)]) -> Markup {
    let mut rows: Vec<_> = rows.iter().filter(|(_, count)| *count > 0).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let cut = rows.len().saturating_sub(MAX_ROWS);
    rows.truncate(MAX_ROWS);
    let Some(most) = rows.first().map(|(_, count)| *count) else {
        return html! { p .quiet { (title) ": none." } };
    };
    let mut words = String::new();
    for (position, (label, count)) in rows.iter().enumerate() {
        let comma = if position > 0 { ", " } else { "" };
        write!(words, "{comma}{label} {}", number(*count)).expect("a string takes any text");
    }
    if cut > 0 {
        write!(words, ", and {cut} more in the table").expect("a string takes any text");
    }
    let height = rows.len() as u64 * ROW + 4;
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let labels = format!("{title_id} {text_id}");
    html! {
        figure {
            figcaption { (title) }
            svg #(id) role="img" aria-labelledby=(labels) viewBox={ "0 0 " (WIDTH) " " (height) } {
                title #(title_id) { (title) }
                desc #(text_id) { (words) }
                line .axis x1=(LEFT) y1="0" x2=(LEFT) y2=(height) {}
                @for (position, (label, count)) in rows.iter().enumerate() {
                    @let top = position as u64 * ROW + 3;
                    text x=(LEFT - 8) y=(top + 16) text-anchor="end" { (shortened(label)) }
                    rect .bar x=(LEFT) y=(top) height=(ROW - 6) width=(length(*count, most)) {}
                    text x=(LEFT + length(*count, most) + 6) y=(top + 16) { (number(*count)) }
                }
            }
        }
    }
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= MAX_LABEL {
        return label.to_owned();
    }
    let begin: String = label.chars().take(MAX_LABEL - 1).collect();
    format!("{begin}…")
}

/// The length of a bar; one that stands for something is always to be seen.
fn length(count: u64, most: u64) -> u64 {
    let room = u128::from(WIDTH - LEFT - RIGHT);
    (u128::from(count) * room / u128::from(most.max(1))).max(2) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_too_long_is_whole_in_the_words() {
        let rows = [("data-protection-and-privacy".to_owned(), 2)];
        let drawn = bars("c", "Decisions", &rows).into_string();
        assert!(drawn.contains(">data-protection-an…<"), "{drawn}");
        assert!(drawn.contains(">data-protection-and-privacy 2<"), "{drawn}");
    }

    #[test]
    fn a_chart_tells_its_numbers_in_words_and_draws_none_wider_than_itself() {
        let rows = [
            ("DE".to_owned(), 7),
            ("<b>".to_owned(), u64::MAX),
            ("FR".to_owned(), 0),
        ];
        let drawn = bars("c", "Requests", &rows).into_string();
        assert!(
            drawn.contains("&lt;b&gt; 18,446,744,073,709,551,615, DE 7"),
            "{drawn}"
        );
        assert!(!drawn.contains("FR"));
        assert!(drawn.contains("width=\"200\""), "{drawn}");
        assert!(bars("c", "Requests", &[]).into_string().contains("none"));
    }
}
