//! Checking a whole log: what is proved, what is not, and the first thing that is wrong.
//!
//! A [`Verifier`] reads a log from wherever its files are and keeps what it has seen, so that a
//! later run reads only what is new and notices when the history it knew is not continued.

mod render;
mod replay;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::entry::Day;
use crate::ledger::Ledger;
use crate::ledger::findings::Finding;
use crate::note::Note;
use crate::policy::{Cosigned, Freshness, Policy, PolicyError, Standing};
use crate::replica::Frontier;
use crate::tile::{ReadError, SourceError, TileReader, TileSource};
use crate::tree::TreeHead;
use replay::{Stopped, replay};

/// How far others vouch for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// The operator alone.
    #[serde(rename = "self-attested")]
    SelfAttested,
    /// Witnesses cosign that everyone is shown the same history.
    #[serde(rename = "witnessed")]
    Witnessed,
    /// Besides, custodians outside the operator's control open nothing without an entry.
    #[serde(rename = "witnessed+custodied")]
    WitnessedCustodied,
}

impl Level {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SelfAttested => "self-attested",
            Self::Witnessed => "witnessed",
            Self::WitnessedCustodied => "witnessed+custodied",
        }
    }
}

/// Who said which keys are to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFrom {
    /// Whoever runs the verification.
    Reader,
    /// The log itself: then its witnesses prove nothing.
    Log,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What.
    pub name: &'static str,
    /// How it went.
    pub outcome: StepOutcome,
    /// In a sentence.
    pub what: String,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// An earlier failure left nothing to check.
    NotReached,
}

/// What the log holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Requests.
    pub requests: u64,
    /// Openings that officers approved.
    pub openings: u64,
    /// Requests whose records count as disclosed.
    pub disclosures: u64,
    /// Requests that are not revealed yet.
    pub hidden: u64,
    /// Keys whose proofs hold.
    pub keys: u64,
    /// Vectors of commitments whose proofs hold.
    pub vectors: u64,
    /// Opened sums that hold.
    pub sums: u64,
}

/// What a run has found.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// The log's name; empty if there is no readable checkpoint.
    pub origin: String,
    /// How far others vouch for it.
    pub level: Level,
    /// Whether it is one of a demonstration.
    pub demo: bool,
    /// How many entries the checkpoint names.
    pub entries: u64,
    /// The root over them, in base64.
    pub root: String,
    /// What was checked, in order.
    pub steps: Vec<Step>,
    /// What is overdue or untrue, a sentence each.
    pub findings: Vec<String>,
    /// What the log holds.
    pub figures: Figures,
    /// What no check can show, a sentence each.
    pub not_proved: Vec<String>,
    /// The checkpoint as it was read, to be remembered.
    #[serde(skip)]
    pub checkpoint: Vec<u8>,
}

impl Verification {
    /// The first thing that is wrong, in a sentence; nothing if all is well.
    pub fn failure(&self) -> Option<&str> {
        let failed = |step: &&Step| step.outcome == StepOutcome::Failed;
        self.steps
            .iter()
            .find(failed)
            .map(|step| step.what.as_str())
    }
}

/// The log could not be read at all, which says nothing about it.
#[derive(Debug, thiserror::Error)]
#[error("{path} could not be read: {error}")]
pub struct Unreadable {
    /// The file.
    pub path: String,
    /// Why.
    pub error: SourceError,
}

/// Checks a log, again and again.
pub struct Verifier {
    policy: Policy,
    policy_from: PolicyFrom,
    freshness: Freshness,
    remembered: Option<TreeHead>,
    seen: Option<Seen>,
}

/// What earlier runs have found to be right.
#[derive(Clone)]
struct Seen {
    ledger: Ledger,
    frontier: Frontier,
    vectors: u64,
}

impl Verifier {
    /// A verifier that trusts the keys of `policy` and counts cosignatures of this freshness.
    ///
    /// `remembered` is what an earlier process has seen of the log, which must be continued.
    pub fn new(
        policy: Policy,
        policy_from: PolicyFrom,
        freshness: Freshness,
        remembered: Option<TreeHead>,
    ) -> Self {
        Self {
            policy,
            policy_from,
            freshness,
            remembered,
            seen: None,
        }
    }

