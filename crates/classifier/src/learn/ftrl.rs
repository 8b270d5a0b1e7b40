//! Follow the regularised leader: gradient descent in which each weight has its own pace and stays
//! zero until there is a reason (McMahan et al., "Ad Click Prediction", 2013, algorithm 1).

use crate::features::PLACES;
use crate::indicators;
use crate::labels::TRAINED;
use crate::maths::{Sequence, logistic};
use crate::model::PerLabel;
use crate::score::INDICATOR;

/// How fast weights move at first.
const PACE: f32 = 1.5;
/// Damps the first steps of a weight.
const DAMPING: f32 = 1.0;
/// How much evidence it takes before a weight is not zero.
const SPARSITY: f32 = 0.05;
/// Pulls weights towards zero.
const SHRINKAGE: f32 = 0.6;

/// The evidence that weights of a model stand for when it learns more, and that of bias and indicators.
const SEEN: f32 = 1.0;
const SEEN_BY_ALL: f32 = 10_000.0;

/// A text, ready to be learned from.
pub(crate) struct Lesson {
    /// Places in rising order and values.
    pub features: Vec<(u32, f32)>,
    /// Values of indicators.
    pub indicators: indicators::Indicators,
    /// What it is, for each trained label; `None` teaches nothing about that label.
    pub truth: PerLabel<Option<bool>>,
    /// What the model that is learned on top of thinks.
    pub base: PerLabel<f64>,
    /// How much one example counts, at most 1.
    pub weight: f32,
}

/// Weights under way.
pub(crate) struct Learner {
    /// The last entries are the indicators and the bias.
    state: Vec<PerLabel<Coordinate>>,
}

#[derive(Clone, Copy, Default)]
struct Coordinate {
    pull: f32,
    squares: f32,
}

impl Coordinate {
    fn weight(self, sparsity: f32) -> f32 {
        if self.pull.abs() <= sparsity {
            return 0.0;
        }
        let towards_zero = self.pull - sparsity.copysign(self.pull);
        -towards_zero / ((DAMPING + self.squares.sqrt()) / PACE + SHRINKAGE)
    }

    fn learn(&mut self, gradient: f32, sparsity: f32) {
        let weight = self.weight(sparsity);
        let squares = self.squares + gradient * gradient;
        let pace = (squares.sqrt() - self.squares.sqrt()) / PACE;
        self.pull += gradient - pace * weight;
        self.squares = squares;
    }
}

const BIAS: usize = PLACES + indicators::COUNT;

impl Learner {
    /// Learns from nothing.
    pub(crate) fn new() -> Self {
        Learner {
            state: vec![[Coordinate::default(); TRAINED]; BIAS + 1],
        }
    }

    /// Learns on top of a model. Weights move as if much had been seen already; bias and indicators,
    /// which every text shares, hardly move: a few labels must not change what is thought of texts
    /// that have nothing else in common with theirs.
    pub(crate) fn on_top() -> Self {
        let seen = |squares| {
            let pull = 0.0;
            [Coordinate { pull, squares }; TRAINED]
        };
        let mut state = vec![seen(SEEN); BIAS + 1];
        state[PLACES..].fill(seen(SEEN_BY_ALL));
        Learner { state }
    }

    /// Goes over all lessons several times, each time in another order that depends on nothing but
    /// the number of the round.
    pub(crate) fn study(&mut self, lessons: &[&Lesson], rounds: u64) {
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        for round in 0..rounds {
            Sequence(round).shuffle(&mut order);
            for at in &order {
                self.learn(lessons[*at]);
            }
        }
    }

    fn learn(&mut self, lesson: &Lesson) {
        for label in 0..TRAINED {
            let Some(truth) = lesson.truth[label] else {
                continue;
            };
            let mut sum = lesson.base[label];
            for (coordinate, value, sparsity) in inputs(lesson) {
                let weight = self.state[coordinate][label].weight(sparsity);
                sum += f64::from(weight) * f64::from(value);
            }
            let error = logistic(sum) - f64::from(u8::from(truth));
            let error = error as f32 * lesson.weight;
            for (coordinate, value, sparsity) in inputs(lesson) {
                self.state[coordinate][label].learn(error * value, sparsity);
            }
        }
    }

    /// The weight of a place.
    pub(crate) fn weight(&self, place: usize) -> PerLabel<f32> {
        self.state[place].map(|coordinate| coordinate.weight(SPARSITY))
    }

    /// The weight of an indicator.
    pub(crate) fn indicator(&self, at: usize) -> PerLabel<f32> {
        self.state[PLACES + at].map(|coordinate| coordinate.weight(0.0))
    }

    /// The bias.
    pub(crate) fn bias(&self) -> PerLabel<f32> {
        self.state[BIAS].map(|coordinate| coordinate.weight(0.0))
    }
}

/// Every coordinate that a lesson touches, with its value and its sparsity. Indicators and bias are
/// few and always kept.
fn inputs(lesson: &Lesson) -> impl Iterator<Item = (usize, f32, f32)> {
    let grams = lesson.features.iter();
    let grams = grams.map(|(place, value)| (*place as usize, *value, SPARSITY));
    let indicators = lesson.indicators[..indicators::INVISIBLE]
        .iter()
        .enumerate();
    let indicators = indicators.filter(|(_, value)| **value > 0.0);
    let indicators = indicators.map(|(at, value)| (PLACES + at, value * INDICATOR, 0.0));
    grams.chain(indicators).chain([(BIAS, 1.0, 0.0)])
}
