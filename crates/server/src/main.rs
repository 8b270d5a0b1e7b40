//! The program `heliograph`.

use clap::Parser as _;
use heliograph_server::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    Cli::parse().run()
}
