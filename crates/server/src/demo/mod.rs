//! `heliograph demo`: what this is for, told on throw-away data.
//!
//! Nothing here is a mock: people are clients that connect from addresses kept for documents,
//! officers work with the real tool, the authority decrypts with its own key, and everything goes
//! through the server's own code. Only the clock is moved, so that what takes weeks can be seen.
//! Each chapter ends at the first thing that does not hold.

mod afterwards;
mod beginning;
mod officers;
mod order;
mod person;
mod practice;
mod square;
mod stage;
mod told;

use crate::client::Credentials;
use crate::start::Stop;
use crate::system::SystemClock;
use clap::Args;
use heliograph_desk_store::StaffId;
use heliograph_disclosure::flow::Office;
use officers::Officers;
use person::Person;
use stage::{MovedClock, Stage};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use told::Told;

/// What ends the story before its end.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The flags of `demo`.
#[derive(Args)]
pub struct Options {
    /// Where the data goes; by default a folder that is removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep the data, and go on as a server that can be looked at, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// Print one JSON object a chapter instead of text.
    #[arg(long)]
    json: bool,
}

/// Who the order is about. The number is of a range that Ofcom keeps free for drama.
const SELLER: Person = Person {
    name: "Sam",
    number: "447700900123",
    username: "demo_seller",
};

/// Somebody else, whose data must stay where it is.
const NEIGHBOUR: Person = Person {
    name: "Noor",
    number: "447700900456",
    username: "demo_neighbour",
};

/// From where the seller connects (RFC 5737 and RFC 3849 keep these for documents).
const SELLERS_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 23));
const SELLERS_OTHER_ADDRESS: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x23));
const NEIGHBOURS_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 77));

/// The member of staff who handles cases in the story.
const INES: StaffId = StaffId([0x11; 16]);

/// How many days before today the story begins: long enough that addresses run out (day 91) and
/// that the quarter of the order is over.
const DAYS: i64 = 104;

const DAY_S: i64 = 86_400;

/// Everything the story is told with.
struct Story<'a> {
    told: &'a mut Told,
    stage: Stage,
    officers: Officers,
    /// The key of the court, which nobody but the court has.
    court: age::x25519::Identity,
    /// By which the portal knows the court; handed over in the call-back.
    access_key: String,
    /// The secret of the court's last receipt.
    receipt: String,
    /// What the seller's telephone keeps while it is off.
    sellers_device: Option<Credentials>,
}

/// Runs the demonstration.
pub async fn run(options: Options) -> Result<(), Failure> {
    let (folder, _temporary) = place(&options)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let listen = listener.local_addr()?;

    let mut told = Told::new(options.json);
    let outcome = Story::tell(&mut told, &folder, listen).await;
    let broke = outcome.as_ref().err().map(ToString::to_string);
    let kept = (options.keep || options.data.is_some()).then(|| folder.display().to_string());
    told.end(broke.as_deref(), kept.as_deref())?;
    let stage = outcome?;
    if !options.keep {
        return Ok(());
    }
    let invitation = practice::invitation(&stage).await?;
    let (data, folder) = (stage.data.path().display(), folder.display());
    eprintln!(
        "\nThe installation goes on. Moderate, with this link, which opens once:\n\
         \x20   {invitation}\n\
         {how_to}\
         Look at what the public sees, and check it:\n\
         \x20   http://localhost:{}/transparency\n\
         \x20   heliograph-verify {}\n\
         Work at the desk, where an order waits:\n\
         \x20   heliograph admin staff invite YOUR-NAME --role officer --data {data}\n\
         What the court and the officers hold is in {folder}; README.txt there says what is what.\n\
         Ctrl-C ends it; the data stays.",
        listen.port(),
        stage.data.log().display(),
        how_to = practice::HOW_TO,
    );
    let (server, lock) = stage.close();
    let outcome = server.run(listener, Stop::listen()?).await;
    drop(lock);
    Ok(outcome?)
}

/// The folder that was named, if it is empty, or a new one, which goes with the second value.
fn place(options: &Options) -> Result<(PathBuf, Option<TempDir>), Failure> {
    let Some(folder) = &options.data else {
        let mut folder = tempfile::Builder::new()
            .prefix("heliograph-demo-")
            .tempdir()?;
        folder.disable_cleanup(options.keep);
        return Ok((folder.path().to_owned(), Some(folder)));
    };
    std::fs::create_dir_all(folder)?;
    if std::fs::read_dir(folder)?.next().is_some() {
        let folder = folder.display();
        return Err(format!("{folder} is not empty: name another folder").into());
    }
    Ok((folder.clone(), None))
}

impl<'a> Story<'a> {
    /// Tells it. What is left of it is the stage.
    async fn tell(told: &'a mut Told, folder: &Path, listen: SocketAddr) -> Result<Stage, Failure> {
        let begins = SystemClock::now_s() as i64 - DAYS * DAY_S;
        // Nine in the morning: what happens within hours stays on one day.
        let clock = Arc::new(MovedClock::at(
            begins - begins.rem_euclid(DAY_S) + 9 * 3_600,
        ));
        told.chapter("An installation, on a folder that was empty")?;
        let stage = Stage::open(&folder.join("server"), listen, clock).await?;
        let officers = Officers::new(&folder.join("officers"), &stage)?;
        let mut story = Story {
            told,
            stage,
            officers,
            court: age::x25519::Identity::generate(),
            access_key: String::new(),
            receipt: String::new(),
            sellers_device: None,
        };
        story.begin().await?;
        story.people_sign_up().await?;
        story.square().await?;
        story.ceremony().await?;
        story.people_come_back().await?;
        story.authority_is_registered().await?;
        story.forged_order().await?;
        story.order_beyond_the_desk().await?;
        story.order().await?;
        story.time_passes().await?;
        story.order_for_those_who_look(folder).await?;
        story.cases_for_those_who_look().await?;
        story.report()?;
        story.anyone_checks()?;
        story.operator_cheats(folder)?;
        Ok(story.stage)
    }

    /// Says something.
    fn say(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.told.say(text)?)
    }

    fn now_s(&self) -> u64 {
        self.stage.clock.now_s()
    }

    /// Does something with the desk where it holds up nobody.
    async fn desk<T, E>(
        &self,
        call: impl FnOnce(&Office, u64) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let now_s = self.now_s();
        let done = self
            .stage
            .desk()
            .blocking(move |desk| call(&desk.office, now_s));
        done.await.map_err(Into::into)
    }
}

/// Ends the story unless something holds.
fn must(holds: bool, what: &str) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(format!("this did not hold: {what}").into())
    }
}
