use super::*;
use crate::channels::testing::Kind;
use crate::messages::testing::{say, sent_id};
use crate::testing::World;
use heliograph_moderation::{cases, decisions};

fn reports(peer: InputPeer, option: &[u8], message: &str) -> f::messages::Report {
    f::messages::Report {
        peer,
        id: Vec::new(),
        option: option.to_vec(),
        message: message.to_owned(),
    }
}

async fn queue(world: &World) -> Vec<cases::Case> {
    let mut view = world.services.store.view().await.unwrap();
    cases::queue(&mut *view, 100).await.unwrap()
}

#[tokio::test]
async fn a_client_is_led_to_a_reason_step_by_step() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "49151000001").await,
        world.person("Ben", "49151000002").await,
    );
    let peer = || world.input_peer(&ben, &ada);
    let first = world.call(&ben, reports(peer(), b"", "")).await.unwrap();
    let ReportResult::ChooseOption(first) = first else {
        panic!("{first:?}");
    };
    assert!(first.options.len() > 5);
    let scam = world
        .call(&ben, reports(peer(), b"scam", ""))
        .await
        .unwrap();
    let ReportResult::ChooseOption(scam) = scam else {
        panic!("{scam:?}");
    };
    assert_eq!(scam.options.len(), 4);
    assert!(queue(&world).await.is_empty(), "asking is not reporting");
    let other = world
        .call(&ben, reports(peer(), b"other", ""))
        .await
        .unwrap();
    assert!(matches!(other, ReportResult::AddComment(_)));
    let done = world.call(&ben, reports(peer(), b"phishing", "")).await;
    assert_eq!(done.unwrap(), ReportResult::Reported);
    let cases = queue(&world).await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].subject, Subject::User(ada.id));
    assert_eq!(cases[0].reason().word, "phishing");
    let wrong = world.call(&ben, reports(peer(), b"nonsense", "")).await;
    assert_eq!(wrong.unwrap_err().message, "OPTION_INVALID");
}

#[tokio::test]
async fn older_clients_give_their_reason_at_once() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "49151000001").await,
        world.person("Ben", "49151000002").await,
    );
    let peer = world.input_peer(&ben, &ada);
    let call = reports(peer, b"inputReportReasonOther", "");
    let done = world.call(&ben, call).await.unwrap();
    assert_eq!(done, ReportResult::Reported);
    assert_eq!(queue(&world).await[0].reason().word, "other");
}

#[tokio::test]
async fn a_public_post_is_a_case_of_its_own_and_nothing_of_it_is_copied() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "49151000001").await,
        world.person("Ben", "49151000002").await,
    );
    let channel = world.channel(&ada, "Pills", Kind::Broadcast).await;
    world.publish(&ada, channel, "cheap_pills").await;
    let post = world.post(&ada, channel, "Pills that cure all");
    let id = sent_id(&world.call(&ada, post).await.unwrap());
    let mut call = reports(world.channel_peer(&ben, channel), b"fraud", "");
    call.id = vec![id];
    world.call(&ben, call.clone()).await.unwrap();
    let cases = queue(&world).await;
    assert_eq!(
        cases[0].subject,
        Subject::Post(channel, MessageId(id as u32))
    );
    assert!(cases[0].excerpts.is_empty());
    call.id = vec![99];
    let missing = world.call(&ben, call).await;
    assert_eq!(missing.unwrap_err().message, "MSG_ID_INVALID");
}

#[tokio::test]
async fn of_a_private_chat_only_what_was_handed_over_is_kept() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "49151000001").await,
        world.person("Ben", "49151000002").await,
    );
    say(&world, &ada, &ben, "hello").await;
    say(&world, &ada, &ben, "send me money").await;
    let mut call = reports(world.input_peer(&ben, &ada), b"fraud", "");
    call.id = vec![2];
    world.call(&ben, call).await.unwrap();
    let case = queue(&world).await.remove(0);
    assert_eq!(case.subject, Subject::User(ada.id));
    let texts: Vec<_> = case.excerpts.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["send me money"]);
    assert!(
        !format!("{case:?}").contains("money"),
        "nor does it show in a log"
    );
}

#[tokio::test]
async fn a_report_about_a_child_hides_a_public_channel_until_somebody_has_looked() {
    let world = World::new().await;
    let (ada, ben) = (
        world.person("Ada", "49151000001").await,
        world.person("Ben", "49151000002").await,
    );
    let channel = world.channel(&ada, "Odd", Kind::Broadcast).await;
    world.publish(&ada, channel, "odd_channel").await;
    let peer = world.channel_peer(&ben, channel);
    let call = reports(peer, b"child-sexual", "");
    world.call(&ben, call).await.unwrap();
    let mut view = world.services.store.view().await.unwrap();
    let waiting = decisions::waiting(&mut *view, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].verdict.act, Act::Hold);
    assert!(waiting[0].is_by_machine() && waiting[0].verdict.until.is_some());
}
