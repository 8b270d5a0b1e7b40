//! The walk of rights: every method about channels, called by everyone who may stand before one.
//! What came of it is `channel_rights.txt`, which is read as a person would: what looks wrong there is
//! a bug.

use super::testing::Kind;
use crate::messages::testing::random_id;
use crate::testing::{Person, World};
use expect_test::expect_file;
use heliograph_model::ChannelId;
use heliograph_tl::enums::{
    ChannelParticipantsFilter, ExportedChatInvite, InputChannel, InputChatPhoto, InputMessage,
    InputPeer,
};
use heliograph_tl::{Function, functions as f, types};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How somebody stands before a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Nobody is signed in.
    Nobody,
    /// Somebody else, before a private channel.
    Outsider,
    /// A member of a private channel. For all that follow it is public.
    Insider,
    /// Somebody else, before a public channel.
    Passer,
    Member,
    /// A member who may not write, add people, pin, or change what the channel is.
    Restricted,
    Banned,
    /// An admin with a right that no method here asks for.
    IdleAdmin,
    /// An admin with every right.
    Admin,
    Owner,
}

const EVERYONE: [Who; 10] = [
    Who::Nobody,
    Who::Outsider,
    Who::Insider,
    Who::Passer,
    Who::Member,
    Who::Restricted,
    Who::Banned,
    Who::IdleAdmin,
    Who::Admin,
    Who::Owner,
];

/// What a call is made of.
struct Scene<'a> {
    world: &'a World,
    kind: Kind,
    /// Who calls.
    me: &'a Person,
    /// A plain member.
    tom: &'a Person,
    /// Somebody who has nothing to do with it.
    uma: &'a Person,
    channel: ChannelId,
    /// A channel of the other kind, where the caller stands as in this one.
    pair: ChannelId,
    /// A message of the owner's.
    post: i32,
    /// A message of the caller's; of the owner's where the caller could not write one.
    own: i32,
    /// An invite link of the owner's.
    link: String,
}

impl Scene<'_> {
    fn channel(&self) -> InputChannel {
        self.world.input_channel(self.me, self.channel)
    }

    fn peer(&self) -> InputPeer {
        self.world.channel_peer(self.me, self.channel)
    }

    fn pair(&self) -> InputChannel {
        self.world.input_channel(self.me, self.pair)
    }
}

/// Makes a call of a scene, in bytes.
type Call = Box<dyn Fn(&Scene<'_>) -> Vec<u8>>;

/// A call of the walk.
struct Row {
    method: &'static str,
    /// What tells it from other calls of the method; often empty.
    what: &'static str,
    call: Call,
}

fn row<F: Function>(what: &'static str, call: impl Fn(&Scene<'_>) -> F + 'static) -> Row {
    Row {
        method: F::NAME,
        what,
        call: Box::new(move |scene| call(scene).to_bytes()),
    }
}

fn admin_rights() -> types::ChatAdminRights {
    types::ChatAdminRights {
        change_info: true,
        post_messages: true,
        edit_messages: true,
        delete_messages: true,
        ban_users: true,
        invite_users: true,
        pin_messages: true,
        add_admins: true,
        ..Default::default()
    }
}

fn idle_rights() -> types::ChatAdminRights {
    types::ChatAdminRights {
        manage_call: true,
        ..Default::default()
    }
}

fn deleting() -> types::ChatAdminRights {
    types::ChatAdminRights {
        delete_messages: true,
        ..Default::default()
    }
}

fn muted() -> types::ChatBannedRights {
    types::ChatBannedRights {
        send_messages: true,
        change_info: true,
        invite_users: true,
        pin_messages: true,
        ..Default::default()
    }
}

fn removed() -> types::ChatBannedRights {
    types::ChatBannedRights {
        view_messages: true,
        ..Default::default()
    }
}

