//! Posts of a channel, from the owner's send to the last member who is online.

use super::people::{Person, progress, sign_up};
use super::target::Target;
use super::{Failure, Histogram, Options, Report};
use crate::client::Channel;
use heliograph_tl::{Decode, enums, functions};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

const CHANNEL: &str = "bench_square";
/// How long the last member may wait for a post.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);
/// How many pushes a member takes before they are acknowledged.
const ACKNOWLEDGED_AT: u64 = 8;

/// `--connections` members are online; posts follow each other until the time is over, each when the
/// one before has reached everybody.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    let members = options.connections;
    let mut owner = sign_up(&target, 0).await?;
    let channel = Channel::make(&mut owner.client, "The square", CHANNEL).await?;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    for number in 1..=members {
        let member = sign_up(&target, number).await?;
        let member = join(member).await?;
        let arrived = arrived.clone();
        crate::spawn("member", async move {
            let outcome = read_posts(member, &arrived).await;
            // The measurement may be over already.
            let _ = arrived.send(outcome.map(|never| match never {}));
        });
        progress("members", number, members);
    }
    // The load of signing up is over.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let (cpu_before, began) = (target.cpu(), Instant::now());
    let until = began + options.duration();
    let (mut each, mut last) = (Histogram::new(), Histogram::new());
    let mut posts = 0;
    while Instant::now() < until {
        posts += 1;
        let sent = Instant::now();
        let send = functions::messages::SendMessage {
            peer: channel.peer(),
            message: format!("{posts:0>100}"),
            random_id: posts,
            ..Default::default()
        };
        owner.client.call(&send).await?;
        for _ in 0..members {
            let arrival = timeout(DELIVERED_WITHIN, arrivals.recv()).await?;
            let at = arrival.ok_or("nobody is online any more")??;
            each.add(at.saturating_duration_since(sent).as_micros() as u64);
        }
        last.add(sent.elapsed().as_micros() as u64);
    }
    let cpu = target.cpu().saturating_sub(cpu_before);
    let delivered = each.count() as f64;

    let mut report = Report::new("posts");
    report.add("members", members as f64, "");
    report.add("posts", posts as f64, "");
    report.add(
        "server_cpu_us",
        cpu.as_secs_f64() * 1e6 / delivered.max(1.0),
        "us/delivery",
    );
    report.add(
        "delivered",
        delivered / began.elapsed().as_secs_f64(),
        "deliveries/s",
    );
    let ms = |histogram: &Histogram, share| histogram.quantile(share) as f64 / 1000.0;
    report.add("last_member_p50_ms", ms(&last, 0.5), "ms");
    report.add("last_member_max_ms", ms(&last, 1.0), "ms");
    report.add_latency(&each);
    Ok(report)
}

async fn join(mut member: Person) -> Result<Person, Failure> {
    let channel = Channel::find(&mut member.client, CHANNEL).await?;
    let channel = channel.input();
    let join = functions::channels::JoinChannel { channel };
    member.client.call(&join).await?;
    Ok(member)
}

/// Tells of each post that arrives, until the line breaks.
async fn read_posts(
    mut member: Person,
    arrived: &mpsc::UnboundedSender<Result<Instant, Failure>>,
) -> Result<std::convert::Infallible, Failure> {
    let mut taken = 0_u64;
    loop {
        let push = member.client.next_push().await?;
        if is_post(&push) {
            let _ = arrived.send(Ok(Instant::now()));
        }
        taken += 1;
        if taken.is_multiple_of(ACKNOWLEDGED_AT) {
            member.client.acknowledge().await?;
        }
    }
}

/// Whether a push brings a post with a text.
fn is_post(push: &[u8]) -> bool {
    match enums::Updates::from_bytes(push) {
        Ok(enums::Updates::Updates(updates)) => updates.updates.iter().any(|update| {
            matches!(update, enums::Update::NewChannelMessage(new)
                if matches!(new.message, enums::Message::Message(_)))
        }),
        _ => false,
    }
}
