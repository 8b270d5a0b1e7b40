//! Rewriting answers into other layers.

use super::{Options, Report};
use heliograph_layers::{Layers, bench_data};
use std::time::{Duration, Instant};

/// Layers of clients in use, old and new.
const LAYERS: [u16; 4] = [158, 181, 198, 230];

/// Rewrites a page of a hundred messages for one layer after another.
pub(super) fn run(options: &Options) -> Report {
    let layers = Layers::shared();
    let page = bench_data::history_page();
    let share = options.duration() / LAYERS.len() as u32;
    let mut report = Report::new("layers");
    report.add("page_kb", page.len() as f64 / 1e3, "kB");
    let mut slowest = f64::INFINITY;
    for layer in LAYERS {
        let mut out = Vec::new();
        let (began, mut pages) = (Instant::now(), 0_u64);
        while began.elapsed() < share.max(Duration::from_millis(100)) {
            out.clear();
            layers
                .down(layer, &page, &mut out)
                .expect("the page has a form in every layer");
            pages += 1;
        }
        let rate = pages as f64 * page.len() as f64 / began.elapsed().as_secs_f64() / 1e6;
        let name = match layer {
            158 => "layer_158",
            181 => "layer_181",
            198 => "layer_198",
            _ => "layer_230",
        };
        report.add(name, rate, "MB/s");
        slowest = slowest.min(rate);
    }
    report.add("slowest", slowest, "MB/s");
    report
}
