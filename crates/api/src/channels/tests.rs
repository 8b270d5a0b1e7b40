//! Channels as their members meet them.

use super::testing::Kind;
use crate::error::text;
use crate::messages::testing::{id_of, messages, text_of, two, updates};
use crate::testing::{Person, World};
use heliograph_model::ChannelId;
use heliograph_tl::enums::messages::{ChatFull, Dialogs};
use heliograph_tl::enums::updates::ChannelDifference;
use heliograph_tl::enums::{
    ChannelParticipant, ChannelParticipantsFilter, Chat, ChatInvite, Dialog, InputChannel,
    InputMessage, Message, MessageReplies, MessageReplyHeader, Peer, Update,
};
use heliograph_tl::{functions as f, types};

async fn history(world: &World, of: &Person, channel: ChannelId) -> Vec<(i32, String)> {
    let call = f::messages::GetHistory {
        peer: world.channel_peer(of, channel),
        limit: 100,
        ..Default::default()
    };
    let page = match world.call(of, call).await.expect("a page") {
        heliograph_tl::enums::messages::Messages::ChannelMessages(page) => page.messages,
        other => messages(other),
    };
    page.iter()
        .map(|message| (id_of(message), text_of(message)))
        .collect()
}

async fn full(world: &World, of: &Person, channel: ChannelId) -> types::ChannelFull {
    let channel = world.input_channel(of, channel);
    let full = world
        .call(of, f::channels::GetFullChannel { channel })
        .await;
    let ChatFull::ChatFull(full) = full.expect("it is readable");
    match full.full_chat {
        heliograph_tl::enums::ChatFull::ChannelFull(full) => full,
        heliograph_tl::enums::ChatFull::ChatFull(_) => panic!("a basic group"),
    }
}

async fn dialog(world: &World, of: &Person) -> Option<types::Dialog> {
    let all = f::messages::GetDialogs {
        limit: 100,
        ..Default::default()
    };
    let Dialogs::Dialogs(all) = world.call(of, all).await.expect("the list") else {
        panic!("it is short");
    };
    all.dialogs.into_iter().find_map(|dialog| match dialog {
        Dialog::Dialog(dialog) if matches!(dialog.peer, Peer::Channel(_)) => Some(dialog),
        _ => None,
    })
}

async fn difference(world: &World, of: &Person, channel: ChannelId, pts: i32) -> ChannelDifference {
    let call = f::updates::GetChannelDifference {
        channel: world.input_channel(of, channel),
        pts,
        limit: 100,
        ..Default::default()
    };
    world.call(of, call).await.expect("a difference")
}

#[tokio::test]
async fn a_channel_is_its_owners_from_the_first_moment() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, " The  News ", Kind::Broadcast).await;
    assert_eq!(
        history(&world, &ada, news).await,
        [(1, "messageActionChannelCreate".to_owned())]
    );
    let listed = dialog(&world, &ada).await.expect("it is in the list");
    assert_eq!((listed.top_message, listed.unread_count), (1, 0));
    assert_eq!(listed.pts, Some(2));
    let about = full(&world, &ada, news).await;
    assert_eq!(
        (about.participants_count, about.can_set_username),
        (Some(1), true)
    );

    assert!(dialog(&world, &ben).await.is_none());
    let channel = world.input_channel(&ben, news);
    let private = world
        .call(&ben, f::channels::GetFullChannel { channel })
        .await;
    assert_eq!(private, Err(text::CHANNEL_PRIVATE.into()));
    let channel: InputChannel = types::InputChannel {
        channel_id: news.0,
        access_hash: world.services.access.hash(ada.id, news),
    }
    .into();
    let guessed = world
        .call(&ben, f::channels::GetFullChannel { channel })
        .await;
    assert_eq!(guessed, Err(text::CHANNEL_INVALID.into()));
}

