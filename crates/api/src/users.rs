//! `users.*`.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::references::ShownIn;
use crate::render;
use crate::router::{Access, Router};
use crate::settings;
use heliograph_domain::contacts;
use heliograph_domain::files;
use heliograph_domain::messages;
use heliograph_model::Peer;
use heliograph_tl::enums::{self, InputUser, PrivacyKey};
use heliograph_tl::{functions as f, types};

pub(crate) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, get_users).method(
        Access::User,
        Rate::Read,
        get_full_user,
    );
}

/// How many people one call may ask for.
const USERS_MAX: usize = 200;

/// `users.getUsers`: people by id. Who is not there, or not for the caller, is answered as
/// `userEmpty`.
///
/// Fails with `LIMIT_INVALID` for more than 200. Clients also use it to learn whether anybody is
/// signed in: nobody gets `AUTH_KEY_UNREGISTERED`.
async fn get_users(cx: Ctx, req: f::users::GetUsers) -> Result<Vec<enums::User>> {
    if req.id.len() > USERS_MAX {
        return Err(text::LIMIT_INVALID.into());
    }
    let nobody = RpcError::from(text::USER_ID_INVALID);
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut users = Vec::with_capacity(req.id.len());
    for named in &req.id {
        match cx.resolve_user(&mut *view, named).await {
            Ok(account) => users.push(render::user(viewer, &mut *view, &account.person).await?),
            Err(error) if error == nobody => users.push(empty(named)),
            Err(error) => return Err(error),
        }
    }
    Ok(users)
}

/// `users.getFullUser`: a person with everything the caller may know of them.
///
/// Fails with `USER_ID_INVALID`.
async fn get_full_user(cx: Ctx, req: f::users::GetFullUser) -> Result<enums::users::UserFull> {
    let viewer = cx.viewer()?;
    let me = viewer.me;
    let mut view = cx.store.view().await?;
    let person = cx.resolve_user(&mut *view, &req.id).await?.person;
    let chat = Peer::User(person.id);

    let reads_about =
        person.id == me || settings::allows(&mut *view, person.id, &PrivacyKey::About, me).await?;
    let about = person.about.as_str();
    let about = (reads_about && !about.is_empty()).then(|| about.to_owned());
    let pinned = messages::pinned(&mut *view, me.into(), chat).await?;
    let mut profile_photo = None;
    if let Some(face) = &person.photo
        && render::may_see_face(&mut *view, &person, viewer).await?
        && let Some(file) = files::find(&mut *view, face.file).await?
    {
        profile_photo = render::photo(viewer, ShownIn::Face, &file);
    }
    let full_user = types::UserFull {
        blocked: contacts::is_blocked(&mut *view, me, person.id).await?,
        can_pin_message: true,
        id: person.id.0,
        about,
        bot_info: crate::bots::info(&mut *view, person.id).await?,
        settings: render::contact_settings(viewer, &mut *view, &person).await?,
        notify_settings: settings::notify_of(&mut *view, me, chat).await?,
        profile_photo,
        pinned_msg_id: pinned.first().map(|id| id.0 as i32),
        ..Default::default()
    };
    Ok(types::users::UserFull {
        full_user: full_user.into(),
        chats: Vec::new(),
        users: vec![render::user(viewer, &mut *view, &person).await?],
    }
    .into())
}

fn empty(named: &InputUser) -> enums::User {
    let id = match named {
        InputUser::InputUser(user) => user.user_id,
        InputUser::FromMessage(user) => user.user_id,
        InputUser::Empty | InputUser::Self_ => 0,
    };
    types::UserEmpty { id }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_tl::enums::{InputPrivacyKey, InputPrivacyRule};

    async fn full(world: &World, viewer: &Person, id: InputUser) -> types::UserFull {
        let answer = world.call(viewer, f::users::GetFullUser { id }).await;
        let enums::users::UserFull::UserFull(answer) = answer.expect("answered");
        let enums::UserFull::UserFull(full) = answer.full_user;
        full
    }

    #[tokio::test]
    async fn clients_learn_here_whether_anybody_is_signed_in() {
        let world = World::new().await;
        let call = || f::users::GetUsers {
            id: vec![InputUser::Self_],
        };
        let nobody = world.call(&world.stranger().await, call()).await;
        assert_eq!(nobody, Err(text::AUTH_KEY_UNREGISTERED.into()));
        let ada = world.person("Ada", "4930123456").await;
        let me = world.call(&ada, call()).await.expect("answered");
        let [enums::User::User(user)] = me.as_slice() else {
            panic!("nobody");
        };
        assert!(user.self_);
        assert_eq!(user.phone, None, "the number is shown at sign-in only");
    }

    #[tokio::test]
    async fn an_id_without_the_callers_hash_is_nobody() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let eve = world.person("Eve", "4930123458").await;
        let stolen = world.input_user(&ada, &ben);
        let id = vec![stolen.clone(), world.input_user(&eve, &ada)];
        let answer = world.call(&eve, f::users::GetUsers { id }).await;
        let answer = answer.expect("answered");
        assert_eq!(answer[0], types::UserEmpty { id: ben.id.0 }.into());
        assert!(matches!(&answer[1], enums::User::User(user) if user.id == ada.id.0));
        let full = world.call(&eve, f::users::GetFullUser { id: stolen }).await;
        assert_eq!(full, Err(text::USER_ID_INVALID.into()));
    }

    #[tokio::test]
    async fn the_line_under_the_name_is_for_those_who_may_read_it() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let write = f::account::UpdateProfile {
            about: Some("Poetical science".into()),
            ..Default::default()
        };
        world.call(&ada, write).await.expect("written");
        let seen = full(&world, &ben, world.input_user(&ben, &ada)).await;
        assert_eq!(seen.about.as_deref(), Some("Poetical science"));
        let enums::PeerSettings::PeerSettings(offers) = seen.settings;
        assert!(offers.add_contact && offers.block_contact && offers.report_spam);

        let hide = f::account::SetPrivacy {
            key: InputPrivacyKey::About,
            rules: vec![InputPrivacyRule::InputPrivacyValueDisallowAll],
        };
        world.call(&ada, hide).await.expect("set");
        let hidden = full(&world, &ben, world.input_user(&ben, &ada)).await;
        assert_eq!(hidden.about, None);
        let own = full(&world, &ada, InputUser::Self_).await;
        assert_eq!(own.about.as_deref(), Some("Poetical science"));
    }

    #[tokio::test]
    async fn a_blocked_person_is_marked_and_sees_less() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let block = f::contacts::Block {
            my_stories_from: false,
            id: world.input_peer(&ada, &ben),
        };
        world.call(&ada, block).await.expect("blocked");
        let online = f::account::UpdateStatus { offline: false };
        world.call(&ada, online).await.expect("noted");
        assert!(
            full(&world, &ada, world.input_user(&ada, &ben))
                .await
                .blocked
        );
        let id = vec![world.input_user(&ben, &ada)];
        let seen = world.call(&ben, f::users::GetUsers { id }).await;
        let [enums::User::User(user)] = &seen.expect("answered")[..] else {
            panic!("nobody");
        };
        assert!(matches!(user.status, Some(enums::UserStatus::Recently(_))));
    }
}
