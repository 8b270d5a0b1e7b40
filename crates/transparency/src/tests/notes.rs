use super::{ORIGIN, flips, log_key, witness_key};
use crate::checkpoint::Checkpoint;
use crate::cosignature::{CosignerKey, MAX_TIME_S};
use crate::note::{
    KeyName, MAX_SIGNATURES, MalformedKey, Note, NoteError, SignatureLine, SignerKey, VerifierKey,
};
use crate::tree::{Hash, TreeHead};

/// The example of Go's `golang.org/x/mod/sumdb/note`.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_NOTE: &str = "\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
";

fn checkpoint_text() -> String {
    let head = TreeHead {
        size: 20_852_163,
        root: Hash([9; 32]),
    };
    Checkpoint::new(ORIGIN, head).unwrap().to_string()
}

fn signed() -> Note {
    Note::signed(checkpoint_text(), &log_key()).unwrap()
}

#[test]
fn the_published_key_pair_signs_and_verifies_the_published_note() {
    let secret = SignerKey::parse(PETER_SECRET).unwrap();
    assert_eq!(*secret.to_text(), PETER_SECRET);
    assert_eq!(secret.verifier().to_string(), PETER);
    let note = Note::parse(PETER_NOTE.as_bytes()).unwrap();
    assert_eq!(note.to_string(), PETER_NOTE);
    let keys = [PETER.parse().unwrap()];
    assert_eq!(note.verify(&keys).unwrap()[0].time_s, None);
    assert_eq!(Note::signed(note.text().to_owned(), &secret).unwrap(), note);
}

#[test]
fn the_key_of_the_go_checksum_database_is_read() {
    let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
}

#[test]
fn every_flipped_bit_of_a_key_or_signed_note_is_refused() {
    for flipped in flips(PETER.as_bytes()) {
        let parsed = String::from_utf8(flipped).map(|text| text.parse::<VerifierKey>());
        assert!(!matches!(parsed, Ok(Ok(_))));
    }
    let keys = [PETER.parse().unwrap()];
    for flipped in flips(PETER_NOTE.as_bytes()) {
        let verified = Note::parse(&flipped).is_ok_and(|note| note.verify(&keys).is_ok());
        assert!(!verified);
    }
}

#[test]
fn keys_for_other_purposes_or_without_strength_are_refused() {
    let log = log_key().to_text();
    let witness = witness_key(1).to_text();
    assert_eq!(
        CosignerKey::parse(&log).err(),
        Some(MalformedKey::Algorithm(1))
    );
    assert_eq!(
        SignerKey::parse(&witness).err(),
        Some(MalformedKey::Algorithm(4))
    );
    assert!(CosignerKey::parse(&witness).is_ok());
    // The point of order one, under which anybody can make signatures.
    let weak = "x+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(weak.parse::<VerifierKey>(), Err(MalformedKey::PublicKey));
    let ml_dsa = "x+00000000+BgAA";
    assert_eq!(
        ml_dsa.parse::<VerifierKey>(),
        Err(MalformedKey::Algorithm(6))
    );
}

#[test]
fn names_have_no_spaces_and_no_plus() {
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{3000}", "a\nb", "a\u{7f}"] {
        assert_eq!(name.parse::<KeyName>(), Err(MalformedKey::Name), "{name:?}");
    }
    assert!("büro.example/ü".parse::<KeyName>().is_ok());
}

#[test]
fn text_that_is_no_note_is_refused() {
    let line = signed().signatures()[0].to_string();
    for wrong in [
        String::new(),
        "\n".into(),
        "text\n".into(),
        "text\n\n".into(),
        format!("text\n{line}\n"),
        format!("text\n\n{line}"),
        format!("text\n\n{line}\n\n"),
        format!("text\n\nx{line}\n"),
        format!("text\n\n{line}\nrest\n"),
        format!("te\txt\n\n{line}\n"),
        format!("te\rxt\n\n{line}\n"),
        format!("te\0xt\n\n{line}\n"),
        "text\n\n— name AAAA\n".into(),
        "text\n\n— name AAAAAA==\n".into(),
        "text\n\n— name  AAAAAAA=\n".into(),
        "text\n\n— na+me AAAAAAA=\n".into(),
        "text\n\n- name AAAAAAA=\n".into(),
    ] {
        assert_eq!(
            Note::parse(wrong.as_bytes()),
            Err(NoteError::Malformed),
            "{wrong:?}"
        );
    }
    assert!(Note::parse(b"text\n\n\xe2\x80\x94 name AAAAAAA=\n").is_ok());
    assert!(Note::parse(b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n").is_err());
}

#[test]
fn a_text_may_have_blank_lines_and_lines_that_look_like_signatures() {
    let text = format!("a\n\n{}\n\nb\n", signed().signatures()[0]);
    let note = Note::signed(text.clone(), &log_key()).unwrap();
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read.text(), text);
    assert_eq!(read, note);
    for wrong in ["no end", "", "tab\t\n"] {
        assert!(Note::signed(wrong.into(), &log_key()).is_err());
    }
}

#[test]
fn signatures_of_unknown_keys_are_ignored() {
    let mut note = signed();
    let same_name_other_id = SignerKey::new(ORIGIN.parse().unwrap(), &[2; 32]);
    let other = Note::signed(checkpoint_text(), &same_name_other_id).unwrap();
    note.add(other.signatures()[0].clone()).unwrap();
    let same_id_other_name = SignatureLine {
        name: "other.example".parse().unwrap(),
        ..note.signatures()[0].clone()
    };
    note.add(same_id_other_name).unwrap();
    let keys = [log_key().verifier().clone()];
    assert_eq!(note.verify(&keys).unwrap().len(), 1);
    assert_eq!(
        note.verify(std::slice::from_ref(witness_key(1).verifier())),
        Err(NoteError::Unsigned)
    );
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));
}

