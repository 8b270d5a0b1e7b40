//! Learning from decisions, on top of a model.

use super::fit::{Prepared, fit, sums_out_of_fold};
use super::train::{calibrate, count};
use crate::evaluate::{Report, evaluate};
use crate::labels::{Example, Label};
use crate::language::{self, UNKNOWN};
use crate::model::{Language, Model, Source};
use std::collections::{BTreeMap, BTreeSet};

/// How often a batch is gone over.
const ROUNDS: u64 = 8;

/// How many texts of a language, and of each kind among them, change its calibration.
const RECALIBRATE_FROM: (usize, usize) = (100, 20);

/// How many it takes before a model speaks a new language.
const SPEAK_FROM: (usize, usize) = (200, 40);

/// How much worse a new version may do on the gold set.
const AUROC_LOSS: f64 = 0.01;
const RECALL_LOSS: f64 = 0.06;
const BENIGN_GAIN: f64 = 0.01;

/// A new version, with what was done to make it.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The model.
    pub model: Model,
    /// How many examples it learned from.
    pub used: usize,
    /// How many were dropped as repetitions of one another: nobody's voice counts twice.
    pub repeated: usize,
    /// How many were dropped because the same text was called harmful and harmless.
    pub disputed: usize,
    /// Languages that the model did not know before.
    pub new_languages: Vec<String>,
}

/// Why no new version was made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is left to learn from.
    #[error("nothing to learn: {repeated} of the texts repeat others, {disputed} are disputed")]
    Nothing {
        /// Dropped as repetitions.
        repeated: usize,
        /// Dropped as disputed.
        disputed: usize,
    },
    /// The new version does worse on texts whose labels are certain.
    #[error(
        "refused: on the gold set {what} would go from {before:.3} to {after:.3}; \
         either the labels are wrong or they belong to texts of another kind"
    )]
    Regression {
        /// What got worse.
        what: String,
        /// What it was.
        before: f64,
        /// What it would be.
        after: f64,
    },
}

/// Learns from a batch of labelled texts. The same model and batch give the same new version.
///
/// Each distinct text counts once and moves a weight by a bounded step. Half of `gold` is rehearsed
/// beside the batch, so that what was known is not forgotten; by the other half the new version is
/// examined, and refused if it does markedly worse than the one before.
pub fn learn(model: &Model, batch: &[Example], gold: &[Example]) -> Result<Learned, Refusal> {
    let (mut examples, repeated, disputed) = distinct(model, batch);
    if examples.is_empty() {
        return Err(Refusal::Nothing { repeated, disputed });
    }
    tell_languages(&mut examples, &model.languages());
    let (rehearsed, exam): (Vec<_>, Vec<_>) = gold
        .iter()
        .cloned()
        .enumerate()
        .partition(|(at, _)| at % 2 == 0);
    let rehearsed: Vec<Prepared> = rehearsed
        .iter()
        .map(|(_, it)| Prepared::new(it, 1.0, Some(model)))
        .collect();
    let exam: Vec<Example> = exam.into_iter().map(|(_, example)| example).collect();
    let sums = sums_out_of_fold(model, &examples, &rehearsed, ROUNDS);
    let mut next = fit(model, examples.iter().chain(&rehearsed), ROUNDS);

    let mut new_languages = Vec::new();
    let codes: BTreeSet<&str> = examples.iter().map(|it| it.language.as_str()).collect();
    for code in codes.into_iter().filter(|code| *code != UNKNOWN) {
        let both = examples
            .iter()
            .zip(&sums)
            .filter(|(it, _)| it.language == code);
        let texts = both.clone().count();
        let harmful = both
            .clone()
            .filter(|(it, _)| it.lesson.truth.contains(&Some(true)))
            .count();
        let enough = |(all, kind): (usize, usize)| {
            texts >= all && harmful >= kind && texts - harmful >= kind
        };
        let known = model.header.languages.get(code);
        if !enough(if known.is_some() {
            RECALIBRATE_FROM
        } else {
            SPEAK_FROM
        }) {
            continue;
        }
        if known.is_none() {
            new_languages.push(code.to_owned());
            for (example, _) in both.clone() {
                let script = language::script(&example.reading.views);
                if !script.is_empty() && !next.header.scripts.iter().any(|it| it == script) {
                    next.header.scripts.push(script.to_owned());
                }
            }
        }
        let mut entry = known.copied().unwrap_or(Language {
            calibration: model.header.elsewhere,
            ..Language::default()
        });
        entry.calibration = calibrate(&both, entry.calibration);
        for (example, _) in both {
            count(&mut entry, example);
        }
        next.header.languages.insert(code.to_owned(), entry);
    }
    next.header.version = model.header.version + 1;
    // The bars were measured on the model before.
    next.header.bars.clear();
    let name = format!("decisions for version {}", next.header.version);
    next.header.trained_on.push(Source {
        name,
        texts: examples.len() as u32,
    });
    compare(measure(model, &exam), measure(&next, &exam))?;
    Ok(Learned {
        model: next,
        used: examples.len(),
        repeated,
        disputed,
        new_languages,
    })
}

