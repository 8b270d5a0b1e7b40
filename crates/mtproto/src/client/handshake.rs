//! Making a key, client side: one type per step, each consumed by the next.

use openssl::rsa::Rsa;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::BadServer;
use crate::{
    aes_ige::AesIge,
    auth_key::AuthKey,
    dh::{DhPair, GENERATOR, PRIME, is_in_bounds},
    entropy::{Entropy, draw},
    handshake::{NewNonce, TempKey, new_nonce_hash},
    server_key::{ServerKey, encrypt_raw},
    wire::{
        CLIENT_DH_INNER_DATA, DH_GEN_OK, Object, P_Q_INNER_DATA, P_Q_INNER_DATA_DC,
        P_Q_INNER_DATA_TEMP, P_Q_INNER_DATA_TEMP_DC, REQ_DH_PARAMS, REQ_PQ, REQ_PQ_MULTI, RES_PQ,
        Reader, SERVER_DH_INNER_DATA, SERVER_DH_PARAMS_OK, SET_CLIENT_DH_PARAMS,
    },
};

/// What a client knows of the server's key.
#[derive(Clone, Debug)]
pub struct ServerPublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    fingerprint: i64,
}

impl ServerPublicKey {
    /// The public half of a key at hand.
    pub fn of(key: &ServerKey) -> Self {
        let (modulus, exponent) = key.public_parts();
        Self {
            modulus,
            exponent,
            fingerprint: key.fingerprint(),
        }
    }

    /// Reads PKCS#1 PEM; `fingerprint` as the server prints it when it starts.
    pub fn from_pem(pem: &[u8], fingerprint: i64) -> Result<Self, BadServer> {
        let rsa = Rsa::public_key_from_pem_pkcs1(pem).map_err(|_| BadServer)?;
        Ok(Self {
            modulus: rsa.n().to_vec(),
            exponent: rsa.e().to_vec(),
            fingerprint,
        })
    }
}

/// The two ways to encrypt to the server's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaPadding {
    /// The current one.
    RsaPad,
    /// The one before, which some clients still use.
    Sha1,
}

/// Which of the forms in use a client takes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Begin with `req_pq_multi` instead of `req_pq`.
    pub multi: bool,
    /// How to encrypt.
    pub padding: RsaPadding,
    /// The data centre to name, if any.
    pub dc: Option<i32>,
    /// Ask for a temporary key that lives so many seconds.
    pub expires_in_s: Option<i32>,
}

impl Default for Options {
    /// What current clients do for a permanent key.
    fn default() -> Self {
        Self {
            multi: true,
            padding: RsaPadding::RsaPad,
            dc: Some(2),
            expires_in_s: None,
        }
    }
}

/// Before the first message.
pub struct Start {
    nonce: [u8; 16],
    options: Options,
}

impl Start {
    /// Chooses a nonce.
    pub fn new(options: Options, entropy: &mut dyn Entropy) -> Self {
        Self {
            nonce: draw(entropy),
            options,
        }
    }

    /// The first message.
    pub fn request(&self) -> Vec<u8> {
        let constructor = if self.options.multi {
            REQ_PQ_MULTI
        } else {
            REQ_PQ
        };
        Object::new(constructor).raw(&self.nonce).finish()
    }

    /// Solves the puzzle in `resPQ` and encrypts a secret to the server: the second message.
    pub fn choose(
        self,
        res_pq: &[u8],
        key: &ServerPublicKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(Vec<u8>, Chosen), BadServer> {
        let mut reader = Reader::new(res_pq);
        let fits = reader.u32()? == RES_PQ && reader.array()? == self.nonce;
        let server_nonce = reader.array()?;
        let pq = <[u8; 8]>::try_from(reader.bytes()?).map_err(|_| BadServer)?;
        if !fits || !reader.longs(16)?.contains(&key.fingerprint) {
            return Err(BadServer);
        }
        let (p, q) = factor(u64::from_be_bytes(pq)).ok_or(BadServer)?;
        let chosen = Chosen {
            nonce: self.nonce,
            server_nonce,
            new_nonce: Zeroizing::new(draw(entropy)),
        };
        let inner = Inner {
            options: self.options,
            pq,
            p,
            q,
            nonce: self.nonce,
            server_nonce,
            new_nonce: *chosen.new_nonce,
        };
        let encrypted = encrypt(&inner.encode(), self.options.padding, key, entropy);
        let request = Object::new(REQ_DH_PARAMS)
            .raw(&self.nonce)
            .raw(&server_nonce)
            .bytes(&p.to_be_bytes())
            .bytes(&q.to_be_bytes())
            .long(key.fingerprint)
            .bytes(&encrypted);
        Ok((request.finish(), chosen))
    }
}

/// `p_q_inner_data` in one of its four forms.
pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) pq: [u8; 8],
    pub(crate) p: u32,
    pub(crate) q: u32,
    pub(crate) nonce: [u8; 16],
    pub(crate) server_nonce: [u8; 16],
    pub(crate) new_nonce: [u8; 32],
}

impl Inner {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let constructor = match (self.options.dc, self.options.expires_in_s) {
            (None, None) => P_Q_INNER_DATA,
            (Some(_), None) => P_Q_INNER_DATA_DC,
            (None, Some(_)) => P_Q_INNER_DATA_TEMP,
            (Some(_), Some(_)) => P_Q_INNER_DATA_TEMP_DC,
        };
        let mut object = Object::new(constructor)
            .bytes(&self.pq)
            .bytes(&self.p.to_be_bytes())
            .bytes(&self.q.to_be_bytes())
            .raw(&self.nonce)
            .raw(&self.server_nonce)
            .raw(&self.new_nonce);
        let numbers = [self.options.dc, self.options.expires_in_s];
        for number in numbers.into_iter().flatten() {
            object = object.int(number);
        }
        object.finish()
    }
}

