//! What officers decide for everyone to see: policy, custodians, countries, authorities, switches.

use super::categories::{Change, Door, Mode};
use super::date::Hour;
use super::lines::{Lines, Malformed, Writer};
use crate::encoding::to_base64;
use crate::regions::Country;
use crate::tree::Hash;

/// `policy`: the rules that the desk has bound itself to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Counted from 1.
    pub version: u64,
    /// SHA-256 of the published terms.
    pub terms: Hash,
    /// Ids of the offences for which orders are served; at least one, ascending.
    pub offences: Vec<String>,
    /// How many days after its own an address record is kept.
    pub retention_days: u32,
    /// Most records that one opening may name.
    pub cap: u32,
    /// Days in which a request is answered.
    pub deadline_days: u32,
    /// Hours in which an emergency is answered.
    pub emergency_hours: u32,
    /// Days in which an emergency needs its judicial order.
    pub order_after_days: u32,
    /// Whether the whole log is a demonstration.
    pub demo: bool,
}

impl Policy {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let version = lines.take("version")?.number(1..=u64::MAX)?;
        let terms = lines.take("terms")?.hash()?;
        let offences_line = lines.take("offences")?;
        let mut offences: Vec<String> = Vec::new();
        for id in offences_line.as_str().split(',') {
            let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            if id.is_empty() || !id.bytes().all(allowed) {
                return Err(offences_line.fault("an id is not of small letters, digits and `-`"));
            }
            if offences.last().is_some_and(|last| last.as_str() >= id) {
                return Err(offences_line.fault("ids are not in ascending order"));
            }
            offences.push(id.into());
        }
        Ok(Self {
            version,
            terms,
            offences,
            retention_days: lines.take("retention")?.number(1..=366)?,
            cap: lines.take("cap")?.number(1..=1_000)?,
            deadline_days: lines.take("deadline")?.number(1..=366)?,
            emergency_hours: lines.take("emergency")?.number(1..=168)?,
            order_after_days: lines.take("order-after")?.number(1..=366)?,
            demo: lines.take("demo")?.word(|word| match word {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            })?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("version", self.version);
        out.line("terms", self.terms);
        out.line("offences", self.offences.join(","));
        out.line("retention", self.retention_days);
        out.line("cap", self.cap);
        out.line("deadline", self.deadline_days);
        out.line("emergency", self.emergency_hours);
        out.line("order-after", self.order_after_days);
        out.line("demo", if self.demo { "yes" } else { "no" });
    }
}

/// One custodian of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custodian {
    /// Never 0, ascending in the roster.
    pub index: u16,
    /// What people call it.
    pub name: String,
    /// Its Ed25519 public key.
    pub key: [u8; 32],
    /// Where the desk asks it; `-` for a local one.
    pub address: String,
}

/// `custodians`: who keeps the second half of every key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Counted from 1.
    pub set: u64,
    /// Where they are.
    pub mode: Mode,
    /// How many must act together.
    pub threshold: u8,
    /// By ascending index.
    pub custodians: Vec<Custodian>,
}

impl Roster {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let set = lines.take("set")?.number(1..=u64::MAX)?;
        let mode = lines.take("mode")?.word(Mode::from_word)?;
        let threshold_line = lines.take("threshold")?;
        let threshold = threshold_line.number(1..=u8::MAX)?;
        let mut custodians: Vec<Custodian> = Vec::new();
        for line in lines.take_all("custodian")? {
            let [index, name, key, address] = line.words()?;
            let custodian = Custodian {
                index: index.number(1..=u16::MAX)?,
                name: name.name()?,
                key: key.bytes()?,
                address: address.name()?,
            };
            if custodians
                .last()
                .is_some_and(|last| last.index >= custodian.index)
            {
                return Err(line.fault("not in ascending order of index"));
            }
            if custodians.iter().any(|other| other.key == custodian.key) {
                return Err(line.fault("has the key of another"));
            }
            custodians.push(custodian);
        }
        if custodians.len() < usize::from(threshold) || custodians.len() > 255 {
            return Err(threshold_line.fault("not met by the number of custodians"));
        }
        if mode == Mode::Local && custodians.len() != 1 {
            return Err(threshold_line.fault("on one machine there is one custodian"));
        }
        Ok(Self {
            set,
            mode,
            threshold,
            custodians,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("set", self.set);
        out.line("mode", self.mode);
        out.line("threshold", self.threshold);
        for custodian in &self.custodians {
            let key = to_base64(&custodian.key);
            let Custodian {
                index,
                name,
                address,
                ..
            } = custodian;
            out.line("custodian", format_args!("{index} {name} {key} {address}"));
        }
    }
}

/// `country`: requests from a country are served from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryDecision {
    /// Which one.
    pub code: Country,
    /// Whether it is served.
    pub state: Door,
    /// Why.
    pub reason: String,
}

impl CountryDecision {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            code: lines.take("code")?.parsed()?,
            state: lines.take("state")?.word(Door::from_word)?,
            reason: lines.take("reason")?.text()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("code", self.code);
        out.line("state", self.state);
        out.line("reason", &self.reason);
    }
}

/// `authority`: a change of the registry of authorities. Who it is stays hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its number in the registry, from 1.
    pub id: u64,
    /// What changes.
    pub action: Change,
    /// Commitment to the registry's row.
    pub commitment: Hash,
    /// When it begins to count.
    pub effective: Hour,
}

impl Authority {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: lines.take("id")?.number(1..=u64::MAX)?,
            action: lines.take("action")?.word(Change::from_word)?,
            commitment: lines.take("commitment")?.hash()?,
            effective: lines.take("effective")?.parsed()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("id", self.id);
        out.line("action", self.action);
        out.line("commitment", self.commitment);
        out.line("effective", self.effective);
    }
}

/// `switch`: a setting that people should know of was turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Which setting.
    pub name: String,
    /// What it is now.
    pub value: String,
    /// Why.
    pub reason: String,
}

impl Switch {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            name: lines.take("name")?.name()?,
            value: lines.take("value")?.text()?,
            reason: lines.take("reason")?.text()?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("name", &self.name);
        out.line("value", &self.value);
        out.line("reason", &self.reason);
    }
}
