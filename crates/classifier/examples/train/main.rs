//! `cargo xtask train`: makes the weights that ship, bit for bit, from `data/training`.
//!
//! ```text
//! train                        writes crates/classifier/model/ and prints what was measured
//! train --check                fails unless that would change nothing
//! train --leave-out SET[:LANG] trains without a set, or its texts in one language, and measures on them
//! train --leave-out SET[:LANG] --learn   and then learns from half of what was left out
//! train --cross-validate SET    measures on a whole set, each fifth with a model that has not seen it
//! train --benign FILE          also measures on benign texts: lines of language, id, text
//! ```

mod data;
mod templates;

use heliograph_classifier::evaluate::{Report, evaluate, evaluate_each};
use heliograph_classifier::labels::Example;
use heliograph_classifier::learn::{Set, Training, learn, measure, train};
use heliograph_classifier::model::Model;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many held-out texts of one set go into the gold set.
const GOLD_OF_A_SET: usize = 150;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sets = data::sets(&root.join("data/training"))?;
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)
    };
    if let Some(left_out) = after("--leave-out") {
        let and_learn = arguments.iter().any(|argument| argument == "--learn");
        return leave_out(sets, left_out, and_learn);
    }
    if let Some(name) = after("--cross-validate") {
        cross_validate(&sets, name);
        return Ok(());
    }
    let (learned, held_out) = split(sets, |_, example| data::is_held_out(example));
    let mut model = train(&learned, Training::default());
    let people = held_out.iter().filter(|set| set.from_people);
    let all: Vec<Example> = people
        .clone()
        .flat_map(|set| set.examples.clone())
        .collect();
    measure(&mut model, "held-out texts that people wrote", &all);
    let telegram = people.clone().find(|set| set.name == "tg-spam");
    let telegram = telegram.ok_or("there is no set tg-spam")?;
    measure(
        &mut model,
        "held-out messages of Telegram groups",
        &telegram.examples,
    );

    let gold: Vec<&Example> = people
        .flat_map(|set| set.examples.iter().take(GOLD_OF_A_SET))
        .collect();
    let folder = root.join("crates/classifier/model");
    let files = [
        ("shipped.hcm", model.encode()),
        ("gold.jsonl", lines(&gold)?),
    ];
    if arguments.iter().any(|argument| argument == "--check") {
        return check(&folder, &files);
    }
    for (name, bytes) in &files {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} bytes", path.display(), bytes.len());
    }
    print(&model, &held_out);
    if let Some(file) = after("--benign") {
        println!("\n{file}");
        table(evaluate(&model, &data::benign(&PathBuf::from(file))?));
    }
    Ok(())
}

/// What is learned from, and what is measured on.
fn split(sets: Vec<Set>, held_out: impl Fn(&Set, &Example) -> bool) -> (Vec<Set>, Vec<Set>) {
    let mut parts = (Vec::new(), Vec::new());
    for set in sets {
        let (out, kept): (Vec<_>, Vec<_>) = set
            .examples
            .iter()
            .cloned()
            .partition(|example| held_out(&set, example));
        parts.1.push(Set {
            examples: out,
            ..set.clone()
        });
        parts.0.push(Set {
            examples: kept,
            ..set
        });
    }
    parts
}

/// How a model does on a kind of text it has never seen.
fn leave_out(sets: Vec<Set>, what: &str, and_learn: bool) -> Result<(), String> {
    let (name, language) = what.split_once(':').unwrap_or((what, ""));
    let (learned, held_out) = split(sets, |set, example| {
        let of_language = example.language.as_deref() == Some(language);
        set.name == name && (language.is_empty() || of_language)
    });
    let all: Vec<Example> = held_out.into_iter().flat_map(|set| set.examples).collect();
    if all.is_empty() {
        return Err(format!("nothing is called {what}"));
    }
    let model = train(&learned, Training::default());
    table(evaluate(&model, &all));
    if and_learn {
        let (batch, rest): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|example| data::lot(example).is_multiple_of(2));
        let next = learn(&model, &batch, &[]).map_err(|refusal| refusal.to_string())?;
        println!(
            "\nthe other half, before and after learning from {} texts",
            next.used
        );
        table(evaluate(&model, &rest));
        table(evaluate(&next.model, &rest));
    }
    Ok(())
}

/// How a model does on a set of which it has seen four fifths: less hangs on a few texts than with
/// the held-out ones.
fn cross_validate(sets: &[Set], name: &str) {
    const FOLDS: u64 = 5;
    let mut seen = Vec::new();
    for fold in 0..FOLDS {
        let (learned, held_out) = split(sets.to_vec(), |set, example| {
            set.name == name && data::lot(example) % FOLDS == fold
        });
        let out: Vec<Example> = held_out.into_iter().flat_map(|set| set.examples).collect();
        seen.push((train(&learned, Training::default()), out));
    }
    let pairs = seen
        .iter()
        .flat_map(|(model, out)| out.iter().map(move |it| (model, it)));
    table(evaluate_each(pairs));
}

fn lines(examples: &[&Example]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for example in examples {
        bytes.extend(serde_json::to_vec(example).map_err(|error| error.to_string())?);
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn check(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), String> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let kept = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if kept != *bytes {
            return Err(format!(
                "{} is not what training makes; run `cargo xtask train`",
                path.display()
            ));
        }
    }
    println!("the weights are what training makes, to the bit");
    Ok(())
}

fn print(model: &Model, held_out: &[Set]) {
    for (label, at) in ["spam", "fraud"].iter().zip(&model.header.thresholds) {
        println!(
            "{label}: demote {} hold {} delist {}",
            at.demote, at.hold, at.delist
        );
    }
    for set in held_out.iter().filter(|set| set.from_people) {
        println!("\n{}", set.name);
        table(evaluate(model, &set.examples));
    }
    let made = held_out.iter().filter(|set| !set.from_people);
    println!("\ntemplates");
    table(evaluate(
        model,
        &made
            .flat_map(|set| set.examples.clone())
            .collect::<Vec<_>>(),
    ));
}

fn table(reports: BTreeMap<String, Report>) {
    println!(
        "{:<8} {:<6} {:>6} {:>7} {:>7} {:>7} {:>6} {:>9} {:>8} {:>8}",
        "language",
        "label",
        "texts",
        "harmful",
        "AUROC",
        "recall",
        "ECE",
        "abstained",
        "acted on",
        "delisted"
    );
    for (language, report) in reports {
        let language = if language.is_empty() {
            "all"
        } else {
            &language
        };
        for (label, measured) in &report.labels {
            let figure = |value: Option<f64>| value.map_or("-".into(), |v| format!("{v:.4}"));
            println!(
                "{language:<8} {label:<6} {:>6} {:>7} {:>7} {:>7} {:>6.3} {:>9.3} {:>8.4} {:>8.4}",
                report.texts,
                measured.harmful,
                figure(measured.auroc),
                figure(measured.recall),
                measured.calibration_error,
                report.abstained,
                report.benign_acted_on,
                report.benign_delisted,
            );
        }
    }
}
