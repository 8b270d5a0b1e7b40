//! A text with its styled stretches as HTML.
//!
//! Stretches may overlap in any way, so the text is cut wherever one begins or ends, and each piece
//! is wrapped in everything that holds for it: what comes out is always well nested.

use heliograph_model::{Entity, EntityKind};
use maud::{Markup, html};

/// How many stretches are looked at; no client sends more.
const ENTITIES_MAX: usize = 200;

/// The text as HTML. Offsets count UTF-16 units; stretches that lie outside are left out.
pub(super) fn rendered(text: &str, entities: &[Entity]) -> Markup {
    let entities = &entities[..entities.len().min(ENTITIES_MAX)];
    let pieces = pieces(text, entities);
    html! {
        @for (piece, kinds) in pieces { (wrapped(piece, &kinds)) }
    }
}

/// The text cut at every end of a stretch, each piece with what holds for it.
fn pieces<'a>(text: &'a str, entities: &'a [Entity]) -> Vec<(&'a str, Vec<Kind<'a>>)> {
    let mut cuts: Vec<u32> = entities
        .iter()
        .flat_map(|entity| [entity.offset, entity.offset.saturating_add(entity.length)])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut cuts = cuts.into_iter().peekable();
    let mut pieces = Vec::new();
    let (mut start, mut start_unit, mut unit) = (0, 0, 0);
    for (at, c) in text.char_indices() {
        // A cut within a character is made behind it.
        let mut here = false;
        while cuts.next_if(|cut| *cut <= unit).is_some() {
            here = true;
        }
        if here && at > start {
            pieces.push((&text[start..at], holding(text, entities, start_unit)));
            (start, start_unit) = (at, unit);
        }
        unit += c.len_utf16() as u32;
    }
    if start < text.len() {
        pieces.push((&text[start..], holding(text, entities, start_unit)));
    }
    pieces
}

/// A stretch that holds for a piece, with the whole text of the stretch.
struct Kind<'a> {
    kind: &'a EntityKind,
    whole: String,
}

fn holding<'a>(text: &str, entities: &'a [Entity], unit: u32) -> Vec<Kind<'a>> {
    let holds = |entity: &&Entity| {
        entity.offset <= unit && unit < entity.offset.saturating_add(entity.length)
    };
    let kind = |entity: &'a Entity| Kind {
        kind: &entity.kind,
        whole: stretch(text, entity),
    };
    entities.iter().filter(holds).map(kind).collect()
}

fn stretch(text: &str, entity: &Entity) -> String {
    let units = text
        .encode_utf16()
        .skip(entity.offset as usize)
        .take(entity.length as usize);
    String::from_utf16_lossy(&units.collect::<Vec<u16>>())
}

fn wrapped(piece: &str, kinds: &[Kind<'_>]) -> Markup {
    let mut markup = html! { (piece) };
    let mut linked = false;
    for Kind { kind, whole } in kinds {
        markup = match kind {
            EntityKind::Bold => html! { strong { (markup) } },
            EntityKind::Italic => html! { em { (markup) } },
            EntityKind::Underline => html! { u { (markup) } },
            EntityKind::Strike => html! { s { (markup) } },
            EntityKind::Code | EntityKind::Pre(_) => html! { code { (markup) } },
            EntityKind::Spoiler => html! { span .spoiler tabindex="0" { (markup) } },
            EntityKind::Blockquote(_) => html! { q { (markup) } },
            // A link within a link is none.
            _ if linked => markup,
            _ => match target(kind, whole) {
                Some(target) => {
                    linked = true;
                    html! { a href=(target) rel="nofollow noopener" { (markup) } }
                }
                None => markup,
            },
        };
    }
    markup
}

/// Where a stretch leads: to the web or to a public name here, nowhere else.
fn target(kind: &EntityKind, whole: &str) -> Option<String> {
    match kind {
        EntityKind::TextUrl(url) => web(url),
        EntityKind::Url => web(whole).or_else(|| {
            let bare = !whole.contains("://") && !whole.contains(':');
            bare.then(|| format!("https://{whole}"))
        }),
        EntityKind::Mention => {
            let name = whole.strip_prefix('@')?;
            heliograph_model::Username::parse(name).ok()?;
            Some(format!("/{name}"))
        }
        _ => None,
    }
}

fn web(url: &str) -> Option<String> {
    let lower = url.trim().to_ascii_lowercase();
    let web = lower.starts_with("https://") || lower.starts_with("http://");
    let clean = !url.chars().any(|c| c.is_control() || c.is_whitespace());
    (web && clean).then(|| url.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn entity(offset: u32, length: u32, kind: EntityKind) -> Entity {
        Entity {
            offset,
            length,
            kind,
        }
    }

    fn check(text: &str, entities: &[Entity], expected: &Expect) {
        expected.assert_eq(&rendered(text, entities).into_string());
    }

    #[test]
    fn stretches_that_cross_are_well_nested() {
        check(
            "abcdef",
            &[
                entity(0, 4, EntityKind::Bold),
                entity(2, 4, EntityKind::Italic),
            ],
            &expect!["<strong>ab</strong><em><strong>cd</strong></em><em>ef</em>"],
        );
    }

    #[test]
    fn offsets_count_utf16_units_and_may_lie_anywhere() {
        check(
            "😀b<",
            &[
                entity(2, 1, EntityKind::Bold),
                entity(1, 1, EntityKind::Italic),
                entity(u32::MAX, u32::MAX, EntityKind::Code),
            ],
            &expect!["😀<strong>b</strong>&lt;"],
        );
    }

    #[test]
    fn links_lead_to_the_web_and_nowhere_else() {
        let link = |url: &str| vec![entity(0, 1, EntityKind::TextUrl(url.into()))];
        check(
            "x",
            &link("https://a.example/?\"><script>"),
            &expect![[
                r#"<a href="https://a.example/?&quot;&gt;&lt;script&gt;" rel="nofollow noopener">x</a>"#
            ]],
        );
        for nowhere in [
            "javascript:alert(1)",
            "data:text/html,x",
            " JavaScript:alert(1)",
            "https:\u{0}//x",
            "java\nscript:alert(1)",
        ] {
            check("x", &link(nowhere), &expect!["x"]);
        }
        check(
            "@the_news see b.example",
            &[
                entity(0, 9, EntityKind::Mention),
                entity(14, 9, EntityKind::Url),
            ],
            &expect![[
                r#"<a href="/the_news" rel="nofollow noopener">@the_news</a> see <a href="https://b.example" rel="nofollow noopener">b.example</a>"#
            ]],
        );
    }
}
