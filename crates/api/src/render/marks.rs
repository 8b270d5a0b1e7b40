//! What moderation has put on a peer or post, as clients show it.

use super::Viewer;
use heliograph_domain::accounts;
use heliograph_model::{Measures, Message, Peer, Restriction, Territory, UserId, Warning};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::{enums, types};

/// What clients show of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Marked as a scam.
    pub scam: bool,
    /// Marked as a fake.
    pub fake: bool,
    /// What is read in its place.
    pub restrictions: Vec<enums::RestrictionReason>,
}

impl Marks {
    /// The reasons as a field: none where there are none.
    pub fn reasons(&self) -> Option<Vec<enums::RestrictionReason>> {
        (!self.restrictions.is_empty()).then(|| self.restrictions.clone())
    }
}

/// The marks of a peer that hold for everybody. Most peers have none, and then nothing is read.
pub(crate) fn for_all(viewer: Viewer<'_>, peer: Peer) -> Marks {
    match measures(viewer, peer) {
        None => Marks::default(),
        Some(measures) => marks(viewer, &measures, None),
    }
}

/// The marks of a peer for this viewer, whose country counts by their number.
pub(crate) async fn for_viewer(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    peer: Peer,
) -> Result<Marks, StoreError> {
    let Some(measures) = measures(viewer, peer) else {
        return Ok(Marks::default());
    };
    let country = country_of(rows, viewer.me).await?;
    Ok(marks(viewer, &measures, country.as_deref()))
}

fn measures(viewer: Viewer<'_>, peer: Peer) -> Option<Measures> {
    let measured = viewer.services.discovery.measured().get();
    measured.on_peer(peer).cloned()
}

fn marks(viewer: Viewer<'_>, measures: &Measures, country: Option<&str>) -> Marks {
    let now = viewer.services.clock.now();
    let mut marks = Marks::default();
    for warning in measures.warnings(now) {
        match warning {
            Warning::Scam => marks.scam = true,
            Warning::Fake => marks.fake = true,
        }
    }
    let restrictions = measures.restrictions(country, now);
    marks.restrictions = restrictions.map(reason).collect();
    marks
}

pub(crate) fn reason(restriction: &Restriction) -> enums::RestrictionReason {
    types::RestrictionReason {
        platform: restriction.platform.clone(),
        reason: restriction.reason.clone(),
        text: restriction.text.clone(),
    }
    .into()
}

/// What is put on a post, for who did not write it: its author sees what they contest.
fn on_post(viewer: Viewer<'_>, message: &Message) -> Option<Measures> {
    let Peer::Channel(channel) = message.peer else {
        return None;
    };
    if message.from == viewer.me {
        return None;
    }
    let measured = viewer.services.discovery.measured().get();
    measured.on_post(channel, message.id).cloned()
}

/// What a viewer from a country is shown in place of a post; `None` for the post itself. Without a
/// country, what everybody is shown.
pub(crate) fn instead_of(
    viewer: Viewer<'_>,
    message: &Message,
    country: Option<&str>,
) -> Option<Restriction> {
    let measures = on_post(viewer, message)?;
    let now = viewer.services.clock.now();
    let mut restrictions = measures.restrictions(country, now);
    restrictions.next().cloned()
}

/// The viewer's country, where it counts for one of these messages: most have nothing on them, and
/// then nothing is read.
pub(crate) async fn country_for(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    messages: impl IntoIterator<Item = &Message>,
) -> Result<Option<String>, StoreError> {
    let mut messages = messages.into_iter();
    if messages.any(|message| differs_by_country(viewer, message)) {
        country_of(rows, viewer.me).await
    } else {
        Ok(None)
    }
}

/// Whether people of some countries are shown something else in place of a post.
pub(crate) fn differs_by_country(viewer: Viewer<'_>, message: &Message) -> bool {
    let Some(measures) = on_post(viewer, message) else {
        return false;
    };
    let mut restrictions = measures.restrictions.iter();
    restrictions.any(|one| one.what.territory != Territory::World)
}

/// The country of somebody's number.
pub(crate) async fn country_of(
    rows: &mut dyn Rows,
    user: UserId,
) -> Result<Option<String>, StoreError> {
    let account = accounts::find(rows, user).await?;
    Ok(account.and_then(|account| account.person.country))
}
