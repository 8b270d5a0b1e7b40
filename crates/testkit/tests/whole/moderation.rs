//! The circle through a whole server: a report from a client's menu, a decision at the pages, its
//! effect on search and in clients, the statement, an appeal to `@SpamBot`, the way back; and the
//! log, which says so throughout.

use heliograph_console::casework::Person as Staff;
use heliograph_console::moderating::{ModeratingError, UndoAll};
use heliograph_console::staff::{self, Role, Roles};
use heliograph_console::{Installation, Moderating, Operator};
use heliograph_desk_store::{DeskError, StaffId};
use heliograph_domain::jobs;
use heliograph_domain::services::{ANNOUNCEMENTS, SPAM_BOT};
use heliograph_model::{Territory, UserId};
use heliograph_moderation::cases::Origin;
use heliograph_moderation::decisions::{Outcome, Verdict};
use heliograph_moderation::reasons;
use heliograph_server::gateway::SystemEntropy;
use heliograph_server::moderation::ModerationPages;
use heliograph_testkit::{DeskHouse, Person};
use heliograph_tl::{enums, functions, types};
use heliograph_transparency::entry::{Act, Category, Day, Duty, Errand};
use heliograph_transparency::tree::Hash;
use sha2::{Digest, Sha256};
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
    let pages = Arc::new(ModerationPages::new(
        moderation,
        house.screen.clone(),
        house.refusals.clone(),
    ));
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
        let taken = pages(&house, move |pages| {
            let Some(case) = pages.take(&who, None, false)? else {
                return Ok(None);
            };
            // Another one may be the second look at what Cleo decided.
            let origin = pages.case(&who, case)?.case.origin;
            Ok((origin == Origin::Appeal).then_some(case))
        });
        hearing = taken.await.expect("it works");
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

/// The texts of somebody's newest messages from a service account.
pub(crate) async fn told_by(
    house: &DeskHouse,
    person: &mut Person,
    service: UserId,
) -> Vec<String> {
    let history = functions::messages::GetHistory {
        peer: types::InputPeerUser {
            user_id: service.0,
            access_hash: house.services.access.hash(UserId(person.id), service),
        }
        .into(),
        limit: 10,
        ..Default::default()
    };
    let page = person.call(history).await;
    let messages = match page {
        enums::messages::Messages::Messages(page) => page.messages,
        enums::messages::Messages::Slice(page) => page.messages,
        other => panic!("{other:?}"),
    };
    let text = |message: enums::Message| match message {
        enums::Message::Message(message) => message.message,
        other => panic!("{other:?}"),
    };
    messages.into_iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_reaches_everybody_once_and_the_log_proves_its_words() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let moderation = house.moderation.clone().expect("a house with a desk");
    let words = "The server is down on Sunday.";
    let entry = moderation.announce(words).await.expect("it is said");
    let again = moderation.announce(words).await.expect("nothing new");
    assert_eq!(entry, again);
    let store = &house.services.store;
    while jobs::run_due(store, house.services.clock.now())
        .await
        .expect("jobs run")
        > 0
    {}
    let told = told_by(&house, &mut ada, ANNOUNCEMENTS).await;
    let [told] = told.as_slice() else {
        panic!("told {} times", told.len());
    };
    assert!(told.starts_with(words));
    assert!(told.contains(&format!("Entry {entry} of the public log")));
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let hash = Hash(Sha256::digest(words).into());
    let [(mark, deed)] = ledger.moderation().deeds() else {
        panic!("not one deed");
    };
    assert_eq!((mark.index, deed.text), (entry, Some(hash)));
    assert!(told.ends_with(&hash.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_staffs_is_marked_counted_and_out_of_reach() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let username = "ada_at_work".to_owned();
    ada.call(functions::account::UpdateUsername { username })
        .await;
    let moderation = house.moderation.clone().expect("a house with a desk");
    assert!(moderation.mark_staff("@nobody_here", true).await.is_err());
    for _ in 0..2 {
        let marked = moderation.mark_staff("@ada_at_work", true).await;
        marked.expect("there is such an account");
    }
    let cleo = moderator(&house, "Cleo");
    let decided = pages(&house, move |pages| {
        let fraud = reasons::find("fraud").expect("a reason");
        let case = pages.open_case(&cleo, "@ada_at_work", fraud, Origin::Own, None, "")?;
        pages.take(&cleo, Some(case), false)?;
        pages.decide(&cleo, case, verdict(Act::WarnScam))
    });
    let refused = decided.await;
    assert!(matches!(refused, Err(ModeratingError::Refused(_))));
    let id = ada.id.to_string();
    moderation.mark_staff(&id, false).await.expect("by its id");
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let deeds = ledger.moderation().deeds().iter();
    let deeds: Vec<_> = deeds.map(|(_, deed)| (deed.what, deed.count)).collect();
    assert_eq!(deeds, [(Errand::Staff, 1), (Errand::NoStaff, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_decided_is_taken_back_together_and_told_to_the_database() {
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    let mut ben = Person::sign_up(&house, "Ben", "+4915100000002").await;
    let (channel_id, _) = channel(&mut ada, "cheap_pills", "Cheap pills").await;
    let (cleo, dora) = (moderator(&house, "Cleo"), moderator(&house, "Dora"));
    let decided = pages(&house, move |pages| {
        let fraud = reasons::find("fraud").expect("a reason");
        let case = pages.open_case(&cleo, "@cheap_pills", fraud, Origin::Own, None, "")?;
        pages.take(&cleo, Some(case), false)?;
        pages.decide(&cleo, case, verdict(Act::Delist))
    });
    decided.await.expect("it is decided");
    carried_out(&house).await;
    assert!(!finds(&house, &mut ben, "cheap pills", channel_id).await);

    let moderation = house.moderation.clone().expect("a house with a desk");
    let (records, next) = moderation
        .statements(1, Day(0))
        .await
        .expect("they are made");
    assert_eq!((records.len(), next), (1, None));
    let today = Day::of_unix(house.now_s());
    let (later, _) = moderation.statements(1, today.plus(1)).await.expect("none");
    assert!(later.is_empty());

    let undone = pages(&house, move |pages| {
        let asked = |by| UndoAll {
            by,
            from: today,
            to: today,
            facts: "They were not careful.".into(),
            children: false,
        };
        let of_machines = pages.count_undone(&dora, &asked(None))?;
        let counted = pages.count_undone(&dora, &asked(Some(1)))?;
        let undone = pages.undo_all(&dora, &asked(Some(1)))?;
        Ok((of_machines, counted, undone))
    });
    assert_eq!(undone.await.expect("it is undone"), (0, 1, 1));
    carried_out(&house).await;
    assert!(finds(&house, &mut ben, "cheap pills", channel_id).await);
}
