//! `/web/facts.json`: what the page has to know of this server before it connects.

use super::super::Shared;
use crate::settings::Settings;
use axum::Json;
use axum::extract::State;
use heliograph_console::record::meaning;
use heliograph_domain::accounts::Registration;
use heliograph_transparency::verify::Level;
use serde::Serialize;
use std::sync::Arc;

/// The data centre that clients are told they speak to when they name none.
pub(in super::super) const DC: u8 = 2;

/// What the settings say of the house.
pub(in super::super) struct Facts {
    operator: String,
    contact: String,
    registration: &'static str,
}

impl Facts {
    pub fn of(settings: &Settings) -> Self {
        Self {
            operator: settings.operator.name.clone(),
            contact: settings.operator.contact.clone(),
            registration: match settings.registration {
                Registration::Open => "open",
                Registration::Invite => "invite",
                Registration::Closed => "closed",
            },
        }
    }

    /// Who runs the house; empty where the settings do not say.
    pub fn operator(&self) -> &str {
        &self.operator
    }
}

/// As `web/src/worker/facts.ts` reads it.
#[derive(Serialize)]
pub(in super::super) struct Told {
    operator: String,
    contact: String,
    registration: &'static str,
    trust: &'static str,
    trust_meaning: &'static str,
    demonstration: bool,
    log: bool,
    dc: u8,
    public_key: String,
    /// In decimal, as text: it has more digits than a number in a browser holds.
    fingerprint: String,
}

pub(in super::super) async fn facts(State(shared): State<Arc<Shared>>) -> Json<Told> {
    let log = shared.record.as_ref().map(|record| record.snapshot());
    let level = log.as_ref().map_or(Level::SelfAttested, |log| log.trust);
    Json(Told {
        operator: shared.facts.operator.clone(),
        contact: shared.facts.contact.clone(),
        registration: shared.facts.registration,
        trust: level.word(),
        trust_meaning: meaning(level),
        demonstration: log.as_ref().is_some_and(|log| log.ledger.is_demo()),
        log: log.is_some(),
        dc: DC,
        public_key: shared.public_key.pem().to_owned(),
        fingerprint: shared.public_key.fingerprint().to_string(),
    })
}
