//! From a change to the sessions that are told of it.
//!
//! The store and the handlers publish to [`Wakes`]; it passes each signal to one of a few tasks, by
//! mailbox, so that the changes of one mailbox are told in their order.

use super::Gateway;
use super::session::SessionHandle;
use bytes::Bytes;
use heliograph_api::render::{self, Viewer};
use heliograph_api::secret_chats;
use heliograph_domain::bus::{Bus, Signal};
use heliograph_domain::services::{
    ANNOUNCEMENTS, BOT_FATHER, SEARCH_REPORT, SPAM_BOT, TRANSPARENCY,
};
use heliograph_domain::{bots, channels, files, jobs, stale};
use heliograph_model::{AuthKeyId, Change, ChannelId, Notice, Peer, SecretNews, UserId};
use heliograph_store::{Listener, Rows, StoreError, Wake, mailbox};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, broadcast};
use tokio::time::timeout;

/// How many tasks push.
const PUSHERS: usize = 4;

/// How many rings are held for a listener that is busy; one that misses some looks by itself.
const BOTS_HELD: usize = 1024;

/// How many log entries are read at once where a wake-up was missed.
const CATCH_UP: usize = 100;

/// The bus inside one process.
pub struct Wakes {
    queues: [UnboundedSender<Signal>; PUSHERS],
    waiting: std::sync::Mutex<Option<[UnboundedReceiver<Signal>; PUSHERS]>>,
    gateway: OnceLock<Weak<Gateway>>,
    jobs: Arc<Notify>,
    /// Ring when somebody has written to a service account that answers.
    asked: [(UserId, Arc<Notify>); 5],
    /// Rings when the public index has something to take in.
    stale: Arc<Notify>,
    /// Tells which bot has an update waiting.
    bots: broadcast::Sender<UserId>,
}

impl Wakes {
    /// A bus that keeps its signals until a gateway is attached.
    pub fn new() -> Arc<Self> {
        let channels: [_; PUSHERS] = std::array::from_fn(|_| unbounded_channel());
        let (queues, waiting) = split(channels);
        Arc::new(Wakes {
            queues,
            waiting: std::sync::Mutex::new(Some(waiting)),
            gateway: OnceLock::new(),
            jobs: Arc::new(Notify::new()),
            asked: [
                TRANSPARENCY,
                BOT_FATHER,
                SPAM_BOT,
                SEARCH_REPORT,
                ANNOUNCEMENTS,
            ]
            .map(|service| (service, Arc::new(Notify::new()))),
            stale: Arc::new(Notify::new()),
            bots: broadcast::channel(BOTS_HELD).0,
        })
    }

    /// Rings when somebody has written to this service account; never for one that does not answer.
    pub fn asked(&self, service: UserId) -> Arc<Notify> {
        let found = self.asked.iter().find(|(known, _)| *known == service);
        found.map(|(_, bell)| bell.clone()).unwrap_or_default()
    }

    /// Rings when the public index has something to take in.
    pub fn stale(&self) -> Arc<Notify> {
        self.stale.clone()
    }

    /// Tells of each bot that has an update waiting.
    pub fn bots(&self) -> broadcast::Sender<UserId> {
        self.bots.clone()
    }

    /// Starts the tasks that push, and the one that runs follow-up work.
    pub(super) fn attach(&self, gateway: &Arc<Gateway>) {
        if self.gateway.set(Arc::downgrade(gateway)).is_err() {
            return;
        }
        let waiting = self.waiting.lock().map(|mut waiting| waiting.take());
        for queue in waiting.ok().flatten().into_iter().flatten() {
            crate::spawn("push", push_all(Arc::downgrade(gateway), queue));
        }
        crate::spawn("jobs", run_jobs(Arc::downgrade(gateway), self.jobs.clone()));
    }

    /// Follows who is in which channel. It is done before the next post is passed on, so that who has
    /// left is pushed none.
    fn note_places(&self, wake: &Wake) {
        for notice in &wake.notices {
            if let Notice::Channel(channel, inside) = notice
                && let Some(Peer::User(user)) = Peer::from_number(wake.owner.0)
                && let Some(gateway) = self.gateway.get().and_then(Weak::upgrade)
            {
                gateway.registry.set_member(user, *channel, *inside);
            }
        }
    }

