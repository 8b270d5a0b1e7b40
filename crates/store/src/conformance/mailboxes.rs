//! Mailboxes: numbering, both copies of a message, the log, dates and marks.

use super::{Opened, Place, open, text, write};
use crate::mailbox::{self, EventKind, Log, MessageRow, NewMessage};
use crate::{Order, Store, StoreError, Tx};
use heliograph_model::{Change, Logged, Message, MessageId, Notice, Owner, Peer, UserId};
use std::sync::Arc;

const A: UserId = UserId(1);
const B: UserId = UserId(2);
const C: UserId = UserId(3);

fn message(from: UserId, to: UserId, words: &str) -> NewMessage {
    NewMessage {
        peer: to.into(),
        from,
        flags: MessageRow::OUT,
        reply_to: None,
        body: text(words),
    }
}

type Pair = (Arc<Logged>, Arc<Logged>);

async fn send(store: &Store, from: UserId, to: UserId, words: &str) -> Pair {
    let message = message(from, to, words);
    let sent = write(store, &[from.into(), to.into()], move |tx| {
        Box::pin(async move { mailbox::append_pair(tx, from, to, message, None).await })
    });
    sent.await.expect("a message")
}

async fn delete(store: &Store, user: UserId, peer: UserId, ids: &[u32]) -> Option<Arc<Logged>> {
    let ids: Vec<MessageId> = ids.iter().copied().map(MessageId).collect();
    let deleted = write(store, &[user.into(), peer.into()], move |tx| {
        Box::pin(async move { mailbox::delete(tx, user.into(), &ids).await })
    });
    deleted.await.expect("a deletion")
}

async fn edit(store: &Store, user: UserId, peer: UserId, id: u32, words: &str) {
    let body = text(words);
    let edited = write(store, &[user.into(), peer.into()], move |tx| {
        Box::pin(
            async move { mailbox::edit(tx, user.into(), peer.into(), MessageId(id), body).await },
        )
    });
    assert!(edited.await.expect("an edit").is_some());
}

async fn load(store: &Store, user: UserId, id: u32) -> Option<Message> {
    let mut view = store.view().await.expect("a view");
    mailbox::load(&mut *view, user.into(), MessageId(id))
        .await
        .expect("a readable message")
}

async fn log(store: &Store, user: UserId, pts: u32, limit: usize) -> Log {
    let mut view = store.view().await.expect("a view");
    mailbox::after(&mut *view, user.into(), pts, limit)
        .await
        .expect("a readable log")
}

fn new_message(logged: &Logged) -> &Message {
    match &logged.change {
        Change::NewMessage(message) => message,
        other => panic!("not a new message: {other:?}"),
    }
}

/// Each copy takes the next number and `pts` of its own mailbox, and they know each other.
pub async fn a_pair_is_numbered_in_each_mailbox(place: &impl Place) {
    let Opened { store, .. } = open(place);
    send(&store, A, C, "first of A").await;
    let (sent, received) = send(&store, A, B, "for B").await;
    let (answer, heard) = send(&store, B, A, "for A").await;

    assert_eq!((sent.pts, sent.pts_count, received.pts), (2, 1, 1));
    assert_eq!((answer.pts, heard.pts), (2, 3));
    let (mine, theirs) = (new_message(&sent), new_message(&received));
    assert_eq!((mine.id, theirs.id), (MessageId(2), MessageId(1)));
    assert_eq!((mine.peer, theirs.peer), (Peer::User(B), Peer::User(A)));
    assert!(mine.out && !theirs.out);
    assert_eq!((mine.from, theirs.from), (A, A));
    assert_eq!(
        load(&store, A, 2).await.as_ref(),
        Some(mine),
        "the push is what is stored"
    );
    assert_eq!(load(&store, B, 1).await.as_ref(), Some(theirs));

    let mut view = store.view().await.expect("a view");
    let sibling = mailbox::sibling_of(&mut *view, A.into(), B.into(), MessageId(2)).await;
    assert_eq!(sibling.expect("a sibling"), Some(MessageId(1)));
    let state = mailbox::state(&mut *view, A.into())
        .await
        .expect("a mailbox");
    assert_eq!((state.pts, state.last_id, state.removed), (3, 3, 0));
    drop(view);
    store.close().await;
}

