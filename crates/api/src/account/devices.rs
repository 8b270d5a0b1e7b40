//! The devices an account is signed in on.

use crate::auth::sign_out;
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::router::{Access, Router};
use heliograph_domain::authorizations::{self, Authorization};
use heliograph_domain::passwords::Arrival;
use heliograph_domain::{countries, keys};
use heliograph_model::AuthKeyId;
use heliograph_store::Rows;
use heliograph_tl::enums;
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_authorizations)
        .method(Access::User, Rate::Write, reset_authorization)
        .method(Access::User, Rate::Write, register_device)
        .method(Access::User, Rate::Write, unregister_device)
        .method(Access::User, Rate::Write, update_device_locked);
}

/// Sign-ins do not end by themselves; clients want a number of days, and a year is the longest that
/// their settings offer.
const AUTHORIZATION_TTL_DAYS: i32 = 365;

/// `account.getAuthorizations`: the caller's devices, the asking one first, and last those that wait
/// for the password.
async fn get_authorizations(
    cx: Ctx,
    _: f::account::GetAuthorizations,
) -> Result<enums::account::Authorizations> {
    let me = cx.user()?;
    let mut view = cx.store.view().await?;
    let mine = authorizations::device_of(&mut *view, me, cx.caller().key).await?;
    let mut devices = authorizations::list(&mut *view, me).await?;
    devices.sort_by_key(|(key, row)| (*key != mine, std::cmp::Reverse(row.created)));
    let last_used = authorizations::last_used(&mut *view, me).await?;
    let authorizations = devices.iter().map(|(key, row)| {
        let mut device = device(*key, row);
        if let Some(used) = last_used.get(key) {
            device.date_active = used.seconds().max(row.created);
        }
        if *key == mine {
            device.current = true;
            device.hash = 0;
            device.date_active = cx.now().seconds();
        }
        device.into()
    });
    let mut authorizations: Vec<_> = authorizations.collect();
    for (key, arrival) in cx.passwords.arrivals.of(me, cx.now()) {
        let waiting = arriving(&mut *view, key, &arrival).await?;
        authorizations.extend(waiting.map(enums::Authorization::from));
    }
    Ok(types::account::Authorizations {
        authorization_ttl_days: AUTHORIZATION_TTL_DAYS,
        authorizations,
    }
    .into())
}

/// `account.resetAuthorization`: ends the sign-in of another device and destroys its key; turns a
/// device away that waits for the password.
///
/// Fails with `HASH_INVALID`, also for the calling device.
async fn reset_authorization(cx: Ctx, req: f::account::ResetAuthorization) -> Result<bool> {
    let me = cx.user()?;
    let named = AuthKeyId(req.hash);
    if cx.passwords.arrivals.turn_away(me, named) {
        return Ok(true);
    }
    let mut view = cx.store.view().await?;
    let mine = authorizations::device_of(&mut *view, me, cx.caller().key).await?;
    drop(view);
    if named == mine || !sign_out(&cx, vec![named], true).await? {
        return Err(text::HASH_INVALID.into());
    }
    Ok(true)
}

/// `account.registerDevice`: accepted; nothing is sent through the makers of telephones.
async fn register_device(_: Ctx, _: f::account::RegisterDevice) -> Result<bool> {
    Ok(true)
}

/// `account.unregisterDevice`: accepted, see [`register_device`].
async fn unregister_device(_: Ctx, _: f::account::UnregisterDevice) -> Result<bool> {
    Ok(true)
}

/// `account.updateDeviceLocked`: accepted; it matters only to notifications that are not sent.
async fn update_device_locked(_: Ctx, _: f::account::UpdateDeviceLocked) -> Result<bool> {
    Ok(true)
}

/// A device as its owner sees it. The address it came from is not kept, so it is empty.
pub(crate) fn device(key: AuthKeyId, row: &Authorization) -> types::Authorization {
    let client = &row.client;
    types::Authorization {
        hash: key.0,
        device_model: client.device_model.clone(),
        system_version: client.system_version.clone(),
        api_id: client.api_id,
        app_name: format!("App {}", client.api_id),
        app_version: client.app_version.clone(),
        date_created: row.created,
        date_active: row.created,
        country: row
            .country
            .as_deref()
            .map(|iso2| countries::name_of(iso2).to_owned())
            .unwrap_or_default(),
        ..Default::default()
    }
}

/// A device that waits for the password, as the account's owner sees it; `None` when its key is gone.
pub(crate) async fn arriving(
    rows: &mut dyn Rows,
    key: AuthKeyId,
    arrival: &Arrival,
) -> Result<Option<types::Authorization>> {
    let row = keys::info(rows, key).await?.map(|row| Authorization {
        client: row.client,
        created: arrival.since.seconds(),
        country: arrival.country.clone(),
        part_of: None,
    });
    Ok(row.map(|row| types::Authorization {
        password_pending: true,
        ..device(key, &row)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use heliograph_domain::bus::Signal;

    #[tokio::test]
    async fn the_asking_device_is_marked_and_the_other_can_be_ended() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let other = world.another_device(ada.id).await;

        let devices = world.listed(&ada).await;
        assert_eq!(devices.len(), 2);
        assert!(devices[0].current && devices[0].hash == 0);
        assert!(!devices[1].current && devices[1].ip.is_empty());

        let hash = devices[1].hash;
        let ended = world
            .call(&ada, f::account::ResetAuthorization { hash })
            .await;
        assert_eq!(ended, Ok(true));
        let key = other.cx.caller().key;
        let last = world.seen.signals.lock().expect("no panic").pop();
        assert!(
            matches!(last, Some(Signal::SignedOut { key: ended, destroyed: true }) if ended == key)
        );
        assert_eq!(world.listed(&ada).await.len(), 1);
        let again = world
            .call(&ada, f::account::ResetAuthorization { hash })
            .await;
        assert_eq!(again, Err(text::HASH_INVALID.into()));
    }

    /// How long ago each device was active.
    async fn active_s_ago(world: &World, person: &crate::testing::Person) -> Vec<i32> {
        let now_s = world.services.clock.now().seconds();
        let devices = world.listed(person).await;
        let ago = devices.iter().map(|device| now_s - device.date_active);
        ago.collect()
    }

    #[tokio::test]
    async fn a_device_shows_when_it_was_last_active() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let other = world.another_device(ada.id).await;
        world.pass(86_400);
        assert_eq!(active_s_ago(&world, &ada).await, [0, 86_400]);
        let key = other.cx.caller().key;
        let noted = world.services.store.write(keys::NoteUse(key)).await;
        noted.expect("noted");
        world.pass(100);
        assert_eq!(active_s_ago(&world, &ada).await, [0, 100]);
    }

    #[tokio::test]
    async fn nobody_ends_their_own_or_a_strangers_device_by_hash() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        for hash in [0, ada.cx.caller().key.0, ben.cx.caller().key.0] {
            let refused = world
                .call(&ada, f::account::ResetAuthorization { hash })
                .await;
            assert_eq!(refused, Err(text::HASH_INVALID.into()));
        }
        assert_eq!(world.listed(&ben).await.len(), 1);
    }
}
