//! One text for each entry and one entry for each text.

mod random;
mod vectors;

use std::collections::BTreeSet;

use super::*;
use crate::case::{CaseKey, Field};
use crate::counts::encoded_len;
use crate::regions::Country;
use crate::testing::{Scene, TestCase, policy, seed};
use crate::tree::Hash;

const START: Day = Day(20_780);

/// One entry of each kind, all of a log that the ledger accepts where it can.
pub(crate) fn one_of_each() -> Vec<Entry> {
    let mut scene = Scene::new("demo.example/log", START);
    let request = scene.push_request(TestCase {
        priority: Priority::Emergency,
        ..TestCase::ordinary(START)
    });
    let open = scene.open(request, 3);
    let hash = |name| Hash(seed(name));
    let preserve = Preserve {
        request,
        records: open.records,
        n: 3,
        until: START.plus(60),
    };
    scene.push(preserve.clone());
    let bodies: Vec<Body> = vec![
        policy(1, true).into(),
        scene.roster(1, Mode::Remote).into(),
        scene.keys(KeyRole::Officers, 0, 1).into(),
        Body::Country(CountryDecision {
            code: Country::INTERNATIONAL,
            state: Door::Closed,
            reason: "no treaty yet".into(),
        }),
        Body::Authority(Authority {
            id: 1,
            action: Change::Add,
            commitment: hash("authority"),
            effective: Hour::first_of(START.plus(4)),
        }),
        Body::Switch(Switch {
            name: "echo".into(),
            value: "on for live sessions".into(),
            reason: "people asked for it".into(),
        }),
        Body::Vault(VaultRoot {
            root: hash("vault"),
            records: 4_021,
            phones: 812,
            accounts: 1_040,
        }),
        Body::Keeper(KeeperDay {
            day: START,
            sign_in: 40,
            contacts: 311,
            desk: 1,
        }),
        Body::Erase(Erase {
            day: START,
            records: 77,
        }),
        Body::Intake(Intake {
            count: 2,
            root: hash("intake"),
        }),
        Body::Confirm(Confirm {
            request,
            fields: hash("order"),
        }),
        preserve.into(),
        Body::Release(Release {
            preserve: request + 1,
            why: ReleaseReason::Opened,
        }),
        Body::Open(Open {
            preserved: Some(request + 1),
            ..open
        }),
        Body::Extend(Extend {
            of: request,
            until: START.plus(70),
            commitment: hash("order"),
        }),
        Body::Notice(Notice {
            request,
            commitment: hash("notice"),
            state: NoticeState::Delayed,
            until: Some(START.plus(30)),
        }),
        Body::Terms(Terms {
            version: 1,
            bundle: hash("terms"),
            effective: START,
        }),
        Body::Moderator(Moderator {
            number: 1,
            key: seed("moderator"),
            duty: Duty::On,
        }),
        Body::Decision(Decision {
            number: 1,
            subject: hash("subject"),
            of_kind: SubjectKind::Channel,
            act: Act::Delist,
            scope: Scope::Countries(vec!["DE".parse().unwrap(), "FR".parse().unwrap()]),
            until: Some(Hour::first_of(START.plus(3))),
            settles: None,
            clause: "fraud.1".into(),
            terms: 1,
            category: Category::Fraud,
            source: Source::Report,
            received: Hour::first_of(START),
            country: Some("DE".parse().unwrap()),
            found_by: Decider::Person,
            decided_by: Decider::Person,
            authority: None,
            statement: hash("statement"),
        }),
        Body::Appeal(Appeal {
            decision: 1,
            text: hash("appeal"),
        }),
        Body::Control(Control {
            name: "uploads".into(),
            class: "new".into(),
            until: Some(Hour::first_of(START.plus(1))),
            reason: "a wave of spam".into(),
        }),
        Body::Model(Model {
            version: 2,
            file: hash("model"),
            state: ModelState::Shadow,
            learned: 1_000,
        }),
        Body::Deed(Deed {
            what: Errand::Announcement,
            count: 1,
            text: Some(hash("announcement")),
        }),
    ];
    let signed = bodies.into_iter().map(|body| scene.signed(body));
    let mut entries: Vec<Entry> = signed.collect();
    entries.push(scene.request(&TestCase::ordinary(START)));
    scene.push(scene.open(request, 3));
    entries.push(scene.closed(request, Outcome::Delivered));
    scene.try_push(entries.last().unwrap()).unwrap();
    entries.push(scene.signed(scene.reveal(request)));
    scene.push_reveal(request);
    scene.today = START.quarter().next().first_day();
    let mut report = scene.report();
    report.sums = vec![Sum {
        dimension: Dimension::Region,
        from: 0,
        to: report.to,
        categories: vec![0, 5],
        count: 6,
        blinding: seed("blinding"),
    }];
    entries.push(scene.signed(report));
    entries
}

