//! Moderation as its people work at it.

use crate::casework::Person;
use heliograph_model::Territory;
use heliograph_moderation::appeals::Appeal;
use heliograph_moderation::cases::{Case, Origin};
use heliograph_moderation::decisions::{Decided, Outcome, Verdict};
use heliograph_moderation::reasons::Reason;
use heliograph_moderation::refusals::Finding;
use heliograph_moderation::subject::{Known, Subject};
use heliograph_moderation::terms::Terms;
use heliograph_transparency::entry::Day;
use std::error::Error;

/// What is public of a subject now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    /// Title or name.
    pub title: String,
    /// The public name, without `@`.
    pub username: Option<String>,
    /// What it says about itself.
    pub about: String,
    /// Its newest posts with their numbers, newest first; of a post the post itself, and its
    /// neighbours. Empty for what is not public.
    pub posts: Vec<(u32, String)>,
}

/// A case in the queue.
#[derive(Clone, Debug)]
pub struct QueueLine {
    /// The case.
    pub case: Case,
    /// What its subject is called.
    pub title: String,
    /// Whether this moderator may take it.
    pub open_to_me: bool,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// How many wait in all, as far as they were counted.
    pub waiting: usize,
    /// The first of them.
    pub lines: Vec<QueueLine>,
    /// How many cases about children and lives this moderator has looked at today.
    pub grave_today: usize,
}

/// Whose decisions are taken back together, and of which days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoAll {
    /// The number of a moderator; `None` for what machines did.
    pub by: Option<u16>,
    /// The first day of the public log.
    pub from: Day,
    /// The last one.
    pub to: Day,
    /// Why, as each owner reads it.
    pub facts: String,
    /// Whether decisions about children are among them.
    pub children: bool,
}

/// A report as moderators see it: never by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// The reason.
    pub reason: &'static Reason,
    /// What the reporter says.
    pub comment: String,
    /// What it weighs, in hundredths.
    pub weight: u32,
    /// When, in Unix seconds.
    pub at_s: u64,
}

/// How far the opening of something sealed is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// Nobody has asked for it.
    #[default]
    NotAsked,
    /// This moderator has: a second one is needed.
    AskedByMe,
    /// Another one has: this moderator can be the second.
    AskedByAnother,
}

/// Whether what was reported can be taken to a hotline or an authority as a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// Not by the moderator who looks at the case.
    #[default]
    Closed,
    /// By them, once.
    Open,
    /// It was taken.
    Taken,
}

/// A report to a hotline or an authority, made outside of these pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotlineReport {
    /// To whom it was made.
    pub to: String,
    /// The number that they gave it.
    pub reference: String,
}

/// A case, opened.
#[derive(Clone, Debug)]
pub struct CaseSheet {
    /// The case.
    pub case: Case,
    /// The terms in force, by which it is decided.
    pub terms: &'static Terms,
    /// What is known of its subject; `None` when it is gone.
    pub known: Option<Known>,
    /// What is public of it. Nothing where the case is about children: then `sealed` is true.
    pub face: Face,
    /// Whether what was reported is sealed: two people open it together.
    pub sealed: bool,
    /// While it is sealed: who has asked to open it.
    pub opening: Opening,
    /// Where it was reported to.
    pub hotline: Vec<HotlineReport>,
    /// The reports, a hundred at most.
    pub reports: Vec<ReportLine>,
    /// Earlier decisions about the same subject, newest first.
    pub earlier: Vec<Decided>,
    /// The decision that is contested, where this is an appeal.
    pub contested: Option<Decided>,
    /// Whether what was reported can be taken away as a file.
    pub evidence: Evidence,
    /// What the classifier finds, in words, with the features that count most.
    pub classifier: Option<String>,
    /// The moderator who looks at it has it.
    pub mine: bool,
    /// What waits for a second moderator was proposed by the one who looks at it.
    pub proposed_by_me: bool,
}

/// What came of something a moderator did, in words where it was refused.
#[derive(Debug, thiserror::Error)]
pub enum ModeratingError {
    /// There is nothing of that name.
    #[error("there is nothing of that name")]
    Missing,
    /// Refused, in words for the moderator.
    #[error("{0}")]
    Refused(String),
    /// Something failed inside.
    #[error("moderation failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// A notice of somebody without an account, with the parts that Article 16 of the Digital Services
/// Act asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where it is: a link to a public channel, post, group, bot or person of this installation.
    pub location: String,
    /// The reason.
    pub reason: &'static Reason,
    /// Why it is illegal, or breaks the terms.
    pub explanation: String,
    /// The sender's name; not asked for in notices about child abuse.
    pub name: Option<String>,
    /// The sender's address for the answer; as above.
    pub email: Option<String>,
    /// Whether the sender believes in good faith that it is accurate and complete.
    pub good_faith: bool,
}

