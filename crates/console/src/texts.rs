//! The words of messages, labels and states. Each stands here once.

/// What can be disclosed: the two members of the desk's output.
pub const MEMBERS: [&str; 2] = [
    "the phone number of the account, and how it was proven",
    "the IP addresses from which the account was used, each with its port and times",
];

/// There is nothing at an address, or nothing that the asker may know of.
pub const NOT_FOUND: &str = "There is nothing at this address, or no longer.";

/// Someone is signed in and may not do this.
pub const FORBIDDEN: &str = "Your role does not include this.";

/// The token of a form is missing or not the session's.
pub const FOREIGN_FORM: &str = "The form was not sent from a page of your session. Open the page \
                                again and repeat what you did; nothing was changed.";

/// Something failed inside.
pub const INTERNAL: &str = "Something failed here. Nothing was changed as far as we can tell; the \
                            operator has a note of it.";

/// An upload was larger than allowed, and was not read to its end.
pub const TOO_LARGE: &str = "The documents are larger than 20 MiB together. The upload was cut off \
                             and nothing was kept of it. Hand in the order and what belongs to it, \
                             nothing else.";

/// Too many uploads, or too much in quarantine.
pub const BUSY: &str = "Too much is waiting at the moment. Please try again in an hour. In an \
                        emergency, call the number that you have for us.";

/// There is no policy, or there are no officers.
pub const NOT_OPEN: &str = "The desk of this installation is not open: its officers have not made \
                            their key, so nothing is stored that could be disclosed.";

/// A body that is no form.
pub const NO_FORM: &str = "What was sent is not a form that this address takes.";

/// The fields of a request: name, label, hint.
pub const FIELDS: [(&str, &str, &str); 28] = [
    ("authority", "Number in our registry", "If you have one."),
    (
        "access_key",
        "Access key",
        "As it was told to you when we called you back. Requests without it, and without signatures \
         under the documents, wait until an officer has called you again. Must be typed again \
         after a mistake.",
    ),
    (
        "name",
        "Name of the authority",
        "As it stands in public registers.",
    ),
    ("country", "Country", ""),
    ("class", "Kind of authority", ""),
    (
        "contact",
        "Where we reach you",
        "For questions. We call back only at numbers from public sources.",
    ),
    ("official", "Who signed the order", ""),
    (
        "role",
        "In which office",
        "For example: judge at the local court.",
    ),
    ("file_reference", "Your file reference", ""),
    (
        "legal_basis",
        "Legal basis",
        "The provision under which the order was issued.",
    ),
    ("offence", "Offence", "From our published list."),
    (
        "suspect",
        "Who is suspected of it",
        "The order must confirm that the account’s holder is a suspect.",
    ),
    ("clause", "Clause of the terms that was violated", ""),
    ("necessity", "Why it is necessary and proportionate", ""),
    ("target_kind", "The account is named by its", ""),
    (
        "targets",
        "Account",
        "Exactly one: an account id, a username, or a phone number in the form +4915100000.",
    ),
    (
        "from",
        "From (UTC)",
        "The first minute you ask about, for example 2026-10-01T00:00.",
    ),
    (
        "to",
        "Until (UTC)",
        "The last minute; at most 366 days later, and not in the future.",
    ),
    ("data", "What you ask for", ""),
    ("purpose", "Purpose", ""),
    ("priority", "Priority", ""),
    (
        "threat",
        "The threat",
        "In an emergency: whose life or limb is in danger, and how.",
    ),
    ("gag", "May the person be told?", ""),
    (
        "gag_until",
        "Last day of the gag",
        "For example 2027-03-31.",
    ),
    ("delivery", "How the package is sealed", ""),
    (
        "follows",
        "Continues entry",
        "If this order follows a preservation: the number of that request’s entry in the log.",
    ),
    (
        "documents",
        "The signed order, and what belongs to it",
        "PDF, at most 10 files and 20 MiB together. Files must be chosen again after a mistake.",
    ),
    (
        "signatures",
        "Signatures under the documents",
        "Instead of the access key, if your signing key stands in our registry: the text of each \
         .sig file that ssh-keygen -Y sign -n heliograph-order wrote, one after the other. Every \
         document needs one.",
    ),
];

