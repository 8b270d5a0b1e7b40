//! The one door to the classifier: whatever is judged while the server runs is judged and counted
//! here, and nothing that is not public fits through.

use crate::metrics::{Classified, Metrics};
use heliograph_classifier::model::Model;
use heliograph_model::{PublicPeer, PublicPost};
use heliograph_moderation::opinion::Opinion;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

/// Judges what is public.
pub struct Screen {
    model: RwLock<Arc<Model>>,
    metrics: Arc<Metrics>,
}

impl Screen {
    /// Judges with this model, and counts here.
    pub fn new(model: Model, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Screen {
            model: RwLock::new(Arc::new(model)),
            metrics,
        })
    }

    /// The model that judges now.
    pub fn model(&self) -> Arc<Model> {
        let model = self.model.read().unwrap_or_else(PoisonError::into_inner);
        model.clone()
    }

    /// What it thinks of a post. Takes up to a millisecond.
    pub fn post(&self, post: &PublicPost) -> Opinion {
        let begun = Instant::now();
        let opinion = Opinion::of_post(&self.model(), post);
        self.metrics.classified(Classified::Post, begun.elapsed());
        opinion
    }

    /// What it thinks of a channel, group or bot, by how it presents itself and by these posts;
    /// `None` for a person. Takes up to a millisecond for each text.
    pub fn peer(&self, face: &PublicPeer, posts: &[PublicPost]) -> Option<Opinion> {
        let begun = Instant::now();
        let opinion = Opinion::of_peer(&self.model(), face, posts)?;
        self.metrics.classified(Classified::Peer, begun.elapsed());
        Some(opinion)
    }
}