#[tokio::test]
async fn a_public_channel_is_found_joined_read_and_left() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    world.publish(&ada, news, "the_news").await;
    world.say_in(&ada, news, "first").await;
    let resolve = f::contacts::ResolveUsername {
        username: "The_News".into(),
        ..Default::default()
    };
    let heliograph_tl::enums::contacts::ResolvedPeer::ResolvedPeer(found) =
        world.call(&ben, resolve).await.expect("it is there");
    let [Chat::Channel(seen)] = found.chats.as_slice() else {
        panic!("{:?}", found.chats);
    };
    assert!(seen.left && !seen.creator);
    assert_eq!(
        history(&world, &ben, news).await.len(),
        2,
        "anyone may read"
    );

    let join = f::channels::JoinChannel {
        channel: world.input_channel(&ben, news),
    };
    world.call(&ben, join.clone()).await.expect("he is in");
    let again = world.call(&ben, join).await;
    assert_eq!(again, Err(text::USER_ALREADY_PARTICIPANT.into()));
    let listed = dialog(&world, &ben).await.expect("it is in his list");
    assert_eq!(listed.unread_count, 0, "what was there counts as read");
    world.say_in(&ada, news, "second").await;
    let listed = dialog(&world, &ben).await.expect("it is in his list");
    assert_eq!((listed.unread_count, listed.top_message), (1, 3));
    let read = f::channels::ReadHistory {
        channel: world.input_channel(&ben, news),
        max_id: 3,
    };
    assert_eq!(world.call(&ben, read).await, Ok(true));
    let listed = dialog(&world, &ben).await.expect("it is in his list");
    assert_eq!((listed.unread_count, listed.read_inbox_max_id), (0, 3));

    let written = world.call(&ben, world.post(&ben, news, "spam")).await;
    assert_eq!(written, Err(text::CHAT_ADMIN_REQUIRED.into()));
    let leave = f::channels::LeaveChannel {
        channel: world.input_channel(&ben, news),
    };
    world.call(&ben, leave).await.expect("he is out");
    assert!(dialog(&world, &ben).await.is_none());
    assert_eq!(full(&world, &ada, news).await.participants_count, Some(1));
    let leave = f::channels::LeaveChannel {
        channel: world.input_channel(&ada, news),
    };
    assert_eq!(
        world.call(&ada, leave).await,
        Err(text::USER_CREATOR.into())
    );
}

#[tokio::test]
async fn a_post_bears_the_channels_name_and_a_signature_where_it_is_wanted() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    world.add(&ada, news, &[&ben]).await;
    let plain = world.say_in(&ada, news, "unsigned").await;
    let sign = f::channels::ToggleSignatures {
        signatures_enabled: true,
        channel: world.input_channel(&ada, news),
        ..Default::default()
    };
    world.call(&ada, sign).await.expect("posts are signed");
    let signed = world.say_in(&ada, news, "signed").await;
    let call = f::channels::GetMessages {
        channel: world.input_channel(&ben, news),
        id: [plain, signed]
            .map(|id| InputMessage::ID(types::InputMessageID { id }))
            .to_vec(),
    };
    let page = world.call(&ben, call).await.expect("they are there");
    let heliograph_tl::enums::messages::Messages::ChannelMessages(page) = page else {
        panic!("not a channel's");
    };
    let posts: Vec<&types::Message> = page
        .messages
        .iter()
        .map(|message| match message {
            Message::Message(message) => message,
            other => panic!("{other:?}"),
        })
        .collect();
    for post in &posts {
        assert!(post.post && !post.out && post.from_id.is_none());
        assert_eq!(post.views, Some(1));
    }
    assert_eq!(posts[0].post_author, None);
    assert_eq!(posts[1].post_author.as_deref(), Some("Ada"));
    assert!(page.users.is_empty(), "the author is not shown");
}

