//! How well a model does on labelled texts.

use crate::labels::{Example, Label, TRAINED};
use crate::language::UNKNOWN;
use crate::model::{Bar, Model};
use crate::score::Reading;
use crate::verdict::{Verdict, judge};
use serde::Serialize;
use std::collections::BTreeMap;

/// The share of benign texts that may be taken for harmful where recall is measured.
pub const FALSE_POSITIVES: f64 = 0.005;

/// What was measured for one label on one set of texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// How many texts have the label, and how many certainly do not.
    pub harmful: usize,
    /// The others.
    pub benign: usize,
    /// How often a harmful text ranks above a benign one; `None` without both.
    pub auroc: Option<f64>,
    /// Which share of harmful texts is found at [`FALSE_POSITIVES`]; `None` without both.
    pub recall: Option<f64>,
    /// The expected calibration error over ten bins.
    pub calibration_error: f64,
}

impl Measured {
    /// Measures probabilities against what the texts turned out to be.
    pub fn of(points: &[(f64, bool)]) -> Self {
        let harmful = points.iter().filter(|(_, truth)| *truth).count();
        let benign = points.len() - harmful;
        let both = harmful > 0 && benign > 0;
        Measured {
            harmful,
            benign,
            auroc: both.then(|| auroc(points)),
            recall: both.then(|| recall(points)),
            calibration_error: calibration_error(points),
        }
    }

    /// The same as it stands in the header of a model.
    pub fn bar(&self, label: Label, on: &str) -> Bar {
        let short = |value: f64| (value * 10_000.0).round() as f32 / 10_000.0;
        Bar {
            label,
            on: on.to_owned(),
            auroc: short(self.auroc.unwrap_or_default()),
            recall: short(self.recall.unwrap_or_default()),
            calibration_error: short(self.calibration_error),
        }
    }
}

/// The probability that a harmful text ranks above a benign one, ties counting half.
fn auroc(points: &[(f64, bool)]) -> f64 {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut pairs, mut harmful) = (0.0, 0.0, 0.0);
    for ties in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let here = ties.iter().filter(|(_, truth)| *truth).count() as f64;
        let benign = ties.len() as f64 - here;
        pairs += here * (below + benign / 2.0);
        below += benign;
        harmful += here;
    }
    pairs / (below * harmful)
}

/// The share of harmful texts above the score that [`FALSE_POSITIVES`] of the benign ones exceed.
fn recall(points: &[(f64, bool)]) -> f64 {
    let mut benign: Vec<f64> = points
        .iter()
        .filter(|(_, truth)| !truth)
        .map(|(score, _)| *score)
        .collect();
    benign.sort_by(|a, b| b.total_cmp(a));
    let allowed = (benign.len() as f64 * FALSE_POSITIVES) as usize;
    let threshold = benign[allowed];
    let harmful = points.iter().filter(|(_, truth)| *truth);
    let all = harmful.clone().count();
    harmful.filter(|(score, _)| *score > threshold).count() as f64 / all as f64
}

/// How far probabilities are from frequencies, weighted by how many texts a bin has.
fn calibration_error(points: &[(f64, bool)]) -> f64 {
    const BINS: usize = 10;
    let mut bins = [(0.0, 0.0); BINS];
    for (score, truth) in points {
        let bin = &mut bins[((score * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += score;
        bin.1 += f64::from(u8::from(*truth));
    }
    let gap: f64 = bins
        .iter()
        .map(|(score, truth)| (score - truth).abs())
        .sum();
    gap / points.len().max(1) as f64
}

/// What was measured on a set of texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many texts.
    pub texts: usize,
    /// The share of texts for which the model abstained. They count in everything below.
    pub abstained: f64,
    /// The share of benign texts that would be demoted, held or delisted.
    pub benign_acted_on: f64,
    /// The share of benign texts that would be delisted.
    pub benign_delisted: f64,
    /// For each trained label.
    pub labels: BTreeMap<&'static str, Measured>,
}

/// Measures a model on labelled texts: all together under `""`, and by language.
///
/// The language is the one that an example names, else the detected one.
pub fn evaluate(model: &Model, examples: &[Example]) -> BTreeMap<String, Report> {
    evaluate_each(examples.iter().map(|example| (model, example)))
}

/// The same with a model for each text, for measurements in which no model may have seen its text.
pub fn evaluate_each<'a>(
    pairs: impl Iterator<Item = (&'a Model, &'a Example)>,
) -> BTreeMap<String, Report> {
    let mut sets: BTreeMap<String, Tally> = BTreeMap::new();
    for (model, example) in pairs {
        let weighed = model.weigh(&Reading::of(&example.text));
        let judged = judge(model, &weighed);
        let language = example.language.clone().unwrap_or(judged.language.clone());
        let language = if language.is_empty() {
            UNKNOWN.to_owned()
        } else {
            language
        };
        for set in [String::new(), language] {
            sets.entry(set).or_default().add(example, &judged);
        }
    }
    sets.into_iter()
        .map(|(set, tally)| (set, tally.report()))
        .collect()
}

#[derive(Default)]
struct Tally {
    texts: usize,
    abstained: usize,
    benign: usize,
    acted_on: usize,
    delisted: usize,
    points: [Vec<(f64, bool)>; TRAINED],
}

impl Tally {
    fn add(&mut self, example: &Example, judged: &crate::verdict::Judged) {
        self.texts += 1;
        self.abstained += usize::from(judged.abstains);
        let benign = Label::TRAINED
            .iter()
            .all(|label| example.truth(*label) == Some(false));
        if benign {
            self.benign += 1;
            self.acted_on += usize::from(judged.verdict > Verdict::Allow);
            self.delisted += usize::from(judged.verdict == Verdict::Delist);
        }
        for (at, label) in Label::TRAINED.iter().enumerate() {
            if let Some(truth) = example.truth(*label) {
                self.points[at].push((judged.probabilities[at], truth));
            }
        }
    }

    fn report(self) -> Report {
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        let words = Label::TRAINED.map(Label::word).into_iter();
        let measured = self.points.iter().map(|points| Measured::of(points));
        Report {
            texts: self.texts,
            abstained: share(self.abstained, self.texts),
            benign_acted_on: share(self.acted_on, self.benign),
            benign_delisted: share(self.delisted, self.benign),
            labels: words.zip(measured).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;

    #[test]
    fn a_perfect_order_is_one_and_a_coin_a_half() {
        let perfect = Measured::of(&[(0.1, false), (0.2, false), (0.8, true), (0.9, true)]);
        assert_eq!((perfect.auroc, perfect.recall), (Some(1.0), Some(1.0)));
        let coin = Measured::of(&[(0.5, false), (0.5, true), (0.5, false), (0.5, true)]);
        assert_eq!((coin.auroc, coin.recall), (Some(0.5), Some(0.0)));
        assert!(coin.calibration_error < 1e-12);
    }

    #[test]
    fn one_benign_text_in_two_hundred_may_rank_above() {
        let mut points: Vec<_> = (0..400).map(|at| (f64::from(at) / 1000.0, false)).collect();
        points.extend([(0.3985, true), (0.3965, true), (0.1, true), (0.9, true)]);
        // Two of four hundred: the third highest benign score is the threshold.
        assert_eq!(Measured::of(&points).recall, Some(0.5));
    }

    #[test]
    fn confidence_without_reason_shows_as_error() {
        let points: Vec<_> = (0..100).map(|at| (0.95, at % 2 == 0)).collect();
        assert!((Measured::of(&points).calibration_error - 0.45).abs() < 1e-9);
    }
}
