//! Versions of the classifier: which one judges, which one judges beside it, and how they change.
//!
//! The public log says which version is at work; a file lies in the data folder for each, but for the
//! one that ships with this program. A file whose hash is not the logged one does not judge.

use super::{Moderation, Screen};
use crate::secrets::{DataFolder, replace};
use heliograph_classifier::learn::learn;
use heliograph_classifier::lines;
use heliograph_classifier::model::Model;
use heliograph_moderation::precedents;
use heliograph_store::{Store, StoreError};
use heliograph_transparency::entry::{Model as Logged, ModelState};
use heliograph_transparency::ledger::Ledger;
use heliograph_transparency::tree::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};

/// From how many decisions at most one version learns, the newest ones.
const LEARNED_MAX: usize = 20_000;

/// How sources of decisions are named in a model's header.
const DECISIONS: &str = "decisions for version ";

/// The ending of a model's file.
const ENDING: &str = "hcm";

/// Something about a version did not work, in words for the operator.
#[derive(Debug, Error)]
pub enum ModelsError {
    /// No such version.
    #[error("there is no version {0}; `heliograph admin model list` names those there are")]
    Unknown(u32),
    /// It is already so.
    #[error("version {0} is at work already")]
    AtWork(u32),
    /// Nothing to go back to.
    #[error("no other version was at work before this one")]
    NothingBefore,
    /// The file is not what the log says.
    #[error("the file of version {0} is damaged, or not the one that the public log names")]
    Altered(u32),
    /// Nothing new was learned.
    #[error(transparent)]
    Learn(#[from] heliograph_classifier::learn::Refusal),
    /// A file.
    #[error("a file of the folder models/ cannot be used: {0}")]
    File(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log did not take it, so it was not done.
    #[error("the public log did not take it: {0}")]
    Log(String),
    /// A computation ended early.
    #[error("it was interrupted: {0}")]
    Interrupted(#[from] JoinError),
}

/// A version, for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelLine {
    /// Its number.
    pub version: u32,
    /// `live`, `shadow`, or empty.
    pub state: String,
    /// How many decisions it has learned from, beside what it shipped with.
    pub learned: u64,
    /// How often it came to the same verdict as the one at work, as a shadow since the start.
    pub agreed: u64,
    /// How often it did not.
    pub differed: u64,
}

/// What came of learning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedLine {
    /// The new version.
    pub version: u32,
    /// How many texts it learned from.
    pub used: usize,
    /// How many were left out as repetitions of others.
    pub repeated: usize,
    /// How many were left out because people disagree about them.
    pub disputed: usize,
}

/// The versions of a running server.
pub struct Models {
    folder: PathBuf,
    store: Store,
    moderation: Arc<Moderation>,
    screen: Arc<Screen>,
    /// Held for a change, so that two operators make one after the other.
    changes: Mutex<()>,
}

impl Models {
    /// The versions of this data folder. Whichever the log says are at work begin to judge.
    pub async fn open(
        data: &DataFolder,
        store: Store,
        moderation: Arc<Moderation>,
        screen: Arc<Screen>,
    ) -> Arc<Self> {
        let models = Arc::new(Models {
            folder: data.models(),
            store,
            moderation,
            screen,
            changes: Mutex::new(()),
        });
        let (live, shadow) = models.logged(|ledger| {
            let live = newest(ledger, ModelState::Live).cloned();
            (live, shadow_of(ledger).cloned())
        });
        if let Some(live) = live {
            match models.load_logged(&live).await {
                Ok(model) => models.screen.use_model(model),
                // Judging goes on with the one that ships; the operator is told.
                Err(error) => tracing::error!(%error, "classifier_version_not_used"),
            }
        }
        if let Some(shadow) = shadow {
            match models.load_logged(&shadow).await {
                Ok(model) => models.screen.shadow(Some(model)),
                Err(error) => tracing::error!(%error, "classifier_shadow_not_used"),
            }
        }
        models
    }

