//! The circle, in one thread: reports, a case, a decision in a log that keeps its own rules, its
//! effect, an appeal, the way back.

mod afterwards;
mod gate;
mod search_terms;
mod terms;

use crate::Subject;
use crate::appeals::{self, AppealError, Contest, NoteLogged};
use crate::cases::{self, Case, CaseError, OpenCase, Origin, TakeCase};
use crate::decisions::{
    self, Decide, DecideError, Decided, Hide, Outcome, Progress, Undo, Verdict,
};
use crate::enact::{Enact, Refuse};
use crate::entries;
use crate::reasons::{self, Reason};
use crate::reports::{self, FileReport, Filed};
use ed25519_dalek::SigningKey;
use heliograph_domain::accounts::{MarkStaff, Proof, Registration, SignUp};
use heliograph_domain::channels::{CreateChannel, NewChannel, SetPublicName};
use heliograph_keeper::PhoneTag;
use heliograph_model::{
    ChannelId, Description, FirstName, LastName, Measures, Reach, Territory, Title, UnixMs, UserId,
    Username, Warning,
};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{Clock, KeyRange, Order, Store, memory};
use heliograph_transparency::entry::{Act, Category, Day, Duty, Entry, Moderator, Terms};
use heliograph_transparency::testing::{Scene, seed};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const START: Day = Day(20_780);
const ORIGIN: &str = "demo.example/log";

struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::Relaxed))
    }
}

/// A store, a log with three moderators, and a public channel of a person's.
struct Town {
    time: Arc<Time>,
    store: Store,
    log: Scene,
    owner: UserId,
    channel: ChannelId,
}

fn key(number: u16) -> SigningKey {
    SigningKey::from_bytes(&seed(&format!("moderator {number}")))
}

impl Town {
    async fn new() -> Self {
        let start = i64::try_from(START.start_unix()).unwrap() * 1000;
        let time = Arc::new(Time(AtomicI64::new(start)));
        let store = memory::open(time.clone(), Arc::new(()));
        let mut log = Scene::new(ORIGIN, START);
        log.push(Terms {
            version: 1,
            bundle: crate::terms::first().hash(),
            effective: START,
        });
        for number in 1..=3 {
            log.push(Moderator {
                number,
                key: key(number).verifying_key().to_bytes(),
                duty: Duty::On,
            });
        }
        let mut town = Town {
            time,
            store,
            log,
            owner: UserId(0),
            channel: ChannelId(0),
        };
        town.owner = town.person(1).await;
        town.channel = town.channel_of(town.owner, "cheap_pills").await;
        town
    }

    fn pass_s(&mut self, seconds: i64) {
        self.time.0.fetch_add(seconds * 1000, Ordering::Relaxed);
        let now_s = self.time.now().0 / 1000;
        self.log.today = Day::of_unix(u64::try_from(now_s).unwrap());
    }

    async fn person(&self, number: u8) -> UserId {
        let sign_up = SignUp {
            phone: PhoneTag::from_bytes([number; 16]),
            proven: Proof::Operator,
            first_name: FirstName::parse("Ada").unwrap(),
            last_name: LastName::default(),
            country: Some("DE".into()),
            registration: Registration::Open,
        };
        self.store.write(sign_up).await.unwrap().person.id
    }

    async fn channel_of(&self, creator: UserId, name: &str) -> ChannelId {
        let id = self.store.write(NewChannel).await.unwrap();
        let create = CreateChannel {
            id,
            creator,
            title: Title::parse("Cheap pills").unwrap(),
            about: Description::default(),
            broadcast: true,
        };
        self.store.write(create).await.unwrap();
        let public = SetPublicName {
            channel: id,
            by: creator,
            username: Some(Username::parse(name).unwrap()),
        };
        self.store.write(public).await.unwrap();
        id
    }

    fn subject(&self) -> Subject {
        Subject::Channel(self.channel)
    }

    async fn report(&self, by: UserId, reason: &'static Reason) -> Filed {
        let report = FileReport {
            by: Some(by),
            subject: self.subject(),
            reason,
            comment: String::new(),
            excerpts: Vec::new(),
            origin: Origin::Report,
        };
        self.store.write(report).await.unwrap()
    }

    async fn case(&self, number: u64) -> Case {
        let mut view = self.store.view().await.unwrap();
        cases::find(&mut *view, number).await.unwrap().unwrap()
    }

    async fn take(&self, moderator: u16) -> Option<Case> {
        let take = TakeCase {
            moderator,
            case: None,
            children: true,
        };
        self.store.write(take).await.unwrap()
    }

    async fn decide(&self, moderator: u16, case: u64, act: Act) -> Result<Outcome, DecideError> {
        let decide = Decide {
            moderator,
            case,
            verdict: verdict(act),
            salt: seed(&format!("salt {case}")),
        };
        self.store.write(decide).await
    }

