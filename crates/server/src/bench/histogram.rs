//! Latencies in classes that grow by three percent.

/// Counts durations in microseconds.
#[derive(Clone)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

/// Classes within each doubling.
const STEPS: u64 = 32;

impl Histogram {
    pub fn new() -> Self {
        Histogram {
            counts: vec![0; 64 * STEPS as usize],
            total: 0,
            max: 0,
        }
    }

    pub fn add(&mut self, micros: u64) {
        self.counts[class(micros)] += 1;
        self.total += 1;
        self.max = self.max.max(micros);
    }

    pub fn count(&self) -> u64 {
        self.total
    }

    /// The duration that a share of all did not exceed, in microseconds.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper(class as u64).min(self.max);
            }
        }
        self.max
    }
}

fn class(micros: u64) -> usize {
    if micros < STEPS {
        return micros as usize;
    }
    let doubling = u64::from(micros.ilog2()) - 5;
    ((doubling + 1) * STEPS + (micros >> doubling) - STEPS) as usize
}

fn upper(class: u64) -> u64 {
    if class < STEPS {
        return class;
    }
    let doubling = class / STEPS - 1;
    ((class % STEPS + STEPS + 1) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_within_three_percent() {
        let mut histogram = Histogram::new();
        for micros in 1..=100_000 {
            histogram.add(micros);
        }
        for share in [0.01, 0.5, 0.99, 1.0] {
            let exact = 100_000.0 * share;
            let found = histogram.quantile(share) as f64;
            assert!(
                (found / exact - 1.0).abs() < 0.04,
                "{share}: {found} for {exact}"
            );
        }
    }
}
