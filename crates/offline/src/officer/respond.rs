//! The file that goes back: an approval with the officer's partial decryptions, or a refusal.

use super::review::Review;
use super::{Officer, OfficerError, fail};
use crate::encoding::hex;
use crate::lock::Lock;
use heliograph_transparency::approval::{Approval, MAX_APPROVAL_S, Verdict};
use heliograph_transparency::entry::Outcome;
use heliograph_transparency::files::{Base64, Fixed, Response, ResponseCheckpoint, ResponseFormat};
use heliograph_vault::partial::officer_partial;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

impl Officer {
    /// Approves: signs what was reviewed, and makes a partial decryption of each record.
    pub fn approve(&self, review: &Review, lock: &Lock) -> Result<Response, OfficerError> {
        if review.records.is_empty() {
            fail!("there is nothing to open: refuse, with the reason");
        }
        // Each share is unsealed once: that takes a second, and there may be many records.
        let mut shares = BTreeMap::new();
        let mut partials = Vec::new();
        for (record, keys) in &review.records {
            let share = match shares.entry(keys.officers().ceremony.session) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let share = self.share(lock, unknown.key())?;
                    unknown.insert(share.ok_or(OfficerError::NoShare)?)
                }
            };
            let entropy = self.entropy.draw();
            let partial = officer_partial(share, record, keys, review.entry_hash.0, &entropy);
            match partial {
                Ok(partial) => partials.push(Base64(partial.to_bytes().to_vec())),
                Err(error) => fail!("{error}"),
            }
        }
        let response = self.respond(review, Verdict::Approve, partials, lock)?;
        self.remember_delivery(review)?;
        Ok(response)
    }

    /// Refuses, for a reason that officers may give.
    pub fn refuse(
        &self,
        review: &Review,
        why: Outcome,
        lock: &Lock,
    ) -> Result<Response, OfficerError> {
        if !why.is_refusal() {
            fail!("`{why}` is no reason to refuse");
        }
        self.respond(review, Verdict::Refuse(why), Vec::new(), lock)
    }

    fn respond(
        &self,
        review: &Review,
        verdict: Verdict,
        partials: Vec<Base64>,
        lock: &Lock,
    ) -> Result<Response, OfficerError> {
        let not_after_s = self.now_s() + MAX_APPROVAL_S;
        let n = review.records.len() as u32;
        let approval = Approval {
            origin: &review.origin,
            request: review.request,
            entry_hash: review.entry_hash,
            case_hash: review.case_hash,
            records_root: review.records_root,
            n,
            fingerprint: review.fingerprint,
            officers: review.officers,
            verdict,
            not_after_s,
        };
        let signature = self.identity(lock)?.sign(&approval.message());
        Ok(Response {
            format: ResponseFormat::V1,
            origin: review.origin.clone(),
            request: review.request,
            officer: review.index,
            verdict: verdict.to_string(),
            not_after: not_after_s,
            records_root: Fixed(review.records_root.0),
            n,
            fingerprint: hex(&review.fingerprint),
            officers: review.officers,
            signature: Fixed(signature),
            partials,
            checkpoint: ResponseCheckpoint {
                size: review.head.size,
                root: Fixed(review.head.root.0),
            },
        })
    }
}
