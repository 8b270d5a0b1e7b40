//! The custodian's shares on its disk: one file each, named after the ceremony that made it.

use super::CustodianError;
use crate::encoding::hex;
use crate::folder::{Folder, FolderError};
use heliograph_transparency::entry::{Day, KeyRole};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::ledger::keys::LoggedKey;
use heliograph_vault::share::SecretShare;
use std::sync::Arc;
use zeroize::Zeroizing;

const PREFIX: &str = "share-";
const VERSION: u8 = 1;
const BYTES: usize = 1 + 1 + 4 + 2 + 32;

/// The longest time that any share of a day's key is kept, whatever a policy says, in days.
const MAX_RETENTION_DAYS: u32 = 366;

/// A share and what it is for.
pub(super) struct KeptShare {
    pub(super) role: KeyRole,
    /// The day of a key of address custodians, else 0.
    pub(super) epoch: u32,
    pub(super) share: SecretShare,
}

/// Keeps a share. It is durable when this returns.
pub(super) fn keep(
    folder: &Folder,
    session: &[u8; 32],
    role: KeyRole,
    epoch: u32,
    share: &SecretShare,
) -> Result<(), FolderError> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    bytes[..2].copy_from_slice(&[VERSION, role as u8]);
    bytes[2..6].copy_from_slice(&epoch.to_be_bytes());
    bytes[6..8].copy_from_slice(&share.index().to_be_bytes());
    bytes[8..].copy_from_slice(&*share.to_bytes());
    folder.write(&name_of(session), &*bytes)
}

/// The share that a ceremony made, if it is kept.
pub(super) fn find(folder: &Folder, session: &[u8; 32]) -> Result<Option<KeptShare>, FolderError> {
    read(folder, &name_of(session))
}

/// Destroys what must not be kept: shares of days that are over and gone, shares that a refresh
/// has replaced, and shares of keys that were never published.
pub(super) fn destroy_due(folder: &Folder, ledger: &Ledger, today: Day) -> Result<(), FolderError> {
    for name in folder.list(PREFIX)? {
        let Some(kept) = read(folder, &name)? else {
            continue;
        };
        if is_due(&name, &kept, ledger, today) {
            folder.destroy(&name)?;
        }
    }
    Ok(())
}

/// Whether the records of a day have expired, by this clock. The policy of that day counts, and
/// the one in force where it is shorter: nobody lengthens afterwards what people were promised.
pub(super) fn is_expired(epoch: u32, ledger: &Ledger, today: Day) -> bool {
    let registry = ledger.registry();
    let policies = [registry.policy_on(Day(epoch)), registry.policy()];
    let terms = policies
        .into_iter()
        .flatten()
        .map(|logged| logged.policy.retention_days);
    today > Day(epoch).plus(terms.fold(MAX_RETENTION_DAYS, u32::min))
}

fn is_due(name: &str, kept: &KeptShare, ledger: &Ledger, today: Day) -> bool {
    let is_own = |key: &Arc<LoggedKey>| name_of(&key.keys.ceremony.session) == name;
    match kept.role {
        KeyRole::IpCustodians => {
            let day = Day(kept.epoch);
            // A key is logged by the end of its day or never.
            let missed = || day < today;
            is_expired(kept.epoch, ledger, today)
                || match ledger.custody().day_key(day) {
                    Some(logged) => !is_own(logged),
                    None => missed(),
                }
        }
        KeyRole::PhoneCustodians => {
            let keys = ledger.custody().phone_keys();
            keys.iter().position(is_own).is_some_and(|own| {
                let public_key = keys[own].keys.public_key;
                keys[own + 1..]
                    .iter()
                    .any(|later| later.keys.public_key == public_key)
            })
        }
        // No custodian has such a share.
        KeyRole::Officers => true,
    }
}

fn name_of(session: &[u8; 32]) -> String {
    format!("{PREFIX}{}", hex(session))
}

fn read(folder: &Folder, name: &str) -> Result<Option<KeptShare>, FolderError> {
    let Some(bytes) = folder.read(name)?.map(Zeroizing::new) else {
        return Ok(None);
    };
    let parse = || {
        let bytes: &[u8; BYTES] = bytes.as_slice().try_into().ok()?;
        let role = KeyRole::ALL.iter().find(|role| **role as u8 == bytes[1])?;
        let index = u16::from_be_bytes([bytes[6], bytes[7]]);
        let scalar = Zeroizing::new(<[u8; 32]>::try_from(&bytes[8..]).ok()?);
        (bytes[0] == VERSION).then_some(())?;
        Some(KeptShare {
            role: *role,
            epoch: u32::from_be_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]),
            share: SecretShare::from_bytes(index, &scalar).ok()?,
        })
    };
    parse().map(Some).ok_or_else(|| folder.damaged(name))
}

impl super::Custodian {
    /// Signs that the key of a day is destroyed, once it is: `records` became unreadable, as the
    /// desk says. The signature belongs under an `erase` entry of the given date.
    pub(super) fn sign_erasure(
        &self,
        day: Day,
        records: u64,
        date: Day,
    ) -> Result<heliograph_transparency::entry::Signed, CustodianError> {
        use heliograph_transparency::entry::{Entry, Erase, Signed};
        let mut inner = self.lock();
        self.follow(&mut inner)?;
        self.destroy_what_is_due(&inner)?;
        let ledger = inner.copy.ledger();
        self.check_date(date)?;
        let Some(key) = ledger.custody().day_key(day) else {
            super::refuse!("{day} has no key");
        };
        let Some(holder) = key
            .holders
            .iter()
            .find(|holder| holder.key == self.card().key)
        else {
            super::refuse!("this custodian has no share of the key of {day}");
        };
        if !is_expired(day.0, ledger, self.today()) {
            super::refuse!("the records of {day} have not expired");
        }
        if find(&self.folder, &key.keys.ceremony.session)?.is_some() {
            super::refuse!("the share of {day} is still there");
        }
        let entry = Entry::new(date, Erase { day, records });
        Ok(Signed {
            index: holder.index,
            signature: self.identity.sign(&entry.message(ledger.origin())),
        })
    }

    /// Checks that an entry's date is today, give or take a day between two clocks.
    pub(super) fn check_date(&self, date: Day) -> Result<(), CustodianError> {
        let today = self.today();
        if date.since(today) > 1 || today.since(date) > 1 {
            super::refuse!("{date} is not today");
        }
        Ok(())
    }
}
