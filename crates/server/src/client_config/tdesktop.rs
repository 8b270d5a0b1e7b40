//! A profile of Telegram Desktop that leads here.
//!
//! The app keeps where the data centres are, and the keys of those that need one of their own, in the
//! sealed file `configs` of its profile. It looks for a key there before it takes one of its own, so a
//! profile that was written beforehand leads the unmodified app here. The form is that of 4.6; later
//! versions append fields and read this as well.

use super::Target;
use heliograph_mtproto::{AuthKey, Entropy, local};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use sha2::{Digest, Sha512};
use std::io::{self, Cursor, Write as _};
use std::path::Path;
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The version of the app that is written into the files, as it counts: 4.6.5.
const APP_VERSION: i32 = 4_006_005;
/// The folder in which a profile comes, unless another one is named.
pub const FOLDER: &str = "heliograph-tdesktop";
/// The folder that the app looks for in it.
const DATA: &str = "tdata";
/// The name of the folder of the first account.
const ACCOUNT: &str = "D877F783D5D3EF8C";
/// The data centres that the app knows.
const CENTRES: std::ops::RangeInclusive<i32> = 1..=5;
/// A centre whose address does not change.
const STATIC: i32 = 16;
/// A profile without a passcode stretches nothing.
const ROUNDS_WITHOUT_PASSCODE: usize = 1;

