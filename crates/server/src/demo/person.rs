//! The people of the story: clients like any other, from addresses that documents may use.

use super::Failure;
use super::stage::Stage;
use crate::client::{Channel, Client, Credentials};
use crate::gateway::SystemEntropy;
use heliograph_api::Entropy as _;
use heliograph_mtproto::AuthKey;
use heliograph_tl::{enums, functions, types};
use std::net::IpAddr;
use tokio::io::DuplexStream;

/// The account that writes on behalf of the server.
const SERVICE: i64 = 777_000;

/// Somebody of the story.
pub struct Person {
    /// The first name.
    pub name: &'static str,
    /// The number's digits. It is of a range that is kept free for stories.
    pub number: &'static str,
    /// The username.
    pub username: &'static str,
}

/// Somebody who is signed in and connected.
pub struct Connected {
    client: Client<DuplexStream>,
}

impl Person {
    /// Signs in over a new connection, and signs up before if there is no account yet.
    pub async fn sign_in(
        &self,
        stage: &Stage,
        from: IpAddr,
        port: u16,
    ) -> Result<Connected, Failure> {
        let io = stage.connect(from, port)?;
        let mut client = Client::connect(io, &stage.key, stage.client_clock()).await?;
        let send = functions::auth::SendCode {
            phone_number: self.number.into(),
            api_id: 1,
            api_hash: "0".repeat(32),
            settings: types::CodeSettings::default().into(),
        };
        let enums::auth::SentCode::SentCode(sent) = client.call(&send).await? else {
            return Err("the server wants no code".into());
        };
        let mut code = stage.post.take(self.number);
        if code.is_none() {
            // It went to the chat on another device of theirs, which is not at hand.
            let resend = functions::auth::ResendCode {
                phone_number: self.number.into(),
                phone_code_hash: sent.phone_code_hash.clone(),
                reason: None,
            };
            client.call(&resend).await?;
            code = stage.post.take(self.number);
        }
        let sign_in = functions::auth::SignIn {
            phone_number: self.number.into(),
            phone_code_hash: sent.phone_code_hash.clone(),
            phone_code: Some(code.ok_or("no code was sent")?),
            email_verification: None,
        };
        let mut answer = client.call(&sign_in).await?;
        if matches!(answer, enums::auth::Authorization::SignUpRequired(_)) {
            let sign_up = functions::auth::SignUp {
                no_joined_notifications: true,
                phone_number: self.number.into(),
                phone_code_hash: sent.phone_code_hash,
                first_name: self.name.into(),
                last_name: String::new(),
            };
            answer = client.call(&sign_up).await?;
            let take = functions::account::UpdateUsername {
                username: self.username.into(),
            };
            client.call(&take).await?;
        }
        match answer {
            enums::auth::Authorization::Authorization(_) => {
                client.call(&functions::updates::GetState {}).await?;
                Ok(Connected { client })
            }
            enums::auth::Authorization::SignUpRequired(_) => {
                Err("the sign-up was not accepted".into())
            }
        }
    }
}

impl Connected {
    /// Hangs up, and keeps what the device needs to come back without signing in.
    pub fn leave(self) -> Credentials {
        let key = AuthKey::from_bytes(*self.client.key().bytes());
        Credentials { key, salt: 0 }
    }

    /// Comes back with a device from before.
    pub async fn come_back(
        device: Credentials,
        stage: &Stage,
        from: IpAddr,
        port: u16,
    ) -> Result<Self, Failure> {
        let io = stage.connect(from, port)?;
        let mut client = Client::resume(io, device, stage.client_clock()).await?;
        client.call(&functions::updates::GetState {}).await?;
        Ok(Connected { client })
    }

    /// Writes to somebody with a username.
    pub async fn write_to(&mut self, username: &str, text: &str) -> Result<(), Failure> {
        let peer = self.person(username).await?;
        let send = functions::messages::SendMessage {
            peer,
            message: text.into(),
            random_id: random_id(),
            ..Default::default()
        };
        self.client.call(&send).await?;
        Ok(())
    }

    /// How calls name whoever has this username.
    async fn person(&mut self, username: &str) -> Result<enums::InputPeer, Failure> {
        let resolve = functions::contacts::ResolveUsername {
            username: username.into(),
            referer: None,
        };
        let enums::contacts::ResolvedPeer::ResolvedPeer(found) = self.client.call(&resolve).await?;
        let Some(enums::User::User(user)) = found.users.into_iter().next() else {
            return Err("the username leads nowhere".into());
        };
        Ok(types::InputPeerUser {
            user_id: user.id,
            access_hash: user.access_hash.unwrap_or(0),
        }
        .into())
    }

    /// Makes a public channel with one post.
    pub async fn found_channel(
        &mut self,
        title: &str,
        username: &str,
        text: &str,
    ) -> Result<(), Failure> {
        let channel = Channel::make(&mut self.client, title, username).await?;
        let post = functions::messages::SendMessage {
            peer: channel.peer(),
            message: text.into(),
            random_id: random_id(),
            ..Default::default()
        };
        self.client.call(&post).await?;
        Ok(())
    }

    /// Whether a search for these words finds the channel of this name.
    pub async fn finds(&mut self, words: &str, username: &str) -> Result<bool, Failure> {
        let search = functions::contacts::Search {
            q: words.into(),
            limit: 10,
            ..Default::default()
        };
        let enums::contacts::Found::Found(found) = self.client.call(&search).await?;
        Ok(found.chats.iter().any(|chat| {
            matches!(chat, enums::Chat::Channel(channel) if channel.username.as_deref() == Some(username))
        }))
    }

    /// Reports posts of a channel, or the whole of it, with the answer that clients send.
    pub async fn report_channel(
        &mut self,
        username: &str,
        posts: &[i32],
        answer: &[u8],
    ) -> Result<(), Failure> {
        let channel = Channel::find(&mut self.client, username).await?;
        self.report(channel.peer(), posts, answer).await
    }

    /// Reports a person from the menu of their chat.
    pub async fn report_person(&mut self, username: &str, answer: &[u8]) -> Result<(), Failure> {
        let peer = self.person(username).await?;
        self.report(peer, &[], answer).await
    }

    async fn report(
        &mut self,
        peer: enums::InputPeer,
        messages: &[i32],
        answer: &[u8],
    ) -> Result<(), Failure> {
        let report = functions::messages::Report {
            peer,
            id: messages.to_vec(),
            option: answer.to_vec(),
            message: String::new(),
        };
        match self.client.call(&report).await? {
            enums::ReportResult::Reported => Ok(()),
            _ => Err("the report was not taken".into()),
        }
    }

    /// The last message in the chat with the service account, 777000.
    pub async fn last_notice(&mut self) -> Result<Option<String>, Failure> {
        let dialogs = functions::messages::GetDialogs {
            offset_peer: enums::InputPeer::Empty,
            limit: 10,
            ..Default::default()
        };
        let messages = match self.client.call(&dialogs).await? {
            enums::messages::Dialogs::Dialogs(found) => found.messages,
            enums::messages::Dialogs::Slice(found) => found.messages,
            enums::messages::Dialogs::NotModified(_) => Vec::new(),
        };
        Ok(messages.into_iter().find_map(|message| match message {
            enums::Message::Message(message) if is_of_service(&message.peer_id) => {
                Some(message.message)
            }
            _ => None,
        }))
    }
}

/// By which the server tells a message from the same one sent again.
fn random_id() -> i64 {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    i64::from_le_bytes(bytes)
}

fn is_of_service(peer: &enums::Peer) -> bool {
    matches!(peer, enums::Peer::User(user) if user.user_id == SERVICE)
}
