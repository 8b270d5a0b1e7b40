//! Key exchange: its arithmetic runs on threads of its own, away from the connections.

use super::exchange_limit::ExchangeLimit;
use super::{Gateway, SystemEntropy};
use crate::net::PeerInfo;
use bytes::Bytes;
use heliograph_mtproto::dh::DhPair;
use heliograph_mtproto::envelope;
use heliograph_mtproto::handshake::{Candidate, Handshakes, Job, JobOutput, Outcome, Step};
use heliograph_mtproto::pq::PqPool;
use heliograph_mtproto::transport::TransportError;
use heliograph_mtproto::{Entropy, FirstSalt, MsgKind, ServerKey, UnixMillis};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many steps may wait for a worker. At 1 ms each the last one waits half a second; beyond
/// that a client does better to come again.
const QUEUE_MAX: usize = 512;

/// How many ready-made pairs (a, g^a) are kept: made while nobody waits, they halve the time of an
/// exchange. 300 bytes each.
const READY_PAIRS: usize = 128;

/// How many puzzles are made at start (30 us each).
const PUZZLES: usize = 64;

/// How long a worker waits for work before it makes a pair.
const LULL: Duration = Duration::from_millis(20);

struct Order {
    job: Job,
    done: oneshot::Sender<JobOutput>,
}

/// Where the arithmetic of key exchanges is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// On a thread of its own: it holds a core for a millisecond at a time.
    Thread,
    /// Where it is asked for: for simulations, in which nothing may depend on threads.
    Inline,
}

/// All key exchanges, and the worker that does their arithmetic.
pub(super) struct KeyExchange {
    handshakes: Mutex<Handshakes>,
    limit: Mutex<ExchangeLimit>,
    worker: Worker,
}

enum Worker {
    Thread(SyncSender<Order>),
    Inline(Box<ServerKey>),
}

impl KeyExchange {
    /// Starts the worker. One is enough for 300 exchanges a second, and leaves the other cores to
    /// the connections during a burst.
    pub fn start(server_key: ServerKey, arithmetic: Arithmetic) -> Self {
        let puzzles = PqPool::make(PUZZLES, &mut SystemEntropy);
        let handshakes = Handshakes::new(puzzles, server_key.fingerprint());
        let worker = match arithmetic {
            Arithmetic::Inline => Worker::Inline(Box::new(server_key)),
            Arithmetic::Thread => {
                let (orders, waiting) = sync_channel(QUEUE_MAX);
                std::thread::Builder::new()
                    .name("key-exchange".into())
                    .spawn(move || work(&server_key, &waiting))
                    .expect("a thread can be started");
                Worker::Thread(orders)
            }
        };
        KeyExchange {
            handshakes: Mutex::new(handshakes),
            limit: Mutex::default(),
            worker,
        }
    }

    fn handshakes(&self) -> MutexGuard<'_, Handshakes> {
        self.handshakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn compute(&self, job: Job) -> Option<JobOutput> {
        let orders = match &self.worker {
            Worker::Thread(orders) => orders,
            Worker::Inline(key) => return Some(job.run(key, || DhPair::make(&mut SystemEntropy))),
        };
        let (done, output) = oneshot::channel();
        orders.try_send(Order { job, done }).ok()?;
        output.await.ok()
    }
}

