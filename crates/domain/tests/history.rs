//! Whose a username was, as the commands that change it note it.

use heliograph_domain::accounts::{Proof, Registration, SignUp};
use heliograph_domain::deletion::DeleteAccount;
use heliograph_domain::jobs;
use heliograph_domain::profile::SetUsername;
use heliograph_domain::targets::{Resolved, Target, Window, resolve};
use heliograph_keeper::PhoneTag;
use heliograph_model::{FirstName, LastName, UnixMs, UserId, Username};
use heliograph_store::{Clock, Store, memory};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY_S: i64 = 86_400;
const FIRST_DAY: i64 = 20_000;

/// A clock in days, and a store that goes by it.
struct Days(AtomicI64);

impl Clock for Days {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::Relaxed) * DAY_S * 1000)
    }
}

struct Scene {
    days: Arc<Days>,
    store: Store,
}

impl Scene {
    fn new() -> Self {
        let days = Arc::new(Days(AtomicI64::new(FIRST_DAY)));
        let store = memory::open(days.clone(), Arc::new(()));
        Scene { days, store }
    }

    fn pass(&self, days: i64) {
        self.days.0.fetch_add(days, Ordering::Relaxed);
    }

    async fn person(&self, number: u8) -> UserId {
        let sign_up = SignUp {
            phone: PhoneTag::from_bytes([number; 16]),
            proven: Proof::Operator,
            first_name: FirstName::parse("Ada").expect("a name"),
            last_name: LastName::default(),
            country: None,
            registration: Registration::Open,
        };
        let account = self.store.write(sign_up).await.expect("a free number");
        account.person.id
    }

    async fn call(&self, user: UserId, name: Option<&str>) {
        let username = name.map(|name| Username::parse(name).expect("a username"));
        let set = SetUsername { user, username };
        self.store.write(set).await.expect("it is free");
    }

    /// Whom an order for a target means, for days counted from the first.
    async fn meant(&self, target: Target, from: i64, until: i64) -> Resolved {
        let second = |day| (FIRST_DAY + day) * DAY_S;
        let window = Window::new(second(from), second(until)).expect("in order");
        let mut view = self.store.view().await.expect("the store works");
        resolve(&mut *view, &target, window, self.days.now())
            .await
            .expect("the store works")
    }

    async fn meant_by_name(&self, from: i64, until: i64) -> Resolved {
        let name = Username::parse("Countess").expect("a username");
        self.meant(Target::Username(name), from, until).await
    }
}

fn one(user_id: UserId) -> Resolved {
    let proven = Proof::Operator;
    Resolved::One { user_id, proven }
}

#[tokio::test]
async fn a_name_means_who_held_it_then_in_whatever_case() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    scene.call(ada, Some("countess")).await;
    scene.pass(10);
    scene.call(ada, Some("COUNTESS")).await;
    scene.pass(10);
    assert_eq!(scene.meant_by_name(2, 15).await, one(ada));
    assert_eq!(scene.meant_by_name(-9, -1).await, Resolved::Nobody);
    scene.call(ada, Some("lovelace")).await;
    scene.pass(1);
    assert_eq!(scene.meant_by_name(2, 15).await, one(ada), "given up since");
}

#[tokio::test]
async fn a_name_that_changed_hands_means_nobody_for_sure() {
    let scene = Scene::new();
    let (ada, ben) = (scene.person(1).await, scene.person(2).await);
    scene.call(ada, Some("countess")).await;
    scene.pass(10);
    scene.call(ada, None).await;
    scene.pass(1);
    scene.call(ben, Some("countess")).await;
    scene.pass(10);
    assert_eq!(scene.meant_by_name(2, 3).await, Resolved::Ambiguous);
    assert_eq!(scene.meant_by_name(12, 15).await, one(ben));
}

#[tokio::test]
async fn who_held_a_name_is_forgotten_after_twelve_months() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    scene.call(ada, Some("countess")).await;
    scene.pass(10);
    scene.call(ada, None).await;
    let run = async || {
        while jobs::run_due(&scene.store, scene.days.now())
            .await
            .expect("the store works")
            > 0
        {}
    };
    scene.pass(364);
    run().await;
    assert_eq!(scene.meant_by_name(2, 3).await, one(ada));
    scene.pass(1);
    run().await;
    assert_eq!(scene.meant_by_name(2, 3).await, Resolved::Nobody);
}

#[tokio::test]
async fn a_deleted_account_is_still_who_held_its_name_and_number() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    scene.call(ada, Some("countess")).await;
    scene.pass(10);
    let deleted = scene
        .store
        .write(DeleteAccount {
            user: ada,
            password: None,
        })
        .await;
    deleted.expect("it was there");
    scene.pass(1);
    assert_eq!(scene.meant_by_name(2, 3).await, one(ada));
    assert_eq!(scene.meant_by_name(11, 11).await, Resolved::Nobody);
    let number = Target::Phone(PhoneTag::from_bytes([1; 16]));
    assert_eq!(scene.meant(number, 2, 3).await, one(ada));
}

#[tokio::test]
async fn an_account_is_meant_by_its_id_if_it_is_a_persons() {
    let scene = Scene::new();
    let ada = scene.person(1).await;
    assert_eq!(scene.meant(Target::Account(ada), 0, 1).await, one(ada));
    for nobody in [777_000, 5] {
        let target = Target::Account(UserId(nobody));
        assert_eq!(scene.meant(target, 0, 1).await, Resolved::Nobody);
    }
}
