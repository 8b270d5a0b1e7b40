//! The wrappers that a call may come in, in any nesting. Their ids have never changed.

use bytes::Bytes;
use heliograph_api::{Result, RpcError, text};
use heliograph_domain::keys::ClientInfo;
use heliograph_mtproto::MsgId;
use heliograph_mtproto::gzip;
use heliograph_tl::{Decode, DecodeError, Reader, enums};

const INVOKE_WITH_LAYER: u32 = 0xda9b_0d0d;
const INIT_CONNECTION: u32 = 0xc1cd_5ea9;
const INVOKE_WITHOUT_UPDATES: u32 = 0xbf94_59b7;
const INVOKE_AFTER_MSG: u32 = 0xcb9f_372d;
const INVOKE_AFTER_MSGS: u32 = 0x3dc4_b4f0;
const INVOKE_WITH_MESSAGES_RANGE: u32 = 0x365275f2;
const INVOKE_WITH_TAKEOUT: u32 = 0xaca9_fd2e;
const MESSAGE_RANGE: u32 = 0x0ae3_0253;
const INPUT_CLIENT_PROXY: u32 = 0x7558_8b3f;
const GZIP_PACKED: u32 = 0x3072_cfa1;

/// How deep wrappers may nest; clients use four.
const DEPTH_MAX: usize = 12;

/// How many calls one call may wait for.
const AFTER_MAX: usize = 100;

/// How much a compressed call may become, in bytes.
const UNPACKED_MAX: usize = 1 << 20;

/// How long a text of `initConnection` is kept, in characters.
const WORD_CHARS_MAX: usize = 64;

/// A call without its wrappers, and what they said.
#[derive(Debug, Default)]
pub(crate) struct Peeled {
    /// The call itself.
    pub body: Bytes,
    /// `invokeWithLayer`: the client's layer.
    pub layer: Option<u16>,
    /// `initConnection`: what the client says about itself.
    pub client: Option<ClientInfo>,
    /// `invokeWithoutUpdates`: the session wants no pushes.
    pub without_updates: bool,
    /// `invokeAfterMsg(s)`: calls that must be answered first.
    pub after: Vec<MsgId>,
}

/// Takes a call out of its wrappers.
///
/// Fails with `INPUT_FETCH_ERROR`, `CONNECTION_LAYER_INVALID` or `INPUT_REQUEST_TOO_LONG`.
pub(crate) fn peel(body: Bytes) -> Result<Peeled> {
    let mut peeled = Peeled {
        body,
        ..Peeled::default()
    };
    for _ in 0..DEPTH_MAX {
        if !peeled.peel_one()? {
            return Ok(peeled);
        }
    }
    Err(text::INPUT_FETCH_ERROR.into())
}

/// Entry point for fuzzers: a call in any wrappers; panics only if a promise is broken.
#[doc(hidden)]
pub fn fuzz_wrappers(data: &[u8]) {
    if let Ok(peeled) = peel(Bytes::copy_from_slice(data)) {
        assert!(peeled.after.len() <= AFTER_MAX);
        assert!(peeled.body.len() <= data.len().max(UNPACKED_MAX));
    }
}

impl Peeled {
    /// Takes one wrapper off; whether there was one.
    fn peel_one(&mut self) -> Result<bool> {
        let body = self.body.clone();
        let mut reader = Reader::new(&body);
        match reader.u32().map_err(unreadable)? {
            INVOKE_WITH_LAYER => {
                let layer = reader.u32().map_err(unreadable)?;
                let layer = u16::try_from(layer).map_err(|_| text::CONNECTION_LAYER_INVALID)?;
                // The outermost word counts.
                self.layer.get_or_insert(layer);
            }
            INIT_CONNECTION => {
                let client = read_client(&mut reader).map_err(unreadable)?;
                self.client.get_or_insert(client);
            }
            INVOKE_WITHOUT_UPDATES => self.without_updates = true,
            INVOKE_AFTER_MSG => self
                .after
                .push(read_msg_id(&mut reader).map_err(unreadable)?),
            INVOKE_AFTER_MSGS => {
                let count = reader.vector_header().map_err(unreadable)?;
                for _ in 0..count {
                    self.after
                        .push(read_msg_id(&mut reader).map_err(unreadable)?);
                }
            }
            INVOKE_WITH_MESSAGES_RANGE => {
                reader.expect_id(MESSAGE_RANGE).map_err(unreadable)?;
                reader.take(8).map_err(unreadable)?;
            }
            INVOKE_WITH_TAKEOUT => {
                reader.take(8).map_err(unreadable)?;
            }
            GZIP_PACKED => {
                let mut budget = UNPACKED_MAX;
                self.body = gzip::unpack(&body, &mut budget)
                    .map_err(|_| RpcError::from(text::INPUT_REQUEST_TOO_LONG))?;
                return Ok(true);
            }
            _ => return Ok(false),
        }
        if self.after.len() > AFTER_MAX {
            return Err(text::INPUT_REQUEST_TOO_LONG.into());
        }
        self.body = body.slice_ref(reader.rest());
        Ok(true)
    }
}

