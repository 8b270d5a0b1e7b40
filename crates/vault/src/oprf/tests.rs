//! The function against the RFC's published values and against the `voprf` crate.

use super::*;
use hex_literal::hex;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use voprf::{BlindedElement, EvaluationElement, OprfClient, OprfServer, Ristretto255};

assert_not_impl_any!(OprfKey: std::fmt::Debug, std::fmt::Display, Clone);
assert_not_impl_any!(Blinded: std::fmt::Debug, std::fmt::Display, Clone);
assert_not_impl_any!(OprfOutput: std::fmt::Debug, std::fmt::Display, Clone);
assert_impl_all!(OprfKey: ZeroizeOnDrop);
assert_impl_all!(Blinded: ZeroizeOnDrop);
assert_impl_all!(OprfOutput: ZeroizeOnDrop);

// RFC 9497, appendix A.1.1 (ristretto255-SHA512, OPRF mode): both vectors share seed and blind.
const SEED: [u8; 32] = [0xa3; 32];
const KEY_INFO: &[u8] = b"test key";
const KEY: [u8; 32] = hex!("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e");
const BLIND: [u8; 32] = hex!("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706");

/// The order of the group, 2^252 + 27742317777372353535851937790883648493, little-endian.
const ORDER: [u8; 32] = hex!("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

fn element(bytes: &[u8; 32]) -> Element {
    Element::from_bytes(bytes).expect("a valid element")
}

fn check_vector(input: &[u8], blinded: [u8; 32], evaluated: [u8; 32], output: [u8; 64]) {
    let key = OprfKey::derive(&SEED, KEY_INFO).expect("a short info");
    let blind = Scalar::from_canonical_bytes(BLIND).expect("canonical");
    let client = Blinded::with_blind(input, blind).expect("a usable input");
    assert_eq!(client.element().to_bytes(), blinded);
    assert_eq!(evaluate(&key, &element(&blinded)).to_bytes(), evaluated);
    assert_eq!(client.finalize(&element(&evaluated)).as_bytes(), &output);
}

#[test]
fn derived_key_matches_rfc_9497() {
    let key = OprfKey::derive(&SEED, KEY_INFO).expect("a short info");
    assert_eq!(*key.to_bytes(), KEY);
}

#[test]
fn first_vector_of_rfc_9497_holds() {
    check_vector(
        &hex!("00"),
        hex!("609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"),
        hex!("7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"),
        hex!(
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ),
    );
}

#[test]
fn second_vector_of_rfc_9497_holds() {
    check_vector(
        &[0x5a; 17],
        hex!("da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"),
        hex!("b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"),
        hex!(
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ),
    );
}

#[test]
fn key_survives_its_encoding() {
    let key = OprfKey::from_bytes(&KEY).expect("canonical");
    assert_eq!(*key.to_bytes(), KEY);
}

#[test]
fn key_that_is_zero_or_not_canonical_is_refused() {
    let mut order_plus_one = ORDER;
    order_plus_one[0] += 1;
    for bytes in [[0; 32], ORDER, order_plus_one, [0xff; 32]] {
        assert_eq!(OprfKey::from_bytes(&bytes).err(), Some(OprfError::Scalar));
    }
}

#[test]
fn key_plus_the_order_is_refused() {
    // The same scalar in another encoding; accepting it would give one key two names.
    let mut sum = [0u8; 32];
    let mut carry = 0u16;
    for (index, byte) in sum.iter_mut().enumerate() {
        carry += u16::from(KEY[index]) + u16::from(ORDER[index]);
        *byte = carry as u8;
        carry >>= 8;
    }
    assert_eq!(OprfKey::from_bytes(&sum).err(), Some(OprfError::Scalar));
}

#[test]
fn element_that_is_not_canonical_or_the_identity_is_refused() {
    // RFC 9496, appendix A.2 names the classes: non-canonical field elements, negative field
    // elements, non-square x^2, negative x*y, s = -1. The first entry is the identity.
    let refused = [
        [0; 32],
        hex!("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        hex!("f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        hex!("0100000000000000000000000000000000000000000000000000000000000000"),
        hex!("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
        hex!("3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e"),
        hex!("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ];
    for bytes in refused {
        assert_eq!(Element::from_bytes(&bytes).err(), Some(OprfError::Element));
    }
}

#[test]
fn entropy_of_zeros_is_refused() {
    assert_eq!(
        Blinded::new(b"input", &[0; 64]).err(),
        Some(OprfError::Entropy)
    );
}

#[test]
fn input_longer_than_its_length_field_is_refused() {
    assert!(Blinded::new(&vec![1; 65_535], &[7; 64]).is_ok());
    assert_eq!(
        Blinded::new(&vec![1; 65_536], &[7; 64]).err(),
        Some(OprfError::Input)
    );
    assert_eq!(
        OprfKey::derive(&SEED, &vec![1; 65_536]).err(),
        Some(OprfError::Input)
    );
}

#[test]
fn output_depends_on_key_and_input_but_not_on_the_blind() {
    let tag = |key_seed: u8, input: &[u8], entropy: u8| {
        let key = OprfKey::derive(&[key_seed; 32], b"test").expect("a short info");
        let client = Blinded::new(input, &[entropy; 64]).expect("a usable input");
        let evaluated = evaluate(&key, &client.element());
        *client.finalize(&evaluated).as_bytes()
    };
    assert_eq!(tag(1, b"a", 3), tag(1, b"a", 4));
    assert_ne!(tag(1, b"a", 3), tag(1, b"b", 3));
    assert_ne!(tag(1, b"a", 3), tag(2, b"a", 3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn our_client_and_their_server_agree_with_their_client_and_our_server(
        seed: [u8; 32],
        input in proptest::collection::vec(any::<u8>(), 0..80),
        entropy in proptest::array::uniform32(any::<u8>()),
    ) {
        let key = OprfKey::derive(&seed, b"oracle").expect("a short info");
        let their_server =
            OprfServer::<Ristretto255>::new_with_key(&*key.to_bytes()).expect("canonical");

        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&entropy);
        wide[63] = 1;
        let ours = Blinded::new(&input, &wide).expect("a usable input");
        let blinded = BlindedElement::<Ristretto255>::deserialize(&ours.element().to_bytes())
            .expect("a valid element");
        let evaluated: [u8; 32] = their_server.blind_evaluate(&blinded).serialize().into();
        let our_output = ours.finalize(&element(&evaluated));

        let mut rng = ChaCha20Rng::from_seed(entropy);
        let theirs = OprfClient::<Ristretto255>::blind(&input, &mut rng).expect("a usable input");
        let evaluated = evaluate(&key, &element(&theirs.message.serialize().into()));
        let evaluated = EvaluationElement::<Ristretto255>::deserialize(&evaluated.to_bytes())
            .expect("a valid element");
        let their_output = theirs.state.finalize(&input, &evaluated).expect("a usable input");

        let their_output: [u8; 64] = their_output.into();
        prop_assert_eq!(our_output.as_bytes(), &their_output);
    }

    #[test]
    fn element_that_is_accepted_has_no_other_encoding(bytes: [u8; 32]) {
        if let Ok(element) = Element::from_bytes(&bytes) {
            prop_assert_eq!(element.to_bytes(), bytes);
        }
    }
}
