//! `schema/keep.txt`: which functions have typed structs, and what is left out everywhere.

/// The lines of `keep.txt`, by what they ask for.
#[derive(Debug, Default)]
pub struct Keep {
    /// Functions to keep with every type they reach.
    pub functions: Vec<String>,
    /// Types to keep although no function need return them.
    pub types: Vec<String>,
    /// Types to leave out everywhere.
    pub dropped_types: Vec<Pattern>,
    /// Constructors to leave out everywhere.
    pub dropped_constructors: Vec<Pattern>,
}

/// A name, or the beginning of one when it was written with a `*` at its end.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    is_prefix: bool,
}

impl Pattern {
    fn parse(word: &str) -> Self {
        let prefix = word.strip_suffix('*');
        Pattern {
            text: prefix.unwrap_or(word).to_owned(),
            is_prefix: prefix.is_some(),
        }
    }

    /// Whether `name` is meant.
    pub fn matches(&self, name: &str) -> bool {
        if self.is_prefix {
            name.starts_with(&self.text)
        } else {
            name == self.text
        }
    }

    /// The pattern as it was written, for messages.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Keep {
    /// Reads the text of `keep.txt`; its grammar stands at the top of that file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut keep = Keep::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                [] => {}
                [function] => keep.functions.push(function.to_owned()),
                ["type", ty] => keep.types.push(ty.to_owned()),
                ["drop", name] if is_type(name) => keep.dropped_types.push(Pattern::parse(name)),
                ["drop", name] => keep.dropped_constructors.push(Pattern::parse(name)),
                _ => {
                    return Err(format!(
                        "keep.txt: `{line}` is no function, `type` or `drop` line"
                    ));
                }
            }
        }
        Ok(keep)
    }
}

/// Types begin with a capital letter, constructors with a small one.
fn is_type(name: &str) -> bool {
    let bare = name.rsplit('.').next().unwrap_or(name);
    bare.starts_with(|first: char| first.is_ascii_uppercase())
}
