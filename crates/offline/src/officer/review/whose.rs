//! Whose the records of a bundle are.
//!
//! A record names its person by a hash over the person's secret, which the bundle carries. Records
//! that were preserved can outlive the account, and the secret goes with the account. Then only an
//! officer who checked them while it was there can say whose they are; the desk's word is not
//! enough.

use super::super::{Officer, OfficerError, fail};
use crate::encoding::hex;
use heliograph_transparency::case::records_root;
use heliograph_transparency::entry::Preserve;
use heliograph_transparency::files::Bundle;
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::tree::Hash;
use heliograph_vault::secrets::{UserCommitment, UserSecret};
use std::collections::BTreeMap;

const CHECKED: &str = "checked-records.json";

/// Whose records these must be.
pub(super) struct Whose {
    pub(super) user_id: i64,
    /// How records name the person; nothing where it rests on what the officer remembers.
    pub(super) user: Option<UserCommitment>,
    /// Index of the `preserve` entry, where it rests on that.
    pub(super) preserved: Option<u64>,
}

/// The account of records that were checked, by request and records root. Nothing else is
/// remembered: what an order says may be a phone number.
type Checked = BTreeMap<String, i64>;

fn place(request: u64, root: &Hash) -> String {
    format!("{request} {}", hex(&root.0))
}

impl Officer {
    /// Whose the records are: the person of the bundle, or, where the account is gone, the one
    /// for whom this officer has checked them before they were preserved.
    pub(super) fn whose(
        &self,
        bundle: &Bundle,
        ledger: &Ledger,
    ) -> Result<Option<Whose>, OfficerError> {
        if let Some(person) = &bundle.person {
            let user = UserSecret::new(person.us.0).commitment(person.user_id);
            return Ok(Some(Whose {
                user_id: person.user_id,
                user: Some(user),
                preserved: None,
            }));
        }
        let Some(index) = bundle.preserved.filter(|_| !bundle.records.is_empty()) else {
            return Ok(None);
        };
        let Some(kept) = ledger.preservations().at(index) else {
            fail!("entry {index} of the log preserves nothing");
        };
        let checked = self.checked_records()?;
        let Some(user_id) = checked.get(&place(kept.request, &kept.records)) else {
            fail!(
                "the account is gone, and you have not checked whose records entry {index} \
                 preserves: an officer who has must decide"
            );
        };
        Ok(Some(Whose {
            user_id: *user_id,
            user: None,
            preserved: Some(index),
        }))
    }

    /// Remembers whose the records of a bundle are, once everything about it was checked.
    pub(super) fn remember_whose(
        &self,
        bundle: &Bundle,
        hashes: &[[u8; 32]],
    ) -> Result<(), OfficerError> {
        let Some(person) = bundle.person.as_ref().filter(|_| !hashes.is_empty()) else {
            return Ok(());
        };
        let mut checked = self.checked_records()?;
        checked.insert(place(bundle.request, &records_root(hashes)), person.user_id);
        let bytes = serde_json::to_vec(&checked).expect("texts and numbers");
        self.folder.write(CHECKED, &bytes)?;
        Ok(())
    }

    /// For whoever is to sign a preservation: whose records it is about, if that was checked.
    pub(in crate::officer) fn told_whose(
        &self,
        preserve: &Preserve,
    ) -> Result<String, OfficerError> {
        let checked = self.checked_records()?;
        let known = checked.get(&place(preserve.request, &preserve.records));
        Ok(known.map_or_else(
            || {
                "YOU HAVE NOT CHECKED WHOSE THEY ARE: review the bundle of the request first, or \
                 you cannot approve an order that comes after the account is deleted."
                    .into()
            },
            |account| format!("You have checked that they are of account {account}."),
        ))
    }

    fn checked_records(&self) -> Result<Checked, OfficerError> {
        match self.folder.read(CHECKED)? {
            Some(bytes) => {
                Ok(serde_json::from_slice(&bytes).map_err(|_| self.folder.damaged(CHECKED))?)
            }
            None => Ok(BTreeMap::new()),
        }
    }
}
