//! What may be done without the password, and how it is declined.

use super::*;
use enums::account::ResetPasswordResult;

const WEEK_S: i64 = 7 * 86_400;

async fn reset(world: &World, person: &Person) -> Result<ResetPasswordResult> {
    world.call(person, f::account::ResetPassword {}).await
}

async fn decline(world: &World, person: &Person) -> Result<bool> {
    world
        .call(person, f::account::DeclinePasswordReset {})
        .await
}

async fn delete(world: &World, person: &Person, typed: Option<&str>) -> Result<bool> {
    let password = match typed {
        Some(typed) => Some(answer(&asked(world, person).await?, typed)),
        None => None,
    };
    let call = f::account::DeleteAccount {
        reason: "Forgot password".into(),
        password,
    };
    world.call(person, call).await
}

fn wait_s(seconds: i64) -> crate::error::RpcError {
    crate::error::RpcError::with_number(text::TWO_FA_CONFIRM_WAIT_X, seconds as u32)
}

#[tokio::test]
async fn a_forgotten_password_goes_after_a_week() {
    let (world, ada, laptop) = guarded_on_two().await;
    let Ok(ResetPasswordResult::ResetPasswordRequestedWait(wait)) = reset(&world, &ada).await
    else {
        panic!("not asked for");
    };
    assert_eq!(i64::from(wait.until_date), world.now_s() + WEEK_S);
    assert!(last_told(&world).contains("without giving it"));
    let said = told(&world).len();
    let posed = asked(&world, &laptop).await.expect("answered");
    assert_eq!(posed.pending_reset_date, Some(wait.until_date));

    world.pass(WEEK_S - 1);
    let early = reset(&world, &laptop).await;
    assert_eq!(early, Ok(wait.into()), "asking again changes nothing");
    assert_eq!(told(&world).len(), said);
    world.pass(1);
    let done = reset(&world, &ada).await;
    assert_eq!(done, Ok(ResetPasswordResult::ResetPasswordOk));
    let posed = asked(&world, &ada).await.expect("answered");
    assert!(posed.current_algo.is_none());
    let again = reset(&world, &ada).await;
    assert_eq!(again, Err(text::PASSWORD_EMPTY.into()));
}

#[tokio::test]
async fn any_device_can_decline_and_then_nobody_asks_for_a_week() {
    let (world, ada, laptop) = guarded_on_two().await;
    assert_eq!(
        decline(&world, &laptop).await,
        Err(text::RESET_REQUEST_MISSING.into())
    );
    assert!(reset(&world, &ada).await.is_ok());
    assert_eq!(decline(&world, &laptop).await, Ok(true));
    let declined_s = world.now_s();
    let posed = asked(&world, &ada).await.expect("answered");
    assert_eq!(posed.pending_reset_date, None);
    world.pass(3600);
    let Ok(ResetPasswordResult::ResetPasswordFailedWait(wait)) = reset(&world, &ada).await else {
        panic!("asked for again");
    };
    assert_eq!(i64::from(wait.retry_date), declined_s + WEEK_S);
    world.pass(WEEK_S);
    let again = reset(&world, &ada).await;
    assert!(matches!(
        again,
        Ok(ResetPasswordResult::ResetPasswordRequestedWait(_))
    ));
}

#[tokio::test]
async fn giving_or_changing_the_password_ends_a_reset() {
    let (world, ada) = guarded().await;
    for change in [false, true] {
        assert!(reset(&world, &ada).await.is_ok());
        if change {
            let posed = asked(&world, &ada).await.expect("answered");
            let settings = wanted(&posed, "Bernoulli", "");
            let changed = update(&world, &ada, answer(&posed, SECRET), settings).await;
            assert_eq!(changed, Ok(true));
        } else {
            assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
        }
        world.pass(WEEK_S);
        let late = reset(&world, &ada).await;
        assert!(matches!(
            late,
            Ok(ResetPasswordResult::ResetPasswordRequestedWait(_))
        ));
        assert_eq!(decline(&world, &ada).await, Ok(true));
        world.pass(WEEK_S);
    }
}