/// Encrypts to the server's key. The data must have at most 144 bytes.
pub(crate) fn encrypt(
    data: &[u8],
    padding: RsaPadding,
    key: &ServerPublicKey,
    entropy: &mut dyn Entropy,
) -> [u8; 256] {
    loop {
        let block = match padding {
            RsaPadding::RsaPad => rsa_pad(data, entropy),
            RsaPadding::Sha1 => sha1_padding(data, entropy),
        };
        // A block that happens to be above the modulus is drawn again.
        if let Some(encrypted) = encrypt_raw(&key.modulus, &key.exponent, &block) {
            return encrypted;
        }
    }
}

pub(crate) fn rsa_pad(data: &[u8], entropy: &mut dyn Entropy) -> [u8; 256] {
    let mut padded: [u8; 192] = draw(entropy);
    padded[..data.len()].copy_from_slice(data);
    let temp_key: [u8; 32] = draw(entropy);
    let hash = Sha256::new()
        .chain_update(temp_key)
        .chain_update(padded)
        .finalize();
    let mut block = [0; 256];
    let (hidden_key, encrypted) = block.split_at_mut(32);
    padded.reverse();
    encrypted[..192].copy_from_slice(&padded);
    encrypted[192..].copy_from_slice(&hash);
    AesIge::with_zero_iv(Zeroizing::new(temp_key)).encrypt(encrypted);
    let hash = Sha256::digest(&*encrypted);
    for (out, (a, b)) in hidden_key.iter_mut().zip(temp_key.iter().zip(hash)) {
        *out = a ^ b;
    }
    block
}

pub(crate) fn sha1_padding(data: &[u8], entropy: &mut dyn Entropy) -> [u8; 256] {
    let mut block: [u8; 256] = draw(entropy);
    block[0] = 0;
    block[1..21].copy_from_slice(&Sha1::digest(data));
    block[21..21 + data.len()].copy_from_slice(data);
    block
}

/// After the second message.
pub struct Chosen {
    nonce: [u8; 16],
    server_nonce: [u8; 16],
    new_nonce: NewNonce,
}

impl Chosen {
    /// Takes the server's power and answers with ours: the third message.
    pub fn agree(
        self,
        answer: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(Vec<u8>, Agreed), BadServer> {
        let mut reader = Reader::new(answer);
        if reader.u32()? != SERVER_DH_PARAMS_OK || !self.nonces_fit(&mut reader)? {
            return Err(BadServer);
        }
        let temp_key = TempKey::derive(&self.new_nonce, &self.server_nonce);
        let mut data = reader.bytes()?.to_vec();
        if !bool::from(temp_key.open(&mut data)) {
            return Err(BadServer);
        }
        let mut reader = Reader::new(&data[20..]);
        let fits = reader.u32()? == SERVER_DH_INNER_DATA
            && self.nonces_fit(&mut reader)?
            && reader.i32()? == GENERATOR
            && reader.bytes()? == PRIME;
        let g_a = <[u8; 256]>::try_from(reader.bytes()?).map_err(|_| BadServer)?;
        if !fits || !is_in_bounds(&g_a) {
            return Err(BadServer);
        }
        let pair = DhPair::make(entropy);
        let inner = Object::new(CLIENT_DH_INNER_DATA)
            .raw(&self.nonce)
            .raw(&self.server_nonce)
            .long(0)
            .bytes(pair.public())
            .finish();
        let request = Object::new(SET_CLIENT_DH_PARAMS)
            .raw(&self.nonce)
            .raw(&self.server_nonce)
            .bytes(&temp_key.seal(&inner, entropy));
        let key = AuthKey::from_bytes(*pair.agree(&g_a));
        Ok((request.finish(), Agreed { chosen: self, key }))
    }

    fn nonces_fit(&self, reader: &mut Reader) -> Result<bool, BadServer> {
        Ok(reader.array()? == self.nonce && reader.array()? == self.server_nonce)
    }
}

/// After the third message.
pub struct Agreed {
    chosen: Chosen,
    key: AuthKey,
}

/// A key that the server has accepted.
pub struct Finished {
    /// The key.
    pub key: AuthKey,
    /// The salt to begin with.
    pub salt: i64,
}

impl Agreed {
    /// Checks the server's verdict.
    pub fn finish(self, answer: &[u8]) -> Result<Finished, BadServer> {
        let Self { chosen, key } = self;
        let mut reader = Reader::new(answer);
        let fits = reader.u32()? == DH_GEN_OK
            && chosen.nonces_fit(&mut reader)?
            && reader.array()? == new_nonce_hash(&chosen.new_nonce, 1, &key);
        if !fits {
            return Err(BadServer);
        }
        let mut salt = [0; 8];
        for (i, byte) in salt.iter_mut().enumerate() {
            *byte = chosen.new_nonce[i] ^ chosen.server_nonce[i];
        }
        Ok(Finished {
            key,
            salt: i64::from_le_bytes(salt),
        })
    }
}

/// Pollard's rho with Floyd's cycle: the two primes of a product, the smaller first.
pub(crate) fn factor(product: u64) -> Option<(u32, u32)> {
    let n = u128::from(product);
    (1..32).find_map(|constant| {
        let next = |x: u128| (x * x + constant) % n;
        let (mut slow, mut fast) = (2, 2);
        loop {
            slow = next(slow);
            fast = next(next(fast));
            let divisor = gcd(slow.abs_diff(fast), n);
            if divisor == n {
                return None;
            }
            if divisor != 1 {
                let a = u32::try_from(divisor).ok()?;
                let b = u32::try_from(n / divisor).ok()?;
                return Some((a.min(b), a.max(b)));
            }
        }
    })
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
