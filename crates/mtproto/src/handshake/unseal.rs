//! Opening what the client encrypted with our RSA key.
//!
//! Two paddings are in use: RSA_PAD, and the older one that three families of clients still send.
//! A server that tried one after the other, or stopped at the first wrong byte, would be an
//! oracle for its private key. So there is one RSA operation, both checks run to their ends in
//! constant time, their results are combined, and only then is anything looked at.

use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{MAX_EXPIRES_IN_S, NewNonce, Nonces};
use crate::{
    aes_ige::AesIge,
    pq::PqPair,
    server_key::{RSA_BYTES, ServerKey},
    wire::{
        Object, P_Q_INNER_DATA, P_Q_INNER_DATA_DC, P_Q_INNER_DATA_TEMP, P_Q_INNER_DATA_TEMP_DC,
        Reader,
    },
};

/// Lengths of the four kinds of inner data, `_dc` and `_temp` having the same: with numbers as
/// ours, every client writes exactly these.
const LENGTHS: [usize; 3] = [96, 100, 104];

/// The longest of them.
const LONGEST: usize = 104;

/// Where `new_nonce` begins. What is before it, after the constructor, is known to us.
const NEW_NONCE: usize = 64;

/// RSA_PAD encrypts 192 bytes of data and padding, and their hash.
const PADDED: usize = 192;

/// One ciphertext, and what must stand in it.
pub(super) struct Unseal {
    encrypted: [u8; RSA_BYTES],
    known: [u8; NEW_NONCE - 4],
}

/// What the client tells only us.
pub(super) struct Inner {
    pub(super) new_nonce: NewNonce,
    pub(super) dc: Option<i32>,
    pub(super) expires_in_s: Option<i32>,
}

impl Unseal {
    pub(super) fn new(encrypted: [u8; RSA_BYTES], puzzle: PqPair, nonces: &Nonces) -> Self {
        let fields = Object::new(0)
            .bytes(&puzzle.product().to_be_bytes())
            .bytes(&puzzle.p.to_be_bytes())
            .bytes(&puzzle.q.to_be_bytes())
            .raw(&nonces.nonce)
            .raw(&nonces.server_nonce)
            .finish();
        let known = fields[4..]
            .try_into()
            .expect("the fields have fixed lengths");
        Self { encrypted, known }
    }

    /// Decrypts and checks. `None` says nothing about what was wrong.
    pub(super) fn run(&self, key: &ServerKey) -> Option<Inner> {
        let (block, in_range) = key.decrypt_raw(&self.encrypted);
        let (new_form, new_ok) = open_rsa_pad(&block);
        let (old_form, old_ok) = open_sha1_padding(&block);

        let mut data = Zeroizing::new([0; LONGEST]);
        for (out, (new, old)) in data.iter_mut().zip(new_form.iter().zip(old_form)) {
            *out = u8::conditional_select(old, new, new_ok);
        }
        let fits = data[4..NEW_NONCE].ct_eq(&self.known);
        if !bool::from(in_range & (new_ok | old_ok) & fits) {
            return None;
        }
        // From here on the bytes are those of someone who encrypted them on purpose.
        parse(&data)
    }
}

/// RSA_PAD: a temporary AES key hidden by the hash of what it encrypts, which is the reversed data
/// and a hash over key and data.
fn open_rsa_pad(block: &[u8; RSA_BYTES]) -> (Zeroizing<[u8; PADDED]>, Choice) {
    let (hidden_key, encrypted) = block.split_at(32);
    let mut temp_key = Zeroizing::new([0u8; 32]);
    let hash = Sha256::digest(encrypted);
    for (out, (a, b)) in temp_key.iter_mut().zip(hidden_key.iter().zip(hash)) {
        *out = a ^ b;
    }
    let mut opened = Zeroizing::new([0u8; RSA_BYTES - 32]);
    opened.copy_from_slice(encrypted);
    let cipher = AesIge::with_zero_iv(temp_key);
    cipher.decrypt(&mut *opened);
    let (reversed, hash) = opened.split_at(PADDED);
    let mut data = Zeroizing::new([0; PADDED]);
    data.copy_from_slice(reversed);
    data.reverse();
    let expected = Sha256::new()
        .chain_update(cipher.key.as_slice())
        .chain_update(data.as_slice())
        .finalize();
    (data, expected.as_slice().ct_eq(hash))
}

/// The old form: a zero byte, SHA-1 of the data, the data, anything. The length of the data does
/// not travel, so each possible one is tried.
fn open_sha1_padding(block: &[u8; RSA_BYTES]) -> (&[u8; LONGEST], Choice) {
    let (hash, data) = block[1..].split_at(20);
    let mut ok = Choice::from(0);
    for len in LENGTHS {
        ok |= Sha1::digest(&data[..len]).as_slice().ct_eq(hash);
    }
    let data = data.first_chunk().expect("235 bytes hold 104");
    (data, ok & block[0].ct_eq(&0))
}

fn parse(data: &[u8; LONGEST]) -> Option<Inner> {
    let (has_dc, is_temporary) = match Reader::new(data).u32().ok()? {
        P_Q_INNER_DATA => (false, false),
        P_Q_INNER_DATA_DC => (true, false),
        P_Q_INNER_DATA_TEMP => (false, true),
        P_Q_INNER_DATA_TEMP_DC => (true, true),
        _ => return None,
    };
    let mut reader = Reader::new(&data[NEW_NONCE..]);
    let new_nonce = Zeroizing::new(reader.array().ok()?);
    let dc = if has_dc {
        Some(reader.i32().ok()?)
    } else {
        None
    };
    let expires_in_s = if is_temporary {
        let seconds = reader.i32().ok()?;
        if seconds <= 0 {
            return None;
        }
        Some(seconds.min(MAX_EXPIRES_IN_S))
    } else {
        None
    };
    Some(Inner {
        new_nonce,
        dc,
        expires_in_s,
    })
}
