//! What is refused before it is published, in memory: texts that a moderator has marked, pictures of
//! lists that the operator has marked, and what people have let through all the same.

use super::banks::{self, Banks};
use super::campaigns::Campaigns;
use heliograph_api::refusals::{Refusals as Ask, RefusalsError, Refused};
use heliograph_classifier::pdq::{Bank, Hashed, Pdq};
use heliograph_classifier::simhash::Fingerprint;
use heliograph_domain::files::{self, BlobError, Files};
use heliograph_model::{FileId, MessageId, PublicDraft, PublicPeer, UnixMs};
use heliograph_moderation::precedents::{self, Precedent};
use heliograph_moderation::refusals::{self, MadeBy, RefuseAlike, RefuseError, Rule};
use heliograph_moderation::subject::Subject;
use heliograph_store::{BoxFuture, Store, StoreError};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::task::spawn_blocking;

/// How many precedents are read at a time.
const BATCH: usize = 500;

/// A text that is refused.
struct Marked {
    /// The decision about it, by its own number.
    decided: u64,
    fingerprint: Fingerprint,
    until: UnixMs,
}

/// Knows what is refused. The store has the truth; this is filled at start and follows what is marked.
pub struct Refusals {
    store: Store,
    /// What people have decided about texts, let through or not.
    pub(super) campaigns: Campaigns,
    /// The operator's lists of pictures.
    pub(super) banks: Arc<Banks>,
    marked: RwLock<Vec<Marked>>,
    admitted: RwLock<Arc<Bank>>,
}

impl Refusals {
    /// Fills it from the store.
    pub async fn open(store: Store, banks: Arc<Banks>) -> Result<Arc<Self>, StoreError> {
        let refusals = Refusals {
            store,
            campaigns: Campaigns::default(),
            banks,
            marked: RwLock::default(),
            admitted: RwLock::new(Arc::new(Bank::of(Vec::new()))),
        };
        let mut from = 0;
        loop {
            let mut view = refusals.store.view().await?;
            let read = precedents::list(&mut *view, from, BATCH).await?;
            drop(view);
            let Some((last, _)) = read.last() else { break };
            from = last + 1;
            for (decided, precedent) in read {
                refusals.mark(decided, &precedent);
            }
        }
        refusals.load_admitted().await?;
        Ok(Arc::new(refusals))
    }

    /// Has what is nearly the same as the text of a decision refused until then, or no longer.
    pub async fn refuse_alike(
        &self,
        decided: u64,
        until: Option<UnixMs>,
    ) -> Result<(), RefuseError> {
        let precedent = self.store.write(RefuseAlike { decided, until }).await?;
        self.mark(decided, &precedent);
        Ok(())
    }

    fn mark(&self, decided: u64, precedent: &Precedent) {
        let mut marked = self.marked.write().unwrap_or_else(PoisonError::into_inner);
        marked.retain(|one| one.decided != decided);
        let fingerprint = precedents::fingerprint(precedent);
        if let Some((until, fingerprint)) = precedent.refused_until.zip(fingerprint) {
            marked.push(Marked {
                decided,
                fingerprint,
                until,
            });
        }
    }

    /// Reads anew which pictures people have let through.
    pub async fn load_admitted(&self) -> Result<(), StoreError> {
        let mut view = self.store.view().await?;
        let hashes = refusals::admitted(&mut *view).await?;
        drop(view);
        let hashes = hashes.iter().filter_map(|bytes| pdq(bytes)).collect();
        let mut admitted = self
            .admitted
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *admitted = Arc::new(Bank::of(hashes));
        Ok(())
    }

    /// Whether people have let this picture through.
    pub(super) fn is_admitted(&self, picture: &Hashed) -> bool {
        let admitted = self.admitted.read().unwrap_or_else(PoisonError::into_inner);
        let admitted = admitted.clone();
        !admitted.matches_turned(picture).is_empty()
    }

    /// Whether a text is near to a marked one. Takes as long as a fingerprint of the text.
    fn is_near(&self, text: &str, now: UnixMs) -> bool {
        let marked = self.marked.read().unwrap_or_else(PoisonError::into_inner);
        if marked.is_empty() {
            return false;
        }
        let Some(fingerprint) = Fingerprint::of(text) else {
            return false;
        };
        let mut in_time = marked.iter().filter(|one| one.until > now);
        in_time.any(|one| one.fingerprint.is_near(&fingerprint))
    }

