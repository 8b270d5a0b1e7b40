//! What a request commits to in the log.

use super::{Asked, Beyond};
use crate::documents::Documents;
use crate::registry::AuthorityDetails;
use heliograph_transparency::case::{Fields, Gag, MalformedField};
use heliograph_transparency::entry::{Kinds, Minute};
use std::fmt::Write;

/// The twelve fields of a request that arrived at `received_s`.
///
/// Fails when a value does not fit a field: the registry holds a name that is too long.
pub fn log_fields(
    asked: &Asked,
    authority: &AuthorityDetails,
    documents: &Documents,
    received_s: u64,
) -> Result<Fields, MalformedField> {
    let head = asked.head();
    let (kinds, subject, window) = match asked {
        Asked::Order(order) => (order.kinds, order.target.subject(), order.window.field()),
        // The log has no word for what is beyond the desk; its outcome says that it was.
        Asked::OutOfDesk(request) => (Kinds::Both, beyond(request.beyond).into(), "-".into()),
    };
    let root = documents.root();
    let order = root.0.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes any text");
        hex
    });
    Fields::new([
        Minute::of_unix(received_s).to_string(),
        authority.country.clone(),
        authority.class.clone(),
        authority.name.clone(),
        head.legal_basis.clone(),
        head.offence.clone(),
        order,
        kinds.to_string(),
        subject,
        window,
        gag(head.gag),
        head.clause.clone(),
    ])
}

fn beyond(beyond: Beyond) -> &'static str {
    match beyond {
        Beyond::SeveralAccounts => "several accounts",
        Beyond::OtherData => "other data",
        Beyond::SecretChats => "secret chats",
        Beyond::ByAddress => "an address",
        Beyond::Future => "a time to come",
    }
}

fn gag(gag: Gag) -> String {
    match gag {
        Gag::None => "none".to_owned(),
        Gag::Until(day) => day.to_string(),
        Gag::Indefinite => "indefinite".to_owned(),
    }
}
