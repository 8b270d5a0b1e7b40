//! The machine's side of a decision: what it found is hidden for a while, and a case tells people
//! to look.
//!
//! It acts once on a text. Whatever came of that stands: a person's word, or the end after 72 hours.

use crate::cases::{self, Origin};
use crate::decisions::{self, DecideError, Hide, Progress, Verdict};
use crate::opinion::{Opinion, text_hash};
use crate::precedents::Precedent;
use crate::reasons::{self, Reason};
use crate::subject::{Subject, known};
use heliograph_model::{FileId, Measures, Owner, Reach, Territory, UnixMs};
use heliograph_store::{Command, Locks, Rows, StoreError, Table, Tx, row};
use heliograph_transparency::entry::Act;
use minicbor::{Decode, Encode};

/// What was decided about: which text of a subject, by a machine or a person, or which pictures. A
/// machine does not act on the same again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ActedOn {
    /// SHA-256 of the text, or of what the pictures are called.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub text: [u8; 32],
    /// The decision, in this installation's own count.
    #[n(1)]
    pub decided: u64,
}

row!(ActedOn, Table::CaseOrder, key: String);

impl ActedOn {
    /// Notes that a machine or a person has decided about this text of a subject.
    pub(crate) fn note(self, tx: &mut Tx<'_>, subject: &Subject) -> Result<(), StoreError> {
        tx.put(Owner::INSTALLATION, &key(subject, Sign::Text), &self)
    }
}

/// What a machine goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// What it says.
    Text,
    /// A picture in it.
    Picture,
}

fn key(subject: &Subject, sign: Sign) -> String {
    let kind = match sign {
        Sign::Text => "text",
        Sign::Picture => "picture",
    };
    format!("machine/{kind}/{subject}")
}

/// What of a subject was decided about last.
pub async fn acted_on(
    rows: &mut dyn Rows,
    subject: &Subject,
    sign: Sign,
) -> Result<Option<ActedOn>, StoreError> {
    rows.find(Owner::INSTALLATION, &key(subject, sign)).await
}

/// Hides what a machine found, and opens a case about it or joins the open one.
#[derive(Clone, Debug)]
pub struct KeepBack {
    /// What.
    pub subject: Subject,
    /// What the machine goes by.
    pub sign: Sign,
    /// SHA-256 of its text, or of what its pictures are called.
    pub text: [u8; 32],
    /// How: demote, hold or delist.
    pub act: Act,
    /// Why.
    pub reason: &'static Reason,
    /// The facts, as the owner reads them.
    pub facts: String,
    /// How sure the machine is, in hundredths: where the case stands among those of reporters.
    pub weight: u32,
    /// The decision of people, by its own number, about a text that is nearly the same: what
    /// resembles it shares one case.
    pub like: Option<u64>,
    /// 32 random bytes that hide the subject in the log.
    pub salt: [u8; 32],
}

impl KeepBack {
    /// What follows from an opinion; nothing from most.
    pub fn of(opinion: &Opinion, salt: [u8; 32]) -> Option<Self> {
        let likeliest = opinion.judged.probabilities.into_iter();
        let likeliest = likeliest.fold(0.0, f64::max);
        Some(KeepBack {
            subject: opinion.subject.clone(),
            sign: Sign::Text,
            text: opinion.text,
            act: opinion.act?,
            reason: opinion.reason(),
            facts: opinion.facts(),
            weight: (likeliest * 100.0) as u32,
            like: None,
            salt,
        })
    }

    /// What follows for a text that is nearly the same as one about which people have decided
    /// (`precedent`, by that decision's own number); nothing where they found that all was well.
    pub fn like(
        subject: Subject,
        text: [u8; 32],
        (decided, precedent): (u64, &Precedent),
        salt: [u8; 32],
    ) -> Option<Self> {
        let reason = reasons::of_clause(precedent.broke.as_deref()?);
        let facts = "A program found it to be nearly the same as a public text about which a \
                     moderator has decided.";
        Some(KeepBack {
            subject,
            sign: Sign::Text,
            text,
            act: Act::Hold,
            reason,
            facts: facts.into(),
            weight: 100,
            like: Some(decided),
            salt,
        })
    }

