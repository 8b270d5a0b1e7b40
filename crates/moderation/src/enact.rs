//! Carrying out what the log holds: measures, the owner's statement, reporters' counts.

use crate::cases;
use crate::decisions::{self, Decided, Progress};
use crate::precedents;
use crate::reports;
use crate::statement;
use crate::subject::Subject;
use crate::verdict::FROZEN_S;
use crate::{appeals, erasure, search_terms, second_look, terms};
use heliograph_domain::{measures, services};
use heliograph_model::{Freeze, Measure, Measures, Reach, Restriction, Warning};
use heliograph_store::{Command, Locks, StoreError, Tx};
use heliograph_transparency::entry::Act;

/// How many reporters of one case have their counts changed: the rest of a flood tells nothing.
const REPORTERS_MAX: usize = 500;

/// Carries out a decision whose entry is in the log. Safe to run twice.
#[derive(Clone, Debug)]
pub struct Enact {
    /// The decision, as it waited.
    pub decided: Decided,
    /// Its number in the log.
    pub number: u64,
    /// The index of its entry.
    pub index: u64,
}

impl Command for Enact {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "enact";

    fn locks(&self) -> Locks {
        // The owner is told in their own mailbox.
        Locks::of(self.decided.owner)
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let found = decisions::find(tx.rows(), self.decided.id).await?;
        let waits = found.filter(|decided| decided.state == Progress::Waiting);
        let Some(mut decided) = waits else {
            return Ok(());
        };
        decided.state = Progress::Done {
            number: self.number,
            index: self.index,
        };
        decisions::put(tx, &decided)?;
        self.put_measures(tx, &decided).await?;
        let earlier = self.settle_earlier(tx, &decided).await?;
        precedents::note(tx, &decided, earlier.as_ref()).await?;
        count_reporters(tx, &decided, earlier.as_ref()).await?;
        if erasure::is_erased_later(&decided) {
            decisions::note_removed(tx, decided.id)?;
        }
        if second_look::is_sampled(&decided, self.number) {
            second_look::begin(tx, &decided, self.number).await?;
        }
        if let Some(owner) = decided.owner
            && is_told(&decided)
        {
            let text = statement::letter(&decided, self.number);
            services::tell(tx, owner, text).await?;
        }
        Ok(())
    }
}

impl Enact {
    /// Puts the measure on the subject, and takes away what it settles.
    async fn put_measures(&self, tx: &mut Tx<'_>, decided: &Decided) -> Result<(), StoreError> {
        let now = tx.now();
        let change = |on_it: &mut Measures| {
            if let Some(settled) = decided.settles
                && decided.verdict.act != Act::Uphold
            {
                on_it.lift(settled, now);
            }
            add(on_it, decided, self.number);
        };
        if let Subject::Term(term) = &decided.subject {
            return search_terms::change(tx, term, change).await;
        }
        let Some((owner, post)) = decided.subject.place() else {
            return Ok(());
        };
        let mut on_it = decisions::measures_of(tx.rows(), &decided.subject).await?;
        change(&mut on_it);
        measures::put(tx, owner, post, on_it).await
    }

    /// Notes on the earlier decision that this one settles it.
    async fn settle_earlier(
        &self,
        tx: &mut Tx<'_>,
        decided: &Decided,
    ) -> Result<Option<Decided>, StoreError> {
        let Some(number) = decided.settles else {
            return Ok(None);
        };
        let Some(mut earlier) = decisions::by_number(tx.rows(), number).await? else {
            return Ok(None);
        };
        if decided.verdict.act != Act::Uphold {
            earlier.settled = Some(self.number);
            decisions::put(tx, &earlier)?;
        }
        appeals::end(tx, number).await?;
        Ok(Some(earlier))
    }
}