fn unreadable(_: DecodeError) -> RpcError {
    text::INPUT_FETCH_ERROR.into()
}

fn read_msg_id(reader: &mut Reader<'_>) -> Result<MsgId, DecodeError> {
    reader.array().map(|bytes| MsgId(i64::from_le_bytes(bytes)))
}

/// `initConnection#c1cd5ea9 flags:# api_id:int device_model:string system_version:string
/// app_version:string system_lang_code:string lang_pack:string lang_code:string
/// proxy:flags.0?InputClientProxy params:flags.1?JSONValue query:!X`.
fn read_client(reader: &mut Reader<'_>) -> Result<ClientInfo, DecodeError> {
    let flags = reader.u32()?;
    let api_id = reader.u32()? as i32;
    let mut words = [const { String::new() }; 6];
    for word in &mut words {
        *word = String::from_utf8_lossy(reader.bytes()?)
            .chars()
            .filter(|c| !c.is_control())
            .take(WORD_CHARS_MAX)
            .collect();
    }
    if flags & 1 != 0 {
        reader.expect_id(INPUT_CLIENT_PROXY)?;
        reader.bytes()?;
        reader.u32()?;
    }
    if flags & 2 != 0 {
        enums::JSONValue::decode(reader)?;
    }
    let [
        device_model,
        system_version,
        app_version,
        system_lang_code,
        _,
        lang_code,
    ] = words;
    Ok(ClientInfo {
        api_id,
        device_model,
        system_version,
        app_version,
        system_lang_code,
        lang_code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_tl::{Encode, functions};

    fn call() -> Vec<u8> {
        functions::help::GetConfig {}.to_bytes()
    }

    fn layer(layer: u32, query: &[u8]) -> Vec<u8> {
        [
            &INVOKE_WITH_LAYER.to_le_bytes(),
            &layer.to_le_bytes(),
            query,
        ]
        .concat()
    }

    fn init(query: &[u8]) -> Vec<u8> {
        let mut out = INIT_CONNECTION.to_le_bytes().to_vec();
        out.extend(0_u32.to_le_bytes());
        out.extend(7_u32.to_le_bytes());
        for word in ["device", "system", "1.0", "en", "", "en"] {
            heliograph_tl::put_bytes(&mut out, word.as_bytes());
        }
        out.extend(query);
        out
    }

    #[test]
    fn wrappers_come_off_in_any_order() {
        let after = [
            &INVOKE_AFTER_MSG.to_le_bytes()[..],
            &8_i64.to_le_bytes(),
            &call(),
        ]
        .concat();
        for body in [layer(227, &init(&after)), init(&layer(227, &after))] {
            let peeled = peel(body.into()).expect("wrappers that clients use");
            assert_eq!(peeled.body, call());
            assert_eq!(peeled.layer, Some(227));
            assert_eq!(peeled.after, [MsgId(8)]);
            assert_eq!(
                peeled.client.map(|client| client.device_model),
                Some("device".into())
            );
        }
    }

    #[test]
    fn endless_wrappers_are_refused() {
        let mut body = call();
        for _ in 0..=DEPTH_MAX {
            body = [&INVOKE_WITHOUT_UPDATES.to_le_bytes()[..], &body].concat();
        }
        assert!(peel(body.into()).is_err());
    }

    #[test]
    fn a_wrapper_cut_short_is_an_error() {
        let whole = layer(227, &init(&call()));
        for end in 0..whole.len() - 4 {
            assert!(peel(whole[..end].to_vec().into()).is_err(), "{end}");
        }
    }
}
