//! What is said over the socket: one request, one answer, each in a length-prefixed frame.
//!
//! ```text
//! frame    length of the rest u32 | rest
//! request  version u8 = 2 | 0u8 | purpose u8 | caller u64 | 1 to 500 elements of 32 bytes
//!          version u8 = 2 | 255u8                                  the counts of past days
//!          version u8 = 2 | a request for a secret, see [`secrets`]
//! answer   0u8 | 1 to 500 elements    in the order of the request, as far as the budget went
//!          1u8 | wait_s u32           budget spent
//!          2u8 | 3u8 | 4u8            malformed | unavailable | case answered
//!          days                       each day u32 | sign-in u32 | contacts u32 | desk u32
//! ```
//! Integers are little-endian. Both ends are of one release; the version is there so that a
//! keeper left running across an upgrade refuses instead of misreading.

pub(crate) mod secrets;

use crate::budget::Evaluations;
use crate::client::{KeeperError, MAX_BATCH, Purpose};
use heliograph_vault::oprf::ELEMENT_BYTES;
use secrets::SecretsRequest;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const VERSION: u8 = 2;

const EVALUATE: u8 = 0;
const EVALUATIONS: u8 = 255;

const EVALUATE_HEAD_BYTES: usize = 1 + 8;

/// The longest frame, without its length field: ample for an order of 1,000 records of about 300
/// bytes with its proof.
const MAX_FRAME_BYTES: usize = 1 << 20;

const OK: u8 = 0;
const BUDGET: u8 = 1;
const MALFORMED: u8 = 2;
const UNAVAILABLE: u8 = 3;
const CASE_ANSWERED: u8 = 4;

/// A request as it travels.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Apply the phone-tag key.
    Evaluate(Evaluate),
    /// Tell how often that was done.
    Evaluations,
    /// A secret, or its end.
    Secrets(SecretsRequest),
}

/// What to apply the phone-tag key to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evaluate {
    pub(crate) purpose: Purpose,
    pub(crate) caller: u64,
    pub(crate) blinded: Vec<[u8; ELEMENT_BYTES]>,
}

/// An answer as it travels.
pub(crate) type Answer = Result<Vec<[u8; ELEMENT_BYTES]>, KeeperError>;

/// The rest of a request's frame, to apply the phone-tag key.
pub(crate) fn encode_evaluate(purpose: Purpose, caller: u64, blinded: &[[u8; 32]]) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::SignIn => 0,
        Purpose::Import => 1,
        Purpose::Desk => 2,
    };
    let mut rest = Vec::with_capacity(2 + EVALUATE_HEAD_BYTES + size_of_val(blinded));
    rest.extend_from_slice(&[VERSION, EVALUATE, purpose]);
    rest.extend_from_slice(&caller.to_le_bytes());
    rest.extend_from_slice(blinded.as_flattened());
    rest
}

/// The rest of a request's frame, for a secret.
pub(crate) fn encode_secrets(request: &SecretsRequest) -> Vec<u8> {
    let mut rest = vec![VERSION];
    secrets::encode(request, &mut rest);
    rest
}

/// The rest of a request's frame, for the counts of past days.
pub(crate) fn encode_evaluations() -> Vec<u8> {
    vec![VERSION, EVALUATIONS]
}

/// The rest of the answer to it.
pub(crate) fn encode_days(days: &[Evaluations]) -> Vec<u8> {
    let numbers = days
        .iter()
        .flat_map(|own| [own.day, own.sign_in, own.contacts, own.desk]);
    numbers.flat_map(u32::to_le_bytes).collect()
}

/// Reads it; `None` when it is malformed.
pub(crate) fn decode_days(rest: &[u8]) -> Option<Vec<Evaluations>> {
    let (numbers, odd) = rest.as_chunks::<4>();
    let (days, more) = numbers.as_chunks::<4>();
    let read = |numbers: &[[u8; 4]; 4]| {
        let [day, sign_in, contacts, desk] = numbers.map(u32::from_le_bytes);
        Evaluations {
            day,
            sign_in,
            contacts,
            desk,
        }
    };
    (odd.is_empty() && more.is_empty()).then(|| days.iter().map(read).collect())
}

/// Reads the rest of a request's frame; `None` when it is malformed.
pub(crate) fn decode_request(rest: &[u8]) -> Option<Request> {
    match rest {
        [VERSION, EVALUATIONS] => Some(Request::Evaluations),
        [VERSION, EVALUATE, body @ ..] => decode_evaluate(body).map(Request::Evaluate),
        [VERSION, body @ ..] => secrets::decode(body).map(Request::Secrets),
        _ => None,
    }
}

fn decode_evaluate(body: &[u8]) -> Option<Evaluate> {
    let (head, elements) = body.split_first_chunk::<EVALUATE_HEAD_BYTES>()?;
    let [purpose, caller @ ..] = *head;
    let purpose = match purpose {
        0 => Purpose::SignIn,
        1 => Purpose::Import,
        2 => Purpose::Desk,
        _ => return None,
    };
    Some(Evaluate {
        purpose,
        caller: u64::from_le_bytes(caller),
        blinded: decode_elements(elements)?,
    })
}

