//! Where the story plays: the whole server in one process, under a clock that can be moved on.
//!
//! Keeper and custodian are processes of their own in earnest; here they are objects, which is why
//! the trust level of a demonstration is `self-attested`, whatever it shows.

use super::Failure;
use crate::desk::{Desk, InstallationLog};
use crate::gateway::SystemEntropy;
use crate::net::PeerInfo;
use crate::net::accept;
use crate::net::in_process::{self, Dialer};
use crate::secrets::{DataFolder, Locked, Secrets};
use crate::settings::{Flags, Settings};
use crate::start::{Outside, Server};
use crate::system::{SystemClock, key_from_system};
use heliograph_api::{CodeSender, Entropy as _};
use heliograph_keeper::{Keeper, Limits, LocalKeeper, Secrets as KeeperSecrets};
use heliograph_model::{E164, UnixMs};
use heliograph_mtproto::UnixMillis;
use heliograph_mtproto::client::ServerPublicKey;
use heliograph_offline::custodian::Custodian;
use heliograph_offline::custodian::client::InProcess;
use heliograph_offline::log_source::log_source;
use heliograph_offline::system::{Clock as OfflineClock, Entropy};
use heliograph_store::{BoxFuture, Clock};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The name under which the demonstration is known; `demo.` keeps its keys out of any real log.
const HOST: &str = "demo.localhost";

/// The machine's clock, moved.
pub struct MovedClock(AtomicI64);

impl MovedClock {
    /// A clock that shows this time now.
    pub fn at(unix_s: i64) -> Self {
        MovedClock(AtomicI64::new(unix_s * 1000 - SystemClock.now().0))
    }

    /// Moves it on.
    pub fn move_on(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Shows the machine's time again, if that is later.
    pub fn catch_up(&self) {
        self.0.fetch_max(0, Ordering::Relaxed);
    }

    /// Seconds since 1970.
    pub fn now_s(&self) -> u64 {
        (self.now().0 / 1000).max(0) as u64
    }
}

impl Clock for MovedClock {
    fn now(&self) -> UnixMs {
        UnixMs(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// Keeps the last code for each number, for the people of the story.
#[derive(Default)]
pub struct Post(Mutex<HashMap<String, String>>);

impl Post {
    /// Takes the code that was sent to a number.
    pub fn take(&self, digits: &str) -> Option<String> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.remove(digits)
    }
}

impl CodeSender for Post {
    fn send<'a>(&'a self, phone: &'a E164, code: &'a str) -> BoxFuture<'a, bool> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.insert(phone.digits().to_owned(), code.to_owned());
        Box::pin(std::future::ready(true))
    }
}

/// The server of the story.
pub struct Stage {
    /// The time, for everyone.
    pub clock: Arc<MovedClock>,
    /// The codes that were sent.
    pub post: Arc<Post>,
    /// The server.
    pub server: Server,
    /// The key by which clients know it.
    pub key: ServerPublicKey,
    /// Its folder.
    pub data: DataFolder,
    /// The text by which everyone judges the log.
    pub policy: String,
    dialer: Dialer,
    accepting: JoinHandle<()>,
    lock: Locked,
}

impl Stage {
    /// Makes an installation in a folder. `listen` is where its pages can be looked at afterwards.
    pub async fn open(
        folder: &Path,
        listen: SocketAddr,
        clock: Arc<MovedClock>,
    ) -> Result<Self, Failure> {
        let data = DataFolder::new(folder);
        let lock = data.lock()?;
        let secrets = Secrets::open(&data)?;
        let key = ServerPublicKey::of(&secrets.server_key);
        let log = InstallationLog::open(&data, &format!("{HOST}/log"), None, clock.clone())?;
        let policy = log.policy_text().to_owned();

        let draw = Arc::new(|out: &mut [u8]| SystemEntropy.fill(out));
        let kept = KeeperSecrets::open(&data.keeper().join("secrets"), draw)?;
        let keeper = Keeper::open(&data.keeper(), Limits::default(), &*key_from_system()?)?;
        let keeper = LocalKeeper::new(Arc::new(keeper.with_secrets(kept)), seconds(&clock));
        let keeper = Arc::new(keeper);
        let post = Arc::new(Post::default());
        let outside = Outside {
            keeper: keeper.clone(),
            secrets: keeper,
            keeper_socket: None,
            custodian: Arc::new(InProcess(custodian(&data, &policy, &clock)?)),
            clock: clock.clone(),
            codes: post.clone(),
            demo: true,
        };
        let path = folder.to_string_lossy();
        let flags = Flags::parse(&[
            "--data",
            &path,
            "--listen",
            &listen.to_string(),
            "--registration",
            "open",
            "--operator",
            "The demonstration",
            "--seat",
            "DE",
            "--contact",
            "desk@demo.example",
            "--contest",
            "write to contest@demo.example",
        ])?;
        let settings = Settings::read(flags, [])?;
        let server = Server::open(settings, listen, data.clone(), secrets, log, outside).await?;
        let (dialer, listener) = in_process::listen();
        let accepting = tokio::spawn(accept::run(listener, server.door.clone()));
        Ok(Stage {
            clock,
            post,
            server,
            key,
            data,
            policy,
            dialer,
            accepting,
            lock,
        })
    }

    /// The desk.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.server.desk
    }

    /// A connection from this address.
    pub fn connect(&self, from: IpAddr, port: u16) -> Result<DuplexStream, Failure> {
        let peer = PeerInfo {
            address: SocketAddr::new(from, port),
            reached: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443),
        };
        Ok(self.dialer.connect(peer)?)
    }

    /// The time as clients count it.
    pub fn client_clock(&self) -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
        let clock = self.clock.clone();
        Arc::new(move || UnixMillis(clock.now().0))
    }

    /// The time as officers count it.
    pub fn officers_clock(&self) -> OfflineClock {
        seconds(&self.clock)
    }

    /// Lets hours pass, and the desk do what is due.
    pub async fn wait_hours(&self, hours: i64) {
        self.clock.move_on(hours * 3_600);
        self.look_after().await;
    }

    /// Has the sealer and the desk do what is due now.
    pub async fn look_after(&self) {
        self.desk().sealer.catch_up().await;
        self.desk().round().await;
    }

    /// Waits until the server has noticed that everybody has hung up.
    pub async fn quiet(&self) -> Result<(), Failure> {
        let open = &self.server.door.gateway.metrics().connections_open;
        let quiet = async {
            while open.count() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), quiet).await?;
        Ok(())
    }

    /// Ends the connections of the story; the server goes on for those who want to look.
    pub fn close(self) -> (Server, Locked) {
        self.accepting.abort();
        (self.server, self.lock)
    }
}

fn seconds(clock: &Arc<MovedClock>) -> Arc<dyn Fn() -> u64 + Send + Sync> {
    let clock = clock.clone();
    Arc::new(move || clock.now_s())
}

/// The custodian, with keys that no real log takes.
fn custodian(
    data: &DataFolder,
    policy: &str,
    clock: &Arc<MovedClock>,
) -> Result<Arc<Custodian>, Failure> {
    let (folder, entropy) = (data.custodian(), Entropy::system());
    Custodian::init(&folder, "local", policy.as_bytes(), true, &entropy)?;
    let log = log_source(&data.log().to_string_lossy());
    let custodian = Custodian::open(&folder, log, seconds(clock), entropy)?;
    Ok(Arc::new(custodian))
}
