//! A small world for tests of handlers: a server without sockets, people, and a clock.

use crate::{
    AccessKey, Caller, CodeSender, Ctx, Entropy, Limits, Policy, Result, Router, Services,
};
use heliograph_discovery::gate::Open;
use heliograph_discovery::{Discovery, follow};
use heliograph_domain::accounts::{Proof, Registration, SignUp};
use heliograph_domain::authorizations::SignIn;
use heliograph_domain::bus::{Bus, Signal};
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::files::{Files, MemoryBlobs};
use heliograph_domain::keys::SaveKey;
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::measures;
use heliograph_domain::messages::Counts;
use heliograph_domain::passwords::Passwords;
use heliograph_domain::presence::Presence;
use heliograph_domain::services::EnsureServices;
use heliograph_keeper::{
    Keeper, KeeperClient, Limits as KeeperLimits, LocalKeeper, Purpose, phone_tag,
};
use heliograph_model::{
    AuthKeyId, E164, FirstName, LastName, Measures, MessageId, Peer, Territory, UnixMs, UserId,
};
use heliograph_moderation::cases::{OpenCase, Origin};
use heliograph_moderation::enact::Enact;
use heliograph_moderation::{Subject, decisions, reasons, search_terms};
use heliograph_store::{
    BoxFuture, Clock, Command, Listener, Locks, Store, StoreError, Tx, Wake, memory,
};
use heliograph_tl::{Decode, Function, enums, functions, types};
use heliograph_transparency::entry::{Act, Category};
use heliograph_vault::oprf::OprfKey;
use heliograph_vault::seal::SealKey;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A clock that tests turn by hand. It starts in November 2023.
pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::Relaxed))
    }
}

/// Bytes that differ from call to call and are the same in every run.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed);
            let mixed = next.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Keeps codes and signals for the test to read.
#[derive(Default)]
pub(crate) struct Seen {
    /// The last code that was sent out.
    pub code: Mutex<Option<String>>,
    /// What the bus carried.
    pub signals: Mutex<Vec<Signal>>,
}

impl CodeSender for Seen {
    fn send<'a>(&'a self, _: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        *self
            .code
            .lock()
            .expect("tests do not panic while holding it") = Some(code.to_owned());
        Box::pin(std::future::ready(true))
    }
}

impl Bus for Seen {
    fn publish(&self, signal: Signal) {
        self.signals
            .lock()
            .expect("tests do not panic while holding it")
            .push(signal);
    }
}

impl Listener for Seen {
    fn committed(&self, wakes: Vec<Wake>) {
        for wake in wakes {
            self.publish(Signal::Wake(Arc::new(wake)));
        }
    }
}

struct Decide(Peer, Option<MessageId>, Measures);

impl Command for Decide {
    type Output = ();
    type Error = StoreError;
    const NAME: &'static str = "decide";

    fn locks(&self) -> Locks {
        Locks::none()
    }

    async fn apply(self, tx: &mut Tx<'_>) -> std::result::Result<(), StoreError> {
        measures::put(tx, self.0.into(), self.1, self.2).await
    }
}

/// The world.
pub(crate) struct World {
    pub services: Arc<Services>,
    pub router: Router,
    pub seen: Arc<Seen>,
    pub clock: Arc<HandClock>,
    keys: AtomicI64,
}

