//! Pages on which anybody sees a public channel and its posts, without an account and without
//! scripts. The server finds out what may be shown; this writes it down.

mod text;

use crate::page::{moment, number};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use heliograph_model::Entity;
use maud::{DOCTYPE, Markup, html};

/// How much of a text stands in the description that other sites show, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;

/// A public channel or group.
#[derive(Clone, Debug, Default)]
pub struct Channel {
    /// Its username.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it says about itself.
    pub about: String,
    /// How many are in it.
    pub members: u32,
    /// Marked as genuine by the operator.
    pub verified: bool,
    /// Only admins post; else it is a group, of which no messages are shown here.
    pub broadcast: bool,
    /// Search engines are asked to leave it out.
    pub unlisted: bool,
    /// What people read in place of its posts.
    pub restriction: Option<String>,
    /// The web address of this installation, without a slash at its end.
    pub origin: Option<String>,
}

/// A post.
#[derive(Clone, Debug, Default)]
pub struct Post {
    /// Its number.
    pub id: u32,
    /// When it was written, in Unix seconds.
    pub date_s: u64,
    /// What it says.
    pub text: String,
    /// The styled stretches of that.
    pub entities: Vec<Entity>,
    /// Who signed it.
    pub signature: Option<String>,
    /// It has a picture or file besides.
    pub media: bool,
}

/// The page of a channel with its last posts, the newest first; `older` is where the next page
/// begins.
pub fn channel(channel: &Channel, posts: &[Post], older: Option<u32>) -> Response {
    let body = html! {
        (head(channel, true))
        @if let Some(text) = &channel.restriction {
            p .alarm role="note" { bdi { (text) } }
        } @else if !channel.broadcast {
            p { "This is a group. Its messages can be read in an app." }
        } @else if posts.is_empty() {
            p { "There are no posts here." }
        } @else {
            @for post in posts { (one(channel, post)) }
            @if let Some(before) = older {
                p { a rel="next" href=(format!("/{}?before={before}", channel.name)) { "Older posts" } }
            }
        }
    };
    let about = cut(&channel.about);
    respond(
        channel,
        &format!("/{}", channel.name),
        "website",
        &about,
        &body,
    )
}

/// The page of one post.
pub fn post(channel: &Channel, post: &Post) -> Response {
    let body = html! {
        (head(channel, false))
        @match &channel.restriction {
            Some(text) => p .alarm role="note" { bdi { (text) } },
            None => (one(channel, post)),
        }
        p { a href=(format!("/{}", channel.name)) { "All posts" } }
    };
    let description = match channel.restriction {
        None => cut(&post.text),
        Some(_) => String::new(),
    };
    let path = format!("/{}/{}", channel.name, post.id);
    respond(channel, &path, "article", &description, &body)
}

fn head(channel: &Channel, whole: bool) -> Markup {
    let kind = if channel.broadcast {
        "subscribers"
    } else {
        "members"
    };
    html! {
        h1 { bdi { (channel.title) } }
        p {
            "@" (channel.name) ", " (number(channel.members.into())) " " (kind)
            @if channel.verified { ", marked as genuine by the operator" }
        }
        @if whole && !channel.about.is_empty() {
            p .lead .text dir="auto" { (channel.about) }
        }
    }
}

fn one(channel: &Channel, post: &Post) -> Markup {
    let path = format!("/{}/{}", channel.name, post.id);
    html! {
        article .card {
            p .text dir="auto" { (text::rendered(&post.text, &post.entities)) }
            @if post.media { p { em { "With a picture or file, to be seen in an app." } } }
            p {
                a href=(path) { (moment(post.date_s)) }
                @if let Some(name) = &post.signature { ", " bdi { (name) } }
            }
        }
    }
}

fn cut(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(DESCRIPTION_CHARS_MAX).collect()
}

fn respond(channel: &Channel, path: &str, kind: &str, about: &str, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="und" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (channel.title) }
                @if channel.unlisted { meta name="robots" content="noindex"; }
                meta name="description" content=(about);
                meta property="og:type" content=(kind);
                meta property="og:title" content=(channel.title);
                meta property="og:description" content=(about);
                @if let Some(origin) = &channel.origin {
                    meta property="og:url" content=(format!("{origin}{path}"));
                    link rel="canonical" href=(format!("{origin}{path}"));
                }
                link rel="stylesheet" href="/pages.css";
            }
            body {
                a .skip href="#main" { "Skip to the page" }
                header {
                    nav aria-label="Main" {
                        a href="/" { "About this server" }
                        a href="/transparency" { "Transparency" }
                    }
                }
                main #main { (body) }
            }
        }
    };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        // Decisions of moderation hold here within a minute.
        (CACHE_CONTROL, "max-age=30"),
    ];
    (headers, page.into_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn read(response: Response) -> String {
        let body = to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("whole");
        String::from_utf8(body.to_vec()).expect("text")
    }

    fn hostile() -> Channel {
        Channel {
            name: "the_news".into(),
            title: "</title><script>alert(1)</script>".into(),
            about: "\"><img src=x onerror=alert(1)>".into(),
            members: 1234,
            broadcast: true,
            unlisted: true,
            origin: Some("https://chat.example".into()),
            ..Channel::default()
        }
    }

    #[tokio::test]
    async fn whatever_a_channel_says_stays_text() {
        let said = Post {
            id: 7,
            date_s: 1_700_000_000,
            text: "<script>alert(1)</script>".into(),
            signature: Some("<b>Ada</b>".into()),
            ..Post::default()
        };
        for page in [
            channel(&hostile(), std::slice::from_ref(&said), Some(7)),
            post(&hostile(), &said),
        ] {
            let page = read(page).await;
            for danger in ["<script", "<img", "<b>"] {
                assert!(!page.contains(danger), "{danger} in {page}");
            }
            assert!(page.contains("1,234 subscribers"));
            assert!(page.contains("<meta name=\"robots\" content=\"noindex\">"));
            assert!(page.contains("content=\"https://chat.example/the_news"));
        }
    }

    #[tokio::test]
    async fn a_restriction_stands_in_place_of_the_posts() {
        let restricted = Channel {
            restriction: Some("Not here.".into()),
            ..hostile()
        };
        let said = Post {
            text: "secret words".into(),
            ..Post::default()
        };
        for page in [
            channel(&restricted, std::slice::from_ref(&said), None),
            post(&restricted, &said),
        ] {
            let page = read(page).await;
            assert!(page.contains("Not here.") && !page.contains("secret words"));
        }
    }
}
