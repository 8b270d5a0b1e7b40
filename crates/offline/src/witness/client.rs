//! The log's side: having a new checkpoint cosigned.

use crate::http::{Address, HttpError, exchange};
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::note::{Note, NoteError, SignatureLine};
use heliograph_transparency::policy::{Policy, Witness};
use heliograph_transparency::tile::ReadError;
use heliograph_transparency::tile::TileReader;
use heliograph_transparency::tile::TileSource;
use heliograph_transparency::tree::prove_consistency;
use heliograph_transparency::witness::{
    AddCheckpoint, MAX_REQUEST_BYTES, parse_cosignatures, parse_size,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a witness may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// The policy gives no address for it.
    #[error("the policy gives no address for it")]
    NoAddress,
    /// It could not be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It refused; a message of its own.
    #[error("it refuses with status {status}: {why}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said, at most a line.
        why: String,
    },
    /// Its answer holds no signature of its key over this checkpoint.
    #[error("its answer is no cosignature of this checkpoint")]
    NoCosignature,
    /// The checkpoint to cosign is none, or the log's own files do not fit it.
    #[error("the log's own files: {0}")]
    Own(String),
}

/// What became of asking one witness.
pub struct Outcome {
    /// The witness's name in the policy.
    pub witness: String,
    /// Whether it cosigned.
    pub result: Result<(), CosignError>,
}

/// How many entries each witness has cosigned, by the text of its key, as far as is known. It
/// spares a question; a loss does no harm.
pub type KnownSizes = BTreeMap<String, u64>;

/// Asks every witness of a policy to cosign the newest checkpoint of the log in `source`, and
/// adds what they answer to `note`. Blocks.
pub fn cosign<S: TileSource + ?Sized>(
    policy: &Policy,
    note: &mut Note,
    source: &S,
    sizes: &mut KnownSizes,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for witness in policy.witnesses() {
        let key = witness.key.to_string();
        let known = sizes.get(&key).copied().unwrap_or(0);
        let result = ask(witness, note, source, known).and_then(|(line, size)| {
            sizes.insert(key, size);
            note.replace(line)
                .map_err(|error: NoteError| CosignError::Own(error.to_string()))
        });
        outcomes.push(Outcome {
            witness: String::from_utf8_lossy(&witness.name).into_owned(),
            result,
        });
    }
    outcomes
}

/// One witness: a second try when it names the size to build on.
fn ask<S: TileSource + ?Sized>(
    witness: &Witness,
    note: &Note,
    source: &S,
    known: u64,
) -> Result<(SignatureLine, u64), CosignError> {
    let address = witness
        .url
        .as_deref()
        .and_then(|url| std::str::from_utf8(url).ok());
    let address: Address = address.ok_or(CosignError::NoAddress)?.parse()?;
    let own = |error: &dyn std::fmt::Display| CosignError::Own(error.to_string());
    let checkpoint: Checkpoint = note.text().parse().map_err(|error| own(&error))?;
    let head = checkpoint.head();
    let mut old_size = known.min(head.size);
    for second_try in [false, true] {
        let proof = if old_size == 0 || old_size == head.size {
            Vec::new()
        } else {
            let mut reader = TileReader::open(source, head).map_err(|error| own(&error))?;
            let proof: Result<_, ReadError> = prove_consistency(&mut reader, old_size, head.size);
            proof.map_err(|error| own(&error))?
        };
        let request =
            AddCheckpoint::new(old_size, proof, note.clone()).map_err(|error| own(&error))?;
        let body = request.to_body();
        let (status, answer) = exchange(
            &address,
            "/add-checkpoint",
            body.as_bytes(),
            MAX_REQUEST_BYTES,
            TIMEOUT,
        )?;
        match status {
            200 => {
                let line = cosignature(witness, note, &answer);
                return Ok((line.ok_or(CosignError::NoCosignature)?, head.size));
            }
            409 if !second_try && parse_size(&answer).is_some_and(|size| size <= head.size) => {
                old_size = parse_size(&answer).expect("it was read above");
            }
            status => {
                let why = String::from_utf8_lossy(&answer);
                return Err(CosignError::Refused {
                    status,
                    why: why
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .chars()
                        .take(200)
                        .collect(),
                });
            }
        }
    }
    Err(CosignError::NoCosignature)
}

/// The line of this witness's key in an answer, if it verifies.
fn cosignature(witness: &Witness, note: &Note, answer: &[u8]) -> Option<SignatureLine> {
    let lines = parse_cosignatures(answer).ok()?;
    lines.into_iter().find(|line| {
        let alone = format!("{}\n{line}\n", note.text());
        let alone = Note::parse(alone.as_bytes());
        alone.is_ok_and(|note| note.verify(std::slice::from_ref(&witness.key)).is_ok())
    })
}