/// Somebody with a key, signed in or not.
#[derive(Clone)]
pub(crate) struct Person {
    pub cx: Ctx,
    pub id: UserId,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Registration::Open).await
    }

    pub async fn with(registration: Registration) -> Self {
        let seen = Arc::new(Seen::default());
        let clock = Arc::new(HandClock(AtomicI64::new(1_700_000_000_000)));
        let store = memory::open(clock.clone(), seen.clone());
        Self::around(store, clock, seen, registration, 1).await
    }

    /// The world after its process has ended and begun anew, and a device in it: what is stored is
    /// there, and nothing that was in memory.
    pub async fn restarted(&self, device: &Person) -> (Self, Person) {
        let store = self.services.store.clone();
        let (clock, seen) = (self.clock.clone(), self.seen.clone());
        let registration = self.services.policy.registration;
        let world = Self::around(store, clock, seen, registration, 1 << 32).await;
        let next = self.keys.load(Ordering::Relaxed);
        world.keys.store(next, Ordering::Relaxed);
        let caller = Arc::new(device.cx.caller().clone());
        let cx = Ctx::new(world.services.clone(), caller);
        let id = device.id;
        (world, Person { cx, id })
    }

    async fn around(
        store: Store,
        clock: Arc<HandClock>,
        seen: Arc<Seen>,
        registration: Registration,
        first_random: u64,
    ) -> Self {
        let key = OprfKey::derive(&[7; 32], b"test").expect("any seed gives a key");
        let keeper = Keeper::in_memory(key, KeeperLimits::default());
        let keeper_clock = clock.clone();
        let keeper = LocalKeeper::new(
            Arc::new(keeper),
            Arc::new(move || (keeper_clock.now().0 / 1000) as u64),
        );
        let services = Arc::new(Services {
            store,
            keeper: Arc::new(keeper),
            bus: seen.clone(),
            clock: clock.clone(),
            entropy: Arc::new(Counting(AtomicU64::new(first_random))),
            codes: Codes::default(),
            exports: Exports::default(),
            login_tokens: LoginTokens::default(),
            passwords: Passwords::new(SealKey::new([9; 32])),
            code_sender: seen.clone(),
            presence: Presence::default(),
            counts: Counts::default(),
            seen: heliograph_domain::channels::Seen::default(),
            callbacks: heliograph_domain::bots::Callbacks::default(),
            refusals: Arc::new(crate::refusals::NothingRefused),
            discovery: Arc::new(Discovery::in_memory().expect("an index in memory opens")),
            access: AccessKey::new(&[3; 32]),
            files: Files::open(Arc::new(MemoryBlobs::default()))
                .await
                .expect("memory is there"),
            limits: Limits::new(),
            policy: Policy {
                registration,
                advertise: None,
                origin: None,
                public_key_pem: "-----BEGIN RSA PUBLIC KEY-----\n".into(),
            },
        });
        services
            .store
            .write(EnsureServices)
            .await
            .expect("the store works");
        World {
            services,
            router: crate::router(),
            seen,
            clock,
            keys: AtomicI64::new(1),
        }
    }

    /// The time, in Unix seconds.
    pub fn now_s(&self) -> i64 {
        self.clock.now().0 / 1000
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// The public index takes in what has changed.
    pub async fn take_in(&self) {
        let index = &self.services.discovery;
        let taken = follow::take_in(&self.services.store, index, &Open).await;
        taken.expect("the index works");
    }

    /// Puts something on a peer or post, as a decision of moderation does.
    pub async fn measure(&self, peer: Peer, post: Option<MessageId>, measures: Measures) {
        let decide = Decide(peer, post, measures);
        self.services
            .store
            .write(decide)
            .await
            .expect("the store works");
        self.take_in().await;
    }

    /// Has a search term find nothing, by the log's decision of this number.
    pub async fn bar(&self, term: &str, territory: Territory, number: u64) {
        let subject = search_terms::parse(term).expect("a term");
        let verdict = decisions::Verdict {
            act: Act::Delist,
            territory,
            until: None,
            clause: "goods.1".into(),
            category: Category::Products,
            facts: "It leads to a trade in drugs.".into(),
        };
        self.decide(subject, verdict, number).await;
    }

    /// Decides something and carries it out, as if the log held it under this number.
    pub async fn decide(&self, subject: Subject, verdict: decisions::Verdict, number: u64) {
        let store = &self.services.store;
        let open = OpenCase {
            subject,
            origin: Origin::Own,
            reason: reasons::of_clause(&verdict.clause),
            statement: String::new(),
            not_wider: None,
        };
        let case = store.write(open).await.expect("the store works");
        let decide = decisions::Decide {
            moderator: 1,
            case,
            verdict,
            salt: [0; 32],
        };
        store.write(decide).await.expect("it is decided");
        let mut view = store.view().await.expect("the store works");
        let waiting = decisions::waiting(&mut *view, 1).await;
        let decided = waiting.expect("the store works").remove(0);
        drop(view);
        let enact = Enact {
            decided,
            number,
            index: number,
        };
        store.write(enact).await.expect("the store works");
    }

    /// A device that nobody is signed in on.
    pub async fn stranger(&self) -> Person {
        self.device(None).await
    }

    /// A device on which somebody is signed in as far as the session knows.
    pub async fn device(&self, user: Option<UserId>) -> Person {
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        let key = AuthKeyId(number);
        let seal = SealKey::new([9; 32]);
        let save = SaveKey::new(key, &[number as u8; 256], Some(2), &seal, [1; 24]);
        self.services
            .store
            .write(save)
            .await
            .expect("the store works");
        let caller = Caller {
            key,
            session: number as u64,
            user,
            dc: 2,
            reached: SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)),
            address: 1,
            country: None,
            client: Arc::default(),
        };
        let cx = Ctx::new(self.services.clone(), Arc::new(caller));
        Person {
            cx,
            id: user.unwrap_or(UserId(0)),
        }
    }

    /// A person with an account, signed in on a device of their own.
    pub async fn person(&self, name: &str, digits: &str) -> Person {
        self.person_from(name, digits, None).await
    }

    /// The same for somebody whose number is of a country.
    pub async fn person_from(&self, name: &str, digits: &str, country: Option<&str>) -> Person {
        let fill = |out: &mut [u8]| out.fill(5);
        let keeper: &dyn KeeperClient = &*self.services.keeper;
        let tag = phone_tag(keeper, Purpose::SignIn, 0, digits, fill)
            .await
            .expect("a number");
        let sign_up = SignUp {
            phone: tag,
            proven: Proof::None,
            first_name: FirstName::parse(name).expect("a name"),
            last_name: LastName::default(),
            country: country.map(str::to_owned),
            registration: Registration::Open,
        };
        let account = self
            .services
            .store
            .write(sign_up)
            .await
            .expect("a free number");
        self.another_device(account.person.id).await
    }

    /// The devices of somebody, as `account.getAuthorizations` lists them.
    pub async fn listed(&self, person: &Person) -> Vec<types::Authorization> {
        let answer = self
            .call(person, functions::account::GetAuthorizations {})
            .await
            .expect("listed");
        let enums::account::Authorizations::Authorizations(listed) = answer;
        let devices = listed.authorizations.into_iter();
        devices
            .map(|enums::Authorization::Authorization(device)| device)
            .collect()
    }

    /// One more device of an account.
    pub async fn another_device(&self, user: UserId) -> Person {
        let person = self.device(Some(user)).await;
        let sign_in = SignIn {
            key: person.cx.caller().key,
            user,
            country: None,
            part_of: None,
            password: None,
        };
        self.services
            .store
            .write(sign_in)
            .await
            .expect("the account exists");
        person
    }

    /// Makes a call as a client would: through the table, in bytes.
    pub async fn call<F: Function>(&self, person: &Person, call: F) -> Result<F::Return> {
        let bytes = self
            .router
            .call(person.cx.clone(), &call.to_bytes())?
            .await?;
        Ok(F::Return::from_bytes(&bytes).expect("an answer reads as its type"))
    }

    /// How `viewer` names `other` to the server.
    pub fn input_user(&self, viewer: &Person, other: &Person) -> enums::InputUser {
        let access_hash = self.services.access.hash(viewer.id, other.id);
        types::InputUser {
            user_id: other.id.0,
            access_hash,
        }
        .into()
    }

    /// How `viewer` names the chat with `other` to the server.
    pub fn input_peer(&self, viewer: &Person, other: &Person) -> enums::InputPeer {
        let access_hash = self.services.access.hash(viewer.id, other.id);
        types::InputPeerUser {
            user_id: other.id.0,
            access_hash,
        }
        .into()
    }
}
