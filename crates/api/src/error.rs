//! Errors as clients know them. Words for the wire appear here and nowhere else.

use crate::references::ReferenceError;
use heliograph_domain::accounts::SignUpError;
use heliograph_domain::authorizations::AuthorizationError;
use heliograph_domain::bots::BotError;
use heliograph_domain::channels::ChannelError;
use heliograph_domain::codes::CodeError;
use heliograph_domain::contacts::ContactError;
use heliograph_domain::deletion::DeletionError;
use heliograph_domain::dialogs::DialogError;
use heliograph_domain::files::{BlobError, FaceError, UploadError};
use heliograph_domain::login_tokens::TokenError;
use heliograph_domain::messages::MessageError;
use heliograph_domain::number::NumberError;
use heliograph_domain::passwords::PasswordError;
use heliograph_domain::profile::ProfileError;
use heliograph_domain::secret_chats::SecretChatError;
use heliograph_keeper::{KeeperError, TagError};
use heliograph_model::{BannedRights, NameError, PhoneError, UsernameError};
use heliograph_pictures::PictureError;
use heliograph_store::StoreError;
use std::borrow::Cow;

/// The error texts of `schema/errors.toml`.
pub mod text {
    /// A code and its words; words that end with `_` are followed by a number.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Text {
        /// The code, as HTTP counts them.
        pub code: i32,
        /// The words.
        pub words: &'static str,
    }

    include!(concat!(env!("OUT_DIR"), "/text.rs"));
}

use text::Text;

/// What a handler answers with.
pub type Result<T, E = RpcError> = std::result::Result<T, E>;

/// `rpc_error#2144ca19 error_code:int error_message:string`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// The code, as HTTP counts them.
    pub code: i32,
    /// The text, in capitals.
    pub message: Cow<'static, str>,
}

impl From<Text> for RpcError {
    fn from(text: Text) -> Self {
        RpcError {
            code: text.code,
            message: Cow::Borrowed(text.words),
        }
    }
}

impl RpcError {
    /// `FLOOD_WAIT_n`: too many of these; wait `seconds`.
    pub fn flood_wait(seconds: u32) -> Self {
        Self::with_number(text::FLOOD_WAIT_X, seconds)
    }

    /// A text that ends with a number.
    pub fn with_number(text: Text, number: u32) -> Self {
        RpcError {
            code: text.code,
            message: Cow::Owned(format!("{}{number}", text.words)),
        }
    }

    /// `FILE_PART_n_MISSING`: the client sends that part again.
    pub fn part_missing(part: u32) -> Self {
        RpcError {
            code: text::FILE_PART_X_MISSING.code,
            message: Cow::Owned(
                text::FILE_PART_X_MISSING
                    .words
                    .replace('X', &part.to_string()),
            ),
        }
    }

    /// Anything unforeseen: a bare 500 outside, one log line with the cause inside.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        let mut causes = String::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = %error, causes, "a request failed");
        text::INTERNAL.into()
    }
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<MessageError> for RpcError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::UnknownPeer => text::PEER_ID_INVALID.into(),
            MessageError::Blocked => text::USER_IS_BLOCKED.into(),
            MessageError::BlockedByMe => text::YOU_BLOCKED_USER.into(),
            MessageError::UnknownMessage => text::MESSAGE_ID_INVALID.into(),
            MessageError::NotAuthor => text::MESSAGE_AUTHOR_REQUIRED.into(),
            MessageError::TooOld => text::MESSAGE_EDIT_TIME_EXPIRED.into(),
            MessageError::NotModified => text::MESSAGE_NOT_MODIFIED.into(),
            MessageError::Empty => text::MESSAGE_EMPTY.into(),
            MessageError::ForwardsRestricted => text::CHAT_FORWARDS_RESTRICTED.into(),
            MessageError::Channel(error) => error.into(),
            MessageError::Store(error) => error.into(),
        }
    }
}

/// How long a client is asked to wait whose message finds the other device's queue full, or that has as
/// many secret chats as it may, in seconds. Clients send it again by themselves.
const SECRET_WAIT_S: u32 = 600;

