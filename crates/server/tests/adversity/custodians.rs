//! Custodians as processes of their own, as they run in other hands than the operator's.
//!
//! The server is in this process, under a clock that has been moved: it began three weeks ago, so
//! that its court counts today, when three `heliograph custodian` take over from the local one.

use crate::program::{PATIENCE, heliograph, now, run, until};
use heliograph_console::Casework as _;
use heliograph_console::casework::{CaseAct, CaseworkError};
use heliograph_desk_store::{CaseId, Kinds, UserId};
use heliograph_disclosure::case::State;
use heliograph_offline::custodian::client::{CustodianClient as _, Remote};
use heliograph_offline::identity::Card;
use heliograph_testkit::{DeskHouse, HandClock, Person};
use heliograph_tl::functions;
use heliograph_transparency::entry::{Custodian, DAY_S, Day, Minute, Mode, Roster};
use heliograph_transparency::files::{Ask, AskFormat, Base64, Bundle, Reply, Response};
use heliograph_transparency::folder::FolderLog;
use heliograph_transparency::note::SignerKey;
use heliograph_vault::record::SealedRecord;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// Where Ada is in the local custodian's time, and in that of the three.
const BEFORE: &str = "198.51.100.23:40001";
const AFTER: &str = "198.51.100.77:40002";
const ADAS_NUMBER: &str = "99966000001";

/// How many days the server has been running when the three take over: more than the local
/// custodian has made keys ahead for.
const DAYS: u64 = 21;

/// How many custodians this process has started.
static STARTED: AtomicU8 = AtomicU8::new(0);

/// One of the three.
struct Elsewhere {
    folder: TempDir,
    card: Card,
    address: SocketAddr,
    process: Option<Child>,
}

impl Elsewhere {
    /// Makes its identity, as its holder does after having been handed the trust policy.
    fn init(index: u16, policy: &Path, log: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("custodian");
        let card = run(&[
            "custodian",
            "--folder",
            own.to_str().expect("a path of ours"),
            "--init",
            &format!("custodian-{index}"),
            "--policy",
            policy.to_str().expect("a path of ours"),
        ]);
        assert!(card.status.success(), "{card:?}");
        let [.., high, low] = std::process::id().to_be_bytes();
        // An address of its own: nobody else is at its port.
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::new(127, 64 | number, high, low.clamp(1, 254));
        let one = Self {
            card: Card::parse(&card.stdout).expect("a card"),
            address: SocketAddr::from((address, 8600)),
            folder,
            process: None,
        };
        one.show(log);
        one
    }

    /// Where it finds the log that it is shown.
    fn shown(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Shows it the log in this folder from now on.
    fn show(&self, log: &Path) {
        let _ = fs::remove_file(self.shown());
        symlink(log, self.shown()).expect("a folder of ours");
    }

    fn start(&mut self) {
        let words = File::create(self.folder.path().join("words")).expect("a folder of ours");
        let process = heliograph(&["custodian", "--listen", &self.address.to_string()])
            .arg("--folder")
            .arg(self.folder.path().join("custodian"))
            .arg("--log-at")
            .arg(self.shown())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(words)
            .spawn();
        self.process = Some(process.expect("the program is built"));
        until("the custodian", || TcpStream::connect(self.address).ok());
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it runs");
            process.wait().expect("it is a child");
        }
    }

