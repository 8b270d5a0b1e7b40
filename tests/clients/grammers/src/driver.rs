//! The verbs.

use std::collections::HashMap;
use std::net::SocketAddrV4;
use std::sync::Arc;

use grammers_client::client::{PasswordToken, UpdateStream};
use grammers_client::message::InputMessage;
use grammers_client::sender::UpdatesConfiguration;
use grammers_client::tl::{self, enums, functions, types};
use grammers_client::{Client, SenderPool, SignInError};
use grammers_session::Session as _;
use grammers_session::storages::MemorySession;
use grammers_session::types::{PeerId, PeerInfo, PeerKind, PeerRef, UpdateState, UpdatesState};
use grammers_session::updates::UpdatesLike;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::{Outcome, emit, files, plain, session, square};

const API_ID: i32 = 1;
const VERSION: &str = "0.11.0";

/// One client, from `connect` to `disconnect`.
#[derive(Default)]
pub struct Driver {
    open: Option<Open>,
}

struct Open {
    client: Client,
    session: Arc<MemorySession>,
    folder: String,
    /// Until someone is signed in, there is nothing to receive.
    waiting_updates: Option<mpsc::Receiver<UpdatesLike>>,
    receiving: Option<Receiving>,
    code_hash: String,
    me: Option<i64>,
    known: HashMap<String, PeerRef>,
}

struct Receiving {
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Driver {
    /// Answers one request; a missing field reads as an empty text or zero.
    pub async fn answer(&mut self, verb: &str, request: &Value) -> Outcome<Value> {
        if verb == "connect" {
            let (open, answer) = Open::connect(request).await?;
            self.open = Some(open);
            return Ok(answer);
        }
        let open = self.open.as_mut().ok_or("not connected")?;
        // Boxed: the calls of every verb lie in this one future.
        Box::pin(open.answer(verb, request)).await
    }
}

impl Open {
    async fn connect(request: &Value) -> Outcome<(Self, Value)> {
        let folder = text(request, "session");
        let server = SocketAddrV4::new(
            text(request, "host").parse()?,
            u16::try_from(int(request, "port"))?,
        );
        let session = Arc::new(session::load(&folder, server).await?);
        let SenderPool {
            runner,
            handle,
            updates,
        } = SenderPool::new(Arc::clone(&session), API_ID);
        tokio::spawn(runner.run());

        let mut open = Self {
            client: Client::new(handle),
            session,
            folder,
            waiting_updates: Some(updates),
            receiving: None,
            code_hash: String::new(),
            me: None,
            known: HashMap::new(),
        };
        let authorized = open.client.is_authorized().await?;
        if authorized {
            open.me = Some(open.client.get_me().await?.id().bare_id_unchecked());
            open.receive().await?;
        }
        let answer = json!({ "authorized": authorized, "layer": tl::LAYER, "version": VERSION });
        Ok((open, answer))
    }

