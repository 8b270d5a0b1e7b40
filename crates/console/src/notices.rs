//! `/report`: notices of people without an account, with what Article 16 of the Digital Services
//! Act asks for, and the receipt on which its sender follows it.

mod flood;

pub(crate) use flood::Flood;

use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::fields::{Field, Fields, Wrong, field};
use crate::moderating::{ModeratingError, Notice, NoticeState};
use crate::page::{Page, moment};
use crate::portal::Typed;
use crate::public::demo;
use crate::{Shared, Visitor, texts};
use axum::extract::{DefaultBodyLimit, Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use heliograph_moderation::reasons::{self, REASONS};
use maud::html;
use std::sync::Arc;

/// Largest form.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// Longest texts, in characters.
const MAX_LOCATION_CHARS: usize = 500;
const MAX_EXPLANATION_CHARS: usize = 5_000;
const MAX_SENDER_CHARS: usize = 200;

const LOCATION: Field = field(
    "location",
    "Where it is",
    "The link to a public channel, group, bot, person or post here, or its @name.",
);
const REASON: Field = field("reason", "What is wrong", "");
const EXPLANATION: Field = field(
    "explanation",
    "Why it is illegal, or breaks the terms",
    "What is to be seen there. Do not send pictures or copies.",
);
const NAME: Field = field(
    "name",
    "Your name",
    "Not needed when it is about the abuse of a child.",
);
const EMAIL: Field = field(
    "email",
    "Your e-mail address",
    "As above. The person concerned is never told who you are.",
);
const GOOD_FAITH: Field = field(
    "good_faith",
    "I believe in good faith that what I say is accurate and complete.",
    "",
);

/// The routes.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/report", get(empty).post(send))
        .route("/report/{secret}", get(receipt))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// `GET /report`; a link may bring the location along.
async fn empty(
    State(shared): State<Arc<Shared>>,
    Query(fields): Query<Vec<(String, String)>>,
) -> Page {
    let mut typed = Typed::default();
    for (name, value) in fields {
        if name == LOCATION.name || name == REASON.name {
            typed.add(&name, value);
        }
    }
    page(&shared, &typed, &Wrong::new(), None)
}

fn page(shared: &Shared, typed: &Typed, wrong: &Wrong, refused: Option<&str>) -> Page {
    let fields = Fields { typed, wrong };
    let reasons: Vec<(&str, String)> = REASONS
        .iter()
        .map(|reason| (reason.word, reason.title.to_owned()))
        .collect();
    let body = html! {
        (demo(&shared.record.snapshot()))
        h1 { "Report something public" }
        p .lead {
            "For everybody, with or without an account. What is not allowed stands in the "
            a href="/terms" { "terms" } ". A person looks at it, and you can follow what comes of it."
        }
        p {
            "Is somebody in danger right now? Call the emergency number of your country first."
        }
        @if let Some(why) = refused { p .alarm role="alert" #refused { (texts::NOT_DONE) bdi { (why) } "." } }
        (fields.summary())
        form .boxed method="post" action="/report" {
            (fields.line(LOCATION, "text"))
            (fields.select(REASON, &reasons))
            (fields.area(EXPLANATION))
            (fields.line(NAME, "text"))
            (fields.line(EMAIL, "email"))
            (fields.tick(GOOD_FAITH))
            button type="submit" #send { "Send the notice" }
        }
        p .quiet {
            "Authorities send orders to " a href="/requests" { "/requests" } ". Inside a client, the menu of a "
            "message or channel has “Report”."
        }
    };
    Page::new("Report", body)
}

/// Reads a notice. Fails with everything that is missing or wrong, by field.
fn read(typed: &Typed) -> Result<Notice, Wrong> {
    let mut wrong = Wrong::new();
    let reason = reasons::find(typed.one(REASON.name));
    if reason.is_none() {
        wrong.insert(REASON.name, "Choose what is wrong.".into());
    }
    let mut check = |field: Field, missing: &str, most: usize| {
        let text = typed.one(field.name);
        if text.is_empty() {
            if !missing.is_empty() {
                wrong.insert(field.name, missing.into());
            }
        } else if text.chars().count() > most {
            let words = format!("“{}” is longer than {most} characters.", field.label);
            wrong.insert(field.name, words);
        }
    };
    let named = reason.is_none_or(|reason| !reason.is_about_children());
    let needed = |words: &'static str| if named { words } else { "" };
    check(LOCATION, "Say where it is.", MAX_LOCATION_CHARS);
    check(EXPLANATION, "Say why.", MAX_EXPLANATION_CHARS);
    check(NAME, needed("Give your name."), MAX_SENDER_CHARS);
    check(EMAIL, needed("Give your e-mail address."), MAX_SENDER_CHARS);
    let email = typed.one(EMAIL.name);
    if !email.is_empty() && !is_address(email) {
        wrong.insert(EMAIL.name, "This is no e-mail address.".into());
    }
    let good_faith = typed.one(GOOD_FAITH.name) == "yes";
    if !good_faith {
        let words = "Say that you believe it: a notice without it cannot be taken.";
        wrong.insert(GOOD_FAITH.name, words.into());
    }
    let given =
        |field: Field| Some(typed.one(field.name).to_owned()).filter(|text| !text.is_empty());
    match reason {
        Some(reason) if wrong.is_empty() => Ok(Notice {
            location: typed.one(LOCATION.name).to_owned(),
            reason,
            explanation: typed.one(EXPLANATION.name).to_owned(),
            name: given(NAME),
            email: given(EMAIL),
            good_faith,
        }),
        _ => Err(wrong),
    }
}

/// Whether mail could be sent there, as far as one sees from the address.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    let whole = parts.is_some_and(|(person, host)| !person.is_empty() && host.contains('.'));
    whole && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// `POST /report`.
async fn send(
    State(shared): State<Arc<Shared>>,
    visitor: Option<Extension<Visitor>>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let typed = Typed::from(fields);
    let again = |wrong: &Wrong, refused: Option<&str>| {
        let page = page(&shared, &typed, wrong, refused);
        Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response())
    };
    let notice = match read(&typed) {
        Ok(notice) => notice,
        Err(wrong) => return again(&wrong, None),
    };
    let visitor = visitor.map(|Extension(visitor)| visitor);
    if let Err(wait_s) = shared.flood.take(visitor, shared.clock.now_s()) {
        return Ok(too_many(&shared, &typed, wait_s));
    }
    let taken = blocking(&shared, move |shared| {
        let moderation = &shared.moderating;
        let taken = match moderation.find(&notice.location) {
            Ok(Some(_)) => moderation.notice(notice),
            Ok(None) | Err(ModeratingError::Missing) => return Ok(Received::NotHere),
            Err(error) => Err(error),
        };
        match taken {
            Ok(secret) => Ok(Received::Taken(secret)),
            Err(ModeratingError::Refused(why)) => Ok(Received::Refused(why)),
            Err(error) => Err(error.into()),
        }
    });
    match taken.await? {
        // Another address than the form's, so that a page loaded anew does not send twice.
        Received::Taken(secret) => Ok(Redirect::to(&format!("/report/{secret}")).into_response()),
        Received::Refused(why) => again(&Wrong::new(), Some(&why)),
        Received::NotHere => {
            let words = "There is nothing public at this link, or under this name, here.";
            again(&Wrong::from([(LOCATION.name, words.to_owned())]), None)
        }
    }
}

/// The form once more, with what was typed, and what else somebody can do.
fn too_many(shared: &Shared, typed: &Typed, wait_s: u64) -> Response {
    let minutes = wait_s.div_ceil(60);
    let why = format!("{} {minutes} min", texts::TOO_MANY_NOTICES);
    let page = page(shared, typed, &Wrong::new(), Some(&why));
    let page = page.status(StatusCode::TOO_MANY_REQUESTS);
    ([(RETRY_AFTER, wait_s.to_string())], page).into_response()
}

/// What came of a notice.
enum Received {
    /// It was taken; the secret of its receipt.
    Taken(String),
    /// It was not, for this reason.
    Refused(String),
    /// There is nothing where it says.
    NotHere,
}

/// `GET /report/…`: whoever knows the secret sees how the notice stands.
async fn receipt(
    State(shared): State<Arc<Shared>>,
    Path(secret): Path<String>,
) -> Result<Page, Refusal> {
    let own = secret.clone();
    let state = blocking(&shared, move |shared| {
        Ok(shared.moderating.notice_state(&own)?)
    });
    let NoticeState {
        received_s,
        statement,
    } = state.await?;
    let body = html! {
        h1 { "Your notice" }
        div .card {
            p { "Keep this address. It is the only way back to your notice." }
            code .secret #secret { (shared.installation.address()) "/report/" (secret) }
        }
        dl {
            dt { "Received" } dd { (moment(received_s)) }
            dt { "State" }
            dd #state {
                @if statement.is_some() { "decided" } @else { "a moderator will look at it" }
            }
        }
        @if let Some(statement) = &statement {
            h2 { "What was decided" }
            pre .statement #statement { (statement) }
            h2 { "If you think this is wrong" }
            p #redress { (texts::REDRESS) }
        }
    };
    Ok(Page::new("Your notice", body))
}