    /// The rule that refuses a text about which something of the kind of `subject` was decided. The
    /// newest word of people counts: where they let its like through since, nothing is refused.
    async fn text(
        &self,
        text: &str,
        subject: &Subject,
        now: UnixMs,
    ) -> Result<Option<Rule>, StoreError> {
        if !self.is_near(text, now) {
            return Ok(None);
        }
        self.campaigns.follow(&self.store).await?;
        let near = self.campaigns.near(text);
        let newest = self
            .campaigns
            .precedent(&self.store, &near, subject)
            .await?;
        Ok(newest.and_then(|(decided, precedent)| {
            let refused = precedent.refused_until.is_some_and(|until| until > now);
            let clause = precedent.broke.filter(|_| refused)?;
            let made_by = MadeBy::Decision(decided);
            Some(Rule { clause, made_by })
        }))
    }

    async fn picture(
        &self,
        draft: &PublicDraft,
        files: &Files,
    ) -> Result<Option<Refused>, BlobOrStore> {
        if !self.banks.refuse() {
            return Ok(None);
        }
        for photo in draft.photos() {
            let Some(picture) = hashed_photo(&self.store, files, *photo).await? else {
                continue;
            };
            let (banks, hash) = (self.banks.clone(), picture.hash());
            if self.is_admitted(&picture) {
                continue;
            }
            let refused = spawn_blocking(move || banks.refused(&picture)).await;
            if let Ok(Some((list, reason))) = refused {
                let rule = Rule {
                    clause: reason.clause.to_owned(),
                    made_by: MadeBy::List(list),
                };
                let picture = hash.0.iter().flat_map(|word| word.to_be_bytes());
                let picture = Some(picture.collect());
                return Ok(Some(Refused { rule, picture }));
            }
        }
        Ok(None)
    }
}

/// Why a photo cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BlobOrStore {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a picture cannot be read: {0}")]
    Picture(#[from] BlobError),
}

/// The size of a photo that is hashed, 800 pixels, where it has one: the hash averages down to 64 anyway,
/// and the largest size takes two and a half times as long to read.
const HASHED: u8 = b'x';

/// Hashes a photo; `None` for one that is gone or tiny.
pub(super) async fn hashed_photo(
    store: &Store,
    files: &Files,
    id: FileId,
) -> Result<Option<Hashed>, BlobOrStore> {
    let file = {
        let mut view = store.view().await?;
        files::find(&mut *view, id).await?
    };
    let sizes = file.map(|file| file.thumbs).unwrap_or_default();
    let enough = sizes.iter().find(|size| size.letter == HASHED);
    let Some(size) = enough.or(sizes.iter().max_by_key(|size| size.size_bytes)) else {
        return Ok(None);
    };
    let whole = 0..u64::from(size.size_bytes);
    let Some(bytes) = files.read(id, Some(size.letter), whole).await? else {
        return Ok(None);
    };
    // What this program wrote it can read; what is damaged on disk nobody is shown either.
    let hashed = files.picture(bytes, banks::hashed).await;
    Ok(hashed.ok().and_then(|(hashed, _)| hashed))
}

fn pdq(bytes: &[u8]) -> Option<Pdq> {
    let bytes: &[u8; 32] = bytes.try_into().ok()?;
    let mut words = [0; 16];
    for (word, pair) in words.iter_mut().zip(bytes.chunks_exact(2)) {
        *word = u16::from_be_bytes([pair[0], pair[1]]);
    }
    Some(Pdq(words))
}

impl Ask for Refusals {
    fn are_any(&self, now: UnixMs) -> bool {
        let marked = self.marked.read().unwrap_or_else(PoisonError::into_inner);
        marked.iter().any(|one| one.until > now) || self.banks.refuse()
    }

    fn draft<'a>(
        &'a self,
        draft: &'a PublicDraft,
        files: &'a Files,
        now: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Refused>, RefusalsError>> {
        Box::pin(async move {
            let about = Subject::Post(draft.channel(), MessageId(0));
            if let Some(rule) = self.text(draft.text(), &about, now).await? {
                let picture = None;
                return Ok(Some(Refused { rule, picture }));
            }
            Ok(self.picture(draft, files).await?)
        })
    }

    fn face<'a>(
        &'a self,
        face: &'a PublicPeer,
        now: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Rule>, RefusalsError>> {
        Box::pin(async move {
            let Some(subject) = Subject::of_peer(face.peer()) else {
                return Ok(None);
            };
            Ok(self.text(&face.said(), &subject, now).await?)
        })
    }
}