    /// What follows for something with a picture that is in a list of the operator's: a post, or a
    /// peer with a face. `photos` are all that it shows.
    pub fn picture(
        subject: Subject,
        photos: &[FileId],
        reason: &'static Reason,
        salt: [u8; 32],
    ) -> Self {
        let facts = "A program found that a picture in it is in a list of pictures that are not to be \
                     published here.";
        let names: Vec<String> = photos.iter().map(|file| file.0.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        KeepBack {
            subject,
            sign: Sign::Picture,
            text: text_hash(&names),
            act: Act::Hold,
            reason,
            facts: facts.into(),
            weight: 100,
            like: None,
            salt,
        }
    }
}

impl Command for KeepBack {
    /// The decision that waits for the log, in this installation's own count; `None` where nothing
    /// is to be done: it is hidden already, was looked at before, is gone, or the staff's.
    type Output = Option<u64>;
    type Error = DecideError;
    const NAME: &'static str = "keep_back";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<u64>, DecideError> {
        if let Some(before) = acted_on(tx.rows(), &self.subject, self.sign).await?
            && before.text == self.text
        {
            let decided = decisions::find(tx.rows(), before.decided).await?;
            let waits = decided.is_some_and(|decided| decided.state == Progress::Waiting);
            return Ok(waits.then_some(before.decided));
        }
        let now = tx.now();
        let found = known(tx.rows(), &self.subject).await?;
        if found.is_none_or(|found| !found.public || found.staff)
            || is_hidden(tx.rows(), &self.subject, self.act, now).await?
        {
            return Ok(None);
        }
        let case = self.case(tx).await?;
        let hide = Hide {
            subject: self.subject.clone(),
            verdict: Verdict {
                act: self.act,
                territory: Territory::World,
                until: None,
                clause: self.reason.clause.to_owned(),
                category: self.reason.category,
                facts: self.facts,
            },
            found_by_machine: true,
            case: Some(case),
            salt: self.salt,
        };
        let Some(decided) = hide.apply(tx).await? else {
            return Ok(None);
        };
        let acted = ActedOn {
            text: self.text,
            decided,
        };
        tx.put(Owner::INSTALLATION, &key(&self.subject, self.sign), &acted)?;
        Ok(Some(decided))
    }
}

impl KeepBack {
    /// The number of the case in which a person will look: the open one about the subject, the one of
    /// its campaign, or a new one.
    async fn case(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        if let Some(case) = cases::open_about(tx.rows(), &self.subject).await? {
            return Ok(case.number);
        }
        if let Some(precedent) = self.like
            && let Some(mut case) = cases::open_like(tx.rows(), precedent).await?
        {
            case.alike.push(self.subject.clone());
            cases::put(tx, &mut case)?;
            return Ok(case.number);
        }
        let subject = self.subject.clone();
        let mut case = cases::begin(tx, subject, Origin::Machine, self.reason).await?;
        case.weight = self.weight;
        cases::put(tx, &mut case)?;
        if let Some(precedent) = self.like {
            cases::gather(tx, precedent, case.number)?;
        }
        Ok(case.number)
    }
}

/// Whether everybody's search shows it no more than `act` would let it, by itself or because of the
/// channel that it stands in.
async fn is_hidden(
    rows: &mut dyn Rows,
    subject: &Subject,
    act: Act,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let wanted = match act {
        Act::Demote => Reach::Demoted,
        _ => Reach::Held,
    };
    let hidden = |measures: Measures| {
        let reach = measures.reach(None, now);
        reach.is_some_and(|reach| *reach >= wanted)
    };
    if hidden(decisions::measures_of(rows, subject).await?) {
        return Ok(true);
    }
    match subject {
        Subject::Post(channel, _) => {
            let of_channel = decisions::measures_of(rows, &Subject::Channel(*channel)).await?;
            Ok(hidden(of_channel))
        }
        _ => Ok(false),
    }
}
