//! The server's half against the client's: ours, and another project's.

use super::*;
use grammers_crypto::two_factor_auth::calculate_2fa;
use heliograph_model::{GENERATOR, PRIME};

const SALTS: Salts<'_> = Salts {
    first: b"eight of ours, and the client's own",
    second: b"sixteen of ours!",
};

fn verifier(password: &str) -> Verifier {
    Verifier::parse(&client::verifier(password, SALTS)).expect("a password gives one")
}

fn challenge(verifier: &Verifier) -> Challenge {
    Challenge::make(verifier, Zeroizing::new([0x5a; SECRET_BYTES]))
}

/// What the server says to a client that believes the password to be `typed`.
fn check(kept: &str, typed: &str) -> Result<(), Refusal> {
    let verifier = verifier(kept);
    let challenge = challenge(&verifier);
    let (a, m1) = client::answer(typed, SALTS, challenge.public(), &[7; 256]);
    challenge.check(&verifier, SALTS, &a, &m1)
}

#[test]
fn the_password_is_taken_and_another_is_not() {
    assert_eq!(check("Analytical Engine", "Analytical Engine"), Ok(()));
    for wrong in ["analytical engine", "Analytical Engine ", ""] {
        assert_eq!(check("Analytical Engine", wrong), Err(Refusal::Password));
    }
}

#[test]
fn a_client_of_another_project_agrees() {
    let verifier = verifier("Ünï ©øde 🔑");
    for typed in ["Ünï ©øde 🔑", "something else"] {
        let challenge = challenge(&verifier);
        let (m1, a) = calculate_2fa(
            SALTS.first,
            SALTS.second,
            &PRIME,
            &GENERATOR,
            challenge.public().to_vec(),
            vec![0x91; 256],
            typed,
        );
        let ours = client::answer(typed, SALTS, challenge.public(), &[0x91; 256]);
        assert_eq!(ours, (a, m1), "our client computes the same");
        let taken = challenge.check(&verifier, SALTS, &a, &m1).is_ok();
        assert_eq!(taken, typed.starts_with('Ü'));
    }
}

/// With `A = 0` or a multiple of `p` the shared value is 0, whatever the password.
#[test]
fn a_public_value_that_would_fix_the_key_is_refused_with_the_proof_that_fits_it() {
    let verifier = verifier("secret");
    let mut below = PRIME;
    below[ELEMENT_BYTES - 1] -= 1;
    let mut above = PRIME;
    above[ELEMENT_BYTES - 1] += 1;
    let mut one = [0; ELEMENT_BYTES];
    one[ELEMENT_BYTES - 1] = 1;
    for a in [[0; ELEMENT_BYTES], PRIME, one, below, above, [0xff; 256]] {
        let challenge = challenge(&verifier);
        let key = digest(&[&[0; ELEMENT_BYTES]]);
        let m1 = proof(SALTS, &a, challenge.public(), &key);
        let refused = challenge.check(&verifier, SALTS, &a, &m1);
        assert_eq!(refused, Err(Refusal::PublicValue));
    }
    for a in [&[][..], &[0; 257], &[1; 300]] {
        let refused = challenge(&verifier).check(&verifier, SALTS, a, &[0; 32]);
        assert_eq!(refused, Err(Refusal::PublicValue));
    }
}

#[test]
fn a_proof_is_good_for_one_challenge_one_salt_and_one_public_value() {
    let verifier = verifier("secret");
    let first = challenge(&verifier);
    let (a, m1) = client::answer("secret", SALTS, first.public(), &[7; 256]);
    let other = Challenge::make(&verifier, Zeroizing::new([0x33; SECRET_BYTES]));
    assert_ne!(first.public(), other.public());
    let replayed = other.check(&verifier, SALTS, &a, &m1);
    assert_eq!(replayed, Err(Refusal::Password));

    let salts = Salts {
        second: b"of another day",
        ..SALTS
    };
    let resalted = challenge(&verifier).check(&verifier, salts, &a, &m1);
    assert_eq!(resalted, Err(Refusal::Password));
    let (other_a, _) = client::answer("secret", SALTS, first.public(), &[8; 256]);
    let swapped = challenge(&verifier).check(&verifier, SALTS, &other_a, &m1);
    assert_eq!(swapped, Err(Refusal::Password));
    for cut in [&m1[..31], &[], &[m1.as_slice(), &[0]].concat()] {
        let refused = challenge(&verifier).check(&verifier, SALTS, &a, cut);
        assert_eq!(refused, Err(Refusal::Password));
    }
    assert_eq!(first.check(&verifier, SALTS, &a, &m1), Ok(()));
}

#[test]
fn what_no_password_gives_is_no_verifier() {
    assert!(Verifier::parse(&[]).is_none());
    assert!(Verifier::parse(&[1]).is_none());
    assert!(Verifier::parse(&PRIME).is_none());
    assert!(Verifier::parse(&[0; 256]).is_none());
    assert!(Verifier::parse(&[1; 257]).is_none());
    let whole = client::verifier("secret", SALTS);
    let parsed = Verifier::parse(&whole).expect("a password gives one");
    assert_eq!(parsed.as_bytes(), &whole);
}