/// Adds what a decision does.
fn add(on_it: &mut Measures, decided: &Decided, number: u64) {
    let verdict = &decided.verdict;
    let until = verdict.until;
    let reach = |what| Measure {
        decision: number,
        until,
        what,
    };
    let restriction = || Measure {
        decision: number,
        until,
        what: Restriction {
            platform: "all".into(),
            reason: "terms".into(),
            text: shown_instead(decided, number),
            territory: verdict.territory.clone(),
        },
    };
    let warning = |what| Measure {
        decision: number,
        until,
        what,
    };
    match verdict.act {
        Act::Nothing | Act::Undo | Act::Uphold => {}
        Act::Demote => on_it.reach.push(reach(Reach::Demoted)),
        Act::Hold => on_it.reach.push(reach(Reach::Held)),
        Act::Delist => {
            let delisted = Reach::Delisted(verdict.territory.clone());
            on_it.reach.push(reach(delisted));
        }
        Act::Block => on_it.reach.push(reach(Reach::Blocked)),
        Act::WarnScam => on_it.warnings.push(warning(Warning::Scam)),
        Act::WarnFake => on_it.warnings.push(warning(Warning::Fake)),
        Act::Restrict => on_it.restrictions.push(restriction()),
        Act::Remove => {
            on_it.reach.push(reach(Reach::Blocked));
            on_it.restrictions.push(restriction());
        }
        Act::Limit => on_it.limited.push(Measure {
            decision: number,
            until,
            what: (),
        }),
        Act::Freeze => on_it.frozen.push(Measure {
            decision: number,
            until,
            what: Freeze {
                since: decided.at,
                delete_at: decided.at.plus_seconds(FROZEN_S),
            },
        }),
    }
}

/// What clients show in place of what is restricted.
fn shown_instead(decided: &Decided, number: u64) -> String {
    let title = terms::version(decided.terms)
        .and_then(|terms| terms.clause(&decided.verdict.clause))
        .map_or("the terms", |clause| clause.title);
    format!("This can't be displayed, because it broke the terms ({title}). Decision {number}.")
}

/// Whether the owner is told at once: of everything that changes something for them, except where a
/// child or a life is in danger. Then they are told when it is taken back, or by [`TellOwner`].
fn is_told(decided: &Decided) -> bool {
    let act = decided.verdict.act;
    act != Act::Nothing && (act == Act::Undo || !decided.is_delicate())
}

/// Tells the owner of a decision about a child or a life, once a person finds that it warns nobody
/// any more. From then on it can be contested.
#[derive(Clone, Debug)]
pub struct TellOwner {
    /// The decision, as it was shown.
    pub decided: Decided,
}

impl Command for TellOwner {
    /// Whether they were told; they are told once.
    type Output = bool;
    type Error = StoreError;
    const NAME: &'static str = "tell_owner";

    fn locks(&self) -> Locks {
        Locks::of(self.decided.owner)
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let found = decisions::find(tx.rows(), self.decided.id).await?;
        let untold = found.filter(|decided| decided.told_at().is_none());
        let Some(mut decided) = untold else {
            return Ok(false);
        };
        let (Some(owner), Some(number)) = (self.decided.owner, decided.number()) else {
            return Ok(false);
        };
        decided.told = Some(tx.now());
        decisions::put(tx, &decided)?;
        let text = statement::letter(&decided, number);
        services::tell(tx, owner, text).await?;
        Ok(true)
    }
}

/// Counts who was right. A decision that is undone makes wrong what was right.
async fn count_reporters(
    tx: &mut Tx<'_>,
    decided: &Decided,
    earlier: Option<&Decided>,
) -> Result<(), StoreError> {
    let act = decided.verdict.act;
    if act == Act::Undo {
        let of_people = earlier.filter(|earlier| !earlier.is_by_machine());
        if let Some(case) = of_people.and_then(|earlier| earlier.case) {
            return reports::unsettle(tx, case, REPORTERS_MAX).await;
        }
    }
    let Some(case) = decided.case else {
        return Ok(());
    };
    if decided.is_by_machine() || act == Act::Uphold {
        return Ok(());
    }
    reports::settle(tx, case, act.is_measure(), REPORTERS_MAX).await
}

/// Notes that the log refused a decision; its case is looked at again.
#[derive(Clone, Debug)]
pub struct Refuse {
    /// The decision's number in this installation's own count.
    pub id: u64,
    /// What the log says.
    pub why: String,
}

impl Command for Refuse {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "refuse_decision";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Some(mut decided) = decisions::find(tx.rows(), self.id).await? else {
            return Ok(());
        };
        if decided.state != Progress::Waiting {
            return Ok(());
        }
        decided.state = Progress::Refused(self.why);
        decisions::put(tx, &decided)?;
        match decided.case {
            Some(case) if !decided.is_by_machine() => cases::reopen(tx, case).await,
            _ => Ok(()),
        }
    }
}

/// What is told of a subject in a letter.
pub(crate) fn name_of(subject: &Subject) -> String {
    match subject {
        Subject::User(_) => "your account".into(),
        Subject::Channel(_) => "your channel or group".into(),
        Subject::Post(_, post) => format!("message {} in your channel or group", post.0),
        Subject::Term(term) => format!("the search term {term:?}"),
    }
}
