//! Steps of a case: they commit with their audit record, one at a time, whole or not at all.
//!
//! `HELIOGRAPH_CRASH_KILLS` sets the number of kills (default 5).

use heliograph_desk_store::{
    Act, AuthorityState, AuthorityVersion, CaseId, Desk, DeskError, DeskStore, NewCase, NoticeId,
    Place, Sealed, Token,
};
use heliograph_vault::seal::SealKey;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use tempfile::TempDir;

const CASE: CaseId = CaseId([1; 16]);

fn token(word: &str) -> Token {
    Token::parse(word).expect("a token")
}

fn act(name: &str) -> Act {
    Act {
        staff: None,
        name: token(name),
        case: Some(CASE),
    }
}

fn open(folder: &Path) -> Desk {
    DeskStore::open(&folder.join("desk.db"))
        .expect("opens")
        .desk()
}

fn with_case() -> (TempDir, Desk) {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = open(folder.path());
    create(&desk);
    (folder, desk)
}

fn create(desk: &Desk) {
    let new = NewCase {
        id: CASE,
        state: token("received"),
        priority: token("normal"),
        receipt_hash: [2; 32],
        received_s: 100,
    };
    desk.act(&act("receive"), 100, |step| step.create_case(&new))
        .expect("created");
}

#[test]
fn a_step_that_fails_leaves_nothing_but_its_audit_record() {
    let (_folder, desk) = with_case();
    let failed = desk.act(&act("approve"), 110, |step| {
        step.advance(CASE, 1, &token("approved"), 110)?;
        step.set_timer(CASE, &token("deadline"), 500)?;
        Err::<(), _>(DeskError::Missing("reason"))
    });
    assert!(failed.is_err());
    desk.view(|view| {
        assert_eq!(view.case(CASE)?.state, token("received"));
        assert_eq!(view.timers_of(CASE)?, []);
        let audit = view.audit_of(CASE)?;
        let told: Vec<_> = audit
            .iter()
            .map(|record| (record.act.name.as_str(), record.closed.clone()))
            .collect();
        assert_eq!(
            told,
            [
                ("receive", Some((100, token("done")))),
                ("approve", Some((110, token("failed")))),
            ]
        );
        assert_eq!(view.audit_open()?, []);
        Ok::<_, DeskError>(())
    })
    .expect("read");
}

fn open_records(desk: &Desk) -> usize {
    desk.view(|view| Ok::<_, DeskError>(view.audit_open()?.len()))
        .expect("read")
}

#[test]
fn a_longer_act_is_closed_once_with_its_last_step() {
    let (_folder, desk) = with_case();
    let audit = desk.open_audit(&act("open"), 120).expect("opened");
    assert_eq!(open_records(&desk), 1);
    let last = |word: &str| {
        let version = desk.view(|view| view.case(CASE)).expect("read").version;
        desk.finish_audit(audit, 130, |step| {
            step.advance(CASE, version, &token(word), 130)
        })
    };
    last("opened").expect("the last step");
    assert!(matches!(last("again"), Err(DeskError::Done(_))));
    let case = desk.view(|view| view.case(CASE)).expect("read");
    assert_eq!((case.state, case.version), (token("opened"), 2));
}

#[test]
fn of_many_steps_decided_on_one_version_a_single_one_is_taken() {
    let (_folder, desk) = with_case();
    let start = Barrier::new(8);
    let taken: Vec<bool> = std::thread::scope(|scope| {
        let step = |n: u16| {
            let (desk, start) = (desk.clone(), &start);
            scope.spawn(move || {
                start.wait();
                let done = desk.act(&act("approve"), 110, |step| {
                    step.advance(CASE, 1, &token(&format!("by-{n}")), 110)
                });
                match done {
                    Ok(version) => version == 2,
                    Err(DeskError::Stale) => false,
                    Err(other) => panic!("{other}"),
                }
            })
        };
        let threads: Vec<_> = (0..8).map(step).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("ends"))
            .collect()
    });
    assert_eq!(taken.iter().filter(|&&taken| taken).count(), 1);
    let winner = format!("by-{}", taken.iter().position(|&taken| taken).expect("one"));
    assert_eq!(
        desk.view(|view| view.case(CASE)).expect("read").state,
        token(&winner)
    );
}

