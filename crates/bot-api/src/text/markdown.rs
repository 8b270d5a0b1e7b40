//! Texts in MarkdownV2 and in the old Markdown.

use super::{Builder, Style, Styled};

/// A mark that was opened and not closed yet.
struct Open {
    mark: &'static str,
    offset: usize,
    at: usize,
}

/// What must be escaped where it is no mark.
const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

/// Marks that open and close in the same way, the longer first.
const MARKS: [(&str, Style); 5] = [
    ("__", Style::Underline),
    ("||", Style::Spoiler),
    ("*", Style::Bold),
    ("_", Style::Italic),
    ("~", Style::Strike),
];

/// Reads MarkdownV2; fails in the public Bot API's words.
pub fn parse_v2(text: &str) -> Result<(String, Vec<Styled>), String> {
    let mut out = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    // Where a quotation began, and whether we stand at the start of a line.
    let mut quote = None;
    let mut line_starts = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        if line_starts {
            line_starts = false;
            if let Some(quoted) = rest.strip_prefix('>') {
                quote.get_or_insert(out.here());
                rest = quoted;
                continue;
            }
            if let Some(offset) = quote.take() {
                out.style(offset, Style::Blockquote(false));
            }
        }
        if c == '\\' {
            let escaped = rest[1..]
                .chars()
                .next()
                .filter(|c| c.is_ascii() && !c.is_control());
            out.push(escaped.unwrap_or('\\'));
            rest = &rest[1 + escaped.map_or(0, char::len_utf8)..];
            continue;
        }
        if let Some(code) = rest.strip_prefix("```") {
            rest = pre(&mut out, code, at)?;
            continue;
        }
        if let Some(code) = rest.strip_prefix('`') {
            let offset = out.here();
            let end = code_end(code, "`").ok_or_else(|| unclosed("code", at))?;
            push_code(&mut out, &code[..end]);
            out.style(offset, Style::Code);
            rest = &code[end + 1..];
            continue;
        }
        if c == '[' {
            open.push(Open {
                mark: "[",
                offset: out.here(),
                at,
            });
            rest = &rest[1..];
            continue;
        }
        if c == ']' && open.last().is_some_and(|last| last.mark == "[") {
            let Some(last) = open.pop() else { continue };
            rest = link(&mut out, &rest[1..], last.offset);
            continue;
        }
        if let Some((mark, style)) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            // `_` may close an italic stretch in front of `__`.
            let closes = open.last().is_some_and(|last| last.mark == *mark);
            let shorter = *mark == "__" && open.last().is_some_and(|last| last.mark == "_");
            if closes && let Some(last) = open.pop() {
                out.style(last.offset, style.clone());
                rest = &rest[mark.len()..];
            } else if shorter && let Some(last) = open.pop() {
                out.style(last.offset, Style::Italic);
                rest = &rest[1..];
            } else {
                open.push(Open {
                    mark,
                    offset: out.here(),
                    at,
                });
                rest = &rest[mark.len()..];
            }
            continue;
        }
        if RESERVED.contains(c) {
            return Err(format!(
                "Character '{c}' is reserved and must be escaped with the preceding '\\'"
            ));
        }
        line_starts = c == '\n';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    if let Some(last) = open.last() {
        return Err(unclosed(name_of(last.mark), last.at));
    }
    if let Some(offset) = quote {
        out.style(offset, Style::Blockquote(false));
    }
    Ok(out.finish())
}

fn unclosed(what: &str, at: usize) -> String {
    format!("Can't find end of {what} entity at byte offset {at}")
}

fn name_of(mark: &str) -> &'static str {
    match mark {
        "*" => "Bold",
        "_" => "Italic",
        "__" => "Underline",
        "~" => "Strikethrough",
        "||" => "Spoiler",
        _ => "TextUrl",
    }
}

/// Where code ends: at `mark`, but not behind a backslash.
fn code_end(code: &str, mark: &str) -> Option<usize> {
    let mut escaped = false;
    code.char_indices().find_map(|(at, c)| {
        if escaped {
            escaped = false;
            return None;
        }
        escaped = c == '\\';
        code[at..].starts_with(mark).then_some(at)
    })
}

fn push_code(out: &mut Builder, code: &str) {
    let mut escaped = false;
    for c in code.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.push(c);
    }
}

