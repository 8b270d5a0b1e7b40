//! Training from nothing.

use super::fit::{Prepared, fit, sums_out_of_fold};
use crate::evaluate::Measured;
use crate::labels::{Example, Label, TRAINED};
use crate::model::{Calibration, Language, Model, PerLabel, Source, Thresholds};
use std::collections::{BTreeMap, BTreeSet};

/// Examples from one source.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// How much each of its examples counts, from 0 to 1. A large set of another kind of text must
    /// not drown a small one of the right kind.
    pub weight: f32,
    /// Whether people wrote and labelled the texts; templates teach, but prove nothing.
    pub from_people: bool,
    /// The examples.
    pub examples: Vec<Example>,
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// How often every example is gone over.
    pub rounds: u64,
}

impl Default for Training {
    fn default() -> Self {
        Training { rounds: 5 }
    }
}

/// Which share of benign texts the three thresholds let through, at most, in each language.
const FALSE_POSITIVES: [f64; 3] = [0.01, 0.004, 0.001];

/// Below these probabilities nothing is done, however rarely it would be wrong.
const AT_LEAST: [f64; 3] = [0.85, 0.93, 0.97];

/// Trains a model. The same sets give the same model, to the bit, on every machine.
///
/// Calibration and thresholds come from models that each saw four fifths of the examples and are
/// asked about the rest; examples of one group are never on both sides.
pub fn train(sets: &[Set], training: Training) -> Model {
    let mut examples = Vec::new();
    for set in sets {
        for example in &set.examples {
            let mut prepared = Prepared::new(example, set.weight, None);
            prepared.from_people = set.from_people;
            examples.push(prepared);
        }
    }
    let empty = Model::empty();
    let sums = sums_out_of_fold(&empty, &examples, &[], training.rounds);
    let mut model = fit(&empty, examples.iter(), training.rounds);
    let header = &mut model.header;
    header.version = 1;
    header.trained_on = sets.iter().map(source).collect();
    // Templates have another share of harmful texts than people write, and are easier to tell.
    let written = || examples.iter().zip(&sums).filter(|(it, _)| it.from_people);
    header.elsewhere = calibrate(&written(), [Calibration::default(); TRAINED]);
    let codes: BTreeSet<&String> = examples.iter().map(|it| &it.language).collect();
    for code in codes.into_iter().filter(|code| !code.is_empty()) {
        let of_language = written().filter(|(it, _)| it.language == *code);
        let mut language = Language {
            calibration: calibrate(&of_language, header.elsewhere),
            ..Language::default()
        };
        for example in examples.iter().filter(|it| it.language == *code) {
            count(&mut language, example);
        }
        header.languages.insert(code.clone(), language);
    }
    let scripts: BTreeSet<&str> = examples
        .iter()
        .map(|it| crate::language::script(&it.reading.views))
        .collect();
    header.scripts = scripts
        .into_iter()
        .filter(|it| !it.is_empty())
        .map(Into::into)
        .collect();
    let both: Vec<_> = examples.iter().zip(sums).collect();
    model.header.thresholds = thresholds(&model, &both);
    let mut start = 0;
    for set in sets {
        let (of_set, end) = (
            &both[start..start + set.examples.len()],
            start + set.examples.len(),
        );
        start = end;
        if set.from_people {
            bars(&mut model, &set.name, of_set);
        }
    }
    model
}

/// Writes into the header how well the models that had not seen a set's texts did on them.
fn bars(model: &mut Model, set: &str, seen: &[(&Prepared, PerLabel<f64>)]) {
    for (at, label) in Label::TRAINED.into_iter().enumerate() {
        let points = seen.iter().filter_map(|(example, sums)| {
            let line = model.calibration(&example.language)[at];
            Some((line.probability(sums[at]), example.lesson.truth[at]?))
        });
        let measured = Measured::of(&points.collect::<Vec<_>>());
        if measured.auroc.is_some() {
            let on = format!("{set}, five-fold");
            model.header.bars.push(measured.bar(label, &on));
        }
    }
}

fn source(set: &Set) -> Source {
    Source {
        name: set.name.clone(),
        texts: set.examples.len() as u32,
    }
}

/// Counts an example for its language.
pub(super) fn count(language: &mut Language, example: &Prepared) {
    if example.from_people {
        language.texts += 1;
        language.harmful += u32::from(example.lesson.truth.contains(&Some(true)));
    } else {
        language.made += 1;
    }
}

/// The line for each label that fits what was seen.
pub(super) fn calibrate<'a>(
    seen: &(impl Iterator<Item = (&'a Prepared, &'a PerLabel<f64>)> + Clone),
    prior: PerLabel<Calibration>,
) -> PerLabel<Calibration> {
    let mut lines = prior;
    for (label, line) in lines.iter_mut().enumerate() {
        let points = seen
            .clone()
            .filter_map(|(example, sums)| Some((sums[label], example.lesson.truth[label]?)));
        *line = Calibration::fit(&points.collect::<Vec<_>>(), prior[label]);
    }
    lines
}

/// The probabilities from which on something is done: such that in no language more benign texts
/// than [`FALSE_POSITIVES`] are met by it, as far as people wrote texts in it.
fn thresholds(model: &Model, seen: &[(&Prepared, PerLabel<f64>)]) -> PerLabel<Thresholds> {
    let mut found = [Thresholds::default(); TRAINED];
    for (label, found) in found.iter_mut().enumerate() {
        let mut benign: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (example, sums) in seen {
            if example.from_people && example.lesson.truth[label] == Some(false) {
                let line = model.calibration(&example.language)[label];
                let p = line.probability(sums[label]);
                benign.entry(&example.language).or_default().push(p);
            }
        }
        let mut at = AT_LEAST;
        for list in benign.values_mut() {
            list.sort_by(|a, b| b.total_cmp(a));
            for (at, share) in at.iter_mut().zip(FALSE_POSITIVES) {
                let allowed = (list.len() as f64 * share) as usize;
                // Just above the last one that may not be met.
                *at = at.max((list[allowed] + 0.001).min(0.999));
            }
        }
        let at = at.map(|p| (p * 1000.0).ceil() as f32 / 1000.0);
        *found = Thresholds {
            demote: at[0],
            hold: at[1].max(at[0]),
            delist: at[2].max(at[1]),
        };
    }
    found
}

/// Measures a model on held-out examples and writes the result into its header.
pub fn measure(model: &mut Model, on: &str, held_out: &[Example]) {
    let report = crate::evaluate::evaluate(model, held_out).remove("");
    let Some(report) = report else { return };
    for label in Label::TRAINED {
        let measured: &Measured = &report.labels[label.word()];
        model.header.bars.push(measured.bar(label, on));
    }
}
