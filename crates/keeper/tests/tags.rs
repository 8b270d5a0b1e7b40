//! Phone tags, through a keeper in the same process.

use heliograph_keeper::{
    Keeper, KeeperError, Limits, LocalKeeper, MAX_BATCH, PhoneTag, Purpose, TagError, phone_tag,
    phone_tags,
};
use heliograph_vault::oprf::OprfKey;
use std::sync::Arc;

fn keeper(limits: Limits) -> LocalKeeper {
    let key = OprfKey::derive(&[1; 32], b"test").expect("usable");
    LocalKeeper::new(
        Arc::new(Keeper::in_memory(key, limits)),
        Arc::new(|| 1_900_000_000),
    )
}

/// Bytes that differ from call to call.
fn entropy(mut seed: u8) -> impl FnMut(&mut [u8]) {
    move |buffer| {
        seed += 1;
        buffer.fill(seed);
    }
}

async fn tag(keeper: &LocalKeeper, digits: &str, seed: u8) -> Result<PhoneTag, TagError> {
    phone_tag(keeper, Purpose::SignIn, 1, digits, entropy(seed)).await
}

#[tokio::test]
async fn tag_depends_on_the_number_and_not_on_the_blind() {
    let keeper = keeper(Limits::default());
    let one = tag(&keeper, "15550100", 1).await;
    assert!(one.is_ok());
    assert_eq!(one, tag(&keeper, "15550100", 2).await);
    assert_ne!(one, tag(&keeper, "15550101", 1).await);
}

#[tokio::test]
async fn tag_of_a_number_never_changes() {
    // Tags are stored: a change of domain, derivation or length would lose every account.
    let tag = tag(&keeper(Limits::default()), "15550100", 1).await;
    assert_eq!(
        tag.map(PhoneTag::to_bytes),
        Ok(0xa79623ab6f06fb0663c0fd86a34f694d_u128.to_be_bytes())
    );
}

#[tokio::test]
async fn only_e164_digits_are_accepted() {
    let keeper = keeper(Limits::default());
    let too_long = "1".repeat(16);
    let refused = [
        "",
        "+15550100",
        "015550100",
        "1555 0100",
        "1555a",
        "１２３",
        &too_long,
    ];
    for digits in refused {
        assert_eq!(tag(&keeper, digits, 1).await, Err(TagError::NotE164));
        let numbers = ["15550100", digits];
        let many = phone_tags(&keeper, Purpose::Import, 1, &numbers, entropy(1));
        assert_eq!(many.await, Err(TagError::NotE164));
    }
    assert!(tag(&keeper, &too_long[1..], 1).await.is_ok());
}

#[tokio::test]
async fn many_numbers_have_the_tags_they_have_alone() {
    let keeper = keeper(Limits::default());
    let numbers: Vec<String> = (0..40).map(|n| format!("155501{n:02}")).collect();
    let digits: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let many = phone_tags(&keeper, Purpose::Import, 1, &digits, entropy(1)).await;
    let mut alone = Vec::new();
    for number in digits {
        alone.push(tag(&keeper, number, 90).await.expect("within the budget"));
    }
    assert_eq!(many, Ok(alone));
}

#[tokio::test]
async fn import_goes_as_far_as_the_budget() {
    let keeper = keeper(Limits {
        per_day: 60,
        sign_in_reserve: 20,
        ..Limits::default()
    });
    let digits = vec!["15550100"; MAX_BATCH + 1];
    let import = |numbers| {
        phone_tags(&keeper, Purpose::Import, 1, numbers, |buffer| {
            buffer.fill(1);
        })
    };
    assert_eq!(import(&digits).await.map(|tags| tags.len()), Ok(40));
    assert!(matches!(
        import(&digits).await,
        Err(TagError::Keeper(KeeperError::Budget { .. }))
    ));
    assert_eq!(import(&[]).await, Ok(Vec::new()));
    assert!(tag(&keeper, "15550100", 1).await.is_ok());
}

#[test]
fn tag_is_not_printed() {
    let tag = PhoneTag::from_bytes([0x41; 16]);
    assert_eq!(format!("{tag:?}"), "PhoneTag(..)");
}
