//! Reads the examples of `data/training`.

use heliograph_classifier::labels::Example;
use heliograph_classifier::learn::Set;
use heliograph_classifier::simhash::{Campaigns, Fingerprint};
use std::fs;
use std::path::Path;

/// The sets of texts that people wrote, with how much one of their examples counts.
///
/// Messages of Telegram groups are what the model is for; the others teach words. Giving them all the
/// same say makes a model of where a text comes from.
const SETS: [(&str, f32); 6] = [
    ("tg-spam", 1.0),
    ("sms", 0.3),
    ("darkgram", 0.3),
    ("davidson", 0.3),
    ("germeval", 0.3),
    ("tgcontest", 1.0),
];

/// Which share of groups is measured on and never learned from, in hundredths.
const HELD_OUT: u64 = 15;

/// Reads every set; fails naming the file and line that cannot be read.
pub fn sets(folder: &Path) -> Result<Vec<Set>, String> {
    let mut sets = Vec::new();
    for (name, weight) in SETS {
        let path = folder.join(format!("{name}.jsonl"));
        let text = read(&path)?;
        let mut examples = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let example: Example = serde_json::from_str(line)
                .map_err(|error| format!("{}, line {}: {error}", path.display(), at + 1))?;
            examples.push(example);
        }
        group_campaigns(name, &mut examples);
        sets.push(Set {
            name: name.into(),
            weight,
            from_people: true,
            examples,
        });
    }
    sets.extend(crate::templates::sets(folder)?);
    Ok(sets)
}

/// Gives variants of one message one group: a model that learned from one of them would be praised
/// for knowing the other.
fn group_campaigns(set: &str, examples: &mut [Example]) {
    let mut campaigns = Campaigns::default();
    let mut groups = Vec::new();
    for (at, example) in examples.iter_mut().enumerate() {
        let print = Fingerprint::of(&example.text);
        let near = print
            .as_ref()
            .and_then(|print| campaigns.near(print).first().copied());
        let group = match near {
            Some(id) => groups[id as usize],
            None => at,
        };
        if let Some(print) = print {
            campaigns.add(print);
            groups.push(group);
        }
        example
            .group
            .get_or_insert_with(|| format!("{set} {group}"));
    }
}

/// Whether an example is kept for measuring; its group decides.
pub fn is_held_out(example: &Example) -> bool {
    lot(example) % 100 < HELD_OUT
}

/// A number that examples of one group share.
pub fn lot(example: &Example) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in example.group.iter().flat_map(|group| group.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

/// Reads benign texts, one for each line after the first: language, id, text.
pub fn benign(path: &Path) -> Result<Vec<Example>, String> {
    let text = read(path)?;
    let mut examples = Vec::new();
    for line in text.lines().skip(1) {
        let mut fields = line.splitn(3, '\t');
        let (Some(language), Some(_), Some(text)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(format!("{}: a line has no three fields", path.display()));
        };
        examples.push(Example {
            text: text.into(),
            labels: Vec::new(),
            unknown: Vec::new(),
            language: Some(language.into()),
            group: None,
        });
    }
    Ok(examples)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
