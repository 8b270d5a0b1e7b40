//! Who an officer or a custodian is: a key to sign with and a key to receive sealed files with.
//!
//! People compare [`Card::fingerprint`]s face to face before a ceremony. Everything after that,
//! who sent what in the ceremony and who approved which request, rests on these keys.

use crate::encoding::{base64_bytes, from_base64, spoken, to_base64};
use crate::lock::{self, LockError};
use crate::system::Entropy;
use age::secrecy::ExposeSecret as _;
use age::x25519;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const CARD_FORMAT: &str = "heliograph-card/1";

/// The secret half. It cannot be printed or copied.
pub struct Identity {
    card: Card,
    signing: SigningKey,
    receiving: x25519::Identity,
}

/// The public half, to be handed to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    format: String,
    /// What people call the holder: at most 100 characters, no spaces.
    pub name: String,
    /// The Ed25519 public key.
    #[serde(with = "base64_bytes")]
    pub key: [u8; 32],
    /// The age recipient of files for the holder.
    pub recipient: String,
    #[serde(with = "base64_bytes")]
    signature: [u8; 64],
}

/// Why an identity or a card cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Empty, too long, or with characters that a line of the log cannot hold.
    #[error("a name is 1 to 100 letters, digits, dots, hyphens or underscores")]
    Name,
    /// Not a card, or of another version.
    #[error("not an identity card of this version")]
    Format,
    /// The card was not signed by the key on it.
    #[error("the card of {0} was altered")]
    Altered(String),
    /// The secret half is not what this program wrote.
    #[error("the identity file is damaged")]
    Damaged,
    /// Not opened.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Identity {
    /// Makes a new one. Fails with [`IdentityError::Name`].
    pub fn new(name: &str, entropy: &Entropy) -> Result<Self, IdentityError> {
        let signing = SigningKey::from_bytes(&entropy.draw());
        Self::from_keys(name, signing, x25519::Identity::generate())
    }

    fn from_keys(
        name: &str,
        signing: SigningKey,
        receiving: x25519::Identity,
    ) -> Result<Self, IdentityError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !(1..=100).contains(&name.len()) || !name.chars().all(allowed) {
            return Err(IdentityError::Name);
        }
        let mut card = Card {
            format: CARD_FORMAT.into(),
            name: name.into(),
            key: signing.verifying_key().to_bytes(),
            recipient: receiving.to_public().to_string(),
            signature: [0; 64],
        };
        card.signature = signing.sign(&card.message()).to_bytes();
        Ok(Self {
            card,
            signing,
            receiving,
        })
    }

    /// The public half.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// An Ed25519 signature.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// Opens a message that was sealed to this identity.
    pub(crate) fn receive(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, LockError> {
        lock::open_with(&self.receiving, sealed)
    }

    /// The text to keep: name, signing key and age key, a line each.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(to_base64(self.signing.as_bytes()));
        let age = self.receiving.to_string();
        let text = format!("{}\n{}\n{}\n", self.card.name, *seed, age.expose_secret());
        Zeroizing::new(text)
    }

    /// Reads what [`Identity::to_secret_text`] wrote.
    pub fn from_secret_text(text: &[u8]) -> Result<Self, IdentityError> {
        let read = || {
            let mut lines = std::str::from_utf8(text)
                .ok()?
                .strip_suffix('\n')?
                .split('\n');
            let name = lines.next()?;
            let seed = Zeroizing::new(from_base64(lines.next()?)?);
            let seed = Zeroizing::new(<[u8; 32]>::try_from(&seed[..]).ok()?);
            let receiving = lines.next()?.parse().ok()?;
            lines.next().is_none().then_some((name, seed, receiving))
        };
        let (name, seed, receiving) = read().ok_or(IdentityError::Damaged)?;
        Self::from_keys(name, SigningKey::from_bytes(&seed), receiving)
    }
}

impl Card {
    /// Reads a card and checks its signature, which shows that the keys on it belong together.
    /// Whose keys they are shows only a comparison of fingerprints.
    pub fn parse(json: &[u8]) -> Result<Self, IdentityError> {
        let card: Self = serde_json::from_slice(json).map_err(|_| IdentityError::Format)?;
        card.verify()?;
        Ok(card)
    }

    /// Checks format and signature.
    pub fn verify(&self) -> Result<(), IdentityError> {
        if self.format != CARD_FORMAT {
            return Err(IdentityError::Format);
        }
        if verifies(&self.key, &self.message(), &self.signature) {
            Ok(())
        } else {
            Err(IdentityError::Altered(self.name.clone()))
        }
    }

    /// The file to hand out.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    /// Eight words to compare face to face: the first 128 bits of a hash over name and keys.
    pub fn fingerprint(&self) -> String {
        spoken(&Sha256::digest(self.message())[..16])
    }

    fn message(&self) -> Vec<u8> {
        let key = to_base64(&self.key);
        format!("hg/card/v1\n{}\n{key}\n{}\n", self.name, self.recipient).into_bytes()
    }
}

/// Whether `signature` is that of `key` over `message`.
pub(crate) fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        let signature = Signature::from_bytes(signature);
        key.verify_strict(message, &signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new("A.Berg", &Entropy::system()).unwrap()
    }

    #[test]
    fn an_identity_is_read_back() {
        let identity = identity();
        let read = Identity::from_secret_text(identity.to_secret_text().as_bytes()).unwrap();
        assert_eq!(read.card(), identity.card());
        assert_eq!(
            Card::parse(identity.card().to_json().as_bytes()).unwrap(),
            *identity.card()
        );
    }

    #[test]
    fn a_card_with_anything_changed_is_refused() {
        let other = identity();
        let changes: [&dyn Fn(&mut Card); 4] = [
            &|card| card.name = "B.Berg".into(),
            &|card| card.key = other.card().key,
            &|card| card.recipient = other.card().recipient.clone(),
            &|card| card.format = "heliograph-card/2".into(),
        ];
        for change in changes {
            let mut card = identity().card().clone();
            let before = card.fingerprint();
            change(&mut card);
            assert!(card.verify().is_err());
            if card.format == CARD_FORMAT {
                assert_ne!(card.fingerprint(), before);
            }
        }
    }

    #[test]
    fn names_that_no_line_of_the_log_can_hold_are_refused() {
        for name in ["", "A Berg", "A\nB", &"x".repeat(101), "Bérg"] {
            let made = Identity::new(name, &Entropy::system());
            assert!(matches!(made, Err(IdentityError::Name)), "{name:?}");
        }
    }
}
