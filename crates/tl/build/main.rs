//! Generates the Rust types of the canonical layer.
//!
//! `schema/canonical.tl` is pruned to what `schema/keep.txt` asks for ([`prune`]); what remains is
//! written as structs, enums and calls ([`emit`]) that `src/lib.rs` includes.

mod emit;
mod keep;
mod model;
mod names;
mod prune;

use heliograph_tl_schema::Schema;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let canonical_path = "../../schema/canonical.tl";
    let keep_path = "../../schema/keep.txt";
    for path in ["build", canonical_path, keep_path] {
        println!("cargo::rerun-if-changed={path}");
    }

    let canonical = Schema::parse(&read(canonical_path)?)?;
    let keep = keep::Keep::parse(&read(keep_path)?)?;
    let model = model::Model::new(prune::prune(&canonical, &keep)?)?;

    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    fs::write(out.join("pruned.tl"), print(&model.schema))?;
    fs::write(out.join("types.rs"), emit::types(&model)?)?;
    fs::write(out.join("enums.rs"), emit::enums(&model)?)?;
    fs::write(out.join("functions.rs"), emit::functions(&model)?)?;
    fs::write(out.join("codecs.rs"), emit::codecs(&model))?;
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// The pruned schema as text that parses to itself.
fn print(schema: &Schema) -> String {
    let mut lines = vec!["// Generated: the canonical layer, pruned.".to_owned()];
    lines.extend(model::constructors(schema).map(ToString::to_string));
    lines.push("---functions---".to_owned());
    lines.extend(model::functions(schema).map(ToString::to_string));
    lines.join("\n")
}