    /// What the server does: brings to the log what waits for it, and carries it out.
    async fn log_what_waits(&mut self) {
        let (contested, decided) = {
            let mut view = self.store.view().await.unwrap();
            let contested = appeals::waiting(&mut *view, 100).await.unwrap();
            (
                contested,
                decisions::waiting(&mut *view, 100).await.unwrap(),
            )
        };
        for appeal in contested {
            let entry = entries::of_appeal(&appeal, self.log.today);
            let logged = self.log.try_push(&entry).is_ok();
            let number = appeal.decision;
            self.store
                .write(NoteLogged { number, logged })
                .await
                .unwrap();
        }
        for decided in decided {
            self.log_one(decided).await;
        }
    }

    async fn log_one(&mut self, decided: Decided) {
        let number = self.log.ledger.moderation().decided() + 1;
        let mut entry = entries::of_decision(&decided, number, self.log.today);
        let keys: Vec<_> = decided
            .by
            .iter()
            .map(|number| (*number, key(*number)))
            .collect();
        entries::sign(&mut entry, ORIGIN, &keys);
        assert_eq!(Entry::parse(&entry.to_bytes().unwrap()).unwrap(), entry);
        match self.log.try_push(&entry) {
            Ok(index) => {
                let enact = Enact {
                    decided,
                    number,
                    index,
                };
                self.store.write(enact.clone()).await.unwrap();
                self.store.write(enact).await.expect("safe to run twice");
            }
            Err(violation) => {
                let refuse = Refuse {
                    id: decided.id,
                    why: violation.to_string(),
                };
                self.store.write(refuse).await.unwrap();
            }
        }
    }

    async fn measures(&self) -> Measures {
        let mut view = self.store.view().await.unwrap();
        let measures = decisions::measures_of(&mut *view, &self.subject()).await;
        measures.unwrap()
    }

    async fn reach(&self) -> Option<Reach> {
        let measures = self.measures().await;
        measures.reach(Some("DE"), self.time.now()).cloned()
    }

    /// What the notifications account has written to somebody.
    async fn letters(&self, to: UserId) -> Vec<String> {
        let mut view = self.store.view().await.unwrap();
        let rows = view
            .list::<MessageRow>(to.into(), KeyRange::all(), Order::Ascending, 100)
            .await
            .unwrap();
        let mut letters = Vec::new();
        for ((_, id), _) in rows {
            let message = mailbox::load(&mut *view, to.into(), id).await.unwrap();
            letters.extend(message.map(|message| message.body.text));
        }
        letters
    }
}

fn reason(word: &str) -> &'static Reason {
    reasons::find(word).unwrap()
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

#[tokio::test]
async fn a_channel_is_reported_delisted_contested_and_restored() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    assert_eq!(town.take(1).await.map(|case| case.number), Some(case));
    let decided = town.decide(1, case, Act::Delist).await.unwrap();
    assert!(matches!(decided, Outcome::Decided(_)));
    assert_eq!(
        town.reach().await,
        None,
        "nothing happens before the log has it"
    );
    town.log_what_waits().await;
    assert_eq!(town.reach().await, Some(Reach::Delisted(Territory::World)));
    let letters = town.letters(town.owner).await;
    let letter = letters.last().unwrap();
    assert!(
        letter.contains("fraud.3") && letter.contains("/appeal 1"),
        "{letter}"
    );
    assert!(letter.contains("Pills are sold that do not exist."));

    let contest = Contest {
        by: town.owner,
        number: 1,
        text: "They do exist.".into(),
        salt: seed("appeal"),
    };
    town.store.write(contest.clone()).await.unwrap();
    let again = town.store.write(contest).await;
    assert!(matches!(again, Err(AppealError::Waiting)));
    town.log_what_waits().await;
    assert_eq!(
        town.take(1).await,
        None,
        "nobody hears an appeal against themselves"
    );
    let appeal = town.take(2).await.expect("somebody else does");
    let own = town.decide(1, appeal.number, Act::Uphold).await;
    assert!(matches!(own, Err(DecideError::NotYours)));
    town.decide(2, appeal.number, Act::Undo).await.unwrap();
    town.log_what_waits().await;

    assert!(town.measures().await.is_empty());
    assert_eq!(town.letters(town.owner).await.len(), 2);
    let mut view = town.store.view().await.unwrap();
    let counts = reports::reporter(&mut *view, reporter).await.unwrap();
    assert_eq!(
        (counts.right, counts.wrong),
        (0, 1),
        "the report was wrong after all"
    );
    let ledger = &town.log.ledger;
    assert_eq!(ledger.moderation().decided(), 2);
    assert!(ledger.findings(town.log.today).is_empty());
}

