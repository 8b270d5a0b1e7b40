//! Asking for a secret chat, and accepting it.

use super::{
    CHATS_MAX, CHATS_WITH_ONE_MAX, KEPT_S, OF_ACCOUNT, OF_DEVICE, Place, REQUESTS_MAX, SecretChat,
    SecretChatError, Stand, State, find, forget, has_room, place, places, send, tell,
};
use crate::{accounts, contacts};
use heliograph_model::{
    AuthKeyId, GroupElement, Owner, PersonKind, SecretChatId, SecretNews, UserId,
};
use heliograph_store::{Command, Locks, Tx, enqueue};

/// The kind of job that ends a request which nobody has answered.
pub(crate) const END_REQUEST: &str = "end_secret_request";

/// Asks somebody for a secret chat.
#[derive(Clone)]
pub struct RequestChat {
    /// The number that the asking device chose: random.
    pub id: SecretChatId,
    /// Who asks.
    pub admin: UserId,
    /// With which device.
    pub key: AuthKeyId,
    /// Who is asked.
    pub participant: UserId,
    /// The asking device's public value.
    pub g_a: GroupElement,
}

impl Command for RequestChat {
    type Output = SecretChat;
    type Error = SecretChatError;
    const NAME: &'static str = "request_secret_chat";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.id), self.participant.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<SecretChat, SecretChatError> {
        let id = self.id;
        if let Some(known) = find(tx, id).await? {
            return if self.is_repeated_by(&known) {
                Ok(known)
            } else {
                Err(SecretChatError::Occupied)
            };
        }
        // The device's own number of a chat that is over, before it was told so.
        let device = Owner::from(self.key);
        if place(tx, device, OF_DEVICE, id).await?.is_some() {
            return Err(SecretChatError::Occupied);
        }
        self.check_person(tx).await?;
        let account = Owner::from(self.participant);
        if self.chats_with_person(tx).await? >= CHATS_WITH_ONE_MAX
            || !has_room(tx, device, OF_DEVICE, CHATS_MAX).await?
            || !has_room(tx, account, OF_ACCOUNT, REQUESTS_MAX).await?
        {
            return Err(SecretChatError::TooMany);
        }
        let now = tx.now();
        let chat = SecretChat {
            admin: self.admin,
            admin_key: self.key,
            participant: self.participant,
            date: now.seconds(),
            state: State::Asked { g_a: self.g_a },
            seen: [send::Window::default(); 2],
        };
        tx.put(id.into(), &(), &chat)?;
        tx.put(device, &(OF_DEVICE, id), &Place::KNOWN)?;
        let shown = Place {
            changed: now.seconds(),
            ..Place::KNOWN
        };
        tx.put(account, &(OF_ACCOUNT, id), &shown)?;
        tx.note_secret(self.participant, SecretNews::Request(id, None));
        let payload = minicbor::to_vec(id).expect("encoding to memory does not fail");
        enqueue(tx, now.plus_seconds(KEPT_S), END_REQUEST, payload).await?;
        Ok(chat)
    }
}

impl RequestChat {
    /// Whether a chat is what this very request has led to before, when its answer was lost.
    fn is_repeated_by(&self, known: &SecretChat) -> bool {
        let same_sides = (known.admin, known.admin_key, known.participant)
            == (self.admin, self.key, self.participant);
        match &known.state {
            State::Asked { g_a } => same_sides && *g_a == self.g_a,
            State::Open { .. } => false,
        }
    }

    /// How many chats the asking device has with the person already.
    async fn chats_with_person(&self, tx: &mut Tx<'_>) -> Result<usize, SecretChatError> {
        let mut count = 0;
        for (id, _) in places(tx, self.key.into(), OF_DEVICE, usize::MAX).await? {
            let chat = find(tx, id).await?;
            let with =
                |chat: SecretChat| [chat.admin, chat.participant].contains(&self.participant);
            count += usize::from(chat.is_some_and(with));
        }
        Ok(count)
    }

    async fn check_person(&self, tx: &mut Tx<'_>) -> Result<(), SecretChatError> {
        let account = accounts::find(tx, self.participant).await?;
        let person = account.ok_or(SecretChatError::UnknownPerson)?.person;
        if person.kind != PersonKind::Human || self.participant == self.admin {
            return Err(SecretChatError::UnknownPerson);
        }
        if person.deleted {
            return Err(SecretChatError::Deleted);
        }
        if contacts::is_blocked(tx, self.participant, self.admin).await? {
            return Err(SecretChatError::Blocked);
        }
        if contacts::is_blocked(tx, self.admin, self.participant).await? {
            return Err(SecretChatError::BlockedByMe);
        }
        Ok(())
    }
}

/// Accepts a request. From then on the chat is this device's; the account's others see it ended.
#[derive(Clone)]
pub struct AcceptChat {
    /// Which chat.
    pub id: SecretChatId,
    /// Who accepts.
    pub user: UserId,
    /// With which device.
    pub key: AuthKeyId,
    /// The accepting device's public value.
    pub g_b: GroupElement,
    /// 64 bits of the hash of the key that it has computed.
    pub key_fingerprint: i64,
}

impl Command for AcceptChat {
    /// The chat, and the other device's public value; none where this device had accepted before.
    type Output = (SecretChat, Option<GroupElement>);
    type Error = SecretChatError;
    const NAME: &'static str = "accept_secret_chat";

    fn locks(&self) -> Locks {
        Locks::of([Owner::from(self.id), self.user.into()])
    }

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, SecretChatError> {
        let id = self.id;
        let account = Owner::from(self.user);
        let Some(mut chat) = find(tx, id).await? else {
            let over = place(tx, account, OF_ACCOUNT, id).await?.is_some()
                || place(tx, self.key.into(), OF_DEVICE, id).await?.is_some();
            return Err(if over {
                SecretChatError::Declined
            } else {
                SecretChatError::Unknown
            });
        };
        if chat.participant != self.user {
            return Err(SecretChatError::Unknown);
        }
        let g_a = match &chat.state {
            State::Asked { g_a } => g_a.clone(),
            State::Open {
                key,
                key_fingerprint,
                ..
            } if (*key, *key_fingerprint) == (self.key, self.key_fingerprint) => {
                return Ok((chat, None));
            }
            State::Open { .. } => return Err(SecretChatError::AlreadyAccepted),
        };
        if !has_room(tx, self.key.into(), OF_DEVICE, CHATS_MAX).await? {
            return Err(SecretChatError::TooMany);
        }
        chat.state = State::Open {
            key: self.key,
            key_fingerprint: self.key_fingerprint,
            g_b: Some(self.g_b),
        };
        tx.put(id.into(), &(), &chat)?;
        tx.put(self.key.into(), &(OF_DEVICE, id), &Place::KNOWN)?;
        tell(tx, chat.admin, chat.admin_key, id, Stand::Here)?;
        let taken = Place {
            changed: tx.now().seconds(),
            stand: Stand::Taken(self.key),
            read: None,
        };
        tx.put(account, &(OF_ACCOUNT, id), &taken)?;
        forget::place_later(tx, account, OF_ACCOUNT, id).await?;
        tx.note_secret(self.user, SecretNews::Request(id, Some(self.key)));
        Ok((chat, Some(g_a)))
    }
}
