//! Settings that only clients understand: kept as TL, by name.

use heliograph_domain::{contacts, settings};
use heliograph_model::{Peer, UserId};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::{NotifyPeer, PeerNotifySettings, PrivacyKey, PrivacyRule, Update};
use heliograph_tl::{Decode, types};

/// The name of the notification settings of one chat.
pub(crate) fn notify_name(peer: Peer) -> String {
    format!("notify.{}", peer.number())
}

/// The notification settings of one chat.
pub(crate) async fn notify_of(
    rows: &mut dyn Rows,
    me: UserId,
    peer: Peer,
) -> Result<PeerNotifySettings, StoreError> {
    notify_named(rows, me, &notify_name(peer)).await
}

/// The notification settings with this name: of one chat, or of a kind of chats.
pub(crate) async fn notify_named(
    rows: &mut dyn Rows,
    me: UserId,
    name: &str,
) -> Result<PeerNotifySettings, StoreError> {
    let stored = settings::find(rows, me, name).await?;
    let known = stored.and_then(|bytes| PeerNotifySettings::from_bytes(&bytes).ok());
    Ok(known.unwrap_or_else(|| types::PeerNotifySettings::default().into()))
}

/// The kinds of chats that have notification settings of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotifyKind {
    /// Private chats.
    Users = 0,
    /// Groups.
    Chats = 1,
    /// Channels.
    Broadcasts = 2,
}

impl NotifyKind {
    const ALL: [NotifyKind; 3] = [Self::Users, Self::Chats, Self::Broadcasts];

    /// The kind with this number in a stored notice.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The name of its settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "notify.users",
            Self::Chats => "notify.chats",
            Self::Broadcasts => "notify.broadcasts",
        }
    }

    /// The kind on the wire.
    pub(crate) fn peer(self) -> NotifyPeer {
        match self {
            Self::Users => NotifyPeer::NotifyUsers,
            Self::Chats => NotifyPeer::NotifyChats,
            Self::Broadcasts => NotifyPeer::NotifyBroadcasts,
        }
    }
}

/// The name of the setting that keeps the bar over the chat with `peer` away.
pub(crate) fn hidden_bar_name(peer: UserId) -> String {
    format!("hidden_bar.{}", peer.0)
}

/// The privacy settings that can be kept, by the number under which they are: append only.
pub(crate) const PRIVACY_KEYS: &[PrivacyKey] = &[
    PrivacyKey::StatusTimestamp,
    PrivacyKey::ChatInvite,
    PrivacyKey::PhoneCall,
    PrivacyKey::PhoneP2P,
    PrivacyKey::Forwards,
    PrivacyKey::ProfilePhoto,
    PrivacyKey::PhoneNumber,
    PrivacyKey::AddedByPhone,
    PrivacyKey::VoiceMessages,
    PrivacyKey::About,
    PrivacyKey::Birthday,
    PrivacyKey::StarGiftsAutoSave,
    PrivacyKey::NoPaidMessages,
    PrivacyKey::SavedMusic,
];

/// The name of a privacy setting.
pub(crate) fn privacy_name(key: u8) -> String {
    format!("privacy.{key}")
}

/// The rules of a privacy setting; everyone is allowed where nothing was set, except to see the
/// number, which nobody is shown.
pub(crate) async fn privacy_rules(
    rows: &mut dyn Rows,
    me: UserId,
    key: u8,
) -> Result<Vec<PrivacyRule>, StoreError> {
    let stored = settings::find(rows, me, &privacy_name(key)).await?;
    let known = stored.and_then(|bytes| Vec::<PrivacyRule>::from_bytes(&bytes).ok());
    Ok(known.unwrap_or_else(|| {
        let hidden = PRIVACY_KEYS.get(usize::from(key)) == Some(&PrivacyKey::PhoneNumber);
        vec![if hidden {
            PrivacyRule::PrivacyValueDisallowAll
        } else {
            PrivacyRule::PrivacyValueAllowAll
        }]
    }))
}

/// Whether the privacy setting `key` of `owner` lets `viewer` through.
pub(crate) async fn allows(
    rows: &mut dyn Rows,
    owner: UserId,
    key: &PrivacyKey,
    viewer: UserId,
) -> Result<bool, StoreError> {
    let rules = rules_of(rows, owner, key).await?;
    let contact = rules.iter().any(speaks_of_contacts)
        && contacts::find(rows, owner, viewer).await?.is_some();
    Ok(decide(&rules, viewer, contact))
}

/// The same, where it is known whether `viewer` is a contact of `owner`: one row is read, whatever
/// the rules are.
pub(crate) async fn allows_knowing(
    rows: &mut dyn Rows,
    owner: UserId,
    key: &PrivacyKey,
    viewer: UserId,
    contact: bool,
) -> Result<bool, StoreError> {
    let rules = rules_of(rows, owner, key).await?;
    Ok(decide(&rules, viewer, contact))
}

/// Whether the privacy setting `key` of `owner` lets everyone through, whoever they are.
pub(crate) async fn open_to_all(
    rows: &mut dyn Rows,
    owner: UserId,
    key: &PrivacyKey,
) -> Result<bool, StoreError> {
    let rules = rules_of(rows, owner, key).await?;
    Ok(rules == [PrivacyRule::PrivacyValueAllowAll])
}

/// Whether everybody may see a person's photo.
pub async fn shows_face_to_all(rows: &mut dyn Rows, owner: UserId) -> Result<bool, StoreError> {
    open_to_all(rows, owner, &PrivacyKey::ProfilePhoto).await
}

/// The rules of a setting; none, which allows nobody, for one that is not kept.
async fn rules_of(
    rows: &mut dyn Rows,
    owner: UserId,
    key: &PrivacyKey,
) -> Result<Vec<PrivacyRule>, StoreError> {
    match PRIVACY_KEYS.iter().position(|known| known == key) {
        Some(number) => privacy_rules(rows, owner, number as u8).await,
        None => Ok(Vec::new()),
    }
}

fn speaks_of_contacts(rule: &PrivacyRule) -> bool {
    matches!(
        rule,
        PrivacyRule::PrivacyValueAllowContacts | PrivacyRule::PrivacyValueDisallowContacts
    )
}

/// The first rule that speaks of the viewer decides; nobody is allowed whom no rule names.
fn decide(rules: &[PrivacyRule], viewer: UserId, contact: bool) -> bool {
    for rule in rules {
        let (speaks, allow) = match rule {
            PrivacyRule::PrivacyValueAllowAll => (true, true),
            PrivacyRule::PrivacyValueDisallowAll => (true, false),
            PrivacyRule::PrivacyValueAllowContacts => (contact, true),
            PrivacyRule::PrivacyValueDisallowContacts => (contact, false),
            PrivacyRule::PrivacyValueAllowUsers(named) => (named.users.contains(&viewer.0), true),
            PrivacyRule::PrivacyValueDisallowUsers(named) => {
                (named.users.contains(&viewer.0), false)
            }
            // Groups, close friends and the like are not served yet: such a rule names nobody.
            _ => (false, false),
        };
        if speaks {
            return allow;
        }
    }
    false
}

/// `updatePrivacy` as the setting stands now.
pub(crate) async fn privacy_update(
    rows: &mut dyn Rows,
    me: UserId,
    key: u8,
) -> Result<Option<Update>, StoreError> {
    let Some(name) = PRIVACY_KEYS.get(usize::from(key)) else {
        return Ok(None);
    };
    let rules = privacy_rules(rows, me, key).await?;
    Ok(Some(
        types::UpdatePrivacy {
            key: name.clone(),
            rules,
        }
        .into(),
    ))
}
