//! Keys, people and records for the tests: 3 of 5 officers, 2 of 3 custodians.

use crate::dealer::deal_for_tests;
use crate::keys::{GateMode, OpeningKeys, SealingKeys};
use crate::keyset::{Ceremony, CheckedKeySet, Role};
use crate::open::{OpenError, Opened, Opening};
use crate::partial::{CaseContext, Partial, custodian_partial, officer_partial};
use crate::plaintext::{IpInterval, Phone, Sighting};
use crate::record::{VerifiedRecord, seal_ip, seal_phone};
use crate::secrets::{
    DaySecret, RecordSecret, UserCommitment, UserSecret, ip_secret, phone_secret,
};
use crate::share::SecretShare;
use std::net::IpAddr;

pub(crate) const DAY: u32 = 20_000;
pub(crate) const USER_ID: i64 = 777;
pub(crate) const DIGITS: &str = "4915100000";

pub(crate) const CASE: CaseContext = CaseContext {
    request: [0xa1; 32],
    open: [0xa2; 32],
    preserved: None,
};

/// A pair of keys with all of their shares, and one person.
pub(crate) struct Scene {
    pub officers: Vec<SecretShare>,
    pub custodians: Vec<SecretShare>,
    pub sealing: SealingKeys,
    pub keys: OpeningKeys,
    pub user: UserSecret,
    pub day: DaySecret,
}

pub(crate) fn ceremony(role: Role) -> Ceremony {
    Ceremony {
        role,
        session: [role as u8; 32],
        epoch: if role == Role::IpCustodians { DAY } else { 0 },
        generation: 0,
        transcript: [0x10 | role as u8; 32],
    }
}

pub(crate) fn officers() -> (CheckedKeySet, Vec<SecretShare>) {
    deal(ceremony(Role::Officers), 3, &[1, 2, 3, 4, 5], 0)
}

pub(crate) fn custodians(role: Role) -> (CheckedKeySet, Vec<SecretShare>) {
    deal(ceremony(role), 2, &[1, 2, 3], 0)
}

/// Deals the one key of the ceremony's role; `seed` varies the shares.
pub(crate) fn deal(
    ceremony: Ceremony,
    threshold: u8,
    indices: &[u16],
    seed: u8,
) -> (CheckedKeySet, Vec<SecretShare>) {
    let key = [0x20 | ceremony.role as u8; 32];
    let (keys, shares) = deal_for_tests(ceremony, threshold, indices, &key, &[seed; 32]);
    (keys.verify().expect("an honest dealer"), shares)
}

impl Scene {
    pub(crate) fn new(gate: Role) -> Self {
        let (officer_keys, officers) = officers();
        let (gate_keys, custodians) = custodians(gate);
        let sealing =
            SealingKeys::new(officer_keys, gate_keys, GateMode::Remote).expect("a pair of keys");
        Self {
            officers,
            custodians,
            keys: OpeningKeys::unrefreshed(sealing.clone()),
            sealing,
            user: UserSecret::new([0x30; 32]),
            day: DaySecret::new(DAY, [0x31; 32]),
        }
    }

    pub(crate) fn ip() -> Self {
        Self::new(Role::IpCustodians)
    }

    pub(crate) fn phone() -> Self {
        Self::new(Role::PhoneCustodians)
    }

    /// A record of the scene's kind; `seed` varies it.
    pub(crate) fn record(&self, seed: u8) -> VerifiedRecord {
        let entropy = [seed; 32];
        let record = match self.sealing.gate().ceremony.role {
            Role::IpCustodians => seal_ip(
                &self.sealing,
                &self.day,
                &self.user,
                USER_ID,
                &interval(),
                &entropy,
            ),
            _ => seal_phone(&self.sealing, &self.user, USER_ID, &phone(), &entropy),
        };
        record
            .expect("keys of this kind")
            .verify()
            .expect("an honest server")
    }

    pub(crate) fn secret(&self, record: &VerifiedRecord) -> RecordSecret {
        match self.sealing.gate().ceremony.role {
            Role::IpCustodians => ip_secret(&self.user, &self.day, record),
            _ => phone_secret(&self.user, record),
        }
        .expect("a record of the kind and the day")
    }

    /// The person, as records name them.
    pub(crate) fn person(&self) -> UserCommitment {
        self.user.commitment(USER_ID)
    }

    /// The contribution of the officer with this index.
    pub(crate) fn officer(&self, index: u16, record: &VerifiedRecord) -> Partial {
        let share = share(&self.officers, index);
        officer_partial(share, record, &self.keys, CASE.request, &[1; 32]).expect("an officer")
    }

    /// The contribution of the custodian with this index.
    pub(crate) fn custodian(&self, index: u16, record: &VerifiedRecord) -> Partial {
        let share = share(&self.custodians, index);
        custodian_partial(share, record, &self.keys, CASE.open, &[1; 32]).expect("a custodian")
    }

    /// Opens the record with the contributions of the holders with these indices.
    pub(crate) fn open(
        &self,
        record: &VerifiedRecord,
        officers: &[u16],
        custodians: &[u16],
    ) -> Result<Opened, OpenError> {
        let officers: Vec<_> = officers.iter().map(|i| self.officer(*i, record)).collect();
        let custodians: Vec<_> = custodians
            .iter()
            .map(|i| self.custodian(*i, record))
            .collect();
        self.open_with(record, &CASE, &officers, &custodians)
    }

    pub(crate) fn open_with(
        &self,
        record: &VerifiedRecord,
        case: &CaseContext,
        officers: &[Partial],
        custodians: &[Partial],
    ) -> Result<Opened, OpenError> {
        Opening {
            record,
            keys: &self.keys,
            case,
            user: self.person(),
            secret: &self.secret(record),
        }
        .open(officers, custodians)
    }
}

pub(crate) fn share(shares: &[SecretShare], index: u16) -> &SecretShare {
    let share = shares.iter().find(|share| share.index() == index);
    share.expect("a holder")
}

pub(crate) fn phone() -> Phone {
    Phone::from_digits(DIGITS).expect("a number")
}

pub(crate) fn interval() -> IpInterval {
    let (first, last) = sightings();
    IpInterval::new(address(), first, last).expect("in order")
}

pub(crate) fn address() -> IpAddr {
    IpAddr::from([192, 0, 2, 44])
}

pub(crate) fn sightings() -> (Sighting, Sighting) {
    let at_s = u64::from(DAY) * 86_400;
    let (first, last) = (at_s + 1_000, at_s + 5_000);
    (
        Sighting {
            at_s: first,
            port: 40_001,
        },
        Sighting {
            at_s: last,
            port: 40_002,
        },
    )
}

/// Whether what was opened is what the scene sealed.
pub(crate) fn is_sealed_plaintext(opened: &Opened) -> bool {
    match opened {
        Opened::Phone(phone) => phone.digits() == DIGITS,
        Opened::Ip(interval) => {
            interval.ip() == address() && (interval.first(), interval.last()) == sightings()
        }
    }
}

/// All ways to choose `k` of `items`, in order.
pub(crate) fn subsets(items: &[u16], k: usize) -> Vec<Vec<u16>> {
    (0..1_u32 << items.len())
        .filter(|mask| mask.count_ones() as usize == k)
        .map(|mask| {
            let chosen = items
                .iter()
                .enumerate()
                .filter(|(at, _)| mask >> at & 1 == 1);
            chosen.map(|(_, item)| *item).collect()
        })
        .collect()
}
