//! The legal desk over HTTP, in a whole server whose log, keeper, custodian and officers are the
//! real ones. Calls of the desk block, so these tests have threads, as the server has.

use heliograph_console::Casework as _;
use heliograph_console::casework::{CaseAct, CaseworkError};
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::case::State;
use heliograph_disclosure::order::TargetForm;
use heliograph_disclosure::order_key::OrderKey;
use heliograph_server::desk::Desk;
use heliograph_testkit::{Court, DeskHouse, Person, pdf};
use heliograph_transparency::entry::{Change, Outcome};

/// What is left of a page when secrets, references and moments are taken out.
fn without_digits(page: &str) -> String {
    let word = |word: &str| {
        let told = word.chars().any(|c| c.is_ascii_digit()) || word.len() > 30;
        if told {
            "…".to_owned()
        } else {
            word.to_owned()
        }
    };
    let words = page.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// Made with `ssh-keygen`, as is the signature under `pdf("an order")`.
const SIGNING_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIObSfZO7oCGPK3Gm32XrT5A23PC0Z0S9/0kP2LyAnkFt court@example";
const SIGNATURE: &str = "\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg5tJ9k7ugIY8rcabfZetPkDbc8L
RnRL3/SQ/YvICeQW0AAAAQaGVsaW9ncmFwaC1vcmRlcgAAAAAAAAAGc2hhNTEyAAAAUwAA
AAtzc2gtZWQyNTUxOQAAAED00APFK0wfFzX0RvVuYNYkoq5xjtiOaWdOlNEGIU39c2JLxx
1Gl0M46RyTY598kfEPofOBa5/pJfFIt/s4ndwD
-----END SSH SIGNATURE-----
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_comes_by_page_or_by_machine_and_takes_a_receipt_home() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let landing = house.get("/").await;
    assert!(landing.text.contains("Trust level: self-attested"));

    let page = house
        .hand_in(&court, &house.order("1"), &[pdf("an order")])
        .await;
    assert_eq!(page.status, 303, "{}", page.text);
    let receipt = page.header("location").to_owned();
    assert!(receipt.starts_with("/requests/r/"), "{receipt}");
    let shown = house.get(&receipt).await;
    assert!(
        shown.text.contains("data-stage=\"received\""),
        "{}",
        shown.text
    );
    let note = house.get(&format!("{receipt}/receipt")).await;
    assert!(
        note.text
            .starts_with("heliograph-receipt/1\nhouse.example/log\n")
    );

    let created = house
        .hand_in_by_machine(&court, &house.order("1"), &[pdf("an order")])
        .await;
    assert_eq!(created.status, 201, "{}", created.text);
    let created: serde_json::Value = serde_json::from_str(&created.text).expect("JSON");
    let secret = created["secret"].as_str().expect("told once");
    let status = house
        .get(&format!("/requests/api/v1/orders/{secret}"))
        .await;
    let status: serde_json::Value = serde_json::from_str(&status.text).expect("JSON");
    assert_eq!(
        (&status["state"], &status["outcome"]),
        (&"received".into(), &().into())
    );

    let listed = house.blocking(Desk::cases).await.expect("read");
    assert_eq!(listed.len(), 2);
    assert!(
        listed
            .iter()
            .all(|case| case.state == "received" && case.next.is_some())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_show_to_be_of_the_registry_waits_and_is_told_the_same() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let removed = house.register("Staatsanwaltschaft Beispielburg").await;
    let details = removed.details.clone();
    house
        .change(
            Some(removed.number),
            Change::Remove,
            details,
            KeyChange::Keep,
        )
        .await;
    let strangers = [
        (
            "unknown",
            Court {
                number: 77,
                ..court.clone()
            },
        ),
        (
            "without its key",
            Court {
                key: String::new(),
                ..court.clone()
            },
        ),
        (
            "with another's key",
            Court {
                key: removed.key.clone(),
                ..court.clone()
            },
        ),
        (
            "with a signature of a key that is not in its row",
            Court {
                signatures: SIGNATURE.into(),
                ..court.clone()
            },
        ),
        (
            "with no signature where one is expected",
            Court {
                signatures: "signed".into(),
                ..court.clone()
            },
        ),
        ("removed", removed.clone()),
        (
            "look-alike",
            Court {
                number: 77,
                ..court.named("Amtsgerlcht Musterstadt")
            },
        ),
    ];
    let mut answers = Vec::new();
    for (who, stranger) in &strangers {
        let answer = house
            .hand_in_by_machine(stranger, &house.order("1"), &[pdf("an order")])
            .await;
        assert_eq!(answer.status, 202, "{who}: {}", answer.text);
        answers.push(without_digits(&answer.text));
    }
    // A year later nobody has verified it anew.
    house.pass_days(400).await;
    let late = house.order("1");
    let answer = house
        .hand_in_by_machine(&court, &late, &[pdf("an order")])
        .await;
    assert_eq!(answer.status, 202, "expired: {}", answer.text);
    answers.push(without_digits(&answer.text));
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );

    let staff = house.staff();
    let now_s = house.now_s();
    let waiting = house
        .work(move |work| work.desk(&staff, now_s))
        .await
        .expect("listed");
    assert_eq!((waiting.cases.len(), waiting.quarantine.len()), (0, 8));
    let alike: Vec<_> = waiting
        .quarantine
        .iter()
        .filter(|line| line.sender.name == "Amtsgerlcht Musterstadt")
        .collect();
    assert_eq!(alike.len(), 1);
    assert_eq!(alike[0].look_alikes, ["Amtsgericht Musterstadt"]);
    assert!(
        waiting
            .quarantine
            .iter()
            .all(|line| line.sender.access_key.is_empty())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_court_that_signs_its_order_with_ssh_keygen_needs_no_access_key() {
    let house = DeskHouse::new().await;
    let mut court = house.register("Amtsgericht Musterstadt").await;
    court.key.clear();
    court.signatures = SIGNATURE.into();
    let order = [pdf("an order")];
    let before = house
        .hand_in_by_machine(&court, &house.order("1"), &order)
        .await;
    assert_eq!(before.status, 202, "{}", before.text);

    let key = OrderKey::parse(SIGNING_KEY).expect("a key");
    court.details.signing_key = Some(key.to_bytes());
    let (number, row) = (Some(court.number), court.details.clone());
    house
        .change(number, Change::Change, row, KeyChange::None)
        .await;
    house.pass_days(5).await;
    // By machine and on the page, and the receipt says how the court was recognised.
    let by_machine = house
        .hand_in_by_machine(&court, &house.order("1"), &order)
        .await;
    assert_eq!(by_machine.status, 201, "{}", by_machine.text);
    let by_machine: serde_json::Value = serde_json::from_str(&by_machine.text).expect("JSON");
    let secret = by_machine["secret"].as_str().expect("told once");
    let status = house
        .get(&format!("/requests/api/v1/orders/{secret}"))
        .await;
    assert!(
        status.text.contains("\"recognised_by\":\"signed\""),
        "{}",
        status.text
    );
    let on_page = house.hand_in(&court, &house.order("1"), &order).await;
    assert_eq!(on_page.status, 303, "{}", on_page.text);
    // Another document under the same signature waits.
    let other = house
        .hand_in_by_machine(&court, &house.order("1"), &[pdf("another order")])
        .await;
    assert_eq!(other.status, 202, "{}", other.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_added_on_the_receipt_page_and_a_false_pdf_is_not() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let receipt = house.receipt(&court, &house.order("1")).await;
    house.next_hour().await;
    let id = house.only_case().await;
    let what = "The order is not signed.".to_owned();
    house
        .act(id, CaseAct::AskCorrection { what })
        .await
        .expect("asked");
    let shown = house.get(&receipt).await;
    assert!(shown.text.contains("The order is not signed."));

    let documents = format!("{receipt}/documents");
    let mut false_pdf = pdf("a page");
    false_pdf.1 = b"<html>not a PDF</html>".to_vec();
    let refused = house.post_documents(&documents, &[false_pdf]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("not a PDF file"), "{}", refused.text);
    let added = house.post_documents(&documents, &[pdf("signed")]).await;
    assert_eq!(added.status, 303, "{}", added.text);
    let shown = house.get(&receipt).await;
    assert!(!shown.text.contains("The order is not signed."));
    let staff = house.staff();
    let now_s = house.now_s();
    let case = house
        .work(move |work| work.case(&staff, id, now_s))
        .await
        .expect("shown");
    assert_eq!(case.documents.len(), 2);
    assert_eq!(
        house
            .post_documents(&documents, &[pdf("more")])
            .await
            .status,
        409
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_from_the_page_to_the_package_and_responses_count_once() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    house.settle().await;
    let receipt = house
        .receipt(&court, &house.order(&ada.id.to_string()))
        .await;
    house.next_hour().await;
    let id = house.only_case().await;
    house.answer_all(id).await;
    house.act(id, CaseAct::Prepare).await.expect("prepared");
    let (staff, now_s) = (house.staff(), house.now_s());
    let bundle = house
        .work(move |work| work.bundle(&staff, id, 0, now_s))
        .await;
    let responses = house.officers.approve(&bundle.expect("made"));

    // Both at once, and each twice: whoever loses the race is told so and comes again.
    let all: Vec<Vec<u8>> = responses.iter().chain(&responses).cloned().collect();
    let brought = all
        .into_iter()
        .map(|response| house.act(id, CaseAct::Respond { response }));
    let brought: Vec<_> = brought.collect();
    let mut kept = 0;
    for response in brought {
        match response.await {
            Ok(()) => kept += 1,
            Err(CaseworkError::NotNow(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(kept >= 1);
    for response in responses {
        // One that counts already changes nothing.
        let _ = house.act(id, CaseAct::Respond { response }).await;
    }
    let (staff, now_s) = (house.staff(), house.now_s());
    let case = house
        .work(move |work| work.case(&staff, id, now_s))
        .await
        .expect("shown");
    let approvals = case.approvals.expect("asked");
    assert_eq!(approvals.approve, ["Officer-1", "Officer-2"]);
    assert_eq!((approvals.need, case.state), (2, State::Approved));

    // The machine does not open it: somebody confirms.
    house.settle().await;
    assert!(
        house
            .get(&receipt)
            .await
            .text
            .contains("data-stage=\"approving\"")
    );
    house.act(id, CaseAct::Open).await.expect("opened");
    let shown = house.get(&receipt).await;
    assert!(
        shown.text.contains("data-stage=\"ended\""),
        "{}",
        shown.text
    );
    let package = house.post(&format!("{receipt}/package")).await;
    assert!(package.bytes.starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(
        house.post(&format!("{receipt}/package")).await.status,
        404,
        "once"
    );
    let shown = house.get(&receipt).await.text;
    assert!(
        shown.contains("It was fetched and is not kept here any more."),
        "{shown}"
    );

    let checkpoint = house.get("/log/checkpoint").await;
    assert_eq!(checkpoint.bytes, house.file("log/checkpoint"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outside_sees_no_difference_between_nobody_and_nothing_held() {
    let house = DeskHouse::new().await;
    let court = house.register("Amtsgericht Musterstadt").await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    house.settle().await;
    let nobody = house.order("4711");
    let mut too_old = house.order(&ada.id.to_string());
    too_old.data = vec!["ip".into()];
    (too_old.from, too_old.to) = ("2023-01-01T00:00Z".into(), "2023-01-02T00:00Z".into());
    let two = |other: &str| {
        let mut form = house.order(&ada.id.to_string());
        form.targets.push(TargetForm::Account(other.into()));
        form
    };
    let (known, unknown) = (two("777000"), two("4711"));
    let mut receipts = Vec::new();
    for form in [&nobody, &too_old, &known, &unknown] {
        receipts.push(house.receipt(&court, form).await);
    }
    let same = async |stage: &str, receipts: &[String]| {
        let mut pages = Vec::new();
        for receipt in receipts {
            let page = house.get(receipt).await.text;
            assert!(page.contains(&format!("data-stage=\"{stage}\"")), "{page}");
            pages.push(without_digits(&page));
        }
        assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    };
    same("received", &receipts).await;
    house.next_hour().await;
    same("examined", &receipts).await;
    let (staff, now_s) = (house.staff(), house.now_s());
    let listed = house
        .work(move |work| work.desk(&staff, now_s))
        .await
        .expect("listed");
    for line in listed.cases {
        let (staff, now_s, id) = (house.staff(), house.now_s(), line.id);
        let case = house
            .work(move |work| work.case(&staff, id, now_s))
            .await
            .expect("shown");
        if case.beyond.is_some() {
            let (outcome, note) = (Outcome::OutOfDesk, "counsel answers".to_owned());
            house
                .act(id, CaseAct::Refuse { outcome, note })
                .await
                .expect("ended");
        } else {
            house.answer_all(id).await;
            house.act(id, CaseAct::Prepare).await.expect("ended");
        }
    }
    same("ended", &receipts[..2]).await;
    same("ended", &receipts[2..]).await;
    assert!(house.get(&receipts[0]).await.text.contains("data-not-held"));
    assert!(house.get(&receipts[2]).await.text.contains("out-of-desk"));
}
