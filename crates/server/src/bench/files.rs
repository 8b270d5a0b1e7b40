//! Parts of files, up and down.

use super::people::{Person, sign_up};
use super::target::Target;
use super::{Failure, Options, Report};
use heliograph_tl::{enums, functions, types};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How many people send and fetch at once.
const PEOPLE: usize = 4;
/// The size of a part, which is the largest.
const PART: usize = 512 * 1024;
/// How many parts a file has: 16 MB, as a short video.
const PARTS: i32 = 32;

/// Each person sends files up and stores them for half of the time, and fetches the last one for the
/// other half.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push((sign_up(&target, number).await?, None));
    }
    let half = options.duration() / 2;
    let mut report = Report::new("files");
    report.add("people", PEOPLE as f64, "");
    report.add("part", PART as f64 / 1024.0, "kB");

    let (sent, people, up) = measured(&target, people, half, Way::Up).await?;
    add(&mut report, ["up", "up_per_core", "up_parts"], sent, &up);
    let (fetched, _, down) = measured(&target, people, half, Way::Down).await?;
    add(
        &mut report,
        ["down", "down_per_core", "down_parts"],
        fetched,
        &down,
    );
    Ok(report)
}

/// Somebody, and the file that they sent up last.
type Holder = (Person, Option<types::Document>);

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// How long it took, and the server's processor time.
struct Spent {
    took: Duration,
    cpu: Duration,
}

async fn measured(
    target: &Target,
    people: Vec<Holder>,
    time: Duration,
    way: Way,
) -> Result<(u64, Vec<Holder>, Spent), Failure> {
    let (cpu_before, began) = (target.cpu(), Instant::now());
    let until = began + time;
    let (done, mut results) = mpsc::unbounded_channel();
    for holder in people {
        let done = done.clone();
        crate::spawn("person", async move {
            let outcome = match way {
                Way::Up => send(holder, until).await,
                Way::Down => fetch(holder, until).await,
            };
            // The measurement may have failed already.
            let _ = done.send(outcome);
        });
    }
    drop(done);
    let (mut parts, mut people) = (0, Vec::new());
    while let Some(outcome) = results.recv().await {
        let (moved, holder) = outcome?;
        parts += moved;
        people.push(holder);
    }
    let took = began.elapsed();
    let cpu = target.cpu().saturating_sub(cpu_before);
    Ok((parts, people, Spent { took, cpu }))
}

fn add(report: &mut Report, names: [&'static str; 3], parts: u64, spent: &Spent) {
    let megabytes = parts as f64 * PART as f64 / 1e6;
    let seconds = spent.took.as_secs_f64();
    report.add(names[0], megabytes / seconds, "MB/s");
    report.add(
        names[1],
        megabytes / spent.cpu.as_secs_f64().max(1e-9),
        "MB/s per core",
    );
    report.add(names[2], parts as f64 / seconds, "parts/s");
}

/// Sends files up and stores each, until the time is over; answers with the number of parts.
async fn send((mut person, mut last): Holder, until: Instant) -> Result<(u64, Holder), Failure> {
    let mut parts = 0;
    let mut number = 0;
    while Instant::now() < until || last.is_none() {
        number += 1;
        for part in 0..PARTS {
            let save = functions::upload::SaveBigFilePart {
                file_id: number,
                file_part: part,
                file_total_parts: PARTS,
                bytes: vec![part as u8; PART],
            };
            person.client.call(&save).await?;
            parts += 1;
        }
        let file = types::InputFileBig {
            id: number,
            parts: PARTS,
            name: "bench.bin".into(),
        };
        let media = types::InputMediaUploadedDocument {
            file: file.into(),
            mime_type: "application/octet-stream".into(),
            ..Default::default()
        };
        let store = functions::messages::UploadMedia {
            peer: enums::InputPeer::Self_,
            media: media.into(),
            ..Default::default()
        };
        last = match person.client.call(&store).await? {
            enums::MessageMedia::Document(shows) => match shows.document {
                Some(enums::Document::Document(document)) => Some(document),
                _ => return Err("the file was not stored".into()),
            },
            _ => return Err("the file was not stored".into()),
        };
    }
    Ok((parts, (person, last)))
}

/// Fetches the last file over and over until the time is over; answers with the number of parts.
async fn fetch((mut person, last): Holder, until: Instant) -> Result<(u64, Holder), Failure> {
    let document = last.ok_or("nothing was sent up")?;
    let location = types::InputDocumentFileLocation {
        id: document.id,
        access_hash: document.access_hash,
        file_reference: document.file_reference.clone(),
        thumb_size: String::new(),
    };
    let mut parts = 0;
    while Instant::now() < until {
        for part in 0..i64::from(PARTS) {
            let get = functions::upload::GetFile {
                location: location.clone().into(),
                offset: part * PART as i64,
                limit: PART as i32,
                ..Default::default()
            };
            let enums::upload::File::File(file) = person.client.call(&get).await? else {
                return Err("the file lies elsewhere".into());
            };
            if file.bytes.len() != PART {
                return Err("a part came short".into());
            }
            parts += 1;
        }
    }
    Ok((parts, (person, Some(document))))
}
