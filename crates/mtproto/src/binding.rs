//! Binding a temporary key to a permanent one
//! (<https://core.telegram.org/api/pfs>, `auth.bindTempAuthKey`).
//!
//! The client proves that it has the permanent key by a message in the envelope of MTProto 1.0,
//! the only place where that envelope lives on.

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    aes_ige::AesIge,
    auth_key::AuthKey,
    msg_id::MsgId,
    wire::{BIND_AUTH_KEY_INNER, Reader, Truncated},
};

/// `bind_auth_key_inner` is 40 bytes long, behind a header of 32.
const PLAINTEXT: usize = 72;

/// In whole blocks.
const ENCRYPTED: usize = 80;

/// What the client binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Must be the nonce in the outer call.
    pub nonce: i64,
    /// Must be the key that the outer call came under.
    pub temp_auth_key_id: i64,
    /// Must be the permanent key that was used to open the proof.
    pub perm_auth_key_id: i64,
    /// Must be the session that the outer call came in.
    pub temp_session_id: i64,
    /// Seconds since 1970; must be the one in the outer call.
    pub expires_at_s: i32,
}

/// The proof is not valid: `ENCRYPTED_MESSAGE_INVALID` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a valid proof of the permanent key")]
pub struct BadBinding;

impl From<Truncated> for BadBinding {
    fn from(_: Truncated) -> Self {
        Self
    }
}

/// Opens `encrypted_message` of `auth.bindTempAuthKey` with the permanent key. `call` is the id
/// of the message that the call came in; the proof must carry the same. The caller compares the
/// fields of the result with the call's.
pub fn open(permanent: &AuthKey, proof: &[u8], call: MsgId) -> Result<Binding, BadBinding> {
    let mut reader = Reader::new(proof);
    let key_id = reader.i64()?;
    let msg_key: [u8; 16] = reader.array()?;
    let encrypted: [u8; ENCRYPTED] = reader.array()?;
    if key_id != permanent.id() || !reader.rest().is_empty() {
        return Err(BadBinding);
    }
    let mut plaintext = Zeroizing::new(encrypted);
    derive(permanent, &msg_key, Half::ToServer).decrypt(&mut *plaintext);
    let hash = Sha1::digest(&plaintext[..PLAINTEXT]);
    if !bool::from(hash[4..].ct_eq(&msg_key)) {
        return Err(BadBinding);
    }

    // 16 random bytes stand where salt and session usually do.
    let mut reader = Reader::new(&plaintext[16..PLAINTEXT]);
    let msg_id = MsgId(reader.i64()?);
    let _seqno = reader.i32()?;
    let len = reader.u32()?;
    let constructor = reader.u32()?;
    if msg_id != call || len != 40 || constructor != BIND_AUTH_KEY_INNER {
        return Err(BadBinding);
    }
    Ok(Binding {
        nonce: reader.i64()?,
        temp_auth_key_id: reader.i64()?,
        perm_auth_key_id: reader.i64()?,
        temp_session_id: reader.i64()?,
        expires_at_s: reader.i32()?,
    })
}

/// Which 128 bytes of a key an envelope of MTProto 1.0 uses: those from here on.
#[derive(Clone, Copy)]
pub(crate) enum Half {
    /// From client to server.
    ToServer = 0,
    /// From server to client; files of an app, too.
    ToClient = 8,
}

/// The AES key of one message of MTProto 1.0
/// (<https://core.telegram.org/mtproto/description_v1>).
pub(crate) fn derive(auth_key: &AuthKey, msg_key: &[u8; 16], half: Half) -> AesIge {
    let bytes = &auth_key.bytes()[half as usize..];
    let sha1 = |parts: [&[u8]; 3]| -> [u8; 20] {
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part);
        }
        hash.finalize().into()
    };
    let a = sha1([msg_key, &bytes[..32], &[]]);
    let b = sha1([&bytes[32..48], msg_key, &bytes[48..64]]);
    let c = sha1([&bytes[64..96], msg_key, &[]]);
    let d = sha1([msg_key, &bytes[96..128], &[]]);
    let mut key = Zeroizing::new([0; 32]);
    key[..8].copy_from_slice(&a[..8]);
    key[8..20].copy_from_slice(&b[8..]);
    key[20..].copy_from_slice(&c[4..16]);
    let mut iv = Zeroizing::new([0; 32]);
    iv[..12].copy_from_slice(&a[8..]);
    iv[12..20].copy_from_slice(&b[..8]);
    iv[20..24].copy_from_slice(&c[16..]);
    iv[24..].copy_from_slice(&d[..8]);
    AesIge { key, iv }
}