/// The label of a field.
///
/// # Panics
/// When there is no such field: a mistake in the code.
pub fn label(field: &str) -> &'static str {
    let found = FIELDS.iter().find(|(name, ..)| *name == field);
    found.expect("fields are listed").1
}

/// The choices of a field: value and words.
pub const CHOICES: [(&str, &[(&str, &str)]); 7] = [
    (
        "class",
        &[
            ("court", "court or judge"),
            ("prosecutor", "prosecutor"),
            ("police", "police"),
            ("other", "other"),
        ],
    ),
    (
        "target_kind",
        &[
            ("account", "account id"),
            ("username", "username"),
            ("number", "phone number"),
            (
                "address",
                "IP address (cannot be searched for; is answered “impossible”)",
            ),
        ],
    ),
    (
        "data",
        &[
            ("phone", MEMBERS[0]),
            ("ip", MEMBERS[1]),
            (
                "secret-chats",
                "secret chats (no key is held; is answered “impossible”, with a technical statement)",
            ),
        ],
    ),
    (
        "purpose",
        &[
            ("disclose", "disclosure"),
            ("preserve", "preservation: an order to disclose may follow"),
        ],
    ),
    (
        "priority",
        &[
            ("normal", "ordinary"),
            ("emergency", "emergency: an imminent threat to life or limb"),
        ],
    ),
    (
        "gag",
        &[
            ("none", "yes, at once"),
            ("until", "not before the end of the day below"),
            (
                "indefinite",
                "not for now; the gag is reviewed every 90 days",
            ),
        ],
    ),
    (
        "delivery",
        &[
            ("registered-key", "to our key in your registry"),
            (
                "passphrase",
                "to a passphrase that you read out to us when you call us back",
            ),
        ],
    ),
];

/// What a stage means to the authority.
pub fn stage(stage: crate::counter::Stage) -> &'static str {
    use crate::counter::Stage;
    match stage {
        Stage::Received => "received; it is entered in the public log with the next full hour",
        Stage::Examined => "officers examine whether it is admissible",
        Stage::Approving => "it is admissible; officers are asked to approve it",
        Stage::Preserved => "what it asks about is preserved; an order to disclose may follow",
        Stage::Opening => "it was approved; the package is being made",
        Stage::Ended => "it has ended",
    }
}

/// Where a request stands that was put into quarantine.
pub const QUARANTINED: &str = "Your authority is not in our registry, or did not show with its \
    access key that it is. The request waits in quarantine until an officer has called you back, at a number from \
    a public source. No deadline runs until then. It is counted in the public log.";

/// A number was expected.
pub const NOT_A_NUMBER: &str = "This is not a number.";

/// A correction that was not asked for.
pub const NOTHING_MISSING: &str = "Nothing is missing, or not any more: nothing can be added to \
                                   the request now.";

/// A page that a browser without scripts cannot use.
pub const NEEDS_SCRIPT: &str = "Passkeys need one small script of this page. Everything else at the \
                                desk works without any.";

/// A sign-in that did not hold. Says nothing of why.
pub const NOT_SIGNED_IN: &str = "You were not signed in. Try again; if it goes on like this, ask for \
                                 a new invitation.";

/// A registration that did not hold.
pub const NOT_REGISTERED: &str = "The passkey was not registered. Try again.";

/// Before the reason why the desk did not do something.
pub const NOT_DONE: &str = "Nothing was done: ";

/// A case that is not approved.
pub const NOT_APPROVED: &str = "Only a case that enough officers have approved can be opened.";

/// The box under what will be disclosed was not ticked.
pub const NOT_CONFIRMED: &str = "Nothing was opened: tick the box under what will be disclosed.";

/// Neither yes nor no.
pub const NO_ANSWER: &str = "Answer with yes or no.";

/// What is sealed, and why.
pub const SEALED: &str = "What was reported is sealed, because it concerns a child. Two people open \
                          it together; nothing of it is shown before that, and no copy is made.";

/// What somebody can do whose notice was decided.
pub const REDRESS: &str = "You can send a new notice with what was missing. You can also turn to an \
                           out-of-court body of your choice, or to a court; both can hear you \
                           whatever was decided here.";

/// Nothing is taken back without a reason.
pub const NO_FACTS: &str = "Say why it is taken back: the owner reads it.";

