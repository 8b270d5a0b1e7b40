//! Moderation's work, from its pages.

use crate::moderating::Opening;
use crate::staff::Role;
use crate::staff::session::CSRF_FIELD;
use crate::tests::moderation::{APPEAL, CHILD, ORDER, ORDINARY, PROPOSED};
use crate::tests::{Answer, House, urlencoded};
use axum::http::StatusCode;
use heliograph_model::UserId;
use heliograph_moderation::cases::Origin;

const MODERATOR: &[Role] = &[Role::Moderator];
const BOTH: &[Role] = &[Role::Moderator, Role::ChildSafety];

/// A moderator at work.
struct Shift {
    house: House,
    cookie: String,
    csrf: String,
}

impl Shift {
    fn of(roles: &[Role]) -> Self {
        let house = House::new();
        let (cookie, csrf) = house.sign_in("Mo", roles);
        Self {
            house,
            cookie,
            csrf,
        }
    }

    async fn page(&self, path: &str) -> String {
        self.house.page(path, &self.cookie).await
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![(CSRF_FIELD, self.csrf.as_str())];
        all.extend(fields);
        self.house.send(urlencoded(path, &self.cookie, &all)).await
    }

    async fn status(&self, path: &str) -> StatusCode {
        let mut request = urlencoded(path, &self.cookie, &[]);
        *request.method_mut() = axum::http::Method::GET;
        self.house.send(request).await.status
    }

    fn done(&self) -> Vec<String> {
        let done = std::mem::take(&mut *self.house.moderation.done.lock().unwrap());
        done.into_iter().map(|(_, what)| what).collect()
    }
}

/// A verdict without a mistake.
const SOUND: [(&str, &str); 7] = [
    ("act", "delist"),
    ("territory", "world"),
    ("countries", ""),
    ("until", ""),
    ("clause", "fraud.3"),
    ("category", "scams-and-fraud"),
    ("facts", "It sells <pills> that do not exist."),
];

fn filled<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = SOUND.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

fn verdict_path(case: u64) -> String {
    format!("/console/moderation/{case}/verdict")
}

#[tokio::test]
async fn pages_of_moderation_are_sound_and_work_without_scripts() {
    let shift = Shift::of(BOTH);
    for path in [
        "/console/queue",
        "/console/queue?after=proposed",
        "/console/decisions-of-moderation",
        "/console/decisions-of-moderation/4",
        "/console/open-case",
        "/console/moderation/13/hotline",
    ] {
        assert!(!shift.page(path).await.contains("<script"), "{path}");
    }
    for case in [ORDINARY, CHILD, APPEAL, ORDER, PROPOSED] {
        let page = shift.page(&format!("/console/moderation/{case}")).await;
        assert!(!page.contains("<script"));
        assert!(page.matches("<form").count() <= page.matches("name=\"csrf\"").count());
    }
}

#[tokio::test]
async fn the_queue_begins_with_children_and_lives_and_then_appeals() {
    let shift = Shift::of(BOTH);
    let page = shift.page("/console/queue").await;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(place("Children and lives") < place(">Case 13<"));
    assert!(place(">Case 13<") < place("Appeals</h2>"));
    assert!(place(">Case 14<") < place("Everything else"));
    assert!(place("Everything else") < place(">Case 12<"));
    for text in ["2.50", "2 h", "order of authority 3", "a second moderator"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains("accesskey=\"n\" autofocus"), "{page}");
    let taken = shift.send("/console/queue/take", &[]).await;
    assert_eq!(taken.location(), "/console/moderation/12");
    assert_eq!(shift.done(), ["queue true", "take None true"]);
    let other = shift.send("/console/queue/take", &[("case", "99")]).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.text().contains("somebody else has it"));
}

