//! Stages: what runs in which order, how long it may take, how long it took.

use std::time::Instant;

/// One stage of the tests.
pub struct Stage {
    /// What `--stage` calls it.
    pub name: &'static str,
    /// What it should take at most on two cores with warm caches, in seconds. Printed beside the
    /// time it took; exceeding it is no failure, since a shared machine would make that a lottery.
    pub budget_s: u32,
    /// Runs it; the message of a failure names its cause.
    pub run: fn() -> Result<Counts, String>,
}

/// How many tests a stage ran; stages that do not count leave both at zero.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Counts {
    /// Reads `12 passed` and `0 failed` in a summary line; what is not there counts as zero.
    pub fn from_summary(line: &str) -> Self {
        let words: Vec<&str> = line
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let before = |what: &str| {
            let place = words.iter().position(|word| *word == what)?;
            words[place.checked_sub(1)?].parse().ok()
        };
        Self {
            passed: before("passed").unwrap_or(0),
            failed: before("failed").unwrap_or(0),
        }
    }

    /// Adds another summary.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs the stages in order and ends with a line for each, then the counts of all of them.
///
/// A stage that fails does not keep the later ones from running; the message names all that failed.
pub fn run(stages: &[&Stage]) -> Result<(), String> {
    let mut report = Vec::new();
    let mut failures = Vec::new();
    let mut total = Counts::default();
    for stage in stages {
        println!("\n== {}", stage.name);
        let start = Instant::now();
        let outcome = (stage.run)();
        let took = start.elapsed().as_secs_f64();
        let Stage { name, budget_s, .. } = stage;
        let mut line = format!("{name:<10} {took:>7.1} s of {budget_s} s");
        match outcome {
            Ok(counts) => total.add(counts),
            Err(message) => {
                println!("{message}");
                line.push_str("  FAILED");
                failures.push(format!("stage {name} failed"));
                total.failed += 1;
            }
        }
        if took > f64::from(*budget_s) {
            line.push_str("  over budget");
        }
        report.push(line);
    }
    println!("\n{}", report.join("\n"));
    println!("{} passed, {} failed", total.passed, total.failed);
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn check(line: &str, passed: u64, failed: u64) {
        let counts = Counts::from_summary(line);
        assert_eq!((counts.passed, counts.failed), (passed, failed), "{line}");
    }

    #[test]
    fn summaries_of_all_our_runners_are_read() {
        check(
            "     Summary [   0.512s] 12 tests run: 11 passed, 1 failed, 0 skipped",
            11,
            1,
        );
        check(
            "test result: ok. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            5,
            2,
        );
        check("176 passed, 3 failed", 176, 3);
        check("nothing of the kind", 0, 0);
    }
}
