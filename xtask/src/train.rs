//! `cargo xtask train`: the weights of the classifier, from `data/training`.

use crate::process::{cargo, succeed};

/// Trains and writes `crates/classifier/model/`. With `--check`, fails if that would change a bit;
/// what else the tool can do stands in `crates/classifier/examples/train/main.rs`.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = cargo([
        "run",
        "--quiet",
        "--package",
        "heliograph-classifier",
        "--example",
        "train",
        "--",
    ]);
    succeed(command.args(arguments))
}

/// Whether the weights that ship are what training makes; ten seconds.
pub fn check() -> Result<(), String> {
    run(&["--check".into()])
}
