//! Messages between holders: each signed with the plan, the round, its sender and its recipient,
//! so that none can be altered, replayed, or delivered to another.

use super::CeremonyError;
use super::plan::Plan;
use crate::encoding::base64_bytes;
use crate::identity::{Identity, verifies};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

const FORMAT: &str = "heliograph-ceremony/1";

/// The recipient of what everyone may read.
pub(super) const ALL: u16 = 0;

/// A holder, for messages to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Its number.
    pub index: u16,
    /// What people call it.
    pub name: String,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.index, self.name)
    }
}

/// Everything that one holder sends in one round. What is for one recipient only is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    format: String,
    #[serde(with = "base64_bytes")]
    session: [u8; 32],
    round: u8,
    from: u16,
    messages: Vec<Message>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    /// 0 for everyone.
    to: u16,
    #[serde(with = "base64_bytes")]
    body: Vec<u8>,
    #[serde(with = "base64_bytes")]
    signature: [u8; 64],
}

/// What a holder said in a round, to all and to one recipient.
pub(super) struct Said {
    pub(super) to_all: Vec<u8>,
    pub(super) to_me: Option<Vec<u8>>,
}

impl Packet {
    /// Reads a packet. Whether it may be believed shows only in the round.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let packet: Self = serde_json::from_slice(json).ok()?;
        (packet.format == FORMAT).then_some(packet)
    }

    /// The file or body to pass on.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    /// The number of its sender, as it says.
    pub fn from(&self) -> u16 {
        self.from
    }

    /// Its round, as it says.
    pub fn round(&self) -> u8 {
        self.round
    }

    pub(super) fn new(
        plan: &Plan,
        round: u8,
        from: u16,
        identity: &Identity,
        messages: Vec<(u16, Vec<u8>)>,
    ) -> Self {
        let sign = |(to, body): (u16, Vec<u8>)| Message {
            to,
            signature: identity.sign(&message(plan, round, from, to, &body)),
            body,
        };
        Self {
            format: FORMAT.into(),
            session: plan.session,
            round,
            from,
            messages: messages.into_iter().map(sign).collect(),
        }
    }

    /// What everyone may read of it.
    pub(super) fn to_all(&self) -> Option<&[u8]> {
        self.message_to(ALL)
    }

    fn message_to(&self, to: u16) -> Option<&[u8]> {
        let found = self.messages.iter().find(|message| message.to == to);
        found.map(|message| message.body.as_slice())
    }

    fn check(&self, plan: &Plan, round: u8) -> Result<(), CeremonyError> {
        let holder = plan
            .holder(self.from)
            .ok_or(CeremonyError::Stranger(self.from))?;
        let who = || plan.who(self.from);
        if self.session != plan.session || self.round != round {
            return Err(CeremonyError::Elsewhere(who()));
        }
        for (
            at,
            Message {
                to,
                body,
                signature,
            },
        ) in self.messages.iter().enumerate()
        {
            if self.messages[..at].iter().any(|other| other.to == *to) {
                return Err(CeremonyError::Contents(who()));
            }
            let message = message(plan, round, self.from, *to, body);
            if !verifies(&holder.card.key, &message, signature) {
                return Err(CeremonyError::Signature(who()));
            }
        }
        Ok(())
    }
}

fn message(plan: &Plan, round: u8, from: u16, to: u16, body: &[u8]) -> Vec<u8> {
    [
        b"hg/ceremony/v1\n",
        &plan.hash()[..],
        &[round],
        &from.to_be_bytes(),
        &to.to_be_bytes(),
        body,
    ]
    .concat()
}

/// The packets of a round, by sender: exactly one of every holder but perhaps `me`.
///
/// The same packet may lie there twice; two different ones of one sender name that sender.
pub(super) fn collect(
    plan: &Plan,
    round: u8,
    me: Option<u16>,
    packets: &[Packet],
) -> Result<BTreeMap<u16, Said>, CeremonyError> {
    let mut by_sender: BTreeMap<u16, &Packet> = BTreeMap::new();
    for packet in packets {
        packet.check(plan, round)?;
        match by_sender.insert(packet.from, packet) {
            Some(other) if other != packet => {
                let who = plan.who(packet.from);
                return Err(CeremonyError::Twice { round, who });
            }
            _ => {}
        }
    }
    let mut said = BTreeMap::new();
    for index in plan.indices() {
        let Some(packet) = by_sender.get(&index) else {
            if Some(index) == me {
                continue;
            }
            let who = plan.who(index);
            return Err(CeremonyError::Missing { round, who });
        };
        let to_all = packet
            .to_all()
            .ok_or_else(|| CeremonyError::Contents(plan.who(index)))?;
        said.insert(
            index,
            Said {
                to_all: to_all.to_vec(),
                to_me: me.and_then(|me| packet.message_to(me)).map(<[u8]>::to_vec),
            },
        );
    }
    Ok(said)
}