impl From<SecretChatError> for RpcError {
    fn from(error: SecretChatError) -> Self {
        match error {
            SecretChatError::UnknownPerson => text::USER_ID_INVALID.into(),
            SecretChatError::Deleted => text::INPUT_USER_DEACTIVATED.into(),
            // The methods of secret chats give it another code than all others do.
            SecretChatError::Blocked => RpcError {
                code: 403,
                ..text::USER_IS_BLOCKED.into()
            },
            SecretChatError::BlockedByMe => text::YOU_BLOCKED_USER.into(),
            SecretChatError::Occupied => text::RANDOM_ID_DUPLICATE.into(),
            SecretChatError::Unknown => text::CHAT_ID_INVALID.into(),
            SecretChatError::Declined => text::ENCRYPTION_DECLINED.into(),
            SecretChatError::AlreadyAccepted => text::ENCRYPTION_ALREADY_ACCEPTED.into(),
            SecretChatError::TooMany | SecretChatError::Full => Self::flood_wait(SECRET_WAIT_S),
            SecretChatError::UnknownFile => text::FILE_EMTPY.into(),
            SecretChatError::UnknownPlace => text::MAX_QTS_INVALID.into(),
            SecretChatError::Store(error) => error.into(),
        }
    }
}

impl From<ChannelError> for RpcError {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Unknown | ChannelError::WrongKind => text::CHANNEL_INVALID.into(),
            ChannelError::Private => text::CHANNEL_PRIVATE.into(),
            ChannelError::AdminRequired => text::CHAT_ADMIN_REQUIRED.into(),
            ChannelError::RightForbidden => text::RIGHT_FORBIDDEN.into(),
            ChannelError::NotMember => text::USER_NOT_PARTICIPANT.into(),
            ChannelError::UnknownPerson => text::USER_ID_INVALID.into(),
            ChannelError::Creator => text::USER_CREATOR.into(),
            ChannelError::OthersAdmin => text::USER_ADMIN_INVALID.into(),
            ChannelError::Kicked => text::USER_KICKED.into(),
            ChannelError::AlreadyMember => text::USER_ALREADY_PARTICIPANT.into(),
            ChannelError::Unwilling => text::USER_PRIVACY_RESTRICTED.into(),
            ChannelError::WriteForbidden => text::CHAT_WRITE_FORBIDDEN.into(),
            ChannelError::Banned => text::USER_BANNED_IN_CHANNEL.into(),
            ChannelError::Empty => text::MESSAGE_EMPTY.into(),
            ChannelError::KindForbidden(kinds) => kind_forbidden(kinds).into(),
            ChannelError::SlowMode(wait_s) => Self::with_number(text::SLOWMODE_WAIT_X, wait_s),
            ChannelError::UsernameOccupied => text::USERNAME_OCCUPIED.into(),
            ChannelError::NotModified => text::CHAT_NOT_MODIFIED.into(),
            ChannelError::TooMany => text::CHANNELS_TOO_MUCH.into(),
            ChannelError::Full => text::USERS_TOO_MUCH.into(),
            ChannelError::TooManyAdmins => text::ADMINS_TOO_MUCH.into(),
            ChannelError::LinkExpired => text::INVITE_HASH_EXPIRED.into(),
            ChannelError::RequestSent => text::INVITE_REQUEST_SENT.into(),
            ChannelError::NoRequest => text::HIDE_REQUESTER_MISSING.into(),
            ChannelError::UnknownMessage => text::MESSAGE_ID_INVALID.into(),
            ChannelError::NotAuthor => text::MESSAGE_AUTHOR_REQUIRED.into(),
            ChannelError::TooOld => text::MESSAGE_EDIT_TIME_EXPIRED.into(),
            ChannelError::Store(error) => error.into(),
        }
    }
}

