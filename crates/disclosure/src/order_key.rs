//! The key by which an authority signs the documents of its orders.
//!
//! A row of the registry may hold an OpenSSH `ssh-ed25519` public key. A document is signed with
//! `ssh-keygen -Y sign -f KEY -n heliograph-order FILE`, which
//! OpenSSH has since 8.1. The form of the signature is described in its `PROTOCOL.sshsig`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

/// The namespace of signatures under orders: one that was made for another purpose is none.
pub const NAMESPACE: &str = "heliograph-order";

const KEY_TYPE: &str = "ssh-ed25519";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
const VERSION: &[u8] = &1u32.to_be_bytes();

/// The public key of an authority.
pub struct OrderKey(VerifyingKey);

impl OrderKey {
    /// Reads the line of a `.pub` file: `ssh-ed25519 AAAA… comment`.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let kind = words.next().filter(|kind| *kind == KEY_TYPE);
        let blob = STANDARD.decode(words.next()?).ok()?;
        kind.and_then(|_| Self::from_blob(&blob))
    }

    /// The key of these 32 bytes, if they are one that only its holder can sign with.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    /// The public key as OpenSSH encodes it: its type and its bytes.
    fn from_blob(blob: &[u8]) -> Option<Self> {
        let mut blob = Reader(blob);
        blob.string().filter(|kind| *kind == KEY_TYPE.as_bytes())?;
        let bytes = blob.string()?.try_into().ok()?;
        blob.end()?;
        Self::from_bytes(bytes)
    }

    /// What the registry keeps of it.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// As OpenSSH writes it, without a comment.
    pub fn text(&self) -> String {
        let blob = [string(KEY_TYPE.as_bytes()), string(self.0.as_bytes())].concat();
        format!("{KEY_TYPE} {}", STANDARD.encode(blob))
    }

    /// Whether every document is signed by this key. `signatures` is the text of the `.sig` files,
    /// one after the other in any order. What else is there, or too much, makes it no.
    pub fn signed<'a>(
        &self,
        signatures: &str,
        documents: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> bool {
        let Some(signatures) = blocks(signatures) else {
            return false;
        };
        if documents.len() == 0 || signatures.len() != documents.len() {
            return false;
        }
        let parsed: Option<Vec<SshSignature>> = signatures
            .iter()
            .map(|block| SshSignature::parse(block))
            .collect();
        let parsed = parsed.unwrap_or_default();
        documents.into_iter().all(|document| {
            let hashes = (Sha256::digest(document), Sha512::digest(document));
            parsed.iter().any(|signature| {
                signature.key == self.to_bytes() && self.verifies(signature, &hashes.0, &hashes.1)
            })
        })
    }

    fn verifies(&self, signature: &SshSignature, sha256: &[u8], sha512: &[u8]) -> bool {
        let hash = match signature.hash {
            Hash::Sha256 => sha256,
            Hash::Sha512 => sha512,
        };
        let message = [
            MAGIC,
            &string(NAMESPACE.as_bytes()),
            &string(b""),
            &string(signature.hash.word()),
            &string(hash),
        ]
        .concat();
        let made = Signature::from_bytes(&signature.signature);
        self.0.verify_strict(&message, &made).is_ok()
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"sha256",
            Self::Sha512 => b"sha512",
        }
    }

    fn from_word(word: &[u8]) -> Option<Self> {
        [Self::Sha256, Self::Sha512]
            .into_iter()
            .find(|hash| hash.word() == word)
    }
}

/// A signature in our namespace.
struct SshSignature {
    key: [u8; 32],
    hash: Hash,
    signature: [u8; 64],
}

impl SshSignature {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes.strip_prefix(MAGIC)?.strip_prefix(VERSION)?);
        let key = OrderKey::from_blob(rest.string()?)?.to_bytes();
        rest.string().filter(|name| *name == NAMESPACE.as_bytes())?;
        rest.string().filter(|reserved| reserved.is_empty())?;
        let hash = Hash::from_word(rest.string()?)?;
        let mut made = Reader(rest.string()?);
        rest.end()?;
        made.string().filter(|kind| *kind == KEY_TYPE.as_bytes())?;
        let signature = made.string()?.try_into().ok()?;
        made.end()?;
        Some(Self {
            key,
            hash,
            signature,
        })
    }
}