#[cfg(test)]
mod tests {
    use crate::tests::moderation::NOTICE;
    use crate::tests::{Answer, House, urlencoded};
    use axum::http::StatusCode;

    /// A notice with nothing missing.
    const SOUND: [(&str, &str); 6] = [
        ("location", "https://localhost/cheap_pills/9"),
        ("reason", "fraud"),
        ("explanation", "They take money and send <nothing>."),
        ("name", "A. Person"),
        ("email", "a@person.example"),
        ("good_faith", "yes"),
    ];

    async fn sent(house: &House, changes: &[(&str, &str)]) -> Answer {
        let mut fields: Vec<(&str, &str)> = SOUND.to_vec();
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        house.send(urlencoded("/report", "", &fields)).await
    }

    #[tokio::test]
    async fn a_notice_is_sent_without_an_account_and_leads_to_its_receipt() {
        let house = House::new();
        let form = house.page("/report?location=@cheap_pills", "").await;
        assert!(form.contains("value=\"@cheap_pills\"") && !form.contains("<script"));
        for (field, _) in SOUND {
            assert!(form.contains(&format!(" name=\"{field}\"")), "{field}");
        }
        let answer = sent(&house, &[]).await;
        assert_eq!(
            answer.location(),
            format!("/report/{NOTICE}"),
            "{}",
            answer.text()
        );
        let page = house.page(answer.location(), "").await;
        assert!(page.contains("a moderator will look at it") && page.contains(NOTICE));
        *house.moderation.statement.lock().unwrap() = Some("Decision 5: <nothing>.".into());
        let page = house.page(answer.location(), "").await;
        for text in ["Decision 5: &lt;nothing&gt;.", "id=\"redress\"", "decided"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let notice = house.moderation.notices.lock().unwrap().remove(0);
        assert_eq!(notice.email.as_deref(), Some("a@person.example"));
        assert!(notice.good_faith && notice.reason.word == "fraud");
    }

    #[tokio::test]
    async fn each_part_that_is_missing_is_named_beside_its_field() {
        let house = House::new();
        let long = "x".repeat(5_001);
        for (change, field) in [
            (("location", ""), "location"),
            (("location", "https://elsewhere.example/x"), "location"),
            (("reason", ""), "reason"),
            (("explanation", " "), "explanation"),
            (("explanation", long.as_str()), "explanation"),
            (("name", ""), "name"),
            (("email", ""), "email"),
            (("email", "no address"), "email"),
            (("good_faith", ""), "good_faith"),
        ] {
            let answer = sent(&house, &[change]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
            let page = answer.text();
            assert!(
                page.contains(&format!("id=\"{field}-wrong\"")),
                "{field}: {page}"
            );
            assert_eq!(page.matches("-wrong\">").count(), 1, "{field}: {page}");
        }
        assert!(house.moderation.notices.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_reports_the_abuse_of_a_child_stays_nameless() {
        let house = House::new();
        let nameless = [("reason", "child-sexual"), ("name", ""), ("email", "")];
        let answer = sent(&house, &nameless).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let notice = house.moderation.notices.lock().unwrap().remove(0);
        assert_eq!((notice.name, notice.email), (None, None));
    }

    #[tokio::test]
    async fn a_flood_is_stopped_and_nothing_that_was_typed_is_lost() {
        let house = House::new();
        let mut taken = 0;
        let refused = loop {
            let answer = sent(&house, &[]).await;
            if answer.status != StatusCode::SEE_OTHER {
                break answer;
            }
            taken += 1;
        };
        assert_eq!(taken, 1_000, "what all may send together");
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers.contains_key("retry-after"));
        let page = refused.text();
        for text in ["id=\"refused\"", "emergency number", "a@person.example"] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }

    #[tokio::test]
    async fn a_receipt_that_never_was_tells_nothing() {
        let house = House::new();
        for secret in ["0000", "%22%3E%3Cscript%3E"] {
            let answer = house.get(&format!("/report/{secret}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
            assert!(!answer.text().contains("script"));
        }
    }
}
