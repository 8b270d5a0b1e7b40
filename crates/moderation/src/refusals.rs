//! What is not let in at all: public texts that are nearly the same as one that a moderator has said
//! is to be refused, and pictures of lists that the operator has marked so.
//!
//! A classifier never refuses; it holds. A refusal is told to its author with the rule (for a bot, to
//! whoever runs it), and an author who contests it hands the refused text over to a moderator, who
//! lets it through or leaves it.

use crate::appeals::{AppealError, OPEN_DAYS, TEXT_CHARS_MAX};
use crate::cases::{self, CaseError, Ended, Excerpt, Origin};
use crate::decisions::{self, ADMITTED, Decided, PRECEDENT, REFUSED};
use crate::opinion::text_hash;
use crate::precedents::{self, Precedent};
use crate::publication;
use crate::reasons::{self, Urgency};
use crate::subject::Subject;
use heliograph_classifier::simhash::Fingerprint;
use heliograph_domain::services;
use heliograph_model::{ChannelId, MessageId, Owner, UnixMs, UserId};
use heliograph_store::{Command, KeyRange, Locks, Order, Rows, StoreError, Table, Tx, row};
use minicbor::{Decode, Encode};
use thiserror::Error;

/// How long a campaign is refused, in days; then it is held again, unless somebody says so anew.
pub const REFUSED_DAYS: i64 = 183;

/// How many refusals of one author are kept, and how many of them they are told of in a day.
const KEPT: usize = 10;

/// The longest part of a refused text in one excerpt, in characters.
const EXCERPT_CHARS: usize = 1_000;

/// Which rule refuses something.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Rule {
    /// The clause of the terms.
    #[n(0)]
    pub clause: String,
    /// Who made it.
    #[n(1)]
    pub made_by: MadeBy,
}

/// What a rule goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum MadeBy {
    /// A decision of moderators about a text, by its own number.
    #[n(0)]
    Decision(#[n(0)] u64),
    /// A list of the operator's, by its name.
    #[n(1)]
    List(#[n(0)] String),
}

/// What was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum What {
    /// A post.
    #[n(0)]
    Post,
    /// The name, title or description of a channel or group.
    #[n(1)]
    Face,
}

/// How far a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Stage {
    /// Nobody contests it.
    #[n(0)]
    Told,
    /// Somebody looks at it.
    #[n(1)]
    Contested,
    /// Somebody has looked.
    #[n(2)]
    Looked,
}

/// Something that was refused. Kept for its author, so that they can contest it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Refusal {
    /// When.
    #[n(0)]
    pub at: UnixMs,
    /// Where it was to stand.
    #[n(1)]
    pub channel: ChannelId,
    /// What it was.
    #[n(2)]
    pub what: What,
    /// Its text.
    #[n(3)]
    pub text: String,
    /// The PDQ hash of the picture that was in a list.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub picture: Option<Vec<u8>>,
    /// Why.
    #[n(5)]
    pub rule: Rule,
    /// How far it is.
    #[n(6)]
    pub stage: Stage,
}

// By its number, under its author.
row!(Refusal, Table::Appeal, key: u64);

