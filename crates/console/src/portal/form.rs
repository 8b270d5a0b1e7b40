//! The page on which a request is handed in.

use super::check::{self, Wrong};
use super::upload::{self, Typed, Unread};
use crate::answer::Refusal;
use crate::blocking::blocking;
use crate::counter::{Channel, CounterError, HandedIn, Taken};
use crate::page::Page;
use crate::public::{demo, questions, trust, what_can_be_had};
use crate::{Shared, texts};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_transparency::regions::Country;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /requests`.
pub(super) async fn empty(State(shared): State<Arc<Shared>>) -> Page {
    let mut typed = Typed::default();
    typed.add("priority", "normal".to_owned());
    typed.add("purpose", "disclose".to_owned());
    page(&shared, &typed, &Wrong::new())
}

/// `POST /requests`.
pub(super) async fn hand_in(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let sent = match upload::read(request).await {
        Ok(sent) => sent,
        Err(Unread::TooLarge(typed)) => {
            let wrong = Wrong::from([("documents", texts::TOO_LARGE.to_owned())]);
            let page = page(&shared, &typed, &wrong);
            return Ok(page.status(StatusCode::PAYLOAD_TOO_LARGE).into_response());
        }
        Err(other) => return Err(other.into()),
    };
    let now_s = shared.clock.now_s();
    let (sender, form) = (check::sender(&sent.typed), check::order(&sent.typed));
    let mut wrong = check::check(&sender, &form, &sent.documents, now_s);
    let follows = sent.typed.one("follows");
    let follows = (!follows.is_empty()).then(|| follows.parse::<u64>());
    if let Some(Err(_)) = follows {
        wrong.insert("follows", texts::NOT_A_NUMBER.to_owned());
    }
    let authority = sent.typed.one("authority");
    if !authority.is_empty() && sender.authority.is_none() {
        wrong.insert("authority", texts::NOT_A_NUMBER.to_owned());
    }
    if !wrong.is_empty() {
        let page = page(&shared, &sent.typed, &wrong);
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let handed_in = HandedIn {
        sender,
        channel: Channel::Page,
        follows: follows.and_then(Result::ok),
        form,
        documents: sent.documents,
    };
    let taken = blocking(&shared, move |shared| {
        shared
            .counter
            .hand_in(handed_in, now_s)
            .map_err(Refusal::from)
    })
    .await?;
    // Another address than the form's, so that a page loaded anew does not hand in twice.
    Ok(match taken {
        Taken::Case { secret } => Redirect::to(&format!("/requests/r/{secret}")),
        Taken::Quarantined { reference } => {
            Redirect::to(&format!("/requests/quarantined?reference={reference}"))
        }
    }
    .into_response())
}

impl From<CounterError> for Refusal {
    fn from(error: CounterError) -> Self {
        match error {
            CounterError::Form(_) | CounterError::Documents(_) => Self::Malformed(texts::NO_FORM),
            CounterError::NotOpen => Self::NotOpen,
            CounterError::Full => Self::Busy,
            CounterError::NothingMissing => Self::Conflict(texts::NOTHING_MISSING.to_owned()),
            CounterError::Failed(error) => Self::internal(&*error),
        }
    }
}

fn page(shared: &Shared, typed: &Typed, wrong: &Wrong) -> Page {
    let log = shared.record.snapshot();
    let policy = log.ledger.registry().policy();
    let offences = policy.map_or(&[][..], |logged| &logged.policy.offences);
    let form = Form { typed, wrong };
    let body = html! {
        (demo(&log))
        h1 { "Hand in a request" }
        p .lead { "For authorities. What an order must fulfil stands in the " a href="/law-enforcement" { "guide" } "." }
        (trust(log.trust))
        (what_can_be_had())
        @if policy.is_none() || log.ledger.officers().is_none() {
            p .alarm { (texts::NOT_OPEN) }
        } @else {
            details {
                summary { "The questions that officers answer" }
                (questions())
            }
            (form.summary())
            form method="post" action="/requests" enctype="multipart/form-data" {
                fieldset {
                    legend { "Who asks" }
                    (form.line("authority", "numeric"))
                    (form.secret("access_key"))
                    (form.line("name", "text"))
                    (form.country())
                    (form.select("class"))
                    (form.line("contact", "text"))
                    (form.line("official", "text"))
                    (form.line("role", "text"))
                }
                fieldset {
                    legend { "Why" }
                    (form.line("file_reference", "text"))
                    (form.line("legal_basis", "text"))
                    (form.offence(offences))
                    (form.line("suspect", "text"))
                    (form.line("clause", "text"))
                    (form.area("necessity"))
                    (form.radio("priority"))
                    (form.area("threat"))
                }
                fieldset {
                    legend { "What" }
                    (form.select("target_kind"))
                    (form.line("targets", "text"))
                    (form.moment("from"))
                    (form.moment("to"))
                    (form.checkboxes("data"))
                    (form.radio("purpose"))
                    (form.line("follows", "numeric"))
                }
                fieldset {
                    legend { "How" }
                    (form.radio("gag"))
                    (form.date("gag_until"))
                    (form.radio("delivery"))
                    (form.documents())
                    (form.area("signatures"))
                }
                p { button type="submit" #hand-in { "Hand in the request" } }
            }
        }
    };
    Page::new("Hand in a request", body)
}

/// The fields, with what was typed and what is wrong. An error stands beside its field and is
/// tied to it for those who hear the page.
struct Form<'a> {
    typed: &'a Typed,
    wrong: &'a Wrong,
}

impl Form<'_> {
    /// All mistakes on top, each a link to its field.
    fn summary(&self) -> Markup {
        html! {
            @if !self.wrong.is_empty() {
                section .alarm #mistakes role="alert" aria-labelledby="mistakes-title" {
                    h2 #mistakes-title { "This is missing or wrong" }
                    ul {
                        @for (field, text) in self.wrong {
                            li { a href={ "#" (field) } { (text) } }
                        }
                    }
                    p { "What you typed is still there. Files must be chosen again." }
                }
            }
        }
    }

    fn hint(field: &str) -> &'static str {
        let found = texts::FIELDS.iter().find(|(name, ..)| *name == field);
        found.map_or("", |(_, _, hint)| hint)
    }

    /// What describes a field: hint and mistake.
    fn notes(&self, field: &str) -> Markup {
        html! {
            @if !Self::hint(field).is_empty() {
                span .hint id={ (field) "-hint" } { (Self::hint(field)) }
            }
            @if let Some(text) = self.wrong.get(field) {
                span .wrong id={ (field) "-wrong" } { (text) }
            }
        }
    }

    fn described_by(&self, field: &str) -> Option<String> {
        let hint = (!Self::hint(field).is_empty()).then(|| format!("{field}-hint"));
        let wrong = self
            .wrong
            .contains_key(field)
            .then(|| format!("{field}-wrong"));
        let ids: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self, field: &str) -> Option<&'static str> {
        self.wrong.contains_key(field).then_some("true")
    }

    fn field(&self, field: &'static str, control: &Markup) -> Markup {
        html! {
            div .field {
                label for=(field) { (texts::label(field)) }
                (self.notes(field))
                (control)
            }
        }
    }

    fn input(&self, field: &'static str, kind: &str, mode: &str) -> Markup {
        let control = html! {
            input type=(kind) inputmode=(mode) id=(field) name=(field) value=(self.typed.one(field))
                dir="auto" aria-describedby=[self.described_by(field)] aria-invalid=[self.invalid(field)];
        };
        self.field(field, &control)
    }

    fn line(&self, field: &'static str, mode: &str) -> Markup {
        self.input(field, "text", mode)
    }

    /// A field whose content is never put on a page again.
    fn secret(&self, field: &'static str) -> Markup {
        let control = html! {
            input type="password" autocomplete="off" id=(field) name=(field)
                aria-describedby=[self.described_by(field)] aria-invalid=[self.invalid(field)];
        };
        self.field(field, &control)
    }

    fn moment(&self, field: &'static str) -> Markup {
        self.input(field, "datetime-local", "text")
    }

    fn date(&self, field: &'static str) -> Markup {
        self.input(field, "date", "text")
    }

    fn area(&self, field: &'static str) -> Markup {
        let control = html! {
            textarea id=(field) name=(field) dir="auto" aria-describedby=[self.described_by(field)]
                aria-invalid=[self.invalid(field)] {
                // A first line end belongs to the markup, not to the text.
                "\n" (self.typed.one(field))
            }
        };
        self.field(field, &control)
    }

    fn options(&self, field: &'static str, options: &[(&str, &str)]) -> Markup {
        let chosen = self.typed.one(field);
        let control = html! {
            select id=(field) name=(field) aria-describedby=[self.described_by(field)]
                aria-invalid=[self.invalid(field)] {
                option value="" { "– choose –" }
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        };
        self.field(field, &control)
    }

    fn select(&self, field: &'static str) -> Markup {
        self.options(field, choices(field))
    }

    fn country(&self) -> Markup {
        let all: Vec<Country> = Country::all().collect();
        let mut codes: Vec<&str> = all.iter().map(Country::code).collect();
        codes.sort_unstable();
        let options: Vec<(&str, &str)> = codes
            .into_iter()
            .map(|code| {
                (
                    code,
                    if code == "XI" {
                        "XI, an international court"
                    } else {
                        code
                    },
                )
            })
            .collect();
        self.options("country", &options)
    }

    fn offence(&self, offences: &[String]) -> Markup {
        let options: Vec<(&str, &str)> = offences.iter().map(|id| (&**id, &**id)).collect();
        self.options("offence", &options)
    }

    fn group(&self, field: &'static str, kind: &str) -> Markup {
        let chosen = self.typed.all(field);
        html! {
            div .field role="group" id=(field) tabindex="-1" aria-labelledby={ (field) "-label" }
                aria-describedby=[self.described_by(field)] {
                span .label id={ (field) "-label" } { (texts::label(field)) }
                (self.notes(field))
                @for (value, words) in choices(field) {
                    label .choice {
                        input type=(kind) id={ (field) "-" (value) } name=(field) value=(value)
                            checked[chosen.iter().any(|chosen| chosen == value)];
                        " " (words)
                    }
                }
            }
        }
    }

    fn radio(&self, field: &'static str) -> Markup {
        self.group(field, "radio")
    }

    fn checkboxes(&self, field: &'static str) -> Markup {
        self.group(field, "checkbox")
    }

    fn documents(&self) -> Markup {
        let control = html! {
            input type="file" id="documents" name="documents" multiple accept="application/pdf,.pdf"
                aria-describedby=[self.described_by("documents")]
                aria-invalid=[self.invalid("documents")];
        };
        self.field("documents", &control)
    }
}

fn choices(field: &str) -> &'static [(&'static str, &'static str)] {
    let found = texts::CHOICES.iter().find(|(name, _)| *name == field);
    found.expect("choices are listed").1
}