#[tokio::test]
async fn who_has_the_number_and_no_password_cannot_delete_the_account_at_once() {
    let (world, ada) = guarded().await;
    let device = arriving(&world).await;
    let first = delete(&world, &device, None).await;
    assert_eq!(first, Err(wait_s(WEEK_S)));
    assert!(last_told(&world).contains("asked to delete your account"));
    let said = told(&world).len();
    world.pass(60);
    let again = delete(&world, &device, None).await;
    assert_eq!(again, Err(wait_s(WEEK_S - 60)));
    assert_eq!(told(&world).len(), said, "told once");
    let wrong = delete(&world, &device, Some("guess")).await;
    assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));

    world.pass(WEEK_S);
    let device = arriving(&world).await;
    assert_eq!(delete(&world, &device, None).await, Ok(true));
    let gone = delete(&world, &ada, None).await;
    assert_eq!(gone, Err(text::USER_DEACTIVATED.into()));
    // The number is free, and nothing of the password is left.
    let next = world.person("Next", NUMBER).await;
    assert_ne!(next.id, ada.id);
    let posed = asked(&world, &next).await.expect("answered");
    assert!(posed.current_algo.is_none());
}

#[tokio::test]
async fn a_deletion_is_off_when_a_device_declines_or_the_password_is_given() {
    let (world, ada) = guarded().await;
    let ask = async || {
        let device = arriving(&world).await;
        delete(&world, &device, None).await
    };
    assert_eq!(ask().await, Err(wait_s(WEEK_S)));
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
    assert!(last_told(&world).contains("is off"));
    world.pass(WEEK_S);
    assert_eq!(ask().await, Err(wait_s(WEEK_S)), "it begins anew");

    let device = arriving(&world).await;
    check(&world, &device, SECRET).await.expect("signed in");
    world.pass(WEEK_S);
    assert_eq!(ask().await, Err(wait_s(WEEK_S)));

    assert_eq!(decline(&world, &ada).await, Ok(true));
    let lately: Result<bool> = Err(text::TWO_FA_RECENT_CONFIRM.into());
    assert_eq!(ask().await, lately);
    world.pass(WEEK_S);
    assert_eq!(ask().await, Err(wait_s(WEEK_S)));
}

#[tokio::test]
async fn with_the_password_an_account_is_deleted_at_once() {
    let (world, ada) = guarded().await;
    let wrong = delete(&world, &ada, Some("guess")).await;
    assert_eq!(wrong, Err(text::PASSWORD_HASH_INVALID.into()));
    assert_eq!(delete(&world, &ada, Some(SECRET)).await, Ok(true));
    let mut view = world.services.store.view().await.expect("the store works");
    let left = passwords::find(&mut *view, ada.id).await;
    assert!(left.expect("the store works").is_none(), "it goes with it");
    drop(view);

    let (world, _) = guarded().await;
    let device = arriving(&world).await;
    assert_eq!(delete(&world, &device, Some(SECRET)).await, Ok(true));
    let gone = check(&world, &device, SECRET).await;
    assert_eq!(gone, Err(text::AUTH_KEY_UNREGISTERED.into()));
}

#[tokio::test]
async fn a_device_that_is_signed_in_waits_a_week_without_the_password_too() {
    let (world, ada) = guarded().await;
    assert_eq!(delete(&world, &ada, None).await, Err(wait_s(WEEK_S)));
    world.pass(WEEK_S);
    assert_eq!(delete(&world, &ada, None).await, Ok(true));
}

#[tokio::test]
async fn a_stranger_deletes_nothing() {
    let (world, _) = guarded().await;
    let stranger = world.stranger().await;
    let refused = delete(&world, &stranger, None).await;
    assert_eq!(refused, Err(text::AUTH_KEY_UNREGISTERED.into()));
}
