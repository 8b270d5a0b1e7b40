//! What officers do with a case, from the forms of its page.

use super::case::id_of;
use super::roles::Right;
use super::session::enter;
use crate::answer::Refusal;
use crate::casework::{CaseAct, Draft};
use crate::portal::{Sent, Typed, read_of_staff};
use crate::{Shared, texts};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Redirect;
use heliograph_desk_store::CaseId;
use heliograph_disclosure::validity::Question;
use heliograph_transparency::entry::{Day, Outcome};
use std::sync::Arc;

/// Reads what a form asks for.
fn read_act(name: &str, sent: Sent) -> Result<CaseAct, Refusal> {
    let typed = &sent.typed;
    // Reasons are part of the file: nobody decides without one.
    let reason = |field: &str| match typed.one(field) {
        "" => Err(Refusal::Malformed(texts::NO_REASON)),
        text => Ok(text.to_owned()),
    };
    Ok(match name {
        "answer" => CaseAct::Answer {
            question: Question::from_word(typed.one("question"))
                .ok_or(Refusal::Malformed(texts::NO_FORM))?,
            yes: match typed.one("answer") {
                "yes" => true,
                "no" => false,
                _ => return Err(Refusal::Malformed(texts::NO_ANSWER)),
            },
            note: reason("note")?,
        },
        "ask-correction" => CaseAct::AskCorrection {
            what: reason("what")?,
        },
        "prepare" => CaseAct::Prepare,
        "respond" => CaseAct::Respond {
            response: one_file(sent)?,
        },
        "open" if typed.one("confirmed") == "yes" => CaseAct::Open,
        "open" => return Err(Refusal::Malformed(texts::NOT_CONFIRMED)),
        "refuse" => CaseAct::Refuse {
            outcome: Outcome::from_word(typed.one("outcome"))
                .ok_or(Refusal::Malformed(texts::NO_OUTCOME))?,
            note: reason("note")?,
        },
        "give-up" => CaseAct::GiveUp {
            note: reason("note")?,
        },
        "lift-gag" => CaseAct::LiftGag {
            note: reason("note")?,
        },
        _ => return Err(Refusal::NotFound),
    })
}

fn one_file(sent: Sent) -> Result<Vec<u8>, Refusal> {
    let mut files = sent.documents.into_iter();
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file.bytes),
        _ => Err(Refusal::Malformed(texts::NO_FILE)),
    }
}

/// `POST /console/case/…/do/…`.
pub(super) async fn act(
    State(shared): State<Arc<Shared>>,
    Path((id, name)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Redirect, Refusal> {
    let headers = request.headers().clone();
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let id = id_of(&id)?;
    let sent = read_of_staff(request).await?;
    visit.check_form(&headers, &sent.typed)?;
    let act = read_act(&name, sent)?;
    let done = visit.recorded(act.word(), Some(id), move |shared, who, now_s| {
        shared.casework.act(who, id, act, now_s)
    });
    done.await?;
    Ok(Redirect::to(&format!("/console/case/{id}")))
}

fn until(typed: &Typed) -> Result<Day, Refusal> {
    typed
        .one("until")
        .parse()
        .map_err(|_| Refusal::Malformed(texts::NO_DAY))
}

fn read_draft(kind: &str, case: CaseId, sent: Sent) -> Result<Draft, Refusal> {
    let Sent { typed, documents } = sent;
    Ok(match kind {
        "preserve" => Draft::Preserve(case, until(&typed)?),
        "extend-gag" => Draft::ExtendGag(case, until(&typed)?, documents),
        "extend-preservation" => Draft::ExtendPreservation(case, until(&typed)?, documents),
        "confirm" => Draft::Confirm(case, documents),
        "delay-notice" => Draft::DelayNotice(case, until(&typed)?, documents),
        _ => return Err(Refusal::NotFound),
    })
}

/// `POST /console/case/…/draft/…`: the decision is written down and waits for its signatures.
pub(super) async fn draft(
    State(shared): State<Arc<Shared>>,
    Path((id, kind)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Redirect, Refusal> {
    let headers = request.headers().clone();
    let visit = enter(&shared, &headers, Right::WorkOnCases).await?;
    let id = id_of(&id)?;
    let sent = read_of_staff(request).await?;
    visit.check_form(&headers, &sent.typed)?;
    let draft = read_draft(&kind, id, sent)?;
    let written = visit.recorded("do-draft", Some(id), move |shared, who, now_s| {
        let entry = shared.casework.draft(who, draft, now_s)?;
        Ok(shared.drafts.add(entry, who, now_s, &*shared.entropy))
    });
    let written = written.await?;
    Ok(Redirect::to(&format!("/console/decisions#d-{written}")))
}
