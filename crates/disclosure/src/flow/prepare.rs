//! Preparation: who it is about, which records there are, and what officers are asked to approve.

use super::examine::judged;
use super::{FlowError, Office, act};
use crate::case::{CaseFile, LoadError, Prepared, State, note};
use crate::keys;
use crate::order::{Asked, Delivery, Order};
use crate::package::{Passphrase, Recipient};
use crate::person::{Proven, Subject};
use crate::validity::Decision;
use crate::vault_tree::{PlaceUnderRoot, VaultTree};
use heliograph_desk_store::{CaseId, Kinds as StoreKinds, Place, StaffId, StoredRecord, UserId};
use heliograph_transparency::entry::{Kinds, Outcome};
use heliograph_transparency::ledger::Ledger;
use heliograph_vault::record::SealedRecord;
use heliograph_vault::secrets::UserCommitment;

/// What became of preparing a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Officers can be asked.
    Ready,
    /// There is nothing to ask them: the case ends for this reason.
    Ended(Outcome),
}

/// Whom a case is about, the records, and where they stand under a vault root.
struct Gathered {
    user: UserId,
    commitment: UserCommitment,
    proven: Proven,
    records: Vec<Vec<u8>>,
    vault: (u64, u64),
    places: Vec<PlaceUnderRoot>,
    preserved: Option<u64>,
}

impl Office {
    /// Looks the person up and gathers the records of an admissible case, so that officers can be
    /// asked. Done again, it gathers anew (after a new vault root, say), which makes approvals of
    /// other records void.
    ///
    /// The person is looked up once for each case; the answer is kept.
    pub fn prepare(
        &self,
        staff: StaffId,
        case: CaseId,
        now_s: u64,
    ) -> Result<Preparation, FlowError> {
        let file = self.load(case)?;
        if ![State::InReview, State::AwaitingApprovals].contains(&file.state) {
            return Err(FlowError::State(file.state, State::InReview));
        }
        let Asked::Order(order) = &file.asked else {
            return Err(FlowError::NotAdmissible);
        };
        self.no_act_waits(case)?;
        let ledger = self.with_log(|log| log.ledger().clone());
        let questions = self.desk.view(|view| judged(view, &file, &ledger, now_s))?;
        if questions.decision != Decision::Admissible {
            return Err(FlowError::NotAdmissible);
        }
        let gathered = match self.preserved_for(&file, order, &ledger)? {
            Some(preserved) => preserved,
            None => match self.look_up_and_gather(staff, &file, order, &ledger, now_s)? {
                Ok(gathered) => gathered,
                Err(outcome) => return self.end_prepared(staff, &file, outcome, now_s),
            },
        };
        let policy = ledger
            .registry()
            .policy()
            .ok_or(FlowError::NotSetUp("policy"))?;
        let (found, cap) = (gathered.records.len(), policy.policy.cap);
        if found > cap as usize {
            return Err(FlowError::TooMany { found, cap });
        }
        self.keep_prepared(staff, &file, order, gathered, now_s)?;
        Ok(Preparation::Ready)
    }

    fn looked_up(
        &self,
        staff: StaffId,
        file: &CaseFile,
        order: &Order,
        now_s: u64,
    ) -> Result<Subject, FlowError> {
        if let Some(subject) = self.desk.view(|view| file.subject(view))? {
            return Ok(subject);
        }
        let audit = self
            .desk
            .open_audit(&act(Some(staff), "look-up", file.id), now_s)?;
        let resolved = match self.targets.resolve(file.id, &order.target, order.window) {
            Ok(resolved) => resolved,
            Err(error) => {
                self.desk.fail_audit(audit, now_s)?;
                return Err(error.into());
            }
        };
        let subject = Subject::from(resolved);
        let sealed = self.sealed(&file.keys.texts(), Place::Target(file.id), &subject);
        self.desk
            .finish_audit(audit, now_s, |step| step.put_sealed(&sealed))?;
        Ok(subject)
    }