    /// Every version there is, oldest first.
    pub async fn list(&self) -> Result<Vec<ModelLine>, ModelsError> {
        let (live, shadow) = (self.screen.model().header.version, self.screen.shadowing());
        let (agreed, differed) = self.screen.shadow_counts();
        let mut lines = Vec::new();
        for version in versions(&self.folder)? {
            let (model, _) = self.load(version).await?;
            let in_shadow = shadow == Some(version);
            lines.push(ModelLine {
                version,
                state: match version {
                    version if version == live => ModelState::Live.word().into(),
                    _ if in_shadow => ModelState::Shadow.word().into(),
                    _ => String::new(),
                },
                learned: learned_from(&model),
                agreed: if in_shadow { agreed } else { 0 },
                differed: if in_shadow { differed } else { 0 },
            });
        }
        Ok(lines)
    }

    /// Makes a new version that has learned from what people have decided. It does nothing until it
    /// is used.
    pub async fn learn(&self) -> Result<LearnedLine, ModelsError> {
        let _alone = self.changes.lock().await;
        let batch = {
            let mut view = self.store.view().await?;
            precedents::examples(&mut *view, LEARNED_MAX).await?
        };
        let (model, folder) = (self.screen.model(), self.folder.clone());
        let made = spawn_blocking(move || {
            let mut learned = learn(&model, &batch, &lines::gold())?;
            // A version that was withdrawn keeps its number.
            let newest = versions(&folder)?.last().copied().unwrap_or_default();
            let header = &mut learned.model.header;
            header.version = newest + 1;
            if let Some(source) = header.trained_on.last_mut() {
                source.name = format!("{DECISIONS}{}", header.version);
            }
            let path = path_of(&folder, header.version);
            fs::create_dir_all(&folder)?;
            replace(&path, 0o600, &learned.model.encode()).map_err(io::Error::other)?;
            Ok::<_, ModelsError>(LearnedLine {
                version: learned.model.header.version,
                used: learned.used,
                repeated: learned.repeated,
                disputed: learned.disputed,
            })
        });
        made.await?
    }

    /// Has a version judge beside the one at work; nothing follows from what it finds but a count.
    pub async fn shadow(&self, version: u32) -> Result<(), ModelsError> {
        let _alone = self.changes.lock().await;
        if self.screen.model().header.version == version {
            return Err(ModelsError::AtWork(version));
        }
        let (model, file) = self.load(version).await?;
        self.log(&model, file, ModelState::Shadow).await?;
        self.screen.shadow(Some(model));
        Ok(())
    }

    /// Has a version judge from now on.
    pub async fn switch_to(&self, version: u32) -> Result<(), ModelsError> {
        let _alone = self.changes.lock().await;
        if self.screen.model().header.version == version {
            return Err(ModelsError::AtWork(version));
        }
        let (model, file) = self.load(version).await?;
        self.log(&model, file, ModelState::Live).await?;
        if self.screen.shadowing() == Some(version) {
            self.screen.shadow(None);
        }
        self.screen.use_model(model);
        Ok(())
    }

    /// Goes back to the version that was at work before; answers with its number. The one that was at
    /// work is withdrawn.
    pub async fn roll_back(&self) -> Result<u32, ModelsError> {
        let _alone = self.changes.lock().await;
        let current = self.screen.model();
        let now = u64::from(current.header.version);
        let shipped = Model::shipped().header.version;
        let before = self.logged(|ledger| {
            let withdrawn = |version| {
                let states = ledger.moderation().models().iter().rev();
                let mut of_it = states.filter(|(_, model)| model.version == version);
                of_it.next().map(|(_, model)| model.state) == Some(ModelState::Withdrawn)
            };
            let lived = ledger.moderation().models().iter().rev();
            let mut lived = lived.filter(|(_, model)| {
                let other = model.version != now && !withdrawn(model.version);
                model.state == ModelState::Live && other
            });
            lived.next().map(|(_, model)| model.version)
        });
        let before = before.map_or(shipped, |version| u32::try_from(version).unwrap_or(shipped));
        if u64::from(before) == now {
            return Err(ModelsError::NothingBefore);
        }
        let (model, file) = self.load(before).await?;
        self.log(&model, file, ModelState::Live).await?;
        let (_, file) = self.load(current.header.version).await?;
        self.log(&current, file, ModelState::Withdrawn).await?;
        self.screen.use_model(model);
        Ok(before)
    }