#[tokio::test]
async fn what_was_missed_is_told_in_order_and_in_slices() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let since = dialog(&world, &ben)
        .await
        .and_then(|dialog| dialog.pts)
        .expect("a channel");
    let first = world.say_in(&ada, group, "one").await;
    let second = world.say_in(&ben, group, "two").await;
    let edit = f::messages::EditMessage {
        peer: world.channel_peer(&ada, group),
        id: first,
        message: Some("one, edited".into()),
        ..Default::default()
    };
    world.call(&ada, edit).await.expect("it is edited");
    let deletion = f::channels::DeleteMessages {
        channel: world.input_channel(&ben, group),
        id: vec![second],
    };
    world.call(&ben, deletion).await.expect("it is deleted");

    let ChannelDifference::ChannelDifference(told) = difference(&world, &ben, group, since).await
    else {
        panic!("something happened");
    };
    assert!(told.final_);
    assert_eq!(told.pts, since + 4);
    let texts: Vec<String> = told.new_messages.iter().map(text_of).collect();
    assert_eq!(texts, ["one, edited"]);
    assert!(matches!(
        told.other_updates.as_slice(),
        [Update::EditChannelMessage(_), Update::DeleteChannelMessages(gone)] if gone.messages == [second]
    ));
    let nothing = difference(&world, &ben, group, told.pts).await;
    assert!(matches!(nothing, ChannelDifference::Empty(empty) if empty.pts == told.pts));

    for number in 0..150 {
        world.pass(1);
        world.say_in(&ada, group, &number.to_string()).await;
    }
    let mut pts = told.pts;
    let mut seen = Vec::new();
    loop {
        let ChannelDifference::ChannelDifference(slice) =
            difference(&world, &ben, group, pts).await
        else {
            panic!("there is more");
        };
        seen.extend(slice.new_messages.iter().map(text_of));
        pts = slice.pts;
        if slice.final_ {
            break;
        }
    }
    let all: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    assert_eq!(seen, all);

    let from_the_future = difference(&world, &ben, group, pts + 1000).await;
    let ChannelDifference::TooLong(anew) = from_the_future else {
        panic!("the client is ahead");
    };
    assert_eq!(anew.messages.len(), 20);
}

#[tokio::test]
async fn slow_mode_holds_members_back_and_nobody_else() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let slow = |seconds| f::channels::ToggleSlowMode {
        channel: world.input_channel(&ada, group),
        seconds,
    };
    let odd = world.call(&ada, slow(7)).await;
    assert_eq!(odd, Err(text::SECONDS_INVALID.into()));
    world.call(&ada, slow(30)).await.expect("slow mode is on");
    world.say_in(&ben, group, "one").await;
    world.pass(10);
    let early = world.call(&ben, world.post(&ben, group, "two")).await;
    assert_eq!(early.expect_err("too early").message, "SLOWMODE_WAIT_20");
    world.say_in(&ada, group, "an admin may").await;
    world.say_in(&ada, group, "any time").await;
    world.pass(20);
    world.say_in(&ben, group, "two").await;
}

#[tokio::test]
async fn a_restriction_ends_by_itself_and_a_removal_by_a_hand() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let until_date = world.clock_s() + 3600;
    let mute = types::ChatBannedRights {
        send_messages: true,
        until_date,
        ..Default::default()
    };
    let mute = world.ban(&ada, group, &ben, mute);
    world.call(&ada, mute).await.expect("he is muted");
    let muted = world.call(&ben, world.post(&ben, group, "but")).await;
    assert_eq!(muted, Err(text::USER_BANNED_IN_CHANNEL.into()));
    world.pass(3600);
    world.say_in(&ben, group, "back").await;

    let out = types::ChatBannedRights {
        view_messages: true,
        ..Default::default()
    };
    let removal = world.ban(&ada, group, &ben, out);
    world.call(&ada, removal).await.expect("he is removed");
    assert!(dialog(&world, &ben).await.is_none());
    world.publish(&ada, group, "public_group").await;
    let join = f::channels::JoinChannel {
        channel: world.input_channel(&ben, group),
    };
    let shut = world.call(&ben, join.clone()).await;
    assert_eq!(shut, Err(text::CHANNEL_PRIVATE.into()));
    let peer = world.channel_peer(&ben, group);
    let read = f::messages::GetHistory {
        peer,
        ..Default::default()
    };
    assert_eq!(
        world.call(&ben, read).await,
        Err(text::CHANNEL_PRIVATE.into())
    );
    let pardon = world.ban(&ada, group, &ben, types::ChatBannedRights::default());
    world.call(&ada, pardon).await.expect("he may come back");
    world.call(&ben, join).await.expect("and does");
}

