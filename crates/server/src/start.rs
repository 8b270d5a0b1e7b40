//! `heliograph serve`: from the settings to a running server, and to its end.

use crate::belonging::{self, BelongingError};
use crate::client_config::{PublicKey, PublicKeyError};
use crate::codes;
use crate::control::{self, Answer, Command};
use crate::desk::{Desk, DeskFailure, InstallationLog, OpenLogError, Parts as DeskParts};
use crate::gateway::{self, Gateway, SystemEntropy, Wakes};
use crate::hooks::HookCaller;
use crate::http::{self, App, Readiness};
use crate::installation;
use crate::keeper_process::{self, KeeperProcessError};
use crate::media::FolderBlobs;
use crate::metrics::Metrics;
use crate::moderation::banks::Banks;
use crate::moderation::{Gate, Models, Moderation, ModerationPages, Refusals, Screen};
use crate::msg_id_floor::{self, MsgIdFloor};
use crate::net::accept::{self, Door};
use crate::operator_bots;
use crate::process::{Beside, Launch, ProcessError};
use crate::search::Follower;
use crate::search::explain::explain;
use crate::secrets::{DataFolder, Secrets, SecretsError, replace};
use crate::service_accounts::ServiceAccounts;
use crate::settings::{FloodLimits, Settings};
use crate::switches;
use crate::system::{self, SystemClock};
use crate::trust::Trust;
use heliograph_api::{AccessKey, CodeSender, Limits, Policy, Services};
use heliograph_bot_api::BotApi;
use heliograph_classifier::model::Model;
use heliograph_console::{Installation, InstallationError, Operator};
use heliograph_discovery::{Discovery, IndexError, follow};
use heliograph_domain::accounts::{self, Invite};
use heliograph_domain::codes::Codes;
use heliograph_domain::exports::Exports;
use heliograph_domain::files::{BlobError, Files};
use heliograph_domain::login_tokens::LoginTokens;
use heliograph_domain::messages::Counts;
use heliograph_domain::passwords::Passwords;
use heliograph_domain::presence::Presence;
use heliograph_domain::services::EnsureServices;
use heliograph_domain::switches::Switched;
use heliograph_keeper::{KeeperClient, Purpose, RemoteKeeper, SecretsClient, TagError, phone_tag};
use heliograph_model::E164;
use heliograph_offline::custodian::client::{CallError, CustodianClient, Remote};
use heliograph_store::{BoxFuture, Clock, Store, StoreError};
use heliograph_store_sqlite::{SqliteOptions, SqliteStore};
use heliograph_transparency::entry::Day;
use serde::Serialize;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// Why the server does not run.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder or a key in it.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The keeper.
    #[error(transparent)]
    Keeper(#[from] KeeperProcessError),
    /// The keeper or the custodian, as a process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The public log.
    #[error(transparent)]
    Log(#[from] OpenLogError),
    /// The legal desk.
    #[error(transparent)]
    Desk(#[from] DeskFailure),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database belongs to other keys.
    #[error(transparent)]
    Belonging(#[from] BelongingError),
    /// The public index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The folder of pictures and files.
    #[error(transparent)]
    Media(#[from] BlobError),
    /// The public key.
    #[error(transparent)]
    PublicKey(#[from] PublicKeyError),
    /// The public web address.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The address to listen on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Something else that the system refused.
    #[error("{what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::System { what, source }
}

/// How long the keeper may take to be reached before the server counts as not ready.
const KEEPER_WAIT: Duration = Duration::from_secs(1);

/// Runs a server until it is told to stop (SIGTERM or SIGINT), then ends it in order.
pub async fn serve(settings: Settings) -> Result<(), StartError> {
    system::keep_memory_private().map_err(system("memory cannot be kept private"))?;
    system::allow_many_connections().map_err(system("the limit of open files"))?;
    let stop = Stop::listen().map_err(system("signals cannot be received"))?;

    let data = DataFolder::new(&settings.data);
    let lock = data.lock()?;
    let secrets = Secrets::open(&data)?;
    let log = InstallationLog::open(
        &data,
        &log_origin(settings.origin.as_deref()),
        settings.witnesses.as_deref(),
        Arc::new(SystemClock),
    )?;
    let launch = |command| {
        let program = std::env::current_exe().map_err(system("this program's own path"))?;
        Ok::<_, StartError>(Launch {
            command,
            program,
            data: settings.data.clone(),
            log: settings.log,
        })
    };
    let keeper = Beside::start(launch("keeper")?).await?;
    let custodian = match Beside::start(launch("custodian")?).await {
        Ok(custodian) => custodian,
        Err(error) => {
            keeper.stop().await;
            return Err(error.into());
        }
    };
    // Whatever happened, neither is left behind.
    let outcome = serve_with(settings, data, secrets, log, &keeper, &custodian, stop).await;
    custodian.stop().await;
    keeper.stop().await;
    drop(lock);
    outcome
}

async fn serve_with(
    settings: Settings,
    data: DataFolder,
    secrets: Secrets,
    log: InstallationLog,
    keeper: &Beside,
    custodian: &Beside,
    stop: Stop,
) -> Result<(), StartError> {
    let client = Arc::new(RemoteKeeper::new(keeper.socket()));
    let local = format!("unix:{}", custodian.socket().display());
    let local = Remote::new(&local)
        .map_err(CallError::from)
        .map_err(DeskFailure::from)?;
    let address = settings.listen;
    let listening = TcpListener::bind(address).await;
    let listener = listening.map_err(|source| StartError::Listen { address, source })?;
    let listen = listener.local_addr().map_err(system("the own address"))?;
    let outside = Outside {
        keeper: client.clone(),
        secrets: client,
        keeper_socket: Some(keeper.socket().to_owned()),
        custodian: Arc::new(local),
        clock: Arc::new(SystemClock),
        codes: codes::sender(&settings.codes).map_err(system("the file for sign-in codes"))?,
        demo: false,
    };
    let server = Server::open(settings, listen, data, secrets, log, outside).await?;
    server.run(listener, stop).await
}

/// Where somebody can turn who contests a disclosure, to follow “You can contest this: ”.
fn contest(operator: &Operator) -> String {
    let said = |text: &str| (!text.is_empty()).then(|| text.trim_end_matches('.').to_owned());
    said(&operator.contest)
        .or_else(|| said(&operator.contact).map(|contact| format!("write to {contact}")))
        .unwrap_or_else(|| "turn to the operator of this server".to_owned())
}

/// The name of a log that is made now: the host under which people know the installation, else a
/// random one.
fn log_origin(origin: Option<&str>) -> String {
    let host = origin
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, host)| host);
    if let Some(host) = host {
        return format!("{host}/log");
    }
    let mut name = [0; 8];
    heliograph_api::Entropy::fill(&SystemEntropy, &mut name);
    format!("{:016x}.invalid/log", u64::from_be_bytes(name))
}

/// What a server leans on and does not hold itself.
pub(crate) struct Outside {
    /// The keeper of phone tags.
    pub keeper: Arc<dyn KeeperClient>,
    /// The same, for its secrets.
    pub secrets: Arc<dyn SecretsClient>,
    /// Where the keeper listens, when it is a process of its own.
    pub keeper_socket: Option<PathBuf>,
    /// The custodian on this machine.
    pub custodian: Arc<dyn CustodianClient>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way out for sign-in codes.
    pub codes: Arc<dyn CodeSender>,
    /// Whether everything is a demonstration.
    pub demo: bool,
}

/// A server that is ready to take connections.
pub(crate) struct Server {
    data: DataFolder,
    services: Arc<Services>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) installation: Installation,
    pub(crate) accounts: ServiceAccounts,
    pub(crate) moderation: Arc<Moderation>,
    pub(crate) moderation_pages: Arc<ModerationPages>,
    models: Arc<Models>,
    banks: Arc<Banks>,
    pub(crate) follower: Arc<Follower>,
    bots: Arc<BotApi>,
    gateway: Arc<Gateway>,
    pub(crate) door: Arc<Door>,
    public_key: PublicKey,
    floor: MsgIdFloor,
}

impl Server {
    /// Opens the data folder and puts everything together. `listen` is where people will come to.
    pub(crate) async fn open(
        settings: Settings,
        listen: SocketAddr,
        data: DataFolder,
        secrets: Secrets,
        log: InstallationLog,
        outside: Outside,
    ) -> Result<Self, StartError> {
        keeper_process::check_key(&data, &*outside.keeper).await?;
        let (floor, last_msg_id) = MsgIdFloor::open(data.msg_id_floor())?;

        let wakes = Wakes::new();
        let store = SqliteStore::open(
            &data.database(),
            SqliteOptions::default(),
            outside.clock.clone(),
            wakes.clone(),
        )?;
        belonging::check(&store, &secrets.seal, &data).await?;
        store.write(EnsureServices).await?;
        let discovery = Arc::new(Discovery::open(&data.index())?);
        // Before anybody can search: what is hidden stays hidden.
        follow::load_measures(&store, &discovery).await?;
        let rung = wakes.stale();

        let media = data.media();
        fs::create_dir_all(&media).map_err(system("the folder for pictures and files"))?;
        let files = Files::open(Arc::new(FolderBlobs::open(&media)?)).await?;

        let banks = Banks::new(data.hashes());
        if let Err(error) = banks.load() {
            // The operator mends the list; without it posts are judged by what they say.
            tracing::error!(%error, "picture_lists_not_loaded");
        }
        let refusals = Refusals::open(store.clone(), banks.clone()).await?;

        let services = Arc::new(Services {
            store: store.clone(),
            keeper: outside.keeper.clone(),
            bus: wakes.clone(),
            clock: outside.clock.clone(),
            entropy: Arc::new(SystemEntropy),
            codes: Codes::default(),
            exports: Exports::default(),
            login_tokens: LoginTokens::default(),
            passwords: Passwords::new(secrets.password_seal),
            code_sender: outside.codes,
            presence: Presence::default(),
            counts: Counts::default(),
            seen: heliograph_domain::channels::Seen::default(),
            callbacks: heliograph_domain::bots::Callbacks::default(),
            refusals: refusals.clone(),
            discovery: discovery.clone(),
            access: AccessKey::new(&secrets.access_hash),
            files,
            limits: match settings.flood_limits {
                FloodLimits::On => Limits::new(),
                FloodLimits::Off => Limits::off(),
            },
            policy: Policy {
                registration: settings.registration,
                advertise: settings.advertise,
                origin: settings.origin.clone(),
                public_key_pem: secrets.public_pem.clone(),
            },
        });
        let desk = Desk::open(DeskParts {
            log,
            database: data.desk_database(),
            store: store.clone(),
            keeper: outside.keeper,
            secrets: outside.secrets,
            custodian: outside.custodian,
            clock: outside.clock,
            contest: contest(&settings.operator),
            demo: outside.demo,
        })
        .await?;
        services.codes.hand_over_to(desk.sealer.clone());
        let accounts = ServiceAccounts {
            services: services.clone(),
            record: desk.record.clone(),
            wakes: wakes.clone(),
        };
        let moderation = Moderation::open(&data, store.clone(), desk.clone(), wakes.clone())?;
        let caller = HookCaller::new(settings.webhooks);
        let bots = BotApi::new(services.clone(), wakes.bots(), caller);
        let metrics = Arc::new(Metrics::default());
        let screen = Screen::new(Model::shipped(), metrics.clone());
        let models = Models::open(&data, store.clone(), moderation.clone(), screen.clone()).await;
        let gate = Gate::new(
            services.clone(),
            moderation.clone(),
            screen.clone(),
            refusals.clone(),
            settings.sampled_a_day,
        );
        let follower = Follower::new(store.clone(), discovery, gate, rung);
        let moderation_pages = Arc::new(ModerationPages::new(moderation.clone(), screen, refusals));
        let public_key = PublicKey::read(&secrets.public_pem)?;
        let gateway = Gateway::new(gateway::Parts {
            services: services.clone(),
            seal: secrets.seal,
            server_key: secrets.server_key,
            salts_secret: *secrets.salts,
            proxy_secrets: settings.mtproxy_secrets.clone(),
            metrics: metrics.clone(),
            last_msg_id,
            wakes,
            arithmetic: gateway::Arithmetic::Thread,
            sealer: Some(desk.sealer.clone()),
        });

        let trust = Arc::new(Trust::new(settings.trusted_proxies.clone()));
        let installation = installation::describe(&settings, listen)?;
        let http = App::new(http::Parts {
            pages: Some(http::Pages {
                router: desk.pages(installation.clone(), moderation_pages.clone())?,
                record: desk.record.clone(),
            }),
            settings,
            public_key: public_key.clone(),
            metrics,
            trust: trust.clone(),
            mtproto: Arc::new(gateway.clone()),
            services: Some(services.clone()),
            bots: bots.routes(),
            web: http::WebPage::embedded(),
            readiness: Arc::new(Health {
                store,
                keeper: outside.keeper_socket,
            }),
        });
        let door = Arc::new(Door {
            gateway: gateway.clone(),
            http,
            trust,
        });
        Ok(Server {
            data,
            services,
            desk,
            installation,
            accounts,
            moderation,
            moderation_pages,
            models,
            banks,
            follower,
            bots,
            gateway,
            door,
            public_key,
            floor,
        })
    }

    /// Takes connections until it is told to stop, then ends in order.
    pub(crate) async fn run(
        mut self,
        listener: TcpListener,
        mut stop: Stop,
    ) -> Result<(), StartError> {
        let control =
            control::bind(&self.data.control_socket()).map_err(system("the control socket"))?;
        let listen = listener.local_addr().map_err(system("the own address"))?;
        let ready = ready_line(listen, &self.public_key, &self.data.public_key());
        self.floor.advance(self.gateway.last_msg_id())?;
        replace(&self.data.ready(), 0o600, ready.as_bytes())?;
        // Whoever started the server may have stopped listening to it.
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(ready.as_bytes());
        let _ = stdout.flush();
        drop(stdout);
        tracing::info!("ready");

        let operator = Commanded {
            services: self.services.clone(),
            desk: self.desk.clone(),
            installation: self.installation.clone(),
            follower: self.follower.clone(),
            moderation: self.moderation.clone(),
            models: self.models.clone(),
            banks: self.banks.clone(),
        };
        let execute = move |command| execute(operator.clone(), command);
        tokio::select! {
            () = self.desk.clone().run() => {}
            () = self.desk.sealer.run() => {}
            () = self.accounts.run() => {}
            () = Box::pin(self.moderation.run()) => {}
            () = Box::pin(self.follower.run()) => {}
            () = Box::pin(self.bots.call_hooks()) => {}
            () = accept::run(listener, self.door) => {}
            () = control::serve(control, execute) => {}
            () = move_floor(&mut self.floor, &self.gateway) => {}
            () = stop.wait() => {}
        }

        // No connection is taken any more; what was begun is answered and made durable, then the
        // files close.
        tracing::info!("stopping");
        self.gateway.finish().await;
        self.services.store.close().await;
        self.floor.finish(self.gateway.last_msg_id())?;
        for left in [self.data.ready(), self.data.control_socket()] {
            let _ = fs::remove_file(left);
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Ready<'a> {
    event: &'static str,
    listen: String,
    fingerprint: String,
    public_key: &'a str,
}

/// The one line on the standard output, which scripts wait for.
fn ready_line(listen: SocketAddr, key: &PublicKey, path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let ready = Ready {
        event: "ready",
        listen: listen.to_string(),
        fingerprint: key.fingerprint().to_string(),
        public_key: &path.to_string_lossy(),
    };
    let mut line = serde_json::to_string(&ready).expect("texts are always JSON");
    line.push('\n');
    line
}

/// The signals that end a server in order.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Waits for the signals from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Stop {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn move_floor(floor: &mut MsgIdFloor, gateway: &Gateway) {
    loop {
        sleep(msg_id_floor::EVERY).await;
        if let Err(error) = floor.advance(gateway.last_msg_id()) {
            tracing::error!(%error, "msg_id_floor_not_moved");
        }
    }
}

/// What `/readyz` looks at.
struct Health {
    store: Store,
    keeper: Option<PathBuf>,
}

impl Readiness for Health {
    fn obstacles(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async {
            let mut found = Vec::new();
            if let Err(error) = self.store.view().await {
                found.push(format!("the database cannot be read: {error}"));
            }
            if let Some(socket) = &self.keeper
                && !matches!(
                    timeout(KEEPER_WAIT, UnixStream::connect(socket)).await,
                    Ok(Ok(_))
                )
            {
                found.push("the keeper does not answer: nobody new can sign in".into());
            }
            found
        })
    }
}

/// What an operator's commands are carried out with.
#[derive(Clone)]
struct Commanded {
    services: Arc<Services>,
    desk: Arc<Desk>,
    installation: Installation,
    follower: Arc<Follower>,
    moderation: Arc<Moderation>,
    models: Arc<Models>,
    banks: Arc<Banks>,
}

/// Does what the operator asks for.
async fn execute(operator: Commanded, command: Command) -> Answer {
    let Commanded {
        services,
        desk,
        installation,
        follower,
        moderation,
        models,
        banks,
    } = operator;
    match command {
        Command::EnterInLog { entry } => {
            let entered = desk.blocking(move |desk| desk.enter(entry.as_bytes()));
            answer(entered.await, Answer::Count)
        }
        Command::Invite { number, days } => match invite(&services, &number, days).await {
            Ok(()) => Answer::Done,
            Err(reason) => Answer::Refused(reason),
        },
        Command::CountAccounts {} => {
            let counted = count_accounts(&services.store).await;
            answer(counted, Answer::Count)
        }
        Command::InviteStaff { name, roles } => {
            let invited = desk.blocking(move |desk| desk.invite(&installation, &name, &roles));
            answer(invited.await, Answer::Link)
        }
        Command::ListStaff {} => answer(desk.blocking(Desk::staff).await, Answer::Staff),
        Command::DismissStaff { name } => {
            let who = name.clone();
            let dismissed = desk.blocking(move |desk| desk.dismiss(&name)).await;
            if let Err(error) = moderation.discharge_named(&who).await {
                return Answer::Refused(error.to_string());
            }
            answer(dismissed, |known| {
                if known {
                    Answer::Done
                } else {
                    Answer::Refused("there is nobody of this name at the desk".into())
                }
            })
        }
        Command::SwitchUploads { of, until, reason } => {
            let off = until.map(|until| (until, reason));
            let (store, clock) = (&services.store, &*services.clock);
            let record = async |switched: &Switched| moderation.log_switch(switched).await;
            let switched = switches::switch_uploads(store, clock, &of, off, record);
            answer(switched.await, |()| Answer::Done)
        }
        Command::CreateBot {
            name,
            username,
            owner,
        } => {
            let (store, entropy) = (&services.store, &*services.entropy);
            let made = operator_bots::create(store, entropy, &name, &username, &owner);
            answer(made.await, Answer::Token)
        }
        Command::RenewBotToken { username } => {
            let (store, entropy) = (&services.store, &*services.entropy);
            let renewed = operator_bots::new_token(store, entropy, &username);
            answer(renewed.await, Answer::Token)
        }
        Command::ListBots { owner } => {
            let listed = operator_bots::list(&services.store, &owner).await;
            answer(listed, Answer::Bots)
        }
        Command::MarkStaff { account, staff } => {
            let marked = moderation.mark_staff(&account, staff).await;
            answer(marked, |()| Answer::Done)
        }
        Command::Announce { text } => answer(moderation.announce(&text).await, Answer::Count),
        Command::Statements { from, since } => {
            let found = moderation.statements(from, Day(since)).await;
            answer(found, |(records, next)| Answer::Statements {
                records,
                next,
            })
        }
        Command::ListCases {} => answer(desk.blocking(Desk::cases).await, Answer::Cases),
        Command::ExplainSearch(question) => {
            answer(explain(&services, question).await, Answer::Explained)
        }
        Command::Reindex {} => {
            follower.begin_anew();
            Answer::Done
        }
        Command::LoadHashes {} => {
            let loaded = spawn_blocking(move || banks.load()).await;
            let loaded = loaded.map_err(|failed| failed.to_string());
            let loaded = loaded.and_then(|lists| lists.map_err(|error| error.to_string()));
            answer(loaded, |lists| {
                Answer::Count(lists.iter().map(|list| list.hashes as u64).sum())
            })
        }
        Command::ListModels {} => answer(models.list().await, Answer::Models),
        Command::LearnModel {} => answer(Box::pin(models.learn()).await, Answer::Learned),
        Command::ShadowModel { version } => answer(models.shadow(version).await, |()| Answer::Done),
        Command::UseModel { version } => answer(models.switch_to(version).await, |()| Answer::Done),
        Command::RollBackModel {} => {
            let version = models.roll_back().await.map(u64::from);
            answer(version, Answer::Count)
        }
        Command::IndexState {} => Answer::Index(follower.state()),
    }
}

/// What came of a command, or the reason why nothing did.
fn answer<T>(done: Result<T, impl Display>, told: impl FnOnce(T) -> Answer) -> Answer {
    done.map_or_else(|error| Answer::Refused(error.to_string()), told)
}

async fn invite(services: &Services, number: &str, days: u32) -> Result<(), String> {
    let number = E164::parse(number).map_err(|error| error.to_string())?;
    let fill = |out: &mut [u8]| services.entropy.fill(out);
    let tag = phone_tag(&*services.keeper, Purpose::SignIn, 0, number.digits(), fill).await;
    let phone = tag.map_err(|error: TagError| error.to_string())?;
    let invite = Invite {
        phone,
        by: None,
        days,
    };
    let written = services.store.write(invite).await;
    written.map_err(|error| error.to_string())
}

async fn count_accounts(store: &Store) -> Result<u64, StoreError> {
    let mut view = store.view().await?;
    accounts::count(&mut *view).await
}
