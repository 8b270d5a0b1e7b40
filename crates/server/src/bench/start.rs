//! The time until the server is ready.

use super::target::Target;
use super::{Failure, Options, Report};
use std::time::Instant;

/// Starts on an empty folder, then again on the same one.
pub(super) async fn run(_: &Options) -> Result<Report, Failure> {
    let began = Instant::now();
    let first = Target::start()?;
    let empty = began.elapsed();
    let folder = first.folder();
    first.stop();

    let began = Instant::now();
    let second = Target::start_on(folder)?;
    let again = began.elapsed();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;

    let mut report = Report::new("start");
    report.add("empty_folder_s", empty.as_secs_f64(), "s");
    report.add("again_s", again.as_secs_f64(), "s");
    report.add("resident_mb", second.resident_bytes() as f64 / 1e6, "MB");
    Ok(report)
}
