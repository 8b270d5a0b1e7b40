//! The server.

use crate::clock::HandClock;
use crate::record::Record;
use heliograph_api::{AccessKey, CodeSender, Limits, Policy, Services};
use heliograph_bot_api::BotApi;
use heliograph_classifier::model::Model;
use heliograph_console::{Installation, Operator};
use heliograph_discovery::{Discovery, again, follow, gate};
use heliograph_domain::accounts::Registration;
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::files::{Files, MemoryBlobs};
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::messages::Counts;
use heliograph_domain::passwords::Passwords;
use heliograph_domain::presence::Presence;
use heliograph_domain::services::EnsureServices;
use heliograph_keeper::{Keeper, Limits as KeeperLimits, LocalKeeper, Secrets as KeeperSecrets};
use heliograph_model::E164;
use heliograph_mtproto::client::ServerPublicKey;
use heliograph_mtproto::{MsgId, ServerKey, UnixMillis};
use heliograph_offline::custodian::Custodian;
use heliograph_offline::custodian::client::InProcess;
use heliograph_offline::log_source::log_source;
use heliograph_offline::system::{Clock as SecondsClock, Entropy};
use heliograph_server::client_config::PublicKey;
use heliograph_server::desk::{Desk, InstallationLog, Parts as DeskParts};
use heliograph_server::gateway::{Arithmetic, Gateway, Parts, SystemEntropy, Wakes};
use heliograph_server::hooks::{HookCaller, Reach};
use heliograph_server::http::{self, App, Pages, Readiness};
use heliograph_server::metrics::Metrics;
use heliograph_server::moderation::banks::Banks;
use heliograph_server::moderation::{
    Gate, Moderation, ModerationPages, ModeratorKeys, Refusals, Screen,
};
use heliograph_server::net::PeerInfo;
use heliograph_server::net::accept::{self, Door};
use heliograph_server::net::in_process::{self, Dialer};
use heliograph_server::search::Follower;
use heliograph_server::secrets::DataFolder;
use heliograph_server::service_accounts::ServiceAccounts;
use heliograph_server::settings::{Flags, Settings};
use heliograph_server::trust::Trust;
use heliograph_store::{BoxFuture, Clock, Store, memory};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use heliograph_vault::oprf::OprfKey;
use heliograph_vault::seal::SealKey;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::{Notify, OwnedRwLockWriteGuard, RwLock};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// How many posts on which the classifier abstains come to people in a day: few, so that a test sees
/// the end of them.
pub const SAMPLED_PER_DAY: u32 = 3;

/// The way from a person to the server.
pub type Line = DuplexStream;

/// How many bytes a line holds in one direction, besides what the server's end of it does.
const LINE_BYTES: usize = 1 << 16;

/// Where everybody is, unless a test says otherwise, and where the server is.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443);

/// The way out of the house for codes.
#[derive(Default)]
struct Post {
    /// The last code that left.
    last: Mutex<Option<String>>,
    /// Held for writing, it keeps codes in.
    door: Arc<RwLock<()>>,
}

impl CodeSender for Post {
    fn send<'a>(&'a self, _: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let _open = self.door.read().await;
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.to_owned());
            true
        })
    }
}

/// A house is well as long as its store can be read.
struct Health(Store);

impl Readiness for Health {
    fn obstacles(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async {
            let view = self.0.view().await;
            view.err().iter().map(ToString::to_string).collect()
        })
    }
}