    /// Its entry in a roster.
    fn listed(&self, index: u16) -> Custodian {
        Custodian {
            index,
            name: self.card.name.clone(),
            key: self.card.key,
            address: self.url(),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it says to an ask that an attacker, or the desk, sends it.
    async fn ask(&self, ask: &Ask) -> Result<(), String> {
        let (url, ask) = (self.url(), ask.clone());
        let reply = spawn_blocking(move || Remote::new(&url).expect("an address").ask(&ask));
        match reply.await.expect("the call does not panic") {
            Ok(Reply::Answer(answer)) => {
                assert_eq!(answer.positions.len(), answer.partials.len());
                Ok(())
            }
            Ok(Reply::Refusal(refusal)) => Err(refusal.reason),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The reason for which it refuses.
    #[track_caller]
    fn refuses(&self, ask: &Ask) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            match self.ask(ask).await {
                Ok(()) => panic!("{} answered at {caller}", self.card.name),
                Err(reason) => reason,
            }
        }
    }

    /// How many openings it has answered.
    async fn answered(&self) -> u64 {
        let url = self.url();
        let state = spawn_blocking(move || Remote::new(&url).expect("an address").state());
        let state = state.await.expect("the call does not panic");
        state.expect("it answers").answered
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A house that three custodians elsewhere have taken over the keys of.
struct Scene {
    house: DeskHouse,
    custodians: Vec<Elsewhere>,
    ada: UserId,
    ben: UserId,
    court: heliograph_testkit::Court,
    /// The day of the move, which is today.
    today: Day,
}

impl Scene {
    async fn new() -> Self {
        // The custodians go by the machine's clock. An hour is left for the order to be entered in.
        let moved_s = now().0 as u64 / 1000 - 3_600;
        let house = DeskHouse::at(HandClock::at(moved_s - DAYS * DAY_S)).await;
        let court = house.enter_court("Amtsgericht Musterstadt").await;
        let before: SocketAddr = BEFORE.parse().expect("an address");
        let mut ada = Person::sign_up_from(&house, before, "Ada", ADAS_NUMBER).await;
        let mut ben = Person::sign_up_from(&house, before, "Ben", "99966000002").await;
        house.settle().await;
        // Addresses are those of packets that come after the sign-in.
        ada.call(functions::updates::GetState {}).await;
        ben.call(functions::updates::GetState {}).await;
        let (ada, ben) = (ada.hang_up(), ben.hang_up());
        wait_for_addresses(&house, ada.id, 1).await;
        wait_for_addresses(&house, ben.id, 1).await;

        house.clock.turn((DAYS * DAY_S) as i64);
        let policy = house.folder().join("trusted-log.policy");
        fs::write(&policy, house.desk().policy_text()).expect("a folder of ours");
        let log = house.folder().join("log");
        let mut custodians: Vec<_> = (1..=3)
            .map(|index| Elsewhere::init(index, &policy, &log))
            .collect();
        custodians.iter_mut().for_each(Elsewhere::start);
        let listed = (1..).zip(&custodians);
        let listed = listed.map(|(index, custodian)| custodian.listed(index));
        house
            .decide(Roster {
                set: 2,
                mode: Mode::Remote,
                threshold: 2,
                custodians: listed.collect(),
            })
            .await;
        // The clockwork has them make their keys, in a ceremony over their sockets.
        house.desk().round().await;
        let after = AFTER.parse().expect("an address");
        let mut ada = ada.come_back_from(&house, after).await;
        ada.call(functions::updates::GetState {}).await;
        let ada = ada.hang_up();
        wait_for_addresses(&house, ada.id, 2).await;
        Self {
            house,
            custodians,
            ada: UserId(ada.id),
            ben: UserId(ben.id),
            court,
            today: Day::of_unix(moved_s),
        }
    }

    /// Brings an order about everything of Ada's to where both officers have approved it: the case,
    /// its receipt, and what an attacker at the desk has of it.
    async fn approved(&self) -> (CaseId, String, Papers) {
        let house = &self.house;
        let mut form = house.order(&self.ada.0.to_string());
        form.from = Minute::of_unix(house.now_s() - (DAYS + 1) * DAY_S).to_string();
        let receipt = house.receipt(&self.court, &form).await;
        house.next_hour().await;
        let id = house.only_case().await;
        house.answer_all(id).await;
        house.act(id, CaseAct::Prepare).await.expect("prepared");
        let (staff, now_s) = (house.staff(), house.now_s());
        let bundle = house.work(move |work| work.bundle(&staff, id, 0, now_s));
        let bundle = bundle.await.expect("made");
        let responses = house.officers.approve(&bundle);
        for response in responses.clone() {
            let done = house.act(id, CaseAct::Respond { response }).await;
            done.expect("it holds");
        }
        let responses = responses.iter().map(|bytes| Response::parse(bytes));
        let papers = Papers {
            bundle: Bundle::parse(&bundle).expect("a bundle"),
            responses: responses
                .map(|response| response.expect("a response"))
                .collect(),
        };
        (id, receipt, papers)
    }

    async fn state(&self, id: CaseId) -> State {
        let (staff, now_s) = (self.house.staff(), self.house.now_s());
        let case = self.house.work(move |work| work.case(&staff, id, now_s));
        case.await.expect("shown").state
    }

    /// How many entries the log has, and the index of the newest opening.
    fn log(&self) -> (u64, Option<u64>) {
        let ledger = |ledger: &heliograph_transparency::ledger::Ledger| {
            let cases = ledger.cases().all();
            let newest = cases.flat_map(|case| &case.openings).last();
            (ledger.size(), newest.map(|opening| opening.mark.index))
        };
        let desk = self.house.desk();
        desk.office.with_log(|log| ledger(log.ledger()))
    }
}

/// Waits until so many addresses of somebody are sealed.
async fn wait_for_addresses(house: &DeskHouse, user: i64, count: usize) {
    let sealed = async {
        loop {
            let records = house.desk().store.sealed_records();
            let found = records.records_of(UserId(user), Kinds::Ip, 0..=Day::LAST.0);
            if found.expect("read").len() >= count {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, sealed).await.expect("the sealer works");
}

/// Everything that the desk holds of an approved case.
struct Papers {
    bundle: Bundle,
    responses: Vec<Response>,
}

impl Papers {
    /// The positions of records that are sealed to a key of this day.
    fn of_day(&self, day: Day) -> Vec<u32> {
        let records = (0..).zip(&self.bundle.records);
        let of_day = records.filter(|(_, bytes)| {
            let record = SealedRecord::parse(&bytes.0).expect("a record");
            record.label().epoch == day.0
        });
        of_day.map(|(position, _)| position).collect()
    }

    /// What the desk asks a custodian who holds the key of `day`.
    fn ask(&self, open: u64, day: Day) -> Ask {
        let approvals =
            self.responses
                .iter()
                .map(|response| heliograph_transparency::files::AskApproval {
                    officer: response.officer,
                    signature: response.signature,
                    not_after: response.not_after,
                });
        Ask {
            format: AskFormat::V1,
            origin: self.bundle.origin.clone(),
            open,
            records: self.bundle.records.clone(),
            positions: self.of_day(day),
            fingerprint: self.bundle.delivery.fingerprint.clone(),
            approvals: approvals.collect(),
        }
    }
}

/// A second history of the log of a house: as it is now, and then with other entries.
struct OtherHistory(TempDir);

impl OtherHistory {
    fn begin(house: &DeskHouse) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&house.folder().join("log"), folder.path());
        Self(folder)
    }

    /// Goes on with this entry, so many times, signed with the log's own key.
    fn go_on(&self, house: &DeskHouse, entry: &[u8], times: usize) {
        let key = String::from_utf8(house.file("keys/log.key")).expect("text");
        let key = SignerKey::parse(key.trim_end()).expect("a key");
        let mut log = FolderLog::open(self.0.path().to_owned(), key).expect("a log");
        for _ in 0..times {
            log.append(&[entry]).expect("a folder of ours");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            fs::create_dir(&to).expect("a folder of ours");
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a folder of ours");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_from_before_and_after_a_move_open_with_one_custodian_down() {
    let mut scene = Scene::new().await;
    let (id, receipt, papers) = scene.approved().await;
    // The number and the first address are the local custodian's, the second address is theirs.
    assert_eq!(papers.bundle.records.len(), 3);
    assert_eq!(papers.of_day(scene.today).len(), 1);
    let (staff, now_s) = (scene.house.staff(), scene.house.now_s());
    let passphrase = scene
        .house
        .work(move |work| work.passphrase(&staff, id, now_s));
    let passphrase = passphrase.await.expect("drawn");

    // One of three is too few, and the opening that is in the log waits.
    scene.custodians[1].kill();
    scene.custodians[2].kill();
    let opened = scene.house.act(id, CaseAct::Open).await;
    let Err(CaseworkError::NotNow(why)) = opened else {
        panic!("{opened:?}");
    };
    assert!(
        why.contains("1 custodians") && why.contains("2 are needed"),
        "{why}"
    );
    assert_eq!(scene.state(id).await, State::Opened);

    // With the second one back the clockwork goes on, although the third stays away.
    scene.custodians[1].start();
    scene.house.desk().round().await;
    let shown = scene.house.get(&receipt).await.text;
    assert!(shown.contains("data-stage=\"ended\""), "{shown}");
    let package = scene.house.post(&format!("{receipt}/package")).await;
    let identity = age::scrypt::Identity::new(passphrase.into());
    let package = age::decrypt(&identity, &package.bytes).expect("sealed to the passphrase");
    let package = String::from_utf8_lossy(&package);
    for disclosed in [ADAS_NUMBER, "198.51.100.23", "198.51.100.77"] {
        assert!(package.contains(disclosed), "{disclosed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custodians_refuse_whatever_the_log_does_not_say() {
    let mut scene = Scene::new().await;
    let (id, _, papers) = scene.approved().await;
    let (size, opening) = scene.log();
    assert_eq!(opening, None);
    let today = scene.today;
    let early = papers.ask(size, today);
    for custodian in &scene.custodians {
        let why = custodian.refuses(&early).await;
        assert_eq!(why, format!("entry {size} of the log opens nothing"));
    }
    let other = OtherHistory::begin(&scene.house);

    // The opening is in the log, and nobody was there to answer.
    scene.custodians.iter_mut().for_each(Elsewhere::kill);
    scene
        .house
        .act(id, CaseAct::Open)
        .await
        .expect_err("nobody");
    scene.custodians.iter_mut().for_each(Elsewhere::start);
    let open = scene.log().1.expect("logged");
    let good = papers.ask(open, today);
    let changed = |change: &dyn Fn(&mut Ask)| {
        let mut ask = good.clone();
        change(&mut ask);
        ask
    };
    let bens = {
        let records = scene.house.desk().store.sealed_records();
        let bens = records.records_of(scene.ben, Kinds::Phone, 0..=today.0);
        Base64(bens.expect("read").remove(0).bytes)
    };
    let of_local = (0..3).find(|position| !good.positions.contains(position));
    let of_local = of_local.expect("there are some");
    let own = good.positions[0] as usize;
    let attacks = [
        (
            "a tampered approval",
            changed(&|ask| ask.approvals[0].signature.0[5] ^= 1),
            "the approvals are not those of the logged opening".to_owned(),
        ),
        (
            "a longer term",
            changed(&|ask| ask.approvals[1].not_after += 1),
            "the approvals are not those of the logged opening".to_owned(),
        ),
        (
            "one approval less",
            changed(&|ask| ask.approvals.truncate(1)),
            "the approvals are not those of the logged opening".to_owned(),
        ),
        (
            "another account's record",
            changed(&|ask| ask.records[own] = bens.clone()),
            "the records are not those of the log's entry".to_owned(),
        ),
        (
            "one record more",
            changed(&|ask| ask.records.push(bens.clone())),
            "more records than the log or the policy allows".to_owned(),
        ),
        (
            "a record of the local custodian's",
            changed(&|ask| ask.positions = vec![of_local]),
            format!("record {of_local} is sealed to a key of other custodians"),
        ),
        (
            "another opening",
            changed(&|ask| ask.open -= 1),
            format!("entry {} of the log opens nothing", open - 1),
        ),
        (
            "another log",
            changed(&|ask| ask.origin = "other.example/log".into()),
            "the opening is of another log".to_owned(),
        ),
    ];
    for custodian in &scene.custodians {
        for (what, ask, expected) in &attacks {
            assert_eq!(custodian.refuses(ask).await, *expected, "{what}");
        }
        assert_eq!(custodian.answered().await, 0);
    }

    // One of them is shown another history: first one as long as its own, then a longer one.
    let entry = b"another entry";
    let deceived = &scene.custodians[0];
    deceived.show(other.0.path());
    other.go_on(&scene.house, entry, 1);
    let known = open + 1;
    assert_eq!(
        deceived.refuses(&good).await,
        format!("the log: the log has two histories of {known} entries")
    );
    other.go_on(&scene.house, entry, 3);
    assert_eq!(
        deceived.refuses(&good).await,
        "the log: the entries do not lead to the root of the checkpoint"
    );
    assert_eq!(deceived.answered().await, 0);

    // All of that has not kept them from the honest question, which the clockwork asks now.
    deceived.show(&scene.house.folder().join("log"));
    scene.house.desk().round().await;
    assert!(scene.state(id).await >= State::Ended);
    for custodian in &scene.custodians {
        assert_eq!(custodian.answered().await, 1);
        assert_eq!(custodian.refuses(&good).await, "the case is closed");
    }
}