    async fn answer(&mut self, verb: &str, request: &Value) -> Outcome<Value> {
        let client = self.client.clone();
        match verb {
            "send_code" => self.send_code(&text(request, "phone")).await?,
            "sign_in" => {
                let done = self.sign_in(request).await?;
                return self.signed_in(done).await;
            }
            "sign_in_with_password" => return self.sign_in_with_password(request).await,
            "sign_up" => return self.sign_up(request).await,
            "me" => return Ok(plain::user(&client.get_me().await?.raw)),
            "user" => {
                let who = self.peer(request).await?;
                let found = client
                    .invoke(&functions::users::GetUsers {
                        id: vec![who.into()],
                    })
                    .await?;
                return Ok(plain::user(found.first().ok_or("no such user")?));
            }
            "add_contact" => return self.add_contact(request).await,
            "resolve" => {
                let username = text(request, "username");
                let found = client
                    .invoke(&functions::contacts::ResolveUsername {
                        username,
                        referer: None,
                    })
                    .await?;
                let enums::contacts::ResolvedPeer::Peer(found) = found;
                return Ok(plain::user(found.users.first().ok_or("no such user")?));
            }
            "send" => {
                let reply_to = request["reply_to"].as_i64().map(|id| id as i32);
                let message = InputMessage::new()
                    .text(text(request, "text"))
                    .reply_to(reply_to);
                let sent = client
                    .send_message(self.peer(request).await?, message)
                    .await?;
                return Ok(json!({ "id": sent.id() }));
            }
            "send_file" => return files::send(&client, self.peer(request).await?, request).await,
            "fetch" => {
                let (peer, id) = (self.peer(request).await?, int(request, "id") as i32);
                files::fetch(&client, peer, id, request).await?;
            }
            "wear" => files::wear(&client, request).await?,
            "face" => files::face(&client, self.peer(request).await?, request).await?,
            "edit" => {
                let (peer, id) = (self.peer(request).await?, int(request, "id"));
                client
                    .edit_message(peer, id, text(request, "text").as_str())
                    .await?;
            }
            "delete" => {
                let ids: Vec<i32> = serde_json::from_value(request["ids"].clone())?;
                client
                    .delete_messages(self.peer(request).await?, &ids)
                    .await?;
            }
            "read" => {
                // `mark_as_read` always reads to the end; the scenarios read up to a message.
                let (peer, max_id) = (self.peer(request).await?, int(request, "max_id"));
                if peer.id.kind() == PeerKind::Channel {
                    square::read(&client, peer, max_id).await?;
                    return Ok(json!({}));
                }
                let peer = peer.into();
                client
                    .invoke(&functions::messages::ReadHistory { peer, max_id })
                    .await?;
            }
            "typing" => {
                let peer = self.peer(request).await?;
                client
                    .action(peer)
                    .oneshot(types::SendMessageTypingAction {})
                    .await?;
            }
            "online" => {
                let offline = request["online"] != json!(true);
                client
                    .invoke(&functions::account::UpdateStatus { offline })
                    .await?;
            }
            "history" => return self.history(request).await,
            "dialogs" => {
                let (mut found, mut dialogs) = (Vec::new(), client.iter_dialogs());
                while let Some(dialog) = dialogs.next().await? {
                    found.extend(plain::dialog(&dialog.raw));
                }
                return Ok(json!({ "dialogs": found }));
            }
            "state" => {
                let enums::updates::State::State(state) =
                    client.invoke(&functions::updates::GetState {}).await?;
                return Ok(json!({ "pts": state.pts, "qts": state.qts, "date": state.date }));
            }
            "difference" => return difference(&client, &request["state"]).await,
            "make_channel" => {
                let broadcast = request["broadcast"] == json!(true);
                return square::make(&client, text(request, "title"), broadcast).await;
            }
            "publish" => {
                let peer = self.peer(request).await?;
                square::publish(&client, peer, text(request, "username")).await?;
            }
            "search" => return square::search(&client, text(request, "text")).await,
            "join" => return square::join(&client, &text(request, "to")).await,
            "leave" => square::leave(&client, self.peer(request).await?).await?,
            "pin_message" => {
                let peer = self.peer(request).await?;
                client.pin_message(peer, int(request, "id")).await?;
            }
            "mute" => {
                let user = self.named(&text(request, "user")).await?;
                let muted = request["muted"] == json!(true);
                square::mute(&client, self.peer(request).await?, user, muted).await?;
            }
            "invite_link" => return square::invite_link(&client, self.peer(request).await?).await,
            "discuss" => {
                let group = self.numbered(&request["group"]).await?;
                square::discuss(&client, self.peer(request).await?, group).await?;
            }
            "comment" => {
                let (peer, id) = (self.peer(request).await?, int(request, "id"));
                square::comment(&client, peer, id, text(request, "text")).await?;
            }
            "channel_state" => return square::state(&client, self.peer(request).await?).await,
            "channel_difference" => {
                let peer = self.peer(request).await?;
                return square::difference(&client, peer, int(request, "pts")).await;
            }
            "save_draft" => self.save_draft(request).await?,
            "pin" => {
                let peer = types::InputDialogPeer {
                    peer: self.peer(request).await?.into(),
                }
                .into();
                let pinned = request["pinned"] == json!(true);
                client
                    .invoke(&functions::messages::ToggleDialogPin { pinned, peer })
                    .await?;
            }
            "set_name" => {
                let (first_name, last_name) = (
                    Some(text(request, "first_name")),
                    Some(text(request, "last_name")),
                );
                client
                    .invoke(&functions::account::UpdateProfile {
                        first_name,
                        last_name,
                        about: None,
                    })
                    .await?;
            }
            "set_username" => {
                let username = text(request, "username");
                client
                    .invoke(&functions::account::UpdateUsername { username })
                    .await?;
            }
            "disconnect" => self.disconnect().await?,
            "log_out" => {
                client.sign_out().await?;
            }
            _ => return Err(format!("no verb `{verb}`").into()),
        }
        Ok(json!({}))
    }

    // The library's own sign-in keeps the code's hash to itself, and signing up needs it; these
    // three are its calls, in its order.
    async fn send_code(&mut self, phone: &str) -> Outcome<()> {
        let settings = types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: false,
            allow_missed_call: false,
            allow_firebase: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
            unknown_number: false,
        };
        let request = functions::auth::SendCode {
            phone_number: phone.to_owned(),
            api_id: API_ID,
            api_hash: "a".repeat(32),
            settings: settings.into(),
        };
        match self.client.invoke(&request).await? {
            enums::auth::SentCode::Code(sent) => self.code_hash = sent.phone_code_hash,
            other => return Err(format!("no code was sent: {other:?}").into()),
        }
        Ok(())
    }

