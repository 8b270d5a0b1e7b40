use std::fmt::Write as _;

use expect_test::expect;

use super::{MemoryLog, ORIGIN, log_key, witness_key};
use crate::append::sign_checkpoint;
use crate::note::{Note, NoteError, SignerKey};
use crate::policy::{Cosigned, Freshness, Policy, PolicyError, Standing};

const NOW_S: u64 = 1_800_000_000;
const HOUR: Freshness = Freshness::within(3600);

/// A policy with the log, witnesses 1 to 5 and these lines.
fn policy(lines: &str) -> Policy {
    let mut text = format!("log {}\n", log_key().verifier());
    for number in 1..=5 {
        writeln!(text, "witness w{number} {}", witness_key(number).verifier()).unwrap();
    }
    Policy::parse(format!("{text}{lines}\n").as_bytes()).unwrap()
}

/// A checkpoint that these witnesses cosigned at these times.
fn note(cosigned: &[(u8, u64)]) -> Note {
    let log = MemoryLog::of(3);
    let head = log.writer.head();
    let mut note = sign_checkpoint(&log.files, 0, head, ORIGIN, &log_key()).unwrap();
    for (number, time_s) in cosigned {
        let line = witness_key(*number).cosign(note.text(), *time_s).unwrap();
        note.add(line).unwrap();
    }
    note
}

