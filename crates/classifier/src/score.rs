//! What a model thinks of a text, and why.

use crate::features::{self, Hashes};
use crate::indicators::{self, INVISIBLE, Indicators};
use crate::labels::TRAINED;
use crate::language::{self, Detected};
use crate::model::{Model, PerLabel};
use crate::normalise::{Kind, Views};
use std::collections::BTreeMap;

/// How much an indicator counts beside a text of many n-grams, whose squares sum to 1.
pub(crate) const INDICATOR: f32 = 0.8;

/// How many tokens a window has. A message pads its harm with harmless text in vain, because its
/// windows are looked at one by one as well.
const WINDOW: usize = 60;

/// How much more a window has to say than a whole text: it is the worst of several.
const WINDOW_HANDICAP: f64 = 0.5;

/// Fewer known words than this share, in texts of [`FEW_WORDS`] words and more, is another language
/// or a jargon that the model knows nothing about.
const KNOWN_WORDS: f64 = 0.3;
const FEW_WORDS: usize = 6;

/// A text, taken apart.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Both views.
    pub views: Views,
    /// Indicators.
    pub indicators: Indicators,
}

impl Reading {
    /// Takes a text apart.
    pub fn of(text: &str) -> Self {
        let views = Views::of(text);
        let indicators = indicators::measure(&views);
        Reading { views, indicators }
    }

    /// Every feature with its value, places in rising order, squares summing to 1.
    pub(crate) fn features(&self) -> Vec<(u32, f32)> {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut squares = 0_u32;
        let mut give = |place, count: u16| {
            *counts.entry(place).or_default() += u32::from(count);
            squares += u32::from(count).pow(2);
        };
        let parts = Parts::of(&self.views);
        for part in &parts.distinct {
            parts.each_feature(*part, &self.views, &mut give);
        }
        let norm = (squares.max(1) as f32).sqrt();
        counts
            .into_iter()
            .map(|(place, count)| (place, count as f32 / norm))
            .collect()
    }
}

/// Something that gives features once, however often it is repeated: a token, or two neighbours.
#[derive(Clone, Copy, Debug)]
enum Part {
    Token(usize),
    Pair(usize),
}

/// The parts of a text.
struct Parts {
    /// Of each token.
    hashes: Vec<Hashes>,
    /// Each part once, where it stands first, in the order of their identities.
    distinct: Vec<Part>,
    /// Where each token is among the distinct parts, and each pair, which is named by its first token.
    tokens: Vec<u32>,
    pairs: Vec<u32>,
}

impl Parts {
    fn of(views: &Views) -> Self {
        let hashes: Vec<Hashes> = views.tokens.iter().map(Hashes::of).collect();
        let count = hashes.len();
        // Tokens have even numbers, the pairs that end with them the odd ones before: of equal parts
        // the first in the text stands for all.
        let mut all: Vec<(u64, u32)> = Vec::with_capacity(2 * count);
        for (at, token) in hashes.iter().enumerate() {
            all.push((token.identity, 2 * at as u32));
            if at > 0 {
                let pair = pair_identity(hashes[at - 1].identity, token.identity);
                all.push((pair, 2 * at as u32 + 1));
            }
        }
        all.sort_unstable();
        let mut parts = Parts {
            hashes,
            distinct: Vec::with_capacity(all.len()),
            tokens: vec![0; count],
            pairs: vec![0; count.saturating_sub(1)],
        };
        let mut previous = None;
        for (identity, number) in all {
            let (at, is_pair) = (number as usize / 2, number % 2 == 1);
            if previous != Some(identity) {
                parts.distinct.push(if is_pair {
                    Part::Pair(at - 1)
                } else {
                    Part::Token(at)
                });
                previous = Some(identity);
            }
            let place = parts.distinct.len() as u32 - 1;
            if is_pair {
                parts.pairs[at - 1] = place;
            } else {
                parts.tokens[at] = place;
            }
        }
        parts
    }

    /// Gives the features of a part.
    fn each_feature(&self, part: Part, views: &Views, give: &mut impl FnMut(u32, u16)) {
        match part {
            Part::Token(at) => features::of_token(&views.tokens[at], self.hashes[at], give),
            Part::Pair(at) => features::of_pair(self.hashes[at], &views.tokens[at + 1], give),
        }
    }
}

fn pair_identity(first: u64, second: u64) -> u64 {
    first ^ second.rotate_left(17)
}