#[tokio::test]
async fn what_was_reported_is_veiled_and_nobody_reads_who_reported_it() {
    let shift = Shift::of(MODERATOR);
    let page = shift.page("/console/moderation/12").await;
    for veiled in ["Cheap &lt;pills&gt;", "Order now"] {
        let at = page.find(veiled).expect("there");
        let before = page[..at].rfind("<div").expect("a div");
        assert!(page[before..at].contains("veiled"), "{veiled}: {page}");
    }
    let excerpt = page.find("Send &lt;money&gt; first").expect("there");
    let details = page[..excerpt].rfind("<details>").expect("closed");
    assert!(!page[details..excerpt].contains("</details>"), "{page}");
}

#[tokio::test]
async fn a_verdict_is_shown_with_its_statement_before_it_is_one() {
    let shift = Shift::of(MODERATOR);
    let path = verdict_path(ORDINARY);
    let preview = shift.send(&path, &filled(&[("step", "preview")])).await;
    assert_eq!(preview.status, StatusCode::OK);
    let page = preview.text();
    for text in [
        "search does not show it.",
        "It sells &lt;pills&gt; that do not exist.",
        "clause fraud.3",
        "1,234 people in it",
        "is told at once",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("needs-two") && shift.done().is_empty());
    let changed = shift.send(&path, &filled(&[("step", "change")])).await;
    assert!(changed.text().contains("value=\"delist\" checked"));
    let confirmed = shift.send(&path, &filled(&[("step", "confirm")])).await;
    assert_eq!(confirmed.location(), "/console/queue?after=decided");
    assert_eq!(shift.done(), ["decide 12 delist"]);
}

#[tokio::test]
async fn mistakes_of_a_verdict_stand_beside_their_fields() {
    let shift = Shift::of(MODERATOR);
    for (change, field) in [
        (("act", "freeze"), "act"),
        (("act", ""), "act"),
        (("facts", ""), "facts"),
        (("clause", "fraud.9"), "clause"),
        (("category", "x"), "category"),
        (("until", "2020-01-01"), "until"),
        (("until", "soon"), "until"),
        (("territory", "countries"), "countries"),
    ] {
        let fields = filled(&[change, ("step", "confirm")]);
        let answer = shift.send(&verdict_path(ORDINARY), &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{change:?}"
        );
        let page = answer.text();
        assert!(
            page.contains(&format!("id=\"{field}-wrong\"")),
            "{change:?}: {page}"
        );
    }
    assert!(shift.done().is_empty());
}

