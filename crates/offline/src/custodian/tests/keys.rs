use super::remote::{clients, make, remote_town};
use super::town::{Town, answer, refusal};
use crate::custodian::client::{CustodianClient, Remote};
use crate::custodian::{NewKey, days_without_key, make_keys};
use crate::folder::faults::Faults;
use crate::http::{Asked, Listener, Told, serve};
use crate::practice::keys_of;
use crate::system::Entropy;
use heliograph_transparency::entry::{KeyRole, Mode};
use heliograph_vault::open::Opened;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

const DAY_S: u64 = 86_400;

#[test]
fn a_lone_custodian_offers_the_same_key_until_it_is_logged() {
    let mut town = Town::without_keys();
    let today = town.today();
    let first = town.custodian().offer(Some(today.0), today).unwrap();
    town.reopen(Faults::none());
    let again = town.custodian().offer(Some(today.0), today).unwrap();
    assert_eq!(keys_of(&first).public_key, keys_of(&again).public_key);
    town.desk.append(&again).unwrap();
    let twice = town
        .custodian()
        .offer(Some(today.0), today)
        .unwrap_err()
        .to_string();
    assert_eq!(twice, format!("{today} has a key already"));
    let keys = keys_of(&first);
    assert_eq!(
        (keys.mode, keys.threshold, keys.role),
        (Some(Mode::Local), 1, KeyRole::IpCustodians)
    );
}

#[test]
fn keys_are_made_a_week_ahead_and_not_further() {
    let mut town = Town::without_keys();
    let today = town.today();
    let days = days_without_key(&town.desk.ledger, today);
    assert_eq!(days.len(), 8);
    for day in &days {
        let entry = town.custodian().offer(Some(day.0), today).unwrap();
        town.desk.append(&entry).unwrap();
    }
    assert!(days_without_key(&town.desk.ledger, today).is_empty());
    assert!(town.custodian().offer(Some(today.0 + 9), today).is_err());
    assert!(town.custodian().offer(Some(today.0 - 2), today).is_err());
    // An entry of another date than today's is not signed, but for a day between two clocks.
    assert!(town.custodian().offer(None, today.plus(2)).is_err());
    town.custodian().offer(None, today.plus(1)).unwrap();
}

#[test]
fn a_clock_that_is_a_day_off_makes_no_key_that_it_should_not() {
    let town = Town::without_keys();
    let today = town.today();
    // Behind: the log's cosignatures seem to come from tomorrow, and nothing is believed.
    town.own_time.fetch_sub(DAY_S, SeqCst);
    assert!(town.custodian().offer(Some(today.0), today).is_err());
    // Two days ahead: the day is over.
    town.own_time.fetch_add(3 * DAY_S, SeqCst);
    assert!(town.custodian().offer(Some(today.0), today).is_err());
    town.own_time.fetch_sub(2 * DAY_S, SeqCst);
    town.custodian().offer(Some(today.0), today).unwrap();
}

#[test]
fn a_share_whose_key_missed_its_day_is_destroyed() {
    let mut town = Town::without_keys();
    let today = town.today();
    town.custodian().offer(Some(today.0), today).unwrap();
    town.pass(2 * DAY_S);
    town.desk.cosign().unwrap();
    town.custodian().tend().unwrap();
    let files = std::fs::read_dir(town.folder.path().join("custodian")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.starts_with("share-")).count(), 0);
}

#[test]
fn killed_anywhere_while_making_a_key_it_keeps_the_share_of_what_it_offered() {
    let mut town = Town::without_keys();
    let today = town.today();
    let faults = Faults::none();
    town.reopen(faults.clone());
    town.custodian().offer(Some(today.0), today).unwrap();
    let steps = faults.taken();
    for killed_at in 0..=steps {
        town.reopen(Faults::after(killed_at));
        // Each round wants the key of another day, of which nothing is known yet.
        let day = today.plus(1 + (killed_at % 7) as u32).0;
        let _ = std::fs::remove_file(town.folder.path().join(format!("custodian/offer-{day}")));
        let offered = town.custodian().offer(Some(day), today);
        town.reopen(Faults::none());
        let again = town.custodian().offer(Some(day), today).unwrap();
        if let Ok(offered) = offered {
            assert_eq!(keys_of(&offered).public_key, keys_of(&again).public_key);
        }
        let session = keys_of(&again).session;
        let folder = town.folder.path().join("custodian");
        assert!(
            folder
                .join(format!("share-{}", crate::encoding::hex(&session)))
                .exists()
        );
    }
}

