//! Bots that the operator makes.

use heliograph_server::operator_bots;
use heliograph_testkit::{House, Person, connect};
use heliograph_tl::{enums, functions};

/// Whether a token lets a bot in.
async fn opens(house: &House, token: &str) -> bool {
    let mut client = connect(house).await;
    let sign_in = functions::auth::ImportBotAuthorization {
        flags: 0,
        api_id: 1,
        api_hash: "0".repeat(32),
        bot_auth_token: token.into(),
    };
    let signed_in = client.call(&sign_in).await;
    matches!(signed_in, Ok(enums::auth::Authorization::Authorization(_)))
}

#[tokio::test]
async fn the_operator_makes_a_bot_and_opens_it_anew() {
    let house = House::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let name = functions::account::UpdateUsername {
        username: "ada_talks".into(),
    };
    ada.call(name).await;
    let (store, entropy) = (&house.services.store, &*house.services.entropy);
    let create = |username, owner| operator_bots::create(store, entropy, "Town", username, owner);

    let token = create("@town_bot", "@ada_talks")
        .await
        .expect("a free name");
    assert!(opens(&house, &token).await);
    let listed = operator_bots::list(store, "ada_talks").await;
    let listed = listed.expect("she is there");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].username.as_str(), listed[0].webhook),
        ("town_bot", false)
    );

    let renewed = operator_bots::new_token(store, entropy, "town_bot").await;
    let renewed = renewed.expect("a bot");
    assert!(!opens(&house, &token).await);
    assert!(opens(&house, &renewed).await);

    for (made, why) in [
        (
            create("town_bot", "ada_talks").await,
            "the username is taken",
        ),
        (
            create("town_hall", "ada_talks").await,
            "not a bot's username",
        ),
        (
            create("hall_bot", "nobody_here").await,
            "nobody has the username nobody_here",
        ),
        (
            create("hall_bot", "town_bot").await,
            "town_bot is a bot; name a person",
        ),
    ] {
        assert_eq!(made, Err(why.to_owned()));
    }
    let person = operator_bots::new_token(store, entropy, "ada_talks").await;
    assert_eq!(person, Err("ada_talks is no bot".to_owned()));
}
