//! Opening the records of a granted case: the only place where something readable comes about.

use crate::grant::Grant;
use crate::keys::{self, KeysOfRecordError};
use crate::order::Window;
use heliograph_transparency::case::records_root;
use heliograph_transparency::ledger::Ledger;
use heliograph_vault::keys::OpeningKeys;
use heliograph_vault::open::{OpenError, Opened, Opening};
use heliograph_vault::partial::{CaseContext, Partial};
use heliograph_vault::plaintext::{IpInterval, Phone};
use heliograph_vault::record::VerifiedRecord;
use heliograph_vault::secrets::{RecordSecret, UserCommitment};

/// What is disclosed. It has two members and there is no third; it cannot be printed, copied or
/// serialised, and is erased when dropped.
pub struct Disclosed {
    /// The account's phone number.
    pub phone: Option<Phone>,
    /// Addresses with ports and times.
    pub addresses: Vec<IpInterval>,
}

/// What custodians and the keeper gave for a case.
pub struct Contributions {
    /// What custodians answered, in any order: partial decryptions, each with the position of the
    /// record that it is for.
    pub custodians: Vec<(u32, Partial)>,
    /// The secret of every record.
    pub secrets: Vec<RecordSecret>,
}

/// Why a case was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The log has no opening of this case, or of other records.
    #[error("the log does not have the opening of these records")]
    NotLogged,
    /// The records are not those that officers approved.
    #[error("the records are not those that were approved")]
    OtherRecords,
    /// A record has no keys any more.
    #[error(transparent)]
    Keys(#[from] KeysOfRecordError),
    /// Too few custodians gave an answer that holds.
    #[error("{have} custodians gave an answer that holds for record {record}, {need} are needed")]
    Custodians {
        /// Which record, from 0.
        record: usize,
        /// How many did.
        have: usize,
        /// How many are needed.
        need: u8,
    },
    /// A record did not open.
    #[error("record {record} does not open: {error}")]
    Record {
        /// Which record, from 0.
        record: usize,
        /// Why.
        error: OpenError,
    },
    /// The keeper gave too few or too many secrets.
    #[error("the keeper gave secrets for other records")]
    Secrets,
}

/// Opens the records of a granted case, whose `open` entry with this index is in the log.
///
/// The answers of custodians are checked one by one; those that do not hold are left out. An
/// address that was seen on a day of the window, but outside its minutes, is dropped here.
pub fn open(
    grant: Grant,
    ledger: &Ledger,
    open: u64,
    records: &[VerifiedRecord],
    given: Contributions,
    user: UserCommitment,
    window: Window,
) -> Result<Disclosed, OpeningError> {
    let (case, opening) = ledger
        .cases()
        .opening(open)
        .ok_or(OpeningError::NotLogged)?;
    let logged = (case.mark.index, opening.records, opening.approvals);
    if logged
        != (
            grant.request(),
            grant.records_root(),
            grant.approvals_root(),
        )
    {
        return Err(OpeningError::NotLogged);
    }
    let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
    if records.len() != grant.n() as usize || records_root(&hashes) != grant.records_root() {
        return Err(OpeningError::OtherRecords);
    }
    if given.secrets.len() != records.len() {
        return Err(OpeningError::Secrets);
    }
    let preserved = opening
        .preserved
        .and_then(|index| ledger.preservations().at(index));
    let context = CaseContext {
        request: case.hash.0,
        open: opening.hash.0,
        preserved: preserved.map(|preservation| preservation.hash.0),
    };
    let mut disclosed = Disclosed {
        phone: None,
        addresses: Vec::new(),
    };
    let officers = by_record(grant.into_partials(), records.len());
    let custodians = by_position(given.custodians, records.len());
    let answers = officers.iter().zip(custodians);
    for (position, (record, (officers, custodians))) in records.iter().zip(answers).enumerate() {
        let keys = keys::of_record(ledger, record.label())?;
        let custodians = holding(custodians, position, record, &keys, &context)?;
        let opened = Opening {
            record,
            keys: &keys,
            case: &context,
            user,
            secret: &given.secrets[position],
        }
        .open(officers, &custodians)
        .map_err(|error| OpeningError::Record {
            record: position,
            error,
        })?;
        match opened {
            Opened::Phone(phone) => disclosed.phone = Some(phone),
            Opened::Ip(seen) if window.touches(seen.first().at_s, seen.last().at_s) => {
                disclosed.addresses.push(seen);
            }
            Opened::Ip(_) => {}
        }
    }
    Ok(disclosed)
}

/// Of the answers for a record, as many as are needed of those that hold.
fn holding(
    answers: Vec<Partial>,
    position: usize,
    record: &VerifiedRecord,
    keys: &OpeningKeys,
    context: &CaseContext,
) -> Result<Vec<Partial>, OpeningError> {
    let (role, need) = (keys.gate().ceremony.role, keys.gate().threshold);
    let mut holding: Vec<Partial> = Vec::new();
    for partial in answers {
        let known = holding.iter().any(|other| other.index() == partial.index());
        let holds = partial.role() == role && partial.verify(record, keys, context).is_ok();
        if !known && holds && holding.len() < usize::from(need) {
            holding.push(partial);
        }
    }
    if holding.len() == usize::from(need) {
        Ok(holding)
    } else {
        Err(OpeningError::Custodians {
            record: position,
            have: holding.len(),
            need,
        })
    }
}

/// Turns single partial decryptions into lists by record. One for a record that is not there is
/// left out.
fn by_position(answers: Vec<(u32, Partial)>, records: usize) -> Vec<Vec<Partial>> {
    let mut lists: Vec<Vec<Partial>> = (0..records).map(|_| Vec::new()).collect();
    for (position, partial) in answers {
        if let Some(list) = lists.get_mut(position as usize) {
            list.push(partial);
        }
    }
    lists
}

/// Turns the answers of holders, each with one partial decryption for every record, into lists by
/// record. An answer with more or fewer than that is left out.
fn by_record(answers: Vec<Vec<Partial>>, records: usize) -> Vec<Vec<Partial>> {
    let mut lists: Vec<Vec<Partial>> = (0..records).map(|_| Vec::new()).collect();
    let whole = answers.into_iter().filter(|parts| parts.len() == records);
    for answer in whole {
        for (list, partial) in lists.iter_mut().zip(answer) {
            list.push(partial);
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;
    use static_assertions::assert_not_impl_any;

    assert_not_impl_any!(Disclosed: std::fmt::Debug, std::fmt::Display, Clone, serde::Serialize);

    /// Does not compile with a third member, or without one of the two.
    #[test]
    fn what_is_disclosed_has_two_members() {
        let Disclosed { phone, addresses } = Disclosed {
            phone: None,
            addresses: Vec::new(),
        };
        assert!(phone.is_none() && addresses.is_empty());
    }
}
