//! PDQ, a hash of 256 bits by which copies of a picture are found (Facebook, 2019): blur, shrink to
//! 64 × 64, take the lowest frequencies of a cosine transform, and say of each whether it is above
//! their median.
//!
//! Works on brightness; decoding pictures is for those who have them.

use crate::hamming::{self, Hash, Index};
use std::f64::consts::PI;
use std::fmt;

/// Side of the shrunk picture.
const SIDE: usize = 64;
/// Frequencies kept in each direction.
const LOW: usize = 16;

/// Pictures of a lower quality are too plain to be told apart by their hash.
pub const QUALITY: u32 = 50;

/// Two pictures within this distance are taken for one.
pub const RADIUS: u32 = 31;

/// Smaller pictures than this have no hash.
const SMALLEST: usize = 5;

/// A hash; printed as 64 hexadecimal digits, the last word first, as other programs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pdq(pub hamming::Hash<16>);

impl Pdq {
    /// Reads 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut words = [0; 16];
        for (at, word) in words.iter_mut().rev().enumerate() {
            *word = u16::from_str_radix(&hex[4 * at..4 * at + 4], 16).ok()?;
        }
        Some(Pdq(words))
    }

    /// In how many bits two hashes differ.
    pub fn distance(&self, other: &Self) -> u32 {
        hamming::distance(&self.0, &other.0)
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .rev()
            .try_for_each(|word| write!(f, "{word:04x}"))
    }
}

/// The ways to turn and mirror a picture, in the order of [`Hashed::dihedral`].
pub const TURNS: [&str; 8] = [
    "original",
    "turned by 90°",
    "turned by 180°",
    "turned by 270°",
    "mirrored top to bottom",
    "mirrored left to right",
    "mirrored along one diagonal",
    "mirrored along the other",
];

/// What was found in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// How much there is to see, from 0 to 100; compare with [`QUALITY`].
    pub quality: u32,
    /// Its hash and those of its turned and mirrored copies, in the order of [`TURNS`].
    pub dihedral: [Pdq; 8],
}

impl Hashed {
    /// Hashes a picture given as brightness from 0 to 255, row by row. `None` if the size does not
    /// fit the values or the picture is tiny.
    pub fn of(brightness: &[f32], width: usize, height: usize) -> Option<Self> {
        if width.checked_mul(height)? != brightness.len() || width.min(height) < SMALLEST {
            return None;
        }
        let mut picture = brightness.to_vec();
        // Two box filters make a tent, close enough to a bell.
        for _ in 0..2 {
            blur_rows(&mut picture, width);
            blur_columns(&mut picture, width);
        }
        let mut small = [[0.0_f32; SIDE]; SIDE];
        for (y, row) in small.iter_mut().enumerate() {
            let from = (2 * y + 1) * height / (2 * SIDE) * width;
            for (x, value) in row.iter_mut().enumerate() {
                *value = picture[from + (2 * x + 1) * width / (2 * SIDE)];
            }
        }
        let low = cosines(&small);
        Some(Hashed {
            quality: quality(&small),
            dihedral: dihedral(&low),
        })
    }

    /// The hash of the picture as it is.
    pub fn hash(&self) -> Pdq {
        self.dihedral[0]
    }
}

/// The brightness of pixels of red, green and blue, one byte each.
pub fn brightness(rgb: &[u8]) -> Vec<f32> {
    let pixels = rgb.chunks_exact(3);
    let weigh = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|at| f32::from(pixel[at]));
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    pixels.map(weigh).collect()
}

/// How many neighbours a pixel is averaged with: the picture keeps two samples for each of 64.
fn window(length: usize) -> usize {
    length.div_ceil(2 * SIDE)
}

fn blur_rows(picture: &mut [f32], width: usize) {
    let mut line = vec![0.0; width];
    for row in picture.chunks_exact_mut(width) {
        line.copy_from_slice(row);
        blur(&line, row.iter_mut());
    }
}

fn blur_columns(picture: &mut [f32], width: usize) {
    let mut line = Vec::new();
    for x in 0..width {
        line.clear();
        line.extend(picture[x..].iter().step_by(width));
        blur(&line, picture[x..].iter_mut().step_by(width));
    }
}

/// Averages each value with its neighbours, fewer at the ends. An even window reaches one further
/// to the right than to the left.
fn blur<'a>(line: &[f32], out: impl Iterator<Item = &'a mut f32>) {
    let window = window(line.len());
    let right = window.midpoint(2) - 1;
    let left = window - 1 - right;
    let mut sum: f64 = line.iter().take(right).map(|value| f64::from(*value)).sum();
    for (at, out) in out.enumerate() {
        if let Some(entering) = line.get(at + right) {
            sum += f64::from(*entering);
        }
        if at > left {
            sum -= f64::from(line[at - left - 1]);
        }
        let count = (at + right).min(line.len() - 1) - at.saturating_sub(left) + 1;
        *out = (sum / count as f64) as f32;
    }
}

