//! Functions whose answer changed its type.

use heliograph_tl_schema::Ty;

/// (canonical type, older type, the field of the canonical answer that was the older answer).
pub const RESULTS: &[(&str, &str, &str)] = &[
    ("help.AppConfig", "JSONValue", "config"),
    ("messages.ChatInviteJoinResult", "Updates", "updates"),
    ("messages.DialogFilters", "Vector<DialogFilter>", "filters"),
    ("messages.InvitedUsers", "Updates", "updates"),
    ("messages.WebPagePreview", "MessageMedia", "media"),
];

/// (canonical type, type up to some layer): any answer meant "it is done" before answers could ask
/// further. Up to 186 a report was one call, and its answer a truth value.
pub const DONE: &[(&str, &str)] = &[("ReportResult", "Bool")];

/// Whether an older client takes any canonical answer for "it is done".
pub fn means_done(canonical: &Ty, older: &Ty) -> bool {
    let (canonical, older) = (canonical.to_string(), older.to_string());
    DONE.iter().any(|row| row.0 == canonical && row.1 == older)
}

/// The field of a canonical answer that an older client expects in its place.
pub fn result_field(canonical: &Ty, older: &Ty) -> Option<&'static str> {
    let (canonical, older) = (canonical.to_string(), older.to_string());
    let row = RESULTS
        .iter()
        .find(|row| row.0 == canonical && row.1 == older);
    row.map(|row| row.2)
}
