//! The list of chats.

use crate::context::Ctx;
use crate::error::{Result, text};
use crate::limits::Rate;
use crate::render::{self, Everyone, Shown, Viewer};
use crate::resolve::{message_id, page_limit};
use crate::router::{Access, Router};
use crate::{settings, updates};
use heliograph_domain::channels;
use heliograph_domain::dialogs::{self, ListOffset, Listed};
use heliograph_model::{AuthKeyId, Peer};
use heliograph_store::{Rows, StoreError};
use heliograph_tl::enums::messages::{DialogFilters, Dialogs, PeerDialogs};
use heliograph_tl::enums::{self, InputDialogPeer, InputPeer};
use heliograph_tl::{functions as f, types};

pub(super) fn register(router: &mut Router) {
    router
        .method(Access::User, Rate::Read, get_dialogs)
        .method(Access::User, Rate::Read, get_pinned_dialogs)
        .method(Access::User, Rate::Read, get_peer_dialogs)
        .method(Access::User, Rate::Read, get_dialog_filters);
}

/// The folder that clients call the archive. Nothing is archived yet, so it is empty.
const ARCHIVE: i32 = 1;

/// Whether a request is about the main list (`true`) or the archive; there are no other folders.
fn is_main_list(folder_id: i32) -> Result<bool> {
    match folder_id {
        0 => Ok(true),
        ARCHIVE => Ok(false),
        _ => Err(text::FOLDER_ID_INVALID.into()),
    }
}