/// The decoded blocks of a text; `None` when there is anything else in it but white space.
fn blocks(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (block, after) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        let block: String = block.split_whitespace().collect();
        blocks.push(STANDARD.decode(block).ok()?);
        rest = after.trim();
    }
    Some(blocks)
}

/// Strings as SSH has them: four bytes of length, then the content (RFC 4251, section 5).
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// Nothing may be left.
    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn string(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("names and hashes are short");
    [&length.to_be_bytes(), content].concat()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;
    use std::fs;
    use std::process::Command;

    /// Made with `ssh-keygen` of OpenSSH 9.2, under [`ORDER`].
    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObSfZO7oCGPK3Gm32XrT5A23PC0Z0S9/0kP2LyAnkFt court@example";
    const ORDER: &[u8] = b"%PDF-1.7\nAn order.\n%%EOF\n";
    const SHA512: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg5tJ9k7ugIY8rcabfZetPkDbc8L
RnRL3/SQ/YvICeQW0AAAAQaGVsaW9ncmFwaC1vcmRlcgAAAAAAAAAGc2hhNTEyAAAAUwAA
AAtzc2gtZWQyNTUxOQAAAEDS8rx4D5AHlZR+YkttZDSSh/6ZFjEok7uKj1CDT74kx516DU
fF+AqZnIn5oHm2JAjZM2ICPRoOeaCJyXzGNMkG
-----END SSH SIGNATURE-----
";
    const SHA256: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg5tJ9k7ugIY8rcabfZetPkDbc8L
RnRL3/SQ/YvICeQW0AAAAQaGVsaW9ncmFwaC1vcmRlcgAAAAAAAAAGc2hhMjU2AAAAUwAA
AAtzc2gtZWQyNTUxOQAAAED0aAEMFmtd+RtRa1Rm8vzSTBhPGjgHYfPa/vU8gV4kEz3hO8
5MMMUvfcu7j06zuQALQOx3v5UXbgO/DSFlJMsJ
-----END SSH SIGNATURE-----
";
    /// The same key and document, in the namespace `file`.
    const OTHER_NAMESPACE: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg5tJ9k7ugIY8rcabfZetPkDbc8L
RnRL3/SQ/YvICeQW0AAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
OQAAAEBq1dR9qGv1tbSQ535kXV1cUhVCj0essU4sIy/HnCVTtcuI8fOAWFxJay6AznKHI4
z9/A2ay6veY8uvRtFLG0oM
-----END SSH SIGNATURE-----
";

    fn key() -> OrderKey {
        OrderKey::parse(KEY).expect("a key")
    }

    fn signed(signatures: &str, documents: &[&[u8]]) -> bool {
        key().signed(signatures, documents.iter().copied())
    }

    /// Signs as `ssh-keygen` does.
    pub(crate) fn sign(key: &SigningKey, document: &[u8]) -> String {
        let public = OrderKey(key.verifying_key());
        let hash = Sha512::digest(document);
        let head = |inner: &[&[u8]]| {
            inner
                .iter()
                .flat_map(|one| string(one))
                .collect::<Vec<u8>>()
        };
        let fields = [NAMESPACE.as_bytes(), b"", b"sha512"];
        let message = [MAGIC, &head(&fields), &string(&hash)].concat();
        let made = key.sign(&message).to_bytes();
        let key = head(&[KEY_TYPE.as_bytes(), public.0.as_bytes()]);
        let made = head(&[KEY_TYPE.as_bytes(), &made]);
        let all = [
            MAGIC,
            VERSION,
            &string(&key),
            &head(&fields),
            &string(&made),
        ]
        .concat();
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(all))
    }

    #[test]
    fn what_ssh_keygen_signed_is_signed() {
        assert!(signed(SHA512, &[ORDER]));
        assert!(signed(SHA256, &[ORDER]));
        assert!(signed(&SHA512.replace('\n', "\r\n"), &[ORDER]));
        assert!(key().text() == KEY.rsplit_once(' ').expect("a comment").0);
    }

    #[test]
    fn another_document_key_or_purpose_is_not_signed() {
        assert!(!signed(SHA512, &[b"%PDF-1.7\nAnother.\n%%EOF\n"]));
        assert!(!signed(OTHER_NAMESPACE, &[ORDER]));
        let other = SigningKey::from_bytes(&[7; 32]);
        assert!(!signed(&sign(&other, ORDER), &[ORDER]));
        assert!(OrderKey(other.verifying_key()).signed(&sign(&other, ORDER), [ORDER].into_iter()));
    }

    #[test]
    fn every_document_needs_a_signature_and_none_is_left_over() {
        let own = SigningKey::from_bytes(&[7; 32]);
        let key = OrderKey(own.verifying_key());
        let (first, second) = (&b"first"[..], &b"second"[..]);
        let both = sign(&own, second) + &sign(&own, first);
        assert!(key.signed(&both, [first, second].into_iter()));
        let one = sign(&own, first);
        assert!(!key.signed(&one, [first, second].into_iter()));
        assert!(!key.signed(&both, [first].into_iter()));
        assert!(!key.signed(&format!("{one}{one}"), [first, second].into_iter()));
        assert!(!key.signed("", [].into_iter()));
        assert!(!key.signed(&format!("{one} and more"), [first].into_iter()));
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let rsa = KEY.replace("ssh-ed25519", "ssh-rsa");
        // The neutral point: whatever is signed, some signature holds.
        let weak = OrderKey(
            VerifyingKey::from_bytes(&{
                let mut one = [0; 32];
                one[0] = 1;
                one
            })
            .expect("a point"),
        );
        for line in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            &rsa,
            &KEY[..60],
            &weak.text(),
        ] {
            assert!(OrderKey::parse(line).is_none(), "{line}");
        }
    }

    /// Where OpenSSH is installed, what it signs now is asked, too.
    #[test]
    fn the_installed_ssh_keygen_agrees() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = |words: &[&str]| {
            let mut command = Command::new("ssh-keygen");
            command.args(words).current_dir(folder.path());
            command.output().is_ok_and(|done| done.status.success())
        };
        if !run(&["-q", "-t", "ed25519", "-N", "", "-f", "key"]) {
            return;
        }
        fs::write(folder.path().join("order.pdf"), ORDER).expect("written");
        assert!(run(&[
            "-Y",
            "sign",
            "-f",
            "key",
            "-n",
            NAMESPACE,
            "order.pdf"
        ]));
        let read = |name| fs::read_to_string(folder.path().join(name)).expect("written");
        let key = OrderKey::parse(&read("key.pub")).expect("a key");
        assert!(key.signed(&read("order.pdf.sig"), [ORDER].into_iter()));

        // And it takes ours.
        let own = SigningKey::from_bytes(&[7; 32]);
        let public = OrderKey(own.verifying_key()).text();
        fs::write(folder.path().join("signers"), format!("court {public}\n")).expect("written");
        fs::write(folder.path().join("own.sig"), sign(&own, ORDER)).expect("written");
        let mut check = Command::new("ssh-keygen");
        check.args([
            "-Y", "verify", "-f", "signers", "-I", "court", "-n", NAMESPACE, "-s", "own.sig",
        ]);
        let order = fs::File::open(folder.path().join("order.pdf")).expect("there");
        let checked = check.current_dir(folder.path()).stdin(order).output();
        assert!(checked.expect("started").status.success());
    }

    proptest! {
        #[test]
        fn bytes_from_outside_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let whole = [MAGIC, VERSION, &bytes].concat();
            for bytes in [&bytes, &whole] {
                let text = format!("{BEGIN}\n{}\n{END}", STANDARD.encode(bytes));
                prop_assert!(!signed(&text, &[ORDER]));
            }
            prop_assert!(!signed(&String::from_utf8_lossy(&bytes), &[ORDER]));
        }
    }
}