/// What is told of a kind of message that members may not send.
fn kind_forbidden(kinds: BannedRights) -> Text {
    let words = [
        (BannedRights::SEND_PLAIN, text::CHAT_SEND_PLAIN_FORBIDDEN),
        (BannedRights::SEND_PHOTOS, text::CHAT_SEND_PHOTOS_FORBIDDEN),
        (BannedRights::SEND_VIDEOS, text::CHAT_SEND_VIDEOS_FORBIDDEN),
        (BannedRights::SEND_GIFS, text::CHAT_SEND_GIFS_FORBIDDEN),
        (BannedRights::SEND_AUDIOS, text::CHAT_SEND_AUDIOS_FORBIDDEN),
        (BannedRights::SEND_VOICES, text::CHAT_SEND_VOICES_FORBIDDEN),
        (
            BannedRights::SEND_ROUND_VIDEOS,
            text::CHAT_SEND_ROUNDVIDEOS_FORBIDDEN,
        ),
        (
            BannedRights::SEND_STICKERS,
            text::CHAT_SEND_STICKERS_FORBIDDEN,
        ),
        (BannedRights::SEND_DOCS, text::CHAT_SEND_DOCS_FORBIDDEN),
    ];
    let known = words.into_iter().find(|(right, _)| kinds.any(*right));
    known.map_or(text::CHAT_SEND_MEDIA_FORBIDDEN, |(_, text)| text)
}

impl From<UploadError> for RpcError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Empty => text::FILE_PART_EMPTY.into(),
            UploadError::Number => text::FILE_PART_INVALID.into(),
            UploadError::Count => text::FILE_PARTS_INVALID.into(),
            UploadError::Size => text::FILE_PART_SIZE_INVALID.into(),
            UploadError::SizeChanged => text::FILE_PART_SIZE_CHANGED.into(),
            UploadError::TooBig => text::FILE_PART_TOO_BIG.into(),
            UploadError::Missing(part) => Self::part_missing(part),
            UploadError::Full(wait_s) => Self::flood_wait(wait_s),
            UploadError::Blob(error) => error.into(),
        }
    }
}

impl From<PasswordError> for RpcError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Missing => text::PASSWORD_EMPTY.into(),
            PasswordError::Needed | PasswordError::Wrong => text::PASSWORD_HASH_INVALID.into(),
            PasswordError::UnknownChallenge => text::SRP_ID_INVALID.into(),
            PasswordError::Changed => text::SRP_PASSWORD_CHANGED.into(),
            PasswordError::PublicValue => text::SRP_A_INVALID.into(),
            PasswordError::Flood(wait_s) => Self::flood_wait(wait_s),
            PasswordError::Declined(_) => text::TWO_FA_RECENT_CONFIRM.into(),
            PasswordError::NothingAsked => text::RESET_REQUEST_MISSING.into(),
            PasswordError::Sealed(error) => Self::internal(&error),
            PasswordError::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for RpcError {
    fn from(error: BlobError) -> Self {
        Self::internal(&error)
    }
}

impl From<PictureError> for RpcError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Unreadable => text::IMAGE_PROCESS_FAILED.into(),
            PictureError::Dimensions => text::PHOTO_INVALID_DIMENSIONS.into(),
        }
    }
}

impl From<FaceError> for RpcError {
    fn from(error: FaceError) -> Self {
        match error {
            FaceError::Unknown => text::USER_DEACTIVATED.into(),
            FaceError::Store(error) => error.into(),
        }
    }
}

impl From<ReferenceError> for RpcError {
    fn from(error: ReferenceError) -> Self {
        match error {
            ReferenceError::Empty => text::FILE_REFERENCE_EMPTY.into(),
            ReferenceError::Expired => text::FILE_REFERENCE_EXPIRED.into(),
            ReferenceError::Invalid => text::FILE_REFERENCE_INVALID.into(),
        }
    }
}

impl From<BotError> for RpcError {
    fn from(error: BotError) -> Self {
        match error {
            BotError::Unknown => text::BOT_INVALID.into(),
            BotError::TooMany => text::LIMIT_INVALID.into(),
            BotError::UsernameOccupied => text::USERNAME_OCCUPIED.into(),
            BotError::UsernameInvalid => text::USERNAME_INVALID.into(),
            BotError::Store(error) => error.into(),
        }
    }
}

