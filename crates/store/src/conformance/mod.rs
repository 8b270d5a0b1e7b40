//! The promises of [`Engine`](crate::Engine) and of the mailboxes over it, as tests that every
//! engine runs: see [`conformance_tests!`](crate::conformance_tests).

pub mod commands;
pub mod mailboxes;
pub mod random;
pub mod rows;

use crate::{BoxFuture, Clock, Command, Listener, Locks, Store, StoreError, Tx, Wake};
use heliograph_model::{Body, Owner, UnixMs, UserId};
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the data of one store lives. It is empty at first and keeps what stores opened on it write.
pub trait Place {
    /// Opens the engine under test.
    fn open(&self, clock: Arc<dyn Clock>, listener: Arc<dyn Listener>)
    -> Result<Store, StoreError>;
}

/// Makes every case a test: `conformance_tests!(a_function_that_makes_an_empty_place)`.
#[macro_export]
macro_rules! conformance_tests {
    ($place:path) => {
        $crate::conformance_tests!(@ $place, rows:
            a_row_is_found_by_its_table_owner_and_key
            ranges_are_read_from_both_ends_with_limits
            a_command_reads_its_own_and_earlier_writes_in_ranges
            rows_of_every_table_survive_reopening
            a_view_shows_one_moment
            views_are_whole_while_commits_run);
        $crate::conformance_tests!(@ $place, commands:
            commands_apply_in_the_order_of_submission
            a_refused_command_leaves_no_trace_and_spares_its_neighbours
            a_panicking_command_leaves_no_trace_and_spares_its_neighbours
            an_undeclared_mailbox_is_not_written
            an_answered_command_is_visible_at_once
            a_command_is_applied_when_its_caller_stops_waiting
            wakes_tell_every_change_in_order
            counters_count_without_gaps_across_commands
            jobs_are_listed_by_due_time_and_announced
            time_never_goes_back
            closing_finishes_what_is_queued);
        $crate::conformance_tests!(@ $place, mailboxes:
            a_pair_is_numbered_in_each_mailbox
            a_message_to_oneself_stands_once
            an_edit_shows_in_both_copies
            the_text_outlives_the_copy_that_held_it
            a_difference_in_slices_is_the_whole_difference
            edits_of_deleted_messages_do_not_hide_what_follows
            deleted_messages_leave_the_final_pts
            a_date_finds_the_first_message_since
            unread_messages_are_the_incoming_ones_after_the_mark
            history_pages_from_both_ends
            a_random_id_is_remembered_until_forgotten
            notices_are_told_from_their_second_on_and_once);
        $crate::conformance_tests!(@ $place, random:
            stale_readers_and_pushes_agree_with_the_fresh_state);
    };
    (@ $place:path, $module:ident: $($case:ident)*) => {$(
        #[test]
        fn $case() {
            $crate::conformance::run($crate::conformance::$module::$case(&$place()));
        }
    )*};
}

/// Runs a case to its end.
pub fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime without drivers needs nothing")
        .block_on(case);
}

/// An open store with its clock and what its listener was told.
struct Opened {
    store: Store,
    clock: Arc<HandClock>,
    ear: Arc<Ear>,
}

fn open(place: &impl Place) -> Opened {
    let clock = Arc::new(HandClock(AtomicI64::new(1_700_000_000_000)));
    let ear = Arc::new(Ear::default());
    let store = place
        .open(clock.clone(), ear.clone())
        .expect("the place can be opened");
    Opened { store, clock, ear }
}

/// A clock that stands still until it is set.
struct HandClock(AtomicI64);

impl HandClock {
    fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
    fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

/// A listener that keeps what it hears.
#[derive(Default)]
struct Ear {
    wakes: Mutex<Vec<Wake>>,
    jobs_due: AtomicUsize,
}

impl Ear {
    fn heard(&self) -> Vec<Wake> {
        self.wakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Listener for Ear {
    fn committed(&self, wakes: Vec<Wake>) {
        self.wakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(wakes);
    }
    fn jobs_due(&self) {
        self.jobs_due.fetch_add(1, Ordering::SeqCst);
    }
}

/// A command made of a closure.
struct Do<F> {
    locks: Locks,
    apply: F,
}

impl<F, T> Command for Do<F>
where
    F: for<'a, 'b> FnOnce(&'a mut Tx<'b>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    type Output = T;
    type Error = StoreError;
    const NAME: &'static str = "conformance";

    fn locks(&self) -> Locks {
        self.locks.clone()
    }

    fn apply(self, tx: &mut Tx<'_>) -> impl Future<Output = Result<T, StoreError>> + Send {
        (self.apply)(tx)
    }
}

/// Queues a closure that changes the mailboxes of `owners`.
fn write<F, T>(
    store: &Store,
    owners: &[Owner],
    apply: F,
) -> impl Future<Output = Result<T, StoreError>> + use<F, T>
where
    F: for<'a, 'b> FnOnce(&'a mut Tx<'b>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    write_from(store, None, owners, apply)
}

/// The same, for the session `origin`.
fn write_from<F, T>(
    store: &Store,
    origin: Option<u64>,
    owners: &[Owner],
    apply: F,
) -> impl Future<Output = Result<T, StoreError>> + use<F, T>
where
    F: for<'a, 'b> FnOnce(&'a mut Tx<'b>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    store.write_from(
        origin,
        Do {
            locks: Locks::of(owners.iter().copied()),
            apply,
        },
    )
}

fn owner(user: i64) -> Owner {
    UserId(user).into()
}

fn text(text: &str) -> Body {
    Body {
        text: text.to_owned(),
        ..Body::default()
    }
}
