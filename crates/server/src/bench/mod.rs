//! `heliograph bench`: load against a server of its own, with figures a person can compare.
//!
//! The generator is this process, with one thread; the server is another one, started on throw-away
//! data on loopback. Each run prints a line for people or, with `--json`, for programs: what was
//! done, on what machine, under what load, and what it cost the server.
#![expect(
    clippy::cast_precision_loss,
    reason = "figures for people have three digits that matter"
)]

mod bots;
mod catch_up;
mod classify;
mod files;
mod gate;
mod handshakes;
mod histogram;
mod idle;
mod keys;
mod layers;
mod log;
mod machine;
mod people;
mod picture;
mod posts;
mod search;
mod secret;
mod sends;
mod start;
mod target;
mod vault;

use clap::{Args, ValueEnum};
use histogram::Histogram;
use std::fmt::Write as _;
use std::time::Duration;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Private messages between pairs, from send to delivery.
    Sends,
    /// Posts of a channel with `--connections` members who are all online.
    Posts,
    /// Messages of `--pairs` bots over the Bot API.
    Bots,
    /// Memory of idle, signed-in connections.
    Idle,
    /// Key exchanges.
    Handshakes,
    /// A device that was away fetches what it missed.
    CatchUp,
    /// Judging the longest messages, and looking up a picture among a million.
    Classify,
    /// Parts of files, up and down.
    Files,
    /// The verdict about a public post before it can be found, texts and pictures.
    Gate,
    /// Rewriting answers into other layers.
    Layers,
    /// Sealing and opening records, and what sealing adds to a sign-in.
    Vault,
    /// Searching `--peers` public names and `--posts` posts, and making the index of them.
    Search,
    /// Adding to a public log of 10^6 entries, and checking one of `--entries`.
    Log,
    /// The time until the server is ready.
    Start,
}

/// How to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// What to measure.
    pub kind: Kind,
    /// Print one JSON line instead of a sentence.
    #[arg(long)]
    pub json: bool,
    /// How long to measure.
    #[arg(long, default_value_t = 10, value_name = "S")]
    pub seconds: u64,
    /// How many connections to hold (idle), or to make at once (handshakes); how many members (posts).
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub connections: usize,
    /// How many messages to send each second; without it each pair sends when it can.
    #[arg(long, value_name = "N")]
    pub rate: Option<u64>,
    /// How many messages each pair has under way.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub window: usize,
    /// Write in secret chats instead of cloud chats (sends).
    #[arg(long)]
    pub secret: bool,
    /// How many pairs of people write to each other; how many bots.
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub pairs: usize,
    /// How many entries the log to be checked has (log). To make its proofs takes longer than to
    /// check them.
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub entries: u64,
    /// How many public channels there are (search).
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub peers: u64,
    /// How many posts they have (search).
    #[arg(long, default_value_t = 500_000, value_name = "N")]
    pub posts: u64,
}

/// Why a measurement failed.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a measurement found: names and numbers, in the order in which they are to be read.
#[derive(Default)]
pub struct Report {
    kind: &'static str,
    fields: Vec<(&'static str, f64, &'static str)>,
}

impl Report {
    fn new(kind: &'static str) -> Self {
        Report {
            kind,
            fields: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.fields.push((name, value, unit));
    }

    fn add_latency(&mut self, histogram: &Histogram) {
        self.add("p50_ms", histogram.quantile(0.50) as f64 / 1000.0, "ms");
        self.add("p99_ms", histogram.quantile(0.99) as f64 / 1000.0, "ms");
        self.add("max_ms", histogram.quantile(1.0) as f64 / 1000.0, "ms");
    }

    fn json(&self) -> String {
        let mut line = format!("{{\"bench\":\"{}\"", self.kind);
        for (name, value, _) in &self.fields {
            write!(line, ",\"{name}\":{value:.3}").expect("writing to a string");
        }
        write!(line, ",{}}}", machine::json()).expect("writing to a string");
        line
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.kind);
        for (name, value, unit) in &self.fields {
            writeln!(text, "  {name:<28} {value:>12.2} {unit}").expect("writing to a string");
        }
        writeln!(text, "  {}", machine::text()).expect("writing to a string");
        text
    }
}

/// Runs one measurement and prints it.
pub async fn run(options: Options) -> Result<(), Failure> {
    let report = match options.kind {
        Kind::Sends => sends::run(&options).await?,
        Kind::Posts => posts::run(&options).await?,
        Kind::Bots => bots::run(&options).await?,
        Kind::Idle => idle::run(&options).await?,
        Kind::Handshakes => handshakes::run(&options).await?,
        Kind::CatchUp => catch_up::run(&options).await?,
        Kind::Classify => classify::run(&options),
        Kind::Files => files::run(&options).await?,
        Kind::Gate => gate::run(&options).await?,
        Kind::Layers => layers::run(&options),
        Kind::Vault => vault::run(&options).await?,
        Kind::Search => search::run(&options).await?,
        Kind::Log => log::run(&options)?,
        Kind::Start => start::run(&options).await?,
    };
    println!(
        "{}",
        if options.json {
            report.json()
        } else {
            report.text()
        }
    );
    Ok(())
}

impl Options {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