/// A whole server in this thread.
pub struct House {
    /// The time, for the server and everyone.
    pub clock: Arc<HandClock>,
    /// What handlers share.
    pub services: Arc<Services>,
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// The public half of the server's key.
    pub key: ServerPublicKey,
    /// The legal desk, in a house that has one.
    pub desk: Option<Arc<Desk>>,
    /// Moderation, in a house that has a desk to write the log.
    pub moderation: Option<Arc<Moderation>>,
    /// The door to the classifier, which ships with the server.
    pub screen: Arc<Screen>,
    /// The lists of pictures that are not to be published; none at first.
    pub banks: Arc<Banks>,
    /// What is refused.
    pub refusals: Arc<Refusals>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who looks at what is public before it can be found; in a house without a desk, nobody.
    pub gate: Arc<dyn gate::Gate>,
    /// Rings when there is something new for the public index.
    stale: Arc<Notify>,
    /// The public log.
    pub record: Arc<Record>,
    secrets: Secrets,
    post: Arc<Post>,
    dialer: Dialer,
    /// The tasks of the server, and one for each line.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What the desk's pages say of the house.
pub(crate) fn installation() -> Installation {
    let operator = Operator {
        name: "The House".into(),
        ..Operator::default()
    };
    Installation::new(None, operator).expect("this machine")
}

/// The desk with everything real but the processes around it.
async fn open_desk(
    folder: &Path,
    store: Store,
    keeper: Arc<LocalKeeper>,
    clock: Arc<HandClock>,
) -> Arc<Desk> {
    let data = DataFolder::new(folder);
    fs::create_dir_all(data.keys()).expect("the folder is the test's own");
    let log = InstallationLog::open(&data, "house.example/log", None, clock.clone());
    let log = log.expect("a new folder");
    let entropy = Entropy::system();
    let policy = log.policy_text().as_bytes();
    Custodian::init(&data.custodian(), "local", policy, false, &entropy).expect("a new folder");
    let source = log_source(&data.log().to_string_lossy());
    let custodian = Custodian::open(&data.custodian(), source, seconds(&clock), entropy);
    Desk::open(DeskParts {
        log,
        database: data.desk_database(),
        store,
        keeper: keeper.clone(),
        secrets: keeper,
        custodian: Arc::new(InProcess(Arc::new(custodian.expect("made above")))),
        clock,
        contest: "write to the house".into(),
        demo: false,
    })
    .await
    .expect("a new desk")
}

/// The clock, for programs that count seconds.
pub(crate) fn seconds(clock: &Arc<HandClock>) -> SecondsClock {
    let clock = clock.clone();
    Arc::new(move || (clock.now().0 / 1000) as u64)
}

/// What a server keeps outside its database.
#[derive(Clone)]
struct Secrets {
    server_key: Vec<u8>,
}

impl House {
    /// A server that forgets everything with its end.
    pub async fn new() -> Self {
        let clock = Arc::new(HandClock::default());
        let wakes = Wakes::new();
        let store = memory::open(clock.clone(), wakes.clone());
        let key = ServerKey::generate().expect("OpenSSL makes keys");
        let pem = key
            .private_pem()
            .expect("a key has a private half")
            .to_vec();
        let secrets = Secrets { server_key: pem };
        Self::furnish(clock, wakes, store, secrets, MsgId(0), None).await
    }

    /// A server that forgets its accounts with its end, and has a legal desk in a folder: log,
    /// keeper and custodian are the real ones, in this process.
    pub async fn with_desk(folder: &Path, clock: HandClock) -> Self {
        let clock = Arc::new(clock);
        let wakes = Wakes::new();
        let store = memory::open(clock.clone(), wakes.clone());
        let key = ServerKey::generate().expect("OpenSSL makes keys");
        let pem = key
            .private_pem()
            .expect("a key has a private half")
            .to_vec();
        let secrets = Secrets { server_key: pem };
        Self::furnish(clock, wakes, store, secrets, MsgId(0), Some(folder)).await
    }

    /// A server on SQLite in a folder.
    pub async fn on_disk(folder: &Path) -> Self {
        let clock = Arc::new(HandClock::default());
        let key = ServerKey::generate().expect("OpenSSL makes keys");
        let pem = key
            .private_pem()
            .expect("a key has a private half")
            .to_vec();
        Self::open(folder, clock, Secrets { server_key: pem }, MsgId(0)).await
    }

    async fn open(folder: &Path, clock: Arc<HandClock>, secrets: Secrets, last: MsgId) -> Self {
        let wakes = Wakes::new();
        let options = SqliteOptions {
            writer: Writer::Inline,
            durability: Durability::Process,
            ..SqliteOptions::default()
        };
        let path = folder.join("heliograph.db");
        let store = SqliteStore::open(&path, options, clock.clone(), wakes.clone());
        let store = store.expect("the folder is the test's own");
        Self::furnish(clock, wakes, store, secrets, last, None).await
    }

