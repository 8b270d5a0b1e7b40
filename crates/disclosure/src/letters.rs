//! What an authority is told: on its receipt, and at the end.

use heliograph_transparency::entry::Outcome;

/// What is answered at the end of a request that was not fulfilled. The text depends on the reason
/// and on nothing else: whether an account exists cannot be read from it.
pub fn refusal(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Delivered | Outcome::Failed => return None,
        Outcome::Withdrawn => "The request was withdrawn, or its preservation has run out.",
        Outcome::OutOfDesk => {
            "The request asks for something other than the phone number or the IP addresses of one \
             account in a time that is past. The desk has no means to give it. Counsel will answer \
             separately."
        }
        Outcome::OutOfDeskContested => {
            "The request asks for something other than the phone number or the IP addresses of one \
             account in a time that is past. The desk has no means to give it, and counsel contests \
             the request."
        }
        Outcome::OutOfDeskConflict => {
            "The request asks for something other than the phone number or the IP addresses of one \
             account in a time that is past. The desk has no means to give it, and counsel finds \
             that another law forbids an answer."
        }
        Outcome::Incomplete => {
            "The order lacks something that the law or our published conditions ask for."
        }
        Outcome::ManifestError => {
            "The order is manifestly in error, or out of proportion to what it is meant for."
        }
        Outcome::InsufficientInfo => {
            "The order does not identify the account, or its holder as a suspect, well enough. A \
             name or number may have changed hands in the time it names."
        }
        Outcome::NotCompetentAuthority => {
            "The order does not come from an authority that is registered with us, verified, and \
             competent to issue it, or its country is not served."
        }
        Outcome::OffenceNotCovered => {
            "The act is not an offence on our published list, or not one where we are established."
        }
        Outcome::ServiceNotCovered => "The act does not violate the clause that the order names.",
        Outcome::ImmunityOrExpression => {
            "An immunity, the freedom of expression or the freedom of the press stands against it."
        }
        Outcome::Impossible => {
            "What is asked for cannot be done. Addresses are sealed one by one; nobody can search \
             for who used one."
        }
        Outcome::ConflictOfLaw => "Another law that binds us forbids the disclosure.",
        Outcome::DataNotHeld => {
            "We hold no data of the kinds asked for, of such an account, from that time. Secret \
             chats, and data beyond their retention, are not held at all."
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_words() {
        let words: Vec<_> = Outcome::ALL
            .iter()
            .filter_map(|outcome| refusal(*outcome))
            .collect();
        assert_eq!(words.len(), Outcome::ALL.len() - 2);
        for (position, text) in words.iter().enumerate() {
            assert!(!words[..position].contains(text), "{text}");
        }
    }
}
