//! A device that was away fetches what it missed.

use super::people::{progress, resolve, sign_up, take_username, text_to};
use super::target::Target;
use super::{Failure, Histogram, Options, Report};
use heliograph_tl::enums::updates::{Difference, State};
use heliograph_tl::functions;
use std::time::Instant;

/// How many messages were missed.
const MISSED: usize = 1000;

/// Fetches the same thousand missed messages again and again.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    let mut writer = sign_up(&target, 0).await?;
    let mut reader = sign_up(&target, 1).await?;
    take_username(&mut reader, "reader00000").await?;
    let to = resolve(&mut writer, "reader00000").await?;
    let State::State(state) = reader.client.call(&functions::updates::GetState {}).await?;
    for number in 1..=MISSED {
        let text = format!("message {number}");
        writer
            .client
            .call(&text_to(to.clone(), text, number as i64))
            .await?;
        progress("messages", number, MISSED);
    }

    let (cpu_before, began) = (target.cpu(), Instant::now());
    let mut latencies = Histogram::new();
    let mut messages = 0;
    while began.elapsed() < options.duration() {
        let started = Instant::now();
        let (mut pts, mut date) = (state.pts, state.date);
        loop {
            let call = functions::updates::GetDifference {
                pts,
                date,
                ..Default::default()
            };
            let (count, next, more) = match reader.client.call(&call).await? {
                Difference::Slice(slice) => {
                    let State::State(state) = slice.intermediate_state;
                    (slice.new_messages.len(), state, true)
                }
                Difference::Difference(last) => {
                    let State::State(state) = last.state;
                    (last.new_messages.len(), state, false)
                }
                Difference::Empty(_) | Difference::TooLong(_) => break,
            };
            messages += count;
            (pts, date) = (next.pts, next.date);
            if !more {
                break;
            }
        }
        latencies.add(started.elapsed().as_micros() as u64);
    }
    let cpu = target.cpu().saturating_sub(cpu_before);

    let mut report = Report::new("catch-up");
    report.add("missed", MISSED as f64, "messages");
    report.add("catch_ups", latencies.count() as f64, "");
    report.add(
        "messages_per_s",
        messages as f64 / began.elapsed().as_secs_f64(),
        "messages/s",
    );
    report.add(
        "server_cpu_us",
        cpu.as_secs_f64() * 1e6 / messages.max(1) as f64,
        "us/message",
    );
    report.add_latency(&latencies);
    Ok(report)
}