/// Saved Messages: one copy, one entry.
pub async fn a_message_to_oneself_stands_once(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let saved = write(&store, &[A.into()], |tx| {
        Box::pin(async move { mailbox::append(tx, A.into(), message(A, A, "note")).await })
    });
    let saved = saved.await.expect("a message");
    assert_eq!(load(&store, A, 1).await.as_ref(), Some(new_message(&saved)));
    edit(&store, A, A, 1, "changed").await;
    assert_eq!(log(&store, A, 0, 10).await.entries.len(), 2);
    assert_eq!(
        load(&store, A, 1).await.map(|message| message.body.text),
        Some("changed".into())
    );
    store.close().await;
}

/// The text stands once: after an edit both sides read the new one, and both are told.
pub async fn an_edit_shows_in_both_copies(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    send(&store, A, B, "before").await;
    edit(&store, A, B, 1, "after").await;
    for user in [A, B] {
        assert_eq!(
            load(&store, user, 1).await.expect("the copy").body.text,
            "after"
        );
        let log = log(&store, user, 1, 10).await;
        assert_eq!((log.pts, log.entries.len()), (2, 1));
        assert!(matches!(&log.entries[0].change, Change::Edited(now) if now.body.text == "after"));
        let pushed = ear
            .heard()
            .into_iter()
            .filter(|wake| wake.owner == user.into());
        let last = pushed.flat_map(|wake| wake.logged).last().expect("a push");
        assert_eq!(*last, log.entries[0]);
    }
    store.close().await;
}

/// When the author deletes only their own copy, the reader's keeps the text and can be edited.
pub async fn the_text_outlives_the_copy_that_held_it(place: &impl Place) {
    let Opened { store, .. } = open(place);
    send(&store, A, B, "kept").await;
    assert!(delete(&store, A, B, &[1]).await.is_some());
    assert_eq!(load(&store, A, 1).await, None);
    assert_eq!(
        load(&store, B, 1).await.expect("the other copy").body.text,
        "kept"
    );
    let mut view = store.view().await.expect("a view");
    let sibling = mailbox::sibling_of(&mut *view, B.into(), A.into(), MessageId(1)).await;
    assert_eq!(sibling.expect("a read"), None, "the author's copy is gone");
    drop(view);
    edit(&store, B, A, 1, "still a row of its own").await;
    assert_eq!(
        log(&store, A, 2, 10).await.pts,
        2,
        "nobody is told of a copy that is gone"
    );

    send(&store, A, B, "gone").await;
    assert!(delete(&store, B, A, &[2]).await.is_some());
    assert_eq!(
        load(&store, A, 2).await.expect("the author's").body.text,
        "gone"
    );
    assert!(delete(&store, A, B, &[2]).await.is_some());
    assert!(
        delete(&store, A, B, &[2, 9]).await.is_none(),
        "nothing was left to delete"
    );
    store.close().await;
}

