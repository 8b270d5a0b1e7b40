//! Key exchanges.

use super::people::connect;
use super::target::Target;
use super::{Failure, Histogram, Options, Report};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::mpsc;

/// How many clients make keys at once; the generator's own arithmetic is the heavier half.
const AT_ONCE: usize = 32;

/// Makes keys for a while.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Arc::new(Target::start()?);
    let over = Arc::new(AtomicBool::new(false));
    let (cpu_before, began) = (target.cpu(), Instant::now());
    let (done, mut results) = mpsc::unbounded_channel();
    for _ in 0..AT_ONCE.min(options.connections) {
        let (target, over, done) = (target.clone(), over.clone(), done.clone());
        crate::spawn("handshakes", async move {
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let made = connect(&target)
                    .await
                    .map(|_| began.elapsed().as_micros() as u64);
                if done.send(made).is_err() {
                    return;
                }
            }
        });
    }
    drop(done);
    let mut latencies = Histogram::new();
    while let Some(micros) = results.recv().await {
        latencies.add(micros?);
        if began.elapsed() >= options.duration() {
            over.store(true, Ordering::Relaxed);
        }
    }
    let took = began.elapsed();
    let cpu = target.cpu().saturating_sub(cpu_before);
    let keys = latencies.count() as f64;

    let mut report = Report::new("handshakes");
    report.add("keys", keys, "");
    report.add("rate", keys / took.as_secs_f64(), "keys/s");
    report.add(
        "server_cpu_ms",
        cpu.as_secs_f64() * 1e3 / keys.max(1.0),
        "ms/key",
    );
    report.add(
        "per_core",
        keys / cpu.as_secs_f64().max(1e-9),
        "keys/s/core",
    );
    report.add_latency(&latencies);
    Ok(report)
}
