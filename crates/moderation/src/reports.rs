//! Reports: one for each reporter and subject, weighed by how often the reporter was right.

use crate::cases::{self, Case, Excerpt, Origin};
use crate::reasons::{Reason, Urgency};
use crate::subject::Subject;
use heliograph_domain::accounts;
use heliograph_model::{Owner, UnixMs, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};

/// Accounts younger than this weigh a quarter: brigades are made of new ones.
const NEW_ACCOUNT_S: i64 = 7 * 86_400;

/// What the first notice without an account weighs, in hundredths: as much as a reporter of whom
/// nothing is known.
const NOTICE_WEIGHT: u32 = 50;

/// The longest comment, in characters.
pub const COMMENT_CHARS_MAX: usize = 1_000;

/// Somebody's report.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Report {
    /// The word of the reason.
    #[n(0)]
    pub reason: String,
    /// What they say about it.
    #[n(1)]
    pub comment: String,
    /// When.
    #[n(2)]
    pub at: UnixMs,
    /// What it weighs, in hundredths.
    #[n(3)]
    pub weight: u32,
}

/// By case and reporter.
type ReportKey = (u64, UserId);

row!(Report, Table::Report, key: ReportKey);

/// How often somebody's reports were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Reporter {
    /// Something was done about what they reported.
    #[n(0)]
    pub right: u32,
    /// Nothing was wrong with it.
    #[n(1)]
    pub wrong: u32,
}

row!(Reporter, Table::Reporter, key: ());

impl Reporter {
    /// How likely the next report is right, in hundredths: one right and one wrong report are
    /// assumed of everybody.
    pub fn weight(self) -> u32 {
        let right = u64::from(self.right) + 1;
        let all = u64::from(self.right) + u64::from(self.wrong) + 2;
        u32::try_from(right * 100 / all).unwrap_or(0).max(1)
    }
}

/// How often somebody's reports were right.
pub async fn reporter(rows: &mut dyn Rows, user: UserId) -> Result<Reporter, StoreError> {
    rows.find_or_default(user.into(), &()).await
}

/// The reports of a case, at most `limit`.
pub async fn of_case(
    rows: &mut dyn Rows,
    case: u64,
    limit: usize,
) -> Result<Vec<(UserId, Report)>, StoreError> {
    let range = KeyRange::within(&case);
    let reports = rows
        .list::<Report>(Owner::INSTALLATION, range, Order::Ascending, limit)
        .await?;
    let reports = reports.into_iter();
    Ok(reports.map(|((_, user), report)| (user, report)).collect())
}

/// Reports a subject.
#[derive(Clone)]
pub struct FileReport {
    /// Who; `None` for a notice from the web, whose sender is known to the desk alone.
    pub by: Option<UserId>,
    /// What.
    pub subject: Subject,
    /// Why.
    pub reason: &'static Reason,
    /// In their words.
    pub comment: String,
    /// Messages that they hand over.
    pub excerpts: Vec<Excerpt>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a report led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    /// The case.
    pub case: u64,
    /// It is hidden until a person has looked at it, because a child or a life is in danger.
    pub hide_at_once: bool,
}

impl Command for FileReport {
    type Output = Filed;
    type Error = StoreError;
    const NAME: &'static str = "file_report";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Filed, StoreError> {
        let found = cases::open_about(tx.rows(), &self.subject).await?;
        let mut case = match found {
            Some(case) => case,
            None => cases::begin(tx, self.subject.clone(), self.origin, self.reason).await?,
        };
        let was_urgent = case.reports > 0 && case.reason().urgency == Urgency::Now;
        self.count(tx, &mut case).await?;
        if self.reason.urgency < case.reason().urgency {
            self.reason.word.clone_into(&mut case.reason);
        }
        case.add_excerpts(self.excerpts);
        if self.by.is_none() && case.statement.is_empty() {
            case.statement = self.comment;
        }
        cases::put(tx, &mut case)?;
        Ok(Filed {
            case: case.number,
            hide_at_once: case.reason().urgency == Urgency::Now && !was_urgent,
        })
    }
}

impl FileReport {
    /// Counts the report, once for each reporter.
    async fn count(&self, tx: &mut Tx<'_>, case: &mut Case) -> Result<(), StoreError> {
        let Some(by) = self.by else {
            case.reports += 1;
            // Nobody knows how many people they are: each further one says less than the one before.
            let weight = NOTICE_WEIGHT / case.reports;
            case.weight = case.weight.saturating_add(weight);
            return Ok(());
        };
        let key = (case.number, by);
        let before: Option<Report> = tx.find(Owner::INSTALLATION, &key).await?;
        let weight = match &before {
            Some(report) => report.weight,
            None => weight(tx, by).await?,
        };
        if before.is_none() {
            case.reports += 1;
            case.weight = case.weight.saturating_add(weight);
        }
        let report = Report {
            reason: self.reason.word.to_owned(),
            comment: self.comment.clone(),
            at: tx.now(),
            weight,
        };
        tx.put(Owner::INSTALLATION, &key, &report)
    }
}

async fn weight(tx: &mut Tx<'_>, by: UserId) -> Result<u32, StoreError> {
    let account = accounts::find(tx.rows(), by).await?;
    let young = tx.now().plus_seconds(-NEW_ACCOUNT_S);
    let is_new = account.is_none_or(|account| account.person.created > young);
    let full = reporter(tx.rows(), by).await?.weight();
    Ok(if is_new { full.div_ceil(4) } else { full })
}

/// Counts, for everybody who reported a case, whether they were right; the report itself goes with
/// the case. At most `limit` of them are counted.
pub(crate) async fn settle(
    tx: &mut Tx<'_>,
    case: u64,
    right: bool,
    limit: usize,
) -> Result<(), StoreError> {
    for (user, _) in of_case(tx.rows(), case, limit).await? {
        let mut counts = reporter(tx.rows(), user).await?;
        if right {
            counts.right += 1;
        } else {
            counts.wrong += 1;
        }
        tx.put(user.into(), &(), &counts)?;
    }
    Ok(())
}

/// Removes reports of a case, at most `limit`; answers with how many.
pub(crate) async fn forget(tx: &mut Tx<'_>, case: u64, limit: usize) -> Result<usize, StoreError> {
    let found = of_case(tx.rows(), case, limit).await?;
    for (user, _) in &found {
        tx.delete::<Report>(Owner::INSTALLATION, &(case, *user))?;
    }
    Ok(found.len())
}

/// Takes back what [`settle`] counted, because the decision was undone.
pub(crate) async fn unsettle(tx: &mut Tx<'_>, case: u64, limit: usize) -> Result<(), StoreError> {
    for (user, _) in of_case(tx.rows(), case, limit).await? {
        let mut counts = reporter(tx.rows(), user).await?;
        counts.right = counts.right.saturating_sub(1);
        counts.wrong += 1;
        tx.put(user.into(), &(), &counts)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_often_wrong_weighs_less() {
        let weight = |right, wrong| Reporter { right, wrong }.weight();
        assert_eq!(weight(0, 0), 50);
        assert!(weight(8, 0) >= 90);
        assert!(weight(0, 8) <= 10);
        assert!(weight(0, u32::MAX) >= 1);
    }
}