fn reading() -> Vec<Row> {
    vec![
        row("", |s| f::channels::GetChannels {
            id: vec![s.channel()],
        }),
        row("", |s| f::channels::GetFullChannel {
            channel: s.channel(),
        }),
        row("", |s| f::channels::GetMessages {
            channel: s.channel(),
            id: vec![InputMessage::ID(types::InputMessageID { id: s.post })],
        }),
        row("", |s| f::messages::GetHistory {
            peer: s.peer(),
            limit: 10,
            ..Default::default()
        }),
        row("", |s| f::messages::Search {
            peer: s.peer(),
            q: "post".into(),
            limit: 10,
            ..Default::default()
        }),
        row("", |s| f::updates::GetChannelDifference {
            channel: s.channel(),
            pts: 1,
            limit: 100,
            ..Default::default()
        }),
        row("recent", |s| f::channels::GetParticipants {
            channel: s.channel(),
            filter: ChannelParticipantsFilter::ChannelParticipantsRecent,
            limit: 10,
            ..Default::default()
        }),
        row("admins", |s| f::channels::GetParticipants {
            channel: s.channel(),
            filter: ChannelParticipantsFilter::ChannelParticipantsAdmins,
            limit: 10,
            ..Default::default()
        }),
        row("removed", |s| f::channels::GetParticipants {
            channel: s.channel(),
            filter: types::ChannelParticipantsKicked { q: String::new() }.into(),
            limit: 10,
            ..Default::default()
        }),
        row("of another", |s| f::channels::GetParticipant {
            channel: s.channel(),
            participant: s.world.input_peer(s.me, s.tom),
        }),
        row("of oneself", |s| f::channels::GetParticipant {
            channel: s.channel(),
            participant: InputPeer::Self_,
        }),
        row("", |s| f::channels::GetSendAs {
            peer: s.peer(),
            ..Default::default()
        }),
        row("", |s| f::channels::ExportMessageLink {
            channel: s.channel(),
            id: s.post,
            ..Default::default()
        }),
        row("", |s| f::messages::GetMessagesViews {
            peer: s.peer(),
            id: vec![s.post],
            increment: true,
        }),
        row("", |s| f::messages::GetUnreadMentions {
            peer: s.peer(),
            limit: 10,
            ..Default::default()
        }),
        row("", |s| f::messages::ReadMentions {
            peer: s.peer(),
            ..Default::default()
        }),
        row("", |s| f::channels::ReadMessageContents {
            channel: s.channel(),
            id: vec![s.post],
        }),
        row("", |s| f::channels::ReadHistory {
            channel: s.channel(),
            max_id: s.post,
        }),
        row("", |s| f::channels::ReportSpam {
            channel: s.channel(),
            participant: s.world.input_peer(s.me, s.tom),
            id: vec![s.post],
        }),
        row("", |s| f::messages::GetOnlines { peer: s.peer() }),
        row("", |s| f::messages::GetDiscussionMessage {
            peer: s.peer(),
            msg_id: s.post,
        }),
        row("", |s| f::messages::GetReplies {
            peer: s.peer(),
            msg_id: s.post,
            limit: 10,
            ..Default::default()
        }),
        row("", |s| f::messages::ReadDiscussion {
            peer: s.peer(),
            msg_id: s.post,
            read_max_id: s.post,
        }),
    ]
}

