//! The installation's own log: writing it, having it witnessed, and showing it.

use crate::gateway::SystemEntropy;
use crate::secrets::{DataFolder, SecretsError, replace};
use heliograph_api::Entropy as _;
use heliograph_console::PublicRecord;
use heliograph_console::record::{Snapshot, meaning};
use heliograph_disclosure::PublicLog;
use heliograph_disclosure::log::{LogError, Trust};
use heliograph_offline::log_source::LogSource as _;
use heliograph_offline::witness::client::{KnownSizes, cosign};
use heliograph_store::Clock;
use heliograph_transparency::checkpoint::Checkpoint;
use heliograph_transparency::entry::Quarter;
use heliograph_transparency::files::LogUpdate;
use heliograph_transparency::folder::{FolderError, FolderLog, FolderSource};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::note::{KeyName, MalformedKey, Note, SignerKey};
use heliograph_transparency::policy::{Freshness, Policy, Standing};
use heliograph_transparency::proof::TlogProof;
use heliograph_transparency::tile::{ReadError, TileReader, TileSource};
use heliograph_transparency::tree::TreeHead;
use heliograph_transparency::verify::Level;
use heliograph_transparency::{moderation_report, report};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use thiserror::Error;
use zeroize::Zeroizing;

/// How old cosignatures may be when something is done on the strength of them, in seconds: as old
/// as custodians allow.
const FRESH_S: u64 = 3_600;

/// Cosignatures are renewed when they are half as old as custodians allow.
const RENEW_S: u64 = FRESH_S / 2;

