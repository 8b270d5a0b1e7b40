//! The gate of a running server: public posts, and new, renamed or re-described public peers, are
//! judged before anybody can find them.
//!
//! What is kept back goes the way of every decision: into the public log, then onto the subject,
//! with a statement to the owner. Only then the index takes it in, so nothing is findable in between,
//! whenever the process ends.

use super::banks::{self, Banks};
use super::campaigns::Campaigns;
use super::{Moderation, ModerationError, Screen};
use crate::gateway::SystemEntropy;
use heliograph_api::{Entropy as _, Services};
use heliograph_classifier::pdq::Hashed;
use heliograph_discovery::gate::{Candidate, Gate as Look, GateError, Place};
use heliograph_domain::files::{self, BlobError};
use heliograph_domain::stale;
use heliograph_model::{ChannelId, FileId, Peer};
use heliograph_moderation::decisions::{self, DecideError, Progress};
use heliograph_moderation::gate::KeepBack;
use heliograph_moderation::opinion::Opinion;
use heliograph_moderation::subject::Subject;
use heliograph_store::{BoxFuture, Store, StoreError};
use heliograph_transparency::entry::Act;
use std::collections::BTreeSet;
use std::sync::Arc;
use thiserror::Error;
use tokio::task::{JoinError, spawn_blocking};

/// How many of its newest messages are read to judge a channel as a whole.
const NEWEST: u32 = 30;

/// From so many posts on a channel is judged by them; fewer are judged each by itself.
const POOLED_FROM: usize = 5;

/// How many decisions wait for the log at most: each new one is compared with those that wait.
const WAITING: usize = 50;

