//! The keys of notes and their text forms, which are those of Go's `golang.org/x/mod/sumdb/note`:
//! `<name>+<key id>+<Base 64>` for verifiers, `PRIVATE+KEY+<name>+<key id>+<Base 64>` for signers.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{NoteError, SignatureLine};
use crate::cosignature;
use crate::encoding::{from_base64, to_base64};

/// The text is not a key of a supported kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKey {
    /// Empty, or with a space, a plus or a control character.
    #[error("not the name of a key")]
    Name,
    /// Not the encoding of a key.
    #[error("not the text form of a key")]
    Encoding,
    /// A signature type other than Ed25519 (1) and Ed25519 cosignature (4), or not that expected.
    #[error("a key of type {0} cannot be used here")]
    Algorithm(u8),
    /// The key id is not the one that follows from name and key.
    #[error("the key id does not belong to the key")]
    Id,
    /// No point of the curve, or one of small order, under which anybody can sign.
    #[error("not a usable Ed25519 public key")]
    PublicKey,
}

/// The name of a key: like an address without `https://`, but it need not lead anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = MalformedKey;

    fn from_str(name: &str) -> Result<Self, MalformedKey> {
        let excluded = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(excluded) {
            return Err(MalformedKey::Name);
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of signatures a key makes, by the type bytes of signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519 over the text of a note: a log's own signature.
    Ed25519 = 1,
    /// Ed25519 with a time, over a checkpoint: a witness's cosignature.
    CosignatureV1 = 4,
}

impl TryFrom<u8> for Algorithm {
    type Error = MalformedKey;

    fn try_from(byte: u8) -> Result<Self, MalformedKey> {
        match byte {
            1 => Ok(Self::Ed25519),
            4 => Ok(Self::CosignatureV1),
            other => Err(MalformedKey::Algorithm(other)),
        }
    }
}

/// Tells the keys of one name apart. Too short to be more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    fn of(name: &KeyName, algorithm: Algorithm, public: &VerifyingKey) -> Self {
        let hash = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', algorithm as u8])
            .chain_update(public)
            .finalize();
        Self([hash[0], hash[1], hash[2], hash[3]])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// A public key that is trusted to speak for its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    algorithm: Algorithm,
    public: VerifyingKey,
}

impl VerifierKey {
    /// Makes a key from the 32 bytes of an Ed25519 public key.
    pub fn new(
        name: KeyName,
        algorithm: Algorithm,
        public: &[u8; 32],
    ) -> Result<Self, MalformedKey> {
        let public = VerifyingKey::from_bytes(public)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(MalformedKey::PublicKey)?;
        let id = KeyId::of(&name, algorithm, &public);
        Ok(Self {
            name,
            id,
            algorithm,
            public,
        })
    }

    /// Whose key it is.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// Checks what follows the key id in a signature line. The answer is the time, where the key
    /// makes cosignatures.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, NoteError> {
        let valid = match self.algorithm {
            Algorithm::Ed25519 => Signature::from_slice(signature)
                .and_then(|signature| self.public.verify_strict(text.as_bytes(), &signature))
                .ok()
                .map(|()| None),
            Algorithm::CosignatureV1 => {
                cosignature::verify(&self.public, text, signature).map(Some)
            }
        };
        valid.ok_or_else(|| NoteError::WrongSignature(self.name.clone()))
    }
}

impl FromStr for VerifierKey {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        // Base 64 may contain a plus, names and ids do not.
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(MalformedKey::Encoding);
        let (name, id, base64) = (part()?.parse()?, part()?, part()?);
        let bytes = from_base64(base64).ok_or(MalformedKey::Encoding)?;
        let (algorithm, public) = bytes.split_first().ok_or(MalformedKey::Encoding)?;
        let algorithm = Algorithm::try_from(*algorithm)?;
        let public = public.try_into().map_err(|_| MalformedKey::Encoding)?;
        let key = Self::new(name, algorithm, public)?;
        if key.id.to_string() == id {
            Ok(key)
        } else {
            Err(MalformedKey::Id)
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.algorithm as u8][..], self.public.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, self.id, to_base64(&bytes))
    }
}

/// A secret key with the name and algorithm it is used for. Erased when dropped.
pub(crate) struct KeyPair {
    secret: SigningKey,
    verifier: VerifierKey,
}

impl KeyPair {
    pub(crate) fn new(name: KeyName, algorithm: Algorithm, seed: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(seed);
        let public = secret.verifying_key().to_bytes();
        let verifier = VerifierKey::new(name, algorithm, &public)
            .expect("a secret key has a usable public key");
        Self { secret, verifier }
    }

    pub(crate) fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    pub(crate) fn line(&self, signature: Vec<u8>) -> SignatureLine {
        SignatureLine {
            name: self.verifier.name.clone(),
            key_id: self.verifier.id,
            signature,
        }
    }

    pub(crate) fn parse(text: &str, algorithm: Algorithm) -> Result<Self, MalformedKey> {
        let rest = text
            .strip_prefix("PRIVATE+KEY+")
            .ok_or(MalformedKey::Encoding)?;
        let mut parts = rest.splitn(3, '+');
        let mut part = || parts.next().ok_or(MalformedKey::Encoding);
        let (name, id, base64) = (part()?.parse()?, part()?, part()?);
        let bytes = from_base64(base64).map(Zeroizing::new);
        let bytes = bytes.ok_or(MalformedKey::Encoding)?;
        let (found, seed) = bytes.split_first().ok_or(MalformedKey::Encoding)?;
        if *found != algorithm as u8 {
            return Err(MalformedKey::Algorithm(*found));
        }
        let seed = seed.try_into().map_err(|_| MalformedKey::Encoding)?;
        let pair = Self::new(name, algorithm, seed);
        if pair.verifier.id.to_string() == id {
            Ok(pair)
        } else {
            Err(MalformedKey::Id)
        }
    }

    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(33));
        bytes.push(self.verifier.algorithm as u8);
        bytes.extend_from_slice(self.secret.as_bytes());
        let base64 = Zeroizing::new(to_base64(&bytes));
        let VerifierKey { name, id, .. } = &self.verifier;
        Zeroizing::new(format!("PRIVATE+KEY+{name}+{id}+{}", *base64))
    }
}

/// The key with which a log signs its checkpoints (Ed25519).
pub struct SignerKey(KeyPair);

impl SignerKey {
    /// Makes a key of 32 secret random bytes.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        Self(KeyPair::new(name, Algorithm::Ed25519, seed))
    }

    /// Reads the text form, `PRIVATE+KEY+…`.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        KeyPair::parse(text, Algorithm::Ed25519).map(Self)
    }

    /// The text form, for the file that the key is kept in.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.0.to_text()
    }

    /// What others verify its signatures with.
    pub fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    /// Signs the text of a note.
    pub(super) fn sign(&self, text: &str) -> SignatureLine {
        self.0.line(self.0.sign(text.as_bytes()).to_vec())
    }
}