    /// The case ends before anyone is asked. Whether there is no such account, or nothing of it is
    /// held, takes the same way and looks the same from outside.
    fn end_prepared(
        &self,
        staff: StaffId,
        file: &CaseFile,
        outcome: Outcome,
        now_s: u64,
    ) -> Result<Preparation, FlowError> {
        self.desk
            .act(&act(Some(staff), "prepare", file.id), now_s, |step| {
                self.decide_end(step, file, outcome, "", now_s)
            })?;
        Ok(Preparation::Ended(outcome))
    }

    /// Looks the person up and gathers the records; or the reason for which the case ends.
    fn look_up_and_gather(
        &self,
        staff: StaffId,
        file: &CaseFile,
        order: &Order,
        ledger: &Ledger,
        now_s: u64,
    ) -> Result<Result<Gathered, Outcome>, FlowError> {
        let subject = self.looked_up(staff, file, order, now_s)?;
        let Subject::One { user, proven } = subject else {
            return Ok(Err(subject.refusal()));
        };
        let gathered = self.gather(file, order, UserId(user), proven, ledger)?;
        Ok(gathered.ok_or(subject.refusal()))
    }

    /// The records that can be opened for the case; `None` when there is none.
    fn gather(
        &self,
        file: &CaseFile,
        order: &Order,
        user: UserId,
        proven: Proven,
        ledger: &Ledger,
    ) -> Result<Option<Gathered>, FlowError> {
        let Some(secret) = self.secrets.person(file.id, user)? else {
            return Ok(None);
        };
        let commitment = secret.commitment(user.0);
        let kinds = match order.kinds {
            Kinds::Phone => StoreKinds::Phone,
            Kinds::Ip => StoreKinds::Ip,
            Kinds::Both => StoreKinds::Both,
        };
        let (mut records, mut hashes) = (Vec::new(), Vec::new());
        for StoredRecord { bytes, hash, .. } in
            self.records.records_of(user, kinds, order.days())?
        {
            let record = SealedRecord::parse(&bytes).map_err(|_| LoadError::Record)?;
            // Sealed before the keys or the account were made anew, or its day is erased already:
            // it opens for nobody, and so it is not held.
            if record.label().user != commitment || keys::of_record(ledger, record.label()).is_err()
            {
                continue;
            }
            record.verify().map_err(|_| LoadError::Record)?;
            records.push(bytes);
            hashes.push(hash);
        }
        if records.is_empty() {
            return Ok(None);
        }
        let snapshot = self.records.last_logged_snapshot()?;
        let snapshot = snapshot.ok_or(FlowError::NotCovered(records.len()))?;
        let entry = snapshot.entry.ok_or(FlowError::NotSetUp("vault root"))?;
        Ok(Some(Gathered {
            user,
            commitment,
            proven,
            records,
            places: VaultTree::places(&snapshot, &hashes).map_err(FlowError::NotCovered)?,
            vault: (entry, snapshot.leaves.len() as u64),
            preserved: None,
        }))
    }

    /// The records that were preserved for the request which this one continues: the same
    /// authority must ask the same about the same account. They may outlive the account.
    fn preserved_for(
        &self,
        file: &CaseFile,
        order: &Order,
        ledger: &Ledger,
    ) -> Result<Option<Gathered>, FlowError> {
        let Some(earlier) = file.filed.follows else {
            return Ok(None);
        };
        let mut kept = ledger.preservations().all();
        let kept = kept.find(|kept| kept.request == earlier && kept.released.is_none());
        let Some(kept) = kept else {
            return Ok(None);
        };
        self.desk.view(|view| {
            let Some(id) = view.case_of_entry(earlier)? else {
                return Ok(None);
            };
            let other = CaseFile::load(view, &*self.secrets, id)?;
            let Asked::Order(preservation) = &other.asked else {
                return Ok(None);
            };
            let same = other.authority_id() == file.authority_id()
                && preservation.target == order.target
                && preservation.kinds == order.kinds
                && preservation.window == order.window;
            let prepared = other.prepared(view)?.filter(|_| same);
            Ok(prepared.map(|prepared| Gathered {
                user: prepared.user(),
                commitment: prepared.commitment(),
                proven: prepared.proven,
                records: prepared.records,
                vault: prepared.vault,
                places: prepared.places,
                preserved: Some(kept.mark.index),
            }))
        })
    }

