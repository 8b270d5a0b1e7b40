//! Prints how fast a history page is rewritten for each layer. Run with `--release`.

use heliograph_layers::{Layers, bench_data};
use std::time::Instant;

fn main() {
    let at_start_kib = resident_kib();
    let start = Instant::now();
    let layers = Layers::new();
    println!(
        "history read in {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    println!("the history takes {} kB", resident_kib() - at_start_kib);
    let page = bench_data::history_page();
    for &layer in layers.collected() {
        let mut out = Vec::new();
        let start = Instant::now();
        let result = layers.down(layer, &page, &mut out);
        let first_ms = start.elapsed().as_secs_f64() * 1e3;
        let rounds = 2000;
        let start = Instant::now();
        for _ in 0..rounds {
            out.clear();
            let _ = layers.down(layer, std::hint::black_box(&page), &mut out);
        }
        let round_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
        println!(
            "layer {layer}: {result:?} {} -> {} bytes, first {first_ms:.1} ms, then {round_us:.1} us, {:.0} MB/s",
            page.len(),
            out.len(),
            f64::from(page.len() as u32) / round_us,
        );
    }
    println!(
        "with the plans of all layers {} kB",
        resident_kib() - at_start_kib
    );
}

/// What the process holds in memory; 0 where the system does not say.
fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}