fn writing() -> Vec<Row> {
    vec![
        row("", |s| s.world.post(s.me, s.channel, "text")),
        row("", |s| f::messages::SetTyping {
            peer: s.peer(),
            ..Default::default()
        }),
        row("out of it", |s| f::messages::ForwardMessages {
            from_peer: s.peer(),
            id: vec![s.post],
            random_id: vec![random_id()],
            to_peer: InputPeer::Self_,
            ..Default::default()
        }),
        row("another's", |s| f::messages::EditMessage {
            peer: s.peer(),
            id: s.post,
            message: Some("edited".into()),
            ..Default::default()
        }),
        row("own", |s| f::messages::EditMessage {
            peer: s.peer(),
            id: s.own,
            message: Some("edited".into()),
            ..Default::default()
        }),
        row("another's", |s| f::channels::DeleteMessages {
            channel: s.channel(),
            id: vec![s.post],
        }),
        row("own", |s| f::channels::DeleteMessages {
            channel: s.channel(),
            id: vec![s.own],
        }),
        row("for everyone", |s| f::channels::DeleteHistory {
            for_everyone: true,
            channel: s.channel(),
            max_id: 0,
        }),
        row("", |s| f::channels::DeleteParticipantHistory {
            channel: s.channel(),
            participant: s.world.input_peer(s.me, s.tom),
        }),
        row("", |s| f::messages::UpdatePinnedMessage {
            peer: s.peer(),
            id: s.post,
            ..Default::default()
        }),
        row("", |s| f::messages::UnpinAllMessages {
            peer: s.peer(),
            ..Default::default()
        }),
    ]
}

fn coming_and_going() -> Vec<Row> {
    vec![
        row("", |s| f::channels::JoinChannel {
            channel: s.channel(),
        }),
        row("", |s| f::channels::LeaveChannel {
            channel: s.channel(),
        }),
        row("", |s| f::channels::InviteToChannel {
            channel: s.channel(),
            users: vec![s.world.input_user(s.me, s.uma)],
        }),
        row("", |s| f::messages::ExportChatInvite {
            peer: s.peer(),
            ..Default::default()
        }),
        row("", |s| f::messages::CheckChatInvite {
            hash: hash(&s.link),
        }),
        row("", |s| f::messages::ImportChatInvite {
            hash: hash(&s.link),
        }),
        row("own", |s| f::messages::GetExportedChatInvites {
            peer: s.peer(),
            admin_id: heliograph_tl::enums::InputUser::Self_,
            limit: 10,
            ..Default::default()
        }),
        row("another's", |s| f::messages::GetExportedChatInvites {
            peer: s.peer(),
            admin_id: s.world.input_user(s.me, s.tom),
            limit: 10,
            ..Default::default()
        }),
        row("the owner's", |s| f::messages::GetExportedChatInvite {
            peer: s.peer(),
            link: s.link.clone(),
        }),
        row("the owner's", |s| f::messages::EditExportedChatInvite {
            revoked: true,
            peer: s.peer(),
            link: s.link.clone(),
            ..Default::default()
        }),
        row("the owner's, in use", |s| {
            f::messages::DeleteExportedChatInvite {
                peer: s.peer(),
                link: s.link.clone(),
            }
        }),
        row("", |s| f::messages::GetAdminsWithInvites { peer: s.peer() }),
        row("those who wait", |s| f::messages::GetChatInviteImporters {
            requested: true,
            peer: s.peer(),
            limit: 10,
            ..Default::default()
        }),
        row("nobody waits", |s| f::messages::HideChatJoinRequest {
            approved: true,
            peer: s.peer(),
            user_id: s.world.input_user(s.me, s.uma),
        }),
    ]
}

