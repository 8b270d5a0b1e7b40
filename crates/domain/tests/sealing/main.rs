//! What is sealed when people sign in and connect, who can open it, and when it is gone.

mod scene;

use heliograph_desk_store::{DeskStore, Kinds};
use heliograph_domain::accounts::Proof;
use heliograph_domain::deletion::DeleteAccount;
use heliograph_domain::number::ChangePhone;
use heliograph_domain::sealing::{Coverage, ErasedDay, Seals};
use heliograph_keeper::{Refusal, SecretsClient, SecretsError};
use heliograph_model::AuthKeyId;
use scene::{DAY, Scene, phone, tag};
use std::net::IpAddr;
use std::time::{Duration, Instant};

const NUMBER: &str = "4915112345678";

#[tokio::test]
async fn a_number_and_an_address_are_sealed_and_open_with_all_that_it_takes() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
    let records = scene.records(ada, Kinds::Both);
    let mut opened = Vec::new();
    for record in &records {
        opened.push(scene.open(ada, record).await.expect("it opens"));
    }
    let address = "198.51.100.7 from 0:50123 to 600:50123";
    assert_eq!(opened, [NUMBER, address]);
    assert_eq!(records[1].day, DAY);
}

#[tokio::test]
async fn before_the_ceremony_nothing_is_kept_and_nothing_waits() {
    let scene = Scene::before_the_ceremony();
    let ada = scene.sign_up(NUMBER).await;
    scene
        .visit(ada.person.id, 5, "198.51.100.7:50123", 600)
        .await;
    scene.set_keys(true, &[DAY]);
    scene.sealer.catch_up().await;
    assert!(scene.records(ada.person.id, Kinds::Both).is_empty());

    // The next sign-in is the first that is kept.
    scene.sealer.number(&ada, &phone(NUMBER)).await;
    scene
        .visit(ada.person.id, 5, "198.51.100.7:50123", 600)
        .await;
    assert_eq!(scene.records(ada.person.id, Kinds::Both).len(), 2);
}

#[tokio::test]
async fn a_connection_that_was_open_at_the_ceremony_is_kept_from_then_on() {
    let scene = Scene::before_the_ceremony();
    let ada = scene.sign_up(NUMBER).await.person.id;
    let from = "198.51.100.7:50123".parse().expect("an address");
    let _connected = scene.sealer.connected(ada, AuthKeyId(5), from);
    scene.clock.pass(300);
    scene.keeper_clock.pass(300);
    scene.set_keys(true, &[DAY]);
    scene.sealer.catch_up().await;
    let records = scene.records(ada, Kinds::Ip);
    let opened = scene.open(ada, &records[0]).await;
    assert_eq!(
        opened,
        Ok("198.51.100.7 from 300:50123 to 300:50123".into())
    );
}

#[tokio::test]
async fn a_number_is_sealed_once_for_each_pair_of_keys() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.sealer.catch_up().await;
    let first = scene.records(ada, Kinds::Phone);
    let account = scene.account(ada).await;
    scene.sealer.number(&account, &phone(NUMBER)).await;
    scene.sealer.catch_up().await;
    assert_eq!(scene.records(ada, Kinds::Phone), first);
}

#[tokio::test]
async fn a_changed_number_takes_the_place_of_the_one_before() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.sealer.catch_up().await;
    let change = ChangePhone {
        user: ada,
        phone: tag("4915187654321"),
        proven: Proof::Sms,
        country: None,
    };
    let account = scene.store.write(change).await.expect("a free number");
    scene.sealer.number(&account, &phone("4915187654321")).await;
    scene.sealer.catch_up().await;
    let records = scene.records(ada, Kinds::Phone);
    assert_eq!(records.len(), 1);
    let opened = scene.open(ada, &records[0]).await;
    assert_eq!(opened, Ok("4915187654321".into()));
    assert!(scene.account(ada).await.sealed.is_some());
}

#[tokio::test]
async fn two_devices_and_a_change_of_address_within_a_day_have_records_of_their_own() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
    scene.visit(ada, 6, "198.51.100.7:50124", 60).await;
    scene.visit(ada, 5, "[2001:db8::7]:50125", 60).await;
    scene.visit(ada, 5, "198.51.100.7:50126", 60).await;
    let mut opened = Vec::new();
    for record in scene.records(ada, Kinds::Ip) {
        opened.push(scene.open(ada, &record).await.expect("it opens"));
    }
    assert_eq!(
        opened,
        [
            "198.51.100.7 from 0:50123 to 780:50126",
            "198.51.100.7 from 600:50124 to 660:50124",
            "2001:db8::7 from 660:50125 to 720:50125",
        ]
    );
}

#[tokio::test]
async fn an_address_of_the_machine_itself_is_not_kept() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    for from in ["127.0.0.1:5", "[::1]:5", "[::ffff:127.0.0.9]:5"] {
        scene.visit(ada, 5, from, 60).await;
    }
    assert!(scene.records(ada, Kinds::Ip).is_empty());
}

