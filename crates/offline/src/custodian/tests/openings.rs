use super::town::{NOW_S, Town, answer, refusal};
use crate::folder::copy_folder;
use crate::folder::faults::Faults;
use crate::practice::{Case, Order};
use heliograph_transparency::approval::Approval;
use heliograph_transparency::approval::{Verdict, recipient_fingerprint};
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::{Kinds, Outcome};
use heliograph_transparency::files::{Base64, Fixed, Reply, Response};
use heliograph_vault::open::Opened;
use heliograph_vault::record::SealedRecord;
use std::sync::atomic::Ordering::SeqCst;

/// Approvals that these officers sign without looking, for whatever they are handed.
pub(super) fn collude(
    town: &Town,
    case: &Case,
    records: &[SealedRecord],
    officers: &[usize],
) -> Vec<Response> {
    let ledger = &town.desk.ledger;
    let logged = ledger.cases().at(case.index).unwrap();
    let set = ledger.officers().unwrap();
    let hashes: Vec<_> = records.iter().map(|record| record.hash().0).collect();
    let approval = Approval {
        origin: ledger.origin(),
        request: case.index,
        entry_hash: logged.hash,
        case_hash: logged.fields,
        records_root: records_root(&hashes),
        n: records.len() as u32,
        fingerprint: recipient_fingerprint(crate::practice::RECIPIENT),
        officers: set.mark.index,
        verdict: Verdict::Approve,
        not_after_s: NOW_S + 72 * 3_600,
    };
    let sign = |at: &usize| {
        let officer = &town.staff.officers[*at];
        let identity = officer.identity(&town.staff.lock).unwrap();
        let mut response = town_response();
        response.officer = set
            .holders
            .iter()
            .find(|h| h.key == officer.card().key)
            .unwrap()
            .index;
        response.not_after = approval.not_after_s;
        response.signature = Fixed(identity.sign(&approval.message()));
        response
    };
    officers.iter().map(sign).collect()
}

/// A response of which only signature, officer and term are used.
fn town_response() -> Response {
    let text = format!(
        r#"{{"format":"heliograph-response/1","origin":"-","request":0,"officer":1,
        "verdict":"refuse impossible","not_after":0,"records_root":"{z}","n":0,
        "fingerprint":"{f}","officers":0,"signature":"{s}","partials":[],
        "checkpoint":{{"size":0,"root":"{z}"}}}}"#,
        z = crate::encoding::to_base64(&[0; 32]),
        f = "0".repeat(64),
        s = crate::encoding::to_base64(&[0; 64]),
    );
    Response::parse(text.as_bytes()).unwrap()
}

