//! The pages for everyone.

use super::{House, NOW_S, scene};
use axum::http::StatusCode;
use expect_test::expect;
use heliograph_transparency::entry::{Day, Outcome, Priority};
use heliograph_transparency::report;
use heliograph_transparency::testing::{Scene, TestCase};
use std::fmt::Write as _;

#[tokio::test]
async fn the_trust_level_stands_first_with_its_meaning() {
    let page = House::new().page("/transparency", "").await;
    let level = page.find("Trust level: ").expect("there");
    assert!(level < page.find("<h2 id=\"findings\"").expect("there"));
    assert!(page.contains("<span class=\"word\">self-attested</span>"));
    assert!(page.contains("Nobody outside vouches for this installation."));
}

#[tokio::test]
async fn the_overview_tells_coverage_log_and_custodians() {
    let page = House::new().page("/transparency", "").await;
    for text in [
        "812 of 1,040 accounts",
        "log.example/heliograph+",
        "none: the log vouches for itself",
        "remote: 2 of 3 must act together",
        "2 minutes ago",
        "Nothing is overdue",
        "Orders from these countries: DE, FR",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[tokio::test]
async fn what_is_overdue_and_red_stands_above_all_numbers() {
    let today = Day::of_unix(NOW_S);
    let mut scene = Scene::new("demo.example/log", Day(today.0 - 200));
    scene.push_request(TestCase {
        priority: Priority::Emergency,
        ..TestCase::ordinary(Day(today.0 - 200))
    });
    let page = House::over(&scene).page("/transparency", "").await;
    assert!(page.contains("OVERDUE") && page.contains("RED"), "{page}");
    assert!(page.contains("This is a demonstration."));
    assert!(page.contains("Nothing is sealed yet"));
}

#[tokio::test]
async fn every_entry_is_told_in_words_and_can_be_taken_home_with_its_proof() {
    let house = House::new();
    let list = house.page("/transparency/entries?from=0", "").await;
    for text in [
        "The desk bound itself to policy 1",
        "The officers made a key: 2 of 3 holders",
        "Officers decided that orders from DE are examined",
        "The numbers of 812 of 1,040 accounts",
        "Request 1 was received",
        "Officers approved the opening of 3 records",
        "records were opened and delivered",
        "from a court in DE, for both",
        "The person was told",
        "nothing was opened",
    ] {
        assert!(list.contains(text), "{text}: {list}");
    }
    let entries = scene().entries;
    for (index, entry) in entries.iter().enumerate() {
        let page = house
            .page(&format!("/transparency/entry/{index}"), "")
            .await;
        let first = String::from_utf8(entry.clone()).expect("text");
        let last = first.lines().last().expect("a line");
        assert!(page.contains(last), "{last}");
        let proof = house
            .get(&format!("/transparency/entry/{index}/proof"))
            .await;
        let proof: heliograph_transparency::proof::TlogProof =
            proof.text().parse().expect("a proof");
        let record = super::record(&scene());
        let policy = record.snapshot.policy.as_bytes();
        let policy = heliograph_transparency::policy::Policy::parse(policy).expect("a policy");
        let fresh = heliograph_transparency::policy::Freshness {
            max_age_s: u64::MAX,
            max_ahead_s: 0,
        };
        proof
            .verify(entry, &policy, fresh, NOW_S)
            .expect("it holds");
        assert_eq!(proof.index(), index as u64);
    }
    for path in [
        format!("/transparency/entry/{}", entries.len()),
        "/transparency/entry/-1".into(),
        "/transparency/entry/18446744073709551615/proof".into(),
        "/transparency/entries?from=99999".into(),
    ] {
        let status = house.get(&path).await.status;
        assert!(status.is_client_error(), "{path}: {status}");
    }
}

#[tokio::test]
async fn reports_are_downloaded_as_the_log_gives_them() {
    let house = House::new();
    let page = house.page("/transparency/reports/2026Q4", "").await;
    for text in [
        "The quarter is not over.",
        "All requests of this quarter are revealed",
        "<th scope=\"row\">DE</th>",
        "offence-not-covered 1",
        "<desc id=\"by-country-text\">DE 1, FR 1</desc>",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let ledger = &scene().ledger;
    let rows = report::rows(ledger, Some("2026Q4".parse().expect("a quarter")));
    let csv = house.get("/transparency/reports/2026Q4.csv").await;
    assert_eq!(csv.text(), report::to_csv(&rows));
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let json = house.get("/transparency/reports/2026Q4.json").await;
    assert_eq!(json.text(), report::to_json(ledger, &rows));
    for path in [
        "2026Q3",
        "2027Q1",
        "2026Q5",
        "x",
        "2026Q4.xml",
        "2026Q4.csv.csv",
    ] {
        let answer = house.get(&format!("/transparency/reports/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_quarter_under_gag_says_that_its_numbers_can_rise() {
    let mut scene = scene();
    let today = scene.today;
    scene.push_request(TestCase::ordinary(today));
    let page = House::over(&scene)
        .page("/transparency/reports/2026Q4", "")
        .await;
    assert!(page.contains("these numbers can only rise"), "{page}");
}

#[tokio::test]
async fn the_files_of_the_log_are_served_byte_for_byte() {
    let house = House::new();
    let record = super::record(&scene());
    for (path, bytes) in &record.files {
        let answer = house.get(&format!("/log/{path}")).await;
        assert_eq!(&answer.bytes, bytes, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let checkpoint = house.get("/log/checkpoint").await;
    assert_eq!(checkpoint.header("cache-control"), "no-cache");
    assert_eq!(
        checkpoint.header("content-type"),
        "text/plain; charset=utf-8"
    );
    for path in [
        "/log/",
        "/log/tile/0/001",
        "/log/..%2fkeys",
        "/log/tile/0/000.p/999",
    ] {
        assert_eq!(
            house.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_verifier_finds_where_to_begin() {
    let answer = House::new().get("/.well-known/heliograph").await;
    let key = super::record(&scene()).snapshot.log_key.to_string();
    expect![[r#"
        {
          "origin": "log.example/heliograph",
          "log_key": "KEY",
          "policy": "log KEY\nquorum none\n",
          "trust_level": "self-attested",
          "log": "http://localhost:8443/log/"
        }
    "#]]
    .assert_eq(&answer.text().replace(&key, "KEY"));
}

#[tokio::test]
async fn the_guide_and_the_privacy_page_follow_the_configuration() {
    let house = House::new();
    let guide = house.page("/law-enforcement", "").await;
    let policy = scene()
        .ledger
        .registry()
        .policy()
        .expect("one")
        .policy
        .clone();
    for text in [
        format!("{} days", policy.deadline_days),
        format!("{} hours", policy.emergency_hours),
        "Orders are served from: DE, FR".into(),
        "2 of 3, each at a machine of their own".into(),
        "<code>murder</code>".into(),
        "Example e.V.".into(),
    ] {
        assert!(guide.contains(&text), "{text}: {guide}");
    }
    for outcome in Outcome::ALL {
        let listed = guide.contains(&format!("<dt><code>{outcome}</code></dt>"));
        let refused = heliograph_disclosure::letters::refusal(*outcome).is_some();
        assert_eq!(listed, refused, "{outcome}");
    }
    let privacy = house.page("/privacy", "").await;
    for text in [
        "<strong>90 days</strong>",
        "2 of 3 officers",
        "812 of 1,040 accounts",
    ] {
        assert!(privacy.contains(text), "{text}: {privacy}");
    }
    let before = Scene::empty("log.example/new", Day::of_unix(NOW_S));
    let mut before = before;
    before.push(heliograph_transparency::testing::policy(1, false));
    let privacy = House::over(&before).page("/privacy", "").await;
    assert!(
        privacy.contains("no phone number and no address is stored"),
        "{privacy}"
    );
}

#[tokio::test]
async fn the_page_of_commands_names_this_installation() {
    let page = House::new().page("/transparency/check", "").await;
    assert!(
        page.contains("heliograph-verify http://localhost:8443/log/"),
        "{page}"
    );
    assert!(page.contains("quorum none"));
}

#[tokio::test]
async fn what_checking_cannot_prove_is_said_beside_the_command() {
    let house = House::new();
    let overview = house.page("/transparency", "").await;
    for told in [
        "heliograph-verify http://localhost:8443/log/",
        "it cannot prove that nothing happens without an entry",
        "href=\"/transparency/check#proves\"",
    ] {
        assert!(overview.contains(told), "{told}: {overview}");
    }
    let check = house.page("/transparency/check", "").await;
    assert!(check.contains("id=\"proves\""), "{check}");
    assert!(check.contains("That nothing happens outside the log."));
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_browsers_careful() {
    let house = House::new();
    let mut listing = String::new();
    for path in [
        "/transparency",
        "/log/checkpoint",
        "/console/sign-in",
        "/pages.css",
    ] {
        let answer = house.get(path).await;
        let mut lines: Vec<String> = answer
            .headers
            .iter()
            .map(|(name, value)| format!("  {name}: {}", value.to_str().expect("plain")))
            .collect();
        lines.retain(|line| !line.contains("content-length"));
        lines.sort();
        writeln!(listing, "{path}\n{}", lines.join("\n")).expect("memory");
    }
    expect![[r"
        /transparency
          cache-control: no-store
          content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
          content-type: text/html; charset=utf-8
          cross-origin-opener-policy: same-origin
          cross-origin-resource-policy: same-origin
          referrer-policy: no-referrer
          x-content-type-options: nosniff
        /log/checkpoint
          access-control-allow-origin: *
          cache-control: no-cache
          content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
          content-type: text/plain; charset=utf-8
          cross-origin-opener-policy: same-origin
          cross-origin-resource-policy: cross-origin
          referrer-policy: no-referrer
          x-content-type-options: nosniff
        /console/sign-in
          cache-control: no-store
          content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
          content-type: text/html; charset=utf-8
          cross-origin-opener-policy: same-origin
          cross-origin-resource-policy: same-origin
          referrer-policy: no-referrer
          x-content-type-options: nosniff
        /pages.css
          cache-control: max-age=3600
          content-security-policy: default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
          content-type: text/css; charset=utf-8
          cross-origin-opener-policy: same-origin
          cross-origin-resource-policy: same-origin
          referrer-policy: no-referrer
          x-content-type-options: nosniff
    "]].assert_eq(&listing);
}