#[tokio::test]
async fn a_thousand_reports_are_one_case_and_each_reporter_counts_once() {
    let town = Town::new().await;
    let (one, other) = (town.person(2).await, town.person(3).await);
    let Filed { case, .. } = town.report(one, reason("spam")).await;
    for _ in 0..1_000 {
        let filed = town.report(other, reason("spam")).await;
        assert_eq!(filed.case, case);
    }
    let case = town.case(case).await;
    assert_eq!(case.reports, 2);
    // Both accounts are new, so both together weigh less than one old one.
    assert!(case.weight < 50, "{}", case.weight);
}

#[tokio::test]
async fn a_thousand_false_notices_hide_nothing_and_stand_behind_ten_people() {
    let mut town = Town::new().await;
    let target = town.subject();
    let notice = FileReport {
        by: None,
        subject: target.clone(),
        reason: reason("fraud"),
        comment: "It is all lies.".into(),
        excerpts: Vec::new(),
        origin: Origin::Notice,
    };
    let mut filed = None;
    for _ in 0..1_000 {
        filed = Some(town.store.write(notice.clone()).await.unwrap());
    }
    let flooded = filed.expect("there were some");
    assert!(!flooded.hide_at_once);
    assert_eq!(town.reach().await, None, "a notice alone hides nothing");

    town.pass_s(30 * 86_400);
    let other = town.channel_of(town.owner, "worse_pills").await;
    let mut people = Vec::new();
    for number in 2..12 {
        people.push(town.person(number).await);
    }
    town.pass_s(30 * 86_400);
    for person in people {
        let report = FileReport {
            by: Some(person),
            subject: Subject::Channel(other),
            ..notice.clone()
        };
        town.store.write(report).await.unwrap();
    }
    let first = town.take(1).await.expect("there are two");
    assert_eq!(first.subject, Subject::Channel(other));
    town.decide(2, flooded.case, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, None, "and one decision ends them all");
}

#[tokio::test]
async fn two_moderators_never_get_the_same_case() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    town.report(reporter, reason("spam")).await;
    let case = town.take(1).await.expect("one waits").number;
    assert_eq!(town.take(2).await, None);
    let refused = town.decide(2, case, Act::Nothing).await;
    assert!(matches!(refused, Err(DecideError::NotYours)));
    // Who wanders off loses it.
    town.pass_s(cases::TAKEN_S + 1);
    assert_eq!(town.take(2).await.map(|case| case.number), Some(case));
    town.decide(2, case, Act::Nothing).await.unwrap();
    let twice = town.decide(1, case, Act::Nothing).await;
    assert!(matches!(twice, Err(DecideError::NotYours)));
}

#[tokio::test]
async fn children_and_life_come_first_and_are_hidden_at_once() {
    let town = Town::new().await;
    let reporter = town.person(2).await;
    let filed = town.report(reporter, reason("spam")).await;
    assert!(!filed.hide_at_once);
    let other = town.channel_of(town.owner, "other_pills").await;
    let report = |by| FileReport {
        by: Some(by),
        subject: Subject::Channel(other),
        reason: reason("child-sexual"),
        comment: String::new(),
        excerpts: Vec::new(),
        origin: Origin::Report,
    };
    let filed = town.store.write(report(reporter)).await.unwrap();
    assert!(filed.hide_at_once);
    let third = town.person(3).await;
    let again = town.store.write(report(third)).await.unwrap();
    assert!(!again.hide_at_once, "it is hidden already");
    // Who has not agreed to see such things does not get it.
    let take = TakeCase {
        moderator: 1,
        case: None,
        children: false,
    };
    let spam = town
        .store
        .write(take)
        .await
        .unwrap()
        .expect("the other one");
    assert_eq!(spam.reason().word, "spam");
    let first = town.take(2).await.expect("it waits");
    assert!(first.reason().is_about_children());
}

#[tokio::test]
async fn what_a_machine_hides_comes_back_unless_a_person_confirms() {
    let mut town = Town::new().await;
    let hide = |town: &Town, salt: &str| Hide {
        subject: town.subject(),
        verdict: verdict(Act::Delist),
        found_by_machine: true,
        case: None,
        salt: seed(salt),
    };
    town.store
        .write(hide(&town, "one"))
        .await
        .unwrap()
        .expect("it is hidden");
    assert_eq!(town.store.write(hide(&town, "two")).await.unwrap(), None);
    town.log_what_waits().await;
    assert!(town.reach().await.is_some());
    town.pass_s(72 * 3600 + 1);
    assert_eq!(town.reach().await, None);

    // The second time a person confirms it.
    town.store
        .write(hide(&town, "three"))
        .await
        .unwrap()
        .expect("hidden again");
    town.log_what_waits().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    town.pass_s(365 * 86_400);
    assert!(town.reach().await.is_some());
    let moderation = town.log.ledger.moderation();
    assert_eq!(moderation.decision(2).unwrap().settled, Some(3));
}