#[test]
fn an_opening_with_everything_right_is_answered_and_opens() {
    let mut town = Town::new();
    let (case, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    let answer = answer(town.custodian().answer(&ask));
    let opened = town
        .desk
        .combine(
            &case,
            &town.person,
            &town.records,
            &responses,
            &[answer],
            open,
        )
        .unwrap();
    assert!(matches!(&opened[0], Opened::Phone(phone) if phone.digits() == "4915112345678"));
    assert!(matches!(&opened[1], Opened::Ip(seen) if seen.ip().to_string() == "198.51.100.7"));
}

#[test]
fn nothing_is_answered_before_the_log_says_so() {
    let mut town = Town::new();
    let (case, responses) = town.approved();
    let ask = town.ask(&town.records, &responses, case.index);
    let why = refusal(town.custodian().answer(&ask));
    assert_eq!(
        why,
        format!("entry {} of the log opens nothing", case.index)
    );
    // In the log, but not yet witnessed.
    let body = town.desk.open(&case, &town.records, &responses).unwrap();
    let entry = heliograph_transparency::entry::Entry::new(town.today(), body);
    let open = town
        .desk
        .append_unwitnessed(&entry.to_bytes().unwrap())
        .unwrap();
    let ask = town.ask(&town.records, &responses, open);
    let why = refusal(town.custodian().answer(&ask));
    assert_eq!(
        why,
        "the log: too few witnesses have cosigned the checkpoint"
    );
    town.desk.cosign().unwrap();
    answer(town.custodian().answer(&ask));
}

#[test]
fn no_number_of_approvals_but_the_quorum_is_accepted() {
    let mut town = Town::new();
    let records = town.records.clone();
    for subset in 0_usize..8 {
        let officers: Vec<usize> = (0..3).filter(|at| subset >> at & 1 == 1).collect();
        let order = Order::practice(Kinds::Both, town.today());
        let case = town.desk.enter_request(&order).unwrap();
        let responses = collude(&town, &case, &records, &officers);
        let open = town.desk.enter_open(&case, &records, &responses).unwrap();
        let reply = town
            .custodian()
            .answer(&town.ask(&records, &responses, open));
        assert_eq!(
            matches!(reply, Reply::Answer(_)),
            officers.len() == 2,
            "{officers:?}"
        );
    }
    // One officer twice.
    let order = Order::practice(Kinds::Both, town.today());
    let case = town.desk.enter_request(&order).unwrap();
    let responses = collude(&town, &case, &records, &[0, 0]);
    let open = town.desk.enter_open(&case, &records, &responses).unwrap();
    let why = refusal(
        town.custodian()
            .answer(&town.ask(&records, &responses, open)),
    );
    assert_eq!(why, "2 approvals, where 2 officers are needed");
}

#[test]
fn officers_who_collude_get_no_other_record_than_they_logged() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let (own, others) = (town.records.clone(), town.others.clone());
    let refused = |records: &[SealedRecord]| {
        refusal(
            town.custodian()
                .answer(&town.ask(records, &responses, open)),
        )
    };
    let not_those = "the records are not those of the log's entry";
    assert_eq!(refused(&others), not_those);
    assert_eq!(refused(&[own[0].clone(), others[1].clone()]), not_those);
    assert_eq!(refused(&[own[1].clone(), own[0].clone()]), not_those);
    assert_eq!(refused(&own[..1]), not_those);
    assert_eq!(refused(&[]), "no record at all");
    let more = [own.clone(), others[..1].to_vec()].concat();
    assert_eq!(
        refused(&more),
        "more records than the log or the policy allows"
    );
    assert_eq!(
        refused(&[own[0].clone(), own[0].clone()]),
        "a record stands there twice"
    );
}

#[test]
fn officers_who_collude_get_records_of_one_person_only() {
    let mut town = Town::new();
    let mixed = vec![town.records[0].clone(), town.others[1].clone()];
    let order = Order::practice(Kinds::Both, town.today());
    let case = town.desk.enter_request(&order).unwrap();
    let responses = collude(&town, &case, &mixed, &[0, 1]);
    let open = town.desk.enter_open(&case, &mixed, &responses).unwrap();
    let why = refusal(town.custodian().answer(&town.ask(&mixed, &responses, open)));
    assert_eq!(why, "the records are of more than one person");
}

#[test]
fn points_without_their_own_label_and_proof_are_refused() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let (phone, ip) = (town.records[0].to_bytes(), town.records[1].to_bytes());
    let refused = |records: &[Vec<u8>]| {
        let mut ask = town.ask(&[], &responses, open);
        ask.records = records.iter().cloned().map(Base64).collect();
        refusal(town.custodian().answer(&ask))
    };
    // The point of the phone record under the label of the address record, and the reverse.
    let label = 71;
    let spliced = [&ip[..label], &phone[label..label + 64], &ip[label + 64..]].concat();
    let forged = "a record was altered or put together from others";
    assert_eq!(refused(&[spliced]), forged);
    let spliced = [
        &phone[..label],
        &ip[label..label + 64],
        &phone[label + 64..],
    ]
    .concat();
    assert_eq!(refused(&[spliced]), forged);
    // A raw point, as of a protocol that blinds.
    assert_eq!(
        refused(&[phone[label..label + 32].to_vec()]),
        "something that is no sealed record"
    );
    // A phone record relabelled as one of a day.
    let mut relabelled = phone.clone();
    relabelled[1] = 2;
    assert_eq!(refused(&[relabelled]), "something that is no sealed record");
}

