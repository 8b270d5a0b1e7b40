//! A linear model: a weight for each hashed feature and label, and what its sums mean.

mod calibration;
mod file;
mod weights;

pub use calibration::Calibration;
pub use file::FileError;
pub(crate) use weights::Weights;

use crate::indicators;
use crate::labels::{Label, TRAINED};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many bits the set of words seen in training has. 2^18 bits for some 60,000 words: one unseen
/// word in five is taken for a seen one, which the threshold allows for.
pub(crate) const SEEN_BITS: usize = 1 << 18;

/// A number for each trained label.
pub type PerLabel<T> = [T; TRAINED];

/// A model. Cheap to read from many threads; never changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What a person should know about it.
    pub header: Header,
    /// In units of [`Header::unit`].
    pub(crate) weights: Weights,
    pub(crate) seen: Vec<u64>,
}

/// What a model says about itself: the readable beginning of its file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Counts up with each model that was made from another.
    pub version: u32,
    /// What it was trained on.
    pub trained_on: Vec<Source>,
    /// How well it did on texts it had not seen.
    pub bars: Vec<Bar>,
    /// From which probability on something is done, for each trained label.
    pub thresholds: PerLabel<Thresholds>,
    /// Languages it knows, by code.
    pub languages: BTreeMap<String, Language>,
    /// What a sum means in a text whose language could not be told.
    pub elsewhere: PerLabel<Calibration>,
    /// Scripts it has seen, as ISO 15924.
    pub scripts: Vec<String>,
    /// What one step of a weight is worth.
    pub unit: PerLabel<f32>,
    /// The sum of a text without features.
    pub bias: PerLabel<f32>,
    /// The weights of indicators, in the order of [`indicators::NAMES`].
    pub indicators: Vec<PerLabel<f32>>,
}

/// A set of examples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// How many texts of it were used.
    pub texts: u32,
}

/// A measurement on texts that were not trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bar {
    /// For which label.
    pub label: Label,
    /// On what.
    pub on: String,
    /// How often a harmful text ranks above a benign one.
    pub auroc: f32,
    /// Which share of harmful texts is found when one benign text in two hundred is.
    pub recall: f32,
    /// How far probabilities are from frequencies, on average.
    pub calibration_error: f32,
}

/// From which probability on something is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Ranked below others.
    pub demote: f32,
    /// Not shown in search until a person has looked.
    pub hold: f32,
    /// Not shown in search; a person has 72 hours to confirm.
    pub delist: f32,
}

impl Default for Thresholds {
    /// Out of reach: a model that was not measured does nothing.
    fn default() -> Self {
        Thresholds {
            demote: 2.0,
            hold: 2.0,
            delist: 2.0,
        }
    }
}

/// What a model knows of a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// How many texts in it people wrote and labelled.
    pub texts: u32,
    /// How many of those have a trained label.
    pub harmful: u32,
    /// How many texts in it were made from templates.
    pub made: u32,
    /// What a sum means.
    pub calibration: PerLabel<Calibration>,
}

impl Language {
    /// How many labelled texts of people, and how many harmful ones among them, it takes before a
    /// machine may take a channel of this language out of search by itself.
    pub const DELIST_FROM: (u32, u32) = (300, 50);

    /// Whether enough was measured to delist without a person.
    pub fn may_delist(&self) -> bool {
        self.texts >= Self::DELIST_FROM.0 && self.harmful >= Self::DELIST_FROM.1
    }
}

impl Model {
    /// A model without weights, from which training starts.
    pub fn empty() -> Self {
        Model {
            header: Header {
                unit: [1.0; TRAINED],
                indicators: vec![[0.0; TRAINED]; indicators::COUNT],
                ..Header::default()
            },
            weights: Weights::of(std::iter::empty()),
            seen: vec![0; SEEN_BITS / 64],
        }
    }

    /// The model that ships with this program.
    pub fn shipped() -> Self {
        Self::decode(include_bytes!("../../model/shipped.hcm")).expect("the shipped model is whole")
    }

    /// The codes of the languages it knows.
    pub fn languages(&self) -> Vec<&str> {
        self.header.languages.keys().map(String::as_str).collect()
    }

    /// Whether a word was seen in training; now and then true for one that was not.
    pub(crate) fn has_seen(&self, word: &str) -> bool {
        let bit = crate::features::word_bit(word);
        self.seen[bit / 64] >> (bit % 64) & 1 == 1
    }

    pub(crate) fn remember(&mut self, word: &str) {
        let bit = crate::features::word_bit(word);
        self.seen[bit / 64] |= 1 << (bit % 64);
    }

    /// What a sum means in a language.
    pub(crate) fn calibration(&self, language: &str) -> &PerLabel<Calibration> {
        let known = self.header.languages.get(language);
        known.map_or(&self.header.elsewhere, |language| &language.calibration)
    }
}