/// The gate did not work; what is new stays unfindable, and is looked at again.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Decide(#[from] DecideError),
    #[error(transparent)]
    Moderation(#[from] ModerationError),
    #[error("a picture cannot be read: {0}")]
    Picture(#[from] BlobError),
    #[error("the classifier failed: {0}")]
    Classifier(#[from] JoinError),
}

/// Something that may have to be kept back.
struct Found {
    subject: Subject,
    /// SHA-256 of its text.
    text: [u8; 32],
    /// Decisions of people about texts that are nearly the same.
    near: Vec<u64>,
    /// The model's, where something follows from it.
    opinion: Option<Opinion>,
}

/// Judges what is about to become findable.
pub struct Gate {
    store: Store,
    moderation: Arc<Moderation>,
    screen: Arc<Screen>,
    campaigns: Arc<Campaigns>,
    services: Arc<Services>,
    banks: Arc<Banks>,
}

impl Gate {
    /// A gate in front of the public index of these services, with the lists of pictures that are not
    /// to be published.
    pub fn new(
        services: Arc<Services>,
        moderation: Arc<Moderation>,
        screen: Arc<Screen>,
        banks: Arc<Banks>,
    ) -> Arc<Self> {
        Arc::new(Gate {
            store: services.store.clone(),
            moderation,
            screen,
            campaigns: Arc::default(),
            services,
            banks,
        })
    }

    async fn look_at(&self, candidates: Vec<Candidate>) -> Result<Vec<Place>, Failure> {
        self.campaigns.follow(&self.store).await?;
        let mut bad = Vec::new();
        let mut kept_back = Vec::new();
        for keep_back in self.compare_pictures(&candidates).await? {
            self.keep_back(Some(keep_back), &mut kept_back).await?;
        }
        for found in self.judge(candidates).await? {
            let subject = &found.subject;
            let precedent = self.campaigns.precedent(&self.store, &found.near, subject);
            match (precedent.await?, found.opinion) {
                // People have decided about such a text: their word goes before the model's.
                (Some((decided, precedent)), _) => {
                    let like = (decided, &precedent);
                    let keep_back = KeepBack::like(found.subject, found.text, like, salt());
                    self.keep_back(keep_back, &mut kept_back).await?;
                }
                (None, opinion) => bad.extend(opinion),
            }
        }
        // One decision about a channel is worth more than one about each post, and covers them.
        let mut covered = BTreeSet::new();
        for (channel, opinion) in self.judge_channels_of(&bad).await? {
            let keep_back = KeepBack::of(&opinion, salt());
            if self.keep_back(keep_back, &mut kept_back).await? {
                covered.insert(channel);
            }
        }
        for opinion in &bad {
            match opinion.subject {
                Subject::Post(channel, _) if covered.contains(&channel) => {}
                _ => {
                    let keep_back = KeepBack::of(opinion, salt());
                    self.keep_back(keep_back, &mut kept_back).await?;
                }
            }
        }
        self.carry_out(&kept_back).await?;
        Ok(kept_back.into_iter().map(|(place, _)| place).collect())
    }

    /// Compares the pictures of posts with the operator's lists.
    async fn compare_pictures(&self, candidates: &[Candidate]) -> Result<Vec<KeepBack>, Failure> {
        let mut found = Vec::new();
        if self.banks.is_empty() {
            return Ok(found);
        }
        for candidate in candidates {
            let Candidate::Post(post) = candidate else {
                continue;
            };
            for photo in post.photos() {
                let Some(picture) = self.picture(*photo).await? else {
                    continue;
                };
                let banks = self.banks.clone();
                let reason = spawn_blocking(move || banks.reason(&picture)).await?;
                if let Some(reason) = reason {
                    found.push(KeepBack::picture(post, reason, salt()));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Hashes a photo; `None` for one that is gone or tiny.
    async fn picture(&self, id: FileId) -> Result<Option<Hashed>, Failure> {
        let file = {
            let mut view = self.store.view().await?;
            files::find(&mut *view, id).await?
        };
        let sizes = file.into_iter().flat_map(|file| file.thumbs);
        let Some(largest) = sizes.max_by_key(|size| size.size_bytes) else {
            return Ok(None);
        };
        let whole = 0..u64::from(largest.size_bytes);
        let files = &self.services.files;
        let Some(bytes) = files.read(id, Some(largest.letter), whole).await? else {
            return Ok(None);
        };
        // What this program wrote it can read; what is damaged on disk nobody is shown either.
        let hashed = files.picture(bytes, banks::hashed).await;
        Ok(hashed.ok().and_then(|(hashed, _)| hashed))
    }

    /// Keeps something back, and notes it; false where that is not to be done.
    async fn keep_back(
        &self,
        keep_back: Option<KeepBack>,
        kept_back: &mut Vec<(Place, u64)>,
    ) -> Result<bool, Failure> {
        let Some(keep_back) = keep_back else {
            return Ok(false);
        };
        let place = place(&keep_back.subject);
        let decided = self.store.write(keep_back).await?;
        let noted = place.zip(decided);
        kept_back.extend(noted);
        if noted.is_some() && kept_back.len().is_multiple_of(WAITING) {
            self.carry_out(kept_back).await?;
        }
        Ok(noted.is_some())
    }

    /// Judges each; answers with those that something may be done about.
    async fn judge(&self, candidates: Vec<Candidate>) -> Result<Vec<Found>, Failure> {
        let (screen, campaigns) = (self.screen.clone(), self.campaigns.clone());
        let judged = spawn_blocking(move || {
            let look = |candidate: &Candidate| {
                let (opinion, near) = match candidate {
                    Candidate::Peer(face) => {
                        let said = format!("{}\n{}", face.title(), face.about());
                        (screen.peer(face, &[])?, campaigns.near(&said))
                    }
                    Candidate::Post(post) => (screen.post(post), campaigns.near(post.text())),
                };
                let found = Found {
                    subject: opinion.subject.clone(),
                    text: opinion.text,
                    near,
                    opinion: opinion.act.is_some().then_some(opinion),
                };
                (found.opinion.is_some() || !found.near.is_empty()).then_some(found)
            };
            candidates.iter().filter_map(look).collect()
        });
        Ok(judged.await?)
    }

    /// Judges the channels of bad posts by their newest posts together; answers with those that are
    /// to be hidden.
    async fn judge_channels_of(
        &self,
        bad: &[Opinion],
    ) -> Result<Vec<(ChannelId, Opinion)>, Failure> {
        let channels: BTreeSet<ChannelId> = bad
            .iter()
            .filter_map(|opinion| match opinion.subject {
                Subject::Post(channel, _) => Some(channel),
                _ => None,
            })
            .collect();
        let mut found = Vec::new();
        for channel in channels {
            let (face, posts) = {
                let mut view = self.store.view().await?;
                let face = stale::public_peer(&mut *view, channel.into()).await?;
                let posts = stale::newest_public_posts(&mut *view, channel, NEWEST).await?;
                (face, posts)
            };
            let Some(face) = face.filter(|_| posts.len() >= POOLED_FROM) else {
                continue;
            };
            let screen = self.screen.clone();
            let judged = spawn_blocking(move || screen.peer(&face, &posts)).await?;
            // A channel that is merely demoted would not cover a post that is to be hidden.
            let hidden = judged.filter(|whole| matches!(whole.act, Some(Act::Hold | Act::Delist)));
            found.extend(hidden.map(|whole| (channel, whole)));
        }
        Ok(found)
    }

    /// Brings decisions to the log and onto their subjects. What the log refuses is not carried out,
    /// and becomes findable like anything else.
    async fn carry_out(&self, kept_back: &[(Place, u64)]) -> Result<(), Failure> {
        for (_, id) in kept_back {
            loop {
                let decided = {
                    let mut view = self.store.view().await?;
                    decisions::find(&mut *view, *id).await?
                };
                if decided.is_none_or(|decided| decided.state != Progress::Waiting) {
                    break;
                }
                // Each round carries out as many as it can, the oldest first.
                self.moderation.round().await?;
            }
        }
        Ok(())
    }
}

impl Look for Gate {
    fn look(&self, candidates: Vec<Candidate>) -> BoxFuture<'_, Result<Vec<Place>, GateError>> {
        Box::pin(async move {
            let places = self.look_at(candidates).await;
            places.map_err(GateError::from)
        })
    }
}

fn place(subject: &Subject) -> Option<Place> {
    match subject {
        Subject::User(user) => Some((Peer::User(*user), None)),
        Subject::Channel(channel) => Some((Peer::Channel(*channel), None)),
        Subject::Post(channel, post) => Some((Peer::Channel(*channel), Some(*post))),
        Subject::Term(_) => None,
    }
}

fn salt() -> [u8; 32] {
    let mut salt = [0; 32];
    SystemEntropy.fill(&mut salt);
    salt
}