    async fn sign_in(&self, request: &Value) -> Outcome<enums::auth::Authorization> {
        let request = functions::auth::SignIn {
            phone_number: text(request, "phone"),
            phone_code_hash: self.code_hash.clone(),
            phone_code: Some(text(request, "code")),
            email_verification: None,
        };
        Ok(self.client.invoke(&request).await?)
    }

    async fn signed_in(&mut self, done: enums::auth::Authorization) -> Outcome<Value> {
        let enums::auth::Authorization::Authorization(done) = done else {
            return Err("this number has no account".into());
        };
        let enums::User::User(user) = &done.user else {
            return Err("the answer to a sign-in holds no user".into());
        };
        self.me = Some(user.id);
        let me = self
            .client
            .get_me()
            .await?
            .to_ref()
            .await?
            .ok_or("the user has no access hash")?;
        let me = PeerInfo::User {
            id: user.id,
            auth: Some(me.auth),
            bot: Some(false),
            is_self: Some(true),
        };
        self.session
            .cache_peer(me)
            .await
            .map_err(|e| e.to_string())?;
        let enums::updates::State::State(state) =
            self.client.invoke(&functions::updates::GetState {}).await?;
        let types::updates::State {
            pts,
            qts,
            date,
            seq,
            ..
        } = state;
        let state = UpdateState::All(UpdatesState {
            pts,
            qts,
            date,
            seq,
            channels: Vec::new(),
        });
        self.session
            .set_update_state(state)
            .await
            .map_err(|e| e.to_string())?;
        self.receive().await?;
        Ok(plain::user(&done.user))
    }

    /// A code, a wrong password, and the right one. After a wrong one the library would answer the same
    /// challenge again, which has served; so it is given a new one.
    async fn sign_in_with_password(&mut self, request: &Value) -> Outcome<Value> {
        match self.sign_in(request).await {
            Err(error) if error.to_string().contains("SESSION_PASSWORD_NEEDED") => {}
            other => return Err(format!("a code alone was answered with {other:?}").into()),
        }
        let token = self.password_token().await?;
        let hint = token.hint().map(str::to_owned);
        let wrong = self.client.check_password(token, text(request, "wrong"));
        match wrong.await {
            Err(SignInError::InvalidPassword(_)) => {}
            other => return Err(format!("a wrong password was answered with {other:?}").into()),
        }
        let token = self.password_token().await?;
        let right = self.client.check_password(token, text(request, "password"));
        let user = right.await.map_err(|error| error.to_string())?;
        self.me = Some(user.id().bare_id_unchecked());
        self.receive().await?;
        let mut answer = plain::user(&user.raw);
        answer["hint"] = json!(hint);
        Ok(answer)
    }

    async fn password_token(&self) -> Outcome<PasswordToken> {
        let get = functions::account::GetPassword {};
        let enums::account::Password::Password(password) = self.client.invoke(&get).await?;
        Ok(PasswordToken::new(password))
    }

    async fn sign_up(&mut self, request: &Value) -> Outcome<Value> {
        if let enums::auth::Authorization::Authorization(_) = self.sign_in(request).await? {
            return Err("a fresh number was signed in without signing up".into());
        }
        let request = functions::auth::SignUp {
            no_joined_notifications: false,
            phone_number: text(request, "phone"),
            phone_code_hash: self.code_hash.clone(),
            first_name: text(request, "first_name"),
            last_name: text(request, "last_name"),
        };
        let done = self.client.invoke(&request).await?;
        self.signed_in(done).await
    }

    async fn add_contact(&self, request: &Value) -> Outcome<Value> {
        let contact = types::InputPhoneContact {
            client_id: 0,
            phone: text(request, "phone"),
            first_name: text(request, "first_name"),
            last_name: String::new(),
            note: None,
        };
        let request = functions::contacts::ImportContacts {
            contacts: vec![contact.into()],
        };
        let enums::contacts::ImportedContacts::Contacts(found) =
            self.client.invoke(&request).await?;
        Ok(plain::user(
            found.users.first().ok_or("the number was not found")?,
        ))
    }

    async fn history(&mut self, request: &Value) -> Outcome<Value> {
        let limit = usize::try_from(int(request, "limit"))?;
        let peer = self.peer(request).await?;
        let mut messages = self.client.iter_messages(peer).limit(limit);
        let mut found = Vec::new();
        while let Some(message) = messages.next().await? {
            found.extend(plain::message(&message.raw));
        }
        Ok(json!({ "messages": found }))
    }

