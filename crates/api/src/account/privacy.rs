//! Privacy settings.
//!
//! What this server honours: who sees when somebody is online, who reads the line under the name,
//! and who finds somebody by number. The others are kept for the features to come.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use crate::settings::{self, PRIVACY_KEYS};
use heliograph_domain::settings::Set;
use heliograph_model::{Notice, UserId};
use heliograph_store::Rows;
use heliograph_tl::enums::{
    self, InputPrivacyKey, InputPrivacyRule, InputUser, PrivacyKey, PrivacyRule,
};
use heliograph_tl::{Encode, functions as f, types};
use std::collections::BTreeSet;

pub(super) fn register(router: &mut Router) {
    router.method(Access::User, Rate::Read, get_privacy).method(
        Access::User,
        Rate::Write,
        set_privacy,
    );
}

/// How many people the rules of one setting may name, as in Telegram.
const NAMED_MAX: usize = 1000;

/// `account.getPrivacy`: the rules of one setting.
///
/// Fails with `PRIVACY_KEY_INVALID`.
async fn get_privacy(cx: Ctx, req: f::account::GetPrivacy) -> Result<enums::account::PrivacyRules> {
    rules(&cx, number(&req.key)?).await
}

/// `account.setPrivacy`: replaces the rules of one setting; the account's other sessions learn of
/// it. Nobody is ever shown a number, so that setting stays as it is.
///
/// Fails with `PRIVACY_KEY_INVALID` or `PRIVACY_TOO_LONG`. People who cannot be resolved are left
/// out.
async fn set_privacy(cx: Ctx, req: f::account::SetPrivacy) -> Result<enums::account::PrivacyRules> {
    let number = number(&req.key)?;
    if req.key != InputPrivacyKey::PhoneNumber {
        let mut view = cx.store.view().await?;
        let rules = kept(&cx, &mut *view, &req.rules).await?;
        drop(view);
        let set = Set {
            owner: cx.user()?,
            name: settings::privacy_name(number),
            value: Some(rules.to_bytes()),
            notice: Some(Notice::Privacy(number)),
        };
        cx.write(set).await?;
    }
    rules(&cx, number).await
}

/// The number under which a setting is kept.
fn number(key: &InputPrivacyKey) -> Result<u8> {
    let key = match key {
        InputPrivacyKey::StatusTimestamp => PrivacyKey::StatusTimestamp,
        InputPrivacyKey::ChatInvite => PrivacyKey::ChatInvite,
        InputPrivacyKey::PhoneCall => PrivacyKey::PhoneCall,
        InputPrivacyKey::PhoneP2P => PrivacyKey::PhoneP2P,
        InputPrivacyKey::Forwards => PrivacyKey::Forwards,
        InputPrivacyKey::ProfilePhoto => PrivacyKey::ProfilePhoto,
        InputPrivacyKey::PhoneNumber => PrivacyKey::PhoneNumber,
        InputPrivacyKey::AddedByPhone => PrivacyKey::AddedByPhone,
        InputPrivacyKey::VoiceMessages => PrivacyKey::VoiceMessages,
        InputPrivacyKey::About => PrivacyKey::About,
        InputPrivacyKey::Birthday => PrivacyKey::Birthday,
        InputPrivacyKey::StarGiftsAutoSave => PrivacyKey::StarGiftsAutoSave,
        InputPrivacyKey::NoPaidMessages => PrivacyKey::NoPaidMessages,
        InputPrivacyKey::SavedMusic => PrivacyKey::SavedMusic,
    };
    let number = PRIVACY_KEYS.iter().position(|known| *known == key);
    number
        .map(|number| number as u8)
        .ok_or_else(|| text::PRIVACY_KEY_INVALID.into())
}

/// Rules as they are kept: people by id.
async fn kept(
    cx: &Ctx,
    rows: &mut dyn Rows,
    rules: &[InputPrivacyRule],
) -> Result<Vec<PrivacyRule>> {
    let named = rules.iter().map(|rule| match rule {
        InputPrivacyRule::InputPrivacyValueAllowUsers(rule) => rule.users.len(),
        InputPrivacyRule::InputPrivacyValueDisallowUsers(rule) => rule.users.len(),
        InputPrivacyRule::InputPrivacyValueAllowChatParticipants(rule) => rule.chats.len(),
        InputPrivacyRule::InputPrivacyValueDisallowChatParticipants(rule) => rule.chats.len(),
        _ => 1,
    });
    if named.sum::<usize>() > NAMED_MAX {
        return Err(text::PRIVACY_TOO_LONG.into());
    }
    let mut kept = Vec::with_capacity(rules.len());
    for rule in rules {
        use InputPrivacyRule as In;
        kept.push(match rule {
            In::InputPrivacyValueAllowContacts => PrivacyRule::PrivacyValueAllowContacts,
            In::InputPrivacyValueAllowAll => PrivacyRule::PrivacyValueAllowAll,
            In::InputPrivacyValueAllowUsers(rule) => {
                let users = ids(cx, rows, &rule.users).await?;
                types::PrivacyValueAllowUsers { users }.into()
            }
            In::InputPrivacyValueDisallowContacts => PrivacyRule::PrivacyValueDisallowContacts,
            In::InputPrivacyValueDisallowAll => PrivacyRule::PrivacyValueDisallowAll,
            In::InputPrivacyValueDisallowUsers(rule) => {
                let users = ids(cx, rows, &rule.users).await?;
                types::PrivacyValueDisallowUsers { users }.into()
            }
            In::InputPrivacyValueAllowChatParticipants(rule) => {
                let chats = rule.chats.clone();
                types::PrivacyValueAllowChatParticipants { chats }.into()
            }
            In::InputPrivacyValueDisallowChatParticipants(rule) => {
                let chats = rule.chats.clone();
                types::PrivacyValueDisallowChatParticipants { chats }.into()
            }
            In::InputPrivacyValueAllowCloseFriends => PrivacyRule::PrivacyValueAllowCloseFriends,
            In::InputPrivacyValueAllowPremium => PrivacyRule::PrivacyValueAllowPremium,
            In::InputPrivacyValueAllowBots => PrivacyRule::PrivacyValueAllowBots,
            In::InputPrivacyValueDisallowBots => PrivacyRule::PrivacyValueDisallowBots,
        });
    }
    Ok(kept)
}