/// How much neighbours differ, in hundredths of the range of brightness.
fn quality(small: &[[f32; SIDE]; SIDE]) -> u32 {
    let step = |a: f32, b: f32| ((a - b) * 100.0 / 255.0).trunc().abs() as u32;
    let mut sum = 0;
    for y in 0..SIDE {
        for x in 0..SIDE {
            if y + 1 < SIDE {
                sum += step(small[y][x], small[y + 1][x]);
            }
            if x + 1 < SIDE {
                sum += step(small[y][x], small[y][x + 1]);
            }
        }
    }
    (sum / 90).min(100)
}

type Low = [[f64; LOW]; LOW];

/// The lowest frequencies of the cosine transform, without the constant ones.
fn cosines(small: &[[f32; SIDE]; SIDE]) -> Low {
    let mut wave = [[0.0; SIDE]; LOW];
    for (frequency, wave) in (1..).zip(&mut wave) {
        for (at, value) in wave.iter_mut().enumerate() {
            let angle = PI / 2.0 / SIDE as f64 * f64::from(frequency) * (2 * at + 1) as f64;
            *value = (2.0 / SIDE as f64).sqrt() * angle.cos();
        }
    }
    let mut rows = [[0.0; SIDE]; LOW];
    for (wave, row) in wave.iter().zip(&mut rows) {
        for (x, sum) in row.iter_mut().enumerate() {
            *sum = (0..SIDE).map(|y| wave[y] * f64::from(small[y][x])).sum();
        }
    }
    let mut low = [[0.0; LOW]; LOW];
    for (row, low) in rows.iter().zip(&mut low) {
        for (wave, low) in wave.iter().zip(low) {
            *low = (0..SIDE).map(|x| wave[x] * row[x]).sum();
        }
    }
    low
}

/// Mirroring turns over the sign of every odd frequency, and turning by 90° exchanges the two
/// directions as well, so the picture itself need not be turned.
fn dihedral(low: &Low) -> [Pdq; 8] {
    // The constant frequency is left out, so the first one kept is odd.
    let sign = |at: usize, mirrored: bool| {
        if mirrored && at.is_multiple_of(2) {
            -1.0
        } else {
            1.0
        }
    };
    let turned = |across: bool, top: bool, left: bool| {
        let mut out = [[0.0; LOW]; LOW];
        for y in 0..LOW {
            for x in 0..LOW {
                let value = if across { low[x][y] } else { low[y][x] };
                out[y][x] = value * sign(y, top) * sign(x, left);
            }
        }
        bits(&out)
    };
    [
        turned(false, false, false),
        turned(true, true, false),
        turned(false, true, true),
        turned(true, false, true),
        turned(false, true, false),
        turned(false, false, true),
        turned(true, false, false),
        turned(true, true, true),
    ]
}

fn bits(low: &Low) -> Pdq {
    let mut sorted: Vec<f64> = low.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[LOW * LOW / 2 - 1];
    let mut words = [0; 16];
    for (row, word) in low.iter().zip(&mut words) {
        for (x, value) in row.iter().enumerate() {
            *word |= u16::from(*value > median) << x;
        }
    }
    Pdq(words)
}

/// Hashes of pictures somebody does not want to see again.
#[derive(Clone, Debug, Default)]
pub struct Bank(Index<16>);

impl Bank {
    /// A bank of many hashes at once; their ids count up from zero.
    pub fn of(hashes: Vec<Pdq>) -> Self {
        Bank(Index::of(
            hashes
                .into_iter()
                .map(|hash| hash.0)
                .collect::<Vec<Hash<16>>>(),
        ))
    }

    /// Adds a hash and gives its id.
    pub fn add(&mut self, hash: Pdq) -> u32 {
        self.0.add(hash.0)
    }

    /// The ids of pictures that are the same, with their distances, the nearest first.
    pub fn matches(&self, hash: &Pdq) -> Vec<(u32, u32)> {
        self.0.within(&hash.0, RADIUS)
    }

    /// The same for a picture that may have been turned or mirrored; nothing for one too plain to
    /// tell.
    pub fn matches_turned(&self, picture: &Hashed) -> Vec<(u32, u32)> {
        if picture.quality < QUALITY {
            return Vec::new();
        }
        let each = picture.dihedral.iter().flat_map(|hash| self.matches(hash));
        let mut found: Vec<_> = each.collect();
        found.sort_by_key(|(id, distance)| (*id, *distance));
        found.dedup_by_key(|(id, _)| *id);
        found.sort_by_key(|(id, distance)| (*distance, *id));
        found
    }
}
