//! What everyone agrees on before a ceremony, and compares face to face.

use crate::encoding::{base64_bytes, hex, spoken};
use crate::identity::{Card, IdentityError};
use crate::system::Entropy;
use heliograph_transparency::entry::{Body, Entry, KeyRole, Keys, Mode};
use heliograph_vault::keyset::CheckedKeySet;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

use super::Who;

const FORMAT: &str = "heliograph-plan/1";

/// The plan of a ceremony. Its hash stands under every message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    format: String,
    /// 32 random bytes that name this ceremony.
    #[serde(with = "base64_bytes")]
    pub session: [u8; 32],
    /// The log in which the key will be published.
    pub origin: String,
    /// SHA-256 of the text of the trust policy (c2sp.org/tlog-policy) that all holders pin.
    #[serde(with = "base64_bytes")]
    pub policy: [u8; 32],
    role: String,
    mode: String,
    /// The UTC day of a key of address custodians, else 0.
    pub epoch: u32,
    /// How many holders must act together, K.
    pub threshold: u8,
    /// The holders afterwards, by ascending index.
    pub holders: Vec<Holder>,
    /// For a refresh: the text of the `keys` entry that is refreshed.
    previous: Option<String>,
}

/// A holder in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The number of its share; never 0, and never given to another.
    pub index: u16,
    /// Who it is.
    pub card: Card,
}

