//! Requests for secrets, and their answers.
//!
//! ```text
//! body     1 | user i64                     a person's secret
//!          2 | user i64                     forget a person
//!          3 | day u32                      today's secret
//!          4 | case 16                      a case's key
//!          5 | policy text                  pin the log
//!          6 | order                        secrets for an opening
//!          7 | order                        preserve secrets
//!          8 | proof                        extend
//!          9 | preserve u64                 release
//!         10 | preserve u64                 whose records are preserved
//!         11 | days u32                     erase what is due
//! proof    length u32 | entry | length u32 | proof text
//! order    user i64 | proof | records, each length u32 | bytes
//! answer   0u8 | secret 32                  to 1, 3 and 4
//!          0u8                              to 2, 5, 7, 8 and 9
//!          0u8 | secrets of 32 bytes each   to 6
//!          0u8 | user i64 | name 32         to 10, as the person is named in records
//!          0u8 | days u32 each              to 11
//!          1u8 | 2u8 today u32 | 3u8 | 4u8 | 5u8 | 6u8 | 7u8    erased, not today, not pinned,
//!                                           other log, bad policy, unavailable, malformed
//!          8u8 | refusal u8
//! ```

use crate::secrets_client::{LogProof, MAX_RECORDS, Order, Refusal, SecretsError};
use zeroize::Zeroizing;

/// What is asked for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SecretsRequest {
    Person(i64),
    ForgetPerson(i64),
    Today(u32),
    CaseKey([u8; 16]),
    PinLog(String),
    Open(Order),
    Preserve(Order),
    Extend(LogProof),
    Release(u64),
    PreservedPerson(u64),
    EraseDue(u32),
}

/// The bytes of a good answer without their first, erased when dropped; or why there is none.
pub(crate) type SecretsAnswer = Result<Zeroizing<Vec<u8>>, SecretsError>;

/// Appends the body of a request.
pub(super) fn encode(request: &SecretsRequest, out: &mut Vec<u8>) {
    use SecretsRequest as R;
    match request {
        R::Person(user_id) => tagged(out, 1, &user_id.to_le_bytes()),
        R::ForgetPerson(user_id) => tagged(out, 2, &user_id.to_le_bytes()),
        R::Today(day) => tagged(out, 3, &day.to_le_bytes()),
        R::CaseKey(case) => tagged(out, 4, case),
        R::PinLog(policy) => tagged(out, 5, policy.as_bytes()),
        R::Open(order) => {
            out.push(6);
            encode_order(order, out);
        }
        R::Preserve(order) => {
            out.push(7);
            encode_order(order, out);
        }
        R::Extend(proof) => {
            out.push(8);
            encode_proof(proof, out);
        }
        R::Release(preserve) => tagged(out, 9, &preserve.to_le_bytes()),
        R::PreservedPerson(preserve) => tagged(out, 10, &preserve.to_le_bytes()),
        R::EraseDue(days) => tagged(out, 11, &days.to_le_bytes()),
    }
}

/// Reads the body of a request; `None` when it is malformed.
pub(super) fn decode(body: &[u8]) -> Option<SecretsRequest> {
    use SecretsRequest as R;
    let (kind, mut rest) = body.split_first()?;
    let request = match kind {
        1 => R::Person(i64::from_le_bytes(take(&mut rest)?)),
        2 => R::ForgetPerson(i64::from_le_bytes(take(&mut rest)?)),
        3 => R::Today(u32::from_le_bytes(take(&mut rest)?)),
        4 => R::CaseKey(take(&mut rest)?),
        5 => R::PinLog(String::from_utf8(std::mem::take(&mut rest).to_vec()).ok()?),
        6 => R::Open(decode_order(&mut rest)?),
        7 => R::Preserve(decode_order(&mut rest)?),
        8 => R::Extend(decode_proof(&mut rest)?),
        9 => R::Release(u64::from_le_bytes(take(&mut rest)?)),
        10 => R::PreservedPerson(u64::from_le_bytes(take(&mut rest)?)),
        11 => R::EraseDue(u32::from_le_bytes(take(&mut rest)?)),
        _ => return None,
    };
    rest.is_empty().then_some(request)
}

/// The rest of an answer's frame.
pub(crate) fn encode_answer(answer: &SecretsAnswer) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(match answer {
        Ok(body) => [&[0], body.as_slice()].concat(),
        Err(SecretsError::Erased) => vec![1],
        Err(SecretsError::NotToday { today }) => [&[2], &today.to_le_bytes()[..]].concat(),
        Err(SecretsError::NotPinned) => vec![3],
        Err(SecretsError::OtherLog) => vec![4],
        Err(SecretsError::BadPolicy) => vec![5],
        Err(SecretsError::Unavailable) => vec![6],
        Err(SecretsError::Malformed) => vec![7],
        Err(SecretsError::Refused(refusal)) => vec![8, *refusal as u8],
    })
}

