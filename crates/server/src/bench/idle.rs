//! Memory of idle, signed-in connections.

use super::people::{progress, sign_up};
use super::target::Target;
use super::{Failure, Options, Report};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rustix::process::{Resource, getrlimit};
use std::time::Duration;

/// How many people sign up at a time: a key exchange takes both sides some milliseconds.
const AT_ONCE: usize = 16;

/// How many files the generator and the server need besides one for each connection.
const OTHER_FILES: u64 = 200;

/// Holds many signed-in connections that say nothing, and looks at the server's memory.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    check_files(options.connections as u64 + OTHER_FILES)?;
    let target = Target::start()?;
    // One person warms up what every server has once.
    let mut people = vec![sign_up(&target, 0).await?];
    tokio::time::sleep(Duration::from_secs(1)).await;
    let base = target.resident_bytes();
    let numbers = stream::iter(1..=options.connections);
    let mut others = numbers
        .map(|number| sign_up(&target, number))
        .buffer_unordered(AT_ONCE);
    while let Some(person) = others.try_next().await? {
        people.push(person);
        progress("connections", people.len() - 1, options.connections);
    }
    drop(others);
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

/// Fails where the system does not allow so many open files, here and in the server.
fn check_files(wanted: u64) -> Result<(), Failure> {
    crate::system::allow_many_connections()?;
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < wanted => Err(format!(
            "the system allows {allowed} open files and {wanted} are needed: raise the hard limit \
             (`ulimit -Hn`) or hold fewer --connections"
        )
        .into()),
        _ => Ok(()),
    }
}
