//! No call takes more than one account.

use heliograph_desk_store::{
    CaseId, DeskError, Kinds, SealedRecords, StaffId, StoredRecord, UserId,
};
use heliograph_disclosure::flow::{FlowError, Office, Preparation};
use heliograph_disclosure::order::{Target, Window};
use heliograph_disclosure::person::{Resolved, TargetsError};
use heliograph_disclosure::secrets::{CaseSecrets, SecretsError};
use heliograph_disclosure::{Targets, flow};
use heliograph_vault::record::VerifiedRecord;
use heliograph_vault::secrets::{RecordSecret, UserSecret};
use std::ops::RangeInclusive;

type Found = Result<Vec<StoredRecord>, DeskError>;
type Person = Result<Option<UserSecret>, SecretsError>;
type Secrets = Result<Vec<RecordSecret>, SecretsError>;

/// The type of every call between an order and a person's records, written out: a call that took
/// a list of accounts would not fit its line. So this fails by not compiling.
#[test]
fn no_call_takes_or_finds_more_than_one_account() {
    let _: fn(&dyn Targets, CaseId, &Target, Window) -> Result<Resolved, TargetsError> =
        |targets, case, target, window| targets.resolve(case, target, window);
    let _: fn(Resolved) -> Option<UserId> = |found| match found {
        Resolved::One { user, proven: _ } => Some(user),
        Resolved::Nobody | Resolved::Ambiguous => None,
    };
    let _: fn(&dyn CaseSecrets, CaseId, UserId) -> Person =
        |secrets, case, user| secrets.person(case, user);
    let _: fn(&SealedRecords, UserId, Kinds, RangeInclusive<u32>) -> Found =
        |records, user, kinds, days| records.records_of(user, kinds, days);
    let _: fn(&dyn CaseSecrets, CaseId, UserId, u64, &[VerifiedRecord]) -> Secrets =
        |secrets, case, user, open, records| secrets.record_secrets(case, user, open, records);
    let _: fn(&Office, StaffId, CaseId, u64) -> Result<Preparation, FlowError> =
        |office, staff, case, now_s| office.prepare(staff, case, now_s);
    let _: fn(&Office, CaseId, u64) -> Result<flow::Progress, FlowError> =
        |office, case, now_s| office.advance(case, now_s);
}