/// Why the log cannot be opened.
#[derive(Debug, Error)]
pub enum OpenLogError {
    /// The key's file.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The key does not read.
    #[error("{path}: {source}; restore it from a backup of the keys folder", path = .path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        source: MalformedKey,
    },
    /// The log itself.
    #[error("{path}: {source}", path = .path.display())]
    Folder {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        source: FolderError,
    },
    /// The log cannot be read.
    #[error("the public log cannot be read: {0}")]
    Read(#[from] ReadError),
    /// An entry breaks a rule.
    #[error("the public log cannot be continued: {0}")]
    Rules(String),
    /// The file with witnesses.
    #[error("{path}: {why}", path = .path.display())]
    Witnesses {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// The log, for the one who writes it.
pub struct InstallationLog {
    folder: FolderLog,
    ledger: Ledger,
    policy: Policy,
    policy_text: String,
    sizes: KnownSizes,
    shown: Arc<RwLock<Arc<Snapshot>>>,
    signer: SignerKey,
    clock: Arc<dyn Clock>,
}

impl InstallationLog {
    /// Opens the log of a data folder; at the first start makes it, and its key.
    ///
    /// `origin` names a log that is made now; one that is there keeps its name for ever.
    /// `witnesses` is a file of tlog-policy lines: witnesses, groups and the quorum.
    pub fn open(
        data: &DataFolder,
        origin: &str,
        witnesses: Option<&Path>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenLogError> {
        let signer = key(data, origin)?;
        let at = |source| OpenLogError::Folder {
            path: data.log(),
            source,
        };
        let again = SignerKey::parse(&signer.to_text()).map_err(|source| OpenLogError::Key {
            path: data.log_key(),
            source,
        })?;
        let mut folder = match FolderLog::open(data.log(), again) {
            Err(FolderError::Absent) => {
                let again = SignerKey::parse(&signer.to_text()).expect("it was read above");
                FolderLog::create(data.log(), again).map_err(at)?
            }
            opened => opened.map_err(at)?,
        };
        let (policy_text, policy) = policy(&signer, witnesses)?;
        folder.publish_policy(&policy_text).map_err(at)?;
        let ledger = replay(&folder, signer.verifier().name().as_str())?;
        let shown = Arc::new(Snapshot {
            ledger: ledger.clone(),
            checkpoint: folder.checkpoint().to_string().into_bytes(),
            signed_s: now_s(&*clock),
            log_key: signer.verifier().clone(),
            policy: policy_text.clone(),
            trust: Level::SelfAttested,
        });
        let mut log = InstallationLog {
            folder,
            ledger,
            policy,
            policy_text,
            sizes: KnownSizes::new(),
            shown: Arc::new(RwLock::new(shown)),
            signer,
            clock,
        };
        log.show();
        Ok(log)
    }

    /// The text of the policy by which custodians, the keeper and everyone else judge the log.
    pub fn policy_text(&self) -> &str {
        &self.policy_text
    }

    /// The key that signs checkpoints, and with them receipts and packages.
    pub fn signer(&self) -> SignerKey {
        SignerKey::parse(&self.signer.to_text()).expect("a key writes what it reads")
    }

    /// The log's files.
    pub fn files(&self) -> FolderSource {
        self.folder.source().clone()
    }

    /// The log as others are shown it.
    pub fn record(&self) -> Record {
        Record {
            shown: self.shown.clone(),
            files: self.folder.source().clone(),
        }
    }

    /// Asks the witnesses for cosignatures of the newest checkpoint. One that does not answer is
    /// asked again at the next look.
    fn have_it_witnessed(&mut self) {
        if self.policy.witnesses().is_empty() {
            return;
        }
        let mut note = self.folder.checkpoint().clone();
        let outcomes = cosign(
            &self.policy,
            &mut note,
            self.folder.source(),
            &mut self.sizes,
        );
        for outcome in outcomes {
            if let Err(error) = outcome.result {
                tracing::warn!(witness = outcome.witness, %error, "checkpoint_not_cosigned");
            }
        }
        if let Err(error) = self.folder.add_cosignatures(&note) {
            tracing::error!(%error, "cosignatures_not_published");
        }
        self.show();
    }

    /// Puts the newest state where pages find it.
    fn show(&mut self) {
        let now_s = now_s(&*self.clock);
        let snapshot = Arc::new(Snapshot {
            ledger: self.ledger.clone(),
            checkpoint: self.folder.checkpoint().to_string().into_bytes(),
            signed_s: now_s,
            log_key: self.signer.verifier().clone(),
            policy: self.policy_text.clone(),
            trust: self.level(now_s),
        });
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    fn level(&self, now_s: u64) -> Level {
        let freshness = Freshness::within(FRESH_S);
        let evaluated = self
            .policy
            .evaluate(self.folder.checkpoint(), freshness, now_s);
        match evaluated {
            Ok(evaluation) if evaluation.standing == Standing::Witnessed => {
                if self.ledger.custody().is_remote() {
                    Level::WitnessedCustodied
                } else {
                    Level::Witnessed
                }
            }
            _ => Level::SelfAttested,
        }
    }

    fn reader(&self) -> Result<TileReader<'_, FolderSource>, LogError> {
        TileReader::open(self.folder.source(), self.folder.head()).map_err(failed)
    }

    fn entry(&self, index: u64) -> Result<Vec<u8>, LogError> {
        let mut reader = self.reader()?;
        let stored = reader.entries(index).next();
        let (_, bytes) = stored
            .ok_or_else(|| LogError::Failed(format!("there is no entry {index}")))?
            .map_err(failed)?;
        Ok(bytes)
    }

    fn note(&self) -> &Note {
        self.folder.checkpoint()
    }
}

/// The time in Unix seconds; the clock is never set before 1970.
pub(super) fn now_s(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.now().0 / 1000).unwrap_or(0)
}

fn failed(error: impl std::fmt::Display) -> LogError {
    LogError::Failed(error.to_string())
}

impl PublicLog for InstallationLog {
    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    fn append(&mut self, entry: &[u8]) -> Result<u64, LogError> {
        let index = self.ledger.size();
        let mut next = self.ledger.clone();
        next.apply(index, entry)
            .map_err(|violation| LogError::Refused(violation.to_string()))?;
        self.folder.append(&[entry]).map_err(failed)?;
        self.ledger = next;
        self.show();
        self.have_it_witnessed();
        Ok(index)
    }

    fn find(&self, entry: &[u8], from: u64) -> Result<Option<u64>, LogError> {
        let mut reader = self.reader()?;
        for stored in reader.entries(from) {
            let (index, bytes) = stored.map_err(failed)?;
            if bytes == entry {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    fn is_witnessed(&self, index: u64, now_s: u64) -> Result<bool, LogError> {
        if index >= self.folder.head().size {
            return Ok(false);
        }
        let freshness = Freshness::within(FRESH_S);
        Ok(self.policy.evaluate(self.note(), freshness, now_s).is_ok())
    }

    fn update(&self, from: u64) -> Result<LogUpdate, LogError> {
        self.folder.source().update(from).map_err(failed)
    }

    fn proof(&self, index: u64) -> Result<String, LogError> {
        let entry = self.entry(index)?;
        let mut reader = self.reader()?;
        let proof = TlogProof::make(&mut reader, &entry, index, self.note().clone());
        Ok(proof.map_err(failed)?.to_string())
    }

    fn trust(&self, now_s: u64) -> Trust {
        let level = self.level(now_s);
        Trust {
            level: level.word().into(),
            meaning: meaning(level).into(),
        }
    }

    fn refresh(&mut self, now_s: u64) {
        let half = Freshness::within(RENEW_S);
        if self.policy.evaluate(self.note(), half, now_s).is_err() {
            self.have_it_witnessed();
        }
    }
}

/// The log as pages see it.
pub struct Record {
    shown: Arc<RwLock<Arc<Snapshot>>>,
    files: FolderSource,
}

impl PublicRecord for Record {
    fn snapshot(&self) -> Arc<Snapshot> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    fn files(&self) -> &(dyn TileSource + Send + Sync + 'static) {
        &self.files
    }
}

/// In which form a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// RFC 4180.
    Csv,
    /// JSON.
    Json,
}

/// The report of a quarter: the bytes that pages give as well.
pub fn report_of(ledger: &Ledger, quarter: Quarter, format: ReportFormat) -> String {
    let rows = report::rows(ledger, Some(quarter));
    match format {
        ReportFormat::Csv => report::to_csv(&rows),
        ReportFormat::Json => report::to_json(ledger, &rows),
    }
}

/// What moderation did in the months of a quarter, in numbers.
pub fn moderation_of(ledger: &Ledger, quarter: Quarter, format: ReportFormat) -> String {
    let rows = moderation_report::rows(ledger);
    let rows = moderation_report::of_quarter(rows, quarter);
    match format {
        ReportFormat::Csv => moderation_report::to_csv(&rows),
        ReportFormat::Json => moderation_report::to_json(ledger, &rows),
    }
}

/// Reads the whole log in a folder and replays it, for commands that only read.
pub fn read(folder: &Path) -> Result<Ledger, OpenLogError> {
    let source = FolderSource::new(folder);
    let (_, head, origin) = newest(&source)?;
    let mut reader = TileReader::open(&source, head)?;
    replay_from(&mut reader, &origin)
}

/// The newest signed checkpoint of the log of a data folder.
pub fn checkpoint(data: &Path) -> Result<String, OpenLogError> {
    let source = FolderSource::new(DataFolder::new(data).log());
    Ok(newest(&source)?.0.to_string())
}

/// The proof of an entry, against the newest checkpoint.
pub fn prove(data: &Path, index: u64) -> Result<String, OpenLogError> {
    let source = FolderSource::new(DataFolder::new(data).log());
    let (note, head, _) = newest(&source)?;
    let mut reader = TileReader::open(&source, head)?;
    let stored = reader.entries(index).next();
    let missing = || OpenLogError::Rules(format!("the log has {} entries", head.size));
    let (_, entry) = stored.ok_or_else(missing)??;
    let proof = TlogProof::make(&mut reader, &entry, index, note);
    Ok(proof
        .map_err(|error| OpenLogError::Rules(error.to_string()))?
        .to_string())
}

/// All entries, a comment with its number before each.
pub fn export(data: &Path) -> Result<String, OpenLogError> {
    let source = FolderSource::new(DataFolder::new(data).log());
    let (_, head, _) = newest(&source)?;
    let mut reader = TileReader::open(&source, head)?;
    let mut text = String::new();
    for stored in reader.entries(0) {
        let (index, entry) = stored?;
        let entry = String::from_utf8_lossy(&entry);
        writeln!(text, "# {index}\n{entry}").expect("a string takes everything");
    }
    Ok(text)
}

fn newest(source: &FolderSource) -> Result<(Note, TreeHead, String), OpenLogError> {
    let unread = |why: String| OpenLogError::Rules(why);
    let bytes = source
        .read("checkpoint")
        .map_err(|error| unread(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| unread("there is no log in this folder".into()))?;
    let note = Note::parse(&bytes).map_err(|error| unread(error.to_string()))?;
    let checkpoint: Checkpoint = note
        .text()
        .parse()
        .map_err(|_| unread("its checkpoint does not read".into()))?;
    Ok((note, checkpoint.head(), checkpoint.origin().to_owned()))
}

fn replay(folder: &FolderLog, origin: &str) -> Result<Ledger, OpenLogError> {
    let mut reader = TileReader::open(folder.source(), folder.head())?;
    replay_from(&mut reader, origin)
}

fn replay_from(
    reader: &mut TileReader<'_, FolderSource>,
    origin: &str,
) -> Result<Ledger, OpenLogError> {
    let mut ledger = Ledger::new(origin);
    // The proofs of vectors were checked before each entry was appended, and everyone else checks
    // them again: a server that starts need not.
    let mut checked_before = Vec::new();
    for stored in reader.entries(0) {
        let (index, bytes) = stored?;
        ledger
            .apply_deferring(index, &bytes, &mut checked_before)
            .map_err(|violation| OpenLogError::Rules(violation.to_string()))?;
        checked_before.clear();
    }
    Ok(ledger)
}

/// The log's key; made when there is no log yet.
fn key(data: &DataFolder, origin: &str) -> Result<SignerKey, OpenLogError> {
    let path = data.log_key();
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            SignerKey::parse(text.trim_end()).map_err(|source| OpenLogError::Key { path, source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if data.log().join("checkpoint").exists() {
                return Err(SecretsError::Lost(path).into());
            }
            let name: KeyName = origin.parse().map_err(|_| {
                OpenLogError::Rules(format!("`{origin}` cannot be the name of a log"))
            })?;
            let mut seed = Zeroizing::new([0; 32]);
            SystemEntropy.fill(&mut *seed);
            let key = SignerKey::new(name, &seed);
            replace(&path, 0o600, key.to_text().as_bytes())?;
            Ok(key)
        }
        Err(source) => Err(SecretsError::Io { path, source }.into()),
    }
}

/// The policy: the log's own key, and the witnesses that the operator asks.
fn policy(signer: &SignerKey, witnesses: Option<&Path>) -> Result<(String, Policy), OpenLogError> {
    let own = format!("log {}\n", signer.verifier());
    let Some(path) = witnesses else {
        let text = format!("{own}quorum none\n");
        let policy = Policy::parse(text.as_bytes()).expect("a log and no quorum");
        return Ok((text, policy));
    };
    let wrong = |why: String| OpenLogError::Witnesses {
        path: path.to_owned(),
        why,
    };
    let lines = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let text = own + &lines;
    let policy = Policy::parse(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    Ok((text, policy))
}
