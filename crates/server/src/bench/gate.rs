//! The gate in front of the search: from a public post to the verdict about it.

use super::people::{Person, sign_up, text_to};
use super::picture::png;
use super::target::Target;
use super::{Failure, Histogram, Options, Report};
use crate::client::Channel;
use heliograph_classifier::lines;
use heliograph_tl::{enums, functions, types};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The longest message, in UTF-16 units, as messages are counted.
const LONGEST: usize = 4096;
/// How many hashes the list of pictures has.
const LISTED: u64 = 100_000;
/// The width and height of a picture: 9.7 MB as it is sent, near the 10 MB that a photo may have.
const SIDE: u32 = 1800;
/// The size of the parts in which it is sent.
const PART: usize = 512 * 1024;
/// How often the server is asked for a verdict, and how long in all.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const VERDICT_WITHIN: Duration = Duration::from_secs(30);

/// Somebody posts texts that people wrote, harmless and harmful ones and some of the greatest length,
/// and then pictures, each when there is a verdict about the one before.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = start_with_a_list()?;
    let mut author = sign_up(&target, 0).await?;
    // What is harmful has a channel of its own, which is hidden before long.
    let fair = Channel::make(&mut author.client, "The fair", "bench_fair").await?;
    let foul = Channel::make(&mut author.client, "The other", "bench_other").await?;
    // The gate looks at the channels themselves first.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let half = options.duration() / 2;
    let mut report = Report::new("gate");
    let mut measured = Measured::new();
    let mut texts = texts().into_iter().cycle();
    let until = Instant::now() + half;
    while Instant::now() < until
        && let Some((text, is_harmful)) = texts.next()
    {
        let channel = if is_harmful { foul } else { fair };
        let number = measured.took.count() as i64 + 1;
        let post = text_to(channel.peer(), text, number);
        let before = Looks::of(&target).await?;
        let sent = Instant::now();
        author.client.call(&post).await?;
        measured.note(&target, before, sent).await?;
    }
    measured.add_to(
        &mut report,
        [
            "texts",
            "text_send_p99_ms",
            "text_gate_p50_ms",
            "text_gate_p99_ms",
            "text_known_p50_ms",
        ],
    );

    let mut measured = Measured::new();
    let picture = png(SIDE, super::classify::numbers());
    report.add("picture_mb", picture.len() as f64 / 1e6, "MB");
    let until = Instant::now() + half;
    while Instant::now() < until {
        let number = measured.took.count() as i64 + 1;
        let photo = upload(&mut author, &picture, number).await?;
        let post = functions::messages::SendMedia {
            peer: fair.peer(),
            media: photo,
            random_id: -number,
            ..Default::default()
        };
        let before = Looks::of(&target).await?;
        let sent = Instant::now();
        author.client.call(&post).await?;
        measured.note(&target, before, sent).await?;
    }
    measured.add_to(
        &mut report,
        [
            "pictures",
            "picture_send_p99_ms",
            "picture_gate_p50_ms",
            "picture_gate_p99_ms",
            "picture_known_p50_ms",
        ],
    );
    Ok(report)
}

/// A server with a list of pictures that are refused, of which none will come.
fn start_with_a_list() -> Result<Target, Failure> {
    let target = Target::start()?;
    let folder = target.folder();
    target.stop();
    let mut list = "reason spam refuse\n".to_owned();
    let mut next = super::classify::numbers();
    for _ in 0..LISTED {
        for _ in 0..4 {
            write!(list, "{:016x}", next())?;
        }
        list.push('\n');
    }
    let lists = folder.join("data").join("hashes");
    std::fs::create_dir_all(&lists)?;
    std::fs::write(lists.join("bench.pdq"), list)?;
    Target::start_on(folder)
}

/// Texts of the gold set with whether they are harmful; every tenth is as long as a message can be,
/// strung together of harmless ones.
fn texts() -> Vec<(String, bool)> {
    let gold = lines::gold();
    let harmless = gold.iter().filter(|example| example.labels.is_empty());
    let mut words = harmless
        .flat_map(|example| example.text.chars().chain(['\n']))
        .cycle();
    let mut texts = Vec::new();
    for (at, example) in gold.iter().enumerate() {
        if at % 10 == 9 {
            texts.push((longest(&mut words), false));
        }
        texts.push((longest(example.text.chars()), !example.labels.is_empty()));
    }
    texts
}

