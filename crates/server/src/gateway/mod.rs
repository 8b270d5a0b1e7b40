//! Between the bytes of a connection and the handlers: keys, sessions, calls, pushes.
//!
//! A packet is opened with its key, taken apart by its session, and each call in it is raised to
//! the canonical layer, handled, and answered in the client's own layer. State belongs to the
//! session, not to the connection that it came over.

mod calls;
mod entropy;
mod exchange;
mod exchange_limit;
mod http;
mod keys;
mod packet;
mod push;
mod registry;
mod session;
mod stopping;
mod wrappers;

pub use entropy::SystemEntropy;
pub use exchange::Arithmetic;
pub use packet::{Handled, Link};
pub use push::Wakes;
#[doc(hidden)]
pub use wrappers::fuzz_wrappers;

use crate::metrics::Metrics;
use crate::net::backlog::Backlog;
use exchange::KeyExchange;
use heliograph_api::{Router, Services};
use heliograph_domain::sealing::Sealer;
use heliograph_layers::Layers;
use heliograph_mtproto::transport::ProxySecret;
use heliograph_mtproto::{MsgId, MsgIdClock, ServerKey, UnixMillis};
use heliograph_vault::seal::SealKey;
use keys::KeyRing;
use registry::Registry;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stopping::Stopping;

/// What a gateway is made of.
pub struct Parts {
    /// What handlers share.
    pub services: Arc<Services>,
    /// Seals authorization keys at rest.
    pub seal: SealKey,
    /// The RSA key of the key exchange.
    pub server_key: ServerKey,
    /// The secret from which server salts are derived.
    pub salts_secret: [u8; 32],
    /// The MTProxy secrets that obfuscated connections may use.
    pub proxy_secrets: Vec<ProxySecret>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// No message id at or below this one is given out.
    pub last_msg_id: MsgId,
    /// The bus that the store and the handlers publish to.
    pub wakes: Arc<Wakes>,
    /// Where the arithmetic of key exchanges is done.
    pub arithmetic: Arithmetic,
    /// Seals where signed-in people come from; nobody in tests that are about something else.
    pub sealer: Option<Arc<Sealer>>,
}

/// The gateway. One for the process.
pub struct Gateway {
    services: Arc<Services>,
    sealer: Option<Arc<Sealer>>,
    router: Router,
    layers: &'static Layers,
    keys: KeyRing,
    registry: Registry,
    exchange: KeyExchange,
    proxy_secrets: Vec<ProxySecret>,
    ids: MsgIdClock,
    metrics: Arc<Metrics>,
    stopping: Stopping,
    /// What connections hold of packets that are not whole yet.
    backlog: Arc<Backlog>,
    /// Hashes addresses for flood limits; a new one each day, so that no hash outlives it.
    address_hash: Mutex<(i64, RandomState)>,
}

/// How much all connections together may hold of packets that are not whole yet: some 250 of the
/// largest at the same time. Beyond it the connection that wants to hold more is closed.
const BACKLOG_BYTES: usize = 256 << 20;

/// How often forgotten sessions and keys are swept out.
const SWEEP: Duration = Duration::from_secs(30);

impl Gateway {
    /// Puts the parts together and starts the tasks that push and sweep. Must be called inside a
    /// runtime.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            services,
            seal,
            server_key,
            salts_secret,
            proxy_secrets,
            metrics,
            last_msg_id,
            wakes,
            arithmetic,
            sealer,
        } = parts;
        let gateway = Arc::new(Gateway {
            router: heliograph_api::router(),
            layers: Layers::shared(),
            keys: KeyRing::new(services.store.clone(), seal, salts_secret),
            registry: Registry::default(),
            exchange: KeyExchange::start(server_key, arithmetic),
            proxy_secrets,
            ids: MsgIdClock::starting_above(last_msg_id),
            metrics,
            stopping: Stopping::default(),
            backlog: Backlog::new(BACKLOG_BYTES),
            address_hash: Mutex::new((0, RandomState::new())),
            services,
            sealer,
        });
        wakes.attach(&gateway);
        let sweeper = Arc::downgrade(&gateway);
        crate::spawn("sweep", async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(gateway) = sweeper.upgrade() else {
                    return;
                };
                let now = gateway.now();
                gateway.registry.sweep(now);
                gateway.keys.sweep(now);
            }
        });
        gateway
    }

    /// The MTProxy secrets that obfuscated connections may use.
    pub fn proxy_secrets(&self) -> &[ProxySecret] {
        &self.proxy_secrets
    }

    /// What connections hold of packets that are not whole yet.
    pub fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    /// The counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The highest message id given out so far.
    pub fn last_msg_id(&self) -> MsgId {
        self.ids.last()
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.services.clock.now().0
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(self.services.clock.now().0)
    }

    /// What stands for a network address in flood limits: the whole of an IPv4 address, the first
    /// 64 bits of an IPv6 one, which is what one customer has.
    fn address_hash(&self, address: IpAddr) -> u64 {
        let day = self.now().seconds() / 86_400;
        let mut keyed = self
            .address_hash
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if keyed.0 != day {
            *keyed = (day, RandomState::new());
        }
        match address {
            IpAddr::V4(address) => keyed.1.hash_one(address),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => keyed.1.hash_one(address),
                None => keyed.1.hash_one(&address.segments()[..4]),
            },
        }
    }
}