/// `messages.getDialogs`: a page of the chats that have messages, the pinned ones first, then
/// newest first. `hash` is not looked at.
///
/// Fails with `OFFSET_PEER_ID_INVALID` or `FOLDER_ID_INVALID`.
async fn get_dialogs(cx: Ctx, req: f::messages::GetDialogs) -> Result<Dialogs> {
    let viewer = cx.viewer()?;
    if !is_main_list(req.folder_id.unwrap_or(0))? {
        return Ok(types::messages::Dialogs::default().into());
    }
    let peer = match &req.offset_peer {
        InputPeer::Empty => None,
        peer => {
            let named = cx.chat(peer).await;
            Some(named.map_err(|_| text::OFFSET_PEER_ID_INVALID)?)
        }
    };
    let offset = ListOffset {
        date: req.offset_date.max(0),
        id: message_id(req.offset_id).0,
        peer,
    };
    let limit = page_limit(req.limit);
    let mut view = cx.store.view().await?;
    let page = dialogs::page(&mut *view, viewer.me, offset, limit, req.exclude_pinned).await?;
    let whole = page.chats.len() == page.total;
    let count = page.total as i32;
    let (dialogs, messages, everyone) = rendered(viewer, &mut *view, &page.chats).await?;
    let Everyone { users, chats } = everyone;
    Ok(if whole {
        types::messages::Dialogs {
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    } else {
        types::messages::DialogsSlice {
            count,
            dialogs,
            messages,
            chats,
            users,
        }
        .into()
    })
}

/// `messages.getPinnedDialogs`: the pinned chats, topmost first.
///
/// Fails with `FOLDER_ID_INVALID`.
async fn get_pinned_dialogs(cx: Ctx, req: f::messages::GetPinnedDialogs) -> Result<PeerDialogs> {
    let viewer = cx.viewer()?;
    let mut view = cx.store.view().await?;
    let mut chats = Vec::new();
    if is_main_list(req.folder_id)? {
        for (peer, _) in dialogs::pinned(&mut *view, viewer.me).await? {
            chats.push(dialogs::one_or_empty(&mut *view, viewer.me, peer).await?);
        }
    }
    with_state(viewer, cx.caller().key, &mut *view, &chats).await
}

/// How many chats one request names at most.
const NAMED_MAX: usize = 100;

/// `messages.getPeerDialogs`: chats by name, each once; a chat that was never begun is an empty one.
///
/// Fails with `PEER_ID_INVALID`, or `FOLDER_ID_INVALID` for a folder.
async fn get_peer_dialogs(cx: Ctx, req: f::messages::GetPeerDialogs) -> Result<PeerDialogs> {
    let viewer = cx.viewer()?;
    let mut named = Vec::new();
    for peer in req.peers.iter().take(NAMED_MAX) {
        let peer = cx.dialog_peer(peer).await?;
        if !named.contains(&peer) {
            named.push(peer);
        }
    }
    let mut view = cx.store.view().await?;
    let mut chats = Vec::with_capacity(named.len());
    for peer in named {
        chats.push(dialogs::one_or_empty(&mut *view, viewer.me, peer).await?);
    }
    with_state(viewer, cx.caller().key, &mut *view, &chats).await
}

impl Ctx {
    /// The chat that an `InputDialogPeer` names. Fails with `PEER_ID_INVALID`, or
    /// `FOLDER_ID_INVALID` for a folder.
    pub(super) async fn dialog_peer(&self, named: &InputDialogPeer) -> Result<Peer> {
        match named {
            InputDialogPeer::InputDialogPeer(named) => self.chat(&named.peer).await,
            InputDialogPeer::Folder(_) => Err(text::FOLDER_ID_INVALID.into()),
        }
    }
}

async fn with_state(
    viewer: Viewer<'_>,
    device: AuthKeyId,
    rows: &mut dyn Rows,
    chats: &[Listed],
) -> Result<PeerDialogs> {
    let (dialogs, messages, everyone) = rendered(viewer, rows, chats).await?;
    Ok(types::messages::PeerDialogs {
        dialogs,
        messages,
        chats: everyone.chats,
        users: everyone.users,
        state: updates::state(viewer, device, rows).await?.into(),
    }
    .into())
}

type Rendered = (Vec<enums::Dialog>, Vec<enums::Message>, Everyone);

async fn rendered(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    chats: &[Listed],
) -> Result<Rendered, StoreError> {
    let mut shown = Shown::default();
    let mut dialogs = Vec::with_capacity(chats.len());
    let mut messages = Vec::with_capacity(chats.len());
    for chat in chats {
        shown.add(chat.peer);
        if let Some(mut top) = chat.top.clone() {
            channels::count(rows, std::slice::from_mut(&mut top)).await?;
            shown.message(&top);
            messages.push(render::message_for(viewer, rows, &top).await?);
        }
        let notify_settings = settings::notify_of(rows, viewer.me, chat.peer).await?;
        dialogs.push(dialog(chat, notify_settings));
    }
    let everyone = shown.load(viewer, rows).await?;
    Ok((dialogs, messages, everyone))
}

/// A channel as the list shows it, and what that shows besides.
pub(crate) async fn listed_channel(
    viewer: Viewer<'_>,
    rows: &mut dyn Rows,
    chat: &Listed,
) -> Result<(enums::Dialog, Shown), StoreError> {
    let mut shown = Shown::chat(chat.peer);
    shown.messages(&chat.top);
    let notify_settings = settings::notify_of(rows, viewer.me, chat.peer).await?;
    Ok((dialog(chat, notify_settings), shown))
}

fn dialog(chat: &Listed, notify_settings: enums::PeerNotifySettings) -> enums::Dialog {
    let draft = chat.dialog.draft.as_ref();
    let channel = chat.channel;
    types::Dialog {
        pinned: chat.dialog.pinned.is_some(),
        unread_mark: chat.dialog.unread_mark,
        peer: render::peer(chat.peer),
        top_message: chat.top.as_ref().map_or(0, |top| top.id.0 as i32),
        read_inbox_max_id: chat.dialog.read_in.0 as i32,
        read_outbox_max_id: channel.map_or(chat.dialog.read_out, |c| c.read_by_others).0 as i32,
        unread_mentions_count: channel.map_or(0, |channel| channel.mentions as i32),
        pts: channel.map(|channel| channel.pts as i32),
        unread_count: chat.unread as i32,
        notify_settings,
        draft: draft.map(|draft| render::draft(Some(draft))),
        ..Default::default()
    }
    .into()
}

/// `messages.getDialogFilters`: the one filter that shows all chats. Others cannot be made yet.
async fn get_dialog_filters(_: Ctx, _: f::messages::GetDialogFilters) -> Result<DialogFilters> {
    Ok(types::messages::DialogFilters {
        tags_enabled: false,
        filters: vec![enums::DialogFilter::Default],
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::testing::{chat_with, id_of, say, two, user_ids};
    use crate::testing::{Person, World};
    use heliograph_model::UserId;

    /// Somebody with seven chats, newest last; the first three began in the same second.
    async fn with_chats() -> (World, Person, Vec<Person>) {
        let world = World::new().await;
        let ada = world.person("Ada", "4915112345600").await;
        let mut others = Vec::new();
        for number in 1..=7 {
            let other = world
                .person(&format!("P{number}"), &format!("491511234560{number}"))
                .await;
            world.pass(i64::from(number > 3));
            say(&world, &other, &ada, "hello").await;
            others.push(other);
        }
        (world, ada, others)
    }

    struct Page {
        chats: Vec<types::Dialog>,
        messages: Vec<enums::Message>,
        count: Option<i32>,
    }

    fn page(answer: Dialogs) -> Page {
        let (dialogs, messages, count) = match answer {
            Dialogs::Dialogs(all) => (all.dialogs, all.messages, None),
            Dialogs::Slice(slice) => (slice.dialogs, slice.messages, Some(slice.count)),
            Dialogs::NotModified(_) => panic!("nothing was cached"),
        };
        let chats = dialogs.into_iter().map(chat).collect();
        Page {
            chats,
            messages,
            count,
        }
    }

    fn chat(dialog: enums::Dialog) -> types::Dialog {
        match dialog {
            enums::Dialog::Dialog(dialog) => dialog,
            enums::Dialog::Folder(_) => panic!("there are no folders"),
        }
    }

    fn id(dialog: &types::Dialog) -> UserId {
        match &dialog.peer {
            enums::Peer::User(user) => UserId(user.user_id),
            other => panic!("{}", other.constructor_name()),
        }
    }

    /// Walks the list as clients do: each page begins after the last chat of the one before.
    async fn walk(
        world: &World,
        ada: &Person,
        others: &[Person],
        first: f::messages::GetDialogs,
    ) -> Vec<UserId> {
        let mut call = first;
        let mut seen = Vec::new();
        loop {
            let part = page(world.call(ada, call.clone()).await.expect("a page"));
            seen.extend(part.chats.iter().map(id));
            let Some(last) = part.chats.last() else { break };
            assert!(part.chats.len() <= call.limit as usize);
            assert!(seen.len() <= 20, "the walk does not end");
            if part.count.is_none() {
                break;
            }
            let top = part
                .messages
                .iter()
                .find(|message| id_of(message) == last.top_message);
            call.offset_date = match top {
                Some(enums::Message::Message(message)) => message.date,
                _ => panic!("the newest message is missing"),
            };
            call.offset_id = last.top_message;
            let other = others.iter().find(|other| other.id == id(last));
            call.offset_peer = world.input_peer(ada, other.expect("one of the others"));
        }
        seen
    }

    async fn pin(world: &World, ada: &Person, other: &Person) {
        let call = f::messages::ToggleDialogPin {
            pinned: true,
            peer: types::InputDialogPeer {
                peer: world.input_peer(ada, other),
            }
            .into(),
        };
        world.call(ada, call).await.expect("it is pinned");
    }

    #[tokio::test]
    async fn a_walk_visits_each_chat_once_whatever_the_page_size() {
        let (world, ada, others) = with_chats().await;
        let newest_first: Vec<UserId> = others.iter().rev().map(|other| other.id).collect();
        for limit in 1..=8 {
            let first = f::messages::GetDialogs {
                limit,
                ..Default::default()
            };
            assert_eq!(walk(&world, &ada, &others, first).await, newest_first);
        }
    }

    #[tokio::test]
    async fn pinned_chats_come_first_and_once_or_not_at_all() {
        let (world, ada, others) = with_chats().await;
        pin(&world, &ada, &others[5]).await;
        pin(&world, &ada, &others[0]).await;
        let with_pinned = [0, 5, 6, 4, 3, 2, 1].map(|index| others[index].id);
        for limit in 1..=8 {
            let first = f::messages::GetDialogs {
                limit,
                ..Default::default()
            };
            let all = walk(&world, &ada, &others, first.clone()).await;
            assert_eq!(all, with_pinned, "{limit} at a time");
            let without = f::messages::GetDialogs {
                exclude_pinned: true,
                ..first
            };
            let without = walk(&world, &ada, &others, without).await;
            assert_eq!(without, with_pinned[2..], "{limit} at a time");
        }
    }

    #[tokio::test]
    async fn drafts_and_emptied_chats_do_not_disturb_a_walk() {
        let (world, ada, others) = with_chats().await;
        let draft = f::messages::SaveDraft {
            peer: world.input_peer(&ada, &others[1]),
            message: "begun".into(),
            ..Default::default()
        };
        world.pass(10);
        world.call(&ada, draft).await.expect("it is saved");
        let deletion = f::messages::DeleteHistory {
            revoke: true,
            peer: world.input_peer(&others[4], &ada),
            ..Default::default()
        };
        let deleted = world.call(&others[4], deletion).await;
        deleted.expect("it is deleted on both sides");
        let expected = [6, 5, 3, 2, 1, 0].map(|index| others[index].id);
        for limit in 1..=8 {
            let first = f::messages::GetDialogs {
                limit,
                ..Default::default()
            };
            assert_eq!(walk(&world, &ada, &others, first).await, expected);
        }
    }

    #[tokio::test]
    async fn a_chat_shows_marks_draft_and_newest_message() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "one").await;
        say(&world, &ben, &ada, "two").await;
        say(&world, &ben, &ada, "three").await;
        let read = f::messages::ReadHistory {
            peer: world.input_peer(&ada, &ben),
            max_id: 2,
        };
        world.call(&ada, read).await.expect("it is read");
        let read = f::messages::ReadHistory {
            peer: world.input_peer(&ben, &ada),
            max_id: 1,
        };
        world.call(&ben, read).await.expect("it is read");
        let call = f::messages::GetDialogs {
            limit: 10,
            ..Default::default()
        };
        let shown = page(world.call(&ada, call).await.expect("a page"));
        assert_eq!(shown.count, None, "the list is whole");
        let [chat] = shown.chats.as_slice() else {
            panic!("{} chats", shown.chats.len());
        };
        assert_eq!(chat.peer, chat_with(&ben));
        assert_eq!((chat.top_message, chat.unread_count), (3, 1));
        assert_eq!((chat.read_inbox_max_id, chat.read_outbox_max_id), (2, 1));
        assert_eq!((chat.pinned, chat.unread_mark), (false, false));
        assert_eq!((&chat.draft, chat.pts), (&None, None));
        assert_eq!(shown.messages.iter().map(id_of).collect::<Vec<_>>(), [3]);
    }

    #[tokio::test]
    async fn a_chat_that_is_asked_for_is_there_even_before_it_begins() {
        let (world, ada, ben) = two().await;
        let named = |peer| InputDialogPeer::from(types::InputDialogPeer { peer });
        let call = f::messages::GetPeerDialogs {
            peers: vec![
                named(world.input_peer(&ada, &ben)),
                named(InputPeer::Self_),
                named(world.input_peer(&ada, &ada)),
            ],
        };
        let PeerDialogs::PeerDialogs(answer) = world.call(&ada, call).await.expect("chats");
        let chats: Vec<types::Dialog> = answer.dialogs.into_iter().map(chat).collect();
        assert_eq!(chats.iter().map(id).collect::<Vec<_>>(), [ben.id, ada.id]);
        assert!(chats.iter().all(|chat| chat.top_message == 0));
        assert_eq!(user_ids(&answer.users), [ada.id, ben.id]);
        let enums::updates::State::State(state) = answer.state;
        assert_eq!((state.pts, state.date), (1, world.clock_s()));
    }

    #[tokio::test]
    async fn pinned_chats_can_be_asked_for_alone() {
        let (world, ada, others) = with_chats().await;
        pin(&world, &ada, &others[2]).await;
        pin(&world, &ada, &others[4]).await;
        let ask = |folder_id| f::messages::GetPinnedDialogs { folder_id };
        let PeerDialogs::PeerDialogs(main) = world.call(&ada, ask(0)).await.expect("chats");
        let ids: Vec<UserId> = main.dialogs.into_iter().map(|one| id(&chat(one))).collect();
        assert_eq!(ids, [others[4].id, others[2].id]);
        let PeerDialogs::PeerDialogs(archive) = world.call(&ada, ask(1)).await.expect("chats");
        assert_eq!(archive.dialogs, []);
        assert_eq!(
            world.call(&ada, ask(2)).await,
            Err(text::FOLDER_ID_INVALID.into())
        );
    }

    #[tokio::test]
    async fn the_archive_is_empty_and_there_are_no_other_folders() {
        let (world, ada, ben) = two().await;
        say(&world, &ada, &ben, "hello").await;
        let ask = |folder_id| f::messages::GetDialogs {
            folder_id: Some(folder_id),
            limit: 10,
            ..Default::default()
        };
        let in_folder = |answer: Result<Dialogs>| page(answer.expect("a page")).chats.len();
        assert_eq!(in_folder(world.call(&ada, ask(0)).await), 1);
        assert_eq!(in_folder(world.call(&ada, ask(1)).await), 0);
        assert_eq!(
            world.call(&ada, ask(7)).await,
            Err(text::FOLDER_ID_INVALID.into())
        );
        let DialogFilters::DialogFilters(filters) = world
            .call(&ada, f::messages::GetDialogFilters)
            .await
            .expect("filters");
        assert_eq!(filters.filters, [enums::DialogFilter::Default]);
    }

    #[tokio::test]
    async fn an_offset_needs_a_peer_of_the_callers() {
        let (world, ada, ben) = two().await;
        let cem = world.person("Cem", "4915112345603").await;
        let call = f::messages::GetDialogs {
            offset_peer: world.input_peer(&cem, &ben),
            limit: 10,
            ..Default::default()
        };
        assert_eq!(
            world.call(&ada, call).await,
            Err(text::OFFSET_PEER_ID_INVALID.into())
        );
    }
}
