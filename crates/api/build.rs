//! Writes a constant per line of `schema/errors.toml`.

use std::fmt::Write;
use std::path::PathBuf;

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let source = root.join("../../schema/errors.toml");
    println!("cargo:rerun-if-changed={}", source.display());
    let text = std::fs::read_to_string(&source).expect("schema/errors.toml is readable");

    let mut code: i32 = 0;
    let mut out = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            code = section.parse().expect("a section of errors.toml is a code");
            continue;
        }
        let (name, says) = line
            .split_once(" = ")
            .expect("a line of errors.toml is NAME = \"…\"");
        let says = says.trim_matches('"');
        // A trailing `_X` stands for a number that the server fills in.
        let wire = match name.strip_suffix("_X") {
            Some(stem) => format!("{stem}_"),
            None => name.to_owned(),
        };
        // No constant begins with a digit.
        let constant = name.replacen("2FA", "TWO_FA", 1);
        writeln!(out, "/// {code}: {says}.").expect("writing to a string");
        writeln!(
            out,
            "pub const {constant}: Text = Text {{ code: {code}, words: \"{wire}\" }};"
        )
        .expect("writing to a string");
    }
    let target = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("text.rs");
    std::fs::write(target, out).expect("OUT_DIR is writable");
}
