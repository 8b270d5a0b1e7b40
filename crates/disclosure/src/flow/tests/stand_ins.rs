//! Stand-ins for log, keeper, custodians, people and randomness, which can be killed at any call.

use super::world::{ANNA, BERT, Lie, Outside};
use crate::custodians::{CustodianError, CustodianId, Custodians, Part};
use crate::keys;
use crate::log::{LogError, PublicLog, Trust};
use crate::order::{Target, Window};
use crate::person::{Proven, Resolved, Targets, TargetsError};
use crate::secrets::{CaseSecrets, Entropy, SecretsError};
use heliograph_desk_store::{CaseId, UserId};
use heliograph_transparency::entry::{KeyRole, Mode};
use heliograph_transparency::files::{Answer, AnswerFormat, Ask, Base64, LogUpdate};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::testing::{Scene, seed};
use heliograph_vault::partial::custodian_partial;
use heliograph_vault::record::{SealedRecord, VerifiedRecord};
use heliograph_vault::secrets::{DaySecret, RecordSecret, UserSecret, ip_secret, phone_secret};
use heliograph_vault::share::SecretShare;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Panics at one call to come, as if the process were killed there.
#[derive(Clone, Default)]
pub struct Fuse(Arc<AtomicI64>);

impl Fuse {
    /// Lets so many more calls pass.
    pub fn set(&self, calls: i64) {
        self.0.store(calls, Ordering::SeqCst);
    }

    fn burn(&self) {
        // 0 is "not set"; it counts down to 1 and blows there.
        let left = self.0.load(Ordering::SeqCst);
        if left > 0 {
            self.0.store(left - 1, Ordering::SeqCst);
            assert!(left > 1, "killed");
        }
    }
}

pub fn lock(outside: &Mutex<Outside>) -> MutexGuard<'_, Outside> {
    outside.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct TestLog {
    pub outside: Arc<Mutex<Outside>>,
    pub ledger: Ledger,
    pub fuse: Fuse,
}

impl PublicLog for TestLog {
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn append(&mut self, entry: &[u8]) -> Result<u64, LogError> {
        self.fuse.burn();
        let index = {
            let mut outside = lock(&self.outside);
            let index = outside.scene.try_push_bytes(entry.to_vec());
            let index = index.map_err(|violation| LogError::Refused(violation.to_string()))?;
            self.ledger = outside.scene.ledger.clone();
            index
        };
        self.fuse.burn();
        Ok(index)
    }

    fn find(&self, entry: &[u8], from: u64) -> Result<Option<u64>, LogError> {
        self.fuse.burn();
        let outside = lock(&self.outside);
        let later = outside.scene.entries.iter().enumerate().skip(from as usize);
        let mut found = later.filter(|(_, bytes)| *bytes == entry);
        Ok(found.next().map(|(index, _)| index as u64))
    }

    fn is_witnessed(&self, _: u64, _: u64) -> Result<bool, LogError> {
        self.fuse.burn();
        Ok(lock(&self.outside).witnessed)
    }

    fn update(&self, from: u64) -> Result<LogUpdate, LogError> {
        let outside = lock(&self.outside);
        let entries = outside.scene.entries.iter().skip(from as usize);
        Ok(LogUpdate {
            from,
            entries: entries.cloned().map(Base64).collect(),
            checkpoint: String::new(),
        })
    }

    fn proof(&self, index: u64) -> Result<String, LogError> {
        self.fuse.burn();
        Ok(format!("c2sp.org/tlog-proof@v1\nindex {index}\n"))
    }

    fn trust(&self, _: u64) -> Trust {
        Trust {
            level: "self-attested".into(),
            meaning: "Invented for a test.".into(),
        }
    }
}

pub struct TestKeeper {
    pub outside: Arc<Mutex<Outside>>,
    pub fuse: Fuse,
}

pub fn user_secret(user: UserId) -> UserSecret {
    UserSecret::new(seed(&format!("user {}", user.0)))
}

pub fn day_secret(day: u32) -> DaySecret {
    DaySecret::new(day, seed(&format!("day {day}")))
}

fn refuse<T>(what: &'static str, why: &str) -> Result<T, SecretsError> {
    let why = why.to_owned();
    Err(SecretsError { what, why })
}

