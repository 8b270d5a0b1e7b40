//! What is to be done about a case: the form, the page that shows what would follow, and the act.

use super::case::{can_decide, show};
use super::{case_path, with_case, words};
use crate::answer::Refusal;
use crate::fields::{Field, Fields, Wrong, field};
use crate::moderating::CaseSheet;
use crate::page::{Page, number as grouped};
use crate::portal::{Typed, capital};
use crate::staff::roles::Right;
use crate::staff::session::{Visit, enter};
use crate::staff::{csrf, page as desk_page};
use crate::{Shared, texts};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use heliograph_model::Territory;
use heliograph_moderation::cases::{Case, Origin, Proposal};
use heliograph_moderation::decisions::{
    Decided, LARGE_MEMBERS, MalformedVerdict, Outcome, Progress, Verdict,
};
use heliograph_moderation::statement;
use heliograph_moderation::terms::Reach;
use heliograph_transparency::entry::{Act, Category, Day};
use maud::{Markup, html};
use std::sync::Arc;

const ACT: Field = field("act", "What is done", "The mildest that suffices.");
const TERRITORY: Field = field("territory", "Where", "");
const COUNTRIES: Field = field(
    "countries",
    "Countries",
    "Two capital letters each, as DE FR. Only delisting and restricting can differ by country.",
);
const UNTIL: Field = field("until", "Last day", "Empty: until it is undone.");
const CLAUSE: Field = field("clause", "Clause of the terms", "");
const CATEGORY: Field = field("category", "Category", "As the public log counts it.");
const FACTS: Field = field(
    "facts",
    "The facts",
    "The owner reads this, and may contest it: what was found, where, when. No names, no numbers.",
);

/// The names of all fields.
const NAMES: [&str; 7] = [
    ACT.name,
    TERRITORY.name,
    COUNTRIES.name,
    UNTIL.name,
    CLAUSE.name,
    CATEGORY.name,
    FACTS.name,
];

/// What stands in the form before anything is typed: what follows from the case's reason, and the
/// mildest act and the narrowest reach that an order asks for.
pub(super) fn proposed_by_reason(sheet: &CaseSheet) -> Typed {
    let case = &sheet.case;
    let contested = sheet.contested.as_ref().map(|decided| &decided.verdict);
    let clause = contested.map_or(case.reason().clause, |verdict| &verdict.clause);
    let category = contested.map_or(case.reason().category, |verdict| verdict.category);
    let mut typed = Typed::default();
    typed.add(CLAUSE.name, clause.to_owned());
    typed.add(CATEGORY.name, category.to_string());
    let act = matches!(case.origin, Origin::Order(_)).then_some(Act::Delist);
    let offered = words::acts(&case.subject, sheet.known.as_ref(), false);
    if let Some(act) = act.filter(|act| offered.contains(act)) {
        typed.add(ACT.name, act.to_string());
    }
    add_territory(
        &mut typed,
        case.not_wider.as_ref().unwrap_or(&Territory::World),
    );
    typed
}

fn add_territory(typed: &mut Typed, territory: &Territory) {
    match territory {
        Territory::World => typed.add(TERRITORY.name, "world".into()),
        Territory::Countries(countries) => {
            typed.add(TERRITORY.name, "countries".into());
            typed.add(COUNTRIES.name, countries.join(" "));
        }
    }
}

/// A verdict as the form would have it typed.
fn typed_of(verdict: &Verdict) -> Typed {
    let mut typed = Typed::default();
    typed.add(ACT.name, verdict.act.to_string());
    add_territory(&mut typed, &verdict.territory);
    if let Some(until) = verdict.until {
        // It ends with the end of its last day.
        let last = words::seconds(until).saturating_sub(1);
        typed.add(UNTIL.name, Day::of_unix(last).to_string());
    }
    typed.add(CLAUSE.name, verdict.clause.clone());
    typed.add(CATEGORY.name, verdict.category.to_string());
    typed.add(FACTS.name, verdict.facts.clone());
    typed
}