#[test]
fn a_package_is_handed_out_once_and_in_time() {
    let (_folder, desk) = with_case();
    desk.act(&act("seal"), 110, |step| {
        assert_eq!(step.put_package(CASE, b"sealed", [3; 32], 1_000)?, 1);
        assert_eq!(step.put_package(CASE, b"again", [5; 32], 1_000)?, 2);
        Ok::<_, DeskError>(())
    })
    .expect("kept");
    let take = |number, now| {
        desk.act(&act("download"), now, |step| {
            step.take_package(CASE, number, now)
        })
        .expect("asked")
    };
    assert_eq!(take(3, 200), None);
    assert_eq!(take(1, 999), Some(b"sealed".to_vec()));
    assert_eq!(take(1, 999), None);
    assert_eq!(take(2, 1_000), None);
    let erased = desk.act(&act("tidy"), 1_000, |step| {
        step.erase_expired_packages(1_000)
    });
    assert_eq!(erased.expect("tidied"), 1);
    let rows = desk.view(|view| view.packages_of(CASE)).expect("read");
    assert_eq!(
        rows.iter().map(|row| row.taken_s).collect::<Vec<_>>(),
        [Some(999), None]
    );
}

#[test]
fn a_change_of_an_authority_waits_for_its_day_and_its_log_entry() {
    let (_folder, desk) = with_case();
    let version = |version, effective_s, state| AuthorityVersion {
        id: 3,
        version,
        state,
        commitment: [version as u8; 32],
        effective_s,
        expires_s: 90_000,
        entry: None,
    };
    let in_force = |now| {
        desk.view(|view| view.authority_in_force(3, now))
            .expect("read")
            .map(|found| (found.version, found.state))
    };
    let put = |row: AuthorityVersion| {
        let key = SealKey::new([1; 32]);
        let details = Sealed::seal(
            &key,
            [row.version as u8; 24],
            Place::Authority(3, row.version),
            b"",
        );
        desk.act(&act("register"), 100, |step| {
            step.put_authority(&row, &details)
        })
        .expect("kept");
    };
    let logged = |version, entry| {
        desk.act(&act("register"), 100, |step| {
            step.authority_logged(3, version, entry)
        })
        .expect("noted");
    };
    put(version(1, 1_000, AuthorityState::Active));
    assert_eq!(in_force(5_000), None);
    logged(1, 20);
    assert_eq!(in_force(999), None);
    assert_eq!(in_force(1_000), Some((1, AuthorityState::Active)));
    put(version(2, 3_000, AuthorityState::Removed));
    logged(2, 30);
    assert_eq!(in_force(2_999), Some((1, AuthorityState::Active)));
    assert_eq!(in_force(3_000), Some((2, AuthorityState::Removed)));
}

#[test]
fn timers_and_notices_are_due_until_done() {
    let (_folder, desk) = with_case();
    let key = SealKey::new([1; 32]);
    let id = NoticeId([5; 16]);
    desk.act(&act("set"), 100, |step| {
        step.set_timer(CASE, &token("deadline"), 500)?;
        step.set_timer(CASE, &token("gag"), 300)?;
        step.queue_notice(
            id,
            CASE,
            400,
            &Sealed::seal(&key, [1; 24], Place::Notice(id), b"a"),
        )?;
        // The same notice again, after a crash: the first stays.
        step.queue_notice(
            id,
            CASE,
            1,
            &Sealed::seal(&key, [2; 24], Place::Notice(id), b"b"),
        )
    })
    .expect("set");
    let due = |until| -> Vec<String> {
        desk.view(|view| {
            let timers = view.timers_due(until, 10)?;
            let notices = view.notices_due(until, 10)?;
            let kinds = timers.into_iter().map(|timer| timer.kind.to_string());
            Ok::<_, DeskError>(
                kinds
                    .chain(notices.iter().map(|_| "notice".to_owned()))
                    .collect(),
            )
        })
        .expect("read")
    };
    assert_eq!(due(299), [""; 0]);
    assert_eq!(due(500), ["gag", "deadline", "notice"]);
    desk.act(&act("do"), 510, |step| {
        step.finish_timer(CASE, &token("gag"), 510)?;
        step.notice_carried(id, 510)?;
        assert_eq!(step.sealed(&Place::Notice(id))?, None);
        step.notice_carried(id, 511)
    })
    .expect("done");
    assert_eq!(due(500), ["deadline"]);
    let carried = desk.view(|view| view.notices_of(CASE)).expect("read");
    assert_eq!(carried[0].carried_s, Some(510));
}