#[tokio::test]
async fn links_run_out_and_ask_and_are_counted() {
    let (world, ada, ben) = two().await;
    let cem = world.person("Cem", "4915112345603").await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    let export = |usage_limit, request_needed| f::messages::ExportChatInvite {
        peer: world.channel_peer(&ada, group),
        usage_limit,
        request_needed,
        ..Default::default()
    };
    let link = async |call| match world.call(&ada, call).await.expect("a link") {
        heliograph_tl::enums::ExportedChatInvite::ChatInviteExported(link) => link,
        heliograph_tl::enums::ExportedChatInvite::ChatInvitePublicJoinRequests => {
            panic!("not a link")
        }
    };
    let once = link(export(Some(1), false)).await;
    let hash = once.link.rsplit('+').next().expect("a hash").to_owned();
    let check = f::messages::CheckChatInvite { hash: hash.clone() };
    let shown = world.call(&ben, check.clone()).await.expect("it holds");
    assert!(matches!(shown, ChatInvite::ChatInvite(invite) if invite.title == "Group"));
    let import = f::messages::ImportChatInvite { hash };
    world.call(&ben, import.clone()).await.expect("he is in");
    let second = world.call(&cem, import).await;
    assert_eq!(second, Err(text::INVITE_HASH_EXPIRED.into()));
    let unknown = f::messages::CheckChatInvite {
        hash: "AAAAAAAAAAAAAAAA".into(),
    };
    let unknown = world.call(&cem, unknown).await;
    assert_eq!(unknown, world.call(&cem, check).await, "both look alike");

    let asking = link(export(None, true)).await;
    let hash = asking.link.rsplit('+').next().expect("a hash").to_owned();
    let import = f::messages::ImportChatInvite { hash };
    let asked = world.call(&cem, import).await;
    assert_eq!(asked, Err(text::INVITE_REQUEST_SENT.into()));
    assert_eq!(full(&world, &ada, group).await.requests_pending, Some(1));
    let decide = f::messages::HideChatJoinRequest {
        approved: true,
        peer: world.channel_peer(&ada, group),
        user_id: world.input_user(&ada, &cem),
    };
    world.call(&ada, decide).await.expect("he may come in");
    assert!(dialog(&world, &cem).await.is_some());
    assert_eq!(full(&world, &ada, group).await.participants_count, Some(3));
}