/// However the log is sliced, the slices are the log, and the log is what was pushed.
pub async fn a_difference_in_slices_is_the_whole_difference(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    for round in 0..20_u32 {
        send(&store, A, B, "hello").await;
        if round % 3 == 0 {
            read(&store, B, A, round + 1).await;
        }
        if round % 5 == 4 {
            pin(&store, B, A, &[round, round - 1]).await;
        }
    }
    for user in [A, B] {
        let whole = log(&store, user, 0, usize::MAX).await;
        assert!(!whole.more);
        let wakes = ear
            .heard()
            .into_iter()
            .filter(|wake| wake.owner == user.into());
        let pushed: Vec<u32> = wakes
            .flat_map(|wake| wake.logged)
            .map(|entry| entry.pts)
            .collect();
        assert_eq!(
            whole
                .entries
                .iter()
                .map(|entry| entry.pts)
                .collect::<Vec<_>>(),
            pushed
        );
        for limit in [1, 2, 3, 7, 100] {
            let mut entries = Vec::new();
            let mut pts = 0;
            loop {
                let slice = log(&store, user, pts, limit).await;
                assert!(slice.entries.len() <= limit);
                assert!(!slice.more || slice.entries.len() == limit);
                entries.extend(slice.entries);
                pts = slice.pts;
                if !slice.more {
                    break;
                }
            }
            assert_eq!(entries, whole.entries, "in slices of {limit}");
            assert_eq!(pts, whole.pts);
        }
        for pts in 0..whole.pts {
            let expected: Vec<_> = whole
                .entries
                .iter()
                .filter(|entry| entry.pts > pts)
                .cloned()
                .collect();
            assert_eq!(
                log(&store, user, pts, usize::MAX).await.entries,
                expected,
                "after {pts}"
            );
        }
        let up_to_date = log(&store, user, whole.pts, 10).await;
        assert_eq!(
            up_to_date,
            Log {
                entries: vec![],
                pts: whole.pts,
                more: false
            }
        );
    }
    store.close().await;
}

async fn read(store: &Store, reader: UserId, author: UserId, max_id: u32) {
    let max_id = MessageId(max_id);
    let read = write(store, &[reader.into(), author.into()], move |tx| {
        Box::pin(async move {
            let inbox = EventKind::ReadInbox {
                peer: author.into(),
                max_id,
                still_unread: 0,
            };
            mailbox::record(tx, reader.into(), 1, inbox).await?;
            let outbox = EventKind::ReadOutbox {
                peer: reader.into(),
                max_id,
            };
            mailbox::record(tx, author.into(), 1, outbox).await
        })
    });
    read.await.expect("read marks");
}

async fn pin(store: &Store, user: UserId, peer: UserId, ids: &[u32]) {
    let ids: Vec<MessageId> = ids.iter().copied().map(MessageId).collect();
    let pinned = write(store, &[user.into()], move |tx| {
        Box::pin(async move { mailbox::set_pinned(tx, user.into(), peer.into(), &ids, true).await })
    });
    pinned.await.expect("pins");
}

/// Event rows that tell nothing any more (edits of messages that are gone) take part in no slice,
/// and a slice made only of them still leads on.
pub async fn edits_of_deleted_messages_do_not_hide_what_follows(place: &impl Place) {
    let Opened { store, .. } = open(place);
    send(&store, A, B, "doomed").await;
    for round in 0..10 {
        edit(&store, A, B, 1, &format!("version {round}")).await;
    }
    send(&store, A, B, "after the edits").await;
    read(&store, B, A, 2).await;
    delete(&store, A, B, &[1]).await;
    for limit in [1, 2, 3, 5, 20] {
        let mut seen = Vec::new();
        let (mut pts, mut slices) = (0, 0);
        loop {
            let slice = log(&store, A, pts, limit).await;
            assert!(slice.pts > pts, "every slice leads on");
            seen.extend(slice.entries.into_iter().map(|entry| entry.change));
            (pts, slices) = (slice.pts, slices + 1);
            if !slice.more {
                break;
            }
            assert!(slices < 20);
        }
        assert_eq!(pts, 14);
        assert!(matches!(&seen[0], Change::NewMessage(m) if m.body.text == "after the edits"));
        assert!(matches!(&seen[1], Change::ReadOutbox { .. }));
        assert_eq!(seen[2..], [Change::Deleted(vec![MessageId(1)])]);
    }
    store.close().await;
}

