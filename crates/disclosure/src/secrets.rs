//! Secrets that live with the keeper, never in the desk's database, and what is derived from them.

use heliograph_desk_store::{CaseId, UserId};
use heliograph_transparency::case::CaseKey;
use heliograph_vault::record::VerifiedRecord;
use heliograph_vault::seal::{NONCE_BYTES, SealKey};
use heliograph_vault::secrets::{RecordSecret, UserSecret};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A source of bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

/// Draws a fixed number of random bytes.
pub(crate) fn draw<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// Draws a nonce for sealing a text.
pub(crate) fn nonce(entropy: &dyn Entropy) -> [u8; NONCE_BYTES] {
    draw(entropy)
}

/// The keeper did not give what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the keeper does not give the {what}: {why}")]
pub struct SecretsError {
    /// What was asked for.
    pub what: &'static str,
    /// What the keeper said; it holds no secrets and names nobody.
    pub why: String,
}

/// What the keeper holds for the desk.
pub trait CaseSecrets: Send + Sync {
    /// The 32 random bytes of a case, made when they are asked for the first time.
    fn case_key(&self, case: CaseId) -> Result<Zeroizing<[u8; 32]>, SecretsError>;

    /// The key of what belongs to no case: registry, quarantine.
    fn desk_key(&self) -> Result<Zeroizing<[u8; 32]>, SecretsError>;

    /// The secret of the person whom a case is about; `None` when it was erased with the account.
    fn person(&self, case: CaseId, user: UserId) -> Result<Option<UserSecret>, SecretsError>;

    /// The secrets of records, in their order, on the strength of the `open` entry with this index.
    /// The keeper follows the log by itself and gives nothing for an entry that is not witnessed
    /// or does not cover the records. Asked again, it gives the same.
    fn record_secrets(
        &self,
        case: CaseId,
        user: UserId,
        open: u64,
        records: &[VerifiedRecord],
    ) -> Result<Vec<RecordSecret>, SecretsError>;

    /// Keeps the secrets of records, beyond their day and their account, on the strength of a
    /// `preserve` entry. Asked again, it has them already.
    fn preserve(
        &self,
        case: CaseId,
        user: UserId,
        preserve: u64,
        records: &[VerifiedRecord],
    ) -> Result<(), SecretsError>;

    /// Keeps what a `preserve` entry covers for longer, on the strength of this `extend` entry.
    /// Asked again, it has done so already.
    fn extend(&self, extend: u64) -> Result<(), SecretsError>;

    /// Destroys what was kept for a `preserve` entry.
    fn release(&self, preserve: u64) -> Result<(), SecretsError>;
}

/// Everything that is derived from a case's key.
pub struct CaseKeys(Zeroizing<[u8; 32]>);

impl CaseKeys {
    /// The keys of a case.
    pub fn of(secrets: &dyn CaseSecrets, case: CaseId) -> Result<Self, SecretsError> {
        secrets.case_key(case).map(Self)
    }

    /// For what the log commits to.
    pub fn log(&self) -> CaseKey {
        CaseKey::new(*self.0)
    }

    /// For the case's texts in the database.
    pub fn texts(&self) -> SealKey {
        SealKey::new(*expand(&self.0, b"hg/desk/v1/texts"))
    }

    /// Hides a notice behind its commitment.
    pub fn notice_salt(&self) -> [u8; 32] {
        *expand(&self.0, b"hg/desk/v1/notice")
    }
}

/// The key of texts that belong to no case.
pub fn desk_texts(secrets: &dyn CaseSecrets) -> Result<SealKey, SecretsError> {
    let key = secrets.desk_key()?;
    Ok(SealKey::new(*expand(&key, b"hg/desk/v1/texts")))
}

/// HKDF-SHA256 (RFC 5869) without a salt.
fn expand(key: &[u8; 32], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, key)
        .expand(info, &mut *out)
        .expect("32 bytes are within what HKDF can give");
    out
}