#[test]
fn every_kind_reads_back_as_it_was_written() {
    let entries = one_of_each();
    let kinds: BTreeSet<Kind> = entries.iter().map(|entry| entry.body.kind()).collect();
    assert!(kinds.iter().eq(Kind::ALL), "{kinds:?}");
    for entry in entries {
        let bytes = entry.to_bytes().unwrap();
        assert_eq!(Entry::parse(&bytes).unwrap(), entry);
    }
}

/// Whatever is read is written again byte for byte; here for texts that are nearly entries.
#[test]
fn every_change_of_a_line_is_refused_or_says_something_else() {
    for entry in one_of_each() {
        let bytes = entry.to_bytes().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let changed = |lines: &[&str]| format!("{}\n", lines.join("\n"));
        for position in 0..lines.len() {
            let line = lines[position];
            let mut texts = Vec::new();
            let mut edit = |new: &str| {
                let mut lines = lines.clone();
                lines[position] = new;
                texts.push(changed(&lines));
            };
            edit(&format!("{line} "));
            edit(&format!(" {line}"));
            edit(&line.replacen(' ', "  ", 1));
            edit(&line.to_uppercase());
            edit(&format!("{line}\r"));
            edit(&format!("{line}=="));
            edit("");
            edit(&format!("{line}\n{line}"));
            edit(&format!("{line}\nnote hidden"));
            edit(&line.replacen(' ', " 0", 1));
            edit(&line.replacen(' ', " +", 1));
            let mut without = lines.clone();
            without.remove(position);
            texts.push(changed(&without));
            for text in texts {
                if text == changed(&lines) {
                    continue;
                }
                match Entry::parse(text.as_bytes()) {
                    Ok(other) => {
                        assert_ne!(other, entry, "{text}");
                        assert_eq!(other.to_bytes().unwrap(), text.as_bytes());
                    }
                    Err(error) => assert!(error.line > 0 && error.line <= lines.len() + 2),
                }
            }
        }
    }
}

