//! The one door to the classifier: whatever is judged while the server runs is judged and counted
//! here, and nothing that is not public fits through.

use crate::metrics::{Classified, Looked, Metrics};
use heliograph_classifier::model::Model;
use heliograph_model::{PublicPeer, PublicPost};
use heliograph_moderation::opinion::Opinion;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Judges what is public.
pub struct Screen {
    models: RwLock<AtWork>,
    metrics: Arc<Metrics>,
}

#[derive(Clone)]
struct AtWork {
    model: Arc<Model>,
    /// Judges as well, and nothing follows from what it finds.
    shadow: Option<Arc<Model>>,
}

impl Screen {
    /// Judges with this model, and counts here.
    pub fn new(model: Model, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Screen {
            models: RwLock::new(AtWork {
                model: Arc::new(model),
                shadow: None,
            }),
            metrics,
        })
    }

    fn at_work(&self) -> AtWork {
        let models = self.models.read().unwrap_or_else(PoisonError::into_inner);
        models.clone()
    }

    /// Judges with this model from now on.
    pub fn use_model(&self, model: Model) {
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        models.model = Arc::new(model);
    }

    /// Has this model judge beside the one at work, or none. Its counts begin anew.
    pub fn shadow(&self, model: Option<Model>) {
        let mut models = self.models.write().unwrap_or_else(PoisonError::into_inner);
        models.shadow = model.map(Arc::new);
        self.metrics.shadow_agreed.reset();
        self.metrics.shadow_differed.reset();
    }

    /// The version that judges beside the one at work.
    pub fn shadowing(&self) -> Option<u32> {
        let shadow = self.at_work().shadow;
        shadow.map(|model| model.header.version)
    }

    /// How often the shadow came to the same verdict, and how often to another one.
    pub fn shadow_counts(&self) -> (u64, u64) {
        let metrics = &self.metrics;
        (
            metrics.shadow_agreed.count(),
            metrics.shadow_differed.count(),
        )
    }

    /// Notes what the shadow would have done.
    fn compare(&self, opinion: &Opinion, shadow: &Opinion) {
        if opinion.act == shadow.act {
            self.metrics.shadow_agreed.add_one();
        } else {
            self.metrics.shadow_differed.add_one();
        }
    }

    /// Notes how long a look of the gate took.
    pub(super) fn looked(&self, outcome: Looked, took: Duration) {
        self.metrics.gate_looked(outcome, took);
    }

    /// The model that judges now.
    pub fn model(&self) -> Arc<Model> {
        self.at_work().model
    }

    /// What it thinks of a post. Takes up to a millisecond.
    pub fn post(&self, post: &PublicPost) -> Opinion {
        let AtWork { model, shadow } = self.at_work();
        let begun = Instant::now();
        let opinion = Opinion::of_post(&model, post);
        self.metrics.classified(Classified::Post, begun.elapsed());
        if let Some(shadow) = shadow {
            self.compare(&opinion, &Opinion::of_post(&shadow, post));
        }
        opinion
    }

    /// What it thinks of a channel, group or bot, by how it presents itself and by these posts;
    /// `None` for a person. Takes up to a millisecond for each text.
    pub fn peer(&self, face: &PublicPeer, posts: &[PublicPost]) -> Option<Opinion> {
        let AtWork { model, shadow } = self.at_work();
        let begun = Instant::now();
        let opinion = Opinion::of_peer(&model, face, posts)?;
        self.metrics.classified(Classified::Peer, begun.elapsed());
        if let Some(shadow) = shadow.and_then(|shadow| Opinion::of_peer(&shadow, face, posts)) {
            self.compare(&opinion, &shadow);
        }
        Some(opinion)
    }
}
