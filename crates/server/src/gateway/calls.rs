//! From one call to its answer.

use super::Gateway;
use super::keys::KeyState;
use super::session::SessionHandle;
use super::wrappers::{Peeled, peel};
use crate::metrics::CallOutcome;
use crate::net::PeerInfo;
use bytes::Bytes;
use heliograph_api::{Caller, Ctx, Rate, Result, RpcError, text};
use heliograph_layers::LayerError;
use heliograph_mtproto::session::CallState;
use heliograph_mtproto::{MsgId, binding, rpc};
use heliograph_tl::{Decode, Function, functions};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// How long `invokeAfterMsg` waits for the call before it.
const AFTER_WAIT: Duration = Duration::from_secs(20);

/// What a session is told that has too much in progress; what it began is done in far less.
const BUSY_WAIT_S: u32 = 1;

/// `boolTrue`, the same in every layer.
const BOOL_TRUE: [u8; 4] = 0x9972_75b5_u32.to_le_bytes();

impl Gateway {
    /// Starts a call and answers it in its session, now or later.
    ///
    /// The call runs on this thread up to its first wait, so that calls begin in the order in which
    /// they came; only then is it handed to the runtime. It goes on if the connection ends.
    pub(super) fn begin_call(
        self: &Arc<Self>,
        session: &Arc<SessionHandle>,
        msg_id: MsgId,
        body: Bytes,
        peer: PeerInfo,
    ) {
        let Some(place) = session.place(body.len()) else {
            let error = RpcError::flood_wait(BUSY_WAIT_S);
            return session.answer(msg_id, rpc::error(error.code, &error.message));
        };
        let gateway = self.clone();
        let mut work = Box::pin(async move {
            let _in_progress = gateway.stopping.calls.enter();
            let session = place.session();
            if let Some(bytes) = gateway.answer(session, msg_id, body, peer).await {
                session.answer(msg_id, bytes);
            }
        });
        let first = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if first.is_pending() {
            crate::spawn("call", work);
        }
    }

    /// The bytes of the answer, in the client's layer; `None` when the call failed because the server
    /// is ending, for the client to ask again.
    async fn answer(
        self: &Arc<Self>,
        session: &Arc<SessionHandle>,
        msg_id: MsgId,
        body: Bytes,
        peer: PeerInfo,
    ) -> Option<Vec<u8>> {
        let began = Instant::now();
        let mut rate = None;
        let outcome = self.run(session, msg_id, body, peer, &mut rate).await;
        let ended = match &outcome {
            Ok(_) => CallOutcome::Answered,
            Err(error) if error.code == text::FLOOD_WAIT_X.code => CallOutcome::FloodWait,
            Err(error) if error.code >= 500 => CallOutcome::Failed,
            Err(_) => CallOutcome::Refused,
        };
        self.metrics.call(rate, ended, began.elapsed());
        match outcome {
            Err(error) if error.code >= 500 && self.stopping.has_begun() => None,
            Err(error) => Some(rpc::error(error.code, &error.message)),
            Ok(bytes) => Some(bytes),
        }
    }

    /// Fills in `rate` once the method is known.
    async fn run(
        self: &Arc<Self>,
        session: &Arc<SessionHandle>,
        msg_id: MsgId,
        body: Bytes,
        peer: PeerInfo,
        rate: &mut Option<Rate>,
    ) -> Result<Vec<u8>> {
        let peeled = peel(body)?;
        self.note_client(&session.key, &peeled, msg_id);
        for earlier in &peeled.after {
            // A call that waits for itself would hold its memory for nothing.
            if *earlier >= msg_id {
                return Err(text::MSG_WAIT_FAILED.into());
            }
            wait_for(session, *earlier).await?;
        }
        let Peeled {
            body,
            without_updates,
            ..
        } = peeled;
        if is_call::<functions::auth::BindTempAuthKey>(&body) {
            return self.bind(session, msg_id, &body).await;
        }
        let key = session.key.permanent().ok_or(text::AUTH_KEY_PERM_EMPTY)?;
        let layer = session.key.layer().ok_or(text::CONNECTION_NOT_INITED)?;

        let caller = Caller {
            key: key.id(),
            session: session.origin,
            user: key.user(),
            dc: session.key.dc(),
            reached: peer.reached,
            address: self.address_hash(peer.address.ip()),
            country: None,
            client: session.key.client(),
        };
        if let Some(user) = caller.user.filter(|_| !without_updates) {
            self.tell_changes(user, session);
        }
        let cx = Ctx::new(self.services.clone(), Arc::new(caller));
        self.handle(cx, layer, &body, rate).await
    }

    /// Raises a call to the canonical layer, handles it, and brings the answer down again.
    async fn handle(
        &self,
        cx: Ctx,
        layer: u16,
        body: &[u8],
        rate: &mut Option<Rate>,
    ) -> Result<Vec<u8>> {
        let mut canonical = Vec::with_capacity(body.len() + 64);
        match self.layers.up(body, &mut canonical) {
            Ok(()) => {}
            Err(LayerError::UnknownMethod | LayerError::Unserved) => {
                return self.answer_benign(&cx, layer, body);
            }
            Err(_) => return Err(text::INPUT_FETCH_ERROR.into()),
        }
        let function = id_of(&canonical).ok_or(text::INPUT_FETCH_ERROR)?;
        *rate = self.router.find(function).map(|method| method.rate);
        let work = self.router.call(cx, &canonical);
        let answer = work?.await?;

        let mut out = Vec::with_capacity(answer.len() + 64);
        let brought_down = self.layers.down_result(layer, function, &answer, &mut out);
        brought_down.map_err(|error| RpcError::internal(&error))?;
        Ok(out)
    }

