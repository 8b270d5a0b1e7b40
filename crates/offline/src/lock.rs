//! Sealing secrets for the disk, and messages for one recipient, with age
//! ([age-encryption.org/v1](https://age-encryption.org/v1)).
//!
//! An officer's secrets lie under a passphrase, and where a second factor is used (a hardware
//! token with an age plugin, or an age key on another medium) once more under that:
//! `age(second factor, age(passphrase, secret))`. age's own way of naming several recipients
//! would let either open the file; nested, each alone fails.

use age::secrecy::SecretString;
use age::{Callbacks, Decryptor, Encryptor, IdentityFile, Recipient, plugin, scrypt, x25519};
use std::io::{self, Read as _, Write as _};
use zeroize::Zeroizing;

/// The largest file that is opened, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The hardest passphrase derivation that is carried out, as age counts it (2^22 takes about ten
/// seconds): a file from elsewhere must not keep the machine busy.
const MAX_WORK: u8 = 22;

/// Why a secret was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The text names no age recipient, native or of a plugin.
    #[error("not an age recipient")]
    Recipient,
    /// The file holds no age identity.
    #[error("the second factor's file holds no age identity")]
    Identity,
    /// The second factor is needed and was not given.
    #[error("the second factor is needed")]
    SecondFactor,
    /// A plugin is missing or failed, or the file could not be written.
    #[error("sealing failed: {0}")]
    Seal(#[from] age::EncryptError),
    /// The plugin's program is not installed.
    #[error("the plugin cannot be started: {0}")]
    Plugin(String),
    /// Wrong passphrase or key, or the file was altered.
    #[error("it does not open: {0}")]
    Open(#[from] age::DecryptError),
    /// Reading or writing failed; or the contents are longer than a secret is.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What lies between a secret and the disk.
pub struct Lock {
    passphrase: SecretString,
    work: Option<u8>,
    second: Option<SecondFactor>,
}

/// A key on something that the passphrase's owner also holds.
struct SecondFactor {
    recipient: String,
    /// Text of the age identity file; for a token its stub. Needed to open only.
    identity: Option<Zeroizing<String>>,
}

impl Lock {
    /// A passphrase. Trying one out takes about a second of a machine like this.
    pub fn passphrase(passphrase: String) -> Self {
        Self {
            passphrase: SecretString::from(passphrase),
            work: None,
            second: None,
        }
    }

    /// A passphrase that is quickly tried out, for keys that protect nothing.
    #[must_use]
    pub fn weakly(mut self) -> Self {
        self.work = Some(2);
        self
    }

    /// The same with a second factor: an age recipient, and to open also the text of its
    /// identity file.
    ///
    /// Fails with [`LockError::Recipient`].
    pub fn with_second_factor(
        mut self,
        recipient: &str,
        identity: Option<Zeroizing<String>>,
    ) -> Result<Self, LockError> {
        parse_recipient(recipient)?;
        self.second = Some(SecondFactor {
            recipient: recipient.to_owned(),
            identity,
        });
        Ok(self)
    }

    /// Seals a secret for the disk.
    pub fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, LockError> {
        let mut recipient = scrypt::Recipient::new(self.passphrase.clone());
        if let Some(work) = self.work {
            recipient.set_work_factor(work);
        }
        let inner = encrypt(&recipient, secret)?;
        match &self.second {
            Some(second) => encrypt(&*parse_recipient(&second.recipient)?, &inner),
            None => Ok(inner),
        }
    }

    /// Opens what [`Lock::seal`] has sealed.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, LockError> {
        let mut identity = scrypt::Identity::new(self.passphrase.clone());
        identity.set_max_work_factor(MAX_WORK);
        let identity: [&dyn age::Identity; 1] = [&identity];
        let Some(second) = &self.second else {
            return decrypt(&identity, sealed);
        };
        let text = second.identity.as_ref().ok_or(LockError::SecondFactor)?;
        let factors = IdentityFile::from_buffer(text.as_bytes())
            .map_err(|_| LockError::Identity)?
            .with_callbacks(Terminal)
            .into_identities()?;
        let factors: Vec<&dyn age::Identity> = factors.iter().map(|one| &**one as _).collect();
        decrypt(&identity, &decrypt(&factors, sealed)?)
    }
}

/// Whether the text names a recipient, native or of a plugin.
pub fn is_recipient(text: &str) -> bool {
    parse_recipient(text).is_ok() || text.parse::<plugin::Recipient>().is_ok()
}

/// Seals a message to one native recipient.
pub(crate) fn seal_to(recipient: &str, message: &[u8]) -> Result<Vec<u8>, LockError> {
    let recipient: x25519::Recipient = recipient.parse().map_err(|_| LockError::Recipient)?;
    encrypt(&recipient, message)
}

/// Opens a message that was sealed to one native recipient.
pub(crate) fn open_with(
    identity: &x25519::Identity,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LockError> {
    decrypt(&[identity], sealed)
}

fn parse_recipient(text: &str) -> Result<Box<dyn Recipient>, LockError> {
    if let Ok(native) = text.parse::<x25519::Recipient>() {
        return Ok(Box::new(native));
    }
    let recipient: plugin::Recipient = text.parse().map_err(|_| LockError::Recipient)?;
    let name = recipient.plugin().to_owned();
    let plugin = plugin::RecipientPluginV1::new(&name, &[recipient], &[], Terminal)
        .map_err(|error| LockError::Plugin(error.to_string()))?;
    Ok(Box::new(plugin))
}

fn encrypt(recipient: &dyn Recipient, secret: &[u8]) -> Result<Vec<u8>, LockError> {
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient))?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(secret)?;
    writer.finish()?;
    Ok(sealed)
}

