//! Memory of idle, signed-in connections.

use super::people::{progress, sign_up};
use super::target::Target;
use super::{Failure, Options, Report};
use std::time::Duration;

/// Holds many signed-in connections that say nothing, and looks at the server's memory.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    // One person warms up what every server has once.
    let mut people = vec![sign_up(&target, 0).await?];
    tokio::time::sleep(Duration::from_secs(1)).await;
    let base = target.resident_bytes();
    for number in 1..=options.connections {
        people.push(sign_up(&target, number).await?);
        progress("connections", number, options.connections);
    }
    for person in &mut people {
        person.client.acknowledge().await?;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let full = target.resident_bytes();
    let cpu_before = target.cpu();
    tokio::time::sleep(options.duration()).await;
    let cpu = target.cpu().saturating_sub(cpu_before);

    let growth = full.saturating_sub(base) as f64;
    let mut report = Report::new("idle");
    report.add("connections", options.connections as f64, "");
    report.add("base_mb", base as f64 / 1e6, "MB");
    report.add("resident_mb", full as f64 / 1e6, "MB");
    report.add(
        "kb_per_connection",
        growth / 1e3 / options.connections.max(1) as f64,
        "kB",
    );
    report.add(
        "idle_cpu_percent",
        cpu.as_secs_f64() / options.seconds.max(1) as f64 * 100.0,
        "%",
    );
    Ok(report)
}
