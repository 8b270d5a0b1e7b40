//! Changing one's number.

use crate::auth::{code_hash, send_out};
use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render;
use crate::router::{Access, Router};
use heliograph_domain::number::ChangePhone;
use heliograph_domain::{accounts, countries};
use heliograph_keeper::{Purpose, phone_tag};
use heliograph_model::E164;
use heliograph_tl::enums;
use heliograph_tl::functions as f;

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::SignIn, send_change_phone_code)
        .method(Access::User, Rate::SignIn, change_phone);
}

/// `account.sendChangePhoneCode`: sends a code to the number that is to become the caller's.
///
/// Fails with `PHONE_NUMBER_INVALID`, with `PHONE_NUMBER_OCCUPIED` where the number has an account
/// (also the caller's own), and with `SEND_CODE_UNAVAILABLE`.
async fn send_change_phone_code(
    cx: Ctx,
    req: f::account::SendChangePhoneCode,
) -> Result<enums::auth::SentCode> {
    let phone = E164::parse(&req.phone_number)?;
    let caller = cx.caller().key.0 as u64;
    let fill = |out: &mut [u8]| cx.entropy.fill(out);
    let tag = phone_tag(&*cx.keeper, Purpose::SignIn, caller, phone.digits(), fill).await?;
    let mut view = cx.store.view().await?;
    let holder = accounts::find_phone(&mut *view, tag).await?;
    drop(view);
    if holder.is_some() {
        return Err(text::PHONE_NUMBER_OCCUPIED.into());
    }
    let (hash, waiting) = cx.codes.request(phone, tag, cx.random(), cx.now())?;
    send_out(&cx, hash, &waiting).await
}

/// `account.changePhone`: takes the code, and gives the caller's account the number.
///
/// Fails with `PHONE_NUMBER_INVALID`, `PHONE_CODE_HASH_EMPTY`, `PHONE_CODE_EMPTY`,
/// `PHONE_CODE_INVALID`, `PHONE_CODE_EXPIRED`, or `PHONE_NUMBER_OCCUPIED` where somebody took the
/// number in the meantime.
async fn change_phone(cx: Ctx, req: f::account::ChangePhone) -> Result<enums::User> {
    let user = cx.user()?;
    let phone = E164::parse(&req.phone_number)?;
    let hash = code_hash(req.phone_code_hash)?;
    if req.phone_code.trim().is_empty() {
        return Err(text::PHONE_CODE_EMPTY.into());
    }
    let waiting = cx.codes.check(&hash, &phone, &req.phone_code, cx.now())?;
    let change = ChangePhone {
        user,
        phone: waiting.tag,
        proven: cx.code_sender.proof(),
        country: countries::of_number(phone.digits()).map(|country| country.iso2.to_owned()),
    };
    let account = cx.write(change).await?;
    cx.codes.end(&hash);
    cx.codes.proven(&phone, &account).await;

    let mut view = cx.store.view().await?;
    let mut rendered = render::user(cx.viewer()?, &mut *view, &account.person).await?;
    if let enums::User::User(user) = &mut rendered {
        user.phone = Some(phone.digits().to_owned());
    }
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, World};
    use heliograph_domain::targets::{Resolved, Target, Window, resolve};
    use heliograph_keeper::PhoneTag;

    async fn ask(world: &World, person: &Person, number: &str) -> Result<String> {
        let call = f::account::SendChangePhoneCode {
            phone_number: number.into(),
            ..Default::default()
        };
        let enums::auth::SentCode::SentCode(sent) = world.call(person, call).await? else {
            panic!("not sent");
        };
        Ok(sent.phone_code_hash)
    }

    async fn change(
        world: &World,
        person: &Person,
        number: &str,
        hash: &str,
        code: &str,
    ) -> Result<enums::User> {
        let call = f::account::ChangePhone {
            phone_number: number.into(),
            phone_code_hash: hash.into(),
            phone_code: code.into(),
        };
        world.call(person, call).await
    }

    fn last_code(world: &World) -> String {
        let code = world.seen.code.lock().expect("no panic").take();
        code.expect("a code was sent")
    }

    async fn move_to(world: &World, person: &Person, number: &str) {
        let hash = ask(world, person, number).await.expect("sent");
        let code = last_code(world);
        let changed = change(world, person, number, &hash, &code).await;
        changed.expect("changed");
    }

    async fn tag(world: &World, digits: &str) -> PhoneTag {
        let fill = |out: &mut [u8]| out.fill(5);
        phone_tag(&*world.services.keeper, Purpose::Desk, 1, digits, fill)
            .await
            .expect("a number")
    }

    #[tokio::test]
    async fn a_new_number_takes_the_place_of_the_old_one() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let hash = ask(&world, &ada, "+49 30 999999").await.expect("sent");
        let code = last_code(&world);
        let wrong = change(&world, &ada, "4930999999", &hash, "x").await;
        assert_eq!(wrong, Err(text::PHONE_CODE_INVALID.into()));
        let Ok(enums::User::User(user)) = change(&world, &ada, "4930999999", &hash, &code).await
        else {
            panic!("refused");
        };
        assert_eq!(
            (user.id, user.phone.as_deref()),
            (ada.id.0, Some("4930999999"))
        );
        let again = change(&world, &ada, "4930999999", &hash, &code).await;
        assert_eq!(again, Err(text::PHONE_CODE_EXPIRED.into()));

        let ben = world.person("Ben", "4930123456").await;
        assert_ne!(ben.id, ada.id, "the old number is free");
        let taken = ask(&world, &ben, "4930999999").await;
        assert_eq!(taken, Err(text::PHONE_NUMBER_OCCUPIED.into()));
    }

    #[tokio::test]
    async fn a_number_that_was_taken_in_the_meantime_is_refused() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let hash = ask(&world, &ada, "4930999999").await.expect("sent");
        let code = last_code(&world);
        world.person("Ben", "4930999999").await;
        let late = change(&world, &ada, "4930999999", &hash, &code).await;
        assert_eq!(late, Err(text::PHONE_NUMBER_OCCUPIED.into()));
    }

    #[tokio::test]
    async fn an_order_for_a_number_means_who_had_it_then_or_nobody_for_sure() {
        let world = World::new().await;
        let ada = world.person("Ada", "4930123456").await;
        let begin_s = world.now_s();
        world.pass(86_400);
        move_to(&world, &ada, "4930999999").await;
        let tag = tag(&world, "4930123456").await;
        let meant = async |until_s: i64| {
            let window = Window::new(begin_s, until_s).expect("in order");
            let mut view = world.services.store.view().await.expect("the store works");
            let now = world.services.clock.now();
            resolve(&mut *view, &Target::Phone(tag), window, now)
                .await
                .expect("the store works")
        };
        let Resolved::One { user_id, .. } = meant(begin_s + 60).await else {
            panic!("nobody took the number since");
        };
        assert_eq!(user_id, ada.id);

        world.pass(86_400);
        world.person("Ben", "4930123456").await;
        assert_eq!(meant(begin_s + 60).await, Resolved::Ambiguous);
    }
}
