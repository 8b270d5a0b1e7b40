//! Judging texts, and finding pictures.

use super::{Options, Report};
use heliograph_classifier::lines;
use heliograph_classifier::model::Model;
use heliograph_classifier::pdq::{Bank, Pdq};
use std::time::{Duration, Instant};

/// The longest message, in characters.
const LONGEST: usize = 4096;

/// How many pictures the bank holds.
const PICTURES: u64 = 1_000_000;

/// Judges messages of the longest kind, made of texts people wrote, then looks pictures up.
pub(super) fn run(options: &Options) -> Report {
    let model = Model::shipped();
    let texts = longest();
    let mut nanos = Vec::new();
    let began = Instant::now();
    let share = (options.duration() / 2).max(Duration::from_millis(100));
    while began.elapsed() < share {
        for text in &texts {
            let started = Instant::now();
            std::hint::black_box(model.judge_text(text));
            nanos.push(started.elapsed().as_nanos() as f64);
        }
    }
    let mut report = Report::new("classify");
    report.add("model_kb", model.encode().len() as f64 / 1e3, "kB");
    report.add("characters", LONGEST as f64, "");
    add(&mut report, ["text_p50_us", "text_p99_us"], nanos);

    let mut next = numbers();
    let hash = |next: &mut dyn FnMut() -> u64| Pdq(std::array::from_fn(|_| next() as u16));
    let bank = Bank::of((0..PICTURES).map(|_| hash(&mut next)).collect());
    let mut nanos = Vec::new();
    let began = Instant::now();
    while began.elapsed() < share {
        let asked = hash(&mut next);
        let started = Instant::now();
        std::hint::black_box(bank.matches(&asked));
        nanos.push(started.elapsed().as_nanos() as f64);
    }
    report.add("pictures", PICTURES as f64, "");
    add(&mut report, ["picture_p50_us", "picture_p99_us"], nanos);
    report
}

fn add(report: &mut Report, names: [&'static str; 2], mut nanos: Vec<f64>) {
    nanos.sort_by(f64::total_cmp);
    for (name, share) in names.into_iter().zip([0.5, 0.99]) {
        let at = ((nanos.len() - 1) as f64 * share) as usize;
        report.add(name, nanos[at] / 1e3, "us");
    }
}

/// Texts of the gold set, strung together to messages of full length.
fn longest() -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = String::new();
    for example in lines::gold() {
        text.push_str(&example.text);
        text.push('\n');
        if text.chars().count() >= LONGEST {
            texts.push(text.chars().take(LONGEST).collect());
            text.clear();
        }
    }
    texts
}

/// Numbers without a pattern, the same in every run (SplitMix64).
pub(super) fn numbers() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
