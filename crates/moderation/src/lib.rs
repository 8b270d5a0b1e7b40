//! Keeping what is public clean, so that anybody can check how: reports, cases, decisions, appeals.
//!
//! - [`subject`]: what a report or decision is about.
//! - [`reasons`]: the tree that clients walk through when they report, and [`terms`]: the rules
//!   that decisions cite; [`publication`]: which version of them is in force; [`acceptance`]: who has
//!   accepted which.
//! - [`reports`], and [`notices`] from the web, make [`cases`], which stand in one queue and are taken by one moderator at a time.
//! - [`decisions`] end cases. They wait until [`entries`] has made their entry of the public log;
//!   then [`enact`] puts the measure on the subject and tells the owner by a [`statement`] of
//!   reasons. [`search_terms`] are what search answers nothing to.
//! - [`appeals`] open a case anew, for somebody else; so does a sampled [`second_look`]. What was
//!   removed and can be contested no more goes by [`erasure`], and cases a year after their end by
//!   [`forgetting`].
//! - [`opinion`] is what the classifier thinks of something public; [`gate`] hides what it finds for
//!   72 hours, and opens the case in which a person looks. [`precedents`] are what people decided
//!   about a text: what resembles it is treated alike, and the classifier learns from it. [`refusals`]
//!   are what is not let in at all, because people have said so. [`sampling`] brings people what the
//!   classifier has no opinion about.
//!
//! Writes are commands on the main store. Nothing here draws randomness or reads a clock.

pub mod acceptance;
pub mod appeals;
pub mod cases;
pub mod decisions;
pub mod enact;
pub mod entries;
pub mod erasure;
pub mod forgetting;
pub mod gate;
pub mod notices;
pub mod opinion;
pub mod precedents;
pub mod publication;
pub mod reasons;
pub mod refusals;
pub mod reports;
pub mod sampling;
pub mod search_terms;
pub mod second_look;
pub mod statement;
pub mod subject;
pub mod terms;
mod verdict;

#[cfg(test)]
mod tests;

pub use subject::Subject;