    /// Answers a method that has no feature behind it.
    fn answer_benign(&self, cx: &Ctx, layer: u16, body: &[u8]) -> Result<Vec<u8>> {
        let id = id_of(body).ok_or(text::INPUT_FETCH_ERROR)?;
        let name = self
            .layers
            .function_name(id)
            .ok_or(text::INPUT_METHOD_INVALID)?;
        self.router
            .find_benign(cx, name)
            .ok_or(text::INPUT_METHOD_INVALID)??;
        self.layers
            .default_answer(layer, name)
            .ok_or_else(|| text::INPUT_METHOD_INVALID.into())
    }

    /// Keeps what the client said about itself.
    fn note_client(&self, key: &Arc<KeyState>, peeled: &Peeled, msg_id: MsgId) {
        let mut changed = false;
        if let Some(layer) = peeled.layer {
            changed |= key.note_layer(layer, msg_id.0);
        }
        if let Some(client) = &peeled.client {
            changed |= key.note_client(client.clone());
            // A sign-in under a bound temporary key is listed with the permanent key's client.
            if let Some(permanent) = key
                .permanent()
                .filter(|permanent| !Arc::ptr_eq(permanent, key))
            {
                let news = permanent.note_client(client.clone());
                let news = peeled
                    .layer
                    .is_some_and(|layer| permanent.note_layer(layer, msg_id.0))
                    || news;
                if news {
                    drop(self.services.store.write(permanent.to_save()));
                }
            }
        }
        if changed && !key.is_temporary() {
            // Queued at once, and applied before whatever this call writes.
            drop(self.services.store.write(key.to_save()));
        }
    }

    /// From now on the session is pushed the user's changes.
    fn tell_changes(
        self: &Arc<Self>,
        user: heliograph_model::UserId,
        session: &Arc<SessionHandle>,
    ) {
        {
            let mut state = session.lock();
            if state.wants_updates {
                return;
            }
            state.wants_updates = true;
        }
        if self.registry.join(user, session) {
            self.follow_channels(user);
        }
    }

    /// `auth.bindTempAuthKey`: from now on this temporary key acts for the permanent one.
    ///
    /// Fails with `TEMP_AUTH_KEY_EMPTY`, `ENCRYPTED_MESSAGE_INVALID` or `EXPIRES_AT_INVALID`.
    /// Binding again to the same key changes nothing.
    async fn bind(
        &self,
        session: &Arc<SessionHandle>,
        msg_id: MsgId,
        body: &[u8],
    ) -> Result<Vec<u8>> {
        let call = functions::auth::BindTempAuthKey::from_bytes(body)
            .map_err(|_| text::INPUT_FETCH_ERROR)?;
        if !session.key.is_temporary() {
            return Err(text::TEMP_AUTH_KEY_EMPTY.into());
        }
        let now = self.now();
        if i64::from(call.expires_at) <= now.seconds() {
            return Err(text::EXPIRES_AT_INVALID.into());
        }
        let permanent = self
            .keys
            .find(call.perm_auth_key_id, now)
            .await
            .map_err(|error| RpcError::internal(&error))?
            .filter(|key| !key.is_temporary())
            .ok_or(text::ENCRYPTED_MESSAGE_INVALID)?;
        let bound = binding::open(&permanent.key, &call.encrypted_message, msg_id)
            .map_err(|_| text::ENCRYPTED_MESSAGE_INVALID)?;
        let agrees = bound.nonce == call.nonce
            && bound.temp_auth_key_id == session.key.id().0
            && bound.perm_auth_key_id == call.perm_auth_key_id
            && bound.temp_session_id == session.lock().protocol.id()
            && bound.expires_at_s == call.expires_at;
        if !agrees {
            return Err(text::ENCRYPTED_MESSAGE_INVALID.into());
        }
        match session.key.permanent() {
            Some(known) if known.id() == permanent.id() => {}
            Some(_) => return Err(text::TEMP_AUTH_KEY_ALREADY_BOUND.into()),
            None => session.key.bind(permanent),
        }
        Ok(BOOL_TRUE.to_vec())
    }
}

/// Waits until an earlier call of the session has been answered with a result.
///
/// Fails with `MSG_WAIT_FAILED` as soon as that one has failed: clients send a chain of calls of which
/// each waits for the one before, and if the third ran after the second was refused, they would be
/// carried out in another order than they were made in.
async fn wait_for(session: &SessionHandle, earlier: MsgId) -> Result<()> {
    let waiting = async {
        loop {
            let answered = session.answered.notified();
            let mut answered = std::pin::pin!(answered);
            answered.as_mut().enable();
            match session.lock().protocol.call_state(earlier) {
                CallState::Answered => return Ok(()),
                CallState::Unknown | CallState::Failed => return Err(text::MSG_WAIT_FAILED.into()),
                CallState::Running => {}
            }
            answered.await;
        }
    };
    match tokio::time::timeout(AFTER_WAIT, waiting).await {
        Ok(outcome) => outcome,
        Err(_) => Err(text::MSG_WAIT_FAILED.into()),
    }
}

fn id_of(body: &[u8]) -> Option<u32> {
    body.first_chunk().map(|head| u32::from_le_bytes(*head))
}

fn is_call<F: Function>(body: &[u8]) -> bool {
    id_of(body) == Some(F::ID)
}