    /// What the log says, after a run without failure.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.seen.as_ref().map(|seen| &seen.ledger)
    }

    /// Reads what is new and checks everything, at `now_s` in Unix seconds.
    pub fn run<S: TileSource + ?Sized>(
        &mut self,
        source: &S,
        now_s: u64,
    ) -> Result<Verification, Unreadable> {
        let unreadable = |error| Unreadable {
            path: "checkpoint".into(),
            error,
        };
        let bytes = source.read("checkpoint").map_err(unreadable)?;
        let bytes = bytes.ok_or_else(|| unreadable("there is no such file".into()))?;
        let mut run = Run {
            verifier: self,
            now_s,
            steps: Steps::default(),
        };
        let (checkpoint, standing) = run.judge_checkpoint(&bytes);
        let Some(checkpoint) = checkpoint else {
            return Ok(run.steps.finish(None, standing, None));
        };
        let seen = run.judge_entries(source, &checkpoint)?;
        if let Some(seen) = &seen {
            run.judge_time(&seen.ledger);
        }
        let mut verification = run.steps.finish(Some(&checkpoint), standing, seen.as_ref());
        if self.policy_from == PolicyFrom::Log {
            let why = "Which keys to trust was taken from the log itself.";
            verification.not_proved.insert(0, why.into());
        }
        verification.checkpoint = bytes;
        if let Some(seen) = seen
            && verification.failure().is_none()
        {
            self.remembered = Some(checkpoint.head());
            self.seen = Some(seen);
        }
        Ok(verification)
    }
}

/// One run of a verifier.
struct Run<'a> {
    verifier: &'a Verifier,
    now_s: u64,
    steps: Steps,
}