    fn send(&self, owner: i64, signal: Signal) {
        // A task that is gone is one that the process is done with.
        let _ = self.queues[owner as usize % PUSHERS].send(signal);
    }
}

type Channel = (UnboundedSender<Signal>, UnboundedReceiver<Signal>);

fn split(
    channels: [Channel; PUSHERS],
) -> (
    [UnboundedSender<Signal>; PUSHERS],
    [UnboundedReceiver<Signal>; PUSHERS],
) {
    let [a, b, c, d] = channels;
    ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1])
}

impl Listener for Wakes {
    fn committed(&self, wakes: Vec<Wake>) {
        for wake in wakes {
            if wake.owner == stale::READER {
                self.stale.notify_one();
                continue;
            }
            self.note_places(&wake);
            for (service, bell) in &self.asked {
                if wake.owner == (*service).into() {
                    bell.notify_one();
                }
            }
            if let Some(Peer::User(user)) = Peer::from_number(wake.owner.0)
                && user.is_bot()
            {
                // Nobody listens where no bot waits.
                let _ = self.bots.send(user);
            }
            self.send(wake.owner.0, Signal::Wake(Arc::new(wake)));
        }
    }

    fn jobs_due(&self) {
        self.jobs.notify_one();
    }
}

impl Bus for Wakes {
    fn publish(&self, signal: Signal) {
        match &signal {
            Signal::Wake(wake) => self.send(wake.owner.0, signal),
            Signal::Typing { to, .. }
            | Signal::SecretTyping { to, .. }
            | Signal::Status { to, .. }
            | Signal::Notice { to, .. } => {
                self.send(to.0, signal);
            }
            Signal::ChannelTyping { channel, .. } | Signal::ChannelChanged { channel } => {
                self.send(channel.0, signal);
            }
            Signal::BotCallback { bot, .. } => self.send(bot.0, signal),
            // Who is signed in must be known before the call is answered.
            Signal::SignedIn { .. } | Signal::SignedOut { .. } | Signal::LoginToken { .. } => {
                if let Some(gateway) = self.gateway.get().and_then(Weak::upgrade) {
                    gateway.note_sign_in(&signal);
                }
            }
        }
    }
}

async fn push_all(gateway: Weak<Gateway>, mut queue: UnboundedReceiver<Signal>) {
    while let Some(signal) = queue.recv().await {
        let Some(gateway) = gateway.upgrade() else {
            return;
        };
        if let Err(error) = gateway.push(&signal).await {
            tracing::error!(%error, "a change could not be pushed");
        }
    }
}

/// How long work that has become due may wait, when no commit adds more.
const JOBS_EVERY: Duration = Duration::from_secs(60);

/// Runs follow-up work when it is due: after each commit that added some, at start, and every
/// minute.
async fn run_jobs(gateway: Weak<Gateway>, due: Arc<Notify>) {
    loop {
        {
            let Some(gateway) = gateway.upgrade() else {
                return;
            };
            let services = &gateway.services;
            match jobs::run_due(&services.store, services.clock.now()).await {
                Ok(0) => {
                    let now = services.clock.now();
                    if let Err(error) = files::sweep(&services.store, &services.files, now).await {
                        tracing::error!(%error, "files_not_erased");
                    }
                }
                Ok(_) => continue,
                Err(error) => tracing::error!(%error, "follow-up work failed"),
            }
        }
        // Told or not, it is time to look.
        let _ = timeout(JOBS_EVERY, due.notified()).await;
    }
}

