//! `history.tl`: every layer in one text.

use crate::parse::{ParseError, is_built_in, parse_definition};
use crate::{Definition, Kind, Schema};
use std::fmt;

/// Layers from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerRange {
    /// The first layer in which the definition is valid.
    pub first: u16,
    /// The last one.
    pub last: u16,
}

impl LayerRange {
    /// Whether `layer` lies in the range.
    pub fn contains(self, layer: u16) -> bool {
        (self.first..=self.last).contains(&layer)
    }
}

impl fmt::Display for LayerRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// Every definition of every collected layer.
#[derive(Clone, Debug)]
pub struct History {
    layers: Vec<u16>,
    entries: Vec<(Vec<LayerRange>, Definition)>,
}

impl History {
    /// Parses the text of `history.tl`.
    ///
    /// The line `// COLLECTED 133 134 …` names the layers for which a schema was found; each
    /// definition is preceded by its ranges (`133-134,214-230`).
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut history = History {
            layers: Vec::new(),
            entries: Vec::new(),
        };
        let mut kind = Kind::Constructor;
        for line in text.lines() {
            let line = line.trim();
            if let Some(layers) = line.strip_prefix("// COLLECTED ") {
                for word in layers.split_whitespace() {
                    history.layers.push(parse_layer(line, word)?);
                }
                history.layers.sort_unstable();
                continue;
            }
            match line {
                "" => {}
                "---types---" => kind = Kind::Constructor,
                "---functions---" => kind = Kind::Function,
                _ if line.starts_with("//") => {}
                _ => {
                    let (ranges, rest) = line.split_once(' ').ok_or_else(|| ParseError {
                        line: line.to_owned(),
                        reason: "no definition after the layers".into(),
                    })?;
                    if is_built_in(rest) {
                        continue;
                    }
                    let ranges = ranges
                        .split(',')
                        .map(|range| parse_range(line, range))
                        .collect::<Result<_, _>>()?;
                    history
                        .entries
                        .push((ranges, parse_definition(rest, kind)?));
                }
            }
        }
        Ok(history)
    }

    /// The collected layers, ascending.
    pub fn layers(&self) -> &[u16] {
        &self.layers
    }

    /// Every definition with the layers in which it is valid.
    pub fn entries(&self) -> &[(Vec<LayerRange>, Definition)] {
        &self.entries
    }

    /// Every definition with the layers in which it is valid, without a copy.
    pub fn into_entries(self) -> Vec<(Vec<LayerRange>, Definition)> {
        self.entries
    }

    /// The collected layer that serves a client of `layer`: the nearest not above it, else the oldest.
    pub fn nearest(&self, layer: u16) -> u16 {
        let below = self.layers.iter().rev().find(|&&known| known <= layer);
        below.or(self.layers.first()).copied().unwrap_or(layer)
    }

    /// The schema of the collected layer that serves a client of `layer`.
    pub fn at(&self, layer: u16) -> Schema {
        let layer = self.nearest(layer);
        let valid = self
            .entries
            .iter()
            .filter(|(ranges, _)| ranges.iter().any(|range| range.contains(layer)))
            .map(|(_, definition)| definition.clone());
        Schema::new(valid.collect())
    }
}

fn parse_layer(line: &str, word: &str) -> Result<u16, ParseError> {
    word.parse().map_err(|_| ParseError {
        line: line.to_owned(),
        reason: format!("`{word}` is no layer"),
    })
}

fn parse_range(line: &str, range: &str) -> Result<LayerRange, ParseError> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    Ok(LayerRange {
        first: parse_layer(line, first)?,
        last: parse_layer(line, last)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
// COLLECTED 140 133 150
---types---
133-140 a#1 = A;
150-150 a#2 x:int = A;
133-133,150-150 b#3 = B;
";

    #[test]
    fn each_layer_has_its_own_definitions() {
        let history = History::parse(TEXT).expect("the text above is a history");
        assert_eq!(history.layers(), [133, 140, 150]);
        assert_eq!(history.at(133).definitions().len(), 2);
        assert_eq!(history.at(140).definitions().len(), 1);
        let newest = history.at(150);
        assert_eq!(newest.find_constructor("a").map(|a| a.id), Some(2));
    }

    #[test]
    fn a_layer_that_was_not_collected_gets_the_nearest_below() {
        let history = History::parse(TEXT).expect("the text above is a history");
        assert_eq!(history.nearest(149), 140);
        assert_eq!(history.nearest(999), 150);
        assert_eq!(history.nearest(1), 133);
    }
}