async fn ids(cx: &Ctx, rows: &mut dyn Rows, users: &[InputUser]) -> Result<Vec<i64>> {
    let nobody = RpcError::from(text::USER_ID_INVALID);
    let mut ids = Vec::with_capacity(users.len());
    for user in users {
        match cx.resolve_user(rows, user).await {
            Ok(account) => ids.push(account.person.id.0),
            Err(error) if error == nobody => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ids)
}

/// The rules of a setting as they stand, with the people whom they name.
async fn rules(cx: &Ctx, number: u8) -> Result<enums::account::PrivacyRules> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let rules = settings::privacy_rules(&mut *view, viewer.me, number).await?;
    let named: BTreeSet<UserId> = rules
        .iter()
        .flat_map(|rule| match rule {
            PrivacyRule::PrivacyValueAllowUsers(rule) => rule.users.as_slice(),
            PrivacyRule::PrivacyValueDisallowUsers(rule) => rule.users.as_slice(),
            _ => &[],
        })
        .map(|id| UserId(*id))
        .collect();
    let users = render::users(viewer, &mut *view, named).await?;
    Ok(types::account::PrivacyRules {
        rules,
        chats: Vec::new(),
        users,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};

    async fn set(
        world: &World,
        person: &Person,
        key: InputPrivacyKey,
        rules: Vec<InputPrivacyRule>,
    ) -> Result<types::account::PrivacyRules> {
        let call = f::account::SetPrivacy { key, rules };
        let enums::account::PrivacyRules::PrivacyRules(rules) = world.call(person, call).await?;
        Ok(rules)
    }

    async fn allows(world: &World, owner: &Person, key: &PrivacyKey, viewer: &Person) -> bool {
        let mut view = world.services.store.view().await.expect("the store works");
        settings::allows(&mut *view, owner.id, key, viewer.id)
            .await
            .expect("the store works")
    }

    #[tokio::test]
    async fn the_first_rule_that_speaks_of_somebody_decides() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let ben = world.person("Ben", "4930123457").await;
        let eve = world.person("Eve", "4930123458").await;
        assert!(
            allows(&world, &ada, &PrivacyKey::About, &eve).await,
            "by default"
        );

        let but_eve = types::InputPrivacyValueDisallowUsers {
            users: vec![world.input_user(&ada, &eve)],
        };
        let rules = vec![but_eve.into(), InputPrivacyRule::InputPrivacyValueAllowAll];
        let answer = set(&world, &ada, InputPrivacyKey::About, rules).await;
        let answer = answer.expect("set");
        assert_eq!((answer.rules.len(), answer.users.len()), (2, 1));
        assert!(!allows(&world, &ada, &PrivacyKey::About, &eve).await);
        assert!(allows(&world, &ada, &PrivacyKey::About, &ben).await);

        let empty = set(&world, &ada, InputPrivacyKey::About, Vec::new()).await;
        assert!(empty.is_ok());
        assert!(
            !allows(&world, &ada, &PrivacyKey::About, &ben).await,
            "nobody is named"
        );
    }

    #[tokio::test]
    async fn nobody_can_be_allowed_to_see_a_number() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let all = vec![InputPrivacyRule::InputPrivacyValueAllowAll];
        let answer = set(&world, &ada, InputPrivacyKey::PhoneNumber, all).await;
        let rules = answer.expect("answered").rules;
        assert_eq!(rules, [PrivacyRule::PrivacyValueDisallowAll]);
    }

    #[tokio::test]
    async fn rules_that_name_too_many_are_refused() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let crowd = types::InputPrivacyValueAllowUsers {
            users: vec![InputUser::Self_; NAMED_MAX + 1],
        };
        let answer = set(&world, &ada, InputPrivacyKey::About, vec![crowd.into()]).await;
        assert_eq!(answer, Err(text::PRIVACY_TOO_LONG.into()));
    }

    #[tokio::test]
    async fn every_setting_can_be_kept() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        for key in [
            InputPrivacyKey::StatusTimestamp,
            InputPrivacyKey::PhoneP2P,
            InputPrivacyKey::SavedMusic,
        ] {
            let rules = vec![InputPrivacyRule::InputPrivacyValueDisallowAll];
            assert!(set(&world, &ada, key.clone(), rules).await.is_ok());
            let enums::account::PrivacyRules::PrivacyRules(kept) = world
                .call(&ada, f::account::GetPrivacy { key })
                .await
                .expect("kept");
            assert_eq!(kept.rules, [PrivacyRule::PrivacyValueDisallowAll]);
        }
    }
}
