//! What bots may not call (<https://core.telegram.org/api/bots>): the methods whose pages say that
//! only users can use them, of those that are served here.
//!
//! A bot in privacy mode is shown in groups what concerns it. A method that reads a chat's history
//! would show it the rest.

/// The methods, by name.
const METHODS: &[&str] = &[
    "channels.createChannel",
    "channels.getAdminedPublicChannels",
    "channels.getGroupsForDiscussion",
    "channels.getSendAs",
    "channels.inviteToChannel",
    "channels.joinChannel",
    "channels.checkSearchPostsFlood",
    "channels.searchPosts",
    "channels.updateUsername",
    "channels.setDiscussionGroup",
    "help.acceptTermsOfService",
    "help.getTermsOfServiceUpdate",
    "messages.acceptEncryption",
    "messages.checkChatInvite",
    "messages.clearAllDrafts",
    "messages.deleteHistory",
    "messages.discardEncryption",
    "messages.getAllDrafts",
    "messages.getBotCallbackAnswer",
    "messages.getCommonChats",
    "messages.getDhConfig",
    "messages.getDialogUnreadMarks",
    "messages.getDialogs",
    "messages.getDiscussionMessage",
    "messages.getHistory",
    "messages.getMessagesViews",
    "messages.getPeerDialogs",
    "messages.getPinnedDialogs",
    "messages.getReplies",
    "messages.getSavedDialogs",
    "messages.getSavedHistory",
    "messages.getSearchCounters",
    "messages.getUnreadMentions",
    "messages.importChatInvite",
    "messages.markDialogUnread",
    "messages.readDiscussion",
    "messages.readEncryptedHistory",
    "messages.readMentions",
    "messages.receivedQueue",
    "messages.reorderPinnedDialogs",
    "messages.reportEncryptedSpam",
    "messages.requestEncryption",
    "messages.saveDraft",
    "messages.search",
    "messages.searchGlobal",
    "messages.sendEncrypted",
    "messages.sendEncryptedFile",
    "messages.sendEncryptedService",
    "messages.setEncryptedTyping",
    "messages.startBot",
    "messages.toggleDialogPin",
    "messages.uploadEncryptedFile",
];

/// Namespaces of which bots may call only [`OPEN`].
const NAMESPACES: &[&str] = &["account.", "contacts."];

/// What bots may call in those.
const OPEN: &[&str] = &["contacts.resolveUsername", "account.updateStatus"];

/// Whether a method is for people alone.
pub(crate) fn is_for_people(method: &str) -> bool {
    let closed = NAMESPACES
        .iter()
        .any(|namespace| method.starts_with(namespace));
    METHODS.contains(&method) || (closed && !OPEN.contains(&method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_names_a_method_that_is_served() {
        let table = crate::router().describe();
        for method in METHODS.iter().chain(OPEN) {
            let served = table
                .lines()
                .any(|line| line.split(' ').next() == Some(method));
            assert!(served, "{method} is not served");
        }
        assert!(is_for_people("contacts.getContacts"));
        assert!(!is_for_people("messages.sendMessage"));
    }
}
