//! The frame around every page.

use crate::headers::WithScript;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The links at the top of the pages for everyone.
const PUBLIC_LINKS: [(&str, &str); 7] = [
    ("/transparency", "Transparency"),
    ("/transparency/entries", "The log"),
    ("/terms", "Terms"),
    ("/report", "Report"),
    ("/law-enforcement", "For authorities"),
    ("/requests", "Hand in a request"),
    ("/privacy", "Privacy"),
];

/// A page in the making.
pub(crate) struct Page {
    title: &'static str,
    body: Markup,
    status: StatusCode,
    navigation: Option<Markup>,
    script: Option<&'static str>,
}

impl Page {
    /// A page for everyone.
    pub fn new(title: &'static str, body: Markup) -> Self {
        Self {
            title,
            body,
            status: StatusCode::OK,
            navigation: None,
            script: None,
        }
    }

    /// With another status than 200.
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With other links at its top.
    pub fn navigation(self, navigation: Markup) -> Self {
        Self {
            navigation: Some(navigation),
            ..self
        }
    }

    /// With a script of ours.
    pub fn script(self, path: &'static str) -> Self {
        Self {
            script: Some(path),
            ..self
        }
    }

    fn render(&self) -> Markup {
        let public = || {
            html! {
                @for (path, name) in PUBLIC_LINKS { a href=(path) { (name) } }
            }
        };
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · Heliograph" }
                    link rel="stylesheet" href="/pages.css";
                    @if let Some(script) = self.script { script src=(script) defer {} }
                }
                body {
                    a .skip href="#main" { "Skip to the page" }
                    header {
                        nav aria-label="Main" {
                            @match &self.navigation {
                                Some(links) => (links),
                                None => (public()),
                            }
                        }
                    }
                    main #main { (self.body) }
                }
            }
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
        let mut response = (self.status, kind, self.render().into_string()).into_response();
        if self.script.is_some() {
            response.extensions_mut().insert(WithScript);
        }
        response
    }
}

/// The one style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, STYLE)
}

const STYLE: &str = concat!(include_str!("base.css"), "\n", include_str!("style.css"));

/// A moment as people read it: `2026-11-21 10:05 UTC`, with a machine's form beside it.
pub(crate) fn moment(at_s: u64) -> Markup {
    let minute = heliograph_transparency::entry::Minute::of_unix(at_s).to_string();
    let words = minute.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(minute) { (words) } }
}

/// A number with its thousands apart: `1,040`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_of_the_style_sheet_swallows_those_behind_it() {
        let mut open: Vec<&str> = Vec::new();
        for line in STYLE.lines() {
            if line.ends_with('{') {
                let within = open.iter().all(|outer| outer.starts_with('@'));
                assert!(within, "{line} stands within {open:?}");
                open.push(line);
            } else if line.trim() == "}" {
                assert!(open.pop().is_some(), "a brace too many");
            }
        }
        assert!(open.is_empty(), "{open:?} are not closed");
    }

    #[test]
    fn numbers_are_read_by_thousands() {
        let read = [0, 12, 999, 1_000, 1_234_567].map(number);
        assert_eq!(read, ["0", "12", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_moment_is_read_in_utc() {
        let text = moment(1_795_255_500).into_string();
        assert_eq!(
            text,
            "<time datetime=\"2026-11-21T10:05Z\">2026-11-21 10:05 UTC</time>"
        );
    }
}
