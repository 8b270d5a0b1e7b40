//! Development tasks, called as `cargo xtask <task>`.

mod attacks;
mod check;
mod deb;
mod graph;
mod nevers;
mod packages;
mod papers;
mod process;
mod run;
mod schema;
mod soak;
mod stages;
mod test;
mod tools;
mod train;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  run [-- FLAGS]           sets up this machine, builds, and starts the server on ./data
  test [--stage NAME]...   sets up this machine and runs every check and test, or the named stages
  check                    what `test` runs first: format, lints, docs, crate graph, papers
  soak [--minutes N] [--seed S] [--part NAME]...
                           runs the long tests, seed after seed: kills, fuzzing, timing, every oracle, search, clients, apps
  deb                      makes a Debian package of the programs, with a unit for systemd
  train [--check]          makes the weights of the classifier from data/training, bit for bit the same
  schema [CACHE_FOLDER]    rebuilds schema/history.tl from released packages";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("", &[][..]),
    };
    let outcome = match task {
        "run" => run::run(rest),
        "test" => test::run(rest),
        "check" => test::run(&["--stage".into(), "check".into()]),
        "train" => train::run(rest),
        "deb" => deb::run(rest),
        "schema" => schema::run(rest),
        "soak" => soak::run(rest),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