impl Gateway {
    async fn push(&self, signal: &Signal) -> Result<(), StoreError> {
        match signal {
            Signal::Wake(wake) => self.push_wake(wake).await,
            Signal::Typing { to, .. }
            | Signal::Status { to, .. }
            | Signal::Notice { to, .. }
            | Signal::BotCallback { bot: to, .. } => {
                let Some((sessions, _)) = self.registry.audience(*to) else {
                    return Ok(());
                };
                let viewer = Viewer {
                    services: &self.services,
                    me: *to,
                };
                let mut view = self.services.store.view().await?;
                let container = render::signal(viewer, &mut *view, signal).await?;
                drop(view);
                self.push_to(&sessions, None, container.as_slice());
                Ok(())
            }
            Signal::SecretTyping { to, device, chat } => {
                let Some((mut sessions, _)) = self.registry.audience(*to) else {
                    return Ok(());
                };
                sessions.retain(|session| session.device() == Some(*device));
                let now = self.services.clock.now();
                let container = secret_chats::typing(*chat, now.seconds());
                self.push_to(&sessions, None, &[container]);
                Ok(())
            }
            Signal::ChannelTyping {
                channel,
                from,
                action,
            } => {
                let container = render::channel_typing(&self.services, *channel, *from, action);
                let mut members = self.registry.members_here(*channel);
                members.retain(|member| member != from);
                self.push_to(&self.sessions_of(&members), None, container.as_slice());
                Ok(())
            }
            Signal::ChannelChanged { channel } => {
                let members = self.registry.members_here(*channel);
                if members.is_empty() {
                    return Ok(());
                }
                let mut view = self.services.store.view().await?;
                let container =
                    render::channel_changed(&self.services, &mut *view, *channel).await?;
                drop(view);
                self.push_to(&self.sessions_of(&members), None, &[container]);
                Ok(())
            }
            Signal::SignedIn { .. } | Signal::SignedOut { .. } | Signal::LoginToken { .. } => {
                Ok(())
            }
        }
    }

    fn sessions_of(&self, users: &[UserId]) -> Vec<Arc<SessionHandle>> {
        let audiences = users
            .iter()
            .filter_map(|user| self.registry.audience(*user));
        audiences.flat_map(|(sessions, _)| sessions).collect()
    }

    /// Pushes what happened in a channel: encoded once in each layer for all members but the few for
    /// whom it reads differently.
    async fn push_channel(&self, channel: ChannelId, wake: &Wake) -> Result<(), StoreError> {
        let members = self.registry.members_here(channel);
        if members.is_empty() || wake.logged.is_empty() {
            return Ok(());
        }
        let mut view = self.services.store.view().await?;
        let members = self.who_sees(&mut *view, members, channel, wake).await?;
        let pushed = render::channel_wake(&self.services, &mut *view, channel, wake, &members);
        let pushed = pushed.await?;
        drop(view);
        let (some, all): (Vec<UserId>, Vec<UserId>) = members
            .into_iter()
            .partition(|member| pushed.for_some.contains_key(member));
        for member in some {
            if let Some(own) = pushed.for_some.get(&member) {
                let sessions = self.sessions_of(&[member]);
                self.push_to(&sessions, wake.origin, std::slice::from_ref(own));
            }
        }
        self.push_to(&self.sessions_of(&all), wake.origin, &[pushed.for_all]);
        Ok(())
    }

    /// The members to whom these entries are shown: a bot in privacy mode is passed over where one of
    /// them does not concern it.
    async fn who_sees(
        &self,
        rows: &mut dyn Rows,
        members: Vec<UserId>,
        channel: ChannelId,
        wake: &Wake,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut seeing = Vec::with_capacity(members.len());
        for member in members {
            let mut sees = true;
            if member.is_bot() {
                for entry in &wake.logged {
                    if let Change::NewMessage(message) | Change::Edited(message) = &entry.change {
                        sees &= message.from == member
                            || bots::sees(rows, member, channel, message).await?;
                    }
                }
            }
            if sees {
                seeing.push(member);
            }
        }
        Ok(seeing)
    }

