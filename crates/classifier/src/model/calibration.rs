//! From a sum of weights to a probability.

use crate::maths::{exp, ln, logistic};
use serde::{Deserialize, Serialize};

/// A straight line through log-odds (Platt scaling): probability = logistic(slope · sum + offset).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Positive, so that calibration never changes an order.
    pub slope: f32,
    /// The log-odds of a sum of zero.
    pub offset: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Calibration {
            slope: 1.0,
            offset: 0.0,
        }
    }
}

impl Calibration {
    /// The probability of a sum.
    pub fn probability(&self, sum: f64) -> f64 {
        logistic(f64::from(self.slope) * sum + f64::from(self.offset))
    }

    /// The sum that has a probability.
    pub fn sum_at(&self, probability: f64) -> f64 {
        let odds = ln(probability / (1.0 - probability));
        (odds - f64::from(self.offset)) / f64::from(self.slope)
    }

    /// The line that fits sums and what their texts turned out to be, starting from `prior`, which
    /// holds where there is little evidence.
    pub fn fit(points: &[(f64, bool)], prior: Self) -> Self {
        /// Of how many examples the prior is worth: a few dozen must not turn the line around.
        const PRIOR: f64 = 4.0;
        let (slope0, offset0) = (f64::from(prior.slope), f64::from(prior.offset));
        let (mut slope, mut offset) = (slope0, offset0);
        let harmful = points.iter().filter(|(_, truth)| *truth).count() as f64;
        let benign = points.len() as f64 - harmful;
        // Platt's targets, a little inside of 0 and 1: nothing is ever certain.
        let target = |truth| {
            if truth {
                (harmful + 1.0) / (harmful + 2.0)
            } else {
                1.0 / (benign + 2.0)
            }
        };
        for _ in 0..50 {
            // Newton's method on two parameters.
            let mut gradient = [PRIOR * (slope - slope0), PRIOR * (offset - offset0)];
            let mut curve = [PRIOR, 0.0, PRIOR];
            for (sum, truth) in points {
                let p = logistic(slope * sum + offset);
                let (error, weight) = (p - target(*truth), (p * (1.0 - p)).max(1e-9));
                gradient[0] += error * sum;
                gradient[1] += error;
                curve[0] += weight * sum * sum;
                curve[1] += weight * sum;
                curve[2] += weight;
            }
            let determinant = curve[0] * curve[2] - curve[1] * curve[1];
            if determinant <= 0.0 {
                break;
            }
            let steps = [
                (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant,
                (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant,
            ];
            // Bounded steps, because the first ones may overshoot.
            slope = (slope - steps[0].clamp(-1.0, 1.0)).clamp(0.05, 20.0);
            offset = (offset - steps[1].clamp(-2.0, 2.0)).clamp(-20.0, 20.0);
            if steps[0].abs() + steps[1].abs() < 1e-9 {
                break;
            }
        }
        Calibration {
            slope: slope as f32,
            offset: offset as f32,
        }
    }

    /// The mean surprise, in nats, at what the texts turned out to be.
    pub fn surprise(&self, points: &[(f64, bool)]) -> f64 {
        let surprise = |(sum, truth): &(f64, bool)| {
            let z = f64::from(self.slope) * sum + f64::from(self.offset);
            ln(1.0 + exp(if *truth { -z } else { z }))
        };
        points.iter().map(surprise).sum::<f64>() / points.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Calibration;

    #[test]
    fn probabilities_become_frequencies() {
        // At each sum z, a share logistic(2 z - 1) of texts is harmful.
        let line = Calibration {
            slope: 2.0,
            offset: -1.0,
        };
        let mut points = Vec::new();
        for step in -20..=20 {
            let sum = f64::from(step) / 10.0;
            let harmful = (line.probability(sum) * 1000.0).round() as usize;
            points.extend((0..1000).map(|at| (sum, at < harmful)));
        }
        let fitted = Calibration::fit(&points, Calibration::default());
        assert!((fitted.slope - 2.0).abs() < 0.02 && (fitted.offset + 1.0).abs() < 0.02);
        assert!(fitted.surprise(&points) < Calibration::default().surprise(&points));
        assert!((fitted.probability(fitted.sum_at(0.9)) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn without_examples_the_prior_holds() {
        let prior = Calibration {
            slope: 3.0,
            offset: 0.5,
        };
        assert_eq!(Calibration::fit(&[], prior), prior);
    }
}
