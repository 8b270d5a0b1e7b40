//! Writes what the transcoder makes of random values, for `tests/oracles/layers/run.py` to check with
//! released versions of Telethon.
//!
//! `oracle_frames FOLDER SEED COUNT` writes one file for each layer, `down-144.frames`: answers in
//! that layer; and `up.frames`: requests of all layers in the canonical form. A frame is its length in
//! four bytes, then its bytes.

#[path = "../tests/transcoder/support/sample.rs"]
mod sample;

use heliograph_layers::{CANONICAL, LayerError, Layers};
use heliograph_tl_schema::{History, Kind, Schema};
use sample::Random;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, seed, count] = arguments.as_slice() else {
        return Err("usage: oracle_frames FOLDER SEED COUNT".into());
    };
    let (seed, count): (u64, u32) = (seed.parse()?, count.parse()?);
    std::fs::create_dir_all(folder)?;
    let history = History::parse(include_str!("../../../schema/history.tl"))?;
    let served = Schema::parse(heliograph_tl::SCHEMA)?;
    let layers = Layers::shared();

    let full = history.at(CANONICAL);
    let constructors = sample::answer_constructors(&full, &served);
    for &layer in layers.collected() {
        let mut random = Random(seed ^ u64::from(layer));
        let mut frames = Vec::new();
        let (mut written, mut inexpressible) = (0, 0);
        for definition in &constructors {
            for _ in 0..count {
                let Some(canonical) = sample::bytes_of(&full, definition, &mut random) else {
                    continue;
                };
                let mut rewritten = Vec::new();
                match layers.down(layer, &canonical, &mut rewritten) {
                    Ok(()) => {
                        put_frame(&rewritten, &mut frames);
                        written += 1;
                    }
                    Err(LayerError::Inexpressible) => inexpressible += 1,
                    Err(error) => {
                        return Err(format!("{} to {layer}: {error}", definition.name).into());
                    }
                }
            }
        }
        std::fs::write(
            Path::new(folder).join(format!("down-{layer}.frames")),
            frames,
        )?;
        println!("layer {layer}: {written} answers, {inexpressible} without a form there");
    }

    let mut frames = Vec::new();
    let (mut written, mut refused) = (0, 0);
    for &layer in layers.collected() {
        let schema = history.at(layer);
        let mut random = Random(seed ^ u64::from(layer) << 16);
        let functions = schema
            .definitions()
            .iter()
            .filter(|one| one.kind == Kind::Function && served.find_function(&one.name).is_some());
        for function in functions {
            for _ in 0..count {
                let Some(request) = sample::bytes_of(&schema, function, &mut random) else {
                    continue;
                };
                let mut raised = Vec::new();
                match layers.up(&request, &mut raised) {
                    Ok(()) => {
                        put_frame(&raised, &mut frames);
                        written += 1;
                    }
                    Err(LayerError::Inexpressible) => refused += 1,
                    Err(error) => {
                        return Err(format!("{} of {layer}: {error}", function.name).into());
                    }
                }
            }
        }
    }
    std::fs::write(Path::new(folder).join("up.frames"), frames)?;
    println!("requests: {written} raised, {refused} refused");
    Ok(())
}

fn put_frame(bytes: &[u8], frames: &mut Vec<u8>) {
    frames.extend((bytes.len() as u32).to_le_bytes());
    frames.extend(bytes);
}
