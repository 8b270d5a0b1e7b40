//! The keeper over its socket: the same answers, one budget, restarts and hostile peers.

use heliograph_keeper::{
    Clock, Keeper, KeeperClient, KeeperError, Limits, LocalKeeper, LogProof, Order, Purpose,
    RemoteKeeper, Secrets, SecretsClient, SecretsError, bind, phone_tag, serve,
};
use heliograph_vault::oprf::{Blinded, OprfKey};
use std::future::pending;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

const NOW_S: u64 = 1_900_000_000;

fn clock() -> Clock {
    Arc::new(|| NOW_S)
}

fn element(seed: u8) -> [u8; 32] {
    let blinded = Blinded::new(b"input", &[seed; 64]).expect("usable");
    blinded.element().to_bytes()
}

fn in_memory(per_day: u32, sign_in_reserve: u32) -> Arc<Keeper> {
    let key = OprfKey::derive(&[1; 32], b"test").expect("usable");
    Arc::new(Keeper::in_memory(
        key,
        Limits {
            per_day,
            sign_in_reserve,
            ..Limits::default()
        },
    ))
}

/// A socket path inside a folder that goes away with the test.
fn place() -> (TempDir, PathBuf) {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let socket = outer.path().join("socket");
    (outer, socket)
}

fn start(socket: &Path, keeper: Arc<Keeper>) -> JoinHandle<()> {
    let listener = bind(socket).expect("bound");
    tokio::spawn(serve(listener, keeper, clock()))
}

