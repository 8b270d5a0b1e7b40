//! Where weights come from: training from nothing, and learning on top of a model.

mod fit;
mod ftrl;
mod train;
mod update;

pub use train::{Set, Training, measure, train};
pub use update::{Learned, Refusal, learn};