/// A decision without a reason.
pub const NO_REASON: &str = "Give a reason: it becomes part of the file.";

/// No reason was chosen.
pub const NO_OUTCOME: &str = "Choose the reason that the authority is given.";

/// A file is missing, or there are several.
pub const NO_FILE: &str = "Choose one file.";

/// A day is missing.
pub const NO_DAY: &str = "Give the last day, for example 2027-03-31.";

/// A decision that cannot be written down.
pub const NO_DECISION: &str = "The decision is not complete: look at every field again.";

/// The custodians of a roster cannot be read.
pub const NO_ROSTER: &str = "One of the lines is not a name and an address with a space between.";

/// What was uploaded is not a signature under the decision.
pub const NO_SIGNATURE: &str = "One of these files is not a signature under this text, or there is \
                                none. Bring what `heliograph-officer sign` wrote for it.";

/// The record of the call-back is not complete.
pub const NO_CALL_BACK: &str = "Call the authority back first, and note where its number is published \
                                and who answered.";

/// The key of an authority is none.
pub const NO_AGE_KEY: &str = "The key is not an age recipient (age1…).";

/// The signing key of an authority is none.
pub const NO_SIGNING_KEY: &str = "The signing key is not a line that begins with ssh-ed25519.";

/// `/report` under a flood.
pub const TOO_MANY_NOTICES: &str = "Too many notices came from your network, or in all. What you typed stands \
    below. Is somebody in danger, call the emergency number; for the abuse of a child there is a national \
    hotline. Inside a client, the menu of a message or channel has “Report”. Here you can try again in";

/// A new access key, above it.
pub const NEW_KEY: &str = "The access key, by which the authority is recognised at the portal. It is \
                           shown this once and kept nowhere: hand it over in the call-back, to be \
                           used once the row counts.";

/// A row of the registry is not complete.
pub const NO_ROW: &str = "The row is not complete: every field but the key is needed, in at most 200 \
                          bytes.";

/// Where a case stands, for officers.
pub fn state(state: heliograph_disclosure::case::State) -> &'static str {
    use heliograph_disclosure::case::State;
    match state {
        State::Received => "received: it is entered in the log with the next full hour",
        State::InReview => "in review: officers answer the questions",
        State::AwaitingApprovals => "awaiting approvals",
        State::Preserved => "preserved",
        State::Approved => "approved: it can be opened",
        State::Opened => "opened: custodians are asked",
        State::Ending => "ending: the log is told next",
        State::Ended => "ended; reveal or notice may be outstanding",
        State::Finished => "finished",
    }
}

/// How the sender of a request was recognised.
pub fn rung(rung: heliograph_disclosure::recognition::Rung) -> &'static str {
    use heliograph_disclosure::recognition::Rung;
    match rung {
        Rung::Signed => "by a signature under every document, with the key in the registry",
        Rung::AccessKey => "by the access key",
        Rung::CallBack => "by calling back",
    }
}

/// What a timer is about.
pub fn timer(kind: &str) -> &str {
    match kind {
        "entry" => "entry in the log",
        "answer" => "answer",
        "correction" => "correction by the authority",
        "judicial-order" => "judicial order of the emergency",
        "gag-review" => "review of the gag",
        "preservation" => "end of the preservation",
        "opening" => "custodians’ answers",
        other => other,
    }
}

/// Whether an authority may send orders, following "it" or "this authority".
pub fn standing(standing: heliograph_disclosure::registry::Standing) -> &'static str {
    use heliograph_disclosure::registry::Standing;
    match standing {
        Standing::InForce => "may send orders",
        Standing::Unknown => "does not count yet: its change waits for signatures or for its day",
        Standing::Expired => "must be verified anew before it may send orders",
        Standing::Removed => "was struck out",
    }
}

/// How officers read an order: the labels of its fields, in the order of the form.
pub const ORDER: [&str; 15] = [
    "Signed by",
    "In the office of",
    "File reference",
    "Legal basis",
    "Offence",
    "Suspected of it",
    "Clause of the terms",
    "Why necessary and proportionate",
    "From (UTC)",
    "Until (UTC)",
    "Asked for",
    "Purpose",
    "Priority",
    "Gag",
    "Delivery",
];
