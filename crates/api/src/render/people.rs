//! People as a viewer sees them.

use super::{Shown, Viewer, face_of, marks, public_face};
use crate::error::Result;
use crate::settings;
use heliograph_domain::bots;
use heliograph_domain::contacts;
use heliograph_domain::presence::Status;
use heliograph_model::{FirstName, Person, PersonKind, UserId, Username};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{self, PrivacyKey, UserStatus};
use heliograph_tl::types;

/// Several people; ids without an account become `userEmpty`.
pub(crate) async fn users(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<Vec<enums::User>, StoreError> {
    Ok(Shown::people(ids).load(viewer, rows).await?.users)
}

/// One person. A contact is shown under the name that the viewer saved.
pub(crate) async fn user(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<enums::User, StoreError> {
    let me = viewer.me;
    let saved = contacts::find(rows, me, person.id).await?;
    let mutual = saved.is_some() && contacts::is_mutual(rows, me, person.id).await?;
    let (first_name, last_name) = match &saved {
        Some(contact) => (Some(&contact.first_name), &contact.last_name),
        None => (person.first_name.as_ref(), &person.last_name),
    };
    let last_name = Some(last_name.as_str()).filter(|name| !name.is_empty());
    let bot = bots::find(rows, person.id).await?;
    let marks = marks::for_viewer(viewer, rows, person.id.into()).await?;
    Ok(types::User {
        scam: marks.scam,
        fake: marks.fake,
        restriction_reason: marks.reasons(),
        bot_chat_history: bot.as_ref().is_some_and(|bot| !bot.privacy),
        bot_nochats: bot.as_ref().is_some_and(|bot| !bot.joins_groups),
        self_: person.id == me,
        contact: saved.is_some(),
        mutual_contact: mutual,
        deleted: person.deleted,
        verified: person.verified,
        support: person.kind == PersonKind::Service,
        id: person.id.0,
        access_hash: Some(viewer.services.access.hash(me, person.id)),
        first_name: first_name.map(|name: &FirstName| name.as_str().to_owned()),
        last_name: last_name.map(str::to_owned),
        username: person
            .username
            .as_ref()
            .map(|name: &Username| name.as_str().to_owned()),
        photo: face_of(viewer, rows, person).await?,
        status: status(viewer, rows, person).await?,
        bot_info_version: (person.kind == PersonKind::Bot)
            .then(|| bot.map_or(1, |bot| bot.version as i32)),
        ..Default::default()
    }
    .into())
}

/// A person as everyone sees them: the `min` form, in which they stand beside pushed posts. A client
/// that has met them keeps what it knows.
pub(crate) async fn min_user(
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<enums::User, StoreError> {
    let photo = public_face(rows, person).await?;
    let last_name = Some(person.last_name.as_str()).filter(|name| !name.is_empty());
    Ok(types::User {
        min: true,
        apply_min_photo: photo.is_some(),
        // Opens nothing; Pyrogram names a picture by it and fails on a picture without.
        access_hash: photo.as_ref().map(|_| 0),
        photo,
        deleted: person.deleted,
        verified: person.verified,
        id: person.id.0,
        first_name: person
            .first_name
            .as_ref()
            .map(|name| name.as_str().to_owned()),
        last_name: last_name.map(str::to_owned),
        username: person
            .username
            .as_ref()
            .map(|name| name.as_str().to_owned()),
        bot_info_version: (person.kind == PersonKind::Bot).then_some(1),
        ..Default::default()
    }
    .into())
}

/// Whether somebody is online or when they last were, as far as they let the viewer know; `None`
/// for those who are never online.
pub(crate) async fn status(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<Option<UserStatus>, StoreError> {
    if person.kind != PersonKind::Human || person.deleted {
        return Ok(None);
    }
    let now = viewer.services.clock.now();
    let status = viewer.services.presence.of(person.id, now);
    // "Recently" is what those see who may not know more: then there is nothing to look up.
    let known = status == Status::Recently || may_see_status(rows, person.id, viewer.me).await?;
    Ok(Some(status_of(if known {
        status
    } else {
        Status::Recently
    })))
}

/// Whether `viewer` may see when `person` is online: not against the person's privacy setting, and
/// not when the person has blocked them.
pub(crate) async fn may_see_status(
    rows: &mut dyn Rows,
    person: UserId,
    viewer: UserId,
) -> Result<bool, StoreError> {
    if person == viewer {
        return Ok(true);
    }
    Ok(!contacts::is_blocked(rows, person, viewer).await?
        && settings::allows(rows, person, &PrivacyKey::StatusTimestamp, viewer).await?)
}

/// A status on the wire.
pub(super) fn status_of(status: Status) -> UserStatus {
    match status {
        Status::Online(until) => types::UserStatusOnline {
            expires: until.seconds(),
        }
        .into(),
        Status::Offline(since) => types::UserStatusOffline {
            was_online: since.seconds(),
        }
        .into(),
        Status::Recently => types::UserStatusRecently::default().into(),
    }
}

/// The bar over a chat: whether to offer adding, blocking or reporting the person. TDLib takes the
/// last two together or not at all.
pub(crate) async fn contact_settings(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    person: &Person,
) -> Result<enums::PeerSettings, StoreError> {
    let stranger = person.id != viewer.me
        && person.kind == PersonKind::Human
        && contacts::find(rows, viewer.me, person.id).await?.is_none();
    let blocked = contacts::is_blocked(rows, viewer.me, person.id).await?;
    let hidden_bar = settings::hidden_bar_name(person.id);
    let hidden = heliograph_domain::settings::find(rows, viewer.me, &hidden_bar).await?;
    let offer = stranger && !blocked && hidden.is_none();
    Ok(types::PeerSettings {
        add_contact: offer,
        block_contact: offer,
        report_spam: offer,
        ..Default::default()
    }
    .into())
}
