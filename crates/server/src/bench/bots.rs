//! Calls of bots over HTTP.

use super::people::{Person, progress, resolve, sign_up, text_to};
use super::target::Target;
use super::{Failure, Histogram, Options, Report};
use heliograph_tl::{enums, functions};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// How often the chat with `@BotFather` is looked at for an answer.
const LOOKS: u32 = 500;

/// A bot with a connection, and the chat it writes to.
struct Bot {
    token: String,
    chat: i64,
    line: TcpStream,
}

/// `--pairs` bots each send one message after another to a person who has started them.
pub(super) async fn run(options: &Options) -> Result<Report, Failure> {
    let target = Target::start()?;
    let mut bots = Vec::new();
    for number in 0..options.pairs {
        bots.push(make_bot(&target, number).await?);
        progress("bots", number + 1, options.pairs);
    }
    let (cpu_before, began) = (target.cpu(), Instant::now());
    let until = began + options.duration();
    let (done, mut results) = mpsc::unbounded_channel();
    let address = target.address;
    for bot in bots {
        let done = done.clone();
        crate::spawn("bot", async move {
            // The measurement may have failed already.
            let _ = done.send(talk(bot, address, until).await);
        });
    }
    drop(done);
    let mut times = Histogram::new();
    while let Some(outcome) = results.recv().await {
        for micros in outcome? {
            times.add(micros);
        }
    }
    let took = began.elapsed();
    let cpu = target.cpu().saturating_sub(cpu_before);
    let calls = times.count() as f64;

    let mut report = Report::new("bots");
    report.add("bots", options.pairs as f64, "");
    report.add("calls", calls, "");
    report.add("rate", calls / took.as_secs_f64(), "sendMessage/s");
    report.add(
        "server_cpu_us",
        cpu.as_secs_f64() * 1e6 / calls.max(1.0),
        "us/call",
    );
    report.add_latency(&times);
    Ok(report)
}

/// A person makes a bot, and starts it.
async fn make_bot(target: &Target, number: usize) -> Result<Bot, Failure> {
    let mut person = sign_up(target, number).await?;
    let father = resolve(&mut person, "BotFather").await?;
    let username = format!("bench{number:05}_bot");
    ask(&mut person, &father, "/newbot", 1).await?;
    ask(&mut person, &father, "A bot", 2).await?;
    let told = ask(&mut person, &father, &username, 3).await?;
    let is_token = |word: &&str| {
        let id = word.split_once(':').map(|(id, _)| id);
        id.is_some_and(|id| id.parse::<u64>().is_ok())
    };
    let token = told.split_whitespace().find(is_token);
    let token = token.ok_or("@BotFather gave no token")?.to_owned();
    let bot = resolve(&mut person, &username).await?;
    person
        .client
        .call(&text_to(bot, "/start".into(), 4))
        .await?;
    let me = functions::users::GetUsers {
        id: vec![enums::InputUser::Self_],
    };
    let me = person.client.call(&me).await?;
    let Some(enums::User::User(me)) = me.first() else {
        return Err("the person is not there".into());
    };
    let line = TcpStream::connect(target.address).await?;
    line.set_nodelay(true)?;
    Ok(Bot {
        token,
        chat: me.id,
        line,
    })
}

/// Writes to a chat and waits for the answer.
async fn ask(
    person: &mut Person,
    peer: &enums::InputPeer,
    text: &str,
    random_id: i64,
) -> Result<String, Failure> {
    let send = text_to(peer.clone(), text.into(), random_id);
    person.client.call(&send).await?;
    let history = functions::messages::GetHistory {
        peer: peer.clone(),
        limit: 1,
        ..Default::default()
    };
    for _ in 0..LOOKS {
        let messages = match person.client.call(&history).await? {
            enums::messages::Messages::Messages(found) => found.messages,
            enums::messages::Messages::Slice(found) => found.messages,
            _ => Vec::new(),
        };
        if let Some(enums::Message::Message(newest)) = messages.into_iter().next()
            && !newest.out
        {
            return Ok(newest.message);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("@BotFather does not answer".into())
}

/// Sends messages one after another; the time of each call in microseconds.
async fn talk(mut bot: Bot, address: SocketAddr, until: Instant) -> Result<Vec<u64>, Failure> {
    let mut times = Vec::new();
    let mut answer = Vec::new();
    while Instant::now() < until {
        let body = format!(
            "{{\"chat_id\":{},\"text\":\"{:0>100}\"}}",
            bot.chat,
            times.len()
        );
        let request = format!(
            "POST /bot{}/sendMessage HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            bot.token,
            body.len(),
        );
        let sent = Instant::now();
        bot.line.write_all(request.as_bytes()).await?;
        answer.clear();
        while !is_whole(&answer) {
            if bot.line.read_buf(&mut answer).await? == 0 {
                return Err("the server hung up on a bot".into());
            }
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err("a call of a bot failed".into());
        }
        times.push(sent.elapsed().as_micros() as u64);
    }
    Ok(times)
}

/// Whether an answer is complete, by the length that its head tells.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    answer.len() >= head.len() + 4 + length
}
