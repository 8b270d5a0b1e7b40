//! What is found, in which order, and that nothing anybody types does harm.

mod faces;
mod hostile;
mod posts;
mod relevance;