fn malformed(text: &str) -> String {
    Entry::parse(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn an_error_names_line_and_key() {
    let switch =
        "heliograph/dd@v1\nkind switch\ndate 2026-11-21\nname echo\nvalue on\nreason why\n";
    assert!(Entry::parse(switch.as_bytes()).is_ok());
    for (from, to, error) in [
        (
            "@v1",
            "@v2",
            "line 1 (heliograph/dd@v1): something else stands here",
        ),
        (
            "kind switch",
            "kind Switch",
            "line 2 (kind): not one of its words",
        ),
        (
            "2026-11-21",
            "2026-11-31",
            "line 3 (date): not in its one spelling",
        ),
        (
            "name echo",
            "name an echo",
            "line 4 (name): longer than 100 characters or with a space",
        ),
        ("value on", "value ", "line 5 (value): empty"),
        (
            "reason why\n",
            "",
            "line 6 (reason): missing: the entry ends before it",
        ),
        (
            "reason why\n",
            "reason why\nby x\n",
            "line 7 (by): has too few words",
        ),
        (
            "reason why\n",
            "reason why\nend\n",
            "line 7 (end): nothing may stand here",
        ),
        (
            "reason why\n",
            "reason why",
            "line 6 (entry): does not end in a line end",
        ),
        (
            "reason why",
            "reason wh\u{e9}",
            "line 6 (entry): holds a byte that is not printable ASCII",
        ),
        (
            "value on",
            "value a\tb",
            "line 5 (entry): holds a byte that is not printable ASCII",
        ),
    ] {
        let text = switch.replace(from, to);
        assert_ne!(text, switch);
        assert_eq!(malformed(&text), error, "{to:?}");
    }
    let long = switch.replace("why", &"y".repeat(8_192));
    assert_eq!(malformed(&long), "line 1 (entry): longer than 8,192 bytes");
    assert_eq!(malformed(""), "line 1 (entry): does not end in a line end");
}

#[test]
fn what_no_text_may_say_is_not_written() {
    let mut entry = Entry::new(
        START,
        Switch {
            name: "echo".into(),
            value: "on".into(),
            reason: "two\nlines".into(),
        },
    );
    assert!(entry.to_bytes().is_err());
    entry.body = Body::Switch(Switch {
        name: "echo".into(),
        value: "on".into(),
        reason: " spaced".into(),
    });
    assert!(entry.to_bytes().is_err());
    let mut unsorted = policy(1, true);
    unsorted.offences.reverse();
    assert!(Entry::new(START, unsorted).to_bytes().is_err());
}

#[test]
fn the_signed_part_ends_before_the_first_signature() {
    let scene = Scene::new("demo.example/log", START);
    let entry = scene.signed(scene.roster(2, Mode::Remote));
    let bytes = entry.to_bytes().unwrap();
    let part = act::signed_part(&bytes);
    let unsigned = Entry::new(START, scene.roster(2, Mode::Remote));
    assert_eq!(part, unsigned.to_bytes().unwrap());
    assert_eq!(
        entry.message("demo.example/log"),
        unsigned.message("demo.example/log")
    );
    // A value that looks like a signature does not end it: lines begin with their keys.
    let odd = Switch {
        name: "x".into(),
        value: "by 1".into(),
        reason: "by".into(),
    };
    let odd = Entry::new(START, odd).to_bytes().unwrap();
    assert_eq!(act::signed_part(&odd), odd);
}

#[test]
fn a_proof_is_bound_to_all_but_the_vectors() {
    let scene = Scene::new("demo.example/log", START);
    let entry = scene.request(&TestCase::ordinary(START));
    let blank = String::from_utf8(entry.without_vectors()).unwrap();
    assert!(
        blank.contains("\nvector region \nvector kind \ndue "),
        "{blank}"
    );
}

#[test]
fn the_longest_entries_fit() {
    let longest = "y".repeat(crate::case::MAX_FIELD_BYTES);
    let fields = Field::ALL.iter().map(|field| {
        if field.is_revealed() {
            let (salt, value) = ([7; 32], longest.clone());
            Shown::Opened { salt, value }
        } else {
            Shown::Hidden(Hash([7; 32]))
        }
    });
    let vector = |dimension: Dimension| OpenedVector {
        category: dimension.category_count() - 1,
        blindings: vec![7; 32 * dimension.category_count()],
    };
    let reveal = Reveal {
        request: u64::MAX,
        hours: u32::MAX,
        fields: fields.collect::<Vec<_>>().try_into().unwrap(),
        region: vector(Dimension::Region),
        kind: vector(Dimension::Kind),
        outcome: vector(Dimension::Outcome),
    };
    Entry::new(START, reveal).to_bytes().unwrap();
    let request = Request {
        number: u64::MAX,
        priority: Priority::Emergency,
        follows: Some(u64::MAX),
        fields: Hash([7; 32]),
        region: vec![7; encoded_len(Dimension::Region.category_count())],
        kind: vec![7; encoded_len(Dimension::Kind.category_count())],
        due: START,
    };
    Entry::new(START, request).to_bytes().unwrap();
    // A key of twenty holders; an officer's line is the longest there is.
    let key = CaseKey::new([1; 32]);
    let holders = (1..=20_u16).map(|index| HolderLine {
        index,
        share_point: [index as u8; 32],
        possession: [index as u8; 64],
        name: format!("officer-{index:02}"),
        key: key
            .salt(Field::ALL[usize::from(index % 12)])
            .map(|byte| byte ^ index as u8),
        age_recipient: Some("age1".to_owned() + &"q".repeat(58)),
    });
    let keys = Keys {
        role: KeyRole::Officers,
        mode: None,
        epoch: 0,
        generation: 0,
        session: [1; 32],
        threshold: 11,
        public_key: [1; 32],
        transcript: [1; 32],
        holders: holders.collect(),
    };
    let mut entry = Entry::new(START, keys);
    entry.by = (1..=20)
        .map(|index| Signed {
            index,
            signature: [7; 64],
        })
        .collect();
    entry.to_bytes().unwrap();
}