/// Why no profile was written.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// It would overwrite one.
    #[error("{0} is there already; name another folder with --folder")]
    Exists(String),
    /// The files could not be written.
    #[error("the profile cannot be written: {0}")]
    Io(#[from] io::Error),
    /// OpenSSL failed.
    #[error("no key could be made: {0}")]
    Key(#[from] ErrorStack),
}

/// Writes a profile into `folder` and answers with what to do next.
pub fn write(
    folder: &Path,
    target: &Target,
    entropy: &mut dyn Entropy,
) -> Result<String, ProfileError> {
    let data = folder.join(DATA);
    if data.exists() {
        return Err(ProfileError::Exists(data.display().to_string()));
    }
    let profile = Profile::make(target, entropy)?;
    std::fs::create_dir_all(data.join(ACCOUNT))?;
    for (name, bytes) in profile.files() {
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(format!(
        "Wrote a profile of Telegram Desktop that leads to {}. Start the app on it with\n\n    \
         telegram-desktop -workdir {} -many\n\nand sign in with your phone number.\n",
        target.address,
        folder.display()
    ))
}

/// The same as a ZIP archive: the folder [`FOLDER`].
pub fn zipped(target: &Target, entropy: &mut dyn Entropy) -> Result<Vec<u8>, ProfileError> {
    let profile = Profile::make(target, entropy)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in profile.files() {
        archive
            .start_file(format!("{FOLDER}/{name}"), stored)
            .and_then(|()| Ok(archive.write_all(bytes)?))
            .map_err(io::Error::from)?;
    }
    Ok(archive.finish().map_err(io::Error::from)?.into_inner())
}

/// The files of a profile. They hold the address and the key of the server, under keys that nobody
/// else needs: what is in a profile without a passcode is no secret.
struct Profile {
    keys: Vec<u8>,
    configs: Vec<u8>,
}

impl Profile {
    fn make(target: &Target, entropy: &mut dyn Entropy) -> Result<Self, ProfileError> {
        let (mut salt, mut local) = ([0; 32], [0; 256]);
        entropy.fill(&mut salt);
        entropy.fill(&mut local);
        let passcode = passcode_key(&salt)?;
        let local = AuthKey::from_bytes(local);

        let mut keys = Stream::default();
        keys.bytes(&salt);
        keys.bytes(&local::seal(&passcode, local.bytes(), entropy));
        // One account, the first, which is the one shown.
        let mut accounts = Stream::default();
        for number in [1, 0, 0] {
            accounts.int(number);
        }
        keys.bytes(&local::seal(&local, &accounts.0, entropy));

        let (mut inner, mut configs) = (Stream::default(), Stream::default());
        inner.bytes(&configuration(target));
        configs.bytes(&local::seal(&local, &inner.0, entropy));
        Ok(Profile {
            keys: file(&keys.0),
            configs: file(&configs.0),
        })
    }

    /// Each with its name in the folder of the profile.
    fn files(&self) -> [(String, &[u8]); 2] {
        [
            (format!("{DATA}/key_datas"), &self.keys),
            (format!("{DATA}/{ACCOUNT}/configs"), &self.configs),
        ]
    }
}

/// The key that a profile without a passcode seals its own key with.
fn passcode_key(salt: &[u8]) -> Result<AuthKey, ErrorStack> {
    let hash = Sha512::new()
        .chain_update(salt)
        .chain_update(salt)
        .finalize();
    let mut key = [0; 256];
    let digest = MessageDigest::sha512();
    pbkdf2_hmac(&hash, salt, ROUNDS_WITHOUT_PASSCODE, digest, &mut key)?;
    Ok(AuthKey::from_bytes(key))
}

/// A file of the app: its mark and version, the body, and a sum over all of it.
fn file(body: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"TDF$";
    let version = APP_VERSION.to_le_bytes();
    let summed = [body, &(body.len() as i32).to_le_bytes(), &version, MARK].concat();
    // Telegram Desktop's own sum against torn files; nothing is kept safe by it.
    let sum = openssl::hash::hash(MessageDigest::md5(), &summed).expect("MD5 of bytes in memory");
    [MARK, &version, body, &sum].concat()
}

/// The app's configuration: where each centre is and which key it has, then times and limits.
fn configuration(target: &Target) -> Vec<u8> {
    const FORM: i32 = 1;
    const PRODUCTION: i32 = 0;
    // Its own defaults: sizes of groups, times of being online and of reading, calls, and so on.
    const LIMITS: [i32; 19] = [
        200,
        10_000,
        100,
        120_000,
        5_000,
        30_000,
        1_000,
        300_000,
        30_000,
        1_500,
        200,
        172_800,
        i32::MAX,
        i32::MAX,
        1,
        30,
        5,
        5,
        100,
    ];
    const CALLS: [i32; 6] = [604_800, 20_000, 90_000, 30_000, 10_000, 4];
    const CAPTIONS_AND_MODES: [i32; 3] = [1, 0, 1024];
    let mut out = Stream::default();
    out.int(FORM);
    out.int(PRODUCTION);
    out.bytes(&centres(target));
    out.ints(&LIMITS);
    out.text("https://t.me/");
    out.ints(&CALLS);
    // The host that would be asked over DNS for other addresses.
    out.text("localhost");
    out.ints(&CAPTIONS_AND_MODES);
    out.text("\u{1f44d}");
    out.0.extend(0_u64.to_be_bytes());
    out.0
}

/// All centres are here, each with our key.
fn centres(target: &Target) -> Vec<u8> {
    const FORM: i32 = -2;
    const EXPONENT: [u8; 3] = [1, 0, 1];
    let count = CENTRES.count() as i32;
    let host = target.address.ip().to_string();
    let mut out = Stream::default();
    out.ints(&[FORM, count]);
    for centre in CENTRES {
        out.ints(&[centre, STATIC, i32::from(target.address.port())]);
        out.bytes(host.as_bytes());
        // No secret of a proxy.
        out.int(0);
    }
    out.int(count);
    for centre in CENTRES {
        out.int(centre);
        out.bytes(target.key.modulus());
        out.bytes(&EXPONENT);
    }
    out.0
}

/// Numbers and bytes as Qt's `QDataStream` writes them.
#[derive(Default)]
struct Stream(Vec<u8>);

impl Stream {
    fn int(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }

    fn ints(&mut self, values: &[i32]) {
        for value in values {
            self.int(*value);
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        self.int(value.len() as i32);
        self.0.extend(value);
    }

    fn text(&mut self, value: &str) {
        let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_be_bytes).collect();
        self.bytes(&wide);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::target;
    use super::*;

    #[test]
    fn a_profile_is_written_once_and_never_over_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let random = &mut |out: &mut [u8]| out.fill(7);
        let words = write(folder.path(), &target(), random).expect("written");
        assert!(words.contains("telegram-desktop -workdir"), "{words}");
        let configs = folder.path().join("tdata").join(ACCOUNT).join("configs");
        let written = std::fs::read(configs).expect("a file");
        assert_eq!(written[..4], *b"TDF$");
        let again = write(folder.path(), &target(), random);
        assert!(matches!(again, Err(ProfileError::Exists(_))));
    }

    #[test]
    fn the_archive_has_the_same_files_in_their_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let random = &mut |out: &mut [u8]| out.fill(7);
        let target = target();
        write(folder.path(), &target, random).expect("written");
        let archive = zipped(&target, random).expect("packed");
        let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
        assert_eq!(archive.len(), 2);
        for name in ["key_datas", &format!("{ACCOUNT}/configs")] {
            let name = format!("{DATA}/{name}");
            let mut packed = Vec::new();
            let mut file = archive.by_name(&format!("{FOLDER}/{name}")).expect(&name);
            io::copy(&mut file, &mut packed).expect("whole");
            let written = std::fs::read(folder.path().join(&name)).expect("written");
            assert!(packed == written, "{name}");
        }
    }

    #[test]
    fn every_centre_is_at_our_address_and_has_our_key() {
        let target = target();
        let written = centres(&target);
        let host = [&[0, 0, 0, 9][..], b"192.0.2.7"].concat();
        let count = |part: &[u8]| written.windows(part.len()).filter(|at| *at == part).count();
        assert_eq!((count(&host), count(target.key.modulus())), (5, 5));
    }
}