    /// Tells the registry which channels somebody is in whose first session has come.
    pub(super) fn follow_channels(self: &Arc<Self>, user: UserId) {
        let gateway = Arc::downgrade(self);
        crate::spawn("follow", async move {
            // Twice: who leaves a channel between the first look and the note of it is found by the
            // second, and whoever leaves later is noted by the commit.
            for _ in 0..2 {
                let Some(gateway) = gateway.upgrade() else {
                    return;
                };
                let joined = async {
                    let mut view = gateway.services.store.view().await?;
                    channels::joined(&mut *view, user).await
                };
                match joined.await {
                    Ok(channels) => gateway.registry.follow(user, &channels),
                    Err(error) => tracing::error!(%error, "channels could not be looked up"),
                }
            }
        });
    }

    async fn push_wake(&self, wake: &Wake) -> Result<(), StoreError> {
        let user = match Peer::from_number(wake.owner.0) {
            Some(Peer::User(user)) => user,
            Some(Peer::Channel(channel)) => return self.push_channel(channel, wake).await,
            Some(Peer::Chat(_)) | None => return Ok(()),
        };
        let Some((sessions, told)) = self.registry.audience(user) else {
            return Ok(());
        };
        self.push_secret(user, &sessions, &wake.secret).await?;
        let caught_up;
        let wake = match told {
            Some(told) if starts_at(wake).is_some_and(|pts| pts != told) => {
                caught_up = self.catch_up(wake, told).await?;
                &caught_up
            }
            _ => wake,
        };
        let containers = if let Some(short) = render::short_wake(user, wake) {
            vec![short]
        } else {
            let viewer = Viewer {
                services: &self.services,
                me: user,
            };
            let mut view = self.services.store.view().await?;
            render::wake(viewer, &mut *view, wake).await?
        };
        if let Some(last) = wake.logged.last() {
            self.registry.told(user, last.pts);
        }
        self.push_to(&sessions, told_by_its_answer(wake), &containers);
        Ok(())
    }

    /// Tells each device what is new in its secret chats. What waits is read back one message at a time,
    /// so that a wake-up holds no more than numbers.
    async fn push_secret(
        &self,
        user: UserId,
        sessions: &[Arc<SessionHandle>],
        news: &[SecretNews],
    ) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        let mut by_device: BTreeMap<AuthKeyId, Vec<Arc<SessionHandle>>> = BTreeMap::new();
        for session in sessions {
            if let Some(device) = session.device() {
                by_device.entry(device).or_default().push(session.clone());
            }
        }
        let viewer = Viewer {
            services: &self.services,
            me: user,
        };
        let mut view = self.services.store.view().await?;
        for news in news {
            for (device, sessions) in &by_device {
                let container = secret_chats::push(viewer, &mut *view, *device, *news).await?;
                self.push_to(sessions, None, container.as_slice());
            }
        }
        Ok(())
    }

    /// A wake-up as it would be if none before it had been missed, and nothing told twice.
    async fn catch_up(&self, wake: &Wake, told: u32) -> Result<Wake, StoreError> {
        let mut logged = Vec::new();
        let mut from = told;
        let mut view = self.services.store.view().await?;
        loop {
            let log = mailbox::after(&mut *view, wake.owner, from, CATCH_UP).await?;
            logged.extend(log.entries.into_iter().map(Arc::new));
            from = log.pts;
            if !log.more {
                break;
            }
        }
        Ok(Wake {
            owner: wake.owner,
            logged,
            notices: wake.notices.clone(),
            secret: Vec::new(),
            origin: None,
        })
    }

    /// Puts containers of the canonical layer into sessions, each in its own layer.
    fn push_to(
        &self,
        sessions: &[Arc<SessionHandle>],
        origin: Option<u64>,
        containers: &[Vec<u8>],
    ) {
        for container in containers {
            let mut by_layer: BTreeMap<u16, Option<Bytes>> = BTreeMap::new();
            for session in sessions {
                if origin == Some(session.origin) {
                    continue;
                }
                let Some(layer) = session.key.layer() else {
                    continue;
                };
                let layer = self.layers.effective(layer);
                let body = by_layer.entry(layer).or_insert_with(|| {
                    let mut out = Vec::with_capacity(container.len() + 32);
                    self.layers.down(layer, container, &mut out).ok()?;
                    Some(Bytes::from(out))
                });
                if let Some(body) = body {
                    self.metrics.pushes.add_one();
                    session.push(body.clone());
                }
            }
        }
    }

    /// Follows who is signed in where.
    fn note_sign_in(self: &Arc<Self>, signal: &Signal) {
        match signal {
            Signal::SignedIn { key, user } => self.signed_in(*key, *user),
            Signal::SignedOut { key, destroyed } => self.signed_out(*key, *destroyed),
            Signal::LoginToken { key } => self.login_token_accepted(*key),
            Signal::Wake(_)
            | Signal::Typing { .. }
            | Signal::SecretTyping { .. }
            | Signal::Status { .. }
            | Signal::ChannelTyping { .. }
            | Signal::ChannelChanged { .. }
            | Signal::Notice { .. }
            | Signal::BotCallback { .. } => {}
        }
    }

    fn signed_in(self: &Arc<Self>, key: AuthKeyId, user: UserId) {
        if let Some(state) = self.keys.in_use(key.0, self.now()) {
            state.set_user(Some(user));
        }
        for session in self.registry.of_permanent_key(key) {
            self.registry.leave(&session);
            let mut state = session.lock();
            state.wants_updates = true;
            drop(state);
            if self.registry.join(user, &session) {
                self.follow_channels(user);
            }
        }
    }

    /// Tells a device that waits for its QR code to be read: `updateLoginToken`.
    fn login_token_accepted(&self, key: AuthKeyId) {
        let sessions = self.registry.of_permanent_key(key);
        self.push_to(
            &sessions,
            None,
            &[render::login_token(self.services.clock.now())],
        );
    }

    fn signed_out(&self, key: AuthKeyId, destroyed: bool) {
        let state = self.keys.in_use(key.0, self.now());
        if let Some(state) = &state {
            state.set_user(None);
            if destroyed {
                state.destroy();
            }
        }
        for session in self.registry.of_permanent_key(key) {
            self.registry.leave(&session);
            session.lock().wants_updates = false;
            if destroyed {
                session.nudge();
            }
        }
        if destroyed {
            self.keys.remove(key);
        }
    }
}