#[tokio::test]
async fn a_post_is_discussed_in_the_group_that_goes_with_it() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    let group = world.channel(&ada, "Talk", Kind::Group).await;
    world.publish(&ada, news, "the_news").await;
    let join = f::channels::SetDiscussionGroup {
        broadcast: world.input_channel(&ada, news),
        group: world.input_channel(&ada, group),
    };
    world.call(&ada, join).await.expect("they are joined");
    let post = world.say_in(&ada, news, "what do you think?").await;
    world.run_jobs().await;

    let ask = f::messages::GetDiscussionMessage {
        peer: world.channel_peer(&ben, news),
        msg_id: post,
    };
    let heliograph_tl::enums::messages::DiscussionMessage::DiscussionMessage(found) = world
        .call(&ben, ask)
        .await
        .expect("anyone may read comments");
    let Some(Message::Message(copy)) = found.messages.first() else {
        panic!("{:?}", found.messages);
    };
    assert!(matches!(&copy.from_id, Some(Peer::Channel(from)) if from.channel_id == news.0));
    let mut comment = world.post(&ben, group, "nothing much");
    comment.reply_to = Some(
        types::InputReplyToMessage {
            reply_to_msg_id: copy.id,
            ..Default::default()
        }
        .into(),
    );
    world
        .call(&ben, comment)
        .await
        .expect("no need to be a member");

    let replies = f::messages::GetReplies {
        peer: world.channel_peer(&ben, news),
        msg_id: post,
        limit: 10,
        ..Default::default()
    };
    let heliograph_tl::enums::messages::Messages::ChannelMessages(page) =
        world.call(&ben, replies).await.expect("a page")
    else {
        panic!("not a channel's");
    };
    let texts: Vec<String> = page.messages.iter().map(text_of).collect();
    assert_eq!(texts, ["nothing much"]);
    let Some(Message::Message(message)) = page.messages.first() else {
        panic!("no message");
    };
    let Some(MessageReplyHeader::MessageReplyHeader(header)) = &message.reply_to else {
        panic!("no reply");
    };
    assert_eq!(header.reply_to_msg_id, Some(copy.id));

    let views = f::messages::GetMessagesViews {
        peer: world.channel_peer(&ben, news),
        id: vec![post],
        increment: true,
    };
    for _ in 0..2 {
        let heliograph_tl::enums::messages::MessageViews::MessageViews(counted) =
            world.call(&ben, views.clone()).await.expect("counts");
        let heliograph_tl::enums::MessageViews::MessageViews(counted) = &counted.views[0];
        assert_eq!(counted.views, Some(1), "one person has seen it");
        let Some(MessageReplies::MessageReplies(replies)) = &counted.replies else {
            panic!("it has comments");
        };
        assert_eq!((replies.replies, replies.channel_id), (1, Some(group.0)));
    }
}

#[tokio::test]
async fn who_is_mentioned_or_answered_is_told_until_they_look() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let name = f::account::UpdateUsername {
        username: "ben_the_second".into(),
    };
    world.call(&ben, name).await.expect("it is free");
    let said = world.say_in(&ben, group, "hello").await;
    let mention = world.say_in(&ada, group, "see, @ben_the_second").await;
    let mut answer = world.post(&ada, group, "indeed");
    answer.reply_to = Some(
        types::InputReplyToMessage {
            reply_to_msg_id: said,
            ..Default::default()
        }
        .into(),
    );
    world.call(&ada, answer).await.expect("it is sent");
    let listed = dialog(&world, &ben).await.expect("the group");
    assert_eq!(listed.unread_mentions_count, 2);
    let unread = f::messages::GetUnreadMentions {
        peer: world.channel_peer(&ben, group),
        limit: 10,
        ..Default::default()
    };
    let heliograph_tl::enums::messages::Messages::ChannelMessages(page) =
        world.call(&ben, unread).await.expect("a page")
    else {
        panic!("not a channel's");
    };
    let ids: Vec<i32> = page.messages.iter().map(id_of).collect();
    assert_eq!(ids, [mention + 1, mention]);
    assert!(
        page.messages
            .iter()
            .all(|m| matches!(m, Message::Message(m) if m.mentioned))
    );
    let open = f::channels::ReadMessageContents {
        channel: world.input_channel(&ben, group),
        id: vec![mention],
    };
    world.call(&ben, open).await.expect("it is opened");
    let listed = dialog(&world, &ben).await.expect("the group");
    assert_eq!(listed.unread_mentions_count, 1);
}

#[tokio::test]
async fn an_author_learns_how_far_others_have_read() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let said = world.say_in(&ada, group, "hello").await;
    let own = f::channels::ReadHistory {
        channel: world.input_channel(&ada, group),
        max_id: said,
    };
    world.call(&ada, own).await.expect("she reads her own");
    let listed = dialog(&world, &ada).await.expect("the group");
    assert!(listed.read_outbox_max_id < said, "nobody else has read it");
    let read = f::channels::ReadHistory {
        channel: world.input_channel(&ben, group),
        max_id: said,
    };
    world.call(&ben, read).await.expect("he reads it");
    let listed = dialog(&world, &ada).await.expect("the group");
    assert_eq!(listed.read_outbox_max_id, said);
}

