//! The file itself: formats, other people's databases, and what is left in it.

use heliograph_desk_store::{
    Act, AuthorityState, AuthorityVersion, CaseId, DeskError, DeskStore, IntakeId, Kinds, NewCase,
    NoticeId, Place, ResponseRow, Sealed, Token, UserId,
};
use heliograph_vault::seal::SealKey;
use std::net::IpAddr;
use std::path::Path;

fn token(word: &str) -> Token {
    Token::parse(word).expect("a token")
}

fn act(case: CaseId) -> Act {
    Act {
        staff: None,
        name: token("test"),
        case: Some(case),
    }
}

fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder).expect("the folder") {
        bytes.extend(std::fs::read(file.expect("an entry").path()).expect("a file"));
    }
    bytes
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn a_newer_format_is_refused_with_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    drop(DeskStore::open(&path).expect("opens"));
    drop(DeskStore::open(&path).expect("opens again"));
    let other = rusqlite::Connection::open(&path).expect("opens");
    other.pragma_update(None, "user_version", 7).expect("set");
    drop(other);
    let error = DeskStore::open(&path).err().expect("refused");
    assert_eq!(
        error.to_string(),
        "the desk's database has format 7 and this program knows 1: use the newer program"
    );
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    let other = rusqlite::Connection::open(&path).expect("opens");
    other
        .execute_batch("CREATE TABLE mine (x)")
        .expect("created");
    drop(other);
    assert!(matches!(DeskStore::open(&path), Err(DeskError::OtherFile)));
}

#[test]
fn erased_records_are_in_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = DeskStore::open(&folder.path().join("desk.db")).expect("opens");
    let records = store.sealed_records();
    let user = UserId(7);
    let record = |name: u8| [name; 200];
    records
        .put_phone(user, &record(0xa1), [1; 32])
        .expect("put");
    let id = records
        .insert_ip(user, 5, &record(0xa2), [2; 32])
        .expect("put");
    assert!(records.replace_ip(id, &record(0xa3), [3; 32]).expect("put"));
    records
        .insert_ip(user, 6, &record(0xa4), [4; 32])
        .expect("put");
    assert!(contains(&all_bytes(folder.path()), &record(0xa1)));

    assert_eq!(records.erase_day(5).expect("erased"), 1);
    let bytes = all_bytes(folder.path());
    assert!(!contains(&bytes, &[0xa2; 16]) && !contains(&bytes, &[0xa3; 16]));
    assert!(contains(&bytes, &record(0xa4)));

    let erased = records.erase_user(user).expect("erased");
    assert_eq!((erased.phones, erased.ip_records), (1, 1));
    let bytes = all_bytes(folder.path());
    for name in [0xa1, 0xa2, 0xa3, 0xa4] {
        assert!(!contains(&bytes, &[name; 16]), "{name:x}");
    }
    assert!(
        !records
            .replace_ip(id, &record(0xa5), [5; 32])
            .expect("asked")
    );
}

/// The canary test: a number and addresses go through every table that takes a text, and none of
/// their forms is in the files.
#[test]
fn numbers_and_addresses_are_in_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = DeskStore::open(&folder.path().join("desk.db")).expect("opens");
    let (desk, records) = (store.desk(), store.sealed_records());
    let key = SealKey::new([9; 32]);
    let phone = "4915112345678";
    let addresses: [IpAddr; 2] = [
        "198.51.100.77".parse().expect("an address"),
        "2001:db8::4d:77".parse().expect("an address"),
    ];
    let text = format!("+{phone} {} {} Jana Beispiel", addresses[0], addresses[1]);
    let case = CaseId([1; 16]);
    let seal = |place| Sealed::seal(&key, [3; 24], place, text.as_bytes());
    let record = |byte| key.seal([byte; 24], b"", text.as_bytes());
    records
        .put_phone(UserId(7), &record(1), [1; 32])
        .expect("put");
    records
        .insert_ip(UserId(7), 20_000, &record(2), [2; 32])
        .expect("put");
    desk.act(&act(case), 10, |step| {
        step.create_case(&NewCase {
            id: case,
            state: token("received"),
            priority: token("normal"),
            receipt_hash: [8; 32],
            received_s: 10,
        })?;
        for place in [
            Place::Order(case),
            Place::Target(case),
            Place::Document(case, 0),
            Place::Finding(case, "suspect".to_owned()),
            Place::Note(case, "delay".to_owned()),
        ] {
            step.put_sealed(&seal(place))?;
        }
        let response = ResponseRow {
            officer: 1,
            records_root: [5; 32],
            verdict: token("approve"),
            not_after_s: 100,
            stored_s: 10,
        };
        step.put_response(case, &response, &seal(Place::Response(case, 1, [5; 32])))?;
        step.queue_notice(
            NoticeId([6; 16]),
            case,
            50,
            &seal(Place::Notice(NoticeId([6; 16]))),
        )?;
        step.put_intake(
            IntakeId([7; 16]),
            [7; 32],
            10,
            &seal(Place::Intake(IntakeId([7; 16]))),
        )?;
        let authority = AuthorityVersion {
            id: 1,
            version: 1,
            state: AuthorityState::Active,
            commitment: [4; 32],
            effective_s: 0,
            expires_s: 1_000,
            entry: None,
        };
        step.put_authority(&authority, &seal(Place::Authority(1, 1)))
    })
    .expect("a step");
    desk.view(|view| {
        let opened = view.sealed(&Place::Order(case))?.expect("kept").open(&key);
        assert_eq!(&*opened.expect("its own key"), text.as_bytes());
        Ok::<_, DeskError>(())
    })
    .expect("read");

    let number: u64 = phone.parse().expect("digits");
    let mut forms: Vec<Vec<u8>> = vec![
        phone.into(),
        phone[2..].into(),
        number.to_be_bytes()[2..].to_vec(),
        number.to_le_bytes()[..6].to_vec(),
        b"Beispiel".to_vec(),
    ];
    for address in addresses {
        forms.push(address.to_string().into());
        forms.push(match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        });
    }
    let reversed: Vec<Vec<u8>> = forms
        .iter()
        .map(|form| form.iter().rev().copied().collect())
        .collect();
    for state in ["in the log", "in the database"] {
        let bytes = all_bytes(folder.path());
        for form in forms.iter().chain(&reversed) {
            assert!(!contains(&bytes, form), "{form:02x?} is {state}");
        }
        desk.forget_erased().expect("moved");
    }
    assert_eq!(
        records
            .records_of(UserId(7), Kinds::Both, 0..=u32::MAX)
            .expect("read")
            .len(),
        2
    );
}
