//! `keys`: a threshold key, its holders and their proofs.

use heliograph_vault::group::{GroupError, Point};
use heliograph_vault::keyset::{Ceremony, Holder, KeySet, Role};
use heliograph_vault::possession::PossessionProof;

use super::categories::{KeyRole, Mode};
use super::date::Day;
use super::lines::{Lines, Malformed, Writer};
use crate::encoding::to_base64;

impl KeyRole {
    /// The same role as the vault names it.
    pub const fn in_vault(self) -> Role {
        match self {
            Self::Officers => Role::Officers,
            Self::IpCustodians => Role::IpCustodians,
            Self::PhoneCustodians => Role::PhoneCustodians,
        }
    }
}

/// One holder of a share, and who that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderLine {
    /// Never 0, ascending in the entry.
    pub index: u16,
    /// The public point of the share.
    pub share_point: [u8; 32],
    /// The proof of possession.
    pub possession: [u8; 64],
    /// What people call the holder.
    pub name: String,
    /// The holder's Ed25519 public key.
    pub key: [u8; 32],
    /// Where files for the holder are sealed to.
    pub age_recipient: Option<String>,
}

/// A threshold key as the log publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Whose it is.
    pub role: KeyRole,
    /// Where custodians are; none for officers.
    pub mode: Option<Mode>,
    /// The UTC day of a key of `ip-custodians`, else 0.
    pub epoch: u32,
    /// How often its shares have been refreshed.
    pub generation: u32,
    /// Random name of the run that dealt the shares.
    pub session: [u8; 32],
    /// How many holders must act together.
    pub threshold: u8,
    /// The key that records are sealed to.
    pub public_key: [u8; 32],
    /// Hash of everything the holders saw and signed.
    pub transcript: [u8; 32],
    /// By ascending index.
    pub holders: Vec<HolderLine>,
}

impl Keys {
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, Malformed> {
        let role = lines.take("role")?.word(KeyRole::from_word)?;
        let mode_line = lines.take("mode")?;
        let mode = match (role, mode_line.as_str()) {
            (KeyRole::Officers, "none") => None,
            (KeyRole::Officers, _) => return Err(mode_line.fault("officers have none")),
            _ => Some(mode_line.word(Mode::from_word)?),
        };
        let last_epoch = match role {
            KeyRole::IpCustodians => Day::LAST.0,
            KeyRole::Officers | KeyRole::PhoneCustodians => 0,
        };
        Ok(Self {
            role,
            mode,
            epoch: lines.take("epoch")?.number(0..=last_epoch)?,
            generation: lines.take("generation")?.number(0..=u32::MAX)?,
            session: lines.take("session")?.bytes()?,
            threshold: lines.take("threshold")?.number(1..=u8::MAX)?,
            public_key: lines.take("public")?.bytes()?,
            transcript: lines.take("transcript")?.bytes()?,
            holders: read_holders(lines)?,
        })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.line("role", self.role);
        out.line("mode", self.mode.map_or("none", Mode::word));
        out.line("epoch", self.epoch);
        out.line("generation", self.generation);
        out.bytes("session", &self.session);
        out.line("threshold", self.threshold);
        out.bytes("public", &self.public_key);
        out.bytes("transcript", &self.transcript);
        for holder in &self.holders {
            let HolderLine { index, name, .. } = holder;
            let point = to_base64(&holder.share_point);
            let proof = to_base64(&holder.possession);
            let key = to_base64(&holder.key);
            let age = holder.age_recipient.as_deref().unwrap_or("-");
            let line = format_args!("{index} {point} {proof} {name} {key} {age}");
            out.line("holder", line);
        }
    }

    /// The key set for the vault to check. Fails when a point or scalar is not canonical.
    pub fn key_set(&self) -> Result<KeySet, GroupError> {
        let holders = self.holders.iter().map(|holder| {
            Ok(Holder {
                index: holder.index,
                share_point: Point::parse(&holder.share_point)?,
                possession: PossessionProof::parse(&holder.possession)?,
            })
        });
        Ok(KeySet {
            ceremony: Ceremony {
                role: self.role.in_vault(),
                session: self.session,
                epoch: self.epoch,
                generation: self.generation,
                transcript: self.transcript,
            },
            threshold: self.threshold,
            holders: holders.collect::<Result<_, _>>()?,
            public_key: Point::parse(&self.public_key)?,
        })
    }
}

fn read_holders(lines: &mut Lines<'_>) -> Result<Vec<HolderLine>, Malformed> {
    let mut holders: Vec<HolderLine> = Vec::new();
    for line in lines.take_all("holder")? {
        let [index, share_point, possession, name, key, age] = line.words()?;
        let holder = HolderLine {
            index: index.number(1..=u16::MAX)?,
            share_point: share_point.bytes()?,
            possession: possession.bytes()?,
            name: name.name()?,
            key: key.bytes()?,
            age_recipient: match age.as_str() {
                "-" => None,
                _ => Some(age.name()?),
            },
        };
        if holders
            .last()
            .is_some_and(|last| last.index >= holder.index)
        {
            return Err(line.fault("not in ascending order of index"));
        }
        if holders.iter().any(|other| other.key == holder.key) {
            return Err(line.fault("has the Ed25519 key of another"));
        }
        holders.push(holder);
    }
    Ok(holders)
}
