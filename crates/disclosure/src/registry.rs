//! The registry of authorities: who may send orders, and how they are called back.
//!
//! A change is an entry of the log, signed by two officers, that says nothing but a number, a
//! commitment and when it begins to count: 72 hours later at the earliest, so that a hurried or
//! bought change can be noticed before it is used.

use crate::order_key::OrderKey;
use heliograph_desk_store::{AuthorityState, AuthorityVersion};
use heliograph_transparency::entry::{Authority, Change, Class, Day, Entry, Hour};
use heliograph_transparency::regions::Country;
use heliograph_transparency::tree::{Hash, leaf_hash};
use serde::{Deserialize, Serialize};

/// Whole days that pass between the day on which an entry or a change of the registry is logged
/// and its effect: 72 hours.
pub const WAIT_DAYS: u32 = 3;

/// Longest time for which one verification of an authority counts, in seconds: a year.
pub const MAX_VALIDITY_S: u64 = 366 * 86_400;

/// A row of the registry. Sealed at rest; it is not for logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityDetails {
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2, or `XI`.
    pub country: String,
    /// `court`, `prosecutor`, `police` or `other`.
    pub class: String,
    /// The person or office to ask for.
    pub contact: String,
    /// The number that is called back. It comes from a public register, never from an order.
    pub call_back: String,
    /// Where packages are sealed to, an age recipient.
    pub recipient: Option<String>,
    /// Who verified it, and how.
    pub verified: String,
    /// SHA-256 of the key by which it is recognised at the portal
    /// ([`AccessKey`](crate::access_key::AccessKey)); left out of the text where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<[u8; 32]>,
    /// The Ed25519 key with which it signs the documents of its orders
    /// ([`OrderKey`]); left out as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<[u8; 32]>,
    /// Hides the row behind its commitment: 32 random bytes.
    pub salt: [u8; 32],
}

/// A row that cannot be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` of the authority is missing or not of its kind")]
pub struct DetailsError(pub &'static str);

impl AuthorityDetails {
    /// Checks what a person entered.
    pub fn check(&self) -> Result<(), DetailsError> {
        let line =
            |text: &str| (1..=200).contains(&text.len()) && !text.chars().any(char::is_control);
        if !line(&self.name) {
            return Err(DetailsError("name"));
        }
        if self.country.parse::<Country>().is_err() {
            return Err(DetailsError("country"));
        }
        if Class::from_word(&self.class).is_none() {
            return Err(DetailsError("class"));
        }
        if !line(&self.contact) {
            return Err(DetailsError("contact"));
        }
        if !line(&self.call_back) {
            return Err(DetailsError("call_back"));
        }
        if !line(&self.verified) {
            return Err(DetailsError("verified"));
        }
        let recipient = self.recipient.as_deref();
        if recipient.is_some_and(|text| text.parse::<age::x25519::Recipient>().is_err()) {
            return Err(DetailsError("recipient"));
        }
        let signing = self.signing_key.as_ref();
        if signing.is_some_and(|key| OrderKey::from_bytes(key).is_none()) {
            return Err(DetailsError("signing_key"));
        }
        Ok(())
    }

    /// The text that is sealed and committed to.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and bytes always become JSON")
    }

    /// What the log shows of the row.
    pub fn commitment(&self) -> Hash {
        leaf_hash(&[b"hg/authority/v1".as_slice(), &[0], &self.to_json()].concat())
    }
}

/// When a change that is logged on `day` begins to count. A removal protects and need not wait.
pub fn effective(action: Change, day: Day) -> Hour {
    match action {
        Change::Add | Change::Change => Hour::first_of(day.plus(1 + WAIT_DAYS)),
        Change::Remove => Hour::first_of(day),
    }
}

/// The entry of a change, for two officers to sign.
pub fn entry(id: u64, action: Change, details: &AuthorityDetails, day: Day) -> Entry {
    Entry::new(
        day,
        Authority {
            id,
            action,
            commitment: details.commitment(),
            effective: effective(action, day),
        },
    )
}

/// Whether an authority may send orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    InForce,
    /// It is not registered, or its registration waits for its day.
    Unknown,
    /// It was not verified anew in time.
    Expired,
    /// It was removed.
    Removed,
}

impl Standing {
    /// The standing of an authority with this version in force
    /// ([`View::authority_in_force`](heliograph_desk_store::View::authority_in_force)).
    pub fn of(version: Option<&AuthorityVersion>, now_s: u64) -> Self {
        match version {
            None => Standing::Unknown,
            Some(version) if version.state == AuthorityState::Removed => Standing::Removed,
            Some(version) if now_s >= version.expires_s => Standing::Expired,
            Some(version) if now_s < version.effective_s => Standing::Unknown,
            Some(_) => Standing::InForce,
        }
    }
}

/// Of the names in the registry, those that `name` could be mistaken for, and is not.
///
/// Two names look alike when their skeletons are the same or differ in at most one letter for
/// each twelve: letters of other alphabets are read as the Latin ones they resemble, digits as
/// letters, and everything that is no letter is skipped.
pub fn look_alikes<'a>(name: &str, registered: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let skeleton = skeleton(name);
    let alike = |other: &&str| {
        *other != name && {
            let other = self::skeleton(other);
            let allowed = skeleton.len().max(other.len()).div_ceil(12);
            edits(&skeleton, &other, allowed) <= allowed
        }
    };
    registered.into_iter().filter(alike).collect()
}

