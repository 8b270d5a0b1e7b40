//! JSON lines: what `heliograph moderation` reads and writes.

use crate::labels::{Example, Label, NO_SUCH_LABEL};
use crate::model::Model;
use crate::verdict::{Channel, Judged, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a line cannot be used. Quotes nothing of it: messages do not belong in error output.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is no JSON.
    #[error("this is no JSON, from column {0} on")]
    NotJson(usize),
    /// A member is missing or of another kind.
    #[error("a member is missing or of the wrong kind, at column {0}")]
    Shape(usize),
    /// A label nobody knows.
    #[error("there is no such label; there are {}", Label::ALL.map(Label::word).join(", "))]
    Label,
    /// There is nothing to judge.
    #[error("there is neither `text` nor any of `title`, `about`, `posts`, `links`")]
    Empty,
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        if error.to_string().contains(NO_SUCH_LABEL) {
            Self::Label
        } else if error.is_data() {
            Self::Shape(error.column())
        } else {
            Self::NotJson(error.column())
        }
    }
}

/// One text, or a channel: whichever members are there. Members that mean nothing here are passed
/// over, so that exports of other programs can be read.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: Value,
    text: Option<String>,
    title: Option<String>,
    about: Option<String>,
    posts: Option<Vec<String>>,
    links: Option<Vec<String>>,
}

/// The answer, in the order in which it is read.
#[derive(Serialize)]
struct Answer<'a> {
    id: Value,
    language: &'a str,
    abstain: bool,
    scores: BTreeMap<&'static str, f64>,
    verdict: Verdict,
    because: &'a [String],
    untrained: Vec<&'static str>,
}

/// Judges the text or channel of one line and answers with another line, without its end.
pub fn score(model: &Model, line: &str) -> Result<String, LineError> {
    let asked: Asked = serde_json::from_str(line)?;
    let judged = if let Some(text) = &asked.text {
        model.judge_text(text)
    } else {
        let channel = channel(&asked).ok_or(LineError::Empty)?;
        model.judge_channel(&channel)
    };
    Ok(answer(asked.id, &judged)?)
}

fn channel(asked: &Asked) -> Option<Channel> {
    let Asked {
        title,
        about,
        posts,
        links,
        ..
    } = asked;
    if title.is_none() && about.is_none() && posts.is_none() && links.is_none() {
        return None;
    }
    // Links of a channel are part of what it says about itself.
    let about = about.iter().chain(links.iter().flatten());
    let about: Vec<&str> = about.map(String::as_str).collect();
    Some(Channel {
        title: title.clone().unwrap_or_default(),
        about: about.join("\n"),
        posts: posts.clone().unwrap_or_default(),
    })
}

fn answer(id: Value, judged: &Judged) -> serde_json::Result<String> {
    let score = |label: Label| {
        let p = judged.probability(label)?;
        Some((label.word(), (p * 10_000.0).round() / 10_000.0))
    };
    let untrained = Label::ALL.into_iter().filter(|label| !label.is_trained());
    serde_json::to_string(&Answer {
        id,
        language: &judged.language,
        abstain: judged.abstains,
        scores: Label::ALL.into_iter().filter_map(score).collect(),
        verdict: judged.verdict,
        because: &judged.because,
        untrained: untrained.map(Label::word).collect(),
    })
}

/// Reads a labelled line: `{"text", "labels"}`, and where it is known `"language"`.
pub fn example(line: &str) -> Result<Example, LineError> {
    Ok(serde_json::from_str(line)?)
}

/// The texts with certain labels by which every new version is tested before it may be used.
pub fn gold() -> Vec<Example> {
    let lines = include_str!("../model/gold.jsonl").lines();
    lines
        .map(|line| example(line).expect("the gold set is whole"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{example, score};
    use crate::model::Model;

    fn check(line: &str, expected: Result<&str, &str>) {
        let answered = score(&Model::empty(), line).map_err(|error| error.to_string());
        match (answered, expected) {
            (Ok(answer), Ok(part)) => assert!(answer.contains(part), "{answer}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (answered, _) => panic!("{line}: {answered:?}"),
        }
    }

    #[test]
    fn a_text_and_a_channel_are_answered_with_their_id() {
        check(
            r#"{"id":7,"text":"hello there"}"#,
            Ok(r#"{"id":7,"language""#),
        );
        check(
            r#"{"id":"a","title":"News","posts":["one","two"]}"#,
            Ok(r#"{"id":"a","#),
        );
        check(r#"{"text":""}"#, Ok(r#""verdict":"allow""#));
        check(r#"{"text":"hello"}"#, Ok(r#""untrained":["drugs","#));
    }

    #[test]
    fn a_line_that_cannot_be_used_says_why() {
        check(r#"{"id":1}"#, Err("neither `text` nor"));
        check("hello", Err("no JSON, from column 1"));
        check(
            r#"{"text":["secret"]}"#,
            Err("of the wrong kind, at column"),
        );
        let unknown = example(r#"{"text":"a","labels":["odd"]}"#).expect_err("an unknown label");
        assert!(unknown.to_string().contains("no such label"));
    }
}