fn is_met(policy: &Policy, by: &[u8]) -> bool {
    let cosigned: Vec<(u8, u64)> = by.iter().map(|number| (*number, NOW_S)).collect();
    match policy.evaluate(&note(&cosigned), HOUR, NOW_S) {
        Ok(_) => true,
        Err(PolicyError::Quorum { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_policy_is_parsed_as_the_specification_shows_it() {
    let policy = policy(
        "# two organisations\n\
         \tgroup \t X 2  w1 w2 w3 \n\
         \n\
         group Y any w4 w5\n\
         group X-and-Y all X Y\n\
         quorum X-and-Y",
    );
    assert!(is_met(&policy, &[1, 3, 5]));
    assert!(is_met(&policy, &[1, 2, 3, 4, 5]));
    for too_few in [&[][..], &[1, 4], &[1, 2, 3], &[4, 5]] {
        assert!(!is_met(&policy, too_few));
    }
}

#[test]
fn the_quorum_may_be_a_single_witness() {
    let policy = policy("quorum w2");
    assert!(is_met(&policy, &[2]));
    assert!(!is_met(&policy, &[1, 3, 4, 5]));
    assert_eq!(policy.standing(), Standing::Witnessed);
}

#[test]
fn only_a_quorum_that_two_histories_cannot_both_meet_counts_as_witnessed() {
    for (lines, standing) in [
        ("quorum none", Standing::Unwitnessed),
        ("group g 1 w1\nquorum g", Standing::Witnessed),
        ("group g 1 w1 w2\nquorum g", Standing::Unwitnessed),
        ("group g 2 w1 w2 w3 w4\nquorum g", Standing::Unwitnessed),
        ("group g 3 w1 w2 w3 w4\nquorum g", Standing::Witnessed),
        ("group g 2 w1 w2 w3\nquorum g", Standing::Witnessed),
        ("group g all w1 w2 w3\nquorum g", Standing::Witnessed),
        ("group g any w1 w2 w3\nquorum g", Standing::Unwitnessed),
        // One part that cannot be split is enough where all parts are needed...
        (
            "group x 2 w1 w2 w3\ngroup y any w4 w5\ngroup g all x y\nquorum g",
            Standing::Witnessed,
        ),
        // ...but not where the shared part may be the one that can.
        (
            "group x any w1 w2\ngroup g 2 x w3 w4\nquorum g",
            Standing::Unwitnessed,
        ),
        (
            "group x any w1 w2\ngroup y any w3 w4\ngroup g all x y\nquorum g",
            Standing::Unwitnessed,
        ),
    ] {
        assert_eq!(policy(lines).standing(), standing, "{lines}");
    }
}

#[test]
fn a_standing_agrees_with_trying_all_pairs_of_sets() {
    for lines in [
        "group g 2 w1 w2 w3 w4\nquorum g",
        "group x 2 w1 w2 w3\ngroup g any x w4\nquorum g",
        "group x 2 w1 w2 w3\ngroup g 2 x w4 w5\nquorum g",
        "group x any w1 w2\ngroup g 2 x w3 w4\nquorum g",
        "group x any w1 w2\ngroup g 3 x w3 w4\nquorum g",
        "group x 1 w1 w2\ngroup y 2 w3 w4\ngroup g 2 x y w5\nquorum g",
    ] {
        let policy = policy(lines);
        let set = |mask: u8| -> Vec<u8> { (1..=5).filter(|n| mask & (1 << n) != 0).collect() };
        let meeting: Vec<u8> = (0..64)
            .step_by(2)
            .filter(|mask| is_met(&policy, &set(*mask)))
            .collect();
        let overlap = meeting.iter().all(|a| meeting.iter().all(|b| a & b != 0));
        let expected = if overlap {
            Standing::Witnessed
        } else {
            Standing::Unwitnessed
        };
        assert_eq!(policy.standing(), expected, "{lines}");
    }
}

#[test]
fn without_witnesses_a_checkpoint_is_accepted_but_unwitnessed() {
    let evaluation = policy("quorum none")
        .evaluate(&note(&[]), HOUR, NOW_S)
        .unwrap();
    assert_eq!(evaluation.standing, Standing::Unwitnessed);
    assert_eq!(evaluation.checkpoint.head().size, 3);
    assert_eq!(evaluation.witnesses, [Cosigned::Absent; 5]);
}

#[test]
fn stale_future_and_timeless_cosignatures_do_not_count() {
    let policy = policy("quorum w1");
    for (time_s, said) in [
        (NOW_S, Cosigned::Fresh(NOW_S)),
        (NOW_S - 3600, Cosigned::Fresh(NOW_S - 3600)),
        (NOW_S - 3601, Cosigned::Stale(NOW_S - 3601)),
        (NOW_S + 300, Cosigned::Fresh(NOW_S + 300)),
        (NOW_S + 301, Cosigned::Future(NOW_S + 301)),
        (0, Cosigned::Timeless),
        (1, Cosigned::Stale(1)),
    ] {
        match policy.evaluate(&note(&[(1, time_s)]), HOUR, NOW_S) {
            Ok(evaluation) => {
                assert_eq!(evaluation.witnesses[0], said);
                assert!(matches!(said, Cosigned::Fresh(_)));
            }
            Err(PolicyError::Quorum { witnesses }) => {
                assert_eq!(witnesses[0], said);
                assert!(!matches!(said, Cosigned::Fresh(_)));
            }
            Err(error) => panic!("{error}"),
        }
    }
    // Even where any age will do, a missing time proves nothing.
    let ever = Freshness::within(u64::MAX);
    assert!(policy.evaluate(&note(&[(1, 1)]), ever, NOW_S).is_ok());
    assert!(policy.evaluate(&note(&[(1, 0)]), ever, NOW_S).is_err());
    assert!(policy.evaluate(&note(&[(1, 0)]), ever, 0).is_err());
}

#[test]
fn of_two_cosignatures_of_a_witness_the_newer_counts_once() {
    let policy = policy("group g 2 w1 w2 w3\nquorum g");
    let twice = note(&[(1, NOW_S - 4000), (1, NOW_S - 5)]);
    let Err(PolicyError::Quorum { witnesses }) = policy.evaluate(&twice, HOUR, NOW_S) else {
        panic!("one witness is not two");
    };
    assert_eq!(witnesses[0], Cosigned::Fresh(NOW_S - 5));
}

#[test]
fn a_log_signs_only_for_the_origin_that_is_its_name() {
    let other = SignerKey::new("log.example/other".parse().unwrap(), &[3; 32]);
    let text = format!(
        "log {}\nlog {}\nquorum none\n",
        log_key().verifier(),
        other.verifier()
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert!(policy.evaluate(&note(&[]), HOUR, NOW_S).is_ok());
    let stolen = Note::signed(note(&[]).text().to_owned(), &other).unwrap();
    assert_eq!(
        policy.evaluate(&stolen, HOUR, NOW_S),
        Err(PolicyError::UnknownLog)
    );
    let no_checkpoint = Note::signed("text\n".into(), &log_key()).unwrap();
    assert_eq!(
        policy.evaluate(&no_checkpoint, HOUR, NOW_S),
        Err(PolicyError::NoCheckpoint)
    );
}

#[test]
fn cosignatures_alone_are_not_enough() {
    let policy = policy("quorum w1");
    let note = note(&[(1, NOW_S)]);
    let without_log = format!("{}\n{}\n", note.text(), note.signatures()[1]);
    let without_log = Note::parse(without_log.as_bytes()).unwrap();
    assert_eq!(
        policy.evaluate(&without_log, HOUR, NOW_S),
        Err(PolicyError::UnknownLog)
    );
    let no_logs = format!("witness w {}\nquorum w\n", witness_key(1).verifier());
    let no_logs = Policy::parse(no_logs.as_bytes()).unwrap();
    assert_eq!(
        no_logs.evaluate(&note, HOUR, NOW_S),
        Err(PolicyError::UnknownLog)
    );
}

#[test]
fn a_forged_cosignature_is_an_error_and_not_an_absence() {
    let policy = policy("quorum none");
    let mut note = note(&[]);
    let mut line = witness_key(2).cosign(note.text(), NOW_S).unwrap();
    line.signature[20] ^= 1;
    note.add(line).unwrap();
    let name = "witness.example/w2".parse().unwrap();
    assert_eq!(
        policy.evaluate(&note, HOUR, NOW_S),
        Err(PolicyError::Note(NoteError::WrongSignature(name)))
    );
}

#[test]
fn a_policy_that_cannot_be_followed_names_its_line() {
    let (log, w1) = (log_key(), witness_key(1));
    let (log, w1) = (log.verifier(), w1.verifier());
    let w2 = witness_key(2).verifier().to_string();
    let mut said = String::new();
    for wrong in [
        String::new(),
        "quorum none\nquorum none\n".into(),
        "quorum w\n".into(),
        format!("quorum w\nwitness w {w1}\n"),
        format!("log {w1}\nquorum none\n"),
        format!("witness w {log}\nquorum w\n"),
        format!("log {log}\nlog {log}\nquorum none\n"),
        format!("witness a {w1}\nwitness b {w1}\nquorum a\n"),
        format!("witness a {w1}\nwitness a {w2}\nquorum a\n"),
        format!("witness none {w1}\nquorum none\n"),
        format!("witness a {w1}\ngroup g 2 a\nquorum g\n"),
        format!("witness a {w1}\ngroup g 0 a\nquorum g\n"),
        format!("witness a {w1}\ngroup g 01 a\nquorum g\n"),
        format!("witness a {w1}\ngroup g any\nquorum g\n"),
        format!("witness a {w1}\ngroup g all a a\nquorum g\n"),
        format!("witness a {w1}\ngroup g all a\ngroup h all a\nquorum g\n"),
        format!("witness a {w1}\ngroup g all g\nquorum g\n"),
        format!("witness a {w1}\ngroup g all none\nquorum g\n"),
        "log x+00000000+BgAA\nquorum none\n".into(),
        "quorum none\r\n".into(),
        "Quorum none\n".into(),
        "quorum none extra\n".into(),
    ] {
        writeln!(said, "{}", Policy::parse(wrong.as_bytes()).unwrap_err()).unwrap();
    }
    expect![[r"
        line 2 of the policy: no quorum
        line 2 of the policy: a second quorum
        line 1 of the policy: the quorum is not defined above
        line 1 of the policy: the quorum is not defined above
        line 1 of the policy: a key for another purpose
        line 1 of the policy: a key for another purpose
        line 2 of the policy: a second log with the same key
        line 2 of the policy: a second witness with the same key
        line 2 of the policy: the name is already defined
        line 1 of the policy: the name is already defined
        line 2 of the policy: the threshold is not between 1 and the number of members
        line 2 of the policy: the threshold is not between 1 and the number of members
        line 2 of the policy: the threshold is not a number
        line 2 of the policy: the threshold is not between 1 and the number of members
        line 2 of the policy: a member is in a group twice
        line 3 of the policy: a member is in a group twice
        line 2 of the policy: a member is not defined above
        line 2 of the policy: a member is not defined above
        line 1 of the policy: not a key that can be verified here
        line 1 of the policy: a control character
        line 1 of the policy: not a line of a policy
        line 1 of the policy: not a line of a policy
    "]]
    .assert_eq(&said);
}

#[test]
fn names_and_comments_are_bytes() {
    let text = [
        b"# \xff\n".to_vec(),
        format!("log {} https://log.example\n", log_key().verifier()).into_bytes(),
        b"witness \xe2\x84\xaa ".to_vec(),
        format!("{}\n", witness_key(1).verifier()).into_bytes(),
        b"quorum \xe2\x84\xaa".to_vec(),
    ]
    .concat();
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.witnesses()[0].name, b"\xe2\x84\xaa");
    assert_eq!(
        policy.logs()[0].url.as_deref(),
        Some(&b"https://log.example"[..])
    );
    let kelvin_is_not_k = [&text[..text.len() - 3], b"K"].concat();
    assert!(Policy::parse(&kelvin_is_not_k).is_err());
}

#[test]
fn a_policy_of_as_many_parties_as_the_specification_asks_for_is_taken() {
    let mut text = String::new();
    let mut members = String::new();
    for number in 0..32 {
        let log = SignerKey::new(format!("log{number}").parse().unwrap(), &[number; 32]);
        writeln!(text, "log {}", log.verifier()).unwrap();
        writeln!(text, "witness w{number} {}", witness_key(number).verifier()).unwrap();
        writeln!(text, "group g{number} all w{number}").unwrap();
        write!(members, " g{number}").unwrap();
    }
    writeln!(text, "group g 17{members}\nquorum g").unwrap();
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.standing(), Standing::Witnessed);
    let long = "#".repeat(crate::policy::MAX_POLICY_BYTES + 1);
    assert!(Policy::parse(long.as_bytes()).is_err());
}
