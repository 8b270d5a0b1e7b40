//! What a figure was measured on.

use std::fs;

fn model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let model = line
        .and_then(|line| line.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    model.replace(['"', '\\'], "")
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The load average of the last minute.
fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .next()
        .and_then(|word| word.parse().ok())
        .unwrap_or(0.0)
}

pub(super) fn json() -> String {
    format!(
        "\"cores\":{},\"load\":{:.2},\"cpu\":\"{}\"",
        cores(),
        load(),
        model()
    )
}

pub(super) fn text() -> String {
    format!(
        "on {} cores ({}), load average {:.2}",
        cores(),
        model(),
        load()
    )
}