#[tokio::test]
async fn a_connection_over_midnight_has_a_record_of_each_day() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    let from = "198.51.100.7:50123".parse().expect("an address");
    let connected = scene.sealer.connected(ada, AuthKeyId(5), from);
    scene.sealer.catch_up().await;
    scene.clock.pass(43_200 + 30);
    scene.keeper_clock.pass(43_200 + 30);
    scene.sealer.catch_up().await;
    drop(connected);
    let mut opened = Vec::new();
    for record in scene.records(ada, Kinds::Ip) {
        opened.push(scene.open(ada, &record).await.expect("it opens"));
    }
    assert_eq!(
        opened,
        [
            "198.51.100.7 from 0:50123 to 43199:50123",
            "198.51.100.7 from 43230:50123 to 43230:50123",
        ]
    );
}

#[tokio::test]
async fn a_day_whose_key_is_not_logged_has_no_records_and_sign_in_works() {
    let scene = Scene::new();
    scene.set_keys(true, &[DAY + 1]);
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
    assert!(scene.records(ada, Kinds::Ip).is_empty());
    assert_eq!(scene.records(ada, Kinds::Phone).len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_a_day_off_gives_no_records_and_sign_in_works() {
    for off in [-1, 1] {
        let scene = Scene::new();
        scene.set_keys(true, &[DAY - 1, DAY, DAY + 1]);
        scene.clock.pass_days(off);
        let ada = scene.sign_up(NUMBER).await.person.id;
        scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
        assert!(scene.records(ada, Kinds::Ip).is_empty(), "{off} days");
        assert_eq!(scene.records(ada, Kinds::Phone).len(), 1);
    }
}

#[tokio::test]
async fn an_address_opens_on_day_90_and_never_again_from_day_91_on() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
    let records = scene.records(ada, Kinds::Both);

    scene.pass_days(90);
    assert_eq!(scene.sealer.erase_expired(90).await.expect("erased"), []);
    assert_eq!(scene.records(ada, Kinds::Both), records);
    assert!(scene.open(ada, &records[1]).await.is_ok());

    scene.pass_days(1);
    let erased = scene.sealer.erase_expired(90).await.expect("erased");
    let of_day = |records| ErasedDay { day: DAY, records };
    assert_eq!(erased, [of_day(1)]);
    assert_eq!(scene.records(ada, Kinds::Ip), []);
    // Somebody has kept a copy of the row, and all shares are there.
    let refused = scene.open(ada, &records[1]).await;
    assert_eq!(refused, Err(SecretsError::Refused(Refusal::Gone)));
    let again = scene.sealer.erase_expired(90).await.expect("erased");
    assert_eq!(again, [of_day(0)]);

    scene.pass_days(400);
    let opened = scene.open(ada, &records[0]).await;
    assert_eq!(opened, Ok(NUMBER.into()), "the account lives");
}

#[tokio::test]
async fn nothing_of_a_deleted_account_opens_even_from_a_backup_of_the_database() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    let ben = scene.sign_up("4915187654321").await.person.id;
    scene.visit(ada, 5, "198.51.100.7:50123", 600).await;
    scene.visit(ben, 6, "198.51.100.8:50123", 600).await;
    let backup = scene.records(ada, Kinds::Both);
    let file = scene.folder.path().join("desk.db");
    let copy = scene.folder.path().join("backup.db");
    for end in ["", "-wal"] {
        let name = |path: &std::path::Path| format!("{}{end}", path.display());
        std::fs::copy(name(&file), name(&copy)).expect("copied");
    }

    let deleted = scene
        .store
        .write(DeleteAccount {
            user: ada,
            password: None,
        })
        .await;
    deleted.expect("it was there");
    scene.sealer.catch_up().await;
    assert_eq!(scene.records(ada, Kinds::Both), []);
    assert_eq!(scene.records(ben, Kinds::Both).len(), 2);

    let restored = DeskStore::open(&copy).expect("it opens").sealed_records();
    let restored = restored.records_of(ada, Kinds::Both, 0..=u32::MAX);
    assert_eq!(restored.expect("readable"), backup);
    for record in &backup {
        let refused = scene.open(ada, record).await;
        assert_eq!(refused, Err(SecretsError::Erased));
    }
}

#[tokio::test]
async fn a_connection_that_outlives_its_account_leaves_nothing() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await.person.id;
    let from = "198.51.100.7:50123".parse().expect("an address");
    let before = scene.sealer.connected(ada, AuthKeyId(5), from);
    let deleted = scene
        .store
        .write(DeleteAccount {
            user: ada,
            password: None,
        })
        .await;
    deleted.expect("it was there");
    scene.sealer.catch_up().await;
    let after = scene.sealer.connected(ada, AuthKeyId(6), from);
    scene.sealer.catch_up().await;
    drop((before, after));
    scene.sealer.finish().await;
    assert_eq!(scene.records(ada, Kinds::Both), []);
    let secret = scene.keeper.person(ada.0).await.err();
    assert_eq!(secret, Some(SecretsError::Erased));
}