/// As much as one message holds.
fn longest(chars: impl Iterator<Item = char>) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= LONGEST
    };
    chars.take_while(fits).collect()
}

/// Sends a picture up, and stores it as a photo.
async fn upload(
    author: &mut Person,
    picture: &[u8],
    number: i64,
) -> Result<enums::InputMedia, Failure> {
    let mut parts = 0;
    for bytes in picture.chunks(PART) {
        let part = functions::upload::SaveFilePart {
            file_id: number,
            file_part: parts,
            bytes: bytes.to_vec(),
        };
        author.client.call(&part).await?;
        parts += 1;
    }
    let file = types::InputFile {
        id: number,
        parts,
        name: "bench.png".into(),
        md5_checksum: String::new(),
    };
    let media = types::InputMediaUploadedPhoto {
        file: file.into(),
        ..Default::default()
    };
    let store = functions::messages::UploadMedia {
        peer: enums::InputPeer::Self_,
        media: media.into(),
        ..Default::default()
    };
    let stored = match author.client.call(&store).await? {
        enums::MessageMedia::Photo(shows) => shows.photo,
        _ => None,
    };
    let Some(enums::Photo::Photo(photo)) = stored else {
        return Err("the picture was not stored".into());
    };
    let photo = types::InputPhoto {
        id: photo.id,
        access_hash: photo.access_hash,
        file_reference: photo.file_reference,
    };
    let media = types::InputMediaPhoto {
        id: photo.into(),
        ..Default::default()
    };
    Ok(media.into())
}

/// What was found about some posts.
struct Measured {
    /// From the call to its answer; what is refused before it is published is looked for in it.
    sent: Histogram,
    /// How long the gate looked, by its own clock.
    took: Histogram,
    /// From the call to the verdict, the wait for more of the same included.
    known: Histogram,
}

impl Measured {
    fn new() -> Self {
        Measured {
            sent: Histogram::new(),
            took: Histogram::new(),
            known: Histogram::new(),
        }
    }

    /// Waits for the verdict about what was sent.
    async fn note(&mut self, target: &Target, before: Looks, sent: Instant) -> Result<(), Failure> {
        self.sent.add(sent.elapsed().as_micros() as u64);
        loop {
            let now = Looks::of(target).await?;
            if now.count > before.count {
                let looks = now.count - before.count;
                self.took.add((now.micros - before.micros) / looks);
                self.known.add(sent.elapsed().as_micros() as u64);
                return Ok(());
            }
            if sent.elapsed() > VERDICT_WITHIN {
                return Err("the gate does not look".into());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn add_to(&self, report: &mut Report, names: [&'static str; 5]) {
        let ms = |histogram: &Histogram, share| histogram.quantile(share) as f64 / 1000.0;
        report.add(names[0], self.took.count() as f64, "");
        report.add(names[1], ms(&self.sent, 0.99), "ms");
        report.add(names[2], ms(&self.took, 0.5), "ms");
        report.add(names[3], ms(&self.took, 0.99), "ms");
        report.add(names[4], ms(&self.known, 0.5), "ms");
    }
}

/// What the server's own page says about its gate.
#[derive(Clone, Copy)]
struct Looks {
    count: u64,
    micros: u64,
}

impl Looks {
    async fn of(target: &Target) -> Result<Self, Failure> {
        let mut line = TcpStream::connect(target.address).await?;
        let host = target.address;
        let ask = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        line.write_all(ask.as_bytes()).await?;
        let mut page = String::new();
        line.read_to_string(&mut page).await?;
        let sum = |name: &str| -> Option<f64> {
            let lines = page.lines().filter_map(|line| line.strip_prefix(name));
            let values = lines.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok());
            values.reduce(|a, b| a + b)
        };
        let count = sum("heliograph_gate_seconds_count").ok_or("the gate is not counted")?;
        let seconds = sum("heliograph_gate_seconds_sum").ok_or("the gate is not timed")?;
        Ok(Looks {
            count: count as u64,
            micros: (seconds * 1e6).round() as u64,
        })
    }
}
