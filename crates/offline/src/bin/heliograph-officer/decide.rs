//! Deciding: on cases, and on entries of the log.

use super::{Place, Result, ask, hand_back};
use clap::Args;
use heliograph_transparency::entry::Outcome;
use heliograph_transparency::files::LogUpdate;
use std::fs;
use std::path::{Path, PathBuf};

/// Check a case and decide on it.
#[derive(Args)]
pub struct Review {
    /// The bundle from the desk
    bundle: PathBuf,
    /// `approve` or a reason to refuse; asked for unless given. Given, it needs --yes
    #[arg(long, requires = "yes")]
    verdict: Option<String>,
    /// Also write the order's documents into this folder, to read them
    #[arg(long, value_name = "FOLDER")]
    documents: Option<PathBuf>,
    /// Where to write the response
    #[arg(long, default_value = "response.json")]
    out: PathBuf,
}

/// Show an entry of the log and sign it.
#[derive(Args)]
pub struct Sign {
    /// The entry, without signatures
    entry: PathBuf,
    /// Where to write the signature
    #[arg(long, default_value = "signature.json")]
    out: PathBuf,
}

pub fn follow(place: &Place, update: &Path) -> Result<()> {
    let update = LogUpdate::parse(&fs::read(update)?)?;
    let copy = place.officer()?.follow(&update)?;
    println!("{}: {} entries", copy.origin(), copy.head().size);
    Ok(())
}

pub fn review(place: &Place, args: &Review) -> Result<()> {
    let officer = place.officer()?;
    let bytes = fs::read(&args.bundle)?;
    let review = officer.review(&bytes)?;
    print!("{}", review.page());
    if let Some(folder) = &args.documents {
        write_documents(&bytes, folder)?;
    }
    let verdict = if let Some(verdict) = &args.verdict {
        verdict.clone()
    } else {
        let reasons = Outcome::ALL.iter().filter(|outcome| outcome.is_refusal());
        let reasons: Vec<&str> = reasons.map(|outcome| outcome.word()).collect();
        eprintln!("\nReasons to refuse: {}", reasons.join(", "));
        ask::line("approve, or a reason to refuse (nothing to decide later): ")?
    };
    let response = match verdict.as_str() {
        "" => return Err("nothing was decided".into()),
        "approve" => officer.approve(&review, &place.lock(&officer)?)?,
        reason => {
            let why = Outcome::from_word(reason).ok_or("not one of the reasons")?;
            officer.refuse(&review, why, &place.lock(&officer)?)?
        }
    };
    hand_back(&args.out, &response.to_bytes())
}

/// Writes the documents under names of our own: theirs are for people, not for paths.
fn write_documents(bundle: &[u8], folder: &Path) -> Result<()> {
    let bundle = heliograph_transparency::files::Bundle::parse(bundle)?;
    fs::create_dir_all(folder)?;
    let all = bundle.documents.iter().chain(&bundle.added);
    for (number, document) in (1..).zip(all) {
        let pdf = document.bytes.0.starts_with(b"%PDF-");
        let name = format!("document-{number}.{}", if pdf { "pdf" } else { "bin" });
        hand_back(&folder.join(name), &document.bytes.0)?;
    }
    Ok(())
}

pub fn sign(place: &Place, args: &Sign) -> Result<()> {
    let officer = place.officer()?;
    let act = officer.read_act(&fs::read(&args.entry)?)?;
    println!("{}\n{}", act.text(), act.meaning);
    place.confirm("Sign it?")?;
    let signature = officer.sign_act(&act, &place.lock(&officer)?)?;
    hand_back(&args.out, signature.to_json().as_bytes())
}
