//! Private messages between pairs, from send to delivery.

use super::people::{Person, progress, resolve, sign_up, take_username, text_to};
use super::target::Target;
use super::{Failure, Histogram, Options, Report, secret};
use crate::client::{Client, ClientError};
use heliograph_mtproto::client::Incoming;
use heliograph_tl::{Decode, enums, functions};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// The length of a text, in bytes.
const TEXT_BYTES: usize = 100;

/// Two people; the first writes, the second reads.
struct Pair {
    writer: Person,
    reader: Person,
    to: To,
}

/// Where a pair writes.
enum To {
    Cloud(enums::InputPeer),
    Secret(enums::InputEncryptedChat),
}

/// Each pair writes for a while; counted is what the reader read.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    let mut pairs = Vec::new();
    for number in 0..options.pairs {
        pairs.push(make_pair(&target, number, options.secret).await?);
        progress("people", (number + 1) * 2, options.pairs * 2);
    }
    // The load of signing up is over.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let (cpu_before, began) = (target.cpu(), Instant::now());
    let until = began + options.duration();
    let (done, mut results) = mpsc::unbounded_channel();
    let interval = options
        .rate
        .map(|rate| Duration::from_secs_f64(options.pairs as f64 / rate.max(1) as f64));
    for (number, pair) in pairs.into_iter().enumerate() {
        let done = done.clone();
        let window = options.window;
        let pairs = options.pairs as u32;
        crate::spawn("pair", async move {
            let offset = interval.map(|interval| interval * number as u32 / pairs);
            let pace = interval.map(|interval| (interval, began + offset.unwrap_or_default()));
            let outcome = converse(pair, window, pace, until).await;
            // The measurement may have failed already.
            let _ = done.send(outcome);
        });
    }
    drop(done);
    let mut latencies = Histogram::new();
    let mut merged = 0;
    while let Some(outcome) = results.recv().await {
        for micros in outcome? {
            latencies.add(micros);
        }
        merged += 1;
    }
    let took = began.elapsed();
    let cpu = target.cpu().saturating_sub(cpu_before);
    let messages = latencies.count() as f64;

    let mut report = Report::new(if options.secret {
        "secret_sends"
    } else {
        "sends"
    });
    report.add("pairs", f64::from(merged), "");
    report.add("window", options.window as f64, "");
    report.add("messages", messages, "");
    report.add("rate", messages / took.as_secs_f64(), "messages/s");
    report.add(
        "server_cpu_us",
        cpu.as_secs_f64() * 1e6 / messages.max(1.0),
        "us/message",
    );
    report.add("server_cores", cpu.as_secs_f64() / took.as_secs_f64(), "");
    report.add_latency(&latencies);
    Ok(report)
}

async fn make_pair(target: &Target, number: usize, secret: bool) -> Result<Pair, Failure> {
    let mut writer = sign_up(target, number * 2).await?;
    let mut reader = sign_up(target, number * 2 + 1).await?;
    let username = format!("reader{number:05}");
    take_username(&mut reader, &username).await?;
    let to = resolve(&mut writer, &username).await?;
    if secret {
        let to = To::Secret(secret::open(&mut writer, &mut reader, to, number).await?);
        return Ok(Pair { writer, reader, to });
    }
    // The first message of a chat is longer on the wire; it is not measured.
    writer
        .client
        .call(&text_to(to.clone(), "hello".into(), 1))
        .await?;
    while !delivered(&reader.client.next_push().await?) {}
    let to = To::Cloud(to);
    Ok(Pair { writer, reader, to })
}

/// Sends and reads until the time is over; the time of each message from when it was due, in
/// microseconds.
async fn converse(
    mut pair: Pair,
    window: usize,
    pace: Option<(Duration, Instant)>,
    until: Instant,
) -> Result<Vec<u64>, Failure> {
    let mut times = Vec::new();
    let mut under_way: VecDeque<Instant> = VecDeque::new();
    let mut answers = 0_usize;
    let mut sent: i64 = 1;
    let mut due = pace.map(|(_, first)| first);
    loop {
        let now = Instant::now();
        let over = now >= until;
        if over && under_way.is_empty() {
            return Ok(times);
        }
        let may_send = !over
            && match due {
                Some(due) => now >= due,
                None => under_way.len() < window && answers < window,
            };
        if may_send {
            sent += 1;
            let client = &mut pair.writer.client;
            match &pair.to {
                To::Cloud(peer) => {
                    let text = format!("{sent:0>TEXT_BYTES$}");
                    client.send_call(&text_to(peer.clone(), text, sent)).await?;
                }
                To::Secret(chat) => {
                    client.send_call(&secret::message(chat, sent)).await?;
                }
            }
            under_way.push_back(due.unwrap_or(now));
            answers += 1;
            due = due.zip(pace).map(|(due, (interval, _))| due + interval);
            continue;
        }
        let next = if over {
            until + Duration::from_secs(30)
        } else {
            due.unwrap_or(until).min(until)
        };
        tokio::select! {
            push = pair.reader.client.next_push() => {
                let push = push?;
                if delivered(&push) {
                    if let Some(due) = under_way.pop_front() {
                        times.push(due.elapsed().as_micros() as u64);
                    }
                    if times.len().is_multiple_of(16) {
                        pair.reader.client.acknowledge().await?;
                    }
                    if let Some(max_qts) = secret::to_confirm(&push) {
                        let confirm = functions::messages::ReceivedQueue { max_qts };
                        pair.reader.client.call(&confirm).await?;
                    }
                }
            }
            got = count_answers(&mut pair.writer.client, &pair.to) => answers = answers.saturating_sub(got?),
            () = tokio::time::sleep_until(next.into()) => {
                if over {
                    return Err("messages were not delivered within 30 s".into());
                }
            }
        }
    }
}

/// Waits for the writer's next packet; how many calls it answers.
async fn count_answers(client: &mut Client<TcpStream>, to: &To) -> Result<usize, ClientError> {
    let mut answers = 0;
    for incoming in client.receive().await? {
        if let Incoming::Answer { body, .. } = incoming {
            match to {
                To::Cloud(_) => {
                    crate::client::read_answer::<enums::Updates>(&body)?;
                }
                To::Secret(_) => secret::read_answer(&body)?,
            }
            answers += 1;
        }
    }
    Ok(answers)
}

/// Whether a push brings a message.
fn delivered(push: &[u8]) -> bool {
    match enums::Updates::from_bytes(push) {
        Ok(enums::Updates::UpdateShortMessage(_)) => true,
        Ok(enums::Updates::UpdateShort(short)) => {
            matches!(short.update, enums::Update::NewEncryptedMessage(_))
        }
        Ok(enums::Updates::Updates(updates)) => updates
            .updates
            .iter()
            .any(|update| matches!(update, enums::Update::NewMessage(_))),
        _ => false,
    }
}