/// How many refusals the log has not counted yet.
#[derive(Clone, Copy, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
struct Uncounted(#[n(0)] u64);

row!(Uncounted, Table::Decision, key: (u8, u64));

/// A picture of a list that somebody has let through.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(transparent)]
struct Admitted(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

row!(Admitted, Table::Decision, key: (u8, u64));

const UNCOUNTED: (u8, u64) = (REFUSED, 0);

/// Marks what is nearly the same as the text of a decision to be refused from now on, or no longer.
#[derive(Clone, Copy, Debug)]
pub struct RefuseAlike {
    /// The decision, by its own number.
    pub decided: u64,
    /// Until when; `None` for no longer.
    pub until: Option<UnixMs>,
}

/// Why a text cannot be refused.
#[derive(Debug, Error)]
pub enum RefuseError {
    /// No public text was hidden by it.
    #[error(
        "only what is nearly the same as a longer public text that was hidden everywhere, as spam or \
         fraud, can be refused"
    )]
    NoText,
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether what is nearly the same as the text of this precedent can be refused.
pub fn can_be_refused(precedent: &Precedent) -> bool {
    precedent.hidden && precedent.broke.is_some() && precedent.fingerprint.is_some()
}

impl Command for RefuseAlike {
    type Output = Precedent;
    type Error = RefuseError;
    const NAME: &'static str = "refuse_alike";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Precedent, RefuseError> {
        let found = precedents::find(tx.rows(), self.decided).await?;
        let found = found.filter(can_be_refused);
        let mut precedent = found.ok_or(RefuseError::NoText)?;
        precedent.refused_until = self.until;
        tx.put(Owner::INSTALLATION, &(PRECEDENT, self.decided), &precedent)?;
        Ok(precedent)
    }
}

/// The PDQ hashes of pictures that somebody has let through.
pub async fn admitted(rows: &mut dyn Rows) -> Result<Vec<Vec<u8>>, StoreError> {
    let listed = rows
        .list::<Admitted>(
            Owner::INSTALLATION,
            KeyRange::within(&ADMITTED),
            Order::Ascending,
            usize::MAX,
        )
        .await?;
    Ok(listed.into_iter().map(|(_, Admitted(hash))| hash).collect())
}

/// The newest refusals of an author with their numbers, newest first.
pub async fn of_author(
    rows: &mut dyn Rows,
    author: UserId,
) -> Result<Vec<(u64, Refusal)>, StoreError> {
    rows.list::<Refusal>(author.into(), KeyRange::all(), Order::Descending, KEPT)
        .await
}

/// Notes that something was refused, and tells its author why. The same text is told of once.
#[derive(Clone)]
pub struct NoteRefusal {
    /// Whose it is: for what a bot wrote, whoever runs the bot, for it cannot contest anything.
    pub author: UserId,
    /// A bot of theirs wrote it.
    pub by_bot: bool,
    /// Where it was to stand.
    pub channel: ChannelId,
    /// What it was.
    pub what: What,
    /// Its text.
    pub text: String,
    /// The PDQ hash of the picture that was in a list.
    pub picture: Option<Vec<u8>>,
    /// Why.
    pub rule: Rule,
}

impl Command for NoteRefusal {
    /// Its number.
    type Output = u64;
    type Error = StoreError;
    const NAME: &'static str = "note_refusal";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.author)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let now = tx.now();
        let kept = of_author(tx.rows(), self.author).await?;
        let same = |one: &Refusal| {
            one.text == self.text && one.picture == self.picture && one.channel == self.channel
        };
        if let Some((number, _)) = kept.iter().find(|(_, one)| same(one)) {
            return Ok(*number);
        }
        // Who sends a thousand texts of a campaign is told of ten a day.
        let mut told = true;
        if let Some((oldest, refusal)) = kept.get(KEPT - 1) {
            told = refusal.at.plus_seconds(86_400) < now;
            tx.delete::<Refusal>(self.author.into(), oldest)?;
        }
        let number = tx.next_number("refusal").await?;
        let refusal = Refusal {
            at: now,
            channel: self.channel,
            what: self.what,
            text: self.text,
            picture: self.picture,
            rule: self.rule,
            stage: Stage::Told,
        };
        tx.put(self.author.into(), &number, &refusal)?;
        let Uncounted(count) = tx.find_or_default(Owner::INSTALLATION, &UNCOUNTED).await?;
        tx.put(Owner::INSTALLATION, &UNCOUNTED, &Uncounted(count + 1))?;
        if told {
            let text = letter(tx.rows(), &refusal, self.by_bot, number, now).await?;
            services::tell(tx, self.author, text).await?;
        }
        Ok(number)
    }
}