/// What was found in a text, before it is made a probability.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// The sum for each trained label.
    pub sums: PerLabel<f64>,
    /// What contributed, in words, with how much it added for each label.
    pub reasons: Vec<(String, PerLabel<f64>)>,
    /// The language and script.
    pub detected: Detected,
    /// Why the model should not be relied on for this text, if so.
    pub abstains: Option<Abstains>,
    /// How many words it has.
    pub words: usize,
}

impl Weighed {
    /// What is found where there is nothing to read.
    pub(crate) fn nothing() -> Self {
        Weighed {
            // Far below anything: no text, no harm.
            sums: [-30.0; TRAINED],
            reasons: Vec::new(),
            detected: Detected {
                language: language::UNKNOWN.to_owned(),
                certain: false,
                script: "",
            },
            abstains: Some(Abstains::TooShort),
            words: 0,
        }
    }
}

/// Why a model does not answer for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abstains {
    /// It has seen no text of this script.
    Script,
    /// It has seen no text of this language.
    Language,
    /// It knows too few of the words.
    Words,
    /// There is hardly a word: a link alone may be anything.
    TooShort,
}

/// The weights of one part: a whole number of units for each label, and its squares.
#[derive(Clone, Copy, Default)]
struct Sum {
    units: PerLabel<i64>,
    squares: u32,
}

/// The weights of every part of a text.
struct Found {
    parts: Parts,
    whole: Sum,
    /// Of each distinct part.
    sums: Vec<Sum>,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        for (sum, more) in self.units.iter_mut().zip(other.units) {
            *sum += more;
        }
        self.squares += other.squares;
    }
}

impl Model {
    /// Weighs a text.
    pub fn weigh(&self, reading: &Reading) -> Weighed {
        let views = &reading.views;
        if views.tokens.is_empty() {
            return Weighed::nothing();
        }
        let found = self.find(views);
        let detected = language::detect(views, &self.languages());
        Weighed {
            sums: self.pooled(views, &found, self.fixed(&reading.indicators)),
            reasons: self.reasons(reading, &found),
            abstains: self.abstains(views, &detected),
            detected,
            words: views.words().count(),
        }
    }

    /// The sums alone.
    pub(crate) fn sums(&self, reading: &Reading) -> PerLabel<f64> {
        let fixed = self.fixed(&reading.indicators);
        self.pooled(&reading.views, &self.find(&reading.views), fixed)
    }

    /// The sums of the text as a whole, without looking at windows: what training corrects.
    pub(crate) fn plain_sums(&self, reading: &Reading) -> PerLabel<f64> {
        self.total(
            self.find(&reading.views).whole,
            self.fixed(&reading.indicators),
        )
    }

    fn find(&self, views: &Views) -> Found {
        let parts = Parts::of(views);
        let mut whole = Sum::default();
        let mut sums = Vec::with_capacity(parts.distinct.len());
        for part in &parts.distinct {
            let sum = self.sum(&parts, *part, views);
            whole.add(sum);
            sums.push(sum);
        }
        Found { parts, whole, sums }
    }

    /// The sums of the whole text or of its worst window.
    fn pooled(&self, views: &Views, found: &Found, fixed: PerLabel<f64>) -> PerLabel<f64> {
        let mut total = self.total(found.whole, fixed);
        if views.tokens.len() <= WINDOW {
            return total;
        }
        // Half-overlapping windows, so that nothing is cut in two by all of them.
        let mut halves = vec![Sum::default(); views.tokens.len().div_ceil(WINDOW / 2)];
        let tokens = found.parts.tokens.iter().enumerate();
        // A pair belongs to the half of its second token.
        let pairs = found.parts.pairs.iter().enumerate();
        let pairs = pairs.map(|(at, place)| (at + 1, place));
        for (at, place) in tokens.chain(pairs) {
            halves[at / (WINDOW / 2)].add(found.sums[*place as usize]);
        }
        for pair in halves.windows(2) {
            let mut window = pair[0];
            window.add(pair[1]);
            for (total, sum) in total.iter_mut().zip(self.total(window, fixed)) {
                *total = total.max(sum - WINDOW_HANDICAP);
            }
        }
        total
    }