/// Reads a verdict. Fails with everything that is wrong, by field.
fn read(typed: &Typed, sheet: &CaseSheet, now_s: u64) -> Result<Verdict, Wrong> {
    let mut wrong = Wrong::new();
    let case = &sheet.case;
    let appeal = case.origin == Origin::Appeal;
    let offered = words::acts(&case.subject, sheet.known.as_ref(), appeal);
    let act = Act::from_word(typed.one(ACT.name)).filter(|act| offered.contains(act));
    if act.is_none() {
        wrong.insert(ACT.name, "Choose what is done.".into());
    }
    let category = Category::from_word(typed.one(CATEGORY.name));
    if category.is_none() {
        wrong.insert(CATEGORY.name, "Choose a category.".into());
    }
    let until = match typed.one(UNTIL.name) {
        "" => None,
        day => {
            let day = day.parse::<Day>();
            if day.is_err() {
                wrong.insert(UNTIL.name, texts::NO_DAY.into());
            }
            day.ok().map(|day| words::moment(day.plus(1).start_unix()))
        }
    };
    let territory = match typed.one(TERRITORY.name) {
        "world" => Some(Territory::World),
        "countries" => Some(Territory::Countries(countries(typed.one(COUNTRIES.name)))),
        _ => {
            wrong.insert(TERRITORY.name, "Choose where it holds.".into());
            None
        }
    };
    let verdict = Verdict {
        // Stands for what was named as missing above.
        act: act.unwrap_or(Act::Nothing),
        territory: territory.unwrap_or(Territory::World),
        until,
        clause: typed.one(CLAUSE.name).to_owned(),
        category: category.unwrap_or(Category::Unspecified),
        facts: typed.one(FACTS.name).to_owned(),
    };
    if let Err(error) = verdict.check(sheet.terms, words::moment(now_s)) {
        let field = match error {
            MalformedVerdict::Clause => CLAUSE.name,
            MalformedVerdict::NoFacts | MalformedVerdict::LongFacts => FACTS.name,
            MalformedVerdict::Annex | MalformedVerdict::Countries | MalformedVerdict::Territory => {
                COUNTRIES.name
            }
            MalformedVerdict::Past => UNTIL.name,
        };
        let words = format!("{}.", capital(&error.to_string()));
        wrong.entry(field).or_insert(words);
    }
    // The check above stops at the first mistake.
    if verdict.facts.is_empty() {
        let words = capital(&MalformedVerdict::NoFacts.to_string());
        wrong.insert(FACTS.name, format!("{words}."));
    }
    let limit = case.not_wider.as_ref().filter(|_| verdict.act.is_measure());
    if limit.is_some_and(|limit| !verdict.is_within(limit)) {
        let words = "The order does not reach so far: decide for its countries only.";
        wrong.entry(COUNTRIES.name).or_insert(words.into());
    }
    if wrong.is_empty() {
        Ok(verdict)
    } else {
        Err(wrong)
    }
}

/// Codes of countries as they are typed, in order and each once.
pub(super) fn countries(text: &str) -> Vec<String> {
    let codes = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut codes: Vec<String> = codes
        .filter(|code| !code.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Mistakes, above everything else.
pub(super) fn mistakes(typed: &Typed, wrong: &Wrong) -> Markup {
    Fields { typed, wrong }.summary()
}

/// The form.
pub(super) fn form(visit: &Visit, sheet: &CaseSheet, typed: &Typed, wrong: &Wrong) -> Markup {
    let fields = Fields { typed, wrong };
    let appeal = sheet.case.origin == Origin::Appeal;
    let offered = words::acts(&sheet.case.subject, sheet.known.as_ref(), appeal);
    let acts: Vec<(&str, &str)> = offered
        .iter()
        .map(|act| (act.word(), words::act(*act)))
        .collect();
    let clauses: Vec<(&str, String)> = sheet
        .terms
        .clauses()
        .iter()
        .filter(|clause| clause.reach() != Reach::Right)
        .map(|clause| (clause.id, format!("{} {}", clause.id, clause.title)))
        .collect();
    let categories: Vec<(&str, String)> = Category::ALL
        .iter()
        .map(|category| (category.word(), category.word().replace('-', " ")))
        .collect();
    html! {
        form .boxed #decide method="post" action={ (case_path(sheet.case.number)) "/verdict" } {
            (csrf(visit))
            h2 { "Decide" }
            (fields.radio(ACT, &acts))
            (fields.radio(TERRITORY, &[("world", "everywhere"), ("countries", "only for people of these countries:")]))
            (fields.line(COUNTRIES, "text"))
            (fields.line(UNTIL, "date"))
            (fields.select(CLAUSE, &clauses))
            (fields.select(CATEGORY, &categories))
            (fields.area(FACTS))
            button type="submit" name="step" value="preview" accesskey="p" #preview {
                "See what would follow (p)"
            }
        }
    }
}

