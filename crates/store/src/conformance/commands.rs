//! Commands: order, savepoints, answers, wakes, counters, jobs, time.

use super::{Opened, Place, open, owner, text, write, write_from};
use crate::mailbox::{self, EventKind, Mailbox, NewMessage};
use crate::{Job, KeyRange, Order, Store, StoreError, Tx, Wake, enqueue};
use heliograph_model::{Logged, MessageId, Notice, Owner, Peer, UnixMs, UserId};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const A: UserId = UserId(1);
const B: UserId = UserId(2);

/// A message of `author`, in a chat with `peer`.
fn hello(author: UserId, peer: UserId) -> NewMessage {
    NewMessage {
        peer: peer.into(),
        from: author,
        flags: 1,
        reply_to: None,
        body: text("hello"),
    }
}

async fn state_of(store: &Store, owner: Owner) -> Mailbox {
    let mut view = store.view().await.expect("a view");
    mailbox::state(&mut *view, owner).await.expect("a mailbox")
}

/// Two writes called one after another are applied in that order, whichever is awaited first.
pub async fn commands_apply_in_the_order_of_submission(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let writes: Vec<_> = (1..=300)
        .map(|_| write(&store, &[], |tx| Box::pin(tx_number(tx))))
        .collect();
    let mut numbers = Vec::new();
    for write in writes.into_iter().rev() {
        numbers.push(write.await.expect("a number"));
    }
    numbers.reverse();
    assert_eq!(numbers, (1..=300).collect::<Vec<u64>>());
    store.close().await;
}

async fn tx_number(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.next_number("conformance").await
}

fn refusal() -> StoreError {
    StoreError::Engine("refused".into())
}

/// The error of a command takes back its rows, counters, jobs and wakes; those queued around it
/// commit, and neither see nor miss anything.
pub async fn a_refused_command_leaves_no_trace_and_spares_its_neighbours(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    let before = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
    let refused = write(&store, &[A.into(), B.into()], |tx| {
        Box::pin(async move {
            mailbox::append_pair(tx, A, B, hello(A, B), None).await?;
            mailbox::note(tx, A.into(), Notice::PinnedOrder).await?;
            tx.next_number("conformance").await?;
            enqueue(tx, UnixMs(0), "never", Vec::new()).await?;
            Err::<(), _>(refusal())
        })
    });
    let after = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
    let number = write(&store, &[], |tx| Box::pin(tx_number(tx)));

    assert_eq!(before.await.expect("the neighbour before").pts, 1);
    assert!(matches!(refused.await, Err(StoreError::Engine(words)) if words == "refused"));
    assert_eq!(after.await.expect("the neighbour after").pts, 2);
    assert_eq!(number.await.expect("the counter"), 1);
    let Mailbox { pts, last_id, .. } = state_of(&store, A.into()).await;
    assert_eq!((pts, last_id), (2, 2));
    assert_eq!(state_of(&store, B.into()).await, Mailbox::default());
    let heard = ear.heard();
    assert!(
        heard
            .iter()
            .all(|wake| wake.owner == A.into() && wake.notices.is_empty())
    );
    assert_eq!(pts_of(&heard), [1, 2]);
    assert_eq!(ear.jobs_due.load(Ordering::SeqCst), 0);
    store.close().await;
}

async fn appended(tx: &mut Tx<'_>, user: UserId) -> Result<Arc<Logged>, StoreError> {
    mailbox::append(tx, user.into(), hello(user, user)).await
}

fn pts_of(wakes: &[Wake]) -> Vec<u32> {
    wakes
        .iter()
        .flat_map(|wake| wake.logged.iter().map(|logged| logged.pts))
        .collect()
}

/// A panic is a refusal for its own caller and nothing for the others.
pub async fn a_panicking_command_leaves_no_trace_and_spares_its_neighbours(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let before = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
    let broken = write(&store, &[A.into()], |tx| {
        Box::pin(async move {
            appended(tx, A).await?;
            let ids: Vec<MessageId> = Vec::new();
            Ok(ids[0])
        })
    });
    let after = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
    assert!(before.await.is_ok());
    assert!(matches!(broken.await, Err(StoreError::Panicked { .. })));
    assert_eq!(after.await.expect("the neighbour after").pts, 2);
    assert_eq!(state_of(&store, A.into()).await.pts, 2);
    store.close().await;
}

/// Without its lock a mailbox is not changed; directory rows need none.
pub async fn an_undeclared_mailbox_is_not_written(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let undeclared = write(&store, &[A.into()], |tx| {
        Box::pin(async move {
            mailbox::append_pair(tx, A, B, hello(A, B), None).await?;
            Ok(())
        })
    });
    assert!(matches!(
        undeclared.await,
        Err(StoreError::Undeclared { .. })
    ));
    assert_eq!(state_of(&store, A.into()).await, Mailbox::default());
    store.close().await;
}

/// Whoever has the answer sees the change in a view asked for afterwards.
pub async fn an_answered_command_is_visible_at_once(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    for pts in 1..=50 {
        let write = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
        assert_eq!(write.await.expect("a message").pts, pts);
        assert_eq!(state_of(&store, A.into()).await.pts, pts);
        assert_eq!(
            pts_of(&ear.heard()).len(),
            pts as usize,
            "the wake comes before the answer"
        );
    }
    store.close().await;
}