fn ruling() -> Vec<Row> {
    vec![
        row("", |s| f::channels::EditTitle {
            channel: s.channel(),
            title: "Another title".into(),
        }),
        row("", |s| f::channels::EditPhoto {
            channel: s.channel(),
            photo: InputChatPhoto::Empty,
        }),
        // The upload is missing: who is told so may write.
        row("", |s| f::messages::SendMedia {
            peer: s.peer(),
            media: types::InputMediaUploadedPhoto {
                file: types::InputFile {
                    id: 1,
                    parts: 1,
                    ..Default::default()
                }
                .into(),
                ..Default::default()
            }
            .into(),
            random_id: random_id(),
            ..Default::default()
        }),
        row("", |s| f::messages::EditChatAbout {
            peer: s.peer(),
            about: "about".into(),
        }),
        row("", |s| f::channels::CheckUsername {
            channel: s.channel(),
            username: "quite_another".into(),
        }),
        row("", |s| f::channels::UpdateUsername {
            channel: s.channel(),
            username: "quite_another".into(),
        }),
        row("", |_| f::channels::GetAdminedPublicChannels::default()),
        row("", |s| f::channels::ToggleSignatures {
            signatures_enabled: true,
            channel: s.channel(),
            ..Default::default()
        }),
        row("", |s| f::channels::ToggleSlowMode {
            channel: s.channel(),
            seconds: 30,
        }),
        row("", |s| f::channels::ToggleJoinRequest {
            channel: s.channel(),
            enabled: true,
            ..Default::default()
        }),
        row("no discussion group", |s| f::channels::ToggleJoinToSend {
            channel: s.channel(),
            enabled: true,
        }),
        row("", |s| f::channels::ToggleParticipantsHidden {
            channel: s.channel(),
            enabled: true,
        }),
        row("", |s| f::messages::ToggleNoForwards {
            peer: s.peer(),
            enabled: true,
            ..Default::default()
        }),
        row("", |s| f::messages::EditChatDefaultBannedRights {
            peer: s.peer(),
            banned_rights: muted().into(),
        }),
        row("", |_| f::channels::GetGroupsForDiscussion),
        row("", |s| {
            let (broadcast, group) = match s.kind {
                Kind::Broadcast => (s.channel(), s.pair()),
                Kind::Group => (s.pair(), s.channel()),
            };
            f::channels::SetDiscussionGroup { broadcast, group }
        }),
        row("a member", |s| {
            s.world.promote(s.me, s.channel, s.tom, deleting())
        }),
        row("with a right that the admin lacks", |s| {
            s.world.promote(s.me, s.channel, s.tom, idle_rights())
        }),
        row("somebody outside", |s| {
            s.world.promote(s.me, s.channel, s.uma, deleting())
        }),
        row("restrict", |s| s.world.ban(s.me, s.channel, s.tom, muted())),
        row("remove", |s| s.world.ban(s.me, s.channel, s.tom, removed())),
        row("", |s| f::channels::DeleteChannel {
            channel: s.channel(),
        }),
    ]
}

fn hash(link: &str) -> String {
    link.rsplit('+').next().expect("a hash").to_owned()
}

fn rows() -> Vec<Row> {
    let all = [reading(), writing(), coming_and_going(), ruling()];
    all.into_iter().flatten().collect()
}

/// The people of one world.
struct Cast {
    nobody: Person,
    owner: Person,
    caller: Person,
    tom: Person,
    uma: Person,
}

impl Cast {
    async fn of(world: &World) -> Self {
        Cast {
            nobody: world.stranger().await,
            owner: world.person("Olga", "4915112345601").await,
            caller: world.person("Cem", "4915112345602").await,
            tom: world.person("Tom", "4915112345603").await,
            uma: world.person("Uma", "4915112345604").await,
        }
    }

    fn caller(&self, who: Who) -> &Person {
        match who {
            Who::Nobody => &self.nobody,
            Who::Owner => &self.owner,
            _ => &self.caller,
        }
    }

    /// Puts the caller where they are to stand; answers with the number of a message of theirs.
    async fn place(&self, world: &World, who: Who, channel: ChannelId, kind: Kind) -> Option<i32> {
        let (owner, caller) = (&self.owner, &self.caller);
        if matches!(who, Who::Nobody | Who::Outsider | Who::Passer | Who::Owner) {
            return None;
        }
        world.add(owner, channel, &[caller]).await;
        let mut own = None;
        if kind == Kind::Group {
            own = Some(world.say_in(caller, channel, "a post of one's own").await);
        }
        let promote = |rights| world.promote(owner, channel, caller, rights);
        let ban = |rights| world.ban(owner, channel, caller, rights);
        let done = match who {
            Who::Restricted => world.call(owner, ban(muted())).await,
            Who::Banned => world.call(owner, ban(removed())).await,
            Who::IdleAdmin => world.call(owner, promote(idle_rights())).await,
            Who::Admin => world.call(owner, promote(admin_rights())).await,
            _ => return own,
        };
        done.expect("the owner may");
        if who == Who::Admin && kind == Kind::Broadcast {
            own = Some(world.say_in(caller, channel, "a post of one's own").await);
        }
        own
    }
}