/// The decision as it would be, to be read before it is one.
fn as_decided(sheet: &CaseSheet, verdict: &Verdict, now_s: u64) -> Decided {
    let case = &sheet.case;
    let known = sheet.known.as_ref();
    Decided {
        id: 0,
        case: Some(case.number),
        subject: case.subject.clone(),
        verdict: verdict.clone(),
        settles: case.contests,
        origin: case.origin,
        received: case.received,
        found_by_machine: case.origin == Origin::Machine,
        // Anybody: the statement tells that a person decided, never who.
        by: vec![0],
        at: words::moment(now_s),
        owner: known.and_then(|known| known.owner),
        country: known.and_then(|known| known.country.clone()),
        kind: String::new(),
        terms: sheet.terms.version,
        salt: [0; 32],
        state: Progress::Waiting,
        settled: None,
        appeals: 0,
        told: None,
    }
}

/// Whether a second moderator must agree, as the decision itself will ask.
fn needs_two(sheet: &CaseSheet, verdict: &Verdict) -> bool {
    let eminent = sheet
        .known
        .as_ref()
        .is_some_and(|known| known.verified || known.members >= LARGE_MEMBERS);
    verdict.act.is_grave() || eminent && verdict.act.is_measure()
}

/// What would follow: for whom, and what the owner is told.
fn consequences(shared: &Shared, sheet: &CaseSheet, verdict: &Verdict) -> Markup {
    let next = shared.record.snapshot().ledger.moderation().decided() + 1;
    let decided = as_decided(sheet, verdict, shared.clock.now_s());
    let members = sheet.known.as_ref().map_or(0, |known| known.members);
    let silent = verdict.act == Act::Nothing
        || ["children.", "life."]
            .iter()
            .any(|kind| verdict.clause.starts_with(kind));
    html! {
        dl {
            dt { "What is done" } dd #act-word { (verdict.act) }
            dt { "Where" } dd { (words::territory(&verdict.territory)) }
            dt { "Whom it touches" }
            dd #touches {
                @if !verdict.act.is_measure() { "nobody beyond the owner" }
                @else if members == 0 { "the owner, and whoever looks for it" }
                @else if members == 1 { "the owner, 1 person in it, and whoever looks for it" }
                @else { "the owner, " (grouped(members.into())) " people in it, and whoever looks for it" }
            }
            dt { "The owner" }
            dd {
                @if silent { "is not told by this decision" }
                @else { "is told at once, by the statement below and how to contest it" }
            }
        }
        h3 { "The statement of reasons" }
        p .hint { "Its number is given by the log and may be another." }
        pre .statement #statement { (statement::text(&decided, next)) }
    }
}

fn preview(
    shared: &Shared,
    visit: &Visit,
    sheet: &CaseSheet,
    typed: &Typed,
    verdict: &Verdict,
) -> Page {
    let two = needs_two(sheet, verdict);
    let body = html! {
        h1 { "What would follow" }
        p { "Case " (sheet.case.number) ". Nothing is decided yet." }
        @if two {
            p .alarm #needs-two {
                "This needs two people. It becomes a proposal, and is carried out when a second moderator agrees."
            }
        }
        (consequences(shared, sheet, verdict))
        form method="post" action={ (case_path(sheet.case.number)) "/verdict" } {
            (csrf(visit))
            (Fields { typed, wrong: &Wrong::new() }.hidden(&NAMES))
            button .grave[two] type="submit" name="step" value="confirm" accesskey="y" autofocus #confirm {
                @if two { "Propose it (y)" } @else { "Decide it (y)" }
            }
            " "
            button .plain type="submit" name="step" value="change" accesskey="c" #change { "Change it (c)" }
        }
    };
    desk_page(visit, "What would follow", body)
}