    async fn furnish(
        clock: Arc<HandClock>,
        wakes: Arc<Wakes>,
        store: Store,
        secrets: Secrets,
        last_msg_id: MsgId,
        desk: Option<&Path>,
    ) -> Self {
        let oprf = OprfKey::derive(&[7; 32], b"test").expect("any seed gives a key");
        let fill = Arc::new(|out: &mut [u8]| heliograph_api::Entropy::fill(&SystemEntropy, out));
        let keeper = Keeper::in_memory(oprf, KeeperLimits::default())
            .with_secrets(KeeperSecrets::in_memory(fill));
        let keeper_clock = clock.clone();
        let keeper_clock = Arc::new(move || (keeper_clock.now().0 / 1000) as u64);
        let keeper = Arc::new(LocalKeeper::new(Arc::new(keeper), keeper_clock));
        let desk_folder = desk;
        let desk = match desk {
            Some(folder) => {
                Some(open_desk(folder, store.clone(), keeper.clone(), clock.clone()).await)
            }
            None => None,
        };
        let post = Arc::new(Post::default());
        let server_key = ServerKey::from_pem(&secrets.server_key).expect("made by this program");
        let key = ServerPublicKey::of(&server_key);
        let banks = Banks::new(desk_folder.map_or_else(PathBuf::new, |at| at.join("hashes")));
        let refusals = Refusals::open(store.clone(), banks.clone());
        let refusals = refusals.await.expect("the store works");
        let services = Arc::new(Services {
            store,
            keeper,
            bus: wakes.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            codes: Codes::default(),
            exports: Exports::default(),
            login_tokens: LoginTokens::default(),
            passwords: Passwords::new(SealKey::new([9; 32])),
            code_sender: post.clone(),
            presence: Presence::default(),
            counts: Counts::default(),
            seen: heliograph_domain::channels::Seen::default(),
            callbacks: heliograph_domain::bots::Callbacks::default(),
            refusals: refusals.clone(),
            discovery: Arc::new(Discovery::in_memory().expect("an index in memory opens")),
            access: AccessKey::new(&[3; 32]),
            files: Files::open(Arc::new(MemoryBlobs::default()))
                .await
                .expect("memory is there"),
            limits: Limits::off(),
            policy: Policy {
                registration: Registration::Open,
                advertise: None,
                origin: None,
                public_key_pem: server_key.public_pem().expect("a key has a public half"),
            },
        });
        services
            .store
            .write(EnsureServices)
            .await
            .expect("the store works");
        let record = Arc::new(Record::default());
        let accounts = ServiceAccounts {
            services: services.clone(),
            record: record.clone(),
            wakes: wakes.clone(),
        };
        let metrics = Arc::new(Metrics::default());
        let public_key = PublicKey::read(&services.policy.public_key_pem);
        let bots = BotApi::new(
            services.clone(),
            wakes.bots(),
            HookCaller::new(Reach::Public),
        )
        .routes();
        let gateway = Gateway::new(Parts {
            services: services.clone(),
            seal: SealKey::new([9; 32]),
            server_key,
            salts_secret: [5; 32],
            proxy_secrets: Vec::new(),
            metrics: metrics.clone(),
            last_msg_id,
            wakes: wakes.clone(),
            sealer: desk.as_ref().map(|desk| desk.sealer.clone()),
            arithmetic: Arithmetic::Inline,
        });
        let moderation = desk.as_ref().map(|desk| {
            let keys = ModeratorKeys::new(Zeroizing::new([6; 32]), desk.store.clone());
            let bus = services.bus.clone();
            Moderation::new(services.store.clone(), desk.clone(), keys, bus)
        });
        let screen = Screen::new(Model::shipped(), metrics.clone());
        let gate: Arc<dyn gate::Gate> = match &moderation {
            Some(moderation) => {
                let services = services.clone();
                Gate::new(
                    services,
                    moderation.clone(),
                    screen.clone(),
                    refusals.clone(),
                    SAMPLED_PER_DAY,
                )
            }
            None => Arc::new(gate::Open),
        };
        let trust = Arc::new(Trust::new(Vec::new()));
        let http = App::new(http::Parts {
            settings: Settings::read(Flags::default(), []).expect("no setting is required"),
            public_key: public_key.expect("a key of this program"),
            metrics: metrics.clone(),
            trust: trust.clone(),
            mtproto: Arc::new(gateway.clone()),
            readiness: Arc::new(Health(services.store.clone())),
            bots,
            web: None,
            services: Some(services.clone()),
            pages: moderation.as_ref().map(|moderation| {
                let pages =
                    ModerationPages::new(moderation.clone(), screen.clone(), refusals.clone());
                let desk = moderation.desk();
                Pages {
                    router: desk
                        .pages(installation(), Arc::new(pages))
                        .expect("a sound origin"),
                    record: desk.record.clone(),
                }
            }),
        });
        let door = Arc::new(Door {
            gateway: gateway.clone(),
            http,
            trust,
        });
        let (dialer, listener) = in_process::listen();
        let mut tasks = vec![tokio::spawn(accept::run(listener, door))];
        if let Some(desk) = &desk {
            services.codes.hand_over_to(desk.sealer.clone());
            let sealer = desk.sealer.clone();
            tasks.push(tokio::spawn(async move { sealer.run().await }));
        }
        tasks.push(tokio::spawn(async move { accounts.run().await }));
        if let Some(moderation) = moderation.clone() {
            tasks.push(tokio::spawn(async move { moderation.run().await }));
        }
        House {
            clock,
            services,
            gateway,
            key,
            record,
            secrets,
            post,
            dialer,
            tasks: Mutex::new(tasks),
            desk,
            moderation,
            screen,
            banks,
            refusals,
            metrics,
            gate,
            stale: wakes.stale(),
        }
    }

