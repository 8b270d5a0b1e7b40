//! Makes examples from templates, always the same ones.
//!
//! A line of `data/training/templates/<language>.txt` is a label and a text with places to fill in:
//! `{a|b}` is one of several, `{word}` something from the lists below. Harmful texts are sometimes
//! disguised, and harmless ones sometimes get a link, a name or an emoji, so that neither looks like
//! a class of its own.

use heliograph_classifier::labels::{Example, Label};
use heliograph_classifier::learn::Set;
use std::fs;
use std::path::Path;

/// How many texts are made from one template.
const VARIANTS: u64 = 10;

/// How much one of them counts. There are thousands, and people wrote none of them.
const WEIGHT: f32 = 0.25;

/// Reads and fills in every file of templates below `folder`.
pub fn sets(folder: &Path) -> Result<Vec<Set>, String> {
    let folder = folder.join("templates");
    let failed = |error: &dyn ToString| format!("{}: {}", folder.display(), error.to_string());
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| failed(&error))? {
        files.push(entry.map_err(|error| failed(&error))?.path());
    }
    files.sort();
    let mut sets = Vec::new();
    for path in files {
        let language = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
        let mut examples = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let here = format!("{language}.txt, line {}", at + 1);
            let (label, template) = line.split_once(" | ").ok_or(format!("{here}: no label"))?;
            let labels = match label {
                "benign" => Vec::new(),
                word => vec![Label::find(word).ok_or(format!("{here}: no such label"))?],
            };
            for variant in 0..VARIANTS {
                let mut dice = Dice::new(&format!("{template}{variant}"));
                let text = if labels.is_empty() {
                    benign(template, &mut dice)
                } else {
                    harmful(template, &mut dice)
                };
                examples.push(Example {
                    text: text.map_err(|error| format!("{here}: {error}"))?,
                    labels: labels.clone(),
                    unknown: Vec::new(),
                    language: Some(language.clone()),
                    group: Some(format!("{language} {at}")),
                });
            }
        }
        let name = format!("templates {language}");
        sets.push(Set {
            name,
            weight: WEIGHT,
            from_people: false,
            examples,
        });
    }
    Ok(sets)
}

fn benign(template: &str, dice: &mut Dice) -> Result<String, String> {
    let mut text = fill(template, dice)?;
    match dice.below(10) {
        0 => text = format!("{text} {}", emoji(dice)),
        1 => text = format!("{} {text}", fill("{handle}", dice)?),
        2 => text = format!("{text}\n{}", fill("{tg}", dice)?),
        3 => text = text.to_lowercase(),
        _ => {}
    }
    Ok(text)
}

fn harmful(template: &str, dice: &mut Dice) -> Result<String, String> {
    let mut text = fill(template, dice)?;
    match dice.below(10) {
        0 => text = text.to_uppercase(),
        1 | 2 => text = text.chars().map(|c| double(c, dice)).collect(),
        3 => text = text.replace(". ", &format!("\n{} ", emoji(dice))),
        4 => text = format!("{0}{0} {text} {0}{0}", emoji(dice)),
        // Without its link or name: many only say "write to me".
        5 | 6 => {
            let is_plain = |word: &&str| !word.contains("://") && !word.starts_with('@');
            text = text
                .split(' ')
                .filter(is_plain)
                .collect::<Vec<_>>()
                .join(" ");
        }
        _ => {}
    }
    Ok(text)
}

/// A letter, or its double in another script.
fn double(c: char, dice: &mut Dice) -> char {
    const DOUBLES: [(char, char); 9] = [
        ('а', 'a'),
        ('с', 'c'),
        ('е', 'e'),
        ('о', 'o'),
        ('р', 'p'),
        ('х', 'x'),
        ('у', 'y'),
        ('і', 'i'),
        ('к', 'k'),
    ];
    if dice.below(2) == 0 {
        return c;
    }
    let other = DOUBLES.iter().find_map(|(cyrillic, latin)| match c {
        _ if c == *cyrillic => Some(*latin),
        _ if c == *latin => Some(*cyrillic),
        _ => None,
    });
    other.unwrap_or(c)
}

/// Fills in the places of a template, the innermost first.
fn fill(template: &str, dice: &mut Dice) -> Result<String, String> {
    let mut text = template.to_owned();
    while let Some(end) = text.find('}') {
        let start = text[..end].rfind('{').ok_or("a } without a {")?;
        let choices: Vec<&str> = text[start + 1..end].split('|').collect();
        let choice = choices[dice.below(choices.len() as u64) as usize].to_owned();
        let filled = if choices.len() > 1 {
            choice
        } else {
            word(&choice, dice)?
        };
        text.replace_range(start..=end, &filled);
    }
    if text.contains('{') {
        return Err("a { without a }".into());
    }
    Ok(text
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" "))
}

fn word(name: &str, dice: &mut Dice) -> Result<String, String> {
    const SITES: [&str; 6] = [
        "https://example.org",
        "https://www.example.com/news",
        "https://docs.example.net",
        "https://github.com/example",
        "https://en.wikipedia.org/wiki",
        "https://youtu.be",
    ];
    const BAD: [&str; 8] = [
        "https://bit.ly",
        "https://tinyurl.com",
        "https://{}-bonus.xyz",
        "https://{}pay.top",
        "https://{}.click",
        "http://{}-secure.com",
        "https://{}coin.ltd",
        "https://{}win.vip",
    ];
    Ok(match name {
        "n" => (1 + dice.below(9)).to_string(),
        "pct" => [10, 15, 20, 30, 50, 70, 80, 90, 95, 100][dice.below(10) as usize].to_string(),
        "sum" => {
            let thousands = 1 + dice.below(90);
            match dice.below(4) {
                0 => format!("{thousands}000"),
                1 => format!("{thousands} 000"),
                2 => format!("{thousands}.000"),
                _ => format!("{thousands}{}00", dice.below(10)),
            }
        }
        "e" => emoji(dice),
        "handle" => format!("@{}_{}", syllables(dice), syllables(dice)),
        "invite" => format!("https://t.me/+{}{}", syllables(dice), syllables(dice)),
        "tg" => format!("https://t.me/{}", syllables(dice)),
        "link" if dice.below(2) == 0 => String::new(),
        "link" => format!("{}/{}", SITES[dice.below(6) as usize], syllables(dice)),
        "bad" => {
            let site = BAD[dice.below(8) as usize].replace("{}", &syllables(dice));
            format!("{site}/{}", syllables(dice))
        }
        _ => return Err(format!("nothing is called {{{name}}}")),
    })
}

fn emoji(dice: &mut Dice) -> String {
    const EMOJI: [&str; 18] = [
        "🔥", "💰", "✅", "🚀", "💵", "👇", "❤️", "😂", "👍", "🎉", "😅", "📈", "⚡️", "🙏", "👉",
        "💎", "😊", "📣",
    ];
    EMOJI[dice.below(18) as usize].to_owned()
}

fn syllables(dice: &mut Dice) -> String {
    const SYLLABLES: [&str; 16] = [
        "ka", "lo", "mi", "ra", "ten", "vo", "su", "ne", "pri", "da", "gol", "shi", "be", "tor",
        "an", "ul",
    ];
    let count = 2 + dice.below(3);
    (0..count)
        .map(|_| SYLLABLES[dice.below(16) as usize])
        .collect()
}

/// Numbers that depend on nothing but a text.
struct Dice(u64);

impl Dice {
    fn new(seed: &str) -> Self {
        let add = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        Dice(seed.bytes().fold(0xcbf2_9ce4_8422_2325, add))
    }

    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64; the bias of the remainder does not matter for lists this short.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