#[tokio::test]
async fn an_order_is_carried_out_no_further_than_it_reaches() {
    let shift = Shift::of(MODERATOR);
    let page = shift.page("/console/moderation/15").await;
    assert!(page.contains("value=\"countries\" checked"), "{page}");
    assert!(page.contains("value=\"DE\"") && page.contains("value=\"delist\" checked"));
    let world = shift
        .send(&verdict_path(ORDER), &filled(&[("step", "confirm")]))
        .await;
    assert_eq!(world.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.text().contains("The order does not reach so far"));
    let within = [
        ("territory", "countries"),
        ("countries", "de"),
        ("step", "confirm"),
    ];
    let within = shift.send(&verdict_path(ORDER), &filled(&within)).await;
    assert_eq!(within.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn something_grave_says_that_it_needs_two_and_the_second_agrees_in_one_step() {
    let shift = Shift::of(MODERATOR);
    let block = |step| filled(&[("act", "block"), ("step", step)]);
    let preview = shift.send(&verdict_path(ORDINARY), &block("preview")).await;
    assert!(preview.text().contains("id=\"needs-two\""));
    let proposed = shift.send(&verdict_path(ORDINARY), &block("confirm")).await;
    assert_eq!(proposed.location(), "/console/queue?after=proposed");
    let page = shift.page("/console/moderation/16").await;
    assert!(page.contains("id=\"agree\""), "{page}");
    assert!(
        page.contains("type=\"hidden\" name=\"act\" value=\"block\""),
        "{page}"
    );
    let moderation = &shift.house.moderation;
    moderation.change(PROPOSED, |sheet| sheet.proposed_by_me = true);
    let own = shift.page("/console/moderation/16").await;
    assert!(!own.contains("id=\"agree\"") && own.contains("waits for somebody else"));
    // A delisting of something many people are in is no small thing either.
    moderation.change(ORDINARY, |sheet| {
        sheet.known.as_mut().unwrap().members = 10_000;
    });
    let large = shift
        .send(&verdict_path(ORDINARY), &filled(&[("step", "preview")]))
        .await;
    assert!(large.text().contains("id=\"needs-two\""));
}

#[tokio::test]
async fn an_appeal_shows_what_is_contested_and_is_granted_or_not() {
    let shift = Shift::of(MODERATOR);
    let page = shift.page("/console/moderation/14").await;
    for text in [
        "The contested decision",
        "They &lt;do&gt; exist.",
        "value=\"uphold\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("value=\"nothing\""), "{page}");
    let uphold = filled(&[("act", "uphold"), ("step", "confirm")]);
    shift.send(&verdict_path(APPEAL), &uphold).await;
    assert_eq!(shift.done(), ["decide 14 uphold"]);
}

#[tokio::test]
async fn a_case_about_a_child_is_not_there_for_who_has_not_agreed_to_see_it() {
    let shift = Shift::of(MODERATOR);
    assert!(!shift.page("/console/queue").await.contains("Case 13"));
    let missing = StatusCode::NOT_FOUND;
    for path in ["/console/moderation/13", "/console/moderation/13/hotline"] {
        assert_eq!(shift.status(path).await, missing, "{path}");
    }
    let fields = filled(&[("step", "confirm")]);
    assert_eq!(
        shift.send(&verdict_path(CHILD), &fields).await.status,
        missing
    );
    let opened = shift.send("/console/moderation/13/open", &[]).await;
    assert_eq!(opened.status, StatusCode::FORBIDDEN);
    assert_eq!(shift.done(), ["queue false"]);
    shift.house.moderation.change(ORDINARY, |sheet| {
        sheet.earlier[0].verdict.clause = "children.2".into();
    });
    let ordinary = shift.page("/console/moderation/12").await;
    assert!(!ordinary.contains("children.2, "), "{ordinary}");
    let decisions = shift.page("/console/decisions-of-moderation").await;
    assert!(!decisions.contains("children.1") && decisions.contains("fraud.3"));
    let decision = "/console/decisions-of-moderation/5";
    assert_eq!(shift.status(decision).await, missing);
    let undo = [("facts", "wrong")];
    let undo = shift.send(&format!("{decision}/undo"), &undo).await;
    assert_eq!(undo.status, missing);
    assert!(shift.done().is_empty());
}

#[tokio::test]
async fn what_is_sealed_is_shown_to_nobody_before_two_have_asked() {
    let shift = Shift::of(BOTH);
    let page = shift.page("/console/moderation/13").await;
    for absent in ["Send &lt;money&gt;", "They cheat", "id=\"decide\""] {
        assert!(!page.contains(absent), "{absent}: {page}");
    }
    let refused = shift
        .send(&verdict_path(CHILD), &filled(&[("step", "confirm")]))
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    shift.send("/console/moderation/13/open", &[]).await;
    assert_eq!(shift.done(), ["open 13"]);
    let opening = |opening| {
        let moderation = &shift.house.moderation;
        moderation.change(CHILD, |sheet| sheet.opening = opening);
        shift.page("/console/moderation/13")
    };
    let asked = opening(Opening::AskedByMe).await;
    assert!(asked.contains("A colleague has to ask as well") && !asked.contains("id=\"open\""));
    assert!(
        opening(Opening::AskedByAnother)
            .await
            .contains("Open it together")
    );
}

#[tokio::test]
async fn a_report_to_a_hotline_has_a_text_to_copy_and_is_noted() {
    let shift = Shift::of(BOTH);
    let path = "/console/moderation/13/hotline";
    let page = shift.page(path).await;
    for text in [
        "What: Child sexual abuse (channel)",
        "Where: channel/7 at http://localhost:8443",
        "When it came to our notice (UTC): 2026-11-21T08:05Z",
        "no phone number and no address goes this way",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let empty = shift.send(path, &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("id=\"reference-wrong\""));
    let fields = [("to", "a hotline"), ("reference", "A-77")];
    assert_eq!(shift.send(path, &fields).await.location(), path);
    assert_eq!(shift.done(), ["hotline 13 a hotline"]);
    assert!(shift.page(path).await.contains("A-77"));
    // What is not urgent has no such page.
    let ordinary = "/console/moderation/12/hotline";
    assert_eq!(shift.status(ordinary).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_decision_is_taken_back_with_a_reason() {
    let shift = Shift::of(MODERATOR);
    let page = shift.page("/console/decisions-of-moderation/4").await;
    assert!(
        page.contains("waits as case 14") && page.contains("id=\"undo\""),
        "{page}"
    );
    let path = "/console/decisions-of-moderation/4/undo";
    let without = shift.send(path, &[("facts", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let undone = shift.send(path, &[("facts", "They do exist.")]).await;
    assert_eq!(undone.location(), "/console/decisions-of-moderation");
    assert_eq!(shift.done(), ["undo 4: They do exist."]);
}

#[tokio::test]
async fn a_case_is_opened_of_ones_own_accord_or_for_an_order_and_its_countries() {
    let shift = Shift::of(MODERATOR);
    let path = "/console/open-case";
    let own = [
        ("location", "@cheap_pills"),
        ("reason", "fraud"),
        ("origin", "own"),
    ];
    assert_eq!(
        shift.send(path, &own).await.location(),
        "/console/moderation/12"
    );
    let order = [
        ("location", "@cheap_pills"),
        ("reason", "fraud"),
        ("origin", "order"),
        ("authority", "3"),
        ("countries", "fr de"),
    ];
    shift.send(path, &order).await;
    assert_eq!(
        shift.done(),
        [
            "open-case @cheap_pills fraud Own None",
            "open-case @cheap_pills fraud Order(3) Some(Countries([\"DE\", \"FR\"]))"
        ]
    );
    for (wrong, field) in [
        (("location", "@nobody"), "location"),
        (("countries", ""), "countries"),
        (("countries", "ZZ"), "countries"),
        (("authority", "x"), "authority"),
        (("reason", ""), "reason"),
        (("origin", ""), "origin"),
    ] {
        let mut fields = order.to_vec();
        fields.retain(|(name, _)| *name != wrong.0);
        fields.push(wrong);
        let answer = shift.send(path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert!(
            answer.text().contains(&format!("id=\"{field}-wrong\"")),
            "{wrong:?}"
        );
    }
    let child = [
        ("location", "@cheap_pills"),
        ("reason", "child-harm"),
        ("origin", "own"),
    ];
    assert_eq!(shift.send(path, &child).await.status, StatusCode::FORBIDDEN);
    assert!(shift.done().is_empty());
}

#[tokio::test]
async fn what_was_reported_leaves_as_a_file_once() {
    let shift = Shift::of(BOTH);
    let hotline = "/console/moderation/13/hotline";
    assert!(shift.page(hotline).await.contains("id=\"evidence\""));
    let taken = shift.send("/console/moderation/13/evidence", &[]).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert_eq!(taken.headers["cache-control"], "no-store");
    let named = "attachment; filename=\"case-13.txt\"";
    assert_eq!(taken.headers["content-disposition"], named);
    let file = taken.text();
    for text in [
        "Send <money> first",
        "They cheat <us>",
        "The owner has not been told",
    ] {
        assert!(file.contains(text), "{text}: {file}");
    }
    assert_eq!(shift.done(), ["evidence 13"]);
    let page = shift.page(hotline).await;
    assert!(page.contains("id=\"taken\"") && !page.contains("id=\"evidence\""));
    // What is not urgent is handed out to nobody.
    let ordinary = shift.send("/console/moderation/12/evidence", &[]).await;
    assert_eq!(ordinary.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn many_decisions_are_taken_back_after_a_look_at_how_many() {
    let shift = Shift::of(MODERATOR);
    let path = "/console/undo-decisions";
    let sound = [
        ("by", "7"),
        ("from", "2026-11-01"),
        ("to", "2026-11-20"),
        ("facts", "They were not careful."),
    ];
    let look = shift.send(path, &sound).await;
    assert!(look.text().contains("7 decisions would be taken back"));
    assert!(shift.done().is_empty(), "nothing is done by looking");
    let mut sure = sound.to_vec();
    sure.push(("sure", "yes"));
    let done = shift.send(path, &sure).await;
    assert_eq!(done.location(), "/console/decisions-of-moderation");
    assert_eq!(shift.done(), ["undo all Some(7) 2026-11-01 2026-11-20"]);
    for (field, wrong) in [("by", "x"), ("from", ""), ("to", "soon"), ("facts", " ")] {
        let mut fields = sure.clone();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, wrong));
        let answer = shift.send(path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let named = format!("id=\"{field}-wrong\"");
        assert!(answer.text().contains(&named), "{field}");
    }
    assert!(shift.done().is_empty());
}

#[tokio::test]
async fn texts_like_one_that_was_hidden_are_refused_by_a_button_and_held_again_by_another() {
    let shift = Shift::of(MODERATOR);
    let page = shift.page("/console/decisions-of-moderation/4").await;
    assert!(
        page.contains("id=\"refuse\"") && page.contains("half a year"),
        "{page}"
    );
    let here = "/console/decisions-of-moderation/4/refuse";
    for alike in ["refused", "held"] {
        let answer = shift.send(here, &[("alike", alike)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    let nonsense = shift.send(here, &[("alike", "burnt")]).await;
    assert_eq!(nonsense.status, StatusCode::NOT_FOUND);
    assert_eq!(shift.done(), ["refuse 4 Refused", "refuse 4 Held"]);
}

#[tokio::test]
async fn what_was_refused_and_is_contested_is_let_through_or_stays() {
    let shift = Shift::of(MODERATOR);
    shift.house.moderation.change(ORDINARY, |sheet| {
        sheet.case.origin = Origin::Refused;
        sheet.case.refusal = Some((UserId(5), 1));
    });
    let page = shift.page("/console/moderation/12").await;
    assert!(page.contains("id=\"let-through\""), "{page}");
    assert!(
        !page.contains("id=\"preview\""),
        "there is no verdict on anybody"
    );
    let here = "/console/moderation/12/refused";
    for finding in ["let-through", "stands"] {
        let answer = shift.send(here, &[("finding", finding)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    shift
        .house
        .moderation
        .change(ORDINARY, |sheet| sheet.mine = false);
    let not_mine = shift.send(here, &[("finding", "stands")]).await;
    assert_eq!(not_mine.status, StatusCode::NOT_FOUND);
    assert_eq!(shift.done(), ["settle 12 LetThrough", "settle 12 Stands"]);
}

#[tokio::test]
async fn an_owner_who_was_not_told_can_be_told_later() {
    let shift = Shift::of(BOTH);
    let told_at_once = shift.page("/console/decisions-of-moderation/4").await;
    assert!(!told_at_once.contains("id=\"tell\""));
    let path = "/console/decisions-of-moderation/5";
    assert!(shift.page(path).await.contains("id=\"tell\""));
    let told = shift.send(&format!("{path}/tell"), &[]).await;
    assert_eq!(told.location(), path);
    assert_eq!(shift.done(), ["tell 5"]);
    let other = Shift::of(MODERATOR);
    let told = other.send(&format!("{path}/tell"), &[]).await;
    assert_eq!(told.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_queue_says_how_much_somebody_has_seen_today() {
    let shift = Shift::of(BOTH);
    let queue = shift.page("/console/queue").await;
    assert!(queue.contains("You have looked at 12") && queue.contains("take a pause"));
}