#[test]
fn any_two_of_three_remote_custodians_open_and_one_does_not() {
    let (mut town, custodians) = remote_town(3, 2);
    let clients = clients(&custodians);
    let today = town.today();
    let phone = make(&mut town, &clients, NewKey::Phone);
    make(&mut town, &clients, NewKey::Day(today));
    town.records = town
        .desk
        .seal(&town.person, "4915112345678", "198.51.100.7", today)
        .unwrap();
    town.desk.publish_vault_root().unwrap();
    let opens = |town: &mut Town, pairs: &[[usize; 2]]| {
        let (case, responses, open) = town.opened();
        let ask = town.ask(&town.records, &responses, open);
        let answers: Vec<_> = custodians
            .iter()
            .map(|custodian| answer(custodian.answer(&ask)))
            .collect();
        let combine = |who: &[usize]| {
            let some: Vec<_> = who.iter().map(|at| answers[*at].clone()).collect();
            let records = &town.records;
            town.desk
                .combine(&case, &town.person, records, &responses, &some, open)
        };
        for pair in pairs {
            let opened = combine(pair).unwrap();
            assert!(
                matches!(&opened[1], Opened::Ip(seen) if seen.ip().to_string() == "198.51.100.7")
            );
        }
        for alone in 0..3 {
            assert!(combine(&[alone]).is_err());
        }
        assert!(combine(&[0, 0]).is_err());
    };
    opens(&mut town, &[[0, 1], [0, 2], [1, 2]]);

    // The phone key's shares are refreshed; the old ones are destroyed once that is logged.
    let shares = |at: u16| {
        let files =
            std::fs::read_dir(town.folder.path().join(format!("custodian-1-{at}"))).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("share-")).count()
    };
    let before = shares(1);
    let previous = town.desk.entry(phone).unwrap();
    make(&mut town, &clients, NewKey::RefreshedPhone(&previous));
    opens(&mut town, &[[0, 1], [1, 2]]);
    let files = std::fs::read_dir(town.folder.path().join("custodian-1-1")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        names.filter(|name| name.starts_with("share-")).count(),
        before
    );
}

/// A custodian that does not answer.
struct Absent;

impl CustodianClient for Absent {
    fn call(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, crate::custodian::client::CallError> {
        Err(crate::http::HttpError::Silent("unreachable".into()).into())
    }
}

#[test]
fn with_a_custodian_absent_there_is_no_key_and_it_is_named() {
    let (town, custodians) = remote_town(3, 2);
    let clients = clients(&custodians);
    let all: [&dyn CustodianClient; 3] = [&clients[0], &Absent, &clients[2]];
    let (today, policy) = (town.today(), town.desk.policy_hash());
    let ledger = &town.desk.ledger;
    let made = make_keys(
        &all,
        ledger,
        policy,
        NewKey::Day(today),
        today,
        &Entropy::system(),
    );
    assert_eq!(
        made.unwrap_err().to_string(),
        "custodian 2: no answer: unreachable"
    );
    let two: [&dyn CustodianClient; 2] = [&clients[0], &clients[1]];
    assert!(
        make_keys(
            &two,
            ledger,
            policy,
            NewKey::Day(today),
            today,
            &Entropy::system()
        )
        .is_err()
    );
    // A ceremony under another trust policy than is pinned.
    let all: Vec<&dyn CustodianClient> = clients.iter().map(|client| client as _).collect();
    let lax = make_keys(
        &all,
        ledger,
        [0; 32],
        NewKey::Day(today),
        today,
        &Entropy::system(),
    );
    assert!(
        lax.unwrap_err()
            .to_string()
            .contains("another log or trust policy")
    );
}

#[test]
fn a_custodian_on_a_socket_answers_as_in_process() {
    let mut town = Town::new();
    let (_, responses, open) = town.opened();
    let ask = town.ask(&town.records, &responses, open);
    let here = town.custodian().answer(&ask);
    let path = town.folder.path().join("socket");
    let custodian = Arc::clone(town.custodian());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = format!("unix:{}", path.display());
    let listener = runtime.block_on(Listener::bind(&address)).unwrap();
    let tcp = runtime.block_on(Listener::bind("127.0.0.1:0")).unwrap();
    let web = tcp.web_address().unwrap();
    let service = custodian.into_service();
    runtime.spawn(serve(listener, service.1, service.0.clone()));
    runtime.spawn(serve(tcp, service.1, service.0));
    for address in [address, web] {
        let remote = Remote::new(&address).unwrap();
        assert!(remote.ask(&ask).unwrap().to_bytes() == here.to_bytes());
        assert_eq!(remote.card().unwrap(), *town.custodian().card());
        assert_eq!(remote.state().unwrap(), town.custodian().state().unwrap());
        let nobody = remote.call("/nothing", b"").unwrap_err().to_string();
        assert_eq!(nobody, "nothing is served under this path");
        let long = vec![b'x'; 5 << 20];
        assert!(remote.call("/ask", &long).is_err());
    }
    let other = town.ask(&town.others, &responses, open);
    refusal(
        Remote::new(&format!("unix:{}", path.display()))
            .unwrap()
            .ask(&other)
            .unwrap(),
    );
}

#[test]
fn a_service_that_panics_answers_500() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(Listener::bind("127.0.0.1:0")).unwrap();
    let address = listener.web_address().unwrap();
    let service = Arc::new(|asked: Asked| -> Told { panic!("{}", asked.path) });
    runtime.spawn(serve(listener, 1_000, service));
    let remote = Remote::new(&address).unwrap();
    assert!(remote.call("/card", b"").is_err());
}