/// Reads the rest of an answer's frame. One that cannot be read counts as malformed.
pub(crate) fn decode_answer(rest: &[u8]) -> SecretsAnswer {
    let error = match *rest {
        [0, ref body @ ..] => return Ok(Zeroizing::new(body.to_vec())),
        [1] => SecretsError::Erased,
        [2, a, b, c, d] => SecretsError::NotToday {
            today: u32::from_le_bytes([a, b, c, d]),
        },
        [3] => SecretsError::NotPinned,
        [4] => SecretsError::OtherLog,
        [5] => SecretsError::BadPolicy,
        [6] => SecretsError::Unavailable,
        [8, number] => Refusal::from_number(number).map_or(SecretsError::Malformed, Into::into),
        _ => SecretsError::Malformed,
    };
    Err(error)
}

fn tagged(out: &mut Vec<u8>, kind: u8, body: &[u8]) {
    out.push(kind);
    out.extend_from_slice(body);
}

fn encode_order(order: &Order, out: &mut Vec<u8>) {
    out.extend_from_slice(&order.user_id.to_le_bytes());
    encode_proof(&order.logged, out);
    for record in &order.records {
        sized(out, record);
    }
}

fn encode_proof(proof: &LogProof, out: &mut Vec<u8>) {
    sized(out, &proof.entry);
    sized(out, proof.proof.as_bytes());
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn decode_order(rest: &mut &[u8]) -> Option<Order> {
    let user_id = i64::from_le_bytes(take(rest)?);
    let logged = decode_proof(rest)?;
    let mut records = Vec::new();
    while !rest.is_empty() {
        if records.len() == MAX_RECORDS {
            return None;
        }
        records.push(take_sized(rest)?.to_vec());
    }
    Some(Order {
        logged,
        user_id,
        records,
    })
}

fn decode_proof(rest: &mut &[u8]) -> Option<LogProof> {
    let entry = take_sized(rest)?.to_vec();
    let proof = String::from_utf8(take_sized(rest)?.to_vec()).ok()?;
    Some(LogProof { entry, proof })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

fn take_sized<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (bytes, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proof() -> LogProof {
        LogProof {
            entry: b"entry\n".to_vec(),
            proof: "proof\n".into(),
        }
    }

    fn requests() -> Vec<SecretsRequest> {
        use SecretsRequest as R;
        let order = Order {
            logged: proof(),
            user_id: -1,
            records: vec![vec![1; 271], vec![], vec![2; 239]],
        };
        vec![
            R::Person(i64::MAX),
            R::ForgetPerson(7),
            R::Today(20_000),
            R::CaseKey([9; 16]),
            R::PinLog("log …\n".into()),
            R::Open(order.clone()),
            R::Preserve(order),
            R::Extend(proof()),
            R::Release(1),
            R::PreservedPerson(2),
            R::EraseDue(90),
        ]
    }

    #[test]
    fn a_request_survives_the_wire_and_cut_short_is_malformed() {
        for (index, request) in requests().into_iter().enumerate() {
            let mut body = Vec::new();
            encode(&request, &mut body);
            assert_eq!(usize::from(body[0]), index + 1);
            assert!(decode(&body).is_some_and(|read| read == request));
            // A text, and the list of records, may end anywhere they like.
            let open_ended = matches!(index, 4..=6);
            for length in 0..body.len() {
                let cut = decode(&body[..length]);
                assert!(cut.is_none() || open_ended && cut.is_some_and(|read| read != request));
            }
        }
    }

    #[test]
    fn more_records_than_any_order_has_are_malformed() {
        let order = Order {
            logged: proof(),
            user_id: 1,
            records: vec![vec![]; MAX_RECORDS + 1],
        };
        let mut body = Vec::new();
        encode(&SecretsRequest::Open(order), &mut body);
        assert!(decode(&body).is_none());
    }

    #[test]
    fn an_answer_survives_the_wire() {
        let answers = [
            Ok(Zeroizing::new(vec![7; 32])),
            Ok(Zeroizing::new(vec![])),
            Err(SecretsError::Erased),
            Err(SecretsError::NotToday { today: 20_000 }),
            Err(SecretsError::NotPinned),
            Err(SecretsError::OtherLog),
            Err(SecretsError::BadPolicy),
            Err(SecretsError::Unavailable),
            Err(SecretsError::Malformed),
        ];
        let refused = (1..=8).map(|number| {
            let refusal = Refusal::from_number(number).expect("they are numbered");
            Err(SecretsError::Refused(refusal))
        });
        for answer in answers.into_iter().chain(refused) {
            assert_eq!(decode_answer(&encode_answer(&answer)), answer);
        }
    }

    proptest! {
        #[test]
        fn bytes_from_outside_never_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
            let _ = decode_answer(&bytes);
        }
    }
}