#[tokio::test]
async fn where_all_is_well_a_machines_measure_is_taken_back() {
    let mut town = Town::new().await;
    let hide = Hide {
        subject: town.subject(),
        verdict: verdict(Act::Hold),
        found_by_machine: true,
        case: None,
        salt: seed("one"),
    };
    town.store.write(hide).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, Some(Reach::Held));
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, None);
    assert_eq!(town.log.ledger.moderation().decided(), 2);
}

#[tokio::test]
async fn something_grave_waits_for_a_second_moderator() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    let first = town.decide(1, case, Act::Block).await.unwrap();
    assert_eq!(first, Outcome::Proposed);
    let again = town.decide(1, case, Act::Block).await.unwrap();
    assert_eq!(again, Outcome::Proposed, "one person is not two");
    assert_eq!(town.take(1).await, None);
    town.take(2).await.expect("it waits for another");
    town.decide(2, case, Act::Block).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, Some(Reach::Blocked));
    let logged = town.log.ledger.moderation().decision(1).unwrap();
    assert_eq!(logged.by, [1, 2]);
}

#[tokio::test]
async fn nobody_decides_about_staff() {
    let town = Town::new().await;
    let mark = MarkStaff {
        user: town.owner,
        staff: true,
    };
    assert!(town.store.write(mark).await.unwrap());
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    let refused = town.decide(1, case, Act::Delist).await;
    assert!(matches!(refused, Err(DecideError::Staff)));
    town.decide(1, case, Act::Nothing).await.unwrap();
}

#[tokio::test]
async fn an_order_is_carried_out_where_it_holds_and_nowhere_else() {
    let mut town = Town::new().await;
    let open = OpenCase {
        subject: town.subject(),
        origin: Origin::Order(7),
        reason: reason("fraud"),
        statement: "The court of X".into(),
        not_wider: Some(Territory::Countries(vec!["DE".into()])),
    };
    let case = town.store.write(open).await.unwrap();
    let world = town.decide(1, case, Act::Delist).await;
    assert!(matches!(world, Err(DecideError::WiderThanTheOrder)));
    let decide = Decide {
        moderator: 1,
        case,
        verdict: Verdict {
            territory: Territory::Countries(vec!["DE".into()]),
            ..verdict(Act::Delist)
        },
        salt: seed("order"),
    };
    town.store.write(decide).await.unwrap();
    town.log_what_waits().await;
    let measures = town.measures().await;
    let now = town.time.now();
    assert!(measures.reach(Some("DE"), now).is_some());
    assert_eq!(measures.reach(Some("FR"), now), None);
}

#[tokio::test]
async fn a_decision_is_undone_in_one_step_and_leaves_others_alone() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    for act in [Act::WarnScam, Act::Delist] {
        let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
        town.decide(1, case, act).await.unwrap();
        town.log_what_waits().await;
    }
    let undo = Undo {
        moderator: 2,
        number: 2,
        facts: "The pills do exist.".into(),
    };
    town.store.write(undo.clone()).await.unwrap();
    let twice = town.store.write(undo).await;
    assert!(matches!(twice, Err(DecideError::NotInForce)));
    town.log_what_waits().await;
    assert_eq!(town.reach().await, None);
    let measures = town.measures().await;
    let warnings: Vec<_> = measures.warnings(town.time.now()).collect();
    assert_eq!(warnings, [Warning::Scam]);
}

#[tokio::test]
async fn what_the_log_refuses_is_not_carried_out() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    // Moderator 9 is in no log.
    town.decide(9, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.reach().await, None);
    let mut view = town.store.view().await.unwrap();
    let decided = decisions::newest(&mut *view, 1).await.unwrap().remove(0);
    assert!(matches!(decided.state, Progress::Refused(_)));
    drop(view);
    let case = town.case(case).await;
    assert_eq!(case.ended, None, "it is looked at again");
    assert!(town.take(1).await.is_some());
}

#[tokio::test]
async fn only_the_owner_contests_and_a_strangers_number_tells_nothing() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    town.decide(1, case, Act::Delist).await.unwrap();
    town.log_what_waits().await;
    for (by, number) in [(reporter, 1), (town.owner, 99)] {
        let contest = Contest {
            by,
            number,
            text: "no".into(),
            salt: seed("appeal"),
        };
        let refused = town.store.write(contest).await;
        assert!(matches!(refused, Err(AppealError::Unknown)));
    }
    let unknown = TakeCase {
        moderator: 1,
        case: Some(99),
        children: true,
    };
    let unknown = town.store.write(unknown).await;
    assert!(matches!(unknown, Err(CaseError::Unknown)));
}