/// What somebody proposed, for a second moderator to agree to.
pub(super) fn proposal(shared: &Shared, visit: &Visit, sheet: &CaseSheet) -> Markup {
    let Case {
        proposal: Some(Proposal { verdict, .. }),
        ..
    } = &sheet.case
    else {
        return html! {};
    };
    let typed = typed_of(verdict);
    html! {
        section .alarm aria-labelledby="proposal" {
            h2 #proposal { "A colleague’s proposal" }
            @if sheet.proposed_by_me { p { "It is yours, and waits for somebody else." } }
            (consequences(shared, sheet, verdict))
            @if can_decide(sheet) && !sheet.proposed_by_me {
                form method="post" action={ (case_path(sheet.case.number)) "/verdict" } {
                    (csrf(visit))
                    (Fields { typed: &typed, wrong: &Wrong::new() }.hidden(&NAMES))
                    button .grave type="submit" name="step" value="confirm" accesskey="a" #agree { "Agree (a)" }
                    p .hint { "If you do not, decide otherwise below: then the proposal is gone." }
                }
            }
        }
    }
}

/// `POST /console/moderation/…/verdict`: to see what would follow, to change it, or to do it.
pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(number): Path<u64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Refusal> {
    let visit = enter(&shared, &headers, Right::Moderate).await?;
    let typed = Typed::from(fields);
    visit.check_form(&headers, &typed)?;
    let seen = with_case(&visit, "see-moderation-case", number, |_, _, sheet| {
        Ok(sheet)
    });
    let sheet = seen.await?;
    if sheet.sealed {
        return Err(Refusal::Conflict(texts::SEALED.to_owned()));
    }
    let verdict = match read(&typed, &sheet, shared.clock.now_s()) {
        Ok(verdict) => verdict,
        Err(wrong) => {
            let page = show(&shared, &visit, &sheet, &typed, &wrong);
            return Ok(page
                .status(StatusCode::UNPROCESSABLE_ENTITY)
                .into_response());
        }
    };
    match typed.one("step") {
        "preview" => Ok(preview(&shared, &visit, &sheet, &typed, &verdict).into_response()),
        "change" => Ok(show(&shared, &visit, &sheet, &typed, &Wrong::new()).into_response()),
        "confirm" => {
            let done = with_case(&visit, "do-decide", number, move |moderation, who, _| {
                moderation.decide(who, number, verdict)
            });
            let after = match done.await? {
                Outcome::Decided(_) => "decided",
                Outcome::Proposed => "proposed",
                Outcome::Agreed => "agreed",
            };
            Ok(Redirect::to(&format!("/console/queue?after={after}")).into_response())
        }
        _ => Err(Refusal::Malformed(texts::NO_FORM)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::UnixMs;

    #[test]
    fn countries_are_read_however_they_are_typed() {
        assert_eq!(countries("fr, DE;de  "), ["DE", "FR"]);
        assert!(countries(" ,").is_empty());
    }

    #[test]
    fn a_verdict_reads_back_from_its_form() {
        let verdict = Verdict {
            act: Act::Delist,
            territory: Territory::Countries(vec!["DE".into(), "FR".into()]),
            until: Some(UnixMs(1_795_392_000_000)),
            clause: "fraud.1".into(),
            category: Category::Fraud,
            facts: "It leads to a copy of a bank's page.".into(),
        };
        let typed = typed_of(&verdict);
        assert_eq!(typed.one(UNTIL.name), "2026-11-22");
        let sheet = crate::tests::moderation::sheet(12);
        assert_eq!(read(&typed, &sheet, crate::tests::NOW_S), Ok(verdict));
    }
}