/// Does what is ordered; makes pairs in between.
fn work(server_key: &ServerKey, orders: &Receiver<Order>) {
    let mut ready: VecDeque<DhPair> = VecDeque::new();
    loop {
        let order = if ready.len() < READY_PAIRS {
            match orders.recv_timeout(LULL) {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout) => {
                    ready.push_back(DhPair::make(&mut SystemEntropy));
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        } else {
            match orders.recv() {
                Ok(order) => order,
                Err(_) => return,
            }
        };
        let pair = || {
            ready
                .pop_front()
                .unwrap_or_else(|| DhPair::make(&mut SystemEntropy))
        };
        let output = order.job.run(server_key, pair);
        // The client may have gone; then nobody wants the output.
        let _ = order.done.send(output);
    }
}

impl Gateway {
    /// Takes an unencrypted packet. Every way to fail has the same answer, -404; only an address
    /// that begins too many exchanges is told so (-429), before anything is looked at.
    pub(super) async fn exchange_keys(
        self: &Arc<Self>,
        packet: &[u8],
        peer: PeerInfo,
    ) -> Result<Bytes, TransportError> {
        let Ok((_, body)) = envelope::open_unencrypted(packet) else {
            return Err(TransportError::KeyNotFound);
        };
        let now = self.now();
        if is_first_step(body) {
            if !self.may_begin(peer, now) {
                self.metrics.handshakes_refused.add_one();
                return Err(TransportError::Flood);
            }
            self.metrics.handshakes_started.add_one();
        }
        let step = self
            .exchange
            .handshakes()
            .receive(body, now, &mut SystemEntropy);
        let reply = match step {
            Step::Reply(reply) => Some(reply),
            Step::Fail => None,
            Step::Compute(job) => match self.exchange.compute(job).await {
                Some(output) => self.complete(output).await,
                None => None,
            },
        };
        if reply.is_none() {
            self.metrics.handshakes_failed.add_one();
        }
        let msg_id = self.ids.next(self.now(), MsgKind::Answer);
        let reply = reply.ok_or(TransportError::KeyNotFound)?;
        Ok(envelope::unencrypted(msg_id, &reply).into())
    }

    /// Whether an address may begin one more exchange.
    fn may_begin(&self, peer: PeerInfo, now: UnixMillis) -> bool {
        let address = self.address_hash(peer.address.ip());
        let limit = &self.exchange.limit;
        !self.services.limits.are_on()
            || limit
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(address, now)
    }

    async fn complete(self: &Arc<Self>, output: JobOutput) -> Option<Vec<u8>> {
        let now = self.now();
        let outcome = self
            .exchange
            .handshakes()
            .complete(output, now, &mut SystemEntropy);
        match outcome {
            Outcome::Reply(reply) => Some(reply),
            Outcome::Fail => None,
            Outcome::Agreed(candidate) => Some(self.keep(*candidate).await),
        }
    }

    /// Stores a permanent key before the client is told that it holds.
    async fn keep(self: &Arc<Self>, candidate: Candidate) -> Vec<u8> {
        let now = self.now();
        match self.keys.is_taken(candidate.key_id(), now).await {
            Ok(false) => {}
            Ok(true) => return candidate.retry(&mut self.exchange.handshakes()),
            Err(error) => {
                tracing::error!(%error, "a key could not be looked up");
                return candidate.refuse();
            }
        }
        if candidate.expires_in_s().is_none() {
            let mut nonce = [0; 24];
            Entropy::fill(&mut SystemEntropy, &mut nonce);
            let save = self.keys.to_save(
                candidate.key_id(),
                candidate.key_bytes(),
                candidate.dc(),
                nonce,
            );
            if let Err(error) = self.services.store.write(save).await {
                tracing::error!(%error, "a key could not be stored");
                return candidate.refuse();
            }
        }
        let (reply, new) = candidate.accept();
        let expires = new
            .expires_in_s
            .map(|seconds| now.plus_seconds(i64::from(seconds)));
        let first = FirstSalt::of_new_key(new.first_salt, now);
        self.keys.add(new.key, first, new.dc, expires, now);
        self.metrics.handshakes_finished.add_one();
        reply
    }
}

/// `req_pq#60469778` and `req_pq_multi#be7e8ef1`.
fn is_first_step(body: &[u8]) -> bool {
    let id = body.first_chunk().map(|head| u32::from_le_bytes(*head));
    matches!(id, Some(0x6046_9778 | 0xbe7e_8ef1))
}