#[tokio::test]
async fn a_forwarded_post_leads_back_to_its_channel() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    let group = world.channel(&ben, "Group", Kind::Group).await;
    world.add(&ada, news, &[&ben]).await;
    let post = world.say_in(&ada, news, "news").await;
    let forward = f::messages::ForwardMessages {
        from_peer: world.channel_peer(&ben, news),
        id: vec![post],
        random_id: vec![crate::messages::testing::random_id()],
        to_peer: world.channel_peer(&ben, group),
        ..Default::default()
    };
    let copied = updates(
        world
            .call(&ben, forward.clone())
            .await
            .expect("it is copied"),
    );
    let Some(Update::NewChannelMessage(copy)) = copied.updates.last() else {
        panic!("{:?}", copied.updates);
    };
    let Message::Message(copy) = &copy.message else {
        panic!("{:?}", copy.message);
    };
    let Some(heliograph_tl::enums::MessageFwdHeader::MessageFwdHeader(header)) = &copy.fwd_from
    else {
        panic!("it says where it is from");
    };
    assert_eq!(header.channel_post, Some(post));
    assert!(matches!(&header.from_id, Some(Peer::Channel(from)) if from.channel_id == news.0));

    let keep = f::messages::ToggleNoForwards {
        peer: world.channel_peer(&ada, news),
        enabled: true,
        request_msg_id: None,
    };
    world.call(&ada, keep).await.expect("posts stay here");
    let again = f::messages::ForwardMessages {
        random_id: vec![crate::messages::testing::random_id()],
        ..forward
    };
    let refused = world.call(&ben, again).await;
    assert_eq!(refused, Err(text::CHAT_FORWARDS_RESTRICTED.into()));
}

#[tokio::test]
async fn an_anonymous_admin_writes_as_the_group() {
    let (world, ada, ben) = two().await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben]).await;
    let rights = types::ChatAdminRights {
        anonymous: true,
        delete_messages: true,
        ..Default::default()
    };
    let promotion = world.promote(&ada, group, &ben, rights);
    world.call(&ada, promotion).await.expect("he is an admin");
    world.say_in(&ben, group, "by the group").await;
    let call = f::messages::GetHistory {
        peer: world.channel_peer(&ada, group),
        limit: 1,
        ..Default::default()
    };
    let heliograph_tl::enums::messages::Messages::ChannelMessages(page) =
        world.call(&ada, call).await.expect("a page")
    else {
        panic!("not a channel's");
    };
    let Some(Message::Message(message)) = page.messages.first() else {
        panic!("no message");
    };
    assert!(matches!(&message.from_id, Some(Peer::Channel(from)) if from.channel_id == group.0));
    assert!(page.users.is_empty(), "who wrote it is not shown");
}

#[tokio::test]
async fn members_are_listed_by_what_they_are() {
    let (world, ada, ben) = two().await;
    let cem = world.person("Cem", "4915112345603").await;
    let dua = world.person("Dua", "4915112345604").await;
    let group = world.channel(&ada, "Group", Kind::Group).await;
    world.add(&ada, group, &[&ben, &cem, &dua]).await;
    let rights = types::ChatAdminRights {
        pin_messages: true,
        ..Default::default()
    };
    world
        .call(&ada, world.promote(&ada, group, &ben, rights))
        .await
        .expect("an admin");
    let mute = types::ChatBannedRights {
        send_messages: true,
        ..Default::default()
    };
    world
        .call(&ada, world.ban(&ada, group, &cem, mute))
        .await
        .expect("muted");
    let out = types::ChatBannedRights {
        view_messages: true,
        ..Default::default()
    };
    world
        .call(&ada, world.ban(&ada, group, &dua, out))
        .await
        .expect("removed");
    let list = async |filter| {
        let call = f::channels::GetParticipants {
            channel: world.input_channel(&ada, group),
            filter,
            limit: 100,
            ..Default::default()
        };
        match world.call(&ada, call).await.expect("a list") {
            heliograph_tl::enums::channels::ChannelParticipants::ChannelParticipants(list) => {
                (list.count, list.participants)
            }
            heliograph_tl::enums::channels::ChannelParticipants::NotModified => {
                panic!("nothing was cached")
            }
        }
    };
    let (count, recent) = list(ChannelParticipantsFilter::ChannelParticipantsRecent).await;
    assert_eq!((count, recent.len()), (3, 3));
    let (_, admins) = list(ChannelParticipantsFilter::ChannelParticipantsAdmins).await;
    assert!(matches!(
        admins.as_slice(),
        [ChannelParticipant::Creator(_), ChannelParticipant::Admin(admin)]
            if admin.user_id == ben.id.0 && admin.can_edit
    ));
    let muted = types::ChannelParticipantsBanned { q: String::new() };
    let (_, muted) = list(muted.into()).await;
    assert!(matches!(muted.as_slice(), [ChannelParticipant::Banned(banned)] if !banned.left));
    let removed = types::ChannelParticipantsKicked { q: String::new() };
    let (_, removed) = list(removed.into()).await;
    assert!(matches!(removed.as_slice(), [ChannelParticipant::Banned(banned)] if banned.left));
    let named = types::ChannelParticipantsSearch { q: "ce".into() };
    let (_, named) = list(named.into()).await;
    assert_eq!(named.len(), 1);
}