/// The session that needs no push, because its call made the change. One that came into a channel is
/// told all the same: since layer 225 the answer to joining wraps its updates, and a library that
/// looks for chats only at the top of an answer would not learn how to name the channel.
fn told_by_its_answer(wake: &Wake) -> Option<u64> {
    let came_in = |notice: &Notice| matches!(notice, Notice::Channel(_, true));
    wake.origin.filter(|_| !wake.notices.iter().any(came_in))
}

/// The `pts` that a reader must stand at to take the wake's entries as they are.
fn starts_at(wake: &Wake) -> Option<u32> {
    wake.logged.first().map(|first| first.pts - first.pts_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_model::Owner;

    #[test]
    fn who_comes_into_a_channel_is_told_where_they_asked_for_it_too() {
        let wake = |notice| Wake {
            owner: Owner(5),
            logged: Vec::new(),
            notices: vec![notice],
            secret: Vec::new(),
            origin: Some(9),
        };
        let came = wake(Notice::Channel(ChannelId(1), true));
        assert_eq!(told_by_its_answer(&came), None);
        let left = wake(Notice::Channel(ChannelId(1), false));
        assert_eq!(told_by_its_answer(&left), Some(9));
    }

    #[test]
    fn signals_of_one_mailbox_go_to_one_task() {
        let wakes = Wakes::new();
        for owner in [Owner(5), Owner(5), Owner(6)] {
            wakes.committed(vec![Wake {
                owner,
                logged: Vec::new(),
                notices: Vec::new(),
                secret: Vec::new(),
                origin: None,
            }]);
        }
        let mut waiting = wakes
            .waiting
            .lock()
            .expect("nobody panicked")
            .take()
            .expect("not attached");
        let counts: Vec<usize> = waiting
            .iter_mut()
            .map(|queue| std::iter::from_fn(|| queue.try_recv().ok()).count())
            .collect();
        assert_eq!(counts, [0, 2, 1, 0]);
    }
}