/// Why a plan cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not JSON of this form and version.
    #[error("not the plan of a ceremony, or of another version")]
    Format,
    /// A card was altered.
    #[error(transparent)]
    Card(#[from] IdentityError),
    /// Something else; the sentence says what.
    #[error("the plan: {0}")]
    Wrong(&'static str),
}

/// The key that a plan refreshes.
pub(super) struct Previous {
    pub(super) keys: CheckedKeySet,
    /// Holders who come in, by index.
    pub(super) newcomers: Vec<u16>,
    /// The holders who make the newcomers' shares: the first K who stay.
    pub(super) helpers: Vec<u16>,
}

impl Plan {
    /// The plan of a new key for officers, numbered from 1 in the order of their cards. `policy` is
    /// the SHA-256 of the trust policy.
    pub fn for_officers(
        origin: &str,
        policy: [u8; 32],
        threshold: u8,
        cards: Vec<Card>,
        entropy: &Entropy,
    ) -> Result<Self, PlanError> {
        let holders = (1..).zip(cards).map(|(index, card)| Holder { index, card });
        Self {
            format: FORMAT.into(),
            session: *entropy.draw(),
            origin: origin.into(),
            policy,
            role: KeyRole::Officers.word().into(),
            mode: "none".into(),
            epoch: 0,
            threshold,
            holders: holders.collect(),
            previous: None,
        }
        .checked()
    }

    /// The plan of a new key for custodians: `epoch` is the day of a key for addresses, nothing
    /// for the key of phone numbers. The holders are those of the roster.
    pub fn for_custodians(
        origin: &str,
        policy: [u8; 32],
        mode: Mode,
        epoch: Option<u32>,
        threshold: u8,
        holders: Vec<Holder>,
        entropy: &Entropy,
    ) -> Result<Self, PlanError> {
        let role = match epoch {
            Some(_) => KeyRole::IpCustodians,
            None => KeyRole::PhoneCustodians,
        };
        Self {
            format: FORMAT.into(),
            session: *entropy.draw(),
            origin: origin.into(),
            policy,
            role: role.word().into(),
            mode: mode.word().into(),
            epoch: epoch.unwrap_or(0),
            threshold,
            holders,
            previous: None,
        }
        .checked()
    }

    /// The plan that refreshes the shares of a key: `previous` is its newest `keys` entry as
    /// logged. Holders who are not named leave; one who comes in needs an index that nobody ever
    /// had for this key, which the log checks.
    pub fn refresh(
        origin: &str,
        policy: [u8; 32],
        previous: &[u8],
        holders: Vec<Holder>,
        entropy: &Entropy,
    ) -> Result<Self, PlanError> {
        let text = String::from_utf8(previous.to_vec())
            .map_err(|_| PlanError::Wrong("the earlier key is not an entry of the log"))?;
        let keys = read_keys(&text)?;
        Self {
            format: FORMAT.into(),
            session: *entropy.draw(),
            origin: origin.into(),
            policy,
            role: keys.role.word().into(),
            mode: keys.mode.map_or("none", Mode::word).into(),
            epoch: keys.epoch,
            threshold: keys.threshold,
            holders,
            previous: Some(text),
        }
        .checked()
    }

    /// Reads a plan and checks all of it.
    pub fn parse(json: &[u8]) -> Result<Self, PlanError> {
        let plan: Self = serde_json::from_slice(json).map_err(|_| PlanError::Format)?;
        plan.checked()
    }

    /// The file to hand to every holder.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    /// Stands for the plan under every message of the ceremony.
    pub fn hash(&self) -> [u8; 32] {
        let text = serde_json::to_vec(self).expect("strings and numbers");
        Sha256::new_with_prefix(b"hg/plan/v1\n")
            .chain_update(text)
            .finalize()
            .into()
    }

    /// Eight words to compare face to face.
    pub fn fingerprint(&self) -> String {
        spoken(&self.hash()[..16])
    }

    /// Whose key it is.
    pub fn role(&self) -> KeyRole {
        KeyRole::from_word(&self.role).expect("checked when it was read")
    }

    /// Where its custodians are; none for officers.
    pub fn mode(&self) -> Option<Mode> {
        Mode::from_word(&self.mode)
    }

    /// Whether it refreshes an earlier key.
    pub fn is_refresh(&self) -> bool {
        self.previous.is_some()
    }

    /// The text of the `keys` entry that it refreshes.
    pub fn previous_entry(&self) -> Option<&str> {
        self.previous.as_deref()
    }

    /// The session of the ceremony whose shares it refreshes.
    pub fn refreshed_session(&self) -> Option<[u8; 32]> {
        self.previous()
            .map(|previous| previous.keys.ceremony.session)
    }

    /// How often the shares will have been refreshed.
    pub fn generation(&self) -> u32 {
        let previous = self.previous();
        previous.map_or(0, |previous| {
            previous.keys.ceremony.generation.saturating_add(1)
        })
    }

    /// The holder with this index.
    pub fn holder(&self, index: u16) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.index == index)
    }

    /// The index of whoever has this Ed25519 key.
    pub fn index_of(&self, key: &[u8; 32]) -> Option<u16> {
        let holder = self.holders.iter().find(|holder| holder.card.key == *key);
        holder.map(|holder| holder.index)
    }

    /// What to read and compare before taking part.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| writeln!(text, "{line}").expect("a string grows");
        let what = match (&self.previous, self.role()) {
            (None, KeyRole::Officers) => "a new key of the officers".into(),
            (None, KeyRole::PhoneCustodians) => "a new key of the custodians, for phones".into(),
            (None, KeyRole::IpCustodians) => format!("the custodians' key of day {}", self.epoch),
            (Some(_), role) => format!("new shares of the key of the {role}"),
        };
        line(format!("This ceremony makes {what}."));
        line(format!("Log:     {}", self.origin));
        line(format!(
            "Policy:  {} (SHA-256 of the file)",
            hex(&self.policy)
        ));
        line(format!(
            "Quorum:  {} of {}",
            self.threshold,
            self.holders.len()
        ));
        for Holder { index, card } in &self.holders {
            line(format!(
                "  {index}  {:<20} {}",
                card.name,
                card.fingerprint()
            ));
        }
        if let Some(previous) = self.previous() {
            let left = previous.keys.holders.iter().map(|holder| holder.index);
            let left: Vec<_> = left.filter(|index| self.holder(*index).is_none()).collect();
            line(format!(
                "Leaving: {left:?}   Coming in: {:?}",
                previous.newcomers
            ));
        }
        line(format!("The plan itself: {}", self.fingerprint()));
        text
    }

    pub(super) fn who(&self, index: u16) -> Who {
        let name = self.holder(index).map_or("?", |holder| &holder.card.name);
        Who {
            index,
            name: name.into(),
        }
    }

    pub(super) fn indices(&self) -> Vec<u16> {
        self.holders.iter().map(|holder| holder.index).collect()
    }

    /// The key to refresh; checked when the plan was read.
    pub(super) fn previous(&self) -> Option<Previous> {
        let text = self.previous.as_ref()?;
        self.read_previous(text).ok()
    }

    fn read_previous(&self, text: &str) -> Result<Previous, PlanError> {
        let entry = read_keys(text)?;
        let unsound = PlanError::Wrong("the earlier key is not sound");
        let keys = entry
            .key_set()
            .ok()
            .and_then(|keys| keys.verify().ok())
            .ok_or(unsound)?;
        let (continuing, newcomers): (Vec<u16>, Vec<u16>) = self
            .indices()
            .into_iter()
            .partition(|index| keys.holder(*index).is_some());
        for index in &continuing {
            let before = entry.holders.iter().find(|holder| holder.index == *index);
            let now = self.holder(*index).map(|holder| holder.card.key);
            if before.map(|before| before.key) != now {
                return Err(PlanError::Wrong("a number has passed to another holder"));
            }
        }
        let threshold = usize::from(keys.threshold);
        if continuing.len() < threshold {
            return Err(PlanError::Wrong("too few of the earlier holders take part"));
        }
        if (entry.role.word(), entry.epoch, entry.threshold)
            != (self.role.as_str(), self.epoch, self.threshold)
            || entry.mode != self.mode()
        {
            return Err(PlanError::Wrong(
                "a refresh changes neither role, day nor quorum",
            ));
        }
        if threshold == 1 {
            return Err(PlanError::Wrong(
                "the key of one holder is replaced, not refreshed",
            ));
        }
        Ok(Previous {
            helpers: continuing[..threshold].to_vec(),
            keys,
            newcomers,
        })
    }

    fn checked(self) -> Result<Self, PlanError> {
        let wrong = |why| Err(PlanError::Wrong(why));
        if self.format != FORMAT {
            return Err(PlanError::Format);
        }
        let Some(role) = KeyRole::from_word(&self.role) else {
            return Err(PlanError::Format);
        };
        match (role, self.mode()) {
            (KeyRole::Officers, None) if self.mode == "none" => {}
            (KeyRole::Officers, _) | (_, None) => return Err(PlanError::Format),
            _ => {}
        }
        if role != KeyRole::IpCustodians && self.epoch != 0 {
            return wrong("only keys of address custodians belong to a day");
        }
        let (count, threshold) = (self.holders.len(), usize::from(self.threshold));
        if threshold == 0 || count < threshold || count > 255 {
            return wrong("not 1 <= K <= N <= 255");
        }
        if role == KeyRole::Officers && threshold < 2 {
            return wrong("one officer is no quorum: K is at least 2");
        }
        if threshold == 1 && count > 1 {
            return wrong("where one of several holders is enough, each is as good as all");
        }
        if self.mode() == Some(Mode::Local) && count != 1 {
            return wrong("on one machine there is one custodian");
        }
        let mut previous = 0;
        for (at, Holder { index, card }) in self.holders.iter().enumerate() {
            card.verify()?;
            if *index <= previous {
                return wrong("holders are not numbered in ascending order from 1");
            }
            previous = *index;
            let others = || self.holders[..at].iter().map(|other| &other.card);
            if others().any(|other| other.key == card.key || other.recipient == card.recipient) {
                return wrong("two holders have the same key");
            }
            if others().any(|other| other.name == card.name) {
                return wrong("two holders have the same name");
            }
        }
        if let Some(text) = &self.previous {
            self.read_previous(text)?;
        }
        Ok(self)
    }
}

fn read_keys(text: &str) -> Result<Keys, PlanError> {
    match Entry::parse(text.as_bytes()).map(|entry| entry.body) {
        Ok(Body::Keys(keys)) => Ok(keys),
        _ => Err(PlanError::Wrong("the earlier key is not a `keys` entry")),
    }
}