#[tokio::test]
async fn coverage_tells_how_many_numbers_are_sealed() {
    let scene = Scene::before_the_ceremony();
    scene.sign_up("4915100000001").await;
    scene.set_keys(true, &[]);
    scene.sign_up("4915100000002").await;
    let gone = scene.sign_up("4915100000003").await.person.id;
    scene.sealer.catch_up().await;
    let coverage = scene.sealer.coverage().await.expect("counted");
    assert_eq!(coverage.to_string(), "numbers sealed: 2 of 3 accounts");
    let deleted = scene
        .store
        .write(DeleteAccount {
            user: gone,
            password: None,
        })
        .await;
    deleted.expect("it was there");
    scene.sealer.catch_up().await;
    let coverage = scene.sealer.coverage().await.expect("counted");
    assert_eq!(coverage.to_string(), "numbers sealed: 1 of 2 accounts");

    let many = Coverage {
        numbers: 812,
        accounts: 1_040,
        addresses: 0,
    };
    assert_eq!(many.to_string(), "numbers sealed: 812 of 1,040 accounts");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_waits_for_sealing_no_longer_than_a_moment() {
    let scene = Scene::new();
    let ada = scene.sign_up(NUMBER).await;
    // Nobody takes anything out of the queue.
    let started = tokio::time::Instant::now();
    let mut handed_over = 1;
    while scene.sealer.put_off() == 0 {
        scene.sealer.number(&ada, &phone(NUMBER)).await;
        handed_over += 1;
    }
    assert!(
        handed_over > 1000,
        "{handed_over} are queued before one is put off"
    );
    assert_eq!(started.elapsed(), Duration::from_millis(20));
    let account = scene.account(ada.person.id).await;
    assert_eq!(account.sealed, None, "the next sign-in seals it");
}

#[tokio::test]
async fn the_task_seals_by_itself() {
    let scene = Scene::new();
    let sealer = scene.sealer.clone();
    let task = tokio::spawn(async move { sealer.run().await });
    let ada = scene.sign_up(NUMBER).await.person.id;
    let deadline = Instant::now() + Duration::from_secs(10);
    while scene.records(ada, Kinds::Phone).is_empty() {
        assert!(Instant::now() < deadline, "not sealed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    task.abort();
}

/// The forms in which a number or an address could slip into a file.
fn forms(digits: &str, ip: IpAddr) -> Vec<Vec<u8>> {
    let number: u64 = digits.parse().expect("digits");
    let mut packed: Vec<u8> = Vec::new();
    for pair in digits.as_bytes().chunks_exact(2) {
        packed.push((pair[0] - b'0') << 4 | (pair[1] - b'0'));
    }
    let mut forms = vec![
        digits.as_bytes().to_vec(),
        number.to_le_bytes()[..6].to_vec(),
        number.to_be_bytes()[2..].to_vec(),
        packed,
        ip.to_string().into_bytes(),
    ];
    match ip {
        IpAddr::V4(ip) => {
            let mut reversed = ip.octets();
            reversed.reverse();
            forms.extend([ip.octets().to_vec(), reversed.to_vec()]);
        }
        IpAddr::V6(ip) => {
            let mut reversed = ip.octets();
            reversed.reverse();
            forms.extend([ip.octets().to_vec(), reversed.to_vec()]);
        }
    }
    forms
}

#[tokio::test]
async fn no_file_holds_a_number_or_an_address_in_any_form() {
    let scene = Scene::new();
    let mut canaries = Vec::new();
    for person in 0..20_u8 {
        let digits = format!("49151774{person:02}613");
        // Bytes that do not come about by chance in counters and lengths.
        let ip = if person % 2 == 0 {
            format!("203.{}.{}.217", 101 + person, 180 + person)
        } else {
            format!("2001:db8:{person:x}ab:9f3c:71d2:e5:a{person:x}:b7c1")
        };
        let ip: IpAddr = ip.parse().expect("an address");
        let user = scene.sign_up(&digits).await.person.id;
        let from = std::net::SocketAddr::new(ip, 50_000);
        let key = i64::from(person) + 1;
        scene.visit(user, key, &from.to_string(), 90).await;
        canaries.push((digits, ip));
    }
    scene.sealer.finish().await;
    let sealed = scene.sealer.coverage().await.expect("counted");
    assert_eq!((sealed.numbers, sealed.addresses), (20, 20));

    let files = scene.files();
    assert!(files.len() >= 6);
    for (digits, ip) in canaries {
        for form in forms(&digits, ip) {
            for (path, bytes) in &files {
                // The first byte alone first: the files are long.
                let at =
                    |(at, byte): (usize, &u8)| *byte == form[0] && bytes[at..].starts_with(&form);
                let found = bytes.iter().enumerate().any(at);
                assert!(!found, "{} holds {form:02x?}", path.display());
            }
        }
    }
}
