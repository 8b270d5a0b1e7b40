//! The file of a model.
//!
//! ```text
//! heliograph-classifier 1\n
//! sha256 <hex of everything after this line>\n
//! <header: one line of JSON>\n
//! <number of entries: 4 bytes>            all numbers are little-endian
//! entries, by rising place:
//!   <distance from the previous place: LEB128> <a weight of two bytes for each trained label>
//! <bits of the words seen in training>
//! ```

use super::{Header, Model, PerLabel, SEEN_BITS, Weights};
use crate::features::PLACES;
use crate::indicators;
use crate::labels::TRAINED;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const MAGIC: &[u8] = b"heliograph-classifier 1\n";
const DIGEST: &[u8] = b"sha256 ";

/// The largest file that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Why a file is no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It does not begin like one, or is of a format this program does not know.
    #[error("this is no model of format 1")]
    Format,
    /// It is larger than a model may be.
    #[error("the file is larger than {MAX_BYTES} bytes")]
    Size,
    /// It is not what was written.
    #[error("the file was changed: its checksum does not match")]
    Checksum,
    /// The header cannot be read.
    #[error("the header cannot be read: {0}")]
    Header(String),
    /// The weights end early, run over or are out of order.
    #[error("the weights cannot be read")]
    Weights,
}

impl Model {
    /// The bytes of its file; the same model always gives the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = serde_json::to_vec(&self.header).expect("a header has no maps but by name");
        body.push(b'\n');
        body.extend((self.weights.len() as u32).to_le_bytes());
        let mut previous = 0;
        for (place, weights) in self.weights.iter() {
            leb128(&mut body, place - previous);
            previous = place;
            body.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
        }
        body.extend(self.seen.iter().flat_map(|word| word.to_le_bytes()));

        let mut file = MAGIC.to_vec();
        file.extend(DIGEST);
        file.extend(hex(&Sha256::digest(&body)).bytes());
        file.push(b'\n');
        file.extend(body);
        file
    }

    /// Reads the bytes of a file.
    pub fn decode(file: &[u8]) -> Result<Self, FileError> {
        if file.len() > MAX_BYTES {
            return Err(FileError::Size);
        }
        let rest = file.strip_prefix(MAGIC).ok_or(FileError::Format)?;
        let rest = rest.strip_prefix(DIGEST).ok_or(FileError::Format)?;
        let (digest, body) = rest.split_at_checked(64).ok_or(FileError::Format)?;
        let body = body.strip_prefix(b"\n").ok_or(FileError::Format)?;
        if hex(&Sha256::digest(body)).as_bytes() != digest {
            return Err(FileError::Checksum);
        }
        let end = body
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(FileError::Format)?;
        let header = header(&body[..end])?;
        let mut bytes = Bytes(&body[end + 1..]);
        let mut model = Model {
            header,
            ..Model::empty()
        };
        let entries = bytes.take(4).ok_or(FileError::Weights)?;
        let entries = u32::from_le_bytes(entries.try_into().expect("four bytes"));
        let mut place = 0_usize;
        let mut stored = Vec::new();
        for at in 0..entries {
            let distance = bytes.leb128().ok_or(FileError::Weights)?;
            place = place.checked_add(distance).ok_or(FileError::Weights)?;
            let weights = bytes.weights().ok_or(FileError::Weights)?;
            // A distance of zero would write one place twice.
            if place >= PLACES || at > 0 && distance == 0 {
                return Err(FileError::Weights);
            }
            stored.push((place, weights));
        }
        model.weights = Weights::of(stored.into_iter());
        let seen = bytes.take(SEEN_BITS / 8).ok_or(FileError::Weights)?;
        for (word, bytes) in model.seen.iter_mut().zip(seen.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        }
        if bytes.0.is_empty() {
            Ok(model)
        } else {
            Err(FileError::Weights)
        }
    }
}

fn header(json: &[u8]) -> Result<Header, FileError> {
    let failed = |error: &dyn ToString| FileError::Header(error.to_string());
    let header: Header = serde_json::from_slice(json).map_err(|error| failed(&error))?;
    if header.indicators.len() != indicators::COUNT {
        return Err(failed(&"it has another number of indicators"));
    }
    let lines = header
        .languages
        .values()
        .map(|language| &language.calibration);
    let lines = lines.chain([&header.elsewhere]).flatten();
    let rising = lines
        .into_iter()
        .all(|line| line.slope > 0.0 && line.offset.is_finite());
    let numbers = header
        .unit
        .iter()
        .chain(&header.bias)
        .chain(header.indicators.iter().flatten());
    let finite = numbers.into_iter().all(|number| number.is_finite());
    if !finite || !rising {
        return Err(failed(&"a number is out of range"));
    }
    Ok(header)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn weights(&mut self) -> Option<PerLabel<i16>> {
        let bytes = self.take(2 * TRAINED)?;
        let mut weights = [0; TRAINED];
        for (weight, bytes) in weights.iter_mut().zip(bytes.chunks_exact(2)) {
            *weight = i16::from_le_bytes(bytes.try_into().expect("two bytes"));
        }
        Some(weights)
    }

    fn leb128(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.take(1)?[0];
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

fn leb128(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("writing to a string");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::{FileError, MAGIC, Model, Sha256, Weights, hex};
    use proptest::prelude::*;
    use sha2::Digest as _;

    fn model() -> Model {
        let mut model = Model::empty();
        let places = [0, 1, 127, 128, 70_000, (1 << 20) - 1];
        let weights = places.map(|place| (place, [place as i16, -1]));
        model.weights = Weights::of(weights.into_iter());
        model.remember("word");
        model.header.version = 7;
        model
    }

    /// A file with a right checksum over any body.
    fn sealed(body: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend(format!("sha256 {}\n", hex(&Sha256::digest(body))).bytes());
        file.extend(body);
        file
    }

    #[test]
    fn a_model_comes_back_as_it_was() {
        let file = model().encode();
        assert_eq!(Model::decode(&file), Ok(model()));
    }

    #[test]
    fn a_changed_file_is_refused() {
        let mut file = model().encode();
        let last = file.len() - 1;
        file[last] ^= 1;
        assert_eq!(Model::decode(&file), Err(FileError::Checksum));
        assert_eq!(Model::decode(&file[..last]), Err(FileError::Checksum));
        assert_eq!(Model::decode(b""), Err(FileError::Format));
    }

    #[test]
    fn the_beginning_can_be_read_by_people() {
        let file = model().encode();
        let text = String::from_utf8_lossy(&file[..120]);
        assert!(
            text.starts_with("heliograph-classifier 1\nsha256 "),
            "{text}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn hostile_bytes_are_an_error_and_never_a_panic(
            cut in 0_usize..40_000,
            flips in proptest::collection::vec((0_usize..40_000, any::<u8>()), 1..8),
        ) {
            let file = model().encode();
            let mut body = file[MAGIC.len() + 7 + 65..].to_vec();
            for (at, value) in flips {
                let at = at % body.len();
                body[at] = value;
            }
            body.truncate(body.len().saturating_sub(cut));
            // Whether it still is one depends on what was hit; the checksum is right again.
            let _ = Model::decode(&sealed(&body));
        }
    }
}
