//! What a handler is given.

use crate::access::AccessKey;
use crate::error::{Result, RpcError, text};
use crate::limits::Limits;
use crate::refusals::Refusals;
use crate::render::Viewer;
use heliograph_discovery::{Discovery, IndexError};
use heliograph_domain::accounts::{self, Proof, Registration};
use heliograph_domain::bots::Callbacks;
use heliograph_domain::bus::{Bus, Signal};
use heliograph_domain::channels::Seen;
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::files::Files;
use heliograph_domain::keys::ClientInfo;
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::messages::Counts;
use heliograph_domain::passwords::Passwords;
use heliograph_domain::presence::Presence;
use heliograph_keeper::KeeperClient;
use heliograph_model::{AuthKeyId, E164, UnixMs, UserId};
use heliograph_store::{BoxFuture, Clock, Command, Rows, Store};
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

/// Gives random bytes that nobody else can predict. Tests pass a seeded one.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// Brings a sign-in code to its number from outside: the console, a webhook, a file.
pub trait CodeSender: Send + Sync + 'static {
    /// Sends it; `false` when it could not be delivered.
    fn send<'a>(&'a self, phone: &'a E164, code: &'a str) -> BoxFuture<'a, bool>;

    /// What a code that came this way proves about the number of a new account.
    fn proof(&self) -> Proof {
        Proof::None
    }
}

/// How the installation is set.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who may make an account.
    pub registration: Registration,
    /// The address that clients are told to come back to (`--advertise`); `None` for the one they
    /// came to.
    pub advertise: Option<SocketAddr>,
    /// The public web address (`--origin`), without a slash at the end.
    pub origin: Option<String>,
    /// The server's public key as PEM, as `help.getCdnConfig` repeats it.
    pub public_key_pem: String,
}

/// What every handler shares.
pub struct Services {
    /// The store.
    pub store: Store,
    /// The keeper of the phone-tag key.
    pub keeper: Arc<dyn KeeperClient>,
    /// The way to other sessions.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Sign-in codes that wait for their answer.
    pub codes: Codes,
    /// Sign-ins on their way from one key of a client to another.
    pub exports: Exports,
    /// Tokens for signing in by QR code.
    pub login_tokens: LoginTokens,
    /// Cloud passwords, and sign-ins that wait for one.
    pub passwords: Passwords,
    /// The way a code leaves the house.
    pub code_sender: Arc<dyn CodeSender>,
    /// Who is online.
    pub presence: Presence,
    /// How many messages chats have, as far as it has been counted.
    pub counts: Counts,
    /// Who has seen which post lately.
    pub seen: Seen,
    /// Buttons that were pressed and wait for their bot's answer.
    pub callbacks: Callbacks,
    /// What is not let in.
    pub refusals: Arc<dyn Refusals>,
    /// The public index.
    pub discovery: Arc<Discovery>,
    /// The key from which access hashes are derived.
    pub access: AccessKey,
    /// The bytes of pictures and files.
    pub files: Files,
    /// Flood limits.
    pub limits: Limits,
    /// Settings.
    pub policy: Policy,
}

/// Who calls, over which session.
#[derive(Clone)]
pub struct Caller {
    /// The permanent key, also where the call came under a temporary one.
    pub key: AuthKeyId,
    /// Names the session among all, for [`heliograph_store::Wake::origin`].
    pub session: u64,
    /// Who is signed in with the key.
    pub user: Option<UserId>,
    /// The data centre that the client believes to be on.
    pub dc: i32,
    /// The local address that the client came to.
    pub reached: SocketAddr,
    /// Stands for the client's network address in flood limits: a keyed hash that changes daily.
    pub address: u64,
    /// ISO 3166 code of the country the client's address lies in, where that is known.
    pub country: Option<Arc<str>>,
    /// What the client said about itself.
    pub client: Arc<ClientInfo>,
}

/// The context of one call. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    services: Arc<Services>,
    caller: Arc<Caller>,
}

impl Deref for Ctx {
    type Target = Services;
    fn deref(&self) -> &Services {
        &self.services
    }
}

impl Ctx {
    /// Joins what is shared with who calls.
    pub fn new(services: Arc<Services>, caller: Arc<Caller>) -> Self {
        Ctx { services, caller }
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who is signed in; `401 AUTH_KEY_UNREGISTERED` for nobody.
    pub fn user(&self) -> Result<UserId> {
        self.caller
            .user
            .ok_or_else(|| text::AUTH_KEY_UNREGISTERED.into())
    }

    /// The caller as a viewer; `401 AUTH_KEY_UNREGISTERED` for nobody.
    pub fn viewer(&self) -> Result<Viewer<'_>> {
        Ok(self.viewer_of(self.user()?))
    }

    /// Somebody as a viewer.
    pub fn viewer_of(&self, me: UserId) -> Viewer<'_> {
        let services = &self.services;
        Viewer { services, me }
    }

    /// The time now.
    pub fn now(&self) -> UnixMs {
        self.services.clock.now()
    }

    /// `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.services.entropy.fill(&mut bytes);
        bytes
    }

    /// Asks the public index, on a thread that may wait for files.
    pub async fn discover<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Discovery) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T> {
        let index = self.discovery.clone();
        match tokio::task::spawn_blocking(move || ask(&index)).await {
            Ok(found) => found.map_err(|error| RpcError::internal(&error)),
            Err(failed) => Err(RpcError::internal(&failed)),
        }
    }

    /// The country of the caller's number, by which some measures of moderation hold.
    pub async fn country(&self, rows: &mut dyn Rows) -> Result<Option<String>> {
        let account = accounts::find(rows, self.user()?).await?;
        Ok(account.and_then(|account| account.person.country))
    }

    /// Runs a command in the name of this session, which will not be pushed its own change.
    pub fn write<C: Command>(
        &self,
        command: C,
    ) -> impl Future<Output = Result<C::Output, C::Error>> + Send + use<C> {
        self.services
            .store
            .write_from(Some(self.caller.session), command)
    }

    /// Tells other sessions something that is not stored.
    pub fn publish(&self, signal: Signal) {
        self.services.bus.publish(signal);
    }
}