#[test]
fn an_entry_of_the_log_is_noted_under_one_index() {
    let (_folder, desk) = with_case();
    desk.act(&act("log"), 100, |step| {
        let id = step.plan_entry(Some(CASE), &token("request"), b"text", 12)?;
        assert_eq!(step.planned_entries()?.len(), 1);
        step.entry_logged(id, 13)?;
        step.entry_logged(id, 13)?;
        assert!(matches!(step.entry_logged(id, 14), Err(DeskError::Done(_))));
        step.drop_planned_entry(id)?;
        let entries = step.log_entries_of(CASE)?;
        assert_eq!(
            entries.iter().map(|e| e.entry).collect::<Vec<_>>(),
            [Some(13)]
        );
        assert_eq!(step.planned_entries()?, []);
        assert_eq!(step.case_of_entry(13)?, Some(CASE));
        assert_eq!(step.case_of_entry(14)?, None);
        Ok::<_, DeskError>(())
    })
    .expect("logged");
}

/// Set for the process that is to be killed: its folder.
const CHILD: &str = "HELIOGRAPH_DESK_CRASH_CHILD";

/// Not a test of its own: the process that the next test kills. Each step moves the case on, plans
/// an entry and sets a timer, and is then told on stdout.
#[test]
fn crash_child() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let desk = open(Path::new(&folder));
    let mut out = std::io::stdout();
    loop {
        let version = desk.view(|view| view.case(CASE)).expect("read").version;
        desk.act(&act("step"), version, |step| {
            step.advance(CASE, version, &token("moving"), version)?;
            step.plan_entry(
                Some(CASE),
                &token("request"),
                &version.to_be_bytes(),
                version,
            )?;
            step.set_timer(CASE, &token("deadline"), version)
        })
        .expect("a step");
        writeln!(out, "step {}", version + 1)
            .and_then(|()| out.flush())
            .expect("told");
    }
}

#[test]
fn a_killed_desk_finds_every_step_whole_with_its_audit_record() {
    let kills = std::env::var("HELIOGRAPH_CRASH_KILLS").map_or(5, |n| n.parse().expect("a number"));
    let (folder, desk) = with_case();
    drop(desk);
    for kill in 1..=kills {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["crash_child", "--exact", "--nocapture"])
            .env(CHILD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut told = out.lines().map_while(Result::ok).filter_map(|line| {
            let (_, version) = line.split_once("step ")?;
            version.parse::<u64>().ok()
        });
        let seen = told.by_ref().nth(2 + kill % 3).expect("steps");
        child.kill().expect("killed");
        child.wait().expect("gone");
        let seen = told.last().unwrap_or(seen);

        let desk = open(folder.path());
        desk.view(|view| {
            let version = view.case(CASE)?.version;
            assert!(version >= seen, "{version} after {seen} was told");
            let planned: BTreeSet<u64> = view
                .log_entries_of(CASE)?
                .iter()
                .map(|e| e.from_size)
                .collect();
            assert_eq!(planned, (1..version).collect());
            assert_eq!(view.timers_of(CASE)?[0].due_s, version - 1);
            let audit = view.audit_of(CASE)?;
            let done = audit
                .iter()
                .filter(|record| record.act.name == token("step") && record.closed.is_some());
            assert_eq!(done.count() as u64, version - 1);
            assert!(view.audit_open()?.len() <= kill);
            Ok::<_, DeskError>(())
        })
        .expect("read");
    }
}
