use super::*;
use heliograph_transparency::entry::Day;

/// 2026-11-21T10:05Z.
pub(crate) const RECEIVED_S: u64 = 1_795_255_500;

pub(crate) fn form() -> OrderForm {
    OrderForm {
        official: "J. Richter".into(),
        role: "Judge".into(),
        file_reference: "12 Gs 345/26".into(),
        legal_basis: "Section 100j".into(),
        offence: "fraud".into(),
        suspect: "holder of the account".into(),
        clause: "4.2".into(),
        necessity: "No other lead.\nLimited to ten days.".into(),
        targets: vec![TargetForm::Username("@seller".into())],
        from: "2026-11-01T00:00Z".into(),
        to: "2026-11-10T23:59Z".into(),
        data: vec!["phone".into(), "ip".into()],
        purpose: "disclose".into(),
        priority: "normal".into(),
        threat: String::new(),
        gag: "none".into(),
        delivery: "registered-key".into(),
    }
}

fn parse(change: impl FnOnce(&mut OrderForm)) -> Result<Asked, FormError> {
    let mut form = form();
    change(&mut form);
    Asked::parse(&form, RECEIVED_S)
}

fn order(change: impl FnOnce(&mut OrderForm)) -> Order {
    match parse(change) {
        Ok(Asked::Order(order)) => order,
        Ok(Asked::OutOfDesk(_)) => panic!("out of desk"),
        Err(error) => panic!("{error}"),
    }
}

fn beyond(change: impl FnOnce(&mut OrderForm)) -> Option<Beyond> {
    match parse(change) {
        Ok(Asked::OutOfDesk(request)) => Some(request.beyond),
        _ => None,
    }
}

#[test]
fn a_complete_form_is_an_order_for_one_account() {
    let order = order(|_| ());
    assert!(order.target == Target::Username("seller".into()));
    assert_eq!(order.kinds, Kinds::Both);
    assert_eq!(
        order.days(),
        Day::from_civil(2026, 11, 1).unwrap().0..=Day::from_civil(2026, 11, 10).unwrap().0
    );
    assert_eq!(order.target.subject(), "username seller");
}

#[test]
fn each_form_of_a_target_is_understood_in_one_way() {
    let subject = |target| order(|form| form.targets = vec![target]).target.subject();
    assert_eq!(subject(TargetForm::Account("7".into())), "account 7");
    assert_eq!(
        subject(TargetForm::Username("seller".into())),
        "username seller"
    );
    assert_eq!(
        subject(TargetForm::Number("+49 151-1234567".into())),
        "number +491511234567"
    );
    for wrong in [
        TargetForm::Account("0".into()),
        TargetForm::Account("-7".into()),
        TargetForm::Account("7 8".into()),
        TargetForm::Username("a b".into()),
        TargetForm::Number("491511234567".into()),
        TargetForm::Number("+0151".into()),
    ] {
        let error = parse(|form| form.targets = vec![wrong])
            .err()
            .expect("refused");
        assert_eq!(error.field, "targets");
    }
}

#[test]
fn more_than_the_desk_can_do_is_no_order() {
    let account = |id: &str| TargetForm::Account(id.into());
    assert_eq!(
        beyond(|form| form.targets = vec![account("7"), account("8")]),
        Some(Beyond::SeveralAccounts)
    );
    // The same account twice is still a form for several.
    assert_eq!(
        beyond(|form| form.targets = vec![account("7"), account("7")]),
        Some(Beyond::SeveralAccounts)
    );
    for other in ["messages", "contacts", "PHONE", "phone ", ""] {
        assert_eq!(
            beyond(|form| form.data.push(other.into())),
            Some(Beyond::OtherData),
            "{other:?}"
        );
    }
    let secret = |data: &[&str]| {
        let data = data.iter().map(|word| (*word).to_owned()).collect();
        beyond(|form| form.data = data)
    };
    assert_eq!(secret(&["secret-chats"]), Some(Beyond::SecretChats));
    assert_eq!(
        secret(&["phone", "secret-chats"]),
        Some(Beyond::SecretChats)
    );
    assert_eq!(
        secret(&["secret-chats", "messages"]),
        Some(Beyond::OtherData)
    );
    assert_eq!(Beyond::SecretChats.outcome(), Outcome::Impossible);
    let address = || TargetForm::Address("198.51.100.7".into());
    assert_eq!(
        beyond(|form| form.targets = vec![address()]),
        Some(Beyond::ByAddress)
    );
    assert_eq!(Beyond::ByAddress.outcome(), Outcome::Impossible);
    assert_eq!(
        beyond(|form| form.to = "2026-11-21T10:06Z".into()),
        Some(Beyond::Future)
    );
    assert_eq!(beyond(|form| form.to = "2026-11-21T10:05Z".into()), None);
}

#[test]
fn a_form_filled_in_wrongly_is_told_where() {
    let field = |change: fn(&mut OrderForm)| parse(change).err().map(|error| error.field);
    assert_eq!(field(|form| form.suspect = "  ".into()), Some("suspect"));
    assert_eq!(
        field(|form| form.official = "a\u{7}b".into()),
        Some("official")
    );
    assert_eq!(field(|form| form.clause = "x".repeat(201)), Some("clause"));
    assert_eq!(
        field(|form| form.necessity = "x".repeat(8_001)),
        Some("necessity")
    );
    assert_eq!(field(|form| form.from = "2026-11-01".into()), Some("from"));
    assert_eq!(
        field(|form| form.to = "2026-10-01T00:00Z".into()),
        Some("to")
    );
    assert_eq!(
        field(|form| form.from = "2025-11-01T00:00Z".into()),
        Some("to")
    );
    assert_eq!(field(|form| form.targets.clear()), Some("targets"));
    assert_eq!(field(|form| form.data.clear()), Some("data"));
    assert_eq!(
        field(|form| form.purpose = "search".into()),
        Some("purpose")
    );
    assert_eq!(field(|form| form.gag = "forever".into()), Some("gag"));
    assert_eq!(
        field(|form| form.delivery = "age1attacker".into()),
        Some("delivery")
    );
    assert_eq!(
        field(|form| form.priority = "urgent".into()),
        Some("priority")
    );
}

#[test]
fn an_emergency_names_its_threat_and_nothing_else_does() {
    let error = parse(|form| form.priority = "emergency".into())
        .err()
        .expect("refused");
    assert_eq!(error.field, "threat");
    let error = parse(|form| form.threat = "a bomb".into())
        .err()
        .expect("refused");
    assert_eq!(error.field, "threat");
    let order = order(|form| {
        form.priority = "emergency".into();
        form.threat = "a bomb".into();
    });
    assert_eq!(order.head.priority, Priority::Emergency);
}

#[test]
fn a_form_with_an_unknown_member_is_not_read() {
    let text = serde_json::to_string(&form()).expect("strings");
    assert!(serde_json::from_str::<OrderForm>(&text).is_ok());
    let more = text.replacen('{', "{\"messages\":\"all\",", 1);
    assert!(serde_json::from_str::<OrderForm>(&more).is_err());
}