/// A deletion consumes as many `pts` as messages went; the messages' own entries vanish from the
/// log, and the reader is still led to the mailbox's final `pts`.
pub async fn deleted_messages_leave_the_final_pts(place: &impl Place) {
    let Opened { store, .. } = open(place);
    for _ in 0..5 {
        send(&store, A, B, "hello").await;
    }
    let deleted = delete(&store, B, A, &[2, 4, 5, 77])
        .await
        .expect("a deletion");
    assert_eq!((deleted.pts, deleted.pts_count), (8, 3));
    let ids = [2, 4, 5].map(MessageId).to_vec();
    assert_eq!(deleted.change, Change::Deleted(ids.clone()));

    let difference = log(&store, B, 0, 10).await;
    assert_eq!(difference.pts, 8);
    let pts: Vec<u32> = difference.entries.iter().map(|entry| entry.pts).collect();
    assert_eq!(pts, [1, 3, 8]);
    assert_eq!(difference.entries[2].change, Change::Deleted(ids));
    assert_eq!(
        log(&store, A, 0, 10).await.entries.len(),
        5,
        "the author's copies stay"
    );
    let (_, next) = send(&store, A, B, "next").await;
    assert_eq!(
        new_message(&next).id,
        MessageId(6),
        "numbers are not used again"
    );
    store.close().await;
}

/// The number of the first message of a chat at or after a date, with other chats in between.
pub async fn a_date_finds_the_first_message_since(place: &impl Place) {
    let Opened { store, clock, .. } = open(place);
    let mut dates = Vec::new();
    for round in 0..40 {
        clock.advance(if round % 4 == 0 { 0 } else { 2_000 });
        let peer = if round % 3 == 0 { C } else { B };
        let (sent, _) = send(&store, A, peer, "hello").await;
        dates.push((new_message(&sent).id, new_message(&sent).date, peer));
    }
    delete(&store, A, B, &[3, 9, 39]).await;
    let (start, end) = (dates[0].1 - 2, dates[39].1 + 2);
    let mut view = store.view().await.expect("a view");
    for peer in [B, C] {
        for date in start..=end {
            let found = mailbox::first_since(&mut *view, A.into(), peer.into(), date).await;
            let found = found.expect("a number");
            let left = |id: MessageId| ![3, 9, 39].map(MessageId).contains(&id);
            let in_chat = |id: MessageId| {
                dates.iter().any(|(at, _, with)| *at == id && *with == peer) && left(id)
            };
            for (id, at, _) in dates.iter().filter(|(id, _, _)| in_chat(*id)) {
                assert_eq!(*id >= found, *at >= date, "{id:?} of {at} against {date}");
            }
        }
    }
    drop(view);
    store.close().await;
}

/// Unread are the incoming messages of that chat with larger numbers than the mark.
pub async fn unread_messages_are_the_incoming_ones_after_the_mark(place: &impl Place) {
    let Opened { store, .. } = open(place);
    for _ in 0..4 {
        send(&store, A, B, "in").await;
        send(&store, B, A, "out").await;
        send(&store, C, B, "elsewhere").await;
    }
    let mut view = store.view().await.expect("a view");
    for (mark, expected) in [(0, 4), (1, 3), (3, 3), (4, 2), (10, 0), (u32::MAX - 1, 0)] {
        let unread = mailbox::count_unread(&mut *view, B.into(), A.into(), MessageId(mark)).await;
        assert_eq!(unread.expect("a count"), expected, "after {mark}");
    }
    drop(view);
    store.close().await;
}