/// Ends a keeper in the middle of whatever it does, and waits until it has let go of its folder.
async fn kill(keeper: &Arc<Keeper>, serving: JoinHandle<()>) {
    serving.abort();
    let _ = serving.await;
    while Arc::strong_count(keeper) > 1 {
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn remote_keeper_answers_as_the_local_one() {
    let (_outer, socket) = place();
    let keeper = in_memory(100, 0);
    start(&socket, Arc::clone(&keeper));
    let remote = RemoteKeeper::new(&socket);
    let local = LocalKeeper::new(keeper, clock());
    let batch: Vec<_> = (1..20).map(element).collect();
    for purpose in [Purpose::SignIn, Purpose::Import] {
        let here = local.evaluate_batch(purpose, 7, &batch).await;
        assert!(here.is_ok());
        assert_eq!(remote.evaluate_batch(purpose, 7, &batch).await, here);
    }
    assert!(remote.evaluate(Purpose::Desk, 7, element(1)).await.is_ok());
    assert_eq!(
        remote.evaluate(Purpose::Desk, 7, element(1)).await,
        Err(KeeperError::CaseAnswered)
    );
    assert_eq!(
        remote.evaluate(Purpose::SignIn, 7, [0xff; 32]).await,
        Err(KeeperError::Malformed)
    );
}

#[tokio::test]
async fn socket_is_closed_to_others_and_taken_over_only_from_the_dead() {
    let (_outer, socket) = place();
    let keeper = in_memory(10, 0);
    let serving = start(&socket, Arc::clone(&keeper));
    let mode = std::fs::metadata(&socket)
        .expect("bound")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        bind(&socket).err().map(|error| error.kind()),
        Some(ErrorKind::AddrInUse)
    );

    kill(&keeper, serving).await;
    start(&socket, keeper);
    let remote = RemoteKeeper::new(&socket);
    assert!(
        remote
            .evaluate(Purpose::SignIn, 1, element(1))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn killed_keeper_comes_back_with_its_key_and_its_spending() {
    let (outer, socket) = place();
    let folder = outer.path().join("keeper");
    let open = |seed| {
        let keeper = Keeper::open(&folder, Limits::default(), &[seed; 32]);
        Arc::new(keeper.unwrap_or_else(|error| panic!("{error}")))
    };
    let remote = Arc::new(RemoteKeeper::new(&socket));
    let tag = async || {
        let entropy = |buffer: &mut [u8]| buffer.fill(9);
        phone_tag(&*remote, Purpose::Import, 1, "15550100", entropy).await
    };

    let keeper = open(1);
    let serving = start(&socket, Arc::clone(&keeper));
    let before = tag().await;
    assert!(before.is_ok());
    let batch = [element(1); 498];
    let spent = remote.evaluate_batch(Purpose::Import, 1, &batch).await;
    assert_eq!(spent.map(|answers| answers.len()), Ok(498));

    // A call made while the keeper is down waits for it.
    kill(&keeper, serving).await;
    drop(keeper);
    let waiting = tokio::spawn({
        let remote = Arc::clone(&remote);
        async move { remote.evaluate(Purpose::SignIn, 1, element(1)).await }
    });
    sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    start(&socket, open(2));
    assert!(waiting.await.expect("it ran").is_ok());

    assert_eq!(tag().await, before);
    assert!(tag().await.is_err(), "500 are spent");
}

#[tokio::test(start_paused = true)]
async fn absent_keeper_is_unavailable_after_a_while() {
    let (_outer, socket) = place();
    let remote = RemoteKeeper::new(&socket);
    assert_eq!(
        remote.evaluate(Purpose::SignIn, 1, element(1)).await,
        Err(KeeperError::Unavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn keeper_that_accepts_and_is_silent_is_unavailable_after_a_while() {
    let (_outer, socket) = place();
    let _listener = bind(&socket).expect("bound");
    let remote = RemoteKeeper::new(&socket);
    assert_eq!(
        remote.evaluate(Purpose::SignIn, 1, element(1)).await,
        Err(KeeperError::Unavailable)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn storm_over_the_socket_never_exceeds_the_budget() {
    let (_outer, socket) = place();
    start(&socket, in_memory(300, 100));
    let mut calls = JoinSet::new();
    // Two servers, each with many people at once.
    for _ in 0..2 {
        let remote = Arc::new(RemoteKeeper::new(&socket));
        for caller in 0..150 {
            let remote = Arc::clone(&remote);
            calls.spawn(async move {
                let purpose = match caller % 3 {
                    0 => Purpose::SignIn,
                    1 => Purpose::Import,
                    _ => Purpose::Desk,
                };
                let batch = [element(1); 4];
                match remote.evaluate_batch(purpose, caller, &batch).await {
                    Ok(answers) => (purpose, answers.len()),
                    Err(KeeperError::Budget { .. } | KeeperError::CaseAnswered) => (purpose, 0),
                    Err(error) => panic!("{error}"),
                }
            });
        }
    }
    let (mut sign_in, mut others) = (0, 0);
    while let Some(call) = calls.join_next().await {
        match call.expect("it ran") {
            (Purpose::SignIn, count) => sign_in += count,
            (_, count) => others += count,
        }
    }
    assert!(others <= 200, "{others} evaluations beside sign-in");
    assert!(sign_in >= 100, "{sign_in} sign-ins");
    assert_eq!(
        sign_in + others,
        300,
        "the storm asks for more than there is"
    );
}

#[tokio::test]
async fn call_given_up_half_way_leaves_no_answer_to_the_next() {
    let (_outer, socket) = place();
    start(&socket, in_memory(100_000, 0));
    let remote = Arc::new(RemoteKeeper::new(&socket));
    let expected = remote.evaluate(Purpose::SignIn, 1, element(1)).await;
    assert!(expected.is_ok());
    for pause_us in (0..40).map(|step| step * 100) {
        let batch = [element(2); 50];
        let call = remote.evaluate_batch(Purpose::SignIn, 1, &batch);
        let _ = tokio::time::timeout(Duration::from_micros(pause_us), call).await;
        let next = remote.evaluate(Purpose::SignIn, 1, element(1)).await;
        assert_eq!(next, expected);
    }
}

#[tokio::test]
async fn malformed_frames_end_their_connection_and_no_other() {
    let (_outer, socket) = place();
    start(&socket, in_memory(100, 0));
    let too_long = 0x7fff_ffff_u32.to_le_bytes().to_vec();
    let empty = vec![0; 4];
    let other_version = [&42u32.to_le_bytes()[..], &[9; 42]].concat();
    for frame in [too_long, empty, other_version] {
        let mut peer = UnixStream::connect(&socket).await.expect("connected");
        peer.write_all(&frame).await.expect("written");
        let mut answer = Vec::new();
        let _ = peer.read_to_end(&mut answer).await;
        assert_eq!(answer, [1, 0, 0, 0, 2], "malformed, then the end");
    }
    // One that stops in the middle of a frame keeps only itself waiting.
    let mut stalled = UnixStream::connect(&socket).await.expect("connected");
    stalled.write_all(&[42, 0, 0, 0, 1]).await.expect("written");

    let remote = RemoteKeeper::new(&socket);
    assert!(
        remote
            .evaluate(Purpose::SignIn, 1, element(1))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn imports_that_get_no_answer_do_not_hold_up_sign_in() {
    let (_outer, socket) = place();
    let silent = bind(&socket).expect("bound");
    let remote = Arc::new(RemoteKeeper::new(&socket));
    let mut imports = JoinSet::new();
    for _ in 0..20 {
        let remote = Arc::clone(&remote);
        imports.spawn(async move { remote.evaluate(Purpose::Import, 1, element(1)).await });
    }
    let mut stuck = Vec::new();
    for _ in 0..4 {
        stuck.push(silent.accept().await.expect("an import connects"));
    }
    let sign_in = tokio::select! {
        accepted = silent.accept() => accepted.is_ok(),
        _ = remote.evaluate(Purpose::SignIn, 1, element(1)) => pending().await,
    };
    assert!(
        sign_in,
        "sign-in reaches the keeper while four imports wait"
    );
}

const TODAY: u32 = (NOW_S / 86_400) as u32;

fn with_secrets() -> Arc<Keeper> {
    let key = OprfKey::derive(&[1; 32], b"test").expect("usable");
    let fill = Arc::new(|out: &mut [u8]| out.fill(7));
    let keeper = Keeper::in_memory(key, Limits::default());
    Arc::new(keeper.with_secrets(Secrets::in_memory(fill)))
}

#[tokio::test]
async fn secrets_come_over_the_socket() {
    let (_outer, socket) = place();
    start(&socket, with_secrets());
    let remote = RemoteKeeper::new(&socket);

    let person = remote.person(1).await.expect("made");
    assert_eq!(person.as_bytes(), &[7; 32]);
    assert_eq!(remote.forget_person(1).await, Ok(()));
    let forgotten = remote.person(1).await.err();
    assert_eq!(forgotten, Some(SecretsError::Erased));

    let day = remote.today(TODAY).await.expect("made");
    assert_eq!((day.day(), day.as_bytes()), (TODAY, &[7; 32]));
    let other = remote.today(TODAY + 1).await.err();
    assert_eq!(other, Some(SecretsError::NotToday { today: TODAY }));
    assert_eq!(remote.erase_due(90).await, Ok(vec![]));

    let case = remote.case_key([1; 16]).await.expect("made");
    assert_eq!(*case, [7; 32]);

    let logged = LogProof {
        entry: vec![1],
        proof: "none".into(),
    };
    let order = Order {
        logged: logged.clone(),
        user_id: 1,
        records: vec![vec![0; 300]; 1000],
    };
    let unpinned = SecretsError::NotPinned;
    assert_eq!(remote.secrets_for_open(&order).await.err(), Some(unpinned));
    assert_eq!(remote.preserve_secrets(&order).await, Err(unpinned));
    assert_eq!(remote.extend(&logged).await, Err(unpinned));
    let bad = remote.pin_log("nonsense").await;
    assert_eq!(bad, Err(SecretsError::BadPolicy));
    assert_eq!(remote.release(3).await, Ok(()));
    let released = remote.preserved_person(3).await.err();
    assert_eq!(released, Some(SecretsError::Erased));
}

#[tokio::test]
async fn a_keeper_without_secrets_evaluates_all_the_same() {
    let (_outer, socket) = place();
    start(&socket, in_memory(100, 0));
    let remote = RemoteKeeper::new(&socket);
    let none = remote.person(1).await.err();
    assert_eq!(none, Some(SecretsError::Unavailable));
    let evaluated = remote.evaluate(Purpose::SignIn, 1, element(1)).await;
    assert!(evaluated.is_ok());
}
