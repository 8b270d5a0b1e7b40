//! The server.

use crate::clock::HandClock;
use heliograph_api::{AccessKey, CodeSender, Limits, Policy, Services};
use heliograph_domain::accounts::Registration;
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::messages::Counts;
use heliograph_domain::presence::Presence;
use heliograph_domain::services::EnsureServices;
use heliograph_keeper::{Keeper, Limits as KeeperLimits, LocalKeeper};
use heliograph_model::E164;
use heliograph_mtproto::client::ServerPublicKey;
use heliograph_mtproto::{MsgId, ServerKey, UnixMillis};
use heliograph_server::client_config::PublicKey;
use heliograph_server::gateway::{Arithmetic, Gateway, Parts, SystemEntropy, Wakes};
use heliograph_server::http::{self, App, Readiness};
use heliograph_server::metrics::Metrics;
use heliograph_server::net::PeerInfo;
use heliograph_server::net::accept::{self, Door};
use heliograph_server::net::in_process::{self, Dialer};
use heliograph_server::settings::{Flags, Settings};
use heliograph_server::trust::Trust;
use heliograph_store::{BoxFuture, Clock, Store, memory};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use heliograph_vault::oprf::OprfKey;
use heliograph_vault::seal::SealKey;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use tokio::task::JoinHandle;

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
    secrets: Secrets,
    post: Arc<Post>,
    dialer: Dialer,
    /// The task that takes connections, and one for each line.
    tasks: Mutex<Vec<JoinHandle<()>>>,
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
        Self::furnish(clock, wakes, store, Secrets { server_key: pem }, MsgId(0)).await
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
        Self::furnish(clock, wakes, store, secrets, last).await
    }

    async fn furnish(
        clock: Arc<HandClock>,
        wakes: Arc<Wakes>,
        store: Store,
        secrets: Secrets,
        last_msg_id: MsgId,
    ) -> Self {
        let oprf = OprfKey::derive(&[7; 32], b"test").expect("any seed gives a key");
        let keeper = Keeper::in_memory(oprf, KeeperLimits::default());
        let keeper_clock = clock.clone();
        let keeper_clock = Arc::new(move || (keeper_clock.now().0 / 1000) as u64);
        let post = Arc::new(Post::default());
        let server_key = ServerKey::from_pem(&secrets.server_key).expect("made by this program");
        let key = ServerPublicKey::of(&server_key);
        let services = Arc::new(Services {
            store,
            keeper: Arc::new(LocalKeeper::new(Arc::new(keeper), keeper_clock)),
            bus: wakes.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            codes: Codes::default(),
            exports: Exports::default(),
            login_tokens: LoginTokens::default(),
            code_sender: post.clone(),
            presence: Presence::default(),
            counts: Counts::default(),
            access: AccessKey::new(&[3; 32]),
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
        let metrics = Arc::new(Metrics::default());
        let public_key = PublicKey::read(&services.policy.public_key_pem);
        let gateway = Gateway::new(Parts {
            services: services.clone(),
            seal: SealKey::new([9; 32]),
            server_key,
            salts_secret: [5; 32],
            proxy_secrets: Vec::new(),
            metrics: metrics.clone(),
            last_msg_id,
            wakes,
            sealer: None,
            arithmetic: Arithmetic::Inline,
        });
        let trust = Arc::new(Trust::new(Vec::new()));
        let http = App::new(http::Parts {
            settings: Settings::read(Flags::default(), []).expect("no setting is required"),
            public_key: public_key.expect("a key of this program"),
            metrics,
            trust: trust.clone(),
            mtproto: Arc::new(gateway.clone()),
            readiness: Arc::new(Health(services.store.clone())),
        });
        let door = Arc::new(Door {
            gateway: gateway.clone(),
            http,
            trust,
        });
        let (dialer, listener) = in_process::listen();
        let listening = tokio::spawn(accept::run(listener, door));
        House {
            clock,
            services,
            gateway,
            key,
            secrets,
            post,
            dialer,
            tasks: Mutex::new(vec![listening]),
        }
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