/// How a notice stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeState {
    /// When it came, in Unix seconds.
    pub received_s: u64,
    /// What was decided, once it was: the statement.
    pub statement: Option<String>,
}

/// What becomes of texts that are nearly the same as one that was decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// They are not let in.
    Refused,
    /// They are held until a person has looked.
    Held,
}

/// Moderation. Calls block. The pages open an audit record before every call and close it after.
pub trait Moderating: Send + Sync + 'static {
    /// The queue, as far as this moderator may see it.
    fn queue(&self, who: &Person, children: bool) -> Result<Queue, ModeratingError>;

    /// Gives the moderator a case: this one, or the next. `None` when none waits.
    fn take(
        &self,
        who: &Person,
        case: Option<u64>,
        children: bool,
    ) -> Result<Option<u64>, ModeratingError>;

    /// Gives a case back.
    fn leave(&self, who: &Person, case: u64) -> Result<(), ModeratingError>;

    /// A case.
    fn case(&self, who: &Person, case: u64) -> Result<CaseSheet, ModeratingError>;

    /// Asks to open what is sealed. Once a second moderator asks as well, [`Moderating::case`] shows
    /// it to both, for as long as they have it open.
    fn open_sealed(&self, who: &Person, case: u64) -> Result<(), ModeratingError>;

    /// Notes that a case was reported to a hotline or an authority.
    fn hotline(
        &self,
        who: &Person,
        case: u64,
        report: HotlineReport,
    ) -> Result<(), ModeratingError>;

    /// Decides a case, or proposes what needs a second moderator.
    fn decide(&self, who: &Person, case: u64, verdict: Verdict)
    -> Result<Outcome, ModeratingError>;

    /// Takes back a decision by its number in the log.
    fn undo(&self, who: &Person, number: u64, facts: &str) -> Result<(), ModeratingError>;

    /// Has what is nearly the same as the text of a decision, by its number in the log, refused or held
    /// from now on.
    fn refuse_alike(&self, who: &Person, number: u64, alike: Alike) -> Result<(), ModeratingError>;

    /// Ends the case of a refusal that its author contests.
    fn settle_refusal(
        &self,
        who: &Person,
        case: u64,
        finding: Finding,
    ) -> Result<(), ModeratingError>;

    /// How many decisions [`Moderating::undo_all`] would take back.
    fn count_undone(&self, who: &Person, asked: &UndoAll) -> Result<usize, ModeratingError>;

    /// Takes back every measure of somebody, or of machines, that is in force and of these days; each
    /// is a decision of its own. Answers with how many.
    fn undo_all(&self, who: &Person, asked: &UndoAll) -> Result<usize, ModeratingError>;

    /// Hands out what was reported, once, for a hotline or an authority. The log counts it before.
    fn evidence(&self, who: &Person, case: u64) -> Result<CaseSheet, ModeratingError>;

    /// Tells the owner of a decision about a child or a life.
    fn tell_owner(&self, who: &Person, number: u64) -> Result<(), ModeratingError>;

    /// The newest decisions.
    fn decisions(&self, who: &Person) -> Result<Vec<Decided>, ModeratingError>;

    /// A decision by its number in the log, with the appeal against it.
    fn decision(
        &self,
        who: &Person,
        number: u64,
    ) -> Result<(Decided, Option<Appeal>), ModeratingError>;

    /// Begins a case of the moderator's own, or for an authority's order, about a link or username.
    fn open_case(
        &self,
        who: &Person,
        location: &str,
        reason: &'static Reason,
        origin: Origin,
        not_wider: Option<Territory>,
        statement: &str,
    ) -> Result<u64, ModeratingError>;

    /// Takes a notice in from `/report`; answers with the secret of its receipt. What is missing or
    /// wrong is said in words.
    fn notice(&self, notice: Notice) -> Result<String, ModeratingError>;

    /// How a notice stands, by the secret of its receipt.
    fn notice_state(&self, secret: &str) -> Result<NoticeState, ModeratingError>;

    /// The subject that a link or username of this installation names, as a text for a page.
    fn find(&self, location: &str) -> Result<Option<Subject>, ModeratingError>;
}