#[test]
fn every_byte_of_an_ask_counts() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    // Base64 leaves a few bits of no meaning at its end, so the parsed values are changed.
    for at in (0..ask.records[0].0.len()).step_by(7) {
        let mut changed = ask.clone();
        changed.records[0].0[at] ^= 1;
        refusal(town.custodian().answer(&changed));
    }
    for at in (0..64).step_by(5) {
        let mut changed = ask.clone();
        changed.approvals[0].signature.0[at] ^= 1;
        refusal(town.custodian().answer(&changed));
    }
    let mut changed = ask.clone();
    changed.fingerprint.replace_range(
        ..1,
        if ask.fingerprint.starts_with('0') {
            "1"
        } else {
            "0"
        },
    );
    let why = refusal(town.custodian().answer(&changed));
    assert_eq!(why, "the approval of officer 1 is not one of this opening");
    let mut changed = ask.clone();
    changed.approvals[1].not_after += 1;
    let why = refusal(town.custodian().answer(&changed));
    assert_eq!(why, "the approvals are not those of the logged opening");
    answer(town.custodian().answer(&ask));
}

#[test]
fn an_approval_for_another_request_or_that_has_run_out_does_not_count() {
    let mut town = Town::new();
    let (_, responses) = town.approved();
    let records = town.records.clone();
    let order = Order::practice(Kinds::Both, town.today());
    let case = town.desk.enter_request(&order).unwrap();
    let open = town.desk.enter_open(&case, &records, &responses).unwrap();
    let why = refusal(
        town.custodian()
            .answer(&town.ask(&records, &responses, open)),
    );
    assert_eq!(why, "the approval of officer 1 is not one of this opening");

    let (_, responses, open) = town.opened();
    town.pass(73 * 3_600);
    town.desk.cosign().unwrap();
    let why = refusal(
        town.custodian()
            .answer(&town.ask(&records, &responses, open)),
    );
    assert_eq!(why, "the approval of officer 1 has run out");
}

#[test]
fn approvals_of_officers_who_were_replaced_do_not_count() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let plan = town.staff.refresh(&town.desk).unwrap();
    town.staff.hold(&mut town.desk, &plan).unwrap();
    let why = refusal(
        town.custodian()
            .answer(&town.ask(&town.records, &responses, open)),
    );
    assert_eq!(why, "the officers who approved are not the set in force");
}

#[test]
fn stale_timeless_and_future_cosignatures_prove_nothing() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    let refused = |town: &Town| refusal(town.custodian().answer(&ask));
    let stale = "the newest checkpoint here: too few fresh cosignatures";
    // Older than an hour.
    town.own_time.fetch_add(3_601, SeqCst);
    assert_eq!(refused(&town), stale);
    town.own_time.store(NOW_S, SeqCst);
    let entry = town
        .staff
        .act(&town.desk, crate::practice::germany(), 2)
        .unwrap();
    // From an hour ahead.
    town.desk_time.store(NOW_S + 3_600, SeqCst);
    town.desk.append(&entry).unwrap();
    assert_eq!(
        refused(&town),
        "the log: too few witnesses have cosigned the checkpoint"
    );
    // Without a time.
    town.desk_time.store(0, SeqCst);
    town.desk.cosign().unwrap();
    assert_eq!(
        refused(&town),
        "the log: too few witnesses have cosigned the checkpoint"
    );
    town.desk_time.store(NOW_S, SeqCst);
    town.desk.cosign().unwrap();
    answer(town.custodian().answer(&ask));
}