impl CaseSecrets for TestKeeper {
    fn case_key(&self, case: CaseId) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        self.fuse.burn();
        Ok(Zeroizing::new(seed(&format!("case {case}"))))
    }

    fn desk_key(&self) -> Result<Zeroizing<[u8; 32]>, SecretsError> {
        self.fuse.burn();
        Ok(Zeroizing::new(seed("desk")))
    }

    fn person(&self, _: CaseId, user: UserId) -> Result<Option<UserSecret>, SecretsError> {
        self.fuse.burn();
        let deleted = lock(&self.outside).deleted.contains(&user);
        Ok((!deleted).then(|| user_secret(user)))
    }

    fn record_secrets(
        &self,
        _: CaseId,
        user: UserId,
        open: u64,
        records: &[VerifiedRecord],
    ) -> Result<Vec<RecordSecret>, SecretsError> {
        self.fuse.burn();
        let outside = lock(&self.outside);
        let Some((_, opening)) = outside.scene.ledger.cases().opening(open) else {
            return refuse("secrets", "no such opening");
        };
        let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
        if heliograph_transparency::case::records_root(&hashes) != opening.records {
            return refuse("secrets", "other records");
        }
        let kept = opening.preserved.and_then(|index| outside.kept.get(&index));
        let own = user_secret(user);
        let mut secrets = Vec::new();
        for record in records {
            let label = record.label();
            let kept = kept.is_some_and(|kept| kept.contains(&record.hash().0));
            let gone =
                outside.deleted.contains(&user) || outside.erased_days.contains(&label.epoch);
            if gone && !kept {
                return refuse("secrets", "erased");
            }
            let secret = match label.epoch {
                0 => phone_secret(&own, record),
                day => ip_secret(&own, &day_secret(day), record),
            };
            secrets.push(secret.expect("of its kind"));
        }
        Ok(secrets)
    }

    fn preserve(
        &self,
        _: CaseId,
        _: UserId,
        preserve: u64,
        records: &[VerifiedRecord],
    ) -> Result<(), SecretsError> {
        self.fuse.burn();
        let hashes = records.iter().map(|record| record.hash().0).collect();
        lock(&self.outside).kept.insert(preserve, hashes);
        Ok(())
    }

    fn extend(&self, extend: u64) -> Result<(), SecretsError> {
        self.fuse.burn();
        lock(&self.outside).extended.insert(extend);
        Ok(())
    }

    fn release(&self, preserve: u64) -> Result<(), SecretsError> {
        self.fuse.burn();
        lock(&self.outside).kept.remove(&preserve);
        Ok(())
    }
}

pub struct TestCustodians {
    pub outside: Arc<Mutex<Outside>>,
    pub fuse: Fuse,
}

/// A holder's share of the key that a record is sealed to, which custodians of this mode made.
fn share(scene: &Scene, mode: Mode, epoch: u32, index: u16) -> Option<SecretShare> {
    let role = if epoch == 0 {
        KeyRole::PhoneCustodians
    } else {
        KeyRole::IpCustodians
    };
    let mut shares = scene.shares_of(mode, role, epoch).into_iter();
    shares.find(|share| share.index() == index)
}

/// The number under which the scene knows a custodian.
fn index_of(scene: &Scene, custodian: CustodianId) -> u16 {
    let mut known = scene.custodians.iter();
    let own = known.find(|(_, key)| key.verifying_key().to_bytes() == custodian.0);
    *own.expect("one of the log's").0
}

impl Custodians for TestCustodians {
    fn ask(&self, asks: &[(CustodianId, Ask)]) -> Vec<Result<Answer, CustodianError>> {
        self.fuse.burn();
        let answers = asks.iter().map(|(custodian, ask)| {
            let ask = Ask::parse(&ask.to_bytes()).expect("a well formed ask");
            self.answer(*custodian, &ask)
        });
        let answers = answers.collect();
        self.fuse.burn();
        answers
    }

