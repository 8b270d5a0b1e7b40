//! People with clients.

use crate::house::{House, Line};
use heliograph_mtproto::AuthKey;
use heliograph_server::client::{Client, ClientError, Credentials};
use heliograph_tl::{Function, enums, functions, types};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long a test waits for what must come; under a paused clock this costs no time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody with an account and a client in the canonical layer.
pub struct Person {
    /// The client.
    pub client: Client<Line>,
    /// The account.
    pub id: i64,
    /// The number.
    pub phone: String,
}

impl Person {
    /// Signs up over a new line.
    pub async fn sign_up(house: &House, name: &str, phone: &str) -> Self {
        Self::sign_up_with(connect(house).await, house, name, phone).await
    }

    /// Signs up from this address.
    pub async fn sign_up_from(house: &House, at: SocketAddr, name: &str, phone: &str) -> Self {
        let client = connect_over(house.line_from(at), house).await;
        Self::sign_up_with(client, house, name, phone).await
    }

    async fn sign_up_with(
        mut client: Client<Line>,
        house: &House,
        name: &str,
        phone: &str,
    ) -> Self {
        let sent = ask_for_code(&mut client, phone).await;
        let code = house.last_code().expect("the code left the house");
        let sign_in = functions::auth::SignIn {
            phone_number: phone.into(),
            phone_code_hash: sent.clone(),
            phone_code: Some(code),
            email_verification: None,
        };
        client.call(&sign_in).await.expect("the code is right");
        let sign_up = functions::auth::SignUp {
            no_joined_notifications: true,
            phone_number: phone.into(),
            phone_code_hash: sent,
            first_name: name.into(),
            last_name: String::new(),
        };
        let authorization = client.call(&sign_up).await.expect("the number is new");
        Person {
            client,
            id: user_id(&authorization),
            phone: phone.into(),
        }
    }

    /// Another device of the same person, signed in.
    pub async fn another_device(&mut self, house: &House) -> Self {
        let mut client = connect(house).await;
        let hash = ask_for_code(&mut client, &self.phone).await;
        let sign_in = functions::auth::SignIn {
            phone_number: self.phone.clone(),
            phone_code_hash: hash,
            phone_code: Some(self.read_code().await),
            email_verification: None,
        };
        let authorization = client.call(&sign_in).await.expect("the code is right");
        Person {
            client,
            id: user_id(&authorization),
            phone: self.phone.clone(),
        }
    }

    /// The code in the newest message of the service chat.
    async fn read_code(&mut self) -> String {
        loop {
            let updates = self.next_updates().await;
            let text = match &updates {
                enums::Updates::UpdateShortMessage(short) => short.message.clone(),
                enums::Updates::Updates(all) => all
                    .updates
                    .iter()
                    .find_map(|update| match update {
                        enums::Update::NewMessage(new) => match &new.message {
                            enums::Message::Message(message) => Some(message.message.clone()),
                            _ => None,
                        },
                        _ => None,
                    })
                    .unwrap_or_default(),
                _ => String::new(),
            };
            let digits: String = text.chars().filter(char::is_ascii_digit).take(5).collect();
            if digits.len() == 5 {
                return digits;
            }
        }
    }

    /// Makes a call that must succeed.
    pub async fn call<F: Function>(&mut self, call: F) -> F::Return {
        self.try_call(call).await.expect("the call succeeds")
    }

    /// Makes a call.
    pub async fn try_call<F: Function>(&mut self, call: F) -> Result<F::Return, ClientError> {
        timeout(PATIENCE, self.client.call(&call))
            .await
            .expect("an answer comes")
    }

    /// The next push.
    pub async fn next_updates(&mut self) -> enums::Updates {
        let next = timeout(PATIENCE, self.client.next_updates()).await;
        next.expect("a push comes").expect("the line holds")
    }

    /// Whether nothing is pushed for a while.
    pub async fn hears_nothing(&mut self) -> bool {
        timeout(Duration::from_secs(2), self.client.next_updates())
            .await
            .is_err()
    }

    /// Comes back over a new line, with the same key and a new session.
    pub async fn come_back(self, house: &House) -> Self {
        let key = AuthKey::from_bytes(*self.client.key().bytes());
        Person {
            client: resume(house.line(), key, house).await,
            ..self
        }
    }

    /// Hangs up, and keeps the key.
    pub fn hang_up(self) -> Away {
        Away {
            key: AuthKey::from_bytes(*self.client.key().bytes()),
            id: self.id,
            phone: self.phone,
        }
    }

    /// How this person names another to the server.
    pub fn peer(&self, house: &House, other: &Person) -> enums::InputPeer {
        let (me, them) = (
            heliograph_model::UserId(self.id),
            heliograph_model::UserId(other.id),
        );
        let access_hash = house.services.access.hash(me, them);
        types::InputPeerUser {
            user_id: other.id,
            access_hash,
        }
        .into()
    }
}

/// A person whom no line connects to the server.
pub struct Away {
    key: AuthKey,
    /// The account.
    pub id: i64,
    /// The number.
    pub phone: String,
}

impl Away {
    /// Comes back from this address, with the same key and a new session.
    pub async fn come_back_from(self, house: &House, at: SocketAddr) -> Person {
        Person {
            client: resume(house.line_from(at), self.key, house).await,
            id: self.id,
            phone: self.phone,
        }
    }
}

async fn resume(line: Line, key: AuthKey, house: &House) -> Client<Line> {
    let credentials = Credentials { key, salt: 0 };
    let client = Client::resume(line, credentials, house.client_clock()).await;
    client.expect("the line holds")
}

/// A client with a key, and nobody signed in.
pub async fn connect(house: &House) -> Client<Line> {
    connect_over(house.line(), house).await
}

async fn connect_over(line: Line, house: &House) -> Client<Line> {
    let client = Client::connect(line, &house.key, house.client_clock());
    let client = timeout(PATIENCE, client).await.expect("a key is made");
    client.expect("the server and the client agree")
}

/// Asks for a code; its request's name.
async fn ask_for_code(client: &mut Client<Line>, phone: &str) -> String {
    let send = functions::auth::SendCode {
        phone_number: phone.into(),
        api_id: 1,
        api_hash: "0".repeat(32),
        settings: types::CodeSettings::default().into(),
    };
    match client.call(&send).await.expect("a code is sent") {
        enums::auth::SentCode::SentCode(sent) => sent.phone_code_hash,
        enums::auth::SentCode::Success(_) => panic!("a sign-in without a code"),
    }
}

fn user_id(authorization: &enums::auth::Authorization) -> i64 {
    match authorization {
        enums::auth::Authorization::Authorization(found) => match &found.user {
            enums::User::User(user) => user.id,
            enums::User::Empty(user) => user.id,
        },
        enums::auth::Authorization::SignUpRequired(_) => panic!("a sign-up is asked for"),
    }
}