impl Run<'_> {
    /// The checkpoint if a trusted key has signed it, and what its cosignatures are worth.
    fn judge_checkpoint(&mut self, bytes: &[u8]) -> (Option<Checkpoint>, Standing) {
        let Verifier {
            policy, freshness, ..
        } = self.verifier;
        let parsed = Note::parse(bytes).map_err(|error| error.to_string());
        let evaluated = parsed.and_then(|note| {
            let checkpoint: Checkpoint = note.text().parse().map_err(|_| "not a checkpoint")?;
            match policy.evaluate(&note, *freshness, self.now_s) {
                Ok(evaluation) => Ok((checkpoint, Ok(evaluation))),
                Err(PolicyError::Quorum { witnesses }) => Ok((checkpoint, Err(witnesses))),
                Err(error) => Err(error.to_string()),
            }
        });
        let (checkpoint, evaluation) = match evaluated {
            Ok(evaluated) => evaluated,
            Err(error) => {
                self.steps
                    .fail("signature", format!("The checkpoint: {error}."));
                return (None, Standing::Unwitnessed);
            }
        };
        let origin = checkpoint.origin();
        let size = checkpoint.head().size;
        self.steps.pass(
            "signature",
            format!("The log {origin} has signed a checkpoint over {size} entries."),
        );
        let standing = match evaluation {
            Ok(evaluation) => {
                let fresh = evaluation.witnesses.iter();
                let fresh = fresh.filter(|cosigned| matches!(cosigned, Cosigned::Fresh(_)));
                let (fresh, all) = (fresh.count(), evaluation.witnesses.len());
                let what = format!("{fresh} of {all} witnesses have cosigned it, which is enough.");
                let witnessed = evaluation.standing == Standing::Witnessed;
                if witnessed && self.verifier.policy_from == PolicyFrom::Reader {
                    self.steps.pass("witnesses", what);
                    Standing::Witnessed
                } else {
                    let what = "UNWITNESSED: no quorum of witnesses is asked for that another \
                                history could not have as well.";
                    self.steps.pass("witnesses", what.into());
                    Standing::Unwitnessed
                }
            }
            Err(witnesses) => {
                self.steps.fail("witnesses", too_few(&witnesses));
                Standing::Unwitnessed
            }
        };
        (Some(checkpoint), standing)
    }

    /// Reads all new entries; gives what they say if every one is in the tree and keeps the rules.
    fn judge_entries<S: TileSource + ?Sized>(
        &mut self,
        source: &S,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Seen>, Unreadable> {
        let head = checkpoint.head();
        let known = self.verifier.remembered;
        if let Some(known) = known
            && (head.size < known.size || (head.size == known.size && head.root != known.root))
        {
            self.steps.fail("consistency", two_histories(known, head));
            return Ok(None);
        }
        let fresh = || Seen {
            ledger: Ledger::new(checkpoint.origin()),
            frontier: Frontier::default(),
            vectors: 0,
        };
        let same_log = |seen: &&Seen| seen.ledger.origin() == checkpoint.origin();
        let mut seen = self
            .verifier
            .seen
            .as_ref()
            .filter(same_log)
            .cloned()
            .unwrap_or_else(fresh);
        let mut reader = match TileReader::open(source, head) {
            Ok(reader) => reader,
            Err(error) => return self.unread(error),
        };
        let violation = match replay(&mut seen, &mut reader, known) {
            Ok(()) => None,
            Err(Stopped::Violation(violation)) => Some(violation),
            Err(Stopped::OtherHistory(known)) => {
                self.steps.fail("consistency", two_histories(known, head));
                return Ok(None);
            }
            Err(Stopped::Unread(error)) => return self.unread(error),
        };
        if seen.frontier.head() != head {
            // The reader has checked each new entry, so it is the old ones that differ.
            let known = known.unwrap_or(seen.frontier.head());
            self.steps.fail("consistency", two_histories(known, head));
            return Ok(None);
        }
        let what = format!("All {} entries are in the tree that was signed.", head.size);
        self.steps.pass("inclusion", what);
        let what = match known {
            Some(known) => format!("It continues the {} entries seen before.", known.size),
            None => "Nothing was remembered to compare it with.".into(),
        };
        self.steps.pass("consistency", what);
        if let Some(violation) = violation {
            let why = format!(
                "Entry {} breaks rule {}: {}.",
                violation.index, violation.rule, violation.why
            );
            self.steps.fail("rules", why);
            return Ok(None);
        }
        self.steps.pass(
            "rules",
            "Every entry keeps the rules: officers' signatures, proofs of keys, openings, \
             vectors, reveals and sums."
                .into(),
        );
        Ok(Some(seen))
    }

    /// A source that cannot be asked says nothing about the log; files that do not fit do.
    fn unread(&mut self, error: ReadError) -> Result<Option<Seen>, Unreadable> {
        match error {
            ReadError::Source { path, error } => Err(Unreadable { path, error }),
            error => {
                self.steps
                    .fail("inclusion", format!("The files of the log: {error}."));
                Ok(None)
            }
        }
    }

    fn judge_time(&mut self, ledger: &Ledger) {
        let today = Day::of_unix(self.now_s);
        let ahead = ledger.date().filter(|date| *date > today.plus(1));
        self.steps.findings = ledger.findings(today);
        if let Some(date) = ahead {
            let what = format!("The newest entry is of {date}, which has not come yet.");
            self.steps.fail("time", what);
        } else if let Some(first) = self.steps.findings.first() {
            let what = format!("{first}.");
            self.steps.fail("time", what);
        } else {
            let what = format!("On {today} nothing is overdue, and nothing has proved untrue.");
            self.steps.pass("time", what);
        }
    }
}

fn two_histories(known: TreeHead, offered: TreeHead) -> String {
    if offered.size < known.size {
        return format!(
            "The log went back: it had {} entries and now has {}.",
            known.size, offered.size
        );
    }
    format!(
        "The log has two histories: its first {} entries are not those seen before.",
        known.size
    )
}

fn too_few(witnesses: &[Cosigned]) -> String {
    let count =
        |matches: fn(&Cosigned) -> bool| witnesses.iter().filter(|own| matches(own)).count();
    format!(
        "Too few witnesses have cosigned: of {} there are {} in time, {} too old, {} of a time \
         that has not come, {} without a time.",
        witnesses.len(),
        count(|own| matches!(own, Cosigned::Fresh(_))),
        count(|own| matches!(own, Cosigned::Stale(_))),
        count(|own| matches!(own, Cosigned::Future(_))),
        count(|own| matches!(own, Cosigned::Timeless)),
    )
}