    fn preserve(
        &self,
        _: u64,
        records: &[Vec<u8>],
        parts: &[Part],
    ) -> Vec<Result<(), CustodianError>> {
        self.fuse.burn();
        let outside = lock(&self.outside);
        let answer = |part: &Part| {
            let named = part
                .positions
                .iter()
                .max()
                .expect("nobody asked for nothing");
            assert!((*named as usize) < records.len());
            let index = index_of(&outside.scene, part.custodian);
            if outside.absent.contains(&index) {
                Err(unreachable(index))
            } else {
                Ok(())
            }
        };
        parts.iter().map(answer).collect()
    }
}

fn unreachable(index: u16) -> CustodianError {
    CustodianError {
        custodian: format!("custodian-{index}"),
        why: "not reachable".to_owned(),
    }
}

impl TestCustodians {
    /// What one custodian answers, in honesty or not.
    fn answer(&self, custodian: CustodianId, ask: &Ask) -> Result<Answer, CustodianError> {
        let mut outside = lock(&self.outside);
        let ledger = outside.scene.ledger.clone();
        let (_, opening) = ledger
            .cases()
            .opening(ask.open)
            .expect("logged before it is asked");
        let opening = opening.clone();
        let records = ask.records.iter().map(|bytes| {
            let record = SealedRecord::parse(&bytes.0).expect("a record");
            record.verify().expect("its proof holds")
        });
        let records: Vec<VerifiedRecord> = records.collect();
        let hashes: Vec<[u8; 32]> = records.iter().map(|record| record.hash().0).collect();
        assert_eq!(
            heliograph_transparency::case::records_root(&hashes),
            opening.records
        );
        let index = index_of(&outside.scene, custodian);
        if outside.absent.contains(&index) {
            return Err(unreachable(index));
        }
        let lie = outside.lying.filter(|(liar, _)| *liar == index);
        let lie = lie.map(|(_, lie)| lie);
        let context = match lie {
            Some(Lie::OtherOpening) => [0; 32],
            _ => opening.hash.0,
        };
        let holder = match lie {
            Some(Lie::Copied) => index % 3 + 1,
            _ => index,
        };
        let mut positions = ask.positions.clone();
        let mut partials = Vec::new();
        for position in &positions {
            let record = &records[*position as usize];
            let gate = keys::gate_of_record(&ledger, record.label()).expect("logged keys");
            let mode = gate.mode.expect("of custodians");
            let keys = keys::of_record(&ledger, record.label()).expect("logged keys");
            let share = share(&outside.scene, mode, record.label().epoch, holder);
            let share = share.expect("asked for its own records only");
            let partial = custodian_partial(&share, record, &keys, context, &[1; 32]);
            partials.push(Base64(partial.expect("a holder").to_bytes().to_vec()));
            outside
                .answered
                .entry(ask.open)
                .or_default()
                .insert(record.hash().0);
        }
        match lie {
            Some(Lie::Short) => drop(partials.pop()),
            Some(Lie::Long) => partials.push(partials[0].clone()),
            Some(Lie::Swapped) => partials.swap(0, 1),
            Some(Lie::OtherRecords) => positions[0] += 1,
            _ => (),
        }
        Ok(Answer {
            format: AnswerFormat::V1,
            positions,
            partials,
        })
    }
}

pub struct TestTargets {
    pub outside: Arc<Mutex<Outside>>,
    pub fuse: Fuse,
}

impl Targets for TestTargets {
    fn resolve(&self, _: CaseId, target: &Target, _: Window) -> Result<Resolved, TargetsError> {
        self.fuse.burn();
        let mut outside = lock(&self.outside);
        outside.look_ups += 1;
        let one = |user| Resolved::One {
            user,
            proven: Proven::Sms,
        };
        let found = match target.subject().as_str() {
            "username seller" | "account 1001" => one(ANNA),
            "account 1002" => one(BERT),
            "username handed_on" => Resolved::Ambiguous,
            _ => Resolved::Nobody,
        };
        Ok(match found {
            Resolved::One { user, .. } if outside.deleted.contains(&user) => Resolved::Nobody,
            found => found,
        })
    }
}

pub struct TestEntropy {
    pub counter: Arc<AtomicU64>,
    pub fuse: Fuse,
}

impl Entropy for TestEntropy {
    fn fill(&self, out: &mut [u8]) {
        self.fuse.burn();
        for chunk in out.chunks_mut(32) {
            let count = self.counter.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&seed(&format!("entropy {count}"))[..chunk.len()]);
        }
    }
}