#[test]
fn a_wrong_signature_of_a_known_key_spoils_the_note() {
    let mut note = signed();
    let mut wrong = note.signatures()[0].clone();
    wrong.signature[0] ^= 1;
    note.add(wrong).unwrap();
    let keys = [log_key().verifier().clone()];
    assert_eq!(
        note.verify(&keys),
        Err(NoteError::WrongSignature(ORIGIN.parse().unwrap()))
    );
}

#[test]
fn the_number_of_signatures_is_bounded() {
    let mut note = signed();
    let line = |n: u8| SignatureLine {
        signature: vec![n],
        ..note.signatures()[0].clone()
    };
    let lines: Vec<_> = (1..=MAX_SIGNATURES as u8).map(line).collect();
    for line in &lines[1..] {
        note.add(line.clone()).unwrap();
    }
    note.add(lines[1].clone()).expect("it is already there");
    assert_eq!(note.add(lines[0].clone()), Err(NoteError::TooLong));
    let text = note.to_string();
    assert_eq!(Note::parse(text.as_bytes()).unwrap(), note);
    let text = format!("{text}{}\n", lines[0]);
    assert_eq!(Note::parse(text.as_bytes()), Err(NoteError::TooLong));
    let long = "x".repeat(crate::note::MAX_NOTE_BYTES + 1);
    assert_eq!(Note::parse(long.as_bytes()), Err(NoteError::TooLong));
}

#[test]
fn a_checkpoint_has_one_form() {
    let root = Hash([9; 32]);
    let with_extensions = format!("origin\n5\n{root}\nextension\nanother\n");
    let checkpoint: Checkpoint = with_extensions.parse().unwrap();
    assert_eq!(checkpoint.extensions(), ["extension", "another"]);
    assert_eq!(checkpoint.head().size, 5);
    assert_eq!(checkpoint.to_string(), with_extensions);
    for wrong in [
        String::new(),
        "origin\n5\n".into(),
        format!("\n5\n{root}\n"),
        format!("origin\n5\n{root}"),
        format!("origin\n05\n{root}\n"),
        format!("origin\n-5\n{root}\n"),
        format!("origin\n18446744073709551616\n{root}\n"),
        format!("origin\n5\n{root} \n"),
        "origin\n5\nAAAA\n".into(),
        format!("origin\n5\n{root}\n\n"),
        format!("origin\n5\n{root}\n\nextension\n"),
        format!("ori\tgin\n5\n{root}\n"),
    ] {
        assert!(wrong.parse::<Checkpoint>().is_err(), "{wrong:?}");
    }
    for origin in ["", "a\nb", "a\tb"] {
        assert!(Checkpoint::new(origin, TreeHead::EMPTY).is_err());
    }
}

#[test]
fn a_cosignature_verifies_with_its_time_and_no_other() {
    let text = checkpoint_text();
    let witness = witness_key(1);
    let keys = [witness.verifier().clone()];
    for time_s in [0, 1, 1_700_000_000, MAX_TIME_S] {
        let line = witness.cosign(&text, time_s).unwrap();
        assert_eq!(line.signature.len(), 8 + 64);
        let mut note = signed();
        note.add(line.clone()).unwrap();
        assert_eq!(note.verify(&keys).unwrap()[0].time_s, Some(time_s));
        for signature in flips(&line.signature) {
            let mut note = signed();
            note.add(SignatureLine {
                signature,
                ..line.clone()
            })
            .unwrap();
            assert!(note.verify(&keys).is_err());
        }
    }
}

#[test]
fn nothing_but_a_checkpoint_is_cosigned() {
    assert!(witness_key(1).cosign("a text\n", 1).is_err());
    // Nor does a plain signature pass for a cosignature, or one over another text.
    let other = checkpoint_text().replace("20852163", "20852164");
    let line = witness_key(1).cosign(&other, 1).unwrap();
    let mut note = signed();
    note.add(line).unwrap();
    let keys = [witness_key(1).verifier().clone()];
    assert!(note.verify(&keys).is_err());
}

static_assertions::assert_not_impl_any!(SignerKey: std::fmt::Debug, std::fmt::Display, Clone);
static_assertions::assert_not_impl_any!(CosignerKey: std::fmt::Debug, std::fmt::Display, Clone);
