//! Sealing a package to an authority with [age](https://age-encryption.org/v1).

use crate::secrets::{Entropy, draw};
use age::secrecy::SecretString;
use heliograph_transparency::approval::{passphrase_fingerprint, recipient_fingerprint};
use std::io::Write;
use zeroize::Zeroizing;

/// Whom a package is sealed to.
pub struct Recipient {
    to: To,
    fingerprint: [u8; 32],
}

enum To {
    Key(age::x25519::Recipient),
    Passphrase(SecretString),
}

/// Why a package was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The registry holds something else than an age recipient.
    #[error("the authority's key is not an age recipient")]
    Recipient,
    /// age failed.
    #[error("the package could not be sealed: {0}")]
    Age(String),
}

/// A passphrase for one package: 26 letters and digits, 130 bits. Erased when dropped.
pub struct Passphrase(Zeroizing<String>);

/// Without letters and digits that are mistaken for each other when read out.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

impl Passphrase {
    /// Draws one.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let random = Zeroizing::new(draw::<26>(entropy));
        let mut text = Zeroizing::new(String::with_capacity(32));
        for (position, byte) in random.iter().enumerate() {
            if position > 0 && position % 5 == 0 {
                text.push('-');
            }
            text.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        Self(text)
    }

    /// One that was drawn before, as it was kept under the case's key.
    pub(crate) fn kept(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Its text, to be read out in the call-back.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Recipient {
    /// The key of an authority, `age1…`.
    pub fn key(recipient: &str) -> Result<Self, SealError> {
        Ok(Self {
            to: To::Key(recipient.parse().map_err(|_| SealError::Recipient)?),
            fingerprint: recipient_fingerprint(recipient),
        })
    }

    /// A passphrase that was read out in a call-back to the authority with this number.
    pub fn passphrase(passphrase: &Passphrase, authority: u64) -> Self {
        Self {
            to: To::Passphrase(SecretString::from(passphrase.text().to_owned())),
            fingerprint: passphrase_fingerprint(authority),
        }
    }

    /// What officers approve: the fingerprint of the key, or of delivery by passphrase.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    pub(super) fn seal(&self, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let age = |error: &dyn std::fmt::Display| SealError::Age(error.to_string());
        let encryptor = match &self.to {
            To::Key(key) => {
                let recipients = std::iter::once(key as &dyn age::Recipient);
                age::Encryptor::with_recipients(recipients).map_err(|error| age(&error))?
            }
            To::Passphrase(passphrase) => age::Encryptor::with_user_passphrase(passphrase.clone()),
        };
        let mut sealed = Vec::new();
        let mut writer = encryptor
            .wrap_output(&mut sealed)
            .map_err(|error| age(&error))?;
        writer.write_all(bytes).map_err(|error| age(&error))?;
        writer.finish().map_err(|error| age(&error))?;
        Ok(sealed)
    }
}