/// What the author reads.
async fn letter(
    rows: &mut dyn Rows,
    refusal: &Refusal,
    by_bot: bool,
    number: u64,
    now: UnixMs,
) -> Result<String, StoreError> {
    let terms = publication::in_force(rows, now).await?;
    let clause = &refusal.rule.clause;
    let (title, rule) = terms
        .clause(clause)
        .map_or(("", ""), |clause| (clause.title, clause.text));
    let what = match refusal.what {
        What::Post if by_bot => "A post of a bot of yours",
        What::Post => "A post of yours",
        What::Face if by_bot => "A name or description that a bot of yours gave a channel or group",
        What::Face => "A name or description of a channel or group of yours",
    };
    let why = match &refusal.rule.made_by {
        MadeBy::Decision(id) => {
            let decided = decisions::find(rows, *id).await?;
            let decision = decided.as_ref().and_then(Decided::number);
            let decision = decision.map_or(String::new(), |number| format!(" (decision {number})"));
            format!(
                "Its text is nearly the same as one about which a moderator has decided{decision}, and \
                 which is not to be published again."
            )
        }
        MadeBy::List(_) => {
            "A picture in it is in a list of pictures that are not to be published here.".into()
        }
    };
    Ok(format!(
        "{what} was not published (refusal R{number}).\n\nThe facts: {why} A program compared them; no \
         classifier was asked.\n\nThe rule: clause {clause} ({title}) of version {version} of the terms. \
         {rule}\n\nIf you think this is wrong, write to @SpamBot: /appeal R{number} and why. It costs \
         nothing, you have {OPEN_DAYS} days, and a person reads what was refused. A court, or an \
         out-of-court body that you choose, can hear you as well.",
        version = terms.version,
    ))
}

/// Contests a refusal: a case begins, in which a moderator reads what was refused.
#[derive(Clone)]
pub struct ContestRefusal {
    /// Whose it is.
    pub author: UserId,
    /// Its number.
    pub number: u64,
    /// Why it is wrong.
    pub text: String,
}

impl Command for ContestRefusal {
    type Output = ();
    type Error = AppealError;
    const NAME: &'static str = "contest_refusal";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), AppealError> {
        let now = tx.now();
        let why = self.text.trim();
        if why.is_empty() || why.chars().count() > TEXT_CHARS_MAX {
            return Err(AppealError::Text);
        }
        let owner = Owner::from(self.author);
        let found: Option<Refusal> = tx.find(owner, &self.number).await?;
        let mut refusal = found.ok_or(AppealError::Unknown)?;
        match refusal.stage {
            Stage::Told => {}
            Stage::Contested => return Err(AppealError::Waiting),
            Stage::Looked => return Err(AppealError::TooOften),
        }
        if refusal.at.plus_seconds(OPEN_DAYS * 86_400) < now {
            return Err(AppealError::TooLate);
        }
        let subject = Subject::Channel(refusal.channel);
        let open = cases::open_refusal(tx.rows(), &subject).await?;
        if open.is_some() {
            return Err(AppealError::Waiting);
        }
        let reason = reasons::of_clause(&refusal.rule.clause);
        let mut case = cases::begin(tx, subject, Origin::Refused, reason).await?;
        if let MadeBy::Decision(id) = refusal.rule.made_by
            && let Some(decided) = decisions::find(tx.rows(), id).await?
        {
            case.not_by = decided.by;
        }
        case.refusal = Some((self.author, self.number));
        why.clone_into(&mut case.statement);
        case.add_excerpts(excerpts(&refusal, self.author));
        cases::put(tx, &mut case)?;
        refusal.stage = Stage::Contested;
        tx.put(owner, &self.number, &refusal)?;
        Ok(())
    }
}

fn excerpts(refusal: &Refusal, from: UserId) -> Vec<Excerpt> {
    let letters: Vec<char> = refusal.text.chars().collect();
    let parts = letters.chunks(EXCERPT_CHARS).map(|part| Excerpt {
        from,
        date: refusal.at.seconds(),
        text: part.iter().collect(),
    });
    parts.collect()
}

