//! Telling the person: what is said, and when.

use crate::timers;
use heliograph_transparency::case::Gag;
use heliograph_transparency::entry::{Day, Kinds};
use heliograph_transparency::tree::{Hash, leaf_hash};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What a notice says.
pub struct Notice<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// Its country.
    pub country: &'a str,
    /// Its file reference.
    pub file_reference: &'a str,
    /// The day on which the order arrived.
    pub received: Day,
    /// The day on which the data were handed over.
    pub disclosed: Day,
    /// What was handed over.
    pub kinds: Kinds,
    /// The period asked about, as the order has it.
    pub window: &'a str,
    /// The log's origin.
    pub origin: &'a str,
    /// The index of the request.
    pub request: u64,
    /// Where one can turn, as the operator has it on its pages.
    pub contest: &'a str,
}

impl Notice<'_> {
    /// The text as it reaches the person.
    pub fn text(&self) -> String {
        let what = match self.kinds {
            Kinds::Phone => "your phone number",
            Kinds::Ip => "the IP addresses of your connections, with ports and times",
            Kinds::Both => {
                "your phone number and the IP addresses of your connections, with ports and times"
            }
        };
        format!(
            "We have disclosed data of your account to an authority.\n\
             \n\
             Who asked: {} ({}), file {}.\n\
             When: the order came on {}, the data were handed over on {}.\n\
             What: {what}; the period asked about was {}. Nothing else was handed over, and \
             nothing else could have been: messages, contacts and groups are not within the \
             desk's reach.\n\
             \n\
             You can contest this: {}.\n\
             \n\
             The order is entry {} of the public log {}. The code below this message proves to \
             anyone whom you show it that the entry is about you; keep it to yourself otherwise.",
            self.authority,
            self.country,
            self.file_reference,
            self.received,
            self.disclosed,
            self.window,
            self.contest,
            self.request,
            self.origin,
        )
    }
}

/// A notice on its way: whom it is for, what it says, and what opens its commitment.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// The account.
    pub user: i64,
    /// The text.
    pub text: String,
    /// The salt of its commitment.
    pub salt: [u8; 32],
}

impl Letter {
    /// What the `notice` entry shows.
    pub fn commitment(&self) -> Hash {
        let parts = [
            b"hg/notice/v1".as_slice(),
            &[0],
            &self.salt,
            &self.user.to_be_bytes(),
            self.text.as_bytes(),
        ];
        leaf_hash(&parts.concat())
    }

    /// The code that is sent below the text: it opens the commitment.
    pub fn code(&self) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(self.salt)
    }
}

/// From when on the person may be told of a case that was closed at `closed_s`; `None` while the
/// end of the gag is not known.
pub fn due_s(gag: Gag, entered: Day, closed_s: u64) -> Option<u64> {
    let end = timers::gag_end(gag, entered)?;
    Some(end.start_unix().max(closed_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_notice_says_who_when_what_and_how_to_contest() {
        let notice = Notice {
            authority: "Amtsgericht Musterstadt",
            country: "DE",
            file_reference: "12 Gs 345/26",
            received: "2026-11-21".parse().unwrap(),
            disclosed: "2026-11-24".parse().unwrap(),
            kinds: Kinds::Both,
            window: "2026-11-01T00:00Z 2026-11-10T23:59Z",
            origin: "log.example",
            request: 131,
            contest: "write to desk@example.org, or complain to the court named above",
        };
        expect![[r"
            We have disclosed data of your account to an authority.

            Who asked: Amtsgericht Musterstadt (DE), file 12 Gs 345/26.
            When: the order came on 2026-11-21, the data were handed over on 2026-11-24.
            What: your phone number and the IP addresses of your connections, with ports and times; the period asked about was 2026-11-01T00:00Z 2026-11-10T23:59Z. Nothing else was handed over, and nothing else could have been: messages, contacts and groups are not within the desk's reach.

            You can contest this: write to desk@example.org, or complain to the court named above.

            The order is entry 131 of the public log log.example. The code below this message proves to anyone whom you show it that the entry is about you; keep it to yourself otherwise."]].assert_eq(&notice.text());
    }

    #[test]
    fn the_commitment_is_of_this_person_and_this_text() {
        let letter = |user, text: &str| Letter {
            user,
            text: text.into(),
            salt: [3; 32],
        };
        let commitment = letter(7, "a").commitment();
        assert_eq!(letter(7, "a").commitment(), commitment);
        assert_ne!(letter(8, "a").commitment(), commitment);
        assert_ne!(letter(7, "b").commitment(), commitment);
    }

    #[test]
    fn a_person_is_told_at_once_or_after_the_last_day_of_the_gag() {
        let entered = Day(20_000);
        let closed_s = Day(20_003).start_unix() + 5;
        assert_eq!(due_s(Gag::None, entered, closed_s), Some(closed_s));
        let until = |day| due_s(Gag::Until(Day(day)), entered, closed_s);
        assert_eq!(until(20_100), Some(Day(20_101).start_unix()));
        assert_eq!(until(20_001), Some(closed_s));
        assert_eq!(due_s(Gag::Indefinite, entered, closed_s), None);
    }
}