/// A block of code behind its opening; answers with what comes after it.
fn pre<'a>(out: &mut Builder, code: &'a str, at: usize) -> Result<&'a str, String> {
    let offset = out.here();
    let end = code_end(code, "```").ok_or_else(|| unclosed("Pre", at))?;
    let block = &code[..end];
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '`']);
    let (language, block) = match block.split_once('\n') {
        Some((name, block)) if is_name(name) => (name, block),
        Some(("", block)) => ("", block),
        _ => ("", block),
    };
    push_code(out, block);
    out.style(offset, Style::Pre(language.to_owned()));
    Ok(&code[end + 3..])
}

/// The address behind a link's text; answers with what comes after it. Brackets without an address
/// are no link.
fn link<'a>(out: &mut Builder, rest: &'a str, offset: usize) -> &'a str {
    let address = rest.strip_prefix('(');
    let Some((address, end)) = address.and_then(|address| Some((address, code_end(address, ")")?)))
    else {
        return rest;
    };
    let mut url = Builder::default();
    push_code(&mut url, &address[..end]);
    out.style(offset, Style::Link(url.finish().0));
    &address[end + 1..]
}

/// Reads the old Markdown: `*bold*`, `_italic_`, code and links, which do not nest.
pub fn parse_old(text: &str) -> Result<(String, Vec<Styled>), String> {
    let mut out = Builder::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        if let Some(escaped) = rest.strip_prefix('\\') {
            let marked = escaped.chars().next().filter(|c| "_*`[".contains(*c));
            out.push(marked.unwrap_or('\\'));
            rest = &escaped[marked.map_or(0, char::len_utf8)..];
            continue;
        }
        if let Some(code) = rest.strip_prefix("```") {
            rest = pre(&mut out, code, at)?;
            continue;
        }
        let plain = match c {
            '*' => Some(("*", Style::Bold, "bold")),
            '_' => Some(("_", Style::Italic, "italic")),
            '`' => Some(("`", Style::Code, "code")),
            _ => None,
        };
        if let Some((mark, style, name)) = plain {
            let inner = &rest[1..];
            let end = inner.find(mark);
            let end = end.ok_or_else(|| {
                format!("Can't find end of the entity starting at byte offset {at} ({name})")
            })?;
            let offset = out.here();
            inner[..end].chars().for_each(|c| out.push(c));
            out.style(offset, style);
            rest = &inner[end + 1..];
            continue;
        }
        if c == '['
            && let Some(end) = rest.find(']')
            && rest[end + 1..].starts_with('(')
        {
            let offset = out.here();
            rest[1..end].chars().for_each(|c| out.push(c));
            rest = link(&mut out, &rest[end + 1..], offset);
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(text: &str) -> (String, Vec<(usize, usize, Style)>) {
        let (text, styled) = parse_v2(text).expect("it parses");
        let styled = styled.into_iter().map(|s| (s.offset, s.length, s.style));
        (text, styled.collect())
    }

    #[test]
    fn marks_nest_and_escapes_stand_for_themselves() {
        let (text, styled) = v2("*bold _both_* 1\\.5 ||hidden|| `a\\`b`");
        assert_eq!(text, "bold both 1.5 hidden a`b");
        assert_eq!(
            styled,
            [
                (0, 9, Style::Bold),
                (5, 4, Style::Italic),
                (14, 6, Style::Spoiler),
                (21, 3, Style::Code),
            ]
        );
        let (text, styled) = v2("see [here](https://example.org/a\\)b)");
        assert_eq!(text, "see here");
        assert_eq!(
            styled,
            [(4, 4, Style::Link("https://example.org/a)b".into()))]
        );
        let (text, styled) = v2("```rust\nfn main\\(\\)```");
        assert_eq!(text, "fn main()");
        assert_eq!(styled, [(0, 9, Style::Pre("rust".into()))]);
        let (text, styled) = v2(">one\n>two\nthree");
        assert_eq!(text, "one\ntwo\nthree");
        assert_eq!(styled, [(0, 8, Style::Blockquote(false))]);
    }

    #[test]
    fn reserved_characters_must_be_escaped() {
        let refused = parse_v2("1.5").expect_err("a dot");
        assert_eq!(
            refused,
            "Character '.' is reserved and must be escaped with the preceding '\\'"
        );
        assert_eq!(
            parse_v2("*bold").expect_err("not closed"),
            "Can't find end of Bold entity at byte offset 0"
        );
    }

    #[test]
    fn the_old_markdown_is_read_too() {
        let (text, styled) = parse_old("*b* _i_ `c` [l](u) snake\\_case").expect("it parses");
        assert_eq!(text, "b i c l snake_case");
        assert_eq!(styled.len(), 4);
        assert!(parse_old("a_b").is_err());
    }
}