impl From<DialogError> for RpcError {
    fn from(error: DialogError) -> Self {
        match error {
            DialogError::PinnedTooMuch => text::PINNED_DIALOGS_TOO_MUCH.into(),
            DialogError::UnknownDialog => text::PEER_ID_INVALID.into(),
            DialogError::Store(error) => error.into(),
        }
    }
}

impl From<ContactError> for RpcError {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::UnknownPerson => text::CONTACT_ID_INVALID.into(),
            ContactError::TooMany => text::LIMIT_INVALID.into(),
            ContactError::Store(error) => error.into(),
        }
    }
}

impl From<ProfileError> for RpcError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Unknown => text::USER_DEACTIVATED.into(),
            ProfileError::UsernameOccupied => text::USERNAME_OCCUPIED.into(),
            ProfileError::UsernameNotModified => text::USERNAME_NOT_MODIFIED.into(),
            ProfileError::Store(error) => error.into(),
        }
    }
}

impl From<NumberError> for RpcError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Unknown => text::USER_DEACTIVATED.into(),
            NumberError::Occupied => text::PHONE_NUMBER_OCCUPIED.into(),
            NumberError::Store(error) => error.into(),
        }
    }
}

impl From<DeletionError> for RpcError {
    fn from(error: DeletionError) -> Self {
        match error {
            DeletionError::Unknown => text::USER_DEACTIVATED.into(),
            DeletionError::PasswordNeeded => text::PASSWORD_HASH_INVALID.into(),
            DeletionError::Store(error) => error.into(),
        }
    }
}

impl From<SignUpError> for RpcError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Occupied => text::PHONE_NUMBER_OCCUPIED.into(),
            SignUpError::Closed => text::PHONE_NUMBER_APP_SIGNUP_FORBIDDEN.into(),
            SignUpError::NotInvited => text::PHONE_NUMBER_BANNED.into(),
            SignUpError::Store(error) => error.into(),
        }
    }
}

impl From<AuthorizationError> for RpcError {
    fn from(error: AuthorizationError) -> Self {
        match error {
            AuthorizationError::UnknownKey => text::AUTH_KEY_UNREGISTERED.into(),
            AuthorizationError::UnknownAccount => text::USER_DEACTIVATED.into(),
            AuthorizationError::PasswordNeeded => text::SESSION_PASSWORD_NEEDED.into(),
            AuthorizationError::Store(error) => error.into(),
        }
    }
}

impl From<TokenError> for RpcError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Unknown => text::AUTH_TOKEN_INVALID.into(),
            TokenError::Expired => text::AUTH_TOKEN_EXPIRED.into(),
            TokenError::Accepted => text::AUTH_TOKEN_ALREADY_ACCEPTED.into(),
            TokenError::Excepted => text::AUTH_TOKEN_EXCEPTION.into(),
            TokenError::Full => Self::flood_wait(60),
        }
    }
}

impl From<CodeError> for RpcError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Flood(seconds) => Self::flood_wait(seconds),
            CodeError::Expired | CodeError::OtherNumber => text::PHONE_CODE_EXPIRED.into(),
            CodeError::Invalid => text::PHONE_CODE_INVALID.into(),
        }
    }
}

impl From<TagError> for RpcError {
    fn from(error: TagError) -> Self {
        match error {
            TagError::NotE164 => text::PHONE_NUMBER_INVALID.into(),
            TagError::Keeper(KeeperError::Budget { wait_s }) => Self::flood_wait(wait_s),
            TagError::Keeper(error) => Self::internal(&error),
        }
    }
}

impl From<PhoneError> for RpcError {
    fn from(_: PhoneError) -> Self {
        text::PHONE_NUMBER_INVALID.into()
    }
}

impl From<UsernameError> for RpcError {
    fn from(_: UsernameError) -> Self {
        text::USERNAME_INVALID.into()
    }
}

/// Words for a message text that was refused.
pub(crate) fn message_text(error: NameError) -> RpcError {
    match error {
        NameError::Empty => text::MESSAGE_EMPTY.into(),
        NameError::TooLong => text::MESSAGE_TOO_LONG.into(),
    }
}
