//! Texts with HTML tags, as far as the Bot API knows them.

use super::{Builder, Style, Styled};

/// A tag that was opened and not closed yet.
struct Open {
    name: String,
    offset: usize,
    style: Style,
}

/// Reads a text with tags; fails in the public Bot API's words.
pub fn parse(html: &str) -> Result<(String, Vec<Styled>), String> {
    let mut out = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let at = html.len() - rest.len();
        match c {
            '<' => {
                let end = rest
                    .find('>')
                    .ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
                let tag = &rest[1..end];
                if let Some(name) = tag.strip_prefix('/') {
                    close(&mut out, &mut open, name.trim(), at)?;
                } else {
                    open.push(start(&out, &open, tag, at)?);
                }
                rest = &rest[end + 1..];
            }
            '&' => {
                let (decoded, length) = entity(rest).unwrap_or(('&', 1));
                out.push(decoded);
                rest = &rest[length..];
            }
            c => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    if let Some(unclosed) = open.last() {
        return Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            unclosed.name
        ));
    }
    Ok(out.finish())
}

fn start(out: &Builder, open: &[Open], tag: &str, at: usize) -> Result<Open, String> {
    let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let name = name.to_lowercase();
    let style = match name.as_str() {
        "b" | "strong" => Style::Bold,
        "i" | "em" => Style::Italic,
        "u" | "ins" => Style::Underline,
        "s" | "strike" | "del" => Style::Strike,
        "tg-spoiler" => Style::Spoiler,
        "span" if attribute(attributes, "class").as_deref() == Some("tg-spoiler") => Style::Spoiler,
        "a" => Style::Link(attribute(attributes, "href").unwrap_or_default()),
        "pre" => Style::Pre(String::new()),
        "code" => match open.last() {
            // `<pre><code class="language-…">` is one stretch.
            Some(Open {
                style: Style::Pre(_),
                ..
            }) => {
                let class = attribute(attributes, "class").unwrap_or_default();
                Style::Pre(class.strip_prefix("language-").unwrap_or("").to_owned())
            }
            _ => Style::Code,
        },
        "blockquote" => Style::Blockquote(attributes.split_whitespace().any(|w| w == "expandable")),
        "tg-emoji" => {
            let id = attribute(attributes, "emoji-id").and_then(|id| id.parse().ok());
            Style::CustomEmoji(id.ok_or("Invalid custom emoji identifier specified")?)
        }
        "span" => {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"
            ));
        }
        _ => {
            return Err(format!(
                "Unsupported start tag \"{name}\" at byte offset {at}"
            ));
        }
    };
    let offset = out.here();
    Ok(Open {
        name,
        offset,
        style,
    })
}

fn close(out: &mut Builder, open: &mut Vec<Open>, name: &str, at: usize) -> Result<(), String> {
    let Some(last) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {at}"));
    };
    if !name.is_empty() && last.name != name.to_lowercase() {
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"",
            last.name
        ));
    }
    match (&last.style, open.last_mut()) {
        (Style::Pre(language), Some(outer)) if last.name == "code" => {
            outer.style = Style::Pre(language.clone());
        }
        (Style::Link(url), _) if url.is_empty() => {}
        _ => out.style(last.offset, last.style),
    }
    Ok(())
}

/// The value of an attribute, with or without quotes.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let at = attributes.to_lowercase().find(&format!("{name}="))?;
    let value = &attributes[at + name.len() + 1..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        None => value.split_whitespace().next()?,
    };
    let mut decoded = String::new();
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let (c, length) = entity(rest).unwrap_or((c, c.len_utf8()));
        decoded.push(c);
        rest = &rest[length..];
    }
    Some(decoded)
}

/// The character that an entity like `&lt;` at the start of `text` stands for, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    let name = text.strip_prefix('&')?;
    let end = name.bytes().take(10).position(|b| b == b';')?;
    let name = &name[..end];
    let c = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    Some((c, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(html: &str) -> (String, Vec<(usize, usize, Style)>) {
        let (text, styled) = parse(html).expect("it parses");
        let styled = styled.into_iter().map(|s| (s.offset, s.length, s.style));
        (text, styled.collect())
    }

    #[test]
    fn tags_nest_and_count_utf16_units() {
        let (text, styled) = styles("😀<b>bold <i>both</i></b> &lt;x&gt; &#65;");
        assert_eq!(text, "😀bold both <x> A");
        assert_eq!(styled, [(2, 9, Style::Bold), (7, 4, Style::Italic)]);
        let (_, link) = styles("<a href=\"https://example.org/?a=1&amp;b=2\">here</a>");
        let url = "https://example.org/?a=1&b=2".to_owned();
        assert_eq!(link, [(0, 4, Style::Link(url))]);
        let (_, pre) = styles("<pre><code class=\"language-rust\">fn</code></pre>");
        assert_eq!(pre, [(0, 2, Style::Pre("rust".into()))]);
    }

    #[test]
    fn what_is_no_html_is_refused_with_its_place() {
        for (html, words) in [
            ("a <x>", "Unsupported start tag \"x\" at byte offset 2"),
            (
                "<b>a",
                "Can't find end tag corresponding to start tag \"b\"",
            ),
            ("a</b>", "Unexpected end tag at byte offset 1"),
            (
                "<b>a</i>",
                "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
            ),
            ("1 < 2", "Unclosed start tag at byte offset 2"),
        ] {
            assert_eq!(parse(html).expect_err(html), words);
        }
    }
}
