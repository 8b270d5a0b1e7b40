//! Temporary keys: bound to a permanent one, they act for it.

use heliograph_mtproto::binding::Binding;
use heliograph_mtproto::client::{Incoming, Options, seal_binding};
use heliograph_mtproto::{AuthKey, MsgId};
use heliograph_server::client::{Client, ClientError, read_answer};
use heliograph_server::gateway::SystemEntropy;
use heliograph_testkit::{House, Line, Person};
use heliograph_tl::{Encode, enums, functions};

/// How long the temporary key is to live, in seconds.
const LIFE_S: i32 = 3600;

async fn temporary(house: &House) -> Client<Line> {
    let options = Options {
        expires_in_s: Some(LIFE_S),
        ..Options::default()
    };
    let client =
        Client::connect_with(options, house.line(), &house.key, house.client_clock()).await;
    client.expect("a temporary key is made")
}

/// Binds the client's key to `permanent`; `forge` changes what is proven.
async fn bind(
    house: &House,
    client: &mut Client<Line>,
    permanent: &AuthKey,
    forge: impl FnOnce(&mut Binding),
) -> Result<bool, ClientError> {
    let now = (house.client_clock())();
    let expires_at = now.seconds() as i32 + LIFE_S - 60;
    let (msg_id, seqno) = client.session().number(now, true);
    let mut binding = Binding {
        nonce: 77,
        temp_auth_key_id: client.key().id(),
        perm_auth_key_id: permanent.id(),
        temp_session_id: client.session().id(),
        expires_at_s: expires_at,
    };
    forge(&mut binding);
    let call = functions::auth::BindTempAuthKey {
        perm_auth_key_id: permanent.id(),
        nonce: 77,
        expires_at,
        encrypted_message: seal_binding(permanent, &binding, msg_id, &mut SystemEntropy),
    };
    let body = call.to_bytes();
    let packet = client
        .session()
        .seal(msg_id, seqno, &body, &mut SystemEntropy);
    client.write(&packet).await?;
    answer_to(client, msg_id).await
}

async fn answer_to(client: &mut Client<Line>, call: MsgId) -> Result<bool, ClientError> {
    loop {
        for incoming in client.receive().await? {
            match incoming {
                Incoming::Answer { call: id, body } if id == call => return read_answer(&body),
                _ => {}
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bound_key_acts_for_its_person() {
    let house = House::new().await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut client = temporary(&house).await;
    let bound = bind(&house, &mut client, ada.client.key(), |_| {}).await;
    assert!(bound.expect("the proof is right"));
    let call = functions::users::GetUsers {
        id: vec![enums::InputUser::Self_],
    };
    let users = client.call(&call).await.expect("Ada is signed in");
    let [enums::User::User(me)] = users.as_slice() else {
        panic!("one person");
    };
    assert_eq!(me.id, ada.id);
}

#[tokio::test(start_paused = true)]
async fn an_unbound_key_is_told_so() {
    let house = House::new().await;
    let mut client = temporary(&house).await;
    let refused = client.call(&functions::help::GetConfig {}).await;
    let Err(ClientError::Rpc { code: 401, message }) = refused else {
        panic!("a temporary key must be bound first");
    };
    assert_eq!(message, "AUTH_KEY_PERM_EMPTY");
}

#[tokio::test(start_paused = true)]
async fn a_proof_of_something_else_is_refused() {
    let house = House::new().await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let forgeries: [fn(&mut Binding); 5] = [
        |binding| binding.nonce += 1,
        |binding| binding.temp_auth_key_id += 1,
        |binding| binding.perm_auth_key_id += 1,
        |binding| binding.temp_session_id += 1,
        |binding| binding.expires_at_s += 1,
    ];
    for forge in forgeries {
        let mut client = temporary(&house).await;
        let refused = bind(&house, &mut client, ada.client.key(), forge).await;
        let Err(ClientError::Rpc { message, .. }) = refused else {
            panic!("a forged proof must not bind");
        };
        assert_eq!(message, "ENCRYPTED_MESSAGE_INVALID");
    }
}

#[tokio::test(start_paused = true)]
async fn a_temporary_key_ends_when_it_said() {
    let house = House::new().await;
    let ada = Person::sign_up(&house, "Ada", "99966000001").await;
    let mut client = temporary(&house).await;
    let bound = bind(&house, &mut client, ada.client.key(), |_| {}).await;
    assert!(bound.expect("the proof is right"));
    house.clock.turn(i64::from(LIFE_S) + 1);
    let gone = client.call(&functions::help::GetConfig {}).await;
    assert!(matches!(gone, Err(ClientError::Transport(-404))));
}
