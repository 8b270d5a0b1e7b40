use super::town::{Town, answer, refusal};
use crate::custodian::PreserveAsk;
use crate::folder::faults::Faults;
use crate::practice::Order;
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::{
    Day, Entry, Erase, Kinds, Policy, Preserve, Release, ReleaseReason,
};
use heliograph_transparency::files::Reply;
use heliograph_vault::label::Kind;
use heliograph_vault::record::SealedRecord;

const DAY_S: u64 = 86_400;

/// Lets days pass, with the custodian tended and the log cosigned on the last of them.
fn pass_days(town: &mut Town, days: u64) {
    town.pass(days * DAY_S);
    town.desk.cosign().unwrap();
    town.custodian().tend().unwrap();
}

fn of_kind(town: &Town, kind: Kind) -> Vec<SealedRecord> {
    town.records
        .iter()
        .filter(|record| record.label().kind == kind)
        .cloned()
        .collect()
}

fn order_of(kinds: Kinds, day: Day) -> Order {
    Order::practice(kinds, day)
}

#[test]
fn on_day_91_addresses_are_gone_and_the_number_of_a_live_account_opens() {
    let mut town = Town::new();
    let sealed_on = town.today();
    let (ips, phones) = (of_kind(&town, Kind::Ip), of_kind(&town, Kind::Phone));
    pass_days(&mut town, 90);
    // On the last day the address still opens.
    let case = town
        .desk
        .enter_request(&order_of(Kinds::Ip, sealed_on))
        .unwrap();
    let responses = town.responses(&case, &ips);
    let open = town.desk.enter_open(&case, &ips, &responses).unwrap();
    answer(town.custodian().answer(&town.ask(&ips, &responses, open)));

    pass_days(&mut town, 1);
    let case = town
        .desk
        .enter_request(&order_of(Kinds::Ip, sealed_on))
        .unwrap();
    let responses = town.responses(&case, &ips);
    let open = town.desk.enter_open(&case, &ips, &responses).unwrap();
    let why = refusal(town.custodian().answer(&town.ask(&ips, &responses, open)));
    assert_eq!(why, "the key of a record is not kept here any more");

    let case = town
        .desk
        .enter_request(&order_of(Kinds::Phone, sealed_on))
        .unwrap();
    let responses = town.responses(&case, &phones);
    let open = town.desk.enter_open(&case, &phones, &responses).unwrap();
    answer(
        town.custodian()
            .answer(&town.ask(&phones, &responses, open)),
    );
}

#[test]
fn a_longer_term_does_not_reach_back_and_a_shorter_one_does() {
    let mut town = Town::new();
    let sealed_on = town.today();
    let term = |town: &mut Town, version, retention_days| {
        let before = town.desk.ledger.registry().policy().unwrap().policy.clone();
        let policy = Policy {
            version,
            retention_days,
            ..before
        };
        let act = town.staff.act(&town.desk, policy, 2).unwrap();
        town.desk.append(&act).unwrap();
    };
    let opens = |town: &mut Town| {
        let ips = of_kind(town, Kind::Ip);
        let case = town
            .desk
            .enter_request(&order_of(Kinds::Ip, sealed_on))
            .unwrap();
        let responses = town.responses(&case, &ips);
        let open = town.desk.enter_open(&case, &ips, &responses).unwrap();
        matches!(
            town.custodian().answer(&town.ask(&ips, &responses, open)),
            Reply::Answer(_)
        )
    };
    pass_days(&mut town, 1);
    term(&mut town, 2, 366);
    pass_days(&mut town, 29);
    assert!(opens(&mut town));
    term(&mut town, 3, 30);
    assert!(opens(&mut town));
    pass_days(&mut town, 1);
    assert!(!opens(&mut town));

    let mut town = Town::new();
    pass_days(&mut town, 1);
    term(&mut town, 2, 366);
    pass_days(&mut town, 90);
    assert!(!opens(&mut town));
}

#[test]
fn a_key_is_destroyed_by_the_clock_even_when_the_log_is_out_of_reach() {
    let mut town = Town::new();
    let shares = || {
        let files = std::fs::read_dir(town.folder.path().join("custodian")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("share-")).count()
    };
    assert_eq!(shares(), 2);
    *town.shown.lock().unwrap() = town.folder.path().join("nowhere");
    town.pass(400 * DAY_S);
    assert!(town.custodian().tend().is_err());
    assert_eq!(shares(), 1);
    town.reopen(Faults::none());
}

