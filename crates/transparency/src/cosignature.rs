//! Cosignatures: a witness's statement that, at a certain time, a checkpoint was the newest one
//! of its log that it had seen, and continued all earlier ones
//! ([c2sp.org/tlog-cosignature](https://c2sp.org/tlog-cosignature), the Ed25519 type).

use ed25519_dalek::{Signature, VerifyingKey};
use zeroize::Zeroizing;

use crate::checkpoint::{Checkpoint, MalformedCheckpoint};
use crate::note::{Algorithm, KeyName, KeyPair, MalformedKey, SignatureLine, VerifierKey};

/// The latest time a cosignature may carry, in Unix seconds.
pub const MAX_TIME_S: u64 = i64::MAX as u64;

/// The key with which a witness cosigns.
///
/// The signed message does not name the witness, so one key must not serve two of them.
pub struct CosignerKey(KeyPair);

impl CosignerKey {
    /// Makes a key of 32 secret random bytes.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        Self(KeyPair::new(name, Algorithm::CosignatureV1, seed))
    }

    /// Reads the text form, `PRIVATE+KEY+…`.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        KeyPair::parse(text, Algorithm::CosignatureV1).map(Self)
    }

    /// The text form, for the file that the key is kept in.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// What others verify its cosignatures with.
    pub fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    /// Cosigns the text of a checkpoint as of `time_s`, in Unix seconds.
    ///
    /// This asserts what the module says of cosignatures: only [`crate::witness`] can know it.
    ///
    /// # Panics
    /// When the time is later than [`MAX_TIME_S`].
    pub fn cosign(&self, text: &str, time_s: u64) -> Result<SignatureLine, MalformedCheckpoint> {
        assert!(time_s <= MAX_TIME_S, "{time_s} is no time");
        text.parse::<Checkpoint>()?;
        let signature = self.0.sign(message(text, time_s).as_bytes());
        let timestamped = [&time_s.to_be_bytes()[..], &signature].concat();
        Ok(self.0.line(timestamped))
    }
}

/// Checks what follows the key id in a cosignature's line and returns its time.
pub(crate) fn verify(public: &VerifyingKey, text: &str, timestamped: &[u8]) -> Option<u64> {
    let (time, signature) = timestamped.split_first_chunk()?;
    let time_s = u64::from_be_bytes(*time);
    if time_s > MAX_TIME_S || text.parse::<Checkpoint>().is_err() {
        return None;
    }
    let signature = Signature::from_slice(signature).ok()?;
    public
        .verify_strict(message(text, time_s).as_bytes(), &signature)
        .ok()?;
    Some(time_s)
}

/// The signed message. Its first line keeps it apart from the text of any note.
fn message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}