    fn sum(&self, parts: &Parts, part: Part, views: &Views) -> Sum {
        let mut sum = Sum::default();
        parts.each_feature(part, views, &mut |place, count| {
            let weights = self.weights.find(place as usize);
            for (sum, weight) in sum.units.iter_mut().zip(weights.unwrap_or_default()) {
                *sum += i64::from(weight) * i64::from(count);
            }
            sum.squares += u32::from(count).pow(2);
        });
        sum
    }

    /// What a text starts from: the bias and its indicators.
    fn fixed(&self, indicators: &Indicators) -> PerLabel<f64> {
        let mut fixed = self.header.bias.map(f64::from);
        for (weights, value) in self.header.indicators.iter().zip(indicators) {
            for (fixed, weight) in fixed.iter_mut().zip(weights) {
                *fixed += f64::from(*weight) * f64::from(*value) * f64::from(INDICATOR);
            }
        }
        fixed
    }

    fn total(&self, sum: Sum, fixed: PerLabel<f64>) -> PerLabel<f64> {
        let norm = f64::from(sum.squares.max(1)).sqrt();
        let mut total = fixed;
        for ((total, units), unit) in total.iter_mut().zip(sum.units).zip(self.header.unit) {
            *total += units as f64 * f64::from(unit) / norm;
        }
        total
    }

    /// Contributions in words, the largest for any label first.
    fn reasons(&self, reading: &Reading, found: &Found) -> Vec<(String, PerLabel<f64>)> {
        /// How many are kept.
        const KEPT: usize = 12;
        let norm = f64::from(found.whole.squares.max(1)).sqrt();
        let share = |sum: &Sum| {
            let mut share = [0.0; TRAINED];
            for ((share, units), unit) in share.iter_mut().zip(sum.units).zip(self.header.unit) {
                *share = units as f64 * f64::from(unit) / norm;
            }
            share
        };
        let most = |share: &PerLabel<f64>| share.iter().copied().fold(f64::MIN, f64::max);
        let parts = found.parts.distinct.iter().zip(&found.sums);
        let mut weighed: Vec<_> = parts.map(|(part, sum)| (part, share(sum))).collect();
        let kept = KEPT.min(weighed.len());
        if kept > 0 && kept < weighed.len() {
            weighed.select_nth_unstable_by(kept - 1, |a, b| most(&b.1).total_cmp(&most(&a.1)));
        }
        weighed.truncate(kept);
        let mut reasons: Vec<_> = weighed
            .into_iter()
            .map(|(part, share)| (in_words(*part, &reading.views), share))
            .collect();
        for (at, value) in reading.indicators.iter().enumerate() {
            if *value > 0.0 && at != INVISIBLE {
                let weights = self.header.indicators[at];
                let added = f64::from(*value) * f64::from(INDICATOR);
                let share = weights.map(|weight| f64::from(weight) * added);
                reasons.push((indicators::NAMES[at].to_owned(), share));
            }
        }
        reasons.sort_by(|a, b| {
            most(&b.1)
                .total_cmp(&most(&a.1))
                .then_with(|| a.0.cmp(&b.0))
        });
        reasons
    }

    fn abstains(&self, views: &Views, detected: &Detected) -> Option<Abstains> {
        let Detected {
            language,
            certain,
            script,
        } = detected;
        if views.words().nth(1).is_none() {
            return Some(Abstains::TooShort);
        }
        if !self.header.scripts.iter().any(|known| known == script) {
            return Some(Abstains::Script);
        }
        if *certain && !self.header.languages.contains_key(language) {
            return Some(Abstains::Language);
        }
        let words = || views.words().filter(|word| word.chars().nth(1).is_some());
        let (all, known) = (
            words().count(),
            words().filter(|word| self.has_seen(word)).count(),
        );
        let unknown = (known as f64) < KNOWN_WORDS * all as f64;
        (all >= FEW_WORDS && unknown).then_some(Abstains::Words)
    }
}

fn in_words(part: Part, views: &Views) -> String {
    match part {
        Part::Token(at) => {
            let token = &views.tokens[at];
            let what = match token.kind {
                Kind::Word => "word",
                Kind::Number => "number of this length",
                Kind::Link => "address",
                Kind::Handle => "name",
                Kind::Emoji => "emoji",
                Kind::Sign => "sign",
            };
            format!("{what} “{}”", token.normal)
        }
        Part::Pair(at) => {
            let (first, second) = (&views.tokens[at], &views.tokens[at + 1]);
            format!("“{} {}”", first.normal, second.normal)
        }
    }
}