#[test]
fn an_erasure_is_signed_once_the_records_have_expired_and_the_share_is_gone() {
    let mut town = Town::new();
    let day = town.today();
    let erase = |town: &Town, day| town.custodian().sign_erasure(day, 2, town.today());
    let early = erase(&town, day).map(|_| ()).unwrap_err().to_string();
    assert_eq!(early, format!("the records of {day} have not expired"));
    pass_days(&mut town, 91);
    let signed = erase(&town, day).unwrap();
    let mut entry = Entry::new(town.today(), Erase { day, records: 2 });
    entry.by.push(signed);
    town.desk.append(&entry.to_bytes().unwrap()).unwrap();
    assert!(erase(&town, Day(day.0 + 1)).is_err());
    let tomorrow = town.custodian().sign_erasure(day, 2, town.today().plus(5));
    assert!(tomorrow.is_err());
}

#[test]
fn a_preserved_record_opens_until_its_date_and_its_neighbour_does_not() {
    let mut town = Town::new();
    let sealed_on = town.today();
    let (own, neighbour) = (of_kind(&town, Kind::Ip), vec![town.others[1].clone()]);
    pass_days(&mut town, 60);
    let first = town
        .desk
        .enter_request(&order_of(Kinds::Ip, sealed_on))
        .unwrap();
    let hashes: Vec<_> = own.iter().map(|record| record.hash().0).collect();
    let body = Preserve {
        request: first.index,
        records: records_root(&hashes),
        n: 1,
        until: town.today().plus(60),
    };
    let act = town.staff.act(&town.desk, body, 2).unwrap();
    let preserve = town.desk.append(&act).unwrap();
    let bytes = |records: &[SealedRecord]| -> Vec<Vec<u8>> {
        records.iter().map(SealedRecord::to_bytes).collect()
    };
    let ask = |records: &[SealedRecord]| {
        let origin = town.desk.ledger.origin();
        let positions = (0..records.len() as u32).collect();
        town.custodian().preserve(&PreserveAsk::new(
            origin,
            preserve,
            &bytes(records),
            positions,
        ))
    };
    assert!(ask(&neighbour).is_err());
    ask(&own).unwrap();
    ask(&own).unwrap();
    pass_days(&mut town, 40);

    // An opening that does not name the preservation gets nothing; one that does, opens.
    let case = town
        .desk
        .enter_request(&order_of(Kinds::Ip, sealed_on))
        .unwrap();
    let responses = town.responses(&case, &own);
    let open = town.desk.enter_open(&case, &own, &responses).unwrap();
    refusal(town.custodian().answer(&town.ask(&own, &responses, open)));

    let mut order = order_of(Kinds::Ip, sealed_on);
    order.follows = Some(first.index);
    let case = town.desk.enter_request(&order).unwrap();
    let responses = town.responses(&case, &own);
    let mut body = town.desk.open(&case, &own, &responses).unwrap();
    body.preserved = Some(preserve);
    let open = town.desk.append_body(body).unwrap();
    let answer = answer(town.custodian().answer(&town.ask(&own, &responses, open)));
    town.desk
        .combine(&case, &town.person, &own, &responses, &[answer], open)
        .unwrap();

    let case = town
        .desk
        .enter_request(&order_of(Kinds::Ip, sealed_on))
        .unwrap();
    let responses = {
        let bundle = town.desk.bundle(&case, &town.other, &neighbour).unwrap();
        // The order names account 7; these officers would refuse. The custodian has no key.
        assert!(town.staff.officers[0].review(&bundle).is_err());
        responses
    };
    let open = town.desk.enter_open(&case, &neighbour, &responses).unwrap();
    refusal(
        town.custodian()
            .answer(&town.ask(&neighbour, &responses, open)),
    );

    // Released, or past its date, it is destroyed.
    let kept = town
        .folder
        .path()
        .join(format!("custodian/preserved-{preserve}"));
    assert!(kept.exists());
    pass_days(&mut town, 21);
    assert!(!kept.exists());
}

#[test]
fn a_released_preservation_is_destroyed_at_once() {
    let mut town = Town::new();
    let own = of_kind(&town, Kind::Ip);
    let order = order_of(Kinds::Ip, town.today());
    let first = town.desk.enter_request(&order).unwrap();
    let body = Preserve {
        request: first.index,
        records: records_root(&[own[0].hash().0]),
        n: 1,
        until: town.today().plus(30),
    };
    let act = town.staff.act(&town.desk, body, 2).unwrap();
    let preserve = town.desk.append(&act).unwrap();
    let records = [own[0].to_bytes()];
    let ask = PreserveAsk::new(town.desk.ledger.origin(), preserve, &records, vec![0]);
    town.custodian().preserve(&ask).unwrap();
    let kept = town
        .folder
        .path()
        .join(format!("custodian/preserved-{preserve}"));
    assert!(kept.exists());
    let why = ReleaseReason::Withdrawn;
    town.desk.append_body(Release { preserve, why }).unwrap();
    town.custodian().tend().unwrap();
    assert!(!kept.exists());
    assert!(town.custodian().preserve(&ask).is_err());
}