fn decrypt(
    identities: &[&dyn age::Identity],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LockError> {
    let reader = Decryptor::new(sealed)?.decrypt(identities.iter().copied())?;
    let mut secret = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.take(MAX_BYTES + 1).read_to_end(&mut secret)?;
    if secret.len() as u64 > MAX_BYTES {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    Ok(secret)
}

/// Passes on what a token asks for (to be touched, say); it has no way to ask for more.
#[derive(Clone)]
struct Terminal;

impl Callbacks for Terminal {
    fn display_message(&self, message: &str) {
        eprintln!("{message}");
    }

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _: &str) -> Option<String> {
        None
    }

    /// The PIN of a token.
    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        let pin = rpassword::prompt_password(format!("{description}: ")).ok()?;
        Some(SecretString::from(pin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret as _;

    fn words(passphrase: &str) -> Lock {
        Lock::passphrase(passphrase.into()).weakly()
    }

    fn key() -> (String, Zeroizing<String>) {
        let identity = x25519::Identity::generate();
        let text = identity.to_string().expose_secret().to_owned();
        (identity.to_public().to_string(), Zeroizing::new(text))
    }

    #[test]
    fn the_right_passphrase_opens_and_another_does_not() {
        let sealed = words("correct").seal(b"secret").unwrap();
        assert_eq!(*words("correct").open(&sealed).unwrap(), b"secret");
        assert!(words("wrong").open(&sealed).is_err());
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
    }

    #[test]
    fn of_two_factors_each_alone_fails() {
        let (recipient, identity) = key();
        let (other_recipient, other) = key();
        let lock = |passphrase, identity| {
            words(passphrase)
                .with_second_factor(&recipient, identity)
                .unwrap()
        };
        let sealed = lock("correct", None).seal(b"secret").unwrap();

        assert_eq!(
            *lock("correct", Some(identity.clone()))
                .open(&sealed)
                .unwrap(),
            b"secret"
        );
        // The token without the passphrase, the passphrase without the token.
        assert!(lock("wrong", Some(identity.clone())).open(&sealed).is_err());
        assert!(lock("correct", Some(other)).open(&sealed).is_err());
        assert!(matches!(
            lock("correct", None).open(&sealed),
            Err(LockError::SecondFactor)
        ));
        assert!(words("correct").open(&sealed).is_err());
        // What the second factor alone uncovers is again sealed.
        let key: x25519::Identity = identity.parse().unwrap();
        let inner = open_with(&key, &sealed).unwrap();
        assert!(!inner.windows(6).any(|bytes| bytes == b"secret"));
        assert!(is_recipient(&other_recipient));
    }

    #[test]
    fn text_that_names_no_recipient_is_refused() {
        for text in ["", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1"] {
            assert!(!is_recipient(text), "{text}");
        }
    }
}
