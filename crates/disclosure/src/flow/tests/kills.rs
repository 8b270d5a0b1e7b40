//! A kill at every call that leaves the desk: whatever was under way is finished afterwards, once.

use super::whole::contents;
use super::world::{ANNAS_NUMBER, NOON_S, STAFF, TODAY, World, answer_all, order, receive};
use crate::case::State;
use crate::flow::{Office, Preparation};
use crate::vault_tree::VaultTree;
use heliograph_desk_store::{CaseId, DeskError, UserId};
use heliograph_transparency::entry::Entry;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

const NOW_S: u64 = NOON_S + 3_600;

/// Does what people and the clockwork do until the case is finished. Begins wherever it stands.
fn finish(world: &World, office: &Office, case: CaseId) {
    loop {
        let file = office.load(case).expect("loads");
        match file.state {
            State::InReview => {
                answer_all(office, case, NOW_S);
                let prepared = office.prepare(STAFF, case, NOW_S).expect("prepared");
                assert_eq!(prepared, Preparation::Ready);
            }
            State::AwaitingApprovals => {
                let tally = office.approvals(case, NOW_S).expect("read");
                world.approve(
                    office,
                    case,
                    if tally.approve.is_empty() { &[1] } else { &[2] },
                    NOW_S,
                );
            }
            State::Finished => return,
            State::Ended => {
                for notice in office.notices_due(NOW_S).expect("read") {
                    office.notice_carried(notice.id, NOW_S).expect("logged");
                }
                office.advance(case, NOW_S).expect("goes on");
            }
            _ => drop(office.advance(case, NOW_S).expect("goes on")),
        }
    }
}

fn count_kinds(world: &World) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for entry in &world.outside().scene.entries {
        let kind = Entry::parse(entry).expect("an entry").body.kind();
        *kinds.entry(kind.to_string()).or_default() += 1;
    }
    kinds
}

pub type Hook = Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Sync + Send>;

/// The panics are the kills; their traces would only hide a real failure.
pub fn silence_kills() -> Hook {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>();
        if text.is_none_or(|text| *text != "killed") {
            eprintln!("{info}");
        }
    }));
    hook
}

#[test]
fn a_case_is_finished_once_wherever_the_process_was_killed() {
    let hook = silence_kills();
    let mut kills = 0;
    loop {
        let world = World::new();
        let (case, receipt) = receive(&world, &world.office(), &order(), NOON_S);
        world.fuse.set(kills + 1);
        let office = world.office();
        let first = catch_unwind(AssertUnwindSafe(|| finish(&world, &office, case)));
        world.fuse.set(0);
        drop(office);
        let office = world.office();
        finish(&world, &office, case);

        let kinds = count_kinds(&world);
        for kind in ["request", "open", "closed", "reveal", "notice"] {
            assert_eq!(kinds.get(kind), Some(&1), "{kind} after {kills} calls");
        }
        let outside = world.outside();
        let ledger = &outside.scene.ledger;
        assert_eq!(ledger.findings(TODAY.plus(30)), [], "after {kills} calls");
        // What custodians answered is what was opened, and nothing else.
        let (_, opening) = ledger.cases().openings().next().expect("one");
        assert_eq!(outside.answered.len(), 1);
        assert_eq!(
            outside.answered[&opening.mark.index].len(),
            opening.n as usize
        );
        drop(outside);
        let packages = office
            .desk()
            .view(|view| view.packages_of(case))
            .expect("read");
        assert_eq!(packages.len(), 1, "after {kills} calls");
        let package = office
            .fetch(&receipt.secret, 1, NOW_S)
            .expect("asked")
            .expect("ready");
        assert_eq!(
            contents(&world, &package)["data"]["phone"],
            format!("+{ANNAS_NUMBER}")
        );
        let open = office
            .desk()
            .view(|view| Ok::<_, DeskError>(view.audit_open()?.len()))
            .expect("read");
        assert!(open <= 1, "one act at most was interrupted");
        if first.is_ok() {
            break;
        }
        kills += 1;
    }
    std::panic::set_hook(hook);
    assert!(kills > 50, "only {kills} calls were interrupted");
}

#[test]
fn a_vault_root_is_that_of_its_snapshot_wherever_the_process_was_killed() {
    let hook = silence_kills();
    let mut kills = 0;
    loop {
        let world = World::new();
        world.fuse.set(kills + 1);
        let office = world.office();
        let first = catch_unwind(AssertUnwindSafe(|| office.log_vault(2, NOW_S)));
        world.fuse.set(0);
        drop(office);
        // In the meantime somebody signs in.
        world.seal_number(UserId(1003), "4915100003");
        world.office().log_vault(3, NOW_S).expect("logged");
        let snapshot = world.store().sealed_records().last_logged_snapshot();
        let snapshot = snapshot.expect("read").expect("logged");
        let outside = world.outside();
        let roots = outside.scene.ledger.registry().vault_roots();
        let (_, root) = roots
            .iter()
            .find(|(mark, _)| Some(mark.index) == snapshot.entry)
            .expect("the entry");
        assert_eq!(
            root.root,
            VaultTree::of(&snapshot.leaves).root(),
            "after {kills} calls"
        );
        assert_eq!(root.records, snapshot.leaves.len() as u64);
        if first.is_ok() {
            break;
        }
        kills += 1;
    }
    std::panic::set_hook(hook);
    assert!(kills >= 2);
}
