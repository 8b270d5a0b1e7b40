//! `GET /owpengram/server-info`: what OwpenGram's apps ask of a server whose address a person typed.
//!
//! The form is that of their public repositories. An icon, which they would fetch beside it, there is
//! none of.

use super::Shared;
use super::web::DC;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

/// What stands in their list of servers where an operator has no name.
const NAME: &str = "Heliograph";
const DESCRIPTION: &str = "Speaks Telegram’s protocol, and can be held to account.";

/// As OwpenGram's apps read it.
#[derive(Serialize)]
pub(super) struct ServerInfo {
    rsa_public_key_pem: String,
    dc_id: u8,
    name: String,
    description: &'static str,
    has_icon: bool,
}

pub(super) async fn server_info(State(shared): State<Arc<Shared>>) -> Json<ServerInfo> {
    let operator = shared.facts.operator();
    Json(ServerInfo {
        rsa_public_key_pem: shared.public_key.pem().to_owned(),
        dc_id: DC,
        name: if operator.is_empty() { NAME } else { operator }.to_owned(),
        description: DESCRIPTION,
        has_icon: false,
    })
}
