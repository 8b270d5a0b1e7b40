//! An account is deleted, and a backup with its records and its case comes back.

use super::stand_ins::{day_secret, user_secret};
use super::whole::approved;
use super::world::{ANNA, NOON_S, TODAY, World, order};
use crate::bundle::records_root_of;
use crate::case::{State, note};
use crate::flow::{FlowError, Office};
use heliograph_desk_store::{CaseId, DeskError, Kinds, Place, Sealed};
use heliograph_transparency::entry::Ending;
use std::path::Path;

const NOW_S: u64 = NOON_S + 3_600;

/// Where the desk writes something down about a case whose records have this root.
fn places(case: CaseId, root: [u8; 32]) -> Vec<Place> {
    let notes = [
        note::PREPARED,
        note::END,
        note::PASSPHRASE,
        note::LIFTED,
        note::CORRECTION,
    ];
    let notes = notes.map(|name| Place::Note(case, name.to_owned()));
    let mut places = vec![Place::Order(case), Place::Document(case, 0)];
    places.push(Place::Target(case));
    places.extend((1..=3).map(|officer| Place::Response(case, officer, root)));
    places.extend(notes);
    places
}

/// Everything that the desk has written down about a case, readable.
fn texts(office: &Office, case: CaseId, root: [u8; 32]) -> Vec<(Place, Vec<u8>)> {
    let key = office.load(case).expect("loads").keys.texts();
    let sealed = office.desk().view(|view| {
        let mut sealed = view.findings_of(case)?;
        for place in places(case, root) {
            sealed.extend(view.sealed(&place)?);
        }
        Ok::<_, DeskError>(sealed)
    });
    let open = |text: Sealed| {
        let bytes = text.open(&key).expect("opens").to_vec();
        (text.place().clone(), bytes)
    };
    sealed.expect("reads").into_iter().map(open).collect()
}

/// The root over the records that officers are asked about.
fn root(office: &Office, case: CaseId) -> [u8; 32] {
    let file = office.load(case).expect("loads");
    let prepared = office
        .desk()
        .view(|view| file.prepared(view))
        .expect("reads");
    records_root_of(&prepared.expect("prepared"))
        .expect("records")
        .0
}

/// The ways in which 32 bytes could stand in a text.
fn forms(secret: &[u8; 32]) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    let list = serde_json::to_string(secret).expect("numbers");
    vec![
        secret.to_vec(),
        crate::package::hex(secret).into_bytes(),
        base64.into_bytes(),
        list.into_bytes(),
    ]
}

#[test]
fn the_file_of_a_case_holds_no_secret_of_the_person_or_of_a_day() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    let root = root(&office, case);
    let mut secrets = vec![*user_secret(ANNA).as_bytes()];
    secrets.extend((TODAY.0 - 30..=TODAY.0).map(|day| *day_secret(day).as_bytes()));
    for state in [State::Approved, State::Ended] {
        assert_eq!(office.load(case).expect("loads").state, state);
        let texts = texts(&office, case, root);
        assert!(texts.len() > 10, "{} texts", texts.len());
        for form in secrets.iter().flat_map(forms) {
            for (place, text) in &texts {
                let found = text.windows(form.len()).any(|window| window == form);
                assert!(!found, "{place:?}");
            }
        }
        office.advance(case, NOW_S).expect("opened");
    }
}

#[test]
fn records_and_parts_of_officers_are_erased_from_the_file_with_the_end() {
    let world = World::new();
    let office = world.office();
    let (case, _) = approved(&world, &office, &order());
    let root = root(&office, case);
    let parts = |texts: Vec<(Place, Vec<u8>)>| {
        let of_records = |place: &Place| match place {
            Place::Response(..) => true,
            Place::Note(_, name) => name == note::PREPARED,
            _ => false,
        };
        texts.iter().filter(|(place, _)| of_records(place)).count()
    };
    assert_eq!(parts(texts(&office, case, root)), 3);
    office.advance(case, NOW_S).expect("opened");
    assert_eq!(parts(texts(&office, case, root)), 0);
}

fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("readable");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

#[test]
fn a_backup_with_an_approved_case_opens_nothing_once_the_account_is_deleted() {
    let world = World::new();
    let office = world.office();
    let (case, secret) = approved(&world, &office, &order());
    drop(office);
    let backup = tempfile::tempdir().expect("a folder");
    copy(world.folder.path(), backup.path());

    world.outside().deleted.insert(ANNA);
    let records = || world.store().sealed_records();
    let held = || records().records_of(ANNA, Kinds::Both, 0..=u32::MAX);
    records().erase_user(ANNA).expect("erased");
    assert!(held().expect("reads").is_empty());

    // The newest backup: records, order, approvals with the parts of enough officers.
    copy(backup.path(), world.folder.path());
    assert!(!held().expect("reads").is_empty());
    let office = world.office();
    for _ in 0..2 {
        let opened = office.advance(case, NOW_S);
        assert!(matches!(opened, Err(FlowError::Secrets(_))));
    }
    // The log has the opening, and the custodians were not even asked.
    assert!(world.outside().answered.is_empty());
    let standing = office.standing(&secret, NOW_S).expect("read");
    assert_eq!(standing.expect("known").package, None);

    // It is given up, in public.
    office.give_up(None, case, "erased", NOW_S).expect("ends");
    office.advance(case, NOW_S).expect("goes on");
    let outside = world.outside();
    let logged = outside.scene.ledger.cases().all().last().expect("a case");
    assert_eq!(logged.openings.len(), 1);
    assert_eq!(logged.closed.expect("closed").result, Ending::Failed);
}
