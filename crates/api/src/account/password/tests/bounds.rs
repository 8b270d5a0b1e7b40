//! Wrong answers, answers of others, and too many of them.

use super::*;

fn srp(answer: InputCheckPasswordSRP) -> types::InputCheckPasswordSRP {
    match answer {
        InputCheckPasswordSRP::InputCheckPasswordSRP(check) => check,
        InputCheckPasswordSRP::InputCheckPasswordEmpty => panic!("there is a password"),
    }
}

async fn give(world: &World, person: &Person, check: types::InputCheckPasswordSRP) -> Result<()> {
    let password = check.into();
    let call = f::account::GetPasswordSettings { password };
    world.call(person, call).await.map(|_| ())
}

#[tokio::test]
async fn public_values_that_would_fix_the_key_are_refused() {
    let (world, ada) = guarded().await;
    let mut below = PRIME;
    below[255] -= 1;
    let twice = vec![0xff; 256];
    for a in [vec![], vec![0; 256], PRIME.to_vec(), below.to_vec(), twice] {
        // Guesses of one key are counted, too.
        world.pass(900);
        let posed = asked(&world, &ada).await.expect("answered");
        let good = srp(answer(&posed, SECRET));
        let refused = give(&world, &ada, types::InputCheckPasswordSRP { a, ..good }).await;
        assert_eq!(refused, Err(text::SRP_A_INVALID.into()));
    }
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let (world, ada) = guarded().await;
    let posed = asked(&world, &ada).await.expect("answered");
    let good = srp(answer(&posed, SECRET));
    assert_eq!(give(&world, &ada, good.clone()).await, Ok(()));
    let replayed = give(&world, &ada, good.clone()).await;
    assert_eq!(replayed, Err(text::SRP_ID_INVALID.into()));

    // A wrong answer uses a challenge up as well.
    let posed = asked(&world, &ada).await.expect("answered");
    let wrong = srp(answer(&posed, "wrong"));
    let refused = give(&world, &ada, wrong).await;
    assert_eq!(refused, Err(text::PASSWORD_HASH_INVALID.into()));
    let late = give(&world, &ada, srp(answer(&posed, SECRET))).await;
    assert_eq!(late, Err(text::SRP_ID_INVALID.into()));

    // And an old answer does not fit a new challenge.
    let posed = asked(&world, &ada).await.expect("answered");
    let srp_id = posed.srp_id.expect("a challenge");
    let moved = give(
        &world,
        &ada,
        types::InputCheckPasswordSRP { srp_id, ..good },
    )
    .await;
    assert_eq!(moved, Err(text::PASSWORD_HASH_INVALID.into()));
}

#[tokio::test]
async fn a_challenge_is_for_one_key_and_one_account_and_some_minutes() {
    let (world, ada, laptop) = guarded_on_two().await;
    let ben = world.person("Ben", "4930123457").await;
    set(&world, &ben, SECRET, "").await;
    let posed = asked(&world, &ada).await.expect("answered");
    let good = srp(answer(&posed, SECRET));
    for other in [&laptop, &ben] {
        let refused = give(&world, other, good.clone()).await;
        assert_eq!(refused, Err(text::SRP_ID_INVALID.into()));
    }
    let no_such = types::InputCheckPasswordSRP {
        srp_id: good.srp_id ^ 1,
        ..good.clone()
    };
    let refused = give(&world, &ada, no_such).await;
    assert_eq!(refused, Err(text::SRP_ID_INVALID.into()));
    assert_eq!(give(&world, &ada, good).await, Ok(()), "it is still there");

    let posed = asked(&world, &ada).await.expect("answered");
    world.pass(600);
    let late = give(&world, &ada, srp(answer(&posed, SECRET))).await;
    assert_eq!(late, Err(text::SRP_ID_INVALID.into()));
}

#[tokio::test]
async fn a_key_has_four_challenges_and_the_oldest_goes_first() {
    let (world, ada) = guarded().await;
    let mut posed = Vec::new();
    for _ in 0..5 {
        posed.push(asked(&world, &ada).await.expect("answered"));
    }
    let first = give(&world, &ada, srp(answer(&posed[0], SECRET))).await;
    assert_eq!(first, Err(text::SRP_ID_INVALID.into()));
    for later in &posed[1..] {
        let given = give(&world, &ada, srp(answer(later, SECRET))).await;
        assert_eq!(given, Ok(()));
    }
}

#[tokio::test]
async fn a_key_guesses_five_times_in_a_quarter_of_an_hour() {
    let (world, ada) = guarded().await;
    let wrong: Result<()> = Err(text::PASSWORD_HASH_INVALID.into());
    for _ in 0..4 {
        assert_eq!(check_settings(&world, &ada, "wrong").await, wrong);
    }
    // The right one begins anew.
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
    world.pass(60);
    for _ in 0..5 {
        assert_eq!(check_settings(&world, &ada, "wrong").await, wrong);
    }
    world.pass(60);
    let right = check_settings(&world, &ada, SECRET).await;
    let refused: Result<()> = Err(crate::error::RpcError::flood_wait(840));
    assert_eq!(right, refused, "also the right one waits");
    world.pass(840);
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
}

#[tokio::test]
async fn guesses_of_new_devices_are_bounded_and_do_not_lock_the_owners_out() {
    let (world, ada) = guarded().await;
    let mut wrong = 0;
    let refused = loop {
        // As many devices as it takes. Each asks for two codes, and a number gets five an hour.
        world.pass(1900);
        let device = arriving(&world).await;
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(check(&world, &device, "guess").await.map(|_| ()));
        }
        let counted = Err(text::PASSWORD_HASH_INVALID.into());
        wrong += answers.iter().filter(|one| **one == counted).count();
        if let Some(other) = answers.into_iter().find(|one| *one != counted) {
            break other;
        }
    };
    assert_eq!(wrong, 20);
    let Err(error) = refused else {
        panic!("guessed");
    };
    assert_eq!(error.code, 420);
    assert_eq!(check_settings(&world, &ada, SECRET).await, Ok(()));
    world.pass(86_400);
    let device = arriving(&world).await;
    assert!(check(&world, &device, SECRET).await.is_ok());
}
