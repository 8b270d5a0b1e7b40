//! The server.

use crate::clock::HandClock;
use heliograph_api::{AccessKey, CodeSender, Limits, Policy, Services};
use heliograph_domain::accounts::Registration;
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::presence::Presence;
use heliograph_domain::services::EnsureServices;
use heliograph_keeper::{Keeper, Limits as KeeperLimits, LocalKeeper};
use heliograph_model::E164;
use heliograph_mtproto::client::ServerPublicKey;
use heliograph_mtproto::transport::{Framing, Stream};
use heliograph_mtproto::{MsgId, ServerKey, UnixMillis};
use heliograph_server::gateway::{Arithmetic, Gateway, Parts, SystemEntropy, Wakes};
use heliograph_server::metrics::Metrics;
use heliograph_server::net::PeerInfo;
use heliograph_server::net::connection::{Connection, Pipe};
use heliograph_store::{BoxFuture, Clock, Store, memory};
use heliograph_store_sqlite::{Durability, SqliteOptions, SqliteStore, Writer};
use heliograph_vault::oprf::OprfKey;
use heliograph_vault::seal::SealKey;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

/// The way from a person to the server.
pub type Line = DuplexStream;

/// How many bytes may be under way in one direction.
const PIPE_BYTES: usize = 1 << 20;

/// The last code that left the house.
#[derive(Default)]
struct Post(Mutex<Option<String>>);

impl CodeSender for Post {
    fn send<'a>(&'a self, _: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.to_owned());
        Box::pin(std::future::ready(true))
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
    lines: Mutex<Vec<JoinHandle<()>>>,
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
        let gateway = Gateway::new(Parts {
            services: services.clone(),
            seal: SealKey::new([9; 32]),
            server_key,
            salts_secret: [5; 32],
            proxy_secrets: Vec::new(),
            metrics: Arc::new(Metrics::default()),
            last_msg_id,
            wakes,
            arithmetic: Arithmetic::Inline,
        });
        House {
            clock,
            services,
            gateway,
            key,
            secrets,
            post,
            lines: Mutex::default(),
        }
    }

    /// The server dies without a word and comes back on the same folder, with its clock wherever
    /// it stands.
    pub async fn restart(self, folder: &Path) -> Self {
        for line in self
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            line.abort();
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

    /// A new line to the server. It speaks the intermediate transport.
    pub fn line(&self) -> Line {
        let (near, mut far) = duplex(PIPE_BYTES);
        let gateway = self.gateway.clone();
        let line = tokio::spawn(async move {
            let mut sign = [0; 4];
            if far.read_exact(&mut sign).await.is_err() || sign != [0xee; 4] {
                return;
            }
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 8443));
            let peer = PeerInfo {
                address: here,
                reached: here,
            };
            let stream = Stream::plain(Framing::Intermediate);
            let incoming = bytes::BytesMut::new();
            Connection::new(gateway, Pipe::Other(Box::new(far)), stream, incoming, peer)
                .run()
                .await;
        });
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        near
    }

    /// The time as clients count it.
    pub fn client_clock(&self) -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
        let clock = self.clock.clone();
        Arc::new(move || UnixMillis(clock.now().0))
    }

    /// The last code that left the house.
    pub fn last_code(&self) -> Option<String> {
        self.post
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