fn skeleton(name: &str) -> Vec<char> {
    let letters = name.chars().flat_map(char::to_lowercase);
    letters.filter_map(resembled).collect()
}

/// The Latin letter that a character resembles.
fn resembled(c: char) -> Option<char> {
    Some(match c {
        '0' | 'о' | 'ο' | 'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => 'o',
        '1' | 'l' | 'і' | 'ι' | 'ı' | 'í' | 'ì' | 'î' | 'ï' | 'ј' | '|' => 'i',
        '3' | 'е' | 'ε' | 'ё' | 'é' | 'è' | 'ê' | 'ë' => 'e',
        'а' | 'α' | 'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' => 'a',
        '5' | 'ѕ' => 's',
        'с' | 'ç' | 'ς' => 'c',
        'р' | 'ρ' => 'p',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ý' | 'ÿ' => 'y',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'н' => 'h',
        'т' | 'τ' => 't',
        'в' | 'β' => 'b',
        'ν' => 'v',
        'ü' | 'ú' | 'ù' | 'û' | 'υ' => 'u',
        'ñ' | 'η' => 'n',
        c if c.is_alphabetic() => c,
        _ => return None,
    })
}

/// The number of letters to insert, delete or replace; gives up beyond `limit`.
fn edits(a: &[char], b: &[char], limit: usize) -> usize {
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn details() -> AuthorityDetails {
        AuthorityDetails {
            name: "Amtsgericht Musterstadt".into(),
            country: "DE".into(),
            class: "court".into(),
            contact: "Geschäftsstelle".into(),
            call_back: "+49 30 0000000".into(),
            recipient: None,
            verified: "Justizportal, by two officers".into(),
            access_key: None,
            signing_key: None,
            salt: [7; 32],
        }
    }

    type Edit = fn(&mut AuthorityDetails);

    #[test]
    fn a_row_that_is_not_complete_is_refused_by_name() {
        assert_eq!(details().check(), Ok(()));
        let changes: [(Edit, &str); 6] = [
            (|row| row.name.clear(), "name"),
            (|row| row.country = "Germany".into(), "country"),
            (|row| row.class = "judge".into(), "class"),
            (|row| row.call_back.clear(), "call_back"),
            (|row| row.recipient = Some("age1wrong".into()), "recipient"),
            (|row| row.signing_key = Some([0; 32]), "signing_key"),
        ];
        for (change, field) in changes {
            let mut row = details();
            change(&mut row);
            assert_eq!(row.check(), Err(DetailsError(field)));
        }
    }

    #[test]
    fn the_commitment_hides_the_row_and_changes_with_it() {
        let mut salted = details();
        salted.salt[0] ^= 1;
        let mut moved = details();
        moved.call_back = "+49 30 1111111".into();
        let commitments = [
            details().commitment(),
            salted.commitment(),
            moved.commitment(),
        ];
        assert_ne!(commitments[0], commitments[1]);
        assert_ne!(commitments[0], commitments[2]);
    }

    #[test]
    fn a_change_waits_for_72_hours_after_its_day_and_a_removal_for_none() {
        let day = Day(20_778);
        let waits_s = |action| effective(action, day).start_unix() - day.start_unix();
        assert_eq!(waits_s(Change::Add), (24 + 72) * 3_600);
        assert_eq!(waits_s(Change::Change), (24 + 72) * 3_600);
        assert_eq!(waits_s(Change::Remove), 0);
    }

    #[test]
    fn only_a_version_in_force_may_send_orders() {
        let version = |state| AuthorityVersion {
            id: 1,
            version: 1,
            state,
            commitment: [0; 32],
            effective_s: 100,
            expires_s: 200,
            entry: Some(3),
        };
        let active = version(AuthorityState::Active);
        assert_eq!(Standing::of(None, 150), Standing::Unknown);
        assert_eq!(Standing::of(Some(&active), 99), Standing::Unknown);
        assert_eq!(Standing::of(Some(&active), 100), Standing::InForce);
        assert_eq!(Standing::of(Some(&active), 200), Standing::Expired);
        let removed = version(AuthorityState::Removed);
        assert_eq!(Standing::of(Some(&removed), 150), Standing::Removed);
    }

    #[test]
    fn names_made_to_be_mistaken_are_noticed() {
        let registry = [
            "Amtsgericht Musterstadt",
            "Tribunal judiciaire de Lyon",
            "Polizei Berlin",
        ];
        let alike = |name| look_alikes(name, registry);
        for name in [
            "Amtsgericht Mustertsadt",
            "Amtsgerlcht Musterstadt",
            "AMTSGERICHT-MUSTERSTADT",
            "Аmtsgericht Мusterstadt",
            "Amtsgericht Musterstadt (1)",
        ] {
            assert_eq!(alike(name), ["Amtsgericht Musterstadt"], "{name}");
        }
        assert_eq!(alike("Polizei Ber1in"), ["Polizei Berlin"]);
        for name in [
            "Amtsgericht Musterstadt",
            "Amtsgericht Neustadt",
            "Polizei Bremen",
            "",
        ] {
            assert_eq!(alike(name), [""; 0], "{name}");
        }
    }
}
