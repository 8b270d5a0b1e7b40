//! `heliograph-witness`: cosigns checkpoints of logs that only ever grow.

use clap::Parser;
use heliograph_offline::http::{Listener, serve};
use heliograph_offline::system::{Entropy, keep_memory_private, system_clock};
use heliograph_offline::witness::Witness;
use heliograph_transparency::note::VerifierKey;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// A witness (c2sp.org/tlog-witness): answers POST /add-checkpoint.
///
/// It remembers the newest checkpoint of each log and cosigns only what continues it. Put a
/// server with TLS before it when it is asked from elsewhere. It prints its key, for trust
/// policies, and where it listens.
#[derive(Parser)]
#[command(name = "heliograph-witness", version)]
struct Cli {
    /// The witness's folder: its key, the logs it watches, their newest heads
    #[arg(long, default_value = "witness")]
    data: PathBuf,
    /// Address and port to listen on, or unix:PATH
    #[arg(long, default_value = "127.0.0.1:8500")]
    listen: String,
    /// The name of a new witness's key: a host and a path without scheme
    #[arg(long)]
    name: Option<String>,
    /// Watch this log too, by its verifier key; remembered
    #[arg(long, value_name = "VKEY")]
    log: Vec<VerifierKey>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heliograph-witness: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    keep_memory_private()?;
    let witness = Witness::open(
        &cli.data,
        cli.name.as_deref(),
        system_clock(),
        &Entropy::system(),
    )?;
    for log in &cli.log {
        witness.watch(log.clone())?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = Listener::bind(&cli.listen).await?;
        println!("{}", witness.verifier());
        println!(
            "{}",
            listener.web_address().unwrap_or_else(|| cli.listen.clone())
        );
        let (service, limit) = Arc::new(witness).into_service();
        serve(listener, limit, service).await;
        Ok(())
    })
}
