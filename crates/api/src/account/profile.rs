//! One's own names.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::profile::{SetUsername, UpdateProfile};
use heliograph_domain::{accounts, services};
use heliograph_model::{About, FirstName, LastName, Peer, Person, Username};
use heliograph_tl::enums;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Write, update_profile)
        .method(Access::User, Rate::Lookup, check_username)
        .method(Access::User, Rate::Write, update_username);
}

/// `account.updateProfile`: changes the names or the line under them.
///
/// Fails with `FIRSTNAME_INVALID`, `LASTNAME_INVALID` or `ABOUT_TOO_LONG`. Everybody who knows the
/// caller by a chat or as a contact learns the new name.
async fn update_profile(cx: Ctx, req: f::account::UpdateProfile) -> Result<enums::User> {
    let first_name = req.first_name.as_deref().map(FirstName::parse).transpose();
    let last_name = req.last_name.as_deref().map(LastName::parse).transpose();
    let about = req.about.as_deref().map(About::parse).transpose();
    let update = UpdateProfile {
        user: cx.user()?,
        first_name: first_name.map_err(|_| text::FIRSTNAME_INVALID)?,
        last_name: last_name.map_err(|_| text::LASTNAME_INVALID)?,
        about: about.map_err(|_| text::ABOUT_TOO_LONG)?,
    };
    let person = cx.write(update).await?;
    own(&cx, &person).await
}

/// `account.checkUsername`: whether the caller could have this username.
///
/// Fails with `USERNAME_INVALID`.
async fn check_username(cx: Ctx, req: f::account::CheckUsername) -> Result<bool> {
    let me = cx.user()?;
    let name = Username::parse(&req.username)?;
    if services::is_reserved(&name) {
        return Ok(false);
    }
    let mut view = cx.store.view().await?;
    let holder = accounts::find_username(&mut *view, &name).await?;
    Ok(holder.is_none_or(|holder| holder == Peer::User(me)))
}

/// `account.updateUsername`: takes a username, or gives it up with an empty one.
///
/// Fails with `USERNAME_INVALID`, `USERNAME_OCCUPIED` or `USERNAME_NOT_MODIFIED`. Everybody who
/// knows the caller learns it.
async fn update_username(cx: Ctx, req: f::account::UpdateUsername) -> Result<enums::User> {
    let username = match req.username.as_str() {
        "" => None,
        name => Some(Username::parse(name)?),
    };
    let user = cx.user()?;
    let person = cx.write(SetUsername { user, username }).await?;
    own(&cx, &person).await
}

async fn own(cx: &Ctx, person: &Person) -> Result<enums::User> {
    let mut view = cx.store.view().await?;
    Ok(render::user(cx.viewer()?, &mut *view, person).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_domain::bus::Signal;
    use heliograph_model::Notice;

    async fn rename(
        world: &World,
        person: &Person,
        first_name: &str,
        about: Option<&str>,
    ) -> Result<enums::User> {
        let call = f::account::UpdateProfile {
            first_name: Some(first_name.into()),
            last_name: None,
            about: about.map(str::to_owned),
        };
        world.call(person, call).await
    }

    async fn take(world: &World, person: &Person, name: &str) -> Result<enums::User> {
        let username = name.to_owned();
        world
            .call(person, f::account::UpdateUsername { username })
            .await
    }

    #[tokio::test]
    async fn a_new_name_is_answered_and_told() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let Ok(enums::User::User(user)) = rename(&world, &ada, " Ada  Lovelace ", None).await
        else {
            panic!("refused");
        };
        assert_eq!(user.first_name.as_deref(), Some("Ada Lovelace"));
        assert!(user.self_);
        let told = world.seen.signals.lock().expect("no panic").pop();
        let Some(Signal::Wake(wake)) = told else {
            panic!("not told");
        };
        assert_eq!(wake.notices, [Notice::Name(ada.id)]);
    }

    #[tokio::test]
    async fn names_out_of_bounds_are_refused() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let blank = rename(&world, &ada, " \n", None).await;
        assert_eq!(blank, Err(text::FIRSTNAME_INVALID.into()));
        let long = rename(&world, &ada, "Ada", Some(&"a".repeat(71))).await;
        assert_eq!(long, Err(text::ABOUT_TOO_LONG.into()));
    }

    #[tokio::test]
    async fn a_username_belongs_to_one_person_in_any_case() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        assert!(take(&world, &ada, "Countess").await.is_ok());
        assert_eq!(
            take(&world, &ben, "countess").await,
            Err(text::USERNAME_OCCUPIED.into())
        );
        assert_eq!(
            take(&world, &ada, "Countess").await,
            Err(text::USERNAME_NOT_MODIFIED.into())
        );
        let check = |person, name: &str| {
            let username = name.to_owned();
            world.call(person, f::account::CheckUsername { username })
        };
        assert_eq!(check(&ben, "COUNTESS").await, Ok(false));
        assert_eq!(check(&ada, "COUNTESS").await, Ok(true));
        assert_eq!(check(&ben, "BotFather").await, Ok(false));
        assert_eq!(
            check(&ben, "1abcd").await,
            Err(text::USERNAME_INVALID.into())
        );
        assert_eq!(
            take(&world, &ben, "botfather").await,
            Err(text::USERNAME_OCCUPIED.into())
        );
        // Given up, it is free for the next.
        assert!(take(&world, &ada, "").await.is_ok());
        assert!(take(&world, &ben, "countess").await.is_ok());
    }
}