#[test]
fn a_log_that_goes_back_or_splits_gets_no_answer() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let folder = tempfile::tempdir().unwrap();
    let mut fork = town.desk.fork(folder.path());
    // The custodian learns one entry more than the fork has.
    town.desk.publish_vault_root().unwrap();
    town.custodian().tend().unwrap();
    let ask = town.ask(&town.records, &responses, open);
    *town.shown.lock().unwrap() = fork.log_path();
    let why = refusal(town.custodian().answer(&ask));
    assert!(why.starts_with("the log: the log went back from"), "{why}");
    // As many entries, but others; a witness that helps to deceive has cosigned them.
    let records = town.records.clone();
    fork.enter_request(&Order::practice(Kinds::Ip, town.today()))
        .unwrap();
    let why = refusal(town.custodian().answer(&ask));
    assert!(
        why.starts_with("the log: the log has two histories of"),
        "{why}"
    );
    fork.publish_vault_root().unwrap();
    let why = refusal(town.custodian().answer(&ask));
    assert_eq!(
        why,
        "the log: the entries do not lead to the root of the checkpoint"
    );
    // The same after a restart: what it once believed stays.
    town.reopen(Faults::none());
    refusal(
        town.custodian()
            .answer(&town.ask(&records, &responses, open)),
    );
    *town.shown.lock().unwrap() = town.desk.log_path();
    answer(town.custodian().answer(&ask));
}

#[test]
fn asked_again_it_gives_the_same_and_nothing_else_for_that_opening() {
    let mut town = Town::new();
    let (case, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    let first = town.custodian().answer(&ask).to_bytes();
    town.reopen(Faults::none());
    assert!(town.custodian().answer(&ask).to_bytes() == first);
    assert_eq!(town.custodian().state().unwrap().answered, 1);
    let less = town.ask(&town.records[..1], &responses, open);
    let why = refusal(town.custodian().answer(&less));
    assert_eq!(
        why,
        "this opening was answered before, for another question"
    );
    // Once the case is closed, nothing; and the stored answer is gone.
    town.desk.close(&case, Outcome::Delivered).unwrap();
    assert_eq!(refusal(town.custodian().answer(&ask)), "the case is closed");
    let path = town
        .folder
        .path()
        .join(format!("custodian/answered-{open}"));
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept.contains("\"reply\":null"), "{kept}");
    assert_eq!(town.custodian().state().unwrap().answered, 1);
}

#[test]
fn wherever_it_is_killed_what_was_answered_stands_in_the_log_and_is_repeated() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    let template = tempfile::tempdir().unwrap();
    let own = town.folder.path().join("custodian");
    town.custodian = None;
    let before = template.path().join("before");
    copy_folder(&own, &before);
    let faults = Faults::none();
    town.reopen(faults.clone());
    answer(town.custodian().answer(&ask));
    let steps = faults.taken();
    assert!(steps > 5);
    let mut survived = 0;
    for killed_at in 0..=steps {
        town.custodian = None;
        copy_folder(&before, &own);
        town.reopen(Faults::after(killed_at));
        let said = town.custodian().answer(&ask);
        town.reopen(Faults::none());
        let again = town.custodian().answer(&ask);
        let again = Reply::Answer(answer(again)).to_bytes();
        if matches!(said, Reply::Answer(_)) {
            survived += 1;
            assert!(said.to_bytes() == again, "killed at step {killed_at}");
        }
        // Whatever happened, the opening is spent on the records that the log names.
        refusal(
            town.custodian()
                .answer(&town.ask(&town.others, &responses, open)),
        );
    }
    assert_eq!(survived, 1);
}

#[test]
fn a_custodian_of_a_demonstration_serves_no_other_log() {
    let folder = tempfile::tempdir().unwrap();
    let clock = crate::system::system_clock();
    let entropy = crate::system::Entropy::system();
    for (origin, demo) in [("demo.example/log", false), ("example.org/log", true)] {
        let place = folder.path().join(if demo { "a" } else { "b" });
        let desk =
            crate::practice::Desk::new(&place, origin, clock.clone(), entropy.clone()).unwrap();
        let own = place.join("custodian");
        let made = super::super::Custodian::init(&own, "custodian", &desk.policy, demo, &entropy);
        assert!(made.is_err(), "{origin}");
    }
}