/// A chat's messages by number from either end, without those of other chats.
pub async fn history_pages_from_both_ends(place: &impl Place) {
    let Opened { store, .. } = open(place);
    for round in 0..10 {
        send(&store, A, B, &format!("b{round}")).await;
        send(&store, A, C, "c").await;
        send(&store, B, A, &format!("a{round}")).await;
    }
    let mut view = store.view().await.expect("a view");
    let mut page = async |owner: UserId, ids, order, limit| -> Vec<(u32, String)> {
        let peer = if owner == A { B } else { A };
        let page = mailbox::history(&mut *view, owner.into(), peer.into(), ids, order, limit).await;
        page.expect("a page")
            .into_iter()
            .map(|m| (m.id.0, m.body.text))
            .collect()
    };
    let newest = page(A, 0..u32::MAX, Order::Descending, 3).await;
    assert_eq!(
        newest,
        [(30, "a9".into()), (28, "b9".into()), (27, "a8".into())]
    );
    let oldest = page(B, 0..u32::MAX, Order::Ascending, 2).await;
    assert_eq!(oldest, [(1, "b0".into()), (2, "a0".into())]);
    let middle = page(A, 4..9, Order::Ascending, 9).await;
    assert_eq!(
        middle,
        [(4, "b1".into()), (6, "a1".into()), (7, "b2".into())]
    );
    let top = mailbox::top_message(&mut *view, A.into(), C.into())
        .await
        .expect("a top message");
    assert_eq!(top.map(|message| message.id), Some(MessageId(29)));
    drop(view);
    store.close().await;
}

/// A repeated `random_id` finds what it became, for its own sender only.
pub async fn a_random_id_is_remembered_until_forgotten(place: &impl Place) {
    async fn sent_as(tx: &mut Tx<'_>, owner: Owner) -> Result<Option<MessageId>, StoreError> {
        mailbox::sent_as(tx, owner, -5).await
    }
    let Opened { store, .. } = open(place);
    let first = write(&store, &[], |tx| {
        Box::pin(async move {
            assert_eq!(sent_as(tx, A.into()).await?, None);
            mailbox::remember_sent(tx, A.into(), -5, MessageId(9))
        })
    });
    let again = write(&store, &[], |tx| Box::pin(sent_as(tx, A.into())));
    let other = write(&store, &[], |tx| Box::pin(sent_as(tx, B.into())));
    first.await.expect("remembered");
    assert_eq!(again.await.expect("a lookup"), Some(MessageId(9)));
    assert_eq!(other.await.expect("a lookup"), None);
    let forgotten = write(&store, &[], |tx| {
        Box::pin(async move {
            mailbox::forget_sent(tx, A.into(), -5)?;
            sent_as(tx, A.into()).await
        })
    });
    assert_eq!(forgotten.await.expect("a lookup"), None);
    store.close().await;
}

/// `getDifference` tells the changes without `pts` from the client's second on, each once and where
/// it stood last.
pub async fn notices_are_told_from_their_second_on_and_once(place: &impl Place) {
    let Opened { store, clock, ear } = open(place);
    let note = |notice: Notice| {
        write(&store, &[], move |tx| {
            Box::pin(async move {
                mailbox::note(tx, A.into(), notice).await?;
                Ok(tx.now().seconds())
            })
        })
    };
    let second = note(Notice::PinnedOrder).await.expect("a notice");
    note(Notice::Draft(B.into())).await.expect("a notice");
    note(Notice::PinnedOrder).await.expect("a notice");
    clock.advance(1_000);
    note(Notice::Name(B)).await.expect("a notice");

    let mut view = store.view().await.expect("a view");
    let mut since = async |date| {
        mailbox::notices_since(&mut *view, A.into(), date, 100)
            .await
            .expect("the notices")
    };
    let all = [
        Notice::Draft(B.into()),
        Notice::PinnedOrder,
        Notice::Name(B),
    ];
    assert_eq!(since(0).await, all);
    assert_eq!(since(second).await, all);
    assert_eq!(since(second + 1).await, [Notice::Name(B)]);
    assert_eq!(since(second + 2).await, []);
    let heard: usize = ear.heard().iter().map(|wake| wake.notices.len()).sum();
    assert_eq!(heard, 4);
    drop(view);
    store.close().await;
}