    async fn save_draft(&mut self, request: &Value) -> Outcome<()> {
        let draft = functions::messages::SaveDraft {
            no_webpage: false,
            invert_media: false,
            reply_to: None,
            peer: self.peer(request).await?.into(),
            message: text(request, "text"),
            entities: None,
            media: None,
            effect: None,
            suggested_post: None,
            rich_message: None,
        };
        self.client.invoke(&draft).await?;
        Ok(())
    }

    /// Whom the request names: by `@username`, or by the number of a channel or group.
    async fn peer(&mut self, request: &Value) -> Outcome<PeerRef> {
        match request["peer"].as_str() {
            Some(name) => self.named(name).await,
            None => self.numbered(&request["peer"]).await,
        }
    }

    /// The channel or group with this number: one that the session knows, or one in the list of chats.
    async fn numbered(&self, number: &Value) -> Outcome<PeerRef> {
        let number = number.as_i64().ok_or("a request names whom it is about")?;
        let id = PeerId::channel(number).ok_or("not a channel's number")?;
        let known = self.session.peer_ref(id).await.map_err(|e| e.to_string())?;
        match known {
            Some(known) => Ok(known),
            None => square::of_dialogs(&self.client, number).await,
        }
    }

    /// Whoever has this `@username`, resolved once.
    async fn named(&mut self, name: &str) -> Outcome<PeerRef> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let found = self
            .client
            .resolve_username(name.trim_start_matches('@'))
            .await?;
        let found = found
            .ok_or("no such username")?
            .to_ref()
            .await?
            .ok_or("no access hash")?;
        self.known.insert(name.to_owned(), found);
        Ok(found)
    }

    /// Hands updates to the harness from now on, beginning with those that were missed.
    async fn receive(&mut self) -> Outcome<()> {
        let Some(updates) = self.waiting_updates.take() else {
            return Ok(());
        };
        let configuration = UpdatesConfiguration { catch_up: true };
        let stream = self.client.stream_updates(updates, configuration).await?;
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(forward(stream, stopped));
        self.receiving = Some(Receiving { stop, done });
        Ok(())
    }

    async fn disconnect(&mut self) -> Outcome<()> {
        if let Some(Receiving { stop, done }) = self.receiving.take() {
            // Its end is what is awaited; a receiver that ended before needs no signal.
            let _ = stop.send(());
            done.await?;
        }
        self.client.disconnect();
        match self.me {
            Some(me) => session::save(&self.folder, &self.session, me).await,
            None => Ok(()),
        }
    }
}

/// Everything since `state`, slice by slice, asked past the library's own bookkeeping.
async fn difference(client: &Client, state: &Value) -> Outcome<Value> {
    use enums::updates::Difference;
    let (mut pts, mut qts, mut date) = (int(state, "pts"), int(state, "qts"), int(state, "date"));
    let (mut events, mut slices) = (Vec::new(), 0);
    loop {
        let request = functions::updates::GetDifference {
            pts,
            pts_limit: None,
            pts_total_limit: None,
            date,
            qts,
            qts_limit: None,
        };
        let (messages, updates, next) = match client.invoke(&request).await? {
            Difference::Empty(_) => break,
            Difference::Difference(all) => (all.new_messages, all.other_updates, None),
            Difference::Slice(slice) => {
                let next = Some(slice.intermediate_state);
                (slice.new_messages, slice.other_updates, next)
            }
            Difference::TooLong(_) => return Err("the server calls the difference too long".into()),
        };
        slices += 1;
        events.extend(messages.iter().filter_map(plain::new_message));
        events.extend(updates.iter().filter_map(plain::event));
        let Some(enums::updates::State::State(next)) = next else {
            break;
        };
        (pts, qts, date) = (next.pts, next.qts, next.date);
    }
    Ok(json!({ "events": events, "slices": slices }))
}

async fn forward(mut stream: UpdateStream, mut stopped: oneshot::Receiver<()>) {
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            update = stream.next_raw() => match update {
                Ok((update, _, _)) => {
                    if let Some(event) = plain::event(&update) {
                        emit(&event);
                    }
                }
                Err(error) => {
                    eprintln!("updates end: {error}");
                    break;
                }
            }
        }
    }
    if let Err(error) = stream.sync_update_state().await {
        eprintln!("the update state is lost: {error}");
    }
}

fn text(request: &Value, field: &str) -> String {
    request[field].as_str().unwrap_or_default().to_owned()
}

fn int(request: &Value, field: &str) -> i32 {
    request[field].as_i64().unwrap_or_default() as i32
}