/// One example for each normal form; none where people disagree.
fn distinct(model: &Model, batch: &[Example]) -> (Vec<Prepared>, usize, usize) {
    let mut by_text: BTreeMap<String, Option<Prepared>> = BTreeMap::new();
    let (mut repeated, mut disputed) = (0, 0);
    for example in batch {
        let prepared = Prepared::new(example, 1.0, Some(model));
        let key = prepared.reading.views.normal();
        match by_text.get_mut(&key) {
            None => {
                by_text.insert(key, Some(prepared));
            }
            Some(Some(first)) if first.lesson.truth != prepared.lesson.truth => {
                disputed += 2;
                by_text.insert(key, None);
            }
            Some(Some(_)) => repeated += 1,
            Some(None) => disputed += 1,
        }
    }
    (
        by_text.into_values().flatten().collect(),
        repeated,
        disputed,
    )
}

/// Gives each example a language: its own, the detected one, or else the one that most texts of the
/// batch in the same script are in.
fn tell_languages(examples: &mut [Prepared], known: &[&str]) {
    let mut by_script: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    let mut open = Vec::new();
    for (at, example) in examples.iter_mut().enumerate() {
        let detected = language::detect(&example.reading.views, known);
        if example.language.is_empty() {
            example.language.clone_from(&detected.language);
        }
        if detected.certain {
            let script = by_script.entry(detected.script).or_default();
            *script.entry(detected.language).or_default() += 1;
        } else if example.language == UNKNOWN {
            open.push((at, detected.script));
        }
    }
    for (at, script) in open {
        let languages = by_script.get(script).into_iter().flatten();
        if let Some((language, _)) = languages.max_by_key(|(_, count)| **count) {
            examples[at].language.clone_from(language);
        }
    }
}

fn measure(model: &Model, gold: &[Example]) -> Option<Report> {
    evaluate(model, gold).remove("")
}

fn compare(before: Option<Report>, after: Option<Report>) -> Result<(), Refusal> {
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(());
    };
    let refuse = |what: String, before: f64, after: f64| {
        Err(Refusal::Regression {
            what,
            before,
            after,
        })
    };
    let (was, is) = (before.benign_acted_on, after.benign_acted_on);
    if is > was + BENIGN_GAIN {
        return refuse(
            "the share of benign texts that are acted on".into(),
            was,
            is,
        );
    }
    for label in Label::TRAINED.map(Label::word) {
        let (before, after) = (&before.labels[label], &after.labels[label]);
        let pairs = [
            ("AUROC", before.auroc, after.auroc, AUROC_LOSS),
            ("recall", before.recall, after.recall, RECALL_LOSS),
        ];
        for (what, before, after, loss) in pairs {
            if let (Some(before), Some(after)) = (before, after)
                && after < before - loss
            {
                return refuse(format!("{what} of {label}"), before, after);
            }
        }
    }
    Ok(())
}