    fn keep_prepared(
        &self,
        staff: StaffId,
        file: &CaseFile,
        order: &Order,
        gathered: Gathered,
        now_s: u64,
    ) -> Result<(), FlowError> {
        let texts = file.keys.texts();
        let passphrase = match order.delivery {
            Delivery::RegisteredKey => None,
            Delivery::Passphrase => Some(self.passphrase_of(file)?),
        };
        let (recipient, to) = if let Some(passphrase) = &passphrase {
            let to = Recipient::passphrase(passphrase, file.authority_id());
            ("passphrase".to_owned(), to)
        } else {
            let key = self.registered_key(file, now_s)?;
            let to = Recipient::key(&key)?;
            (key, to)
        };
        let prepared = Prepared {
            user: gathered.user.0,
            commitment: gathered.commitment.0,
            proven: gathered.proven,
            records: gathered.records,
            vault: gathered.vault,
            places: gathered.places,
            preserved: gathered.preserved,
            recipient,
            fingerprint: to.fingerprint(),
        };
        let sealed = self.sealed(&texts, file.note(note::PREPARED), &prepared);
        let kept =
            passphrase.map(|kept| self.sealed(&texts, file.note(note::PASSPHRASE), &kept.text()));
        // The notice goes to whom the records belong to; after a preservation nobody was looked up.
        let subject = Subject::One {
            user: prepared.user,
            proven: prepared.proven,
        };
        let target = self.sealed(&texts, Place::Target(file.id), &subject);
        self.desk
            .act(&act(Some(staff), "prepare", file.id), now_s, |step| {
                step.put_sealed(&sealed)?;
                step.put_sealed(&target)?;
                if let Some(kept) = &kept {
                    step.put_sealed(kept)?;
                }
                let next = State::AwaitingApprovals.token();
                step.advance(file.id, file.version(), &next, now_s)?;
                Ok(())
            })
    }

    /// The authority's key of today: one that was replaced since the order came does not count.
    fn registered_key(&self, file: &CaseFile, now_s: u64) -> Result<String, FlowError> {
        let in_force = self.in_force(file.authority_id(), now_s)?;
        let key = in_force.and_then(|(_, details)| details.recipient);
        key.ok_or(FlowError::Delivery(
            "the registry has no key of the authority",
        ))
    }

    /// The case's passphrase, drawn when it is needed for the first time.
    fn passphrase_of(&self, file: &CaseFile) -> Result<Passphrase, FlowError> {
        let kept: Option<String> = self.desk.view(|view| {
            crate::case::read(view, &file.note(note::PASSPHRASE), &file.keys.texts())
        })?;
        let kept = kept.map(zeroize::Zeroizing::new);
        Ok(kept.map_or_else(
            || Passphrase::draw(&*self.entropy),
            |text| Passphrase::kept(&text),
        ))
    }

    /// Shows the passphrase to whoever calls the authority back, which is put on record.
    pub fn passphrase(
        &self,
        staff: StaffId,
        case: CaseId,
        now_s: u64,
    ) -> Result<Passphrase, FlowError> {
        self.desk
            .act(&act(Some(staff), "view-passphrase", case), now_s, |step| {
                let file = CaseFile::load(step, &*self.secrets, case)?;
                let text: Option<String> =
                    crate::case::read(step, &file.note(note::PASSPHRASE), &file.keys.texts())?;
                let text = text.map(zeroize::Zeroizing::new);
                let text = text.ok_or(FlowError::Delivery("the case has no passphrase"))?;
                Ok(Passphrase::kept(&text))
            })
    }
}
