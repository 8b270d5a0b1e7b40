//! The gate of a running server: public posts, and new, renamed or re-described public peers, are
//! judged before anybody can find them.
//!
//! What is kept back goes the way of every decision: into the public log, then onto the subject,
//! with a statement to the owner. Only then the index takes it in, so nothing is findable in between,
//! whenever the process ends.

use super::refusals::{BlobOrStore, Refusals, hashed_photo};
use super::{Moderation, ModerationError, Screen};
use crate::gateway::SystemEntropy;
use crate::metrics::Looked;
use heliograph_api::{Entropy as _, Services, shows_face_to_all};
use heliograph_discovery::gate::{Candidate, Gate as Look, GateError, Place};
use heliograph_domain::stale;
use heliograph_model::{ChannelId, FileId, Peer, PublicKind, PublicPeer};
use heliograph_moderation::decisions::{self, DecideError, Progress};
use heliograph_moderation::gate::KeepBack;
use heliograph_moderation::opinion::Opinion;
use heliograph_moderation::reasons::Reason;
use heliograph_moderation::sampling::{Sample, is_drawn};
use heliograph_moderation::subject::Subject;
use heliograph_store::{BoxFuture, Store, StoreError};
use heliograph_transparency::entry::Act;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
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
    #[error(transparent)]
    Picture(#[from] BlobOrStore),
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
    /// The model abstains, and people are to look.
    drawn: bool,
}

/// Judges what is about to become findable.
pub struct Gate {
    store: Store,
    moderation: Arc<Moderation>,
    screen: Arc<Screen>,
    services: Arc<Services>,
    refusals: Arc<Refusals>,
    /// How many posts on which the model abstains come to people in a day.
    sampled_per_day: u32,
}

impl Gate {
    /// A gate in front of the public index of these services, with what people have decided about
    /// texts and pictures.
    pub fn new(
        services: Arc<Services>,
        moderation: Arc<Moderation>,
        screen: Arc<Screen>,
        refusals: Arc<Refusals>,
        sampled_per_day: u32,
    ) -> Arc<Self> {
        Arc::new(Gate {
            store: services.store.clone(),
            moderation,
            screen,
            services,
            refusals,
            sampled_per_day,
        })
    }

    async fn look_at(&self, candidates: Vec<Candidate>) -> Result<Vec<Place>, Failure> {
        self.refusals.campaigns.follow(&self.store).await?;
        let mut bad = Vec::new();
        let mut kept_back = Vec::new();
        for keep_back in self.compare_pictures(&candidates).await? {
            self.keep_back(Some(keep_back), &mut kept_back).await?;
        }
        for found in self.judge(candidates).await? {
            let subject = &found.subject;
            let precedent = self
                .refusals
                .campaigns
                .precedent(&self.store, &found.near, subject);
            match (precedent.await?, found.opinion) {
                // People have decided about such a text: their word goes before the model's.
                (Some((decided, precedent)), _) => {
                    let like = (decided, &precedent);
                    let keep_back = KeepBack::like(found.subject, found.text, like, salt());
                    self.keep_back(keep_back, &mut kept_back).await?;
                }
                (None, Some(opinion)) => bad.push(opinion),
                (None, None) if found.drawn => {
                    let sample = Sample {
                        subject: found.subject,
                        text: found.text,
                        per_day: self.sampled_per_day,
                    };
                    self.store.write(sample).await?;
                }
                (None, None) => {}
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

    /// Compares the pictures of posts, and the faces of peers, with the operator's lists.
    async fn compare_pictures(&self, candidates: &[Candidate]) -> Result<Vec<KeepBack>, Failure> {
        let mut found = Vec::new();
        if self.refusals.banks.is_empty() {
            return Ok(found);
        }
        for candidate in candidates {
            let (subject, photos) = match candidate {
                Candidate::Post(post) => (
                    Some(Subject::Post(post.channel(), post.id())),
                    post.photos().to_vec(),
                ),
                Candidate::Peer(face) => {
                    let photos = self.face(face).await?.into_iter().collect();
                    (Subject::of_peer(face.peer()), photos)
                }
            };
            let Some(subject) = subject else { continue };
            for photo in &photos {
                if let Some(reason) = self.listed(*photo).await? {
                    found.push(KeepBack::picture(subject, &photos, reason, salt()));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The photo of a peer that everybody sees. A person's privacy settings may show it to some only;
    /// then it is private, and not looked at.
    async fn face(&self, face: &PublicPeer) -> Result<Option<FileId>, Failure> {
        let (Some(photo), Peer::User(user)) = (face.photo(), face.peer()) else {
            return Ok(face.photo());
        };
        if face.kind() == PublicKind::Person {
            let mut view = self.store.view().await?;
            if !shows_face_to_all(&mut *view, user).await? {
                return Ok(None);
            }
        }
        Ok(Some(photo))
    }

    /// Why a photo is not to be published, where it is in a list and nobody has let it through.
    async fn listed(&self, photo: FileId) -> Result<Option<&'static Reason>, Failure> {
        let files = &self.services.files;
        let Some(picture) = hashed_photo(&self.store, files, photo).await? else {
            return Ok(None);
        };
        let refusals = self.refusals.clone();
        let reason = spawn_blocking(move || {
            let listed = refusals.banks.reason(&picture);
            listed.filter(|_| !refusals.is_admitted(&picture))
        });
        Ok(reason.await?)
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
        let (screen, refusals) = (self.screen.clone(), self.refusals.clone());
        let services = self.services.clone();
        let judged = spawn_blocking(move || {
            let look = |candidate: &Candidate| {
                let (opinion, near) = match candidate {
                    Candidate::Peer(face) => (
                        screen.peer(face, &[])?,
                        refusals.campaigns.near(&face.said()),
                    ),
                    // There is nothing to read under a picture without words.
                    Candidate::Post(post) if post.text().is_empty() => return None,
                    Candidate::Post(post) => {
                        (screen.post(post), refusals.campaigns.near(post.text()))
                    }
                };
                let abstains = opinion.judged.abstains && matches!(candidate, Candidate::Post(_));
                let found = Found {
                    subject: opinion.subject.clone(),
                    text: opinion.text,
                    near,
                    drawn: abstains
                        && is_drawn(&services.access.mac(&[b"hg/abstained/v1", &opinion.text])),
                    opinion: opinion.act.is_some().then_some(opinion),
                };
                let concerns = found.opinion.is_some() || !found.near.is_empty() || found.drawn;
                concerns.then_some(found)
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
                let mut posts = stale::newest_public_posts(&mut *view, channel, NEWEST).await?;
                posts.retain(|post| !post.text().is_empty());
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
            let begun = Instant::now();
            let places = self.look_at(candidates).await.map_err(GateError::from)?;
            let outcome = if places.is_empty() {
                Looked::LetThrough
            } else {
                Looked::KeptBack
            };
            self.screen.looked(outcome, begun.elapsed());
            Ok(places)
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
