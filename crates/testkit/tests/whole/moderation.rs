//! The circle through a whole server: a report from a client's menu, a decision at the pages, its
//! effect on search and in clients, the statement, an appeal to `@SpamBot`, the way back; and the
//! log, which says so throughout.

use heliograph_console::casework::Person as Staff;
use heliograph_console::moderating::ModeratingError;
use heliograph_console::staff::{self, Role, Roles};
use heliograph_console::{Installation, Moderating, Operator};
use heliograph_desk_store::{DeskError, StaffId};
use heliograph_domain::services::SPAM_BOT;
use heliograph_model::{Territory, UserId};
use heliograph_moderation::decisions::{Outcome, Verdict};
use heliograph_server::gateway::SystemEntropy;
use heliograph_server::moderation::ModerationPages;
use heliograph_testkit::{DeskHouse, Person};
use heliograph_tl::{enums, functions, types};
use heliograph_transparency::entry::{Act, Category, Duty};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Somebody of the staff who moderates.
pub(crate) fn moderator(house: &DeskHouse, name: &str) -> Staff {
    let desk = house.desk().store.desk();
    let roles = Roles::new([Role::Moderator]).expect("one role");
    let installation = Installation::new(None, Operator::default());
    let installation = installation.expect("this machine");
    staff::invite(
        &desk,
        &installation,
        &SystemEntropy,
        name,
        &roles,
        house.now_s(),
    )
    .expect("a new name");
    let everybody = desk.view(|view| {
        let all: Result<_, DeskError> = view.all_staff();
        all
    });
    let everybody = everybody.expect("the desk works");
    let row = everybody.into_iter().find(|row| row.name == name);
    let id: StaffId = row.expect("invited above").id;
    let name = name.to_owned();
    Staff { id, name }
}

/// Calls moderation's pages where they may block.
pub(crate) async fn pages<T: Send + 'static>(
    house: &DeskHouse,
    call: impl FnOnce(&ModerationPages) -> Result<T, ModeratingError> + Send + 'static,
) -> Result<T, ModeratingError> {
    let moderation = house.moderation.clone().expect("a house with a desk");
    let pages = Arc::new(ModerationPages::new(moderation, house.screen.clone()));
    let done = spawn_blocking(move || call(&pages)).await;
    done.expect("the call does not panic")
}

/// A public channel; answers with its id and access hash.
pub(crate) async fn channel(owner: &mut Person, name: &str, title: &str) -> (i64, i64) {
    let made = functions::channels::CreateChannel {
        broadcast: true,
        title: title.into(),
        ..Default::default()
    };
    let enums::Updates::Updates(made) = owner.call(made).await else {
        panic!("no updates");
    };
    let [enums::Chat::Channel(channel)] = made.chats.as_slice() else {
        panic!("{:?}", made.chats);
    };
    let access_hash = channel.access_hash.expect("its owner is given one");
    let publish = functions::channels::UpdateUsername {
        channel: types::InputChannel {
            channel_id: channel.id,
            access_hash,
        }
        .into(),
        username: name.into(),
    };
    owner.call(publish).await;
    (channel.id, access_hash)
}

/// Whether a search for these words finds a channel.
async fn finds(house: &DeskHouse, viewer: &mut Person, words: &str, channel: i64) -> bool {
    house.take_in().await;
    let search = functions::contacts::Search {
        q: words.into(),
        limit: 10,
        ..Default::default()
    };
    let found = viewer.call(search).await;
    let enums::contacts::Found::Found(found) = found;
    found
        .results
        .iter()
        .any(|peer| matches!(peer, enums::Peer::Channel(found) if found.channel_id == channel))
}

/// Has moderation bring what waits to the log.
async fn carried_out(house: &DeskHouse) {
    let moderation = house.moderation.clone().expect("a house with a desk");
    moderation.round().await.expect("the log takes it");
}

