//! From examples to a model with weights; calibration and thresholds are the caller's.

use super::ftrl::{Learner, Lesson};
use crate::features::PLACES;
use crate::indicators;
use crate::labels::{Example, Label, TRAINED};
use crate::maths::hash;
use crate::model::{Model, PerLabel, Weights};
use crate::score::Reading;

/// An example, read once and learned from several times.
pub(crate) struct Prepared {
    /// The text, taken apart.
    pub reading: Reading,
    /// What it teaches.
    pub lesson: Lesson,
    /// Its language; empty until somebody knows.
    pub language: String,
    /// Decides on which side of a split it is.
    pub group: u64,
    /// Whether a person wrote and labelled it.
    pub from_people: bool,
}

impl Prepared {
    /// Reads an example. `base` is the model that will be learned on top of.
    pub(crate) fn new(example: &Example, weight: f32, base: Option<&Model>) -> Self {
        let reading = Reading::of(&example.text);
        let lesson = Lesson {
            features: reading.features(),
            indicators: reading.indicators,
            truth: Label::TRAINED.map(|label| example.truth(label)),
            base: base.map_or([0.0; TRAINED], |model| model.plain_sums(&reading)),
            weight,
        };
        let key = match &example.group {
            Some(group) => hash(group.as_bytes()),
            None => hash(reading.views.normal().as_bytes()),
        };
        Prepared {
            reading,
            lesson,
            language: example.language.clone().unwrap_or_default(),
            group: key,
            from_people: true,
        }
    }
}

/// In how many parts examples are split to see how a model does on texts it has not seen.
pub(crate) const FOLDS: u64 = 5;

/// What each example sums to in a model that learned from the other folds only, and from `rehearsed`.
pub(crate) fn sums_out_of_fold(
    base: &Model,
    examples: &[Prepared],
    rehearsed: &[Prepared],
    rounds: u64,
) -> Vec<PerLabel<f64>> {
    let mut sums = vec![[0.0; TRAINED]; examples.len()];
    for fold in 0..FOLDS {
        let others = examples.iter().filter(|it| it.group % FOLDS != fold);
        let model = fit(base, others.chain(rehearsed), rounds);
        for (example, sums) in examples.iter().zip(&mut sums) {
            if example.group % FOLDS == fold {
                *sums = model.sums(&example.reading);
            }
        }
    }
    sums
}

/// Learns weights on top of `base` and rounds them to what a file holds.
pub(crate) fn fit<'a>(
    base: &Model,
    examples: impl Iterator<Item = &'a Prepared>,
    rounds: u64,
) -> Model {
    let examples: Vec<&Prepared> = examples.collect();
    let is_first = base.header.version == 0;
    let mut learner = if is_first {
        Learner::new()
    } else {
        Learner::on_top()
    };
    let lessons: Vec<&Lesson> = examples.iter().map(|it| &it.lesson).collect();
    learner.study(&lessons, rounds);

    let mut model = base.clone();
    let sum = |place: usize| {
        let mut sum = learner.weight(place);
        let before = base.weights.find(place).unwrap_or_default();
        for (label, sum) in sum.iter_mut().enumerate() {
            *sum += f32::from(before[label]) * base.header.unit[label];
        }
        sum
    };
    let mut largest = [f32::MIN_POSITIVE; TRAINED];
    for place in 0..PLACES {
        for (largest, weight) in largest.iter_mut().zip(sum(place)) {
            *largest = largest.max(weight.abs());
        }
    }
    model.header.unit = largest.map(|largest| largest / f32::from(i16::MAX));
    let unit = model.header.unit;
    model.weights = Weights::of((0..PLACES).map(|place| {
        let sum = sum(place);
        let rounded = |label: usize| (sum[label] / unit[label]).round() as i16;
        (place, std::array::from_fn(rounded))
    }));
    for at in 0..indicators::COUNT {
        for (weight, more) in model.header.indicators[at]
            .iter_mut()
            .zip(learner.indicator(at))
        {
            *weight += more;
        }
    }
    for (bias, more) in model.header.bias.iter_mut().zip(learner.bias()) {
        *bias += more;
    }
    for example in &examples {
        for word in example.reading.views.words() {
            model.remember(word);
        }
    }
    model
}
