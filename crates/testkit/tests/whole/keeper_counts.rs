//! How often numbers were looked up stands in the public log, a day later, in a whole server.

use heliograph_console::casework::CaseAct;
use heliograph_disclosure::order::TargetForm;
use heliograph_testkit::{DeskHouse, Person, pdf};
use heliograph_tl::{functions, types};
use heliograph_transparency::entry::{DAY_S, Day, KeeperDay};

/// The days that the log has counts of.
fn logged(house: &DeskHouse) -> Vec<KeeperDay> {
    let desk = house.desk();
    let ledger = desk.office.with_log(|log| log.ledger().clone());
    let days = ledger.registry().keeper_days().iter();
    days.map(|(_, day)| day.clone()).collect()
}

fn today(house: &DeskHouse) -> Day {
    Day::of_unix(house.now_s())
}

/// A person saves these numbers as contacts.
async fn import(person: &mut Person, numbers: &[&str]) {
    let contacts = (0..).zip(numbers).map(|(client_id, phone)| {
        let contact = types::InputPhoneContact {
            client_id,
            phone: (*phone).into(),
            first_name: "A friend".into(),
            ..Default::default()
        };
        contact.into()
    });
    let contacts = contacts.collect();
    person
        .call(functions::contacts::ImportContacts { contacts })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_of_each_day_that_is_over_stand_in_the_log_once_and_by_purpose() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let first = today(&house);
    let mut ada = Person::sign_up(&house, "Ada", "99966000001").await;
    import(&mut ada, &["99966000002", "99966000003", "99966000004"]).await;
    // An order about a number makes the desk look it up, too.
    let mut form = house.order("1");
    form.targets = vec![TargetForm::Number("+99966000001".into())];
    let arrived = house
        .hand_in_by_machine(&court, &form, &[pdf("an order")])
        .await;
    assert_eq!(arrived.status, 201, "{}", arrived.text);
    house.next_hour().await;
    let id = house.only_case().await;
    house.answer_all(id).await;
    house.act(id, CaseAct::Prepare).await.expect("looked up");
    assert_eq!(today(&house), first, "all of that on one day");
    house.settle().await;
    assert_eq!(logged(&house), [], "the day is not over");

    house.pass_days(1).await;
    let of_first = logged(&house);
    let [counted] = &of_first[..] else {
        panic!("{of_first:?}");
    };
    assert_eq!((counted.day, counted.contacts, counted.desk), (first, 3, 1));
    assert!(counted.sign_in > 0);
    // At the next looks, and on a day without any, nothing is added.
    house.desk().round().await;
    house.pass_days(1).await;
    assert_eq!(logged(&house), of_first);

    // Two days later it is the two days' own counts.
    let third = today(&house);
    let mut ada = ada.come_back(&house).await;
    import(&mut ada, &["99966000005"]).await;
    house.clock.turn(DAY_S as i64);
    let mut ada = ada.come_back(&house).await;
    import(&mut ada, &["99966000006", "99966000007"]).await;
    house.pass_days(3).await;
    let all = logged(&house);
    let later: Vec<_> = all[1..]
        .iter()
        .map(|day| (day.day, day.sign_in, day.contacts, day.desk))
        .collect();
    assert_eq!(later, [(third, 0, 1, 0), (third.plus(1), 0, 2, 0)]);
}