/// The rest of an answer's frame.
pub(crate) fn encode_answer(answer: &Answer) -> Vec<u8> {
    match answer {
        Ok(evaluated) => [&[OK], evaluated.as_flattened()].concat(),
        Err(KeeperError::Budget { wait_s }) => [&[BUDGET], &wait_s.to_le_bytes()[..]].concat(),
        Err(KeeperError::Malformed) => vec![MALFORMED],
        Err(KeeperError::Unavailable) => vec![UNAVAILABLE],
        Err(KeeperError::CaseAnswered) => vec![CASE_ANSWERED],
    }
}

/// Reads the rest of an answer's frame. One that cannot be read counts as malformed.
pub(crate) fn decode_answer(rest: &[u8]) -> Answer {
    match *rest {
        [OK, ref elements @ ..] => decode_elements(elements).ok_or(KeeperError::Malformed),
        [BUDGET, a, b, c, d] => Err(KeeperError::Budget {
            wait_s: u32::from_le_bytes([a, b, c, d]),
        }),
        [UNAVAILABLE] => Err(KeeperError::Unavailable),
        [CASE_ANSWERED] => Err(KeeperError::CaseAnswered),
        _ => Err(KeeperError::Malformed),
    }
}

fn decode_elements(bytes: &[u8]) -> Option<Vec<[u8; ELEMENT_BYTES]>> {
    let (elements, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
    let counted = !elements.is_empty() && elements.len() <= MAX_BATCH;
    (counted && rest.is_empty()).then(|| elements.to_vec())
}

/// Reads a frame's length; an error of kind `InvalidData` when it is longer than any frame is.
///
/// Length and rest are read apart, so that a reader can wait long for the one and not for the
/// other.
pub(crate) async fn read_length(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
    let length = stream.read_u32_le().await? as usize;
    if length > MAX_FRAME_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(length)
}

/// Reads the rest of a frame.
pub(crate) async fn read_rest(
    stream: &mut (impl AsyncRead + Unpin),
    length: usize,
) -> io::Result<Vec<u8>> {
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    Ok(rest)
}

/// Writes one frame.
pub(crate) async fn write_frame(
    stream: &mut (impl AsyncWrite + Unpin),
    rest: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(rest.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream
        .write_all(&[&length.to_le_bytes(), rest].concat())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_of_days_survive_the_wire() {
        let request = decode_request(&encode_evaluations());
        assert!(request == Some(Request::Evaluations));
        let day = |day| Evaluations {
            day,
            sign_in: 1,
            contacts: u32::MAX,
            desk: 0,
        };
        for days in [vec![], vec![day(7), day(9)]] {
            assert_eq!(decode_days(&encode_days(&days)), Some(days));
        }
        assert_eq!(decode_days(&[0; 15]), None);
        assert_eq!(decode_days(&[0; 20]), None);
    }

    #[test]
    fn request_survives_the_wire() {
        for purpose in [Purpose::SignIn, Purpose::Import, Purpose::Desk] {
            for count in [1, 2, MAX_BATCH] {
                let blinded = vec![[7; 32]; count];
                let rest = encode_evaluate(purpose, u64::MAX - 1, &blinded);
                let evaluate = Evaluate {
                    purpose,
                    caller: u64::MAX - 1,
                    blinded,
                };
                assert!(rest.len() <= MAX_FRAME_BYTES);
                assert!(decode_request(&rest) == Some(Request::Evaluate(evaluate)));
            }
        }
    }

    #[test]
    fn request_with_no_or_too_many_or_broken_elements_is_malformed() {
        for count in [0, MAX_BATCH + 1] {
            let rest = encode_evaluate(Purpose::Import, 1, &vec![[7; 32]; count]);
            assert!(decode_request(&rest).is_none());
        }
        let rest = encode_evaluate(Purpose::Import, 1, &[[7; 32]]);
        for length in 0..rest.len() {
            assert!(decode_request(&rest[..length]).is_none());
        }
    }

    #[test]
    fn request_of_another_version_or_purpose_is_malformed() {
        let rest = encode_evaluate(Purpose::Import, 1, &[[7; 32]]);
        for (index, value) in [(0, 0), (0, 1), (0, 3), (1, 255), (2, 3), (2, 255)] {
            let mut other = rest.clone();
            other[index] = value;
            assert!(decode_request(&other).is_none());
        }
    }

    #[test]
    fn answer_survives_the_wire() {
        let answers = [
            Ok(vec![[7; 32]; 3]),
            Err(KeeperError::Budget { wait_s: 86_400 }),
            Err(KeeperError::CaseAnswered),
            Err(KeeperError::Unavailable),
            Err(KeeperError::Malformed),
        ];
        for answer in answers {
            assert_eq!(decode_answer(&encode_answer(&answer)), answer);
        }
    }

    proptest! {
        #[test]
        fn bytes_from_outside_never_panic(rest: Vec<u8>) {
            let _ = decode_request(&rest);
            let _ = decode_answer(&rest);
        }
    }
}