/// What a moderator finds of a refusal that is contested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is let through from now on.
    LetThrough,
    /// It stays refused.
    Stands,
}

/// Ends the case of a contested refusal, and tells the author.
#[derive(Clone, Copy, Debug)]
pub struct SettleRefusal {
    /// The moderator's number.
    pub moderator: u16,
    /// The case.
    pub case: u64,
    /// The author, as the case names them.
    pub author: UserId,
    /// What they found.
    pub finding: Finding,
}

impl Command for SettleRefusal {
    type Output = ();
    type Error = CaseError;
    const NAME: &'static str = "settle_refusal";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.author)])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), CaseError> {
        let now = tx.now();
        let found = cases::find(tx.rows(), self.case).await?;
        let mut case = found.ok_or(CaseError::Unknown)?;
        let contested = case.refusal.filter(|(author, _)| *author == self.author);
        let Some((author, number)) = contested.filter(|_| case.is_open_to(self.moderator, now))
        else {
            return Err(CaseError::NotYours);
        };
        // The number of what was decided; nobody is told another one twice.
        let id = tx.next_number("decision").await?;
        let found: Option<Refusal> = tx.find(author.into(), &number).await?;
        if let Some(mut refusal) = found {
            if self.finding == Finding::LetThrough {
                self.let_through(tx, &refusal, id)?;
            }
            refusal.stage = Stage::Looked;
            tx.put(author.into(), &number, &refusal)?;
        }
        case.taken = None;
        case.ended = Some(Ended {
            at: now,
            decided: id,
        });
        cases::put(tx, &mut case)?;
        let told = match self.finding {
            Finding::LetThrough => format!(
                "Somebody has read what was refused (R{number}) and finds nothing against it. You can \
                 publish it now."
            ),
            Finding::Stands => format!(
                "Somebody has read what was refused (R{number}), and it stays so. A court, or an \
                 out-of-court body that you choose, can still hear you."
            ),
        };
        services::tell(tx, author, told).await?;
        Ok(())
    }
}

impl SettleRefusal {
    /// A word of people for what was refused: what is nearly the same is let through.
    fn let_through(self, tx: &mut Tx<'_>, refusal: &Refusal, id: u64) -> Result<(), StoreError> {
        if let Some(picture) = &refusal.picture {
            return tx.put(
                Owner::INSTALLATION,
                &(ADMITTED, id),
                &Admitted(picture.clone()),
            );
        }
        let fingerprint = Fingerprint::of(&refusal.text);
        let precedent = Precedent {
            // No message has the number 0: it stands for what was never published.
            subject: match refusal.what {
                What::Post => Subject::Post(refusal.channel, MessageId(0)),
                What::Face => Subject::Channel(refusal.channel),
            },
            text: text_hash(&[&refusal.text]),
            fingerprint: fingerprint.map(|print| print.to_bytes().to_vec()),
            broke: None,
            by: vec![self.moderator],
            hidden: false,
            refused_until: None,
        };
        tx.put(Owner::INSTALLATION, &(PRECEDENT, id), &precedent)
    }
}

/// Takes the count of refusals that the log has not counted yet.
#[derive(Clone, Copy, Debug)]
pub struct TakeCount;

impl Command for TakeCount {
    type Output = u64;
    type Error = StoreError;
    const NAME: &'static str = "take_refusal_count";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let Uncounted(count) = tx.find_or_default(Owner::INSTALLATION, &UNCOUNTED).await?;
        if count > 0 {
            tx.delete::<Uncounted>(Owner::INSTALLATION, &UNCOUNTED)?;
        }
        Ok(count)
    }
}

/// Whether a list for this reason may refuse: not where a child or a life is in danger, since a
/// refusal warns its author. There matches are held, in a case that people see at once.
pub fn may_refuse(reason: &reasons::Reason) -> bool {
    reason.urgency != Urgency::Now
}
