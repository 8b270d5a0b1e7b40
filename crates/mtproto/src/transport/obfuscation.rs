//! obfuscated2: a cipher around the whole stream whose keys travel in its first 64 bytes. It hides
//! the protocol from simple filters and protects nothing else.

use aes::Aes256Enc;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::{Framing, ProxySecret};

/// Length of the header in front of an obfuscated stream.
pub(super) const HEADER: usize = 64;

/// Where the header names the framing, after decryption.
const TAG: usize = 56;

/// The two ciphers of an obfuscated stream.
pub(super) struct Obfuscation {
    incoming: CtrStream,
    outgoing: CtrStream,
}

impl Obfuscation {
    /// Reads the header as the server. Gives the framing that the client wants, or `None` if the
    /// header was not made with this secret (or none).
    pub(super) fn accept(
        header: &[u8; HEADER],
        secret: Option<&ProxySecret>,
    ) -> Option<(Framing, Box<Self>)> {
        let (mut incoming, outgoing) = key_streams(header, secret);
        let mut plain = *header;
        incoming.apply(&mut plain);
        let framing = match plain[TAG..TAG + 4] {
            [0xef, 0xef, 0xef, 0xef] => Framing::Abridged,
            [0xee, 0xee, 0xee, 0xee] => Framing::Intermediate,
            [0xdd, 0xdd, 0xdd, 0xdd] => Framing::Padded,
            _ => return None,
        };
        Some((framing, Box::new(Self { incoming, outgoing })))
    }

    pub(super) fn decrypt(&mut self, bytes: &mut [u8]) {
        self.incoming.apply(bytes);
    }

    pub(super) fn encrypt(&mut self, bytes: &mut [u8]) {
        self.outgoing.apply(bytes);
    }
}

/// The ciphers from client to server and back: the second pair of key and counter is the first,
/// read backwards.
fn key_streams(header: &[u8; HEADER], secret: Option<&ProxySecret>) -> (CtrStream, CtrStream) {
    let mut reversed = *header;
    reversed[8..56].reverse();
    (
        CtrStream::new(&header[8..56], secret),
        CtrStream::new(&reversed[8..56], secret),
    )
}

/// AES-256 in counter mode. Only key, counter and position are kept: the key schedule takes a
/// tenth of a microsecond to make and a kilobyte to keep, too much for a connection that idles.
struct CtrStream {
    key: [u8; 32],
    counter: [u8; 16],
    position: u64,
}

impl CtrStream {
    fn new(key_and_counter: &[u8], secret: Option<&ProxySecret>) -> Self {
        let (key, counter) = key_and_counter.split_at(32);
        let mut stream = Self {
            key: [0; 32],
            counter: [0; 16],
            position: 0,
        };
        stream.key.copy_from_slice(key);
        stream.counter.copy_from_slice(counter);
        if let Some(secret) = secret {
            let mixed = Sha256::new().chain_update(key).chain_update(secret.0);
            stream.key = mixed.finalize().into();
        }
        stream
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut cipher = Ctr128BE::<Aes256Enc>::new(&self.key.into(), &self.counter.into());
        cipher.seek(self.position);
        cipher.apply_keystream(bytes);
        self.position += bytes.len() as u64;
    }
}

impl Drop for CtrStream {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The client's side: makes the header from 64 random bytes, and the stream that belongs to it.
/// `None` if the random bytes happen to look like another transport; draw again.
#[cfg(any(test, feature = "client"))]
pub fn obfuscated_header(
    mut random: [u8; HEADER],
    framing: Framing,
    secret: Option<&ProxySecret>,
) -> Option<([u8; HEADER], super::Stream)> {
    use super::{Detected, Stream, detect};

    let tag = match framing {
        Framing::Abridged => 0xef,
        Framing::Intermediate => 0xee,
        Framing::Padded => 0xdd,
        Framing::Full => return None,
    };
    // Random bytes that a server would take for something else end up as anything but "unknown".
    let mut probe = random[..].into();
    if !matches!(detect(&mut probe, &[]), Detected::Unknown) {
        return None;
    }
    random[TAG..TAG + 4].fill(tag);
    let (mut outgoing, incoming) = key_streams(&random, secret);
    let mut encrypted = random;
    outgoing.apply(&mut encrypted);
    let mut header = random;
    header[TAG..].copy_from_slice(&encrypted[TAG..]);
    let obfuscation = Box::new(Obfuscation { incoming, outgoing });
    Some((header, Stream::new(framing, Some(obfuscation))))
}