    fn logged<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        let office = &self.moderation.desk().office;
        office.with_log(|log| look(log.ledger()))
    }

    async fn log(&self, model: &Model, file: Hash, state: ModelState) -> Result<(), ModelsError> {
        let entry = Logged {
            version: u64::from(model.header.version),
            file,
            state,
            learned: learned_from(model),
        };
        let logged = self.moderation.log_model(entry).await;
        logged.map_err(|error| ModelsError::Log(error.to_string()))
    }

    /// A version with the hash of its file.
    async fn load(&self, version: u32) -> Result<(Model, Hash), ModelsError> {
        let folder = self.folder.clone();
        let read = spawn_blocking(move || {
            let shipped = Model::shipped();
            if shipped.header.version == version {
                let file = Hash(Sha256::digest(shipped.encode()).into());
                return Ok((shipped, file));
            }
            let file = match fs::read(path_of(&folder, version)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(ModelsError::Unknown(version));
                }
                read => read?,
            };
            let model = Model::decode(&file).map_err(|_| ModelsError::Altered(version))?;
            if model.header.version != version {
                return Err(ModelsError::Altered(version));
            }
            Ok((model, Hash(Sha256::digest(&file).into())))
        });
        read.await?
    }

    /// A version as the log names it.
    async fn load_logged(&self, logged: &Logged) -> Result<Model, ModelsError> {
        let version = u32::try_from(logged.version).unwrap_or_default();
        let (model, file) = self.load(version).await?;
        if file == logged.file {
            Ok(model)
        } else {
            Err(ModelsError::Altered(version))
        }
    }
}

fn newest(ledger: &Ledger, state: ModelState) -> Option<&Logged> {
    let models = ledger.moderation().models().iter().rev();
    let mut found = models.map(|(_, model)| model);
    found.find(|model| model.state == state)
}

/// The version that judges beside the one at work: the newest shadow, unless it was used or withdrawn
/// since.
fn shadow_of(ledger: &Ledger) -> Option<&Logged> {
    let shadow = newest(ledger, ModelState::Shadow)?;
    let of_it = ledger.moderation().models().iter().rev();
    let mut of_it = of_it.filter(|(_, model)| model.version == shadow.version);
    let state = of_it.next().map(|(_, model)| model.state);
    (state == Some(ModelState::Shadow)).then_some(shadow)
}

/// How many decisions a model has learned from.
fn learned_from(model: &Model) -> u64 {
    let sources = model.header.trained_on.iter();
    let decisions = sources.filter(|source| source.name.starts_with(DECISIONS));
    decisions.map(|source| u64::from(source.texts)).sum()
}

fn path_of(folder: &Path, version: u32) -> PathBuf {
    folder.join(format!("{version:06}.{ENDING}"))
}

/// The versions there are, in order: the shipped one, and those of the folder.
fn versions(folder: &Path) -> io::Result<Vec<u32>> {
    let mut versions = vec![Model::shipped().header.version];
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(versions),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let is_model = path.extension().is_some_and(|ending| ending == ENDING);
        let name = path.file_stem().and_then(|name| name.to_str());
        versions.extend(
            name.filter(|_| is_model)
                .and_then(|name| name.parse::<u32>().ok()),
        );
    }
    versions.sort_unstable();
    versions.dedup();
    Ok(versions)
}