/// The steps so far.
#[derive(Default)]
struct Steps {
    steps: Vec<Step>,
    findings: Vec<Finding>,
}

impl Steps {
    /// All steps, in the order in which they are told.
    const ALL: [&'static str; 6] = [
        "signature",
        "witnesses",
        "inclusion",
        "consistency",
        "rules",
        "time",
    ];

    fn pass(&mut self, name: &'static str, what: String) {
        let outcome = StepOutcome::Passed;
        self.steps.push(Step {
            name,
            outcome,
            what,
        });
    }

    fn fail(&mut self, name: &'static str, what: String) {
        let outcome = StepOutcome::Failed;
        self.steps.push(Step {
            name,
            outcome,
            what,
        });
    }

    fn finish(
        self,
        checkpoint: Option<&Checkpoint>,
        standing: Standing,
        seen: Option<&Seen>,
    ) -> Verification {
        let mut steps = self.steps;
        for name in Self::ALL {
            if !steps.iter().any(|step| step.name == name) {
                steps.push(Step {
                    name,
                    outcome: StepOutcome::NotReached,
                    what: "Not reached.".into(),
                });
            }
        }
        steps.sort_by_key(|step| Self::ALL.iter().position(|name| *name == step.name));
        let ledger = seen.map(|seen| &seen.ledger);
        let custodied = ledger.is_some_and(|ledger| ledger.custody().is_remote());
        let level = match standing {
            Standing::Unwitnessed => Level::SelfAttested,
            Standing::Witnessed if custodied => Level::WitnessedCustodied,
            Standing::Witnessed => Level::Witnessed,
        };
        let head = checkpoint.map_or(TreeHead::EMPTY, Checkpoint::head);
        let origin = checkpoint.map_or("", Checkpoint::origin);
        let figures = seen.map_or_else(Figures::default, figures);
        Verification {
            origin: origin.into(),
            level,
            demo: origin.starts_with("demo."),
            entries: head.size,
            root: head.root.to_string(),
            findings: self.findings.iter().map(ToString::to_string).collect(),
            not_proved: not_proved(level, &figures),
            steps,
            figures,
            checkpoint: Vec::new(),
        }
    }
}

fn figures(seen: &Seen) -> Figures {
    let ledger = &seen.ledger;
    let cases = ledger.cases();
    let custody = ledger.custody();
    let keys = ledger.officer_sets().len() + custody.phone_keys().len() + custody.days().count();
    let reports = ledger.reports().all();
    Figures {
        requests: cases.all().len() as u64,
        openings: cases.openings().count() as u64,
        disclosures: cases.all().filter(|case| case.is_disclosed()).count() as u64,
        hidden: cases.all().filter(|case| case.revealed.is_none()).count() as u64,
        keys: keys as u64,
        vectors: seen.vectors,
        sums: reports.map(|logged| logged.report.sums.len() as u64).sum(),
    }
}

/// What remains to be believed.
fn not_proved(level: Level, figures: &Figures) -> Vec<String> {
    let mut sentences = Vec::new();
    if level == Level::SelfAttested {
        sentences
            .push("Nobody outside vouches that everyone is shown this same history.".to_owned());
    }
    if level != Level::WitnessedCustodied {
        sentences.push(
            "No custodian outside the operator's control is known to keep records shut: a quorum \
             of officers and the operator together could open stored records without an entry."
                .to_owned(),
        );
    }
    if figures.hidden > 0 {
        sentences.push(format!(
            "{} requests are still hidden: they are counted, but what they say is not known yet.",
            figures.hidden
        ));
    }
    sentences.push(
        "A request that was received and never entered leaves no trace here; its sender has a \
         receipt to show for it."
            .to_owned(),
    );
    sentences
        .push("What a running server sees as people sign in is not in the log's power.".to_owned());
    sentences
}