/// What one person is answered.
async fn answer(world: &World, cast: &Cast, kind: Kind, who: Who, row: &Row) -> String {
    let other_kind = match kind {
        Kind::Broadcast => Kind::Group,
        Kind::Group => Kind::Broadcast,
    };
    let channel = world.channel(&cast.owner, "The channel", kind).await;
    let pair = world.channel(&cast.owner, "Its pair", other_kind).await;
    world.add(&cast.owner, channel, &[&cast.tom]).await;
    let post = world.say_in(&cast.owner, channel, "a post").await;
    let own = cast.place(world, who, channel, kind).await;
    cast.place(world, who, pair, other_kind).await;
    if !matches!(who, Who::Outsider | Who::Insider) {
        let name = format!("the_{kind:?}_of_{who:?}");
        world.publish(&cast.owner, channel, &name).await;
    }
    let export = f::messages::ExportChatInvite {
        peer: world.channel_peer(&cast.owner, channel),
        ..Default::default()
    };
    let link = match world.call(&cast.owner, export).await.expect("a link") {
        ExportedChatInvite::ChatInviteExported(link) => link.link,
        ExportedChatInvite::ChatInvitePublicJoinRequests => panic!("not a link"),
    };
    let me = cast.caller(who);
    let scene = Scene {
        world,
        kind,
        me,
        tom: &cast.tom,
        uma: &cast.uma,
        channel,
        pair,
        post,
        own: own.unwrap_or(post),
        link,
    };
    let bytes = (row.call)(&scene);
    let started = world.router.call(me.cx.clone(), &bytes);
    let answered = match started {
        Ok(answer) => answer.await.map(drop),
        Err(error) => Err(error),
    };
    match answered {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.message.into_owned(),
    }
}

/// One line for each answer, with everyone who gets it.
async fn walk(kind: Kind, row: &Row) -> String {
    let world = World::new().await;
    let cast = Cast::of(&world).await;
    let mut answers: Vec<(String, Vec<Who>)> = Vec::new();
    for who in EVERYONE {
        let answer = answer(&world, &cast, kind, who, row).await;
        match answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, people)) => people.push(who),
            None => answers.push((answer, vec![who])),
        }
    }
    let mut lines = format!("{} {}\n", row.method, row.what)
        .trim_end()
        .to_owned();
    for (answer, people) in answers {
        let people: Vec<String> = people.iter().map(|who| format!("{who:?}")).collect();
        write!(lines, "\n    {answer:<28} {}", people.join(" ")).expect("writing to a string");
    }
    lines.push('\n');
    lines
}

#[tokio::test]
async fn everyone_may_do_what_the_table_says_and_nothing_else() {
    let mut table = String::new();
    for kind in [Kind::Broadcast, Kind::Group] {
        writeln!(table, "== {kind:?}\n").expect("writing to a string");
        for row in rows() {
            table += &walk(kind, &row).await;
        }
        table.push('\n');
    }
    expect_file!["../../channel_rights.txt"].assert_eq(&table);
}

#[test]
fn no_method_about_channels_is_left_out_of_the_walk() {
    let walked: BTreeSet<&str> = rows().iter().map(|row| row.method).collect();
    let table = crate::router().describe();
    let served = table.lines().filter(|line| line.ends_with("served"));
    let names = served.filter_map(|line| line.split(' ').next());
    let left_out: Vec<&str> = names
        .filter(|name| name.starts_with("channels.") && !walked.contains(name))
        .collect();
    // Whoever makes a channel, or searches all public ones, stands before none.
    let before_none = [
        "channels.checkSearchPostsFlood",
        "channels.createChannel",
        "channels.searchPosts",
    ];
    assert_eq!(left_out, before_none);
}
