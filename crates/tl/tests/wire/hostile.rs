//! Bytes that nobody should send: an error, never a panic, and no memory to speak of.

use crate::support::{Density, Random, codec_of};
use heliograph_tl::{
    Decode, DecodeError, Encode, Function, MAX_DEPTH, Reader, SCHEMA, enums, functions,
    put_vector_header,
};
use heliograph_tl_schema::Schema;

#[test]
fn every_value_cut_short_is_refused() {
    let schema = Schema::parse(SCHEMA).expect("the build script printed it");
    let mut random = Random::new(&schema, 1);
    for definition in schema.definitions() {
        let bytes = random.definition(definition, Density::Full);
        for length in 0..bytes.len() {
            assert!(
                codec_of(definition)(&bytes[..length]).is_err(),
                "{length} bytes of {definition}"
            );
        }
    }
}

#[test]
fn bytes_after_the_value_are_refused() {
    let schema = Schema::parse(SCHEMA).expect("the build script printed it");
    let mut random = Random::new(&schema, 2);
    for definition in schema.definitions() {
        let mut bytes = random.definition(definition, Density::Mixed);
        bytes.extend([0; 4]);
        assert_eq!(
            codec_of(definition)(&bytes),
            Err(DecodeError::TrailingBytes),
            "{definition}"
        );
    }
}

#[test]
fn damaged_values_never_panic() {
    let schema = Schema::parse(SCHEMA).expect("the build script printed it");
    let mut random = Random::new(&schema, 3);
    for definition in schema.definitions() {
        for _ in 0..40 {
            let mut bytes = random.definition(definition, Density::Mixed);
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at..].fill(0xff),
                _ => {
                    let from = random.below(bytes.len());
                    bytes.copy_within(from.., at.min(from));
                }
            }
            // Damage may leave a valid value; then what is written must be readable again.
            if let Ok(written) = codec_of(definition)(&bytes) {
                assert_eq!(codec_of(definition)(&written), Ok(written), "{definition}");
            }
        }
    }
}

#[test]
fn a_count_beyond_the_bytes_is_refused_before_anything_is_allocated() {
    let mut bytes = functions::users::GetUsers::ID.to_bytes();
    put_vector_header(&mut bytes, u32::MAX as usize);
    bytes.extend([0; 64]);
    let read = functions::users::GetUsers::from_bytes(&bytes);
    assert_eq!(read, Err(DecodeError::TooManyElements));
}

#[test]
fn small_elements_cannot_grow_beyond_the_budget() {
    let me = enums::InputUser::Self_.to_bytes();
    let request = |count: usize| {
        let mut bytes = functions::users::GetUsers::ID.to_bytes();
        put_vector_header(&mut bytes, count);
        bytes.extend(me.repeat(count));
        functions::users::GetUsers::from_bytes(&bytes).map(|read| read.id.len())
    };
    assert_eq!(request(1000), Ok(1000));
    assert_eq!(request(1 << 18), Err(DecodeError::OverBudget));
}

#[test]
fn texts_are_charged_to_the_budget() {
    let text = "x".repeat(100).to_bytes();
    let read = |budget| String::decode(&mut Reader::with_budget(&text, budget)).map(|it| it.len());
    assert_eq!(read(100), Ok(100));
    assert_eq!(read(99), Err(DecodeError::OverBudget));
}

#[test]
fn nesting_ends_at_the_limit() {
    // inputPeerUserFromMessage holds a peer, which may be another inputPeerUserFromMessage.
    let nested = |depth: u32| {
        let mut bytes = Vec::new();
        (1..depth).for_each(|_| 0xa87b0a1c_u32.encode(&mut bytes));
        enums::InputPeer::Self_.encode(&mut bytes);
        (1..depth).for_each(|_| bytes.extend([0; 12]));
        enums::InputPeer::from_bytes(&bytes).map(|_| ())
    };
    assert_eq!(nested(MAX_DEPTH), Ok(()));
    assert_eq!(nested(MAX_DEPTH + 1), Err(DecodeError::TooDeep));
    assert_eq!(nested(100_000), Err(DecodeError::TooDeep));
}

#[test]
fn nesting_through_vectors_ends_at_the_limit() {
    let mut bytes = Vec::new();
    for _ in 0..100_000 {
        0xf7444763_u32.encode(&mut bytes); // jsonArray
        put_vector_header(&mut bytes, 1);
    }
    enums::JSONValue::JsonNull.encode(&mut bytes);
    assert_eq!(
        enums::JSONValue::from_bytes(&bytes),
        Err(DecodeError::TooDeep)
    );
}

#[test]
fn flag_bits_without_a_meaning_are_refused() {
    // updates.getDifference has bits 0 to 2.
    let mut bytes = functions::updates::GetDifference::default().to_bytes();
    bytes[7] = 0x80;
    let read = functions::updates::GetDifference::from_bytes(&bytes);
    assert_eq!(read, Err(DecodeError::UnknownFlag));
}

#[test]
fn texts_are_utf_8_and_bytes_are_anything() {
    assert_eq!(
        String::from_bytes(b"\x02\xc3\x28\0"),
        Err(DecodeError::InvalidUtf8)
    );
    assert_eq!(
        Vec::<u8>::from_bytes(b"\x02\xc3\x28\0"),
        Ok(vec![0xc3, 0x28])
    );
}

#[test]
fn impossible_lengths_are_refused() {
    assert_eq!(
        String::from_bytes(&[255; 8]),
        Err(DecodeError::InvalidLength)
    );
    assert_eq!(
        String::from_bytes(b"\xfe\xff\xff\xff"),
        Err(DecodeError::Truncated)
    );
    assert_eq!(
        String::from_bytes(b"\x01a"),
        Err(DecodeError::Truncated),
        "no padding"
    );
    assert_eq!(
        bool::from_bytes(&[0; 4]),
        Err(DecodeError::UnknownConstructor)
    );
}