fn verdict(act: Act) -> Verdict {
    Verdict {
        act,
        territory: Territory::World,
        until: None,
        clause: "fraud.3".into(),
        category: Category::Fraud,
        facts: "Pills are sold that do not exist.".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_reported_delisted_contested_and_found_again() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let (channel_id, _) = channel(&mut ada, "cheap_pills", "Cheap pills").await;
    assert!(finds(&house, &mut ben, "cheap pills", channel_id).await);

    let resolve = functions::contacts::ResolveUsername {
        username: "cheap_pills".into(),
        ..Default::default()
    };
    let enums::contacts::ResolvedPeer::ResolvedPeer(seen) = ben.call(resolve).await;
    let [enums::Chat::Channel(seen)] = seen.chats.as_slice() else {
        panic!("{:?}", seen.chats);
    };
    let report = functions::messages::Report {
        peer: types::InputPeerChannel {
            channel_id,
            access_hash: seen.access_hash.expect("a public channel"),
        }
        .into(),
        id: Vec::new(),
        option: b"fraud".to_vec(),
        message: String::new(),
    };
    assert_eq!(ben.call(report).await, enums::ReportResult::Reported);

    let (cleo, dora) = (moderator(&house, "Cleo"), moderator(&house, "Dora"));
    let who = cleo.clone();
    let case = pages(&house, move |pages| pages.take(&who, None, false)).await;
    let case = case.expect("it works").expect("one waits");
    let who = cleo.clone();
    let sheet = pages(&house, move |pages| pages.case(&who, case)).await;
    let sheet = sheet.expect("it works");
    assert_eq!(sheet.face.title, "Cheap pills");
    assert!(sheet.mine && sheet.reports.len() == 1);
    let who = cleo.clone();
    let decided = pages(&house, move |pages| {
        pages.decide(&who, case, verdict(Act::Delist))
    });
    assert!(matches!(decided.await, Ok(Outcome::Decided(_))));
    carried_out(&house).await;
    assert!(!finds(&house, &mut ben, "cheap pills", channel_id).await);

    // The owner has read why, and contests it.
    let appeal = functions::messages::SendMessage {
        peer: types::InputPeerUser {
            user_id: SPAM_BOT.0,
            access_hash: house.services.access.hash(UserId(ada.id), SPAM_BOT),
        }
        .into(),
        message: "/appeal 1 They do exist.".into(),
        random_id: 7,
        ..Default::default()
    };
    ada.call(appeal).await;
    let who = dora.clone();
    let mut hearing = None;
    while hearing.is_none() {
        tokio::task::yield_now().await;
        let who = who.clone();
        let taken = pages(&house, move |pages| pages.take(&who, None, false)).await;
        hearing = taken.expect("it works");
    }
    let hearing = hearing.expect("waited for above");
    let own = cleo.clone();
    let refused = pages(&house, move |pages| {
        pages.decide(&own, hearing, verdict(Act::Undo))
    });
    assert!(matches!(refused.await, Err(ModeratingError::Refused(_))));
    let undone = pages(&house, move |pages| {
        pages.decide(&who, hearing, verdict(Act::Undo))
    });
    assert!(matches!(undone.await, Ok(Outcome::Decided(_))));
    carried_out(&house).await;
    assert!(finds(&house, &mut ben, "cheap pills", channel_id).await);

    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let decisions: Vec<_> = ledger.moderation().decisions().collect();
    assert_eq!(decisions.len(), 2);
    assert_eq!(decisions[0].settled, Some(2));
    assert_ne!(decisions[0].by, decisions[1].by);
    assert_eq!(ledger.moderation().terms().len(), 1);

    // Who is dismissed moderates no longer, and the log says so.
    let moderation = house.moderation.clone().expect("a house with a desk");
    moderation.discharge_named("Cleo").await.expect("it works");
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let duties = ledger.moderation().moderators().map(|(_, one)| one.duty);
    assert_eq!(duties.collect::<Vec<_>>(), [Duty::Off, Duty::On]);
}