/// A caller that goes away takes nothing back.
pub async fn a_command_is_applied_when_its_caller_stops_waiting(place: &impl Place) {
    let Opened { store, .. } = open(place);
    drop(write(&store, &[A.into()], |tx| Box::pin(appended(tx, A))));
    let next = write(&store, &[A.into()], |tx| Box::pin(appended(tx, A)));
    assert_eq!(next.await.expect("a message").pts, 2);
    store.close().await;
}

/// Wakes come in the order of commits, name the session that asked, and leave nothing out.
pub async fn wakes_tell_every_change_in_order(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    let mut writes = Vec::new();
    for _ in 0..100 {
        writes.push(write(&store, &[A.into(), B.into()], |tx| {
            Box::pin(async move {
                let (sent, received) = mailbox::append_pair(tx, A, B, hello(A, B), None).await?;
                let kind = EventKind::ReadInbox {
                    peer: A.into(),
                    max_id: MessageId(1),
                    still_unread: 0,
                };
                mailbox::record(tx, B.into(), 1, kind).await?;
                mailbox::note(tx, B.into(), Notice::Draft(Peer::User(A))).await?;
                Ok((sent.pts, received.pts))
            })
        }));
    }
    for write in writes {
        write.await.expect("a message");
    }
    let heard = ear.heard();
    let of = |user: UserId| -> Vec<Wake> {
        heard
            .iter()
            .filter(|wake| wake.owner == user.into())
            .cloned()
            .collect()
    };
    assert_eq!(pts_of(&of(A)), (1..=100).collect::<Vec<u32>>());
    assert_eq!(pts_of(&of(B)), (1..=200).collect::<Vec<u32>>());
    assert_eq!(
        of(B).iter().map(|wake| wake.notices.len()).sum::<usize>(),
        100
    );
    assert!(heard.iter().all(|wake| wake.origin.is_none()));

    let from_77 = write_from(&store, Some(77), &[A.into()], |tx| {
        Box::pin(appended(tx, A))
    });
    from_77.await.expect("a message");
    assert_eq!(ear.heard().last().and_then(|wake| wake.origin), Some(77));
    store.close().await;
}

/// A counter gives each number once, from 1, across groups and reopening.
pub async fn counters_count_without_gaps_across_commands(place: &impl Place) {
    let Opened { store, .. } = open(place);
    for expected in 1..=3_u64 {
        let number = write(&store, &[], |tx| Box::pin(tx_number(tx)));
        assert_eq!(number.await.expect("a number"), expected);
    }
    store.close().await;
    drop(store);
    let Opened { store, .. } = open(place);
    let number = write(&store, &[], |tx| Box::pin(tx_number(tx)));
    let other = write(&store, &[], |tx| Box::pin(tx.next_number("another")));
    assert_eq!(number.await.expect("a number"), 4);
    assert_eq!(other.await.expect("a number"), 1);
    store.close().await;
}

/// Jobs stand in the order of their due time, and the listener hears of them.
pub async fn jobs_are_listed_by_due_time_and_announced(place: &impl Place) {
    let Opened { store, ear, .. } = open(place);
    for due in [3000, 1000, 2000] {
        let job = write(&store, &[], move |tx| {
            Box::pin(
                async move { enqueue(tx, UnixMs(due), "kind", due.to_be_bytes().into()).await },
            )
        });
        job.await.expect("a job");
    }
    assert!(ear.jobs_due.load(Ordering::SeqCst) >= 1);
    let mut view = store.view().await.expect("a view");
    let jobs = view
        .list::<Job>(Owner::INSTALLATION, KeyRange::all(), Order::Ascending, 10)
        .await
        .expect("the jobs");
    let due: Vec<u64> = jobs.iter().map(|((due, _), _)| *due).collect();
    assert_eq!(due, [1000, 2000, 3000]);
    assert!(
        jobs.iter()
            .all(|((due, _), job)| job.payload.as_slice() == due.to_be_bytes())
    );
    drop(view);
    store.close().await;
}

/// Commands see a time that stands still when the clock goes back, also over a restart.
pub async fn time_never_goes_back(place: &impl Place) {
    let Opened { store, clock, .. } = open(place);
    let now = |store: &Store| write(store, &[A.into()], |tx| Box::pin(noted(tx)));
    let first = now(&store).await.expect("a time");
    clock.advance(5_000);
    let second = now(&store).await.expect("a time");
    assert_eq!(second.0, first.0 + 5_000);
    clock.set(1_000);
    assert_eq!(now(&store).await.expect("a time"), second);
    store.close().await;
    drop(store);

    let Opened { store, clock, .. } = open(place);
    clock.set(1_000);
    assert_eq!(
        now(&store).await.expect("a time"),
        second,
        "a restart does not turn time back"
    );
    store.close().await;
}

async fn noted(tx: &mut Tx<'_>) -> Result<UnixMs, StoreError> {
    appended(tx, A).await?;
    Ok(tx.now())
}

/// What was queued before closing is applied and answered; what comes after is refused.
pub async fn closing_finishes_what_is_queued(place: &impl Place) {
    let Opened { store, .. } = open(place);
    let queued: Vec<_> = (0..500)
        .map(|_| write(&store, &[A.into()], |tx| Box::pin(appended(tx, A))))
        .collect();
    store.close().await;
    let late = write(&store, &[owner(1)], |tx| Box::pin(appended(tx, A)));
    assert!(matches!(late.await, Err(StoreError::Closed)));
    for write in queued {
        write.await.expect("queued before closing");
    }
    drop(store);
    let Opened { store, .. } = open(place);
    assert_eq!(state_of(&store, A.into()).await.pts, 500);
    store.close().await;
}