#[tokio::test]
async fn a_deleted_channel_leaves_everyones_list_and_its_name_is_free() {
    let (world, ada, ben) = two().await;
    let news = world.channel(&ada, "News", Kind::Broadcast).await;
    world.publish(&ada, news, "the_news").await;
    world.add(&ada, news, &[&ben]).await;
    world.say_in(&ada, news, "last words").await;
    let deletion = |by| f::channels::DeleteChannel {
        channel: world.input_channel(by, news),
    };
    let refused = world.call(&ben, deletion(&ben)).await;
    assert_eq!(refused, Err(text::CHAT_ADMIN_REQUIRED.into()));
    world.call(&ada, deletion(&ada)).await.expect("it is gone");
    world.run_jobs().await;
    for person in [&ada, &ben] {
        assert!(dialog(&world, person).await.is_none());
        let channel = world.input_channel(person, news);
        let gone = world
            .call(person, f::channels::GetFullChannel { channel })
            .await;
        assert_eq!(gone, Err(text::CHANNEL_PRIVATE.into()));
    }
    let other = world.channel(&ben, "Other", Kind::Broadcast).await;
    world.publish(&ben, other, "the_news").await;
}

#[tokio::test]
async fn who_was_away_is_told_in_which_channels_something_happened() {
    let (world, ada, ben) = two().await;
    let loud = world.channel(&ada, "Loud", Kind::Group).await;
    let quiet = world.channel(&ada, "Quiet", Kind::Group).await;
    let strange = world.channel(&ada, "Strange", Kind::Group).await;
    for group in [loud, quiet] {
        world.add(&ada, group, &[&ben]).await;
    }
    world.pass(60);
    let heliograph_tl::enums::updates::State::State(left) = world
        .call(&ben, f::updates::GetState)
        .await
        .expect("a state");
    world.pass(60);
    world.say_in(&ada, loud, "where is Ben?").await;
    world.say_in(&ada, strange, "not here").await;
    let call = f::updates::GetDifference {
        pts: left.pts,
        date: left.date,
        ..Default::default()
    };
    let missed = world.call(&ben, call).await.expect("a difference");
    let heliograph_tl::enums::updates::Difference::Difference(missed) = missed else {
        panic!("something happened");
    };
    let [Update::ChannelTooLong(look)] = missed.other_updates.as_slice() else {
        panic!("{:?}", missed.other_updates);
    };
    assert_ne!(look.channel_id, quiet.0);
    let since = look.pts.expect("where the channel stands") - 1;
    let told = difference(&world, &ben, loud, since).await;
    assert!(matches!(told, ChannelDifference::ChannelDifference(told)
        if look.channel_id == loud.0 && told.new_messages.len() == 1));
}
