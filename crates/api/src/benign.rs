//! Start-up calls of stock clients for features that are not here.
//!
//! Clients make these calls whether they need the answers or not, and some stop at an error. The
//! answer "nothing" is made from the client's own schema, so a line here is all that such a method
//! takes. When a feature comes, its lines move into a topic file.

use crate::error::text;
use crate::router::{Access, Benign, Router};

pub(crate) fn register(router: &mut Router) {
    router
        .benign(Access::Anyone, Benign::Nothing, BEFORE_SIGN_IN)
        .benign(Access::User, Benign::Nothing, SETTINGS)
        .benign(Access::User, Benign::Nothing, PEOPLE_AND_CHATS)
        .benign(Access::User, Benign::Nothing, STICKERS_AND_REACTIONS)
        .benign(Access::User, Benign::Nothing, STORIES_AND_PAYMENTS)
        .benign(
            Access::Anyone,
            Benign::Error(text::PASSWORD_RECOVERY_NA),
            &[
                "auth.checkRecoveryPassword",
                "auth.recoverPassword",
                "auth.requestPasswordRecovery",
            ],
        )
        .benign(
            Access::User,
            Benign::Error(text::STICKERSET_INVALID),
            &["messages.getStickerSet"],
        );
}

/// About the client itself.
const BEFORE_SIGN_IN: &[&str] = &[
    "help.getAppUpdate",
    "help.getDeepLinkInfo",
    "help.getPassportConfig",
    "help.getPeerColors",
    "help.getPeerProfileColors",
    "help.getPremiumPromo",
    "help.getTimezonesList",
    "help.saveAppLog",
];

/// How the client looks and behaves.
const SETTINGS: &[&str] = &[
    "account.getAccountTTL",
    "account.getAutoDownloadSettings",
    "account.getBusinessChatLinks",
    "account.getChannelDefaultEmojiStatuses",
    "account.getChatThemes",
    "account.getCollectibleEmojiStatuses",
    "account.getConnectedBots",
    "account.getContactSignUpNotification",
    "account.getContentSettings",
    "account.getDefaultBackgroundEmojis",
    "account.getDefaultEmojiStatuses",
    "account.getDefaultGroupPhotoEmojis",
    "account.getDefaultProfilePhotoEmojis",
    "account.getGlobalPrivacySettings",
    "account.getMultiWallPapers",
    "account.getPasskeys",
    "account.getReactionsNotifySettings",
    "account.getRecentEmojiStatuses",
    "account.getSavedMusicIds",
    "account.getSavedRingtones",
    "account.getThemes",
    "account.getWallPapers",
    "account.getWebBrowserSettings",
    "aicompose.getTones",
    "phone.getCallConfig",
];

/// People, chats and what stands beside them.
const PEOPLE_AND_CHATS: &[&str] = &[
    "bots.getPopularAppBots",
    "channels.getLeftChannels",
    "contacts.getBirthdays",
    "contacts.getSaved",
    "contacts.getSponsoredPeers",
    "contacts.getTopPeers",
    "help.getRecentMeUrls",
    "help.getUserInfo",
    "messages.getAttachMenuBots",
    "messages.getDefaultHistoryTTL",
    "messages.getQuickReplies",
    "messages.getSponsoredMessages",
    "messages.getSuggestedDialogFilters",
    "messages.getUnreadReactions",
    "messages.getWebPage",
    "users.getSavedMusic",
];

/// Stickers, emoji and reactions.
const STICKERS_AND_REACTIONS: &[&str] = &[
    "messages.getAllStickers",
    "messages.getArchivedStickers",
    "messages.getAvailableEffects",
    "messages.getAvailableReactions",
    "messages.getCustomEmojiDocuments",
    "messages.getDefaultTagReactions",
    "messages.getEmojiGroups",
    "messages.getEmojiKeywords",
    "messages.getEmojiKeywordsDifference",
    "messages.getEmojiKeywordsLanguages",
    "messages.getEmojiProfilePhotoGroups",
    "messages.getEmojiStatusGroups",
    "messages.getEmojiStickerGroups",
    "messages.getEmojiStickers",
    "messages.getFavedStickers",
    "messages.getFeaturedEmojiStickers",
    "messages.getFeaturedStickers",
    "messages.getMaskStickers",
    "messages.getMyStickers",
    "messages.getRecentReactions",
    "messages.getRecentStickers",
    "messages.getSavedGifs",
    "messages.getSavedReactionTags",
    "messages.getStickers",
    "messages.getTopReactions",
];

/// Stories, stars and gifts.
const STORIES_AND_PAYMENTS: &[&str] = &[
    "payments.getPremiumGiftCodeOptions",
    "payments.getSavedInfo",
    "payments.getSavedStarGifts",
    "payments.getStarGiftActiveAuctions",
    "payments.getStarGifts",
    "payments.getStarsStatus",
    "payments.getStarsTopupOptions",
    "stories.getAllStories",
    "stories.getChatsToSend",
    "stories.getPeerMaxIDs",
    "stories.getPinnedStories",
    "stories.getStoriesArchive",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use heliograph_tl_schema::{Kind, Schema};

    const SCHEMA: &str = include_str!("../../../schema/canonical.tl");

    #[test]
    fn every_name_is_a_method_whose_nothing_changes_nothing() {
        let schema = Schema::parse(SCHEMA).expect("the schema reads");
        let lists = [
            BEFORE_SIGN_IN,
            SETTINGS,
            PEOPLE_AND_CHATS,
            STICKERS_AND_REACTIONS,
            STORIES_AND_PAYMENTS,
        ];
        for name in lists.into_iter().flatten() {
            let method = schema.find(Kind::Function, name);
            let method = method.unwrap_or_else(|| panic!("{name} is not in the schema"));
            // The shortest container of updates makes a client fetch everything again.
            assert_ne!(method.result.to_string(), "Updates", "{name}");
        }
    }

    #[tokio::test]
    async fn they_are_answered_once_somebody_is_signed_in() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        let ada = world.person("Ada", "4930123456").await;
        let ask =
            |person: &crate::testing::Person, name| world.router.find_benign(&person.cx, name);
        assert_eq!(ask(&stranger, "help.getAppUpdate"), Some(Ok(())));
        let nobody = Err(text::AUTH_KEY_UNREGISTERED.into());
        assert_eq!(ask(&stranger, "contacts.getTopPeers"), Some(nobody));
        assert_eq!(ask(&ada, "contacts.getTopPeers"), Some(Ok(())));
        let no_set = Err(text::STICKERSET_INVALID.into());
        assert_eq!(ask(&ada, "messages.getStickerSet"), Some(no_set));
        assert_eq!(ask(&ada, "messages.sendMessage"), None);
    }
}