    /// The public index takes in everything that has changed, as the gate lets it.
    pub async fn take_in(&self) {
        let (store, index) = (&self.services.store, &self.services.discovery);
        loop {
            let taken = follow::take_in(store, index, &*self.gate).await;
            if taken.expect("the index works") == 0 {
                return;
            }
        }
    }

    /// The public index is made anew.
    pub async fn reindex(&self) {
        let (store, index) = (&self.services.store, &self.services.discovery);
        let made = follow::rebuild(store, index, &*self.gate, |_| {}).await;
        made.expect("the index works");
    }

    /// The gate looks again at everything that is public, as it does after the index was made anew.
    pub async fn look_again(&self) {
        let (store, index) = (&self.services.store, &self.services.discovery);
        loop {
            let more = again::look_again(store, index, &*self.gate).await;
            if !more.expect("the index works") {
                return;
            }
        }
    }

    /// From now on the index follows by itself, as in a running server.
    pub fn follow(&self) {
        let follower = Follower::new(
            self.services.store.clone(),
            self.services.discovery.clone(),
            self.gate.clone(),
            self.stale.clone(),
        );
        let task = tokio::spawn(async move { follower.run().await });
        self.tasks().push(task);
    }

    /// The server dies without a word and comes back on the same folder, with its clock wherever
    /// it stands.
    pub async fn restart(self, folder: &Path) -> Self {
        for task in self.tasks().drain(..) {
            task.abort();
        }
        self.services.store.close().await;
        let (clock, secrets, last) = (
            self.clock.clone(),
            self.secrets.clone(),
            self.gateway.last_msg_id(),
        );
        drop(self);
        Self::open(folder, clock, secrets, last).await
    }

    /// A new line to the server, for whatever its port recognises.
    pub fn line(&self) -> Line {
        self.line_from(HERE)
    }

    /// A new line from this address.
    pub fn line_from(&self, address: SocketAddr) -> Line {
        let peer = PeerInfo {
            address,
            reached: HERE,
        };
        let mut server = self.dialer.connect(peer).expect("the house listens");
        let (person, mut end) = duplex(LINE_BYTES);
        // A task in between, so that the line can be cut.
        let line = tokio::spawn(async move {
            // An end that broke off ends the other one, too.
            let _ = copy_bidirectional(&mut end, &mut server).await;
        });
        self.tasks().push(line);
        person
    }

    fn tasks(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time as clients count it.
    pub fn client_clock(&self) -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
        let clock = self.clock.clone();
        Arc::new(move || UnixMillis(clock.now().0))
    }

    /// Lets no code leave the house while the guard is held: a call that waits for the world outside.
    pub async fn hold_codes(&self) -> OwnedRwLockWriteGuard<()> {
        self.post.door.clone().write_owned().await
    }

    /// The last code that left the house.
    pub fn last_code(&self) -> Option<String> {
        self.post
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
