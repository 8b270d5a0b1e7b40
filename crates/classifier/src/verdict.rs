//! From sums to what is done: one text, or a channel as a whole.

use crate::labels::{Label, TRAINED};
use crate::model::{Model, PerLabel};
use crate::score::{Reading, Weighed};
use std::collections::BTreeMap;

/// What a machine does by itself. A person can undo each, and only a person makes one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing.
    Allow,
    /// Ranked below others.
    Demote,
    /// Not shown in search until a person has looked.
    Hold,
    /// Not shown in search; ends by itself unless a person confirms.
    Delist,
}

/// A public channel, group or bot, as far as everyone can see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Its title.
    pub title: String,
    /// What it says about itself.
    pub about: String,
    /// Its posts; [`MAX_POSTS`] of them are read.
    pub posts: Vec<String>,
}

/// How many posts of a channel are read.
pub const MAX_POSTS: usize = 200;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The language of most of it.
    pub language: String,
    /// Whether the model does not know enough to answer; then the verdict is [`Verdict::Allow`] and a
    /// person should look first.
    pub abstains: bool,
    /// How likely each trained label is. Given even where the model abstains, to order a queue by.
    pub probabilities: PerLabel<f64>,
    /// What to do.
    pub verdict: Verdict,
    /// What speaks for the likeliest label, strongest first.
    pub because: Vec<String>,
}

/// How many reasons are given.
const REASONS: usize = 5;

impl Model {
    /// Judges one text.
    pub fn judge_text(&self, text: &str) -> Judged {
        judge(self, &self.weigh(&Reading::of(text)))
    }

    /// Judges a channel by everything it shows.
    ///
    /// Posts are evidence about one decision: the mean says what the channel is for, the worst tenth
    /// whether harm is scattered among harmless posts.
    pub fn judge_channel(&self, channel: &Channel) -> Judged {
        let title = format!("{}\n{}", channel.title, channel.about);
        let posts = channel.posts.iter().map(String::as_str).take(MAX_POSTS);
        let texts = [title.as_str()].into_iter().chain(posts);
        let texts = texts.filter(|text| !text.trim().is_empty());
        let weighed: Vec<_> = texts.map(|text| self.weigh(&Reading::of(text))).collect();
        judge(self, &pool(weighed))
    }
}

/// One finding from several.
fn pool(weighed: Vec<Weighed>) -> Weighed {
    let mut sums = [0.0; TRAINED];
    for (label, sum) in sums.iter_mut().enumerate() {
        let mut each: Vec<f64> = weighed.iter().map(|it| it.sums[label]).collect();
        each.sort_by(|a, b| b.total_cmp(a));
        let worst = mean(&each[..each.len().div_ceil(10)]);
        *sum = f64::midpoint(mean(&each), worst);
    }
    // Whoever writes most decides the language; abstaining likewise, by words.
    let mut languages: BTreeMap<(String, bool), (usize, usize)> = BTreeMap::new();
    for (at, it) in weighed.iter().enumerate() {
        let key = (it.detected.language.clone(), it.abstains.is_some());
        languages.entry(key).or_insert((0, at)).0 += it.words + 1;
    }
    let most = languages.into_values().max_by_key(|(words, _)| *words);
    let most = most.map(|(_, at)| at);
    let mut reasons: BTreeMap<String, PerLabel<f64>> = BTreeMap::new();
    for (name, added) in weighed.iter().flat_map(|it| &it.reasons) {
        let sum = reasons.entry(name.clone()).or_default();
        for (sum, added) in sum.iter_mut().zip(added) {
            *sum += added;
        }
    }
    let words = weighed.iter().map(|it| it.words).sum();
    let Some(most) = most.and_then(|at| weighed.into_iter().nth(at)) else {
        return Weighed::nothing();
    };
    Weighed {
        sums,
        reasons: reasons.into_iter().collect(),
        words,
        ..most
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Makes probabilities and a verdict of what was weighed.
pub(crate) fn judge(model: &Model, weighed: &Weighed) -> Judged {
    let language = weighed.detected.language.clone();
    let lines = model.calibration(&language);
    let mut probabilities = [0.0; TRAINED];
    for ((p, line), sum) in probabilities.iter_mut().zip(lines).zip(weighed.sums) {
        *p = line.probability(sum);
    }
    let known = model.header.languages.get(&language);
    let abstains = weighed.abstains.is_some();
    let wanted = model.header.thresholds.iter().zip(probabilities);
    let wanted = wanted.map(|(thresholds, p)| match p as f32 {
        p if p >= thresholds.delist => Verdict::Delist,
        p if p >= thresholds.hold => Verdict::Hold,
        p if p >= thresholds.demote => Verdict::Demote,
        _ => Verdict::Allow,
    });
    let strongest = if abstains {
        Verdict::Allow
    } else if known.is_some_and(crate::model::Language::may_delist) {
        Verdict::Delist
    } else {
        Verdict::Hold
    };
    let verdict = wanted.max().unwrap_or(Verdict::Allow).min(strongest);
    let likeliest = usize::from(probabilities[1] > probabilities[0]);
    let mut reasons: Vec<_> = weighed.reasons.iter().collect();
    reasons.sort_by(|a, b| {
        b.1[likeliest]
            .total_cmp(&a.1[likeliest])
            .then(a.0.cmp(&b.0))
    });
    let reasons = reasons
        .into_iter()
        .filter(|(_, added)| added[likeliest] > 0.0);
    let because = reasons
        .take(REASONS)
        .map(|(name, _)| name.clone())
        .collect();
    Judged {
        language,
        abstains,
        probabilities,
        verdict,
        because,
    }
}

impl Judged {
    /// The probability of a label; `None` for one that has not learned.
    pub fn probability(&self, label: Label) -> Option<f64> {
        let at = Label::TRAINED
            .iter()
            .position(|trained| *trained == label)?;
        Some(self.probabilities[at])
    }
}
